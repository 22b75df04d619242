//! A draft fetched from outside: it is what its digest says, or it is not had at all.

use std::sync::Arc;
use std::time::Duration;

use hub::document::{DOCUMENT_BYTES_MAX, Document, DocumentError};
use hub::drafted::{Drafted, FetchError, fetch};
use hub::mirror::Doors;
use testkit::FakeClock;
use web::Allowed;

use crate::hostile::{Does, Server};
use crate::world::World;

fn said(status: &str, more: &str, body: &[u8]) -> Does {
    let head = format!("HTTP/1.1 {status}\r\n{more}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    Does::Says([head.as_bytes(), body].concat())
}

fn doors(allowed: &[&str]) -> Doors {
    let allowed: Vec<Allowed> = allowed.iter().map(|range| range.parse().unwrap()).collect();
    let clock = Arc::new(FakeClock::at("2026-11-24T08:00:00Z".parse().unwrap()));
    Doors::with_patience(allowed, clock, Duration::from_secs(2))
}

/// A hub of one draft, some of which is not as it should be.
fn hub(drafted: Drafted, document: Vec<u8>) -> Server {
    Server::new(move |path| match path {
        "/drafts/core/draft.json" => said("200 OK", "", &serde_json::to_vec(&drafted).unwrap()),
        path if path.starts_with("/documents/") => said("200 OK", "", &document),
        _ => said("404 Not Found", "", b""),
    })
}

/// The draft of a real hub, and its document.
fn real() -> (Drafted, Vec<u8>) {
    let world = World::new();
    let state = world.hub.state();
    let draft = &state.drafts[&"core".parse().unwrap()];
    let (urn, version, document) = (draft.opened.urn.clone(), draft.version.clone(), draft.document);
    let drafted =
        Drafted { draft: "core".parse().unwrap(), urn, version, document, entry: draft.entry, on: Vec::new() };
    (drafted, world.hub.document(&document).unwrap())
}

#[test]
fn a_draft_is_had_whole_and_by_its_digest_or_not_at_all() {
    let (drafted, document) = real();
    let at_home = doors(&["127.0.0.1"]);
    let of = |drafted: &Drafted, document: Vec<u8>| {
        let server = hub(drafted.clone(), document);
        fetch(&at_home, &format!("{}/drafts/core", server.address))
    };
    let told = of(&drafted, document.clone()).unwrap();
    assert_eq!((&told.drafted, told.pack.manifest.id.as_str(), told.on.len()), (&drafted, "global-core", 0));
    let mut altered = document.clone();
    let at = altered.len() / 2;
    altered[at] ^= 1;
    assert!(matches!(of(&drafted, altered), Err(FetchError::Document(DocumentError::OtherDigest { .. }))));
    let large = vec![b' '; DOCUMENT_BYTES_MAX + 1];
    assert!(matches!(of(&drafted, large), Err(FetchError::Unreached { why, .. }) if why.contains("larger than")));
    // Another draft, another version, another pack, and a document that is no pack.
    let other = Drafted { draft: "other".parse().unwrap(), ..drafted.clone() };
    assert!(matches!(of(&other, document.clone()), Err(FetchError::Malformed { .. })));
    let other = Drafted { version: "9.9.9".to_owned(), ..drafted.clone() };
    assert!(matches!(of(&other, document.clone()), Err(FetchError::Other { .. })));
    let none = Document { files: [("a".to_owned(), "b".to_owned())].into() };
    let other = Drafted { document: none.digest().unwrap(), ..drafted.clone() };
    assert!(matches!(of(&other, none.to_bytes().unwrap()), Err(FetchError::Document(DocumentError::Pack(_)))));
}

#[test]
fn what_a_hub_says_of_a_draft_writes_nothing_to_the_terminal_of_whoever_fetches_it() {
    let (drafted, document) = real();
    let told = |body: Vec<u8>| {
        let server = Server::new(move |_| said("200 OK", "", &body));
        fetch(&doors(&["127.0.0.1"]), &format!("{}/drafts/core", server.address)).unwrap_err()
    };
    let steers = "urn:x\u{1b}]0;owned\u{7}\nThe log holds together.";
    let named = Drafted { urn: steers.to_owned(), ..drafted.clone() };
    let version = Drafted { version: format!("1.0.0{steers}"), ..drafted.clone() };
    let mut field = serde_json::to_value(&drafted).unwrap();
    field[steers] = serde_json::json!(1);
    let long = serde_json::json!({ "x".repeat(9_000): 1 });
    for body in [
        serde_json::to_vec(&named),
        serde_json::to_vec(&version),
        serde_json::to_vec(&field),
        serde_json::to_vec(&long),
    ] {
        let error = told(body.unwrap());
        let said = error.to_string();
        assert!(matches!(error, FetchError::Malformed { .. }), "{said:?}");
        assert!(!said.chars().any(char::is_control) && said.chars().count() < 500, "{said:?}");
    }
    // Of another version that is one, it is said which.
    let server = hub(Drafted { version: "9.9.9".to_owned(), ..drafted.clone() }, document);
    let other = fetch(&doors(&["127.0.0.1"]), &format!("{}/drafts/core", server.address)).unwrap_err();
    assert!(other.to_string().contains("@9.9.9"), "{other}");
}

#[test]
fn no_redirect_is_followed_nobody_reaches_inside_and_what_hangs_or_never_ends_is_left() {
    let (drafted, document) = real();
    let server = hub(drafted, document);
    let address = format!("{}/drafts/core", server.address);
    // Without leave, an address of one's own network is not asked at all.
    assert!(matches!(fetch(&doors(&[]), &address), Err(FetchError::Unreached { .. })));
    let at_home = doors(&["127.0.0.1"]);
    let moved = Server::new({
        let address = address.clone();
        move |_| said("302 Found", &format!("location: {address}/draft.json\r\n"), b"")
    });
    assert!(matches!(fetch(&at_home, &format!("{}/drafts/core", moved.address)), Err(FetchError::Unreached { .. })));
    for does in [Does::Hangs, Does::Drips, Does::NeverEnds] {
        let stalls = Server::new(move |_| does.clone());
        assert!(matches!(
            fetch(&at_home, &format!("{}/drafts/core", stalls.address)),
            Err(FetchError::Unreached { .. })
        ));
    }
    for no_draft in
        ["https://hub.example", "https://hub.example/drafts/", "https://hub.example/drafts/A B", "https://x/versions/7"]
    {
        assert!(matches!(fetch(&at_home, no_draft), Err(FetchError::NoDraft(_))), "{no_draft}");
    }
    assert!(fetch(&at_home, &address).is_ok());
}
