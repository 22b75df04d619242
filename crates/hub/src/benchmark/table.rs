//! A benchmark over many cities: each of them, and together by country and by size, in one pass.
//!
//! Memory grows with the number of cities, not with what they logged. A rank is a range: between how many cities are surely
//! better, and how many surely not; surely means that the intervals do not touch.

use std::collections::BTreeMap;

use model::{Digest, PartyId, Timestamp};
use serde::Serialize;

use super::count::{Counted, count};
use super::definition::{Better, Definition, NamedDefinition};
use super::figure::{Figure, Missing};
use super::sheet::Sheet;
use super::stat::Interval;
use crate::mirror::{City, Country, Mirror, MirrorError, Position, Profile, SizeClass, Standing};

/// How many cities are read at a time.
const READ_AT_ONCE: usize = 512;

/// What cities are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case", tag = "group", content = "of")]
pub enum Group {
    /// All of them.
    All,
    /// A country; none for those whose country is not known.
    Country(Option<Country>),
    /// A size class; none for those whose size is not known.
    SizeClass(Option<SizeClass>),
}

impl Group {
    /// In words.
    #[must_use]
    pub fn in_words(self) -> String {
        match self {
            Self::All => "all cities".to_owned(),
            Self::Country(Some(country)) => country.to_string(),
            Self::SizeClass(Some(class)) => class.as_str().to_owned(),
            Self::Country(None) => "country not known".to_owned(),
            Self::SizeClass(None) => "size not known".to_owned(),
        }
    }
}

/// One city in a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CityRank {
    /// The city.
    pub city: PartyId,
    /// Where it is.
    #[serde(skip)]
    pub position: Option<Position>,
    /// How many things its number is counted from.
    pub sample: u64,
    /// Its number; none if it is missing.
    pub number: Option<Interval>,
    /// Why it is missing.
    pub missing: Option<Missing>,
    /// The best and the worst rank that it may have among those that can be compared; none if it cannot be.
    pub rank: Option<(u64, u64)>,
}

/// A benchmark over all cities of a mirror.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// What was asked.
    pub definition: Definition,
    /// The digest of the definition.
    pub digest: Digest,
    /// As of when.
    pub at: Timestamp,
    /// Together.
    #[serde(serialize_with = "as_list")]
    pub groups: BTreeMap<Group, Figure>,
    /// One by one, by name.
    pub cities: Vec<CityRank>,
}

#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    group: &'a Group,
    #[serde(flatten)]
    figure: &'a Figure,
}

fn as_list<S: serde::Serializer>(groups: &BTreeMap<Group, Figure>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(groups.iter().map(|(group, figure)| Listed { group, figure }))
}

/// Several benchmarks that are counted in one pass.
pub struct Tally<'d> {
    definitions: &'d [NamedDefinition],
    at: Timestamp,
    tables: Vec<Table>,
}

impl<'d> Tally<'d> {
    /// Begins to count.
    #[must_use]
    pub fn new(definitions: &'d [NamedDefinition], at: Timestamp) -> Self {
        let table = |named: &NamedDefinition| Table {
            definition: named.definition.clone(),
            digest: named.digest,
            at,
            groups: BTreeMap::new(),
            cities: Vec::new(),
        };
        Self { definitions, at, tables: definitions.iter().map(table).collect() }
    }

    /// Counts every city of a mirror, as it is kept.
    ///
    /// # Errors
    /// The mirror cannot be read.
    pub fn mirror(
        definitions: &'d [NamedDefinition],
        mirror: &Mirror,
        at: Timestamp,
    ) -> Result<Vec<Table>, MirrorError> {
        let mut tally = Self::new(definitions, at);
        let mut after: Option<String> = None;
        loop {
            let cities = mirror.cities(after.as_deref(), READ_AT_ONCE)?;
            let Some((last, _)) = cities.last() else { return Ok(tally.ranked()) };
            after = Some(last.clone());
            for (_, city) in cities {
                tally.add(&city?);
            }
        }
    }

    /// Adds a city as it is mirrored.
    pub fn add(&mut self, city: &City) {
        let sheet = match city.kept.standing {
            Standing::Frozen { .. } => Err(Missing::Frozen),
            _ => Ok(&city.sheet),
        };
        self.add_counted(&city.name, &city.kept.profile, sheet);
    }

    /// Adds a city by what its entries say, or why nothing of it is counted.
    pub fn add_counted(&mut self, city: &PartyId, profile: &Profile, sheet: Result<&Sheet, Missing>) {
        let groups = [Group::All, Group::Country(profile.country), Group::SizeClass(profile.size_class)];
        for (named, table) in self.definitions.iter().zip(&mut self.tables) {
            let definition = &named.definition;
            let counted = sheet.and_then(|sheet| of_sheet(definition, sheet, self.at));
            for group in groups {
                table.groups.entry(group).or_insert_with(|| Figure::empty(definition)).add(&counted);
            }
            let enough = |counted: &&Counted| counted.sample() >= definition.sample_min.max(1);
            table.cities.push(CityRank {
                city: city.clone(),
                position: profile.position,
                sample: counted.as_ref().map_or(0, Counted::sample),
                number: counted.as_ref().ok().and_then(super::figure::number),
                missing: counted.as_ref().err().copied(),
                // Filled in once all are there; who has too little is not compared.
                rank: counted.as_ref().ok().filter(enough).map(|_| (0, 0)),
            });
        }
    }

    /// Works out the groups' numbers, and the ranks.
    #[must_use]
    pub fn ranked(self) -> Vec<Table> {
        let mut tables = self.tables;
        for table in &mut tables {
            let groups = std::mem::take(&mut table.groups);
            let worked_out = groups.into_iter().map(|(group, figure)| (group, figure.worked_out(&table.definition)));
            table.groups = worked_out.collect();
            rank(&mut table.cities, table.definition.better);
        }
        tables
    }
}

/// What a definition counts in one city, or why it counts nothing.
///
/// # Errors
/// Why it counts nothing.
pub fn of_sheet(definition: &Definition, sheet: &Sheet, at: Timestamp) -> Result<Counted, Missing> {
    if sheet.stopped.is_some() {
        return Err(Missing::Unreadable);
    }
    if sheet.size == 0 {
        return Err(Missing::NoLog);
    }
    let counted = count(&definition.count, sheet, at);
    if counted.sample() == 0 { Err(Missing::NothingToCount) } else { Ok(counted) }
}

/// Gives each city that can be compared the range of its ranks.
fn rank(cities: &mut [CityRank], better: Better) {
    // Turned so that more is better.
    let turned = |number: Interval| match better {
        Better::Lower => (-number.high, -number.low),
        Better::Higher | Better::Neither => (number.low, number.high),
    };
    let compared: Vec<(f64, f64)> =
        cities.iter().filter(|city| city.rank.is_some()).filter_map(|city| city.number).map(turned).collect();
    let (mut lows, mut highs): (Vec<f64>, Vec<f64>) = compared.iter().copied().unzip();
    lows.sort_by(f64::total_cmp);
    highs.sort_by(f64::total_cmp);
    for city in cities {
        city.rank = match (city.rank, city.number) {
            (Some(_), Some(number)) if better != Better::Neither => {
                let (low, high) = turned(number);
                let better = lows.len() - lows.partition_point(|other| *other <= high);
                let worse = highs.partition_point(|other| *other < low);
                Some((better as u64 + 1, (highs.len() - worse) as u64))
            }
            _ => None,
        };
    }
}
