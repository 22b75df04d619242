//! Policies laid by the questions that they can answer: one drawer for each action on each kind of thing.
//!
//! Cedar looks at every policy it is given. A policy whose scope names another action or another kind of thing can neither
//! decide nor err, so it is left out beforehand; one that is left in is asked without its action, which is known to fit.
//! That changes no answer, and tests hold both against each other.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use cedar_policy::{
    ActionConstraint, Effect, Entities, EntityTypeName, EntityUid, Policy, PolicySet, ResourceConstraint,
};

use crate::decision::Ground;
use crate::facts::Sight;
use crate::schema::schema;

/// What can answer one question.
pub(crate) struct Drawer {
    /// Permits and norms.
    pub(crate) policies: PolicySet,
    /// The norms alone.
    pub(crate) norms: Norms,
    /// What any of them looks at.
    pub(crate) sight: Sight,
}

/// The norms that answer one question, in the order of their ids.
pub struct Norms {
    number: usize,
    grounds: Vec<Ground>,
    pub(crate) forbids: PolicySet,
}

impl Norms {
    /// Which question they answer, below [`crate::Bundle::questions`]: what follows from them need be worked out once.
    #[must_use]
    pub const fn number(&self) -> usize {
        self.number
    }

    /// The norms in words.
    #[must_use]
    pub fn grounds(&self) -> &[Ground] {
        &self.grounds
    }

    /// The place of a norm, by the name of its policy.
    pub(crate) fn place(&self, policy: &str) -> Option<usize> {
        self.grounds.binary_search_by(|ground| ground.policy.0.as_str().cmp(policy)).ok()
    }
}

/// A drawer, filled when somebody first asks.
struct Slot {
    number: usize,
    action: EntityUid,
    kind: EntityTypeName,
    drawer: OnceLock<Option<Drawer>>,
}

/// A policy as drawers hold it.
struct Held {
    /// For any action, where its conditions do not look at the action.
    policy: Policy,
    sight: Sight,
}

impl Held {
    /// Reads a policy. One that cannot be taken apart is held as it is, and sees everything.
    fn of(policy: &Policy) -> Self {
        let read = || {
            let mut json = policy.to_json().ok()?;
            let sight = json.get("conditions").map(Sight::of)?;
            if sight.sees_action() || actions().is_none() {
                return None;
            }
            json.as_object_mut()?.insert("action".to_owned(), serde_json::json!({ "op": "All" }));
            let policy = Policy::from_json(Some(policy.id().clone()), json).ok()?;
            Some(Self { policy, sight })
        };
        read().unwrap_or_else(|| Self { policy: policy.clone(), sight: Sight::Everything })
    }
}

/// Every drawer of a bundle, by action and kind of thing.
pub(crate) struct Drawers {
    slots: HashMap<String, BTreeMap<String, Slot>>,
    count: usize,
    /// Every policy, read when somebody first asks.
    held: OnceLock<HashMap<String, Held>>,
}

impl Drawers {
    /// A drawer for each question that the schema knows.
    pub(crate) fn new() -> Self {
        let (mut slots, mut count): (HashMap<String, BTreeMap<String, Slot>>, usize) = (HashMap::new(), 0);
        for environment in schema().request_envs() {
            let (action, kind) = (environment.action().clone(), environment.resource().clone());
            let of_action = slots.entry(action.id().unescaped().to_owned()).or_default();
            of_action.insert(kind.to_string(), Slot { number: count, action, kind, drawer: OnceLock::new() });
            count += 1;
        }
        Self { slots, count, held: OnceLock::new() }
    }

    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// The drawer of a question; none for a question that the schema does not know, where every policy is asked.
    pub(crate) fn get(
        &self,
        (action, kind): (&str, &str),
        all: &PolicySet,
        ground: impl Fn(&str) -> Ground,
    ) -> Option<&Drawer> {
        let slot = self.slots.get(action)?.get(kind)?;
        let read = || all.policies().map(|policy| (policy.id().to_string(), Held::of(policy))).collect();
        slot.drawer.get_or_init(|| slot.fill(all, self.held.get_or_init(read), ground)).as_ref()
    }
}

impl Slot {
    fn fill(&self, all: &PolicySet, held: &HashMap<String, Held>, ground: impl Fn(&str) -> Ground) -> Option<Drawer> {
        let able = all.policies().filter(|policy| self.may_decide(policy));
        let able: Vec<&Held> = able.map(|policy| held.get(policy.id().as_ref() as &str)).collect::<Option<_>>()?;
        let forbids = able.iter().map(|held| &held.policy).filter(|policy| policy.effect() == Effect::Forbid);
        let mut grounds: Vec<Ground> = forbids.clone().map(|policy| ground(policy.id().as_ref())).collect();
        grounds.sort_by(|a, b| a.policy.cmp(&b.policy));
        let forbids = PolicySet::from_policies(forbids.cloned()).ok()?;
        let sight = able.iter().fold(Sight::nothing(), |all, held| all.and(&held.sight));
        let policies = PolicySet::from_policies(able.into_iter().map(|held| held.policy.clone())).ok()?;
        Some(Drawer { policies, sight, norms: Norms { number: self.number, grounds, forbids } })
    }

    /// Whether the scope of a policy leaves room for this question. Who asks is not looked at.
    fn may_decide(&self, policy: &Policy) -> bool {
        let is_below = |group: &EntityUid| actions().is_none_or(|actions| actions.is_ancestor_of(group, &self.action));
        let action = match policy.action_constraint() {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(action) => action == self.action,
            ActionConstraint::In(groups) => groups.iter().any(|group| *group == self.action || is_below(group)),
        };
        action
            && match policy.resource_constraint() {
                ResourceConstraint::Any | ResourceConstraint::In(_) => true,
                ResourceConstraint::Eq(thing) => *thing.type_name() == self.kind,
                ResourceConstraint::Is(kind) | ResourceConstraint::IsIn(kind, _) => kind == self.kind,
            }
    }
}

/// The tree of actions; where there is none, every group may hold every action.
fn actions() -> Option<&'static Entities> {
    static ACTIONS: OnceLock<Option<Entities>> = OnceLock::new();
    ACTIONS.get_or_init(|| schema().action_entities().ok()).as_ref()
}
