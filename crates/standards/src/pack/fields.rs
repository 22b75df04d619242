//! Reading TOML so that every problem of a table is found, each with its line in the file.
//!
//! It exists because a derived reader stops at the first problem. It never recurses deeper than [`NESTING_MAX`] allows.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;

use chrono::NaiveDate;
use toml::de::{DeTable, DeValue};

use super::nesting;
use crate::diagnostic::{Diagnostic, Problems, shown};

/// A stretch of TOML in a file; the whole file, or the front matter of one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'t> {
    pub(crate) file: &'t str,
    pub(crate) text: &'t str,
    /// Lines of the file before the text.
    pub(crate) lines_before: usize,
}

impl<'t> Place<'t> {
    pub(crate) const fn file(file: &'t str, text: &'t str) -> Self {
        Self { file, text, lines_before: 0 }
    }

    /// Line of an offset in the file, from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().get(..offset).unwrap_or(self.text.as_bytes());
        self.lines_before + 1 + before.iter().filter(|byte| **byte == b'\n').count()
    }

    pub(crate) fn problem(&self, offset: usize, code: &'static str, what: String, help: &str) -> Diagnostic {
        let before = self.text.get(..offset).unwrap_or_default();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let mut problem = Diagnostic::of_file(self.file, code, what, help).at_line(self.line(offset));
        problem.column = Some(column);
        problem
    }

    /// The table of the text, or every syntax error of it.
    pub(crate) fn parse(&self, problems: &mut Problems) -> Option<DeTable<'t>> {
        if let Err(offset) = nesting::check(self.text) {
            let what = "tables and lists are nested too deeply".to_owned();
            problems.push(self.problem(
                offset,
                "deep-nesting",
                what,
                "nothing in a pack nests deeper than a few levels",
            ));
            return None;
        }
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            let offset = error.span().map_or(0, |span| span.start);
            let what = format!("not TOML: {}", shown(error.message()));
            problems.push(self.problem(offset, "syntax", what, "see https://toml.io"));
        }
        if errors.is_empty() { Some(table.into_inner()) } else { None }
    }
}

/// A table whose keys are taken one by one, so that what is left over is named.
pub(crate) struct Fields<'t, 'd> {
    pub(crate) place: Place<'t>,
    table: &'d DeTable<'t>,
    offset: usize,
    name: &'static str,
    seen: BTreeSet<&'static str>,
}

impl<'t, 'd> Fields<'t, 'd> {
    pub(crate) const fn new(place: Place<'t>, table: &'d DeTable<'t>, name: &'static str) -> Self {
        Self { place, table, offset: 0, name, seen: BTreeSet::new() }
    }

    /// Where the table begins.
    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    /// The value of a key, if it is there.
    pub(crate) fn get(&mut self, key: &'static str) -> Option<Item<'t, 'd>> {
        self.seen.insert(key);
        let value = self.table.get(key)?;
        Some(Item { place: self.place, value: value.get_ref(), offset: value.span().start, name: key.to_owned() })
    }

    /// The value of a key that has to be there.
    pub(crate) fn need(&mut self, key: &'static str, problems: &mut Problems) -> Option<Item<'t, 'd>> {
        let item = self.get(key);
        if item.is_none() {
            let what = format!("`{key}` is missing in {}", self.name);
            problems.push(self.place.problem(self.offset, "missing-key", what, &format!("add `{key} = …`")));
        }
        item
    }

    /// Every key with its value, for tables whose keys are the author's.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&'d str, usize, Item<'t, 'd>)> + use<'t, 'd> {
        let place = self.place;
        self.table.iter().map(move |(key, value)| {
            let name = key.get_ref().to_string();
            let item = Item { place, value: value.get_ref(), offset: value.span().start, name };
            (key.get_ref().as_ref(), key.span().start, item)
        })
    }

    /// Names every key that nobody asked for.
    pub(crate) fn finish(self, problems: &mut Problems) {
        for key in self.table.keys() {
            if !self.seen.contains(key.get_ref().as_ref()) {
                let what = format!("`{}` is not a key of {}", shown(key.get_ref()), self.name);
                let known = self.seen.iter().copied().collect::<Vec<_>>().join(", ");
                problems.push(self.place.problem(
                    key.span().start,
                    "unknown-key",
                    what,
                    &format!("known are: {known}"),
                ));
            }
        }
    }
}

/// One value with its place.
pub(crate) struct Item<'t, 'd> {
    place: Place<'t>,
    value: &'d DeValue<'t>,
    offset: usize,
    name: String,
}

impl<'t, 'd> Item<'t, 'd> {
    /// Its line in the file.
    pub(crate) fn line(&self) -> usize {
        self.place.line(self.offset)
    }

    /// The line on which a text's first line stands: below its quotes, where these stand alone.
    pub(crate) fn text_line(&self) -> usize {
        let rest = self.place.text.get(self.offset..).unwrap_or_default();
        let below = ["\"\"\"", "'''"].iter().any(|quotes| {
            let rest = rest.strip_prefix(quotes);
            rest.is_some_and(|rest| rest.starts_with('\n') || rest.starts_with("\r\n"))
        });
        self.line() + usize::from(below)
    }

    /// A problem of this value.
    pub(crate) fn problem(&self, code: &'static str, what: impl Into<String>, help: &str) -> Diagnostic {
        self.place.problem(self.offset, code, what.into(), help)
    }

    fn wrong_type(&self, wanted: &str, problems: &mut Problems) {
        let what = format!("`{}` is {}, not {wanted}", self.name, self.value.type_str());
        problems.push(self.problem("wrong-type", what, &format!("write {wanted}")));
    }

    /// The bare value, for what may have several types.
    pub(crate) const fn value(&self) -> &'d DeValue<'t> {
        self.value
    }

    /// A text that says something.
    pub(crate) fn text(&self, problems: &mut Problems) -> Option<&'d str> {
        match self.value.as_str() {
            Some(text) if text.trim().is_empty() => {
                problems.push(self.problem(
                    "empty",
                    format!("`{}` is empty", self.name),
                    "write something, or leave it out",
                ));
                None
            }
            Some(text) => Some(text),
            None => {
                self.wrong_type("a text in quotes", problems);
                None
            }
        }
    }

    /// A text of at most so many bytes.
    pub(crate) fn short_text(&self, bytes_max: usize, problems: &mut Problems) -> Option<String> {
        let text = self.text(problems)?;
        if text.len() > bytes_max {
            let what = format!("`{}` has {} bytes, the limit is {bytes_max}", self.name, text.len());
            problems.push(self.problem("too-long", what, "say it in fewer words"));
            return None;
        }
        Some(text.to_owned())
    }

    /// A text that means something of a type.
    pub(crate) fn parsed<T>(&self, code: &'static str, help: &str, problems: &mut Problems) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let text = self.text(problems)?;
        text.parse().map_err(|error: T::Err| problems.push(self.problem(code, error.to_string(), help))).ok()
    }

    /// One of a few words.
    pub(crate) fn one_of<T: Copy>(&self, words: &[(&str, T)], problems: &mut Problems) -> Option<T> {
        let text = self.text(problems)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let known = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
            let what = format!("`{}` cannot be `{}`", self.name, shown(text));
            problems.push(self.problem("unknown-word", what, &format!("one of: {known}")));
        }
        found
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self, problems: &mut Problems) -> Option<bool> {
        let flag = self.value.as_bool();
        if flag.is_none() {
            self.wrong_type("true or false", problems);
        }
        flag
    }

    /// A whole number from 0.
    pub(crate) fn count(&self, problems: &mut Problems) -> Option<i64> {
        let number =
            self.value.as_integer().and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok());
        let count = number.filter(|number| *number >= 0);
        if count.is_none() {
            self.wrong_type("a whole number from 0", problems);
        }
        count
    }

    /// A day.
    pub(crate) fn date(&self, problems: &mut Problems) -> Option<NaiveDate> {
        let text = self.text(problems)?;
        let shape = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| shape);
        if date.is_none() {
            let what = format!("`{}` is not a date", shown(text));
            problems.push(self.problem("bad-date", what, "write a day as \"2026-01-31\""));
        }
        date
    }

    /// The members of a list.
    pub(crate) fn items(&self, problems: &mut Problems) -> Vec<Item<'t, 'd>> {
        let Some(list) = self.value.as_array() else {
            self.wrong_type("a list", problems);
            return Vec::new();
        };
        let item = |value: &'d toml::Spanned<DeValue<'t>>| Item {
            place: self.place,
            value: value.get_ref(),
            offset: value.span().start,
            name: self.name.clone(),
        };
        list.iter().map(item).collect()
    }

    /// The keys of a table.
    pub(crate) fn fields(&self, name: &'static str, problems: &mut Problems) -> Option<Fields<'t, 'd>> {
        let Some(table) = self.value.as_table() else {
            self.wrong_type("a table", problems);
            return None;
        };
        Some(Fields { place: self.place, table, offset: self.offset, name, seen: BTreeSet::new() })
    }
}
