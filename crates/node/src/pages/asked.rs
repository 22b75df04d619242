//! What became of an inquiry: when it came, by when it is due, and the answer. Public, and without what its sender wrote.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use model::{EvidenceId, EvidenceRecord, Subject, Timestamp};
use register::State as Register;
use register::state::InquiryRecord;
use standards::duty::{Instance, Status};

use super::runs::Runs;
use super::{Link, Site, page, party_name};
use crate::lang::{Here, Lang};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;

/// An inquiry as everybody may see it.
pub(crate) struct Told {
    pub(crate) id: EvidenceId,
    /// What the log says of it.
    pub(crate) summary: String,
    /// What it is about; none for the city as a whole.
    pub(crate) about: Option<Link>,
    pub(crate) received: String,
    /// The clock that runs on it, in a sentence.
    pub(crate) clock: String,
    /// Whether its time is over and it is open.
    pub(crate) overdue: bool,
    /// By when it is due, while it is open.
    pub(crate) due: Option<Timestamp>,
    /// Whether an answer stands.
    answered: bool,
}

/// A statement that answers it, or takes more time.
pub(crate) struct Answer {
    pub(crate) kind: String,
    pub(crate) by: String,
    pub(crate) on: String,
    pub(crate) text: String,
}

#[derive(Template)]
#[template(path = "asked.html")]
struct Page {
    site: Site,
    told: Told,
    answers: Vec<Answer>,
    entry: u64,
    erased: bool,
}

impl Told {
    /// Whether an answer is still to come.
    pub(crate) fn is_open(&self) -> bool {
        self.due.is_some() || !self.answered
    }

    pub(crate) fn of(lang: Lang, state: &Register, runs: &Runs, id: &EvidenceId) -> Option<Self> {
        let (filed, inquiry) = state.evidence.get(id).zip(state.inquiries.get(id))?;
        let about = match &filed.evidence.about {
            Subject::Deployment { id } => Link::deployment(lang, state, id),
            Subject::City | Subject::Device { .. } => None,
        };
        let run = runs.get(id).map(|(_, run)| run);
        let overdue = run.is_some_and(Instance::is_overdue);
        let due = run.filter(|run| run.status == Status::Waiting || run.is_overdue()).map(|run| run.due);
        let answered = state.is_answered(id);
        Some(Self {
            id: id.clone(),
            summary: words::inquiry(lang, inquiry.kind, &filed.evidence.summary),
            about,
            received: lang.instant(filed.filed_at),
            clock: clock(lang, run, answered),
            overdue,
            due,
            answered,
        })
    }
}

/// What was said about an inquiry and stands, oldest first.
pub(crate) fn answers(lang: Lang, state: &Register, id: &EvidenceId) -> Vec<Answer> {
    let Some(filed) = state.evidence.get(id) else { return Vec::new() };
    let stands = |record: &&EvidenceRecord| record.evidence.about == filed.evidence.about && record.ended.is_none();
    let mut answers: Vec<&EvidenceRecord> = state.answers_to(id).filter(stands).collect();
    answers.sort_by_key(|record| record.filed_at);
    let answer = |record: &EvidenceRecord| Answer {
        kind: record.evidence.kind.to_string(),
        by: party_name(state, &record.evidence.signed_by),
        on: lang.instant(record.filed_at),
        text: record.evidence.summary.clone(),
    };
    answers.into_iter().map(answer).collect()
}

/// Where the clock stands, in a sentence.
fn clock(lang: Lang, run: Option<&Instance>, answered: bool) -> String {
    let Some(run) = run else {
        let said = if answered {
            lang.of("It was answered.", "Es gibt eine Antwort.")
        } else {
            lang.of(
                "No clock of the policies in force runs on it; it waits for an answer.",
                "Die geltenden Regeln setzen dafür keine Frist; die Antwort steht noch aus.",
            )
        };
        return said.to_owned();
    };
    let due = lang.instant(run.due);
    match (lang, run.status) {
        (Lang::En, Status::Waiting) => format!("An answer is due by {due}."),
        (Lang::De, Status::Waiting) => format!("Die Stadt muss bis zum {due} antworten."),
        (Lang::En, Status::Done { at }) => format!("It was answered on {}, in time.", lang.instant(at)),
        (Lang::De, Status::Done { at }) => format!("Die Antwort kam rechtzeitig, am {}.", lang.instant(at)),
        (Lang::En, Status::Lapsed { done_later: None }) => format!("An answer was due by {due}, and there is none."),
        (Lang::De, Status::Lapsed { done_later: None }) => {
            format!("Die Stadt musste bis zum {due} antworten. Eine Antwort gibt es noch nicht.")
        }
        (Lang::En, Status::Lapsed { done_later: Some(at) }) => {
            format!("It was answered on {}, after {due} when it was due.", lang.instant(at))
        }
        (Lang::De, Status::Lapsed { done_later: Some(at) }) => {
            format!("Die Antwort kam am {}, zu spät: Fällig war sie am {due}.", lang.instant(at))
        }
        (Lang::En, Status::Void { at }) => {
            format!("What it is about ended on {}, before it was answered.", lang.instant(at))
        }
        (Lang::De, Status::Void { at }) => {
            format!("Worum es ging, endete am {}, bevor es eine Antwort gab.", lang.instant(at))
        }
    }
}

/// `GET /asked/{id}`
pub(crate) async fn asked(
    State(node): State<Node>,
    here: Here,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let (state, now) = (node.city.register().state(), node.city.register().now());
    let none = || Problem::new(Kind::NotFound).detail("nothing was asked under this address");
    let id: EvidenceId = id?.0.parse().map_err(|_| none())?;
    let runs = Runs::of(&node.city, &state, &id, now);
    let (told, answers) = (Told::of(here.lang, &state, &runs, &id).ok_or_else(none)?, answers(here.lang, &state, &id));
    let record: &InquiryRecord = state.inquiries.get(&id).ok_or_else(none)?;
    let (entry, erased) = (record.entry, state.erased.contains(&record.entry));
    page(&Page { site: Site::at(&state, &here), told, answers, entry, erased })
}
