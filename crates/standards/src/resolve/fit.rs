//! Whether packs can stand in one stack: every name once, every base wider, every name that is used there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Problems};
use crate::pack::check::names::{self, Known};
use crate::pack::files::MANIFEST;
use crate::pack::{Pack, PackKind, instruments};

/// For each pack of an ordered stack, the positions of everything that it stands on.
pub(super) fn below(stack: &[Arc<Pack>]) -> Vec<BTreeSet<usize>> {
    let mut below: Vec<BTreeSet<usize>> = Vec::new();
    for pack in stack {
        let mut all = BTreeSet::new();
        for base in &pack.manifest.based_on {
            if let Some(at) = stack.iter().position(|other| other.manifest.reference == *base) {
                all.insert(at);
                all.extend(below.get(at).into_iter().flatten().copied());
            }
        }
        below.push(all);
    }
    below
}

/// Refuses two packs of one name and version with different contents: which of them counts would depend on their order.
pub(super) fn versions(stack: &[Arc<Pack>]) -> Result<(), Vec<Diagnostic>> {
    let mut problems = Problems::default();
    let mut hashes = BTreeMap::new();
    for pack in stack {
        let reference = &pack.manifest.reference;
        if hashes.insert(reference, pack.hash).is_some_and(|hash| hash != pack.hash) {
            let what = format!("two packs are `{reference}`, with different contents");
            let problem = Diagnostic::of_file(MANIFEST, "version-taken", what, "take one of them out");
            problems.push(problem.within(&pack.manifest.id));
        }
    }
    problems.or(())
}

/// Checks an ordered stack.
pub(super) fn check(stack: &[Arc<Pack>], below: &[BTreeSet<usize>], problems: &mut Problems) {
    layers(stack, problems);
    ids(stack, problems);
    for (pack, bases) in stack.iter().zip(below) {
        for base in bases.iter().filter_map(|at| stack.get(*at)) {
            if base.manifest.layer > pack.manifest.layer {
                let (ours, theirs) = (pack.manifest.layer.code(), base.manifest.layer.code());
                let what = format!("a {ours} pack cannot stand on `{}`, which is {theirs}", base.manifest.id);
                let problem = Diagnostic::of_file(MANIFEST, "wider-than-base", what, "say the narrower `layer`");
                problems.push(problem.at_line(pack.lines.layer.max(1)).within(&pack.manifest.id));
            }
        }
        if pack.manifest.kind == PackKind::Profile {
            let mut found = Problems::default();
            let packs: Vec<&Pack> =
                bases.iter().filter_map(|at| stack.get(*at)).chain([pack]).map(AsRef::as_ref).collect();
            names::check(pack, &Known::of(&packs), &mut found);
            instruments::check(pack, &packs, &mut found);
            problems.extend(found.into_sorted().into_iter().map(|one| one.within(&pack.manifest.id)).collect());
        }
    }
}

/// One version of each pack, and one pack for each name of a layer.
fn layers(stack: &[Arc<Pack>], problems: &mut Problems) {
    let (mut urns, mut names) = (BTreeMap::new(), BTreeMap::new());
    for pack in stack {
        let manifest = &pack.manifest;
        let mut wrong = |code, what: String, help: &str| {
            problems.push(Diagnostic::of_file(MANIFEST, code, what, help).at_line(1).within(&manifest.id));
        };
        if let Some(first) = urns.insert(&manifest.reference.urn, &manifest.reference) {
            let what = format!("the stack holds `{first}` and `{}`", manifest.reference);
            wrong("two-versions", what, "let everything stand on one version");
        } else if let Some(first) = names.insert(&manifest.id, &manifest.reference) {
            let what = format!("`{first}` and `{}` have one id, `{}`", manifest.reference, manifest.id);
            wrong("duplicate-id", what, "rename one, since its id is the layer's name");
        }
    }
}

/// Each requirement, parameter, duty and instrument once.
fn ids(stack: &[Arc<Pack>], problems: &mut Problems) {
    let mut seen: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for pack in stack {
        let owner = pack.manifest.id.as_str();
        let mut once = |kind, id, file: &str, line: usize| {
            if let Some(first) = seen.insert((kind, id), owner) {
                let what = format!("the {kind} `{id}` is in `{first}` already");
                let problem = Diagnostic::of_file(file, "duplicate-id", what, "rename it").at_line(line);
                problems.push(problem.within(owner));
            }
        };
        for (id, spot) in &pack.spots {
            once("requirement", id.0.as_str(), &spot.file, spot.id);
            for (parameter, line) in &spot.parameters {
                once("parameter", parameter.as_str(), &spot.file, *line);
            }
        }
        for duty in &pack.duties {
            let (file, line) = pack.place_of_duty(duty.id.as_str()).unwrap_or((MANIFEST, 1));
            once("duty", duty.id.as_str(), file, line);
        }
        for instrument in &pack.instruments {
            once("instrument", instrument.id.as_str(), &instrument.file, 1);
            once("instrument", &instrument.urn, &instrument.file, 1);
        }
    }
}
