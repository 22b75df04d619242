//! What amendments bring that was not there: clauses, parameters, norms; what they take out; and a standard that begins with nothing.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use hub::HubError;
use hub::act::{Act, AmendmentProposed, Effect, Outcome, Part, What};
use hub::audit::audit;
use hub::command::{Beginning, Change, Command, NewClause, NewParameter, NormChange, ParameterChange, ParameterKind};
use hub::decide::Refusal;
use hub::state::State;
use model::{LayerKind, RequirementId};
use register::audit::FolderSource;
use standards::{Kind, OnFailure, Pack, PackKind, Stricter};
use tower::ServiceExt;

use crate::html;
use crate::pages::{asked, mark, posted, signed_in, text, with_token};
use crate::world::{World, reasons};

pub(crate) fn beginning(on: &[&str]) -> Beginning {
    let on = on.iter().map(|name| (*name).to_owned()).collect();
    Beginning { layer: LayerKind::City, jurisdiction: "Brookhaven".parse().unwrap(), on }
}

fn id(text: &str) -> RequirementId {
    RequirementId(text.to_owned())
}

fn new_clause(title: &str) -> NewClause {
    NewClause {
        title: title.parse().unwrap(),
        kind: Kind::Register,
        on_failure: OnFailure::Deny,
        source: "our own rule".parse().unwrap(),
        url: Some("https://rules.example/1".parse().unwrap()),
    }
}

fn norm(id: &str, clause: &str, condition: &str) -> NormChange {
    let cedar = format!(
        "@id(\"{id}\")\n@requirement(\"{clause}\")\nforbid (principal, action == Action::\"approve\", resource)\nunless {{ {condition} }};"
    );
    NormChange { id: id.to_owned(), cedar: cedar.parse().unwrap() }
}

/// A clause with a norm over a parameter, all of it new.
fn whole(clause: &str) -> Change {
    let new = Some(NewParameter { kind: ParameterKind::Span, stricter: Some(Stricter::Lower) });
    let parameter = ParameterChange { id: "flood-validity".to_owned(), value: "\"90d\"".parse().unwrap(), new };
    Change {
        clause: Some(new_clause("Flood sensors are approved anew")),
        text: Some("An approval lasts at most { $flood-validity }.".parse().unwrap()),
        norm: Some(norm("flood-expires", clause, "context.spanDays <= ${flood-validity.days}")),
        parameter: Some(parameter),
        ..Change::default()
    }
}

fn propose(draft: &str, clause: &str, change: Change) -> Command {
    let why = "Floods do not wait.".parse().unwrap();
    Command::Propose { draft: draft.parse().unwrap(), clause: id(clause), change, why }
}

fn refused(world: &World, command: &Command) -> String {
    match world.ask("member", command) {
        Err(error) => error.to_string(),
        Ok(entries) => panic!("{command:?} made {entries:?}"),
    }
}

/// Accepts amendments and makes the next version of them.
pub(crate) fn consolidated(world: &World, draft: &str, amendments: &[u64], version: &str) -> std::sync::Arc<Pack> {
    let draft: hub::words::DraftId = draft.parse().unwrap();
    world.by("editor", Command::BeginConsolidation { draft: draft.clone(), reasons: reasons() });
    for &amendment in amendments {
        world.by("editor", Command::DecideAmendment { amendment, outcome: Outcome::Accepted, reasons: reasons() });
    }
    let (named, version) = (draft.clone(), version.to_owned());
    world.by("editor", Command::Consolidate { draft: named, version, reasons: reasons() });
    let document = world.hub.state().drafts[&draft].document;
    world.hub.pack(&document).unwrap()
}

#[test]
fn a_standard_begins_with_nothing_and_gets_its_clauses_norms_and_parameters_by_amendments() {
    let world = World::new();
    let (draft, title) = ("flood".parse().unwrap(), "Flood sensing".parse().unwrap());
    let begun = Command::BeginDraft { draft, title, beginning: beginning(&[]), reasons: reasons() };
    world.by("editor", begun.clone());
    let state = world.hub.state();
    let draft = &state.drafts[&"flood".parse().unwrap()];
    assert!(draft.clauses.is_empty() && draft.opened.urn == "urn:ordinance:hub.example-log:flood");
    assert_eq!(state.next_clause(draft), id("flood-01"));
    let nothing = world.hub.pack(&draft.document).unwrap();
    assert_eq!((nothing.manifest.kind, nothing.manifest.title.as_str()), (PackKind::Standard, "Flood sensing"));
    let entry = world.by("member", propose("flood", "flood-01", whole("flood-01")));
    let amendment = &world.hub.state().amendments[&entry];
    assert_eq!(amendment.parts, [Part::Clause, Part::Text, Part::Norm, Part::Parameter]);
    assert!(matches!(amendment.effect, Effect::Stricter | Effect::NotProved), "{:?}", amendment.effect);
    let pack = consolidated(&world, "flood", &[entry], "0.2.0");
    let clause = &pack.requirements[&id("flood-01")];
    assert_eq!(
        (clause.title.as_str(), clause.sources[0].text.as_str()),
        ("Flood sensors are approved anew", "our own rule")
    );
    assert_eq!((pack.norms.len(), clause.parameters.len()), (1, 1));
    let state = world.hub.state();
    assert_eq!(state.next_clause(&state.drafts[&"flood".parse().unwrap()]), id("flood-02"));
    assert!(state.drafts[&"flood".parse().unwrap()].clauses.contains(&id("flood-01")));
    // What was brought is changed, and taken out, like everything else.
    let value = ParameterChange { id: "flood-validity".to_owned(), value: "\"30d\"".parse().unwrap(), new: None };
    let shorter =
        world.by("member", propose("flood", "flood-01", Change { parameter: Some(value), ..Change::default() }));
    let pack = consolidated(&world, "flood", &[shorter], "0.3.0");
    assert_eq!(pack.requirements[&id("flood-01")].parameters.values().next().unwrap().value.to_string(), "30d");
    world.by("secretariat", Command::Release { draft: "flood".parse().unwrap(), reasons: reasons() });
    world.hub.publish().unwrap();
    audit(&FolderSource::new(&world.hub.log_folder()), None, None).unwrap();
    assert!(matches!(world.ask("editor", &begun), Err(HubError::Refused(Refusal::Already(_)))));
}

#[test]
fn a_profile_begins_on_a_pack_and_may_only_be_stricter() {
    let world = World::new();
    let begin = |draft: &str, on: &[&str]| Command::BeginDraft {
        draft: draft.parse().unwrap(),
        title: "Ours".parse().unwrap(),
        beginning: beginning(on),
        reasons: reasons(),
    };
    world.by("editor", begin("ours", &["global-core"]));
    let state = world.hub.state();
    let pack = world.hub.pack(&state.drafts[&"ours".parse().unwrap()].document).unwrap();
    assert_eq!((pack.manifest.kind, pack.manifest.based_on.len()), (PackKind::Profile, 1));
    for (draft, on, why) in [
        ("global-core", &[][..], "a pack of this id"),
        ("other", &["no-such-pack"][..], "no pack `no-such-pack`"),
        ("1st", &[][..], "begins with a letter"),
        ("ams", &[][..], "what clauses of another standard are called after"),
        (&"a".repeat(60), &[][..], "characters at most"),
        ("twice", &["global-core", "global-core"][..], "twice"),
    ] {
        let error = world.ask("editor", &begin(draft, on)).unwrap_err().to_string();
        assert!(error.contains(why), "{draft}: {error}");
    }
}

#[test]
fn a_norm_is_taken_out_and_a_clause_says_why_nothing_executes_it() {
    let world = World::new();
    let gone = |text_only: Option<&str>| Change {
        without: Some("approval-expires".to_owned()),
        text_only: text_only.map(|why| why.parse().unwrap()),
        ..Change::default()
    };
    let before = world.hub.pack(&world.hub.state().drafts[&"core".parse().unwrap()].document).unwrap();
    let executes: Vec<&str> =
        before.norms.iter().filter(|norm| norm.requirement == id("core-04")).map(|norm| norm.id.as_str()).collect();
    assert_eq!(executes, ["approval-expires"], "what this test takes out");
    let elsewhere = Change { without: Some("end-date".to_owned()), ..Change::default() };
    assert!(refused(&world, &propose("core", "core-04", elsewhere)).contains("no norm `end-date`"));
    assert!(refused(&world, &propose("core", "core-04", gone(None))).contains("nothing executes"));
    // Its parameter is used by its text still.
    let entry = world.by("member", propose("core", "core-04", gone(Some("The council decides each time."))));
    let state = world.hub.state();
    assert!(matches!(state.amendments[&entry].effect, Effect::Looser | Effect::NotProved));
    assert_eq!(state.amendments[&entry].parts, [Part::Norm]);
    let pack = consolidated(&world, "core", &[entry], "0.2.0");
    assert_eq!(pack.norms.len() + 1, before.norms.len());
    let clause = &pack.requirements[&id("core-04")];
    assert_eq!(clause.text_only.as_deref(), Some("The council decides each time."));
    // A norm that comes back takes these words out by itself.
    let back = Change { norm: Some(norm("approval-ends", "core-04", "context.spanDays <= 10")), ..Change::default() };
    let entry = world.by("member", propose("core", "core-04", back));
    let pack = consolidated(&world, "core", &[entry], "0.3.0");
    assert!(pack.requirements[&id("core-04")].text_only.is_none());
    assert!(pack.norms.iter().any(|norm| norm.id == "approval-ends"));
}

#[test]
fn a_new_clause_has_a_number_of_the_draft_that_none_ever_had() {
    let world = World::new();
    let next = {
        let state = world.hub.state();
        state.next_clause(&state.drafts[&"core".parse().unwrap()]).0
    };
    for bad in
        ["core-04", "core-1", "core-001", "other-99", "core-", "core-99999", "core-insult", "core-98-x", "../core-98"]
    {
        let mut change = whole(bad);
        change.text = Some("No parameter.".parse().unwrap());
        world.ask("member", &propose("core", bad, change)).unwrap_err();
    }
    // Nobody uses up numbers, so that there is a next one for everybody.
    for far in ["core-9999", "core-4294967295", "core-99999999999"] {
        assert!(refused(&world, &propose("core", far, whole(far))).contains(&next), "{far}");
    }
    let first = world.by("member", propose("core", &next, whole(&next)));
    world.by("member", Command::WithdrawAmendment { amendment: first });
    // Its number is used up although it was taken back: what was said of it is not about another one.
    assert!(refused(&world, &propose("core", &next, whole(&next))).contains("the next new clause"));
    // Without a text, with a parameter of somebody else's, under a kind that its value is not.
    let state = world.hub.state();
    let next = state.next_clause(&state.drafts[&"core".parse().unwrap()]).0;
    assert!(refused(&world, &propose("core", &next, Change { text: None, ..whole(&next) })).contains("needs a text"));
    let mut known = whole(&next);
    known.parameter.as_mut().unwrap().id = "approval-validity".to_owned();
    refused(&world, &propose("core", &next, known));
    let mut wrong = whole(&next);
    wrong.parameter.as_mut().unwrap().new =
        Some(NewParameter { kind: ParameterKind::Count, stricter: Some(Stricter::Lower) });
    assert!(refused(&world, &propose("core", &next, wrong)).contains("span"));
}

#[test]
fn no_log_holds_a_new_clause_under_words_of_somebody() {
    let world = World::new();
    let mut state = State::clone(&world.hub.state());
    let draft = &state.drafts[&"core".parse().unwrap()];
    let proposed = |clause: &str, parts: Vec<Part>| {
        let what = What::AmendmentProposed(AmendmentProposed {
            draft: "core".parse().unwrap(),
            clause: id(clause),
            document: draft.document,
            parts,
            effect: Effect::NotProved,
            sealed: model::SealedFields(std::collections::BTreeMap::new()),
        });
        Act { at: state.last_at.unwrap(), by: crate::world::person("member"), what }
    };
    let new = |clause: &str| proposed(clause, vec![Part::Clause, Part::Text]);
    // An act of before brings no clause, whatever it says.
    let first = r#"{"at":"2026-11-24T08:00:00Z","by":"member","what":{"kind":"amendment-proposed/1","body":{"draft":"core","clause":"core-04","document":"DOC","parts":["clause"],"effect":"not-proved","sealed":{}}}}"#;
    let first = first.replace("DOC", &"ab".repeat(32));
    assert!(Act::from_bytes(first.as_bytes()).is_err());
    assert!(Act::from_bytes(first.replace("/1", "/2").as_bytes()).is_ok());
    let next = state.next_clause(draft).0;
    let acts = [new("free-words-1"), new("core-04"), new("core-9x"), proposed(&next, vec![Part::Text])];
    let good = new(&next);
    for act in &acts {
        assert!(state.clone().apply(act).is_err(), "{act:?}");
    }
    state.apply(&good).unwrap();
    assert!(state.apply(&good).is_err(), "twice");
}

#[tokio::test]
async fn a_new_clause_and_a_new_standard_are_proposed_with_plain_forms() {
    let (world, app, token) = with_token();
    let send = async |request: Request<Body>| app.clone().oneshot(request).await.unwrap();
    let cookie = signed_in(&app, token).await;
    let draft = text(send(asked("/drafts/core", &cookie)).await).await;
    let path = draft.split_once("href=\"").map(|_| ()).and_then(|()| {
        draft.split("href=\"").map(|rest| rest.split('"').next().unwrap()).find(|to| to.ends_with("/propose"))
    });
    let path = path.unwrap().to_owned();
    let clause = path.split('/').nth(4).unwrap();
    let page = text(send(asked(&path, &cookie)).await).await;
    html::check(&page);
    let form = mark(&page);
    let cedar = format!(
        "%40id(%22flood-expires%22)%0A%40requirement(%22{clause}%22)%0Aforbid+(principal,+action+%3D%3D+Action::%22approve%22,+resource)%0Aunless+%7B+context.spanDays+%3C%3D+%24%7Bflood-validity.days%7D+%7D;"
    );
    let typed = format!(
        "form={form}&title=Floods&kind=register&on_failure=deny&source=our+own+rule&text=At+most+%7B+%24flood-validity+%7D.\
         &norm_id=flood-expires&norm={cedar}&new_parameter=flood-validity&new_kind=span&new_stricter=lower&new_value=%2290d%22&why=Floods."
    );
    let unfit =
        text(send(posted(&path, &cookie, &format!("{}&step=look", typed.replace("title=Floods", "title=")))).await)
            .await;
    html::check(&unfit);
    assert!(unfit.contains("the title: the text is empty") && unfit.contains("flood-validity"), "{unfit}");
    let looked = send(posted(&path, &cookie, &format!("{typed}&step=look"))).await;
    let status = looked.status();
    let looked = text(looked).await;
    html::check(&looked);
    assert!(
        status == StatusCode::OK && looked.contains("A new clause") && looked.contains("new: span, stricter lower"),
        "{looked}"
    );
    let proposed = send(posted(&path, &cookie, &format!("{typed}&step=propose"))).await;
    assert_eq!(proposed.status(), StatusCode::SEE_OTHER);
    let at = proposed.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let page = text(send(asked(&at, &cookie)).await).await;
    html::check(&page);
    assert!(page.contains("a new clause") && page.contains("Floods") && page.contains("our own rule"), "{page}");
    assert_eq!(send(asked(&path, &cookie)).await.status(), StatusCode::NOT_FOUND, "its number is used up");
    // Whoever was about to propose a clause under that number loses nothing, and changes nobody's clause.
    let late = format!("{typed}&new_clause={clause}&step=propose");
    let late = send(posted(&path, &cookie, &late)).await;
    assert_eq!(late.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let late = text(late).await;
    html::check(&late);
    let now = {
        let state = world.hub.state();
        state.next_clause(&state.drafts[&"core".parse().unwrap()]).0
    };
    assert!(late.contains("was taken meanwhile") && late.contains(&format!("/clauses/{now}/propose")), "{late}");
    assert!(late.contains("value=\"Floods\"") && late.contains(&format!("@requirement(&#34;{now}&#34;)")), "{late}");
    // Whoever may not open drafts begins none.
    let begin =
        format!("form={form}&do=begin-draft&draft=flood&title=Flood&layer=city&jurisdiction=Here&on=&reasons=Floods.");
    assert_eq!(send(posted("/acts", &cookie, &begin)).await.status(), StatusCode::FORBIDDEN);
    let editor = "a-token-of-the-editor";
    crate::world::credited(&world, "editor", editor);
    let cookie = signed_in(&app, editor).await;
    let drafts = text(send(asked("/drafts", &cookie)).await).await;
    html::check(&drafts);
    let begin = begin.replace(&form, &mark(&drafts));
    assert_eq!(send(posted("/acts", &cookie, &begin)).await.status(), StatusCode::SEE_OTHER);
    let page = text(send(asked("/drafts/flood", &cookie)).await).await;
    html::check(&page);
    assert!(page.contains("None yet") && page.contains("/drafts/flood/clauses/flood-01/propose"), "{page}");
}
