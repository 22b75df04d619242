//! A duty with its parameters filled in, as a text: what a city adopts, beside the norms.
//!
//! It is written as a pack writes it, and read by the same reader. Only here may a duty say by itself when it is in
//! force: in a pack its requirement says so.

use toml::{Table, Value};

use super::{Declared, Duty, Extension, Unresolved, read};
use crate::applies::{About, Applies};
use crate::diagnostic::{Diagnostic, Problems};

/// Why a text is not one duty.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TextError {
    /// It cannot be read.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Unread(Vec<Diagnostic>),
    /// It holds another number than one.
    #[error("a text of a duty holds one, this holds {0}")]
    NotOne(usize),
    /// A parameter is left in it.
    #[error("its parameters are not filled in: {0}")]
    Unresolved(#[from] Unresolved),
}

/// The text of a duty, always the same for the same duty.
#[must_use]
pub fn to_text(duty: &Duty) -> String {
    let mut table = Table::new();
    let mut text = |key: &str, value: String| drop(table.insert(key.to_owned(), Value::String(value)));
    text("id", duty.id.to_string());
    text("requirement", duty.requirement.to_string());
    text("from", duty.from.to_string());
    text("within", duty.within.to_string());
    text("done_by", duty.done_by.to_string());
    text("silence", duty.silence.code().to_owned());
    let optional = [
        ("every", duty.every.map(|every| every.to_string())),
        ("words", duty.words.clone()),
        ("in_force_from", duty.in_force.from.map(|from| from.to_string())),
        ("in_force_to", duty.in_force.to.map(|to| to.to_string())),
        ("about", (duty.applies.about == About::City).then(|| "city".to_owned())),
    ];
    for (key, value) in optional {
        if let Some(value) = value {
            text(key, value);
        }
    }
    if duty.each != Declared::each_unless_said(&duty.from, &duty.done_by) {
        table.insert("each".to_owned(), Value::Boolean(duty.each));
    }
    if !duty.on.is_empty() {
        table.insert("on".to_owned(), texts(duty.on.iter()));
    }
    if let Some(extension) = &duty.extension {
        table.insert("extension".to_owned(), Value::Table(extension_table(extension)));
    }
    let applies = applies_table(&duty.applies);
    if !applies.is_empty() {
        table.insert("applies".to_owned(), Value::Table(applies));
    }
    let list = Value::Array(vec![Value::Table(table)]);
    Table::from_iter([("duty".to_owned(), list)]).to_string()
}

/// Reads what [`to_text`] writes. `name` is that of the text in errors.
///
/// # Errors
/// It is not one duty, or one with parameters that are not filled in.
pub fn from_text(name: &str, text: &str) -> Result<Duty, TextError> {
    let mut problems = Problems::default();
    let read = read::read_adopted(name, text, &mut problems);
    let read = problems.or(read).map_err(TextError::Unread)?;
    match read.duties.as_slice() {
        [duty] if read.keeps.is_empty() => Ok(duty.resolve(|_| None)?),
        duties => Err(TextError::NotOne(duties.len() + read.keeps.len())),
    }
}

fn extension_table(extension: &Extension) -> Table {
    Table::from_iter([
        ("by".to_owned(), Value::String(extension.by.to_string())),
        ("evidence".to_owned(), Value::String(extension.evidence.as_str().to_owned())),
        ("most".to_owned(), Value::Integer(extension.most.into())),
    ])
}

fn applies_table(applies: &Applies) -> Table {
    let mut table = Table::new();
    if let Some(personal) = applies.personal {
        table.insert("personal".to_owned(), Value::Boolean(personal));
    }
    let lists = [
        ("tiers", texts(applies.tiers.iter().map(|tier| tier.code()))),
        ("technologies", texts(applies.technologies.iter().map(|one| one.code()))),
        ("categories", texts(applies.categories.iter().map(|one| one.code()))),
        ("purposes", texts(applies.purposes.iter().map(|one| one.code()))),
    ];
    let named = lists.into_iter().filter(|(_, list)| list.as_array().is_some_and(|list| !list.is_empty()));
    table.extend(named.map(|(key, list)| (key.to_owned(), list)));
    table
}

fn texts<T: ToString>(values: impl Iterator<Item = T>) -> Value {
    Value::Array(values.map(|value| Value::String(value.to_string())).collect())
}
