//! From sheets to things of the register: which sheet is which, which column is which, and what is wrong in which cell.
//!
//! Everything that is wrong is told at once. What depends on the register, such as the deployment of a stream, is looked up in the
//! state that is given and in the file itself; whether it may be is not asked here.

mod line;
mod things;

use std::collections::{BTreeMap, BTreeSet};

use model::{Deployment, DeploymentId, Device, Fields, Party, PartyId, Place, PlaceId, StreamId};
use register::{Command, State};
use serde::{Deserialize, Serialize};

use crate::cell::{Book, Row, Table};
use crate::kind::{Kind, heading};
use crate::write::{INSTRUCTIONS, VALUES};
use line::Line;
pub(crate) use things::{BASES, PARTY_KINDS, TYPES};

/// In how many rows headings are looked for.
const HEADING_ROWS: usize = 10;
/// The deepest nesting of places that is followed.
const DEPTH_MAX: usize = 16;

/// Something of the register, from a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", content = "with", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Thing {
    /// A party.
    Party(Party),
    /// A place.
    Place(Place),
    /// A deployment with its streams.
    Deployment(Deployment),
    /// A sensor.
    Device(Device),
}

/// How a thing stands to what is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stands {
    /// There is none of this name.
    New,
    /// It is so already.
    Same,
    /// There is another one of this name.
    Changed,
}

impl Thing {
    /// Its short name.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Party(party) => party.id.as_str(),
            Self::Place(place) => place.id.as_str(),
            Self::Deployment(deployment) => deployment.id.as_str(),
            Self::Device(device) => device.id.as_str(),
        }
    }

    /// What is asked of the register. A device is entered without a token, whatever the thing says.
    #[must_use]
    pub fn command(self) -> Command {
        match self {
            Self::Party(party) => Command::RegisterParty { party, contact: Fields::default() },
            Self::Place(place) => Command::RegisterPlace(place),
            Self::Deployment(deployment) => Command::Propose(deployment),
            Self::Device(device) => Command::RegisterDevice(Device { credential: None, ..device }),
        }
    }

    pub(crate) fn stands(&self, state: &State) -> Stands {
        fn held<T>(known: Option<T>, same: impl FnOnce(T) -> bool) -> Stands {
            known.map_or(Stands::New, |known| if same(known) { Stands::Same } else { Stands::Changed })
        }
        match self {
            Self::Party(party) => held(state.parties.get(&party.id), |known| known.party == *party),
            Self::Place(place) => held(state.places.get(&place.id), |known| **known == *place),
            Self::Deployment(one) => held(state.deployments.get(&one.id), |known| known.deployment == *one),
            Self::Device(device) => held(state.devices.get(&device.id), |known| {
                Device { credential: None, ..Device::clone(known) } == Device { credential: None, ..device.clone() }
            }),
        }
    }
}

/// A thing, and where it stands in the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// In which sheet.
    pub sheet: String,
    /// In which row, counted from 1.
    pub row: u32,
    /// What it is.
    pub thing: Thing,
}

/// Something to say about a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The sheet.
    pub sheet: String,
    /// The row, counted from 1.
    pub row: u32,
    /// The column, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What there is to say.
    pub words: String,
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// Things, in the order in which they build on one another.
    pub entries: Vec<Entry>,
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// What is not wrong and should be looked at.
    pub remarks: Vec<Fault>,
    /// What there is to say of the file as a whole.
    pub notes: Vec<String>,
}

/// Reads what a file holds. Whoever sends it is the operator of sensors that are entered with it.
#[must_use]
pub fn read(book: &Book, state: &State, by: &PartyId) -> Reading {
    let mut reading = Reading { notes: book.notes.clone(), ..Reading::default() };
    let mut sheets: Vec<Sheet<'_>> = book.tables.iter().filter_map(|table| recognised(table, &mut reading)).collect();
    sheets.sort_by_key(|sheet| sheet.kind);
    if sheets.is_empty() && reading.faults.is_empty() {
        let first = book.tables.first().map(|table| table.name.clone()).unwrap_or_default();
        let words = "no row holds the headings of a sheet that is read here; take the template and keep its first row";
        reading.faults.push(Fault { sheet: first, row: 1, column: None, words: words.to_owned() });
    }
    let mut desk = Desk { state, by, out: reading, seen: BTreeMap::new(), streams: BTreeMap::new() };
    let (properties, others): (Vec<_>, Vec<_>) = sheets.iter().partition(|sheet| sheet.kind == Kind::Properties);
    let mut declared = things::streams(&mut desk, &properties);
    for sheet in &others {
        for row in sheet.rows {
            desk.row(sheet, row, &mut declared);
        }
    }
    things::left_over(&mut desk, declared);
    parents_first(&mut desk.out.entries);
    desk.out
}

/// What is needed while rows are read.
struct Desk<'a> {
    state: &'a State,
    by: &'a PartyId,
    out: Reading,
    /// Which short names were read, and in which row.
    seen: BTreeMap<(Kind, String), u32>,
    /// The deployments of streams that the file declares.
    streams: BTreeMap<StreamId, DeploymentId>,
}

impl Desk<'_> {
    fn row(&mut self, sheet: &Sheet<'_>, row: &Row, declared: &mut things::Declared) {
        let before = self.out.faults.len();
        let (state, by) = (self.state, self.by);
        let streams = &self.streams;
        let mut line = Line::of(sheet, row, &mut self.out);
        let thing = match sheet.kind {
            Kind::Parties => things::party(&mut line).map(Thing::Party),
            Kind::Places => things::place(&mut line, state).map(Thing::Place),
            Kind::Deployments => things::deployment(&mut line, state, declared).map(Thing::Deployment),
            Kind::Devices => things::device(&mut line, state, streams, by).map(Thing::Device),
            Kind::Properties => None,
        };
        let Some(thing) = thing.filter(|_| self.out.faults.len() == before) else { return };
        if let Some(first) = self.seen.insert((sheet.kind, thing.id().to_owned()), row.number) {
            self.seen.insert((sheet.kind, thing.id().to_owned()), first);
            let words = format!("`{}` stands in row {first} already; leave one of them out", thing.id());
            let (sheet, column) = (sheet.name.clone(), Some("id".to_owned()));
            self.out.faults.push(Fault { sheet, row: row.number, column, words });
            return;
        }
        self.out.entries.push(Entry { sheet: sheet.name.clone(), row: row.number, thing });
    }
}

/// A sheet whose headings are known.
struct Sheet<'a> {
    /// Its name; what it is, where a file of text has none.
    name: String,
    kind: Kind,
    /// In which column of the spreadsheet a column of ours stands.
    columns: BTreeMap<&'static str, usize>,
    /// The rows below the headings.
    rows: &'a [Row],
}

/// Finds out what a sheet is; none for one that is not read.
fn recognised<'a>(table: &'a Table, out: &mut Reading) -> Option<Sheet<'a>> {
    let own = [INSTRUCTIONS, VALUES].iter().any(|name| table.name.eq_ignore_ascii_case(name));
    if own || table.rows.is_empty() {
        return None;
    }
    let named = Kind::named(&table.name);
    let looked_at = table.rows.iter().take(HEADING_ROWS).enumerate();
    let best = looked_at.filter_map(|(at, row)| kind_of(row, named).map(|(kind, count)| (at, kind, count)));
    let Some((at, kind, _)) = best.reduce(|best, next| if next.2 > best.2 { next } else { best }) else {
        out.notes.push(format!("The sheet “{}” was not read: it has no headings of ours.", table.name));
        return None;
    };
    let (head, rows) = (table.rows.get(at)?, table.rows.get(at + 1..).unwrap_or_default());
    let name = if table.name.is_empty() { kind.code().to_owned() } else { table.name.clone() };
    let columns = columns(head, kind, &name, out);
    Some(Sheet { name, kind, columns, rows })
}

/// The kind whose headings a row holds, and how many of them: the one that the sheet is named after if two are, or that which
/// misses none.
fn kind_of(row: &Row, named: Option<Kind>) -> Option<(Kind, usize)> {
    let held: BTreeSet<String> = row.cells.iter().map(|cell| heading(&cell.value.shown())).collect();
    let count = |kind: Kind| kind.columns().iter().filter(|column| held.contains(column.name)).count();
    if let Some(kind) = named.filter(|kind| count(*kind) >= 2) {
        return Some((kind, count(kind)));
    }
    let whole = |kind: &Kind| kind.columns().iter().all(|column| !column.required || held.contains(column.name));
    let fit = Kind::ALL.into_iter().filter(|kind| named.is_none_or(|named| named == *kind)).filter(whole);
    fit.map(|kind| (kind, count(kind))).max_by_key(|(_, count)| *count)
}

/// Which column stands where. What is missing, twice, or not known is told.
fn columns(head: &Row, kind: Kind, name: &str, out: &mut Reading) -> BTreeMap<&'static str, usize> {
    let mut found = BTreeMap::new();
    let say = |column: &str, words: String| {
        let column = (!column.is_empty()).then(|| column.to_owned());
        Fault { sheet: name.to_owned(), row: head.number, column, words }
    };
    for (at, cell) in head.cells.iter().enumerate() {
        let text = cell.value.shown();
        let own = heading(&text);
        let known = kind.columns().iter().find(|column| column.name == own);
        match known {
            Some(column) if found.contains_key(column.name) => {
                out.faults.push(say(column.name, "this column is there twice; take one out".to_owned()));
            }
            Some(column) => drop(found.insert(column.name, at)),
            None if own.is_empty() => {}
            None => {
                let all = kind.headings().join(", ");
                out.remarks.push(say(&text, format!("this column is not read; those that are: {all}")));
            }
        }
    }
    let missing = kind.columns().iter().filter(|column| column.required && !found.contains_key(column.name));
    out.faults.extend(missing.map(|column| say(column.name, "this column is missing".to_owned())));
    found
}

/// Places stand before those that lie in them; everything else stays where it is.
fn parents_first(entries: &mut [Entry]) {
    let within: BTreeMap<PlaceId, Option<PlaceId>> = entries
        .iter()
        .filter_map(|entry| match &entry.thing {
            Thing::Place(place) => Some((place.id.clone(), place.within.clone())),
            _ => None,
        })
        .collect();
    let depth = |place: &Place| {
        let next = |id: &PlaceId| within.get(id).cloned().flatten();
        std::iter::successors(place.within.clone(), next).take(DEPTH_MAX).count()
    };
    entries.sort_by_cached_key(|entry| match &entry.thing {
        Thing::Party(_) => (Kind::Parties, 0),
        Thing::Place(place) => (Kind::Places, depth(place)),
        Thing::Deployment(_) => (Kind::Deployments, 0),
        Thing::Device(_) => (Kind::Devices, 0),
    });
}
