//! A question from its words to its rows: which tables it names, their disclosures, the answer.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use analytics::{Answer, Apart, Limits, Table, TableName, attend};
use anyhow::{Context, anyhow, bail};
use flow::City;
use model::{Exposure, StreamId, ViewId};
use register::State;
use serde::Serialize;
use serde_json::Value;

use super::{handed, references};
use crate::args::sql::Sql;
use crate::client::is_address;
use crate::commands::query::{AtAddress, asked, of_folder, refusal};
use crate::commands::{open, public_log};
use crate::output::Output;

/// What was handed over for a question: one table, under one number of the log.
#[derive(Debug, Serialize)]
struct Disclosure {
    table: String,
    seq: Value,
    rows: usize,
    withheld: Value,
    record: Value,
    receipt: Value,
}

pub(crate) fn run(args: &Sql, output: &Output) -> anyhow::Result<()> {
    let imported = references::imported(args)?;
    let limits = Limits {
        memory_bytes: args.memory << 20,
        time: Duration::from_secs(args.timeout),
        rows: usize::try_from(args.rows).unwrap_or(usize::MAX),
    };
    // What the question names is known, and that it is one, before anything is disclosed for it.
    let apart = Apart::ask(program()?, &args.question, limits)?;
    let city = Asked::of(args)?;
    let names: Vec<TableName> = apart.tables().iter().cloned().collect();
    let (streams, public): (Vec<&TableName>, Vec<&TableName>) = names.iter().partition(|name| !name.is_reference());
    let streams = streams.into_iter().map(ids).collect::<anyhow::Result<Vec<_>>>()?;
    let mut tables = city.public(&public, imported)?;
    let mut disclosures = Vec::new();
    for (stream, view) in streams {
        let (table, disclosure) = city.disclosed(&stream, &view)?;
        tables.push(table);
        disclosures.push(disclosure);
    }
    city.done()?;
    shown(&apart.answer(tables)?, &disclosures, args, output)
}

/// The process that answers a question; nobody else calls it.
pub(crate) fn desk() -> anyhow::Result<()> {
    Ok(attend(std::io::stdin(), std::io::stdout())?)
}

/// This binary, as the process that answers.
fn program() -> anyhow::Result<Command> {
    let mut program = Command::new(std::env::current_exe().context("where this program lies is not known")?);
    program.arg("sql-desk");
    Ok(program)
}

fn ids(name: &TableName) -> anyhow::Result<(StreamId, ViewId)> {
    let wrong = |what: &str| anyhow!("{name} is no table: `{what}` is no id; name a stream and its view");
    let stream = name.schema.parse().map_err(|_| wrong(&name.schema))?;
    let view = name.table.parse().map_err(|_| wrong(&name.table))?;
    Ok((stream, view))
}

/// Where the question is asked.
enum Asked<'a> {
    Folder(Box<City>, &'a Sql),
    Address(Box<AtAddress<'a>>, &'a Sql),
}

impl<'a> Asked<'a> {
    fn of(args: &'a Sql) -> anyhow::Result<Self> {
        if is_address(&args.city) {
            return Ok(Self::Address(Box::new(AtAddress::of(&args.city, &args.asker)?), args));
        }
        of_folder(&args.asker)?;
        let city = open(Path::new(&args.city))?;
        city.tick()?;
        Ok(Self::Folder(Box::new(city), args))
    }

    /// A released table, disclosed.
    fn disclosed(&self, stream: &StreamId, view: &ViewId) -> anyhow::Result<(Table, Disclosure)> {
        let name = TableName::new(stream.as_str(), view.as_str());
        match self {
            Self::Folder(city, args) => {
                let disclosed = city.disclose(&asked(&args.asker, stream, Some(view))).map_err(refusal)?;
                let answer = disclosed.get();
                let table = handed::table(name, &answer.exposure, answer.minimum, handed::as_json(&answer.rows))?;
                let disclosure = Disclosure {
                    table: table.name.to_string(),
                    seq: serde_json::to_value(answer.record.seq)?,
                    rows: answer.rows.len(),
                    withheld: answer.withheld.into(),
                    record: serde_json::to_value(&answer.record)?,
                    receipt: answer.receipt.clone().into(),
                };
                Ok((table, disclosure))
            }
            Self::Address(address, _) => from_json(name, address.ask(stream, Some(view))?),
        }
    }

    /// Public tables: anybody may have them, so that they are no disclosures.
    fn public(&self, names: &[&TableName], mut imported: Vec<Table>) -> anyhow::Result<Vec<Table>> {
        let register = names.iter().any(|name| references::of_register(name));
        let state: Option<Arc<State>> = match self {
            _ if !register => None,
            Self::Folder(city, _) => Some(city.register().state()),
            Self::Address(_, args) => Some(Arc::new(public_log(&args.city, None)?.state)),
        };
        imported.retain(|table| names.contains(&&table.name));
        let made = names.iter().filter(|name| !imported.iter().any(|table| table.name == ***name));
        let missing = |name: &TableName| {
            anyhow!(
                "there is no table {name}; there are reference.places, reference.sensors, reference.calendar, and what you bring along with --reference"
            )
        };
        let made: Vec<Table> = made
            .map(|name| references::table(name, state.as_deref()).ok_or_else(|| missing(name)))
            .collect::<anyhow::Result<_>>()?;
        Ok([imported, made].concat())
    }

    /// The records are durable; the batch and the checkpoint follow before the answer is shown.
    fn done(&self) -> anyhow::Result<()> {
        if let Self::Folder(city, _) = self {
            city.tick()?;
        }
        Ok(())
    }
}

/// An answer as a node gives it.
fn from_json(name: TableName, mut answer: Value) -> anyhow::Result<(Table, Disclosure)> {
    let mut take = |field: &str| {
        answer.get_mut(field).map(Value::take).with_context(|| format!("the node's answer has no `{field}`"))
    };
    let Value::Array(rows) = take("rows")? else { bail!("the node's answer has no rows") };
    let exposure: Exposure = serde_json::from_value(take("exposure")?).context("the node's view cannot be read")?;
    let minimum = take("minimum")?.as_u64().and_then(|minimum| u32::try_from(minimum).ok());
    let minimum = minimum.context("the node's answer says no minimum")?;
    let (withheld, record, receipt) = (take("withheld")?, take("record")?, take("receipt")?);
    let count = rows.len();
    let table = handed::table(name, &exposure, minimum, rows.into_iter())?;
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
