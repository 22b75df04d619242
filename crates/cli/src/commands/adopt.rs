//! `ordinance adopt`: a standard and its profiles in force, by an act; before that, what it would stop and start.

use std::fs;
use std::path::Path;

use anyhow::Context;
use flow::City;
use model::policy::PolicyText;
use model::{Span, Timestamp};
use norms::{Bundle, CollectFast, CollectQuestion, Decision, DiscloseFast, DiscloseQuestion};
use register::{Command, State, Submission, SubmitError, circumstances};
use serde::Serialize;

use super::framework::shelf::Packs;
use super::open;
use crate::args::framework::Adopt;
use crate::output::{Output, Refused, Status};

/// The largest file of permits, in bytes.
const PERMITS_BYTES_MAX: u64 = norms::TEXT_BYTES_MAX as u64;

/// What an adoption does, or would do.
#[derive(Serialize)]
struct Adopted {
    pack: String,
    layers: Vec<String>,
    hash: String,
    /// The duties whose clocks run from now on.
    clocks: Vec<String>,
    /// What would flow no more, with the norms against it.
    stops: Vec<Change>,
    /// What would begin to flow.
    starts: Vec<Change>,
    /// The entries made; none for a dry run, or where it was so already.
    entries: Vec<u64>,
}

/// A stream or grant whose flow changes.
#[derive(Serialize)]
struct Change {
    what: String,
    why: String,
}

pub(crate) fn run(args: &Adopt, output: &Output) -> anyhow::Result<()> {
    let mut packs = Packs::open(&args.shelf)?;
    let pack = packs.find(&args.pack)?;
    packs.require_trust(&pack)?;
    let resolved = packs.resolve(&pack)?;
    let city = open(&args.dir)?;
    let state = city.register().state();
    let mut layers = resolved.policy_layers();
    layers.retain(|layer| !layer.cedar.is_empty() || !layer.duties.is_empty());
    let policy = state.policy.as_ref();
    let permits_owner = policy.map_or_else(|| args.by.clone(), |policy| policy.text.permits_owner.clone());
    let text = PolicyText { layers, permits: permits(args, &state)?, permits_owner };
    let bundle = Bundle::assemble(&text).map_err(|error| Status::bad_input(error.to_string()))?;
    let hash = bundle.hash().to_string();
    let (stops, starts) = changes(&city, &state, &bundle);
    let clocks = clocks(&text, &state);
    let names = text.layers.iter().map(|layer| layer.name.clone()).collect();
    let submission =
        Submission { by: args.by.clone(), reason: args.reason.clone(), command: Command::AdoptPolicy(text) };
    let entries = adopt(&city, submission, args.dry_run)?;
    let adopted =
        Adopted { pack: pack.manifest.reference.to_string(), layers: names, hash, clocks, stops, starts, entries };
    output.result(&adopted, &in_words(&adopted, args.dry_run))
}

/// The duties that are not in force yet.
fn clocks(text: &PolicyText, state: &State) -> Vec<String> {
    let duties = text.layers.iter().flat_map(|layer| layer.duties.keys());
    duties.filter(|id| !state.duties_since().contains_key(*id)).map(ToString::to_string).collect()
}

/// The permits that stay, or those of a file.
fn permits(args: &Adopt, state: &State) -> anyhow::Result<String> {
    let Some(file) = &args.permits else {
        let policy = state.policy.as_ref();
        return Ok(
            policy.map_or_else(|| norms::city_permits_default().to_owned(), |policy| policy.text.permits.clone())
        );
    };
    read(file).with_context(|| format!("`{}`", file.display()))
}

fn read(file: &Path) -> anyhow::Result<String> {
    let bytes = fs::metadata(file)?.len();
    if bytes > PERMITS_BYTES_MAX {
        return Err(Status::bad_input(format!("it has {bytes} bytes, the limit is {PERMITS_BYTES_MAX}")).into());
    }
    Ok(fs::read_to_string(file)?)
}

fn adopt(city: &City, submission: Submission, dry_run: bool) -> anyhow::Result<Vec<u64>> {
    let refused = |error: SubmitError| -> anyhow::Error {
        match error {
            SubmitError::Refused(refusal) => {
                let message = refusal.to_string();
                Refused { details: serde_json::json!([message]), message }.into()
            }
            error => error.into(),
        }
    };
    if dry_run {
        for outcome in city.register().preview(&[submission]) {
            outcome.map_err(refused)?;
        }
        return Ok(Vec::new());
    }
    let receipt = city.register().submit(submission).map_err(refused)?;
    city.register().publish()?;
    Ok(receipt.entries)
}

/// What stops and what starts, stream by stream and grant by grant, as things stand now.
fn changes(city: &City, state: &State, after: &Bundle) -> (Vec<Change>, Vec<Change>) {
    let (before, now) = (city.register().bundle(), city.register().now());
    let (mut stops, mut starts) = (Vec::new(), Vec::new());
    let mut compare = |what: String, decide: &dyn Fn(&Bundle) -> Decision| {
        let was = before.as_ref().is_some_and(|before| decide(before).is_allowed());
        match (was, decide(after)) {
            (true, Decision::Refused(refusal)) => stops.push(Change { what, why: refusal.to_string() }),
            (false, Decision::Allowed(_)) => {
                starts.push(Change { what, why: "nothing stands against it any more".to_owned() })
            }
            _ => {}
        }
    };
    for record in state.deployments.values() {
        let Some(accountable) = state.parties.get(&record.deployment.accountable) else { continue };
        let around = &circumstances::of_deployment(state, record, now);
        for stream in &record.deployment.streams {
            let order = stream.order().and_then(|id| state.orders.get(id)).map(|record| &record.order);
            let (accountable, founder) = (&accountable.party, state.founder());
            let question = CollectQuestion { record, stream, order, accountable, founder, around };
            let fast = CollectFast { now };
            compare(format!("stream `{}`", stream.id), &|bundle| bundle.decide_collect(&question, &fast));
        }
    }
    for record in state.grants.values() {
        grant(state, record, now, &mut compare);
    }
    (stops, starts)
}

/// Whether a grant's rows still leave: asked for a fresh row, without a senior authorisation.
fn grant(
    state: &State,
    record: &model::GrantRecord,
    now: Timestamp,
    compare: &mut impl FnMut(String, &dyn Fn(&Bundle) -> Decision),
) {
    let agreed = &record.grant;
    let found = || {
        let (deployment, stream) = state.stream(&agreed.stream)?;
        let view = state.views.get(&(agreed.stream.clone(), agreed.view.clone()))?;
        Some((deployment, stream, view, state.parties.get(&agreed.recipient)?))
    };
    let Some((deployment, stream, view, recipient)) = found() else { return };
    let question = DiscloseQuestion {
        recipient: &recipient.party,
        grant: Some(record),
        view,
        record: deployment,
        stream,
        order: agreed.order.as_ref().and_then(|id| state.orders.get(id)).map(|record| &record.order),
        purpose: agreed.purpose,
        founder: state.founder(),
        around: &circumstances::of_deployment(state, deployment, now),
    };
    let fast = DiscloseFast { now, oldest: Span::ZERO, senior_authorisation: false };
    compare(format!("grant `{}` to `{}`", agreed.id, agreed.recipient), &|bundle| {
        bundle.decide_disclose(&question, &fast)
    });
}

fn in_words(adopted: &Adopted, dry_run: bool) -> String {
    let would = if dry_run { "would " } else { "" };
    let mut lines = vec![format!("{}: {}", adopted.pack, adopted.layers.join(" under "))];
    lines.extend(adopted.stops.iter().map(|change| format!("{would}stop  {}: {}", change.what, change.why)));
    lines.extend(adopted.starts.iter().map(|change| format!("{would}start {}: {}", change.what, change.why)));
    if !adopted.clocks.is_empty() {
        lines.push(format!("{would}let run {} clocks: {}", adopted.clocks.len(), adopted.clocks.join(", ")));
    }
    if adopted.stops.is_empty() && adopted.starts.is_empty() {
        lines.push("No flow changes.".to_owned());
    }
    lines.push(match (adopted.entries.as_slice(), dry_run) {
        (_, true) => "Nothing was changed.".to_owned(),
        ([], false) => "It was so already.".to_owned(),
        (entries, false) => {
            format!("In force by entry {}.", entries.iter().map(u64::to_string).collect::<Vec<_>>().join(", "))
        }
    });
    lines.join("\n")
}
