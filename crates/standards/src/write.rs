//! A pack written out of what was imported: a folder that people go on with. It executes nothing and says so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use toml::Table;

use crate::oscal::import::Imported;
use crate::parameter::{Parameter, Value};
use crate::requirement::Requirement;

/// Why no pack was written. What had been written before stays, so that it can be looked at.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The folder is there already.
    #[error("`{0}` is there already; name a new folder")]
    Exists(PathBuf),
    /// The disk refused.
    #[error("cannot write `{path}`: {error}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What happened.
        error: io::Error,
    },
    /// Something has no form in TOML.
    #[error("`{what}` cannot be written as TOML: {error}")]
    Toml {
        /// What.
        what: String,
        /// Why.
        error: toml::ser::Error,
    },
    /// Two requirements have one name once written in our letters.
    #[error("two requirements would be called `{0}`")]
    Twice(String),
}

/// The principle that imported requirements are put under until somebody sorts them.
const PRINCIPLE: &str = "imported";

/// Writes a standard with what was imported. Gives the files it wrote.
///
/// # Errors
/// The folder exists, two requirements would have one name, or the disk refuses.
pub fn write_imported(folder: &Path, id: &str, imported: &Imported) -> Result<Vec<PathBuf>, WriteError> {
    if folder.exists() {
        return Err(WriteError::Exists(folder.to_owned()));
    }
    let mut texts = BTreeMap::from([("pack.toml".to_owned(), manifest(id, imported)?)]);
    for requirement in imported.requirements.values() {
        let name = slug(&requirement.id.0);
        let text = front_matter(&name, requirement)?;
        if texts.insert(format!("requirements/{name}.md"), text).is_some() {
            return Err(WriteError::Twice(name));
        }
    }
    let known: BTreeSet<&str> = imported.requirements.keys().map(|id| id.0.as_str()).collect();
    let norms: Vec<&str> = imported
        .norms
        .iter()
        .filter(|norm| known.contains(norm.requirement.0.as_str()))
        .map(|norm| norm.cedar.as_str())
        .collect();
    if !norms.is_empty() {
        texts.insert("norms/imported.cedar".to_owned(), norms.join("\n\n") + "\n");
    }
    let mut written = Vec::new();
    for (name, text) in texts {
        let path = folder.join(name);
        let refused = |error| WriteError::Io { path: path.clone(), error };
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(refused)?;
        }
        fs::write(&path, text).map_err(refused)?;
        written.push(path);
    }
    Ok(written)
}

/// A name in the letters that ids have here.
fn slug(text: &str) -> String {
    let letter = |letter: char| match letter.to_ascii_lowercase() {
        letter @ ('a'..='z' | '0'..='9') => letter,
        _ => '-',
    };
    let slug: String = text.chars().map(letter).take(model::id::ID_BYTES_MAX).collect();
    slug.trim_matches('-').to_owned()
}

fn to_toml(what: &str, table: &impl Serialize) -> Result<String, WriteError> {
    toml::to_string_pretty(table).map_err(|error| WriteError::Toml { what: what.to_owned(), error })
}

fn manifest(id: &str, imported: &Imported) -> Result<String, WriteError> {
    let principle = Table::from_iter([text("id", PRINCIPLE), text("title", "Imported, not sorted yet")]);
    let version =
        semver::Version::parse(&imported.version).map_or_else(|_| "0.1.0".to_owned(), |version| version.to_string());
    let table = Table::from_iter([
        text("id", id),
        text("urn", &format!("urn:ordinance:standard:{id}")),
        text("version", &version),
        text("title", &imported.title),
        text("owner", "imported"),
        text("kind", "standard"),
        text("layer", "global"),
        text("jurisdiction", "imported"),
        text("locale", "en"),
        ("locales".to_owned(), toml::Value::Array(vec!["en".into()])),
        text("notice", "Imported from OSCAL. Illustrative, not legal advice."),
        ("principle".to_owned(), toml::Value::Array(vec![principle.into()])),
    ]);
    to_toml("pack.toml", &table)
}

fn text(key: &str, value: &str) -> (String, toml::Value) {
    (key.to_owned(), value.into())
}

/// The text of a code of ours.
fn code(value: &impl Serialize) -> toml::Value {
    toml::Value::try_from(value).unwrap_or_else(|_| String::new().into())
}

fn front_matter(id: &str, requirement: &Requirement) -> Result<String, WriteError> {
    let (ours, others): (Vec<&Parameter>, Vec<&Parameter>) = requirement
        .parameters
        .values()
        .partition(|parameter| parameter.stricter.is_some() || !matches!(parameter.value, Value::Set(_)));
    let said = others.iter().fold(requirement.text.clone(), |said, parameter| in_place(&said, parameter));
    let mut table = Table::from_iter([
        text("id", id),
        text("title", &requirement.title),
        text("text", &said),
        text("principle", PRINCIPLE),
        ("kind".to_owned(), code(&requirement.kind)),
        ("status".to_owned(), code(&requirement.status)),
        text("jurisdiction", &requirement.jurisdiction),
        ("on_failure".to_owned(), code(&requirement.on_failure)),
    ]);
    let days = [("applies_from", requirement.applies_from), ("applies_to", requirement.applies_to)];
    table.extend(days.into_iter().filter_map(|(key, day)| Some(text(key, &day?.to_string()))));
    table.extend(requirement.text_only.iter().map(|why| text("text_only", why)));
    if !requirement.evidence.is_empty() {
        table.insert("evidence".to_owned(), code(&requirement.evidence));
    }
    table.insert("source".to_owned(), code(&requirement.sources));
    if requirement.applies != crate::Applies::default() {
        table.insert("applies".to_owned(), code(&requirement.applies));
    }
    if !ours.is_empty() {
        let parameters: Table = ours.into_iter().map(|one| (one.id.to_string(), parameter(one).into())).collect();
        table.insert("parameters".to_owned(), parameters.into());
    }
    Ok(format!("+++\n{}+++\n\n{}\n", to_toml(id, &table)?, requirement.body.trim()))
}

/// A text with the values of a parameter in its place: which direction is stricter is not known, so it can be none of ours.
fn in_place(said: &str, parameter: &Parameter) -> String {
    let Value::Set(values) = &parameter.value else { return said.to_owned() };
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let values = if values.is_empty() { format!("[{}]", parameter.id) } else { values.join(", ") };
    let values = values.replace(['{', '}'], "");
    said.replace(&format!("{{ ${} }}", parameter.id), &values)
}

fn parameter(parameter: &Parameter) -> Table {
    let (kind, value) = match &parameter.value {
        Value::Count(number) => ("count", (*number).into()),
        Value::Span(span) => ("span", span.to_string().into()),
        Value::Set(codes) => ("set", code(codes)),
        Value::Silence(silence) => ("silence", code(silence)),
        Value::Tiers(tiers) => ("tiers", code(tiers)),
    };
    let mut table = Table::from_iter([("value".to_owned(), value), text("kind", kind)]);
    table.extend(parameter.stricter.map(|direction| ("stricter".to_owned(), code(&direction))));
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oscal::{catalog, import};
    use crate::pack::Pack;

    #[test]
    fn what_is_imported_is_a_pack_that_can_be_read() {
        let foreign = serde_json::json!({ "catalog": {
            "uuid": "11111111-1111-4111-8111-111111111111",
            "metadata": { "title": "Foreign", "last-modified": "2026-01-01T00:00:00Z", "version": "5", "oscal-version": "1.1.0" },
            "groups": [{ "id": "AC", "title": "Access", "controls": [{
                "id": "AC-1(2)", "title": "Policy \"x\"",
                "params": [{ "id": "ac-1_prm_1", "values": ["staff", "guests"] }, { "id": "unused", "values": ["x"] }],
                "parts": [{ "name": "statement", "prose": "Tell {{ insert: param, ac-1_prm_1 }} the {rules}." },
                          { "name": "guidance", "prose": "It helps." }]
            }]}]
        }});
        let imported = import::catalog(&serde_json::to_vec(&foreign).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("foreign");
        let files = write_imported(&dir, "foreign", &imported).unwrap();
        assert_eq!(files.len(), 2);
        let pack = Pack::read(&dir).unwrap();
        let requirement = pack.requirements.values().next().unwrap();
        assert_eq!(requirement.id.0, "ac-1-2");
        let said = pack.words(&requirement.id, &BTreeMap::new(), "en").unwrap();
        assert_eq!(said.text, "Tell guests, staff the {rules}.");
        assert!(matches!(write_imported(&dir, "foreign", &imported), Err(WriteError::Exists(_))));
    }

    #[test]
    fn a_standard_of_ours_goes_through_oscal_and_back_to_a_folder() {
        let library = crate::built_in().unwrap();
        let core = library.find("global-core").unwrap();
        let words = |requirement: &Requirement| requirement.text.clone();
        let document = serde_json::to_vec(&catalog::export(core, model::Timestamp::UNIX_EPOCH, &words)).unwrap();
        let imported = import::catalog(&document).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("again");
        write_imported(&dir, "global-core", &imported).unwrap();
        let files = crate::Files::read_dir(&dir).unwrap();
        // Duties are no part of a catalogue, so what only they execute is executed by nothing now, and the reader says so.
        let problems = Pack::parse(files).err().unwrap_or_default();
        let other: Vec<_> = problems.iter().filter(|problem| !problem.file.starts_with("requirements/")).collect();
        assert!(other.is_empty(), "{other:?}");
    }
}
