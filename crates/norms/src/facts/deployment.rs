//! A deployment as Cedar sees it: what it declares, where it stands, what is known besides.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::successors;

use model::{
    Category, Deployment, DeploymentRecord, DutyId, EvidenceKind, InstrumentId, Outcome, Party, PartyId, Stream,
    Technology, Tier, Treatment,
};

use super::{Attributes, Circumstances, seconds};

/// What streams collect, at their worst.
pub(super) fn collected(attributes: Attributes, streams: &[Stream]) -> Attributes {
    let personal = |stream: &&Stream| is_personal(stream);
    let worst = |span: fn(&Stream) -> i64| streams.iter().map(span).max().unwrap_or(0);
    let keeps =
        streams.iter().filter(personal).map(|stream| i64::from(stream.retention.0.as_seconds())).max().unwrap_or(0);
    let biometric = |stream: &Stream| {
        stream.properties.values().any(|p| is_biometric(p.category) && p.treatment != Treatment::Drop)
    };
    attributes
        .truth("personal", streams.iter().any(is_personal))
        .truth("biometric", streams.iter().any(biometric))
        .truth("rawIdentifiers", streams.iter().any(|stream| stream.raw_identifiers().next().is_some()))
        // In memory or on a disk: for so long one person's tag is the same.
        .long("longestEpochSeconds", worst(|stream| i64::from(stream.remembered().as_seconds())))
        .long("keepsPersonalSeconds", keeps)
        .long("keepsSeconds", worst(|stream| i64::from(stream.retention.0.as_seconds())))
        .truth("matches", streams.iter().any(|stream| stream.order().is_some()))
        .texts("categories", categories(streams).into_iter())
}

/// The categories of what is observed, each with those above it in the tree.
pub(super) fn categories(streams: &[Stream]) -> BTreeSet<&'static str> {
    let properties = streams.iter().flat_map(|stream| stream.properties.values());
    properties
        .flat_map(|property| successors(Some(property.category), |code| code.parent()))
        .map(Category::code)
        .collect()
}

/// What senses, with what stands above it in the tree.
pub(super) fn technologies(deployment: &Deployment) -> BTreeSet<&'static str> {
    successors(Some(deployment.technology), |code| code.parent()).map(Technology::code).collect()
}

/// What is declared of a deployment or one of its streams.
pub(super) fn declared(
    attributes: Attributes,
    deployment: &Deployment,
    tier: Tier,
    around: &Circumstances,
) -> Attributes {
    attributes
        .text("tier", tier.code())
        .texts("technologies", technologies(deployment).into_iter())
        .texts("purposes", deployment.purposes.iter().map(|purpose| purpose.code()))
        .truth("mobile", deployment.mobile)
        .truth("placeHasArea", around.place_has_area)
}

/// What is known besides.
pub(super) fn surroundings(attributes: Attributes, around: &Circumstances) -> Attributes {
    evidence(attributes, around)
        .texts("cityEvidence", around.city_evidence.iter().map(EvidenceKind::as_str))
        .texts("overdue", around.overdue.iter().map(DutyId::as_str))
        .texts("silences", around.silences.iter().map(DutyId::as_str))
        .truth("classApproved", around.class_approved)
}

/// The evidence in force.
pub(super) fn evidence(attributes: Attributes, around: &Circumstances) -> Attributes {
    attributes
        .texts("evidence", around.evidence.iter().map(EvidenceKind::as_str))
        .texts("independentEvidence", around.independent_evidence.iter().map(EvidenceKind::as_str))
}

/// The instruments that were answered, and those of them that another party signed.
pub(super) fn assessed(attributes: Attributes, record: &DeploymentRecord) -> Attributes {
    let all = &record.standing.assessments;
    let independent = all.iter().filter(|assessment| is_independent(record, &assessment.signed_by));
    attributes
        .texts("assessments", all.iter().map(|assessment| assessment.instrument.as_str()))
        .texts("independentAssessments", independent.map(|assessment| assessment.instrument.as_str()))
}

/// Whether a stream observes people, whatever its treatments leave of it.
pub(super) fn is_personal(stream: &Stream) -> bool {
    stream.identifies() > model::Identifies::Nobody
}

fn is_biometric(category: Category) -> bool {
    category.code() == "face-image"
}

/// A deployment as it is proposed.
pub(super) fn proposal(deployment: &Deployment, proposer: &Party, around: &Circumstances) -> Attributes {
    // Nothing stands yet, so nothing can have been filed about it.
    let none: [&str; 0] = [];
    let kind = if proposer.id == deployment.accountable { proposer.kind.code() } else { "" };
    bare(deployment, &proposer.id, Tier::of(deployment), around)
        .text("accountableKind", around.accountable_kind.map_or(kind, |kind| kind.code()))
        .texts("assessments", none.into_iter())
        .texts("independentAssessments", none.into_iter())
}

/// What both a proposal and a standing deployment have.
fn bare(deployment: &Deployment, proposer: &PartyId, tier: Tier, around: &Circumstances) -> Attributes {
    let days = deployment.ends.since(deployment.starts).as_seconds().div_ceil(model::time::SECONDS_PER_DAY);
    let attributes = Attributes::default()
        .text("state", "new")
        .party("accountable", &deployment.accountable)
        .party("proposer", proposer)
        .text("legalBasis", deployment.legal_basis.code())
        .truth("privacyStatement", deployment.privacy_statement.as_ref().is_some_and(|url| is_address(url)))
        .long("lifetimeDays", i64::from(days))
        .long("starts", seconds(deployment.starts))
        .long("ends", seconds(deployment.ends))
        .truth("assessedByOther", false)
        .text("outcome", "none")
        .long("approvedUntil", 0)
        .texts("requiredAssessments", std::iter::empty())
        .texts("signedOffBy", std::iter::empty())
        .tags(around);
    let attributes = declared(attributes, deployment, tier, around);
    surroundings(collected(attributes, &deployment.streams), around)
}

fn is_address(url: &str) -> bool {
    url.strip_prefix("https://").is_some_and(|rest| rest.contains('.'))
}

/// A deployment as it stands.
pub(super) fn standing(record: &DeploymentRecord, around: &Circumstances) -> Attributes {
    let all = &record.standing.assessments;
    let required: BTreeSet<&str> =
        all.iter().flat_map(|assessment| &assessment.requires).map(InstrumentId::as_str).collect();
    let roles: BTreeSet<&str> =
        all.iter().flat_map(|assessment| &assessment.sign_offs).map(|sign_off| sign_off.role.as_str()).collect();
    let attributes = bare(&record.deployment, &record.standing.proposed_by, record.tier(), around);
    assessed(attributes, record)
        .text("accountableKind", around.accountable_kind.map_or("", |kind| kind.code()))
        .texts("requiredAssessments", required.into_iter())
        .texts("signedOffBy", roles.into_iter())
        .text("state", record.standing.state.code())
        .truth("assessedByOther", assessed_by_other(record))
        .text("outcome", outcome(record))
        .long("approvedUntil", approved_until(record))
}

/// The strictest of what was concluded, of each instrument by its newest answers: what a second instrument finds acceptable
/// makes nothing acceptable that the first did not.
fn outcome(record: &DeploymentRecord) -> &'static str {
    let all = record.standing.assessments.iter();
    let newest: BTreeMap<&InstrumentId, Outcome> =
        all.map(|assessment| (&assessment.instrument, assessment.outcome)).collect();
    newest.into_values().max().map_or("none", Outcome::code)
}

/// Whether the newest assessment was signed by a party that neither proposed nor answers for the deployment.
pub(super) fn assessed_by_other(record: &DeploymentRecord) -> bool {
    let signer = record.standing.assessments.last().map(|assessment| &assessment.signed_by);
    signer.is_some_and(|signer| is_independent(record, signer))
}

/// Whether a party neither proposed nor answers for a deployment.
fn is_independent(record: &DeploymentRecord, party: &PartyId) -> bool {
    *party != record.standing.proposed_by && *party != record.deployment.accountable
}

pub(super) fn approved_until(record: &DeploymentRecord) -> i64 {
    record.standing.approval.as_ref().map_or(0, |approval| seconds(approval.until))
}
