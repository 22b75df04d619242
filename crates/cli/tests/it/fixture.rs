//! Recordings invented by us, in the columns of the real ones: about two hundred probe requests at two receivers on two
//! days, and number plates. The same every time, but for the days.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use model::Timestamp;

const HEADER: &str =
    "datetime;dst;src;src_vendor;randomized;rssi;idx;seq_num;ch_freq;FCfield;ssid;dot11elt;oui;occupancy";
const NAMES: [&str; 5] = ["", "Kavárna U Lva", "x1", "FRITZ!Box 7590", "guest_of_97792324"];
const DAY_MILLIS: i64 = 86_400_000;

/// Receiver, quarter of the day, phones, probes of each: enough, just enough, one too few, one, and at the day's edges.
const NEAR: [(u32, i64, i64, i64); 9] = [
    (1, 30, 14, 2),
    (1, 31, 10, 1),
    (1, 32, 9, 2),
    (1, 33, 1, 3),
    (1, 60, 12, 1),
    (2, 0, 3, 1),
    (2, 30, 11, 1),
    (2, 31, 9, 1),
    (2, 95, 10, 1),
];

/// The midnight that began so many days before today.
pub(crate) fn midnight(days_ago: i64) -> Timestamp {
    let now = crate::tool::instant().millis();
    Timestamp::from_millis(now - now.rem_euclid(DAY_MILLIS) - days_ago * DAY_MILLIS)
}

/// Writes the recordings of a day, one for each receiver.
pub(crate) fn probes(folder: &Path, day: Timestamp) -> Vec<PathBuf> {
    let mut tables = [HEADER.to_owned() + "\n", HEADER.to_owned() + "\n"];
    for (receiver, quarter, phones, probes) in NEAR {
        for probe in 0..probes {
            for phone in 0..phones {
                let seconds = quarter * 900 + (phone * 61 + probe * 37) % 900;
                let row = row(day, seconds, phone + quarter * 3, probe);
                tables[usize::try_from(receiver - 1).unwrap()] += &row;
            }
        }
    }
    let write = |(receiver, table): (usize, String)| {
        let path = folder.join(format!("position_{}_{}.csv", receiver + 1, day.date()));
        std::fs::write(&path, table).unwrap();
        path
    };
    tables.into_iter().enumerate().map(write).collect()
}

fn row(day: Timestamp, seconds: i64, phone: i64, probe: i64) -> String {
    let at = Timestamp::from_millis(day.millis() + seconds * 1_000 + 7 * probe).to_string();
    // `2023-11-20 00:12:49.578498`, as the recorder writes it.
    let at = at.trim_end_matches('Z').replace('T', " ");
    let at = if at.contains('.') { format!("{at}498") } else { format!("{at}.000498") };
    // Some phones come again in every quarter, at both receivers, and on both days.
    let phone = phone % 20;
    let randomised = phone % 3 == 0;
    let first = if randomised { 0x5e } else { 0x5c };
    let mac = format!("{first:02x}:aa:1b:{:02x}:e7:{:02x}", 0x90 + phone, 17 * phone % 251);
    // One device in two spellings is one device.
    let mac = if (phone + probe) % 5 == 1 { mac.to_uppercase() } else { mac };
    let name = NAMES[usize::try_from((phone + probe) % 5).unwrap()];
    let mut row = String::new();
    let flag = u8::from(randomised);
    writeln!(
        row,
        "{at};ff:ff:ff:ff:ff:ff;{mac};Maker of {phone};{flag};-{};{probe};{seconds};2422;;{name};[0, 1];[];0.0",
        40 + phone
    )
    .unwrap();
    row
}

/// Writes number plates of some days; gives the file and every plate. Two pass much more often than the others.
pub(crate) fn plates(folder: &Path, days: &[Timestamp]) -> (PathBuf, Vec<String>) {
    let (mut table, mut all) = ("time,plate,device,class\n".to_owned(), Vec::new());
    for day in days {
        for passing in 0..160_i64 {
            let number = if passing % 4 == 0 { passing % 8 } else { passing };
            let plate = format!("{}QX {:04}", number % 9 + 1, 4_000 + number);
            let at = Timestamp::from_millis(day.millis() + (6 * 3_600 + passing * 300) * 1_000);
            writeln!(table, "{at},{plate},anpr-{},car", passing % 4 + 1).unwrap();
            all.push(plate);
        }
    }
    let path = folder.join("plates.csv");
    std::fs::write(&path, table).unwrap();
    (path, all)
}
