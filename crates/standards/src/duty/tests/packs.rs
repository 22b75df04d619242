//! What authors write: files that are refused with their line, and a pack's own tests.

use model::Span;

use super::duty;
use crate::applies::About;
use crate::duty::{Case, Duty, KeepSide, Unresolved, conflicts, read_duties, run_duty_tests};
use crate::parameter::{Silence, Value};

const GOOD: &str = r#"
[[duty]]
id = "annual-report"
requirement = "us-09"
from = "activated"
within = "12mo"
every = "${review-months}mo"
on = "11-01"
done_by = "evidence/annual-report"
silence = "${silence}"
words = "A report on the year."
[duty.extension]
by = "${more}"
evidence = "report-extension"
most = 1
[duty.applies]
tiers = ["full"]

[[duty]]
id = "plan-review"
requirement = "core-44"
about = "city"
from = "evidence/plan-review"
within = "1y"
done_by = "evidence/plan-review"
silence = "escalate"

[[keep]]
id = "plate-log"
requirement = "eu-31"
data = "number-plate"
at_least = "${log-retention-min}"

[[keep]]
id = "plate-limit"
requirement = "core-12"
data = "personal"
at_most = "30d"
"#;

fn in_force(name: &model::ParameterId) -> Option<Value> {
    match name.as_str() {
        "review-months" => Some(Value::Count(12)),
        "silence" => Some(Value::Silence(Silence::Refuse)),
        "more" => Some(Value::Span(Span::days(60))),
        "log-retention-min" => Some(Value::Span(Span::days(180))),
        _ => None,
    }
}

#[test]
fn a_file_of_duties_is_read_whole_and_its_parameters_filled_in() {
    let file = read_duties("duties/all.toml", GOOD).unwrap();
    let names: Vec<_> = file.duties[0].parameters().map(ToString::to_string).collect();
    assert_eq!(names, ["review-months", "more", "silence"]);
    let report = file.duties[0].resolve(in_force).unwrap();
    assert_eq!(report.every, Some("12mo".parse().unwrap()));
    assert_eq!(report.silence, Silence::Refuse);
    assert_eq!(report.extension.unwrap().by, "60d".parse().unwrap());
    assert!(!report.each, "a moment that is no evidence starts one clock");
    let review = file.duties[1].resolve(in_force).unwrap();
    assert!(review.each && review.applies.about == About::City);
    assert_eq!(file.lines.get("plan-review"), Some(&20));
    let keeps: Vec<_> = file.keeps.iter().map(|keep| keep.resolve(in_force).unwrap()).collect();
    assert_eq!(keeps[0].side, KeepSide::AtLeast);
    let found = conflicts(&keeps);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].to_string(),
        "`plate-log` (eu-31) keeps number-plate at least 180 days, `plate-limit` (core-12) keeps personal at most 30 days: \
         both can never hold"
    );
}

#[test]
fn a_parameter_that_would_stop_the_calendar_is_refused() {
    let file = read_duties("duties/all.toml", GOOD).unwrap();
    let zero = |name: &model::ParameterId| match name.as_str() {
        "review-months" => Some(Value::Count(0)),
        _ => in_force(name),
    };
    assert_eq!(file.duties[0].resolve(zero), Err(Unresolved::Zero("every")));
    assert!(matches!(file.duties[0].resolve(|_| None), Err(Unresolved::Unknown(_))));
}

#[test]
fn what_is_wrong_is_named_by_line_and_code() {
    for (good, bad, line, code, words) in [
        ("within = \"12mo\"", "within = \"12m\"", 6, "bad-period", "is not a period such as"),
        ("within = \"12mo\"", "within = \"12mo\"\nwithn = \"1\"", 7, "unknown-key", "`withn` is not a key"),
        ("within = \"12mo\"\n", "", 2, "missing-key", "`within` is missing"),
        ("within = \"12mo\"", "within = 12", 6, "wrong-type", "not a text in quotes"),
        ("every = \"${review-months}mo\"", "every = \"0d\"", 7, "no-time", "never stand still"),
        ("every = \"${review-months}mo\"", "each = \"yes\"", 7, "wrong-type", "true or false"),
        ("on = \"11-01\"", "on = \"31-12\"", 8, "bad-day", "not a day of the year"),
        ("on = \"11-01\"", "on = []", 8, "out-of-bounds", "1 to 12"),
        ("on = \"11-01\"", "on = 5", 8, "wrong-type", "not a text in quotes"),
        ("from = \"activated\"", "from = \"started\"", 5, "unknown-moment", "is not a moment"),
        ("silence = \"${silence}\"", "silence = \"stop\"", 10, "unknown-silence", "not what silence may mean"),
        ("id = \"annual-report\"", "id = \"Annual\"", 3, "bad-id", "not a slug"),
        ("requirement = \"us-09\"", "requirement = \"US 9\"", 4, "bad-id", "not a slug"),
        ("words = \"A report", "words = \"A ${silence} report", 11, "parameter-in-text", "never filled"),
        ("most = 1", "most = 0", 15, "out-of-bounds", "1 to 10 times"),
        ("evidence = \"report-extension\"", "evidence = \"annual-report\"", 14, "stops-too", "cannot also stop it"),
        ("tiers = [\"full\"]", "tiers = [\"heavy\"]", 17, "unknown-word", "cannot be `heavy`"),
        ("tiers = [\"full\"]", "about = \"city\"", 16, "about-twice", "under `applies`"),
        ("about = \"city\"", "about = \"device\"", 22, "about-device", "`deployment` or the `city`"),
        ("from = \"evidence/plan-review\"", "from = \"approved\"", 23, "never-happens", "never start"),
        (
            "silence = \"escalate\"",
            "silence = \"escalate\"\napplies = { personal = true }",
            27,
            "city-applies",
            "no `applies`",
        ),
        ("id = \"plan-review\"", "id = \"annual-report\"", 20, "duplicate-id", "there twice"),
        ("at_most = \"30d\"", "at_most = \"30d\"\nat_least = \"1d\"", 34, "bad-keep", "either `at_least` or `at_most`"),
        ("data = \"personal\"", "data = \"people\"", 37, "unknown-data", "people"),
    ] {
        let text = GOOD.replacen(good, bad, 1);
        assert_ne!(text, GOOD, "{good}");
        let problems = read_duties("duties/all.toml", &text).expect_err(bad);
        let [problem] = problems.as_slice() else { panic!("{bad}: {}", crate::testing::shown(&problems)) };
        assert_eq!((problem.code, problem.line), (code, Some(line)), "{bad}: {problem}");
        assert!(problem.what.contains(words), "{bad}: {problem}");
        assert!(problem.file == "duties/all.toml" && !problem.help.is_empty(), "{problem}");
    }
}

#[test]
fn every_fault_of_a_file_is_told_at_once() {
    let text = GOOD
        .replace("12mo", "12m")
        .replace("from = \"activated\"", "from = \"x\"\nform = 1")
        .replace("at_most = \"30d\"", "at_most = \"30\"");
    let codes: Vec<_> =
        read_duties("duties/all.toml", &text).unwrap_err().into_iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["unknown-moment", "unknown-key", "bad-period", "bad-period"]);
}

#[test]
fn a_file_that_is_too_large_or_too_deep_is_refused() {
    let codes = |text: &str| -> Vec<_> {
        read_duties("d", text).unwrap_err().into_iter().map(|problem| (problem.code, problem.line)).collect()
    };
    let large = "#".repeat(super::super::DUTY_FILE_BYTES_MAX + 1);
    assert_eq!(codes(&large), [("file-too-large", None)]);
    let many = "[[keep]]\nid=\"a\"\nrequirement=\"r\"\ndata=\"personal\"\nat_most=\"1d\"\n".repeat(501);
    assert_eq!(codes(&many), [("too-many", Some(1))]);
    let deep = format!("a = {}", "[".repeat(10_000));
    assert_eq!(codes(&deep), [("deep-nesting", Some(1))]);
}

fn report() -> Duty {
    duty("within = \"12mo\"\nevery = \"12mo\"\non = \"11-01\"\n[duty.applies]\ntiers = [\"full\"]\n")
}

const TESTS: &str = r#"
[[test]]
name = "of a norm"
norm = "minimum-count"
anything = 1

[[test]]
name = "a report a day late"
duty = "d"
facts = { tier = "full" }
events = [["activated", "2026-01-01"], ["evidence/report", "2027-11-02"]]
at = "2027-11-03"
case = "refused"
expect = "lapsed"
due = "2027-11-01"

[[test]]
name = "a report on the day"
duty = "d"
facts = { tier = "full" }
events = [["activated", "2026-01-01"], ["evidence/report", "2027-11-01T18:00:00Z", "r1"]]
at = "2027-11-03"
case = "boundary"
expect = "done"

[[test]]
name = "no report of a light deployment"
duty = "d"
facts = { tier = "light", technologies = ["wifi-counter"] }
events = [["activated", "2026-01-01"]]
at = "2029-11-03"
case = "allowed"
expect = "does-not-apply"

[[test]]
name = "no clock before the start"
duty = "d"
events = []
at = "2029-11-03"
case = "allowed"
expect = "not-started"
"#;

#[test]
fn the_tests_of_a_pack_hold_or_say_why_not() {
    let outcomes = run_duty_tests(&[report()], "tests/duties.toml", TESTS);
    assert_eq!(outcomes.len(), 4);
    for outcome in &outcomes {
        assert_eq!(outcome.failure, None, "{}", outcome.name);
    }
    assert_eq!(outcomes[1].case, Some(Case::Boundary));
    for (good, bad, line, words) in [
        ("\"2027-11-02\"]]", "\"2027-11-01\"]]", 7, "is Done, expected was Lapsed"),
        ("due = \"2027-11-01\"", "due = \"2027-11-02\"", 7, "nothing is due on 2027-11-02; due are: 2027-11-01T23"),
        ("duty = \"d\"", "duty = \"e\"", 7, "no duty is called `e`"),
        ("at = \"2027-11-03\"", "at = \"3 Nov\"", 7, "neither a day"),
        ("due = ", "dues = ", 7, "unknown field `dues`"),
        ("case = \"refused\"\n", "", 7, "missing field `case`"),
        ("[\"activated\", ", "[\"activate\", ", 7, "is not a moment"),
        ("\"2027-11-01T18:00:00Z\", \"r1\"", "\"2027-11-01T18:00:00Z\", \"R\"", 17, "evidence id"),
        ("tier = \"light\", technologies", "tier = \"heavy\", technologies", 26, "heavy"),
    ] {
        let text = TESTS.replacen(good, bad, 1);
        assert_ne!(text, TESTS, "{good}");
        let outcomes = run_duty_tests(&[report()], "tests/duties.toml", &text);
        let failures: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.failure.as_ref()).collect();
        assert_eq!(failures.len(), 1, "{bad}");
        assert_eq!(failures[0].line, line, "{bad}");
        assert!(failures[0].to_string().contains(words), "{bad}: {}", failures[0]);
    }
    assert!(run_duty_tests(&[report()], "tests/t.toml", "[[test]\n")[0].failure.is_some());
}

/// The code of a section of the page that describes the format.
fn described(heading: &str) -> String {
    let page = include_str!("../../../../../docs/framework.md");
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    section.lines().filter_map(|line| line.strip_prefix("    ")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_page_on_the_format_shows_a_duty_and_a_test_that_work() {
    let file = read_duties("docs/framework.md", &described("A duty")).unwrap();
    assert_eq!((file.duties.len(), file.keeps.len()), (1, 1));
    let duties = [file.duties[0].resolve(|_| None).unwrap()];
    let outcomes = run_duty_tests(&duties, "docs/framework.md", &described("A test"));
    assert_eq!(outcomes.len(), 1);
    assert_eq!(outcomes[0].failure, None);
}
