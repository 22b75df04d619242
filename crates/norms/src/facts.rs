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
pub(crate) const fn seconds(at: Timestamp) -> i64 {
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

/// The facts of one thing, by name.
type Facts = BTreeMap<&'static str, Value>;

/// What a fact is.
#[derive(Debug)]
enum Value {
    Text(String),
    Truth(bool),
    Long(i64),
    /// A set: in order, each once.
    Texts(Vec<String>),
    Party(PartyId),
}

impl Value {
    fn expression(&self) -> Result<RestrictedExpression, Unaskable> {
        Ok(match self {
            Self::Text(text) => RestrictedExpression::new_string(text.clone()),
            Self::Truth(truth) => RestrictedExpression::new_bool(*truth),
            Self::Long(number) => RestrictedExpression::new_long(*number),
            Self::Texts(texts) => {
                RestrictedExpression::new_set(texts.iter().map(|text| RestrictedExpression::new_string(text.clone())))
            }
            Self::Party(party) => RestrictedExpression::new_entity_uid(uid("Party", party.as_str())?),
        })
    }
}

/// Attributes being gathered for one entity, and the moments that its tags are drawn from.
#[derive(Debug, Default)]
struct Attributes {
    facts: Facts,
    moments: BTreeMap<String, Timestamp>,
}

impl Attributes {
    fn with(mut self, name: &'static str, value: Value) -> Self {
        self.facts.insert(name, value);
        self
    }
    fn text(self, name: &'static str, value: &str) -> Self {
        self.with(name, Value::Text(value.to_owned()))
    }
    fn truth(self, name: &'static str, value: bool) -> Self {
        self.with(name, Value::Truth(value))
    }
    fn long(self, name: &'static str, value: i64) -> Self {
        self.with(name, Value::Long(value))
    }
    fn texts<'t>(self, name: &'static str, values: impl Iterator<Item = &'t str>) -> Self {
        let mut values: Vec<String> = values.map(str::to_owned).collect();
        values.sort_unstable();
        values.dedup();
        self.with(name, Value::Texts(values))
    }
    fn tags(mut self, around: &Circumstances) -> Self {
        self.moments.clone_from(&around.moments);
        self
    }
    fn party(self, name: &'static str, party: &PartyId) -> Self {
        self.with(name, Value::Party(party.clone()))
    }
}

/// Who asks, and in which city.
#[derive(Clone, Copy)]
struct Asker<'a> {
    party: &'a Party,
    founder: Option<&'a PartyId>,
}

/// All that is known for one question, before it is put in Cedar's terms. Other parties are known by their id alone.
#[derive(Debug)]
pub(crate) struct Gathered {
    principal: PartyId,
    verb: String,
    kind: &'static str,
    id: String,
    who: Facts,
    what: Attributes,
    pub(crate) context: FastFacts,
}

impl Gathered {
    fn new(
        asker: Asker<'_>,
        verb: &str,
        (kind, id): (&'static str, String),
        what: Attributes,
        context: FastFacts,
    ) -> Self {
        let Asker { party, founder } = asker;
        let who = Attributes::default().text("kind", party.kind.code()).truth("founder", founder == Some(&party.id));
        Self { principal: party.id.clone(), verb: verb.to_owned(), kind, id, who: who.facts, what, context }
    }

    /// Which question it is: an action, on a kind of thing.
    pub(crate) fn key(&self) -> (&str, &str) {
        (&self.verb, self.kind)
    }

    /// The question in Cedar's terms, as far as it is seen.
    pub(crate) fn case(&self, sight: &Sight) -> Result<Case, Unaskable> {
        let (principal, resource) = (uid("Party", self.principal.as_str())?, uid(self.kind, &self.id)?);
        let action = action(&self.verb).ok_or(Unaskable)?;
        let tags: Vec<(String, RestrictedExpression)> = sight
            .spans(&self.what.moments)
            .into_iter()
            .map(|(name, days)| (name, RestrictedExpression::new_long(days)))
            .collect();
        let entities = |sight: &Sight| -> Result<Vec<Entity>, Unaskable> {
            let seen = |facts: &Facts| -> Result<HashMap<String, RestrictedExpression>, Unaskable> {
                let seen = facts.iter().filter(|(name, _)| sight.sees(name));
                seen.map(|(name, value)| Ok(((*name).to_owned(), value.expression()?))).collect()
            };
            let who = Entity::new(principal.clone(), seen(&self.who)?, HashSet::new())?;
            let what = Entity::new_with_tags(resource.clone(), seen(&self.what.facts)?, [], tags.iter().cloned())?;
            Ok([who, what].into_iter().chain(sight.sees_action().then(|| action.clone())).collect())
        };
        // Whatever facts are gathered for a kind of thing, they are always the same ones, so that it is enough if tests hold
        // them against the schema: doing it for each question took longer than the question. If a fact were missing all the
        // same, the norm that looks for it would err, and refuse.
        if cfg!(debug_assertions) {
            Entities::from_entities(entities(&Sight::Everything)?, Some(schema()))?;
        }
        let entities = Entities::from_entities(entities(sight)?, None)?;
        Ok(Case { principal, action: action.uid(), resource, entities })
    }
}
