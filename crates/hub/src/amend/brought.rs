//! What an amendment brings that was not there: a clause of its own file, a parameter; and a pack that has nothing yet.
//!
//! Values go through a writer of TOML, so that nothing that somebody types becomes a key or a second value.

use model::RequirementId;
use standards::Reference;
use standards::pack::files::MANIFEST;
use toml::{Table, Value};

use super::{AmendError, FENCE, TRANSLATIONS};
use crate::command::{Beginning, NewClause, NewParameter};
use crate::document::Document;
use crate::words::{DraftId, Title, code};

/// The version of a standard that begins with nothing.
const FIRST_VERSION: &str = "0.1.0";
/// What stands on each page of a standard that was written at a hub.
const NOTICE: &str = "In the words of those who wrote it at this hub, whose log tells who proposed and who decided it. Not legal advice.";

/// The file of a clause that is new.
pub(super) fn file_of(clause: &RequirementId) -> String {
    format!("requirements/{clause}.md")
}

/// Puts a clause into a document, in its own file and in each translation, where its own words stand in until somebody translates them.
pub(super) fn clause(
    document: &mut Document,
    jurisdiction: &str,
    id: &RequirementId,
    new: &NewClause,
    text: &str,
) -> Result<(), AmendError> {
    let NewClause { title, kind, on_failure, source, url } = new;
    let mut from = Table::from_iter([("text".to_owned(), string(source)), ("sure".to_owned(), "unverified".into())]);
    if let Some(url) = url {
        from.insert("url".to_owned(), string(url));
    }
    let table = Table::from_iter([
        ("id".to_owned(), Value::from(id.0.as_str())),
        ("title".to_owned(), one_line(title).into()),
        ("text".to_owned(), text.into()),
        ("kind".to_owned(), code(kind).into()),
        ("status".to_owned(), "in-force".into()),
        ("jurisdiction".to_owned(), jurisdiction.into()),
        ("on_failure".to_owned(), code(on_failure).into()),
        ("source".to_owned(), Value::Array(vec![Value::Table(from)])),
    ]);
    let front = written(&table)?;
    if document.files.insert(file_of(id), format!("{FENCE}\n{front}{FENCE}\n")).is_some() {
        return Err(AmendError::File("there is a file of this name already".to_owned()));
    }
    let stands_in = format!("\n{id} = {}\n    .title = {}\n", as_pattern(text), one_line(title));
    for (_, translation) in document.files.iter_mut().filter(|(path, _)| path.starts_with(TRANSLATIONS)) {
        translation.push_str(&stands_in);
    }
    Ok(())
}

/// A parameter that is new, as a clause declares it.
pub(super) fn parameter(new: &NewParameter, value: Value) -> Value {
    let mut table = Table::from_iter([("value".to_owned(), value), ("kind".to_owned(), code(&new.kind).into())]);
    if let Some(stricter) = new.stricter {
        table.insert("stricter".to_owned(), code(&stricter).into());
    }
    Value::Table(table)
}

/// A pack that has no clause yet, by the name of its draft, of a hub.
///
/// # Errors
/// Its manifest cannot be written.
pub fn begun(
    hub: (&str, &Title),
    draft: &DraftId,
    title: &Title,
    beginning: &Beginning,
    on: &[Reference],
) -> Result<Document, AmendError> {
    let (origin, owner) = hub;
    let named: String =
        origin.chars().map(|one| if one.is_ascii_alphanumeric() || one == '.' { one } else { '-' }).collect();
    let kind = if on.is_empty() { "standard" } else { "profile" };
    let mut table = Table::from_iter([
        ("id".to_owned(), Value::from(draft.as_str())),
        ("urn".to_owned(), format!("urn:ordinance:{named}:{draft}").into()),
        ("version".to_owned(), FIRST_VERSION.into()),
        ("title".to_owned(), string(title)),
        ("owner".to_owned(), string(owner)),
        ("kind".to_owned(), kind.into()),
        ("layer".to_owned(), beginning.layer.code().into()),
        ("jurisdiction".to_owned(), string(&beginning.jurisdiction)),
        ("locale".to_owned(), "en".into()),
        ("locales".to_owned(), Value::Array(vec!["en".into()])),
        ("notice".to_owned(), NOTICE.into()),
    ]);
    if !on.is_empty() {
        let on = on.iter().map(|base| Value::from(base.to_string())).collect();
        table.insert("based_on".to_owned(), Value::Array(on));
    }
    let files = [(MANIFEST.to_owned(), written(&table)?)];
    Ok(Document { files: files.into() })
}

fn written(table: &Table) -> Result<String, AmendError> {
    toml::to_string_pretty(table).map_err(|error| AmendError::File(error.to_string()))
}

/// A text as the pattern of a translation: its lines stay in it, and none of them begins an attribute.
pub(super) fn as_pattern(text: &str) -> String {
    let line = |line: &str| match line.trim_start().strip_prefix('.') {
        Some(rest) => format!("{{ \".\" }}{rest}"),
        None => line.to_owned(),
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n    ")
}

/// A few words on one line: a second line of a translation would be something else.
fn one_line(title: &Title) -> String {
    title.as_str().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn string(text: &Title) -> Value {
    Value::String(text.to_string())
}
