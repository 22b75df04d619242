//! A declared city for the register's tests: a Wi-Fi counter, approved for 90 days, with a view and a grant.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use journal::SqliteJournal;
use model::policy::PolicyText;
use model::{Party, PartyKind, Timestamp};
use tempfile::TempDir;
use testkit::{FakeClock, SeededBytes};
use tlog::SigningKey;

use crate::{Adopting, Founding, OpenError, Register, Store, Submission};

pub(crate) struct City {
    pub(crate) register: Register,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) start: Timestamp,
    pub(crate) folder: TempDir,
}

fn key(seed: u8) -> SigningKey {
    SigningKey::generate([seed; 32], "test.example/log").unwrap()
}

impl City {
    pub(crate) const VIEW: &str = r#"{"do":"declare-view","with":{"id":"counts","version":1,"stream":"wifi","title":"Counts",
        "exposure":{"as":"windows","bin":"15m","space":{"by":"sensor"},"measure":{"of":"distinct","property":"mac"}},
        "identifiers":"none","minimum":10,"bound":null,"noise":"none","delay":"0s","depth":"30d"}}"#;

    const DECLARED: [(&str, &str); 12] = [
        (
            "city",
            r#"{"do":"register-party","with":{"party":{"id":"office","name":"Privacy officer","kind":"officer"},"contact":{"contact-name":"A. Person"}}}"#,
        ),
        ("city", r#"{"do":"register-party","with":{"party":{"id":"council","name":"Council","kind":"officer"}}}"#),
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
        ("city", Self::VIEW),
        (
            "city",
            r#"{"do":"agree-grant","with":{"id":"g","recipient":"city","stream":"wifi","view":"counts","purpose":"traffic-management",
            "until":"2026-08-30T00:00:00Z","duties":["no-reidentification"]}}"#,
        ),
        ("city", r#"{"do":"set-device-credential","with":{"device":"s1","credential":null}}"#),
    ];

    pub(crate) fn submission(by: &str, reason: Option<&str>, command: &str) -> Submission {
        let command = serde_json::from_str(command).unwrap();
        Submission { by: by.parse().unwrap(), reason: reason.map(str::to_owned), command }
    }

    pub(crate) fn submissions() -> Vec<Submission> {
        let why = |command: &str| command.contains("\"do\":\"approve\"").then_some("The council voted.");
        Self::DECLARED.iter().map(|(by, command)| Self::submission(by, why(command), command)).collect()
    }

    pub(crate) fn declared() -> Self {
        Self::over(|journal| Box::new(journal))
    }

    /// The declared city over a store made of its journal.
    pub(crate) fn over(store: impl FnOnce(SqliteJournal) -> Box<dyn Store>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
        let clock = Arc::new(FakeClock::at(start));
        let policies = PolicyText {
            layers: vec![testkit::core()],
            permits: norms::city_permits_default().to_owned(),
            permits_owner: "city".parse().unwrap(),
        };
        let founding = Founding {
            name: "Test City".to_owned(),
            founder: Party { id: "city".parse().unwrap(), name: "City".to_owned(), kind: PartyKind::CityDepartment },
            adopting: Adopting::unreleased(policies, "for tests".to_owned()),
            reason: None,
        };
        let store = store(SqliteJournal::open(&folder.path().join("journal.db")).unwrap());
        let (log, entropy) = (folder.path().join("log"), Arc::new(SeededBytes::new(1)));
        let register = Register::found(store, &log, key(1), founding, Arc::clone(&clock) as _, entropy).unwrap();
        for submission in Self::submissions() {
            register.submit(submission).unwrap();
        }
        Self { register, clock, start, folder }
    }

    pub(crate) fn journal_path(&self) -> PathBuf {
        self.folder.path().join("journal.db")
    }

    pub(crate) fn reopen(&self) -> Result<Register, OpenError> {
        self.open_with(&self.journal_path(), 1)
    }

    pub(crate) fn open_with(&self, journal: &Path, seed: u8) -> Result<Register, OpenError> {
        let store = Box::new(SqliteJournal::open(journal)?);
        let log = self.folder.path().join("log");
        Register::open(store, &log, key(seed), Arc::clone(&self.clock) as _, Arc::new(SeededBytes::new(2)))
    }
}
