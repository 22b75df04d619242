//! Resolution of a profile: what it takes from which catalogue, with what it sets, adds and removes (NIST, OSCAL profile
//! resolution). The result is one flat catalogue; grouping a profile asks for is not made and is named as lost.

use std::collections::BTreeSet;

use super::document::{Alter, Catalog, Control, Group, Modify, Param, Part, Profile, ProfileDocument, Remove, Select};
use super::import::ImportError;
use super::loss::{Loss, Losses};
use super::{DOCUMENT_BYTES_MAX, import};

/// How many profiles may stand on one another.
const CHAIN_MAX: usize = 16;

/// Resolves a profile; `fetch` gives the bytes of what a reference names, or nothing.
///
/// # Errors
/// It is not a profile, imports itself, or imports what is not there.
pub fn profile(
    bytes: &[u8],
    name: &str,
    fetch: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Result<(Catalog, Vec<Loss>), ImportError> {
    let mut losses = Losses::default();
    let catalog = resolve(bytes, &mut vec![name.to_owned()], fetch, &mut losses)?;
    Ok((catalog, losses.done()))
}

fn resolve(
    bytes: &[u8],
    chain: &mut Vec<String>,
    fetch: &dyn Fn(&str) -> Option<Vec<u8>>,
    losses: &mut Losses,
) -> Result<Catalog, ImportError> {
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(ImportError::TooLarge(bytes.len()));
    }
    let profile = serde_json::from_slice::<ProfileDocument>(bytes)?.profile.ok_or(ImportError::Kind("profile"))?;
    let mut catalog = Catalog { uuid: profile.uuid.clone(), metadata: profile.metadata.clone(), ..Catalog::default() };
    lost(&profile, losses);
    for import in &profile.imports {
        if chain.contains(&import.href) || chain.len() > CHAIN_MAX {
            return Err(ImportError::Cycle(import.href.clone()));
        }
        let bytes = fetch(&import.href).ok_or_else(|| ImportError::Missing(import.href.clone()))?;
        let source = match import::read(&bytes) {
            Ok(catalog) => catalog,
            Err(ImportError::Kind(_)) => {
                chain.push(import.href.clone());
                let resolved = resolve(&bytes, chain, fetch, losses)?;
                chain.pop();
                resolved
            }
            Err(error) => return Err(error),
        };
        losses.rest(&format!("profile/imports/{}", import.href), &import.rest);
        let mut controls = flat(&source);
        controls.retain(|taken| {
            let all = import.include_all.is_some();
            (all || chosen(&import.include_controls, taken)) && !chosen(&import.exclude_controls, taken)
        });
        for taken in controls {
            if catalog.controls.iter().any(|control| control.id == taken.control.id) {
                losses.add(
                    &format!("profile/imports/{}/{}", import.href, taken.control.id),
                    "it was imported before; the first stays",
                );
            } else {
                catalog.controls.push(taken.control);
            }
        }
        catalog.back_matter.resources.extend(source.back_matter.resources);
    }
    if let Some(modify) = &profile.modify {
        modified(&mut catalog.controls, modify, losses);
    }
    Ok(catalog)
}

/// What a profile has that is not done.
fn lost(profile: &Profile, losses: &mut Losses) {
    losses.rest("profile", &profile.rest);
    if let Some(merge) = &profile.merge
        && (merge.custom.is_some() || merge.combine.is_some())
    {
        losses.add("profile/merge", "controls come in one list, the first of two with one id");
    }
    if let Some(modify) = &profile.modify {
        losses.rest("profile/modify", &modify.rest);
    }
}

/// A control on its way, with the ids of those it stands in.
struct Taken {
    control: Control,
    within: Vec<String>,
}

fn flat(catalog: &Catalog) -> Vec<Taken> {
    let mut out = Vec::new();
    take(&catalog.controls, &[], &mut out);
    let mut groups: Vec<&Group> = catalog.groups.iter().rev().collect();
    while let Some(group) = groups.pop() {
        take(&group.controls, &[], &mut out);
        groups.extend(group.groups.iter().rev());
    }
    out
}

fn take(controls: &[Control], within: &[String], out: &mut Vec<Taken>) {
    for control in controls {
        let mut alone = control.clone();
        let inner = std::mem::take(&mut alone.controls);
        out.push(Taken { control: alone, within: within.to_vec() });
        let within = [within, std::slice::from_ref(&control.id)].concat();
        take(&inner, &within, out);
    }
}

fn chosen(selects: &[Select], taken: &Taken) -> bool {
    let named = |select: &Select, id: &str| {
        let matches = |pattern: &str| glob(pattern, id);
        select.with_ids.iter().any(|with| with == id)
            || select.matching.iter().filter_map(|matching| matching.pattern.as_deref()).any(matches)
    };
    selects.iter().any(|select| {
        let children = select.with_child_controls.as_deref() == Some("yes");
        named(select, &taken.control.id) || (children && taken.within.iter().any(|id| named(select, id)))
    })
}

/// A pattern with `*` for anything and `?` for one letter, in linear time.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star) = (0, 0, None);
    while let Some(letter) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(wanted) if wanted == letter || *wanted == '?' => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|letter| *letter == '*')
}

fn modified(controls: &mut [Control], modify: &Modify, losses: &mut Losses) {
    let mut used = BTreeSet::new();
    for set in &modify.set_parameters {
        let params = controls.iter_mut().flat_map(|control| control.params.iter_mut());
        for param in params.filter(|param| param.id == set.param_id) {
            used.insert(set.param_id.clone());
            overwrite(param, set);
        }
        if !used.contains(&set.param_id) {
            losses
                .add(&format!("profile/modify/set-parameters/{}", set.param_id), "no control taken has this parameter");
        }
    }
    for alter in &modify.alters {
        match controls.iter_mut().find(|control| control.id == alter.control_id) {
            Some(control) => altered(control, alter, losses),
            None => losses.add(&format!("profile/modify/alters/{}", alter.control_id), "no such control was taken"),
        }
    }
}

fn overwrite(param: &mut Param, set: &super::document::SetParameter) {
    if !set.values.is_empty() {
        param.values.clone_from(&set.values);
        // A value that is set takes the place of a choice.
        param.rest.remove("select");
    }
    if set.label.is_some() {
        param.label.clone_from(&set.label);
    }
    if set.class.is_some() {
        param.class.clone_from(&set.class);
    }
    param.props.extend(set.props.iter().cloned());
    param.rest.extend(set.rest.clone());
}

fn altered(control: &mut Control, alter: &Alter, losses: &mut Losses) {
    for remove in &alter.removes {
        removed(control, remove);
    }
    for add in &alter.adds {
        if let Some(id) = &add.by_id
            && id != &control.id
        {
            let part = control.parts.iter_mut().find_map(|part| within(part, id));
            match part {
                Some(part) => part.parts.extend(add.parts.iter().cloned()),
                None => losses.add(&format!("profile/modify/alters/{}/{id}", control.id), "no such part to add to"),
            }
            continue;
        }
        control.title = add.title.clone().unwrap_or_else(|| control.title.clone());
        control.params.extend(add.params.iter().cloned());
        control.props.extend(add.props.iter().cloned());
        control.links.extend(add.links.iter().cloned());
        let at = if matches!(add.position.as_deref(), Some("starting" | "before")) { 0 } else { control.parts.len() };
        control.parts.splice(at..at, add.parts.iter().cloned());
    }
}

fn within<'p>(part: &'p mut Part, id: &str) -> Option<&'p mut Part> {
    if part.id.as_deref() == Some(id) {
        return Some(part);
    }
    part.parts.iter_mut().find_map(|inner| within(inner, id))
}

fn removed(control: &mut Control, remove: &Remove) {
    let hit = |item: &str, name: Option<&str>, class: Option<&str>, id: Option<&str>, ns: Option<&str>| {
        let same = |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
        let some = [&remove.by_name, &remove.by_class, &remove.by_id, &remove.by_item_name, &remove.by_ns];
        some.iter().any(|wanted| wanted.is_some())
            && same(&remove.by_item_name, Some(item))
            && same(&remove.by_name, name)
            && same(&remove.by_class, class)
            && same(&remove.by_id, id)
            && same(&remove.by_ns, ns)
    };
    control.params.retain(|param| !hit("param", None, param.class.as_deref(), Some(&param.id), None));
    control.props.retain(|prop| !hit("prop", Some(&prop.name), prop.class.as_deref(), None, prop.ns.as_deref()));
    control
        .parts
        .retain(|part| !hit("part", Some(&part.name), part.class.as_deref(), part.id.as_deref(), part.ns.as_deref()));
    control.links.retain(|link| !hit("link", link.rel.as_deref(), None, None, None));
}
