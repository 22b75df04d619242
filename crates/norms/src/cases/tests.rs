//! A small pack with its tests: what passes, what fails and why, and what a base may say.

use super::*;
use crate::proof::Source;

pub(crate) const NORMS: &str = r#"
@id("minimum-count") @requirement("core-21")
forbid (principal, action in [Action::"declare-view", Action::"agree-grant", Action::"disclose"], resource)
unless { !resource.personal || resource.records || resource.minimum >= 10 };

@id("named-order") @requirement("core-24")
forbid (principal, action in [Action::"disclose"], resource)
unless { !resource.personal || !resource.records || resource.underOrder };

@id("short-approval") @requirement("core-04")
forbid (principal, action == Action::"approve", resource)
unless { context.spanDays <= 1826 && resource.accountable != principal };
"#;

pub(crate) const FACTS: &str = r#"
[base.share]
kind = "Share"
[base.share.principal]
kind = "city-department"
[base.share.context]
now = "2026-06-01"
[base.share.resource]
personal = true
minimum = 10
accountable = "mobility"
duties = ["no-reidentification"]

[base.share-of-twelve]
like = "share"
[base.share-of-twelve.resource]
minimum = 12

[base.view]
kind = "View"

[base.deployment]
kind = "Deployment"
"#;

pub(crate) const TESTS: &str = r#"
[[test]]
name = "ten people are enough"
norm = "minimum-count"
case = "boundary"
base = "share"
action = "for:traffic-management"
expect = "allowed"

[[test]]
name = "nine people are too few"
norm = "minimum-count"
case = "refused"
base = "share"
action = "for:traffic-management"
set = { "resource.minimum" = 9 }
expect = "refused"
by = ["minimum-count"]

[[test]]
name = "no number about people"
norm = "minimum-count"
case = "allowed"
base = "share-of-twelve"
action = "agree-grant"
set = { "resource.personal" = false, "resource.minimum" = 0 }
expect = "allowed"

[[test]]
name = "a report a day late"
duty = "annual-report"
case = "refused"
expect = "lapsed"
at = "2027-11-03"

[[test]]
name = "records without an order"
norm = "named-order"
case = "refused"
base = "share"
action = "for:maintenance"
set = { "resource.records" = true, "resource.minimum" = 0 }
expect = "refused"
by = ["small/named-order"]
"#;

pub(crate) fn standard(cedar: &str) -> Standard {
    Standard::read(&[Source { name: "small".to_owned(), cedar: cedar.to_owned() }]).unwrap()
}

pub(crate) fn cases(facts: &str, tests: &str) -> Result<Cases, CaseError> {
    let facts: FactsFile = toml::from_str(facts).unwrap();
    let tests: TestFile = toml::from_str(tests).unwrap();
    Cases::new("small", [facts], tests.of_norms()?)
}

/// The fault of one test over the pack's bases.
fn fault(test: &str) -> String {
    let run = cases(FACTS, &format!("[[test]]\nname = \"t\"\n{test}")).unwrap().run(&standard(NORMS));
    run.failures().next().map_or_else(|| "passed".to_owned(), |(_, fault)| fault.to_string())
}

fn share(set: &str, rest: &str) -> String {
    fault(&format!(
        "norm = \"minimum-count\"\ncase = \"boundary\"\nbase = \"share\"\naction = \"for:maintenance\"\nset = {{ {set} }}\n{rest}"
    ))
}

#[test]
fn a_pack_with_its_tests_passes_and_says_which_norm_lacks_which_case() {
    let run = cases(FACTS, TESTS).unwrap().run(&standard(NORMS));
    assert_eq!(
        run.failures().map(|(outcome, fault)| format!("{}: {fault}", outcome.test)).collect::<Vec<_>>(),
        [""; 0]
    );
    assert_eq!(run.outcomes.len(), 4, "the test of a duty is not for this room");
    let tally = |norm: &str| run.tallies[&PolicyId(format!("small/{norm}"))];
    assert_eq!(tally("minimum-count"), Tally { allowed: 1, refused: 1, boundary: 1 });
    assert_eq!(tally("named-order"), Tally { allowed: 0, refused: 1, boundary: 0 });
    let untested: BTreeMap<&str, Vec<Side>> = run.untested().map(|(norm, sides)| (norm.0.as_str(), sides)).collect();
    assert_eq!(untested["small/named-order"], [Side::Allowed, Side::Boundary]);
    assert_eq!(untested["small/short-approval"], [Side::Allowed, Side::Refused, Side::Boundary]);
    assert_eq!(untested.len(), 2);
}

#[test]
fn exactly_the_expected_norms_must_forbid_it() {
    let both = r#""resource.records" = true, "resource.minimum" = 0"#;
    assert_eq!(share(both, "expect = \"refused\"\nby = [\"named-order\"]"), "passed");
    let said = share(both, "expect = \"refused\"\nby = [\"minimum-count\", \"named-order\"]");
    assert_eq!(said, "forbidden by `small/named-order`, expected was `small/minimum-count`, `small/named-order`");
    assert_eq!(share(both, "expect = \"allowed\""), "forbidden by `small/named-order`, expected was no norm");
    let said = share("", "expect = \"refused\"\nby = [\"minimum-count\"]");
    assert_eq!(said, "forbidden by no norm, expected was `small/minimum-count`");
    assert_eq!(
        share("", "expect = \"refused\"\nby = [\"other/minimum-count\"]"),
        "there is no norm `other/minimum-count`"
    );
}

#[test]
fn a_test_that_contradicts_itself_fails() {
    assert!(share("", "expect = \"allowed\"\nby = [\"minimum-count\"]").contains("allowed and yet"));
    assert!(share("", "expect = \"refused\"").contains("`by` must say by which norms"));
    let test = |case: &str, rest: &str| {
        fault(&format!(
            "norm = \"minimum-count\"\ncase = \"{case}\"\nbase = \"share\"\naction = \"for:maintenance\"\n{rest}"
        ))
    };
    assert!(test("refused", "expect = \"allowed\"").contains("its case is `refused`"));
    assert!(test("allowed", "expect = \"refused\"\nby = [\"minimum-count\"]").contains("its case is `allowed`"));
    assert!(test("refused", "expect = \"refused\"\nby = [\"named-order\"]").contains("not among those"));
}

#[test]
fn a_norm_that_errs_fails_the_case_although_cedar_skips_it() {
    let far = r#"@id("far") @requirement("x") forbid (principal, action in [Action::"disclose"], resource)
        unless { resource.accountable.kind == "city-department" };"#;
    let standard = standard(&format!("{NORMS}{far}"));
    let run = cases(FACTS, TESTS).unwrap().run(&standard);
    let faults: Vec<String> = run.failures().map(|(outcome, fault)| format!("{}: {fault}", outcome.test)).collect();
    assert_eq!(faults.len(), 3, "all but the one that no norm of `disclose` is asked for: {faults:?}");
    assert!(faults[0].ends_with("`small/far` cannot be evaluated for these facts"), "{faults:?}");
}

#[test]
fn a_case_counts_only_where_its_norm_is_asked() {
    let tests = "[[test]]\nname = \"t\"\nnorm = \"named-order\"\ncase = \"allowed\"\nbase = \"view\"\naction = \"declare-view\"\nexpect = \"allowed\"";
    let run = cases(FACTS, tests).unwrap().run(&standard(NORMS));
    assert_eq!(run.failures().count(), 0);
    assert_eq!(run.tallies[&PolicyId("small/named-order".to_owned())], Tally::default());
}

#[test]
fn what_nobody_gives_is_neutral_and_the_asker_has_a_name() {
    let test = |set: &str, expect: &str| {
        fault(&format!(
            "norm = \"short-approval\"\ncase = \"boundary\"\nbase = \"deployment\"\naction = \"approve\"\nset = {{ {set} }}\n{expect}"
        ))
    };
    let refused = "expect = \"refused\"\nby = [\"short-approval\"]";
    // Nobody answers for it, and the approval has no length.
    assert_eq!(test("", "expect = \"allowed\""), "passed");
    assert_eq!(test("\"resource.accountable\" = \"asker\"", refused), "passed");
    assert_eq!(test("\"resource.accountable\" = \"mobility\"", "expect = \"allowed\""), "passed");
    assert_eq!(test("\"resource.accountable\" = \"mobility\", \"principal.id\" = \"mobility\"", refused), "passed");
    assert_eq!(test("\"context.spanDays\" = 1826", "expect = \"allowed\""), "passed");
    assert_eq!(test("\"context.spanDays\" = 1827", refused), "passed");
}

#[test]
fn a_base_that_is_like_another_gives_only_what_differs() {
    let test = |base: &str, minimum: &str, expect: &str| {
        fault(&format!(
            "norm = \"minimum-count\"\ncase = \"boundary\"\nbase = \"{base}\"\naction = \"for:maintenance\"\nset = {{ {minimum} }}\n{expect}"
        ))
    };
    let refused = "expect = \"refused\"\nby = [\"minimum-count\"]";
    assert_eq!(test("share-of-twelve", "", "expect = \"allowed\""), "passed");
    assert_eq!(test("share-of-twelve", "\"resource.minimum\" = 9", refused), "passed", "it is still about people");
    assert_eq!(
        test("share-of-twelve", "\"resource.minimum\" = 9, \"resource.personal\" = false", "expect = \"allowed\""),
        "passed"
    );
    let tagged = "norm = \"minimum-count\"\ncase = \"allowed\"\nbase = \"view\"\naction = \"declare-view\"\nset = { \"tags.a..b\" = 1 }\nexpect = \"allowed\"";
    assert_eq!(fault(tagged), "`tags.a..b` is no fact of the schema; there are: no tags");
}

#[test]
fn a_fact_that_there_is_not_or_of_another_kind_is_named() {
    let said = share("\"resource.colour\" = 1", "expect = \"allowed\"");
    assert!(said.starts_with("`resource.colour` is no fact of the schema; there are: accountable, "), "{said}");
    assert!(share("\"context.colour\" = 1", "expect = \"allowed\"").contains("`context.colour` is no fact"));
    assert!(share("\"colour\" = 1", "expect = \"allowed\"").contains("`colour` is no fact"));
    let wrong = |fact: &str| share(fact, "expect = \"allowed\"");
    assert_eq!(wrong("\"resource.personal\" = \"yes\""), "`resource.personal` must be true or false");
    assert!(
        wrong("\"resource.minimum\" = \"soon\"").starts_with("`resource.minimum` must be a whole number, or a date")
    );
    assert!(wrong("\"resource.minimum\" = 1.5").starts_with("`resource.minimum` must be a whole number"));
    assert!(wrong("\"context.now\" = 2026-06-01").starts_with("`context.now` must be a whole number, or a date"));
    assert_eq!(wrong("\"resource.duties\" = \"x\""), "`resource.duties` must be a list");
    assert_eq!(wrong("\"resource.duties\" = [1]"), "`resource.duties` must be a text");
    assert_eq!(wrong("\"resource.accountable\" = 1"), "`resource.accountable` must be an id in quotes");
    assert_eq!(wrong("\"principal.id\" = 1"), "`principal.id` must be a text");
    assert_eq!(wrong("\"context.now\" = \"2026-06-01T12:00:00Z\""), "passed");
}

#[test]
fn actions_bases_and_files_that_do_not_fit_are_named() {
    let test = |base: &str, action: &str| {
        fault(&format!(
            "norm = \"minimum-count\"\ncase = \"allowed\"\nbase = \"{base}\"\naction = \"{action}\"\nexpect = \"allowed\""
        ))
    };
    assert_eq!(test("nowhere", "approve"), "there is no base of facts `nowhere`");
    assert_eq!(test("share", "for:glory"), "there is no action `for:glory`");
    assert_eq!(test("share", "disclose"), "there is no action `disclose`", "a group is asked for by nobody");
    assert_eq!(test("share", "approve"), "`approve` is not done to a Share, but to: Deployment");
    let circle = "[base.a]\nlike = \"b\"\n[base.b]\nlike = \"a\"";
    let one = "[[test]]\nname = \"t\"\nnorm = \"minimum-count\"\ncase = \"allowed\"\nbase = \"a\"\naction = \"approve\"\nexpect = \"allowed\"";
    let fault = |facts: &str| {
        let run = cases(facts, one).unwrap().run(&standard(NORMS));
        run.failures().next().map(|(_, fault)| fault.clone()).unwrap()
    };
    assert_eq!(fault(circle), Fault::Case(CaseError::TooAlike("a".to_owned())));
    assert_eq!(fault("[base.a]"), Fault::Case(CaseError::NoKind("a".to_owned())));
    assert_eq!(cases(FACTS, "[[test]]\nname = \"t\"").unwrap_err(), CaseError::Neither { number: 1 });
    assert!(matches!(cases(FACTS, "[[test]]\nnorm = \"n\""), Err(CaseError::Test { test, .. }) if test == "1"));
    let unknown = "[[test]]\nname = \"t\"\nnorm = \"n\"\ncase = \"allowed\"\nbase = \"share\"\naction = \"a\"\nexpect = \"allowed\"\nset_ = 1";
    assert!(
        matches!(cases(FACTS, unknown), Err(CaseError::Test { test, message }) if test == "t" && message.contains("set_"))
    );
    assert_eq!(cases(FACTS, &format!("{one}\n{one}")).unwrap_err(), CaseError::Twice("t".to_owned()));
    let (facts, other): (FactsFile, FactsFile) = (toml::from_str(FACTS).unwrap(), toml::from_str(FACTS).unwrap());
    assert!(matches!(Cases::new("small", [facts, other], []), Err(CaseError::Twice(_))));
}
