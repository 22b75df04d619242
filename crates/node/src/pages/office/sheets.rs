//! Spreadsheets in and out: the register as a file to take away, and files that are looked at row by row before anything is written.
//!
//! What would be done travels in the form that is confirmed, and is decided anew: nothing is kept between the look and the deed. What
//! is confirmed is written together, in one transaction, or not at all. Whoever sends a file speaks for itself alone.

use std::convert::Infallible;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{DefaultBodyLimit, Form, FromRequest, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flow::City;
use model::{Act, PartyId};
use register::{NotTogether, Receipt, State as Register, Submission, SubmitError};
use serde::Deserialize;
use workbook::{Answer, BATCH_MAX, Entry, FILE_BYTES_MAX, Kind as Sheet, Line, Look, Reading, Verdict};

use super::deed::{Came, noted};
use super::refused::Refused;
use super::upload::{FORM_BYTES_MAX, Upload};
use super::{Reach, reader};
use crate::jobs::Lane;
use crate::lang::Lang;
use crate::pages::Site;
use crate::pages::signed::{Signed, private, signed_form, to_sign_in};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;

/// The most rows of a report that are shown; what is wrong comes first.
const SHOWN_MAX: usize = 500;
/// The largest form that confirms, in bytes: as many deployments as are written at once.
const CONFIRM_BYTES_MAX: usize = 16 << 20;
const XLSX: HeaderValue = HeaderValue::from_static("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
const CSV: HeaderValue = HeaderValue::from_static("text/csv; charset=utf-8; header=present");

/// The addresses of spreadsheets.
pub(super) fn routes() -> Router<Node> {
    Router::new()
        .route("/office/sheets", get(page).post(look).layer(DefaultBodyLimit::max(FORM_BYTES_MAX)))
        .route("/office/sheets/import", axum::routing::post(import).layer(DefaultBodyLimit::max(CONFIRM_BYTES_MAX)))
        .route("/office/sheets/{file}", get(file))
}

#[derive(Template)]
#[template(path = "office_sheets.html")]
struct Page {
    site: Site,
    party: String,
    form: String,
    kinds: [Sheet; 5],
    mebibytes: usize,
    rows: String,
    batch: String,
    /// What stands against reading what was sent.
    wrong: Option<String>,
    /// What was pasted.
    pasted: String,
}

#[derive(Template)]
#[template(path = "office_sheet_look.html")]
struct LookPage {
    site: Site,
    party: String,
    form: String,
    /// What stood against writing it.
    failed: Option<String>,
    notes: Vec<String>,
    /// How many rows come to what.
    counts: Vec<(&'static str, usize)>,
    lines: Vec<Row>,
    more: usize,
    /// What is confirmed; empty if there is nothing to write.
    rows: String,
    count: usize,
    /// Whether rows are left out of what is confirmed.
    left_out: bool,
    /// Whether there are more rows than are written at once.
    later: bool,
    reason: String,
}

/// A row of the report.
struct Row {
    line: Line,
    verdict: &'static str,
}

#[derive(Template)]
#[template(path = "office_sheet_done.html")]
struct DonePage {
    site: Site,
    party: String,
    form: String,
    count: String,
    first: Option<u64>,
    last: Option<u64>,
}

const fn told(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Wrong => "Wrong",
        Verdict::Refused => "Refused",
        Verdict::New => "New",
        Verdict::Changed => "Changed",
        Verdict::Later => "Later",
        Verdict::Same => "As it is",
    }
}

/// `GET /office/sheets`
async fn page(State(node): State<Node>, headers: HeaderMap) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    shown(&node, &signed, StatusCode::OK, None, String::new())
}

fn shown(
    node: &Node,
    signed: &Signed,
    status: StatusCode,
    wrong: Option<String>,
    pasted: String,
) -> Result<Response, Problem> {
    let page = Page {
        site: Site::of(&node.city.register().state()),
        party: signed.party.name.clone(),
        form: signed.id.form(),
        kinds: Sheet::ALL,
        mebibytes: FILE_BYTES_MAX >> 20,
        rows: words::number(workbook::ROWS_MAX as u64),
        batch: words::number(BATCH_MAX as u64),
        wrong,
        pasted,
    };
    private(status, &page)
}

/// `GET /office/sheets/{file}`: the template, everything that concerns the party, or one sheet of it as text.
async fn file(
    State(node): State<Node>,
    headers: HeaderMap,
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (name, state) = (name?.0, node.city.register().state());
    let none = || Problem::new(Kind::NotFound).detail("there is no such spreadsheet");
    let kind = name.strip_suffix(".csv").and_then(|code| Sheet::ALL.into_iter().find(|kind| kind.code() == code));
    let (party, whole) = (signed.party, name.clone());
    let draw = move || {
        let reach = Reach::of(&state, &party);
        let extent = |record: &model::DeploymentRecord| reach.deployment(record);
        match (kind, whole.as_str()) {
            (Some(kind), _) => {
                Some((CSV, workbook::csv(&kind.headings(), &workbook::drawn(kind, &state, &extent)).into_bytes()))
            }
            (None, "template.xlsx") => Some((XLSX, workbook::template(&state))),
            (None, "register.xlsx") => Some((XLSX, workbook::xlsx(&state, &extent))),
            _ => None,
        }
    };
    let (media, bytes) = node.jobs.run(Lane::File, draw).await?.ok_or_else(none)?;
    let named = format!("attachment; filename=\"{name}\"");
    let named = HeaderValue::from_str(&named).map_err(|_| Problem::new(Kind::Internal))?;
    let headers = [
        (header::CONTENT_TYPE, media),
        (header::CONTENT_DISPOSITION, named),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, bytes).into_response())
}

/// `POST /office/sheets`: a look at a file, or at what was pasted in its place.
async fn look(State(node): State<Node>, request: Request) -> Result<Response, Problem> {
    let Some(upload) = Upload::of(&node, request).await? else { return to_sign_in() };
    let (state, by) = (node.city.register().state(), upload.signed.party.id.clone());
    let look = upload.read(&node, move |book| Look::of(workbook::read(book, &state, &by), &state)).await?;
    let Upload { signed, pasted, .. } = upload;
    match look {
        Ok(look) => report(&node, &signed, look, StatusCode::OK, None, String::new()).await,
        Err(wrong) => shown(&node, &signed, StatusCode::UNPROCESSABLE_ENTITY, Some(wrong), pasted),
    }
}

/// What the register would do with what stands in a file.
struct Asked {
    lines: Vec<Line>,
    /// What would be written, as it is confirmed; empty if there is nothing.
    rows: String,
    /// How many rows that are.
    count: usize,
    notes: Vec<String>,
    /// Whether rows were not looked at because of those that are refused; a note says so.
    unasked: bool,
}

impl Asked {
    fn of(look: Look, city: &City, state: &Register, by: &PartyId, why: Option<&str>) -> Self {
        let preview = |some: &[Submission]| {
            Ok::<_, Infallible>(city.register().preview(some).into_iter().map(|one| answer(one, state)).collect())
        };
        let answers = look.ask(by, why, preview).unwrap_or_else(|never| match never {});
        let (lines, allowed) = (look.lines(state, &answers), look.allowed(&answers));
        let rows = if allowed.is_empty() { String::new() } else { serde_json::to_string(&allowed).unwrap_or_default() };
        let left = look.unasked(&answers);
        let unasked = left.is_some();
        let notes = look.notes.into_iter().chain(left).collect();
        Self { lines, rows, count: allowed.len(), notes, unasked }
    }
}

/// Asks the register what it would do with what stands in a file, and shows it. Both take a while, and are done beside the event loop.
async fn report(
    node: &Node,
    signed: &Signed,
    look: Look,
    status: StatusCode,
    failed: Option<String>,
    reason: String,
) -> Result<Response, Problem> {
    let (city, state) = (Arc::clone(&node.city), node.city.register().state());
    let (party, form) = (signed.party.clone(), signed.id.form());
    let drawn = move || {
        let why = Some(reason.trim()).filter(|reason| !reason.is_empty());
        let Asked { lines, rows, count: written, notes, unasked } = Asked::of(look, &city, &state, &party.id, why);
        let count = |verdict: Verdict| lines.iter().filter(|line| line.verdict == verdict).count();
        let all = [Verdict::Wrong, Verdict::Refused, Verdict::New, Verdict::Changed, Verdict::Later, Verdict::Same];
        let counts = all.map(|verdict| (told(verdict), count(verdict)));
        let page = LookPage {
            site: Site::of(&state),
            party: party.name,
            form,
            failed,
            counts: counts.into_iter().filter(|(_, count)| *count > 0).collect(),
            rows,
            count: written,
            left_out: count(Verdict::Wrong) + count(Verdict::Refused) > 0,
            later: count(Verdict::Later) > 0 && !unasked,
            more: lines.len().saturating_sub(SHOWN_MAX),
            lines: lines.into_iter().take(SHOWN_MAX).map(|line| Row { verdict: told(line.verdict), line }).collect(),
            notes,
            reason,
        };
        private(status, &page)
    };
    node.jobs.run(Lane::File, drawn).await?
}

/// What the register says to a row, in words.
fn answer(outcome: Result<Vec<Act>, SubmitError>, state: &Register) -> Answer {
    match outcome {
        Ok(acts) => Answer::Acts(acts.iter().map(|act| words::act(Lang::En, &act.what, act.at, state)).collect()),
        Err(error) => {
            let Refused { sentence, grounds, .. } = Refused::of(error, state, &mut []);
            let reasons: Vec<String> = grounds.iter().map(|ground| ground.reason.clone()).collect();
            let refused = if reasons.is_empty() { sentence } else { reasons.join(" ") };
            Answer::Refused { refused, norms: grounds.into_iter().map(|ground| ground.norm).collect() }
        }
    }
}

/// What is confirmed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirmed {
    form: String,
    rows: String,
    #[serde(default)]
    reason: String,
}

/// `POST /office/sheets/import`: writes what was looked at, together.
async fn import(State(node): State<Node>, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    // What a stranger sends is not read: it may be large.
    if reader(&node, &headers).is_none() {
        return to_sign_in();
    }
    let Form(Confirmed { form, rows, reason }) = Form::from_request(request, &()).await?;
    let Some(signed) = signed_form(&node, &headers, &form)? else { return to_sign_in() };
    let state = node.city.register().state();
    let read = move || confirmed(&rows).map(|entries| asked(entries, &state));
    let look = node.jobs.run(Lane::File, read).await??;
    let reason = Some(reason.trim().replace("\r\n", "\n")).filter(|reason| !reason.is_empty());
    let submissions = look.submissions(&signed.party.id, reason.as_deref());
    match noted(&node, &signed, Lane::File, "import-sheet".to_owned(), move |city| written(city, &submissions)).await? {
        Ok(receipts) => {
            let mut entries = receipts.iter().flat_map(|receipt| receipt.entries.iter().copied());
            let (first, rest) = (entries.next(), entries.count());
            let page = DonePage {
                site: Site::of(&node.city.register().state()),
                party: signed.party.name.clone(),
                form: signed.id.form(),
                count: words::count((rest + usize::from(first.is_some())) as u64, "act", "acts"),
                first,
                last: receipts.iter().rev().find_map(|receipt| receipt.entries.last().copied()),
            };
            private(StatusCode::OK, &page)
        }
        Err(failed) => {
            let row = look.asks.get(failed.at).map(|entry| format!("{}, row {}", entry.sheet, entry.row));
            let problem = Problem::from(failed.error);
            let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let words = format!("{}: {}", row.unwrap_or_default(), problem.detail_text());
            let look = asked(look.asks, &node.city.register().state());
            report(&node, &signed, look, status, Some(words), reason.unwrap_or_default()).await
        }
    }
}

/// What of some rows is not so already.
fn asked(entries: Vec<Entry>, state: &Register) -> Look {
    Look::of(Reading { entries, ..Reading::default() }, state)
}

/// What was confirmed.
///
/// # Errors
/// It is not what a look gave.
fn confirmed(rows: &str) -> Result<Vec<Entry>, Problem> {
    let broken =
        |_| Problem::new(Kind::Unprocessable).detail("what was confirmed is not what a look gave; send the file again");
    let entries: Vec<Entry> = serde_json::from_str(rows).map_err(broken)?;
    if entries.len() > BATCH_MAX {
        let detail = format!("{} rows came, the limit is {BATCH_MAX}; send the file again", entries.len());
        return Err(Problem::new(Kind::TooLarge).detail(detail));
    }
    Ok(entries)
}

fn written(city: &City, submissions: &[Submission]) -> (Result<Vec<Receipt>, NotTogether>, Came) {
    let done = city.register().submit_together(submissions);
    let came = match &done {
        Ok(receipts) => Came::of(receipts),
        Err(failed) if matches!(failed.error, SubmitError::Refused(_)) => Came::Nothing,
        Err(_) => Came::Unknown,
    };
    (done, came)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_confirmed_holds_things_alone_and_no_token() {
        let row =
            r#"[{"sheet":"parties","row":2,"thing":{"is":"party","with":{"id":"a","name":"A","kind":"vendor"}}}]"#;
        assert_eq!(confirmed(row).map(|rows| rows.len()).ok(), Some(1));
        for bad in ["", "{}", &row.replace("party\"", "token\""), &row.replace("\"row\":2", "\"row\":2,\"by\":\"x\"")] {
            assert_eq!(confirmed(bad).map_err(|problem| problem.status()).err(), Some(422), "{bad}");
        }
        let credential = "11".repeat(32);
        let device = format!(
            r#"[{{"sheet":"devices","row":2,"thing":{{"is":"device","with":{{"id":"d","deployment":"w","stream":"s",
                "position":[1,2],"credential":"{credential}"}}}}}}]"#
        );
        let look = asked(confirmed(&device).unwrap_or_default(), &Register::default());
        let by: PartyId = "a".parse().unwrap_or_else(|error| unreachable!("{error}"));
        let text = serde_json::to_string(&look.submissions(&by, None)).unwrap_or_default();
        assert!(text.contains("register-device") && !text.contains(&credential), "{text}");
    }
}
