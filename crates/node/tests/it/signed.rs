//! Signing in: whose session it is, what a form has to carry, what ends it, and that residents have none.

use axum::http::{Method, header};
use model::Span;
use serde_json::json;

use crate::browser::Browser;
use crate::city::World;
use crate::html::check;

#[tokio::test]
async fn a_party_signs_in_sees_its_agreements_and_signs_out() {
    let world = World::new();
    let mut browser = Browser::signed_in(&world, " token-of-mobility\n").await;
    let desk = browser.get("/desk").await;
    assert_eq!((desk.status.as_u16(), desk.header("cache-control")), (200, "no-store"));
    for part in ["Mobility department", "href=\"/grants/own\"", "&#34;wifi-counts&#34;.&#34;counts&#34;", "1 May 2027"]
    {
        assert!(desk.text().contains(part), "{part}\n{}", desk.text());
    }
    assert!(!desk.text().contains("air-open"), "what everybody may have is not the party's own");
    assert_eq!(browser.get("/sign-in").await.header("location"), "/desk");
    let cookie = browser.cookie.clone();
    let out = browser.post("/desk", "/sign-out", &[]).await;
    assert_eq!((out.status.as_u16(), out.header("location")), (303, "/"));
    assert_eq!(browser.cookie, None);
    browser.cookie = cookie;
    assert_eq!(browser.get("/desk").await.header("location"), "/sign-in", "the id of a session that ended is nobody's");
}

#[tokio::test]
async fn residents_pages_set_no_cookie_and_need_none() {
    let world = World::new();
    for path in
        ["/", "/deployments/wifi", "/places", "/purposes", "/policies", "/about", "/log/entries", "/grants/air-open"]
    {
        let answer = world.browse(path).await;
        assert!(answer.status == 200 && !answer.headers.contains_key(header::SET_COOKIE), "{path}");
    }
    let mut browser = Browser::signed_in(&world, "token-of-mobility").await;
    for path in ["/", "/deployments/wifi", "/grants/air-open"] {
        let (own, others) = (browser.get(path).await, Browser::new(&world).get(path).await);
        assert!(!own.headers.contains_key(header::SET_COOKIE));
        if path != "/grants/air-open" {
            assert_eq!(own.text(), others.text(), "{path} is the same for everybody");
        }
    }
}

#[tokio::test]
async fn a_page_of_an_agreement_is_its_recipients_alone_and_each_look_is_a_disclosure() {
    let world = World::new();
    let mut browser = Browser::signed_in(&world, "token-of-mobility").await;
    let before = world.city.register().disclosure_records(model::Seq(0), 10).unwrap().len();
    let own = browser.get("/grants/own").await;
    assert_eq!((own.status.as_u16(), own.header("cache-control")), (200, "no-store"), "{}", own.text());
    assert!(
        own.text().contains("Mobility department may have this") && own.text().contains("handed to you as disclosure")
    );
    let records = world.city.register().disclosure_records(model::Seq(0), 10).unwrap();
    assert_eq!(records.len(), before + 1);
    assert_eq!((records[before].recipient.as_str(), records[before].grant.as_str()), ("mobility", "own"));
    // Others find what they would find if there were no such agreement, signed in or not.
    let mut police = Browser::signed_in(&world, "token-of-police").await;
    for path in ["/grants/own", "/grants/none"] {
        let (others, nobody) = (police.get(path).await, world.browse(path).await);
        assert_eq!((others.status.as_u16(), nobody.status.as_u16()), (404, 404));
        assert_eq!(others.text(), world.browse("/grants/none").await.text(), "{path}");
        assert_eq!(nobody.text(), world.browse("/grants/none").await.text(), "{path}");
    }
    assert_eq!(world.city.register().disclosure_records(model::Seq(0), 10).unwrap().len(), before + 1);
    let withdraw = json!({ "do": "withdraw-grant", "with": { "grant": "own" } });
    world.submit(json!({ "by": "mobility", "reason": "it ended", "command": withdraw })).unwrap();
    assert_eq!(browser.get("/grants/own").await.status, 404);
    assert!(browser.get("/desk").await.text().contains("No agreement with Mobility department is in force"));
}

#[tokio::test]
async fn each_role_may_what_it_may_and_nothing_else() {
    let world = World::new();
    let fields = [("question", "SELECT 1"), ("purpose", "traffic-management"), ("name", "own")];
    // What each finds at /desk, /sql, its own and somebody else's agreement, everybody's, and when it saves and deletes.
    let roles = [
        ("", [303, 303, 404, 200, 303, 303]),
        ("token-of-advertiser", [200, 200, 404, 200, 200, 303]),
        ("token-of-police", [200, 200, 404, 200, 200, 303]),
        ("token-of-mobility", [200, 200, 200, 200, 200, 303]),
        ("token-of-city", [200, 200, 404, 200, 200, 303]),
    ];
    for (token, expected) in roles {
        let mut browser = if token.is_empty() { Browser::new(&world) } else { Browser::signed_in(&world, token).await };
        let forms = if token.is_empty() { "/sign-in" } else { "/sql" };
        let mut found = Vec::new();
        for path in ["/desk", "/sql", "/grants/own", "/grants/air-open"] {
            found.push(browser.get(path).await.status.as_u16());
        }
        found.push(browser.post(forms, "/sql/save", &fields).await.status.as_u16());
        found.push(browser.post(forms, "/sql/delete", &[("name", "own")]).await.status.as_u16());
        assert_eq!(found, expected, "{token}");
    }
    // A device's token is no party's, and a session gives nobody the API.
    let mut device = Browser::new(&world);
    assert_eq!(device.sign_in("token-of-wifi-1").await.status, 401);
    let mut mobility = Browser::signed_in(&world, "token-of-mobility").await;
    let api = mobility.get("/api/v1/released?stream=wifi-counts&purpose=traffic-management").await;
    assert_eq!(api.status, 403, "the API knows tokens and no cookie: {}", api.text());
}

#[tokio::test]
async fn a_form_without_the_sessions_own_word_does_nothing() {
    let world = World::new();
    let mut browser = Browser::signed_in(&world, "token-of-mobility").await;
    let mut other = Browser::signed_in(&world, "token-of-police").await;
    let (own, foreign) = (browser.form("/desk").await, other.form("/desk").await);
    assert_ne!(own, foreign);
    let ask = [("question", "SELECT 1"), ("purpose", "traffic-management"), ("name", "x")];
    let delete = [("name", "x")];
    let forms: [(&str, &[(&str, &str)]); 5] = [
        ("/sign-out", &[]),
        ("/sql", &ask),
        ("/sql/save", &ask),
        ("/sql/delete", &delete),
        ("/sign-in", &[("token", "token-of-police")]),
    ];
    for (to, fields) in forms {
        let cookie = browser.cookie.clone();
        for wrong in ["", &foreign, &own[1..], &own.to_uppercase()] {
            let all = [&[("form", wrong)], fields].concat();
            let refused = browser.send(Method::POST, to, Some(&all), Some("same-origin")).await;
            assert_eq!(refused.status, 403, "{to} with {wrong:?}: {}", refused.text());
        }
        let missing = browser.send(Method::POST, to, Some(fields), Some("same-origin")).await;
        assert_eq!(missing.status, 400, "{to}");
        let all = [&[("form", own.as_str())], fields].concat();
        for site in ["cross-site", "same-site", "elsewhere"] {
            let refused = browser.send(Method::POST, to, Some(&all), Some(site)).await;
            assert_eq!(refused.status, 403, "{to} from {site}");
        }
        assert_eq!(browser.cookie, cookie, "{to} left the session as it was");
    }
    assert_eq!(browser.get("/desk").await.status, 200, "it is still signed in");
    assert!(!browser.get("/sql").await.text().contains("Version 1"), "nothing was saved");
    // Without a cookie there is no form that could be right, and by GET nothing is done.
    let mut nobody = Browser::new(&world);
    let refused = nobody.send(Method::POST, "/sign-out", Some(&[("form", &own)]), None).await;
    assert_eq!(refused.status, 403);
    assert_eq!(browser.get("/sign-out").await.status, 405);
    assert_eq!(browser.send(Method::POST, "/sign-out", Some(&[("form", &own)]), None).await.status, 303);
}

#[tokio::test]
async fn a_session_begins_under_an_id_that_nobody_knew_before() {
    let world = World::new();
    // Somebody else's id in the victim's browser is worth nothing after signing in.
    let mut attacker = Browser::new(&world);
    attacker.get("/sign-in").await;
    let planted = attacker.cookie.clone().unwrap();
    let mut victim = Browser::new(&world);
    victim.cookie = Some(planted.clone());
    assert_eq!(victim.sign_in("token-of-mobility").await.status, 303);
    assert_ne!(victim.cookie.as_ref(), Some(&planted));
    assert_eq!(attacker.get("/desk").await.header("location"), "/sign-in");
    // A second signing in ends the first, and no two ids are alike.
    let first = victim.cookie.clone();
    let out = victim.post("/desk", "/sign-out", &[]).await;
    assert_eq!(out.status, 303);
    victim.sign_in("token-of-mobility").await;
    assert_ne!(victim.cookie, first);
}

#[tokio::test]
async fn a_session_ends_unused_with_age_and_with_its_token() {
    let world = World::new();
    let mut browser = Browser::signed_in(&world, "token-of-mobility").await;
    world.clock.advance(Span::minutes(29));
    assert_eq!(browser.get("/desk").await.status, 200);
    world.clock.advance(Span::minutes(30));
    assert_eq!(browser.get("/desk").await.header("location"), "/sign-in", "nobody used it for half an hour");
    let mut browser = Browser::signed_in(&world, "token-of-mobility").await;
    for _ in 0..28 {
        world.clock.advance(Span::minutes(25));
        assert_eq!(browser.get("/desk").await.status, 200);
    }
    world.clock.advance(Span::minutes(25));
    assert_eq!(browser.get("/desk").await.header("location"), "/sign-in", "twelve hours are over");
    // A new token in the register ends what the old one began, at once.
    let mut browser = Browser::signed_in(&world, "token-of-mobility").await;
    let form = browser.form("/sql").await;
    let credential = flow::city::credential("newer-token-of-mobility");
    let command = json!({ "do": "issue-party-credential", "with": { "party": "mobility", "credential": credential } });
    world.submit(json!({ "by": "city", "command": command })).unwrap();
    for path in ["/desk", "/sql"] {
        assert_eq!(browser.get(path).await.header("location"), "/sign-in", "{path}");
    }
    let fields = [("form", form.as_str()), ("question", "SELECT 1"), ("purpose", "traffic-management")];
    let asked = browser.send(Method::POST, "/sql", Some(&fields), None).await;
    assert_eq!(asked.header("location"), "/sign-in");
    assert_eq!(browser.get("/grants/own").await.status, 404);
    assert_eq!(browser.sign_in("token-of-mobility").await.status, 401);
    assert_eq!(browser.sign_in("newer-token-of-mobility").await.status, 303);
}

#[tokio::test]
async fn wrong_tokens_are_answered_alike_and_not_without_end() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    let mut said = Vec::new();
    for wrong in ["", "x", "token-of-nobody", "token-of-air-1", "<script>alert(1)</script>", &"y".repeat(5_000)] {
        let answer = browser.sign_in(wrong).await;
        assert_eq!(answer.status, 401, "{wrong:?}");
        assert!(!answer.text().contains("alert(1)") && !answer.text().contains("token-of"));
        said.push(answer.text().to_owned());
    }
    assert!(said.windows(2).all(|pair| pair[0] == pair[1]), "in the same words, whatever was tried");
    for _ in 0..4 {
        assert_eq!(browser.sign_in("token-of-nobody").await.status, 401);
    }
    for token in ["token-of-nobody", "token-of-mobility"] {
        let answer = browser.sign_in(token).await;
        assert_eq!(answer.status, 429, "also a right one waits then");
        assert!(answer.text().contains("Wait ten minutes"));
    }
    world.clock.advance(Span::minutes(10));
    assert_eq!(browser.sign_in("token-of-mobility").await.status, 303);
    let large = "z".repeat(200 << 10);
    let mut browser = Browser::new(&world);
    let refused = browser.sign_in(&large).await;
    assert!(refused.status == 413 && !refused.text().contains("zzz"));
}

#[tokio::test]
async fn the_page_to_sign_in_is_sound_and_its_cookie_is_no_session() {
    let world = World::new();
    let page = world.browse("/sign-in").await;
    check(page.text());
    assert!(page.text().contains("type=\"password\"") && page.text().contains("autocomplete=\"current-password\""));
    let mut browser = Browser::new(&world);
    browser.get("/sign-in").await;
    assert!(browser.cookie.is_some());
    assert_eq!(browser.get("/desk").await.header("location"), "/sign-in");
    assert_eq!(browser.get("/sql").await.header("location"), "/sign-in");
}

/// A form whose body tells whether anybody read of it, sent by a browser that says where it came from.
async fn sent_unread(world: &World, path: &str, from: &[(&str, &str)]) -> (crate::city::Answer, bool) {
    let read = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let seen = std::sync::Arc::clone(&read);
    let body = futures::stream::once(async move {
        seen.store(true, std::sync::atomic::Ordering::Relaxed);
        Ok::<_, std::convert::Infallible>(axum::body::Bytes::from_static(b"form=x"))
    });
    let mut request = axum::http::Request::post(path)
        .header("host", "register.example")
        .header("accept", "text/html")
        .header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in from {
        request = request.header(*name, *value);
    }
    let answer = world.ask(request.body(axum::body::Body::from_stream(body)).unwrap()).await;
    (answer, read.load(std::sync::atomic::Ordering::Relaxed))
}

#[tokio::test]
async fn a_form_that_another_site_sends_is_refused_before_anything_of_it_is_read() {
    let world = World::new();
    let paths = [
        "/ask",
        "/de/ask",
        "/sign-in",
        "/sign-in/password",
        "/sign-in/code",
        "/join/abc",
        "/sign-out",
        "/sql",
        "/account/password",
        "/desk/inbox/a/answer",
        "/office/proposals",
        "/office/sheets",
        "/office/deployments/wifi/do/suspend",
    ];
    for path in paths {
        for from in [
            &[("origin", "https://evil.example")][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("origin", "https://other.register.example")],
        ] {
            let (answer, read) = sent_unread(&world, path, from).await;
            assert!(!read && answer.status == 403, "{path} {from:?}: {} {}", answer.status, answer.text());
            assert!(answer.text().contains("another site sent this form"), "{path}: {}", answer.text());
        }
    }
    // Our own pages pass no address on, so that browsers send `null`; then the form itself has to be ours.
    for from in [&[("origin", "null")][..], &[("origin", "https://register.example")], &[]] {
        let (answer, read) = sent_unread(&world, "/sign-out", from).await;
        assert!(read && answer.status == 403, "{from:?}: {}", answer.status);
        assert!(answer.text().contains("does not come from a page of your session"), "{}", answer.text());
    }
    // Whoever sends a token is no form, wherever a browser says it comes from.
    let (answer, _) = sent_unread(&world, "/api/v1/commands", &[("origin", "https://evil.example")]).await;
    assert_eq!(answer.status, 401);
}
