//! How long it takes to resolve and compile a standard, and to prove a city of 1,000 permits at least as strict as the
//! core, over every action and purpose.
//!
//! `cargo bench -p norms`; needs cvc5. The city writes none of its forbids as the core does, so that nothing can be left out
//! for being the same words; a second city has adopted the core as it is, and a third is lax in three ways.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures by the machine's clock")]
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot start has nothing to say")]

use std::str::FromStr as _;
use std::time::Instant;

use model::Purpose;
use model::policy::PolicyText;
use norms::Bundle;
use norms::proof::{City, Prover, Report, Source, Standard, Verdict};
use standards::{Resolved, built_in, resolve};

const PERMITS: usize = 1_000;
/// How often a stack is resolved and compiled.
const ROUNDS: usize = 9;
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

/// A built-in pack with all it stands on.
fn resolved(name: &str) -> Resolved {
    let library = built_in().unwrap();
    resolve(&library.stack_of(library.find(name).unwrap()).unwrap(), None).unwrap()
}

/// How long a stack takes from packs to what decides, against Cedar's reading of the same text.
fn resolve_and_compile(name: &str) {
    let mut took = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        let mut step = |number: usize, started: Instant| took[number].push(started.elapsed().as_secs_f64() * 1e3);
        let started = Instant::now();
        let layers = resolved(name).policy_layers();
        step(0, started);
        let text: String = layers.iter().map(|layer| layer.cedar.as_str()).collect();
        let (permits, permits_owner) = (norms::city_permits_default().to_owned(), "city".parse().unwrap());
        let started = Instant::now();
        Bundle::assemble(&PolicyText { layers, permits, permits_owner }).unwrap();
        step(1, started);
        let started = Instant::now();
        cedar_policy::PolicySet::from_str(&text).unwrap();
        step(2, started);
    }
    let [resolve, compile, parse] = took.map(|mut took| {
        took.sort_by(f64::total_cmp);
        took[ROUNDS / 2]
    });
    println!(
        "{name}: resolved in {resolve:.1} ms, compiled in {compile:.1} ms; Cedar alone reads the text in {parse:.1} ms: {:.1} times",
        (resolve + compile) / parse
    );
}

fn main() {
    resolve_and_compile("global-core");
    resolve_and_compile("amsterdam");
    let core: String = resolved("global-core").layers.iter().map(|layer| layer.cedar()).collect();
    let standard = Standard::read(&[source("global-core", core.clone())]).unwrap();
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
        .replace("resource.minimum >= 10)", "resource.minimum >= 9)")
        .replace("context.oldestSeconds <= 7776000", "context.oldestSeconds <= 9999999")
        .replace("!(!resource.grantEnded)", "!(true)");
    let (_, report) = measure("lax in three ways", &city(lax), &standard, Verdict::Fails);
    for (violation, actions) in report.violations() {
        println!("  {} in {} actions: {}", violation.norm.policy, actions.len(), violation.story);
    }
}
