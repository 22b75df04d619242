//! A list of submissions that is done as a whole or not at all: one decision after the other, one transaction, one change of the state.

use model::Act;

use super::{Receipt, Register, SubmitError, bundle_of, erased, fallen_due, lock, unchanged};
use crate::command::Submission;
use crate::decide::decide;
use crate::rules::Rules;
use crate::state::State;

/// Why nothing of a list was done.
#[derive(Debug, thiserror::Error)]
#[error("number {} of the list: {error}; nothing was written", at + 1)]
pub struct NotTogether {
    /// Which one, from 0.
    pub at: usize,
    /// What stands against it.
    pub error: SubmitError,
}

impl Register {
    /// Asks for several things that are done together: all of them in one transaction, or none. Each is decided on what those
    /// before it would make.
    ///
    /// # Errors
    /// One of them was refused, or the journal could not take them; then nothing was written. A list that destroys payloads is
    /// refused, since that is done one by one.
    pub fn submit_together(&self, submissions: &[Submission]) -> Result<Vec<Receipt>, NotTogether> {
        self.submit_together_if(submissions, None)
    }

    /// The same, if nothing of what they concern has changed since so many acts ([`Register::submit_if`]): asked by the writer, so
    /// that nothing comes in between.
    ///
    /// # Errors
    /// Something has changed, or what stands against [`Register::submit_together`].
    pub fn submit_together_if(
        &self,
        submissions: &[Submission],
        seen: Option<u64>,
    ) -> Result<Vec<Receipt>, NotTogether> {
        let failed = |at: usize| move |error: SubmitError| NotTogether { at, error };
        if let Some(at) = submissions.iter().position(|submission| erased(submission).is_some()) {
            let alone = SubmitError::Act("what destroys a payload is asked alone".to_owned());
            return Err(NotTogether { at, error: alone });
        }
        let mut writer = lock(&self.writer);
        self.catch_up(&mut writer).map_err(|error| failed(0)(error.into()))?;
        // What fell due happens first; if that fails, it fails again below.
        drop(self.lapse(&mut writer));
        let (mut state, mut rules) = (State::clone(&self.state()), self.rules_now());
        for (at, submission) in submissions.iter().enumerate() {
            seen.map_or(Ok(()), |seen| unchanged(&state, submission, seen)).map_err(failed(at))?;
        }
        let (mut drafts, mut made) = (Vec::new(), Vec::with_capacity(submissions.len()));
        for (at, submission) in submissions.iter().enumerate() {
            let own = self.decided_on(&mut state, &mut rules, submission, &mut drafts).map_err(failed(at))?;
            made.push((state.size - own as u64..state.size).collect::<Vec<u64>>());
        }
        let last = submissions.len().saturating_sub(1);
        self.write(&mut writer, drafts).map_err(|error| failed(last)(SubmitError::Journal(error.into())))?;
        let basis = state.size;
        self.switch(state, rules);
        drop(writer);
        Ok(made.into_iter().map(|entries| Receipt { entries, basis }).collect())
    }

    /// Decides one submission on a state that is thrown away if it fails, and gives how many acts are its own.
    fn decided_on(
        &self,
        state: &mut State,
        rules: &mut Option<Rules>,
        submission: &Submission,
        drafts: &mut Vec<crate::decide::Draft>,
    ) -> Result<usize, SubmitError> {
        let now = self.writing_time(state)?;
        let due = fallen_due(state, rules.as_ref(), now)?;
        due.iter().try_for_each(|draft| state.apply(&draft.act))?;
        let decided = decide(state, bundle_of(rules), submission, now, self.entropy())?;
        for draft in &decided {
            draft.act.to_bytes().map_err(|error| SubmitError::Act(error.to_string()))?;
            state.apply(&draft.act)?;
        }
        let acts: Vec<Act> = decided.iter().map(|draft| draft.act.clone()).collect();
        *rules = Rules::after(&acts, rules.take());
        let own = decided.len();
        drafts.extend(due);
        drafts.extend(decided);
        Ok(own)
    }
}
