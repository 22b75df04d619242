//! Assessing a city: every requirement of a standard held against the register that the log folds to.
//!
//! Each requirement gets exactly one status, by the first of these rules that fits:
//! 1. *not applicable*: it is a proposal, was overturned, or does not bind on this day;
//! 2. *text only*: nothing executes it;
//! 3. *not met*: one of its norms stands against something that is so, or one of its clocks is overdue;
//! 4. *not applicable*: nothing in the register is concerned, or nothing has come so far that it would be asked;
//! 5. *attested until*: it is met by somebody's word, and that word stands;
//! 6. *met*: it was asked of everything that it concerns, and nothing stands against it.
//!
//! Nothing is met that was not asked. The standard need not be the one that the city adopted. Only the register is looked at,
//! never an observation, and nothing is changed.

mod ask;
pub mod benchmark;
mod duties;
mod finding;
mod found;
mod sheet;
mod words;

use std::thread;

use model::{DeploymentRecord, State as Stage, Subject, Timestamp};
use norms::Bundle;
use standards::Resolved;
use standards::duty::Subject as Concerned;
use standards::resolve::ResolvedRequirement;

use crate::circumstances;
use crate::state::State;
use ask::{Asker, Known};
pub use finding::{CASES_MAX, Case, CityAssessment, ENTRIES_MAX, Finding, Status};
use found::{Found, Tallies, Tally};
use sheet::{Sheet, of_device};

/// The fewest deployments that are worth a thread of their own.
const DEPLOYMENTS_A_THREAD_MIN: usize = 256;

/// Assesses a city against a standard: its layers as they resolve, and the bundle of these layers over the city's permits.
#[must_use]
pub fn assess(state: &State, resolved: &Resolved, bundle: &Bundle, now: Timestamp) -> CityAssessment {
    let sheet = Sheet::new(resolved, bundle, now);
    let asker = Asker::new(state, bundle, now);
    let mut tallies = of_city(&asker, &sheet);
    tallies.join(of_deployments(&asker, &sheet));
    let city = state.city.as_deref();
    let narrowest = resolved.packs.last().map(|pack| &pack.manifest);
    CityAssessment {
        city: city.map_or_else(String::new, |city| city.name.clone()),
        origin: city.map_or_else(String::new, |city| city.origin.clone()),
        size: state.size,
        at: now,
        against: narrowest.map(|manifest| manifest.reference.to_string()).unwrap_or_default(),
        notice: narrowest.map(|manifest| manifest.notice.clone()).unwrap_or_default(),
        findings: resolved
            .requirements
            .values()
            .zip(tallies.0)
            .map(|(one, tally)| finding(resolved, one, tally, now))
            .collect(),
        benchmark: benchmark::answers(state, now),
    }
}

/// The city as a whole.
fn of_city(asker: &Asker<'_>, sheet: &Sheet<'_>) -> Tallies {
    let mut tallies = Tallies::new(sheet);
    let (who, mut found) = (Concerned::city(), Found::new(sheet, Subject::City));
    asker.city(&mut found);
    duties::run(sheet, &who, &Subject::City, asker.state, asker.now, &mut found);
    tallies.add(found, &sheet.concerned(&who), asker.state, asker.now);
    tallies
}

/// Every deployment with its devices, in parts side by side.
fn of_deployments(asker: &Asker<'_>, sheet: &Sheet<'_>) -> Tallies {
    let records: Vec<&DeploymentRecord> = asker.state.deployments.values().map(AsRef::as_ref).collect();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let part = records.len().div_ceil(threads).max(DEPLOYMENTS_A_THREAD_MIN);
    let assess = |records: &[&DeploymentRecord]| {
        let mut tallies = Tallies::new(sheet);
        records.iter().for_each(|record| of_deployment(asker, sheet, record, &mut tallies));
        tallies
    };
    let mut parts = records.chunks(part);
    let first = parts.next().unwrap_or_default();
    thread::scope(|scope| {
        let others: Vec<_> = parts.map(|part| scope.spawn(move || assess(part))).collect();
        let mut tallies = assess(first);
        for other in others {
            tallies.join(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        tallies
    })
}

fn of_deployment(asker: &Asker<'_>, sheet: &Sheet<'_>, record: &DeploymentRecord, tallies: &mut Tallies) {
    let (state, now, id) = (asker.state, asker.now, &record.deployment.id);
    let Some(steps) = state.marks.steps.get(id) else { return };
    let (who, about) = (Concerned::of(record), Subject::Deployment { id: id.clone() });
    let mut found = Found::new(sheet, about.clone());
    duties::run(sheet, &who, &about, state, now, &mut found);
    if record.standing.state == Stage::Ended {
        // What has ended is asked nothing more; what it still owes stays owed.
        tallies.add(found, &[], state, now);
        return;
    }
    let known = Known { record, steps, around: circumstances::of_deployment(state, record, now) };
    asker.deployment(&known, &mut found);
    tallies.add(found, &sheet.concerned(&who), state, now);
    let Some(belongings) = asker.belongings(id) else { return };
    let concerned = sheet.concerned(&of_device(&who));
    for device in &belongings.devices {
        let mut found = Found::new(sheet, Subject::Device { id: device.id.clone() });
        asker.device(&known, device, &mut found);
        tallies.add(found, &concerned, state, now);
    }
}

fn finding(resolved: &Resolved, one: &ResolvedRequirement, tally: Tally, now: Timestamp) -> Finding {
    let requirement = &one.requirement;
    let entries = tally.shown.into_vec();
    let status = if let Some(why) = words::not_binding(one, now) {
        Status::NotApplicable { why }
    } else if let Some(why) = requirement.text_only.clone() {
        Status::TextOnly { why }
    } else if tally.total > 0 {
        Status::NotMet { total: tally.total, cases: tally.cases }
    } else if tally.kept == 0 {
        Status::NotApplicable { why: words::not_asked(resolved, requirement, tally.concerned) }
    } else if tally.attested {
        Status::AttestedUntil { until: tally.until, entries }
    } else {
        Status::Met { entries }
    };
    Finding {
        requirement: requirement.id.clone(),
        title: requirement.title.clone(),
        policy: requirement.policy.clone(),
        pack: one.pack.to_string(),
        kind: requirement.kind,
        status,
    }
}

#[cfg(test)]
mod tests;
