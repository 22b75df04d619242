//! Pages: each is well-formed, opens without a session, and shows what people wrote as text, whatever it is.

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use hub::act::{Answer, Outcome, Stance};
use hub::command::{Beginning, Change, Command, NewClause};
use hub::member::PublicLog;
use hub::routes;
use tower::ServiceExt;

use crate::html;
use crate::world::{World, person, personal, reasons, text_change};

/// Texts that would do something in a page if they were not shown as texts.
pub(crate) const HOSTILE: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</textarea></title><svg onload=alert(1)>",
    "' autofocus onfocus='alert(1)",
    "{{ 7 * 7 }} &amp; <![CDATA[ ]]> -->",
    "\u{202e}right to left <b>bold</b> 💥",
];

pub(crate) async fn get(world: &World, path: &str) -> Response<Body> {
    let request = Request::get(path).header(header::ACCEPT, "text/html").body(Body::empty()).unwrap();
    routes(world.hub.clone()).oneshot(request).await.unwrap()
}

/// A page that is there and sound.
pub(crate) async fn sound(world: &World, path: &str) -> String {
    let response = get(world, path).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    let page = text(response).await;
    html::check(&page);
    page
}

pub(crate) async fn text(response: Response<Body>) -> String {
    let bytes = to_bytes(response.into_body(), 16 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A hub in which every text that a person can write is a hostile one.
fn hostile() -> (World, Vec<String>) {
    let world = World::new();
    let mut pages: Vec<String> = [
        "/",
        "/about",
        "/members",
        "/members?kind=city",
        "/members/city-a",
        "/people/member",
        "/drafts",
        "/drafts/core",
    ]
    .map(str::to_owned)
    .to_vec();
    for path in [
        "/drafts/core/clauses/core-04",
        "/drafts/core/statements",
        "/decisions",
        "/versions",
        "/workshops",
        "/moderation",
    ] {
        pages.push(path.to_owned());
    }
    for (at, words) in HOSTILE.into_iter().enumerate() {
        let body = || words.parse().unwrap();
        let amendment = world.by(
            "member",
            Command::Propose {
                draft: "core".parse().unwrap(),
                clause: crate::world::clause(),
                change: text_change(&format!("Text {at}: {}", words.replace(['{', '}'], ""))),
                why: body(),
            },
        );
        world.by("neighbour", Command::Argue { amendment, stance: Stance::Against, words: body() });
        let statement =
            world.by("neighbour", Command::State { draft: "core".parse().unwrap(), words: words.parse().unwrap() });
        world.by("member", Command::Answer { statement, answer: Answer::Agree });
        let (outcome, reasons) = (Outcome::Rejected, words.parse().unwrap());
        world.by("editor", Command::DecideAmendment { amendment, outcome, reasons });
        let id = person(&format!("person-{at}"));
        let (member, role) = ("city-a".parse().unwrap(), hub::member::Role::Member);
        world.by(
            "secretariat",
            Command::NamePerson {
                person: id.clone(),
                member,
                role,
                who: personal(words),
                reasons: crate::world::reasons(),
            },
        );
        let (title, place) = (words.parse().unwrap(), words.parse().unwrap());
        let (begins, ends) = ("2026-12-01T08:00:00Z".parse().unwrap(), "2026-12-01T09:00:00Z".parse().unwrap());
        let draft = "core".parse().unwrap();
        let workshop = world.by("editor", Command::AnnounceWorkshop { draft, title, place, begins, ends });
        world.by("editor", Command::FileMinutes { workshop, minutes: body() });
        world.by("secretariat", Command::PublishModerationPolicy { text: body(), reasons: words.parse().unwrap() });
        pages.extend([format!("/amendments/{amendment}"), format!("/people/{id}")]);
        pages.extend(begun(&world, at, words));
    }
    pages.push("/drafts/core/pilots".to_owned());
    (world, pages)
}

/// A standard of one's own with a clause, and a city that lets a draft be tried, all in hostile words; gives the pages of them.
fn begun(world: &World, at: usize, words: &str) -> [String; 3] {
    let draft: hub::words::DraftId = format!("fresh-{at}x").parse().unwrap();
    let (title, jurisdiction) = (words.parse().unwrap(), words.parse().unwrap());
    let beginning = Beginning { layer: model::LayerKind::City, jurisdiction, on: Vec::new() };
    world.by("editor", Command::BeginDraft { draft: draft.clone(), title, beginning, reasons: words.parse().unwrap() });
    // What would be something in a text of Fluent is refused as one, and is none in a title.
    let plain = || words.replace(['{', '}'], "").parse().unwrap();
    let clause = NewClause {
        title: plain(),
        kind: standards::Kind::Attest,
        on_failure: standards::OnFailure::Flag,
        source: words.parse().unwrap(),
        url: None,
    };
    let change = Change {
        clause: Some(clause),
        text: Some(words.replace(['{', '}'], "").parse().unwrap()),
        text_only: Some(words.parse().unwrap()),
        ..Change::default()
    };
    let clause = model::RequirementId(format!("{draft}-01"));
    let why = words.parse().unwrap();
    let amendment = world.by("member", Command::Propose { draft: draft.clone(), clause, change, why });
    let log = PublicLog { address: "https://b.example".to_owned(), key: crate::logs::key().vkey().to_string() };
    world.by("secretariat", Command::NameLog { member: "city-b".parse().unwrap(), log, reasons: reasons() });
    if at > 0 {
        let draft = "core".parse().unwrap();
        world.by("member", Command::EndPilot { draft, reasons: words.parse().unwrap() });
    }
    let draft_of_all = "core".parse().unwrap();
    world.by("member", Command::AgreeToPilot { draft: draft_of_all, reasons: words.parse().unwrap() });
    [format!("/amendments/{amendment}"), format!("/drafts/{draft}"), format!("/drafts/{draft}/pilots")]
}

#[tokio::test]
async fn every_page_is_well_formed_and_shows_hostile_texts_as_texts() {
    let (world, pages) = hostile();
    for path in pages {
        let response = get(&world, &path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()[header::CONTENT_SECURITY_POLICY], html::POLICY, "{path}");
        let page = text(response).await;
        html::check(&page);
        for raw in ["<script", "<img", "<svg", "<b>bold"] {
            assert!(!page.contains(raw), "{path}: {raw}");
        }
    }
    for path in ["/feed.atom", "/people/member/feed.atom", "/people/neighbour/feed.atom"] {
        let feed = text(get(&world, path).await).await;
        assert!(feed.starts_with("<?xml") && feed.contains("<entry>"), "{path}: {feed}");
        assert!(!feed.contains("<script") && !feed.contains("<b>bold"), "{path}");
    }
}

/// From an amendment to a released version, each decision with its own reasons.
fn released(world: &World, amendment: u64, outcome: Outcome) -> u64 {
    let because = |text: &str| text.parse().unwrap();
    let (draft, accepted) = (
        "core".parse::<hub::words::DraftId>().unwrap(),
        world.amend("member", text_change("Approvals end within a year.")),
    );
    world.by("editor", Command::BeginConsolidation { draft: draft.clone(), reasons: because("the workshop") });
    world.by("editor", Command::DecideAmendment { amendment, outcome, reasons: because("too short for most") });
    let reasons = because("everybody agreed");
    world.by("editor", Command::DecideAmendment { amendment: accepted, outcome: Outcome::Accepted, reasons });
    let (version, reasons) = ("0.2.0".to_owned(), because("the new version is made"));
    world.by("editor", Command::Consolidate { draft: draft.clone(), version, reasons });
    world.by("secretariat", Command::Release { draft, reasons: because("the assembly released it") })
}

#[tokio::test]
async fn whoever_only_argued_reads_the_decision_and_its_reasons_in_their_feed() {
    let world = World::new();
    let amendment = world.amend("member", text_change("Approvals end."));
    let words = "I doubt it.".parse().unwrap();
    let argument = world.by("neighbour", Command::Argue { amendment, stance: Stance::Against, words });
    world.by("secretariat", Command::PublishModerationPolicy { text: "Be kind.".parse().unwrap(), reasons: reasons() });
    let because = "it names a neighbour".parse().unwrap();
    world.by("secretariat", Command::Hide { entry: argument, reasons: because });
    released(&world, amendment, Outcome::Rejected);
    let feed = text(get(&world, "/people/neighbour/feed.atom").await).await;
    let decided = format!("Amendment {amendment} was rejected. The reasons: too short for most");
    assert!(feed.contains(&decided) && feed.contains("<author><name>editor</name></author>"), "{feed}");
    let hidden = format!("Words about amendment {amendment} were hidden. The reasons: it names a neighbour");
    assert!(feed.contains(&hidden) && !feed.contains("I doubt it."), "{feed}");
    let page = text(get(&world, "/people/neighbour").await).await;
    html::check(&page);
    assert!(page.contains("too short for most") && page.contains("it names a neighbour"), "{page}");
    // Another who had no part in it hears nothing of it.
    assert!(!text(get(&world, "/people/observer/feed.atom").await).await.contains("<entry>"));
}

#[tokio::test]
async fn whoever_made_a_statement_or_filed_a_case_hears_what_became_of_it() {
    let world = World::new();
    let draft: hub::words::DraftId = "core".parse().unwrap();
    let statement = world.by("neighbour", Command::State { draft, words: "Signs are too small.".parse().unwrap() });
    let case = world.by("member", Command::FileCase { case: Box::new(crate::cases::filing("Counting phones")) });
    world.by("secretariat", Command::PublishModerationPolicy { text: "Be kind.".parse().unwrap(), reasons: reasons() });
    for entry in [statement, case] {
        world.by("secretariat", Command::Hide { entry, reasons: "it is off the point".parse().unwrap() });
    }
    world.by("secretariat", Command::Restore { entry: statement, reasons: "on a second look".parse().unwrap() });
    let amendment = world.amend("member", text_change("Approvals end."));
    let version = released(&world, amendment, Outcome::Rejected);
    world.by("secretariat", Command::WithdrawVersion { version, reasons: "a court forbade it".parse().unwrap() });
    let feed = text(get(&world, "/people/neighbour/feed.atom").await).await;
    for said in [
        format!("Statement {statement} was made about the draft core."),
        format!("The words of statement {statement} were hidden. The reasons: it is off the point"),
        format!("The words of statement {statement} were shown again. The reasons: on a second look"),
        "Version 0.2.0 of core is made of 1 amendment. The reasons: the new version is made".to_owned(),
        "is released. The reasons: the assembly released it".to_owned(),
        format!("The version released by entry {version} is withdrawn. The reasons: a court forbade it"),
    ] {
        assert!(feed.contains(&said), "{said}: {feed}");
    }
    assert!(!feed.contains("Signs are too small.") && !feed.contains(&format!("/amendments/{amendment}")), "{feed}");
    let mut ids: Vec<&str> = feed.split("<id>").skip(1).map(|rest| rest.split('<').next().unwrap()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((all, ids.len()), (7, 7), "the feed and its six news have ids of their own: {feed}");
    let feed = text(get(&world, "/people/member/feed.atom").await).await;
    assert!(feed.contains(&format!("Case {case} was filed.")), "{feed}");
    assert!(
        feed.contains(&format!("The words of case {case} were hidden. The reasons: it is off the point")),
        "{feed}"
    );
    // Of what their amendment became part of, they hear the release, too.
    assert!(feed.contains("is part of version 0.2.0") && feed.contains("the assembly released it"), "{feed}");
}

#[tokio::test]
async fn what_is_hidden_is_on_no_page_and_says_so() {
    let world = World::new();
    let amendment = world.amend("member", text_change("Approvals end."));
    let words = "Never to be seen again".parse().unwrap();
    let entry = world.by("neighbour", Command::Argue { amendment, stance: Stance::For, words });
    let path = format!("/amendments/{amendment}");
    assert!(text(get(&world, &path).await).await.contains("Never to be seen again"), "the control");
    world.by("secretariat", Command::PublishModerationPolicy { text: "Be kind.".parse().unwrap(), reasons: reasons() });
    world.by("secretariat", Command::Hide { entry, reasons: reasons() });
    let page = text(get(&world, &path).await).await;
    assert!(!page.contains("Never to be seen again") && page.contains("Hidden by a moderator"));
    let log = text(get(&world, "/moderation").await).await;
    assert!(log.contains(&format!("The words of entry {entry} were hidden")) && log.contains("because it was agreed"));
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_as_page_and_as_document() {
    let world = World::new();
    for path in [
        "/nowhere",
        "/drafts/none",
        "/drafts/core/clauses/core-999",
        "/amendments/0",
        "/amendments/01",
        "/versions/1",
        "/people/none",
        "/members/none",
        "/members?kind=village",
        "/log/proof/9999",
        "/documents/00",
        "/log/tile/x",
    ] {
        let response = get(&world, path).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        html::check(&text(response).await);
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = routes(world.hub.clone()).oneshot(request).await.unwrap();
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json", "{path}");
    }
}

#[tokio::test]
async fn forms_are_taken_from_our_own_pages_alone() {
    let world = World::new();
    let amendment = world.amend("member", text_change("Approvals end."));
    let body = format!("form=x&do=endorse&amendment={amendment}&for=self");
    for cookie in ["", "ordinance=0000000000000000000000000000000000000000000000000000000000000000"] {
        let request = Request::post("/acts")
            .header(header::HOST, "localhost")
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.clone()))
            .unwrap();
        let response = routes(world.hub.clone()).oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
    }
    let command = serde_json::json!({"do": "endorse", "amendment": amendment, "for_member": false, "endorsed": true});
    let request = Request::post("/api/v1/commands")
        .header(header::AUTHORIZATION, "Bearer nobody")
        .body(Body::from(command.to_string()))
        .unwrap();
    let response = routes(world.hub.clone()).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(world.hub.state().amendments[&amendment].persons.is_empty());
}

pub(crate) fn asked(path: &str, cookie: &str) -> Request<Body> {
    let request = Request::get(path).header(header::HOST, "localhost").header(header::ACCEPT, "text/html");
    request.header(header::COOKIE, cookie).body(Body::empty()).unwrap()
}

pub(crate) fn posted(path: &str, cookie: &str, body: &str) -> Request<Body> {
    let form = "application/x-www-form-urlencoded";
    let request = Request::post(path).header(header::HOST, "localhost").header(header::ACCEPT, "text/html");
    request.header(header::COOKIE, cookie).header(header::CONTENT_TYPE, form).body(Body::from(body.to_owned())).unwrap()
}

fn cookie_of(response: &Response<Body>) -> String {
    let set = response.headers()[header::SET_COOKIE].to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

/// What the forms of a page carry.
pub(crate) fn mark(page: &str) -> String {
    page.split_once("name=\"form\" value=\"").unwrap().1.split('"').next().unwrap().to_owned()
}

/// A hub whose member has a token, its routes, and the token.
pub(crate) fn with_token() -> (World, axum::Router, &'static str) {
    let (world, token) = (World::new(), "a-token-of-the-member");
    crate::world::credited(&world, "member", token);
    let app = routes(world.hub.clone());
    (world, app, token)
}

/// Signs in, after a try with a wrong token; gives the session's cookie.
pub(crate) async fn signed_in(app: &axum::Router, token: &str) -> String {
    let send = async |request: Request<Body>| app.clone().oneshot(request).await.unwrap();
    let visit = send(asked("/sign-in", "")).await;
    let cookie = cookie_of(&visit);
    let form = mark(&text(visit).await);
    let wrong = send(posted("/sign-in", &cookie, &format!("form={form}&token=wrong"))).await;
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    html::check(&text(wrong).await);
    let signed = send(posted("/sign-in", &cookie, &format!("form={form}&token={token}"))).await;
    assert_eq!(signed.status(), StatusCode::SEE_OTHER);
    assert_ne!(cookie_of(&signed), cookie, "an id that nobody knew before");
    cookie_of(&signed)
}

#[tokio::test]
async fn whoever_signs_in_looks_proposes_and_endorses_with_plain_forms() {
    let (_world, app, token) = with_token();
    let send = async |request: Request<Body>| app.clone().oneshot(request).await.unwrap();
    let cookie = signed_in(&app, token).await;
    let path = "/drafts/core/clauses/core-04/propose";
    let page = text(send(asked(path, &cookie)).await).await;
    html::check(&page);
    let form = mark(&page);
    let typed = format!("form={form}&text=Approvals+end.&why=It+is+clearer.");
    let looked = text(send(posted(path, &cookie, &format!("{typed}&step=look"))).await).await;
    html::check(&looked);
    assert!(looked.contains("<ins>") && looked.contains("Only words change"), "{looked}");
    let unfit = format!("form={form}&value=a+while&parameter=approval-validity&step=look");
    let broken = send(posted(path, &cookie, &unfit)).await;
    assert_eq!(broken.status(), StatusCode::UNPROCESSABLE_ENTITY);
    html::check(&text(broken).await);
    let proposed = send(posted(path, &cookie, &format!("{typed}&step=propose"))).await;
    assert_eq!(proposed.status(), StatusCode::SEE_OTHER);
    let at = proposed.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let entry = at.trim_start_matches("/amendments/");
    let endorse = format!("form={form}&do=endorse&amendment={entry}&for=member&endorsed=yes");
    assert_eq!(send(posted("/acts", &cookie, &endorse)).await.status(), StatusCode::SEE_OTHER);
    let page = text(send(asked(&at, &cookie)).await).await;
    html::check(&page);
    assert!(
        page.contains("1 organisation, and 0 people for themselves")
            && page.contains("Your organisation endorses it no longer")
    );
    for path in ["/drafts", "/drafts/core", "/drafts/core/statements", "/moderation", "/workshops", "/people/member"] {
        html::check(&text(send(asked(path, &cookie)).await).await);
    }
    // A form of another session is nobody's, and one of a session that is over neither.
    let back = |form: &str| format!("form={form}&do=withdraw-amendment&amendment={entry}");
    let foreign = send(posted("/acts", &cookie, &back(&"0".repeat(64)))).await;
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    let huge = format!("form={form}&do=state&draft=core&words={}", "x".repeat(300_000));
    let refused = send(posted("/acts", &cookie, &huge)).await;
    assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
    html::check(&text(refused).await);
    let long = format!("form={form}&do=state&draft=core&words={}", "x".repeat(300));
    assert_eq!(send(posted("/acts", &cookie, &long)).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let out = send(posted("/sign-out", &cookie, &format!("form={form}"))).await;
    assert_eq!(out.status(), StatusCode::SEE_OTHER);
    assert_eq!(send(posted("/acts", &cookie, &back(&form))).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_page_of_members_looks_at_no_more_than_it_shows() {
    let world = World::bare();
    let members =
        (0..250).map(|at| crate::world::listed(&format!("m-{at:03}"), hub::member::MemberKind::City)).collect();
    world.by("secretariat", Command::AdmitMembers { members, reasons: reasons() });
    let first = text(get(&world, "/members?kind=city").await).await;
    assert_eq!(first.matches("href=\"/members/m-").count(), 100);
    assert!(first.contains("after=m-099"));
    let last = text(get(&world, "/members?kind=city&after=m-199").await).await;
    assert_eq!(last.matches("href=\"/members/m-").count(), 50);
    assert!(!last.contains("The next page"));
}

#[tokio::test]
async fn a_form_that_another_site_sends_is_refused_whatever_it_carries() {
    let world = World::new();
    for path in ["/sign-in", "/sign-out", "/acts"] {
        for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
            let request = Request::post(path).header(header::HOST, "hub.example").header(header::ACCEPT, "text/html");
            let request = request.header(name, value).body(Body::from("form=x")).unwrap();
            let response = routes(world.hub.clone()).oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{path}");
            assert!(text(response).await.contains("Another site sent this form"), "{path}");
        }
    }
}
