//! Benchmarks drawn: bars with their intervals by group, each with its table and its CSV.
//!
//! What is drawn stands in the table too. Nothing is drawn without its interval, and who is missing is said beside it. A fragment of a
//! page comes out of here, never a whole one.

use askama::Template;

use super::count::Counted;
use super::definition::Measure;
use super::figure::{Figure, Missing};
use super::stat::Interval;
use super::table::{Group, Table};

/// The width of a drawing, and of the names at its left and the numbers at its right, in its own units.
const WIDTH: f64 = 720.0;
const LEFT: f64 = 190.0;
const RIGHT: f64 = 250.0;
/// The height of one bar with its room.
const BAR: u32 = 26;
/// The most bars that are drawn; the table has all.
const BARS_MAX: usize = 40;

/// One bar: a number, and the interval around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// Whose.
    pub name: String,
    /// Its top, and the middle of its row.
    pub top: u32,
    /// Where its words and its interval stand.
    pub middle: u32,
    /// How long it is.
    pub width: String,
    /// Where its interval begins and ends.
    pub low: String,
    /// Its end.
    pub high: String,
    /// The number with its interval, in words.
    pub number: String,
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartRow {
    /// Of which group.
    pub name: String,
    /// The number in words.
    pub number: String,
    /// Its interval in words.
    pub interval: String,
    /// How many things were counted.
    pub sample: u64,
    /// In how many cities.
    pub cities: u64,
    /// Who is missing, in words.
    pub missing: String,
}

/// A benchmark as a fragment of a page.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "benchmark_chart.html")]
pub struct Chart {
    /// The definition's id: also the prefix of ids in the fragment.
    pub id: String,
    /// Its title.
    pub title: String,
    /// As of when.
    pub at: String,
    /// The bars; none where no number is formed.
    pub bars: Vec<Bar>,
    /// The height of the drawing.
    pub height: u32,
    /// Every group.
    pub rows: Vec<ChartRow>,
    /// The purposes and how often, where that is what was counted.
    pub purposes: Vec<(String, u64)>,
}

impl Chart {
    /// Draws a table.
    #[must_use]
    pub fn of(table: &Table) -> Self {
        let definition = &table.definition;
        let numbered = table.groups.iter().filter_map(|(group, figure)| Some((*group, figure.number?)));
        let numbered: Vec<(Group, Interval)> = numbered.take(BARS_MAX).collect();
        let most = match definition.count {
            Measure::Share { .. } => 1.0,
            _ => numbered.iter().fold(1.0, |most: f64, (_, number)| most.max(number.value * 1.25)),
        };
        let bar = |(at, (group, number)): (u32, &(Group, Interval))| bar(at, *group, *number, most, &definition.count);
        let bars: Vec<Bar> = (0..).zip(&numbered).map(bar).collect();
        let all = table.groups.get(&Group::All).map(|figure| &figure.counted);
        let purposes = match all {
            Some(Counted::Purposes { purposes }) => {
                purposes.iter().map(|(name, count)| (name.clone(), *count)).collect()
            }
            _ => Vec::new(),
        };
        Self {
            id: definition.id.clone(),
            title: definition.title.clone(),
            at: table.at.to_string(),
            height: u32::try_from(bars.len()).unwrap_or(0) * BAR,
            bars,
            rows: table.groups.iter().map(|(group, figure)| row(*group, figure, &definition.count)).collect(),
            purposes,
        }
    }
}

fn bar(at: u32, group: Group, number: Interval, most: f64, measure: &Measure) -> Bar {
    let along = |value: f64| (value / most).clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT);
    Bar {
        name: group.in_words().chars().take(22).collect(),
        top: at * BAR + 5,
        middle: at * BAR + BAR / 2,
        width: format!("{:.1}", along(number.value)),
        low: format!("{:.1}", LEFT + along(number.low)),
        high: format!("{:.1}", LEFT + along(number.high)),
        number: format!("{} ({})", told(number.value, measure), interval_told(number, measure)),
    }
}

fn row(group: Group, figure: &Figure, measure: &Measure) -> ChartRow {
    let missing: Vec<String> =
        figure.missing.iter().map(|(why, count)| format!("{count}: {}", Missing::in_words(*why))).collect();
    ChartRow {
        name: group.in_words(),
        number: figure.number.map_or_else(|| "no number".to_owned(), |number| told(number.value, measure)),
        interval: figure.number.map_or_else(String::new, |number| interval_told(number, measure)),
        sample: figure.counted.sample(),
        cities: figure.cities,
        missing: missing.join("; "),
    }
}

/// A number in words: a share in per cent, days as they are.
pub(crate) fn told(value: f64, measure: &Measure) -> String {
    match measure {
        Measure::Share { .. } => format!("{:.1} %", value * 100.0),
        _ => format!("{value:.0}"),
    }
}

pub(crate) fn interval_told(number: Interval, measure: &Measure) -> String {
    match measure {
        Measure::Share { .. } => format!("{:.1} to {:.1} %", number.low * 100.0, number.high * 100.0),
        _ if number.high >= f64::from(u32::MAX) => "too few for an interval".to_owned(),
        _ => format!("{:.0} to {:.0}", number.low, number.high),
    }
}

impl Table {
    /// The groups as CSV (RFC 4180), one line each.
    #[must_use]
    pub fn groups_csv(&self) -> String {
        let mut csv = "group,number,low,high,sample,cities,missing,enough\r\n".to_owned();
        for (group, figure) in &self.groups {
            let missing: u64 = figure.missing.values().sum();
            let numbers = numbers(figure.number);
            let (sample, cities, enough) = (figure.counted.sample(), figure.cities, figure.enough);
            csv += &format!("{},{numbers},{sample},{cities},{missing},{enough}\r\n", group.in_words());
        }
        csv
    }

    /// The cities as CSV (RFC 4180), one line each.
    #[must_use]
    pub fn cities_csv(&self) -> String {
        let mut csv = "city,number,low,high,sample,best_rank,worst_rank,missing\r\n".to_owned();
        for city in &self.cities {
            let rank = city.rank.map_or_else(|| ",".to_owned(), |(best, worst)| format!("{best},{worst}"));
            let missing = city.missing.map_or("", Missing::in_words);
            csv += &format!("{},{},{},{rank},{missing}\r\n", city.city, numbers(city.number), city.sample);
        }
        csv
    }
}

/// A number with its interval, as three fields; an end that is none stays empty.
pub(super) fn numbers(number: Option<Interval>) -> String {
    let Some(Interval { value, low, high }) = number else { return ",,".to_owned() };
    let high = if high >= f64::from(u32::MAX) { String::new() } else { high.to_string() };
    format!("{value},{low},{high}")
}
