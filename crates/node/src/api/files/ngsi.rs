//! Sensors as entities of NGSI-LD (ETSI GS CIM 009), after the model `Device` of the Smart Data Models.
//!
//! What a sensor measures is named where that model has a name for it; what it has none for is left out, not guessed.

use model::{Category, DeploymentRecord, Device};
use register::State;
use serde_json::{Value, json};

use crate::address::Base;

/// Where the terms of the model and of NGSI-LD are defined.
const CONTEXT: [&str; 2] = [
    "https://raw.githubusercontent.com/smart-data-models/dataModel.Device/master/context.jsonld",
    "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld",
];

/// What the model calls what we measure, by the code of a category; the narrower one stands before the general one above it.
const CONTROLLED: [(&str, &str); 11] = [
    ("person-location", "location"),
    ("vehicle-identifier", "trafficFlow"),
    // Whatever else is about people tells that somebody is there.
    ("personal", "occupancy"),
    ("crowd", "occupancy"),
    ("vehicle-speed", "averageVelocity"),
    ("traffic", "trafficFlow"),
    ("air-quality", "airPollution"),
    ("noise-level", "noiseLevel"),
    ("water-level", "waterLevel"),
    ("weather", "weatherConditions"),
    ("environment", "weatherConditions"),
];

/// Every sensor of the register.
pub(super) fn devices(state: &State, base: &Base) -> Vec<Value> {
    let with_record = |device: &Device| Some(entity(state, device, state.deployments.get(&device.deployment)?, base));
    state.devices.values().filter_map(|device| with_record(device)).collect()
}

fn entity(state: &State, device: &Device, record: &DeploymentRecord, base: &Base) -> Value {
    let deployment = &record.deployment;
    let property = |value: Value| json!({ "type": "Property", "value": value });
    let stream = deployment.stream(&device.stream);
    let mut controlled: Vec<&str> = stream
        .iter()
        .flat_map(|stream| stream.properties.values())
        .filter_map(|property| controlled(property.category))
        .collect();
    controlled.sort_unstable();
    controlled.dedup();
    let city = state.city.as_ref();
    let mut entity = json!({
        "id": urn(state, "Device", device.id.as_str()),
        "type": "Device",
        "name": property(device.id.to_string().into()),
        "description": property(deployment.title.clone().into()),
        "category": property(json!(["sensor"])),
        "location": {
            "type": "GeoProperty",
            "value": { "type": "Point", "coordinates": device.position },
        },
        "owner": property(json!([urn(state, "Organization", deployment.accountable.as_str())])),
        "dataProvider": property(city.map_or("", |city| city.name.as_str()).into()),
        "source": property(base.join(&format!("/deployments/{}", deployment.id)).into()),
        "@context": CONTEXT,
    });
    if !controlled.is_empty() {
        entity["controlledProperty"] = property(json!(controlled));
    }
    entity
}

fn controlled(category: Category) -> Option<&'static str> {
    let within = |code: &str| code.parse::<Category>().is_ok_and(|general| category.is_within(general));
    CONTROLLED.iter().find(|(code, _)| within(code)).map(|(_, name)| *name)
}

/// The name of a thing of this city among those of all cities.
fn urn(state: &State, kind: &str, id: &str) -> String {
    let origin = state.city.as_ref().map_or("", |city| city.origin.as_str());
    let authority = origin.split('/').next().unwrap_or_default().to_ascii_lowercase();
    format!("urn:ngsi-ld:{kind}:{authority}:{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_named_as_the_model_names_them_and_what_it_does_not_know_is_left_out() {
        for (code, expected) in [
            ("mac-address", Some("occupancy")),
            ("number-plate", Some("trafficFlow")),
            ("people-count", Some("occupancy")),
            ("vehicle-speed", Some("averageVelocity")),
            ("vehicle-count", Some("trafficFlow")),
            ("air-quality", Some("airPollution")),
            ("water-level", Some("waterLevel")),
            ("device-health", None),
        ] {
            assert_eq!(controlled(code.parse().unwrap()), expected, "{code}");
        }
        assert!(CONTROLLED.iter().all(|(code, _)| code.parse::<Category>().is_ok()));
    }
}
