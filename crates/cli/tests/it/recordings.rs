//! The demo on recordings, against a recomputation that shares no code with it: on the real ones beside the project, where
//! they are, and always on invented ones of the same form.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use arrow_array::cast::AsArray;
use arrow_array::types::{TimestampMillisecondType, UInt32Type, UInt64Type};
use flate2::read::GzDecoder;
use journal::SqliteReader;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::fixture;
use crate::hub::with_core;
use crate::hub_upgrade::{consolidated, sealed};
use crate::scan::{Identifiers, Looked, files, look};
use crate::tool::{instant, json, ordinance, run, skipped};

/// The registered receivers of the demo city.
const RECEIVERS: i64 = 6;
/// The fewest phones behind a number.
const MINIMUM: usize = 10;

/// One row of a recording.
struct Probe {
    /// Minutes since 1970.
    minute: i64,
    sensor: String,
    mac: String,
    ssid: String,
}

/// A quarter of an hour, counted from 1970, at a receiver.
type Cell = (i64, String);

/// Days before each month of a common year.
const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// Minutes since 1970 of `2023-11-20 00:12:49.578498`, counted year by year.
fn minutes(text: &str) -> i64 {
    let number = |from: usize, to: usize| text[from..to].parse::<i64>().unwrap();
    let (year, month) = (number(0, 4), number(5, 7));
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let years: i64 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    let leap_day = i64::from(leap(year) && month > 2);
    let days = years + BEFORE[usize::try_from(month - 1).unwrap()] + leap_day + number(8, 10) - 1;
    days * 1_440 + number(11, 13) * 60 + number(14, 16)
}

fn text(file: &Path) -> String {
    let (bytes, mut text) = (std::fs::read(file).unwrap(), String::new());
    if file.extension().is_some_and(|extension| extension == "gz") {
        GzDecoder::new(&*bytes).read_to_string(&mut text).unwrap();
        return text;
    }
    String::from_utf8(bytes).unwrap()
}

fn probes(recordings: &[PathBuf]) -> Vec<Probe> {
    let mut probes = Vec::new();
    for file in recordings {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let sensor = format!("sniffer-{}", &name["position_".len()..="position_".len()]);
        for line in text(file).lines().skip(1) {
            let cells: Vec<&str> = line.split(';').collect();
            let (mac, ssid) = (cells[2].to_owned(), cells[10].to_owned());
            probes.push(Probe { minute: minutes(cells[0]), sensor: sensor.clone(), mac, ssid });
        }
    }
    probes
}

/// How many different things are in each group: sorted, and every change counted.
fn distinct<G: Ord + Clone, T: Ord>(pairs: impl IntoIterator<Item = (G, T)>) -> BTreeMap<G, usize> {
    let mut pairs: Vec<(G, T)> = pairs.into_iter().collect();
    pairs.sort();
    let mut counts = BTreeMap::new();
    for (at, (group, thing)) in pairs.iter().enumerate() {
        let new = at == 0 || pairs[at - 1].0 != *group || pairs[at - 1].1 != *thing;
        *counts.entry(group.clone()).or_insert(0) += usize::from(new);
    }
    counts
}

fn day(minute: i64) -> i64 {
    minute.div_euclid(1_440)
}

/// A demo that was played, and what it said.
struct Demo {
    held: bool,
    dir: PathBuf,
    summary: Value,
    words: String,
}

fn play(folder: &Path, name: &str, recordings: &[PathBuf]) -> Demo {
    let dir = folder.join(name);
    let mut demo = ordinance();
    demo.args(["demo", "--once", "--json", "--listen", "127.0.0.1:0", "--dir"]).arg(&dir);
    let demo = demo.arg("--wifi-csv").args(recordings).output().unwrap();
    let words = String::from_utf8_lossy(&demo.stdout).into_owned() + &String::from_utf8_lossy(&demo.stderr);
    Demo { held: demo.status.success(), dir, summary: serde_json::from_slice(&demo.stdout).unwrap(), words }
}

/// The real recordings beside the project, where they are.
fn real() -> Option<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/wifi-brno");
    let entries = std::fs::read_dir(&folder).ok()?;
    let mut recordings: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    recordings.sort();
    Some(recordings)
}

/// Those of two days that are invented, in the form of the real ones.
fn invented(folder: &Path) -> Vec<PathBuf> {
    let mut recordings = fixture::probes(folder, fixture::midnight(3));
    recordings.extend(fixture::probes(folder, fixture::midnight(2)));
    recordings
}

/// A city that lived through the real recordings, or where they are not through the invented ones, awake today; gives its folder.
pub(crate) fn city_of_recordings(folder: &Path, name: &str) -> PathBuf {
    let real = real();
    let demo = play(folder, name, real.as_ref().unwrap_or(&invented(folder)));
    assert!(demo.held, "{}", demo.words);
    if real.is_some() {
        wakes(demo.dir.to_str().unwrap());
    }
    demo.dir
}

/// A city that wakes after years does nothing until somebody says that so much time has passed.
fn wakes(dir: &str) {
    json(&["clock", dir, "--is", &instant().to_string(), "--reason", "It was read again years later."]);
}

/// Looks through everything that a demo wrote and said.
fn scan(demo: &Demo, probes: &[Probe]) -> Looked {
    let identifiers = Identifiers::of(probes.iter().flat_map(|probe| [probe.mac.as_str(), probe.ssid.as_str()]));
    let looked = look(&demo.dir, &identifiers);
    looked.clean();
    assert!(looked.pages > 0 && looked.parquet_values > 0 && looked.texts > 0, "{looked:?}");
    assert!(!identifiers.are_in(demo.words.as_bytes()), "an identifier was printed");
    looked
}

/// Everything that is compared, of any recordings. Whether what was agreed still stands depends on how old they are.
fn compare(recordings: &[PathBuf], stand: bool) -> (Demo, Vec<Probe>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let all = probes(recordings);
    let demo = play(folder.path(), "demo", recordings);
    assert!(demo.held, "{}", demo.words);
    let wifi = &demo.summary["played"]["streams"]["wifi-centre"];
    assert_eq!(wifi["sent"], all.len());
    assert_eq!(wifi["admitted"], all.len());
    answered(&demo, &all);
    below_minimum(&demo, &all);
    scan(&demo, &all);

    let days = by_day(folder.path(), recordings);
    let verified = json(&["verify", demo.dir.to_str().unwrap()]);
    assert_eq!(verified["acts"]["key-created/1"], days.len(), "one key for each day: {}", verified["acts"]);
    assert_eq!(verified["acts"]["key-destroyed/1"], days.len());
    // At the end of a day its tags are still there. Of the last one, in the city that lived through all of them.
    for (number, files) in (1..).zip(days.values()) {
        let of_day = probes(files);
        if number == days.len() {
            pseudonyms(&demo.dir, &of_day);
        } else {
            // Not every day alone has something to show; its pseudonyms are there all the same.
            let demo = play(folder.path(), &format!("day-{number}"), files);
            pseudonyms(&demo.dir, &of_day);
            scan(&demo, &of_day);
        }
    }
    tried(&demo, folder.path(), stand);
    (demo, all, folder)
}

/// How many disclosures of a stream a report tells of, and how many of them would not have been as they were.
fn stopped(report: &Value, stream: &str) -> (u64, u64) {
    let lines = report["disclosures"].as_array().unwrap().iter().filter(|line| line["stream"] == stream);
    lines.fold((0, 0), |(all, stopped), line| {
        let count = |part: &str| line["counts"][part].as_u64().unwrap();
        (all + line["total"].as_u64().unwrap(), stopped + count("changed") + count("refused"))
    })
}

/// An amendment of a hub is tried on the history of the city that lived through the recordings: what was handed over of phones, with ten
/// behind each number, would not have been, and everything else would, as anybody reads it from the city's public log. Then it is
/// released and adopted, and where its agreements still stand the city decides as the replay said.
fn tried(demo: &Demo, folder: &Path, stand: bool) {
    let dir = demo.dir.to_str().unwrap();
    let mut handed_over: BTreeMap<String, u64> = BTreeMap::new();
    for (_, bytes) in SqliteReader::open(&demo.dir.join("journal.db")).unwrap().records(0, 100_000).unwrap() {
        let record: Value = serde_json::from_slice(&bytes).unwrap();
        *handed_over.entry(record["stream"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let phones = ["wifi-centre", "ways-centre"];
    assert!(handed_over.contains_key(phones[0]) && handed_over.len() > phones.len(), "{handed_over:?}");
    let (hub, editor, member) = with_core();
    let draft = format!("{}/drafts/core", hub.address);
    let report =
        |more: &[&str]| json(&[&["pilot", "run", dir, "--draft", &draft, "--allow", "127.0.0.1"][..], more].concat());
    // Before anything is amended everything would have been as it was.
    let same = report(&[]);
    assert!(handed_over.iter().all(|(stream, all)| stopped(&same, stream) == (*all, 0)), "{same}");
    consolidated(&hub, &editor, &member, "0.2.0", 20);
    for more in [&[][..], &["--outside"]] {
        let report = report(more);
        assert_eq!(report["seen"]["inside"], more.is_empty(), "{report}");
        for (stream, all) in &handed_over {
            let would_not = if phones.contains(&stream.as_str()) { *all } else { 0 };
            assert_eq!(stopped(&report, stream), (*all, would_not), "{stream}: {report}");
        }
        let against: Vec<&str> =
            report["against"].as_array().unwrap().iter().map(|line| line["norm"].as_str().unwrap()).collect();
        assert_eq!(against, ["global-core/minimum-count"], "{report}");
    }
    let copy = folder.join("adopts");
    let copied = Command::new("cp").arg("-r").args([&demo.dir, &copy]).status().unwrap();
    assert!(copied.success());
    let copy = copy.to_str().unwrap();
    let asked = |as_whom: &str, purpose: &str, stream: &str| {
        run(&["query", copy, "--as", as_whom, "--purpose", purpose, "--stream", stream])
    };
    let before = asked("mobility", "traffic-management", phones[0]);
    assert_eq!(before.status.success(), stand, "{before:?}");
    if !stand {
        wakes(copy);
    }
    json(&["adopt", copy, &sealed(&hub), "--by", "city", "--hub-key", &hub.key]);
    let refused = asked("mobility", "traffic-management", phones[0]);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(3) && (!stand || words.contains("core-21")), "{words}");
    assert_eq!(asked("public", "air-quality", "air").status.success(), stand);
    assert_eq!(json(&["verify", copy])["holds"], true);
}

/// The recordings of each day alone: one file for each receiver.
fn by_day(folder: &Path, recordings: &[PathBuf]) -> BTreeMap<String, Vec<PathBuf>> {
    let mut days: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for file in recordings {
        let text = text(file);
        let (header, rows) = text.split_once('\n').unwrap();
        let receiver = file.file_name().unwrap().to_str().unwrap()[.."position_1".len()].to_owned();
        for row in rows.lines() {
            let table = days.entry(row[..10].to_owned()).or_default().entry(receiver.clone());
            *table.or_insert_with(|| format!("{header}\n")) += &format!("{row}\n");
        }
    }
    let write = |(day, tables): (String, BTreeMap<String, String>)| {
        let write = |(receiver, table): (String, String)| {
            let path = folder.join(format!("{receiver}_{day}.csv"));
            std::fs::write(&path, table).unwrap();
            path
        };
        (day.clone(), tables.into_iter().map(write).collect())
    };
    days.into_iter().map(write).collect()
}

/// The pseudonyms on the disk, read with nothing of ours: as many for each epoch, and for each receiver and quarter of an
/// hour, as there were addresses.
fn pseudonyms(dir: &Path, probes: &[Probe]) {
    let (mut tags, mut observations) = (Vec::new(), 0);
    for path in files(&dir.join("lake/observations/wifi-centre")) {
        if path.extension().is_none_or(|extension| extension != "parquet") {
            continue;
        }
        let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).unwrap()).unwrap();
        for batch in reader.build().unwrap() {
            let batch = batch.unwrap();
            let column = |name: &str| batch.column_by_name(name).unwrap();
            let times = column("time").as_primitive::<TimestampMillisecondType>();
            let counts = column("count").as_primitive::<UInt32Type>();
            let macs = column(".mac").as_primitive::<UInt64Type>();
            let devices =
                column("device").as_dictionary::<UInt32Type>().downcast_dict::<arrow_array::StringArray>().unwrap();
            assert_eq!(batch.num_columns(), 4, "nothing but the tag is kept: {:?}", batch.schema());
            for (row, device) in devices.into_iter().enumerate() {
                observations += usize::try_from(counts.value(row)).unwrap();
                tags.push((times.value(row) / 60_000, device.unwrap().to_owned(), macs.value(row)));
            }
        }
    }
    assert_eq!(observations, probes.len(), "each observation is stored, and once");
    let epochs = distinct(tags.iter().map(|(minute, _, tag)| (day(*minute), *tag)));
    assert_eq!(epochs, distinct(probes.iter().map(|probe| (day(probe.minute), probe.mac.to_lowercase()))));
    assert_eq!(epochs.len(), 1);
    let cells = distinct(tags.iter().map(|(minute, sensor, tag)| ((minute / 15, sensor.clone()), *tag)));
    assert_eq!(cells, near(probes));
}

/// How many different phones were near each receiver in each quarter of an hour.
fn near(probes: &[Probe]) -> BTreeMap<Cell, usize> {
    distinct(probes.iter().map(|probe| ((probe.minute / 15, probe.sensor.clone()), probe.mac.to_lowercase())))
}

/// Every cell from the first midnight to the last: the number if it is ten or more, and nothing otherwise.
fn expected(probes: &[Probe]) -> Vec<(Cell, Option<usize>)> {
    let near = near(probes);
    let days = probes.iter().map(|probe| day(probe.minute));
    let (first, last) = (days.clone().min().unwrap(), days.max().unwrap());
    let quarters = first * 96..(last + 1) * 96;
    let cells =
        quarters.flat_map(|quarter| (1..=RECEIVERS).map(move |receiver| (quarter, format!("sniffer-{receiver}"))));
    cells.map(|cell| (cell.clone(), near.get(&cell).copied().filter(|phones| *phones >= MINIMUM))).collect()
}

/// The number that an answer tells of each cell; each at most once, and of whole quarters.
fn told(answer: &Value) -> BTreeMap<Cell, usize> {
    let mut told = BTreeMap::new();
    for row in answer["rows"].as_array().unwrap() {
        let minute = |end: &str| minutes(&row[end].as_str().unwrap().replace('T', " "));
        let (from, to) = (minute("from"), minute("to"));
        assert!(from % 15 == 0 && to == from + 15, "{row}");
        let sensor = row["cell"]["sensor"].as_str().unwrap().to_owned();
        let value = usize::try_from(row["value"].as_u64().unwrap()).unwrap();
        assert!(told.insert((from / 15, sensor), value).is_none(), "a cell is told twice: {row}");
    }
    told
}

fn answer(kept: &Value) -> Value {
    serde_json::from_slice(&std::fs::read(kept.as_str().unwrap()).unwrap()).unwrap()
}

/// What the mobility department received over HTTP, cell by cell, withheld ones among them.
fn answered(demo: &Demo, probes: &[Probe]) {
    let asked = &demo.summary["answers"]["granted"][0];
    let answer = answer(&asked["kept"]);
    let (told, expected) = (told(&answer), expected(probes));
    let mut withheld = 0;
    for (cell, phones) in &expected {
        assert_eq!(told.get(cell), phones.as_ref(), "{cell:?}");
        withheld += u64::from(phones.is_none());
    }
    let shown = expected.len() - usize::try_from(withheld).unwrap();
    assert_eq!(told.len(), shown, "no cell beside the expected ones");
    assert!(shown > 0 && near(probes).values().any(|phones| *phones < MINIMUM), "some are shown, and some hidden");
    for (name, value) in [("rows", shown as u64), ("withheld", withheld)] {
        assert_eq!(asked[name], value);
        assert_eq!(answer["record"][name], value, "the record says what was handed over");
    }
    assert_eq!(answer["withheld"], withheld);
    assert_eq!(answer["minimum"], MINIMUM);
}

/// The question below the minimum: there were phones, too few, and nothing of them was told.
fn below_minimum(demo: &Demo, probes: &[Probe]) {
    let below = &demo.summary["answers"]["below_minimum"];
    let sensor = below["sensor"].as_str().unwrap().to_owned();
    let quarter = minutes(&below["from"].as_str().unwrap().replace('T', " ")) / 15;
    let phones = near(probes)[&(quarter, sensor.clone())];
    assert_eq!(below["phones"], phones);
    assert!((1..MINIMUM).contains(&phones));
    let answer = answer(&below["kept"]);
    assert!(!told(&answer).contains_key(&(quarter, sensor)));
    let expected = expected(probes);
    let withheld = expected.iter().filter(|((at, _), phones)| *at == quarter && phones.is_none()).count();
    assert_eq!(answer["withheld"], withheld, "and it is counted among the withheld cells");
}

#[test]
fn real_recordings_give_what_an_independent_count_gives_and_leave_no_identifier() {
    let Some(recordings) = real() else {
        let why = "../shared/data/wifi-brno is not there; the invented recordings are compared the same way";
        skipped(&format!("real_recordings_give_what_an_independent_count_gives_and_leave_no_identifier: {why}"));
        return;
    };
    let (_, probes, _) = compare(&recordings, false);
    assert!(probes.len() > 100_000);
}

#[test]
fn invented_recordings_give_what_an_independent_count_gives_and_leave_no_identifier() {
    let written = tempfile::tempdir().unwrap();
    let recordings = invented(written.path());
    let (demo, probes, _folder) = compare(&recordings, true);
    assert_eq!(probes.len(), 208);
    // The same through the command line, days later: the numbers of each cell are the same, and no more.
    let dir = demo.dir.to_str().unwrap();
    let asked = ["query", dir, "--as", "mobility", "--purpose", "traffic-management", "--stream", "wifi-centre"];
    let answer = json(&asked);
    let shown: BTreeMap<Cell, usize> =
        expected(&probes).into_iter().filter_map(|(cell, phones)| Some((cell, phones?))).collect();
    assert_eq!(told(&answer), shown);
    let days_later = answer["withheld"].as_u64().unwrap();
    assert!(days_later > demo.summary["answers"]["granted"][0]["withheld"].as_u64().unwrap());
}
