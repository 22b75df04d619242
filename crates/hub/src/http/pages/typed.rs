//! What somebody typed into the form of an amendment, and the change that it is.

use serde::Deserialize;

use super::drafts::ClauseText;
use crate::command::{Change, NewClause, NewParameter, NormChange, ParameterChange};
use crate::words::{Title, WordError, of_code};

/// Why what was typed is no change.
#[derive(Debug, thiserror::Error)]
pub(super) enum TypedError {
    /// A field does not fit.
    #[error("{field}: {error}")]
    Field {
        /// Which.
        field: &'static str,
        /// Why.
        error: WordError,
    },
    /// Nothing was chosen of a list.
    #[error("{0}: choose one of the list")]
    Choice(&'static str),
}

/// What somebody typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct Typed {
    pub(super) form: String,
    /// The id of the new clause that the form was drawn for; empty where it is about one that is there.
    pub(super) new_clause: String,
    pub(super) title: String,
    pub(super) kind: String,
    pub(super) on_failure: String,
    pub(super) source: String,
    pub(super) source_url: String,
    pub(super) text: String,
    pub(super) text_only: String,
    pub(super) norm_id: String,
    pub(super) norm: String,
    pub(super) without: String,
    pub(super) parameter: String,
    pub(super) value: String,
    pub(super) new_parameter: String,
    pub(super) new_kind: String,
    pub(super) new_stricter: String,
    pub(super) new_value: String,
    pub(super) why: String,
    pub(super) step: String,
}

fn clean(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

/// A field as a word, where there is one.
fn word<T: std::str::FromStr<Err = WordError>>(field: &'static str, text: &str) -> Result<Option<T>, TypedError> {
    let text = clean(text);
    let parsed = (!text.is_empty()).then(|| text.parse()).transpose();
    parsed.map_err(|error| TypedError::Field { field, error })
}

fn needed<T: std::str::FromStr<Err = WordError>>(field: &'static str, text: &str) -> Result<T, TypedError> {
    word(field, text)?.ok_or(TypedError::Field { field, error: WordError::Empty })
}

fn chosen<T: serde::de::DeserializeOwned>(field: &'static str, text: &str) -> Result<T, TypedError> {
    of_code(text).ok_or(TypedError::Choice(field))
}

impl Typed {
    /// What the form begins with: the clause as it is.
    pub(super) fn of(clause: &ClauseText) -> Self {
        let first = |list: &[(String, String)]| list.first().cloned().unwrap_or_default();
        let (norm_id, norm) = first(&clause.norms);
        Self {
            text: clause.text.clone(),
            text_only: clause.text_only.clone(),
            norm_id,
            norm,
            new_clause: if clause.is_new { clause.id.clone() } else { String::new() },
            parameter: first(&clause.parameters).0,
            ..Self::default()
        }
    }

    /// What it changes; what is as it was changes nothing.
    pub(super) fn change(&self, clause: &ClauseText) -> Result<Change, TypedError> {
        let stood = |text: &str, before: &str| clean(text) == before.trim();
        let is_known =
            |id: &str, text: &str| clause.norms.iter().any(|(known, before)| known == id && before.trim() == text);
        let text = if stood(&self.text, &clause.text) { None } else { word("the text", &self.text)? };
        let why = &self.text_only;
        let text_only = if stood(why, &clause.text_only) { None } else { word("why nothing executes it", why)? };
        let (norm_id, without) = (clean(&self.norm_id), clean(&self.without));
        // A norm that is taken out is not written anew by a field that still shows it.
        let is_kept = is_known(&norm_id, &clean(&self.norm));
        let norm = if is_kept { None } else { word("the norm’s Cedar", &self.norm)? };
        let norm = norm.map(|cedar| NormChange { id: norm_id, cedar });
        let clause = clause.is_new.then(|| self.clause()).transpose()?;
        let without = Some(without).filter(|id| !id.is_empty());
        Ok(Change { clause, text, norm, parameter: self.parameter()?, without, text_only })
    }

    /// The same for the new clause of another id: its norm names it, too.
    pub(super) fn renamed(self, from: &str, to: &str) -> Self {
        let norm = self.norm.replace(&format!("\"{from}\""), &format!("\"{to}\""));
        Self { norm, new_clause: to.to_owned(), ..self }
    }

    fn clause(&self) -> Result<NewClause, TypedError> {
        Ok(NewClause {
            title: needed("the title", &self.title)?,
            kind: chosen("when it bites", &self.kind)?,
            on_failure: chosen("where it is not met", &self.on_failure)?,
            source: needed("the source", &self.source)?,
            url: word("the source’s address", &self.source_url)?,
        })
    }

    /// A new parameter, or another value of one that is there.
    fn parameter(&self) -> Result<Option<ParameterChange>, TypedError> {
        let id = clean(&self.new_parameter);
        if !id.is_empty() {
            let kind = chosen("the new parameter’s kind", &self.new_kind)?;
            let stricter = Some(self.new_stricter.as_str()).filter(|code| !code.is_empty());
            let stricter = stricter.map(|code| chosen("what is stricter", code)).transpose()?;
            let value = needed("the new parameter’s value", &self.new_value)?;
            return Ok(Some(ParameterChange { id, value, new: Some(NewParameter { kind, stricter }) }));
        }
        let value = word::<Title>("the new value", &self.value)?;
        Ok(value.map(|value| ParameterChange { id: clean(&self.parameter), value, new: None }))
    }
}
