//! A draft as a hub hands it out, and how somebody outside fetches it: first which document it is, then the document by its digest.
//!
//! Nothing of it is believed but what has the digest. Whether the hub's log names it is for whoever verifies the log; a draft decides
//! nothing, and what is adopted comes as a [`Release`](crate::release::Release).

use model::{Digest, plain};
use serde::{Deserialize, Serialize};
use standards::{Pack, Reference};

use crate::act::Entry;
use crate::document::{DOCUMENT_BYTES_MAX, Document, DocumentError};
use crate::mirror::Doors;
use crate::words::DraftId;

/// The largest answer about a draft, in bytes.
const DRAFTED_BYTES_MAX: usize = 16 << 10;
/// The most packs of a hub that a draft stands on.
const BASES_MAX: usize = 16;
/// What stands between a hub's address and the id of a draft.
const DRAFTS: &str = "/drafts/";
/// Most characters of what a hub says, where it is told on.
const WORDS_CHARS_MAX: usize = 300;

/// Which text a draft is now, as `/drafts/ID/draft.json` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drafted {
    /// Which draft.
    pub draft: DraftId,
    /// The standard's URN.
    pub urn: String,
    /// Its newest version.
    pub version: String,
    /// SHA-256 of the document with the pack's files.
    pub document: Digest,
    /// The entry of the hub's log that made this version.
    pub entry: Entry,
    /// Documents of what it stands on that was released at the same hub; what this software has at hand is not among it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<Digest>,
}

/// Why a draft was not had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// It is no address of a draft.
    #[error("`{0}` is no address of a draft; name the hub's `…/drafts/ID`")]
    NoDraft(String),
    /// The hub was not reached, or did not answer as a hub.
    #[error("the draft was not had from `{address}`: {why}")]
    Unreached {
        /// Which address.
        address: String,
        /// Why.
        why: String,
    },
    /// What it said of the draft is malformed, or about another one.
    #[error("what `{address}` says is no draft of that name: {why}")]
    Malformed {
        /// Which address.
        address: String,
        /// Why.
        why: String,
    },
    /// The document is not the one that was named, or holds no pack.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The pack is another than was named.
    #[error("the document is of {found}, and the hub says that the draft is {named}")]
    Other {
        /// What it is of.
        found: String,
        /// What it should be of.
        named: String,
    },
}

/// A draft as it was fetched.
#[derive(Debug)]
pub struct Fetched {
    /// Which text it is.
    pub drafted: Drafted,
    /// Its pack.
    pub pack: Pack,
    /// What it stands on that was released at the same hub.
    pub on: Vec<Pack>,
}

/// Fetches a draft from a hub: which document it is, its pack, and what of the hub's own that stands on.
///
/// # Errors
/// The address is none, nothing was had from it, or what was had is not what it says it is.
pub fn fetch(doors: &Doors, address: &str) -> Result<Fetched, FetchError> {
    let no_draft = || FetchError::NoDraft(plain(address, WORDS_CHARS_MAX));
    let (hub, id) = address.trim_end_matches('/').rsplit_once(DRAFTS).ok_or_else(no_draft)?;
    let id: DraftId = id.parse().map_err(|_| no_draft())?;
    let get = |path: String, limit: usize| {
        let unreached =
            |why: String| FetchError::Unreached { address: path.clone(), why: plain(&why, WORDS_CHARS_MAX) };
        doors.file(&path, limit).map_err(unreached)
    };
    let said = format!("{hub}{DRAFTS}{id}/draft.json");
    let malformed = |why: String| FetchError::Malformed { address: said.clone(), why: plain(&why, WORDS_CHARS_MAX) };
    let bytes = get(said.clone(), DRAFTED_BYTES_MAX)?;
    let drafted: Drafted = serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))?;
    if drafted.draft != id {
        return Err(malformed(format!("it is about `{}`", drafted.draft)));
    }
    let named = format!("{}@{}", drafted.urn, drafted.version);
    let named: Reference = named.parse().map_err(|error| malformed(format!("`{named}`: {error}")))?;
    if drafted.on.len() > BASES_MAX {
        return Err(malformed(format!("it stands on more than {BASES_MAX} packs")));
    }
    let pack_of = |digest: &Digest| {
        let bytes = get(format!("{hub}/documents/{digest}"), DOCUMENT_BYTES_MAX)?;
        Ok::<_, FetchError>(Document::from_bytes(&bytes, digest)?.pack()?)
    };
    let pack = pack_of(&drafted.document)?;
    let (found, named) = (pack.manifest.reference.to_string(), named.to_string());
    if found != named {
        return Err(FetchError::Other { found, named });
    }
    let on = drafted.on.iter().map(pack_of).collect::<Result<_, _>>()?;
    Ok(Fetched { drafted, pack, on })
}
