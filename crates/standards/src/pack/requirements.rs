//! `requirements/*.md`: one requirement from a file, with every problem of it.

use std::collections::BTreeMap;

use model::{EvidenceKind, RequirementId};

use super::fields::{Fields, Item};
use super::front_matter;
use super::manifest::{LINE_BYTES_MAX, slug};
use crate::applies;
use crate::diagnostic::{Problems, shown};
use crate::parameter::{ParameterId, read as parameters};
use crate::requirement::{Kind, OnFailure, Requirement, Source, Status, Sure};

/// Most bytes of a requirement's text.
pub(crate) const TEXT_BYTES_MAX: usize = 4 * 1024;

const KINDS: [(&str, Kind); 4] =
    [("collect", Kind::Collect), ("release", Kind::Release), ("register", Kind::Register), ("attest", Kind::Attest)];
const STATUSES: [(&str, Status); 4] = [
    ("in-force", Status::InForce),
    ("adopted", Status::Adopted),
    ("proposal", Status::Proposal),
    ("overturned", Status::Overturned),
];
const FAILURES: [(&str, OnFailure); 3] =
    [("deny", OnFailure::Deny), ("suspend", OnFailure::Suspend), ("flag", OnFailure::Flag)];
const SURE: [(&str, Sure); 3] =
    [("read", Sure::Read), ("secondary", Sure::Secondary), ("unverified", Sure::Unverified)];

/// Where a requirement and its parts stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Spot {
    pub(crate) file: String,
    pub(crate) id: usize,
    pub(crate) text: usize,
    pub(crate) text_only: usize,
    pub(crate) principle: usize,
    pub(crate) policy: usize,
    pub(crate) parameters: BTreeMap<ParameterId, usize>,
}

/// Reads one file.
pub(crate) fn read(file: &str, text: &str, problems: &mut Problems) -> Option<(Requirement, Spot)> {
    let parts = front_matter::split(file, text).map_err(|problem| problems.push(problem)).ok()?;
    let table = parts.toml.parse(problems)?;
    let mut fields = Fields::new(parts.toml, &table, "the front matter");
    let mut spot = Spot { file: file.to_owned(), ..Spot::default() };
    let id = fields.need("id", problems).and_then(|item| {
        spot.id = item.line();
        requirement_id(&item, problems)
    });
    let title = fields.need("title", problems).and_then(|item| item.short_text(LINE_BYTES_MAX, problems));
    let text = fields.need("text", problems).and_then(|item| {
        spot.text = item.text_line();
        item.short_text(TEXT_BYTES_MAX, problems)
    });
    let kind = fields.need("kind", problems).and_then(|item| item.one_of(&KINDS, problems));
    let on_failure = fields.need("on_failure", problems).and_then(|item| item.one_of(&FAILURES, problems));
    let jurisdiction = fields.need("jurisdiction", problems).and_then(|item| item.short_text(LINE_BYTES_MAX, problems));
    let principle = belongs(&mut fields, "principle", &mut spot.principle, problems);
    let policy = belongs(&mut fields, "policy", &mut spot.policy, problems);
    let text_only = fields.get("text_only").and_then(|item| {
        spot.text_only = item.line();
        item.short_text(TEXT_BYTES_MAX, problems)
    });
    let evidence = fields.get("evidence").map_or_else(Vec::new, |item| evidence(&item, problems));
    let sources = sources(&mut fields, problems);
    let applies = fields.get("applies").and_then(|item| applies::read(&item, problems)).unwrap_or_default();
    let (status, applies_from, applies_to) = time(&mut fields, problems);
    let mut declared = BTreeMap::new();
    if let Some(inner) = fields.get("parameters").and_then(|item| item.fields("[parameters]", problems)) {
        for (parameter, line) in parameters::parameters(&inner, problems) {
            spot.parameters.insert(parameter.id.clone(), line);
            declared.insert(parameter.id.clone(), parameter);
        }
    }
    fields.finish(problems);
    let requirement = Requirement {
        id: id?,
        title: title?,
        text: text?,
        principle,
        policy,
        kind: kind?,
        status: status?,
        jurisdiction: jurisdiction?,
        applies_from,
        applies_to,
        on_failure: on_failure?,
        text_only,
        evidence,
        sources,
        applies,
        parameters: declared,
        body: parts.body.to_owned(),
    };
    Some((requirement, spot))
}

fn requirement_id(item: &Item<'_, '_>, problems: &mut Problems) -> Option<RequirementId> {
    let id = slug(item, problems)?;
    if !id.starts_with(|first: char| first.is_ascii_lowercase()) {
        let what = format!("the id `{id}` does not begin with a letter, so no translation can name it");
        problems.push(item.problem("bad-id", what, "begin with a letter, as in `core-21`"));
        return None;
    }
    Some(RequirementId(id))
}

fn belongs(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    line: &mut usize,
    problems: &mut Problems,
) -> Option<String> {
    let item = fields.get(key)?;
    *line = item.line();
    slug(&item, problems)
}

fn evidence(item: &Item<'_, '_>, problems: &mut Problems) -> Vec<EvidenceKind> {
    item.items(problems)
        .iter()
        .filter_map(|item| item.parsed::<EvidenceKind>("bad-id", "rename it", problems))
        .collect()
}

/// The status and the days, which have to fit each other.
fn time(
    fields: &mut Fields<'_, '_>,
    problems: &mut Problems,
) -> (Option<Status>, Option<chrono::NaiveDate>, Option<chrono::NaiveDate>) {
    let status_item = fields.need("status", problems);
    let status = status_item.as_ref().and_then(|item| item.one_of(&STATUSES, problems));
    let from_item = fields.get("applies_from");
    let from = from_item.as_ref().and_then(|item| item.date(problems));
    let to_item = fields.get("applies_to");
    let to = to_item.as_ref().and_then(|item| item.date(problems));
    if let (Some(item), Some(Status::Adopted), None) = (&status_item, status, &from_item) {
        let help = "say from which day in `applies_from`";
        problems.push(item.problem("adopted-without-date", "adopted, but it never begins to apply", help));
    }
    if let (Some(item), Some(from), Some(to)) = (&to_item, from, to)
        && to <= from
    {
        let what = format!("it ends to apply on {to}, not after it begins on {from}");
        problems.push(item.problem(
            "dates-reversed",
            what,
            "`applies_to` is the first day on which it no longer applies",
        ));
    }
    (status, from, to)
}

fn sources(fields: &mut Fields<'_, '_>, problems: &mut Problems) -> Vec<Source> {
    let items = fields.get("source").map_or_else(Vec::new, |item| item.items(problems));
    if items.is_empty() {
        let what = "the requirement names no source".to_owned();
        let help = "add `[[source]]` with `text` and `sure`: the law or practice that it is drawn from";
        problems.push(fields.place.problem(fields.offset(), "missing-source", what, help));
    }
    items.iter().filter_map(|item| source(item, problems)).collect()
}

fn source(item: &Item<'_, '_>, problems: &mut Problems) -> Option<Source> {
    let mut fields = item.fields("a source", problems)?;
    let text = fields.need("text", problems).and_then(|item| item.short_text(TEXT_BYTES_MAX, problems));
    let url = fields.get("url").and_then(|item| {
        let url = item.short_text(2_000, problems)?;
        let good = url.starts_with("https://") || url.starts_with("http://");
        let good = good && url.bytes().all(|byte| byte.is_ascii_graphic());
        if !good {
            let what = format!("`{}` is not an address", shown(&url));
            problems.push(item.problem("bad-url", what, "begin with https://, without spaces"));
        }
        good.then_some(url)
    });
    let fact = fields.get("fact").and_then(|item| {
        let fact = item.count(problems)?;
        u32::try_from(fact)
            .map_err(|_| problems.push(item.problem("bad-value", "no such row", "name a row of the table of facts")))
            .ok()
    });
    let sure = fields.need("sure", problems).and_then(|item| item.one_of(&SURE, problems));
    fields.finish(problems);
    Some(Source { text: text?, url, fact, sure: sure? })
}
