//! Disclosure: a grant's plan decides, released rows are gathered, the record is durable, then the rows leave.
//!
//! Nothing here reads an observation on behalf of somebody outside, but for views of single records, whose release is
//! the record itself: those are about nobody, or stand under a named order.

mod rows;

use std::sync::Arc;

use lake::LakeError;
use model::{
    DisclosureRecord, Exposure, Noise, PartyId, PartyKind, PolicyId, Purpose, Span, StreamId, Timestamp, View, ViewId,
    Window,
};
use norms::{Decision, DiscloseFast, DiscloseQuestion};
use register::{State, SubmitError};
use serde::{Deserialize, Serialize};

use crate::city::City;
use crate::ingest::Problem;
use crate::plans::{GrantReady, Plans};

pub(crate) use rows::sensors;
pub use rows::{Cell, Row};

/// The most rows of one answer.
pub const ROWS_MAX: usize = 1_000_000;
/// The party that everybody is.
pub const PUBLIC: &str = "public";

/// What somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Who asks.
    pub recipient: PartyId,
    /// What for.
    pub purpose: Purpose,
    /// Of which stream.
    pub stream: StreamId,
    /// Under which view; the grant's if none is named.
    pub view: Option<ViewId>,
    /// From when; as far back as the view reaches if not said.
    pub from: Option<Timestamp>,
    /// Until when; up to now if not said.
    pub to: Option<Timestamp>,
    /// The party that authorised it, where a norm asks for a senior one. Whoever hands this over has made sure that the
    /// party said so itself; what party may is decided here.
    pub authorised_by: Option<PartyId>,
}

/// Why nothing is disclosed.
#[derive(Debug, thiserror::Error)]
pub enum DiscloseError {
    /// No such stream or view.
    #[error("there is no {kind} `{id}` in the register")]
    Unknown {
        /// `stream`, `view`, `party`.
        kind: &'static str,
        /// The id.
        id: String,
    },
    /// Several views are granted and none was named.
    #[error("several views are granted for this purpose; name one of: {0}")]
    Which(String),
    /// The norms refuse.
    #[error(transparent)]
    Refused(#[from] norms::Refusal),
    /// The party that is said to have authorised it cannot.
    #[error(
        "`{0}` cannot authorise this; it takes a registered party of the police or an officer, other than the one who asks"
    )]
    Authorisation(PartyId),
    /// The stretch of time is empty or the answer too long.
    #[error("{0}")]
    Window(String),
    /// The lake could not be read.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// A place by which its view counts has no area any more.
    #[error(transparent)]
    Places(#[from] privacy::ReleaseError),
    /// The record could not be made durable, so nothing left.
    #[error("nothing was disclosed, because the record of it could not be written: {0}")]
    Record(#[from] SubmitError),
    /// There are no policies in force.
    #[error("no policies are in force, so nothing is disclosed")]
    NoPolicies,
}

impl DiscloseError {
    /// How to tell it.
    #[must_use]
    pub const fn kind(&self) -> Problem {
        match self {
            Self::Unknown { .. } => Problem::NotFound,
            Self::Which(_) | Self::Window(_) => Problem::BadRequest,
            Self::Refused(_) | Self::Authorisation(_) => Problem::Forbidden,
            Self::Lake(_) | Self::Places(_) | Self::Record(_) | Self::NoPolicies => Problem::Unavailable,
        }
    }
}

/// Released rows as they are handed over, with the record of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The rows; withheld cells are not among them.
    pub rows: Vec<Row>,
    /// How many cells of the grid were withheld, empty ones included: sensors or cells × closed windows, less the rows.
    pub withheld: u64,
    /// The fewest distinct units behind each cell.
    pub minimum: u32,
    /// The noise on each number.
    pub noise: Noise,
    /// By how much chance moves nineteen of twenty numbers at most, where counts have noise; what is below the minimum is left
    /// out after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<u32>,
    /// From which number on ways with noise are shown, where that is more than the minimum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<i64>,
    /// What the view shows, in words.
    pub view_title: String,
    /// How the view shows it: what the rows are, and what their values measure.
    pub exposure: Exposure,
    /// The record of this disclosure; its number is contiguous, and its bytes are in the log's next batch.
    pub record: DisclosureRecord,
    /// The record's SHA-256, signed by the log's key as a note: proof that it was made.
    pub receipt: String,
}

/// Something that may leave. Only [`City::disclose`] makes one, after the record of it is durable.
#[derive(Debug)]
pub struct Disclosed<T>(T);

impl<T> Disclosed<T> {
    /// What may leave.
    pub const fn get(&self) -> &T {
        &self.0
    }
}

impl City {
    /// Answers a question from released rows, if a grant and the norms allow it.
    ///
    /// # Errors
    /// Why nothing is disclosed.
    pub fn disclose(&self, asked: &Asked) -> Result<Disclosed<Answer>, DiscloseError> {
        let outcome = self.answer(asked);
        // Names that somebody made up are not counted by: the numbers would grow with every one.
        if !matches!(outcome, Err(DiscloseError::Unknown { kind: "stream", .. })) {
            self.counters.add(&asked.stream, |counts| match &outcome {
                Ok(_) => counts.disclosures += 1,
                Err(_) => counts.disclosures_refused += 1,
            });
        }
        outcome.map(Disclosed)
    }

    fn answer(&self, asked: &Asked) -> Result<Answer, DiscloseError> {
        let Ready { state, now, ready, senior_authorisation } = self.ready(asked)?;
        let window = asked_window(asked, &ready.view, now)?;
        let fast = DiscloseFast { now, oldest: now.since(window.start), senior_authorisation };
        let because = decided(&ready, &fast)?;
        let under = state.policy.as_ref().map(|policy| policy.hash).ok_or(DiscloseError::NoPolicies)?;
        let gathered = self.gather(&state, &ready.view, window, now)?;
        let content = rows::digest(&gathered.rows);
        let grant = &ready.grant.grant;
        let record = self.register.record_disclosure(|seq, salt| DisclosureRecord {
            seq,
            salt,
            at: now,
            recipient: asked.recipient.clone(),
            purpose: asked.purpose,
            grant: grant.id.clone(),
            stream: grant.stream.clone(),
            view: grant.view.clone(),
            version: ready.view.version,
            window,
            rows: gathered.rows.len() as u64,
            withheld: gathered.withheld,
            content,
            because,
            under,
            authorised_by: asked.authorised_by.clone(),
        })?;
        let receipt = self.register.receipt(&record)?;
        let stream = state.stream(&grant.stream).map(|(_, stream)| stream);
        let within = stream.and_then(|stream| privacy::release::within(&ready.view, stream));
        let threshold = stream.and_then(|stream| privacy::release::threshold(&ready.view, stream));
        let View { minimum, noise, title: view_title, exposure, .. } = View::clone(&ready.view);
        let (rows, withheld, minimum) = (gathered.rows, gathered.withheld, minimum.0);
        Ok(Answer { rows, withheld, minimum, noise, within, threshold, view_title, exposure, record, receipt })
    }

    /// Whether a question of the newest rows would be answered now. Nothing leaves, and nothing is recorded.
    ///
    /// # Errors
    /// Why it would not.
    pub fn may(&self, asked: &Asked) -> Result<(), DiscloseError> {
        let Ready { now, ready, senior_authorisation, .. } = self.ready(asked)?;
        decided(&ready, &DiscloseFast { now, oldest: Span::ZERO, senior_authorisation }).map(drop)
    }

    /// The grant that a question falls under now, with everything that its plan is asked with.
    pub(crate) fn ready(&self, asked: &Asked) -> Result<Ready, DiscloseError> {
        let state = self.register.state();
        let now = self.register.now();
        let plans = self.planner.current(&self.register, &self.orders);
        if !state.streams.contains_key(&asked.stream) {
            return Err(DiscloseError::Unknown { kind: "stream", id: asked.stream.to_string() });
        }
        let senior_authorisation = authorised(&state, asked)?;
        let Some(ready) = grant_for(&plans, asked, now)? else {
            return Err(self.refusal_without_grant(&state, asked, now));
        };
        Ok(Ready { state, now, ready: Arc::clone(ready), senior_authorisation })
    }

    /// Without a grant the answer is no; the norms say in words why.
    fn refusal_without_grant(&self, state: &State, asked: &Asked, now: Timestamp) -> DiscloseError {
        let unknown = |kind, id: &dyn std::fmt::Display| DiscloseError::Unknown { kind, id: id.to_string() };
        let Some(bundle) = self.register.bundle() else { return DiscloseError::NoPolicies };
        let Some(recipient) = state.parties.get(&asked.recipient) else { return unknown("party", &asked.recipient) };
        let Some((record, stream)) = state.stream(&asked.stream) else { return unknown("stream", &asked.stream) };
        let named = |view: &&View| asked.view.as_ref().is_none_or(|id| id == &view.id);
        let Some(view) = state.views_of(&asked.stream).find(named) else {
            return unknown("view", asked.view.as_ref().map_or(&asked.stream as &dyn std::fmt::Display, |id| id));
        };
        let question = DiscloseQuestion {
            recipient: &recipient.party,
            grant: None,
            view,
            record,
            stream,
            order: None,
            purpose: asked.purpose,
            founder: state.founder(),
            around: &register::circumstances::of_deployment(state, record, now),
        };
        let senior_authorisation = asked.authorised_by.is_some();
        let fast = DiscloseFast { now, oldest: Span::ZERO, senior_authorisation };
        match bundle.decide_disclose(&question, &fast) {
            Decision::Refused(refusal) => refusal.into(),
            // The policies would allow it, but there is no agreement to number and log it under.
            Decision::Allowed(_) => DiscloseError::Refused(norms::Refusal::no_grant()),
        }
    }
}

/// A grant whose plan is about to be asked.
pub(crate) struct Ready {
    pub(crate) state: Arc<State>,
    pub(crate) now: Timestamp,
    pub(crate) ready: Arc<GrantReady>,
    pub(crate) senior_authorisation: bool,
}

/// What the plan of a grant says: the policies that allow it, or a refusal.
pub(crate) fn decided(ready: &GrantReady, fast: &DiscloseFast) -> Result<Vec<PolicyId>, DiscloseError> {
    match ready.plan.decide(fast) {
        Decision::Allowed(grounds) => Ok(grounds.policies),
        Decision::Refused(refusal) => Err(refusal.into()),
    }
}

/// Whether a senior party authorised the question: one of the police or an officer, and never the asker itself.
fn authorised(state: &State, asked: &Asked) -> Result<bool, DiscloseError> {
    let Some(by) = &asked.authorised_by else { return Ok(false) };
    let senior = state.parties.get(by).map(|record| record.party.kind);
    let senior = matches!(senior, Some(PartyKind::LawEnforcement | PartyKind::Officer));
    if senior && *by != asked.recipient { Ok(true) } else { Err(DiscloseError::Authorisation(by.clone())) }
}

/// The grant that a question falls under: the asker's own, or one to everybody.
fn grant_for<'p>(
    plans: &'p Plans,
    asked: &Asked,
    now: Timestamp,
) -> Result<Option<&'p Arc<GrantReady>>, DiscloseError> {
    let fits = |ready: &&Arc<GrantReady>, recipient: &str| {
        let grant = &ready.grant.grant;
        grant.recipient.as_str() == recipient
            && grant.stream == asked.stream
            && grant.purpose == asked.purpose
            && asked.view.as_ref().is_none_or(|view| view == &grant.view)
            && ready.grant.in_force(now)
    };
    for recipient in [asked.recipient.as_str(), PUBLIC] {
        let found: Vec<&Arc<GrantReady>> = plans.grants().filter(|ready| fits(ready, recipient)).collect();
        let mut views: Vec<&str> = found.iter().map(|ready| ready.grant.grant.view.as_str()).collect();
        views.sort_unstable();
        views.dedup();
        if views.len() > 1 {
            return Err(DiscloseError::Which(views.join(", ")));
        }
        if let Some(first) = found.first() {
            return Ok(Some(first));
        }
    }
    Ok(None)
}

/// The stretch of time that a question covers, cut to what the view shows now.
pub(crate) fn asked_window(asked: &Asked, view: &View, now: Timestamp) -> Result<Window, DiscloseError> {
    let newest = now - view.delay.0;
    let start = asked.from.unwrap_or(Timestamp::UNIX_EPOCH).max(now - view.depth.0);
    let end = asked.to.unwrap_or(newest).min(newest);
    if start >= end {
        return Err(DiscloseError::Window(format!(
            "nothing to show: this view reaches back {} and holds back {}",
            view.depth.0.in_words(),
            if view.delay.0 == Span::ZERO { "nothing".to_owned() } else { view.delay.0.in_words() },
        )));
    }
    Ok(Window { start, end })
}
