//! The office as its parties use it: by forms alone, looked at first and then done.

mod agreements;
mod ahead;
pub(crate) mod assess;
mod emergency;
mod entered;
pub(crate) mod forms;
mod incidents;
mod life;
mod policy;
mod prefilled;
pub(crate) mod propose;
mod recalled;
mod reports;
mod requests;
mod security;
mod sheets;
mod statements;
mod steps;
mod tasks;
mod tokens;
mod views;

use axum::http::Method;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::city::{Answer, World};

/// A fingerprint of some document.
const DOCUMENT: &str = "1111111111111111111111111111111111111111111111111111111111111111";

/// A party that is signed in, with a token from the founder.
pub(crate) async fn office<'w>(world: &'w World, party: &str) -> Browser<'w> {
    let token = format!("token-of-{party}");
    let credential = flow::city::credential(&token);
    let command = json!({ "do": "issue-party-credential", "with": { "party": party, "credential": credential } });
    world.submit(json!({ "by": "city", "command": command })).unwrap();
    Browser::signed_in(world, &token).await
}

/// How many entries the log has.
pub(crate) fn size(world: &World) -> u64 {
    world.city.register().state().size
}

/// Sends a form to be looked at.
async fn look(browser: &mut Browser<'_>, address: &str, fields: &[(&str, &str)]) -> Answer {
    let all = [fields, &[("go", "look")]].concat();
    browser.post("/office", address, &all).await
}

/// The page that asks whether to do it.
#[track_caller]
fn looked(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("What this would do"), "{}", answer.text());
}

/// Looks, does it as the page that answers has it, and gives the page that follows.
pub(crate) async fn done(world: &World, browser: &mut Browser<'_>, address: &str, fields: &[(&str, &str)]) -> Answer {
    let before = size(world);
    let answer = look(browser, address, fields).await;
    looked(&answer);
    assert_eq!(size(world), before, "a look changes nothing");
    let mut hidden = hidden(answer.text());
    hidden.push(("go".to_owned(), "do".to_owned()));
    let sent: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = browser.send(Method::POST, address, Some(&sent), Some("same-origin")).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert!(size(world) > before, "it was done");
    let page = browser.get(answer.header("location")).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("<strong>Done.</strong>"), "{}", page.text());
    // Sent again, as by somebody who pressed twice, it is so already or refused, and never done twice.
    let after = size(world);
    let again = browser.send(Method::POST, address, Some(&sent), Some("same-origin")).await;
    assert!([303, 409, 404, 403].contains(&again.status.as_u16()), "{} {}", again.status, again.text());
    assert_eq!(size(world), after, "it is done once");
    page
}

/// Sends a form that is refused: nothing is done, and what was typed is still there.
async fn refused(
    world: &World,
    browser: &mut Browser<'_>,
    address: &str,
    fields: &[(&str, &str)],
    status: u16,
) -> String {
    let before = size(world);
    let mut answers = Vec::new();
    for go in ["look", "do"] {
        let all = [fields, &[("go", go)]].concat();
        answers.push(browser.post("/office", address, &all).await);
    }
    for answer in &answers {
        assert_eq!(answer.status, status, "{address}: {}", answer.text());
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
            let kept = escaped(value.trim());
            assert!(answer.text().contains(&kept), "`{value}` of {name} is lost: {}", answer.text());
        }
    }
    assert_eq!(size(world), before, "nothing was done");
    answers.pop().unwrap().text().to_owned()
}

/// The hidden fields of the page that asks whether to do it.
pub(crate) fn hidden(html: &str) -> Vec<(String, String)> {
    let form = html.rsplit_once("<form method=\"post\" action=\"/office").unwrap().1;
    let values = form.split("<input type=\"hidden\" name=\"").skip(1);
    values
        .map(|rest| {
            let (name, rest) = rest.split_once("\" value=\"").unwrap();
            (plain(name), plain(rest.split('"').next().unwrap()))
        })
        .collect()
}

/// Text as pages have it.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;").replace('"', "&#34;").replace('\'', "&#39;")
}

/// Text as it was before a page had it.
fn plain(text: &str) -> String {
    text.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'").replace("&#38;", "&")
}

/// A deployment as the register has it.
fn deployment(world: &World, id: &str) -> Value {
    let state = world.city.register().state();
    serde_json::to_value(state.deployments[&id.parse().unwrap()].as_ref()).unwrap()
}
