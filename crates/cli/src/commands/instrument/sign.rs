//! `ordinance instrument sign`: a party's word for the answers as they are; the last role's files the assessment.
//!
//! Every signature is an act of its party: evidence that it signed off, so that nobody signs in another's name; the last one
//! is the assessment itself. A draft that a norm refuses to be signed stays as it was.

use model::{AssessmentId, Evidence, EvidenceId, EvidenceKind, Subject, Timestamp};
use register::{Command, Submission};
use serde::Serialize;
use standards::instrument::{
    Answer, Draft, Evaluation, Instrument, QuestionKind, Role, SignOff, Standing, may_sign, standing,
};

use super::Packs;
use super::file;
use super::known::Known;
use super::report::{evaluated, summary};
use crate::args::instrument::Sign;
use crate::commands::office::{Failed, Office};
use crate::declared::read_token;
use crate::output::{Output, Status};

/// The question whose day is that of the next look.
const REVIEW: &str = "review";

/// What a signature made.
#[derive(Serialize)]
struct Signed {
    role: String,
    by: String,
    fingerprint: String,
    next: Option<String>,
    /// The evidence that the party signed off; none for the last signature.
    signed_off: Option<Filed>,
    /// The assessment; none before the last signature.
    assessment: Option<Filed>,
    /// The evidence that the instrument is besides.
    evidence: Option<Filed>,
}

/// An entry of the log; none if it was there already.
#[derive(Serialize)]
struct Filed {
    id: String,
    entries: Vec<u64>,
}

pub(super) fn run(args: &Sign, packs: &mut Packs, output: &Output) -> anyhow::Result<()> {
    let (mut draft, instrument) = file::open(&args.file, packs)?;
    let role = role(args, &instrument)?;
    let office = Office::open(&args.city)?;
    let known = Known::of(&office, &draft.deployment)?;
    known.party(&args.by)?;
    let token = token(args, &office)?;
    let found =
        evaluated(&draft, &instrument, &known.facts(&draft)).map_err(|error| file::of_file(&args.file, error))?;
    let before = draft.clone();
    let stands = standing(&draft.sign_offs, &draft.answers, &instrument.roles);
    // Whoever signed already may file it once more, which makes no act if it is filed: the answer may have been lost.
    if !stands.signed.iter().any(|one| one.role == role && one.party == args.by) {
        may_sign(&found, &stands, &role, &args.by).map_err(|error| Status::fails(error.to_string()))?;
        let answers = draft.answers.digest();
        draft.sign_offs.push(SignOff { role: role.clone(), party: args.by.clone(), at: known.now, answers });
        file::replace(&args.file, &draft, &instrument)?;
    }
    let stands = standing(&draft.sign_offs, &draft.answers, &instrument.roles);
    let token = token.as_deref();
    let filing =
        Filing { args, office: &office, known: &known, instrument: &instrument, found: &found, draft: &draft, token };
    let signed = match filing.file(&stands, &role) {
        Ok(signed) => signed,
        Err(Failed { error, definite: true }) => {
            file::replace(&args.file, &before, &instrument)?;
            return Err(error);
        }
        Err(Failed { error, .. }) => {
            return Err(error.context("whether it was filed is not known; sign again the same way to make sure"));
        }
    };
    output.result(&signed, &signed.in_words())
}

impl Signed {
    fn in_words(&self) -> String {
        let entry = |filed: &Filed| match filed.entries.as_slice() {
            [] => "as it was already".to_owned(),
            entries => format!("entry {}", entries.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")),
        };
        let mut words =
            vec![format!("Signed as {} by `{}`, for the answers {}.", self.role, self.by, self.fingerprint)];
        words.extend(self.signed_off.as_ref().map(|one| format!("The log says so, {}.", entry(one))));
        words.extend(
            self.assessment
                .as_ref()
                .map(|one| format!("Everybody has signed. Filed as assessment `{}`, {}.", one.id, entry(one))),
        );
        words.extend(self.evidence.as_ref().map(|one| format!("Filed as evidence `{}`, {}.", one.id, entry(one))));
        words.extend(self.next.as_ref().map(|next| format!("Next to sign: {next}.")));
        words.join("\n")
    }
}

/// The token of whoever signs, where one speaks for it.
fn token(args: &Sign, office: &Office) -> anyhow::Result<Option<String>> {
    match (&args.token, office.needs_token()) {
        (Some(file), true) => read_token(file).map(Some),
        (None, false) => Ok(None),
        (None, true) => {
            Err(Status::fails("an address needs `--token FILE` with the token of the party that signs").into())
        }
        (Some(_), false) => Err(Status::fails("at a folder no token is asked for; leave out `--token`").into()),
    }
}

fn role(args: &Sign, instrument: &Instrument) -> anyhow::Result<Role> {
    let known = instrument.roles.iter().find(|role| role.as_str() == args.role).cloned();
    known.ok_or_else(|| {
        let roles: Vec<String> = instrument.roles.iter().map(|role| format!("`{role}`")).collect();
        let message = format!("nobody signs `{}` as `{}`; signed is as {}", instrument.id, args.role, roles.join(", "));
        Status::fails(message).into()
    })
}

/// What is filed of a signature.
struct Filing<'a> {
    args: &'a Sign,
    office: &'a Office,
    known: &'a Known,
    instrument: &'a Instrument,
    found: &'a Evaluation,
    draft: &'a Draft,
    token: Option<&'a str>,
}

impl Filing<'_> {
    /// The assessment if this was the last signature; else that it was given.
    fn file(&self, stands: &Standing, role: &Role) -> Result<Signed, Failed> {
        let own = stands.signed.iter().find(|one| one.role == *role && one.party == self.args.by);
        let own = own.ok_or_else(|| Failed::definite(Status::fails("the signature does not count")))?;
        let last = stands.is_complete() && stands.signed.last() == Some(own);
        let (signed_off, assessment) =
            if last { (None, Some(self.assessment(stands)?)) } else { (Some(self.sign_off(own)?), None) };
        let evidence = match (&assessment, &self.instrument.evidence) {
            (Some(filed), Some(kind)) => Some(self.besides(&filed.id, kind, own.at)?),
            _ => None,
        };
        Ok(Signed {
            role: role.to_string(),
            by: self.args.by.to_string(),
            fingerprint: self.draft.answers.digest().to_string(),
            next: stands.next.as_ref().map(ToString::to_string),
            signed_off,
            assessment,
            evidence,
        })
    }

    fn submit(&self, id: String, command: Command) -> Result<Filed, Failed> {
        let submission = Submission { by: self.args.by.clone(), reason: None, command };
        Ok(Filed { id, entries: self.office.submit(submission, self.token)? })
    }

    /// Evidence about the deployment, with the answers as its document.
    fn evidence(&self, id: &str, kind: EvidenceKind, on: Timestamp, summary: String) -> Result<Filed, Failed> {
        let named = kind.to_string();
        let evidence = Evidence {
            id: id.parse::<EvidenceId>().map_err(Failed::definite)?,
            about: Subject::Deployment { id: self.draft.deployment.clone() },
            kind,
            on,
            until: None,
            signed_by: self.args.by.clone(),
            summary,
            document: Some(self.draft.answers.digest()),
            answers: None,
        };
        self.submit(named, Command::FileEvidence(evidence))
    }

    /// The party's own word that it signed off.
    fn sign_off(&self, own: &SignOff) -> Result<Filed, Failed> {
        let role = own.role.as_str();
        let kind = model::SignOff::evidence_kind(role).map_err(Failed::definite)?;
        let id = format!("{}-{}-{}", cut(role, 30), cut(&own.answers.to_string(), 16), own.at.millis());
        let title = &self.instrument.title;
        let summary = format!("Signed off as {role}: the answers to “{title}” with the fingerprint {}.", own.answers);
        self.evidence(&id, kind, own.at, summary)
    }

    fn summary(&self) -> String {
        self.args.summary.clone().unwrap_or_else(|| summary(self.instrument, self.found))
    }

    fn assessment(&self, stands: &Standing) -> Result<Filed, Failed> {
        let outcome = self.found.assessed();
        let outcome = outcome.ok_or_else(|| Failed::definite(Status::fails("the answers conclude nothing")))?;
        let document = self.draft.answers.digest();
        // The same answers are one assessment.
        let id = format!("{}-{}", cut(self.instrument.id.as_str(), 46), cut(&document.to_string(), 16));
        let sign_off =
            |one: &SignOff| model::SignOff { role: one.role.to_string(), party: one.party.clone(), at: one.at };
        let assessment = model::Assessment {
            id: id.parse::<AssessmentId>().map_err(Failed::definite)?,
            deployment: self.draft.deployment.clone(),
            instrument: self.instrument.id.clone(),
            outcome,
            summary: self.summary(),
            signed_by: self.args.by.clone(),
            document,
            review_by: self.review_by(),
            instrument_hash: Some(self.instrument.hash),
            requires: self.found.requires.clone(),
            sign_offs: stands.signed.iter().map(sign_off).collect(),
        };
        self.submit(id, Command::SignAssessment(assessment))
    }

    /// The evidence that the assessment is besides, under its own id. The assessment is filed by then and stays so.
    fn besides(&self, id: &str, kind: &EvidenceKind, on: Timestamp) -> Result<Filed, Failed> {
        let filed = self.evidence(id, kind.clone(), on, self.summary());
        filed.map_err(|failed| Failed {
            error: failed.error.context(format!("the assessment `{id}` is filed, its evidence `{kind}` is not")),
            definite: false,
        })
    }

    /// The day that was said, or that a question `review` was answered with; else the end of the deployment.
    fn review_by(&self) -> Timestamp {
        let asked = self.instrument.questions().map(|(_, question)| question).find(|one| one.id.as_str() == REVIEW);
        let answered = asked.filter(|one| one.kind == QuestionKind::Date).and_then(|one| {
            match self.draft.answers.answers.get(&one.id) {
                Some(Answer::Text(day)) => format!("{day}T00:00:00Z").parse().ok(),
                _ => None,
            }
        });
        self.args.review_by.or(answered).unwrap_or(self.known.deployment.ends)
    }
}

/// The beginning of a slug.
fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
