//! A view, and a view as one recipient has it, as Cedar sees them.

use std::collections::BTreeSet;

use model::time::SECONDS_PER_DAY;
use model::{
    DeploymentRecord, DutyId, EvidenceKind, Exposure, GrantRecord, IdentifierExposure, Noise, Order, Party,
    PropertyName, Purpose, Space, Span, Stream, Tier, TimeTreatment, Treatment, View,
};

use super::collect::order_of;
use super::deployment::{assessed_by_other, categories, evidence, is_personal, technologies};
use super::question::DiscloseQuestion;
use super::{Asker, Attributes, Circumstances, FastFacts, Gathered, seconds};

impl DiscloseQuestion<'_> {
    pub(crate) fn gathered(&self, context: FastFacts) -> Gathered {
        let share = Share {
            recipient: self.recipient,
            grant: self.grant,
            view: self.view,
            record: self.record,
            stream: self.stream,
            order: self.order,
            purpose: self.purpose,
            around: self.around,
        };
        let id = format!("{}/{}", self.stream.id, self.view.id);
        let asker = Asker { party: self.recipient, founder: self.founder };
        Gathered::new(asker, &self.action(), (Self::KIND, id), share.attributes(), context)
    }
}

/// What a view shows.
pub(super) fn shown(view: &View, record: &DeploymentRecord, stream: &Stream, around: &Circumstances) -> Attributes {
    let (grain, bin, cell) = match &view.exposure {
        Exposure::Records { .. } => (None, 0, None),
        Exposure::Windows { bin, space, .. } => {
            let cell = if let Space::Cell { resolution } = space { Some(resolution) } else { None };
            (Some(space.code()), bin.span().as_seconds(), cell)
        }
    };
    let none = BTreeSet::new();
    let fields = if let Exposure::Records { fields } = &view.exposure { fields } else { &none };
    Attributes::default()
        .party("accountable", &record.deployment.accountable)
        .truth("personal", is_personal(stream))
        .truth("records", grain.is_none())
        .long("identifiers", told(view, stream).rank())
        .long("minimum", i64::from(view.minimum.0))
        .long("binSeconds", i64::from(bin))
        .truth("noised", view.noise != Noise::None)
        .long("dailyLossMicro", daily_loss(stream))
        .text("grain", grain.unwrap_or("none"))
        .long("boundCells", view.bound.0.map_or(0, i64::from))
        .texts("fields", fields.iter().map(PropertyName::as_str))
        .truth("byCell", cell.is_some())
        .long("cellResolution", cell.map_or(0, |resolution| i64::from(resolution.level())))
        .truth("countsPeople", counts_people(view, stream))
        .truth("underOrder", order_of(stream).is_some())
        .text("tier", Tier::of_stream(stream).code())
        .texts("technologies", technologies(&record.deployment).into_iter())
        .texts("categories", categories(std::slice::from_ref(stream)).into_iter())
        .long("delaySeconds", i64::from(view.delay.0.as_seconds()))
        .long("depthSeconds", i64::from(view.depth.0.as_seconds()))
        .texts("evidence", around.evidence.iter().map(EvidenceKind::as_str))
        .texts("cityEvidence", around.city_evidence.iter().map(EvidenceKind::as_str))
}

/// What all releases of a stream may cost a unit in a day, in millionths; epochs that a day touches count whole. None without
/// a budget.
fn daily_loss(stream: &Stream) -> i64 {
    let (Some(budget), Some(epoch)) = (stream.budget, stream.accounted()) else { return 0 };
    let epoch = epoch.span().as_seconds();
    // Where neither is made of whole others, epochs lie across the ends of some days.
    let aligned = SECONDS_PER_DAY.is_multiple_of(epoch) || epoch.is_multiple_of(SECONDS_PER_DAY);
    let epochs = SECONDS_PER_DAY.div_ceil(epoch) + u32::from(!aligned);
    i64::from(budget.micro()).saturating_mul(i64::from(epochs))
}

/// What a view tells of who was there: what it declares, and never less than what the fields it shows are.
fn told(view: &View, stream: &Stream) -> IdentifierExposure {
    let Exposure::Records { fields } = &view.exposure else { return view.identifiers };
    fields.iter().map(|field| told_by(stream, field)).fold(view.identifiers, Ord::max)
}

/// What a stored property tells of who was there. One that the stream does not have counts as the worst.
fn told_by(stream: &Stream, field: &PropertyName) -> IdentifierExposure {
    let Some(property) = stream.properties.get(field) else { return IdentifierExposure::Raw };
    match &property.treatment {
        // Numbers of a sensor and a bin: no value of anybody is stored, under a tag or without one.
        Treatment::Drop
        | Treatment::Count
        | Treatment::Tally { .. }
        | Treatment::Journey { .. }
        | Treatment::Dwell { .. } => IdentifierExposure::None,
        Treatment::Pseudonymise { .. } => IdentifierExposure::Rotating,
        Treatment::Match { .. } => IdentifierExposure::Raw,
        // A sensor that compares by itself and sends the entry tells the same as a match.
        Treatment::Keep
        | Treatment::Cell { .. }
        | Treatment::District { .. }
        | Treatment::Band { .. }
        | Treatment::Clamp { .. } => {
            let names = property.category.is_identifier() || property.category.code() == "list-match";
            if names { IdentifierExposure::Raw } else { IdentifierExposure::None }
        }
    }
}

/// Whether what a view's minimum counts are people: distinct pseudonyms that last at least a window and do not change
/// within one. Observations and means count how often, not how many.
fn counts_people(view: &View, stream: &Stream) -> bool {
    let Exposure::Windows { bin, space, measure } = &view.exposure else { return false };
    let Some(property) = measure.unit().and_then(|unit| stream.properties.get(unit)) else { return false };
    // One phone looks for many networks, so that distinct network names are no phones.
    let one_each = property.category.is_identifier() && property.category.code() != "network-name";
    // Of what is worked out in memory each number counts somebody once, as long as none are added up.
    let whole = stream.time == TimeTreatment::Bin { bin: *bin };
    let apart = match (&property.treatment, space) {
        (Treatment::Pseudonymise { epoch }, _) => {
            let (bin, epoch) = (bin.span().as_seconds(), epoch.span().as_seconds());
            epoch >= bin && epoch.checked_rem(bin) == Some(0)
        }
        (Treatment::Journey { .. }, Space::Pair)
        | (Treatment::Tally { .. } | Treatment::Dwell { .. }, Space::Sensor) => whole,
        _ => false,
    };
    one_each && apart
}

/// A view as one recipient has it, or would have it.
pub(super) struct Share<'a> {
    pub(super) recipient: &'a Party,
    pub(super) grant: Option<&'a GrantRecord>,
    pub(super) view: &'a View,
    pub(super) record: &'a DeploymentRecord,
    pub(super) stream: &'a Stream,
    pub(super) order: Option<&'a Order>,
    pub(super) purpose: Purpose,
    pub(super) around: &'a Circumstances,
}

impl Share<'_> {
    pub(super) fn attributes(&self) -> Attributes {
        let fits = |grant: &&GrantRecord| {
            grant.grant.recipient == self.recipient.id
                && grant.grant.stream == self.stream.id
                && grant.grant.view == self.view.id
        };
        let grant = self.grant.filter(fits);
        let order = self.order.filter(|order| {
            order.deployment == self.record.deployment.id
                && order.party == self.recipient.id
                && order_of(self.stream) == Some(&order.id)
                && grant.is_none_or(|grant| grant.grant.order.as_ref() == Some(&order.id))
        });
        let duties = grant.into_iter().flat_map(|grant| grant.grant.duties.iter().map(|duty| duty.code()));
        let days = grant.map_or(0, |grant| whole_days(grant.grant.until.since(grant.since)));
        let attributes = shown(self.view, self.record, self.stream, self.around);
        let attributes = surroundings_of_share(attributes, self.record, self.around).tags(self.around);
        attributes
            .text("recipientKind", self.recipient.kind.code())
            .text("purpose", self.purpose.code())
            .truth("granted", grant.is_some())
            .text("grantPurpose", grant.map_or("", |grant| grant.grant.purpose.code()))
            .long("grantSince", grant.map_or(0, |grant| seconds(grant.since)))
            .long("grantUntil", grant.map_or(0, |grant| seconds(grant.grant.until)))
            .long("grantDays", days)
            .truth("judged", grant.is_some_and(|grant| grant.grant.judged.is_some()))
            .truth("grantEnded", grant.is_some_and(|grant| grant.ended.is_some()))
            .texts("duties", duties)
            // Of a share, more than of its view: an order that is this recipient's, for this deployment and stream.
            .truth("underOrder", order.is_some())
            .long("orderUntil", order.map_or(0, |order| seconds(order.until)))
            .text("deploymentState", self.record.standing.state.code())
            .texts("deploymentPurposes", self.record.deployment.purposes.iter().map(|purpose| purpose.code()))
            .long("deploymentEnds", seconds(self.record.deployment.ends))
    }
}

/// What is known of the deployment behind a share.
fn surroundings_of_share(attributes: Attributes, record: &DeploymentRecord, around: &Circumstances) -> Attributes {
    let instruments = record.standing.assessments.iter().map(|assessment| assessment.instrument.as_str());
    evidence(attributes, around)
        .truth("assessedByOther", assessed_by_other(record))
        .texts("assessments", instruments)
        .texts("overdue", around.overdue.iter().map(DutyId::as_str))
        .texts("silences", around.silences.iter().map(DutyId::as_str))
}

/// Days, begun ones counted whole.
fn whole_days(span: Span) -> i64 {
    i64::from(span.as_seconds().div_ceil(SECONDS_PER_DAY))
}
