//! What the log folds to: the same at every replay, in the order of co-design, and nothing without an act.

use std::sync::Arc;

use hub::act::{
    Act, Answer, CaseRef, CaseWithdrawn, CredentialIssued, CredentialIssuedFirst, MemberLogNamed, MemberLogNamedFirst,
    Outcome, PersonNamed, PersonNamedFirst, Stance, What,
};
use hub::command::Command;
use hub::decide::{OWN_ARGUMENTS_MAX, OWN_STATEMENTS_MAX, OWN_WAITING_MAX, Prepared, Refusal, STATEMENTS_MAX, decide};
use hub::state::{Phase, Stage};
use hub::{Hub, HubError, State};
use model::{RequirementId, Sealed, Span};
use proptest::prelude::*;
use testkit::SeededBytes;

use crate::world::{World, clause, person, personal, reasons, text_change, value_change};

/// Folds the log of a hub anew.
fn replayed(hub: &Hub) -> State {
    let mut state = State::default();
    for entry in 0..hub.state().size {
        let act = Act::from_bytes(&hub.entry(entry).unwrap().unwrap()).unwrap();
        state.apply(&act).unwrap();
    }
    state
}

#[test]
fn a_hub_that_is_opened_again_is_the_same_and_its_payloads_are_there() {
    let world = World::new();
    let amendment = world.amend("member", text_change("Approvals end."));
    world.by("neighbour", Command::Argue { amendment, stance: Stance::Against, words: "Too long.".parse().unwrap() });
    let before = State::clone(&world.hub.state());
    assert_eq!(replayed(&world.hub), before);
    let World { folder, hub, clock } = world;
    drop(hub);
    let hub = Hub::open(&folder.path().join("hub"), clock, Arc::new(SeededBytes::new(2))).unwrap();
    assert_eq!(*hub.state(), before);
    let Sealed::Present(fields) = hub.words(amendment).unwrap() else { panic!("the words are there") };
    assert_eq!(hub::sealed::field(&fields, "text"), "Approvals end.");
}

#[test]
fn what_people_write_and_who_they_are_is_in_no_entry_of_the_log() {
    let world = World::new();
    let who = personal("Very Private Name");
    let member = "resident-1".parse().unwrap();
    let (person, role) = (person("other"), hub::member::Role::Member);
    world.by("secretariat", Command::NamePerson { person, member, role, who, reasons: reasons() });
    let amendment = world.amend("member", text_change("Quite unusual words of an amendment."));
    world.by(
        "editor",
        Command::Argue { amendment, stance: Stance::For, words: "Quite unusual argument.".parse().unwrap() },
    );
    for entry in 0..world.hub.state().size {
        let text = String::from_utf8(world.hub.entry(entry).unwrap().unwrap()).unwrap();
        for secret in ["Private Name", "unusual", "A. Name", "It is clearer"] {
            assert!(!text.contains(secret), "entry {entry}: {text}");
        }
    }
}

#[test]
fn a_draft_is_amended_frozen_decided_and_made_a_version_and_everybody_hears_what_became_of_it() {
    let world = World::new();
    let draft: hub::words::DraftId = "core".parse().unwrap();
    let (one, other) =
        (world.amend("member", text_change("Approvals end.")), world.amend("neighbour", value_change("\"365d\"")));
    let freeze = Command::BeginConsolidation { draft: draft.clone(), reasons: reasons() };
    let version =
        |version: &str| Command::Consolidate { draft: draft.clone(), version: version.to_owned(), reasons: reasons() };
    assert!(matches!(world.ask("editor", &version("0.2.0")), Err(HubError::Refused(Refusal::NotFrozen(_)))));
    world.by("editor", freeze);
    let late = Command::Propose {
        draft: draft.clone(),
        clause: crate::world::clause(),
        change: text_change("z"),
        why: "w".parse().unwrap(),
    };
    assert!(matches!(world.ask("member", &late), Err(HubError::Refused(Refusal::Frozen(_)))));
    assert!(matches!(
        world.ask("editor", &version("0.2.0")),
        Err(HubError::Refused(Refusal::Waiting { count: 2, .. }))
    ));
    let decide = |amendment, outcome| Command::DecideAmendment { amendment, outcome, reasons: reasons() };
    world.by("editor", decide(one, Outcome::Accepted));
    world.by("editor", decide(other, Outcome::Rejected));
    assert!(matches!(
        world.ask("editor", &decide(other, Outcome::Accepted)),
        Err(HubError::Refused(Refusal::Closed(_)))
    ));
    for wrong in ["0.1.0", "0.0.9", "x", "0.2"] {
        assert!(matches!(world.ask("editor", &version(wrong)), Err(HubError::Refused(Refusal::Version(_)))), "{wrong}");
    }
    let made = world.by("editor", version("0.2.0"));
    let state = world.hub.state();
    let known = &state.drafts[&draft];
    assert_eq!((known.phase, known.version.as_str(), known.versions.len()), (Phase::Open, "0.2.0", 2));
    let pack = world.hub.pack(&known.document).unwrap();
    assert_eq!(pack.requirements[&crate::world::clause()].text, "Approvals end.");
    assert_eq!(pack.manifest.reference.version.to_string(), "0.2.0");
    assert!(matches!(state.amendments[&one].stage, Stage::Decided { version: Some(entry), .. } if entry == made));
    assert!(
        matches!(&state.amendments[&other].stage, Stage::Decided { version: None, decision, .. } if decision.reasons == reasons())
    );
    assert_eq!(state.amendments[&one].lines.len(), 3, "proposed, decided, in a version");
    assert!(state.took_part[&person("member")].contains(&one));
    assert_eq!(replayed(&world.hub), *state);
}

#[test]
fn two_amendments_of_one_part_are_not_both_accepted_and_what_was_accepted_can_be_rejected_until_it_is_in_a_version() {
    let world = World::new();
    let (one, other) =
        (world.amend("member", text_change("Approvals end.")), world.amend("neighbour", text_change("They end.")));
    let decide = |amendment, outcome| Command::DecideAmendment { amendment, outcome, reasons: reasons() };
    world.by("editor", decide(one, Outcome::Accepted));
    let both = world.ask("editor", &decide(other, Outcome::Accepted));
    assert!(matches!(both, Err(HubError::Refused(Refusal::Overlaps(entry))) if entry == one));
    world.by("editor", decide(one, Outcome::Rejected));
    assert!(matches!(world.ask("editor", &decide(one, Outcome::Accepted)), Err(HubError::Refused(Refusal::Closed(_)))));
    world.by("editor", decide(other, Outcome::Accepted));
    let draft: hub::words::DraftId = "core".parse().unwrap();
    world.by("editor", Command::BeginConsolidation { draft: draft.clone(), reasons: reasons() });
    world.by("editor", Command::Consolidate { draft, version: "0.2.0".to_owned(), reasons: reasons() });
    let late = world.ask("editor", &decide(other, Outcome::Rejected));
    assert!(matches!(late, Err(HubError::Refused(Refusal::Closed(_)))), "it is in a version");
    assert_eq!(replayed(&world.hub), *world.hub.state());
}

#[test]
fn moderation_needs_rules_hides_restores_and_erases_and_the_log_of_it_stays() {
    let world = World::new();
    let amendment = world.amend("member", text_change("Approvals end."));
    let words = "Rude words.".parse().unwrap();
    let argument = world.by("neighbour", Command::Argue { amendment, stance: Stance::For, words });
    let hide = Command::Hide { entry: argument, reasons: reasons() };
    assert!(matches!(world.ask("secretariat", &hide), Err(HubError::Refused(Refusal::NoPolicy))));
    let text = "Be kind.".parse().unwrap();
    world.by("secretariat", Command::PublishModerationPolicy { text, reasons: reasons() });
    world.by("secretariat", hide);
    assert!(world.hub.state().hidden.contains_key(&argument));
    world.by("secretariat", Command::Restore { entry: argument, reasons: reasons() });
    assert!(world.hub.state().hidden.is_empty());
    world.by("secretariat", Command::Erase { entry: argument, reasons: reasons() });
    assert_eq!(world.hub.words(argument).unwrap(), Sealed::Erased);
    let journal = std::fs::read(world.dir().join("journal.db")).unwrap();
    let found = |bytes: &[u8]| bytes.windows(10).any(|window| window == b"Rude words");
    assert!(!found(&journal), "erased down to the disk");
    // What waits for a decision may be hidden, not erased: a decision has to know what it decides.
    let open = Command::Erase { entry: amendment, reasons: reasons() };
    assert!(matches!(world.ask("secretariat", &open), Err(HubError::Refused(Refusal::Standing(_)))));
    world.by("secretariat", Command::Hide { entry: amendment, reasons: reasons() });
    let accept = Command::DecideAmendment { amendment, outcome: Outcome::Accepted, reasons: reasons() };
    assert!(matches!(world.ask("editor", &accept), Err(HubError::Refused(Refusal::Hidden(_)))));
    let state = world.hub.state();
    assert_eq!(state.moderation.len(), 4);
    assert!(state.moderation.iter().all(|line| line.decision.decider == person("secretariat")));
    assert_eq!(replayed(&world.hub), *state);
}

#[test]
fn every_act_is_read_strictly_and_one_that_cannot_follow_is_an_error() {
    let world = World::new();
    world.amend("member", text_change("Approvals end."));
    let mut kinds = std::collections::BTreeSet::new();
    for entry in 0..world.hub.state().size {
        let bytes = world.hub.entry(entry).unwrap().unwrap();
        let act = Act::from_bytes(&bytes).unwrap();
        assert_eq!(act.to_bytes().unwrap(), bytes, "one spelling");
        kinds.insert(act.what.kind());
        let mut json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        json["more"] = 1.into();
        assert!(Act::from_bytes(&serde_json::to_vec(&json).unwrap()).is_err());
        let text = String::from_utf8(bytes).unwrap();
        let kind = act.what.kind();
        let other = format!("{}/9", kind.split('/').next().unwrap());
        assert!(text.contains(kind));
        assert!(
            Act::from_bytes(text.replacen(kind, &other, 1).as_bytes()).is_err(),
            "another version is not guessed at"
        );
        // Whoever or whatever is there already is not entered again; what somebody says may be said twice.
        let again = State::clone(&world.hub.state()).apply(&act);
        assert_eq!(again.is_ok(), matches!(act.what, What::AmendmentProposed(_)), "{text}");
    }
    assert!(kinds.len() >= 5 && kinds.iter().all(|kind| What::KINDS.contains(kind)), "{kinds:?}");
    let huge = vec![b' '; hub::act::ACT_BYTES_MAX + 1];
    assert!(Act::from_bytes(&huge).is_err());
}

/// The act as it was written before its kind had reasons; none where it always had them or never needed any.
fn without_reasons(act: &Act) -> Option<Act> {
    let what = match act.what.clone() {
        What::MemberLogNamed(MemberLogNamed { member, log, .. }) => {
            What::MemberLogNamedFirst(MemberLogNamedFirst { member, log })
        }
        What::PersonNamed(PersonNamed { person, member, role, sealed, .. }) => {
            What::PersonNamedFirst(PersonNamedFirst { person, member, role, sealed })
        }
        What::CredentialIssued(CredentialIssued { person, credential, .. }) => {
            What::CredentialIssuedFirst(CredentialIssuedFirst { person, credential })
        }
        What::CaseWithdrawn(CaseWithdrawn { case, .. }) => What::CaseWithdrawnFirst(CaseRef { case }),
        _ => return None,
    };
    Some(Act { what, ..act.clone() })
}

#[test]
fn a_log_without_reasons_folds_as_it_did_and_after_the_first_that_has_them_none_goes_without() {
    let world = World::new();
    let case = Box::new(crate::cases::filing("Counting phones"));
    let case = world.by("member", Command::FileCase { case });
    world.by("member", Command::WithdrawCase { case, reasons: reasons() });
    let (who, credential) = (person("member"), model::Digest::new([5; 32]));
    world.by("secretariat", Command::IssueCredential { person: who, credential, reasons: reasons() });
    let key = crate::logs::key().vkey().to_string();
    let log = hub::member::PublicLog { address: "https://b.example".to_owned(), key };
    world.by("secretariat", Command::NameLog { member: "city-b".parse().unwrap(), log, reasons: reasons() });
    let acts: Vec<Act> = (0..world.hub.state().size)
        .map(|entry| Act::from_bytes(&world.hub.entry(entry).unwrap().unwrap()).unwrap())
        .collect();
    let places: Vec<usize> = (0..acts.len()).filter(|place| without_reasons(&acts[*place]).is_some()).collect();
    let kinds: std::collections::BTreeSet<_> = places.iter().map(|place| acts[*place].what.kind()).collect();
    assert_eq!(kinds.len(), 4, "{kinds:?}");
    // Up to a place without reasons, and from there on with them; then one more without them.
    let folded = |with_from: usize, without: Option<usize>| {
        let mut state = State::default();
        for (place, act) in acts.iter().enumerate() {
            let bare = place < with_from || without == Some(place);
            let act = without_reasons(act).filter(|_| bare).unwrap_or_else(|| act.clone());
            state.apply(&Act::from_bytes(&act.to_bytes().unwrap()).unwrap())?;
        }
        Ok::<_, hub::state::ApplyError>(state)
    };
    let old = folded(acts.len(), None).unwrap();
    assert_eq!((old.size, &old.members), (acts.len() as u64, &world.hub.state().members));
    for (number, first) in places.iter().enumerate() {
        assert!(folded(*first, None).is_ok(), "a log goes on with reasons at {first}");
        for later in &places[number + 1..] {
            let error = folded(*first, Some(*later)).unwrap_err();
            assert_eq!(error.entry, *later as u64);
            assert!(error.to_string().contains("needs them"), "{error}");
        }
    }
}

/// One who writes much leaves room for the others; what is hidden takes nobody's.
#[test]
fn no_person_uses_up_the_room_of_a_draft() {
    let world = World::new();
    world.by("secretariat", Command::PublishModerationPolicy { text: "Be kind.".parse().unwrap(), reasons: reasons() });
    let amendment = world.amend("member", text_change("Approvals end."));
    let state = || Command::State { draft: "core".parse().unwrap(), words: "s".parse().unwrap() };
    let argue = || Command::Argue { amendment, stance: Stance::For, words: "w".parse().unwrap() };
    let is_own_limit =
        |outcome: Result<Vec<u64>, HubError>| matches!(outcome, Err(HubError::Refused(Refusal::TooManyOwn { .. })));
    let stated: Vec<u64> = (0..OWN_STATEMENTS_MAX).map(|_| world.by("member", state())).collect();
    for _ in 0..OWN_ARGUMENTS_MAX {
        world.by("member", argue());
    }
    assert!(is_own_limit(world.ask("member", &state())) && is_own_limit(world.ask("member", &argue())));
    world.by("neighbour", state());
    world.by("neighbour", argue());
    // What a moderator hides or erases is not given back to whoever wrote it.
    world.by("secretariat", Command::Hide { entry: stated[0], reasons: reasons() });
    world.by("secretariat", Command::Erase { entry: stated[1], reasons: reasons() });
    assert!(is_own_limit(world.ask("member", &state())));
    // It takes no room of all: with everything of theirs out of sight, the draft is as empty as it looks.
    let (entropy, now) = (SeededBytes::new(5), world.hub.state().last_at.unwrap());
    let mut full = State::clone(&world.hub.state());
    let draft = Arc::make_mut(full.drafts.get_mut(&"core".parse().unwrap()).unwrap());
    let crowd: Vec<u64> = (1_000..1_000 + STATEMENTS_MAX as u64).collect();
    draft.statements.extend(&crowd);
    let ask = |state: &State| decide(state, &person("neighbour"), &a_statement(), &Prepared::Nothing, now, &entropy);
    assert!(matches!(ask(&full), Err(Refusal::TooMany(_))));
    full.hidden.extend(crowd.iter().map(|entry| (*entry, 1)));
    assert!(ask(&full).is_ok());
}

/// A statement about the core.
fn a_statement() -> Command {
    Command::State { draft: "core".parse().unwrap(), words: "s".parse().unwrap() }
}

/// A draft that takes no amendment says so before anything is proved.
#[test]
fn a_person_has_so_many_amendments_that_wait_and_a_frozen_draft_takes_none() {
    let world = World::new();
    let amendment = world.amend("member", text_change("Approvals end."));
    let mut full = State::clone(&world.hub.state());
    let known = full.amendments[&amendment].clone();
    let draft = Arc::make_mut(full.drafts.get_mut(&"core".parse().unwrap()).unwrap());
    for entry in 1_000..1_000 + OWN_WAITING_MAX as u64 - 1 {
        draft.amendments.push(entry);
        full.amendments.insert(entry, known.clone());
    }
    let (entropy, now) = (SeededBytes::new(5), full.last_at.unwrap());
    let change = text_change("Approvals end soon.");
    let propose =
        Command::Propose { draft: "core".parse().unwrap(), clause: clause(), change, why: "w".parse().unwrap() };
    let ask = |by: &str| decide(&full, &person(by), &propose, &Prepared::Nothing, now, &entropy);
    assert!(matches!(ask("member"), Err(Refusal::TooManyOwn { most: OWN_WAITING_MAX, .. })));
    // Somebody else gets as far as the amendment, which was not prepared here.
    assert!(matches!(ask("neighbour"), Err(Refusal::Moved)));
    // With a clause that does not exist nothing could be applied; that the draft is frozen is said first.
    world.by("editor", Command::BeginConsolidation { draft: "core".parse().unwrap(), reasons: reasons() });
    let nowhere = RequirementId("core-999".to_owned());
    let change = text_change("x");
    let propose =
        Command::Propose { draft: "core".parse().unwrap(), clause: nowhere, change, why: "w".parse().unwrap() };
    assert!(matches!(world.ask("member", &propose), Err(HubError::Refused(Refusal::Frozen(_)))));
}

/// What took so long that nobody waits for it is not written.
#[test]
fn what_nobody_waits_for_any_more_is_not_written() {
    let world = World::new();
    let before = world.hub.state().size;
    let late = world.hub.submit_while(&person("member"), &a_statement(), || false);
    assert!(matches!(late, Err(HubError::Refused(Refusal::Late))));
    assert_eq!(world.hub.state().size, before);
    assert!(world.hub.submit_while(&person("member"), &a_statement(), || true).is_ok());
}

/// Words that never came into a version stay in no public file.
#[test]
fn the_document_of_a_version_that_was_refused_is_not_kept_and_a_crash_leaves_none() {
    let world = World::new();
    let secret = "Approvals end with a word that nobody accepted";
    let amendment = world.amend("member", text_change(secret));
    let draft = || "core".parse().unwrap();
    world.by("editor", Command::BeginConsolidation { draft: draft(), reasons: reasons() });
    let accept = Command::DecideAmendment { amendment, outcome: Outcome::Accepted, reasons: reasons() };
    world.by("editor", accept);
    let kept = |dir: &std::path::Path| -> Vec<String> {
        let files = std::fs::read_dir(dir.join("documents")).unwrap();
        files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    };
    let before = kept(&world.dir()).len();
    // A version that is not above the present one.
    let low = Command::Consolidate { draft: draft(), version: "0.0.1".to_owned(), reasons: reasons() };
    assert!(matches!(world.ask("editor", &low), Err(HubError::Refused(Refusal::Version(_)))));
    assert!(kept(&world.dir()).iter().all(|text| !text.contains(secret)));
    assert_eq!(kept(&world.dir()).len(), before);
    // What a crash left between the document and the act is gone when the hub is opened; what acts name stays.
    let World { folder, hub, clock } = world;
    drop(hub);
    let dir = folder.path().join("hub");
    let other = hub::document::Document { files: [("a".to_owned(), secret.to_owned())].into() };
    hub::document::Documents::new(&dir.join("documents")).keep(&other).unwrap();
    std::fs::write(dir.join("documents").join("README.txt"), "somebody else's").unwrap();
    assert_eq!(kept(&dir).len(), before + 2);
    let hub = Hub::open(&dir, clock, Arc::new(SeededBytes::new(3))).unwrap();
    let texts = kept(&dir);
    assert_eq!(texts.len(), before + 1);
    assert!(texts.iter().all(|text| !text.contains(secret)) && texts.iter().any(|text| text.contains("somebody else")));
    assert_eq!(hub.state().documents().len(), before);
}

/// What was written once is read for ever, and written again byte for byte.
#[test]
fn the_bytes_of_every_kind_of_act_stay_as_they_are() {
    let lines: Vec<&str> = include_str!("acts.jsonl").lines().collect();
    let mut kinds = Vec::new();
    for line in &lines {
        let act = Act::from_bytes(line.as_bytes()).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(String::from_utf8(act.to_bytes().unwrap()).unwrap(), **line);
        kinds.push(act.what.kind());
    }
    assert_eq!(kinds, What::KINDS);
}

/// Something that somebody does.
fn asked(at: u8, by: u8, of: u64) -> (&'static str, Command) {
    let who = ["secretariat", "editor", "member", "neighbour"][usize::from(by % 4)];
    let words = || "words".parse().unwrap();
    let command = match at % 9 {
        0 => Command::State { draft: "core".parse().unwrap(), words: "s".parse().unwrap() },
        1 => Command::Answer { statement: of, answer: Answer::Agree },
        2 => Command::Answer { statement: of, answer: Answer::Disagree },
        3 => Command::Argue { amendment: of, stance: Stance::For, words: words() },
        4 => Command::Endorse { amendment: of, for_member: at > 100, endorsed: at.is_multiple_of(2) },
        5 => Command::Hide { entry: of, reasons: reasons() },
        6 => Command::Restore { entry: of, reasons: reasons() },
        7 => Command::DecideAmendment { amendment: of, outcome: Outcome::Rejected, reasons: reasons() },
        _ => Command::WithdrawAmendment { amendment: of },
    };
    (who, command)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever is asked in whatever order: what is refused changes nothing, and what is done folds to the same state from its bytes.
    #[test]
    fn the_fold_is_the_same_from_the_bytes_and_its_counts_are_those_of_a_recount(
        steps in prop::collection::vec((any::<u8>(), any::<u8>(), 0_u64..6), 1..60)
    ) {
        let (base, entropy) = (base(), SeededBytes::new(9));
        let mut state = base.clone();
        let mut log = Vec::new();
        let mut now = state.last_at.unwrap();
        for (at, by, of) in steps {
            now = now + Span::seconds(1);
            // The newest entries, where something can be found.
            let (who, command) = asked(at, by, state.size.saturating_sub(1 + of));
            let nothing = hub::decide::Prepared::Nothing;
            let Ok(written) = decide(&state, &person(who), &command, &nothing, now, &entropy) else { continue };
            for one in written {
                state.apply(&one.act).unwrap();
                log.push(one.act.to_bytes().unwrap());
            }
        }
        let mut again = base;
        for bytes in &log {
            again.apply(&Act::from_bytes(bytes).unwrap()).unwrap();
        }
        prop_assert_eq!(&again, &state);
        for statement in state.statements.values() {
            let counted: u32 = statement.tally.values().map(|tally| tally.agree + tally.disagree + tally.pass).sum();
            prop_assert_eq!(counted as usize, statement.answers.len());
        }
    }
}

/// A hub with an amendment and a statement, once for all cases.
fn base() -> State {
    static BASE: std::sync::OnceLock<State> = std::sync::OnceLock::new();
    let made = || {
        let world = World::new();
        world.by(
            "secretariat",
            Command::PublishModerationPolicy { text: "Be kind.".parse().unwrap(), reasons: reasons() },
        );
        world.amend("member", text_change("Approvals end."));
        world.amend("neighbour", text_change("Approvals end soon."));
        world.by("member", Command::State { draft: "core".parse().unwrap(), words: "s".parse().unwrap() });
        State::clone(&world.hub.state())
    };
    BASE.get_or_init(made).clone()
}
