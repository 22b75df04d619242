//! `ordinance verify`: check a city's whole log.

use std::fs;
use std::path::Path;

use anyhow::Context;
use journal::SqliteReader;
use register::audit::{Audit, FolderSource, audit};
use serde_json::json;
use tlog::audit::LogSource;

use crate::args::Verify;
use crate::client::{AddressSource, Client, is_address};
use crate::output::Output;

pub(crate) fn run(args: &Verify, output: &Output) -> anyhow::Result<()> {
    let older = args.continues.as_deref().map(fs::read_to_string).transpose().context("the older checkpoint")?;
    let audit = if is_address(&args.city) {
        let source = AddressSource(Client::new(&args.city));
        check(&source, args, older)?
    } else {
        let dir = Path::new(&args.city);
        let source = FolderSource::new(&dir.join("log"));
        let journal = SqliteReader::open(&dir.join("journal.db"))?;
        check(&source, args, older)?.inside(&journal, &source)?
    };
    output.result(&document(&audit), &in_words(&audit, args.key.is_some()))
}

fn check(source: &dyn LogSource, args: &Verify, older: Option<String>) -> anyhow::Result<Audit> {
    Ok(audit(source, args.key.as_deref(), older)?)
}

fn in_words(audit: &Audit, key_given: bool) -> String {
    let log = &audit.log;
    let mut lines = vec![
        format!("The log `{}` holds together.", log.origin),
        format!(
            "  {} entries, {} bundles, {} tiles, {} bytes read; root {}",
            log.entries, log.bundles, log.tiles, log.bytes, log.root
        ),
        format!("  signed by {}", audit.key),
    ];
    if !key_given {
        lines.push("  (the key the log itself names; give --key to check whose log it is)".to_owned());
    }
    lines.extend(log.continues.map(|size| format!("  continues the older checkpoint of {size} entries")));
    lines.push("  every act follows its past:".to_owned());
    lines.extend(audit.acts.iter().map(|(kind, count)| format!("    {count:>6}  {kind}")));
    lines.push(format!(
        "  the register: {} deployments, {} grants, {} disclosures in batches without a gap",
        audit.state.deployments.len(),
        audit.state.grants.len(),
        audit.state.next_disclosure.0
    ));
    if let Some(inner) = audit.inner {
        lines.push(format!(
            "  at the city: {} journal entries equal ({} not yet published), {} payloads open their commitments, {} erased, \
             {} disclosure records give the batches' roots ({} not yet batched)",
            inner.entries, inner.unpublished, inner.payloads, inner.erased, inner.records, inner.unbatched
        ));
    }
    lines.join("\n")
}

fn document(audit: &Audit) -> serde_json::Value {
    let log = &audit.log;
    json!({
        "holds": true,
        "origin": log.origin,
        "key": audit.key,
        "size": log.size,
        "root": log.root.to_string(),
        "entries": log.entries,
        "bundles": log.bundles,
        "tiles": log.tiles,
        "bytes": log.bytes,
        "continues": log.continues,
        "acts": audit.acts,
        "deployments": audit.state.deployments.len(),
        "grants": audit.state.grants.len(),
        "disclosures": audit.state.next_disclosure.0,
        "inside": audit.inner.map(|inner| json!({
            "entries": inner.entries,
            "unpublished": inner.unpublished,
            "payloads": inner.payloads,
            "erased": inner.erased,
            "records": inner.records,
            "unbatched": inner.unbatched,
        })),
    })
}
