//! An example told for a council member: who could do what, in which case, allowed by what, although which norm forbids it.
//!
//! Only facts that the deciding policies look at are told. A story speaks of a made-up request, never of an observation.

use std::collections::BTreeSet;
use std::fmt;

use cedar_policy::{Entity, EvalResult};
use serde::Serialize;
use serde_json::Value;

use super::question::Question;
use super::reads::{Path, Root};
use super::sides::{Cited, Clause};
use super::words;

/// How many policies a sentence names before it counts the rest.
const NAMED_MAX: usize = 3;
/// How many facts a story tells.
const FACTS_MAX: usize = 12;

/// A fact of an example, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// What: `people behind a number, at least`.
    pub name: String,
    /// How it is: `9`.
    pub value: String,
}

/// An example in plain sentences, with the request itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Story {
    /// Two to four sentences.
    pub sentences: Vec<String>,
    /// The facts that matter.
    pub facts: Vec<Told>,
    /// The permits that allow it; empty where it is a standard that leaves it open.
    pub allowed_by: Vec<Cited>,
    /// The norms and forbids that refuse it; empty where nothing permits it.
    pub refused_by: Vec<Cited>,
    /// The request and its entities in Cedar's own JSON: a regression test, see [`Question::from_json`].
    pub question: Value,
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentences.join(" "))
    }
}

/// What the example shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    /// The left allows what a norm forbids.
    Violation,
    /// The standard leaves open what the left refuses.
    Room,
    /// The later version allows what the earlier did not.
    NewlyAllowed,
    /// The later version refuses what the earlier allowed.
    NewlyRefused,
    /// A policy errs.
    Errs,
}

/// Tells an example. `allows` are the permits that allow it, `refuses` the forbids that refuse it; `missing` are the permits
/// that could have covered it and do not.
pub(crate) fn tell(
    frame: Frame,
    question: &Question,
    allows: &[&Clause],
    refuses: &[&Clause],
    missing: &[&Clause],
) -> Story {
    let permits: Vec<&Clause> = allows.iter().copied().filter(|clause| !is_ceiling(clause)).collect();
    let missing = if refuses.is_empty() { missing } else { &[] };
    let facts = facts(question, permits.iter().chain(refuses).chain(missing).copied());
    let mut sentences = vec![subject(frame, question, &permits)];
    if !facts.is_empty() {
        let told: Vec<String> = facts.iter().map(|fact| format!("{}: {}", fact.name, fact.value)).collect();
        sentences.push(format!("In this case: {}.", told.join("; ")));
    }
    let (allowed, refused) = (allowing(&permits), refusing(refuses));
    match frame {
        Frame::Violation => sentences.extend([sentence(&allowed, ""), sentence(&refused, "")]),
        Frame::Room if refuses.is_empty() => {
            sentences.push("The standard leaves this open; no permit covers it.".to_owned());
        }
        Frame::Room => sentences.push(format!("The standard leaves this open; {refused}.")),
        Frame::NewlyAllowed => sentences.extend([sentence(&refused, "Before, "), sentence(&allowed, "Now ")]),
        Frame::NewlyRefused => sentences.extend([sentence(&allowed, "Before, "), sentence(&refused, "Now ")]),
        Frame::Errs => {
            sentences.push(format!("Then {} cannot be evaluated, and Cedar skips it.", named("norm", refuses)))
        }
    }
    let cited = |clauses: &[&Clause]| clauses.iter().map(|clause| clause.cited.clone()).collect();
    Story { sentences, facts, allowed_by: cited(&permits), refused_by: cited(refuses), question: question.to_json() }
}

/// Whether a clause is the permit-all of a standard.
fn is_ceiling(clause: &Clause) -> bool {
    clause.cited.policy.0.starts_with(super::sides::CEILING)
}

fn sentence(body: &str, before: &str) -> String {
    if before.is_empty() {
        let mut letters = body.chars();
        let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
        return format!("{first}{}.", letters.as_str());
    }
    format!("{before}{body}.")
}

fn allowing(permits: &[&Clause]) -> String {
    match permits.len() {
        0 => "no norm of the side under test stands against it".to_owned(),
        1 => format!("{} allows it", named("permit", permits)),
        _ => format!("{} allow it", named("permit", permits)),
    }
}

fn refusing(forbids: &[&Clause]) -> String {
    let reason = forbids.iter().map(|clause| clause.cited.reason.trim_end_matches('.')).find(|text| !text.is_empty());
    let reason = reason.map(|reason| format!(": “{reason}”")).unwrap_or_default();
    match forbids.len() {
        0 => "nothing permits it".to_owned(),
        1 => format!("{} forbids it{reason}", named("norm", forbids)),
        _ => format!("{} forbid it{reason}", named("norm", forbids)),
    }
}

/// `the norm `a` (core-21)`, or `the norms `a`, `b` and 2 more`.
fn named(noun: &str, clauses: &[&Clause]) -> String {
    let name = |clause: &&Clause| {
        let requirement = clause.cited.requirement.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
        format!("`{}`{requirement}", clause.cited.policy)
    };
    let mut names: Vec<String> = clauses.iter().take(NAMED_MAX).map(name).collect();
    if clauses.len() > NAMED_MAX {
        names.push(format!("{} more", clauses.len() - NAMED_MAX));
    }
    let plural = if clauses.len() == 1 { "" } else { "s" };
    format!("the {noun}{plural} {}", words::and(&names))
}

/// The first sentence: who, and what they could do.
fn subject(frame: Frame, question: &Question, permits: &[&Clause]) -> String {
    let kind = question.attribute(&question.principal, "kind");
    let kind = match &kind {
        Some(EvalResult::String(kind)) => kind.as_str(),
        _ => "",
    };
    // The solver made the name up, unless a permit names it.
    let is_named = permits.iter().any(|clause| clause.policy.entity_literals().contains(&question.principal));
    let name = if is_named { format!(" (`{}`)", question.principal.id().unescaped()) } else { String::new() };
    let resource = question.resource.type_name().to_string();
    let modal = if matches!(frame, Frame::Violation) { "could" } else { "wants to" };
    words::subject(question.action.id().unescaped(), &resource, &format!("{}{name}", words::party(kind)), modal)
}

/// The facts that clauses look at, as they are in the question.
fn facts<'a>(question: &Question, clauses: impl Iterator<Item = &'a Clause>) -> Vec<Told> {
    let mut paths: BTreeSet<&Path> = BTreeSet::new();
    for clause in clauses {
        paths.extend(&clause.reads);
    }
    let kind_is_told = |path: &&&Path| !(path.root == Root::Principal && path.steps == ["kind"]);
    paths.iter().filter(kind_is_told).filter_map(|path| fact(question, path)).take(FACTS_MAX).collect()
}

fn fact(question: &Question, path: &Path) -> Option<Told> {
    let name = path.tag.as_deref().or(path.steps.last().map(String::as_str))?;
    let value = question.value(path);
    if let Some(tag) = &path.tag {
        let value = value.map_or_else(|| "not known".to_owned(), |value| plain(question, "", &value));
        return Some(Told { name: words::tag(tag), value });
    }
    Some(Told { name: words::attribute(name), value: plain(question, name, &value?) })
}

/// A value in words.
fn plain(question: &Question, name: &str, value: &EvalResult) -> String {
    match value {
        EvalResult::Bool(true) => "yes".to_owned(),
        EvalResult::Bool(false) => "no".to_owned(),
        EvalResult::Long(number) => words::number(name, *number),
        EvalResult::String(text) => words::code(text),
        EvalResult::EntityUid(uid) if *uid == question.principal => "the same party".to_owned(),
        EvalResult::EntityUid(_) => "another party".to_owned(),
        EvalResult::Set(set) if set.is_empty() => "none".to_owned(),
        EvalResult::Set(set) => words::and(&set.iter().map(|value| plain(question, name, value)).collect::<Vec<_>>()),
        other => format!("{other}"),
    }
}

impl Question {
    fn entity(&self, uid: &cedar_policy::EntityUid) -> Option<&Entity> {
        self.entities.get(uid)
    }

    fn attribute(&self, uid: &cedar_policy::EntityUid, name: &str) -> Option<EvalResult> {
        self.entity(uid)?.attr(name)?.ok()
    }

    /// What stands at the end of a path.
    fn value(&self, path: &Path) -> Option<EvalResult> {
        let (mut at, mut steps) = match path.root {
            Root::Principal => (EvalResult::EntityUid(self.principal.clone()), path.steps.as_slice()),
            Root::Resource => (EvalResult::EntityUid(self.resource.clone()), path.steps.as_slice()),
            Root::Context => (self.context.get(path.steps.first()?)?, path.steps.get(1..)?),
        };
        while let Some((step, rest)) = steps.split_first() {
            at = match &at {
                EvalResult::EntityUid(uid) => self.attribute(uid, step)?,
                EvalResult::Record(record) => record.get(step)?.clone(),
                _ => return None,
            };
            steps = rest;
        }
        match (&path.tag, &at) {
            (None, _) => Some(at),
            (Some(tag), EvalResult::EntityUid(uid)) => self.entity(uid)?.tag(tag)?.ok(),
            (Some(_), _) => None,
        }
    }
}
