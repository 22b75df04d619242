//! What this register is, and how anybody can check it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use model::{Duty, Subject};

use super::stated::{self, Stated};
use super::{Site, page};
use crate::lang::{Here, Lang};
use crate::problem::Problem;
use crate::router::Node;
use crate::words;

#[derive(Template)]
#[template(path = "about.html")]
struct About {
    site: Site,
    origin: String,
    key: String,
    /// What is stated about the city as a whole.
    stated: Vec<Stated>,
    /// What recipients can promise: the last part of its address, and its words.
    promises: [(&'static str, String); 4],
}

/// `GET /about`
pub(crate) async fn about(State(node): State<Node>, here: Here) -> Result<Response, Problem> {
    let state = node.city.register().state();
    let city = state.city.as_ref();
    page(&About {
        site: Site::at(&state, &here),
        origin: city.map(|city| city.origin.clone()).unwrap_or_default(),
        key: city.map(|city| city.log_key.clone()).unwrap_or_default(),
        promises: Duty::ALL.map(|duty| (duty.code(), words::capital(words::duty(here.lang, duty)))),
        stated: stated::about(here.lang, &state, &Subject::City, node.city.register().now()),
    })
}

#[derive(Template)]
#[template(path = "data.html")]
struct Data {
    site: Site,
}

/// `GET /data`: every form in which the register and the data can be had.
pub(crate) async fn data(State(node): State<Node>, here: Here) -> Result<Response, Problem> {
    page(&Data { site: Site::at(&node.city.register().state(), &here) })
}
