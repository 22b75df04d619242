//! Bad packs, each with the one problem that it has; and anything at all, which never breaks the reader.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::pack::{Files, Pack};
use crate::testing::{Source, shown};

const REQUIREMENT: &str = "requirements/core-01.md";
const NORMS: &str = "norms/all.cedar";

fn core() -> Source {
    Source::standard("core")
}

/// Asserts that exactly one problem is found, with this code and line.
fn one(source: Source, code: &str, file: &str, line: impl Into<Option<usize>>) {
    let problems = source.parse().err().unwrap_or_default();
    let [problem] = problems.as_slice() else { panic!("{code}: {}", shown(&problems)) };
    assert_eq!((problem.code, problem.file.as_str(), problem.line), (code, file, line.into()), "{problem}");
    assert!(!problem.help.is_empty(), "{problem} says not what to do");
}

#[test]
fn a_good_pack_reads_whole() {
    let pack = core().pack();
    assert_eq!(pack.manifest.id, "core");
    let (id, requirement) = pack.requirements.first_key_value().unwrap();
    assert_eq!((id.0.as_str(), requirement.body.as_str()), ("core-01", "Why: so."));
    assert_eq!(pack.norms.len(), 1);
    assert_eq!(pack.place_of(id), Some((REQUIREMENT, 2)));
    assert_eq!(pack.texts_under("norms/").count(), 1);
}

#[test]
fn the_manifest_is_checked() {
    one(Source { files: BTreeMap::new() }, "no-manifest", "pack.toml", None);
    let cases = [
        ("id = \"core\"", "id = \"The Core\"", "bad-id", 1),
        ("urn:test:core", "http://test", "bad-urn", 2),
        ("\"0.1.0\"", "\"1\"", "bad-version", 3),
        ("title = \"Test\"", "title = \" \"", "empty", 4),
        ("\"standard\"", "\"law\"", "unknown-word", 6),
        ("\"global\"", "\"world\"", "unknown-word", 7),
        ("locale = \"en\"", "locale = \"english language\"", "bad-locale", 9),
        ("locales = [\"en\"]", "locales = [\"de\"]", "bad-locale", 10),
        ("based_on = []", "based_on = [\"urn:test:other\"]", "bad-reference", 12),
        ("based_on = []", "based_on = [\"urn:test:other@1.0.0\"]", "standard-on-others", 12),
        ("based_on = []", "colour = \"blue\"", "unknown-key", 12),
        ("based_on = []", "set = { a = 1 }", "standard-on-others", 1),
        ("owner = \"Tests\"", "owner = \"a\u{7}\"", "syntax", 5),
    ];
    for (from, to, code, line) in cases {
        one(core().but("pack.toml", from, to), code, "pack.toml", line);
    }
    let profile = |bases: &[&str]| Source::profile("eu", "supranational", bases);
    one(profile(&[]), "profile-on-nothing", "pack.toml", 1);
    one(profile(&["eu"]), "cyclic-profile", "pack.toml", 12);
    one(profile(&["a", "a"]), "twice", "pack.toml", 12);
    one(core().but("pack.toml", "title = \"Test\"\n", ""), "missing-key", "pack.toml", 1);
}

#[test]
fn a_requirement_is_checked() {
    let cases = [
        ("[[source]]\ntext = \"A law\"\nsure = \"read\"\n", "", "missing-source", 2),
        ("sure = \"read\"", "sure = \"guessed\"", "unknown-word", 13),
        ("sure = \"read\"", "sure = \"read\"\nurl = \"here\"", "bad-url", 14),
        ("status = \"in-force\"", "status = \"adopted\"", "adopted-without-date", 8),
        ("status = \"in-force\"", "status = \"in-force\"\napplies_from = \"2026-02-30\"", "bad-date", 9),
        (
            "status = \"in-force\"",
            "applies_to = \"2026-01-01\"\nstatus = \"in-force\"\napplies_from = \"2026-01-01\"",
            "dates-reversed",
            8,
        ),
        ("kind = \"release\"", "kind = \"releases\"", "unknown-word", 6),
        ("on_failure = \"deny\"", "on_failure = \"deny\"\nevidence = [\"A B\"]", "bad-id", 11),
        (
            "on_failure = \"deny\"",
            "on_failure = \"deny\"\napplies = { categories = [\"faces\"] }",
            "unknown-category",
            11,
        ),
        ("id = \"core-01\"", "id = \"1-core\"", "bad-id", 2),
        ("title =", "titel = \"x\"\ntitle =", "unknown-key", 3),
        ("+++\nid", "++\nid", "no-front-matter", 1),
        (
            "[parameters.minimum-count]\n",
            "[parameters.spare]\nvalue = 1\nkind = \"count\"\nstricter = \"lower\"\n[parameters.minimum-count]\n",
            "unused-parameter",
            14,
        ),
        ("privacy", "fairness", "unknown-principle", 7),
        ("{ $minimum-count }", "{ $minimum-count", "bad-fluent", 5),
        ("{ $minimum-count }", "{ $minimum-count } in { $place }", "unknown-parameter", 5),
        ("{ $minimum-count }", "{ $minimum-count-days }", "bad-fluent", 5),
    ];
    for (from, to, code, line) in cases {
        one(core().but(REQUIREMENT, from, to), code, REQUIREMENT, line);
    }
}

#[test]
fn norms_and_requirements_belong_together() {
    one(core().but(NORMS, "@requirement(\"core-01\")\n", ""), "norm-without-requirement", NORMS, 1);
    let other = core().and(NORMS, &Source::norm("other", "core-99", "true"));
    one(other, "unknown-requirement", NORMS, 5);
    let twice = core().and(NORMS, &Source::norm("minimum-count", "core-01", "true"));
    one(twice, "duplicate-id", NORMS, 5);
    one(core().and(NORMS, &Source::norm("b", "core-01", "1 < ${most}")), "unknown-parameter", NORMS, 5);
    one(core().and(NORMS, &Source::norm("b", "core-01", "1 < ${minimum-count.days}")), "unknown-parameter", NORMS, 5);
    one(
        core().with("requirements/core-02.md", &Source::requirement("core-02", "So.")),
        "not-executed",
        "requirements/core-02.md",
        2,
    );
    let empty = |stricter| {
        let set = format!("value = []\nkind = \"set\"\nstricter = \"{stricter}\"");
        core().but(REQUIREMENT, "value = 10\nkind = \"count\"\nstricter = \"higher\"", &set)
    };
    assert!(empty("smaller").parse().is_ok());
    one(empty("larger"), "unknown-parameter", NORMS, 1);
    let both = Source::text_only("core-02");
    let both = core().with("requirements/core-02.md", &both).and(NORMS, &Source::norm("b", "core-02", "true"));
    one(both, "executed-after-all", "requirements/core-02.md", 10);
    let copied = core().files.remove(REQUIREMENT).unwrap();
    one(core().with("requirements/z.md", &copied), "duplicate-id", "requirements/z.md", 2);
    let again = Source::text_only("core-02").replace(
        "+++\n\nWhy",
        "[parameters.minimum-count]\nvalue = 1\nkind = \"count\"\nstricter = \"higher\"\n+++\n\nWhy",
    );
    one(core().with("requirements/core-02.md", &again), "duplicate-id", "requirements/core-02.md", 14);
}

#[test]
fn a_duty_executes_and_its_names_are_checked() {
    let (file, duty) = ("duties/all.toml", Source::duty("report", "core-02"));
    let two = core().with("requirements/core-02.md", &Source::requirement("core-02", "So."));
    let good = two.clone().with(file, &duty).pack();
    assert_eq!(good.duties.iter().map(|duty| duty.id.as_str()).collect::<Vec<_>>(), ["report"]);
    assert_eq!(good.place_of_duty("report"), Some((file, 2)));
    let quiet = two.clone().with(file, &duty.replace("\"escalate\"", "\"${quiet}\""));
    one(quiet, "unknown-parameter", file, 8);
    one(two.clone().with(file, &format!("{duty}{duty}")), "duplicate-id", file, 10);
    let other = two.clone().with("duties/a.toml", &duty);
    one(other.with(file, &duty), "duplicate-id", file, 2);
    one(core().with(file, &duty), "unknown-requirement", file, 2);
    let keep = "[[keep]]\nid = \"log\"\nrequirement = \"core-01\"\ndata = \"number-plate\"\n";
    let kept = core().with("duties/keep.toml", &format!("{keep}at_least = \"1y\"\n")).pack();
    assert_eq!(kept.keeps.iter().map(|keep| keep.period.to_string()).collect::<Vec<_>>(), ["1y"]);
    one(core().with("duties/keep.toml", keep), "bad-keep", "duties/keep.toml", 1);
    let nowhere = format!("{keep}at_most = \"1y\"\n").replace("core-01", "core-09");
    one(core().with("duties/keep.toml", &nowhere), "unknown-requirement", "duties/keep.toml", 2);
}

#[test]
fn every_problem_of_every_file_of_duties_is_found_at_once() {
    let bad = |id: &str| {
        Source::duty(id, "core-01").replace("12mo", "12m").replace("founded", "begun").replace("about", "abuot")
    };
    let source = core().with("duties/a.toml", &bad("a")).with("duties/b.toml", &bad("b"));
    let problems = source.parse().err().unwrap();
    let found: Vec<_> = problems.iter().map(|one| (one.file.as_str(), one.line.unwrap_or(0), one.code)).collect();
    let of = |file| [(file, 4, "unknown-key"), (file, 5, "unknown-moment"), (file, 6, "bad-period")];
    assert_eq!(found, [of("duties/a.toml"), of("duties/b.toml")].concat(), "{}", shown(&problems));
}

#[test]
fn translations_are_complete_and_fresh() {
    let german = core().but("pack.toml", "locales = [\"en\"]", "locales = [\"en\", \"de\"]");
    let text = "core-01 = Eine Zahl steht für { $minimum-count ->\n    [one] einen Menschen\n   *[other] { $minimum-count } Menschen\n}.\n    .title = Zahl\n";
    let file = "i18n/de.ftl";
    assert!(german.clone().with(file, text).parse().is_ok());
    one(german.clone(), "missing-translation", "pack.toml", None);
    one(german.clone().with(file, "# leer\n"), "missing-translation", file, None);
    one(german.clone().with(file, "core-01 = Zehn { $minimum-count }.\n"), "missing-translation", file, 1);
    one(german.clone().with(file, "core-01 = Zehn.\n    .title = Zahl\n"), "stale-translation", file, 1);
    one(german.clone().with(file, &format!("{text}core-09 = Alt\n")), "stale-translation", file, 6);
    one(
        german.clone().with(file, &format!("{text}principle-privacy = Datenschutz\nprinciple-x = Y\n")),
        "stale-translation",
        file,
        7,
    );
    one(german.with(file, &format!("{text}x\n")), "bad-fluent", file, 6);
    one(core().with(file, text), "stale-translation", file, None);
    one(core().with("i18n/en.ftl", text), "stale-translation", "i18n/en.ftl", None);
}

#[test]
fn deep_nesting_is_one_error_wherever_it_stands() {
    let deep = format!("a = {}", "[".repeat(50_000));
    one(core().with("tests/deep.toml", &deep), "deep-nesting", "tests/deep.toml", 1);
    one(core().with("pack.toml", &deep), "deep-nesting", "pack.toml", 1);
    one(core().with("duties/deep.toml", &format!("[{}a]", "a.".repeat(20_000))), "deep-nesting", "duties/deep.toml", 1);
    let braces = core().but(REQUIREMENT, "{ $minimum-count }", &"{".repeat(3_000));
    one(braces, "bad-fluent", REQUIREMENT, 5);
}

#[test]
fn every_problem_of_a_stage_is_found_at_once() {
    let bad = core()
        .but("pack.toml", "\"global\"", "\"world\"")
        .but(REQUIREMENT, "sure = \"read\"", "sure = \"guessed\"\nurl = \"here\"")
        .but(REQUIREMENT, "\"in-force\"", "\"adopted\"")
        .but(NORMS, "@id(\"minimum-count\")", "");
    let problems = bad.parse().err().unwrap();
    let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
    let expected = ["norm-without-id", "unknown-word", "adopted-without-date", "unknown-word", "bad-url"];
    assert_eq!(codes, expected, "{}", shown(&problems));
}

/// Bytes that look a little like what belongs there.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        "([a-z]{1,5} = |\\[\\[?[a-z]{1,4}\\]?\\]|\"|'''|\\$\\{|\\}|@id\\(|\\+\\+\\+|\n|forbid |;|\\{|\\(|#|//|[0-9]|é|    \\.)*".prop_map(String::into_bytes),
    ]
}

proptest! {
    #[test]
    fn anything_in_any_file_is_read_without_panic(noise in noise(), at in 0_usize..7) {
        let path = ["pack.toml", REQUIREMENT, NORMS, "duties/a.toml", "instruments/a.toml", "i18n/de.ftl", "tests/a.toml"][at];
        let mut files: BTreeMap<String, Vec<u8>> =
            core().files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
        files.insert(path.to_owned(), noise);
        let problems = Files::new(files).and_then(Pack::parse).err().unwrap_or_default();
        prop_assert!(problems.len() <= crate::diagnostic::PROBLEMS_MAX);
        prop_assert!(problems.iter().all(|problem| problem.to_string().len() < 4_096));
    }

    #[test]
    fn a_good_file_broken_anywhere_is_read_without_panic(cut in 0_usize..600, byte in any::<u8>(), which in 0_usize..3) {
        let mut files: BTreeMap<String, Vec<u8>> =
            core().files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
        let bytes = files.values_mut().nth(which).unwrap();
        let at = cut % bytes.len();
        bytes[at] = byte;
        let _ = Files::new(files.clone()).and_then(Pack::parse);
        files.values_mut().nth(which).unwrap().truncate(at);
        let _ = Files::new(files).and_then(Pack::parse);
    }
}
