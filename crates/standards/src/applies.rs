//! Whom a requirement or a duty concerns.

use std::collections::BTreeSet;

use model::{Category, Purpose, Technology, Tier};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::diagnostic::{Problems, shown};
use crate::pack::fields::Item;

/// What to do about a code that is in no vocabulary.
const KNOWN: &str = "take the nearest code of the vocabulary, or one above it in the tree";

/// What a requirement or duty is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// Each deployment by itself.
    #[default]
    Deployment,
    /// The city as a whole.
    City,
    /// Each device by itself.
    Device,
}

/// Whom it concerns: all that is named must hold, and nothing named means everything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Applies {
    /// What it is about.
    pub about: About,
    /// Only where the raw observation is, or is not, about people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personal: Option<bool>,
    /// Only in one of these tiers of risk.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub tiers: BTreeSet<Tier>,
    /// Only with one of these technologies, or one below them in the tree.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub technologies: BTreeSet<Technology>,
    /// Only with data of one of these categories, or of one below them in the tree.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub categories: BTreeSet<Category>,
    /// Only for one of these purposes, or one below them in the tree. Branches are allowed here.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", deserialize_with = "purposes")]
    pub purposes: BTreeSet<Purpose>,
}

/// Reads `[applies]`.
pub(crate) fn read(item: &Item<'_, '_>, problems: &mut Problems) -> Option<Applies> {
    let mut fields = item.fields("[applies]", problems)?;
    let about = [("deployment", About::Deployment), ("city", About::City), ("device", About::Device)];
    let tiers = Tier::ALL.map(|tier| (tier.code(), tier));
    let applies = Applies {
        about: fields.get("about").and_then(|item| item.one_of(&about, problems)).unwrap_or_default(),
        personal: fields.get("personal").and_then(|item| item.flag(problems)),
        tiers: fields
            .get("tiers")
            .map_or_else(BTreeSet::new, |item| some(&item, problems, |item, problems| item.one_of(&tiers, problems))),
        technologies: fields.get("technologies").map_or_else(BTreeSet::new, |item| {
            some(&item, problems, |item, problems| item.parsed("unknown-technology", KNOWN, problems))
        }),
        categories: fields.get("categories").map_or_else(BTreeSet::new, |item| {
            some(&item, problems, |item, problems| item.parsed("unknown-category", KNOWN, problems))
        }),
        purposes: fields.get("purposes").map_or_else(BTreeSet::new, |item| some(&item, problems, purpose)),
    };
    fields.finish(problems);
    Some(applies)
}

/// The members of a list that has some. An empty list is refused: it would mean everything to one reader, nothing to another.
fn some<T: Ord>(
    list: &Item<'_, '_>,
    problems: &mut Problems,
    mut read: impl FnMut(&Item<'_, '_>, &mut Problems) -> Option<T>,
) -> BTreeSet<T> {
    let items = list.items(problems);
    if items.is_empty() {
        problems.push(list.problem("empty", "the list is empty", "leave it out where it concerns all of them"));
    }
    items.iter().filter_map(|item| read(item, problems)).collect()
}

/// A purpose; unlike a stream, a requirement may name a branch of the tree.
fn branch_or_leaf(code: &str) -> Result<Purpose, String> {
    let known = || Purpose::all().map(Purpose::code).collect::<Vec<_>>().join(", ");
    let found = Purpose::all().find(|purpose| purpose.code() == code);
    found.ok_or_else(|| format!("`{}` is not a purpose; known are: {}", shown(code), known()))
}

fn purpose(item: &Item<'_, '_>, problems: &mut Problems) -> Option<Purpose> {
    let code = item.text(problems)?;
    branch_or_leaf(code).map_err(|what| problems.push(item.problem("unknown-purpose", what, KNOWN))).ok()
}

fn purposes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<Purpose>, D::Error> {
    let codes = Vec::<String>::deserialize(deserializer)?;
    codes.iter().map(|code| branch_or_leaf(code).map_err(D::Error::custom)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::fields::{Fields, Place};

    fn applies(text: &str) -> Result<Applies, Vec<&'static str>> {
        let mut problems = Problems::default();
        let text = format!("applies = {text}");
        let place = Place::file("a.toml", &text);
        let table = place.parse(&mut problems).unwrap();
        let item = Fields::new(place, &table, "").get("applies").unwrap();
        let read = read(&item, &mut problems).unwrap_or_default();
        problems.or(read).map_err(|found| found.into_iter().map(|problem| problem.code).collect())
    }

    #[test]
    fn a_branch_of_purposes_may_be_named_and_unknown_codes_are_all_found() {
        let read = applies("{ purposes = [\"safety\"], tiers = [\"full\"], about = \"city\" }").unwrap();
        assert_eq!(read.purposes.first().map(|purpose| purpose.code()), Some("safety"));
        let unknown =
            "{ categories = [\"plate\", \"face\"], purposes = [\"x\"], technologies = [\"y\"], tiers = [\"heavy\"] }";
        let codes = applies(unknown).err().unwrap();
        assert_eq!(codes.iter().filter(|code| **code == "unknown-category").count(), 2);
        assert_eq!(codes.len(), 5);
        assert_eq!(applies("{ tiers = [] }").err(), Some(vec!["empty"]));
    }

    #[test]
    fn serde_reads_what_the_reader_reads() {
        let read: Applies = serde_json::from_str("{\"purposes\":[\"safety\"],\"personal\":true}").unwrap();
        assert_eq!(applies("{ purposes = [\"safety\"], personal = true }"), Ok(read));
    }
}
