//! The form in which a base map is kept: differences between corners as short numbers, packed, with a check at the end.
//!
//! A file of this form is read whole or not at all; whatever its bytes are, reading ends in a map or in an error.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::wire::{folded, number, piece, put, signed};
use super::{ATTRIBUTION_CHARS_MAX, BaseMapError, Bounds, CORNERS_MAX, Corner, Feature, Shape};

/// How such a file begins, once it is unpacked.
const BEGINS: &[u8] = b"ordinance base map 1\n";
/// The largest file, unpacked, in bytes: more than so many corners can take.
const BYTES_MAX: u64 = 32 << 20;

/// A base map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseMap {
    attribution: String,
    shapes: Vec<Shape>,
    /// Around each shape, so that looking for what lies somewhere need not look at every corner.
    around: Vec<Bounds>,
}

impl BaseMap {
    /// A map of such shapes, in the order in which they are drawn; none of nothing.
    #[must_use]
    pub(super) fn new(attribution: String, mut shapes: Vec<Shape>) -> Option<Self> {
        shapes.sort_by_key(|shape| shape.feature);
        let around = shapes.iter().map(Bounds::of).collect();
        (!shapes.is_empty()).then_some(Self { attribution, shapes, around })
    }

    /// Whom to name beside every drawing of it.
    #[must_use]
    pub fn attribution(&self) -> &str {
        &self.attribution
    }
    /// Its shapes.
    #[must_use]
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }
    /// The shapes of a feature that may reach into a rectangle.
    pub fn within(&self, feature: Feature, bounds: Bounds) -> impl Iterator<Item = &Shape> {
        let shapes = self.shapes.iter().zip(&self.around);
        shapes.filter(move |(shape, around)| shape.feature == feature && around.meets(bounds)).map(|(shape, _)| shape)
    }
    /// How many shapes it has of a feature.
    #[must_use]
    pub fn count(&self, feature: Feature) -> usize {
        self.shapes.iter().filter(|shape| shape.feature == feature).count()
    }

    /// As it is kept.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut plain = BEGINS.to_vec();
        put(&mut plain, self.attribution.len() as u64);
        plain.extend_from_slice(self.attribution.as_bytes());
        put(&mut plain, self.shapes.len() as u64);
        let mut before: Corner = (0, 0);
        for shape in &self.shapes {
            put(&mut plain, u64::from(shape.feature.code()));
            put(&mut plain, shape.lines.len() as u64);
            for line in &shape.lines {
                put(&mut plain, line.len() as u64);
                for corner in line {
                    put(&mut plain, folded(i64::from(corner.0) - i64::from(before.0)));
                    put(&mut plain, folded(i64::from(corner.1) - i64::from(before.1)));
                    before = *corner;
                }
            }
        }
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        // Writing into memory cannot fail; if it did, reading would say so.
        let _ = packed.write_all(&plain);
        packed.finish().unwrap_or_default()
    }

    /// From what was kept.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, BaseMapError> {
        let mut plain = Vec::new();
        GzDecoder::new(bytes).take(BYTES_MAX).read_to_end(&mut plain).map_err(|_| BaseMapError::Damaged)?;
        let mut rest = plain.strip_prefix(BEGINS).ok_or(BaseMapError::Damaged)?;
        parsed(&mut rest).filter(|_| rest.is_empty()).ok_or(BaseMapError::Damaged)
    }
}

fn parsed(rest: &mut &[u8]) -> Option<BaseMap> {
    let length = number(rest)?;
    let attribution = std::str::from_utf8(piece(rest, length)?).ok()?.to_owned();
    if attribution.chars().count() > ATTRIBUTION_CHARS_MAX {
        return None;
    }
    let (mut shapes, mut corners, mut before) = (Vec::new(), 0, (0, 0));
    for _ in 0..number(rest)? {
        let feature = Feature::of_code(number(rest)?)?;
        let mut lines = Vec::new();
        for _ in 0..number(rest)? {
            let mut line = Vec::new();
            for _ in 0..number(rest)? {
                before = (further(before.0, rest)?, further(before.1, rest)?);
                line.push(before);
                corners += 1;
                if corners > CORNERS_MAX {
                    return None;
                }
            }
            lines.push(line);
        }
        shapes.push(Shape { feature, lines });
    }
    BaseMap::new(attribution, shapes)
}

fn further(before: i32, rest: &mut &[u8]) -> Option<i32> {
    i32::try_from(i64::from(before).checked_add(signed(number(rest)?))?).ok()
}
