//! One control as a requirement.

use model::RequirementId;
use serde::de::DeserializeOwned;

use super::super::document::{Control, Part, Property, Resource};
use super::{Reader, is_ours, params, prose};
use crate::pack::NormText;
use crate::requirement::{Kind, OnFailure, Requirement, Source, Status, Sure};

/// Names of our own properties that a requirement is made of.
const OWN: [&str; 10] = [
    "kind",
    "status",
    "on-failure",
    "jurisdiction",
    "applies",
    "principle",
    "policy",
    "applies-from",
    "applies-to",
    "evidence",
];
/// Names of parts that a requirement is made of.
const PARTS: [&str; 2] = ["statement", "guidance"];
/// Names of our own parts.
const OWN_PARTS: [&str; 3] = ["text-pattern", "text-only", "norm"];

/// A code of ours from its text; JSON texts of structures are read as such.
fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).or_else(|_| serde_json::from_str(text)).ok()
}

fn own<'p>(control: &'p Control, name: &'static str) -> impl Iterator<Item = &'p str> {
    let named = move |property: &&Property| property.name == name && is_ours(&property.ns);
    control.props.iter().filter(named).map(|property| property.value.as_str())
}

fn first<T: DeserializeOwned>(control: &Control, name: &'static str) -> Option<T> {
    own(control, name).next().and_then(read)
}

fn part<'p>(control: &'p Control, name: &str, ours: bool) -> Option<&'p Part> {
    control.parts.iter().find(|part| part.name == name && is_ours(&part.ns) == ours)
}

fn own_prose(control: &Control, name: &str) -> Option<String> {
    part(control, name, true)?.prose.clone()
}

impl Reader<'_> {
    pub(super) fn control(&mut self, path: &str, control: &Control, group: Option<&str>) -> Requirement {
        let id = RequirementId(control.id.clone());
        self.left_behind(path, control);
        self.norms_of(&id, control);
        let foreign = part(control, "text-pattern", true).is_none();
        let statement = || part(control, "statement", false).map(prose::pattern).unwrap_or_default();
        let text_only = own_prose(control, "text-only");
        let imported =
            || Some("imported from OSCAL; nothing executes it until somebody writes a norm or a duty".to_owned());
        Requirement {
            id,
            title: control.title.clone(),
            text: own_prose(control, "text-pattern").unwrap_or_else(statement),
            principle: first(control, "principle"),
            policy: first(control, "policy").or_else(|| group.map(str::to_owned).filter(|_| foreign)),
            kind: first(control, "kind").unwrap_or(Kind::Register),
            status: first(control, "status").unwrap_or(Status::InForce),
            jurisdiction: first(control, "jurisdiction").unwrap_or_else(|| "imported".to_owned()),
            applies_from: own(control, "applies-from").next().and_then(|day| day.parse().ok()),
            applies_to: own(control, "applies-to").next().and_then(|day| day.parse().ok()),
            on_failure: first(control, "on-failure").unwrap_or(OnFailure::Flag),
            text_only: if foreign { imported() } else { text_only },
            evidence: own(control, "evidence").filter_map(read).collect(),
            sources: self.sources(control, foreign),
            applies: first(control, "applies").unwrap_or_default(),
            parameters: params::read(path, &control.params, &mut self.losses),
            body: part(control, "guidance", false).map(prose::markdown).unwrap_or_default(),
        }
    }

    fn norms_of(&mut self, id: &RequirementId, control: &Control) {
        let norms = control.parts.iter().filter(|part| part.name == "norm" && is_ours(&part.ns));
        self.norms.extend(norms.filter_map(|part| {
            let (id_of_norm, cedar) = (part.title.clone()?, part.prose.clone()?);
            let file = format!("norms/{}.cedar", id.0);
            let reason = part.props.iter().find(|property| property.name == "reason" && is_ours(&property.ns));
            let reason = reason.map(|property| property.value.clone());
            Some(NormText { id: id_of_norm, requirement: id.clone(), reason, cedar, file, line: 1 })
        }));
    }

    fn sources(&self, control: &Control, foreign: bool) -> Vec<Source> {
        let references = control.links.iter().filter_map(|link| {
            let resource = self.resources.get(link.href.strip_prefix('#')?)?;
            (link.rel.as_deref() == Some("reference")).then(|| source(resource))
        });
        let sources: Vec<Source> = references.collect();
        if sources.is_empty() && foreign {
            let text = format!("{}, control {}", self.title, control.id);
            return vec![Source { text, url: None, fact: None, sure: Sure::Secondary }];
        }
        sources
    }

    /// Names everything of a control that a requirement has no place for.
    fn left_behind(&mut self, path: &str, control: &Control) {
        self.losses.rest(path, &control.rest);
        let unread = |property: &&Property| !(is_ours(&property.ns) && OWN.contains(&property.name.as_str()));
        self.losses.props(path, control.props.iter().filter(unread));
        let resolved = |href: &str| href.strip_prefix('#').is_some_and(|uuid| self.resources.contains_key(uuid));
        let lost =
            control.links.iter().filter(|link| link.rel.as_deref() != Some("reference") || !resolved(&link.href));
        let lost: Vec<_> = lost.cloned().collect();
        self.losses.links(path, lost.iter());
        for part in &control.parts {
            let known = if is_ours(&part.ns) { OWN_PARTS.as_slice() } else { PARTS.as_slice() };
            if !known.contains(&part.name.as_str()) {
                self.losses
                    .add(&format!("{path}/parts/{}", part.name), "a part that is neither statement nor guidance");
            }
            self.parts_within(&format!("{path}/parts/{}", part.name), part);
        }
    }

    /// What hangs on a part besides its prose. Nested items of a statement are read into the text.
    fn parts_within(&mut self, path: &str, part: &Part) {
        self.losses.rest(path, &part.rest);
        let unread = |property: &&Property| property.name != "label" && !is_ours(&property.ns);
        self.losses.props(path, part.props.iter().filter(unread));
        self.losses.links(path, part.links.iter());
        for inner in &part.parts {
            self.parts_within(&format!("{path}/parts/{}", inner.id.as_deref().unwrap_or(&inner.name)), inner);
        }
    }
}

fn source(resource: &Resource) -> Source {
    let own = |name: &str| {
        let found = resource.props.iter().find(|property| property.name == name && is_ours(&property.ns));
        found.map(|property| property.value.as_str())
    };
    Source {
        text: resource.title.clone().or_else(|| resource.description.clone()).unwrap_or_else(|| resource.uuid.clone()),
        url: resource.rlinks.first().map(|rlink| rlink.href.clone()),
        fact: own("fact").and_then(|row| row.parse().ok()),
        sure: own("sure").and_then(read).unwrap_or(Sure::Secondary),
    }
}
