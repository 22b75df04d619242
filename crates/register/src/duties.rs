//! Duties: what a clock does to the register. A lapse is an act like any other.
//!
//! Where nothing else is said, silence means *cease*: what nobody renewed stops. The clock is a parameter, so that a year
//! runs in milliseconds; nothing here depends on how often it is asked.

use model::act::{DeploymentRef, EvidenceRef, GrantRef};
use model::{Act, State as Stage, Timestamp, What};

use crate::clocks::Clocks;
use crate::state::{ApplyError, State};

/// The acts that are due at an instant, in the order of the register: what has its own date, then what duties say.
/// Applying them makes them no longer due.
///
/// # Errors
/// The state does not take what is due: a defect of this software.
pub fn due(state: &State, clocks: &Clocks, now: Timestamp) -> Result<Vec<Act>, ApplyError> {
    let mut acts = dated(state, now);
    if acts.is_empty() {
        return Ok(clocks.due(state, now));
    }
    // What has just ended is not stopped any more.
    let mut after = state.clone();
    acts.iter().try_for_each(|act| after.apply(act))?;
    acts.extend(clocks.due(&after, now));
    Ok(acts)
}

/// What has a date of its own: ends, approvals, grants, evidence.
fn dated(state: &State, now: Timestamp) -> Vec<Act> {
    let Some(founder) = state.founder() else { return Vec::new() };
    let mut acts = Vec::new();
    for record in state.deployments.values() {
        let (id, standing) = (&record.deployment.id, &record.standing);
        let deployment = DeploymentRef { deployment: id.clone() };
        let lapsed = standing.approval.as_ref().filter(|approval| approval.until <= now);
        let (what, reason) = if standing.state == Stage::Ended {
            continue;
        } else if record.deployment.ends <= now {
            (What::DeploymentEnded(deployment), format!("its end date {} has come", record.deployment.ends))
        } else if let (Some(approval), Stage::Published | Stage::Active) = (lapsed, standing.state) {
            (
                What::ApprovalLapsed(deployment),
                format!("its approval ended at {} and nobody renewed it", approval.until),
            )
        } else {
            continue;
        };
        acts.push(state.act_of(&record.deployment.accountable, now, Some(reason), what));
    }
    for (id, record) in &state.grants {
        if record.ended.is_none() && record.grant.until <= now {
            let what = What::GrantExpired(GrantRef { grant: id.clone() });
            let reason = format!("it was agreed until {}", record.grant.until);
            acts.push(state.act_of(founder, now, Some(reason), what));
        }
    }
    for (id, record) in &state.evidence {
        if let Some(until) = record.evidence.until.filter(|until| record.ended.is_none() && *until <= now) {
            let what = What::EvidenceLapsed(EvidenceRef { evidence: id.clone() });
            let reason = format!("it was to stand until {until}");
            acts.push(state.act_of(&record.evidence.signed_by, now, Some(reason), what));
        }
    }
    acts
}

/// The next instant at which something falls due: what tests hold [`due`] against.
#[cfg(test)]
pub(crate) fn next_due(state: &State, clocks: &Clocks, now: Timestamp) -> Option<Timestamp> {
    let deployments =
        state.deployments.values().filter(|record| record.standing.state != Stage::Ended).flat_map(|record| {
            let collecting = matches!(record.standing.state, Stage::Published | Stage::Active);
            let lapse = record.standing.approval.as_ref().filter(|_| collecting).map(|approval| approval.until);
            [Some(record.deployment.ends), lapse].into_iter().flatten()
        });
    let grants = state.grants.values().filter(|record| record.ended.is_none()).map(|record| record.grant.until);
    let evidence = state.evidence.values().filter(|record| record.ended.is_none());
    let evidence = evidence.filter_map(|record| record.evidence.until);
    deployments.chain(grants).chain(evidence).chain(clocks.next_due(state, now)).min()
}
