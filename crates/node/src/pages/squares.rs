//! A code of squares (QR, ISO/IEC 18004) as something to draw: which stretches of which lines are dark.
//!
//! It is counted in squares, so that whoever draws it says once how large one is, and no number has a fraction.

use std::fmt::Write;

use fast_qr::{ECL, QRBuilder};

/// Squares of quiet space around a code, as its standard asks.
const QUIET: usize = 4;

/// A code, with its quiet space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Squares {
    /// How many squares a side has, quiet space included: 185 at most.
    pub(super) side: usize,
    /// The dark stretches, line by line.
    pub(super) dark: Vec<Stretch>,
}

/// Dark squares beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The first of them, from the left edge.
    pub(super) x: usize,
    /// Their line, from the upper edge.
    pub(super) y: usize,
    /// How many they are.
    pub(super) length: usize,
}

/// A text does not fit into a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is too long for a code of squares")]
pub(super) struct TooLong;

impl Squares {
    /// The code of a text, readable with a sixth of it damaged (level M).
    ///
    /// # Errors
    /// The text is too long for one.
    pub(super) fn of(text: &str) -> Result<Self, TooLong> {
        let code = QRBuilder::new(text).ecl(ECL::M).build().map_err(|_| TooLong)?;
        let lines = code.data.chunks(code.size).take(code.size);
        let dark = lines.enumerate().flat_map(|(y, line)| {
            let mut x = 0;
            line.chunk_by(|one, other| one.value() == other.value()).filter_map(move |same| {
                let stretch = Stretch { x: x + QUIET, y: y + QUIET, length: same.len() };
                x += same.len();
                same.first().is_some_and(|square| square.value()).then_some(stretch)
            })
        });
        Ok(Self { side: code.size + 2 * QUIET, dark: dark.collect() })
    }

    /// The dark squares as the path of an SVG.
    pub(super) fn path(&self) -> String {
        let mut path = String::new();
        for Stretch { x, y, length } in &self.dark {
            // Writing to a string cannot fail.
            let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What somebody reads who points a camera at a code.
    fn read(code: &Squares) -> Option<String> {
        const POINTS: usize = 4;
        let width = code.side * POINTS;
        let mut points = vec![255; width * width];
        for Stretch { x, y, length } in &code.dark {
            for line in y * POINTS..(y + 1) * POINTS {
                points[line * width + x * POINTS..line * width + (x + length) * POINTS].fill(0);
            }
        }
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, width, |x, y| points[y * width + x]);
        Some(picture.detect_grids().first()?.decode().ok()?.1)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn an_address_is_read_as_it_was_written(host in "[a-z0-9.-]{1,60}", path in "[A-Za-z0-9/_.%-]{0,180}") {
            let address = format!("https://{host}/{path}");
            prop_assert_eq!(read(&Squares::of(&address).unwrap()), Some(address));
        }
    }

    #[test]
    fn what_is_too_long_is_refused_and_the_longest_is_not() {
        let longest = "a".repeat(2_331);
        assert_eq!(Squares::of(&longest).map(|code| code.side), Ok(185));
        assert_eq!(Squares::of(&format!("{longest}a")), Err(TooLong));
    }

    #[test]
    fn there_is_quiet_around_a_code_and_stretches_are_whole() {
        let code = Squares::of("https://register.example/deployments/wifi").unwrap();
        let inside = QUIET..code.side - QUIET;
        for Stretch { x, y, length } in &code.dark {
            assert!(inside.contains(x) && inside.contains(y) && *length > 0 && x + length <= inside.end);
            assert!(!code.dark.iter().any(|next| next.y == *y && next.x == x + length));
        }
        // The upper edge of the finder in the corner: seven dark squares.
        assert_eq!(code.dark.first(), Some(&Stretch { x: QUIET, y: QUIET, length: 7 }));
        assert!(code.path().starts_with("M4 4h7v1h-7z"));
    }
}
