//! What a change of policies changes: for each action what is newly allowed and what is newly refused, each with an example.

use std::fmt;

use cedar_policy::RequestEnv;
use serde::Serialize;

use super::query::{Expect, Part, implies};
use super::sides::Side;
use super::solver::Solver;
use super::story::{Frame, Story, tell};
use super::{ProofError, Prover, Unsure};

/// Which way a change goes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Heading {
    /// Nothing goes this way.
    Nothing,
    /// Something does.
    Something {
        /// For example this.
        example: Box<Story>,
    },
    /// Not known.
    Unknown {
        /// Why.
        why: Unsure,
    },
}

/// What changes in one action.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The action.
    pub action: String,
    /// What it is done to.
    pub resource: String,
    /// What the later version allows and the earlier did not.
    pub newly_allowed: Heading,
    /// What the later version refuses and the earlier allowed.
    pub newly_refused: Heading,
}

/// What a change of policies changes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Only the actions in which something changes or is not known, in order.
    pub changes: Vec<Change>,
    /// How many actions stay exactly as they were.
    pub unchanged: usize,
}

impl Difference {
    /// Whether nothing is newly allowed; `None` if that is not known.
    #[must_use]
    pub fn only_stricter(&self) -> Option<bool> {
        let any = |test: fn(&Heading) -> bool| self.changes.iter().any(|change| test(&change.newly_allowed));
        if any(|heading| matches!(heading, Heading::Something { .. })) {
            return Some(false);
        }
        if any(|heading| matches!(heading, Heading::Unknown { .. })) { None } else { Some(true) }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} actions change, {} stay as they were.", self.changes.len(), self.unchanged)?;
        for change in &self.changes {
            for (heading, word) in [(&change.newly_allowed, "newly allowed"), (&change.newly_refused, "newly refused")]
            {
                match heading {
                    Heading::Nothing => {}
                    Heading::Something { example } => write!(f, "\n\n{}, {word}\n{example}", change.action)?,
                    Heading::Unknown { why } => write!(f, "\n\n{}, {word}: not known, {why}", change.action)?,
                }
            }
        }
        Ok(())
    }
}

impl Prover {
    /// What changes from one version of a city or standard to another.
    ///
    /// # Errors
    /// No solver.
    pub fn diff<'a>(&self, before: impl Into<Side<'a>>, after: impl Into<Side<'a>>) -> Result<Difference, ProofError> {
        let settings = self.settings.begun();
        settings.hello()?;
        let (before, after) = (before.into(), after.into());
        let environments = self.environments(&[before, after]);
        let all = settings.run(&environments, |env, solver| change(solver, env, before, after))?;
        let total = all.len();
        let is_still =
            |change: &Change| change.newly_allowed == Heading::Nothing && change.newly_refused == Heading::Nothing;
        let changes: Vec<Change> = all.into_iter().filter(|change| !is_still(change)).collect();
        Ok(Difference { unchanged: total - changes.len(), changes })
    }
}

fn change(solver: &mut Solver<'_>, env: &RequestEnv, before: Side<'_>, after: Side<'_>) -> Change {
    let (before, after) = (Part::of(before, env), Part::of(after, env));
    Change {
        action: env.action().id().unescaped().to_owned(),
        resource: env.resource().to_string(),
        newly_allowed: heading(solver, &after, &before, Frame::NewlyAllowed),
        newly_refused: heading(solver, &before, &after, Frame::NewlyRefused),
    }
}

/// What one side allows and the other does not.
fn heading(solver: &mut Solver<'_>, allows: &Part<'_>, refuses: &Part<'_>, frame: Frame) -> Heading {
    if let Some(why) = solver.late() {
        return Heading::Unknown { why };
    }
    match implies(solver, allows, refuses, Expect::Holds) {
        Ok(None) => Heading::Nothing,
        Ok(Some(question)) => {
            let refused = refuses.hear(&question);
            let story = tell(frame, &question, &allows.hear(&question).by, &refused.by, &refuses.permits);
            Heading::Something { example: Box::new(story) }
        }
        Err(why) => Heading::Unknown { why },
    }
}
