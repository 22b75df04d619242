//! The words by which deployments are found: each text once, and each place in it at which a word begins, in the order of what follows.
//!
//! What begins with a word or with several in a row stands together in that order, so that a search looks at what it finds and not at
//! everything else.

use std::collections::HashMap;
use std::sync::Arc;

use model::{DeploymentRecord, PartyId, PlaceId};
use register::State;

use super::At;
use crate::lang::Lang;
use crate::pages::search::{fold, hits};

/// The part of a deployment in which a text stands; the lower, the more telling.
pub(crate) type Part = u8;

/// All texts, folded, and who has them.
pub(crate) struct Texts {
    texts: Vec<Text>,
    /// Text and position of each beginning of a word, in the order of what stands there.
    words: Vec<(u32, u32)>,
    /// The names of places and of parties, folded, in the order of the register.
    pub(crate) places: Vec<(Box<str>, PlaceId)>,
    pub(crate) parties: Vec<(Box<str>, PartyId)>,
}

struct Text {
    folded: Box<str>,
    /// In which deployments it stands, and in which part of each.
    of: Vec<(At, Part)>,
}

impl Texts {
    pub(super) fn of(state: &State, order: &[Arc<DeploymentRecord>]) -> Self {
        let (mut texts, mut known): (Vec<Text>, HashMap<String, usize>) = (Vec::new(), HashMap::new());
        let recipients = hits::recipients(state);
        for (at, record) in (0..).zip(order) {
            for (part, text) in (0..).zip(hits::parts(Lang::En, &Lang::ALL, state, record, &recipients)) {
                for text in text.texts {
                    let number = *known.entry(text).or_insert_with_key(|text| {
                        texts.push(Text { folded: fold::fold(text).into(), of: Vec::new() });
                        texts.len() - 1
                    });
                    if let Some(text) = texts.get_mut(number) {
                        text.of.push((at, part));
                    }
                }
            }
        }
        let words = beginnings(&texts);
        let places = state.places.values().map(|place| (fold::fold(&place.name).into(), place.id.clone()));
        let parties = state.parties.values().map(|record| &record.party);
        let parties = parties.map(|party| (fold::fold(&party.name).into(), party.id.clone()));
        Self { texts, words, places: places.collect(), parties: parties.collect() }
    }

    fn at(&self, (text, position): (u32, u32)) -> &str {
        self.texts.get(text as usize).and_then(|text| text.folded.get(position as usize..)).unwrap_or_default()
    }

    /// In which deployments a word begins as it is sought, and in which part, text by text; one may come more than once.
    pub(crate) fn with(&self, sought: &str) -> impl Iterator<Item = &[(At, Part)]> {
        let from = self.words.partition_point(|word| self.at(*word) < sought);
        let found = self.words.iter().skip(from).take_while(move |word| self.at(**word).starts_with(sought));
        found.filter_map(|(text, _)| self.texts.get(*text as usize)).map(|text| text.of.as_slice())
    }
}

fn beginnings(texts: &[Text]) -> Vec<(u32, u32)> {
    let begin = |(number, text): (u32, &Text)| {
        let spaces = text.folded.match_indices(' ').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(spaces).filter(|at| *at < text.folded.len());
        starts.filter_map(move |at| Some((number, u32::try_from(at).ok()?))).collect::<Vec<_>>()
    };
    let mut words: Vec<(u32, u32)> = (0..).zip(texts).flat_map(begin).collect();
    let rest = |(text, at): &(u32, u32)| texts.get(*text as usize).and_then(|text| text.folded.get(*at as usize..));
    words.sort_unstable_by(|one, other| rest(one).cmp(&rest(other)).then(one.cmp(other)));
    words
}
