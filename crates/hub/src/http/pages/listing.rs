//! Long lists: what is sought in them, page by page of fifty, so that no page shows or looks at more than it must.

use serde::Deserialize;

use crate::board::{Board, Stands};
use crate::http::problem::Problem;
use crate::mirror::{Country, SizeClass};

/// How many rows a page shows.
pub(in crate::http) const PAGE: usize = 50;
/// The longest text that is sought, in bytes.
const SOUGHT_BYTES_MAX: usize = 100;

/// What of a list is asked for, as an address says it. A field of a form that was left empty is none.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::http) struct Part {
    q: Option<String>,
    country: Option<String>,
    size: Option<String>,
    standing: Option<String>,
    page: Option<String>,
    /// Which benchmark a map shows.
    pub(in crate::http) benchmark: Option<String>,
}

/// What is sought, understood.
#[derive(Debug, Clone, Default)]
pub(in crate::http) struct Sought {
    /// A part of an id or a name; empty for all.
    pub(in crate::http) text: String,
    pub(in crate::http) country: Option<Country>,
    pub(in crate::http) size: Option<SizeClass>,
    pub(in crate::http) standing: Option<Stands>,
    page: usize,
}

fn given(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}

impl Part {
    /// A search and a page.
    pub(in crate::http) fn of(q: Option<String>, page: Option<String>) -> Self {
        Self { q, page, ..Self::default() }
    }

    /// What it asks for.
    ///
    /// # Errors
    /// There is nothing of the kind: a country, a size, a standing or a page that is none.
    pub(in crate::http) fn sought(&self) -> Result<Sought, Problem> {
        let text = given(self.q.as_ref()).unwrap_or_default();
        if text.len() > SOUGHT_BYTES_MAX {
            return Err(Problem::unfit(format!("What is sought has more than {SOUGHT_BYTES_MAX} bytes.")));
        }
        let missing = |_| Problem::not_found();
        let country = given(self.country.as_ref()).map(|text| text.to_ascii_uppercase().parse());
        let country = country.transpose().map_err(|_| Problem::unfit("A country is two letters, as in ISO 3166-1."))?;
        let size = given(self.size.as_ref()).map(str::parse).transpose().map_err(|_| Problem::not_found())?;
        let standing = given(self.standing.as_ref()).map(|code| Stands::ALL.into_iter().find(|one| one.code() == code));
        let standing = standing.map(|found| found.ok_or_else(Problem::not_found)).transpose()?;
        let page = given(self.page.as_ref()).map_or(Ok(1), str::parse::<usize>).map_err(missing)?;
        Ok(Sought { text: text.to_owned(), country, size, standing, page })
    }
}

impl Sought {
    pub(in crate::http) fn size_code(&self) -> &'static str {
        self.size.map_or("", SizeClass::as_str)
    }

    pub(in crate::http) fn country_code(&self) -> String {
        self.country.map(|country| country.to_string()).unwrap_or_default()
    }

    pub(in crate::http) fn standing_code(&self) -> &'static str {
        self.standing.map_or("", Stands::code)
    }

    /// The places of the cities that are sought, of this page, and how many there are in all.
    pub(in crate::http) fn cities(&self, board: &Board) -> Result<(Vec<usize>, Pages), Problem> {
        let fits = |place: &usize| {
            board.cities.get(*place).is_some_and(|city| {
                self.country.is_none_or(|country| city.country == Some(country))
                    && self.size.is_none_or(|size| city.size_class == Some(size))
                    && self.standing.is_none_or(|stands| city.stands == stands)
            })
        };
        let all = self.country.is_none() && self.size.is_none() && self.standing.is_none();
        let found: Vec<usize> = match self.text.as_str() {
            "" if all => {
                let pages = self.pages(board.cities.len())?;
                return Ok((pages.range().collect(), pages));
            }
            "" => (0..board.cities.len()).filter(fits).collect(),
            text => board.names.find(text).into_iter().filter(fits).collect(),
        };
        let pages = self.pages(found.len())?;
        Ok((found.get(pages.range()).map(<[usize]>::to_vec).unwrap_or_default(), pages))
    }

    /// Which part of so many rows is shown.
    ///
    /// # Errors
    /// There is no such page.
    pub(in crate::http) fn pages(&self, total: usize) -> Result<Pages, Problem> {
        let last = total.div_ceil(PAGE).max(1);
        if self.page == 0 || self.page > last {
            return Err(Problem::not_found());
        }
        let mut query = String::new();
        let country = self.country_code();
        for (name, value) in [
            ("q", self.text.as_str()),
            ("country", &country),
            ("size", self.size_code()),
            ("standing", self.standing_code()),
        ] {
            if !value.is_empty() {
                query += &format!("{name}={}&", encoded(value));
            }
        }
        Ok(Pages { total, page: self.page, last, query })
    }
}

/// Where in a list a page is.
pub(in crate::http) struct Pages {
    /// How many rows there are.
    pub(in crate::http) total: usize,
    /// Which page, from 1 on.
    pub(in crate::http) page: usize,
    /// The last page.
    pub(in crate::http) last: usize,
    /// What is sought, as the beginning of an address's query.
    query: String,
}

impl Pages {
    /// The rows of this page.
    pub(in crate::http) fn range(&self) -> std::ops::Range<usize> {
        let from = (self.page - 1) * PAGE;
        from..self.total.min(from + PAGE)
    }

    /// The query of the page before, if there is one.
    fn before(&self) -> Option<String> {
        (self.page > 1).then(|| format!("{}page={}", self.query, self.page - 1))
    }

    /// The query of the page after, if there is one.
    fn after(&self) -> Option<String> {
        (self.page < self.last).then(|| format!("{}page={}", self.query, self.page + 1))
    }

    /// The same with something that stands before all else in the query.
    pub(in crate::http) fn with(mut self, name: &str, value: &str) -> Self {
        self.query = format!("{name}={}&{}", encoded(value), self.query);
        self
    }

    /// The links to the pages around, for templates.
    pub(in crate::http) fn links(&self) -> [(Option<String>, &'static str); 2] {
        [(self.before(), "The page before"), (self.after(), "The next page")]
    }
}

/// A text as a part of an address.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}
