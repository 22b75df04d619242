//! What happened to one deployment or to the city, in the order of the log.

use model::{EvidenceId, Moment, Timestamp};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When the log learnt of it. Not an earlier date that a filing may claim: a lapse would be undone by it.
    pub at: Timestamp,
    /// What it was.
    pub moment: Moment,
    /// Which evidence, where it is some.
    pub evidence: Option<EvidenceId>,
    /// Which evidence it answers, where it names one.
    pub answers: Option<EvidenceId>,
}

impl Event {
    /// Something that is no evidence.
    #[must_use]
    pub const fn new(at: Timestamp, moment: Moment) -> Self {
        Self { at, moment, evidence: None, answers: None }
    }
}

/// What happened to one subject, in time order; of one instant, in the order in which it was given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Events(Vec<Event>);

impl Events {
    /// Puts events in order.
    #[must_use]
    pub fn new(mut events: Vec<Event>) -> Self {
        events.sort_by_key(|event| event.at);
        Self(events)
    }

    /// Adds the next event. One that is earlier than the last takes its place in time.
    pub fn push(&mut self, event: Event) {
        let place = self.0.partition_point(|earlier| earlier.at <= event.at);
        self.0.insert(place, event);
    }

    /// What had happened at an instant, oldest first.
    #[must_use]
    pub fn until(&self, now: Timestamp) -> &[Event] {
        let end = self.0.partition_point(|event| event.at <= now);
        self.0.get(..end).unwrap_or_default()
    }
}

impl FromIterator<Event> for Events {
    fn from_iter<I: IntoIterator<Item = Event>>(events: I) -> Self {
        Self::new(events.into_iter().collect())
    }
}
