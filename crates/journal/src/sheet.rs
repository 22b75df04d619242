//! A sheet as an SQLite database's bytes, for whoever was handed its rows.
//!
//! It is made in memory and is no journal: nothing of a city's own database is in it, or is touched by it.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, MAIN_DB, ToSql, params, params_from_iter};

/// A value of a sheet.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// None.
    Nothing,
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Nothing => ValueRef::Null,
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Number(number) => ValueRef::Real(*number),
        }))
    }
}

/// The kind of a column's values, as SQLite calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Texts.
    Text,
    /// Whole numbers.
    Integer,
    /// Numbers.
    Number,
}

impl Kind {
    const fn affinity(self) -> &'static str {
        match self {
            Self::Text => "TEXT",
            Self::Integer => "INTEGER",
            Self::Number => "REAL",
        }
    }
}

/// A database with a table `rows` of these columns, and a table `about` of words about them.
///
/// # Errors
/// The columns have a name twice, or a row has another length than they.
pub fn sqlite(
    columns: &[(&str, Kind)],
    rows: impl Iterator<Item = Vec<Value>>,
    about: &[(String, String)],
) -> Result<Vec<u8>, String> {
    written(columns, rows, about).map_err(|error| error.to_string())
}

fn written(
    columns: &[(&str, Kind)],
    rows: impl Iterator<Item = Vec<Value>>,
    about: &[(String, String)],
) -> rusqlite::Result<Vec<u8>> {
    let mut database = Connection::open_in_memory()?;
    let all = database.transaction()?;
    let named = |(name, kind): &(&str, Kind)| format!("{} {}", quoted(name), kind.affinity());
    let list = columns.iter().map(named).collect::<Vec<_>>().join(", ");
    all.execute(&format!("CREATE TABLE rows ({list}) STRICT"), [])?;
    all.execute("CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID", [])?;
    {
        let places = vec!["?"; columns.len()].join(", ");
        let mut insert = all.prepare(&format!("INSERT INTO rows VALUES ({places})"))?;
        for row in rows {
            insert.execute(params_from_iter(row))?;
        }
        let mut insert = all.prepare("INSERT INTO about VALUES (?, ?)")?;
        for (key, value) in about {
            insert.execute(params![key, value])?;
        }
    }
    all.commit()?;
    Ok(database.serialize(MAIN_DB)?.to_vec())
}

/// A name, so that SQL takes it as one whatever is in it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_read_as_it_was_written_whatever_its_names_are() {
        let columns = [("no2", Kind::Number), ("a \"b\"; DROP TABLE rows", Kind::Text), ("count", Kind::Integer)];
        let rows = [
            vec![Value::Number(1.5), Value::Text("'ö".to_owned()), Value::Integer(3)],
            vec![Value::Nothing, Value::Nothing, Value::Integer(4)],
        ];
        let about = [("ordinance".to_owned(), "{}".to_owned())];
        let bytes = sqlite(&columns, rows.into_iter(), &about).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        let database = Connection::open(file.path()).unwrap();
        let read: (f64, String, i64) = database
            .query_row("SELECT * FROM rows WHERE count = 3", [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap();
        assert_eq!(read, (1.5, "'ö".to_owned(), 3));
        let sum: (i64, i64) = database
            .query_row("SELECT sum(count), count(no2) FROM rows", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert_eq!(sum, (7, 1));
        let about: String =
            database.query_row("SELECT value FROM about WHERE key = 'ordinance'", [], |row| row.get(0)).unwrap();
        assert_eq!(about, "{}");
    }

    #[test]
    fn a_name_twice_or_a_row_of_another_length_is_an_error() {
        assert!(sqlite(&[("a", Kind::Text), ("a", Kind::Text)], std::iter::empty(), &[]).is_err());
        assert!(sqlite(&[("a", Kind::Text)], [vec![Value::Nothing, Value::Nothing]].into_iter(), &[]).is_err());
        assert!(sqlite(&[("a", Kind::Text)], std::iter::empty(), &[]).is_ok());
    }
}
