//! A sheet: rows and cells with their values, in one pass.

use model::Timestamp;
use quick_xml::events::BytesStart;

use super::parts::{Seen, Stop, Styles, attribute, plain, walk};
use super::unread;
use crate::cell::{Cell, Row, Table, Value};
use crate::{CELL_BYTES_MAX, COLUMNS_MAX, FileError, ROWS_MAX};

/// The most merged cells.
const MERGED_MAX: usize = 1_000;
/// The days between the first day of a spreadsheet and 1970.
const DAYS_TO_1970: f64 = 25_569.0;
/// How much later the first day is of a spreadsheet that counts from 1904.
const DAYS_TO_1904: f64 = 1_462.0;
const MILLIS_PER_DAY: f64 = 86_400_000.0;

/// What cells refer to.
pub(super) struct Around<'a> {
    pub(super) shared: &'a [String],
    pub(super) styles: &'a Styles,
    pub(super) from_1904: bool,
}

/// How a cell writes its value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Written {
    #[default]
    Number,
    Shared,
    Text,
    Truth,
    Broken,
    Instant,
}

/// Which text is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    Value,
    Text,
}

/// A sheet on its way.
struct Reading<'a> {
    around: &'a Around<'a>,
    table: Table,
    row: Row,
    /// The column of the cell that is being read, from 0.
    column: usize,
    next_column: usize,
    written: Written,
    is_day: bool,
    formula: bool,
    within: Within,
    /// How deep inside what is written beside the line.
    beside: u32,
    text: String,
    /// Columns and rows of merged cells, from 0 and from 1.
    merged: Vec<Merged>,
    /// How many bytes the values of the file's cells may still have.
    left: &'a mut usize,
    failed: Option<FileError>,
}

/// Cells that were merged: first and last column, first and last row.
type Merged = ((usize, u32), (usize, u32));

/// Reads a sheet, whose values may have so many bytes more: many cells name one text, so that what is unpacked is no bound.
pub(super) fn read(
    name: &str,
    text: &[u8],
    around: &Around<'_>,
    part: &str,
    left: &mut usize,
) -> Result<Table, FileError> {
    let mut reading = Reading {
        around,
        table: Table { name: name.to_owned(), rows: Vec::new() },
        row: Row::default(),
        column: 0,
        next_column: 0,
        written: Written::Number,
        is_day: false,
        formula: false,
        within: Within::Nothing,
        beside: 0,
        text: String::new(),
        merged: Vec::new(),
        left,
        failed: None,
    };
    let walked = walk(text, |seen| {
        reading.see(seen);
        reading.failed.take().map_or(Ok(()), |failed| Err(Stop::Over(failed)))
    });
    walked.map_err(|stop| unread(stop, part))?;
    let Reading { mut table, merged, .. } = reading;
    merged.iter().for_each(|merged| mark(&mut table, merged));
    Ok(table)
}

impl Reading<'_> {
    fn see(&mut self, seen: Seen<'_, '_>) {
        match seen {
            Seen::Start(start) => match start.local_name().as_ref() {
                "row" => self.begin_row(start),
                "c" => self.begin_cell(start),
                "f" => self.formula = true,
                "v" => self.within = Within::Value,
                "t" if self.beside == 0 => self.within = Within::Text,
                "rPh" => self.beside += 1,
                "mergeCell" => self.merge(start),
                _ => {}
            },
            Seen::End("row") => self.end_row(),
            Seen::End("c") => self.end_cell(),
            Seen::End("v" | "t") => self.within = Within::Nothing,
            Seen::End("rPh") => self.beside = self.beside.saturating_sub(1),
            Seen::Text(text) if self.within != Within::Nothing => self.text.push_str(text),
            _ => {}
        }
    }

    fn begin_row(&mut self, start: &BytesStart<'_>) {
        let said = attribute(start, "r").and_then(|number| number.parse().ok());
        let number = said.unwrap_or(self.row.number.saturating_add(1));
        self.row = Row { number, cells: Vec::new() };
        self.next_column = 0;
    }

    fn end_row(&mut self) {
        let row = Row { number: self.row.number, cells: std::mem::take(&mut self.row.cells) };
        if row.is_filled() {
            self.table.rows.push(row);
        }
        if self.table.rows.len() > ROWS_MAX {
            self.failed = Some(FileError::TooManyRows);
        }
    }

    fn begin_cell(&mut self, start: &BytesStart<'_>) {
        let said = attribute(start, "r").and_then(|name| position(&name)).map(|(column, _)| column);
        self.column = said.unwrap_or(self.next_column);
        self.next_column = self.column.saturating_add(1);
        self.written = match attribute(start, "t").as_deref() {
            Some("s") => Written::Shared,
            Some("str" | "inlineStr") => Written::Text,
            Some("b") => Written::Truth,
            Some("e") => Written::Broken,
            Some("d") => Written::Instant,
            _ => Written::Number,
        };
        let style = attribute(start, "s").and_then(|style| style.parse().ok());
        self.is_day = style.is_some_and(|style| self.around.styles.is_day(style));
        self.formula = false;
        self.text.clear();
    }

    fn end_cell(&mut self) {
        let value = self.value();
        if value.is_empty() && !self.formula {
            return;
        }
        let (sheet, row) = (|| self.table.name.clone(), self.row.number);
        if self.column >= COLUMNS_MAX {
            self.failed = Some(FileError::TooManyColumns { sheet: sheet(), row });
            return;
        }
        let bytes = match &value {
            Value::Text(text) | Value::Broken(text) => text.len(),
            _ => 0,
        };
        if bytes > CELL_BYTES_MAX {
            self.failed = Some(FileError::TooLongText { sheet: sheet(), row });
            return;
        }
        let Some(left) = self.left.checked_sub(bytes) else {
            self.failed = Some(FileError::TooLargeUnpacked);
            return;
        };
        *self.left = left;
        if self.row.cells.len() <= self.column {
            self.row.cells.resize(self.column + 1, Cell::default());
        }
        if let Some(cell) = self.row.cells.get_mut(self.column) {
            *cell = Cell { value, formula: self.formula, merged: false };
        }
    }

    fn value(&self) -> Value {
        let text = self.text.trim();
        match self.written {
            Written::Shared => {
                let shared = text.parse::<usize>().ok().and_then(|at| self.around.shared.get(at));
                shared.map_or(Value::Empty, |text| Value::text(text))
            }
            Written::Text => Value::text(&plain(&self.text)),
            Written::Truth if text.is_empty() => Value::Empty,
            Written::Truth => Value::Truth(text == "1" || text == "true"),
            Written::Broken => Value::Broken(text.to_owned()),
            Written::Instant => instant(text).map_or_else(|| Value::text(text), Value::Instant),
            Written::Number => match text.parse::<f64>() {
                Ok(number) if self.is_day => day(number, self.around.from_1904),
                Ok(number) if number.is_finite() => Value::Number(number),
                _ => Value::text(text),
            },
        }
    }

    fn merge(&mut self, start: &BytesStart<'_>) {
        let Some(range) = attribute(start, "ref") else { return };
        let Some((from, to)) = range.split_once(':') else { return };
        self.merged.extend(position(from).zip(position(to)));
        if self.merged.len() > MERGED_MAX {
            self.failed = Some(FileError::TooMany("merged cells"));
        }
    }
}

/// Column from 0 and row from 1 of a name such as `B5`.
fn position(name: &str) -> Option<(usize, u32)> {
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (letters, digits) = name.split_at_checked(letters)?;
    let column = letters.bytes().try_fold(0_usize, |column, letter| {
        let letter = usize::from(letter.to_ascii_uppercase().checked_sub(b'A')?) + 1;
        column.checked_mul(26)?.checked_add(letter).filter(|column| *column <= 1 << 20)
    })?;
    Some((column.checked_sub(1)?, digits.parse().ok()?))
}

/// Marks the cells under merged ones: all but the first.
fn mark(table: &mut Table, &((left, top), (right, bottom)): &Merged) {
    for row in table.rows.iter_mut().filter(|row| (top..=bottom).contains(&row.number)) {
        let right = right.min(COLUMNS_MAX - 1);
        if row.cells.len() <= right {
            row.cells.resize(right + 1, Cell::default());
        }
        let first = |column: usize| row.number == top && column == left;
        for column in (left..=right).filter(|column| !first(*column)) {
            if let Some(cell) = row.cells.get_mut(column) {
                cell.merged = true;
            }
        }
    }
}

/// A number of days as an instant; a number that is none before 1970.
fn day(number: f64, from_1904: bool) -> Value {
    let days = if from_1904 { number + DAYS_TO_1904 } else { number } - DAYS_TO_1970;
    // Seconds are as exact as spreadsheets are.
    let millis = (days * MILLIS_PER_DAY / 1_000.0).round() * 1_000.0;
    if !(0.0..=9.0e15).contains(&millis) {
        return if number.is_finite() { Value::Number(number) } else { Value::Empty };
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is a whole number within the range")]
    Value::Instant(Timestamp::from_millis(millis as i64))
}

/// An instant as ISO 8601 writes it, in UTC where it names no zone.
fn instant(text: &str) -> Option<Timestamp> {
    let whole = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00") };
    whole.parse().ok().or_else(|| format!("{whole}Z").parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_has_a_place_and_a_number_is_a_day() {
        assert_eq!(position("A1"), Some((0, 1)));
        assert_eq!(position("BC107"), Some((54, 107)));
        for bad in ["", "1", "A", "ÄA1", "ZZZZZZZZZZZZZZ1"] {
            assert_eq!(position(bad), None, "{bad}");
        }
        let at = |text: &str| Value::Instant(text.parse().unwrap_or(Timestamp::UNIX_EPOCH));
        assert_eq!(day(46_508.0, false), at("2027-05-01T00:00:00Z"));
        assert_eq!(day(46_508.0 - DAYS_TO_1904, true), at("2027-05-01T00:00:00Z"));
        assert_eq!(day(46_508.500_000_1, false), at("2027-05-01T12:00:00Z"));
        assert_eq!(day(3.0, false), Value::Number(3.0));
        assert_eq!(day(f64::NAN, false), Value::Empty);
        assert_eq!(day(1e300, false), Value::Number(1e300));
    }
}
