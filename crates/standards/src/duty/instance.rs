//! Instances: one running of a duty's clock each. Events are taken one by one in their order, so that what is said of
//! an instant never changes with what happens after it: a lapse, once there, stays.

use model::{DutyRun, EvidenceId, Moment, Timestamp};

use super::event::{Event, Events};
use super::{Duty, Extension};
use crate::parameter::Silence;

/// The most runs that can fall on one day of the year: `every` is a day at least.
const RUNS_A_YEAR_MAX: u32 = 367;

/// Where one instance stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// There is still time.
    Waiting,
    /// Done in time.
    Done {
        /// When.
        at: Timestamp,
    },
    /// The time was over before it was done.
    Lapsed {
        /// When it was done nevertheless.
        done_later: Option<Timestamp>,
    },
    /// The deployment ended before the time was over, and silence had nothing left to stop.
    Void {
        /// When it ended.
        at: Timestamp,
    },
}

/// One running of a duty's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Which it is.
    pub key: DutyRun,
    /// From when it counts.
    pub from_at: Timestamp,
    /// The last instant at which it is done in time, extensions included.
    pub due: Timestamp,
    /// How many extensions it had.
    pub extended: u32,
    /// Where it stands.
    pub status: Status,
}

impl Instance {
    /// The first instant at which it has lapsed, if nothing stops it.
    #[must_use]
    pub fn lapses(&self) -> Timestamp {
        Timestamp::from_millis(self.due.millis().saturating_add(1))
    }

    /// Whether the time was over before it was done.
    #[must_use]
    pub const fn has_lapsed(&self) -> bool {
        matches!(self.status, Status::Lapsed { .. })
    }

    /// Whether it lapsed and has not been done since.
    #[must_use]
    pub const fn is_overdue(&self) -> bool {
        matches!(self.status, Status::Lapsed { done_later: None })
    }

    const fn is_open(&self) -> bool {
        matches!(self.status, Status::Waiting | Status::Lapsed { done_later: None })
    }

    /// What has become of it by an instant at which nothing was done.
    fn pass(&mut self, now: Timestamp) {
        if self.status == Status::Waiting && now > self.due {
            self.status = Status::Lapsed { done_later: None };
        }
    }

    fn answer(&mut self, at: Timestamp) {
        self.pass(at);
        match &mut self.status {
            Status::Waiting => self.status = Status::Done { at },
            Status::Lapsed { done_later } => *done_later = Some(at),
            Status::Done { .. } | Status::Void { .. } => {}
        }
    }
}

impl Duty {
    /// Every instance that has begun by an instant, and where it stands then. What happens later is not looked at.
    #[must_use]
    pub fn instances(&self, events: &Events, now: Timestamp) -> Vec<Instance> {
        self.run(events, now).instances
    }

    /// The earliest date by which something is still to be done: of what has begun, and of what begins next.
    #[must_use]
    pub fn next_due(&self, events: &Events, now: Timestamp) -> Option<Timestamp> {
        let run = self.run(events, now);
        let waiting = run.instances.iter().filter(|instance| instance.status == Status::Waiting);
        let begun = waiting.map(|instance| instance.due).min();
        let upcoming = run.series.iter().filter(|_| run.ended.is_none()).filter_map(|series| self.upcoming(series));
        begun.into_iter().chain(upcoming).min()
    }

    /// The next instant at which something will have lapsed unless it is done, for a timer; always after `now`.
    #[must_use]
    pub fn next_lapse(&self, events: &Events, now: Timestamp) -> Option<Timestamp> {
        self.next_due(events, now)
            .map(|due| Timestamp::from_millis(due.millis().saturating_add(1)))
            .filter(|at| *at > now)
    }

    fn run(&self, events: &Events, now: Timestamp) -> Run<'_> {
        let mut run = Run { duty: self, series: Vec::new(), instances: Vec::new(), ended: None, open: 0 };
        let over = self.in_force.to.filter(|to| *to <= now);
        let last = over.map_or(now, |to| Timestamp::from_millis(to.millis().saturating_sub(1)));
        for event in events.until(last) {
            run.advance(event.at);
            run.take(event);
        }
        run.advance(last);
        for instance in run.instances.get_mut(run.open..).unwrap_or_default() {
            instance.pass(last);
        }
        if let Some(to) = over {
            run.close(to);
        }
        run
    }

    /// When the next run of a series will be due: the first that is not one with the run before it.
    fn upcoming(&self, series: &Series) -> Option<Timestamp> {
        let runs = series.next..series.next.saturating_add(RUNS_A_YEAR_MAX);
        let begins = runs.map_while(|n| self.begins(series.started, n));
        begins.map(|from_at| self.due(from_at)).find(|due| *due > series.due)
    }

    /// When the nth run of a clock begins; none where there is none, or at the end of all time.
    fn begins(&self, started: Timestamp, n: u32) -> Option<Timestamp> {
        // Nobody owed it before it was in force: the clock then begins with its force.
        let first = self.in_force.from.map_or(started, |from| from.max(started));
        let from_at = if n == 0 { first } else { self.every?.times_after(n, first) };
        (from_at < Timestamp::MAX).then_some(from_at)
    }

    /// By when a run that begins at an instant is due.
    fn due(&self, from_at: Timestamp) -> Timestamp {
        let within = self.within.after(from_at);
        self.on.iter().map(|day| day.next_end(within)).min().unwrap_or(within)
    }
}

/// One start of a clock, and how often it has run since.
struct Series {
    started: Timestamp,
    trigger: Option<EvidenceId>,
    nth: u32,
    /// The next number to begin.
    next: u32,
    /// When that one begins; none if none follows.
    begins: Option<Timestamp>,
    /// When the one before it was due, before extensions.
    due: Timestamp,
}

/// A duty while the events of one subject pass by.
struct Run<'d> {
    duty: &'d Duty,
    series: Vec<Series>,
    instances: Vec<Instance>,
    ended: Option<Timestamp>,
    /// All instances before this one are closed for good.
    open: usize,
}

impl Run<'_> {
    /// Begins what recurs by an instant.
    fn advance(&mut self, now: Timestamp) {
        if self.ended.is_some() || self.duty.every.is_none() {
            return;
        }
        // Several series run at once only where each evidence starts one; then the earliest begins first.
        let earliest = |series: &[Series]| {
            let begun =
                series.iter().enumerate().filter_map(|(at, s)| Some((s.begins.filter(|begins| *begins <= now)?, at)));
            begun.min()
        };
        while let Some((from_at, at)) = earliest(&self.series) {
            let Some(series) = self.series.get_mut(at) else { return };
            self.instances.extend(series.run(self.duty, from_at));
        }
    }

    fn take(&mut self, event: &Event) {
        let duty = self.duty;
        if event.moment == duty.done_by {
            self.answer(event);
        }
        let extension = duty.extension.as_ref().filter(|extension| event.moment.is_evidence(&extension.evidence));
        if let Some(extension) = extension {
            self.extend(event, extension);
        }
        if event.moment == Moment::Ended && self.ended.is_none() {
            self.end(event.at);
        }
        let over = self.ended.is_some() && duty.from != Moment::Ended && !duty.outlives_the_end();
        if event.moment == duty.from && !over {
            self.start(event);
        }
    }

    fn start(&mut self, event: &Event) {
        if !self.duty.each && !self.series.is_empty() {
            return;
        }
        let same = |series: &&Series| series.started == event.at && series.trigger == event.evidence;
        let nth = u32::try_from(self.series.iter().filter(same).count()).unwrap_or(u32::MAX);
        let (started, trigger) = (event.at, event.evidence.clone());
        let mut series = Series { started, trigger, nth, next: 0, begins: None, due: Timestamp::UNIX_EPOCH };
        if let Some(from_at) = self.duty.begins(started, 0) {
            self.instances.extend(series.run(self.duty, from_at));
        }
        self.series.push(series);
    }

    /// The open instance that an event is about: the one it names, else the oldest.
    fn concerned(&mut self, event: &Event, may: impl Fn(&Instance) -> bool) -> Option<&mut Instance> {
        let closed = self.instances.iter().skip(self.open).take_while(|instance| !instance.is_open()).count();
        self.open += closed;
        // Only where evidence starts the clock can a filing name the clock that it is about.
        let named = event.answers.as_ref().filter(|_| matches!(self.duty.from, Moment::Evidence(_)));
        let mut open = self.instances.iter_mut().skip(self.open).filter(|instance| instance.is_open() && may(instance));
        match named {
            None => open.next(),
            Some(named) => open.find(|instance| instance.key.trigger.as_ref() == Some(named)),
        }
    }

    fn answer(&mut self, event: &Event) {
        // What recurs is done within its run. A report from before a duty was in force says nothing of what came after it.
        let recurs = self.duty.every.is_some();
        let may = |instance: &Instance| !recurs || instance.from_at <= event.at;
        if let Some(instance) = self.concerned(event, may) {
            instance.answer(event.at);
        }
    }

    fn extend(&mut self, event: &Event, extension: &Extension) {
        let may = |instance: &Instance| event.at <= instance.due && instance.extended < extension.most;
        let waiting = |instance: &Instance| instance.status == Status::Waiting && may(instance);
        if let Some(instance) = self.concerned(event, waiting) {
            instance.due = extension.by.after(instance.due);
            instance.extended += 1;
        }
    }

    fn end(&mut self, at: Timestamp) {
        self.ended = Some(at);
        if !self.duty.outlives_the_end() {
            self.close(at);
        }
    }

    /// Lets whatever still has time be void.
    fn close(&mut self, at: Timestamp) {
        for instance in self.instances.iter_mut().skip(self.open) {
            instance.pass(at);
            if instance.status == Status::Waiting {
                instance.status = Status::Void { at };
            }
        }
    }
}

impl Series {
    /// Its next run, which begins at an instant; none where a day of the year makes it one with the run before it.
    fn run(&mut self, duty: &Duty, from_at: Timestamp) -> Option<Instance> {
        let (n, due) = (self.next, duty.due(from_at));
        self.next = n.saturating_add(1);
        self.begins = duty.begins(self.started, self.next);
        if n > 0 && due <= self.due {
            return None;
        }
        self.due = due;
        let key = DutyRun { started: self.started, trigger: self.trigger.clone(), nth: self.nth, n };
        Some(Instance { key, from_at, due, extended: 0, status: Status::Waiting })
    }
}

impl Duty {
    /// Whether it is still owed when the deployment has ended: what would be stopped or let go on is over, but what is
    /// named overdue stays owed.
    fn outlives_the_end(&self) -> bool {
        self.silence == Silence::Escalate || self.done_by == Moment::Ended
    }
}
