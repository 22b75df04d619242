//! `ordinance adopt`: a standard and its profiles in force, by an act; before that, what it would stop and start.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use flow::City;
use model::policy::PolicyText;
use model::{Clock as _, Span, Timestamp};
use norms::{Bundle, CollectFast, CollectQuestion, Decision, DiscloseFast, DiscloseQuestion};
use register::{Command, Rules, State, Submission, SubmitError, circumstances};
use serde::Serialize;

use super::apply::entries;
use super::framework::shelf::Packs;
use super::{open, public_log};
use crate::args::framework::Adopt;
use crate::client::{Client, is_address};
use crate::declared::{self, Holds};
use crate::founding;
use crate::output::{Output, Refused, Status};
use crate::system::SystemClock;

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

/// A city as it stands before the adoption.
enum Place {
    /// Its folder.
    Here(Box<City>),
    /// Its address, and the token of the party that adopts; none where nobody needs to be asked.
    There(Client, Option<String>),
}

pub(crate) fn run(args: &Adopt, output: &Output) -> anyhow::Result<()> {
    let mut packs = Packs::open(&args.shelf)?;
    let pack = packs.find(&args.pack)?;
    packs.require_trust(&pack)?;
    let resolved = packs.resolve(&pack)?;
    let (place, state, now) = place(args)?;
    let layers = founding::layers(&resolved);
    let policy = state.policy.as_ref();
    let permits_owner = policy.map_or_else(|| args.by.clone(), |policy| policy.text.permits_owner.clone());
    let text = PolicyText { layers, permits: permits(args, &state)?, permits_owner };
    let rules = Rules::assemble(&text).map_err(|error| Status::bad_input(error.to_string()))?;
    let hash = rules.hash().to_string();
    let before = policy.and_then(|policy| Bundle::assemble(&policy.text).ok());
    let (stops, starts) = changes(&state, now, before.as_ref(), &rules.bundle);
    let names = text.layers.iter().map(|layer| layer.name.clone()).collect();
    let clocks = clocks(&text, &state);
    let submission =
        Submission { by: args.by.clone(), reason: args.reason.clone(), command: Command::AdoptPolicy(text) };
    let entries = match place {
        Place::Here(city) => adopt(&city, submission, args.dry_run)?,
        Place::There(client, token) => adopt_there(&client, token.as_deref(), submission, args)?,
    };
    let adopted =
        Adopted { pack: pack.manifest.reference.to_string(), layers: names, hash, clocks, stops, starts, entries };
    output.result(&adopted, &in_words(&adopted, args.dry_run))
}

/// Where the city is, and how it stands: at an address, as its public log says.
fn place(args: &Adopt) -> anyhow::Result<(Place, Arc<State>, Timestamp)> {
    if !is_address(&args.city) {
        let city = open(Path::new(&args.city))?;
        let (state, now) = (city.register().state(), city.register().now());
        return Ok((Place::Here(Box::new(city)), state, now));
    }
    let tokens = args.tokens.as_deref();
    let tokens = tokens.map(|file| declared::read::<BTreeMap<String, String>>(file, Holds::Tokens)).transpose();
    let token = tokens.context("the tokens file")?.and_then(|mut tokens| tokens.remove(args.by.as_str()));
    let state = Arc::new(public_log(&args.city, None)?.state);
    Ok((Place::There(Client::new(&args.city), token), state, SystemClock.now()))
}

/// Asks the node; without a token nobody can be asked.
fn adopt_there(client: &Client, token: Option<&str>, submission: Submission, args: &Adopt) -> anyhow::Result<Vec<u64>> {
    let token = token.with_context(|| {
        format!("an address needs `--tokens FILE` with the token of `{}`, which adopts", submission.by)
    })?;
    if !args.dry_run {
        return Ok(entries(&client.submit(&submission, token)?));
    }
    let answer = client.preview(&[submission], token)?;
    match answer.pointer("/0/refused") {
        Some(refused) => {
            let words = ["detail", "title"].iter().find_map(|key| refused.get(key)?.as_str());
            let message = words.unwrap_or("the node refuses it").to_owned();
            Err(Refused { details: serde_json::json!([message]), message }.into())
        }
        None => Ok(Vec::new()),
    }
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
fn changes(state: &State, now: Timestamp, before: Option<&Bundle>, after: &Bundle) -> (Vec<Change>, Vec<Change>) {
    let (mut stops, mut starts) = (Vec::new(), Vec::new());
    let mut compare = |what: String, decide: &dyn Fn(&Bundle) -> Decision| {
        let was = before.is_some_and(|before| decide(before).is_allowed());
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
