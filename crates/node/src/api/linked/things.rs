//! Pages of what stands in the register as linked data: places, purposes, technologies, organisations, policies, and lists of them.

use std::sync::Arc;

use flow::disclose::PUBLIC;
use model::{EvidenceRecord, Geometry, GrantRecord, Identifies, Place, Point, Purpose, Technology};
use register::State as Register;
use serde_json::{Map, Value, json};

use super::{deployment, deployments, instant, named, object, term_of};
use crate::address::Base;
use crate::pages::places::{around, lies_in};
use crate::pages::policies::anchor;
use crate::problem::Kind;
use crate::router::Node;

/// A page of what stands in the register; none if there is no such page.
pub(super) fn of(node: &Node, state: &Arc<Register>, page: &str, base: &Base) -> Option<Map<String, Value>> {
    let whole = match page {
        "/" => first(state, base),
        "/near" => list("Near me", deployments(state, base, |_| true)),
        "/search" => json!({
            "@type": "schema:WebPage",
            "schema:name": "Search",
            "schema:potentialAction": { "@type": "schema:SearchAction", "schema:target": base.join("/search?q={q}") },
        }),
        "/numbers" => numbers(state, base),
        "/incidents" => {
            let records = state.evidence.values().filter(|record| record.evidence.is_incident());
            list("What went wrong", records.map(|record| incident(record, base)).collect())
        }
        "/places" => list("Places", state.places.values().map(|one| place_in_short(one, base)).collect()),
        "/purposes" => concepts("Purposes", purposes(state).map(|one| purpose_in_short(one, base)).collect()),
        "/technologies" => {
            concepts("Technologies", technologies(state).map(|one| technology_in_short(one, base)).collect())
        }
        "/organisations" => {
            list("Organisations", state.parties.keys().map(|id| deployment::party(state, id, base)).collect())
        }
        "/policies" => policies(node, state, base),
        "/about" => about(state, base),
        "/ask" => {
            json!({ "@type": "schema:ContactPage", "schema:name": "Ask the city", "schema:about": city(state, base) })
        }
        "/data" => data(state, base),
        "/accessibility" => json!({
            "@type": "schema:WebPage",
            "schema:name": "Accessibility",
            "dct:conformsTo": { "@id": "https://www.w3.org/TR/WCAG22/" },
            "schema:accessibilityControl": ["fullKeyboardControl", "fullTouchControl"],
        }),
        "/problems" => concepts("Problems", Kind::ALL.iter().map(|kind| problem(*kind, base)).collect()),
        _ => return one(state, page, base).map(object),
    };
    Some(object(whole))
}

/// The page of one thing.
fn one(state: &Arc<Register>, page: &str, base: &Base) -> Option<Value> {
    let (kind, id) = page.strip_prefix('/')?.split_once('/')?;
    match kind {
        "deployments" => {
            let record = state.deployments.get(&id.parse().ok()?)?;
            Some(deployment::linked(state, record, base))
        }
        "grants" => grant(state, state.grants.get(&id.parse().ok()?)?, base),
        "places" => place(state, state.places.get(&id.parse().ok()?)?, base),
        "purposes" => {
            let purpose: Purpose = id.parse().ok()?;
            let mut told = purpose_in_short(purpose, base);
            told["@reverse"] =
                json!({ "dpv:hasPurpose": deployments(state, base, |one| one.deployment.purposes.contains(&purpose)) });
            Some(told)
        }
        "technologies" => {
            let technology: Technology = id.parse().ok()?;
            let mut told = technology_in_short(technology, base);
            let fits = |one: &model::DeploymentRecord| one.deployment.technology.is_within(technology);
            told["@reverse"] = json!({ "schema:instrument": deployments(state, base, fits) });
            let narrower = Technology::all().filter(|one| one.parent() == Some(technology));
            told["skos:narrower"] = narrower.map(|one| technology_in_short(one, base)).collect();
            Some(told)
        }
        "organisations" => {
            let record = state.parties.get(&id.parse().ok()?)?;
            let mut told = deployment::party(state, &record.party.id, base);
            told["schema:additionalType"] = record.party.kind.code().into();
            let answers = |one: &model::DeploymentRecord| one.deployment.accountable == record.party.id;
            told["@reverse"] = json!({ "schema:agent": deployments(state, base, answers) });
            Some(told)
        }
        "asked" => inquiry(state, id, base),
        "problems" => Kind::with_slug(id).map(|kind| problem(kind, base)),
        _ => None,
    }
}

/// An incident, without what is sealed of it.
fn incident(record: &EvidenceRecord, base: &Base) -> Value {
    let address = base.join(&format!("/incidents#incident-{}", record.evidence.id));
    let mut told = named(address, "schema:Event", &record.evidence.summary);
    told["schema:datePublished"] = instant(record.filed_at);
    if let Some(ended) = record.ended.filter(|_| record.withdrawn_because.is_some()) {
        told["schema:eventStatus"] = json!({ "@id": "schema:EventCancelled" });
        told["dct:modified"] = instant(ended);
    }
    told
}

fn list(name: &str, items: Vec<Value>) -> Value {
    json!({
        "@type": "schema:ItemList",
        "schema:name": name,
        "schema:numberOfItems": items.len(),
        "schema:itemListElement": items,
    })
}

fn concepts(name: &str, concepts: Vec<Value>) -> Value {
    json!({ "@type": "skos:ConceptScheme", "schema:name": name, "@reverse": { "skos:inScheme": concepts } })
}

/// The city as whoever publishes.
fn city(state: &Register, base: &Base) -> Value {
    let name = state.city.as_ref().map_or("A city", |city| city.name.as_str());
    named(base.join("/about"), "schema:GovernmentOrganization", name)
}

/// The register as a whole.
fn first(state: &Arc<Register>, base: &Base) -> Value {
    json!({
        "@type": ["dcat:Catalog", "schema:DataCatalog"],
        "schema:name": "Public register of sensors",
        "dct:publisher": city(state, base),
        "schema:version": state.size,
        "dct:modified": state.last_at.map(instant),
        "schema:numberOfItems": state.deployments.len(),
        "schema:hasPart": deployments(state, base, |_| true),
        "schema:about": counts(state),
        "schema:isBasedOn": { "@id": base.join("/log/checkpoint") },
    })
}

/// How many deployments there are and are about people, and how many sensors: what only an act changes.
fn counts(state: &Register) -> Vec<Value> {
    let about_people = |record: &&Arc<model::DeploymentRecord>| {
        record.deployment.streams.iter().any(|stream| stream.identifies() != Identifies::Nobody)
    };
    let records = || state.deployments.values();
    let count = |name: &str, value: usize| json!({ "@type": "schema:PropertyValue", "schema:name": name, "schema:value": value });
    vec![
        count("deployments", records().count()),
        count("about people", records().filter(about_people).count()),
        count("sensors", state.devices.len()),
    ]
}

fn numbers(state: &Register, base: &Base) -> Value {
    let months = state.monthly.iter().map(|(month, sums)| {
        json!({
            "@type": "schema:Observation",
            "schema:observationDate": month,
            "schema:measuredProperty": "disclosures",
            "schema:value": sums.disclosures,
        })
    });
    json!({
        "@type": "schema:Dataset",
        "schema:name": "The city in numbers",
        "schema:creator": city(state, base),
        "schema:variableMeasured": counts(state),
        "schema:hasPart": months.collect::<Vec<_>>(),
    })
}

fn place_in_short(place: &Place, base: &Base) -> Value {
    named(base.join(&format!("/places/{}", place.id)), "schema:Place", &place.name)
}

fn place(state: &Arc<Register>, place: &Place, base: &Base) -> Option<Value> {
    let mut told = place_in_short(place, base);
    told["schema:geo"] = shape(&place.geometry);
    let outer = around(state, place);
    if let Some(within) = outer.last().and_then(|id| state.places.get(id)) {
        told["schema:containedInPlace"] = place_in_short(within, base);
    }
    let inside = state.places.values().filter(|other| other.within.as_ref() == Some(&place.id));
    told["schema:containsPlace"] = inside.map(|other| place_in_short(other, base)).collect();
    let here = |record: &model::DeploymentRecord| lies_in(state, &record.deployment.place, &place.id);
    told["@reverse"] = json!({ "schema:location": deployments(state, base, here) });
    Some(told)
}

/// A shape in the terms of schema.org, and as GeoJSON-LD where that has no ring in a ring.
fn shape(geometry: &Geometry) -> Value {
    match geometry {
        Geometry::Point(point) => json!({
            "@type": ["schema:GeoCoordinates", "geojson:Point"],
            "schema:latitude": point.latitude(),
            "schema:longitude": point.longitude(),
            "geojson:coordinates": { "@list": [point.longitude(), point.latitude()] },
        }),
        Geometry::Polygon(rings) => {
            let corner = |point: &Point| format!("{} {}", point.latitude(), point.longitude());
            let outer = rings.rings().first().map(|ring| ring.iter().map(corner).collect::<Vec<_>>().join(" "));
            json!({ "@type": ["schema:GeoShape", "geojson:Polygon"], "schema:polygon": outer })
        }
    }
}

/// The purposes that any deployment names.
fn purposes(state: &Register) -> impl Iterator<Item = Purpose> {
    let named = |purpose: &Purpose| state.deployments.values().any(|one| one.deployment.purposes.contains(purpose));
    Purpose::all().filter(named)
}

fn purpose_in_short(purpose: Purpose, base: &Base) -> Value {
    let mut kinds = vec!["skos:Concept".to_owned(), "dpv:Purpose".to_owned()];
    kinds.extend(purpose.dpv().map(term_of));
    json!({
        "@id": base.join(&format!("/purposes/{}", purpose.code())),
        "@type": kinds,
        "skos:notation": purpose.code(),
        "skos:prefLabel": purpose.name(),
        "schema:name": purpose.name(),
    })
}

/// The technologies that any deployment uses.
fn technologies(state: &Register) -> impl Iterator<Item = Technology> {
    let used = |technology: &Technology| {
        state.deployments.values().any(|one| one.deployment.technology.is_within(*technology))
    };
    Technology::all().filter(used)
}

fn technology_in_short(technology: Technology, base: &Base) -> Value {
    let address = |one: Technology| base.join(&format!("/technologies/{}", one.code()));
    let mut told = json!({
        "@id": address(technology),
        "@type": ["skos:Concept", "dpv:Technology"],
        "skos:notation": technology.code(),
        "skos:prefLabel": technology.name(),
        "schema:name": technology.name(),
    });
    if let Some(parent) = technology.parent() {
        told["skos:broader"] = json!({ "@id": address(parent) });
    }
    told
}

fn policies(node: &Node, state: &Register, base: &Base) -> Value {
    let grounds = node.city.register().bundle().map(|bundle| bundle.grounds()).unwrap_or_default();
    let norm = |ground: &norms::Ground| {
        json!({
            "@id": base.join(&format!("/policies#{}", anchor(&ground.policy.0))),
            "@type": "dct:Policy",
            "schema:identifier": ground.policy.0,
            "schema:description": ground.reason,
        })
    };
    let policy = state.policy.as_ref();
    json!({
        "@type": "dct:Policy",
        "schema:name": "Policies in force",
        "schema:identifier": policy.map(|policy| policy.hash.to_string()),
        "dct:valid": policy.map(|policy| instant(policy.since)),
        "dct:hasPart": grounds.iter().map(norm).collect::<Vec<_>>(),
    })
}

fn about(state: &Register, base: &Base) -> Value {
    let mut told = city(state, base);
    if let Some(city) = &state.city {
        told["schema:identifier"] = city.origin.clone().into();
        told["schema:publicKey"] = city.log_key.clone().into();
    }
    told["schema:owns"] = json!({ "@id": base.join("/log/checkpoint") });
    told
}

/// Every form in which the register can be had, as a catalogue has it.
fn data(state: &Register, base: &Base) -> Value {
    let file = |path: &str, media: &str| {
        json!({
            "@type": "dcat:Distribution",
            "dcat:downloadURL": { "@id": base.join(path) },
            "dcat:mediaType": media,
        })
    };
    json!({
        "@type": "dcat:Dataset",
        "schema:name": "The register as data",
        "dct:publisher": city(state, base),
        "dcat:distribution": [
            file("/register.csv", "text/csv"),
            file("/register.geojson", "application/geo+json"),
            file("/register.ngsild.json", "application/ld+json"),
            file("/index.jsonld", "application/ld+json"),
            file("/api/v1/register", "application/json"),
            file("/feed.atom", "application/atom+xml"),
            file("/open/catalog.jsonld", "application/ld+json"),
            file("/log/checkpoint", "text/plain"),
        ],
    })
}

/// An agreement with everybody: what the page shows of it besides the rows, which are disclosed there and not here.
fn grant(state: &Register, record: &GrantRecord, base: &Base) -> Option<Value> {
    let grant = Some(&record.grant).filter(|grant| grant.recipient.as_str() == PUBLIC && record.ended.is_none())?;
    let view = state.views.get(&(grant.stream.clone(), grant.view.clone()))?;
    let (of, _) = state.stream(&grant.stream)?;
    Some(json!({
        "@type": ["odrl:Agreement", "dcat:Dataset"],
        "schema:name": view.title,
        "odrl:purpose": { "@id": base.join(&format!("/purposes/{}", grant.purpose.code())) },
        "odrl:assigner": { "@id": base.join(&format!("/organisations/{}", of.deployment.accountable)) },
        "schema:expires": instant(grant.until),
        "schema:isBasedOn": { "@id": base.join(&format!("/deployments/{}", of.deployment.id)) },
        "rdfs:seeAlso": { "@id": base.join(&format!("/grants/{}/odrl.json", grant.id)) },
        "dcat:landingPage": { "@id": base.join(&format!("/grants/{}", grant.id)) },
    }))
}

/// An inquiry without what its sender wrote.
fn inquiry(state: &Register, id: &str, base: &Base) -> Option<Value> {
    let id = id.parse().ok()?;
    let record = state.inquiries.get(&id)?;
    let filed = state.evidence.get(&id)?;
    Some(json!({
        "@type": "schema:Question",
        "schema:name": filed.evidence.summary,
        "schema:dateCreated": instant(record.at),
        "schema:answerCount": usize::from(state.is_answered(&id)),
        "schema:subjectOf": { "@id": base.join(&format!("/log/entries/{}", record.entry)) },
    }))
}

fn problem(kind: Kind, base: &Base) -> Value {
    json!({
        "@id": base.join(&format!("/problems/{}", kind.slug())),
        "@type": "skos:Concept",
        "skos:notation": kind.slug(),
        "skos:prefLabel": kind.title(),
        "schema:name": kind.title(),
    })
}
