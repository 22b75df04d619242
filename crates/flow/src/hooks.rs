//! Webhooks: where a recipient wants what is released to it sent. Kept in the city's folder, readable by its owner only.
//!
//! An address and a secret are confidential: neither is in the log, in an error or in a debug text. A hook gives nobody
//! anything: whether something may leave is decided by the grant, each time.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use model::{PartyId, Purpose, StreamId, Timestamp, ViewId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::folder::{FolderError, destroy_secret, private_folder, write_secret};

/// Where hooks lie in a city's folder.
const FOLDER: &str = "webhooks";
/// How the name of a hook's file ends.
const HOOK: &str = "hook";
/// How the name of the file ends that says how far a hook has come.
const PROGRESS: &str = "progress";
/// The longest name, in bytes.
pub(crate) const NAME_BYTES_MAX: usize = 63;

/// Why a hook cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// Not a name.
    #[error(
        "`{0}` is no name of a webhook; use 1 to {NAME_BYTES_MAX} of a-z, 0-9 and -, beginning with a letter or digit"
    )]
    Name(String),
    /// There is one with that name.
    #[error("there is a webhook `{0}` already; remove it first, or take another name")]
    Exists(HookName),
    /// There is none with that name.
    #[error("there is no webhook `{0}`")]
    Unknown(HookName),
    /// A file is not one that this software wrote. What stands in it is not repeated.
    #[error("`{0}` cannot be read as a webhook")]
    Damaged(PathBuf),
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// The name of a hook.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HookName(String);

/// Whether a text is fit for the name of a hook or a schedule: it is no path, and needs no quotes in an address.
pub(crate) fn is_name(text: &str) -> bool {
    let fits = |(at, byte): (usize, u8)| byte.is_ascii_lowercase() || byte.is_ascii_digit() || (at > 0 && byte == b'-');
    (1..=NAME_BYTES_MAX).contains(&text.len()) && text.bytes().enumerate().all(fits)
}

impl FromStr for HookName {
    type Err = HookError;
    fn from_str(text: &str) -> Result<Self, HookError> {
        if is_name(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(HookError::Name(text.chars().take(NAME_BYTES_MAX).flat_map(char::escape_debug).collect()))
    }
}
impl TryFrom<String> for HookName {
    type Error = HookError;
    fn try_from(text: String) -> Result<Self, HookError> {
        text.parse()
    }
}
impl From<HookName> for String {
    fn from(name: HookName) -> Self {
        name.0
    }
}
impl fmt::Display for HookName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Where what is released to a recipient is sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// Its name.
    pub name: HookName,
    /// To whom it is.
    pub recipient: PartyId,
    /// What for.
    pub purpose: Purpose,
    /// Of which stream.
    pub stream: StreamId,
    /// Under which view; the grant's if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<ViewId>,
    /// The address.
    pub address: String,
    /// The key of its signatures, as Standard Webhooks writes it: `whsec_` and base64.
    pub secret: String,
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook").field("name", &self.name).field("recipient", &self.recipient).finish_non_exhaustive()
    }
}

/// How far a hook has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Up to when everything arrived; nothing was looked at yet if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<Timestamp>,
    /// What arrived so far.
    #[serde(default)]
    pub arrived: u64,
    /// Why the last try did not succeed, and since when none did; none if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<Failing>,
}

/// Why something does not arrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failing {
    /// Since when.
    pub since: Timestamp,
    /// How often it was tried.
    pub tries: u64,
    /// Why, the last time.
    pub why: String,
}

/// The webhooks of a city's folder. A running node reads them again and again, so that they may be changed meanwhile.
#[derive(Debug, Clone)]
pub struct Hooks(PathBuf);

impl Hooks {
    /// Those in a city's folder.
    #[must_use]
    pub fn of(root: &Path) -> Self {
        Self(root.join(FOLDER))
    }

    /// The names of all, in order.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn names(&self) -> Result<Vec<HookName>, HookError> {
        let fail = |error| FolderError::File { path: self.0.clone(), error };
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(fail(error).into()),
        };
        let mut names = Vec::new();
        for entry in entries {
            let path = entry.map_err(fail)?.path();
            let is_hook = path.extension().is_some_and(|end| end == HOOK);
            let name = path.file_stem().and_then(|stem| stem.to_str()).filter(|_| is_hook);
            names.extend(name.and_then(|name| name.parse::<HookName>().ok()));
        }
        names.sort_unstable();
        Ok(names)
    }

    /// One of them; none if there is none of that name.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn get(&self, name: &HookName) -> Result<Option<Hook>, HookError> {
        read(&self.path(name, HOOK))
    }

    /// Keeps a new one.
    ///
    /// # Errors
    /// There is one of that name, or it cannot be written.
    pub fn add(&self, hook: &Hook) -> Result<(), HookError> {
        private_folder(&self.0)?;
        let path = self.path(&hook.name, HOOK);
        if path.exists() {
            return Err(HookError::Exists(hook.name.clone()));
        }
        // How far an earlier one of that name had come is not this one's matter.
        destroy_secret(&self.path(&hook.name, PROGRESS))?;
        Ok(write_secret(&path, &written(hook))?)
    }

    /// Removes one. What is under way to it is not sent again.
    ///
    /// # Errors
    /// There is none of that name, or it cannot be removed.
    pub fn remove(&self, name: &HookName) -> Result<(), HookError> {
        let path = self.path(name, HOOK);
        if !path.exists() {
            return Err(HookError::Unknown(name.clone()));
        }
        destroy_secret(&path)?;
        Ok(destroy_secret(&self.path(name, PROGRESS))?)
    }

    /// How far one has come.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn progress(&self, name: &HookName) -> Result<Progress, HookError> {
        Ok(read(&self.path(name, PROGRESS))?.unwrap_or_default())
    }

    /// Keeps how far one has come, unless it is gone.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(&self, name: &HookName, progress: &Progress) -> Result<(), HookError> {
        if !self.path(name, HOOK).exists() {
            return Ok(());
        }
        Ok(write_secret(&self.path(name, PROGRESS), &written(progress))?)
    }

    fn path(&self, name: &HookName, end: &str) -> PathBuf {
        self.0.join(format!("{name}.{end}"))
    }
}

fn written(value: &impl Serialize) -> Vec<u8> {
    // Ids, texts and numbers always serialise.
    serde_json::to_vec_pretty(value).unwrap_or_default()
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, HookError> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|_| HookError::Damaged(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FolderError::File { path: path.to_owned(), error }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(name: &str) -> Hook {
        Hook {
            name: name.parse().unwrap(),
            recipient: "mobility".parse().unwrap(),
            purpose: "traffic-management".parse().unwrap(),
            stream: "wifi".parse().unwrap(),
            view: None,
            address: "https://mobility.example/in/7f3a".to_owned(),
            secret: "whsec_c2VjcmV0".to_owned(),
        }
    }

    #[test]
    fn a_hook_is_kept_by_name_read_by_its_owner_only_and_gone_when_removed() {
        let folder = tempfile::tempdir().unwrap();
        let hooks = Hooks::of(folder.path());
        assert_eq!(hooks.names().unwrap(), []);
        hooks.add(&hook("counts")).unwrap();
        assert!(matches!(hooks.add(&hook("counts")), Err(HookError::Exists(_))));
        let name: HookName = "counts".parse().unwrap();
        assert_eq!(hooks.get(&name).unwrap(), Some(hook("counts")));
        assert_eq!(hooks.progress(&name).unwrap(), Progress::default());
        let progress = Progress { arrived: 3, ..Progress::default() };
        hooks.keep(&name, &progress).unwrap();
        assert_eq!((hooks.progress(&name).unwrap(), hooks.names().unwrap()), (progress.clone(), vec![name.clone()]));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode("webhooks"), mode("webhooks/counts.hook")), (0o700, 0o600));
        }
        hooks.remove(&name).unwrap();
        hooks.keep(&name, &progress).unwrap();
        assert_eq!(fs::read_dir(folder.path().join("webhooks")).unwrap().count(), 0, "nothing of it comes back");
        assert!(matches!(hooks.remove(&name), Err(HookError::Unknown(_))));
        fs::write(folder.path().join("webhooks/counts.hook"), "{\"secret\":\"whsec_x\"}").unwrap();
        let error = hooks.get(&name).unwrap_err().to_string();
        assert!(error.contains("cannot be read") && !error.contains("whsec_x"), "{error}");
    }

    #[test]
    fn no_address_and_no_secret_is_in_a_debug_text_and_a_name_is_no_path() {
        let text = format!("{:?}", hook("counts"));
        assert!(!text.contains("example") && !text.contains("whsec"), "{text}");
        for bad in ["", "-a", "a/b", "..", "A", "a b", &"a".repeat(64)] {
            assert!(bad.parse::<HookName>().is_err(), "{bad}");
        }
    }
}
