//! The schema as plain types: which attributes an entity or a context has, and of what kind.
//!
//! Proofs take from it what a number may be, cases what an attribute is when nobody says. It reads the schema's JSON form
//! and decides nothing.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use cedar_policy::SchemaFragment;
use serde_json::Value;

use crate::schema::schema_text;

/// How deep a kind may be nested, or one name stand for another.
const DEPTH_MAX: usize = 8;

/// What an attribute holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Long,
    Bool,
    Text,
    Entity(String),
    Set(Box<Self>),
    /// Anything else: what stands here has no neutral value.
    Other(String),
}

/// Attributes by name.
pub(crate) type Attributes = BTreeMap<String, Kind>;

/// What an entity of one type carries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) attributes: Attributes,
    pub(crate) tags: Option<Kind>,
}

/// The schema: entity types, and the context of each action.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    types: BTreeMap<String, Shape>,
    contexts: BTreeMap<String, Attributes>,
}

impl Shapes {
    /// What an entity of a type carries; nothing if there is no such type.
    pub(crate) fn of(&self, entity_type: &str) -> Shape {
        self.types.get(entity_type).cloned().unwrap_or_default()
    }

    /// What the context of an action holds.
    pub(crate) fn context(&self, action: &str) -> Attributes {
        self.contexts.get(action).cloned().unwrap_or_default()
    }
}

/// The shapes of the schema, read once.
pub(crate) fn shapes() -> &'static Shapes {
    static SHAPES: OnceLock<Shapes> = OnceLock::new();
    SHAPES.get_or_init(|| {
        let json = SchemaFragment::from_cedarschema_str(&schema_text())
            .ok()
            .and_then(|(fragment, _)| fragment.to_json_value().ok())
            .unwrap_or_default();
        read(&json)
    })
}

fn read(json: &Value) -> Shapes {
    let mut shapes = Shapes::default();
    // The schema has one namespace, without a name.
    let Some(namespace) = json.get("") else { return shapes };
    let reading = Reading { common: namespace.get("commonTypes") };
    for (name, entity) in entries(namespace.get("entityTypes")) {
        let attributes = reading.attributes(entity.get("shape"));
        let tags = entity.get("tags").map(|tags| reading.kind(tags, DEPTH_MAX));
        shapes.types.insert(name.clone(), Shape { attributes, tags });
    }
    for (name, action) in entries(namespace.get("actions")) {
        let context = reading.attributes(action.pointer("/appliesTo/context"));
        shapes.contexts.insert(name.clone(), context);
    }
    shapes
}

fn entries(object: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    object.and_then(Value::as_object).into_iter().flatten()
}

struct Reading<'a> {
    common: Option<&'a Value>,
}

impl Reading<'_> {
    /// Attributes of a record, itself or by the name of a common type.
    fn attributes(&self, record: Option<&Value>) -> Attributes {
        let name = record.and_then(|record| record.get("type")).and_then(Value::as_str).unwrap_or_default();
        let record = self.common.and_then(|common| common.get(name)).or(record);
        entries(record.and_then(|record| record.get("attributes")))
            .map(|(name, kind)| (name.clone(), self.kind(kind, DEPTH_MAX)))
            .collect()
    }

    fn kind(&self, json: &Value, depth: usize) -> Kind {
        let text = |key: &str| json.get(key).and_then(Value::as_str).unwrap_or_default();
        let named = match text("type") {
            "EntityOrCommon" | "Entity" => text("name"),
            other => other,
        };
        let bare = named.strip_prefix("__cedar::").unwrap_or(named);
        match bare {
            "Long" => Kind::Long,
            "Bool" | "Boolean" => Kind::Bool,
            "String" => Kind::Text,
            "Set" if depth > 0 => match json.get("element") {
                Some(element) => Kind::Set(Box::new(self.kind(element, depth - 1))),
                None => Kind::Other("Set".to_owned()),
            },
            "Record" | "Set" | "Extension" | "decimal" | "datetime" | "duration" | "ipaddr" => {
                Kind::Other(bare.to_owned())
            }
            name => match self.common.and_then(|common| common.get(name)) {
                Some(common) if depth > 0 => self.kind(common, depth - 1),
                Some(_) => Kind::Other(name.to_owned()),
                None => Kind::Entity(name.to_owned()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_and_every_context_of_the_schema_is_read() {
        let share = shapes().of("Share");
        assert_eq!(share.attributes["minimum"], Kind::Long);
        assert_eq!(share.attributes["personal"], Kind::Bool);
        assert_eq!(share.attributes["purpose"], Kind::Text);
        assert_eq!(share.attributes["accountable"], Kind::Entity("Party".to_owned()));
        assert_eq!(share.attributes["duties"], Kind::Set(Box::new(Kind::Text)));
        assert_eq!(shapes().of("Party").attributes["kind"], Kind::Text);
        assert_eq!(shapes().context("approve")["until"], Kind::Long);
        assert_eq!(shapes().context("for:traffic-management")["seniorAuthorisation"], Kind::Bool);
        let schema = crate::schema::schema();
        for env in schema.request_envs() {
            assert!(shapes().contexts.contains_key(env.action().id().unescaped()), "{:?}", env.action());
            assert!(shapes().types.contains_key(env.resource().basename()), "{:?}", env.resource());
        }
    }

    #[test]
    fn common_types_tags_and_what_has_no_neutral_value_are_told_apart() {
        let text = r#"type Count = Long; type Facts = { "a": Count, "r": { "x": Long }, "d": datetime };
            entity P; entity E = { "n": Count, "s": Set<Set<P>> } tags Set<String>;
            action "act" appliesTo { principal: P, resource: E, context: Facts };"#;
        let shapes = read(&SchemaFragment::from_cedarschema_str(text).unwrap().0.to_json_value().unwrap());
        let entity = shapes.of("E");
        assert_eq!(entity.attributes["n"], Kind::Long);
        let sets = Kind::Set(Box::new(Kind::Set(Box::new(Kind::Entity("P".to_owned())))));
        assert_eq!(entity.attributes["s"], sets);
        assert_eq!(entity.tags, Some(Kind::Set(Box::new(Kind::Text))));
        assert_eq!(shapes.context("act")["a"], Kind::Long);
        assert_eq!(shapes.context("act")["r"], Kind::Other("Record".to_owned()));
        assert_eq!(shapes.context("act")["d"], Kind::Other("datetime".to_owned()));
        assert_eq!(shapes.of("nobody"), Shape::default());
    }
}
