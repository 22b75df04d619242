//! What a desk answers, what it refuses, and what nobody gets out of it.

mod answers;
mod grammar;
mod hostile;
mod limits;

use crate::{Answer, Column, Days, Limits, Question, SqlError, Table, TableName, answer, calendar, shape};

/// A text that stands in a table and that no error may repeat.
const MARK: &str = "cell-8a1e93";

fn column(name: &str, column: Column) -> (String, Column) {
    (name.to_owned(), column)
}

/// Two sensors over four quarters of an hour.
fn counts() -> Table {
    let rows = [(0, "s-1", 11), (1, "s-1", 14), (2, "s-1", 30), (0, "s-2", 12), (3, "s-2", 10)];
    let start = |quarter: i64| 1_795_564_800_000 + quarter * 900_000;
    Table {
        name: TableName::new("wifi-centre", "counts"),
        columns: vec![
            column("window_start", Column::Instant(rows.iter().map(|row| Some(start(row.0))).collect())),
            column("window_end", Column::Instant(rows.iter().map(|row| Some(start(row.0 + 1))).collect())),
            column("cell", Column::Text(rows.iter().map(|row| (row.1 == "s-2").then(|| MARK.to_owned())).collect())),
            column("sensor", Column::Text(rows.iter().map(|row| Some(row.1.to_owned())).collect())),
            column("value", Column::Integer(rows.iter().map(|row| Some(row.2)).collect())),
            column("minimum", Column::Integer(vec![Some(10); rows.len()])),
        ],
    }
}

/// Means in thousandths, one of them missing.
fn air() -> Table {
    let rows = [Some(12_500), Some(40_001), None];
    Table {
        name: TableName::new("air", "quarters"),
        columns: vec![
            column("sensor", Column::Text(vec![Some("air-1".to_owned()); 3])),
            column("value", Column::Thousandths(rows.to_vec())),
            column("raining", Column::Boolean(vec![Some(true), Some(false), None])),
            column("wind", Column::Number(vec![Some(1.5), None, Some(-2.0)])),
        ],
    }
}

fn tables() -> Vec<Table> {
    vec![counts(), air(), calendar(Days { from_year: 2026, to_year: 2026 })]
}

/// Asks over all of them.
fn ask(sql: &str) -> Result<Answer, SqlError> {
    answer(Question::parse(sql)?, tables(), &Limits::default())
}

/// Asks and gives the rows as CSV, without the names.
#[track_caller]
fn csv(sql: &str) -> Vec<String> {
    let answer = ask(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    answer.csv().unwrap().lines().skip(1).map(str::to_owned).collect()
}

#[track_caller]
fn refused(sql: &str) -> SqlError {
    match ask(sql) {
        Err(error) => error,
        Ok(answer) => panic!("{sql} was answered: {:?}", answer.rows()),
    }
}
