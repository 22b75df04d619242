//! The table of contents: every address and what answers at it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::jobs::{Jobs, Lane, Waits};
use super::problem::Problem;
use super::sessions::Sessions;
use super::{api, forms, log, pages};
use crate::board::{Board, Boards};
use crate::case::CaseIndex;
use crate::command::Command;
use crate::hub::{Hub, Receipt};
use crate::words::PersonId;

/// The largest body of a request, in bytes.
const BODY_BYTES_MAX: usize = 256 << 10;

/// The longest that a page waits for the first board.
const BOARD_TIME_MAX: Duration = Duration::from_secs(10);

/// What is said while the first board is worked out.
const UNCOUNTED: &str = "The hub counts, for the first time since it was started. Try again in a moment.";
/// What is said where the mirrors cannot be read.
const UNMIRRORED: &str = "The mirrors of the cities’ logs cannot be read now.";
/// What is said of a form that another site brought about.
const FOREIGN: &str =
    "Another site sent this form, so nothing of it was read. Open the page here and send it from there.";
/// What is said of a request that does not fit its address.
const UNREAD: &str = "What was sent cannot be read here: it is too large, or something in it is missing or too much.";

/// What every handler gets.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) hub: Arc<Hub>,
    pub(super) sessions: Arc<Sessions>,
    pub(super) cases: Arc<CaseIndex>,
    boards: Arc<Boards>,
    pub(super) jobs: Arc<Jobs>,
}

impl Node {
    /// Runs something that anybody may ask for and that waits for a disk, if there is a place for it now.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        self.jobs.run(Lane::Open, job).await
    }

    /// What is known of other cities, as it was worked out last.
    pub(super) async fn board(&self) -> Result<Arc<Board>, Problem> {
        let unread = |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, UNMIRRORED);
        match tokio::time::timeout(BOARD_TIME_MAX, self.boards.board()).await {
            Ok(board) => board.map_err(unread),
            Err(_) => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, UNCOUNTED)),
        }
    }

    /// Does one thing for a person.
    pub(super) async fn submit(&self, by: PersonId, command: Command) -> Result<Receipt, Problem> {
        let (hub, waits, person) = (Arc::clone(&self.hub), Waits::begin(), by.clone());
        let (proves, is_awaited) = (matches!(command, Command::Propose { .. }), waits.watch());
        let done = move || hub.submit_while(&by, &command, is_awaited);
        let done = match proves {
            true => self.jobs.prove(&person, done).await?,
            false => self.jobs.run(Lane::Member, done).await?,
        };
        drop(waits);
        Ok(done?)
    }
}

/// Every route.
pub(super) fn routes(hub: Arc<Hub>, boards: Arc<Boards>) -> Router {
    let node = Node { boards, hub, sessions: Arc::default(), cases: Arc::default(), jobs: Arc::default() };
    Router::new()
        .route("/", get(pages::home::home))
        .route("/about", get(pages::home::about))
        .route("/members", get(pages::members::list))
        .route("/members/{id}", get(pages::members::member))
        .route("/people/{id}", get(pages::members::person))
        .route("/sign-in", get(pages::sign_in::form).post(pages::sign_in::sign_in))
        .route("/sign-out", post(pages::sign_in::sign_out))
        .route("/acts", post(forms::acts))
        .route("/log/checkpoint", get(log::checkpoint))
        .route("/log/tile/{*path}", get(log::tile))
        .route("/log/proof/{index}", get(log::proof))
        .route("/log/entries/{index}", get(log::entry))
        .route("/documents/{digest}", get(log::document))
        .route("/drafts/{id}/draft.json", get(log::drafted))
        .route("/versions/{entry}/release.json", get(log::release))
        .route("/api/v1/commands", post(api::commands))
        .merge(pages::routes())
        .route("/style.css", get(web::style))
        .route("/icon.svg", get(web::icon))
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "This address cannot be asked in this way.")
        })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(node.clone(), guard))
        .with_state(node)
}

/// Around every request: a time limit, the headers that keep a browser safe, and a page where a person met a problem.
async fn guard(State(node): State<Node>, request: Request, next: Next) -> Response {
    let page = wants_page(request.headers()) && !request.uri().path().starts_with("/api/");
    let headers = request.headers().clone();
    let as_page = |problem: &Problem| pages::problem(&node, &headers, problem);
    let foreign = !request.uri().path().starts_with("/api/") && web::is_from_elsewhere(request.method(), &headers);
    let answer = async {
        let mut response = match foreign {
            true => Problem::new(StatusCode::FORBIDDEN, FOREIGN).into_response(),
            false => next.run(request).await,
        };
        let status = response.status();
        let problem = response.extensions_mut().remove::<Problem>();
        let is_html =
            response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        // What was refused before it was read says so in the same words.
        let unread = (status.is_client_error() && !is_html).then(|| Problem::new(status, UNREAD));
        match problem.or(unread) {
            Some(problem) if page => as_page(&problem).unwrap_or(response),
            _ => response,
        }
    };
    let late = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "No answer was ready in time.").into_response();
    web::guard(answer, late).await
}

fn wants_page(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accepts.is_some_and(|accept| accept.contains("text/html"))
}
