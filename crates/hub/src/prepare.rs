//! What a command needs of documents, worked out before it is decided: the pack of a draft, an amendment applied and proved, a version
//! made of what was accepted, a signature.

use std::sync::Arc;

use model::{Digest, Fields, RequirementId, Sealed};
use standards::Pack;

use crate::act::{Entry, Part};
use crate::amend::{amended, begun, parts, with_version};
use crate::bases::Bases;
use crate::command::{Beginning, Change, Command, NewClause, NewParameter, NormChange, ParameterChange};
use crate::decide::{Prepared, Refusal, takes_amendment};
use crate::document::{Document, DocumentError};
use crate::effect::{Shown, compare, prover};
use crate::hub::{Hub, HubError};
use crate::sealed::{field, fields};
use crate::state::{Draft, State};
use crate::words::{Body, DraftId, PersonId, Title, WordError, code, of_code};

/// The longest id of a draft that begins with nothing, in bytes: its clauses are called after it, with a number.
pub const BEGUN_BYTES_MAX: usize = 52;

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
            Command::OpenDraft { pack, .. } => self.opened(state, pack)?,
            Command::BeginDraft { draft, title, beginning, .. } => self.begun(state, draft, title, beginning)?,
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

    /// Asks about what packs stand on, as the hub is.
    pub(crate) fn bases<T>(
        &self,
        state: &State,
        asked: impl FnOnce(&Bases<'_>) -> Result<T, DocumentError>,
    ) -> Result<T, HubError> {
        let read = |digest: &Digest| self.shelf.get(digest, || self.documents.read(digest)?.pack());
        Ok(asked(&Bases { library: &self.library, state, read: &read })?)
    }

    fn opened(&self, state: &State, name: &str) -> Result<Prepared, HubError> {
        let pack = self.bases(state, |bases| bases.named(name))?.ok_or_else(|| missing("pack", &shown(name)))?;
        let files = Arc::new(Document::of(&pack));
        let document = files.digest()?;
        let reference = &pack.manifest.reference;
        let (urn, version) = (reference.urn.clone(), reference.version.to_string());
        let clauses = pack.requirements.keys().cloned().collect();
        Ok(Prepared::Pack { urn, version, document, clauses, files })
    }

    /// A pack that has no clause yet, over those that it is to stand on.
    fn begun(&self, state: &State, draft: &DraftId, title: &Title, from: &Beginning) -> Result<Prepared, HubError> {
        if self.library.find(draft.as_str()).is_some() {
            return Err(Refusal::Already("a pack of this id").into());
        }
        if state.drafts.contains_key(draft) {
            return Err(Refusal::Already("a draft of this id").into());
        }
        let begins = draft.as_str().starts_with(|first: char| first.is_ascii_lowercase());
        let word = format!("{draft}-");
        let packs = self.library.packs().flat_map(|pack| pack.requirements.keys());
        let drafts = state.drafts.values().flat_map(|draft| &draft.clauses);
        if !begins || draft.as_str().len() > BEGUN_BYTES_MAX || packs.chain(drafts).any(|id| id.0.starts_with(&word)) {
            return Err(Refusal::Draft.into());
        }
        let on = |name: &String| {
            let pack = self.bases(state, |bases| bases.named(name))?.ok_or_else(|| missing("pack", &shown(name)))?;
            Ok(pack.manifest.reference.clone())
        };
        let on: Vec<_> = from.on.iter().map(on).collect::<Result<_, HubError>>()?;
        let founded = state.founded.as_ref().ok_or(Refusal::Moved)?;
        let files = begun((&founded.origin, &founded.name), draft, title, from, &on)?;
        let pack = Arc::new(files.pack()?);
        self.bases(state, |bases| bases.resolved(&pack))?;
        let reference = &pack.manifest.reference;
        let (urn, version, document) = (reference.urn.clone(), reference.version.to_string(), files.digest()?);
        Ok(Prepared::Pack { urn, version, document, clauses: Vec::new(), files: Arc::new(files) })
    }

    /// What an amendment would do. Nothing is written.
    ///
    /// # Errors
    /// It cannot be applied.
    pub fn look(&self, draft: &Draft, clause: &RequirementId, change: &Change) -> Result<Looked, HubError> {
        let before = self.pack(&draft.document)?;
        let (_, after) = amended(&before, clause, change)?;
        let (state, after) = (self.state(), Arc::new(after));
        let (was, is) = self.bases(&state, |bases| Ok((bases.resolved(&before)?, bases.resolved(&after)?)))?;
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
        self.bases(state, |bases| bases.resolved(&pack))?;
        Ok(Prepared::Version { from, amendments, document: document.digest()?, files: Arc::new(document) })
    }
}

/// A name that somebody sent, as it can be told.
fn shown(name: &str) -> String {
    name.escape_debug().take(80).collect()
}

fn missing(what: &'static str, id: &impl ToString) -> HubError {
    Refusal::Missing { what, id: id.to_string() }.into()
}

/// An amendment's change, as it was sealed.
///
/// # Errors
/// What was sealed is no change.
pub fn change_of(fields: &Fields) -> Result<Change, HubError> {
    let damaged = |_: WordError| damaged();
    let some = |name: &str| Some(field(fields, name)).filter(|text| !text.is_empty());
    let word = |name: &str| some(name).map(|text| text.parse::<Body>()).transpose().map_err(damaged);
    let clause = match some("title") {
        Some(title) => Some(NewClause {
            title: title.parse().map_err(damaged)?,
            kind: listed(fields, "kind")?,
            on_failure: listed(fields, "on-failure")?,
            source: field(fields, "source").parse().map_err(damaged)?,
            url: some("source-url").map(|url| url.parse()).transpose().map_err(damaged)?,
        }),
        None => None,
    };
    let norm = match some("norm") {
        Some(cedar) => Some(NormChange { id: field(fields, "norm-id"), cedar: cedar.parse().map_err(damaged)? }),
        None => None,
    };
    let new = match some("parameter-kind") {
        Some(_) => Some(NewParameter {
            kind: listed(fields, "parameter-kind")?,
            stricter: some("stricter").map(|_| listed(fields, "stricter")).transpose()?,
        }),
        None => None,
    };
    let parameter = match some("parameter") {
        Some(id) => Some(ParameterChange { id, value: field(fields, "value").parse().map_err(damaged)?, new }),
        None => None,
    };
    Ok(Change { clause, text: word("text")?, norm, parameter, without: some("without"), text_only: word("text-only")? })
}

/// A word of a list, as it was sealed.
fn listed<T: serde::de::DeserializeOwned>(fields: &Fields, name: &str) -> Result<T, HubError> {
    of_code(&field(fields, name)).ok_or_else(damaged)
}

fn damaged() -> HubError {
    HubError::Document(DocumentError::Malformed("a sealed amendment is damaged".to_owned()))
}

/// An amendment's change as it is sealed, beside why it is proposed and for example what it does.
#[must_use]
pub fn sealed_of(change: &Change, why: &str, example: &str) -> Fields {
    let Change { clause, text, norm, parameter, without, text_only } = change;
    let clause = clause.as_ref();
    let new = parameter.as_ref().and_then(|parameter| parameter.new);
    fields([
        ("example", Some(example.to_owned())),
        ("kind", clause.map(|new| code(&new.kind))),
        ("norm", norm.as_ref().map(|norm| norm.cedar.to_string())),
        ("norm-id", norm.as_ref().map(|norm| norm.id.clone())),
        ("on-failure", clause.map(|new| code(&new.on_failure))),
        ("parameter", parameter.as_ref().map(|parameter| parameter.id.clone())),
        ("parameter-kind", new.map(|new| code(&new.kind))),
        ("source", clause.map(|new| new.source.to_string())),
        ("source-url", clause.and_then(|new| new.url.as_ref()).map(ToString::to_string)),
        ("stricter", new.and_then(|new| new.stricter).map(|stricter| code(&stricter))),
        ("text", text.as_ref().map(ToString::to_string)),
        ("text-only", text_only.as_ref().map(ToString::to_string)),
        ("title", clause.map(|new| new.title.to_string())),
        ("value", parameter.as_ref().map(|parameter| parameter.value.to_string())),
        ("why", Some(why.to_owned())),
        ("without", without.clone()),
    ])
}
