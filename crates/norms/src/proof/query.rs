//! The questions that a solver is asked, in one environment: does one side imply the other, and where not, a real example.
//!
//! An example counts only after Cedar itself has decided it so. What cannot be shown that way is `Unsure`, never a verdict.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Policy, PolicyId as CedarId, PolicySet, RequestEnv};
use cedar_policy_symcc::{CompiledPolicy, CompiledPolicySet, implies_asserts, never_errors_asserts};
use model::PolicyId;

use super::Unsure;
use super::domain::{Trust, domain};
use super::question::Question;
use super::reads::Path;
use super::sides::{Clause, Side};
use super::solver::{Solver, unsure};
use crate::schema::schema;

/// A side in one environment: only the clauses whose scope can take in its action.
///
/// A clause that is left out is false for every request of the environment and cannot err there, because its scope comes first;
/// so leaving it out changes no decision.
#[derive(Debug, Clone)]
pub(crate) struct Part<'a> {
    pub(crate) env: &'a RequestEnv,
    pub(crate) permits: Vec<&'a Clause>,
    pub(crate) forbids: Vec<&'a Clause>,
    pub(crate) is_ceiling: bool,
}

/// What a side says to a question, by its own clauses.
#[derive(Debug, Clone)]
pub(crate) struct Heard<'a> {
    pub(crate) allowed: bool,
    pub(crate) by: Vec<&'a Clause>,
    pub(crate) erring: Vec<PolicyId>,
}

impl<'a> Part<'a> {
    pub(crate) fn of(side: Side<'a>, env: &'a RequestEnv) -> Self {
        let concerned = |clauses: &'a [Clause]| clauses.iter().filter(|clause| clause.concerns(env)).collect();
        Self { env, permits: concerned(side.permits), forbids: concerned(side.forbids), is_ceiling: side.is_ceiling }
    }

    /// The same side with other forbids.
    pub(crate) fn under(&self, forbids: Vec<&'a Clause>) -> Self {
        Self { forbids, ..self.clone() }
    }

    /// The same side without the forbids that another has word for word.
    ///
    /// Sound on the right of `left ⟹ right`: what the left allows satisfies none of the left's forbids, so a forbid that both
    /// have cannot be what the right refuses it for. That holds even where the forbid errs, because both skip it.
    fn without_forbids_of(&self, other: &Self) -> Self {
        let theirs: BTreeSet<&str> = other.forbids.iter().map(|clause| clause.key.as_str()).collect();
        self.under(self.forbids.iter().copied().filter(|clause| !theirs.contains(clause.key.as_str())).collect())
    }

    /// Whether every permit of another stands here too, word for word, or this side permits everything.
    fn permits_all_of(&self, other: &Self) -> bool {
        let ours: BTreeSet<&str> = self.permits.iter().map(|clause| clause.key.as_str()).collect();
        self.is_ceiling || other.permits.iter().all(|clause| ours.contains(clause.key.as_str()))
    }

    fn clauses(&self) -> impl Iterator<Item = &'a Clause> + '_ {
        self.permits.iter().chain(&self.forbids).copied()
    }

    fn reads(&self) -> BTreeSet<Path> {
        self.clauses().flat_map(|clause| clause.reads.iter().cloned()).collect()
    }

    /// Compiles the side: of several clauses that say the same, one.
    fn compile(&self, domain: Option<&Policy>) -> Result<CompiledPolicySet, Unsure> {
        let mut distinct: BTreeMap<(bool, &str), &Policy> = BTreeMap::new();
        for (is_permit, clauses) in [(true, &self.permits), (false, &self.forbids)] {
            distinct.extend(clauses.iter().map(|clause| ((is_permit, clause.key.as_str()), &clause.policy)));
        }
        let named = distinct
            .into_values()
            .enumerate()
            .map(|(number, policy)| policy.new_id(CedarId::new(format!("p{number}"))));
        let set = PolicySet::from_policies(named.chain(domain.cloned()))
            .map_err(|error| Unsure::Unsupported(error.to_string()))?;
        CompiledPolicySet::compile(&set, self.env, schema()).map_err(|error| unsure(&error))
    }

    /// What Cedar decides, with the clauses that decide it.
    pub(crate) fn hear(&self, question: &Question) -> Heard<'a> {
        // Numbered anew: two sides put together may both have a policy of one name.
        let clauses: BTreeMap<String, &Clause> =
            self.clauses().enumerate().map(|(number, clause)| (format!("p{number}"), clause)).collect();
        let numbered = clauses.iter().map(|(number, clause)| clause.policy.new_id(CedarId::new(number)));
        let Ok(set) = PolicySet::from_policies(numbered) else {
            return Heard { allowed: false, by: Vec::new(), erring: vec![PolicyId("the policies".to_owned())] };
        };
        let said = question.ask(&set);
        let named = |numbers: Vec<String>| numbers.into_iter().filter_map(|number| clauses.get(&number).copied());
        let mut by: Vec<&Clause> = named(said.by).collect();
        by.sort_by(|one, other| one.cited.policy.cmp(&other.cited.policy));
        let erring = named(said.erring).map(|clause| clause.cited.policy.clone()).collect();
        Heard { allowed: said.allowed, by, erring }
    }
}

/// What is thought to be the answer; it decides only what is asked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    Holds,
    Fails,
}

/// Whether the right allows whatever the left allows, within the domain; if not, a question where it does not.
pub(crate) fn implies(
    solver: &mut Solver<'_>,
    left: &Part<'_>,
    right: &Part<'_>,
    expect: Expect,
) -> Result<Option<Question>, Unsure> {
    if left.permits.is_empty() {
        return Ok(None);
    }
    let lesser = right.without_forbids_of(left);
    if lesser.forbids.is_empty() && lesser.permits_all_of(left) {
        return Ok(None);
    }
    let reads: BTreeSet<Path> = left.reads().into_iter().chain(lesser.reads()).collect();
    let bounded = |trust| left.compile(domain(left.env, &reads, trust).as_ref());
    let (sound, target) = (bounded(Trust::Sound)?, lesser.compile(None)?);
    if expect == Expect::Holds && solver.holds(&implies_asserts(&sound, &target))? {
        return Ok(None);
    }
    // A believable example first; if there is none, or it cannot be told, any that the facts can be.
    if let Ok(plausible) = bounded(Trust::Plausible)
        && let Ok(Some(env)) = solver.example(&implies_asserts(&plausible, &target))
        && let Ok(question) = replayed(&env, left, right)
    {
        return Ok(Some(question));
    }
    match solver.example(&implies_asserts(&sound, &target))? {
        Some(env) => replayed(&env, left, right).map(Some),
        // Where the first question said otherwise, the solver contradicts itself.
        None if expect == Expect::Holds => Err(Unsure::Model("it finds an example and finds none".to_owned())),
        None => Ok(None),
    }
}

/// The example as Cedar itself decides it: the left allows and no policy of it errs, the right does not allow.
fn replayed(env: &cedar_policy_symcc::Env, left: &Part<'_>, right: &Part<'_>) -> Result<Question, Unsure> {
    let question = Question::of(env)?;
    let (first, second) = (left.hear(&question), right.hear(&question));
    if !first.erring.is_empty() {
        return Err(Unsure::Errs(first.erring));
    }
    if first.allowed && !second.allowed { Ok(question) } else { Err(Unsure::Spurious) }
}

/// Whether a side allows anything at all; if so, what.
pub(crate) fn allows_something(solver: &mut Solver<'_>, part: &Part<'_>) -> Result<Option<Question>, Unsure> {
    let nothing = Part { permits: Vec::new(), forbids: Vec::new(), is_ceiling: false, ..part.clone() };
    implies(solver, part, &nothing, Expect::Fails)
}

/// Whether a clause can err, for whatever facts; if so, for which.
pub(crate) fn may_err(solver: &mut Solver<'_>, clause: &Clause, env: &RequestEnv) -> Result<Option<Question>, Unsure> {
    let compiled = CompiledPolicy::compile(&clause.policy, env, schema()).map_err(|error| unsure(&error))?;
    let Some(found) = solver.example(&never_errors_asserts(&compiled))? else { return Ok(None) };
    let question = Question::of(&found)?;
    let set = PolicySet::from_policies([clause.policy.clone()]).map_err(|error| Unsure::Model(error.to_string()))?;
    if question.ask(&set).erring.is_empty() { Err(Unsure::Spurious) } else { Ok(Some(question)) }
}
