//! The table of roles, walked whole: every command asked for by every role.

use hub::HubError;
use hub::act::{
    Act, AmendmentDecided, AmendmentRef, Answer, Decision, MembershipEnded, Outcome, RoleSet, Stance, What,
};
use hub::audit::{AuditFailure, audit};
use hub::case::CaseOutcome;
use hub::command::Command;
use hub::decide::Refusal;
use hub::member::{PublicLog, Role};
use hub::roles::{Action, TABLE, action, action_of, may};
use hub::simulate::GeneratedLog;
use hub::state::State;
use model::Digest;

use crate::world::{World, clause, person, personal, reasons, text_change};

/// One command of each kind.
fn every_command() -> Vec<Command> {
    let draft = || "core".parse().unwrap();
    let id = || person("somebody");
    let member = || "city-a".parse().unwrap();
    let log = PublicLog { address: "https://city-a.example".to_owned(), key: "no key".to_owned() };
    let at = |text: &str| text.parse().unwrap();
    vec![
        Command::AdmitMembers { members: Vec::new(), reasons: reasons() },
        Command::EndMembership { member: "nobody".parse().unwrap(), reasons: reasons() },
        Command::NameLog { member: member(), log, reasons: reasons() },
        Command::NamePerson {
            person: id(),
            member: member(),
            role: Role::Member,
            who: personal("N."),
            reasons: reasons(),
        },
        Command::SetRole { person: id(), role: None, reasons: reasons() },
        Command::IssueCredential { person: id(), credential: Digest::new([1; 32]), reasons: reasons() },
        Command::OpenDraft {
            draft: draft(),
            title: "T".parse().unwrap(),
            pack: "global-core".to_owned(),
            reasons: reasons(),
        },
        Command::BeginDraft {
            draft: "fresh".parse().unwrap(),
            title: "T".parse().unwrap(),
            beginning: crate::brought::beginning(&[]),
            reasons: reasons(),
        },
        Command::Propose { draft: draft(), clause: clause(), change: text_change("x"), why: "y".parse().unwrap() },
        Command::WithdrawAmendment { amendment: 0 },
        Command::Argue { amendment: 0, stance: Stance::For, words: "w".parse().unwrap() },
        Command::Endorse { amendment: 0, for_member: false, endorsed: true },
        Command::Endorse { amendment: 0, for_member: true, endorsed: true },
        Command::State { draft: draft(), words: "w".parse().unwrap() },
        Command::Answer { statement: 0, answer: Answer::Agree },
        Command::AnnounceWorkshop {
            draft: draft(),
            title: "T".parse().unwrap(),
            place: "P".parse().unwrap(),
            begins: at("2026-12-01T08:00:00Z"),
            ends: at("2026-12-01T09:00:00Z"),
        },
        Command::FileMinutes { workshop: 0, minutes: "m".parse().unwrap() },
        Command::PublishModerationPolicy { text: "t".parse().unwrap(), reasons: reasons() },
        Command::Hide { entry: 0, reasons: reasons() },
        Command::Restore { entry: 0, reasons: reasons() },
        Command::Erase { entry: 0, reasons: reasons() },
        Command::BeginConsolidation { draft: "other".parse().unwrap(), reasons: reasons() },
        Command::DecideAmendment { amendment: 0, outcome: Outcome::Accepted, reasons: reasons() },
        Command::Consolidate { draft: draft(), version: "0.2.0".to_owned(), reasons: reasons() },
        Command::Release { draft: "other".parse().unwrap(), reasons: reasons() },
        Command::WithdrawVersion { version: 0, reasons: reasons() },
        Command::CorrectVersion { version: 0, by: 1, reasons: reasons() },
        Command::AgreeToPilot { draft: "other".parse().unwrap(), reasons: reasons() },
        Command::EndPilot { draft: "other".parse().unwrap(), reasons: reasons() },
        Command::FileCase { case: Box::new(crate::cases::filing("A case")) },
        Command::ContinueCase { case: 0, outcome: CaseOutcome::Adopted, words: "w".parse().unwrap() },
        Command::WithdrawCase { case: 0, reasons: reasons() },
    ]
}

#[test]
fn every_command_is_refused_to_every_role_that_the_table_does_not_name_and_to_no_other() {
    let world = World::new();
    let (mut allowed, mut refused) = (0, 0);
    for command in every_command() {
        for (by, role) in [
            ("secretariat", Role::Secretariat),
            ("editor", Role::Editor),
            ("member", Role::Member),
            ("observer", Role::Observer),
        ] {
            let outcome = world.ask(by, &command);
            let by_table = matches!(outcome, Err(HubError::Refused(Refusal::Role { .. })));
            assert_eq!(by_table, !may(role, action(&command)), "{by}: {command:?}: {outcome:?}");
            if by_table { refused += 1 } else { allowed += 1 }
        }
        let nobody = world.ask("nobody", &command);
        assert!(matches!(nobody, Err(HubError::Refused(Refusal::Nobody(_)))), "{command:?}: {nobody:?}");
    }
    assert_eq!((allowed, refused), (60, 68));
    // Every action is in the table once, and what an observer may do is nothing.
    let actions: std::collections::BTreeSet<Action> = TABLE.iter().map(|(action, _)| *action).collect();
    assert_eq!(actions.len(), TABLE.len());
    assert!(TABLE.iter().all(|(action, _)| !may(Role::Observer, *action)));
}

#[test]
fn whoever_loses_a_role_or_a_membership_may_do_nothing_any_more() {
    let world = World::new();
    let state = || Command::State { draft: "core".parse().unwrap(), words: "w".parse().unwrap() };
    world.by("member", state());
    world.by("secretariat", Command::SetRole { person: person("member"), role: None, reasons: reasons() });
    assert!(matches!(world.ask("member", &state()), Err(HubError::Refused(Refusal::Nobody(_)))));
    world.by("neighbour", state());
    world.by("secretariat", Command::EndMembership { member: "resident-1".parse().unwrap(), reasons: reasons() });
    assert!(matches!(world.ask("neighbour", &state()), Err(HubError::Refused(Refusal::Nobody(_)))));
    // The secretariat cannot end its own, so that somebody is always there.
    let own = Command::EndMembership { member: "secretariat".parse().unwrap(), reasons: reasons() };
    assert!(matches!(world.ask("secretariat", &own), Err(HubError::Refused(Refusal::Own))));
    let own = Command::SetRole { person: person("secretariat"), role: None, reasons: reasons() };
    assert!(matches!(world.ask("secretariat", &own), Err(HubError::Refused(Refusal::Own))));
}

#[test]
fn nobody_decides_an_amendment_of_their_own_and_no_decision_is_written_without_reasons() {
    let world = World::new();
    let own = world.amend("editor", text_change("Approvals end."));
    let decide = |amendment| Command::DecideAmendment { amendment, outcome: Outcome::Accepted, reasons: reasons() };
    assert!(matches!(world.ask("editor", &decide(own)), Err(HubError::Refused(Refusal::Own))));
    let mut json = serde_json::to_value(decide(own)).unwrap();
    for nothing in ["", "  \n", "\u{0}"] {
        json["reasons"] = nothing.into();
        assert!(serde_json::from_value::<Command>(json.clone()).is_err(), "{nothing:?}");
    }
    json.as_object_mut().unwrap().remove("reasons");
    assert!(serde_json::from_value::<Command>(json).is_err());
}

#[test]
fn an_organisation_is_endorsed_for_by_those_who_speak_for_it_and_no_resident_is_one() {
    let world = World::new();
    let amendment = world.amend("member", text_change("Approvals end."));
    let endorse = |for_member, endorsed| Command::Endorse { amendment, for_member, endorsed };
    world.by("editor", endorse(true, true));
    world.by("editor", endorse(false, true));
    world.by("neighbour", endorse(false, true));
    assert!(matches!(world.ask("neighbour", &endorse(true, true)), Err(HubError::Refused(Refusal::NoOrganisation))));
    assert_eq!(world.ask("editor", &endorse(true, true)).unwrap(), Vec::<u64>::new(), "once is enough");
    let state = world.hub.state();
    let known = &state.amendments[&amendment];
    assert_eq!((known.organisations.len(), known.persons.len()), (1, 2));
    world.by("editor", endorse(true, false));
    assert!(world.hub.state().amendments[&amendment].organisations.is_empty());
}

/// How many of the acts, and of the roles, the table lets be, and how many not.
const MAYS: usize = 69;
const MAY_NOTS: usize = 79;

/// What an act is refused for, by the fold of a hub's log.
fn refused(world: &World, by: &str, what: &What) -> Option<&'static str> {
    let state = world.hub.state();
    let act = Act { at: state.last_at.unwrap(), by: person(by), what: what.clone() };
    State::clone(&state).apply(&act).err().map(|error| error.why)
}

#[test]
fn a_log_in_which_somebody_did_what_their_role_may_not_does_not_fold() {
    let world = World::new();
    let (mut mays, mut may_nots) = (0, 0);
    for line in include_str!("acts.jsonl").lines() {
        let what = Act::from_bytes(line.as_bytes()).unwrap().what;
        if matches!(what, What::HubFounded(_)) {
            continue;
        }
        for (by, role) in [
            ("secretariat", Role::Secretariat),
            ("editor", Role::Editor),
            ("member", Role::Member),
            ("observer", Role::Observer),
        ] {
            let by_table = refused(&world, by, &what).is_some_and(|why| why.contains("a role that may not"));
            assert_eq!(by_table, !may(role, action_of(&what)), "{by}: {line}");
            if by_table { may_nots += 1 } else { mays += 1 }
        }
    }
    assert_eq!((mays, may_nots), (MAYS, MAY_NOTS));
}

#[test]
fn a_log_in_which_somebody_decided_their_own_does_not_verify() {
    let world = World::new();
    let own = world.amend("editor", text_change("Approvals end."));
    let decision = |by: &str| Decision { decider: person(by), reasons: reasons() };
    let decided = |amendment| {
        What::AmendmentDecided(AmendmentDecided { amendment, outcome: Outcome::Accepted, decision: decision("editor") })
    };
    let role = RoleSet { person: person("secretariat"), role: None, decision: decision("secretariat") };
    let ended = MembershipEnded { member: "secretariat".parse().unwrap(), decision: decision("secretariat") };
    for (by, what) in
        [("editor", decided(own)), ("secretariat", What::RoleSet(role)), ("secretariat", What::MembershipEnded(ended))]
    {
        assert!(refused(&world, by, &what).is_some_and(|why| why.contains("their own")), "{by}");
        // Whoever has the hub's key can sign such a log; whoever reads it finds it.
        let act = Act { at: world.hub.state().last_at.unwrap(), by: person(by), what };
        let mut entries: Vec<Vec<u8>> =
            (0..world.hub.state().size).map(|entry| world.hub.entry(entry).unwrap().unwrap()).collect();
        let key = journal::files::signing_key(&world.dir().join("keys").join("log.key")).unwrap();
        assert!(audit(&GeneratedLog::new(entries.clone(), &key).unwrap(), None, None).is_ok());
        entries.push(act.to_bytes().unwrap());
        let log = GeneratedLog::new(entries, &key).unwrap();
        assert!(matches!(audit(&log, None, None), Err(AuditFailure::Apply(_))), "{by}");
    }
    let taken_back = What::AmendmentWithdrawn(AmendmentRef { amendment: own });
    assert!(refused(&world, "member", &taken_back).is_some_and(|why| why.contains("whoever proposed it")));
    assert_eq!(refused(&world, "editor", &taken_back), None);
    let others = world.amend("member", text_change("Approvals end soon."));
    assert_eq!(refused(&world, "editor", &decided(others)), None);
}

/// What people do for themselves: they answer for it, and nobody decides anything about others.
const THEIR_OWN: [&str; 10] = [
    "amendment-proposed/1",
    "amendment-proposed/2",
    "amendment-withdrawn/1",
    "argument-made/1",
    "endorsement-set/1",
    "statement-made/1",
    "statement-answered/1",
    "case-filed/1",
    "case-filed/2",
    "case-continued/1",
];
/// What is told and decides nothing.
const TOLD: [&str; 3] = ["hub-founded/1", "workshop-announced/1", "minutes-filed/1"];
/// Decisions as they were written before each needed reasons.
const FIRST: [&str; 4] = ["member-log-named/1", "person-named/1", "credential-issued/1", "case-withdrawn/1"];

#[test]
fn every_kind_of_act_that_decides_says_who_and_why_and_none_of_it_is_asked_for_without_reasons() {
    let (mut decided, mut seen) = (0, Vec::new());
    for line in include_str!("acts.jsonl").lines() {
        let act: serde_json::Value = serde_json::from_str(line).unwrap();
        let kind = act["what"]["kind"].as_str().unwrap();
        seen.push(kind.to_owned());
        let decision = &act["what"]["body"]["decision"];
        if THEIR_OWN.contains(&kind) || TOLD.contains(&kind) || FIRST.contains(&kind) {
            assert!(decision.is_null(), "{kind}");
            continue;
        }
        assert_eq!(decision["decider"], act["by"], "{kind}: who did it");
        assert!(!decision["reasons"].as_str().unwrap().is_empty(), "{kind}: why");
        // Without the one or the other, or with another decider, no log holds it.
        for field in ["decider", "reasons"] {
            let mut without = act.clone();
            without["what"]["body"]["decision"].as_object_mut().unwrap().remove(field);
            assert!(Act::from_bytes(without.to_string().as_bytes()).is_err(), "{kind} without {field}");
        }
        let what = Act::from_bytes(line.as_bytes()).unwrap().what;
        assert!(hub::say::decided(&what).is_some(), "{kind} is in the log of decisions, in words");
        decided += 1;
    }
    assert_eq!(seen, What::KINDS);
    assert_eq!(decided, What::KINDS.len() - THEIR_OWN.len() - TOLD.len() - FIRST.len());
    // No command that decides can be asked for without reasons, or with empty ones.
    let own = [Action::Propose, Action::TakePart, Action::SpeakForMember, Action::KeepWorkshops];
    let mut asked = 0;
    for command in every_command() {
        let mut json = serde_json::to_value(&command).unwrap();
        let files = matches!(command, Command::FileCase { .. } | Command::ContinueCase { .. });
        if own.contains(&action(&command)) || files {
            assert!(json.get("reasons").is_none(), "{json}");
            continue;
        }
        for nothing in ["", " \n"] {
            json["reasons"] = nothing.into();
            assert!(serde_json::from_value::<Command>(json.clone()).is_err(), "{json}");
        }
        json.as_object_mut().unwrap().remove("reasons");
        assert!(serde_json::from_value::<Command>(json.clone()).is_err(), "{json}");
        asked += 1;
    }
    assert!(asked >= 18, "{asked}");
}

#[test]
fn what_a_hub_decided_about_its_people_stands_in_the_log_of_decisions_and_an_old_log_folds_as_before() {
    let world = World::new();
    let log = PublicLog {
        address: "https://city-a.example".to_owned(),
        key: world.hub.state().founded.as_ref().unwrap().log_key.clone(),
    };
    let why = |words: &str| words.parse().unwrap();
    let member = "city-a".parse().unwrap();
    world.by("secretariat", Command::NameLog { member, log, reasons: why("The city asked for it.") });
    let credential = Digest::new([7; 32]);
    let reasons = why("Their first.");
    world.by("secretariat", Command::IssueCredential { person: person("member"), credential, reasons });
    let state = world.hub.state();
    let said: Vec<(String, String)> = state
        .decisions
        .iter()
        .map(|decided| (decided.what.clone(), format!("{}: {}", decided.decision.decider, decided.decision.reasons)))
        .collect();
    let has = |what: &str, why: &str| said.iter().any(|(told, who)| told.contains(what) && who == why);
    assert!(
        has("the public log of city-a is https://city-a.example", "secretariat: The city asked for it."),
        "{said:?}"
    );
    assert!(has("member gets a token", "secretariat: Their first."), "{said:?}");
    assert!(has("editor speaks for city-a from now on, as editor", "secretariat: because it was agreed"), "{said:?}");
    // The same log as it was written before: the same members, people and tokens, and fewer decisions.
    let mut old = State::default();
    for entry in 0..state.size {
        let bytes = world.hub.entry(entry).unwrap().unwrap();
        let mut act: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let kind = act["what"]["kind"].as_str().unwrap().to_owned();
        if let Some(first) = kind.strip_suffix("/2").filter(|first| *first != "case-filed") {
            act["what"]["kind"] = format!("{first}/1").into();
            act["what"]["body"].as_object_mut().unwrap().remove("decision");
        }
        old.apply(&Act::from_bytes(act.to_string().as_bytes()).unwrap()).unwrap();
    }
    assert_eq!((&old.members, &old.people), (&state.members, &state.people));
    assert!(old.decisions.len() + 5 <= state.decisions.len());
}
