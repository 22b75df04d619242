//! A shelf: what is kept of many other people's logs, in one file, each with a head that moves by compare-and-swap.
//!
//! It knows names, heads and pieces as bytes, and not what they mean: whoever puts something there has checked it before. A
//! transaction moves heads and their pieces together, so that a crash anywhere leaves each of them as it was or as it became.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::JournalError;
use crate::sqlite::{failed, private, signed, unsigned};

/// `ords`: says whose file it is.
const APPLICATION_ID: i64 = 0x6f72_6473;
/// The version of the tables below.
const VERSION: i64 = 1;
/// How long a connection waits for another's lock.
const BUSY: Duration = Duration::from_secs(30);
/// The largest head or fold, in bytes.
pub const HEAD_BYTES_MAX: usize = 8 << 20;
/// The largest piece, in bytes.
pub const PIECE_BYTES_MAX: usize = 64 << 20;

const TABLES: &str = "
    CREATE TABLE kept (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL, head BLOB NOT NULL,
        fold BLOB NOT NULL) STRICT;
    CREATE TABLE piece (kept INTEGER NOT NULL REFERENCES kept (id), first INTEGER NOT NULL, count INTEGER NOT NULL,
        bytes BLOB NOT NULL, PRIMARY KEY (kept, first)) STRICT, WITHOUT ROWID;
";

/// One log as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Whose.
    pub name: String,
    /// How often it was changed: what a change expects.
    pub revision: u64,
    /// What is known of it.
    pub head: Vec<u8>,
    /// What its entries fold to.
    pub fold: Vec<u8>,
}

/// Some of a log's entries, in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The index of the first.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// Their bytes, however whoever put them there wrote them.
    pub bytes: Vec<u8>,
}

/// What is to become of one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it is to be. Its revision is the one that it has now; 0 for one that is not there yet.
    pub row: Row,
    /// Entries that are put there; one that begins where another does takes its place.
    pub pieces: Vec<Piece>,
}

/// Many logs in one SQLite file.
pub struct Shelf(Connection);

impl Shelf {
    /// Opens a shelf, or puts one up.
    ///
    /// # Errors
    /// It cannot be opened, or it is another file, or of a newer version.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let is_new = !path.exists();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        if is_new {
            private(path)?;
        }
        connection.busy_timeout(BUSY).map_err(failed)?;
        connection.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;").map_err(failed)?;
        let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(failed);
        match (number("application_id")?, number("user_version")?) {
            (APPLICATION_ID, VERSION) => Ok(Self(connection)),
            (0, 0) => create(connection),
            (APPLICATION_ID, version) => {
                Err(JournalError::Refused(format!("its file has version {version}, this software knows {VERSION}")))
            }
            _ => Err(JournalError::Refused("its file is no shelf of logs".to_owned())),
        }
    }

    /// One log; none if it is not here.
    ///
    /// # Errors
    /// It could not be read.
    pub fn row(&self, name: &str) -> Result<Option<Row>, JournalError> {
        let mut statement =
            self.0.prepare_cached("SELECT name, revision, head, fold FROM kept WHERE name = ?1").map_err(failed)?;
        statement.query_row([name], row_of).optional().map_err(failed)
    }

    /// So many logs by name, from the one after a name on.
    ///
    /// # Errors
    /// They could not be read.
    pub fn rows(&self, after: &str, most: usize) -> Result<Vec<Row>, JournalError> {
        let sql = "SELECT name, revision, head, fold FROM kept WHERE name > ?1 ORDER BY name LIMIT ?2";
        let mut statement = self.0.prepare_cached(sql).map_err(failed)?;
        let rows = statement.query_map(params![after, i64::try_from(most).unwrap_or(i64::MAX)], row_of);
        rows.map_err(failed)?.collect::<Result<_, _>>().map_err(failed)
    }

    /// How many logs are kept.
    ///
    /// # Errors
    /// It could not be read.
    pub fn count(&self) -> Result<u64, JournalError> {
        let counted = self.0.query_row("SELECT count(*) FROM kept", [], |row| row.get(0));
        counted.map(unsigned).map_err(failed)
    }

    /// How many bytes of the file hold something: what is free within it is written again first.
    ///
    /// # Errors
    /// It could not be read.
    pub fn bytes(&self) -> Result<u64, JournalError> {
        let number = |name: &str| self.0.pragma_query_value(None, name, |row| row.get(0)).map(unsigned).map_err(failed);
        let (pages, free, size) = (number("page_count")?, number("freelist_count")?, number("page_size")?);
        Ok(pages.saturating_sub(free).saturating_mul(size))
    }

    /// A number that another one takes the place of as soon as somebody else wrote to the file. It compares with earlier ones of this
    /// shelf alone.
    ///
    /// # Errors
    /// It could not be read.
    pub fn seen(&self) -> Result<i64, JournalError> {
        self.0.pragma_query_value(None, "data_version", |row| row.get(0)).map_err(failed)
    }

    /// The first piece of a log that begins at an entry or after it; none after the last.
    ///
    /// # Errors
    /// It could not be read.
    pub fn piece(&self, name: &str, from: u64) -> Result<Option<Piece>, JournalError> {
        let sql = "SELECT first, count, bytes FROM piece WHERE kept = (SELECT id FROM kept WHERE name = ?1)
            AND first >= ?2 ORDER BY first LIMIT 1";
        self.one_piece(sql, params![name, signed(from)])
    }

    /// The last piece of a log.
    ///
    /// # Errors
    /// It could not be read.
    pub fn last_piece(&self, name: &str) -> Result<Option<Piece>, JournalError> {
        let sql = "SELECT first, count, bytes FROM piece WHERE kept = (SELECT id FROM kept WHERE name = ?1)
            ORDER BY first DESC LIMIT 1";
        self.one_piece(sql, params![name])
    }

    fn one_piece(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<Option<Piece>, JournalError> {
        let mut statement = self.0.prepare_cached(sql).map_err(failed)?;
        let piece = statement.query_row(parameters, |row| {
            Ok(Piece { first: unsigned(row.get(0)?), count: unsigned(row.get(1)?), bytes: row.get(2)? })
        });
        piece.optional().map_err(failed)
    }

    /// Makes changes in one transaction: all of them, or none.
    ///
    /// # Errors
    /// [`JournalError::Refused`] if one of them expects another revision, or is too large; nothing is written in any case.
    pub fn put(&mut self, changes: &[Change]) -> Result<(), JournalError> {
        for Change { row, pieces } in changes {
            let too_large = row.head.len() > HEAD_BYTES_MAX
                || row.fold.len() > HEAD_BYTES_MAX
                || pieces.iter().any(|piece| piece.bytes.len() > PIECE_BYTES_MAX);
            if too_large {
                return Err(JournalError::Refused(format!("what is to be kept of `{}` is too large", row.name)));
            }
        }
        let transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        changes.iter().try_for_each(|change| put(&transaction, change))?;
        transaction.commit().map_err(failed)
    }
}

fn create(connection: Connection) -> Result<Shelf, JournalError> {
    let transaction = connection.unchecked_transaction().map_err(failed)?;
    transaction.execute_batch(TABLES).map_err(failed)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    transaction.pragma_update(None, "user_version", VERSION).map_err(failed)?;
    transaction.commit().map_err(failed)?;
    Ok(Shelf(connection))
}

fn row_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row { name: row.get(0)?, revision: unsigned(row.get(1)?), head: row.get(2)?, fold: row.get(3)? })
}

fn put(transaction: &Transaction<'_>, Change { row, pieces }: &Change) -> Result<(), JournalError> {
    let (name, expected) = (&row.name, signed(row.revision));
    let written = if row.revision == 0 {
        let sql = "INSERT INTO kept (name, revision, head, fold) VALUES (?1, 1, ?2, ?3) ON CONFLICT DO NOTHING";
        let mut statement = transaction.prepare_cached(sql).map_err(failed)?;
        statement.execute(params![name, row.head, row.fold]).map_err(failed)?
    } else {
        let sql = "UPDATE kept SET revision = revision + 1, head = ?2, fold = ?3 WHERE name = ?1 AND revision = ?4";
        let mut statement = transaction.prepare_cached(sql).map_err(failed)?;
        statement.execute(params![name, row.head, row.fold, expected]).map_err(failed)?
    };
    if written != 1 {
        return Err(JournalError::Refused(format!("`{name}` was changed by somebody else meanwhile; look again")));
    }
    let sql = "INSERT OR REPLACE INTO piece (kept, first, count, bytes)
        VALUES ((SELECT id FROM kept WHERE name = ?1), ?2, ?3, ?4)";
    let mut statement = transaction.prepare_cached(sql).map_err(failed)?;
    for piece in pieces {
        statement.execute(params![name, signed(piece.first), signed(piece.count), piece.bytes]).map_err(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(name: &str, revision: u64, head: &[u8], pieces: &[(u64, u64)]) -> Change {
        let row = Row { name: name.to_owned(), revision, head: head.to_vec(), fold: Vec::new() };
        let piece = |(first, count): &(u64, u64)| Piece { first: *first, count: *count, bytes: vec![1, 2] };
        Change { row, pieces: pieces.iter().map(piece).collect() }
    }

    #[test]
    fn all_changes_are_made_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shelf.db");
        let mut shelf = Shelf::open(&path).unwrap();
        shelf.put(&[change("a", 0, b"1", &[(0, 3)]), change("b", 0, b"1", &[])]).unwrap();
        // The second expects what is not so: the first is not made either.
        let both = [change("a", 1, b"2", &[(3, 1)]), change("b", 7, b"2", &[])];
        assert!(matches!(shelf.put(&both), Err(JournalError::Refused(_))));
        assert!(matches!(shelf.put(&[change("a", 0, b"2", &[])]), Err(JournalError::Refused(_))));
        drop(shelf);
        let mut shelf = Shelf::open(&path).unwrap();
        assert_eq!(shelf.row("a").unwrap().map(|row| (row.revision, row.head)), Some((1, b"1".to_vec())));
        assert_eq!(shelf.last_piece("a").unwrap().map(|piece| (piece.first, piece.count)), Some((0, 3)));
        shelf.put(&[change("a", 1, b"2", &[(0, 4), (4, 2)])]).unwrap();
        assert_eq!(shelf.piece("a", 0).unwrap().map(|piece| piece.count), Some(4));
        assert_eq!(shelf.piece("a", 1).unwrap().map(|piece| piece.first), Some(4));
        assert_eq!(shelf.piece("a", 5).unwrap(), None);
        assert_eq!((shelf.row("c").unwrap(), shelf.piece("c", 0).unwrap()), (None, None));
        let names: Vec<String> = shelf.rows("", 9).unwrap().into_iter().map(|row| row.name).collect();
        assert_eq!((names, shelf.count().unwrap()), (vec!["a".to_owned(), "b".to_owned()], 2));
        assert_eq!(shelf.rows("a", 9).unwrap().len(), 1);
    }

    #[test]
    fn two_who_change_the_same_do_not_both_succeed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shelf.db");
        let (mut one, mut other) = (Shelf::open(&path).unwrap(), Shelf::open(&path).unwrap());
        let before = other.seen().unwrap();
        assert_eq!(other.seen().unwrap(), before, "looking changes nothing");
        one.put(&[change("a", 0, b"1", &[])]).unwrap();
        assert_ne!(other.seen().unwrap(), before);
        assert!(other.put(&[change("a", 0, b"2", &[])]).is_err());
        other.put(&[change("a", 1, b"3", &[])]).unwrap();
        assert!(one.put(&[change("a", 1, b"4", &[])]).is_err());
        assert_eq!(one.row("a").unwrap().map(|row| row.head), Some(b"3".to_vec()));
    }

    #[test]
    fn another_file_and_what_is_too_large_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        drop(crate::SqliteJournal::open(&path).unwrap());
        assert!(matches!(Shelf::open(&path), Err(JournalError::Refused(_))));
        let mut shelf = Shelf::open(&folder.path().join("shelf.db")).unwrap();
        let large = change("a", 0, &vec![0; HEAD_BYTES_MAX + 1], &[]);
        assert!(matches!(shelf.put(&[large]), Err(JournalError::Refused(_))));
        assert_eq!(shelf.count().unwrap(), 0);
    }
}
