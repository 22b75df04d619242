//! Which deployments answer a question, and why each does.
//!
//! Every term of the question has to be found somewhere in a deployment, by itself or by a synonym, at the beginning of a
//! word. Only what the register shows anyway is looked through.

use std::collections::BTreeMap;

use model::{DeploymentId, DeploymentRecord, Purpose};
use register::State;

use super::super::party_name;
use super::{fold, synonyms};
use crate::lang::{Lang, Mark};

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

/// What is looked through of a deployment, the most telling first. Names of the vocabulary are found in each language, and quoted in
/// the one of the page where they are found in it.
fn parts(lang: Lang, state: &State, record: &DeploymentRecord, recipients: &Recipients<'_>) -> Vec<Part> {
    let deployment = &record.deployment;
    let part = |name: &'static str, texts: Vec<String>| Part { name, texts };
    let all = || [lang].into_iter().chain(Lang::ALL.into_iter().filter(move |other| *other != lang));
    let each = |name: &dyn Fn(Lang) -> &'static str| all().map(|lang| name(lang).to_owned()).collect::<Vec<_>>();
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
pub(super) fn hits<'s>(lang: Lang, state: &'s State, terms: &[String]) -> Vec<Hit<'s>> {
    let sought: Vec<(&str, Vec<&str>)> = terms.iter().map(|term| (term.as_str(), synonyms::with(term))).collect();
    let recipients = recipients(state);
    let hit = |record: &'s std::sync::Arc<DeploymentRecord>| hit(lang, state, record, &recipients, &sought);
    let mut hits: Vec<Hit<'s>> = state.deployments.values().filter_map(hit).collect();
    hits.sort_by_cached_key(|hit| (hit.rank, hit.record.deployment.title.to_lowercase()));
    hits
}

fn hit<'s>(
    lang: Lang,
    state: &'s State,
    record: &'s DeploymentRecord,
    recipients: &Recipients<'s>,
    sought: &[(&str, Vec<&str>)],
) -> Option<Hit<'s>> {
    let parts: Vec<(&'static str, Vec<(String, String)>)> = parts(lang, state, record, recipients)
        .into_iter()
        .map(|part| (part.name, part.texts.into_iter().map(|text| (fold::fold(&text), text)).collect()))
        .collect();
    let (mut reasons, mut rank) = (Vec::new(), usize::MAX);
    for (term, alternatives) in sought {
        let (at, alternative, text) = first(&parts, alternatives)?;
        rank = rank.min(at);
        reasons.push(reason(lang, term, alternative, parts.get(at)?.0, text));
    }
    (!reasons.is_empty()).then(|| Hit {
        record,
        why: format!("{} {}.", lang.of("Found because", "Gefunden:"), lang.list(&reasons)),
        rank,
    })
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
