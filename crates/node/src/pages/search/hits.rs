//! Which deployments answer a question, and why each does.
//!
//! Every term of the question has to be found somewhere in a deployment, by itself or by a synonym, at the beginning of a
//! word. Only what the register shows anyway is looked through.

use std::cell::{LazyCell, OnceCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use model::{DeploymentId, DeploymentRecord, Purpose};
use register::State;

use super::super::index::{At, Facts, Index, Part as InPart};
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

/// The deployments in which every term is found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::pages) struct Hits {
    /// How many they are.
    pub(in crate::pages) count: usize,
    /// The best of them, as many as were wanted: those where any term stands in the most telling part.
    pub(in crate::pages) best: Vec<At>,
}

impl Hits {
    pub(in crate::pages) fn of(facts: &Facts, terms: &[String], most: usize) -> Self {
        let mut terms = terms.iter().map(|term| parts_with(facts, term));
        let Some(mut best) = terms.next() else { return Self::default() };
        for found in terms {
            for (best, found) in best.iter_mut().zip(found) {
                *best = if *best == NOWHERE || found == NOWHERE { NOWHERE } else { found.min(*best) };
            }
        }
        let (mut hits, mut part) = (Self { count: 0, best: Vec::new() }, 0);
        hits.count = best.iter().filter(|part| **part != NOWHERE).count();
        let most = most.min(hits.count);
        while hits.best.len() < most && part != NOWHERE {
            let there = (0..).zip(&best).filter(|(_, best)| **best == part).map(|(at, _)| at);
            hits.best.extend(there.take(most - hits.best.len()));
            part += 1;
        }
        hits
    }
}

/// The first part of each deployment that has a term; what is sought itself counts before what is sought for it.
fn parts_with(facts: &Facts, term: &str) -> Vec<InPart> {
    // By which alternative, and then in which part, in one number.
    let mut found = vec![u16::MAX; facts.order.len()];
    for (number, alternative) in (0_u16..).zip(synonyms::with(term)) {
        for having in facts.texts.with(alternative) {
            for (at, part) in having {
                if let Some(first) = found.get_mut(*at as usize) {
                    *first = (*first).min(number << InPart::BITS | u16::from(*part));
                }
            }
        }
    }
    found.into_iter().map(|first| first.to_le_bytes()[0]).collect()
}

/// Why a deployment was found, as a sentence: by what stands on the page in its own language, or else by another one.
pub(in crate::pages) fn why(
    lang: Lang,
    state: &State,
    record: &DeploymentRecord,
    recipients: &Recipients<'_>,
    terms: &[String],
) -> Option<String> {
    let read = |names: &[Lang]| -> Vec<(&'static str, Vec<Seen>)> {
        parts(lang, names, state, record, recipients)
            .into_iter()
            .map(|part| (part.name, part.texts.into_iter().map(Seen::of).collect()))
            .collect()
    };
    // What stands in another language is looked through only for what the page's own has not.
    let (own, all) = (read(&[lang]), LazyCell::new(|| read(&Lang::ALL)));
    let reason = |term: &String| {
        let alternatives = synonyms::with(term);
        let of = |parts: &[(&'static str, Vec<Seen>)]| {
            let (at, alternative, text) = first(parts, &alternatives)?;
            Some(reason(lang, term, alternative, parts.get(at)?.0, text))
        };
        of(&own).or_else(|| of(&all))
    };
    let reasons: Vec<String> = terms.iter().map(reason).collect::<Option<_>>()?;
    (!reasons.is_empty()).then(|| format!("{} {}.", lang.of("Found because", "Gefunden:"), lang.list(&reasons)))
}

/// A text that may be looked through, folded once it is.
struct Seen {
    text: String,
    folded: OnceCell<String>,
}

impl Seen {
    const fn of(text: String) -> Self {
        Self { text, folded: OnceCell::new() }
    }

    fn has(&self, sought: &str) -> bool {
        begins_a_word(self.folded.get_or_init(|| fold::fold(&self.text)), sought)
    }
}

/// The first part that holds one of the alternatives; what is sought itself before what is sought for it.
fn first<'p>(parts: &'p [(&'static str, Vec<Seen>)], alternatives: &[&'p str]) -> Option<(usize, &'p str, &'p str)> {
    alternatives.iter().find_map(|alternative| {
        parts.iter().enumerate().find_map(|(at, (_, texts))| {
            let seen = texts.iter().find(|seen| seen.has(alternative))?;
            Some((at, *alternative, seen.text.as_str()))
        })
    })
}

/// Whether a text has a word, or words in a row, that begin with what is sought.
fn begins_a_word(folded: &str, sought: &str) -> bool {
    let (folded, sought) = (folded.as_bytes(), sought.as_bytes());
    let begins = |at: usize| folded.get(at..).is_some_and(|rest| rest.starts_with(sought));
    begins(0) || (1..).zip(folded).any(|(after, letter)| *letter == b' ' && begins(after))
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
pub(super) fn pages(lang: Lang, index: &Index, terms: &[String]) -> Vec<(super::Link, Mark)> {
    let (state, texts) = (&index.state, &index.facts.texts);
    let sought: Vec<Vec<&str>> = terms.iter().map(|term| synonyms::with(term)).collect();
    let holds = |folded: &str| {
        sought.iter().all(|alternatives| alternatives.iter().any(|sought| begins_a_word(folded, sought)))
    };
    let fits = |name: &str| holds(&fold::fold(name));
    let is_leaf = |purpose: &Purpose| purpose.code().parse::<Purpose>().is_ok();
    let technologies =
        model::Technology::all().filter(|technology| Lang::ALL.iter().any(|lang| fits(lang.technology(*technology))));
    let purposes =
        Purpose::all().filter(is_leaf).filter(|purpose| Lang::ALL.iter().any(|lang| fits(lang.purpose(*purpose))));
    let places = texts.places.iter().filter(|(folded, _)| holds(folded));
    let parties = texts.parties.iter().filter(|(folded, _)| holds(folded));
    let named = technologies
        .map(|technology| super::Link::technology(lang, technology))
        .chain(purposes.map(|purpose| super::Link::purpose(lang, purpose)));
    let written = places
        .map(|(_, place)| super::Link::place(lang, state, place))
        .chain(parties.map(|(_, party)| super::Link::party(lang, state, party)));
    named.map(|link| (link, Mark::NONE)).chain(written.map(|link| (link, lang.written()))).collect()
}
