//! A report as PDF: pages that break where they are full, tags for those who do not see it, and on each page what it was drawn from.
//!
//! As signs are, it is set in a font that every reader has, embeds nothing and runs nothing. Headings, tables, rows and cells are
//! told as such; what repeats on each page is told to be decoration.

use pdf_writer::types::{ArtifactType, StructRole, TableHeaderScope};
use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use super::paper::{Paper, Part};
use crate::pages::sign::text::{lines, win_ansi};

const REGULAR: Name<'_> = Name(b"R");
const BOLD: Name<'_> = Name(b"B");
/// A4, in points.
const WIDTH: f32 = 595.28;
const HEIGHT: f32 = 841.89;
const MARGIN: f32 = 56.0;
/// How far up the page text goes down to, and where what repeats stands.
const BOTTOM: f32 = 76.0;
const FOOT: f32 = 40.0;
/// Where the second column begins.
const COLUMN: f32 = MARGIN + 150.0;
/// The height of a line, for a size of letters.
const LEADING: f32 = 1.35;
const TITLE: f32 = 18.0;
const HEADING: f32 = 12.5;
const BODY: f32 = 9.5;
const SMALL: f32 = 7.5;
/// The most lines of one text.
const LINES_MAX: usize = 2_000;

/// An element of what a reader is told.
struct Element {
    role: StructRole,
    parent: usize,
    kids: Vec<Kid>,
}

enum Kid {
    Element(usize),
    /// A piece of a page.
    Mark {
        page: usize,
        number: usize,
    },
}

/// A piece of text on a page.
struct Mark {
    x: f32,
    y: f32,
    size: f32,
    bold: bool,
    text: String,
    /// Whose it is.
    element: usize,
}

/// A report on its way to pages.
struct Layout {
    elements: Vec<Element>,
    pages: Vec<Vec<Mark>>,
    /// How far up the current page the next line stands.
    y: f32,
}

/// The element of the whole.
const WHOLE: usize = 0;

impl Layout {
    fn new() -> Self {
        let whole = Element { role: StructRole::Document, parent: WHOLE, kids: Vec::new() };
        Self { elements: vec![whole], pages: vec![Vec::new()], y: HEIGHT - MARGIN }
    }

    fn element(&mut self, role: StructRole, parent: usize) -> usize {
        let at = self.elements.len();
        self.elements.push(Element { role, parent, kids: Vec::new() });
        if let Some(parent) = self.elements.get_mut(parent) {
            parent.kids.push(Kid::Element(at));
        }
        at
    }

    fn next_page(&mut self) {
        self.pages.push(Vec::new());
        self.y = HEIGHT - MARGIN;
    }

    /// Puts a line where the next one stands, in a column.
    fn put(&mut self, element: usize, x: f32, size: f32, bold: bool, text: String) {
        let page = self.pages.len().saturating_sub(1);
        let Some(marks) = self.pages.last_mut() else { return };
        let number = marks.len();
        marks.push(Mark { x, y: self.y - size, size, bold, text, element });
        if let Some(element) = self.elements.get_mut(element) {
            element.kids.push(Kid::Mark { page, number });
        }
    }

    /// A paragraph or a heading over the whole width; with a heading goes room for some lines below it.
    fn paragraph(&mut self, role: StructRole, parent: usize, size: f32, text: &str) {
        let is_heading = role != StructRole::P;
        let element = self.element(role, parent);
        let below = if is_heading { 4.0 * BODY * LEADING } else { 0.0 };
        if self.y - size * LEADING - below < BOTTOM {
            self.next_page();
        }
        for line in lines(text, size, is_heading, WIDTH - 2.0 * MARGIN, LINES_MAX) {
            if self.y - size * LEADING < BOTTOM {
                self.next_page();
            }
            self.put(element, MARGIN, size, is_heading, line);
            self.y -= size * LEADING;
        }
        self.y -= size * 0.5;
    }

    /// A row of two cells, line by line, over as many pages as it takes.
    fn row(&mut self, table: usize, label: &str, values: &[String]) {
        let row = self.element(StructRole::TR, table);
        let (head, cell) = (self.element(StructRole::TH, row), self.element(StructRole::TD, row));
        let mut heads = lines(label, BODY, true, COLUMN - MARGIN - 12.0, LINES_MAX).into_iter();
        let room = WIDTH - MARGIN - COLUMN;
        let mut cells = values.iter().flat_map(|value| lines(value, BODY, false, room, LINES_MAX));
        loop {
            let (left, right) = (heads.next(), cells.next());
            if left.is_none() && right.is_none() {
                break;
            }
            if self.y - BODY * LEADING < BOTTOM {
                self.next_page();
            }
            left.into_iter().for_each(|line| self.put(head, MARGIN, BODY, true, line));
            right.into_iter().for_each(|line| self.put(cell, COLUMN, BODY, false, line));
            self.y -= BODY * LEADING;
        }
        self.y -= 4.0;
    }

    fn part(&mut self, part: &Part) {
        let section = self.element(StructRole::Sect, WHOLE);
        self.y -= 8.0;
        self.paragraph(StructRole::H2, section, HEADING, &part.heading);
        if part.rows.is_empty() {
            return;
        }
        let table = self.element(StructRole::Table, section);
        for row in &part.rows {
            self.row(table, &row.label, &row.lines);
        }
    }
}

/// Writes a report.
pub(super) fn written(paper: &Paper) -> Vec<u8> {
    let mut layout = Layout::new();
    layout.paragraph(StructRole::H1, WHOLE, TITLE, &paper.title);
    layout.paragraph(StructRole::P, WHOLE, BODY, &paper.lead);
    paper.parts.iter().for_each(|part| layout.part(part));
    document(paper, &layout)
}

/// The objects of a file by number: fixed ones, then two for each page, one more for its tags, and one for each element.
struct Numbers {
    pages: usize,
}

impl Numbers {
    const FIXED: usize = 6;

    fn of(number: usize) -> Ref {
        // More objects than a file can have are not drawn: acts and lines are limited long before.
        Ref::new(i32::try_from(number).unwrap_or(i32::MAX))
    }
    fn page(page: usize) -> Ref {
        Self::of(Self::FIXED + 1 + 3 * page)
    }
    fn content(page: usize) -> Ref {
        Self::of(Self::FIXED + 2 + 3 * page)
    }
    fn tags(page: usize) -> Ref {
        Self::of(Self::FIXED + 3 + 3 * page)
    }
    fn element(&self, element: usize) -> Ref {
        Self::of(Self::FIXED + 1 + 3 * self.pages + element)
    }
}

/// A count as PDF writes it.
fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn document(paper: &Paper, layout: &Layout) -> Vec<u8> {
    let [catalog, pages, info, regular, bold, tree] = [1, 2, 3, 4, 5, 6].map(Ref::new);
    let numbers = Numbers { pages: layout.pages.len() };
    let mut pdf = Pdf::new();
    let mut root = pdf.catalog(catalog);
    root.pages(pages).lang(TextStr("en"));
    root.viewer_preferences().display_doc_title(true);
    root.mark_info().marked(true);
    root.pair(Name(b"StructTreeRoot"), tree);
    root.finish();
    pdf.document_info(info).title(TextStr(&paper.title));
    pdf.pages(pages).kids((0..layout.pages.len()).map(Numbers::page)).count(count(layout.pages.len()));
    for (id, name) in [(regular, b"Helvetica".as_slice()), (bold, b"Helvetica-Bold")] {
        pdf.type1_font(id).base_font(Name(name)).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    for (at, marks) in layout.pages.iter().enumerate() {
        let mut page = pdf.page(Numbers::page(at));
        page.parent(pages).media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).contents(Numbers::content(at));
        page.struct_parents(count(at));
        page.resources().fonts().pair(REGULAR, regular).pair(BOLD, bold);
        page.finish();
        pdf.stream(Numbers::content(at), &drawing(paper, marks, at, layout.pages.len()));
        pdf.indirect(Numbers::tags(at)).array().items(marks.iter().map(|mark| numbers.element(mark.element)));
    }
    tagged(&mut pdf, tree, layout, &numbers);
    pdf.finish()
}

/// What a reader is told: the elements, and of each piece of a page whose it is.
fn tagged(pdf: &mut Pdf, tree: Ref, layout: &Layout, numbers: &Numbers) {
    let mut root = pdf.indirect(tree).start::<pdf_writer::writers::StructTreeRoot<'_>>();
    root.child(numbers.element(WHOLE));
    let mut of_pages = root.parent_tree();
    let mut nums = of_pages.nums();
    for at in 0..layout.pages.len() {
        nums.insert(count(at), Numbers::tags(at));
    }
    nums.finish();
    of_pages.finish();
    root.parent_tree_next_key(count(layout.pages.len()));
    root.finish();
    for (at, element) in layout.elements.iter().enumerate() {
        let mut told = pdf.struct_element(numbers.element(at));
        told.kind(element.role);
        told.parent(if at == WHOLE { tree } else { numbers.element(element.parent) });
        if element.role == StructRole::TH {
            told.attributes().push().table().scope(TableHeaderScope::Row);
        }
        let mut kids = told.children();
        for kid in &element.kids {
            match kid {
                Kid::Element(other) => drop(kids.struct_element(numbers.element(*other))),
                Kid::Mark { page, number } => {
                    kids.marked_content_ref().page(Numbers::page(*page)).marked_content_id(count(*number));
                }
            }
        }
        kids.finish();
        told.finish();
    }
}

/// A page: its pieces, each with its number, and what repeats.
fn drawing(paper: &Paper, marks: &[Mark], at: usize, pages: usize) -> Vec<u8> {
    let mut content = Content::new();
    for (number, mark) in marks.iter().enumerate() {
        let mut begun = content.begin_marked_content_with_properties(Name(b"Span"));
        begun.properties().identify(count(number));
        begun.finish();
        show(&mut content, mark.x, mark.y, mark.size, mark.bold, &mark.text);
        content.end_marked_content();
    }
    let mut begun = content.begin_marked_content_with_properties(Name(b"Artifact"));
    begun.properties().artifact().kind(ArtifactType::Pagination);
    begun.finish();
    content.set_line_width(0.5).move_to(MARGIN, FOOT + 22.0).line_to(WIDTH - MARGIN, FOOT + 22.0).stroke();
    show(&mut content, MARGIN, FOOT + 10.0, SMALL, false, &paper.drawn_from());
    show(&mut content, MARGIN, FOOT, SMALL, false, &format!("{}, page {} of {pages}", paper.title, at + 1));
    content.end_marked_content();
    content.finish().into_vec()
}

fn show(content: &mut Content, x: f32, y: f32, size: f32, bold: bool, text: &str) {
    content.begin_text().set_font(if bold { BOLD } else { REGULAR }, size).next_line(x, y);
    content.show(Str(&win_ansi(text))).end_text();
}
