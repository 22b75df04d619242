//! A declared city for pilots: a Wi-Fi counter with a view and a grant, under a few norms, whose log is published.

use std::path::PathBuf;
use std::sync::Arc;

use journal::{MemoryJournal, SqliteJournal, SqliteReader};
use model::policy::PolicyText;
use model::{Digest, DisclosureRecord, LayerKind, Party, PartyId, PartyKind, PolicyLayer, Span, Timestamp, Window};
use register::audit::FolderSource;
use register::{Adopting, Command, Founding, Register, Store, Submission};
use tempfile::TempDir;
use testkit::{FakeClock, SeededBytes};
use tlog::SigningKey;

use crate::pilot::Draft;

pub(super) const VIEW: &str = r#"{"do":"declare-view","with":{"id":"counts","version":1,"stream":"wifi","title":"Counts",
    "exposure":{"as":"windows","bin":"15m","space":{"by":"sensor"},"measure":{"of":"distinct","property":"mac"}},
    "identifiers":"none","minimum":10,"bound":null,"noise":"none","delay":"0s","depth":"30d"}}"#;

pub(super) const DECLARED: [(&str, &str); 12] = [
    ("city", r#"{"do":"register-party","with":{"party":{"id":"office","name":"Privacy officer","kind":"officer"}}}"#),
    ("city", r#"{"do":"register-party","with":{"party":{"id":"council","name":"Council","kind":"officer"}}}"#),
    (
        "city",
        r#"{"do":"register-party","with":{"party":{"id":"lab","name":"Lab","kind":"researcher"},"contact":{"contact-name":"A. Person"}}}"#,
    ),
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
    ("council", r#"{"do":"approve","with":{"deployment":"congestion","until":"2026-12-01T00:00:00Z"}}"#),
    ("city", r#"{"do":"publish","with":{"deployment":"congestion"}}"#),
    ("city", r#"{"do":"activate","with":{"deployment":"congestion"}}"#),
    (
        "city",
        r#"{"do":"register-device","with":{"id":"s1","deployment":"congestion","stream":"wifi","position":[16.6,49.2]}}"#,
    ),
    ("city", VIEW),
    (
        "city",
        r#"{"do":"agree-grant","with":{"id":"g","recipient":"city","stream":"wifi","view":"counts","purpose":"traffic-management",
        "until":"2026-11-30T00:00:00Z","duties":["no-reidentification"]}}"#,
    ),
];

pub(super) struct World {
    pub(super) register: Register,
    pub(super) clock: Arc<FakeClock>,
    pub(super) folder: TempDir,
}

pub(super) fn start() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

pub(super) fn base() -> PolicyText {
    PolicyText {
        layers: vec![testkit::core()],
        permits: norms::city_permits_default().to_owned(),
        permits_owner: "city".parse().unwrap(),
    }
}

pub(super) fn submission(by: &str, command: &str) -> Submission {
    let command: Command = serde_json::from_str(command).unwrap_or_else(|error| panic!("{error}: {command}"));
    Submission { by: by.parse().unwrap(), reason: Some("as it goes".to_owned()), command }
}

/// A draft of one layer of the city's own.
pub(super) fn draft(cedar: &str, duties: &[(&str, &str)]) -> Draft {
    let duties = duties.iter().map(|(id, text)| (id.parse().unwrap(), (*text).to_owned())).collect();
    let (name, owner) = ("draft".to_owned(), "Tests".to_owned());
    let layer = PolicyLayer { kind: LayerKind::City, name, owner, cedar: cedar.to_owned(), duties };
    Draft::of_layers("urn:test:draft@1.0.0".to_owned(), "A draft".to_owned(), vec![layer])
}

/// One norm of a draft.
pub(super) fn norm(id: &str, action: &str, unless: &str) -> String {
    format!(
        "@id(\"{id}\")\n@requirement(\"draft-{id}\")\n@reason(\"The draft asks for {id}.\")\n\
         forbid (principal, action in [Action::\"{action}\"], resource)\nunless {{ {unless} }};\n"
    )
}

impl World {
    /// A city that has done nothing yet.
    pub(super) fn founded(in_memory: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FakeClock::at(start()));
        let founder = Party { id: "city".parse().unwrap(), name: "City".to_owned(), kind: PartyKind::CityDepartment };
        let founding = Founding {
            name: "Test City".to_owned(),
            founder,
            adopting: Adopting::unreleased(base(), "for tests".to_owned()),
            reason: None,
        };
        let store: Box<dyn Store> = if in_memory {
            Box::new(MemoryJournal::new())
        } else {
            Box::new(SqliteJournal::open(&folder.path().join("journal.db")).unwrap())
        };
        let key = SigningKey::generate([1; 32], "test.example/log").unwrap();
        let (log, entropy) = (folder.path().join("log"), Arc::new(SeededBytes::new(1)));
        let register = Register::found(store, &log, key, founding, Arc::clone(&clock) as _, entropy).unwrap();
        Self { register, clock, folder }
    }

    pub(super) fn declared() -> Self {
        let world = Self::founded(false);
        for (by, command) in DECLARED {
            world.clock.advance(Span::minutes(1));
            world.register.submit(submission(by, command)).unwrap();
        }
        world
    }

    pub(super) fn ask(&self, by: &str, command: &str) {
        self.register.submit(submission(by, command)).unwrap();
    }

    pub(super) fn pass(&self, span: Span) {
        self.clock.advance(span);
        self.register.tick().unwrap();
    }

    /// Records a disclosure to the city under its grant, of so much of the past.
    pub(super) fn disclose(&self, back: Span) {
        self.disclose_under("g", "city", back);
    }

    /// The same under another grant and to somebody else.
    pub(super) fn disclose_under(&self, grant: &str, recipient: &str, back: Span) {
        let at = self.register.now();
        let under = self.register.state().policy.as_ref().unwrap().hash;
        self.register
            .record_disclosure(|seq, salt| DisclosureRecord {
                seq,
                at,
                recipient: PartyId::new(recipient).unwrap(),
                purpose: "traffic-management".parse().unwrap(),
                grant: grant.parse().unwrap(),
                stream: "wifi".parse().unwrap(),
                view: "counts".parse().unwrap(),
                version: model::ViewVersion(1),
                window: Window { start: at - back, end: at },
                rows: 1,
                withheld: 0,
                content: Digest::new([1; 32]),
                because: Vec::new(),
                under,
                salt,
                authorised_by: None,
            })
            .unwrap();
    }

    pub(super) fn publish(&self) -> FolderSource {
        self.register.batch_disclosures().unwrap();
        self.register.publish().unwrap();
        FolderSource::new(self.register.log_folder())
    }

    pub(super) fn journal(&self) -> SqliteReader {
        SqliteReader::open(&self.journal_path()).unwrap()
    }

    fn journal_path(&self) -> PathBuf {
        self.folder.path().join("journal.db")
    }
}
