//! One concrete request with the entities that it reaches: what a solver's example comes down to, and what Cedar itself decides.
//!
//! As JSON it is a regression test: `Question::from_json` reads back what a report holds.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision as CedarDecision, Entities, Entity, EntityUid, EvalResult,
    PolicySet, Request,
};
use cedar_policy_symcc::Env;
use serde_json::{Value, json};

use super::Unsure;
use crate::schema::schema;

/// A request and what it is about.
#[derive(Debug, Clone)]
pub struct Question {
    pub(crate) principal: EntityUid,
    pub(crate) action: EntityUid,
    pub(crate) resource: EntityUid,
    pub(crate) context: Context,
    pub(crate) entities: Entities,
}

/// Why a text is no question.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    /// A part is missing or no JSON of Cedar.
    #[error("the question's `{part}` cannot be read: {message}")]
    Part {
        /// Which part.
        part: &'static str,
        /// What Cedar says.
        message: String,
    },
}

/// What policies say to a question, with those that decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// Allowed, and no policy erred.
    pub(crate) allowed: bool,
    /// The satisfied permits if it is allowed, otherwise the satisfied forbids; sorted.
    pub(crate) by: Vec<String>,
    /// The policies that erred; sorted.
    pub(crate) erring: Vec<String>,
}

impl Question {
    /// The part of a solver's answer that the request reaches, checked against the schema.
    pub(crate) fn of(env: &Env) -> Result<Self, Unsure> {
        let request = &env.request;
        let (Some(principal), Some(action), Some(resource), Some(context)) =
            (request.principal(), request.action(), request.resource(), request.context())
        else {
            return Err(Unsure::Model("the solver's request has a hole".to_owned()));
        };
        let entities = reached(&env.entities, [principal, resource], context);
        Self::new(principal.clone(), action.clone(), resource.clone(), context.clone(), entities)
            .map_err(|error| Unsure::Model(error.to_string()))
    }

    /// Puts a question together; all of it must fit the schema.
    pub(crate) fn new(
        principal: EntityUid,
        action: EntityUid,
        resource: EntityUid,
        context: Context,
        entities: Vec<Entity>,
    ) -> Result<Self, QuestionError> {
        let bad = |message: String| QuestionError::Part { part: "entities", message };
        // With a schema, Cedar adds the actions and their groups.
        let entities = Entities::from_entities(entities, Some(schema())).map_err(|error| bad(chain(&error)))?;
        let question = Self { principal, action, resource, context, entities };
        question.request()?;
        Ok(question)
    }

    fn request(&self) -> Result<Request, QuestionError> {
        let (principal, action, resource) = (self.principal.clone(), self.action.clone(), self.resource.clone());
        Request::new(principal, action, resource, self.context.clone(), Some(schema()))
            .map_err(|error| QuestionError::Part { part: "request", message: chain(&error) })
    }

    /// Asks Cedar itself.
    pub(crate) fn ask(&self, policies: &PolicySet) -> Said {
        let Ok(request) = self.request() else {
            return Said { allowed: false, by: Vec::new(), erring: vec!["the question".to_owned()] };
        };
        let response = Authorizer::new().is_authorized(&request, policies, &self.entities);
        let mut erring: Vec<String> = response
            .diagnostics()
            .errors()
            .map(|AuthorizationError::PolicyEvaluationError(error)| error.policy_id().to_string())
            .collect();
        let mut by: Vec<String> = response.diagnostics().reason().map(ToString::to_string).collect();
        erring.sort_unstable();
        by.sort_unstable();
        Said { allowed: response.decision() == CedarDecision::Allow && erring.is_empty(), by, erring }
    }

    /// The whole question as JSON, in Cedar's own form.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let uid = |uid: &EntityUid| json!({ "type": uid.type_name().to_string(), "id": uid.id().unescaped() });
        let actions: BTreeSet<String> =
            schema().action_entities().iter().flat_map(Entities::iter).map(|action| action.uid().to_string()).collect();
        let mut entities: BTreeMap<String, Value> = BTreeMap::new();
        for entity in self.entities.iter().filter(|entity| !actions.contains(&entity.uid().to_string())) {
            entities.insert(entity.uid().to_string(), entity.to_json_value().unwrap_or_default());
        }
        json!({
            "principal": uid(&self.principal), "action": uid(&self.action), "resource": uid(&self.resource),
            "context": self.context.to_json_value().unwrap_or_default(),
            "entities": entities.into_values().collect::<Vec<_>>(),
        })
    }

    /// Reads a question back.
    ///
    /// # Errors
    /// Which part does not fit the schema.
    pub fn from_json(json: &Value) -> Result<Self, QuestionError> {
        let bad = |part: &'static str, message: String| QuestionError::Part { part, message };
        let uid = |part: &'static str| {
            let json = json.get(part).cloned().unwrap_or_default();
            EntityUid::from_json(json).map_err(|error| bad(part, chain(&error)))
        };
        let (principal, action, resource) = (uid("principal")?, uid("action")?, uid("resource")?);
        let context = json.get("context").cloned().unwrap_or_default();
        let context = Context::from_json_value(context, Some((schema(), &action)))
            .map_err(|error| bad("context", chain(&error)))?;
        let entities = json.get("entities").and_then(Value::as_array).cloned().unwrap_or_default();
        let entity =
            |entity| Entity::from_json_value(entity, Some(schema())).map_err(|error| bad("entities", chain(&error)));
        let entities: Result<Vec<Entity>, QuestionError> = entities.into_iter().map(entity).collect();
        Self::new(principal, action, resource, context, entities?)
    }
}

/// An error with what caused it: Cedar's own first line often says only that something failed.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

/// The entities that a request can get at: what it names, what those name, and what they stand below.
fn reached(all: &Entities, roots: [&EntityUid; 2], context: &Context) -> Vec<Entity> {
    let mut waiting: Vec<EntityUid> = roots.into_iter().cloned().collect();
    for (name, _) in context.clone() {
        context.get(&name).iter().for_each(|value| named(value, &mut waiting));
    }
    let (mut seen, mut reached) = (BTreeSet::new(), Vec::new());
    while let Some(uid) = waiting.pop() {
        if !seen.insert(uid.clone()) {
            continue;
        }
        let Some(entity) = all.get(&uid) else { continue };
        for value in entity.attrs().chain(entity.tags()).filter_map(|(_, value)| value.ok()) {
            named(&value, &mut waiting);
        }
        waiting.extend(all.ancestors(&uid).into_iter().flatten().cloned());
        reached.push(entity.clone());
    }
    reached
}

/// The entities that a value names.
fn named(value: &EvalResult, into: &mut Vec<EntityUid>) {
    match value {
        EvalResult::EntityUid(uid) => into.push(uid.clone()),
        EvalResult::Set(set) => set.iter().for_each(|value| named(value, into)),
        EvalResult::Record(record) => record.iter().for_each(|(_, value)| named(value, into)),
        _ => {}
    }
}
