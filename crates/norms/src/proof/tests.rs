//! What is proved of strict, equal, lax and empty cities, and what is said where nothing can be proved.

use std::collections::BTreeSet;

use super::*;
use crate::{Bundle, BundleError};

fn source(name: &str, cedar: &str) -> Source {
    Source { name: name.to_owned(), cedar: cedar.to_owned() }
}

fn core() -> Standard {
    standard(&core_text())
}

fn core_text() -> String {
    testkit::core().cedar
}

fn standard(cedar: &str) -> Standard {
    Standard::read(&[source("test-core", cedar)]).unwrap()
}

/// What a new city adopts.
fn adopted() -> model::policy::PolicyText {
    model::policy::PolicyText {
        layers: vec![testkit::core()],
        permits: crate::city_permits_default().to_owned(),
        permits_owner: "city".parse().unwrap(),
    }
}

fn city(cedar: &str) -> City {
    City::read(&[source("city", cedar)]).unwrap()
}

/// The city that Ordinance begins with, under the core with something in it replaced.
fn city_with(from: &str, to: &str) -> City {
    let text = core_text();
    assert_eq!(text.matches(from).count(), 1, "`{from}` once");
    city(&(text.replace(from, to) + crate::city_permits_default()))
}

/// The text of one norm of the core.
fn norm(id: &str) -> String {
    let text = core_text();
    let start = text.find(&format!("@id(\"{id}\")")).unwrap();
    let end = start + text[start..].find("};").unwrap() + 2;
    text[start..end].to_owned()
}

fn only(actions: &[&str]) -> Prover {
    Prover { only: actions.iter().map(|action| (*action).to_owned()).collect(), ..Prover::found() }
}

#[test]
fn a_city_under_the_core_is_stricter_and_the_whole_schema_is_looked_at() {
    let report = Prover::found().prove(&City::of(&adopted()).unwrap(), &core()).unwrap();
    assert_eq!(report.verdict, Verdict::Stricter, "{report}");
    assert_eq!(report.verdict.holds(), Some(true));
    let environments = environments();
    // What may stand in the register is asked without permits, so a city has none for it.
    let stands = environments.iter().filter(|env| env.action().id().unescaped() == "stand").count();
    assert_eq!((stands, report.actions.len()), (3, environments.len() - stands));
    assert!(environments.len() > 25);
    assert!(report.actions.iter().all(|action| action.permits == Permits::Something), "{report}");
    let action = |name: &str| report.actions.iter().find(|action| action.action == name).unwrap();
    // What `recipients-of-grants` asks for is what `grant-in-force` demands.
    assert_eq!(action("for:traffic-management").relation, Relation::Equal);
    let Relation::Stricter { example } = &action("approve").relation else { panic!("{report}") };
    assert!(example.to_string().contains("no permit covers it"), "{example}");
    assert!(example.refused_by.is_empty() && example.allowed_by.is_empty());
}

#[test]
fn a_city_that_writes_the_core_in_other_words_is_equal() {
    // Other names, other order, other spelling, and the actions of `disclose` one by one.
    let purposes: Vec<String> =
        environments().iter().map(|env| env.action().to_string()).filter(|action| action.contains("for:")).collect();
    let text = core_text()
        .replace("@id(\"", "@id(\"our-")
        .replace("resource.minimum >= 10", "!(resource.minimum < 10)")
        .replace("resource.outcome != \"unacceptable\"", "!(resource.outcome == \"unacceptable\")")
        .replace("Action::\"disclose\"]", &format!("{}]", purposes.join(", ")));
    let report = Prover::found().prove(&city(&(text + "permit (principal, action, resource);")), &core()).unwrap();
    assert_eq!(report.verdict, Verdict::Equal, "{report}");
}

#[test]
fn twelve_lax_cities_are_caught_each_with_its_norm_and_its_story() {
    let gone = |id: &'static str| (norm(id), String::new());
    let moved = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    let minimum = norm("minimum-count");
    let age = norm("age-tier");
    let lax: [(&str, &[&str], (String, String)); 12] = [
        ("approval-expires", &["approve"], moved("context.spanDays <= 1826", "context.spanDays <= 3653")),
        (
            "independent-approval",
            &["approve"],
            (
                norm("independent-approval"),
                norm("independent-approval").replace("principal != resource.proposer && ", ""),
            ),
        ),
        ("minimum-count", &["declare-view", "for:maintenance"], (minimum.clone(), minimum.replace(">= 10", ">= 9"))),
        ("no-biometrics", &["propose", "collect"], gone("no-biometrics")),
        ("short-retention", &["collect"], moved("<= 2592000", "<= 5184000")),
        ("daily-keys", &["collect"], moved("<= 86400", "<= 604800")),
        (
            "not-for-advertising",
            &["agree-grant", "for:advertising"],
            moved(
                "resource.purpose != \"advertising\"",
                "resource.purpose != \"advertising\" || resource.minimum >= 100",
            ),
        ),
        ("police-under-order", &["for:crime-investigation"], gone("police-under-order")),
        ("age-tier", &["for:crime-investigation"], (age.clone(), age.replace("7776000", "63072000"))),
        ("quarter-hours", &["declare-view"], moved("resource.binSeconds >= 900", "resource.binSeconds >= 300")),
        ("declared-purpose", &["for:public-transport-planning"], gone("declared-purpose")),
        (
            "grant-in-force",
            &["for:street-design"],
            moved("resource.granted && !resource.grantEnded &&", "resource.granted &&"),
        ),
    ];
    let standard = core();
    for (id, actions, (from, to)) in lax {
        let city = city_with(&from, &to);
        let report = only(actions).prove(&city, &standard).unwrap();
        assert_eq!(report.verdict, Verdict::Fails, "{id}: {report}");
        let violations = report.violations();
        let broken: BTreeSet<&str> = violations.iter().map(|(violation, _)| violation.norm.policy.0.as_str()).collect();
        assert_eq!(broken, BTreeSet::from([format!("test-core/{id}").as_str()]), "{report}");
        let (violation, found) = &violations[0];
        assert_eq!(
            BTreeSet::from_iter(found.iter().copied()),
            BTreeSet::from_iter(actions.iter().copied()),
            "{report}"
        );
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!((&json["verdict"], &json["actions"][0]["relation"]["is"]), (&"fails".into(), &"fails".into()));
        let story = violation.story.to_string();
        assert!((2..=4).contains(&violation.story.sentences.len()), "{story}");
        assert!(story.contains(&violation.norm.reason[..violation.norm.reason.len() - 1]), "{story}");
        assert!(story.contains(&format!("`test-core/{id}` (core-")), "{story}");
        assert!(violation.story.allowed_by.iter().all(|permit| story.contains(&permit.policy.0)), "{story}");
        assert!(!violation.story.allowed_by.is_empty());
        // The story is a regression test by itself: read back, the city allows it and the norm alone refuses it.
        let question = Question::from_json(&violation.story.question).unwrap();
        assert!(Part::of(Side::from(&city), &env_of(&question)).hear(&question).allowed, "{story}");
        let said = question.ask(standard.under_permit_all());
        assert!(!said.allowed && said.by.contains(&format!("test-core/{id}")), "{story}");
    }
}

fn env_of(question: &Question) -> RequestEnv {
    environments().into_iter().find(|env| *env.action() == question.action).unwrap()
}

#[test]
fn a_city_that_permits_nothing_conforms_to_nothing() {
    let nothing = [
        String::new(),
        // Permits that their own conditions or forbids make empty are nothing, too.
        r#"permit (principal, action, resource) when { principal.kind == "a" && principal.kind == "b" };"#.to_owned(),
        core_text() + "permit (principal, action, resource); forbid (principal, action, resource);",
        // Nobody asks for a purpose under the name of another.
        r#"permit (principal, action == Action::"for:maintenance", resource) when { resource.purpose == "advertising" };"#
            .to_owned(),
    ];
    for text in nothing {
        let report = only(&["for:maintenance", "collect", "approve"]).prove(&city(&text), &core()).unwrap();
        assert_eq!(report.verdict, Verdict::Vacuous, "{text}: {report}");
        assert_eq!(report.verdict.holds(), Some(false));
        assert_eq!(report.silent().count(), 3);
        assert!(report.to_string().starts_with("It permits nothing at all"), "{report}");
    }
    // One that permits something names where it permits nothing.
    let some = r#"permit (principal, action == Action::"suspend", resource);"#;
    let report = only(&["suspend", "collect"]).prove(&city(some), &core()).unwrap();
    assert_eq!(report.verdict, Verdict::Stricter);
    assert!(report.to_string().ends_with("nothing is ever permitted in: collect"), "{report}");
}

#[test]
fn a_stricter_standard_stands_to_a_laxer_one_as_a_profile_to_its_core() {
    let profile = standard(&core_text().replace("resource.minimum >= 10", "resource.minimum >= 20"));
    let prover = only(&["declare-view", "approve", "for:maintenance"]);
    let report = prover.prove(&profile, &core()).unwrap();
    assert_eq!(report.verdict, Verdict::Stricter, "{report}");
    let back = prover.prove(&core(), &profile).unwrap();
    assert_eq!(back.verdict, Verdict::Fails, "{back}");
    let story = back.violations()[0].0.story.to_string();
    assert!(story.contains("No norm of the side under test stands against it"), "{story}");
    assert!(!format!("{back:?}").contains(sides::CEILING), "the permit-all has no name in a report");
    assert_eq!(prover.prove(&core(), &core()).unwrap().verdict, Verdict::Equal);
}

#[test]
fn a_norm_that_can_err_is_refused_and_the_case_is_told() {
    let overflow = r#"@id("sum") @requirement("x-01") forbid (principal, action == Action::"declare-view", resource)
        unless { resource.minimum * 1000000000000 + resource.binSeconds >= 900 };"#;
    let standard = standard(&(core_text() + overflow));
    let error = only(&["declare-view"]).prove(&city("permit (principal, action, resource);"), &standard).unwrap_err();
    let ProofError::NormsErr(norms) = &error else { panic!("{error}") };
    assert_eq!(norms.iter().map(|(norm, _)| norm.0.as_str()).collect::<Vec<_>>(), ["test-core/sum"]);
    assert!(error.to_string().contains("`test-core/sum` can err"), "{error}");
    assert!(error.to_string().contains("people behind a number"), "{error}");
    let question = Question::from_json(&norms[0].1.question).unwrap();
    assert_eq!(question.ask(standard.under_permit_all()).erring, ["test-core/sum"]);
    let findings = only(&["declare-view"]).check_standard(&standard).unwrap();
    assert!(
        matches!(&findings[..], [Finding::CanErr { policy, .. }] if policy.policy.0 == "test-core/sum"),
        "{findings:?}"
    );
}

#[test]
fn a_city_whose_policy_errs_is_not_called_lax_for_what_it_refuses() {
    // Cedar skips the erring forbid and would allow; Ordinance refuses, and the report says why it cannot tell.
    let text = core_text()
        + r#"@id("p") permit (principal, action == Action::"suspend", resource);
             @id("f") forbid (principal, action == Action::"suspend", resource) unless { resource.lifetimeDays * 4000000000000000000 < 0 };"#;
    let never = r#"@id("n") @requirement("x-01") forbid (principal, action == Action::"suspend", resource);"#;
    let report = only(&["suspend"]).prove(&city(&text), &standard(never)).unwrap();
    assert_eq!(report.verdict, Verdict::Unknown, "{report}");
    assert_eq!(report.verdict.holds(), None);
    assert!(report.to_string().contains("`city/f` can err"), "{report}");
}

#[test]
fn norms_that_do_nothing_and_permits_that_never_apply_are_found() {
    let text = core_text()
        + r#"@id("idle") @requirement("x-01") forbid (principal, action == Action::"approve", resource) unless { context.spanDays >= 0 };
             @id("contrary") @requirement("x-02") forbid (principal, action == Action::"approve", resource)
             unless { resource.outcome == "a" || resource.outcome != "a" };"#;
    let findings = only(&["approve", "publish", "suspend"]).check_standard(&standard(&text)).unwrap();
    let idle: Vec<&str> = findings
        .iter()
        .filter(|finding| matches!(finding, Finding::NeverForbids { .. }))
        .map(|finding| finding.policy().0.as_str())
        .collect();
    assert_eq!(idle, ["test-core/idle", "test-core/contrary"], "{findings:?}");
    assert_eq!(findings.len(), 2, "{findings:?}");

    let far = r#"@id("far") @requirement("x-01") forbid (principal, action == Action::"approve", resource) unless { resource.accountable.kind == "officer" };"#;
    let findings = only(&["approve"]).check_standard(&standard(far)).unwrap();
    assert!(
        matches!(&findings[..], [Finding::ReachesTooFar { fact, .. }] if fact == r#"resource["accountable"]["kind"]"#),
        "{findings:?}"
    );

    let text = core_text()
        + r#"@id("dead") permit (principal, action == Action::"approve", resource) when { principal.kind == "king" };
             @id("shadowed") permit (principal, action == Action::"approve", resource) when { resource.outcome == "unacceptable" };
             @id("alive") permit (principal, action == Action::"approve", resource) when { principal.kind == "officer" };"#;
    let findings = only(&["approve"]).check_city(&city(&text)).unwrap();
    assert!(
        matches!(&findings[..], [Finding::NeverPermits { policy: dead }, Finding::Overruled { policy: shadowed }]
            if dead.policy.0 == "city/dead" && shadowed.policy.0 == "city/shadowed"),
        "{findings:?}"
    );
}

#[test]
fn a_change_is_told_both_ways_with_an_example_each() {
    let prover = only(&["approve", "declare-view", "suspend", "publish"]);
    let before = city(&(core_text() + crate::city_permits_default()));
    assert_eq!(prover.diff(&before, &before).unwrap(), Difference { changes: Vec::new(), unchanged: 4 });
    let after = core_text()
        .replace("context.spanDays <= 1826", "context.spanDays <= 3653")
        .replace("resource.minimum >= 10) };", "resource.minimum >= 12) };")
        + &crate::city_permits_default().replace(
            "Action::\"suspend\", Action::\"end\"], resource)\nwhen { principal == resource.accountable };",
            "Action::\"end\"], resource)\nwhen { principal == resource.accountable };",
        );
    let difference = prover.diff(&before, &city(&after)).unwrap();
    assert_eq!(difference.unchanged, 1, "{difference}");
    assert_eq!(difference.only_stricter(), Some(false));
    let [approve, view, suspend] = &difference.changes[..] else { panic!("{difference}") };
    let example = |heading: &Heading| match heading {
        Heading::Something { example } => example.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!((approve.action.as_str(), &approve.newly_refused), ("approve", &Heading::Nothing));
    let story = example(&approve.newly_allowed);
    assert!(story.contains("Before, the norm `city/approval-expires`"), "{story}");
    assert!(story.contains("Now the permit `city/officers-decide` allows it."), "{story}");
    assert_eq!((view.action.as_str(), &view.newly_allowed), ("declare-view", &Heading::Nothing));
    assert!(example(&view.newly_refused).contains("Now the norm `city/minimum-count`"));
    assert_eq!((suspend.action.as_str(), &suspend.newly_allowed), ("suspend", &Heading::Nothing));
    let story = example(&suspend.newly_refused);
    assert!(story.contains("Before, the permit `city/accountable-run` allows it. Now nothing permits it."), "{story}");
    assert_eq!(prover.diff(&city(&after), &before).unwrap().changes.len(), 3);
}

#[test]
fn without_a_solver_the_error_says_how_to_get_one() {
    let city = city("permit (principal, action, resource);");
    let error = Prover::found().program("/nowhere/cvc5").prove(&city, &core()).unwrap_err();
    assert!(matches!(&error, ProofError::NoSolver { program } if program == "/nowhere/cvc5"), "{error}");
    for word in ["`/nowhere/cvc5`", "apt-get install cvc5", "pip install cvc5==1.3.1", "CVC5"] {
        assert!(error.to_string().contains(word), "{error}");
    }
    // What is there and is no solver proves nothing, either.
    for program in ["cat", "true", "false"] {
        let error = Prover::found().program(program).diff(&city, &city).unwrap_err();
        assert!(matches!(&error, ProofError::Solver { .. }), "{program}: {error}");
    }
}

#[test]
fn what_is_not_found_within_the_limit_is_unknown_and_never_proved() {
    // A millisecond is too short for some of these; whatever is answered in time is answered right.
    let lax = city_with("resource.minimum >= 10) };", "resource.minimum >= 9) };");
    let report = only(&["declare-view", "approve"]).limit(Duration::from_millis(1)).prove(&lax, &core()).unwrap();
    let view = report.actions.iter().find(|action| action.action == "declare-view").unwrap();
    assert!(matches!(view.relation, Relation::Fails { .. } | Relation::Unknown { .. }), "{report}");
    assert_ne!(report.verdict.holds(), Some(true), "{report}");
}

#[test]
fn a_ceiling_never_becomes_a_bundle() {
    // There is no way from a side back to text; written out by hand, the permit-all is refused.
    let text = model::policy::PolicyText {
        layers: vec![testkit::core()],
        permits: r#"@id("ceiling") @reason("x") permit (principal, action, resource);"#.to_owned(),
        permits_owner: "city".parse().unwrap(),
    };
    assert!(matches!(Bundle::assemble(&text), Err(BundleError::PermitAll(_))));
    assert!(matches!(
        Standard::read(&[source("s", r#"@id("x") @requirement("y") permit (principal, action, resource);"#)]),
        Err(SideError::Permit(_))
    ));
}

#[test]
fn texts_that_are_no_side_are_refused_with_the_reason() {
    let city = |cedar: &str| City::read(&[source("a.cedar", cedar)]).map(drop).unwrap_err();
    assert!(matches!(city("permit (prin"), SideError::Syntax { source_name, .. } if source_name == "a.cedar"));
    assert!(matches!(city("permit (principal == ?principal, action, resource);"), SideError::Template(_)));
    let twice = r#"@id("x") permit (principal, action, resource); @id("x") forbid (principal, action, resource);"#;
    assert!(matches!(city(twice), SideError::Twice(name) if name.0 == "a.cedar/x"));
    let unknown = "permit (principal, action, resource) when { resource.colour == 1 };";
    assert!(matches!(city(unknown), SideError::Invalid(message) if message.contains("colour")));
    assert!(matches!(city(&" ".repeat(SIDE_BYTES_MAX + 1)), SideError::TooLarge(_)));
    let deep =
        format!("permit (principal, action, resource) when {{ {}true{} }};", "(".repeat(50_000), ")".repeat(50_000));
    assert!(matches!(city(&deep), SideError::Syntax { .. }));
    let standard = |cedar: &str| Standard::read(&[source("s", cedar)]).map(drop).unwrap_err();
    assert!(matches!(
        standard("forbid (principal, action, resource);"),
        SideError::Annotation { annotation: "id", .. }
    ));
    assert!(matches!(
        standard(r#"@id("x") forbid (principal, action, resource);"#),
        SideError::Annotation { annotation: "requirement", .. }
    ));
    assert_eq!(standard("// nothing"), SideError::Empty);
    // Without an `@id`, a city's policy is called by its place.
    let named = City::read(&[source("b", "permit (principal, action, resource);")]).unwrap();
    assert_eq!((named.len(), named.is_empty()), (1, false));
    let report = only(&["collect"]).prove(&named, &core()).unwrap();
    assert!(report.to_string().contains("`b/policy-1`"), "{report}");
}

#[test]
fn the_words_of_requirements_are_what_stories_quote() {
    let words = |id: &model::RequirementId| (id.0 == "core-04").then(|| "Five years are the most.".to_owned());
    let standard = core().with_reasons(words);
    let city = city_with("context.spanDays <= 1826", "context.spanDays <= 1827");
    let report = only(&["approve"]).prove(&city, &standard).unwrap();
    assert!(report.to_string().contains("“Five years are the most”"), "{report}");
    assert!(report.to_string().contains("1827 days"), "{report}");
}

#[test]
fn of_two_norms_the_stricter_follows_and_norms_apart_are_not_told() {
    let norm = |id: &str, requirement: &str, action: &str, unless: &str| {
        format!(
            "@id(\"{id}\") @requirement(\"{requirement}\") @reason(\"R.\")\n\
             forbid (principal, action in [{action}], resource) unless {{ {unless} }};\n"
        )
    };
    let (disclose, both) = ("Action::\"disclose\"", "Action::\"disclose\", Action::\"agree-grant\"");
    let left = norm("twenty", "own-1", disclose, "resource.minimum >= 20")
        + &norm("also-agreed", "own-2", both, "resource.minimum >= 10")
        + &norm("granted", "own-3", disclose, "resource.granted");
    let right = norm("ten", "core-1", disclose, "resource.minimum >= 10")
        + &norm("ten-again", "core-2", disclose, "!(resource.minimum < 10)")
        + &norm("other", "core-3", disclose, "resource.identifiers <= 1");
    let pairs = Prover::found().relations(&standard(&left), &standard(&right)).unwrap();
    let told: Vec<_> = pairs
        .iter()
        .map(|pair| {
            let name = |cited: &Cited| cited.policy.0.replace("test-core/", "");
            let proved = |within: &Within| *within == Within::Proved;
            (name(&pair.left), name(&pair.right), proved(&pair.left_within_right), proved(&pair.right_within_left))
        })
        .collect();
    let pair = |left: &str, right: &str, stricter, laxer| (left.to_owned(), right.to_owned(), stricter, laxer);
    assert_eq!(
        told,
        [
            pair("twenty", "ten", true, false),
            pair("twenty", "ten-again", true, false),
            pair("also-agreed", "ten", true, false),
            pair("also-agreed", "ten-again", true, false),
        ]
    );
    let same = Prover::found().relations(&standard(&right), &standard(&right)).unwrap();
    assert_eq!(same.iter().filter(|pair| pair.left_within_right == Within::Proved).count(), 5, "{same:#?}");
}
