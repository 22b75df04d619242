//! Persons who come in by a link and sign in, with a password and the code of an app or by the city's identity provider, in a real
//! browser: what each may do afterwards, and what opens for nobody.

use serde_json::{Value, json};

use super::affairs::{held, says, sent};
use super::days::{Faked, passed, reason};
use super::life::{done, step};
use super::{Walker, invited};
use crate::oidc::{known, provider};
use crate::tool::{City, Node, Running, skipped};

const LOGIN: &str = "vera@brookhaven.example";
const PASSWORD: &str = "five words in a row";
/// How many ports are tried until nobody else takes one.
const PORTS_MAX: usize = 5;

/// From the link to the codes on paper: nothing opens before there is a second factor.
fn comes_in(link: &str) -> Vec<Value> {
    vec![
        sent("vera", link, &[("password", PASSWORD), ("again", PASSWORD)], "Come in", &["Your account"]),
        says(step("vera", "/office", &[], &[]), &["Set one up"]),
        sent("vera", "/account/second", &[("code", "{code}")], "Confirm", &["Your codes on paper"]),
        says(step("vera", "/office", &[], &[]), &["What waits"]),
        sent("vera", "/account", &[], "Sign out", &[]),
        says(step("vera", "/office", &[], &[]), &["With your account"]),
    ]
}

/// An hour later: a password, and what the app shows, once.
fn signs_in() -> Vec<Value> {
    let password =
        |who: &str, says: &str| sent(who, "/sign-in", &[("login", LOGIN), ("password", PASSWORD)], "Go on", &[says]);
    let code = |who: &str, code: &str, says: &[&str]| sent(who, "/sign-in/code", &[("code", code)], "Go on", says);
    vec![
        passed(0.05),
        password("vera", "Your code"),
        says(step("vera", "/office", &[], &[]), &["Your code"]),
        code("vera", "123", &["wrong, or was used already"]),
        code("vera", "{code}", &["Signed in"]),
        says(done("vera", "/office/deployments/congestion/suspend", &reason("Somebody complained.")), &["Done."]),
        // Whoever looked over the shoulder has a code that counts no more.
        password("thief", "Your code"),
        code("thief", "{used}", &["wrong, or was used already"]),
        says(step("thief", "/office", &[], &[]), &["Your code"]),
    ]
}

#[test]
fn somebody_comes_in_by_a_link_and_signs_in_with_a_password_and_the_code_of_an_app() {
    let Some(walker) = Walker::found() else {
        skipped("signing in with an app's code in a real browser: Chromium or its checkers are not installed");
        return;
    };
    let city = City::new();
    let Some(clock) = Faked::found(&city) else {
        skipped("signing in with an app's code in a real browser: faketime is not installed");
        return;
    };
    let (link, _) = invited(&city, "council", LOGIN, "approver");
    let node = clock.node(&city);
    let steps = [comes_in(&link), signs_in()].concat();
    let job = json!({ "address": node.address, "tokens": {}, "steps": steps, "clock": clock.file });
    let walked = walker.run("life.mjs", job);
    held(&steps, walked["told"].as_array().unwrap());
    let page = String::from_utf8(node.page("/deployments/congestion")).unwrap();
    assert!(page.contains("Somebody complained.") && !page.contains("Vera"), "{page}");
}

/// A provider, and a node that knows it; none if it is not installed, or somebody else has taken the port meanwhile.
fn provided(city: &City) -> Option<(Running, Node)> {
    // The provider has to know where it leads back to before the node is up.
    let listen = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // Another site than `127.0.0.1` to a browser, so that it keeps the city's cookie back on the way here.
    let (running, issuer) = provider("localhost", &format!("http://{listen}/sign-in/back"))?;
    known(city, &issuer);
    Some((running, Node::try_start_at(city, &listen.to_string(), &[]).ok()?))
}

#[test]
fn somebody_signs_in_by_an_identity_provider_of_another_site_and_whom_it_alone_knows_does_not() {
    let Some(walker) = Walker::found() else {
        skipped("signing in by an identity provider in a real browser: Chromium or its checkers are not installed");
        return;
    };
    let city = City::new();
    invited(&city, "police", LOGIN, "reader");
    let Some((_running, node)) = (0..PORTS_MAX).find_map(|_| provided(&city)) else {
        skipped("sign-in by a real identity provider in a browser: oidc-provider is not installed");
        return;
    };
    let by = |who: &str, name: &str, back: &str| json!({ "as": who, "open": "/sign-in", "provider": "Sign in with Staff", "who": name, "back": back });
    let steps = vec![
        by("vera", "vera", "**/desk"),
        says(step("vera", "/desk", &[], &[]), &["City police"]),
        says(by("stranger", "stranger", "**/sign-in/back/done*"), &["you are not invited here"]),
        says(step("stranger", "/desk", &[], &[]), &["With your account"]),
    ];
    let job = json!({ "address": node.address, "tokens": {}, "steps": steps });
    let walked = walker.run("life.mjs", job);
    let told = walked["told"].as_array().unwrap();
    held(&steps, told);
    assert_eq!(told[0]["hosts"], json!(["localhost", "localhost"]), "{told:#?}");
}
