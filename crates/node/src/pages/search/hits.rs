//! Which deployments answer a question, and why each does.
//!
//! Every term of the question has to be found somewhere in a deployment, by itself or by a synonym, at the beginning of a
//! word. Only what the register shows anyway is looked through.

use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use model::{DeploymentId, DeploymentRecord, Purpose};
use register::State;

use super::super::index::{At, Facts, Part as InPart};
use super::super::party_name;
use super::{fold, synonyms};
use crate::lang::{Lang, Mark};

/// A part of a deployment's page: what it is called in a sentence, and its texts.
pub(in crate::pages) struct Part {
    name: &'static str,
    pub(in crate::pages) texts: Vec<String>,
}

/// What is looked through of a deployment, the most telling first: parts are named in one language, and names of the vocabulary
/// are there in some.
pub(in crate::pages) fn parts(
    lang: Lang,
    names: &[Lang],
    state: &State,
    record: &DeploymentRecord,
    recipients: &Recipients<'_>,
) -> Vec<Part> {
    let deployment = &record.deployment;
    let part = |name: &'static str, texts: Vec<String>| Part { name, texts };
    let each =
        |name: &dyn Fn(Lang) -> &'static str| names.iter().map(|lang| name(*lang).to_owned()).collect::<Vec<_>>();
    let (mut technologies, mut at) = (Vec::new(), Some(deployment.technology));
    while let Some(technology) = at {
        technologies.extend(each(&|lang| lang.technology(technology)));
        technologies.push(technology.code().to_owned());
        at = technology.parent();
    }
    let purposes = deployment.purposes.iter().flat_map(|purpose| {
        let general = purpose.parent().map(|general| each(&|lang| lang.purpose(general)));
        each(&|lang| lang.purpose(*purpose)).into_iter().chain(general.into_iter().flatten())
    });
    let properties = deployment.streams.iter().flat_map(|stream| stream.properties.values());
    let properties = properties.flat_map(|property| each(&|lang| lang.category(property.category)));
    vec![
        part(lang.of("its title", "im Titel"), vec![deployment.title.clone()]),
        part(lang.of("what senses", "in dem, was misst"), technologies),
        part(lang.of("what is read", "in dem, was gelesen wird"), properties.collect()),
        part(lang.of("what it is for", "in den Zwecken"), purposes.collect()),
        part(lang.of("where it is", "im Ort"), places(state, record)),
        part(
            lang.of("who answers for it", "in dem, wer verantwortlich ist"),
            vec![party_name(state, &deployment.accountable)],
        ),
        part(
            lang.of("who gets data of it", "in dem, wer Daten bekommt"),
            recipients.get(&deployment.id).cloned().unwrap_or_default(),
        ),
        part(lang.of("its description", "in der Beschreibung"), vec![deployment.description.clone()]),
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

/// Why a deployment was found, as a sentence: by what stands on the page in its own language, or else by another one.
pub(in crate::pages) fn why(
    lang: Lang,
    state: &State,
    record: &DeploymentRecord,
    recipients: &Recipients<'_>,
    terms: &[String],
) -> Option<String> {
    let read = |names: &[Lang]| -> Vec<(&'static str, Vec<(String, String)>)> {
        parts(lang, names, state, record, recipients)
            .into_iter()
            .map(|part| (part.name, part.texts.into_iter().map(|text| (fold::fold(&text), text)).collect()))
            .collect()
    };
    // What stands in another language is looked through only for what the page's own has not.
    let (own, all) = (read(&[lang]), LazyCell::new(|| read(&Lang::ALL)));
    let reason = |term: &String| {
        let alternatives = synonyms::with(term);
        let of = |parts: &[(&'static str, Vec<(String, String)>)]| {
            let (at, alternative, text) = first(parts, &alternatives)?;
            Some(reason(lang, term, alternative, parts.get(at)?.0, text))
        };
        of(&own).or_else(|| of(&all))
    };
    let reasons: Vec<String> = terms.iter().map(reason).collect::<Option<_>>()?;
    (!reasons.is_empty()).then(|| format!("{} {}.", lang.of("Found because", "Gefunden:"), lang.list(&reasons)))
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
    let begins = |(at, _): (usize, &str)| folded.get(at + 1..).is_some_and(|rest| rest.starts_with(sought));
    folded.starts_with(sought) || folded.match_indices(' ').any(begins)
}

/// How much of a text is quoted, in characters.
const QUOTED_CHARS_MAX: usize = 60;

fn reason(lang: Lang, term: &str, alternative: &str, part: &str, text: &str) -> String {
    let mut quoted: String = text.chars().take(QUOTED_CHARS_MAX).collect();
    if quoted.len() < text.len() {
        quoted.push('…');
    }
    match lang {
        Lang::En if term == alternative => format!("“{term}” is in {part} (“{quoted}”)"),
        Lang::En => format!("“{term}” is sought as “{alternative}”, too, which is in {part} (“{quoted}”)"),
        Lang::De if term == alternative => format!("„{term}“ steht {part} („{quoted}“)"),
        Lang::De => format!("„{term}“ wird auch als „{alternative}“ gesucht, und das steht {part} („{quoted}“)"),
    }
}

/// The general purposes and technologies, places and parties whose own pages answer a question, too.
pub(super) fn pages(lang: Lang, state: &State, terms: &[String]) -> Vec<(super::Link, Mark)> {
    let fits = |name: &str| {
        let folded = fold::fold(name);
        terms.iter().all(|term| synonyms::with(term).iter().any(|sought| begins_a_word(&folded, sought)))
    };
    let is_leaf = |purpose: &Purpose| purpose.code().parse::<Purpose>().is_ok();
    let technologies =
        model::Technology::all().filter(|technology| Lang::ALL.iter().any(|lang| fits(lang.technology(*technology))));
    let purposes =
        Purpose::all().filter(is_leaf).filter(|purpose| Lang::ALL.iter().any(|lang| fits(lang.purpose(*purpose))));
    let places = state.places.values().filter(|place| fits(&place.name));
    let parties = state.parties.values().filter(|record| fits(&record.party.name));
    let named = technologies
        .map(|technology| super::Link::technology(lang, technology))
        .chain(purposes.map(|purpose| super::Link::purpose(lang, purpose)));
    let written = places
        .map(|place| super::Link::place(lang, state, &place.id))
        .chain(parties.map(|record| super::Link::party(lang, state, &record.party.id)));
    named.map(|link| (link, Mark::NONE)).chain(written.map(|link| (link, lang.written()))).collect()
}
