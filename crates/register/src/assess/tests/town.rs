//! A town folded from acts that nobody decided: its log may say what no norm would allow.

use std::sync::Arc;

use model::policy::PolicyText;
use model::{Act, Span, Timestamp};
use norms::Bundle;
use serde_json::{Value, json};
use standards::{Files, Library, Pack, Resolved, Trust, built_in, resolve};

use super::super::{Case, CityAssessment, Status, assess};
use crate::State;

pub(super) struct Town {
    pub(super) state: State,
    pub(super) now: Timestamp,
}

impl Town {
    /// Founded, with its parties and a place, and no deployment.
    pub(super) fn founded() -> Self {
        let mut town = Self { state: State::default(), now: "2026-06-01T00:00:00Z".parse().unwrap() };
        let founder = json!({"id": "city", "name": "City", "kind": "city-department"});
        let body = json!({"name": "Town", "origin": "town.example/log", "founder": founder, "log_key": "k"});
        town.act("city", "city-founded/1", body);
        for (id, kind) in [("office", "officer"), ("council", "officer"), ("public", "public"), ("maker", "vendor")] {
            let party = json!({"id": id, "name": id, "kind": kind});
            town.act("city", "party-registered/1", json!({"party": party, "contact": {}}));
        }
        let area = json!({"type": "Point", "coordinates": [16.6, 49.2]});
        town.act("city", "place-registered/1", json!({"id": "centre", "name": "Centre", "geometry": area}));
        town
    }

    /// With a Wi-Fi counter that is active, and a device of it.
    pub(super) fn counting() -> Self {
        let mut town = Self::founded();
        town.counter("congestion", "office");
        town
    }

    /// A Wi-Fi counter, assessed by somebody, approved, published and active.
    pub(super) fn counter(&mut self, id: &str, assessor: &str) {
        self.propose(id);
        self.assess(id, assessor);
        self.act("council", "deployment-approved/1", json!({"deployment": id, "until": self.now + Span::days(365)}));
        for step in ["deployment-published/1", "deployment-activated/1"] {
            self.act("city", step, json!({"deployment": id}));
        }
        let device = json!({"id": format!("{id}-1"), "deployment": id, "stream": format!("{id}-wifi"), "position": [16.6, 49.2]});
        self.act("city", "device-registered/1", device);
    }

    pub(super) fn propose(&mut self, id: &str) {
        let mac =
            json!({"category": "mac-address", "value": "text", "treatment": {"do": "pseudonymise", "epoch": "24h"}});
        let stream =
            json!({"id": format!("{id}-wifi"), "time": {"do": "keep"}, "retention": "24h", "properties": {"mac": mac}});
        let deployment = json!({
            "id": id, "title": "How busy?", "description": "Counts phones.", "accountable": "city", "place": "centre",
            "technology": "wifi-counter", "purposes": ["traffic-management"], "legal_basis": "public-task",
            "privacy_statement": "https://town.example/p", "starts": self.now, "ends": self.now + Span::days(700),
            "streams": [stream],
        });
        self.act("city", "deployment-proposed/1", deployment);
    }

    pub(super) fn assess(&mut self, id: &str, by: &str) {
        let assessment = json!({
            "id": format!("{id}-{by}"), "deployment": id, "instrument": "privacy-impact", "outcome": "acceptable",
            "summary": "Fine.", "signed_by": by, "document": "11".repeat(32), "review_by": self.now + Span::days(300),
        });
        self.act(by, "assessment-signed/1", assessment);
    }

    /// Grants a view of the counter to a party.
    pub(super) fn grant(&mut self, id: &str, minimum: u32) {
        let stream = format!("{id}-wifi");
        let view = json!({
            "id": "counts", "version": 1, "stream": stream, "title": "Counts", "exposure": {"as": "windows", "bin": "15m",
            "space": {"by": "sensor"}, "measure": {"of": "distinct", "property": "mac"}}, "identifiers": "none",
            "minimum": minimum, "bound": null, "noise": "none", "delay": "0s", "depth": "30d",
        });
        self.act("city", "view-declared/1", view);
        let grant = json!({
            "id": "g", "recipient": "city", "stream": stream, "view": "counts", "purpose": "traffic-management",
            "until": self.now + Span::days(90), "duties": ["no-reidentification", "delete-on-expiry"],
        });
        self.act("city", "grant-agreed/1", grant);
    }

    /// Files evidence; about the city unless a deployment or device is named, as `deployment/x`. Its entry.
    pub(super) fn file(&mut self, kind: &str, about: &str, by: &str, until: Option<Timestamp>) -> u64 {
        let about = match about.split_once('/') {
            Some((what, id)) => json!({"what": what, "id": id}),
            None => json!({"what": "city"}),
        };
        let id = format!("e{}", self.state.size);
        let mut evidence =
            json!({"id": id, "about": about, "kind": kind, "on": self.now, "signed_by": by, "summary": "So it is."});
        if let Some(until) = until {
            evidence["until"] = json!(until);
        }
        self.act(by, "evidence-filed/1", evidence)
    }

    /// Folds an act in, and gives its entry.
    pub(super) fn act(&mut self, by: &str, kind: &str, body: Value) -> u64 {
        let act = json!({"at": self.now, "by": by, "what": {"kind": kind, "body": body}});
        let act: Act = serde_json::from_value(act).unwrap();
        self.state.apply(&act).unwrap();
        self.state.size - 1
    }

    pub(super) fn against(&self, resolved: &Resolved) -> CityAssessment {
        assess(&self.state, resolved, &bundle(resolved), self.now)
    }

    /// The status of one requirement of the global core.
    pub(super) fn status(&self, requirement: &str) -> Status {
        status(&self.against(&core()), requirement)
    }
}

pub(super) fn status(assessment: &CityAssessment, requirement: &str) -> Status {
    let found: Vec<_> = assessment.findings.iter().filter(|one| one.requirement.0 == requirement).collect();
    assert_eq!(found.len(), 1, "{requirement}");
    found[0].status.clone()
}

/// The cases of a requirement that has to be not met.
#[track_caller]
pub(super) fn cases(status: &Status) -> &[Case] {
    let Status::NotMet { total, cases } = status else { panic!("{status:?}") };
    assert!(*total >= cases.len() as u64 && !cases.is_empty());
    cases
}

pub(super) fn bundle(resolved: &Resolved) -> Bundle {
    let layers = resolved.policy_layers();
    let (permits, permits_owner) = (norms::city_permits_default().to_owned(), "city".parse().unwrap());
    Bundle::assemble(&PolicyText { layers, permits, permits_owner }).unwrap()
}

pub(super) fn core() -> Resolved {
    pack("global-core")
}

pub(super) fn pack(name: &str) -> Resolved {
    let library = built_in().unwrap();
    resolve(&library.stack_of(library.find(name).unwrap()).unwrap(), None).unwrap()
}

/// A standard of one requirement, `own-01`.
pub(super) fn own(requirement: &str, norms: &str, duties: &str) -> Resolved {
    let manifest = "id = \"own\"\nurn = \"urn:test:own\"\nversion = \"0.1.0\"\ntitle = \"Test\"\nowner = \"Tests\"\n\
        kind = \"standard\"\nlayer = \"global\"\njurisdiction = \"nowhere\"\nlocale = \"en\"\nlocales = [\"en\"]\n\
        notice = \"Illustrative, not legal advice.\"\nbased_on = []\n[[principle]]\nid = \"p\"\ntitle = \"P\"\n";
    let requirement = format!(
        "+++\nid = \"own-01\"\ntitle = \"Own\"\ntext = \"It is so.\"\nprinciple = \"p\"\njurisdiction = \"nowhere\"\n\
         on_failure = \"deny\"\n{requirement}\n[[source]]\ntext = \"A law\"\nsure = \"read\"\n+++\n\nWhy: so.\n"
    );
    let mut files = std::collections::BTreeMap::from([
        ("pack.toml".to_owned(), manifest.as_bytes().to_vec()),
        ("requirements/own-01.md".to_owned(), requirement.into_bytes()),
    ]);
    for (path, text) in [("norms/all.cedar", norms), ("duties/all.toml", duties)] {
        if !text.is_empty() {
            files.insert(path.to_owned(), text.as_bytes().to_vec());
        }
    }
    let pack = Pack::parse(Files::new(files).unwrap()).unwrap_or_else(|problems| panic!("{problems:?}"));
    let mut library = Library::new();
    library.add(pack, Trust::Unsigned).unwrap();
    let pack: Arc<Pack> = library.packs().next().unwrap().clone();
    resolve(&library.stack_of(&pack).unwrap(), None).unwrap()
}
