//! What a schedule has made, what became of it, and what it could not make: one file beside the schedule, for its owner.
//!
//! It says everything about a file but what is in it. It is written after the file, and the file is looked for by it alone.

use model::{Digest, GrantId, Seq, Timestamp, View, ViewId, ViewVersion, Window};
use serde::{Deserialize, Serialize};

use crate::hooks::Failing;

/// The most files that are told of; of those that are gone the oldest are forgotten first, and their receipts stay.
const EXPORTS_MAX: usize = 1_000;
/// The most periods without a file, and disclosures without one, that are told of.
const MISSED_MAX: usize = 100;
/// The most versions of views that are remembered.
const VERSIONS_MAX: usize = 100;

/// One file: one period under one version of a view, made of one disclosure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// Its name.
    pub file: String,
    /// Of which time.
    pub period: Window,
    /// Under which view.
    pub view: ViewId,
    /// Which version of it.
    pub version: ViewVersion,
    /// How many rows it has.
    pub rows: u64,
    /// How many cells were withheld from it.
    pub withheld: u64,
    /// How long it is, in bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: Digest,
    /// The disclosure that it was made of.
    pub disclosure: Seq,
    /// The grant that gave it.
    pub grant: GrantId,
    /// When it was made.
    pub made: Timestamp,
    /// When and why it was withdrawn; it is there if it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<Gone>,
}

/// When and why a file was withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gone {
    /// When.
    pub at: Timestamp,
    /// Why, in words.
    pub why: String,
}

/// A stretch of time of which no file was made and none will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Missed {
    /// Which.
    pub window: Window,
    /// Under which version of the view.
    pub version: ViewVersion,
    /// When that was found.
    pub at: Timestamp,
    /// Why, in words.
    pub why: String,
}

/// A version of a view under which files are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Version {
    /// The view as it was then.
    pub(super) view: View,
    /// Up to when every period was made or missed.
    pub(super) through: Timestamp,
}

/// A file that is being made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Underway {
    pub(super) file: String,
    pub(super) period: Window,
    pub(super) view: View,
    /// Its disclosure gets this number or a later one.
    pub(super) from: Seq,
}

/// Disclosures that were recorded for a file by a process that ended before the file was there. Nobody got anything of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unused {
    /// The name that the file would have had.
    pub file: String,
    /// Their numbers.
    pub disclosures: Vec<Seq>,
}

/// What a schedule has made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The files, in the order in which they were made.
    pub exports: Vec<Export>,
    /// Periods of which there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<Missed>,
    /// Disclosures that came to nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unused: Vec<Unused>,
    /// Why the last try did not succeed, and since when none did; none if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<Failing>,
    /// When it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) again: Option<Timestamp>,
    /// The versions of views that there were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) versions: Vec<Version>,
    /// What is being made, or was when the process ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) underway: Option<Underway>,
}

impl Manifest {
    /// The files that are there.
    pub fn standing(&self) -> impl Iterator<Item = &Export> {
        self.exports.iter().filter(|export| export.gone.is_none())
    }

    /// A version of a view.
    pub(super) fn version(&self, view: &ViewId, version: ViewVersion) -> Option<&Version> {
        self.versions.iter().find(|known| known.view.id == *view && known.view.version == version)
    }

    /// Notes up to when the periods of a version are made or missed.
    pub(super) fn through(&mut self, view: &View, through: Timestamp) {
        let same = |known: &&mut Version| known.view.id == view.id && known.view.version == view.version;
        match self.versions.iter_mut().find(same) {
            Some(known) => known.through = through,
            None => self.versions.push(Version { view: view.clone(), through }),
        }
        forget_oldest(&mut self.versions, VERSIONS_MAX);
    }

    /// Enters a file that is there.
    pub(super) fn enter(&mut self, export: Export) {
        self.exports.push(export);
        while self.exports.len() > EXPORTS_MAX {
            // Those that are there are never more than this.
            let Some(at) = self.exports.iter().position(|export| export.gone.is_some()) else { break };
            self.exports.remove(at);
        }
    }

    /// Notes disclosures that came to nothing.
    pub(super) fn came_to_nothing(&mut self, file: &str, disclosures: Vec<Seq>) {
        if !disclosures.is_empty() {
            self.unused.push(Unused { file: file.to_owned(), disclosures });
            forget_oldest(&mut self.unused, MISSED_MAX);
        }
    }

    /// Notes a stretch of time without a file; one that goes on from the last is one with it.
    pub(super) fn miss(&mut self, missed: Missed) {
        match self.missed.last_mut() {
            Some(last)
                if last.window.end == missed.window.start
                    && last.version == missed.version
                    && last.why == missed.why =>
            {
                (last.window.end, last.at) = (missed.window.end, missed.at);
            }
            _ => self.missed.push(missed),
        }
        forget_oldest(&mut self.missed, MISSED_MAX);
    }
}

fn forget_oldest<T>(list: &mut Vec<T>, most: usize) {
    list.drain(..list.len().saturating_sub(most));
}
