//! The packs at hand: those of this software and those of folders that the caller names.

use std::path::Path;
use std::sync::Arc;

use norms::proof::{Source, Standard};
use standards::{Diagnostic, Library, Pack, Resolved, Trust, built_in, resolve};
use tlog::Vkey;

use crate::args::framework::Shelf;
use crate::output::Status;

/// Packs, and the keys whose signatures count.
pub(crate) struct Packs {
    library: Library,
    keys: Vec<Vkey>,
}

/// Problems of a pack as one error: bad input.
pub(crate) fn problems(what: &str, problems: &[Diagnostic]) -> anyhow::Error {
    let lines: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
    let details = serde_json::json!(problems);
    Status::bad_input(format!("{what}:\n{}", lines.join("\n"))).with(details).into()
}

impl Packs {
    /// The packs of this software, and no others.
    pub(crate) fn built_in() -> anyhow::Result<Self> {
        let library = built_in().map_err(|found| problems("the packs of this software", &found))?;
        Ok(Self { library, keys: Vec::new() })
    }

    /// Opens the shelf.
    pub(crate) fn open(shelf: &Shelf) -> anyhow::Result<Self> {
        let key = |text: &String| {
            text.parse().map_err(|error| Status::bad_input(format!("`{text}` is no verifier key: {error}")))
        };
        let mut packs = Self::built_in()?;
        packs.keys = shelf.keys.iter().map(key).collect::<Result<_, _>>()?;
        for folder in &shelf.folders {
            packs.add_all(folder)?;
        }
        Ok(packs)
    }

    /// A folder that is a pack, or holds packs.
    fn add_all(&mut self, folder: &Path) -> anyhow::Result<()> {
        if folder.join("pack.toml").is_file() {
            return self.add(folder).map(drop);
        }
        let unreadable = |error| Status::bad_input(format!("`{}` cannot be read: {error}", folder.display()));
        let mut found = 0;
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.join("pack.toml").is_file() {
                self.add(&path)?;
                found += 1;
            }
        }
        if found == 0 {
            let message = format!("`{}` holds no pack: no `pack.toml` in it or in a folder of it", folder.display());
            return Err(Status::bad_input(message).into());
        }
        Ok(())
    }

    fn add(&mut self, folder: &Path) -> anyhow::Result<Arc<Pack>> {
        let name = format!("`{}`", folder.display());
        let pack = Pack::read(folder).map_err(|found| problems(&name, &found))?;
        let trust = standards::trust::trust(&pack, &self.keys).map_err(|error| Status::bad_input(error.to_string()))?;
        let reference = pack.manifest.reference.clone();
        self.library.add(pack, trust).map_err(|found| problems(&name, &found))?;
        let pack = self.library.get(&reference).map(Arc::clone);
        pack.ok_or_else(|| Status::bad_input(format!("{name} could not be shelved")).into())
    }

    /// A pack that a hub released and that was verified under the hub's key.
    pub(crate) fn released(&mut self, pack: Pack, key: Vkey) -> anyhow::Result<Arc<Pack>> {
        self.shelve(pack, Trust::Signed { vkey: Box::new(key) })
    }

    fn shelve(&mut self, pack: Pack, trust: Trust) -> anyhow::Result<Arc<Pack>> {
        let reference = pack.manifest.reference.clone();
        let name = format!("`{reference}`");
        self.library.add(pack, trust).map_err(|found| problems(&name, &found))?;
        let pack = self.library.get(&reference).map(Arc::clone);
        pack.ok_or_else(|| Status::bad_input(format!("{name} could not be shelved")).into())
    }

    /// A draft that a hub hands out. Nobody vouches for it, and nobody adopts it.
    pub(crate) fn drafted(&mut self, pack: Pack) -> anyhow::Result<Arc<Pack>> {
        self.shelve(pack, Trust::Unsigned)
    }

    /// A pack by id, URN or folder.
    pub(crate) fn find(&mut self, name: &str) -> anyhow::Result<Arc<Pack>> {
        if Path::new(name).join("pack.toml").is_file() {
            return self.add(Path::new(name));
        }
        self.shelved(name)
    }

    /// A pack at hand, by id or URN.
    pub(crate) fn shelved(&self, name: &str) -> anyhow::Result<Arc<Pack>> {
        if let Some(pack) = self.library.find(name) {
            return Ok(Arc::clone(pack));
        }
        let known: Vec<String> = self.all().map(|pack| format!("`{}`", pack.manifest.id)).collect();
        Err(Status::bad_input(format!("there is no pack `{name}`; at hand are {}, or name a folder", known.join(", ")))
            .into())
    }

    /// Every pack.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Pack>> {
        self.library.packs()
    }

    /// Who vouches for a pack.
    pub(crate) fn trust(&self, pack: &Pack) -> Trust {
        self.library.trust(&pack.manifest.reference).cloned().unwrap_or(Trust::Unsigned)
    }

    /// Refuses a pack that neither this software nor a trusted key vouches for.
    pub(crate) fn require_trust(&self, pack: &Pack) -> anyhow::Result<()> {
        if self.trust(pack) == Trust::BuiltIn {
            return Ok(());
        }
        standards::trust::require_signed(pack, &self.keys)
            .map(drop)
            .map_err(|error| Status::bad_input(error.to_string()).into())
    }

    /// Everything that a pack stands on, and it, widest first.
    pub(crate) fn stack(&self, pack: &Arc<Pack>) -> anyhow::Result<Vec<Arc<Pack>>> {
        self.library.stack_of(pack).map_err(|found| problems(&format!("`{}`", pack.manifest.id), &found))
    }

    /// A pack with all it stands on, its parameters filled in.
    pub(crate) fn resolve(&self, pack: &Arc<Pack>) -> anyhow::Result<Resolved> {
        let name = format!("`{}`", pack.manifest.id);
        self.library.check(pack).map_err(|found| problems(&name, &found))?;
        resolve(&self.stack(pack)?, None).map_err(|found| problems(&name, &found))
    }
}

/// The norms of a stack as the prover takes them.
pub(crate) fn standard(resolved: &Resolved) -> anyhow::Result<Standard> {
    let sources: Vec<Source> = resolved
        .layers
        .iter()
        .filter(|layer| !layer.norms.is_empty())
        .map(|layer| Source { name: layer.name.clone(), cedar: layer.cedar() })
        .collect();
    Standard::read(&sources).map_err(|error| Status::bad_input(error.to_string()).into())
}
