//! The city in numbers: what senses, what has left and what residents asked, month by month. Each drawing stands in a table too.
//!
//! Everything that has a month is counted from the log, so that everybody can count it again: what came and was refused once its
//! month is over, of streams that are about nobody and count nobody, and of the others an order of magnitude, which is in no bar and in no
//! sum with a number. What came since the node began to run is told beside it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use flow::City;
use model::inquiry::InquiryKind;
use model::{Month, RefusedFor, StreamId, Technology, Timestamp};
use register::State as Register;
use register::state::{About, Came as CameInNumbers, Monthly};

use super::answered::{self, Answered, Became};
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
    came: Vec<Came>,
    /// The reasons of refusals, in the order of each month's numbers.
    reasons: [&'static str; RefusedFor::ALL.len()],
    left: Vec<Left>,
    /// What is drawn, where there is something: admitted, refused, disclosed, withheld.
    drawn: Option<[Drawn; 2]>,
    drawn_left: Option<[Drawn; 2]>,
    asked: Vec<Asked>,
    /// What became of inquiries, by kind.
    kinds: Vec<answered::Row>,
    /// How many observations of such streams were taken, in words.
    admitted: String,
}

/// Bars by month, with what they are called.
struct Drawn {
    /// What begins the ids within the drawing.
    id: &'static str,
    title: &'static str,
    caption: &'static str,
    bars: Bars,
}

/// What came in a month.
struct Came {
    month: String,
    /// Admitted and refused, where the log tells it in numbers.
    numbers: Option<[u64; 2]>,
    /// These, the refused by reason as `RefusedFor::ALL` has them, and both orders of magnitude.
    cells: Vec<String>,
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
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Asked {
    month: String,
    received: u64,
    in_time: u64,
    late: u64,
    open: u64,
}

/// The newest months of those that hold something.
fn newest<T>(state: &Register, of: impl FnMut((&Month, &Monthly)) -> Option<T>) -> Vec<T> {
    let mut newest: Vec<T> = state.monthly.iter().rev().filter_map(of).take(MONTHS_MAX).collect();
    newest.reverse();
    newest
}

fn came(lang: Lang, state: &Register) -> Vec<Came> {
    newest(state, |(month, sums)| {
        let (came, about) = (sums.came.as_ref(), sums.about);
        let numbers = came.map(|came| [came.admitted, came.refused_in_all()]);
        let of = |reason| came.map(|came: &CameInNumbers| came.refused.get(&reason).copied().unwrap_or(0));
        let exact = numbers.map_or([None; 2], |numbers| numbers.map(Some)).into_iter().chain(RefusedFor::ALL.map(of));
        let rough = [about.map(|about: About| about.admitted), about.map(|about| about.refused)];
        let exact = exact.map(|number| number.map(|number| number.to_string()));
        let rough = rough.into_iter().map(|estimate| estimate.map(|estimate| lang.about(estimate)));
        let not_told = || lang.of("not told", "nicht genannt").to_owned();
        let cells = exact.chain(rough).map(|told| told.unwrap_or_else(not_told)).collect();
        (came.is_some() || about.is_some()).then(|| Came { month: month.to_string(), numbers, cells })
    })
}

fn left(state: &Register) -> Vec<Left> {
    newest(state, |(month, sums)| {
        let told = sums.kept_back < sums.disclosures;
        (sums.disclosures > 0).then(|| Left {
            month: month.to_string(),
            disclosures: sums.disclosures,
            kept_back: sums.kept_back,
            rows: Some(sums.rows).filter(|_| told),
            withheld: Some(sums.withheld).filter(|_| told),
        })
    })
}

/// Why something was refused, as the head of a column.
const fn reason(lang: Lang, reason: RefusedFor) -> &'static str {
    match reason {
        RefusedFor::Norms => lang.of("Might not collect", "Durfte nicht erfassen"),
        RefusedFor::Device => lang.of("Sensor shut out", "Sensor ausgeschlossen"),
        RefusedFor::Unreadable => lang.of("Not readable", "Nicht lesbar"),
        RefusedFor::Unfit => lang.of("Did not fit", "Passte nicht"),
        RefusedFor::City => lang.of("City could not", "Stadt konnte nicht"),
    }
}

/// Bars of a number by month.
#[expect(clippy::cast_precision_loss, reason = "a drawing has fewer digits")]
fn bars<'m>(lang: Lang, numbers: impl Iterator<Item = (&'m String, Option<u64>)>) -> Bars {
    let numbers: Vec<_> = numbers.map(|(month, number)| (month.clone(), number.map(|number| number as f64))).collect();
    Bars::of(lang, &numbers)
}

/// The drawings of what came, of the months that are told in numbers; none if none is.
fn drawn_came(lang: Lang, came: &[Came]) -> Option<[Drawn; 2]> {
    let told = || came.iter().filter_map(|month| Some((&month.month, month.numbers?)));
    told().next()?;
    Some([
        Drawn {
            id: "admitted",
            title: lang.of("Observations taken, by month", "Angenommene Beobachtungen nach Monaten"),
            caption: lang.of("Taken, by month. Nobody is in it.", "Angenommen, nach Monaten. Niemand kommt darin vor."),
            bars: bars(lang, told().map(|(month, [admitted, _])| (month, Some(admitted)))),
        },
        Drawn {
            id: "refused",
            title: lang.of("Refused, by month", "Abgelehntes nach Monaten"),
            caption: lang.of(
                "Refused, by month. A batch counts once, and so does a row of a file.",
                "Abgelehnt, nach Monaten. Eine Sendung zählt einmal, eine Zeile einer Datei auch.",
            ),
            bars: bars(lang, told().map(|(month, [_, refused])| (month, Some(refused)))),
        },
    ])
}

/// The drawings of what left.
fn drawn_left(lang: Lang, left: &[Left]) -> [Drawn; 2] {
    [
        Drawn {
            id: "left",
            title: lang.of("Disclosures by month", "Weitergaben nach Monaten"),
            caption: lang.of(
                "Disclosures by month, as their batches came into the log.",
                "Weitergaben nach Monaten, wie sie gesammelt ins Protokoll kamen.",
            ),
            bars: bars(lang, left.iter().map(|month| (&month.month, Some(month.disclosures)))),
        },
        Drawn {
            id: "withheld",
            title: lang.of("Withheld by month", "Zurückgehaltenes nach Monaten"),
            caption: lang.of(
                "Numbers that were too small to tell, by month.",
                "Zahlen, die zu klein waren, um sie zu nennen, nach Monaten.",
            ),
            bars: bars(lang, left.iter().map(|month| (&month.month, month.withheld))),
        },
    ]
}

/// Counts an inquiry: answered in time, late, or not at all. What is overdue is late.
fn count(became: Became, month: &mut Asked) {
    month.received += 1;
    let sum = match became {
        Became::InTime => &mut month.in_time,
        Became::Late | Became::Overdue => &mut month.late,
        Became::Waits => &mut month.open,
    };
    *sum += 1;
}

/// What became of all that residents asked, at a state of the register and from one time up to another.
#[derive(Clone)]
struct Counted {
    state: Arc<Register>,
    from: Timestamp,
    /// When the next of the clocks lapses; none if no clock runs.
    until: Option<Timestamp>,
    months: Vec<Asked>,
    kinds: BTreeMap<InquiryKind, Answered>,
}

impl Counted {
    fn of(city: &City, state: Arc<Register>, now: Timestamp) -> Self {
        let filed = state.inquiries.keys().filter_map(|id| state.evidence.get(id));
        let runs = Runs::about(city, &state, filed.map(|filed| &filed.evidence.about), now);
        let (months, kinds) = (asked(&state, &runs), answered::by_kind(&state, &runs, state.inquiries.keys()));
        Self { from: now, until: runs.next_lapse(now), months, kinds, state }
    }

    fn holds(&self, state: &Arc<Register>, now: Timestamp) -> bool {
        Arc::ptr_eq(&self.state, state) && self.from <= now && self.until.is_none_or(|until| now < until)
    }
}

/// The newest of them: counted once, and not for each who asks for the page.
#[derive(Default)]
pub(crate) struct Inquiries(Mutex<Option<Counted>>);

impl Inquiries {
    /// Whoever comes while somebody counts waits for them, and does not do the same.
    fn at(&self, state: Arc<Register>, now: Timestamp, count: impl FnOnce(Arc<Register>) -> Counted) -> Counted {
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(counted) = newest.as_ref().filter(|counted| counted.holds(&state, now)) {
            return counted.clone();
        }
        newest.insert(count(state)).clone()
    }
}

fn asked(state: &Register, runs: &Runs) -> Vec<Asked> {
    let mut months: BTreeMap<Month, Asked> = BTreeMap::new();
    for (id, record) in &state.inquiries {
        count(Became::of(state, runs, id), months.entry(Month::of(record.at)).or_default());
    }
    let named = months.into_iter().map(|(month, asked)| Asked { month: month.to_string(), ..asked });
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
    let (came, left) = (came(here.lang, &state), left(&state));
    let (city, of, inquiries) = (Arc::clone(&node.city), Arc::clone(&state), Arc::clone(&node.inquiries));
    let job = move || inquiries.at(of, now, |state| Counted::of(&city, state, now));
    let Counted { months: asked, kinds, .. } = node.jobs.run(Lane::Open, job).await?;
    let counts = node.city.counters().snapshot();
    // Of a stream that is about people or counts them no number is told that no minimum and no noise has gone over.
    let may_be = |id: &StreamId| state.stream(id).is_some_and(|(_, stream)| stream.may_be_counted());
    let admitted = counts.iter().filter(|(id, _)| may_be(id)).map(|(_, counts)| counts.admitted);
    page(&Page {
        site: Site::at(&state, &here),
        deployments: state.deployments.len(),
        collecting: facts.collecting,
        sensors: state.devices.len(),
        technologies: technologies(here.lang, &facts),
        reasons: RefusedFor::ALL.map(|of| reason(here.lang, of)),
        drawn: drawn_came(here.lang, &came),
        drawn_left: (!left.is_empty()).then(|| drawn_left(here.lang, &left)),
        came,
        left,
        asked,
        kinds: answered::rows(here.lang, kinds),
        admitted: here.lang.count(
            admitted.fold(0, u64::saturating_add),
            ("observation", "observations"),
            ("Beobachtung", "Beobachtungen"),
        ),
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn inquiries_are_counted_once_for_a_state_until_a_clock_lapses_and_anew_for_another() {
        let (inquiries, times) = (Inquiries::default(), Cell::new(0));
        let (state, now) = (Arc::new(Register::default()), Timestamp::from_millis(1_000));
        let counted = |state: &Arc<Register>, millis| {
            let now = Timestamp::from_millis(millis);
            let count = |state| {
                times.set(times.get() + 1);
                let until = Some(Timestamp::from_millis(2_000)).filter(|until| now < *until);
                Counted { state, from: now, until, months: Vec::new(), kinds: BTreeMap::new() }
            };
            inquiries.at(Arc::clone(state), now, count);
            times.get()
        };
        assert_eq!([counted(&state, now.millis()), counted(&state, 1_500), counted(&state, 1_999)], [1, 1, 1]);
        assert_eq!([counted(&state, 2_000), counted(&state, 9_000)], [2, 2], "another is overdue");
        assert_eq!(counted(&state, 8_999 - 8_000), 3, "the clock was set back");
        assert_eq!(counted(&Arc::new(Register::default()), 1_500), 4, "another state");
    }
}
