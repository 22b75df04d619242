//! Files that people declare things in: manifests, mappings, tokens. Read as TOML, and told of without quoting them.
//!
//! A manifest holds the plates that an order seeks and the contacts of officers, a token file holds tokens. So an error
//! says where something is wrong and what is expected there, and never repeats what stands there.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use serde::de::DeserializeOwned;

/// The largest declared file, in bytes.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// The longest token, in bytes; ours have 74.
const TOKEN_BYTES_MAX: usize = 256;
/// What stands in the place of what a file says.
const HIDDEN: &str = "…";

/// How much of a file may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Confidential parts: where, and what is expected.
    Declarations,
    /// Nothing but secrets: where.
    Tokens,
}

/// Why a declared file cannot be read: where, and what is expected there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub(crate) struct Unreadable {
    line: usize,
    column: usize,
    what: String,
}

/// Reads TOML.
pub(crate) fn parse<T: DeserializeOwned>(text: &str, holds: Holds) -> Result<T, Unreadable> {
    toml::from_str(text).map_err(|error| told(text, error, holds))
}

/// Reads a declared file; the error names the file and the line.
pub(crate) fn read<T: DeserializeOwned>(file: &Path, holds: Holds) -> anyhow::Result<T> {
    let name = || format!("`{}`", file.display());
    let length = fs::metadata(file).with_context(name)?.len();
    if length > FILE_BYTES_MAX {
        bail!("{} has {length} bytes, the limit is {FILE_BYTES_MAX}; split it", name());
    }
    let text = fs::read(file).with_context(name)?;
    // The error of the standard library tells where, not what.
    let text = String::from_utf8(text).map_err(|error| error.utf8_error()).with_context(name)?;
    parse(&text, holds).with_context(name)
}

/// Reads a file that holds one token.
pub(crate) fn read_token(file: &Path) -> anyhow::Result<String> {
    let name = || format!("the token file `{}`", file.display());
    let text = fs::read(file).with_context(name)?;
    token(&text).with_context(|| format!("{} does not hold one token: one word on one line", name()))
}

/// One word that can stand in a header.
fn token(text: &[u8]) -> Option<String> {
    let word = std::str::from_utf8(text).ok()?.trim();
    let fits = (1..=TOKEN_BYTES_MAX).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| word.to_owned())
}

fn told(text: &str, mut error: toml::de::Error, holds: Holds) -> Unreadable {
    let at = error.span().map_or(0, |span| span.start);
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let what = match holds {
        Holds::Tokens => "expected `party = \"token\"`; what stands there is not repeated here".to_owned(),
        Holds::Declarations => {
            let message = without_quotations(error.message());
            error.set_input(None);
            match path(&error.to_string()) {
                Some(path) => format!("{message} (in `{path}`)"),
                None => message,
            }
        }
    };
    Unreadable { line, column, what }
}

/// The message of a reader, with what it quotes from the file hidden. What was expected is the reader's own.
fn without_quotations(message: &str) -> String {
    let (found, expected) = match message.rfind(", expected ") {
        Some(at) => message.split_at(at),
        None => (message, ""),
    };
    // Of one thing: not of parts, because what is quoted may hold any character.
    let quotes = |c: char| matches!(c, '`' | '"' | '\'');
    let found = match (found.find(quotes), found.rfind(quotes)) {
        (Some(first), Some(last)) if names_a_field(found) && is_word(inside(found, first, last)) => found.to_owned(),
        (Some(first), Some(last)) => {
            let (before, after) = (found.get(..first), found.get(last + 1..));
            format!("{}{HIDDEN}{}", before.unwrap_or_default(), after.unwrap_or_default())
        }
        _ => found.to_owned(),
    };
    format!("{found}{expected}")
}

fn inside(text: &str, first: usize, last: usize) -> &str {
    text.get(first + 1..last).unwrap_or_default()
}

/// These two quote a word of the format itself.
fn names_a_field(message: &str) -> bool {
    message.starts_with("missing field") || message.starts_with("duplicate field")
}

fn is_word(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_lowercase() || matches!(c, '-' | '_');
    (1..=40).contains(&text.len()) && text.chars().all(letter)
}

/// The keys that lead to where it is, from the last line of the reader's own words: ``in `order.values` ``.
fn path(words: &str) -> Option<&str> {
    let path = words.trim_end().rsplit('\n').next()?.strip_prefix("in `")?.strip_suffix('`')?;
    path.split('.').all(is_word).then_some(path)
}

#[cfg(test)]
mod tests;
