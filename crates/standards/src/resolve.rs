//! Resolution: from a stack of packs to the layers that a city stands under, their parameters filled in.
//!
//! Pure and the same whoever asks in whatever order. Nothing is ever taken away: a stack is as strict as each of its layers.

mod dates;
mod fill;
mod fit;
mod keeps;
mod ladder;

pub use dates::Enforcement;
pub use keeps::{Conflict, Side};
pub use ladder::Tightening;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use model::{LayerKind, PolicyLayer, RequirementId};
use serde::Serialize;

use crate::applies::About;
use crate::diagnostic::{Diagnostic, Problems};
use crate::duty::{Duty, to_text};
use crate::library::order;
use crate::pack::{NormText, Pack, Reference};
use crate::parameter::{Parameter, ParameterId, Relation, Value};
use crate::requirement::{OnFailure, Requirement};
use crate::words::{Rendered, WordsError};
use ladder::Ladder;

/// One norm of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResolvedNorm {
    /// Its `@id`; in policies `<layer>/<id>`.
    pub id: String,
    /// What it executes.
    pub requirement: RequirementId,
    /// The pack that wrote it: another than the layer's where the layer tightens it.
    pub written_by: Reference,
    /// The Cedar text.
    pub cedar: String,
}

/// What one pack adds to a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResolvedLayer {
    /// Which pack.
    pub pack: Reference,
    /// How wide it is.
    pub kind: LayerKind,
    /// Its name in policies.
    pub name: String,
    /// Who answers for it.
    pub owner: String,
    /// Its own norms, then those from above that it tightens.
    pub norms: Vec<ResolvedNorm>,
    /// Its own duties, with the values in force in the whole stack: one clock each, the strictest.
    #[serde(skip)]
    pub duties: Vec<Duty>,
}

impl ResolvedLayer {
    /// The Cedar text of the layer.
    #[must_use]
    pub fn cedar(&self) -> String {
        self.norms.iter().map(|norm| norm.cedar.as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// A requirement as it stands in a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedRequirement {
    /// The pack that declares it.
    pub pack: Reference,
    /// The requirement, its parameters with the values in force.
    pub requirement: Requirement,
    /// When it is enforced.
    pub enforcement: Enforcement,
}

/// A stack resolved.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The packs, widest first.
    pub packs: Vec<Arc<Pack>>,
    /// Their layers, in the same order.
    pub layers: Vec<ResolvedLayer>,
    /// Every requirement, by id.
    pub requirements: BTreeMap<RequirementId, ResolvedRequirement>,
    /// The values in force, by parameter.
    pub values: BTreeMap<ParameterId, Value>,
    /// What profiles set, in order of layers.
    pub tightenings: Vec<Tightening>,
    /// Requirements on keeping data that cannot both be met.
    pub conflicts: Vec<Conflict>,
}

/// Resolves packs that together hold everything they stand on. With a day, norms stand as they are enforced on it; without
/// one, each carries its own days as a condition on the clock.
///
/// # Errors
/// Whatever keeps the packs from standing in one stack, by pack, file and line.
pub fn resolve(stack: &[Arc<Pack>], on: Option<NaiveDate>) -> Result<Resolved, Vec<Diagnostic>> {
    fit::versions(stack)?;
    let tops: Vec<&Reference> = stack.iter().map(|pack| &pack.manifest.reference).collect();
    let packs = order(&tops, |reference| stack.iter().find(|pack| pack.manifest.reference == *reference))?;
    let mut problems = Problems::default();
    let below = fit::below(&packs);
    fit::check(&packs, &below, &mut problems);
    let ladder = Ladder::build(&packs, &below, &mut problems);
    if !problems.is_empty() {
        return Err(problems.into_sorted());
    }
    let mut layers = Vec::new();
    for at in 0..packs.len() {
        layers.extend(layer(&packs, &ladder, at, on, &mut problems));
    }
    let values = ladder.values.last().cloned().unwrap_or_default();
    let requirements = requirements(&packs, &values);
    let conflicts = keeps::conflicts(&packs, &values, &mut problems);
    let tightenings = ladder.tightenings;
    problems.or(()).map(|()| Resolved { packs, layers, requirements, values, tightenings, conflicts })
}

/// The norms of a pack as they stand in its layer whatever it stands on: those of its own requirements that name no parameter.
pub(crate) fn alone(pack: &Arc<Pack>) -> Vec<String> {
    let own = std::slice::from_ref(pack);
    let fixed = pack.norms.iter().filter(|norm| norm.parameters().is_empty());
    // Words that need a value are for the whole stack to say.
    fixed.filter_map(|norm| Some(resolved(own, pack, norm, &BTreeMap::new(), None).ok()??.cedar)).collect()
}

/// The layer of one pack: its own norms, and those from above that name a parameter which it changes.
fn layer(
    packs: &[Arc<Pack>],
    ladder: &Ladder<'_>,
    at: usize,
    on: Option<NaiveDate>,
    problems: &mut Problems,
) -> Option<ResolvedLayer> {
    let (pack, values, changed) = (packs.get(at)?, ladder.values.get(at)?, ladder.changed.get(at)?);
    let own = pack.norms.iter().map(|norm| (pack, norm));
    let above = packs.iter().take(at).flat_map(|pack| pack.norms.iter().map(move |norm| (pack, norm)));
    let tightened = above.filter(|(_, norm)| !norm.parameters().is_disjoint(changed));
    let (mut norms, mut seen) = (Vec::new(), BTreeMap::new());
    for (writer, norm) in own.chain(tightened) {
        if let Some(first) = seen.insert(norm.id.as_str(), &writer.manifest.id) {
            let what = format!(
                "`{first}` and `{}` both have a norm `{}`, and one of them stands in the other's layer, tightened",
                writer.manifest.id, norm.id
            );
            let place = if *first == pack.manifest.id { pack.norms.iter().find(|own| own.id == norm.id) } else { None };
            let (file, line) = place.map_or((norm.file.as_str(), norm.line), |own| (own.file.as_str(), own.line));
            let problem = Diagnostic::of_file(file, "norm-id-taken", what, "rename one of the two norms");
            problems.push(problem.at_line(line).within(&pack.manifest.id));
            continue;
        }
        match resolved(packs, writer, norm, values, on) {
            Ok(norm) => norms.extend(norm),
            Err(what) => {
                let help = "let its text and its parameters fit each other";
                let problem = Diagnostic::of_file(&norm.file, "not-filled", what, help).at_line(norm.line);
                problems.push(problem.within(&writer.manifest.id));
            }
        }
    }
    let manifest = &pack.manifest;
    Some(ResolvedLayer {
        pack: manifest.reference.clone(),
        kind: manifest.layer,
        name: manifest.id.clone(),
        owner: manifest.owner.clone(),
        norms,
        duties: duties(packs, ladder, pack, on, problems),
    })
}

/// The duties of one pack, filled in; those of requirements that are never enforced are left out.
fn duties(
    packs: &[Arc<Pack>],
    ladder: &Ladder<'_>,
    pack: &Pack,
    on: Option<NaiveDate>,
    problems: &mut Problems,
) -> Vec<Duty> {
    let mut duties = Vec::new();
    let Some(values) = ladder.values.last() else { return duties };
    for declared in &pack.duties {
        let requirement = packs.iter().find_map(|pack| pack.requirements.get(&declared.requirement));
        let Some(enforcement) = requirement.map(Enforcement::of) else { continue };
        if enforcement == Enforcement::Never || on.is_some_and(|day| !enforcement.holds_on(day)) {
            continue;
        }
        match declared.resolve(|id| values.get(id).cloned()) {
            Ok(duty) => duties.push(Duty { in_force: enforcement.in_force(), ..duty }),
            Err(error) => {
                let help = "let the duty and its parameters fit each other";
                let problem = pack.at_duty(declared.id.as_str(), "not-filled", error.to_string(), help);
                problems.push(problem.within(&pack.manifest.id));
            }
        }
    }
    duties
}

/// A norm filled with values; `None` where it is not enforced.
fn resolved(
    packs: &[Arc<Pack>],
    writer: &Pack,
    norm: &NormText,
    values: &BTreeMap<ParameterId, Value>,
    on: Option<NaiveDate>,
) -> Result<Option<ResolvedNorm>, String> {
    let declared = packs.iter().find_map(|pack| Some((pack, pack.requirements.get(&norm.requirement)?)));
    let (pack, requirement) = declared.ok_or_else(|| format!("there is no requirement `{}`", norm.requirement))?;
    let enforcement = Enforcement::of(requirement);
    if enforcement == Enforcement::Never || on.is_some_and(|day| !enforcement.holds_on(day)) {
        return Ok(None);
    }
    let condition = if on.is_some() { None } else { enforcement.condition() };
    let reason = match &norm.reason {
        Some(reason) => reason.clone(),
        None => pack.words(&norm.requirement, values, "en").map_err(|error| error.to_string())?.text,
    };
    // Of a device that is not as it should be, nothing is taken where its requirement says so.
    let shuts_out = requirement.applies.about == About::Device && requirement.on_failure == OnFailure::Suspend;
    let filled = fill::fill(norm, values, &reason, condition.as_deref())?;
    let cedar = if shuts_out { format!("@on_failure(\"suspend\")\n{filled}") } else { filled };
    let written_by = writer.manifest.reference.clone();
    Ok(Some(ResolvedNorm { id: norm.id.clone(), requirement: norm.requirement.clone(), written_by, cedar }))
}

fn requirements(
    packs: &[Arc<Pack>],
    values: &BTreeMap<ParameterId, Value>,
) -> BTreeMap<RequirementId, ResolvedRequirement> {
    let in_force = |parameter: &Parameter| {
        let value = values.get(&parameter.id).unwrap_or(&parameter.value).clone();
        Parameter { value, ..parameter.clone() }
    };
    let mut out = BTreeMap::new();
    for pack in packs {
        for (id, requirement) in &pack.requirements {
            let mut requirement = requirement.clone();
            requirement.parameters.values_mut().for_each(|parameter| *parameter = in_force(parameter));
            let enforcement = Enforcement::of(&requirement);
            let pack = pack.manifest.reference.clone();
            out.insert(id.clone(), ResolvedRequirement { pack, requirement, enforcement });
        }
    }
    out
}

impl Resolved {
    /// The layers as a city adopts them.
    #[must_use]
    pub fn policy_layers(&self) -> Vec<PolicyLayer> {
        let layer = |layer: &ResolvedLayer| PolicyLayer {
            kind: layer.kind,
            name: layer.name.clone(),
            owner: layer.owner.clone(),
            cedar: layer.cedar(),
            duties: layer.duties.iter().map(|duty| (duty.id.clone(), to_text(duty))).collect(),
        };
        self.layers.iter().map(layer).collect()
    }

    /// What profiles set that neither is nor is not stricter: in force is what is as strict as both.
    pub fn incomparable(&self) -> impl Iterator<Item = &Tightening> {
        self.tightenings.iter().filter(|one| one.relation == Relation::Incomparable)
    }

    /// Who tightened a parameter, widest first.
    pub fn tightened<'a>(&'a self, parameter: &'a ParameterId) -> impl Iterator<Item = &'a Tightening> {
        self.tightenings.iter().filter(move |one| one.parameter == *parameter && one.to != one.from)
    }

    /// The languages that any pack of the stack speaks.
    #[must_use]
    pub fn locales(&self) -> BTreeSet<&str> {
        self.packs.iter().flat_map(|pack| &pack.manifest.locales).map(String::as_str).collect()
    }

    /// A requirement with the values in force, in the language asked for or in that of its pack.
    ///
    /// # Errors
    /// Where there is no such requirement, or a value does not fit its text.
    pub fn words(&self, requirement: &RequirementId, locale: &str) -> Result<Rendered, WordsError> {
        let pack = self.packs.iter().find(|pack| pack.requirements.contains_key(requirement));
        let pack = pack.ok_or_else(|| WordsError::NoRequirement(requirement.clone()))?;
        pack.words(requirement, &self.values, locale)
    }
}

#[cfg(test)]
mod tests;
