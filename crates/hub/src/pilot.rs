//! Pilots by replay: a draft is held against what a city's public log says was done, before anyone adopts it.
//!
//! Each act is decided as of its own instant by the very function that decides live, over the register as the log made it, under the
//! city's policies of that day with the draft put in. What was batched is grouped by its facts before norms are asked. A replay
//! changes nothing, blocks nothing, and says what a public log cannot tell.

mod asked;
mod draft;
mod duties;
mod flows;
mod given;
mod report;
mod shadow;

pub use draft::{Draft, DraftError};
pub use duties::{DutyCost, Effort};
pub use flows::Flow;
pub use given::Given;
pub use report::{EXAMPLES_MAX, Example, KindCount, LIMITS, Report};
pub use shadow::{Shadow, ShadowError};

use std::collections::BTreeMap;

use model::act::ActError;
use model::{Act, Timestamp, What};
use register::decide::Refusal;
use register::state::ApplyError;
use register::{Rules, RulesError, State};
use serde::Serialize;

use asked::{Asked, NoEntropyNeeded};
use flows::Flows;
use given::Gives;

/// Why a log cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum PilotError {
    /// An entry is no act.
    #[error("entry {entry}: {error}")]
    Act {
        /// Its index.
        entry: u64,
        /// Why.
        error: ActError,
    },
    /// An act cannot follow its past.
    #[error("the acts: {0}")]
    Apply(#[from] ApplyError),
    /// The draft does not fit over the policies that a city adopted.
    #[error("the draft cannot be put over the policies adopted in entry {entry}: {error}")]
    Draft {
        /// The entry.
        entry: u64,
        /// Why.
        error: Box<RulesError>,
    },
}

/// What an act would have met.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum Verdict {
    /// It would have been done.
    Allowed,
    /// It would have been refused.
    Refused {
        /// Why, in the norms' words.
        why: String,
    },
    /// It would have been refused as it was, and allowed with less.
    Changed {
        /// Why, and what would be allowed, in words.
        why: String,
    },
}

/// An act that norms decide, and what it would have met.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judged {
    /// The entry.
    pub entry: u64,
    /// When.
    pub at: Timestamp,
    /// `deployment-proposed/1` …
    pub kind: &'static str,
    /// What would have become of it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// A replay under way.
pub struct Replay {
    draft: Draft,
    state: State,
    rules: Option<Rules>,
    kinds: BTreeMap<&'static str, KindCount>,
    examples: Vec<Judged>,
    flows: Flows,
    gives: Gives,
}

impl Replay {
    /// Begins a replay of a log under a draft.
    #[must_use]
    pub fn new(draft: Draft) -> Self {
        Self {
            draft,
            state: State::default(),
            rules: None,
            kinds: BTreeMap::new(),
            examples: Vec::new(),
            flows: Flows::default(),
            gives: Gives::default(),
        }
    }

    /// How many entries were taken.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.state.size
    }

    /// Takes the next entry of the log; gives what became of it if norms decide it.
    ///
    /// # Errors
    /// The log cannot be replayed further.
    pub fn take(&mut self, entry: &[u8]) -> Result<Option<Judged>, PilotError> {
        let index = self.state.size;
        let act = Act::from_bytes(entry).map_err(|error| PilotError::Act { entry: index, error })?;
        let judged = self.judge(&act);
        if let What::DisclosuresBatched(batch) = &act.what {
            self.gives.take(batch, &self.state, self.rules.as_ref());
        }
        self.state.apply(&act)?;
        if let What::PolicyAdopted(adopted) = &act.what {
            let text = self.draft.over(&adopted.text);
            let rules = Rules::assemble(&text);
            let refused = |error| PilotError::Draft { entry: index, error: Box::new(error) };
            self.rules = Some(rules.map_err(refused)?);
        }
        self.gives.moved_on(&act.what);
        self.flows.take(&act, &self.state, self.rules.as_ref());
        Ok(judged)
    }

    fn judge(&mut self, act: &Act) -> Option<Judged> {
        let (entry, at, kind) = (self.state.size, act.at, act.what.kind());
        let count = self.kinds.entry(kind).or_default();
        let verdict = match (Asked::of(act, &self.state), &self.rules) {
            (Some(asked), Some(rules)) => asked.verdict(&self.state, rules, at, &NoEntropyNeeded),
            _ => {
                count.not_asked += 1;
                return None;
            }
        };
        match &verdict {
            Verdict::Allowed => count.allowed += 1,
            Verdict::Refused { .. } => count.refused += 1,
            Verdict::Changed { .. } => count.changed += 1,
        }
        let judged = Judged { entry, at, kind, verdict };
        let is_example = judged.verdict != Verdict::Allowed && self.examples.len() < EXAMPLES_MAX;
        self.examples.extend(is_example.then(|| judged.clone()));
        Some(judged)
    }

    /// What the draft would have meant, as of the log's last act.
    #[must_use]
    pub fn report(mut self, effort: &Effort) -> Report {
        let at = self.state.last_at.unwrap_or(Timestamp::UNIX_EPOCH);
        let flows = std::mem::take(&mut self.flows).finish(&self.state, self.rules.as_ref(), at);
        let duties = duties::cost(&self.state, &self.draft, effort, at);
        Report {
            city: self.state.city.as_ref().map_or_else(String::new, |city| city.name.clone()),
            origin: self.state.city.as_ref().map_or_else(String::new, |city| city.origin.clone()),
            draft: self.draft.names(),
            size: self.state.size,
            at,
            acts: self.kinds.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect(),
            examples: self.examples.into_iter().map(Example::from).collect(),
            flows,
            disclosures: self.gives.finish(),
            duties,
            limits: LIMITS.map(str::to_owned).to_vec(),
        }
    }
}

/// A refusal as a verdict.
fn verdict_of(refusal: &Refusal) -> Verdict {
    let why = refusal.to_string();
    match refusal {
        Refusal::View { .. } => Verdict::Changed { why },
        _ => Verdict::Refused { why },
    }
}
