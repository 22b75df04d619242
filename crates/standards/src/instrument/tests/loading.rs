//! Instruments are loaded whole, or refused with the line of each fault.

use std::collections::BTreeSet;

use super::{SAMPLE, SHIPPED, load, shipped};
use crate::instrument::{QuestionKind, check_references, read_instrument};

#[test]
fn the_instruments_of_the_core_load_and_name_only_one_another() {
    let all: Vec<_> = SHIPPED.into_iter().map(shipped).collect();
    for ((instrument, name), least) in all.iter().zip(SHIPPED).zip([18, 35, 25, 20]) {
        assert_eq!(instrument.id.as_str(), name);
        assert!(instrument.questions().count() >= least, "{name}");
        for question in instrument.all_questions() {
            assert!(!question.help.is_empty(), "{name}: {} has no help", question.id);
            assert!(
                question.ask.ends_with(['?', '.']) || question.id.as_str() == "district-name",
                "{name}: {}",
                question.ask
            );
        }
    }
    let references: Vec<_> = all.iter().collect();
    assert_eq!(check_references(&references), []);
}

#[test]
fn the_pre_scan_speaks_german_throughout() {
    let scan = shipped("pre-scan");
    assert_eq!(scan.untranslated("de"), BTreeSet::new());
    assert_eq!(scan.text("de", "told-apart.nobody"), Some("Gar nicht"));
    assert_eq!(scan.text("fr", "told-apart.nobody"), Some("Not at all"), "what is not translated stays");
    assert_eq!(scan.text("de", "told-apart.gone"), None);
    assert_eq!(scan.labels.locales().collect::<Vec<_>>(), ["de"]);
}

#[test]
fn every_key_of_a_translation_is_that_of_a_text() {
    let sample = load("s.toml", SAMPLE);
    let missing = sample.untranslated("de");
    assert!(missing.contains("intro") && missing.contains("kind") && missing.contains("next.otherwise"), "{missing:?}");
    assert!(!missing.contains("title") && !missing.contains("kind.many"));
    assert_eq!(sample.untranslated("en"), BTreeSet::new());
}

#[test]
fn another_text_is_another_edition() {
    assert_eq!(load("s.toml", SAMPLE).hash, load("other.toml", SAMPLE).hash);
    assert_ne!(load("s.toml", SAMPLE).hash, load("s.toml", &SAMPLE.replace("People?", "Persons?")).hash);
}

/// The line of the first of some words in the sample.
fn line_of(words: &str) -> usize {
    let at = SAMPLE.find(words).unwrap_or_else(|| panic!("{words}"));
    SAMPLE[..at].matches('\n').count() + 1
}

/// What stands in the sample, what is wrong in its place, and words that say so.
const WRONG: &[(&str, &str, &str)] = &[
    ("id = \"sample\"", "id = \"Sample\"", "instrument id"),
    ("urn = \"urn:example:sample\"", "urn = \"sample\"", "begins with `urn:`"),
    ("version = \"1.0.0\"", "version = \"1\"", "semantic version"),
    ("title = \"Sample\"", "title = \" \"", "1 to 4000 bytes"),
    (
        "roles = [\"author\", \"privacy-officer\", \"approver\"]",
        "roles = [\"approver\", \"author\"]",
        "`author` is the first",
    ),
    ("roles = [\"author\", \"privacy-officer\", \"approver\"]", "roles = [\"author\", \"author\"]", "distinct"),
    ("id = \"kind\"", "id = \"people\"", "is the id of something else"),
    ("id = \"kind\"", "id = \"next\"", "no question before this one"),
    ("id = \"second\"", "id = \"kind\"", "is the id of something else"),
    ("id = \"measure\"", "id = \"why\"", "is the id of something else"),
    ("id = \"note\"", "id = \"2nd\"", "begins with a letter"),
    ("id = \"second\"", "id = \"2nd\"", "begins with a letter"),
    ("id = \"fine\"", "id = \"otherwise\"", "a meaning of its own"),
    ("id = \"note\"", "id = \"row\"", "a meaning of its own"),
    ("id = \"note\"", "id = \"title\"", "a meaning of its own"),
    ("type = \"statement\"", "type = \"words\"", "unknown variant `words`"),
    ("ask = \"Go on.\"", "ask = \"Go on.\"\nhint = \"x\"", "unknown field `hint`"),
    ("ask = \"Go on.\"", "ask = \"Go on.\"\nrequired = true", "`required` means nothing"),
    ("when = \"people\"", "when = \"persons\"", "no question before this one"),
    ("when = \"people\"", "when = 'why == \"x\"'", "conditions look back only"),
    ("when = \"people\"", "when = \"score(second) > 1\"", "no section or question before"),
    ("when = 'kind == \"many\"'", "when = 'kind == \"most\"'", "can never be its value; possible are: few, many"),
    ("when = \"score(first) >= 4\"", "when = \"score(first)\"", "a yes or no is needed here, and this is a number"),
    ("min = 3\n", "min = 30\n", "1 to 20000 characters"),
    ("strict = \"no\"", "strict = \"never\"", "unknown variant `never`"),
    ("score = { yes = 3 }", "score = { yes = 3000 }", "between -1000 and 1000"),
    ("score = { yes = 3 }", "score = { yes = 3 }\nrequired = false", "must be answered"),
    ("max = 400", "max = -1", "`min` is more than `max`"),
    ("prefill = \"deployment.starts\"", "prefill = \"deployment.start\"", "is not a fact here"),
    ("prefill = \"deployment.starts\"", "prefill = \"deployment.tier\"", "of another type"),
    ("options_from = \"deployment.purposes\"", "options_from = \"deployment.tier\"", "not a fact that is a set"),
    ("options_from = \"deployment.purposes\"", "max = 3", "`max` means nothing"),
    ("over = \"deployment.streams\"", "over = \"deployment.purposes\"", "has no rows"),
    ("over = \"deployment.streams\"", "over = \"deployment.streams\"\nmax = 2", "says how many rows"),
    (
        "when = \"row.retention-hours > 24\"",
        "when = \"row.retention > 24\"",
        "not a fact of a deployment; known are: row.cat",
    ),
    ("when = 'bad == \"high\" and people'", "when = 'row.personal'", "not a fact"),
    ("when = 'bad == \"high\" and people'", "when = 'any(risks, people)'", "cannot stand within"),
    ("{ id = \"stop\", label = \"Stop\" },", "{ id = \"more\", label = \"Stop\" },", "distinct results"),
    ("result = \"stop\"", "result = \"fine\"", "makes one of the outcome's results but the last"),
    ("because = \"There are many.\"", "because = \"\"", "1 to 4000 bytes"),
    (
        "when = 'any(risks, bad == \"high\") and not opt-out'",
        "when = 'bad == \"high\"'",
        "is asked for each row of `risks`",
    ),
    ("\"kind.many\" = \"Viele\"", "\"kind.most\" = \"Viele\"", "names no text"),
    ("requires = [\"sample\", \"other\"]", "requires = [\"Sample\"]", "instrument id"),
    ("label = \"Stop\" }", "label = \"Stop\", tier = \"heavy\" }", "a tier is one of file-and-go, light, full"),
    (
        "label = \"Stop\" }",
        "label = \"Stop\", tier = \"full\" }",
        "every result of an outcome names a tier or none does",
    ),
];

#[test]
fn what_is_wrong_is_named_by_line() {
    for &(good, bad, words) in WRONG {
        let text = SAMPLE.replacen(good, bad, 1);
        assert_ne!(text, SAMPLE, "{good}");
        let problems = read_instrument("s.toml", &text).expect_err(bad);
        let found = problems.iter().find(|problem| problem.to_string().contains(words));
        let found = found.unwrap_or_else(|| panic!("{bad}: {problems:?}"));
        let away = found.line.abs_diff(line_of(good));
        // A field that was added stands a line below; a doubled id is met where it comes again.
        assert!(
            away <= 1 || words.contains("something else") || words.contains("no question before"),
            "{bad}: {found}"
        );
    }
}

#[test]
fn a_condition_of_several_lines_is_wrong_on_its_own_line() {
    let text = SAMPLE.replace("when = \"score() >= 8\"", "when = '''\nscore() >= 8\n  and gone'''");
    let problems = read_instrument("s.toml", &text).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert_eq!(text.lines().nth(problems[0].line - 1), Some("  and gone'''"), "{}", problems[0]);
}

#[test]
fn every_fault_is_told_at_once() {
    let text =
        SAMPLE.replace("when = \"people\"", "when = \"x\"").replace("max = 400", "max = -1").replace("Muster", " ");
    assert_eq!(read_instrument("s.toml", &text).unwrap_err().len(), 3);
}

#[test]
fn a_conclusion_has_the_results_of_an_assessment() {
    let named = SAMPLE.replace("id = \"next\"", "id = \"conclusion\"");
    assert!(
        read_instrument("s.toml", &named).unwrap_err()[0]
            .to_string()
            .contains("unacceptable, residual-high, acceptable")
    );
}

#[test]
fn what_is_too_large_too_deep_or_empty_is_refused() {
    assert!(read_instrument("s", &"#".repeat(256 * 1024 + 1)).unwrap_err()[0].to_string().contains("make it two"));
    assert!(read_instrument("s", &format!("a = {}", "[".repeat(10_000))).is_err());
    let (head, _) = SAMPLE.split_once("[[section]]").unwrap();
    assert!(read_instrument("s", head).unwrap_err()[0].to_string().contains("1 to 500 questions"));
    let one = "[[section.question]]\nid = \"q\"\ntype = \"date\"\nask = \"When?\"\n";
    let many = format!("{head}[[section]]\nid = \"s\"\ntitle = \"S\"\n{}", one.repeat(501));
    assert!(read_instrument("s", &many).unwrap_err()[0].to_string().contains("1 to 500 questions"));
}

#[test]
fn instruments_that_name_what_is_not_there_are_told_apart() {
    let mut sample = load("s.toml", SAMPLE);
    let missing = check_references(&[&sample]);
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].line, line_of("id = \"next\""));
    assert!(missing[0].to_string().contains("no instrument `other`"));
    let text = SAMPLE
        .replace("\"other\"", "\"sample\"")
        .replace("prefill = \"deployment.starts\"", "prefill = \"sample/kind\"");
    sample = load("s.toml", &text);
    let unfit = check_references(&[&sample]);
    assert!(unfit[0].to_string().contains("no question `kind` whose answer fits here"), "{unfit:?}");
    assert!(matches!(sample.questions().last().unwrap().1.kind, QuestionKind::Group(_)));
}
