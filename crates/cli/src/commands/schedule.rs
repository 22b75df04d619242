//! `ordinance schedule`: what is made into files again and again, and for whom. The files are made by the running node.

use std::path::Path;

use flow::exports::{Manifest, Schedule, ScheduleError, ScheduleName, Schedules};
use model::Clock as _;
use serde_json::{Value, json};

use crate::args::schedule::{Add, List, Remove, Schedule as Args};
use crate::output::{Output, Status};
use crate::system::SystemClock;

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<()> {
    match args {
        Args::Add(add) => added(add, output),
        Args::List(list) => listed(list, output),
        Args::Remove(remove) => removed(remove, output),
    }
}

/// The schedules of a city that is there.
fn schedules(dir: &Path) -> anyhow::Result<Schedules> {
    if dir.join("journal.db").exists() {
        return Ok(Schedules::of(dir));
    }
    Err(Status::bad_input(format!("`{}` holds no city", dir.display())).into())
}

fn added(args: &Add, output: &Output) -> anyhow::Result<()> {
    let schedule = Schedule {
        name: args.name.clone(),
        recipient: args.wanted.party.clone(),
        purpose: args.wanted.purpose,
        stream: args.wanted.stream.clone(),
        view: args.wanted.view.clone(),
        format: args.format.into(),
        every: args.every,
        keep: args.keep,
        since: SystemClock.now(),
    };
    schedules(&args.dir)?.add(&schedule).map_err(bad_input)?;
    let first = schedule.every.period(schedule.since);
    let words = format!(
        "What is released to `{}` of `{}` becomes a file every {}, as long as its grant stands; the first is of {} to {}.\nIt fetches \
         the files with its token: /api/v1/exports of the city's node.",
        schedule.recipient,
        schedule.stream,
        schedule.every.span().in_words(),
        first.start,
        first.end
    );
    output.result(&json!({ "schedule": schedule, "first": first }), &words)
}

fn listed(args: &List, output: &Output) -> anyhow::Result<()> {
    let schedules = schedules(&args.dir)?;
    let (mut all, mut lines) = (Vec::new(), Vec::new());
    for name in schedules.ever()? {
        let (schedule, manifest) = (schedules.get(&name)?, schedules.manifest(&name)?);
        lines.push(line(&name, schedule.as_ref(), &manifest));
        all.push(json!({ "name": name, "schedule": schedule, "manifest": manifest }));
    }
    let words = if lines.is_empty() { "Nothing is made into files.".to_owned() } else { lines.join("\n") };
    output.result(&Value::Array(all), &words)
}

fn line(name: &ScheduleName, schedule: Option<&Schedule>, manifest: &Manifest) -> String {
    let (there, made) = (manifest.standing().count(), manifest.exports.len());
    let Some(schedule) = schedule else { return format!("{name}: removed; {there} of {made} files are still there") };
    let stands = match (&manifest.failing, manifest.standing().last()) {
        (Some(failing), _) => format!("nothing is made since {}: {}", failing.since, failing.why),
        (None, Some(newest)) => format!("{there} files are there, the newest `{}`", newest.file),
        (None, None) => "no file is there".to_owned(),
    };
    format!("{name}: `{}` of `{}` every {}; {stands}", schedule.recipient, schedule.stream, schedule.every)
}

fn removed(args: &Remove, output: &Output) -> anyhow::Result<()> {
    schedules(&args.dir)?.remove(&args.name).map_err(bad_input)?;
    let words = format!(
        "Nothing more is made or handed out by `{}`. Its files go at the next tick; what tells of them stays.",
        args.name
    );
    output.result(&json!({ "removed": args.name }), &words)
}

fn bad_input(error: ScheduleError) -> anyhow::Error {
    match error {
        ScheduleError::Folder(_) | ScheduleError::Damaged(_) => error.into(),
        _ => Status::bad_input(error.to_string()).into(),
    }
}
