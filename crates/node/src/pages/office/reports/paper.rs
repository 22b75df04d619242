//! A report as a paper: parts with rows of a label and what stands there, however it is written down: page, table, or PDF.

use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use workbook::csv_cell as cell;

use super::pdf;
use crate::jobs::Lane;
use crate::log::Log;
use crate::pages::Site;
use crate::pages::signed::{Signed, private};
use crate::problem::{Kind, Problem};
use crate::router::Node;

/// How a report is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Page,
    Csv,
    Pdf,
}

/// The log that a report was drawn from, as it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// Its origin.
    pub(super) origin: String,
    /// Of how many acts.
    pub(super) size: u64,
    /// The root over them, as the checkpoint writes it.
    pub(super) root: String,
}

impl Source {
    /// The newest published head. Reads a file.
    ///
    /// # Errors
    /// There is none that can be read.
    pub(super) fn of(log: &Log) -> Result<Self, Problem> {
        let (_, head) = log.head()?;
        Ok(Self { origin: head.origin.to_string(), size: head.size, root: head.root.to_string() })
    }
}

/// A report.
pub(super) struct Paper {
    pub(super) title: String,
    pub(super) lead: String,
    /// What its files are called, without an ending.
    pub(super) file: &'static str,
    /// Its address and what it was asked with, without an ending.
    pub(super) address: &'static str,
    pub(super) query: String,
    pub(super) source: Source,
    pub(super) parts: Vec<Part>,
}

/// A part of a report.
pub(super) struct Part {
    pub(super) heading: String,
    pub(super) href: Option<String>,
    pub(super) rows: Vec<Row>,
}

/// A row of a part.
pub(super) struct Row {
    pub(super) label: String,
    pub(super) lines: Vec<String>,
}

impl Row {
    /// A row of some lines; where there are none, of one that says so.
    pub(super) fn of(label: &str, lines: Vec<String>, none: &str) -> Self {
        let lines = if lines.is_empty() { vec![none.to_owned()] } else { lines };
        Self { label: label.to_owned(), lines }
    }

    pub(super) fn one(label: &str, line: impl Into<String>) -> Self {
        Self { label: label.to_owned(), lines: vec![line.into()] }
    }
}

#[derive(Template)]
#[template(path = "office_paper.html")]
struct Page {
    site: Site,
    party: String,
    form: String,
    paper: Paper,
}

impl Paper {
    /// From which log it was drawn, in a sentence that stands on each page.
    pub(super) fn drawn_from(&self) -> String {
        let Source { origin, size, root } = &self.source;
        format!("Drawn from the log {origin} of {size} acts, root {root}")
    }

    /// Draws one up and writes it down, which for a long one takes seconds: in one job beside the event loop.
    ///
    /// # Errors
    /// It cannot be drawn, or there is no place for the work now.
    pub(super) async fn written(
        node: &Node,
        signed: &Signed,
        form: Form,
        draw: impl FnOnce() -> Result<Self, Problem> + Send + 'static,
    ) -> Result<Response, Problem> {
        let (site, party, own) = (Site::of(&node.city.register().state()), signed.party.name.clone(), signed.id.form());
        let written = move || {
            let paper = draw()?;
            match form {
                Form::Page => private(StatusCode::OK, &Page { site, party, form: own, paper }),
                Form::Csv => paper.file("csv", "text/csv; charset=utf-8; header=present", paper.table().into_bytes()),
                Form::Pdf => paper.file("pdf", "application/pdf", pdf::written(&paper)),
            }
        };
        node.jobs.run(Lane::File, written).await?
    }

    fn file(&self, ending: &str, kind: &'static str, bytes: Vec<u8>) -> Result<Response, Problem> {
        let named = format!("attachment; filename=\"{}.{ending}\"", self.file);
        let named = HeaderValue::from_str(&named).map_err(|_| Problem::new(Kind::Internal))?;
        let headers: [(HeaderName, HeaderValue); 3] = [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
            (header::CONTENT_DISPOSITION, named),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        Ok((headers, bytes).into_response())
    }

    fn table(&self) -> String {
        let mut table = "part,what,value\r\n".to_owned();
        let Source { origin, size, root } = &self.source;
        let mut push = |part: &str, what: &str, value: &str| {
            table.push_str(&[part, what, value].map(cell).join(","));
            table.push_str("\r\n");
        };
        for (what, value) in [("origin", origin.as_str()), ("acts", &size.to_string()), ("root", root)] {
            push("log", what, value);
        }
        for part in &self.parts {
            for row in &part.rows {
                row.lines.iter().for_each(|line| push(&part.heading, &row.label, line));
            }
        }
        table
    }
}
