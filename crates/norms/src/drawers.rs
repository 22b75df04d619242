//! Policies laid by the questions that they can answer: one drawer for each action on each kind of thing.
//!
//! Cedar looks at every policy it is given. A policy whose scope names another action or another kind of thing can neither
//! decide nor err, so it is left out beforehand; that changes no answer, and tests hold both against each other.

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

/// Every drawer of a bundle, by action and kind of thing.
pub(crate) struct Drawers {
    slots: HashMap<String, BTreeMap<String, Slot>>,
    count: usize,
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
        Self { slots, count }
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
        slot.drawer.get_or_init(|| slot.fill(all, ground)).as_ref()
    }
}

impl Slot {
    fn fill(&self, all: &PolicySet, ground: impl Fn(&str) -> Ground) -> Option<Drawer> {
        let able: Vec<&Policy> = all.policies().filter(|policy| self.may_decide(policy)).collect();
        let forbids = able.iter().filter(|policy| policy.effect() == Effect::Forbid);
        let mut grounds: Vec<Ground> = forbids.clone().map(|policy| ground(policy.id().as_ref())).collect();
        grounds.sort_by(|a, b| a.policy.cmp(&b.policy));
        let forbids = PolicySet::from_policies(forbids.map(|policy| Policy::clone(policy))).ok()?;
        let sight = Sight::of(able.iter().copied());
        let policies = PolicySet::from_policies(able.into_iter().cloned()).ok()?;
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
