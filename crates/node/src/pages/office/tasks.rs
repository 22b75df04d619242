//! What waits: for whom, since when, and by when; what lapses next comes first.
//!
//! Drawn from the register and its clocks. What somebody has to do is said; whether it may is for the norms to decide.

mod kept;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::request::{GRANT_OFFER, GRANT_REQUEST};
use model::{DeploymentRecord, Party, PartyId, PartyKind, Silence, Span, State as Stage, Subject, Timestamp};
use register::{Clocks, State as Register};
use std::cell::LazyCell;

use super::requests::{Stands, Thread};
use super::{Done, Reach, deed, reader};
use crate::jobs::Lane;
use crate::lang::Lang;
use crate::pages::policies::Known;
use crate::pages::signed::{private, to_sign_in};
use crate::pages::{Link, Site, party_name};
use crate::problem::Problem;
use crate::router::Node;
use crate::words;

/// How long before its end something is named.
const AHEAD: Span = Span::days(90);
/// The most lines of the page.
const SHOWN_MAX: usize = 200;

#[derive(Template)]
#[template(path = "office.html")]
struct Page {
    site: Site,
    party: String,
    form: String,
    done: Option<(String, Option<Link>)>,
    all: bool,
    /// What waits for this party, and what waits for others; either without its heading where the other is empty.
    groups: Vec<Group>,
}

/// Tasks of one group.
struct Group {
    heading: Option<String>,
    name: &'static str,
    tasks: Vec<Task>,
    more: usize,
}

impl Group {
    fn of(name: &'static str, heading: String, mut tasks: Vec<Task>) -> Self {
        let more = tasks.len().saturating_sub(SHOWN_MAX);
        tasks.truncate(SHOWN_MAX);
        Self { heading: Some(heading), name, tasks, more }
    }

    /// What waits for a party, then what waits for others.
    fn all(party: &Party, tasks: Vec<Task>) -> Vec<Self> {
        let (own, others): (Vec<Task>, Vec<Task>) = tasks.into_iter().partition(|task| task.own);
        let own = Self::of("own", format!("For {}", party.name), own);
        let others = Self::of("others", "For others".to_owned(), others);
        let mut groups: Vec<Self> = [own, others].into_iter().filter(|group| !group.tasks.is_empty()).collect();
        if let [only] = groups.as_mut_slice() {
            only.heading = None;
        }
        groups
    }
}

/// Something that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Task {
    what: String,
    about: Link,
    /// Who has to do it.
    who: String,
    /// Since when it waits, in words.
    since: Option<String>,
    /// By when, in words.
    due: Option<String>,
    /// By when; what has no date comes last.
    by: Option<Timestamp>,
    began: Option<Timestamp>,
    late: bool,
    /// Whether the party that looks has to do it.
    own: bool,
}

impl Task {
    fn new(what: impl Into<String>, about: Link, who: impl Into<String>) -> Self {
        let (what, who) = (what.into(), who.into());
        Self { what, about, who, since: None, due: None, by: None, began: None, late: false, own: false }
    }

    /// Says that a party has to do it.
    fn of(self, reach: &Reach<'_>, party: &PartyId) -> Self {
        Self { own: *party == reach.party.id, ..self }
    }

    /// Says that an officer has to do it.
    fn of_officers(self, reach: &Reach<'_>) -> Self {
        Self { own: reach.party.kind == PartyKind::Officer, ..self }
    }

    fn since(self, began: Timestamp, now: Timestamp) -> Self {
        let since = format!("for {}, since {}", days(now.since(began)), words::day(began));
        Self { since: Some(since), began: Some(began), ..self }
    }

    fn by(self, by: Timestamp, now: Timestamp) -> Self {
        let late = by < now;
        let due = if late {
            format!("was due on {}, {} ago", words::day(by), days(now.since(by)))
        } else {
            format!("by {}, in {}", words::day(by), days(by.since(now)))
        };
        Self { due: Some(due), by: Some(by), late, ..self }
    }
}

fn days(span: Span) -> String {
    let whole = span.as_seconds() / model::time::SECONDS_PER_DAY;
    if whole == 0 { "less than a day".to_owned() } else { words::count(whole.into(), "day", "days") }
}

/// `GET /office`
pub(crate) async fn tasks(
    State(node): State<Node>,
    headers: HeaderMap,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (state, now, rules) = (node.city.register().state(), node.city.register().now(), node.city.register().rules());
    let (at, party, form, done) = (node.clone(), signed.party, signed.id.form(), done?.0.done);
    let job = move || {
        let reach = Reach::of(&state, &party);
        let mut tasks = waiting(&reach, rules.as_ref().map(|rules| rules.clocks.as_ref()), now);
        tasks.extend(kept::waiting(&at, &reach, now));
        tasks.sort_by_key(|task| (task.by.unwrap_or(Timestamp::MAX), task.began));
        Page {
            site: Site::of(&state),
            form,
            done: deed::told(&at.city, &state, &party.id, done.as_deref()),
            all: reach.all(),
            groups: Group::all(&party, tasks),
            party: party.name.clone(),
        }
    };
    private(StatusCode::OK, &node.jobs.run(Lane::Token, job).await?)
}

/// Everything in the register that waits and concerns a party.
fn waiting(reach: &Reach<'_>, clocks: Option<&Clocks>, now: Timestamp) -> Vec<Task> {
    // What nothing is owed under is not read.
    let (mut tasks, known) = (Vec::new(), LazyCell::new(|| Known::in_force(reach.state)));
    for record in reach.state.deployments.values().filter(|record| reach.deployment(record)) {
        if record.standing.state != Stage::Ended {
            tasks.extend(step(reach, record, now));
            tasks.extend(ending(reach, record, now));
        }
        let subject = Subject::Deployment { id: record.deployment.id.clone() };
        let who = party_name(reach.state, &record.deployment.accountable);
        let accountable = &record.deployment.accountable;
        tasks.extend(
            owed(reach.state, &known, clocks, &subject, &office(record), &who, now)
                .into_iter()
                .map(|task| task.of(reach, accountable)),
        );
    }
    if reach.all() {
        let city = Link { href: "/office/city".to_owned(), text: "the whole city".to_owned() };
        let who = reach.state.founder().map(|founder| party_name(reach.state, founder)).unwrap_or_default();
        let own = reach.state.founder() == Some(&reach.party.id);
        tasks.extend(
            owed(reach.state, &known, clocks, &Subject::City, &city, &who, now)
                .into_iter()
                .map(|task| Task { own, ..task }),
        );
        tasks.extend(classes(reach.state, now).into_iter().map(|task| task.of_officers(reach)));
    }
    tasks.extend(agreements(reach, now));
    tasks.extend(statements(reach, now));
    tasks.extend(requests(reach, now));
    tasks
}

/// The page of a deployment in the office.
fn office(record: &DeploymentRecord) -> Link {
    Link { href: format!("/office/deployments/{}", record.deployment.id), text: record.deployment.title.clone() }
}

/// The step that a deployment waits for.
fn step(reach: &Reach<'_>, record: &DeploymentRecord, now: Timestamp) -> Option<Task> {
    let state = reach.state;
    let (standing, accountable) = (&record.standing, party_name(state, &record.deployment.accountable));
    let steps = state.marks.steps.get(&record.deployment.id);
    let assessed = steps.and_then(|steps| steps.assessed.last()).map(|mark| mark.at);
    let suspended = steps.and_then(|steps| steps.suspended.as_ref()).map(|mark| mark.at);
    let approved = standing.approval.as_ref().map(|approval| approval.at);
    let (what, who, since) = match standing.state {
        Stage::Proposed => {
            ("Proposed, and neither assessed nor refused", "an officer".to_owned(), Some(standing.proposed_at))
        }
        Stage::Assessed => ("Assessed, and neither approved nor refused", "an officer".to_owned(), assessed),
        Stage::Approved => ("Approved, and not published", accountable, approved),
        Stage::Published => ("Published, and not switched on", accountable, standing.published_at),
        Stage::Suspended => ("Stopped for a time", accountable, suspended),
        Stage::Active | Stage::Ended => return None,
    };
    let task = Task::new(what, office(record), who);
    let task = match standing.state {
        Stage::Proposed | Stage::Assessed => task.of_officers(reach),
        _ => task.of(reach, &record.deployment.accountable),
    };
    let task = match (&standing.stopped_because, standing.state) {
        (Some(why), Stage::Suspended) => Task { what: format!("Stopped for a time: {why}"), ..task },
        _ => task,
    };
    Some(match since {
        Some(since) => task.since(since, now),
        None => task,
    })
}

/// What of a deployment ends soon: its approval, its own time, the review of its assessment.
fn ending(reach: &Reach<'_>, record: &DeploymentRecord, now: Timestamp) -> Vec<Task> {
    let (state, answers) = (reach.state, &record.deployment.accountable);
    let accountable = || party_name(state, &record.deployment.accountable);
    let soon = |at: Timestamp| now + AHEAD >= at;
    let mut tasks = Vec::new();
    if let Some(approval) = record.standing.approval.as_ref().filter(|approval| soon(approval.until)) {
        let what = if approval.until > now { "Its approval ends" } else { "Its approval ended, and nobody renewed it" };
        tasks.push(Task::new(what, office(record), "an officer").by(approval.until, now).of_officers(reach));
    }
    if soon(record.deployment.ends) {
        let task = Task::new("It ends for good", office(record), accountable()).by(record.deployment.ends, now);
        tasks.push(task.of(reach, answers));
    }
    if let Some(assessment) = record.standing.assessments.last().filter(|assessment| soon(assessment.review_by)) {
        let who = party_name(state, &assessment.signed_by);
        tasks.push(
            Task::new("Its assessment has to be looked at again", office(record), who)
                .by(assessment.review_by, now)
                .of(reach, &assessment.signed_by),
        );
    }
    for order in state.orders.values().map(|record| &record.order) {
        if order.deployment == record.deployment.id && order.until > now && soon(order.until) {
            let who = party_name(state, &order.party);
            let task = Task::new(format!("The order “{}” ends", order.id), office(record), who).by(order.until, now);
            tasks.push(task.of(reach, &order.party));
        }
    }
    tasks.extend(support(state, record, now).map(|task| task.of(reach, answers)));
    tasks
}

/// The sensors that nobody mends any more, or soon: the next one to end, and how many end with it or ended before.
fn support(state: &Register, record: &DeploymentRecord, now: Timestamp) -> Option<Task> {
    let own = state.devices.values().filter(|device| device.deployment == record.deployment.id);
    let mut ends: Vec<_> = own.filter_map(|device| Some((device.support_until?, &device.id))).collect();
    ends.retain(|(until, _)| now + AHEAD >= *until);
    let (until, id) = ends.iter().min()?;
    let others = match ends.len() - 1 {
        0 => String::new(),
        more => format!(", and of {}", words::count(more as u64, "other", "others")),
    };
    let ended = if *until > now { "ends" } else { "ended" };
    let what = format!("The maker’s support of the sensor “{id}”{others} {ended}");
    let who = party_name(state, &record.deployment.accountable);
    Some(
        Task::new(what, Link { href: "/office/security".to_owned(), text: record.deployment.title.clone() }, who)
            .by(*until, now),
    )
}

/// What duties ask for: what lapsed, and what waits.
fn owed(
    state: &Register,
    known: &LazyCell<Known, impl FnOnce() -> Known>,
    clocks: Option<&Clocks>,
    subject: &Subject,
    about: &Link,
    who: &str,
    now: Timestamp,
) -> Vec<Task> {
    // What silence refused is over, and waits for nobody.
    let owed = state.open_lapses(subject).filter(|lapse| lapse.what.silence != Silence::Refuse);
    let lapsed = owed.map(|lapse| {
        let what = &lapse.what;
        let named = words::duty_named(known.title(&what.requirement), &what.duty, &what.requirement);
        let task = Task::new(words::overdue_as(&named, lapse), about.clone(), who).by(what.due, now);
        Task { late: true, ..task }
    });
    let waiting = clocks.into_iter().flat_map(|clocks| clocks.waiting(state, subject, now));
    let waiting = waiting.map(|(duty, run)| {
        let named = words::duty_named(known.title(&duty.requirement), &duty.id, &duty.requirement);
        let what = format!("{named}: {}", words::owes(Lang::En, &duty));
        Task::new(what, about.clone(), who).by(run.due, now)
    });
    lapsed.chain(waiting).collect()
}

fn classes(state: &Register, now: Timestamp) -> Vec<Task> {
    let soon = |until: Timestamp| until > now && now + AHEAD >= until;
    let ending = state.classes.values().map(|record| &record.approval).filter(|class| soon(class.until));
    let policies = || Link { href: "/policies".to_owned(), text: "the policies".to_owned() };
    ending
        .map(|class| {
            Task::new(format!("The approval of the class “{}” ends", class.id), policies(), "an officer")
                .by(class.until, now)
        })
        .collect()
}

fn agreements(reach: &Reach<'_>, now: Timestamp) -> Vec<Task> {
    let state = reach.state;
    let soon = state.grants.values().filter(|record| record.in_force(now) && now + AHEAD >= record.grant.until);
    let task = |record: &model::GrantRecord| {
        let grant = &record.grant;
        let view = state.views.get(&(grant.stream.clone(), grant.view.clone()));
        let title = view.map_or_else(|| grant.view.to_string(), |view| view.title.clone());
        let text = format!("{} for {}", title, party_name(state, &grant.recipient));
        let answers = state.stream(&grant.stream).map(|(of, _)| &of.deployment.accountable);
        let who = answers.map(|answers| party_name(state, answers)).unwrap_or_default();
        let about = Link { href: format!("/office/grants/{}", grant.id), text };
        let own = answers == Some(&reach.party.id);
        Task { own, ..Task::new("An agreement ends", about, who).by(grant.until, now) }
    };
    soon.filter(|record| reach.grant(record)).map(|record| task(record)).collect()
}

/// Requests that wait for an answer, and offers that wait for whoever asked.
fn requests(reach: &Reach<'_>, now: Timestamp) -> Vec<Task> {
    let state = reach.state;
    let task = |thread: &Thread<'_>| {
        let (asker, giver) = (party_name(state, thread.asker()), party_name(state, thread.giver()));
        match thread.stands(state, now) {
            Stands::Open => {
                let what = format!("{asker} asks to see something");
                let task = Task::new(what, thread.page(state), giver).since(thread.record.filed_at, now);
                Some(task.of(reach, thread.giver()))
            }
            Stands::Offered(offer) => {
                let what = format!("{giver} offers something else than was asked for");
                let task = Task::new(what, thread.page(state), asker).since(offer.filed_at, now);
                Some(task.of(reach, thread.asker()))
            }
            Stands::TakenUp(_) | Stands::Refused(_) | Stands::Agreed(_) | Stands::Over => None,
        }
    };
    Thread::all(reach).iter().filter_map(task).collect()
}

fn statements(reach: &Reach<'_>, now: Timestamp) -> Vec<Task> {
    let state = reach.state;
    // A request and an offer wait as such.
    let asks = |record: &model::EvidenceRecord| [GRANT_REQUEST, GRANT_OFFER].contains(&record.evidence.kind.as_str());
    let standing = state.evidence.values().filter(|record| record.in_force(now) && reach.evidence(record));
    let standing = standing.filter(|record| !asks(record));
    let task = |record: &model::EvidenceRecord| {
        let (evidence, until) = (&record.evidence, record.evidence.until.filter(|until| now + AHEAD >= *until)?);
        let about = match &evidence.about {
            Subject::City => Link { href: "/office/city".to_owned(), text: "the whole city".to_owned() },
            Subject::Deployment { id } => state.deployments.get(id).map(|record| office(record))?,
            Subject::Device { id } => {
                let of = &state.devices.get(id)?.deployment;
                state.deployments.get(of).map(|record| office(record))?
            }
        };
        let who = party_name(state, &evidence.signed_by);
        let task = Task::new(format!("The statement “{}” ends", evidence.kind), about, who).by(until, now);
        Some(task.of(reach, &evidence.signed_by))
    };
    standing.filter_map(|record| task(record)).collect()
}
