//! The city in numbers: what senses, what has left and what residents asked, month by month. Each drawing stands in a table too.
//!
//! What has left and what was asked is counted from the log, so that everybody can count it again. What was taken and refused is
//! counted since the node began to run, because nothing of a single observation is in the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use flow::City;
use model::{EvidenceId, Identifies, StreamId, Technology, Timestamp};
use register::State as Register;
use register::state::Month;
use standards::duty::Status;

use super::draw::Bars;
use super::index::{Facts, Index, index};
use super::runs::Runs;
use super::{Link, Site, page};
use crate::jobs::Lane;
use crate::lang::{Here, Lang};
use crate::problem::Problem;
use crate::router::Node;

/// The months that are shown: the newest.
const MONTHS_MAX: usize = 24;

#[derive(Template)]
#[template(path = "numbers.html")]
struct Page {
    site: Site,
    deployments: usize,
    collecting: usize,
    sensors: usize,
    technologies: Vec<(Link, usize)>,
    left: Vec<Left>,
    bars: Option<Bars>,
    asked: Vec<Asked>,
    /// How many observations about nobody were taken, in words.
    admitted: String,
}

/// What left in a month.
struct Left {
    month: String,
    disclosures: u64,
    kept_back: u64,
    /// None where the log tells it of no disclosure.
    rows: Option<u64>,
    withheld: Option<u64>,
}

/// What residents asked in a month, and what became of it.
#[derive(Default)]
struct Asked {
    month: String,
    received: u64,
    in_time: u64,
    late: u64,
    open: u64,
}

fn left(state: &Register) -> Vec<Left> {
    let month = |(month, sums): (&Month, &register::state::Monthly)| Left {
        month: month.as_str().to_owned(),
        disclosures: sums.disclosures,
        kept_back: sums.kept_back,
        rows: Some(sums.rows).filter(|_| sums.kept_back < sums.disclosures),
        withheld: Some(sums.withheld).filter(|_| sums.kept_back < sums.disclosures),
    };
    let mut left: Vec<Left> = state.monthly.iter().rev().take(MONTHS_MAX).map(month).collect();
    left.reverse();
    left
}

/// Whether an inquiry was answered: in time, late, or not at all. What no clock runs on is in time once it is answered.
fn became(state: &Register, runs: &Runs, id: &EvidenceId, month: &mut Asked) {
    month.received += 1;
    let sum = match runs.get(id).map(|(_, run)| run.status) {
        Some(Status::Done { .. }) => &mut month.in_time,
        Some(Status::Lapsed { .. }) => &mut month.late,
        None if state.is_answered(id) => &mut month.in_time,
        Some(Status::Waiting | Status::Void { .. }) | None => &mut month.open,
    };
    *sum += 1;
}

fn asked(city: &City, state: &Register, now: Timestamp) -> Vec<Asked> {
    let filed = state.inquiries.keys().filter_map(|id| state.evidence.get(id));
    let runs = Runs::about(city, state, filed.map(|filed| &filed.evidence.about), now);
    let mut months: BTreeMap<Month, Asked> = BTreeMap::new();
    for (id, record) in &state.inquiries {
        became(state, &runs, id, months.entry(Month::of(record.at)).or_default());
    }
    let named = months.into_iter().map(|(month, asked)| Asked { month: month.as_str().to_owned(), ..asked });
    let mut named: Vec<Asked> = named.rev().take(MONTHS_MAX).collect();
    named.reverse();
    named
}

/// How many deployments there are of each technology, the most frequent first.
fn technologies(lang: Lang, facts: &Facts) -> Vec<(Link, usize)> {
    let mut count: Vec<(Technology, usize)> = facts.of_kind.iter().map(|(kind, count)| (*kind, *count)).collect();
    count.sort_by_key(|(technology, count)| (std::cmp::Reverse(*count), lang.technology(*technology)));
    count.into_iter().map(|(technology, count)| (Link::technology(lang, technology), count)).collect()
}

/// `GET /numbers`
pub(crate) async fn numbers(State(node): State<Node>, here: Here) -> Result<Response, Problem> {
    let Index { state, now, facts } = index(&node).await?;
    let left = left(&state);
    let (city, of) = (Arc::clone(&node.city), Arc::clone(&state));
    let asked = node.jobs.run(Lane::Open, move || asked(&city, &of, now)).await?;
    #[expect(clippy::cast_precision_loss, reason = "a drawing has fewer digits")]
    let drawn: Vec<_> = left.iter().map(|month| (month.month.clone(), Some(month.disclosures as f64))).collect();
    let counts = node.city.counters().snapshot();
    // Of a stream about people nothing is told that no minimum and no noise has gone over.
    let about_nobody =
        |id: &StreamId| state.stream(id).is_some_and(|(_, stream)| stream.identifies() == Identifies::Nobody);
    let admitted = counts.iter().filter(|(id, _)| about_nobody(id)).map(|(_, counts)| counts.admitted);
    page(&Page {
        site: Site::at(&state, &here),
        deployments: state.deployments.len(),
        collecting: facts.collecting,
        sensors: state.devices.len(),
        technologies: technologies(here.lang, &facts),
        bars: Some(Bars::of(here.lang, &drawn)).filter(|_| !drawn.is_empty()),
        left,
        asked,
        admitted: here.lang.count(
            admitted.fold(0, u64::saturating_add),
            ("observation", "observations"),
            ("Beobachtung", "Beobachtungen"),
        ),
    })
}
