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
fn what_is_wrong_is_named_by_line() {
    for (good, bad, line, words) in [
        ("within = \"12mo\"", "within = \"12m\"", 6, "is not a period such as"),
        ("within = \"12mo\"", "within = \"12mo\"\nwithn = \"1\"", 7, "unknown field `withn`"),
        ("within = \"12mo\"\n", "", 2, "missing field `within`"),
        ("every = \"${review-months}mo\"", "every = \"0d\"", 7, "a day or more"),
        ("on = \"11-01\"", "on = \"31-12\"", 8, "not a day of the year"),
        ("on = \"11-01\"", "on = []", 8, "1 to 12 days"),
        ("on = \"11-01\"", "on = 5", 8, "a day of the year such as"),
        ("from = \"activated\"", "from = \"started\"", 5, "is not a moment"),
        ("silence = \"${silence}\"", "silence = \"stop\"", 10, "not what silence may mean"),
        ("id = \"annual-report\"", "id = \"Annual\"", 3, "duty id"),
        ("requirement = \"us-09\"", "requirement = \"US 9\"", 4, "not the id of a requirement"),
        ("most = 1", "most = 0", 15, "1 to 10 times"),
        ("evidence = \"report-extension\"", "evidence = \"annual-report\"", 14, "cannot also stop it"),
        ("tiers = [\"full\"]", "tiers = [\"heavy\"]", 17, "unknown variant `heavy`"),
        ("tiers = [\"full\"]", "about = \"city\"", 16, "beside the id"),
        ("about = \"city\"", "about = \"device\"", 22, "`deployment` or the `city`"),
        ("from = \"evidence/plan-review\"", "from = \"approved\"", 23, "never start"),
        ("silence = \"escalate\"", "silence = \"escalate\"\napplies = { personal = true }", 27, "no `applies`"),
        ("id = \"plan-review\"", "id = \"annual-report\"", 20, "stands here twice"),
        ("at_most = \"30d\"", "at_most = \"30d\"\nat_least = \"1d\"", 35, "either `at_least` or `at_most`"),
        ("data = \"personal\"", "data = \"people\"", 37, "is not a category"),
    ] {
        let text = GOOD.replacen(good, bad, 1);
        assert_ne!(text, GOOD, "{good}");
        let problems = read_duties("duties/all.toml", &text).expect_err(bad);
        let told = problems[0].to_string();
        assert!(told.contains(words), "{bad}: {told}");
        assert!(problems.iter().any(|problem| problem.line == line), "{bad} at {line}: {problems:?}");
        assert!(told.starts_with("duties/all.toml:"), "{told}");
    }
}

#[test]
fn every_fault_of_a_file_is_told_at_once() {
    let text = GOOD
        .replace("12mo", "12m")
        .replace("from = \"activated\"", "from = \"x\"")
        .replace("at_most = \"30d\"", "at_most = \"30\"");
    assert_eq!(read_duties("duties/all.toml", &text).unwrap_err().len(), 3);
}

#[test]
fn a_file_that_is_too_large_or_too_deep_is_refused() {
    let large = "#".repeat(super::super::DUTY_FILE_BYTES_MAX + 1);
    assert!(read_duties("d", &large).unwrap_err()[0].to_string().contains("split it"));
    let many = "[[keep]]\nid=\"a\"\nrequirement=\"r\"\ndata=\"personal\"\nat_most=\"1d\"\n".repeat(501);
    assert!(read_duties("d", &many).unwrap_err()[0].to_string().contains("split it"));
    let deep = format!("a = {}", "[".repeat(10_000));
    assert!(read_duties("d", &deep).is_err());
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
