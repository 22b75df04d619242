//! A line of now and a line of usual: what is drawn stands in the table too, number by number.

use std::collections::BTreeMap;
use std::fmt::Write;

use flow::Row;
use model::{Span, TimeBin, Timestamp};

use crate::lang::Lang;
use crate::pages::draw::{Label, WIDTH, rounded_up, told};

/// How many windows are shown.
pub(super) const WINDOWS: u32 = 96;
/// How many days before a window make what is usual at its time of day.
pub(super) const DAYS_BEFORE: u32 = 7;
/// The drawing's height, and the space around the lines, in its own units.
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 34.0;
const RIGHT: f64 = 12.0;

/// How the numbers of one window become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Combined {
    /// Counts add up.
    Sum,
    /// Totals of the day so far add up over places, and over time the last of them has all of it.
    SoFar,
    /// Means, which are released in thousandths, are averaged.
    Mean,
    /// What is released in its own unit is averaged.
    Average,
}

/// A chart, ready to be drawn.
#[derive(Debug)]
pub(super) struct Chart {
    /// What it shows, in a sentence that stands for it.
    pub(super) sentence: String,
    /// The lines, as SVG paths.
    pub(super) now: String,
    pub(super) usual: String,
    /// Heights with a number.
    pub(super) levels: Vec<Label>,
    /// Times along the bottom.
    pub(super) times: Vec<Label>,
    /// The table, newest first.
    pub(super) lines: Vec<Line>,
}

/// A line of the table.
#[derive(Debug, PartialEq)]
pub(super) struct Line {
    pub(super) when: String,
    pub(super) now: String,
    pub(super) usual: String,
}

/// One window: its number, if it has one, and the usual one.
struct Point {
    from: Timestamp,
    now: Option<f64>,
    usual: Option<f64>,
}

impl Chart {
    /// The newest windows of some rows against the days before; none if there is no number.
    pub(super) fn of(lang: Lang, rows: &[Row], bin: TimeBin, combined: Combined) -> Option<Self> {
        let numbers = numbers(rows, combined);
        let (last, _) = numbers.last_key_value()?;
        let width = bin.span().millis();
        let points: Vec<Point> = (0..i64::from(WINDOWS))
            .rev()
            .map(|back| Timestamp::from_millis(last.millis() - back * width))
            .map(|from| Point { from, now: numbers.get(&from).copied(), usual: usual(&numbers, from) })
            .collect();
        let top = points.iter().flat_map(|point| [point.now, point.usual]).flatten().fold(0.0, f64::max);
        let top = rounded_up(top);
        let newest = points.last()?;
        let (began, now, usual) = (lang.instant(newest.from), told(lang, newest.now), told(lang, newest.usual));
        let sentence = match lang {
            Lang::En => format!(
                "In the newest window, which began on {began}, the number is {now}; usual at that time of day is {usual}."
            ),
            Lang::De => format!(
                "Der neueste Zeitschritt begann am {began}. Die Zahl dafür: {now}. Üblich um diese Tageszeit: {usual}."
            ),
        };
        Some(Self {
            sentence,
            now: path(&points, top, |point| point.now),
            usual: path(&points, top, |point| point.usual),
            levels: [0.0, 0.5, 1.0].map(|part| level(lang, part, top)).into(),
            times: times(&points),
            lines: points.iter().rev().map(|point| Line::of(lang, point)).collect(),
        })
    }
}

impl Line {
    fn of(lang: Lang, point: &Point) -> Self {
        Self { when: lang.instant(point.from), now: told(lang, point.now), usual: told(lang, point.usual) }
    }
}

/// One number for each window that has any.
pub(super) fn numbers<'r>(rows: impl IntoIterator<Item = &'r Row>, combined: Combined) -> BTreeMap<Timestamp, f64> {
    let mut sums: BTreeMap<Timestamp, (f64, f64)> = BTreeMap::new();
    for row in rows {
        let Row::Released { from, value, .. } = row else { continue };
        let (sum, count) = sums.entry(*from).or_default();
        #[expect(clippy::cast_precision_loss, reason = "a drawing has no 15 digits")]
        let value = *value as f64;
        *sum += value;
        *count += 1.0;
    }
    let one = |(sum, count): (f64, f64)| match combined {
        Combined::Sum | Combined::SoFar => sum,
        Combined::Mean => sum / count / 1_000.0,
        Combined::Average => sum / count,
    };
    sums.into_iter().map(|(from, both)| (from, one(both))).collect()
}

/// The middle one of the numbers at the same time on the days before.
pub(super) fn usual(numbers: &BTreeMap<Timestamp, f64>, from: Timestamp) -> Option<f64> {
    let before = (1..=DAYS_BEFORE).filter_map(|days| numbers.get(&(from - Span::days(days))).copied());
    let mut before: Vec<f64> = before.collect();
    before.sort_by(f64::total_cmp);
    let middle = before.len() / 2;
    let upper = *before.get(middle)?;
    if before.len() % 2 == 1 {
        return Some(upper);
    }
    before.get(middle - 1).map(|lower| (lower + upper) / 2.0)
}

fn x(at: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "there are fewer than a hundred")]
    let part = at as f64 / f64::from(WINDOWS - 1);
    LEFT + part * (WIDTH - LEFT - RIGHT)
}

fn y(part: f64) -> f64 {
    TOP + (1.0 - part.clamp(0.0, 1.0)) * (HEIGHT - TOP - BOTTOM)
}

/// A line through the numbers, broken where there is none.
fn path(points: &[Point], top: f64, number: fn(&Point) -> Option<f64>) -> String {
    let (mut path, mut drawing) = (String::new(), false);
    for (at, point) in points.iter().enumerate() {
        let Some(number) = number(point) else {
            drawing = false;
            continue;
        };
        let step = if drawing { 'L' } else { 'M' };
        // A line of no length is drawn as a dot, because its ends are round.
        let dot = if drawing { "" } else { "h0" };
        // Writing into a text does not fail.
        let _ = write!(path, "{step}{:.1} {:.1}{dot}", x(at), y(number / top));
        drawing = true;
    }
    path
}

fn level(lang: Lang, part: f64, top: f64) -> Label {
    Label { x: format!("{:.0}", LEFT - 8.0), y: format!("{:.1}", y(part)), text: told(lang, Some(part * top)) }
}

/// The first, the middle and the last time.
fn times(points: &[Point]) -> Vec<Label> {
    let places = [0, points.len() / 2, points.len().saturating_sub(1)];
    let at = |at: usize| {
        let text: String = points.get(at)?.from.to_string().chars().skip(5).take(11).collect();
        Some(Label { x: format!("{:.1}", x(at)), y: format!("{:.0}", HEIGHT - 10.0), text: text.replace('T', " ") })
    };
    places.into_iter().filter_map(at).collect()
}

#[cfg(test)]
mod tests {
    use flow::Cell;

    use super::*;

    fn row(from: Timestamp, value: i64) -> Row {
        Row::Released { from, to: from + Span::minutes(15), cell: Cell::Stream, class: None, value }
    }

    fn quarter() -> TimeBin {
        TimeBin::new(Span::minutes(15)).unwrap()
    }

    #[test]
    fn now_is_held_against_the_middle_of_the_days_before() {
        let last: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        let before = [5, 100, 7, 6].iter().zip(1..).map(|(value, days)| row(last - Span::days(days), *value));
        let rows: Vec<Row> = before.chain([row(last, 40), row(last, 2), row(last - Span::minutes(15), 9)]).collect();
        let chart = Chart::of(Lang::En, &rows, quarter(), Combined::Sum).unwrap();
        let line = |now: &str, usual: &str, when: &str| Line {
            when: when.to_owned(),
            now: now.to_owned(),
            usual: usual.to_owned(),
        };
        assert_eq!(chart.lines.len(), 96);
        assert_eq!(chart.lines[0], line("42", "6.5", "24 November 2026, 08:00 UTC"));
        assert_eq!(chart.lines[1], line("9", "none", "24 November 2026, 07:45 UTC"));
        assert!(chart.sentence.contains("42") && chart.sentence.contains("6.5"), "{}", chart.sentence);
        // Two windows in a row are a line; the one before them is a gap, and 42 stands at 42 of 50.
        assert_eq!(chart.now.matches('M').count(), 1, "{}", chart.now);
        assert!(chart.now.ends_with("L708.0 46.2"), "{}", chart.now);
        assert_eq!(chart.levels[2].text, "50");
        assert_eq!(chart.times.iter().map(|label| label.text.as_str()).collect::<Vec<_>>()[2], "11-24 08:00");
    }

    #[test]
    fn means_are_averaged_and_no_number_is_no_chart() {
        let at = "2026-11-24T08:00:00Z".parse().unwrap();
        let chart = Chart::of(Lang::En, &[row(at, 1_500), row(at, 2_500)], quarter(), Combined::Mean).unwrap();
        assert_eq!(chart.lines[0].now, "2");
        let limits = Chart::of(Lang::En, &[row(at, 30), row(at, 50)], quarter(), Combined::Average).unwrap();
        assert_eq!(limits.lines[0].now, "40");
        assert!(Chart::of(Lang::En, &[], quarter(), Combined::Sum).is_none());
        let zero = Chart::of(Lang::En, &[row(at, 0)], quarter(), Combined::Sum).unwrap();
        assert!(!zero.now.contains("NaN") && zero.now.contains("h0"), "{}", zero.now);
    }
}
