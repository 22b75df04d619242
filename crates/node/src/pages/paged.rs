//! Long lists in pages of their own address: `?page=2`. A list that fits on one page has none.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use serde::Deserialize;

use super::card::Card;
use super::index::{At, Index};
use crate::lang::Lang;
use crate::problem::{Kind, Problem};

/// How many things one page lists.
pub(crate) const PAGE: usize = 50;

/// Which page of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    page: Option<usize>,
}

/// One page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paged {
    page: usize,
    pages: usize,
}

impl Paged {
    /// The page that is asked for of a list of so many things. The first page of an empty list is empty.
    ///
    /// # Errors
    /// It is no number, or the list has no such page.
    pub(crate) fn of(asked: Result<Query<Which>, QueryRejection>, count: usize) -> Result<Self, Problem> {
        let (page, pages) = (asked?.0.page.unwrap_or(1), count.div_ceil(PAGE).max(1));
        if (1..=pages).contains(&page) {
            return Ok(Self { page, pages });
        }
        Err(Problem::new(Kind::NotFound).detail(format!("the list has no page {page}; the last one is {pages}")))
    }

    /// What of a list is on it.
    pub(crate) fn part<T>(self, all: &[T]) -> &[T] {
        let from = ((self.page - 1) * PAGE).min(all.len());
        all.get(from..(from + PAGE).min(all.len())).unwrap_or_default()
    }

    /// The cards on it.
    pub(crate) fn cards(self, lang: Lang, index: &Index, of: &[At]) -> Vec<Card> {
        let records = self.part(of).iter().filter_map(|at| index.record(*at));
        records.map(|record| Card::of(lang, &index.state, record, index.now)).collect()
    }

    /// The links to the pages around it, all at one address; none if it is the only one.
    pub(crate) fn pager(self, lang: Lang, path: &str) -> Option<Pager> {
        let path = format!("{}{path}", lang.root());
        let address = |page: usize| if page == 1 { path.clone() } else { format!("{path}?page={page}") };
        (self.pages > 1).then(|| Pager {
            page: self.page,
            pages: self.pages,
            before: (self.page > 1).then(|| address(self.page - 1)),
            after: (self.page < self.pages).then(|| address(self.page + 1)),
        })
    }
}

/// The links to the pages around one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pager {
    pub(crate) page: usize,
    pub(crate) pages: usize,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paged(page: Option<usize>, count: usize) -> Result<Paged, Problem> {
        Paged::of(Ok(Query(Which { page })), count)
    }

    #[test]
    fn a_list_is_cut_into_pages_and_nothing_is_lost() {
        let all: Vec<usize> = (0..123).collect();
        let parts: Vec<usize> = (1..=3).flat_map(|page| paged(Some(page), 123).unwrap().part(&all).to_vec()).collect();
        assert_eq!(parts, all);
        for (page, count) in [(0, 123), (4, 123), (2, 50), (2, 0), (usize::MAX, 123)] {
            assert!(paged(Some(page), count).is_err(), "{page} of {count}");
        }
        assert_eq!(paged(None, 0).unwrap().part::<usize>(&[]), [0; 0]);
    }

    #[test]
    fn only_a_list_of_several_pages_has_links_to_others() {
        assert_eq!(paged(None, 50).unwrap().pager(Lang::En, "/places"), None);
        let pager = |page| paged(Some(page), 123).unwrap().pager(Lang::En, "/places").unwrap();
        assert_eq!((pager(1).before, pager(1).after), (None, Some("/places?page=2".to_owned())));
        assert_eq!((pager(2).before, pager(2).after), (Some("/places".to_owned()), Some("/places?page=3".to_owned())));
        assert_eq!((pager(3).before, pager(3).after), (Some("/places?page=2".to_owned()), None));
    }
}
