//! What people write by hand, broken in every way: no panic, and no secret in any word.

use std::collections::BTreeMap;

use flow::ingest::Mapping;
use proptest::prelude::*;

use super::*;
use crate::manifest::Manifest;

/// What must not be repeated: plates sought, a contact, and a token.
const SECRETS: [&str; 4] = ["4B7 1234", "9Z9 0001", "Jo Doe", "ordinance_5ec2e7"];

const MANIFEST: &str = r#"
[[party]]
by = "city"
party = { id = "police", name = "City police", kind = "law-enforcement" }
contact = { contact-name = "Jo Doe" }

[[order]]
by = "police"
values = ["4B7 1234", "9Z9 0001"]
order = { id = "order-1", party = "police", authority = "Judge", deployment = "search", until = "2030-01-01T00:00:00Z", entries = 2 }

[[place]]
by = "city"
place = { id = "centre", name = "Centre", geometry = { type = "Point", coordinates = [16.6, 49.2] } }
"#;
const MAPPING: &str = "separator = \";\"\ntime = \"datetime\"\n[properties]\nmac = \"src\"\nssid = \"ssid\"\n";
const TOKENS: &str = "city = \"ordinance_5ec2e7\"\npolice = \"ordinance_5ec2e7\"\n";

fn silent(words: &str) {
    for secret in SECRETS {
        assert!(!words.contains(secret), "a secret was repeated: {words}");
    }
}

/// A text with pieces cut out, doubled and put in.
fn broken(text: &'static str) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\"".to_owned()),
        Just("[".to_owned()),
        Just("]".to_owned()),
        Just("\n".to_owned()),
        Just(" = ".to_owned()),
        Just("values".to_owned()),
        Just("'''".to_owned()),
        ".{0,3}",
    ];
    let edit = (any::<prop::sample::Index>(), 0_usize..12, piece);
    proptest::collection::vec(edit, 1..6).prop_map(move |edits| {
        let mut chars: Vec<char> = text.chars().collect();
        for (at, cut, piece) in edits {
            let at = at.index(chars.len() + 1);
            let end = (at + cut).min(chars.len());
            chars.splice(at..end, piece.chars());
        }
        chars.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_broken_manifest_is_an_error_that_repeats_no_value(text in broken(MANIFEST)) {
        match parse::<Manifest>(&text, Holds::Declarations) {
            Ok(manifest) => silent(&format!("{manifest:?} {:?}", manifest.clone().jobs())),
            Err(error) => silent(&format!("{error} {error:?}")),
        }
    }

    #[test]
    fn a_broken_mapping_is_an_error_and_no_panic(text in broken(MAPPING)) {
        if let Err(error) = parse::<Mapping>(&text, Holds::Declarations) {
            prop_assert!(error.to_string().starts_with("line "));
        }
    }

    #[test]
    fn a_broken_token_file_is_an_error_that_repeats_no_token(text in broken(TOKENS)) {
        if let Err(error) = parse::<BTreeMap<String, String>>(&text, Holds::Tokens) {
            silent(&format!("{error} {error:?}"));
        }
    }

    #[test]
    fn other_text_is_an_error_and_no_panic(text in ".{0,200}", bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        drop(parse::<Manifest>(&text, Holds::Declarations));
        drop(parse::<Mapping>(&text, Holds::Declarations));
        drop(parse::<BTreeMap<String, String>>(&text, Holds::Tokens));
        if let Some(token) = token(&bytes) {
            prop_assert!(token.bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
}

#[test]
fn an_error_says_where_and_what_is_expected() {
    let failed = |text: &str| parse::<Manifest>(text, Holds::Declarations).unwrap_err().to_string();
    let values = failed(&MANIFEST.replace("[\"4B7 1234\", \"9Z9 0001\"]", "\"4B7 1234\""));
    assert_eq!(values, "line 9, column 10: invalid type: string …, expected a sequence (in `order.values`)");
    let field = failed("[[place]]\nby = \"city\"\nplaec = 1\n");
    assert_eq!(field, "line 3, column 1: unknown field …, expected `by` or `place` (in `place`)");
    let missing = failed("[[place]]\nby = \"city\"\n");
    assert!(missing.contains("missing field `place`"), "{missing}");
    let tokens = parse::<BTreeMap<String, String>>("city = ordinance_5ec2e7", Holds::Tokens).unwrap_err().to_string();
    assert_eq!(tokens, "line 1, column 8: expected `party = \"token\"`; what stands there is not repeated here");
}

#[test]
fn what_is_sought_is_in_no_debug_text() {
    let manifest: Manifest = parse(MANIFEST, Holds::Declarations).unwrap();
    silent(&format!("{manifest:?}"));
    let jobs = manifest.jobs();
    assert_eq!(jobs.len(), 3);
    silent(&format!("{jobs:?}"));
}

#[test]
fn a_token_is_one_word() {
    assert_eq!(token(b" ordinance_5ec2e7\n").as_deref(), Some("ordinance_5ec2e7"));
    for bad in [&b""[..], b"two words", b"two\nlines", b"\xff\xfe", &[b'a'; TOKEN_BYTES_MAX + 1]] {
        assert_eq!(token(bad), None);
    }
}
