//! Every role at every door, by asking and by sending: what is allowed is said here once more, apart from the table in the code.

use axum::http::Method;
use node::accounts::Role;
use node::accounts::roles::DOORS;

use super::{person, sent};
use crate::browser::Browser;
use crate::city::World;
use crate::inquiries::{ask, asked};
use crate::office::size;

/// What whoever has none of the roles is told.
pub(super) const REFUSED: &str = "none of the roles that this takes";
/// Who may ask for an address, and who may send something to it: a for administrators, p for approvers, d for drafters, r for
/// readers, i for the inbox; `-` where nothing can be asked for or sent.
pub(super) const EXPECTED: &[(&str, &str, &str)] = &[
    ("/desk", "apdri", "-"),
    ("/desk/inbox", "i", "-"),
    ("/desk/inbox/{id}", "i", "-"),
    ("/desk/inbox/{id}/answer", "-", "i"),
    ("/desk/inbox/{id}/extend", "-", "i"),
    ("/desk/inbox/{id}/erase", "-", "i"),
    ("/sql", "pdr", "pdr"),
    ("/sql/save", "-", "d"),
    ("/sql/delete", "-", "d"),
    ("/office", "apdri", "-"),
    ("/office/deployments", "apdri", "-"),
    ("/office/deployments/{id}", "apdri", "-"),
    ("/office/deployments/{id}/evidence", "d", "d"),
    ("/office/deployments/{id}/assessments", "apdri", "-"),
    ("/office/deployments/{id}/assessments/{instrument}", "apdri", "d"),
    ("/office/deployments/{id}/assessments/{instrument}/sign", "p", "p"),
    ("/office/deployments/{id}/assessments/{instrument}/besides", "d", "d"),
    ("/office/deployments/{id}/assessments/{instrument}/{section}", "apdri", "d"),
    ("/office/deployments/{id}/{step}", "p", "p"),
    ("/office/city", "apdri", "-"),
    ("/office/city/evidence", "d", "d"),
    ("/office/evidence/{id}/withdraw", "p", "p"),
    ("/office/grants", "apdri", "-"),
    ("/office/grants/new", "p", "p"),
    ("/office/requests", "apdri", "-"),
    ("/office/requests/new", "d", "d"),
    ("/office/requests/{id}", "apdri", "-"),
    ("/office/requests/{id}/offer", "p", "p"),
    ("/office/requests/{id}/refuse", "p", "p"),
    ("/office/views/new", "d", "d"),
    ("/office/reports", "apdri", "-"),
    ("/office/reports/annual", "apdri", "-"),
    ("/office/reports/annual.csv", "apdri", "-"),
    ("/office/reports/annual.pdf", "apdri", "-"),
    ("/office/reports/processing", "apdri", "-"),
    ("/office/reports/processing.csv", "apdri", "-"),
    ("/office/reports/processing.pdf", "apdri", "-"),
    ("/office/reports/extract", "apdri", "-"),
    ("/office/reports/extract.csv", "apdri", "-"),
    ("/office/reports/extract.pdf", "apdri", "-"),
    ("/office/entered", "apdri", "-"),
    ("/office/entered/places/{id}", "d", "d"),
    ("/office/entered/parties/new", "d", "d"),
    ("/office/entered/classes/{id}", "p", "p"),
    ("/office/incidents", "apdri", "-"),
    ("/office/incidents/new", "d", "d"),
    ("/office/incidents/{id}", "apdri", "-"),
    ("/office/incidents/{id}/{kind}", "d", "d"),
    ("/office/policies", "apdri", "-"),
    ("/office/policies/permits", "p", "p"),
    ("/office/security", "apdri", "-"),
    ("/office/sheets", "apdri", "d"),
    ("/office/sheets/import", "-", "d"),
    ("/office/sheets/{file}", "apdri", "-"),
    ("/office/grants/{id}", "apdri", "-"),
    ("/office/grants/{id}/withdraw", "p", "p"),
    ("/office/tokens", "apdri", "-"),
    ("/office/tokens/sheet", "a", "a"),
    ("/office/tokens/sheet/issue", "-", "a"),
    ("/office/tokens/devices/new", "d", "d"),
    ("/office/tokens/devices/{id}/{what}", "a", "a"),
    ("/office/tokens/parties/{id}", "a", "a"),
    ("/office/propose", "apdri", "-"),
    ("/office/propose/new", "d", "d"),
    ("/office/propose/{draft}", "d", "d"),
    ("/office/propose/{draft}/{page}", "d", "d"),
    ("/office/propose/{draft}/{page}/{section}", "d", "d"),
    ("/account", "apdri", "-"),
    ("/account/password", "-", "apdri"),
    ("/account/sign-out-everywhere", "-", "apdri"),
    ("/account/second", "apdri", "apdri"),
    ("/account/codes", "-", "apdri"),
    ("/accounts", "a", "-"),
    ("/accounts/new", "a", "a"),
    ("/accounts/{id}/{what}", "a", "a"),
];
pub(super) const LETTERS: [(Role, char); 5] =
    [(Role::Administrator, 'a'), (Role::Approver, 'p'), (Role::Drafter, 'd'), (Role::Reader, 'r'), (Role::Inbox, 'i')];

/// An address of this city.
pub(super) fn concrete(path: &str) -> String {
    match path {
        "/office/deployments/{id}/{step}" => "/office/deployments/station-wifi/approve".to_owned(),
        "/office/tokens/devices/{id}/{what}" => "/office/tokens/devices/wifi-1/token".to_owned(),
        "/office/tokens/parties/{id}" => "/office/tokens/parties/mobility".to_owned(),
        "/office/grants/{id}" | "/office/grants/{id}/withdraw" => path.replace("{id}", "own"),
        "/accounts/{id}/{what}" => "/accounts/1/roles".to_owned(),
        path => {
            let parts = [
                ("{id}", "wifi"),
                ("{draft}", "1"),
                ("{page}", "about"),
                ("{instrument}", "pre-scan"),
                ("{section}", "people"),
                ("{kind}", "incident-update"),
                ("{file}", "parties.csv"),
            ];
            parts.iter().fold(path.to_owned(), |path, (part, own)| path.replace(part, own))
        }
    }
}

/// Whether an answer says that the role does not do; a file says nothing.
fn is_refused(answer: &crate::city::Answer) -> bool {
    std::str::from_utf8(&answer.bytes).is_ok_and(|text| text.contains(REFUSED))
}

/// Asks for, or sends to, one address with one role, and holds it against what is expected.
async fn tried(world: &World, browser: &mut Browser<'_>, letter: char, (path, get, post): (&str, &str, &str)) {
    let address = concrete(path);
    let asked = browser.get(&address).await;
    if get.contains(letter) || get == "-" {
        assert!(!is_refused(&asked) && (get != "-" || asked.status == 405), "{letter} asks for {address}");
        assert!([200, 303, 404, 405].contains(&asked.status.as_u16()), "{letter} {address}: {}", asked.status);
    } else {
        assert!(asked.status == 403 && is_refused(&asked), "{letter} asks for {address}: {}", asked.status);
    }
    // The forms of the own account would end the session; there a wrong word shows that the door is open.
    let form = if path.starts_with("/account/") { "wrong".to_owned() } else { browser.form("/account").await };
    let before = size(world);
    let go = if post.contains(letter) { "look" } else { "do" };
    let sent = sent(browser, &address, &form, &[("go", go), ("reason", "x"), ("until", "2027-06-02")]).await;
    if post.contains(letter) || post == "-" {
        assert!(!is_refused(&sent) && (post != "-" || sent.status == 405), "{letter} sends to {address}");
        assert_ne!(sent.status, 500, "{letter} {address}");
    } else {
        assert!(sent.status == 403 && is_refused(&sent), "{letter} sends to {address}: {}", sent.status);
    }
    assert_eq!(size(world), before, "{letter} {address} changed something");
    for method in [Method::PUT, Method::DELETE] {
        assert_eq!(browser.send(method, &address, None, Some("same-origin")).await.status, 405, "{address}");
    }
}

#[tokio::test]
async fn every_role_is_let_through_every_door_that_it_may_and_through_no_other() {
    let doors: Vec<&str> = DOORS.iter().map(|door| door.path).collect();
    let known: Vec<&str> = EXPECTED.iter().map(|(path, ..)| *path).collect();
    assert_eq!(doors, known, "each door stands in both lists, in this order");
    let world = World::new();
    for (role, letter) in LETTERS {
        let mut browser = person(&world, "mobility", &format!("role-{letter}@city.example"), &[role]).await;
        for expected in EXPECTED {
            tried(&world, &mut browser, letter, *expected).await;
        }
        // Rows are handed to those alone who may ask; for everybody else there is no such agreement.
        let rows = browser.get("/grants/own").await.status;
        assert_eq!(rows, if "pdr".contains(letter) { 200 } else { 404 }, "{letter}");
        assert_eq!(browser.get("/office/unheard-of").await.status, 404);
        assert_eq!(browser.get("/api/v1/released?stream=wifi-counts&purpose=traffic-management").await.status, 403);
        assert_eq!(browser.get("/").await.status, 200, "what everybody may read is open");
    }
}

#[tokio::test]
async fn a_role_opens_a_form_and_the_norms_decide_what_comes_of_it() {
    let world = World::new();
    let all = Role::ALL;
    let mut mobility = person(&world, "mobility", "all@city.example", &all).await;
    let before = size(&world);
    let fields = [("until", "2027-06-02"), ("go", "do")];
    let refused = mobility.post("/office", "/office/deployments/station-wifi/approve", &fields).await;
    assert!([403, 409].contains(&refused.status.as_u16()), "a department does not approve: {}", refused.text());
    assert_eq!(size(&world), before);
    let mut council = person(&world, "council", "council@city.example", &[Role::Approver]).await;
    let stop = [("reason", "A complaint."), ("go", "do")];
    assert_eq!(council.post("/office", "/office/deployments/wifi/suspend", &stop).await.status, 303);
    assert_eq!(size(&world), before + 1);
    let state = world.city.register().state();
    assert_eq!(state.deployments[&"wifi".parse().unwrap()].standing.state.code(), "suspended");
    // The party's token is what it was.
    let mut bearer = Browser::signed_in(&world, "token-of-mobility").await;
    assert_eq!(bearer.post("/office", "/office/deployments/wifi/activate", &[("go", "do")]).await.status, 303);
    assert_eq!(bearer.get("/office/propose/new").await.status, 200);
}

/// The form of statements about a deployment, for those who prepare.
const STATEMENTS: &str = "/office/deployments/wifi/evidence";

#[tokio::test]
async fn whoever_prepares_signs_no_answers_by_the_form_of_statements() {
    let world = World::new();
    let mut drafter = person(&world, "mobility", "drafter@city.example", &[Role::Drafter]).await;
    let mut both = person(&world, "mobility", "both@city.example", &[Role::Drafter, Role::Approver]).await;
    let mut bearer = Browser::signed_in(&world, "token-of-mobility").await;
    let before = size(&world);
    let document = "22".repeat(32);
    for field in ["kind", "other-kind"] {
        for kind in ["sign-off-author", "sign-off-privacy-officer"] {
            let fields = [(field, kind), ("summary", "Signed."), ("on", "2026-11-20"), ("document", document.as_str())];
            for go in ["look", "do"] {
                let fields = [&fields[..], &[("go", go)]].concat();
                let refused = drafter.post(STATEMENTS, STATEMENTS, &fields).await;
                assert_eq!(refused.status, 422, "{field} {kind} {go}: {}", refused.text());
                assert!(refused.text().contains(&format!("id=\"wrong-{field}\"")), "{}", refused.text());
                assert!(refused.text().contains("takes an approver of your party"));
            }
            for browser in [&mut both, &mut bearer] {
                let looked = browser.post(STATEMENTS, STATEMENTS, &[&fields[..], &[("go", "look")]].concat()).await;
                assert!(looked.status == 200 && looked.text().contains("What this would do"), "{}", looked.text());
            }
        }
    }
    assert_eq!(size(&world), before);
    // What only begins alike is a statement as any other.
    let fields = [("other-kind", "sign-offs"), ("summary", "A list."), ("on", "2026-11-20"), ("go", "do")];
    assert_eq!(drafter.post(STATEMENTS, STATEMENTS, &fields).await.status, 303);
}

#[tokio::test]
async fn whoever_prepares_decides_no_objection_by_the_form_of_statements() {
    let world = World::new();
    let page = asked(&ask(&world, "wifi", "objection", "I object.", ("", "")).await);
    let id = page.strip_prefix("/asked/").unwrap();
    let mut drafter = person(&world, "mobility", "drafter@city.example", &[Role::Drafter]).await;
    let mut both = person(&world, "mobility", "both@city.example", &[Role::Drafter, Role::Inbox]).await;
    let before = size(&world);
    let fields = [("other-kind", "objection-decision"), ("summary", "No."), ("on", "2026-11-24"), ("answers", id)];
    for go in ["look", "do"] {
        let refused = drafter.post(STATEMENTS, STATEMENTS, &[&fields[..], &[("go", go)]].concat()).await;
        assert_eq!(refused.status, 422, "{go}: {}", refused.text());
        assert!(refused.text().contains("id=\"wrong-answers\"") && refused.text().contains("the inbox of your party"));
    }
    assert_eq!(size(&world), before);
    assert!(world.browse(&page).await.text().contains("waits for an answer"));
    let done = both.post(STATEMENTS, STATEMENTS, &[&fields[..], &[("go", "do")]].concat()).await;
    assert_eq!(done.status, 303, "{}", done.text());
    assert!(world.browse(&page).await.text().contains("It was answered."));
}
