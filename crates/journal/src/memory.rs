//! A journal in memory, for tests: the same rules, no disk.

use std::collections::BTreeMap;

use tlog::{RightEdge, leaf_hash};

use crate::{DisclosureLedger, Entry, Head, Journal, JournalError, NewEntry, Payload, check};

/// A journal that is gone when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    entries: Vec<Vec<u8>>,
    payloads: BTreeMap<u64, Payload>,
    records: Vec<Vec<u8>>,
    edge: RightEdge,
}

impl MemoryJournal {
    /// An empty journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Journal for MemoryJournal {
    fn head(&self) -> Head {
        Head { size: self.edge.size(), root: self.edge.root() }
    }

    fn settle(&mut self) -> Result<Head, JournalError> {
        Ok(self.head())
    }

    fn append(&mut self, expected: &Head, batch: &[NewEntry]) -> Result<Head, JournalError> {
        check(batch)?;
        let actual = self.head();
        if actual != *expected {
            return Err(JournalError::Conflict { actual });
        }
        for entry in batch {
            if let Some(payload) = &entry.payload {
                self.payloads.insert(self.edge.size(), Payload::Present(payload.clone()));
            }
            self.edge.push(leaf_hash(&entry.bytes));
            self.entries.push(entry.bytes.clone());
        }
        Ok(self.head())
    }

    fn read(&self, from: u64, limit: usize) -> Result<Vec<Entry>, JournalError> {
        let numbered = (0_u64..).zip(&self.entries).filter(|(index, _)| *index >= from).take(limit);
        Ok(numbered.map(|(index, bytes)| Entry { index, bytes: bytes.clone() }).collect())
    }

    fn payload(&self, index: u64) -> Result<Payload, JournalError> {
        Ok(self.payloads.get(&index).cloned().unwrap_or(Payload::None))
    }

    fn erase(&mut self, index: u64) -> Result<(), JournalError> {
        if let Some(payload) = self.payloads.get_mut(&index) {
            *payload = Payload::Erased;
        }
        Ok(())
    }
}

impl DisclosureLedger for MemoryJournal {
    fn next_seq(&self) -> u64 {
        self.records.len() as u64
    }

    fn record(&mut self, expected: u64, records: &[Vec<u8>]) -> Result<u64, JournalError> {
        if expected != self.next_seq() {
            return Err(JournalError::Conflict { actual: self.head() });
        }
        self.records.extend_from_slice(records);
        Ok(self.next_seq())
    }

    fn records(&self, from: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, JournalError> {
        let numbered = (0_u64..).zip(&self.records).filter(|(seq, _)| *seq >= from).take(limit);
        Ok(numbered.map(|(seq, bytes)| (seq, bytes.clone())).collect())
    }
}
