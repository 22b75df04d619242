//! Accounts and deeds as rows. What a row says and this module does not understand is an error, never a guess.

use rusqlite::types::Type;
use rusqlite::{Connection, Row, ToSql, params};

use super::{
    Account, AccountsError, Deed, Invite, NewAccount, OptionalExtension, Standing, Transaction, signed, unsigned,
};

const COLUMNS: &str = "id, party, login, name, roles, standing, epoch, password, second, step, recovery, wrong, wrong_codes, \
     invite, invite_until, subject, since";

impl Standing {
    const fn code(self) -> i64 {
        match self {
            Self::Invited => 0,
            Self::Active => 1,
            Self::Disabled => 2,
            Self::Erased => 3,
        }
    }

    const fn with(code: i64) -> Option<Self> {
        match code {
            0 => Some(Self::Invited),
            1 => Some(Self::Active),
            2 => Some(Self::Disabled),
            3 => Some(Self::Erased),
            _ => None,
        }
    }
}

fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    let odd = |column: usize| rusqlite::Error::InvalidColumnType(column, String::new(), Type::Blob);
    let recovery: Vec<u8> = row.get(10)?;
    let (recovery, rest) = recovery.as_chunks::<32>();
    if !rest.is_empty() {
        return Err(odd(10));
    }
    let invite: Option<[u8; 32]> = row.get(13)?;
    let until = row.get(14)?;
    Ok(Account {
        id: unsigned(row.get(0)?),
        party: row.get(1)?,
        login: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
        name: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
        roles: row.get(4)?,
        standing: Standing::with(row.get(5)?).ok_or_else(|| odd(5))?,
        epoch: unsigned(row.get(6)?),
        password: row.get(7)?,
        second: row.get(8)?,
        step: unsigned(row.get(9)?),
        recovery: recovery.to_vec(),
        wrong: row.get(11)?,
        wrong_codes: row.get(12)?,
        invite: invite.map(|hash| Invite { hash, until }),
        subject: row.get(15)?,
        since: row.get(16)?,
    })
}

/// The account for which a condition with one value holds.
pub(super) fn one(
    connection: &Connection,
    condition: &str,
    value: impl ToSql,
) -> Result<Option<Account>, AccountsError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM account WHERE {condition}"))?;
    Ok(statement.query_row([value], account).optional()?)
}

/// The accounts of a party, or all.
pub(super) fn all(connection: &Connection, party: Option<&str>) -> Result<Vec<Account>, AccountsError> {
    let sql = format!("SELECT {COLUMNS} FROM account WHERE ?1 IS NULL OR party = ?1 ORDER BY id");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([party], account)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn insert(connection: &Connection, new: &NewAccount) -> Result<(), AccountsError> {
    let sql = "INSERT INTO account (party, login, name, roles, standing, epoch, step, recovery, wrong, wrong_codes, invite, \
               invite_until, since) VALUES (?1, ?2, ?3, ?4, 0, 0, 0, x'', 0, 0, ?5, ?6, ?7)";
    let NewAccount { party, login, name, roles, invite, at } = new;
    connection.execute(sql, params![party, login, name, roles, invite.hash, invite.until, at])?;
    Ok(())
}

/// Nothing, where a text is empty: of two that are erased neither has the other's login.
fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

pub(super) fn update(transaction: &Transaction<'_>, id: u64, new: &Account) -> Result<(), AccountsError> {
    let sql = "UPDATE account SET login = ?2, name = ?3, roles = ?4, standing = ?5, epoch = ?6, password = ?7, second = ?8, \
               step = ?9, recovery = ?10, wrong = ?11, wrong_codes = ?12, invite = ?13, invite_until = ?14, subject = ?15 \
               WHERE id = ?1";
    let written = transaction.execute(
        sql,
        params![
            signed(id),
            filled(&new.login),
            filled(&new.name),
            new.roles,
            new.standing.code(),
            signed(new.epoch),
            new.password,
            new.second,
            signed(new.step),
            new.recovery.as_flattened(),
            new.wrong,
            new.wrong_codes,
            new.invite.as_ref().map(|invite| invite.hash),
            new.invite.as_ref().map_or(0, |invite| invite.until),
            new.subject,
        ],
    )?;
    if written == 1 { Ok(()) } else { Err(AccountsError::Unknown) }
}

/// Notes a deed.
pub(super) fn note(connection: &Connection, deed: &Deed) -> Result<(), AccountsError> {
    let sql =
        "INSERT INTO deed (party, account, role, what, at, first, last, about) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let Deed { party, account, role, what, at, entries, about } = deed;
    let (first, last) = (entries.map(|entries| signed(entries.0)), entries.map(|entries| signed(entries.1)));
    connection.execute(sql, params![party, signed(*account), role, what, at, first, last, about.map(signed)])?;
    Ok(())
}

/// Notes a deed as about an account, if somebody is to be noted.
pub(super) fn note_about(connection: &Connection, by: Option<&Deed>, id: u64) -> Result<(), AccountsError> {
    by.map_or(Ok(()), |deed| note(connection, &Deed { about: Some(id), ..deed.clone() }))
}

/// The newest deeds of a party before one of them.
pub(super) fn trail(
    connection: &Connection,
    party: &str,
    before: Option<u64>,
    most: usize,
) -> Result<Vec<(u64, Deed)>, AccountsError> {
    let sql = "SELECT party, account, role, what, at, first, last, about, id FROM deed \
               WHERE party = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let before = before.map_or(i64::MAX, signed);
    let rows = statement.query_map(params![party, before, most], |row| {
        let (first, last): (Option<i64>, Option<i64>) = (row.get(5)?, row.get(6)?);
        let deed = Deed {
            party: row.get(0)?,
            account: unsigned(row.get(1)?),
            role: row.get(2)?,
            what: row.get(3)?,
            at: row.get(4)?,
            entries: first.zip(last).map(|(first, last)| (unsigned(first), unsigned(last))),
            about: row.get::<_, Option<i64>>(7)?.map(unsigned),
        };
        Ok((unsigned(row.get(8)?), deed))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
