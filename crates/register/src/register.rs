//! The running register: one writer, many readers, one commit point.
//!
//! Submissions queue up while a commit is on its way to the disk; whoever gets the writer next takes them all,
//! decides each against the state as it will be, and commits them in one transaction. Readers hold an immutable
//! [`State`] and never wait. Nothing is answered before the journal's COMMIT; nothing is published before that.

mod catching_up;
mod disclosures;
mod start;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::{ArcSwap, ArcSwapOption};
use journal::{Entry, Head, JournalError, NewEntry, Payload};
use model::act::{ClockConfirmed, KeyRef, ObservationsDeleted};
use model::time::{MILLIS_PER_SECOND, SECONDS_PER_DAY};
use model::{Act, Clock, Entropy, Identifies, Span, StreamId, Timestamp, What};
use norms::Bundle;
use tlog::{RightEdge, leaf_hash};

use crate::command::{Command, Submission};
use crate::decide::{Draft, Refusal, decide};
use crate::duties::due;
use crate::publish::{PublishError, Publisher};
use crate::state::{ApplyError, State};

pub use disclosures::batch_of;
pub use start::{Founding, OpenError};

/// The most submissions that one commit takes.
pub const POOL_MAX: usize = 200;
/// The most acts of the register's own in one commit; what is due beyond that is committed after it.
const COMMIT_ACTS_MAX: usize = journal::BATCH_MAX / 2;
/// How far the clock may stand behind the last act before the register refuses to write, in milliseconds.
pub const CLOCK_BEHIND_MAX_MILLIS: i64 = 5_000;

/// How far the clock may stand ahead of the last act, or of the last time this process looked at it, before nothing more
/// falls due until somebody confirms that it is right. A clock that jumps forward would end every approval at once, delete
/// what is kept and destroy keys, and the log could not be written to until time has caught up. Well below a year, because
/// a year set wrong is the commonest of such errors; well above any stretch in which a city that runs does nothing.
pub const CLOCK_AHEAD_MAX: Span = Span::days(200);
/// How close what somebody confirms must be to what the clock says.
pub const CLOCK_CONFIRMED_WITHIN: Span = Span::hours(1);

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

/// What the node itself reports: facts about keys and files, not permissions.
#[derive(Debug, Clone)]
pub enum Fact {
    /// A pseudonym key begins to live.
    KeyCreated(KeyRef),
    /// A pseudonym key was destroyed.
    KeyDestroyed(KeyRef),
    /// Of a stream nothing is left that was observed before an instant. To be told at every tick and for every stream,
    /// whether anything was there or not: the register decides when the log says so.
    ObservationsDeleted {
        /// Which stream.
        stream: StreamId,
        /// The instant.
        before: Timestamp,
        /// How many files went just now.
        files: u64,
    },
}

struct Pending {
    submission: Submission,
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
    bundle: ArcSwapOption<Bundle>,
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
        self.bundle.load_full()
    }

    /// What time it is for this city.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What time it is, if the clock can be believed. Whoever deletes, destroys or ends anything because time has passed
    /// asks this first.
    ///
    /// # Errors
    /// The clock stands far behind or far ahead of everything that happened.
    pub fn believed_now(&self) -> Result<Timestamp, SubmitError> {
        self.writing_time(&self.state())
    }

    /// Sets how far the clock may stand ahead, [`CLOCK_AHEAD_MAX`] unless somebody does.
    pub fn let_clock_be_ahead(&self, most: Span) {
        self.ahead_max.store(most.as_seconds(), Ordering::SeqCst);
    }

    /// Confirms that the clock is right although it stands far ahead: an act in the log, in the founder's name.
    ///
    /// # Errors
    /// The clock says something else, stands behind, or the act could not be written.
    pub fn confirm_clock(&self, is: Timestamp, reason: &str) -> Result<Receipt, SubmitError> {
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(Refusal::NoReason.into());
        }
        let mut writer = lock(&self.writer);
        self.catch_up(&mut writer)?;
        let (now, state) = (self.clock.now(), State::clone(&self.state()));
        if now.millis().abs_diff(is.millis()) > CLOCK_CONFIRMED_WITHIN.millis().unsigned_abs() {
            return Err(SubmitError::ClockNotSo { now, said: is });
        }
        let last = state.last_at.unwrap_or(now);
        let (at, first) = (not_behind(now, last)?, state.size);
        let what = What::ClockConfirmed(ClockConfirmed { after: last });
        let act = own_act(&state, at, Some(reason.to_owned()), what)?;
        self.commit(&mut writer, state, vec![Draft::plain(act)])?;
        Ok(Receipt { entries: vec![first], basis: first + 1 })
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
        let (reply, answer) = sync_channel(1);
        lock(&self.queue).push(Pending { submission, reply });
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
        let mut bundle = self.bundle();
        let preview = |submission: &Submission, state: &mut State, bundle: &mut Option<Arc<Bundle>>| {
            let now = self.writing_time(state)?;
            let drafts = decide(state, bundle.as_deref(), submission, now, self.entropy())?;
            let acts: Vec<Act> = drafts.into_iter().map(|draft| draft.act).collect();
            acts.iter().try_for_each(|act| state.apply(act))?;
            *bundle = adopted(&acts, bundle.take());
            Ok(acts)
        };
        submissions.iter().map(|submission| preview(submission, &mut state, &mut bundle)).collect()
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
        let drafts: Vec<Draft> = due(&state, now).into_iter().map(Draft::plain).collect();
        let count = drafts.len();
        self.commit(writer, state, drafts)?;
        Ok(count)
    }

    /// Writes a fact down that the node itself vouches for. The receipt is empty if the log need not say it now.
    ///
    /// # Errors
    /// The journal could not commit.
    pub fn record(&self, fact: Fact) -> Result<Receipt, SubmitError> {
        // Most deletions need no act, and nobody should wait for the writer to learn that.
        let what = what_to_say(&self.state(), fact);
        let Some(what) = what else {
            self.believed_now()?;
            return Ok(Receipt { entries: Vec::new(), basis: self.state().size });
        };
        let mut writer = lock(&self.writer);
        self.catch_up(&mut writer)?;
        let state = State::clone(&self.state());
        let (at, first) = (self.writing_time(&state)?, state.size);
        let act = own_act(&state, at, None, what)?;
        self.commit(&mut writer, state, vec![Draft::plain(act)])?;
        Ok(Receipt { entries: vec![first], basis: first + 1 })
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

    /// The instant to write at: the clock's, but never before the last act, and never long after everything.
    fn writing_time(&self, state: &State) -> Result<Timestamp, SubmitError> {
        let now = self.clock.now();
        let Some(last) = state.last_at else { return Ok(now) };
        let at = not_behind(now, last)?;
        let last = last.max(Timestamp::from_millis(self.believed.load(Ordering::SeqCst)));
        if now.since(last) > Span::seconds(self.ahead_max.load(Ordering::SeqCst)) {
            return Err(SubmitError::ClockAhead { now, last });
        }
        self.believed.fetch_max(now.millis(), Ordering::SeqCst);
        Ok(at)
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
        let mut bundle = self.bundle();
        let mut drafts = Vec::new();
        let mut accepted = Vec::new();
        for Pending { submission, reply } in pool {
            match self.decide_one(&mut state, &mut bundle, &submission) {
                Ok((new, own)) => {
                    let last = state.size;
                    let first = last - own as u64;
                    drafts.extend(new);
                    accepted.push((reply, erased(&submission), (first..last).collect::<Vec<_>>()));
                }
                // A caller that went away needs no answer.
                Err(error) => drop(reply.send(Err(error))),
            }
        }
        let committed = self.write(writer, drafts).map(|()| self.switch(state, bundle)).map_err(Arc::new);
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
        bundle: &mut Option<Arc<Bundle>>,
        submission: &Submission,
    ) -> Result<(Vec<Draft>, usize), SubmitError> {
        let now = self.writing_time(state)?;
        let mut next = state.clone();
        let mut drafts: Vec<Draft> = due(&next, now).into_iter().map(Draft::plain).collect();
        drafts.iter().try_for_each(|draft| next.apply(&draft.act))?;
        let decided = decide(&next, bundle.as_deref(), submission, now, self.entropy())?;
        for draft in &decided {
            draft.act.to_bytes().map_err(|error| SubmitError::Act(error.to_string()))?;
            next.apply(&draft.act)?;
        }
        let acts: Vec<Act> = decided.iter().map(|draft| draft.act.clone()).collect();
        *bundle = adopted(&acts, bundle.take());
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
            self.switch(state.clone(), self.bundle());
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

    fn switch(&self, state: State, bundle: Option<Arc<Bundle>>) {
        self.bundle.store(bundle);
        self.state.store(Arc::new(state));
    }

    fn erase(&self, writer: &mut Writer, entry: Option<u64>) -> Result<(), SubmitError> {
        entry.map_or(Ok(()), |entry| writer.store.erase(entry)).map_err(|error| SubmitError::Journal(Arc::new(error)))
    }
}

/// The clock's instant, or that of the last act if the clock stands a little behind it.
fn not_behind(now: Timestamp, last: Timestamp) -> Result<Timestamp, SubmitError> {
    if last.millis() - now.millis() > CLOCK_BEHIND_MAX_MILLIS {
        return Err(SubmitError::ClockBehind { now, last });
    }
    Ok(now.max(last))
}

/// An act that the register itself vouches for, in the founder's name.
fn own_act(state: &State, at: Timestamp, reason: Option<String>, what: What) -> Result<Act, SubmitError> {
    let by = state.founder().cloned().ok_or(SubmitError::Stopped)?;
    let under = state.policy.as_ref().map(|policy| policy.hash);
    Ok(Act { at, by, under, because: Vec::new(), reason, what })
}

/// What the log says of a fact; none if it need not say it now.
fn what_to_say(state: &State, fact: Fact) -> Option<What> {
    match fact {
        Fact::KeyCreated(key) => Some(What::KeyCreated(key)),
        Fact::KeyDestroyed(key) => Some(What::KeyDestroyed(key)),
        Fact::ObservationsDeleted { stream, before, files } => {
            deletion(state, stream, before, files).map(What::ObservationsDeleted)
        }
    }
}

/// What the log says of a deletion. Of a stream about people it is one act a day, with the day alone: how many files went,
/// when, and whether any did, would tell when somebody was observed.
fn deletion(state: &State, stream: StreamId, before: Timestamp, files: u64) -> Option<ObservationsDeleted> {
    let exactly = |stream| Some(ObservationsDeleted { stream, before, files: Some(files) }).filter(|_| files > 0);
    let Some((record, declared)) = state.stream(&stream) else { return exactly(stream) };
    if declared.identifies() == Identifies::Nobody {
        return exactly(stream);
    }
    let day = before.millis() - before.millis().rem_euclid(i64::from(SECONDS_PER_DAY) * MILLIS_PER_SECOND);
    let day = Timestamp::from_millis(day);
    let collected = record.standing.active_since.is_some() && day > record.deployment.starts;
    let told = state.deleted_before.get(&stream).copied().unwrap_or(Timestamp::UNIX_EPOCH);
    // Once everything up to its end is gone there is nothing more to say.
    let more = told < day && told <= record.deployment.ends;
    (collected && more).then(|| ObservationsDeleted { stream, before: day, files: None })
}

/// The entry whose payload a submission destroys.
const fn erased(submission: &Submission) -> Option<u64> {
    match submission.command {
        Command::ErasePayload { entry } => Some(entry),
        _ => None,
    }
}

/// The bundle after acts: another one if they adopt policies. They were assembled when they were decided, so a failure
/// here cannot be; it closes everything all the same.
fn adopted(acts: &[Act], before: Option<Arc<Bundle>>) -> Option<Arc<Bundle>> {
    let newest = acts.iter().rev().find_map(|act| match &act.what {
        What::PolicyAdopted(adopted) => Some(&adopted.text),
        _ => None,
    });
    match newest {
        Some(text) => Bundle::assemble(text).ok().map(Arc::new),
        None => before,
    }
}
