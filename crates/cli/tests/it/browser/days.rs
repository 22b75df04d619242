//! A deployment from its proposal to the proof that nothing of it is left, and agreements from a request to their ends, in a real
//! browser while the days pass: the city's process runs under a clock that the walk sets on.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use super::Walker;
use super::life::{day, done, named, read, settled, step, text, tokens};
use crate::tool::{self, City, Node, ordinance, skipped};

const WORDS: &str = "Words that are long enough to answer any question of this instrument in full, as somebody would.";
const SQUARE: &str = "/office/deployments/square-phones";
/// What is read before and after.
const PAGES: [&str; 7] = [
    "/deployments/square-phones",
    "/de/deployments/square-phones",
    "/organisations/city",
    "/organisations/university",
    "/log/entries",
    "/api/v1/register",
    "/grants/university-many/odrl.json",
];
/// How many phones are near the square.
const PHONES: u32 = 14;

/// A clock that is set while a process runs.
pub(super) struct Faked {
    library: String,
    pub(super) file: PathBuf,
}

impl Faked {
    /// Where libfaketime is installed; its own command knows where that is.
    pub(super) fn found(city: &City) -> Option<Self> {
        let asked = Command::new("faketime").args(["-m", "-f", "+0", "printenv", "LD_PRELOAD"]).output().ok()?;
        let library = String::from_utf8(asked.stdout).ok()?.trim().to_owned();
        let file = city.dir().with_file_name("clock");
        std::fs::write(&file, "+0").unwrap();
        (asked.status.success() && !library.is_empty()).then_some(Self { library, file })
    }

    /// A command that reads this clock; how long something takes it measures by the machine's.
    pub(super) fn command(&self) -> Command {
        let mut command = ordinance();
        command.env("LD_PRELOAD", &self.library).env("FAKETIME_TIMESTAMP_FILE", &self.file);
        command.env("FAKETIME_CACHE_DURATION", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("NO_FAKE_STAT", "1");
        command
    }

    pub(super) fn node(&self, city: &City) -> Node {
        Node::try_start_as(self.command(), &city.arg(), "127.0.0.1:0", &[]).unwrap()
    }
}

pub(super) fn passed(days: f64) -> Value {
    json!({ "days": days })
}

/// Phones that a sensor saw some minutes ago.
pub(super) fn seen(count: u32) -> Value {
    let line = |phone| json!({ "mac": format!("a4:11:3c:00:00:{phone:02x}") });
    json!({ "send": "{sensor}", "ago": 2, "lines": (0..count).map(line).collect::<Vec<_>>() })
}

/// A public page that says something, at once or after some ticks.
pub(super) fn reads(open: &str, until: &str) -> Value {
    json!({ "as": "nobody", "open": open, "until": until })
}

/// What a recipient sees of the phones, once the window in which they were near is released.
fn shown(open: &str) -> Value {
    json!({ "as": "university", "open": open, "until": format!("the number is {PHONES}") })
}

fn answered(open: &str, answers: &Value) -> Value {
    json!({ "as": "city", "open": format!("{SQUARE}/assessments/{open}"), "answers": answers, "text": WORDS })
}

pub(super) fn reason(words: &str) -> [(&str, &str); 1] {
    [("reason", words)]
}

/// Something that is looked at and refused.
fn refused(party: &str, open: &str, fill: &[(&str, &str)]) -> Value {
    let mut refused = step(party, open, fill, &["look"]);
    refused["refused"] = json!(true);
    refused
}

/// The pages of the proposal, by their names.
pub(crate) fn pages() -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let said =
        |fields: &[(&'static str, &str)]| fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let about = said(&[
        ("title", "How busy is the square?"),
        ("deployment", "square-phones"),
        (
            "description",
            "A receiver counts how many phones are near the square, so that the buses come when people need them.",
        ),
        ("accountable", "city"),
        ("place", "centre"),
        ("technology", "wifi-counter"),
    ]);
    let purposes = said(&[
        ("purpose", "traffic-management"),
        ("legal-basis", "public-task"),
        ("privacy-statement", "https://city.example/privacy"),
    ]);
    let property = said(&[
        ("property", "mac"),
        ("category", "mac-address"),
        ("value", "text"),
        ("treatment", "pseudonymise"),
        ("setting", "24h"),
    ]);
    vec![
        ("about", about),
        ("purposes", purposes),
        ("stream-1", said(&[("stream", "square"), ("time", "1m"), ("retention", "24h")])),
        ("stream-1-1", property),
        ("dates", said(&[("starts", &day(10)), ("ends", &day(120))])),
    ]
}

/// The proposal, page by page, and what is asked of it because it is about people. What the pages say already is filled in.
fn proposed() -> Vec<Value> {
    let mut steps = Vec::new();
    for (page, fields) in pages() {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        steps.push(match page {
            "about" => named("draft", step("city", "/office/propose/new", &fields, &["keep"])),
            page => step("city", &format!("{{draft}}/{page}"), &fields, &["keep"]),
        });
    }
    let risk = [
        ("monitoring", "no"),
        ("large-scale", "yes"),
        ("sensitive", "no"),
        ("vulnerable", "no"),
        ("rating", "no"),
        ("automatic", "no"),
        ("denies", "no"),
        ("untried", "no"),
        ("recognition", "no"),
    ];
    // Nothing is sent before it is answered.
    steps.push(step("city", "{draft}", &[], &["look"]));
    for (section, fields) in [
        ("what", &[("change", "new")][..]),
        ("people", &[("everyone", "yes")]),
        ("risk", &risk),
        ("fairness", &[("unequal", "no"), ("understood", "yes")]),
    ] {
        steps.push(step("city", &format!("{{draft}}/pre-scan/{section}"), fields, &["keep"]));
    }
    steps.push(done("city", "{draft}", &[]));
    steps
}

/// What it takes before somebody may approve: a pre-scan, the assessment that it asks for, each signed by each, and papers.
fn assessed() -> Vec<Value> {
    let impact = json!({
        "how-many": "up-to-10000", "supplier": "no", "abroad": "no", "less-intrusive": "no", "minimised": "yes", "drift": "no",
        "notice": "yes", "requests": "yes", "objection": "before", "row/risk": "followed", "risk-source": "joining",
        "likelihood": "likely", "severity": "serious", "likelihood-after": "rare", "severity-after": "serious",
        "views-sought": "yes", "advice-followed": "yes", "review": day(100),
    });
    let sign = |party: &str, instrument: &str, fill: &[(&str, &str)]| {
        done(party, &format!("{SQUARE}/assessments/{instrument}/sign"), fill)
    };
    let summary = [("summary", "Keys live a day; nothing is shown below ten.")];
    let mut steps = vec![
        // It was answered before it was proposed, and waits to be signed.
        sign("city", "pre-scan", &[]),
        sign("privacy-office", "pre-scan", &[("summary", "It counts people, so it needs an assessment.")]),
        answered("privacy-impact", &impact),
        sign("city", "privacy-impact", &[]),
        sign("privacy-office", "privacy-impact", &[]),
        // Nothing is approved before the last one signed.
        refused("council", &format!("{SQUARE}/approve"), &[("until", &day(60)), ("reason", "Too early.")]),
        sign("council", "privacy-impact", &summary),
    ];
    for kind in ["notice", "sign-installed", "opt-out"] {
        let statement = [("other-kind", kind), ("summary", "It was done."), ("on", &day(0))];
        steps.push(done("city", &format!("{SQUARE}/evidence"), &statement));
    }
    steps
}

/// Approved, published, switched on; what a sensor sends before that or before its day is not taken.
fn begun() -> Vec<Value> {
    let sensor = [("device", "square-1"), ("stream", "square"), ("longitude", "16.61"), ("latitude", "49.195")];
    let mut token = step("city", "/office/tokens/devices/square-1/token", &[], &["look", "do"]);
    token["token"] = json!("sensor");
    vec![
        done("council", &format!("{SQUARE}/approve"), &[("until", &day(60)), ("reason", "The council voted.")]),
        passed(1.0),
        done("city", &format!("{SQUARE}/publish"), &[]),
        reads("/deployments/square-phones", "How busy is the square?"),
        done("city", "/office/tokens/devices/new", &sensor),
        token,
        seen(1),
        done("city", &format!("{SQUARE}/activate"), &[]),
        // It may collect, and begins on its day.
        seen(1),
        passed(11.0),
    ]
}

/// Asked for, offered otherwise, taken up, agreed, used; expired. Another one is withdrawn.
fn agreed() -> Vec<Value> {
    let view = |name: &'static str, title: &'static str, minimum: &'static str| {
        [
            ("stream", "square"),
            ("name", name),
            ("title", title),
            ("shape", "distinct"),
            ("bin", "15m"),
            ("space", "sensor"),
            ("unit", "mac"),
            ("identifiers", "none"),
            ("minimum", minimum),
            ("bound", "4"),
            ("delay", "0s"),
            ("depth", "400d"),
        ]
    };
    let wish = [
        ("view", "square/counts"),
        ("purpose", "traffic-management"),
        ("until", &day(20)),
        ("summary", "We study how people walk."),
    ];
    let duties = [("duty", "no-reidentification"), ("duty", "delete-on-expiry"), ("duty", "no-onward-transfer")];
    let counts = [
        ("view", "square/counts"),
        ("recipient", "university"),
        ("purpose", "traffic-management"),
        ("until", &day(55)),
        duties[0],
        duties[1],
        duties[2],
    ];
    vec![
        done("city", "/office/views/new", &view("counts", "How many phones in a quarter of an hour", "10")),
        done("city", "/office/views/new", &view("many", "How many phones, if many", "12")),
        done("university", "/office/requests/new", &wish),
        done(
            "city",
            "/office/requests/request-university-counts/offer",
            &[("view", "square/many"), ("summary", "Only where there are more.")],
        ),
        done(
            "university",
            "/office/requests/new?offer=offer-request-university-counts",
            &[("summary", "That is enough.")],
        ),
        done("city", "/office/grants/new?request=request-university-many", &duties),
        done("city", "/office/grants/new", &counts),
        passed(11.3),
        seen(PHONES),
        passed(11.6),
        shown("/grants/university-many"),
        shown("/grants/university-counts"),
        step("city", "/office/grants/university-many", &[], &[]),
        step("city", "/office/grants/university-counts", &[], &[]),
        passed(21.0),
        reads("/deployments/square-phones", "How many phones, if many"),
        done("city", "/office/grants/university-counts/withdraw", &reason("No longer needed.")),
        step("university", "/grants/university-many", &[], &[]),
        step("university", "/grants/university-counts", &[], &[]),
        step("city", "/office/grants/university-many", &[], &[]),
        step("city", "/office/grants/university-counts", &[], &[]),
    ]
}

/// Renewed, stopped, switched on again, ended; then what was kept is deleted, and its keys are destroyed.
fn ended() -> Vec<Value> {
    let page = "/deployments/square-phones";
    vec![
        passed(50.0),
        done("council", &format!("{SQUARE}/approve"), &[("until", &day(110)), ("reason", "It is worth it.")]),
        passed(61.0),
        seen(PHONES),
        done("council", &format!("{SQUARE}/suspend"), &reason("A complaint.")),
        seen(1),
        passed(63.0),
        done("city", &format!("{SQUARE}/activate"), &[]),
        seen(PHONES),
        passed(70.0),
        seen(PHONES),
        done("council", &format!("{SQUARE}/end"), &reason("The square is rebuilt.")),
        seen(1),
        reads(page, "Some of what it observed is still kept"),
        passed(73.0),
        reads(page, "All that it observed is gone, and so is every key."),
        reads("/de/deployments/square-phones", "Alles, was erfasst wurde, ist gelöscht"),
        step("nobody", page, &[], &[]),
    ]
}

#[test]
fn as_days_pass_a_deployment_lives_in_a_browser_until_its_page_proves_that_nothing_is_left() {
    let Some(walker) = Walker::found() else {
        skipped("a deployment's days in a real browser: Chromium or its checkers are not installed");
        return;
    };
    let city = City::new();
    let Some(clock) = Faked::found(&city) else {
        skipped("a deployment's days in a real browser: faketime is not installed");
        return;
    };
    let party =
        "[[party]]\nby = \"city\"\nparty = { id = \"university\", name = \"University\", kind = \"researcher\" }\n";
    let manifest = city.dir().with_file_name("university.toml");
    std::fs::write(&manifest, party).unwrap();
    tool::json(&["apply", &city.arg(), manifest.to_str().unwrap()]);
    let tokens = tokens(&city, &["privacy-office", "council", "university"]);
    let node = clock.node(&city);
    let steps = [proposed(), assessed(), begun(), agreed(), ended()].concat();
    let job = json!({ "address": node.address, "tokens": tokens, "steps": steps, "clock": clock.file });
    let walked = walker.run("life.mjs", job);
    let told = walked["told"].as_array().unwrap();
    lived(&steps, told);
    used(&steps, told);
    let page = text(&node, PAGES[0]);
    let before = settled(&node, &PAGES);
    let proofs: Vec<&str> =
        page.split("href=\"/log/proof/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(proofs.len() >= 2, "{page}");
    for proof in proofs {
        assert!(!text(&node, &format!("/log/proof/{proof}")).is_empty());
    }
    drop(node);
    let verified = clock.command().args(["verify", &city.arg()]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let again = clock.node(&city);
    assert_eq!(read(&again, &PAGES), before, "read anew, every page is the same");
}

/// What was done was done, what was refused was refused.
fn lived(steps: &[Value], told: &[Value]) {
    assert_eq!(steps.len(), told.len());
    for (step, told) in steps.iter().zip(told) {
        let said = told["said"].as_str().unwrap();
        if step["refused"] == true {
            assert!(said.contains("It is refused, and nothing was done"), "{step}\n{said}");
        } else {
            let is_done = step["press"][1] != "do" || !step["token"].is_null() || said.contains("Done.");
            assert!(is_done && !said.contains("It is refused"), "{step}\n{said}");
        }
    }
}

/// What sensors sent was taken while it collected and at no other time; what was agreed was seen while it was agreed and not after.
fn used(steps: &[Value], told: &[Value]) {
    let both = || steps.iter().zip(told);
    let sent = both().filter(|(step, _)| !step["send"].is_null());
    let taken: Vec<bool> = sent.map(|(_, told)| told["status"] == 200).collect();
    assert_eq!(taken, [false, false, true, true, false, true, true, false], "{told:#?}");
    // The one expired when its last day was over, the other was withdrawn on that day, long before its last.
    for grant in ["university-many", "university-counts"] {
        let looks = |open: String| -> [&str; 2] {
            let looks = both().filter(|(step, _)| step["open"] == open.as_str());
            let said: Vec<&str> = looks.map(|(_, told)| told["said"].as_str().unwrap()).collect();
            said.try_into().unwrap_or_else(|said| panic!("{said:?}"))
        };
        let [while_agreed, after] = looks(format!("/grants/{grant}"));
        assert!(
            while_agreed.contains(&PHONES.to_string()) && !while_agreed.contains("Nothing is here"),
            "{while_agreed}"
        );
        assert!(after.contains("no agreement of this name that is in force"), "{after}");
        assert!(!after.contains(&format!(" {PHONES} ")), "{after}");
        let [while_agreed, after] = looks(format!("/office/grants/{grant}"));
        assert!(while_agreed.contains(", until ") && while_agreed.contains("Withdraw it"), "{while_agreed}");
        let ended = format!(", ended on {}", in_words(&day(21)));
        assert!(after.contains(&ended) && !after.contains("Withdraw it"), "{ended}: {after}");
    }
}

/// A day as pages say it: `24 November 2026`.
fn in_words(day: &str) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let parts: Vec<usize> = day.split('-').map(|part| part.parse().unwrap()).collect();
    let [year, month, day] = parts.as_slice() else { panic!("{day}") };
    format!("{day} {} {year}", MONTHS[month - 1])
}
