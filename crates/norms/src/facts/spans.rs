//! Spans: whole days from one moment to another, as tags of what is asked about.
//!
//! Every pair of moments has one, and hardly any is looked at. What no policy names is left out, where it is known what
//! policies name.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::Policy;
use model::Timestamp;
use serde_json::Value;

const DAY_MILLIS: i64 = 86_400_000;

/// Which spans are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Spans {
    /// Any of them.
    Every,
    /// These, under `<moment>..<moment>`.
    Named(BTreeSet<String>),
}

impl Spans {
    /// The spans that policies name; every one where a policy works out a name.
    pub(crate) fn named<'p>(policies: impl Iterator<Item = &'p Policy>) -> Self {
        let mut names = BTreeSet::new();
        for policy in policies {
            let Ok(json) = policy.to_json() else { return Self::Every };
            let mut waiting = vec![&json];
            while let Some(json) = waiting.pop() {
                match json {
                    Value::Object(object) => {
                        for operator in ["getTag", "hasTag"] {
                            let Some(body) = object.get(operator) else { continue };
                            let Some(name) = body.pointer("/right/Value").and_then(Value::as_str) else {
                                return Self::Every;
                            };
                            names.insert(name.to_owned());
                        }
                        waiting.extend(object.values());
                    }
                    Value::Array(array) => waiting.extend(array),
                    _ => {}
                }
            }
        }
        Self::Named(names)
    }

    /// Those that are asked for, between the moments that are known; less than none where the second came first.
    pub(super) fn of(&self, moments: &BTreeMap<String, Timestamp>) -> Vec<(String, i64)> {
        let days = |from: Timestamp, to: Timestamp| to.millis().saturating_sub(from.millis()).div_euclid(DAY_MILLIS);
        match self {
            Self::Named(names) => names
                .iter()
                .filter_map(|name| {
                    let (from, to) = name.split_once("..").filter(|(from, to)| from != to)?;
                    Some((name.clone(), days(*moments.get(from)?, *moments.get(to)?)))
                })
                .collect(),
            Self::Every => {
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

    fn named(conditions: &[&str]) -> Spans {
        let policy = |condition: &&str| format!("forbid (principal, action, resource) unless {{ {condition} }};");
        let policies: Vec<Policy> = conditions.iter().map(|one| policy(one).parse().unwrap()).collect();
        Spans::named(policies.iter())
    }

    #[test]
    fn what_is_named_is_given_as_among_all() {
        let at = |day: i64| Timestamp::from_millis(day * DAY_MILLIS + 1);
        let moments = BTreeMap::from([("a".to_owned(), at(1)), ("b".to_owned(), at(4)), ("c".to_owned(), at(2))]);
        let spans = named(&[
            "resource.hasTag(\"a..b\") && resource.getTag(\"b..c\") > 1",
            "resource.x",
            "resource.hasTag(\"a..z\")",
        ]);
        assert_eq!(spans.of(&moments), [("a..b".to_owned(), 3), ("b..c".to_owned(), -2)]);
        let every = Spans::Every.of(&moments);
        assert_eq!(every.len(), 6);
        assert!(spans.of(&moments).iter().all(|span| every.contains(span)));
        assert_eq!(named(&["resource.x"]).of(&moments), []);
        assert_eq!(named(&["resource.hasTag(resource.name)"]), Spans::Every, "a name that is worked out may be any");
    }
}
