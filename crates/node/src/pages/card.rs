//! A deployment at a glance, as lists show it.

use model::DeploymentRecord;
use register::State;

use super::Link;
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
    pub(super) fn of(state: &State, record: &DeploymentRecord, now: model::Timestamp) -> Self {
        let deployment = &record.deployment;
        Self {
            href: format!("/deployments/{}", deployment.id),
            title: deployment.title.clone(),
            badge: words::badge(record, now),
            note: None,
            senses: Link::technology(deployment.technology),
            place: Link::place(state, &deployment.place),
            purposes: deployment.purposes.iter().map(|purpose| Link::purpose(*purpose)).collect(),
            people: words::people(deployment).short,
            kept: kept(record),
            answers: Link::party(state, &deployment.accountable),
        }
    }
}

/// How long what a deployment stores is kept.
pub(super) fn kept(record: &DeploymentRecord) -> String {
    let longest = record.deployment.streams.iter().map(|stream| stream.retention.0).max().unwrap_or_default();
    if longest == model::Span::ZERO { "Not at all".to_owned() } else { format!("{} at most", words::span(longest)) }
}
