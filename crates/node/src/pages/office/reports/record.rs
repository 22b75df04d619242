//! The record of processing activities (GDPR, Article 30): of each deployment that reads data about people, what a record has to say,
//! from the register alone. What nobody stated is said not to be stated.

use model::{Deployment, DeploymentRecord, Identifies, LegalBasis, Subject, Timestamp};
use register::State as Register;

use super::paper::{Part, Row};
use crate::lang::Lang;
use crate::pages::party_name;
use crate::words;

/// Kinds of statements that tell of security.
const SECURITY: [&str; 6] =
    ["security-test", "security-plan", "cyber-plan-review", "access-rules", "security-policy", "data-clauses"];
/// Kinds of statements that tell of other countries.
const TRANSFERS: [&str; 3] = ["transfer", "transfer-safeguards", "transfer-assessment"];
const NOT_STATED: &str = "Nothing is stated about it in the register.";

/// Whether a deployment belongs into the record: it reads something about people, or has a ground for it.
pub(super) fn belongs(deployment: &Deployment) -> bool {
    deployment.legal_basis != LegalBasis::NotPersonal
        || deployment.streams.iter().any(|stream| stream.identifies() != Identifies::Nobody)
}

/// What the record says of a deployment.
pub(super) fn part(state: &Register, record: &DeploymentRecord, now: Timestamp) -> Part {
    let deployment = &record.deployment;
    let place =
        state.places.get(&deployment.place).map_or_else(|| deployment.place.to_string(), |one| one.name.clone());
    let rows = vec![
        Row::one("Controller", party_name(state, &deployment.accountable)),
        Row::one("Where it stands", format!("{place}; {}", standing(record, now))),
        Row::of("Purposes", deployment.purposes.iter().map(|purpose| purpose.name().to_owned()).collect(), NOT_STATED),
        Row::one("Legal basis", words::legal_basis(Lang::En, deployment.legal_basis)),
        Row::one("Categories of people", people(deployment, &place)),
        Row::of("Categories of data", categories(deployment), NOT_STATED),
        Row::of("Recipients", recipients(state, deployment, now), "Nobody has an agreement in force."),
        Row::of("Transfers to other countries", stated(state, deployment, &TRANSFERS, now), NOT_STATED),
        Row::of("Kept for", retention(deployment), NOT_STATED),
        Row::of("Security measures", security(state, deployment, now), NOT_STATED),
        Row::of("Privacy statement", deployment.privacy_statement.iter().cloned().collect(), NOT_STATED),
        Row::of("Assessments", assessments(state, record), "None is signed."),
    ];
    Part { heading: deployment.title.clone(), href: Some(format!("/deployments/{}", deployment.id)), rows }
}

fn standing(record: &DeploymentRecord, now: Timestamp) -> String {
    let until = record.standing.approval.as_ref().map(|approval| words::day(approval.until));
    let approved = until.map(|until| format!(", approved until {until}")).unwrap_or_default();
    let force = if record.in_force(now) { "may collect" } else { "may not collect" };
    format!("{}{approved}; {force}", record.standing.state)
}

/// Whom the data is about, as far as what is read tells.
fn people(deployment: &Deployment, place: &str) -> String {
    let strongest = deployment.streams.iter().map(model::Stream::identifies).max();
    match strongest {
        None | Some(Identifies::Nobody) => "Nobody can be told apart by what is read.".to_owned(),
        Some(_) => format!("Whoever is at {place} while it senses. {}.", words::people(Lang::En, deployment).short),
    }
}

fn categories(deployment: &Deployment) -> Vec<String> {
    let properties = deployment.streams.iter().flat_map(|stream| stream.properties.values());
    let mut names: Vec<String> = properties.map(|property| property.category.name().to_owned()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Who has an agreement in force, for what and until when.
pub(super) fn recipients(state: &Register, deployment: &Deployment, now: Timestamp) -> Vec<String> {
    let own = deployment.streams.iter().flat_map(|stream| state.grants_of(&stream.id));
    let told = own.filter(|one| one.in_force(now)).map(|one| {
        let grant = &one.grant;
        let view = state.views.get(&(grant.stream.clone(), grant.view.clone()));
        format!(
            "{}, for {}: “{}”, until {}",
            party_name(state, &grant.recipient),
            words::small(grant.purpose.name()),
            view.map_or_else(|| grant.view.to_string(), |view| view.title.clone()),
            words::day(grant.until)
        )
    });
    told.collect()
}

fn retention(deployment: &Deployment) -> Vec<String> {
    let told = deployment.streams.iter().map(|stream| match stream.retention.0 {
        model::Span::ZERO => format!("{}: nothing is stored", stream.id),
        span => format!("{}: {}", stream.id, words::span(span)),
    });
    told.collect()
}

/// What is done to the data at collection, and what is stated of security.
fn security(state: &Register, deployment: &Deployment, now: Timestamp) -> Vec<String> {
    let properties = deployment.streams.iter().flat_map(|stream| &stream.properties);
    let mut told: Vec<String> = properties
        .map(|(_, property)| format!("{}: {}", property.category.name(), words::treatment(Lang::En, property)))
        .collect();
    told.extend(stated(state, deployment, &SECURITY, now));
    told
}

/// Statements of some kinds that stand, about a deployment or the whole city.
fn stated(state: &Register, deployment: &Deployment, kinds: &[&str], now: Timestamp) -> Vec<String> {
    let subjects = [Subject::Deployment { id: deployment.id.clone() }, Subject::City];
    let records = subjects.iter().flat_map(|subject| state.evidence_about(subject));
    let fit = records.filter(|one| one.in_force(now) && kinds.contains(&one.evidence.kind.as_str()));
    let told = fit.map(|one| {
        format!(
            "{} ({}, {})",
            one.evidence.summary,
            party_name(state, &one.evidence.signed_by),
            words::day(one.evidence.on)
        )
    });
    told.collect()
}

/// The assessments that are signed, newest last.
pub(super) fn assessments(state: &Register, record: &DeploymentRecord) -> Vec<String> {
    let told = record.standing.assessments.iter().map(|one| {
        format!(
            "{} ({}): {}, signed by {}, looked at again by {}",
            one.summary,
            one.instrument,
            words::small(words::outcome(Lang::En, one.outcome)),
            party_name(state, &one.signed_by),
            words::day(one.review_by)
        )
    });
    told.collect()
}
