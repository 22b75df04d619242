//! A drawing of an answer: a line over time, or bars by name, of its first column of numbers. The table has the same numbers.

use std::fmt::Write;

use serde_json::Value;

use super::result::text;
use crate::desk::{Answered, Column, Kind};
use crate::lang::Lang;
use crate::pages::draw::{Bars, Label, WIDTH, rounded_up, told};

/// The most points of a line, and the most bars.
const POINTS_MAX: usize = 1_000;
const BARS_MAX: usize = 40;
/// The drawing of a line: its height, and the room around it.
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 34.0;
const RIGHT: f64 = 12.0;
/// How much of an instant stands below the line.
const TIME_CHARS: usize = 16;

/// A drawing.
pub(super) struct Chart {
    /// What it shows, in a sentence.
    pub(super) sentence: String,
    pub(super) shape: Shape,
}

/// What is drawn.
pub(super) enum Shape {
    Line(Line),
    Bars(Bars),
}

/// A line over time.
pub(super) struct Line {
    pub(super) path: String,
    pub(super) levels: Vec<Label>,
    pub(super) times: Vec<Label>,
}

impl Chart {
    /// The drawing that fits an answer, if one does: each instant or name there once, with a number.
    pub(super) fn of(answered: &Answered) -> Option<Self> {
        let first = |kind: Kind| answered.columns.iter().position(|column| column.kind == kind);
        let number = first(Kind::Number)?;
        let numbers = |row: &Vec<Value>| row.get(number).and_then(Value::as_f64);
        let named = |along: usize| -> Option<Vec<(String, Option<f64>)>> {
            let rows = answered.rows.iter();
            rows.map(|row| Some((row.get(along).filter(|value| !value.is_null()).map(text)?, numbers(row)))).collect()
        };
        let (along, shape) = match (first(Kind::Time), first(Kind::Text)) {
            (Some(time), _) => (time, Shape::Line(Line::of(named(time)?)?)),
            (None, Some(name)) => {
                let named = named(name).filter(|named| (1..=BARS_MAX).contains(&named.len()) && once(named))?;
                (name, Shape::Bars(Bars::of(Lang::En, &named)))
            }
            (None, None) => return None,
        };
        let name = |at: usize| answered.columns.get(at).map(|Column { name, .. }| name.as_str()).unwrap_or_default();
        Some(Self { sentence: format!("“{}” along “{}”", name(number), name(along)), shape })
    }
}

/// Whether each name is there once. They are few, or in order.
fn once(named: &[(String, Option<f64>)]) -> bool {
    let mut names: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).all(|pair| pair.first() != pair.last())
}

impl Line {
    fn of(mut named: Vec<(String, Option<f64>)>) -> Option<Self> {
        if !(2..=POINTS_MAX).contains(&named.len()) || !once(&named) {
            return None;
        }
        named.sort_by(|one, other| one.0.cmp(&other.0));
        let all = || named.iter().filter_map(|(_, number)| *number);
        let top = rounded_up(all().fold(0.0, f64::max));
        let bottom = match all().fold(0.0, f64::min) {
            below if below < 0.0 => -rounded_up(-below),
            _ => 0.0,
        };
        #[expect(clippy::cast_precision_loss, reason = "there are at most a thousand")]
        let x = |at: usize| LEFT + at as f64 / (named.len() - 1) as f64 * (WIDTH - LEFT - RIGHT);
        let y = |number: f64| TOP + (top - number) / (top - bottom) * (HEIGHT - TOP - BOTTOM);
        let (mut path, mut drawing) = (String::new(), false);
        for (at, (_, number)) in named.iter().enumerate() {
            if let Some(number) = number {
                // A line of no length is drawn as a dot, because its ends are round. Writing into a text does not fail.
                let (step, dot) = if drawing { ('L', "") } else { ('M', "h0") };
                let _ = write!(path, "{step}{:.1} {:.1}{dot}", x(at), y(*number));
            }
            drawing = number.is_some();
        }
        let level = |number: f64| Label {
            x: format!("{:.0}", LEFT - 8.0),
            y: format!("{:.1}", y(number)),
            text: told(Lang::En, Some(number)),
        };
        let time = |at: usize| {
            let text = named.get(at)?.0.chars().take(TIME_CHARS).collect::<String>().replace('T', " ");
            Some(Label { x: format!("{:.1}", x(at)), y: format!("{:.0}", HEIGHT - 10.0), text })
        };
        let times = [0, named.len() / 2, named.len() - 1].into_iter().filter_map(time).collect();
        let mut levels: Vec<Label> = [bottom, f64::midpoint(bottom, top), top].map(level).into();
        levels.dedup_by(|one, other| one.text == other.text);
        Some(Self { path, levels, times })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answered(kinds: &[(&str, Kind)], rows: Vec<Vec<Value>>) -> Answered {
        let columns = kinds.iter().map(|(name, kind)| Column { name: (*name).to_owned(), kind: *kind }).collect();
        Answered { columns, rows, csv: String::new(), handed_over: Vec::new() }
    }

    #[test]
    fn numbers_over_time_are_a_line_in_the_order_of_time() {
        let kinds = [("at", Kind::Time), ("n", Kind::Number)];
        let row = |hour: u32, n: Value| vec![json!(format!("2026-11-24T{hour:02}:00:00Z")), n];
        let chart =
            Chart::of(&answered(&kinds, vec![row(9, json!(40)), row(8, json!(10)), row(10, json!(null))])).unwrap();
        assert_eq!(chart.sentence, "“n” along “at”");
        let Shape::Line(line) = chart.shape else { panic!("no line") };
        assert!(
            line.path.starts_with("M60.0") && line.path.contains("L384.0") && !line.path.contains("708"),
            "{}",
            line.path
        );
        assert_eq!(line.times[0].text, "2026-11-24 08:00");
        let twice = answered(&kinds, vec![row(9, json!(40)), row(9, json!(10))]);
        assert!(Chart::of(&twice).is_none(), "two numbers of one instant are no line");
        let below = Chart::of(&answered(&kinds, vec![row(8, json!(-4.5)), row(9, json!(3))])).unwrap();
        let Shape::Line(line) = below.shape else { panic!("no line") };
        assert_eq!(line.levels[0].text, "-5");
    }

    #[test]
    fn numbers_by_name_are_bars_and_everything_else_is_not_drawn() {
        let kinds = [("sensor", Kind::Text), ("n", Kind::Number)];
        let chart = Chart::of(&answered(&kinds, vec![vec![json!("a"), json!(4)], vec![json!("b"), json!(2)]])).unwrap();
        let Shape::Bars(bars) = chart.shape else { panic!("no bars") };
        assert_eq!((bars.bars.len(), bars.bars[0].number.as_str()), (2, "4"));
        for none in [
            answered(&kinds, vec![]),
            answered(&kinds, vec![vec![json!(null), json!(1)]]),
            answered(&[("n", Kind::Number)], vec![vec![json!(1)]]),
            answered(&[("a", Kind::Text), ("b", Kind::Text)], vec![vec![json!("x"), json!("y")]]),
            answered(&kinds, (0..41).map(|at| vec![json!(format!("{at}")), json!(1)]).collect()),
        ] {
            assert!(Chart::of(&none).is_none());
        }
    }
}
