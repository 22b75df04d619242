//! What a pack must hold as a whole: names that are there, everything used, everything executed or said not to be.

pub(crate) mod names;
mod translations;

use std::collections::{BTreeMap, BTreeSet};

use model::RequirementId;

use super::{Pack, PackKind, instruments};
use crate::diagnostic::{Diagnostic, Problems};
use crate::parameter::ParameterId;
use crate::words::message::Message;
use crate::words::speaker::UNITS;
use names::Known;

/// Everything that can be said of a pack by itself. What a profile takes from others is checked beside them.
pub(crate) fn alone(pack: &Pack, problems: &mut Problems) {
    norm_ids(pack, problems);
    parameters_once(pack, problems);
    parameters_used(pack, problems);
    execution(pack, problems);
    translations::check(pack, problems);
    if pack.manifest.kind == PackKind::Standard {
        names::check(pack, &Known::of(&[pack]), problems);
        instruments::check(pack, &[pack], problems);
    }
}

/// The parameter behind a variable of a text: itself, or the span that `-days` and its like ask for.
pub(crate) fn behind(variable: &str, known: impl Fn(&str) -> bool) -> &str {
    if known(variable) {
        return variable;
    }
    let stem = UNITS.iter().find_map(|(ending, _)| variable.strip_suffix(ending));
    stem.filter(|stem| known(stem)).unwrap_or(variable)
}

fn norm_ids(pack: &Pack, problems: &mut Problems) {
    let mut seen = BTreeMap::new();
    for norm in &pack.norms {
        if let Some((file, line)) = seen.insert(&norm.id, (&norm.file, norm.line)) {
            let what = format!("the norm `{}` is there twice, first in {file}:{line}", norm.id);
            problems.push(Diagnostic::of_file(&norm.file, "duplicate-id", what, "rename one").at_line(norm.line));
        }
    }
}

fn parameters_once(pack: &Pack, problems: &mut Problems) {
    let mut seen: BTreeMap<&ParameterId, &RequirementId> = BTreeMap::new();
    for (id, spot) in &pack.spots {
        for (parameter, line) in &spot.parameters {
            if let Some(first) = seen.insert(parameter, id) {
                let what = format!("the parameter `{parameter}` is declared by `{first}` already");
                let help = "declare it once; every norm and text of the pack may name it";
                problems.push(Diagnostic::of_file(&spot.file, "duplicate-id", what, help).at_line(*line));
            }
        }
    }
}

fn parameters_used(pack: &Pack, problems: &mut Problems) {
    let mut used: BTreeSet<String> = pack.norms.iter().flat_map(|norm| norm.parameters()).map(String::from).collect();
    used.extend(pack.mentions.iter().map(|(id, ..)| id.as_str().to_owned()));
    let declared =
        |name: &str| pack.requirements.values().any(|one| one.parameters.keys().any(|id| id.as_str() == name));
    for requirement in pack.requirements.values() {
        let shape = Message::of_text(&requirement.text).ok().and_then(|message| message.value).unwrap_or_default();
        used.extend(shape.variables.iter().map(|variable| behind(variable, declared).to_owned()));
    }
    for spot in pack.spots.values() {
        for (parameter, line) in spot.parameters.iter().filter(|(id, _)| !used.contains(id.as_str())) {
            let what = format!("nothing uses the parameter `{parameter}`");
            let help = format!(
                "name it `${{{parameter}}}` in a norm or a duty, or `{{ ${parameter} }}` in a text, or take it out"
            );
            problems.push(Diagnostic::of_file(&spot.file, "unused-parameter", what, help).at_line(*line));
        }
    }
}

fn execution(pack: &Pack, problems: &mut Problems) {
    for (id, requirement) in &pack.requirements {
        let norm = pack.norms.iter().find(|norm| norm.requirement == *id).map(|norm| format!("the norm `{}`", norm.id));
        let duty = || pack.duties.iter().find(|duty| duty.requirement == *id);
        let executed = norm.or_else(|| duty().map(|duty| format!("the duty `{}`", duty.id)));
        let Some(spot) = pack.spots.get(id) else { continue };
        match (executed, &requirement.text_only) {
            (None, None) => {
                let what = format!("nothing executes `{id}`");
                let help = "write a norm or a duty for it, or say in `text_only` why nothing can";
                problems.push(Diagnostic::of_file(&spot.file, "not-executed", what, help).at_line(spot.id));
            }
            (Some(by), Some(_)) => {
                let what = format!("`{id}` says that nothing executes it, but {by} does");
                let help = "take `text_only` out";
                problems
                    .push(Diagnostic::of_file(&spot.file, "executed-after-all", what, help).at_line(spot.text_only));
            }
            _ => {}
        }
    }
}
