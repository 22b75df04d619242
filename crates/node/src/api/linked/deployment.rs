//! One deployment as linked data (JSON-LD), in the terms of schema.org and of the W3C's Data Privacy Vocabulary (DPV).
//!
//! A term stands here only where it fits; a purpose or kind of data that the vocabulary has no term for has its name alone.

use flow::disclose::PUBLIC;
use model::{Deployment, DeploymentRecord, Identifies, LegalBasis, Party, PartyId, Place, Purpose};
use register::State;
use serde_json::{Value, json};

use super::{instant, term_of};
use crate::address::Base;

/// A deployment with what hangs on it.
pub(super) fn linked(state: &State, record: &DeploymentRecord, base: &Base) -> Value {
    let deployment = &record.deployment;
    let page = base.join(&format!("/deployments/{}", deployment.id));
    let mut linked = json!({
        "@id": page,
        "@type": ["dpv:Process", "schema:Action"],
        "schema:identifier": deployment.id,
        "schema:name": deployment.title,
        "schema:description": deployment.description,
        "schema:url": { "@id": page },
        "schema:startTime": instant(deployment.starts),
        "schema:endTime": instant(deployment.ends),
        "schema:agent": party(state, &deployment.accountable, base),
        "schema:instrument": { "@type": "schema:Thing", "schema:name": deployment.technology.name(),
            "schema:url": { "@id": base.join(&format!("/technologies/{}", deployment.technology.code())) } },
        "dpv:hasPurpose": deployment.purposes.iter().map(|one| purpose(*one, base)).collect::<Vec<_>>(),
        "dpv:hasData": data(deployment),
        "dpv:hasStorageCondition": storage(deployment),
        "dct:provenance": "Drawn from the city’s public log; every act behind it can be verified.",
    });
    if let Some(place) = state.places.get(&deployment.place) {
        linked["schema:location"] = location(place, base);
    }
    if deployment.legal_basis != LegalBasis::NotPersonal {
        linked["dpv:hasDataController"] = party(state, &deployment.accountable, base);
    }
    if let Some(term) = deployment.legal_basis.dpv() {
        linked["dpv:hasLegalBasis"] = json!({ "@id": term_of(term) });
    }
    let recipients = recipients(state, deployment, base);
    if !recipients.is_empty() {
        linked["dpv:hasRecipient"] = recipients.into();
    }
    linked
}

pub(super) fn party(state: &State, id: &PartyId, base: &Base) -> Value {
    let known: Option<&Party> = state.parties.get(id).map(|record| &record.party);
    json!({
        "@id": base.join(&format!("/organisations/{id}")),
        "@type": "schema:Organization",
        "schema:name": known.map_or(id.as_str(), |party| party.name.as_str()),
    })
}

fn purpose(purpose: Purpose, base: &Base) -> Value {
    let mut told = json!({
        "@id": base.join(&format!("/purposes/{}", purpose.code())),
        "@type": "dpv:Purpose",
        "schema:name": purpose.name(),
    });
    if let Some(term) = purpose.dpv() {
        told["@type"] = json!(["dpv:Purpose", term_of(term)]);
    }
    told
}

/// What is read, and whether it is about people.
fn data(deployment: &Deployment) -> Vec<Value> {
    let properties = deployment.streams.iter().flat_map(|stream| stream.properties.values());
    let mut categories: Vec<_> = properties.map(|property| property.category).collect();
    categories.sort_unstable();
    categories.dedup();
    let told = categories.into_iter().map(|category| {
        let personal = category.identifies() != Identifies::Nobody;
        let kind = if personal { "dpv:PersonalData" } else { "dpv:NonPersonalData" };
        let mut kinds = vec![kind.to_owned()];
        kinds.extend(category.dpv().map(term_of).filter(|term| term != kind));
        json!({ "@type": kinds, "schema:name": category.name(), "schema:identifier": category.code() })
    });
    told.collect()
}

fn storage(deployment: &Deployment) -> Value {
    let longest = deployment.streams.iter().map(|stream| stream.retention.0).max().unwrap_or_default();
    json!({
        "@type": "dpv:StorageDuration",
        "dpv:hasDuration": { "@type": "xsd:duration", "@value": format!("PT{}S", longest.as_seconds()) },
    })
}

/// Who has an agreement that has not ended. Everybody is not a recipient but the public.
fn recipients(state: &State, deployment: &Deployment, base: &Base) -> Vec<Value> {
    let stands = |record: &&std::sync::Arc<model::GrantRecord>| {
        record.ended.is_none() && deployment.stream(&record.grant.stream).is_some()
    };
    let mut ids: Vec<&PartyId> = state.grants.values().filter(stands).map(|record| &record.grant.recipient).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().filter(|id| id.as_str() != PUBLIC).map(|id| party(state, id, base)).collect()
}

fn location(place: &Place, base: &Base) -> Value {
    json!({
        "@id": base.join(&format!("/places/{}", place.id)),
        "@type": "schema:Place",
        "schema:name": place.name,
    })
}
