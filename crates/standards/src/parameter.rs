//! Parameters: the numbers and lists of a requirement that a profile may make stricter, and what stricter means for each.

mod meet;
pub(crate) mod read;
mod span;

pub use meet::{Met, Mismatch, Relation, meet};
pub use model::Silence;
pub use span::parse_span;

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

impl Needs {
    /// Every need, from the laxest.
    pub const ALL: [Self; 4] = [Self::Anyone, Self::Senior, Self::Judge, Self::Nobody];

    /// The code, as in packs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::Senior => "senior",
            Self::Judge => "judge",
            Self::Nobody => "nobody",
        }
    }
}

/// One step of an age tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeTier {
    /// From which age on.
    #[serde(deserialize_with = "span::deserialize")]
    pub after: Span,
    /// What is needed then.
    pub needs: Needs,
}

/// The value of a parameter; in serde as packs write it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A whole number.
    Count(i64),
    /// A length of time.
    Span(Span),
    /// A set of codes.
    Set(BTreeSet<String>),
    /// What silence means.
    Silence(Silence),
    /// Access by age: ages and needs rise.
    Tiers(Vec<AgeTier>),
}

impl Value {
    /// The word for its kind, as packs write it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Count(_) => "count",
            Self::Span(_) => "span",
            Self::Set(_) => "set",
            Self::Silence(_) => "silence",
            Self::Tiers(_) => "tiers",
        }
    }

    /// Whether `stricter` makes sense for its kind.
    #[must_use]
    pub const fn fits(&self, stricter: Option<Stricter>) -> bool {
        match self {
            Self::Count(_) | Self::Span(_) => matches!(stricter, Some(Stricter::Higher | Stricter::Lower)),
            Self::Set(_) => matches!(stricter, Some(Stricter::Smaller | Stricter::Larger)),
            Self::Silence(_) | Self::Tiers(_) => stricter.is_none(),
        }
    }

    /// From which age on at least this much is needed; `None` where it never is, or this is no value by age.
    #[must_use]
    pub fn needed_from(&self, needs: Needs) -> Option<Span> {
        let Self::Tiers(tiers) = self else { return None };
        tiers.iter().filter(|tier| tier.needs >= needs).map(|tier| tier.after).min()
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Span(span) => write!(f, "{span}"),
            Self::Set(members) => {
                let members: Vec<_> = members.iter().map(|member| format!("`{member}`")).collect();
                write!(f, "[{}]", members.join(", "))
            }
            Self::Silence(silence) => f.write_str(silence.code()),
            Self::Tiers(tiers) => {
                let tiers: Vec<_> =
                    tiers.iter().map(|tier| format!("{} after {}", tier.needs.code(), tier.after)).collect();
                write!(f, "[{}]", tiers.join(", "))
            }
        }
    }
}

/// A parameter as a requirement declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
