//! One amendment: what it changes, what it does, why, who argues how, who endorses it, and what became of it.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;

use super::drafts::{clause_before, stage};
use super::feeds::{LineRow, line_row};
use super::propose::{Changed, changed};
use super::{Reader, Said, Site, Who, count, drawn, when};
use crate::act::{Entry, Stance};
use crate::http::log::number;
use crate::http::problem::Problem;
use crate::prepare::change_of;
use crate::roles::Action;
use crate::sealed::field;
use crate::state::{Argument, Phase, Stage};
use crate::{say, state::Amendment};

/// How many of those who endorse it are named.
const NAMED_MAX: usize = 200;

#[derive(Template)]
#[template(path = "amendment.html")]
struct Page {
    site: Site,
    entry: Entry,
    draft: String,
    draft_title: String,
    clause: String,
    /// Whether the draft has it: a new clause is none before it is part of a version.
    is_clause: bool,
    by: Who,
    when: String,
    stage: String,
    decision: Option<Decided>,
    effect: &'static str,
    changes: Vec<Changed>,
    why: String,
    example: String,
    withheld: Option<String>,
    for_it: Vec<ArgumentRow>,
    against: Vec<ArgumentRow>,
    organisations: Vec<(String, String, String)>,
    endorsed_by: String,
    lines: Vec<LineRow>,
    may: May,
}

struct Decided {
    entry: Entry,
    by: Who,
    reasons: String,
    version: Option<Entry>,
}

struct ArgumentRow {
    entry: Entry,
    by: Who,
    when: String,
    said: Said,
}

/// Which forms are there, each with its mark.
struct May {
    part: Option<String>,
    organisation: bool,
    endorsed: bool,
    organisation_endorsed: bool,
    back: Option<String>,
    decide: Option<String>,
    moderate: Option<String>,
}

/// `GET /amendments/{entry}`
pub(in crate::http) async fn amendment(reader: Reader, Path(entry): Path<String>) -> Result<Response, Problem> {
    let entry = number(&entry)?;
    drawn(reader, move |reader| {
        let amendment = reader.state.amendments.get(&entry).ok_or_else(Problem::not_found)?;
        let draft = reader.state.drafts.get(&amendment.draft).ok_or_else(Problem::not_found)?;
        let pack = reader.node.hub.pack(&amendment.document)?;
        let (changes, why, example, withheld) = match reader.words(entry) {
            Ok(fields) => {
                let changes = changed(&clause_before(&pack, &amendment.clause), &change_of(&fields)?);
                (changes, field(&fields, "why"), field(&fields, "example"), None)
            }
            Err(why) => (Vec::new(), String::new(), String::new(), Some(why)),
        };
        let arguments = |stance: Stance| {
            let of = amendment.arguments.iter().rev().filter(move |argument| argument.stance == stance);
            of.map(|argument| row(reader, argument)).collect()
        };
        let organisations = amendment.organisations.iter().take(NAMED_MAX);
        let organisation = |(member, person): (&crate::words::MemberId, &crate::words::PersonId)| {
            (member.to_string(), reader.state.member_name(member), person.to_string())
        };
        Ok(Page {
            site: reader.site(),
            entry,
            draft: amendment.draft.to_string(),
            draft_title: draft.opened.title.to_string(),
            clause: amendment.clause.0.clone(),
            is_clause: draft.clauses.contains(&amendment.clause),
            by: reader.person(&amendment.by),
            when: when(amendment.at),
            stage: stage(&amendment.stage),
            decision: decided(reader, amendment),
            effect: say::effect(amendment.effect),
            changes,
            why,
            example,
            withheld,
            for_it: arguments(Stance::For),
            against: arguments(Stance::Against),
            organisations: organisations.map(organisation).collect(),
            endorsed_by: format!(
                "{}, and {}",
                count(amendment.organisations.len(), "organisation", "organisations"),
                count(amendment.persons.len(), "person for themselves", "people for themselves")
            ),
            lines: amendment.lines.iter().rev().map(|line| line_row(reader, line)).collect(),
            may: may(reader, amendment, draft.phase),
        })
    })
    .await
}

fn row(reader: &Reader, argument: &Argument) -> ArgumentRow {
    ArgumentRow {
        entry: argument.entry,
        by: reader.person(&argument.by),
        when: when(argument.at),
        said: reader.said(argument.entry),
    }
}

fn decided(reader: &Reader, amendment: &Amendment) -> Option<Decided> {
    let Stage::Decided { decision, entry, version, .. } = &amendment.stage else { return None };
    let (by, reasons) = (reader.person(&decision.decider), decision.reasons.to_string());
    Some(Decided { entry: *entry, by, reasons, version: *version })
}

fn may(reader: &Reader, amendment: &Amendment, phase: Phase) -> May {
    let is_open = amendment.stage == Stage::Open;
    let signed = reader.signed.as_ref();
    let is_own = signed.is_some_and(|signed| signed.person == amendment.by);
    let member = signed.and_then(|signed| reader.state.people.by_id.get(&signed.person)).map(|person| &person.member);
    let kind = member.and_then(|member| reader.state.members.by_id.get(member)).map(|member| member.listed.kind);
    May {
        part: reader.form_for(Action::TakePart).filter(|_| is_open),
        organisation: kind.is_some_and(crate::member::MemberKind::is_organisation),
        endorsed: signed.is_some_and(|signed| amendment.persons.contains(&signed.person)),
        organisation_endorsed: member.is_some_and(|member| amendment.organisations.contains_key(member)),
        back: reader.form_for(Action::Propose).filter(|_| is_open && is_own && phase == Phase::Open),
        decide: reader
            .form_for(Action::Edit)
            .filter(|_| amendment.stage.can_become(crate::act::Outcome::Rejected) && !is_own),
        moderate: reader.form_for(Action::Moderate),
    }
}
