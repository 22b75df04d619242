//! Asking in SQL on a page: an editor, the tables that the party may name, the answer as a table and a drawing, saved questions.
//!
//! Each time a question is sent, what it names is disclosed to the party; the page shows the numbers and receipts. A file of the
//! answer is a question of its own. Errors stand beside the editor, and the question stays in it.

mod chart;
mod result;
pub(crate) mod saved;

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow::disclose::PUBLIC;
use flow::questions::{NAME_CHARS_MAX, QUESTION_BYTES_MAX, SavedQuestion};
use model::{PartyId, Purpose, Timestamp};
use register::State as Register;
use serde::Deserialize;

use super::Site;
use super::signed::{Signed, private, signed, signed_form, to_sign_in};
use crate::api::open::DISCLOSURE;
use crate::desk::{Answered, Desk, Listed, Question, Unanswered};
use crate::jobs::Lane;
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;
use chart::Shape;
use result::Shown;

/// What a file of an answer is called.
const FILE: HeaderValue = HeaderValue::from_static("attachment; filename=\"answer.csv\"");

#[derive(Template)]
#[template(path = "sql.html")]
struct Page {
    site: Site,
    party: String,
    form: String,
    /// Whether this node answers any.
    answers: bool,
    editor: Editor,
    purposes: Vec<Choice>,
    tables: Vec<Listed>,
    saved: Vec<Saved>,
    shown: Option<Shown>,
}

/// What stands in the editor.
#[derive(Debug, Default)]
struct Editor {
    sql: String,
    purpose: Option<Purpose>,
    name: String,
    /// Why it was not answered or saved.
    wrong: Option<String>,
    /// What was done.
    done: Option<String>,
}

/// A purpose that can be chosen.
struct Choice {
    code: &'static str,
    name: &'static str,
    chosen: bool,
}

/// A saved question in the list.
struct Saved {
    name: String,
    href: String,
    purpose: Purpose,
    sql: String,
    version: u32,
    at: String,
}

impl Saved {
    fn of(name: String, question: SavedQuestion) -> Self {
        let href = format!("/sql?question={}", encoded(&name));
        let SavedQuestion { purpose, sql, version, at } = question;
        Self { name, href, purpose, sql, version, at: words::instant(at) }
    }
}

/// A name as it stands in an address.
fn encoded(name: &str) -> String {
    name.bytes().fold(String::new(), |text, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            text + char::from(byte).encode_utf8(&mut [0; 4])
        }
        _ => format!("{text}%{byte:02X}"),
    })
}

/// Which saved question is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    question: Option<String>,
}

/// `GET /sql`
pub(crate) async fn editor(
    State(node): State<Node>,
    headers: HeaderMap,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = signed(&node, &headers) else { return to_sign_in() };
    let mut editor = Editor::default();
    if let Some(name) = wanted.map_err(|_| Problem::new(Kind::BadRequest))?.0.question {
        let missing = || Problem::new(Kind::NotFound).detail("there is no saved question of this name");
        let (questions, party) = (Arc::clone(&node.questions), signed.party.id.clone());
        let all = node.jobs.run(Lane::Token, move || questions.all(&party)).await?.map_err(saved::problem)?;
        let SavedQuestion { purpose, sql, .. } = all.get(&name).cloned().ok_or_else(missing)?;
        editor = Editor { sql, purpose: Some(purpose), name, ..Editor::default() };
    }
    drawn(&node, &signed, StatusCode::OK, editor, None).await
}

/// The page, with everything around the editor.
async fn drawn(
    node: &Node,
    signed: &Signed,
    status: StatusCode,
    editor: Editor,
    shown: Option<Shown>,
) -> Result<Response, Problem> {
    let (state, now, id) = (node.city.register().state(), node.city.register().now(), signed.party.id.clone());
    let purposes = purposes(&state, &id, now, editor.purpose);
    let (questions, desk) = (Arc::clone(&node.questions), node.desk.clone());
    let around = move || (questions.all(&id), desk.map(|desk| desk.tables(&id)).unwrap_or_default());
    let (saved, tables) = node.jobs.run(Lane::Token, around).await?;
    let saved = saved.map_err(saved::problem)?.into_iter().map(|(name, question)| Saved::of(name, question));
    let page = Page {
        site: Site::of(&state),
        party: signed.party.name.clone(),
        form: signed.id.form(),
        answers: node.desk.is_some(),
        editor,
        purposes,
        tables,
        saved: saved.collect(),
        shown,
    };
    private(status, &page)
}

/// The purposes of a party's agreements in force, and of those with everybody.
fn purposes(state: &Register, party: &PartyId, now: Timestamp, chosen: Option<Purpose>) -> Vec<Choice> {
    let grants = state.grants.values().filter(|record| record.in_force(now)).map(|record| &record.grant);
    let own = grants.filter(|grant| grant.recipient == *party || grant.recipient.as_str() == PUBLIC);
    // One that is chosen stays to be seen, also when no agreement is for it any more.
    let codes: BTreeSet<&str> = own.map(|grant| grant.purpose).chain(chosen).map(Purpose::code).collect();
    let purposes = codes.into_iter().filter_map(|code| code.parse::<Purpose>().ok());
    let choice =
        |purpose: Purpose| Choice { code: purpose.code(), name: purpose.name(), chosen: chosen == Some(purpose) };
    purposes.map(choice).collect()
}

/// What the editor sends. A debug text would hold what a party wants to know.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sent {
    form: String,
    purpose: String,
    question: String,
    #[serde(default)]
    name: String,
    /// `csv` for a file.
    #[serde(default, rename = "as")]
    form_of_answer: Option<String>,
}

impl Sent {
    /// What stands in the editor again, line ends as they are everywhere else.
    fn editor(&self) -> Editor {
        Editor {
            sql: self.question.replace("\r\n", "\n"),
            purpose: self.purpose.parse().ok(),
            name: self.name.clone(),
            ..Editor::default()
        }
    }
}

/// `POST /sql`: answers a question; what it names is disclosed to the party.
pub(crate) async fn ask(
    State(node): State<Node>,
    headers: HeaderMap,
    sent: Result<Form<Sent>, FormRejection>,
) -> Result<Response, Problem> {
    let sent = sent?.0;
    let Some(signed) = signed_form(&node, &headers, &sent.form)? else { return to_sign_in() };
    let desk = node.desk.clone().ok_or_else(|| Problem::new(Kind::NotFound).detail("this node answers no SQL"))?;
    let mut editor = sent.editor();
    let answered = match editor.purpose {
        None => Err(Unanswered::Question("choose what the question is for".to_owned())),
        Some(purpose) => {
            let question = Question { party: signed.party.id.clone(), purpose, sql: editor.sql.clone() };
            node.jobs.run(Lane::Token, move || asked(&*desk, &question)).await?
        }
    };
    match answered {
        Ok(answered) if sent.form_of_answer.as_deref() == Some("csv") => Ok(file(answered)),
        Ok(answered) => drawn(&node, &signed, StatusCode::OK, editor, Some(Shown::of(answered))).await,
        Err(why) => {
            editor.wrong = Some(words::capital(&why.to_string()));
            drawn(&node, &signed, status(&why), editor, None).await
        }
    }
}

fn asked(desk: &dyn Desk, question: &Question) -> Result<Answered, Unanswered> {
    if question.sql.trim().is_empty() || question.sql.len() > QUESTION_BYTES_MAX {
        return Err(Unanswered::Question(format!("write a question of at most {QUESTION_BYTES_MAX} bytes")));
    }
    desk.ask(question)
}

const fn status(why: &Unanswered) -> StatusCode {
    match why {
        Unanswered::Question(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Unanswered::Norm(_) => StatusCode::FORBIDDEN,
        Unanswered::Limit(_) => StatusCode::TOO_MANY_REQUESTS,
        Unanswered::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// An answer as a file, with the numbers of its disclosures.
fn file(answered: Answered) -> Response {
    let numbers: Vec<String> = answered.handed_over.iter().map(|one| one.number.to_string()).collect();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present")),
        (header::CONTENT_DISPOSITION, FILE),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, [(DISCLOSURE, numbers.join(", "))], answered.csv).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_an_address_is_nothing_but_a_name() {
        assert_eq!(encoded("Rush hour"), "Rush%20hour");
        assert_eq!(encoded("a&b=\"<é>#?"), "a%26b%3D%22%3C%C3%A9%3E%23%3F");
    }
}
