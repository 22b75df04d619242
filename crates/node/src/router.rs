//! Every address of the node: the table of contents of this room.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use flow::City;
use flow::basemap::BaseMaps;
use flow::questions::SavedQuestions;

use crate::desk::Desk;
use crate::jobs::Jobs;
use crate::problem::{Kind, Problem};
use crate::sessions::Sessions;
use crate::watchers::Watchers;
use crate::{api, guard, log, metrics, pages};

/// The largest body of one request, in bytes.
pub(crate) const BODY_BYTES_MAX: usize = flow::ingest::BODY_BYTES_MAX;

/// What every handler has at hand.
#[derive(Clone)]
pub(crate) struct Node {
    /// The city.
    pub(crate) city: Arc<City>,
    /// The places for blocking work.
    pub(crate) jobs: Arc<Jobs>,
    /// Those who watch.
    pub(crate) watchers: Arc<Watchers>,
    /// Whoever answers questions in SQL, if this node has somebody.
    pub(crate) desk: Option<Arc<dyn Desk>>,
    /// The parties that are signed in.
    pub(crate) sessions: Arc<Sessions>,
    /// What they saved.
    pub(crate) questions: Arc<SavedQuestions>,
    /// The streets under its drawings.
    pub(crate) maps: Arc<BaseMaps>,
}

impl Node {
    pub(crate) fn of(city: Arc<City>, desk: Option<Arc<dyn Desk>>) -> Self {
        let questions = Arc::new(SavedQuestions::of(city.root()));
        let maps = Arc::new(BaseMaps::of(city.root()));
        let (jobs, watchers, sessions) = (Arc::default(), Arc::default(), Arc::default());
        Self { city, jobs, watchers, desk, sessions, questions, maps }
    }
}

/// A city's node as a router: nothing listens yet. Questions in SQL are asked at the desk, if there is one.
pub fn router(city: Arc<City>, desk: Option<Arc<dyn Desk>>) -> Router {
    routes(Node::of(city, desk))
}

/// The largest form, in bytes: a question, and what is around it.
const FORM_BYTES_MAX: usize = 128 << 10;

/// What parties find once they are signed in, and the way there.
fn signed_in() -> Router<Node> {
    Router::new()
        .route("/sign-in", get(pages::sign_in::form).post(pages::sign_in::sign_in))
        .route("/sign-out", post(pages::sign_in::sign_out))
        .route("/desk", get(pages::desk::desk))
        .route("/sql", get(pages::sql::editor).post(pages::sql::ask))
        .route("/sql/save", post(pages::sql::saved::save))
        .route("/sql/delete", post(pages::sql::saved::delete))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
}

/// The routes of a node.
pub(crate) fn routes(node: Node) -> Router {
    Router::new()
        // What devices send.
        .route("/ngsi-ld/v1/entityOperations/upsert", post(api::ingest::upsert))
        .route("/api/v1/observations", post(api::ingest::observations))
        // What parties ask.
        .route("/api/v1/released", get(api::released::released))
        .route("/api/v1/released/live", get(api::live::live))
        .route("/api/v1/exports", get(api::exports::offered))
        .route("/api/v1/exports/{name}/{file}", get(api::exports::file))
        .route("/api/v1/commands", post(api::commands::commands))
        .route("/api/v1/commands/preview", post(api::commands::previews))
        // What everybody may have.
        .route(api::open::CATALOG, get(api::open::catalog))
        .route("/open/{stream}/{file}", get(api::open::whole))
        .route("/open/{stream}/{view}/{file}", get(api::open::day))
        // The register, for machines.
        .route("/api/v1/register", get(api::register::register))
        .route("/api/v1/deployments/{id}", get(api::register::deployment))
        .route("/register.csv", get(api::files::csv))
        .route("/register.geojson", get(api::files::geojson))
        .route("/register.ngsild.json", get(api::files::ngsi_ld))
        // The register, for people.
        .route("/data", get(pages::about::data))
        .route("/", get(pages::home::home))
        .route("/near", get(pages::near::near))
        .route("/search", get(pages::search::search))
        .route("/changes", get(pages::changes::changes))
        .route("/deployments/{id}", get(pages::deployment::deployment))
        .route("/deployments/{id}/sign.svg", get(pages::sign::svg))
        .route("/deployments/{id}/sign.pdf", get(pages::sign::pdf))
        .route("/grants/{id}", get(pages::grant::grant))
        .route("/places", get(pages::places::places))
        .route("/places/{id}", get(pages::places::place))
        .route("/places/{id}/feed.atom", get(pages::feed::place))
        .route("/feed.atom", get(pages::feed::city))
        .route("/purposes", get(pages::purposes::purposes))
        .route("/purposes/{code}", get(pages::purposes::purpose))
        .route("/technologies", get(pages::technologies::technologies))
        .route("/technologies/{code}", get(pages::technologies::technology))
        .route("/organisations", get(pages::organisations::organisations))
        .route("/organisations/{id}", get(pages::organisations::organisation))
        .route("/policies", get(pages::policies::policies))
        .route("/about", get(pages::about::about))
        .route("/accessibility", get(pages::accessibility::accessibility))
        .route("/problems", get(pages::problems::problems))
        .route("/problems/{slug}", get(pages::problems::problem))
        .route("/style.css", get(pages::style::style))
        .route("/icon.svg", get(pages::style::icon))
        // For parties that are signed in.
        .merge(signed_in())
        // The log, for people and for machines.
        .route("/log/entries", get(pages::entries::entries))
        .route("/log/entries/{index}", get(pages::entries::entry))
        .route("/log/proof/{index}", get(log::proof))
        .route("/log/checkpoint", get(log::checkpoint))
        .route("/log/tile/{*path}", get(log::tile))
        // The node itself.
        .route("/healthz", get(metrics::health))
        .route("/metrics", get(metrics::metrics))
        .fallback(|| async { Problem::new(Kind::NotFound) })
        .method_not_allowed_fallback(|| async { Problem::new(Kind::MethodNotAllowed) })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(node.clone(), guard::guard))
        .with_state(node)
}
