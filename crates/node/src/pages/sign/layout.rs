//! Where everything on a sign stands, in points of an A6 page from its upper left corner. A larger page is the same, enlarged.

use qrcode::{Color, EcLevel, QrCode};

use super::face::{Face, People};
use super::text::lines;

/// An A6 page, in points (1/72 inch).
pub(super) const WIDTH: f32 = 297.64;
/// Its height.
pub(super) const HEIGHT: f32 = 419.53;
/// The space at the edge, and the room between.
const EDGE: f32 = 18.0;
const ROOM: f32 = WIDTH - 2.0 * EDGE;
/// How large the code is, with the quiet space around it.
const CODE: f32 = 92.0;
/// Squares of quiet space around a code, as its standard asks.
const QUIET: usize = 4;
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
    /// The code: the side of one of its squares, and left upper corners of the dark ones.
    pub(super) square: f32,
    pub(super) dark: Vec<(f32, f32)>,
}

/// The address does not fit into a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the address of the page is too long for a code")]
pub(super) struct TooLong;

impl Sheet {
    /// Lays a sign out.
    ///
    /// # Errors
    /// Its address is too long for a code.
    pub(super) fn of(face: &Face) -> Result<Self, TooLong> {
        let mut sheet = Self { marks: Vec::new(), square: 0.0, dark: Vec::new() };
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
        y += 3.0;
        for (label, text) in &face.rows {
            y = sheet.text(label, EDGE, y + 2.5, ROOM, Style { size: 6.5, bold: true, colour: GREY, most: 1 });
            y = sheet.text(text, EDGE, y, ROOM, Style { size: 9.0, bold: false, colour: BLACK, most: 2 });
        }
        sheet.foot(face)?;
        Ok(sheet)
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
        let (glance, sentence) = face.lang.people(face.people);
        let y = self.text(glance, EDGE, 6.0, ROOM, Style { size: 15.0, bold: true, colour: BLACK, most: 1 });
        self.text(sentence, EDGE, y, ROOM, Style { size: 8.0, bold: false, colour: BLACK, most: 2 });
        height
    }

    /// The code, and what it is for, at the bottom.
    fn foot(&mut self, face: &Face) -> Result<(), TooLong> {
        let top = HEIGHT - EDGE / 2.0 - CODE;
        self.code(&face.address, EDGE / 2.0, top)?;
        let (x, room) = (EDGE / 2.0 + CODE + 4.0, ROOM - CODE + EDGE / 2.0 - 4.0);
        let y = self.text(face.rights, x, top + 8.0, room, Style { size: 8.0, bold: false, colour: BLACK, most: 3 });
        let y = self.text(&face.address, x, y + 2.0, room, Style { size: 8.0, bold: true, colour: BLACK, most: 3 });
        self.text(&face.drawn, x, y + 3.0, room, Style { size: 6.5, bold: false, colour: GREY, most: 2 });
        Ok(())
    }

    fn code(&mut self, address: &str, x: f32, y: f32) -> Result<(), TooLong> {
        let code = QrCode::with_error_correction_level(address, EcLevel::M).map_err(|_| TooLong)?;
        let width = code.width();
        // A code has 177 squares a side at most.
        let side = |count: usize| f32::from(u16::try_from(count).unwrap_or(u16::MAX));
        self.square = CODE / side(width + 2 * QUIET);
        let place = |at: usize| side(at + QUIET) * self.square;
        let colours = code.to_colors();
        let dark = colours.iter().enumerate().filter(|(_, colour)| **colour == Color::Dark);
        self.dark = dark.map(|(at, _)| (x + place(at % width), y + place(at / width))).collect();
        Ok(())
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
