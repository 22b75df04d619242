//! Answering an inquiry, taking more time for it, and erasing what was written: forms that become commands of their party.

use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::inquiry::{InquiryKind, answers_to};
use model::{Digest, Evidence, EvidenceId, EvidenceKind};
use register::{Command, Receipt, State as Register, Submission, SubmitError};
use serde::Deserialize;

use super::{Typed, own, shown};
use crate::pages::office::deed::submit;
use crate::pages::runs::Runs;
use crate::pages::signed::{Signed, elsewhere, signed_form, to_sign_in};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;

/// How an objection can be decided: what a form says, and how the public answer begins.
const OUTCOMES: [(&str, &str); 3] = [
    ("upheld", "The objection is upheld."),
    ("in-part", "The objection is upheld in part."),
    ("refused", "The objection is refused."),
];

/// A form of the inbox.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sent {
    form: String,
    text: String,
    #[serde(default)]
    outcome: String,
}

/// A statement that a party files about an inquiry.
fn statement(
    node: &Node,
    state: &Register,
    signed: &Signed,
    inquiry: &EvidenceId,
    kind: EvidenceKind,
    summary: String,
) -> Result<Command, Problem> {
    let register = node.city.register();
    let random = register.entropy().bytes32().map_err(|_| Problem::new(Kind::Internal))?;
    let id = Digest::new(random).to_string();
    let about = state.evidence.get(inquiry).map(|filed| filed.evidence.about.clone());
    let internal = || Problem::new(Kind::Internal);
    Ok(Command::FileEvidence(Evidence {
        id: format!("said-{}", id.get(..16).unwrap_or(&id)).parse().map_err(|_| internal())?,
        about: about.ok_or_else(internal)?,
        kind,
        on: register.now(),
        until: None,
        signed_by: signed.party.id.clone(),
        summary,
        document: None,
        answers: Some(inquiry.clone()),
    }))
}

/// Asks the register for something: done, or why not.
async fn submitted(
    node: &Node,
    signed: &Signed,
    reason: Option<String>,
    command: Command,
) -> Result<Result<Receipt, SubmitError>, Problem> {
    let submission = Submission { by: signed.party.id.clone(), reason, command };
    submit(node, signed, submission).await
}

/// `POST /desk/inbox/{id}/answer`
pub(crate) async fn answer(
    State(node): State<Node>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
    sent: Result<Form<Sent>, FormRejection>,
) -> Result<Response, Problem> {
    let (id, sent) = (id?.0, sent?.0);
    let Some(signed) = signed_form(&node, &headers, &sent.form)? else { return to_sign_in() };
    let state = node.city.register().state();
    let (inquiry, kind) = own(&state, &signed.party, &id)?;
    let typed = Typed { text: sent.text.replace("\r\n", "\n"), outcome: sent.outcome };
    let refuse = async |typed, wrong: &str| {
        shown(&node, &signed, &id, StatusCode::UNPROCESSABLE_ENTITY, typed, Some(wrong.to_owned())).await
    };
    let outcome = OUTCOMES.iter().find(|(code, _)| *code == typed.outcome).map(|(_, words)| *words);
    let begins = match (kind, outcome) {
        (InquiryKind::Objection, None) => {
            return refuse(typed, "Choose how the objection is decided.").await;
        }
        (InquiryKind::Objection, Some(words)) => format!("{words} "),
        _ => String::new(),
    };
    if typed.text.trim().is_empty() {
        return refuse(typed, "Write the answer. Everybody will read it.").await;
    }
    let asked = state.evidence.get(&inquiry).map(|filed| filed.evidence.kind.as_str());
    let (answer, _) = asked.and_then(answers_to).ok_or_else(|| Problem::new(Kind::Internal))?;
    let evidence = answer.parse().map_err(|_| Problem::new(Kind::Internal))?;
    let summary = format!("{begins}{}", typed.text.trim());
    let command = statement(&node, &state, &signed, &inquiry, evidence, summary)?;
    finished(&node, &signed, &id, submitted(&node, &signed, None, command).await?, typed).await
}

/// What takes more time for an inquiry, where its duty has an extension left.
pub(super) fn extension(runs: &Runs, id: &EvidenceId) -> Option<EvidenceKind> {
    let (duty, run) = runs.get(id)?;
    let extension = duty.extension.as_ref()?;
    (run.extended < extension.most).then(|| extension.evidence.clone())
}

/// `POST /desk/inbox/{id}/extend`
pub(crate) async fn extend(
    State(node): State<Node>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
    sent: Result<Form<Sent>, FormRejection>,
) -> Result<Response, Problem> {
    let (id, sent) = (id?.0, sent?.0);
    let Some(signed) = signed_form(&node, &headers, &sent.form)? else { return to_sign_in() };
    let (state, now) = (node.city.register().state(), node.city.register().now());
    let (inquiry, _) = own(&state, &signed.party, &id)?;
    let wrong = if sent.text.trim().is_empty() { Some("Say why more time is needed.") } else { None };
    let kind = extension(&Runs::of(&node.city, &state, &inquiry, now), &inquiry);
    let (None, Some(kind)) = (wrong, kind) else {
        let wrong = wrong.unwrap_or("No more time can be taken for it.").to_owned();
        return shown(&node, &signed, &id, StatusCode::UNPROCESSABLE_ENTITY, Typed::default(), Some(wrong)).await;
    };
    let command = statement(&node, &state, &signed, &inquiry, kind, sent.text.trim().to_owned())?;
    finished(&node, &signed, &id, submitted(&node, &signed, None, command).await?, Typed::default()).await
}

/// `POST /desk/inbox/{id}/erase`
pub(crate) async fn erase(
    State(node): State<Node>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
    sent: Result<Form<Sent>, FormRejection>,
) -> Result<Response, Problem> {
    let (id, sent) = (id?.0, sent?.0);
    let Some(signed) = signed_form(&node, &headers, &sent.form)? else { return to_sign_in() };
    let state = node.city.register().state();
    let (inquiry, _) = own(&state, &signed.party, &id)?;
    let entry = state.inquiries.get(&inquiry).map(|record| record.entry).ok_or_else(|| Problem::new(Kind::NotFound))?;
    let reason = Some(sent.text.trim().to_owned()).filter(|reason| !reason.is_empty());
    let done = submitted(&node, &signed, reason, Command::ErasePayload { entry }).await?;
    finished(&node, &signed, &id, done, Typed::default()).await
}

/// Back to the inquiry, or the form again with why it was refused.
async fn finished(
    node: &Node,
    signed: &Signed,
    id: &str,
    done: Result<Receipt, SubmitError>,
    typed: Typed,
) -> Result<Response, Problem> {
    match done {
        Ok(_) => elsewhere(&format!("/desk/inbox/{id}")),
        Err(SubmitError::Refused(refusal)) => {
            let wrong = words::capital(&refusal.to_string());
            let status = Problem::from(SubmitError::Refused(refusal)).status();
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            shown(node, signed, id, status, typed, Some(wrong)).await
        }
        Err(error) => Err(error.into()),
    }
}
