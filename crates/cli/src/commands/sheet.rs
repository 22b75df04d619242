//! `ordinance sheet`: spreadsheets of the register out, and files in, at a folder or at an address.
//!
//! At a folder what is brought in is written together, so many rows at a time; at an address it is sent row by row, and what was
//! done before a failure stays. Either way the same file can be brought again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::path::Path;

use anyhow::Context;
use model::{DeploymentRecord, PartyId};
use register::{State, Submission, SubmitError};
use serde_json::{Value, json};
use workbook::{Answer, Book, FILE_BYTES_MAX, Line, Look, Verdict};

use super::office::Office;
use super::public_log;
use crate::args::sheet::{Brought, Check, Export, Import, Kind, Sheet, Template};
use crate::declared::read_token;
use crate::output::{Output, Refused, Status};

pub(crate) fn run(args: &Sheet, output: &Output) -> anyhow::Result<()> {
    match args {
        Sheet::Template(template) => templated(template, output),
        Sheet::Export(export) => exported(export, output),
        Sheet::Check(check) => checked(check, output),
        Sheet::Import(import) => imported(import, output),
    }
}

const EVERYTHING: &dyn Fn(&DeploymentRecord) -> bool = &|_| true;

fn templated(args: &Template, output: &Output) -> anyhow::Result<()> {
    let bytes = workbook::template(&public_log(&args.city, None)?.state);
    write(&args.out, &bytes, args.force)?;
    output.result(&json!({ "file": args.out, "bytes": bytes.len() }), &format!("written to `{}`", args.out.display()))
}

fn exported(args: &Export, output: &Output) -> anyhow::Result<()> {
    let state = public_log(&args.city, None)?.state;
    let bytes = match args.kind {
        Some(kind) => {
            let kind = workbook::Kind::from(kind);
            workbook::csv(&kind.headings(), &workbook::drawn(kind, &state, EVERYTHING)).into_bytes()
        }
        None => workbook::xlsx(&state, EVERYTHING),
    };
    write(&args.out, &bytes, args.force)?;
    let words = format!("the register after {} acts, written to `{}`", state.size, args.out.display());
    output.result(&json!({ "file": args.out, "bytes": bytes.len(), "basis": state.size }), &words)
}

fn write(out: &Path, bytes: &[u8], force: bool) -> anyhow::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).create_new(!force);
    let failed = || format!("cannot write `{}`; with `--force` a file that is there is written over", out.display());
    options.open(out).and_then(|mut file| file.write_all(bytes)).with_context(failed)
}

impl From<Kind> for workbook::Kind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Parties => Self::Parties,
            Kind::Places => Self::Places,
            Kind::Deployments => Self::Deployments,
            Kind::Properties => Self::Properties,
            Kind::Devices => Self::Devices,
        }
    }
}

/// The most that one question to an address holds, in bytes: a node takes no more than twice as much.
const QUESTION_BYTES_MAX: usize = 2 << 20;

/// A city, a file that was read, and what the city says to it.
struct Desk {
    office: Office,
    state: State,
    token: Option<String>,
    party: PartyId,
    reason: Option<String>,
}

impl Desk {
    fn open(args: &Brought, reason: Option<&String>) -> anyhow::Result<Self> {
        let office = Office::open(&args.city)?;
        let state = match &office {
            Office::Folder(city) => State::clone(&city.register().state()),
            Office::Address(_) => public_log(&args.city, None)?.state,
        };
        let token = args.token.as_deref().map(read_token).transpose()?;
        if office.needs_token() && token.is_none() {
            return Err(Status::bad_input("an address needs `--token FILE` with the party's token").into());
        }
        Ok(Self { office, state, token, party: args.party.clone(), reason: reason.cloned() })
    }

    fn look(&self, book: &Book) -> Look {
        Look::of(workbook::read(book, &self.state, &self.party), &self.state)
    }

    /// What each row that is not so already would do after those before it, up to as many as are written at once.
    fn answers(&self, look: &Look) -> anyhow::Result<Vec<Answer>> {
        look.ask(&self.party, self.reason.as_deref(), |some| match &self.office {
            Office::Folder(city) => Ok(city.register().preview(some).into_iter().map(answered).collect()),
            Office::Address(client) => {
                let said =
                    client.preview(first_of(some, QUESTION_BYTES_MAX)?, self.token.as_deref().unwrap_or_default())?;
                Ok(said.as_array().into_iter().flatten().map(said_at).collect())
            }
        })
    }

    /// Reads anew what is in the register, after something was written.
    fn refresh(&mut self, city: &str) -> anyhow::Result<()> {
        self.state = match &self.office {
            Office::Folder(city) => State::clone(&city.register().state()),
            Office::Address(_) => public_log(city, None)?.state,
        };
        Ok(())
    }

    /// Writes what was looked at.
    fn write(&self, look: &Look) -> anyhow::Result<Vec<u64>> {
        let submissions = look.submissions(&self.party, self.reason.as_deref());
        match &self.office {
            Office::Folder(city) => {
                let receipts = city.register().submit_together(&submissions)?;
                city.register().publish()?;
                Ok(receipts.into_iter().flat_map(|receipt| receipt.entries).collect())
            }
            Office::Address(_) => {
                let mut entries = Vec::new();
                for submission in submissions {
                    let made = self.office.submit(submission, self.token.as_deref());
                    entries.extend(made.map_err(|failed| failed.error)?);
                }
                Ok(entries)
            }
        }
    }
}

/// A file, read once, and no longer than one that is read.
fn book(file: &Path) -> anyhow::Result<Book> {
    let mut bytes = Vec::new();
    let most = FILE_BYTES_MAX as u64 + 1;
    let read = if file == Path::new("-") {
        std::io::stdin().take(most).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|open| open.take(most).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("`{}`", file.display()))?;
    Ok(workbook::open(&bytes).map_err(|error| Status::bad_input(format!("`{}`: {error}", file.display())))?)
}

/// As many of some submissions as have no more bytes together, from the first one, and that one in any case.
fn first_of(some: &[Submission], bytes_max: usize) -> serde_json::Result<&[Submission]> {
    let (mut count, mut bytes) = (0, 0_usize);
    for one in some {
        bytes = bytes.saturating_add(serde_json::to_vec(one)?.len() + 1);
        if bytes > bytes_max && count > 0 {
            break;
        }
        count += 1;
    }
    Ok(some.get(..count).unwrap_or(some))
}

fn answered(outcome: Result<Vec<model::Act>, SubmitError>) -> Answer {
    match outcome {
        Ok(acts) => Answer::Acts(acts.iter().map(|act| act.what.kind().to_owned()).collect()),
        Err(error) => {
            let norms = match &error {
                SubmitError::Refused(register::Refusal::Norm(norm)) => {
                    norm.grounds.iter().map(|ground| ground.policy.0.clone()).collect()
                }
                _ => Vec::new(),
            };
            Answer::Refused { refused: error.to_string(), norms }
        }
    }
}

/// The same as a node says it.
fn said_at(answer: &Value) -> Answer {
    let texts = |value: Option<&Value>| {
        let all = value.and_then(Value::as_array).into_iter().flatten();
        all.filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    match answer.get("refused") {
        None => Answer::Acts(texts(answer.get("acts"))),
        Some(refused) => {
            let grounds = refused.get("grounds").and_then(Value::as_array).into_iter().flatten();
            let norms = grounds.filter_map(|ground| ground.get("policy").and_then(Value::as_str)).map(str::to_owned);
            let words = refused.get("detail").or_else(|| refused.get("title")).and_then(Value::as_str);
            Answer::Refused { refused: words.unwrap_or("refused").to_owned(), norms: norms.collect() }
        }
    }
}

/// What was looked at as a document and in words, and how many rows come to what.
fn told(lines: &[Line], notes: &[String]) -> (Value, String, BTreeMap<Verdict, usize>) {
    let mut counts = BTreeMap::new();
    for line in lines {
        *counts.entry(line.verdict).or_insert(0) += 1;
    }
    let named =
        |verdict: &Verdict| serde_json::to_value(verdict).ok().and_then(|name| name.as_str().map(str::to_owned));
    let told: BTreeMap<String, usize> =
        counts.iter().filter_map(|(verdict, count)| Some((named(verdict)?, *count))).collect();
    let mut words: Vec<String> = notes.to_vec();
    for line in lines.iter().filter(|line| line.verdict != Verdict::Same || !line.said.is_empty()) {
        let verdict = named(&line.verdict).unwrap_or_default();
        let place = format!("{} {}", line.sheet, line.row);
        words.push(format!("{place:<18} {verdict:<8} {:<24} {}", line.id, line.said.join("; ")).trim_end().to_owned());
    }
    let sums: Vec<String> = told.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
    words.push(if sums.is_empty() { "no rows".to_owned() } else { sums.join(", ") });
    (json!({ "counts": told, "rows": lines, "notes": notes }), words.join("\n"), counts)
}

/// What stands against bringing all of it in.
fn against(counts: &BTreeMap<Verdict, usize>) -> anyhow::Result<()> {
    let count = |verdict: Verdict| counts.get(&verdict).copied().unwrap_or_default();
    let (wrong, refused) = (count(Verdict::Wrong), count(Verdict::Refused));
    match (wrong, refused) {
        (0, 0) => Ok(()),
        (0, _) => Err(Refused { message: format!("{refused} rows are refused"), details: Value::Null }.into()),
        _ => Err(Status::fails(format!("{wrong} rows are wrong, {refused} are refused")).into()),
    }
}

/// What there is to say of a file as a whole, and of what of it was not looked at.
fn noted(look: &Look, answers: &[Answer]) -> Vec<String> {
    look.notes.iter().cloned().chain(look.unasked(answers)).collect()
}

fn checked(args: &Check, output: &Output) -> anyhow::Result<()> {
    let desk = Desk::open(&args.brought, None)?;
    let look = desk.look(&book(&args.brought.file)?);
    let answers = desk.answers(&look)?;
    let (document, words, counts) = told(&look.lines(&desk.state, &answers), &noted(&look, &answers));
    output.result(&document, &words)?;
    against(&counts)
}

/// What became of each row, over all the times that a file was looked at: a row that was looked at later counts as it was then.
#[derive(Default)]
struct Rows(BTreeMap<(String, u32), Line>);

impl Rows {
    fn add(&mut self, lines: Vec<Line>) {
        for line in lines {
            let known = self.0.entry((line.sheet.clone(), line.row)).or_insert_with(|| line.clone());
            if known.verdict == Verdict::Later {
                *known = line;
            }
        }
    }

    fn lines(self) -> Vec<Line> {
        let mut lines: Vec<Line> = self.0.into_values().collect();
        workbook::in_order(&mut lines);
        lines
    }
}

/// Takes the rows that were refused out of what is asked; gives whether rows are left that nobody was asked about.
fn without_refused(look: &mut Look, answers: &[Answer], refused: &mut BTreeSet<(String, u32)>) -> bool {
    let no = look.asks.iter().zip(answers).filter(|(_, answer)| matches!(answer, Answer::Refused { .. }));
    refused.extend(no.map(|(entry, _)| (entry.sheet.clone(), entry.row)));
    let more = look.asks.len() > answers.len();
    look.asks = look.allowed(answers);
    more
}

fn imported(args: &Import, output: &Output) -> anyhow::Result<()> {
    let mut desk = Desk::open(&args.brought, args.reason.as_ref())?;
    let book = book(&args.brought.file)?;
    let (mut entries, mut parts, mut refused) = (Vec::new(), Vec::new(), BTreeSet::new());
    let (mut rows, mut notes) = (Rows::default(), None);
    loop {
        let mut look = desk.look(&book);
        look.asks.retain(|entry| !refused.contains(&(entry.sheet.clone(), entry.row)));
        let answers = desk.answers(&look)?;
        let lines = look.lines(&desk.state, &answers);
        notes.get_or_insert_with(|| look.notes.clone());
        let (document, words, counts) = told(&lines, &noted(&look, &answers));
        if let (Err(error), false) = (against(&counts), args.others) {
            output.result(&document, &words)?;
            return Err(error.context("nothing more was brought in; with `--others` such rows are left out"));
        }
        rows.add(lines);
        let had = refused.len();
        let more = without_refused(&mut look, &answers, &mut refused);
        if look.asks.is_empty() {
            // Where all that were asked about are refused, the rows after them are still to be looked at.
            if more && refused.len() > had {
                continue;
            }
            break;
        }
        let made = desk.write(&look)?;
        parts.push(made.len());
        entries.extend(made);
        if !more {
            break;
        }
        desk.refresh(&args.brought.city)?;
    }
    let (document, words, counts) = told(&rows.lines(), &notes.unwrap_or_default());
    let done = match entries.first().zip(entries.last()) {
        Some((first, last)) => format!("{} acts written, entries {first} to {last}", entries.len()),
        None if against(&counts).is_err() => {
            "nothing was written: what is not so already is wrong or refused".to_owned()
        }
        None => "it was so already, so nothing was written".to_owned(),
    };
    output.result(&json!({ "look": document, "entries": entries, "parts": parts }), &format!("{words}\n{done}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_to_an_address_is_bounded_by_its_bytes_and_holds_one_row_at_least() {
        let one: Submission = serde_json::from_value(json!({
            "by": "mobility",
            "reason": "x".repeat(1_000),
            "command": { "do": "register-party", "with": { "party": { "id": "a", "name": "A", "kind": "vendor" } } },
        }))
        .unwrap();
        let some = vec![one; 10];
        let bytes = serde_json::to_vec(&some).unwrap().len();
        let count = |bytes_max: usize| first_of(&some, bytes_max).unwrap().len();
        assert_eq!((count(bytes), count(bytes / 2), count(0)), (10, 5, 1));
        assert_eq!(first_of(&[], 1).unwrap().len(), 0);
    }
}
