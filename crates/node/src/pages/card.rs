//! A deployment at a glance, as lists show it.

use model::DeploymentRecord;
use register::State;

use super::Link;
use crate::lang::Lang;
use crate::words::{self, Badge};

/// One deployment in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Card {
    pub(super) href: String,
    pub(super) title: String,
    pub(super) badge: Badge,
    /// What a list says of it besides: how far it is, or why it was found.
    pub(super) note: Option<String>,
    pub(super) senses: Link,
    pub(super) place: Link,
    pub(super) purposes: Vec<Link>,
    pub(super) people: &'static str,
    pub(super) kept: String,
    pub(super) answers: Link,
}

impl Card {
    pub(super) fn of(lang: Lang, state: &State, record: &DeploymentRecord, now: model::Timestamp) -> Self {
        let deployment = &record.deployment;
        Self {
            href: format!("{}/deployments/{}", lang.root(), deployment.id),
            title: deployment.title.clone(),
            badge: words::badge(lang, record, now),
            note: None,
            senses: Link::technology(lang, deployment.technology),
            place: Link::place(lang, state, &deployment.place),
            purposes: deployment.purposes.iter().map(|purpose| Link::purpose(lang, *purpose)).collect(),
            people: words::people(lang, deployment).short,
            kept: kept(lang, record),
            answers: Link::party(lang, state, &deployment.accountable),
        }
    }
}

/// How long what a deployment stores is kept.
pub(super) fn kept(lang: Lang, record: &DeploymentRecord) -> String {
    let longest = record.deployment.streams.iter().map(|stream| stream.retention.0).max().unwrap_or_default();
    match lang {
        Lang::En if longest == model::Span::ZERO => "Not at all".to_owned(),
        Lang::De if longest == model::Span::ZERO => "Gar nicht".to_owned(),
        Lang::En => format!("{} at most", lang.span(longest)),
        Lang::De => format!("Höchstens {}", lang.span(longest)),
    }
}
