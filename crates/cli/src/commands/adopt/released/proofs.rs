//! The releases that a city keeps, verified, and whether a layer is what one of them brought.
//!
//! Each is verified under the key that it names itself, so that it proves no more than what that key's owner released. Whose key it is
//! the log says, or whoever gives one. A pack is read over the packs it stands on: those of the other releases first, then those at hand.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::bail;
use hub::release::Verified;
use model::{PolicyLayer, plain};
use standards::{Library, Pack, Resolved, Trust};

use super::kept;
use crate::commands::WORDS_CHARS_MAX;

/// A release that is kept and verifies.
pub(in crate::commands) struct Proven {
    pub(in crate::commands) verified: Verified,
    /// The key that it verifies under.
    pub(in crate::commands) key: String,
    /// The hub's address, if it is known.
    pub(super) hub: Option<String>,
    /// The newest checkpoint that held.
    pub(super) checkpoint: String,
    pack: Arc<Pack>,
    /// It over what it stands on, or why not.
    stack: Result<Resolved, String>,
}

/// Whether a layer is what a release brought: its norms to the letter, its duties the same or, by narrower packs, stricter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands) enum Brought {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// What the release stands on is not at hand, and why.
    Unknown(String),
}

/// All of them.
pub(in crate::commands) struct Proofs {
    pub(in crate::commands) holding: Vec<Proven>,
    /// What does not hold of the others.
    pub(in crate::commands) broken: Vec<String>,
}

impl Proofs {
    /// What a city keeps, read over what is at hand besides.
    ///
    /// # Errors
    /// The folder cannot be read, or one hub is kept under two keys.
    pub(in crate::commands) fn of(city: &Path, at_hand: &[Arc<Pack>]) -> anyhow::Result<Self> {
        let (mut kept, mut broken) = (Vec::new(), Vec::new());
        for (path, read) in kept::each(city)? {
            match read.and_then(|kept| Ok((kept.verified()?, kept))) {
                Ok(verified) => kept.push(verified),
                Err(error) => broken.push(format!("`{}`: {error:#}", path.display())),
            }
        }
        let mut keys = BTreeMap::new();
        for (verified, kept) in &kept {
            let key = keys.entry(&verified.origin).or_insert(&kept.release.key);
            if *key != &kept.release.key {
                let origin = plain(&verified.origin, WORDS_CHARS_MAX);
                bail!(
                    "`adopted/` keeps releases of `{origin}` under two keys, `{key}` and `{}`: one of them is not the hub's; take \
                     away the files of the other",
                    kept.release.key
                );
            }
        }
        let packs: Vec<Arc<Pack>> = kept.iter().map(|(verified, _)| Arc::new(verified.pack.clone())).collect();
        let proven = kept.into_iter().zip(&packs).map(|((verified, kept), pack)| Proven {
            verified,
            key: kept.release.key,
            hub: kept.hub,
            checkpoint: kept.checkpoint,
            pack: Arc::clone(pack),
            stack: stack(pack, packs.iter().chain(at_hand)),
        });
        Ok(Self { holding: proven.collect(), broken })
    }
}

/// A pack over what it stands on. What comes first has the place of what has the same name and version.
fn stack<'p>(pack: &'p Arc<Pack>, others: impl Iterator<Item = &'p Arc<Pack>>) -> Result<Resolved, String> {
    let mut library = Library::new();
    for other in std::iter::once(pack).chain(others) {
        if library.get(&other.manifest.reference).is_none() {
            drop(library.add(other.as_ref().clone(), Trust::Unsigned));
        }
    }
    let resolved = library.stack_of(pack).and_then(|stack| standards::resolve(&stack, None));
    resolved.map_err(|found| found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}

impl Proven {
    /// Whether a layer is what it brought.
    pub(in crate::commands) fn brought(&self, layer: &PolicyLayer) -> Brought {
        brought(&self.pack, &self.stack, layer)
    }
}

fn brought(pack: &Arc<Pack>, stack: &Result<Resolved, String>, layer: &PolicyLayer) -> Brought {
    match stack {
        Ok(stack) if standards::carries(stack, layer) == Some(&pack.manifest.reference) => Brought::Yes,
        Err(why) if standards::can_be(pack, layer) => Brought::Unknown(why.clone()),
        Ok(_) | Err(_) => Brought::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A copy of a pack with one of its files altered, under the same name and version.
    fn altered(pack: &Pack, from: &str, to: &str) -> Arc<Pack> {
        let mut found = false;
        let files = pack.texts_under("").map(|(path, text)| {
            found |= text.contains(from);
            (path.to_owned(), text.replace(from, to).into_bytes())
        });
        let pack = Pack::parse(standards::Files::new(files.collect()).unwrap()).unwrap();
        assert!(found, "{from}");
        Arc::new(pack)
    }

    #[test]
    fn a_profile_whose_base_is_not_at_hand_is_told_of_and_one_that_was_released_takes_the_place_of_what_is() {
        let library = standards::built_in().unwrap();
        let profile = library.find("amsterdam").unwrap();
        let at_hand: Vec<Arc<Pack>> = library.packs().cloned().collect();
        let known = stack(profile, at_hand.iter());
        let layers = known.as_ref().unwrap().policy_layers();
        let layer = layers.last().unwrap();
        assert_eq!(brought(profile, &known, layer), Brought::Yes);
        assert_eq!(brought(profile, &known, &layers[0]), Brought::No);
        // Nothing of what it stands on is here: it is not said to be wrong, and not to be shown.
        let unknown = stack(profile, std::iter::empty());
        let Brought::Unknown(why) = brought(profile, &unknown, layer) else { panic!("{layer:?}") };
        assert!(why.contains("is not at hand"), "{why}");
        let other = PolicyLayer { owner: "Nobody".to_owned(), ..layer.clone() };
        assert_eq!(brought(profile, &unknown, &other), Brought::No, "what needs no base is compared all the same");
        // A release of the core's name and version with other bytes has its place, and what it tightens stays the profile's.
        let core = library.find("global-core").unwrap();
        let owner = format!("owner = \"{}\"", core.manifest.owner);
        let released = altered(core, &owner, "owner = \"A hub\"");
        let over_it = stack(profile, std::iter::once(&released).chain(&at_hand)).unwrap();
        assert_eq!(over_it.layers[0].owner, "A hub");
        assert_eq!(stack(&released, at_hand.iter()).unwrap().layers[0].owner, "A hub");
    }
}
