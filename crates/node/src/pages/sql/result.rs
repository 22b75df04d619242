//! An answer as it is shown: so many rows and columns, what was left out, a drawing where one fits, and what was handed over.

use serde_json::Value;

use super::chart::Chart;
use crate::desk::{Answered, HandedOver, Kind};
use crate::words;

/// The most rows that are shown; a file has all of them.
const ROWS_SHOWN: usize = 200;
/// The most columns that are shown.
const COLUMNS_SHOWN: usize = 40;
/// The longest text in a cell, in characters.
const CELL_CHARS_MAX: usize = 300;

/// An answer on a page.
pub(super) struct Shown {
    pub(super) columns: Vec<Head>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// How many rows there are.
    pub(super) count: String,
    /// What of it is not shown.
    pub(super) cut: Option<String>,
    pub(super) chart: Option<Chart>,
    pub(super) handed_over: Vec<HandedOver>,
}

/// The head of a column.
pub(super) struct Head {
    pub(super) name: String,
    pub(super) number: bool,
}

/// A cell.
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) number: bool,
}

impl Shown {
    pub(super) fn of(answered: Answered) -> Self {
        let (rows, columns) = (answered.rows.len(), answered.columns.len());
        let numbers: Vec<bool> = answered.columns.iter().map(|column| column.kind == Kind::Number).collect();
        let row = |row: &Vec<Value>| {
            let cells = row.iter().zip(&numbers).take(COLUMNS_SHOWN);
            cells.map(|(value, number)| Cell { text: text(value), number: *number }).collect()
        };
        let mut cut = Vec::new();
        if rows > ROWS_SHOWN {
            cut.push(format!("the first {ROWS_SHOWN} of {} rows", words::number(rows as u64)));
        }
        if columns > COLUMNS_SHOWN {
            cut.push(format!("the first {COLUMNS_SHOWN} of {columns} columns"));
        }
        let heads = answered.columns.iter().zip(&numbers).take(COLUMNS_SHOWN);
        Self {
            columns: heads.map(|(column, number)| Head { name: column.name.clone(), number: *number }).collect(),
            rows: answered.rows.iter().take(ROWS_SHOWN).map(row).collect(),
            count: words::count(rows as u64, "row", "rows"),
            cut: (!cut.is_empty()).then(|| format!("Shown are {}; ask for the file to have all.", words::list(&cut))),
            chart: Chart::of(&answered),
            handed_over: answered.handed_over,
        }
    }
}

/// A value as text; what is nothing says so.
pub(super) fn text(value: &Value) -> String {
    let text = match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() <= CELL_CHARS_MAX {
        return text;
    }
    text.chars().take(CELL_CHARS_MAX - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::desk::Column;

    #[test]
    fn what_is_too_much_to_show_is_said() {
        let columns = |count: usize| {
            (0..count).map(|at| Column { name: format!("c{at}"), kind: Kind::Number }).collect::<Vec<_>>()
        };
        let answered = |rows: usize, wide: usize| Answered {
            columns: columns(wide),
            rows: vec![vec![json!(1); wide]; rows],
            csv: String::new(),
            handed_over: Vec::new(),
        };
        let few = Shown::of(answered(200, 40));
        assert!(few.cut.is_none() && few.rows.len() == 200 && few.count == "200 rows");
        let many = Shown::of(answered(1_201, 41));
        let cut = many.cut.unwrap();
        assert!(cut.contains("the first 200 of 1,201 rows and the first 40 of 41 columns"), "{cut}");
        assert!(many.rows.len() == 200 && many.rows[0].len() == 40 && many.columns.len() == 40);
    }

    #[test]
    fn a_cell_is_a_text_of_bounded_length() {
        assert_eq!(
            [json!(null), json!("a"), json!(1.5), json!(true)].map(|value| text(&value)),
            ["–", "a", "1.5", "true"]
        );
        assert_eq!(text(&json!("x".repeat(1_000))).chars().count(), CELL_CHARS_MAX);
    }
}
