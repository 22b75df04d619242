//! How long it takes to try a draft on a million recorded disclosures, at the city.
//!
//! `cargo bench -p hub --bench replay`. Records are generated: a hundred grants of ten streams, of different depths and times, under
//! two approvals, so that plans change on the way. The baseline, in the same run, is what a replay would do without plans: each
//! record put to Cedar with all its facts, on every hundredth of the same records. Both must refuse the same of these.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures by the machine's clock")]
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot start has nothing to say")]
#![expect(clippy::indexing_slicing, reason = "a benchmark knows what it made")]

use std::collections::BTreeMap;
use std::time::Instant;

use hub::pilot::{Draft, Minutes, Replay};
use model::policy::PolicyText;
use model::{
    Act, Digest, DisclosureRecord, LayerKind, PolicyHash, PolicyLayer, Seq, Span, Timestamp, ViewVersion, Window,
};
use norms::{Bundle, DiscloseFast, DiscloseQuestion};
use register::audit::Onlooker as _;
use register::{State, circumstances};
use serde_json::{Value, json};

const RECORDS: u64 = 1_000_000;
const STREAMS: u64 = 10;
const GRANTS: u64 = 100;
/// One of so many records is put to Cedar.
const SAMPLE: usize = 100;
/// The most that it may take, in seconds.
const AIM_S: f64 = 60.0;
const NORM: &str = r#"@id("near") @requirement("draft-1") @reason("Nothing older than ten days leaves.")
forbid (principal, action in [Action::"disclose"], resource) unless { context.oldestSeconds <= 864000 };
@id("hourly") @requirement("draft-2") @reason("Windows of a quarter of an hour at least.")
forbid (principal, action in [Action::"disclose"], resource) unless { resource.binSeconds >= 900 || resource.recipientKind != "company" };"#;

fn start() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

struct Log(Vec<Act>, Timestamp);

impl Log {
    fn act(&mut self, by: &str, kind: &str, body: Value) {
        self.1 = self.1 + Span::seconds(1);
        let act = json!({"at": self.1, "by": by, "what": {"kind": kind, "body": body}});
        self.0.push(serde_json::from_value(act).unwrap());
    }

    fn of_a_city() -> Self {
        let mut log = Self(Vec::new(), start());
        let founder = json!({"id": "city", "name": "City", "kind": "city-department"});
        let body = json!({"name": "City", "origin": "bench.example/log", "founder": founder, "log_key": "k"});
        log.act("city", "city-founded/1", body);
        let text = base();
        let hash = Bundle::assemble(&text).unwrap().hash();
        log.act("city", "policy-adopted/1", json!({"hash": hash, "text": text}));
        for (id, kind) in [("office", "officer"), ("council", "officer"), ("firm", "company"), ("lab", "researcher")] {
            let party = json!({"id": id, "name": id, "kind": kind});
            log.act("city", "party-registered/1", json!({"party": party, "contact": {}}));
        }
        let point = json!({"type": "Point", "coordinates": [16.6, 49.2]});
        log.act("city", "place-registered/1", json!({"id": "centre", "name": "Centre", "geometry": point}));
        (0..STREAMS).for_each(|number| log.stream(number));
        (0..GRANTS).for_each(|number| log.grant(number));
        // Approvals are renewed in the midst of it, so that every plan is made anew.
        log.1 = start() + Span::days(30);
        (0..STREAMS).for_each(|number| log.approve(number));
        log
    }

    fn approve(&mut self, number: u64) {
        let until = self.1 + Span::days(300);
        self.act("council", "deployment-approved/1", json!({"deployment": format!("d{number}"), "until": until}));
    }

    fn stream(&mut self, number: u64) {
        let (id, stream) = (format!("d{number}"), format!("s{number}"));
        let mac =
            json!({"category": "mac-address", "value": "text", "treatment": {"do": "pseudonymise", "epoch": "24h"}});
        self.act("city", "deployment-proposed/1", json!({
            "id": id, "title": "t", "description": "d", "accountable": "city", "place": "centre", "technology": "wifi-counter",
            "purposes": ["traffic-management"], "legal_basis": "public-task", "privacy_statement": "https://city.example/p",
            "starts": start(), "ends": start() + Span::days(700),
            "streams": [{"id": stream, "time": {"do": "keep"}, "retention": "24h", "properties": {"mac": mac}}],
        }));
        self.act("office", "assessment-signed/1", json!({
            "id": format!("a{number}"), "deployment": id, "instrument": "i", "outcome": "acceptable", "summary": "s",
            "signed_by": "office", "document": "11".repeat(32), "review_by": start() + Span::days(300),
        }));
        self.approve(number);
        for step in ["deployment-published/1", "deployment-activated/1"] {
            self.act("city", step, json!({"deployment": id}));
        }
        let bin = if number.is_multiple_of(2) { "5m" } else { "15m" };
        self.act("city", "view-declared/1", json!({
            "id": "counts", "version": 1, "stream": stream, "title": "t", "exposure": {"as": "windows", "bin": bin,
            "space": {"by": "sensor"}, "measure": {"of": "distinct", "property": "mac"}}, "identifiers": "none", "minimum": 10,
            "bound": null, "noise": "none", "delay": "0s", "depth": "30d",
        }));
    }

    fn grant(&mut self, number: u64) {
        self.act("city", "grant-agreed/1", json!({
            "id": format!("g{number}"), "recipient": recipient(number), "stream": format!("s{}", number % STREAMS), "view": "counts",
            "purpose": "traffic-management", "until": start() + Span::days(300), "duties": ["no-reidentification", "delete-on-expiry"],
        }));
    }
}

fn recipient(number: u64) -> &'static str {
    ["firm", "lab", "city"][usize::try_from(number).unwrap() / 7 % 3]
}

fn base() -> PolicyText {
    PolicyText {
        layers: vec![testkit::core()],
        permits: norms::city_permits_default().to_owned(),
        permits_owner: "city".parse().unwrap(),
    }
}

/// A record as it would be written: between the first day and the sixtieth, of up to a month back.
fn record(number: u64, under: PolicyHash) -> DisclosureRecord {
    let grant = (number.wrapping_mul(2_654_435_761) >> 5) % GRANTS;
    let at = start() + Span::days(1) + Span::seconds(u32::try_from(number * 59 * 86_400 / RECORDS).unwrap());
    let back = Span::minutes(u32::try_from(number % 43_200 + 5).unwrap());
    DisclosureRecord {
        seq: Seq(number),
        at,
        recipient: recipient(grant).parse().unwrap(),
        purpose: "traffic-management".parse().unwrap(),
        grant: format!("g{grant}").parse().unwrap(),
        stream: format!("s{}", grant % STREAMS).parse().unwrap(),
        view: "counts".parse().unwrap(),
        version: ViewVersion(1),
        window: Window { start: at - back, end: at },
        rows: 12,
        withheld: 3,
        content: Digest::new([1; 32]),
        because: vec![model::PolicyId("permits/recipients-of-grants".to_owned())],
        under,
        salt: Digest::new([2; 32]),
        authorised_by: None,
    }
}

/// Whether Cedar itself lets a record leave, with all its facts.
fn is_allowed(state: &State, bundle: &Bundle, record: &DisclosureRecord) -> bool {
    let granted = &state.grants[&record.grant];
    let (deployment, stream) = state.stream(&record.stream).unwrap();
    let question = DiscloseQuestion {
        recipient: &state.parties[&record.recipient].party,
        grant: Some(granted),
        view: &state.views[&(record.stream.clone(), record.view.clone())],
        record: deployment,
        stream,
        order: None,
        purpose: record.purpose,
        founder: state.founder(),
        around: &circumstances::of_deployment(state, deployment, record.at),
    };
    let oldest = record.at.since(record.window.start);
    bundle
        .decide_disclose(&question, &DiscloseFast { now: record.at, oldest, senior_authorisation: false })
        .is_allowed()
}

fn draft() -> Draft {
    let layer = PolicyLayer {
        kind: LayerKind::City,
        name: "draft".to_owned(),
        owner: "Bench".to_owned(),
        cedar: NORM.to_owned(),
        duties: BTreeMap::new(),
    };
    Draft::of_layers("urn:bench:draft@1.0.0".to_owned(), "A draft".to_owned(), vec![layer])
}

/// Replays records, as they lie in the journal: whoever replays reads them from their bytes. Gives how many there were, and how many
/// the draft refuses.
fn replayed<'a>(draft: &Draft, log: &Log, bytes: impl Iterator<Item = &'a Vec<u8>> + 'a) -> (State, u64, u64) {
    let records = bytes.map(|bytes| Ok(serde_json::from_slice::<DisclosureRecord>(bytes).unwrap()));
    let mut replay = Replay::new(draft, Some(Box::new(records)));
    let mut state = State::default();
    for (entry, act) in log.0.iter().enumerate() {
        replay.sees(&state, entry as u64, act);
        state.apply(act).unwrap();
    }
    let report = replay.finish(&state, tlog::RightEdge::new().root(), &Minutes::default()).unwrap();
    let counts = || report.disclosures.iter().filter_map(|line| line.counts);
    let (all, refused) =
        (counts().map(|counts| counts.total()).sum(), counts().map(|counts| counts.refused + counts.changed).sum());
    (state, all, refused)
}

fn main() {
    let (draft, log) = (draft(), Log::of_a_city());
    let under = Bundle::assemble(&base()).unwrap().hash();
    let bytes: Vec<Vec<u8>> = (0..RECORDS).map(|number| serde_json::to_vec(&record(number, under)).unwrap()).collect();
    let started = Instant::now();
    let (state, all, refused) = replayed(&draft, &log, bytes.iter());
    let took = started.elapsed().as_secs_f64();
    println!("{all} disclosures replayed in {took:.2} s, {:.2} µs each; {refused} refused", took * 1e6 / all as f64);
    println!("  {} the aim of {AIM_S:.0} s", if took <= AIM_S { "within" } else { "beyond" });
    let sample = || bytes.iter().step_by(SAMPLE);
    let bundle = Bundle::assemble(&draft.over(&base())).unwrap();
    let started = Instant::now();
    let read = |bytes: &Vec<u8>| serde_json::from_slice::<DisclosureRecord>(bytes).unwrap();
    let by_cedar = sample().filter(|bytes| !is_allowed(&state, &bundle, &read(bytes))).count() as u64;
    let baseline = started.elapsed().as_secs_f64() * SAMPLE as f64;
    println!("baseline, Cedar for each record: {:.1} µs each, {baseline:.1} s for all", baseline * 1e6 / all as f64);
    println!("  the replay takes {:.1} % of that: {:.1} times as fast", took / baseline * 100.0, baseline / took);
    let (_, asked, by_replay) = replayed(&draft, &log, sample());
    assert_eq!(by_replay, by_cedar, "the replay and Cedar refuse the same of the sample");
    println!("  of {asked} records both refuse {by_cedar}");
}
