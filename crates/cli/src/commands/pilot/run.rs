//! `ordinance pilot run`: from outside by the public log, at the city by its journal as well.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use hub::drafted::{FetchError, Fetched, fetch};
use hub::mirror::Doors;
use hub::pilot::{Draft, Minutes, PilotError, Report, for_the_public, in_words, inside, outside};
use journal::SqliteReader;
use model::plain;
use node::Allowed;
use register::audit::{FolderSource, audit};
use serde::Deserialize;

use crate::args::pilot::Run;
use crate::client::{AddressSource, Client, is_address};
use crate::commands::WORDS_CHARS_MAX;
use crate::commands::framework::shelf::Packs;
use crate::declared::{self, Holds};
use crate::output::{Output, Status};
use crate::system::SystemClock;

/// How long work takes, as a file says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    source: String,
    #[serde(default)]
    other: Option<u32>,
    #[serde(default)]
    minutes: BTreeMap<String, u32>,
}

pub(super) fn run(args: &Run, packs: &mut Packs, output: &Output) -> anyhow::Result<()> {
    let draft = draft(&args.draft, &args.allow, packs, output)?;
    let minutes = minutes(args.minutes.as_deref())?;
    let report = report(args, &draft, &minutes)?;
    output.result(&report, &in_words(&report))
}

/// A pack with all it stands on: one at hand, or a draft that a hub hands out, of which it is told which document it is.
pub(super) fn draft(name: &str, allow: &[Allowed], packs: &mut Packs, output: &Output) -> anyhow::Result<Draft> {
    if !is_address(name) {
        let pack = packs.find(name)?;
        return Ok(Draft::of(&packs.resolve(&pack)?));
    }
    let doors = Doors::new(allow.to_vec(), Arc::new(SystemClock));
    let Fetched { drafted, pack, on } = fetch(&doors, name).map_err(|error| {
        // What a hub's document says is among it.
        let why = plain(&error.to_string(), WORDS_CHARS_MAX);
        if matches!(error, FetchError::Unreached { .. }) { Status::fails(why) } else { Status::bad_input(why) }
    })?;
    on.into_iter().try_for_each(|base| packs.drafted(base).map(drop))?;
    let pack = packs.drafted(pack)?;
    let draft = Draft::of(&packs.resolve(&pack)?);
    let (reference, document, entry) = (draft.reference(), drafted.document, drafted.entry);
    output.note(&format!("{reference} is the document {document} of {name}, made by entry {entry} of its hub's log"));
    Ok(draft)
}

pub(super) fn minutes(file: Option<&Path>) -> anyhow::Result<Minutes> {
    let assumed = Minutes::default();
    let Some(file) = file else { return Ok(assumed) };
    let Declared { source, other, minutes } = declared::read(file, Holds::Declarations)?;
    Ok(Minutes { source, of: minutes, other: other.unwrap_or(assumed.other) })
}

fn report(args: &Run, draft: &Draft, minutes: &Minutes) -> anyhow::Result<Report> {
    let key = args.key.as_deref();
    if is_address(&args.city) {
        let source = AddressSource(Client::new(&args.city));
        return outside(&source, key, draft, minutes).map_err(told);
    }
    let folder = Path::new(&args.city);
    let database = folder.join("journal.db");
    if !database.is_file() {
        if args.public {
            let message = format!("`{}` is no city's folder; what is public there is all there is", args.city);
            return Err(Status::bad_input(message).into());
        }
        return outside(&FolderSource::new(folder), key, draft, minutes).map_err(told);
    }
    let source = FolderSource::new(&folder.join("log"));
    if args.outside {
        return outside(&source, key, draft, minutes).map_err(told);
    }
    let report = inside(&source, &SqliteReader::open(&database)?, draft, minutes).map_err(told)?;
    if !args.public {
        return Ok(report);
    }
    let state = audit(&source, key, None).map_err(PilotError::from).map_err(told)?.state;
    Ok(for_the_public(report, &state, args.minimum))
}

/// A draft that cannot stand is bad input, all else a failure.
pub(super) fn told(error: PilotError) -> anyhow::Error {
    match error {
        PilotError::Draft { .. } | PilotError::Log(_) => Status::bad_input(error.to_string()).into(),
        error => error.into(),
    }
}
