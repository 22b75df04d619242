//! An emergency about a deployment, stated for some hours, and its review once it is over, as forms.
//!
//! Both are statements. Who may make them is for the register to decide, and what an emergency opens for the norms.

use model::emergency::{EMERGENCY, EMERGENCY_MAX, EMERGENCY_REVIEW};
use model::{DeploymentRecord, Evidence, EvidenceId, Span, Subject, Timestamp};
use register::Command;

use super::ask::{Faults, Field, Sent};
use super::deed::Deed;
use super::{Reach, deployment, free_id};
use crate::problem::{Kind, Problem};

/// The longest emergency, in hours.
const HOURS_MAX: u32 = EMERGENCY_MAX.as_seconds() / 3_600;

/// What a deployment's page leads to: stating an emergency, or reviewing the one that is over. Neither of what has ended.
pub(super) fn next(
    reach: &Reach<'_>,
    record: &DeploymentRecord,
    now: Timestamp,
) -> Option<(&'static str, &'static str)> {
    let id = &record.deployment.id;
    match reach.state.unreviewed_emergency(id) {
        Some(_) if reach.state.emergency(id, now).is_some() => None,
        Some(_) => Some((EMERGENCY_REVIEW, "Review the emergency")),
        None if record.standing.state == model::State::Ended => None,
        None => Some((EMERGENCY, "State an emergency")),
    }
}

/// `/office/deployments/{id}/emergency` and `/office/deployments/{id}/emergency-review`; none for another word.
pub(super) fn deed(
    reach: &Reach<'_>,
    path: &(String, String),
    sent: &Sent,
    now: Timestamp,
) -> Option<Result<Deed, Problem>> {
    match path.1.as_str() {
        EMERGENCY => Some(reach.find(&path.0).map(|record| stating(reach, record, sent, now))),
        EMERGENCY_REVIEW => Some(reach.find(&path.0).and_then(|record| reviewing(reach, record, sent, now))),
        _ => None,
    }
}

fn stating(reach: &Reach<'_>, record: &DeploymentRecord, sent: &Sent, now: Timestamp) -> Deed {
    let then = deployment::page_of(&record.deployment);
    let lead = "Residents read it at once, on its page and in every feed. Until it is over the policies in force may let the deployment \
                be approved without papers that take longer, and what is approved in it ends with it. Somebody else reviews it \
                afterwards; without a review what runs stops.";
    let id = id(reach, EMERGENCY, record, sent);
    let mut faults = Faults::default();
    let hours = faults.parsed::<u32>(sent, "hours").filter(|hours| (1..=HOURS_MAX).contains(hours));
    if hours.is_none() && faults.0.is_empty() {
        faults.note("hours", format!("from 1 to {HOURS_MAX} hours"));
    }
    let statement = statement(reach, record, EMERGENCY, &id, sent, now, &mut faults);
    let until = hours.map(|hours| now + Span::hours(hours));
    let command =
        faults.settle(statement.zip(until).map(|(statement, until)| Evidence { until: Some(until), ..statement }));
    Deed {
        fields: vec![
            Field::text("summary", "What has happened, and why it cannot wait", sent)
                .hint("In words for residents. It is the reason, and stays in the log for ever."),
            Field::line("hours", "For how many hours", sent).hint(format!("From 1 to {HOURS_MAX}, counted from now.")),
        ],
        command: command.map(Command::FileEvidence),
        id: Some(id),
        ..Deed::new(format!("State an emergency: {}", then.text), lead, format!("{}/{EMERGENCY}", then.href), then)
    }
}

fn reviewing(reach: &Reach<'_>, record: &DeploymentRecord, sent: &Sent, now: Timestamp) -> Result<Deed, Problem> {
    let reviewed = reach.state.unreviewed_emergency(&record.deployment.id);
    let none = || Problem::new(Kind::NotFound).detail("no emergency of this deployment waits for its review");
    // Sent again, as by somebody who pressed twice, it is there already: under its name it is found, and nothing is done.
    let again = || reach.state.evidence.get(&sent.one("id").parse::<EvidenceId>().ok()?)?.evidence.answers.clone();
    let answers = reviewed.map(|record| record.evidence.id.clone()).or_else(again).ok_or_else(none)?;
    let said = reach.state.evidence.get(&answers).map(|record| record.evidence.summary.clone()).unwrap_or_default();
    let then = deployment::page_of(&record.deployment);
    let id = id(reach, EMERGENCY_REVIEW, record, sent);
    let mut faults = Faults::default();
    let statement = statement(reach, record, EMERGENCY_REVIEW, &id, sent, now, &mut faults);
    let command = faults.settle(statement.map(|statement| Evidence { answers: Some(answers), ..statement }));
    Ok(Deed {
        fields: vec![
            Field::text("summary", "Was it one, and what became of it", sent)
                .hint("In words for residents: whether it could not have waited, what was done, what was collected, what happens now."),
        ],
        command: command.map(Command::FileEvidence),
        id: Some(id),
        ..Deed::new(
            format!("Review the emergency: {}", then.text),
            format!("It was stated for this reason: {said}"),
            format!("{}/{EMERGENCY_REVIEW}", then.href),
            then,
        )
    })
}

fn id(reach: &Reach<'_>, kind: &str, record: &DeploymentRecord, sent: &Sent) -> String {
    let taken = |id: &str| reach.state.evidence.keys().any(|known| known.as_str() == id);
    free_id(sent, &format!("{kind}-{}", record.deployment.id), taken)
}

/// A statement about the deployment, of now.
fn statement(
    reach: &Reach<'_>,
    record: &DeploymentRecord,
    kind: &str,
    id: &str,
    sent: &Sent,
    now: Timestamp,
    faults: &mut Faults,
) -> Option<Evidence> {
    let summary = faults.text(sent, "summary")?;
    Some(Evidence {
        id: id.parse().ok()?,
        about: Subject::Deployment { id: record.deployment.id.clone() },
        kind: kind.parse().ok()?,
        on: now,
        until: None,
        signed_by: reach.party.id.clone(),
        summary,
        document: None,
        answers: None,
    })
}
