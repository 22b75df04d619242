//! A pack as a catalogue: a group for each model policy, a control for each requirement.

use model::Timestamp;

use super::document::{
    BackMatter, Catalog, CatalogDocument, Control, Group, Link, Param, Part, Property, Resource, Rlink,
};
use super::{NAMESPACE, metadata, property, uuid};
use crate::pack::{NormText, Pack};
use crate::parameter::{Parameter, Stricter, Value};
use crate::requirement::{Requirement, Source};

/// The group of requirements that belong to no model policy.
pub(super) const UNGROUPED: &str = "other";

/// Writes a pack's own requirements as a catalogue. `words` gives a requirement's text for people.
#[must_use]
pub fn export(pack: &Pack, at: Timestamp, words: &dyn Fn(&Requirement) -> String) -> CatalogDocument {
    let manifest = &pack.manifest;
    let urn = &manifest.reference.urn;
    let mut metadata = metadata(&manifest.title, &manifest.reference.version.to_string(), at, &manifest.notice);
    metadata.props = vec![
        property("urn", urn),
        property("content-hash", &pack.hash.to_string()),
        property("owner", &manifest.owner),
        property("jurisdiction", &manifest.jurisdiction),
    ];
    metadata.props.extend(
        manifest
            .principles
            .iter()
            .map(|principle| Property { class: Some(principle.id.clone()), ..property("principle", &principle.title) }),
    );
    let mut resources = Vec::new();
    let mut groups: Vec<Group> = manifest
        .policies
        .iter()
        .map(|policy| Group {
            id: Some(policy.id.clone()),
            class: Some("model-policy".to_owned()),
            title: policy.title.clone(),
            props: vec![property("principle", &policy.principle)],
            ..Group::default()
        })
        .collect();
    let mut others =
        Group { id: Some(UNGROUPED.to_owned()), title: "Other requirements".to_owned(), ..Group::default() };
    for requirement in pack.requirements.values() {
        let norms = pack.norms.iter().filter(|norm| norm.requirement == requirement.id);
        let control = control(requirement, norms, words, urn, &mut resources);
        let group = groups.iter_mut().find(|group| group.id == requirement.policy && group.id.is_some());
        group.unwrap_or(&mut others).controls.push(control);
    }
    // A group without controls says only that the policy has a name; it stays, as the roadmap names it.
    if !others.controls.is_empty() {
        groups.push(others);
    }
    let catalog = Catalog {
        uuid: uuid(&format!("{urn}@{}", manifest.reference.version)),
        metadata,
        groups,
        back_matter: BackMatter { resources, ..BackMatter::default() },
        ..Catalog::default()
    };
    CatalogDocument { catalog: Some(catalog), ..CatalogDocument::default() }
}

fn control<'a>(
    requirement: &Requirement,
    norms: impl Iterator<Item = &'a NormText>,
    words: &dyn Fn(&Requirement) -> String,
    urn: &str,
    resources: &mut Vec<Resource>,
) -> Control {
    let id = &requirement.id.0;
    let links = requirement.sources.iter().enumerate().map(|(number, source)| {
        let resource = resource(source, &format!("{urn}/{id}/source/{number}"));
        let link = Link { href: format!("#{}", resource.uuid), rel: Some("reference".to_owned()), ..Link::default() };
        resources.push(resource);
        link
    });
    let mut parts = vec![
        Part {
            id: Some(format!("{id}_smt")),
            name: "statement".to_owned(),
            prose: Some(words(requirement)),
            ..Part::default()
        },
        own_part("text-pattern", &requirement.text),
    ];
    if !requirement.body.is_empty() {
        parts.push(Part { name: "guidance".to_owned(), prose: Some(requirement.body.clone()), ..Part::default() });
    }
    parts.extend(requirement.text_only.iter().map(|why| own_part("text-only", why)));
    parts.extend(norms.map(norm_part));
    Control {
        id: id.clone(),
        class: Some("requirement".to_owned()),
        title: requirement.title.clone(),
        params: requirement.parameters.values().map(param).collect(),
        props: properties(requirement),
        links: links.collect(),
        parts,
        ..Control::default()
    }
}

fn norm_part(norm: &NormText) -> Part {
    let reason = norm.reason.iter().map(|reason| property("reason", reason)).collect();
    Part { title: Some(norm.id.clone()), props: reason, ..own_part("norm", &norm.cedar) }
}

fn own_part(name: &str, prose: &str) -> Part {
    Part { name: name.to_owned(), ns: Some(NAMESPACE.to_owned()), prose: Some(prose.to_owned()), ..Part::default() }
}

/// The text of a code of ours.
pub(super) fn code(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

fn properties(requirement: &Requirement) -> Vec<Property> {
    let mut props = vec![
        property("kind", &code(&requirement.kind)),
        property("status", &code(&requirement.status)),
        property("on-failure", &code(&requirement.on_failure)),
        property("jurisdiction", &requirement.jurisdiction),
        property("applies", &code(&requirement.applies)),
    ];
    let optional = [
        ("principle", requirement.principle.clone()),
        ("policy", requirement.policy.clone()),
        ("applies-from", requirement.applies_from.map(|day| day.to_string())),
        ("applies-to", requirement.applies_to.map(|day| day.to_string())),
    ];
    props.extend(optional.into_iter().filter_map(|(name, value)| Some(property(name, &value?))));
    props.extend(requirement.evidence.iter().map(|kind| property("evidence", kind.as_str())));
    props
}

fn resource(source: &Source, name: &str) -> Resource {
    let mut props = vec![property("sure", &code(&source.sure))];
    props.extend(source.fact.map(|row| property("fact", &row.to_string())));
    Resource {
        uuid: uuid(name),
        title: Some(source.text.clone()),
        props,
        rlinks: source.url.iter().map(|url| Rlink { href: url.clone(), ..Rlink::default() }).collect(),
        ..Resource::default()
    }
}

fn param(parameter: &Parameter) -> Param {
    let (class, values) = value(&parameter.value);
    let stricter = |direction: &Stricter| property("stricter", &code(direction));
    Param {
        id: parameter.id.to_string(),
        class: Some(class.to_owned()),
        props: parameter.stricter.iter().map(stricter).collect(),
        values,
        ..Param::default()
    }
}

/// A value as OSCAL's list of texts, with our name for its kind.
pub(super) fn value(value: &Value) -> (&'static str, Vec<String>) {
    match value {
        Value::Count(number) => ("count", vec![number.to_string()]),
        Value::Span(span) => ("span", vec![span.to_string()]),
        Value::Set(codes) => ("set", codes.iter().cloned().collect()),
        Value::Silence(silence) => ("silence", vec![code(silence)]),
        Value::Tiers(tiers) => {
            ("tiers", tiers.iter().map(|tier| format!("{} {}", tier.after, code(&tier.needs))).collect())
        }
    }
}
