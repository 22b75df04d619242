//! `ordinance adopt CITY --check`: reads the log of each hub that the city adopted from, tells where each release stands, and remembers
//! the newest checkpoint that held. It adopts nothing. What is wrong with one release hides nothing about the others.

use std::path::Path;

use anyhow::Context;
use hub::state::Standing;
use model::plain;
use serde::Serialize;
use tlog::{Vkey, checkpoint};

use super::kept::{self, Kept};
use super::{NAME, log};
use crate::args::framework::Adopt;
use crate::client::is_address;
use crate::commands::{WORDS_CHARS_MAX, public_log};
use crate::output::{Output, Status};

/// What became of a release.
#[derive(Serialize)]
struct Looked {
    reference: String,
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

pub(in super::super) fn check(args: &Adopt, output: &Output) -> anyhow::Result<()> {
    if is_address(&args.city) {
        return Err(Status::bad_input("what a city adopted is kept in its folder; name that").into());
    }
    let state = public_log(&args.city, None)?.state;
    let (mut looked, mut failures) = (Vec::new(), Vec::new());
    let all = kept::each(Path::new(&args.city))?;
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
        let policy = state.policy.as_ref();
        let in_force = policy.is_some_and(|policy| kept.is_in_force(&policy.text, &policy.hash.to_string()));
        looked.push(look(args, &path, &mut kept, &seen, in_force));
        seen.push(Seen::of(&kept));
    }
    failures.extend(looked.iter().filter_map(|looked| {
        let unknown = looked.error.as_ref().map(|error| format!("{}: {error}", looked.reference));
        let ended = looked.in_force && looked.standing != "released";
        unknown.or_else(|| ended.then(|| format!("{} is in force here and was {}", looked.reference, looked.standing)))
    }));
    let words: Vec<String> = looked.iter().map(in_words).collect();
    let words = if words.is_empty() { "Nothing was adopted from a hub.".to_owned() } else { words.join("\n") };
    output.result(&looked, &words)?;
    if failures.is_empty() { Ok(()) } else { Err(Status::fails(failures.join("; ")).into()) }
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

fn look(args: &Adopt, path: &Path, kept: &mut Kept, seen: &[Seen], in_force: bool) -> Looked {
    let hub = args.hub.clone().or_else(|| kept.hub.clone());
    let unknown = Looked {
        reference: kept.reference(),
        hub: hub.clone(),
        entry: kept.release.index,
        in_force,
        standing: "unknown",
        by: None,
        instead: None,
        reasons: None,
        error: None,
    };
    match standing(hub, path, kept, seen) {
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
fn standing(hub: Option<String>, path: &Path, kept: &mut Kept, seen: &[Seen]) -> anyhow::Result<Standing> {
    let unknown = || format!("the address of `{}` is not known; give it with `--hub`", kept.origin);
    let hub = hub.with_context(unknown)?;
    let mut older = vec![kept.checkpoint.clone()];
    let others = seen.iter().filter(|seen| seen.note != kept.checkpoint && seen.holds_up(kept));
    older.extend(others.map(|seen| seen.note.clone()));
    let audited = log(&hub, &kept.release.key, older)?;
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
    if let Some(instead) = looked.instead {
        words.push_str(&format!("; in its place: {hub}/versions/{instead}/{NAME}"));
    }
    for said in looked.reasons.iter().chain(&looked.error) {
        words.push_str(&format!("\n  {}", plain(said, WORDS_CHARS_MAX)));
    }
    words
}
