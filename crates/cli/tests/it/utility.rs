//! What `utility` says of recordings whose answer is known, and of the real ones.

use std::fmt::Write as _;
use std::path::Path;

use crate::tool::{json, run, skipped};

#[test]
fn what_releases_keep_of_recordings_is_what_was_put_into_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    // Hours of 5, 10, 15 … devices, each seen twice, and half as many people.
    let mut wifi = "datetime;src;occupancy\n".to_owned();
    for hour in 0..6_u32 {
        for device in (0..(hour + 1) * 5).chain(0..(hour + 1) * 5) {
            let (minute, people) = (device % 60, f64::from((hour + 1) * 5) / 2.0);
            writeln!(wifi, "2024-01-01 0{hour}:{minute:02}:00.000001;5c:aa:1b:90:{hour:02x}:{device:02x};{people}")
                .unwrap();
        }
    }
    let wifi = file("wifi.csv", &wifi);
    let pairs = file("pairs.csv", "ID,hour,avg_time,total\n1_1,7,275.0,1.0\n1_2,7,275.0,4.0\n1_3,7,275.0,5.0\n");
    let counts = file(
        "counts.csv",
        "date,hour,year,A,B\n2019-01-01,6:00-6:59,2019,4.0,\n2019-01-01,7:00-7:59,2019,10.0,145.25\n",
    );
    let told = json(&["utility", "--wifi", &wifi, "--pairs", &pairs, "--counts", &counts]);
    let ways = told["footfall"]["ways"].as_array().unwrap();
    let way = |at: usize| (ways[at]["hours"].as_u64().unwrap(), ways[at]["withheld"].as_u64().unwrap());
    assert_eq!((way(0), way(1)), ((6, 0), (5, 1)), "the hour of five devices is held back");
    assert_eq!(ways[1]["mean_error"], 0.0);
    assert!((ways[1]["correlation_with_people"].as_f64().unwrap() - 1.0).abs() < 1e-9);
    assert_eq!(way(3), (6, 0));
    // The deviation is 4.9; that a mean of six distances is 0 or above 20 happens never.
    let error = ways[3]["mean_error"].as_f64().unwrap();
    assert!(error > 0.0 && error < 20.0, "{error}");
    let kept = |at: usize, of: &str| told["trips"]["kept"][at][of].as_f64().unwrap();
    assert!((kept(0, "trips") - 0.9).abs() < 1e-9 && (kept(1, "trips") - 0.5).abs() < 1e-9 && kept(2, "trips") == 0.0);
    assert!((kept(0, "pairs") - 2.0 / 3.0).abs() < 1e-9);
    assert_eq!(told["counts"], serde_json::json!({ "numbers": 3, "released": 3, "different": 0 }));
}

#[test]
fn a_recording_that_is_none_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.csv");
    std::fs::write(&file, "a,b\n1,2\n").unwrap();
    let file = file.to_str().unwrap();
    for (arguments, why) in [
        (vec!["utility"], "name at least one recording"),
        (vec!["utility", "--wifi", file], "has no column"),
        (vec!["utility", "--pairs", file], "has no column `ID`"),
        (vec!["utility", "--air", "nowhere.csv"], "cannot open the recording `nowhere.csv`"),
        (vec!["utility", "--wifi", file, "--budget", "0"], "is not a loss of privacy"),
    ] {
        let output = run(&arguments);
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(why), "{arguments:?}: {said}");
    }
}

#[test]
fn real_recordings_keep_what_a_city_needs() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !data.is_dir() {
        return skipped("no recordings at ../shared/data");
    }
    let path = |name: &str| data.join(name).to_str().unwrap().to_owned();
    let mut arguments = vec!["utility".to_owned(), "--wifi".to_owned()];
    arguments.extend(
        std::fs::read_dir(data.join("wifi-brno")).unwrap().map(|file| file.unwrap().path().display().to_string()),
    );
    for (option, name) in [
        ("--pairs", "anpr-bath/moves_hr.csv"),
        ("--counts", "pedestrians-auckland/hourly_counts.csv.gz"),
        ("--air", "air-london/hourly.csv.gz"),
    ] {
        arguments.extend([option.to_owned(), path(name)]);
    }
    let told = json(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let correlation = |at: usize| told["footfall"]["ways"][at]["correlation_with_people"].as_f64().unwrap();
    assert!(correlation(3) > correlation(0) - 0.05, "noise in every hour costs next to nothing: {told}");
    for open in ["counts", "air"] {
        assert!(told[open]["numbers"].as_u64().unwrap() > 400_000, "{told}");
        assert_eq!((&told[open]["released"], &told[open]["different"]), (&told[open]["numbers"], &0.into()), "{open}");
    }
}
