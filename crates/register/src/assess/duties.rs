//! The clocks of a standard, run over what the register knows of a deployment or of the city.
//!
//! The events are drawn from the marks of the log; evidence counts from its filing, and what was withdrawn never counted.
//! Nothing lapses here: what is overdue is told.

use model::{Subject, Timestamp};
use standards::duty::{Duty, Event, Events, Instance, Moment, Status, Subject as Concerned};
use standards::parameter::Silence;

use super::found::Found;
use super::sheet::Sheet;
use crate::state::{Mark, State, Steps};

/// What happened to a deployment.
pub(super) fn of_deployment(state: &State, subject: &Subject, steps: &Steps) -> Events {
    let each = |marks: &[Mark], moment: Moment| -> Vec<Event> {
        marks.iter().map(|mark| Event::new(mark.at, moment.clone())).collect()
    };
    let mut events = vec![Event::new(steps.proposed.at, Moment::Proposed)];
    events.extend(each(&steps.assessed, Moment::Assessed));
    events.extend(each(&steps.approved, Moment::Approved));
    events.extend(steps.published.iter().map(|mark| Event::new(mark.at, Moment::Published)));
    events.extend(each(&steps.activated, Moment::Activated));
    events.extend(filed(state, subject));
    events.extend(steps.ended.iter().map(|mark| Event::new(mark.at, Moment::Ended)));
    Events::new(events)
}

/// What happened to the city.
pub(super) fn of_city(state: &State) -> Events {
    let founded = state.marks.founded.iter().map(|mark| Event::new(mark.at, Moment::Founded));
    let adopted = state.marks.adopted.iter().map(|mark| Event::new(mark.at, Moment::Adopted));
    founded.chain(adopted).chain(filed(state, &Subject::City)).collect()
}

/// Statements about a thing, in the order of the log.
fn filed(state: &State, subject: &Subject) -> Vec<Event> {
    let stood = state.evidence_about(subject).filter(|record| record.withdrawn_because.is_none());
    let mut filed: Vec<(Option<u64>, Event)> = stood
        .map(|record| {
            let evidence = &record.evidence;
            let event = Event {
                at: record.filed_at,
                moment: Moment::Evidence(evidence.kind.clone()),
                evidence: Some(evidence.id.clone()),
                answers: evidence.answers.clone(),
            };
            (state.marks.evidence.get(&evidence.id).map(|mark| mark.entry), event)
        })
        .collect();
    filed.sort_by_key(|(entry, _)| *entry);
    filed.into_iter().map(|(_, event)| event).collect()
}

/// Runs every clock that concerns a deployment or the city. One that silence lets go on is no breach when its time is over.
pub(super) fn run(
    sheet: &Sheet<'_>,
    who: &Concerned,
    events: &Events,
    state: &State,
    now: Timestamp,
    found: &mut Found<'_>,
) {
    for (place, duty) in sheet.duties(who) {
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
