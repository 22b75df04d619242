//! Agreements: those that concern a party, agreeing one with a look at exactly what would be seen, withdrawing one.
//!
//! The norms decide. Where they refuse, each other view of the same stream is looked at, too, and those under which the same
//! agreement would be allowed are named.

pub(crate) mod odrl;
pub(super) mod sample;

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::{Duty, Grant, GrantId, GrantRecord, Judged, OrderId, PartyId, Purpose, StreamId, Timestamp, View, ViewId};
use register::{Command, State as Register};
use serde::Deserialize;

use super::ask::{Choice, Fault, Faults, Field, Sent};
use super::deed::{self, Deed};
use super::opened::Opened;
use super::requests::{Thread, wished};
use super::{Done, Reach, free_id, reader};
use crate::jobs::Lane;
use crate::lang::Lang;
use crate::pages::signed::{private, to_sign_in};
use crate::pages::{Link, Site, party_name};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;
use sample::Sample;

#[derive(Template)]
#[template(path = "office_grants.html")]
struct All {
    site: Site,
    party: String,
    form: String,
    done: Option<(String, Option<Link>)>,
    grants: Vec<Line>,
}

/// An agreement in a line.
struct Line {
    page: Link,
    recipient: String,
    purpose: &'static str,
    until: String,
    in_force: bool,
}

/// `GET /office/grants`
pub(crate) async fn all(
    State(node): State<Node>,
    headers: HeaderMap,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (state, now, done) = (node.city.register().state(), node.city.register().now(), done?.0.done);
    let (city, at, by) = (Arc::clone(&node.city), Arc::clone(&state), signed.party.id.clone());
    let done = node.jobs.run(Lane::Token, move || deed::told(&city, &at, &by, done.as_deref())).await?;
    let reach = Reach::of(&state, &signed.party);
    let mut grants: Vec<Line> =
        state.grants.values().filter(|record| reach.grant(record)).map(|record| line(&state, record, now)).collect();
    grants.sort_by_key(|line| !line.in_force);
    let (site, form) = (Site::of(&state), signed.id.form());
    private(StatusCode::OK, &All { site, party: signed.party.name.clone(), form, done, grants })
}

fn line(state: &Register, record: &GrantRecord, now: Timestamp) -> Line {
    let grant = &record.grant;
    Line {
        page: Link { href: format!("/office/grants/{}", grant.id), text: title(state, grant) },
        recipient: party_name(state, &grant.recipient),
        purpose: grant.purpose.name(),
        until: words::day(record.ended.unwrap_or(grant.until)),
        in_force: record.in_force(now),
    }
}

fn title(state: &Register, grant: &Grant) -> String {
    let view = state.views.get(&(grant.stream.clone(), grant.view.clone()));
    view.map_or_else(|| grant.view.to_string(), |view| view.title.clone())
}

#[derive(Template)]
#[template(path = "office_grant.html")]
struct One {
    site: Site,
    party: String,
    form: String,
    done: Option<(String, Option<Link>)>,
    id: String,
    title: String,
    recipient: Link,
    purpose: Link,
    deployment: Option<Link>,
    since: String,
    until: String,
    in_force: bool,
    promised: String,
    judged: Option<String>,
    order: Option<String>,
    sample: Option<Sample>,
}

/// `GET /office/grants/{id}`
pub(crate) async fn one(
    State(node): State<Node>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (city, party, form) = (Arc::clone(&node.city), signed.party.clone(), signed.id.form());
    let (id, done) = (id?.0, done?.0.done);
    let job = move || {
        let (state, now) = (city.register().state(), city.register().now());
        let record = find(&Reach::of(&state, &party), &id)?;
        let grant = &record.grant;
        let duties: Vec<String> = grant.duties.iter().map(|duty| words::duty(Lang::En, *duty).to_owned()).collect();
        let of = state.stream(&grant.stream).map(|(of, _)| super::deployment::page_of(&of.deployment));
        Ok(One {
            site: Site::of(&state),
            party: party.name.clone(),
            form,
            done: deed::told(&city, &state, &party.id, done.as_deref()),
            id: grant.id.to_string(),
            title: title(&state, grant),
            recipient: Link::party(Lang::En, &state, &grant.recipient),
            purpose: Link::purpose(Lang::En, grant.purpose),
            deployment: of,
            since: words::day(record.since),
            until: words::day(record.ended.unwrap_or(grant.until)),
            in_force: record.in_force(now),
            promised: words::capital(&words::list(&duties)),
            judged: grant.judged.as_ref().map(judged_words),
            order: grant.order.as_ref().map(ToString::to_string),
            sample: Sample::of(&city, &state, &grant.stream, &grant.view, now),
        })
    };
    let page: Result<One, Problem> = node.jobs.run(Lane::Token, job).await?;
    private(StatusCode::OK, &page?)
}

fn judged_words(judged: &Judged) -> String {
    let about = if judged.personal { "It is about people there" } else { "It is not about people there" };
    format!("{about}: {}", judged.argument)
}

/// An agreement that concerns a party; the same problem whether there is none or it is somebody else's.
fn find<'a>(reach: &Reach<'a>, id: &str) -> Result<&'a GrantRecord, Problem> {
    let none = || Problem::new(Kind::NotFound).detail("no agreement of this name concerns the party that is signed in");
    let id: GrantId = id.parse().map_err(|_| none())?;
    reach.state.grants.get(&id).map(AsRef::as_ref).filter(|record| reach.grant(record)).ok_or_else(none)
}

/// What a new agreement is begun with: the request that asks for it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Begun {
    request: Option<String>,
}

/// `/office/grants/new`
pub(super) async fn agree(begun: Result<Query<Begun>, QueryRejection>, mut form: Opened) -> Result<Response, Problem> {
    if let (true, Some(request)) = (form.sent.is_empty(), begun?.0.request) {
        form.sent = asked(&form.reach(), &request)?;
    }
    let mut deed = agreeing(&form.reach(), &form.sent, form.now);
    if let Some((stream, view)) = chosen(&form.sent) {
        let (city, now) = (Arc::clone(&form.node.city), form.now);
        let sample = move || Sample::of(&city, &city.register().state(), &stream, &view, now);
        deed.sample = form.node.jobs.run(Lane::Token, sample).await?;
    }
    form.go(deed).await
}

/// The form of an agreement, filled in with what a request asks for.
fn asked(reach: &Reach<'_>, request: &str) -> Result<Sent, Problem> {
    let thread = Thread::find(reach, request)?;
    let until = thread.record.evidence.until;
    let mut values = thread.wish.as_ref().map(|wish| wished(wish, until)).unwrap_or_default();
    values.push(("recipient".to_owned(), thread.asker().to_string()));
    Ok(Sent::of(values))
}

/// The view that was chosen, and its stream.
pub(super) fn chosen(sent: &Sent) -> Option<(StreamId, ViewId)> {
    let (stream, view) = sent.filled("view")?.split_once('/')?;
    Some((stream.parse().ok()?, view.parse().ok()?))
}

fn agreeing(reach: &Reach<'_>, sent: &Sent, now: Timestamp) -> Deed {
    let taken = |id: &str| reach.state.grants.keys().any(|known| known.as_str() == id);
    let view = chosen(sent).map(|(_, view)| view.to_string()).unwrap_or_default();
    let id = free_id(sent, &format!("{}-{view}", sent.one("recipient")), taken);
    let grant = grant(sent, &id);
    let lead = "One recipient, one view, one purpose, until a day. Each time something is handed over, it counts in the city’s log.";
    let then = Link { href: "/office/grants".to_owned(), text: "Agreements".to_owned() };
    Deed {
        fields: fields(reach, sent, now),
        made: Some(format!("/office/grants/{id}")),
        id: Some(id),
        others: grant.as_ref().map(|grant| others(reach.state, grant)).unwrap_or_default(),
        command: grant.map(Command::AgreeGrant),
        ..Deed::new("Agree that somebody may see something", lead, "/office/grants/new".to_owned(), then)
    }
}

/// The same agreement over each other view of its stream, in words.
fn others(state: &Register, grant: &Grant) -> Vec<(String, Command)> {
    let others = state.views_of(&grant.stream).filter(|view| view.id != grant.view);
    let other = |view: &View| {
        let same = Grant { view: view.id.clone(), ..grant.clone() };
        (format!("The view “{}” of the same stream", view.title), Command::AgreeGrant(same))
    };
    others.map(other).collect()
}

fn fields(reach: &Reach<'_>, sent: &Sent, now: Timestamp) -> Vec<Field> {
    let state = reach.state;
    let own = |view: &&Arc<View>| {
        let of = state.stream(&view.stream);
        reach.all() || of.is_some_and(|(record, _)| record.deployment.accountable == reach.party.id)
    };
    let views = state.views.values().filter(own).map(|view| {
        let of = state.stream(&view.stream).map(|(record, _)| record.deployment.title.clone()).unwrap_or_default();
        Choice::new(format!("{}/{}", view.stream, view.id), format!("{} ({of})", view.title))
    });
    let parties = state.parties.values().map(|record| {
        let kind = words::party_kind(Lang::En, record.party.kind);
        Choice::new(&record.party.id, format!("{} ({kind})", record.party.name))
    });
    let orders = state.orders.values().filter(|record| now < record.order.until);
    let orders = orders
        .map(|record| Choice::new(&record.order.id, format!("{}, of {}", record.order.id, record.order.authority)));
    let duties = Duty::ALL.map(|duty| Choice::new(duty.code(), words::capital(words::duty(Lang::En, duty))));
    let judged =
        [Choice::new("yes", "Yes, it is about people there"), Choice::new("no", "No, it is not about people there")];
    vec![
        Field::one("view", "What may be seen", sent, views.collect()),
        Field::one("recipient", "Who may see it", sent, parties.collect()),
        Field::one("purpose", "What for, and nothing else", sent, purposes()),
        Field::day("until", "Until", sent, None).hint("It ends when this day begins, in UTC."),
        Field::any("duty", "What the recipient promises", sent, duties.into()),
        Field::one("order", "The order it rests on", sent, orders.collect())
            .optional()
            .hint("Only where one is needed."),
        Field::one("personal", "Is it about people in the recipient’s hands?", sent, judged.into()).optional(),
        Field::text("argument", "Why it is, or is not", sent)
            .optional()
            .hint("Needed where the question above is answered."),
        Field::text("reason", "Why it is agreed", sent).optional().hint("Residents read it beside the act."),
    ]
}

/// The purposes to choose from: those that a grant can name.
pub(super) fn purposes() -> Vec<Choice> {
    let purposes = Purpose::all().filter(|purpose| purpose.code().parse::<Purpose>().is_ok());
    purposes.map(|purpose| Choice::new(purpose.code(), purpose.name())).collect()
}

fn grant(sent: &Sent, id: &str) -> Result<Grant, Vec<Fault>> {
    let mut faults = Faults::default();
    let view = chosen(sent);
    if view.is_none() {
        faults.note("view", "choose what may be seen");
    }
    let recipient = faults.parsed::<PartyId>(sent, "recipient");
    let purpose = faults.parsed::<Purpose>(sent, "purpose");
    let until = faults.day(sent, "until");
    let order = sent.filled("order").and_then(|_| faults.parsed::<OrderId>(sent, "order"));
    let mut duties = BTreeSet::new();
    for code in sent.all("duty") {
        match Duty::ALL.into_iter().find(|duty| duty.code() == code) {
            Some(duty) => drop(duties.insert(duty)),
            None => faults.note("duty", "choose among these"),
        }
    }
    let judged = judged(sent, &mut faults);
    let read = (|| {
        let (stream, view) = view?;
        let (recipient, purpose, until) = (recipient?, purpose?, until?);
        Some(Grant { id: id.parse().ok()?, recipient, stream, view, purpose, until, duties, order, judged })
    })();
    faults.settle(read)
}

fn judged(sent: &Sent, faults: &mut Faults) -> Option<Judged> {
    let argument = sent.filled("argument");
    match (sent.filled("personal"), argument) {
        (None, None) => None,
        (Some("yes" | "no"), Some(argument)) => {
            Some(Judged { personal: sent.one("personal").trim() == "yes", argument: argument.to_owned() })
        }
        (Some(_), None) => {
            faults.note("argument", "say why it is, or is not");
            None
        }
        (_, Some(_)) => {
            faults.note("personal", "answer this, or leave the argument out");
            None
        }
    }
}

/// `/office/grants/{id}/withdraw`
pub(super) async fn withdraw(form: Opened<String>) -> Result<Response, Problem> {
    let deed = withdrawing(&form.reach(), &form.about, &form.sent)?;
    form.go(deed).await
}

fn withdrawing(reach: &Reach<'_>, id: &str, sent: &Sent) -> Result<Deed, Problem> {
    let grant = &find(reach, id)?.grant;
    let (view, recipient) = (title(reach.state, grant), party_name(reach.state, &grant.recipient));
    let page = format!("/office/grants/{}", grant.id);
    let lead = format!(
        "Nothing of “{view}” goes to {recipient} from that moment on. What was handed over before stays counted."
    );
    let (address, then) = (format!("{page}/withdraw"), Link { href: page, text: view });
    Ok(Deed {
        fields: vec![Field::text("reason", "Why", sent).hint("Residents read it beside the act.")],
        command: Ok(Command::WithdrawGrant { grant: grant.id.clone() }),
        ..Deed::new("Withdraw an agreement", lead, address, then)
    })
}
