//! `ordinance instrument sign`: a party's word for the answers as they are; the last role's files the assessment.
//!
//! Every signature is an act of its party: evidence that it signed off, so that nobody signs in another's name; the last one
//! is the assessment itself. A draft that a norm refuses to be signed stays as it was.

use model::Evidence;
use register::signing::{Filings, Signing};
use register::{Command, Submission};
use serde::Serialize;
use standards::instrument::{Draft, Evaluation, Instrument, Role, SignOff, Standing, may_sign, standing};

use super::Packs;
use super::file;
use super::known::Known;
use super::report::evaluated;
use crate::args::instrument::Sign;
use crate::commands::office::{Failed, Office};
use crate::declared::read_token;
use crate::output::{Output, Status};

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
        let signing = Signing {
            by: &self.args.by,
            instrument: self.instrument,
            answers: &self.draft.answers,
            found: self.found,
            deployment: &self.draft.deployment,
            ends: self.known.deployment.ends,
            summary: self.args.summary.as_deref(),
            review_by: self.args.review_by,
        };
        let filings =
            signing.filings(stands, role).map_err(|error| Failed::definite(Status::fails(error.to_string())))?;
        let (mut signed_off, mut assessment, mut evidence) = (None, None, None);
        match filings {
            Filings::Word(word) => signed_off = Some(self.state(*word)?),
            Filings::Whole(whole, besides) => {
                let id = whole.id.to_string();
                assessment = Some(self.submit(id.clone(), Command::SignAssessment(*whole))?);
                evidence = besides.map(|besides| self.besides(&id, *besides)).transpose()?;
            }
        }
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

    fn state(&self, evidence: Evidence) -> Result<Filed, Failed> {
        self.submit(evidence.kind.to_string(), Command::FileEvidence(evidence))
    }

    /// The evidence that the assessment is besides, under its own id. The assessment is filed by then and stays so.
    fn besides(&self, id: &str, evidence: Evidence) -> Result<Filed, Failed> {
        let kind = evidence.kind.clone();
        self.state(evidence).map_err(|failed| Failed {
            error: failed.error.context(format!("the assessment `{id}` is filed, its evidence `{kind}` is not")),
            definite: false,
        })
    }
}
