//! Coming in, the second factor, and what ends a session.

use axum::http::header;
use journal::accounts::{AccountStore, Deed};
use node::accounts::{Accounts, Role};

use super::{PASSWORD, app, between, come, enrol, invited, later, person, sent, sign_in};
use crate::browser::Browser;
use crate::city::{HOSTILE, World};

#[tokio::test]
async fn somebody_is_invited_by_form_comes_in_enrols_and_signs_in_with_a_code_that_counts_once() {
    let world = World::new();
    let mut bearer = Browser::signed_in(&world, "token-of-mobility").await;
    let invite = [("name", "Vera Nowak"), ("login", "Vera@City.example"), ("role", "approver"), ("role", "drafter")];
    let page = bearer.post("/accounts/new", "/accounts/new", &invite).await;
    assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"), "{}", page.text());
    let link = between(page.text(), "<code id=\"link\">https://sensors.teststadt.example", "<").to_owned();
    assert!(!bearer.get("/accounts").await.text().contains(&link), "it is shown once");
    // Looking does not use it up, and it is good for one.
    let mut vera = Browser::new(&world);
    assert!(vera.get(&link).await.text().contains("vera@city.example"));
    for (password, again, says) in [
        ("short", "short", "at least 12"),
        (PASSWORD, "another", "not alike"),
        ("vera!vera!vera", "vera!vera!vera", "easy to guess"),
    ] {
        let refused = vera.post(&link, &link, &[("password", password), ("again", again)]).await;
        assert!(refused.status == 422 && refused.text().contains(says), "{}", refused.text());
        assert!(!refused.text().contains(password), "no password is repeated");
    }
    assert_eq!(come(&mut vera, &link).await.header("location"), "/account");
    assert_eq!(Browser::new(&world).get(&link).await.status, 404);
    // Nothing but the own account opens before there is a second factor.
    for path in ["/desk", "/office", "/sql", "/office/grants/new", "/desk/inbox"] {
        assert_eq!(vera.get(path).await.header("location"), "/account", "{path}");
    }
    assert_eq!(vera.get("/grants/own").await.status, 404, "nor are rows handed over");
    let (key, codes) = enrol(&world, &mut vera).await;
    assert_eq!(vera.get("/office").await.status, 200);
    assert_eq!(vera.get("/grants/own").await.status, 200);
    // Signing in again: password, then a code that counts once.
    for given in [None, Some(&codes[0])] {
        later(&world);
        let mut again = Browser::new(&world);
        assert_eq!(sign_in(&mut again, " VERA@city.example ", PASSWORD).await.header("location"), "/sign-in/code");
        for path in ["/desk", "/account", "/accounts", "/office"] {
            assert_eq!(again.get(path).await.header("location"), "/sign-in/code", "{path} opens for a password alone");
        }
        let code = given.cloned().unwrap_or_else(|| app(&world, &key));
        let wrong = again.post("/sign-in/code", "/sign-in/code", &[("code", "12345")]).await;
        assert!(wrong.status == 401 && wrong.text().contains("wrong, or was used already"));
        assert_eq!(again.post("/sign-in/code", "/sign-in/code", &[("code", &code)]).await.header("location"), "/desk");
        let mut thief = Browser::new(&world);
        sign_in(&mut thief, "vera@city.example", PASSWORD).await;
        assert_eq!(
            thief.post("/sign-in/code", "/sign-in/code", &[("code", &code)]).await.status,
            401,
            "{code} counts once"
        );
    }
    assert!(vera.get("/account").await.text().contains("9 codes on paper"));
}

#[tokio::test]
async fn each_step_gives_an_id_that_nobody_knew_and_the_one_before_is_nobodys() {
    let world = World::new();
    let (_, link) = invited(&world, "mobility", "vera@city.example", &[Role::Approver]);
    // Somebody plants an id in the victim's browser, and keeps it.
    let mut planter = Browser::new(&world);
    planter.get("/sign-in").await;
    let mut victim = Browser::new(&world);
    victim.cookie.clone_from(&planter.cookie);
    let mut seen = vec![planter.cookie.clone().unwrap()];
    let mut step = |victim: &Browser<'_>| {
        let id = victim.cookie.clone().unwrap();
        assert!(!seen.contains(&id), "an id is used for more than one step");
        seen.push(id);
        seen.clone()
    };
    come(&mut victim, &link).await;
    step(&victim);
    let (key, _) = enrol(&world, &mut victim).await;
    step(&victim);
    later(&world);
    let change = [("old", PASSWORD), ("password", "other words in a row"), ("again", "other words in a row")];
    assert_eq!(victim.post("/account", "/account/password", &change).await.header("location"), "/desk");
    step(&victim);
    victim.post("/desk", "/sign-out", &[]).await;
    victim.cookie = Some(planter.cookie.clone().unwrap());
    sign_in(&mut victim, "vera@city.example", "other words in a row").await;
    step(&victim);
    victim.post("/sign-in/code", "/sign-in/code", &[("code", &app(&world, &key))]).await;
    let all = step(&victim);
    assert_eq!(victim.get("/desk").await.status, 200);
    for id in &all[..all.len() - 1] {
        let mut thief = Browser::new(&world);
        thief.cookie = Some(id.clone());
        assert_eq!(thief.get("/desk").await.header("location"), "/sign-in");
        assert_eq!(thief.get("/account").await.header("location"), "/sign-in");
    }
}

#[tokio::test]
async fn whatever_an_administrator_changes_ends_sessions_at_once() {
    let world = World::new();
    let mut admin = person(&world, "mobility", "admin@city.example", &[Role::Administrator]).await;
    for what in ["roles", "disable", "reset", "erase"] {
        let login = format!("{what}@city.example");
        let mut vera = person(&world, "mobility", &login, &[Role::Drafter]).await;
        let id = Accounts::of(world.city.root()).by_login(&login).unwrap().unwrap().id;
        let address = format!("/accounts/{id}/{what}");
        let fields: &[(&str, &str)] = if what == "roles" { &[("role", "reader")] } else { &[] };
        let form = vera.form("/office").await;
        let page = admin.post(&address, &address, fields).await;
        assert!([200, 303].contains(&page.status.as_u16()), "{what}: {}", page.text());
        assert_eq!(vera.get("/office").await.header("location"), "/sign-in", "{what}");
        assert_eq!(
            sent(&mut vera, "/office/propose/new", &form, &[("title", "x")]).await.header("location"),
            "/sign-in"
        );
        let again = sign_in(&mut vera, &login, PASSWORD).await.status;
        assert_eq!(again, if what == "roles" { 303 } else { 401 }, "{what}");
        if what == "roles" {
            assert_eq!(vera.get("/office/propose/new").await.status, 403, "with the new role");
        }
        if what == "reset" {
            let link = between(page.text(), "<code id=\"link\">https://sensors.teststadt.example", "<").to_owned();
            assert_eq!(come(&mut vera, &link).await.header("location"), "/desk");
        }
        if what == "disable" {
            let enable = format!("/accounts/{id}/enable");
            assert_eq!(admin.post(&enable, &enable, &[]).await.status, 303);
            assert_eq!(sign_in(&mut vera, &login, PASSWORD).await.header("location"), "/desk");
        }
    }
    let page = admin.get("/accounts").await;
    assert!(!page.text().contains("erase@city.example") && page.text().contains("erased"), "{}", page.text());
    // Signing out everywhere ends what others have.
    let mut vera = person(&world, "mobility", "vera@city.example", &[Role::Reader]).await;
    let mut elsewhere = Browser::new(&world);
    sign_in(&mut elsewhere, "vera@city.example", PASSWORD).await;
    assert_eq!(elsewhere.get("/desk").await.status, 200);
    assert_eq!(vera.post("/account", "/account/sign-out-everywhere", &[]).await.header("location"), "/sign-in");
    assert_eq!(elsewhere.get("/desk").await.header("location"), "/sign-in");
}

#[tokio::test]
async fn a_second_factor_is_replaced_by_whoever_has_the_present_one_alone() {
    let world = World::new();
    let mut vera = person(&world, "mobility", "vera@city.example", &[Role::Reader]).await;
    let (key, codes) = enrol(&world, &mut vera).await;
    later(&world);
    let page = vera.get("/account/second").await;
    let new = between(page.text(), "<code id=\"key\">", "<").to_owned();
    assert_ne!(new, key);
    for present in ["", "000000", &app(&world, &new)] {
        let fields = [("code", app(&world, &new)), ("present", (*present).to_owned())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(vera.post("/account/second", "/account/second", &fields).await.status, 422, "{present}");
    }
    let fields = [("code", app(&world, &new)), ("present", app(&world, &key))];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(vera.post("/account/second", "/account/second", &fields).await.status, 200);
    later(&world);
    let fresh = |code: String| [("code", code)];
    for (code, status) in [(codes[1].clone(), 422), (app(&world, &key), 422), (app(&world, &new), 200)] {
        let fields = fresh(code);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(vera.post("/account", "/account/codes", &fields).await.status, status);
    }
}

#[tokio::test]
async fn who_did_it_is_told_to_administrators_and_is_in_no_public_byte() {
    let world = World::new();
    let mut admin = person(&world, "mobility", "admin@city.example", &[Role::Administrator]).await;
    let mut vera = person(&world, "mobility", "vera@city.example", &[Role::Drafter]).await;
    let fields = [("other-kind", "notice"), ("summary", "Told."), ("on", "2026-11-20"), ("go", "do")];
    let done = vera.post("/office", "/office/deployments/wifi/evidence", &fields).await;
    assert_eq!(done.status, 303, "{}", done.text());
    let entry = world.city.register().state().size - 1;
    let trail = admin.get("/accounts").await;
    for part in
        ["Vera Nowak, account 2, <code>file-evidence</code>", &format!("href=\"/log/entries/{entry}\""), "As drafter."]
    {
        assert!(trail.text().contains(part), "{part}: {}", trail.text());
    }
    // What was refused left no note.
    let refused = [("other-kind", "notice"), ("summary", "Told."), ("on", "2027-11-20"), ("go", "do")];
    let answer = vera.post("/office", "/office/deployments/wifi/evidence", &refused).await;
    assert!(answer.status.is_client_error(), "{}", answer.text());
    assert_eq!(admin.get("/accounts").await.text().matches("file-evidence").count(), 1);
    // Another party sees nothing of it, and neither does the log.
    let mut other = person(&world, "police", "other@city.example", &[Role::Administrator]).await;
    assert!(!other.get("/accounts").await.text().contains("Vera Nowak, account 2"));
    world.city.register().publish().unwrap();
    let mut files = vec![world.city.root().join("log"), world.city.root().join("journal.db")];
    let mut looked = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        looked += 1;
        let bytes = std::fs::read(&path).unwrap();
        for text in ["Vera Nowak", "vera@city.example", "admin@city.example"] {
            assert!(!bytes.windows(text.len()).any(|part| part == text.as_bytes()), "{text} in {}", path.display());
        }
    }
    assert!(looked > 3);
    let (list, act) = (world.browse("/log/entries").await, world.browse(&format!("/log/entries/{entry}")).await);
    assert!(
        !list.text().contains("Vera") && !act.text().contains("Vera") && act.text().contains("Mobility department")
    );
}

#[tokio::test]
async fn what_was_done_with_accounts_is_told_what_was_refused_is_not_and_older_deeds_have_pages() {
    let world = World::new();
    let mut admin = person(&world, "mobility", "admin@city.example", &[Role::Administrator]).await;
    let invite = [("name", "Vera"), ("login", "vera@city.example"), ("role", "reader")];
    for status in [200, 409] {
        assert_eq!(admin.post("/accounts/new", "/accounts/new", &invite).await.status, status);
    }
    let id = Accounts::of(world.city.root()).by_login("vera@city.example").unwrap().unwrap().id;
    for (what, status) in [("roles", 422), ("enable", 422), ("disable", 303)] {
        let address = format!("/accounts/{id}/{what}");
        assert_eq!(admin.post(&address, &address, &[]).await.status, status, "{what}");
    }
    let page = admin.get("/accounts").await;
    for (what, times) in [("invite", 1), ("disable", 1), ("roles", 0), ("enable", 0)] {
        assert_eq!(
            page.text().matches(&format!("<code>{what}</code>, about Vera, account {id}")).count(),
            times,
            "{what}"
        );
    }
    assert!(!page.text().contains("Older"));
    // However much is done, what was done before stays to be read.
    let store = AccountStore::open(&world.city.root().join("accounts.db")).unwrap();
    for at in 0..250 {
        let (party, role, what) = ("mobility".to_owned(), "administrator".to_owned(), "flush".to_owned());
        store.begin(&Deed { party, account: 1, role, what, at, entries: None, about: None }).unwrap();
    }
    let page = admin.get("/accounts").await;
    assert_eq!(page.text().matches("<code>flush</code>").count(), 200);
    let older = format!("/accounts?before={}", between(page.text(), "/accounts?before=", "#"));
    let page = admin.get(&older).await;
    assert_eq!(page.text().matches("<code>flush</code>").count(), 50);
    assert!(page.text().contains("<code>invite</code>") && !page.text().contains("Older"), "{}", page.text());
    assert_eq!(admin.get("/accounts?before=x").await.status, 400);
}

#[tokio::test]
async fn an_erasure_can_be_asked_for_again_and_nothing_else_of_what_is_erased() {
    let world = World::new();
    let mut admin = person(&world, "mobility", "admin@city.example", &[Role::Administrator]).await;
    let (id, _) = invited(&world, "mobility", "vera@city.example", &[Role::Reader]);
    let erase = format!("/accounts/{id}/erase");
    for _ in 0..2 {
        assert_eq!(admin.post(&erase, &erase, &[]).await.header("location"), "/accounts");
    }
    let page = admin.get(&erase).await;
    assert!(page.status == 200 && page.text().contains(&format!("Account {id}, erased")), "{}", page.text());
    for what in ["roles", "reset", "disable", "enable"] {
        let address = format!("/accounts/{id}/{what}");
        assert_eq!(admin.get(&address).await.status, 404, "{what}");
        assert_eq!(admin.post("/account", &address, &[("role", "reader")]).await.status, 404, "{what}");
    }
}

#[tokio::test]
async fn whoever_knows_the_password_alone_ends_nobodys_session() {
    let world = World::new();
    let mut vera = person(&world, "mobility", "vera@city.example", &[Role::Approver]).await;
    let mut waiting = Vec::new();
    for _ in 0..9 {
        let mut thief = Browser::new(&world);
        assert_eq!(sign_in(&mut thief, "vera@city.example", PASSWORD).await.header("location"), "/sign-in/code");
        waiting.push(thief);
    }
    assert_eq!(vera.get("/office").await.status, 200, "the owner is signed in as before");
    // Of those that wait for a code the one unused for longest ends.
    let mut open = 0;
    for thief in &mut waiting {
        open += usize::from(thief.get("/sign-in/code").await.status == 200);
    }
    assert!((1..9).contains(&open), "{open}");
    assert_eq!(waiting.last_mut().unwrap().get("/sign-in/code").await.status, 200);
}

#[tokio::test]
async fn hostile_names_are_shown_as_text() {
    let world = World::new();
    let mut bearer = Browser::signed_in(&world, "token-of-mobility").await;
    let login = "<script>alert(1)</script>";
    let invite = [("name", HOSTILE), ("login", login), ("role", "reader")];
    let page = bearer.post("/accounts/new", "/accounts/new", &invite).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let link = between(page.text(), "<code id=\"link\">https://sensors.teststadt.example", "<").to_owned();
    let mut person = Browser::new(&world);
    // The browser of these tests reads each page as strictly as can be.
    for page in [person.get(&link).await, bearer.get("/accounts").await, bearer.get("/accounts/1/roles").await, page] {
        assert!(!page.text().contains("<script>") && !page.text().contains("<img"), "{}", page.text());
    }
    come(&mut person, &link).await;
    assert!(person.get("/account").await.text().contains("&#60;script&#62;alert(1)"));
    let tried = sign_in(&mut Browser::new(&world), HOSTILE, "x").await;
    assert!(tried.status == 401 && !tried.text().contains("<img"));
    assert!(tried.headers.get(header::CONTENT_SECURITY_POLICY).is_some());
}
