//! `ordinance hub members`: the members of an alliance, and lists of them.

use std::fs::File;
use std::io::BufReader;

use anyhow::Context;
use hub::command::Command;
use hub::import::{self, RowProblem};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::acting::refused;
use super::open;
use crate::args::hub::Import;
use crate::output::{Output, Status};

/// How often the bar moves, in rows.
const BAR_STEP: u64 = 1_000;

#[derive(Serialize)]
struct Imported {
    /// Who is admitted, or would be.
    admitted: usize,
    /// Who is a member already, just so.
    known: usize,
    /// How many rows are wrong; if any is, nobody is admitted.
    wrong: usize,
    problems: Vec<RowProblem>,
    entries: Vec<u64>,
}

pub(super) fn import(args: &Import, output: &Output) -> anyhow::Result<()> {
    let hub = open(&args.dir)?;
    let file = File::open(&args.file).with_context(|| format!("`{}`", args.file.display()))?;
    let bar = bar(output);
    let listed = import::read(BufReader::new(file), &hub.state(), |row| {
        if row % BAR_STEP == 0 {
            bar.set_position(row);
        }
    });
    bar.finish_and_clear();
    let admitted = listed.new.len();
    let mut imported =
        Imported { admitted, known: listed.known, wrong: listed.wrong, problems: listed.problems, entries: Vec::new() };
    if imported.wrong > 0 {
        imported.admitted = 0;
        output.result(&imported, &in_words(&imported, args.dry_run))?;
        return Err(Status::bad_input("nobody was admitted; put the rows right and import the list again").into());
    }
    if !args.dry_run && admitted > 0 {
        let command = Command::AdmitMembers { members: listed.new, reasons: args.reasons.clone() };
        imported.entries = hub.submit(&args.by, &command).map_err(refused)?.entries;
        hub.publish()?;
    }
    output.result(&imported, &in_words(&imported, args.dry_run))
}

fn bar(output: &Output) -> ProgressBar {
    if output.json() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {pos} rows read, {per_sec}");
    ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}

fn in_words(imported: &Imported, dry_run: bool) -> String {
    let mut lines: Vec<String> =
        imported.problems.iter().map(|problem| format!("line {}: {}", problem.line, problem.what)).collect();
    if imported.wrong > imported.problems.len() {
        lines.push(format!("and {} more", imported.wrong - imported.problems.len()));
    }
    let would = if dry_run { "would be " } else { "" };
    lines.push(format!(
        "{} {would}admitted by {} entries, {} members already, {} rows wrong.",
        imported.admitted,
        imported.entries.len(),
        imported.known,
        imported.wrong
    ));
    lines.join("\n")
}
