//! What must be kept at least and at most so long, and where the two cannot both hold.

use std::fmt;
use std::str::FromStr;

use model::{Category, ParameterId, RequirementId};

use super::period::{Period, cut};
use super::term::{Term, Unresolved};
use crate::parameter::Value;

/// Not something that is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// Not a category of data, nor a kind of record.
    #[error("{0}; what is not observed but written down about it is `record-<name>`, such as record-use-log")]
    Category(#[from] model::UnknownCode),
    /// The name of a kind of record is not a slug.
    #[error("`{0}` is not a kind of record; write record- and a name of a-z, 0-9 and -")]
    Record(String),
}

/// What is kept: observed data of a category, or records that are written about its use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// Observed data of a category, and of those below it.
    Observed(Category),
    /// Records, for instance `use-log`.
    Record(String),
}

impl Data {
    /// Whether something can be both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Observed(a), Self::Observed(b)) => a.is_within(*b) || b.is_within(*a),
            (Self::Record(a), Self::Record(b)) => a == b,
            _ => false,
        }
    }
}

impl FromStr for Data {
    type Err = DataError;
    fn from_str(text: &str) -> Result<Self, DataError> {
        let Some(name) = text.strip_prefix("record-") else { return Ok(Self::Observed(text.parse()?)) };
        let named = model::EvidenceKind::new(name).is_ok();
        if named { Ok(Self::Record(name.to_owned())) } else { Err(DataError::Record(cut(text))) }
    }
}
impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Observed(category) => f.pad(category.code()),
            Self::Record(name) => f.pad(&format!("record-{name}")),
        }
    }
}

/// Which side of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepSide {
    /// It must not be gone before.
    AtLeast,
    /// It must be gone by then.
    AtMost,
}

/// A limit on how long something is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keep<L = Period> {
    /// Its id, unique in the pack.
    pub id: String,
    /// The requirement that it belongs to.
    pub requirement: RequirementId,
    /// What is kept.
    pub data: Data,
    /// Whether that is the least or the most.
    pub side: KeepSide,
    /// How long.
    pub period: L,
}

/// A limit as a pack writes it.
pub type DeclaredKeep = Keep<Term<Period>>;

impl DeclaredKeep {
    /// The limit with its parameter filled in.
    ///
    /// # Errors
    /// The parameter is unknown or is not a time.
    pub fn resolve(&self, lookup: impl Fn(&ParameterId) -> Option<Value>) -> Result<Keep, Unresolved> {
        Ok(Keep {
            id: self.id.clone(),
            requirement: self.requirement.clone(),
            data: self.data.clone(),
            side: self.side,
            period: self.period.resolve(lookup)?,
        })
    }
}

/// Two limits that cannot both hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict<'k> {
    /// Keep it so long at least …
    pub at_least: &'k Keep,
    /// … and so long at most.
    pub at_most: &'k Keep,
    /// Whether they can never both hold; else it depends on the lengths of the months.
    pub always: bool,
}

impl fmt::Display for Conflict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, most) = (self.at_least, self.at_most);
        write!(
            f,
            "`{}` ({}) keeps {} at least {}, `{}` ({}) keeps {} at most {}: {}",
            least.id,
            least.requirement,
            least.data,
            least.period.in_words(),
            most.id,
            most.requirement,
            most.data,
            most.period.in_words(),
            if self.always { "both can never hold" } else { "both hold in some months only" }
        )
    }
}

/// Every pair of limits on the same data that cannot both hold, in the order of the limits.
#[must_use]
pub fn conflicts(keeps: &[Keep]) -> Vec<Conflict<'_>> {
    let side = |side: KeepSide| {
        let limits = keeps.iter().filter(move |keep| keep.side == side);
        limits.map(|keep| (keep, keep.period.days_between())).collect::<Vec<_>>()
    };
    let (least, most) = (side(KeepSide::AtLeast), side(KeepSide::AtMost));
    let mut found = Vec::new();
    for (at_least, (shortest, longest)) in least {
        for &(at_most, (shortest_limit, longest_limit)) in
            most.iter().filter(|most| most.0.data.overlaps(&at_least.data))
        {
            // Of one unit, or of units that are whole numbers of one another, the lengths move together.
            let together = at_least.period.exactly_compares(at_most.period);
            let (always, sometimes) = match together {
                Some(order) => (order.is_gt(), order.is_gt()),
                None => (shortest > longest_limit, longest > shortest_limit),
            };
            if sometimes {
                found.push(Conflict { at_least, at_most, always });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(id: &str, data: &str, side: KeepSide, period: &str) -> Keep {
        let (data, period) = (data.parse().unwrap(), period.parse().unwrap());
        Keep { id: id.to_owned(), requirement: RequirementId("core-1".to_owned()), data, side, period }
    }

    fn found(least: (&str, &str), most: (&str, &str)) -> Option<bool> {
        let keeps = [keep("a", least.0, KeepSide::AtLeast, least.1), keep("b", most.0, KeepSide::AtMost, most.1)];
        conflicts(&keeps).first().map(|conflict| conflict.always)
    }

    #[test]
    fn keeping_longer_than_allowed_is_found_also_up_and_down_the_tree() {
        assert_eq!(found(("number-plate", "6mo"), ("number-plate", "30d")), Some(true));
        assert_eq!(found(("number-plate", "6mo"), ("personal", "30d")), Some(true));
        assert_eq!(found(("personal", "6mo"), ("number-plate", "30d")), Some(true));
        assert_eq!(found(("record-use-log", "6mo"), ("record-use-log", "1mo")), Some(true));
        assert_eq!(found(("number-plate", "6mo"), ("air-quality", "30d")), None);
        assert_eq!(found(("record-use-log", "6mo"), ("record-other", "1mo")), None);
        assert_eq!(found(("number-plate", "6mo"), ("record-use-log", "30d")), None);
    }

    #[test]
    fn the_same_length_is_no_conflict_and_months_against_days_depend() {
        for (least, most) in [("30d", "30d"), ("12mo", "1y"), ("1y", "12mo"), ("4w", "28d"), ("6mo", "184d")] {
            assert_eq!(found(("personal", least), ("personal", most)), None, "{least} {most}");
        }
        assert_eq!(found(("personal", "6mo"), ("personal", "183d")), Some(false));
        assert_eq!(found(("personal", "6mo"), ("personal", "180d")), Some(true));
        assert_eq!(found(("personal", "13mo"), ("personal", "1y")), Some(true));
    }

    #[test]
    fn what_is_kept_must_be_known() {
        for bad in ["plates", "record-", "record-Use Log", ""] {
            assert!(bad.parse::<Data>().is_err(), "{bad}");
        }
        assert_eq!("record-use-log".parse::<Data>().unwrap().to_string(), "record-use-log");
    }
}
