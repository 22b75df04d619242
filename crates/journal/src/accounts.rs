//! Accounts of persons, in a SQLite file of their own beside the journal: who may speak for a party, and what they did in its name.
//!
//! It is personal data: nothing of it is ever in the log, and what is erased is overwritten on the disk. This module keeps what it
//! is given; it hashes no password, knows no role, and decides nothing.

mod rows;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior};

use crate::JournalError;
use crate::sqlite::schema::{BUSY, connect, is_empty, pragma};
use crate::sqlite::{signed, unsigned};

/// `orda`: says whose file it is.
const APPLICATION_ID: i64 = 0x6f72_6461;
/// The version of the tables below.
const VERSION: i64 = 1;
/// How long an erasure waits for whoever reads the file.
const READERS: Duration = Duration::from_millis(250);

const TABLES: &str = "
    CREATE TABLE account (
        id INTEGER PRIMARY KEY AUTOINCREMENT, party TEXT NOT NULL, login TEXT UNIQUE, name TEXT, roles TEXT NOT NULL,
        standing INTEGER NOT NULL, epoch INTEGER NOT NULL, password BLOB, second BLOB, step INTEGER NOT NULL,
        recovery BLOB NOT NULL, wrong INTEGER NOT NULL, wrong_codes INTEGER NOT NULL, invite BLOB UNIQUE,
        invite_until INTEGER NOT NULL, subject TEXT UNIQUE, since INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX account_party ON account (party);
    CREATE TABLE deed (
        id INTEGER PRIMARY KEY, party TEXT NOT NULL, account INTEGER NOT NULL REFERENCES account (id), role TEXT NOT NULL,
        what TEXT NOT NULL, at INTEGER NOT NULL, first INTEGER, last INTEGER, about INTEGER
    ) STRICT;
    CREATE INDEX deed_party ON deed (party, id);
";

/// Why the accounts' file did not do something. Nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// Somebody has this login already.
    #[error("somebody has this login already; take another one")]
    Taken,
    /// There is no such account.
    #[error("there is no such account")]
    Unknown,
    /// The file is another one, or of another version.
    #[error("the accounts' file is not one that this software knows: {0}")]
    Foreign(String),
    /// The disk is full.
    #[error("the disk is full; nothing was written. Make room and try again")]
    Full,
    /// Bytes that were erased may still lie in the write-ahead file.
    #[error("somebody reads the accounts' file, so that the old pages are still there; erase again")]
    Held,
    /// The database failed.
    #[error("the accounts' file failed: {0}")]
    Database(rusqlite::Error),
    /// The file failed.
    #[error("the accounts' file failed: {0}")]
    File(#[from] JournalError),
}

impl From<rusqlite::Error> for AccountsError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::ConstraintViolation) => Self::Taken,
            _ => Self::Database(error),
        }
    }
}

/// Where an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Somebody was invited and has not come yet, or has to begin anew.
    Invited,
    /// In use.
    Active,
    /// Locked by an administrator.
    Disabled,
    /// Erased: a number that nothing leads back from.
    Erased,
}

/// A link that is good once.
#[derive(Clone, PartialEq, Eq)]
pub struct Invite {
    /// What is kept of it: the SHA-256 of its random part.
    pub hash: [u8; 32],
    /// Until when it is good, in milliseconds since 1970.
    pub until: i64,
}

/// An account. Its debug text names nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number, given once.
    pub id: u64,
    /// The party that it speaks for.
    pub party: String,
    /// What its person signs in with; empty once it is erased.
    pub login: String,
    /// The person's name; empty once it is erased.
    pub name: String,
    /// Its roles, as whoever knows them writes them.
    pub roles: String,
    /// Where it stands.
    pub standing: Standing,
    /// Sessions that began under another number are over.
    pub epoch: u64,
    /// What is kept of the password.
    pub password: Option<Vec<u8>>,
    /// What the second factor's secret is derived from, with a key that is not in this file.
    pub second: Option<Vec<u8>>,
    /// The step of time of the last code that was taken.
    pub step: u64,
    /// What is kept of the recovery codes that are left, 32 bytes each.
    pub recovery: Vec<[u8; 32]>,
    /// Wrong passwords since the last right one.
    pub wrong: u32,
    /// Wrong codes since the last right one.
    pub wrong_codes: u32,
    /// A link by which its person comes in, if there is one.
    pub invite: Option<Invite>,
    /// Who the person is to the city's identity provider: issuer and subject.
    pub subject: Option<String>,
    /// Since when it is there, in milliseconds since 1970.
    pub since: i64,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, party, roles, standing, .. } = self;
        write!(f, "Account({id} of {party}, {standing:?}, {roles})")
    }
}

/// Somebody who is invited. Its debug text names nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// The party that the account speaks for.
    pub party: String,
    /// What the person signs in with.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// The account's roles.
    pub roles: String,
    /// The link by which the person comes in.
    pub invite: Invite,
    /// When it is, in milliseconds since 1970.
    pub at: i64,
}

impl fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewAccount(of {}, {})", self.party, self.roles)
    }
}

/// What a person did in the name of a party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// The party.
    pub party: String,
    /// The account's number.
    pub account: u64,
    /// The roles that allowed it.
    pub role: String,
    /// What was done, in a word.
    pub what: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// First and last entry of the log that came of it; none if it was nothing for the log, or if it is not known whether it was
    /// done.
    pub entries: Option<(u64, u64)>,
    /// The account that it was about, if it was about one.
    pub about: Option<u64>,
}

/// The accounts of a city.
pub struct AccountStore(Connection);

impl AccountStore {
    /// Opens the file, or begins one. Several processes may have it open.
    ///
    /// # Errors
    /// It cannot be opened, or is not one of ours.
    pub fn open(path: &Path) -> Result<Self, AccountsError> {
        let mut connection = connect(path)?;
        let create = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        match (pragma(&create, "application_id")?, pragma(&create, "user_version")?) {
            (0, 0) if is_empty(&create)? => {
                create.execute_batch(TABLES)?;
                create.pragma_update(None, "application_id", APPLICATION_ID)?;
                create.pragma_update(None, "user_version", VERSION)?;
            }
            (APPLICATION_ID, VERSION) => {}
            (APPLICATION_ID, version) => {
                return Err(AccountsError::Foreign(format!("it has version {version}, known is {VERSION}")));
            }
            _ => return Err(AccountsError::Foreign("it holds no accounts".to_owned())),
        }
        create.commit()?;
        let store = Self(connection);
        // An erasure that somebody's reading held up, or a crash, is finished here; if somebody reads now, by the next one.
        store.emptied(Duration::ZERO)?;
        Ok(store)
    }

    /// Adds an account; gives its number. Whoever did it is noted with it, as about that account, or neither is written.
    ///
    /// # Errors
    /// The login is taken, or nothing can be written.
    pub fn add(&mut self, new: &NewAccount, by: Option<&Deed>) -> Result<u64, AccountsError> {
        let transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
        rows::insert(&transaction, new)?;
        let id = unsigned(transaction.last_insert_rowid());
        rows::note_about(&transaction, by, id)?;
        transaction.commit()?;
        Ok(id)
    }

    /// The account of a number.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn one(&self, id: u64) -> Result<Option<Account>, AccountsError> {
        rows::one(&self.0, "id = ?1", signed(id))
    }

    /// The account of a login.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn by_login(&self, login: &str) -> Result<Option<Account>, AccountsError> {
        rows::one(&self.0, "login = ?1", login)
    }

    /// The account that a link leads to, whether or not it is still good.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn by_invite(&self, hash: &[u8; 32]) -> Result<Option<Account>, AccountsError> {
        rows::one(&self.0, "invite = ?1", hash)
    }

    /// The account of somebody whom the identity provider knows.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn by_subject(&self, subject: &str) -> Result<Option<Account>, AccountsError> {
        rows::one(&self.0, "subject = ?1", subject)
    }

    /// The accounts of a party, or all of them, by number.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn all(&self, party: Option<&str>) -> Result<Vec<Account>, AccountsError> {
        rows::all(&self.0, party)
    }

    /// Changes an account in one transaction: what it is given to is asked with what is there now, and what it leaves is written,
    /// unless it gives nothing. Party and number stay as they are.
    ///
    /// # Errors
    /// There is no such account, the login or subject is taken, or nothing can be written.
    pub fn change<T>(
        &mut self,
        id: u64,
        change: impl FnOnce(&mut Account) -> Option<T>,
    ) -> Result<Option<T>, AccountsError> {
        self.change_by(id, None, change)
    }

    /// The same; whoever did it is noted in the same transaction, as about that account.
    ///
    /// # Errors
    /// As those of a change; then there is no note either.
    pub fn change_by<T>(
        &mut self,
        id: u64,
        by: Option<&Deed>,
        change: impl FnOnce(&mut Account) -> Option<T>,
    ) -> Result<Option<T>, AccountsError> {
        let transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut account = rows::one(&transaction, "id = ?1", signed(id))?.ok_or(AccountsError::Unknown)?;
        let changed = change(&mut account);
        if changed.is_some() {
            rows::update(&transaction, id, &account)?;
            rows::note_about(&transaction, by, id)?;
            transaction.commit()?;
        }
        Ok(changed)
    }

    /// Writes an account as it is, in a transaction of its own: it takes as long as a change, and changes nothing. Where there is no
    /// account nothing is written.
    ///
    /// # Errors
    /// Nothing can be written.
    pub fn rewrite(&mut self) -> Result<(), AccountsError> {
        let transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let Some(first) = rows::one(&transaction, "id >= ?1 ORDER BY id LIMIT 1", 0)? {
            // What stays as it is would not be written: it is changed, and changed back.
            let other = Account { wrong: first.wrong.wrapping_add(1), ..first.clone() };
            rows::update(&transaction, first.id, &other)?;
            rows::update(&transaction, first.id, &first)?;
        }
        Ok(transaction.commit()?)
    }

    /// Erases who an account's person is, down to the bytes on the disk. The number stays, for what was done under it, and whoever
    /// did this is noted. What is erased already can be erased again, until nothing is left.
    ///
    /// # Errors
    /// There is no such account, or it could not be erased for good; ask again.
    pub fn erase(&mut self, id: u64, by: Option<&Deed>) -> Result<(), AccountsError> {
        // Where somebody reads old pages nothing is begun that cannot be ended.
        if !self.emptied(READERS)? {
            return Err(AccountsError::Held);
        }
        let erased = self.change_by(id, by, |account| {
            *account = Account {
                login: String::new(),
                name: String::new(),
                roles: String::new(),
                standing: Standing::Erased,
                epoch: account.epoch.saturating_add(1),
                password: None,
                second: None,
                step: 0,
                recovery: Vec::new(),
                wrong: 0,
                wrong_codes: 0,
                invite: None,
                subject: None,
                ..account.clone()
            };
            Some(())
        })?;
        erased.ok_or(AccountsError::Unknown)?;
        // `secure_delete` overwrote the old bytes; their copies in the write-ahead file go with the checkpoint.
        if self.emptied(READERS)? { Ok(()) } else { Err(AccountsError::Held) }
    }

    /// Moves what is in the write-ahead file to where it belongs, and empties it; false if somebody reads it.
    fn emptied(&self, wait: Duration) -> Result<bool, AccountsError> {
        self.0.busy_timeout(wait)?;
        let busy = self.0.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        self.0.busy_timeout(BUSY)?;
        Ok(busy? == 0)
    }

    /// Notes that somebody is about to do something; gives the note's number. Without a note nothing should be done.
    ///
    /// # Errors
    /// There is no such account, or it cannot be written.
    pub fn begin(&self, deed: &Deed) -> Result<u64, AccountsError> {
        rows::note(&self.0, deed)?;
        Ok(unsigned(self.0.last_insert_rowid()))
    }

    /// Adds to a note what came of it.
    ///
    /// # Errors
    /// It cannot be written; the note stays as it was.
    pub fn finish(&self, note: u64, entries: (u64, u64)) -> Result<(), AccountsError> {
        let sql = "UPDATE deed SET first = ?2, last = ?3 WHERE id = ?1";
        self.0.execute(sql, [signed(note), signed(entries.0), signed(entries.1)])?;
        Ok(())
    }

    /// Takes a note back: nothing was done.
    ///
    /// # Errors
    /// It cannot be written; the note stays.
    pub fn forget(&self, note: u64) -> Result<(), AccountsError> {
        self.0.execute("DELETE FROM deed WHERE id = ?1", [signed(note)])?;
        Ok(())
    }

    /// What was done in a party's name, each with its note's number, the newest first, at most so many: those before a note, or
    /// the newest of all.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn trail(&self, party: &str, before: Option<u64>, most: usize) -> Result<Vec<(u64, Deed)>, AccountsError> {
        rows::trail(&self.0, party, before, most)
    }
}
