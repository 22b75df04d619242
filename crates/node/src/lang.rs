//! The languages of what residents read, and what stands in which: pages by their address, texts in pairs.
//!
//! A text is written once, in every language, at the place where it is used; the compiler sees that none is missing, and nothing
//! falls back. What a party wrote is never translated: it is shown as it came, and marked with the language that it is in.

mod here;

use std::fmt;

use askama::filters::HtmlSafe;
use serde::Deserialize;

pub(crate) use here::Here;

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Lang {
    /// English: what stands at an address without a language, and what cities are taken to write.
    #[default]
    En,
    /// German.
    De,
}

impl Lang {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::En, Self::De];

    /// Its code (BCP 47), the first part of addresses in it.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// The language with a code.
    pub(crate) fn with_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// What it calls itself.
    pub(crate) const fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::De => "Deutsch",
        }
    }

    /// What addresses of pages in it begin with.
    pub(crate) const fn root(self) -> &'static str {
        match self {
            Self::En => "",
            Self::De => "/de",
        }
    }

    /// One of two texts.
    pub(crate) const fn of(self, english: &'static str, german: &'static str) -> &'static str {
        match self {
            Self::En => english,
            Self::De => german,
        }
    }

    /// The mark of what a party wrote, on a page in this language.
    pub(crate) const fn written(self) -> Mark {
        match self {
            Self::En => Mark(None),
            Self::De => Mark(Some(Self::En)),
        }
    }
}

/// An attribute that names the language of a text, where it is not the page's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark(Option<Lang>);

/// The address of a page without the language that it is in.
pub(crate) fn plain(path: &str) -> &str {
    let (first, _) =
        path.strip_prefix('/').and_then(|rest| rest.split_once('/')).unwrap_or((path.trim_matches('/'), ""));
    match Lang::with_code(first) {
        Some(lang) => path.get(1 + lang.code().len()..).filter(|rest| !rest.is_empty()).unwrap_or("/"),
        None => path,
    }
}

impl Mark {
    /// The text is in the language of the page.
    pub(crate) const NONE: Self = Self(None);
}

impl fmt::Display for Mark {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |lang| write!(out, " lang=\"{}\"", lang.code()))
    }
}

// It writes codes of languages and nothing else.
impl HtmlSafe for Mark {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_its_language_is_that_of_the_same_page() {
        for (path, expected) in [
            ("/de", "/"),
            ("/de/", "/"),
            ("/de/places/centre", "/places/centre"),
            ("/en/near", "/near"),
            ("/deployments/de", "/deployments/de"),
            ("/", "/"),
            ("/places", "/places"),
        ] {
            assert_eq!(plain(path), expected, "{path}");
        }
    }

    #[test]
    fn a_language_is_known_by_its_code_and_by_nothing_else() {
        for lang in Lang::ALL {
            assert_eq!(Lang::with_code(lang.code()), Some(lang));
        }
        for none in ["", "DE", "fr", "deutsch"] {
            assert_eq!(Lang::with_code(none), None, "{none}");
        }
    }

    #[test]
    fn only_what_is_in_another_language_is_marked() {
        assert_eq!([Lang::En, Lang::De].map(|lang| lang.written().to_string()), ["", " lang=\"en\""]);
    }
}
