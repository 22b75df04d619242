//! The words of a requirement in a reader's language, its parameters filled in.
//!
//! Where a language is missing the pack's own stands in, and the answer says so. No text is ever made up.

pub(crate) mod message;
pub(crate) mod speaker;
pub(crate) mod translation;

use std::collections::BTreeMap;

use model::RequirementId;
use serde::Serialize;

use crate::pack::Pack;
use crate::parameter::{ParameterId, Value};
use message::Message;
use speaker::Speaker;

/// What a requirement says, in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rendered {
    /// A few words.
    pub title: String,
    /// What is required, with the values in force.
    pub text: String,
    /// The language it is in.
    pub locale: String,
    /// Whether the language asked for is missing, so that another stands in.
    pub stands_in: bool,
}

/// Why a requirement cannot be said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// The pack has no such requirement.
    #[error("the pack has no requirement `{0}`")]
    NoRequirement(RequirementId),
    /// A value is missing or does not fit the text.
    #[error("the text of `{requirement}` in `{locale}`: {what}")]
    Pattern {
        /// Which requirement.
        requirement: RequirementId,
        /// In which language.
        locale: String,
        /// What is wrong.
        what: String,
    },
}

impl Pack {
    /// A requirement in the language asked for, or in the pack's own.
    ///
    /// # Errors
    /// Where there is no such requirement, or a value does not fit its text.
    pub fn words(
        &self,
        requirement: &RequirementId,
        values: &BTreeMap<ParameterId, Value>,
        locale: &str,
    ) -> Result<Rendered, WordsError> {
        let declared =
            self.requirements.get(requirement).ok_or_else(|| WordsError::NoRequirement(requirement.clone()))?;
        let value = |name: &str| values.iter().find(|(id, _)| id.as_str() == name).map(|(_, value)| value);
        let pattern = |locale: &str| {
            let (requirement, locale) = (requirement.clone(), locale.to_owned());
            move |what| WordsError::Pattern { requirement, locale, what }
        };
        if let Some((tag, translation)) = self.translation(locale)
            && let Some(message) = translation.messages.get(&requirement.0)
        {
            let speaker = Speaker::new(tag);
            let text = speaker.say(message, false, value).map_err(pattern(tag))?;
            let title = speaker.say(message, true, value).map_err(pattern(tag))?;
            return Ok(Rendered { title, text, locale: tag.to_owned(), stands_in: false });
        }
        let own = self.manifest.locale.as_str();
        let message = Message::of_text(&declared.text).map_err(|bad| pattern(own)(bad.what))?;
        let text = Speaker::new(own).say(&message, false, value).map_err(pattern(own))?;
        let stands_in = primary(own) != primary(locale);
        Ok(Rendered { title: declared.title.clone(), text, locale: own.to_owned(), stands_in })
    }

    /// Any other message of a translation without variables, such as `principle-<id>`; `None` where the language lacks it.
    #[must_use]
    pub fn translated(&self, key: &str, locale: &str) -> Option<String> {
        let (tag, translation) = self.translation(locale)?;
        Speaker::new(tag).say(translation.messages.get(key)?, false, |_| None).ok()
    }

    /// The translation for a locale: that of the very tag, or of its language.
    fn translation(&self, locale: &str) -> Option<(&str, &translation::Translation)> {
        let exact = self.translations.get_key_value(locale);
        let found = exact.or_else(|| self.translations.get_key_value(primary(locale)));
        found.map(|(tag, translation)| (tag.as_str(), translation))
    }
}

/// The language of a tag, without its region.
fn primary(locale: &str) -> &str {
    locale.split(['-', '_']).next().unwrap_or(locale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Source;

    fn pack() -> Pack {
        let german = "core-01 = Eine Zahl steht für mindestens { $minimum-count ->\n    [one] einen Menschen\n   *[other] { $minimum-count } Menschen\n}.\n    .title = Mindestzahl\nprinciple-privacy = Datenschutz\n";
        let core = Source::standard("core").but("pack.toml", "locales = [\"en\"]", "locales = [\"en\", \"de\"]");
        core.with("i18n/de.ftl", german).pack()
    }

    fn say(count: i64, locale: &str) -> Rendered {
        let values = [(ParameterId::new("minimum-count").unwrap(), Value::Count(count))].into();
        pack().words(&RequirementId("core-01".to_owned()), &values, locale).unwrap()
    }

    #[test]
    fn a_requirement_is_said_in_the_readers_language_with_its_plurals() {
        assert_eq!(say(1, "de").text, "Eine Zahl steht für mindestens einen Menschen.");
        let many = say(12_000, "de-AT");
        assert_eq!(many.text, "Eine Zahl steht für mindestens 12000 Menschen.");
        assert_eq!((many.title.as_str(), many.locale.as_str(), many.stands_in), ("Mindestzahl", "de", false));
    }

    #[test]
    fn where_a_language_is_missing_the_packs_own_stands_in_and_says_so() {
        let polish = say(10, "pl");
        assert_eq!((polish.text.as_str(), polish.locale.as_str()), ("A number stands for at least 10 people.", "en"));
        assert!(polish.stands_in && !say(10, "en-GB").stands_in);
        assert_eq!(pack().translated("principle-privacy", "de").as_deref(), Some("Datenschutz"));
        assert_eq!(pack().translated("principle-privacy", "pl"), None);
    }

    #[test]
    fn a_value_that_is_missing_is_an_error_and_never_a_hole_in_the_text() {
        let id = RequirementId("core-01".to_owned());
        for locale in ["en", "de"] {
            assert!(matches!(pack().words(&id, &BTreeMap::new(), locale), Err(WordsError::Pattern { .. })));
        }
        let other = RequirementId("core-99".to_owned());
        assert!(matches!(pack().words(&other, &BTreeMap::new(), "en"), Err(WordsError::NoRequirement(_))));
    }
}
