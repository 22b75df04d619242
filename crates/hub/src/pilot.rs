//! Pilots by replay: a draft of a standard is put to the recorded history of a city before anybody adopts it.
//!
//! A city's log says what was done and as things stood when it was done, so that other policies can be asked the same. From the
//! public log anybody works out the same report; at the city the journal's disclosure records are asked one by one as well. Nothing
//! is changed by it, and nothing is guessed: what a log does not tell is counted as such.

mod acts;
mod disclosed;
mod draft;
mod flows;
pub mod live;
mod public;
mod replay;
mod report;
mod silences;
mod words;
mod work;

#[cfg(test)]
mod tests;

use journal::{JournalError, SqliteReader};
use model::DisclosureRecord;
use register::audit::{AuditFailure, audit_before};
use register::state::ApplyError;
use tlog::audit::LogSource;

pub use draft::Draft;
pub use public::{MINIMUM, for_the_public};
pub use replay::{BUNDLES_MAX, Begin, LOOKS_MAX, Records, Replay};
pub use report::{
    Act, ByNorm, Counts, Disclosure, Duty, Example, Flow, Kind, Line, Outcome, Paper, Report, Seen, Stop, Work,
};
pub use words::in_words;
pub use work::Minutes;

/// How many disclosure records are read at a time.
const READ_AT_ONCE: usize = 4_096;

/// Why a draft cannot be tried on a history.
#[derive(Debug, thiserror::Error)]
pub enum PilotError {
    /// The log does not hold together, or the journal is not that of the log.
    #[error(transparent)]
    Log(#[from] AuditFailure),
    /// The draft does not stand with the policies that the city had.
    #[error("the draft cannot stand with the policies that entry {entry} adopted: {why}")]
    Draft {
        /// The entry that adopted them.
        entry: u64,
        /// Why.
        why: String,
    },
    /// The same history does not fold under the draft: a defect of this software.
    #[error("the history does not fold with the draft in it: {0}")]
    Fold(#[from] ApplyError),
    /// The history keeps a replay busy for longer than it takes.
    #[error("up to entry {0} the history asks for more looks at deployments, streams and grants than a replay takes")]
    TooMuch(u64),
    /// The history has more in use at a time than a replay holds in memory.
    #[error(
        "up to entry {0} the history has more policies, or more stretches of grants, in use at a time than a replay holds"
    )]
    TooMuchHeld(u64),
    /// It takes longer than whoever asked gave it.
    #[error("up to entry {0} the history took all the time that there was for it")]
    TooLong(u64),
    /// The records of disclosures could not be read.
    #[error("the disclosure records: {0}")]
    Journal(#[from] JournalError),
    /// A record of disclosure is not one that this software wrote.
    #[error("the disclosure record {0} cannot be read")]
    Record(u64),
}

/// Tries a draft on a public log: whoever has its files gets the same report.
///
/// # Errors
/// The log does not hold, or the draft does not stand with what the city had in force.
pub fn outside(
    source: &dyn LogSource,
    key: Option<&str>,
    draft: &Draft,
    minutes: &Minutes,
) -> Result<Report, PilotError> {
    outside_with(source, key, minutes, || Replay::new(draft, None))
}

/// The same by a replay that has limits of its own.
///
/// # Errors
/// As [`outside`].
pub(crate) fn outside_with<'a>(
    source: &dyn LogSource,
    key: Option<&str>,
    minutes: &Minutes,
    replay: impl Fn() -> Replay<'a>,
) -> Result<Report, PilotError> {
    let (audit, replay) = audit_before(source, key, None, replay)?;
    replay.finish(&audit.state, audit.log.root, minutes)
}

/// Tries a draft on a log at the city itself: the journal is held against the log first, and each disclosure record is asked by
/// itself.
///
/// # Errors
/// The log or the journal does not hold, or the draft does not stand with what the city had in force.
pub fn inside(
    source: &dyn LogSource,
    journal: &SqliteReader,
    draft: &Draft,
    minutes: &Minutes,
) -> Result<Report, PilotError> {
    let (audit, replay) = audit_before(source, None, None, || Replay::new(draft, Some(records_of(journal))))?;
    let audit = audit.inside(journal, source)?;
    replay.finish(&audit.state, audit.log.root, minutes)
}

/// Every disclosure record of a journal, in order.
pub fn records_of(journal: &SqliteReader) -> Records<'_> {
    let mut next = Some(0);
    let chunks = std::iter::from_fn(move || {
        let from = next?;
        let read = match journal.records(from, READ_AT_ONCE) {
            Ok(read) => read,
            Err(error) => {
                next = None;
                return Some(vec![Err(PilotError::from(error))]);
            }
        };
        next = read.last().map(|(seq, _)| seq + 1);
        let parse = |(seq, bytes): (u64, Vec<u8>)| {
            serde_json::from_slice::<DisclosureRecord>(&bytes).map_err(|_| PilotError::Record(seq))
        };
        next.map(|_| read.into_iter().map(parse).collect::<Vec<_>>())
    });
    Box::new(chunks.flatten())
}
