//! A collection as Cedar sees it.

use model::{OrderId, Stream, Tier, TimeTreatment, Treatment};

use super::deployment::{approved_until, assessed, assessed_by_other, collected, declared, surroundings};
use super::question::CollectQuestion;
use super::{Asker, Attributes, FastFacts, Gathered, Unaskable, seconds};

impl CollectQuestion<'_> {
    pub(crate) fn gathered(&self, context: FastFacts) -> Result<Gathered, Unaskable> {
        let (deployment, stream) = (&self.record.deployment, self.stream);
        // Whoever answers for the deployment collects, and nobody else is taken for it.
        if self.accountable.id != deployment.accountable {
            return Err(Unaskable);
        }
        let order = self.order.filter(|order| order.deployment == deployment.id && order_of(stream) == Some(&order.id));
        let attributes = Attributes::default()
            .text("state", self.record.standing.state.code())
            .party("accountable", &deployment.accountable)
            .long("starts", seconds(deployment.starts))
            .long("ends", seconds(deployment.ends))
            .truth("assessedByOther", assessed_by_other(self.record))
            .long("approvedUntil", approved_until(self.record))
            .text("accountableKind", self.accountable.kind.code())
            .long("timeBinSeconds", time_bin(stream))
            .long("orderUntil", order.map_or(0, |order| seconds(order.until)));
        // Answers are about the deployment and do not say of which stream what they found is true: it holds for each of them, also
        // for one that declares nothing about people.
        let tier = Tier::of_stream(stream).max(self.record.standing.found().unwrap_or(Tier::FileAndGo));
        let attributes = collected(attributes, std::slice::from_ref(stream)).tags(self.around);
        let attributes = surroundings(declared(attributes, deployment, tier, self.around), self.around);
        let attributes = assessed(attributes, self.record);
        let asker = Asker { party: self.accountable, founder: self.founder };
        Ok(Gathered::new(asker, Self::KEY.0, (Self::KEY.1, stream.id.to_string()), attributes, context))
    }
}

/// The order that a stream's match-or-drop properties name. If they name several there is none: the hits of one order
/// would lie among those of another.
pub(super) fn order_of(stream: &Stream) -> Option<&OrderId> {
    let mut named = stream.properties.values().filter_map(|property| match &property.treatment {
        Treatment::Match { order } => Some(order),
        _ => None,
    });
    let first = named.next()?;
    named.all(|other| other == first).then_some(first)
}

/// How coarse the time of an observation is kept; 0 as it came.
fn time_bin(stream: &Stream) -> i64 {
    match stream.time {
        TimeTreatment::Keep => 0,
        TimeTreatment::Bin { bin } => i64::from(bin.span().as_seconds()),
    }
}
