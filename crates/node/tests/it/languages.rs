//! Pages by language: where each stands, how they lead to each other, and that a German page is German.

use std::collections::BTreeSet;

use axum::http::{Method, header};
use model::Span;
use serde_json::json;

use crate::browser::Browser;
use crate::city::{HOSTILE, World};
use crate::html::{check, check_in};

/// Words without which nobody writes English, and which German does not have.
const ENGLISH: [&str; 40] = [
    "the",
    "and",
    "of",
    "is",
    "are",
    "for",
    "not",
    "with",
    "by",
    "from",
    "until",
    "which",
    "this",
    "that",
    "it",
    "its",
    "to",
    "on",
    "has",
    "have",
    "you",
    "your",
    "who",
    "what",
    "when",
    "where",
    "how",
    "nobody",
    "nothing",
    "everybody",
    "somebody",
    "may",
    "can",
    "be",
    "been",
    "were",
    "or",
    "at",
    "they",
    "there",
];

/// What of a German page has to be German: its text and what is read out of its attributes, without what is marked as English,
/// what a program wrote, and what stands in marks.
fn german(html: &str) -> String {
    let (mut text, mut open) = (String::new(), Vec::<(String, bool)>::new());
    let mut rest = html.strip_prefix("<!doctype html>").unwrap();
    while let Some(start) = rest.find('<') {
        let left_out = open.last().is_some_and(|(_, left_out)| *left_out);
        if !left_out {
            text.push_str(&rest[..start]);
        }
        let end = start + rest[start..].find('>').unwrap();
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if tag.starts_with('/') {
            open.pop();
            text.push(' ');
            continue;
        }
        let name = tag.split_whitespace().next().unwrap();
        let here = left_out || tag.contains(" lang=\"en\"") || ["code", "pre"].contains(&name);
        if !here {
            for attribute in [" title=\"", " aria-label=\""] {
                if let Some((_, value)) = tag.split_once(attribute) {
                    text.push_str(&format!(" {} ", value.split('"').next().unwrap()));
                }
            }
        }
        if !["meta", "link", "br", "input"].contains(&name) {
            open.push((name.to_owned(), here));
        }
    }
    without_quotes(
        &text
            .replace("&#34;", "\"")
            .replace("&#39;", "'")
            .replace("&#60;", "<")
            .replace("&#62;", ">")
            .replace("&#38;", "&"),
    )
}

/// A text without what stands in German marks.
fn without_quotes(text: &str) -> String {
    let (mut left, mut depth) = (String::new(), 0_u32);
    for sign in text.chars() {
        match sign {
            '„' => depth += 1,
            '“' => depth = depth.saturating_sub(1),
            _ if depth == 0 => left.push(sign),
            _ => {}
        }
    }
    left
}

/// Names in the register, the longest first: they are what they are in each language.
fn names(world: &World) -> Vec<String> {
    let state = world.city.register().state();
    let mut names: Vec<String> = state.parties.values().map(|record| record.party.name.clone()).collect();
    names.extend(state.places.values().map(|place| place.name.clone()));
    names.extend(state.deployments.values().map(|record| record.deployment.title.clone()));
    names.extend(state.views.values().map(|view| view.title.clone()));
    names.extend(state.orders.values().map(|record| record.order.authority.clone()));
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names
}

#[track_caller]
fn is_german(names: &[String], address: &str, html: &str) {
    let mut text = german(html);
    for name in names {
        text = text.replace(name.as_str(), " ");
    }
    let words = text.split(|sign: char| !sign.is_alphabetic()).map(str::to_lowercase);
    let english: BTreeSet<String> = words.filter(|word| ENGLISH.contains(&word.as_str())).collect();
    assert!(english.is_empty(), "{address} says {english:?}:\n{text}");
}

/// Whether an address is of something that has no language of its own, or is in English alone.
fn has_one_form(address: &str) -> bool {
    let starts =
        ["/api/", "/register.", "/numbers.csv", "/open/", "/log/checkpoint", "/log/proof/", "/style.css", "/icon.svg"];
    let of_deployment = address.starts_with("/deployments/")
        && [".jsonld", "/sign.svg", "/sign.pdf"].iter().any(|end| address.split('?').next().unwrap().ends_with(end));
    starts.iter().any(|start| address.starts_with(start))
        || of_deployment
        || address == "/sign-in"
        || address.ends_with(".jsonld")
}

/// Walks through every German page that can be reached, and gives the addresses.
async fn walk(world: &World) -> BTreeSet<String> {
    let names = names(world);
    let (mut seen, mut waiting) = (BTreeSet::new(), vec!["/de/".to_owned()]);
    while let Some(asked) = waiting.pop() {
        let address = asked.split('#').next().unwrap().to_owned();
        if address.is_empty() || !seen.insert(address.clone()) {
            continue;
        }
        let answer = world.browse(&address).await;
        assert_eq!(answer.status, 200, "{address}");
        if !answer.header("content-type").starts_with("text/html") {
            assert!(answer.header("content-type").starts_with("application/atom+xml"), "{address}");
            continue;
        }
        let page = check_in("de", answer.text());
        is_german(&names, &address, answer.text());
        let english = address.strip_prefix("/de").unwrap();
        for href in page.hrefs {
            let leaves =
                href.starts_with("https://") || href.starts_with('#') || href == english || has_one_form(&href);
            assert!(leaves || href.starts_with("/de/"), "{address} leads to {href}");
            if href.starts_with("/de/") {
                waiting.push(href);
            }
        }
    }
    seen
}

#[tokio::test]
async fn every_german_page_is_german_and_leads_to_german_pages() {
    let world = World::new();
    let evidence = json!({ "id": "told", "about": { "what": "deployment", "id": "wifi" }, "kind": "notice",
        "on": "2026-11-20T09:00:00Z", "signed_by": "mobility", "summary": "It hangs in the hall and at the gate." });
    world.submit(json!({ "by": "mobility", "command": { "do": "file-evidence", "with": evidence } })).unwrap();
    let suspend = json!({ "do": "suspend", "with": { "deployment": "plates" } });
    world.submit(json!({ "by": "police", "reason": "the readers are on the move", "command": suspend })).unwrap();
    assert_eq!(world.get("/api/v1/released?stream=air&purpose=air-quality").await.status, 200);
    world.city.tick().unwrap();
    let seen = walk(&world).await;
    for path in [
        "/de/deployments/wifi",
        "/de/deployments/plates",
        "/de/places/centre",
        "/de/purposes/air-quality",
        "/de/technologies/camera",
        "/de/organisations/council",
        "/de/policies",
        "/de/about",
        "/de/accessibility",
        "/de/near",
        "/de/search",
        "/de/changes",
        "/de/numbers",
        "/de/ask",
        "/de/ask?about=wifi",
        "/de/data",
        "/de/grants/air-open",
        "/de/problems/not-found",
        "/de/feed.atom",
        "/de/places/centre/feed.atom",
    ] {
        assert!(seen.contains(path), "{path} is linked from nowhere");
    }
    assert!(seen.iter().filter(|path| path.starts_with("/de/log/entries/")).count() > 20);
}

#[tokio::test]
async fn an_empty_city_is_german_too_and_so_are_mistakes() {
    let world = World::founded();
    walk(&world).await;
    let world = World::new();
    let names = names(&world);
    for (path, status) in [
        ("/de/near?lat=north&lon=", 400),
        ("/de/near?place=nowhere", 400),
        ("/de/near?lat=49,2045&lon=16,6", 200),
        ("/de/search?q=handy", 200),
        ("/de/search?q=oboe", 200),
        ("/de/nowhere", 404),
        ("/de/deployments/none", 404),
        ("/de/log/entries?before=x", 400),
    ] {
        let answer = world.browse(path).await;
        assert_eq!(answer.status, status, "{path}");
        check_in("de", answer.text());
        is_german(&names, path, answer.text());
    }
    // A program that errs gets the same document whatever the address.
    world.get("/de/nowhere").await.problem(404);
    world.get("/de/api/v1/register").await.problem(404);
}

#[tokio::test]
async fn each_page_leads_to_itself_in_the_other_language() {
    let world = World::new();
    for (path, german) in
        [("/", "/de/"), ("/near?place=centre", "/de/near?place=centre"), ("/deployments/wifi", "/de/deployments/wifi")]
    {
        let links = [("en", path), ("de", german)].map(|(lang, address)| {
            format!("<link rel=\"alternate\" hreflang=\"{lang}\" href=\"https://teststadt.example{address}\">")
        });
        let english = world.browse(path).await.text().to_owned();
        let other = world.browse(german).await.text().to_owned();
        assert!(links.iter().all(|link| english.contains(link) && other.contains(link)), "{path}");
        assert!(
            english.contains(&format!("<a href=\"{german}\" hreflang=\"de\" lang=\"de\">Deutsch</a>")),
            "{english}"
        );
        assert!(other.contains(&format!("<a href=\"{path}\" hreflang=\"en\" lang=\"en\">English</a>")), "{other}");
    }
    // What is in English alone says nothing of another language, and what a form sent has no address.
    let page = world.browse("/sign-in").await;
    assert!(!page.text().contains("hreflang") && !page.text().contains("Deutsch"));
    let missing = world.browse("/de/nowhere").await;
    assert!(!missing.text().contains("rel=\"alternate\" hreflang"));
}

#[tokio::test]
async fn the_address_alone_names_the_language() {
    let world = World::new();
    let plain = world.browse("/places").await;
    for (path, lang) in [("/en/places", "en"), ("/en/", "en"), ("/en", "en"), ("/de", "de"), ("/de/", "de")] {
        let answer = world.browse(path).await;
        assert_eq!(answer.status, 200, "{path}");
        check_in(lang, answer.text());
        // The same for whoever asks, so that what is kept for one is right for another.
        assert_eq!(answer.header("vary"), plain.header("vary"), "{path}");
    }
    let wishing = axum::http::Request::get("/places").header(header::ACCEPT, "text/html");
    let wishing = wishing.header(header::ACCEPT_LANGUAGE, "de").body(axum::body::Body::empty()).unwrap();
    assert_eq!(world.ask(wishing).await.bytes, plain.bytes);
    check_in("en", world.browse("/fr/places").await.text());
}

#[tokio::test]
async fn numbers_days_and_names_of_the_vocabulary_are_german_ones() {
    let world = World::new();
    let text = world.browse("/de/deployments/wifi").await.text().to_owned();
    for part in [
        "Darf erfassen",
        "WLAN-Zähler</a>, 1 Sensor",
        "Verkehr lenken",
        "Vom 1. November 2026 bis spätestens zum 1. November 2027",
        "am 24. November 2026, bis zum 1. Juni 2027",
        "49,20000° Nord, 16,60000° Ost",
        "Der Schlüssel dafür gilt 24 Stunden und wird 5 Minuten später vernichtet",
        "Alles wird nach 24 Stunden gelöscht.",
        "Eine Zahl, die für weniger als 10 verschiedene Kürzel steht, wird zurückgehalten.",
        "Nie zu versuchen herauszufinden, wer jemand ist",
        "<h1 lang=\"en\">How busy is the old town?</h1>",
        "MAC-Adresse eines Telefons oder Laptops",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let air = world.browse("/de/deployments/pollution").await.text().to_owned();
    assert!(air.contains("Höchstens 10 Jahre") && air.contains("Alles wird nach 10 Jahren gelöscht."), "{air}");
}

#[tokio::test]
async fn who_asks_in_german_is_answered_in_german() {
    let world = World::new();
    let mark = |page: &str| page.split_once("name=\"mark\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let form = world.browse("/de/ask?about=wifi").await;
    let send = |mark: String, kind: &'static str| {
        [("mark", mark), ("about", "wifi".to_owned()), ("kind", kind.to_owned()), ("words", "Warum <hier>?".to_owned())]
            .into_iter()
            .chain(["name", "mail", "website"].map(|name| (name, String::new())))
            .collect::<Vec<_>>()
    };
    let fields = send(mark(form.text()), "question");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    // Too fast for somebody who writes: it is said in German, and what was typed stays.
    let quick = Browser::new(&world).send(Method::POST, "/de/ask", Some(&fields), None).await;
    assert_eq!(quick.status, 422);
    let page = check_in("de", quick.text());
    assert!(quick.text().contains("Das ging sehr schnell.") && quick.text().contains("Warum &#60;hier&#62;?"));
    assert!(!quick.text().contains("rel=\"alternate\" hreflang") && page.hrefs.contains(&"#words".to_owned()));
    world.clock.advance(Span::minutes(1));
    let sent = Browser::new(&world).send(Method::POST, "/de/ask", Some(&fields), None).await;
    assert_eq!(sent.status, 303, "{}", sent.text());
    let asked = sent.header("location").to_owned();
    assert!(asked.starts_with("/de/asked/"), "{asked}");
    let told = world.browse(&asked).await;
    check_in("de", told.text());
    is_german(&names(&world), &asked, told.text());
    assert!(told.text().contains("Jemand aus der Stadt hat eine Frage gestellt."), "{}", told.text());
}

#[tokio::test]
async fn hostile_texts_do_nothing_in_german_either() {
    let world = World::new();
    for path in [
        "/de/",
        "/de/deployments/station-wifi",
        "/de/places",
        "/de/places/station",
        "/de/log/entries",
        "/de/near",
        "/de/near?place=station",
        "/de/search?q=script",
        "/de/changes",
        "/de/organisations",
        "/de/organisations/advertiser",
        "/de/ask?about=station-wifi",
    ] {
        let answer = world.browse(path).await;
        check_in("de", answer.text());
        assert!(answer.text().contains("&#60;script&#62;alert("), "{path}");
        assert!(!answer.text().contains(HOSTILE), "{path}");
    }
    let query = "/de/near?place=%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
    let answer = world.browse(query).await;
    check_in("de", answer.text());
    assert!(!answer.text().contains("<script"));
    assert!(check(world.browse("/search?q=%22%3E%3Cb%3E").await.text()).hrefs.iter().all(|href| !href.contains('>')));
}

#[tokio::test]
async fn what_is_sought_in_one_language_is_found_in_the_other() {
    let world = World::new();
    for (path, why) in [
        ("/de/search?q=kennzeichen", "„kennzeichen“ steht in dem, was misst („Kennzeichenleser“)"),
        ("/de/search?q=handy", "„handy“ wird auch als"),
        ("/search?q=luft", "“luft” is sought as “air”, too, which is in its title (“Air quality”)"),
    ] {
        let answer = world.browse(path).await;
        assert!(answer.text().contains(why), "{path}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_feed_is_in_the_language_of_its_address_and_leads_there() {
    let world = World::new();
    let (english, german) = (world.get("/feed.atom").await, world.get("/de/feed.atom").await);
    assert!(english.text().contains("xml:lang=\"en\"") && german.text().contains("xml:lang=\"de\""));
    for part in ["https://teststadt.example/de/changes", "https://teststadt.example/de/log/entries/"] {
        assert!(german.text().contains(part), "{part}: {}", german.text());
    }
    assert!(german.text().contains("genehmigt") && !german.text().contains("was approved"));
    // An entry is the same act in each language, and the feeds are two.
    let ids = |text: &str| text.matches("<id>").count();
    assert_eq!(ids(english.text()), ids(german.text()));
}
