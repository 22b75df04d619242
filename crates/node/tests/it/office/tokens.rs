//! Sensors and tokens by form: shown once, kept nowhere, and known from that moment on.

use axum::http::Method;

use super::{done, hidden, look, looked, office, refused, size};
use crate::browser::Browser;
use crate::city::{Answer, World};

/// Issues a token by form; gives the page that shows it.
async fn issued(world: &World, browser: &mut Browser<'_>, address: &str) -> Answer {
    let answer = look(browser, address, &[("reason", "The old one was lost")]).await;
    looked(&answer);
    assert!(!answer.text().contains("ordinance_"), "a look shows no token");
    let before = size(world);
    let mut hidden = hidden(answer.text());
    hidden.push(("go".to_owned(), "do".to_owned()));
    let sent: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = browser.send(Method::POST, address, Some(&sent), Some("same-origin")).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"), "{}", answer.text());
    assert_eq!(size(world), before + 1);
    answer
}

/// The token on a page: there once.
fn token(answer: &Answer) -> String {
    assert_eq!(answer.text().matches("ordinance_").count(), 1, "{}", answer.text());
    let (_, rest) = answer.text().split_once("<code id=\"token\">").unwrap();
    rest.split('<').next().unwrap().to_owned()
}

/// Whether some bytes are in a file of the city's folder.
fn written(world: &World, needle: &[u8]) -> bool {
    let mut folders = vec![world.folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read(path).unwrap().windows(needle.len()).any(|window| window == needle) {
                return true;
            }
        }
    }
    false
}

#[tokio::test]
async fn a_sensor_is_entered_gets_a_token_another_and_is_locked_out() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let fields = [("device", "wifi-9"), ("stream", "wifi-counts"), ("longitude", "16.6"), ("latitude", "49.2")];
    let page = done(&world, &mut mobility, "/office/tokens/devices/new", &fields).await;
    assert!(page.text().contains("<strong>wifi-9</strong>"), "{}", page.text());
    let send = |token: String| {
        let world = &world;
        async move {
            let line = "{\"time\":\"2026-11-24T08:00:00Z\",\"mac\":\"aa:bb\"}\n";
            world.post(&token, "/api/v1/observations", "application/x-ndjson", line).await.status.as_u16()
        }
    };
    let address = "/office/tokens/devices/wifi-9/token";
    let first = token(&issued(&world, &mut mobility, address).await);
    assert_eq!(send(first.clone()).await, 200);
    let second = token(&issued(&world, &mut mobility, address).await);
    assert_ne!(first, second);
    assert_eq!((send(first.clone()).await, send(second.clone()).await), (401, 200));
    for one in [&first, &second] {
        assert!(!written(&world, one.as_bytes()), "a token is kept nowhere");
        assert!(!mobility.get("/office/tokens").await.text().contains(one.as_str()), "and shown once");
    }
    assert!(written(&world, flow::city::credential(&second).to_string().as_bytes()), "a control: its hash is there");
    done(&world, &mut mobility, "/office/tokens/devices/wifi-9/lock", &[("reason", "It was stolen")]).await;
    assert_eq!(send(second).await, 401);
}

#[tokio::test]
async fn whoever_answers_and_the_founder_issue_tokens_and_others_do_not() {
    let world = World::new();
    for (party, status) in
        [("mobility", 200), ("city", 200), ("council", 409), ("environment", 404), ("police", 404), ("advertiser", 404)]
    {
        let mut browser = office(&world, party).await;
        let expected = if party == "council" { 403 } else { status };
        for what in ["token", "lock"] {
            let answer = look(&mut browser, &format!("/office/tokens/devices/wifi-1/{what}"), &[]).await;
            assert_eq!(answer.status, expected, "{party} {what}: {}", answer.text());
        }
        let own = look(&mut browser, &format!("/office/tokens/parties/{party}"), &[]).await;
        assert_eq!(own.status, 200, "{party} renews its own");
        let other = if party == "mobility" { "council" } else { "mobility" };
        let answer = look(&mut browser, &format!("/office/tokens/parties/{other}"), &[]).await;
        assert_eq!(answer.status, if party == "city" { 200 } else { 404 }, "{party}");
    }
    let mut mobility = office(&world, "mobility").await;
    assert_eq!(mobility.get("/office/tokens/devices/wifi-1/nonsense").await.status, 404);
}

#[tokio::test]
async fn a_party_that_renews_its_token_signs_in_with_the_new_one() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let page = issued(&world, &mut mobility, "/office/tokens/parties/mobility").await;
    assert!(!written(&world, token(&page).as_bytes()));
    assert_eq!(mobility.get("/office").await.header("location"), "/sign-in", "the old token’s session is over");
    let mut again = Browser::signed_in(&world, &token(&page)).await;
    assert_eq!(again.get("/office").await.status, 200);
}

#[tokio::test]
async fn a_sensor_that_does_not_fit_is_refused_at_its_field() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let fields = [("device", "wifi-9"), ("stream", "wifi-counts"), ("longitude", "16.6"), ("latitude", "49.2")];
    for (field, value) in [("device", "No Id"), ("longitude", "east"), ("longitude", "999"), ("latitude", "NaN")] {
        let fields: Vec<_> =
            fields.iter().map(|(name, same)| (*name, if *name == field { value } else { *same })).collect();
        let text = refused(&world, &mut mobility, "/office/tokens/devices/new", &fields, 422).await;
        let at = if value == "NaN" { "longitude" } else { field };
        assert!(text.contains(&format!("id=\"wrong-{at}\"")), "{field} {value}: {text}");
    }
    let taken = [("device", "wifi-1"), ("stream", "station-wifi-counts"), ("longitude", "1"), ("latitude", "2")];
    refused(&world, &mut mobility, "/office/tokens/devices/new", &taken, 409).await;
}

const SHEET: &str = "/office/tokens/sheet";

/// What the report says of a row.
fn said(page: &str, row: u32) -> &str {
    let start = format!("<td class=\"number\">{row}</td>");
    page.split(&start).nth(1).unwrap_or_else(|| panic!("{row}: {page}")).split("</tr>").next().unwrap()
}

async fn confirm(browser: &mut Browser<'_>, look: &Answer) -> Answer {
    let hidden = hidden(look.text());
    let sent: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.send(Method::POST, "/office/tokens/sheet/issue", Some(&sent), Some("same-origin")).await
}

#[tokio::test]
async fn many_sensors_get_their_tokens_from_a_sheet_once_as_a_file_and_the_city_keeps_none() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    for id in ["wifi-7", "wifi-8"] {
        let fields = [("device", id), ("stream", "wifi-counts"), ("longitude", "16.6"), ("latitude", "49.2")];
        done(&world, &mut mobility, "/office/tokens/devices/new", &fields).await;
    }
    let file = "Sensor;Where;Renew\r\nwifi-7;north;\r\nwifi-8;south;\r\nwifi-1;old;\r\nwifi-2;old;ja\r\n";
    let before = size(&world);
    let look = mobility.upload(SHEET, SHEET, "sensors.csv", file.as_bytes()).await;
    assert_eq!(look.status, 200, "{}", look.text());
    for (row, comes) in [(2, "Gets a token"), (3, "Gets a token"), (4, "Keeps its token"), (5, "Gets another token")] {
        assert!(said(look.text(), row).contains(comes), "{row}: {}", look.text());
    }
    assert!(look.text().contains("Issue 3 tokens") && !look.text().contains("ordinance_"), "{}", look.text());
    assert_eq!(size(&world), before, "a look issues nothing");
    let handed = confirm(&mut mobility, &look).await;
    assert_eq!((handed.status.as_u16(), handed.header("cache-control")), (200, "no-store"), "{}", handed.text());
    assert!(
        handed.header("content-disposition").contains("tokens.csv")
            && handed.header("content-type").starts_with("text/csv")
    );
    assert_eq!(size(&world), before + 3);
    let rows: Vec<Vec<&str>> = handed.text().lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["sensor", "stream", "token"]);
    assert_eq!(rows[1..].iter().map(|row| row[0]).collect::<Vec<_>>(), ["wifi-7", "wifi-8", "wifi-2"]);
    let send = async |token: &str| {
        let line = "{\"time\":\"2026-11-24T08:00:00Z\",\"mac\":\"a4:11:3c:00:00:01\"}\n";
        world.post(token, "/api/v1/observations", "application/x-ndjson", line).await.status.as_u16()
    };
    assert_eq!(send(rows[1][2]).await, 200);
    for row in &rows[1..] {
        assert!(!written(&world, row[2].as_bytes()), "a token is kept nowhere");
        assert!(written(&world, flow::city::credential(row[2]).to_string().as_bytes()), "a control: its hash is there");
    }
    // Sent again, as by somebody who pressed twice: the tokens of the first time stay.
    let issued = size(&world);
    let again = confirm(&mut mobility, &look).await;
    assert!(again.status == 412 && again.text().contains("has got another token since you looked"), "{}", again.text());
    assert_eq!((size(&world), send(rows[1][2]).await), (issued, 200));
    let look = mobility.upload(SHEET, SHEET, "sensors.csv", file.as_bytes()).await;
    assert!(
        said(look.text(), 2).contains("Keeps its token") && look.text().contains("Issue 1 token<"),
        "{}",
        look.text()
    );
}

#[tokio::test]
async fn a_bad_sheet_says_row_by_row_what_is_wrong_and_issues_nothing() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let before = size(&world);
    let file = "id,renew\nNo Id,\nwifi-1,perhaps\nair-1,yes\nnowhere,\n,yes\nwifi-1,yes\nwifi-1,yes\n=HYPERLINK(\"x\"),\n<script>alert(1)</script>,\n";
    let look = mobility.upload(SHEET, SHEET, "bad.csv", file.as_bytes()).await;
    assert_eq!(look.status, 200, "{}", look.text());
    for row in [2, 3, 4, 5, 6, 8, 9, 10] {
        assert!(said(look.text(), row).contains("<td>Wrong</td>"), "{row}: {}", look.text());
    }
    assert!(said(look.text(), 4).contains("no sensor of this name concerns the party"), "another's sensor is none");
    assert!(said(look.text(), 7).contains("Gets another token"), "{}", look.text());
    assert!(!look.text().contains("<script>alert"));
    for (file, words) in [
        (&b"name;where\nwifi-1;here\n"[..], "no row holds the heading"),
        (b"\xd0\xcf\x11\xe0old", "Excel before 2007"),
        (b"PK\x03\x04broken", "no spreadsheet of the kind"),
        (b"\x00\xff\x00\xff", "neither"),
        (b"", "Choose a file"),
    ] {
        let answer = mobility.upload(SHEET, SHEET, "x", file).await;
        assert!(
            [200, 422].contains(&answer.status.as_u16()) && answer.text().contains(words),
            "{words}: {}",
            answer.text()
        );
        assert!(!answer.text().contains("/office/tokens/sheet/issue\""), "{words}");
    }
    // What is confirmed without a look, or of somebody else's, is not done either.
    let form = mobility.form(SHEET).await;
    for (sensors, status) in
        [("", 422), ("wifi-1", 422), ("wifi-1=none", 412), ("air-1=none", 404), ("wifi-1=none wifi-1=none", 422)]
    {
        let fields = [("form", form.as_str()), ("sensors", sensors)];
        let answer =
            mobility.send(Method::POST, "/office/tokens/sheet/issue", Some(&fields), Some("same-origin")).await;
        assert_eq!(answer.status, status, "{sensors}: {}", answer.text());
    }
    // An officer sees the sensors, and the norms or the register refuse each row.
    let mut council = office(&world, "council").await;
    let look = council.upload(SHEET, SHEET, "x.csv", b"id,renew\nwifi-1,yes\n").await;
    assert!(
        said(look.text(), 2).contains("<td>Refused</td>") && look.text().contains("There is nothing to issue."),
        "{}",
        look.text()
    );
    assert_eq!(size(&world), before + 1, "only the token of the council was issued");
}
