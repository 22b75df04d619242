//! A city as commands speak to it: its folder, or its node at an address. What a party asks is done, or tried, in either.

use std::path::Path;

use flow::City;
use register::{Submission, SubmitError};
use serde_json::Value;

use super::open;
use crate::client::{Client, is_address};
use crate::output::Refused;

/// A city's folder, or its node.
pub(crate) enum Office {
    Folder(Box<City>),
    Address(Client),
}

impl Office {
    pub(crate) fn open(city: &str) -> anyhow::Result<Self> {
        if is_address(city) {
            return Ok(Self::Address(Client::new(city)));
        }
        Ok(Self::Folder(Box::new(open(Path::new(city))?)))
    }

    /// Whether a party has to show its token. Whoever has the folder may act for anybody in it.
    pub(crate) const fn needs_token(&self) -> bool {
        matches!(self, Self::Address(_))
    }

    /// Does what a party asks; gives the entries made.
    pub(crate) fn submit(&self, submission: Submission, token: Option<&str>) -> Result<Vec<u64>, Failed> {
        match self {
            Self::Folder(city) => {
                let receipt = city.register().submit(submission).map_err(refused)?;
                city.register().publish().map_err(Failed::unsure)?;
                Ok(receipt.entries)
            }
            Self::Address(client) => {
                let answer = client.submit(&submission, token.unwrap_or_default());
                // An answer of the node is one; only where none came it is not known what happened.
                let answer = answer.map_err(|error| Failed { definite: !error.is::<ureq::Error>(), error })?;
                Ok(entries(&answer))
            }
        }
    }

    /// Whether what a party asks would be done. Nothing is done.
    pub(crate) fn preview(&self, submission: Submission, token: Option<&str>) -> Result<(), Failed> {
        match self {
            Self::Folder(city) => city
                .register()
                .preview(&[submission])
                .into_iter()
                .try_for_each(|outcome| outcome.map(drop))
                .map_err(refused),
            Self::Address(client) => {
                let answer = client.preview(&[submission], token.unwrap_or_default()).map_err(Failed::unsure)?;
                let Some(refused) = answer.pointer("/0/refused") else { return Ok(()) };
                let words = ["detail", "title"].iter().find_map(|key| refused.get(key)?.as_str());
                Err(Failed::refused(words.unwrap_or("the node refuses it").to_owned()))
            }
        }
    }
}

/// The entries in an answer to one command: `[{"entries": [...]}]`.
pub(crate) fn entries(answer: &Value) -> Vec<u64> {
    let entries = answer.pointer("/0/entries").and_then(Value::as_array);
    entries.into_iter().flatten().filter_map(Value::as_u64).collect()
}

/// Why something was not done, and whether that is certain.
pub(crate) struct Failed {
    pub(crate) error: anyhow::Error,
    pub(crate) definite: bool,
}

impl Failed {
    /// It was not.
    pub(crate) fn definite(error: impl Into<anyhow::Error>) -> Self {
        Self { error: error.into(), definite: true }
    }

    fn refused(message: String) -> Self {
        Self::definite(Refused { details: serde_json::json!([message]), message })
    }

    fn unsure(error: impl Into<anyhow::Error>) -> Self {
        Self { error: error.into(), definite: false }
    }
}

fn refused(error: SubmitError) -> Failed {
    match error {
        SubmitError::Refused(refusal) => Failed::refused(refusal.to_string()),
        error => Failed::unsure(error),
    }
}
