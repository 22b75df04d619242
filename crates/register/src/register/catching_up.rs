//! Following the journal where it went on without this process.
//!
//! That happens after a commit of unknown outcome, and if another process wrote. Nothing is ever decided on a state that is
//! not the journal's: either the missing entries are folded in, or nothing more is written.

use std::sync::Arc;

use journal::{Head, Journal, JournalError};
use model::Act;
use tlog::{RightEdge, leaf_hash};

use super::start::{OpenError, assemble_as_adopted};
use super::{Register, SubmitError, Writer};
use crate::state::State;

/// How many entries are read at a time.
const READ_ENTRIES: usize = 1_000;

/// Why the journal cannot be followed; every waiting submission is told.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Lost {
    /// It could not be read.
    #[error("{0}")]
    Journal(Arc<JournalError>),
    /// It says something that does not follow.
    #[error("{0}")]
    Behind(String),
}

impl From<Lost> for SubmitError {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Journal(error) => Self::Journal(error),
            Lost::Behind(why) => Self::Behind(why),
        }
    }
}

impl Register {
    /// Makes the state the journal's own, before anything is decided on it.
    pub(super) fn catch_up(&self, writer: &mut Writer) -> Result<(), Lost> {
        let head = writer.store.settle().map_err(|error| Lost::Journal(Arc::new(error)))?;
        if head == writer.head() {
            return Ok(());
        }
        let (mut state, mut edge, mut rules) = (State::clone(&self.state()), writer.edge.clone(), self.rules_now());
        follow(writer.store.as_ref(), &mut state, &mut edge, |act, _| {
            if let Some((hash, text)) = act.what.adopts() {
                rules = Some(assemble_as_adopted(text, hash)?);
            }
            Ok(())
        })
        .map_err(|error| Lost::Behind(error.to_string()))?;
        if (Head { size: edge.size(), root: edge.root() }) != head {
            return Err(Lost::Behind(format!("its {} entries are not those that were here before", head.size)));
        }
        writer.edge = edge;
        self.switch(state, rules);
        Ok(())
    }
}

/// Folds in every entry of a journal that a state does not hold yet, and tells of each act and the tree so far.
pub(super) fn follow<J: Journal + ?Sized>(
    journal: &J,
    state: &mut State,
    edge: &mut RightEdge,
    mut told: impl FnMut(&Act, &RightEdge) -> Result<(), OpenError>,
) -> Result<(), OpenError> {
    loop {
        let read = journal.read(state.size, READ_ENTRIES)?;
        if read.is_empty() {
            return Ok(());
        }
        for entry in read {
            let act = Act::from_bytes(&entry.bytes).map_err(|error| OpenError::Act { entry: entry.index, error })?;
            state.apply(&act)?;
            edge.push(leaf_hash(&entry.bytes));
            told(&act, edge)?;
        }
    }
}
