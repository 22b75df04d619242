//! Every decision with who made it and why; workshops with their minutes; the rules of moderation and all that was moderated.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;

use super::{Reader, Site, Who, drawn, when};
use crate::act::Entry;
use crate::http::problem::Problem;
use crate::roles::Action;
use crate::say;
use crate::state::Decided;

/// How many rows a page shows.
const PAGE: usize = 100;

#[derive(Template)]
#[template(path = "decisions.html")]
struct Decisions {
    site: Site,
    decisions: Vec<DecisionRow>,
    older: Option<Entry>,
}

/// A decision in a list.
pub(super) struct DecisionRow {
    pub(super) entry: Entry,
    pub(super) when: String,
    pub(super) what: String,
    pub(super) by: Who,
    pub(super) reasons: String,
}

/// Decisions as rows.
pub(super) fn rows<'a>(reader: &Reader, decisions: impl Iterator<Item = &'a Decided>) -> Vec<DecisionRow> {
    let row = |decided: &Decided| DecisionRow {
        entry: decided.entry,
        when: when(decided.at),
        what: decided.what.clone(),
        by: reader.person(&decided.decision.decider),
        reasons: decided.decision.reasons.to_string(),
    };
    decisions.map(row).collect()
}

/// Where a list goes on.
#[derive(Deserialize)]
pub(in crate::http) struct Before {
    before: Option<Entry>,
}

/// `GET /decisions`
pub(in crate::http) async fn decisions(reader: Reader, Query(part): Query<Before>) -> Result<Response, Problem> {
    drawn(reader, move |reader| {
        let all = &reader.state.decisions;
        let end = part.before.map_or(all.len(), |before| all.partition_point(|decided| decided.entry < before));
        let begin = end.saturating_sub(PAGE);
        let decisions = rows(reader, all.get(begin..end).unwrap_or_default().iter().rev());
        let older = decisions.last().map(|row| row.entry).filter(|_| begin > 0);
        Ok(Decisions { site: reader.site(), decisions, older })
    })
    .await
}

#[derive(Template)]
#[template(path = "workshops.html")]
struct Workshops {
    site: Site,
    workshops: Vec<WorkshopRow>,
    form: Option<String>,
}

struct WorkshopRow {
    entry: Entry,
    draft: String,
    draft_title: String,
    title: String,
    place: String,
    begins: String,
    ends: String,
    minutes: Option<(Entry, String)>,
}

/// `GET /workshops`
pub(in crate::http) async fn workshops(reader: Reader) -> Result<Response, Problem> {
    drawn(reader, |reader| {
        let title = |id: &crate::words::DraftId| {
            reader.state.drafts.get(id).map(|draft| draft.opened.title.to_string()).unwrap_or_default()
        };
        let row = |(entry, workshop): (&Entry, &std::sync::Arc<crate::state::Workshop>)| WorkshopRow {
            entry: *entry,
            draft: workshop.announced.draft.to_string(),
            draft_title: title(&workshop.announced.draft),
            title: workshop.announced.title.to_string(),
            place: workshop.announced.place.to_string(),
            begins: when(workshop.announced.begins),
            ends: when(workshop.announced.ends),
            minutes: workshop.minutes.as_ref().map(|(entry, text)| (*entry, text.to_string())),
        };
        let workshops = reader.state.workshops.iter().rev().take(PAGE).map(row).collect();
        Ok(Workshops { site: reader.site(), workshops, form: reader.form_for(Action::KeepWorkshops) })
    })
    .await
}

#[derive(Template)]
#[template(path = "moderation.html")]
struct Moderation {
    site: Site,
    policy: Option<Policy>,
    lines: Vec<ModerationRow>,
    form: Option<String>,
}

struct Policy {
    entry: Entry,
    text: String,
    by: Who,
    reasons: String,
}

struct ModerationRow {
    entry: Entry,
    when: String,
    kind: &'static str,
    of: Entry,
    by: Who,
    reasons: String,
}

/// `GET /moderation`
pub(in crate::http) async fn moderation(reader: Reader) -> Result<Response, Problem> {
    drawn(reader, |reader| {
        let policy = reader.state.policy.as_ref().map(|(entry, policy)| Policy {
            entry: *entry,
            text: policy.text.to_string(),
            by: reader.person(&policy.decision.decider),
            reasons: policy.decision.reasons.to_string(),
        });
        let row = |line: &crate::state::ModerationLine| ModerationRow {
            entry: line.entry,
            when: when(line.at),
            kind: say::moderated(line.kind),
            of: line.of,
            by: reader.person(&line.decision.decider),
            reasons: line.decision.reasons.to_string(),
        };
        let lines = reader.state.moderation.iter().rev().take(PAGE * 5).map(row).collect();
        Ok(Moderation { site: reader.site(), policy, lines, form: reader.form_for(Action::Moderate) })
    })
    .await
}
