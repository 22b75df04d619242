//! What a replay says of collections and disclosures is what a running city does that has the draft in force: a device's observations are
//! taken or refused, rows leave or do not, on the same facts and at the same instants.
//!
//! Two cities live the same generated lives. One never hears of the draft, and its log is replayed. The other puts the draft in force after
//! each step, is sent the same observations, is asked the same question, and drops the draft again.

use std::collections::BTreeSet;
use std::sync::Arc;

use flow::city::credential;
use flow::ingest::IngestError;
use flow::{Asked, City, Created, DiscloseError, admit};
use model::{DisclosureRecord, Party, PartyKind, Seq, Span, Timestamp};
use register::audit::{FolderSource, audit_before};
use register::{Adopting, Command, Founding, Submission};
use tempfile::TempDir;
use testkit::{FakeClock, SeededBytes};

use super::world::{DECLARED, VIEW, base, draft, norm, start, submission};
use crate::pilot::{Draft, Minutes, Replay, Report};

/// The norms that a draft may have, half of them about what is collected, half about what leaves. The instants are the 7th and the 9th of June
/// 2026.
const NORMS: [(&str, &str, &str); 10] = [
    ("notice-runs", "collect", "resource.evidence.contains(\"notice\")"),
    ("policy-runs", "collect", "resource.cityEvidence.contains(\"policy\")"),
    ("few-properties", "collect", "resource.personal == false || resource.evidence.contains(\"test\")"),
    ("early-runs", "collect", "context.now <= 1780790400"),
    ("told-runs", "collect", "resource.independentEvidence.contains(\"notice\")"),
    ("near-leaves", "disclose", "context.oldestSeconds <= 172800"),
    ("many-leaves", "disclose", "resource.minimum >= 14"),
    ("told-leaves", "disclose", "resource.evidence.contains(\"notice\") || context.oldestSeconds <= 7200"),
    ("policy-leaves", "disclose", "resource.cityEvidence.contains(\"policy\")"),
    ("early-leaves", "disclose", "context.now <= 1780963200"),
];
/// How many lives, and how many steps each has.
const LIVES: u64 = 24;
const STEPS: u64 = 10;

struct Running {
    city: City,
    clock: Arc<FakeClock>,
    _folder: TempDir,
}

impl Running {
    fn declared() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FakeClock::at(start()));
        let founder = Party { id: "city".parse().unwrap(), name: "City".to_owned(), kind: PartyKind::CityDepartment };
        let founding = Founding {
            name: "Test City".to_owned(),
            founder,
            adopting: Adopting::unreleased(base(), "for tests".to_owned()),
            reason: None,
        };
        let created = Created { founding, origin: "test.example/log".to_owned() };
        let entropy = Arc::new(SeededBytes::new(1));
        let city = City::create(&folder.path().join("city"), created, Arc::clone(&clock) as _, entropy).unwrap();
        let running = Self { city, clock, _folder: folder };
        for (by, command) in DECLARED {
            running.clock.advance(Span::minutes(1));
            running.city.register().submit(submission(by, command)).unwrap();
        }
        let token = Command::SetDeviceCredential { device: "s1".parse().unwrap(), credential: Some(credential("s1")) };
        running.submit("city", token);
        running
    }

    fn submit(&self, by: &str, command: Command) -> bool {
        let submission = Submission { by: by.parse().unwrap(), reason: Some("as it goes".to_owned()), command };
        self.city.register().submit(submission).is_ok()
    }

    fn now(&self) -> Timestamp {
        self.city.register().now()
    }

    /// Whether what a receiver sends is taken, and which norms stand against it.
    fn takes(&self) -> Result<(), BTreeSet<String>> {
        let line = |phone: u32| {
            format!("{{\"time\":\"{}\",\"mac\":\"a4:11:3c:00:00:{phone:02x}\",\"rssi\":-40}}\n", self.now())
        };
        match self.city.ingest_lines("s1", (0..20).map(line).collect::<String>().as_bytes()) {
            Ok(_) => Ok(()),
            Err(IngestError::Refused(admit::Refused::Norms { refusal, .. })) => Err(named(&refusal)),
            Err(other) => panic!("{other}"),
        }
    }

    /// Whether rows of so much of the past leave: the record of it, or which norms stand against it.
    fn lets(&self, back: Span) -> Result<DisclosureRecord, BTreeSet<String>> {
        let asked = Asked {
            recipient: "city".parse().unwrap(),
            purpose: "traffic-management".parse().unwrap(),
            stream: "wifi".parse().unwrap(),
            view: None,
            from: Some(self.now() - back),
            to: None,
            authorised_by: None,
        };
        match self.city.disclose(&asked) {
            Ok(disclosed) => Ok(disclosed.get().record.clone()),
            Err(DiscloseError::Refused(refusal)) => Err(named(&refusal)),
            Err(other) => panic!("{other}"),
        }
    }

    /// Does something while a draft is in force, as a city that adopted it.
    fn under<T>(&self, draft: &Draft, what: impl FnOnce(&Self) -> T) -> T {
        let before = self.city.register().state().policy.as_ref().unwrap().text.clone();
        let adopt = |text| Command::AdoptFrom(Adopting::unreleased(text, "a draft".to_owned()));
        let puts = |text| {
            let by = "city".parse().unwrap();
            let submission = Submission { by, reason: Some("as it goes".to_owned()), command: adopt(text) };
            self.city.register().submit(submission).unwrap();
        };
        puts(draft.over(&before));
        let done = what(self);
        puts(before);
        done
    }

    fn replayed(&self, draft: &Draft, record: Option<DisclosureRecord>) -> Report {
        let register = self.city.register();
        register.batch_disclosures().unwrap();
        register.publish().unwrap();
        let source = FolderSource::new(register.log_folder());
        let records = || record.clone().map(|record| Box::new(std::iter::once(Ok(record))) as _);
        let (audit, replay) = audit_before(&source, None, None, || Replay::new(draft, records())).unwrap();
        replay.finish(&audit.state, audit.log.root, &Minutes::default()).unwrap()
    }
}

fn named(refusal: &norms::Refusal) -> BTreeSet<String> {
    refusal.grounds.iter().map(|ground| ground.policy.to_string()).collect()
}

/// What happens in a step; some of it is refused, in both cities alike.
fn happens(step: u64, dice: u64, now: Timestamp) -> (&'static str, Command) {
    let until = now + Span::hours(u32::try_from(dice >> 8 & 63).unwrap() + 6);
    let statement = |kind: &str, about: &str| {
        format!(
            r#"{{"do":"file-evidence","with":{{"id":"e{step}","about":{about},"kind":"{kind}","on":"{now}","until":"{until}",
            "signed_by":"office","summary":"x"}}}}"#
        )
    };
    let deployment = r#"{"what":"deployment","id":"congestion"}"#;
    let (by, text) = match dice % 9 {
        0 | 1 => ("office", statement("notice", deployment)),
        2 => ("office", statement("policy", r#"{"what":"city"}"#)),
        3 => ("office", statement("test", deployment)),
        4 => ("council", r#"{"do":"suspend","with":{"deployment":"congestion"}}"#.to_owned()),
        5 | 6 => ("city", r#"{"do":"activate","with":{"deployment":"congestion"}}"#.to_owned()),
        7 => {
            let view = VIEW.replace("\"version\":1", &format!("\"version\":{}", step + 2));
            ("city", view.replace("\"minimum\":10", &format!("\"minimum\":{}", 10 + dice % 8)))
        }
        _ => ("office", format!(r#"{{"do":"withdraw-evidence","with":{{"evidence":"e{}"}}}}"#, step.saturating_sub(2))),
    };
    (by, serde_json::from_str(&text).unwrap())
}

/// How often each answer was given: taken, not taken, let, not let.
#[derive(Debug, Default)]
struct Given {
    taken: u32,
    stopped: u32,
    left: u32,
    kept_back: u32,
}

fn live(seed: u64, given: &mut Given) {
    let dice = SeededBytes::new(seed);
    let bits = dice.next_u64();
    let chosen = NORMS.iter().enumerate().filter(|(bit, _)| bits >> bit & 3 == 3 || *bit as u64 == seed % 10);
    let draft = draft(&chosen.map(|(_, (id, action, unless))| norm(id, action, unless)).collect::<String>(), &[]);
    let (without, with) = (Running::declared(), Running::declared());
    for step in 0..STEPS {
        let passes = Span::hours(1 + u32::try_from(dice.next_u64() % 60).unwrap());
        let (roll, back) = (dice.next_u64(), Span::hours(1 + u32::try_from(dice.next_u64() % 90).unwrap()));
        let both = [&without, &with].map(|city| {
            city.clock.advance(passes);
            city.city.tick().unwrap();
            let (by, command) = happens(step, roll, city.now());
            let done = city.submit(by, command);
            // The register changes for the deployment, so that the replay looks at it at this instant.
            let mark = format!(
                r#"{{"do":"file-evidence","with":{{"id":"mark{step}","about":{{"what":"deployment","id":"congestion"}},"kind":"mark",
                "on":"{}","signed_by":"office","summary":"x"}}}}"#,
                city.now()
            );
            assert!(city.submit("office", serde_json::from_str(&mark).unwrap()));
            (done, city.takes(), city.lets(back))
        });
        let [(done, takes, lets), (other_done, other_takes, other_lets)] = both;
        assert_eq!(
            (done, &takes, lets.is_ok()),
            (other_done, &other_takes, other_lets.is_ok()),
            "the lives are the same"
        );
        let (may_take, may_leave) = with.under(&draft, |city| (city.takes(), city.lets(back)));

        let what =
            format!("seed {seed}, step {step}, {:?} {may_take:?} {may_leave:?}", happens(step, roll, without.now()));
        let report = without.replayed(&draft, None);
        let stop = report.streams.stops.iter().find(|stop| stop.name == "wifi" && stop.at_the_end);
        assert_eq!(stop.is_some(), takes.is_ok() && may_take.is_err(), "{what}: {stop:?}");
        given.taken += u32::from(takes.is_ok() && may_take.is_ok());
        given.stopped += u32::from(stop.is_some());
        let Ok(record) = lets else { continue };
        assert_eq!(other_lets.as_ref().map(|other| other.window), Ok(record.window), "the question is the same");
        let report = without.replayed(&draft, Some(record));
        let counts = report.disclosures[0].counts.unwrap();
        assert_eq!((counts.allowed, counts.total(), counts.unknown), (u64::from(may_leave.is_ok()), 1, 0), "{what}");
        given.left += u32::from(may_leave.is_ok());
        given.kept_back += u32::from(may_leave.is_err());
    }
    assert!(without.city.register().next_disclosure() > Seq(0));
}

#[test]
fn a_replay_says_of_streams_and_disclosures_what_a_running_city_does_under_the_draft() {
    let mut given = Given::default();
    for seed in 0..LIVES {
        live(seed, &mut given);
    }
    // Both answers of both kinds were given often enough for the sameness to mean something.
    let Given { taken, stopped, left, kept_back } = given;
    assert!(taken + stopped + left + kept_back > 300, "{given:?}");
    assert!([taken, stopped, left, kept_back].into_iter().all(|times| times >= 30), "{given:?}");
}
