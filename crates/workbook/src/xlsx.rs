//! Spreadsheets as Excel, LibreOffice and Google write them (ECMA-376, SpreadsheetML): values alone, of the sheets that are shown.
//!
//! Formulas are not worked out: what the file says that they came to is taken, and marked. Nothing is fetched and no entity of
//! a document is expanded, since no document with a DOCTYPE is read.

mod parts;
mod sheet;

use crate::archive::Archive;
use crate::cell::Book;
use crate::{FileError, Part, ROWS_MAX, UNPACKED_BYTES_MAX};

use parts::{Relation, Stop, Styles};

/// The main part where nothing says which it is.
const MAIN: &str = "xl/workbook.xml";

/// Reads a file.
pub(crate) fn read(bytes: &[u8]) -> Result<Book, FileError> {
    let mut archive = Archive::open(bytes)?;
    let main = main_part(&mut archive)?;
    let text = archive.part(&main)?.ok_or_else(|| FileError::NotXlsx(Part::Missing(main.clone())))?;
    let workbook = parts::workbook(&text).map_err(|stop| unread(stop, &main))?;
    let relations = relations(&mut archive, &main)?;
    let of_type = |kind: &str| relations.iter().find(|one| one.kind.ends_with(kind)).map(|one| one.target.clone());
    let shared = match of_type("/sharedStrings") {
        Some(name) => read_part(&mut archive, &name, parts::shared)?.unwrap_or_default(),
        None => Vec::new(),
    };
    let styles = match of_type("/styles") {
        Some(name) => read_part(&mut archive, &name, parts::styles)?.unwrap_or_default(),
        None => Styles::default(),
    };
    let (mut book, mut rows, mut left) = (Book::default(), 0, UNPACKED_BYTES_MAX);
    for one in workbook.sheets {
        if one.hidden {
            book.notes.push(format!("The sheet “{}” is hidden, so it was not read.", one.name));
            continue;
        }
        let Some(part) = relations.iter().find(|relation| relation.id == one.relation) else { continue };
        // A sheet of charts alone has no cells.
        if !part.kind.ends_with("/worksheet") {
            continue;
        }
        let text = archive.part(&part.target)?.ok_or_else(|| FileError::NotXlsx(Part::Missing(part.target.clone())))?;
        let around = sheet::Around { shared: &shared, styles: &styles, from_1904: workbook.from_1904 };
        let table = sheet::read(&one.name, &text, &around, &part.target, &mut left)?;
        rows += table.rows.len();
        if rows > ROWS_MAX {
            return Err(FileError::TooManyRows);
        }
        book.tables.push(table);
    }
    Ok(book)
}

/// A part is no XML that can be read, or more than is read.
fn unread(stop: Stop, name: &str) -> FileError {
    match stop {
        Stop::Malformed => FileError::NotXlsx(Part::Broken(name.to_owned())),
        Stop::Over(error) => error,
    }
}

fn read_part<T>(
    archive: &mut Archive<'_>,
    name: &str,
    parse: fn(&[u8]) -> Result<T, Stop>,
) -> Result<Option<T>, FileError> {
    let Some(text) = archive.part(name)? else { return Ok(None) };
    parse(&text).map(Some).map_err(|stop| unread(stop, name))
}

/// The part that lists the sheets.
fn main_part(archive: &mut Archive<'_>) -> Result<String, FileError> {
    let top = relations(archive, "")?;
    let main = top.into_iter().find(|one| one.kind.ends_with("/officeDocument")).map(|one| one.target);
    Ok(main.unwrap_or_else(|| MAIN.to_owned()))
}

/// What a part refers to, each by the name of a part.
fn relations(archive: &mut Archive<'_>, of: &str) -> Result<Vec<Relation>, FileError> {
    let (folder, file) = of.rsplit_once('/').unwrap_or(("", of));
    let slash = if folder.is_empty() { "" } else { "/" };
    let name = format!("{folder}{slash}_rels/{file}.rels");
    let mut found = read_part(archive, &name, parts::relations)?.unwrap_or_default();
    for one in &mut found {
        one.target = match one.target.strip_prefix('/') {
            Some(absolute) => absolute.to_owned(),
            None => format!("{folder}{slash}{}", one.target.trim_start_matches("./")),
        };
    }
    Ok(found)
}
