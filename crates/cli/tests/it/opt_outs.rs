//! People who asked not to be counted, by the command, while a node runs: identifiers come on standard input and are nowhere.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use crate::tool::{City, Node, json, now, ordinance};

const ADDRESSES: &str = "A4-11-3C-77-00-01\na4:11:3c:77:00:02\n";

fn asked(verb: &str, city: &City, lines: &str) -> Output {
    let mut command = ordinance();
    command.args(["opt-out", verb, &city.arg(), "--stream", "wifi", "--json"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn done(output: &Output) -> serde_json::Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn is_anywhere(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().filter_map(Result::ok).any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return is_anywhere(&path);
        }
        let bytes = fs::read(&path).unwrap_or_default();
        let parts: [&[u8]; 2] = [b"a4113c77", b"a4:11:3c:77"];
        parts.iter().any(|part| bytes.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part)))
    })
}

#[test]
fn somebody_opts_out_while_the_node_runs_and_no_file_and_no_word_holds_the_address() {
    let city = City::new();
    let node = Node::start(&city);
    let added = asked("add", &city, ADDRESSES);
    assert_eq!(done(&added), serde_json::json!({ "stream": "wifi", "added": 2, "listed": 2 }));
    let line = |address: &str| format!("{{\"time\":\"{}\",\"mac\":\"{address}\"}}\n", now());
    let (status, answer) = node.lines(&city.wifi, &(line("a4113c770001") + &line("a4113c770003")));
    assert_eq!((status, &answer["admitted"]), (200, &serde_json::json!(2)), "{answer}");
    assert_eq!(done(&asked("remove", &city, "a4113c770002"))["listed"], 1);
    assert_eq!(json(&["opt-out", "count", &city.arg(), "--stream", "wifi"])["listed"], 1);
    let wrong = asked("add", &city, "a4113c77000");
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned() + &String::from_utf8_lossy(&wrong.stdout);
    assert!(!wrong.status.success() && said.contains("line 1 is not taken") && !said.contains("a4113c"), "{said}");
    let unknown = ordinance().args(["opt-out", "count", &city.arg(), "--stream", "nowhere"]).output().unwrap();
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("there is no stream `nowhere`"));
    drop(node);
    assert!(!is_anywhere(&city.dir()));
}
