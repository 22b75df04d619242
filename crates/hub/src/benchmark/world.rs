//! A map of the world: a graticule, land where the hub has outlines of it, and the cities, gathered in cells of five degrees.
//!
//! No borders are drawn. A dot is as large as the cities that it stands for are many; whether their numbers
//! lie above or below that of all is told by its shape, not by a colour alone.

use std::collections::BTreeMap;

use askama::Template;

use super::chart::told;
use super::table::{Group, Table};
use crate::land::Land;

/// The degrees of a cell.
const CELL: f64 = 5.0;
/// Units of the drawing for one degree: it is 720 by 360.
const SCALE: f64 = 2.0;

/// Cities close to each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Dot {
    /// The cell's south-west corner.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// How many cities.
    pub cities: u64,
    /// How many of them have a number.
    pub numbered: u64,
    /// The mean of these.
    pub mean: Option<f64>,
    /// Where it is drawn.
    pub x: String,
    /// From the top.
    pub y: String,
    /// How large.
    pub radius: String,
    /// Whether its mean lies above the number of all cities; none without a number.
    pub above: Option<bool>,
    /// The mean in words.
    pub number: String,
}

/// A benchmark on the globe, as a fragment of a page.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "benchmark_world.html")]
pub struct World {
    /// The definition's id: also the prefix of ids in the fragment.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Circles of latitude, as places from the top.
    pub parallels: Vec<String>,
    /// Meridians, as places from the left.
    pub meridians: Vec<String>,
    /// The outlines of land as a path, and whom to name beside them.
    pub land: Option<(String, String)>,
    /// The cells.
    pub dots: Vec<Dot>,
    /// Cities whose place is not known.
    pub nowhere: u64,
}

impl World {
    /// Draws a table, over land if there is any.
    #[must_use]
    pub fn of(table: &Table, land: Option<&Land>) -> Self {
        let mut cells: BTreeMap<(i64, i64), (u64, Vec<f64>)> = BTreeMap::new();
        let mut nowhere = 0;
        for city in &table.cities {
            let Some(position) = city.position else {
                nowhere += 1;
                continue;
            };
            // From north to south, from west to east; the pole and the last meridian belong to the cell before them.
            let cell = |degrees: f64, most: f64| {
                #[expect(clippy::cast_possible_truncation, reason = "a position lies between -180 and 180 degrees")]
                let at = (degrees.min(most - CELL / 2.0) / CELL).floor() as i64;
                at
            };
            let key = (-cell(position.latitude(), 90.0), cell(position.longitude(), 180.0));
            let (cities, numbers) = cells.entry(key).or_default();
            *cities += 1;
            numbers.extend(city.number.map(|number| number.value));
        }
        let all = table.groups.get(&Group::All).and_then(|figure| figure.number).map(|number| number.value);
        let tell = |value: f64| told(value, &table.definition.count);
        let dots = cells.into_iter().map(|(key, (cities, numbers))| dot(key, cities, &numbers, all, &tell)).collect();
        let steps = |from: i32, to: i32| (from..=to).step_by(30).map(|degrees| f64::from(degrees) * SCALE);
        Self {
            id: table.definition.id.clone(),
            title: table.definition.title.clone(),
            parallels: steps(30, 150).map(|place| format!("{place:.0}")).collect(),
            meridians: steps(30, 330).map(|place| format!("{place:.0}")).collect(),
            land: land.map(|land| (land.path(), land.attribution().to_owned())),
            dots,
            nowhere,
        }
    }

    /// Every cell as CSV (RFC 4180).
    #[must_use]
    pub fn csv(&self) -> String {
        let mut csv = "latitude,longitude,cities,with_number,mean\r\n".to_owned();
        for dot in &self.dots {
            let mean = dot.mean.map_or_else(String::new, |mean| mean.to_string());
            csv += &format!("{},{},{},{},{mean}\r\n", dot.latitude, dot.longitude, dot.cities, dot.numbered);
        }
        csv
    }
}

#[expect(clippy::cast_precision_loss, reason = "a cell's number and a number of cities lie far below 2^52")]
fn dot(key: (i64, i64), cities: u64, numbers: &[f64], all: Option<f64>, tell: &dyn Fn(f64) -> String) -> Dot {
    let (latitude, longitude) = (-key.0 as f64 * CELL, key.1 as f64 * CELL);
    let mean = (!numbers.is_empty()).then(|| numbers.iter().sum::<f64>() / numbers.len() as f64);
    Dot {
        latitude,
        longitude,
        cities,
        numbered: numbers.len() as u64,
        mean,
        x: format!("{:.1}", (longitude + CELL / 2.0 + 180.0) * SCALE),
        y: format!("{:.1}", (90.0 - latitude - CELL / 2.0) * SCALE),
        radius: format!("{:.1}", (1.5 + (cities as f64).ln()).min(CELL * SCALE / 2.0)),
        above: mean.zip(all).map(|(mean, all)| mean > all),
        number: mean.map_or_else(|| "no number".to_owned(), tell),
    }
}
