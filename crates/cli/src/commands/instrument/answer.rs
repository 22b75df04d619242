//! `ordinance instrument show`, `set` and `check`: answers as they stand, and one more of them.

use serde_json::json;

use super::Packs;
use super::file;
use super::known::Known;
use super::report::{Report, evaluated, own_facts};
use crate::args::instrument::{Check, Set, Show};
use crate::commands::office::Office;
use crate::output::{Output, Status};

/// The facts as they are now, where a city is named; else as they were.
fn facts(city: Option<&str>, draft: &standards::instrument::Draft) -> anyhow::Result<standards::instrument::Facts> {
    let Some(city) = city else { return Ok(own_facts(draft)) };
    let known = Known::of(&Office::open(city)?, &draft.deployment)?;
    Ok(known.facts(draft))
}

pub(super) fn show(args: &Show, packs: &mut Packs, output: &Output) -> anyhow::Result<()> {
    let (draft, instrument) = file::open(&args.file, packs)?;
    let facts = facts(args.city.as_deref(), &draft)?;
    let report =
        Report::of(&draft, &instrument, &facts, &args.locale).map_err(|error| file::of_file(&args.file, error))?;
    output.result(&report, &report.in_words())
}

pub(super) fn check(args: &Check, packs: &mut Packs, output: &Output) -> anyhow::Result<()> {
    let (draft, instrument) = file::open(&args.file, packs)?;
    let facts = facts(args.city.as_deref(), &draft)?;
    let report = Report::of(&draft, &instrument, &facts, "en").map_err(|error| file::of_file(&args.file, error))?;
    output.result(&report, &report.result_in_words())?;
    if report.complete { Ok(()) } else { Err(Status::fails("the answers are not complete").into()) }
}

pub(super) fn set(args: &Set, packs: &mut Packs, output: &Output) -> anyhow::Result<()> {
    let (mut draft, instrument) = file::open(&args.file, packs)?;
    let facts = own_facts(&draft);
    evaluated(&draft, &instrument, &facts).map_err(|error| file::of_file(&args.file, error))?;
    for answer in &args.answers {
        let (place, text) = answer.split_once('=').ok_or_else(|| {
            Status::bad_input("write `question=answer`, in quotes where the shell would take it apart".to_owned())
        })?;
        draft.answers.set(&instrument, place.trim(), text).map_err(|error| Status::bad_input(error.to_string()))?;
    }
    file::replace(&args.file, &draft, &instrument)?;
    let report = Report::of(&draft, &instrument, &facts, "en")?;
    let open = match report.missing.len() {
        0 => "Nothing is missing.".to_owned(),
        count => format!("{count} still missing: {}.", report.missing.join(", ")),
    };
    let document = json!({
        "set": args.answers.len(), "missing": report.missing, "complete": report.complete, "fingerprint": report.fingerprint,
    });
    output.result(&document, &format!("{} set. {open}", args.answers.len()))
}
