//! The questions of an instrument on pages: one section a page, only what is asked, and what stands beside each answer.
//!
//! What fits is kept; what does not is said at its question, and stands there again as it was typed.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use flow::answers::AnswersError;
use standards::instrument::{
    Answer, Draft, Evaluation, FactValue, Instrument, Options, Place, Question, QuestionKind, Section, SetError,
};

use super::{Desk, problem};
use crate::jobs::Lane;
use crate::pages::office::ask::{Choice, Read, Sent};
use crate::pages::office::{reader, sender};
use crate::pages::signed::{Signed, elsewhere, private, to_sign_in};
use crate::pages::{Link, Site, party_name};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;

/// A section, with what was answered.
pub(in crate::pages::office) struct Part {
    pub(in crate::pages::office) title: String,
    pub(super) page: String,
    /// Its section's id.
    pub(in crate::pages::office) section: String,
    pub(in crate::pages::office) asked: Vec<Asked>,
}

/// A question as it is asked, with what was answered and remarked.
pub(in crate::pages::office) struct Asked {
    /// Under which name a form sends it.
    pub(super) place: String,
    pub(in crate::pages::office) ask: String,
    pub(super) help: String,
    pub(super) required: bool,
    pub(super) input: Input,
    /// What was answered, as a form has it.
    pub(super) value: String,
    /// The same in words.
    pub(in crate::pages::office) said: String,
    pub(in crate::pages::office) wrong: Option<String>,
    pub(super) remarks: Vec<Remarked>,
}

/// How a question is answered.
pub(in crate::pages::office) enum Input {
    /// Not at all: words to read, or what stands above rows.
    None,
    /// Rows are added to it, each of this.
    Rows(String),
    Text(usize),
    Line,
    Day,
    One(Vec<Choice>),
    Any(Vec<Choice>),
}

/// What somebody remarked.
pub(in crate::pages::office) struct Remarked {
    pub(super) number: usize,
    pub(super) by: String,
    pub(super) at: String,
    pub(super) text: String,
    pub(super) settled: Option<String>,
}

#[derive(Template)]
#[template(path = "office_questions.html")]
pub(in crate::pages::office) struct Page {
    site: Site,
    party: String,
    form: String,
    deployment: Link,
    overview: Link,
    address: String,
    revision: u64,
    title: String,
    intro: String,
    asked: Vec<Asked>,
    wrong: Option<String>,
}

/// Every section in which something is asked.
pub(super) fn parts(desk: &Desk, found: &Evaluation) -> Vec<Part> {
    let part = |section: &Section| {
        let asked = asked(desk, found, section, &BTreeMap::new(), None);
        let page = format!("{}/{}", desk.page(), section.id);
        (!asked.is_empty()).then(|| Part { title: section.title.clone(), page, section: section.id.to_string(), asked })
    };
    desk.instrument.sections.iter().filter_map(part).collect()
}

/// What is asked in a section, in order.
fn asked(
    desk: &Desk,
    found: &Evaluation,
    section: &Section,
    wrong: &BTreeMap<String, String>,
    typed: Option<&Sent>,
) -> Vec<Asked> {
    let Some(draft) = &desk.draft else { return Vec::new() };
    let own = |place: &&Place| {
        let top = place.row.as_ref().map_or(&place.question, |(group, _)| group);
        section.questions.iter().any(|question| question.id == *top)
    };
    let places = found.visible.iter().filter(own);
    places.filter_map(|place| one(desk, draft, found, place, wrong, typed)).collect()
}

fn one(
    desk: &Desk,
    draft: &Draft,
    found: &Evaluation,
    place: &Place,
    wrong: &BTreeMap<String, String>,
    typed: Option<&Sent>,
) -> Option<Asked> {
    let question = question(&desk.instrument, place)?;
    let name = place.to_string();
    let answer = answered(draft, place);
    let kept = answer.map(written).unwrap_or_default();
    let value = match typed {
        Some(sent) if wrong.contains_key(&name) => sent.all(&name).collect::<Vec<_>>().join(","),
        _ => kept,
    };
    let (input, said) = input(question, &value, draft);
    let row = place.row.as_ref().map(|(_, row)| format!("{row}: ")).unwrap_or_default();
    let unfit = found.invalid.iter().find(|one| one.place == *place).map(|one| words::capital(&one.why.to_string()));
    let missing = found.missing.contains(place).then(|| "Not answered yet.".to_owned());
    Some(Asked {
        ask: format!("{row}{}", question.ask),
        help: question.help.replace('\n', " "),
        required: question.required,
        wrong: wrong.get(&name).cloned().or(unfit).or_else(|| missing.filter(|_| typed.is_none())),
        remarks: remarks(desk, &name),
        place: name,
        input,
        value,
        said,
    })
}

/// The question of a place.
fn question<'i>(instrument: &'i Instrument, place: &Place) -> Option<&'i Question> {
    let top = place.row.as_ref().map_or(&place.question, |(group, _)| group);
    let found = instrument.questions().map(|(_, question)| question).find(|question| question.id == *top)?;
    match &place.row {
        None => Some(found),
        Some(_) => found.of_rows().iter().find(|one| one.id == place.question),
    }
}

fn answered<'d>(draft: &'d Draft, place: &Place) -> Option<&'d Answer> {
    let answers = &draft.answers.answers;
    let Some((group, name)) = &place.row else { return answers.get(&place.question) };
    let Some(Answer::Rows(rows)) = answers.get(group) else { return None };
    rows.iter().find(|row| row.row == *name)?.answers.get(&place.question)
}

/// An answer as it is typed.
fn written(answer: &Answer) -> String {
    match answer {
        Answer::Number(number) => number.to_string(),
        Answer::Text(text) => text.clone(),
        Answer::Many(codes) => codes.iter().cloned().collect::<Vec<_>>().join(","),
        Answer::Rows(rows) => rows.iter().map(|row| row.row.clone()).collect::<Vec<_>>().join(", "),
    }
}

/// How a question is answered, and what was answered in words.
fn input(question: &Question, value: &str, draft: &Draft) -> (Input, String) {
    let chosen = |mut choices: Vec<Choice>| {
        let codes: Vec<&str> = value.split(',').map(str::trim).collect();
        for choice in &mut choices {
            choice.chosen = codes.contains(&choice.value.as_str());
        }
        let said: Vec<&str> = choices.iter().filter(|one| one.chosen).map(|one| one.text.as_str()).collect();
        (said.join("; "), choices)
    };
    match &question.kind {
        QuestionKind::Statement => (Input::None, String::new()),
        QuestionKind::Group(group) if group.over.is_some() => (Input::None, value.to_owned()),
        QuestionKind::Group(group) => (Input::Rows(group.row.clone()), value.to_owned()),
        QuestionKind::Text { most, .. } => (Input::Text(*most), value.to_owned()),
        QuestionKind::Number { unit, .. } => {
            let unit = unit.as_ref().filter(|_| !value.is_empty()).map(|unit| format!(" {unit}")).unwrap_or_default();
            (Input::Line, format!("{value}{unit}"))
        }
        QuestionKind::Date => (Input::Day, value.to_owned()),
        QuestionKind::YesNo { .. } => {
            let choices = [("yes", "Yes"), ("no", "No"), ("unknown", "Not known")];
            let (said, choices) = chosen(choices.map(|(code, text)| Choice::new(code, text)).into());
            (Input::One(choices), said)
        }
        QuestionKind::Choice { many, options } => {
            let choices = match options {
                Options::Listed(options) => options.iter().map(|one| Choice::new(&one.id, one.label.clone())).collect(),
                Options::Fact(path) => match draft.answers.facts.get(path) {
                    Some(FactValue::Set(members)) => {
                        members.iter().map(|code| Choice::new(code, code.clone())).collect()
                    }
                    _ => Vec::new(),
                },
            };
            let (said, choices) = chosen(choices);
            (if *many { Input::Any(choices) } else { Input::One(choices) }, said)
        }
    }
}

fn remarks(desk: &Desk, place: &str) -> Vec<Remarked> {
    let own = desk.kept.remarks.iter().enumerate().filter(|(_, remark)| remark.question == place);
    let remarked = own.map(|(number, remark)| Remarked {
        number,
        by: party_name(&desk.state, &remark.by),
        at: words::instant(remark.at),
        text: remark.text.clone(),
        settled: remark.settled.as_ref().map(|by| party_name(&desk.state, by)),
    });
    remarked.collect()
}

type Parts = (String, String, String);

/// `GET /office/deployments/{id}/assessments/{instrument}/{section}`
pub(in crate::pages::office) async fn section(
    State(node): State<Node>,
    headers: HeaderMap,
    path: Result<Path<Parts>, PathRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (at, path) = (node.clone(), path?.0);
    let (party, form) = (signed.party.clone(), signed.id.form());
    let job = move || {
        let desk = Desk::open(&at, &party, &path.0, &path.1)?;
        drawn(&desk, &path.2, party.name.clone(), form, &BTreeMap::new(), None, None)
    };
    private(StatusCode::OK, &node.jobs.run(Lane::Token, job).await??)
}

/// The page of a section.
pub(super) fn drawn(
    desk: &Desk,
    section: &str,
    party: String,
    form: String,
    wrong: &BTreeMap<String, String>,
    typed: Option<&Sent>,
    said: Option<String>,
) -> Result<Page, Problem> {
    let (section, found) = opened(desk, section)?;
    let [belongs, overview] = &desk.within;
    Ok(Page {
        site: Site::of(&desk.state),
        party,
        form,
        deployment: belongs.clone(),
        overview: overview.clone(),
        address: format!("{}/{}", desk.page(), section.id),
        revision: desk.kept.revision,
        title: section.title.clone(),
        intro: section.intro.replace('\n', " "),
        asked: asked(desk, &found, section, wrong, typed),
        wrong: said,
    })
}

/// A section of answers that can be evaluated.
pub(super) fn opened<'d>(desk: &'d Desk, section: &str) -> Result<(&'d Section, Evaluation), Problem> {
    let none = || Problem::new(Kind::NotFound).detail("there is no such section, or nobody began to answer it");
    let section = desk.instrument.sections.iter().find(|one| one.id.as_str() == section).ok_or_else(none)?;
    let draft = desk.draft.as_ref().ok_or_else(none)?;
    Ok((section, desk.evaluated(draft).map_err(|why| Problem::new(Kind::Conflict).detail(why))?))
}

/// `POST /office/deployments/{id}/assessments/{instrument}/{section}`
pub(in crate::pages::office) async fn answer(
    State(node): State<Node>,
    headers: HeaderMap,
    path: Result<Path<Parts>, PathRejection>,
    read: Read,
) -> Result<Response, Problem> {
    let Some((signed, sent)) = sender(&node, &headers, read)? else { return to_sign_in() };
    let (at, path) = (node.clone(), path?.0);
    let job = move || kept(&at, &signed, &path, &sent);
    node.jobs.run(Lane::Token, job).await?
}

/// Keeps what fits, and leads on; or the page again, with what does not.
fn kept(node: &Node, signed: &Signed, path: &Parts, sent: &Sent) -> Result<Response, Problem> {
    let mut desk = Desk::open(node, &signed.party, &path.0, &path.1)?;
    let (section, found) = opened(&desk, &path.2)?;
    let mut draft = desk.draft.clone().ok_or_else(|| Problem::new(Kind::NotFound))?;
    let wrong = taken(&desk, &found, section, &mut draft, sent);
    let (address, section) = (format!("{}/{}", desk.page(), section.id), section.id.to_string());
    let seen = sent.one("revision").parse().unwrap_or(u64::MAX);
    let stale = match desk.keep(node, &draft, seen) {
        Ok(()) => None,
        Err(error @ AnswersError::Changed) => Some(words::capital(&error.to_string())),
        Err(error) => return Err(problem(error)),
    };
    if stale.is_none() && wrong.is_empty() {
        // A row that was added is filled in next, on the same page.
        let adds = sent.one("go") == "row";
        return elsewhere(&if adds { address } else { desk.page() });
    }
    if stale.is_none() {
        desk = Desk::open(node, &signed.party, &path.0, &path.1)?;
    } else {
        // What stands on the page again is what was typed, over the answers that are kept now.
        desk.draft = Some(draft);
    }
    let (party, form) = (signed.party.name.clone(), signed.id.form());
    let page = drawn(&desk, &section, party, form, &wrong, Some(sent), stale)?;
    private(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// Sets what fits of what was sent of a section; gives what does not, by its question.
pub(super) fn taken(
    desk: &Desk,
    found: &Evaluation,
    section: &Section,
    draft: &mut Draft,
    sent: &Sent,
) -> BTreeMap<String, String> {
    let mut wrong = BTreeMap::new();
    for asked in asked(desk, found, section, &BTreeMap::new(), None) {
        let (name, text) = match &asked.input {
            Input::None => continue,
            Input::Rows(_) => match sent.filled(&format!("row/{}", asked.place)) {
                Some(row) => (new_row(&desk.instrument, &asked.place, row), String::new()),
                None => continue,
            },
            Input::Any(_) => (asked.place.clone(), sent.all(&asked.place).collect::<Vec<_>>().join(",")),
            _ => (asked.place.clone(), sent.one(&asked.place).trim().to_owned()),
        };
        if let Err(error) = draft.answers.set(&desk.instrument, &name, &text) {
            wrong.insert(asked.place, words_of(&error));
        }
    }
    wrong
}

/// The place of the first question in a new row of a group.
fn new_row(instrument: &Instrument, group: &str, row: &str) -> String {
    let found = instrument.questions().map(|(_, question)| question).find(|one| one.id.as_str() == group);
    let first = found.and_then(|group| group.of_rows().iter().find(|one| one.kind != QuestionKind::Statement));
    format!("{group}/{row}/{}", first.map(|one| one.id.to_string()).unwrap_or_default())
}

/// Why an answer was not kept; the answer itself stands beside it.
fn words_of(error: &SetError) -> String {
    match error {
        SetError::Unfit { why, how, .. } => format!("{}: it is answered by {how}.", words::capital(&why.to_string())),
        other => words::capital(&other.to_string()),
    }
}
