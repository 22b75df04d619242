//! Permits as somebody writes them: what is wrong with them, and at which line and column.
//!
//! It looks at one text by itself, so that everything is said at once. Whether a whole bundle stands is for `Bundle` to say;
//! nothing here decides or adopts anything.

use std::fmt;
use std::str::FromStr;

use cedar_policy::{
    ActionConstraint, Effect, Policy, PolicyId as CedarId, PolicySet, PolicySetError, ValidationMode, Validator,
};
use miette::Diagnostic;

use crate::bundle::LEVEL;
use crate::nesting;
use crate::schema::schema;

/// The most mistakes that are told at once.
const MISTAKES_MAX: usize = 20;
/// The annotations that every permit has.
const ANNOTATIONS: [&str; 2] = ["id", "reason"];

/// Something wrong in a text of permits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// In which line, from 1.
    pub line: usize,
    /// At which character of the line, from 1.
    pub column: usize,
    /// What is wrong, and what would be right if that is known.
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.what)
    }
}

impl Mistake {
    fn at(text: &str, offset: usize, what: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line, column, what: what.into() }
    }

    /// What Cedar says, where it says it.
    fn of(text: &str, said: &dyn Diagnostic) -> Self {
        let offset = said.labels().and_then(|mut labels| labels.next()).map_or(0, |label| label.offset());
        let help = said.help().map(|help| format!(" ({help})")).unwrap_or_default();
        Self::at(text, offset, format!("{said}{help}"))
    }
}

/// What is wrong with a city's permits, in the order of the text; nothing if they can be put under the layers.
#[must_use]
pub fn mistakes(permits: &str) -> Vec<Mistake> {
    let mut found = match nesting::check(permits) {
        Err(error) => {
            let said = error.to_string();
            let what = said.split_once(": ").map_or(said.as_str(), |(_, what)| what).to_owned();
            vec![Mistake { line: error.line(), column: 1, what }]
        }
        Ok(()) => match PolicySet::from_str(permits) {
            Err(errors) => errors.iter().map(|error| Mistake::of(permits, error)).collect(),
            Ok(set) => of_set(permits, &set),
        },
    };
    found.sort();
    found.dedup();
    found.truncate(MISTAKES_MAX);
    found
}

/// What is wrong with permits that can be read.
fn of_set(text: &str, set: &PolicySet) -> Vec<Mistake> {
    let (mut found, mut named, mut after) = (Vec::new(), PolicySet::new(), 0);
    for (_, part, policy) in in_order(set) {
        // Each stands behind the one before, in the letters in which it was written.
        let rest = text.get(after..).unwrap_or_default();
        let offset = rest.find(&part).map_or(after, |at| after + at);
        after = offset + part.len();
        let Some(policy) = policy else {
            found.push(Mistake::at(text, offset, "this is a template; write the policy out"));
            continue;
        };
        found.extend(of_policy(policy).into_iter().map(|what| Mistake::at(text, offset, what)));
        let name = policy.annotation("id").map_or_else(|| policy.id().to_string(), str::to_owned);
        if let Err(PolicySetError::AlreadyDefined(_)) = named.add(policy.new_id(CedarId::new(&name))) {
            found.push(Mistake::at(text, offset, format!("another policy is called `{name}` already")));
        }
    }
    let validated = Validator::new(schema().clone()).validate_with_level(&named, ValidationMode::Strict, LEVEL);
    found.extend(validated.validation_errors().map(|error| Mistake::of(text, error)));
    found
}

/// Every policy with its text as it was written, and none in the place of a template, in the order of the text: Cedar calls them
/// policy0, policy1 …
fn in_order(set: &PolicySet) -> Vec<((usize, String), String, Option<&Policy>)> {
    let key = |id: &CedarId| (id.to_string().len(), id.to_string());
    let policies = set.policies().map(|one| (key(one.id()), one.to_cedar().unwrap_or_default(), Some(one)));
    let templates = set.templates().map(|one| (key(one.id()), one.to_cedar(), None));
    let mut all: Vec<_> = policies.chain(templates).collect();
    all.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    all
}

fn of_policy(policy: &Policy) -> Vec<String> {
    let has = |name: &str| policy.annotation(name).is_some_and(|text| !text.trim().is_empty());
    let missing = ANNOTATIONS.into_iter().filter(|name| !has(name));
    let mut found: Vec<String> = missing.map(|name| format!("this policy has no `@{name}(\"…\")`")).collect();
    match policy.effect() {
        Effect::Forbid => {
            found.push(
                "this forbids; what forbids belongs into the city’s own layer, and only permits stand here".into(),
            );
        }
        Effect::Permit if policy.action_constraint() == ActionConstraint::Any => {
            found.push("this permits any action; name the actions, as in `action == Action::\"propose\"`".into())
        }
        Effect::Permit => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "@id(\"a\")\n@reason(\"A.\")\npermit (principal, action == Action::\"propose\", resource);\n";

    fn told(text: &str) -> Vec<(usize, usize)> {
        mistakes(text).into_iter().map(|mistake| (mistake.line, mistake.column)).collect()
    }

    #[test]
    fn the_permits_to_begin_with_have_no_mistake() {
        assert_eq!(mistakes(crate::city_permits_default()), []);
        assert_eq!((mistakes(GOOD), mistakes("")), (vec![], vec![]));
    }

    #[test]
    fn what_is_not_cedar_is_said_where_it_stands() {
        let broken = GOOD.replace("resource);", "resource) when { principal.kind = \"officer\" };");
        let found = mistakes(&broken);
        assert_eq!(found[0].line, 3, "{found:?}");
        assert!(found[0].column > 50 && found[0].to_string().starts_with("line 3, column "), "{found:?}");
        assert_eq!(told(&format!("{GOOD}ä permit")), [(4, 1)], "{:?}", mistakes(&format!("{GOOD}ä permit")));
    }

    #[test]
    fn what_does_not_fit_the_schema_is_said_where_it_stands_and_all_of_it() {
        let two = format!(
            "{GOOD}{}{}",
            GOOD.replace("\"a\"", "\"b\"").replace(");\n", ")\nwhen { principal.colour == \"red\" };\n"),
            GOOD.replace("\"a\"", "\"c\"").replace("propose", "purpose")
        );
        let found = mistakes(&two);
        assert!(found.iter().any(|mistake| mistake.line == 7 && mistake.what.contains("colour")), "{found:?}");
        assert!(found.iter().any(|mistake| mistake.line >= 8 && mistake.what.contains("purpose")), "{found:?}");
    }

    #[test]
    fn names_effects_and_permits_of_everything_are_told_of_by_their_policy() {
        for (old, new, what) in [
            ("@id(\"a\")\n", "", "`@id"),
            ("@reason(\"A.\")\n", "", "`@reason"),
            ("permit", "forbid", "forbids"),
            ("action == Action::\"propose\"", "action", "any action"),
            ("principal,", "principal == ?principal,", "template"),
        ] {
            let text =
                format!("{}{}", GOOD, GOOD.replace("\"a\"", "\"z\"").replace(&old.replace("\"a\"", "\"z\""), new));
            let found = mistakes(&text);
            assert!(found.iter().any(|mistake| mistake.line == 4 && mistake.what.contains(what)), "{what}: {found:?}");
        }
        let twice = mistakes(&format!("{GOOD}{GOOD}"));
        assert!(twice[0].what.contains("called `a` already"), "{twice:?}");
    }

    #[test]
    fn whatever_is_typed_is_answered_and_never_too_long() {
        assert_eq!(mistakes(&"(".repeat(100_000)).len(), 1, "too deep to be read at all");
        let many = "permit (principal, action, resource);\n".repeat(100);
        assert_eq!(mistakes(&many).len(), MISTAKES_MAX);
        for noise in ["@", "permit(", "\u{0}", "\"", "permit (principal, action, resource) when { \"", "🙂"] {
            assert!(!mistakes(noise).is_empty(), "{noise:?}");
        }
    }
}
