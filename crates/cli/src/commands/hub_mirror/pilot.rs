//! `ordinance hub pilot`: a draft held against a city's recorded history.

use std::path::Path;

use hub::pilot::{Draft, Effort, Replay, Report, Shadow};
use register::audit::FolderSource;
use tlog::audit::{Auditor, LogSource};

use crate::args::hub_mirror::Pilot;
use crate::client::{AddressSource, Client, is_address};
use crate::commands::framework::shelf::Packs;
use crate::commands::public_log;
use crate::founding::layers;
use crate::output::{Output, Status};

pub(super) fn run(args: &Pilot, output: &Output) -> anyhow::Result<()> {
    let mut packs = Packs::open(&args.shelf)?;
    let pack = packs.find(&args.draft)?;
    let draft = Draft::new(layers(&packs.resolve(&pack)?)).map_err(|error| Status::bad_input(error.to_string()))?;
    let key = public_log(&args.city, args.key.as_deref())?.key.parse()?;
    let source: Box<dyn LogSource> = if is_address(&args.city) {
        Box::new(AddressSource(Client::new(&args.city)))
    } else {
        Box::new(FolderSource::new(&Path::new(&args.city).join("log")))
    };
    let effort = Effort { minutes: args.minutes, ..Effort::default() };
    let replay = match &args.shadow {
        None => {
            let (mut replay, mut failure) = (Replay::new(draft), None);
            Auditor::new(key).run(&source.as_ref(), |_, entry| {
                if failure.is_none() {
                    failure = replay.take(entry).err();
                }
            })?;
            failure.map_or(Ok(replay), Err)?
        }
        Some(file) => {
            let (mut shadow, mut failure) = (Shadow::open(Replay::new(draft), file)?, None);
            Auditor::new(key).run(&source.as_ref(), |_, entry| {
                if failure.is_none() {
                    failure = shadow.take(entry).err();
                }
            })?;
            if let Some(failure) = failure {
                return Err(failure.into());
            }
            let (written, replay) = shadow.finish()?;
            output.note(&format!("{written} decisions were written to `{}`", file.display()));
            replay
        }
    };
    let report = replay.report(&effort);
    output.result(&report, &in_words(&report))
}

fn in_words(report: &Report) -> String {
    let (total, given) = (report.total(), &report.disclosures);
    let mut lines = vec![
        format!("{} under {}, over {} entries until {}:", report.city, report.draft.join(", "), report.size, report.at),
        format!(
            "  acts: {} allowed, {} refused, {} allowed with less, {} not asked about",
            total.allowed, total.refused, total.changed, total.not_asked
        ),
    ];
    let some = report.acts.iter().filter(|(_, count)| count.refused + count.changed > 0);
    lines.extend(
        some.map(|(kind, count)| format!("    {kind}: {} refused, {} with less", count.refused, count.changed)),
    );
    for example in &report.examples {
        lines.push(format!("    entry {} ({}, {}): {}", example.entry, example.at, example.kind, example.why));
    }
    lines.push(format!(
        "  disclosures: {} allowed, {} refused, {} depend on what no public log tells",
        given.allowed, given.refused, given.open
    ));
    for flow in &report.flows {
        if let Some(why) = &flow.refused_then {
            lines.push(format!("  stream `{}` would not have begun to collect: {why}", flow.stream));
        }
        if let Some(why) = &flow.stops {
            lines.push(format!("  stream `{}` would stop: {why}", flow.stream));
        }
    }
    let runs: u64 = report.duties.iter().filter(|duty| duty.new).map(|duty| duty.runs).sum();
    lines.push(format!("  duties that would be new: due {runs} times, {} minutes of work", report.new_minutes()));
    lines.extend(report.limits.iter().map(|limit| format!("  {limit}")));
    lines.join("\n")
}
