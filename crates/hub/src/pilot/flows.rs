//! What collects: whether each stream would have begun under the draft, and would collect at the end.

use std::collections::BTreeMap;

use model::act::DeploymentRef;
use model::{Act, DeploymentId, DeploymentRecord, State as Stage, Stream, StreamId, Timestamp, What};
use norms::{CollectFast, CollectQuestion, Decision};
use register::{Rules, State, circumstances};
use serde::Serialize;

/// A stream that the city let collect.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Flow {
    /// The deployment.
    pub deployment: DeploymentId,
    /// The stream.
    pub stream: StreamId,
    /// When it was last let collect.
    pub since: Timestamp,
    /// Why it would not have begun then; none if it would.
    pub refused_then: Option<String>,
    /// Why it would not collect at the end of the log; none if it would, or if it has stopped of itself.
    pub stops: Option<String>,
}

/// The flows of a log.
#[derive(Default)]
pub(super) struct Flows(BTreeMap<StreamId, Flow>);

impl Flows {
    /// Asks about what begins to collect.
    pub(super) fn take(&mut self, act: &Act, state: &State, rules: Option<&Rules>) {
        let What::DeploymentActivated(DeploymentRef { deployment }) = &act.what else { return };
        let (Some(record), Some(rules)) = (state.deployments.get(deployment), rules) else { return };
        for stream in &record.deployment.streams {
            // What begins later is asked about from when on it may.
            let at = act.at.max(record.deployment.starts);
            let flow = Flow {
                deployment: deployment.clone(),
                stream: stream.id.clone(),
                since: act.at,
                refused_then: refused(state, rules, record, stream, at),
                stops: None,
            };
            self.0.insert(stream.id.clone(), flow);
        }
    }

    /// Asks about what collects at the end.
    pub(super) fn finish(self, state: &State, rules: Option<&Rules>, at: Timestamp) -> Vec<Flow> {
        let mut flows = self.0;
        for flow in flows.values_mut() {
            let (Some(record), Some(rules)) = (state.deployments.get(&flow.deployment), rules) else { continue };
            let stream = record.deployment.stream(&flow.stream).filter(|_| record.standing.state == Stage::Active);
            flow.stops =
                stream.and_then(|stream| refused(state, rules, record, stream, at.max(record.deployment.starts)));
        }
        flows.into_values().collect()
    }
}

/// Why a stream may not collect; none if it may.
fn refused(state: &State, rules: &Rules, record: &DeploymentRecord, stream: &Stream, now: Timestamp) -> Option<String> {
    let Some(accountable) = state.parties.get(&record.deployment.accountable) else {
        return Some("nobody in the register answers for it".to_owned());
    };
    let around = circumstances::of_deployment(state, record, now);
    let question = CollectQuestion {
        record,
        stream,
        order: stream.order().and_then(|id| state.orders.get(id)).map(|record| &record.order),
        accountable: &accountable.party,
        founder: state.founder(),
        around: &around,
    };
    match rules.bundle.decide_collect(&question, &CollectFast { now }) {
        Decision::Allowed(_) => None,
        Decision::Refused(refusal) => Some(refusal.to_string()),
    }
}
