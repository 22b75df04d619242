//! What a draft's duties would have cost: how often each clock would have run over the recorded history, in minutes of work.
//!
//! Minutes are an assumption of whoever asks, stated with the answer. A clock that ran is counted whether or not it was kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{DutyId, Subject, Timestamp};
use register::state::PolicyInForce;
use register::{Clocks, State};
use serde::{Deserialize, Serialize};
use standards::duty::{Instance, Status};

use super::Draft;

/// How many minutes one deed takes, as assumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effort {
    /// Of any duty.
    pub minutes: u32,
    /// Of some duties in particular.
    #[serde(default)]
    pub by_duty: BTreeMap<DutyId, u32>,
}

impl Default for Effort {
    /// An hour.
    fn default() -> Self {
        Self { minutes: 60, by_duty: BTreeMap::new() }
    }
}

/// A duty, and what it would have cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DutyCost {
    /// Which.
    pub duty: DutyId,
    /// Whether the city has no such duty, or another one of that name.
    pub new: bool,
    /// How often its clock would have run.
    pub runs: u64,
    /// How often its time would have been over before anybody did it, as the city went about things.
    pub lapsed: u64,
    /// Minutes in all, as assumed.
    pub minutes: u64,
}

/// The costs of all duties that would be in force, had they been so from the beginning.
pub(super) fn cost(state: &State, draft: &Draft, effort: &Effort, now: Timestamp) -> Vec<DutyCost> {
    let (Some(policy), Some(begun)) = (&state.policy, state.marks.founded.as_ref().map(|mark| mark.at)) else {
        return Vec::new();
    };
    let text = draft.over(&policy.text);
    // The draft was assembled over these policies before.
    let Ok(clocks) = Clocks::read(&text) else { return Vec::new() };
    let duties_since = clocks.duties().map(|duty| (duty.id.clone(), begun)).collect();
    let in_force = PolicyInForce { text: text.clone(), since: begun, duties_since, hash: policy.hash };
    let state = &State { policy: Some(Arc::new(in_force)), ..state.clone() };
    let mut costs: BTreeMap<DutyId, DutyCost> = BTreeMap::new();
    for duty in clocks.duties() {
        let own = policy.text.layers.iter().find_map(|layer| layer.duties.get(&duty.id));
        let drafted = text.layers.iter().find_map(|layer| layer.duties.get(&duty.id));
        let cost = DutyCost { duty: duty.id.clone(), new: own != drafted, runs: 0, lapsed: 0, minutes: 0 };
        costs.insert(duty.id.clone(), cost);
    }
    let deployments = state.deployments.keys().map(|id| Subject::Deployment { id: id.clone() });
    for subject in deployments.chain([Subject::City]) {
        for (duty, run) in clocks.runs(state, &subject, now) {
            let Some(cost) = costs.get_mut(&duty.id) else { continue };
            cost.add(&run, effort);
        }
    }
    costs.into_values().filter(|cost| cost.new || cost.runs > 0).collect()
}

impl DutyCost {
    fn add(&mut self, run: &Instance, effort: &Effort) {
        let minutes = effort.by_duty.get(&self.duty).copied().unwrap_or(effort.minutes);
        self.runs += 1;
        self.lapsed += u64::from(matches!(run.status, Status::Lapsed { .. }));
        self.minutes += u64::from(minutes);
    }
}
