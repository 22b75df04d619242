//! The first page: everything that senses, by place, and the ways in by purpose.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use model::Purpose;

use super::card::Card;
use super::index::{Index, index};
use super::paged::{Paged, Pager, Which};
use super::{Link, Site, page};
use crate::lang::{Here, Lang};
use crate::problem::Problem;
use crate::router::Node;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    site: Site,
    total: String,
    collecting: String,
    about_people: String,
    groups: Vec<Group>,
    pager: Option<Pager>,
    purposes: Vec<Counted>,
    /// How many views everybody may have; none if there is none.
    open: Option<String>,
}

/// The deployments at one place.
struct Group {
    place: Link,
    cards: Vec<Card>,
}

/// A link and how many stand behind it.
pub(super) struct Counted {
    pub(super) link: Link,
    pub(super) count: String,
}

/// `GET /`, and `GET /?page=2` where not everything fits on one page.
pub(crate) async fn home(
    State(node): State<Node>,
    here: Here,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Problem> {
    let index = index(&node).await?;
    let facts = &index.facts;
    let paged = Paged::of(which, facts.by_place.len())?;
    let lang = here.lang;
    let count = |count: usize| lang.number(count as u64);
    page(&Home {
        open: (facts.open > 0).then(|| {
            lang.count(
                facts.open as u64,
                ("view of this data is", "views of this data are"),
                ("Ansicht dieser Daten steht", "Ansichten dieser Daten stehen"),
            )
        }),
        site: Site::at(&index.state, &here),
        total: count(facts.order.len()),
        collecting: count(facts.collecting),
        about_people: count(facts.about_people),
        purposes: purposes(lang, &index),
        groups: by_place(paged.cards(lang, &index, &facts.by_place)),
        pager: paged.pager(lang, "/"),
    })
}

/// One group for each place, in the order in which the cards come.
fn by_place(cards: Vec<Card>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for card in cards {
        match groups.last_mut().filter(|group| group.place.href == card.place.href) {
            Some(group) => group.cards.push(card),
            None => groups.push(Group { place: card.place.clone(), cards: vec![card] }),
        }
    }
    groups
}

/// How often something is used, behind its name.
pub(super) fn uses(lang: Lang, count: u64) -> String {
    lang.count(count, ("use", "uses"), ("Einsatz", "Einsätze"))
}

/// The purposes that any deployment names, with how many do.
pub(super) fn purposes(lang: Lang, index: &Index) -> Vec<Counted> {
    let counted = |purpose: Purpose| {
        let count = index.facts.purposes.get(&purpose)?.len() as u64;
        Some(Counted { link: Link::purpose(lang, purpose), count: uses(lang, count) })
    };
    Purpose::all().filter_map(counted).collect()
}
