//! `ordinance adopt`: a standard and its profiles in force, by an act; before that, what it would stop and start. And what a city begins
//! under, where that was released.

mod released;

pub(super) use released::{Brought, Proofs, Proven, Ways, hear};

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use released::Released;

use anyhow::Context;
use model::policy::PolicyText;
use model::{Clock as _, PartyId, PolicyLayer, Timestamp};
use norms::proof::{City, Difference, Prover};
use norms::{Bundle, BundleError};
use register::changes::{Decided, Flow, changes};
use register::{Adopting, Adoption, Command, Rules, RulesError, State, Submission};
use serde::Serialize;
use standards::Pack;

use super::framework::shelf::Packs;
use super::office::Office;
use super::public_log;
use crate::args::framework::Adopt;
use crate::declared::{self, Holds};
use crate::founding;
use crate::output::{Output, Status};
use crate::system::SystemClock;

/// The largest file of permits, in bytes.
const PERMITS_BYTES_MAX: u64 = norms::TEXT_BYTES_MAX as u64;

/// What an adoption does, or would do.
#[derive(Serialize)]
struct Adopted {
    pack: String,
    layers: Vec<String>,
    /// The layers that read otherwise than before, that are new, that stay as they were, and that were left out by name.
    replaced: Vec<String>,
    added: Vec<String>,
    kept: Vec<String>,
    dropped: Vec<String>,
    hash: String,
    /// The duties whose clocks run from now on, and those of them that were in force and read otherwise.
    clocks: Vec<String>,
    reworded: Vec<String>,
    /// What would flow no more, with the norms against it.
    stops: Vec<Change>,
    /// What would begin to flow.
    starts: Vec<Change>,
    /// The open deployments that others could decide about.
    decided: Vec<Change>,
    /// Of what a hub released: `released` by its log, or `not-checked`.
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<&'static str>,
    /// What changes by proof, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<Difference>,
    /// The entries made; none for a dry run, or where it was so already.
    entries: Vec<u64>,
}

/// A stream or grant whose flow changes, or a step that others could take.
#[derive(Serialize)]
struct Change {
    what: String,
    why: String,
}

pub(crate) fn run(args: &Adopt, output: &Output) -> anyhow::Result<()> {
    let (Some(by), Some(name)) = (&args.by, &args.pack) else { return released::check(args, output) };
    let Standard { pack, layers, release } = standard(args, name)?;
    let office = Office::open(&args.city)?;
    let token = token(args, by, &office)?;
    let (state, now) = standing(args, &office)?;
    let policy = state.policy.as_ref();
    let adoption = adoption(args, by, &state, &layers)?;
    let text = adoption.text;
    let rules = Rules::assemble(&text).map_err(|error| unfit(&error, &adoption.kept))?;
    let hash = rules.hash().to_string();
    let before = policy.and_then(|policy| Bundle::assemble(&policy.text).ok()).map(Arc::new);
    let changes = changes(&state, now, before.as_ref(), &rules.bundle);
    let proof = if args.prove { proved(policy.map(|policy| &policy.text), &text)? } else { None };
    let names = text.layers.iter().map(|layer| layer.name.clone()).collect();
    let clocks = clocks(&text, &state);
    let reworded = clocks.iter().filter(|duty| duty.parse().is_ok_and(|duty| state.duty_text(&duty).is_some()));
    let reworded = reworded.cloned().collect();
    let reason = release.as_ref().map(|release| release.reason(args.reason.as_deref())).transpose()?;
    let reason = reason.or_else(|| args.reason.clone());
    let known = released::of_layers(args, policy.map(|policy| &**policy), release.as_ref(), &text.layers)?;
    let standing = known.standing(release.as_ref());
    // What proves it lies beside the city before the act says so.
    let kept = match (&release, args.dry_run) {
        (Some(release), false) => release.keep(Path::new(&args.city), &hash, &text.layers)?,
        _ => None,
    };
    let unreleased = args.unreleased.clone();
    let adopting = Adopting { policies: text, unreleased, released: known.released, kept: known.kept };
    let command = Command::AdoptFrom(adopting);
    let submission = Submission { by: by.clone(), reason, command };
    let entries = submitted(args, &office, submission, token.as_deref(), kept.as_deref())?;
    let adopted = Adopted {
        pack: pack.manifest.reference.to_string(),
        layers: names,
        replaced: adoption.replaced,
        added: adoption.added,
        kept: adoption.kept,
        dropped: adoption.dropped,
        hash,
        clocks,
        reworded,
        stops: told(changes.stops),
        starts: told(changes.starts),
        decided: changes.decided.into_iter().map(decides).collect(),
        standing,
        proof,
        entries,
    };
    output.result(&adopted, &in_words(&adopted, args.dry_run))
}

/// Why the policies cannot be, and what can be done where they are too long.
fn unfit(error: &RulesError, kept: &[String]) -> Status {
    let too_long = matches!(error, RulesError::Norms(BundleError::TooLarge(_))) && !kept.is_empty();
    let help = format!("; every layer in force is kept ({}): `--drop LAYER` leaves one out", kept.join(", "));
    Status::bad_input(format!("{error}{}", if too_long { help.as_str() } else { "" }))
}

/// A standard with the layers that it holds, and the release that it came by, if it did.
struct Standard<R> {
    pack: Arc<Pack>,
    layers: Vec<PolicyLayer>,
    release: R,
}

fn standard(args: &Adopt, name: &str) -> anyhow::Result<Standard<Option<Released>>> {
    if released::is_release(name) {
        let Standard { pack, layers, release } = released_standard(args, name)?;
        return Ok(Standard { pack, layers, release: Some(release) });
    }
    let mut packs = Packs::open(&args.shelf)?;
    let pack = packs.find(name)?;
    packs.require_trust(&pack)?;
    let layers = founding::layers(&packs.resolve(&pack)?);
    Ok(Standard { pack, layers, release: None })
}

/// The same of a release, which was verified and stands.
fn released_standard(args: &Adopt, name: &str) -> anyhow::Result<Standard<Released>> {
    let mut packs = Packs::open(&args.shelf)?;
    let release = released::read(args, name)?;
    released::shelve_bases(&mut packs, args, &release)?;
    let pack = packs.released(release.pack.clone(), release.vkey.clone())?;
    let layers = founding::layers(&packs.resolve(&pack)?);
    Ok(Standard { pack, layers, release })
}

/// What a city begins under that was released.
pub(super) struct Beginning {
    pub(super) adopting: Adopting,
    /// The reason that stands in the first adoption: which entry of which hub it was.
    pub(super) reason: String,
    pub(super) pack: String,
    /// `released` by the hub's log, or `not-checked`.
    pub(super) standing: &'static str,
    release: Released,
    hash: String,
}

/// Verifies a release for a city that is not there yet, as one that is would adopt it.
pub(super) fn beginning(args: &Adopt, by: &PartyId, name: &str) -> anyhow::Result<Beginning> {
    if !released::is_release(name) {
        let why =
            format!("`{name}` is no release; name what a hub released, its `release.json`, as a file or an address");
        return Err(Status::bad_input(why).into());
    }
    let Standard { pack, layers, release } = released_standard(args, name)?;
    let policies = founding::policies(layers, by.clone());
    let hash = Rules::assemble(&policies).map_err(|error| unfit(&error, &[]))?.hash().to_string();
    let known = released::of_layers(args, None, Some(&release), &policies.layers)?;
    let unreleased = args.unreleased.clone();
    Ok(Beginning {
        reason: release.reason(None)?,
        pack: pack.manifest.reference.to_string(),
        standing: release.standing(),
        adopting: Adopting { policies, unreleased, released: known.released, kept: known.kept },
        release,
        hash,
    })
}

impl Beginning {
    /// Keeps the release in the city's folder, before there is a city that says so.
    pub(super) fn keep(&self, city: &Path) -> anyhow::Result<()> {
        self.release.keep(city, &self.hash, &self.adopting.policies.layers).map(drop)
    }
}

/// The policies as they would be, over those in force.
fn adoption(args: &Adopt, by: &PartyId, state: &State, layers: &[PolicyLayer]) -> anyhow::Result<Adoption> {
    let policy = state.policy.as_ref().map(|policy| &policy.text);
    let before = PolicyText {
        layers: policy.map(|policy| policy.layers.clone()).unwrap_or_default(),
        permits: permits(args, state)?,
        permits_owner: policy.map_or_else(|| by.clone(), |policy| policy.permits_owner.clone()),
    };
    if !args.drop.is_empty() && args.reason.as_ref().is_none_or(|reason| reason.trim().is_empty()) {
        return Err(Status::bad_input("a layer is dropped with the city's own reason; say it with `--reason`").into());
    }
    let adoption = Adoption::over(&before, layers).without(&args.drop, layers);
    adoption.map_err(|error| Status::bad_input(error.to_string()).into())
}

/// Submits it, or asks whether it would be done. What was kept for it goes again where it is certain that nothing was written.
fn submitted(
    args: &Adopt,
    office: &Office,
    submission: Submission,
    token: Option<&str>,
    kept: Option<&Path>,
) -> anyhow::Result<Vec<u64>> {
    let entries = if args.dry_run {
        office.preview(submission, token).map(|()| Vec::new())
    } else {
        office.submit(submission, token)
    };
    entries.or_else(|failed| {
        if failed.definite {
            kept.map_or(Ok(()), fs::remove_file)?;
        }
        Err(failed.error)
    })
}

/// What a city would newly allow and newly refuse; none where it has no policies yet.
fn proved(before: Option<&PolicyText>, after: &PolicyText) -> anyhow::Result<Option<Difference>> {
    let Some(before) = before else { return Ok(None) };
    let city = |text: &PolicyText| City::of(text).map_err(|error| Status::bad_input(error.to_string()));
    let difference = Prover::found().diff(&city(before)?, &city(after)?);
    Ok(Some(difference.map_err(|error| Status::unknown(error.to_string()))?))
}

/// How the city stands: at an address, as its public log says.
fn standing(args: &Adopt, office: &Office) -> anyhow::Result<(Arc<State>, Timestamp)> {
    Ok(match office {
        Office::Folder(city) => (city.register().state(), city.register().now()),
        Office::Address(_) => (Arc::new(public_log(&args.city, None)?.state), SystemClock.now()),
    })
}

/// The token of the party that adopts, where one speaks for it.
fn token(args: &Adopt, by: &PartyId, office: &Office) -> anyhow::Result<Option<String>> {
    if !office.needs_token() {
        return Ok(None);
    }
    let tokens = args.tokens.as_deref();
    let tokens = tokens.map(|file| declared::read::<BTreeMap<String, String>>(file, Holds::Tokens)).transpose();
    let token = tokens.context("the tokens file")?.and_then(|mut tokens| tokens.remove(by.as_str()));
    let missing = || format!("an address needs `--tokens FILE` with the token of `{}`, which adopts", by);
    token.with_context(missing).map(Some)
}

/// The duties that are not in force as they read.
fn clocks(text: &PolicyText, state: &State) -> Vec<String> {
    let duties = text.layers.iter().flat_map(|layer| &layer.duties);
    duties.filter(|(id, duty)| state.duty_text(id) != Some(duty)).map(|(id, _)| id.to_string()).collect()
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

fn told(flows: Vec<Flow>) -> Vec<Change> {
    flows.into_iter().map(|flow| Change { what: flow.what.to_string(), why: flow.why }).collect()
}

/// Who could take the next step of an open deployment, before and after.
fn decides(decided: Decided) -> Change {
    let names = |parties: &[model::PartyId]| match parties {
        [] => "nobody".to_owned(),
        parties => parties.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    let because = if decided.why.is_empty() { String::new() } else { format!(": {}", decided.why) };
    let what = format!("{} `{}`", decided.step.code(), decided.deployment);
    Change { what, why: format!("{} in place of {}{because}", names(&decided.then), names(&decided.now)) }
}

fn in_words(adopted: &Adopted, dry_run: bool) -> String {
    let would = if dry_run { "would " } else { "" };
    let mut lines = vec![format!("{}: {}", adopted.pack, adopted.layers.join(" under "))];
    lines.extend(layers_in_words(adopted, would));
    lines.extend(adopted.stops.iter().map(|change| format!("{would}stop  {}: {}", change.what, change.why)));
    lines.extend(adopted.starts.iter().map(|change| format!("{would}start {}: {}", change.what, change.why)));
    lines.extend(adopted.decided.iter().map(|change| format!("{would}let others {}: {}", change.what, change.why)));
    if !adopted.clocks.is_empty() {
        lines.push(format!("{would}let run {} clocks: {}", adopted.clocks.len(), adopted.clocks.join(", ")));
    }
    if !adopted.reworded.is_empty() {
        let reworded = adopted.reworded.join(", ");
        lines.push(format!("Of them these were in force and read otherwise, looser or stricter: {reworded}"));
    }
    lines.extend(adopted.proof.as_ref().map(|difference| format!("By proof, whatever is asked: {difference}")));
    lines.extend(adopted.standing.and_then(not_checked).map(str::to_owned));
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

/// Where nobody was asked whether a release still stands, that.
pub(super) fn not_checked(standing: &str) -> Option<&'static str> {
    let words = "Whether it was withdrawn or corrected since was not checked; give the hub's address with `--hub`.";
    (standing == released::NOT_CHECKED).then_some(words)
}

/// What becomes of each layer: replaced, added, kept or left out.
fn layers_in_words(adopted: &Adopted, would: &str) -> Vec<String> {
    let of = |what: &str, names: &[String]| (!names.is_empty()).then(|| format!("{would}{what} {}", names.join(", ")));
    let said = [
        of("replace", &adopted.replaced),
        of("add    ", &adopted.added),
        of("keep   ", &adopted.kept),
        of("drop   ", &adopted.dropped),
    ];
    said.into_iter().flatten().collect()
}
