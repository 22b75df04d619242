//! The first page: everything that senses, by place, and the ways in by purpose.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use flow::disclose::PUBLIC;
use model::Purpose;
use register::State as Register;

use super::card::{Card, cards};
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

/// `GET /`
pub(crate) async fn home(State(node): State<Node>, here: Here) -> Result<Response, Problem> {
    let (state, now) = (node.city.register().state(), node.city.register().now());
    let (lang, all) = (here.lang, cards(here.lang, &state, now, |_| true));
    let collecting = all.iter().filter(|card| card.badge.class == "on").count();
    let is_about_people = |record: &model::DeploymentRecord| {
        record.deployment.streams.iter().any(|stream| stream.identifies() != model::Identifies::Nobody)
    };
    let about_people = state.deployments.values().filter(|record| is_about_people(record)).count();
    let is_open = |grant: &model::GrantRecord| grant.grant.recipient.as_str() == PUBLIC && grant.in_force(now);
    let open = state.grants.values().filter(|grant| is_open(grant)).count() as u64;
    page(&Home {
        open: (open > 0).then(|| {
            lang.count(
                open,
                ("view of this data is", "views of this data are"),
                ("Ansicht dieser Daten steht", "Ansichten dieser Daten stehen"),
            )
        }),
        site: Site::at(&state, &here),
        total: lang.number(all.len() as u64),
        collecting: lang.number(collecting as u64),
        about_people: lang.number(about_people as u64),
        purposes: purposes(lang, &state),
        groups: by_place(all),
    })
}

/// One group for each place, in the order of their names.
fn by_place(cards: Vec<Card>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for card in cards {
        match groups.iter_mut().find(|group| group.place.href == card.place.href) {
            Some(group) => group.cards.push(card),
            None => groups.push(Group { place: card.place.clone(), cards: vec![card] }),
        }
    }
    groups.sort_by_cached_key(|group| group.place.text.to_lowercase());
    groups
}

/// How often something is used, behind its name.
pub(super) fn uses(lang: Lang, count: u64) -> String {
    lang.count(count, ("use", "uses"), ("Einsatz", "Einsätze"))
}

/// The purposes that any deployment names, with how many do.
pub(super) fn purposes(lang: Lang, state: &Register) -> Vec<Counted> {
    let named = |purpose: &Purpose| {
        state.deployments.values().filter(|record| record.deployment.purposes.contains(purpose)).count() as u64
    };
    let counted = |purpose: Purpose| match named(&purpose) {
        0 => None,
        count => Some(Counted { link: Link::purpose(lang, purpose), count: uses(lang, count) }),
    };
    Purpose::all().filter_map(counted).collect()
}
