//! An instrument's texts in other languages: under the id of what they name.
//!
//! Keys are `title`, `intro`, a section, question or outcome by its id, and behind it with a dot `help`, `intro`, an
//! option, a result or a criterion. A key that names nothing is refused, so that translations cannot drift apart.

use std::collections::{BTreeMap, BTreeSet};

use super::{Instrument, Options, Question, QuestionKind};

/// Texts by language and key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labels(pub(super) BTreeMap<String, BTreeMap<String, String>>);

impl Labels {
    /// A text in a language, if it is translated.
    #[must_use]
    pub fn get(&self, locale: &str, key: &str) -> Option<&str> {
        self.0.get(locale)?.get(key).map(String::as_str)
    }

    /// The languages that there are, besides the instrument's own.
    pub fn locales(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl Instrument {
    /// Every key with its text in the instrument's own language.
    #[must_use]
    pub fn texts(&self) -> BTreeMap<String, &str> {
        let mut texts = BTreeMap::new();
        let mut put = |key: String, text| {
            if !str::is_empty(text) {
                texts.insert(key, text);
            }
        };
        put("title".to_owned(), &*self.title);
        put("intro".to_owned(), &*self.intro);
        for section in &self.sections {
            put(section.id.to_string(), &*section.title);
            put(format!("{}.intro", section.id), &*section.intro);
        }
        for question in self.all_questions() {
            question_texts(question, &mut put);
        }
        for outcome in &self.outcomes {
            put(outcome.id.to_string(), &*outcome.title);
            put(format!("{}.otherwise", outcome.id), &*outcome.otherwise_because);
            for result in outcome.all_results() {
                put(format!("{}.{}", outcome.id, result.id), &*result.label);
            }
            for criterion in &outcome.criteria {
                put(format!("{}.{}", outcome.id, criterion.id), &*criterion.because);
            }
        }
        texts
    }

    /// A text in a language, in the instrument's own where it is not translated; none where the key names nothing.
    #[must_use]
    pub fn text(&self, locale: &str, key: &str) -> Option<&str> {
        self.labels.get(locale, key).or_else(|| self.texts().get(key).copied())
    }

    /// The keys that a language lacks.
    #[must_use]
    pub fn untranslated(&self, locale: &str) -> BTreeSet<String> {
        let has = |key: &String| self.labels.get(locale, key).is_some();
        self.texts().into_keys().filter(|key| locale != self.locale && !has(key)).collect()
    }
}

fn question_texts<'q>(question: &'q Question, put: &mut impl FnMut(String, &'q str)) {
    let id = &question.id;
    put(id.to_string(), &question.ask);
    put(format!("{id}.help"), &question.help);
    match &question.kind {
        QuestionKind::Choice { options: Options::Listed(options), .. } => {
            options.iter().for_each(|option| put(format!("{id}.{}", option.id), &option.label));
        }
        QuestionKind::Number { unit: Some(unit), .. } => put(format!("{id}.unit"), unit),
        QuestionKind::Group(group) => put(format!("{id}.row"), &group.row),
        _ => {}
    }
}
