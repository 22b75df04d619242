//! The demo on real recordings (`../shared/data/wifi-brno`), against a recomputation that shares no code with it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use lake::{Lake, Options};
use serde_json::Value;

use crate::scan::{Identifiers, files_that_hold};
use crate::tool::ordinance;

/// Minutes since 1970, sensor, address, network name.
type Probe = (i64, String, String, String);

fn recordings() -> Option<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/wifi-brno");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).ok()?.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    Some(files)
}

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

fn probes(files: &[PathBuf]) -> Vec<Probe> {
    let mut probes = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let sensor = format!("sniffer-{}", &name["position_".len()..="position_".len()]);
        let mut text = String::new();
        GzDecoder::new(std::fs::File::open(file).unwrap()).read_to_string(&mut text).unwrap();
        for line in text.lines().skip(1) {
            let cells: Vec<&str> = line.split(';').collect();
            probes.push((minutes(cells[0]), sensor.clone(), cells[2].to_owned(), cells[10].to_owned()));
        }
    }
    probes
}

/// The released counts as they lie on the disk: (window in quarters since 1970, sensor) → value.
fn released(dir: &Path) -> BTreeMap<(i64, String), i64> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir.join("lake/released/wifi-centre/counts/v1")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let quarter = path.file_stem().unwrap().to_str().unwrap().parse::<i64>().unwrap() / 900_000;
        let table: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for row in table["rows"].as_array().unwrap() {
            let sensor = row["cell"]["sensor"].as_str().unwrap().to_owned();
            assert!(found.insert((quarter, sensor), row["value"].as_i64().unwrap()).is_none());
        }
    }
    found
}

#[test]
fn real_recordings_give_what_an_independent_count_gives_and_leave_no_identifier() {
    let Some(files) = recordings() else {
        eprintln_skipped();
        return;
    };
    let probes = probes(&files);
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("demo");
    let demo = ordinance()
        .args(["demo", "--once", "--json", "--listen", "127.0.0.1:0", "--dir"])
        .arg(&dir)
        .arg("--wifi-csv")
        .args(&files)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&demo.stdout).into_owned() + &String::from_utf8_lossy(&demo.stderr);
    assert!(demo.status.success(), "{words}");
    let summary: Value = serde_json::from_slice(&demo.stdout).unwrap();

    let wifi = &summary["played"]["streams"]["wifi-centre"];
    assert_eq!(wifi["sent"], probes.len());
    assert_eq!(wifi["admitted"], probes.len());

    let mut near: BTreeMap<(i64, String), BTreeSet<String>> = BTreeMap::new();
    for (minute, sensor, mac, _) in &probes {
        near.entry((minute / 15, sensor.clone())).or_default().insert(mac.to_lowercase());
    }
    let shown: BTreeMap<(i64, String), i64> = near
        .iter()
        .filter(|(_, macs)| macs.len() >= 10)
        .map(|(cell, macs)| (cell.clone(), i64::try_from(macs.len()).unwrap()))
        .collect();
    assert_eq!(released(&dir), shown);

    // Everything between the first midnight and the last, at six receivers, less what was shown.
    let day = |minute: i64| minute.div_euclid(1_440);
    let (first, last) =
        (probes.iter().map(|p| day(p.0)).min().unwrap(), probes.iter().map(|p| day(p.0)).max().unwrap());
    let cells = (last + 1 - first) * 96 * 6;
    let asked = &summary["answers"]["granted"][0];
    assert_eq!(asked["rows"], shown.len());
    assert_eq!(asked["withheld"].as_i64().unwrap(), cells - i64::try_from(shown.len()).unwrap());

    // Nothing is read past its retention of a day, to the second, and no file is there past it, to the hour.
    let (lake, _) = Lake::open(&dir.join("lake"), Options::default()).unwrap();
    let to: model::Timestamp = summary["to"].as_str().unwrap().parse().unwrap();
    let kept_from = model::Timestamp::from_millis(to.millis() - 24 * 3_600_000);
    let (wifi, hour) = ("wifi-centre".parse().unwrap(), kept_from.millis() / 3_600_000);
    let all = model::Window { start: model::Timestamp::UNIX_EPOCH, end: model::Timestamp::MAX };
    let read: Vec<_> = lake.scan(&wifi, all).unwrap();
    let kept = probes.iter().filter(|probe| probe.0 * 60_000 >= kept_from.millis()).count();
    assert_eq!(read.iter().map(privacy::Columns::len).sum::<usize>(), kept);
    let in_files = probes.iter().filter(|probe| probe.0 / 60 >= hour).count();
    assert_eq!(lake.stats().unwrap().streams.get(&wifi).map_or(0, |stats| stats.rows), in_files as u64);
    drop(lake);

    let mut identifiers = Identifiers::default();
    probes.iter().for_each(|(_, _, mac, ssid)| identifiers.add(&[mac, ssid]));
    assert!(identifiers.len() > 1_000);
    assert_eq!(files_that_hold(&dir, &identifiers), Vec::<PathBuf>::new());
    assert!(!identifiers.are_in(words.as_bytes()), "an identifier was printed");
}

#[expect(clippy::print_stderr, reason = "a skipped test says so by name")]
fn eprintln_skipped() {
    eprintln!("skipped: real_recordings_give_what_an_independent_count_gives: ../shared/data/wifi-brno is not there");
}
