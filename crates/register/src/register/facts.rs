//! Facts: what the node vouches for, such as that a key was destroyed. They are no permissions, so no norm is asked.
//!
//! What the log says of them is decided here, because when something is said can tell as much as what.

use model::act::{KeyRef, ObservationsDeleted};
use model::time::{MILLIS_PER_SECOND, SECONDS_PER_DAY};
use model::{Identifies, Month, ObservationsCounted, ObservationsEstimated, StreamId, Timestamp, What};

use super::{Receipt, Register, SubmitError, lock, own_act};
use crate::decide::Draft;
use crate::left::nothing_from;
use crate::state::State;

/// What the node itself reports: facts about keys and files, not permissions.
#[derive(Debug, Clone)]
pub enum Fact {
    /// A pseudonym key begins to live.
    KeyCreated(KeyRef),
    /// A pseudonym key was destroyed.
    KeyDestroyed(KeyRef),
    /// Of a stream nothing is left that was observed before an instant. To be told at every tick and for every stream,
    /// whether anything was there or not: the register decides when the log says so.
    ObservationsDeleted {
        /// Which stream.
        stream: StreamId,
        /// The instant.
        before: Timestamp,
        /// How many files went just now.
        files: u64,
    },
    /// What streams that may be counted brought in a month that is over, [`model::counted::STREAMS_COUNTED_MAX`] of them at most. What
    /// the log has of a stream and a month already is not said again, so that a crash between saying and noting counts nothing twice.
    ObservationsCounted(ObservationsCounted),
    /// What the other streams brought in a month that is over, in orders of magnitude; as many of them, and likewise once.
    ObservationsEstimated(ObservationsEstimated),
}

impl Register {
    /// Writes a fact down that the node itself vouches for. The receipt is empty if the log need not say it now.
    ///
    /// # Errors
    /// The journal could not commit.
    pub fn record(&self, fact: Fact) -> Result<Receipt, SubmitError> {
        // Most deletions need no act, and nobody should wait for the writer to learn that.
        let what = what_to_say(&self.state(), fact);
        let Some(what) = what else {
            self.believed_now()?;
            return Ok(Receipt { entries: Vec::new(), basis: self.state().size });
        };
        let mut writer = lock(&self.writer);
        self.catch_up(&mut writer)?;
        let state = State::clone(&self.state());
        let (at, first) = (self.writing_time(&state)?, state.size);
        let act = own_act(&state, at, None, what)?;
        self.commit(&mut writer, state, vec![Draft::plain(act)])?;
        Ok(Receipt { entries: vec![first], basis: first + 1 })
    }
}

/// What the log says of a fact; none if it need not say it now.
fn what_to_say(state: &State, fact: Fact) -> Option<What> {
    match fact {
        Fact::KeyCreated(key) => Some(What::KeyCreated(key)),
        Fact::KeyDestroyed(key) => Some(What::KeyDestroyed(key)),
        Fact::ObservationsDeleted { stream, before, files } => {
            deletion(state, stream, before, files).map(What::ObservationsDeleted)
        }
        Fact::ObservationsCounted(told) => counted(state, told).map(What::ObservationsCounted),
        Fact::ObservationsEstimated(told) => estimated(state, told).map(What::ObservationsEstimated),
    }
}

/// What the log says of a month in numbers: of streams that are about people or count them nothing, because how many observations came
/// says how many people were there, and no minimum and no noise has gone over it.
fn counted(state: &State, mut told: ObservationsCounted) -> Option<ObservationsCounted> {
    let month = told.month;
    told.streams.retain(|counted| untold(state, &counted.stream, month) == Some(true));
    (!told.streams.is_empty()).then_some(told)
}

/// What the log says of a month in orders of magnitude: of those of which no number may be told.
fn estimated(state: &State, mut told: ObservationsEstimated) -> Option<ObservationsEstimated> {
    let month = told.month;
    told.streams.retain(|estimated| untold(state, &estimated.stream, month) == Some(false));
    (!told.streams.is_empty()).then_some(told)
}

/// Whether the number itself may be told of a stream's month; none if the log knows no such stream, or has told of the month.
fn untold(state: &State, id: &StreamId, month: Month) -> Option<bool> {
    let (_, stream) = state.stream(id)?;
    state.counted_through.get(id).is_none_or(|told| *told < month).then(|| stream.may_be_counted())
}

/// What the log says of a deletion. Of a stream about people it is one act a day, with the day alone: how many files went,
/// when, and whether any did, would tell when somebody was observed. Of a deployment that has ended there is a last act that says of
/// each stream that nothing is left of it, whether a file went just then or long before.
fn deletion(state: &State, stream: StreamId, before: Timestamp, files: u64) -> Option<ObservationsDeleted> {
    let exactly = |stream| Some(ObservationsDeleted { stream, before, files: Some(files) });
    let Some((record, declared)) = state.stream(&stream) else { return exactly(stream).filter(|_| files > 0) };
    let told = state.deleted_before.get(&stream).copied().unwrap_or(Timestamp::UNIX_EPOCH);
    let over = nothing_from(state, record);
    if declared.identifies() == Identifies::Nobody {
        let last = record.standing.active_since.is_some() && over.is_some_and(|over| told < over && over <= before);
        return exactly(stream).filter(|_| files > 0 || last);
    }
    let day = before.millis() - before.millis().rem_euclid(i64::from(SECONDS_PER_DAY) * MILLIS_PER_SECOND);
    let day = Timestamp::from_millis(day);
    let collected = record.standing.active_since.is_some() && day > record.deployment.starts;
    // Once everything up to its end is gone there is nothing more to say.
    let more = told < day && over.is_none_or(|over| told < over);
    (collected && more).then_some(ObservationsDeleted { stream, before: day, files: None })
}
