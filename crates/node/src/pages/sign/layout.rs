//! Where everything on a sign stands, in points of an A6 page from its upper left corner. A larger page is the same, enlarged.

use super::super::squares::{Squares, TooLong};
use super::face::{Face, People};
use super::text::lines;
use super::words::people;

/// An A6 page, in points (1/72 inch).
pub(super) const WIDTH: f32 = 297.64;
/// Its height.
pub(super) const HEIGHT: f32 = 419.53;
/// The space at the edge, and the room between.
const EDGE: f32 = 18.0;
const ROOM: f32 = WIDTH - 2.0 * EDGE;
/// How large the code is, with the quiet space around it.
const CODE: f32 = 92.0;
/// Where the foot of the sign begins.
const FOOT: f32 = HEIGHT - EDGE / 2.0 - CODE;
/// Sizes of labels and of texts to try in turn, and how many lines a text may have; the last fits whatever is said.
const SIZES: [(f32, f32, usize); 4] = [(8.0, 12.0, 2), (7.0, 10.5, 2), (6.5, 9.0, 2), (6.5, 9.0, 1)];
/// The height of a line, in sizes of its letters.
const LEADING: f32 = 1.22;

/// A colour: red, green, blue.
pub(super) type Rgb = [u8; 3];

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];
const GREY: Rgb = [74, 74, 74];
const YELLOW: Rgb = [255, 221, 51];
const BLUE: Rgb = [160, 212, 246];
const RED: Rgb = [155, 28, 28];

/// One thing on a sign.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mark {
    /// A filled rectangle.
    Fill { x: f32, y: f32, width: f32, height: f32, colour: Rgb },
    /// A line of text; `y` is where its letters stand.
    Text { x: f32, y: f32, size: f32, bold: bool, colour: Rgb, text: String },
}

/// A sign, laid out.
#[derive(Debug)]
pub(super) struct Sheet {
    /// Everything, in the order in which it is drawn.
    pub(super) marks: Vec<Mark>,
    /// The code that leads to the page.
    pub(super) code: Squares,
}

/// The left upper corner of the code, quiet space included.
pub(super) const CODE_AT: (f32, f32) = (EDGE / 2.0, FOOT);

impl Sheet {
    /// Lays a sign out.
    ///
    /// # Errors
    /// Its address is too long for a code.
    pub(super) fn of(face: &Face) -> Result<Self, TooLong> {
        let mut sheet = Self { marks: Vec::new(), code: Squares::of(&face.address)? };
        sheet.fill(0.0, 0.0, WIDTH, HEIGHT, WHITE);
        let mut y = sheet.band(face);
        y = sheet.text(
            face.title.as_str(),
            EDGE,
            y + 8.0,
            ROOM,
            Style { size: 15.0, bold: true, colour: BLACK, most: 2 },
        );
        if let Some(stopped) = &face.stopped {
            y = sheet.text(stopped, EDGE, y + 3.0, ROOM, Style { size: 11.0, bold: true, colour: RED, most: 1 });
        }
        sheet.rows(face, y + 3.0);
        sheet.foot(face);
        Ok(sheet)
    }

    /// The side of a square of the code.
    pub(super) fn square(&self) -> f32 {
        // A code has 185 squares a side at most.
        CODE / f32::from(u8::try_from(self.code.side).unwrap_or(u8::MAX))
    }

    /// The fields, as large as there is room for.
    fn rows(&mut self, face: &Face, top: f32) {
        for (small, large, most) in SIZES {
            let (kept, mut y) = (self.marks.len(), top);
            for (label, text) in &face.rows {
                y = self.text(label, EDGE, y + 2.5, ROOM, Style { size: small, bold: true, colour: GREY, most: 1 });
                y = self.text(text, EDGE, y, ROOM, Style { size: large, bold: false, colour: BLACK, most });
            }
            if y <= FOOT || most == 1 {
                return;
            }
            self.marks.truncate(kept);
        }
    }

    /// The band at the top, whose colour and words tell whether people can be identified.
    fn band(&mut self, face: &Face) -> f32 {
        let colour = match face.people {
            People::Identified => YELLOW,
            People::Deidentified => BLUE,
            People::Nobody => WHITE,
        };
        let height = 56.0;
        self.fill(0.0, 0.0, WIDTH, height, BLACK);
        self.fill(2.0, 2.0, WIDTH - 4.0, height - 4.0, colour);
        let (glance, sentence) = people(face.lang, face.people);
        let y = self.text(glance, EDGE, 6.0, ROOM, Style { size: 15.0, bold: true, colour: BLACK, most: 1 });
        self.text(sentence, EDGE, y, ROOM, Style { size: 8.0, bold: false, colour: BLACK, most: 2 });
        height
    }

    /// What the code at the bottom is for, beside it.
    fn foot(&mut self, face: &Face) {
        let top = FOOT;
        let (x, room) = (EDGE / 2.0 + CODE + 4.0, ROOM - CODE + EDGE / 2.0 - 4.0);
        let y = self.text(face.rights, x, top + 8.0, room, Style { size: 8.0, bold: false, colour: BLACK, most: 3 });
        let y = self.text(&face.address, x, y + 2.0, room, Style { size: 8.0, bold: true, colour: BLACK, most: 3 });
        self.text(&face.drawn, x, y + 3.0, room, Style { size: 6.5, bold: false, colour: GREY, most: 2 });
    }

    fn fill(&mut self, x: f32, y: f32, width: f32, height: f32, colour: Rgb) {
        self.marks.push(Mark::Fill { x, y, width, height, colour });
    }

    /// Sets a text below a height, and says where it ends.
    fn text(&mut self, text: &str, x: f32, mut y: f32, room: f32, style: Style) -> f32 {
        let Style { size, bold, colour, most } = style;
        for text in lines(text, size, bold, room, most) {
            y += size * LEADING;
            self.marks.push(Mark::Text { x, y: y - size * 0.25, size, bold, colour, text });
        }
        y
    }
}

/// How a text is set.
#[derive(Debug, Clone, Copy)]
struct Style {
    size: f32,
    bold: bool,
    colour: Rgb,
    /// The most lines.
    most: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;

    fn face(text: &str, address: &str) -> Face {
        Face {
            lang: Lang::De,
            title: text.to_owned(),
            people: People::Identified,
            stopped: Some(text.to_owned()),
            rows: vec![("Was misst", text.to_owned()); 6],
            rights: "Ihre Rechte",
            address: address.to_owned(),
            drawn: text.to_owned(),
        }
    }

    #[test]
    fn however_much_is_said_nothing_runs_into_the_code_or_off_the_page() {
        for count in [1, 4, 12, 40, 400] {
            let sheet =
                Sheet::of(&face(&"Straßenverkehr ".repeat(count), "https://register.example/deployments/d")).unwrap();
            let [mut above, mut below] = [0.0_f32; 2];
            for mark in &sheet.marks {
                let Mark::Text { x, y, size, bold, text, .. } = mark else { continue };
                let right = x + super::super::text::width(text, *size, *bold);
                assert!(right <= WIDTH - EDGE / 2.0 + 0.1 && *y <= HEIGHT, "{mark:?}");
                if (*x - EDGE).abs() < 0.01 { above = above.max(*y) } else { below = below.max(*y) }
            }
            assert!(above <= FOOT && below > FOOT, "{count}: {above}");
            assert_eq!(
                sheet
                    .marks
                    .iter()
                    .filter(|mark| matches!(mark, Mark::Text { text, .. } if text == "Was misst"))
                    .count(),
                6
            );
        }
    }

    #[test]
    fn an_address_that_no_code_holds_is_refused() {
        let long = format!("https://register.example/{}", "d".repeat(4_000));
        assert_eq!(Sheet::of(&face("t", &long)).map(|_| ()), Err(TooLong));
    }
}
