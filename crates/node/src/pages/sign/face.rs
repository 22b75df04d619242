//! What a sign says: drawn from the streams, their treatments and the views in force, by nobody's hand.
//!
//! The fields are those that the taxonomy Digital Trust for Places and Routines asks for. Its colours tell whether people can
//! be identified (yellow: they can; blue: no longer; white: nobody was ever in the data); the words say it, too. It never
//! says less than the register: what is not decided counts as identifying.

use flow::disclose::PUBLIC;
use model::{
    Category, Deployment, DeploymentRecord, GrantRecord, IdentifierExposure, Identifies, Property, Span, Timestamp,
    Treatment, View,
};
use register::State;

use super::super::party_name;
use crate::lang::Lang;
use crate::words::{self, Badge};

/// Whether people can be identified by what a deployment keeps and hands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum People {
    /// No data about people.
    Nobody,
    /// What identified was changed or forgotten before it was stored.
    Deidentified,
    /// They can be.
    Identified,
}

/// A sign, before it is laid out.
#[derive(Debug)]
pub(super) struct Face {
    pub(super) lang: Lang,
    pub(super) title: String,
    pub(super) people: People,
    /// What stands against it now, if it may not collect.
    pub(super) stopped: Option<String>,
    /// Label and text.
    pub(super) rows: Vec<(&'static str, String)>,
    /// What somebody can do, beside the code.
    pub(super) rights: &'static str,
    /// The address that the code holds.
    pub(super) address: String,
    /// What it was drawn from, and when.
    pub(super) drawn: String,
}

/// What stands at hand when a sign is drawn.
pub(super) struct Around<'s> {
    pub(super) state: &'s State,
    pub(super) record: &'s DeploymentRecord,
    pub(super) badge: &'s Badge,
    pub(super) now: Timestamp,
}

impl Face {
    pub(super) fn of(around: &Around<'_>, lang: Lang, address: String) -> Self {
        let Around { state, record, badge, now } = *around;
        let deployment = &record.deployment;
        let granted: Vec<(&GrantRecord, &View)> = granted(state, deployment, now);
        let people = people(deployment, granted.iter().map(|(_, view)| *view));
        let city = state.city.as_ref().map_or(lang.of("A city", "Eine Stadt"), |city| city.name.as_str());
        let answers = party_name(state, &deployment.accountable);
        Self {
            lang,
            title: deployment.title.clone(),
            people,
            stopped: (badge.class != "on").then(|| badge.label.to_owned()),
            rows: vec![
                (lang.of("What senses", "Was misst"), technology(deployment, lang)),
                (lang.of("What for", "Wofür"), purposes(deployment, lang)),
                (lang.of("Who answers", "Wer verantwortet es"), format!("{answers}, {city}")),
                (lang.of("What is kept", "Was bleibt"), words::capital(&kept(deployment, lang))),
                (lang.of("How long", "Wie lange"), how_long(deployment, lang)),
                (lang.of("Who gets data", "Wer Daten bekommt"), words::capital(&recipients(state, &granted, lang))),
            ],
            rights: rights(people, lang),
            address,
            drawn: format!("{} {}, {}", lang.of("From the register of", "Aus dem Register von"), city, lang.day(now)),
        }
    }
}

/// The agreements in force over a deployment's streams, with their views.
fn granted<'s>(state: &'s State, deployment: &Deployment, now: Timestamp) -> Vec<(&'s GrantRecord, &'s View)> {
    let of = deployment.streams.iter().flat_map(|stream| state.grants_of(&stream.id));
    let mut of: Vec<&'s GrantRecord> = of.filter(|record| record.in_force(now)).collect();
    of.sort_by_key(|record| &record.grant.id);
    let with_view = |record: &'s GrantRecord| {
        let key = (record.grant.stream.clone(), record.grant.view.clone());
        Some((record, state.views.get(&key)?.as_ref()))
    };
    of.into_iter().filter_map(with_view).collect()
}

/// Whether people can be identified by what is kept of any stream, or by what anybody may see.
pub(super) fn people<'v>(deployment: &Deployment, mut views: impl Iterator<Item = &'v View>) -> People {
    let properties = || deployment.streams.iter().flat_map(|stream| stream.properties.values());
    let shows = views.any(|view| matches!(view.identifiers, IdentifierExposure::Stable | IdentifierExposure::Raw));
    if shows || properties().any(stays_identifying) {
        People::Identified
    } else if properties().any(|property| property.category.identifies() != Identifies::Nobody) {
        People::Deidentified
    } else {
        People::Nobody
    }
}

/// Whether what is kept of a property tells who somebody is: an identifier as it came, a match under an order, whether the city
/// or the sensor compared, or somebody's exact position. A treatment that is not known to change that leaves it so.
fn stays_identifying(property: &Property) -> bool {
    let within = |code: &str| code.parse::<Category>().is_ok_and(|kind| property.category.is_within(kind));
    let about =
        property.category.identifies() == Identifies::Directly || within("person-location") || within("list-match");
    about
        && match property.treatment {
            Treatment::Drop
            | Treatment::Count
            | Treatment::Pseudonymise { .. }
            | Treatment::Cell { .. }
            | Treatment::District { .. }
            | Treatment::Tally { .. }
            | Treatment::Journey { .. }
            | Treatment::Dwell { .. } => false,
            Treatment::Keep | Treatment::Match { .. } | Treatment::Band { .. } | Treatment::Clamp { .. } => true,
        }
}

fn technology(deployment: &Deployment, lang: Lang) -> String {
    lang.technology(deployment.technology).to_owned()
}

fn purposes(deployment: &Deployment, lang: Lang) -> String {
    let names = deployment.purposes.iter().map(|purpose| lang.purpose(*purpose));
    names.collect::<Vec<_>>().join("; ")
}

/// What treatments leave, told once for each kind of them.
fn kept(deployment: &Deployment, lang: Lang) -> String {
    let properties = deployment.streams.iter().flat_map(|stream| stream.properties.values());
    let mut told: Vec<&'static str> = Vec::new();
    for property in properties {
        let about = property.category.identifies() != Identifies::Nobody;
        let words = match property.treatment {
            Treatment::Drop | Treatment::Count => continue,
            Treatment::Keep if about => lang.of("data about people, as it came", "Daten über Personen, wie sie kamen"),
            Treatment::Keep => lang.of("measurements", "Messwerte"),
            Treatment::Pseudonymise { .. } => {
                lang.of("tags whose key is destroyed", "Kürzel, deren Schlüssel vernichtet wird")
            }
            Treatment::Cell { .. } | Treatment::District { .. } => lang.of("rough positions", "ungefähre Orte"),
            Treatment::Band { .. } | Treatment::Clamp { .. } => lang.of("rounded numbers", "gerundete Zahlen"),
            Treatment::Tally { .. } | Treatment::Journey { .. } | Treatment::Dwell { .. } => {
                lang.of("only numbers of many", "nur Zahlen über viele")
            }
            Treatment::Match { .. } => {
                lang.of("only matches with the list of an order", "nur Treffer der Liste einer Anordnung")
            }
        };
        if !told.contains(&words) {
            told.push(words);
        }
    }
    if told.is_empty() {
        lang.of("nothing but times and counts", "nur Zeiten und Anzahlen").to_owned()
    } else {
        told.join(", ")
    }
}

fn how_long(deployment: &Deployment, lang: Lang) -> String {
    let longest = deployment.streams.iter().map(|stream| stream.retention.0).max().unwrap_or_default();
    if longest == Span::ZERO {
        lang.of("Nothing is stored", "Nichts wird gespeichert").to_owned()
    } else {
        format!("{} {}", lang.of("At most", "Höchstens"), lang.span(longest))
    }
}

fn recipients(state: &State, granted: &[(&GrantRecord, &View)], lang: Lang) -> String {
    let mut names: Vec<String> = Vec::new();
    for (record, _) in granted {
        let recipient = &record.grant.recipient;
        let everybody = recipient.as_str() == PUBLIC;
        let name = if everybody { lang.of("everybody", "alle").to_owned() } else { party_name(state, recipient) };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() { lang.of("Nobody", "Niemand").to_owned() } else { names.join(", ") }
}

const fn rights(people: People, lang: Lang) -> &'static str {
    match people {
        People::Nobody => lang.of(
            "Everything about it, and whom to ask: scan the code, or go to",
            "Alles darüber, und wen Sie fragen können: Code scannen oder",
        ),
        People::Deidentified | People::Identified => lang.of(
            "Your rights, whom to ask or object to, and what leaves: scan the code, or go to",
            "Ihre Rechte, an wen Sie sich wenden können, und was weitergegeben wird: Code scannen oder",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(category: &str, treatment: &str) -> Deployment {
        let text = format!(
            r#"{{"id":"d","title":"t","description":"d","accountable":"mobility","place":"centre","technology":"wifi-counter",
            "purposes":["traffic-management"],"legal_basis":"public-task","starts":"2026-01-01T00:00:00Z",
            "ends":"2027-01-01T00:00:00Z","streams":[{{"id":"s","retention":"24h","time":{{"do":"keep"}},"properties":{{
            "p":{{"category":"{category}","value":"text","treatment":{treatment}}}}}}}]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn the_colour_follows_from_what_is_kept() {
        for (category, treatment, expected) in [
            ("air-quality", r#"{"do":"keep"}"#, People::Nobody),
            ("mac-address", r#"{"do":"pseudonymise","epoch":"24h"}"#, People::Deidentified),
            ("mac-address", r#"{"do":"drop"}"#, People::Deidentified),
            ("signal-strength", r#"{"do":"keep"}"#, People::Deidentified),
            ("mac-address", r#"{"do":"keep"}"#, People::Identified),
            ("face-image", r#"{"do":"keep"}"#, People::Identified),
            ("number-plate", r#"{"do":"match","order":"o"}"#, People::Identified),
            ("list-match", r#"{"do":"keep"}"#, People::Identified),
            ("person-location", r#"{"do":"keep"}"#, People::Identified),
            ("person-location", r#"{"do":"cell","resolution":9}"#, People::Deidentified),
        ] {
            assert_eq!(
                people(&deployment(category, treatment), std::iter::empty()),
                expected,
                "{category} {treatment}"
            );
        }
    }

    #[test]
    fn a_view_that_shows_who_it_is_makes_the_sign_yellow_whatever_is_kept() {
        let view = |identifiers: &str| {
            let text = format!(
                r#"{{"id":"v","version":1,"stream":"s","title":"t","exposure":{{"as":"records","fields":["p"]}},
                "identifiers":"{identifiers}","minimum":0,"bound":null,"noise":"none","delay":"0s","depth":"1d"}}"#
            );
            serde_json::from_str::<View>(&text).unwrap()
        };
        let tags = deployment("mac-address", r#"{"do":"pseudonymise","epoch":"24h"}"#);
        for (identifiers, expected) in [
            ("none", People::Deidentified),
            ("rotating", People::Deidentified),
            ("stable", People::Identified),
            ("raw", People::Identified),
        ] {
            assert_eq!(people(&tags, [view(identifiers)].iter()), expected, "{identifiers}");
        }
    }
}
