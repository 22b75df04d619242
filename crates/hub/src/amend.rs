//! An amendment applied to a pack: the same files with another text, norm or parameter in one clause, and still a pack.
//!
//! What the amended files give is read as any pack is, with all its checks; an amendment that breaks something is never proposed.

mod brought;

use std::collections::BTreeMap;

use model::RequirementId;
use standards::Pack;
use toml::{Table, Value};

use crate::act::Part;
use crate::command::{Change, ParameterChange};
use crate::document::{Document, DocumentError};

pub use brought::begun;

/// Where norms of amendments stand that are new.
const NEW_NORMS: &str = "norms/amendments.cedar";
/// The folder of translations.
const TRANSLATIONS: &str = "i18n/";
/// What the front matter of a requirement stands between.
const FENCE: &str = "+++";

/// Why an amendment cannot be applied.
#[derive(Debug, thiserror::Error)]
pub enum AmendError {
    /// It changes nothing.
    #[error("it changes nothing; write a new text, a new norm or a new value")]
    Nothing,
    /// A new clause without a text.
    #[error("a new clause needs a text; write it")]
    NoText,
    /// There is no such clause.
    #[error("the draft has no clause `{0}`")]
    NoClause(RequirementId),
    /// The clause has no such parameter.
    #[error("the clause has no parameter `{0}`; to bring a new one, say of which kind it is")]
    NoParameter(String),
    /// The clause has such a parameter.
    #[error("the clause has a parameter `{0}` already; leave its kind out to give it another value")]
    KnownParameter(String),
    /// The clause has no such norm.
    #[error("the clause has no norm `{0}` to take out")]
    NoNorm(String),
    /// The value is not TOML.
    #[error("the value is not TOML; write for instance 12, \"36h\" or [\"a\", \"b\"]")]
    Value,
    /// The norm is not one of this clause.
    #[error("write one norm with `@id(\"{0}\")` and the `@requirement` of this clause, and no other")]
    OtherNorm(String),
    /// The clause's file is not as this software writes it.
    #[error("the clause's file cannot be changed: {0}")]
    File(String),
    /// What comes of it is no pack.
    #[error(transparent)]
    Pack(#[from] DocumentError),
}

/// What a change is about.
#[must_use]
pub fn parts(change: &Change) -> Vec<Part> {
    let norm = change.norm.is_some() || change.without.is_some() || change.text_only.is_some();
    let parts = [
        change.clause.as_ref().map(|_| Part::Clause),
        change.text.as_ref().map(|_| Part::Text),
        norm.then_some(Part::Norm),
        change.parameter.as_ref().map(|_| Part::Parameter),
    ];
    parts.into_iter().flatten().collect()
}

/// A pack with one clause changed.
///
/// # Errors
/// It changes nothing, or what comes of it is no pack.
pub fn amended(pack: &Pack, clause: &RequirementId, change: &Change) -> Result<(Document, Pack), AmendError> {
    let mut document = Document::of(pack);
    let text = change.text.as_ref();
    match (&change.clause, text) {
        (Some(new), Some(text)) => {
            brought::clause(&mut document, &pack.manifest.jurisdiction, clause, new, text.as_str())?;
        }
        (Some(_), None) => return Err(AmendError::NoText),
        (None, Some(text)) => {
            in_front_matter(pack, &mut document, clause, |table| set(table, "text", text.as_str()))?;
            untranslate(&mut document, clause, text.as_str());
        }
        (None, None) => {}
    }
    if let Some(parameter) = &change.parameter {
        in_front_matter(pack, &mut document, clause, |table| with_parameter(table, parameter))?;
    }
    if let Some(why) = &change.text_only {
        in_front_matter(pack, &mut document, clause, |table| set(table, "text_only", why.as_str()))?;
    }
    if let Some(id) = &change.without {
        without_norm(pack, &mut document, clause, id)?;
    }
    if let Some(norm) = &change.norm {
        with_norm(pack, &mut document, &norm.id, norm.cedar.as_str())?;
        let says_why = pack.requirements.get(clause).is_some_and(|known| known.text_only.is_some());
        if says_why && change.text_only.is_none() {
            in_front_matter(pack, &mut document, clause, |table| {
                table.remove("text_only");
                Ok(())
            })?;
        }
    }
    if document == Document::of(pack) {
        return Err(AmendError::Nothing);
    }
    let after = document.pack()?;
    if change.norm.is_some() || change.without.is_some() {
        check_norms(pack, &after, clause, change)?;
    }
    Ok((document, after))
}

fn set(table: &mut Table, key: &str, text: &str) -> Result<(), AmendError> {
    table.insert(key.to_owned(), Value::String(text.to_owned()));
    Ok(())
}

/// Gives a parameter another value, or brings one that is not there yet.
fn with_parameter(table: &mut Table, parameter: &ParameterChange) -> Result<(), AmendError> {
    let value = value(parameter.value.as_str())?;
    let id = || parameter.id.chars().take(100).collect::<String>();
    let all = table.entry("parameters").or_insert_with(|| Value::Table(Table::new()));
    let all = all.as_table_mut().ok_or_else(|| AmendError::NoParameter(id()))?;
    match (&parameter.new, all.get_mut(&parameter.id).and_then(Value::as_table_mut)) {
        (None, Some(known)) => drop(known.insert("value".to_owned(), value)),
        (None, None) => return Err(AmendError::NoParameter(id())),
        (Some(_), Some(_)) => return Err(AmendError::KnownParameter(id())),
        (Some(new), None) => drop(all.insert(parameter.id.clone(), brought::parameter(new, value))),
    }
    Ok(())
}

/// A pack under another version.
///
/// # Errors
/// Its manifest cannot be changed.
pub fn with_version(document: &Document, version: &str) -> Result<Document, AmendError> {
    let mut document = document.clone();
    let text = document.files.entry(standards::pack::files::MANIFEST.to_owned()).or_default();
    let mut table: Table = text.parse().map_err(|error: toml::de::Error| AmendError::File(error.to_string()))?;
    table.insert("version".to_owned(), Value::String(version.to_owned()));
    *text = toml::to_string_pretty(&table).map_err(|error| AmendError::File(error.to_string()))?;
    Ok(document)
}

/// A value as it stands in TOML.
fn value(text: &str) -> Result<Value, AmendError> {
    let table: Table = format!("value = {text}").parse().map_err(|_| AmendError::Value)?;
    let mut values = table.into_iter();
    match (values.next(), values.next()) {
        (Some((_, value)), None) => Ok(value),
        _ => Err(AmendError::Value),
    }
}

/// Changes the front matter of a clause's file.
fn in_front_matter(
    pack: &Pack,
    document: &mut Document,
    clause: &RequirementId,
    change: impl FnOnce(&mut Table) -> Result<(), AmendError>,
) -> Result<(), AmendError> {
    let file = pack.place_of(clause).map_or_else(|| brought::file_of(clause), |(file, _)| file.to_owned());
    let text = document.files.get_mut(&file).ok_or_else(|| AmendError::NoClause(clause.clone()))?;
    let broken = |what: &str| AmendError::File(what.to_owned());
    let (front, body) = standards::pack::halves(text).ok_or_else(|| broken("it has no front matter"))?;
    let mut table: Table = front.parse().map_err(|_| broken("its front matter is not TOML"))?;
    change(&mut table)?;
    let front = toml::to_string_pretty(&table).map_err(|error| broken(&error.to_string()))?;
    *text = format!("{FENCE}\n{front}{FENCE}\n{body}");
    Ok(())
}

/// Puts the new text in the place of its translations, which are of the text that it had: until somebody translates it anew, every
/// language says what the clause says, in the clause's own.
fn untranslate(document: &mut Document, clause: &RequirementId, text: &str) {
    let begins =
        |line: &str| line.strip_prefix(clause.0.as_str()).is_some_and(|rest| rest.trim_start().starts_with('='));
    let stands_in = format!("{clause} = {}\n", brought::as_pattern(text), clause = clause.0);
    for (_, translation) in document.files.iter_mut().filter(|(path, _)| path.starts_with(TRANSLATIONS)) {
        let (mut within, mut kept) = (false, String::with_capacity(translation.len()));
        for line in translation.split_inclusive('\n') {
            if begins(line) {
                within = true;
                kept.push_str(&stands_in);
                continue;
            }
            // The text goes on for as long as its lines are indented and begin no attribute, such as the title.
            within = within && line.starts_with([' ', '\t']) && !line.trim_start().starts_with('.');
            if !within {
                kept.push_str(line);
            }
        }
        *translation = kept;
    }
}

/// Puts a norm in the place of the one with its id, or after all others.
fn with_norm(pack: &Pack, document: &mut Document, id: &str, cedar: &str) -> Result<(), AmendError> {
    let Some(before) = pack.norms.iter().find(|norm| norm.id == id) else {
        let text = document.files.entry(NEW_NORMS.to_owned()).or_default();
        text.push_str(&format!("{cedar}\n\n"));
        return Ok(());
    };
    let text = document.files.get_mut(&before.file).ok_or_else(|| AmendError::OtherNorm(id.to_owned()))?;
    if text.matches(&before.cedar).count() != 1 {
        return Err(AmendError::File("the norm is not found in it once".to_owned()));
    }
    *text = text.replacen(&before.cedar, cedar, 1);
    Ok(())
}

/// Takes a norm out; a file that has no other goes with it.
fn without_norm(pack: &Pack, document: &mut Document, clause: &RequirementId, id: &str) -> Result<(), AmendError> {
    let missing = || AmendError::NoNorm(id.chars().take(100).collect());
    let before = pack.norms.iter().find(|norm| norm.id == id && norm.requirement == *clause).ok_or_else(missing)?;
    let text = document.files.get_mut(&before.file).ok_or_else(missing)?;
    if text.matches(&before.cedar).count() != 1 {
        return Err(AmendError::File("the norm is not found in it once".to_owned()));
    }
    *text = text.replacen(&before.cedar, "", 1);
    if text.trim().is_empty() {
        document.files.remove(&before.file);
    }
    Ok(())
}

/// That of all norms no other changed than the one that was to, and no other went; and that the one is of the clause.
fn check_norms(before: &Pack, after: &Pack, clause: &RequirementId, change: &Change) -> Result<(), AmendError> {
    let brought = change.norm.as_ref().map(|norm| norm.id.as_str());
    let gone = change.without.as_deref();
    let id = brought.or(gone).unwrap_or_default();
    let other = || AmendError::OtherNorm(id.chars().take(100).collect());
    let others = |pack: &Pack| -> BTreeMap<String, String> {
        let others = pack.norms.iter().filter(|norm| ![brought, gone].contains(&Some(norm.id.as_str())));
        others.map(|norm| (norm.id.clone(), norm.cedar.clone())).collect()
    };
    // A pack has each id once.
    let of = |pack: &Pack, id: Option<&str>| {
        pack.norms.iter().find(|norm| Some(norm.id.as_str()) == id).map(|norm| norm.requirement.clone())
    };
    let fits = others(before) == others(after)
        && of(before, brought).is_none_or(|requirement| requirement == *clause)
        && of(after, brought) == brought.map(|_| clause.clone())
        && (gone == brought || of(after, gone).is_none());
    if fits { Ok(()) } else { Err(other()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{NormChange, ParameterChange};

    fn core() -> Pack {
        let library = standards::built_in().unwrap();
        Pack::clone(library.find("global-core").unwrap())
    }

    fn clause() -> RequirementId {
        RequirementId("core-04".to_owned())
    }

    #[test]
    fn a_text_a_parameter_and_a_norm_change_in_their_clause_alone() {
        let core = core();
        let text = Change { text: Some("Approvals end.".parse().unwrap()), ..Change::default() };
        let (document, after) = amended(&core, &clause(), &text).unwrap();
        assert_eq!(after.requirements[&clause()].text, "Approvals end.");
        let differing = Document::of(&core).files.iter().filter(|(path, text)| document.files[*path] != **text).count();
        assert_eq!(differing, 2, "its file, and the translation that was of another text");
        assert!(
            document.files["i18n/de.ftl"].contains("\ncore-05 =")
                && document.files["i18n/de.ftl"].contains("\ncore-04 = Approvals end.\n    .title = ")
        );
        let parameter =
            ParameterChange { id: "approval-validity".to_owned(), value: "\"365d\"".parse().unwrap(), new: None };
        let change = Change { parameter: Some(parameter), ..Change::default() };
        let (_, after) = amended(&core, &clause(), &change).unwrap();
        let value = after.requirements[&clause()].parameters.values().next().unwrap().value.clone();
        assert_eq!(value, standards::Value::Span("365d".parse().unwrap()));
        let before = core.norms.iter().find(|norm| norm.id == "approval-expires").unwrap();
        let cedar = before.cedar.replace("<=", "<").parse().unwrap();
        let norm = NormChange { id: "approval-expires".to_owned(), cedar };
        let (_, after) = amended(&core, &clause(), &Change { norm: Some(norm), ..Change::default() }).unwrap();
        assert_eq!(after.norms.len(), core.norms.len());
        let again = with_version(&Document::of(&after), "0.2.0").unwrap().pack().unwrap();
        assert_eq!(again.manifest.reference.version.to_string(), "0.2.0");
    }

    #[test]
    fn a_clause_whose_text_holds_a_fence_is_amended_again() {
        let text = |text: &str| Change { text: Some(text.parse().unwrap()), ..Change::default() };
        let (_, after) = amended(&core(), &clause(), &text("Approvals end.\n+++ see below\nSoon.")).unwrap();
        assert!(after.requirements[&clause()].text.contains("+++ see below"));
        let (_, again) = amended(&after, &clause(), &text("Approvals end soon.")).unwrap();
        assert_eq!(again.requirements[&clause()].text, "Approvals end soon.");
        assert_eq!(again.requirements[&clause()].body, core().requirements[&clause()].body);
    }

    #[test]
    fn what_changes_nothing_or_something_else_is_refused() {
        let core = core();
        let same = core.norms.iter().find(|norm| norm.id == "approval-expires").unwrap();
        let same = NormChange { id: same.id.clone(), cedar: same.cedar.parse().unwrap() };
        let same = Change { norm: Some(same), ..Change::default() };
        assert!(matches!(amended(&core, &clause(), &same), Err(AmendError::Nothing)), "the very norm that is there");
        let refused = |change: &Change| amended(&core, &clause(), change).err().map(|error| error.to_string());
        assert!(refused(&Change::default()).unwrap().contains("changes nothing"));
        let parameter = |id: &str, value: &str| {
            let parameter = ParameterChange { id: id.to_owned(), value: value.parse().unwrap(), new: None };
            Change { parameter: Some(parameter), ..Change::default() }
        };
        assert!(refused(&parameter("nowhere", "1")).unwrap().contains("no parameter"));
        assert!(refused(&parameter("approval-validity", "1\nother = 2")).unwrap().contains("TOML"));
        assert!(refused(&parameter("approval-validity", "\"a while\"")).is_some());
        let norm = |id: &str, cedar: &str| {
            let norm = NormChange { id: id.to_owned(), cedar: cedar.parse().unwrap() };
            Change { norm: Some(norm), ..Change::default() }
        };
        let two = core.norms.iter().take(2).map(|norm| norm.cedar.clone()).collect::<Vec<_>>().join("\n\n");
        for (id, cedar) in [
            ("approval-expires", "permit (principal, action, resource);"),
            ("approval-expires", two.as_str()),
            ("approval-expires", "@id(\"x\") @requirement(\"core-04\") forbid (principal, action, resource);"),
            ("new-one", "@id(\"new-one\") @requirement(\"core-05\") forbid (principal, action, resource);"),
            ("end-date", "@id(\"end-date\") @requirement(\"core-04\") forbid (principal, action, resource);"),
        ] {
            assert!(refused(&norm(id, cedar)).is_some(), "{id}: {cedar}");
        }
        let elsewhere = RequirementId("core-999".to_owned());
        let text = Change { text: Some("x".parse().unwrap()), ..Change::default() };
        assert!(matches!(amended(&core, &elsewhere, &text), Err(AmendError::NoClause(_))));
    }
}
