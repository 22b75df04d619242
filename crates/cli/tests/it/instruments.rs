//! Questionnaires through the real binary: begun, answered, signed, filed, and what the city's norms make of them.

use std::path::Path;

use serde_json::Value;

use crate::tool::{City, Node, json, run};

/// A deployment that nobody has assessed, with the evidence that the core asks for besides.
const FRESH: &str = r#"
[[deployment]]
by = "city"

[deployment.propose]
id = "busy"
title = "How busy is the market?"
description = "A receiver counts how many phones are near the market, so that the buses come when people need them."
accountable = "city"
place = "centre"
technology = "wifi-counter"
purposes = ["traffic-management"]
legal_basis = "public-task"
privacy_statement = "https://city.example/privacy"
starts = "{yesterday}"
ends = "2028-06-01T00:00:00Z"

[[deployment.propose.streams]]
id = "market"
retention = "24h"
time = { do = "bin", bin = "1m" }
[deployment.propose.streams.properties]
mac = { category = "mac-address", value = "text", treatment = { do = "pseudonymise", epoch = "24h" } }
"#;

const APPROVE: &str =
    "approve = { by = \"council\", until = \"2028-01-01T00:00:00Z\", reason = \"The council voted.\" }";

/// Kinds of evidence that the core asks for before a counter is approved.
const EVIDENCE: [&str; 7] = [
    "accessibility-report",
    "plain-language-notice",
    "cost-statement",
    "data-clauses",
    "notice",
    "sign-installed",
    "opt-out",
];

const SCAN: [&str; 13] = [
    "change=new",
    "everyone=yes",
    "monitoring=no",
    "large-scale=yes",
    "sensitive=no",
    "vulnerable=no",
    "rating=no",
    "automatic=no",
    "denies=no",
    "untried=no",
    "recognition=no",
    "unequal=no",
    "understood=yes",
];

/// Answers to the privacy impact assessment, besides what is filled in; `…` stands for enough words.
const PRIVACY: [&str; 35] = [
    "description=…",
    "whom=…",
    "how-many=up-to-10000",
    "streams/market/stream-why=…",
    "supplier=no",
    "abroad=no",
    "legal-basis-text=…",
    "success=…",
    "alternatives=…",
    "less-intrusive=no",
    "minimised=yes",
    "drift=no",
    "benefit=…",
    "notice=yes",
    "notice-more=…",
    "requests=yes",
    "objection=before",
    "rights-how=…",
    "risk/followed/risk-what=…",
    "risk/followed/risk-source=joining",
    "risk/followed/likelihood=likely",
    "risk/followed/severity=serious",
    "risk/followed/measures=…",
    "risk/followed/likelihood-after=rare",
    "risk/followed/severity-after=serious",
    "security=…",
    "views-sought=yes",
    "views-said=…",
    "advice=…",
    "advice-followed=yes",
    "review=2027-12-01",
    "views-why-not=",
    "advice-why-not=",
    "supplier-contract=",
    "abroad-ground=",
];
const WORDS: &str = "Words that are long enough to answer any question of this instrument in full, as somebody would.";

/// A city under the core with a deployment that waits for its assessment.
struct Desk {
    city: City,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { city: City::new() };
        json(&["adopt", &desk.city.arg(), "global-core", "--by", "city", "--reason", "the council decided"]);
        let yesterday = crate::fixture::midnight(1).to_string();
        let mut manifest = FRESH.replace("{yesterday}", &yesterday);
        for kind in EVIDENCE {
            manifest += &format!(
                "[[evidence]]\nfile = {{ id = \"busy-{kind}\", about = {{ what = \"deployment\", id = \"busy\" }}, kind = \"{kind}\", \
                 on = \"{yesterday}\", signed_by = \"privacy-office\", summary = \"It is there.\" }}\n"
            );
        }
        let applied = run(&["apply", &desk.city.arg(), &desk.write("fresh.toml", &manifest), "--json"]);
        assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stdout));
        desk
    }

    fn path(&self, name: &str) -> String {
        self.city.dir().with_file_name(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// Begins answers to an instrument of the core.
    fn begin(&self, instrument: &str, from: &[&str]) -> String {
        let file = self.path(&format!("{instrument}.toml"));
        let name = format!("global-core/{instrument}");
        let args =
            ["instrument", "begin", &self.city.arg(), "--deployment", "busy", "--instrument", &name, "--out", &file];
        let from: Vec<&str> = from.iter().flat_map(|file| ["--from", file]).collect();
        json(&[&args, from.as_slice()].concat());
        file
    }

    fn sign(&self, file: &str, by: &str, role: &str) -> (Option<i32>, String) {
        said(&["instrument", "sign", &self.city.arg(), file, "--by", by, "--role", role])
    }

    #[track_caller]
    fn signed(&self, file: &str, by: &str, role: &str) -> Value {
        json(&["instrument", "sign", &self.city.arg(), file, "--by", by, "--role", role])
    }

    /// Asks the council to approve.
    fn approve(&self) -> (Option<i32>, String) {
        let manifest = FRESH.replace("{yesterday}", &crate::fixture::midnight(1).to_string());
        let manifest = manifest.replacen("by = \"city\"\n", &format!("by = \"city\"\n{APPROVE}\n"), 1);
        said(&["apply", &self.city.arg(), &self.write("approve.toml", &manifest)])
    }
}

/// Exit status and everything that was said.
fn said(args: &[&str]) -> (Option<i32>, String) {
    let done = run(args);
    (done.status.code(), String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned())
}

fn show(file: &str) -> Value {
    json(&["instrument", "show", file])
}

#[track_caller]
fn set(file: &str, answers: &[&str]) -> Value {
    let answers: Vec<String> = answers.iter().map(|answer| answer.replace('…', WORDS)).collect();
    let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
    json(&[&["instrument", "set", file], answers.as_slice()].concat())
}

fn result(report: &Value, outcome: &str) -> String {
    let found = report["outcomes"].as_array().unwrap().iter().find(|one| one["id"] == outcome).unwrap();
    found["result"].as_str().unwrap().to_owned()
}

#[test]
fn a_pre_scan_asks_for_an_assessment_which_lets_the_council_approve() {
    let desk = Desk::new();
    let (status, words) = desk.approve();
    assert!(status == Some(3) && words.contains("cannot take the step `approve`"), "{words}");
    let scan = scanned(&desk);
    hidden(&scan);
    signed(&desk, &scan);
    filed(&desk, &scan);
    // What it requires is required by a norm, until it is there.
    let (status, words) = desk.approve();
    assert!(status == Some(3) && words.contains("required-assessments"), "{words}");
    privacy(&desk, &scan);
    let (status, words) = desk.approve();
    assert_eq!(status, Some(0), "{words}");
    assert!(run(&["verify", &desk.city.arg()]).status.success());
    pages(&desk);
}

/// The register fills in what it knows; while the rest is missing nothing is concluded.
fn scanned(desk: &Desk) -> String {
    let scan = desk.begin("pre-scan", &[]);
    let begun = show(&scan);
    assert_eq!((&begun["complete"], &begun["deployment"]), (&Value::Bool(false), &Value::from("busy")));
    assert!(begun["missing"].as_array().unwrap().contains(&Value::from("monitoring")), "{begun}");
    let (status, words) = said(&["instrument", "check", &scan]);
    assert!(status == Some(1) && words.contains("Missing: change, everyone, monitoring"), "{words}");
    let (status, words) = desk.sign(&scan, "city", "author");
    assert!(status == Some(1) && words.contains("the answers are not complete: 13 missing"), "{words}");
    set(&scan, &SCAN);
    let report = show(&scan);
    assert_eq!(report["requires"], serde_json::json!(["privacy-impact"]), "{report}");
    assert_eq!(report["tier"], "light", "{report}");
    let told = said(&["instrument", "show", &scan]).1;
    assert!(
        told.contains("How much care does it need? Some care") && told.contains("once this is signed: light"),
        "{told}"
    );
    assert_eq!((result(&report, "privacy-impact"), report["score"]["value"].clone()), ("needed".to_owned(), 1.into()));
    assert!(said(&["instrument", "check", &scan, "--city", &desk.city.arg()]).0 == Some(0));
    scan
}

/// An answer that is not asked changes no score and no conclusion, however strict it is.
fn hidden(scan: &str) {
    set(scan, &["shared=no", "monitoring=yes", "sensitive=yes"]);
    assert_eq!(show(scan)["score"]["value"], 3);
    set(scan, &["observed=no"]);
    let hidden = show(scan);
    assert_eq!((&hidden["score"]["value"], &hidden["requires"]), (&Value::from(0), &serde_json::json!([])), "{hidden}");
    assert!(hidden["not_asked"].as_array().unwrap().contains(&Value::from("monitoring")), "{hidden}");
    set(scan, &["observed=yes", "monitoring=no", "sensitive=no"]);
}

/// Roles sign in their order, the author only once; whatever changes opens everything again.
fn signed(desk: &Desk, scan: &str) {
    let (status, words) = desk.sign(scan, "privacy-office", "privacy-officer");
    assert!(status == Some(1) && words.contains("it is the turn of `author`"), "{words}");
    let (status, words) = desk.sign(scan, "council", "approver");
    assert!(status == Some(1) && words.contains("nobody signs `pre-scan` as `approver`"), "{words}");
    // Nobody signs in another's name by writing it into the file.
    let forged = format!(
        "{}\n[[sign-off]]\nrole = \"author\"\nparty = \"city\"\nat = \"{}\"\nanswers = {}\n",
        std::fs::read_to_string(scan).unwrap(),
        crate::fixture::midnight(0),
        show(scan)["fingerprint"],
    );
    let forged = desk.write("forged.toml", &forged);
    let (status, words) = desk.sign(&forged, "privacy-office", "privacy-officer");
    assert!(status == Some(3) && words.contains("`city` did not sign these answers off as `author`"), "{words}");
    assert_eq!(desk.signed(scan, "city", "author")["next"], "privacy-officer");
    let (status, words) = desk.sign(scan, "city", "privacy-officer");
    assert!(status == Some(1) && words.contains("somebody else signs"), "{words}");
    set(scan, &["change=changed"]);
    let reopened = show(scan);
    assert_eq!(
        (&reopened["next"], reopened["not_counted"][0]["why"].clone()),
        (&Value::from("author"), "answers-changed".into())
    );
    let (status, words) = desk.sign(scan, "privacy-office", "privacy-officer");
    assert!(status == Some(1) && words.contains("it is the turn of `author`"), "{words}");
    set(scan, &["change=new"]);
    assert_eq!(show(scan)["next"], "privacy-officer", "the very answers that were signed are signed");
}

/// The last signature files it.
fn filed(desk: &Desk, scan: &str) {
    // A company may sign nothing into the log: the norm's words, and its signature is not kept.
    let (status, words) = desk.sign(scan, "advertiser", "privacy-officer");
    assert!(status == Some(3) && words.contains("refused"), "{words}");
    assert_eq!(show(scan)["next"], "privacy-officer");
    let filed = desk.signed(scan, "privacy-office", "privacy-officer");
    let again = desk.signed(scan, "privacy-office", "privacy-officer");
    assert_eq!(again["assessment"]["entries"], serde_json::json!([]), "filing again makes no act");
    let entry = filed["assessment"]["entries"][0].as_u64().unwrap().to_string();
    let logged = json(&["log", "show", &desk.city.arg(), "--from", &entry, "--limit", "1"]);
    let what = &logged[0]["act"]["what"];
    assert_eq!((&what["kind"], &what["body"]["tier"]), (&"assessment-signed/2".into(), &"light".into()), "{logged}");
    let logged = logged.to_string();
    for part in [filed["fingerprint"].as_str().unwrap(), "\"requires\":[\"privacy-impact\"]", "\"role\":\"author\""] {
        assert!(logged.contains(part), "{part}: {logged}");
    }
}

/// The assessment that the pre-scan asked for, filled in from it.
fn privacy(desk: &Desk, scan: &str) {
    let assessment = desk.begin("privacy-impact", &[scan]);
    let text = std::fs::read_to_string(&assessment).unwrap();
    assert!(text.contains("\nvulnerable = \"no\"\n"), "the pre-scan's answer: {text}");
    assert!(text.contains("\"pre-scan/vulnerable\" = "), "and that it is from there: {text}");
    set(&assessment, &PRIVACY);
    let report = show(&assessment);
    assert_eq!(
        (&report["complete"], result(&report, "conclusion")),
        (&Value::Bool(true), "acceptable".to_owned()),
        "{report}"
    );
    for (by, role) in [("city", "author"), ("privacy-office", "privacy-officer")] {
        let signed = desk.signed(&assessment, by, role);
        assert!(signed["assessment"].is_null() && signed["signed_off"]["entries"][0].is_u64(), "{signed}");
    }
    let filed = desk.signed(&assessment, "council", "approver");
    assert_eq!(filed["assessment"]["entries"].as_array().map(Vec::len), Some(1), "{filed}");
}

/// What residents read of it.
fn pages(desk: &Desk) {
    let node = Node::start(&desk.city);
    let page = String::from_utf8(node.page("/deployments/busy")).unwrap();
    for part in [
        "<span>Privacy impact assessment</span> <code>privacy-impact</code>",
        "<span>Pre-scan</span> <code>pre-scan</code>",
        "Some care (the tier “light”)",
        "The risks are acceptable with these measures.",
        "Privacy officer, as privacy officer, on",
        "Clerk to the council, as the one who approves it, on",
        "By 1 December 2027",
        show(&desk.path("privacy-impact.toml"))["fingerprint"].as_str().unwrap(),
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn a_bad_file_is_one_clear_error() {
    let desk = Desk::new();
    let scan = desk.begin("pre-scan", &[]);
    let good = std::fs::read_to_string(&scan).unwrap();
    let refused = |name: &str, text: &str, part: &str| {
        let file = desk.write(name, text);
        let (status, words) = said(&["instrument", "check", &file]);
        assert_eq!(status, Some(64), "{name}: {words}");
        assert!(
            words.contains(part) && words.contains(name) && words.trim_end().lines().count() == 1,
            "{name}: {words}"
        );
    };
    let hash = show(&scan)["edition"].as_str().unwrap().to_owned();
    refused("edition.toml", &good.replace(&hash, &"00".repeat(32)), "`ordinance instrument migrate` does it");
    refused("other.toml", &good.replace("urn:ordinance:instrument:pre-scan", "urn:x:y"), "answers to `urn:x:y`");
    refused("question.toml", &good.replace("observed = ", "obzerved = "), "no question `obzerved`");
    refused("type.toml", &good.replace("observed = \"yes\"", "observed = true"), "line ");
    refused("key.toml", &good.replace("edition = ", "edtion = "), "unknown field `edtion`");
    refused("deep.toml", &format!("{good}\nx = {}", "[".repeat(100_000)), "nested too deeply");
    refused("pack.toml", &good.replace("urn:ordinance:", "urn:nowhere:"), "not at hand");
    refused("empty.toml", "", "missing field");
    let huge = desk.write("huge.toml", "");
    std::fs::File::options().write(true).open(&huge).unwrap().set_len(100 << 20).unwrap();
    let (status, words) = said(&["instrument", "show", &huge]);
    assert!(status == Some(64) && words.contains("it has 104857600 bytes"), "{words}");
    let (status, words) = said(&["instrument", "show", &desk.path("nowhere.toml")]);
    assert!(status == Some(64) && words.contains("nowhere.toml"), "{words}");

    // What does not fit its question is not set; what was typed into the file by hand is named and counts for nothing.
    for (answer, part) in [
        ("monitoring=perhaps", "it is answered by yes, no or unknown"),
        ("nothing=yes", "no question `nothing`"),
        ("monitoring", "question=answer"),
        ("change/a/b=new", "has no rows"),
    ] {
        let (status, words) = said(&["instrument", "set", &scan, "everyone=yes", answer]);
        assert!(status == Some(64) && words.contains(part), "{answer}: {words}");
    }
    assert_eq!(std::fs::read_to_string(&scan).unwrap(), good, "nothing was changed");
    let unfit = desk.write("unfit.toml", &good.replace("observed = \"yes\"", "observed = \"perhaps\""));
    let (status, words) = said(&["instrument", "check", &unfit]);
    assert!(status == Some(1) && words.contains("Does not fit: observed"), "{words}");

    // Answers about one deployment are never another's, and no file is written over.
    let moved = desk.write("moved.toml", &good.replace("deployment = \"busy\"", "deployment = \"congestion\""));
    let (status, words) = said(&["instrument", "check", &moved, "--city", &desk.city.arg()]);
    assert!(status == Some(1) && words.contains("deployment.id"), "{words}");
    let city = desk.city.arg();
    let begin = |deployment: &str, instrument: &str, out: &str| {
        said(&["instrument", "begin", &city, "--deployment", deployment, "--instrument", instrument, "--out", out])
    };
    let out = desk.path("out.toml");
    for (deployment, instrument, file, part) in [
        ("busy", "global-core/pre-scan", scan.as_str(), "it is there already"),
        ("nowhere", "global-core/pre-scan", out.as_str(), "no deployment `nowhere`"),
        ("busy", "global-core/nothing", out.as_str(), "it has pre-scan, privacy-impact"),
        ("busy", "pre-scan", out.as_str(), "PACK/ID"),
    ] {
        let (status, words) = begin(deployment, instrument, file);
        assert!(status == Some(64) && words.contains(part), "{words}");
    }
    assert!(!Path::new(&out).exists());
}

const OWN: &str = r#"
id = "own"
urn = "urn:example:instrument:own"
version = "0.1.0"
title = "Our own report"
intro = "For tests."
locale = "en"
roles = ["author", "approver"]
evidence = "own-report"

[[section]]
id = "all"
title = "All"

[[section.question]]
id = "needed"
type = "yes-no-unknown"
ask = "Is it needed?"

[[section.question]]
id = "name"
type = "text"
ask = "What is it called?"
prefill = "deployment.title"

[[outcome]]
id = "conclusion"
title = "What does it say?"
results = [
  { id = "unacceptable", label = "No" },
  { id = "residual-high", label = "Perhaps" },
  { id = "acceptable", label = "Yes" },
]
otherwise = "It is needed."

[[outcome.criterion]]
id = "not-needed"
result = "unacceptable"
when = "not needed"
because = "Nobody needs it."
"#;

#[test]
fn an_own_instrument_is_carried_to_its_next_edition_and_filed_at_an_address_by_whoever_holds_the_tokens() {
    let desk = Desk::new();
    let pack = desk.path("my-pack");
    json(&["framework", "new", &pack]);
    std::fs::create_dir_all(format!("{pack}/instruments")).unwrap();
    let source = format!("{pack}/instruments/own.toml");
    std::fs::write(&source, OWN.replace("when = \"not needed\"", "when = \"not neded\"")).unwrap();
    let (status, words) = said(&["framework", "check", &pack]);
    assert!(status == Some(64) && words.contains("instruments/own.toml:39") && words.contains("neded"), "{words}");
    std::fs::write(&source, OWN).unwrap();
    assert!(said(&["framework", "check", &pack]).1.contains("instruments: 1."));
    assert!(said(&["framework", "show", &pack, "--instrument", "own"]).1.contains("Filed as evidence `own-report`"));
    let token = |party: &str, token: &str| desk.write(&format!("{party}.token"), token);
    let council = json(&["token", &desk.city.arg(), "--party", "council", "--by", "council"]);
    let (city, police) = (token("city", &desk.city.officer), token("police", &desk.city.police));
    let council = token("council", council["token"].as_str().unwrap());

    let node = Node::start(&desk.city);
    let file = desk.path("own.toml");
    let name = format!("{pack}/own");
    json(&["instrument", "begin", &node.address, "--deployment", "busy", "--instrument", &name, "--out", &file]);
    let with = |args: &[&str]| said(&[args, &["--library", &pack]].concat());
    assert_eq!(with(&["instrument", "set", &file, "needed=yes"]).0, Some(0));
    // A new edition of the questions: the old answers are refused, and carried over on request.
    std::fs::write(&source, OWN.replace("What is it called?", "What do people call it?")).unwrap();
    let (status, words) = with(&["instrument", "check", &file]);
    assert!(status == Some(64) && words.contains("2 answers fit"), "{words}");
    let (status, words) = with(&["instrument", "migrate", &node.address, &file]);
    assert!(status == Some(0) && words.contains("2 answers fit"), "{words}");
    assert_eq!(with(&["instrument", "check", &file, "--city", &node.address]).0, Some(0));

    let sign = |by: &str, role: &str, token: &str| {
        let token: &[&str] = if token.is_empty() { &[] } else { &["--token", token] };
        with(&[&["instrument", "sign", &node.address, &file, "--by", by, "--role", role], token].concat())
    };
    let (status, words) = sign("city", "author", &police);
    assert!(status == Some(1) && words.contains("the token is of `police`"), "{words}");
    let (status, words) = sign("city", "author", "");
    assert!(status == Some(1) && words.contains("--token FILE"), "{words}");
    let (status, words) = sign("city", "author", &city);
    assert!(status == Some(0) && words.contains("Next to sign: approver"), "{words}");
    let (status, words) = sign("council", "approver", &council);
    assert!(status == Some(0) && words.contains("Filed as evidence `own-report`, entry"), "{words}");
    let found = json(&["log", "show", &node.address, "--limit", "1000"]).to_string();
    assert!(found.contains("Our own report") || found.contains("It is needed."), "{found}");
    assert!(found.contains("\"own-report\""), "{found}");
}

#[test]
fn the_instruments_of_the_core_can_be_read() {
    let listed = json(&["framework", "list"]);
    let core = listed.as_array().unwrap().iter().find(|pack| pack["id"] == "global-core").unwrap();
    assert_eq!(core["instruments"], 4);
    let shown = json(&["framework", "show", "global-core"]);
    assert_eq!(shown["instruments"].as_array().map(Vec::len), Some(4));
    let (status, words) = said(&["framework", "show", "global-core", "--instrument", "privacy-impact"]);
    assert_eq!(status, Some(0), "{words}");
    for part in ["Who answers for it?", "[asked when row.personal]", "(score 4)", "Signed in this order: author"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let german = said(&["framework", "show", "global-core", "--instrument", "pre-scan", "--locale", "de"]).1;
    assert!(german.contains("Was geplant ist"), "{german}");
    let (status, words) = said(&["framework", "show", "global-core", "--instrument", "nothing"]);
    assert!(status == Some(64) && words.contains("it has pre-scan"), "{words}");
}
