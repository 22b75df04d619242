//! Pages of acts as linked data: what was done, by whom, when and about what, as the log has it.

use std::sync::Arc;

use model::Act;
use register::State as Register;
use serde_json::{Map, Value, json};

use super::{instant, object};
use crate::address::Base;
use crate::jobs::Lane;
use crate::log::index_of;
use crate::pages::changes;
use crate::pages::entries::deployment_of;
use crate::problem::Problem;
use crate::router::Node;

/// How many acts the list has at most, as on its page.
const ACTS: u64 = 50;
/// How many changes, likewise.
const CHANGES: usize = 30;

/// Whether a page is a list of acts, which grows as they are published.
pub(super) fn is_list(page: &str) -> bool {
    matches!(page, "/changes" | "/log/entries")
}

/// A page of acts; none if it is another page.
pub(super) async fn of(
    node: &Node,
    state: &Arc<Register>,
    page: &str,
    before: Option<u64>,
    base: &Base,
) -> Result<Option<Map<String, Value>>, Problem> {
    let before = before.unwrap_or(state.size).min(state.size);
    if page == "/changes" {
        let read = changes::read(node, state, before, CHANGES, None).await?;
        let acts = read.changes.iter().map(|(index, act, _)| told(*index, act, state, base)).collect();
        return Ok(Some(list("What is new", acts)));
    }
    if page == "/log/entries" {
        let indexes: Vec<u64> = (before.saturating_sub(ACTS)..before).rev().collect();
        let acts = read(node, indexes).await?;
        let acts = acts.iter().map(|(index, act)| told(*index, act, state, base)).collect();
        return Ok(Some(list("Acts", acts)));
    }
    let Some(index) = page.strip_prefix("/log/entries/") else { return Ok(None) };
    let index = index_of(index)?;
    let log = node.log.clone();
    let act = move || log.head().and_then(|(_, head)| log.act(index, head.size));
    let act = node.jobs.run(Lane::Open, act).await??;
    let mut one = object(told(index, &act, state, base));
    one.insert("schema:subjectOf".to_owned(), json!({ "@id": base.join(&format!("/log/proof/{index}")) }));
    Ok(Some(one))
}

async fn read(node: &Node, indexes: Vec<u64>) -> Result<Vec<(u64, Act)>, Problem> {
    let log = node.log.clone();
    let job = move || {
        let size = log.head()?.1.size;
        let published: Vec<u64> = indexes.into_iter().filter(|index| *index < size).collect();
        let acts = log.acts(&published, size)?;
        Ok(published.into_iter().zip(acts).collect())
    };
    node.jobs.run(Lane::Open, job).await?
}

fn list(name: &str, acts: Vec<Value>) -> Map<String, Value> {
    object(json!({ "@type": "schema:ItemList", "schema:name": name, "schema:itemListElement": { "@list": acts } }))
}

/// An act: who, when, what, and why if that was said.
fn told(index: u64, act: &Act, state: &Register, base: &Base) -> Value {
    let mut told = json!({
        "@id": base.join(&format!("/log/entries/{index}")),
        "@type": "schema:Action",
        "schema:identifier": index,
        "schema:additionalType": act.what.kind(),
        "schema:startTime": instant(act.at),
        "schema:agent": super::deployment::party(state, &act.by, base),
    });
    if let Some(reason) = &act.reason {
        told["schema:description"] = reason.clone().into();
    }
    if let Some(id) = deployment_of(&act.what, state) {
        told["schema:object"] = json!({ "@id": base.join(&format!("/deployments/{id}")) });
    }
    told
}
