//! Files of text (CSV, RFC 4180), as programs and countries write them: commas, semicolons or tabs, UTF-8, UTF-16 or Windows.
//!
//! What is written is UTF-8 with a mark at its begin, so that spreadsheets know; a text that one would take for a formula begins
//! with an apostrophe, which is taken off again where a file is read.

use crate::cell::{Book, Cell, Row, Table, Value};
use crate::{CELL_BYTES_MAX, COLUMNS_MAX, FileError, ROWS_MAX};

/// The characters of Windows-1252 between 0x80 and 0x9F.
const WINDOWS: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
/// What may part the cells of a row.
const SEPARATORS: [char; 3] = [',', ';', '\t'];
/// What a cell begins with that spreadsheets run.
const FORMULA: [char; 4] = ['=', '+', '-', '@'];

/// Reads a file of text.
pub(crate) fn read(bytes: &[u8]) -> Result<Book, FileError> {
    let (text, note) = decoded(bytes)?;
    if text.trim().is_empty() {
        return Err(FileError::Empty);
    }
    let (said, text) = separator_said(&text);
    let separator = said.unwrap_or_else(|| separator(text));
    let (mut table, mut number) = (Table::default(), 0_u32);
    let mut rest = text;
    while !rest.is_empty() {
        let (cells, after) = record(rest, separator);
        rest = after;
        number = number.saturating_add(1);
        let row = row(number, &cells)?;
        if row.is_filled() {
            table.rows.push(row);
        }
        if table.rows.len() > ROWS_MAX {
            return Err(FileError::TooManyRows);
        }
    }
    Ok(Book { tables: vec![table], notes: note.map(str::to_owned).into_iter().collect() })
}

/// The cells of the first row of a text, and what follows it. A quote that is never closed holds the rest.
fn record(text: &str, separator: char) -> (Vec<String>, &str) {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), Growing::default(), false);
    let mut signs = text.char_indices().peekable();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '"' if quoted && signs.peek().is_some_and(|(_, next)| *next == '"') => {
                signs.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            // Some programs put a space before the quote.
            '"' if !cell.filled => {
                cell.text.clear();
                quoted = true;
            }
            _ if quoted => cell.push(sign),
            sign if sign == separator => std::mem::take(&mut cell).add_to(&mut cells),
            '\r' | '\n' => {
                let both = sign == '\r' && signs.peek().is_some_and(|(_, next)| *next == '\n');
                cell.add_to(&mut cells);
                return (cells, text.get(at + 1 + usize::from(both)..).unwrap_or_default());
            }
            sign => cell.push(sign),
        }
    }
    cell.add_to(&mut cells);
    (cells, "")
}

/// A cell on its way. Whether anything but spaces is in it is kept beside it: to look anew at each quote would take as many steps as
/// there are signs, for each of them.
#[derive(Default)]
struct Growing {
    text: String,
    filled: bool,
}

impl Growing {
    fn push(&mut self, sign: char) {
        self.text.push(sign);
        self.filled |= !sign.is_whitespace();
    }

    /// Adds it to a row. Of those too far to the right the first one that is filled is kept, and tells that there is one: a row of
    /// separators alone is not kept.
    fn add_to(self, cells: &mut Vec<String>) {
        if cells.len() < COLUMNS_MAX || (cells.len() == COLUMNS_MAX && self.filled) {
            cells.push(self.text);
        }
    }
}

fn row(number: u32, cells: &[String]) -> Result<Row, FileError> {
    if cells.len() > COLUMNS_MAX {
        return Err(FileError::TooManyColumns { sheet: String::new(), row: number });
    }
    if cells.iter().any(|text| text.len() > CELL_BYTES_MAX) {
        return Err(FileError::TooLongText { sheet: String::new(), row: number });
    }
    let cells = cells.iter().take(COLUMNS_MAX).map(|text| Cell::from(Value::text(unguarded(text))));
    Ok(Row { number, cells: cells.collect() })
}

/// Bytes as text, and what there is to say of their encoding.
fn decoded(bytes: &[u8]) -> Result<(String, Option<&'static str>), FileError> {
    let wide = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok()).map(read);
        let text: Result<String, _> = char::decode_utf16(units).collect();
        text.map(|text| (text, None)).map_err(|_| FileError::NotText)
    };
    let (text, note) = match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes)?,
        [0xef, 0xbb, 0xbf, rest @ ..] => (String::from_utf8(rest.to_vec()).map_err(|_| FileError::NotText)?, None),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => (text.to_owned(), None),
            Err(_) => (
                bytes.iter().map(|byte| windows(*byte)).collect(),
                Some("The text is not UTF-8, so it was read as Windows-1252. Look whether its letters are right."),
            ),
        },
    };
    let control = |sign: char| sign.is_control() && !matches!(sign, '\t' | '\n' | '\r' | '\u{80}'..='\u{9f}');
    if text.contains(control) { Err(FileError::NotText) } else { Ok((text, note)) }
}

fn windows(byte: u8) -> char {
    let high = usize::from(byte).checked_sub(0x80).and_then(|at| WINDOWS.chars().nth(at));
    high.filter(|_| byte < 0xa0).unwrap_or(char::from(byte))
}

/// The separator that a first line names, as Excel writes `sep=;` and does not show it, and what follows.
fn separator_said(text: &str) -> (Option<char>, &str) {
    let said = text.strip_prefix("sep=").and_then(|rest| rest.split_once('\n'));
    let known = said.and_then(|(said, rest)| Some((said.chars().next()?, rest)));
    let known = known.filter(|(sign, _)| SEPARATORS.contains(sign));
    known.map_or((None, text), |(sign, rest)| (Some(sign), rest))
}

/// The separator of which the first line has most, outside quotes.
fn separator(text: &str) -> char {
    let mut counts = [0_usize; SEPARATORS.len()];
    let mut quoted = false;
    for sign in text.trim_start().chars() {
        match sign {
            '"' => quoted = !quoted,
            '\n' if !quoted => break,
            _ if !quoted => {
                let known = SEPARATORS.iter().zip(&mut counts).find(|(separator, _)| **separator == sign);
                known.into_iter().for_each(|(_, count)| *count += 1);
            }
            _ => {}
        }
    }
    let most = SEPARATORS.iter().zip(counts).rev().max_by_key(|(_, count)| *count);
    most.map_or(',', |(separator, _)| *separator)
}

/// Whether a spreadsheet would run a text, or we would take an apostrophe off its begin.
fn is_formula(text: &str) -> bool {
    let text = text.trim_start_matches('\'');
    text.trim_start().starts_with(FORMULA) || text.starts_with(['\t', '\r'])
}

/// A text as a cell of CSV.
#[must_use]
pub fn cell(text: &str) -> String {
    let text = if is_formula(text) { format!("'{text}") } else { text.to_owned() };
    let quoted = text.contains([',', '"', '\r', '\n']) || text.starts_with(' ') || text.ends_with(' ');
    if quoted { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// A text without the apostrophe that kept it from being run.
fn unguarded(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(text)
}

/// Rows as a file of text. Numbers are written as they are: a spreadsheet runs none.
#[must_use]
pub fn written(header: &[&str], rows: &[Vec<Value>]) -> String {
    let mut text = String::from("\u{feff}");
    text.push_str(&header.join(","));
    text.push_str("\r\n");
    for row in rows {
        let cells = row.iter().map(|value| match value {
            Value::Number(_) => value.shown().into_owned(),
            other => cell(&other.shown()),
        });
        text.push_str(&cells.collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(bytes: &[u8]) -> Vec<Vec<String>> {
        let book = read(bytes).unwrap_or_else(|error| unreachable!("{error}"));
        let row = |row: &Row| row.cells.iter().map(|cell| cell.value.shown().into_owned()).collect();
        book.tables.iter().flat_map(|table| &table.rows).map(row).collect()
    }

    #[test]
    fn no_cell_is_a_formula_and_none_breaks_its_row() {
        for (text, expected) in [
            ("plain", "plain"),
            ("", ""),
            ("=1+1", "'=1+1"),
            ("+49 30", "'+49 30"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            (" =1", "' =1"),
            ("\t=1", "'\t=1"),
            ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""),
            ("a\nb", "\"a\nb\""),
            ("a,b", "\"a,b\""),
        ] {
            assert_eq!(cell(text), expected);
        }
        let rows = [vec![Value::from("=1+1"), Value::Number(-0.1278), Value::from("'quoted'")]];
        let text = written(&["a", "b", "c"], &rows);
        assert_eq!(text, "\u{feff}a,b,c\r\n'=1+1,-0.1278,'quoted'\r\n");
        assert_eq!(cells(text.as_bytes()), [["a", "b", "c"], ["=1+1", "-0.1278", "'quoted'"]]);
    }

    #[test]
    fn files_are_read_as_programs_and_countries_write_them() {
        let expected = [["id", "name"], ["a", "Käse; €"]];
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        for bytes in [
            "id,name\r\na,Käse; €\r\n".as_bytes().to_vec(),
            "\u{feff}id,name\na, Käse; € \n".as_bytes().to_vec(),
            "id;name\r\na;\"Käse; €\"\r\n".as_bytes().to_vec(),
            "sep=;\r\nid;name\r\na;\"Käse; €\"\r\n".as_bytes().to_vec(),
            "id\tname\ra\tKäse; €\r".as_bytes().to_vec(),
            b"id;name\r\na;\"K\xe4se; \x80\"\r\n".to_vec(),
            [vec![0xff, 0xfe], utf16("id\tname\r\na\tKäse; €\r\n")].concat(),
        ] {
            assert_eq!(cells(&bytes), expected, "{bytes:?}");
        }
        let windows = read(b"id\r\nK\xe4se\r\n").map(|book| book.notes.concat());
        assert!(windows.is_ok_and(|note| note.contains("Windows-1252")));
        for bad in [&b"a\0b"[..], b"\xff\xfe\x00\xd8", b"\x89PNG\r\n\x1a\n\0"] {
            assert_eq!(read(bad), Err(FileError::NotText), "{bad:?}");
        }
        assert_eq!(read(b" \r\n"), Err(FileError::Empty));
    }

    #[test]
    fn rows_keep_their_numbers_and_have_limits() {
        let rows = |text: &str| {
            let book = read(text.as_bytes()).unwrap_or_default();
            book.tables.iter().flat_map(|table| &table.rows).map(|row| row.number).collect::<Vec<_>>()
        };
        assert_eq!(rows("id,name\n,\na,b\n"), [1, 3]);
        assert_eq!(rows("id,name\r\n\r\na,\"two\nlines\"\r\nb,c\r\n"), [1, 3, 4]);
        assert_eq!(rows("sep=;\r\nid;name\r\na;b\r\n"), [1, 2]);
        let long = format!("id\n{}", "a\n".repeat(ROWS_MAX));
        assert_eq!(read(long.as_bytes()), Err(FileError::TooManyRows));
        let wide = format!("id{}x\n", ",".repeat(COLUMNS_MAX));
        assert!(matches!(read(wide.as_bytes()), Err(FileError::TooManyColumns { row: 1, .. })));
        assert!(matches!(read("x".repeat(CELL_BYTES_MAX + 1).as_bytes()), Err(FileError::TooLongText { .. })));
    }
    #[test]
    fn a_row_of_separators_alone_is_no_more_cells_than_a_row_has() {
        let wide = ",".repeat(crate::FILE_BYTES_MAX - 2);
        let of = |text: &str| record(text, ',').0.len();
        assert_eq!(of(&wide), COLUMNS_MAX);
        assert_eq!(of(&format!("{wide}x")), COLUMNS_MAX + 1, "what is filled far to the right is told");
        assert_eq!(of(&format!("{wide} \t")), COLUMNS_MAX);
        assert_eq!(of(&format!("{}{wide}", ",x".repeat(COLUMNS_MAX + 9))), COLUMNS_MAX + 1);
        assert!(read(format!("id{wide}").as_bytes()).is_ok());
        assert!(matches!(read(format!("{wide}x").as_bytes()), Err(FileError::TooManyColumns { row: 1, .. })));
    }

    #[test]
    fn quotes_behind_many_spaces_are_read_in_one_pass() {
        // To look through the spaces at each quote would be ten million million steps, which nobody waits for.
        let half = crate::FILE_BYTES_MAX / 2;
        let (spaces, quotes) = (" ".repeat(half - 1), "\"".repeat(half));
        let text = format!("{spaces}x{quotes}");
        let (cells, rest) = record(&text, ',');
        assert_eq!((cells.as_slice(), rest), (std::slice::from_ref(&text), ""));
        // Before anything is filled, a quote opens what is read as it is.
        assert_eq!(record(" \"a,\"\"b\" c,d\ne", ','), (vec!["a,\"b c".to_owned(), "d".to_owned()], "e"));
        assert_eq!(record("\"\" \"x\"", ',').0, ["x"]);
    }
}
