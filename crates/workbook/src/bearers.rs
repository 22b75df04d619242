//! Sheets that name sensors which are to have a token: a column with their short names, and one that says whether a token that is
//! there already is to end. Nothing else of such a file is read, so that a list for technicians can be sent as it is.

use std::collections::BTreeMap;

use model::DeviceId;

use crate::cell::{Book, Row, Table, Value};
use crate::kind::heading;
use crate::read::Fault;

/// Headings of the column with the short names.
const NAMES: [&str; 4] = ["id", "sensor", "device", "short-name"];
/// The heading of the column that says whether a token that is there is to end.
const RENEW: &str = "renew";
/// In how many rows headings are looked for.
const HEADING_ROWS: usize = 10;

/// A sensor that is to have a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// In which sheet it is named.
    pub sheet: String,
    /// In which row, counted from 1.
    pub row: u32,
    /// Which sensor.
    pub id: DeviceId,
    /// Whether a token that it has already is to end.
    pub renew: bool,
}

/// The sensors that a file names, and what is wrong in which row.
#[must_use]
pub fn bearers(book: &Book) -> (Vec<Bearer>, Vec<Fault>) {
    let (mut bearers, mut faults) = (Vec::new(), Vec::new());
    let mut seen: BTreeMap<DeviceId, u32> = BTreeMap::new();
    let mut headed = false;
    for table in &book.tables {
        let Some((at, name, renew)) = headings(table) else { continue };
        headed = true;
        for row in table.rows.get(at + 1..).unwrap_or_default().iter().filter(|row| row.is_filled()) {
            match bearer(table, row, name, renew, &mut seen) {
                Ok(bearer) => bearers.push(bearer),
                Err(fault) => faults.push(fault),
            }
        }
    }
    if !headed {
        let sheet = book.tables.first().map(|table| table.name.clone()).unwrap_or_default();
        let words =
            "no row holds the heading `id`, `sensor` or `device`; name the sensors in a column with one of these"
                .to_owned();
        faults.push(Fault { sheet, row: 1, column: None, words });
    }
    (bearers, faults)
}

/// In which row the headings stand, and where the columns are.
fn headings(table: &Table) -> Option<(usize, usize, Option<usize>)> {
    table.rows.iter().take(HEADING_ROWS).enumerate().find_map(|(at, row)| {
        let names: Vec<String> = row.cells.iter().map(|cell| heading(&cell.value.shown())).collect();
        let name = names.iter().position(|name| NAMES.contains(&name.as_str()))?;
        Some((at, name, names.iter().position(|name| name == RENEW)))
    })
}

fn bearer(
    table: &Table,
    row: &Row,
    name: usize,
    renew: Option<usize>,
    seen: &mut BTreeMap<DeviceId, u32>,
) -> Result<Bearer, Fault> {
    let wrong = |column: &str, words: String| Fault {
        sheet: table.name.clone(),
        row: row.number,
        column: Some(column.to_owned()),
        words,
    };
    let value = row.cells.get(name).map_or(&Value::Empty, |cell| &cell.value);
    if let Value::Broken(_) = value {
        return Err(wrong("id", "the formula of this cell came to an error".to_owned()));
    }
    let text = value.shown();
    if text.is_empty() {
        return Err(wrong("id", "there is no short name in this row".to_owned()));
    }
    let id: DeviceId = text.parse().map_err(|error: model::IdError| wrong("id", error.to_string()))?;
    let renew = match renew.and_then(|at| row.cells.get(at)).map(|cell| cell.value.shown().to_lowercase()) {
        None => false,
        Some(word) => match word.as_str() {
            "" | "no" | "nein" | "0" => false,
            "yes" | "ja" | "1" | "x" => true,
            _ => return Err(wrong(RENEW, "this is neither `yes` nor `no`".to_owned())),
        },
    };
    if let Some(first) = seen.insert(id.clone(), row.number) {
        return Err(wrong("id", format!("`{id}` stands in row {first} already")));
    }
    Ok(Bearer { sheet: table.name.clone(), row: row.number, id, renew })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row, short name, and whether its token is to end.
    type Named = (u32, String, bool);

    fn read(text: &str) -> (Vec<Named>, Vec<(u32, String)>) {
        let book = crate::open(text.as_bytes()).unwrap();
        let (bearers, faults) = bearers(&book);
        let bearers = bearers.into_iter().map(|one| (one.row, one.id.to_string(), one.renew)).collect();
        (bearers, faults.into_iter().map(|fault| (fault.row, fault.words)).collect())
    }

    #[test]
    fn sensors_are_named_in_one_column_whatever_else_stands_there() {
        let (named, faults) = read(
            "Sensors of the old town;;\n;;\nNote;Sensor;Renew\nnorth;wifi-1;\n;wifi-2;yes\n;;\nsouth;wifi-3;Nein\n",
        );
        assert_eq!(
            named,
            [(4, "wifi-1".to_owned(), false), (5, "wifi-2".to_owned(), true), (7, "wifi-3".to_owned(), false)]
        );
        assert_eq!(faults, []);
    }

    #[test]
    fn what_is_wrong_is_said_of_its_row_and_the_others_are_read() {
        let (named, faults) = read("id,renew\nwifi-1,perhaps\nNo Id,\nwifi-2,\nwifi-2,\n,yes\n=1/0,\nwifi-3,x\n");
        assert_eq!(named.iter().map(|(row, ..)| *row).collect::<Vec<_>>(), [4, 8]);
        assert_eq!(faults.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [2, 3, 5, 6, 7]);
        assert!(faults[2].1.contains("stands in row 4 already"), "{faults:?}");
    }

    #[test]
    fn a_file_without_the_column_is_told_of() {
        let (named, faults) = read("name;where\nwifi-1;here\n");
        assert!(named.is_empty() && faults[0].1.contains("heading `id`"), "{faults:?}");
    }
}
