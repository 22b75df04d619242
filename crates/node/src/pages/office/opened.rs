//! A form of the office as its party has it: asked for, or filled in and sent from one of our own pages.
//!
//! Whoever takes one as an argument is signed in, and what was sent is its own. What is done with it is for each form to say.

use std::sync::Arc;

use axum::extract::{Form, FromRequest, FromRequestParts, Path, Request};
use axum::handler::Handler;
use axum::http::Method;
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use model::Timestamp;
use register::State as Register;
use serde::de::DeserializeOwned;

use super::ask::Sent;
use super::deed::{self, Deed};
use super::{Reach, reader, sender};
use crate::pages::signed::{Signed, to_sign_in};
use crate::problem::Problem;
use crate::router::Node;

/// The address of a form: asked for with GET, sent with POST.
pub(super) fn form<T: 'static>(handler: impl Handler<T, Node>) -> MethodRouter<Node> {
    get(handler.clone()).post(handler)
}

/// A form about what its address names.
pub(super) struct Opened<A = ()> {
    pub(super) node: Node,
    pub(super) signed: Signed,
    /// The register when it was opened.
    pub(super) state: Arc<Register>,
    pub(super) now: Timestamp,
    pub(super) about: A,
    /// What was filled in; nothing where it was only asked for.
    pub(super) sent: Sent,
    is_sent: bool,
}

impl<A> Opened<A> {
    /// Whom it is for, and how far that party sees.
    pub(super) fn reach(&self) -> Reach<'_> {
        Reach::of(&self.state, &self.signed.party)
    }

    /// Shows the form of a deed, or takes it where it was sent.
    ///
    /// # Errors
    /// There is no place for the work now.
    pub(super) async fn go(&self, deed: Deed) -> Result<Response, Problem> {
        if self.is_sent {
            deed::take(&self.node, &self.signed, &self.sent, deed).await
        } else {
            deed::show(&self.node, &self.signed, deed)
        }
    }
}

impl<A: DeserializeOwned + Send> FromRequest<Node> for Opened<A> {
    type Rejection = Result<Response, Problem>;

    async fn from_request(request: Request, node: &Node) -> Result<Self, Self::Rejection> {
        let is_sent = request.method() == Method::POST;
        let (mut parts, body) = request.into_parts();
        let about = Path::<A>::from_request_parts(&mut parts, node).await;
        let headers = parts.headers.clone();
        let opened = if is_sent {
            let read = Form::from_request(Request::from_parts(parts, body), node).await;
            sender(node, &headers, read).map_err(Err)?
        } else {
            reader(node, &headers).map(|signed| (signed, Sent::default()))
        };
        let Some((signed, sent)) = opened else { return Err(to_sign_in()) };
        let about = about.map_err(|error| Err(Problem::from(error)))?.0;
        let register = node.city.register();
        let (state, now) = (register.state(), register.now());
        Ok(Self { node: node.clone(), signed, state, now, about, sent, is_sent })
    }
}
