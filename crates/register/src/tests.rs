//! The register from outside: replay, duties, erasure, restored backups, refusals.

mod audits;
mod batches;
mod changes;
pub(crate) mod city;
mod clocks;
mod credentials;
mod emergency;
mod evidence;
mod incidents;
mod inquiries;
mod months;
mod offers;
mod orders;
mod policies;
mod replay;

use std::sync::Arc;

use model::{Act, Span, State as Stage, Timestamp, What};
use proptest::prelude::*;

use crate::audit::{AuditFailure, FolderSource, audit};
use crate::duties::{due, next_due};
use crate::{Clocks, Command, OpenError, Register, State, Submission, SubmitError, decide};
use city::City;

/// The fold of a register's own log, from its bytes.
fn replayed(register: &Register) -> State {
    let mut state = State::default();
    for entry in register.entries(0, 10_000).unwrap() {
        state.apply(&Act::from_bytes(&entry.bytes).unwrap()).unwrap();
    }
    state
}

#[test]
fn replaying_the_log_gives_the_same_register_with_and_without_its_payloads() {
    let city = City::declared();
    assert_eq!(replayed(&city.register), *city.register.state());
    for entry in 0..city.register.state().size {
        let command = Command::ErasePayload { entry };
        let submission = Submission { by: "city".parse().unwrap(), reason: Some("asked to".to_owned()), command };
        city.register.submit(submission).unwrap();
    }
    let state = city.register.state();
    assert_eq!(replayed(&city.register), *state);
    assert!(
        state
            .parties
            .values()
            .all(|record| !matches!(city.register.payload(record.entry), Ok(journal::Payload::Present(_))))
    );
    let reopened = city.reopen().unwrap();
    assert_eq!(*reopened.state(), *state);
}

#[test]
fn a_list_is_done_as_a_whole_or_not_at_all() {
    let city = City::declared();
    let place = |id: &str, within: &str| {
        let command = format!(
            r#"{{"do":"register-place","with":{{"id":"{id}","name":"A place","within":"{within}","geometry":{{"type":"Point","coordinates":[1.0,2.0]}}}}}}"#
        );
        City::submission("city", None, &command)
    };
    let before = city.register.state().size;
    let list = [place("one", "centre"), place("two", "one"), place("three", "nowhere")];
    let failed = city.register.submit_together(&list).unwrap_err();
    assert_eq!((failed.at, city.register.state().size), (2, before), "{failed}");
    assert!(failed.to_string().starts_with("number 3 of the list: there is no place `nowhere`"), "{failed}");
    let made = |list: &[Submission]| -> Vec<Vec<u64>> {
        city.register.submit_together(list).unwrap().into_iter().map(|receipt| receipt.entries).collect()
    };
    assert_eq!(made(&list[..2]), [vec![before], vec![before + 1]]);
    assert_eq!(made(&list[..2]), [Vec::<u64>::new(), Vec::new()], "it is so already");
    assert_eq!(made(&[]), Vec::<Vec<u64>>::new());
    assert_eq!(replayed(&city.register), *city.register.state());
    let erase = Submission { command: Command::ErasePayload { entry: 1 }, ..list[0].clone() };
    assert_eq!(city.register.submit_together(&[list[0].clone(), erase]).unwrap_err().at, 1);
}

#[test]
fn asking_again_makes_no_act_and_a_preview_changes_nothing() {
    let city = City::declared();
    let size = city.register.state().size;
    for submission in City::submissions() {
        assert!(city.register.submit(submission).unwrap().entries.is_empty());
    }
    assert_eq!(city.register.state().size, size);
    let suspend = City::submission("city", Some("test"), r#"{"do":"suspend","with":{"deployment":"congestion"}}"#);
    let previewed = city.register.preview(&[suspend.clone(), suspend]);
    assert_eq!(previewed.iter().map(|acts| acts.as_ref().unwrap().len()).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(city.register.state().size, size);
}

const CREDENTIAL_OF_OFFICE: &str = r#"{"do":"issue-party-credential","with":{"party":"office","credential":"1111111111111111111111111111111111111111111111111111111111111111"}}"#;
const TWO_ORDERS: &str = r#"{"do":"propose","with":{"id":"search","title":"Search","description":"Plates.","accountable":"city",
    "place":"centre","technology":"number-plate-reader","purposes":["crime-investigation"],"legal_basis":"law-enforcement",
    "privacy_statement":"https://city.example/p","starts":"2026-06-01T00:00:00Z","ends":"2028-06-01T00:00:00Z","streams":[
    {"id":"plates","time":{"do":"keep"},"retention":"24h","properties":{
        "front":{"category":"number-plate","value":"text","treatment":{"do":"match","order":"order-1"}},
        "rear":{"category":"number-plate","value":"text","treatment":{"do":"match","order":"order-2"}}}}]}}"#;

#[test]
fn whoever_holds_a_token_or_the_city_itself_gives_out_the_next() {
    let city = City::declared();
    for (by, digit) in [("office", "2"), ("city", "3")] {
        let command = CREDENTIAL_OF_OFFICE.replace('1', digit);
        assert_eq!(city.register.submit(City::submission(by, None, &command)).unwrap().entries.len(), 1, "{by}");
    }
}

#[test]
fn an_approval_of_an_old_log_has_no_reason_and_is_folded_and_asked_again_as_any_other() {
    let city = City::declared();
    let bundle = city.register.rules().unwrap().bundle.clone();
    let (mut state, mut approvals) = (State::default(), 0);
    for entry in city.register.entries(0, 10_000).unwrap() {
        let mut act = Act::from_bytes(&entry.bytes).unwrap();
        if matches!(act.what, What::DeploymentApproved(_)) {
            assert!(act.reason.take().is_some(), "what is written now has one");
            assert!(matches!(decide::ask_again(&state, &bundle, &act), Some(Ok(()))));
            approvals += 1;
        }
        state.apply(&act).unwrap();
    }
    assert_eq!((approvals, state), (1, State::clone(&city.register.state())));
}

#[test]
fn a_refusal_says_what_stands_against_it_and_writes_nothing() {
    let city = City::declared();
    let size = city.register.state().size;
    let cases = [
        ("nobody", None, r#"{"do":"publish","with":{"deployment":"congestion"}}"#, "no party `nobody`"),
        ("city", None, r#"{"do":"suspend","with":{"deployment":"congestion"}}"#, "needs a reason"),
        ("city", None, r#"{"do":"publish","with":{"deployment":"none"}}"#, "no deployment `none`"),
        (
            "city",
            Some("It is ours."),
            r#"{"do":"approve","with":{"deployment":"congestion","until":"2026-08-01T00:00:00Z"}}"#,
            "core-02",
        ),
        (
            "council",
            Some(" "),
            r#"{"do":"approve","with":{"deployment":"congestion","until":"2026-08-01T00:00:00Z"}}"#,
            "needs a reason",
        ),
        (
            "city",
            None,
            r#"{"do":"register-party","with":{"party":{"id":"council","name":"Other","kind":"officer"}}}"#,
            "exists already",
        ),
        (
            "city",
            None,
            r#"{"do":"register-party","with":{"party":{"id":"x","name":"","kind":"officer"}}}"#,
            "1 to 4000 characters",
        ),
        (
            "council",
            None,
            r#"{"do":"register-party","with":{"party":{"id":"x","name":"X","kind":"officer"}}}"#,
            "only `city`, which founded the city",
        ),
        ("council", None, CREDENTIAL_OF_OFFICE, "issued only by"),
        (
            "office",
            None,
            r#"{"do":"set-device-credential","with":{"device":"s1","credential":"1111111111111111111111111111111111111111111111111111111111111111"}}"#,
            "issued only by",
        ),
        ("city", None, TWO_ORDERS, "several orders"),
    ];
    for (by, reason, command, words) in cases {
        let error = city.register.submit(City::submission(by, reason, command)).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    assert_eq!(city.register.state().size, size);
}

#[test]
fn a_view_must_fit_its_stream_and_change_under_a_new_version() {
    let city = City::declared();
    let view = |change: (&str, &str)| {
        let command = City::VIEW.replace(change.0, change.1);
        city.register.submit(City::submission("city", None, &command)).map_err(|error| error.to_string())
    };
    assert!(view(("\"property\":\"mac\"", "\"property\":\"rssi\"")).unwrap_err().contains("pseudonymised"));
    assert!(view(("\"property\":\"mac\"", "\"property\":\"nothing\"")).unwrap_err().contains("`nothing`"));
    assert!(view(("\"minimum\":10", "\"minimum\":20")).unwrap_err().contains("higher version"));
    let newer = ("\"version\":1", "\"version\":2");
    assert_eq!(view(newer).unwrap().entries.len(), 1);
}

#[test]
fn a_view_of_people_counts_people_in_whole_windows_and_cannot_be_subtracted_from_another() {
    let city = City::declared();
    let other = City::VIEW.replace("\"id\":\"counts\"", "\"id\":\"other\"");
    let declare = |changes: &[(&str, &str)]| {
        let command = changes.iter().fold(other.clone(), |command, (from, to)| {
            assert!(command.contains(from), "{from}");
            command.replace(from, to)
        });
        city.register.submit(City::submission("city", None, &command)).map_err(|error| error.to_string())
    };
    for measure in [r#"{"of":"observations"}"#, r#"{"of":"mean","property":"rssi"}"#] {
        let refused = declare(&[(r#"{"of":"distinct","property":"mac"}"#, measure)]).unwrap_err();
        assert!(refused.contains("its minimum would not count people"), "{refused}");
    }
    let long = declare(&[("\"bin\":\"15m\"", "\"bin\":\"1d\"")]).unwrap_err();
    assert!(long.contains("none would be whole"), "a day's rows are gone when the day is over: {long}");
    for change in [
        ("\"by\":\"sensor\"", "\"by\":\"stream\""),
        ("\"bin\":\"15m\"", "\"bin\":\"20m\""),
        ("\"bound\":null", "\"bound\":2"),
    ] {
        let refused = declare(&[change]).unwrap_err();
        assert!(refused.contains("`counts`") && refused.contains("For example"), "{change:?}: {refused}");
    }
    assert_eq!(
        declare(&[("\"minimum\":10", "\"minimum\":20")]).unwrap().entries.len(),
        1,
        "the same numbers, fewer of them"
    );
    assert!(declare(&[("\"by\":\"sensor\"", "\"by\":\"stream\""), ("\"version\":1", "\"version\":2")]).is_err());
}

#[test]
fn a_year_of_governance_runs_in_a_moment_and_each_lapse_happens_once() {
    let city = City::declared();
    let stage = || city.register.state().deployments[&"congestion".parse().unwrap()].standing.state;
    let mut acts = 0;
    for _ in 0..365 * 4 {
        city.clock.advance(Span::hours(6));
        acts += city.register.tick().unwrap();
    }
    // The approval lapsed after 90 days, the grant with it; the end date has not come.
    assert_eq!((stage(), acts), (Stage::Suspended, 2));
    let kinds: Vec<&str> = city
        .register
        .entries(0, 10_000)
        .unwrap()
        .iter()
        .map(|entry| Act::from_bytes(&entry.bytes).unwrap().what.kind())
        .collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "approval-lapsed/1").count(), 1);
    assert_eq!(kinds.iter().filter(|kind| **kind == "grant-expired/1").count(), 1);
    let activate = City::submission("city", None, r#"{"do":"activate","with":{"deployment":"congestion"}}"#);
    assert!(city.register.submit(activate).unwrap_err().to_string().contains("core-09"));
    for _ in 0..30 {
        city.clock.advance(Span::days(100));
        city.register.tick().unwrap();
    }
    assert_eq!(stage(), Stage::Ended);
}

#[test]
fn what_fell_due_happens_before_what_is_asked() {
    let city = City::declared();
    city.clock.advance(Span::days(91));
    let suspend = City::submission("city", Some("late"), r#"{"do":"suspend","with":{"deployment":"congestion"}}"#);
    // It is suspended already, by its lapse; asking changes nothing more.
    assert!(city.register.submit(suspend).unwrap().entries.is_empty());
    let state = city.register.state();
    let standing = &state.deployments[&"congestion".parse().unwrap()].standing;
    assert!(standing.stopped_because.as_deref().unwrap().contains("nobody renewed"));
}

#[test]
fn a_clock_that_went_back_stops_the_writer() {
    let city = City::declared();
    city.clock.set(Timestamp::from_millis(city.start.millis() - 60_000));
    let place = City::submission(
        "city",
        None,
        r#"{"do":"register-place","with":{"id":"x","name":"x","geometry":{"type":"Point","coordinates":[1,2]}}}"#,
    );
    assert!(matches!(city.register.submit(place.clone()), Err(SubmitError::ClockBehind { .. })));
    city.clock.set(Timestamp::from_millis(city.start.millis() - 1_000));
    city.register.submit(place).unwrap();
}

#[test]
fn a_clock_that_jumped_ahead_ends_nothing_until_somebody_confirms_it() {
    let city = City::declared();
    let stage = || city.register.state().deployments[&"congestion".parse().unwrap()].standing.state;
    let place = City::submission(
        "city",
        None,
        r#"{"do":"register-place","with":{"id":"x","name":"x","geometry":{"type":"Point","coordinates":[1,2]}}}"#,
    );
    let (size, right) = (city.register.state().size, city.start + Span::days(3));
    // The year is set wrong: everything would lapse.
    city.clock.set(right + Span::days(365));
    for _ in 0..3 {
        let refused = city.register.tick().unwrap_err();
        assert!(matches!(refused, SubmitError::ClockAhead { .. }), "{refused}");
        assert!(
            refused.to_string().contains("ordinance clock") && refused.to_string().contains("2027-06-04"),
            "{refused}"
        );
        assert!(matches!(city.register.believed_now(), Err(SubmitError::ClockAhead { .. })));
        assert!(matches!(city.register.submit(place.clone()), Err(SubmitError::ClockAhead { .. })));
        let fact = crate::Fact::ObservationsDeleted { stream: "wifi".parse().unwrap(), before: city.start, files: 1 };
        assert!(matches!(city.register.record(fact), Err(SubmitError::ClockAhead { .. })));
        assert!(matches!(city.reopen().unwrap().tick(), Err(SubmitError::ClockAhead { .. })));
        let disclosed = city.register.record_disclosure(|_, _| panic!("nothing is handed over by a wrong clock"));
        assert!(matches!(disclosed, Err(SubmitError::ClockAhead { .. })));
    }
    assert_eq!((stage(), city.register.state().size), (Stage::Active, size));
    // Set right again, nothing has happened and everything goes on.
    city.clock.set(right);
    assert_eq!(city.register.tick().unwrap(), 0);
    city.register.submit(place).unwrap();
    // This time so much time has passed. Whoever confirms says what time it is, and why.
    let later = right + Span::days(365);
    city.clock.set(later);
    assert!(matches!(city.register.confirm_clock(right, "x"), Err(SubmitError::ClockNotSo { .. })));
    assert!(matches!(city.register.confirm_clock(later, " "), Err(SubmitError::Refused(crate::Refusal::NoReason))));
    assert!(city.register.tick().is_err());
    assert_eq!(city.register.confirm_clock(later, "the city was closed for a year").unwrap().entries, [size + 1]);
    assert_eq!(city.register.tick().unwrap(), 2, "the approval and the grant have lapsed");
    assert_eq!(stage(), Stage::Suspended);
    assert_eq!(replayed(&city.register), *city.register.state());
}

#[test]
fn a_city_in_which_nothing_happens_believes_its_clock_as_long_as_it_runs_and_the_limit_can_be_set() {
    let city = City::declared();
    for _ in 0..30 {
        city.clock.advance(Span::days(90));
        city.register.tick().unwrap();
    }
    let size = city.register.state().size;
    city.register.let_clock_be_ahead(Span::days(10));
    city.clock.advance(Span::days(11));
    assert!(matches!(city.register.tick(), Err(SubmitError::ClockAhead { .. })));
    city.register.let_clock_be_ahead(Span::days(11));
    city.register.tick().unwrap();
    assert_eq!(city.register.state().size, size);
}

#[test]
fn a_restored_backup_or_another_key_does_not_open() {
    let city = City::declared();
    city.register.publish().unwrap();
    let backup = city.folder.path().join("backup.db");
    std::fs::copy(city.journal_path(), &backup).unwrap();
    std::fs::copy(city.journal_path().with_extension("db-wal"), backup.with_extension("db-wal")).ok();
    let place = City::submission(
        "city",
        None,
        r#"{"do":"register-place","with":{"id":"x","name":"x","geometry":{"type":"Point","coordinates":[1,2]}}}"#,
    );
    city.register.submit(place).unwrap();
    city.register.publish().unwrap();
    assert!(matches!(city.open_with(&backup, 1), Err(OpenError::RolledBack { .. })));
    assert!(matches!(city.open_with(&city.journal_path(), 2), Err(OpenError::Publish(_) | OpenError::WrongKey { .. })));
    assert!(city.reopen().is_ok());
}

#[test]
fn the_audit_holds_and_finds_what_was_altered() {
    let city = City::declared();
    city.register.publish().unwrap();
    let source = FolderSource::new(&city.folder.path().join("log"));
    let reader = || journal::SqliteReader::open(&city.journal_path()).unwrap();
    let whole = audit(&source, None, None).unwrap().inside(&reader(), &source).unwrap();
    let inner = whole.inner.unwrap();
    assert_eq!((inner.entries, inner.payloads), (city.register.state().size, 2));
    assert_eq!(whole.state, *city.register.state());
    // A payload that goes without an act that says so.
    let sealed = city.register.state().parties[&"office".parse().unwrap()].entry;
    let mut behind_its_back = journal::SqliteJournal::open(&city.journal_path()).unwrap();
    journal::Journal::erase(&mut behind_its_back, sealed).unwrap();
    assert!(matches!(
        audit(&source, None, None).unwrap().inside(&reader(), &source),
        Err(AuditFailure::PayloadGone(_))
    ));
    assert!(matches!(audit(&source, Some("other+00000000+AAAA"), None), Err(AuditFailure::OtherKey { .. })));
}

#[test]
fn submissions_at_once_are_all_answered_and_ordered() {
    let city = City::declared();
    let before = city.register.state().size;
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let register = &city.register;
            scope.spawn(move || {
                for number in 0..20 {
                    let place = format!(
                        r#"{{"do":"register-place","with":{{"id":"p{thread}-{number}","name":"x","geometry":{{"type":"Point","coordinates":[1,2]}}}}}}"#
                    );
                    assert_eq!(register.submit(City::submission("city", None, &place)).unwrap().entries.len(), 1);
                }
            });
        }
    });
    assert_eq!(city.register.state().size, before + 160);
    assert_eq!(replayed(&city.register), *city.register.state());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However time is cut into ticks, the same duties fire, each once.
    #[test]
    fn duties_do_not_depend_on_how_often_the_clock_is_asked(hours in proptest::collection::vec(1_u32..2_000, 1..40)) {
        let (city, clocks) = (City::declared(), Clocks::default());
        let fold = |steps: &[u32]| {
            let mut state = State::clone(&city.register.state());
            let (mut now, mut kinds) = (city.start, Vec::new());
            for step in steps {
                now = now + Span::hours(*step);
                for act in due(&state, &clocks, now).unwrap() {
                    kinds.push(act.what.kind());
                    state.apply(&act).unwrap();
                }
                prop_assert!(due(&state, &clocks, now).unwrap().is_empty());
                prop_assert!(next_due(&state, &clocks, now).is_none_or(|next| next > now));
            }
            kinds.sort_unstable();
            Ok((kinds, state.deployments[&"congestion".parse().unwrap()].standing.state))
        };
        let many = fold(&hours)?;
        let once = fold(&[hours.iter().sum()])?;
        // A long sleep may skip the lapse of what has ended meanwhile; where it ends is the same.
        prop_assert_eq!(many.1, once.1);
        prop_assert!(once.0.len() <= many.0.len());
    }

    /// An act out of order is refused by the fold, never skipped.
    #[test]
    fn a_log_with_an_act_missing_or_twice_does_not_fold_silently(at in any::<prop::sample::Index>(), twice in any::<bool>()) {
        let city = City::declared();
        let entries = city.register.entries(0, 1_000).unwrap();
        let mut acts: Vec<Act> = entries.iter().map(|entry| Act::from_bytes(&entry.bytes).unwrap()).collect();
        let at = at.index(acts.len());
        let altered = acts[at].clone();
        if twice { acts.insert(at, altered.clone()) } else { drop(acts.remove(at)) }
        let mut state = State::default();
        let folded: Result<(), _> = acts.iter().try_for_each(|act| state.apply(act));
        let same = State { size: city.register.state().size, ..state.clone() } == *city.register.state();
        // What can stand twice changes nothing but the count; what is missing is missed.
        let idempotent = matches!(altered.what, What::PlaceRegistered(_) | What::PolicyAdopted(_) | What::PolicyAdoptedFrom(_) | What::ViewDeclared(_) | What::PartyCredentialIssued(_) | What::DeviceCredentialSet(_) | What::DeploymentApproved(_) | What::AssessmentSigned(_) | What::AssessmentTiered(_));
        prop_assert!(folded.is_err() || !same || (twice && idempotent));
    }
}

#[test]
fn nothing_is_allowed_before_policies_and_only_the_first_act_founds() {
    let city = City::declared();
    let entries = city.register.entries(0, 2).unwrap();
    let founded = Act::from_bytes(&entries[0].bytes).unwrap();
    let mut state = State::default();
    assert!(state.apply(&Act::from_bytes(&entries[1].bytes).unwrap()).is_err());
    state.apply(&founded).unwrap();
    assert!(state.apply(&founded).is_err());
    let place = City::submission(
        "city",
        None,
        r#"{"do":"register-place","with":{"id":"x","name":"x","geometry":{"type":"Point","coordinates":[1,2]}}}"#,
    );
    let entropy = testkit::SeededBytes::new(1);
    let refused = crate::decide::decide(&state, None, &place, city.start, &entropy);
    assert!(matches!(refused, Err(crate::Refusal::NoPolicies)));
    let _keep: Arc<testkit::FakeClock> = Arc::clone(&city.clock);
}
