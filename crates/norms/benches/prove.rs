//! How long it takes to prove a city of 1,000 permits at least as strict as the core, over every action and purpose.
//!
//! `cargo bench -p norms`; needs cvc5. The city writes none of its forbids as the core does, so that nothing can be left out
//! for being the same words; a second city has adopted the core as it is, and a third is lax in three ways.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures by the machine's clock")]
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot start has nothing to say")]

use std::time::Instant;

use model::Purpose;
use norms::proof::{City, Prover, Report, Source, Standard, Verdict};

const PERMITS: usize = 1_000;
/// The most that the first proof may take, in seconds.
const AIM_S: f64 = 10.0;

fn source(name: &str, cedar: String) -> Source {
    Source { name: name.to_owned(), cedar }
}

/// Permits by recipient, purpose and condition, after a few for acts and collection.
fn permits() -> String {
    let purposes: Vec<Purpose> =
        Purpose::all().filter(|purpose| Purpose::all().all(|other| other.parent() != Some(*purpose))).collect();
    let mut text = norms::city_permits_default().replace(
        "permit (principal, action in [Action::\"disclose\"]",
        "permit (principal == Party::\"mobility\", action in [Action::\"disclose\"]",
    );
    let written = text.matches("\npermit (").count();
    for (number, purpose) in (written..PERMITS).zip(purposes.iter().cycle()) {
        text += &format!(
            "@id(\"grant-{number}\") @reason(\"granted\")\npermit (principal == Party::\"recipient-{}\", action == Action::\"for:{}\", resource)\n\
             when {{ resource.granted && resource.minimum >= {} && context.oldestSeconds <= {} && resource.grantPurpose == \"{}\" }};\n",
            number % 211,
            purpose.code(),
            number % 37,
            86_400 * (1 + number % 400),
            purpose.code(),
        );
    }
    assert_eq!(text.matches("\npermit (").count(), PERMITS);
    text
}

fn measure(name: &str, city: &City, standard: &Standard, wanted: Verdict) -> (f64, Report) {
    let started = Instant::now();
    let report = Prover::found().prove(city, standard).unwrap();
    let took = started.elapsed().as_secs_f64();
    println!(
        "{name:<42} {took:>6.2} s  {:?}, {} actions, the solver was asked {} times",
        report.verdict,
        report.actions.len(),
        report.asked
    );
    assert_eq!(report.verdict, wanted, "{report}");
    (took, report)
}

fn main() {
    let core = testkit::core().cedar;
    let standard = Standard::read(&[source("test-core", core.clone())]).unwrap();
    let city = |forbids: String| City::read(&[source("norms", forbids), source("permits", permits())]).unwrap();
    // The same in other words: `unless { e }` is `when { !(e) }`.
    let other = core.replace("unless {", "when { !(").replace(" };", ") };");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!(
        "a city of {PERMITS} permits and {} forbids against {} norms, {cores} solvers at once",
        core.matches("\nforbid (").count(),
        standard.norms().count()
    );
    let (took, _) = measure("stricter, its forbids in other words", &city(other.clone()), &standard, Verdict::Stricter);
    println!("{} the aim of {AIM_S:.0} s", if took <= AIM_S { "within" } else { "beyond" });
    measure("stricter, the core adopted as it is", &city(core.clone()), &standard, Verdict::Stricter);
    let lax = other
        .replace("resource.minimum >= 10) }", "resource.minimum >= 9) }")
        .replace("7776000", "9999999")
        .replace("&& !resource.grantEnded", "");
    let (_, report) = measure("lax in three ways", &city(lax), &standard, Verdict::Fails);
    for (violation, actions) in report.violations() {
        println!("  {} in {} actions: {}", violation.norm.policy, actions.len(), violation.story);
    }
}
