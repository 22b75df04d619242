//! Of two values of a parameter, the one in force: at least as strict as both, and no stricter than that takes.
//!
//! It never guesses: where neither value is the stricter one, the answer says that they are incomparable.

use std::fmt;

use serde::Serialize;

use super::{AgeTier, Needs, Stricter, Value};

/// How two values of a parameter stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// They are the same.
    Equal,
    /// The first is the stricter.
    FirstStricter,
    /// The second is the stricter.
    SecondStricter,
    /// Each is stricter in some way; in force is neither, but what is stricter than both.
    Incomparable,
}

/// What is in force of two values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    /// The value in force.
    pub value: Value,
    /// How the two stood to each other.
    pub relation: Relation,
}

impl Met {
    /// Whether the two leave nothing allowed: a set that is stricter when smaller, and empty.
    #[must_use]
    pub fn nothing_allowed(&self, stricter: Option<Stricter>) -> bool {
        stricter == Some(Stricter::Smaller) && matches!(&self.value, Value::Set(members) if members.is_empty())
    }
}

/// Two values that cannot be compared at all: kinds differ, or the direction does not fit the kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Mismatch {
    first: &'static str,
    second: &'static str,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.second {
            write!(f, "`stricter` does not fit a {}", self.first)
        } else {
            write!(f, "a {} cannot be compared with a {}", self.first, self.second)
        }
    }
}

/// The value in force of two.
///
/// # Errors
/// [`Mismatch`] where the values are of two kinds, or `stricter` does not fit them.
pub fn meet(first: &Value, second: &Value, stricter: Option<Stricter>) -> Result<Met, Mismatch> {
    let mismatch = || Mismatch { first: first.kind(), second: second.kind() };
    if !first.fits(stricter) || !second.fits(stricter) {
        return Err(mismatch());
    }
    let higher = stricter == Some(Stricter::Higher);
    let value = match (first, second) {
        (Value::Count(a), Value::Count(b)) => Value::Count(if higher { *a.max(b) } else { *a.min(b) }),
        (Value::Span(a), Value::Span(b)) => Value::Span(if higher { *a.max(b) } else { *a.min(b) }),
        (Value::Set(a), Value::Set(b)) if stricter == Some(Stricter::Larger) => Value::Set(a | b),
        (Value::Set(a), Value::Set(b)) => Value::Set(a & b),
        (Value::Silence(a), Value::Silence(b)) => Value::Silence(*a.min(b)),
        (Value::Tiers(a), Value::Tiers(b)) => Value::Tiers(normal(a.iter().chain(b))),
        _ => return Err(mismatch()),
    };
    let relation = match (same(&value, first), same(&value, second)) {
        (true, true) => Relation::Equal,
        (true, false) => Relation::FirstStricter,
        (false, true) => Relation::SecondStricter,
        (false, false) => Relation::Incomparable,
    };
    Ok(Met { value, relation })
}

/// Whether a value in its normal form says the same as another.
fn same(normal_form: &Value, other: &Value) -> bool {
    match (normal_form, other) {
        (Value::Tiers(a), Value::Tiers(b)) => *a == normal(b.iter()),
        (a, b) => a == b,
    }
}

/// The steps at which the need rises: at each age, the greatest need of all steps that have been reached.
pub(super) fn normal<'a>(tiers: impl Iterator<Item = &'a AgeTier>) -> Vec<AgeTier> {
    let mut steps: Vec<AgeTier> = tiers.copied().collect();
    // Of one age, the greatest need comes first.
    steps.sort_by_key(|tier| (tier.after, std::cmp::Reverse(tier.needs)));
    let mut needed = Needs::Anyone;
    steps.retain(|tier| {
        let rises = tier.needs > needed;
        needed = needed.max(tier.needs);
        rises
    });
    steps
}

#[cfg(test)]
mod tests;
