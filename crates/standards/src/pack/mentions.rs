//! What duties and instruments mention: requirements, parameters, ids. Read lightly; what they mean is read elsewhere.

use std::collections::BTreeSet;

use model::{RequirementId, Span};

use super::fields::{Fields, Item, Place};
use super::files::Files;
use super::manifest::slug;
use crate::diagnostic::{Diagnostic, Problems};
use crate::parameter::{ParameterId, read};

/// A span that stands in a duty file: written out, or a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpanOrParameter {
    /// Written out.
    Span(Span),
    /// `${parameter}`.
    Parameter(ParameterId),
}

/// Which side of keeping data a `[[keep]]` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeepBound {
    /// It is kept at least so long.
    AtLeast(SpanOrParameter),
    /// It is kept at most so long.
    AtMost(SpanOrParameter),
}

/// One `[[keep]]`: how long data of a kind is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keep {
    /// Its id.
    pub id: String,
    /// The requirement that says so.
    pub requirement: RequirementId,
    /// Which data: a category, or a name that standards agree on.
    pub data: String,
    /// How long.
    pub bound: KeepBound,
    /// The file.
    pub file: String,
    /// Its line.
    pub line: usize,
}

/// One duty, as far as this room's counting needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DutyMention {
    pub(crate) id: String,
    pub(crate) requirement: RequirementId,
    pub(crate) file: String,
    pub(crate) line: usize,
}

/// Everything mentioned.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Mentions {
    pub(crate) duties: Vec<DutyMention>,
    pub(crate) keeps: Vec<Keep>,
    /// Parameters with the places that name them.
    pub(crate) parameters: BTreeSet<(ParameterId, String, usize)>,
}

/// Reads duties and instruments lightly, and the syntax of every test.
pub(crate) fn read_all(files: &Files, problems: &mut Problems) -> Mentions {
    let mut mentions = Mentions::default();
    for (file, text) in files.under("tests/") {
        Place::file(file, text).parse(problems);
    }
    for (file, text) in files.under("instruments/") {
        Place::file(file, text).parse(problems);
        parameters(file, text, &mut mentions);
    }
    for (file, text) in files.under("duties/") {
        let place = Place::file(file, text);
        let Some(table) = place.parse(problems) else { continue };
        parameters(file, text, &mut mentions);
        let mut fields = Fields::new(place, &table, "a file of duties");
        for item in fields.get("duty").map_or_else(Vec::new, |item| item.items(problems)) {
            mentions.duties.extend(duty(file, &item, problems));
        }
        for item in fields.get("keep").map_or_else(Vec::new, |item| item.items(problems)) {
            mentions.keeps.extend(keep(file, &item, problems));
        }
        fields.finish(problems);
    }
    twice(mentions.duties.iter().map(|duty| (&duty.id, &duty.file, duty.line)), problems);
    twice(mentions.keeps.iter().map(|keep| (&keep.id, &keep.file, keep.line)), problems);
    mentions
}

fn twice<'m>(ids: impl Iterator<Item = (&'m String, &'m String, usize)>, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for (id, file, line) in ids {
        if !seen.insert(id) {
            let what = format!("`{id}` is there twice");
            problems.push(Diagnostic::of_file(file, "duplicate-id", what, "rename one").at_line(line));
        }
    }
}

fn duty(file: &str, item: &Item<'_, '_>, problems: &mut Problems) -> Option<DutyMention> {
    let mut fields = item.fields("a duty", problems)?;
    let id = fields.need("id", problems).and_then(|item| slug(&item, problems));
    let requirement = fields.need("requirement", problems).and_then(|item| slug(&item, problems));
    Some(DutyMention { id: id?, requirement: RequirementId(requirement?), file: file.to_owned(), line: item.line() })
}

fn keep(file: &str, item: &Item<'_, '_>, problems: &mut Problems) -> Option<Keep> {
    let mut fields = item.fields("a `[[keep]]`", problems)?;
    let id = fields.need("id", problems).and_then(|item| slug(&item, problems));
    let requirement = fields.need("requirement", problems).and_then(|item| slug(&item, problems));
    let data = fields.need("data", problems).and_then(|item| slug(&item, problems));
    let least = fields.get("at_least");
    let most = fields.get("at_most");
    let bound = match (&least, &most) {
        (Some(item), None) => span(item, problems).map(KeepBound::AtLeast),
        (None, Some(item)) => span(item, problems).map(KeepBound::AtMost),
        _ => {
            let what = "a `[[keep]]` has either `at_least` or `at_most`";
            problems.push(item.problem("bad-keep", what, "write one `[[keep]]` for each side"));
            None
        }
    };
    fields.finish(problems);
    let (file, line) = (file.to_owned(), item.line());
    Some(Keep { id: id?, requirement: RequirementId(requirement?), data: data?, bound: bound?, file, line })
}

fn span(item: &Item<'_, '_>, problems: &mut Problems) -> Option<SpanOrParameter> {
    let text = item.text(problems)?;
    let Some(name) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else {
        return read::span(item, problems).map(SpanOrParameter::Span);
    };
    read::id(name)
        .map_err(|what| problems.push(item.problem("bad-id", what, "name a parameter")))
        .ok()
        .map(SpanOrParameter::Parameter)
}

/// Every `${parameter}` of a text, wherever it stands.
fn parameters(file: &str, text: &str, mentions: &mut Mentions) {
    for (at, line) in text.lines().enumerate() {
        for part in line.split("${").skip(1) {
            let name = part.split(['}', '.']).next().unwrap_or_default();
            if let Ok(id) = read::id(name) {
                mentions.parameters.insert((id, file.to_owned(), at + 1));
            }
        }
    }
}
