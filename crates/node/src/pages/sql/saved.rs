//! Saving a question under a name, and deleting it: the party's own, in the city's folder.

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use flow::questions::QuestionError;
use serde::Deserialize;

use super::{Sent, drawn};
use crate::jobs::Lane;
use crate::pages::signed::{elsewhere, signed_form, to_sign_in};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;

/// What stands behind an error of the folder.
pub(super) fn problem(error: QuestionError) -> Problem {
    match error {
        // The errors of disks name paths of the machine.
        QuestionError::Folder(_) => {
            Problem::new(Kind::Unavailable).detail("the saved questions cannot be read or written now; ask again later")
        }
        QuestionError::Unknown => Problem::new(Kind::NotFound).detail(error.to_string()),
        QuestionError::Damaged => Problem::new(Kind::Unavailable).detail(error.to_string()),
        QuestionError::Name | QuestionError::Text | QuestionError::TooMany => {
            Problem::new(Kind::Unprocessable).detail(error.to_string())
        }
    }
}

/// `POST /sql/save`: keeps what stands in the editor under a name.
pub(crate) async fn save(
    State(node): State<Node>,
    headers: HeaderMap,
    sent: Result<Form<Sent>, FormRejection>,
) -> Result<Response, Problem> {
    let sent = sent?.0;
    let Some(signed) = signed_form(&node, &headers, &sent.form)? else { return to_sign_in() };
    let mut editor = sent.editor();
    let Some(purpose) = editor.purpose else {
        editor.wrong = Some("Choose what the question is for".to_owned());
        return drawn(&node, &signed, StatusCode::UNPROCESSABLE_ENTITY, editor, None).await;
    };
    let (questions, party, now) = (Arc::clone(&node.questions), signed.party.id.clone(), node.city.register().now());
    let (name, sql) = (editor.name.trim().to_owned(), editor.sql.clone());
    let keep = move || questions.save(&party, &name, purpose, &sql, now);
    match node.jobs.run(Lane::Token, keep).await? {
        Ok(version) => {
            let name = editor.name.trim().to_owned();
            editor.done = Some(format!("Saved as “{name}”, version {version}."));
            drawn(&node, &signed, StatusCode::OK, editor, None).await
        }
        Err(error @ (QuestionError::Name | QuestionError::Text | QuestionError::TooMany)) => {
            editor.wrong = Some(words::capital(&error.to_string()));
            drawn(&node, &signed, StatusCode::UNPROCESSABLE_ENTITY, editor, None).await
        }
        Err(error) => Err(problem(error)),
    }
}

/// Which question is deleted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delete {
    form: String,
    name: String,
}

/// `POST /sql/delete`
pub(crate) async fn delete(
    State(node): State<Node>,
    headers: HeaderMap,
    sent: Result<Form<Delete>, FormRejection>,
) -> Result<Response, Problem> {
    let Delete { form, name } = sent?.0;
    let Some(signed) = signed_form(&node, &headers, &form)? else { return to_sign_in() };
    let (questions, party) = (Arc::clone(&node.questions), signed.party.id);
    node.jobs.run(Lane::Token, move || questions.delete(&party, &name)).await?.map_err(problem)?;
    elsewhere("/sql#saved")
}
