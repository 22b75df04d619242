//! What a command needs of documents, worked out before it is decided: the pack of a draft, an amendment applied and proved, a version
//! made of what was accepted, a signature.

use std::sync::Arc;

use model::{Digest, Fields, RequirementId, Sealed};
use standards::Pack;

use crate::act::{Entry, Part};
use crate::amend::{amended, parts, with_version};
use crate::command::{Change, Command, NormChange, ParameterChange};
use crate::decide::{Prepared, Refusal, takes_amendment};
use crate::document::{Document, DocumentError, resolved};
use crate::effect::{Shown, compare, prover};
use crate::hub::{Hub, HubError};
use crate::sealed::field;
use crate::state::{Draft, State};
use crate::words::PersonId;

/// An amendment as its form shows it before it is proposed.
#[derive(Debug, Clone)]
pub struct Looked {
    /// The document that it changes.
    pub document: Digest,
    /// What it changes.
    pub parts: Vec<Part>,
    /// What that does.
    pub shown: Shown,
}

impl Hub {
    pub(crate) fn prepare(&self, state: &State, by: &PersonId, command: &Command) -> Result<Prepared, HubError> {
        let of = |draft| state.drafts.get(draft).ok_or_else(|| missing("draft", draft));
        Ok(match command {
            Command::OpenDraft { pack, .. } => self.opened(pack)?,
            Command::Propose { draft, clause, change, .. } => {
                let found = of(draft)?;
                takes_amendment(state, by, draft, found)?;
                let Looked { document, parts, shown } = self.look(found, clause, change)?;
                Prepared::Amendment { document, parts, effect: shown.effect, example: shown.words }
            }
            Command::Consolidate { draft, version, .. } => self.version_of(state, of(draft)?, version)?,
            Command::Release { draft, .. } => {
                let document = of(draft)?.document;
                let pack = self.pack(&document)?;
                let note = standards::trust::sign(&pack, self.key())?;
                Prepared::Signed { document, pack: pack.hash, note }
            }
            _ => Prepared::Nothing,
        })
    }

    /// The pack of a document.
    ///
    /// # Errors
    /// It is not there, or is none.
    pub fn pack(&self, digest: &Digest) -> Result<Arc<Pack>, HubError> {
        Ok(self.shelf.get(digest, || self.documents.read(digest)?.pack())?)
    }

    fn opened(&self, name: &str) -> Result<Prepared, HubError> {
        let pack = self
            .library
            .find(name)
            .ok_or_else(|| missing("pack", &name.escape_debug().take(80).collect::<String>()))?;
        let files = Arc::new(Document::of(pack));
        let document = files.digest()?;
        let reference = &pack.manifest.reference;
        let (urn, version) = (reference.urn.clone(), reference.version.to_string());
        let clauses = pack.requirements.keys().cloned().collect();
        Ok(Prepared::Pack { urn, version, document, clauses, files })
    }

    /// What an amendment would do. Nothing is written.
    ///
    /// # Errors
    /// It cannot be applied.
    pub fn look(&self, draft: &Draft, clause: &RequirementId, change: &Change) -> Result<Looked, HubError> {
        let before = self.pack(&draft.document)?;
        let (_, after) = amended(&before, clause, change)?;
        let (was, is) = (resolved(&self.library, &before)?, resolved(&self.library, &Arc::new(after))?);
        let shown = compare(&prover(), &was, &is);
        Ok(Looked { document: draft.document, parts: parts(change), shown })
    }

    /// Every accepted amendment, applied in the order in which they were proposed.
    fn version_of(&self, state: &State, draft: &Draft, version: &str) -> Result<Prepared, HubError> {
        if semver::Version::parse(version).is_err() {
            return Err(Refusal::Version(draft.version.clone()).into());
        }
        let from = draft.document;
        let amendments: Vec<Entry> = state.accepted(draft).collect();
        let mut pack = Pack::clone(&*self.pack(&from)?);
        let mut document = Document::of(&pack);
        for &entry in &amendments {
            let Sealed::Present(fields) = self.words(entry)? else { return Err(Refusal::Hidden(entry).into()) };
            let amendment = state.amendments.get(&entry).ok_or(Refusal::Moved)?;
            (document, pack) = amended(&pack, &amendment.clause, &change_of(&fields)?)?;
        }
        let document = with_version(&document, version)?;
        // As a whole it has to stand on what it stands on.
        let pack = Arc::new(document.pack()?);
        resolved(&self.library, &pack)?;
        Ok(Prepared::Version { from, amendments, document: document.digest()?, files: Arc::new(document) })
    }
}

fn missing(what: &'static str, id: &impl ToString) -> HubError {
    Refusal::Missing { what, id: id.to_string() }.into()
}

/// An amendment's change, as it was sealed.
///
/// # Errors
/// What was sealed is no change.
pub fn change_of(fields: &Fields) -> Result<Change, HubError> {
    let damaged = |_| HubError::Document(DocumentError::Malformed("a sealed amendment is damaged".to_owned()));
    let some = |name: &str| Some(field(fields, name)).filter(|text| !text.is_empty());
    let text = some("text").map(|text| text.parse()).transpose().map_err(damaged)?;
    let norm = match some("norm") {
        Some(cedar) => Some(NormChange { id: field(fields, "norm-id"), cedar: cedar.parse().map_err(damaged)? }),
        None => None,
    };
    let parameter = match some("parameter") {
        Some(id) => Some(ParameterChange { id, value: field(fields, "value").parse().map_err(damaged)? }),
        None => None,
    };
    Ok(Change { text, norm, parameter })
}
