//! Mirrors at the command line: take up, look, list, and what was found against whom.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use hub::audit::audit;
use hub::looking;
use hub::mirror::{City, Doors, Limits, Mirror, Position, Profile, Standing};
use hub::state::State;
use hub::watch::Evidence;
use model::PartyId;
use register::audit::FolderSource;
use serde_json::{Value, json};
use tlog::checkpoint::CHECKPOINT_PATH;

use super::mirrors_of;
use crate::args::hub_mirror::{Cities, EvidenceArgs, EvidenceVerb, History, Look, MirrorCity, Resume};
use crate::output::{Output, Status};
use crate::system::SystemClock;

/// How many cities are read at a time.
const READ_AT_ONCE: usize = 512;

pub(super) fn add(args: &MirrorCity, output: &Output) -> anyhow::Result<()> {
    let position = args.latitude.zip(args.longitude).map(|(north, east)| Position::new(north, east)).transpose()?;
    let profile = Profile { country: args.country, size_class: args.size, position };
    Mirror::open(&mirrors_of(&args.dir))?.add(&args.city, &args.key, &args.address, profile)?;
    let words = format!("The log of `{}` will be mirrored. `ordinance hub look` looks at it.", args.city);
    output.result(&json!({ "city": args.city, "key": args.key, "address": args.address }), &words)
}

pub(super) fn look(args: &Look, output: &Output) -> anyhow::Result<()> {
    let clock = Arc::new(SystemClock);
    let doors = Doors::new(args.allow.clone(), Arc::clone(&clock) as _);
    let alliance = alliance(&args.dir)?;
    let limits = Limits { threads: usize::from(args.threads), bytes_max: args.mirrors_bytes };
    let look = looking::look(&mirrors_of(&args.dir), &alliance, &doors, limits, clock.as_ref())?;
    let found = &look.found;
    let document = json!({
        "cities": found.cities, "grown": found.grown, "entries": found.entries, "failed": found.failed,
        "frozen": found.frozen, "contradict": found.contradict, "rolled-back": found.rolled_back,
        "taken-up": look.taken_up, "named-otherwise": look.named_otherwise,
    });
    output.result(&document, &look.in_words())?;
    let told = |cities: &[PartyId], what: &str| {
        let names: Vec<String> = cities.iter().map(PartyId::to_string).collect();
        (!names.is_empty()).then(|| format!("the logs of {} {what}", names.join(", ")))
    };
    let found = [
        told(&found.contradict, "contradict themselves and are frozen"),
        told(&found.rolled_back, "served an older head than before and are looked at again"),
    ];
    let found: Vec<String> = found.into_iter().flatten().collect();
    if found.is_empty() {
        return Ok(());
    }
    Err(Status::fails(format!("{}; `ordinance hub evidence list` has the evidence", found.join("; "))).into())
}

/// The hub whose mirrors they are, as its own public log says, so that one that is served can go on; nobody, where there are mirrors alone.
pub(super) fn alliance(dir: &Path) -> anyhow::Result<State> {
    let log = dir.join("log");
    if !log.join(CHECKPOINT_PATH).exists() {
        return Ok(State::default());
    }
    let audited = audit(&FolderSource::new(&log), None, None);
    Ok(audited.map_err(|error| Status::fails(format!("the log of the hub itself does not hold: {error}")))?.state)
}

pub(super) fn list(args: &Cities, output: &Output) -> anyhow::Result<()> {
    let mirror = Mirror::open(&mirrors_of(&args.dir))?;
    let mut after: Option<String> = None;
    loop {
        let cities = mirror.cities(after.as_deref(), READ_AT_ONCE)?;
        let Some((last, _)) = cities.last() else { return Ok(()) };
        after = Some(last.clone());
        for (name, city) in cities {
            let city = match city {
                Ok(city) => city,
                Err(error) => {
                    let why = error.to_string();
                    output.one_of_many(&json!({ "city": name, "error": why }), &format!("{name:<24} {why}"))?;
                    continue;
                }
            };
            let document = json!({
                "city": city.name, "address": city.kept.address, "entries": city.kept.size, "checked": city.kept.checked,
                "grown": city.kept.grown, "standing": city.kept.standing,
            });
            output.one_of_many(&document, &in_words(&city))?;
        }
    }
}

fn in_words(city: &City) -> String {
    let since = |at: &Option<model::Timestamp>| at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    let standing = match &city.kept.standing {
        Standing::Sound => format!("checked {}, last grown {}", since(&city.kept.checked), since(&city.kept.grown)),
        Standing::Behind { since: from, why } => {
            format!("checked {}, behind since {from}: {why}", since(&city.kept.checked))
        }
        Standing::Unreachable { since, why } => format!("not reached since {since}: {why}"),
        Standing::Unproven { since, why } => format!("not provable since {since}: {why}"),
        Standing::Frozen { since, evidence } => format!("frozen since {since}: evidence {evidence}"),
    };
    format!("{:<24} {:>8} entries  {standing}", city.name.to_string(), city.kept.size)
}

pub(super) fn resume(args: &Resume, output: &Output) -> anyhow::Result<()> {
    Mirror::open(&mirrors_of(&args.dir))?.thaw(&args.city)?;
    let words = format!("The log of `{}` is looked at again. The evidence stays.", args.city);
    output.result(&json!({ "city": args.city, "resumed": true }), &words)
}

pub(super) fn history(args: &History, output: &Output) -> anyhow::Result<()> {
    let mirror = Mirror::open(&mirrors_of(&args.dir))?;
    fs::create_dir(&args.to).with_context(|| format!("`{}`", args.to.display()))?;
    let entries = mirror.export(&args.city, &args.to.join("log"))?;
    let key = mirror.city(&args.city)?.kept.key;
    let to = args.to.display();
    let words = format!(
        "{entries} entries of `{}` were written; verify them with\n  ordinance verify {to} --key {key}",
        args.city
    );
    output.result(&json!({ "city": args.city, "entries": entries, "key": key }), &words)
}

pub(super) fn evidence(args: &EvidenceArgs, output: &Output) -> anyhow::Result<()> {
    match args.verb {
        EvidenceVerb::Check => check(args, output),
        EvidenceVerb::List => {
            let mirror = Mirror::open(&mirrors_of(&args.path))?;
            for file in mirror.evidence()? {
                let document: Value = serde_json::from_slice(&file.bytes)?;
                let (city, noted) = (&file.evidence.city, file.evidence.noted);
                output.one_of_many(
                    &json!({ "digest": file.digest, "evidence": document }),
                    &format!("{}  `{city}`, noted {noted}", file.digest),
                )?;
            }
            Ok(())
        }
    }
}

fn check(args: &EvidenceArgs, output: &Output) -> anyhow::Result<()> {
    let name = args.path.display();
    let bytes = fs::read(&args.path).with_context(|| format!("`{name}`"))?;
    let checked = Evidence::read(&bytes).and_then(|evidence| Ok((evidence.check(args.key.as_deref())?, evidence)));
    let (proves, evidence) = checked.map_err(|error| Status::fails(format!("`{name}` proves nothing: {error}")))?;
    let whose = match args.key {
        Some(_) => "",
        None => " (the key that the evidence names; give --key to check whose it is)",
    };
    let words = format!("`{name}` holds: {}.\n  the key {}{whose}", proves.in_words(), evidence.key);
    output.result(&json!({ "proves": proves, "key": evidence.key, "city": evidence.city }), &words)
}
