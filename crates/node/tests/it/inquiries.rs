//! What residents ask: from the form to the log, the inbox and the answer; and that nothing of it is public that should not be.

use axum::http::{Method, header};
use model::Span;
use serde_json::json;

use crate::browser::Browser;
use crate::city::{Answer, HOSTILE, World};
use crate::html::check;
use crate::office::escaped;
use crate::office::forms::CORPUS;

/// Something that nobody would write by chance.
const MARKER: &str = "Xanthippe-4711";

/// The mark of a fresh form.
async fn mark(world: &World, path: &str) -> String {
    let page = world.browse(path).await;
    check(page.text());
    assert!(!page.headers.contains_key(header::SET_COOKIE), "residents need no cookie");
    let (_, rest) = page.text().split_once("name=\"mark\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Fills in a form and sends it a minute later.
pub(crate) async fn ask(world: &World, about: &str, kind: &str, words: &str, contact: (&str, &str)) -> Answer {
    let mark = mark(world, &format!("/ask?about={about}")).await;
    world.clock.advance(Span::minutes(1));
    send(world, &mark, about, kind, words, contact, "").await
}

async fn send(
    world: &World,
    mark: &str,
    about: &str,
    kind: &str,
    words: &str,
    (name, mail): (&str, &str),
    website: &str,
) -> Answer {
    let form = [
        ("mark", mark),
        ("about", about),
        ("kind", kind),
        ("words", words),
        ("name", name),
        ("mail", mail),
        ("website", website),
    ];
    Browser::new(world).send(Method::POST, "/ask", Some(&form), None).await
}

/// The page of what was asked.
pub(crate) fn asked(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.header("location").to_owned()
}

#[tokio::test]
async fn a_resident_asks_the_department_answers_and_everybody_reads_the_answer() {
    let world = World::new();
    let page =
        asked(&ask(&world, "wifi", "objection", &format!("I object. {MARKER}"), (MARKER, "x@example.org")).await);
    let told = world.browse(&page).await;
    check(told.text());
    for part in ["A resident objected.", "How busy is the old town?", "waits for an answer"] {
        assert!(told.text().contains(part), "{part}\n{}", told.text());
    }
    let mut browser = Browser::signed_in(&world, "token-of-mobility").await;
    let inbox = browser.get("/desk/inbox").await;
    assert!(inbox.text().contains("A resident objected."), "{}", inbox.text());
    let own = page.replace("/asked/", "/desk/inbox/");
    let read = browser.get(&own).await;
    assert_eq!((read.status.as_u16(), read.header("cache-control")), (200, "no-store"));
    assert!(read.text().contains(&format!("I object. {MARKER}")) && read.text().contains("x@example.org"));
    // An answer is asked for in full, and what was typed stays.
    let answer = format!("{own}/answer");
    let refused = browser.post(&own, &answer, &[("text", "We thought about it."), ("outcome", "")]).await;
    assert!(refused.status == 422 && refused.text().contains("We thought about it."), "{}", refused.text());
    let done = browser.post(&own, &answer, &[("text", HOSTILE), ("outcome", "in-part")]).await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, own.as_str()), "{}", done.text());
    let told = world.browse(&page).await;
    check(told.text());
    assert!(told.text().contains("The objection is upheld in part.") && told.text().contains("It was answered."));
    assert!(told.text().contains("Mobility department") && !told.text().contains("<script>alert"));
    let inbox = browser.get("/desk/inbox").await;
    assert!(inbox.text().contains("Nothing waits for Mobility department"), "{}", inbox.text());
}

#[tokio::test]
async fn what_a_resident_writes_is_in_no_public_byte_and_read_by_those_alone_who_answer() {
    let world = World::new();
    let page = asked(&ask(&world, "wifi", "question", &format!("Who reads this? {MARKER}"), (MARKER, MARKER)).await);
    world.city.register().publish().unwrap();
    let size = world.city.register().state().size;
    let public = [
        page.clone(),
        "/deployments/wifi".to_owned(),
        "/changes".to_owned(),
        "/api/v1/register".to_owned(),
        "/api/v1/deployments/wifi".to_owned(),
        format!("/api/v1/acts?after={}", size - 2),
        format!("/log/entries/{}", size - 1),
        format!("/log/tile/entries/000.p/{size}"),
        "/feed.atom".to_owned(),
    ];
    for path in public {
        let answer = world.get(&path).await;
        assert_eq!(answer.status, 200, "{path}");
        let held = |marker: &[u8]| answer.bytes.windows(marker.len()).any(|bytes| bytes == marker);
        assert!(!held(MARKER.as_bytes()) && !held(b"Who reads"), "{path}");
    }
    for party in ["privacy-office", "environment"] {
        let credential = flow::city::credential(&format!("token-of-{party}"));
        let command = json!({ "do": "issue-party-credential", "with": { "party": party, "credential": credential } });
        world.submit(json!({ "by": "city", "command": command })).unwrap();
    }
    let own = page.replace("/asked/", "/desk/inbox/");
    for (token, status) in [
        ("token-of-mobility", 200),
        ("token-of-privacy-office", 200),
        ("token-of-city", 200),
        ("token-of-police", 404),
        ("token-of-advertiser", 404),
        ("token-of-environment", 404),
    ] {
        let mut browser = Browser::signed_in(&world, token).await;
        let read = browser.get(&own).await;
        assert_eq!(read.status, status, "{token}");
        assert_eq!(read.text().contains(MARKER), status == 200, "{token}");
        assert_eq!(browser.get("/desk/inbox").await.text().contains(own.as_str()), status == 200, "{token}");
        if status == 404 {
            for to in ["answer", "extend", "erase"] {
                let sent = browser.post("/desk/inbox", &format!("{own}/{to}"), &[("text", "No.")]).await;
                assert_eq!(sent.status, 404, "{token} {to}");
            }
        }
    }
    assert_eq!(world.browse(&own).await.header("location"), "/sign-in");
    // Whoever forges a form of somebody who is signed in gets nowhere.
    let mut browser = Browser::signed_in(&world, "token-of-mobility").await;
    for (form, site) in [("forged", "same-origin"), (browser.form(&own).await.as_str(), "cross-site")] {
        let sent = browser
            .send(Method::POST, &format!("{own}/answer"), Some(&[("form", form), ("text", "No.")]), Some(site))
            .await;
        assert_eq!(sent.status, 403);
    }
}

#[tokio::test]
async fn what_was_written_is_erased_and_stays_erased() {
    let world = World::new();
    let page = asked(&ask(&world, "wifi", "own-data", &format!("Delete it. {MARKER}"), ("", "y@example.org")).await);
    let own = page.replace("/asked/", "/desk/inbox/");
    let mut browser = Browser::signed_in(&world, "token-of-city").await;
    let refused = browser.post(&own, &format!("{own}/erase"), &[("text", " ")]).await;
    assert!(refused.status.is_client_error() && refused.text().contains("reason"), "{}", refused.text());
    let held = |world: &World| {
        let stored = std::fs::read_dir(world.folder.path().join("city")).unwrap();
        let files = stored.filter_map(|file| Some(file.unwrap().path()).filter(|path| path.is_file()));
        files
            .filter(|file| std::fs::read(file).unwrap().windows(MARKER.len()).any(|window| window == MARKER.as_bytes()))
            .count()
    };
    assert!(held(&world) > 0, "the control: it is there");
    // Whoever is objected to does not erase it before it is answered, and others never.
    for token in ["token-of-mobility", "token-of-police"] {
        let entry = world.city.register().state().inquiries.values().next().unwrap().entry;
        let by = token.strip_prefix("token-of-").unwrap();
        let erase =
            json!({ "by": by, "reason": "no", "command": { "do": "erase-payload", "with": { "entry": entry } } });
        let refused = world.post(token, "/api/v1/commands", "application/json", erase.to_string()).await;
        assert!(refused.status.is_client_error(), "{token}: {}", refused.text());
    }
    let done = browser.post(&own, &format!("{own}/erase"), &[("text", "They asked for it.")]).await;
    assert_eq!(done.status, 303, "{}", done.text());
    assert!(!browser.get(&own).await.text().contains(MARKER));
    assert!(world.browse(&page).await.text().contains("and was erased"));
    assert_eq!(held(&world), 0);
}

#[tokio::test]
async fn a_form_that_cannot_be_taken_says_why_and_keeps_what_was_typed() {
    let world = World::new();
    let size = world.city.register().state().size;
    let fresh = mark(&world, "/ask").await;
    let typed = format!("It hangs at the corner. {HOSTILE}");
    let quick = send(&world, &fresh, "", "correction", &typed, ("", ""), "").await;
    assert!(quick.status == 422 && quick.text().contains("very quick"), "{}", quick.text());
    world.clock.advance(Span::minutes(1));
    for (mark, kind, words, contact, website, said) in [
        ("forged", "correction", typed.as_str(), ("", ""), "", "open for too long"),
        (fresh.as_str(), "correction", typed.as_str(), ("", ""), "https://spam.example", "open for too long"),
        (fresh.as_str(), "", typed.as_str(), ("", ""), "", "Choose what you want to do"),
        (fresh.as_str(), "own-data", typed.as_str(), (HOSTILE, ""), "", "Leave an address"),
        (fresh.as_str(), "comment", typed.as_str(), (&"n".repeat(201), ""), "", "at most 200 characters"),
    ] {
        let refused = send(&world, mark, "", kind, words, contact, website).await;
        check(refused.text());
        assert!(refused.status == 422 && refused.text().contains(said), "{said}\n{}", refused.text());
        assert!(refused.text().contains("It hangs at the corner.") && !refused.text().contains("<script>alert"));
    }
    for words in ["", " \r\n ", "x", &"x".repeat(4_001)] {
        let mark = mark(&world, "/ask").await;
        world.clock.advance(Span::minutes(1));
        let refused = send(&world, &mark, "", "question", words, ("", ""), "").await;
        assert!(refused.status == 422 && refused.text().contains("at least a few words"), "{}", refused.text());
    }
    assert_eq!(send(&world, &fresh, "none", "question", &typed, ("", ""), "").await.status, 404);
    assert_eq!(world.browse("/ask?about=none").await.status, 404);
    assert_eq!(world.city.register().state().size, size, "nothing was written");
    assert_eq!(send(&world, &fresh, "", "correction", &typed, ("", ""), "").await.status, 303);
    let again = send(&world, &fresh, "", "correction", &typed, ("", ""), "").await;
    assert!(again.status == 422 && again.text().contains("sent before"), "a form counts once");
    let none = world.browse("/asked/asked-0000000000000000").await;
    assert!(none.status == 404 && none.text().contains("nothing was asked"), "{}", none.text());
}

#[tokio::test]
async fn no_text_of_a_resident_becomes_part_of_a_page_of_whoever_reads_it() {
    for text in CORPUS {
        let world = World::new();
        let fresh = mark(&world, "/ask").await;
        // What is not taken stands in the fields again: words, name and address.
        let back = send(&world, &fresh, "wifi", "own-data", text, (text, text), text).await;
        assert_eq!((back.status.as_u16(), back.text().matches(&escaped(text)).count()), (422, 3), "{}", back.text());
        assert!(!back.text().contains(text), "{}", back.text());
        world.clock.advance(Span::minutes(1));
        let page = asked(&send(&world, &fresh, "wifi", "own-data", text, (text, text), "").await);
        let mut mobility = Browser::signed_in(&world, "token-of-mobility").await;
        let own = page.replace("/asked/", "/desk/inbox/");
        let read = mobility.get(&own).await;
        assert!(!read.text().contains(text), "{}", read.text());
        assert_eq!(read.text().matches(&escaped(text)).count(), 3, "{}", read.text());
        let typed = mobility.post(&own, &format!("{own}/erase"), &[("text", text)]).await;
        assert!(typed.status != 500 && !typed.text().contains(text), "{}", typed.text());
        let done = mobility.post(&own, &format!("{own}/answer"), &[("text", text)]).await;
        assert_eq!(done.status, 303, "{}", done.text());
        for page in [page.as_str(), &format!("/de{page}"), "/deployments/wifi", "/de/deployments/wifi"] {
            let page = world.browse(page).await;
            assert!(!page.text().contains(text) && page.text().contains(&escaped(text)), "{}", page.text());
        }
    }
}

/// A city in which questions and objections have a clock, and a question can be given more time.
fn with_clocks() -> World {
    let world = World::new();
    let mut core = testkit::core();
    let question = "[[duty]]\nid = \"question-answered\"\nrequirement = \"core-102\"\nfrom = \"evidence/question\"\nwithin = \"30d\"\n\
                    done_by = \"evidence/question-answer\"\nsilence = \"escalate\"\n\
                    [duty.extension]\nby = \"60d\"\nevidence = \"question-extension\"\nmost = 1\n";
    let objection = "[[duty]]\nid = \"objection-decided\"\nrequirement = \"core-103\"\nfrom = \"evidence/objection\"\nwithin = \"10d\"\n\
                     done_by = \"evidence/objection-decision\"\nsilence = \"escalate\"\n";
    for (id, duty) in [("question-answered", question), ("objection-decided", objection)] {
        core.duties.insert(id.parse().unwrap(), duty.to_owned());
    }
    let text = json!({ "layers": [core], "permits": norms::city_permits_default(), "permits_owner": "city" });
    world.adopt(&json!(text));
    world
}

#[tokio::test]
async fn the_public_clock_says_when_an_answer_is_due_overdue_given_more_time_in_time_and_late() {
    let world = with_clocks();
    // Asked at 08:01 and 08:02 on 24 November, because each form waits a minute.
    let question = asked(&ask(&world, "wifi", "question", "What for?", ("", "")).await);
    let objection = asked(&ask(&world, "wifi", "objection", "I object to this.", ("", "")).await);
    for (page, english, german) in [
        (
            &question,
            "An answer is due by 24 December 2026, 08:01 UTC.",
            "Die Stadt muss bis zum 24. Dezember 2026, 08:01 Uhr (UTC) antworten.",
        ),
        (
            &objection,
            "An answer is due by 4 December 2026, 08:02 UTC.",
            "Die Stadt muss bis zum 4. Dezember 2026, 08:02 Uhr (UTC) antworten.",
        ),
    ] {
        let told = world.browse(page).await;
        assert!(told.text().contains(english) && !told.text().contains("Overdue"), "{}", told.text());
        let told = world.browse(&format!("/de{page}")).await;
        assert!(told.text().contains(german) && !told.text().contains("Überfällig"), "{}", told.text());
    }
    let place = |inbox: &Answer, page: &str| inbox.text().find(&page.replace("/asked/", "/desk/inbox/")).unwrap();
    let mut mobility = Browser::signed_in(&world, "token-of-mobility").await;
    let inbox = mobility.get("/desk/inbox").await;
    assert!(place(&inbox, &objection) < place(&inbox, &question), "the most urgent first: {}", inbox.text());
    assert!(!inbox.text().contains("Overdue"));
    // More time is taken once, and in public.
    let own = question.replace("/asked/", "/desk/inbox/");
    assert!(!mobility.get(&objection.replace("/asked/", "/desk/inbox/")).await.text().contains("Take more time"));
    let extend = format!("{own}/extend");
    let empty = mobility.post(&own, &extend, &[("text", " ")]).await;
    assert!(empty.status == 422 && empty.text().contains("Say why more time is needed."), "{}", empty.text());
    let taken = mobility.post(&own, &extend, &[("text", "We have to ask the maker.")]).await;
    assert_eq!((taken.status.as_u16(), taken.header("location")), (303, own.as_str()), "{}", taken.text());
    let told = world.browse(&question).await;
    for part in ["An answer is due by 22 February 2027, 08:01 UTC.", "We have to ask the maker.", "question-extension"]
    {
        assert!(told.text().contains(part), "{part}\n{}", told.text());
    }
    assert!(!mobility.get(&own).await.text().contains("Take more time"));
    let again = mobility.post(&own, &extend, &[("text", "And more.")]).await;
    assert!(again.status == 422 && again.text().contains("No more time can be taken for it."), "{}", again.text());
    overdue_and_answered(&world, &question, &objection).await;
}

/// What becomes of the two: one is answered in time, the other late.
async fn overdue_and_answered(world: &World, question: &str, objection: &str) {
    let numbers = |received: u8, in_time: u8, late: u8, open: u8| {
        let cell = |number: u8| format!("<td class=\"number\">{number}</td>");
        format!("<th scope=\"row\">2026-11</th>{}{}{}{}", cell(received), cell(in_time), cell(late), cell(open))
    };
    let page = world.browse("/numbers").await;
    assert!(page.text().contains(&numbers(2, 0, 0, 2)), "{}", page.text());
    world.clock.advance(Span::days(12));
    world.city.register().tick().unwrap();
    let told = world.browse(objection).await;
    check(told.text());
    for part in
        ["An answer was due by 4 December 2026, 08:02 UTC, and there is none.", "<p class=\"badge off\">Overdue</p>"]
    {
        assert!(told.text().contains(part), "{part}\n{}", told.text());
    }
    assert!(world.browse(&format!("/de{objection}")).await.text().contains("<p class=\"badge off\">Überfällig</p>"));
    let mut mobility = Browser::signed_in(world, "token-of-mobility").await;
    let inbox = mobility.get("/desk/inbox").await;
    let late = inbox.text().split("<li>").find(|one| one.contains(&objection.replace("/asked/", ""))).unwrap();
    assert!(late.contains("<strong>Overdue.</strong>"), "{late}");
    assert_eq!(inbox.text().matches("Overdue").count(), 1, "{}", inbox.text());
    let page = world.browse("/numbers").await;
    assert!(page.text().contains(&numbers(2, 0, 1, 1)), "what is overdue is late: {}", page.text());
    // Received, past due, waiting, in time, late, days: the inbox of whoever answers says the same as the page for everybody.
    let row = |kind: &str, numbers: [&str; 6]| {
        let cells: Vec<String> = numbers.iter().map(|number| format!("<td class=\"number\">{number}</td>")).collect();
        format!("<tr><th scope=\"row\">{kind}</th>{}</tr>", cells.concat())
    };
    for text in [page.text(), inbox.text()] {
        assert!(text.contains(&row("Questions", ["1", "0", "1", "0", "0", "–"])), "{text}");
        assert!(text.contains(&row("Objections", ["1", "1", "1", "0", "0", "–"])), "{text}");
        assert!(!text.contains("<th scope=\"row\">Comments</th>"), "of what nobody sent there is no row");
    }
    let first = inbox.text().split("<li>").skip(1).find(|one| one.contains("Received 2")).unwrap();
    assert!(first.contains("Overdue"), "what is overdue comes first: {first}");
    for (page, outcome) in [(question, ""), (objection, "refused")] {
        let own = page.replace("/asked/", "/desk/inbox/");
        let fields = [("text", "We have thought about it."), ("outcome", outcome)];
        let done = mobility.post(&own, &format!("{own}/answer"), &fields).await;
        assert_eq!(done.status, 303, "{}", done.text());
    }
    let told = world.browse(question).await;
    assert!(told.text().contains("It was answered on 6 December 2026, 08:02 UTC, in time."), "{}", told.text());
    let told = world.browse(objection).await;
    let late = "It was answered on 6 December 2026, 08:02 UTC, after 4 December 2026, 08:02 UTC when it was due.";
    assert!(told.text().contains(late) && !told.text().contains("Overdue"), "{}", told.text());
    assert!(mobility.get("/desk/inbox").await.text().contains("Nothing waits for Mobility department"));
    let page = world.browse("/numbers").await;
    check(page.text());
    assert!(page.text().contains(&numbers(2, 1, 1, 0)), "{}", page.text());
    let german = world.browse("/de/numbers").await;
    for (text, rows) in [
        (
            page.text(),
            [row("Questions", ["1", "0", "0", "1", "0", "12.0"]), row("Objections", ["1", "0", "0", "0", "1", "12.0"])],
        ),
        (
            german.text(),
            [row("Fragen", ["1", "0", "0", "1", "0", "12,0"]), row("Widersprüche", ["1", "0", "0", "0", "1", "12,0"])],
        ),
    ] {
        rows.iter().for_each(|row| assert!(text.contains(row), "{row}\n{text}"));
    }
    // Whoever answers for nothing that was asked about has nothing to count.
    let mut police = Browser::signed_in(world, "token-of-police").await;
    assert!(!police.get("/desk/inbox").await.text().contains("What became of them"));
}

#[tokio::test]
async fn a_flood_ends_at_the_address_and_at_the_day() {
    let world = World::new();
    for _ in 0..10 {
        let mark = mark(&world, "/ask").await;
        world.clock.advance(Span::seconds(4));
        assert_eq!(send(&world, &mark, "", "question", "Why is that?", ("", ""), "").await.status, 303);
    }
    let eleventh = mark(&world, "/ask").await;
    world.clock.advance(Span::seconds(4));
    let refused = send(&world, &eleventh, "", "question", "Why is that?", ("", ""), "").await;
    assert!(refused.status == 429 && refused.text().contains("from your network"), "{}", refused.text());
    let inquiry = |words: &str| register::Inquiry {
        kind: model::inquiry::InquiryKind::Question,
        about: model::Subject::City,
        fields: model::Fields([("words".to_owned(), Some(words.to_owned()))].into()),
    };
    for _ in 10..register::register::INQUIRIES_DAY_MAX {
        world.city.register().receive(&inquiry("Why is that?")).unwrap();
    }
    world.clock.advance(Span::hours(1));
    let late = mark(&world, "/ask").await;
    world.clock.advance(Span::minutes(1));
    let refused = send(&world, &late, "", "question", "Why is that?", ("", ""), "").await;
    assert!(refused.status == 429 && refused.text().contains("come again tomorrow"), "{}", refused.text());
    world.clock.advance(Span::hours(23));
    assert!(world.city.register().receive(&inquiry("And today?")).is_ok());
}

#[tokio::test]
async fn numbers_are_counted_from_the_log_and_drawn_beside_their_table() {
    let world = World::new();
    let empty = world.browse("/numbers").await;
    check(empty.text());
    assert!(empty.text().contains("Nothing that was handed over") && empty.text().contains("Nobody has asked"));
    asked(&ask(&world, "wifi", "question", "What for?", ("", "")).await);
    for _ in 0..3 {
        assert_eq!(world.get("/api/v1/released?stream=air&purpose=air-quality").await.status, 200);
    }
    world.city.tick().unwrap();
    let page = world.browse("/numbers").await;
    check(page.text());
    for part in [
        "<th scope=\"row\">2026-11</th><td class=\"number\">3</td><td class=\"number\">0</td><td class=\"number\">0</td>",
        "<th scope=\"row\">2026-11</th><td class=\"number\">1</td><td class=\"number\">0</td><td class=\"number\">0</td><td class=\"number\">1</td>",
        "class=\"bar\"",
        "href=\"/technologies/wifi-counter\"",
    ] {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
}

#[tokio::test]
async fn months_of_what_came_are_drawn_beside_their_table_and_are_open_data() {
    let world = World::new();
    assert!(world.browse("/numbers").await.text().contains("No month is in the log yet."));
    for no2 in ["4711", "4712", "true"] {
        let line = format!("{{\"time\":\"2026-11-24T07:59:00Z\",\"no2\":{no2}}}\n");
        world.post("token-of-air-1", "/api/v1/observations", "application/x-ndjson", line).await;
    }
    let probe = "{\"time\":\"2026-11-24T07:59:00Z\",\"mac\":\"a4:11:3c:00:00:01\"}\n";
    world.post("token-of-wifi-1", "/api/v1/observations", "application/x-ndjson", probe).await;
    assert_eq!(world.get("/api/v1/released?stream=air&purpose=air-quality").await.status, 200);
    world.city.tick().unwrap();
    world.clock.advance(Span::days(7));
    drop(world.city.tick());
    world.city.register().publish().unwrap();
    let row = "<th scope=\"row\">2026-11</th><td class=\"number\">2</td><td class=\"number\">1</td><td class=\"number\">0</td>\
        <td class=\"number\">0</td><td class=\"number\">0</td><td class=\"number\">1</td><td class=\"number\">0</td>";
    for path in ["/numbers", "/de/numbers"] {
        let page = world.browse(path).await;
        crate::html::check_in(if path.starts_with("/de/") { "de" } else { "en" }, page.text());
        assert!(page.text().contains(row), "{}", page.text());
        for id in ["admitted", "refused", "left", "withheld"] {
            assert!(page.text().contains(&format!("<title id=\"{id}-title\">")), "{id}\n{}", page.text());
        }
        assert_eq!(page.text().matches("class=\"chart\"").count(), 4);
    }
    let table = world.get("/numbers.csv").await;
    assert_eq!((table.header("access-control-allow-origin"), table.status.as_u16()), ("*", 200));
    assert!(table.header("content-type").starts_with("text/csv"));
    let lines: Vec<&str> = table.text().lines().collect();
    assert_eq!(
        lines[0],
        "month,streams_counted,admitted,refused,refused_norms,refused_device,refused_unreadable,refused_unfit,refused_city,\
         disclosures,disclosures_under_order,rows,withheld,streams_estimated,admitted_about,refused_about"
    );
    assert_eq!(lines[1], "2026-11,1,2,1,0,0,0,1,0,1,0,2,0,2,<10000,<10000");
    let catalog = world.get("/open/catalog.jsonld").await.text().to_owned();
    assert!(catalog.contains("\"/numbers.csv\""), "{catalog}");
    let act = world.browse("/log/entries").await;
    assert!(act.text().contains(
        "Counted for 2026-11, of what is about nobody: 2 observations admitted, 1 sending refused, in 1 stream"
    ));
}

/// The log tells of a month of phones in orders of magnitude.
pub(crate) fn estimated(world: &World, month: &str, admitted: u8, refused: u8) {
    let of = |exponent| model::Magnitude::try_from(exponent).unwrap();
    let one = model::Estimated { stream: "wifi-counts".parse().unwrap(), admitted: of(admitted), refused: of(refused) };
    let told = model::ObservationsEstimated { month: month.parse().unwrap(), streams: vec![one] };
    let receipt = world.city.register().record(register::Fact::ObservationsEstimated(told)).unwrap();
    assert_eq!(receipt.entries.len(), 1);
}

#[tokio::test]
async fn months_of_people_are_told_in_orders_of_magnitude_in_both_languages_and_in_no_drawing() {
    let world = World::new();
    estimated(&world, "2026-09", 15, 13);
    estimated(&world, "2026-10", 13, 14);
    world.city.register().publish().unwrap();
    for (path, lang, not_told, september, october, why) in [
        (
            "/numbers",
            "en",
            "not told",
            ["about 20,000", "fewer than about 10,000"],
            ["fewer than about 10,000", "about 8,000"],
            "there may well have been half as many, or twice as many",
        ),
        (
            "/de/numbers",
            "de",
            "nicht genannt",
            ["etwa 20.000", "weniger als etwa 10.000"],
            ["weniger als etwa 10.000", "etwa 8.000"],
            "gut halb so viele oder doppelt so viele",
        ),
    ] {
        let page = world.browse(path).await;
        crate::html::check_in(lang, page.text());
        let cell = |text: &str| format!("<td class=\"number\">{text}</td>");
        for (month, told) in [("2026-09", september), ("2026-10", october)] {
            let row =
                format!("<th scope=\"row\">{month}</th>{}{}</tr>", cell(not_told).repeat(7), told.map(cell).concat());
            assert!(page.text().contains(&row), "{row}\n{}", page.text());
        }
        assert!(page.text().contains(why), "{}", page.text());
        assert_eq!(page.text().matches("class=\"chart\"").count(), 0, "what is known roughly is not drawn");
    }
    let table = world.get("/numbers.csv").await;
    let lines: Vec<&str> = table.text().lines().skip(1).collect();
    assert_eq!(lines, ["2026-09,,,,,,,,,0,0,0,0,1,20000,<10000", "2026-10,,,,,,,,,0,0,0,0,1,<10000,8000"]);
    let entries = world.browse("/log/entries").await;
    let told = "For 2026-09, of what is about people or counts people or vehicles, roughly: about 20,000 observations admitted, \
        fewer than about 10,000 sendings refused, in 1 stream";
    assert!(entries.text().contains(told), "{}", entries.text());
}

#[tokio::test]
async fn numbers_tell_neither_how_many_people_were_there_nor_how_many_hits_there_were() {
    let world = World::new();
    assert!(world.browse("/numbers").await.text().contains("has taken no observations since"));
    let probe = "{\"time\":\"2026-11-24T07:59:00Z\",\"mac\":\"a4:11:3c:00:00:01\"}\n";
    let sent = world.post("token-of-wifi-1", "/api/v1/observations", "application/x-ndjson", probe).await;
    assert_eq!(sent.json()["admitted"], 1, "{}", sent.text());
    assert!(
        world.browse("/numbers").await.text().contains("has taken no observations since"),
        "a phone moves no number"
    );
    let line = "{\"time\":\"2026-11-24T07:59:00Z\",\"no2\":4711}\n";
    assert_eq!(world.post("token-of-air-1", "/api/v1/observations", "application/x-ndjson", line).await.status, 200);
    assert!(world.browse("/numbers").await.text().contains("has taken 1 observation since"), "the air is nobody’s");
    assert!(world.browse("/de/numbers").await.text().contains("hat der Rechner der Stadt 1 Beobachtung angenommen"));
    let more = "{\"time\":\"2026-11-24T07:58:00Z\",\"no2\":4712}\n";
    assert_eq!(world.post("token-of-air-1", "/api/v1/observations", "application/x-ndjson", more).await.status, 200);
    assert!(world.browse("/numbers").await.text().contains("has taken 2 observations since"));
    assert!(world.browse("/de/numbers").await.text().contains("hat der Rechner der Stadt 2 Beobachtungen angenommen"));
    // Of what left under an order the log tells how often, and never how much.
    let now = world.now();
    let record = |seq, salt| model::DisclosureRecord {
        seq,
        at: now,
        recipient: "police".parse().unwrap(),
        purpose: "crime-investigation".parse().unwrap(),
        grant: "g".parse().unwrap(),
        stream: "plate-hits".parse().unwrap(),
        view: "v".parse().unwrap(),
        version: model::ViewVersion(1),
        window: model::Window { start: now, end: now },
        rows: 7_771,
        withheld: 3,
        content: model::Digest::new([1; 32]),
        because: Vec::new(),
        under: model::PolicyHash(model::Digest::new([2; 32])),
        salt,
        authorised_by: None,
    };
    world.city.register().record_disclosure(record).unwrap();
    world.city.register().batch_disclosures().unwrap();
    let page = world.browse("/numbers").await;
    let told = "<td class=\"number\">1</td><td class=\"number\">1</td><td class=\"number\">not told</td><td class=\"number\">not told</td>";
    assert!(page.text().contains(told) && !page.text().contains("7771"), "{}", page.text());
}

#[tokio::test]
async fn what_others_say_or_what_was_withdrawn_is_no_answer() {
    let world = World::new();
    let page = asked(&ask(&world, "wifi", "objection", "I object to this.", ("", "")).await);
    let id = page.strip_prefix("/asked/").unwrap();
    let file = |name: &str, kind: &str| {
        let with = json!({ "id": name, "about": { "what": "deployment", "id": "wifi" }, "kind": kind,
            "on": world.now().to_string(), "signed_by": "council", "summary": "Said.", "answers": id });
        world.submit(json!({ "by": "council", "command": { "do": "file-evidence", "with": with } })).unwrap();
    };
    for (by, kind, answers, said) in [
        ("council", "question-answer", json!(id), "of another kind"),
        ("council", "objection-decision", json!(null), "which of it this statement answers"),
        ("police", "objection-decision", json!(id), "is answered by whoever is accountable"),
    ] {
        let mut with = json!({ "id": "x1", "about": { "what": "deployment", "id": "wifi" }, "kind": kind,
            "on": world.now().to_string(), "signed_by": by, "summary": "Said." });
        if !answers.is_null() {
            with["answers"] = answers;
        }
        let refused =
            world.submit(json!({ "by": by, "command": { "do": "file-evidence", "with": with } })).unwrap_err();
        assert!(refused.to_string().contains(said), "{refused}");
    }
    assert!(world.browse(&page).await.text().contains("waits for an answer"));
    file("d1", "objection-decision");
    assert!(world.browse(&page).await.text().contains("It was answered."));
    let withdraw = json!({ "do": "withdraw-evidence", "with": { "evidence": "d1" } });
    world.submit(json!({ "by": "council", "reason": "it was wrong", "command": withdraw })).unwrap();
    let told = world.browse(&page).await;
    assert!(told.text().contains("waits for an answer"), "{}", told.text());
}
