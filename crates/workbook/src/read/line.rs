//! A row with its headings: its cells as texts, numbers and days, as clerks and countries write them.

use std::fmt::Display;
use std::str::FromStr;

use model::Timestamp;
use serde::de::DeserializeOwned;

use super::{Fault, Reading, Sheet};
use crate::cell::{Cell, Row, Value};

/// Numbers that can only be days where a day is wanted: 1954 to 2119 as spreadsheets count.
const DAY_NUMBERS: std::ops::RangeInclusive<f64> = 20_000.0..=80_000.0;
const DAYS_TO_1970: f64 = 25_569.0;
const SECONDS_PER_DAY: f64 = 86_400.0;

/// A row that is being read.
pub(super) struct Line<'a> {
    sheet: &'a Sheet<'a>,
    row: &'a Row,
    out: &'a mut Reading,
}

impl<'a> Line<'a> {
    pub(super) const fn of(sheet: &'a Sheet<'a>, row: &'a Row, out: &'a mut Reading) -> Self {
        Self { sheet, row, out }
    }

    fn said(&self, column: &str, words: String) -> Fault {
        let column = (!column.is_empty()).then(|| column.to_owned());
        Fault { sheet: self.sheet.name.clone(), row: self.row.number, column, words }
    }

    /// Says what is wrong in a column.
    pub(super) fn fault(&mut self, column: &str, words: impl Display) {
        let fault = self.said(column, words.to_string());
        self.out.faults.push(fault);
    }

    fn remark(&mut self, column: &str, words: impl Display) {
        let remark = self.said(column, words.to_string());
        self.out.remarks.push(remark);
    }

    /// The value of a cell; none if it is empty or cannot be used.
    fn value(&mut self, column: &'static str) -> Option<Value> {
        let cell = self.sheet.columns.get(column).and_then(|at| self.row.cells.get(*at))?.clone();
        let Cell { value, formula, merged } = cell;
        if merged {
            self.fault(column, "this cell is merged with another one; split them, and fill each in");
            return None;
        }
        match value {
            Value::Broken(error) => {
                self.fault(column, format!("the formula came to an error ({error})"));
                None
            }
            Value::Empty if formula => {
                self.fault(column, "the file does not say what this formula came to; write the value itself");
                None
            }
            Value::Empty => None,
            value => {
                if formula {
                    let words = format!("a formula; taken is what it came to: {}", value.shown());
                    self.remark(column, words);
                }
                Some(value)
            }
        }
    }

    /// Whether something stands in a column.
    pub(super) fn is_filled(&self, column: &'static str) -> bool {
        let cell = self.sheet.columns.get(column).and_then(|at| self.row.cells.get(*at));
        cell.is_some_and(|cell| !cell.value.is_empty() || cell.formula || cell.merged)
    }

    /// A text, if there is one.
    pub(super) fn text_if_any(&mut self, column: &'static str) -> Option<String> {
        self.value(column).map(|value| value.shown().into_owned())
    }

    /// A text that has to be there.
    pub(super) fn text(&mut self, column: &'static str) -> Option<String> {
        let before = self.out.faults.len();
        let text = self.text_if_any(column);
        if text.is_none() && self.out.faults.len() == before {
            self.missing(column);
        }
        text
    }

    fn missing(&mut self, column: &'static str) {
        // A column that is missing was told once.
        if self.sheet.columns.contains_key(column) {
            self.fault(column, "this has to be filled in");
        }
    }

    /// A text that has to be there, read as something.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&mut self, column: &'static str) -> Option<T> {
        let text = self.text(column)?;
        text.parse().map_err(|error: T::Err| self.fault(column, error)).ok()
    }

    /// A text read as something, if there is one.
    pub(super) fn parsed_if_any<T: FromStr<Err: Display>>(&mut self, column: &'static str) -> Option<T> {
        let text = self.text_if_any(column)?;
        text.parse().map_err(|error: T::Err| self.fault(column, error)).ok()
    }

    /// One of several words.
    pub(super) fn code<T: DeserializeOwned>(&mut self, column: &'static str, known: &[&str]) -> Option<T> {
        let text = self.text(column)?;
        let found = serde_json::from_value(text.to_lowercase().into());
        found.map_err(|_| self.fault(column, format!("this is none of: {}", known.join(", ")))).ok()
    }

    /// Yes or no; no if nothing is said.
    pub(super) fn truth(&mut self, column: &'static str) -> bool {
        match self.value(column) {
            None => false,
            Some(Value::Truth(truth)) => truth,
            Some(other) => match other.shown().to_lowercase().as_str() {
                "yes" | "true" | "1" | "x" => true,
                "no" | "false" | "0" => false,
                _ => {
                    self.fault(column, "write yes or no");
                    false
                }
            },
        }
    }

    /// A number, if there is one; a comma for a point is one.
    pub(super) fn degrees(&mut self, column: &'static str) -> Option<f64> {
        match self.value(column)? {
            Value::Number(number) => Some(number),
            Value::Text(text) => {
                let point = !text.contains('.') && text.matches(',').count() == 1;
                let plain = if point { text.replace(',', ".") } else { text };
                let number = plain.parse::<f64>().ok().filter(|number| number.is_finite());
                if number.is_none() {
                    self.fault(column, "this is not a number of degrees; write it as 16.6068");
                }
                number
            }
            Value::Instant(_) => {
                self.fault(column, "the spreadsheet took this number for a day; write it again in a cell of numbers");
                None
            }
            _ => {
                self.fault(column, "this is not a number of degrees; write it as 16.6068");
                None
            }
        }
    }

    /// A day that has to be there.
    pub(super) fn day(&mut self, column: &'static str) -> Option<Timestamp> {
        let before = self.out.faults.len();
        let day = self.day_if_any(column);
        if day.is_none() && self.out.faults.len() == before {
            self.missing(column);
        }
        day
    }

    /// A day, if there is one: as a day of the spreadsheet, as `2027-05-01`, or as `1.5.2027`.
    pub(super) fn day_if_any(&mut self, column: &'static str) -> Option<Timestamp> {
        let value = self.value(column)?;
        let read = match &value {
            Value::Instant(at) => Ok(*at),
            Value::Number(number) if DAY_NUMBERS.contains(number) => {
                let at = of_number(*number);
                self.remark(column, format!("a number, read as the day {}", at.date()));
                Ok(at)
            }
            Value::Text(text) => written(text),
            _ => Err(NO_DAY),
        };
        read.map_err(|words| self.fault(column, words)).ok()
    }
}

const NO_DAY: &str = "this is not a day; write it as year-month-day, for instance 2027-05-01";

fn of_number(number: f64) -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "it is a whole number within a century or two")]
    let seconds = ((number - DAYS_TO_1970) * SECONDS_PER_DAY).round() as i64;
    Timestamp::from_millis(seconds * 1_000)
}

/// A day as a text.
fn written(text: &str) -> Result<Timestamp, &'static str> {
    if text.contains('/') {
        return Err("it cannot be told which is the day and which the month; write it as 2027-05-01");
    }
    let parts: Vec<&str> = text.split('.').map(str::trim).collect();
    let iso = match parts.as_slice() {
        [day, month, year] if year.len() == 4 && (1..=2).contains(&day.len()) && (1..=2).contains(&month.len()) => {
            format!("{year}-{month:0>2}-{day:0>2}T00:00:00Z")
        }
        _ if text.contains('T') => text.to_owned(),
        _ => format!("{text}T00:00:00Z"),
    };
    iso.parse().map_err(|_| NO_DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_people_write_it_and_not_where_it_could_be_two() {
        for text in ["2027-05-01", "1.5.2027", "01. 05. 2027", "2027-05-01T00:00:00Z"] {
            assert_eq!(written(text).map(Timestamp::date), Ok("2027-05-01".to_owned()), "{text}");
        }
        for bad in ["05/01/2027", "2027-13-01", "31.2.2027", "1.5.27", "soon", "2027-05"] {
            assert!(written(bad).is_err(), "{bad}");
        }
        assert_eq!(of_number(46_508.0).date(), "2027-05-01");
    }
}
