//! The form of an amendment: what would change, word by word, and what that would do, by proof, before it is proposed.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::RequirementId;
use serde::Deserialize;
use similar::{ChangeTag, TextDiff};
use web::own_form;

use super::drafts::{ClauseText, clause_text, found};
use super::{Reader, Site, elsewhere, page};
use crate::command::{Change, Command, NormChange, ParameterChange};
use crate::decide::takes_amendment;
use crate::http::jobs::Waits;
use crate::http::problem::Problem;
use crate::http::router::Node;
use crate::hub::HubError;
use crate::roles::Action;
use crate::say;
use crate::words::WordError;

/// The longest text that is compared word by word, in bytes; above it, line by line.
const WORDS_BYTES_MAX: usize = 8_000;

/// A stretch of a difference.
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) added: bool,
    pub(super) removed: bool,
}

/// The difference of two texts.
pub(super) fn difference(before: &str, after: &str) -> Vec<Piece> {
    let is_short = before.len().max(after.len()) <= WORDS_BYTES_MAX;
    let diff = if is_short { TextDiff::from_words(before, after) } else { TextDiff::from_lines(before, after) };
    let mut pieces: Vec<Piece> = Vec::new();
    for change in diff.iter_all_changes() {
        let (added, removed) = (change.tag() == ChangeTag::Insert, change.tag() == ChangeTag::Delete);
        match pieces.last_mut() {
            Some(last) if (last.added, last.removed) == (added, removed) => last.text.push_str(change.value()),
            _ => pieces.push(Piece { text: change.value().to_owned(), added, removed }),
        }
    }
    pieces
}

/// One thing that changes.
pub(super) struct Changed {
    pub(super) title: String,
    pub(super) pieces: Vec<Piece>,
}

/// What a change changes of a clause.
pub(super) fn changed(clause: &ClauseText, change: &Change) -> Vec<Changed> {
    let found = |list: &[(String, String)], id: &str| {
        list.iter().find(|(known, _)| known == id).map(|(_, text)| text.clone()).unwrap_or_default()
    };
    let text = change.text.as_ref();
    let text =
        text.map(|text| Changed { title: "The text".to_owned(), pieces: difference(&clause.text, text.as_str()) });
    let norm = change.norm.as_ref().map(|norm| Changed {
        title: format!("The norm {}", norm.id),
        pieces: difference(&found(&clause.norms, &norm.id), norm.cedar.as_str()),
    });
    let parameter = change.parameter.as_ref().map(|parameter| Changed {
        title: format!("The parameter {}", parameter.id),
        pieces: difference(&found(&clause.parameters, &parameter.id), parameter.value.as_str().trim_matches('"')),
    });
    [text, norm, parameter].into_iter().flatten().collect()
}

#[derive(Template)]
#[template(path = "propose.html")]
struct Page {
    site: Site,
    form: String,
    draft: String,
    draft_title: String,
    clause: ClauseText,
    typed: Typed,
    wrong: Option<String>,
    looked: Option<Looked>,
}

struct Looked {
    changes: Vec<Changed>,
    effect: &'static str,
    example: String,
}

/// What somebody typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Typed {
    form: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    norm_id: String,
    #[serde(default)]
    norm: String,
    #[serde(default)]
    parameter: String,
    #[serde(default)]
    value: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    step: String,
}

impl Typed {
    /// What it changes; what is as it was changes nothing.
    fn change(&self, clause: &ClauseText) -> Result<Change, WordError> {
        let clean = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
        let is_known = |list: &[(String, String)], id: &str, text: &str| {
            list.iter().any(|(known, before)| known == id && before.trim() == text)
        };
        let (text, norm) = (clean(&self.text), clean(&self.norm));
        let text = (!text.is_empty() && text != clause.text.trim()).then(|| text.parse()).transpose()?;
        let norm = match norm.is_empty() || is_known(&clause.norms, &self.norm_id, &norm) {
            true => None,
            false => Some(NormChange { id: clean(&self.norm_id), cedar: norm.parse()? }),
        };
        let value = clean(&self.value);
        let parameter = match value.is_empty() {
            true => None,
            false => Some(ParameterChange { id: clean(&self.parameter), value: value.parse()? }),
        };
        Ok(Change { text, norm, parameter })
    }
}

fn drawn(
    reader: &Reader,
    draft: &str,
    clause: &str,
    typed: Option<Typed>,
    wrong: Option<String>,
    looked: Option<Looked>,
) -> Result<Response, Problem> {
    let form = reader.form_for(Action::Propose).ok_or_else(not_signed_in)?;
    let (id, draft) = found(reader, draft)?;
    let pack = reader.node.hub.pack(&draft.document)?;
    let clause = clause_text(&pack, &RequirementId(clause.to_owned()))?;
    let typed = typed.unwrap_or_else(|| Typed {
        text: clause.text.clone(),
        norm_id: clause.norms.first().map(|(id, _)| id.clone()).unwrap_or_default(),
        norm: clause.norms.first().map(|(_, cedar)| cedar.clone()).unwrap_or_default(),
        parameter: clause.parameters.first().map(|(id, _)| id.clone()).unwrap_or_default(),
        ..Typed::default()
    });
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (site, draft_title) = (reader.site(), draft.opened.title.to_string());
    page(status, &Page { site, form, draft: id.to_string(), draft_title, clause, typed, wrong, looked })
}

fn not_signed_in() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "Amendments are proposed by people who speak for a member. Sign in first.")
}

/// `GET /drafts/{id}/clauses/{clause}/propose`
pub(in crate::http) async fn form(
    reader: Reader,
    Path((draft, clause)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (node, lane) = (reader.node.clone(), reader.lane());
    node.jobs.run(lane, move || drawn(&reader, &draft, &clause, None, None, None)).await?
}

/// `POST /drafts/{id}/clauses/{clause}/propose`: looks, and the second time proposes.
pub(in crate::http) async fn sent(
    State(node): State<Node>,
    headers: HeaderMap,
    Path((draft, clause)): Path<(String, String)>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    own_form(&headers, &typed.form).map_err(|error| Problem::new(StatusCode::FORBIDDEN, error.to_string()))?;
    let reader = Reader::of(&node, &headers);
    let person = reader.signed.as_ref().map(|signed| signed.person.clone()).ok_or_else(not_signed_in)?;
    if reader.form_for(Action::Propose).is_none() {
        return Err(not_signed_in());
    }
    let (waits, asks) = (Waits::begin(), person.clone());
    let is_awaited = waits.watch();
    let done = move || -> Result<Response, Problem> {
        let (id, found) = found(&reader, &draft)?;
        let pack = reader.node.hub.pack(&found.document)?;
        let requirement = RequirementId(clause.clone());
        let text = clause_text(&pack, &requirement)?;
        let again = |wrong: String| drawn(&reader, &draft, &clause, Some(typed.clone()), Some(wrong), None);
        let change = match typed.change(&text) {
            Ok(change) => change,
            Err(error) => return again(format!("What you wrote does not fit: {error}.")),
        };
        if typed.step == "propose" {
            let why = match typed.why.parse() {
                Ok(why) => why,
                Err(error) => return again(format!("Say why you propose it: {error}.")),
            };
            let command = Command::Propose { draft: id, clause: requirement, change, why };
            return match reader.node.hub.submit_while(&person, &command, is_awaited) {
                Ok(receipt) => match receipt.entries.first() {
                    Some(entry) => elsewhere(&format!("/amendments/{entry}")),
                    None => Err(Problem::internal()),
                },
                Err(error) => again(Problem::from(error).detail),
            };
        }
        let takes = takes_amendment(&reader.state, &person, &id, found).map_err(HubError::from);
        match takes.and_then(|()| reader.node.hub.look(found, &requirement, &change)) {
            Ok(looked) => {
                let changes = changed(&text, &change);
                let looked = Looked { changes, effect: say::effect(looked.shown.effect), example: looked.shown.words };
                drawn(&reader, &draft, &clause, Some(typed.clone()), None, Some(looked))
            }
            Err(error) => again(Problem::from(error).detail),
        }
    };
    let answer = node.jobs.prove(&asks, done).await?;
    drop(waits);
    answer
}
