//! Parameters: the numbers and lists of a requirement that a profile may make stricter, and what stricter means for each.

use std::collections::BTreeSet;
use std::fmt;

use model::{Id as _, Span};
use serde::{Deserialize, Serialize};

/// The name of a parameter, unique in a stack of packs.
pub type ParameterId = model::ParameterId;

/// In which direction a value is stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stricter {
    /// A larger number or longer span.
    Higher,
    /// A smaller number or shorter span.
    Lower,
    /// Fewer members: the intersection is in force.
    Smaller,
    /// More members: the union is in force.
    Larger,
}

/// What silence means when a duty's time is over, from the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Silence {
    /// What runs stops.
    Cease,
    /// What was asked is refused.
    Refuse,
    /// It is named overdue until it is done.
    Escalate,
    /// The file goes on as if answered.
    Proceed,
}

/// Who may still have something from some age on, from the laxest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Needs {
    /// Whoever has the grant.
    Anyone,
    /// With a senior officer's authorisation.
    Senior,
    /// With a judge's authorisation.
    Judge,
    /// Nobody any more.
    Nobody,
}

/// One step of an age tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeTier {
    /// From which age on.
    pub after: Span,
    /// What is needed then.
    pub needs: Needs,
}

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A whole number.
    Count(i64),
    /// A length of time.
    Span(Span),
    /// A set of codes.
    Set(BTreeSet<String>),
    /// What silence means.
    Silence(Silence),
    /// Access by age: ages rise.
    Tiers(Vec<AgeTier>),
}

/// A parameter as a requirement declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub id: ParameterId,
    /// Its value in the pack that declares it.
    pub value: Value,
    /// Which direction is stricter; `silence` and `tiers` have their own order, and `None` here.
    pub stricter: Option<Stricter>,
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", ParameterId::KIND, self.id)
    }
}
