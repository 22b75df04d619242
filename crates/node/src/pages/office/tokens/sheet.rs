//! Tokens for many sensors at once: a sheet that names them is looked at row by row, and what is confirmed is issued together or not at
//! all. The tokens come as one file, once, and are kept nowhere.
//!
//! What is confirmed names sensors and what their token was when they were looked at, so that the same form sent again, or one that was
//! overtaken, ends no token that nobody saw.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow::City;
use flow::city::credential;
use model::{Device, DeviceId, Party};
use register::{Command, NotTogether, Receipt, State as Register, Submission, SubmitError};
use serde::Deserialize;
use workbook::{BATCH_MAX, Bearer, Fault, csv_cell as cell};

use super::super::deed::{Came, Token, noted};
use super::super::refused::Refused;
use super::super::upload::Upload;
use super::super::{Reach, reader};
use super::own;
use crate::jobs::Lane;
use crate::pages::Site;
use crate::pages::signed::{Signed, private, signed_form, to_sign_in};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;

/// What the file is called.
const FILE: HeaderValue = HeaderValue::from_static("attachment; filename=\"tokens.csv\"");
/// The most rows of the report that are shown; what is wrong comes first.
const SHOWN_MAX: usize = 500;
/// What stands for the token of a sensor that has none.
const NONE: &str = "none";

#[derive(Template)]
#[template(path = "office_tokens_sheet.html")]
struct Page {
    site: Site,
    party: String,
    form: String,
    batch: String,
    wrong: Option<String>,
    pasted: String,
}

#[derive(Template)]
#[template(path = "office_tokens_look.html")]
struct LookPage {
    site: Site,
    party: String,
    form: String,
    /// What stood against issuing them.
    failed: Option<String>,
    counts: Vec<(&'static str, usize)>,
    lines: Vec<Line>,
    more: usize,
    /// What is confirmed; empty if there is nothing.
    sensors: String,
    count: usize,
    reason: String,
}

/// A row of the report.
struct Line {
    sheet: String,
    row: u32,
    id: String,
    comes_to: Comes,
    said: String,
}

/// What a row comes to, the most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Comes {
    Wrong,
    Refused,
    New,
    Renewed,
    Later,
    Same,
}

impl Comes {
    const ALL: [Self; 6] = [Self::Wrong, Self::Refused, Self::New, Self::Renewed, Self::Later, Self::Same];

    const fn words(self) -> &'static str {
        match self {
            Self::Wrong => "Wrong",
            Self::Refused => "Refused",
            Self::New => "Gets a token",
            Self::Renewed => "Gets another token",
            Self::Later => "Later",
            Self::Same => "Keeps its token",
        }
    }
}

/// `GET /office/tokens/sheet`
pub(crate) async fn page(State(node): State<Node>, headers: HeaderMap) -> Result<Response, Problem> {
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
        batch: words::number(BATCH_MAX as u64),
        wrong,
        pasted,
    };
    private(status, &page)
}

/// `POST /office/tokens/sheet`: a look at a file, or at what was pasted in its place.
pub(crate) async fn look(State(node): State<Node>, request: Request) -> Result<Response, Problem> {
    let Some(upload) = Upload::of(&node, request).await? else { return to_sign_in() };
    let read = upload.read(&node, workbook::bearers).await?;
    let Upload { signed, pasted, .. } = upload;
    match read {
        Ok((bearers, faults)) => report(&node, &signed, bearers, faults, StatusCode::OK, (None, String::new())).await,
        Err(wrong) => shown(&node, &signed, StatusCode::UNPROCESSABLE_ENTITY, Some(wrong), pasted),
    }
}

/// Says of each row what it would come to. The register is asked beside the event loop.
async fn report(
    node: &Node,
    signed: &Signed,
    bearers: Vec<Bearer>,
    faults: Vec<Fault>,
    status: StatusCode,
    (failed, reason): (Option<String>, String),
) -> Result<Response, Problem> {
    let (city, party, form) = (Arc::clone(&node.city), signed.party.clone(), signed.id.form());
    let draw = move || {
        let state = city.register().state();
        let mut lines: Vec<Line> = faults.into_iter().map(Line::wrong).collect();
        let mut asks = Vec::new();
        for bearer in bearers {
            match asked(&state, &party, bearer, asks.len() < BATCH_MAX) {
                Ok(ask) => asks.push(ask),
                Err(line) => lines.push(line),
            }
        }
        let commands: Vec<Submission> = asks.iter().map(|ask| ask.submission(&party)).collect();
        let mut sensors: Vec<String> = Vec::new();
        for (ask, answer) in asks.into_iter().zip(city.register().preview(&commands)) {
            let (line, mark) = ask.answered(answer.err(), &state);
            lines.push(line);
            sensors.extend(mark);
        }
        lines.sort_by(|a, b| (a.comes_to, &a.sheet, a.row).cmp(&(b.comes_to, &b.sheet, b.row)));
        let count = |comes: Comes| lines.iter().filter(|line| line.comes_to == comes).count();
        let counts = Comes::ALL.map(|comes| (comes.words(), count(comes)));
        let page = LookPage {
            site: Site::of(&state),
            party: party.name,
            form,
            failed,
            counts: counts.into_iter().filter(|(_, count)| *count > 0).collect(),
            more: lines.len().saturating_sub(SHOWN_MAX),
            count: sensors.len(),
            sensors: sensors.join(" "),
            lines: lines.into_iter().take(SHOWN_MAX).collect(),
            reason,
        };
        private(status, &page)
    };
    node.jobs.run(Lane::File, draw).await?
}

impl Line {
    fn of(bearer: &Bearer, comes_to: Comes, said: &str) -> Self {
        let Bearer { sheet, row, id, .. } = bearer;
        Self { sheet: sheet.clone(), row: *row, id: id.to_string(), comes_to, said: said.to_owned() }
    }

    fn wrong(fault: Fault) -> Self {
        let Fault { sheet, row, column, words } = fault;
        let column = column.map(|column| format!("{column}: ")).unwrap_or_default();
        Self { sheet, row, id: String::new(), comes_to: Comes::Wrong, said: format!("{column}{words}") }
    }
}

/// A sensor that would get a token, if the register agrees.
struct Ask {
    bearer: Bearer,
    /// What is public of the token that it has.
    present: String,
}

/// What one row asks for, or what it comes to without asking.
fn asked(state: &Register, party: &Party, bearer: Bearer, room: bool) -> Result<Ask, Line> {
    let Some(device) = find(state, party, &bearer.id) else {
        let said = "no sensor of this name concerns the party that is signed in";
        return Err(Line::of(&bearer, Comes::Wrong, said));
    };
    if device.credential.is_some() && !bearer.renew {
        let said = "it has a token; write `yes` into a column `renew` if that is to end";
        return Err(Line::of(&bearer, Comes::Same, said));
    }
    if !room {
        let said = "there are more than are issued at once; send the file again afterwards";
        return Err(Line::of(&bearer, Comes::Later, said));
    }
    Ok(Ask { present: present(device), bearer })
}

impl Ask {
    /// What the register is asked. What it would hold of the token does not matter to whether it may be issued, but no two have the same.
    fn submission(&self, party: &Party) -> Submission {
        let id = self.bearer.id.clone();
        let credential = Some(credential(&format!("a look at {id}")));
        Submission {
            by: party.id.clone(),
            reason: None,
            command: Command::SetDeviceCredential { device: id, credential },
        }
    }

    /// What the row comes to by what stands against it, and how it is confirmed if nothing does.
    fn answered(self, against: Option<SubmitError>, state: &Register) -> (Line, Option<String>) {
        let Self { bearer, present } = self;
        if let Some(error) = against {
            let refused = Refused::of(error, state, &mut []);
            let reasons: Vec<&str> = refused.grounds.iter().map(|ground| ground.reason.as_str()).collect();
            let said = if reasons.is_empty() { refused.sentence.clone() } else { reasons.join(" ") };
            return (Line::of(&bearer, Comes::Refused, &said), None);
        }
        let (comes, said) = match present.as_str() {
            NONE => (Comes::New, ""),
            _ => (Comes::Renewed, "its present token ends at that moment"),
        };
        (Line::of(&bearer, comes, said), Some(format!("{}={present}", bearer.id)))
    }
}

fn find<'s>(state: &'s Register, party: &Party, id: &DeviceId) -> Option<&'s Device> {
    let reach = Reach::of(state, party);
    state.devices.get(id).map(AsRef::as_ref).filter(|device| own(&reach, device))
}

/// What is public of a sensor's present token.
fn present(device: &Device) -> String {
    device.credential.map_or_else(|| NONE.to_owned(), |credential| credential.to_string())
}

/// What is confirmed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirmed {
    form: String,
    sensors: String,
    #[serde(default)]
    reason: String,
}

/// `POST /office/tokens/sheet/issue`: issues what was looked at, together, and hands the tokens over as a file.
pub(crate) async fn issue(State(node): State<Node>, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    if reader(&node, &headers).is_none() {
        return to_sign_in();
    }
    let Form(Confirmed { form, sensors, reason }) = Form::from_request(request, &()).await?;
    let Some(signed) = signed_form(&node, &headers, &form)? else { return to_sign_in() };
    let named = confirmed(&sensors)?;
    let (city, party) = (Arc::clone(&node.city), signed.party.clone());
    let reason = Some(reason.trim().replace("\r\n", "\n")).filter(|reason| !reason.is_empty());
    let why = reason.clone();
    let fresh = move || fresh(&city, &party, named, why.as_deref());
    let Fresh { seen, submissions, table } = node.jobs.run(Lane::File, fresh).await??;
    let looked: Vec<(DeviceId, bool)> = table.iter().map(|handed| (handed.id.clone(), handed.renewed)).collect();
    let done =
        noted(&node, &signed, Lane::File, "issue-tokens".to_owned(), move |city| issued(city, &submissions, seen))
            .await?;
    match done {
        Ok(_) => Ok(handed_over(table)),
        Err(failed) => {
            let came = outcome(&failed.error);
            let problem = Problem::from(failed.error);
            let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let sensor = looked.get(failed.at).map(|(id, _)| id.to_string()).unwrap_or_default();
            let words = format!("{came} {sensor}: {}", problem.detail_text());
            let again = looked.into_iter().map(|(id, renew)| Bearer { sheet: String::new(), row: 0, id, renew });
            report(&node, &signed, again.collect(), Vec::new(), status, (Some(words), reason.unwrap_or_default())).await
        }
    }
}

/// The sensors that were confirmed, with what their token was.
///
/// # Errors
/// It is not what a look gave.
fn confirmed(sensors: &str) -> Result<Vec<(DeviceId, String)>, Problem> {
    let broken =
        || Problem::new(Kind::Unprocessable).detail("what was confirmed is not what a look gave; send the file again");
    let mut seen = BTreeSet::new();
    let each = sensors.split_ascii_whitespace().take(BATCH_MAX + 1).map(|one| {
        let (id, was) = one.split_once('=').ok_or_else(broken)?;
        let id: DeviceId = id.parse().map_err(|_| broken())?;
        if seen.insert(id.clone()) { Ok((id, was.to_owned())) } else { Err(broken()) }
    });
    let named: Vec<_> = each.collect::<Result<_, Problem>>()?;
    if named.is_empty() || named.len() > BATCH_MAX { Err(broken()) } else { Ok(named) }
}

/// A sensor, its stream and its token, on their way to whoever sent the file.
struct Handed {
    id: DeviceId,
    stream: String,
    token: Token,
    /// Whether it had another, which ends.
    renewed: bool,
}

/// What is issued, and after how many acts each sensor was seen to have what was looked at.
struct Fresh {
    seen: u64,
    submissions: Vec<Submission>,
    table: Vec<Handed>,
}

/// What is known of tokens that were not handed over.
const fn outcome(error: &SubmitError) -> &'static str {
    match error {
        SubmitError::Refused(_) | SubmitError::Changed { .. } => "Nothing was issued.",
        _ => "It is not known whether they were issued; look at your sensors, and issue other tokens if they were.",
    }
}

/// A token for each, and what the register is asked for.
///
/// # Errors
/// A sensor has another token than when it was looked at, or concerns somebody else.
fn fresh(city: &City, party: &Party, named: Vec<(DeviceId, String)>, reason: Option<&str>) -> Result<Fresh, Problem> {
    let state = city.register().state();
    let (mut submissions, mut table) = (Vec::with_capacity(named.len()), Vec::with_capacity(named.len()));
    for (id, was) in named {
        let none =
            || Problem::new(Kind::NotFound).detail(format!("no sensor `{id}` concerns the party that is signed in"));
        let device = find(&state, party, &id).ok_or_else(none)?;
        if present(device) != was {
            let detail =
                format!("the sensor `{id}` has got another token since you looked; nothing was issued, look again");
            return Err(Problem::new(Kind::Changed).detail(detail));
        }
        let (token, credential) = Token::fresh(city)?;
        table.push(Handed { id: id.clone(), stream: device.stream.to_string(), token, renewed: was != NONE });
        let command = Command::SetDeviceCredential { device: id, credential: Some(credential) };
        submissions.push(Submission { by: party.id.clone(), reason: reason.map(str::to_owned), command });
    }
    Ok(Fresh { seen: state.size, submissions, table })
}

/// Asks for all of them, if nothing has changed since they were looked at: whoever gave one of them a token meanwhile keeps it.
fn issued(city: &City, submissions: &[Submission], seen: u64) -> (Result<Vec<Receipt>, NotTogether>, Came) {
    let done = city.register().submit_together_if(submissions, Some(seen));
    let came = match &done {
        Ok(receipts) => Came::of(receipts),
        Err(failed) if matches!(failed.error, SubmitError::Refused(_) | SubmitError::Changed { .. }) => Came::Nothing,
        Err(_) => Came::Unknown,
    };
    (done, came)
}

/// The file, once.
fn handed_over(table: Vec<Handed>) -> Response {
    let mut file = "sensor,stream,token\r\n".to_owned();
    for Handed { id, stream, token, .. } in table {
        file.push_str(&[cell(id.as_ref()), cell(&stream), cell(token.shown())].join(","));
        file.push_str("\r\n");
    }
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present")),
        (header::CONTENT_DISPOSITION, FILE),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, file).into_response()
}

#[cfg(test)]
mod tests {
    use journal::JournalError;

    use super::*;

    #[test]
    fn nothing_was_issued_is_said_only_where_that_is_known() {
        let unsure = || Arc::new(JournalError::Unsure(Box::new(JournalError::Refused("x".to_owned()))));
        assert!(outcome(&SubmitError::Journal(unsure())).starts_with("It is not known"));
        assert!(outcome(&SubmitError::Stopped).starts_with("It is not known"));
        assert_eq!(outcome(&SubmitError::Changed { seen: 1, by: 2 }), "Nothing was issued.");
    }

    #[test]
    fn what_is_confirmed_names_each_sensor_once_and_says_what_it_had() {
        let named = confirmed("wifi-1=none wifi-2=11").map(|named| named.len());
        assert_eq!(named.ok(), Some(2));
        let many: Vec<String> = (0..=BATCH_MAX).map(|at| format!("s-{at}=none")).collect();
        for bad in ["", "wifi-1", "No Id=none", "wifi-1=none wifi-1=none", &many.join(" ")] {
            assert_eq!(confirmed(bad).map_err(|problem| problem.status()).err(), Some(422));
        }
    }
}
