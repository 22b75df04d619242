//! Single clocks: how they start, recur, are answered, extended and ended.

use super::{at, duty, events};
use crate::duty::{Duty, Events, InForce, Status};

const NEVER: Status = Status::Lapsed { done_later: None };

/// Of each instance: the day it counts from, the day it is due, and where it stands.
fn told(duty: &Duty, events: &Events, now: &str) -> Vec<(String, String, Status)> {
    let instances = duty.instances(events, at(now));
    instances.into_iter().map(|i| (i.from_at.date(), i.due.date(), i.status)).collect()
}

fn row(from: &str, due: &str, status: Status) -> (String, String, Status) {
    (from.to_owned(), due.to_owned(), status)
}

#[test]
fn a_yearly_report_is_due_on_its_day_and_each_year_is_owed_by_itself() {
    let report = duty("within = \"12mo\"\nevery = \"12mo\"\non = \"11-01\"\n");
    let late = events(&["activated 2026-01-01", "evidence/report 2027-11-02 r1"]);
    assert_eq!(told(&report, &late, "2026-06-01"), [row("2026-01-01", "2027-11-01", Status::Waiting)]);
    assert_eq!(
        told(&report, &late, "2027-11-02T12:00:00Z"),
        [
            row("2026-01-01", "2027-11-01", Status::Lapsed { done_later: Some(at("2027-11-02")) }),
            row("2027-01-01", "2028-11-01", Status::Waiting),
        ]
    );
    let in_time = events(&["activated 2026-01-01", "evidence/report 2027-11-01T23:59:59.999Z r1"]);
    let done = Status::Done { at: at("2027-11-01T23:59:59.999Z") };
    assert_eq!(told(&report, &in_time, "2027-11-02")[0].2, done, "the day counts to its end");
    assert_eq!(told(&report, &in_time, "2025-01-01"), []);
}

#[test]
fn nobody_owes_what_was_not_in_force_and_what_is_no_more() {
    let report = |from: &str, to: Option<&str>| Duty {
        in_force: InForce { from: Some(at(from)), to: to.map(at) },
        ..duty("within = \"30d\"\nevery = \"30d\"\n")
    };
    let old = events(&["evidence/report 2025-06-01 r0", "activated 2025-01-01", "evidence/report 2026-01-10 r1"]);
    let done = Status::Done { at: at("2026-01-10") };
    // The clock begins with the duty's force, and a report of the year before does not count.
    assert_eq!(
        told(&report("2026-01-01", None), &old, "2026-03-05"),
        [
            row("2026-01-01", "2026-01-31", done),
            row("2026-01-31", "2026-03-02", NEVER),
            row("2026-03-02", "2026-04-01", Status::Waiting)
        ]
    );
    let void = Status::Void { at: at("2026-02-10") };
    assert_eq!(
        told(&report("2026-01-01", Some("2026-02-10")), &old, "2026-09-05"),
        [row("2026-01-01", "2026-01-31", done), row("2026-01-31", "2026-03-02", void)]
    );
    // What is owed once was perhaps done before anybody asked for it.
    let once = Duty { in_force: InForce { from: Some(at("2026-01-01")), to: None }, ..duty("") };
    let early = events(&["activated 2025-01-01", "evidence/report 2025-06-01 r0"]);
    assert_eq!(told(&once, &early, "2026-03-05")[0].2, Status::Done { at: at("2025-06-01") });
}

#[test]
fn starting_again_after_a_stop_starts_no_second_clock() {
    let review = duty("");
    let twice = events(&["activated 2026-01-01", "activated 2026-03-01"]);
    assert_eq!(told(&review, &twice, "2026-06-01"), [row("2026-01-01", "2026-01-31", NEVER)]);
    let each = duty("each = true\n");
    assert_eq!(told(&each, &twice, "2026-06-01").len(), 2);
}

#[test]
fn what_renews_itself_starts_its_own_next_clock() {
    let renewal = duty("from = \"approved\"\ndone_by = \"approved\"\nwithin = \"1y\"\n");
    let renewed = events(&["approved 2026-01-01", "approved 2026-12-01"]);
    assert_eq!(
        told(&renewal, &renewed, "2027-06-01"),
        [
            row("2026-01-01", "2027-01-01", Status::Done { at: at("2026-12-01") }),
            row("2026-12-01", "2027-12-01", Status::Waiting),
        ]
    );
}

#[test]
fn each_question_is_answered_by_the_answer_that_names_it_else_the_oldest_is() {
    let answer =
        duty("from = \"evidence/question\"\ndone_by = \"evidence/answer\"\nwithin = \"1mo\"\nsilence = \"escalate\"\n");
    let log = events(&[
        "evidence/question 2026-01-10 q1",
        "evidence/question 2026-01-20 q2",
        "evidence/question 2026-01-25 q3",
        "evidence/answer 2026-02-01 a1 q2",
        "evidence/answer 2026-02-12 a2",
        "evidence/answer 2026-02-13 a3 q2",
        "evidence/answer 2026-02-14 a4 q9",
    ]);
    assert_eq!(
        told(&answer, &log, "2026-03-01"),
        [
            row("2026-01-10", "2026-02-10", Status::Lapsed { done_later: Some(at("2026-02-12")) }),
            row("2026-01-20", "2026-02-20", Status::Done { at: at("2026-02-01") }),
            row("2026-01-25", "2026-02-25", NEVER),
        ],
        "a second answer to q2 and one to a question that nobody asked answer nothing else"
    );
}

#[test]
fn more_time_is_given_before_the_time_is_over_and_so_often_at_most() {
    let lines =
        "from = \"proposed\"\nwithin = \"90d\"\n[duty.extension]\nby = \"60d\"\nevidence = \"more-time\"\nmost = 1\n";
    let report = duty(lines);
    let due = |log: &[&str]| told(&report, &events(log), "2027-01-01").remove(0).1;
    assert_eq!(due(&["proposed 2026-01-01"]), "2026-04-01");
    assert_eq!(due(&["proposed 2026-01-01", "evidence/more-time 2026-03-01 e"]), "2026-05-31");
    assert_eq!(due(&["proposed 2026-01-01", "evidence/more-time 2026-04-01 e"]), "2026-05-31", "on the last day");
    assert_eq!(due(&["proposed 2026-01-01", "evidence/more-time 2026-04-02 e"]), "2026-04-01", "too late");
    let twice = ["proposed 2026-01-01", "evidence/more-time 2026-03-01 e", "evidence/more-time 2026-05-01 f"];
    assert_eq!(due(&twice), "2026-05-31", "once at most");
    let done = events(&["proposed 2026-01-01", "evidence/report 2026-02-01 r", "evidence/more-time 2026-03-01 e"]);
    assert_eq!(
        told(&report, &done, "2027-01-01"),
        [row("2026-01-01", "2026-04-01", Status::Done { at: at("2026-02-01") })]
    );
}

#[test]
fn the_end_voids_what_silence_would_have_stopped_and_leaves_what_is_owed() {
    let log = events(&["activated 2026-01-01", "ended 2026-01-15", "activated 2026-01-16"]);
    let void = Status::Void { at: at("2026-01-15") };
    for (silence, status) in [("cease", void), ("refuse", void), ("proceed", void), ("escalate", NEVER)] {
        let report = duty(&format!("every = \"10d\"\nsilence = \"{silence}\"\n"));
        let found = told(&report, &log, "2026-06-01");
        assert_eq!(
            found,
            [row("2026-01-01", "2026-01-31", status), row("2026-01-11", "2026-02-10", status)],
            "{silence}"
        );
    }
    let lapsed = duty("within = \"10d\"\n");
    assert_eq!(told(&lapsed, &log, "2026-06-01")[0].2, NEVER, "what lapsed before stays so");
    let delete = duty("from = \"ended\"\ndone_by = \"evidence/deletion\"\n");
    assert_eq!(told(&delete, &log, "2026-06-01"), [row("2026-01-15", "2026-02-14", NEVER)]);
}

#[test]
fn quarters_are_days_of_the_year_and_two_runs_to_one_day_are_one() {
    let list = duty(
        "from = \"founded\"\nwithin = \"0d\"\nevery = \"3mo\"\non = [\"01-30\", \"04-30\", \"07-30\", \"10-30\"]\n",
    );
    let log = events(&["founded 2026-02-10"]);
    let dues: Vec<_> = told(&list, &log, "2026-12-31").into_iter().map(|(_, due, _)| due).collect();
    assert_eq!(dues, ["2026-04-30", "2026-07-30", "2026-10-30", "2027-01-30"]);
    let yearly = duty("from = \"founded\"\nwithin = \"0d\"\nevery = \"1mo\"\non = \"11-01\"\n");
    let dues: Vec<_> = told(&yearly, &log, "2028-10-31").into_iter().map(|(_, due, _)| due).collect();
    assert_eq!(dues, ["2026-11-01", "2027-11-01", "2028-11-01"]);
    assert_eq!(yearly.next_due(&log, at("2026-11-01T12:00:00Z")), Some(at("2026-11-01T23:59:59.999Z")));
}

#[test]
fn the_next_date_is_told_also_of_what_has_not_begun() {
    let report = duty("within = \"12mo\"\nevery = \"12mo\"\non = \"11-01\"\n");
    let filed = events(&["activated 2026-01-01", "evidence/report 2026-12-01 r"]);
    assert_eq!(report.next_due(&filed, at("2025-01-01")), None);
    assert_eq!(report.next_due(&filed, at("2026-02-01")).map(|due| due.date()).as_deref(), Some("2027-11-01"));
    assert_eq!(report.next_due(&filed, at("2026-12-24")).map(|due| due.date()).as_deref(), Some("2028-11-01"));
    let once = duty("");
    let log = events(&["activated 2026-01-01"]);
    assert_eq!(once.next_due(&log, at("2026-01-31")), Some(at("2026-01-31")), "the instant itself is still in time");
    assert_eq!(once.next_lapse(&log, at("2026-01-31")), Some(at("2026-01-31T00:00:00.001Z")));
    assert!(once.instances(&log, at("2026-01-31T00:00:00.001Z"))[0].has_lapsed());
    assert_eq!(once.next_due(&log, at("2026-02-01")), None);
    assert_eq!(once.next_lapse(&log, at("2026-02-01")), None);
}

#[test]
fn a_clock_that_would_run_to_the_end_of_time_ends() {
    let report = duty("within = \"1000y\"\nevery = \"1000y\"\n");
    let log = events(&["activated 2026-01-01"]);
    let found = report.instances(&log, model::Timestamp::MAX);
    assert_eq!(found.len(), 8);
    assert_eq!(found.last().map(|last| last.due), Some(model::Timestamp::MAX));
    assert_eq!(report.next_lapse(&log, model::Timestamp::MAX), None);
}
