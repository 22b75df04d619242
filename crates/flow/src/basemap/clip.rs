//! Shapes made smaller: what lies outside a city is cut off, and corners that nobody would see are left out.

use super::{Corner, Shape};

/// How far a line may be moved by leaving out corners, in metres.
const TOLERANCE_METRES: f64 = 1.5;
/// Metres in a millionth of a degree to the north.
const METRES_A_STEP: f64 = 0.111_195;
/// Millionths in a degree.
const STEPS: f64 = 1e6;

/// A rectangle, in millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Its south-western corner.
    pub south_west: Corner,
    /// Its north-eastern corner.
    pub north_east: Corner,
}

impl std::str::FromStr for Bounds {
    type Err = String;

    /// `WEST,SOUTH,EAST,NORTH` in degrees.
    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Vec<f64> = text.split(',').filter_map(|one| one.trim().parse().ok()).collect();
        let wrong = || {
            format!("`{text}` is no rectangle; write WEST,SOUTH,EAST,NORTH in degrees, such as 24.90,60.15,24.98,60.19")
        };
        let [west, south, east, north] = <[f64; 4]>::try_from(numbers).map_err(|_| wrong())?;
        let on_earth =
            [west, east].iter().all(|one| one.abs() <= 180.0) && [south, north].iter().all(|one| one.abs() <= 90.0);
        if !on_earth || west >= east || south >= north {
            return Err(wrong());
        }
        Ok(Self { south_west: corner(west, south), north_east: corner(east, north) })
    }
}

/// A position as a corner. What is not on Earth stays at its edge.
pub(super) fn corner(longitude: f64, latitude: f64) -> Corner {
    ((longitude * STEPS).round() as i32, (latitude * STEPS).round() as i32)
}

impl Bounds {
    /// Around positions in degrees, with so many metres more on each side; none around nothing.
    #[must_use]
    pub fn around(positions: impl IntoIterator<Item = (f64, f64)>, metres: f64) -> Option<Self> {
        let mut bounds: Option<Self> = None;
        for (longitude, latitude) in positions {
            let at = corner(longitude, latitude);
            let more = bounds.get_or_insert(Self { south_west: at, north_east: at });
            more.south_west = (more.south_west.0.min(at.0), more.south_west.1.min(at.1));
            more.north_east = (more.north_east.0.max(at.0), more.north_east.1.max(at.1));
        }
        let Self { south_west, north_east } = bounds?;
        let north = metres / METRES_A_STEP;
        let east = north / narrower(south_west.1.max(north_east.1));
        let moved = |at: Corner, sign: f64| {
            let axis = |at: i32, by: f64, most: f64| sign.mul_add(by, f64::from(at)).clamp(-most, most) as i32;
            (axis(at.0, east, 180.0 * STEPS), axis(at.1, north, 90.0 * STEPS))
        };
        Some(Self { south_west: moved(south_west, -1.0), north_east: moved(north_east, 1.0) })
    }

    /// Around a shape. Around one without corners it is where nothing is.
    #[must_use]
    pub fn of(shape: &Shape) -> Self {
        let nowhere = Self { south_west: (i32::MAX, i32::MAX), north_east: (i32::MIN, i32::MIN) };
        shape.lines.iter().flatten().fold(nowhere, |Self { south_west, north_east }, at| Self {
            south_west: (south_west.0.min(at.0), south_west.1.min(at.1)),
            north_east: (north_east.0.max(at.0), north_east.1.max(at.1)),
        })
    }

    /// Whether two have a corner or more in common.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.south_west.0 <= other.north_east.0
            && other.south_west.0 <= self.north_east.0
            && self.south_west.1 <= other.north_east.1
            && other.south_west.1 <= self.north_east.1
    }

    /// What of a shape lies within; none if nothing does.
    #[must_use]
    pub fn clip(&self, shape: Shape) -> Option<Shape> {
        if !self.meets(Self::of(&shape)) {
            return None;
        }
        let area = shape.feature.is_area();
        let cut = |line: Vec<Corner>| if area { vec![self.clip_area(line)] } else { self.clip_line(&line) };
        let lines: Vec<Vec<Corner>> = shape.lines.into_iter().flat_map(cut).filter(|line| line.len() > 1).collect();
        (!lines.is_empty()).then_some(Shape { lines, ..shape })
    }

    /// The pieces of a line that are within. Its last step out and its first step in stay whole.
    fn clip_line(&self, line: &[Corner]) -> Vec<Vec<Corner>> {
        let mut pieces: Vec<Vec<Corner>> = vec![Vec::new()];
        for pair in line.windows(2) {
            let [from, to] = pair else { continue };
            if self.side(*from) & self.side(*to) != 0 {
                pieces.push(Vec::new());
                continue;
            }
            if let Some(piece) = pieces.last_mut() {
                if piece.is_empty() {
                    piece.push(*from);
                }
                piece.push(*to);
            }
        }
        pieces
    }

    /// On which sides a corner is outside, a bit for each.
    fn side(&self, at: Corner) -> u8 {
        u8::from(at.0 < self.south_west.0)
            | u8::from(at.0 > self.north_east.0) << 1
            | u8::from(at.1 < self.south_west.1) << 2
            | u8::from(at.1 > self.north_east.1) << 3
    }

    /// An area cut along each of the four sides (Sutherland and Hodgman).
    fn clip_area(&self, mut ring: Vec<Corner>) -> Vec<Corner> {
        let ((west, south), (east, north)) = (self.south_west, self.north_east);
        type Axis = fn(Corner) -> i32;
        let sides: [(Axis, i32, bool); 4] =
            [(|at| at.0, west, true), (|at| at.0, east, false), (|at| at.1, south, true), (|at| at.1, north, false)];
        for (axis, edge, above) in sides {
            let inside = |at: Corner| if above { axis(at) >= edge } else { axis(at) <= edge };
            let mut cut = Vec::new();
            for (at, to) in ring.iter().enumerate() {
                let before = if at == 0 { ring.len() - 1 } else { at - 1 };
                let Some(from) = ring.get(before) else { continue };
                if inside(*from) != inside(*to) {
                    let share = f64::from(edge - axis(*from)) / f64::from(axis(*to) - axis(*from));
                    let between =
                        |from: i32, to: i32| share.mul_add(f64::from(to - from), f64::from(from)).round() as i32;
                    cut.push((between(from.0, to.0), between(from.1, to.1)));
                }
                if inside(*to) {
                    cut.push(*to);
                }
            }
            ring = cut;
        }
        ring
    }
}

/// How much shorter a step to the east is than one to the north.
fn narrower(north: i32) -> f64 {
    (f64::from(north) / STEPS).to_radians().cos().max(0.01)
}

/// A shape without the corners that nobody would see; none if nothing is left.
pub(super) fn simplified(shape: Shape) -> Option<Shape> {
    let fewest = if shape.feature.is_area() { 3 } else { 2 };
    let lines: Vec<Vec<Corner>> =
        shape.lines.iter().map(|line| thinned(line)).filter(|line| line.len() >= fewest).collect();
    (!lines.is_empty()).then_some(Shape { lines, ..shape })
}

/// A line without the corners that lie nearly on the way between their neighbours (Douglas and Peucker, without recursion).
fn thinned(line: &[Corner]) -> Vec<Corner> {
    let Some(first) = line.first() else { return Vec::new() };
    let wide = narrower(first.1);
    let metres = |at: &Corner| (f64::from(at.0) * wide * METRES_A_STEP, f64::from(at.1) * METRES_A_STEP);
    let flat: Vec<(f64, f64)> = line.iter().map(metres).collect();
    let mut stays = vec![false; line.len()];
    let mut spans = vec![(0, line.len() - 1)];
    while let Some((from, to)) = spans.pop() {
        for end in [from, to] {
            if let Some(stay) = stays.get_mut(end) {
                *stay = true;
            }
        }
        let (Some(start), Some(end), Some(between)) = (flat.get(from), flat.get(to), flat.get(from + 1..to)) else {
            continue;
        };
        let distances = between.iter().map(|at| off(*start, *end, *at)).enumerate();
        let far = distances.max_by(|one, other| one.1.total_cmp(&other.1));
        if let Some((at, distance)) = far
            && distance > TOLERANCE_METRES
        {
            spans.extend([(from, from + 1 + at), (from + 1 + at, to)]);
        }
    }
    line.iter().zip(stays).filter(|(_, stays)| *stays).map(|(corner, _)| *corner).collect()
}

/// How far a corner is off the way between two others, in metres.
fn off(start: (f64, f64), end: (f64, f64), at: (f64, f64)) -> f64 {
    let (x, y) = (end.0 - start.0, end.1 - start.1);
    let squared = x.mul_add(x, y * y);
    let (to_x, to_y) = (at.0 - start.0, at.1 - start.1);
    let share = if squared > 0.0 { (to_x.mul_add(x, to_y * y) / squared).clamp(0.0, 1.0) } else { 0.0 };
    (to_x - share * x).hypot(to_y - share * y)
}
