//! The tables, and how the file is opened. A file of a newer version is refused, never guessed at.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tlog::RightEdge;

use super::failed;
use crate::JournalError;

/// `ordj`: says whose file it is.
const APPLICATION_ID: i64 = 0x6f72_646a;
/// The version of the tables below.
const VERSION: i64 = 1;
/// How long a connection waits for another's lock.
pub(crate) const BUSY: Duration = Duration::from_secs(10);

const TABLES: &str = "
    CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 0), size INTEGER NOT NULL, root BLOB NOT NULL) STRICT;
    CREATE TABLE entry (idx INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
    CREATE TABLE payload (idx INTEGER PRIMARY KEY REFERENCES entry (idx), bytes BLOB) STRICT;
    CREATE TABLE disclosure (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
";

pub(super) fn open(path: &Path) -> Result<Connection, JournalError> {
    let connection = connect(path)?;
    match (pragma(&connection, "application_id")?, pragma(&connection, "user_version")?) {
        (0, 0) if is_empty(&connection)? => create(&connection)?,
        identity => known(identity)?,
    }
    Ok(connection)
}

/// Opens a file of our own, which is made if it is not there: readable by its owner only, durable at each COMMIT, and what is
/// deleted in it is overwritten.
pub(crate) fn connect(path: &Path) -> Result<Connection, JournalError> {
    if !path.exists() {
        fs::File::create_new(path)?;
        private(path)?;
    }
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(failed)?;
    connection.busy_timeout(BUSY).map_err(failed)?;
    // The journal's own durability and erasure rest on these; they are set before anything is written.
    connection
        .execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA foreign_keys=ON;",
        )
        .map_err(failed)?;
    Ok(connection)
}

pub(super) fn open_reader(path: &Path) -> Result<Connection, JournalError> {
    // Read-write at the file, so that the write-ahead file of a crashed writer can be read; nothing is written.
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(failed)?;
    connection.busy_timeout(BUSY).map_err(failed)?;
    connection.execute_batch("PRAGMA query_only=ON;").map_err(failed)?;
    known((pragma(&connection, "application_id")?, pragma(&connection, "user_version")?))?;
    Ok(connection)
}

fn known(identity: (i64, i64)) -> Result<(), JournalError> {
    match identity {
        (APPLICATION_ID, VERSION) => Ok(()),
        (APPLICATION_ID, version) => {
            Err(JournalError::Refused(format!("its file has version {version}, this software knows {VERSION}")))
        }
        _ => Err(JournalError::Refused("its file is no journal of a city".to_owned())),
    }
}

fn create(connection: &Connection) -> Result<(), JournalError> {
    let transaction = connection.unchecked_transaction().map_err(failed)?;
    transaction.execute_batch(TABLES).map_err(failed)?;
    let root = RightEdge::new().root();
    transaction.execute("INSERT INTO head (id, size, root) VALUES (0, 0, ?1)", [root.as_bytes()]).map_err(failed)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    transaction.pragma_update(None, "user_version", VERSION).map_err(failed)?;
    transaction.commit().map_err(failed)
}

pub(crate) fn is_empty(connection: &Connection) -> Result<bool, JournalError> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)
}

pub(crate) fn pragma(connection: &Connection, name: &str) -> Result<i64, JournalError> {
    connection.pragma_query_value(None, name, |row| row.get(0)).map_err(failed)
}

pub(crate) fn private(path: &Path) -> Result<(), JournalError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}
