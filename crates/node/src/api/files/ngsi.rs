//! Sensors as entities of NGSI-LD (ETSI GS CIM 009), after the model `Device` of the Smart Data Models, and what becomes of their
//! data, after its `PrivacyObject`: one for each stream, and each sensor leads to that of its own.
//!
//! What a sensor measures is named where that model has a name for it; what it has none for is left out, not guessed.

use model::{Category, Deployment, DeploymentRecord, Device, Identifies, Stream};
use register::State;
use serde_json::{Value, json};

use crate::address::Base;
use crate::lang::Lang;

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

/// Every sensor of the register, then every stream.
pub(super) fn entities(state: &State, base: &Base) -> Vec<Value> {
    let with_record = |device: &Device| Some(entity(state, device, state.deployments.get(&device.deployment)?, base));
    let devices = state.devices.values().filter_map(|device| with_record(device));
    let of = |record: &DeploymentRecord| {
        let streams = record.deployment.streams.iter();
        streams.map(|stream| privacy(state, &record.deployment, stream, base)).collect::<Vec<_>>()
    };
    devices.chain(state.deployments.values().flat_map(|record| of(record))).collect()
}

/// What becomes of the data of a stream. Who receives it is who has an agreement that did not end.
fn privacy(state: &State, deployment: &Deployment, stream: &Stream, base: &Base) -> Value {
    let property = |value: Value| json!({ "type": "Property", "value": value });
    let purposes: Vec<&str> = deployment.purposes.iter().map(|purpose| purpose.name()).collect();
    let grants = state.grants_of(&stream.id).filter(|record| record.ended.is_none());
    let mut recipients: Vec<String> =
        grants.map(|record| urn(state, "Organization", record.grant.recipient.as_str())).collect();
    recipients.sort_unstable();
    recipients.dedup();
    let of_stream = state.devices.values().filter(|device| device.stream == stream.id);
    // Several values of one attribute are told apart by the name of their set.
    let devices = of_stream.map(|device| urn(state, "Device", device.id.as_str()));
    let mut devices: Vec<Value> =
        devices.map(|id| json!({ "type": "Relationship", "object": id, "datasetId": id })).collect();
    let mut entity = json!({
        "id": urn(state, "PrivacyObject", stream.id.as_str()),
        "type": "PrivacyObject",
        "name": property(stream.id.to_string().into()),
        "description": property(deployment.title.clone().into()),
        "category": property(json!(["sensor"])),
        "purpose": property(purposes.join("; ").into()),
        "isPersonalData": property((stream.identifies() != Identifies::Nobody).into()),
        "retentionPeriod": property(Lang::En.span(stream.retention.0).into()),
        "owner": property(json!([urn(state, "Organization", deployment.accountable.as_str())])),
        "source": property(base.join(&format!("/deployments/{}", deployment.id)).into()),
        "@context": CONTEXT,
    });
    if !recipients.is_empty() {
        entity["recipientList"] = property(json!(recipients));
    }
    match devices.len() {
        0 => {}
        1 => {
            let mut only = devices.remove(0);
            only.as_object_mut().map(|only| only.remove("datasetId"));
            entity["refDevice"] = only;
        }
        _ => entity["refDevice"] = devices.into(),
    }
    entity
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
        "refPrivacyObject": { "type": "Relationship", "object": urn(state, "PrivacyObject", device.stream.as_str()) },
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
