//! `ordinance instrument sign`: a party's word for the answers as they are; the last role's files the assessment.

use model::{AssessmentId, Evidence, EvidenceId, PartyId, Subject, Timestamp};
use register::{Command, Submission};
use serde_json::json;
use standards::instrument::{
    Answer, Draft, Evaluation, Instrument, QuestionKind, Role, SignOff, Standing, may_sign, standing,
};

use super::Packs;
use super::file;
use super::office::{Known, Office};
use super::report::{evaluated, summary};
use crate::args::instrument::Sign;
use crate::declared::read_token;
use crate::output::{Output, Refused, Status};

/// The question whose day is that of the next look.
const REVIEW: &str = "review";

pub(super) fn run(args: &Sign, packs: &mut Packs, output: &Output) -> anyhow::Result<()> {
    let (mut draft, instrument) = file::open(&args.file, packs)?;
    let role = role(args, &instrument)?;
    let office = Office::open(&args.city)?;
    let known = office.known(&draft.deployment)?;
    let token = args.token.as_deref().map(read_token).transpose()?;
    office.prove(known.party(&args.by)?, token.as_deref())?;
    let found =
        evaluated(&draft, &instrument, &known.facts(&draft)).map_err(|error| file::of_file(&args.file, error))?;
    let before = draft.clone();
    let stands = standing(&draft.sign_offs, &draft.answers, &instrument.roles);
    if !signed_last(&stands, &role, &args.by) {
        may_sign(&found, &stands, &role, &args.by).map_err(|error| Status::fails(error.to_string()))?;
        let answers = draft.answers.digest();
        draft.sign_offs.push(SignOff { role, party: args.by.clone(), at: known.now, answers });
        file::replace(&args.file, &draft, &instrument)?;
    }
    let stands = standing(&draft.sign_offs, &draft.answers, &instrument.roles);
    let filing = Filing { args, office: &office, known: &known, instrument: &instrument, found: &found, draft: &draft };
    let filed = if stands.is_complete() {
        match filing.assessment(&stands, token.as_deref()) {
            Ok(filed) => Some(filed),
            // A norm is against it: the signature is not given then. Whatever else happened, it is, and can be filed again.
            Err(error) if error.is::<Refused>() => {
                file::replace(&args.file, &before, &instrument)?;
                return Err(error);
            }
            Err(error) => {
                return Err(error.context("it is signed and may not be filed; sign again the same way to file it"));
            }
        }
    } else {
        None
    };
    let evidence = match &filed {
        Some((id, _)) => filing.evidence(id, token.as_deref())?,
        None => None,
    };
    let fingerprint = draft.answers.digest();
    let next = stands.next.as_ref().map(ToString::to_string);
    let mut words = vec![format!("Signed as {} by `{}`, for the answers {fingerprint}.", args.role, args.by)];
    match (&filed, &next) {
        (Some((id, entries)), _) => {
            words.push(format!("Everybody has signed. Filed as assessment `{id}`{}.", in_words(entries)));
        }
        (None, next) => words.push(format!("Next to sign: {}.", next.as_deref().unwrap_or("nobody"))),
    }
    if let Some((kind, entries)) = &evidence {
        words.push(format!("Filed as evidence `{kind}`{}.", in_words(entries)));
    }
    let document = json!({
        "role": args.role, "by": args.by, "fingerprint": fingerprint, "next": next,
        "assessment": filed.as_ref().map(|(id, entries)| json!({ "id": id, "entries": entries })),
        "evidence": evidence.as_ref().map(|(kind, entries)| json!({ "kind": kind, "entries": entries })),
    });
    output.result(&document, &words.join("\n"))
}

fn in_words(entries: &[u64]) -> String {
    match entries {
        [] => ", as it was already".to_owned(),
        entries => format!(", entry {}", entries.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")),
    }
}

fn role(args: &Sign, instrument: &Instrument) -> anyhow::Result<Role> {
    let known = instrument.roles.iter().find(|role| role.as_str() == args.role).cloned();
    known.ok_or_else(|| {
        let roles: Vec<String> = instrument.roles.iter().map(|role| format!("`{role}`")).collect();
        let message = format!("nobody signs `{}` as `{}`; who does is {}", instrument.id, args.role, roles.join(", "));
        Status::fails(message).into()
    })
}

/// Whether everybody has signed, and this was the last: it may be filed once more, which changes nothing if it was.
fn signed_last(stands: &Standing, role: &Role, by: &PartyId) -> bool {
    stands.is_complete() && stands.signed.last().is_some_and(|last| last.role == *role && last.party == *by)
}

/// What is filed when everybody has signed.
struct Filing<'a> {
    args: &'a Sign,
    office: &'a Office,
    known: &'a Known,
    instrument: &'a Instrument,
    found: &'a Evaluation,
    draft: &'a Draft,
}

impl Filing<'_> {
    fn submission(&self, command: Command) -> Submission {
        Submission { by: self.args.by.clone(), reason: None, command }
    }

    fn summary(&self) -> String {
        self.args.summary.clone().unwrap_or_else(|| summary(self.instrument, self.found))
    }

    fn assessment(&self, stands: &Standing, token: Option<&str>) -> anyhow::Result<(AssessmentId, Vec<u64>)> {
        let outcome = self.found.assessed().ok_or_else(|| Status::fails("the answers conclude nothing"))?;
        let document = self.draft.answers.digest();
        let id = self.id()?;
        let sign_off =
            |one: &SignOff| model::SignOff { role: one.role.to_string(), party: one.party.clone(), at: one.at };
        let assessment = model::Assessment {
            id: id.clone(),
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
        let entries = self.office.submit(self.submission(Command::SignAssessment(assessment)), token)?;
        Ok((id, entries))
    }

    /// The instrument and what of the answers' digest tells them apart: the same answers are one assessment.
    fn id(&self) -> anyhow::Result<AssessmentId> {
        let instrument: String = self.instrument.id.as_str().chars().take(46).collect();
        let digest: String = self.draft.answers.digest().to_string().chars().take(16).collect();
        Ok(format!("{instrument}-{digest}").parse()?)
    }

    /// The evidence that the instrument is besides, where it is any.
    fn evidence(&self, id: &AssessmentId, token: Option<&str>) -> anyhow::Result<Option<(String, Vec<u64>)>> {
        let Some(kind) = &self.instrument.evidence else { return Ok(None) };
        let signed = self.draft.sign_offs.iter().filter(|one| one.party == self.args.by).map(|one| one.at).max();
        let evidence = Evidence {
            id: id.as_str().parse::<EvidenceId>()?,
            about: Subject::Deployment { id: self.draft.deployment.clone() },
            kind: kind.clone(),
            on: signed.unwrap_or(self.known.now),
            until: None,
            signed_by: self.args.by.clone(),
            summary: self.summary(),
            document: Some(self.draft.answers.digest()),
            answers: None,
        };
        let entries = self.office.submit(self.submission(Command::FileEvidence(evidence)), token)?;
        Ok(Some((kind.to_string(), entries)))
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
