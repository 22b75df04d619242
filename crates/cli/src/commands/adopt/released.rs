//! Adopting what a hub released: the release is verified whole under the hub's key, kept beside the city, and looked after.
//!
//! What does not verify is refused and nothing is written. A hub's key is given once; afterwards the city holds every release of that hub
//! to the key that it knows.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use hub::audit::audit;
use hub::release::{RELEASE_BYTES_MAX, Release};
use hub::state::Standing;
use serde::{Deserialize, Serialize};
use standards::Pack;
use tlog::Vkey;

use crate::args::framework::Adopt;
use crate::client::{AddressSource, Client, is_address};
use crate::commands::public_log;
use crate::output::{Output, Status};

/// How the file of a release is called.
const NAME: &str = "release.json";
/// The folder of a city in which releases are kept.
const FOLDER: &str = "adopted";
/// The longest reason of an adoption that is handed on, in bytes.
const REASON_BYTES_MAX: usize = 2_000;

/// Whether a pack is named by its release.
pub(super) fn is_release(name: &str) -> bool {
    is_address(name) || Path::new(name).file_name().is_some_and(|name| name.to_string_lossy().ends_with(NAME))
}

/// A release that was verified.
pub(super) struct Released {
    pub(super) pack: Pack,
    pub(super) vkey: Vkey,
    origin: String,
    index: u64,
    /// The hub's address, if it is known.
    hub: Option<String>,
    release: Release,
}

/// What a city keeps of an adoption.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// The hub's address, if it is known.
    hub: Option<String>,
    /// The log's origin.
    origin: String,
    /// The hash of the policies that came into force with it.
    policies: String,
    /// How many entries the checkpoint of its proof counts.
    size: u64,
    /// The checkpoint itself, which the hub's log has to continue for ever.
    checkpoint: String,
    release: Release,
}

/// Reads a release and verifies it.
pub(super) fn read(args: &Adopt, name: &str) -> anyhow::Result<Released> {
    let (bytes, hub) = if is_address(name) {
        let Some((hub, _)) = name.split_once("/versions/").filter(|(_, rest)| rest.ends_with(NAME)) else {
            return Err(
                Status::bad_input(format!("`{name}` is no release; name the hub's `…/versions/N/{NAME}`")).into()
            );
        };
        (Client::new(name).bytes(RELEASE_BYTES_MAX)?, Some(hub.to_owned()))
    } else {
        (file(Path::new(name))?, args.hub.clone())
    };
    let bad =
        |error: &dyn std::fmt::Display| Status::bad_input(format!("`{name}` is refused, nothing was written: {error}"));
    let release = Release::from_bytes(&bytes).map_err(|error| bad(&error))?;
    let vkey = key(args, &release).map_err(|error| bad(&error))?;
    let verified = release.verify(&vkey).map_err(|error| bad(&error))?;
    let (origin, index, pack) = (verified.origin, verified.index, verified.pack);
    Ok(Released { pack, vkey, origin, index, hub: hub.map(|hub| hub.trim_end_matches('/').to_owned()), release })
}

/// The hub's key: the one that is given, and the one that the city knows of this hub; they have to be the same.
fn key(args: &Adopt, release: &Release) -> anyhow::Result<Vkey> {
    let claimed: Vkey = release.key.parse().context("the key that it names")?;
    let known = kept(Path::new(&args.city))?.into_iter().map(|(_, kept)| kept);
    let known = known.filter(|kept| kept.origin == claimed.name()).map(|kept| kept.release.key).next();
    match (args.hub_key.clone(), known) {
        (None, None) => anyhow::bail!("this city knows no key of `{}` yet; give it with `--hub-key`", claimed.name()),
        (Some(given), Some(known)) if given != known => {
            anyhow::bail!("this city knows `{}` by another key, `{known}`", claimed.name())
        }
        (Some(given), _) => given.parse().context("the key given with `--hub-key`"),
        (None, Some(known)) => known.parse().context("the key that the city knows"),
    }
}

fn file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let named = || format!("`{}`", path.display());
    let mut bytes = Vec::new();
    let file = fs::File::open(path).with_context(named)?;
    file.take(RELEASE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).with_context(named)?;
    Ok(bytes)
}

impl Released {
    /// What the act says: which entry of which hub it was, after the reason of whoever adopts.
    pub(super) fn reason(&self, own: Option<&str>) -> String {
        let own: String = own.map(|own| format!("{own} – ")).unwrap_or_default();
        let own = if own.len() > REASON_BYTES_MAX { String::new() } else { own };
        format!("{own}{} released by entry {} of `{}`", self.pack.manifest.reference, self.index, self.origin)
    }

    /// Keeps the release beside the city; a city at an address keeps its own copy elsewhere. Gives the file, if it is new.
    pub(super) fn keep(&self, city: &str, policies: &str) -> anyhow::Result<Option<PathBuf>> {
        if is_address(city) {
            return Ok(None);
        }
        let folder = Path::new(city).join(FOLDER);
        fs::create_dir_all(&folder).with_context(|| format!("`{}`", folder.display()))?;
        let verified = self.release.verify(&self.vkey)?;
        let kept = Kept {
            hub: self.hub.clone(),
            origin: self.origin.clone(),
            policies: policies.to_owned(),
            size: verified.size,
            checkpoint: verified.checkpoint,
            release: self.release.clone(),
        };
        let path = folder.join(format!("{policies}.json"));
        let is_new = !path.exists();
        let draft = path.with_extension("tmp");
        fs::write(&draft, serde_json::to_vec(&kept)?).and_then(|()| fs::File::open(&draft)?.sync_all())?;
        fs::rename(&draft, &path)?;
        Ok(Some(path).filter(|_| is_new))
    }
}

/// What a city keeps; nothing where there is no such folder.
fn kept(city: &Path) -> anyhow::Result<Vec<(PathBuf, Kept)>> {
    let folder = city.join(FOLDER);
    let listed = match fs::read_dir(&folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("`{}`", folder.display())),
    };
    let mut all = Vec::new();
    for entry in listed {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let named = || format!("`{}` is damaged", path.display());
            let kept: Kept = serde_json::from_slice(&file(&path)?).with_context(named)?;
            all.push((path, kept));
        }
    }
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(all)
}

/// What became of a release.
#[derive(Serialize)]
struct Looked {
    reference: String,
    hub: String,
    entry: u64,
    /// Whether its norms are those in force.
    in_force: bool,
    /// `released`, `withdrawn` or `corrected`.
    standing: &'static str,
    /// By which entry of the hub, if it stands no longer.
    by: Option<u64>,
    /// Which entry takes its place.
    instead: Option<u64>,
    reasons: Option<String>,
}

/// `ordinance adopt CITY --check`
pub(super) fn check(args: &Adopt, output: &Output) -> anyhow::Result<()> {
    if is_address(&args.city) {
        return Err(Status::bad_input("what a city adopted is kept in its folder; name that").into());
    }
    let state = public_log(&args.city, None)?.state;
    let in_force = state.policy.as_ref().map(|policy| policy.hash.to_string()).unwrap_or_default();
    let mut looked = Vec::new();
    for (_, kept) in kept(Path::new(&args.city))? {
        looked.push(look(args, &kept, kept.policies == in_force)?);
    }
    let words: Vec<String> = looked.iter().map(in_words).collect();
    let words = if words.is_empty() { "Nothing was adopted from a hub.".to_owned() } else { words.join("\n") };
    output.result(&looked, &words)?;
    match looked.iter().find(|looked| looked.in_force && looked.standing != "released") {
        Some(ended) => {
            Err(Status::fails(format!("{} is in force here and was {}", ended.reference, ended.standing)).into())
        }
        None => Ok(()),
    }
}

/// Reads a hub's whole log: it continues what was adopted, and says where the release stands.
fn look(args: &Adopt, kept: &Kept, in_force: bool) -> anyhow::Result<Looked> {
    let origin = &kept.origin;
    let hub = args.hub.clone().or_else(|| kept.hub.clone());
    let hub = hub.with_context(|| format!("the address of `{origin}` is not known; give it with `--hub`"))?;
    let source = AddressSource(Client::new(&hub));
    let audited = audit(&source, Some(&kept.release.key), Some(kept.checkpoint.clone()));
    let audited =
        audited.map_err(|error| Status::fails(format!("the log of the hub `{hub}` does not hold: {error}")))?;
    let entry = kept.release.index;
    let version = audited.state.versions.get(&entry);
    let version = version.ok_or_else(|| Status::fails(format!("entry {entry} of `{origin}` releases nothing")))?;
    let reference = format!("{}@{}", version.released.urn, version.released.version);
    let released =
        Looked { reference, hub, entry, in_force, standing: "released", by: None, instead: None, reasons: None };
    Ok(match &version.standing {
        Standing::Released => released,
        Standing::Withdrawn { entry, decision } => {
            let reasons = Some(decision.reasons.to_string());
            Looked { standing: "withdrawn", by: Some(*entry), reasons, ..released }
        }
        Standing::Corrected { entry, by, decision } => {
            let (reasons, instead) = (Some(decision.reasons.to_string()), Some(*by));
            Looked { standing: "corrected", by: Some(*entry), instead, reasons, ..released }
        }
    })
}

fn in_words(looked: &Looked) -> String {
    let force = if looked.in_force { "in force here" } else { "not in force here any more" };
    let mut words = format!("{}, {force}: {}", looked.reference, looked.standing);
    if let Some(by) = looked.by {
        words.push_str(&format!(" by entry {by} of {}", looked.hub));
    }
    if let Some(instead) = looked.instead {
        words.push_str(&format!("; in its place: {}/versions/{instead}/{NAME}", looked.hub));
    }
    if let Some(reasons) = &looked.reasons {
        words.push_str(&format!("\n  {reasons}"));
    }
    words
}
