//! What a replay says of an act is what a city says that has adopted the draft, on the same facts.

use model::policy::PolicyText;
use model::{DisclosureRecord, Span, Timestamp};
use norms::{DiscloseFast, DiscloseQuestion};
use proptest::prelude::*;
use register::audit::{Audit, Onlooker, audit_before};
use register::decide::Refusal;
use register::{Adopting, Adoption, Command, Submission, SubmitError, circumstances};

use super::world::{DECLARED, VIEW, World, base, draft, norm, submission};
use crate::pilot::report::{Act, Outcome};
use crate::pilot::{Draft, Minutes, Replay, inside};

/// The norms that a draft may have.
const NORMS: [(&str, &str, &str); 12] = [
    ("short", "propose", "resource.lifetimeDays <= 400"),
    ("notice", "activate", "resource.evidence.contains(\"notice\")"),
    ("city-policy", "approve", "resource.cityEvidence.contains(\"policy\")"),
    ("briefly", "approve", "context.spanDays <= 30"),
    ("many", "declare-view", "resource.minimum >= 15"),
    ("hourly", "declare-view", "resource.binSeconds >= 3600"),
    ("deletes", "agree-grant", "resource.duties.contains(\"delete-on-expiry\")"),
    ("no-vendors", "register-party", "resource.kind != \"vendor\""),
    ("officers-stop", "suspend", "principal.kind == \"officer\""),
    ("founder-adopts", "adopt-policy", "principal.founder"),
    ("own-filings", "file-evidence", "resource.kind != \"policy\" || principal.kind == \"officer\""),
    ("tokens", "issue-credential", "resource.ofDevice"),
];

/// Something that was asked for and done, when, and by which entry.
struct Done {
    submission: Submission,
    at: Timestamp,
    entry: u64,
}

fn draft_of(bits: u16) -> Draft {
    let chosen = NORMS.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1 || *bit == 0);
    draft(&chosen.map(|(_, (id, action, unless))| norm(id, action, unless)).collect::<String>(), &[])
}

/// What may be asked for in a step.
fn asked(kind: u8, how: u8, now: Timestamp) -> Submission {
    let until = now + Span::days(u32::from(how % 60) + 1);
    let by = ["city", "office", "council", "lab"][usize::from(how) % 4];
    match kind % 12 {
        0 => {
            let of = ["vendor", "officer", "company"][usize::from(how) % 3];
            submission(
                "city",
                &format!(
                    r#"{{"do":"register-party","with":{{"party":{{"id":"p{how}","name":"x","kind":"{of}"}},"contact":{{"contact-name":"A. Person"}}}}}}"#
                ),
            )
        }
        1 => submission(
            "council",
            &format!(r#"{{"do":"approve","with":{{"deployment":"congestion","until":"{until}"}}}}"#),
        ),
        2 => submission(by, r#"{"do":"suspend","with":{"deployment":"congestion"}}"#),
        3 => submission("city", r#"{"do":"activate","with":{"deployment":"congestion"}}"#),
        4 => {
            let (version, minimum) = (2 + how, 10 + how % 10);
            let view = VIEW.replace("\"version\":1", &format!("\"version\":{version}"));
            submission("city", &view.replace("\"minimum\":10", &format!("\"minimum\":{minimum}")))
        }
        5 => {
            let duty = ["no-reidentification", "delete-on-expiry"][usize::from(how) % 2];
            submission(
                "city",
                &format!(
                    r#"{{"do":"agree-grant","with":{{"id":"g{how}","recipient":"lab","stream":"wifi","view":"counts","purpose":"traffic-management",
                "until":"{until}","duties":["no-reidentification","{duty}"]}}}}"#
                ),
            )
        }
        6 | 7 => {
            let kind = ["notice", "policy"][usize::from(how) % 2];
            let about = [r#"{"what":"city"}"#, r#"{"what":"deployment","id":"congestion"}"#][usize::from(how / 2) % 2];
            submission(
                by,
                &format!(
                    r#"{{"do":"file-evidence","with":{{"id":"e{how}","about":{about},"kind":"{kind}","on":"{now}","until":"{until}","signed_by":"{by}","summary":"x"}}}}"#
                ),
            )
        }
        8 => submission(
            "city",
            &format!(
                r#"{{"do":"set-device-credential","with":{{"device":"s1","credential":"{}"}}}}"#,
                model::Digest::new([how; 32])
            ),
        ),
        9 => submission("council", &format!(r#"{{"do":"withdraw-evidence","with":{{"evidence":"e{how}"}}}}"#)),
        10 => {
            let mut text = base();
            text.permits.push_str(&format!("// {how}\n"));
            Submission { command: Command::AdoptPolicy(text), ..submission(by, VIEW) }
        }
        _ => submission(
            "city",
            &format!(
                r#"{{"do":"register-place","with":{{"id":"x{how}","name":"x","geometry":{{"type":"Point","coordinates":[1,2]}}}}}}"#
            ),
        ),
    }
}

/// A life of a city without the draft: the declared one, then steps. Only what was done is kept.
fn lived(steps: &[(u8, u8, u16)]) -> (World, Vec<Done>) {
    let world = World::founded(true);
    let mut done = Vec::new();
    let mut ask = |submission: Submission| {
        let at = world.register.now();
        if let Ok(receipt) = world.register.submit(submission.clone())
            && let Some(entry) = receipt.entries.first().copied()
        {
            done.push(Done { submission, at, entry });
        }
    };
    for (by, command) in DECLARED {
        ask(submission(by, command));
    }
    for (kind, how, hours) in steps {
        world.clock.advance(Span::hours(u32::from(*hours)));
        ask(asked(*kind, *how, world.register.now()));
    }
    (world, done)
}

/// The command of a city that adopts the draft over what it has in force, as `ordinance adopt` makes it.
fn adopts(draft: &Draft, text: &PolicyText) -> Command {
    Command::AdoptFrom(Adopting::unreleased(Adoption::over(text, &draft.layers).text, "a draft".to_owned()))
}

/// What a city says that did all before and then adopted the draft.
fn said(draft: &Draft, before: &[Done], asked: &Done) -> (Outcome, Vec<String>) {
    let world = World::founded(true);
    for done in before {
        world.clock.set(done.at);
        world.register.submit(done.submission.clone()).unwrap();
    }
    world.clock.set(asked.at);
    world.register.tick().unwrap();
    let text = world.register.state().policy.as_ref().unwrap().text.clone();
    let adopt = Submission { command: adopts(draft, &text), ..submission("city", VIEW) };
    world.register.submit(adopt).unwrap();
    let mut submission = asked.submission.clone();
    if let Command::AdoptPolicy(text) = &submission.command {
        submission.command = adopts(draft, text);
    }
    let of = |refusal: &norms::Refusal| refusal.grounds.iter().map(|ground| ground.policy.to_string()).collect();
    match world.register.submit(submission) {
        Ok(_) => (Outcome::Allowed, Vec::new()),
        Err(SubmitError::Refused(Refusal::Norm(why))) => (Outcome::Refused, of(&why)),
        Err(SubmitError::Refused(Refusal::View { why, .. })) => match *why {
            Refusal::Norm(why) => (Outcome::Changed, of(&why)),
            _ => (Outcome::Changed, Vec::new()),
        },
        Err(SubmitError::Refused(_)) => (Outcome::Refused, Vec::new()),
        Err(error) => panic!("{error}"),
    }
}

fn replayed(world: &World, draft: &Draft) -> (Audit, Vec<Act>) {
    let (audit, replay) = audit_before(&world.publish(), None, None, || Replay::new(draft, None)).unwrap();
    let each = replay.each().to_vec();
    (audit, each)
}

/// Compares each act from one on, and gives how many of them were not simply allowed.
fn compared(bits: u16, steps: &[(u8, u8, u16)], first: usize) -> usize {
    let draft = draft_of(bits);
    let (world, done) = lived(steps);
    let (_, each) = replayed(&world, &draft);
    let mut other = 0;
    for (at, one) in done.iter().enumerate().skip(first) {
        let Some(answer) = each.iter().find(|act| act.entry == one.entry) else {
            panic!("entry {} was not asked about", one.entry)
        };
        let (outcome, against) = said(&draft, &done[..at], one);
        assert_eq!(
            (answer.outcome, &answer.against),
            (outcome, &against),
            "entry {}: {:?}",
            one.entry,
            one.submission.command
        );
        other += usize::from(outcome != Outcome::Allowed);
    }
    other
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn a_replay_says_of_each_act_what_a_city_says_that_has_adopted_the_draft(
        bits in any::<u16>(),
        steps in proptest::collection::vec((any::<u8>(), any::<u8>(), 0_u16..200), 1..14)
    ) {
        compared(bits, &steps, DECLARED.len());
    }
}

#[test]
fn a_replay_and_a_city_refuse_the_same() {
    let steps: Vec<(u8, u8, u16)> = (0_u8..24).map(|step| (step, step.wrapping_mul(37), 5)).collect();
    let other = compared(0xffff, &steps, 0);
    assert!(other >= 6, "only {other} acts were refused, which tries little");
}

/// Nobody may be told of an act twice.
#[test]
fn an_onlooker_sees_each_act_once_with_the_register_before_it() {
    struct Sizes(Vec<(u64, u64)>);
    impl Onlooker for Sizes {
        fn sees(&mut self, before: &register::State, entry: u64, _: &model::Act) {
            self.0.push((before.size, entry));
        }
    }
    let world = World::declared();
    let (audit, sizes) = audit_before(&world.publish(), None, None, || Sizes(Vec::new())).unwrap();
    assert_eq!(sizes.0, (0..audit.log.size).map(|entry| (entry, entry)).collect::<Vec<_>>());
}

/// Whether a city that did all before and then adopted the draft lets a record leave, by Cedar itself.
fn is_let(draft: &Draft, before: &[Done], record: &DisclosureRecord) -> bool {
    let world = World::founded(true);
    for done in before {
        world.clock.set(done.at);
        world.register.submit(done.submission.clone()).unwrap();
    }
    world.clock.set(record.at);
    world.register.tick().unwrap();
    let text = world.register.state().policy.as_ref().unwrap().text.clone();
    let adopt = Submission { command: adopts(draft, &text), ..submission("city", VIEW) };
    world.register.submit(adopt).unwrap();
    let (state, bundle) = (world.register.state(), world.register.bundle().unwrap());
    let grant = &state.grants[&record.grant];
    let (deployment, stream) = state.stream(&record.stream).unwrap();
    let question = DiscloseQuestion {
        recipient: &state.parties[&record.recipient].party,
        grant: Some(grant),
        view: &state.views[&(record.stream.clone(), record.view.clone())],
        record: deployment,
        stream,
        order: None,
        purpose: record.purpose,
        founder: state.founder(),
        around: &circumstances::of_deployment(&state, deployment, record.at),
    };
    let oldest = record.at.since(record.window.start);
    let fast = DiscloseFast { now: record.at, oldest, senior_authorisation: false };
    bundle.decide_disclose(&question, &fast).is_allowed()
}

/// What happens between disclosures: a renewed approval, a statement, a view that tells less, and nothing.
fn happens(step: u32, now: Timestamp) -> Option<Submission> {
    let until = now + Span::days(40);
    Some(match step {
        1 => submission(
            "council",
            &format!(r#"{{"do":"approve","with":{{"deployment":"congestion","until":"{until}"}}}}"#),
        ),
        2 => submission(
            "office",
            &format!(
                r#"{{"do":"file-evidence","with":{{"id":"n","about":{{"what":"deployment","id":"congestion"}},"kind":"notice",
                "on":"{now}","until":"{}","signed_by":"office","summary":"x"}}}}"#,
                now + Span::days(3)
            ),
        ),
        4 => submission(
            "city",
            &VIEW.replace("\"version\":1", "\"version\":2").replace("\"minimum\":10", "\"minimum\":20"),
        ),
        _ => return None,
    })
}

#[test]
fn of_each_disclosure_a_replay_says_what_a_city_says_that_has_adopted_the_draft() {
    let world = World::declared();
    let mut done: Vec<Done> = Vec::new();
    for (step, (by, command)) in (1..).zip(DECLARED) {
        let at = super::world::start() + Span::minutes(step);
        done.push(Done { submission: submission(by, command), at, entry: 0 });
    }
    let cedar = norm("near", "disclose", "context.oldestSeconds <= 172800 || resource.minimum >= 20")
        + &norm("told", "disclose", "resource.evidence.contains(\"notice\") || context.oldestSeconds <= 3600")
        + &norm("while-approved", "disclose", "context.now <= resource.deploymentEnds");
    let draft = draft(&cedar, &[]);
    let mut expected = Vec::new();
    for step in 0..6 {
        world.pass(Span::days(2));
        if let Some(submission) = happens(step, world.register.now()) {
            world.register.submit(submission.clone()).unwrap();
            done.push(Done { submission, at: world.register.now(), entry: 0 });
        }
        world.pass(Span::hours(1));
        for back in [1, 40, 80] {
            world.disclose(Span::hours(back));
            let seq = world.register.next_disclosure().0 - 1;
            let record = world.register.disclosure_records(model::Seq(seq), 1).unwrap().remove(0);
            expected.push((is_let(&draft, &done, &record), record));
        }
    }
    let source = world.publish();
    for (is_let, record) in &expected {
        let alone = || Replay::new(&draft, Some(Box::new(std::iter::once(Ok(record.clone())))));
        let (audit, replay) = audit_before(&source, None, None, alone).unwrap();
        let report = replay.finish(&audit.state, audit.log.root, &Minutes::default()).unwrap();
        let counts = report.disclosures[0].counts.unwrap();
        assert_eq!((counts.allowed, counts.total()), (u64::from(*is_let), 1), "{record:?}");
    }
    let report = inside(&source, &world.journal(), &draft, &Minutes::default()).unwrap();
    let counts = report.disclosures[0].counts.unwrap();
    let allowed = expected.iter().filter(|(is_let, _)| *is_let).count() as u64;
    assert_eq!((counts.allowed, counts.refused + counts.changed), (allowed, 18 - allowed));
    assert!((4..15).contains(&allowed), "both were tried: {allowed}");
    assert_eq!(counts.unknown, 0);
}
