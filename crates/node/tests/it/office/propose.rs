//! A proposal page by page: kept, changed, refused in words and sent; and what everybody else sees of a draft.

use axum::http::Method;

use super::forms::CORPUS;
use super::{deployment, hidden, looked, office, size};
use crate::browser::Browser;
use crate::city::{Answer, HOSTILE, World};

/// What stands on one page of a proposal, by the page's name.
pub(crate) type Pages<'p> = &'p [(&'p str, &'p [(&'p str, &'p str)])];

/// A proposal that the norms allow.
pub(crate) const SQUARE: Pages<'static> = &[
    (
        "about",
        &[
            ("title", "How busy is the square?"),
            ("deployment", "square"),
            ("description", "Counts phones on the square."),
            ("accountable", "mobility"),
            ("place", "centre"),
            ("technology", "wifi-counter"),
        ],
    ),
    (
        "purposes",
        &[
            ("purpose", "traffic-management"),
            ("legal-basis", "public-task"),
            ("privacy-statement", "https://teststadt.example/privacy"),
        ],
    ),
    ("stream-1", &[("stream", "square-counts"), ("time", "1m"), ("retention", "24h")]),
    (
        "stream-1-1",
        &[
            ("property", "mac"),
            ("category", "mac-address"),
            ("value", "text"),
            ("treatment", "pseudonymise"),
            ("setting", "24h"),
        ],
    ),
    ("stream-1-2", &[("property", "ssid"), ("category", "network-name"), ("value", "text"), ("treatment", "drop")]),
    ("dates", &[("starts", "2026-11-01"), ("ends", "2027-11-01")]),
];

/// Fills a proposal in, page by page; gives the address of its draft.
pub(crate) async fn drafted(browser: &mut Browser<'_>, pages: Pages<'_>) -> String {
    let (first, rest) = pages.split_first().unwrap();
    let begun = browser.post("/office", "/office/propose/new", &[first.1, &[("go", "keep")]].concat()).await;
    assert_eq!(begun.status, 303, "{}", begun.text());
    let draft = begun.header("location").to_owned();
    for (page, fields) in rest {
        let kept = browser.post("/office", &format!("{draft}/{page}"), &[fields, &[("go", "keep")][..]].concat()).await;
        assert_eq!((kept.status.as_u16(), kept.header("location")), (303, draft.as_str()), "{page}: {}", kept.text());
    }
    draft
}

/// The same proposal with one value changed.
fn with<'p>(page: &str, field: &str, value: &'p str) -> Vec<(&'p str, Vec<(&'p str, &'p str)>)> {
    let changed = |name: &'static str, fields: &'static [(&'static str, &'static str)]| {
        let fields =
            fields.iter().map(|(known, same)| (*known, if name == page && *known == field { value } else { *same }));
        (name, fields.collect())
    };
    SQUARE.iter().map(|(name, fields)| changed(name, fields)).collect()
}

pub(crate) async fn drafted_with(browser: &mut Browser<'_>, page: &str, field: &str, value: &str) -> String {
    let pages = with(page, field, value);
    let pages: Vec<(&str, &[(&str, &str)])> = pages.iter().map(|(name, fields)| (*name, fields.as_slice())).collect();
    drafted(browser, &pages).await
}

async fn sent(browser: &mut Browser<'_>, draft: &str, go: &str) -> Answer {
    browser.post("/office", draft, &[("go", go)]).await
}

#[tokio::test]
async fn a_proposal_is_kept_page_by_page_checked_and_sent() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let before = size(&world);
    let draft = drafted(&mut mobility, SQUARE).await;
    let whole = mobility.get(&draft).await;
    for part in
        ["How busy is the square?", "Stream 1, property 2", "1 November 2027", "Becomes a tag, whose key is destroyed"]
    {
        assert!(whole.text().contains(part), "{part}\n{}", whole.text());
    }
    // Somebody else goes on with it from another browser, after the first one signed out.
    mobility.post("/office", "/sign-out", &[]).await;
    let mut mobility = office(&world, "mobility").await;
    assert!(mobility.get("/office/propose").await.text().contains(&format!("href=\"{draft}\"")));
    assert!(mobility.get(&format!("{draft}/about")).await.text().contains("value=\"square\""));
    let look = sent(&mut mobility, &draft, "look").await;
    looked(&look);
    assert!(look.text().contains("“How busy is the square?” was proposed"), "{}", look.text());
    let now = size(&world);
    assert!(hidden(look.text()).iter().all(|(name, _)| name == "form"), "what was checked is what the draft holds");
    let done = sent(&mut mobility, &draft, "do").await;
    assert_eq!(done.status, 303, "{}", done.text());
    assert!(done.header("location").starts_with("/office/deployments/square?done="));
    assert_eq!((now, size(&world)), (before, before + 1), "a draft and a look are no acts, the proposal is one");
    assert!(mobility.get(done.header("location")).await.text().contains("<strong>Done.</strong>"));
    assert_eq!(sent(&mut mobility, &draft, "do").await.status, 404, "the draft is gone");
    let expected = serde_json::json!({ "id": "square", "title": "How busy is the square?", "description": "Counts phones on the square.",
        "accountable": "mobility", "place": "centre", "technology": "wifi-counter", "purposes": ["traffic-management"],
        "legal_basis": "public-task", "privacy_statement": "https://teststadt.example/privacy",
        "starts": "2026-11-01T00:00:00Z", "ends": "2027-11-01T00:00:00Z",
        "streams": [{ "id": "square-counts", "retention": "1d", "time": { "do": "bin", "bin": "1m" }, "properties": {
            "mac": { "category": "mac-address", "value": "text", "treatment": { "do": "pseudonymise", "epoch": "1d" } },
            "ssid": { "category": "network-name", "value": "text", "treatment": { "do": "drop" } } } }] });
    assert_eq!(deployment(&world, "square")["deployment"], expected);
}

#[tokio::test]
async fn what_the_norms_refuse_is_said_at_the_field_and_the_draft_stays() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let before = size(&world);
    for (page, field, value, status, label, said) in [
        (
            "dates",
            "ends",
            "2039-01-01",
            403,
            "It ends for good on",
            "A deployment has an end date at most five years after it starts.",
        ),
        ("dates", "ends", "2026-10-01", 422, "It ends for good on", "The deployment ends before it starts"),
        (
            "purposes",
            "legal-basis",
            "not-personal",
            403,
            "Ground in law",
            "Data about people is collected only on a ground in law.",
        ),
        (
            "purposes",
            "privacy-statement",
            "",
            403,
            "Address of the privacy statement",
            "residents can read a privacy statement",
        ),
        (
            "stream-1",
            "retention",
            "90d",
            403,
            "How long it is kept",
            "Treated data about people is kept at most 30 days.",
        ),
        ("about", "deployment", "wifi", 409, "Its short name", "exists already"),
        ("stream-1", "stream", "wifi-counts", 409, "Its short name", "exists already"),
    ] {
        let draft = drafted_with(&mut mobility, page, field, value).await;
        for go in ["look", "do"] {
            let answer = sent(&mut mobility, &draft, go).await;
            assert_eq!(answer.status, status, "{field}: {}", answer.text());
            let rows = answer.text().split("<div><dt>").filter(|row| row.starts_with(label));
            assert!(rows.clone().any(|row| row.contains(said)), "{field}\n{}", answer.text());
        }
        assert_eq!(mobility.get(&draft).await.status, 200, "the draft is still there");
        assert_eq!(sent(&mut mobility, &draft, "delete").await.header("location"), "/office/propose");
    }
    let council = &mut office(&world, "council").await;
    let draft = drafted(council, SQUARE).await;
    let answer = sent(council, &draft, "do").await;
    assert!(answer.status == 403 && answer.text().contains("No rule of this city allows you"), "{}", answer.text());
    assert_eq!(size(&world), before + 1, "only a token was issued");
}

#[tokio::test]
async fn what_is_wrong_on_a_page_is_kept_and_said_and_nothing_is_sent_before_it_is_right() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let before = size(&world);
    let begun = mobility
        .post("/office", "/office/propose/new", &[("title", "Half an idea"), ("deployment", "No Id"), ("go", "keep")])
        .await;
    assert_eq!(begun.status, 422);
    for part in [
        "It is kept as it is.",
        "value=\"No Id\"",
        "id=\"wrong-deployment\"",
        "id=\"wrong-place\"",
        "action=\"/office/propose/1/about\"",
    ] {
        assert!(begun.text().contains(part), "{part}\n{}", begun.text());
    }
    let later =
        mobility.post("/office", "/office/propose/1/purposes", &[("legal-basis", "consent"), ("go", "later")]).await;
    assert_eq!(later.header("location"), "/office/propose/1");
    assert!(mobility.get("/office/propose/1").await.text().contains("Half an idea"));
    for go in ["look", "do"] {
        assert_eq!(sent(&mut mobility, "/office/propose/1", go).await.status, 422);
    }
    for (page, fields) in
        [("stream-1", &[("stream", "s")][..]), ("stream-1-1", &[("property", "p")]), ("stream-2", &[("stream", "t")])]
    {
        let kept = mobility
            .post("/office", &format!("/office/propose/1/{page}"), &[fields, &[("go", "later")]].concat())
            .await;
        assert_eq!(kept.status, 303);
    }
    let out = mobility.post("/office", "/office/propose/1/stream-1", &[("go", "out")]).await;
    assert_eq!(out.status, 303);
    let whole = mobility.get("/office/propose/1").await;
    assert!(
        whole.text().contains("Stream 2") && !whole.text().contains("Stream 1"),
        "its properties go with it: {}",
        whole.text()
    );
    for none in ["/office/propose/1/stream-x", "/office/propose/1/nonsense", "/office/propose/2", "/office/propose/x"] {
        assert_eq!(mobility.get(none).await.status, 404, "{none}");
    }
    assert_eq!(size(&world), before, "nothing of it was an act");
}

#[tokio::test]
async fn a_draft_is_its_partys_alone_and_no_text_of_it_becomes_part_of_a_page() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let fields: Vec<(&str, &str)> =
        ["title", "deployment", "description", "accountable", "place", "technology"].map(|name| (name, HOSTILE)).into();
    let begun = mobility.post("/office", "/office/propose/new", &[&fields[..], &[("go", "keep")]].concat()).await;
    assert!(begun.status == 422 && !begun.text().contains(HOSTILE) && begun.text().contains(&super::escaped(HOSTILE)));
    for page in ["purposes", "stream-1", "stream-1-1", "dates"] {
        let names = [
            "purpose",
            "legal-basis",
            "privacy-statement",
            "stream",
            "time",
            "retention",
            "budget",
            "property",
            "category",
            "value",
            "treatment",
            "setting",
            "unit",
            "starts",
            "ends",
        ];
        for text in CORPUS {
            let fields: Vec<(&str, &str)> = names.map(|name| (name, text)).into();
            let kept = mobility
                .post("/office", &format!("/office/propose/1/{page}"), &[&fields[..], &[("go", "keep")]].concat())
                .await;
            assert!(kept.status == 422 && !kept.text().contains(text), "{page}");
            let whole = mobility.get("/office/propose/1").await;
            assert!(whole.status == 200 && !whole.text().contains(text), "{page}");
        }
    }
    for page in ["/office/propose", "/office/propose/1"] {
        let shown = mobility.get(page).await;
        assert!(shown.status == 200 && !shown.text().contains(HOSTILE), "{page}");
    }
    let before = size(&world);
    let form = mobility.form("/office").await;
    for party in ["council", "city", "police"] {
        let mut other = office(&world, party).await;
        assert!(!other.get("/office/propose").await.text().contains("/office/propose/1"), "{party}");
        for address in ["/office/propose/1", "/office/propose/1/about"] {
            assert_eq!(other.get(address).await.status, 404, "{party}");
            assert_eq!(
                other.post("/office", address, &[("go", "delete"), ("title", "x")]).await.status,
                404,
                "{party}"
            );
            let stolen = [("form", form.as_str()), ("go", "delete")];
            assert_eq!(
                other.send(Method::POST, address, Some(&stolen), Some("same-origin")).await.status,
                403,
                "{party}"
            );
        }
    }
    for address in ["/office/propose/new", "/office/propose/1", "/office/propose/1/about"] {
        let crossed = [("form", form.as_str()), ("go", "delete")];
        assert_eq!(mobility.send(Method::POST, address, Some(&crossed), Some("cross-site")).await.status, 403);
    }
    assert_eq!(size(&world), before + 1, "the clerk got a token, and nothing else was done");
    assert_eq!(mobility.get("/office/propose/1").await.status, 200);
}

#[tokio::test]
async fn who_may_propose_is_for_the_norms_to_say() {
    let world = World::new();
    for (party, status) in [
        ("mobility", 200),
        ("environment", 200),
        ("city", 200),
        ("police", 200),
        ("council", 403),
        ("privacy-office", 403),
        ("advertiser", 403),
    ] {
        let mut browser = office(&world, party).await;
        let draft = drafted(&mut browser, SQUARE).await;
        let answer = sent(&mut browser, &draft, "look").await;
        assert_eq!(answer.status, status, "{party}: {}", answer.text());
    }
}

/// A draft that says less than it could, and then one about nobody.
async fn open_and_harmless(mobility: &mut Browser<'_>, draft: &str) {
    // A property of which the treatment is not said may raise the tier, and there is no list of papers before it is.
    let half = [("property", "plate"), ("category", "number-plate"), ("go", "later")];
    mobility.post("/office", &format!("{draft}/stream-1-3"), &half).await;
    let open = mobility.get(draft).await;
    assert!(open.text().contains("so that the tier may rise: Stream 1, property 3."), "{}", open.text());
    assert!(
        open.text().contains("once nothing is missing in the draft") && !open.text().contains("Before it is approved")
    );
    mobility.post("/office", &format!("{draft}/stream-1-3"), &[("go", "out")]).await;
    for (page, fields) in [
        (
            "stream-1-1",
            [
                ("property", "no2"),
                ("category", "air-quality"),
                ("value", "number"),
                ("treatment", "keep"),
                ("go", "keep"),
            ],
        ),
        (
            "stream-1-2",
            [
                ("property", "pm10"),
                ("category", "air-quality"),
                ("value", "number"),
                ("treatment", "keep"),
                ("go", "keep"),
            ],
        ),
    ] {
        mobility.post("/office", &format!("{draft}/{page}"), &fields).await;
    }
    let air = mobility.get(draft).await;
    assert!(air.text().contains("Its tier as the draft stands: file-and-go"), "{}", air.text());
}

#[tokio::test]
async fn the_tier_is_shown_while_drafting_with_its_reasons_and_changes_with_the_answers() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let before = size(&world);
    let draft = drafted(&mut mobility, SQUARE).await;
    for path in [draft.clone(), format!("{draft}/stream-1-1"), format!("{draft}/about")] {
        let page = mobility.get(&path).await;
        for part in [
            "Its tier as the draft stands: light",
            "Stream 1: mac is about people; what is stored tells them apart for a day at most, or not at all: <strong>light</strong>",
            "Stream 1: ssid is about people; it is sensed, and dropped before anything is stored: <strong>light</strong>",
            "Before it is approved",
            "A deployment is approved only after an assessment signed by a party that neither proposed it nor answers for it.",
            "href=\"/policies#",
        ] {
            assert!(page.text().contains(part), "{path}: {part}\n{}", page.text());
        }
        // What would stand in nobody's way is not named.
        assert!(!page.text().contains("An approval lasts at most five years."), "{}", page.text());
    }
    let longer = |epoch: &'static str| {
        [
            ("property", "mac"),
            ("category", "mac-address"),
            ("value", "text"),
            ("treatment", "pseudonymise"),
            ("setting", epoch),
            ("go", "keep"),
        ]
    };
    mobility.post("/office", &format!("{draft}/stream-1-1"), &longer("7d")).await;
    let full = mobility.get(&draft).await;
    assert!(full.text().contains("Its tier as the draft stands: full"), "{}", full.text());
    assert!(full.text().contains("its tags tell them apart for longer than a day: <strong>full</strong>"));
    open_and_harmless(&mut mobility, &draft).await;
    assert_eq!(size(&world), before, "a look is no act");
}

#[tokio::test]
async fn what_a_draft_says_of_its_tier_is_what_the_register_derives_once_it_is_sent() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    for (at, (treatment, setting)) in [("pseudonymise", "24h"), ("drop", ""), ("tally", "")].into_iter().enumerate() {
        let id = format!("square-{at}");
        let stream = format!("square-counts-{at}");
        let mut pages: Vec<(&str, Vec<(&str, &str)>)> =
            SQUARE.iter().map(|(page, fields)| (*page, fields.to_vec())).collect();
        for (page, fields) in &mut pages {
            for (name, value) in fields.iter_mut() {
                match (*page, *name) {
                    ("about", "deployment") => *value = &id,
                    ("stream-1", "stream") => *value = &stream,
                    ("stream-1-1", "treatment") => *value = treatment,
                    ("stream-1-1", "setting") => *value = setting,
                    _ => {}
                }
            }
        }
        let pages: Vec<(&str, &[(&str, &str)])> =
            pages.iter().map(|(page, fields)| (*page, fields.as_slice())).collect();
        let draft = drafted(&mut mobility, &pages).await;
        let shown = mobility.get(&draft).await.text().to_owned();
        assert_eq!(sent(&mut mobility, &draft, "do").await.status, 303, "{treatment}");
        let state = world.city.register().state();
        let tier = model::Tier::of(&state.deployments[&id.parse().unwrap()].deployment);
        assert!(shown.contains(&format!("Its tier as the draft stands: {tier}")), "{treatment}: {tier}\n{shown}");
    }
}
