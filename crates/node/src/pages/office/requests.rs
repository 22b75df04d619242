//! Requests for agreements: who asks to see what, what became of it, and for whom it waits.
//!
//! A request, an offer and a refusal are statements; an agreement closes a request by itself. All of it is read from the register,
//! and nothing is kept beside it. Whoever asked and whoever gives see it, and those who see everything.

mod forms;

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use flow::City;
use model::request::{GRANT_OFFER, GRANT_REFUSAL, GRANT_REQUEST, Wish};
use model::{DeploymentRecord, EvidenceId, EvidenceRecord, GrantRecord, PartyId, Subject, Timestamp};
use register::State as Register;

use super::grants::sample::Sample;
use super::{Done, Reach, deed, reader};
use crate::jobs::Lane;
use crate::lang::Lang;
use crate::pages::signed::{private, to_sign_in};
use crate::pages::{Link, Site, party_name};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;

pub(super) use forms::{ask, offer, refuse, wished};

/// Where all of them are.
const REQUESTS: &str = "/office/requests";
/// The most that a page lists.
const SHOWN_MAX: usize = 200;

/// A request, and what was answered to it.
pub(super) struct Thread<'a> {
    pub(super) record: &'a EvidenceRecord,
    /// What is asked for; none where a statement of this kind does not say it as the form does.
    pub(super) wish: Option<Wish>,
    why: &'a str,
    of: &'a DeploymentRecord,
    /// Offers and refusals, withdrawn ones too, oldest first.
    answers: Vec<&'a EvidenceRecord>,
}

/// Where a request stands.
pub(super) enum Stands<'a> {
    /// It waits for whoever gives.
    Open,
    /// Something else is offered; it waits for whoever asked.
    Offered(&'a EvidenceRecord),
    /// Another request asks for what was offered.
    TakenUp(&'a EvidenceRecord),
    /// It is refused.
    Refused(&'a EvidenceRecord),
    /// There was an agreement after it.
    Agreed(&'a GrantRecord),
    /// It was taken back, or its day came.
    Over,
}

impl<'a> Thread<'a> {
    /// Of a statement; none if that is no request about a deployment.
    fn of(state: &'a Register, record: &'a EvidenceRecord) -> Option<Self> {
        let Subject::Deployment { id } = &record.evidence.about else { return None };
        if record.evidence.kind.as_str() != GRANT_REQUEST {
            return None;
        }
        let summary = record.evidence.summary.as_str();
        let (wish, why) = Wish::read(summary).map_or((None, summary), |(wish, why)| (Some(wish), why));
        let answering = |other: &&EvidenceRecord| {
            [GRANT_OFFER, GRANT_REFUSAL].contains(&other.evidence.kind.as_str())
                && other.evidence.answers.as_ref() == Some(&record.evidence.id)
        };
        let mut answers: Vec<_> = state.evidence_about(&record.evidence.about).filter(answering).collect();
        answers.sort_by_key(|answer| answer.filed_at);
        Some(Self { record, wish, why, of: state.deployments.get(id)?, answers })
    }

    /// Those that concern a party: whoever asked, whoever gives, and who sees everything; the newest first.
    pub(super) fn all(reach: &Reach<'a>) -> Vec<Self> {
        let of = |record: &'a Arc<EvidenceRecord>| Self::of(reach.state, record);
        let mut all: Vec<Self> =
            reach.state.evidence.values().filter_map(of).filter(|thread| thread.concerns(reach)).collect();
        all.sort_by_key(|thread| std::cmp::Reverse(thread.record.filed_at));
        all
    }

    /// One that concerns a party; the same problem whether there is none or it is somebody else's.
    pub(super) fn find(reach: &Reach<'a>, id: &str) -> Result<Self, Problem> {
        let none =
            || Problem::new(Kind::NotFound).detail("no request of this name concerns the party that is signed in");
        let id: EvidenceId = id.parse().map_err(|_| none())?;
        let found = reach.state.evidence.get(&id).and_then(|record| Self::of(reach.state, record));
        found.filter(|thread| thread.concerns(reach)).ok_or_else(none)
    }

    fn concerns(&self, reach: &Reach<'_>) -> bool {
        reach.evidence(self.record) || *self.giver() == reach.party.id
    }

    /// Who asked.
    pub(super) const fn asker(&self) -> &'a PartyId {
        &self.record.evidence.signed_by
    }

    /// Who answers for what is asked for.
    pub(super) const fn giver(&self) -> &'a PartyId {
        &self.of.deployment.accountable
    }

    /// Its page.
    pub(super) fn page(&self, state: &Register) -> Link {
        Link { href: format!("{REQUESTS}/{}", self.record.evidence.id), text: self.title(state) }
    }

    fn title(&self, state: &Register) -> String {
        let view = self.wish.as_ref().map(|wish| title(state, wish));
        view.unwrap_or_else(|| self.of.deployment.title.clone())
    }

    /// Where it stands at an instant.
    pub(super) fn stands(&self, state: &'a Register, now: Timestamp) -> Stands<'a> {
        if let Some(grant) = self.agreed(state) {
            return Stands::Agreed(grant);
        }
        if !self.record.in_force(now) {
            return Stands::Over;
        }
        let Some(last) = self.answers.iter().rfind(|answer| answer.ended.is_none()) else { return Stands::Open };
        if last.evidence.kind.as_str() == GRANT_REFUSAL {
            return Stands::Refused(last);
        }
        let takes_up = |other: &&EvidenceRecord| {
            other.ended.is_none()
                && other.evidence.kind.as_str() == GRANT_REQUEST
                && self.answers.iter().any(|offer| other.evidence.answers.as_ref() == Some(&offer.evidence.id))
        };
        let taken_up = state.evidence_about(&self.record.evidence.about).find(takes_up);
        taken_up.map_or(Stands::Offered(last), Stands::TakenUp)
    }

    /// The agreement that came after it, over what was asked for or offered.
    fn agreed(&self, state: &'a Register) -> Option<&'a GrantRecord> {
        let offered = self.answers.iter().filter_map(|answer| Some(Wish::read(&answer.evidence.summary)?.0));
        let wishes: Vec<Wish> = self.wish.iter().cloned().chain(offered).collect();
        let fits = |record: &&GrantRecord| {
            let grant = &record.grant;
            let asked =
                |wish: &Wish| (&wish.stream, &wish.view, wish.purpose) == (&grant.stream, &grant.view, grant.purpose);
            grant.recipient == *self.asker() && record.since >= self.record.filed_at && wishes.iter().any(asked)
        };
        let streams = self.of.deployment.streams.iter();
        streams.flat_map(|stream| state.grants_of(&stream.id)).filter(fits).min_by_key(|record| record.since)
    }
}

/// A view by its title.
fn title(state: &Register, wish: &Wish) -> String {
    let view = state.views.get(&(wish.stream.clone(), wish.view.clone()));
    view.map_or_else(|| wish.view.to_string(), |view| view.title.clone())
}

/// How a request stands, in words, and where that leads.
fn told(thread: &Thread<'_>, state: &Register, now: Timestamp) -> (String, Option<Link>) {
    let (asker, giver) = (party_name(state, thread.asker()), party_name(state, thread.giver()));
    match thread.stands(state, now) {
        Stands::Open => (format!("It waits for {giver}, since {}.", words::day(thread.record.filed_at)), None),
        Stands::Offered(offer) => {
            let since = words::day(offer.filed_at);
            (format!("{giver} offers something else. It waits for {asker}, since {since}."), None)
        }
        Stands::TakenUp(other) => {
            let link = Link {
                href: format!("{REQUESTS}/{}", other.evidence.id),
                text: "the request that takes it up".to_owned(),
            };
            (format!("{asker} asked for what was offered."), Some(link))
        }
        Stands::Refused(refusal) => (format!("It was refused on {}.", words::day(refusal.filed_at)), None),
        Stands::Agreed(record) => {
            let ended = record.ended.map(|ended| format!(" It ended on {}.", words::day(ended))).unwrap_or_default();
            let link = Link { href: format!("/office/grants/{}", record.grant.id), text: "the agreement".to_owned() };
            (format!("It was agreed on {}.{ended}", words::day(record.since)), Some(link))
        }
        Stands::Over => match &thread.record.withdrawn_because {
            Some(why) => (format!("It was taken back: {why}"), None),
            None => ("Its day came without an agreement.".to_owned(), None),
        },
    }
}

#[derive(Template)]
#[template(path = "office_requests.html")]
struct All {
    site: Site,
    party: String,
    form: String,
    done: Option<(String, Option<Link>)>,
    requests: Vec<Line>,
    more: usize,
}

/// A request in a line.
struct Line {
    page: Link,
    asker: String,
    of: String,
    stands: String,
}

/// `GET /office/requests`
pub(super) async fn all(
    State(node): State<Node>,
    headers: HeaderMap,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (city, party, form) = (Arc::clone(&node.city), signed.party.clone(), signed.id.form());
    let done = done?.0.done;
    let job = move || {
        let (state, now) = (city.register().state(), city.register().now());
        let threads = Thread::all(&Reach::of(&state, &party));
        let line = |thread: &Thread<'_>| Line {
            page: thread.page(&state),
            asker: party_name(&state, thread.asker()),
            of: thread.of.deployment.title.clone(),
            stands: told(thread, &state, now).0,
        };
        All {
            site: Site::of(&state),
            party: party.name.clone(),
            form,
            done: deed::told(&city, &state, &party.id, done.as_deref()),
            more: threads.len().saturating_sub(SHOWN_MAX),
            requests: threads.iter().take(SHOWN_MAX).map(line).collect(),
        }
    };
    private(StatusCode::OK, &node.jobs.run(Lane::Token, job).await?)
}

#[derive(Template)]
#[template(path = "office_request.html")]
struct One {
    site: Site,
    party: String,
    form: String,
    done: Option<(String, Option<Link>)>,
    title: String,
    asker: Link,
    giver: Link,
    deployment: Link,
    purpose: Option<Link>,
    until: Option<String>,
    on: String,
    why: String,
    stands: String,
    leads: Option<Link>,
    answers: Vec<Answer>,
    /// What this party can do about it.
    next: Vec<Link>,
    sample: Option<Sample>,
}

/// An offer or a refusal.
struct Answer {
    what: String,
    why: String,
    by: String,
    on: String,
    withdrawn: bool,
}

impl Answer {
    fn of(state: &Register, record: &EvidenceRecord) -> Self {
        let evidence = &record.evidence;
        let read = Wish::read(&evidence.summary);
        let (what, why) = match read {
            Some((wish, why)) if evidence.kind.as_str() == GRANT_OFFER => {
                let until = evidence.until.map(|until| format!(", until {}", words::day(until))).unwrap_or_default();
                let purpose = words::small(wish.purpose.name());
                (format!("Offered: “{}”, for {purpose}{until}", title(state, &wish)), why)
            }
            _ if evidence.kind.as_str() == GRANT_OFFER => ("Offered".to_owned(), evidence.summary.as_str()),
            _ => ("Refused".to_owned(), evidence.summary.as_str()),
        };
        Self {
            what,
            why: why.to_owned(),
            by: party_name(state, &evidence.signed_by),
            on: words::day(record.filed_at),
            withdrawn: record.ended.is_some(),
        }
    }
}

/// `GET /office/requests/{id}`
pub(super) async fn one(
    State(node): State<Node>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (city, form) = (Arc::clone(&node.city), signed.id.form());
    let (id, done) = (id?.0, done?.0.done);
    let job = move || {
        let (state, now) = (city.register().state(), city.register().now());
        let reach = Reach::of(&state, &signed.party);
        let thread = Thread::find(&reach, &id)?;
        Ok(drawn(&city, &reach, &thread, form, now, done.as_deref()))
    };
    let page: Result<One, Problem> = node.jobs.run(Lane::Token, job).await?;
    private(StatusCode::OK, &page?)
}

fn drawn(city: &City, reach: &Reach<'_>, thread: &Thread<'_>, form: String, now: Timestamp, done: Option<&str>) -> One {
    let (state, evidence) = (reach.state, &thread.record.evidence);
    let (stands, leads) = told(thread, state, now);
    let wish = thread.wish.as_ref();
    let of = &thread.of.deployment;
    One {
        site: Site::of(state),
        party: reach.party.name.clone(),
        form,
        done: deed::told(city, state, &reach.party.id, done),
        title: thread.title(state),
        asker: Link::party(Lang::En, state, thread.asker()),
        giver: Link::party(Lang::En, state, thread.giver()),
        deployment: Link { href: format!("/deployments/{}", of.id), text: of.title.clone() },
        purpose: wish.map(|wish| Link::purpose(Lang::En, wish.purpose)),
        until: evidence.until.map(words::day),
        on: words::day(thread.record.filed_at),
        why: thread.why.to_owned(),
        stands,
        leads,
        answers: thread.answers.iter().map(|answer| Answer::of(state, answer)).collect(),
        next: next(reach, thread, now),
        sample: wish.and_then(|wish| Sample::of(city, state, &wish.stream, &wish.view, now)),
    }
}

/// What a party can do about a request: whoever gives answers one that waits, whoever asked takes an offer up or the request back.
fn next(reach: &Reach<'_>, thread: &Thread<'_>, now: Timestamp) -> Vec<Link> {
    let id = &thread.record.evidence.id;
    let link = |href: String, text: &str| Link { href, text: text.to_owned() };
    let (gives, asked) = (*thread.giver() == reach.party.id, *thread.asker() == reach.party.id);
    let stands = thread.stands(reach.state, now);
    let mut links = Vec::new();
    if gives && matches!(stands, Stands::Open | Stands::Offered(_)) {
        links.push(link(format!("/office/grants/new?request={id}"), "Agree: the form is filled in with what is asked"));
        links.push(link(format!("{REQUESTS}/{id}/offer"), "Offer something else"));
        links.push(link(format!("{REQUESTS}/{id}/refuse"), "Refuse it, with a reason"));
    }
    if let (true, Stands::Offered(offer)) = (asked, &stands) {
        let href = format!("{REQUESTS}/new?offer={}", offer.evidence.id);
        links.push(link(href, "Ask for what is offered"));
    }
    if asked && matches!(stands, Stands::Open | Stands::Offered(_)) {
        links.push(link(format!("/office/evidence/{id}/withdraw"), "Take the request back"));
    }
    links
}
