//! How single norms of two standards stand to each other: which is the stricter, over every action either speaks of.
//!
//! Two norms that look at no common fact are not compared: one could only follow from the other by saying nothing or
//! everything, and such norms are found by `lint`.

use cedar_policy::RequestEnv;
use serde::Serialize;

use super::query::{Expect, Part, implies};
use super::sides::{Cited, Clause, Side, Standard};
use super::solver::Solver;
use super::{ProofError, Prover, Unsure};

/// Whether one norm leaves open only what another leaves open.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Within {
    /// It does, for every request.
    Proved,
    /// It does not: there is a request that it leaves open and the other forbids.
    Refuted,
    /// Not known.
    Unknown {
        /// Why.
        why: Unsure,
    },
}

/// Two norms, compared both ways.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// One of the left standard.
    pub left: Cited,
    /// One of the right standard.
    pub right: Cited,
    /// Whether the left is at least as strict.
    pub left_within_right: Within,
    /// Whether the right is at least as strict.
    pub right_within_left: Within,
}

impl Pair {
    /// Whether anything is known that ties the two together, or could.
    fn says_something(&self) -> bool {
        let refuted = |within: &Within| *within == Within::Refuted;
        !(refuted(&self.left_within_right) && refuted(&self.right_within_left))
    }
}

impl Prover {
    /// Compares each norm of one standard with each of another, and tells of the pairs in which one follows from the other,
    /// or may.
    ///
    /// # Errors
    /// No solver.
    pub fn relations(&self, left: &Standard, right: &Standard) -> Result<Vec<Pair>, ProofError> {
        self.settings.hello()?;
        let environments = self.environments(&[Side::from(left), Side::from(right)]);
        let (ours, theirs) = (Side::from(left), Side::from(right));
        let jobs: Vec<(&Clause, &Clause)> =
            ours.forbids.iter().flat_map(|one| theirs.forbids.iter().map(move |other| (one, other))).collect();
        let jobs: Vec<_> = jobs.into_iter().filter(|(one, other)| !one.reads.is_disjoint(&other.reads)).collect();
        let pairs = self.settings.run(&jobs, |(one, other), solver| Pair {
            left: one.cited.clone(),
            right: other.cited.clone(),
            left_within_right: within(solver, &environments, (ours, one), (theirs, other)),
            right_within_left: within(solver, &environments, (theirs, other), (ours, one)),
        })?;
        Ok(pairs.into_iter().filter(Pair::says_something).collect())
    }
}

/// Whether whatever one norm leaves open another leaves open too, in every environment that the other speaks of.
fn within(
    solver: &mut Solver<'_>,
    environments: &[RequestEnv],
    (side, norm): (Side<'_>, &Clause),
    (other_side, other): (Side<'_>, &Clause),
) -> Within {
    let spoken_of: Vec<&RequestEnv> = environments.iter().filter(|env| other.concerns(env)).collect();
    if !spoken_of.iter().all(|env| norm.concerns(env)) {
        return Within::Refuted;
    }
    for env in spoken_of {
        let (left, right) = (Part::of(side, env).under(vec![norm]), Part::of(other_side, env).under(vec![other]));
        match implies(solver, &left, &right, Expect::Holds) {
            Ok(None) => {}
            Ok(Some(_)) => return Within::Refuted,
            Err(why) => return Within::Unknown { why },
        }
    }
    Within::Proved
}
