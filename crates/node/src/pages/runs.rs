//! The clocks that count from statements: of each statement the duties that run on it, and where each run stands.
//!
//! Of each thing that statements are about, the clocks are read once. Nothing here decides anything.

use std::collections::{BTreeMap, BTreeSet};

use flow::City;
use model::{EvidenceId, Subject, Timestamp};
use register::State as Register;
use standards::duty::{Duty, Instance};

/// The runs of duties that statements started.
#[derive(Default)]
pub(crate) struct Runs(BTreeMap<EvidenceId, Vec<(Duty, Instance)>>);

impl Runs {
    /// Of all statements about some things.
    pub(crate) fn about<'s>(
        city: &City,
        state: &Register,
        subjects: impl Iterator<Item = &'s Subject>,
        now: Timestamp,
    ) -> Self {
        let mut runs: BTreeMap<EvidenceId, Vec<(Duty, Instance)>> = BTreeMap::new();
        let Some(rules) = city.register().rules() else { return Self(runs) };
        let subjects: BTreeSet<&Subject> = subjects.collect();
        for (duty, run) in subjects.into_iter().flat_map(|subject| rules.clocks.runs(state, subject, now)) {
            if let Some(trigger) = run.key.trigger.clone() {
                runs.entry(trigger).or_default().push((duty, run));
            }
        }
        Self(runs)
    }

    /// Of what one statement is about.
    pub(crate) fn of(city: &City, state: &Register, id: &EvidenceId, now: Timestamp) -> Self {
        let filed = state.evidence.get(id);
        Self::about(city, state, filed.iter().map(|filed| &filed.evidence.about), now)
    }

    /// Those that a statement started.
    pub(crate) fn from(&self, id: &EvidenceId) -> &[(Duty, Instance)] {
        self.0.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// The first instant after one at which another of them has lapsed: until then each stands as it does.
    pub(crate) fn next_lapse(&self, after: Timestamp) -> Option<Timestamp> {
        self.0.values().flatten().map(|(_, run)| run.lapses()).filter(|lapses| *lapses > after).min()
    }

    /// The one that an inquiry started.
    pub(crate) fn get(&self, id: &EvidenceId) -> Option<&(Duty, Instance)> {
        self.from(id).last()
    }
}
