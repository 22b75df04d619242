//! A city worked with from elsewhere: every command that takes an address, over real HTTP.

use std::io::Write as _;
use std::path::PathBuf;

use crate::hub_slow::{Does, Server};
use crate::tool::{City, Node, json, now, run, skipped};

/// A file beside the city's folder.
fn beside(city: &City, name: &str, content: &[u8]) -> String {
    let path: PathBuf = city.dir().with_file_name(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

#[test]
fn lines_go_in_and_come_out_at_an_address() {
    let city = City::new();
    let token = beside(&city, "air.token", format!("{}\n", city.air).as_bytes());
    let now = now();
    let lines: String = (0..30_000).map(|run| format!("{{\"time\":\"{now}\",\"no2\":1.5,\"run\":{run}}}\n")).collect();
    let file = beside(&city, "air.ndjson.gz", &gzip(&lines));
    let node = Node::start(&city);
    let sent = json(&["ingest", &node.address, "--token", &token, &file]);
    assert_eq!(sent["admitted"], 30_000, "several batches, unpacked: {sent}");
    let asked = ["query", &node.address, "--as", "public", "--purpose", "air-quality", "--stream", "air"];
    let answer = json(&asked);
    assert_eq!(answer["rows"].as_array().unwrap().len(), 30_000);
    // Nothing is ignored in silence, and a refusal keeps its status and words.
    for flag in [["--stream", "air"], ["--device", "air-1"]] {
        let failed = run(&[&["ingest", &node.address, "--token", &token, &file], flag.as_slice()].concat());
        assert!(String::from_utf8_lossy(&failed.stderr).contains("leave out"));
    }
    let refused = run(&["query", &node.address, "--as", "public", "--purpose", "advertising", "--stream", "air"]);
    assert_eq!(refused.status.code(), Some(3), "{}", String::from_utf8_lossy(&refused.stderr));
    let bad = beside(&city, "bad.ndjson", format!("{{\"time\":\"{now}\",\"plate\":\"4B7 1234\"}}\n").as_bytes());
    let failed = run(&["ingest", &node.address, "--token", &token, &bad]);
    let words = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(failed.status.code() == Some(1) && words.contains("declared are: `no2`"), "{words}");
    assert!(words.contains("property number 2") && !words.contains("plate") && !words.contains("4B7"), "{words}");
}

#[test]
fn a_manifest_is_applied_at_an_address_by_whoever_holds_the_tokens() {
    let city = City::new();
    let manifest = beside(
        &city,
        "more.toml",
        br#"
[[party]]
by = "city"
party = { id = "mobility", name = "Department of Mobility", kind = "city-department" }

[[grant]]
by = "city"
grant = { id = "to-advertiser", recipient = "advertiser", stream = "wifi", view = "none", purpose = "advertising", until = "2027-01-01T00:00:00Z" }
"#,
    );
    let tokens = beside(&city, "tokens.toml", format!("city = \"{}\"\n", city.officer).as_bytes());
    let strangers = beside(&city, "strangers.toml", b"city = \"ordinance_0000\"\n");
    let node = Node::start(&city);
    let size = || json(&["verify", &node.address])["size"].as_u64().unwrap();
    let before = size();
    let failed = run(&["apply", &node.address, &manifest, "--tokens", &strangers]);
    assert_eq!(failed.status.code(), Some(1));
    let tried = run(&["apply", &node.address, &manifest, "--tokens", &tokens, "--dry-run", "--json"]);
    assert!(String::from_utf8_lossy(&tried.stdout).contains("party-registered/1"), "{tried:?}");
    assert_eq!(size(), before, "neither changed anything");
    let applied = run(&["apply", &node.address, &manifest, "--tokens", &tokens, "--json"]);
    let done: serde_json::Value = serde_json::from_slice(&applied.stdout).unwrap();
    assert_eq!(applied.status.code(), Some(3), "one of two was refused: {done}");
    assert!(done[0].get("refused").is_none() && done[1]["refused"].is_string(), "{done}");
    assert!(size() > before);
    let shown = json(&["log", "show", &node.address, "--from", &before.to_string(), "--limit", "1"]);
    assert_eq!(shown[0]["act"]["what"]["kind"], "party-registered/1", "{shown}");
}

#[test]
fn a_log_is_verified_from_anywhere_with_the_key_that_somebody_kept() {
    let city = City::new();
    let node = Node::start(&city);
    let inside = json(&["verify", &city.arg()]);
    let (key, old) = (inside["key"].as_str().unwrap(), beside(&city, "kept", b""));
    std::fs::copy(city.dir().join("log/checkpoint"), &old).unwrap();
    let outside = json(&["verify", &node.address, "--key", key, "--continues", &old]);
    assert_eq!((&outside["root"], &outside["inside"]), (&inside["root"], &serde_json::Value::Null));
    let other = run(&["verify", &node.address, "--key", "test.example/log+00000000+AAAA"]);
    assert_eq!(other.status.code(), Some(1));
    drop(node);
    let gone = run(&["verify", "http://127.0.0.1:9"]);
    assert!(gone.status.code() == Some(1) && !gone.stderr.is_empty());
}

/// A node in front of another: everything is passed on, and what is said of deployments is altered on the way.
fn lying(node: &str, alter: impl Fn(&str) -> String + Send + Sync + 'static) -> Server {
    let node = node.to_owned();
    Server::new(move |path| {
        let Ok(answer) = ureq::get(format!("{node}{path}")).call() else { return Does::Lacks };
        let body = answer.into_body().read_to_vec().unwrap();
        match path.starts_with("/api/v1/deployments/") {
            true => Does::Says(alter(std::str::from_utf8(&body).unwrap()).into_bytes()),
            false => Does::Says(body),
        }
    })
}

#[test]
fn a_page_is_held_against_the_log_and_one_that_says_something_else_is_named_by_its_first_difference() {
    let city = City::new();
    let node = Node::start(&city);
    let same = json(&["verify", &node.address, "--deployment", "pollution"]);
    assert_eq!(same["deployment"]["deployment"], "pollution", "{same}");
    assert!(same["deployment"]["acts"].as_u64().unwrap() > 0 && same["holds"] == true, "{same}");
    let words = run(&["verify", &node.address, "--deployment", "pollution"]);
    assert!(
        String::from_utf8_lossy(&words.stdout).contains("about `pollution` is served what the log gives"),
        "{words:?}"
    );
    let failed = |address: &str, deployment: &str| {
        let failed = run(&["verify", address, "--deployment", deployment]);
        (failed.status.code(), String::from_utf8_lossy(&failed.stderr).into_owned())
    };
    let title = title_of(&node.address);
    let other = lying(&node.address, move |page| page.replacen(&title, "\"Nothing at all\"", 1));
    let (code, words) = failed(&other.address, "pollution");
    assert!(code == Some(1) && words.contains("is not what the log gives: at `/deployment/title`"), "{words}");
    let torn = lying(&node.address, |page| page[..page.len() / 2].to_owned());
    assert!(failed(&torn.address, "pollution").1.contains("it does not say from which acts it is drawn"));
    let without = lying(&node.address, |page| page.replacen("\"in_force\":true", "\"in_force\":false", 1));
    // Whether something is in force is a matter of the clock, too, and of which cannot be known.
    let (code, words) = failed(&without.address, "pollution");
    assert!(code == Some(2) && words.contains("but at `/in_force` the log gives true, the node false"), "{words}");
    let never = lying(&node.address, |page| page.replacen("\"in_force\":true", "\"in_force\":7", 1));
    assert_eq!(failed(&never.address, "pollution").0, Some(1));
    // One that is always ahead of its log is not taken at its word.
    let ahead = lying(&node.address, |page| page.replacen("\"basis\":", "\"basis\":9", 1));
    let (code, words) = failed(&ahead.address, "pollution");
    assert!(code == Some(2) && words.contains("after 5 readings"), "{words}");
    // What a node says steers no terminal, and what it answers with is no refusal of a norm.
    let hostile = Server::new({
        let node = node.address.clone();
        move |path| match path.strip_prefix("/api/") {
            Some(_) => Does::Fails(br#"{"detail":"\u001b[2JAll is well.\nIt holds.","grounds":[]}"#.to_vec()),
            None => ureq::get(format!("{node}{path}"))
                .call()
                .map_or(Does::Lacks, |answer| Does::Says(answer.into_body().read_to_vec().unwrap())),
        }
    });
    let (code, words) = failed(&hostile.address, "pollution");
    assert!(code == Some(1) && words.contains("is not to be had") && words.contains("All is well."), "{words}");
    assert!(!words.contains('\u{1b}') && words.trim_end().lines().count() == 1, "{words:?}");
    let (code, words) = failed(&node.address, "nowhere");
    assert!(code == Some(1) && words.contains("neither log nor node has `nowhere`"), "{words}");
    let (code, words) = failed(&city.arg(), "pollution");
    assert!(code == Some(64) && words.contains("name that of the node"), "{words}");
}

/// The title of the city's air gauges, as the page has it.
fn title_of(address: &str) -> String {
    let mut page = ureq::get(format!("{address}/api/v1/deployments/pollution")).call().unwrap().into_body();
    let page: serde_json::Value = page.read_json().unwrap();
    format!("{}", page["deployment"]["title"])
}

/// A deployment from nothing to a grant, by several parties, each step built on the ones before.
const FRESH: &str = r#"
[[place]]
by = "city"
place = { id = "bridge", name = "Bridge", geometry = { type = "Point", coordinates = [16.61, 49.2] } }

[[deployment]]
by = "city"
approve = { by = "council", until = "2030-01-01T00:00:00Z", reason = "The council voted." }
publish = true
activate = true

[deployment.propose]
id = "gauges"
title = "River gauges"
description = "Two gauges measure the river."
accountable = "city"
place = "bridge"
technology = "river-gauge"
purposes = ["public-information"]
legal_basis = "not-personal"
starts = "2029-01-01T00:00:00Z"
ends = "2030-06-01T00:00:00Z"

[[deployment.propose.streams]]
id = "river"
retention = "30d"
time = { do = "keep" }
[deployment.propose.streams.properties]
level = { category = "water-level", value = "number", treatment = { do = "keep" } }

[[deployment.assessment]]
id = "scan-gauges"
deployment = "gauges"
instrument = "pre-scan"
outcome = "acceptable"
summary = "No data about people."
signed_by = "privacy-office"
document = "1111111111111111111111111111111111111111111111111111111111111111"
review_by = "2030-01-01T00:00:00Z"

[[device]]
by = "city"
device = { id = "gauge-1", deployment = "gauges", stream = "river", position = [16.61, 49.2] }

[[view]]
by = "city"
view = { id = "levels", version = 1, stream = "river", title = "Every reading", exposure = { as = "records", fields = ["level"] }, identifiers = "none", minimum = 0, bound = 1, noise = "none", delay = "0s", depth = "30d" }

[[grant]]
by = "city"
grant = { id = "river-open", recipient = "public", stream = "river", view = "levels", purpose = "public-information", until = "2029-01-01T00:00:00Z" }
"#;

#[test]
fn a_fresh_manifest_is_previewed_as_a_whole_at_an_address() {
    let city = City::new();
    let order = r#"
[[order]]
by = "police"
values = ["9QW 0009"]
order = { id = "order-2", party = "police", authority = "Judge", deployment = "plate-search", until = "2029-01-01T00:00:00Z", entries = 1 }
"#;
    let manifest = beside(&city, "fresh.toml", FRESH.as_bytes());
    let ordered = beside(&city, "ordered.toml", format!("{FRESH}{order}").as_bytes());
    let party = |party: &str| {
        let issued = json(&["token", &city.arg(), "--party", party, "--by", "city"]);
        format!("{party} = \"{}\"\n", issued["token"].as_str().unwrap())
    };
    let mut tokens = format!("city = \"{}\"\npolice = \"{}\"\n", city.officer, city.police);
    tokens += &(party("council") + &party("privacy-office"));
    let tokens = beside(&city, "tokens.toml", tokens.as_bytes());
    let node = Node::start(&city);
    let size = || json(&["verify", &node.address])["size"].as_u64().unwrap();
    let before = size();
    let of = |output: std::process::Output| serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap();
    let tried = of(run(&["apply", &node.address, &ordered, "--tokens", &tokens, "--dry-run", "--json"]));
    let refused = |done: &serde_json::Value| done.get("refused").is_some();
    assert!(!tried.as_array().unwrap().iter().any(refused), "what builds on an earlier step is not refused: {tried}");
    let acts: Vec<&str> = tried
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|done| done["would_make"].as_array().unwrap())
        .map(|act| act.as_str().unwrap())
        .collect();
    for act in ["place-registered/1", "deployment-approved/1", "order-issued/1", "grant-agreed/1"] {
        assert!(acts.contains(&act), "{acts:?}");
    }
    assert_eq!(size(), before, "nothing was done");
    // What is sought did not travel: the node has not heard of it, and says nothing of it.
    let said = [node.running.stdout.bytes(), node.running.stderr.bytes(), tried.to_string().into_bytes()].concat();
    assert!(!String::from_utf8_lossy(&said).contains("9QW"));
    // Without a token of one of those who act it could not be done later, and that is said now.
    let some = beside(&city, "some.toml", format!("city = \"{}\"\n", city.officer).as_bytes());
    let failed = run(&["apply", &node.address, &manifest, "--tokens", &some, "--dry-run"]);
    assert!(String::from_utf8_lossy(&failed.stderr).contains("no token of `"), "{failed:?}");
    // The preview says the same as the doing.
    let done = of(run(&["apply", &node.address, &manifest, "--tokens", &tokens, "--json"]));
    assert!(!done.as_array().unwrap().iter().any(refused), "{done}");
    assert!(size() > before);
    // A preview goes on where one step is refused, and a stranger gets none.
    let alone =
        FRESH.replace("approve = { by = \"council\"", "approve = { by = \"city\"").replace("gauges", "gauges-2");
    let alone = beside(&city, "alone.toml", alone.replace("\"river\"", "\"river-2\"").as_bytes());
    let tried = run(&["apply", &node.address, &alone, "--tokens", &tokens, "--dry-run", "--json"]);
    assert_eq!(tried.status.code(), Some(3));
    let tried = of(tried);
    let words = tried.as_array().unwrap().iter().find_map(|done| done["refused"].as_str()).unwrap().to_owned();
    assert!(words.contains("no rule of this city allows it"), "{tried}");
    assert!(tried.as_array().unwrap().iter().filter(|done| done.get("would_make").is_some()).count() >= 2, "{tried}");
    let body = br#"[{"by":"city","command":{"do":"publish","with":{"deployment":"gauges"}}}]"#;
    for token in [None, Some("ordinance_none"), Some(city.air.as_str())] {
        assert_eq!(node.post("/api/v1/commands/preview", "application/json", token, body).0, 401);
    }
}

#[test]
fn whoever_asks_at_an_address_says_who_they_are_with_the_token_that_proves_it() {
    let city = City::new();
    let token = beside(&city, "police.token", format!("{}\n", city.police).as_bytes());
    let two_words = beside(&city, "two.token", b"two words");
    let node = Node::start(&city);
    let ask = |more: &[&str]| {
        run(&[&["query", &node.address, "--purpose", "crime-investigation", "--stream", "plates"], more].concat())
    };
    let words = |output: &std::process::Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let without = ask(&["--as", "police"]);
    assert!(without.status.code() == Some(1) && words(&without).contains("--token FILE"), "{without:?}");
    let public = ask(&["--as", "public", "--token", &token]);
    assert!(public.status.code() == Some(1) && words(&public).contains("has no token"), "{public:?}");
    let bad = ask(&["--as", "police", "--token", &two_words]);
    assert!(words(&bad).contains("does not hold one token") && !words(&bad).contains("two words"), "{bad:?}");
    // The node answers whoever the token is of; to call oneself another shows nothing.
    let other = ask(&["--as", "city", "--token", &token]);
    assert!(other.status.code() == Some(1) && other.stdout.is_empty(), "{other:?}");
    assert!(words(&other).contains("the token is of `police`, not of `city`"), "{other:?}");
    assert!(ask(&["--as", "police", "--token", &token]).status.success());
}

#[test]
fn a_broken_file_is_told_by_line_without_what_stands_there() {
    let city = City::new();
    let order = "[[order]]\nby = \"police\"\nvalues = \"4QX 4017\"\n";
    let manifest = beside(&city, "broken.toml", order.as_bytes());
    let tokens = beside(&city, "broken-tokens.toml", format!("city = {}\n", city.officer).as_bytes());
    let mapping = beside(&city, "mapping.toml", b"time = 1\n");
    let words = |args: &[&str]| {
        let failed = run(args);
        assert_eq!(failed.status.code(), Some(1), "{failed:?}");
        String::from_utf8_lossy(&failed.stderr).into_owned()
    };
    let told = words(&["apply", &city.arg(), &manifest]);
    assert!(told.contains("line 3, column 10") && told.contains("order.values") && !told.contains("4QX"), "{told}");
    let told =
        words(&["apply", "http://127.0.0.1:9", &manifest.replace("broken", "broken-tokens"), "--tokens", &tokens]);
    assert!(told.contains("line 1, column") && !told.contains(&city.officer), "{told}");
    let good = beside(&city, "good.toml", b"");
    let told = words(&["apply", "http://127.0.0.1:9", &good, "--tokens", &tokens]);
    assert!(told.contains("the tokens file") && !told.contains(&city.officer), "{told}");
    let told = words(&["ingest", &city.arg(), "--stream", "air", "--mapping", &mapping, &manifest]);
    assert!(told.contains("the mapping") && told.contains("line 1, column 8"), "{told}");
}

/// The names of all commands, as the help lists them.
fn commands() -> Vec<String> {
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    let commands = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let named = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<String> = named.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect();
    assert!(names.len() >= 11, "{names:?}");
    names.into_iter().filter(|name| *name != "help").collect()
}

#[test]
fn every_command_has_a_manual_page_and_examples() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("man");
    let written = json(&["man", dir.to_str().unwrap()]);
    let pages = written["pages"].as_array().unwrap();
    assert!(pages.iter().all(|page| std::path::Path::new(page.as_str().unwrap()).exists()), "{written}");
    let words = run(&["man", dir.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&words.stdout).contains(&format!("{} manual pages", pages.len())));
    let mut names: Vec<Vec<String>> = commands().into_iter().map(|name| vec![name]).collect();
    let below = [
        ("log", ["show"].as_slice()),
        ("account", &["add", "list", "disable", "enable", "reset", "erase", "oidc"]),
        ("opt-out", &["add", "remove", "count"]),
        ("framework", &["list", "show", "check", "test", "diff", "prove", "export", "import", "new", "sign"]),
        ("instrument", &["begin", "show", "set", "check", "sign", "migrate"]),
        ("webhook", &["add", "list", "remove"]),
        ("schedule", &["add", "list", "remove"]),
        ("sheet", &["template", "export", "check", "import"]),
        ("pilot", &["run", "begin", "look", "end"]),
        ("basemap", &["import", "show"]),
        (
            "hub",
            &[
                "init",
                "serve",
                "token",
                "do",
                "members",
                "mirror",
                "look",
                "cities",
                "resume",
                "history",
                "evidence",
                "definitions",
                "benchmark",
                "land",
                "pilots",
                "simulate",
            ],
        ),
    ];
    for (command, more) in below {
        names.extend(more.iter().map(|name| vec![command.to_owned(), (*name).to_owned()]));
    }
    names.extend(["set", "show", "remove"].map(|name| ["account", "oidc", name].map(str::to_owned).to_vec()));
    names.push(["hub", "members", "import"].map(str::to_owned).to_vec());
    assert_eq!(pages.len(), names.len() + 1, "and one of the whole");
    for name in names {
        let page = std::fs::read_to_string(dir.join(format!("ordinance-{}.1", name.join("-")))).unwrap();
        assert!(page.contains(".SH NAME") && page.contains(".SH SYNOPSIS"), "{name:?}");
        let arguments: Vec<&str> = name.iter().map(String::as_str).chain(["--help"]).collect();
        let help = String::from_utf8(run(&arguments).stdout).unwrap();
        let example = format!("ordinance {}", name.join(" "));
        let after = help.split("Example").nth(1).unwrap_or_default();
        assert!(after.contains(&example), "the help of {name:?} has an example: {help}");
        assert!(help.contains("--json"), "{name:?}");
    }
}

/// An address of this machine that is none of itself alone, as a web server in a container has; none if it has no network. Nothing is sent.
fn own_address() -> Option<std::net::IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_loopback() && !own.is_unspecified()).then_some(own)
}

#[test]
fn a_web_server_of_ones_own_is_no_stranger_once_it_is_named() {
    let Some(own) = own_address().map(|own| own.to_string()) else {
        return skipped("a web server on another machine: this machine has no address but that of itself");
    };
    let city = City::new();
    let asked = |more: &[&str]| -> Vec<u16> {
        let more = [&["--address-requests", "3"], more].concat();
        let node = Node::try_start_at(&city, &format!("{own}:0"), &more).unwrap();
        (0..12).map(|_| node.try_get("/api/v1/deployments").unwrap().0).collect()
    };
    assert!(asked(&[]).contains(&429));
    assert!(asked(&["--behind", "203.0.113.7"]).contains(&429), "another is named");
    assert_eq!(asked(&["--behind", "203.0.113.7", "--behind", &own]), [200; 12]);
}
