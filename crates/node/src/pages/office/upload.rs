//! A spreadsheet that somebody sends by a form: as a file, or pasted in its place.
//!
//! Whoever is not signed in is turned away before anything of it is read, and a file is read beside the event loop.

mod multipart;

use axum::body::Bytes;
use axum::extract::{Form, FromRequest, Request};
use axum::http::header;
use serde::Deserialize;
use workbook::{Book, FILE_BYTES_MAX};

use super::reader;
use crate::jobs::Lane;
use crate::pages::signed::{Signed, signed_form};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;

/// The largest form with a file, in bytes: the file, and what is around it.
pub(super) const FORM_BYTES_MAX: usize = FILE_BYTES_MAX + (64 << 10);

/// What was sent, and by whom.
pub(super) struct Upload {
    pub(super) signed: Signed,
    /// What was pasted, which a form that is shown again still has.
    pub(super) pasted: String,
    bytes: Bytes,
}

/// What is pasted in the place of a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pasted {
    form: String,
    table: String,
}

impl Upload {
    /// What a form brings; none if nobody is signed in.
    ///
    /// # Errors
    /// The form is not one that a browser sends, or comes from elsewhere.
    pub(super) async fn of(node: &Node, request: Request) -> Result<Option<Self>, Problem> {
        let headers = request.headers().clone();
        // What a stranger sends is not read: it may be large.
        if reader(node, &headers).is_none() {
            return Ok(None);
        }
        let (form, file, pasted) = received(request).await?;
        let Some(signed) = signed_form(node, &headers, &form)? else { return Ok(None) };
        let bytes = if file.is_empty() { Bytes::from(pasted.clone()) } else { file };
        Ok(Some(Self { signed, pasted, bytes }))
    }

    /// What is read out of it, or what is wrong with it, as a sentence.
    ///
    /// # Errors
    /// There is no place for the work.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        node: &Node,
        read: impl FnOnce(&Book) -> T + Send + 'static,
    ) -> Result<Result<T, String>, Problem> {
        if self.bytes.is_empty() {
            return Ok(Err("Choose a file, or paste a table.".to_owned()));
        }
        let bytes = self.bytes.clone();
        let opened = node.jobs.run(Lane::File, move || workbook::open(&bytes).map(|book| read(&book))).await?;
        Ok(opened.map_err(|error| format!("{}.", words::capital(&error.to_string()))))
    }
}

/// What a form sent: what every form carries, the file, and what was pasted.
async fn received(request: Request) -> Result<(String, Bytes, String), Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).map(str::to_owned);
    if let Some(kind) = kind.filter(|kind| kind.starts_with("multipart/form-data")) {
        let body = Bytes::from_request(request, &()).await?;
        let broken = || Problem::new(Kind::BadRequest).detail("the form is not one that a browser sends");
        let parts = multipart::parts(&kind, &body).ok_or_else(broken)?;
        let text = |name: &str| {
            let found = parts.iter().find(|(known, _)| known == name).map(|(_, range)| body.slice(range.clone()));
            String::from_utf8_lossy(&found.unwrap_or_default()).into_owned()
        };
        let file = parts.iter().find(|(name, _)| name == "file").map(|(_, range)| body.slice(range.clone()));
        return Ok((text("form"), file.unwrap_or_default(), text("table")));
    }
    let Form(Pasted { form, table }) = Form::from_request(request, &()).await?;
    Ok((form, Bytes::new(), table))
}
