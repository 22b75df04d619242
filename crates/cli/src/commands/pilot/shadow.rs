//! `ordinance pilot begin`, `look` and `end`: a draft beside a city that goes on.
//!
//! The city is never opened: its public log, its journal's records and the pilot's own files are all that is touched, and of these
//! only the last are written.

use std::path::Path;

use anyhow::Context;
use hub::pilot::live::{
    Ended, Figure, Indicator, Known, LISTED_MAX, Live, Looked, Milestone, Verdict, look as looked, new_decisions,
    refused,
};
use hub::pilot::{Begin as From, MINIMUM, Minutes, Report, for_the_public, in_words};
use journal::SqliteReader;
use model::{Clock as _, Timestamp};
use register::audit::{FolderSource, audit};
use serde::Serialize;

use super::kept::{Kept, LastLook, Printed};
use super::run::{draft, minutes, told};
use crate::args::pilot::{Begin, End, Look, Outcome};
use crate::commands::framework::shelf::Packs;
use crate::output::{Output, Status};
use crate::system::SystemClock;

/// What is printed of a pilot.
#[derive(Serialize)]
struct Document<'a> {
    pilot: &'a Live,
    /// How many acts its draft decided, and how many of them it would not have allowed as they were.
    decided: usize,
    refused: usize,
    /// How many of them are new.
    new: usize,
    indicators: Vec<Reading>,
    report: &'a Report,
}

#[derive(Serialize)]
struct Reading {
    figure: &'static str,
    #[serde(flatten)]
    known: Known,
    most: u64,
    /// Whether it is within; none where that is not known.
    within: Option<bool>,
}

pub(super) fn begin(args: &Begin, packs: &mut Packs, output: &Output) -> anyhow::Result<()> {
    let (draft, now) = (draft(&args.draft, &args.allow, packs, output)?, SystemClock.now());
    if args.until <= now {
        return Err(Status::bad_input(format!("it is to run until {}, and it is {now}", args.until)).into());
    }
    let state = audit(&FolderSource::new(&args.dir.join("log")), None, None);
    let state = state.map_err(|error| Status::bad_input(format!("the city's log: {error}")))?.state;
    let at = state.last_at.map_or(now, |last| last.max(now));
    let mut live = Live::begin(&draft, From { entry: state.size, at }, args.until);
    if args.milestones.len().max(args.indicators.len()) > LISTED_MAX {
        return Err(Status::bad_input(format!("a pilot has at most {LISTED_MAX} of each")).into());
    }
    live.milestones = args.milestones.iter().map(|text| milestone(text)).collect::<anyhow::Result<_>>()?;
    live.indicators = args.indicators.iter().map(|text| indicator(text)).collect::<anyhow::Result<_>>()?;
    // A draft that cannot stand with what is in force is told of now.
    look_at(&args.dir, &live, &Minutes::default())?;
    Kept::of(&args.dir, &args.name).begin(&live)?;
    let words = format!(
        "`{}` decides beside the city from entry {} on, until {}. Nothing is blocked by it.\nLook at it with `ordinance pilot look`.",
        live.draft, live.begun.entry, live.until
    );
    output.result(&live, &words)
}

pub(super) fn look(args: &Look, output: &Output) -> anyhow::Result<()> {
    let kept = Kept::of(&args.dir, &args.name);
    let live = kept.read()?;
    if let Some(ended) = &live.ended {
        return last_look(args, &kept, &live, ended, output);
    }
    let (found, new) = go_on(&args.dir, &kept, &live, &minutes(args.minutes.as_deref())?)?;
    let minimum = args.public.then_some(args.minimum);
    let Printed { document, words } = printed(&args.dir, &live, &found, new, minimum)?;
    output.result(&document, &words)
}

/// The last look at a pilot that ended, as it was kept with it.
fn last_look(args: &Look, kept: &Kept, live: &Live, ended: &Ended, output: &Output) -> anyhow::Result<()> {
    if args.minutes.is_some() || args.minimum != MINIMUM {
        return Err(Status::bad_input("it has ended; its last look is shown as it was kept").into());
    }
    let told = format!("It ended at {}: {}", ended.at, ended.because);
    let Some(LastLook { whole, public }) = kept.last_look()? else { return output.result(live, &told) };
    let Printed { document, words } = if args.public { public } else { whole };
    output.result(&document, &format!("{told}\nIts last look:\n{words}"))
}

/// A look as it is printed: with a minimum, what of it may be handed out.
fn printed(city: &Path, live: &Live, found: &Looked, new: usize, minimum: Option<u64>) -> anyhow::Result<Printed> {
    let mut report = found.report.clone();
    if let Some(minimum) = minimum {
        let state = audit(&FolderSource::new(&city.join("log")), None, None)?.state;
        report = for_the_public(report, &state, minimum);
    }
    let indicators: Vec<Reading> = live
        .readings(&report)
        .map(|(Indicator { figure, most }, known, within)| Reading { figure: figure.name(), known, most, within })
        .collect();
    let (decided, refused) = (found.decisions.len(), refused(&found.decisions));
    let words = words(live, &report, &indicators, (decided, refused, new));
    let document = Document { pilot: live, decided, refused, new, indicators, report: &report };
    Ok(Printed { document: serde_json::to_value(&document)?, words })
}

pub(super) fn end(args: &End, output: &Output) -> anyhow::Result<()> {
    let kept = Kept::of(&args.dir, &args.name);
    let mut live = kept.read()?;
    if let Some(ended) = &live.ended {
        return Err(Status::bad_input(format!("it ended at {} already", ended.at)).into());
    }
    if args.because.trim().is_empty() {
        return Err(Status::bad_input("say why, in words").into());
    }
    let (found, new) = go_on(&args.dir, &kept, &live, &minutes(args.minutes.as_deref())?)?;
    let outcome = match args.outcome {
        Outcome::Adopt => Verdict::Adopt,
        Outcome::Revise => Verdict::Revise,
        Outcome::Drop => Verdict::Drop,
    };
    live.ended = Some(Ended { at: SystemClock.now(), outcome, because: args.because.clone() });
    // Before it is over, so that none ends without its last look.
    let whole = printed(&args.dir, &live, &found, new, None)?;
    let public = printed(&args.dir, &live, &found, new, Some(MINIMUM))?;
    kept.keep_last_look(&LastLook { whole, public })?;
    kept.write(&live)?;
    let (decided, refused) = (found.decisions.len(), refused(&found.decisions));
    let words = format!("It has ended. Of {decided} acts it would not have allowed {refused} as they were.");
    output.result(&live, &words)
}

fn look_at(city: &Path, live: &Live, minutes: &Minutes) -> anyhow::Result<Looked> {
    let draft = live.draft().context("the draft that is kept beside the pilot was altered since it began")?;
    let source = FolderSource::new(&city.join("log"));
    let journal = SqliteReader::open(&city.join("journal.db"))?;
    looked(&source, &journal, &draft, (live.begun, live.until), minutes).map_err(told)
}

/// Looks, and keeps what is new; how much that was.
fn go_on(city: &Path, kept: &Kept, live: &Live, minutes: &Minutes) -> anyhow::Result<(Looked, usize)> {
    let found = look_at(city, live, minutes)?;
    let (before, bytes) = kept.decisions()?;
    let new = new_decisions(&before, &found.decisions)?;
    kept.add(new, bytes)?;
    let count = new.len();
    Ok((found, count))
}

fn milestone(text: &str) -> anyhow::Result<Milestone> {
    let unreadable =
        || Status::bad_input(format!("`{text}` is no milestone; write it as `2026-10-01T00:00:00Z=What then`"));
    let (by, what) = text.split_once('=').ok_or_else(unreadable)?;
    Ok(Milestone { by: by.parse().map_err(|_| unreadable())?, what: what.to_owned() })
}

fn indicator(text: &str) -> anyhow::Result<Indicator> {
    let names: Vec<&str> = Figure::ALL.iter().map(|(name, _)| *name).collect();
    let unreadable = || {
        Status::bad_input(format!(
            "`{text}` is no indicator; write it as `FIGURE=MOST`, with one of {}",
            names.join(", ")
        ))
    };
    let (name, most) = text.split_once('=').ok_or_else(unreadable)?;
    let figure = Figure::ALL.iter().find(|(known, _)| *known == name).ok_or_else(unreadable)?.1;
    Ok(Indicator { figure, most: most.parse().map_err(|_| unreadable())? })
}

fn words(
    live: &Live,
    report: &Report,
    indicators: &[Reading],
    (decided, refused, new): (usize, usize, usize),
) -> String {
    let mut lines = vec![format!(
        "In shadow since {} (entry {}), until {}: {decided} acts decided, {new} of them new; {refused} would not have been allowed \
         as they were. Nothing was blocked.",
        live.begun.at, live.begun.entry, live.until
    )];
    let now = report.seen.to.unwrap_or(Timestamp::UNIX_EPOCH);
    for Milestone { by, what } in &live.milestones {
        let come = if *by <= now { "has come" } else { "is to come" };
        lines.push(format!("  {by} {come}: {what}"));
    }
    for Reading { figure, known, most, within } in indicators {
        let is = known.in_words();
        lines.push(match within {
            Some(true) => format!("  {figure}: {is}, within the {most} that it may be"),
            Some(false) => format!("  {figure}: {is}, beyond the {most} that it may be"),
            None => format!("  {figure}: {is}; whether it is within the {most} that it may be is not known"),
        });
    }
    lines.push(in_words(report));
    lines.join("\n")
}
