//! Whether the walk was through everything: each template, each page of each route, each form of each door, read from the code.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use node::accounts::roles::DOORS;
use serde_json::Value;

/// Routes that are no pages, and those that nobody opens here, each with its reason.
const NO_PAGES: [(&str, &str); 20] = [
    ("/places/{id}/feed.atom", "a feed"),
    ("/feed.atom", "a feed"),
    ("/deployments/{id}/sign.svg", "a picture; the signs are opened by a test of their own"),
    ("/deployments/{id}/sign.pdf", "a paper; the signs are opened by a test of their own"),
    ("/grants/{id}/odrl.json", "for machines"),
    ("/style.css", "every page loads it"),
    ("/icon.svg", "every page loads it"),
    ("/robots.txt", "for machines"),
    ("/context.jsonld", "for machines"),
    ("/log/tile/{*path}", "for machines"),
    ("/sign-in/provider", "leads to the identity provider; `oidc` goes there with a real one"),
    ("/sign-in/back/done", "is asked by the page before it; `oidc` comes back from a real provider"),
    ("/en/", "the same as /"),
    ("/office/reports/annual.csv", "a file"),
    ("/office/reports/annual.pdf", "a file"),
    ("/office/reports/processing.csv", "a file"),
    ("/office/reports/processing.pdf", "a file"),
    ("/office/reports/extract.csv", "a file"),
    ("/office/reports/extract.pdf", "a file"),
    ("/office/sheets/{file}", "a file"),
];
/// Doors whose page needs more than one browser does here, each with its reason.
const ELSEWHERE: [(&str, &str); 2] = [
    (
        "/office/deployments/{id}/assessments/{instrument}/besides",
        "three parties have signed before; node's test of every role's deeds opens and sends it",
    ),
    ("/office/tokens/sheet/issue", "hands over a file and no page; node's test of every role's deeds sends it"),
];
/// What stands for a part in braces where each word of it is a form of its own. The kinds of an incident's statements that a duty asks for
/// depend on the policies in force.
const WORDS: [(&str, &[&str]); 4] = [
    (
        "/office/deployments/{id}/{step}",
        // An emergency is reviewed once it is over: `affairs` does that.
        &["assess", "approve", "publish", "activate", "suspend", "end", "emergency"],
    ),
    ("/office/incidents/{id}/{kind}", &["incident-update", "incident-review", "incident-closed", "breach-notified"]),
    ("/office/tokens/devices/{id}/{what}", &["token", "lock"]),
    ("/accounts/{id}/{what}", &["roles", "reset", "disable", "enable", "erase"]),
];
/// The shortest piece of a template that tells one from another, in bytes.
const PIECE_MIN: usize = 12;

fn node_folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../node")
}

/// Whether a path is at an address with parts in braces.
fn fits(pattern: &str, path: &str) -> bool {
    let (parts, own): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    parts.len() == own.len() && parts.iter().zip(own).all(|(part, own)| part.starts_with('{') || *part == own)
}

/// The first of some patterns that an address fits: what is named exactly stands before what a part in braces would take.
fn first<'p>(patterns: &[&'p str], path: &str) -> Option<&'p str> {
    let exact = patterns
        .iter()
        .filter(|pattern| fits(pattern, path))
        .max_by_key(|pattern| pattern.split('/').filter(|part| !part.starts_with('{')).count());
    exact.copied()
}

/// What was asked and sent on the walk: method and path, without the query. A page that is not there was not opened.
fn ways(pages: &[Value]) -> BTreeSet<(String, String)> {
    let way = |way: &Value| (way[0].as_str().unwrap().to_owned(), way[1].as_str().unwrap().to_owned());
    let of = |page: &Value| -> Vec<(String, String)> {
        let ways = page["ways"].as_array().unwrap().iter().map(way);
        ways.filter(|(method, _)| method != "GET" || page["status"].as_u64() < Some(400)).collect()
    };
    pages.iter().flat_map(of).collect()
}

/// The words that no page was opened with, at addresses where each word is another form.
fn unsaid(pages: &[Value]) -> Vec<String> {
    let (mut missing, ways) = (Vec::new(), ways(pages));
    for (path, words) in WORDS {
        let pattern = |word: &str| format!("{}/{word}", path.rsplit_once('/').unwrap().0);
        let missed = |word: &&&str| !ways.iter().any(|(method, way)| method == "GET" && fits(&pattern(word), way));
        missing.extend(words.iter().filter(missed).map(|word| format!("GET {}", pattern(word))));
    }
    missing
}

/// Routes and doors that nobody opened, or sent a form to.
pub(super) fn unopened(pages: &[Value]) -> Vec<String> {
    let routes = testkit::routed(&node_folder().join("src")).unwrap();
    assert!(routes.len() > 90, "{routes:?}");
    let patterns: Vec<&str> = routes.iter().map(|route| route.address.as_str()).collect();
    let residents = |pattern: &str| {
        !DOORS.iter().any(|door| door.path == pattern)
            && !pattern.starts_with("/sign-")
            && !pattern.starts_with("/join")
    };
    let mut opened = BTreeSet::new();
    for (method, path) in ways(pages) {
        let german = path.strip_prefix("/de").filter(|rest| rest.starts_with('/'));
        if let Some(pattern) = first(&patterns, german.unwrap_or(&path)) {
            opened.insert((method, if german.is_some() { "de" } else { "en" }, pattern));
        }
    }
    let known = |pattern: &str| NO_PAGES.iter().chain(&ELSEWHERE).any(|(path, _)| *path == pattern);
    for (path, why) in NO_PAGES.iter().chain(&ELSEWHERE) {
        assert!(patterns.contains(path) && !why.is_empty(), "{path} is no route any more");
    }
    for (path, words) in WORDS {
        assert!(patterns.contains(&path) && !words.is_empty(), "{path} is no route any more");
    }
    let mut missing = unsaid(pages);
    for route in routes.iter().filter(|route| !known(&route.address) && route.address != "/de/") {
        let pattern = route.address.as_str();
        for (is, method) in [(route.get, "GET"), (route.post, "POST")] {
            let langs: &[&str] = if residents(pattern) && method == "GET" { &["en", "de"] } else { &["en"] };
            let lacks = langs.iter().filter(|lang| is && !opened.contains(&(method.to_owned(), **lang, pattern)));
            missing.extend(lacks.map(|lang| format!("{method} {pattern} in {lang}")));
        }
    }
    missing
}

/// The pieces of a template that stand on its pages as they are: what is between its tags, and the texts of its pairs.
fn pieces(template: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in template.split('{') {
        let plain = match part.find(['}']) {
            Some(end) if part.starts_with(['%', '{', '#']) || part.contains("}}") || part.contains("%}") => {
                &part[end..]
            }
            _ => part,
        };
        found.insert(plain.trim_start_matches('}').trim().to_owned());
        for said in part.split("site.say(\"").skip(1) {
            found.insert(said.split('"').next().unwrap().to_owned());
        }
    }
    found.retain(|piece| piece.len() >= PIECE_MIN && !piece.contains(['{', '}', '\\']));
    found
}

/// Templates of which nothing was seen that is theirs alone; where nothing is, of which no page has all that is in it.
pub(super) fn unseen(pages: &[Value]) -> Vec<String> {
    let mut templates = Vec::new();
    for entry in fs::read_dir(node_folder().join("templates")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "html") {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            templates.push((name, pieces(&fs::read_to_string(&path).unwrap())));
        }
    }
    assert!(templates.len() > 80, "{}", templates.len());
    let texts: Vec<&str> = pages.iter().map(|page| page["text"].as_str().unwrap()).collect();
    let own = |name: &str, piece: &str| {
        !templates.iter().any(|(other, all)| other != name && all.iter().any(|known| known.contains(piece)))
    };
    let seen = |(name, all): &&(String, BTreeSet<String>)| {
        let alone: Vec<&String> = all.iter().filter(|piece| own(name, piece)).collect();
        if alone.is_empty() {
            texts.iter().any(|text| all.iter().all(|piece| text.contains(piece.as_str())))
        } else {
            texts.iter().any(|text| alone.iter().any(|piece| text.contains(piece.as_str())))
        }
    };
    templates.iter().filter(|template| !seen(template)).map(|(name, _)| name.clone()).collect()
}
