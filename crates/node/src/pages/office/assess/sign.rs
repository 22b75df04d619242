//! Signing answers: a deed like any other, of whoever's turn it is. The last signature files the assessment.

use axum::response::Response;
use model::{Digest, Evidence};
use register::Command;
use register::signing::{Filings, Signing};
use standards::instrument::{Evaluation, SignOff, Standing, may_sign, standing};

use super::{Desk, too_late};
use crate::pages::Link;
use crate::pages::office::ask::{Fault, Faults, Field};
use crate::pages::office::deed::Deed;
use crate::pages::office::opened::Opened;
use crate::problem::{Kind, Problem};
use crate::words;

/// `/office/deployments/{id}/assessments/{instrument}/sign`
pub(in crate::pages::office) async fn sign(form: Opened<(String, String)>) -> Result<Response, Problem> {
    let deed = signing(&form)?;
    form.go(deed).await
}

/// The answers of a form, what they amount to, and who has signed them.
fn opened(form: &Opened<(String, String)>) -> Result<(Desk, Evaluation, Standing), Problem> {
    let desk = Desk::open(&form.node, &form.signed.party, &form.about.0, &form.about.1)?;
    let none = || Problem::new(Kind::NotFound).detail("nobody began to answer this");
    let draft = desk.draft.as_ref().ok_or_else(none)?;
    let found = desk.evaluated(draft).map_err(|why| Problem::new(Kind::Conflict).detail(why))?;
    let stands = desk.stands(draft);
    Ok((desk, found, stands))
}

fn signing(form: &Opened<(String, String)>) -> Result<Deed, Problem> {
    let (desk, found, stands) = opened(form)?;
    let (party, sent) = (&form.signed.party, &form.sent);
    let done = || Problem::new(Kind::Conflict).detail("everybody has signed these answers");
    let role = stands.next.clone().ok_or_else(done)?;
    if stands.signed.iter().any(|one| one.party == party.id) {
        return Err(Problem::new(Kind::Conflict).detail("this party has signed these answers already"));
    }
    let is_last = desk.instrument.roles.last() == Some(&role);
    let mut fields =
        vec![Field::hidden("answers", digest(&desk).to_string()), Field::hidden("role", role.as_str().to_owned())];
    if is_last {
        fields.extend([
            Field::text("summary", "What it found, in words for residents", sent)
                .optional()
                .hint("What follows from the answers is taken if nothing is written here."),
            Field::day("review-by", "Looked at again by", sent, None)
                .optional()
                .hint("What the answers say, or the end of the deployment, if nothing is said."),
        ]);
    }
    let mut faults = Faults::default();
    let review_by = sent.filled("review-by").and_then(|_| faults.day(sent, "review-by"));
    if !sent.is_empty() && sent.one("answers") != digest(&desk).to_string() {
        faults.note("answers", "the answers were changed since this page was opened; read them again before you sign");
    }
    if !sent.is_empty() && sent.one("role") != role.as_str() {
        faults.note("answers", "somebody has signed since this page was opened, and another role is next");
    }
    if let Err(error) = may_sign(&found, &stands, &role, &party.id) {
        faults.note("answers", error);
    }
    let filed = faults.settle(Some(())).and_then(|()| {
        let own = SignOff { role: role.clone(), party: party.id.clone(), at: form.now, answers: digest(&desk) };
        command(&desk, &found, [stands.signed.clone(), vec![own]].concat(), review_by, sent.filled("summary"))
    });
    let lead = format!(
        "{} signs as the {}, for the answers with the fingerprint {}. {}",
        party.name,
        role.as_str().replace('-', " "),
        digest(&desk),
        if is_last { "It is the last signature, and files the assessment." } else { "It is an act of its own." }
    );
    let lead = too_late(&desk.record).map_or_else(|| lead.clone(), |words| format!("{lead} {words}"));
    // What stands against it is about the answers, which are no field here: it is said above.
    let lead = match &filed {
        Err(faults) => format!("{lead}{}", against(faults)),
        Ok(_) => lead,
    };
    let then = Link { href: desk.page(), text: desk.instrument.title.clone() };
    let title = format!("Sign the answers to “{}”", desk.instrument.title);
    Ok(Deed { fields, command: filed, ..Deed::new(title, lead, format!("{}/sign", desk.page()), then) })
}

fn against(faults: &[Fault]) -> String {
    let own = faults.iter().filter(|fault| fault.field == "answers");
    own.map(|fault| format!(" Not as things stand: {}.", words::small(&fault.words))).collect()
}

fn digest(desk: &Desk) -> Digest {
    desk.draft.as_ref().map_or_else(|| Digest::new([0; 32]), |draft| draft.answers.digest())
}

/// What the newest of some signatures asks of the register.
fn command(
    desk: &Desk,
    found: &Evaluation,
    signed: Vec<SignOff>,
    review_by: Option<model::Timestamp>,
    summary: Option<&str>,
) -> Result<Command, Vec<Fault>> {
    let fault = |words: String| vec![Fault { field: "answers", words }];
    let own = signed.last().cloned().ok_or_else(|| fault("nobody signs".to_owned()))?;
    let draft = desk.draft.as_ref().ok_or_else(|| fault("nobody began to answer this".to_owned()))?;
    let stands = standing(&signed, &draft.answers, &desk.instrument.roles);
    let signing = Signing {
        by: &own.party,
        instrument: &desk.instrument,
        answers: &draft.answers,
        found,
        deployment: &desk.record.deployment.id,
        ends: desk.record.deployment.ends,
        summary,
        review_by,
    };
    match signing.filings(&stands, &own.role).map_err(|error| fault(error.to_string()))? {
        Filings::Word(evidence) => Ok(Command::FileEvidence(*evidence)),
        Filings::Whole(assessment, _) => Ok(Command::SignAssessment(*assessment)),
    }
}

/// `/office/deployments/{id}/assessments/{instrument}/besides`: the statement that signed answers are, where duties wait for one.
pub(in crate::pages::office) async fn besides(form: Opened<(String, String)>) -> Result<Response, Problem> {
    let (desk, found, stands) = opened(&form)?;
    let none =
        || Problem::new(Kind::NotFound).detail("these answers are no statement, or not everybody has signed them");
    let draft = desk.draft.as_ref().ok_or_else(none)?;
    let last = stands.signed.last().filter(|_| stands.is_complete()).ok_or_else(none)?;
    let signing = Signing {
        by: &last.party,
        instrument: &desk.instrument,
        answers: &draft.answers,
        found: &found,
        deployment: &desk.record.deployment.id,
        ends: desk.record.deployment.ends,
        summary: None,
        review_by: None,
    };
    let statement = match signing.filings(&stands, &last.role) {
        Ok(Filings::Whole(_, Some(evidence))) => {
            Evidence { signed_by: form.signed.party.id.clone(), on: form.now, ..*evidence }
        }
        _ => return Err(none()),
    };
    let lead = format!("It says that the answers with the fingerprint {} are this statement.", digest(&desk));
    let then = Link { href: desk.page(), text: desk.instrument.title.clone() };
    let title = format!("State: “{}”", statement.kind);
    let command = Ok(Command::FileEvidence(statement));
    let deed = Deed { command, ..Deed::new(title, lead, format!("{}/besides", desk.page()), then) };
    form.go(deed).await
}
