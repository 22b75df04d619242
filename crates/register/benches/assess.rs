//! How long it takes to assess a city of 10,000 deployments against the whole core, and by the narrowest profile on it.
//!
//! `cargo bench --workspace --bench assess`. Each deployment is a Wi-Fi counter or an air-quality station with its steps, a
//! device, some of eight statements, a view and a grant. No two begin or end at the same time, 40 departments answer for
//! them, and they differ in purposes, retention, minimum and papers, so that little that is known of one is known of another. In the
//! same run: the fold of its log, and the same city asked by full decisions, one after the other, for the six questions that
//! each deployment has most to do with.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures by the machine's clock")]
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot start has nothing to say")]

use std::time::Instant;

use model::policy::PolicyText;
use model::{Act, DeploymentRecord, Span, Timestamp};
use norms::{
    ActQuestion, ActSubject, Bundle, CollectFast, CollectQuestion, DiscloseFast, DiscloseQuestion, StandQuestion,
    StandSubject, Verb,
};
use register::assess::{CityAssessment, Status, assess};
use register::{State, circumstances};
use serde_json::{Value, json};
use standards::{Resolved, built_in, resolve};

const DEPLOYMENTS: usize = 10_000;
/// How many departments answer for them.
const DEPARTMENTS: usize = 40;
const PURPOSES: [[&str; 3]; 2] = [
    ["air-quality", "official-statistics", "scientific-research"],
    ["traffic-management", "public-transport-planning", "street-design"],
];
const STATEMENTS: [&str; 8] = [
    "sign-installed",
    "notice",
    "cost-statement",
    "opt-out",
    "public-hearing",
    "security-test",
    "accessibility-report",
    "necessity-review",
];
/// The most that one assessment may take, in seconds.
const AIM_S: f64 = 2.0;
/// One of so many deployments is asked one question after the other.
const SAMPLE: usize = 20;

struct Log {
    acts: Vec<Act>,
    now: Timestamp,
}

impl Log {
    fn act(&mut self, by: &str, kind: &str, body: Value) {
        let act = json!({"at": self.now, "by": by, "what": {"kind": kind, "body": body}});
        self.acts.push(serde_json::from_value(act).unwrap());
    }

    fn of_a_city() -> Self {
        let mut log = Self { acts: Vec::new(), now: "2026-06-01T00:00:00Z".parse().unwrap() };
        let founder = json!({"id": "city", "name": "City", "kind": "city-department"});
        let body = json!({"name": "City", "origin": "bench.example/log", "founder": founder, "log_key": "k"});
        log.act("city", "city-founded/1", body);
        for (id, kind) in [("office", "officer"), ("council", "officer"), ("public", "public")] {
            let party = json!({"id": id, "name": id, "kind": kind});
            log.act("city", "party-registered/1", json!({"party": party, "contact": {}}));
        }
        for number in 0..DEPARTMENTS {
            let party = json!({"id": department(number), "name": "x", "kind": "city-department"});
            log.act("city", "party-registered/1", json!({"party": party, "contact": {}}));
        }
        let point = json!({"type": "Point", "coordinates": [16.6, 49.2]});
        log.act("city", "place-registered/1", json!({"id": "centre", "name": "Centre", "geometry": point}));
        (0..DEPLOYMENTS).for_each(|number| log.deployment(number));
        log
    }

    fn deployment(&mut self, number: usize) {
        let people = number.is_multiple_of(2);
        let (id, stream) = (format!("d-{number}"), format!("s-{number}"));
        // Spread without a pattern that repeats before all have been made.
        let mixed = number.wrapping_mul(2_654_435_761) >> 7;
        let (by, purpose) = (department(mixed), PURPOSES[usize::from(people)][mixed / 64 % 3]);
        self.now = self.now + Span::seconds(61);
        let ends = self.now + Span::days(u32::try_from(400 + mixed % 300).unwrap());
        let mac =
            json!({"category": "mac-address", "value": "text", "treatment": {"do": "pseudonymise", "epoch": "24h"}});
        let no2 = json!({"category": "air-quality", "value": "number", "treatment": {"do": "keep"}});
        let properties = if people { json!({"mac": mac}) } else { json!({"no2": no2}) };
        self.act(
            &by,
            "deployment-proposed/1",
            json!({
                "id": id, "title": "t", "description": "d", "accountable": by, "place": "centre",
                "technology": if people { "wifi-counter" } else { "air-quality-station" },
                "purposes": [purpose],
                "legal_basis": if people { "public-task" } else { "not-personal" },
                "privacy_statement": "https://city.example/p", "starts": self.now, "ends": ends,
                "streams": [{"id": stream, "time": {"do": "keep"}, "retention": format!("{}h", 1 + mixed % 96), "properties": properties}],
            }),
        );
        self.act("office", "assessment-signed/1", json!({
            "id": format!("a-{number}"), "deployment": id, "instrument": "privacy-impact", "outcome": "acceptable",
            "summary": "s", "signed_by": "office", "document": "11".repeat(32), "review_by": self.now + Span::days(300),
        }));
        self.act(
            "council",
            "deployment-approved/1",
            json!({"deployment": id, "until": self.now + Span::days(u32::try_from(200 + mixed % 165).unwrap())}),
        );
        for step in ["deployment-published/1", "deployment-activated/1"] {
            self.act(&by, step, json!({"deployment": id}));
        }
        self.act(
            &by,
            "device-registered/1",
            json!({
                "id": format!("v-{number}"), "deployment": id, "stream": stream, "position": [16.6, 49.2],
            }),
        );
        let stated = STATEMENTS.iter().enumerate().filter(|(bit, _)| (mixed >> bit) % 2 == 1);
        for (_, kind) in stated {
            self.act("office", "evidence-filed/1", json!({
                "id": format!("{kind}-{number}"), "about": {"what": "deployment", "id": id}, "kind": kind, "on": self.now,
                "signed_by": "office", "summary": "s", "until": ends,
            }));
        }
        let measure = if people { json!({"of": "distinct", "property": "mac"}) } else { json!({"of": "observations"}) };
        self.act(&by, "view-declared/1", json!({
            "id": "counts", "version": 1, "stream": stream, "title": "t", "exposure": {"as": "windows", "bin": "15m",
            "space": {"by": "sensor"}, "measure": measure}, "identifiers": "none", "minimum": 10 + mixed % 10, "bound": null,
            "noise": "none", "delay": "0s", "depth": "30d",
        }));
        self.act(
            &by,
            "grant-agreed/1",
            json!({
                "id": format!("g-{number}"), "recipient": department(mixed / 7), "stream": stream, "view": "counts",
                "purpose": purpose, "until": self.now + Span::days(u32::try_from(60 + mixed % 90).unwrap()), "duties": ["no-reidentification", "delete-on-expiry"],
            }),
        );
    }
}

fn department(number: usize) -> String {
    format!("department-{}", number % DEPARTMENTS)
}

fn standard(name: &str) -> (Resolved, Bundle) {
    let library = built_in().unwrap();
    let resolved = resolve(&library.stack_of(library.find(name).unwrap()).unwrap(), None).unwrap();
    let mut layers = resolved.policy_layers();
    layers.retain(|layer| !layer.cedar.is_empty());
    let (permits, permits_owner) = (norms::city_permits_default().to_owned(), "city".parse().unwrap());
    (resolved, Bundle::assemble(&PolicyText { layers, permits, permits_owner }).unwrap())
}

/// Six full decisions about a deployment; how many are allowed.
fn decisions(state: &State, bundle: &Bundle, record: &DeploymentRecord, number: &str, now: Timestamp) -> usize {
    let around = &circumstances::of_deployment(state, record, now);
    let (accountable, founder) = (&state.parties[&record.deployment.accountable].party, state.founder());
    let act = |by: &str, verb, subject| {
        let actor = &state.parties[&by.parse().unwrap()].party;
        bundle.decide_act(&ActQuestion { actor, verb, subject, founder, around }, now).is_allowed()
    };
    let stream = &record.deployment.streams[0];
    let collect = CollectQuestion { record, stream, order: None, accountable, founder, around };
    let grant = &state.grants[&format!("g-{number}").parse().unwrap()];
    let view = &state.views[&(stream.id.clone(), grant.grant.view.clone())];
    let purpose = grant.grant.purpose;
    let recipient = &state.parties[&grant.grant.recipient].party;
    let grant = Some(grant.as_ref());
    let disclose = DiscloseQuestion { recipient, grant, view, record, stream, order: None, purpose, founder, around };
    let fast = DiscloseFast { now, oldest: Span::ZERO, senior_authorisation: false };
    let stand = StandQuestion { accountable, subject: StandSubject::Deployment(record), founder, around };
    let until = now + Span::days(365);
    [
        act(record.deployment.accountable.as_str(), Verb::Propose, ActSubject::Proposal(&record.deployment)),
        act("council", Verb::Approve, ActSubject::Approval { record, until }),
        act(record.deployment.accountable.as_str(), Verb::Activate, ActSubject::Deployment(record)),
        bundle.decide_collect(&collect, &CollectFast { now }).is_allowed(),
        bundle.decide_disclose(&disclose, &fast).is_allowed(),
        bundle.decide_stand(&stand, now).is_allowed(),
    ]
    .into_iter()
    .filter(|allowed| *allowed)
    .count()
}

fn counts(assessment: &CityAssessment) -> String {
    let count = |words: &str| assessment.findings.iter().filter(|finding| finding.status.words() == words).count();
    Status::WORDS.map(|words| format!("{} {words}", count(words))).join(", ")
}

fn main() {
    let log = Log::of_a_city();
    let started = Instant::now();
    let mut state = State::default();
    log.acts.iter().for_each(|act| state.apply(act).unwrap());
    println!("{DEPLOYMENTS} deployments, {} entries folded in {:.2} s", state.size, started.elapsed().as_secs_f64());
    let now = log.now + Span::days(30);
    for name in ["global-core", "amsterdam"] {
        let (resolved, bundle) = standard(name);
        let mut took: Vec<(f64, CityAssessment)> = (0..3)
            .map(|_| {
                let started = Instant::now();
                let assessment = assess(&state, &resolved, &bundle, now);
                (started.elapsed().as_secs_f64(), assessment)
            })
            .collect();
        took.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (middle, assessment) = &took[1];
        println!("assessed against {name:<12} {middle:>6.2} s, the middle of 3; {}", counts(assessment));
        println!("  {} the aim of {AIM_S:.0} s", if *middle <= AIM_S { "within" } else { "beyond" });
        let started = Instant::now();
        let (mut asked, mut allowed) = (0, 0);
        for (id, record) in state.deployments.iter().step_by(SAMPLE) {
            asked += 6;
            allowed += decisions(&state, &bundle, record, id.as_str().trim_start_matches("d-"), now);
        }
        let spent = started.elapsed();
        println!(
            "  six full decisions each, one by one: {:.1} µs a decision, {:.2} s for all ({allowed} of {asked} allowed)",
            spent.as_secs_f64() * 1e6 / f64::from(asked),
            spent.as_secs_f64() * f64::from(u32::try_from(SAMPLE).unwrap()),
        );
    }
}
