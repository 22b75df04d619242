//! What is left of a deployment that has ended: how far each stream is deleted, its keys, and when the last of it goes.
//!
//! All of it is said by the log: nothing here looks at a disk, and nothing here deletes. Numbers that were released, and what was handed
//! over, are no observations and no part of it.

use model::time::{MILLIS_PER_SECOND, SECONDS_PER_DAY};
use model::{DeploymentRecord, Epoch, Identifies, Span, State as Stage, Stream, StreamId, Timestamp, Window};

use crate::state::{Mark, State};

/// How long after its end an observation may say that it was made: a sensor’s clock may be ahead of the city’s.
pub const AFTER_END_MAX: Span = Span::hours(1);

/// What is left of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// When it ended, and the entry that says so.
    pub ended: Mark,
    /// Each of its streams, in their order.
    pub streams: Vec<StreamLeft>,
}

/// What is left of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamLeft {
    /// Which.
    pub stream: StreamId,
    /// Whether it was ever switched on.
    pub collected: bool,
    /// Before which instant everything is deleted, and the entry that says so.
    pub deleted: Option<(Timestamp, Mark)>,
    /// How many keys it had.
    pub keys_made: usize,
    /// How many of them are destroyed.
    pub keys_destroyed: usize,
    /// The entry that says that the last of them was.
    pub last_key: Option<Mark>,
    /// By when the log says that nothing of it is left, if the city’s system runs.
    pub gone_by: Timestamp,
    /// Whether nothing of it is left, neither an observation nor a key.
    pub gone: bool,
}

impl Left {
    /// What is left of a deployment; none if it has not ended.
    #[must_use]
    pub fn of(state: &State, record: &DeploymentRecord) -> Option<Self> {
        let ended = state.marks.steps.get(&record.deployment.id)?.ended.clone()?;
        let until = nothing_from(state, record)?;
        let streams = record.deployment.streams.iter().map(|stream| StreamLeft::of(state, record, stream, until));
        Some(Self { streams: streams.collect(), ended })
    }

    /// Whether it ever had anything to delete.
    #[must_use]
    pub fn collected(&self) -> bool {
        self.streams.iter().any(|stream| stream.collected)
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn gone(&self) -> bool {
        self.streams.iter().all(|stream| stream.gone)
    }

    /// By when the log says that nothing is left.
    #[must_use]
    pub fn gone_by(&self) -> Option<Timestamp> {
        self.streams.iter().filter(|stream| stream.collected).map(|stream| stream.gone_by).max()
    }
}

impl StreamLeft {
    fn of(state: &State, record: &DeploymentRecord, stream: &Stream, until: Timestamp) -> Self {
        let marks = &state.marks;
        let collected = record.standing.active_since.is_some();
        let before = state.deleted_before.get(&stream.id).copied();
        let keys = || keys(state, &stream.id);
        let (keys_made, keys_destroyed) = (keys().count(), keys().filter(|destroyed| *destroyed).count());
        let gone = keys_made == keys_destroyed && (!collected || before.is_some_and(|before| before >= until));
        // Of a stream about people the log names whole days.
        let told = if stream.identifies() == Identifies::Nobody { until } else { whole(until, SECONDS_PER_DAY) };
        Self {
            stream: stream.id.clone(),
            collected,
            deleted: before.zip(marks.deletions.get(&stream.id).cloned()),
            keys_made,
            keys_destroyed,
            last_key: marks.keys_destroyed.get(&stream.id).cloned(),
            gone_by: told + stream.retention.0,
            gone,
        }
    }
}

/// Whether each key of a stream is destroyed.
fn keys<'a>(state: &'a State, stream: &'a StreamId) -> impl Iterator<Item = bool> + 'a {
    let first = Epoch(Window { start: Timestamp::from_millis(i64::MIN), end: Timestamp::from_millis(i64::MIN) });
    let from = state.keys.range((stream.clone(), first)..);
    from.take_while(move |((of, _), _)| of == stream).map(|(_, key)| key.destroyed.is_some())
}

/// From which instant on a deployment that has ended observed nothing: once a stream is deleted up to there, nothing of it is left. A
/// whole hour, since files go by the hour. None as long as it may go on.
#[must_use]
pub fn nothing_from(state: &State, record: &DeploymentRecord) -> Option<Timestamp> {
    if record.standing.state != Stage::Ended {
        return None;
    }
    let ended = state.marks.steps.get(&record.deployment.id)?.ended.as_ref()?.at;
    Some(whole(ended + AFTER_END_MAX, Span::hours(1).as_seconds()))
}

/// The end of the stretch of so many seconds that an instant lies in; the instant itself where one begins there.
fn whole(at: Timestamp, seconds: u32) -> Timestamp {
    let length = i64::from(seconds) * MILLIS_PER_SECOND;
    let over = at.millis().rem_euclid(length);
    if over == 0 { at } else { Timestamp::from_millis(at.millis().saturating_add(length - over)) }
}
