//! The steps of a deployment as forms: assess, approve, publish, activate, suspend, end.

use axum::response::Response;
use model::{
    Assessment, AssessmentId, DeploymentRecord, Digest, Outcome, Party, PartyId, Span, State as Stage, Step, Timestamp,
};
use register::{Command, State as Register};

use super::ask::{Choice, Fault, Faults, Field, Sent};
use super::deed::Deed;
use super::opened::Opened;
use super::{Reach, deployment, emergency, free_id};
use crate::lang::Lang;
use crate::problem::{Kind, Problem};
use crate::words;

/// How far ahead an approval or a review is proposed.
const PROPOSED: Span = Span::days(365);
/// The instrument of a paper that answers none of a pack's.
const PAPER: &str = "privacy-impact-1";
const OUTCOMES: [Outcome; 3] = [Outcome::Acceptable, Outcome::ResidualHigh, Outcome::Unacceptable];

/// `/office/deployments/{id}/{step}`: a step, or what is decided about it in an emergency.
pub(crate) async fn take(form: Opened<(String, String)>) -> Result<Response, Problem> {
    let stated = emergency::deed(&form.reach(), &form.about, &form.sent, form.now);
    let deed = stated.unwrap_or_else(|| deed(&form.reach(), &form.about, &form.sent, form.now))?;
    form.go(deed).await
}

fn deed(reach: &Reach<'_>, path: &(String, String), sent: &Sent, now: Timestamp) -> Result<Deed, Problem> {
    let record = reach.find(&path.0)?;
    let none = || Problem::new(Kind::NotFound).detail("there is no such step");
    let step = Step::ALL.into_iter().find(|step| step.code() == path.1).ok_or_else(none)?;
    let id = (step == Step::Assess).then(|| assessment_id(reach.state, record, sent));
    let then = deployment::page_of(&record.deployment);
    let (title, address) = (
        format!("{}: {}", label(&reach.party.id, step, record), record.deployment.title),
        format!("{}/{}", then.href, step.code()),
    );
    Ok(Deed {
        fields: fields(record, step, sent, now),
        command: command(reach.party, record, step, sent, id.as_deref()),
        id,
        ..Deed::new(title, lead(step, record, now), address, then)
    })
}

/// What a step is called on a button.
pub(super) fn label(party: &PartyId, step: Step, record: &DeploymentRecord) -> &'static str {
    match (step, record.standing.state) {
        (Step::End, Stage::Proposed | Stage::Assessed) if party == &record.deployment.accountable => {
            "Take the proposal back"
        }
        (Step::End, Stage::Proposed | Stage::Assessed) => "Refuse the proposal",
        (Step::Assess, _) => "Sign an assessment",
        (Step::Approve, Stage::Assessed | Stage::Proposed) => "Approve it until a day",
        (Step::Approve, _) => "Renew its approval",
        (Step::Publish, _) => "Publish it in the register",
        (Step::Activate, _) => "Switch it on",
        (Step::Suspend, _) => "Stop it for a time",
        (Step::End, _) => "End it for good",
    }
}

fn lead(step: Step, record: &DeploymentRecord, now: Timestamp) -> String {
    let starts = record.deployment.starts;
    if step == Step::Activate && now < starts {
        let day = words::day(starts);
        return format!(
            "From its first day on, {day}, it may collect, and nothing but what it declared. Before that nothing is taken."
        );
    }
    always(step, record.standing.state).to_owned()
}

/// What is true of a step on any day.
const fn always(step: Step, stage: Stage) -> &'static str {
    match step {
        Step::End if matches!(stage, Stage::Proposed | Stage::Assessed) => {
            "It is over, and never collects anything. Whoever proposed it reads why, and so do residents. What is asked for again is a \
             new proposal, under another name."
        }
        Step::Assess => {
            "Your signature says what the risks are and whether they are acceptable. It stays in the log for ever."
        }
        Step::Approve => "An approval ends on its day. If nobody renews it, what collects stops by itself.",
        Step::Publish => {
            "Residents find it in the register from then on. It collects nothing before it is switched on."
        }
        Step::Activate => "From then on it may collect, and nothing but what it declared.",
        Step::Suspend => "It collects nothing from that moment on, until it is switched on again. Residents read why.",
        Step::End => "It collects nothing from that moment on, and never again. Residents read why.",
    }
}

fn fields(record: &DeploymentRecord, step: Step, sent: &Sent, now: Timestamp) -> Vec<Field> {
    let ahead = Some((now + PROPOSED).min(record.deployment.ends));
    match step {
        Step::Approve => vec![
            Field::day("until", "Until", sent, ahead).hint(format!(
                "It ends when this day begins, in UTC. The deployment ends on {}.",
                words::day(record.deployment.ends)
            )),
            Field::text("reason", "Why", sent).hint("Residents read it beside the act."),
        ],
        Step::Assess => {
            let outcomes = OUTCOMES.map(|outcome| Choice::new(outcome.code(), words::outcome(Lang::En, outcome)));
            vec![
                Field::one("outcome", "What it found", sent, outcomes.into()),
                Field::text("summary", "In words for residents", sent),
                Field::line("document", "Fingerprint of the whole document", sent).hint(
                    "The SHA-256 of the file, 64 digits and letters from a to f. The file itself stays with you.",
                ),
                Field::line("instrument", "Which questions it answers", sent)
                    .optional()
                    .hint(format!("The short name of the questionnaire; {PAPER} if nothing is said.")),
                Field::day("review-by", "Looked at again by", sent, ahead),
            ]
        }
        Step::Suspend | Step::End => {
            vec![Field::text("reason", "Why", sent).hint("Residents read it beside the act and on its page.")]
        }
        Step::Publish | Step::Activate => {
            vec![Field::text("reason", "Why", sent).optional().hint("Residents read it beside the act.")]
        }
    }
}

fn command(
    party: &Party,
    record: &DeploymentRecord,
    step: Step,
    sent: &Sent,
    id: Option<&str>,
) -> Result<Command, Vec<Fault>> {
    let deployment = record.deployment.id.clone();
    let mut faults = Faults::default();
    let read = match step {
        Step::Assess => assessment(party, record, sent, id, &mut faults).map(Command::SignAssessment),
        Step::Approve => faults.day(sent, "until").map(|until| Command::Approve { deployment, until }),
        Step::Publish => Some(Command::Publish { deployment }),
        Step::Activate => Some(Command::Activate { deployment }),
        Step::Suspend => Some(Command::Suspend { deployment }),
        Step::End => Some(Command::End { deployment }),
    };
    faults.settle(read)
}

fn assessment(
    party: &Party,
    record: &DeploymentRecord,
    sent: &Sent,
    id: Option<&str>,
    faults: &mut Faults,
) -> Option<Assessment> {
    let outcome = OUTCOMES.into_iter().find(|outcome| outcome.code() == sent.one("outcome"));
    if outcome.is_none() {
        faults.note("outcome", "choose what it found");
    }
    let (summary, document) = (faults.text(sent, "summary"), faults.parsed::<Digest>(sent, "document"));
    let review_by = faults.day(sent, "review-by");
    let instrument = match sent.filled("instrument").unwrap_or(PAPER).parse() {
        Ok(instrument) => Some(instrument),
        Err(error) => {
            faults.note("instrument", error);
            None
        }
    };
    Some(Assessment {
        id: id?.parse::<AssessmentId>().ok()?,
        deployment: record.deployment.id.clone(),
        instrument: instrument?,
        outcome: outcome?,
        summary: summary?,
        signed_by: party.id.clone(),
        document: document?,
        review_by: review_by?,
        instrument_hash: None,
        requires: std::collections::BTreeSet::new(),
        tier: None,
        sign_offs: Vec::new(),
    })
}

fn assessment_id(state: &Register, record: &DeploymentRecord, sent: &Sent) -> String {
    let taken = |id: &str| {
        let assessments = state.deployments.values().flat_map(|record| &record.standing.assessments);
        assessments.into_iter().any(|assessment| assessment.id.as_str() == id)
    };
    free_id(sent, &format!("assessment-{}", record.deployment.id), taken)
}

/// A step with what can be said before its form is filled in, for a look at what the norms would say.
pub(super) fn provisional(party: &PartyId, record: &DeploymentRecord, step: Step, now: Timestamp) -> Option<Command> {
    let (deployment, ahead) = (record.deployment.id.clone(), (now + PROPOSED).min(record.deployment.ends));
    Some(match step {
        Step::Approve => Command::Approve { deployment, until: ahead },
        Step::Publish => Command::Publish { deployment },
        Step::Activate => Command::Activate { deployment },
        Step::Suspend => Command::Suspend { deployment },
        Step::End => Command::End { deployment },
        Step::Assess => Command::SignAssessment(Assessment {
            id: "to-be-signed".parse().ok()?,
            deployment,
            instrument: PAPER.parse().ok()?,
            outcome: Outcome::Acceptable,
            summary: "to be written".to_owned(),
            signed_by: party.clone(),
            document: Digest::new([0; 32]),
            review_by: ahead,
            instrument_hash: None,
            requires: std::collections::BTreeSet::new(),
            tier: None,
            sign_offs: Vec::new(),
        }),
    })
}
