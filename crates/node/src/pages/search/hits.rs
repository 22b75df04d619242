//! Which deployments answer a question, and why each does.
//!
//! Every term of the question has to be found somewhere in a deployment, by itself or by a synonym, at the beginning of a
//! word. Only what the register shows anyway is looked through.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{DeploymentId, DeploymentRecord, Purpose};
use register::State;

use super::super::index::{At, Facts, Part as InPart};
use super::super::party_name;
use super::{fold, synonyms};
use crate::words;

/// A part of a deployment's page: what it is called in a sentence, and its texts.
pub(in crate::pages) struct Part {
    name: &'static str,
    pub(in crate::pages) texts: Vec<String>,
}

/// What is looked through of a deployment, the most telling first.
pub(in crate::pages) fn parts(state: &State, record: &DeploymentRecord, recipients: &Recipients<'_>) -> Vec<Part> {
    let deployment = &record.deployment;
    let part = |name: &'static str, texts: Vec<String>| Part { name, texts };
    let (mut technologies, mut at) = (Vec::new(), Some(deployment.technology));
    while let Some(technology) = at {
        technologies.extend([technology.name().to_owned(), technology.code().to_owned()]);
        at = technology.parent();
    }
    let purposes = deployment.purposes.iter().flat_map(|purpose| {
        let general = purpose.parent().map(|general| general.name().to_owned());
        std::iter::once(purpose.name().to_owned()).chain(general)
    });
    let properties = deployment.streams.iter().flat_map(|stream| stream.properties.values());
    vec![
        part("its title", vec![deployment.title.clone()]),
        part("what senses", technologies),
        part("what is read", properties.map(|property| property.category.name().to_owned()).collect()),
        part("what it is for", purposes.collect()),
        part("where it is", places(state, record)),
        part("who answers for it", vec![party_name(state, &deployment.accountable)]),
        part("who gets data of it", recipients.get(&deployment.id).cloned().unwrap_or_default()),
        part("its description", vec![deployment.description.clone()]),
    ]
}

/// The place, and the places around it.
fn places(state: &State, record: &DeploymentRecord) -> Vec<String> {
    let place = state.places.get(&record.deployment.place);
    let around = place.map(|place| super::super::places::around(state, place)).unwrap_or_default();
    let named = |id: &model::PlaceId| state.places.get(id).map(|place| place.name.clone());
    place.map(|place| place.name.clone()).into_iter().chain(around.iter().filter_map(named)).collect()
}

/// Who has an agreement that has not ended, by deployment.
pub(in crate::pages) type Recipients<'s> = BTreeMap<&'s DeploymentId, Vec<String>>;

/// Those of every deployment.
pub(in crate::pages) fn recipients(state: &State) -> Recipients<'_> {
    recipients_of(state, state.deployments.values())
}

/// Those of some deployments.
pub(super) fn recipients_of<'s>(
    state: &State,
    records: impl Iterator<Item = &'s Arc<DeploymentRecord>>,
) -> Recipients<'s> {
    let of = |record: &DeploymentRecord| {
        let streams = record.deployment.streams.iter();
        let grants = streams.flat_map(|stream| state.grants_of(&stream.id)).filter(|grant| grant.ended.is_none());
        grants.map(|grant| party_name(state, &grant.grant.recipient)).collect::<Vec<_>>()
    };
    records.map(|record| (&record.deployment.id, of(record))).collect()
}

/// In which part a term was found that was not.
const NOWHERE: InPart = InPart::MAX;

/// The deployments in which every term is found, the best first: those where any term stands in the most telling part.
pub(in crate::pages) fn hits(facts: &Facts, terms: &[String]) -> Vec<At> {
    let mut best: Vec<Option<InPart>> = vec![None; facts.order.len()];
    for (number, term) in terms.iter().enumerate() {
        let found = parts_with(facts, term);
        for (best, found) in best.iter_mut().zip(found) {
            let before = if number == 0 { Some(NOWHERE) } else { *best };
            *best = before.filter(|_| found != NOWHERE).map(|before| before.min(found));
        }
    }
    let mut hits: Vec<(InPart, At)> = best.into_iter().zip(0..).filter_map(|(best, at)| Some((best?, at))).collect();
    hits.sort_unstable();
    hits.into_iter().map(|(_, at)| at).collect()
}

/// The first part of each deployment that has a term; what is sought itself counts before what is sought for it.
fn parts_with(facts: &Facts, term: &str) -> Vec<InPart> {
    let mut found = vec![NOWHERE; facts.order.len()];
    for alternative in synonyms::with(term) {
        let mut by_this = vec![NOWHERE; facts.order.len()];
        for (at, part) in facts.texts.with(alternative) {
            if let Some(before) = by_this.get_mut(at as usize) {
                *before = part.min(*before);
            }
        }
        for (found, by_this) in found.iter_mut().zip(by_this).filter(|(found, _)| **found == NOWHERE) {
            *found = by_this;
        }
    }
    found
}

/// Why a deployment was found, as a sentence.
pub(in crate::pages) fn why(
    state: &State,
    record: &DeploymentRecord,
    recipients: &Recipients<'_>,
    terms: &[String],
) -> Option<String> {
    let parts: Vec<(&'static str, Vec<(String, String)>)> = parts(state, record, recipients)
        .into_iter()
        .map(|part| (part.name, part.texts.into_iter().map(|text| (fold::fold(&text), text)).collect()))
        .collect();
    let reason = |term: &String| {
        let alternatives = synonyms::with(term);
        let (at, alternative, text) = first(&parts, &alternatives)?;
        Some(reason(term, alternative, parts.get(at)?.0, text))
    };
    let reasons: Vec<String> = terms.iter().map(reason).collect::<Option<_>>()?;
    (!reasons.is_empty()).then(|| format!("Found because {}.", words::list(&reasons)))
}

/// The first part that holds one of the alternatives; what is sought itself before what is sought for it.
fn first<'p>(
    parts: &'p [(&'static str, Vec<(String, String)>)],
    alternatives: &[&'p str],
) -> Option<(usize, &'p str, &'p str)> {
    alternatives.iter().find_map(|alternative| {
        parts.iter().enumerate().find_map(|(at, (_, texts))| {
            let (_, text) = texts.iter().find(|(folded, _)| begins_a_word(folded, alternative))?;
            Some((at, *alternative, text.as_str()))
        })
    })
}

/// Whether a text has a word, or words in a row, that begin with what is sought.
fn begins_a_word(folded: &str, sought: &str) -> bool {
    folded.starts_with(sought) || folded.contains(&format!(" {sought}"))
}

/// How much of a text is quoted, in characters.
const QUOTED_CHARS_MAX: usize = 60;

fn reason(term: &str, alternative: &str, part: &str, text: &str) -> String {
    let mut quoted: String = text.chars().take(QUOTED_CHARS_MAX).collect();
    if quoted.len() < text.len() {
        quoted.push('…');
    }
    if term == alternative {
        format!("“{term}” is in {part} (“{quoted}”)")
    } else {
        format!("“{term}” is sought as “{alternative}”, too, which is in {part} (“{quoted}”)")
    }
}

/// The general purposes and technologies, places and parties whose own pages answer a question, too.
pub(super) fn pages(state: &State, terms: &[String]) -> Vec<super::Link> {
    let fits = |name: &str| {
        let folded = fold::fold(name);
        terms.iter().all(|term| synonyms::with(term).iter().any(|sought| begins_a_word(&folded, sought)))
    };
    let is_leaf = |purpose: &Purpose| purpose.code().parse::<Purpose>().is_ok();
    let technologies = model::Technology::all().filter(|technology| fits(technology.name()));
    let purposes = Purpose::all().filter(is_leaf).filter(|purpose| fits(purpose.name()));
    let places = state.places.values().filter(|place| fits(&place.name));
    let parties = state.parties.values().filter(|record| fits(&record.party.name));
    technologies
        .map(super::Link::technology)
        .chain(purposes.map(super::Link::purpose))
        .chain(places.map(|place| super::Link::place(state, &place.id)))
        .chain(parties.map(|record| super::Link::party(state, &record.party.id)))
        .collect()
}
