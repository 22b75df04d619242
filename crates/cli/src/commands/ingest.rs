//! `ordinance ingest`: observations from files.

use std::fs::File;
use std::io::{self, BufRead, IsTerminal, Read};
use std::path::Path;

use anyhow::{Context, bail};
use flow::ingest::LINE_BYTES_MAX;
use flow::{FileFormat, Ingested};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::open;
use crate::args::Ingest;
use crate::client::{Client, is_address};
use crate::declared::{self, Holds, read_token};
use crate::output::Output;

/// How many bytes of lines are sent to a node at once.
const SEND_BYTES: usize = 1 << 20;

#[derive(Default, Serialize)]
struct Summary {
    files: usize,
    admitted: u64,
    late: u64,
    refused: Vec<RefusedRows>,
}

#[derive(Serialize)]
struct RefusedRows {
    file: String,
    reason: String,
    rows: u64,
    first: u64,
}

pub(crate) fn run(args: &Ingest, output: &Output) -> anyhow::Result<()> {
    let summary = if is_address(&args.city) { at_address(args)? } else { at_folder(args, output)? };
    let mut words = format!("{} observations admitted from {} file(s).", summary.admitted, summary.files);
    if summary.late > 0 {
        words += &format!("\n{} of them came after their window was released and count in no number.", summary.late);
    }
    for refused in &summary.refused {
        words += &format!(
            "\n{}: {} rows refused, first row {}: {}",
            refused.file, refused.rows, refused.first, refused.reason
        );
    }
    output.result(&summary, &words)
}

fn at_folder(args: &Ingest, output: &Output) -> anyhow::Result<Summary> {
    let stream = args.stream.as_ref().context("a folder needs `--stream`: which stream the files are of")?;
    let city = open(Path::new(&args.city))?;
    city.tick()?;
    let format = match &args.mapping {
        None => FileFormat::Ndjson,
        Some(file) => FileFormat::Csv(declared::read(file, Holds::Declarations).context("the mapping")?),
    };
    let mut summary = Summary::default();
    for file in &args.files {
        let name = file.display().to_string();
        let bar = progress_bar(output, &name);
        let ingested = city
            .ingest_file(stream, &format, args.device.as_ref(), opened(file)?, &mut |rows| bar.set_position(rows))
            .with_context(|| format!("`{name}`"))?;
        bar.finish_and_clear();
        add(&mut summary, &name, ingested);
    }
    city.tick()?;
    Ok(summary)
}

fn add(summary: &mut Summary, file: &str, ingested: Ingested) {
    summary.files += 1;
    summary.admitted += ingested.admitted;
    summary.late += ingested.late;
    for (reason, rows) in ingested.refused {
        let place = rows.place.map(|place| format!(" ({place})")).unwrap_or_default();
        let (file, reason) = (file.to_owned(), format!("{reason}{place}"));
        summary.refused.push(RefusedRows { file, reason, rows: rows.rows, first: rows.first });
    }
}

/// A file, or standard input for `-`.
fn opened(file: &Path) -> anyhow::Result<Box<dyn Read>> {
    if file == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    Ok(Box::new(File::open(file).with_context(|| format!("cannot open `{}`", file.display()))?))
}

fn progress_bar(output: &Output, name: &str) -> ProgressBar {
    if output.json() || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner().with_message(name.to_owned());
    let style = ProgressStyle::with_template("{spinner} {msg}: {human_pos} rows, {per_sec}");
    if let Ok(style) = style { bar.with_style(style) } else { bar }
}

/// Sends lines to a node, some at a time; a batch is taken whole or not at all.
fn at_address(args: &Ingest) -> anyhow::Result<Summary> {
    if args.stream.is_some() || args.device.is_some() || args.mapping.is_some() {
        bail!("a node takes lines of JSON and knows the rest by the token: leave out --stream, --device and --mapping");
    }
    let token = args.token.as_deref().context("an address needs `--token FILE` with the device's token")?;
    let (token, client) = (read_token(token)?, Client::new(&args.city));
    let mut summary = Summary::default();
    for file in &args.files {
        let name = || format!("`{}`", file.display());
        let mut reader = flow::ingest::open_file(opened(file)?).with_context(name)?;
        while let Some(body) = lines(&mut reader).with_context(name)? {
            let answer = client.post("/api/v1/observations", "application/x-ndjson", &body, Some(&token));
            let answer =
                answer.with_context(|| format!("{} observations of {} were taken before", summary.admitted, name()))?;
            let number = |name: &str| answer.get(name).and_then(serde_json::Value::as_u64).unwrap_or(0);
            summary.admitted += number("admitted");
            summary.late += number("late");
        }
        summary.files += 1;
    }
    Ok(summary)
}

/// Whole lines, as many as are sent at once; none at the end of the file.
fn lines(reader: &mut dyn BufRead) -> anyhow::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while body.len() < SEND_BYTES {
        let begun = body.len();
        let read = reader.take(LINE_BYTES_MAX as u64 + 1).read_until(b'\n', &mut body)?;
        if body.len() - begun > LINE_BYTES_MAX {
            bail!("a line has more than {LINE_BYTES_MAX} bytes");
        }
        if read == 0 {
            break;
        }
    }
    Ok((!body.is_empty()).then_some(body))
}
