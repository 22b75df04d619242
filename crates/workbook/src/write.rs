//! Spreadsheets to take away: the register as it stands, or the empty template with a sheet of instructions and the words that fit.
//!
//! Texts are written as texts, so that no spreadsheet runs one. The same state is the same bytes.

use std::fmt::Write as _;

use model::{Category, Purpose, Technology};
use register::State;

use crate::archive::packed;
use crate::cell::Value;
use crate::draw::{Extent, drawn};
use crate::kind::Kind;
use crate::read::{BASES, PARTY_KINDS, TYPES};
use crate::treatment::TREATMENTS;

/// The sheet of instructions.
pub(crate) const INSTRUCTIONS: &str = "Instructions";
/// The sheet of words that fit.
pub(crate) const VALUES: &str = "Values";
/// For how many rows a spreadsheet offers the words that fit.
const OFFERED_ROWS: usize = 2_000;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const CONTENT: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// The formats of cells: plain, heading, day, text that wraps.
const PLAIN: u8 = 0;
const HEADING: u8 = 1;
const DAY: u8 = 2;
const WRAPPED: u8 = 3;

/// A sheet to be written.
#[derive(Default)]
pub(crate) struct Sheet {
    pub(crate) name: &'static str,
    pub(crate) rows: Vec<Vec<Value>>,
    /// The widths of its columns, in characters.
    pub(crate) widths: Vec<u16>,
    /// Columns, from 0, and the column of the sheet of words that fits there, with how many it has.
    pub(crate) offers: Vec<(usize, usize, usize)>,
}

/// The register as a spreadsheet, with instructions.
#[must_use]
pub fn written(state: &State, of: Extent<'_>) -> Vec<u8> {
    book(state, |kind| drawn(kind, state, of))
}

/// The template: headings alone, with instructions.
#[must_use]
pub fn template(state: &State) -> Vec<u8> {
    book(state, |_| Vec::new())
}

fn book(state: &State, rows: impl Fn(Kind) -> Vec<Vec<Value>>) -> Vec<u8> {
    let lists = lists(state);
    let mut sheets = vec![instructions()];
    for kind in Kind::ALL {
        let head = kind.headings().into_iter().map(Value::from).collect();
        let offer = |(at, column): (usize, &crate::Column)| {
            let list = lists.iter().position(|list| list.fits.contains(&(kind, column.name)))?;
            Some((at, list, lists.get(list)?.words.len()))
        };
        sheets.push(Sheet {
            name: kind.code(),
            rows: std::iter::once(head).chain(rows(kind)).collect(),
            widths: kind.columns().iter().map(|column| if column.about.len() > 60 { 28 } else { 18 }).collect(),
            offers: kind.columns().iter().enumerate().filter_map(offer).collect(),
        });
    }
    sheets.push(values(&lists));
    parts(&sheets)
}

fn instructions() -> Sheet {
    let mut rows: Vec<Vec<Value>> = vec![
        vec![Value::from("How these sheets are filled in")],
        vec![Value::from(
            "Keep the first row of each sheet. Sheets and columns may be left out, rows may come in any order. Nothing is written \
             before you have seen, row by row, what it would do. The same file again changes nothing. What a party can be reached \
             by, and tokens, never stand in a spreadsheet.",
        )],
        Vec::new(),
        ["Sheet", "Column", "Needed", "What stands in it", "For instance"].map(Value::from).into(),
    ];
    for kind in Kind::ALL {
        for column in kind.columns() {
            let needed = if column.required { "yes" } else { "" };
            rows.push([kind.code(), column.name, needed, column.about, column.example].map(Value::from).into());
        }
    }
    Sheet { name: INSTRUCTIONS, rows, widths: vec![14, 18, 9, 70, 44], offers: Vec::new() }
}

/// Words that fit into columns.
struct List {
    title: &'static str,
    words: Vec<(String, String)>,
    fits: &'static [(Kind, &'static str)],
}

fn lists(state: &State) -> Vec<List> {
    let plain = |words: &[&str]| words.iter().map(|word| ((*word).to_owned(), String::new())).collect();
    let leaves = Purpose::all().filter(|purpose| purpose.code().parse::<Purpose>().is_ok());
    let places = state.places.values().map(|place| (place.id.to_string(), place.name.clone()));
    let parties = state.parties.values().map(|record| (record.party.id.to_string(), record.party.name.clone()));
    let list = |title, words, fits| List { title, words, fits };
    vec![
        list("kinds of parties", plain(&PARTY_KINDS), &[(Kind::Parties, "kind")]),
        list(
            "technologies",
            Technology::all().map(|one| (one.code().to_owned(), one.name().to_owned())).collect(),
            &[(Kind::Deployments, "technology")],
        ),
        // Several may stand in one cell, so that none is offered alone.
        list("purposes", leaves.map(|one| (one.code().to_owned(), one.name().to_owned())).collect(), &[]),
        list("grounds in law", plain(&BASES), &[(Kind::Deployments, "legal-basis")]),
        list(
            "categories of data",
            Category::all().map(|one| (one.code().to_owned(), one.name().to_owned())).collect(),
            &[(Kind::Properties, "category")],
        ),
        list("types of values", plain(&TYPES), &[(Kind::Properties, "value")]),
        list(
            "treatments",
            TREATMENTS.iter().map(|(code, name)| ((*code).to_owned(), (*name).to_owned())).collect(),
            &[(Kind::Properties, "treatment")],
        ),
        list(
            "places",
            places.collect(),
            &[(Kind::Places, "within"), (Kind::Deployments, "place"), (Kind::Devices, "place")],
        ),
        list("parties", parties.collect(), &[(Kind::Deployments, "accountable"), (Kind::Devices, "operator")]),
        list(
            "streams",
            state.streams.iter().map(|(stream, of)| (stream.to_string(), of.to_string())).collect(),
            &[(Kind::Devices, "stream")],
        ),
    ]
}

/// The sheet of words: two columns a list, the word and its name.
fn values(lists: &[List]) -> Sheet {
    let longest = lists.iter().map(|list| list.words.len()).max().unwrap_or_default();
    let head = lists.iter().flat_map(|list| [Value::from(list.title), Value::Empty]).collect();
    let row = |at: usize| {
        let word = |list: &List| {
            let (word, name) = list.words.get(at).cloned().unwrap_or_default();
            [Value::text(&word), Value::text(&name)]
        };
        lists.iter().flat_map(word).collect()
    };
    let rows = std::iter::once(head).chain((0..longest).map(row)).collect();
    Sheet { name: VALUES, rows, widths: [24, 34].repeat(lists.len()), offers: Vec::new() }
}

/// Sheets as a file.
pub(crate) fn parts(sheets: &[Sheet]) -> Vec<u8> {
    let (mut types, mut relations, mut list) = (String::new(), String::new(), String::new());
    let mut parts = Vec::new();
    for (at, sheet) in sheets.iter().enumerate() {
        let number = at + 1;
        _ = write!(
            types,
            "<Override PartName=\"/xl/worksheets/sheet{number}.xml\" ContentType=\"{CONTENT}.worksheet+xml\"/>"
        );
        _ = write!(
            relations,
            "<Relationship Id=\"r{number}\" Type=\"{RELATIONS}/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>"
        );
        _ = write!(list, "<sheet name=\"{}\" sheetId=\"{number}\" r:id=\"r{number}\"/>", sheet.name);
        parts.push((format!("xl/worksheets/sheet{number}.xml"), sheet_part(sheet).into_bytes()));
    }
    let styles = sheets.len() + 1;
    _ = write!(relations, "<Relationship Id=\"r{styles}\" Type=\"{RELATIONS}/styles\" Target=\"styles.xml\"/>");
    let content = format!(
        "{HEAD}<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" \
         ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" \
         ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"{CONTENT}.sheet.main+xml\"/>\
         <Override PartName=\"/xl/styles.xml\" ContentType=\"{CONTENT}.styles+xml\"/>{types}</Types>"
    );
    let top = format!(
        "{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"r1\" Type=\"{RELATIONS}/officeDocument\" \
         Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let workbook =
        format!("{HEAD}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><sheets>{list}</sheets></workbook>");
    let related = format!("{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\">{relations}</Relationships>");
    let mut all = vec![
        ("[Content_Types].xml".to_owned(), content.into_bytes()),
        ("_rels/.rels".to_owned(), top.into_bytes()),
        ("xl/workbook.xml".to_owned(), workbook.into_bytes()),
        ("xl/_rels/workbook.xml.rels".to_owned(), related.into_bytes()),
        ("xl/styles.xml".to_owned(), styles_part().into_bytes()),
    ];
    all.append(&mut parts);
    packed(&all)
}

fn styles_part() -> String {
    format!(
        "{HEAD}<styleSheet xmlns=\"{MAIN}\"><numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"yyyy\\-mm\\-dd\"/></numFmts>\
         <fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font><font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font>\
         </fonts><fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill>\
         </fills><borders count=\"1\"><border/></borders><cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" \
         borderId=\"0\"/></cellStyleXfs><cellXfs count=\"4\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>\
         <xf numFmtId=\"0\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"/><xf numFmtId=\"164\" fontId=\"0\" \
         fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" \
         xfId=\"0\" applyAlignment=\"1\"><alignment vertical=\"top\" wrapText=\"1\"/></xf></cellXfs></styleSheet>"
    )
}

fn sheet_part(sheet: &Sheet) -> String {
    let is_table = sheet.name != INSTRUCTIONS;
    let mut text = format!("{HEAD}<worksheet xmlns=\"{MAIN}\"><sheetViews><sheetView workbookViewId=\"0\">");
    if is_table {
        text.push_str("<pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>");
    }
    text.push_str("</sheetView></sheetViews>");
    text.push_str(if sheet.widths.is_empty() { "" } else { "<cols>" });
    for (at, width) in sheet.widths.iter().enumerate() {
        let number = at + 1;
        _ = write!(text, "<col min=\"{number}\" max=\"{number}\" width=\"{width}\" customWidth=\"1\"/>");
    }
    text.push_str(if sheet.widths.is_empty() { "<sheetData>" } else { "</cols><sheetData>" });
    for (at, row) in sheet.rows.iter().enumerate() {
        _ = write!(text, "<row r=\"{}\">", at + 1);
        let style = match (is_table, at) {
            (true, 0) | (false, 0 | 3) => HEADING,
            (false, 1) => PLAIN,
            (false, _) => WRAPPED,
            (true, _) => PLAIN,
        };
        for (column, value) in row.iter().enumerate() {
            cell(&mut text, &name(column, at + 1), style, value);
        }
        text.push_str("</row>");
    }
    text.push_str("</sheetData>");
    offers(&mut text, &sheet.offers);
    text.push_str("</worksheet>");
    text
}

/// The words that fit, which a spreadsheet offers in a list and does not insist on.
fn offers(text: &mut String, offers: &[(usize, usize, usize)]) {
    let offers: Vec<_> = offers.iter().filter(|(_, _, count)| *count > 0).collect();
    if offers.is_empty() {
        return;
    }
    _ = write!(text, "<dataValidations count=\"{}\">", offers.len());
    for (column, list, count) in offers {
        let (own, of) = (letters(*column), letters(list * 2));
        _ = write!(
            text,
            "<dataValidation type=\"list\" allowBlank=\"1\" showErrorMessage=\"0\" sqref=\"{own}2:{own}{OFFERED_ROWS}\"><formula1>\
             {VALUES}!${of}$2:${of}${}</formula1></dataValidation>",
            count + 1
        );
    }
    text.push_str("</dataValidations>");
}

fn cell(text: &mut String, name: &str, style: u8, value: &Value) {
    match value {
        Value::Empty => {}
        Value::Number(number) => _ = write!(text, "<c r=\"{name}\" s=\"{style}\"><v>{number}</v></c>"),
        // A time of day would be lost in a cell of days.
        Value::Instant(at) if at.to_string().ends_with("T00:00:00Z") => {
            let days = at.millis() / 86_400_000 + 25_569;
            _ = write!(text, "<c r=\"{name}\" s=\"{DAY}\"><v>{days}</v></c>");
        }
        other => {
            _ = write!(text, "<c r=\"{name}\" s=\"{style}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">");
            escaped(text, &other.shown());
            text.push_str("</t></is></c>");
        }
    }
}

/// A text as XML has it; what XML cannot hold is left out.
fn escaped(text: &mut String, plain: &str) {
    // What a spreadsheet would take for a character that XML cannot hold.
    let plain = plain.replace("_x", "_x005F_x");
    for sign in plain.chars() {
        match sign {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '\n' | '\t' => text.push(sign),
            sign if sign.is_control() || matches!(sign, '\u{fffe}' | '\u{ffff}') => {}
            sign => text.push(sign),
        }
    }
}

fn letters(column: usize) -> String {
    let (mut left, mut name) = (column + 1, String::new());
    while left > 0 {
        let letter = u8::try_from((left - 1) % 26).unwrap_or_default();
        name.insert(0, char::from(b'A' + letter));
        left = (left - 1) / 26;
    }
    name
}

fn name(column: usize, row: usize) -> String {
    format!("{}{row}", letters(column))
}
