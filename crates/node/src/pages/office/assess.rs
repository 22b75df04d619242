//! Assessments answered on pages: the instruments in force, one section a page, looked over with remarks, and signed.
//!
//! Answers are kept beside the log until they are signed; what is signed is their digest, each signature an act of its own party,
//! and who has signed is read from the register. What may be signed and filed is for the norms.

mod ahead;
mod questions;
mod sign;

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use flow::answers::{AnswersError, Kept, REMARK_CHARS_MAX, Remark};
use model::{DeploymentRecord, Grant, Party, PartyId, State as Stage, Timestamp};
use register::State as Register;
use register::signing::{assesses, signed as signed_by};
use standards::instrument::{Answers, Declared, Draft, Evaluation, Facts, Instrument, Standing, evaluate, standing};

use super::ask::{Read, Sent};
use super::{Done, Reach, deed, deployment, reader, sender};
use crate::jobs::Lane;
use crate::pages::policies::Known;
use crate::pages::signed::{Signed, elsewhere, private, to_sign_in};
use crate::pages::{Link, Site, party_name};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;
pub(super) use ahead::{About, Ahead, Sentence, Taken, asks};
pub(super) use questions::{Part as AskedPart, answer as answer_section, section};
use questions::{Part, parts};
pub(super) use sign::{besides, sign};

/// What stands behind an error of the folder.
fn problem(error: AnswersError) -> Problem {
    match error {
        // The errors of disks name paths of the machine.
        AnswersError::Folder(_) => {
            Problem::new(Kind::Unavailable).detail("the answers cannot be read or written now; ask again later")
        }
        AnswersError::Damaged => Problem::new(Kind::Unavailable).detail(error.to_string()),
        AnswersError::Unknown => Problem::new(Kind::NotFound).detail(error.to_string()),
        AnswersError::Changed | AnswersError::TooLong | AnswersError::Remark | AnswersError::TooMany => {
            Problem::new(Kind::Unprocessable).detail(error.to_string())
        }
    }
}

/// An instrument in force, and what was answered to it about one deployment.
struct Desk {
    state: Arc<Register>,
    now: Timestamp,
    record: DeploymentRecord,
    instrument: Instrument,
    pack: String,
    facts: Facts,
    /// The address of the answers.
    page: String,
    /// Where they belong.
    within: [Link; 2],
    kept: Kept,
    /// The answers; none where nobody began.
    draft: Option<Draft>,
}

impl Desk {
    /// Opens the answers, for those who answer for the deployment or proposed it; the same problem for everybody else.
    fn open(node: &Node, party: &Party, deployment: &str, instrument: &str) -> Result<Self, Problem> {
        let (state, now) = (node.city.register().state(), node.city.register().now());
        let record = find(&state, party, deployment)?.clone();
        let none = || Problem::new(Kind::NotFound).detail("no such instrument is in force");
        let policy = state.policy.clone().ok_or_else(none)?;
        let known = Known::of(&policy.text);
        let (pack, found) = known.instrument(instrument).ok_or_else(none)?;
        let (pack, found) = (pack.manifest.reference.to_string(), found.clone());
        let kept = node.answers.one(&record.deployment.id, &found.id).map_err(problem)?.unwrap_or_default();
        let draft = read(&kept)?;
        let mut facts = declared(&state, &record, now);
        for (_, other) in known.instruments().filter(|(_, other)| other.id != found.id) {
            let kept = node.answers.one(&record.deployment.id, &other.id).map_err(problem)?;
            let Some(draft) = kept.as_ref().map(read).transpose()?.flatten() else { continue };
            // Answers to another edition fill in nothing, until they are carried over.
            drop(facts.add_answers(other, &draft.answers));
        }
        let page = format!("{}/{}", list(&record), found.id);
        let within = [deployment::page_of(&record.deployment), Link { href: page.clone(), text: found.title.clone() }];
        Ok(Self { state, now, record, instrument: found, pack, facts, page, within, kept, draft })
    }

    /// What the answers amount to; in words why that cannot be said.
    fn evaluated(&self, draft: &Draft) -> Result<Evaluation, String> {
        draft.check_questions(&self.instrument).map_err(|error| error.to_string())?;
        evaluate(&self.instrument, &draft.answers, &self.facts).map_err(|error| error.to_string())
    }

    /// Who has signed the answers as they are.
    fn stands(&self, draft: &Draft) -> Standing {
        let (id, roles) = (&self.record.deployment.id, &self.instrument.roles);
        let signed = signed_by(&self.state, id, roles, draft.answers.digest(), self.now);
        standing(&signed, &draft.answers, roles)
    }

    /// Keeps other answers in the place of those that were seen.
    fn keep(&self, node: &Node, draft: &Draft, seen: u64) -> Result<(), AnswersError> {
        let text = draft.to_toml(&self.instrument);
        node.answers.keep(&self.record.deployment.id, &self.instrument.id, seen, text)
    }

    fn page(&self) -> String {
        self.page.clone()
    }
}

/// A deployment whose assessments a party reads and answers.
fn find<'s>(state: &'s Register, party: &Party, id: &str) -> Result<&'s DeploymentRecord, Problem> {
    let none = || Problem::new(Kind::NotFound).detail("no deployment of this name is yours to assess");
    let id = Reach::of(state, party).find(id).map_err(|_| none())?.deployment.id.clone();
    let record = state.deployments.get(&id).ok_or_else(none)?;
    if assesses(state, party, record) { Ok(record) } else { Err(none()) }
}

pub(super) fn read(kept: &Kept) -> Result<Option<Draft>, Problem> {
    if kept.answers.is_empty() {
        return Ok(None);
    }
    Draft::read(&kept.answers).map(Some).map_err(|_| problem(AnswersError::Damaged))
}

/// What the register says of a deployment, as instruments look at it.
fn declared(state: &Register, record: &DeploymentRecord, now: Timestamp) -> Facts {
    let parties: BTreeMap<PartyId, Party> =
        state.parties.iter().map(|(id, record)| (id.clone(), record.party.clone())).collect();
    let in_force = state.grants.values().filter(|grant| grant.in_force(now));
    let grants: Vec<Grant> = in_force.map(|record| record.grant.clone()).collect();
    let place = state.places.get(&record.deployment.place).map(AsRef::as_ref);
    Facts::of(&Declared { deployment: &record.deployment, place, parties: &parties, grants: &grants })
}

/// Why no assessment of a deployment can be signed any more, if so; whoever begins to answer has to know it.
fn too_late(record: &DeploymentRecord) -> Option<&'static str> {
    match record.standing.state {
        Stage::Proposed | Stage::Assessed => None,
        Stage::Approved | Stage::Published | Stage::Active | Stage::Suspended => Some(
            "This deployment is approved, and an assessment is signed before that: the register takes none of it any more. What is \
             answered here is kept, and the last signature would be refused.",
        ),
        Stage::Ended => Some(
            "This deployment is over: the register takes no assessment of it any more. What is answered here is kept, and the last \
             signature would be refused.",
        ),
    }
}

fn list(record: &DeploymentRecord) -> String {
    format!("{}/assessments", deployment::page_of(&record.deployment).href)
}

#[derive(Template)]
#[template(path = "office_assessments.html")]
struct All {
    site: Site,
    party: String,
    form: String,
    deployment: Link,
    too_late: Option<&'static str>,
    instruments: Vec<Line>,
}

/// An instrument in a line.
struct Line {
    page: Link,
    intro: String,
    stands: String,
}

/// `GET /office/deployments/{id}/assessments`
pub(super) async fn all(
    State(node): State<Node>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (at, party, form, id) = (node.clone(), signed.party.clone(), signed.id.form(), id?.0);
    let job = move || {
        let state = at.city.register().state();
        let record = find(&state, &party, &id)?;
        let known = state.policy.as_ref().map(|policy| Known::of(&policy.text));
        let mut instruments = Vec::new();
        for (_, instrument) in known.iter().flat_map(Known::instruments) {
            let desk = Desk::open(&at, &party, &id, instrument.id.as_str())?;
            let page = Link { href: desk.page(), text: instrument.title.clone() };
            instruments.push(Line { page, intro: instrument.intro.replace('\n', " "), stands: told(&desk) });
        }
        let deployment = deployment::page_of(&record.deployment);
        let too_late = too_late(record);
        Ok(All { site: Site::of(&state), party: party.name.clone(), form, deployment, too_late, instruments })
    };
    let page: Result<All, Problem> = node.jobs.run(Lane::Token, job).await?;
    private(StatusCode::OK, &page?)
}

/// Where the answers to an instrument stand, in a sentence.
fn told(desk: &Desk) -> String {
    let Some(draft) = &desk.draft else { return "Not begun.".to_owned() };
    match desk.evaluated(draft) {
        Err(_) => "Begun, and to be carried over to this edition.".to_owned(),
        Ok(found) if !found.complete => {
            let open = found.missing.len() + found.invalid.len();
            format!("Begun; {} open.", words::count(open as u64, "answer is", "answers are"))
        }
        Ok(_) => match desk.stands(draft).next {
            Some(role) => format!("Answered; next to sign is the {}.", role.as_str().replace('-', " ")),
            None => "Answered, and signed by everybody.".to_owned(),
        },
    }
}

#[derive(Template)]
#[template(path = "office_assessment.html")]
struct Overview {
    site: Site,
    party: String,
    form: String,
    done: Option<(String, Option<Link>)>,
    deployment: Link,
    list: String,
    page: String,
    title: String,
    intro: String,
    too_late: Option<&'static str>,
    revision: u64,
    /// Why it is not as it should be.
    wrong: Option<String>,
    begun: bool,
    /// Whether the answers are those of another edition.
    outdated: bool,
    /// What of the register changed since.
    changed: Vec<String>,
    parts: Vec<Part>,
    open: usize,
    /// What follows from the answers, so far.
    concluded: Vec<(String, Vec<String>)>,
    complete: bool,
    fingerprint: String,
    signed: Vec<String>,
    next: Option<String>,
    besides: Option<String>,
}

/// `GET /office/deployments/{id}/assessments/{instrument}`
pub(super) async fn one(
    State(node): State<Node>,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    overview(&node, &signed, path?.0, done?.0.done, None, StatusCode::OK).await
}

async fn overview(
    node: &Node,
    signed: &Signed,
    path: (String, String),
    done: Option<String>,
    wrong: Option<String>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let (at, party, form) = (node.clone(), signed.party.clone(), signed.id.form());
    let job = move || {
        let desk = Desk::open(&at, &party, &path.0, &path.1)?;
        let done = deed::told(&at.city, &desk.state, &party.id, done.as_deref());
        Ok(drawn(&desk, &party, form, done, wrong))
    };
    let page: Result<Overview, Problem> = node.jobs.run(Lane::Token, job).await?;
    private(status, &page?)
}

fn drawn(
    desk: &Desk,
    party: &Party,
    form: String,
    done: Option<(String, Option<Link>)>,
    wrong: Option<String>,
) -> Overview {
    let evaluated = desk.draft.as_ref().map(|draft| desk.evaluated(draft));
    let stands = desk.draft.as_ref().map(|draft| desk.stands(draft));
    let found = evaluated.as_ref().and_then(|found| found.as_ref().ok());
    let signed = |one: &standards::instrument::SignOff| {
        let role = one.role.as_str().replace('-', " ");
        format!("{} as the {role}, {}", party_name(&desk.state, &one.party), words::instant(one.at))
    };
    let stands_complete = stands.as_ref().is_some_and(Standing::is_complete);
    let next = stands.as_ref().and_then(|stands| stands.next.as_ref()).map(|role| role.as_str().replace('-', " "));
    let title = desk.instrument.title.clone();
    Overview {
        site: Site::of(&desk.state),
        party: party.name.clone(),
        form,
        done,
        deployment: deployment::page_of(&desk.record.deployment),
        list: list(&desk.record),
        page: desk.page(),
        intro: desk.instrument.intro.replace('\n', " "),
        too_late: too_late(&desk.record),
        revision: desk.kept.revision,
        wrong: wrong
            .or_else(|| evaluated.as_ref().and_then(|found| found.as_ref().err()).map(|why| words::capital(why))),
        begun: desk.draft.is_some(),
        outdated: evaluated.as_ref().is_some_and(Result::is_err),
        changed: found.iter().flat_map(|found| found.drifted.iter().cloned()).collect(),
        parts: found.map(|found| parts(desk, found)).unwrap_or_default(),
        open: found.map_or(0, |found| found.missing.len() + found.invalid.len()),
        concluded: found.map(|found| concluded(&desk.instrument, found)).unwrap_or_default(),
        complete: found.is_some_and(|found| found.complete),
        fingerprint: desk.draft.as_ref().map(|draft| draft.answers.digest().to_string()).unwrap_or_default(),
        signed: stands.iter().flat_map(|stands| stands.signed.iter().map(signed)).collect(),
        besides: desk.instrument.evidence.as_ref().filter(|_| stands_complete).map(ToString::to_string),
        next,
        title,
    }
}

/// The conclusions with their reasons.
fn concluded(instrument: &Instrument, found: &Evaluation) -> Vec<(String, Vec<String>)> {
    let text = |key: &str| instrument.text(&instrument.locale, key).unwrap_or_default().to_owned();
    let one = |concluded: &standards::instrument::Concluded| {
        let label = text(&format!("{}.{}", concluded.id, concluded.result));
        let because = concluded.because.iter().map(|reason| reason.words.clone());
        (format!("{} {label}", text(concluded.id.as_str())), because.collect())
    };
    found.outcomes.iter().map(one).collect()
}

/// `POST /office/deployments/{id}/assessments/{instrument}`: begins, takes present facts, carries over, remarks.
pub(super) async fn act(
    State(node): State<Node>,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
    read: Read,
) -> Result<Response, Problem> {
    let Some((signed, sent)) = sender(&node, &headers, read)? else { return to_sign_in() };
    let path = path?.0;
    let (at, party, (deployment, instrument)) = (node.clone(), signed.party.clone(), path.clone());
    let job = move || {
        let desk = Desk::open(&at, &party, &deployment, &instrument)?;
        Ok::<_, Problem>((acted(&at, &desk, &party, &sent), desk.page()))
    };
    match node.jobs.run(Lane::Token, job).await?? {
        (Ok(()), page) => elsewhere(&page),
        (Err(error @ (AnswersError::Folder(_) | AnswersError::Damaged | AnswersError::Unknown)), _) => {
            Err(problem(error))
        }
        (Err(error), _) => {
            let wrong = words::capital(&error.to_string());
            overview(&node, &signed, path, None, Some(wrong), StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
}

fn acted(node: &Node, desk: &Desk, party: &Party, sent: &Sent) -> Result<(), AnswersError> {
    let (deployment, instrument) = (&desk.record.deployment.id, &desk.instrument);
    let seen = sent.one("revision").parse().unwrap_or(u64::MAX);
    let fresh = |answers| Draft {
        deployment: deployment.clone(),
        pack: desk.pack.clone(),
        instrument: instrument.id.clone(),
        answers,
        sign_offs: Vec::new(),
    };
    match (sent.one("go"), &desk.draft) {
        ("begin", None) => desk.keep(node, &fresh(Answers::begin(instrument, &desk.facts)), seen),
        ("refresh", Some(draft)) => {
            let mut answers = draft.answers.clone();
            // Of another edition: that is said on the page, and carried over first.
            drop(answers.refresh(instrument, &desk.facts));
            desk.keep(node, &fresh(answers), seen)
        }
        ("carry", Some(draft)) => match draft.answers.carry_over(instrument, &desk.facts) {
            Ok((answers, _)) => desk.keep(node, &fresh(answers), seen),
            Err(_) => Err(AnswersError::Unknown),
        },
        ("remark", Some(_)) => {
            let question = sent.one("question").trim().to_owned();
            let known = instrument.all_questions().any(|one| question.rsplit('/').next() == Some(one.id.as_str()));
            if !known {
                return Err(AnswersError::Remark);
            }
            let text = sent.one("text").trim().to_owned();
            let remark = Remark { question, by: party.id.clone(), at: desk.now, text, settled: None };
            node.answers.remark(deployment, &instrument.id, remark)
        }
        ("settle", Some(_)) => {
            let number = sent.one("remark").parse().map_err(|_| AnswersError::Unknown)?;
            node.answers.settle(deployment, &instrument.id, number, &party.id)
        }
        // What is begun is begun.
        ("begin", Some(_)) => Ok(()),
        _ => Err(AnswersError::Unknown),
    }
}
