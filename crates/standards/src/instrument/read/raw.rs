//! The shape of an instrument's file, before anything in it is checked. Unknown fields are refused.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// Texts by language and key.
pub(super) type Labels = BTreeMap<String, BTreeMap<String, Spanned<String>>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Instrument {
    pub(super) id: Spanned<String>,
    pub(super) urn: Spanned<String>,
    pub(super) version: Spanned<String>,
    pub(super) title: Spanned<String>,
    pub(super) intro: Spanned<String>,
    pub(super) locale: String,
    pub(super) roles: Spanned<Vec<String>>,
    #[serde(default)]
    pub(super) evidence: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) section: Vec<Section>,
    #[serde(default)]
    pub(super) outcome: Vec<Outcome>,
    #[serde(default)]
    pub(super) labels: Labels,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    pub(super) id: Spanned<String>,
    pub(super) title: Spanned<String>,
    #[serde(default)]
    pub(super) intro: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) when: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) question: Vec<Question>,
}

impl Section {
    /// How many questions it has, those of rows included.
    pub(super) fn count(&self) -> usize {
        self.question.iter().map(|question| 1 + question.question.len()).sum()
    }
}

/// What a question is.
#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    Statement,
    Text,
    Choice,
    Choices,
    YesNoUnknown,
    Number,
    Date,
    Group,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    pub(super) id: Spanned<String>,
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    pub(super) ask: Spanned<String>,
    #[serde(default)]
    pub(super) help: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) when: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) required: Option<Spanned<bool>>,
    #[serde(default)]
    pub(super) prefill: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) min: Option<Spanned<i64>>,
    #[serde(default)]
    pub(super) max: Option<Spanned<i64>>,
    #[serde(default)]
    pub(super) unit: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) options: Option<Spanned<Vec<Choice>>>,
    #[serde(default)]
    pub(super) options_from: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) score: Option<Spanned<YesNoScore>>,
    #[serde(default)]
    pub(super) strict: Option<Spanned<YesNo>>,
    #[serde(default)]
    pub(super) over: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) row: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) question: Vec<Question>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Choice {
    pub(super) id: Spanned<String>,
    pub(super) label: Spanned<String>,
    #[serde(default)]
    pub(super) score: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct YesNoScore {
    #[serde(default)]
    pub(super) yes: i64,
    #[serde(default)]
    pub(super) no: i64,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum YesNo {
    Yes,
    No,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outcome {
    pub(super) id: Spanned<String>,
    pub(super) title: Spanned<String>,
    pub(super) results: Spanned<Vec<Result>>,
    pub(super) otherwise: Spanned<String>,
    #[serde(default)]
    pub(super) criterion: Vec<Criterion>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Result {
    pub(super) id: Spanned<String>,
    pub(super) label: Spanned<String>,
    #[serde(default)]
    pub(super) requires: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) tier: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Criterion {
    pub(super) id: Spanned<String>,
    pub(super) result: Spanned<String>,
    pub(super) when: Spanned<String>,
    pub(super) because: Spanned<String>,
}
