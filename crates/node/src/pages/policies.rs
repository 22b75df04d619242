//! The policies in force, in words and in Cedar.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use model::policy::LayerSource;
use model::{LayerKind, PolicyText, RequirementId};
use norms::Ground;
use register::{Rules, State as Register};
use standards::duty::Duty;
use standards::instrument::Instrument;
use standards::resolve::ResolvedRequirement;
use standards::{Pack, Resolved};

use super::{Site, page, party_name};
use crate::lang::{Here, Lang};
use crate::problem::Problem;
use crate::router::Node;
use crate::words;

#[derive(Template)]
#[template(path = "policies.html")]
struct Policies {
    site: Site,
    hash: String,
    since: String,
    parts: Vec<Part>,
    clocks: Vec<Clock>,
}

/// A duty in words.
struct Clock {
    id: String,
    requirement: String,
    sentence: String,
    since: String,
}

/// A layer of norms, or the city's permits.
pub(super) struct Part {
    pub(super) heading: &'static str,
    pub(super) owner: String,
    /// Where it comes from, in words; nothing of the permits.
    pub(super) source: String,
    /// What the city wrote of it.
    pub(super) why: String,
    /// Whether it is the permits.
    pub(super) permits: bool,
    pub(super) norms: Vec<Norm>,
    pub(super) cedar: String,
}

/// One policy in words.
pub(super) struct Norm {
    pub(super) anchor: String,
    pub(super) id: String,
    pub(super) reason: String,
    pub(super) requirement: Option<Required>,
}

/// The requirement behind a norm.
pub(super) struct Required {
    pub(super) id: String,
    pub(super) text: String,
    pub(super) sources: String,
}

/// What this software knows of the requirements behind the policies in force: those of its own packs, and only where a
/// layer in force is what the pack says, letter for letter.
pub(super) struct Known(Option<Resolved>);

impl Known {
    pub(super) fn of(text: &PolicyText) -> Self {
        let Ok(library) = standards::built_in() else { return Self(None) };
        let mut stack = Vec::new();
        for pack in text.layers.iter().filter_map(|layer| library.find(&layer.name)) {
            for pack in library.stack_of(pack).into_iter().flatten() {
                if !stack.iter().any(|there: &Arc<Pack>| there.manifest.reference == pack.manifest.reference) {
                    stack.push(pack);
                }
            }
        }
        let Ok(resolved) = standards::resolve(&stack, None) else { return Self(None) };
        let same = resolved.policy_layers().iter().all(|layer| {
            let mut named = text.layers.iter().filter(|there| there.name == layer.name);
            named.all(|there| there == layer)
        });
        Self(same.then_some(resolved))
    }

    /// What is known of the policies in force; nothing before there are any.
    pub(super) fn in_force(state: &Register) -> Self {
        state.policy.as_ref().map_or(Self(None), |policy| Self::of(&policy.text))
    }

    /// Every requirement that is known, by id.
    pub(super) fn requirements(&self) -> impl Iterator<Item = &ResolvedRequirement> {
        self.0.iter().flat_map(|resolved| resolved.requirements.values())
    }

    /// The instruments of the standards in force, each with its pack; a narrower standard's comes in the place of a wider one's.
    pub(super) fn instruments(&self) -> impl Iterator<Item = (&Pack, &Instrument)> {
        let packs = || self.0.iter().flat_map(|resolved| resolved.packs.iter().enumerate());
        let of = |pack: &'_ Pack| pack.instruments.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
        packs().flat_map(move |(at, pack)| {
            let later: Vec<_> = packs().filter(|(other, _)| *other > at).flat_map(|(_, pack)| of(pack)).collect();
            pack.instruments.iter().filter(move |one| !later.contains(&one.id)).map(move |one| (pack.as_ref(), one))
        })
    }

    /// One of these instruments.
    pub(super) fn instrument(&self, id: &str) -> Option<(&Pack, &Instrument)> {
        self.instruments().find(|(_, instrument)| instrument.id.as_str() == id)
    }

    /// What a requirement is called, unless nobody here knows it.
    pub(super) fn title(&self, id: &RequirementId) -> Option<&str> {
        Some(&self.0.as_ref()?.requirements.get(id)?.requirement.title)
    }

    /// What a requirement is called in a language, unless nobody here knows it or its standard does not speak that language.
    pub(super) fn title_in(&self, lang: Lang, id: &RequirementId) -> Option<String> {
        let words = self.0.as_ref()?.words(id, lang.code()).ok()?;
        (!words.stands_in).then_some(words.title)
    }

    /// The words of a requirement and what it is drawn from, unless nobody here knows it.
    pub(super) fn words(&self, id: &RequirementId) -> Option<(String, String)> {
        let resolved = self.0.as_ref()?;
        let sources = &resolved.requirements.get(id)?.requirement.sources;
        let sources: Vec<&str> = sources.iter().map(|source| source.text.as_str()).collect();
        Some((resolved.words(id, "en").ok()?.text, sources.join("; ")))
    }
}

/// Where a policy stands on this page.
pub(crate) fn anchor(policy: &str) -> String {
    policy.chars().map(|sign| if sign.is_ascii_alphanumeric() || "-_/".contains(sign) { sign } else { '-' }).collect()
}

impl Norm {
    fn of(ground: Ground, known: &Known) -> Self {
        let requirement = ground.requirement.map(|id| {
            let (text, sources) = known.words(&id).unwrap_or_default();
            // Most norms say what their requirement says; once is enough.
            let text = if text == ground.reason { String::new() } else { text };
            Required { id: id.0, text, sources }
        });
        Self { anchor: anchor(&ground.policy.0), id: ground.policy.0, reason: ground.reason, requirement }
    }
}

const fn layer(lang: Lang, kind: LayerKind) -> &'static str {
    match kind {
        LayerKind::Global => lang.of("For every city of the alliance", "Für jede Stadt des Bündnisses"),
        LayerKind::Supranational => lang.of("Above the country", "Über dem Land"),
        LayerKind::National => lang.of("For the whole country", "Für das ganze Land"),
        LayerKind::Regional => lang.of("For the region", "Für die Region"),
        LayerKind::City => lang.of("This city’s own limits", "Eigene Grenzen dieser Stadt"),
    }
}

/// Where a layer comes from.
fn source(lang: Lang, source: Option<&LayerSource>) -> String {
    match (lang, source) {
        (Lang::En, Some(LayerSource::Released { origin, entry, .. })) => {
            format!("Released by an alliance: entry {} of the public log {origin}.", lang.number(*entry))
        }
        (Lang::De, Some(LayerSource::Released { origin, entry, .. })) => {
            format!(
                "Von einem Bündnis freigegeben: Eintrag {} des öffentlichen Protokolls {origin}.",
                lang.number(*entry)
            )
        }
        (Lang::En, Some(LayerSource::BuiltIn { pack })) => format!("Carried by the city’s software: {pack}."),
        (Lang::De, Some(LayerSource::BuiltIn { pack })) => format!("In der Software der Stadt enthalten: {pack}."),
        (Lang::En, Some(LayerSource::Own { .. })) => "Written by this city for itself. Why:".to_owned(),
        (Lang::De, Some(LayerSource::Own { .. })) => "Von dieser Stadt für sich selbst geschrieben. Warum:".to_owned(),
        (Lang::En, Some(LayerSource::Unreleased { .. })) => {
            "Released by no alliance, and in force all the same. Why:".to_owned()
        }
        (Lang::De, Some(LayerSource::Unreleased { .. })) => {
            "Von keinem Bündnis freigegeben und dennoch in Kraft. Warum:".to_owned()
        }
        (Lang::En, None) => "The log does not say where it comes from.".to_owned(),
        (Lang::De, None) => "Woher sie kommt, sagt das Protokoll nicht.".to_owned(),
    }
}

/// The policies of the register, in their order, with the words of those that decide.
pub(super) fn parts(lang: Lang, state: &Register, grounds: &[Ground]) -> Vec<Part> {
    let Some(policy) = &state.policy else { return Vec::new() };
    let known = Known::of(&policy.text);
    let norms = |name: &str| {
        let within = |ground: &&Ground| ground.policy.0.split_once('/').is_some_and(|(layer, _)| layer == name);
        grounds.iter().filter(within).cloned().map(|ground| Norm::of(ground, &known)).collect()
    };
    let layers = policy.text.layers.iter().map(|text| Part {
        heading: layer(lang, text.kind),
        owner: text.owner.clone(),
        source: source(lang, policy.sources.get(&text.name)),
        why: match policy.sources.get(&text.name) {
            Some(LayerSource::Own { reason } | LayerSource::Unreleased { reason }) => reason.clone(),
            _ => String::new(),
        },
        permits: false,
        norms: norms(&text.name),
        cedar: text.cedar.clone(),
    });
    let permits = Part {
        heading: lang.of("What this city allows", "Was diese Stadt erlaubt"),
        owner: party_name(state, &policy.text.permits_owner),
        source: String::new(),
        why: String::new(),
        permits: true,
        norms: norms("permits"),
        cedar: policy.text.permits.clone(),
    };
    layers.chain([permits]).collect()
}

/// The duties in force.
fn clocks(lang: Lang, state: &Register, rules: &Rules) -> Vec<Clock> {
    let clock = |duty: &Duty| Clock {
        id: duty.id.to_string(),
        requirement: duty.requirement.to_string(),
        sentence: words::clock(lang, duty),
        since: state.duties_since().get(&duty.id).map(|since| words::owed_since(lang, *since)).unwrap_or_default(),
    };
    rules.clocks.duties().map(clock).collect()
}

/// `GET /policies`
pub(crate) async fn policies(State(node): State<Node>, here: Here) -> Result<Response, Problem> {
    let state = node.city.register().state();
    let rules = node.city.register().rules();
    let grounds = rules.as_ref().map(|rules| rules.bundle.grounds()).unwrap_or_default();
    let policy = state.policy.as_ref();
    page(&Policies {
        site: Site::at(&state, &here),
        hash: policy.map(|policy| policy.hash.to_string()).unwrap_or_default(),
        since: policy.map(|policy| here.lang.instant(policy.since)).unwrap_or_default(),
        parts: parts(here.lang, &state, &grounds),
        clocks: rules.map(|rules| clocks(here.lang, &state, &rules)).unwrap_or_default(),
    })
}
