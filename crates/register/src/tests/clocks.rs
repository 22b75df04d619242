//! Clocks of duties in a city: a lapse comes once, what silence means follows, and no adoption starts anything anew.

use std::collections::BTreeMap;

use model::policy::PolicyText;
use model::{Act, DutyId, PolicyLayer, Span, State as Stage, Subject, Timestamp, What};
use proptest::prelude::*;

use super::{City, replayed};
use crate::circumstances::of_deployment;
use crate::duties::{due, next_due};
use crate::{Adopting, Clocks, Command, Refusal, Register, State, Submission, SubmitError};

pub(super) const REPORT: (&str, &str) = (
    "report",
    "from = \"activated\"\nwithin = \"30d\"\nevery = \"30d\"\ndone_by = \"evidence/hearing\"\nsilence = \"cease\"",
);
/// What is owed again and again, of which nothing stops.
pub(super) const HEARING: (&str, &str) = (
    "heard",
    "about = \"city\"\nfrom = \"founded\"\nwithin = \"30d\"\nevery = \"30d\"\ndone_by = \"evidence/hearing\"\nsilence = \"escalate\"",
);
const DECISION: (&str, &str) =
    ("decision", "from = \"proposed\"\nwithin = \"20d\"\ndone_by = \"approved\"\nsilence = \"refuse\"");
const OPINION: (&str, &str) =
    ("opinion", "from = \"evidence/request\"\nwithin = \"10d\"\ndone_by = \"evidence/opinion\"\nsilence = \"proceed\"");
const LIST: (&str, &str) =
    ("list", "about = \"city\"\nfrom = \"founded\"\nwithin = \"5d\"\ndone_by = \"evidence/list\"\nsilence = \"cease\"");

pub(super) fn core_with(duties: &[(&str, &str)]) -> PolicyLayer {
    let text = |(id, lines): &(&str, &str)| {
        let text = format!("[[duty]]\nid = \"{id}\"\nrequirement = \"core-1\"\n{lines}\n");
        (DutyId::new(id).unwrap(), text)
    };
    PolicyLayer { duties: duties.iter().map(text).collect(), ..testkit::core() }
}

fn policies(duties: &[(&str, &str)]) -> PolicyText {
    PolicyText {
        layers: vec![core_with(duties)],
        permits: norms::city_permits_default().to_owned(),
        permits_owner: "city".parse().unwrap(),
    }
}

fn adopt(city: &City, by: &str, reason: Option<&str>, duties: &[(&str, &str)]) -> Result<usize, Refusal> {
    ask(
        &city.register,
        Submission {
            by: by.parse().unwrap(),
            reason: reason.map(str::to_owned),
            command: Command::AdoptFrom(Adopting::unreleased(policies(duties), "for tests".to_owned())),
        },
    )
}

fn ask(register: &Register, submission: Submission) -> Result<usize, Refusal> {
    match register.submit(submission) {
        Ok(receipt) => Ok(receipt.entries.len()),
        Err(SubmitError::Refused(refusal)) => Err(refusal),
        Err(other) => panic!("{other}"),
    }
}

pub(super) fn with(duties: &[(&str, &str)]) -> City {
    let city = City::declared();
    adopt(&city, "city", None, duties).unwrap();
    city
}

fn file(city: &City, id: &str, about: &str, kind: &str) {
    let on = city.clock_now();
    let command = format!(
        r#"{{"do":"file-evidence","with":{{"id":"{id}","about":{about},"kind":"{kind}","on":"{on}","signed_by":"city","summary":"Done."}}}}"#
    );
    assert_eq!(ask(&city.register, City::submission("city", None, &command)).unwrap(), 1);
}

fn activate(city: &City) -> Result<usize, Refusal> {
    ask(&city.register, City::submission("city", None, r#"{"do":"activate","with":{"deployment":"congestion"}}"#))
}

fn congestion(state: &State) -> (Stage, Option<String>) {
    let standing = &state.deployments[&"congestion".parse().unwrap()].standing;
    (standing.state, standing.stopped_because.clone())
}

fn kinds(city: &City, from: u64) -> Vec<&'static str> {
    let acts = city.register.entries(from, 1_000).unwrap();
    acts.iter().map(|entry| Act::from_bytes(&entry.bytes).unwrap().what.kind()).collect()
}

const DEPLOYMENT: &str = r#"{"what":"deployment","id":"congestion"}"#;
const CITY: &str = r#"{"what":"city"}"#;

impl City {
    pub(super) fn clock_now(&self) -> Timestamp {
        self.register.now()
    }

    fn wait(&self, days: u32) -> usize {
        self.clock.set(self.register.now() + Span::days(days));
        self.register.tick().unwrap()
    }
}

#[test]
fn what_nobody_reports_on_stops_until_it_is_reported() {
    let city = with(&[REPORT]);
    let size = city.register.state().size;
    assert_eq!(city.wait(30), 0, "the last day counts");
    assert_eq!(city.wait(1), 2);
    assert_eq!(kinds(&city, size), ["duty-lapsed/1", "deployment-suspended/1"]);
    let (stage, because) = congestion(&city.register.state());
    assert!(stage == Stage::Suspended && because.unwrap().contains("`report` is overdue"));
    let refused = activate(&city).unwrap_err();
    assert!(matches!(&refused, Refusal::Overdue { duty, .. } if duty.as_str() == "report"), "{refused}");
    file(&city, "late", DEPLOYMENT, "hearing");
    assert_eq!(activate(&city).unwrap(), 1, "the late deed was written down before this was decided");
    assert_eq!(kinds(&city, size + 2), ["evidence-filed/1", "duty-met-late/1", "deployment-activated/1"]);
    // The next run is owed by itself, and its lapse is another one.
    assert_eq!(city.wait(30), 2);
    let state = city.register.state();
    let timeline = &state.timelines[&Subject::Deployment { id: "congestion".parse().unwrap() }];
    assert_eq!(timeline.lapses.iter().map(|lapse| lapse.what.run.n).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(replayed(&city.register), *state);
}

#[test]
fn what_is_owed_by_the_city_as_a_whole_stops_everything_in_it() {
    let city = with(&[LIST]);
    let size = city.register.state().size;
    city.wait(6);
    assert_eq!(kinds(&city, size), ["duty-lapsed/1", "deployment-suspended/1"]);
    assert!(matches!(activate(&city), Err(Refusal::Overdue { .. })));
    file(&city, "late", CITY, "list");
    assert_eq!(activate(&city).unwrap(), 1);
}

#[test]
fn a_proposal_that_nobody_decides_is_refused() {
    let city = with(&[DECISION]);
    let other = serde_json::to_string(&City::submissions()[3].command).unwrap();
    let other = other.replace("\"id\":\"congestion\"", "\"id\":\"other\"").replace("\"wifi\"", "\"wifi-2\"");
    ask(&city.register, City::submission("city", None, &other)).unwrap();
    let size = city.register.state().size;
    assert_eq!(city.wait(21), 2);
    assert_eq!(kinds(&city, size), ["duty-lapsed/1", "deployment-ended/1"]);
    let state = city.register.state();
    let other = &state.deployments[&"other".parse().unwrap()].standing;
    assert!(other.state == Stage::Ended && other.refused, "{other:?}");
    assert_eq!(congestion(&state).0, Stage::Active, "what was decided in time goes on");
}

#[test]
fn silence_lets_the_file_go_on_until_it_is_asked_again() {
    let city = with(&[OPINION]);
    let silent = || {
        let state = city.register.state();
        let record = &state.deployments[&"congestion".parse().unwrap()];
        let around = of_deployment(&state, record, city.clock_now());
        assert!(around.overdue.is_empty(), "nobody owes what may be left away");
        around.silences.into_iter().map(|duty| duty.to_string()).collect::<Vec<_>>()
    };
    file(&city, "ask-1", DEPLOYMENT, "request");
    city.wait(10);
    assert_eq!(silent(), [""; 0]);
    city.wait(1);
    assert_eq!(silent(), ["opinion"]);
    file(&city, "ask-2", DEPLOYMENT, "request");
    assert_eq!(silent(), [""; 0], "the old silence says nothing of the new question");
    city.wait(11);
    assert_eq!(silent(), ["opinion"]);
}

#[test]
fn a_clock_counts_from_the_adoption_and_another_adoption_starts_nothing_anew() {
    let city = City::declared();
    city.wait(40);
    adopt(&city, "city", None, &[REPORT]).unwrap();
    assert_eq!(city.wait(29), 0, "nobody owed a report before it was asked for");
    // Adopted again with one duty more: the first goes on as it was.
    adopt(&city, "city", None, &[REPORT, OPINION]).unwrap();
    assert_eq!(city.wait(2), 2);
    assert_eq!(congestion(&city.register.state()).0, Stage::Suspended);
}

#[test]
fn a_duty_is_dropped_by_the_founder_alone_and_owed_no_more() {
    let city = with(&[REPORT]);
    let party = r#"{"do":"register-party","with":{"party":{"id":"roads","name":"Roads","kind":"officer"}}}"#;
    ask(&city.register, City::submission("city", None, party)).unwrap();
    city.wait(31);
    assert!(matches!(adopt(&city, "roads", Some("too much work"), &[]), Err(Refusal::DropsDuty { .. })));
    assert!(matches!(adopt(&city, "city", None, &[]), Err(Refusal::NoReason)));
    assert_eq!(adopt(&city, "city", Some("the council repealed it"), &[]).unwrap(), 1);
    assert_eq!(activate(&city).unwrap(), 1, "what is in force no more stops nothing");
}

#[test]
fn a_duty_that_reads_otherwise_is_another_and_only_the_founder_changes_it() {
    let (short, longer) = (REPORT.1.replace("30d", "5d"), REPORT.1.replace("30d", "8d"));
    let city = with(&[("report", &short)]);
    let party = r#"{"do":"register-party","with":{"party":{"id":"roads","name":"Roads","kind":"officer"}}}"#;
    ask(&city.register, City::submission("city", None, party)).unwrap();
    assert_eq!(city.wait(6), 2);
    for by in ["roads", "city"] {
        assert!(adopt(&city, by, None, &[("report", &longer)]).is_err(), "{by}");
    }
    assert_eq!(adopt(&city, "city", Some("the council gives more time"), &[("report", &longer)]).unwrap(), 1);
    // What lapsed was owed under the old words; the new ones give their whole time, and then the same run may lapse again.
    assert_eq!(activate(&city).unwrap(), 1);
    assert_eq!(city.wait(8), 0);
    assert_eq!(city.wait(1), 2);
    file(&city, "late", DEPLOYMENT, "hearing");
    assert_eq!(activate(&city).unwrap(), 1);
    assert_eq!(replayed(&city.register), *city.register.state());
    // Dropped, and adopted again: the same holds.
    adopt(&city, "city", Some("repealed"), &[]).unwrap();
    city.wait(1);
    adopt(&city, "city", None, &[("report", &longer)]).unwrap();
    assert_eq!(city.wait(8), 0);
    assert_eq!(city.wait(1), 2);
    assert!(matches!(activate(&city), Err(Refusal::Overdue { .. })));
    assert_eq!(replayed(&city.register), *city.register.state());
}

#[test]
fn what_lapsed_before_a_duty_ended_is_written_and_asking_again_changes_nothing() {
    let ending = format!("{}\nin_force_to = \"2026-07-02T00:00:00Z\"", REPORT.1);
    let city = with(&[("report", &ending)]);
    // Due on the first of July, over on the second, and nobody looks before the fifth.
    assert_eq!(city.wait(34), 2, "the lapse, and what it means");
    assert_eq!(city.register.tick().unwrap(), 0);
    assert!(matches!(activate(&city), Err(Refusal::Overdue { .. })));
    assert_eq!(city.wait(40), 0, "nothing begins any more");
}

#[test]
fn a_preview_sees_what_has_fallen_due() {
    let city = with(&[REPORT]);
    city.wait(31);
    file(&city, "late", DEPLOYMENT, "hearing");
    let activate = City::submission("city", None, r#"{"do":"activate","with":{"deployment":"congestion"}}"#);
    let previewed = city.register.preview(std::slice::from_ref(&activate)).remove(0).unwrap();
    assert_eq!(previewed.len(), 1);
    assert_eq!(ask(&city.register, activate).unwrap(), 1);
}

#[test]
fn policies_whose_duties_cannot_run_are_not_adopted() {
    let city = City::declared();
    for (duties, words) in [
        ([("report", "from = \"activated\"")].as_slice(), "within"),
        (&[("report", &REPORT.1.replace("30d", "${days}"))], "not filled in"),
        (&[("report", "from = \"started\"\nwithin = \"1d\"\ndone_by = \"approved\"\nsilence = \"cease\"")], "started"),
    ] {
        let refused = adopt(&city, "city", None, duties).unwrap_err().to_string();
        assert!(refused.contains(words) && refused.contains("report"), "{refused}");
    }
    let mut text = policies(&[REPORT]);
    let duties: BTreeMap<_, _> =
        text.layers[0].duties.values().map(|text| ("other".parse().unwrap(), text.clone())).collect();
    text.layers[0].duties = duties;
    let other = Submission { by: "city".parse().unwrap(), reason: None, command: Command::AdoptPolicy(text) };
    assert!(ask(&city.register, other).unwrap_err().to_string().contains("is called `report`"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// However time is cut into ticks, each run of each duty lapses once, and nothing is due twice.
    #[test]
    fn duties_of_packs_do_not_depend_on_how_often_the_clock_is_asked(
        hours in prop::collection::vec(1_u32..400, 1..40),
    ) {
        let city = with(&[REPORT, DECISION, OPINION, LIST]);
        file(&city, "ask-1", DEPLOYMENT, "request");
        let rules = city.register.rules().unwrap();
        let fold = |clocks: &Clocks, steps: &[u32]| {
            let mut state = State::clone(&city.register.state());
            let (mut now, mut lapses) = (city.start, Vec::new());
            for step in steps {
                let expected = next_due(&state, clocks, now);
                now = now + Span::hours(*step);
                let acts = due(&state, clocks, now).unwrap();
                prop_assert_eq!(acts.is_empty(), expected.is_none_or(|at| at > now), "the timer is right");
                for act in acts {
                    if let What::DutyLapsed(lapsed) = &act.what {
                        lapses.push((lapsed.duty.clone(), lapsed.run.clone(), lapsed.due));
                    }
                    state.apply(&act).unwrap();
                }
                prop_assert!(due(&state, clocks, now).unwrap().is_empty());
            }
            lapses.sort();
            Ok((lapses, congestion(&state).0))
        };
        let many = fold(&rules.clocks, &hours)?;
        // Another agenda, and one that has seen everything.
        let once = fold(&Clocks::read(&policies(&[REPORT, DECISION, OPINION, LIST])).unwrap(), &[hours.iter().sum()])?;
        let again = fold(&rules.clocks, &hours)?;
        prop_assert_eq!(&many, &once);
        prop_assert_eq!(&many, &again);
    }
}
