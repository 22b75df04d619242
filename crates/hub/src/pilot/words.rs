//! A pilot's report in words.

use super::report::{Flow, Kind, Report};

/// The most lines of a list.
const LINES_MAX: usize = 20;

/// What a replay cannot say, whatever it finds.
pub(super) fn limits(inside: bool) -> Vec<String> {
    let mut limits = vec![
        "A log tells what was done. What somebody asked for and was refused, or never asked for, is not in it.".to_owned(),
        "Each act is asked as though everything before it had been done. What a city would have done instead is not played.".to_owned(),
        "Flows are looked at whenever the register changes for them. What a norm makes end between two entries shows at the later one.".to_owned(),
        "Papers are read from the norms' text. Where a norm asks for any of several, one is counted.".to_owned(),
        "Silence about the draft's own duties stops what it would have stopped until the duty was done after all, and for good what it would \
         have refused. Whether the city would have been in time then, or begun again later, is not played; norms that ask what is overdue \
         or unanswered know of the log's own lapses alone."
            .to_owned(),
    ];
    limits.push(if inside {
        "Each disclosure record was asked by itself; one of the same millisecond as an act is asked as things stood after it. No norm \
         looks at what is sealed, so that the sealed payloads were not opened."
            .to_owned()
    } else {
        "A public log sums disclosures up. Where the answer depends on when one was, how far back it reached or whether a senior party \
         stood behind it, it is counted as not known; the city can tell."
            .to_owned()
    });
    limits
}

/// The report in words.
#[must_use]
pub fn in_words(report: &Report) -> String {
    let seen = &report.seen;
    let span = match (seen.from, seen.to) {
        (Some(from), Some(to)) => format!(", from {from} to {to}"),
        _ => String::new(),
    };
    let mut lines = vec![
        format!("{} ({}), tried on `{}`: {} entries{span}.", seen.title, seen.draft, seen.origin, seen.size),
        format!("  root {}; draft {}; layers {}", seen.root, seen.digest, seen.layers.join(", ")),
        "Acts that norms decide:".to_owned(),
    ];
    for line in &report.acts {
        let counts = &line.counts;
        lines.push(format!(
            "  {:<28} {:>6} allowed, {:>4} allowed otherwise, {:>4} refused",
            line.kind, counts.allowed, counts.changed, counts.refused
        ));
    }
    for by in report.against.iter().take(LINES_MAX) {
        let norm = by.norm.as_deref().map_or_else(String::new, |norm| format!(" (norm {norm})"));
        lines.push(format!("  against {} acts: {}{norm}", by.acts, by.reason));
        for example in &by.examples {
            let instead = match example.instead.first() {
                Some(instead) => format!("; allowed would be the same with {instead}"),
                None => String::new(),
            };
            lines.push(format!("    entry {}, {}: {}{instead}", example.entry, example.at, example.about));
        }
    }
    flows(&mut lines, "Streams that collected", &report.streams);
    flows(&mut lines, "Grants under which something could leave", &report.grants);
    disclosures(&mut lines, report);
    work(&mut lines, report);
    lines.push("What this cannot say:".to_owned());
    lines.extend(report.limits.iter().map(|limit| format!("  {limit}")));
    lines.join("\n")
}

fn flows(lines: &mut Vec<String>, what: &str, kind: &Kind) {
    lines.push(format!(
        "{what}: {}; {} would have stopped, of {} it is not known.",
        kind.flowed, kind.stopped, kind.unknown
    ));
    for Flow { name, to, first, minutes, of_minutes, at_the_end, instead } in kind.stops.iter().take(LINES_MAX) {
        let to = to.as_ref().map_or_else(String::new, |to| format!(" to `{to}`"));
        let end = if *at_the_end { "still at the end" } else { "not at the end any more" };
        lines.push(format!(
            "  `{name}`{to} from {} (entry {}), {minutes} of {of_minutes} minutes, {end}: {}",
            first.at, first.entry, first.why
        ));
        lines.extend(instead.iter().map(|instead| format!("    allowed would be: {instead}")));
    }
}

fn disclosures(lines: &mut Vec<String>, report: &Report) {
    let total: u64 = report.disclosures.iter().map(|line| line.total).sum();
    lines.push(format!("Disclosures: {total}."));
    for line in report.disclosures.iter().take(LINES_MAX) {
        let said = line.counts.map_or_else(
            || "how they divide is withheld".to_owned(),
            |counts| {
                format!(
                    "{} allowed, {} allowed otherwise, {} refused, {} not known",
                    counts.allowed, counts.changed, counts.refused, counts.unknown
                )
            },
        );
        let why = line.why.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
        lines.push(format!(
            "  `{}` of `{}` to `{}` for {}: {}; {said}{why}",
            line.view, line.stream, line.recipient, line.purpose, line.total
        ));
    }
}

fn work(lines: &mut Vec<String>, report: &Report) {
    let work = &report.work;
    lines.push(format!(
        "Work: {} minutes in all, {} for duties and {} for papers. Where the minutes come from: {}.",
        work.minutes(),
        work.duties_minutes,
        work.papers_minutes,
        work.source
    ));
    for duty in report.duties.iter().take(LINES_MAX) {
        lines.push(format!(
            "  {} ({}), done by {}: {} runs, {} in time, {} late, {} never, {} waiting; would have stopped {} times; {} minutes each",
            duty.duty,
            duty.requirement,
            duty.done_by,
            duty.runs,
            duty.in_time,
            duty.late,
            duty.missing,
            duty.waiting,
            duty.stops,
            duty.minutes_each
        ));
        lines.extend(duty.examples.iter().map(|example| format!("    {example}")));
    }
    for paper in work.papers.iter().take(LINES_MAX) {
        lines.push(format!("  {}: missing {} times, {} minutes each", paper.kind, paper.missing, paper.minutes_each));
    }
}
