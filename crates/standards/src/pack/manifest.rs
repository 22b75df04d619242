//! `pack.toml`: what a pack says of itself.

use std::collections::BTreeMap;
use std::str::FromStr;

use model::{DutyId, LayerKind};
use semver::Version;
use unic_langid::LanguageIdentifier;

use super::fields::{Fields, Item, Place};
use super::{Manifest, ModelPolicy, PackKind, Principle, Reference};
use crate::diagnostic::{Diagnostic, Problems};
use crate::pack::files::MANIFEST;
use crate::parameter::{self, ParameterId, Value};

/// Most bytes of a title, an owner, a jurisdiction.
pub(crate) const LINE_BYTES_MAX: usize = 200;
/// Most bytes of a notice.
const NOTICE_BYTES_MAX: usize = 2_000;
/// Most packs that one stands on directly.
const BASES_MAX: usize = 16;
const LAYERS: [(&str, LayerKind); 5] = [
    ("global", LayerKind::Global),
    ("supranational", LayerKind::Supranational),
    ("national", LayerKind::National),
    ("regional", LayerKind::Regional),
    ("city", LayerKind::City),
];

/// Where things stand in the manifest, for problems that show only beside other packs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lines {
    pub(crate) based_on: usize,
    pub(crate) layer: usize,
    pub(crate) set: BTreeMap<ParameterId, usize>,
}

impl FromStr for Reference {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || "a pack is named `urn:…@1.2.3`: its urn, @, and its version".to_owned();
        let (name, version) = text.rsplit_once('@').ok_or_else(bad)?;
        let version = Version::parse(version).map_err(|error| format!("the version after @: {error}"))?;
        Ok(Self { urn: urn(name).ok_or_else(bad)?, version })
    }
}

fn urn(text: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'.' | b'_');
    let good = text.starts_with("urn:") && text.len() <= LINE_BYTES_MAX && text.bytes().all(plain);
    good.then(|| text.to_owned())
}

/// A slug that is a name and never stands in an act by itself.
pub(crate) fn slug(item: &Item<'_, '_>, problems: &mut Problems) -> Option<String> {
    let text = item.text(problems)?;
    let what = "this is not a slug of a-z, 0-9 and -, at most 63 characters";
    DutyId::new(text).map_err(|_| problems.push(item.problem("bad-id", what, "rename it"))).ok()?;
    Some(text.to_owned())
}

/// A language tag in its one spelling.
pub(crate) fn locale(item: &Item<'_, '_>, problems: &mut Problems) -> Option<String> {
    let text = item.text(problems)?;
    let good = text.parse::<LanguageIdentifier>().is_ok_and(|tag| tag == text);
    if !good {
        let help = "write a language tag such as \"en\", \"de\" or \"pt-BR\"";
        problems.push(item.problem("bad-locale", "this is not a language tag", help));
    }
    good.then(|| text.to_owned())
}

/// Reads the manifest.
pub(crate) fn read(text: &str, problems: &mut Problems) -> Option<(Manifest, Lines)> {
    let place = Place::file(MANIFEST, text);
    let table = place.parse(problems)?;
    let mut fields = Fields::new(place, &table, "the manifest");
    let mut lines = Lines::default();
    let line = |fields: &mut Fields<'_, '_>, key, problems: &mut Problems| {
        fields.need(key, problems).and_then(|item| item.short_text(LINE_BYTES_MAX, problems))
    };
    let id = fields.need("id", problems).and_then(|item| slug(&item, problems));
    let urn = fields.need("urn", problems).and_then(|item| {
        let read = item.text(problems).and_then(urn);
        if read.is_none() {
            let help = "write \"urn:ordinance:standard:name\"";
            problems.push(item.problem("bad-urn", "this is not a urn of letters, digits, -, . and _", help));
        }
        read
    });
    let version = fields
        .need("version", problems)
        .and_then(|item| item.parsed::<Version>("bad-version", "write three numbers: \"0.1.0\"", problems));
    let title = line(&mut fields, "title", problems);
    let owner = line(&mut fields, "owner", problems);
    let jurisdiction = line(&mut fields, "jurisdiction", problems);
    let kinds = [("standard", PackKind::Standard), ("profile", PackKind::Profile)];
    let kind = fields.need("kind", problems).and_then(|item| item.one_of(&kinds, problems));
    let layer = fields.need("layer", problems).and_then(|item| {
        lines.layer = item.line();
        item.one_of(&LAYERS, problems)
    });
    let main = fields.need("locale", problems).and_then(|item| locale(&item, problems));
    let locales = fields.need("locales", problems).map(|item| languages(&item, main.as_deref(), problems));
    let notice = fields.need("notice", problems).and_then(|item| item.short_text(NOTICE_BYTES_MAX, problems));
    let based_on = fields.get("based_on").map_or_else(Vec::new, |item| {
        lines.based_on = item.line();
        bases(&item, problems)
    });
    let principles = fields.get("principle").map_or_else(Vec::new, |item| principles(&item, problems));
    let policies = fields.get("policy").map_or_else(Vec::new, |item| policies(&item, &principles, problems));
    let set = fields.get("set").map_or_else(BTreeMap::new, |item| set(&item, &mut lines, problems));
    fields.finish(problems);
    let reference = Reference { urn: urn?, version: version? };
    let manifest = Manifest {
        id: id?,
        reference,
        title: title?,
        owner: owner?,
        kind: kind?,
        layer: layer?,
        jurisdiction: jurisdiction?,
        locale: main?,
        locales: locales?,
        notice: notice?,
        based_on,
        principles,
        policies,
        set,
    };
    shape(&manifest, &lines, problems);
    Some((manifest, lines))
}

/// What a standard and a profile may and may not have.
fn shape(manifest: &Manifest, lines: &Lines, problems: &mut Problems) {
    let mut wrong = |code, line: usize, what: &str, help: &str| {
        problems.push(Diagnostic::of_file(MANIFEST, code, what, help).at_line(line.max(1)));
    };
    if manifest.kind == PackKind::Standard {
        if !manifest.based_on.is_empty() || !manifest.set.is_empty() {
            let what = "a standard stands by itself: it has neither `based_on` nor `[set]`";
            wrong("standard-on-others", lines.based_on, what, "say `kind = \"profile\"`");
        }
        return;
    }
    if manifest.based_on.is_empty() {
        wrong("profile-on-nothing", 1, "a profile stands on something", "add `based_on = [\"urn:…@1.2.3\"]`");
    }
    if !manifest.principles.is_empty() || !manifest.policies.is_empty() {
        let what = "principles and model policies are a standard's";
        wrong("profile-with-principles", 1, what, "take them out, or say `kind = \"standard\"`");
    }
    if manifest.based_on.iter().any(|base| base.urn == manifest.reference.urn) {
        let help = "name another pack";
        wrong("cyclic-profile", lines.based_on, "the profile stands on itself", help);
    }
}

fn languages(item: &Item<'_, '_>, main: Option<&str>, problems: &mut Problems) -> Vec<String> {
    let mut locales: Vec<String> = Vec::new();
    for item in item.items(problems) {
        match locale(&item, problems) {
            Some(tag) if locales.contains(&tag) => {
                problems.push(item.problem("twice", "this language stands twice", "leave one out"))
            }
            Some(tag) => locales.push(tag),
            None => {}
        }
    }
    if main.is_some_and(|main| !locales.iter().any(|tag| tag == main)) {
        problems.push(item.problem("bad-locale", "`locales` lacks the language of `locale`", "add it"));
    }
    locales
}

fn bases(item: &Item<'_, '_>, problems: &mut Problems) -> Vec<Reference> {
    let mut bases: Vec<Reference> = Vec::new();
    for item in item.items(problems) {
        let Some(base) = item.parsed::<Reference>("bad-reference", "write \"urn:…@1.2.3\"", problems) else {
            continue;
        };
        if bases.iter().any(|other| other.urn == base.urn) {
            problems.push(item.problem("twice", format!("`{}` stands here twice", base.urn), "name one version of it"));
        }
        bases.push(base);
    }
    if bases.len() > BASES_MAX {
        let what = format!("{} packs to stand on, the limit is {BASES_MAX}", bases.len());
        problems.push(item.problem("too-long", what, "put a profile between"));
    }
    bases
}

/// Reads tables of which each has an id, a title and perhaps more.
fn titled<T>(
    item: &Item<'_, '_>,
    name: &'static str,
    problems: &mut Problems,
    mut make: impl FnMut(&mut Fields<'_, '_>, String, String, &mut Problems) -> Option<(String, T)>,
) -> Vec<T> {
    let (mut out, mut ids) = (Vec::new(), Vec::new());
    for item in item.items(problems) {
        let Some(mut fields) = item.fields(name, problems) else { continue };
        let id = fields.need("id", problems).and_then(|item| slug(&item, problems));
        let title = fields.need("title", problems).and_then(|item| item.short_text(LINE_BYTES_MAX, problems));
        let made = id.zip(title).and_then(|(id, title)| make(&mut fields, id, title, problems));
        fields.finish(problems);
        let Some((id, made)) = made else { continue };
        if ids.contains(&id) {
            problems.push(item.problem("duplicate-id", format!("`{id}` is there twice"), "rename one"));
        }
        ids.push(id);
        out.push(made);
    }
    out
}

fn principles(item: &Item<'_, '_>, problems: &mut Problems) -> Vec<Principle> {
    titled(item, "a principle", problems, |_, id, title, _| Some((id.clone(), Principle { id, title })))
}

fn policies(item: &Item<'_, '_>, principles: &[Principle], problems: &mut Problems) -> Vec<ModelPolicy> {
    titled(item, "a model policy", problems, |fields, id, title, problems| {
        let item = fields.need("principle", problems)?;
        let principle = item.text(problems)?.to_owned();
        if !principles.iter().any(|known| known.id == principle) {
            problems.push(item.problem(
                "unknown-principle",
                "no principle of this pack has this id",
                "add the principle",
            ));
        }
        Some((id.clone(), ModelPolicy { id, title, principle }))
    })
}

fn set(item: &Item<'_, '_>, lines: &mut Lines, problems: &mut Problems) -> BTreeMap<ParameterId, Value> {
    let mut set = BTreeMap::new();
    let Some(fields) = item.fields("[set]", problems) else { return set };
    for (name, offset, item) in fields.each() {
        let id = parameter::read::id(name)
            .map_err(|what| problems.push(item.problem("bad-id", what, "name a parameter of what it stands on")))
            .ok();
        let Some((id, value)) = id.zip(parameter::read::value(&item, problems)) else { continue };
        lines.set.insert(id.clone(), fields.place.line(offset));
        set.insert(id, value);
    }
    set
}
