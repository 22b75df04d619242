//! One deployment: what it senses, why, who answers, what becomes of the data, what leaves and what has left.

mod data;
mod differences;
mod history;
mod leaves;

use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use model::{
    Deployment, DeploymentId, DeploymentRecord, Silence, Standing, State as Stage, Stream, StreamId, Subject, Timestamp,
};
use norms::{CollectFast, CollectQuestion, Decision};
use register::State as Register;
use register::state::Lapse;

use super::card::kept;
use super::left::Left;
use super::map::Map;
use super::policies::Known;
use super::stated::{self, Stated};
use super::{Link, Site, page, party_name};
use crate::jobs::Lane;
use crate::lang::{Here, Lang};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words::{self, Badge, People, Right};

use data::{Assessed, Sensors, StreamPart};
use history::History;
use leaves::{Given, HasLeft, UnderOrder};

#[derive(Template)]
#[template(path = "deployment.html")]
struct Page {
    site: Site,
    id: String,
    title: String,
    description: Vec<String>,
    badge: Badge,
    senses: Link,
    sensors: Sensors,
    map: Option<Map>,
    place: Link,
    purposes: Vec<Link>,
    people: People,
    kept: String,
    answers: Link,
    starts: String,
    ends: String,
    approval: Option<Approved>,
    legal_basis: &'static str,
    statement: Option<Statement>,
    assessments: Vec<Assessed>,
    /// When somebody has to look again at the first of them, while it has not ended.
    next_review: Option<String>,
    stated: Vec<Stated>,
    overdue: Vec<String>,
    streams: Vec<StreamPart>,
    never_kept: Vec<String>,
    left: Option<Left>,
    emergency: Option<Emergency>,
    orders: Vec<UnderOrder>,
    given: Vec<Given>,
    has_left: Vec<HasLeft>,
    rights: Vec<Right>,
    history: History,
}

/// Who approved it, when and until when.
struct Approved {
    by: String,
    on: String,
    until: String,
}

/// What the policies say against a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// In words of this software.
    Ours(&'static str),
    /// In the norms’ own words.
    Norms(String),
}

/// The privacy statement: a link only if it leads to the web.
struct Statement {
    address: String,
    is_link: bool,
}

impl Statement {
    fn of(deployment: &Deployment) -> Option<Self> {
        let address = deployment.privacy_statement.clone()?;
        let is_link = address.starts_with("https://") || address.starts_with("http://");
        Some(Self { address, is_link })
    }
}

/// An emergency in force, or one that is over and that nobody has reviewed.
struct Emergency {
    in_force: bool,
    until: String,
    by: String,
    summary: String,
    entry: Option<u64>,
}

impl Emergency {
    fn of(lang: Lang, state: &Register, record: &DeploymentRecord, now: Timestamp) -> Option<Self> {
        let of = state.unreviewed_emergency(&record.deployment.id)?;
        let until = of.ended.into_iter().chain(of.evidence.until).min()?;
        Some(Self {
            in_force: of.in_force(now),
            until: lang.instant(until),
            by: party_name(state, &of.evidence.signed_by),
            summary: of.evidence.summary.clone(),
            entry: state.marks.evidence.get(&of.evidence.id).map(|mark| mark.entry),
        })
    }
}

/// `GET /deployments/{id}`
pub(crate) async fn deployment(
    State(node): State<Node>,
    here: Here,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let (id, jobs) = (id?.0, Arc::clone(&node.jobs));
    jobs.run(Lane::Open, move || told(&node, &here, &id)).await?
}

/// Reads, decides and draws: beside the event loop, as one job.
fn told(node: &Node, here: &Here, id: &str) -> Result<Response, Problem> {
    let (state, now) = (node.city.register().state(), node.city.register().now());
    let found = id.parse::<DeploymentId>().ok().and_then(|id| state.deployments.get(&id));
    let record =
        found.ok_or_else(|| Problem::new(Kind::NotFound).detail("there is no such deployment in the register"))?;
    let history = state.history.get(&record.deployment.id).map_or(&[][..], |history| history.as_slice());
    let history = History::read(&node.log, here.lang, &state, history)?;
    let refusals = refusals(node, here.lang, &state, record, now);
    let budgets = budgets(node, here.lang, record, now)?;
    // A base map that cannot be read is no reason to say nothing.
    let streets = node.maps.current().ok().flatten();
    let map = Map::of(here.lang, &state, streets.as_deref(), None, &[record]);
    page(&drawn(here, &state, record, now, &refusals, &budgets, (history, map)))
}

/// The first day by which what an instrument found last has to be looked at again; none of what has ended.
fn next_review(standing: &Standing) -> Option<Timestamp> {
    let newest: BTreeMap<_, _> = standing.assessments.iter().map(|one| (&one.instrument, one.review_by)).collect();
    newest.into_values().min().filter(|_| standing.state != Stage::Ended)
}

fn drawn(
    here: &Here,
    state: &Arc<Register>,
    record: &DeploymentRecord,
    now: Timestamp,
    refusals: &BTreeMap<StreamId, Refused>,
    budgets: &BTreeMap<StreamId, String>,
    (history, map): (History, Option<Map>),
) -> Page {
    let (lang, deployment, standing) = (here.lang, &record.deployment, &record.standing);
    Page {
        site: Site::at(state, here),
        id: deployment.id.to_string(),
        title: deployment.title.clone(),
        description: deployment.description.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect(),
        badge: badge(lang, record, now, refusals),
        senses: Link::technology(lang, deployment.technology),
        sensors: Sensors::of(lang, state, deployment),
        map,
        place: Link::place(lang, state, &deployment.place),
        purposes: deployment.purposes.iter().map(|purpose| Link::purpose(lang, *purpose)).collect(),
        people: words::people(lang, deployment),
        kept: kept(lang, record),
        answers: Link::party(lang, state, &deployment.accountable),
        starts: lang.day(deployment.starts),
        ends: lang.day(deployment.ends),
        approval: standing.approval.as_ref().map(|approval| Approved {
            by: party_name(state, &approval.by),
            on: lang.day(approval.at),
            until: lang.day(approval.until),
        }),
        legal_basis: words::legal_basis(lang, deployment.legal_basis),
        statement: Statement::of(deployment),
        next_review: next_review(standing).map(|by| lang.day(by)),
        assessments: standing
            .assessments
            .iter()
            .rev()
            .map(|assessment| Assessed::of(lang, state, assessment))
            .collect(),
        stated: stated::about(lang, state, &Subject::Deployment { id: deployment.id.clone() }, now),
        overdue: overdue(lang, state, deployment),
        streams: deployment
            .streams
            .iter()
            .map(|stream| StreamPart::of(lang, state, stream, refusals, budgets))
            .collect(),
        never_kept: data::never_kept(lang, deployment),
        left: Left::of(lang, state, record),
        emergency: Emergency::of(lang, state, record, now),
        orders: leaves::orders(lang, state, deployment, now),
        given: leaves::given(lang, state, deployment, now),
        has_left: leaves::has_left(lang, state, deployment),
        rights: words::rights(lang, deployment),
        history,
    }
}

/// What somebody owes this deployment, or the whole city, and has not done.
fn overdue(lang: Lang, state: &Register, deployment: &Deployment) -> Vec<String> {
    let subjects = [Subject::Deployment { id: deployment.id.clone() }, Subject::City];
    let lapses = subjects.iter().flat_map(|subject| state.open_lapses(subject));
    // Where nothing is overdue no pack is read.
    let known = LazyCell::new(|| Known::in_force(state));
    let told = |lapse: &Lapse| words::overdue(lang, known.title_in(lang, &lapse.what.requirement).as_deref(), lapse);
    lapses.filter(|lapse| lapse.what.silence != Silence::Proceed).map(told).collect()
}

/// Where a deployment stands, as the register and the policies say together.
pub(super) fn badge(
    lang: Lang,
    record: &DeploymentRecord,
    now: Timestamp,
    refusals: &BTreeMap<StreamId, Refused>,
) -> Badge {
    if refusals.len() < record.deployment.streams.len() {
        words::badge(lang, record, now)
    } else {
        words::forbidden(lang)
    }
}

/// What the releases of each stream with a budget may tell of one unit, and how much of it is used.
fn budgets(
    node: &Node,
    lang: Lang,
    record: &DeploymentRecord,
    now: Timestamp,
) -> Result<BTreeMap<StreamId, String>, Problem> {
    let mut budgets = BTreeMap::new();
    for stream in &record.deployment.streams {
        let (Some(budget), Some(length)) = (stream.budget, stream.accounted()) else { continue };
        let ledger = node.city.lake().ledger(&stream.id).map_err(|_| {
            Problem::new(Kind::Unavailable).detail("what the releases of this deployment have cost cannot be read now")
        })?;
        let epoch = length.window(now).start;
        budgets.insert(stream.id.clone(), words::budget(lang, budget, length, epoch, &ledger));
    }
    Ok(budgets)
}

/// What the policies say against each stream of a deployment that the register has in force: the register alone does not
/// open a flow.
pub(super) fn refusals(
    node: &Node,
    lang: Lang,
    state: &Register,
    record: &DeploymentRecord,
    now: Timestamp,
) -> BTreeMap<StreamId, Refused> {
    if !record.in_force(now) {
        return BTreeMap::new();
    }
    let bundle = node.city.register().bundle();
    let around = register::circumstances::of_deployment(state, record, now);
    let no_rules = || Refused::Ours(lang.of("No policies are in force.", "Es gelten keine Regeln."));
    let refused = |stream: &Stream| {
        let order = stream.order().and_then(|id| state.orders.get(id)).map(|record| &record.order);
        let Some(bundle) = &bundle else { return Some(no_rules()) };
        let Some(party) = state.parties.get(&record.deployment.accountable) else {
            return Some(Refused::Ours(lang.of("Nobody answers for it.", "Niemand ist dafür verantwortlich.")));
        };
        let (founder, around) = (state.founder(), &around);
        let question = CollectQuestion { record, stream, order, accountable: &party.party, founder, around };
        match bundle.decide_collect(&question, &CollectFast { now }) {
            Decision::Allowed(_) => None,
            Decision::Refused(refusal) => Some(Refused::Norms(words::capital(&refusal.to_string()))),
        }
    };
    let streams = record.deployment.streams.iter();
    streams.filter_map(|stream| Some((stream.id.clone(), refused(stream)?))).collect()
}
