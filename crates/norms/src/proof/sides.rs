//! The two sides of a proof: a city with its permits and forbids, and a standard as a ceiling over everything.
//!
//! The ceiling's permit-all lives here and only here: a side cannot be turned back into text, and nothing of it can get into
//! a bundle that is enforced.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::OnceLock;

use cedar_policy::{
    ActionConstraint, Effect, Entities, EntityUid, Policy, PolicyId as CedarId, PolicySet, RequestEnv, ValidationMode,
    Validator,
};
use model::policy::PolicyText;
use model::{PolicyId, RequirementId};
use serde::Serialize;
use serde_json::Value;

use super::reads::{Path, reads};
use crate::nesting;
use crate::schema::schema;

/// How deep a policy may look into entities; as in a bundle.
const LEVEL: u32 = 2;
/// The most text that a side may have, in bytes.
pub const SIDE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The most policies that a side may have.
pub const SIDE_POLICIES_MAX: usize = 20_000;

/// What the permit-all's name begins with; no story names it.
pub(super) const CEILING: &str = "(ceiling)/";

/// Why a text is no side of a proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SideError {
    /// Too much text.
    #[error("the policies have {0} bytes together, the limit is {SIDE_BYTES_MAX}")]
    TooLarge(usize),
    /// Too many policies.
    #[error("there are {0} policies, the limit is {SIDE_POLICIES_MAX}")]
    TooMany(usize),
    /// The text is not Cedar.
    #[error("`{source_name}` is not Cedar: {message}")]
    Syntax {
        /// Which text.
        source_name: String,
        /// What Cedar says.
        message: String,
    },
    /// Nothing can be proved of a template.
    #[error("`{0}` has a template; write the policy out")]
    Template(String),
    /// A norm lacks an annotation.
    #[error("`{source_name}`: a norm has no `@{annotation}(\"…\")`")]
    Annotation {
        /// Which text.
        source_name: String,
        /// Which annotation.
        annotation: &'static str,
    },
    /// A standard without a norm.
    #[error("there is no norm in the standard; nothing can be proved against nothing")]
    Empty,
    /// A standard permits something.
    #[error("`{0}` is a permit in a standard; a standard only forbids")]
    Permit(PolicyId),
    /// Two policies have one name.
    #[error("the policy `{0}` is there twice")]
    Twice(PolicyId),
    /// A policy does not fit the schema.
    #[error("the policies do not fit the schema: {0}")]
    Invalid(String),
}

/// One text of policies: a layer, or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name; a policy in it is called `<name>/<@id>`.
    pub name: String,
    /// The Cedar text.
    pub cedar: String,
}

/// A policy as a report names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cited {
    /// Its name.
    pub policy: PolicyId,
    /// The requirement that it executes, if it is a norm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requirement: Option<RequirementId>,
    /// Its reason; empty if it gives none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// A policy on a side.
#[derive(Debug, Clone)]
pub(crate) struct Clause {
    pub(crate) policy: Policy,
    pub(crate) cited: Cited,
    /// What it says, apart from its name, its annotations and its actions: two clauses of one environment with one key
    /// are the same condition, letter for letter.
    pub(crate) key: String,
    /// The facts that it looks at.
    pub(crate) reads: BTreeSet<Path>,
}

impl Clause {
    /// Whether its scope can take in the action of an environment. One that cannot is false there and never errs.
    pub(crate) fn concerns(&self, env: &RequestEnv) -> bool {
        match self.policy.action_constraint() {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(action) => action == *env.action(),
            ActionConstraint::In(groups) => groups.iter().any(|group| is_within(env.action(), group)),
        }
    }
}

/// Whether an action is another or stands below it. If the actions could not be read, it might: a clause too many changes
/// nothing, one too few would.
fn is_within(action: &EntityUid, group: &EntityUid) -> bool {
    static ACTIONS: OnceLock<Option<Entities>> = OnceLock::new();
    let actions = ACTIONS.get_or_init(|| schema().action_entities().ok());
    action == group || actions.as_ref().is_none_or(|actions| actions.is_ancestor_of(group, action))
}

/// A city as it would decide: permits under forbids.
#[derive(Debug, Clone)]
pub struct City {
    permits: Vec<Clause>,
    forbids: Vec<Clause>,
}

impl City {
    /// Reads a city's permits and forbids. A policy without an `@id` is called by its text and its number there.
    ///
    /// # Errors
    /// What is wrong with which text.
    pub fn read(sources: &[Source]) -> Result<Self, SideError> {
        let (permits, forbids) =
            read(sources, false)?.into_iter().partition(|clause| clause.policy.effect() == Effect::Permit);
        Ok(Self { permits, forbids })
    }

    /// A city as it has adopted policies: its permits under all its layers.
    ///
    /// # Errors
    /// What is wrong with which layer.
    pub fn of(text: &PolicyText) -> Result<Self, SideError> {
        let layer = |layer: &model::PolicyLayer| Source { name: layer.name.clone(), cedar: layer.cedar.clone() };
        let permits = Source { name: "permits".to_owned(), cedar: text.permits.clone() };
        Self::read(&text.layers.iter().map(layer).chain([permits]).collect::<Vec<_>>())
    }

    /// How many permits and forbids there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.permits.len() + self.forbids.len()
    }

    /// Whether there is no policy at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A standard as a ceiling: everything that none of its norms forbids.
#[derive(Debug, Clone)]
pub struct Standard {
    ceiling: Clause,
    norms: Vec<Clause>,
    /// Both, as they decide a case.
    together: PolicySet,
}

impl Standard {
    /// Reads a standard's norms: forbids with `@id` and `@requirement`; `@reason` if they give one.
    ///
    /// # Errors
    /// What is wrong with which text.
    pub fn read(sources: &[Source]) -> Result<Self, SideError> {
        let norms = read(sources, true)?;
        if norms.is_empty() {
            return Err(SideError::Empty);
        }
        if let Some(permit) = norms.iter().find(|clause| clause.policy.effect() == Effect::Permit) {
            return Err(SideError::Permit(permit.cited.policy.clone()));
        }
        let ceiling = ceiling()?;
        let all = norms.iter().chain([&ceiling]).map(|clause| clause.policy.clone());
        let together = PolicySet::from_policies(all).map_err(|error| SideError::Invalid(error.to_string()))?;
        Ok(Self { ceiling, norms, together })
    }

    /// Gives norms the words of their requirements; a norm whose requirement `words` does not know keeps its own.
    #[must_use]
    pub fn with_reasons(mut self, words: impl Fn(&RequirementId) -> Option<String>) -> Self {
        for norm in &mut self.norms {
            if let Some(reason) = norm.cited.requirement.as_ref().and_then(&words) {
                norm.cited.reason = reason;
            }
        }
        self
    }

    /// Its norms, in order.
    pub fn norms(&self) -> impl Iterator<Item = &Cited> {
        self.norms.iter().map(|norm| &norm.cited)
    }

    /// The norms with their policies.
    pub(crate) fn policies(&self) -> impl Iterator<Item = (&PolicyId, &Policy)> {
        self.norms.iter().map(|norm| (&norm.cited.policy, &norm.policy))
    }

    /// The permit-all that the norms stand under in a proof, and in the tests of a pack.
    pub(crate) const fn permit_all(&self) -> &Policy {
        &self.ceiling.policy
    }

    /// Everything that decides a case: the norms and the permit-all.
    pub(crate) const fn under_permit_all(&self) -> &PolicySet {
        &self.together
    }

    /// Whether a norm's scope can take in the action of an environment.
    pub(crate) fn concerns(&self, norm: &PolicyId, env: &RequestEnv) -> bool {
        self.norms.iter().any(|clause| clause.cited.policy == *norm && clause.concerns(env))
    }
}

/// One side of a proof.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    pub(crate) permits: &'a [Clause],
    pub(crate) forbids: &'a [Clause],
    /// Whether its permit is the permit-all of a standard, which no story may name.
    pub(crate) is_ceiling: bool,
}

impl<'a> From<&'a City> for Side<'a> {
    fn from(city: &'a City) -> Self {
        Self { permits: &city.permits, forbids: &city.forbids, is_ceiling: false }
    }
}

impl<'a> From<&'a Standard> for Side<'a> {
    fn from(standard: &'a Standard) -> Self {
        Self { permits: std::slice::from_ref(&standard.ceiling), forbids: &standard.norms, is_ceiling: true }
    }
}

/// The permit-all. It stands for "whatever the norms do not forbid" and exists in proofs and tests of norms only.
fn ceiling() -> Result<Clause, SideError> {
    let name = CEILING.trim_end_matches('/').to_owned();
    let source = Source { name, cedar: "permit (principal, action, resource);".to_owned() };
    read(std::slice::from_ref(&source), false)?
        .pop()
        .ok_or(SideError::Syntax { source_name: source.name, message: "it is empty".to_owned() })
}

fn read(sources: &[Source], strictly: bool) -> Result<Vec<Clause>, SideError> {
    let bytes = sources.iter().map(|source| source.cedar.len()).sum::<usize>();
    if bytes > SIDE_BYTES_MAX {
        return Err(SideError::TooLarge(bytes));
    }
    let (mut clauses, mut names) = (Vec::new(), BTreeSet::new());
    for source in sources {
        let syntax = |message: String| SideError::Syntax { source_name: source.name.clone(), message };
        nesting::check(&source.cedar).map_err(|error| syntax(error.to_string()))?;
        let set = PolicySet::from_str(&source.cedar).map_err(|error| syntax(error.to_string()))?;
        if set.templates().next().is_some() {
            return Err(SideError::Template(source.name.clone()));
        }
        let mut policies: Vec<&Policy> = set.policies().collect();
        // Cedar numbers the policies of a text: policy0, policy1 …
        policies.sort_by_key(|policy| (policy.id().to_string().len(), policy.id().to_string()));
        for (number, policy) in policies.into_iter().enumerate() {
            let clause = clause(source, policy, number, strictly)?;
            if !names.insert(clause.cited.policy.0.clone()) {
                return Err(SideError::Twice(clause.cited.policy));
            }
            clauses.push(clause);
        }
    }
    if clauses.len() > SIDE_POLICIES_MAX {
        return Err(SideError::TooMany(clauses.len()));
    }
    validate(&clauses)?;
    Ok(clauses)
}

fn clause(source: &Source, policy: &Policy, number: usize, strictly: bool) -> Result<Clause, SideError> {
    let said = |name| policy.annotation(name).map(str::to_owned).filter(|text| !text.trim().is_empty());
    let missing = |annotation| SideError::Annotation { source_name: source.name.clone(), annotation };
    let id = match (said("id"), strictly) {
        (Some(id), _) => id,
        (None, true) => return Err(missing("id")),
        (None, false) => format!("policy-{}", number + 1),
    };
    let requirement = said("requirement").map(RequirementId);
    if strictly && requirement.is_none() {
        return Err(missing("requirement"));
    }
    let name = PolicyId(format!("{}/{id}", source.name));
    let mut json = policy
        .to_json()
        .map_err(|error| SideError::Syntax { source_name: source.name.clone(), message: error.to_string() })?;
    let reads = reads(&json);
    if let Some(parts) = json.as_object_mut() {
        parts.remove("annotations");
        parts.remove("action");
    }
    let cited = Cited { policy: name.clone(), requirement, reason: said("reason").unwrap_or_default() };
    Ok(Clause { policy: policy.new_id(CedarId::new(&name.0)), cited, key: key(&json), reads })
}

fn key(json: &Value) -> String {
    json.to_string()
}

/// Strict validation: only well-typed policies can be compiled symbolically.
fn validate(clauses: &[Clause]) -> Result<(), SideError> {
    let policies = PolicySet::from_policies(clauses.iter().map(|clause| clause.policy.clone()))
        .map_err(|error| SideError::Invalid(error.to_string()))?;
    let validated = Validator::new(schema().clone()).validate_with_level(&policies, ValidationMode::Strict, LEVEL);
    if validated.validation_passed() {
        return Ok(());
    }
    let errors: Vec<String> = validated.validation_errors().map(ToString::to_string).collect();
    Err(SideError::Invalid(errors.join("; ")))
}
