//! Facts: from the model's words to Cedar's entities and requests.
//!
//! Slow facts (who, what, under which grant) are attributes of principal and resource; only what changes from one moment
//! to the next stands in the context, so that a plan can be compiled with everything else known. Each attribute is always
//! there: a norm never errors for want of one.

mod act;
mod circumstances;
mod collect;
mod deployment;
mod question;
mod share;
mod sight;
mod stand;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::OnceLock;

use cedar_policy::{Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};
use model::{Party, PartyId, Span, Timestamp};

pub use circumstances::Circumstances;
pub use question::{
    ActQuestion, ActSubject, CityFacts, CollectQuestion, DiscloseQuestion, StandQuestion, StandSubject, Verb,
};

pub(crate) use sight::Sight;

use crate::schema::schema;

/// What changes from one collection to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CollectFast {
    /// The present instant.
    pub now: Timestamp,
}

/// What changes from one disclosure to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiscloseFast {
    /// The present instant.
    pub now: Timestamp,
    /// The age of the oldest row asked for.
    pub oldest: Span,
    /// Whether a senior officer authorised it.
    pub senior_authorisation: bool,
}

/// One fact of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fact {
    Long(i64),
    Bool(bool),
}

pub(crate) type FastFacts = Vec<(&'static str, Fact)>;

/// Whole seconds since 1970.
const fn seconds(at: Timestamp) -> i64 {
    at.millis().div_euclid(1_000)
}

impl CollectFast {
    pub(crate) fn context(self) -> FastFacts {
        vec![("now", Fact::Long(seconds(self.now)))]
    }
}

impl DiscloseFast {
    pub(crate) fn context(self) -> FastFacts {
        vec![
            ("now", Fact::Long(seconds(self.now))),
            ("oldestSeconds", Fact::Long(i64::from(self.oldest.as_seconds()))),
            ("seniorAuthorisation", Fact::Bool(self.senior_authorisation)),
        ]
    }
}

/// A question in Cedar's terms, all but its context.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) principal: EntityUid,
    pub(crate) action: EntityUid,
    pub(crate) resource: EntityUid,
    pub(crate) entities: Entities,
}

/// A question that could not be put in Cedar's terms; it counts as refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unaskable;

impl<E: std::error::Error> From<E> for Unaskable {
    fn from(_: E) -> Self {
        Self
    }
}

pub(crate) fn context(facts: FastFacts) -> Result<Context, Unaskable> {
    let expression = |fact| match fact {
        Fact::Long(number) => RestrictedExpression::new_long(number),
        Fact::Bool(truth) => RestrictedExpression::new_bool(truth),
    };
    Ok(Context::from_pairs(facts.into_iter().map(|(name, fact)| (name.to_owned(), expression(fact))))?)
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, Unaskable> {
    static KINDS: OnceLock<HashMap<String, EntityTypeName>> = OnceLock::new();
    let kinds = KINDS.get_or_init(|| schema().entity_types().map(|kind| (kind.to_string(), kind.clone())).collect());
    let kind = match kinds.get(kind) {
        Some(known) => known.clone(),
        None => kind.parse()?,
    };
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

/// An action with the groups that it stands in.
fn action(name: &str) -> Option<&'static Entity> {
    static ACTIONS: OnceLock<HashMap<String, Entity>> = OnceLock::new();
    let by_name = |actions: Entities| {
        actions.iter().map(|action| (action.uid().id().unescaped().to_owned(), action.clone())).collect()
    };
    ACTIONS.get_or_init(|| schema().action_entities().map_or_else(|_| HashMap::new(), by_name)).get(name)
}

type Facts = HashMap<String, RestrictedExpression>;

/// Attributes being gathered for one entity, and the moments that its tags are drawn from.
#[derive(Default)]
struct Attributes {
    facts: Facts,
    moments: BTreeMap<String, Timestamp>,
}

impl Attributes {
    fn text(mut self, name: &str, value: &str) -> Self {
        self.facts.insert(name.to_owned(), RestrictedExpression::new_string(value.to_owned()));
        self
    }
    fn truth(mut self, name: &str, value: bool) -> Self {
        self.facts.insert(name.to_owned(), RestrictedExpression::new_bool(value));
        self
    }
    fn long(mut self, name: &str, value: i64) -> Self {
        self.facts.insert(name.to_owned(), RestrictedExpression::new_long(value));
        self
    }
    fn texts<'t>(mut self, name: &str, values: impl Iterator<Item = &'t str>) -> Self {
        let values = values.map(|value| RestrictedExpression::new_string(value.to_owned()));
        self.facts.insert(name.to_owned(), RestrictedExpression::new_set(values));
        self
    }
    fn tags(mut self, around: &Circumstances) -> Self {
        self.moments.clone_from(&around.moments);
        self
    }
    fn party(mut self, name: &str, party: &PartyId) -> Result<Self, Unaskable> {
        self.facts.insert(name.to_owned(), RestrictedExpression::new_entity_uid(uid("Party", party.as_str())?));
        Ok(self)
    }
}

/// Who asks, and in which city.
#[derive(Clone, Copy)]
struct Asker<'a> {
    party: &'a Party,
    founder: Option<&'a PartyId>,
}

/// Puts a question together: the asking party, the action and the resource. Other parties are known by their id alone.
fn case(
    asker: Asker<'_>,
    verb: &str,
    (kind, id): (&str, &str),
    attributes: Attributes,
    sight: &Sight,
) -> Result<Case, Unaskable> {
    let party = asker.party;
    let (principal, resource) = (uid("Party", party.id.as_str())?, uid(kind, id)?);
    let who = Attributes::default().text("kind", party.kind.code()).truth("founder", asker.founder == Some(&party.id));
    let tags: Vec<(String, RestrictedExpression)> = sight
        .spans(&attributes.moments)
        .into_iter()
        .map(|(name, days)| (name, RestrictedExpression::new_long(days)))
        .collect();
    let action = action(verb).ok_or(Unaskable)?;
    let entities = |who: Facts, what: Facts| -> Result<[Entity; 3], Unaskable> {
        Ok([
            Entity::new(principal.clone(), who, HashSet::new())?,
            Entity::new_with_tags(resource.clone(), what, [], tags.iter().cloned())?,
            action.clone(),
        ])
    };
    // Whatever facts are gathered for a kind of thing, they are always the same ones, so that it is enough if tests hold
    // them against the schema: doing it for each question took longer than the question. If a fact were missing all the
    // same, the norm that looks for it would err, and refuse.
    if cfg!(debug_assertions) {
        Entities::from_entities(entities(who.facts.clone(), attributes.facts.clone())?, Some(schema()))?;
    }
    let seen = |facts: Facts| facts.into_iter().filter(|(name, _)| sight.sees(name)).collect();
    let entities = Entities::from_entities(entities(seen(who.facts), seen(attributes.facts))?, None)?;
    Ok(Case { principal: principal.clone(), action: action.uid(), resource: resource.clone(), entities })
}
