//! A question from its words to what is shown: asked in a city's folder at the desk, or at an address, whose node discloses.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use analytics::{Answer, Apart, Limits, SqlError, Table, TableName, attend};
use anyhow::{Context, anyhow};
use flow::Row;
use model::{Clock as _, Exposure};
use serde_json::Value;

use super::brought::brought;
use crate::args::sql::Sql;
use crate::client::is_address;
use crate::commands::query::{AtAddress, of_folder, refusal};
use crate::commands::{open, public_log};
use crate::desk::{Asking, Disclosure, Failed, apart, ids, no_reference, references, table};
use crate::output::Output;
use crate::system::SystemClock;

pub(crate) fn run(args: &Sql, output: &Output) -> anyhow::Result<()> {
    let brought = brought(args)?;
    let limits = Limits {
        memory_bytes: args.memory << 20,
        time: Duration::from_secs(args.timeout),
        rows: usize::try_from(args.rows).unwrap_or(usize::MAX),
        answer_bytes: args.memory << 20,
    };
    // What the question names is known, and that it is one, before anything is disclosed for it.
    let apart = apart(&args.question, limits).map_err(failure)?;
    let (answer, disclosures) =
        if is_address(&args.city) { at_address(apart, args, brought)? } else { at_folder(apart, args, &brought)? };
    shown(&answer, &disclosures, args, output)
}

/// The process that answers a question; nobody else calls it.
pub(crate) fn desk() -> anyhow::Result<()> {
    Ok(attend(std::io::stdin(), std::io::stdout())?)
}

/// A norm's refusal keeps its words and grounds; what a limit ended says which argument allows more.
fn failure(failed: Failed) -> anyhow::Error {
    match failed {
        Failed::Disclose(error) => refusal(error),
        Failed::Sql(error @ SqlError::Memory { .. }) => anyhow!("{error}, or allow more with --memory"),
        Failed::Sql(error @ SqlError::Time { .. }) => anyhow!("{error}, or allow more with --timeout"),
        other => other.into(),
    }
}

/// Asks in a city's folder. The batch and the checkpoint follow before the answer is shown.
fn at_folder(apart: Apart, args: &Sql, brought: &[Table]) -> anyhow::Result<(Answer, Vec<Disclosure>)> {
    let asker = &args.asker;
    of_folder(asker)?;
    let city = open(Path::new(&args.city))?;
    city.tick()?;
    let asking = Asking {
        city: &city,
        recipient: asker.party.clone(),
        purpose: asker.purpose,
        from: asker.from,
        to: asker.to,
        authorised_by: asker.authorised_by.clone(),
    };
    let answered = asking.answer(apart, brought);
    city.tick()?;
    answered.map_err(failure)
}

/// Asks a node for each table, and answers from what it handed over.
fn at_address(apart: Apart, args: &Sql, brought: Vec<Table>) -> anyhow::Result<(Answer, Vec<Disclosure>)> {
    let address = AtAddress::of(&args.city, &args.asker)?;
    let (public, released): (Vec<TableName>, Vec<TableName>) =
        apart.tables().iter().cloned().partition(TableName::is_reference);
    let released = released.iter().map(ids).collect::<Result<Vec<_>, Failed>>()?;
    let mut tables = public_tables(&public, args, brought)?;
    let mut disclosures = Vec::new();
    for (stream, view) in released {
        let name = TableName::new(stream.as_str(), view.as_str());
        let (table, disclosure) = from_json(name, address.ask(&stream, Some(&view))?)?;
        tables.push(table);
        disclosures.push(disclosure);
    }
    Ok((apart.answer(tables).map_err(|error| failure(error.into()))?, disclosures))
}

/// Public tables: anybody may have them, so that they are no disclosures.
fn public_tables(names: &[TableName], args: &Sql, mut brought: Vec<Table>) -> anyhow::Result<Vec<Table>> {
    let log = names.iter().any(references::of_register).then(|| public_log(&args.city, None)).transpose()?;
    brought.retain(|table| names.contains(&table.name));
    let made = names.iter().filter(|name| !brought.iter().any(|table| table.name == **name));
    let made = made.map(|name| {
        references::table(name, log.as_ref().map(|audit| &audit.state), SystemClock.now())
            .ok_or_else(|| no_reference(name))
    });
    let made = made.collect::<Result<Vec<Table>, Failed>>()?;
    Ok([brought, made].concat())
}

/// An answer as a node gives it.
fn from_json(name: TableName, mut answer: Value) -> anyhow::Result<(Table, Disclosure)> {
    let mut take = |field: &str| {
        answer.get_mut(field).map(Value::take).with_context(|| format!("the node's answer has no `{field}`"))
    };
    let rows: Vec<Row> = serde_json::from_value(take("rows")?).context("a row of the node's answer cannot be read")?;
    let exposure: Exposure = serde_json::from_value(take("exposure")?).context("the node's view cannot be read")?;
    let minimum = take("minimum")?.as_u64().and_then(|minimum| u32::try_from(minimum).ok());
    let minimum = minimum.context("the node's answer says no minimum")?;
    let (withheld, record, receipt) = (take("withheld")?, take("record")?, take("receipt")?);
    let count = rows.len();
    let table = table(name, &exposure, minimum, None, rows)?;
    let seq = record.get("seq").cloned().unwrap_or_default();
    let disclosure = Disclosure { table: table.name.to_string(), seq, rows: count, withheld, record, receipt };
    Ok((table, disclosure))
}

/// Shows an answer in the form that was asked for, and what was disclosed for it.
fn shown(answer: &Answer, disclosures: &[Disclosure], args: &Sql, output: &Output) -> anyhow::Result<()> {
    if args.csv {
        std::io::stdout().lock().write_all(answer.csv()?.as_bytes())?;
        std::io::stderr().lock().write_all((told(disclosures) + "\n").as_bytes())?;
        return Ok(());
    }
    if output.json() {
        let document = serde_json::json!({
            "columns": answer.columns(), "rows": answer.rows()?, "disclosures": disclosures,
        });
        return output.result(&document, "");
    }
    let words = format!("{}\n{} rows.\n{}", answer.table()?, answer.len(), told(disclosures));
    output.result(&Value::Null, words.trim_end())
}

/// What was disclosed, in words, with each receipt.
fn told(disclosures: &[Disclosure]) -> String {
    if disclosures.is_empty() {
        return "Nothing was disclosed for it.".to_owned();
    }
    let told = disclosures.iter().map(|disclosure| {
        let Disclosure { table, seq, rows, withheld, record, receipt } = disclosure;
        let grant = record.get("grant").and_then(Value::as_str).unwrap_or_default();
        let receipt = receipt.as_str().unwrap_or_default().trim_end().replace('\n', "\n    ");
        format!(
            "Disclosure {seq} of {table} under grant `{grant}`: {rows} rows, {withheld} cells withheld. Its receipt:\n    {receipt}"
        )
    });
    told.collect::<Vec<String>>().join("\n")
}
