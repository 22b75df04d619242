//! What is worked out in memory, so that no record of a single value is ever stored: how many distinct values were at a
//! sensor (*tally*), who went from one sensor to another (*journey*), who stayed how long (*dwell*).
//!
//! Values come as tags under a key that is random for each process and lies in memory alone. What is stored are numbers by
//! sensor and bin of time, when a bin is over. **What is in memory is lost by a crash or a restart, by design**: a bin that
//! was open then is never stored, because it would be too low; there is a gap, and no wrong number. The same holds for
//! whoever would seize the disk: there is nothing to seize.
//!
//! - *tally* keeps the exact set of tags of each open bin and sensor and stores how many there were. An exact set, and no
//!   HyperLogLog: at a city's size it is small (100,000 devices are about 2 MB) and has no error, and a sketch is no
//!   protection by itself. One of plain values under a public hash is a perfect oracle for who was there (a HyperLogLog of
//!   200 devices recognised all 200 and no other; a theta sketch gave whole addresses back). Here even the set would be none
//!   once its bin is over: each bin has its own key, from which the next one follows and which cannot be had back from it.
//! - *journey* remembers where each tag was last seen, for as long as a journey may take. What is seen at one sensor only
//!   is forgotten then and leaves nothing. Stored are origin, destination, bin of arrival and class of duration. A stop at a
//!   third sensor makes two journeys of one.
//! - *dwell* remembers since when each tag is at a sensor, until it has not been seen there for a while, or for a day.
//!   Stored are sensor, bin of the last sighting and class of duration.
//!
//! Every number is one of distinct tags: a tag counts once in a cell of a bin (a sensor, or a way between two), with the first
//! journey or stay, and in the first cells only where the stream bounds them. Who has counted is remembered until the bin is
//! over.
//!
//! What this resists: whoever has the disk, a copy of it or an order for it learns numbers. What it does not: whoever reads
//! the memory of the running process has the tags of the last minutes together with their key, and perhaps older tags in
//! pages that were given back: those of tallies are worthless then, those of journeys and stays are under a key that lives as
//! long as the process does. Numbers of a few stay numbers
//! of a few: a journey on an empty road at night is somebody's, so that what is stored is personal data until a view's
//! minimum and noise have gone over it. Trajectories have been recovered from counts alone (Xu 2017), and presence in them
//! has been inferred under small-count suppression (Guan 2024). Number-plate systems that store a truncated hash of each
//! plate (UTMC TR007) are the published break of the alternative: 24 bits under a public hash are the plate.

mod counted;
mod moves;
mod work;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;

use model::{DeviceId, PropertyName, TimeBin, Timestamp, Window};

use crate::columns::{Column, Columns, Texts};
use crate::keys::{EpochKey, Subkey, Tagger};
use crate::mix::mix;
use crate::recipe::Canon;
use crate::treat::Treated;
use counted::{Cell, Counted};
use moves::{Journeys, Visits};
use work::Kind;

pub use work::Work;

/// The most sightings that one stream holds in memory; what comes beyond is refused.
pub const SIGHTINGS_MAX: usize = 4_000_000;
/// The most bins that are open at once, and for which a batch has keys.
const OPEN_BINS_MAX: usize = 4_096;
/// The property that tells where a journey began: a device's id.
pub const FROM: &str = "from";
/// The property that tells how long something took: the lower edge of its class, in seconds.
pub const DURATION: &str = "duration";

/// A tag, at a sensor of its batch, at an instant.
#[derive(Clone, Copy)]
pub(crate) struct Sighting {
    pub(crate) at: Timestamp,
    pub(crate) sensor: u32,
    /// None of somebody who opted out: it is late or in time as any other, and counts as nobody.
    pub(crate) tag: Option<u64>,
}

/// The tags of one batch on their way into [`Memory`]. They can be neither shown nor stored.
pub struct Sightings {
    pub(crate) devices: Vec<DeviceId>,
    pub(crate) seen: Vec<Sighting>,
    /// Those for whose time there is no key any more.
    pub(crate) late: u64,
}

impl fmt::Debug for Sightings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sightings({})", self.seen.len())
    }
}

/// The keys that one batch may need.
pub struct MemoryKeys(Vec<(Window, Subkey)>);

impl MemoryKeys {
    pub(crate) fn tagger(self, canon: Canon) -> Tagger {
        Tagger::under(canon, self.0)
    }
}

/// Memory is full: nothing of a batch was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stream holds {SIGHTINGS_MAX} sightings in memory, which is all that it may; send the batch again later")]
pub struct Full;

/// What is held of the tags themselves.
enum Held {
    Tally { sets: BTreeMap<(Timestamp, u32), HashSet<u64>>, taken: BTreeMap<Timestamp, usize> },
    Journeys(Journeys),
    Visits(Visits),
}

/// What one stream's values are worked out in.
pub struct Memory {
    work: Work,
    /// Everything since then was heard.
    since: Timestamp,
    /// Everything before is worked out; what comes for it is late.
    until: Timestamp,
    /// The key of the oldest open bin; of journeys and stays, which cross bins, the one key.
    key: EpochKey,
    sensors: Vec<DeviceId>,
    numbers: HashMap<DeviceId, u32>,
    /// Sightings that are not worked in yet, by instant: what a sensor sends later may have been earlier.
    waiting: BTreeSet<(Timestamp, u32, u64)>,
    held: Held,
    /// By bin, as far as it is worked in.
    counted: BTreeMap<Timestamp, Counted>,
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory({}, secret)", self.work.stream)
    }
}

impl Memory {
    /// A memory of nothing, under 32 random bytes, in a process that hears everything since an instant.
    #[must_use]
    pub fn new(work: &Work, key: EpochKey, since: Timestamp) -> Self {
        let held = match &work.kind {
            Kind::Tally => Held::Tally { sets: BTreeMap::new(), taken: BTreeMap::new() },
            Kind::Journey { .. } => Held::Journeys(Journeys::default()),
            Kind::Dwell { .. } => Held::Visits(Visits::default()),
        };
        Self {
            work: work.clone(),
            since,
            until: since,
            key,
            sensors: Vec::new(),
            numbers: HashMap::new(),
            waiting: BTreeSet::new(),
            held,
            counted: BTreeMap::new(),
        }
    }

    /// Whether it does this work, and not another.
    #[must_use]
    pub fn does(&self, work: &Work) -> bool {
        self.work == *work
    }

    /// Since when it hears everything.
    #[must_use]
    pub const fn since(&self) -> Timestamp {
        self.since
    }

    /// The keys of a batch whose newest observation may be of an instant.
    #[must_use]
    pub fn keys(&self, newest: Timestamp) -> MemoryKeys {
        let subkey = |key: &EpochKey| key.subkey(&self.work.stream, &self.work.property);
        if !matches!(self.work.kind, Kind::Tally) {
            let always = Window { start: Timestamp::UNIX_EPOCH, end: Timestamp::MAX };
            return MemoryKeys(vec![(always, subkey(&self.key))]);
        }
        let mut window = self.work.bin.window(self.until);
        let (mut keys, mut next) = (vec![(window, subkey(&self.key))], self.key.next());
        while window.end <= newest && keys.len() < OPEN_BINS_MAX {
            window = self.work.bin.window(window.end);
            keys.push((window, subkey(&next)));
            next = next.next();
        }
        MemoryKeys(keys)
    }

    /// Takes the sightings of a batch, all or none; gives how many came too late to count.
    ///
    /// # Errors
    /// There is no room for them.
    pub fn take(&mut self, batch: &Sightings) -> Result<u64, Full> {
        if self.len().saturating_add(batch.seen.len()) > SIGHTINGS_MAX {
            return Err(Full);
        }
        let numbers: Vec<u32> = batch.devices.iter().map(|device| self.number(device)).collect();
        let mut late = batch.late;
        for sighting in &batch.seen {
            let Some(&sensor) = numbers.get(sighting.sensor as usize) else { continue };
            let bin = self.work.bin.window(sighting.at);
            match &mut self.held {
                Held::Tally { .. } if bin.end <= self.until => late += 1,
                Held::Tally { sets, taken } => {
                    if let Some(tag) = sighting.tag {
                        sets.entry((bin.start, sensor)).or_default().insert(tag);
                    }
                    *taken.entry(bin.start).or_default() += 1;
                }
                Held::Journeys(_) | Held::Visits(_) if sighting.at < self.until => late += 1,
                Held::Journeys(_) | Held::Visits(_) => {
                    self.waiting.extend(sighting.tag.map(|tag| (sighting.at, sensor, tag)));
                }
            }
        }
        Ok(late)
    }

    /// How many sightings are held, the same device counted as often as it was heard where that tells less.
    #[must_use]
    pub fn len(&self) -> usize {
        let held = match &self.held {
            Held::Tally { taken, .. } => taken.values().sum(),
            Held::Journeys(journeys) => journeys.len(),
            Held::Visits(visits) => visits.len(),
        };
        held + self.waiting.len() + self.counted.values().map(Counted::len).sum::<usize>()
    }
    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn number(&mut self, device: &DeviceId) -> u32 {
        if let Some(&number) = self.numbers.get(device) {
            return number;
        }
        let number = u32::try_from(self.sensors.len()).unwrap_or(u32::MAX);
        self.sensors.push(device.clone());
        self.numbers.insert(device.clone(), number);
        number
    }

    /// Works in everything before an instant: what comes for it afterwards is late. An earlier instant changes nothing.
    pub fn advance(&mut self, until: Timestamp) {
        if until <= self.until {
            return;
        }
        let (before, bin, most) = (self.work.bin.window(self.until), self.work.bin, self.work.most);
        self.until = until;
        let waiting = self.waiting.split_off(&(until, 0, 0));
        let mut due: Vec<(Timestamp, u32, u64)> = std::mem::replace(&mut self.waiting, waiting).into_iter().collect();
        // Of one instant by the sensors' names: the order of arrival changes nothing.
        due.sort_by_key(|&(at, sensor, tag)| (at, self.sensors.get(sensor as usize), tag));
        let whole = self.since + self.work.within();
        let counted = &mut self.counted;
        let mut count = |at: Timestamp, tag: u64, cell: Cell, class: Option<u32>| {
            counted.entry(bin.window(at).start).or_default().count(tag, cell, class, most);
        };
        match (&mut self.held, &self.work.kind) {
            (Held::Tally { sets, taken }, _) => {
                let open = sets.split_off(&(bin.window(until).start, 0));
                let over = std::mem::replace(sets, open);
                if most == usize::MAX {
                    for ((start, sensor), tags) in over {
                        counted.entry(start).or_default().set((sensor, None), tags.len());
                    }
                } else {
                    for ((start, sensor), tag) in by_lot(over, &self.sensors) {
                        count(start, tag, (sensor, None), None);
                    }
                }
                taken.retain(|start, _| bin.window(*start).end > until);
                self.key = key_after(&self.key, before.start, bin.window(until).start, bin);
            }
            (Held::Journeys(journeys), Kind::Journey { within, classes }) => {
                journeys.advance(&due, until, *within, |journey| {
                    let class = (!classes.edges().is_empty()).then(|| classes.class(journey.millis).as_seconds());
                    count(journey.arrived, journey.tag, (journey.to, Some(journey.from)), class);
                });
            }
            (Held::Visits(visits), Kind::Dwell { within, classes }) => {
                let mut over = visits.advance(&due, until, *within);
                // In the order in which they were over, whenever somebody looked.
                over.sort_by_key(|stay| (stay.known, self.sensors.get(stay.sensor as usize), stay.tag));
                // Of the others it is not known since when they were there.
                for stay in over.into_iter().filter(|stay| stay.first >= whole) {
                    let class = classes.class(stay.last.millis() - stay.first.millis()).as_seconds();
                    count(stay.last, stay.tag, (stay.sensor, None), Some(class));
                }
            }
            // The one is made for the other.
            (Held::Journeys(_) | Held::Visits(_), _) => {}
        }
        // A bin that was not heard whole is a gap.
        self.counted.retain(|start, _| *start >= whole);
        let (bin, lag) = (self.work.bin, self.work.lag());
        let over = self.counted.iter_mut().filter(|(start, _)| bin.window(**start).end + lag <= until);
        over.for_each(|(_, counted)| counted.forget());
    }

    fn closed(&self, start: Timestamp) -> bool {
        self.work.bin.window(start).end + self.work.lag() <= self.until
    }

    /// The numbers of the bins that are over: what may be stored. They stay here until [`Memory::stored`].
    #[must_use]
    pub fn ready(&self) -> Treated<Columns> {
        let mut rows: Vec<(Timestamp, Cell, Option<u32>, u32)> = Vec::new();
        for (start, counted) in self.counted.iter().filter(|(start, _)| self.closed(**start)) {
            rows.extend(counted.numbers().map(|(cell, class, number)| (*start, cell, class, number)));
        }
        let name = |code: &str| PropertyName::new(code).ok();
        let mut properties = Vec::new();
        let mut put = |name: Option<PropertyName>, column| properties.extend(name.map(|name| (name, column)));
        let duration = || Column::Integer(rows.iter().map(|(.., class, _)| class.map(i64::from)).collect());
        match &self.work.kind {
            Kind::Tally => {
                let distinct = rows.iter().map(|(.., distinct)| Some(i64::from(*distinct))).collect();
                put(Some(self.work.property.clone()), Column::Integer(distinct));
            }
            Kind::Journey { classes, .. } => {
                if !classes.edges().is_empty() {
                    put(name(DURATION), duration());
                }
                let id = |from: Option<u32>| self.sensors.get(from? as usize).map(DeviceId::as_str);
                let from = rows.iter().map(|(_, (_, from), ..)| id(*from)).collect::<Texts>();
                put(name(FROM), Column::Text(from));
            }
            Kind::Dwell { .. } => put(name(DURATION), duration()),
        }
        let tally = matches!(self.work.kind, Kind::Tally);
        Treated::of_numbers(Columns {
            devices: self.sensors.clone(),
            times: rows.iter().map(|(start, ..)| start.millis()).collect(),
            device: rows.iter().map(|(_, (sensor, _), ..)| *sensor).collect(),
            counts: rows.iter().map(|(.., count)| if tally { 1 } else { *count }).collect(),
            properties,
        })
    }

    /// What was [`Memory::ready`] is on the disk, and is forgotten here.
    pub fn stored(&mut self) {
        let mut counted = std::mem::take(&mut self.counted);
        counted.retain(|start, _| !self.closed(*start));
        self.counted = counted;
    }
}

/// The numbers of bins in which nobody was.
#[must_use]
pub fn nothing() -> Treated<Columns> {
    Treated::of_numbers(Columns::default())
}

/// The tags of bins that are over, each with its sensors in an order that depends on nothing but the two of them: where a tag
/// counts at some sensors only, none is favoured, and who else was there changes nothing.
fn by_lot(sets: BTreeMap<(Timestamp, u32), HashSet<u64>>, sensors: &[DeviceId]) -> Vec<((Timestamp, u32), u64)> {
    let place = |sensor: u32| {
        let name = sensors.get(sensor as usize).map_or("", DeviceId::as_str);
        // FNV-1a: spreads names evenly. Nobody can aim a tag, which is made under a secret key.
        name.bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    };
    let mut lots: Vec<(Timestamp, u64, u64, u32)> = Vec::new();
    for ((start, sensor), tags) in sets {
        let place = place(sensor);
        lots.extend(tags.into_iter().map(|tag| (start, tag, mix(tag ^ place), sensor)));
    }
    lots.sort_unstable();
    lots.into_iter().map(|(start, tag, _, sensor)| ((start, sensor), tag)).collect()
}

/// The key of a later bin. Where nobody can have had a key of what lies between, one step is as good as many.
fn key_after(key: &EpochKey, from: Timestamp, to: Timestamp, bin: TimeBin) -> EpochKey {
    let steps = usize::try_from(to.since(from).millis() / bin.span().millis()).unwrap_or(usize::MAX);
    let steps = if steps > OPEN_BINS_MAX { 1 } else { steps };
    let mut key = key.again();
    for _ in 0..steps {
        key = key.next();
    }
    key
}

#[cfg(test)]
mod tests;
