//! Cases of good practice: who may file one, what of it stands in the log, what is shown, found and forgotten.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use hub::act::Act;
use hub::case::{CaseIndicator, CaseMilestone, CaseOutcome, Filing, LISTED_MAX};
use hub::command::Command;
use hub::decide::Refusal;
use hub::member::Role;
use hub::pilot::live::Figure;
use hub::{HubError, State};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::html;
use crate::pages::{HOSTILE, asked, get, mark, posted, signed_in, sound, text, with_token};
use crate::world::{World, person, personal, reasons};

/// A case as somebody of a city files it.
pub(crate) fn filing(title: &str) -> Filing {
    Filing {
        title: title.parse().unwrap(),
        problem: "Nobody knew who counted what.".parse().unwrap(),
        standard: "urn:ordinance:standard:global-core".parse().unwrap(),
        version: "0.2.0".parse().unwrap(),
        outcome: CaseOutcome::Running,
        what: "Two streams would have stopped.".parse().unwrap(),
        contact: "The privacy office".parse().unwrap(),
        entries: vec![4, 12],
        milestones: vec![CaseMilestone {
            by: "2026-12-01T00:00:00Z".parse().unwrap(),
            what: "Hear the departments".parse().unwrap(),
        }],
        indicators: vec![CaseIndicator { figure: Figure::StreamsStopped, most: 1 }],
        report: Some(report()),
    }
}

/// A report as `ordinance pilot run --json` prints it.
fn report() -> Value {
    json!({
        "seen": {"origin": "b.example/log", "size": 40, "root": tlog::Hash::from([7; 32]).to_string(), "from": null, "to": null, "inside": false, "draft": "core@0.2.0",
            "title": "T", "digest": "ab".repeat(32), "layers": []},
        "acts": [{"kind": "deployment-approved/1", "allowed": 31, "changed": 2, "refused": 4, "unknown": 0}], "against": [],
        "streams": {"flowed": 3, "stopped": 2, "unknown": 0, "stops": []}, "grants": {"flowed": 3, "stopped": 1, "unknown": 0, "stops": []},
        "disclosures": [{"recipient": "a", "purpose": "b", "stream": "c", "view": "d", "total": 70, "counts": null, "why": null}],
        "duties": [], "work": {"duties_minutes": 5, "papers_minutes": 6, "papers": [], "source": "s"}, "limits": [],
    })
}

fn file(world: &World, title: &str) -> u64 {
    world.by("member", Command::FileCase { case: Box::new(filing(title)) })
}

#[test]
fn a_case_is_filed_continued_and_taken_back_by_people_of_its_city_alone() {
    let world = World::new();
    let file_it = || Command::FileCase { case: Box::new(filing("Counting phones")) };
    let members = vec![crate::world::listed("acme-2", hub::member::MemberKind::Company)];
    world.by("secretariat", Command::AdmitMembers { members, reasons: reasons() });
    let (id, member, role) = (person("seller"), "acme-2".parse().unwrap(), Role::Member);
    world.by("secretariat", Command::NamePerson { person: id, member, role, who: personal("S."), reasons: reasons() });
    for by in ["seller", "neighbour"] {
        assert!(matches!(world.ask(by, &file_it()), Err(HubError::Refused(Refusal::NotTheirCase))), "{by}");
    }
    let case = world.by("member", file_it());
    let go_on = |outcome| Command::ContinueCase { case, outcome, words: "It went on.".parse().unwrap() };
    for command in [go_on(CaseOutcome::Adopted), Command::WithdrawCase { case, reasons: reasons() }] {
        for by in ["editor", "seller", "neighbour"] {
            assert!(matches!(world.ask(by, &command), Err(HubError::Refused(Refusal::NotTheirCase))), "{by}");
        }
    }
    world.by("member", go_on(CaseOutcome::Adopted));
    let known = world.hub.state().cases[&case].clone();
    assert_eq!((known.outcome, known.lines.len(), known.filed.city.as_str()), (CaseOutcome::Adopted, 1, "city-b"));
    assert_eq!(known.filed.pilot.as_ref().unwrap().figures[&Figure::ActsRefused].is, 6);
    world.by("member", Command::WithdrawCase { case, reasons: reasons() });
    for command in [go_on(CaseOutcome::Running), Command::WithdrawCase { case, reasons: reasons() }] {
        assert!(matches!(world.ask("member", &command), Err(HubError::Refused(Refusal::CaseWithdrawn(_)))));
    }
    let mut long = filing("Long");
    long.entries = vec![1; LISTED_MAX + 1];
    let long = Command::FileCase { case: Box::new(long) };
    assert!(matches!(world.ask("member", &long), Err(HubError::Refused(Refusal::CaseTooLong))));
    let mut named = filing("A name where a standard is named");
    named.standard = "Anna Smith".parse().unwrap();
    let named = Command::FileCase { case: Box::new(named) };
    assert!(matches!(world.ask("member", &named), Err(HubError::Refused(Refusal::CaseMisnamed(_)))));
    let mut none = filing("No report");
    none.report = Some(json!({"seen": {}}));
    let none = Command::FileCase { case: Box::new(none) };
    assert!(matches!(world.ask("member", &none), Err(HubError::Refused(Refusal::Report(_)))));
}

#[test]
fn the_words_of_a_case_are_in_no_entry_and_its_figures_are() {
    let world = World::new();
    let case = file(&world, "Counting phones");
    world.by(
        "member",
        Command::ContinueCase { case, outcome: CaseOutcome::Dropped, words: "Unusual ending.".parse().unwrap() },
    );
    for entry in 0..world.hub.state().size {
        let text = String::from_utf8(world.hub.entry(entry).unwrap().unwrap()).unwrap();
        for secret in ["phones", "privacy office", "departments", "Unusual", "would have stopped"] {
            assert!(!text.contains(secret), "entry {entry}: {text}");
        }
    }
    let text = String::from_utf8(world.hub.entry(case).unwrap().unwrap()).unwrap();
    assert!(text.contains("\"streams-stopped\":{\"is\":2,") && text.contains("global-core"));
    assert!(text.contains("\"disclosures-refused\":{\"is\":0,\"unknown\":0,\"withheld\":70}"), "{text}");
}

#[test]
fn a_case_of_the_first_kind_of_act_is_read_and_is_not_said_to_tell_all() {
    let world = World::new();
    let case = file(&world, "Counting phones");
    let mut act: Value = serde_json::from_slice(&world.hub.entry(case).unwrap().unwrap()).unwrap();
    act["what"]["kind"] = json!("case-filed/1");
    for known in act["what"]["body"]["pilot"]["figures"].as_object_mut().unwrap().values_mut() {
        *known = known["is"].clone();
    }
    let act = Act::from_bytes(act.to_string().as_bytes()).unwrap();
    let mut state = State::clone(&world.hub.state());
    let entry = state.size;
    state.apply(&act).unwrap();
    let (first, second) = (&state.cases[&entry], &state.cases[&case]);
    assert_eq!((first.whole, second.whole), (false, true));
    let is = |case: &hub::state::Case| case.filed.pilot.as_ref().unwrap().figures[&Figure::ActsRefused].is;
    assert_eq!((is(first), is(second)), (6, 6));
}

#[tokio::test]
async fn a_case_shows_what_it_rests_on_and_hostile_words_as_words() {
    let world = World::new();
    assert!(sound(&world, "/cases").await.contains("There are none here."));
    let mut pages = vec!["/cases".to_owned()];
    for words in HOSTILE {
        let mut hostile = filing(words);
        (hostile.problem, hostile.what) = (words.parse().unwrap(), words.parse().unwrap());
        hostile.contact = words.parse().unwrap();
        hostile.milestones[0].what = words.parse().unwrap();
        let case = world.by("member", Command::FileCase { case: Box::new(hostile) });
        world
            .by("member", Command::ContinueCase { case, outcome: CaseOutcome::Revised, words: words.parse().unwrap() });
        pages.push(format!("/cases/{case}"));
    }
    for path in &pages {
        let page = sound(&world, path).await;
        for raw in ["<script", "<img", "<svg", "<b>bold"] {
            assert!(!page.contains(raw), "{path}: {raw}");
        }
    }
    let case = file(&world, "Counting phones");
    let page = sound(&world, &format!("/cases/{case}")).await;
    for shown in [
        "The privacy office",
        "2026-12-01: Hear the departments",
        "4, 12",
        "40 entries of <code>b.example/log</code>",
        "being tried",
        "<th scope=\"row\">streams-stopped</th><td class=\"number\">2</td><td class=\"number\">1</td>",
        "<th scope=\"row\">disclosures-refused</th><td class=\"number\">at least 0; 70 withheld</td>",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    for path in ["/cases/0", "/cases/x", "/cases/01", "/cases?outcome=none", "/cases?page=9"] {
        assert_eq!(get(&world, path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(get(&world, "/cases/new").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn cases_are_found_by_words_city_standard_and_outcome_until_they_are_hidden_or_erased() {
    let world = World::new();
    let (one, two) = (file(&world, "Counting Phones"), file(&world, "Reading plates"));
    world.by(
        "member",
        Command::ContinueCase { case: two, outcome: CaseOutcome::Adopted, words: "Good.".parse().unwrap() },
    );
    world.by("secretariat", Command::PublishModerationPolicy { text: "Be kind.".parse().unwrap(), reasons: reasons() });
    let app = hub::routes(world.hub.clone());
    let found = async |query: &str| -> Vec<u64> {
        let page = text(app.clone().oneshot(asked(&format!("/cases?{query}"), "")).await.unwrap()).await;
        html::check(&page);
        [one, two].into_iter().filter(|entry| page.contains(&format!("href=\"/cases/{entry}\""))).collect()
    };
    assert_eq!(found("q=phones").await, [one]);
    assert_eq!(found("q=PLATES&outcome=").await, [two]);
    assert_eq!(found("q=the+city-b").await, [one, two]);
    assert_eq!(found("q=global-core").await, [one, two]);
    assert_eq!(found("outcome=adopted").await, [two]);
    assert_eq!(found("q=nothing+of+the+kind").await, [0_u64; 0]);
    world.by("secretariat", Command::Hide { entry: one, reasons: reasons() });
    assert_eq!(found("q=phones").await, [0_u64; 0]);
    let page = sound(&world, &format!("/cases/{one}")).await;
    assert!(page.contains("Hidden by a moderator") && !page.contains("Phones"));
    for facts in ["global-core", "b.example/log", "streams-stopped"] {
        assert!(!page.contains(facts), "{facts}");
    }
    world.by("secretariat", Command::Restore { entry: one, reasons: reasons() });
    assert_eq!(found("q=phones").await, [one]);
    world.by("secretariat", Command::Erase { entry: one, reasons: reasons() });
    assert_eq!(found("q=phones").await, [0_u64; 0]);
    assert!(sound(&world, &format!("/cases/{one}")).await.contains("Erased."));
    world.by("member", Command::WithdrawCase { case: two, reasons: reasons() });
    assert_eq!(found("q=plates").await, [0_u64; 0]);
}

/// A text as a form sends it.
pub(crate) fn form_value(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn a_report_becomes_a_case_by_one_form_that_tells_its_counts_first() {
    let (world, app, token) = with_token();
    let send = async |request: Request<Body>| app.clone().oneshot(request).await.unwrap();
    let cookie = signed_in(&app, token).await;
    let page = text(send(asked("/cases/new", &cookie)).await).await;
    html::check(&page);
    let form = mark(&page);
    let mut large = report();
    large["against"] = json!("x".repeat(600_000));
    let pretty = serde_json::to_string_pretty(&large).unwrap().replace('\n', "\r\n");
    let typed = |step: &str, report: &str| {
        format!(
            "form={form}&step={step}&report={}&title=Counting+phones&problem=P&standard=global-core&version=1.0.0&outcome=running&what=W&contact=Office\
             &entries=4%2C+12&milestones=2026-12-01+Hear+them%0D%0A&indicators=streams-stopped+1",
            form_value(report)
        )
    };
    let looked = text(send(posted("/cases/new", &cookie, &typed("look", &pretty))).await).await;
    html::check(&looked);
    assert!(
        looked.contains("What the report counts") && looked.contains("streams-stopped</th><td class=\"number\">2</td>")
    );
    assert!(world.hub.state().cases.is_empty(), "looking files nothing");
    for (field, wrong) in [
        ("report", typed("file", "{}")),
        ("milestone", typed("file", &pretty).replace("2026-12-01+", "soon+")),
        ("indicator", typed("file", "").replace("streams-stopped", "smiles")),
        ("entry", typed("file", "").replace("4%2C", "four%2C")),
    ] {
        let answer = send(posted("/cases/new", &cookie, &wrong)).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        let page = text(answer).await;
        html::check(&page);
        assert!(page.contains("role=\"alert\"") && page.contains("Counting phones"), "what was typed stays: {field}");
    }
    let filed = send(posted("/cases/new", &cookie, &typed("file", &pretty))).await;
    assert_eq!(filed.status(), StatusCode::SEE_OTHER);
    let at = filed.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let page = text(send(asked(&at, &cookie)).await).await;
    html::check(&page);
    assert!(page.contains("Say what became of it") && page.contains("4, 12") && page.contains("2026-12-01: Hear them"));
    let case = at.trim_start_matches("/cases/").to_owned();
    let go_on = format!("form={form}&do=continue-case&case={case}&outcome=adopted&words=It+is+in+force.");
    assert_eq!(send(posted("/acts", &cookie, &go_on)).await.status(), StatusCode::SEE_OTHER);
    assert!(text(send(asked(&at, &cookie)).await).await.contains("It is in force."));
    // A stranger's form is not read, however large or broken it is.
    let broken = Request::post("/cases/new").body(Body::from("x".repeat(5 << 20))).unwrap();
    assert_eq!(send(broken).await.status(), StatusCode::UNAUTHORIZED);
    // From another page, nothing.
    let foreign = typed("file", "").replace(&form, &"0".repeat(64));
    assert_eq!(send(posted("/cases/new", &cookie, &foreign)).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(world.hub.state().cases.len(), 1);
    let back = format!("form={form}&do=withdraw-case&case={case}&reasons=it+was+a+mistake");
    assert_eq!(send(posted("/acts", &cookie, &back)).await.status(), StatusCode::SEE_OTHER);
    assert!(text(send(asked(&at, &cookie)).await).await.contains("Taken back by its city"));
}
