//! From a form to an act: a look at what it would do first, then the same thing done.
//!
//! The register decides both times, as it does for every command, and the norms with it. What was typed stands in the form again
//! whenever it is refused. What was done is told by the page that follows, from the log.

use std::fmt;
use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use flow::City;
use flow::city::{credential, fresh_token};
use journal::accounts;
use model::{Act, Digest, PartyId};
use register::{Command, Receipt, State as Register, Submission, SubmitError};

use super::ask::{Fault, Field, Input, LINE_CHARS_MAX, Sent, TEXT_CHARS_MAX};
use super::grants::sample::Sample;
use super::policy::{Effects, Side};
use super::refused::Refused;
use crate::accounts::Accounts;
use crate::jobs::Lane;
use crate::lang::Lang;
use crate::log::Log;
use crate::pages::signed::{Signed, elsewhere, private};
use crate::pages::{Link, Site};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::sessions::Person;
use crate::words;

/// The most others that are looked at in place of what is refused.
const OTHERS_MAX: usize = 20;

/// Something that a form does.
pub(super) struct Deed {
    pub(super) title: String,
    pub(super) lead: String,
    /// Where its form is sent.
    pub(super) address: String,
    /// Where it belongs, and the page that follows unless there is another.
    pub(super) then: Link,
    /// The page of what it makes.
    pub(super) made: Option<String>,
    /// A token that it issues: shown once, when it was done, and kept nowhere.
    pub(super) token: Option<Token>,
    pub(super) fields: Vec<Field>,
    /// The id of what it makes, so that doing it twice makes it once.
    pub(super) id: Option<String>,
    /// What it asks of the register, or what is wrong in which field.
    pub(super) command: Result<Command, Vec<Fault>>,
    /// What could be asked in its place where it is refused, in words.
    pub(super) others: Vec<(String, Command)>,
    /// What somebody would see, where the deed lets somebody see.
    pub(super) sample: Option<Sample>,
    /// What it would change besides, where it changes what is allowed.
    pub(super) effects: Option<Effects>,
    /// How many acts the register had when it was looked at, where it may only be done on that.
    pub(super) seen: Option<u64>,
}

impl Deed {
    /// A deed that asks something of the register, without what only some have.
    pub(super) fn new(title: impl Into<String>, lead: impl Into<String>, address: String, then: Link) -> Self {
        Self {
            title: title.into(),
            lead: lead.into(),
            address,
            then,
            made: None,
            token: None,
            fields: Vec::new(),
            id: None,
            command: Err(Vec::new()),
            others: Vec::new(),
            sample: None,
            effects: None,
            seen: None,
        }
    }
}

/// A token, on its way to whoever bears it.
pub(super) struct Token(String);

impl Token {
    /// A new one, and what the register holds of it.
    ///
    /// # Errors
    /// There is no randomness.
    pub(super) fn fresh(city: &City) -> Result<(Self, Digest), Problem> {
        let token = fresh_token(city.register().entropy()).map_err(|_| Problem::new(Kind::Internal))?;
        let credential = credential(&token);
        Ok((Self(token), credential))
    }

    /// What whoever bears it is given, once.
    pub(super) fn shown(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[derive(Template)]
#[template(path = "office_token.html")]
struct TokenPage {
    site: Site,
    party: String,
    form: String,
    title: String,
    back: Link,
    token: String,
}

#[derive(Template)]
#[template(path = "office_form.html")]
struct FormPage {
    site: Site,
    party: String,
    form: String,
    title: String,
    lead: String,
    address: String,
    back: Link,
    fields: Vec<Field>,
    refused: Option<Refused>,
    /// Whether a field is wrong.
    wrong: bool,
    sample: Option<Sample>,
}

#[derive(Template)]
#[template(path = "office_check.html")]
struct CheckPage {
    site: Site,
    party: String,
    form: String,
    title: String,
    address: String,
    back: Link,
    /// What was filled in.
    filled: Vec<(&'static str, String)>,
    along: Vec<(String, String)>,
    /// The acts that it would make.
    acts: Vec<String>,
    sample: Option<Sample>,
    effects: Option<Effects>,
}

/// Shows the form of a deed.
pub(super) fn show(node: &Node, signed: &Signed, deed: Deed) -> Result<Response, Problem> {
    form(&node.city.register().state(), signed, deed, StatusCode::OK, None)
}

/// Takes the form of a deed: a look first, then the deed.
pub(super) async fn take(node: &Node, signed: &Signed, sent: &Sent, mut deed: Deed) -> Result<Response, Problem> {
    let state = node.city.register().state();
    let command = match std::mem::replace(&mut deed.command, Err(Vec::new())) {
        Ok(command) => command,
        Err(faults) => {
            for field in &mut deed.fields {
                field.wrong = faults.iter().find(|fault| fault.field == field.name).map(|fault| fault.words.clone());
            }
            return form(&state, signed, deed, StatusCode::UNPROCESSABLE_ENTITY, None);
        }
    };
    let reason = sent.filled("reason").map(str::to_owned);
    let submission = Submission { by: signed.party.id.clone(), reason, command };
    let others = std::mem::take(&mut deed.others);
    let (by, why) = (submission.by.clone(), submission.reason.clone());
    let (city, seen) = (Arc::clone(&node.city), deed.seen);
    let refusal = match sent.one("go") {
        "change" => return form(&state, signed, deed, StatusCode::OK, None),
        "do" => match submit_if(node, signed, submission, seen).await? {
            Ok(receipt) => return finished(&node.city.register().state(), signed, deed, &receipt),
            Err(refusal) => refusal,
        },
        _ => match node.jobs.run(Lane::Token, move || preview(&city, submission)).await? {
            Ok(acts) => return check(&state, signed, sent, deed, &acts),
            Err(refusal) => refusal,
        },
    };
    let mut refused = Refused::of(refusal, &state, &mut deed.fields);
    if !refused.grounds.is_empty() && !others.is_empty() {
        let city = Arc::clone(&node.city);
        refused.offers.extend(node.jobs.run(Lane::Token, move || allowed(&city, &by, why.as_ref(), others)).await?);
    }
    let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    form(&state, signed, deed, status, Some(refused))
}

/// Leads to the page that tells what was done; a token is shown here and nowhere else.
fn finished(state: &Register, signed: &Signed, deed: Deed, receipt: &Receipt) -> Result<Response, Problem> {
    let Some(Token(token)) = deed.token else {
        return elsewhere(&done(deed.made.as_deref().unwrap_or(&deed.then.href), receipt));
    };
    let (party, form, title, back) = (signed.party.name.clone(), signed.id.form(), deed.title, deed.then);
    private(StatusCode::OK, &TokenPage { site: Site::of(state), party, form, title, back, token })
}

/// Those of several commands that would be allowed, in words.
fn allowed(city: &City, by: &PartyId, reason: Option<&String>, others: Vec<(String, Command)>) -> Vec<String> {
    let is_allowed =
        |command: Command| preview(city, Submission { by: by.clone(), reason: reason.cloned(), command }).is_ok();
    let looked_at = others.into_iter().take(OTHERS_MAX);
    looked_at.filter_map(|(words, command)| is_allowed(command).then_some(words)).collect()
}

/// What a submission would do, without doing it.
pub(super) fn preview(city: &City, submission: Submission) -> Result<Vec<Act>, SubmitError> {
    city.register().preview(&[submission]).pop().unwrap_or(Err(SubmitError::Stopped))
}

/// What came of something that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pages) enum Came {
    /// Nothing was written.
    Nothing,
    /// The first and the last entry that it became.
    Entries(u64, u64),
    /// It may or may not have been done.
    Unknown,
}

impl Came {
    /// Of what the register answered.
    pub(in crate::pages) fn of<'r>(receipts: impl IntoIterator<Item = &'r Receipt>) -> Self {
        let entries: Vec<u64> = receipts.into_iter().flat_map(|receipt| receipt.entries.iter().copied()).collect();
        entries.first().zip(entries.last()).map_or(Self::Nothing, |(first, last)| Self::Entries(*first, *last))
    }
}

/// Does it for the party that is signed in, and publishes what was done. Where a person does it, that is noted first.
pub(in crate::pages) async fn submit(
    node: &Node,
    signed: &Signed,
    submission: Submission,
) -> Result<Result<Receipt, SubmitError>, Problem> {
    submit_if(node, signed, submission, None).await
}

/// The same, if what it concerns has not changed since the register had so many acts.
async fn submit_if(
    node: &Node,
    signed: &Signed,
    submission: Submission,
    seen: Option<u64>,
) -> Result<Result<Receipt, SubmitError>, Problem> {
    let words = serde_json::to_value(&submission.command).map_err(|_| Problem::new(Kind::Internal))?;
    let what = words.get("do").and_then(|word| word.as_str()).unwrap_or_default().to_owned();
    noted(node, signed, Lane::Token, what, move |city| {
        let done = city.register().submit_if(submission, seen);
        let came = match &done {
            Ok(receipt) => Came::of([receipt]),
            Err(SubmitError::Refused(_)) => Came::Nothing,
            Err(_) => Came::Unknown,
        };
        (done, came)
    })
    .await
}

/// Does something in the party's name and publishes what was done. That a person is about to do it is noted first, and what came of it
/// afterwards; without a note it is not done.
pub(in crate::pages) async fn noted<T: Send + 'static>(
    node: &Node,
    signed: &Signed,
    lane: Lane,
    what: String,
    act: impl FnOnce(&City) -> (T, Came) + Send + 'static,
) -> Result<T, Problem> {
    let (city, accounts, person) = (Arc::clone(&node.city), Arc::clone(&node.accounts), signed.person.clone());
    let party = signed.party.id.to_string();
    let done = move || {
        let begun = |person: Person| {
            accounts.begin(&accounts::Deed {
                party,
                account: person.account,
                role: person.roles.to_string(),
                what,
                at: city.register().now().millis(),
                entries: None,
                about: None,
            })
        };
        let note = person.map(begun).transpose()?;
        let (done, came) = act(&city);
        if let Some(note) = note {
            settled(&accounts, note, came);
        }
        if matches!(came, Came::Entries(..)) {
            // The acts are safe; if this fails, the next tick publishes them.
            drop(city.register().publish());
        }
        Ok(done)
    };
    node.jobs.run(lane, done).await?
}

/// Adds to a note what came of it. Where that is not known, or cannot be written, the note stays and says that it is not known.
fn settled(accounts: &Accounts, note: u64, came: Came) {
    let entries = match came {
        Came::Nothing => None,
        Came::Entries(first, last) => Some((first, last)),
        Came::Unknown => return,
    };
    drop(accounts.settle(note, entries));
}

/// The address of the page that tells what was done.
pub(super) fn done(page: &str, receipt: &Receipt) -> String {
    let entry = receipt.entries.last().map_or_else(|| "nothing".to_owned(), ToString::to_string);
    format!("{page}?done={entry}")
}

/// What a party has done, in words from the log, for the page that follows. Nothing for what is no entry, or is somebody else's.
pub(super) fn told(
    city: &City,
    state: &Register,
    party: &PartyId,
    done: Option<&str>,
) -> Option<(String, Option<Link>)> {
    let done = done?;
    if done == "nothing" {
        return Some(("It was so already, so nothing was written.".to_owned(), None));
    }
    let index: u64 = done.parse().ok()?;
    let log = Log::of(city);
    let act = log.act(index, log.head().ok()?.1.size).ok().filter(|act| act.by == *party)?;
    let link = Link { href: format!("/log/entries/{index}"), text: format!("act {index} of the log") };
    Some((format!("{}.", words::capital(&words::act(Lang::En, &act.what, act.at, state))), Some(link)))
}

fn form(
    state: &Register,
    signed: &Signed,
    deed: Deed,
    status: StatusCode,
    refused: Option<Refused>,
) -> Result<Response, Problem> {
    let Deed { title, lead, address, then, fields, sample, .. } = deed;
    let page = FormPage {
        site: Site::of(state),
        party: signed.party.name.clone(),
        form: signed.id.form(),
        wrong: fields.iter().any(|field| field.wrong.is_some()),
        title,
        lead,
        address,
        back: then,
        fields,
        refused,
        sample,
    };
    private(status, &page)
}

/// The page that asks whether to do it.
pub(super) fn check(
    state: &Register,
    signed: &Signed,
    sent: &Sent,
    deed: Deed,
    acts: &[Act],
) -> Result<Response, Problem> {
    let filled = deed.fields.iter().map(|field| (field.label, field.filled())).filter(|(_, words)| !words.is_empty());
    let mut along = sent.along();
    along.extend(deed.id.clone().map(|id| ("id".to_owned(), id)));
    let page = CheckPage {
        site: Site::of(state),
        party: signed.party.name.clone(),
        form: signed.id.form(),
        filled: filled.collect(),
        along,
        acts: acts.iter().map(|act| words::act(Lang::En, &act.what, act.at, state)).collect(),
        title: deed.title,
        address: deed.address,
        back: deed.then,
        sample: deed.sample,
        effects: deed.effects,
    };
    private(StatusCode::OK, &page)
}
