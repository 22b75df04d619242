//! Lapses come once: whether somebody looks every day, at random, or only at the end.

use std::collections::BTreeMap;

use model::{EvidenceId, Timestamp};
use proptest::prelude::*;

use super::{at, duty};
use crate::duty::{Duty, DutyRun, Event, Events, InForce, Moment, Status};

const DAY: i64 = 86_400_000;
const YEARS: i64 = 4;

fn day(days: i64) -> Timestamp {
    Timestamp::from_millis(at("2026-01-30").millis() + days * DAY)
}

/// A register in small: it looks, and writes down each lapse that it has not seen before, with the time it was due.
fn driven(duty: &Duty, events: &Events, ticks: impl IntoIterator<Item = Timestamp>) -> Vec<(DutyRun, Timestamp)> {
    let mut seen = BTreeMap::new();
    for now in ticks {
        for instance in duty.instances(events, now).into_iter().filter(|instance| instance.has_lapsed()) {
            let before = *seen.entry(instance.key.clone()).or_insert(instance.due);
            assert_eq!(before, instance.due, "a lapse moved after it was written down");
        }
    }
    seen.into_iter().collect()
}

fn any_duty() -> impl Strategy<Value = Duty> {
    let from = prop::sample::select(vec!["activated", "approved", "evidence/question", "evidence/report", "ended"]);
    let done_by = prop::sample::select(vec!["evidence/report", "approved", "ended", "evidence/answer"]);
    let within = prop::sample::select(vec!["0d", "10d", "1mo", "3mo", "1y"]);
    let every = prop::sample::select(vec!["", "every = \"2w\"\n", "every = \"1mo\"\n", "every = \"1y\"\n"]);
    let on = prop::sample::select(vec!["", "on = \"02-29\"\n", "on = [\"03-31\", \"09-30\"]\n"]);
    let silence = prop::sample::select(vec!["cease", "refuse", "escalate", "proceed"]);
    let extension =
        prop::sample::select(vec!["", "[duty.extension]\nby = \"1mo\"\nevidence = \"more-time\"\nmost = 2\n"]);
    let bound = || prop::option::of((0..(YEARS + 1) * 365).prop_map(day));
    let in_force = (bound(), bound()).prop_map(|(from, to)| InForce { from, to });
    (from, done_by, within, every, on, silence, extension, in_force).prop_map(
        |(from, done_by, within, every, on, silence, more, in_force)| {
            let lines =
                format!("from = \"{from}\"\ndone_by = \"{done_by}\"\nwithin = \"{within}\"\nsilence = \"{silence}\"\n");
            Duty { in_force, ..duty(&(lines + every + on + more)) }
        },
    )
}

fn any_events() -> impl Strategy<Value = Events> {
    let moments = vec![
        "activated",
        "approved",
        "evidence/question",
        "evidence/report",
        "evidence/answer",
        "evidence/more-time",
        "evidence/question",
        "ended",
    ];
    let one = (prop::sample::select(moments), 0..YEARS * 365, 0_i64..24, prop::option::of(0_usize..12));
    prop::collection::vec(one, 0..24).prop_map(|events| {
        let event = |(n, (moment, days, hours, answers)): (usize, (&str, i64, i64, Option<usize>))| {
            let moment: Moment = moment.parse().unwrap();
            let id = |n: usize| EvidenceId::new(&format!("e{n}")).unwrap();
            let is_evidence = matches!(moment, Moment::Evidence(_));
            Event {
                at: Timestamp::from_millis(day(days).millis() + hours * 3_600_000),
                evidence: is_evidence.then(|| id(n)),
                answers: answers.filter(|_| is_evidence).map(id),
                moment,
            }
        };
        events.into_iter().enumerate().map(event).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_lapse_comes_once_however_often_and_in_whatever_order_somebody_looks(
        duty in any_duty(),
        events in any_events(),
        mut ticks in prop::collection::vec(0..(YEARS + 1) * 365 * DAY, 0..40),
        shuffled in any::<bool>(),
    ) {
        let end = day((YEARS + 1) * 365);
        let once = driven(&duty, &events, [end]);
        // A clock never goes back in the city, but the answer must not depend even on that.
        if !shuffled {
            ticks.sort_unstable();
        }
        let random = ticks.into_iter().map(|millis| Timestamp::from_millis(day(0).millis() + millis)).chain([end]);
        prop_assert_eq!(&driven(&duty, &events, random), &once);
        let weekly = (0..=(YEARS + 1) * 52).map(|week| day(week * 7)).chain([end]);
        prop_assert_eq!(&driven(&duty, &events, weekly), &once);
    }

    #[test]
    fn a_timer_set_for_the_next_lapse_misses_none(duty in any_duty(), events in any_events()) {
        let end = day((YEARS + 1) * 365);
        let mut now = day(0);
        let mut ticks = vec![end];
        // Every event wakes the register, and so does its timer.
        let mut wakes: Vec<Timestamp> = events.until(end).iter().map(|event| event.at).collect();
        wakes.reverse();
        let mut steps = 0;
        while let Some(next) = [duty.next_lapse(&events, now), wakes.last().copied()].into_iter().flatten().min() {
            if wakes.last() == Some(&next) {
                wakes.pop();
            }
            if next > end || steps > 4_000 {
                break;
            }
            steps += 1;
            now = next.max(now);
            for instance in duty.instances(&events, now) {
                // Seen at its first instant, unless it was there from the beginning.
                if instance.is_overdue() && instance.lapses() > day(0) {
                    ticks.push(instance.lapses());
                }
            }
            ticks.push(now);
        }
        prop_assert!(steps <= 4_000, "the timer does not come forward");
        let at_their_times: Vec<_> = driven(&duty, &events, ticks);
        prop_assert_eq!(at_their_times, driven(&duty, &events, [end]));
    }

    #[test]
    fn what_is_said_of_an_instant_stays_true(duty in any_duty(), events in any_events(), earlier in 0..YEARS * 365, more in 0..400_i64) {
        let (then, later) = (duty.instances(&events, day(earlier)), duty.instances(&events, day(earlier + more)));
        for before in &then {
            let after = later.iter().find(|after| after.key == before.key);
            let after = after.expect("an instance that has begun is never forgotten");
            prop_assert!(after.due >= before.due, "an extension moved a date back");
            match before.status {
                Status::Waiting => {}
                Status::Done { .. } | Status::Void { .. } => prop_assert_eq!(after, before),
                Status::Lapsed { done_later: Some(_) } => prop_assert_eq!(after, before),
                Status::Lapsed { done_later: None } => {
                    prop_assert!(after.has_lapsed());
                    prop_assert_eq!(after.due, before.due);
                }
            }
        }
    }

    #[test]
    fn what_is_done_in_time_never_lapses_and_what_lapsed_was_not(duty in any_duty(), events in any_events(), now in 0..(YEARS + 1) * 365) {
        for instance in duty.instances(&events, day(now)) {
            // A clock that waits for the duty to come into force counts from then, and may be stopped before.
            let waits = duty.in_force.from == Some(instance.from_at);
            prop_assert!((waits || instance.from_at <= day(now)) && instance.due >= instance.from_at);
            match instance.status {
                Status::Done { at } => prop_assert!(at <= instance.due && (waits || at >= instance.from_at)),
                Status::Lapsed { done_later } => {
                    prop_assert!(instance.due < day(now));
                    prop_assert!(done_later.is_none_or(|at| at > instance.due && at <= day(now)));
                }
                Status::Waiting => prop_assert!(day(now) <= instance.due),
                Status::Void { at } => prop_assert!(at <= instance.due),
            }
        }
    }

    #[test]
    fn no_two_instances_share_a_key(duty in any_duty(), events in any_events()) {
        let instances = duty.instances(&events, day(YEARS * 365));
        let keys: std::collections::BTreeSet<_> = instances.iter().map(|instance| &instance.key).collect();
        prop_assert_eq!(keys.len(), instances.len());
    }
}

/// How many of what a city owes in so many years lapsed, and how long it took to find out.
fn city(years: u32) -> usize {
    let duties: Vec<Duty> = (0..100)
        .map(|n| match n % 4 {
            0 => duty("within = \"12mo\"\nevery = \"12mo\"\non = \"11-01\"\n"),
            1 => duty(&format!("within = \"{}d\"\n", n + 1)),
            2 => duty("from = \"evidence/question\"\ndone_by = \"evidence/answer\"\nwithin = \"1mo\"\nsilence = \"escalate\"\n"),
            _ => duty("from = \"approved\"\ndone_by = \"approved\"\nwithin = \"1y\"\n"),
        })
        .collect();
    let subjects: Vec<Events> = (0..1_000_i64)
        .map(|n| {
            let event = |days: i64, moment: &str| Event::new(day(days), moment.parse().unwrap());
            let mut events =
                vec![event(n % 28, "approved"), event(n % 28 + 1, "activated"), event(40, "evidence/question")];
            if n % 2 == 0 {
                events.push(event(50 + n % 30, "evidence/answer"));
            }
            Events::new(events)
        })
        .collect();
    let end = day(i64::from(years) * 366);
    let lapsed = |duty: &Duty, events: &Events| duty.instances(events, end).iter().filter(|i| i.has_lapsed()).count();
    subjects.iter().flat_map(|events| duties.iter().map(move |duty| lapsed(duty, events))).sum()
}

#[test]
fn a_year_and_ten_of_a_hundred_duties_over_a_thousand_subjects_lapse_as_often_as_they_should() {
    for (years, lapses) in [(1, 41_700), (10, 290_800)] {
        assert_eq!(city(years), lapses);
    }
}
