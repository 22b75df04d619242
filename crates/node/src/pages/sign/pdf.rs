//! A sign as PDF: one page, two fonts that every reader has, nothing embedded and nothing that runs.

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use super::Size;
use super::face::Face;
use super::layout::{CODE_AT, HEIGHT, Mark, Rgb, Sheet, WIDTH};
use super::text::win_ansi;

const REGULAR: Name<'_> = Name(b"R");
const BOLD: Name<'_> = Name(b"B");

/// Writes a sign of a size.
pub(super) fn written(face: &Face, sheet: &Sheet, size: Size) -> Vec<u8> {
    let [catalog, pages, page, regular, bold, content, info] = [1, 2, 3, 4, 5, 6, 7].map(Ref::new);
    let mut pdf = Pdf::new();
    let mut root = pdf.catalog(catalog);
    root.pages(pages).lang(TextStr(face.lang.code()));
    root.viewer_preferences().display_doc_title(true);
    root.finish();
    pdf.document_info(info).title(TextStr(&face.title));
    pdf.pages(pages).kids([page]).count(1);
    let mut drawn = pdf.page(page);
    let scale = size.scale();
    drawn.parent(pages).media_box(Rect::new(0.0, 0.0, WIDTH * scale, size.height())).contents(content);
    drawn.resources().fonts().pair(REGULAR, regular).pair(BOLD, bold);
    drawn.finish();
    for (id, name) in [(regular, b"Helvetica".as_slice()), (bold, b"Helvetica-Bold")] {
        pdf.type1_font(id).base_font(Name(name)).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    pdf.stream(content, &drawing(sheet, size));
    pdf.finish()
}

/// What is drawn. A PDF counts from the lower left corner.
fn drawing(sheet: &Sheet, size: Size) -> Vec<u8> {
    let mut content = Content::new();
    let scale = size.scale();
    content.transform([scale, 0.0, 0.0, scale, 0.0, size.height() - HEIGHT * scale]);
    for mark in &sheet.marks {
        match mark {
            Mark::Fill { x, y, width, height, colour } => {
                filled(&mut content, *colour);
                content.rect(*x, HEIGHT - y - height, *width, *height).fill_nonzero();
            }
            Mark::Text { x, y, size, bold, colour, text } => {
                filled(&mut content, *colour);
                content.begin_text().set_font(if *bold { BOLD } else { REGULAR }, *size).next_line(*x, HEIGHT - y);
                content.show(Str(&win_ansi(text))).end_text();
            }
        }
    }
    filled(&mut content, [0, 0, 0]);
    coded(&mut content, sheet);
    content.finish().into_vec()
}

/// The code of squares, counted in them from its upper left corner down.
fn coded(content: &mut Content, sheet: &Sheet) {
    let ((x, y), square) = (CODE_AT, sheet.square());
    content.transform([square, 0.0, 0.0, -square, x, HEIGHT - y]);
    for stretch in &sheet.code.dark {
        // A code has 185 squares a side at most.
        let [x, y, length] =
            [stretch.x, stretch.y, stretch.length].map(|at| f32::from(u8::try_from(at).unwrap_or(u8::MAX)));
        content.rect(x, y, length, 1.0);
    }
    content.fill_nonzero();
}

fn filled(content: &mut Content, colour: Rgb) {
    let [red, green, blue] = colour.map(|part| f32::from(part) / 255.0);
    content.set_fill_rgb(red, green, blue);
}
