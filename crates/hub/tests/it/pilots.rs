//! Pilots at the hub: on the logs of cities that consented and of no other, with the report that anybody works out, on pages and as a case.

use std::sync::atomic::{AtomicI64, Ordering};

use axum::http::{StatusCode, header};
use hub::HubError;
use hub::act::{Act, Decision, Outcome, PilotConsent, What};
use hub::audit::audit;
use hub::command::Command;
use hub::decide::Refusal;
use hub::document::{Documents, resolved};
use hub::looking::look;
use hub::member::{MemberKind, PublicLog, Role};
use hub::mirror::{Mirror, Profile, Reach};
use hub::pilot::live::Figure;
use hub::pilot::{Draft, Minutes, Report, outside};
use hub::simulate::Generated;
use hub::state::State;
use hub::trying::{Came, Limits, Round, Tried, Trying};
use hub::words::{DraftId, MemberId};
use model::{Span, Timestamp};
use register::audit::FolderSource;
use testkit::FakeClock;
use tower::ServiceExt;

use crate::html;
use crate::logs::{generated, plain};
use crate::pages::{asked, get, mark, posted, signed_in, text};
use crate::world::{World, credited, listed, person, personal, reasons, value_change};

pub(crate) const TOKEN: &str = "a-token-of-the-mayor";

pub(crate) fn core() -> DraftId {
    "core".parse().unwrap()
}

pub(crate) fn city(number: u64) -> MemberId {
    Generated::entry(number).unwrap().0.as_str().parse().unwrap()
}

pub(crate) fn agree() -> Command {
    Command::AgreeToPilot { draft: core(), reasons: reasons() }
}

pub(crate) fn end() -> Command {
    Command::EndPilot { draft: core(), reasons: reasons() }
}

/// The hub with two generated cities as members, each with a person who speaks for it, and their logs named and mirrored.
pub(crate) fn world() -> World {
    let world = World::new();
    for number in 0..2 {
        let (name, key, address, _) = Generated::entry(number).unwrap();
        let members = vec![listed(name.as_str(), MemberKind::City)];
        world.by("secretariat", Command::AdmitMembers { members, reasons: reasons() });
        let (id, member) = (person(&format!("mayor-{number}")), city(number));
        let named =
            |member, role| Command::NamePerson { person: id, member, role, who: personal("M."), reasons: reasons() };
        world.by("secretariat", named(member.clone(), Role::Member));
        let log = PublicLog { address, key };
        world.by("secretariat", Command::NameLog { member, log, reasons: reasons() });
    }
    credited(&world, "mayor-0", TOKEN);
    looked(&world, 200);
    world
}

pub(crate) fn looked(world: &World, days: u32) {
    let ways = generated(days);
    look(&world.hub.mirrors(), &world.hub.state(), &ways, 2, &FakeClock::at(ways.now())).unwrap();
}

pub(crate) fn noted(world: &World, number: u64) -> Option<Tried> {
    Tried::noted(&world.hub.mirrors(), &core(), &city(number))
}

/// The report that is kept, as its file.
pub(crate) fn kept(world: &World, number: u64) -> Option<String> {
    let report = noted(world, number)?.report(&world.hub.mirrors())?;
    Some(String::from_utf8(report).unwrap())
}

/// Tries drafts by a clock of one's own.
fn round(world: &World, clock: &dyn model::Clock, again: bool) -> Round {
    round_within(world, clock, again, Limits::default())
}

/// The same within limits of one's own.
pub(crate) fn round_within(world: &World, clock: &dyn model::Clock, again: bool, limits: Limits) -> Round {
    let (mirrors, alliance, library) = (world.hub.mirrors(), world.hub.state(), standards::built_in().unwrap());
    let documents = Documents::new(&world.dir().join("documents"));
    let (mirrors, documents) = (&mirrors, &documents);
    let trying = Trying { mirrors, alliance: &alliance, documents, library: &library, clock, limits };
    trying.round(None, again).unwrap()
}

/// The report that anybody works out from the city's own log.
pub(crate) fn outside_of(world: &World, number: u64, days: u32) -> Report {
    let (name, key, ..) = Generated::entry(number).unwrap();
    let mirror = Mirror::open(&world.hub.mirrors()).unwrap();
    let source = generated(days).reach(&mirror.city(&name).unwrap());
    let pack = world.hub.pack(&world.hub.state().drafts[&core()].document).unwrap();
    let draft = Draft::of(&resolved(&standards::built_in().unwrap(), &pack).unwrap());
    outside(source.as_ref(), Some(&key), &draft, &Minutes::default()).unwrap()
}

#[test]
fn a_draft_is_tried_on_the_log_of_a_city_that_consented_and_of_no_other_and_says_what_anybody_works_out() {
    let world = world();
    assert!(world.hub.try_drafts().unwrap().is_quiet(), "nobody consented");
    world.by("mayor-0", agree());
    let round = world.hub.try_drafts().unwrap();
    assert_eq!((round.tried, round.without, round.known), (vec![(core(), city(0))], vec![], 0));
    let tried = noted(&world, 0).unwrap();
    let report = outside_of(&world, 0, 200);
    assert!(report.seen.size > 100 && report.streams.flowed > 0 && report.grants.stopped > 0, "{report:?}");
    assert_eq!(kept(&world, 0), Some(serde_json::to_string_pretty(&report).unwrap()));
    let Came::Report(figures) = &tried.came else { panic!("{tried:?}") };
    assert!(Figure::ALL.iter().all(|(_, figure)| figures[figure] == figure.of(&report)), "{figures:?}");
    assert_eq!(noted(&world, 1), None);
    // Nothing is worked out twice, and what is new of the log or the draft is.
    assert_eq!(world.hub.try_drafts().unwrap().known, 1);
    looked(&world, 205);
    assert_eq!(world.hub.try_drafts().unwrap().tried.len(), 1);
    assert_eq!(kept(&world, 0), Some(serde_json::to_string_pretty(&outside_of(&world, 0, 205)).unwrap()));
    let amendment = world.amend("member", value_change("\"1d\""));
    world.by("editor", Command::BeginConsolidation { draft: core(), reasons: reasons() });
    world.by("editor", Command::DecideAmendment { amendment, outcome: Outcome::Accepted, reasons: reasons() });
    world.by("editor", Command::Consolidate { draft: core(), version: "0.2.0".to_owned(), reasons: reasons() });
    assert_eq!(world.hub.try_drafts().unwrap().tried.len(), 1);
    assert_eq!(noted(&world, 0).unwrap().version, "0.2.0");
    assert_eq!(kept(&world, 0), Some(serde_json::to_string_pretty(&outside_of(&world, 0, 205)).unwrap()));
    // Whoever consents no longer is tried no longer, and what was noted goes.
    world.by("mayor-0", end());
    assert!(world.hub.try_drafts().unwrap().is_quiet());
    assert_eq!(noted(&world, 0), None);
    world.hub.publish().unwrap();
    audit(&FolderSource::new(&world.hub.log_folder()), None, None).unwrap();
}

#[test]
fn consent_is_given_and_ended_by_people_of_the_city_alone_and_needs_a_log() {
    let world = world();
    let refused = |by: &str, command: &Command| world.ask(by, command).unwrap_err().to_string();
    assert!(refused("mayor-0", &end()).contains("no consent"));
    // A resident, and somebody who looks on for a company.
    assert!(matches!(world.ask("neighbour", &agree()), Err(HubError::Refused(Refusal::NotTheirCase))));
    assert!(matches!(world.ask("observer", &agree()), Err(HubError::Refused(Refusal::Role { .. }))));
    // City B is a member whose log nobody named.
    assert!(refused("member", &agree()).contains("no act names that of `city-b`"));
    world.by("mayor-0", agree());
    assert!(refused("mayor-0", &agree()).contains("there already"));
    assert!(refused("mayor-1", &end()).contains("no consent"));
    let nowhere = Command::AgreeToPilot { draft: "nowhere".parse().unwrap(), reasons: reasons() };
    assert!(refused("mayor-0", &nowhere).contains("no draft"));
    world.by("mayor-0", end());
    world.by("mayor-0", agree());
    // A membership that ends takes the consent with it.
    assert!(world.hub.state().may_be_tried(&core(), &city(0)));
    world.by("secretariat", Command::EndMembership { member: city(0), reasons: reasons() });
    assert!(!world.hub.state().may_be_tried(&core(), &city(0)));
    // Whoever is admitted under its id later has consented to nothing.
    let members = vec![listed(city(0).as_str(), MemberKind::City)];
    world.by("secretariat", Command::AdmitMembers { members, reasons: reasons() });
    assert!(!world.hub.state().may_be_tried(&core(), &city(0)));
    assert!(world.hub.try_drafts().unwrap().is_quiet());
}

#[test]
fn another_log_than_the_city_named_is_not_tried_in_its_name() {
    let world = world();
    world.by("mayor-0", agree());
    let (_, key, ..) = Generated::entry(1).unwrap();
    let (.., address, _) = Generated::entry(0).unwrap();
    let name_it = |key: String| {
        let log = PublicLog { address: address.clone(), key };
        world.by("secretariat", Command::NameLog { member: city(0), log, reasons: reasons() })
    };
    name_it(key);
    assert!(world.hub.try_drafts().unwrap().is_quiet(), "the mirror is under the key that was named before");
    name_it(Generated::entry(0).unwrap().1);
    assert_eq!(world.hub.try_drafts().unwrap().tried.len(), 1);
    // What was found of a log that is not the city's any more goes.
    let (_, other, ..) = Generated::entry(1).unwrap();
    name_it(other);
    assert!(world.hub.try_drafts().unwrap().is_quiet());
    assert_eq!(noted(&world, 0), None);
}

/// A clock that stands a minute later each time that it is asked.
struct Hurries(AtomicI64);

impl model::Clock for Hurries {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.fetch_add(60_000, Ordering::Relaxed))
    }
}

#[test]
fn a_log_that_takes_too_long_is_told_of_and_neither_comes_first_again_nor_keeps_the_others_waiting() {
    let world = world();
    world.by("mayor-0", agree());
    world.by("mayor-1", agree());
    let begin = world.hub.now().millis();
    let stopped = round(&world, &Hurries(AtomicI64::new(begin)), false);
    assert_eq!((stopped.tried.len(), stopped.without.len()), (2, 2), "{stopped:?}");
    assert!(stopped.without.iter().all(|(.., why)| why.contains("took all the time")), "{stopped:?}");
    assert_eq!(noted(&world, 0).unwrap().report(&world.hub.mirrors()), None);
    let clock = FakeClock::at(world.hub.now());
    assert_eq!(round(&world, &clock, false).known, 2, "as both stand, it would be the same");
    let again = round(&world, &clock, true);
    assert_eq!((again.tried.len(), again.without.len()), (2, 0));
    // One that brought the process down rests, longer each time, although the log goes on; what was found before stays.
    looked(&world, 205);
    let begun = world.hub.mirrors().join("pilots/core/city-000000.begun.json");
    let dies = |times: u32| {
        let note = serde_json::json!({ "at": model::Clock::now(&clock), "times": times });
        std::fs::write(&begun, note.to_string()).unwrap();
    };
    dies(1);
    let next = round(&world, &clock, false);
    assert_eq!((next.tried, next.resting), (vec![(core(), city(1))], 1));
    assert_eq!(kept(&world, 0), Some(serde_json::to_string_pretty(&outside_of(&world, 0, 200)).unwrap()));
    clock.advance(Span::hours(2));
    assert_eq!(round(&world, &clock, false).tried, [(core(), city(0))]);
    assert!(!begun.exists(), "it came to an end");
    looked(&world, 210);
    dies(3);
    clock.advance(Span::hours(7));
    assert_eq!(round(&world, &clock, false).resting, 1);
    clock.advance(Span::hours(1));
    assert_eq!(round(&world, &clock, false).tried, [(core(), city(0))]);
    let path = world.hub.mirrors().join("pilots/core/city-000000.json");
    let mut note: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    // What another software found, or nobody can read, is worked out again.
    note["replay"] = 0.into();
    for damaged in [note.to_string(), "{".to_owned(), "x".repeat(300_000)] {
        std::fs::write(&path, damaged).unwrap();
        assert_eq!(round(&world, &clock, false).tried, [(core(), city(0))]);
    }
    assert_eq!(kept(&world, 0), Some(serde_json::to_string_pretty(&outside_of(&world, 0, 210)).unwrap()));
}

#[test]
fn no_log_of_a_hub_holds_a_consent_that_its_city_did_not_give() {
    let world = world();
    let state = State::clone(&world.hub.state());
    let consent = |by: &str, number: u64, ends: bool| {
        let decision = Decision { decider: person(by), reasons: reasons() };
        let consent = PilotConsent { draft: core(), city: city(number), decision };
        let what = if ends { What::PilotEnded(consent) } else { What::PilotAgreed(consent) };
        Act { at: state.last_at.unwrap(), by: person(by), what }
    };
    for act in [consent("mayor-1", 0, false), consent("secretariat", 0, false), consent("mayor-0", 0, true)] {
        assert!(state.clone().apply(&act).is_err(), "{act:?}");
    }
    let mut agreed = state.clone();
    agreed.apply(&consent("mayor-0", 0, false)).unwrap();
    assert!(agreed.clone().apply(&consent("mayor-0", 0, false)).is_err(), "twice");
    assert!(agreed.clone().apply(&consent("mayor-1", 0, true)).is_err());
    agreed.apply(&consent("mayor-0", 0, true)).unwrap();
    assert!(!agreed.may_be_tried(&core(), &city(0)));
}

#[test]
fn a_log_that_is_no_citys_has_no_report_and_keeps_no_other_from_having_one() {
    let world = world();
    let members = vec![listed("city", MemberKind::City)];
    world.by("secretariat", Command::AdmitMembers { members, reasons: reasons() });
    let (id, member) = (person("liar"), "city".parse().unwrap());
    world.by(
        "secretariat",
        Command::NamePerson { person: id, member, role: Role::Member, who: personal("L."), reasons: reasons() },
    );
    let (key, address) = (crate::logs::key().vkey().to_string(), "http://city.example".to_owned());
    let member = "city".parse().unwrap();
    let log = PublicLog { address: address.clone(), key: key.clone() };
    world.by("secretariat", Command::NameLog { member, log, reasons: reasons() });
    let mut mirror = Mirror::open(&world.hub.mirrors()).unwrap();
    mirror.add(&crate::logs::name(), &key, &address, Profile::default()).unwrap();
    mirror.look(&crate::logs::name(), &plain(300, u64::MAX), crate::logs::at(1)).unwrap();
    world.by("liar", agree());
    world.by("mayor-0", agree());
    world.by("mayor-1", agree());
    let round = world.hub.try_drafts().unwrap();
    assert_eq!((round.tried.len(), round.without.len()), (3, 1));
    let (_, city, why) = &round.without[0];
    assert!(city.as_str() == "city" && why.contains("entry 0"), "{why}");
    assert!(round.in_words().contains("No report of core on city"));
    assert!((0..2).all(|number| kept(&world, number).is_some()));
    // It is not tried again for as long as it is the same, and its row says why.
    assert_eq!(world.hub.try_drafts().unwrap().known, 3);
}

#[tokio::test]
async fn pilots_are_consented_to_read_and_made_a_case_of_on_pages() {
    let world = world();
    let app = hub::routes(world.hub.clone());
    let send = async |request| app.clone().oneshot(request).await.unwrap();
    let cookie = signed_in(&app, TOKEN).await;
    let path = "/drafts/core/pilots";
    let page = text(send(asked(path, &cookie)).await).await;
    html::check(&page);
    assert!(page.contains("No city has consented") && page.contains("Let it be tried on the log of"), "{page}");
    let form = mark(&page);
    let send_it = |what: &str, reasons: &str| {
        posted("/acts", &cookie, &format!("form={form}&do={what}&draft=core&reasons={reasons}"))
    };
    assert_eq!(send(send_it("agree-to-pilot", "")).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let agreed = send(send_it("agree-to-pilot", "To+know.")).await;
    assert_eq!((agreed.status(), agreed.headers()[header::LOCATION].to_str().unwrap()), (StatusCode::SEE_OTHER, path));
    let waiting = text(send(asked(path, &cookie)).await).await;
    html::check(&waiting);
    assert!(waiting.contains("not yet: with the next look") && waiting.contains("End the consent"), "{waiting}");
    let one = "/drafts/core/pilots/city-000000";
    assert_eq!(get(&world, one).await.status(), StatusCode::NOT_FOUND);
    world.hub.try_drafts().unwrap();
    let page = text(get(&world, path).await).await;
    html::check(&page);
    assert!(page.contains(one) && page.contains("To know.") && !page.contains("End the consent"), "{page}");
    let report = text(get(&world, one).await).await;
    html::check(&report);
    assert!(report.contains("What this cannot say") && !report.contains("Make a case of it"), "{report}");
    // The file is what anybody works out, byte for byte.
    let file = text(get(&world, &format!("{one}/report.json")).await).await;
    assert_eq!(file, serde_json::to_string_pretty(&outside_of(&world, 0, 200)).unwrap());
    let own = text(send(asked(one, &cookie)).await).await;
    assert!(own.contains("/cases/new?pilot=core"), "{own}");
    let case = text(send(asked("/cases/new?pilot=core", &cookie)).await).await;
    html::check(&case);
    assert!(
        case.contains("What the report counts") && case.contains("value=\"urn:ordinance:standard:global-core\""),
        "{case}"
    );
    for other in [
        "/drafts/core/pilots/city-000001",
        "/drafts/core/pilots/../x",
        "/drafts/none/pilots",
        "/drafts/core/pilots?page=2",
    ] {
        assert_eq!(get(&world, other).await.status(), StatusCode::NOT_FOUND, "{other}");
    }
    assert_eq!(send(send_it("end-pilot", "Enough.")).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(get(&world, one).await.status(), StatusCode::NOT_FOUND, "at once, and not with the next look");
}
