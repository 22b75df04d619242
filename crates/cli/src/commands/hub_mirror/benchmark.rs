//! Benchmarks at the command line: the same number from a hub's mirrors and from a log itself.

use std::fs;
use std::path::Path;

use anyhow::Context;
use hub::benchmark::{Counted, Figure, Group, Missing, NamedDefinition, Sheet, Table, Tally, of_sheet};
use hub::mirror::Mirror;
use model::{Clock as _, Timestamp};
use register::audit::FolderSource;
use serde_json::json;

use super::mirrors_of;
use super::recount::recounted;
use crate::args::hub_mirror::{Benchmark, Definitions};
use crate::client::{AddressSource, Client, is_address};
use crate::commands::public_log;
use crate::output::{Output, Status};
use crate::system::SystemClock;

pub(super) fn definitions(args: &Definitions, output: &Output) -> anyhow::Result<()> {
    if let Some(name) = &args.show {
        let named = named(name)?;
        let text = String::from_utf8(named.bytes.clone())?;
        return output.result(&named.definition, text.trim_end());
    }
    for named in NamedDefinition::all()? {
        let definition = &named.definition;
        let words = format!("{:<32} {}\n  {}", definition.id, named.digest, definition.question);
        output.one_of_many(&json!({ "digest": named.digest, "definition": definition }), &words)?;
    }
    Ok(())
}

/// A definition by id, digest or file.
fn named(name: &str) -> anyhow::Result<NamedDefinition> {
    let found = if Path::new(name).is_file() {
        NamedDefinition::read(&fs::read(name).with_context(|| format!("`{name}`"))?)
    } else {
        NamedDefinition::find(name)
    };
    found.map_err(|error| Status::bad_input(error.to_string()).into())
}

pub(super) fn run(args: &Benchmark, output: &Output) -> anyhow::Result<()> {
    let named = named(&args.definition)?;
    let at = args.at.unwrap_or_else(|| SystemClock.now());
    if let Some(log) = &args.log {
        let sheet = sheet_of(log, args.key.as_deref())?;
        return one(&named, &sheet, at, output);
    }
    if let Some(hub) = &args.hub {
        let (table, unproved) = recounted(hub, &named, at)?;
        told_of(args, &table, output)?;
        return if unproved.is_empty() { Ok(()) } else { Err(Status::fails(unproved.join("; ")).into()) };
    }
    let dir = args.dir.as_deref().context("a hub's folder is needed")?;
    let mirror = Mirror::open(&mirrors_of(dir))?;
    if let Some(city) = &args.city {
        return one(&named, &mirror.city(city)?.sheet, at, output);
    }
    let tables = Tally::mirror(std::slice::from_ref(&named), &mirror, at)?;
    told_of(args, tables.first().context("nothing was counted")?, output)
}

fn told_of(args: &Benchmark, table: &Table, output: &Output) -> anyhow::Result<()> {
    let words = if args.csv { table.cities_csv().trim_end().to_owned() } else { in_words(table) };
    output.result(table, &words)
}

/// A city's sheet from its public log, verified to its last hash.
fn sheet_of(city: &str, key: Option<&str>) -> anyhow::Result<Sheet> {
    // The register's own audit says whose log it is, and that its acts follow one another.
    let key = public_log(city, key)?.key.parse()?;
    let sheet = if is_address(city) {
        Sheet::of_log(&AddressSource(Client::new(city)), key)
    } else {
        Sheet::of_log(&FolderSource::new(&Path::new(city).join("log")), key)
    };
    sheet.map_err(|error| Status::bad_input(format!("the log of `{city}` cannot be read: {error}")).into())
}

fn one(named: &NamedDefinition, sheet: &Sheet, at: Timestamp, output: &Output) -> anyhow::Result<()> {
    let definition = &named.definition;
    let counted = of_sheet(definition, sheet, at);
    let mut figure = Figure::empty(definition);
    figure.add(&counted);
    let figure = figure.worked_out(definition);
    let words = match &counted {
        Ok(counted) => format!("{}\n  {}", definition.question, told(counted, &figure)),
        Err(missing) => format!("{}\n  no number: {}", definition.question, Missing::in_words(*missing)),
    };
    let document = json!({
        "definition": definition.id, "version": definition.version, "digest": named.digest, "at": at, "entries": sheet.size,
        "figure": figure,
    });
    output.result(&document, &words)
}

fn told(counted: &Counted, figure: &Figure) -> String {
    let between = |scale: f64| match figure.number {
        Some(number) if number.high < f64::from(u32::MAX) => {
            format!("{:.1} (between {:.1} and {:.1})", number.value * scale, number.low * scale, number.high * scale)
        }
        Some(number) => format!("{:.1} (too few for an interval)", number.value * scale),
        None => "no number".to_owned(),
    };
    match counted {
        Counted::Share { numerator, denominator } => {
            format!("{numerator} of {denominator}: in per cent {}", between(100.0))
        }
        Counted::Days { .. } => format!("median of {}: {} days", counted.sample(), between(1.0)),
        Counted::Purposes { purposes } => {
            purposes.iter().map(|(purpose, count)| format!("{count} for {purpose}")).collect::<Vec<_>>().join(", ")
        }
    }
}

fn in_words(table: &Table) -> String {
    let mut lines = vec![table.definition.question.clone()];
    for (group, figure) in &table.groups {
        let missing: Vec<String> =
            figure.missing.iter().map(|(why, count)| format!("{count} {}", why.in_words())).collect();
        let missing = if missing.is_empty() { String::new() } else { format!("; missing: {}", missing.join("; ")) };
        let name = if *group == Group::All { "all cities".to_owned() } else { group.in_words() };
        lines.push(format!("  {name:<20} {} in {} cities{missing}", told(&figure.counted, figure), figure.cities));
    }
    lines.push(format!("  {}", table.definition.limits));
    lines.push(format!("  definition {} version {}, {}", table.definition.id, table.definition.version, table.digest));
    lines.join("\n")
}
