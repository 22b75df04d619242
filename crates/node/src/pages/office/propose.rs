//! A proposal, page by page: kept as a draft to come back to, checked as a whole, and sent.
//!
//! A draft is the party's own and not public. What is sent is a command like any other; until then the norms are asked by looks
//! alone, and what they say stands beside the answers that they are about.

mod asked;
mod pages;
mod tier;

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use flow::drafts::{Draft, DraftError};
use model::{Deployment, PartyId};
use register::{Command, State as Register, Submission};

use super::ask::{Fault, Field, Input, LINE_CHARS_MAX, Read, Sent, TEXT_CHARS_MAX};
use super::deed::{self, Deed};
use super::refused::Refused;
use super::{deployment, reader, sender};
use crate::jobs::Lane;
use crate::pages::signed::{Signed, elsewhere, private, to_sign_in};
use crate::pages::{Link, Site};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;
pub(super) use asked::{answer, section};
use pages::{Page, Sheet};
use tier::{Looked, Weighed};

/// Where proposals begin.
pub(super) const PROPOSE: &str = "/office/propose";

#[derive(Template)]
#[template(path = "office_drafts.html")]
struct Drafted {
    site: Site,
    party: String,
    form: String,
    drafts: Vec<Kept>,
}

/// A draft in the list.
struct Kept {
    page: Link,
    at: String,
}

#[derive(Template)]
#[template(path = "office_draft.html")]
struct Overview {
    site: Site,
    party: String,
    form: String,
    number: u32,
    title: String,
    parts: Vec<Part>,
    more_stream: String,
    /// Whether something is missing or wrong.
    wrong: bool,
    refused: Option<Refused>,
    weighed: Weighed,
}

/// What stands on one page of a draft.
struct Part {
    heading: String,
    name: String,
    /// What was filled in, and what is wrong with it.
    rows: Vec<(String, String, Option<String>)>,
    /// Whether it can be taken out.
    leaves: bool,
    /// The page of the next property, for a stream.
    more: Option<String>,
}

#[derive(Template)]
#[template(path = "office_draft_page.html")]
struct OnePage {
    site: Site,
    party: String,
    form: String,
    heading: String,
    address: String,
    back: String,
    fields: Vec<Field>,
    wrong: bool,
    /// The tier of the draft as it is kept; none before there is one.
    weighed: Option<Weighed>,
}

/// What stands behind an error of the folder.
fn problem(error: DraftError) -> Problem {
    match error {
        // The errors of disks name paths of the machine.
        DraftError::Folder(_) => {
            Problem::new(Kind::Unavailable).detail("the drafts cannot be read or written now; ask again later")
        }
        DraftError::Unknown => Problem::new(Kind::NotFound).detail(error.to_string()),
        DraftError::Damaged => Problem::new(Kind::Unavailable).detail(error.to_string()),
        DraftError::Changed => Problem::new(Kind::Conflict).detail(error.to_string()),
        DraftError::TooLong | DraftError::TooMany | DraftError::Full => {
            Problem::new(Kind::Unprocessable).detail(error.to_string())
        }
    }
}

/// `GET /office/propose`: the party's drafts.
pub(crate) async fn all(State(node): State<Node>, headers: HeaderMap) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (drafts, party) = (Arc::clone(&node.drafts), signed.party.id.clone());
    let all = node.jobs.run(Lane::Token, move || drafts.all(&party)).await?.map_err(problem)?;
    let kept = |(number, draft): (u32, Draft)| Kept {
        page: Link { href: format!("{PROPOSE}/{number}"), text: title(&draft) },
        at: words::instant(draft.at),
    };
    let (site, form) = (Site::of(&node.city.register().state()), signed.id.form());
    let drafts = all.into_iter().map(kept).collect();
    private(StatusCode::OK, &Drafted { site, party: signed.party.name.clone(), form, drafts })
}

pub(super) fn title(draft: &Draft) -> String {
    let about = Sheet::of(draft).on(Page::About);
    about.filled("title").map_or_else(|| "Without a name yet".to_owned(), str::to_owned)
}

/// `GET /office/propose/new`: the first page of a draft that is not there yet.
pub(crate) async fn first(State(node): State<Node>, headers: HeaderMap) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let place = (format!("{PROPOSE}/new"), PROPOSE.to_owned());
    page(&node, &signed, Page::About, place, &Sent::default(), Vec::new(), None)
}

/// `POST /office/propose/new`: begins a draft.
pub(crate) async fn begin(State(node): State<Node>, headers: HeaderMap, read: Read) -> Result<Response, Problem> {
    let Some((signed, sent)) = sender(&node, &headers, read)? else { return to_sign_in() };
    let (drafts, party, now) = (Arc::clone(&node.drafts), signed.party.id.clone(), node.city.register().now());
    let values = sent.along();
    let begun = move || drafts.begin(&party, &Page::About.name(), values, now);
    let number = node.jobs.run(Lane::Token, begun).await?.map_err(problem)?;
    kept(&node, &signed, number, Page::About, &sent).await
}

/// A page that was kept: on to the whole, or the page again where something is wrong on it.
async fn kept(node: &Node, signed: &Signed, number: u32, kept: Page, sent: &Sent) -> Result<Response, Problem> {
    let (faults, whole) = (kept.faults(sent), format!("{PROPOSE}/{number}"));
    if faults.is_empty() || sent.one("go") == "later" {
        return elsewhere(&whole);
    }
    let (_, draft) = find(node, &signed.party.id, &number.to_string()).await?;
    let weighed = weigh(node, signed, number, &draft).await?.weighed;
    page(node, signed, kept, (format!("{whole}/{}", kept.name()), whole), sent, faults, Some(weighed))
}

/// The tier of a draft and what is asked for it, beside the event loop: the norms are asked as well.
async fn weigh(node: &Node, signed: &Signed, number: u32, draft: &Draft) -> Result<Looked, Problem> {
    let (city, party, draft) = (Arc::clone(&node.city), signed.party.id.clone(), draft.clone());
    let job = move || {
        let (register, page) = (city.register(), Link { href: format!("{PROPOSE}/{number}"), text: title(&draft) });
        tier::look(&register.state(), register.bundle().as_deref(), &party, &draft, &page, register.now())
    };
    node.jobs.run(Lane::Token, job).await?
}

fn page(
    node: &Node,
    signed: &Signed,
    page: Page,
    (address, back): (String, String),
    sent: &Sent,
    faults: Vec<Fault>,
    weighed: Option<Weighed>,
) -> Result<Response, Problem> {
    let state = node.city.register().state();
    let mut fields = page.fields(&state, &signed.party.id, sent);
    say(&mut fields, &faults);
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let drawn = OnePage {
        site: Site::of(&state),
        party: signed.party.name.clone(),
        form: signed.id.form(),
        heading: page.heading(),
        address,
        back,
        wrong: !faults.is_empty(),
        fields,
        weighed,
    };
    private(status, &drawn)
}

fn say(fields: &mut [Field], faults: &[Fault]) {
    for field in fields {
        field.wrong = faults.iter().find(|fault| fault.field == field.name).map(|fault| fault.words.clone());
    }
}

/// A draft of the party that is signed in, by the number in an address.
async fn find(node: &Node, party: &PartyId, number: &str) -> Result<(u32, Draft), Problem> {
    let number: u32 = number.parse().map_err(|_| problem(DraftError::Unknown))?;
    let (drafts, party) = (Arc::clone(&node.drafts), party.clone());
    let draft = node.jobs.run(Lane::Token, move || drafts.one(&party, number)).await?.map_err(problem)?;
    Ok((number, draft))
}

/// `GET /office/propose/{draft}`: the whole, to be checked.
pub(crate) async fn whole(
    State(node): State<Node>,
    headers: HeaderMap,
    number: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (number, draft) = find(&node, &signed.party.id, &number?.0).await?;
    let state = node.city.register().state();
    let (pages, looked) = (filled(&state, &signed, &draft), weigh(&node, &signed, number, &draft).await?);
    overview(&state, &signed, (number, &draft), pages, looked, StatusCode::OK, None)
}

/// Every page of a draft with its fields, and what is wrong with them.
fn filled(state: &Register, signed: &Signed, draft: &Draft) -> Vec<(Page, Vec<Field>)> {
    let (sheet, wrong) = (Sheet::of(draft), pages::deployment(draft).err().unwrap_or_default());
    let fields = |page: Page| {
        let mut fields = page.fields(state, &signed.party.id, &sheet.on(page));
        let faults: Vec<Fault> = wrong.iter().filter(|(of, _)| *of == page).map(|(_, fault)| fault.clone()).collect();
        say(&mut fields, &faults);
        (page, fields)
    };
    sheet.pages().into_iter().map(fields).collect()
}

fn overview(
    state: &Register,
    signed: &Signed,
    (number, draft): (u32, &Draft),
    pages: Vec<(Page, Vec<Field>)>,
    looked: Looked,
    status: StatusCode,
    refused: Option<Refused>,
) -> Result<Response, Problem> {
    let sheet = Sheet::of(draft);
    let part = |(page, fields): &(Page, Vec<Field>)| Part {
        heading: page.heading(),
        name: page.name(),
        rows: fields.iter().map(|field| (field.label.to_owned(), field.filled(), field.wrong.clone())).collect(),
        leaves: matches!(page, Page::Stream(_) | Page::Property(..)),
        more: if let Page::Stream(stream) = page { Some(sheet.next_property(*stream).name()) } else { None },
    };
    let mut parts: Vec<Part> = pages.iter().map(part).collect();
    parts.extend(looked.ahead.iter().flat_map(asked::parts));
    let whole = Overview {
        site: Site::of(state),
        party: signed.party.name.clone(),
        form: signed.id.form(),
        number,
        title: title(draft),
        more_stream: sheet.next_stream().name(),
        wrong: parts.iter().flat_map(|part| &part.rows).any(|(_, _, wrong)| wrong.is_some()),
        parts,
        refused,
        weighed: looked.weighed,
    };
    private(status, &whole)
}

/// `POST /office/propose/{draft}`: a look at the whole, the proposal itself, or the end of the draft.
pub(crate) async fn send(
    State(node): State<Node>,
    headers: HeaderMap,
    number: Result<Path<String>, PathRejection>,
    read: Read,
) -> Result<Response, Problem> {
    let Some((signed, sent)) = sender(&node, &headers, read)? else { return to_sign_in() };
    let (number, draft) = find(&node, &signed.party.id, &number?.0).await?;
    let state = node.city.register().state();
    match sent.one("go") {
        "delete" => {
            delete(&node, &signed, number).await?;
            elsewhere(PROPOSE)
        }
        "change" => elsewhere(&format!("{PROPOSE}/{number}")),
        go => {
            let looked = weigh(&node, &signed, number, &draft).await?;
            match pages::deployment(&draft) {
                Ok(proposed) if looked.open() == 0 => {
                    decided(&node, &signed, &sent, (number, &draft), proposed, looked, go == "do").await
                }
                // What is missing or wrong is said where it is, in the draft or in what is asked about it.
                _ => {
                    let pages = filled(&state, &signed, &draft);
                    overview(&state, &signed, (number, &draft), pages, looked, StatusCode::UNPROCESSABLE_ENTITY, None)
                }
            }
        }
    }
}

async fn delete(node: &Node, signed: &Signed, number: u32) -> Result<(), Problem> {
    let (drafts, party) = (Arc::clone(&node.drafts), signed.party.id.clone());
    node.jobs.run(Lane::Token, move || drafts.delete(&party, number)).await?.map_err(problem)
}

/// What the register says to a proposal: a look, or the thing itself.
async fn decided(
    node: &Node,
    signed: &Signed,
    sent: &Sent,
    (number, draft): (u32, &Draft),
    proposed: Deployment,
    looked: Looked,
    is_done: bool,
) -> Result<Response, Problem> {
    let state = node.city.register().state();
    let mut pages = filled(&state, signed, draft);
    let (city, after) = (Arc::clone(&node.city), deployment::page_of(&proposed));
    let title = format!("Propose “{}”", proposed.title);
    let submission = Submission { by: signed.party.id.clone(), reason: None, command: Command::Propose(proposed) };
    let refusal = if is_done {
        match deed::submit(node, signed, submission).await? {
            Ok(receipt) => {
                // What was proposed stands in the register. A draft whose answers cannot be kept there stays with them, and one that
                // cannot be deleted now can be deleted later.
                if asked::begun(node, signed, looked).await {
                    drop(delete(node, signed, number).await);
                }
                return elsewhere(&deed::done(&after.href, &receipt));
            }
            Err(refusal) => refusal,
        }
    } else {
        match node.jobs.run(Lane::Token, move || deed::preview(&city, submission)).await? {
            Ok(acts) => {
                let back = Link { href: format!("{PROPOSE}/{number}"), text: "Draft".to_owned() };
                let fields = pages.into_iter().flat_map(|(_, fields)| fields).collect();
                let deed = Deed { fields, ..Deed::new(title, "", back.href.clone(), back) };
                return deed::check(&state, signed, sent, deed, &acts);
            }
            Err(refusal) => refusal,
        }
    };
    // What is wrong is said at a field only if it is the one field of that kind.
    let mut fields: Vec<Field> = pages.iter().flat_map(|(_, fields)| fields.clone()).collect();
    let refused = Refused::of(refusal, &state, &mut fields);
    let mut said = fields.into_iter();
    for (_, own) in &mut pages {
        own.iter_mut().for_each(|field| field.wrong = said.next().and_then(|field| field.wrong));
    }
    let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    overview(&state, signed, (number, draft), pages, looked, status, Some(refused))
}

/// A page by its name in an address.
fn named(name: &str) -> Result<Page, Problem> {
    Page::named(name).ok_or_else(|| Problem::new(Kind::NotFound).detail("there is no such page of a draft"))
}

/// `GET /office/propose/{draft}/{page}`
pub(crate) async fn form(
    State(node): State<Node>,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (number, name) = path?.0;
    let (number, draft) = find(&node, &signed.party.id, &number).await?;
    let (asked, whole) = (named(&name)?, format!("{PROPOSE}/{number}"));
    let (sent, weighed) = (Sheet::of(&draft).on(asked), weigh(&node, &signed, number, &draft).await?.weighed);
    page(&node, &signed, asked, (format!("{whole}/{name}"), whole), &sent, Vec::new(), Some(weighed))
}

/// `POST /office/propose/{draft}/{page}`: keeps it, whatever stands on it, or takes it out.
pub(crate) async fn keep(
    State(node): State<Node>,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
    read: Read,
) -> Result<Response, Problem> {
    let Some((signed, sent)) = sender(&node, &headers, read)? else { return to_sign_in() };
    let (number, name) = path?.0;
    let page = named(&name)?;
    let (number, _) = find(&node, &signed.party.id, &number).await?;
    let (drafts, party, now) = (Arc::clone(&node.drafts), signed.party.id.clone(), node.city.register().now());
    if sent.one("go") == "out" {
        let is_out = move |name: &str| Page::named(name).is_some_and(|known| known.goes_with(page));
        let left = move || drafts.leave_out(&party, number, is_out);
        node.jobs.run(Lane::Token, left).await?.map_err(problem)?;
        return elsewhere(&format!("{PROPOSE}/{number}"));
    }
    let values = sent.along();
    let keep = move || drafts.keep(&party, number, &name, values, now);
    node.jobs.run(Lane::Token, keep).await?.map_err(problem)?;
    kept(&node, &signed, number, page, &sent).await
}
