//! What a party files by its signature under answers: its own word, or, with the last one, the assessment and what that is besides.
//!
//! A function of the answers and of who signed them. Whether it may be filed is for the norms to say, and nothing is filed here.

use model::{
    Assessment, DeploymentId, DeploymentRecord, Digest, Evidence, EvidenceKind, IdError, Party, PartyId, Subject,
    Timestamp,
};
use standards::instrument::{Answer, Answers, Evaluation, Instrument, QuestionKind, Role, SignOff, Standing};

use crate::decide::answers_for;
use crate::state::State;

/// The question whose day is that of the next look.
const REVIEW: &str = "review";
/// The longest summary of an assessment, in characters.
const SUMMARY_CHARS_MAX: usize = 4_000;

/// Why a signature files nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// It is not among those that count.
    #[error("the signature does not count")]
    NotCounted,
    /// Nothing follows from the answers.
    #[error("the answers conclude nothing")]
    NoConclusion,
    /// A name that is none.
    #[error(transparent)]
    Id(#[from] IdError),
}

/// Answers about one deployment, and what they amount to.
#[derive(Debug, Clone, Copy)]
pub struct Signing<'a> {
    /// Who signs.
    pub by: &'a PartyId,
    /// What is answered.
    pub instrument: &'a Instrument,
    /// The answers.
    pub answers: &'a Answers,
    /// What they amount to.
    pub found: &'a Evaluation,
    /// About which deployment.
    pub deployment: &'a DeploymentId,
    /// When it ends, by which they are looked at again at the latest.
    pub ends: Timestamp,
    /// What the assessment says in words; what follows from the answers if nothing is said.
    pub summary: Option<&'a str>,
    /// By when they are looked at again; what they say themselves if nothing is said.
    pub review_by: Option<Timestamp>,
}

/// What a signature files, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filings {
    /// That the party signed off.
    Word(Box<Evidence>),
    /// The assessment, and the statement that it is besides.
    Whole(Box<Assessment>, Option<Box<Evidence>>),
}

impl Signing<'_> {
    /// What the signature of the party in a role files.
    ///
    /// # Errors
    /// It does not count, or nothing follows from the answers.
    pub fn filings(&self, stands: &Standing, role: &Role) -> Result<Filings, SigningError> {
        let own = stands.signed.iter().find(|one| one.role == *role && one.party == *self.by);
        let own = own.ok_or(SigningError::NotCounted)?;
        if !stands.is_complete() || stands.signed.last() != Some(own) {
            return Ok(Filings::Word(Box::new(self.word(own)?)));
        }
        let assessment = self.assessment(stands)?;
        let besides = self.instrument.evidence.as_ref();
        let besides = besides.map(|kind| self.evidence(assessment.id.as_str(), kind.clone(), own.at, self.summary()));
        Ok(Filings::Whole(Box::new(assessment), besides.transpose()?.map(Box::new)))
    }

    /// The party's own word that it signed off.
    fn word(&self, own: &SignOff) -> Result<Evidence, SigningError> {
        let role = own.role.as_str();
        let kind = model::SignOff::evidence_kind(role)?;
        let id = format!("{}-{}-{}", cut(role, 30), cut(&own.answers.to_string(), 16), own.at.millis());
        let title = &self.instrument.title;
        let summary = format!("Signed off as {role}: the answers to “{title}” with the fingerprint {}.", own.answers);
        self.evidence(&id, kind, own.at, summary)
    }

    fn assessment(&self, stands: &Standing) -> Result<Assessment, SigningError> {
        let document = self.answers.digest();
        let sign_off =
            |one: &SignOff| model::SignOff { role: one.role.to_string(), party: one.party.clone(), at: one.at };
        Ok(Assessment {
            // The same answers are one assessment.
            id: format!("{}-{}", cut(self.instrument.id.as_str(), 46), cut(&document.to_string(), 16)).parse()?,
            deployment: self.deployment.clone(),
            instrument: self.instrument.id.clone(),
            outcome: self.found.assessed().ok_or(SigningError::NoConclusion)?,
            summary: self.summary(),
            signed_by: self.by.clone(),
            document,
            review_by: self.review_by(),
            instrument_hash: Some(self.instrument.hash),
            requires: self.found.requires.clone(),
            tier: self.found.tier,
            sign_offs: stands.signed.iter().map(sign_off).collect(),
        })
    }

    /// A statement about the deployment, with the answers as its document.
    fn evidence(&self, id: &str, kind: EvidenceKind, on: Timestamp, summary: String) -> Result<Evidence, SigningError> {
        Ok(Evidence {
            id: id.parse()?,
            about: Subject::Deployment { id: self.deployment.clone() },
            kind,
            on,
            until: None,
            signed_by: self.by.clone(),
            summary,
            document: Some(self.answers.digest()),
            answers: None,
        })
    }

    fn summary(&self) -> String {
        self.summary.map_or_else(|| summary(self.instrument, self.found), str::to_owned)
    }

    /// The day that was said, or that a question `review` was answered with; else the end of the deployment.
    fn review_by(&self) -> Timestamp {
        let asked = self.instrument.questions().map(|(_, question)| question).find(|one| one.id.as_str() == REVIEW);
        let answered = asked.filter(|one| one.kind == QuestionKind::Date).and_then(|one| {
            match self.answers.answers.get(&one.id) {
                Some(Answer::Text(day)) => format!("{day}T00:00:00Z").parse().ok(),
                _ => None,
            }
        });
        self.review_by.or(answered).unwrap_or(self.ends)
    }
}

/// The conclusion in words for residents: each with its reasons, cut at what an assessment's summary may have.
#[must_use]
pub fn summary(instrument: &Instrument, found: &Evaluation) -> String {
    let text = |key: &str| instrument.text(&instrument.locale, key).unwrap_or_default().to_owned();
    let each = found.outcomes.iter().map(|one| {
        let because = one.because.iter().map(|reason| {
            let criterion = reason.criterion.as_ref().map_or("otherwise", |id| id.as_str());
            text(&format!("{}.{criterion}", one.id))
        });
        let because = because.collect::<Vec<_>>().join(" ");
        let label = text(&format!("{}.{}", one.id, one.result));
        match one.id.as_str() {
            "conclusion" => format!("{label}. {because}"),
            id => format!("{} {label}. {because}", text(id)),
        }
    });
    each.collect::<Vec<_>>().join(" ").chars().take(SUMMARY_CHARS_MAX).collect()
}

/// Whether a party answers and signs the questions about a deployment: whoever answers for it, and whoever proposed it.
#[must_use]
pub fn assesses(state: &State, party: &Party, record: &DeploymentRecord) -> bool {
    let about = Subject::Deployment { id: record.deployment.id.clone() };
    answers_for(state, party, &about) || record.standing.proposed_by == party.id
}

/// The signatures under some answers about a deployment, as the register has them: each the word of its own party, which
/// [`assesses`] the deployment. Anybody else's would take the turn of one of them.
#[must_use]
pub fn signed(
    state: &State,
    deployment: &DeploymentId,
    roles: &[Role],
    document: Digest,
    now: Timestamp,
) -> Vec<SignOff> {
    let about = Subject::Deployment { id: deployment.clone() };
    let record = state.deployments.get(deployment);
    let signs = |party: &PartyId| {
        let party = state.parties.get(party).map(|known| &known.party);
        party.zip(record).is_some_and(|(party, record)| assesses(state, party, record))
    };
    let given = state.evidence_about(&about).filter(|record| {
        record.in_force(now) && record.evidence.document == Some(document) && signs(&record.evidence.signed_by)
    });
    let word = |record: &model::EvidenceRecord| {
        let evidence = &record.evidence;
        let own = |role: &&Role| model::SignOff::evidence_kind(role.as_str()).is_ok_and(|kind| kind == evidence.kind);
        let role = roles.iter().find(own)?.clone();
        Some(SignOff { role, party: evidence.signed_by.clone(), at: evidence.on, answers: document })
    };
    let mut signed: Vec<SignOff> = given.filter_map(word).collect();
    // Under a paper they are its signer's word alone.
    let answered = |one: &&Assessment| one.document == document && one.instrument_hash.is_some();
    for assessment in record.into_iter().flat_map(|record| &record.standing.assessments).filter(answered) {
        for one in &assessment.sign_offs {
            let role = roles.iter().find(|role| role.as_str() == one.role);
            let known = signed.iter().any(|other| other.role.as_str() == one.role && other.party == one.party);
            if let (Some(role), false) = (role, known) {
                signed.push(SignOff { role: role.clone(), party: one.party.clone(), at: one.at, answers: document });
            }
        }
    }
    signed.sort_by_key(|one| one.at);
    signed
}

/// The beginning of a slug.
fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
