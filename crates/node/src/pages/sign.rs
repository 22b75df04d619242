//! Signs to hang up beside a sensor, as SVG and as PDF: what a passer-by must know, and a code that leads to the page.
//!
//! A sign is drawn anew from the register at each request, so it says what holds on the day that stands on it. Of what may not
//! collect it says so, large. Nobody can write anything on it but by an act.

mod face;
mod layout;
mod pdf;
pub(crate) mod text;
mod words;

use askama::Template;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use model::DeploymentId;
use serde::Deserialize;

use super::deployment;
use crate::address::{BY_HOST, Base};
use crate::lang::Lang;
use crate::problem::{Kind, Problem};
use crate::router::Node;

use face::{Around, Face};
use layout::{Mark, Rgb, Sheet};

/// How large a sign is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Size {
    /// 105 mm by 148 mm: a card beside the sensor.
    #[default]
    A6,
    /// 210 mm by 297 mm: a poster.
    A4,
}

impl Size {
    const fn scale(self) -> f32 {
        match self {
            Self::A6 => 1.0,
            Self::A4 => 2.0,
        }
    }

    /// Height of the page in points. A4 is a hair's breadth higher than twice A6.
    const fn height(self) -> f32 {
        match self {
            Self::A6 => layout::HEIGHT,
            Self::A4 => 841.89,
        }
    }

    /// Width and height in millimetres.
    const fn millimetres(self) -> (u16, u16) {
        match self {
            Self::A6 => (105, 148),
            Self::A4 => (210, 297),
        }
    }
}

/// What was asked.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    #[serde(default)]
    size: Size,
    #[serde(default)]
    lang: Lang,
}

#[derive(Template)]
#[template(path = "sign.svg")]
struct Svg {
    lang: &'static str,
    width: u16,
    height: u16,
    title: String,
    words: String,
    fills: Vec<Fill>,
    texts: Vec<Text>,
    /// Where the code begins, how large a square of it is, and its dark ones.
    code_at: (f32, f32),
    square: f32,
    code: String,
}

/// A rectangle, its numbers written out.
struct Fill {
    x: String,
    y: String,
    width: String,
    height: String,
    colour: String,
}

/// A line of text, its numbers written out.
struct Text {
    x: String,
    y: String,
    size: String,
    bold: bool,
    colour: String,
    text: String,
}

/// `GET /deployments/{id}/sign.svg?size=a6|a4&lang=en|de`
pub(crate) async fn svg(
    State(node): State<Node>,
    base: Base,
    id: Result<Path<String>, PathRejection>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Problem> {
    let asked = asked?.0;
    let (face, sheet) = laid_out(&node, &base, &id?.0, asked.lang)?;
    let drawn = in_svg(&face, &sheet, asked.size).render().map_err(|_| Problem::new(Kind::Internal))?;
    Ok((headers("image/svg+xml"), drawn).into_response())
}

/// `GET /deployments/{id}/sign.pdf?size=a6|a4&lang=en|de`
pub(crate) async fn pdf(
    State(node): State<Node>,
    base: Base,
    id: Result<Path<String>, PathRejection>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Problem> {
    let asked = asked?.0;
    let (face, sheet) = laid_out(&node, &base, &id?.0, asked.lang)?;
    Ok((headers("application/pdf"), pdf::written(&face, &sheet, asked.size)).into_response())
}

const fn headers(kind: &'static str) -> [(HeaderName, HeaderValue); 3] {
    [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        BY_HOST,
    ]
}

fn laid_out(node: &Node, base: &Base, id: &str, lang: Lang) -> Result<(Face, Sheet), Problem> {
    let (state, now) = (node.city.register().state(), node.city.register().now());
    let found = id.parse::<DeploymentId>().ok().and_then(|id| state.deployments.get(&id));
    let record =
        found.ok_or_else(|| Problem::new(Kind::NotFound).detail("there is no such deployment in the register"))?;
    let badge = deployment::badge(lang, record, now, &deployment::refusals(node, lang, &state, record, now));
    let address = base.join(&format!("{}/deployments/{}", lang.root(), record.deployment.id));
    let around = Around { state: &state, record, badge: &badge, now };
    let face = Face::of(&around, lang, address);
    let sheet = Sheet::of(&face).map_err(|_| {
        Problem::new(Kind::BadRequest).detail("the address of the page is too long for a code of squares")
    })?;
    Ok((face, sheet))
}

fn in_svg(face: &Face, sheet: &Sheet, size: Size) -> Svg {
    let (width, height) = size.millimetres();
    let (mut fills, mut texts) = (Vec::new(), Vec::new());
    for mark in &sheet.marks {
        match mark {
            Mark::Fill { x, y, width, height, colour } => {
                let [x, y, width, height] = [x, y, width, height].map(|number| format!("{number:.2}"));
                fills.push(Fill { x, y, width, height, colour: hex(*colour) });
            }
            Mark::Text { x, y, size, bold, colour, text } => {
                let [x, y, size] = [x, y, size].map(|number| format!("{number:.2}"));
                texts.push(Text { x, y, size, bold: *bold, colour: hex(*colour), text: printable(text) });
            }
        }
    }
    let (glance, sentence) = words::people(face.lang, face.people);
    let rows = face.rows.iter().map(|(label, text)| format!("{label}: {text}."));
    let words: Vec<String> = [format!("{glance}. {sentence}")].into_iter().chain(rows).collect();
    Svg {
        lang: face.lang.code(),
        width,
        height,
        title: printable(&face.title),
        words: printable(&format!("{} {} {}", words.join(" "), face.rights, face.address)),
        fills,
        texts,
        code_at: layout::CODE_AT,
        square: sheet.square(),
        code: sheet.code.path(),
    }
}

/// A text without the characters that XML cannot hold, escaped or not.
pub(super) fn printable(text: &str) -> String {
    let holds = |letter: &char| !letter.is_control() && !matches!(letter, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|letter| if letter.is_whitespace() { ' ' } else { letter }).filter(holds).collect()
}

fn hex(colour: Rgb) -> String {
    let [red, green, blue] = colour;
    format!("#{red:02x}{green:02x}{blue:02x}")
}
