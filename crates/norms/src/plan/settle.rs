//! What a plan says of facts that are known only within limits: the same whatever they were, or nothing.
//!
//! A public log sums disclosures up. When each was, how far back it reached and whether a senior party stood behind it is not in it.
//! Where a plan would say one thing of some of these and another of others, it says nothing here; it never guesses.

use model::{Span, Timestamp};

use super::{Body, Folded, GrantPlan, Number, Order, Truth};
use crate::bundle::broken;
use crate::decision::Decision;
use crate::facts::seconds;

/// Disclosures of which only this is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiscloseLimits {
    /// None was before.
    pub from: Timestamp,
    /// None was after.
    pub to: Timestamp,
    /// None asked for rows older than this.
    pub oldest_max: Span,
}

/// From the least to the most that a number can be.
type Range = (i64, i64);

impl DiscloseLimits {
    fn range(&self, fact: &str) -> Option<Range> {
        match fact {
            "now" => Some((seconds(self.from), seconds(self.to))),
            "oldestSeconds" => Some((0, i64::from(self.oldest_max.as_seconds()))),
            _ => None,
        }
    }
}

impl Number {
    fn range(self, limits: &DiscloseLimits) -> Option<Range> {
        match self {
            Self::Fixed(number) => Some((number, number)),
            Self::Fact(name) => limits.range(name),
        }
    }
}

impl Truth {
    /// The truth, if it is the same within the limits.
    fn settled(&self, limits: &DiscloseLimits) -> Option<bool> {
        match self {
            Self::Always(truth) => Some(*truth),
            Self::Flag(_) => None,
            Self::Not(inner) => Some(!inner.settled(limits)?),
            Self::And(left, right) => match (left.settled(limits), right.settled(limits)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (left, right) => Some(left? && right?),
            },
            Self::Or(left, right) => match (left.settled(limits), right.settled(limits)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (left, right) => Some(left? || right?),
            },
            Self::Compare(order, left, right) => compared(*order, left.range(limits)?, right.range(limits)?),
        }
    }
}

fn compared(order: Order, (least, most): Range, (lower, upper): Range) -> Option<bool> {
    match order {
        Order::Less if most < lower => Some(true),
        Order::Less if least >= upper => Some(false),
        Order::LessEq if most <= lower => Some(true),
        Order::LessEq if least > upper => Some(false),
        Order::Eq if most < lower || upper < least => Some(false),
        Order::Eq if least == most && lower == upper => Some(least == lower),
        _ => None,
    }
}

impl GrantPlan {
    /// Decides for every disclosure within the limits at once; none where that depends on what is not known. The policies named are
    /// those that speak of all of them.
    #[must_use]
    pub fn settled(&self, limits: &DiscloseLimits) -> Option<Decision> {
        let (permits, forbids) = match &self.0.body {
            Body::Tree { permits, forbids } => (permits, forbids),
            Body::Fallback(_) => return None,
            Body::Refuse => return Some(broken()),
        };
        let say = |policy: &Folded| (policy.id.clone(), policy.truth.settled(limits));
        let against: Vec<_> = forbids.iter().map(say).collect();
        let always = |said: &[(String, Option<bool>)]| -> Vec<String> {
            said.iter().filter(|(_, truth)| *truth == Some(true)).map(|(id, _)| id.clone()).collect()
        };
        let open = |said: &[(String, Option<bool>)]| said.iter().any(|(_, truth)| truth.is_none());
        let forbidding = always(&against);
        if !forbidding.is_empty() {
            return Some(self.0.bundle.decision(false, forbidding, Vec::new()));
        }
        let permits: Vec<_> = permits.iter().map(say).collect();
        let permitting = always(&permits);
        if permitting.is_empty() && !open(&permits) {
            return Some(self.0.bundle.decision(false, Vec::new(), Vec::new()));
        }
        if open(&against) || permitting.is_empty() {
            return None;
        }
        Some(self.0.bundle.decision(true, permitting, Vec::new()))
    }
}
