//! Whether a hostile text became part of an answer, rather than being shown in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::corpus::{MARK, raw};
use super::page::{Piece, read};
use crate::city::Answer;
use crate::xml;

/// What opens something in a browser.
const LEADS: [&str; 9] =
    ["href", "src", "action", "formaction", "xlink:href", "srcset", "data", "poster", "background"];
/// Where an address may lead: further into this node, or to where the register's parties keep their words.
const SAFE: [&str; 4] = ["/", "#", "?", "https://"];

/// The elements and attributes that this node's own templates and pages are made of.
pub(super) struct Vocabulary(BTreeSet<(String, String)>);

impl Vocabulary {
    /// What stands in the templates themselves, without whatever is filled in.
    pub(super) fn of_templates() -> Self {
        let (mut all, mut read_from) = (BTreeSet::new(), 0);
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "html") {
                let plain = without_fillings(&fs::read_to_string(path).unwrap(), "");
                read(&plain).iter().for_each(|piece| note(&mut all, piece));
                read_from += 1;
            }
        }
        assert!(read_from > 80 && all.len() > 100, "{all:?}");
        // Written by `Site::written`, on whatever a party wrote.
        all.extend(
            ["a", "p", "dd", "h1", "h3", "span", "option", "th", "td", "pre", "strong"]
                .map(|name| (name.to_owned(), "lang".to_owned())),
        );
        Self(all)
    }

    fn knows(&self, element: &str, attribute: &str) -> bool {
        self.0.contains(&(element.to_owned(), attribute.to_owned()))
    }
}

fn note(all: &mut BTreeSet<(String, String)>, piece: &Piece) {
    if let Piece::Open(name, attributes) = piece {
        all.insert((name.clone(), String::new()));
        all.extend(attributes.iter().map(|(attribute, _)| (name.clone(), attribute.clone())));
    }
}

/// A template without `{% … %}` and `{# … #}`, and with something else for each `{{ … }}`.
pub(super) fn without_fillings(template: &str, filled: &str) -> String {
    let (mut plain, mut rest) = (String::new(), template);
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).chain(rest.find("{#")).min() {
        plain.push_str(&rest[..at]);
        let (end, instead) = match &rest[at + 1..at + 2] {
            "{" => ("}}", filled),
            "%" => ("%}", ""),
            _ => ("#}", ""),
        };
        plain.push_str(instead);
        rest = rest[at..].split_once(end).map_or("", |(_, rest)| rest);
    }
    plain + rest
}

/// What is wrong with a page: whatever is none of this node's own elements and attributes, whatever leads elsewhere, and each of the
/// texts that stands there as it was sent.
pub(super) fn faults(html: &str, vocabulary: &Vocabulary) -> Vec<String> {
    let mut faults = Vec::new();
    for piece in read(html) {
        match piece {
            Piece::Open(name, attributes) => {
                if !vocabulary.knows(&name, "") {
                    faults.push(format!("<{name}> is no element of this node"));
                }
                for (attribute, value) in &attributes {
                    let own = vocabulary.knows(&name, attribute);
                    if !own || attribute.starts_with("on") || attribute == "style" || attribute.contains(MARK) {
                        faults.push(format!("`{attribute}` is no attribute of <{name}> here"));
                    }
                    let to = leading(value);
                    let away = to.starts_with("//") || !SAFE.iter().any(|safe| to.starts_with(safe));
                    if away && LEADS.contains(&attribute.as_str()) {
                        faults.push(format!("<{name}> leads to {to}"));
                    }
                }
            }
            Piece::Odd(what) => faults.push(format!("there is {what}")),
            Piece::Text(_) | Piece::Close(_) => {}
        }
    }
    let raw = raw().into_iter().filter(|text| html.contains(text));
    faults.extend(raw.map(|text| format!("{text} stands there as it was sent")));
    faults
}

/// An address as a browser takes it: without blanks before it, and without what is left out within it.
fn leading(value: &str) -> String {
    let begun = value.trim_start_matches(|sign: char| sign <= ' ');
    begun.chars().filter(|sign| !matches!(sign, '\t' | '\n' | '\r')).collect::<String>().to_lowercase()
}

/// The cells of a table in text that a spreadsheet would work out, of those that hold a marker.
pub(super) fn formulas(csv: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    for sign in csv.chars() {
        match sign {
            '"' => {
                // A pair within quotes is one sign of the cell.
                quoted = !quoted;
            }
            ',' | ';' | '\n' if !quoted => cells.push(std::mem::take(&mut cell)),
            _ => cell.push(sign),
        }
    }
    assert!(!quoted, "a cell is never closed");
    cells.push(cell);
    cells.retain(|cell| cell.contains(MARK) && cell.starts_with(['=', '+', '-', '@', '\t', '\r']));
    cells
}

/// What is wrong with an answer of any kind.
pub(super) fn wrong(answer: &Answer, vocabulary: &Vocabulary) -> Vec<String> {
    let mut faults: Vec<String> = Vec::new();
    for (name, value) in &answer.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        // A short name may be part of an address; nothing else of what was typed is in a header.
        let is_address = name == "location" || (name == "link" && value.starts_with("</"));
        if value.contains(MARK) && !is_address {
            faults.push(format!("the header {name} is {value}"));
        }
    }
    let to = answer.header("location");
    if !to.is_empty() && (!to.starts_with('/') || to.starts_with("//") || to.contains(['\\', '<', '"'])) {
        faults.push(format!("the answer leads to {to}"));
    }
    if answer.header("x-content-type-options") != "nosniff" {
        faults.push("a browser may take it for something else".to_owned());
    }
    match answer.header("content-type").split(';').next().unwrap_or_default() {
        "text/html" => faults.extend(self::faults(answer.text(), vocabulary)),
        "image/svg+xml" | "application/atom+xml" => drop(xml::check(answer.text())),
        "text/csv" => {
            faults.extend(formulas(answer.text()).into_iter().map(|cell| format!("the cell {cell} is a formula")));
        }
        "application/pdf" => {
            let text = String::from_utf8_lossy(&answer.bytes);
            let active = ["/JavaScript", "/OpenAction", "/Launch", "/URI", "/EmbeddedFile"];
            faults.extend(active.iter().filter(|name| text.contains(**name)).map(|name| (*name).to_owned()));
        }
        kind if kind.ends_with("json") => {
            let read = serde_json::from_slice::<serde_json::Value>(&answer.bytes);
            faults.extend(read.err().map(|error| format!("it is no JSON: {error}")));
        }
        _ => {}
    }
    faults
}
