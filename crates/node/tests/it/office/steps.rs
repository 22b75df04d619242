//! A deployment's page in the office, and each step of it by each party.

use serde_json::json;

use super::{DOCUMENT, deployment, done, look, looked, office, refused, size};
use crate::browser::Browser;
use crate::city::World;

const PARTIES: [&str; 7] = ["council", "privacy-office", "mobility", "environment", "police", "advertiser", "city"];
const STEPS: [&str; 6] = ["assess", "approve", "publish", "activate", "suspend", "end"];

/// What a form of a step has to have filled in.
fn fields(step: &str) -> &'static [(&'static str, &'static str)] {
    match step {
        "assess" => &[
            ("outcome", "acceptable"),
            ("summary", "The risks are small."),
            ("document", DOCUMENT),
            ("review-by", "2027-10-01"),
        ],
        "approve" => &[("until", "2027-06-02"), ("reason", "It is useful, and small.")],
        "suspend" | "end" => &[("reason", "The street is closed.")],
        _ => &[],
    }
}

/// Who may take which step from where the deployment stands, by the norms of this city.
fn may(state: &str, step: &str) -> Option<&'static [&'static str]> {
    const OFFICERS: &[&str] = &["council", "privacy-office"];
    const BOTH: &[&str] = &["council", "privacy-office", "mobility"];
    match (state, step) {
        ("proposed" | "assessed", "assess")
        | ("assessed" | "approved" | "published" | "active" | "suspended", "approve") => Some(OFFICERS),
        ("approved", "publish") | ("published" | "suspended", "activate") => Some(&["mobility"]),
        ("published" | "active", "suspend") => Some(BOTH),
        ("ended", _) => None,
        (_, "end") => Some(BOTH),
        _ => None,
    }
}

/// Tries every step by every party where the deployment stands, by looks that change nothing.
async fn tried(world: &World, browsers: &mut [(&str, Browser<'_>)], state: &str) {
    assert_eq!(deployment(world, "station-wifi")["standing"]["state"], state);
    let before = size(world);
    for (party, browser) in browsers {
        let concerns = !["environment", "police", "advertiser"].contains(party);
        let page = browser.get("/office/deployments/station-wifi").await;
        assert_eq!(page.status, if concerns { 200 } else { 404 }, "{party}");
        for step in STEPS {
            let address = format!("/office/deployments/station-wifi/{step}");
            let form = browser.get(&address).await;
            // Another day than any that was approved: what is so already is nobody's to refuse.
            let filled =
                if step == "approve" { &[("until", "2027-06-03"), ("reason", "Still useful.")] } else { fields(step) };
            let answer = look(browser, &address, filled).await;
            let expected = match may(state, step) {
                _ if !concerns => 404,
                // What is so already is no act, and what does not lead on from here is refused before any norm is asked.
                None if step == "publish" && ["published", "active", "suspended", "ended"].contains(&state) => 200,
                None if step == "activate" && state == "active" => 200,
                None if step == "suspend" && state == "suspended" => 200,
                None if step == "end" && state == "ended" => 200,
                None => 409,
                Some(parties) if parties.contains(party) => 200,
                Some(_) => 403,
            };
            assert_eq!(answer.status, expected, "{party} {step} {state}: {}", answer.text());
            assert_eq!(form.status, if concerns { 200 } else { 404 }, "{party} {step}");
            if expected == 200 {
                looked(&answer);
            }
            // The page says of each step that leads on what the norms say to it.
            if concerns && may(state, step).is_some() {
                let card = page
                    .text()
                    .split("<article class=\"card\">")
                    .find(|card| card.contains(&format!("station-wifi/{step}\"")));
                let allowed = card.expect("the step is there").contains("The policies in force allow");
                assert_eq!(allowed, expected == 200, "{party} {step} {state}: {}", page.text());
            }
        }
    }
    assert_eq!(size(world), before, "neither a page nor a look changes anything");
}

#[tokio::test]
async fn every_step_is_allowed_to_whom_the_norms_allow_it_and_to_nobody_else() {
    let world = World::new();
    let mut browsers = Vec::new();
    for party in PARTIES {
        browsers.push((party, office(&world, party).await));
    }
    for (state, party, step) in [
        ("proposed", "privacy-office", "assess"),
        ("assessed", "council", "approve"),
        ("approved", "mobility", "publish"),
        ("published", "mobility", "activate"),
        ("active", "council", "suspend"),
        ("suspended", "mobility", "activate"),
        ("active", "mobility", "suspend"),
        ("suspended", "council", "end"),
    ] {
        tried(&world, &mut browsers, state).await;
        let browser = &mut browsers.iter_mut().find(|(name, _)| *name == party).unwrap().1;
        done(&world, browser, &format!("/office/deployments/station-wifi/{step}"), fields(step)).await;
    }
    tried(&world, &mut browsers, "ended").await;
}

#[tokio::test]
async fn a_refusal_says_which_norm_and_at_which_field() {
    let world = World::new();
    let mut council = office(&world, "council").await;
    let address = "/office/deployments/wifi/approve";
    let text =
        refused(&world, &mut council, address, &[("until", "2039-01-01"), ("reason", "As long as can be")], 403).await;
    for part in [
        "It is refused, and nothing was done",
        "An approval lasts at most five years.",
        "href=\"/policies#test-core/approval-expires\"",
        "id=\"wrong-until\">An approval lasts at most five years. An approval does not outlast",
        "aria-invalid=\"true\" aria-describedby=\"wrong-until\"",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    for bad in ["", "soon", "2027-02-30"] {
        let text = refused(&world, &mut council, address, &[("until", bad)], 422).await;
        assert!(text.contains("id=\"wrong-until\""), "{text}");
    }
    let text = refused(&world, &mut council, address, &[("until", "2027-02-01")], 422).await;
    assert!(text.contains("id=\"wrong-reason\">This needs a reason"), "an approval is one: {text}");
    let text = refused(&world, &mut council, "/office/deployments/wifi/suspend", &[("reason", "  ")], 422).await;
    assert!(text.contains("id=\"wrong-reason\">This needs a reason"), "{text}");
    let mut city = office(&world, "city").await;
    let text = refused(&world, &mut city, address, &[("until", "2027-02-01"), ("reason", "It is ours.")], 403).await;
    assert!(text.contains("No rule of this city allows you to do this"), "{text}");
}

#[tokio::test]
async fn an_approval_is_renewed_and_what_was_changed_first_is_what_is_done() {
    let world = World::new();
    let mut council = office(&world, "council").await;
    let address = "/office/deployments/wifi/approve";
    assert!(council.get("/office/deployments/wifi").await.text().contains("Renew its approval"));
    let fields = [("until", "2027-07-01"), ("reason", "It <helps> & harms nobody")];
    let back = council.post("/office", address, &[&fields[..], &[("go", "change")]].concat()).await;
    assert_eq!(back.status, 200);
    assert!(
        back.text().contains("value=\"2027-07-01\"") && back.text().contains("It &#60;helps&#62; &#38; harms nobody")
    );
    let page = done(&world, &mut council, address, &fields).await;
    assert!(page.text().contains("was approved until 1 July 2027"), "{}", page.text());
    assert_eq!(deployment(&world, "wifi")["standing"]["approval"]["until"], "2027-07-01T00:00:00Z");
    let nothing = council.post("/office", address, &[&fields[..], &[("go", "do")]].concat()).await;
    assert_eq!(nothing.header("location"), "/office/deployments/wifi?done=nothing");
    assert!(council.get("/office/deployments/wifi?done=nothing").await.text().contains("nothing was written"));
}

#[tokio::test]
async fn a_proposal_is_refused_with_a_reason_and_everything_says_refused() {
    let world = World::new();
    let mut council = office(&world, "council").await;
    let (page, end) = ("/office/deployments/station-wifi", "/office/deployments/station-wifi/end");
    assert!(council.get(page).await.text().contains(">Refuse the proposal</a>"));
    assert!(council.get(end).await.text().contains("What is asked for again is a new proposal"));
    let mut mobility = office(&world, "mobility").await;
    assert!(mobility.get(page).await.text().contains(">Take the proposal back</a>"), "it is theirs");
    let text = refused(&world, &mut council, end, &[("reason", "")], 422).await;
    assert!(text.contains("id=\"wrong-reason\">This needs a reason"), "{text}");
    let told = done(&world, &mut council, end, &[("reason", "Too close to the school")]).await;
    assert!(told.text().contains("was refused, and is over for good"), "{}", told.text());
    let standing = &deployment(&world, "station-wifi")["standing"];
    assert_eq!((&standing["state"], &standing["refused"]), (&"ended".into(), &true.into()));
    world.city.register().publish().unwrap();
    for (address, says) in [
        ("/deployments/station-wifi", "It was refused, and never approved: Too close to the school."),
        ("/de/deployments/station-wifi", "wurde abgelehnt und nie genehmigt. Der Grund: „Too close to the school“."),
        ("/changes", "<strong>Refused.</strong>"),
        ("/de/changes", "<strong>Abgelehnt.</strong>"),
        ("/feed.atom", "<category term=\"Refused\"/>"),
        ("/feed.atom", "The reason given: Too close to the school"),
        ("/log/entries", "was refused, and is over for good"),
        ("/de/log/entries", "wurde abgelehnt, endgültig"),
    ] {
        let page = world.browse(address).await;
        assert!(page.text().contains(says), "{address}: {says}\n{}", page.text());
    }
    let office = council.get("/office/deployments").await;
    assert!(office.text().contains("Collects nothing: refused"), "{}", office.text());
}

#[tokio::test]
async fn what_is_taken_back_or_was_approved_once_has_ended_and_is_not_refused() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    done(&world, &mut mobility, "/office/deployments/station-wifi/end", &[("reason", "Not needed")]).await;
    let mut council = office(&world, "council").await;
    done(&world, &mut council, "/office/deployments/wifi/end", &[("reason", "Over")]).await;
    for id in ["station-wifi", "wifi"] {
        let standing = &deployment(&world, id)["standing"];
        assert_eq!((&standing["state"], standing.get("refused")), (&"ended".into(), None), "{id}");
    }
    world.city.register().publish().unwrap();
    let changes = world.browse("/changes").await;
    assert!(!changes.text().contains("<strong>Refused.</strong>"), "{}", changes.text());
}

#[tokio::test]
async fn what_is_switched_on_before_its_first_day_says_from_when_on_it_may_collect() {
    let world = World::new();
    let gauge = json!({ "id": "gauge", "title": "Air at the gate", "description": "What we breathe.", "accountable": "environment",
        "place": "centre", "technology": "air-quality-station", "purposes": ["air-quality"], "legal_basis": "not-personal",
        "privacy_statement": "https://teststadt.example/p", "starts": "2026-12-01T00:00:00Z", "ends": "2027-11-01T00:00:00Z",
        "streams": [{ "id": "gauge-air", "retention": "24h", "time": { "do": "keep" }, "properties": {
            "no2": { "category": "air-quality", "value": "number", "treatment": { "do": "keep" } } } }] });
    let signed = json!({ "id": "pia-gauge", "deployment": "gauge", "instrument": "privacy-impact-1", "outcome": "acceptable",
        "summary": "Small.", "signed_by": "privacy-office", "document": DOCUMENT, "review_by": "2027-10-01T00:00:00Z" });
    let until = json!({ "deployment": "gauge", "until": "2027-06-01T00:00:00Z" });
    for (by, command) in [
        ("environment", json!({ "do": "propose", "with": gauge })),
        ("privacy-office", json!({ "do": "sign-assessment", "with": signed })),
        ("council", json!({ "do": "approve", "with": until })),
        ("environment", json!({ "do": "publish", "with": { "deployment": "gauge" } })),
    ] {
        world.submit(json!({ "by": by, "reason": "It is useful.", "command": command })).unwrap();
    }
    let mut environment = office(&world, "environment").await;
    let address = "/office/deployments/gauge/activate";
    let form = environment.get(address).await;
    assert!(form.text().contains("From its first day on, 1 December 2026, it may collect"), "{}", form.text());
    let checked = look(&mut environment, address, &[]).await;
    looked(&checked);
    let words = "was switched on, and may collect from its first day on, 1 December 2026";
    assert!(checked.text().contains(words) && !checked.text().contains("from now on"), "{}", checked.text());
    let told = done(&world, &mut environment, address, &[]).await;
    assert!(told.text().contains(words) && told.text().contains("Collects nothing: not begun"), "{}", told.text());
    for (page, words) in [
        ("/log/entries", words),
        ("/deployments/gauge", "It may begin on 1 December 2026."),
        ("/de/log/entries", "wurde eingeschaltet und darf vom ersten Tag an Daten erfassen, ab dem 1. Dezember 2026"),
    ] {
        let answer = world.browse(page).await;
        assert!(answer.text().contains(words), "{page}: {}", answer.text());
    }
    // When the day has come, and it is switched on anew, it is said as of every other.
    world.clock.set("2026-12-02T08:00:00Z".parse().unwrap());
    let of = json!({ "deployment": "gauge" });
    for step in ["suspend", "activate"] {
        let command = json!({ "do": step, "with": of });
        world.submit(json!({ "by": "environment", "reason": "It was moved.", "command": command })).unwrap();
    }
    world.city.register().publish().unwrap();
    let page = world.browse("/log/entries").await;
    let newest = page.text().split(words).next().unwrap();
    assert!(newest.contains("“Air at the gate” was allowed to collect from now on"), "{newest}");
    assert!(world.browse("/deployments/gauge").await.text().contains("It may collect until"));
}
