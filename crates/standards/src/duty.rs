//! Duties: the clocks of a standard. What starts one, by when it must be done, and what silence then means.
//!
//! Everything here is a function of events and an instant: no clock is read, and nothing depends on how often it is
//! asked. What silence means is told, never done; the register writes the lapse.

mod event;
mod instance;
mod keep;
mod period;
mod read;
mod subject;
mod term;
mod text;
mod trial;

#[cfg(test)]
mod tests;

use model::{DutyId, EvidenceKind, ParameterId, RequirementId, Timestamp};

pub use event::{Event, Events};
pub use instance::{Instance, Status};
pub use keep::{Conflict, Data, DataError, DeclaredKeep, Keep, KeepSide, conflicts};
pub use model::{DutyRun, Moment, MomentError};
pub use period::{MonthDay, PERIOD_YEARS_MAX, Period, PeriodError, Unit};
pub(crate) use read::read;
pub use read::{DUTIES_MAX, DUTY_FILE_BYTES_MAX, DutyFile, WORDS_BYTES_MAX, read_duties};
pub use subject::Subject;
pub use term::{Read, Term, TermError, Unresolved};
pub use text::{TextError, from_text, to_text};
pub use trial::{Case, DutyOutcome, TrialProblem, Verdict, run_duty_tests};

use crate::applies::Applies;
use crate::parameter::{Silence, Value};

/// How a clock may be given more time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension<L = Period> {
    /// By how much; later by at least a day.
    pub by: L,
    /// What has to be filed before the time is over.
    pub evidence: EvidenceKind,
    /// How many times at most.
    pub most: u32,
}

/// A clock of a standard. As a pack writes it, its lengths and its silence may be parameters ([`Declared`]); with these
/// filled in it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty<L = Period, S = Silence> {
    /// Its id.
    pub id: DutyId,
    /// The requirement it executes.
    pub requirement: RequirementId,
    /// Whom it concerns.
    pub applies: Applies,
    /// What starts the clock.
    pub from: Moment,
    /// Whether each such moment starts one, or only the first.
    pub each: bool,
    /// How long there is.
    pub within: L,
    /// Again and again after so long.
    pub every: Option<L>,
    /// Moved on to the end of the next of these days of the year; nowhere where there is none.
    pub on: Vec<MonthDay>,
    /// What stops the clock.
    pub done_by: Moment,
    /// What it means when the time is over.
    pub silence: S,
    /// How it may be given more time.
    pub extension: Option<Extension<L>>,
    /// What is owed, in words; else the requirement's text.
    pub words: Option<String>,
    /// When it is owed at all. A pack says so of the requirement, and a city by adopting it.
    pub in_force: InForce,
}

/// From when on and until when a duty is owed; no bound on a side means that it always was, or always will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InForce {
    /// The first instant.
    pub from: Option<Timestamp>,
    /// The first instant at which no longer.
    pub to: Option<Timestamp>,
}

impl InForce {
    /// Whether it is owed at an instant.
    #[must_use]
    pub fn holds_at(self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.to.is_none_or(|to| now < to)
    }
}

/// A duty as a pack writes it.
pub type Declared = Duty<Term<Period>, Term<Silence>>;

impl Duty {
    /// The same duty, owed at the earliest from an instant on.
    #[must_use]
    pub fn owed_since(&self, since: Option<Timestamp>) -> Self {
        Self { in_force: InForce { from: self.in_force.from.max(since), ..self.in_force }, ..self.clone() }
    }
}

impl<L, S> Duty<L, S> {
    /// Whether each moment starts a clock, where the pack does not say: where it is evidence, or renews itself.
    fn each_unless_said(from: &Moment, done_by: &Moment) -> bool {
        matches!(from, Moment::Evidence(_)) || from == done_by
    }
}

impl Declared {
    /// The parameters it uses.
    pub fn parameters(&self) -> impl Iterator<Item = &ParameterId> {
        let extension = self.extension.as_ref().map(|extension| &extension.by);
        let lengths = [Some(&self.within), self.every.as_ref(), extension].into_iter().flatten();
        lengths.filter_map(Term::parameter).chain(self.silence.parameter())
    }

    /// The duty with its parameters filled in.
    ///
    /// # Errors
    /// A parameter is unknown, does not fit, or would make the clock spin.
    pub fn resolve(&self, lookup: impl Fn(&ParameterId) -> Option<Value>) -> Result<Duty, Unresolved> {
        let longer_than_nothing = |what: &'static str, period: Period| {
            if period.is_zero() { Err(Unresolved::Zero(what)) } else { Ok(period) }
        };
        let every =
            self.every.as_ref().map(|every| longer_than_nothing("every", every.resolve(&lookup)?)).transpose()?;
        let extension = self.extension.as_ref().map(|extension| {
            let by = longer_than_nothing("by", extension.by.resolve(&lookup)?)?;
            Ok(Extension { by, evidence: extension.evidence.clone(), most: extension.most })
        });
        Ok(Duty {
            id: self.id.clone(),
            requirement: self.requirement.clone(),
            applies: self.applies.clone(),
            from: self.from.clone(),
            each: self.each,
            within: self.within.resolve(&lookup)?,
            every,
            on: self.on.clone(),
            done_by: self.done_by.clone(),
            silence: self.silence.resolve(&lookup)?,
            extension: extension.transpose()?,
            words: self.words.clone(),
            in_force: self.in_force,
        })
    }
}
