//! Every address of the node: the table of contents of this room.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use flow::City;
use flow::answers::AnswerFiles;
use flow::basemap::BaseMaps;
use flow::drafts::Drafts;
use flow::questions::SavedQuestions;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::accounts::Accounts;
use crate::api::again::{Again, once};
use crate::asking::Asking;
use crate::desk::Desk;
use crate::jobs::Jobs;
use crate::log::Log;
use crate::oidc::Oidc;
use crate::problem::{Kind, Problem};
use crate::rate::{RateLimits, Rates};
use crate::sessions::Sessions;
use crate::watchers::Watchers;
use crate::{api, gate, guard, log, metrics, pages, rate};

/// The largest body of one request, in bytes.
pub(crate) const BODY_BYTES_MAX: usize = flow::ingest::BODY_BYTES_MAX;

/// What every handler has at hand.
#[derive(Clone)]
pub(crate) struct Node {
    /// The city.
    pub(crate) city: Arc<City>,
    /// Its log, as pages tell of it.
    pub(crate) log: Log,
    /// What was asked of the API in the last minute, by tokens that count and by addresses.
    pub(crate) rates: Arc<Rates>,
    /// The places for blocking work.
    pub(crate) jobs: Arc<Jobs>,
    /// Those who watch.
    pub(crate) watchers: Arc<Watchers>,
    /// Whoever answers questions in SQL, if this node has somebody.
    pub(crate) desk: Option<Arc<dyn Desk>>,
    /// The persons who speak for parties.
    pub(crate) accounts: Arc<Accounts>,
    /// The city's identity provider.
    pub(crate) oidc: Arc<Oidc>,
    /// Whoever is signed in.
    pub(crate) sessions: Arc<Sessions>,
    /// The forms that residents send.
    pub(crate) asking: Arc<Asking>,
    /// The requests that may come again.
    pub(crate) again: Arc<Again>,
    /// What they saved.
    pub(crate) questions: Arc<SavedQuestions>,
    /// What they answered to instruments, and remarked.
    pub(crate) answers: Arc<AnswerFiles>,
    /// What they began to propose.
    pub(crate) drafts: Arc<Drafts>,
    /// What lists show, worked out once.
    pub(crate) indexes: Arc<pages::index::Indexes>,
    /// The newest acts about deployments, at the newest state of the register that was asked for.
    pub(crate) newest: Arc<pages::changes::Newest>,
    /// What became of what residents asked, at the newest state of the register that was asked for.
    pub(crate) inquiries: Arc<pages::numbers::Inquiries>,
    /// The streets under its drawings.
    pub(crate) maps: Arc<BaseMaps>,
}

impl Node {
    pub(crate) fn of(city: Arc<City>, desk: Option<Arc<dyn Desk>>, limits: RateLimits) -> Self {
        let questions = Arc::new(SavedQuestions::of(city.root()));
        let drafts = Arc::new(Drafts::of(city.root()));
        let answers = Arc::new(AnswerFiles::of(city.root()));
        let maps = Arc::new(BaseMaps::of(city.root()));
        let accounts = Arc::new(Accounts::of(city.root()));
        let oidc = Arc::new(Oidc::of(city.root()));
        let log = Log::keeping(&city);
        Self {
            city,
            log,
            rates: Arc::new(Rates::of(limits)),
            jobs: Arc::default(),
            watchers: Arc::default(),
            desk,
            accounts,
            oidc,
            sessions: Arc::default(),
            asking: Arc::default(),
            again: Arc::default(),
            questions,
            answers,
            drafts,
            indexes: Arc::default(),
            newest: Arc::default(),
            inquiries: Arc::default(),
            maps,
        }
    }
}

/// A city's node as a router: nothing listens yet. Questions in SQL are asked at the desk, if there is one.
pub fn router(city: Arc<City>, desk: Option<Arc<dyn Desk>>) -> Router {
    router_within(city, desk, RateLimits::DEFAULT)
}

/// The same, with other limits of the API.
pub fn router_within(city: Arc<City>, desk: Option<Arc<dyn Desk>>, limits: RateLimits) -> Router {
    routes(Node::of(city, desk, limits))
}

/// The largest form, in bytes: a question, and what is around it.
const FORM_BYTES_MAX: usize = 128 << 10;

/// What parties find once they are signed in, and the way there.
fn signed_in() -> Router<Node> {
    Router::new()
        .route("/sign-in", get(pages::sign_in::form).post(pages::sign_in::sign_in))
        .route("/sign-in/password", post(pages::sign_in::person::password))
        .route("/sign-in/code", get(pages::sign_in::person::code_form).post(pages::sign_in::person::code))
        .route("/sign-in/provider", get(pages::sign_in::provider::there))
        .route("/sign-in/back", get(pages::sign_in::provider::back))
        .route("/sign-in/back/done", get(pages::sign_in::provider::done))
        .route("/join/{token}", get(pages::sign_in::join::form).post(pages::sign_in::join::join))
        .route("/sign-out", post(pages::sign_in::sign_out))
        .merge(pages::account::routes())
        .merge(pages::accounts::routes())
        .route("/desk", get(pages::desk::desk))
        .route("/desk/inbox", get(pages::inbox::inbox))
        .route("/desk/inbox/{id}", get(pages::inbox::one))
        .route("/desk/inbox/{id}/answer", post(pages::inbox::answer::answer))
        .route("/desk/inbox/{id}/extend", post(pages::inbox::answer::extend))
        .route("/desk/inbox/{id}/erase", post(pages::inbox::answer::erase))
        .route("/sql", get(pages::sql::editor).post(pages::sql::ask))
        .route("/sql/save", post(pages::sql::saved::save))
        .route("/sql/delete", post(pages::sql::saved::delete))
        .merge(pages::office::routes())
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
}

/// What machines ask, each address with its description: see [`api::openapi`]. What may be sent again under a key goes through
/// `keyed`.
pub(crate) fn api(keyed: impl FnOnce(OpenApiRouter<Node>) -> OpenApiRouter<Node>) -> OpenApiRouter<Node> {
    let sent = OpenApiRouter::new()
        .routes(routes!(api::ingest::upsert))
        .routes(routes!(api::ingest::observations))
        .routes(routes!(api::commands::commands));
    OpenApiRouter::with_openapi(api::openapi::Description::openapi())
        .merge(keyed(sent))
        // What parties ask.
        .routes(routes!(api::released::released))
        .routes(routes!(api::live::live))
        .routes(routes!(api::exports::offered))
        .routes(routes!(api::exports::file))
        .routes(routes!(api::commands::previews))
        // What everybody may have.
        .routes(routes!(api::open::catalog::catalog))
        .routes(routes!(api::open::whole))
        .routes(routes!(api::open::day))
        // The register and its log.
        .routes(routes!(api::register::register))
        .routes(routes!(api::lists::deployments))
        .routes(routes!(api::register::deployment))
        .routes(routes!(api::files::csv))
        .routes(routes!(api::files::numbers))
        .routes(routes!(api::files::geojson))
        .routes(routes!(api::files::ngsi_ld))
        .routes(routes!(api::lists::acts))
        .routes(routes!(log::proof))
        .routes(routes!(log::checkpoint))
        // The node itself.
        .routes(routes!(api::openapi::openapi))
        .routes(routes!(metrics::health))
        .routes(routes!(metrics::metrics))
}

/// `GET /robots.txt`: the register is for everybody to find; where somebody stands, and what parties see, is nobody's to follow.
async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /*near?lat\nDisallow: /sign-in\nDisallow: /desk\nDisallow: /office\nDisallow: /account\nDisallow: /sql\n"
}

/// What residents read, in the language that the address names.
fn residents() -> Router<Node> {
    Router::new()
        .route("/", get(pages::home::home))
        .route("/near", get(pages::near::near))
        .route("/search", get(pages::search::search))
        .route("/changes", get(pages::changes::changes))
        .route("/numbers", get(pages::numbers::numbers))
        .route("/ask", get(pages::ask::form).post(pages::ask::ask))
        .route("/asked/{id}", get(pages::asked::asked))
        .route("/deployments/{id}", get(pages::deployment::deployment))
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
        .route("/incidents", get(pages::incidents::incidents))
        .route("/about", get(pages::about::about))
        .route("/data", get(pages::about::data))
        .route("/accessibility", get(pages::accessibility::accessibility))
        .route("/problems", get(pages::problems::problems))
        .route("/problems/{slug}", get(pages::problems::problem))
        .route("/log/entries", get(pages::entries::entries))
        .route("/log/entries/{index}", get(pages::entries::entry))
}

/// The routes of a node.
pub(crate) fn routes(node: Node) -> Router {
    let (api, _) = api(|sent| sent.route_layer(from_fn_with_state(node.clone(), once))).split_for_parts();
    api
        // The register, for people: as it is, and by language.
        .merge(residents())
        .nest("/en", residents())
        .nest("/de", residents())
        // What is nested has its first page at the address without the slash.
        .route("/en/", get(pages::home::home))
        .route("/de/", get(pages::home::home))
        .route("/deployments/{id}/sign.svg", get(pages::sign::svg))
        .route("/deployments/{id}/sign.pdf", get(pages::sign::pdf))
        .route("/grants/{id}/odrl.json", get(pages::office::grants::odrl::odrl))
        .route("/style.css", get(web::style))
        .route("/icon.svg", get(web::icon))
        .route("/robots.txt", get(robots))
        .route("/context.jsonld", get(api::linked::context))
        // For parties that are signed in.
        .merge(signed_in())
        .route("/log/tile/{*path}", get(log::tile))
        .fallback(|| async { Problem::new(Kind::NotFound) })
        .method_not_allowed_fallback(|| async { Problem::new(Kind::MethodNotAllowed) })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(node.clone(), api::linked::layer))
        .layer(from_fn_with_state(node.clone(), gate::gate))
        .layer(from_fn_with_state(node.clone(), rate::limit))
        .layer(from_fn_with_state(node.clone(), guard::guard))
        .with_state(node)
}
