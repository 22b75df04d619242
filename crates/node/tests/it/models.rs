//! Sensors and what becomes of their data, held against the schemas of the Smart Data Models, which lie beside the project and not in
//! it. What those schemas take from elsewhere (names, places, owners) is not there, and anything is right by it.

use serde_json::{Value, json};

use crate::city::World;

/// Stands for every schema that is not there: whatever is named of it, anything is right by it.
struct Elsewhere(Value);

impl Elsewhere {
    fn of(schema: &str) -> Self {
        let mut all = json!({});
        for path in schema.split(".json#/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let mut at = &mut all;
            for name in path.split('/') {
                at = at.as_object_mut().unwrap().entry(name).or_insert_with(|| json!({}));
            }
        }
        Self(all)
    }
}

impl jsonschema::Retrieve for Elsewhere {
    fn retrieve(&self, _: &jsonschema::Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.0.clone())
    }
}

#[expect(clippy::print_stdout, reason = "a test that could not look says so by name")]
fn schema(kind: &str) -> Option<jsonschema::Validator> {
    let path = format!("{}/../../../shared/schemas/smart-data-models/{kind}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let Ok(schema) = std::fs::read_to_string(&path) else {
        println!("skipped: no schema of the model {kind} at ../shared/schemas");
        return None;
    };
    let elsewhere = Elsewhere::of(&schema);
    Some(jsonschema::options().with_retriever(elsewhere).build(&serde_json::from_str(&schema).unwrap()).unwrap())
}

/// What an attribute says, without how it is said: the simplified form of NGSI-LD, which the schemas are written for. Of several sets of
/// one attribute, which they do not know, it is the one of a number.
fn simplified(attribute: &Value, number: usize) -> Value {
    match attribute {
        Value::Array(several) => simplified(&several[number.min(several.len() - 1)], 0),
        Value::Object(one) => one.get("value").or_else(|| one.get("object")).cloned().unwrap_or_default(),
        other => other.clone(),
    }
}

/// Everything that does not fit, with each set of the attributes that have several.
fn faults(validator: &jsonschema::Validator, entity: &Value) -> Vec<String> {
    let attributes = entity.as_object().unwrap().iter().filter(|(name, _)| *name != "@context");
    let sets = attributes.clone().filter_map(|(_, said)| said.as_array()).map(Vec::len).max().unwrap_or(1);
    let entities = (0..sets).map(|number| -> Value {
        attributes.clone().map(|(name, said)| (name.clone(), simplified(said, number))).collect()
    });
    let told = |entity: Value| -> Vec<String> {
        validator.iter_errors(&entity).map(|error| format!("{}: {error}", error.instance_path())).collect()
    };
    entities.flat_map(told).collect()
}

#[tokio::test]
async fn every_sensor_and_every_stream_is_what_its_model_says() {
    let world = World::new();
    let second = json!({ "id": "wifi-9", "stream": "wifi-counts", "deployment": "wifi", "position": [16.6, 49.2] });
    world.submit(json!({ "by": "mobility", "command": { "do": "register-device", "with": second } })).unwrap();
    let all = world.get("/register.ngsild.json").await.json();
    for kind in ["Device", "PrivacyObject"] {
        let Some(validator) = schema(kind) else { continue };
        let of: Vec<&Value> = all.as_array().unwrap().iter().filter(|entity| entity["type"] == kind).collect();
        assert!(of.len() >= 4, "{kind}: {all}");
        for entity in &of {
            assert_eq!(faults(&validator, entity), Vec::<String>::new(), "{entity}");
        }
        // A control: another type is noticed.
        let mut other = of[0].clone();
        other["type"] = json!("Nothing");
        assert!(!faults(&validator, &other).is_empty());
    }
}
