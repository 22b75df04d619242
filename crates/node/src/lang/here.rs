//! Which page is asked for, and in which language: read from the address alone, so that a page is the same for whoever asks.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Method, Uri};

use super::Lang;
use crate::address::Base;

/// The longest address that a page says again in each language, in bytes.
const ADDRESS_BYTES_MAX: usize = 200;

/// The language of a page, and where it stands in each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Here {
    /// The language that the address names.
    pub(crate) lang: Lang,
    /// Path and query behind the language; none for an answer that has no address of its own.
    pub(crate) path: Option<String>,
    /// What every address of this host begins with, as it was asked; none if that cannot be told.
    pub(crate) base: Option<Base>,
}

impl Here {
    /// What an address names. A query that is too long to be said again is left out.
    pub(crate) fn of(uri: &Uri) -> Self {
        let all = uri.path_and_query().map_or("/", |all| all.as_str());
        let all = if all.len() > ADDRESS_BYTES_MAX { uri.path() } else { all };
        let after = all.strip_prefix('/').unwrap_or(all);
        let (first, rest) = after.find(['/', '?']).map_or((after, ""), |end| after.split_at(end));
        let Some(lang) = Lang::with_code(first) else {
            return Self { lang: Lang::En, path: Some(all.to_owned()), base: None };
        };
        let path = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
        Self { lang, path: Some(path), base: None }
    }

    /// A page in a language that has no address of its own.
    pub(crate) const fn nowhere(lang: Lang) -> Self {
        Self { lang, path: None, base: None }
    }

    /// Where the page stands in a language.
    pub(crate) fn in_lang(&self, lang: Lang) -> Option<String> {
        self.path.as_ref().map(|path| format!("{}{path}", lang.root()))
    }
}

impl<S: Sync> FromRequestParts<S> for Here {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // Under the address of a language the router has taken that away; what guards every request saw it before.
        let here = parts.extensions.get::<Self>().cloned().unwrap_or_else(|| Self::of(&parts.uri));
        // What a form sent is not at its address for whoever asks for it.
        if parts.method == Method::POST {
            return Ok(Self::nowhere(here.lang));
        }
        Ok(Self { base: Base::from_request_parts(parts, &()).await.ok(), ..here })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_the_whole_first_part_and_the_rest_stays_as_it_was_asked() {
        for (asked, lang, path) in [
            ("/", Lang::En, "/"),
            ("/de", Lang::De, "/"),
            ("/de/", Lang::De, "/"),
            ("/de?x=1", Lang::De, "/?x=1"),
            ("/de/near?lat=49,2&lon=%31", Lang::De, "/near?lat=49,2&lon=%31"),
            ("/en/places/centre", Lang::En, "/places/centre"),
            ("/design", Lang::En, "/design"),
            ("/fr/near", Lang::En, "/fr/near"),
            ("/places/de", Lang::En, "/places/de"),
        ] {
            let here = Here::of(&asked.parse().unwrap());
            assert_eq!((here.lang, here.path.as_deref()), (lang, Some(path)), "{asked}");
        }
    }

    #[test]
    fn the_same_page_stands_in_each_language() {
        let here = Here::of(&"/de/near?place=a".parse().unwrap());
        assert_eq!(here.in_lang(Lang::En).as_deref(), Some("/near?place=a"));
        assert_eq!(here.in_lang(Lang::De).as_deref(), Some("/de/near?place=a"));
        assert_eq!(Here::nowhere(Lang::De).in_lang(Lang::En), None);
        let long = Here::of(&format!("/de/search?q={}", "x".repeat(ADDRESS_BYTES_MAX)).parse().unwrap());
        assert_eq!((long.lang, long.path.as_deref()), (Lang::De, Some("/search")));
    }
}
