//! A log against one signed head that somebody kept of it: what a city, a newspaper or anybody finds out who has no mirror.
//!
//! It never says that a log holds, which takes every entry; it says what two heads of one key prove against each other. Nothing is
//! written.

use model::{PartyId, Timestamp};
use tlog::audit::LogSource;
use tlog::checkpoint;
use tlog::{NoteError, Vkey};

use super::{Evidence, Said};
use crate::mirror::{Trouble, continues, signed_head};

/// Holds the head that a log serves against one that was kept of it; gives the evidence if both cannot be of one log that only grows.
///
/// # Errors
/// Nothing is proved either way: a head was not had or is not signed by the key, or the tiles do not lead to it.
pub fn since(
    source: &dyn LogSource,
    city: &PartyId,
    key: &str,
    known: &str,
    now: Timestamp,
) -> Result<Option<Evidence>, Trouble> {
    let vkey: Vkey = key.parse().map_err(|error: NoteError| Trouble::Head(error.into()))?;
    let before = checkpoint::verify(known, &vkey).map_err(Trouble::Head)?;
    let (note, head) = signed_head(key, source)?;
    let said = if head.size < before.size {
        Some(Said::RolledBack { larger: known.to_owned(), smaller: note })
    } else if head.size == before.size {
        (head.root != before.root).then(|| Said::TwoRoots { first: known.to_owned(), second: note })
    } else {
        continues(source, &before, known, &head, &note)?
    };
    Ok(said.map(|said| Evidence { city: city.clone(), key: key.to_owned(), noted: now, said }))
}
