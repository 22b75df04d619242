//! What all drawings share: numbers in words, round heights, and bars. Whatever is drawn stands in a table too.

use crate::lang::Lang;

/// The width of every drawing, in its own units.
pub(super) const WIDTH: f64 = 720.0;
/// The height of one bar with its room, where bars begin, and the room behind them for the number.
const BAR: u32 = 26;
const BARS_LEFT: f64 = 200.0;
const BARS_RIGHT: f64 = 90.0;
/// The longest name beside a bar, in characters.
const NAME_CHARS_MAX: usize = 24;

/// A text in the drawing.
#[derive(Debug)]
pub(super) struct Label {
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) text: String,
}

/// Bars from left to right, one below the other.
#[derive(Debug)]
pub(super) struct Bars {
    /// The height of the drawing.
    pub(super) height: u32,
    pub(super) bars: Vec<Bar>,
}

/// One bar: its name, its number, and where they stand.
#[derive(Debug)]
pub(super) struct Bar {
    pub(super) top: u32,
    pub(super) middle: u32,
    pub(super) width: String,
    pub(super) behind: String,
    pub(super) name: String,
    pub(super) number: String,
}

impl Bars {
    /// Bars for named numbers; what is below zero has no length, and its number says so.
    pub(super) fn of(lang: Lang, numbers: &[(String, Option<f64>)]) -> Self {
        let top = rounded_up(numbers.iter().filter_map(|(_, number)| *number).fold(0.0, f64::max));
        let bar = |(at, (name, number)): (u32, &(String, Option<f64>))| {
            let part = number.unwrap_or(0.0).max(0.0) / top;
            let width = part.min(1.0) * (WIDTH - BARS_LEFT - BARS_RIGHT);
            Bar {
                top: at * BAR + 4,
                middle: at * BAR + BAR / 2,
                width: format!("{width:.1}"),
                behind: format!("{:.1}", BARS_LEFT + width + 8.0),
                name: shortened(name),
                number: told(lang, *number),
            }
        };
        let bars: Vec<Bar> = (0..).zip(numbers).map(bar).collect();
        Self { height: u32::try_from(bars.len()).unwrap_or(0) * BAR, bars }
    }
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME_CHARS_MAX {
        return name.to_owned();
    }
    name.chars().take(NAME_CHARS_MAX - 1).chain(['…']).collect()
}

/// A number in words; what has none was held back, or there was nothing.
pub(super) fn told(lang: Lang, number: Option<f64>) -> String {
    let written = match number {
        None => return lang.of("none", "keine").to_owned(),
        Some(number) if number.fract() == 0.0 => format!("{number:.0}"),
        Some(number) if number.abs() < 10.0 => {
            format!("{number:.3}").trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        Some(number) => format!("{number:.1}"),
    };
    lang.decimal(&written)
}

/// The next number that is 1, 2 or 5 with zeros, so that the heights have numbers that people read.
pub(super) fn rounded_up(number: f64) -> f64 {
    if number <= 0.0 {
        return 1.0;
    }
    let zeros = 10_f64.powf(number.log10().floor());
    [1.0, 2.0, 5.0].map(|step| step * zeros).into_iter().find(|round| *round >= number).unwrap_or(10.0 * zeros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_are_round_numbers_no_lower_than_what_is_drawn() {
        for (number, round) in
            [(0.0, 1.0), (1.0, 1.0), (1.1, 2.0), (42.0, 50.0), (471.9, 500.0), (501.0, 1_000.0), (0.03, 0.05)]
        {
            assert!((rounded_up(number) - round).abs() < 1e-9, "{number}: {}", rounded_up(number));
        }
    }

    #[test]
    fn small_numbers_keep_their_thousandths() {
        let numbers = [None, Some(42.0), Some(42.25), Some(6.5), Some(0.025), Some(0.0001)];
        assert_eq!(numbers.map(|number| told(Lang::En, number)), ["none", "42", "42.2", "6.5", "0.025", "0"]);
        assert_eq!([None, Some(6.5)].map(|number| told(Lang::De, number)), ["keine", "6,5"]);
    }

    #[test]
    fn bars_are_as_long_as_their_numbers_and_what_has_none_says_so() {
        let long = "x".repeat(40);
        let bars = Bars::of(
            Lang::En,
            &[("a".to_owned(), Some(50.0)), (long, Some(25.0)), ("c".to_owned(), None), ("d".to_owned(), Some(-3.0))],
        );
        let widths: Vec<&str> = bars.bars.iter().map(|bar| bar.width.as_str()).collect();
        assert_eq!((bars.height, widths), (104, vec!["430.0", "215.0", "0.0", "0.0"]));
        assert!(bars.bars[1].name.ends_with('…') && bars.bars[1].name.chars().count() == 24);
        assert_eq!((bars.bars[2].number.as_str(), bars.bars[3].number.as_str()), ("none", "-3"));
    }
}
