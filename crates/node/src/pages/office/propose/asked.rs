//! What is asked about a draft before it is sent: the sections of instruments that say how much care it needs, each a page of the
//! draft. What is answered is kept with the draft, and goes along when it is sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use flow::drafts::{Draft, DraftError};

use super::super::ask::{Read, Sent};
use super::super::assess::{Ahead, Taken};
use super::super::{reader, sender};
use super::tier::Looked;
use super::{PROPOSE, Part, find, problem, weigh};
use crate::jobs::Lane;
use crate::pages::signed::{Signed, elsewhere, private, to_sign_in};
use crate::problem::{Kind, Problem};
use crate::router::Node;

type Parts = (String, String, String);

/// How often what was sent is put over what somebody of the same party kept meanwhile.
const TRIES: usize = 4;

/// The sections of what is asked, as parts of the draft.
pub(super) fn parts(ahead: &Ahead) -> Vec<Part> {
    let instrument = ahead.instrument();
    let part = |part: super::super::assess::AskedPart| Part {
        heading: format!("{}: {}", instrument.title, part.title),
        name: format!("{}/{}", instrument.id, part.section),
        rows: part.asked.into_iter().map(|asked| (asked.ask, asked.said, asked.wrong)).collect(),
        leaves: false,
        more: None,
    };
    ahead.parts().into_iter().map(part).collect()
}

/// A draft of the party with its number, and what one instrument asks about it.
async fn asked(node: &Node, signed: &Signed, (number, instrument, _): &Parts) -> Result<(u32, Draft, Ahead), Problem> {
    let (number, draft) = find(node, &signed.party.id, number).await?;
    let looked = weigh(node, signed, number, &draft).await?;
    let found = looked.ahead.into_iter().find(|one| one.instrument().id.as_str() == instrument);
    let none = || Problem::new(Kind::NotFound).detail("nothing of this name is asked about this draft");
    Ok((number, draft, found.ok_or_else(none)?))
}

/// `GET /office/propose/{draft}/{page}/{section}`: a section of what is asked about it.
pub(in crate::pages::office) async fn section(
    State(node): State<Node>,
    headers: HeaderMap,
    path: Result<Path<Parts>, PathRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let path = path?.0;
    let (.., ahead) = asked(&node, &signed, &path).await?;
    private(StatusCode::OK, &ahead.page(&path.2, &signed)?)
}

/// `POST /office/propose/{draft}/{page}/{section}`: keeps what fits of it.
pub(in crate::pages::office) async fn answer(
    State(node): State<Node>,
    headers: HeaderMap,
    path: Result<Path<Parts>, PathRejection>,
    read: Read,
) -> Result<Response, Problem> {
    let Some((signed, sent)) = sender(&node, &headers, read)? else { return to_sign_in() };
    let path = path?.0;
    let (number, wrong) = kept(&node, &signed, &path, &sent).await?;
    if wrong.is_empty() {
        return elsewhere(&next(number, &path, &sent));
    }
    let (.., ahead) = asked(&node, &signed, &path).await?;
    private(StatusCode::UNPROCESSABLE_ENTITY, &ahead.again(&path.2, &signed, &wrong, &sent)?)
}

/// Keeps what was sent of one section beside what is kept of the others by then; gives the draft's number, and what does not fit.
async fn kept(
    node: &Node,
    signed: &Signed,
    path: &Parts,
    sent: &Sent,
) -> Result<(u32, BTreeMap<String, String>), Problem> {
    for _ in 0..TRIES {
        let (number, draft, ahead) = asked(node, signed, path).await?;
        let Taken { part, values, wrong } = ahead.take(&path.2, sent)?;
        let (drafts, party, now) = (Arc::clone(&node.drafts), signed.party.id.clone(), node.city.register().now());
        let keep = move || drafts.keep_over(&party, number, (&part, values), draft.pages.get(&part), now);
        match node.jobs.run(Lane::Token, keep).await? {
            Err(DraftError::Changed) => {}
            kept => return kept.map(|()| (number, wrong)).map_err(problem),
        }
    }
    Err(problem(DraftError::Changed))
}

/// Where a page leads: a row that was added is filled in next, on the same page.
fn next(number: u32, path: &Parts, sent: &Sent) -> String {
    let whole = format!("{PROPOSE}/{number}");
    if sent.one("go") == "row" { format!("{whole}/{}/{}", path.1, path.2) } else { whole }
}

/// Keeps the answers as those that were begun about what was proposed; whether all of them could be.
pub(super) async fn begun(node: &Node, signed: &Signed, looked: Looked) -> bool {
    let (at, party) = (node.clone(), signed.party.id.clone());
    // That one cannot be kept keeps back no other.
    let job = move || looked.ahead.iter().filter(|one| one.begin(&at, &party).is_err()).count() == 0;
    node.jobs.run(Lane::Token, job).await.unwrap_or(false)
}
