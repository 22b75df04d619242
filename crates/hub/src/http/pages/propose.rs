//! The form of an amendment: what would change, word by word, and what that would do, by proof, before it is proposed.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::RequirementId;
use similar::{ChangeTag, TextDiff};
use web::own_form;

use super::drafts::{ClauseText, clause_before, found};
use super::typed::Typed;
use super::{Reader, Site, elsewhere, page};
use crate::command::{Change, Command, NewParameter};
use crate::decide::takes_amendment;
use crate::http::jobs::Waits;
use crate::http::problem::Problem;
use crate::http::router::Node;
use crate::hub::HubError;
use crate::roles::Action;
use crate::say;
use crate::words::code;

/// The longest text that is compared word by word, in bytes; above it, line by line.
const WORDS_BYTES_MAX: usize = 8_000;

/// When a new clause bites: code, and words for it.
const KINDS: [(&str, &str); 4] = [
    ("collect", "before or while data is collected"),
    ("release", "for each disclosure"),
    ("register", "when something is filed or published"),
    ("attest", "somebody signs for it"),
];
/// What happens where it is not met: code, and words for it.
const FAILURES: [(&str, &str); 3] = [
    ("deny", "the act or disclosure is refused"),
    ("suspend", "the flow stops while it is not met"),
    ("flag", "it is shown"),
];
/// What a new parameter is: code, and words for it.
const PARAMETERS: [(&str, &str); 5] = [
    ("count", "a whole number"),
    ("span", "a length of time"),
    ("set", "a set of codes"),
    ("silence", "what silence means"),
    ("tiers", "access by age"),
];
/// Which direction is stricter: code, and words for it.
const STRICTER: [(&str, &str); 5] = [
    ("", "it has an order of its own"),
    ("higher", "a larger number or a longer time"),
    ("lower", "a smaller number or a shorter time"),
    ("smaller", "fewer members"),
    ("larger", "more members"),
];

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
    let one = |title: String, before: &str, after: &str| Changed { title, pieces: difference(before, after) };
    let new = change.clause.as_ref().map(|new| {
        let from = new.url.as_ref().map_or_else(|| new.source.to_string(), |url| format!("{}, {url}", new.source));
        let (kind, failure) = (code(&new.kind), code(&new.on_failure));
        let said = format!("{}\nIt bites: {kind}. Where it is not met: {failure}.\nSource: {from}", new.title);
        one("A new clause".to_owned(), "", &said)
    });
    let text = change.text.as_ref().map(|text| one("The text".to_owned(), &clause.text, text.as_str()));
    let gone = change.without.as_ref();
    let gone = gone.map(|id| one(format!("The norm {id}, taken out"), &found(&clause.norms, id), ""));
    let norm = change
        .norm
        .as_ref()
        .map(|norm| one(format!("The norm {}", norm.id), &found(&clause.norms, &norm.id), norm.cedar.as_str()));
    let why = change.text_only.as_ref();
    let why = why.map(|why| one("Why nothing executes it".to_owned(), &clause.text_only, why.as_str()));
    let parameter = change.parameter.as_ref().map(|parameter| {
        let (id, value) = (&parameter.id, parameter.value.as_str().trim_matches('"'));
        let title = match parameter.new {
            Some(NewParameter { kind, stricter }) => {
                let stricter = stricter.map(|stricter| format!(", stricter {}", code(&stricter))).unwrap_or_default();
                format!("The parameter {id}, new: {}{stricter}", code(&kind))
            }
            None => format!("The parameter {id}"),
        };
        one(title, &found(&clause.parameters, id), value)
    });
    [new, text, gone, norm, why, parameter].into_iter().flatten().collect()
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
    let clause = clause_before(&pack, &RequirementId(clause.to_owned()));
    if clause.is_new && !reader.state.takes_clause(draft, &RequirementId(clause.id.clone())) {
        return Err(Problem::not_found());
    }
    let typed = typed.unwrap_or_else(|| Typed::of(&clause));
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
        // Somebody else's clause may have got the number meanwhile. What was typed is about no clause but its own.
        let next = reader.state.next_clause(found);
        if !typed.new_clause.is_empty() && requirement != next {
            let wrong = format!(
                "The number of {requirement} was taken meanwhile. Your clause is {next} now; look at it again."
            );
            let typed = typed.clone().renamed(&requirement.0, &next.0);
            return drawn(&reader, &draft, &next.0, Some(typed), Some(wrong), None);
        }
        let text = clause_before(&pack, &requirement);
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
