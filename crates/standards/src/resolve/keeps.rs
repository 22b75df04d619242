//! Conflicts of keeping: one requirement wants data kept at least so long, another at most so long. Whether two limits
//! can both hold is for `duty::conflicts` to say; whose they are is said here.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::RequirementId;
use serde::Serialize;

use super::Enforcement;
use crate::diagnostic::Problems;
use crate::duty::{self, Keep, Period};
use crate::pack::{Pack, Reference};
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
    /// Which data: a category, or `record-<name>`.
    pub data: String,
    /// How long, by the calendar.
    pub period: Period,
}

/// Two requirements on keeping that cannot both be met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// It has to be kept at least so long.
    pub at_least: Side,
    /// It may be kept at most so long.
    pub at_most: Side,
    /// Whether they can never both hold; else it depends on the lengths of the months.
    pub always: bool,
}

/// Every conflict of a stack under the values in force.
pub(super) fn conflicts(
    stack: &[Arc<Pack>],
    values: &BTreeMap<ParameterId, Value>,
    problems: &mut Problems,
) -> Vec<Conflict> {
    let (mut owners, mut keeps) = (Vec::new(), Vec::new());
    for pack in stack {
        for keep in &pack.keeps {
            let requirement = stack.iter().find_map(|pack| pack.requirements.get(&keep.requirement));
            if requirement.is_none_or(|requirement| Enforcement::of(requirement) == Enforcement::Never) {
                continue;
            }
            match keep.resolve(|id| values.get(id).cloned()) {
                Ok(keep) => {
                    owners.push(pack);
                    keeps.push(keep);
                }
                Err(error) => {
                    let help = "let the limit and its parameter fit each other";
                    let problem = pack.at_duty(&keep.id, "not-filled", error.to_string(), help);
                    problems.push(problem.within(&pack.manifest.id));
                }
            }
        }
    }
    let side = |keep: &Keep| {
        // Both sides are members of `keeps`, beside which their owners stand.
        let owner = keeps.iter().zip(&owners).find(|(one, _)| std::ptr::eq(*one, keep)).map(|(_, pack)| pack)?;
        Some(Side {
            pack: owner.manifest.reference.clone(),
            keep: keep.id.clone(),
            requirement: keep.requirement.clone(),
            data: keep.data.to_string(),
            period: keep.period,
        })
    };
    let both = |found: duty::Conflict<'_>| {
        Some(Conflict { at_least: side(found.at_least)?, at_most: side(found.at_most)?, always: found.always })
    };
    duty::conflicts(&keeps).into_iter().filter_map(both).collect()
}
