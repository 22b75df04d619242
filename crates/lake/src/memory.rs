//! The rows of segments that are not Parquet yet, as they are read.
//!
//! A row is put here after the disk has it. Segments below [`Memory::floor`] are in Parquet and nowhere else; those from
//! it on are here, whatever Parquet a crash or a flush under way may have made of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{StreamId, Timestamp};
use privacy::Columns;

/// Small batches are joined up to this many rows, so that a million of them do not cost a million allocations.
const JOINED_ROWS_MAX: usize = 4_096;

/// Rows of one segment, by stream, in the order in which they came.
pub(crate) type Rows = BTreeMap<StreamId, Vec<Arc<Columns>>>;

/// Puts a batch behind the others of its stream.
fn add(rows: &mut Rows, stream: &StreamId, columns: Columns) {
    if columns.is_empty() {
        return;
    }
    let batches = match rows.get_mut(stream) {
        Some(batches) => batches,
        None => rows.entry(stream.clone()).or_default(),
    };
    // Whoever reads the last one holds it, and then it stays as it is.
    if let Some(last) = batches.last_mut().and_then(Arc::get_mut)
        && last.len() + columns.len() <= JOINED_ROWS_MAX
        && last.append(&columns).is_ok()
    {
        return;
    }
    batches.push(Arc::new(columns));
}

/// Rows that are not Parquet yet.
pub(crate) struct Memory {
    live: u64,
    rows: Rows,
    sealed: BTreeMap<u64, Arc<Rows>>,
}

impl Memory {
    /// Nothing yet in the live segment.
    pub(crate) const fn new(live: u64) -> Self {
        Self { live, rows: Rows::new(), sealed: BTreeMap::new() }
    }

    /// Adds a batch of the live segment.
    pub(crate) fn add(&mut self, stream: &StreamId, columns: Columns) {
        add(&mut self.rows, stream, columns);
    }

    /// Adds a segment that takes no more rows.
    pub(crate) fn seal(&mut self, number: u64, batches: Vec<(StreamId, Columns)>) {
        let mut rows = Rows::new();
        batches.into_iter().for_each(|(stream, columns)| add(&mut rows, &stream, columns));
        self.sealed.insert(number, Arc::new(rows));
    }

    /// The live segment takes no more rows; another goes on.
    pub(crate) fn rotate(&mut self, next: u64) {
        let rows = std::mem::take(&mut self.rows);
        self.sealed.insert(self.live, Arc::new(rows));
        self.live = next;
    }

    /// Whether the live segment has no rows.
    pub(crate) fn is_fresh(&self) -> bool {
        self.rows.is_empty()
    }

    /// The oldest segment that takes no more rows.
    pub(crate) fn oldest_sealed(&self) -> Option<(u64, Arc<Rows>)> {
        self.sealed.first_key_value().map(|(number, rows)| (*number, Arc::clone(rows)))
    }

    /// Forgets a segment: it is in Parquet now.
    pub(crate) fn forget(&mut self, number: u64) {
        self.sealed.remove(&number);
    }

    /// The lowest segment whose rows are here.
    pub(crate) fn floor(&self) -> u64 {
        self.sealed.keys().next().copied().unwrap_or(self.live)
    }

    /// A stream's rows.
    pub(crate) fn of(&self, stream: &StreamId) -> impl Iterator<Item = &Arc<Columns>> {
        let segments = self.sealed.values().map(AsRef::as_ref).chain(std::iter::once(&self.rows));
        segments.filter_map(|rows| rows.get(stream)).flatten()
    }

    /// Whether a stream has a row here that was observed before an instant.
    pub(crate) fn has_before(&self, stream: &StreamId, before: Timestamp) -> bool {
        self.of(stream).any(|columns| columns.times().iter().any(|&time| time < before.millis()))
    }

    /// How many rows each stream has here.
    pub(crate) fn counts(&self) -> BTreeMap<StreamId, u64> {
        let mut counts = BTreeMap::new();
        for (stream, batches) in self.sealed.values().flat_map(|rows| rows.iter()).chain(&self.rows) {
            let rows: u64 = batches.iter().map(|columns| columns.len() as u64).sum();
            *counts.entry(stream.clone()).or_insert(0) += rows;
        }
        counts
    }
}
