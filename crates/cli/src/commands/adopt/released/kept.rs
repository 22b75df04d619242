//! What a city keeps of releases that it adopted, a file each in `adopted/`: the release with its proof, the hub's newest checkpoint
//! that held, and which layers are the release's own. It is read by whoever adopts or checks, and decides nothing.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use hub::act::{Act, What};
use hub::pilot::Draft;
use hub::release::{Release, Verified};
use journal::files::{self, Readers};
use model::policy::PolicyText;
use model::{Digest, PolicyLayer};
use serde::{Deserialize, Serialize};
use tlog::Vkey;

use super::file;
use crate::output::Status;

/// The folder of a city in which releases are kept.
const FOLDER: &str = "adopted";

/// What a city keeps of an adoption.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    /// The hub's address, if it is known.
    pub(super) hub: Option<String>,
    /// The log's origin.
    pub(super) origin: String,
    /// The hash of the policies that came into force with it.
    pub(super) policies: String,
    /// The layers of them that are its own; none in what was kept before these were noted.
    #[serde(default)]
    pub(super) layers: Vec<OwnLayer>,
    /// How many entries the checkpoint counts.
    pub(super) size: u64,
    /// The newest checkpoint that held, which the hub's log has to continue for ever.
    pub(super) checkpoint: String,
    pub(super) release: Release,
}

/// A layer that a release brought.
#[derive(Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnLayer {
    name: String,
    /// Over its norms. Its duties take values from profiles above it, and are looked at only where it has no norm.
    digest: Digest,
}

impl OwnLayer {
    pub(super) fn of(layer: &PolicyLayer) -> Self {
        let mut own = layer.clone();
        if !own.cedar.is_empty() {
            own.duties.clear();
        }
        let digest = Draft::of_layers(String::new(), String::new(), vec![own]).digest();
        Self { name: layer.name.clone(), digest }
    }
}

/// Everything that a city keeps, and what of it is damaged.
pub(super) fn each(city: &Path) -> anyhow::Result<Vec<(PathBuf, anyhow::Result<Kept>)>> {
    let folder = city.join(FOLDER);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("`{}`", folder.display())),
    };
    let mut all = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let read = file(&path).and_then(|bytes| Ok(serde_json::from_slice(&bytes)?));
            let read = read.with_context(|| format!("`{}` is damaged", path.display()));
            all.push((path, read));
        }
    }
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(all)
}

/// The same where none may be damaged.
pub(super) fn all(city: &Path) -> anyhow::Result<Vec<(PathBuf, Kept)>> {
    each(city)?.into_iter().map(|(path, kept)| Ok((path, kept?))).collect()
}

/// Where something new is kept.
pub(super) fn path(city: &Path, kept: &Kept) -> anyhow::Result<PathBuf> {
    let folder = city.join(FOLDER);
    files::folder(&folder, Readers::Everybody).with_context(|| format!("`{}`", folder.display()))?;
    let path = folder.join(format!("{}-{}.json", kept.policies, kept.release.index));
    if path.exists() {
        let why = format!("`{}` holds what another hub released; it was left as it is", path.display());
        return Err(Status::bad_input(why).into());
    }
    Ok(path)
}

impl Kept {
    /// The release, verified whole under the key that it names itself: whose key that is, is for whoever asks to hold against one
    /// that came another way.
    pub(super) fn verified(&self) -> anyhow::Result<Verified> {
        let key: Vkey = self.release.key.parse().context("the key that it names")?;
        let verified = self.release.verify(&key)?;
        if verified.origin != self.origin {
            bail!("it is of `{}`, and is kept as one of `{}`", verified.origin, self.origin);
        }
        Ok(verified)
    }

    /// Whether both are the same adoption.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        let same = self.origin == other.origin && self.policies == other.policies;
        same && self.release.index == other.release.index
    }

    /// Whether its norms are in force: policies have one of its layers as it was released.
    pub(super) fn is_in_force(&self, policies: &PolicyText, hash: &str) -> bool {
        self.policies == hash || policies.layers.iter().any(|layer| self.layers.contains(&OwnLayer::of(layer)))
    }

    /// What was released, in words.
    pub(super) fn reference(&self) -> String {
        match Act::from_bytes(self.release.entry.as_bytes()).map(|act| act.what) {
            Ok(What::VersionReleased(released)) => format!("{}@{}", released.urn, released.version),
            _ => format!("entry {} of `{}`", self.release.index, self.origin),
        }
    }

    /// Puts it in its place, whole.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let put = files::put(path, &serde_json::to_vec(self)?, Readers::Everybody);
        put.with_context(|| format!("`{}`", path.display()))
    }
}
