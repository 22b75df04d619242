//! A deployment as an officer sees it: where it stands, what may be done next and what stands against it, what was stated.
//!
//! What the norms say is asked of the register, by a look at each step that changes nothing. Also here: all deployments that
//! concern a party, and the city as a whole.

use std::cell::LazyCell;
use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use flow::City;
use model::{Deployment, DeploymentRecord, DutyId, Party, RequirementId, Step, Subject, Tier, Timestamp};
use register::state::Lapse;
use register::{State as Register, Submission};

use super::refused::Refused;
use super::{Done, Reach, deed, emergency, reader, steps};
use crate::jobs::Lane;
use crate::lang::Lang;
use crate::pages::left::Left;
use crate::pages::policies::Known;
use crate::pages::signed::{private, to_sign_in};
use crate::pages::{Link, Site, party_name};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;

#[derive(Template)]
#[template(path = "office_deployment.html")]
struct Page {
    site: Site,
    party: String,
    form: String,
    done: Option<(String, Option<Link>)>,
    id: String,
    title: String,
    badge: words::Badge,
    /// Its tier, and what decides it.
    tier: String,
    accountable: Link,
    place: Link,
    steps: Vec<Next>,
    /// Address and words of what can be stated about an emergency.
    emergency: Option<(&'static str, &'static str)>,
    left: Option<Left>,
    about: About,
}

/// A step that leads on, and what would become of it.
struct Next {
    code: &'static str,
    label: &'static str,
    /// What stands against it, if anything does.
    refused: Option<Refused>,
}

/// What is known of something besides itself: what is overdue, what waits, what was stated.
struct About {
    overdue: Vec<String>,
    waits: Vec<String>,
    stated: Vec<Stated>,
}

/// A statement, and what became of it.
struct Stated {
    id: String,
    kind: String,
    about: Option<String>,
    summary: String,
    signed_by: String,
    on: String,
    until: Option<String>,
    stands: bool,
}

/// `GET /office/deployments/{id}`
pub(crate) async fn deployment(
    State(node): State<Node>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (city, party, form) = (Arc::clone(&node.city), signed.party.clone(), signed.id.form());
    let (id, done) = (id?.0, done?.0.done);
    let job = move || drawn(&city, &party, form, &id, done.as_deref());
    private(StatusCode::OK, &node.jobs.run(Lane::Token, job).await??)
}

fn drawn(city: &City, party: &Party, form: String, id: &str, done: Option<&str>) -> Result<Page, Problem> {
    let (state, now) = (city.register().state(), city.register().now());
    let record = Reach::of(&state, party).find(id)?;
    let deployment = &record.deployment;
    let leads_on = Step::ALL.into_iter().filter(|step| record.standing.state.after(*step).is_ok());
    let next = |step: Step| Next {
        code: step.code(),
        label: steps::label(&party.id, step, record),
        refused: refused(city, &state, party, record, step, now),
    };
    let mut about = about(city, &state, &Subject::Deployment { id: deployment.id.clone() }, now);
    for device in state.devices.values().filter(|device| device.deployment == deployment.id) {
        let subject = Subject::Device { id: device.id.clone() };
        about
            .stated
            .extend(stated(&state, &subject, now).map(|one| Stated { about: Some(device.id.to_string()), ..one }));
    }
    Ok(Page {
        site: Site::of(&state),
        party: party.name.clone(),
        form,
        done: deed::told(city, &state, &party.id, done),
        id: deployment.id.to_string(),
        title: deployment.title.clone(),
        badge: words::badge(Lang::En, record, now),
        tier: tier(record),
        accountable: Link::party(Lang::En, &state, &deployment.accountable),
        place: Link::place(Lang::En, &state, &deployment.place),
        steps: leads_on.map(next).collect(),
        emergency: emergency::next(&Reach::of(&state, party), record, now),
        left: Left::of(Lang::En, &state, record),
        about,
    })
}

/// The tier of a deployment, and why it is that one.
fn tier(record: &DeploymentRecord) -> String {
    let declared = Tier::of(&record.deployment);
    match record.standing.found() {
        Some(found) if found > declared => format!(
            "Its tier is {found}: the answers that were signed about it find so. What it declares would make it {declared} alone."
        ),
        Some(_) => format!(
            "Its tier is {declared}: it follows from what it declares, and the answers signed about it find no more."
        ),
        None => format!("Its tier is {declared}: it follows from what it declares. No signed answers say more of it."),
    }
}

/// What stands against a step by a party, if anything does, as far as it can be said before the form is filled in.
fn refused(
    city: &City,
    state: &Register,
    party: &Party,
    record: &DeploymentRecord,
    step: Step,
    now: Timestamp,
) -> Option<Refused> {
    let command = steps::provisional(&party.id, record, step, now)?;
    let submission = Submission { by: party.id.clone(), reason: Some("to be said".to_owned()), command };
    deed::preview(city, submission).err().map(|error| Refused::of(error, state, &mut []))
}

fn about(city: &City, state: &Register, subject: &Subject, now: Timestamp) -> About {
    let rules = city.register().rules();
    let waiting = rules.iter().flat_map(|rules| rules.clocks.waiting(state, subject, now));
    let mut waiting: Vec<_> = waiting.collect();
    waiting.sort_by_key(|(_, run)| run.due);
    let known = LazyCell::new(|| Known::in_force(state));
    let named = |duty: &DutyId, of: &RequirementId| words::duty_named(known.title(of), duty, of);
    let waits = |(duty, run): &(standards::duty::Duty, standards::duty::Instance)| {
        let named = named(&duty.id, &duty.requirement);
        format!("By {}: {named}: {}.", words::day(run.due), words::owes(Lang::En, duty))
    };
    let overdue = |lapse: &Lapse| words::overdue_as(&named(&lapse.what.duty, &lapse.what.requirement), lapse);
    About {
        overdue: state.open_lapses(subject).map(overdue).collect(),
        waits: waiting.iter().map(waits).collect(),
        stated: stated(state, subject, now).collect(),
    }
}

/// What was stated about something, the newest first.
fn stated(state: &Register, subject: &Subject, now: Timestamp) -> impl Iterator<Item = Stated> {
    let mut records: Vec<_> = state.evidence_about(subject).collect();
    records.sort_by_key(|record| (!record.in_force(now), std::cmp::Reverse(record.filed_at)));
    let one = |record: &model::EvidenceRecord| {
        let evidence = &record.evidence;
        Stated {
            id: evidence.id.to_string(),
            kind: evidence.kind.to_string(),
            about: None,
            summary: evidence.summary.clone(),
            signed_by: party_name(state, &evidence.signed_by),
            on: words::day(evidence.on),
            until: evidence.until.map(words::day),
            stands: record.in_force(now),
        }
    };
    records.into_iter().map(one).collect::<Vec<_>>().into_iter()
}

#[derive(Template)]
#[template(path = "office_deployments.html")]
struct All {
    site: Site,
    party: String,
    form: String,
    done: Option<(String, Option<Link>)>,
    deployments: Vec<Line>,
}

/// A deployment in a line.
struct Line {
    page: Link,
    badge: words::Badge,
    accountable: String,
}

/// `GET /office/deployments`: those that concern the party.
pub(crate) async fn all(
    State(node): State<Node>,
    headers: HeaderMap,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (state, now, done) = (node.city.register().state(), node.city.register().now(), done?.0.done);
    let city = Arc::clone(&node.city);
    let (at, by) = (Arc::clone(&state), signed.party.id.clone());
    let done = node.jobs.run(Lane::Token, move || deed::told(&city, &at, &by, done.as_deref())).await?;
    let reach = Reach::of(&state, &signed.party);
    let line = |record: &DeploymentRecord| Line {
        page: page_of(&record.deployment),
        badge: words::badge(Lang::En, record, now),
        accountable: party_name(&state, &record.deployment.accountable),
    };
    let deployments =
        state.deployments.values().filter(|record| reach.deployment(record)).map(|one| line(one)).collect();
    let (site, form) = (Site::of(&state), signed.id.form());
    private(StatusCode::OK, &All { site, party: signed.party.name.clone(), form, done, deployments })
}

/// The page of a deployment in the office.
pub(super) fn page_of(deployment: &Deployment) -> Link {
    Link { href: format!("/office/deployments/{}", deployment.id), text: deployment.title.clone() }
}

#[derive(Template)]
#[template(path = "office_city.html")]
struct CityPage {
    site: Site,
    party: String,
    form: String,
    done: Option<(String, Option<Link>)>,
    about: About,
}

/// `GET /office/city`: what is owed by the city as a whole, and what was stated about it.
pub(crate) async fn city(
    State(node): State<Node>,
    headers: HeaderMap,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (city, party, form, done) = (Arc::clone(&node.city), signed.party.clone(), signed.id.form(), done?.0.done);
    let job = move || {
        let (state, now) = (city.register().state(), city.register().now());
        if !Reach::of(&state, &party).city() {
            return Err(Problem::new(Kind::NotFound));
        }
        let about = about(&city, &state, &Subject::City, now);
        let done = deed::told(&city, &state, &party.id, done.as_deref());
        Ok(CityPage { site: Site::of(&state), party: party.name, form, done, about })
    };
    private(StatusCode::OK, &node.jobs.run(Lane::Token, job).await??)
}
