//! The clocks of a standard, run over what the register knows of a deployment or of the city.
//!
//! The events are those of the register's timelines, but for statements that were withdrawn since: who looks at a city today
//! gives it no credit for them. Nothing lapses here: what is overdue is told.

use model::{Subject, Timestamp};
use standards::duty::{Duty, Event, Events, Instance, Moment, Status, Subject as Concerned};
use standards::parameter::Silence;

use super::found::Found;
use super::sheet::Sheet;
use crate::state::State;

/// What happened to a subject. What the city shares with everything in it, its founding and its adoptions, counts too.
fn events(state: &State, subject: &Subject) -> Events {
    let stands = |event: &&Event| {
        let record = event.evidence.as_ref().and_then(|id| state.evidence.get(id));
        record.is_none_or(|record| record.withdrawn_because.is_none())
    };
    let timeline = state.timelines.get(subject).map(|timeline| timeline.events.until(Timestamp::MAX));
    let own = timeline.unwrap_or_default().iter().filter(stands);
    let shared = state.shared_events().filter(|_| *subject != Subject::City);
    shared.chain(own).cloned().collect()
}

/// Runs every clock that concerns a deployment or the city. One that silence lets go on is no breach when its time is over.
pub(super) fn run(
    sheet: &Sheet<'_>,
    who: &Concerned,
    subject: &Subject,
    state: &State,
    now: Timestamp,
    found: &mut Found<'_>,
) {
    let events = &events(state, subject);
    for (place, duty) in sheet.duties(who) {
        // One that the city adopted is owed since then.
        let duty = &duty.owed_since(state.duty_since(&duty.id));
        let instances = duty.instances(events, now);
        if instances.is_empty() {
            continue;
        }
        found.ask(place, None);
        for entry in done_by(duty, events, state, now) {
            found.ask(place, Some(entry));
        }
        let overdue: Vec<&Instance> = instances.iter().filter(|instance| instance.is_overdue()).collect();
        if let Some(first) = overdue.first().filter(|_| duty.silence != Silence::Proceed) {
            let lapse = state
                .timelines
                .get(subject)
                .and_then(|timeline| timeline.lapse(&duty.id, &first.key, state.duty_since(&duty.id)));
            found.ask(place, lapse.map(|lapse| lapse.entry));
            found.object(place, in_words(duty, first, overdue.len()));
        }
        let is_done = |instance: &Instance| matches!(instance.status, Status::Done { .. });
        if let Some(next) = duty.next_due(events, now).filter(|_| instances.iter().any(is_done)) {
            found.until(place, next);
        }
    }
}

/// The entries that stopped a clock, where evidence did.
fn done_by(duty: &Duty, events: &Events, state: &State, now: Timestamp) -> Vec<u64> {
    let done = events.until(now).iter().filter(|event| event.moment == duty.done_by);
    done.filter_map(|event| Some(state.marks.evidence.get(event.evidence.as_ref()?)?.entry)).collect()
}

fn in_words(duty: &Duty, first: &Instance, overdue: usize) -> String {
    let owed = match &duty.done_by {
        Moment::Evidence(kind) => format!("evidence of the kind `{kind}`"),
        moment => format!("the step `{moment}`"),
    };
    let times = if overdue > 1 { format!(", and {} times since", overdue - 1) } else { String::new() };
    let words = duty.words.as_ref().map(|words| format!(" {words}")).unwrap_or_default();
    format!("`{}`: {owed} was due by {}{times}, and is missing.{words}", duty.id, first.due)
}
