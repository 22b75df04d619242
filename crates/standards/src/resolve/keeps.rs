//! Conflicts of keeping: one requirement wants data kept at least so long, another at most so long.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Category, RequirementId, Span};
use serde::Serialize;

use super::Enforcement;
use crate::pack::{Keep, KeepBound, Pack, Reference, SpanOrParameter};
use crate::parameter::{ParameterId, Value};

/// One side of a conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// Whose.
    pub pack: Reference,
    /// The id of the `[[keep]]`.
    pub keep: String,
    /// The requirement.
    pub requirement: RequirementId,
    /// Which data.
    pub data: String,
    /// How long.
    pub span: Span,
}

/// Two requirements on keeping that cannot both be met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// It has to be kept at least so long.
    pub at_least: Side,
    /// It may be kept at most so long.
    pub at_most: Side,
}

/// Every conflict of a stack under the values in force.
pub(super) fn conflicts(stack: &[Arc<Pack>], values: &BTreeMap<ParameterId, Value>) -> Vec<Conflict> {
    let (mut least, mut most) = (Vec::new(), Vec::new());
    for pack in stack {
        for keep in pack.keeps() {
            let requirement = stack.iter().find_map(|pack| pack.requirements.get(&keep.requirement));
            if requirement.is_none_or(|requirement| Enforcement::of(requirement) == Enforcement::Never) {
                continue;
            }
            match &keep.bound {
                KeepBound::AtLeast(bound) => least.extend(side(pack, keep, bound, values)),
                KeepBound::AtMost(bound) => most.extend(side(pack, keep, bound, values)),
            }
        }
    }
    let conflict = |at_least: &Side| {
        let mine = at_least.clone();
        let against =
            most.iter().filter(move |at_most| same_data(&mine.data, &at_most.data) && mine.span > at_most.span);
        let at_least = at_least.clone();
        against.map(move |at_most| Conflict { at_least: at_least.clone(), at_most: at_most.clone() })
    };
    least.iter().flat_map(conflict).collect()
}

fn side(pack: &Pack, keep: &Keep, bound: &SpanOrParameter, values: &BTreeMap<ParameterId, Value>) -> Option<Side> {
    let span = match bound {
        SpanOrParameter::Span(span) => *span,
        SpanOrParameter::Parameter(id) => match values.get(id)? {
            Value::Span(span) => *span,
            _ => return None,
        },
    };
    let pack = pack.manifest.reference.clone();
    Some(Side { pack, keep: keep.id.clone(), requirement: keep.requirement.clone(), data: keep.data.clone(), span })
}

/// Whether two names may mean the same data: the same name, or categories of which one lies in the other.
fn same_data(one: &str, other: &str) -> bool {
    one == other
        || match (one.parse::<Category>(), other.parse::<Category>()) {
            (Ok(one), Ok(other)) => one.is_within(other) || other.is_within(one),
            _ => false,
        }
}
