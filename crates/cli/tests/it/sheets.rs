//! Spreadsheets by the command: out of a city, and in again, at its folder and at its address.

use std::fs;

use serde_json::{Value, json as value};

use crate::tool::{City, Node, json, run};

/// Runs a command that prints one document, whatever it comes to.
fn told(args: &[&str]) -> (Option<i32>, Value) {
    let output = run(&[args, &["--json"]].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}")))
}

#[test]
fn a_file_is_checked_and_brought_in_at_a_folder_and_the_same_again_changes_nothing() {
    let city = City::new();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (whole, devices, template) = (path("register.xlsx"), path("devices.csv"), path("template.xlsx"));
    assert!(json(&["sheet", "export", &city.arg(), "--out", &whole])["bytes"].as_u64().unwrap() > 1_000);
    json(&["sheet", "export", &city.arg(), "--kind", "devices", "--out", &devices]);
    json(&["sheet", "template", &city.arg(), "--out", &template]);
    let twice = run(&["sheet", "template", &city.arg(), "--out", &template]);
    assert!(String::from_utf8_lossy(&twice.stderr).contains("--force"));
    for file in [&whole, &devices, &template] {
        let (code, said) = told(&["sheet", "check", &city.arg(), file, "--as", "city"]);
        let counts = said["counts"].as_object().unwrap();
        assert_eq!(code, Some(0), "{said}");
        assert!(counts.keys().all(|verdict| verdict == "same"), "{said}");
    }
    let rows = "id,stream,longitude,latitude\nair-7,air,16.6,49.2\nair-8,nowhere,16.6,49.2\nanpr-7,plates,16.6,49.2\n";
    let bad = path("bad.csv");
    fs::write(&bad, rows).unwrap();
    let (code, said) = told(&["sheet", "check", &city.arg(), &bad, "--as", "city"]);
    assert_eq!((code, &said["counts"]["wrong"], &said["counts"]["new"]), (Some(1), &value!(1), &value!(2)), "{said}");
    let (code, before) = told(&["sheet", "import", &city.arg(), &bad, "--as", "city"]);
    assert_eq!((code, before.get("entries")), (Some(1), None), "nothing was brought in: {before}");
    let (code, said) = told(&["sheet", "import", &city.arg(), &bad, "--as", "city", "--others", "--reason", "A list."]);
    assert_eq!((code, said["entries"].as_array().unwrap().len()), (Some(0), 2), "{said}");
    let entry = said["entries"][0].to_string();
    let act = json(&["log", "show", &city.arg(), "--from", &entry, "--limit", "1"]);
    assert!(act.to_string().contains("A list.") && act.to_string().contains("air-7"), "{act}");
    let again = json(&["sheet", "import", &city.arg(), &bad, "--as", "city", "--others"]);
    assert_eq!(again["entries"], value!([]), "{again}");
}

#[test]
fn a_file_that_is_not_there_is_the_same_failure_whatever_was_to_be_read() {
    let city = City::new();
    let (city, none) = (city.arg(), city.dir().with_file_name("none").to_str().unwrap().to_owned());
    let commands: [&[&str]; 9] = [
        &["sheet", "check", &city, &none, "--as", "city"],
        &["sheet", "import", &city, &none, "--as", "city"],
        &["apply", &city, &none],
        &["ingest", &city, "--stream", "air", &none],
        &["adopt", &city, "amsterdam", "--by", "city", "--permits", &none],
        &["adopt", &city, &format!("{none}.release.json"), "--by", "city"],
        &["verify", &city, "--continues", &none],
        &["hub", "do", &city, &none],
        &["hub", "evidence", "check", &none],
    ];
    for command in commands {
        let failed = run(command);
        let words = String::from_utf8_lossy(&failed.stderr).into_owned();
        assert_eq!(failed.status.code(), Some(1), "{command:?}: {words}");
        assert!(words.contains("No such file"), "{command:?}: {words}");
    }
}

#[test]
fn a_node_is_asked_at_its_address_with_the_partys_own_token() {
    let city = City::new();
    let node = Node::start(&city);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (file, token) = (path("sensors.csv"), path("police.token"));
    fs::write(&file, "id;stream;longitude;latitude\nanpr-7;plates;16,6;49,2\n").unwrap();
    fs::write(&token, &city.police).unwrap();
    let address = node.address.clone();
    let asked = |verb: &str, file: &str| told(&["sheet", verb, &address, file, "--as", "police", "--token", &token]);
    let (code, said) = asked("check", &file);
    assert_eq!((code, &said["counts"]["new"]), (Some(0), &value!(1)), "{said}");
    let (code, said) = asked("import", &file);
    assert_eq!((code, said["entries"].as_array().unwrap().len()), (Some(0), 1), "{said}");
    assert_eq!(asked("import", &file).1["entries"], value!([]));
    // What no norm allows is refused, and nothing of it is brought in.
    let parties = path("parties.csv");
    fs::write(&parties, "id,name,kind\nmaker,A maker,vendor\n").unwrap();
    let (code, said) = asked("check", &parties);
    assert_eq!((code, &said["counts"]["refused"]), (Some(3), &value!(1)), "{said}");
    assert_eq!(asked("import", &parties).0, Some(3));
    let without = run(&["sheet", "check", &address, &file, "--as", "police"]);
    assert!(String::from_utf8_lossy(&without.stderr).contains("--token"));
}

#[test]
fn rows_that_are_refused_keep_no_others_out_and_that_all_were_is_said() {
    let city = City::new();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, longitude: &str, more: usize| {
        let old = (0..1_000).map(|at| format!("bulk-{at},air,{longitude},49.2\n"));
        let new = (0..more).map(|at| format!("new-{at},air,16.6,49.2\n"));
        let rows = std::iter::once("id,stream,longitude,latitude\n".to_owned()).chain(old).chain(new);
        let path = folder.path().join(name).to_str().unwrap().to_owned();
        fs::write(&path, rows.collect::<String>()).unwrap();
        path
    };
    let import = |file: &str| json(&["sheet", "import", &city.arg(), file, "--as", "city", "--others"]);
    assert_eq!(import(&file("a.csv", "16.6", 0))["parts"], value!([1_000]));
    let said = import(&file("b.csv", "16.7", 5));
    assert_eq!(said["parts"], value!([5]), "{}", said["look"]["counts"]);
    assert_eq!(said["look"]["counts"], value!({ "refused": 1_000, "new": 5 }));
    let none = run(&["sheet", "import", &city.arg(), &file("c.csv", "16.7", 0), "--as", "city", "--others"]);
    let words = String::from_utf8_lossy(&none.stdout).into_owned();
    assert!(
        none.status.success() && words.ends_with("nothing was written: what is not so already is wrong or refused\n")
    );
    // What is written in parts is told once, as it came out.
    let rows = (0..1_005).map(|at| format!("more-{at},air,16.6,49.2\n")).collect::<String>();
    let long = folder.path().join("d.csv").to_str().unwrap().to_owned();
    fs::write(&long, format!("id,stream,longitude,latitude\n{rows}")).unwrap();
    let said = import(&long);
    assert_eq!((&said["parts"], &said["look"]["counts"]), (&value!([1_000, 5]), &value!({ "new": 1_005 })));
    assert_eq!(import(&long)["entries"], value!([]));
}

#[test]
fn a_node_is_asked_about_a_whole_file_at_once_so_that_each_row_builds_on_those_before() {
    let city = City::new();
    let node = Node::start(&city);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (file, token) = (path("places.csv"), path("city.token"));
    let rooms = (0..700).map(|at| format!("room-{at},Room,hall,16.6,49.2\n")).collect::<String>();
    fs::write(&file, format!("id,name,within,longitude,latitude\nhall,Hall,centre,16.6,49.2\n{rooms}")).unwrap();
    fs::write(&token, &city.officer).unwrap();
    let (code, said) = told(&["sheet", "check", &node.address, &file, "--as", "city", "--token", &token]);
    assert_eq!((code, &said["counts"]), (Some(0), &value!({ "new": 701 })), "{}", said["counts"]);
}
