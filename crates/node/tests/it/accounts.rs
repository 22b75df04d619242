//! Persons with accounts: how they come in, what each role may do, what ends a session, and that nobody learns who they are.

mod deeds;
mod doors;
mod limits;
mod lives;
mod provider;
mod roles;
mod shown;

use axum::http::Method;
use hmac::{Hmac, KeyInit, Mac};
use model::Span;
use node::accounts::{Accounts, Newcomer, Role, Roles};
use sha1::Sha1;

use crate::browser::Browser;
use crate::city::{Answer, World};

const PASSWORD: &str = "four words in a row";

/// What an app on a phone does, written anew: the six digits of a key at the world's time.
fn app(world: &World, key: &str) -> String {
    let (mut bits, mut held, mut bytes) = (0_u32, 0_u32, Vec::new());
    for sign in key.bytes().filter(|sign| *sign != b' ') {
        let value = if sign.is_ascii_uppercase() { sign - b'A' } else { sign - b'2' + 26 };
        (bits, held) = (bits << 5 | u32::from(value), held + 5);
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).unwrap());
        }
    }
    let step = u64::try_from(world.now().millis() / 30_000).unwrap();
    let mut mac = Hmac::<Sha1>::new_from_slice(&bytes).unwrap();
    mac.update(&step.to_be_bytes());
    let made = mac.finalize().into_bytes();
    let at = usize::from(made[19] & 15);
    let word = u32::from_be_bytes([made[at], made[at + 1], made[at + 2], made[at + 3]]) & 0x7fff_ffff;
    format!("{:06}", word % 1_000_000)
}

/// What stands between two texts of a page.
fn between<'t>(text: &'t str, begin: &str, end: &str) -> &'t str {
    let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("no {begin} in {text}"));
    rest.split(end).next().unwrap()
}

/// Invites somebody at the command line; gives number and path.
pub(crate) fn invited(world: &World, party: &str, login: &str, roles: &[Role]) -> (u64, String) {
    let accounts = Accounts::of(world.city.root());
    let roles = Roles::of(roles.iter().copied());
    let (register, party) = (world.city.register(), party.parse().unwrap());
    let who = Newcomer { party: &party, login, name: "Vera Nowak", roles: &roles };
    let (id, link) = accounts.invite(who, None, register.entropy(), register.now()).unwrap();
    (id, link.path())
}

/// Comes in by a link; gives what answers.
async fn come(browser: &mut Browser<'_>, link: &str) -> Answer {
    browser.post(link, link, &[("password", PASSWORD), ("again", PASSWORD)]).await
}

/// Sets up a second factor; gives the key and the codes on paper.
async fn enrol(world: &World, browser: &mut Browser<'_>) -> (String, Vec<String>) {
    let page = browser.get("/account/second").await;
    let key = between(page.text(), "<code id=\"key\">", "<").to_owned();
    let done = browser.post("/account/second", "/account/second", &[("code", &app(world, &key))]).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let codes = done.text().split("<li><code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned());
    let codes: Vec<String> = codes.collect();
    assert_eq!(codes.len(), 10);
    (key, codes)
}

/// Somebody with some roles, signed in as far as the roles ask for.
pub(crate) async fn person<'w>(world: &'w World, party: &str, login: &str, roles: &[Role]) -> Browser<'w> {
    let (_, link) = invited(world, party, login, roles);
    let mut browser = Browser::new(world);
    let came = come(&mut browser, &link).await;
    assert_eq!(came.status, 303, "{}", came.text());
    if roles.iter().any(|role| role.needs_second()) {
        assert_eq!(came.header("location"), "/account");
        enrol(world, &mut browser).await;
    }
    assert_eq!(browser.get("/desk").await.status, 200);
    browser
}

/// Types login and password.
pub(crate) async fn sign_in(browser: &mut Browser<'_>, login: &str, password: &str) -> Answer {
    browser.post("/sign-in", "/sign-in/password", &[("login", login), ("password", password)]).await
}

/// Sends a form whose own word is taken from a page, or a wrong one.
async fn sent(browser: &mut Browser<'_>, to: &str, form: &str, fields: &[(&str, &str)]) -> Answer {
    let all = [&[("form", form)], fields].concat();
    browser.send(Method::POST, to, Some(&all), Some("same-origin")).await
}

/// Lets the next code of an app come.
fn later(world: &World) {
    world.clock.advance(Span::minutes(1));
}
