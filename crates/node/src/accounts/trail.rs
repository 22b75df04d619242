//! Who did what in a party's name: noted beside the log before it is done, and what came of it afterwards.
//!
//! The log knows the party alone. What is noted here can be erased with the account.

use journal::accounts::Deed;
use model::PartyId;

use super::{AccountError, Accounts};

/// The most that one page shows of what was done.
const TRAIL_MAX: usize = 200;

/// What was done in a party's name, a page of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Trail {
    /// The newest first.
    pub(crate) deeds: Vec<Deed>,
    /// Before which note the next page begins, if there are older ones.
    pub(crate) older: Option<u64>,
}

impl Accounts {
    /// Notes that somebody is about to do something.
    pub(crate) fn begin(&self, deed: &Deed) -> Result<u64, AccountError> {
        Ok(self.held()?.store()?.begin(deed)?)
    }

    /// Adds to a note what came of it: first and last entry, or that it was nothing.
    pub(crate) fn settle(&self, note: u64, entries: Option<(u64, u64)>) -> Result<(), AccountError> {
        let mut held = self.held()?;
        let store = held.store()?;
        match entries {
            Some(entries) => store.finish(note, entries)?,
            None => store.forget(note)?,
        }
        Ok(())
    }

    /// A page of what was done in a party's name: the newest, or what came before a note.
    pub(crate) fn trail(&self, party: &PartyId, before: Option<u64>) -> Result<Trail, AccountError> {
        // One more than is shown tells whether there are older ones.
        let mut read = self.held()?.store()?.trail(party.as_str(), before, TRAIL_MAX + 1)?;
        let more = read.len() > TRAIL_MAX;
        read.truncate(TRAIL_MAX);
        let older = read.last().map(|(note, _)| *note).filter(|_| more);
        Ok(Trail { deeds: read.into_iter().map(|(_, deed)| deed).collect(), older })
    }
}
