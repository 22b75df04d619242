//! Accounts at the command line while a node runs: the first administrator, who is locked out, and who is erased.

use crate::tool::{City, Node, json, ordinance};

/// What a command that fails says.
fn refused(args: &[&str]) -> String {
    let output = ordinance().args(["account"]).args(args).output().unwrap();
    assert!(!output.status.success(), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_first_administrator_is_invited_locked_reset_and_erased_while_the_node_runs() {
    let city = City::new();
    let node = Node::start(&city);
    let dir = city.arg();
    let vera = ["--login", "vera@brookhaven.example", "--name", "Vera Nowak"];
    let add = |party: &str, role: &str| {
        [&["add", &dir, "--party", party, "--role", role][..], &vera]
            .concat()
            .iter()
            .map(|part| (*part).to_owned())
            .collect::<Vec<_>>()
    };
    let run = |args: &[String]| {
        json(&[&["account"], args.iter().map(String::as_str).collect::<Vec<_>>().as_slice()].concat())
    };
    let added = run(&add("police", "administrator"));
    let path = added["path"].as_str().unwrap().to_owned();
    assert!(path.starts_with("/join/") && added["account"] == 1, "{added}");
    let page = |path: &str| {
        let asked = ureq::get(format!("{}{path}", node.address)).config().http_status_as_error(false).build().call();
        let mut answer = asked.unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    };
    let (status, text) = page(&path);
    assert!(status == 200 && text.contains("vera@brookhaven.example"), "{text}");
    let listed = json(&["account", "list", &dir]);
    assert_eq!((&listed[0]["stands"], &listed[0]["second_factor"]), (&"invited".into(), &false.into()), "{listed}");
    let login = vera[1];
    let reset = json(&["account", "reset", &dir, login]);
    assert_eq!(page(&path).0, 404, "the first link is good no more");
    assert_eq!(page(reset["path"].as_str().unwrap()).0, 200);
    json(&["account", "disable", &dir, login]);
    assert_eq!(page(reset["path"].as_str().unwrap()).0, 404);
    json(&["account", "enable", &dir, login]);
    // What is wrong is said, and changes nothing.
    let taken = add("police", "reader");
    assert!(refused(&taken.iter().map(String::as_str).collect::<Vec<_>>()).contains("somebody has this login"));
    let nobody = add("nobody", "reader");
    assert!(refused(&nobody.iter().map(String::as_str).collect::<Vec<_>>()).contains("there is no party `nobody`"));
    let role = add("police", "king");
    assert!(refused(&role.iter().map(String::as_str).collect::<Vec<_>>()).contains("a role is one of"));
    assert!(refused(&["reset", &dir, "nobody@brookhaven.example"]).contains("nobody signs in as"));
    assert!(refused(&["list", &format!("{dir}-elsewhere")]).contains("holds no city"));
    json(&["account", "erase", &dir, login]);
    assert_eq!(json(&["account", "list", &dir]), serde_json::json!([]));
    let bytes = std::fs::read(city.dir().join("accounts.db")).unwrap();
    assert!(!bytes.windows(10).any(|part| part == b"Vera Nowak"));
}
