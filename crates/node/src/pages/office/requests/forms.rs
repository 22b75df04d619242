//! The forms of a request: asking, offering something else, refusing. Each is a statement that everybody can read.
//!
//! Agreeing has no form here: it is that of agreements, filled in with what is asked.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::Response;
use model::request::{GRANT_OFFER, GRANT_REFUSAL, GRANT_REQUEST, Wish};
use model::{Evidence, EvidenceId, Purpose, State as Stage, Subject, Timestamp, View};
use register::{Command, State as Register};
use serde::Deserialize;

use super::super::ask::{Choice, Fault, Faults, Field, Sent};
use super::super::deed::Deed;
use super::super::grants::{chosen, purposes, sample::Sample};
use super::super::opened::Opened;
use super::super::{Reach, free_id};
use super::{REQUESTS, Stands, Thread};
use crate::jobs::Lane;
use crate::pages::{Link, party_name};
use crate::problem::{Kind, Problem};

/// What a request is begun with: the offer that it takes up.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pages::office) struct Begun {
    offer: Option<String>,
}

/// `/office/requests/new`
pub(in crate::pages::office) async fn ask(
    begun: Result<Query<Begun>, QueryRejection>,
    mut form: Opened,
) -> Result<Response, Problem> {
    if let (true, Some(offer)) = (form.sent.is_empty(), begun?.0.offer) {
        form.sent = offered(&form.reach(), &offer)?;
    }
    let deed = with_sample(asking(&form.reach(), &form.sent, form.now), &form).await?;
    form.go(deed).await
}

/// Shows what would be seen under the view that is chosen.
async fn with_sample<A>(mut deed: Deed, form: &Opened<A>) -> Result<Deed, Problem> {
    if let Some((stream, view)) = chosen(&form.sent) {
        let (city, now) = (std::sync::Arc::clone(&form.node.city), form.now);
        let sample = move || Sample::of(&city, &city.register().state(), &stream, &view, now);
        deed.sample = form.node.jobs.run(Lane::Token, sample).await?;
    }
    Ok(deed)
}

/// The form of a request that takes an offer up, filled in.
fn offered(reach: &Reach<'_>, offer: &str) -> Result<Sent, Problem> {
    let none = || Problem::new(Kind::NotFound).detail("no offer of this name was made to the party that is signed in");
    let id: EvidenceId = offer.parse().map_err(|_| none())?;
    let evidence = reach.state.evidence.get(&id).map(|record| &record.evidence).ok_or_else(none)?;
    let request = evidence.answers.as_ref().ok_or_else(none)?;
    let thread = Thread::find(reach, request.as_str()).map_err(|_| none())?;
    let (wish, _) = Wish::read(&evidence.summary).ok_or_else(none)?;
    if *thread.asker() != reach.party.id || evidence.kind.as_str() != GRANT_OFFER {
        return Err(none());
    }
    let mut values = wished(&wish, evidence.until);
    values.push(("answers".to_owned(), offer.to_owned()));
    Ok(Sent::of(values))
}

/// What is asked for or offered, as the fields of a form have it.
pub(in crate::pages::office) fn wished(wish: &Wish, until: Option<Timestamp>) -> Vec<(String, String)> {
    vec![
        ("view".to_owned(), format!("{}/{}", wish.stream, wish.view)),
        ("purpose".to_owned(), wish.purpose.code().to_owned()),
        ("until".to_owned(), until.map(Timestamp::date).unwrap_or_default()),
    ]
}

fn asking(reach: &Reach<'_>, sent: &Sent, now: Timestamp) -> Deed {
    let (state, own) = (reach.state, &reach.party.id);
    let others = |view: &&View| {
        state
            .stream(&view.stream)
            .is_some_and(|(of, _)| of.deployment.accountable != *own && !matches!(of.standing.state, Stage::Ended))
    };
    let views = state.views.values().map(AsRef::as_ref).filter(others).map(|view| choice(state, view)).collect();
    let view = chosen(sent).map(|(_, view)| view.to_string()).unwrap_or_default();
    let id = free(state, sent, &format!("request-{own}-{view}"));
    let mut fields = wishing(sent, views);
    fields.push(
        Field::text("summary", "Why you need it", sent)
            .hint("Everybody reads it. If no view fits, choose the nearest and say what you need."),
    );
    fields.push(Field::hidden("answers", sent.one("answers").to_owned()));
    let lead = "You ask whoever answers for it to let you see something. Nothing is handed over by this: the other party agrees, \
                offers something else, or refuses, and the city’s log tells it.";
    let then = Link { href: REQUESTS.to_owned(), text: "Requests".to_owned() };
    Deed {
        fields,
        command: request(reach, sent, &id, now).map(Command::FileEvidence),
        made: Some(format!("{REQUESTS}/{id}")),
        id: Some(id),
        ..Deed::new("Ask to see something", lead, format!("{REQUESTS}/new"), then)
    }
}

fn free(state: &Register, sent: &Sent, words: &str) -> String {
    free_id(sent, words, |id| state.evidence.keys().any(|known| known.as_str() == id))
}

fn choice(state: &Register, view: &View) -> Choice {
    let of = state.stream(&view.stream).map(|(of, _)| of.deployment.title.clone()).unwrap_or_default();
    Choice::new(format!("{}/{}", view.stream, view.id), format!("{} ({of})", view.title))
}

/// The fields of what is asked for or offered.
fn wishing(sent: &Sent, views: Vec<Choice>) -> Vec<Field> {
    vec![
        Field::one("view", "What is to be seen", sent, views),
        Field::one("purpose", "What for, and nothing else", sent, purposes()),
        Field::day("until", "Until", sent, None).hint("It ends when this day begins, in UTC."),
    ]
}

/// What was filled into those fields.
fn wish(sent: &Sent, faults: &mut Faults) -> Option<(Wish, Timestamp)> {
    let view = chosen(sent);
    if view.is_none() {
        faults.note("view", "choose what is to be seen");
    }
    let (purpose, until) = (faults.parsed::<Purpose>(sent, "purpose"), faults.day(sent, "until"));
    let (stream, view) = view?;
    Some((Wish { stream, view, purpose: purpose? }, until?))
}

fn request(reach: &Reach<'_>, sent: &Sent, id: &str, now: Timestamp) -> Result<Evidence, Vec<Fault>> {
    let mut faults = Faults::default();
    let (wish, why) = (wish(sent, &mut faults), faults.text(sent, "summary"));
    let answers = sent.filled("answers").and_then(|_| faults.parsed::<EvidenceId>(sent, "answers"));
    let read = (|| {
        let (wish, until) = wish?;
        let known = reach.state.views.contains_key(&(wish.stream.clone(), wish.view.clone()));
        let Some((of, _)) = reach.state.stream(&wish.stream).filter(|_| known) else {
            faults.note("view", "there is no such view");
            return None;
        };
        if of.deployment.accountable == reach.party.id {
            faults.note("view", "you answer for this yourself: agree on it instead of asking for it");
        }
        let about = Subject::Deployment { id: of.deployment.id.clone() };
        let summary = wish.summary(&why?);
        statement(reach, GRANT_REQUEST, id, about, now, (summary, Some(until), answers))
    })();
    faults.settle(read)
}

/// A statement of today.
fn statement(
    reach: &Reach<'_>,
    kind: &str,
    id: &str,
    about: Subject,
    now: Timestamp,
    (summary, until, answers): (String, Option<Timestamp>, Option<EvidenceId>),
) -> Option<Evidence> {
    Some(Evidence {
        id: id.parse().ok()?,
        about,
        kind: kind.parse().ok()?,
        // The begin of the day, so that the same form sent twice states the same.
        on: format!("{}T00:00:00Z", now.date()).parse().ok()?,
        until,
        signed_by: reach.party.id.clone(),
        summary,
        document: None,
        answers,
    })
}

/// A request that waits for an answer of the party that is signed in.
fn answered<'a>(reach: &Reach<'a>, id: &str, now: Timestamp) -> Result<Thread<'a>, Problem> {
    let thread = Thread::find(reach, id)?;
    let waits = matches!(thread.stands(reach.state, now), Stands::Open | Stands::Offered(_));
    if waits && *thread.giver() == reach.party.id {
        return Ok(thread);
    }
    Err(Problem::new(Kind::NotFound).detail("this request waits for no answer of the party that is signed in"))
}

/// `/office/requests/{id}/offer`
pub(in crate::pages::office) async fn offer(mut form: Opened<String>) -> Result<Response, Problem> {
    if form.sent.is_empty() {
        let values = {
            let thread = answered(&form.reach(), &form.about, form.now)?;
            thread.wish.as_ref().map(|wish| wished(wish, thread.record.evidence.until))
        };
        form.sent = values.map(Sent::of).unwrap_or_default();
    }
    let deed = offering(&form.reach(), &form.about, &form.sent, form.now)?;
    let deed = with_sample(deed, &form).await?;
    form.go(deed).await
}

fn offering(reach: &Reach<'_>, request: &str, sent: &Sent, now: Timestamp) -> Result<Deed, Problem> {
    let (state, thread) = (reach.state, answered(reach, request, now)?);
    let streams = thread.of.deployment.streams.iter();
    let views = streams.flat_map(|stream| state.views_of(&stream.id)).map(|view| choice(state, view)).collect();
    let mut fields = wishing(sent, views);
    fields.push(Field::text("summary", "What is different, and why", sent).hint("Everybody reads it."));
    let id = free(state, sent, &format!("offer-{request}"));
    let mut faults = Faults::default();
    let (wish, why) = (wish(sent, &mut faults), faults.text(sent, "summary"));
    let read = (|| {
        let (wish, until) = wish?;
        let known = state.views.contains_key(&(wish.stream.clone(), wish.view.clone()));
        if !known || thread.of.deployment.stream(&wish.stream).is_none() {
            faults.note("view", "choose a view of the same deployment");
        }
        let told = (wish.summary(&why?), Some(until), Some(thread.record.evidence.id.clone()));
        statement(reach, GRANT_OFFER, &id, thread.record.evidence.about.clone(), now, told)
    })();
    let asker = party_name(state, thread.asker());
    let lead = format!("Nothing is agreed by this. {asker} sees the offer and may ask for what it names.");
    Ok(Deed {
        fields,
        command: faults.settle(read).map(Command::FileEvidence),
        id: Some(id),
        ..Deed::new("Offer something else", lead, format!("{REQUESTS}/{request}/offer"), thread.page(state))
    })
}

/// `/office/requests/{id}/refuse`
pub(in crate::pages::office) async fn refuse(form: Opened<String>) -> Result<Response, Problem> {
    let deed = refusing(&form.reach(), &form.about, &form.sent, form.now)?;
    form.go(deed).await
}

fn refusing(reach: &Reach<'_>, request: &str, sent: &Sent, now: Timestamp) -> Result<Deed, Problem> {
    let thread = answered(reach, request, now)?;
    let id = free(reach.state, sent, &format!("refusal-{request}"));
    let mut faults = Faults::default();
    let read = faults.text(sent, "summary").and_then(|why| {
        let told = (why, None, Some(thread.record.evidence.id.clone()));
        statement(reach, GRANT_REFUSAL, &id, thread.record.evidence.about.clone(), now, told)
    });
    let lead = format!("{} is told why, and so is everybody else.", party_name(reach.state, thread.asker()));
    let (address, then) = (format!("{REQUESTS}/{request}/refuse"), thread.page(reach.state));
    Ok(Deed {
        fields: vec![Field::text("summary", "Why", sent).hint("Everybody reads it.")],
        command: faults.settle(read).map(Command::FileEvidence),
        id: Some(id),
        ..Deed::new("Refuse a request", lead, address, then)
    })
}
