//! The running register: one writer, many readers, one commit point.
//!
//! Submissions queue up while a commit is on its way to the disk; whoever gets the writer next takes them all,
//! decides each against the state as it will be, and commits them in one transaction. Readers hold an immutable
//! [`State`] and never wait. Nothing is answered before the journal's COMMIT; nothing is published before that.

mod catching_up;
mod clock;
mod disclosures;
mod facts;
mod incidents;
mod inquiries;
mod start;
mod together;
/// Whether what a submission concerns is as it was after so many acts.
fn unchanged(state: &State, submission: &Submission, seen: u64) -> Result<(), SubmitError> {
    let newest = match submission.command.deployment(state) {
        Some(id) => state.history.get(&id).and_then(|entries| entries.last().copied()),
        None => state.size.checked_sub(1),
    };
    // A device's token is no matter of its deployment's history.
    let token = match &submission.command {
        Command::SetDeviceCredential { device, .. } => state.marks.device_tokens.get(device).map(|mark| mark.entry),
        _ => None,
    };
    newest.max(token).filter(|by| *by >= seen).map_or(Ok(()), |by| Err(SubmitError::Changed { seen, by }))
}

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU32};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::{ArcSwap, ArcSwapOption};
use journal::{Entry, Head, JournalError, NewEntry, Payload};
use model::{Act, Clock, Entropy, Timestamp, What};
use norms::Bundle;
use tlog::{RightEdge, leaf_hash};

use crate::clocks::Clocks;
use crate::command::{Command, Submission};
use crate::decide::{Draft, Refusal, decide};
use crate::duties::due;
use crate::publish::{PublishError, Publisher};
use crate::rules::Rules;
use crate::state::{ApplyError, State};

pub use clock::{CLOCK_AHEAD_MAX, CLOCK_BEHIND_MAX_MILLIS, CLOCK_CONFIRMED_WITHIN};
pub use disclosures::batch_of;
pub use facts::Fact;
pub use inquiries::{INQUIRIES_DAY_MAX, Inquiry, InquiryError, WORDS_CHARS_MAX};
pub use start::{Founding, OpenError};
pub use together::NotTogether;

/// The most submissions that one commit takes.
pub const POOL_MAX: usize = 200;
/// The most acts of the register's own in one commit; what is due beyond that is committed after it.
const COMMIT_ACTS_MAX: usize = journal::BATCH_MAX / 2;
/// Where acts, payloads and disclosure records are kept: one database, so that one transaction can hold them.
pub trait Store: journal::Journal + journal::DisclosureLedger {}
impl<T: journal::Journal + journal::DisclosureLedger> Store for T {}

/// Why a submission made no act.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// It was decided against.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The clock stands far behind the last act.
    #[error("the clock says {now}, but the last act happened at {last}; set the clock right, nothing was written")]
    ClockBehind {
        /// What the clock says.
        now: Timestamp,
        /// When the last act happened.
        last: Timestamp,
    },
    /// The clock stands far ahead of everything that happened.
    #[error(
        "the clock says {now}, which is long after {last}, when this city last knew the time; until somebody confirms it, \
         nothing lapses, nothing is deleted and nothing is written. If the clock is wrong, set it right. If so much time has \
         passed, run `ordinance clock DIR --is {now} --reason …`"
    )]
    ClockAhead {
        /// What the clock says.
        now: Timestamp,
        /// The last act, or the last time that the clock was believed.
        last: Timestamp,
    },
    /// Somebody confirmed another time than the clock shows.
    #[error("the clock says {now}, not {said}; set it right, or confirm what it says")]
    ClockNotSo {
        /// What the clock says.
        now: Timestamp,
        /// What was confirmed.
        said: Timestamp,
    },
    /// The journal could not commit.
    #[error("the journal did not take it: {0}")]
    Journal(#[from] Arc<JournalError>),
    /// The journal holds something that this process cannot follow.
    #[error(
        "the journal went on without this process, which cannot follow it: {0}. Nothing more is written. Stop the city, run \
         `ordinance verify` at its folder, and start it again"
    )]
    Behind(String),
    /// What it concerns is not as the asker last saw it.
    #[error(
        "this was asked of the register as it was after {seen} acts, and what it concerns has changed since, by entry {by}; look \
         at it again, nothing was written"
    )]
    Changed {
        /// How many acts the asker had seen.
        seen: u64,
        /// The newest entry that changed it.
        by: u64,
    },
    /// An act was decided that cannot follow its past: a defect of this software, caught before the commit.
    #[error("nothing was written: {0}")]
    Apply(#[from] ApplyError),
    /// An act could not be written down.
    #[error("nothing was written: {0}")]
    Act(String),
    /// The register stopped while the submission waited.
    #[error("the register stopped before it answered; look at the log before trying again")]
    Stopped,
}

/// What a submission did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The entries it made; empty when everything already was so.
    pub entries: Vec<u64>,
    /// The size of the log that holds them.
    pub basis: u64,
}

struct Pending {
    submission: Submission,
    /// How many acts the asker had seen, if that matters.
    seen: Option<u64>,
    reply: SyncSender<Result<Receipt, SubmitError>>,
}

struct Writer {
    store: Box<dyn Store>,
    publisher: Publisher,
    /// The tree over the entries that the state folds: what this process believes the journal to be. Every commit expects it.
    edge: RightEdge,
}

/// A city's register, open for reading and writing.
pub struct Register {
    state: ArcSwap<State>,
    rules: ArcSwapOption<Rules>,
    queue: Mutex<Vec<Pending>>,
    writer: Mutex<Writer>,
    clock: Arc<dyn Clock>,
    /// When this process last believed the clock, in milliseconds since 1970.
    believed: AtomicI64,
    /// How far the clock may stand ahead, in seconds.
    ahead_max: AtomicU32,
    entropy: Arc<dyn Entropy>,
    log_folder: PathBuf,
}

impl Writer {
    /// The head that every commit expects.
    fn head(&self) -> Head {
        Head { size: self.edge.size(), root: self.edge.root() }
    }
}

/// A lock whose holder panicked is taken all the same: every change is made on a copy and swapped in whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Register {
    /// The register as it is now.
    #[must_use]
    pub fn state(&self) -> Arc<State> {
        self.state.load_full()
    }

    /// The policies in force, ready to decide.
    #[must_use]
    pub fn bundle(&self) -> Option<Arc<Bundle>> {
        self.rules.load().as_ref().map(|rules| Arc::clone(&rules.bundle))
    }

    /// The norms and clocks in force.
    #[must_use]
    pub fn rules(&self) -> Option<Arc<Rules>> {
        self.rules.load_full()
    }

    /// What time it is for this city.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The city's source of randomness.
    #[must_use]
    pub fn entropy(&self) -> &dyn Entropy {
        self.entropy.as_ref()
    }

    /// The folder of the log's public files.
    #[must_use]
    pub fn log_folder(&self) -> &std::path::Path {
        &self.log_folder
    }

    /// Asks for one thing.
    ///
    /// # Errors
    /// It was refused, or could not be committed; then nothing was written.
    pub fn submit(&self, submission: Submission) -> Result<Receipt, SubmitError> {
        self.submit_if(submission, None)
    }

    /// Asks for one thing, if what it concerns has not changed since so many acts: the deployment that it names, or else the whole
    /// register. Where nothing is said of that, it is asked whatever has changed.
    ///
    /// # Errors
    /// It was refused, has changed, or could not be committed; then nothing was written.
    pub fn submit_if(&self, submission: Submission, seen: Option<u64>) -> Result<Receipt, SubmitError> {
        let (reply, answer) = sync_channel(1);
        lock(&self.queue).push(Pending { submission, seen, reply });
        let mut writer = lock(&self.writer);
        // The one who held the writer before us may have answered already; then the queue holds only others.
        let pending = self.next_pool();
        if !pending.is_empty() {
            self.commit_pool(&mut writer, pending);
        }
        drop(writer);
        self.wait(&answer)
    }

    /// Takes a pool out of the queue; the rest stays for the next one.
    fn next_pool(&self) -> Vec<Pending> {
        let mut queue = lock(&self.queue);
        let count = queue.len().min(POOL_MAX);
        queue.drain(..count).collect()
    }

    fn wait(&self, answer: &Receiver<Result<Receipt, SubmitError>>) -> Result<Receipt, SubmitError> {
        loop {
            if let Ok(outcome) = answer.try_recv() {
                return outcome;
            }
            // More than POOL_MAX waited: become the writer for the rest.
            let mut writer = lock(&self.writer);
            let pending = self.next_pool();
            if pending.is_empty() {
                drop(writer);
                return answer.try_recv().unwrap_or(Err(SubmitError::Stopped));
            }
            self.commit_pool(&mut writer, pending);
        }
    }

    /// What each submission would do, one after the other, without doing it.
    ///
    /// # Errors
    /// Each answer has its own.
    pub fn preview(&self, submissions: &[Submission]) -> Vec<Result<Vec<Act>, SubmitError>> {
        let mut state = State::clone(&self.state());
        let mut rules = self.rules_now();
        let preview = |submission: &Submission, state: &mut State, rules: &mut Option<Rules>| {
            let now = self.writing_time(state)?;
            // What has fallen due is written before a submission is decided, and so it is looked at here.
            fallen_due(state, rules.as_ref(), now)?.iter().try_for_each(|draft| state.apply(&draft.act))?;
            let drafts = decide(state, bundle_of(rules), submission, now, self.entropy())?;
            let acts: Vec<Act> = drafts.into_iter().map(|draft| draft.act).collect();
            acts.iter().try_for_each(|act| state.apply(act))?;
            *rules = Rules::after(&acts, rules.take());
            Ok(acts)
        };
        submissions.iter().map(|submission| preview(submission, &mut state, &mut rules)).collect()
    }

    /// Lets what is due happen: lapses, ends, expiries. Gives how many acts that were.
    ///
    /// # Errors
    /// The clock cannot be believed, or the journal could not commit; what is due stays due.
    pub fn tick(&self) -> Result<usize, SubmitError> {
        let mut writer = lock(&self.writer);
        self.catch_up(&mut writer)?;
        self.lapse(&mut writer)
    }

    fn lapse(&self, writer: &mut Writer) -> Result<usize, SubmitError> {
        let state = State::clone(&self.state());
        let now = self.writing_time(&state)?;
        let drafts = fallen_due(&state, self.rules_now().as_ref(), now)?;
        let count = drafts.len();
        self.commit(writer, state, drafts)?;
        Ok(count)
    }

    /// Writes tiles and a signed checkpoint for everything committed so far, and gives the checkpoint's text.
    ///
    /// # Errors
    /// A file could not be written; the acts themselves are safe in the journal, and the next call publishes them.
    pub fn publish(&self) -> Result<String, PublishError> {
        let mut writer = lock(&self.writer);
        self.catch_up(&mut writer).map_err(|error| PublishError::Behind(error.to_string()))?;
        let Writer { store, publisher, .. } = &mut *writer;
        publisher.publish(store.as_ref())
    }

    /// Entries of the log from an index on.
    ///
    /// # Errors
    /// The journal could not be read.
    pub fn entries(&self, from: u64, limit: usize) -> Result<Vec<Entry>, JournalError> {
        lock(&self.writer).store.read(from, limit)
    }

    /// The head of the journal.
    #[must_use]
    pub fn head(&self) -> Head {
        lock(&self.writer).store.head()
    }

    /// The sealed payload of an entry, for those inside the city who need it.
    ///
    /// # Errors
    /// The journal could not be read.
    pub fn payload(&self, entry: u64) -> Result<Payload, JournalError> {
        lock(&self.writer).store.payload(entry)
    }

    /// Decides and commits a pool of submissions in one transaction, and answers each.
    fn commit_pool(&self, writer: &mut Writer, pool: Vec<Pending>) {
        if let Err(error) = self.catch_up(writer) {
            for Pending { reply, .. } in pool {
                drop(reply.send(Err(error.clone().into())));
            }
            return;
        }
        // What fell due happens first, however much it is; if that fails, it fails again for each submission below.
        drop(self.lapse(writer));
        let mut state = State::clone(&self.state());
        let mut rules = self.rules_now();
        let mut drafts = Vec::new();
        let (mut accepted, mut refused) = (Vec::new(), Vec::new());
        for Pending { submission, seen, reply } in pool {
            let unchanged = seen.map_or(Ok(()), |seen| unchanged(&state, &submission, seen));
            match unchanged.and_then(|()| self.decide_one(&mut state, &mut rules, &submission)) {
                Ok((new, own)) => {
                    let last = state.size;
                    let first = last - own as u64;
                    drafts.extend(new);
                    accepted.push((reply, erased(&submission), (first..last).collect::<Vec<_>>()));
                }
                // It may be decided by policies of this very pool, which decide nothing before they are committed.
                Err(error) => refused.push((reply, error)),
            }
        }
        let committed = self.write(writer, drafts).map(|()| self.switch(state, rules)).map_err(Arc::new);
        // A caller that went away needs no answer.
        for (reply, error) in refused {
            drop(reply.send(Err(committed.clone().map_or_else(SubmitError::Journal, |()| error))));
        }
        for (reply, erase, entries) in accepted {
            let outcome = match &committed {
                Ok(()) => self.erase(writer, erase).map(|()| Receipt { basis: self.state().size, entries }),
                Err(error) => Err(SubmitError::Journal(Arc::clone(error))),
            };
            drop(reply.send(outcome));
        }
    }

    /// Decides one submission on top of a pool's earlier ones; what fell due meanwhile happens first. Gives all drafts,
    /// and how many of them, at the end, are the submission's own.
    fn decide_one(
        &self,
        state: &mut State,
        rules: &mut Option<Rules>,
        submission: &Submission,
    ) -> Result<(Vec<Draft>, usize), SubmitError> {
        let now = self.writing_time(state)?;
        let mut next = state.clone();
        let mut drafts = fallen_due(&next, rules.as_ref(), now)?;
        drafts.iter().try_for_each(|draft| next.apply(&draft.act))?;
        let decided = decide(&next, bundle_of(rules), submission, now, self.entropy())?;
        for draft in &decided {
            draft.act.to_bytes().map_err(|error| SubmitError::Act(error.to_string()))?;
            next.apply(&draft.act)?;
        }
        let acts: Vec<Act> = decided.iter().map(|draft| draft.act.clone()).collect();
        *rules = Rules::after(&acts, rules.take());
        let own = decided.len();
        drafts.extend(decided);
        *state = next;
        Ok((drafts, own))
    }

    /// Applies and commits drafts of the register's own, so many at a time as one transaction takes. What was committed
    /// before a failure stays.
    fn commit(&self, writer: &mut Writer, mut state: State, drafts: Vec<Draft>) -> Result<(), SubmitError> {
        let mut drafts = drafts.into_iter().peekable();
        while drafts.peek().is_some() {
            let chunk: Vec<Draft> = drafts.by_ref().take(COMMIT_ACTS_MAX).collect();
            chunk.iter().try_for_each(|draft| state.apply(&draft.act))?;
            self.write(writer, chunk).map_err(Arc::new)?;
            self.switch(state.clone(), self.rules_now());
        }
        Ok(())
    }

    /// The one commit point. What was decided is written only onto the very log that it was decided on.
    fn write(&self, writer: &mut Writer, drafts: Vec<Draft>) -> Result<(), JournalError> {
        if drafts.is_empty() {
            return Ok(());
        }
        let before = writer.head();
        let mut edge = writer.edge.clone();
        let mut batch = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let bytes = draft.act.to_bytes().map_err(|error| JournalError::Refused(error.to_string()))?;
            edge.push(leaf_hash(&bytes));
            batch.push(NewEntry { bytes, payload: draft.payload });
        }
        let after = Head { size: edge.size(), root: edge.root() };
        if let Err(error) = writer.store.append(&before, &batch) {
            match (writer.store.settle(), error) {
                // It was written all the same: the failure came after the commit.
                (Ok(head), _) if head == after => {}
                // It was not, and that is certain now.
                (Ok(_), JournalError::Unsure(inner)) => return Err(*inner),
                (_, error) => return Err(error),
            }
        }
        writer.edge = edge;
        Ok(())
    }

    /// A copy of the rules in force, to change with the acts that follow.
    fn rules_now(&self) -> Option<Rules> {
        self.rules.load().as_ref().map(|rules| Rules::clone(rules))
    }

    fn switch(&self, state: State, rules: Option<Rules>) {
        self.rules.store(rules.map(Arc::new));
        self.state.store(Arc::new(state));
    }

    fn erase(&self, writer: &mut Writer, entry: Option<u64>) -> Result<(), SubmitError> {
        entry.map_or(Ok(()), |entry| writer.store.erase(entry)).map_err(|error| SubmitError::Journal(Arc::new(error)))
    }
}

fn bundle_of(rules: &Option<Rules>) -> Option<&Bundle> {
    rules.as_ref().map(|rules| rules.bundle.as_ref())
}

/// What fell due by an instant. Before there are policies no duty runs.
fn fallen_due(state: &State, rules: Option<&Rules>, now: Timestamp) -> Result<Vec<Draft>, ApplyError> {
    let acts = match rules {
        Some(rules) => due(state, &rules.clocks, now),
        None => due(state, &Clocks::default(), now),
    };
    Ok(acts?.into_iter().map(Draft::plain).collect())
}

/// An act that the register itself vouches for, in the founder's name.
fn own_act(state: &State, at: Timestamp, reason: Option<String>, what: What) -> Result<Act, SubmitError> {
    let founder = state.founder().ok_or(SubmitError::Stopped)?;
    Ok(state.act_of(founder, at, reason, what))
}

/// The entry whose payload a submission destroys.
const fn erased(submission: &Submission) -> Option<u64> {
    match submission.command {
        Command::ErasePayload { entry } => Some(entry),
        _ => None,
    }
}
