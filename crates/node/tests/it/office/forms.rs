//! What every form of the office has in common: only its own session sends it, asking for it changes nothing, and no text in it
//! becomes part of a page.

use axum::http::Method;

use node::accounts::roles::DOORS;
use serde_json::json;

use super::{escaped, look, office, size};
use crate::browser::Browser;
use crate::city::{HOSTILE, World};

/// Every form that is looked at and then done, and its fields for text.
const FORMS: [(&str, &[&str]); 24] = [
    ("/office/deployments/wifi/approve", &["until", "reason"]),
    ("/office/deployments/station-wifi/assess", &["summary", "document", "instrument", "review-by"]),
    ("/office/deployments/wifi/publish", &["reason"]),
    ("/office/deployments/wifi/suspend", &["reason"]),
    ("/office/deployments/wifi/end", &["reason"]),
    ("/office/deployments/wifi/emergency", &["summary", "hours"]),
    ("/office/deployments/wifi/evidence", &["other-kind", "summary", "on", "until", "document", "reason"]),
    ("/office/city/evidence", &["other-kind", "summary", "on", "until", "document", "reason"]),
    ("/office/grants/new", &["until", "argument", "reason"]),
    (
        "/office/views/new",
        &[
            "name",
            "title",
            "properties",
            "unit",
            "number",
            "edges",
            "percent",
            "minimum",
            "bound",
            "noise",
            "delay",
            "depth",
            "reason",
        ],
    ),
    ("/office/grants/own/withdraw", &["reason"]),
    ("/office/tokens/devices/new", &["device", "longitude", "latitude", "support-until", "reason"]),
    ("/office/tokens/devices/wifi-1/token", &["reason"]),
    ("/office/entered/places/new", &["place", "name", "outline", "reason"]),
    ("/office/entered/parties/new", &["party", "name", "contact-name", "contact-mail", "contact-phone", "reason"]),
    ("/office/entered/classes/new", &["class", "until", "reason"]),
    ("/office/incidents/new", &["on", "at", "happened", "devices", "summary", "details"]),
    ("/office/policies/permits", &["permits", "reason"]),
    ("/office/tokens/parties/mobility", &["reason"]),
    ("/office/evidence/said/withdraw", &["reason"]),
    ("/office/incidents/leak/incident-update", &["on", "at", "summary"]),
    ("/office/requests/new", &["until", "summary"]),
    ("/office/requests/asked/offer", &["until", "summary"]),
    ("/office/requests/asked/refuse", &["summary"]),
];
/// Doors that take something which is no such form. The tests of drafts, assessments and sheets fill each of them with the same texts.
const OTHERS: [&str; 12] = [
    "/office/tokens/sheet",
    "/office/tokens/sheet/issue",
    "/office/deployments/{id}/assessments/{instrument}",
    "/office/deployments/{id}/assessments/{instrument}/sign",
    "/office/deployments/{id}/assessments/{instrument}/besides",
    "/office/deployments/{id}/assessments/{instrument}/{section}",
    "/office/sheets",
    "/office/sheets/import",
    "/office/propose/new",
    "/office/propose/{draft}",
    "/office/propose/{draft}/{page}",
    "/office/propose/{draft}/{page}/{section}",
];
/// What would break out of a page that did not escape.
pub(crate) const CORPUS: [&str; 5] = [
    HOSTILE,
    "\"><svg onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "' onfocus='alert(1)",
    "{{ 7*7 }}${7*7}<%= 7*7 %>",
];

/// A city with something for every form: a statement, an incident, a request.
fn world() -> World {
    let world = World::new();
    let about = json!({ "what": "deployment", "id": "wifi" });
    let said = json!({ "id": "said", "about": about, "kind": "notice", "on": "2026-11-20T00:00:00Z", "signed_by": "mobility", "summary": "Told." });
    let leak = json!({ "statement": { "id": "leak", "about": about, "kind": "incident", "on": "2026-11-20T00:00:00Z", "signed_by": "mobility",
        "summary": "It fell down." }, "severity": "minor", "devices": [], "data": [] });
    let asked = json!({ "id": "asked", "about": about, "kind": "grant-request", "on": "2026-11-20T00:00:00Z", "signed_by": "advertiser",
        "summary": "The view wifi-counts/counts for traffic-management: To plan." });
    for (by, command) in [
        ("mobility", json!({ "do": "file-evidence", "with": said })),
        ("mobility", json!({ "do": "report-incident", "with": { "incident": leak, "details": { "details": null } } })),
        ("advertiser", json!({ "do": "file-evidence", "with": asked })),
    ] {
        world.submit(json!({ "by": by, "command": command })).unwrap();
    }
    world
}

/// The door at an address.
fn door_at(address: &str) -> &'static str {
    let fits = |path: &str| {
        let (parts, own): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), address.split('/').collect());
        parts.len() == own.len() && parts.iter().zip(own).all(|(part, own)| part.starts_with('{') || *part == own)
    };
    DOORS.iter().find(|door| fits(door.path)).unwrap_or_else(|| panic!("{address} has no door")).path
}

#[test]
fn every_form_of_the_office_is_among_those_that_are_tried() {
    for door in DOORS.iter().filter(|door| door.post.is_some() && door.path.starts_with("/office")) {
        let tried = FORMS.iter().any(|(address, _)| door_at(address) == door.path);
        assert!(tried != OTHERS.contains(&door.path), "{} is in one of the two lists, or in both", door.path);
    }
    assert!(OTHERS.iter().all(|path| DOORS.iter().any(|door| door.path == *path)), "a door of the list is gone");
}

#[tokio::test]
async fn no_text_in_any_field_becomes_part_of_a_page() {
    let world = world();
    for (party, own) in [("council", "council"), ("mobility", "mobility")] {
        let mut browser = office(&world, party).await;
        for (address, fields) in FORMS {
            // Some are for the party alone that they are about.
            let of_mobility = ["/office/tokens/parties/", "/office/requests/asked/"];
            if own != "mobility" && of_mobility.iter().any(|begin| address.starts_with(begin)) {
                continue;
            }
            for text in CORPUS {
                let sent: Vec<(&str, &str)> = fields.iter().map(|field| (*field, text)).collect();
                // The browser of these tests reads each page as strictly as can be.
                let answer = look(&mut browser, address, &sent).await;
                assert!([200, 403, 409, 422].contains(&answer.status.as_u16()), "{address}: {}", answer.text());
                assert!(!answer.text().contains(text), "{address}: {text}");
                assert!(answer.text().contains(&escaped(text)), "{address}: what was typed is lost: {}", answer.text());
                // Names of fields, and values where a choice is made, are no way in either.
                let odd = [(text, text), ("view", text), ("kind", text), ("go", text), ("id", text), ("duty", text)];
                let answer = look(&mut browser, address, &odd).await;
                assert!(answer.status != 500 && !answer.text().contains(text), "{address}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn what_was_written_with_a_hostile_text_is_told_without_it() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    for text in CORPUS {
        let fields = [("other-kind", "notice"), ("summary", text), ("on", "2026-11-20"), ("reason", text)];
        let page = super::done(&world, &mut mobility, "/office/deployments/wifi/evidence", &fields).await;
        assert!(page.text().contains(&escaped(text)) && !page.text().contains(text), "{}", page.text());
    }
    let last = size(&world) - 1;
    let mut council = office(&world, "council").await;
    let told = council.get(&format!("/office/deployments/wifi?done={last}")).await;
    assert!(!told.text().contains("<strong>Done.</strong>"), "what somebody else did is not what the reader did");
    for page in ["/office?done=%3Cscript%3E", "/office/deployments/wifi?done=99999999", "/office/grants?done=-1"] {
        let answer = mobility.get(page).await;
        assert!(answer.status == 200 && !answer.text().contains("<strong>Done.</strong>"), "{page}");
    }
}

#[tokio::test]
async fn a_form_is_taken_from_its_own_session_alone() {
    let world = world();
    let mut mobility = office(&world, "mobility").await;
    let mut council = office(&world, "council").await;
    let before = size(&world);
    let (own, other) = (mobility.form("/office").await, council.form("/office").await);
    for (address, _) in FORMS {
        let body = |form: &str| {
            vec![
                ("form".to_owned(), form.to_owned()),
                ("go".to_owned(), "do".to_owned()),
                ("reason".to_owned(), "x".to_owned()),
            ]
        };
        for (form, site) in [
            (other.as_str(), "same-origin"),
            ("", "same-origin"),
            (own.as_str(), "cross-site"),
            (own.as_str(), "same-site"),
        ] {
            let body = body(form);
            let body: Vec<(&str, &str)> = body.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let answer = mobility.send(Method::POST, address, Some(&body), Some(site)).await;
            assert_eq!(answer.status, 403, "{address} {site}");
        }
        let mut stranger = Browser::new(&world);
        let answer = stranger
            .send(Method::POST, address, Some(&[("form", own.as_str()), ("go", "do")]), Some("same-origin"))
            .await;
        assert_eq!(answer.status, 403, "{address}");
    }
    assert_eq!(size(&world), before);
}

#[tokio::test]
async fn asking_for_a_form_changes_nothing_and_a_session_that_is_over_does_nothing() {
    let world = world();
    let mut mobility = office(&world, "mobility").await;
    let before = size(&world);
    for (address, _) in FORMS {
        let status = mobility.get(address).await.status.as_u16();
        assert!(status == 200 || (status == 404 && address.contains("city")), "{address}: {status}");
        let answer = mobility.send(Method::GET, &format!("{address}?go=do&reason=x"), None, Some("same-origin")).await;
        assert!([200, 400, 404].contains(&answer.status.as_u16()), "{address}");
        assert_eq!(mobility.send(Method::PUT, address, Some(&[("go", "do")]), Some("same-origin")).await.status, 405);
    }
    assert_eq!(size(&world), before, "neither a page nor its address does anything");
    let form = mobility.form("/office").await;
    mobility.post("/office", "/sign-out", &[]).await;
    for (address, _) in FORMS {
        let body = [("form", form.as_str()), ("go", "do"), ("reason", "x")];
        let answer = mobility.send(Method::POST, address, Some(&body), Some("same-origin")).await;
        assert_eq!(answer.status, 403, "{address}");
    }
    assert_eq!(size(&world), before);
}

#[tokio::test]
async fn a_form_that_is_too_long_is_refused_and_nothing_is_done() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let before = size(&world);
    let long = "x".repeat(200 << 10);
    let answer = look(&mut mobility, "/office/deployments/wifi/evidence", &[("summary", &long)]).await;
    assert_eq!(answer.status, 413);
    let many: Vec<(&str, &str)> = std::iter::repeat_n(("duty", "x"), 1_001).collect();
    assert_eq!(look(&mut mobility, "/office/grants/new", &many).await.status, 413);
    let over = "x".repeat(5_000);
    let fields = [("other-kind", "notice"), ("summary", over.as_str()), ("on", "2026-11-20")];
    super::refused(&world, &mut mobility, "/office/deployments/wifi/evidence", &fields, 422).await;
    assert_eq!(size(&world), before);
}
