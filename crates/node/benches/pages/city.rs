//! A city of 10,000 deployments on a disk: 500 places in 20 districts, 40 departments, each deployment with its steps, a sensor, a
//! view, an agreement and some statements.

use std::path::Path;
use std::sync::Arc;

use flow::{City, Created};
use journal::{Journal, NewEntry, SqliteJournal};
use model::policy::PolicyText;
use model::{Act, Clock, Party, PartyKind, Span, Timestamp};
use register::{Adopting, Founding};
use serde_json::{Value, json};
use testkit::SeededBytes;

pub(crate) const DEPLOYMENTS: usize = 10_000;
pub(crate) const PLACES: usize = 500;
const DISTRICTS: usize = 20;
const DEPARTMENTS: usize = 40;
const BEGAN: &str = "2026-06-01T00:00:00Z";
const PURPOSES: [[&str; 3]; 2] = [
    ["air-quality", "official-statistics", "scientific-research"],
    ["traffic-management", "public-transport-planning", "street-design"],
];
/// Entries in one transaction.
const AT_ONCE: usize = 1_000;

/// A clock that stands.
pub(crate) struct Still(pub(crate) Timestamp);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// When the city is looked at: a month after the last deployment began.
pub(crate) fn now() -> Timestamp {
    let began: Timestamp = BEGAN.parse().unwrap();
    began + Span::seconds(u32::try_from(DEPLOYMENTS).unwrap() * 61) + Span::days(30)
}

/// Makes the city; how many entries its log has.
pub(crate) fn build(folder: &Path) -> u64 {
    let founder = Party { id: "city".parse().unwrap(), name: "Bench".to_owned(), kind: PartyKind::CityDepartment };
    let policies = PolicyText {
        layers: vec![testkit::core()],
        permits: norms::city_permits_default().to_owned(),
        permits_owner: founder.id.clone(),
    };
    let founding = Founding {
        name: "Bench".to_owned(),
        founder,
        adopting: Adopting::unreleased(policies, "for tests".to_owned()),
        reason: None,
    };
    let created = Created { founding, origin: "bench.example/log".to_owned() };
    let began = Arc::new(Still(BEGAN.parse().unwrap()));
    drop(City::create(folder, created, began, Arc::new(SeededBytes::new(7))).unwrap());
    let mut journal = SqliteJournal::open(&folder.join("journal.db")).unwrap();
    let acts = Acts::of_a_city();
    for acts in acts.acts.chunks(AT_ONCE) {
        let entry = |act: &Act| NewEntry { bytes: act.to_bytes().unwrap(), payload: None };
        let (head, batch) = (journal.head(), acts.iter().map(entry).collect::<Vec<_>>());
        journal.append(&head, &batch).unwrap();
    }
    let size = journal.head().size;
    drop(journal);
    let city = City::open(folder, Arc::new(Still(now())), Arc::new(SeededBytes::new(8))).unwrap();
    city.register().publish().unwrap();
    size
}

struct Acts {
    acts: Vec<Act>,
    now: Timestamp,
}

impl Acts {
    fn act(&mut self, by: &str, kind: &str, body: Value) {
        let act = json!({"at": self.now, "by": by, "what": {"kind": kind, "body": body}});
        self.acts.push(serde_json::from_value(act).unwrap());
    }

    fn of_a_city() -> Self {
        let mut acts = Self { acts: Vec::new(), now: BEGAN.parse().unwrap() };
        for (id, kind) in [("office", "officer"), ("council", "officer"), ("public", "public")] {
            acts.party(id, kind);
        }
        (0..DEPARTMENTS).for_each(|number| acts.party(&department(number), "city-department"));
        for number in 0..DISTRICTS {
            acts.place(&format!("district-{number}"), &format!("District {number}"), None, number);
        }
        for number in 0..PLACES {
            let district = format!("district-{}", number % DISTRICTS);
            acts.place(&format!("site-{number}"), &format!("Square {number}"), Some(&district), number);
        }
        (0..DEPLOYMENTS).for_each(|number| acts.deployment(number));
        acts
    }

    fn party(&mut self, id: &str, kind: &str) {
        let party = json!({"id": id, "name": format!("The {id}"), "kind": kind});
        self.act("city", "party-registered/1", json!({"party": party, "contact": {}}));
    }

    fn place(&mut self, id: &str, name: &str, within: Option<&str>, number: usize) {
        let geometry = json!({"type": "Point", "coordinates": position(number)});
        let mut place = json!({"id": id, "name": name, "geometry": geometry});
        if let Some(within) = within {
            place["within"] = json!(within);
        }
        self.act("city", "place-registered/1", place);
    }

    fn deployment(&mut self, number: usize) {
        let people = number.is_multiple_of(2);
        let (id, stream) = (format!("d-{number}"), format!("s-{number}"));
        let mixed = number.wrapping_mul(2_654_435_761) >> 7;
        let (by, purpose) = (department(mixed), PURPOSES[usize::from(people)][mixed / 64 % 3]);
        self.now = self.now + Span::seconds(61);
        let ends = self.now + Span::days(400);
        self.act(&by, "deployment-proposed/1", proposal(number, people, &by, purpose, self.now));
        self.act("office", "assessment-signed/1", json!({
            "id": format!("a-{number}"), "deployment": id, "instrument": "privacy-impact", "outcome": "acceptable",
            "summary": "The risks are small and the measures are taken.", "signed_by": "office", "document": "11".repeat(32),
            "review_by": self.now + Span::days(300),
        }));
        self.act("council", "deployment-approved/1", json!({"deployment": id, "until": self.now + Span::days(300)}));
        for step in ["deployment-published/1", "deployment-activated/1"] {
            self.act(&by, step, json!({"deployment": id}));
        }
        let device =
            json!({"id": format!("v-{number}"), "deployment": id, "stream": stream, "position": position(mixed)});
        self.act(&by, "device-registered/1", device);
        let statement = json!({
            "id": format!("sign-{number}"), "about": {"what": "deployment", "id": id}, "kind": "sign-installed", "on": self.now,
            "signed_by": "office", "summary": "A sign hangs at each way in.", "until": ends,
        });
        self.act("office", "evidence-filed/1", statement);
        let measure = if people { json!({"of": "distinct", "property": "mac"}) } else { json!({"of": "observations"}) };
        let exposure = json!({"as": "windows", "bin": "15m", "space": {"by": "sensor"}, "measure": measure});
        self.act(&by, "view-declared/1", json!({
            "id": "counts", "version": 1, "stream": stream, "title": "Counts each quarter of an hour", "exposure": exposure,
            "identifiers": "none", "minimum": 10 + mixed % 10, "bound": null, "noise": "none", "delay": "0s", "depth": "30d",
        }));
        let recipient = if mixed.is_multiple_of(3) { "public".to_owned() } else { department(mixed / 7) };
        self.act(&by, "grant-agreed/1", json!({
            "id": format!("g-{number}"), "recipient": recipient, "stream": stream, "view": "counts", "purpose": purpose,
            "until": self.now + Span::days(200), "duties": ["no-reidentification", "delete-on-expiry"],
        }));
    }
}

fn proposal(number: usize, people: bool, by: &str, purpose: &str, starts: Timestamp) -> Value {
    let mac = json!({"category": "mac-address", "value": "text", "treatment": {"do": "pseudonymise", "epoch": "24h"}});
    let no2 = json!({"category": "air-quality", "value": "number", "treatment": {"do": "keep"}});
    let properties = if people { json!({"mac": mac}) } else { json!({"no2": no2}) };
    let place = format!("site-{}", number % PLACES);
    json!({
        "id": format!("d-{number}"), "accountable": by, "place": place,
        "title": if people { format!("Counting of people at square {number}") } else { format!("Air at square {number}") },
        "description": "Counts how busy the square is.\nThe numbers help to plan buses and crossings.",
        "technology": if people { "wifi-counter" } else { "air-quality-station" }, "purposes": [purpose],
        "legal_basis": if people { "public-task" } else { "not-personal" }, "privacy_statement": "https://city.example/p",
        "starts": starts, "ends": starts + Span::days(400),
        "streams": [{"id": format!("s-{number}"), "time": {"do": "keep"}, "retention": "48h", "properties": properties}],
    })
}

/// Somewhere in the city.
fn position(number: usize) -> [f64; 2] {
    let part = |number: usize| f64::from(u32::try_from(number % 1_000).unwrap()) / 1_000.0;
    [16.5 + 0.3 * part(number.wrapping_mul(7_919)), 49.1 + 0.2 * part(number.wrapping_mul(104_729))]
}

fn department(number: usize) -> String {
    format!("department-{}", number % DEPARTMENTS)
}
