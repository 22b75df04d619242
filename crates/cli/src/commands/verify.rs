//! `ordinance verify`: check a city's whole log, and at its folder also the journal and the lake.

mod page;
mod ran;
mod since;
mod sources;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use flow::folder::{Folder, FolderError};
use journal::SqliteReader;
use lake::{Lake, Options};
use register::audit::{Audit, FolderSource, audit_before};
use register::ran::Ran;
use serde::Serialize;
use serde_json::{Value, json};
use tlog::audit::{AuditReport, LogSource};

use crate::args::Verify;
use crate::client::{AddressSource, Client, is_address};
use crate::output::{Output, Status};

use page::Page;
use since::{Heard, Since};
use sources::Trusted;

/// What was looked at of the lake.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
enum LakeLooked {
    /// Every file.
    Checked { streams: usize, rows: u64, parquet_files: u64, torn_bytes_cut: u64 },
    /// Nothing: a running node has it.
    InUse,
}

/// A log that held: what is told of it.
pub(crate) struct Held {
    pub(crate) document: Value,
    pub(crate) words: String,
    pub(crate) log: AuditReport,
}

pub(crate) fn run(args: &Verify, output: &Output) -> anyhow::Result<()> {
    let source: Box<dyn LogSource> = match is_address(&args.city) {
        true => Box::new(AddressSource(Client::new(&args.city))),
        false => Box::new(FolderSource::new(&Path::new(&args.city).join("log"))),
    };
    let Some(since) = Since::of(args)? else {
        let older = args.continues.as_deref().map(fs::read_to_string).transpose().context("the older checkpoint")?;
        let held = held(&*source, args, older)?;
        return output.result(&held.document, &held.words);
    };
    let heard = Heard::new(&*source);
    match held(&heard, args, since.known()) {
        Ok(held) => {
            let kept = since.keep(&heard, &held.log)?;
            output.result(&held.document, &format!("{}\n{kept}", held.words))
        }
        Err(error) => Err(since.accuse(&heard, error)),
    }
}

fn held(source: &dyn LogSource, args: &Verify, older: Option<String>) -> anyhow::Result<Held> {
    let dir = Some(Path::new(&args.city)).filter(|_| !is_address(&args.city));
    // Where there is no journal it is somebody's copy of the public files, with nothing else to look at.
    let inside = dir.filter(|dir| dir.join("journal.db").exists() || dir.join("lake").exists());
    let page = Page::of(args)?;
    if hub::audit::is_hub(source) {
        if page.is_some() {
            return Err(Status::bad_input("a hub has no deployments; leave out `--deployment`").into());
        }
        if args.released_only {
            return Err(Status::bad_input("a hub runs no norms; leave out `--released-only`").into());
        }
        return super::hub::verify(source, inside, args.key.as_deref(), older);
    }
    let trusted = Trusted::of(&args.hub_keys)?;
    let read = || Ok(audit_before(source, args.key.as_deref(), older.clone(), || Ran::under(trusted.keys()))?);
    let ((audit, ran), same) = match page {
        Some(page) => page.held(read).map(|(read, same)| (read, Some(same)))?,
        None => (read()?, None),
    };
    let (audit, lake) = match inside {
        Some(dir) => {
            let journal = SqliteReader::open(&dir.join("journal.db"))?;
            (audit.inside(&journal, source)?, Some(lake_of(dir)?))
        }
        None => (audit, None),
    };
    let kept = dir.filter(|dir| inside.is_some() || dir.join("adopted").exists());
    let layers = sources::layers(audit.state.policy.as_deref(), kept, args, &trusted)?;
    let released_only = args.released_only.then(|| ran::released_only(ran, &trusted)).transpose()?;
    let mut words = in_words(&audit, args.key.is_some(), lake.as_ref(), &layers);
    let mut document = document(&audit, lake.as_ref(), &layers);
    if let Some(only) = released_only {
        words = format!("{words}\n{}", only.in_words());
        document["released_only"] = json!(only);
    }
    if let Some(same) = same {
        words = format!("{words}\n{}", same.in_words());
        document["deployment"] = json!(same);
    }
    Ok(Held { document, words, log: audit.log })
}

/// Reads every file of the lake. A running node keeps others out; its own start has read it.
fn lake_of(dir: &Path) -> anyhow::Result<LakeLooked> {
    let _lock = match Folder::open(dir) {
        Ok(folder) => folder,
        Err(FolderError::InUse(_)) => return Ok(LakeLooked::InUse),
        Err(error) => return Err(error.into()),
    };
    let (lake, recovered) = Lake::open(&dir.join("lake"), Options::default()).context("the lake")?;
    let findings = lake.check().context("the lake")?;
    if !findings.is_empty() {
        let found: Vec<String> =
            findings.iter().map(|finding| format!("`{}`: {}", finding.path.display(), finding.problem)).collect();
        bail!("the lake: {}", found.join("; "));
    }
    let stats = lake.stats().context("the lake")?;
    Ok(LakeLooked::Checked {
        streams: stats.streams.len(),
        rows: stats.streams.values().map(|stream| stream.rows).sum(),
        parquet_files: stats.streams.values().map(|stream| stream.files).sum(),
        torn_bytes_cut: recovered.torn_bytes,
    })
}

/// What holds of any log: a city's or a hub's.
pub(super) fn log_in_words(
    whose: &str,
    log: &AuditReport,
    key: &str,
    acts: &BTreeMap<&'static str, u64>,
    key_given: bool,
) -> Vec<String> {
    let mut lines = vec![
        format!("{whose} `{}` holds together.", log.origin),
        format!(
            "  {} entries, {} bundles, {} tiles, {} bytes read; root {}",
            log.entries, log.bundles, log.tiles, log.bytes, log.root
        ),
        format!("  signed by {key}"),
    ];
    if !key_given {
        lines.push("  (the key the log itself names; give --key to check whose log it is)".to_owned());
    }
    lines.extend(log.continues.map(|size| format!("  continues the older checkpoint of {size} entries")));
    lines.push("  every act follows its past:".to_owned());
    lines.extend(acts.iter().map(|(kind, count)| format!("    {count:>6}  {kind}")));
    lines
}

fn in_words(audit: &Audit, key_given: bool, lake: Option<&LakeLooked>, layers: &[sources::Layer]) -> String {
    let mut lines = log_in_words("The log", &audit.log, &audit.key, &audit.acts, key_given);
    lines.push(format!(
        "  the register: {} deployments, {} grants, {} disclosures in batches without a gap",
        audit.state.deployments.len(),
        audit.state.grants.len(),
        audit.state.next_disclosure.0
    ));
    lines.extend(sources::in_words(layers));
    if let Some(inner) = audit.inner {
        lines.push(format!(
            "  at the city: {} journal entries equal ({} not yet published), {} payloads open their commitments, {} erased, \
             {} disclosure records give the batches' roots ({} not yet batched)",
            inner.entries, inner.unpublished, inner.payloads, inner.erased, inner.records, inner.unbatched
        ));
    }
    lines.extend(lake.map(lake_in_words));
    lines.join("\n")
}

fn lake_in_words(lake: &LakeLooked) -> String {
    match lake {
        LakeLooked::Checked { streams, rows, parquet_files, torn_bytes_cut } => {
            let torn = match torn_bytes_cut {
                0 => String::new(),
                bytes => format!("; {bytes} bytes that a crash tore and nobody was told were taken were cut off"),
            };
            format!(
                "  the lake: every file is one that belongs there and can be read; {rows} rows of {streams} streams, \
                 {parquet_files} Parquet files{torn}"
            )
        }
        LakeLooked::InUse => {
            "  the lake: not looked at, because a running node has it; stop the node to check it".to_owned()
        }
    }
}

fn document(audit: &Audit, lake: Option<&LakeLooked>, layers: &[sources::Layer]) -> Value {
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
        "layers": layers,
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
        "lake": lake,
    })
}
