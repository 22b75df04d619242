//! Who answers for security, whether its plan is looked at in time, and which sensors nobody mends any more.
//!
//! What is asked of a city is read from the standards that it adopted, and what stands against a sensor is asked of the norms. Each
//! line names its requirement. Nothing is decided here.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use flow::City;
use model::{Device, EvidenceRecord, Party, RequirementId, Subject, Timestamp};
use norms::Bundle;
use register::devices::{against, shut_out};
use register::{Clocks, State as Register};
use standards::applies::About;
use standards::resolve::ResolvedRequirement;

use super::{Reach, reader};
use crate::jobs::Lane;
use crate::pages::policies::Known;
use crate::pages::signed::{private, to_sign_in};
use crate::pages::{Link, Site, party_name};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;

/// The principle whose requirements stand here.
const PRINCIPLE: &str = "security-resiliency";
/// The most sensors that are shown.
const SENSORS_MAX: usize = 200;

#[derive(Template)]
#[template(path = "office_security.html")]
struct Page {
    site: Site,
    party: String,
    form: String,
    asked: Vec<Asked>,
    sensors: Vec<Sensor>,
    /// How many sensors there are against which nothing stands.
    fit: usize,
    more: usize,
}

/// What a standard asks of the city, and what was stated.
struct Asked {
    title: String,
    text: String,
    requirement: RequirementId,
    stated: Vec<Stated>,
    /// When it is due next, or was.
    clocks: Vec<(String, bool)>,
}

/// A statement that stands, or the last one that did.
struct Stated {
    summary: String,
    by: String,
    on: String,
    until: Option<String>,
    stands: bool,
}

/// A sensor with something against it.
struct Sensor {
    id: String,
    deployment: Option<Link>,
    support: String,
    shut_out: bool,
    grounds: Vec<(String, Option<RequirementId>)>,
}

/// `GET /office/security`
pub(super) async fn security(State(node): State<Node>, headers: HeaderMap) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (city, party, form) = (Arc::clone(&node.city), signed.party.clone(), signed.id.form());
    let page = node.jobs.run(Lane::Token, move || drawn(&city, &party, form)).await??;
    private(StatusCode::OK, &page)
}

fn drawn(city: &City, party: &Party, form: String) -> Result<Page, Problem> {
    let (state, now, rules) = (city.register().state(), city.register().now(), city.register().rules());
    let reach = Reach::of(&state, party);
    let own = |device: &&Arc<Device>| {
        state.deployments.get(&device.deployment).is_some_and(|record| reach.deployment(record))
    };
    let devices: Vec<&Device> = state.devices.values().filter(own).map(AsRef::as_ref).collect();
    if !reach.city() && devices.is_empty() {
        return Err(
            Problem::new(Kind::NotFound).detail("nothing of the city’s security concerns the party that is signed in")
        );
    }
    let clocks = rules.as_ref().map(|rules| rules.clocks.as_ref());
    let asked = if reach.city() { asked(&state, clocks, now) } else { Vec::new() };
    let bundle = rules.as_ref().map(|rules| &*rules.bundle);
    let all: Vec<Sensor> =
        devices.iter().filter_map(|device| sensor(&state, bundle?, device, now)).take(SENSORS_MAX + 1).collect();
    let fit = devices.len() - all.len();
    let more = all.len().saturating_sub(SENSORS_MAX);
    let sensors = all.into_iter().take(SENSORS_MAX).collect();
    Ok(Page { site: Site::of(&state), party: party.name.clone(), form, asked, sensors, fit, more })
}

/// What the standards in force ask of the city as a whole, and what was stated.
fn asked(state: &Register, clocks: Option<&Clocks>, now: Timestamp) -> Vec<Asked> {
    let Some(policy) = &state.policy else { return Vec::new() };
    let known = Known::of(&policy.text);
    let of_city = |one: &&ResolvedRequirement| {
        one.requirement.principle.as_deref() == Some(PRINCIPLE)
            && one.requirement.applies.about == About::City
            && !one.requirement.evidence.is_empty()
    };
    let one = |one: &ResolvedRequirement| {
        let requirement = &one.requirement;
        let (text, _) = known.words(&requirement.id).unwrap_or_default();
        let mut records: Vec<&EvidenceRecord> = state
            .evidence_about(&Subject::City)
            .filter(|record| requirement.evidence.contains(&record.evidence.kind))
            .collect();
        records.sort_by_key(|record| (!record.in_force(now), std::cmp::Reverse(record.evidence.on)));
        let lasts = records.iter().filter(|record| record.in_force(now)).count().max(1);
        Asked {
            title: requirement.title.clone(),
            text,
            requirement: requirement.id.clone(),
            stated: records.into_iter().take(lasts).map(|record| stated(state, record, now)).collect(),
            clocks: due(state, clocks, &requirement.id, now),
        }
    };
    known.requirements().filter(of_city).map(one).collect()
}

fn stated(state: &Register, record: &EvidenceRecord, now: Timestamp) -> Stated {
    let evidence = &record.evidence;
    Stated {
        summary: evidence.summary.clone(),
        by: party_name(state, &evidence.signed_by),
        on: words::day(evidence.on),
        until: evidence.until.map(words::day),
        stands: record.in_force(now),
    }
}

/// By when a requirement has to be met next, as its duties count it, and whether that is over.
fn due(state: &Register, clocks: Option<&Clocks>, requirement: &RequirementId, now: Timestamp) -> Vec<(String, bool)> {
    let runs = clocks.map(|clocks| clocks.runs(state, &Subject::City, now)).unwrap_or_default();
    let own = runs.into_iter().filter(|(duty, _)| duty.requirement == *requirement);
    let told = own.filter_map(|(duty, run)| {
        let due = words::instant(run.due);
        if run.is_overdue() {
            Some((format!("Overdue since {due} (“{}”).", duty.id), true))
        } else if run.status == standards::duty::Status::Waiting {
            Some((format!("Due next by {due} (“{}”).", duty.id), false))
        } else {
            None
        }
    });
    told.collect()
}

/// A sensor, if a norm stands against it.
fn sensor(state: &Register, bundle: &Bundle, device: &Device, now: Timestamp) -> Option<Sensor> {
    let grounds = against(state, bundle, device, now);
    if grounds.is_empty() {
        return None;
    }
    let support = match device.support_until {
        None => "Nobody said how long its maker mends it".to_owned(),
        Some(until) if until <= now => format!("Its maker mends it no more since {}", words::day(until)),
        Some(until) => format!("Its maker mends it until {}", words::day(until)),
    };
    Some(Sensor {
        id: device.id.to_string(),
        deployment: state
            .deployments
            .get(&device.deployment)
            .map(|record| super::deployment::page_of(&record.deployment)),
        support,
        shut_out: shut_out(state, bundle, device, now).is_some(),
        grounds: grounds.into_iter().map(|ground| (ground.reason, ground.requirement)).collect(),
    })
}
