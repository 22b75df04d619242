//! Whatever parties, clock and node do, in whatever order: the log folds to the live register, always the same.

use std::collections::BTreeSet;

use model::act::KeyRef;
use model::inquiry::InquiryKind;
use model::{
    Act, Counted, Digest, DisclosureRecord, Epoch, Estimated, Fields, Magnitude, Month, ObservationsCounted,
    ObservationsEstimated, PolicyHash, PolicyText, RefusedFor, Span, Timestamp, ViewVersion, What, Window,
};
use proptest::prelude::*;

use super::city::City;
use super::{clocks, replayed};
use crate::{Adopting, Command, Fact, Inquiry, Submission};

/// One thing that somebody does: what, to which of a few, and how.
type Step = (u8, u8, u8, u16);

/// How many different things can be done.
const KINDS: u8 = 28;
/// How many things of each kind there may be.
const THINGS: u8 = 12;
/// Who may ask; some of them for what they may not.
const PARTIES: [&str; 5] = ["city", "roads", "office", "council", "police"];

/// A city whose life is played, and how much of it was accepted.
struct Life {
    city: City,
    accepted: usize,
}

impl Life {
    fn new() -> Self {
        let city = City::over(|_| Box::new(journal::MemoryJournal::new()));
        for (id, kind) in [("roads", "city-department"), ("police", "law-enforcement")] {
            let party =
                format!(r#"{{"do":"register-party","with":{{"party":{{"id":"{id}","name":"x","kind":"{kind}"}}}}}}"#);
            city.register.submit(City::submission("city", None, &party)).unwrap();
        }
        Self { city, accepted: 0 }
    }

    fn now(&self) -> Timestamp {
        self.city.register.now()
    }

    fn ask(&mut self, by: &str, command: &str) {
        let command = serde_json::from_str(command).unwrap_or_else(|error| panic!("{error}: {command}"));
        self.submit(by, command);
    }

    /// Asks; a refusal is as good an answer as any.
    fn submit(&mut self, by: &str, command: Command) {
        let submission = Submission { by: by.parse().unwrap(), reason: Some("as it goes".to_owned()), command };
        self.accepted += self.city.register.submit(submission).map_or(0, |receipt| receipt.entries.len());
    }

    fn step(&mut self, (kind, which, how, hours): Step) {
        let (which, by) = (which % THINGS, PARTIES[usize::from(how) % PARTIES.len()]);
        let until = self.now() + Span::hours(u32::from(hours) + 1);
        match kind % KINDS {
            0..=2 => self.enter(kind % KINDS, which, how, by),
            3..=9 => self.govern(kind % KINDS, which, by, until),
            10..=15 => self.share(kind % KINDS, which, how, until),
            16..=20 => self.vouch(kind % KINDS, which, how, hours),
            21 => self.adopt(how),
            22 => self.order(which, until),
            23..=25 => self.state(kind % KINDS, which, how, until),
            26 if which % 4 == 3 => self.report(which, how),
            26 => self.inquire(which, how),
            _ => self.pass(u32::from(hours)),
        }
    }

    fn pass(&self, hours: u32) {
        self.city.clock.advance(Span::hours(hours));
        self.city.register.tick().unwrap();
    }

    /// Parties, places, proposals.
    fn enter(&mut self, kind: u8, which: u8, how: u8, by: &str) {
        match kind {
            0 => {
                let of = ["officer", "vendor", "company", "public"][usize::from(how) % 4];
                self.ask(
                    by,
                    &format!(
                        r#"{{"do":"register-party","with":{{"party":{{"id":"p{which}","name":"x","kind":"{of}"}},"contact":{{"contact-name":"A. Person"}}}}}}"#
                    ),
                );
            }
            1 => self.ask(
                by,
                &format!(
                    r#"{{"do":"register-place","with":{{"id":"x{which}","name":"{how}","geometry":{{"type":"Point","coordinates":[{},2]}}}}}}"#,
                    how % 90
                ),
            ),
            _ => {
                let ends = self.now() + Span::days(u32::from(how) * 4 + 1);
                let starts = self.now();
                self.ask(
                    "roads",
                    &format!(
                        r#"{{"do":"propose","with":{{"id":"d{which}","title":"x","description":"x","accountable":"roads","place":"centre",
                        "technology":"river-gauge","purposes":["disaster-response"],"legal_basis":"not-personal","starts":"{starts}",
                        "ends":"{ends}","streams":[{{"id":"st{which}","time":{{"do":"keep"}},"retention":"30d","properties":{{
                        "cm":{{"category":"water-level","value":"number","treatment":{{"do":"keep"}}}}}}}}]}}}}"#
                    ),
                );
            }
        }
    }

    /// The steps of a deployment.
    fn govern(&mut self, kind: u8, which: u8, by: &str, until: Timestamp) {
        let of = format!(r#"{{"deployment":"d{which}"}}"#);
        match kind {
            3 => {
                let at = self.now();
                let found = format!(
                    r#","instrument_hash":"{}","tier":"full","sign_offs":[{{"role":"author","party":"office","at":"{at}"}}]"#,
                    Digest::new([which; 32])
                );
                self.ask(
                    "office",
                    &format!(
                        r#"{{"do":"sign-assessment","with":{{"id":"a{}","deployment":"d{which}","instrument":"i","outcome":"acceptable",
                        "summary":"x","signed_by":"office","document":"{}","review_by":"{at}"{}}}}}"#,
                        at.millis() % 97,
                        Digest::new([which; 32]),
                        // Some answers find a tier.
                        if which.is_multiple_of(2) { &found } else { "" }
                    ),
                );
            }
            4 | 5 => {
                self.ask(
                    "council",
                    &format!(r#"{{"do":"approve","with":{{"deployment":"d{which}","until":"{until}"}}}}"#),
                );
            }
            6 => self.ask("roads", &format!(r#"{{"do":"publish","with":{of}}}"#)),
            7 => self.ask("roads", &format!(r#"{{"do":"activate","with":{of}}}"#)),
            8 => self.ask(by, &format!(r#"{{"do":"suspend","with":{of}}}"#)),
            _ if until.millis() % 3 == 0 => self.ask(by, &format!(r#"{{"do":"end","with":{of}}}"#)),
            _ => {}
        }
    }

    /// Devices, tokens, views, grants, erasure.
    fn share(&mut self, kind: u8, which: u8, how: u8, until: Timestamp) {
        let digest = Digest::new([how; 32]);
        match kind {
            10 => {
                self.ask(
                    "roads",
                    &format!(
                        r#"{{"do":"register-device","with":{{"id":"dev{how}","deployment":"d{which}","stream":"st{which}","position":[16,49]}}}}"#
                    ),
                );
                self.ask(
                    "roads",
                    &format!(
                        r#"{{"do":"set-device-credential","with":{{"device":"dev{how}","credential":"{digest}"}}}}"#
                    ),
                );
            }
            11 => self.ask(
                "city",
                &format!(r#"{{"do":"issue-party-credential","with":{{"party":"p{which}","credential":"{digest}"}}}}"#),
            ),
            12 => self.ask(
                "roads",
                &format!(
                    r#"{{"do":"declare-view","with":{{"id":"v","version":{how},"stream":"st{which}","title":"x","exposure":{{"as":"records",
                    "fields":["cm"]}},"identifiers":"none","minimum":0,"bound":null,"noise":"none","delay":"0s","depth":"{how}d"}}}}"#
                ),
            ),
            13 => self.ask(
                "roads",
                &format!(
                    r#"{{"do":"agree-grant","with":{{"id":"g{how}","recipient":"police","stream":"st{which}","view":"v",
                    "purpose":"disaster-response","until":"{until}","duties":["no-reidentification"]}}}}"#
                ),
            ),
            14 if how.is_multiple_of(2) => {}
            14 => {
                // One that stands, or one that perhaps never was.
                let state = self.city.register.state();
                let living = state.grants.values().find(|record| record.ended.is_none());
                let grant = living.map_or_else(|| format!("g{how}"), |record| record.grant.id.to_string());
                self.ask("roads", &format!(r#"{{"do":"withdraw-grant","with":{{"grant":"{grant}"}}}}"#));
            }
            _ => self.submit("city", Command::ErasePayload { entry: u64::from(how) }),
        }
    }

    /// What the node vouches for, and the clock.
    fn vouch(&mut self, kind: u8, which: u8, how: u8, hours: u16) {
        let stream: model::StreamId = ["wifi", "st0", "st1", "st2"][usize::from(which % 4)].parse().unwrap();
        let epoch = |day: u8| {
            let start = self.city.start + Span::days(u32::from(day));
            Epoch(Window { start, end: start + Span::days(1) })
        };
        let key = KeyRef { stream: stream.clone(), epoch: epoch(how % 8), commitment: Digest::new([how % 8; 32]) };
        let register = &self.city.register;
        // A key that is made twice, or of a stream that there is not, is an error and changes nothing.
        let done = match kind {
            16 => register.record(Fact::KeyCreated(key)),
            17 => register.record(Fact::KeyDestroyed(key)),
            18 if how % 2 == 1 => {
                // The month before this one, which may be told of already, and of streams about people roughly and never otherwise.
                let month = Month::of(register.now() - Span::days(31));
                let admitted = Magnitude::try_from(13 + how % 51).unwrap();
                let estimated = Estimated { admitted, ..Estimated::begun(stream.clone()) };
                let roughly = ObservationsEstimated { month, streams: vec![estimated] };
                drop(register.record(Fact::ObservationsEstimated(roughly)));
                let counted = Counted { stream, admitted: u64::from(hours), refused: [(RefusedFor::Unfit, 1)].into() };
                register.record(Fact::ObservationsCounted(ObservationsCounted { month, streams: vec![counted] }))
            }
            18 => {
                let before = register.now() - Span::hours(u32::from(how));
                register.record(Fact::ObservationsDeleted { stream, before, files: u64::from(how % 3) })
            }
            19 => {
                for _ in 0..how % 4 {
                    register.record_disclosure(|seq, salt| disclosed(seq, salt, &stream, hours)).unwrap();
                }
                register.batch_disclosures().unwrap();
                return;
            }
            _ => {
                // Long darkness, and somebody who says what time it is.
                self.city.clock.advance(Span::days(201));
                register.confirm_clock(register.now(), "it was dark")
            }
        };
        self.accepted += done.map_or(0, |receipt| receipt.entries.len());
    }

    /// A resident asks; about what is not there, nothing is asked.
    fn report(&mut self, which: u8, how: u8) {
        let (on, severity) = (self.now(), ["minor", "serious"][usize::from(how) % 2]);
        self.ask(
            "office",
            &format!(
                r#"{{"do":"report-incident","with":{{"incident":{{"statement":{{"id":"i{which}","about":{{"what":"city"}},"kind":"incident",
                "on":"{on}","signed_by":"office","summary":"x"}},"severity":"{severity}","devices":[],"data":[]}},
                "details":{{"details":"A secret"}}}}}}"#
            ),
        );
    }

    fn inquire(&mut self, which: u8, how: u8) {
        let about = match which % 3 {
            0 => model::Subject::City,
            _ => model::Subject::Deployment { id: format!("d{which}").parse().unwrap() },
        };
        let kind = InquiryKind::ALL[usize::from(how) % InquiryKind::ALL.len()];
        let words = Some("Why is that?".to_owned());
        let inquiry = Inquiry { kind, about, fields: Fields([("words".to_owned(), words)].into()) };
        self.accepted += usize::from(self.city.register.receive(&inquiry).is_ok());
    }

    fn adopt(&mut self, how: u8) {
        let permits = format!("{}\n// {}\n", norms::city_permits_default(), how % 5);
        let duties = [clocks::HEARING, clocks::REPORT];
        let layers = vec![clocks::core_with(&duties[..1 + usize::from(how % 2)])];
        let text = PolicyText { layers, permits, permits_owner: "city".parse().unwrap() };
        self.submit("city", Command::AdoptFrom(Adopting::unreleased(text, "for tests".to_owned())));
    }

    fn order(&mut self, which: u8, until: Timestamp) {
        let order = format!(
            r#"{{"id":"o{which}","party":"police","authority":"Judge","deployment":"congestion","until":"{until}","entries":1}}"#
        );
        let order = serde_json::from_str(&order).unwrap();
        self.submit("police", Command::IssueOrder { order, list: "0".repeat(32) });
    }

    /// Statements and classes.
    fn state(&mut self, kind: u8, which: u8, how: u8, until: Timestamp) {
        let about = [
            r#"{"what":"city"}"#.to_owned(),
            format!(r#"{{"what":"deployment","id":"d{which}"}}"#),
            format!(r#"{{"what":"device","id":"dev{how}"}}"#),
            r#"{"what":"device","id":"s1"}"#.to_owned(),
        ];
        let (about, on) = (&about[usize::from(which % 4)], self.city.start);
        match kind {
            23 => self.ask(
                "council",
                &format!(
                    r#"{{"do":"file-evidence","with":{{"id":"e{how}","about":{about},"kind":"hearing","on":"{on}","until":"{until}",
                    "signed_by":"council","summary":"x"}}}}"#
                ),
            ),
            24 if how.is_multiple_of(2) => {}
            24 => {
                let state = self.city.register.state();
                let living = state.evidence.values().find(|record| record.ended.is_none());
                let id = living.map_or_else(|| format!("e{how}"), |record| record.evidence.id.to_string());
                self.ask("council", &format!(r#"{{"do":"withdraw-evidence","with":{{"evidence":"{id}"}}}}"#));
            }
            _ => self.ask(
                "office",
                &format!(
                    r#"{{"do":"approve-class","with":{{"id":"c{which}","technology":"radio","purposes":["street-design"],"tier":"light",
                    "until":"{until}"}}}}"#
                ),
            ),
        }
    }

    /// The log folds to the live register, and to nothing else the second time.
    #[track_caller]
    fn holds(&self) {
        let live = self.city.register.state();
        let (once, twice) = (replayed(&self.city.register), replayed(&self.city.register));
        assert_eq!(once, *live);
        assert_eq!(once, twice);
        let bundle = self.city.register.bundle().map(|bundle| bundle.hash());
        assert_eq!(bundle, live.policy.as_ref().map(|policy| policy.hash), "what decides is what the log says");
    }

    fn kinds(&self) -> BTreeSet<&'static str> {
        let entries = self.city.register.entries(0, 10_000).unwrap();
        entries.iter().map(|entry| Act::from_bytes(&entry.bytes).unwrap().what.kind()).collect()
    }
}

fn disclosed(seq: model::Seq, salt: Digest, stream: &model::StreamId, rows: u16) -> DisclosureRecord {
    DisclosureRecord {
        seq,
        at: Timestamp::from_millis(i64::from(rows)),
        recipient: "police".parse().unwrap(),
        purpose: "disaster-response".parse().unwrap(),
        grant: "g".parse().unwrap(),
        stream: stream.clone(),
        view: "v".parse().unwrap(),
        version: ViewVersion(1),
        window: Window { start: Timestamp::UNIX_EPOCH, end: Timestamp::UNIX_EPOCH },
        rows: rows.into(),
        withheld: 0,
        content: Digest::new([1; 32]),
        because: Vec::new(),
        under: PolicyHash(Digest::new([2; 32])),
        salt,
        authorised_by: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_log_folds_to_the_live_register_after_every_step(
        steps in proptest::collection::vec((0..KINDS, any::<u8>(), any::<u8>(), 0_u16..2_000), 1..60)
    ) {
        let mut life = Life::new();
        for step in steps {
            life.step(step);
            life.holds();
        }
    }
}

#[test]
fn a_long_life_makes_every_kind_of_act_and_folds() {
    let mut life = Life::new();
    let random = testkit::SeededBytes::new(8);
    let byte = || random.next_u64().to_le_bytes()[0];
    for round in 0..3_000 {
        // Steps that lead on are taken in their order now and then, so that some deployment gets all the way.
        let kind = if round % 3 == 0 { (round / 3 % u32::from(KINDS)) as u8 } else { byte() };
        let which = if round % 3 == 0 { (round / 3 / u32::from(KINDS)) as u8 } else { byte() };
        life.step((kind, which, byte(), u16::from(byte())));
        if round % 100 == 0 {
            life.holds();
        }
    }
    life.holds();
    assert!(life.accepted > 500, "{}", life.accepted);
    // What is read of old logs, and written no longer.
    let old = ["policy-adopted/1"];
    let missing: Vec<_> =
        What::KINDS.iter().filter(|kind| !old.contains(kind) && !life.kinds().contains(**kind)).collect();
    assert!(missing.is_empty(), "never made: {missing:?}");
}
