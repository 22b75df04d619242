//! Hostile packs: what comes as a document or as an amendment is a pack within its limits, or an error; nothing hangs or falls over.

use std::collections::BTreeMap;

use hub::amend::amended;
use hub::command::{Change, NewClause, NormChange, ParameterChange};
use hub::document::{DOCUMENT_BYTES_MAX, Document, DocumentError, digest};
use model::RequirementId;
use proptest::prelude::*;
use standards::{Kind, OnFailure, Pack};
use testkit::SeededBytes;

use crate::world::{clause, text_change};

/// How deep something is nested that no reader may follow by calling itself.
const DEEP: usize = 20_000;

fn core() -> Pack {
    Pack::clone(standards::built_in().unwrap().find("global-core").unwrap())
}

/// Reads bytes as a document under their own digest.
fn read(bytes: &[u8]) -> Result<Pack, DocumentError> {
    Document::from_bytes(bytes, &digest(bytes)).and_then(|document| document.pack())
}

/// The core with a file more, or another in its place.
fn with(path: &str, text: &str) -> Result<Pack, DocumentError> {
    let mut document = Document::of(&core());
    document.files.insert(path.to_owned(), text.to_owned());
    read(&document.to_bytes()?)
}

#[test]
fn a_document_of_another_digest_too_large_or_of_no_files_is_not_read() {
    let bytes = Document::of(&core()).to_bytes().unwrap();
    assert_eq!(read(&bytes).unwrap().hash, core().hash);
    let wanted = digest(&bytes);
    for altered in [&bytes[..bytes.len() - 1], &[&bytes[..], b" "].concat(), b"", b"{}"] {
        assert!(matches!(Document::from_bytes(altered, &wanted), Err(DocumentError::OtherDigest { .. })));
    }
    let huge = vec![b' '; DOCUMENT_BYTES_MAX + 1];
    assert!(matches!(Document::from_bytes(&huge, &digest(&huge)), Err(DocumentError::TooLarge(_))));
    let nested = format!("{{\"files\":{}", "[".repeat(DEEP));
    for text in ["[]", "{\"files\":[]}", "{\"files\":{},\"more\":1}", "{\"files\":{\"pack.toml\":1}}", &nested, "\u{0}"]
    {
        assert!(matches!(read(text.as_bytes()), Err(DocumentError::Malformed(_))), "{}", &text[..text.len().min(40)]);
    }
    let empty = Document { files: BTreeMap::new() }.to_bytes().unwrap();
    assert!(matches!(read(&empty), Err(DocumentError::Pack(_))));
}

#[test]
fn a_pack_with_files_that_lead_elsewhere_are_too_many_or_too_large_is_none() {
    for path in
        ["../../keys/log.key", "/etc/passwd", "norms/../../x.cedar", "norms/a\u{0}.cedar", "norms\\x.cedar", "x.sh", ""]
    {
        assert!(matches!(with(path, "x"), Err(DocumentError::Pack(_))), "{path:?}");
    }
    let mut many = Document::of(&core());
    many.files.extend((0..50_000).map(|number| (format!("norms/n{number}.cedar"), String::new())));
    let many = many.to_bytes().and_then(|bytes| read(&bytes));
    assert!(matches!(many, Err(DocumentError::Pack(_) | DocumentError::TooLarge(_))));
    let large = with("norms/large.cedar", &"// a comment\n".repeat(300_000));
    assert!(matches!(large, Err(DocumentError::Pack(_) | DocumentError::TooLarge(_))));
}

#[test]
fn what_is_nested_without_end_in_a_pack_is_an_error_and_no_stack_runs_over() {
    let (open, shut) = ("(".repeat(DEEP), ")".repeat(DEEP));
    let norm = |condition: &str| {
        format!(
            "@id(\"deep\")\n@requirement(\"core-04\")\nforbid (principal, action, resource) unless {{ {condition} }};"
        )
    };
    let not = "!".repeat(DEEP);
    for condition in [format!("{open}true{shut}"), format!("{not}true"), format!("{}true", "true && ".repeat(DEEP / 4))]
    {
        assert!(
            matches!(with("norms/deep.cedar", &norm(&condition)), Err(DocumentError::Pack(_))),
            "{}",
            &condition[..9]
        );
    }
    // As deep as the words of an amendment can be.
    let (open, shut) = ("(".repeat(4_000), ")".repeat(4_000));
    let norm = NormChange { id: "deep".to_owned(), cedar: norm(&format!("{open}true{shut}")).parse().unwrap() };
    assert!(amended(&core(), &clause(), &Change { norm: Some(norm), ..Change::default() }).is_err());
    assert!(matches!(with("pack.toml", &format!("a = {}", "[".repeat(DEEP))), Err(DocumentError::Pack(_))));
    let value = format!("{}{}", "[".repeat(90), "]".repeat(90));
    let parameter = ParameterChange { id: "approval-validity".to_owned(), value: value.parse().unwrap(), new: None };
    assert!(amended(&core(), &clause(), &Change { parameter: Some(parameter), ..Change::default() }).is_err());
}

#[test]
fn a_text_that_would_be_something_else_in_its_file_stays_a_text() {
    let before = core();
    for text in [
        "Plain.\n.title = other",
        "+++\n[parameters]\n",
        "\"\"\"\nid = \"core-05\"\n",
        "a\n+++\n+++",
        "core-05 = other\n.title = x",
        "{ $x -> [a] b }",
    ] {
        let Ok((_, after)) = amended(&before, &clause(), &text_change(text)) else { continue };
        let texts = |pack: &Pack| {
            pack.requirements.iter().map(|(id, one)| (id.clone(), one.text.clone())).collect::<BTreeMap<_, _>>()
        };
        let (mut expected, got) = (texts(&before), texts(&after));
        expected.insert(clause(), text.trim().to_owned());
        assert_eq!(
            got.into_iter().map(|(id, text)| (id, text.trim().to_owned())).collect::<BTreeMap<_, _>>(),
            expected,
            "{text:?}"
        );
        assert_eq!(after.norms, before.norms, "{text:?}");
        let titles = |pack: &Pack| {
            let file = pack.file("i18n/de.ftl").unwrap();
            file.lines().filter(|line| line.trim_start().starts_with(".title")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(titles(&after), titles(&before), "{text:?}");
    }
}

#[test]
fn what_is_typed_into_a_new_clause_stays_what_it_is_in_its_file() {
    let before = core();
    let ids = (97..).map(|number| RequirementId(format!("core-{number}")));
    let id = ids.into_iter().find(|id| !before.requirements.contains_key(id)).unwrap();
    let parameters = before.requirements.values().flat_map(|one| one.parameters.values());
    let values = parameters.map(|one| (one.id.clone(), one.value.clone())).collect();
    let mut read = 0;
    for words in [
        "x\"\nid = \"core-05",
        "x\ncore-05 = other\n    .title = other",
        "+++",
        "core-05 = other",
        "{ $x }",
        ".title = y",
        "[parameters]",
        "\\u0022",
        "'''",
        "\"\"\"",
        "plain",
    ] {
        let (title, source) = (words.parse().unwrap(), words.parse().unwrap());
        let clause = NewClause { title, kind: Kind::Attest, on_failure: OnFailure::Flag, source, url: None };
        let (text, text_only) = (Some("A plain text.".parse().unwrap()), Some(words.parse().unwrap()));
        let change = Change { clause: Some(clause), text, text_only, ..Change::default() };
        let Ok((_, after)) = amended(&before, &id, &change) else { continue };
        read += 1;
        let brought = &after.requirements[&id];
        let on_one_line = words.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!((brought.title.as_str(), brought.sources.len()), (on_one_line.as_str(), 1), "{words:?}");
        // What another clause is called in another language is not told here.
        let spoken = |pack: &Pack| {
            pack.words(&RequirementId("core-05".to_owned()), &values, "de").map(|words| (words.title, words.text))
        };
        assert_eq!(spoken(&after).unwrap(), spoken(&before).unwrap(), "{words:?}");
        assert_eq!(brought.text_only.as_deref(), Some(words), "{words:?}");
        assert!(brought.parameters.is_empty() && brought.evidence.is_empty(), "{words:?}");
        let mut others = after.requirements.clone();
        others.remove(&id);
        assert!(others == before.requirements && after.norms == before.norms, "{words:?}");
    }
    assert!(read >= 1, "a plain clause is read");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_bytes_a_file_of_a_pack_has_it_is_read_or_refused(seed in any::<u64>(), part in any::<prop::sample::Index>()) {
        let mut document = Document::of(&core());
        let paths: Vec<String> = document.files.keys().cloned().collect();
        let path = part.get(&paths);
        let altered = testkit::altered(document.files[path].as_bytes(), &SeededBytes::new(seed));
        document.files.insert(path.clone(), String::from_utf8_lossy(&altered).into_owned());
        if let Ok(pack) = read(&document.to_bytes().unwrap()) {
            // What is read is what its digest names.
            prop_assert_eq!(Document::of(&pack), document);
        }
    }
}
