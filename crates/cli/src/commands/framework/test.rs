//! `ordinance framework test`: the tests that packs bring along, and whether they would notice a weakened norm.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use model::{PolicyId, RequirementId};
use norms::cases::{Cases, FactsFile, Run, Tally, TestFile};
use norms::mutate::{Direction, Mutation, Survivor, mutate};
use serde::Serialize;
use standards::duty::{Duty, read_duties, run_duty_tests};
use standards::{Pack, Resolved};

use super::shelf::{Packs, standard};
use crate::args::framework::Test;
use crate::output::{Output, Status};

/// Where bases of facts stand in a pack.
const FACTS: &str = "tests/facts.toml";

#[derive(Serialize)]
struct Tested {
    pack: String,
    norm_tests: usize,
    duty_tests: usize,
    failures: Vec<String>,
    /// Requirements and duties that lack a case.
    untested: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mutation: Option<Mutation>,
}

pub(super) fn run(args: &Test, packs: &mut Packs, output: &Output) -> anyhow::Result<()> {
    let chosen: Vec<Arc<Pack>> = if args.packs.is_empty() {
        packs.all().map(Arc::clone).collect()
    } else {
        args.packs.iter().map(|name| packs.find(name)).collect::<anyhow::Result<_>>()?
    };
    let mut tested = Vec::new();
    for pack in chosen {
        let resolved = packs.resolve(&pack)?;
        tested.push(one(&pack, &resolved, args.mutate).with_context(|| format!("`{}`", pack.manifest.id))?);
    }
    let words: Vec<String> = tested.iter().map(in_words).collect();
    output.result(&tested, &words.join("\n"))?;
    let bad = |one: &&Tested| {
        !one.failures.is_empty()
            || !one.untested.is_empty()
            || one.mutation.as_ref().is_some_and(|mutation| mutation.survivors.iter().any(weakens))
    };
    match tested.iter().filter(bad).count() {
        0 => Ok(()),
        count => Err(Status::fails(format!("{count} of {} packs do not pass", tested.len())).into()),
    }
}

/// Whether a change that nobody noticed lets through more than before.
fn weakens(survivor: &Survivor) -> bool {
    survivor.direction != Direction::Stricter
}

fn in_words(tested: &Tested) -> String {
    let mut lines = vec![format!(
        "{:<28} {:>4} tests of norms, {:>3} of clocks, {} failed",
        tested.pack,
        tested.norm_tests,
        tested.duty_tests,
        tested.failures.len()
    )];
    lines.extend(tested.failures.iter().map(|failure| format!("  failed: {failure}")));
    lines.extend(tested.untested.iter().map(|untested| format!("  lacks: {untested}")));
    if let Some(mutation) = &tested.mutation {
        lines.push(format!("  {} changes of norms tried, {} noticed", mutation.tried, mutation.noticed));
        let survivors = mutation.survivors.iter();
        lines.extend(survivors.map(|one| format!("  unnoticed: {} — {} ({:?})", one.norm, one.change, one.direction)));
    }
    lines.join("\n")
}

/// The facts and tests of a stack: bases of all of it, tests of the pack itself.
fn cases(pack: &Pack, resolved: &Resolved) -> anyhow::Result<Cases> {
    let mut facts = Vec::new();
    for below in &resolved.packs {
        if let Some(text) = below.file(FACTS) {
            let read = toml::from_str::<FactsFile>(text);
            facts.push(read.map_err(|error| Status::bad_input(format!("{}/{FACTS}: {error}", below.manifest.id)))?);
        }
    }
    let mut tests = Vec::new();
    for (file, text) in pack.texts_under("tests/").filter(|(file, _)| *file != FACTS) {
        let bad = |error: String| Status::bad_input(format!("{}/{file}: {error}", pack.manifest.id));
        let read = toml::from_str::<TestFile>(text).map_err(|error| bad(error.to_string()))?;
        tests.extend(read.of_norms().map_err(|error| bad(error.to_string()))?);
    }
    Cases::new(&pack.manifest.id, facts, tests).map_err(|error| Status::bad_input(error.to_string()).into())
}

/// The requirements whose norms lack a case: each needs one allowed, one refused and one boundary.
fn lacking(pack: &Pack, run: &Run) -> Vec<String> {
    let mut sides: BTreeMap<&RequirementId, Tally> = BTreeMap::new();
    for norm in &pack.norms {
        let sum = sides.entry(&norm.requirement).or_default();
        let own = format!("{}/{}", pack.manifest.id, norm.id);
        if let Some(tally) = run.tallies.get(&PolicyId(own)) {
            sum.allowed += tally.allowed;
            sum.refused += tally.refused;
            sum.boundary += tally.boundary;
        }
    }
    let missing = sides.iter().map(|(requirement, tally)| (requirement, tally.missing()));
    missing.filter(|(_, missing)| !missing.is_empty()).map(|(id, missing)| format!("{id} {missing:?}")).collect()
}

/// Every duty of a stack with the values in force.
fn duties(resolved: &Resolved) -> anyhow::Result<Vec<Duty>> {
    let mut duties = Vec::new();
    for below in &resolved.packs {
        for (file, text) in below.texts_under("duties/") {
            let bad = |error: String| Status::bad_input(format!("{}/{file}: {error}", below.manifest.id));
            let read = read_duties(file, text)
                .map_err(|problems| bad(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))?;
            for duty in read.duties {
                let filled = duty.resolve(|id| resolved.values.get(id).cloned());
                duties.push(filled.map_err(|error| bad(error.to_string()))?);
            }
        }
    }
    Ok(duties)
}

fn one(pack: &Pack, resolved: &Resolved, mutated: bool) -> anyhow::Result<Tested> {
    let cases = cases(pack, resolved)?;
    let (mut failures, mut untested, mut norm_tests, mut mutation) = (Vec::new(), Vec::new(), 0, None);
    if !pack.norms.is_empty() {
        let standard = standard(resolved)?;
        let run = cases.run(&standard);
        norm_tests = run.outcomes.len();
        failures.extend(run.failures().map(|(outcome, fault)| format!("{}: {fault}", outcome.test)));
        untested.extend(lacking(pack, &run));
        if mutated && failures.is_empty() {
            mutation = Some(mutate(&cases, &standard)?);
        }
    }
    let duties = duties(resolved)?;
    let own = |duty: &&Duty| pack.requirements.contains_key(&duty.requirement);
    let mut duty_cases: BTreeMap<String, Vec<_>> =
        duties.iter().filter(own).map(|duty| (duty.id.to_string(), Vec::new())).collect();
    let mut duty_tests = 0;
    for (file, text) in pack.texts_under("tests/").filter(|(file, _)| *file != FACTS) {
        for outcome in run_duty_tests(&duties, file, text) {
            duty_tests += 1;
            match outcome.failure {
                Some(failure) => failures.push(format!("{}: {failure}", outcome.name)),
                None => duty_cases.entry(outcome.duty).or_default().extend(outcome.case),
            }
        }
    }
    let lacking = duty_cases
        .iter()
        .filter(|(_, cases)| cases.len() < 3)
        .map(|(duty, cases)| format!("{duty} has {} cases of three", cases.len()));
    untested.extend(lacking);
    Ok(Tested { pack: pack.manifest.id.clone(), norm_tests, duty_tests, failures, untested, mutation })
}
