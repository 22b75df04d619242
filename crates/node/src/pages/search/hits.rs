//! Which deployments answer a question, and why each does.
//!
//! Every term of the question has to be found somewhere in a deployment, by itself or by a synonym, at the beginning of a
//! word. Only what the register shows anyway is looked through.

use std::collections::BTreeMap;

use model::{DeploymentId, DeploymentRecord, Purpose};
use register::State;

use super::super::party_name;
use super::{fold, synonyms};
use crate::words;

/// A deployment that was found.
pub(super) struct Hit<'s> {
    pub(super) record: &'s DeploymentRecord,
    /// Why: a sentence.
    pub(super) why: String,
    /// In which part the first term was found; the lower the better.
    rank: usize,
}

/// A part of a deployment's page: what it is called in a sentence, and its texts.
struct Part {
    name: &'static str,
    texts: Vec<String>,
}

/// What is looked through of a deployment, the most telling first.
fn parts(state: &State, record: &DeploymentRecord, recipients: &Recipients<'_>) -> Vec<Part> {
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
type Recipients<'s> = BTreeMap<&'s DeploymentId, Vec<String>>;

fn recipients(state: &State) -> Recipients<'_> {
    let mut recipients: Recipients<'_> = BTreeMap::new();
    for grant in state.grants.values().filter(|grant| grant.ended.is_none()) {
        if let Some(id) = state.streams.get(&grant.grant.stream) {
            recipients.entry(id).or_default().push(party_name(state, &grant.grant.recipient));
        }
    }
    recipients
}

/// The deployments in which every term is found, the best first.
pub(super) fn hits<'s>(state: &'s State, terms: &[String]) -> Vec<Hit<'s>> {
    let sought: Vec<(&str, Vec<&str>)> = terms.iter().map(|term| (term.as_str(), synonyms::with(term))).collect();
    let recipients = recipients(state);
    let hit = |record: &'s std::sync::Arc<DeploymentRecord>| hit(state, record, &recipients, &sought);
    let mut hits: Vec<Hit<'s>> = state.deployments.values().filter_map(hit).collect();
    hits.sort_by_cached_key(|hit| (hit.rank, hit.record.deployment.title.to_lowercase()));
    hits
}

fn hit<'s>(
    state: &'s State,
    record: &'s DeploymentRecord,
    recipients: &Recipients<'s>,
    sought: &[(&str, Vec<&str>)],
) -> Option<Hit<'s>> {
    let parts: Vec<(&'static str, Vec<(String, String)>)> = parts(state, record, recipients)
        .into_iter()
        .map(|part| (part.name, part.texts.into_iter().map(|text| (fold::fold(&text), text)).collect()))
        .collect();
    let (mut reasons, mut rank) = (Vec::new(), usize::MAX);
    for (term, alternatives) in sought {
        let (at, alternative, text) = first(&parts, alternatives)?;
        rank = rank.min(at);
        reasons.push(reason(term, alternative, parts.get(at)?.0, text));
    }
    (!reasons.is_empty()).then(|| Hit { record, why: format!("Found because {}.", words::list(&reasons)), rank })
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
