//! From a base of facts in a pack to a question in Cedar's terms, by the schema alone.
//!
//! As in a running city, the store holds the asking party and what it asks about, and no other entity.

use std::collections::{BTreeMap, HashMap, HashSet};

use cedar_policy::{Context, Entity, EntityId, EntityTypeName, EntityUid, RequestEnv, RestrictedExpression};
use model::Timestamp;
use serde_json::{Map, Value};

use super::{Base, CaseError, LIKES_MAX, NormTest};
use crate::proof::{Question, environments};
use crate::shape::{Attributes, Kind, shapes};

/// The asking party, unless the base names it.
const ASKER: &str = "asker";
/// What is asked about.
const THING: &str = "thing";
/// The party that stands where none is given.
const NOBODY: &str = "nobody";

/// The question of a test, and the environment that it belongs to.
pub(super) fn question(bases: &BTreeMap<String, Base>, test: &NormTest) -> Result<(Question, RequestEnv), CaseError> {
    let mut base = whole(bases, &test.base)?;
    let kind = base.kind.clone().ok_or_else(|| CaseError::NoKind(test.base.clone()))?;
    for (fact, value) in &test.set {
        override_fact(&mut base, fact, value.clone())?;
    }
    let env = environment(&test.action, &kind)?;
    let id = match base.principal.remove("id") {
        None => ASKER.to_owned(),
        Some(Value::String(id)) => id,
        Some(_) => return Err(wrong("principal.id", "a text")),
    };
    let principal = EntityUid::from_type_name_and_id(env.principal().clone(), EntityId::new(id));
    let resource = EntityUid::from_type_name_and_id(env.resource().clone(), EntityId::new(THING));
    let (whom, what) = (shapes().of(&env.principal().to_string()), shapes().of(&kind));
    let asker = attributes("principal", &whom.attributes, &base.principal)?;
    let facts = attributes("resource", &what.attributes, &base.resource)?;
    let moment = attributes("context", &shapes().context(&test.action), &base.context)?;
    let tags = tags(what.tags.as_ref(), &base.tags)?;
    let unfit = |message: String| CaseError::Unfit(message);
    let entities = vec![
        Entity::new(principal.clone(), asker, HashSet::new()).map_err(|error| unfit(error.to_string()))?,
        Entity::new_with_tags(resource.clone(), facts, HashSet::new(), tags)
            .map_err(|error| unfit(error.to_string()))?,
    ];
    let context = Context::from_pairs(moment).map_err(|error| unfit(error.to_string()))?;
    let question = Question::new(principal, env.action().clone(), resource, context, entities)
        .map_err(|error| unfit(error.to_string()))?;
    Ok((question, env))
}

/// A base with all that it is like.
fn whole(bases: &BTreeMap<String, Base>, name: &str) -> Result<Base, CaseError> {
    let mut chain = Vec::new();
    let mut next = Some(name);
    while let Some(at) = next {
        if chain.len() >= LIKES_MAX {
            return Err(CaseError::TooAlike(name.to_owned()));
        }
        let base = bases.get(at).ok_or_else(|| CaseError::NoBase(at.to_owned()))?;
        chain.push(base);
        next = base.like.as_deref();
    }
    let mut whole = Base::default();
    for base in chain.into_iter().rev() {
        whole.kind = base.kind.clone().or(whole.kind);
        for (into, from) in [
            (&mut whole.principal, &base.principal),
            (&mut whole.context, &base.context),
            (&mut whole.resource, &base.resource),
            (&mut whole.tags, &base.tags),
        ] {
            into.extend(from.clone());
        }
    }
    Ok(whole)
}

fn override_fact(base: &mut Base, fact: &str, value: Value) -> Result<(), CaseError> {
    let (part, name) = fact.split_once('.').unwrap_or((fact, ""));
    let into = match part {
        "principal" => &mut base.principal,
        "context" => &mut base.context,
        "resource" => &mut base.resource,
        "tags" => &mut base.tags,
        _ => return Err(no_fact(fact, ["principal.…", "context.…", "resource.…", "tags.…"].into_iter())),
    };
    into.insert(name.to_owned(), value);
    Ok(())
}

/// The environment of an action on a kind of thing.
fn environment(action: &str, kind: &str) -> Result<RequestEnv, CaseError> {
    let of_action: Vec<RequestEnv> =
        environments().into_iter().filter(|env| env.action().id().unescaped() == action).collect();
    if of_action.is_empty() {
        return Err(CaseError::NoAction(action.to_owned()));
    }
    let known = of_action.iter().map(|env| env.resource().to_string()).collect();
    let found = of_action.into_iter().find(|env| env.resource().to_string() == kind);
    found.ok_or_else(|| CaseError::NotApplicable { action: action.to_owned(), kind: kind.to_owned(), known })
}

/// Every attribute of a shape: as given, or neutral.
fn attributes(
    part: &str,
    shape: &Attributes,
    given: &Map<String, Value>,
) -> Result<HashMap<String, RestrictedExpression>, CaseError> {
    if let Some(name) = given.keys().find(|name| !shape.contains_key(*name)) {
        return Err(no_fact(&format!("{part}.{name}"), shape.keys().map(String::as_str)));
    }
    let value = |(name, kind): (&String, &Kind)| {
        let fact = format!("{part}.{name}");
        let value = match given.get(name) {
            Some(value) => read(&fact, kind, value)?,
            None => neutral(kind).ok_or(CaseError::Missing(fact))?,
        };
        Ok((name.clone(), value))
    };
    shape.iter().map(value).collect()
}

fn tags(kind: Option<&Kind>, given: &Map<String, Value>) -> Result<HashMap<String, RestrictedExpression>, CaseError> {
    let tag = |(name, value): (&String, &Value)| {
        let fact = format!("tags.{name}");
        let kind = kind.ok_or_else(|| no_fact(&fact, std::iter::once("no tags")))?;
        Ok((name.clone(), read(&fact, kind, value)?))
    };
    given.iter().map(tag).collect()
}

/// A value as the schema wants it.
fn read(fact: &str, kind: &Kind, value: &Value) -> Result<RestrictedExpression, CaseError> {
    let expression = match (kind, value) {
        (Kind::Bool, Value::Bool(truth)) => Some(RestrictedExpression::new_bool(*truth)),
        (Kind::Text, Value::String(text)) => Some(RestrictedExpression::new_string(text.clone())),
        (Kind::Long, Value::Number(number)) => number.as_i64().map(RestrictedExpression::new_long),
        (Kind::Long, Value::String(text)) => instant(text).map(RestrictedExpression::new_long),
        (Kind::Entity(entity), Value::String(id)) => uid(entity, id).map(RestrictedExpression::new_entity_uid),
        (Kind::Set(of), Value::Array(members)) => {
            let members: Result<Vec<_>, _> = members.iter().map(|member| read(fact, of, member)).collect();
            Some(RestrictedExpression::new_set(members?))
        }
        _ => None,
    };
    expression.ok_or_else(|| wrong(fact, wanted(kind)))
}

/// Whole seconds since 1970: a date, or an instant.
fn instant(text: &str) -> Option<i64> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    whole.parse::<Timestamp>().ok().map(|at| at.millis() / 1_000)
}

fn uid(entity: &str, id: &str) -> Option<EntityUid> {
    let name: EntityTypeName = entity.parse().ok()?;
    Some(EntityUid::from_type_name_and_id(name, EntityId::new(id)))
}

fn neutral(kind: &Kind) -> Option<RestrictedExpression> {
    match kind {
        Kind::Long => Some(RestrictedExpression::new_long(0)),
        Kind::Bool => Some(RestrictedExpression::new_bool(false)),
        Kind::Text => Some(RestrictedExpression::new_string(String::new())),
        Kind::Set(_) => Some(RestrictedExpression::new_set([])),
        Kind::Entity(entity) => uid(entity, NOBODY).map(RestrictedExpression::new_entity_uid),
        Kind::Other(_) => None,
    }
}

const fn wanted(kind: &Kind) -> &'static str {
    match kind {
        Kind::Long => "a whole number, or a date such as \"2026-01-01\" in quotes",
        Kind::Bool => "true or false",
        Kind::Text => "a text",
        Kind::Entity(_) => "an id in quotes",
        Kind::Set(_) => "a list",
        Kind::Other(_) => "of a kind that a base of facts cannot give",
    }
}

fn wrong(fact: &str, wanted: &str) -> CaseError {
    CaseError::Value { fact: fact.to_owned(), wanted: wanted.to_owned() }
}

fn no_fact<'k>(fact: &str, known: impl Iterator<Item = &'k str>) -> CaseError {
    CaseError::NoFact { fact: fact.to_owned(), known: known.map(str::to_owned).collect() }
}
