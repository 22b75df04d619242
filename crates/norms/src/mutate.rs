//! Does a pack's own test notice when a norm is weakened? Each norm is changed in every way known, and the tests run again.
//!
//! A change that no test notices is reported, also where it changes nothing that facts can be: none is excused here. A change
//! that strict validation refuses is counted apart, because such a norm could not be adopted.

mod est;

use cedar_policy::{Policy, PolicyId as CedarId, PolicySet, ValidationMode, Validator};
use model::PolicyId;
use serde::Serialize;

use crate::cases::{CaseError, Cases, Put, forbids};
use crate::proof::Standard;
use crate::schema::schema;

pub use est::Direction;

/// Why nothing was tried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MutateError {
    /// A test cannot be put.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// Tests fail before anything is changed.
    #[error("the test `{0}` fails as it is; nothing can be said of weakened norms before all tests pass")]
    Fails(String),
    /// A norm has no JSON form.
    #[error("the norm `{norm}` cannot be changed: {message}")]
    Norm {
        /// Which.
        norm: PolicyId,
        /// What Cedar says.
        message: String,
    },
}

/// A change that no test noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Survivor {
    /// The norm that was changed.
    pub norm: PolicyId,
    /// How.
    pub change: String,
    /// Which way.
    pub direction: Direction,
}

/// What came of weakening every norm of a pack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Mutation {
    /// How many changes were tried.
    pub tried: usize,
    /// How many of them at least one test noticed.
    pub noticed: usize,
    /// How many more could not be adopted at all, because they do not fit the schema.
    pub unfit: usize,
    /// Those that no test noticed, in order of the norms.
    pub survivors: Vec<Survivor>,
}

/// Weakens each norm of a pack in every way known and says which change no test of the pack noticed.
///
/// # Errors
/// A test that fails before anything is changed.
pub fn mutate(cases: &Cases, standard: &Standard) -> Result<Mutation, MutateError> {
    let run = cases.run(standard);
    if let Some((outcome, _)) = run.failures().next() {
        return Err(MutateError::Fails(outcome.test.clone()));
    }
    let questions = cases.questions()?;
    let mut mutation = Mutation::default();
    for (norm, policy) in standard.policies().filter(|(norm, _)| cases.is_own(norm)) {
        let json = policy.to_json().map_err(|error| bad(norm, &error))?;
        let ceiling = standard.permit_all();
        let before: Vec<bool> = questions.iter().map(|put| forbids(&put.question, policy, ceiling)).collect();
        for mutant in est::mutants(&json) {
            let changed = match mutant.policy {
                None => None,
                Some(json) => match Policy::from_json(Some(CedarId::new("mutant")), json) {
                    Ok(policy) if fits(&policy) => Some(policy),
                    Ok(_) | Err(_) => {
                        mutation.unfit += 1;
                        continue;
                    }
                },
            };
            mutation.tried += 1;
            if is_noticed(&questions, &before, changed.as_ref(), ceiling) {
                mutation.noticed += 1;
            } else {
                let (change, direction) = (mutant.change, mutant.direction);
                mutation.survivors.push(Survivor { norm: norm.clone(), change, direction });
            }
        }
    }
    Ok(mutation)
}

fn bad(norm: &PolicyId, error: &dyn std::error::Error) -> MutateError {
    MutateError::Norm { norm: norm.clone(), message: error.to_string() }
}

/// Whether a policy could be adopted.
fn fits(policy: &Policy) -> bool {
    let validator = Validator::new(schema().clone());
    PolicySet::from_policies([policy.clone()])
        .is_ok_and(|set| validator.validate(&set, ValidationMode::Strict).validation_passed())
}

/// Whether a test comes out otherwise. Every test says exactly which norms forbid it, so one is noticed as soon as the norm
/// forbids something that it did not, or no longer what it did.
fn is_noticed(questions: &[Put<'_>], before: &[bool], changed: Option<&Policy>, ceiling: &Policy) -> bool {
    questions.iter().zip(before).any(|(put, before)| {
        let after = changed.is_some_and(|policy| forbids(&put.question, policy, ceiling));
        after != *before
    })
}

#[cfg(test)]
mod tests;
