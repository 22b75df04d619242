//! Questions that are answered before anything is proposed: of the instruments in force those that say how much care a deployment
//! needs, about what a draft would declare.
//!
//! The answers are kept with the draft and are as private as it is. Once the draft is sent they are those that were begun about
//! the deployment, for its author to sign. Until then they weigh in what the draft shows of its tier, and in nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use flow::answers::AnswersError;
use flow::drafts::{Draft as Pages, Values};
use model::{Deployment, DeploymentRecord, InstrumentId, PartyId, Standing, Tier, Timestamp};
use register::State as Register;
use register::signing::assesses;
use standards::instrument::{Answers, Draft, Evaluation, Instrument, Outcome, evaluate};

use super::questions::{self, Part};
use super::{Desk, declared};
use crate::pages::Link;
use crate::pages::office::ask::Sent;
use crate::pages::policies::Known;
use crate::pages::signed::Signed;
use crate::problem::{Kind, Problem};
use crate::router::Node;

/// How the part of a draft begins in which such answers lie. No page has such a name.
const PART: &str = "answers.";
/// Under which name they lie there.
const ANSWERS: &str = "answers";

/// The answers to one such instrument, and what they amount to.
pub(in crate::pages::office) struct Ahead {
    desk: Desk,
    found: Evaluation,
}

/// What such questions are about: a draft, and the deployment that it would propose.
#[derive(Clone, Copy)]
pub(in crate::pages::office) struct About<'a> {
    pub(in crate::pages::office) deployment: &'a Deployment,
    pub(in crate::pages::office) pages: &'a Pages,
    /// The address of the draft, and what it is called.
    pub(in crate::pages::office) page: &'a Link,
}

/// What was sent of a section.
pub(in crate::pages::office) struct Taken {
    /// The part of the draft in which it is to lie, and what lies there.
    pub(in crate::pages::office) part: String,
    pub(in crate::pages::office) values: Values,
    /// What does not fit, by its question.
    pub(in crate::pages::office) wrong: BTreeMap<String, String>,
}

/// A sentence of an instrument, and the tier that follows from it.
pub(in crate::pages::office) struct Sentence {
    pub(in crate::pages::office) of: String,
    pub(in crate::pages::office) words: String,
    pub(in crate::pages::office) tier: Tier,
}

/// Whether the policies in force carry an instrument that says how much care a deployment needs.
pub(in crate::pages::office) fn asks(state: &Register) -> bool {
    Known::in_force(state).instruments().any(|(_, one)| weighs(one))
}

fn weighs(instrument: &Instrument) -> bool {
    instrument.outcomes.iter().any(Outcome::names_a_tier)
}

impl Ahead {
    /// What is asked before a deployment is proposed, with the answers as the draft has them. Of what is about nobody nothing is.
    pub(in crate::pages::office) fn all(
        state: &Arc<Register>,
        party: &PartyId,
        about: About<'_>,
        now: Timestamp,
    ) -> Result<Vec<Self>, Problem> {
        if Tier::of(about.deployment) == Tier::FileAndGo {
            return Ok(Vec::new());
        }
        let known = Known::in_force(state);
        let asking = known.instruments().filter(|(_, one)| weighs(one));
        asking
            .map(|(pack, one)| Self::of(state, party, about, (pack.manifest.reference.to_string(), one.clone()), now))
            .collect()
    }

    fn of(
        state: &Arc<Register>,
        party: &PartyId,
        about: About<'_>,
        (pack, instrument): (String, Instrument),
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let standing = Standing::proposed(party.clone(), now);
        let record = DeploymentRecord { deployment: about.deployment.clone(), standing };
        let facts = declared(state, &record, now);
        let kept = about.pages.pages.get(&part(&instrument.id)).and_then(|values| values.first());
        let kept = kept.and_then(|(_, text)| Draft::read(text).ok());
        // What was filled in from what the draft declared is filled in anew; what somebody answered stays. Answers to another
        // edition are carried over as far as they go, and what cannot be read is asked again.
        let answers = kept.and_then(|kept| {
            let mut answers = kept.answers;
            match answers.refresh(&instrument, &facts) {
                Ok(()) => Some(answers),
                Err(_) => answers.carry_over(&instrument, &facts).ok().map(|(carried, _)| carried),
            }
        });
        let answers = answers.unwrap_or_else(|| Answers::begin(&instrument, &facts));
        let found = evaluate(&instrument, &answers, &facts)
            .map_err(|why| Problem::new(Kind::Conflict).detail(why.to_string()))?;
        let draft = Draft {
            deployment: about.deployment.id.clone(),
            pack: pack.clone(),
            instrument: instrument.id.clone(),
            answers,
            sign_offs: Vec::new(),
        };
        let desk = Desk {
            state: Arc::clone(state),
            now,
            record,
            page: format!("{}/{}", about.page.href, instrument.id),
            within: [
                Link { href: crate::pages::office::propose::PROPOSE.to_owned(), text: "Drafts".to_owned() },
                about.page.clone(),
            ],
            instrument,
            pack,
            facts,
            kept: flow::answers::Kept::default(),
            draft: Some(draft),
        };
        Ok(Self { desk, found })
    }

    /// What the answers amount to, so far: what is missing counts as the strictest that it could be.
    pub(in crate::pages::office) const fn found(&self) -> &Evaluation {
        &self.found
    }

    /// Which instrument it is.
    pub(in crate::pages::office) const fn instrument(&self) -> &Instrument {
        &self.desk.instrument
    }

    /// How many questions are asked and not answered as they should be.
    pub(in crate::pages::office) fn open(&self) -> usize {
        self.found.missing.len() + self.found.invalid.len()
    }

    /// Its sections in which something is asked.
    pub(in crate::pages::office) fn parts(&self) -> Vec<Part> {
        questions::parts(&self.desk, &self.found)
    }

    /// Why the tier is what it finds: the sentences of the conclusions that name one.
    pub(in crate::pages::office) fn sentences(&self) -> Vec<Sentence> {
        let instrument = &self.desk.instrument;
        let one = |outcome: &Outcome| {
            let drawn = self.found.outcomes.iter().find(|drawn| drawn.id == outcome.id)?;
            let tier = outcome.all_results().find(|result| result.id == drawn.result)?.tier?;
            let of = instrument.title.clone();
            Some(drawn.because.iter().map(move |reason| Sentence { of: of.clone(), words: reason.words.clone(), tier }))
        };
        instrument.outcomes.iter().filter_map(one).flatten().collect()
    }

    /// The page of one of its sections.
    pub(in crate::pages::office) fn page(&self, section: &str, signed: &Signed) -> Result<questions::Page, Problem> {
        let (party, form) = (signed.party.name.clone(), signed.id.form());
        questions::drawn(&self.desk, section, party, form, &BTreeMap::new(), None, None)
    }

    /// Takes what was sent of a section.
    pub(in crate::pages::office) fn take(&self, section: &str, sent: &Sent) -> Result<Taken, Problem> {
        let (section, found) = questions::opened(&self.desk, section)?;
        let mut draft = self.desk.draft.clone().ok_or_else(|| Problem::new(Kind::NotFound))?;
        let wrong = questions::taken(&self.desk, &found, section, &mut draft, sent);
        let text = draft.to_toml(&self.desk.instrument);
        Ok(Taken { part: part(&self.desk.instrument.id), values: vec![(ANSWERS.to_owned(), text)], wrong })
    }

    /// The page of a section again, with what does not fit.
    pub(in crate::pages::office) fn again(
        &self,
        section: &str,
        signed: &Signed,
        wrong: &BTreeMap<String, String>,
        sent: &Sent,
    ) -> Result<questions::Page, Problem> {
        let (party, form) = (signed.party.name.clone(), signed.id.form());
        questions::drawn(&self.desk, section, party, form, wrong, Some(sent), None)
    }

    /// Keeps the answers as those that were begun about the deployment, once it stands in the register. They are begun by nobody
    /// who could not begin them there, and never in the place of others.
    pub(in crate::pages::office) fn begin(&self, node: &Node, party: &PartyId) -> Result<(), AnswersError> {
        let (id, state) = (&self.desk.record.deployment.id, node.city.register().state());
        let own = state.parties.get(party).zip(state.deployments.get(id));
        if !own.is_some_and(|(party, record)| assesses(&state, &party.party, record)) {
            return Err(AnswersError::Unknown);
        }
        let text = self.desk.draft.as_ref().map(|draft| draft.to_toml(&self.desk.instrument)).unwrap_or_default();
        node.answers.keep(id, &self.desk.instrument.id, 0, text)
    }
}

/// The part of a draft in which the answers to an instrument lie.
fn part(instrument: &InstrumentId) -> String {
    format!("{PART}{instrument}")
}
