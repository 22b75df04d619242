//! Spreadsheets in and out: looked at row by row, written together or not at all, and the same file again changes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use axum::http::{Request, header};

use super::forms::CORPUS;
use super::{escaped, hidden, office, size};
use crate::browser::{Browser, HOST};
use crate::city::{Answer, HOSTILE, World};

const PAGE: &str = "/office/sheets";
const IMPORT: &str = "/office/sheets/import";

/// Looks at a file.
async fn looked_at(browser: &mut Browser<'_>, name: &str, file: &[u8]) -> Answer {
    let answer = browser.upload(PAGE, PAGE, name, file).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("<h1>What the file would do</h1>"), "{}", answer.text());
    answer
}

/// Confirms what a look gave.
async fn confirmed(browser: &mut Browser<'_>, look: &Answer) -> Answer {
    let hidden = hidden(look.text());
    let sent: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.send(axum::http::Method::POST, IMPORT, Some(&sent), Some("same-origin")).await
}

/// What the report says of a row: its verdict and what there is to say.
fn said<'t>(page: &'t str, sheet: &str, row: u32) -> &'t str {
    let start = format!("<tr><td>{sheet}</td><td class=\"number\">{row}</td>");
    page.split(&start).nth(1).unwrap_or_else(|| panic!("{sheet} {row}: {page}")).split("</tr>").next().unwrap()
}

#[tokio::test]
async fn sensors_are_entered_many_at_once_and_the_same_file_again_changes_nothing() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let file = "id;stream;longitude;latitude;support-until\r\nwifi-7;wifi-counts;16,6;49,2;1.6.2030\r\nwifi-8;wifi-counts;16,6;49,2;\r\nwifi-1;wifi-counts;16.6;49.2;\r\n";
    let before = size(&world);
    let look = looked_at(&mut mobility, "sensors.csv", file.as_bytes()).await;
    assert!(said(look.text(), "devices", 2).contains("<td>New</td>"), "{}", look.text());
    assert!(said(look.text(), "devices", 4).contains("<td>As it is</td>"));
    assert!(look.text().contains("Write 2 rows"));
    assert_eq!(size(&world), before, "a look writes nothing");
    let done = confirmed(&mut mobility, &look).await;
    assert!(done.status == 200 && done.text().contains("<strong>Done.</strong> 2 acts"), "{}", done.text());
    assert_eq!(size(&world), before + 2);
    let state = world.city.register().state();
    let device = &state.devices[&"wifi-7".parse().unwrap()];
    assert_eq!(device.support_until.unwrap().to_string(), "2030-06-01T00:00:00Z");
    assert!(device.credential.is_none());
    // Confirmed twice, and sent again: nothing more.
    let again = confirmed(&mut mobility, &look).await;
    assert!(again.status == 200 && again.text().contains("It was so already"), "{}", again.text());
    let look = looked_at(&mut mobility, "sensors.csv", file.as_bytes()).await;
    assert!(look.text().contains("There is nothing to write."), "{}", look.text());
    assert_eq!(size(&world), before + 2);
    // The log holds them as any other act.
    let acts = world.browse(&format!("/log/entries/{before}")).await;
    assert!(acts.text().contains("The sensor “wifi-7” was entered"), "{}", acts.text());
}

#[tokio::test]
async fn no_text_of_a_sheet_becomes_part_of_a_page() {
    let world = World::new();
    let mut city = office(&world, "city").await;
    for (number, text) in CORPUS.into_iter().enumerate() {
        let quoted = format!("\"{}\"", text.replace('"', "\"\""));
        // As a name that is taken, as an id that is none, and as a column that nobody knows.
        let file = format!("id,name,kind\nlibrary-{number},{quoted},city-department\n{quoted},Library,{quoted}\n");
        let look = looked_at(&mut city, "parties.csv", file.as_bytes()).await;
        assert!(!look.text().contains(text) && look.text().contains("<td>Wrong</td>"), "{}", look.text());
        let report = confirmed(&mut city, &look).await;
        assert!(report.status == 200 && !report.text().contains(text), "{}", report.text());
        let id = format!("library-{number}").parse().unwrap();
        assert_eq!(world.city.register().state().parties[&id].party.name, text, "it is kept as it came");
        let page = city.get("/organisations").await;
        assert!(!page.text().contains(text) && page.text().contains(&escaped(text)), "{}", page.text());
        let odd = city.post(PAGE, PAGE, &[("table", &format!("id\t{text}\na\t{text}\n"))]).await;
        assert!(odd.status != 500 && !odd.text().contains(text), "{}", odd.text());
        let odd = city.post(PAGE, IMPORT, &[("rows", text), ("reason", text)]).await;
        assert!(odd.status.is_client_error() && !odd.text().contains(text), "{}", odd.text());
    }
}

#[tokio::test]
async fn what_is_wrong_or_refused_is_told_at_its_row_and_the_others_are_written() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let file = format!(
        "id,stream,longitude,latitude,operator\nwifi-7,wifi-counts,16.6,49.2,mobility\nwifi-8,none,16.6,49.2,\n\
         wifi-1,wifi-counts,16.7,49.2,\n\"{}\",wifi-counts,16.6,49.2,\n",
        HOSTILE.replace('"', "\"\"")
    );
    let look = looked_at(&mut mobility, "sensors.csv", file.as_bytes()).await;
    let text = look.text();
    assert!(said(text, "devices", 2).contains("<td>New</td>"));
    assert!(said(text, "devices", 3).contains("stream: there is no such stream"));
    assert!(said(text, "devices", 4).contains("exists already and is not the same"), "{text}");
    let hostile = said(text, "devices", 5);
    assert!(hostile.contains("<td>Wrong</td>") && !text.contains(HOSTILE), "{hostile}");
    assert!(text.contains("What is wrong or refused is left out") && text.contains("Write 1 row<"));
    let before = size(&world);
    assert!(confirmed(&mut mobility, &look).await.text().contains("1 act,"));
    assert_eq!(size(&world), before + 1);
    // Whom the norms allow nothing is refused by them, row by row.
    let mut advertiser = office(&world, "advertiser").await;
    let file = "id,stream,longitude,latitude\nwifi-9,wifi-counts,16.6,49.2\n";
    let look = looked_at(&mut advertiser, "sensors.csv", file.as_bytes()).await;
    let refused = said(look.text(), "devices", 2);
    assert!(refused.contains("<td>Refused</td>") && refused.contains("No rule of this city allows"), "{refused}");
    assert!(look.text().contains("There is nothing to write."));
}

#[tokio::test]
async fn what_is_confirmed_is_written_together_or_not_at_all() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let file = "id,stream,longitude,latitude\nwifi-7,wifi-counts,16.6,49.2\nwifi-8,wifi-counts,16.6,49.2\n";
    let look = looked_at(&mut mobility, "sensors.csv", file.as_bytes()).await;
    // Between the look and the deed somebody enters one of them elsewhere.
    let other =
        serde_json::json!({ "id": "wifi-8", "stream": "wifi-counts", "deployment": "wifi", "position": [1.0, 2.0] });
    world
        .submit(serde_json::json!({ "by": "mobility", "command": { "do": "register-device", "with": other } }))
        .unwrap();
    let before = size(&world);
    let failed = confirmed(&mut mobility, &look).await;
    assert_eq!(failed.status, 409, "{}", failed.text());
    assert!(
        failed.text().contains("Nothing was written") && failed.text().contains("devices, row 3"),
        "{}",
        failed.text()
    );
    assert_eq!(size(&world), before, "not even the first one");
    assert!(said(failed.text(), "devices", 2).contains("<td>New</td>"));
    assert!(confirmed(&mut mobility, &failed).await.text().contains("1 act,"));
    assert_eq!(size(&world), before + 1);
    // Nothing that was not looked at, and nobody else's command.
    for bad in ["", "[]x", r#"[{"sheet":"a","row":1,"thing":{"is":"policy","with":{}}}]"#] {
        let form = mobility.form(PAGE).await;
        let sent = [("form", form.as_str()), ("rows", bad)];
        let answer = mobility.send(axum::http::Method::POST, IMPORT, Some(&sent), Some("same-origin")).await;
        assert_eq!(answer.status, 422, "{bad}");
    }
    let hidden = hidden(look.text());
    let sent: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let foreign = mobility.send(axum::http::Method::POST, IMPORT, Some(&sent), Some("cross-site")).await;
    assert_eq!(foreign.status, 403);
}

#[tokio::test]
async fn the_register_goes_out_and_comes_back_as_it_was() {
    let world = World::new();
    let mut council = office(&world, "council").await;
    let file = council.get("/office/sheets/register.xlsx").await;
    assert_eq!(file.status, 200);
    assert!(file.header("content-disposition").contains("register.xlsx") && file.header("cache-control") == "no-store");
    let look = looked_at(&mut council, "register.xlsx", &file.bytes).await;
    assert!(look.text().contains("There is nothing to write."), "{}", look.text());
    for kind in ["parties", "places", "deployments", "properties", "devices"] {
        let file = council.get(&format!("/office/sheets/{kind}.csv")).await;
        assert!(file.header("content-type").starts_with("text/csv"), "{kind}");
        assert!(!file.text().contains("token") && !file.text().contains(",="), "{kind}");
        let look = looked_at(&mut council, "a.csv", &file.bytes).await;
        assert!(look.text().contains("There is nothing to write."), "{kind}: {}", look.text());
    }
    // Others see their own deployments alone.
    let mut environment = office(&world, "environment").await;
    let own = environment.get("/office/sheets/devices.csv").await;
    assert!(own.text().contains("air-1") && !own.text().contains("wifi-1"), "{}", own.text());
    assert_eq!(council.get("/office/sheets/nothing.csv").await.status, 404);
    let template = council.get("/office/sheets/template.xlsx").await;
    assert!(template.status == 200 && template.bytes.starts_with(b"PK"));
}

#[tokio::test]
async fn a_table_is_pasted_where_no_file_can_be_sent_and_strangers_sign_in_first() {
    let world = World::new();
    let mut city = office(&world, "city").await;
    let table = format!("id\tname\tkind\nlibrary\t{HOSTILE}\tcity-department\n");
    let look = city.post(PAGE, PAGE, &[("table", &table)]).await;
    assert!(look.status == 200 && said(look.text(), "parties", 2).contains("<td>New</td>"), "{}", look.text());
    assert!(confirmed(&mut city, &look).await.text().contains("<strong>Done.</strong>"));
    assert_eq!(world.city.register().state().parties[&"library".parse().unwrap()].party.name, HOSTILE);
    let bad = city.post(PAGE, PAGE, &[("table", "")]).await;
    assert!(bad.status == 422 && bad.text().contains("Choose a file, or paste a table."));
    let bad = city.post(PAGE, PAGE, &[("table", HOSTILE)]).await;
    assert!(bad.status == 200 && bad.text().contains("take the template"), "{}", bad.text());
    let broken = city.upload(PAGE, PAGE, "a.xlsx", b"PK\x03\x04nothing").await;
    assert!(broken.status == 422 && broken.text().contains("This is no spreadsheet"), "{}", broken.text());
    let large = city.upload(PAGE, PAGE, "a.csv", &vec![b'a'; 9 << 20]).await;
    assert_eq!(large.status, 413);
    let mut stranger = Browser::new(&world);
    for page in [PAGE, "/office/sheets/register.xlsx", "/office/sheets/devices.csv"] {
        assert_eq!(stranger.get(page).await.header("location"), "/sign-in", "{page}");
    }
    assert!(!look.text().contains(HOSTILE) && look.text().contains(&escaped("library")));
}

#[tokio::test]
async fn a_long_file_is_written_in_parts_and_a_longer_one_is_refused_at_once() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let rows = |count: usize| {
        let row = |at: usize| format!("bulk-{at},wifi-counts,16.6,49.2\n");
        std::iter::once("id,stream,longitude,latitude\n".to_owned()).chain((0..count).map(row)).collect::<String>()
    };
    let before = size(&world);
    let file = rows(workbook::BATCH_MAX + 5);
    for (left, count) in [(true, workbook::BATCH_MAX), (false, 5)] {
        let look = looked_at(&mut mobility, "many.csv", file.as_bytes()).await;
        assert_eq!(look.text().contains("send the same file again afterwards"), left);
        assert!(look.text().contains(&format!("Write {count} rows")), "{count}");
        assert!(confirmed(&mut mobility, &look).await.text().contains("<strong>Done.</strong>"));
    }
    assert_eq!(size(&world), before + workbook::BATCH_MAX as u64 + 5);
    let refused = mobility.upload(PAGE, PAGE, "more.csv", rows(100_000).as_bytes()).await;
    assert!(refused.status == 422 && refused.text().contains("split the file"), "{}", refused.text());
}

#[tokio::test]
async fn rows_that_are_refused_keep_no_others_from_being_written() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let rows = |longitude: &str, more: usize| {
        let old = (0..workbook::BATCH_MAX).map(|at| format!("bulk-{at},wifi-counts,{longitude},49.2\n"));
        let new = (0..more).map(|at| format!("new-{at},wifi-counts,16.6,49.2\n"));
        std::iter::once("id,stream,longitude,latitude\n".to_owned()).chain(old).chain(new).collect::<String>()
    };
    let look = looked_at(&mut mobility, "many.csv", rows("16.6", 0).as_bytes()).await;
    assert!(confirmed(&mut mobility, &look).await.text().contains("<strong>Done.</strong>"));
    let before = size(&world);
    // As many as are written at once stand elsewhere than they do in the register, and are refused; five come after them.
    let look = looked_at(&mut mobility, "moved.csv", rows("16.7", 5).as_bytes()).await;
    assert!(look.text().contains("Write 5 rows") && look.text().contains("<dt>Refused</dt><dd>1000</dd>"));
    assert!(confirmed(&mut mobility, &look).await.text().contains("5 acts"));
    assert_eq!(size(&world), before + 5);
    let look = looked_at(&mut mobility, "moved.csv", rows("16.7", 0).as_bytes()).await;
    assert!(look.text().contains("There is nothing to write. What is not so already is wrong or refused."));
}

#[tokio::test]
async fn nothing_of_what_a_stranger_sends_is_read() {
    let world = World::new();
    for (address, kind) in [
        (PAGE, "multipart/form-data; boundary=b"),
        (PAGE, "application/x-www-form-urlencoded"),
        (IMPORT, "application/x-www-form-urlencoded"),
    ] {
        for cookie in ["", "__Host-ordinance=2222222222222222222222222222222222222222222222222222222222222222"] {
            let read = Arc::new(AtomicUsize::new(0));
            let seen = Arc::clone(&read);
            let chunk = move || {
                seen.fetch_add(1, Ordering::SeqCst);
                Ok::<_, std::io::Error>(Bytes::from_static(b"a=1&"))
            };
            let body = Body::from_stream(futures::stream::iter(std::iter::repeat_with(chunk).take(1_000)));
            let request = Request::post(address).header(header::HOST, HOST).header(header::CONTENT_TYPE, kind);
            let answer = world.ask(request.header(header::COOKIE, cookie).body(body).unwrap()).await;
            assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/sign-in"), "{address} {kind}");
            assert_eq!(read.load(Ordering::SeqCst), 0, "{address} {kind}");
        }
    }
}

#[tokio::test]
async fn a_form_with_other_fields_than_its_own_is_no_form() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let form = mobility.form(PAGE).await;
    for (address, own) in [(PAGE, "table"), (IMPORT, "rows")] {
        for more in [&[("a", "")][..], &[(own, "[]")]] {
            let sent = [&[("form", form.as_str()), (own, "[]")], more].concat();
            let answer = mobility.send(axum::http::Method::POST, address, Some(&sent), Some("same-origin")).await;
            assert_eq!(answer.status, 400, "{address} {more:?}: {}", answer.text());
        }
    }
}
