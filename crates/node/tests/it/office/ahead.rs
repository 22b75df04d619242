//! What is asked about a draft before it is sent: by whom it is asked, what it makes of the tier, and what becomes of the answers.

use model::Tier;

use super::propose::{Pages, drafted, drafted_with};
use super::{assess, deployment, done, looked, office, size};
use crate::browser::Browser;
use crate::city::{Answer, World};

const PAGE: &str = "/office/deployments/square/assessments/pre-scan";

/// Signs of a high risk, and what is asked of a receiver.
const RISK: [&str; 9] =
    ["monitoring", "large-scale", "sensitive", "vulnerable", "rating", "automatic", "denies", "untried", "recognition"];

/// A draft about people, under the core.
async fn about_people(browser: &mut Browser<'_>) -> String {
    drafted_with(browser, "dates", "starts", "2026-12-01").await
}

async fn answer(browser: &mut Browser<'_>, draft: &str, section: &str, fields: &[(&str, &str)]) -> Answer {
    let address = format!("{draft}/pre-scan/{section}");
    browser.post("/office", &address, &[fields, &[("go", "keep")]].concat()).await
}

/// What stands on the page of a section, with other answers to what they name; as a browser sends it.
async fn section(browser: &mut Browser<'_>, draft: &str, section: &str, said: &[(&str, &str)]) -> Answer {
    let page = browser.get(&format!("{draft}/pre-scan/{section}")).await;
    assert_eq!(page.status, 200, "{section}: {}", page.text());
    let mut fields = assess::fitting_form(page.text());
    for (name, value) in said {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    fields.retain(|(name, _)| name != "revision" && name != "go");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    answer(browser, draft, section, &fields).await
}

/// Answers every sign of a risk, and the rest of what is asked, in one way.
async fn all(browser: &mut Browser<'_>, draft: &str, said: &str) {
    let risk: Vec<(&str, &str)> = RISK.iter().map(|name| (*name, said)).chain([("matching", said)]).collect();
    for (name, fields) in [
        ("what", &[("change", "new")][..]),
        ("people", &[("everyone", said)]),
        ("risk", &risk),
        ("sharing", &[]),
        ("fairness", &[("unequal", said), ("understood", said)]),
    ] {
        let kept = section(browser, draft, name, fields).await;
        assert_eq!((kept.status.as_u16(), kept.header("location")), (303, draft), "{name}: {}", kept.text());
    }
}

async fn sent(browser: &mut Browser<'_>, draft: &str, go: &str) -> Answer {
    browser.post("/office", draft, &[("go", go)]).await
}

/// Signs the answers that were begun, as the next role.
async fn sign(world: &World, party: &str, role: &str) {
    let mut browser = office(world, party).await;
    let page = browser.get(PAGE).await;
    let (_, rest) = page.text().split_once("Fingerprint of the answers: <code>").unwrap();
    let answers = rest.split('<').next().unwrap().to_owned();
    done(world, &mut browser, &format!("{PAGE}/sign"), &[("answers", answers.as_str()), ("role", role)]).await;
}

fn tier(world: &World) -> Tier {
    world.city.register().state().deployments[&"square".parse().unwrap()].tier()
}

#[tokio::test]
async fn what_is_asked_of_a_draft_about_people_is_answered_page_by_page_kept_and_begun_once_it_is_sent() {
    let world = assess::world();
    let mut mobility = office(&world, "mobility").await;
    let draft = about_people(&mut mobility).await;
    let whole = mobility.get(&draft).await;
    for part in [
        "Pre-scan: People",
        "Pre-scan: Signs of a high risk",
        "Not answered yet.",
        "Its tier as the draft stands: full",
    ] {
        assert!(whole.text().contains(part), "{part}\n{}", whole.text());
    }
    for go in ["look", "do"] {
        let refused = sent(&mut mobility, &draft, go).await;
        assert!(refused.status == 422 && refused.text().contains("Not answered yet."), "{go}: {}", refused.text());
    }
    let page = mobility.get(&format!("{draft}/pre-scan/what")).await;
    assert!(page.text().contains("Counts phones on the square."), "it is filled in: {}", page.text());
    let unfit = answer(&mut mobility, &draft, "what", &[("description", "Short"), ("change", "new")]).await;
    assert!(
        unfit.status == 422 && unfit.text().contains("Short") && unfit.text().contains("characters"),
        "{}",
        unfit.text()
    );
    let page = mobility.get(&format!("{draft}/pre-scan/what")).await;
    assert!(page.text().contains("value=\"new\" selected"), "what fits was kept: {}", page.text());
    // Somebody comes back to it later, from another browser.
    mobility.post("/office", "/sign-out", &[]).await;
    let mut mobility = office(&world, "mobility").await;
    all(&mut mobility, &draft, "no").await;
    let whole = mobility.get(&draft).await;
    assert!(
        !whole.text().contains("Not answered yet") && whole.text().contains("Its tier as the draft stands: light"),
        "{}",
        whole.text()
    );
    let before = size(&world);
    looked(&sent(&mut mobility, &draft, "look").await);
    let proposed = sent(&mut mobility, &draft, "do").await;
    assert_eq!(proposed.status, 303, "{}", proposed.text());
    assert_eq!(size(&world), before + 1, "the proposal is an act, and answers are none");
    assert_eq!(mobility.get(&draft).await.status, 404);
    let begun = mobility.get(PAGE).await;
    assert!(
        begun.text().contains("Every question is answered.") && begun.text().contains("Sign as the author"),
        "{}",
        begun.text()
    );
    sign(&world, "mobility", "author").await;
    sign(&world, "privacy-office", "privacy-officer").await;
    assert_eq!(deployment(&world, "square")["standing"]["assessments"][0]["tier"], "light");
}

#[tokio::test]
async fn whoever_does_not_know_gets_all_care_with_each_reason_and_the_norms_ask_for_it() {
    let world = assess::world();
    let mut mobility = office(&world, "mobility").await;
    let draft = about_people(&mut mobility).await;
    all(&mut mobility, &draft, "unknown").await;
    let whole = mobility.get(&draft).await;
    for part in [
        "Its tier as the draft stands: full",
        "The answers about it ask for more care than what is declared alone.",
        "Pre-scan: People are watched over time at a place that everyone may enter: <strong>full</strong>",
        "Pre-scan: There are two or more signs of a high risk: <strong>full</strong>",
        "A deployment of the full tier is approved only after a privacy impact assessment that another party signed.",
    ] {
        assert!(whole.text().contains(part), "{part}\n{}", whole.text());
    }
    assert_eq!(sent(&mut mobility, &draft, "do").await.status, 303);
    assert_eq!(tier(&world), Tier::Light, "nobody has signed what was answered");
    sign(&world, "mobility", "author").await;
    assert_eq!(tier(&world), Tier::Light);
    sign(&world, "privacy-office", "privacy-officer").await;
    assert_eq!(tier(&world), Tier::Full);
    let mut council = office(&world, "council").await;
    let page = council.get("/office/deployments/square").await;
    for part in [
        "Its tier is full: the answers that were signed about it find so.",
        "privacy impact assessment that another party signed",
    ] {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
}

#[tokio::test]
async fn whoever_answers_in_their_own_favour_gains_nothing() {
    let world = assess::world();
    let mut mobility = office(&world, "mobility").await;
    let draft = about_people(&mut mobility).await;
    // “Nobody is observed” takes every other question away, and the draft is still what it declares.
    section(&mut mobility, &draft, "what", &[("change", "new")]).await;
    section(&mut mobility, &draft, "people", &[("observed", "no"), ("everyone", "no")]).await;
    let whole = mobility.get(&draft).await;
    assert!(
        whole.text().contains("Its tier as the draft stands: light") && !whole.text().contains("Signs of a high risk"),
        "{}",
        whole.text()
    );
    assert_eq!(sent(&mut mobility, &draft, "do").await.status, 303);
    sign(&world, "mobility", "author").await;
    sign(&world, "privacy-office", "privacy-officer").await;
    assert_eq!(tier(&world), Tier::Light);
    // What declares full stays full, whatever is answered.
    let lasting = drafted_with(&mut mobility, "stream-1-1", "setting", "7d").await;
    section(&mut mobility, &lasting, "what", &[("change", "new")]).await;
    section(&mut mobility, &lasting, "people", &[("observed", "no"), ("everyone", "no")]).await;
    let whole = mobility.get(&lasting).await;
    assert!(whole.text().contains("Its tier as the draft stands: full"), "{}", whole.text());
}

/// A draft about nobody.
const AIR: Pages<'static> = &[
    (
        "about",
        &[
            ("title", "Air at the square"),
            ("deployment", "square"),
            ("description", "Measures what we breathe on the square."),
            ("accountable", "mobility"),
            ("place", "centre"),
            ("technology", "air-quality-station"),
        ],
    ),
    ("purposes", &[("purpose", "air-quality"), ("legal-basis", "not-personal")]),
    ("stream-1", &[("stream", "square-air"), ("time", "keep"), ("retention", "30d")]),
    ("stream-1-1", &[("property", "no2"), ("category", "air-quality"), ("value", "number"), ("treatment", "keep")]),
    ("dates", &[("starts", "2026-12-01"), ("ends", "2027-11-01")]),
];

#[tokio::test]
async fn of_a_draft_about_nobody_nothing_is_asked_and_it_goes() {
    let world = assess::world();
    let mut mobility = office(&world, "mobility").await;
    let draft = drafted(&mut mobility, AIR).await;
    let whole = mobility.get(&draft).await;
    assert!(!whole.text().contains("Pre-scan") && whole.text().contains("file-and-go"), "{}", whole.text());
    for none in ["pre-scan/people", "pre-scan/nothing", "privacy-impact/risk", "pre-scan"] {
        assert_eq!(mobility.get(&format!("{draft}/{none}")).await.status, 404, "{none}");
    }
    assert_eq!(answer(&mut mobility, &draft, "people", &[("everyone", "no")]).await.status, 404);
    assert_eq!(sent(&mut mobility, &draft, "do").await.status, 303);
    assert!(mobility.get(PAGE).await.text().contains("Begin to answer"), "nothing was begun for it");
}

#[tokio::test]
async fn answers_about_a_draft_are_its_partys_alone_and_follow_what_it_declares() {
    let world = assess::world();
    let mut mobility = office(&world, "mobility").await;
    let draft = about_people(&mut mobility).await;
    all(&mut mobility, &draft, "no").await;
    let mut police = office(&world, "police").await;
    for address in [draft.clone(), format!("{draft}/pre-scan/people")] {
        assert_eq!(police.get(&address).await.status, 404, "{address}");
        assert_eq!(police.post("/office", &address, &[("go", "keep"), ("everyone", "yes")]).await.status, 404);
    }
    // A gap elsewhere hides what is asked until it is mended; nothing of it is lost.
    mobility.post("/office", &format!("{draft}/dates"), &[("starts", ""), ("go", "later")]).await;
    let gap = mobility.get(&draft).await;
    assert!(gap.text().contains("what is asked about people once nothing else is missing"), "{}", gap.text());
    assert_eq!(sent(&mut mobility, &draft, "do").await.status, 422);
    mobility
        .post("/office", &format!("{draft}/dates"), &[("starts", "2026-12-01"), ("ends", "2027-11-01"), ("go", "keep")])
        .await;
    mobility
        .post(
            "/office",
            &format!("{draft}/purposes"),
            &[
                ("purpose", "street-design"),
                ("legal-basis", "public-task"),
                ("privacy-statement", "https://teststadt.example/p"),
                ("go", "keep"),
            ],
        )
        .await;
    let whole = mobility.get(&draft).await;
    assert!(!whole.text().contains("Not answered yet"), "{}", whole.text());
    let what = mobility.get(&format!("{draft}/pre-scan/what")).await;
    assert!(what.text().to_lowercase().contains("designing streets"), "what was filled in follows: {}", what.text());
}

#[tokio::test]
async fn two_of_one_party_who_keep_different_sections_at_once_lose_nothing() {
    let world = assess::world();
    let (mut one, mut other) = (office(&world, "mobility").await, office(&world, "mobility").await);
    let draft = about_people(&mut one).await;
    for said in ["yes", "no", "unknown", "yes"] {
        let (seen, fair) = ([("everyone", said)], [("unequal", said), ("understood", said)]);
        let (people, fairness) =
            tokio::join!(section(&mut one, &draft, "people", &seen), section(&mut other, &draft, "fairness", &fair));
        assert_eq!((people.status.as_u16(), fairness.status.as_u16()), (303, 303));
        for (part, question) in [("people", "everyone"), ("fairness", "unequal"), ("fairness", "understood")] {
            let page = one.get(&format!("{draft}/pre-scan/{part}")).await;
            let stands = assess::fitting_form(page.text());
            assert!(stands.contains(&(question.to_owned(), said.to_owned())), "{question}: {said}: {stands:?}");
        }
    }
}
