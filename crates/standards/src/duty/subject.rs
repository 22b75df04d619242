//! Whom a duty concerns: a deployment's facts held against what a duty says of itself.
//!
//! A fact that is not known never gets anybody off: it counts as if it named whatever is asked for.

use std::collections::BTreeSet;

use model::{Category, DeploymentRecord, Purpose, Technology, Tier};

use crate::applies::{About, Applies};

/// What is known of the deployment, or of the city, that a duty may concern.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// What it is.
    pub about: About,
    /// Its tier of risk.
    pub tier: Option<Tier>,
    /// Whether the raw observation is about people.
    pub personal: Option<bool>,
    /// What senses.
    pub technologies: Option<BTreeSet<Technology>>,
    /// What kinds of data flow.
    pub categories: Option<BTreeSet<Category>>,
    /// What for.
    pub purposes: Option<BTreeSet<Purpose>>,
}

impl Subject {
    /// The city as a whole.
    #[must_use]
    pub fn city() -> Self {
        Self { about: About::City, ..Self::default() }
    }

    /// A deployment, of which everything is known. Its tier is the stricter of what is declared and what answers found; whether
    /// anything is about people is what is declared.
    #[must_use]
    pub fn of(record: &DeploymentRecord) -> Self {
        let deployment = &record.deployment;
        let properties = deployment.streams.iter().flat_map(|stream| stream.properties.values());
        Self {
            about: About::Deployment,
            tier: Some(record.tier()),
            personal: Some(Tier::of(deployment) != Tier::FileAndGo),
            technologies: Some(BTreeSet::from([deployment.technology])),
            categories: Some(properties.map(|property| property.category).collect()),
            purposes: Some(deployment.purposes.clone()),
        }
    }

    /// Whether something that applies so concerns it.
    #[must_use]
    pub fn is_concerned(&self, applies: &Applies) -> bool {
        let personal = self.personal.or(self.tier.map(|tier| tier != Tier::FileAndGo));
        self.about == applies.about
            && agrees(applies.personal, personal)
            && (applies.tiers.is_empty() || self.tier.is_none_or(|tier| applies.tiers.contains(&tier)))
            && meets(&applies.technologies, self.technologies.as_ref(), |has, asked| has.is_within(asked))
            && meets(&applies.categories, self.categories.as_ref(), |has, asked| has.is_within(asked))
            && meets(&applies.purposes, self.purposes.as_ref(), |has, asked| has.is_within(asked))
    }
}

fn agrees(asked: Option<bool>, known: Option<bool>) -> bool {
    match (asked, known) {
        (Some(asked), Some(known)) => asked == known,
        _ => true,
    }
}

/// Whether any of what is known is any of what is asked for.
fn meets<T: Copy>(asked: &BTreeSet<T>, known: Option<&BTreeSet<T>>, within: impl Fn(T, T) -> bool) -> bool {
    let any = |known: &BTreeSet<T>| known.iter().any(|has| asked.iter().any(|asked| within(*has, *asked)));
    asked.is_empty() || known.is_none_or(any)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applies(toml: &str) -> Applies {
        toml::from_str(toml).unwrap()
    }

    fn plates() -> Subject {
        Subject {
            tier: Some(Tier::Full),
            technologies: Some(BTreeSet::from(["number-plate-reader".parse().unwrap()])),
            categories: Some(BTreeSet::from(["number-plate".parse().unwrap()])),
            purposes: Some(BTreeSet::from(["crime-investigation".parse().unwrap()])),
            ..Subject::default()
        }
    }

    #[test]
    fn all_that_is_named_must_hold_and_codes_hold_for_what_is_below_them() {
        for (toml, concerned) in [
            ("", true),
            ("personal = true", true),
            ("personal = false", false),
            ("tiers = [\"light\", \"full\"]", true),
            ("tiers = [\"light\"]", false),
            ("technologies = [\"camera\"]\ncategories = [\"personal\"]\npurposes = [\"crime-investigation\"]", true),
            ("technologies = [\"camera\"]\ncategories = [\"environment\"]", false),
            ("purposes = [\"traffic-management\"]", false),
            ("about = \"city\"", false),
        ] {
            assert_eq!(plates().is_concerned(&applies(toml)), concerned, "{toml}");
        }
        assert!(Subject::city().is_concerned(&applies("about = \"city\"")));
    }

    #[test]
    fn what_is_not_known_gets_nobody_off() {
        let unknown = Subject::default();
        for toml in ["personal = true", "personal = false", "tiers = [\"full\"]", "categories = [\"face-image\"]"] {
            assert!(unknown.is_concerned(&applies(toml)), "{toml}");
        }
        let empty = Subject { categories: Some(BTreeSet::new()), ..Subject::default() };
        assert!(!empty.is_concerned(&applies("categories = [\"face-image\"]")), "known to be none is not unknown");
    }
}
