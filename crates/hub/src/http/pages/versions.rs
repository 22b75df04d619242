//! Released versions: where each stands, its proof, and how a city adopts it.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;

use super::{Reader, Site, Who, drawn, when};
use crate::act::{Decision, Entry};
use crate::http::log::number;
use crate::http::problem::Problem;
use crate::roles::Action;
use crate::state::{Standing, Version};

#[derive(Template)]
#[template(path = "versions.html")]
struct List {
    site: Site,
    versions: Vec<VersionRow>,
}

struct VersionRow {
    entry: Entry,
    urn: String,
    version: String,
    when: String,
    standing: &'static str,
    on: bool,
}

fn row(entry: Entry, version: &Version) -> VersionRow {
    let (standing, on) = match version.standing {
        Standing::Released => ("released", true),
        Standing::Withdrawn { .. } => ("withdrawn", false),
        Standing::Corrected { .. } => ("corrected by a later version", false),
    };
    let (urn, when) = (version.released.urn.clone(), when(version.at));
    VersionRow { entry, urn, version: version.released.version.clone(), when, standing, on }
}

/// `GET /versions`
pub(in crate::http) async fn list(reader: Reader) -> Result<Response, Problem> {
    drawn(reader, |reader| {
        let versions = reader.state.versions.iter().rev().take(500).map(|(entry, version)| row(*entry, version));
        Ok(List { site: reader.site(), versions: versions.collect() })
    })
    .await
}

#[derive(Template)]
#[template(path = "version.html")]
struct One {
    site: Site,
    row: VersionRow,
    draft: String,
    by: Who,
    reasons: String,
    key: String,
    pack: String,
    document: String,
    ended: Option<Ended>,
    form: Option<String>,
    later: Vec<(Entry, String)>,
}

struct Ended {
    entry: Entry,
    by: Who,
    reasons: String,
    instead: Option<Entry>,
}

/// `GET /versions/{entry}`
pub(in crate::http) async fn version(reader: Reader, Path(entry): Path<String>) -> Result<Response, Problem> {
    let entry = number(&entry)?;
    drawn(reader, move |reader| {
        let version = reader.state.versions.get(&entry).ok_or_else(Problem::not_found)?;
        let released = &version.released;
        let ended = |entry: &Entry, decision: &Decision, instead| Ended {
            entry: *entry,
            by: reader.person(&decision.decider),
            reasons: decision.reasons.to_string(),
            instead,
        };
        let later = reader.state.versions.range(entry + 1..);
        let later = later.filter(|(_, one)| one.released.urn == released.urn && one.standing == Standing::Released);
        Ok(One {
            site: reader.site(),
            row: row(entry, version),
            draft: released.draft.to_string(),
            by: reader.person(&released.decision.decider),
            reasons: released.decision.reasons.to_string(),
            key: reader.state.founded.as_ref().map(|founded| founded.log_key.clone()).unwrap_or_default(),
            pack: released.pack.to_string(),
            document: released.document.to_string(),
            ended: match &version.standing {
                Standing::Released => None,
                Standing::Withdrawn { entry, decision } => Some(ended(entry, decision, None)),
                Standing::Corrected { entry, by, decision } => Some(ended(entry, decision, Some(*by))),
            },
            form: reader.form_for(Action::Release).filter(|_| version.standing == Standing::Released),
            later: later.map(|(entry, one)| (*entry, one.released.version.clone())).collect(),
        })
    })
    .await
}
