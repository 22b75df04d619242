//! Notes and keys against published examples, and everything the format refuses.

use super::*;

/// The example of the specification.
const SPEC_VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const SPEC_NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
/// The example of Go's `sumdb/note`, which has the signing key too.
const GO_SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const GO_VKEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const GO_LINE: &str = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";

fn key(n: u8, name: &str) -> SigningKey {
    SigningKey::generate([n; 32], name).unwrap()
}

/// A well-formed line of some other signer.
fn grease(name: &str, len: usize) -> String {
    format!("\u{2014} {name} {}\n", to_base64(&vec![0x5a; 4 + len]))
}

#[test]
fn published_examples_verify() {
    let note = Note::parse(SPEC_NOTE).unwrap();
    let keys = [Vkey::parse(SPEC_VKEY).unwrap()];
    assert_eq!(note.verify(&keys).unwrap(), [&keys[0]]);
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(keys[0].to_string(), SPEC_VKEY);

    let italian =
        "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\n\u{e8}d \u{e8} subito sera.\n";
    let line = "\u{2014} quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
    let note = Note::parse(&format!("{italian}\n{line}")).unwrap();
    assert_eq!(note.text(), italian, "text may hold blank lines");
}

#[test]
fn published_signing_key_gives_the_published_note() {
    let key = SigningKey::parse(GO_SECRET).unwrap();
    assert_eq!(*key.to_text(), GO_SECRET);
    assert_eq!(key.vkey().to_string(), GO_VKEY);
    assert_eq!(key.vkey(), GO_VKEY.parse().unwrap());
    let note = Note::sign(GO_TEXT, &[&key]).unwrap();
    assert_eq!(note.to_string(), format!("{GO_TEXT}\n{GO_LINE}\n"));
}

#[test]
fn debug_shows_no_seed() {
    let key = SigningKey::parse(GO_SECRET).unwrap();
    let shown = format!("{key:?}");
    assert!(shown.contains("PeterNeumann"));
    assert!(!shown.contains("AYEKFALV") && !shown.contains("129, 10, 20") && !shown.to_lowercase().contains("810a14"));
}

#[test]
fn unknown_signers_are_ignored_known_ones_must_hold() {
    let (log, other) = (key(1, "city.example/log"), key(2, "city.example/log"));
    let note = Note::sign("text\n", &[&log]).unwrap().to_string();
    let keys = [log.vkey()];
    for len in [1, 64, 72, 2428, 4627] {
        let more = format!("{note}{}", grease("witness.example", len));
        assert!(Note::parse(&more).unwrap().verify(&keys).is_ok());
    }
    // The same name with another id, and the same id under another name, are unknown keys.
    let twin = Note::sign("text\n", &[&other, &log]).unwrap();
    assert_eq!(twin.verify(&keys).unwrap().len(), 1);
    assert_eq!(twin.verify(&[other.vkey(), log.vkey()]).unwrap().len(), 2);
    let renamed = note.replace("city.example/log", "city.example/gol");
    assert_eq!(Note::parse(&renamed).unwrap().verify(&keys), Err(NoteError::Unsigned));
    // A known key's bad signature rejects the note, even beside its good one.
    let forged = note.replace("text\n", "test\n");
    let bad = NoteError::BadSignature("city.example/log".to_owned());
    assert_eq!(Note::parse(&forged).unwrap().verify(&keys), Err(bad.clone()));
    let bad_line = forged_line(&log);
    let both = Note::parse(&note).unwrap().with_signature_line(&bad_line).unwrap();
    assert_eq!(both.verify(&keys), Err(bad));
    assert_eq!(twin.verify(&[]), Err(NoteError::Unsigned));
}

fn forged_line(key: &SigningKey) -> String {
    Note::sign("other text\n", &[key]).unwrap().signatures()[0].to_string()
}

#[test]
fn malformed_notes_are_refused() {
    let line = GO_LINE;
    let cases = [
        (String::new(), NoteError::Shape),
        ("\n".to_owned(), NoteError::Shape),
        ("text\n".to_owned(), NoteError::Shape),
        ("text\n\n".to_owned(), NoteError::Shape),
        (format!("text\n{line}\n"), NoteError::Shape),
        (format!("text\n\n{line}"), NoteError::Shape),
        (format!("text\n\n{line}\n\n"), NoteError::Shape),
        (format!("text\n\n{line}\nmore\n"), NoteError::SignatureLine(1)),
        (format!("text\n\n{line} \n"), NoteError::SignatureLine(0)),
        (format!("text\n\n{}\n", line.replacen('\u{2014}', "-", 1)), NoteError::SignatureLine(0)),
        (format!("text\n\n{}\n", line.replacen("=", "", 1)), NoteError::SignatureLine(0)),
        (format!("text\n\n{}\n", line.replacen("AM=", "AN=", 1)), NoteError::SignatureLine(0)),
        (format!("text\n\n{}\n", line.replacen("PeterNeumann", "Peter+Neumann", 1)), NoteError::SignatureLine(0)),
        (format!("text\n\n{}\n", line.replacen("PeterNeumann", "Peter Neumann", 1)), NoteError::SignatureLine(0)),
        (format!("text\n\n{}\n", line.replacen("PeterNeumann", "Peter\u{a0}N", 1)), NoteError::SignatureLine(0)),
        (format!("text\n\n{}\n", line.replacen("PeterNeumann", "", 1)), NoteError::SignatureLine(0)),
        ("text\n\n\u{2014} name AAAAAA==\n".to_owned(), NoteError::SignatureLine(0)),
        (format!("te\rxt\n\n{line}\n"), NoteError::Control(2)),
        (format!("te\0xt\n\n{line}\n"), NoteError::Control(2)),
        (format!("text\n\n{line}\r\n"), NoteError::Control(6 + line.len())),
    ];
    for (text, error) in cases {
        assert_eq!(Note::parse(&text), Err(error), "{text:?}");
    }
    assert_eq!(Note::from_bytes(b"te\xffxt\n"), Err(NoteError::Utf8(2)));
    assert_eq!(Note::sign("no newline", &[&key(1, "a")]), Err(NoteError::Shape));
    assert_eq!(Note::sign("text\n", &[]), Err(NoteError::Shape));
    assert_eq!(Note::sign("te\txt\n", &[&key(1, "a")]), Err(NoteError::Control(2)));
}

#[test]
fn limits_hold() {
    let note = Note::sign("text\n", &[&key(1, "log")]).unwrap().to_string();
    let with = |lines: usize| (0..lines).fold(note.clone(), |note, _| note + &grease("w", 3300));
    for lines in [15, MAX_SIGNATURES - 1] {
        assert!(Note::parse(&with(lines)).unwrap().verify(&[key(1, "log").vkey()]).is_ok());
    }
    assert_eq!(Note::parse(&with(MAX_SIGNATURES)), Err(NoteError::TooManySignatures));
    let full = Note::parse(&with(MAX_SIGNATURES - 1)).unwrap();
    assert_eq!(full.with_signature_line(grease("w", 9).trim_end()), Err(NoteError::TooManySignatures));
    let long = "x".repeat(MAX_NOTE_LEN + 1);
    assert_eq!(Note::parse(&long), Err(NoteError::TooLong(MAX_NOTE_LEN + 1)));
    assert_eq!(Note::from_bytes(long.as_bytes()), Err(NoteError::TooLong(MAX_NOTE_LEN + 1)));
    let keys: Vec<SigningKey> = (0..=64).map(|n| key(n, "many")).collect();
    let all: Vec<&SigningKey> = keys.iter().collect();
    assert_eq!(Note::sign("text\n", &all), Err(NoteError::TooManySignatures));
}

#[test]
fn malformed_keys_are_refused() {
    let cases = [
        ("", NoteError::Key),
        ("PeterNeumann+c74f20a3", NoteError::Key),
        ("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", NoteError::KeyIdMismatch),
        ("PeterNeumenn+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", NoteError::KeyIdMismatch),
        ("PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", NoteError::Key),
        ("PeterNeumann+74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", NoteError::Key),
        ("PeterNeumann++74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", NoteError::Key),
        ("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T", NoteError::Key),
        ("PeterNeumann+c74f20a3+AQ==", NoteError::Key),
        ("PeterNeumann+c74f20a3+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", NoteError::KeyType(4)),
        ("PeterNeumann+c74f20a3+BhpcAAAA", NoteError::KeyType(6)),
        ("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", NoteError::Name(String::new())),
        ("a b+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", NoteError::Name("a b".to_owned())),
    ];
    for (text, error) in cases {
        assert_eq!(Vkey::parse(text), Err(error), "{text:?}");
    }
    assert_eq!(SigningKey::parse(GO_VKEY).unwrap_err(), NoteError::Key);
    let renamed = GO_SECRET.replace("Peter", "Petra");
    assert_eq!(SigningKey::parse(&renamed).unwrap_err(), NoteError::KeyIdMismatch);
    assert_eq!(Vkey::parse(&"x".repeat(5000)), Err(NoteError::Key));
    assert!(matches!(SigningKey::generate([1; 32], "with space"), Err(NoteError::Name(_))));
}

#[test]
fn a_small_order_key_is_refused() {
    // The neutral element verifies one signature for every text.
    let mut point = [0; 32];
    point[0] = 1;
    let id = KeyId::derive("weak", KeyType::Ed25519, &point);
    let text = format!("weak+{id}+{}", to_base64(&[&[1], &point[..]].concat()));
    assert_eq!(Vkey::parse(&text), Err(NoteError::Key));
}
