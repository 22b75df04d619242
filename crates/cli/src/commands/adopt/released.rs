//! Adopting what a hub released: the release is verified whole under the hub's key, the hub's log says that it still stands, and both
//! are kept beside the city.
//!
//! What does not verify, or was withdrawn or replaced since, is refused and nothing is written. A hub's key is given once; afterwards
//! the city holds every release of that hub to the key that it knows.

mod check;
mod kept;
mod proofs;

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use hub::audit::{Audit, audit};
use hub::release::{RELEASE_BYTES_MAX, Release};
use hub::state::Standing;
use model::policy::{LayerSource, LayerSources};
use model::{Digest, PolicyLayer, Span, plain};
use register::state::PolicyInForce;
use standards::{Pack, Reference};
use tlog::Vkey;

use crate::args::framework::Adopt;
use crate::client::{AddressSource, Client, Within, is_address};
use crate::commands::WORDS_CHARS_MAX;
use crate::commands::framework::shelf::Packs;
use crate::output::Status;
use crate::system::SystemClock;

pub(super) use check::check;
pub(in super::super) use check::{Ways, hear};
pub(in super::super) use proofs::{Brought, Proofs, Proven};

use kept::{Kept, OwnLayer};

/// How the file of a release is called.
const NAME: &str = "release.json";
/// The longest reason of an adoption that is handed on, in bytes.
const REASON_BYTES_MAX: usize = 2_000;
/// How many times as long as one file of a hub its whole log may take.
const LOG_PATIENCE: u32 = 10;
/// The largest log of a hub that is read, in bytes: what it says is held in memory.
const LOG_BYTES_MAX: usize = 512 << 20;
/// The hub's log says that a release stands.
const RELEASED: &str = "released";
/// Nobody was asked.
pub(super) const NOT_CHECKED: &str = "not-checked";

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
    /// The hash of the pack.
    digest: Digest,
    /// The newest checkpoint of the hub's log that was seen, and how many entries it counts.
    newest: (String, u64),
    /// Checkpoints that the newest was shown to continue.
    continued: Vec<String>,
}

/// Reads a release, verifies it, and asks the hub's log whether it still stands.
pub(super) fn read(args: &Adopt, name: &str) -> anyhow::Result<Released> {
    if is_address(&args.city) {
        let why = "what proves a release is kept beside the city; adopt it at the city's folder";
        return Err(Status::bad_input(why).into());
    }
    let (bytes, hub) = if is_address(name) {
        let Some((hub, _)) = name.split_once("/versions/").filter(|(_, rest)| rest.ends_with(NAME)) else {
            return Err(
                Status::bad_input(format!("`{name}` is no release; name the hub's `…/versions/N/{NAME}`")).into()
            );
        };
        (door(args.taking.patience, name).bytes(RELEASE_BYTES_MAX)?, Some(hub.to_owned()))
    } else {
        (file(Path::new(name))?, args.taking.hub.clone())
    };
    let bad = |error: &dyn std::fmt::Display| {
        // A hub's reasons are among it.
        let why = plain(&error.to_string(), WORDS_CHARS_MAX);
        Status::bad_input(format!("`{name}` is refused, nothing was written: {why}"))
    };
    let release = Release::from_bytes(&bytes).map_err(|error| bad(&error))?;
    let known = kept::all(Path::new(&args.city)).map_err(|error| bad(&error))?;
    let vkey = key(args, &release, &known).map_err(|error| bad(&error))?;
    let verified = release.verify(&vkey).map_err(|error| bad(&error))?;
    let of_hub: Vec<&Kept> = known.iter().map(|(_, kept)| kept).filter(|kept| kept.origin == verified.origin).collect();
    let hub = hub.or_else(|| of_hub.iter().find_map(|kept| kept.hub.clone()));
    let hub = hub.map(|hub| hub.trim_end_matches('/').to_owned());
    let mut newest = (verified.checkpoint.clone(), verified.size);
    let mut continued = vec![verified.checkpoint];
    if let Some(hub) = &hub {
        continued.extend(of_hub.iter().map(|kept| kept.checkpoint.clone()));
        let audited =
            log(args.taking.patience, hub, &vkey.to_string(), continued.clone()).map_err(|error| bad(&error))?;
        stands(&audited, verified.index, hub).map_err(|error| bad(&error))?;
        newest = (audited.log.note, audited.log.size);
    }
    let (origin, index, pack, digest) = (verified.origin, verified.index, verified.pack, verified.released.pack);
    Ok(Released { pack, vkey, origin, index, hub, release, digest, newest, continued })
}

/// Puts what a release stands on, and what the city adopted from its hub before, among the packs at hand.
///
/// # Errors
/// Something else is at hand under the same name and version: it would be put in the place of what the release was made on. Or nothing.
pub(super) fn shelve_bases(packs: &mut Packs, args: &Adopt, release: &Released) -> anyhow::Result<()> {
    let mut at_hand: Vec<_> = packs.all().cloned().collect();
    let kept = Proofs::of(Path::new(&args.city), &at_hand)?.holding;
    let (mut wanted, mut seen) = (release.pack.manifest.based_on.clone(), BTreeSet::new());
    while let Some(next) = wanted.pop() {
        if !seen.insert(next.clone()) {
            continue;
        }
        let of_hub = |proven: &&Proven| {
            proven.verified.origin == release.origin && proven.verified.pack.manifest.reference == next
        };
        let there = at_hand.iter().find(|other| other.manifest.reference == next);
        let Some(proven) = kept.iter().find(of_hub) else {
            there.with_context(|| missing(release, &next))?;
            continue;
        };
        let pack = &proven.verified.pack;
        match there {
            Some(other) if other.hash == pack.hash => wanted.extend(pack.manifest.based_on.iter().cloned()),
            Some(_) => {
                let why = format!(
                    "it stands on `{next}` as its hub released it, and another pack of that name and version is at hand; nothing was written"
                );
                return Err(Status::bad_input(why).into());
            }
            None => {
                let key = proven.key.parse().context("the key of a release that is kept")?;
                at_hand.push(packs.released(pack.clone(), key)?);
                wanted.extend(pack.manifest.based_on.iter().cloned());
            }
        }
    }
    Ok(())
}

/// That what a release stands on is not at hand, and what can be done.
fn missing(release: &Released, base: &Reference) -> Status {
    Status::bad_input(format!(
        "`{}` stands on `{base}`, which this software does not carry, and of which this city has no release. Adopt the release of that \
         first, or begin the city under it; or name its folder with `--library`. Nothing was written",
        release.pack.manifest.reference
    ))
}

/// The way to an address of a hub, which answers within some seconds or not at all.
fn door(patience: u32, address: &str) -> Client {
    Client::patient(address, Duration::from_secs(patience.into()))
}

/// A hub's whole log, which continues each of these checkpoints.
fn log(patience: u32, hub: &str, key: &str, older: Vec<String>) -> anyhow::Result<Audit> {
    let (door, whole) = (door(patience, hub), Span::seconds(patience.saturating_mul(LOG_PATIENCE)));
    let source = Within::new(AddressSource(door), &SystemClock, whole, LOG_BYTES_MAX);
    let audited = audit(&source, Some(key), older);
    audited.map_err(|error| {
        Status::fails(format!("the log of the hub `{hub}` was not had, or does not hold: {error}")).into()
    })
}

/// That a version may be adopted, as its hub's log says.
fn stands(audited: &Audit, entry: u64, hub: &str) -> anyhow::Result<()> {
    let version = audited.state.versions.get(&entry);
    match &version.with_context(|| format!("entry {entry} of the log at `{hub}` releases nothing"))?.standing {
        Standing::Released => Ok(()),
        Standing::Withdrawn { entry, decision } => {
            anyhow::bail!("it was withdrawn by entry {entry} of {hub}: {}", decision.reasons)
        }
        Standing::Corrected { entry, by, decision } => {
            let reasons = &decision.reasons;
            anyhow::bail!("it was corrected by entry {entry}: {reasons}; in its place: {hub}/versions/{by}/{NAME}")
        }
    }
}

/// The hub's key: the one that is given, and those under which the city keeps this hub; all that there are have to be the same.
fn key(args: &Adopt, release: &Release, known: &[(PathBuf, Kept)]) -> anyhow::Result<Vkey> {
    let claimed: Vkey = release.key.parse().context("the key that it names")?;
    let kept = known.iter().filter(|(_, kept)| kept.origin == claimed.name());
    let mut known = kept.map(|(_, kept)| kept.release.key.as_str());
    let Some(first) = args.taking.hub_key.as_deref().or_else(|| known.next()) else {
        anyhow::bail!("this city knows no key of `{}` yet; give it with `--hub-key`", claimed.name())
    };
    if let Some(other) = known.find(|known| *known != first) {
        anyhow::bail!("this city knows `{}` by another key, `{}`", claimed.name(), plain(other, WORDS_CHARS_MAX))
    }
    first.parse().context("the key of the hub")
}

fn file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let named = || format!("`{}`", path.display());
    let mut bytes = Vec::new();
    let file = fs::File::open(path).with_context(named)?;
    file.take(RELEASE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).with_context(named)?;
    Ok(bytes)
}

/// What is known of releases that brought layers.
#[derive(Default)]
pub(super) struct Known {
    /// Of the release that is adopted now.
    pub(super) released: LayerSources,
    /// Of releases that were adopted before.
    pub(super) kept: LayerSources,
    /// Whether the hub's log was asked if these still stand; none where none of them is needed.
    standing: Option<&'static str>,
}

impl Known {
    /// Whether everything that is said to be released was asked for at its hub: `released`, or `not-checked`.
    pub(super) fn standing(&self, now: Option<&Released>) -> Option<&'static str> {
        let both = [now.map(Released::standing), self.standing];
        both.into_iter().flatten().max_by_key(|standing| *standing == NOT_CHECKED)
    }
}

/// Which layers a release brought, by name: the one that is adopted now, and, of layers about which nothing was said before, those that
/// are kept, verify under the key that the city knows, and still stand where their hub can be asked.
///
/// # Errors
/// What is kept contradicts itself or the log, or stands no longer.
pub(super) fn of_layers(
    args: &Adopt,
    policy: Option<&PolicyInForce>,
    now: Option<&Released>,
    layers: &[PolicyLayer],
) -> anyhow::Result<Known> {
    let mut known = Known::default();
    if is_address(&args.city) {
        return Ok(known);
    }
    if let Some(now) = now {
        agrees(policy, &now.origin, &now.vkey.to_string())?;
    }
    known.released.extend(now.iter().flat_map(|now| {
        let own = layers.iter().filter(|layer| layer.name == now.pack.manifest.id);
        own.map(|layer| (layer.name.clone(), now.source()))
    }));
    let stays = |layer: &PolicyLayer| {
        policy.is_some_and(|policy| policy.text.layers.contains(layer) && policy.sources.contains_key(&layer.name))
    };
    let asked = |layer: &&PolicyLayer| !known.released.contains_key(&layer.name) && !stays(layer);
    let asked: Vec<&PolicyLayer> = layers.iter().filter(asked).collect();
    let at_hand: Vec<_> = Packs::open(&args.shelf)?.all().cloned().collect();
    // What is damaged vouches for nothing; `--check` and `verify` tell of it.
    let proofs = Proofs::of(Path::new(&args.city), &at_hand)?;
    for layer in asked {
        let brings = proofs.holding.iter().filter(|proven| proven.brought(layer) == Brought::Yes);
        let mut refused = None;
        for proven in brings {
            if !is_known(args, policy, proven)? {
                continue;
            }
            match still_stands(args, &proofs, proven) {
                Ok(standing) => {
                    known.kept.insert(layer.name.clone(), proven.source());
                    let not_checked = known.standing == Some(NOT_CHECKED) || standing == NOT_CHECKED;
                    known.standing = Some(if not_checked { NOT_CHECKED } else { standing });
                    refused = None;
                    break;
                }
                Err(error) => refused = Some(error),
            }
        }
        // Whoever says why it is adopted unreleased says it in the log, and no release is named.
        if let Some(error) = refused.filter(|_| args.unreleased.is_none()) {
            let layer = &layer.name;
            let why = format!(
                "the layer `{layer}` is of a release that is kept and cannot be adopted as one: {error:#}; nothing was written"
            );
            return Err(Status::bad_input(plain(&why, WORDS_CHARS_MAX)).into());
        }
    }
    Ok(known)
}

/// Whether the city knows a kept release's key otherwise than by the file: the log names it, or it is given.
fn is_known(args: &Adopt, policy: Option<&PolicyInForce>, proven: &Proven) -> anyhow::Result<bool> {
    let named = agrees(policy, &proven.verified.origin, &proven.key)?;
    Ok(named || args.taking.hub_key.as_ref() == Some(&proven.key))
}

/// Whether the log names this key of a hub. One that contradicts it is refused.
fn agrees(policy: Option<&PolicyInForce>, origin: &str, key: &str) -> anyhow::Result<bool> {
    let named = named(policy, origin);
    if let Some(named) = named.filter(|named| *named != key) {
        let why = format!(
            "the city's log knows `{origin}` by the key `{named}`, and this release is under `{key}`; nothing was written. If it is \
             kept in `adopted/`, take that file away"
        );
        return Err(Status::bad_input(plain(&why, WORDS_CHARS_MAX)).into());
    }
    Ok(named.is_some())
}

/// The key that the policies in force name for a hub's log.
fn named<'p>(policy: Option<&'p PolicyInForce>, of: &str) -> Option<&'p str> {
    policy?.sources.values().find_map(|source| match source {
        LayerSource::Released { origin, key, .. } if origin == of => Some(key.as_str()),
        _ => None,
    })
}

/// Asks the hub's log, if its address is known, whether a kept release still stands.
fn still_stands(args: &Adopt, proofs: &Proofs, proven: &Proven) -> anyhow::Result<&'static str> {
    let of_hub = || proofs.holding.iter().filter(|other| other.verified.origin == proven.verified.origin);
    let given = if args.pack.as_deref().is_some_and(is_release) { None } else { args.taking.hub.clone() };
    let hub = given.or_else(|| proven.hub.clone()).or_else(|| of_hub().find_map(|other| other.hub.clone()));
    let Some(hub) = hub else { return Ok(NOT_CHECKED) };
    let older = of_hub().map(|other| other.checkpoint.clone()).collect();
    stands(&log(args.taking.patience, &hub, &proven.key, older)?, proven.verified.index, &hub)?;
    Ok(RELEASED)
}

impl Proven {
    /// What an act says of a layer that it brought.
    fn source(&self) -> LayerSource {
        let of = &self.verified;
        released(&of.origin, &self.key, of.index, of.released.pack)
    }
}

fn released(origin: &str, key: &str, entry: u64, digest: Digest) -> LayerSource {
    LayerSource::Released { origin: origin.to_owned(), key: key.to_owned(), entry, digest }
}

impl Released {
    /// What the act says: which entry of which hub it was, after the reason of whoever adopts.
    ///
    /// # Errors
    /// Their reason leaves no room for the entry.
    pub(super) fn reason(&self, own: Option<&str>) -> anyhow::Result<String> {
        if own.is_some_and(|own| own.len() > REASON_BYTES_MAX) {
            let why =
                format!("the reason is longer than {REASON_BYTES_MAX} bytes, and the entry of the hub stands after it");
            return Err(Status::bad_input(why).into());
        }
        let own: String = own.map(|own| format!("{own} – ")).unwrap_or_default();
        Ok(format!("{own}{} released by entry {} of `{}`", self.pack.manifest.reference, self.index, self.origin))
    }

    /// Whether the hub's log was asked if the release still stands.
    pub(super) const fn standing(&self) -> &'static str {
        if self.hub.is_some() { RELEASED } else { NOT_CHECKED }
    }

    /// What the act says of a layer that it brought.
    fn source(&self) -> LayerSource {
        released(&self.origin, &self.vkey.to_string(), self.index, self.digest)
    }

    /// Keeps the release beside the city, with the layers that are its own. Gives the file, if it is new. What is kept already gives
    /// way to a checkpoint that continues it, and to no other.
    pub(super) fn keep(&self, city: &Path, policies: &str, layers: &[PolicyLayer]) -> anyhow::Result<Option<PathBuf>> {
        let own = layers.iter().filter(|layer| layer.name == self.pack.manifest.id);
        let kept = Kept {
            hub: self.hub.clone(),
            origin: self.origin.clone(),
            policies: policies.to_owned(),
            layers: own.map(OwnLayer::of).collect(),
            size: self.newest.1,
            checkpoint: self.newest.0.clone(),
            release: self.release.clone(),
        };
        let before = kept::all(city)?.into_iter().find(|(_, before)| before.is_of(&kept));
        let Some((path, before)) = before else {
            let path = kept::path(city, &kept)?;
            kept.write(&path)?;
            return Ok(Some(path));
        };
        if !self.continued.contains(&before.checkpoint) {
            let path = path.display();
            let why = format!(
                "`{path}` holds a checkpoint that this release was not shown to continue, and was left as it is; give the hub's \
                 address with `--hub`"
            );
            return Err(Status::bad_input(why).into());
        }
        kept.write(&path)?;
        Ok(None)
    }
}
