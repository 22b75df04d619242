//! Pilots: what a replay says is what the register does, once the draft is adopted.

use std::path::Path;
use std::sync::Arc;

use hub::pilot::{Draft, Effort, Judged, Replay, Report, Shadow, Verdict};
use journal::SqliteJournal;
use model::policy::PolicyText;
use model::{LayerKind, Party, PartyKind, PolicyLayer};
use proptest::prelude::*;
use register::{Command, Founding, Register, Submission, SubmitError};
use testkit::{FakeClock, SeededBytes};
use tlog::SigningKey;

use crate::logs::generated;

fn text() -> PolicyText {
    let permits = norms::city_permits_default().to_owned();
    PolicyText { layers: vec![testkit::core()], permits, permits_owner: "city".parse().unwrap() }
}

/// A city that lives, to submit to.
struct Live {
    register: Register,
    _folder: tempfile::TempDir,
}

impl Live {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FakeClock::at("2026-06-01T00:00:00Z".parse().unwrap()));
        let founder = Party { id: "city".parse().unwrap(), name: "City".to_owned(), kind: PartyKind::CityDepartment };
        let founding = Founding { name: "Live".to_owned(), founder, policies: text() };
        let journal = SqliteJournal::open(&folder.path().join("journal.db")).unwrap();
        let key = SigningKey::generate([3; 32], "live.example/log").unwrap();
        let log = folder.path().join("log");
        let entropy = Arc::new(SeededBytes::new(1));
        let register = Register::found(Box::new(journal), &log, key, founding, clock, entropy).unwrap();
        Self { register, _folder: folder }
    }

    fn submit(&self, by: &str, command: &str) -> Result<Vec<u64>, SubmitError> {
        let command: Command = serde_json::from_str(command).unwrap_or_else(|error| panic!("{error}: {command}"));
        let submission = Submission { by: by.parse().unwrap(), reason: Some("as it goes".to_owned()), command };
        self.register.submit(submission).map(|receipt| receipt.entries)
    }

    fn adopt(&self, draft: &Draft) {
        let text = serde_json::to_value(draft.over(&text())).unwrap();
        self.submit("city", &serde_json::json!({ "do": "adopt-policy", "with": text }).to_string()).unwrap();
    }

    fn entries(&self) -> Vec<Vec<u8>> {
        self.register.entries(0, 10_000).unwrap().into_iter().map(|entry| entry.bytes).collect()
    }
}

/// What a city does: each line by whom and what.
const LIFE: [(&str, &str); 14] = [
    (
        "city",
        r#"{"do":"register-party","with":{"party":{"id":"office","name":"Privacy officer","kind":"officer"},"contact":{"contact-name":"A. Person"}}}"#,
    ),
    ("city", r#"{"do":"register-party","with":{"party":{"id":"council","name":"Council","kind":"officer"}}}"#),
    ("city", r#"{"do":"register-party","with":{"party":{"id":"public","name":"Everybody","kind":"public"}}}"#),
    (
        "city",
        r#"{"do":"register-place","with":{"id":"centre","name":"Centre","geometry":{"type":"Point","coordinates":[16.6,49.2]}}}"#,
    ),
    (
        "city",
        r#"{"do":"propose","with":{"id":"congestion","title":"How busy?","description":"Counts phones.","accountable":"city",
        "place":"centre","technology":"wifi-counter","purposes":["traffic-management"],"legal_basis":"public-task",
        "privacy_statement":"https://city.example/p","starts":"2026-06-01T00:00:00Z","ends":"2028-06-01T00:00:00Z","streams":[
        {"id":"wifi","time":{"do":"keep"},"retention":"24h","properties":{
            "mac":{"category":"mac-address","value":"text","treatment":{"do":"pseudonymise","epoch":"24h"}},
            "rssi":{"category":"signal-strength","value":"integer","treatment":{"do":"keep"}}}}]}}"#,
    ),
    (
        "office",
        r#"{"do":"sign-assessment","with":{"id":"pia","deployment":"congestion","instrument":"i","outcome":"acceptable",
        "summary":"Fine.","signed_by":"office","document":"1111111111111111111111111111111111111111111111111111111111111111",
        "review_by":"2027-06-01T00:00:00Z"}}"#,
    ),
    ("council", r#"{"do":"approve","with":{"deployment":"congestion","until":"2026-08-30T00:00:00Z"}}"#),
    ("city", r#"{"do":"publish","with":{"deployment":"congestion"}}"#),
    ("city", r#"{"do":"activate","with":{"deployment":"congestion"}}"#),
    (
        "city",
        r#"{"do":"register-device","with":{"id":"s1","deployment":"congestion","stream":"wifi","position":[16.6,49.2]}}"#,
    ),
    (
        "city",
        r#"{"do":"declare-view","with":{"id":"counts","version":1,"stream":"wifi","title":"Counts",
        "exposure":{"as":"windows","bin":"15m","space":{"by":"sensor"},"measure":{"of":"distinct","property":"mac"}},
        "identifiers":"none","minimum":10,"bound":null,"noise":"none","delay":"0s","depth":"30d"}}"#,
    ),
    (
        "city",
        r#"{"do":"agree-grant","with":{"id":"g","recipient":"city","stream":"wifi","view":"counts","purpose":"traffic-management",
        "until":"2026-08-30T00:00:00Z","duties":["no-reidentification"]}}"#,
    ),
    (
        "city",
        r#"{"do":"file-evidence","with":{"id":"sign","about":{"what":"device","id":"s1"},"kind":"sign-installed",
        "on":"2026-06-01T00:00:00Z","signed_by":"city","summary":"It hangs."}}"#,
    ),
    ("city", r#"{"do":"suspend","with":{"deployment":"congestion"}}"#),
];

/// Norms that somebody may draft; some of them refuse what the city did.
const NORMS: [&str; 8] = [
    r#"forbid (principal, action == Action::"propose", resource) unless { resource.lifetimeDays <= 365 };"#,
    r#"forbid (principal, action == Action::"approve", resource) unless { context.spanDays <= 30 };"#,
    r#"forbid (principal, action == Action::"declare-view", resource) unless { resource.minimum >= 25 };"#,
    r#"forbid (principal, action == Action::"declare-view", resource) unless { resource.binSeconds >= 3600 };"#,
    r#"forbid (principal, action in [Action::"agree-grant", Action::"disclose"], resource) unless { resource.minimum >= 20 };"#,
    r#"forbid (principal, action == Action::"activate", resource) unless { !resource.personal };"#,
    r#"forbid (principal, action == Action::"register-party", resource) unless { resource.kind != "public" };"#,
    r#"forbid (principal, action == Action::"collect", resource) unless { !resource.personal };"#,
];

fn draft(norms: &[usize]) -> Draft {
    let norm = |at: &usize| {
        format!("@id(\"n{at}\") @requirement(\"draft-{at}\") @reason(\"The draft says no.\")\n{}\n", NORMS[*at])
    };
    // A norm that never refuses, so that no draft is empty.
    let always = r#"@id("always") @requirement("draft-0") @reason("Never.") forbid (principal, action == Action::"end", resource) unless { true };"#;
    let cedar = norms.iter().map(norm).collect::<String>() + always;
    let (kind, name, owner) = (LayerKind::National, "draft".to_owned(), "Alliance".to_owned());
    Draft::new(vec![PolicyLayer { kind, name, owner, cedar, duties: Default::default() }]).unwrap()
}

fn replayed(entries: &[Vec<u8>], draft: &Draft) -> (Vec<Judged>, Report) {
    let mut replay = Replay::new(draft.clone());
    let judged = entries.iter().filter_map(|entry| replay.take(entry).unwrap()).collect();
    (judged, replay.report(&Effort::default()))
}

/// The city as it was, and what the replay says of each of its acts.
fn recorded() -> Vec<Vec<u8>> {
    static ONCE: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
    let record = || {
        let city = Live::new();
        for (by, command) in LIFE {
            assert_eq!(city.submit(by, command).unwrap().len(), 1, "{command}");
        }
        city.entries()
    };
    ONCE.get_or_init(record).clone()
}

/// Adopts the draft in a living city before one of the acts, and submits that act: what the register says.
fn live(draft: &Draft, which: usize) -> Result<(), SubmitError> {
    let city = Live::new();
    for (by, command) in LIFE.iter().take(which) {
        city.submit(by, command).unwrap();
    }
    city.adopt(draft);
    let (by, command) = LIFE[which];
    city.submit(by, command).map(drop)
}

fn agree(norms: &[usize]) -> usize {
    let draft = draft(norms);
    let (judged, _) = replayed(&recorded(), &draft);
    // The founding is two entries; from then on each act is one.
    let judged: Vec<Judged> = judged.into_iter().filter(|one| one.entry >= 2).collect();
    assert_eq!(judged.len(), LIFE.len());
    let mut refused = 0;
    for (which, one) in judged.iter().enumerate() {
        match (live(&draft, which), &one.verdict) {
            (Ok(()), Verdict::Allowed) => {}
            (Err(SubmitError::Refused(why)), Verdict::Refused { why: own } | Verdict::Changed { why: own }) => {
                assert_eq!(why.to_string(), *own);
                refused += 1;
            }
            (live, replay) => panic!("{norms:?}, act {which}: live {live:?}, replay {replay:?}"),
        }
    }
    refused
}

#[test]
fn a_replay_says_what_the_register_does_once_the_draft_is_adopted() {
    assert_eq!(agree(&[]), 0);
    assert_eq!(agree(&[0, 1, 2, 4, 5, 6]), 6);
    assert_eq!(agree(&[3, 7]), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn a_replay_agrees_with_the_register_whatever_is_drafted(norms in proptest::collection::btree_set(0_usize..8, 0..5)) {
        agree(&norms.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_report_counts_gives_examples_and_says_what_it_cannot_tell() {
    let (_, report) = replayed(&recorded(), &draft(&[2, 5, 7]));
    let total = report.total();
    assert_eq!((total.refused, total.changed), (1, 1), "{:?}", report.examples);
    assert_eq!(total.allowed + total.refused + total.changed + total.not_asked, report.size);
    assert_eq!(report.examples.len(), 2);
    assert!(report.examples.iter().all(|example| example.why.contains("The draft says no.")));
    // What would be allowed instead is said.
    assert!(report.examples.iter().any(|example| example.changed && example.why.contains("Allowed would be")));
    // The stream would not have begun; at the end it is suspended of itself.
    let flow = &report.flows[0];
    assert!(flow.refused_then.is_some() && flow.stops.is_none());
    assert!(!report.limits.is_empty());
}

#[test]
fn what_was_handed_over_is_refused_where_the_register_would_refuse_it() {
    let log = generated(330).log(1).unwrap();
    let nothing = replayed(log.entries(), &draft(&[])).1.disclosures;
    let all = nothing.allowed;
    assert!(all > 500 && nothing.refused == 0 && nothing.open == 0, "{nothing:?}");
    // A minimum of 10 is too few for the draft: nothing about people or rivers leaves.
    let none = replayed(log.entries(), &draft(&[4])).1.disclosures;
    assert_eq!((none.refused, none.allowed, none.open), (all, 0, 0));
    // What depends on the age of the data stays open.
    let cedar = r#"@id("fresh") @requirement("d") @reason("Only fresh data.")
        forbid (principal, action in [Action::"disclose"], resource)
        unless { context.oldestSeconds >= 0 && context.oldestSeconds <= 3600 };"#;
    let (kind, owner) = (LayerKind::City, "x".to_owned());
    let layer =
        PolicyLayer { kind, name: "fresh".to_owned(), owner, cedar: cedar.to_owned(), duties: Default::default() };
    let open = replayed(log.entries(), &Draft::new(vec![layer]).unwrap()).1.disclosures;
    assert_eq!((open.open, open.refused), (all, 0));
}

#[test]
fn duties_of_a_draft_are_counted_over_the_recorded_history() {
    let duty = "[[duty]]\nid = \"look-again\"\nrequirement = \"d-1\"\nabout = \"deployment\"\nfrom = \"activated\"\nwithin = \"30d\"\nevery = \"30d\"\ndone_by = \"evidence/looked\"\nsilence = \"escalate\"\n[duty.applies]\n";
    let cedar = r#"@id("always") @requirement("d-1") @reason("Never.") forbid (principal, action == Action::"end", resource) unless { true };"#;
    let duties = [("look-again".parse().unwrap(), duty.to_owned())].into();
    let layer = PolicyLayer {
        kind: LayerKind::City,
        name: "d".to_owned(),
        owner: "x".to_owned(),
        cedar: cedar.to_owned(),
        duties,
    };
    let log = generated(330).log(1).unwrap();
    let (_, report) = replayed(log.entries(), &Draft::new(vec![layer]).unwrap());
    let cost = report.duties.iter().find(|cost| cost.duty.as_str() == "look-again").unwrap();
    // Eight deployments begin over 200 days and are looked at each month from then on.
    assert!(cost.new && cost.runs > 20 && cost.lapsed > 20 && cost.minutes == cost.runs * 60, "{cost:?}");
    assert_eq!(report.new_minutes(), cost.minutes);
}

#[test]
fn a_shadow_writes_what_it_would_have_said_and_goes_on_after_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shadow.jsonl");
    let (entries, draft) = (recorded(), draft(&[2, 5]));
    let step = |entries: &[Vec<u8>], file: &Path| {
        let mut shadow = Shadow::open(Replay::new(draft.clone()), file).unwrap();
        entries.iter().for_each(|entry| drop(shadow.take(entry).unwrap()));
        shadow.finish().unwrap().0
    };
    assert_eq!(step(&entries[..8], &file) + step(&entries, &file), LIFE.len() as u64);
    let whole = std::fs::read(&file).unwrap();
    // Cut anywhere, it is written to the same end again.
    for cut in [0, 1, 40, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&file, &whole[..cut]).unwrap();
        step(&entries, &file);
        assert_eq!(std::fs::read(&file).unwrap(), whole, "{cut}");
    }
    assert_eq!(step(&entries, &file), 0);
    std::fs::write(&file, "something else\n").unwrap();
    assert!(Shadow::open(Replay::new(draft.clone()), &file).is_err());
    let refused =
        String::from_utf8(whole).unwrap().lines().filter(|line| !line.contains(r#""verdict":"allowed""#)).count();
    assert_eq!(refused, 2);
}

#[test]
fn a_log_that_cannot_be_replayed_is_said_to_be_so() {
    let mut replay = Replay::new(draft(&[]));
    assert!(replay.take(b"nonsense").is_err());
    let mut entries = recorded();
    entries.swap(0, 1);
    assert!(Replay::new(draft(&[])).take(&entries[0]).is_err());
    assert!(Draft::new(Vec::new()).is_err());
}
