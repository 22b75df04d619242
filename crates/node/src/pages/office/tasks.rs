//! What waits: for whom, since when, and by when; what lapses next comes first.
//!
//! Drawn from the register and its clocks. What somebody has to do is said; whether it may is for the norms to decide.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::{DeploymentRecord, Silence, Span, State as Stage, Subject, Timestamp};
use register::{Clocks, State as Register};

use super::{Done, Reach, deed, reader};
use crate::jobs::Lane;
use crate::lang::Lang;
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
    tasks: Vec<Task>,
    more: usize,
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
}

impl Task {
    fn new(what: impl Into<String>, about: Link, who: impl Into<String>) -> Self {
        let (what, who) = (what.into(), who.into());
        Self { what, about, who, since: None, due: None, by: None, began: None, late: false }
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
    let (city, party, done) = (node.city.clone(), signed.party.clone(), done?.0.done);
    let job = move || {
        let reach = Reach::of(&state, &party);
        let tasks = waiting(&reach, rules.as_ref().map(|rules| rules.clocks.as_ref()), now);
        (Site::of(&state), tasks, deed::told(&city, &state, &party.id, done.as_deref()), reach.all())
    };
    let (site, mut tasks, done, all) = node.jobs.run(Lane::Token, job).await?;
    let more = tasks.len().saturating_sub(SHOWN_MAX);
    tasks.truncate(SHOWN_MAX);
    let form = signed.id.form();
    private(StatusCode::OK, &Page { site, party: signed.party.name, form, done, all, tasks, more })
}

/// Everything that waits and concerns a party, by what lapses next.
fn waiting(reach: &Reach<'_>, clocks: Option<&Clocks>, now: Timestamp) -> Vec<Task> {
    let mut tasks = Vec::new();
    for record in reach.state.deployments.values().filter(|record| reach.deployment(record)) {
        if record.standing.state != Stage::Ended {
            tasks.extend(step(reach.state, record, now));
            tasks.extend(ending(reach.state, record, now));
        }
        let subject = Subject::Deployment { id: record.deployment.id.clone() };
        let who = party_name(reach.state, &record.deployment.accountable);
        tasks.extend(owed(reach.state, clocks, &subject, &office(record), &who, now));
    }
    if reach.all() {
        let city = Link { href: "/office/city".to_owned(), text: "the whole city".to_owned() };
        let who = reach.state.founder().map(|founder| party_name(reach.state, founder)).unwrap_or_default();
        tasks.extend(owed(reach.state, clocks, &Subject::City, &city, &who, now));
        tasks.extend(classes(reach.state, now));
    }
    tasks.extend(agreements(reach, now));
    tasks.extend(statements(reach, now));
    tasks.sort_by_key(|task| (task.by.unwrap_or(Timestamp::MAX), task.began));
    tasks
}

/// The page of a deployment in the office.
fn office(record: &DeploymentRecord) -> Link {
    Link { href: format!("/office/deployments/{}", record.deployment.id), text: record.deployment.title.clone() }
}

/// The step that a deployment waits for.
fn step(state: &Register, record: &DeploymentRecord, now: Timestamp) -> Option<Task> {
    let (standing, accountable) = (&record.standing, party_name(state, &record.deployment.accountable));
    let steps = state.marks.steps.get(&record.deployment.id);
    let assessed = steps.and_then(|steps| steps.assessed.last()).map(|mark| mark.at);
    let approved = standing.approval.as_ref().map(|approval| approval.at);
    let (what, who, since) = match standing.state {
        Stage::Proposed => {
            ("Proposed, and neither assessed nor refused", "an officer".to_owned(), Some(standing.proposed_at))
        }
        Stage::Assessed => ("Assessed, and neither approved nor refused", "an officer".to_owned(), assessed),
        Stage::Approved => ("Approved, and not published", accountable, approved),
        Stage::Published => ("Published, and not switched on", accountable, standing.published_at),
        Stage::Suspended => ("Stopped for a time", accountable, standing.active_since),
        Stage::Active | Stage::Ended => return None,
    };
    let task = Task::new(what, office(record), who);
    Some(match (since, standing.state) {
        // Since when it is stopped the register does not say; why, it does.
        (_, Stage::Suspended) => match &standing.stopped_because {
            Some(why) => Task { what: format!("Stopped for a time: {why}"), ..task },
            None => task,
        },
        (Some(since), _) => task.since(since, now),
        (None, _) => task,
    })
}

/// What of a deployment ends soon: its approval, its own time, the review of its assessment.
fn ending(state: &Register, record: &DeploymentRecord, now: Timestamp) -> Vec<Task> {
    let accountable = || party_name(state, &record.deployment.accountable);
    let soon = |at: Timestamp| now + AHEAD >= at;
    let mut tasks = Vec::new();
    if let Some(approval) = record.standing.approval.as_ref().filter(|approval| soon(approval.until)) {
        let what = if approval.until > now { "Its approval ends" } else { "Its approval ended, and nobody renewed it" };
        tasks.push(Task::new(what, office(record), "an officer").by(approval.until, now));
    }
    if soon(record.deployment.ends) {
        tasks.push(Task::new("It ends for good", office(record), accountable()).by(record.deployment.ends, now));
    }
    if let Some(assessment) = record.standing.assessments.last().filter(|assessment| soon(assessment.review_by)) {
        let who = party_name(state, &assessment.signed_by);
        tasks.push(
            Task::new("Its assessment has to be looked at again", office(record), who).by(assessment.review_by, now),
        );
    }
    for order in state.orders.values().map(|record| &record.order) {
        if order.deployment == record.deployment.id && order.until > now && soon(order.until) {
            let who = party_name(state, &order.party);
            tasks.push(Task::new(format!("The order “{}” ends", order.id), office(record), who).by(order.until, now));
        }
    }
    tasks.extend(support(state, record, now));
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
    clocks: Option<&Clocks>,
    subject: &Subject,
    about: &Link,
    who: &str,
    now: Timestamp,
) -> Vec<Task> {
    // What silence refused is over, and waits for nobody.
    let owed = state.open_lapses(subject).filter(|lapse| lapse.what.silence != Silence::Refuse);
    let lapsed = owed.map(|lapse| {
        let task = Task::new(words::overdue(Lang::En, lapse), about.clone(), who).by(lapse.what.due, now);
        Task { late: true, ..task }
    });
    let waiting = clocks.into_iter().flat_map(|clocks| clocks.waiting(state, subject, now));
    let waiting = waiting.map(|(duty, run)| {
        let what = format!("“{}” ({}): {}", duty.id, duty.requirement, words::owes(Lang::En, &duty));
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
        let answers = state.stream(&grant.stream).map(|(of, _)| party_name(state, &of.deployment.accountable));
        let about = Link { href: format!("/office/grants/{}", grant.id), text };
        Task::new("An agreement ends", about, answers.unwrap_or_default()).by(grant.until, now)
    };
    soon.filter(|record| reach.grant(record)).map(|record| task(record)).collect()
}

fn statements(reach: &Reach<'_>, now: Timestamp) -> Vec<Task> {
    let state = reach.state;
    let standing = state.evidence.values().filter(|record| record.in_force(now) && reach.evidence(record));
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
        Some(Task::new(format!("The statement “{}” ends", evidence.kind), about, who).by(until, now))
    };
    standing.filter_map(|record| task(record)).collect()
}
