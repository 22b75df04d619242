//! Maps of OpenStreetMap in the form PBF (wiki.openstreetmap.org/wiki/PBF_Format): three times over the file, each time less is
//! kept: areas of many lines, then lines, then the corners that they name. It keeps no name and no author.
//!
//! Written here and not taken from a library: what is read is little, and those that there are bring a second set of foundations.

use std::collections::{HashMap, HashSet};
use std::io::Read;

use flate2::read::ZlibDecoder;

use super::wire::{Fields, Value, deltas, packed, piece, signed};
use super::{BaseMapError, Corner, Feature, Shape};

/// The largest head of a block, and the largest block once it is unpacked, in bytes: as the form says.
const HEAD_BYTES_MAX: u32 = 64 << 10;
const BLOCK_BYTES_MAX: u64 = 32 << 20;
/// The most lines and areas that are kept, and the most corners that they name.
const LINES_MAX: usize = 2_000_000;
const NAMED_MAX: usize = 20_000_000;
/// The most lines of one area.
const MEMBERS_MAX: usize = 10_000;
/// What a reader has to know.
const KNOWN: [&[u8]; 2] = [b"OsmSchema-V0.6", b"DenseNodes"];

/// An area of many lines: what it is, and its lines.
struct Area {
    feature: Feature,
    ways: Vec<i64>,
}

/// A line: what it is itself, and the corners that it names.
struct Way {
    feature: Option<Feature>,
    nodes: Vec<i64>,
}

/// Everything that is drawn.
pub(super) fn shapes(bytes: &[u8], buildings: bool) -> Result<Vec<Shape>, BaseMapError> {
    let mut areas = Vec::new();
    let mut named = 0;
    each_block(bytes, &mut |block| block.relations(buildings, &mut areas, &mut named))?;
    let members: HashSet<i64> = areas.iter().flat_map(|area| area.ways.iter().copied()).collect();
    let mut ways = HashMap::new();
    let mut named = 0;
    each_block(bytes, &mut |block| block.ways(buildings, &members, &mut ways, &mut named))?;
    let mut corners: HashMap<i64, Option<Corner>> =
        ways.values().flat_map(|way| way.nodes.iter().map(|node| (*node, None))).collect();
    each_block(bytes, &mut |block| block.nodes(&mut corners))?;
    Ok(assembled(&areas, &ways, &corners))
}

fn assembled(areas: &[Area], ways: &HashMap<i64, Way>, corners: &HashMap<i64, Option<Corner>>) -> Vec<Shape> {
    let placed = |nodes: &[i64]| -> Vec<Corner> { nodes.iter().filter_map(|node| *corners.get(node)?).collect() };
    let mut names: Vec<&i64> = ways.keys().collect();
    // In the same order whenever it is read.
    names.sort_unstable();
    let mut shapes = Vec::new();
    for way in names.into_iter().filter_map(|name| ways.get(name)) {
        let Some(feature) = way.feature else { continue };
        let closed = way.nodes.len() > 3 && way.nodes.first() == way.nodes.last();
        if feature.is_area() && !closed {
            continue;
        }
        let mut line = placed(&way.nodes);
        if feature.is_area() {
            line.pop();
        }
        shapes.push(Shape { feature, lines: vec![line] });
    }
    for area in areas {
        let lines = rings(area.ways.iter().filter_map(|id| ways.get(id)).map(|way| way.nodes.clone()).collect());
        let lines = lines.iter().map(|ring| placed(ring)).collect();
        shapes.push(Shape { feature: area.feature, lines });
    }
    shapes
}

/// Lines put end to end until each is closed; what stays open is left out, and so is the last corner, which is the first.
fn rings(lines: Vec<Vec<i64>>) -> Vec<Vec<i64>> {
    let mut open: Vec<Vec<i64>> = lines.into_iter().filter(|line| line.len() > 1).collect();
    let mut rings = Vec::new();
    while let Some(mut ring) = open.pop() {
        while ring.first() != ring.last() {
            let end = ring.last().copied();
            let Some(at) = open.iter().position(|line| line.first().copied() == end || line.last().copied() == end)
            else {
                break;
            };
            let mut next = open.swap_remove(at);
            if next.first().copied() != end {
                next.reverse();
            }
            ring.extend(next.into_iter().skip(1));
        }
        if ring.first() == ring.last() && ring.len() > 3 {
            ring.pop();
            rings.push(ring);
        }
    }
    rings
}

/// Unpacks each block and lets it be looked at.
fn each_block(
    mut bytes: &[u8],
    look: &mut dyn FnMut(&Block<'_>) -> Result<(), BaseMapError>,
) -> Result<(), BaseMapError> {
    while !bytes.is_empty() {
        let cut = || BaseMapError::NotPbf("it ends in the middle of a block");
        let length =
            piece(&mut bytes, 4).and_then(|four| four.try_into().ok()).map(u32::from_be_bytes).ok_or_else(cut)?;
        if length > HEAD_BYTES_MAX {
            return Err(BaseMapError::NotPbf("the head of a block is too long"));
        }
        let (mut kind, mut size): (&[u8], _) = (&[], 0);
        for field in Fields(piece(&mut bytes, u64::from(length)).ok_or_else(cut)?) {
            match field.ok_or_else(cut)? {
                (1, value) => kind = value.bytes(),
                (3, value) => size = value.number(),
                _ => {}
            }
        }
        let packed = piece(&mut bytes, size).ok_or_else(cut)?;
        match kind {
            b"OSMHeader" => known(&unpacked(packed)?)?,
            b"OSMData" => look(&Block::of(&unpacked(packed)?)?)?,
            b"" => return Err(BaseMapError::NotPbf("a block does not say what it is")),
            // What others add is passed by, as the form asks.
            _ => {}
        }
    }
    Ok(())
}

fn unpacked(blob: &[u8]) -> Result<Vec<u8>, BaseMapError> {
    for field in Fields(blob) {
        match field.ok_or(BaseMapError::NotPbf("a block is broken"))? {
            (1, value) => return Ok(value.bytes().to_vec()),
            (3, value) => {
                let mut bytes = Vec::new();
                let mut unpack = ZlibDecoder::new(value.bytes()).take(BLOCK_BYTES_MAX + 1);
                unpack.read_to_end(&mut bytes).map_err(|_| BaseMapError::NotPbf("a block cannot be unpacked"))?;
                if bytes.len() as u64 > BLOCK_BYTES_MAX {
                    return Err(BaseMapError::NotPbf("a block is larger than the form allows"));
                }
                return Ok(bytes);
            }
            (2, _) => {}
            _ => return Err(BaseMapError::Unsupported("a packing other than zlib".to_owned())),
        }
    }
    Err(BaseMapError::NotPbf("a block is empty"))
}

/// Whether everything that the file asks of its readers is known.
fn known(header: &[u8]) -> Result<(), BaseMapError> {
    for field in Fields(header) {
        if let (4, value) = field.ok_or(BaseMapError::NotPbf("its header is broken"))?
            && !KNOWN.contains(&value.bytes())
        {
            let name = String::from_utf8_lossy(value.bytes()).chars().take(60).collect();
            return Err(BaseMapError::Unsupported(name));
        }
    }
    Ok(())
}

/// A block: texts once, and groups of elements that name them.
struct Block<'b> {
    texts: Vec<&'b [u8]>,
    groups: Vec<&'b [u8]>,
    /// Billionths of a degree for one step, and where steps begin.
    step: i64,
    north: i64,
    east: i64,
}

const BROKEN: BaseMapError = BaseMapError::NotPbf("an element is broken");

impl<'b> Block<'b> {
    fn of(bytes: &'b [u8]) -> Result<Self, BaseMapError> {
        let mut block = Self { texts: Vec::new(), groups: Vec::new(), step: 100, north: 0, east: 0 };
        for field in Fields(bytes) {
            match field.ok_or(BROKEN)? {
                (1, value) => {
                    for text in Fields(value.bytes()) {
                        block.texts.push(text.ok_or(BROKEN)?.1.bytes());
                    }
                }
                (2, value) => block.groups.push(value.bytes()),
                (17, value) => block.step = value.number().cast_signed(),
                (19, value) => block.north = value.number().cast_signed(),
                (20, value) => block.east = value.number().cast_signed(),
                _ => {}
            }
        }
        Ok(block)
    }

    /// The elements of one kind.
    fn elements(&self, kind: u64) -> impl Iterator<Item = Result<&'b [u8], BaseMapError>> {
        let fields = self.groups.iter().flat_map(|group| Fields(group));
        fields.filter_map(move |field| match field {
            None => Some(Err(BROKEN)),
            Some((number, value)) => (number == kind).then(|| Ok(value.bytes())),
        })
    }

    /// What the tags of an element make it.
    fn feature(&self, keys: &[u8], values: &[u8], buildings: bool) -> Option<Feature> {
        let text = |at: u64| std::str::from_utf8(self.texts.get(usize::try_from(at).ok()?)?).ok();
        let tags: Vec<(&str, &str)> =
            packed(keys).zip(packed(values)).filter_map(|(key, value)| Some((text(key)?, text(value)?))).collect();
        Feature::of(|wanted| tags.iter().find(|(key, _)| *key == wanted).map(|(_, value)| *value), buildings)
    }

    /// Where something is, if that is on Earth.
    fn corner(&self, north: i64, east: i64) -> Option<Corner> {
        let millionths = |begin: i64, steps: i64, most: i32| {
            let at = begin.checked_add(self.step.checked_mul(steps)?)? / 1_000;
            i32::try_from(at).ok().filter(|at| at.unsigned_abs() <= most.unsigned_abs())
        };
        Some((millionths(self.east, east, 180_000_000)?, millionths(self.north, north, 90_000_000)?))
    }

    fn relations(&self, buildings: bool, areas: &mut Vec<Area>, named: &mut usize) -> Result<(), BaseMapError> {
        for relation in self.elements(4) {
            let [keys, values, members, kinds] = parts(relation?, [2, 3, 9, 10])?;
            let Some(feature) = self.feature(keys, values, buildings).filter(|feature| feature.is_area()) else {
                continue;
            };
            // A member of kind 1 is a line; one that is named twice is one.
            let mut seen = HashSet::new();
            let lines = deltas(members).zip(packed(kinds)).filter(|(_, kind)| *kind == 1).map(|(id, _)| id);
            let ways: Vec<i64> = lines.filter(|id| seen.insert(*id)).take(MEMBERS_MAX + 1).collect();
            if ways.len() > MEMBERS_MAX {
                return Err(BaseMapError::TooMuch { what: "lines of one area", most: MEMBERS_MAX as u64 });
            }
            counted(named, ways.len())?;
            areas.push(Area { feature, ways });
            limited(areas.len())?;
        }
        Ok(())
    }

    fn ways(
        &self,
        buildings: bool,
        members: &HashSet<i64>,
        ways: &mut HashMap<i64, Way>,
        named: &mut usize,
    ) -> Result<(), BaseMapError> {
        for way in self.elements(3) {
            let way = way?;
            let [keys, values, nodes, _] = parts(way, [2, 3, 8, 0])?;
            let id = number_of(way, 1)?.cast_signed();
            let feature = self.feature(keys, values, buildings);
            if feature.is_some() || members.contains(&id) {
                // One more than there is room for, so that a block of noughts is not unpacked whole.
                let nodes: Vec<i64> = deltas(nodes).take(NAMED_MAX + 1 - *named).collect();
                counted(named, nodes.len())?;
                ways.insert(id, Way { feature, nodes });
                limited(ways.len())?;
            }
        }
        Ok(())
    }

    fn nodes(&self, corners: &mut HashMap<i64, Option<Corner>>) -> Result<(), BaseMapError> {
        let mut place = |id: i64, north, east| {
            if let Some(corner) = corners.get_mut(&id) {
                *corner = self.corner(north, east);
            }
        };
        for node in self.elements(1) {
            let node = node?;
            let signed_of = |field| number_of(node, field).map(signed);
            place(signed_of(1)?, signed_of(8)?, signed_of(9)?);
        }
        for dense in self.elements(2) {
            let [ids, north, east, _] = parts(dense?, [1, 8, 9, 0])?;
            for ((id, north), east) in deltas(ids).zip(deltas(north)).zip(deltas(east)) {
                place(id, north, east);
            }
        }
        Ok(())
    }
}

/// Counts what names others, in all.
fn counted(named: &mut usize, more: usize) -> Result<(), BaseMapError> {
    *named += more;
    let fits = *named <= NAMED_MAX;
    fits.then_some(()).ok_or(BaseMapError::TooMuch { what: "corners", most: NAMED_MAX as u64 })
}

fn limited(lines: usize) -> Result<(), BaseMapError> {
    let fits = lines <= LINES_MAX;
    fits.then_some(()).ok_or(BaseMapError::TooMuch { what: "lines", most: LINES_MAX as u64 })
}

/// The content of four fields of an element, empty where there is none.
fn parts(element: &[u8], wanted: [u64; 4]) -> Result<[&[u8]; 4], BaseMapError> {
    let mut found: [&[u8]; 4] = [&[]; 4];
    for field in Fields(element) {
        let (number, value) = field.ok_or(BROKEN)?;
        for (place, _) in found.iter_mut().zip(wanted).filter(|(_, wanted)| *wanted == number) {
            *place = value.bytes();
        }
    }
    Ok(found)
}

/// The number in a field of an element; 0 where there is none.
fn number_of(element: &[u8], wanted: u64) -> Result<u64, BaseMapError> {
    for field in Fields(element) {
        if let (number, Value::Number(value)) = field.ok_or(BROKEN)?
            && number == wanted
        {
            return Ok(value);
        }
    }
    Ok(0)
}
