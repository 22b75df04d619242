//! Whether every name that a pack uses is there, in itself or in what it stands on, and fits how it is used.

use std::collections::{BTreeMap, BTreeSet};

use model::RequirementId;

use super::behind;
use crate::diagnostic::{Diagnostic, Problems, shown};
use crate::pack::requirements::Spot;
use crate::pack::{NormText, Pack, Use};
use crate::parameter::{Parameter, Stricter, Value};
use crate::words::message::{Message, Shape};
use crate::words::speaker::Speaker;

/// What packs declare together.
pub(crate) struct Known<'p> {
    pub(crate) parameters: BTreeMap<&'p str, &'p Parameter>,
    requirements: BTreeSet<&'p RequirementId>,
    principles: BTreeSet<&'p str>,
    policies: BTreeSet<&'p str>,
    instruments: BTreeSet<&'p str>,
}

impl<'p> Known<'p> {
    /// What a pack and everything it stands on declare.
    pub(crate) fn of(packs: &[&'p Pack]) -> Self {
        let requirements = packs.iter().flat_map(|pack| &pack.requirements);
        let declared = requirements.clone().flat_map(|(_, requirement)| &requirement.parameters);
        let manifests = packs.iter().map(|pack| &pack.manifest);
        Self {
            parameters: declared.map(|(id, parameter)| (id.as_str(), parameter)).collect(),
            requirements: requirements.map(|(id, _)| id).collect(),
            principles: manifests.clone().flat_map(|one| &one.principles).map(|one| one.id.as_str()).collect(),
            instruments: packs.iter().flat_map(|pack| &pack.instruments).map(|one| one.id.as_str()).collect(),
            policies: manifests.flat_map(|one| &one.policies).map(|one| one.id.as_str()).collect(),
        }
    }
}

/// Checks every name of `pack`.
pub(crate) fn check(pack: &Pack, known: &Known<'_>, problems: &mut Problems) {
    for norm in &pack.norms {
        let at = |code, what: String, help: &str| Diagnostic::of_file(&norm.file, code, what, help).at_line(norm.line);
        if !known.requirements.contains(&norm.requirement) {
            let what = format!("the norm `{}` executes `{}`, which is nowhere", norm.id, norm.requirement);
            problems.push(at("unknown-requirement", what, "write the requirement, or name another"));
        }
        instruments(norm, known, problems);
        for named in norm.named() {
            let wrong = named.and_then(|named| fits(&named, known.parameters.get(named.parameter.as_str()).copied()));
            if let Err(what) = wrong {
                problems.push(at(
                    "unknown-parameter",
                    format!("the norm `{}`: {what}", norm.id),
                    "declare it, or write it otherwise",
                ));
            }
        }
    }
    let duties = pack.duties.iter().map(|duty| (duty.id.as_str(), &duty.requirement));
    let keeps = pack.keeps.iter().map(|keep| (keep.id.as_str(), &keep.requirement));
    for (id, requirement) in duties.chain(keeps) {
        if !known.requirements.contains(requirement) {
            let what = format!("`{id}` is of `{requirement}`, which is nowhere");
            problems.push(pack.at_duty(id, "unknown-requirement", what, "write the requirement, or name another"));
        }
    }
    for (id, file, line) in &pack.mentions {
        if !known.parameters.contains_key(id.as_str()) {
            problems.push(unknown(id.as_str(), file, *line));
        }
    }
    for (id, requirement) in &pack.requirements {
        let Some(spot) = pack.spots.get(id) else { continue };
        belongs(requirement.principle.as_deref(), &known.principles, ("principle", spot.principle), spot, problems);
        belongs(requirement.policy.as_deref(), &known.policies, ("policy", spot.policy), spot, problems);
        text(pack, id, known, problems);
    }
}

/// The instruments that a norm names. What came through OSCAL has lost all of its own, and its norms only refuse more.
fn instruments(norm: &NormText, known: &Known<'_>, problems: &mut Problems) {
    if known.instruments.is_empty() {
        return;
    }
    for id in norm.instruments().iter().filter(|id| !known.instruments.contains(id.as_str())) {
        let what = format!("the norm `{}` asks for answers to `{}`, which is no instrument here", norm.id, shown(id));
        let help = "write it into `instruments/`, or name another";
        problems.push(Diagnostic::of_file(&norm.file, "unknown-instrument", what, help).at_line(norm.line));
    }
}

fn unknown(name: &str, file: &str, line: usize) -> Diagnostic {
    let what = format!("there is no parameter `{}`", shown(name));
    Diagnostic::of_file(file, "unknown-parameter", what, "declare it under `[parameters.…]` of a requirement")
        .at_line(line)
}

fn belongs(
    name: Option<&str>,
    known: &BTreeSet<&str>,
    (kind, line): (&str, usize),
    spot: &Spot,
    problems: &mut Problems,
) {
    let Some(name) = name.filter(|name| !known.contains(name)) else { return };
    let what = format!("there is no {kind} `{name}`");
    let help = format!("add `[[{kind}]]` to pack.toml of the standard, or name another");
    problems.push(Diagnostic::of_file(&spot.file, "unknown-principle", what, help).at_line(line));
}

/// Whether a norm can be filled with a parameter in the form it asks for.
fn fits(named: &Use, parameter: Option<&Parameter>) -> Result<(), String> {
    let Some(parameter) = parameter else { return Err(format!("there is no {named}")) };
    let grows = parameter.stricter == Some(Stricter::Larger);
    if grows && matches!(&parameter.value, Value::Set(members) if members.is_empty()) {
        return Err(format!(
            "{named} is an empty set that only grows, and Cedar has no empty set; give it a member that nothing has"
        ));
    }
    let good = match parameter.value {
        Value::Count(_) | Value::Set(_) | Value::Silence(_) => named.form.needs.is_none() && !named.form.days,
        Value::Span(_) => named.form.needs.is_none(),
        Value::Tiers(_) => named.form.needs.is_some(),
    };
    if good { Ok(()) } else { Err(format!("{named} does not fit a {}", parameter.value.kind())) }
}

/// The texts of a requirement in every language: known variables, selects on counts, and that they render.
fn text(pack: &Pack, id: &RequirementId, known: &Known<'_>, problems: &mut Problems) {
    let (Some(requirement), Some(spot)) = (pack.requirements.get(id), pack.spots.get(id)) else { return };
    let own = Message::of_text(&requirement.text).ok();
    let own = own.as_ref().map(|message| (pack.manifest.locale.as_str(), message, spot.file.as_str(), spot.text));
    let translated = pack.translations.iter().filter_map(|(locale, translation)| {
        let message = translation.messages.get(&id.0)?;
        Some((locale.as_str(), message, translation.file.as_str(), message.line))
    });
    for (locale, message, file, line) in own.into_iter().chain(translated) {
        let shape = message.value.clone().unwrap_or_default();
        if variables(&shape, known, file, line, problems) {
            let value = |name: &str| known.parameters.get(name).map(|parameter| &parameter.value);
            if let Err(what) = Speaker::new(locale).say(message, false, value) {
                let help = "write it so that it holds for every value";
                problems.push(Diagnostic::of_file(file, "bad-fluent", what, help).at_line(line));
            }
        }
    }
}

/// Whether every variable is there and fits.
fn variables(shape: &Shape, known: &Known<'_>, file: &str, line: usize, problems: &mut Problems) -> bool {
    let mut good = true;
    for variable in &shape.variables {
        let name = behind(variable, |name| known.parameters.contains_key(name));
        let Some(parameter) = known.parameters.get(name) else {
            problems.push(unknown(variable, file, line));
            good = false;
            continue;
        };
        let a_number = matches!(parameter.value, Value::Count(_)) || name != variable;
        if shape.selected.contains(variable) && !a_number {
            let what = format!("the text selects by `{variable}`, which is a {}", parameter.value.kind());
            let help = "select by a count, or by a span in a unit: `{ $name-days -> … }`";
            problems.push(Diagnostic::of_file(file, "bad-fluent", what, help).at_line(line));
            good = false;
        }
    }
    good
}
