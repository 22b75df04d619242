//! What a stranger learns by trying, how often anybody may try, and that forms are taken from their own pages alone.

use node::accounts::{Accounts, Role};

use super::{PASSWORD, come, invited, person, sent, sign_in};
use crate::browser::Browser;
use crate::city::World;

/// What follows the word that the form carries, which is another one for each visitor.
fn said(text: &str) -> String {
    text.split("name=\"form\" value=\"").map(|part| part.get(64..).unwrap_or(part)).collect()
}

#[tokio::test]
async fn unknown_logins_wrong_passwords_and_accounts_out_of_use_are_answered_alike() {
    let world = World::new();
    let _vera = person(&world, "mobility", "aa@city.example", &[Role::Reader]).await;
    let _locked = person(&world, "mobility", "bb@city.example", &[Role::Reader]).await;
    invited(&world, "mobility", "cc@city.example", &[Role::Reader]);
    let accounts = Accounts::of(world.city.root());
    let locked = accounts.by_login("bb@city.example").unwrap().unwrap().id;
    accounts.set_disabled(locked, true, None).unwrap();
    let mut answers = Vec::new();
    for (login, password) in [
        ("aa@city.example", "wrong"),
        ("bb@city.example", PASSWORD),
        ("cc@city.example", PASSWORD),
        ("cc@city.example", ""),
        ("dd@city.example", PASSWORD),
        ("", ""),
    ] {
        let mut browser = Browser::new(&world);
        let answer = sign_in(&mut browser, login, password).await;
        assert_eq!(answer.status, 401, "{login}");
        assert_eq!(browser.get("/desk").await.header("location"), "/sign-in");
        answers.push(said(&answer.text().replace(&format!("value=\"{login}\""), "value=\"…\"")));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "what is measured here is how long an answer takes")]
async fn a_login_that_is_nobodys_takes_about_as_long() {
    let world = World::new();
    let _vera = person(&world, "mobility", "aa@city.example", &[Role::Reader]).await;
    // The shortest of some tries: a login that is there, one that is nobody's, and a form that is refused before anything is worked on.
    let mut shortest = [std::time::Duration::MAX; 3];
    for _ in 0..4 {
        for (at, login) in ["aa@city.example", "dd@city.example", "aa@city.example"].iter().enumerate() {
            let mut browser = Browser::new(&world);
            let own = browser.form("/sign-in").await;
            let (form, status) = if at == 2 { ("", 403) } else { (own.as_str(), 401) };
            let began = std::time::Instant::now();
            let fields = [("login", *login), ("password", "wrong")];
            assert_eq!(sent(&mut browser, "/sign-in/password", form, &fields).await.status, status);
            shortest[at] = began.elapsed().min(shortest[at]);
        }
    }
    let [known, unknown, refused] = shortest;
    assert!(
        known > refused * 4 && unknown > refused * 4,
        "{known:?}, {unknown:?} for nobody's, {refused:?} without work"
    );
}

#[tokio::test]
async fn a_login_is_not_tried_without_end_from_whatever_address_nor_an_address_with_whatever_login() {
    let world = World::new();
    let _vera = person(&world, "mobility", "aa@city.example", &[Role::Reader]).await;
    // The requests of these tests come from one address: ten wrong ones, then also a right one waits.
    for at in 0..10 {
        let login = format!("nobody-{at}");
        assert_eq!(sign_in(&mut Browser::new(&world), &login, "wrong").await.status, 401);
    }
    let refused = sign_in(&mut Browser::new(&world), "aa@city.example", PASSWORD).await;
    assert!(refused.status == 429 && refused.text().contains("Wait ten minutes"), "{}", refused.text());
    let link = invited(&world, "mobility", "bb@city.example", &[Role::Reader]).1;
    assert_eq!(Browser::new(&world).get(&link).await.status, 429, "a link is not guessed from there either");
    world.clock.advance(model::Span::minutes(10));
    assert_eq!(sign_in(&mut Browser::new(&world), "aa@city.example", PASSWORD).await.status, 303);
}

/// A browser at an address.
fn browser_at<'w>(world: &'w World, address: &str) -> Browser<'w> {
    let mut browser = Browser::new(world);
    browser.address = Some(address.parse().unwrap());
    browser
}

#[tokio::test]
async fn whoever_tries_a_login_elsewhere_keeps_its_owner_out_of_nothing() {
    let world = World::new();
    let login = "aa@city.example";
    let _vera = person(&world, "mobility", login, &[Role::Reader]).await;
    let mut thief = browser_at(&world, "198.51.100.1");
    for _ in 0..10 {
        assert_eq!(sign_in(&mut thief, login, "wrong").await.status, 401);
    }
    assert_eq!(sign_in(&mut thief, login, "wrong").await.status, 429);
    let mut owner = browser_at(&world, "192.0.2.1");
    assert_eq!(sign_in(&mut owner, login, PASSWORD).await.header("location"), "/desk");
}

#[tokio::test]
async fn a_browser_that_was_signed_in_comes_in_whatever_strangers_try() {
    let world = World::new();
    let login = "aa@city.example";
    let (_, link) = invited(&world, "mobility", login, &[Role::Approver]);
    let mut vera = browser_at(&world, "192.0.2.1");
    come(&mut vera, &link).await;
    let (_, codes) = super::enrol(&world, &mut vera).await;
    world.clock.advance(model::Span::hours(13));
    assert_eq!(vera.get("/desk").await.header("location"), "/sign-in", "the session is over");
    // Strangers, with the password or without, behind a web server on this machine, which is everybody's address: until nobody comes
    // in any more.
    let mut thief = browser_at(&world, "127.0.0.1");
    assert_eq!(sign_in(&mut thief, login, PASSWORD).await.header("location"), "/sign-in/code");
    for _ in 0..100 {
        assert_eq!(sign_in(&mut thief, login, "wrong").await.status, 401);
    }
    assert_eq!(sign_in(&mut thief, login, PASSWORD).await.status, 429, "a password alone makes no browser known");
    assert_eq!(sign_in(&mut browser_at(&world, "203.0.113.9"), login, PASSWORD).await.status, 429, "nor elsewhere");
    for at in 0..10 {
        let mut there = browser_at(&world, "192.0.2.1");
        assert_eq!(sign_in(&mut there, &format!("nobody-{at}"), "wrong").await.status, 401);
    }
    assert_eq!(sign_in(&mut browser_at(&world, "192.0.2.1"), login, PASSWORD).await.status, 429);
    // The owner's browser is known, also where its address has had too many; with another login it is a stranger's.
    assert_eq!(sign_in(&mut vera, "bb@city.example", PASSWORD).await.status, 429);
    assert_eq!(sign_in(&mut vera, login, PASSWORD).await.header("location"), "/sign-in/code");
    assert_eq!(vera.post("/sign-in/code", "/sign-in/code", &[("code", &codes[0])]).await.header("location"), "/desk");
    // It may not guess without end either.
    world.clock.advance(model::Span::hours(13));
    sign_in(&mut thief, login, "wrong").await;
    for _ in 0..10 {
        assert_eq!(sign_in(&mut vera, login, "wrong").await.status, 401);
    }
    assert_eq!(sign_in(&mut vera, login, PASSWORD).await.status, 429);
}

#[tokio::test]
async fn twenty_wrong_codes_lock_an_account_until_an_administrator_looks() {
    let world = World::new();
    let (id, link) = invited(&world, "mobility", "aa@city.example", &[Role::Approver]);
    let mut vera = Browser::new(&world);
    come(&mut vera, &link).await;
    let (_, codes) = super::enrol(&world, &mut vera).await;
    let mut thief = Browser::new(&world);
    for at in 0..20 {
        if at % 8 == 0 {
            world.clock.advance(model::Span::minutes(10));
            assert_eq!(sign_in(&mut thief, "aa@city.example", PASSWORD).await.header("location"), "/sign-in/code");
        }
        assert_eq!(thief.post("/sign-in/code", "/sign-in/code", &[("code", "000000x")]).await.status, 401);
    }
    let locked = thief.post("/sign-in/code", "/sign-in/code", &[("code", &codes[0])]).await;
    assert!(locked.status == 403 && locked.text().contains("has to look at it"), "{}", locked.text());
    let accounts = Accounts::of(world.city.root());
    accounts.set_disabled(id, true, None).unwrap();
    accounts.set_disabled(id, false, None).unwrap();
    world.clock.advance(model::Span::minutes(10));
    let mut vera = Browser::new(&world);
    sign_in(&mut vera, "aa@city.example", PASSWORD).await;
    assert_eq!(vera.post("/sign-in/code", "/sign-in/code", &[("code", &codes[0])]).await.header("location"), "/desk");
}

#[tokio::test]
async fn no_form_is_taken_from_elsewhere() {
    let world = World::new();
    let mut admin = person(&world, "mobility", "aa@city.example", &[Role::Administrator]).await;
    let mut other = person(&world, "mobility", "bb@city.example", &[Role::Administrator]).await;
    let (waits, link) = invited(&world, "mobility", "cc@city.example", &[Role::Reader]);
    let (own, foreign) = (admin.form("/account").await, other.form("/account").await);
    let erase = format!("/accounts/{waits}/erase");
    let fields: [(&str, Vec<(&str, &str)>); 9] = [
        ("/sign-in/password", vec![("login", "bb@city.example"), ("password", PASSWORD)]),
        ("/sign-in/code", vec![("code", "1")]),
        (&link, vec![("password", PASSWORD), ("again", PASSWORD)]),
        (
            "/account/password",
            vec![("old", PASSWORD), ("password", "other words in a row"), ("again", "other words in a row")],
        ),
        ("/account/sign-out-everywhere", vec![]),
        ("/account/second", vec![("code", "1")]),
        ("/account/codes", vec![("code", "1")]),
        ("/accounts/new", vec![("login", "dd@city.example"), ("name", "D"), ("role", "approver")]),
        (&erase, vec![]),
    ];
    for (to, fields) in &fields {
        for form in ["", &foreign, &own[1..]] {
            assert_eq!(sent(&mut admin, to, form, fields).await.status, 403, "{to} with {form:?}");
        }
        let all = [&[("form", own.as_str())], fields.as_slice()].concat();
        for site in ["cross-site", "same-site"] {
            let answer = admin.send(axum::http::Method::POST, to, Some(&all), Some(site)).await;
            assert_eq!(answer.status, 403, "{to} from {site}");
        }
        assert!([200, 303, 404, 405].contains(&admin.get(to).await.status.as_u16()), "{to}: by asking nothing is done");
    }
    let accounts = Accounts::of(world.city.root());
    let all = accounts.all(None).unwrap();
    assert_eq!(all.len(), 3, "nobody was added or erased");
    assert_eq!(admin.get("/accounts").await.status, 200, "and everybody is signed in as before");
}

#[tokio::test]
async fn an_administrator_changes_the_accounts_of_the_own_party_alone_and_never_the_own() {
    let world = World::new();
    let mut admin = person(&world, "mobility", "aa@city.example", &[Role::Administrator]).await;
    let (theirs, _) = invited(&world, "police", "bb@city.example", &[Role::Reader]);
    let accounts = Accounts::of(world.city.root());
    let own = accounts.by_login("aa@city.example").unwrap().unwrap().id;
    for id in [own, theirs, 99] {
        for what in ["roles", "reset", "disable", "enable", "erase"] {
            let address = format!("/accounts/{id}/{what}");
            assert_eq!(admin.get(&address).await.status, 404, "{address}");
            assert_eq!(admin.post("/account", &address, &[("role", "approver")]).await.status, 404, "{address}");
        }
    }
    assert!(!admin.get("/accounts").await.text().contains("bb@city.example"));
    assert_eq!(accounts.all(None).unwrap().len(), 2);
    let (mine, _) = invited(&world, "mobility", "cc@city.example", &[Role::Reader]);
    let address = format!("/accounts/{mine}/roles");
    assert_eq!(admin.post(&address, &address, &[]).await.status, 422, "somebody without a role is nobody");
    let taken = admin
        .post("/accounts/new", "/accounts/new", &[("login", "bb@city.example"), ("name", "B"), ("role", "reader")])
        .await;
    assert_eq!(taken.status, 409);
}

#[tokio::test]
async fn a_password_is_looked_at_beside_the_event_loop() {
    let world = World::new();
    let (_, link) = super::invited(&world, "mobility", "vera@city.example", &[node::accounts::Role::Reader]);
    let mut browser = Browser::new(&world);
    super::come(&mut browser, &link).await;
    let mut stranger = Browser::new(&world);
    let turns = std::cell::Cell::new(0_u64);
    let turning = async {
        loop {
            tokio::task::yield_now().await;
            turns.set(turns.get() + 1);
        }
    };
    // One thread runs both: it turns on and on only if it is not the one that works out the password's hash.
    let answer = tokio::select! {
        answer = super::sign_in(&mut stranger, "vera@city.example", "a wrong one") => answer,
        () = turning => unreachable!(),
    };
    assert_eq!(answer.status, 401, "{}", answer.text());
    assert!(turns.get() > 1_000, "{}", turns.get());
}
