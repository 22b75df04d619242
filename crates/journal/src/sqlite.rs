//! The embedded journal: SQLite, write-ahead log, `synchronous=FULL`, so that a COMMIT survives a power cut.

pub(crate) mod schema;

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params};
use tlog::{Hash, RightEdge, leaf_hash};

pub(crate) use schema::private;

use crate::{DisclosureLedger, Entry, Head, Journal, JournalError, NewEntry, Payload, check};

/// How many entries are hashed at a time when the journal opens.
const READ_AT_ONCE: usize = 4_096;

/// A city's journal in one SQLite file.
pub struct SqliteJournal {
    connection: Connection,
    edge: RightEdge,
    next_seq: u64,
    /// A commit failed in a way that leaves open whether it happened: read the truth before anything else.
    doubtful: bool,
}

/// A reading connection beside the writer's: for audits and for readers that must not wait.
pub struct SqliteReader {
    connection: Connection,
    head: Head,
    next_seq: u64,
}

/// SQLite's integers are signed; a city that logs 2^63 acts will have found another way.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Tells a full disk from other failures.
pub(crate) fn failed(error: rusqlite::Error) -> JournalError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => JournalError::Full,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => JournalError::Corrupt(error.to_string()),
        _ => JournalError::Database(error),
    }
}

impl SqliteJournal {
    /// Opens a journal, or begins one, and holds every entry against the stored head.
    ///
    /// # Errors
    /// It cannot be opened, or it is damaged.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let connection = schema::open(path)?;
        let (edge, next_seq) = checked(&connection)?;
        Ok(Self { connection, edge, next_seq, doubtful: false })
    }

    /// Reads the truth again after a commit of unknown outcome, or after another writer.
    fn read_again(&mut self) -> Result<(), JournalError> {
        if self.doubtful {
            (self.edge, self.next_seq) = checked(&self.connection)?;
            self.doubtful = false;
        }
        Ok(())
    }

    fn commit(&mut self, write: impl FnOnce(&Transaction<'_>) -> Result<(), JournalError>) -> Result<(), JournalError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        write(&transaction)?;
        transaction.commit().map_err(|error| {
            self.doubtful = true;
            JournalError::Unsure(Box::new(failed(error)))
        })
    }
}

/// Every entry hashed, none missing, and the result equal to the stored head.
fn checked(connection: &Connection) -> Result<(RightEdge, u64), JournalError> {
    let corrupt = |what: String| Err(JournalError::Corrupt(what));
    let head = stored_head(connection)?;
    let mut edge = RightEdge::new();
    loop {
        let entries = read(connection, edge.size(), READ_AT_ONCE)?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            if entry.index != edge.size() {
                return corrupt(format!("entry {} is missing", edge.size()));
            }
            edge.push(leaf_hash(&entry.bytes));
        }
    }
    if edge.size() != head.size || edge.root() != head.root {
        return corrupt(format!("{} entries do not give the stored root of {}", edge.size(), head.size));
    }
    Ok((edge, numbered_records(connection)?))
}

/// The number after the last disclosure, if none before it is missing.
fn numbered_records(connection: &Connection) -> Result<u64, JournalError> {
    let (count, next) = records_end(connection)?;
    if count == next {
        return Ok(next);
    }
    Err(JournalError::Corrupt(format!("{next} disclosures were numbered, {count} are there")))
}

fn stored_head(connection: &Connection) -> Result<Head, JournalError> {
    let row = connection
        .query_row("SELECT size, root FROM head", [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?)));
    let (size, root) = row.map_err(failed)?;
    Ok(Head { size: unsigned(size), root: Hash::from_bytes(root) })
}

/// How many records there are, and the number after the last.
fn records_end(connection: &Connection) -> Result<(u64, u64), JournalError> {
    let sql = "SELECT count(*), coalesce(max(seq) + 1, 0) FROM disclosure";
    let row = connection.query_row(sql, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
    row.map(|(count, next)| (unsigned(count), unsigned(next))).map_err(failed)
}

fn read(connection: &Connection, from: u64, most: usize) -> Result<Vec<Entry>, JournalError> {
    numbered(connection, "SELECT idx, bytes FROM entry WHERE idx >= ?1 ORDER BY idx LIMIT ?2", from, most)
        .map(|rows| rows.into_iter().map(|(index, bytes)| Entry { index, bytes }).collect())
}

fn records(connection: &Connection, from: u64, most: usize) -> Result<Vec<(u64, Vec<u8>)>, JournalError> {
    numbered(connection, "SELECT seq, bytes FROM disclosure WHERE seq >= ?1 ORDER BY seq LIMIT ?2", from, most)
}

fn numbered(connection: &Connection, sql: &str, from: u64, most: usize) -> Result<Vec<(u64, Vec<u8>)>, JournalError> {
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let rows = statement.query_map(params![signed(from), limit(most)], |row| Ok((unsigned(row.get(0)?), row.get(1)?)));
    rows.map_err(failed)?.collect::<Result<_, _>>().map_err(failed)
}

fn payload(connection: &Connection, index: u64) -> Result<Payload, JournalError> {
    let sql = "SELECT bytes FROM payload WHERE idx = ?1";
    let row = connection.query_row(sql, [signed(index)], |row| row.get::<_, Option<Vec<u8>>>(0)).optional();
    Ok(match row.map_err(failed)? {
        None => Payload::None,
        Some(None) => Payload::Erased,
        Some(Some(bytes)) => Payload::Present(bytes),
    })
}

impl Journal for SqliteJournal {
    fn head(&self) -> Head {
        Head { size: self.edge.size(), root: self.edge.root() }
    }

    fn settle(&mut self) -> Result<Head, JournalError> {
        self.read_again()?;
        Ok(self.head())
    }

    fn append(&mut self, expected: &Head, batch: &[NewEntry]) -> Result<Head, JournalError> {
        check(batch)?;
        self.read_again()?;
        let mut edge = self.edge.clone();
        batch.iter().for_each(|entry| edge.push(leaf_hash(&entry.bytes)));
        let (first, moved) = (self.edge.size(), Head { size: edge.size(), root: edge.root() });
        if self.head() != *expected {
            return Err(JournalError::Conflict { actual: self.head() });
        }
        let swapped = self.commit(|transaction| {
            let sql = "UPDATE head SET size = ?1, root = ?2 WHERE size = ?3 AND root = ?4";
            let (size, root) = (signed(moved.size), moved.root.as_bytes());
            let expected_root = expected.root.as_bytes();
            let swapped =
                transaction.execute(sql, params![size, root, signed(expected.size), expected_root]).map_err(failed)?;
            if swapped != 1 {
                return Err(JournalError::Conflict { actual: stored_head(transaction)? });
            }
            insert(transaction, first, batch)
        });
        if let Err(error) = swapped {
            // Another writer was here: what this one remembers is old.
            self.doubtful |= matches!(error, JournalError::Conflict { .. });
            return Err(error);
        }
        self.edge = edge;
        Ok(moved)
    }

    fn read(&self, from: u64, limit: usize) -> Result<Vec<Entry>, JournalError> {
        read(&self.connection, from, limit)
    }

    fn payload(&self, index: u64) -> Result<Payload, JournalError> {
        payload(&self.connection, index)
    }

    fn erase(&mut self, index: u64) -> Result<(), JournalError> {
        self.commit(|transaction| {
            transaction
                .execute("UPDATE payload SET bytes = NULL WHERE idx = ?1", [signed(index)])
                .map(drop)
                .map_err(failed)
        })?;
        // `secure_delete` zeroed the pages; the copies in the write-ahead file go with the checkpoint.
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let busy: i64 = self.connection.query_row(sql, [], |row| row.get(0)).map_err(failed)?;
        if busy == 0 {
            Ok(())
        } else {
            Err(JournalError::Refused("a reader holds the old pages; erase again".to_owned()))
        }
    }
}

fn insert(transaction: &Transaction<'_>, first: u64, batch: &[NewEntry]) -> Result<(), JournalError> {
    let mut entry = transaction.prepare_cached("INSERT INTO entry (idx, bytes) VALUES (?1, ?2)").map_err(failed)?;
    let mut beside = transaction.prepare_cached("INSERT INTO payload (idx, bytes) VALUES (?1, ?2)").map_err(failed)?;
    for (index, new) in (first..).zip(batch) {
        entry.execute(params![signed(index), new.bytes]).map_err(failed)?;
        if let Some(payload) = &new.payload {
            beside.execute(params![signed(index), payload]).map_err(failed)?;
        }
    }
    Ok(())
}

impl DisclosureLedger for SqliteJournal {
    fn next_seq(&self) -> u64 {
        self.next_seq
    }

    fn record(&mut self, expected: u64, records: &[Vec<u8>]) -> Result<u64, JournalError> {
        self.read_again()?;
        if expected != self.next_seq {
            return Err(JournalError::Conflict { actual: self.head() });
        }
        self.commit(|transaction| {
            let next = next_in(transaction)?;
            if next != expected {
                return Err(JournalError::Conflict { actual: stored_head(transaction)? });
            }
            let sql = "INSERT INTO disclosure (seq, bytes) VALUES (?1, ?2)";
            let mut statement = transaction.prepare_cached(sql).map_err(failed)?;
            for (seq, bytes) in (expected..).zip(records) {
                statement.execute(params![signed(seq), bytes]).map_err(failed)?;
            }
            Ok(())
        })
        .inspect_err(|error| self.doubtful |= matches!(error, JournalError::Conflict { .. }))?;
        self.next_seq = expected + records.len() as u64;
        Ok(self.next_seq)
    }

    fn records(&self, from: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, JournalError> {
        records(&self.connection, from, limit)
    }
}

/// The number after the last record, from the end of the primary key.
fn next_in(transaction: &Transaction<'_>) -> Result<u64, JournalError> {
    let sql = "SELECT coalesce(max(seq) + 1, 0) FROM disclosure";
    transaction.query_row(sql, [], |row| row.get::<_, i64>(0)).map(unsigned).map_err(failed)
}

impl SqliteReader {
    /// Opens a journal for reading only. Its entries are not held against its head: whoever audits does that, and can then
    /// say which of them differs.
    ///
    /// # Errors
    /// It cannot be opened, it has no head, or its records are not numbered without a gap.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let connection = schema::open_reader(path)?;
        let (head, next_seq) = (stored_head(&connection)?, numbered_records(&connection)?);
        Ok(Self { connection, head, next_seq })
    }

    /// Where the log stood when this reader was opened.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.head
    }
    /// The number after the last disclosure when this reader was opened.
    #[must_use]
    pub const fn next_seq(&self) -> u64 {
        self.next_seq
    }
    /// Entries from an index on.
    ///
    /// # Errors
    /// They could not be read.
    pub fn read(&self, from: u64, limit: usize) -> Result<Vec<Entry>, JournalError> {
        read(&self.connection, from, limit)
    }
    /// What hangs beside an entry.
    ///
    /// # Errors
    /// It could not be read.
    pub fn payload(&self, index: u64) -> Result<Payload, JournalError> {
        payload(&self.connection, index)
    }
    /// Disclosure records from a number on.
    ///
    /// # Errors
    /// They could not be read.
    pub fn records(&self, from: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, JournalError> {
        records(&self.connection, from, limit)
    }
}
