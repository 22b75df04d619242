//! Inquiries of residents: received without asking a norm, because asking needs nobody's leave.
//!
//! The log says that the city was asked, of which kind and about what. The words and the contact are sealed. How many are taken
//! in a day is bounded, so that nobody can fill a log that stays for ever.

use model::entropy::NoEntropy;
use model::inquiry::{InquiryKind, InquiryReceived};
use model::{Digest, Evidence, EvidenceId, Fields, Moment, Sealed, SealedFields, Span, Subject, Timestamp, What};

use super::{Register, SubmitError, lock, own_act};
use crate::decide::Draft;
use crate::sealing::{INQUIRY_FIELDS, SealError, open, seal};
use crate::state::State;

/// The most inquiries that a city takes in 24 hours.
pub const INQUIRIES_DAY_MAX: usize = 500;
/// The longest that somebody can write, in characters.
pub const WORDS_CHARS_MAX: usize = 4_000;

/// What somebody asks. Their words and contact are in no debug text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inquiry {
    /// Of which kind.
    pub kind: InquiryKind,
    /// About what: the city or a deployment.
    pub about: Subject,
    /// `words`, `contact-name`, `contact-mail`.
    pub fields: Fields,
}

/// Why an inquiry is not taken, or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum InquiryError {
    /// It is about nothing that is registered.
    #[error("there is no such deployment in the register")]
    Unknown,
    /// Nothing was written, or too much.
    #[error("write at least a few words, and no more than {WORDS_CHARS_MAX} characters")]
    Words,
    /// There were too many today.
    #[error("the city has taken {INQUIRIES_DAY_MAX} inquiries in 24 hours, which is all it takes; try again tomorrow")]
    TooMany,
    /// It could not be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// No randomness.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// It could not be written.
    #[error(transparent)]
    Submit(#[from] SubmitError),
}

impl Register {
    /// Takes an inquiry; gives the id under which it is found. Durable when this returns.
    ///
    /// # Errors
    /// It is not taken, and nothing was written.
    pub fn receive(&self, inquiry: &Inquiry) -> Result<EvidenceId, InquiryError> {
        let words = inquiry.fields.0.get("words").and_then(Option::as_deref).unwrap_or_default();
        if words.trim().chars().nth(2).is_none() || words.chars().count() > WORDS_CHARS_MAX {
            return Err(InquiryError::Words);
        }
        let mut writer = lock(&self.writer);
        self.catch_up(&mut writer).map_err(SubmitError::from)?;
        let state = State::clone(&self.state());
        let at = self.writing_time(&state)?;
        if taken_since(&state, at - Span::hours(24)) >= INQUIRIES_DAY_MAX {
            return Err(InquiryError::TooMany);
        }
        let known = match &inquiry.about {
            Subject::City => true,
            Subject::Deployment { id } => state.deployments.contains_key(id),
            Subject::Device { .. } => false,
        };
        let founder = state.founder().cloned().filter(|_| known).ok_or(InquiryError::Unknown)?;
        // Random, so that an address is found only by whoever was given it, or reads the whole log.
        let id = Digest::new(self.entropy.bytes32()?).to_string();
        let id =
            EvidenceId::new(&format!("asked-{}", id.get(..16).unwrap_or(&id))).map_err(|_| InquiryError::Unknown)?;
        let (sealed, payload) = seal(&inquiry.fields, &INQUIRY_FIELDS, self.entropy.as_ref())?;
        let evidence = Evidence {
            id: id.clone(),
            about: inquiry.about.clone(),
            kind: self.asked_as(inquiry.kind).parse().map_err(|_| InquiryError::Unknown)?,
            on: at,
            until: None,
            signed_by: founder,
            summary: summary(inquiry.kind).to_owned(),
            document: None,
            answers: None,
        };
        let received = InquiryReceived { kind: inquiry.kind, evidence, sealed };
        let act = own_act(&state, at, None, What::InquiryReceived(received))?;
        self.commit(&mut writer, state, vec![Draft { act, payload: Some(payload) }])?;
        Ok(id)
    }

    /// The kind of evidence that an inquiry is: the first from which a duty in force counts, else the one that always fits.
    fn asked_as(&self, kind: InquiryKind) -> &'static str {
        let rules = self.rules();
        let counts = |asked: &str| {
            let mut duties = rules.iter().flat_map(|rules| rules.clocks.duties());
            duties.any(|duty| matches!(&duty.from, Moment::Evidence(from) if from.as_str() == asked))
        };
        let asked = kind.asked();
        asked.iter().find(|asked| counts(asked)).or(asked.last()).copied().unwrap_or_default()
    }

    /// What somebody wrote, for those inside the city who answer it; none if there is no such inquiry.
    ///
    /// # Errors
    /// The journal could not be read, or what it holds is not what the log committed to.
    pub fn inquiry(&self, id: &EvidenceId) -> Result<Option<Sealed<Fields>>, InquiryError> {
        let Some(record) = self.state().inquiries.get(id).cloned() else { return Ok(None) };
        self.opened(record.entry, &record.sealed).map(Some)
    }

    /// What lies sealed beside an entry, held against what its act committed to.
    pub(super) fn opened(&self, entry: u64, sealed: &SealedFields) -> Result<Sealed<Fields>, InquiryError> {
        let payload = self.payload(entry).map_err(|error| SubmitError::Journal(std::sync::Arc::new(error)))?;
        match payload {
            journal::Payload::Present(bytes) => Ok(Sealed::Present(open(&bytes, sealed)?)),
            journal::Payload::Erased => Ok(Sealed::Erased),
            journal::Payload::None => Err(SealError::Damaged.into()),
        }
    }
}

/// What the log says of an inquiry in words.
const fn summary(kind: InquiryKind) -> &'static str {
    match kind {
        InquiryKind::Question => "A resident asked a question.",
        InquiryKind::Correction => "A resident reported an error in the register.",
        InquiryKind::Objection => "A resident objected.",
        InquiryKind::OwnData => "A resident asked for their own data.",
        InquiryKind::Comment => "A resident commented.",
    }
}

fn taken_since(state: &State, since: Timestamp) -> usize {
    state.inquiries.values().filter(|record| record.at > since).count()
}
