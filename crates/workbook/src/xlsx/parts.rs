//! The parts of a spreadsheet beside its sheets: which sheets there are, what parts refer to, shared texts, and which formats are days.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::{FileError, SHEETS_MAX};

/// The most shared texts.
const SHARED_MAX: usize = 500_000;
/// The most parts that a part refers to.
const RELATIONS_MAX: usize = 1_000;
/// How much of a sheet's name is kept, in characters: no spreadsheet that we know of gives a longer one.
const NAME_CHARS_MAX: usize = 100;
/// Formats that every spreadsheet knows, by number: days, times, and those of East Asia.
const DAYS: [std::ops::RangeInclusive<u32>; 4] = [14..=22, 27..=36, 45..=47, 50..=58];

/// Why a part is not read to its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It is not well formed.
    Malformed,
    /// There is more in it than is read.
    Over(FileError),
}

impl From<quick_xml::Error> for Stop {
    fn from(_: quick_xml::Error) -> Self {
        Self::Malformed
    }
}

/// Too many of something.
fn too_many(what: &'static str) -> Stop {
    Stop::Over(FileError::TooMany(what))
}

/// Goes through the elements and the texts of a part.
pub(crate) fn walk<'x>(text: &'x [u8], mut see: impl FnMut(Seen<'_, 'x>) -> Result<(), Stop>) -> Result<(), Stop> {
    let mut reader = Reader::from_str(std::str::from_utf8(text).map_err(|_| Stop::Malformed)?);
    let mut depth = 0_usize;
    loop {
        match reader.read_event()? {
            Event::Start(start) => {
                depth += 1;
                see(Seen::Start(&start))?;
            }
            Event::Empty(start) => {
                see(Seen::Start(&start))?;
                see(Seen::End(start.local_name().as_ref()))?;
            }
            Event::End(end) => {
                depth = depth.checked_sub(1).ok_or(Stop::Malformed)?;
                see(Seen::End(end.local_name().as_ref()))?;
            }
            Event::Text(text) => see(Seen::Text(&text.xml10_content()))?,
            Event::CData(text) => see(Seen::Text(&text.xml10_content()))?,
            Event::GeneralRef(named) => {
                let known = if named.is_char_ref() {
                    named.resolve_char_ref().map_err(|_| Stop::Malformed)?.map(String::from)
                } else {
                    let name = named.xml10_content();
                    quick_xml::escape::resolve_predefined_entity(&name).map(str::to_owned)
                };
                see(Seen::Text(&known.ok_or(Stop::Malformed)?))?;
            }
            Event::DocType(_) => return Err(Stop::Malformed),
            Event::Eof => return if depth == 0 { Ok(()) } else { Err(Stop::Malformed) },
            _ => {}
        }
    }
}

/// What comes along in a part.
pub(crate) enum Seen<'s, 'x> {
    /// An element begins.
    Start(&'s BytesStart<'x>),
    /// An element ends.
    End(&'s str),
    /// Text.
    Text(&'s str),
}

/// An attribute, whatever stands before its name.
pub(crate) fn attribute(of: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut all = of.attributes();
    let mut named = all.with_checks(false).flatten().filter(|attribute| attribute.key.local_name().as_ref() == name);
    quick_xml::escape::unescape(&named.next()?.value).ok().map(std::borrow::Cow::into_owned)
}

/// A sheet, as the list of them has it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) hidden: bool,
    /// By which the list refers to its part.
    pub(crate) relation: String,
}

/// The list of sheets.
#[derive(Debug, Default)]
pub(crate) struct Workbook {
    pub(crate) sheets: Vec<Listed>,
    /// Whether days are counted from 1904, as they were on a Macintosh.
    pub(crate) from_1904: bool,
}

/// Reads the list of sheets.
pub(crate) fn workbook(text: &[u8]) -> Result<Workbook, Stop> {
    let mut found = Workbook::default();
    walk(text, |seen| {
        if let Seen::Start(start) = seen {
            match start.local_name().as_ref() {
                "sheet" if found.sheets.len() == SHEETS_MAX => return Err(too_many("sheets")),
                "sheet" => found.sheets.push(Listed {
                    name: attribute(start, "name").unwrap_or_default().chars().take(NAME_CHARS_MAX).collect(),
                    hidden: attribute(start, "state").is_some_and(|state| state != "visible"),
                    relation: attribute(start, "id").unwrap_or_default(),
                }),
                "workbookPr" => {
                    found.from_1904 = attribute(start, "date1904").is_some_and(|said| said == "1" || said == "true");
                }
                _ => {}
            }
        }
        Ok(())
    })?;
    Ok(found)
}

/// What a part refers to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Relation {
    pub(crate) id: String,
    /// The address of its kind; the last word tells.
    pub(crate) kind: String,
    pub(crate) target: String,
}

/// Reads what a part refers to within the file.
pub(crate) fn relations(text: &[u8]) -> Result<Vec<Relation>, Stop> {
    let mut found = Vec::new();
    walk(text, |seen| {
        if let Seen::Start(start) = seen
            && start.local_name().as_ref() == "Relationship"
            && attribute(start, "TargetMode").is_none_or(|mode| mode != "External")
        {
            if found.len() == RELATIONS_MAX {
                return Err(too_many("parts that refer to each other"));
            }
            let [id, kind, target] = ["Id", "Type", "Target"].map(|name| attribute(start, name).unwrap_or_default());
            found.push(Relation { id, kind, target });
        }
        Ok(())
    })?;
    Ok(found)
}

/// Reads the texts that cells share. How they are written beside the line, for readers of Japanese, is left out.
pub(crate) fn shared(text: &[u8]) -> Result<Vec<String>, Stop> {
    let (mut found, mut own, mut is_text, mut beside) = (Vec::new(), String::new(), false, 0_u32);
    walk(text, |seen| {
        match seen {
            Seen::Start(start) => match start.local_name().as_ref() {
                "si" => own.clear(),
                "rPh" => beside += 1,
                "t" => is_text = beside == 0,
                _ => {}
            },
            Seen::End("si") => found.push(plain(&own)),
            Seen::End("rPh") => beside = beside.saturating_sub(1),
            Seen::End("t") => is_text = false,
            Seen::Text(text) if is_text => own.push_str(text),
            _ => {}
        }
        if found.len() > SHARED_MAX { Err(too_many("texts")) } else { Ok(()) }
    })?;
    Ok(found)
}

/// A text without the marks by which spreadsheets write what XML cannot hold: `_x000D_`.
pub(crate) fn plain(text: &str) -> String {
    let (mut whole, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("_x") {
        whole.push_str(before);
        let code = after.split_once('_').filter(|(code, _)| code.len() == 4);
        let sign = code.and_then(|(code, next)| Some((char::from_u32(u32::from_str_radix(code, 16).ok()?)?, next)));
        match sign {
            Some((sign, next)) => {
                whole.push(sign);
                rest = next;
            }
            None => {
                whole.push_str("_x");
                rest = after;
            }
        }
    }
    whole + rest
}

/// Which formats of cells show a number as a day or a time.
#[derive(Debug, Default)]
pub(crate) struct Styles(Vec<bool>);

impl Styles {
    /// Whether a format does.
    pub(crate) fn is_day(&self, style: usize) -> bool {
        self.0.get(style).copied().unwrap_or_default()
    }
}

/// Reads the formats.
pub(crate) fn styles(text: &[u8]) -> Result<Styles, Stop> {
    let (mut own, mut days, mut inside) = (BTreeMap::new(), Vec::new(), false);
    walk(text, |seen| {
        match seen {
            Seen::Start(start) => match start.local_name().as_ref() {
                "numFmt" => {
                    let number = attribute(start, "numFmtId").and_then(|number| number.parse::<u32>().ok());
                    let code = attribute(start, "formatCode").unwrap_or_default();
                    own.extend(number.map(|number| (number, shows_days(&code))));
                }
                "cellXfs" => inside = true,
                "xf" if inside => {
                    let number = attribute(start, "numFmtId").and_then(|number| number.parse::<u32>().ok());
                    let known = |number: u32| DAYS.iter().any(|range| range.contains(&number));
                    days.push(number.is_some_and(|number| own.get(&number).copied().unwrap_or_else(|| known(number))));
                }
                _ => {}
            },
            Seen::End("cellXfs") => inside = false,
            _ => {}
        }
        Ok(())
    })?;
    Ok(Styles(days))
}

/// Whether a format has a place for days, months, years or hours, outside of what is written as it is.
fn shows_days(code: &str) -> bool {
    let (mut signs, mut quoted, mut bracket) = (code.chars(), false, false);
    while let Some(sign) = signs.next() {
        match sign {
            '"' => quoted = !quoted,
            '\\' | '_' | '*' => drop(signs.next()),
            '[' => bracket = true,
            ']' => bracket = false,
            'd' | 'D' | 'm' | 'M' | 'y' | 'Y' | 'h' | 'H' if !quoted && !bracket => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_with_days_is_told_from_one_with_words() {
        for code in ["yyyy-mm-dd", "d.m.yy", "[$-407]d. mmmm yyyy;@", "h:mm", "\"am\" dd"] {
            assert!(shows_days(code), "{code}");
        }
        for code in ["General", "0.00", "#,##0 \"days\"", "[Red]0", "0\\d", "@"] {
            assert!(!shows_days(code), "{code}");
        }
    }

    #[test]
    fn what_xml_cannot_hold_is_read_and_a_document_type_is_not() {
        assert_eq!(plain("a_x000D_b_x_c_xZZZZ_d"), "a\rb_x_c_xZZZZ_d");
        let bomb = b"<!DOCTYPE sst [<!ENTITY a \"x\">]><sst><si><t>&a;</t></si></sst>";
        assert!(shared(bomb).is_err());
        assert!(shared(b"<sst><si><t>&a;</t></si></sst>").is_err());
        let texts = shared(
            b"<x:sst xmlns:x='s'><x:si><x:r><x:t>a&amp;</x:t></x:r><x:r><x:t>&#98;</x:t></x:r>\
            <x:rPh><x:t>no</x:t></x:rPh></x:si><x:si/></x:sst>",
        );
        assert_eq!(texts.ok(), Some(vec!["a&b".to_owned(), String::new()]));
    }
}
