//! Statements: filed about a deployment, its sensors or the city, each in the party's own name, and withdrawn.
//!
//! Which kinds there are is what the norms and duties in force ask for; another can always be named.

use std::collections::BTreeSet;

use axum::response::Response;
use model::emergency::{EMERGENCY, EMERGENCY_REVIEW};
use model::request::{GRANT_OFFER, GRANT_REFUSAL};
use model::{DeploymentRecord, Digest, Evidence, EvidenceId, EvidenceKind, Moment, Subject, Timestamp};
use register::{Command, Rules, State as Register};

use super::ask::{Choice, Fault, Faults, Field, Sent};
use super::deed::Deed;
use super::opened::Opened;
use super::requests::Thread;
use super::{Reach, deployment, free_id};
use crate::accounts::roles::Action;
use crate::pages::Link;
use crate::pages::signed::Signed;
use crate::problem::{Kind, Problem};
use crate::words;

/// The most statements to choose from as answered.
const ANSWERED_MAX: usize = 200;
/// The words in a norm's text behind which kinds of evidence stand.
const ASKED: [&str; 3] = ["evidence.contains", "Evidence.contains", "].contains(resource.kind"];
/// How the kinds of statements begin by which a party signs answers to an instrument.
const SIGNS: &str = "sign-off-";

/// The kinds of statements by which a party answers who asks to see something.
const GIVES: [&str; 2] = [GRANT_OFFER, GRANT_REFUSAL];

/// `/office/deployments/{id}/evidence`
pub(crate) async fn about(form: Opened<String>) -> Result<Response, Problem> {
    let reach = form.reach();
    let deed = Desk::of(&form).filing(&reach, Some(reach.find(&form.about)?), &form.sent);
    form.go(deed).await
}

/// `/office/city/evidence`
pub(crate) async fn city(form: Opened) -> Result<Response, Problem> {
    let reach = form.reach();
    if !reach.city() {
        return Err(Problem::new(Kind::NotFound));
    }
    let deed = Desk::of(&form).filing(&reach, None, &form.sent);
    form.go(deed).await
}

/// `/office/evidence/{id}/withdraw`
pub(crate) async fn withdraw(form: Opened<String>) -> Result<Response, Problem> {
    let deed = withdrawing(&form.reach(), &form.about, &form.sent)?;
    form.go(deed).await
}

/// What the form is drawn from.
struct Desk<'a> {
    signed: &'a Signed,
    state: &'a Register,
    rules: Option<std::sync::Arc<Rules>>,
    now: Timestamp,
}

impl<'a> Desk<'a> {
    fn of<A>(form: &'a Opened<A>) -> Self {
        Self { signed: &form.signed, state: &form.state, rules: form.node.city.register().rules(), now: form.now }
    }

    /// The deed of filing: about a deployment or one of its sensors, or about the city.
    fn filing(&self, reach: &Reach<'_>, record: Option<&DeploymentRecord>, sent: &Sent) -> Deed {
        let (title, address, then) = match record {
            Some(record) => {
                let then = deployment::page_of(&record.deployment);
                (format!("File a statement: {}", record.deployment.title), format!("{}/evidence", then.href), then)
            }
            None => (
                "File a statement about the whole city".to_owned(),
                "/office/city/evidence".to_owned(),
                Link { href: "/office/city".to_owned(), text: "The whole city".to_owned() },
            ),
        };
        let kind = sent.filled("other-kind").or_else(|| sent.filled("kind")).unwrap_or_default();
        let about = record.map_or("city", |record| record.deployment.id.as_str());
        let taken = |id: &str| self.state.evidence.keys().any(|known| known.as_str() == id);
        let id = free_id(sent, &format!("{kind}-{about}"), taken);
        let lead = format!(
            "{} states it, signed and dated. Everybody can read it, and it stays in the log for ever.",
            reach.party.name
        );
        Deed {
            fields: self.fields(record, sent),
            command: self.evidence(reach, record, sent, &id).map(Command::FileEvidence),
            id: Some(id),
            ..Deed::new(title, lead, address, then)
        }
    }

    fn fields(&self, record: Option<&DeploymentRecord>, sent: &Sent) -> Vec<Field> {
        let kinds = kinds(self.state, self.rules.as_deref());
        let kinds = kinds.into_iter().map(|kind| Choice::new(&kind, kind.clone())).collect();
        let mut fields = Vec::new();
        if let Some(record) = record {
            let devices = self.state.devices.values().filter(|device| device.deployment == record.deployment.id);
            let sensors = devices.map(|device| Choice::new(&device.id, format!("Only the sensor “{}”", device.id)));
            let about = Field::one("about", "About", sent, sensors.collect());
            fields.push(about.optional().hint("The whole deployment, if nothing is chosen."));
        }
        fields.extend([
            Field::one("kind", "What kind of statement", sent, kinds)
                .optional()
                .hint("These are the ones that the policies and duties in force ask for."),
            Field::line("other-kind", "Or another kind", sent).optional().hint("A short name: a to z, 0 to 9 and -."),
            Field::text("summary", "In words for residents", sent),
            Field::day("on", "When it happened", sent, Some(self.now)),
            Field::day("until", "Stands until", sent, None)
                .optional()
                .hint("Without a day it stands until it is withdrawn."),
            Field::one("answers", "Which statement it answers", sent, self.answered(record)).optional(),
            Field::line("document", "Fingerprint of the document", sent)
                .optional()
                .hint("The SHA-256 of the file, 64 digits and letters from a to f. The file itself stays with you."),
            Field::text("reason", "Why it is filed", sent).optional(),
        ]);
        fields
    }

    /// The statements that one can answer: those about the same thing, the newest first.
    fn answered(&self, record: Option<&DeploymentRecord>) -> Vec<Choice> {
        let about = record.map_or(Subject::City, |record| Subject::Deployment { id: record.deployment.id.clone() });
        let mut records: Vec<_> = self.state.evidence_about(&about).filter(|known| known.in_force(self.now)).collect();
        records.sort_by_key(|record| std::cmp::Reverse(record.filed_at));
        let choice = |record: &&model::EvidenceRecord| {
            let (evidence, day) = (&record.evidence, words::day(record.evidence.on));
            Choice::new(&evidence.id, format!("{} of {day} (“{}”)", evidence.kind, evidence.id))
        };
        records.iter().take(ANSWERED_MAX).map(choice).collect()
    }

    fn evidence(
        &self,
        reach: &Reach<'_>,
        record: Option<&DeploymentRecord>,
        sent: &Sent,
        id: &str,
    ) -> Result<Evidence, Vec<Fault>> {
        let mut faults = Faults::default();
        let named = if sent.filled("other-kind").is_some() { "other-kind" } else { "kind" };
        let kind = faults.parsed::<EvidenceKind>(sent, named);
        let summary = faults.text(sent, "summary");
        let on = faults.day(sent, "on");
        let until = faults.day_if_any(sent, "until");
        let answers = sent.filled("answers").and_then(|_| faults.parsed::<EvidenceId>(sent, "answers"));
        let document = sent.filled("document").and_then(|_| faults.parsed::<Digest>(sent, "document"));
        let about = self.subject(record, sent, &mut faults);
        self.deciding(named, kind.as_ref(), answers.as_ref(), &mut faults);
        let read = (|| {
            Some(Evidence {
                id: id.parse().ok()?,
                about: about?,
                kind: kind?,
                on: on?,
                until,
                signed_by: reach.party.id.clone(),
                summary: summary?,
                document,
                answers,
            })
        })();
        faults.settle(read)
    }

    /// Notes what is not for whoever only prepares: this form is theirs, and what other doors ask another role for is not done by it.
    fn deciding(
        &self,
        named: &'static str,
        kind: Option<&EvidenceKind>,
        answers: Option<&EvidenceId>,
        faults: &mut Faults,
    ) {
        if kind.is_some_and(|kind| kind.as_str().starts_with(SIGNS)) && !self.signed.may(Action::Decide) {
            faults.note(named, "this signs answers to an instrument, which takes an approver of your party");
        }
        if kind.is_some_and(|kind| [EMERGENCY, EMERGENCY_REVIEW].contains(&kind.as_str())) {
            faults.note(named, "an emergency, and its review, has a form of its own on the page of the deployment");
        }
        if kind.is_some_and(|kind| GIVES.contains(&kind.as_str())) && !self.signed.may(Action::Decide) {
            faults.note(named, "this answers a request for an agreement, which takes an approver of your party");
        }
        if answers.is_some_and(|id| self.state.inquiries.contains_key(id)) && !self.signed.may(Action::Answer) {
            faults.note("answers", "this is what a resident asked; somebody with the inbox of your party answers it");
        }
    }

    fn subject(&self, record: Option<&DeploymentRecord>, sent: &Sent, faults: &mut Faults) -> Option<Subject> {
        let Some(record) = record else { return Some(Subject::City) };
        let Some(chosen) = sent.filled("about") else {
            return Some(Subject::Deployment { id: record.deployment.id.clone() });
        };
        let of = |device: &&std::sync::Arc<model::Device>| {
            device.id.as_str() == chosen && device.deployment == record.deployment.id
        };
        let found = self.state.devices.values().find(of).map(|device| Subject::Device { id: device.id.clone() });
        if found.is_none() {
            faults.note("about", "this deployment has no such sensor");
        }
        found
    }
}

fn withdrawing(reach: &Reach<'_>, id: &str, sent: &Sent) -> Result<Deed, Problem> {
    let none = || Problem::new(Kind::NotFound).detail("no statement of this name concerns the party that is signed in");
    let id: EvidenceId = id.parse().map_err(|_| none())?;
    let record = reach.state.evidence.get(&id).filter(|record| reach.evidence(record)).ok_or_else(none)?;
    let of = |id| reach.state.deployments.get(id).map(|record| deployment::page_of(&record.deployment));
    let then = match &record.evidence.about {
        Subject::City => None,
        Subject::Deployment { id } => of(id),
        Subject::Device { id } => reach.state.devices.get(id).and_then(|device| of(&device.deployment)),
    };
    // Whoever asks to see something of a deployment has no page of it.
    let then = Thread::find(reach, id.as_str()).ok().map(|thread| thread.page(reach.state)).or(then);
    let then = then.unwrap_or_else(|| Link { href: "/office/city".to_owned(), text: "The whole city".to_owned() });
    let title = format!("Withdraw the statement “{}”", record.evidence.kind);
    let lead = format!(
        "It stands no longer from that moment on. That it was made stays in the log: {}",
        record.evidence.summary
    );
    Ok(Deed {
        fields: vec![Field::text("reason", "Why", sent).hint("Residents read it beside the act.")],
        command: Ok(Command::WithdrawEvidence { evidence: id.clone() }),
        ..Deed::new(title, lead, format!("/office/evidence/{id}/withdraw"), then)
    })
}

/// The kinds of statements that the policies in force ask for.
fn kinds(state: &Register, rules: Option<&Rules>) -> BTreeSet<String> {
    let mut kinds = BTreeSet::new();
    for duty in rules.iter().flat_map(|rules| rules.clocks.duties()) {
        for moment in [&duty.from, &duty.done_by] {
            if let Moment::Evidence(kind) = moment {
                kinds.insert(kind.to_string());
            }
        }
        kinds.extend(duty.extension.as_ref().map(|extension| extension.evidence.to_string()));
    }
    for layer in state.policy.iter().flat_map(|policy| &policy.text.layers) {
        kinds.extend(named(&layer.cedar));
    }
    kinds.retain(|kind| ![EMERGENCY, EMERGENCY_REVIEW].contains(&kind.as_str()));
    kinds
}

/// The kinds of statements that a text of norms names, as `evidence.contains("…")` and its like do.
fn named(cedar: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (place, line) in ASKED.iter().flat_map(|asked| cedar.match_indices(asked)) {
        // Kinds stand in the brackets behind the word; those of a list stand before it.
        let inside = if line.starts_with(']') {
            cedar.get(..place).and_then(|before| before.rsplit('[').next())
        } else {
            cedar.get(place + line.len()..).and_then(|rest| rest.split(')').next())
        };
        let quoted = inside.unwrap_or_default().split('"').skip(1).step_by(2);
        found.extend(quoted.filter(|kind| kind.parse::<EvidenceKind>().is_ok()).map(str::to_owned));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_that_norms_ask_for_are_found_and_nothing_else() {
        let cedar = r#"
            @reason("says \"x\"") forbid (principal, action == Action::"approve", resource)
            unless { resource.evidence.contains("notice") || resource.independentEvidence.contains("waiver") };
            forbid (principal, action, resource) unless { resource.evidence.containsAny(["hearing", "vote"]) };
            forbid (principal, action, resource) unless { !["report", "audit"].contains(resource.kind) || !resource.own };
            forbid (principal, action, resource) unless { resource.duties.contains("no-reidentification") };"#;
        let found: Vec<String> = named(cedar).into_iter().collect();
        assert_eq!(found, ["audit", "hearing", "notice", "report", "vote", "waiver"]);
        assert!(named("evidence.contains(").is_empty());
    }
}
