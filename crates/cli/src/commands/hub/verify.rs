//! `ordinance verify` at a hub: its whole log, and at its folder also the journal, the sealed payloads and the documents.

use std::path::Path;

use hub::audit::{Audit, audit};
use hub::document::Documents;
use journal::SqliteReader;
use serde_json::json;
use tlog::audit::LogSource;

use crate::commands::verify::{Held, log_in_words};

pub(crate) fn verify(
    source: &dyn LogSource,
    dir: Option<&Path>,
    key: Option<&str>,
    older: Option<String>,
) -> anyhow::Result<Held> {
    let mut audited = audit(source, key, older)?;
    if let Some(dir) = dir {
        let journal = SqliteReader::open(&dir.join("journal.db"))?;
        audited = audited.inside(&journal, source, &Documents::new(&dir.join("documents")))?;
    }
    Ok(Held { document: document(&audited), words: in_words(&audited, key.is_some()), log: audited.log })
}

fn document(audit: &Audit) -> serde_json::Value {
    let (log, state) = (&audit.log, &audit.state);
    json!({
        "holds": true,
        "origin": log.origin,
        "key": audit.key,
        "size": log.size,
        "root": log.root.to_string(),
        "entries": log.entries,
        "bytes": log.bytes,
        "continues": log.continues,
        "acts": audit.acts,
        "members": state.members.by_id.len(),
        "drafts": state.drafts.len(),
        "amendments": state.amendments.len(),
        "versions": state.versions.len(),
        "inside": audit.inside,
    })
}

fn in_words(audit: &Audit, key_given: bool) -> String {
    let state = &audit.state;
    let mut lines = log_in_words("The hub's log", &audit.log, &audit.key, &audit.acts, key_given);
    lines.push(format!(
        "  the hub: {} members, {} drafts, {} amendments, {} released versions",
        state.members.by_id.len(),
        state.drafts.len(),
        state.amendments.len(),
        state.versions.len()
    ));
    lines.extend(audit.inside.map(|inside| {
        format!(
            "  at the hub: {} journal entries equal, {} payloads open their commitments, {} erased, {} documents have their digests",
            inside.entries, inside.payloads, inside.erased, inside.documents
        )
    }));
    lines.join("\n")
}
