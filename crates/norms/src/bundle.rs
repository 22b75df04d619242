//! A bundle: schema, layers and permits, checked as a whole before any of it decides anything.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

use cedar_policy::{
    ActionConstraint, AuthorizationError, Authorizer, Decision as CedarDecision, Effect, Policy, PolicyId as CedarId,
    PolicySet, Request, Response, ValidationMode, Validator,
};
use model::policy::PolicyText;
use model::{Digest, LayerKind, PolicyHash, PolicyId, PolicyLayer, RequirementId, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::decision::{Decision, Ground, Grounds, Refusal, RefusalKind};
use crate::drawers::{Drawer, Drawers};
use crate::facts::{
    ActQuestion, Case, CollectFast, CollectQuestion, DiscloseFast, DiscloseQuestion, FastFacts, Gathered, Sight,
    StandQuestion, Unaskable,
};
use crate::nesting;
use crate::plan::{GrantPlan, StreamPlan};
use crate::schema::{schema, schema_text};

const CITY_PERMITS: &str = include_str!("layers/city-permits.cedar");
/// How deep a policy may look: into the principal and the resource. Of other parties only the id is known, so that a
/// policy that reads more of them would always err.
pub(crate) const LEVEL: u32 = 1;
/// The largest policy text, in bytes.
pub const TEXT_BYTES_MAX: usize = 48 * 1024;

/// Why policies cannot be adopted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// The text is too long for an act.
    #[error("the policies have {0} bytes, the limit is {TEXT_BYTES_MAX}")]
    TooLarge(usize),
    /// The text is not Cedar.
    #[error("`{source_name}`: {message}")]
    Syntax {
        /// Which layer, or `permits`.
        source_name: String,
        /// What Cedar says.
        message: String,
    },
    /// Templates cannot be proved anything about.
    #[error("`{0}` has a template; write the policy out")]
    Template(String),
    /// A policy lacks an annotation.
    #[error("`{source_name}`: a policy has no `@{annotation}(\"…\")`")]
    Annotation {
        /// Which layer, or `permits`.
        source_name: String,
        /// Which annotation.
        annotation: &'static str,
    },
    /// A layer permits something.
    #[error("`{0}` is a permit in a layer; layers only forbid, permits are the city's own")]
    PermitInLayer(PolicyId),
    /// The city's permits forbid something.
    #[error("`{0}` is a forbid among the permits; put it into the city's layer of norms")]
    ForbidInPermits(PolicyId),
    /// A permit of any action, whatever its conditions: some of them always hold.
    #[error("`{0}` permits any action; name the actions that it permits, as in `action == Action::\"propose\"`")]
    PermitAll(PolicyId),
    /// Nothing global above the city.
    #[error("there is no global layer; a city stands under one, put it first")]
    NoGlobalLayer,
    /// Two policies have one name.
    #[error("the policy `{0}` is there twice")]
    Twice(PolicyId),
    /// The policies do not fit the schema.
    #[error("the policies do not fit the schema: {0}")]
    Invalid(String),
}

/// What a refusal says of a policy.
#[derive(Debug, Clone)]
struct Words {
    layer: Option<LayerKind>,
    requirement: Option<RequirementId>,
    reason: String,
    /// Whether what flows stops while it is against what flows.
    suspends: bool,
}

/// Policies ready to decide.
pub struct Bundle {
    policies: PolicySet,
    drawers: Drawers,
    words: HashMap<String, Words>,
    hash: PolicyHash,
    authorizer: Authorizer,
}

/// A city's permits to begin with.
#[must_use]
pub const fn city_permits_default() -> &'static str {
    CITY_PERMITS
}

impl Bundle {
    /// Checks policies and makes them ready.
    ///
    /// # Errors
    /// What is wrong with which policy.
    pub fn assemble(text: &PolicyText) -> Result<Self, BundleError> {
        let of_layer = |layer: &PolicyLayer| layer.cedar.len() + layer.duties.values().map(String::len).sum::<usize>();
        let bytes = text.layers.iter().map(of_layer).sum::<usize>() + text.permits.len();
        if bytes > TEXT_BYTES_MAX {
            return Err(BundleError::TooLarge(bytes));
        }
        if !text.layers.iter().any(|layer| layer.kind == LayerKind::Global) {
            return Err(BundleError::NoGlobalLayer);
        }
        let mut parts = BTreeMap::new();
        let mut words = HashMap::new();
        for layer in &text.layers {
            let read = read(&layer.name, &layer.cedar, Some(layer.kind))?;
            add(&mut parts, &mut words, read)?;
        }
        add(&mut parts, &mut words, read("permits", &text.permits, None)?)?;
        let policies =
            PolicySet::from_policies(parts.into_values()).map_err(|error| BundleError::Invalid(error.to_string()))?;
        let validated = Validator::new(schema().clone()).validate_with_level(&policies, ValidationMode::Strict, LEVEL);
        if !validated.validation_passed() {
            let errors: Vec<String> = validated.validation_errors().map(ToString::to_string).collect();
            return Err(BundleError::Invalid(errors.join("; ")));
        }
        Ok(Self { policies, drawers: Drawers::new(), words, hash: hash(text), authorizer: Authorizer::new() })
    }

    /// The hash of everything that decides.
    #[must_use]
    pub const fn hash(&self) -> PolicyHash {
        self.hash
    }

    /// The norms in words, in order: policy, layer, requirement, reason. For the register's pages.
    #[must_use]
    pub fn grounds(&self) -> Vec<Ground> {
        let mut ids: Vec<&String> = self.words.keys().collect();
        ids.sort();
        ids.into_iter().map(|id| self.ground(id)).collect()
    }

    /// Whether a norm says that what it stands against stops: `@on_failure("suspend")`.
    pub(crate) fn suspends(&self, policy: &str) -> bool {
        self.words.get(policy).is_some_and(|words| words.suspends)
    }

    /// Whether there is a norm that shuts devices out for how they stand.
    #[must_use]
    pub fn shuts_devices_out(&self) -> bool {
        self.words.values().any(|words| words.suspends)
    }

    /// Decides an act of government.
    #[must_use]
    pub fn decide_act(&self, question: &ActQuestion<'_>, now: Timestamp) -> Decision {
        self.put(question.gathered(now))
    }

    /// Decides a collection.
    #[must_use]
    pub fn decide_collect(&self, question: &CollectQuestion<'_>, fast: &CollectFast) -> Decision {
        self.put(question.gathered(fast.context()))
    }

    /// Decides a disclosure.
    #[must_use]
    pub fn decide_disclose(&self, question: &DiscloseQuestion<'_>, fast: &DiscloseFast) -> Decision {
        self.put(Ok(question.gathered(fast.context())))
    }

    /// Decides whether something may stand in the register as it is. No city permits that; it stands unless a norm forbids it.
    #[must_use]
    pub fn decide_stand(&self, question: &StandQuestion<'_>, now: Timestamp) -> Decision {
        match self.put(question.gathered(now)) {
            Decision::Refused(refusal) if refusal.kind == RefusalKind::NothingPermits => {
                Decision::Allowed(Grounds { policies: Vec::new() })
            }
            decision => decision,
        }
    }

    /// Compiles the plan of a stream. Cedar folds only things that are whole, so that nothing is left out.
    #[must_use]
    pub fn plan_collect(self: &std::sync::Arc<Self>, question: &CollectQuestion<'_>) -> StreamPlan {
        StreamPlan::compile(self, question.gathered(Vec::new()).and_then(|known| known.case(&Sight::Everything)))
    }

    /// Compiles the plan of a grant, as that of a stream.
    #[must_use]
    pub fn plan_disclose(self: &std::sync::Arc<Self>, question: &DiscloseQuestion<'_>) -> GrantPlan {
        GrantPlan::compile(self, question.gathered(Vec::new()).case(&Sight::Everything))
    }

    /// Every policy, whatever it is about.
    #[cfg(test)]
    pub(crate) const fn policies(&self) -> &PolicySet {
        &self.policies
    }

    /// How many questions the schema knows, each an action on a kind of thing.
    #[must_use]
    pub const fn questions(&self) -> usize {
        self.drawers.count()
    }

    /// What can answer a question of an action on a kind of thing.
    pub(crate) fn drawer(&self, key: (&str, &str)) -> Option<&Drawer> {
        self.drawers.get(key, &self.policies, |id| self.ground(id))
    }

    /// Puts a question to the policies that can answer it.
    fn put(&self, known: Result<Gathered, Unaskable>) -> Decision {
        let put = || {
            let known = known?;
            let sight = self.drawer(known.key()).map_or(&Sight::Everything, |drawer| &drawer.sight);
            Ok::<_, Unaskable>(self.decide(&known.case(sight)?, known.context))
        };
        put().unwrap_or_else(|_| broken())
    }

    /// The policies that can answer a case.
    pub(crate) fn deciding(&self, case: &Case) -> &PolicySet {
        let key = (case.action.id().unescaped(), case.resource.type_name().basename());
        self.drawer(key).map_or(&self.policies, |drawer| &drawer.policies)
    }

    /// Asks Cedar itself.
    pub(crate) fn decide(&self, case: &Case, context: FastFacts) -> Decision {
        let Some(response) = self.ask(case, context, self.deciding(case)) else { return broken() };
        let reasons = response.diagnostics().reason().map(ToString::to_string).collect();
        self.decision(response.decision() == CedarDecision::Allow, reasons, erring(&response))
    }

    /// Cedar's answer from some policies; none if the question cannot be put.
    pub(crate) fn ask(&self, case: &Case, context: FastFacts, policies: &PolicySet) -> Option<Response> {
        let context = crate::facts::context(context).ok()?;
        let (principal, action, resource) = (case.principal.clone(), case.action.clone(), case.resource.clone());
        // As with facts: what is put together is always well-formed, so that it is enough if tests hold it against the schema.
        let schema = cfg!(debug_assertions).then(schema);
        let request = Request::new(principal, action, resource, context, schema).ok()?;
        Some(self.authorizer.is_authorized(&request, policies, &case.entities))
    }

    /// Words for an outcome: the deciding policies if none errs.
    pub(crate) fn decision(&self, allowed: bool, mut reasons: Vec<String>, mut erring: Vec<String>) -> Decision {
        reasons.sort_unstable();
        erring.sort_unstable();
        if !erring.is_empty() {
            let grounds = erring.iter().map(|id| self.ground(id)).collect();
            return Decision::Refused(Refusal { kind: RefusalKind::PolicyError, grounds });
        }
        if allowed {
            return Decision::Allowed(Grounds { policies: reasons.into_iter().map(PolicyId).collect() });
        }
        let kind = if reasons.is_empty() { RefusalKind::NothingPermits } else { RefusalKind::Forbidden };
        Decision::Refused(Refusal { kind, grounds: reasons.iter().map(|id| self.ground(id)).collect() })
    }

    fn ground(&self, id: &str) -> Ground {
        let words = self.words.get(id);
        Ground {
            policy: PolicyId(id.to_owned()),
            requirement: words.and_then(|words| words.requirement.clone()),
            layer: words.and_then(|words| words.layer),
            reason: words.map_or_else(String::new, |words| words.reason.clone()),
        }
    }
}

/// The policies that could not be evaluated. Cedar skips them, and a skipped forbid would open what it guards.
pub(crate) fn erring(response: &Response) -> Vec<String> {
    let errors = response.diagnostics().errors();
    errors.map(|AuthorizationError::PolicyEvaluationError(error)| error.policy_id().to_string()).collect()
}

/// The answer where a question could not even be put: no.
pub(crate) const fn broken() -> Decision {
    Decision::Refused(Refusal { kind: RefusalKind::PolicyError, grounds: Vec::new() })
}

/// Reads one text: policies with their names and words.
fn read(name: &str, cedar: &str, layer: Option<LayerKind>) -> Result<Vec<(PolicyId, Policy, Words)>, BundleError> {
    let syntax = |message: String| BundleError::Syntax { source_name: name.to_owned(), message };
    // A parser that is led too deep ends the whole process.
    nesting::check(cedar).map_err(|error| syntax(error.to_string()))?;
    let set = PolicySet::from_str(cedar).map_err(|error| syntax(error.to_string()))?;
    if set.templates().next().is_some() {
        return Err(BundleError::Template(name.to_owned()));
    }
    set.policies().map(|policy| named(name, policy, layer)).collect()
}

fn named(name: &str, policy: &Policy, layer: Option<LayerKind>) -> Result<(PolicyId, Policy, Words), BundleError> {
    let annotation = |annotation: &'static str| {
        let missing = || BundleError::Annotation { source_name: name.to_owned(), annotation };
        policy.annotation(annotation).map(str::to_owned).filter(|text| !text.trim().is_empty()).ok_or_else(missing)
    };
    let id = PolicyId(format!("{name}/{}", annotation("id")?));
    let requirement = if layer.is_some() { Some(RequirementId(annotation("requirement")?)) } else { None };
    let reason = annotation("reason")?;
    match (policy.effect(), layer) {
        (Effect::Permit, Some(_)) => return Err(BundleError::PermitInLayer(id)),
        (Effect::Forbid, None) => return Err(BundleError::ForbidInPermits(id)),
        (Effect::Permit, None) if policy.action_constraint() == ActionConstraint::Any => {
            return Err(BundleError::PermitAll(id));
        }
        _ => {}
    }
    let suspends = policy.annotation("on_failure") == Some("suspend");
    let renamed = policy.new_id(CedarId::new(&id.0));
    Ok((id, renamed, Words { layer, requirement, reason, suspends }))
}

fn add(
    parts: &mut BTreeMap<String, Policy>,
    words: &mut HashMap<String, Words>,
    read: Vec<(PolicyId, Policy, Words)>,
) -> Result<(), BundleError> {
    for (id, policy, said) in read {
        words.insert(id.0.clone(), said);
        if parts.insert(id.0.clone(), policy).is_some() {
            return Err(BundleError::Twice(id));
        }
    }
    Ok(())
}

fn hash(text: &PolicyText) -> PolicyHash {
    let mut hasher = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    part(b"ordinance/policy/v1");
    part(schema_text().as_bytes());
    part(&(text.layers.len() as u64).to_be_bytes());
    for layer in &text.layers {
        for field in [layer.kind.code(), &layer.name, &layer.owner, &layer.cedar] {
            part(field.as_bytes());
        }
        part(&(layer.duties.len() as u64).to_be_bytes());
        for (id, duty) in &layer.duties {
            part(id.as_str().as_bytes());
            part(duty.as_bytes());
        }
    }
    part(text.permits_owner.as_str().as_bytes());
    part(text.permits.as_bytes());
    PolicyHash(Digest::new(hasher.finalize().into()))
}
