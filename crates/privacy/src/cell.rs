//! From a position to the H3 cell that holds it.
//!
//! Resists pointing at a door; does not resist recognising a trip from several cells (four points single out most
//! people, de Montjoye 2013). The level is fixed by the stream or view, never chosen by the data: "coarser until there
//! are enough" leaks by itself.

use h3o::{LatLng, Resolution};
use model::{CellId, H3Resolution, Point};

/// The cell of a resolution that holds a position.
#[must_use]
pub fn cell(point: Point, resolution: H3Resolution) -> Option<CellId> {
    let resolution = Resolution::try_from(resolution.level()).ok()?;
    let place = LatLng::new(point.latitude(), point.longitude()).ok()?;
    Some(CellId(place.to_cell(resolution).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_positions_share_a_cell_and_far_ones_do_not() {
        let resolution = H3Resolution::try_from(9).unwrap();
        let at = |longitude, latitude| cell(Point::new(longitude, latitude).unwrap(), resolution).unwrap();
        assert_eq!(at(16.6068, 49.1951), at(16.60681, 49.19511));
        assert_ne!(at(16.6068, 49.1951), at(16.7, 49.1951));
    }
}
