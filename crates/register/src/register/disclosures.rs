//! Disclosure records: a contiguous number each, durable before the rows leave, batched into the log.

use std::collections::{BTreeMap, BTreeSet};

use model::act::{Disclosed, DisclosuresBatched};
use model::{Digest, DisclosureRecord, Seq, Span, Timestamp, ViewVersion, What, Window};
use tlog::{leaf_hash, merkle_root};

use super::{Register, SubmitError, lock, own_act};
use crate::decide::Draft;
use crate::state::{DisclosedKey, State};

/// The first line of a receipt: no checkpoint has it, so that one is never taken for the other.
const RECEIPT: &str = "ordinance/disclosure-receipt/v1";
/// The most records that are batched at a time; the rest is batched at the next tick.
const BATCH_RECORDS_MAX: usize = 100_000;
/// The most different terms whose sums one batch holds: with the longest ids their act stays below 64 KiB.
const BATCH_TERMS_MAX: usize = 128;

impl Register {
    /// Numbers a disclosure and makes its record durable, with the number and the salt that `make` is given. Only when this
    /// returns may the rows leave.
    ///
    /// # Errors
    /// The record could not be written; nothing may leave.
    pub fn record_disclosure(
        &self,
        make: impl FnOnce(Seq, Digest) -> DisclosureRecord,
    ) -> Result<DisclosureRecord, SubmitError> {
        let mut writer = lock(&self.writer);
        self.catch_up(&mut writer)?;
        self.believed_now()?;
        let seq = writer.store.next_seq();
        let salt = Digest::new(self.entropy.bytes32().map_err(|error| SubmitError::Act(error.to_string()))?);
        let record = make(Seq(seq), salt);
        let bytes = serde_json::to_vec(&record).map_err(|error| SubmitError::Act(error.to_string()))?;
        // If the commit failed in a way that leaves its outcome open, the rows do not leave. Then there may be a record of
        // a disclosure that was not, which harms nobody; the other way round is what must never be.
        writer.store.record(seq, &[bytes]).map_err(std::sync::Arc::new)?;
        Ok(record)
    }

    /// The receipt of a disclosure: its number and its record's hash, signed by the log's key as a C2SP note.
    ///
    /// # Errors
    /// It could not be signed.
    pub fn receipt(&self, record: &DisclosureRecord) -> Result<String, SubmitError> {
        let bytes = serde_json::to_vec(record).map_err(|error| SubmitError::Act(error.to_string()))?;
        let text = format!("{RECEIPT}\nseq {}\nrecord {}\n", record.seq.0, leaf_hash(&bytes));
        let note = lock(&self.writer).publisher.sign(&text);
        note.map_err(|error| SubmitError::Act(error.to_string()))
    }

    /// The number that the next disclosure gets at the least: others may come before it.
    #[must_use]
    pub fn next_disclosure(&self) -> Seq {
        Seq(lock(&self.writer).store.next_seq())
    }

    /// The records from a number on, as they were written.
    ///
    /// # Errors
    /// The journal could not be read, or holds a record of other software.
    pub fn disclosure_records(&self, from: Seq, limit: usize) -> Result<Vec<DisclosureRecord>, SubmitError> {
        let records = lock(&self.writer).store.records(from.0, limit).map_err(std::sync::Arc::new)?;
        let parse = |(_, bytes): (u64, Vec<u8>)| serde_json::from_slice(&bytes);
        records.into_iter().map(parse).collect::<Result<_, _>>().map_err(|error| SubmitError::Act(error.to_string()))
    }

    /// Batches every record that no batch holds yet into one act. Gives how many those were.
    ///
    /// # Errors
    /// The journal could not be read or committed to.
    pub fn batch_disclosures(&self) -> Result<u64, SubmitError> {
        let mut writer = lock(&self.writer);
        self.catch_up(&mut writer)?;
        let state = State::clone(&self.state());
        let stored = writer.store.records(state.next_disclosure.0, BATCH_RECORDS_MAX).map_err(std::sync::Arc::new)?;
        if stored.is_empty() {
            return Ok(0);
        }
        let at = self.writing_time(&state)?;
        let unreadable = |error: serde_json::Error| SubmitError::Act(error.to_string());
        let mut drafts = Vec::new();
        for run in runs(&stored).map_err(unreadable)? {
            if let Some(batch) = batch_of(run, &state).map_err(unreadable)? {
                drafts.push(Draft::plain(own_act(&state, at, None, What::DisclosuresBatched(batch))?));
            }
        }
        self.commit(&mut writer, state, drafts)?;
        Ok(stored.len() as u64)
    }
}

/// A record's number and its bytes.
type Stored = (u64, Vec<u8>);

/// Cuts records into runs whose batches fit into an act each.
fn runs(mut stored: &[Stored]) -> Result<Vec<&[Stored]>, serde_json::Error> {
    let mut runs = Vec::new();
    while !stored.is_empty() {
        let (mut terms, mut end) = (BTreeSet::new(), 0);
        for (_, bytes) in stored {
            terms.insert(Terms::of(&serde_json::from_slice(bytes)?));
            if terms.len() > BATCH_TERMS_MAX {
                break;
            }
            end += 1;
        }
        let (run, rest) = stored.split_at(end);
        runs.push(run);
        stored = rest;
    }
    Ok(runs)
}

/// What a disclosure is summed under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Terms(DisclosedKey, ViewVersion);

impl Terms {
    fn of(record: &DisclosureRecord) -> Self {
        let key = DisclosedKey {
            recipient: record.recipient.clone(),
            purpose: record.purpose,
            stream: record.stream.clone(),
            view: record.view.clone(),
        };
        Self(key, record.version)
    }
}

/// The batch of a run of stored records; none for no record. The audit recomputes it, so that it may depend on nothing of
/// the register that changes: only on what the streams were declared to be.
///
/// # Errors
/// A record is not one that this software wrote.
pub fn batch_of(stored: &[(u64, Vec<u8>)], state: &State) -> Result<Option<DisclosuresBatched>, serde_json::Error> {
    let (Some((first, _)), Some((last, _))) = (stored.first(), stored.last()) else { return Ok(None) };
    let mut totals: BTreeMap<Terms, Disclosed> = BTreeMap::new();
    let mut span: Option<(Timestamp, Timestamp)> = None;
    for (_, bytes) in stored {
        let record: DisclosureRecord = serde_json::from_slice(bytes)?;
        let (start, end) = span.unwrap_or((record.at, record.at));
        span = Some((start.min(record.at), end.max(record.at)));
        let total = totals.entry(Terms::of(&record)).or_insert_with(|| none_yet(&record));
        total.disclosures += 1;
        if !state.keeps_rows_back(&record.stream) {
            total.rows = Some(total.rows.unwrap_or(0).saturating_add(record.rows));
            total.withheld = Some(total.withheld.unwrap_or(0).saturating_add(record.withheld));
        }
    }
    let (start, end) = span.unwrap_or((Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH));
    let root = merkle_root(stored.iter().map(|(_, bytes)| leaf_hash(bytes)));
    Ok(Some(DisclosuresBatched {
        first: Seq(*first),
        last: Seq(*last),
        window: Window { start, end: end + Span::seconds(1) },
        root: Digest::new(root.to_bytes()),
        totals: totals.into_values().collect(),
    }))
}

/// The sum of no disclosure under a record's terms.
fn none_yet(record: &DisclosureRecord) -> Disclosed {
    Disclosed {
        recipient: record.recipient.clone(),
        purpose: record.purpose,
        stream: record.stream.clone(),
        view: record.view.clone(),
        version: record.version,
        disclosures: 0,
        rows: None,
        withheld: None,
    }
}
