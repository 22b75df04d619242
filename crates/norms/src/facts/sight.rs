//! Sight: what policies look at of the things that they are asked about: facts by name, and spans.
//!
//! A span is the whole days from one moment to another, as a tag. Every pair of moments has one, and hardly any is looked
//! at; of facts it is a third. What no policy names is left out, where it is known what policies name.

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;
use serde_json::Value;

const DAY_MILLIS: i64 = 86_400_000;
/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Anything.
    Everything,
    /// This and nothing else.
    Named {
        /// Facts, by the names of attributes, whatever they are attributes of.
        facts: BTreeSet<String>,
        /// Spans, under `<moment>..<moment>`.
        spans: BTreeSet<String>,
        /// The action, in a condition.
        action: bool,
    },
}

impl Sight {
    /// What a policy names in its conditions, from its JSON form; everything where it works out a name.
    pub(crate) fn of(policy: &Value) -> Self {
        let (mut facts, mut spans, mut action) = (BTreeSet::new(), BTreeSet::new(), false);
        let mut waiting = vec![policy];
        while let Some(json) = waiting.pop() {
            match json {
                Value::Object(object) => {
                    for operator in [".", "has"] {
                        let Some(body) = object.get(operator) else { continue };
                        let Some(name) = body.get("attr").and_then(Value::as_str) else { return Self::Everything };
                        facts.insert(name.to_owned());
                    }
                    for operator in ["getTag", "hasTag"] {
                        let Some(body) = object.get(operator) else { continue };
                        let Some(name) = body.pointer("/right/Value").and_then(Value::as_str) else {
                            return Self::Everything;
                        };
                        spans.insert(name.to_owned());
                    }
                    action |= object.get("Var").is_some_and(|variable| variable == "action");
                    waiting.extend(object.values());
                }
                Value::Array(array) => waiting.extend(array),
                _ => {}
            }
        }
        Self::Named { facts, spans, action }
    }

    /// What either looks at.
    pub(crate) fn and(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Named { facts, spans, action }, Self::Named { facts: more, spans: longer, action: too }) => {
                Self::Named { facts: &facts | more, spans: &spans | longer, action: action || *too }
            }
            _ => Self::Everything,
        }
    }

    /// What nobody looks at.
    pub(crate) const fn nothing() -> Self {
        Self::Named { facts: BTreeSet::new(), spans: BTreeSet::new(), action: false }
    }

    /// Whether it is looked at which action it is, and in which groups, besides in the scope.
    pub(crate) const fn sees_action(&self) -> bool {
        match self {
            Self::Everything => true,
            Self::Named { action, .. } => *action,
        }
    }

    /// Whether a fact is looked at.
    pub(super) fn sees(&self, fact: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Named { facts, .. } => facts.contains(fact),
        }
    }

    /// The spans that are looked at, between the moments that are known; less than none where the second came first.
    pub(super) fn spans(&self, moments: &BTreeMap<String, Timestamp>) -> Vec<(String, i64)> {
        let days = |from: Timestamp, to: Timestamp| to.millis().saturating_sub(from.millis()).div_euclid(DAY_MILLIS);
        match self {
            Self::Named { spans, .. } => spans
                .iter()
                .filter_map(|name| {
                    let (from, to) = name.split_once("..").filter(|(from, to)| from != to)?;
                    Some((name.clone(), days(*moments.get(from)?, *moments.get(to)?)))
                })
                .collect(),
            Self::Everything => {
                let pairs = moments.iter().flat_map(|from| moments.iter().map(move |to| (from, to)));
                pairs
                    .filter(|((from, _), (to, _))| from != to)
                    .map(|((from, begun), (to, ended))| (format!("{from}..{to}"), days(*begun, *ended)))
                    .collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(conditions: &[&str]) -> Sight {
        let of = |condition: &&str| {
            let policy = format!("forbid (principal, action, resource) unless {{ {condition} }};");
            Sight::of(&policy.parse::<cedar_policy::Policy>().unwrap().to_json().unwrap())
        };
        conditions.iter().map(of).fold(Sight::nothing(), |all, one| all.and(&one))
    }

    #[test]
    fn what_is_named_is_given_as_among_all() {
        let at = |day: i64| Timestamp::from_millis(day * DAY_MILLIS + 1);
        let moments = BTreeMap::from([("a".to_owned(), at(1)), ("b".to_owned(), at(4)), ("c".to_owned(), at(2))]);
        let named = sight(&[
            "resource.hasTag(\"a..b\") && resource.getTag(\"b..c\") > 1",
            "resource.x",
            "resource.hasTag(\"a..z\")",
        ]);
        assert_eq!(named.spans(&moments), [("a..b".to_owned(), 3), ("b..c".to_owned(), -2)]);
        let every = Sight::Everything.spans(&moments);
        assert_eq!(every.len(), 6);
        assert!(named.spans(&moments).iter().all(|span| every.contains(span)));
        assert_eq!(sight(&["resource.x"]).spans(&moments), []);
        let worked_out = sight(&["resource.hasTag(resource.name)"]);
        assert_eq!(worked_out, Sight::Everything, "a name that is worked out may be any");
    }

    #[test]
    fn a_fact_is_seen_however_it_is_written_and_wherever_it_hangs() {
        let named = sight(&["resource.a.b == 1 || principal[\"c\"] || context has d || [resource.e].contains(1)"]);
        for fact in ["a", "b", "c", "d", "e"] {
            assert!(named.sees(fact), "{fact}");
        }
        assert!(!named.sees("f") && Sight::Everything.sees("f"));
    }

    #[test]
    fn the_action_is_seen_in_a_condition_and_not_in_a_scope() {
        assert!(!sight(&["resource.x"]).sees_action());
        assert!(sight(&["resource.x", "action in Action::\"act\""]).sees_action());
        assert_eq!(sight(&["resource.x"]).and(&Sight::Everything), Sight::Everything);
    }
}
