//! `ordinance adopt CITY --check`, and what a node asks by itself: reads the log of each hub that the city adopted from, tells where each
//! release stands, and remembers the newest checkpoint that held, and what stands no longer. It adopts nothing. What is wrong with one
//! release hides nothing about the others.

use std::path::Path;

use anyhow::Context;
use flow::recalls::{Recall, Recalls};
use hub::state::Standing;
use model::{Clock as _, plain};
use register::state::PolicyInForce;
use serde::Serialize;
use tlog::{Vkey, checkpoint};

use super::kept::{self, Kept};
use super::{NAME, log};
use crate::args::framework::Adopt;
use crate::client::is_address;
use crate::commands::{WORDS_CHARS_MAX, public_log};
use crate::output::{Output, Status};
use crate::system::SystemClock;

/// What became of a release.
#[derive(Serialize)]
struct Looked {
    reference: String,
    #[serde(skip)]
    origin: String,
    /// The hub's address, if it is known.
    hub: Option<String>,
    entry: u64,
    /// Whether its norms are in force.
    in_force: bool,
    /// `released`, `withdrawn`, `corrected`, or `unknown`.
    standing: &'static str,
    /// By which entry of the hub, if it stands no longer.
    by: Option<u64>,
    /// Which entry takes its place.
    instead: Option<u64>,
    reasons: Option<String>,
    /// Why it is not known where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// How hubs are asked.
#[derive(Clone, Copy)]
pub(in super::super::super) struct Ways<'a> {
    /// The hub's address, where it is another than the one that is kept.
    pub(in super::super::super) hub: Option<&'a str>,
    /// How many seconds one answer may take.
    pub(in super::super::super) patience: u32,
}

/// What became of all of them, and what is wrong.
pub(in super::super::super) struct Heard {
    looked: Vec<Looked>,
    /// What has to be told: what is in force and stands no longer, what could not be asked, what is damaged.
    pub(in super::super::super) failures: Vec<String>,
    /// Whether each could be asked.
    pub(in super::super::super) is_whole: bool,
}

pub(in super::super) fn check(args: &Adopt, output: &Output) -> anyhow::Result<()> {
    if is_address(&args.city) {
        return Err(Status::bad_input("what a city adopted is kept in its folder; name that").into());
    }
    let state = public_log(&args.city, None)?.state;
    let ways = Ways { hub: args.hub.as_deref(), patience: args.patience };
    let heard = hear(Path::new(&args.city), ways, state.policy.as_deref())?;
    let words: Vec<String> = heard.looked.iter().map(in_words).collect();
    let words = if words.is_empty() { "Nothing was adopted from a hub.".to_owned() } else { words.join("\n") };
    output.result(&heard.looked, &words)?;
    if heard.failures.is_empty() { Ok(()) } else { Err(Status::fails(heard.failures.join("; ")).into()) }
}

/// Asks the hub of each release that is kept in a city's folder where it stands, and notes there what stands no longer.
///
/// # Errors
/// The folder cannot be read or written.
pub(in super::super::super) fn hear(
    dir: &Path,
    ways: Ways<'_>,
    policy: Option<&PolicyInForce>,
) -> anyhow::Result<Heard> {
    let (mut looked, mut failures) = (Vec::new(), Vec::new());
    let all = kept::each(dir)?;
    let each = all.iter().filter_map(|(_, kept)| kept.as_ref().ok());
    let mut seen: Vec<Seen> = each.map(Seen::of).collect();
    for (path, kept) in all {
        let mut kept = match kept {
            Ok(kept) => kept,
            Err(error) => {
                failures.push(format!("{error:#}"));
                continue;
            }
        };
        let in_force = policy.is_some_and(|policy| kept.is_in_force(&policy.text, &policy.hash.to_string()));
        looked.push(look(ways, &path, &mut kept, &seen, in_force));
        seen.push(Seen::of(&kept));
    }
    let is_whole = failures.is_empty() && looked.iter().all(|looked| looked.error.is_none());
    failures.extend(looked.iter().filter_map(|looked| {
        let unknown = looked.error.as_ref().map(|error| format!("{}: {error}", looked.reference));
        let ended = looked.in_force && looked.standing != "released";
        unknown.or_else(|| ended.then(|| format!("{} is in force here and was {}", looked.reference, looked.standing)))
    }));
    if let Some(policy) = policy.filter(|_| !looked.is_empty()) {
        note(dir, &policy.hash.to_string(), &looked)?;
    }
    Ok(Heard { looked, failures, is_whole })
}

/// Notes what is in force and stands no longer. Of what could not be asked, what was known before stays known.
fn note(dir: &Path, policies: &str, looked: &[Looked]) -> anyhow::Result<()> {
    let known = Recalls::noted(dir)?.map(|noted| noted.recalls).unwrap_or_default();
    let recalls = looked.iter().filter(|looked| looked.in_force).filter_map(|looked| match looked.by {
        Some(by) => Some(Recall {
            standard: looked.reference.clone(),
            origin: looked.origin.clone(),
            entry: looked.entry,
            by,
            instead: looked.instead(),
            reasons: plain(looked.reasons.as_deref().unwrap_or_default(), WORDS_CHARS_MAX),
        }),
        None if looked.error.is_some() => {
            known.iter().find(|known| (&known.origin, known.entry) == (&looked.origin, looked.entry)).cloned()
        }
        None => None,
    });
    let heard = Recalls { at: SystemClock.now(), policies: policies.to_owned(), recalls: recalls.collect() };
    Ok(heard.note(dir)?)
}

impl Looked {
    /// Where what takes its place is released, if something does.
    fn instead(&self) -> Option<String> {
        let hub = self.hub.as_deref().unwrap_or_default();
        self.instead.map(|instead| format!("{hub}/versions/{instead}/{NAME}"))
    }
}

/// A checkpoint that was seen of a hub, with whichever of its releases it is kept.
struct Seen {
    origin: String,
    note: String,
}

impl Seen {
    fn of(kept: &Kept) -> Self {
        Self { origin: kept.origin.clone(), note: kept.checkpoint.clone() }
    }

    /// Whether a hub's log has to continue it. One that does not verify is told of with its own release, and spoils no other.
    fn holds_up(&self, kept: &Kept) -> bool {
        let key = kept.release.key.parse::<Vkey>();
        self.origin == kept.origin && key.is_ok_and(|key| checkpoint::verify(&self.note, &key).is_ok())
    }
}

fn look(ways: Ways<'_>, path: &Path, kept: &mut Kept, seen: &[Seen], in_force: bool) -> Looked {
    let hub = ways.hub.map(str::to_owned).or_else(|| kept.hub.clone());
    let unknown = Looked {
        reference: kept.reference(),
        origin: kept.origin.clone(),
        hub: hub.clone(),
        entry: kept.release.index,
        in_force,
        standing: "unknown",
        by: None,
        instead: None,
        reasons: None,
        error: None,
    };
    match standing(ways.patience, hub, path, kept, seen) {
        Ok(Standing::Released) => Looked { standing: "released", ..unknown },
        Ok(Standing::Withdrawn { entry, decision }) => {
            let reasons = Some(decision.reasons.to_string());
            Looked { standing: "withdrawn", by: Some(entry), reasons, ..unknown }
        }
        Ok(Standing::Corrected { entry, by, decision }) => {
            let (reasons, instead) = (Some(decision.reasons.to_string()), Some(by));
            Looked { standing: "corrected", by: Some(entry), instead, reasons, ..unknown }
        }
        Err(error) => Looked { error: Some(format!("{error:#}")), ..unknown },
    }
}

/// Reads a hub's whole log: it continues all that was seen of it before, with whichever release, which is remembered, and says where
/// the release stands.
fn standing(
    patience: u32,
    hub: Option<String>,
    path: &Path,
    kept: &mut Kept,
    seen: &[Seen],
) -> anyhow::Result<Standing> {
    let unknown = || format!("the address of `{}` is not known; give it with `--hub`", kept.origin);
    let hub = hub.with_context(unknown)?;
    let mut older = vec![kept.checkpoint.clone()];
    let others = seen.iter().filter(|seen| seen.note != kept.checkpoint && seen.holds_up(kept));
    older.extend(others.map(|seen| seen.note.clone()));
    let audited = log(patience, &hub, &kept.release.key, older)?;
    let entry = kept.release.index;
    let version = audited.state.versions.get(&entry);
    let version = version.with_context(|| format!("entry {entry} of `{}` releases nothing", kept.origin))?;
    if kept.checkpoint != audited.log.note || kept.hub.as_ref() != Some(&hub) {
        (kept.checkpoint, kept.size, kept.hub) = (audited.log.note, audited.log.size, Some(hub));
        kept.write(path)?;
    }
    Ok(version.standing.clone())
}

fn in_words(looked: &Looked) -> String {
    let force = if looked.in_force { "in force here" } else { "not in force here any more" };
    let hub = looked.hub.as_deref().unwrap_or_default();
    let mut words = format!("{}, {force}: {}", looked.reference, looked.standing);
    if let Some(by) = looked.by {
        words.push_str(&format!(" by entry {by} of {hub}"));
    }
    if let Some(instead) = looked.instead() {
        words.push_str(&format!("; in its place: {instead}"));
    }
    for said in looked.reasons.iter().chain(&looked.error) {
        words.push_str(&format!("\n  {}", plain(said, WORDS_CHARS_MAX)));
    }
    words
}
