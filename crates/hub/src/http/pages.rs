//! The hub as pages: view models here, texts in `templates/`. Everything is drawn from the fold and from sealed words that may be shown.

pub(super) mod amendment;
pub(super) mod benchmarks;
pub(super) mod cases;
pub(super) mod decisions;
pub(super) mod drafts;
pub(super) mod feeds;
pub(super) mod home;
mod listing;
pub(super) mod members;
pub(super) mod mirrors;
mod news;
pub(super) mod pilots;
pub(super) mod propose;
pub(super) mod sign_in;
pub(super) mod statements;
mod typed;
pub(super) mod versions;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use model::{Fields, Sealed, Timestamp};
use web::{Cookies, SessionId};

use super::jobs::Lane;
use super::problem::Problem;
use super::router::Node;
use crate::act::Entry;
use crate::member::Role;
use crate::roles::{Action, may};
use crate::sealed::field;
use crate::state::State;
use crate::words::PersonId;

/// The largest form of a case, in bytes: a report within it is written as a form writes it.
const CASE_BYTES_MAX: usize = 4 << 20;

/// The routes of co-design, releases and moderation, and of what public logs of cities say.
pub(super) fn routes() -> Router<Node> {
    Router::new()
        .route("/drafts", get(drafts::list))
        .route("/drafts/{id}", get(drafts::draft))
        .route("/drafts/{id}/statements", get(statements::statements))
        .route("/drafts/{id}/clauses/{clause}", get(drafts::clause))
        .route("/drafts/{id}/clauses/{clause}/propose", get(propose::form).post(propose::sent))
        .route("/drafts/{id}/pilots", get(pilots::list))
        .route("/drafts/{id}/pilots/{city}", get(pilots::pilot))
        .route("/drafts/{id}/pilots/{city}/report.json", get(pilots::report))
        .route("/amendments/{entry}", get(amendment::amendment))
        .route("/amendments/{entry}/feed.atom", get(feeds::amendment))
        .route("/people/{id}/feed.atom", get(feeds::person))
        .route("/feed.atom", get(feeds::decisions))
        .route("/decisions", get(decisions::decisions))
        .route("/workshops", get(decisions::workshops))
        .route("/moderation", get(decisions::moderation))
        .route("/versions", get(versions::list))
        .route("/versions/{entry}", get(versions::version))
        .route("/benchmarks", get(benchmarks::list))
        .route("/benchmarks/{id}", get(benchmarks::benchmark))
        .route("/benchmarks/{id}/{file}", get(benchmarks::files))
        .route("/map", get(benchmarks::map))
        .route("/cases", get(cases::list))
        .route("/cases/new", get(cases::form).post(cases::sent).layer(DefaultBodyLimit::max(CASE_BYTES_MAX)))
        .route("/cases/{entry}", get(cases::case))
        .route("/mirrors", get(mirrors::list))
        .route("/mirrors.csv", get(mirrors::listed))
        .route("/mirrors/{city}", get(mirrors::city))
        .route("/mirrors/{city}/log/{*path}", get(mirrors::log))
        .route("/evidence", get(mirrors::evidence))
        .route("/evidence/feed.atom", get(mirrors::feed))
        .route("/evidence/{file}", get(mirrors::evidence_file))
}

/// Who asks, and the hub as it is now.
pub(super) struct Reader {
    pub(super) node: Node,
    pub(super) state: Arc<State>,
    pub(super) signed: Option<Signed>,
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub(super) person: PersonId,
    pub(super) role: Role,
    /// What every form of theirs carries.
    pub(super) form: String,
}

impl Signed {
    /// Whether the table of roles lets them.
    fn may(&self, action: Action) -> bool {
        may(self.role, action)
    }
}

impl FromRequestParts<Node> for Reader {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, node: &Node) -> Result<Self, Self::Rejection> {
        Ok(Self::of(node, &parts.headers))
    }
}

impl Reader {
    pub(super) fn of(node: &Node, headers: &HeaderMap) -> Self {
        let state = node.hub.state();
        let signed = Cookies::of(headers).read(headers).and_then(|id| signed(node, &state, &id));
        Self { node: node.clone(), state, signed }
    }

    /// Whose place it takes.
    fn lane(&self) -> Lane {
        if self.signed.is_some() { Lane::Member } else { Lane::Open }
    }

    fn site(&self) -> Site {
        Site {
            name: self.state.founded.as_ref().map_or_else(|| "An alliance".to_owned(), |hub| hub.name.to_string()),
            basis: self.state.size,
            last: self.state.last_at.map(when).unwrap_or_default(),
            style: web::address(),
            signed: self.signed.clone(),
        }
    }

    /// The key that signs the log.
    fn log_key(&self) -> String {
        self.state.founded.as_ref().map(|founded| founded.log_key.clone()).unwrap_or_default()
    }

    /// The form's mark of whoever may do something; none for everybody else.
    fn form_for(&self, action: Action) -> Option<String> {
        self.signed.as_ref().filter(|signed| signed.may(action)).map(|signed| signed.form.clone())
    }

    /// The sealed words of an entry, if they may be shown; else why not.
    fn words(&self, entry: Entry) -> Result<Fields, String> {
        if let Some(by) = self.state.hidden.get(&entry) {
            return Err(format!("Hidden by a moderator: see entry {by} in the log of moderation."));
        }
        match self.node.hub.words(entry) {
            Ok(Sealed::Present(fields)) => Ok(fields),
            Ok(Sealed::Erased) => {
                Err("Erased. The log keeps that something was written, and no word of it.".to_owned())
            }
            Err(_) => Err("The words cannot be read now.".to_owned()),
        }
    }

    /// One field of an entry's words, or why it is not shown.
    fn said(&self, entry: Entry) -> Said {
        match self.words(entry) {
            Ok(fields) => Said { text: field(&fields, "words"), shown: true },
            Err(why) => Said { text: why, shown: false },
        }
    }

    /// What a person is called: their name while it is there, else their id.
    fn person(&self, id: &PersonId) -> Who {
        let known = self.state.people.by_id.get(id);
        let named = known.and_then(|person| self.words(person.entry?).ok()).map(|fields| field(&fields, "name"));
        let name = named.filter(|name| !name.is_empty()).unwrap_or_else(|| id.to_string());
        let member = known.map(|person| self.state.member_name(&person.member)).unwrap_or_default();
        Who { id: id.to_string(), name, member }
    }
}

fn signed(node: &Node, state: &State, id: &SessionId) -> Option<Signed> {
    let credential = node.sessions.credential(id, node.hub.now())?;
    let (person, _, role) = state.person_with(&credential)?;
    Some(Signed { person: person.clone(), role, form: id.form() })
}

/// What stands on every page.
pub(super) struct Site {
    name: String,
    basis: u64,
    last: String,
    style: &'static str,
    signed: Option<Signed>,
}

/// Somebody, as pages name them.
pub(super) struct Who {
    id: String,
    name: String,
    member: String,
}

/// What somebody wrote, or why it is not shown.
pub(super) struct Said {
    text: String,
    shown: bool,
}

/// An instant, to the minute.
pub(super) fn when(at: Timestamp) -> String {
    let text = at.to_string();
    let minute: String = text.chars().take(16).collect();
    format!("{} UTC", minute.replace('T', " "))
}

/// So many of something, in words.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// Draws a page on a thread of its own, because words lie on the disk.
async fn drawn<T: Template>(
    reader: Reader,
    view: impl FnOnce(&Reader) -> Result<T, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let node = reader.node.clone();
    let lane = reader.lane();
    node.jobs.run(lane, move || view(&reader).and_then(|template| page(StatusCode::OK, &template))).await?
}

/// A page that nothing keeps: who is signed in sees another.
fn page(status: StatusCode, template: &impl Template) -> Result<Response, Problem> {
    let html = template.render().map_err(|_| Problem::internal())?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::VARY, HeaderValue::from_static("accept, cookie")),
    ];
    Ok((status, headers, html).into_response())
}

/// Leads elsewhere, to be asked for with GET.
pub(super) fn elsewhere(to: &str) -> Result<Response, Problem> {
    let to = HeaderValue::from_str(to).map_err(|_| Problem::internal())?;
    let kept = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, to), kept]).into_response())
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    site: Site,
    title: &'static str,
    detail: String,
}

/// The page of a problem that a person met.
pub(super) fn problem(node: &Node, headers: &HeaderMap, problem: &Problem) -> Option<Response> {
    let site = Reader::of(node, headers).site();
    page(problem.status, &ProblemPage { site, title: problem.title(), detail: problem.detail.clone() }).ok()
}
