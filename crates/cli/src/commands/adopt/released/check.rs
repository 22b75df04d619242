//! `ordinance adopt CITY --check`, and what a node asks by itself: reads the log of each hub that the city adopted from, tells where each
//! release stands, and remembers the newest checkpoint that held, and what stands no longer. It adopts nothing. What is wrong with one
//! release hides nothing about the others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use flow::folder::FolderError;
use flow::recalls::{Recall, Recalls, Unasked};
use hub::audit::Audit;
use hub::guarded::guarded;
use hub::state::Standing;
use journal::files;
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

/// How often and how long it is waited for somebody else who asks.
const LOCK_TRIES: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(200);

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
    /// Only about what is in force.
    pub(in super::super::super) in_force_alone: bool,
}

/// What became of all of them, and what is wrong.
pub(in super::super::super) struct Heard {
    looked: Vec<Looked>,
    /// What has to be told: what is in force and stands no longer, what could not be asked or noted, what is damaged.
    pub(in super::super::super) failures: Vec<String>,
    /// Whether each hub whose address is known answered.
    pub(in super::super::super) is_whole: bool,
}

pub(in super::super) fn check(args: &Adopt, output: &Output) -> anyhow::Result<()> {
    if is_address(&args.city) {
        return Err(Status::bad_input("what a city adopted is kept in its folder; name that").into());
    }
    let state = public_log(&args.city, None)?.state;
    let ways = Ways { hub: args.taking.hub.as_deref(), patience: args.taking.patience, in_force_alone: false };
    let heard = hear(Path::new(&args.city), ways, state.policy.as_deref())?;
    let words: Vec<String> = heard.looked.iter().map(in_words).collect();
    let words = if words.is_empty() { "Nothing was adopted from a hub.".to_owned() } else { words.join("\n") };
    output.result(&heard.looked, &words)?;
    if heard.failures.is_empty() { Ok(()) } else { Err(Status::fails(heard.failures.join("; ")).into()) }
}

/// Asks the hub of each release that is kept in a city's folder where it stands, and notes there what stands no longer. What cannot be
/// noted is told all the same.
///
/// # Errors
/// What was adopted cannot be listed, or somebody else asks right now.
pub(in super::super::super) fn hear(
    dir: &Path,
    ways: Ways<'_>,
    policy: Option<&PolicyInForce>,
) -> anyhow::Result<Heard> {
    // Where nothing was adopted from a hub nobody is asked, and nothing is written.
    if kept::each(dir)?.is_empty() {
        return Ok(Heard { looked: Vec::new(), failures: Vec::new(), is_whole: true });
    }
    let mut failures = Vec::new();
    let _alone = alone(dir).or_else(|why| match why {
        Busy::Asked => Err(Status::fails("the hubs are being asked by another process; try again in a moment")),
        Busy::Unwritable(why) => {
            failures.push(why);
            Ok(None)
        }
    })?;
    let all = kept::each(dir)?;
    let seen = all.iter().filter_map(|(_, kept)| kept.as_ref().ok()).map(Seen::of).collect();
    let mut hearing = Hearing { ways, seen, logs: BTreeMap::new(), failures };
    let mut looked = Vec::new();
    for (path, kept) in all {
        let mut kept = match kept {
            Ok(kept) => kept,
            Err(error) => {
                hearing.fails(&format!("{error:#}"));
                continue;
            }
        };
        let in_force = policy.is_some_and(|policy| kept.is_in_force(&policy.text, &policy.hash.to_string()));
        if in_force || !ways.in_force_alone {
            looked.push(hearing.look(&path, &mut kept, in_force));
        }
    }
    let mut failures = hearing.failures;
    let is_whole = looked.iter().all(|looked| looked.error.is_none() || looked.hub.is_none());
    failures.extend(looked.iter().filter_map(Looked::failure));
    if let Some(policy) = policy.filter(|_| !looked.is_empty())
        && let Err(error) = note(dir, &policy.hash.to_string(), &looked, is_whole)
    {
        failures.push(plain(&format!("what was heard could not be noted: {error}"), WORDS_CHARS_MAX));
    }
    Ok(Heard { looked, failures, is_whole })
}

/// Why somebody does not ask alone.
enum Busy {
    /// Another process asks.
    Asked,
    /// The folder cannot be written, so that nothing that is heard can be noted.
    Unwritable(String),
}

/// Keeps others from asking meanwhile, for as long as it lives; waits a little for one that does.
fn alone(dir: &Path) -> Result<Option<File>, Busy> {
    let unwritable = |error: &dyn fmt::Display| Busy::Unwritable(format!("what is heard cannot be noted: {error}"));
    let folder = Recalls::folder(dir).map_err(|error| unwritable(&error))?;
    for _ in 0..LOCK_TRIES {
        match files::lock(&folder) {
            Ok(Some(lock)) => return Ok(Some(lock)),
            Ok(None) => thread::park_timeout(LOCK_PAUSE),
            Err(error) => return Err(unwritable(&format!("`{}`: {error}", folder.display()))),
        }
    }
    Err(Busy::Asked)
}

/// Notes what is in force and stands no longer, and what nobody could ask. What was known stays known until its hub says otherwise.
fn note(dir: &Path, policies: &str, looked: &[Looked], whole: bool) -> Result<(), FolderError> {
    let now = SystemClock.now();
    // What is damaged tells nothing.
    let known = Recalls::noted(dir).ok().flatten();
    let of = |looked: &Looked, origin: &str, entry: u64| looked.origin == origin && looked.entry == entry;
    let in_force = || looked.iter().filter(|looked| looked.in_force);
    let mut recalls: Vec<Recall> = in_force().filter_map(Looked::recall).collect();
    let before = known.iter().flat_map(|known| &known.recalls);
    recalls.extend(before.filter(|recall| still(looked, recall, known.as_ref(), policies)).cloned());
    let mut told = BTreeSet::new();
    recalls.retain(|recall| told.insert((recall.origin.clone(), recall.entry)));
    let unasked = in_force().filter(|looked| looked.error.is_some()).map(|looked| {
        let mut before = known.iter().flat_map(|known| &known.unasked);
        let since =
            before.find(|unasked| of(looked, &unasked.origin, unasked.entry)).map_or(now, |before| before.since);
        Unasked {
            standard: looked.reference.clone(),
            origin: looked.origin.clone(),
            entry: looked.entry,
            since: since.min(now),
        }
    });
    let unasked = unasked.collect();
    Recalls { at: now, whole, policies: policies.to_owned(), recalls, unasked }.note(dir)
}

/// Whether what was known of a release is still to be told: its hub could not be asked, or what is kept of it is damaged since.
fn still(looked: &[Looked], recall: &Recall, known: Option<&Recalls>, policies: &str) -> bool {
    let own = looked.iter().find(|looked| looked.origin == recall.origin && looked.entry == recall.entry);
    match own {
        Some(looked) => looked.in_force && looked.error.is_some(),
        None => known.is_some_and(|known| known.policies == policies),
    }
}

impl Looked {
    /// Where what takes its place is released, if something does.
    fn instead(&self) -> Option<String> {
        let hub = self.hub.as_deref().unwrap_or_default();
        self.instead.map(|instead| format!("{hub}/versions/{instead}/{NAME}"))
    }

    /// What has to be told of it.
    fn failure(&self) -> Option<String> {
        let unknown = self.error.as_ref().map(|error| format!("{}: {error}", self.reference));
        let ended = self.in_force && self.standing != "released";
        let failure =
            unknown.or_else(|| ended.then(|| format!("{} is in force here and was {}", self.reference, self.standing)));
        failure.map(|failure| plain(&failure, WORDS_CHARS_MAX))
    }

    /// That it stands no longer.
    fn recall(&self) -> Option<Recall> {
        Some(Recall {
            standard: self.reference.clone(),
            origin: self.origin.clone(),
            entry: self.entry,
            by: self.by?,
            instead: self.instead(),
            reasons: plain(self.reasons.as_deref().unwrap_or_default(), WORDS_CHARS_MAX),
        })
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

/// Hubs while they are asked: each once, however many of its releases are kept.
struct Hearing<'a> {
    ways: Ways<'a>,
    seen: Vec<Seen>,
    /// The logs that were read, by address and key, or why one was not had.
    logs: BTreeMap<(String, String), Result<Audit, String>>,
    failures: Vec<String>,
}

impl Hearing<'_> {
    fn fails(&mut self, why: &str) {
        self.failures.push(plain(why, WORDS_CHARS_MAX));
    }

    fn look(&mut self, path: &Path, kept: &mut Kept, in_force: bool) -> Looked {
        let hub = self.ways.hub.map(str::to_owned).or_else(|| kept.hub.clone());
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
        match self.standing(hub, path, kept) {
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

    /// Reads a hub's whole log: it continues all that was seen of it before, with whichever release, which is remembered, and says
    /// where the release stands.
    fn standing(&mut self, hub: Option<String>, path: &Path, kept: &mut Kept) -> anyhow::Result<Standing> {
        let unknown = || format!("the address of `{}` is not known; give it with `--hub`", kept.origin);
        let hub = hub.with_context(unknown)?;
        // Every checkpoint that was seen is among them, its own too, or else that does not hold and neither does what is said of it.
        if !Seen::of(kept).holds_up(kept) {
            bail!("the checkpoint that is kept of `{}` is not signed by its key", kept.origin);
        }
        let older = || {
            let older: Vec<String> =
                self.seen.iter().filter(|seen| seen.holds_up(kept)).map(|seen| seen.note.clone()).collect();
            // One that brings a mistake in the software to light is one hub's failure.
            let read = guarded(|| log(self.ways.patience, &hub, &kept.release.key, older));
            read.map_err(Into::into).flatten().map_err(|error| format!("{error:#}"))
        };
        let read = self.logs.entry((hub.clone(), kept.release.key.clone())).or_insert_with(older);
        let audited = read.as_ref().map_err(|why| anyhow!("{why}"))?;
        let entry = kept.release.index;
        let version = audited.state.versions.get(&entry);
        let version = version.with_context(|| format!("entry {entry} of `{}` releases nothing", kept.origin))?;
        let standing = version.standing.clone();
        if kept.checkpoint != audited.log.note || kept.hub.as_ref() != Some(&hub) {
            (kept.checkpoint, kept.size, kept.hub) = (audited.log.note.clone(), audited.log.size, Some(hub));
            if let Err(error) = kept.write(path) {
                self.fails(&format!("what was seen of the log of `{}` could not be kept: {error:#}", kept.origin));
            }
        }
        Ok(standing)
    }
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
