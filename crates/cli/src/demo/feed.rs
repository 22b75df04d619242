//! What the demo's sensors send: generated, or recorded, in time order and cut into chunks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use model::{Span, TimeBin, Timestamp};

use super::life::{self, Life};
use super::recordings::{self, Unreadable};
use crate::args::Demo;

/// When the generated city begins: a Monday.
const GENERATED_START: &str = "2026-06-01T00:00:00Z";
/// How much time one chunk holds.
const CHUNK: Span = Span::minutes(15);

/// One observation on its way to the node. Its text is not shown by `Debug`.
pub(super) struct Event {
    pub(super) at: Timestamp,
    pub(super) stream: &'static str,
    pub(super) device: String,
    pub(super) line: String,
    /// What in it identifies somebody: for the check that none of it is ever written.
    pub(super) identifying: Vec<String>,
}

impl Event {
    pub(super) fn new(at: Timestamp, stream: &'static str, device: &str, line: String) -> Self {
        Self { at, stream, device: device.to_owned(), line, identifying: Vec::new() }
    }

    pub(super) fn identifying(mut self, values: &[&str]) -> Self {
        self.identifying.extend(values.iter().filter(|value| !value.is_empty()).map(|value| (*value).to_owned()));
        self
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({} {} {})", self.at, self.stream, self.device)
    }
}

/// What was sensed in one chunk of time.
pub(super) struct Chunk {
    /// The end of the chunk.
    pub(super) end: Timestamp,
    /// By stream and device, oldest first.
    pub(super) batches: BTreeMap<(&'static str, String), Vec<Event>>,
}

/// Everything that will be played.
pub(super) struct Feed {
    seed: u64,
    days: Vec<Timestamp>,
    wifi: Option<Vec<Event>>,
    plates: Option<Vec<Event>>,
    /// Rows of recordings that could not be read.
    pub(super) unreadable: u64,
    /// The plates sought.
    pub(super) hot_list: Vec<String>,
}

impl Feed {
    /// Opens recordings, or prepares to generate.
    pub(super) fn open(args: &Demo) -> anyhow::Result<Self> {
        let mut unreadable = Unreadable::default();
        let recorded = !args.wifi_csv.is_empty();
        let wifi = recorded.then(|| recordings::wifi(&args.wifi_csv, &mut unreadable)).transpose()?;
        let plates = args.anpr_csv.as_deref().map(|file| recordings::plates(file, &mut unreadable)).transpose()?;
        let day = |at: Timestamp| day().window(at).start;
        let recorded: BTreeSet<Timestamp> =
            [&wifi, &plates].into_iter().flatten().flatten().map(|event| day(event.at)).collect();
        let days = if recorded.is_empty() {
            let first: Timestamp = GENERATED_START.parse()?;
            (0..args.days).map(|number| first + Span::days(number)).collect()
        } else {
            recorded.into_iter().collect()
        };
        let hot_list = plates.as_ref().map_or_else(|| life::hot_list(args.seed), |plates| sought(plates));
        Ok(Self { seed: args.seed, days, wifi, plates, unreadable: unreadable.rows, hot_list })
    }

    /// The first instant that is played.
    pub(super) fn starts(&self) -> Timestamp {
        self.days.first().copied().unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The instant after the last.
    pub(super) fn ends(&self) -> Timestamp {
        self.days.last().copied().unwrap_or(Timestamp::UNIX_EPOCH) + Span::days(1)
    }

    /// How many days are played.
    pub(super) fn days(&self) -> u64 {
        self.days.len() as u64
    }

    /// Everything, chunk by chunk. One day is in memory at once, and the recordings.
    pub(super) fn chunks(self) -> impl Iterator<Item = Chunk> {
        let Self { seed, days, wifi, plates, .. } = self;
        let (mut wifi, mut plates) = (wifi, plates);
        // Generated days in a row belong together: the same people come back.
        let first = days.first().copied().unwrap_or(Timestamp::UNIX_EPOCH);
        let recorded = wifi.is_some() || plates.is_some();
        let mut one_life =
            (!recorded).then(|| Life::new(seed, first, u32::try_from(days.len()).unwrap_or(1)).peekable());
        days.into_iter().flat_map(move |start| {
            let end = start + Span::days(1);
            let mut events = Vec::new();
            match &mut one_life {
                Some(life) => {
                    while let Some(sensed) = life.next_if(|sensed| sensed.at < end) {
                        events.push(generated(&sensed));
                    }
                }
                None => {
                    let replaced = |stream: &str| {
                        (wifi.is_some() && stream == "wifi-centre") || (plates.is_some() && stream == "plates")
                    };
                    events.extend(
                        Life::new(seed, start, 1)
                            .filter(|sensed| !replaced(sensed.stream))
                            .map(|sensed| generated(&sensed)),
                    );
                }
            }
            for recording in [&mut wifi, &mut plates].into_iter().flatten() {
                events.extend(recording.extract_if(.., |event| event.at < end));
            }
            chunked(start, events)
        })
    }
}

/// Two recorded plates that pass often, and three that never do.
fn sought(plates: &[Event]) -> Vec<String> {
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for plate in plates.iter().flat_map(|event| &event.identifying) {
        *seen.entry(plate).or_default() += 1;
    }
    let mut often: Vec<(&str, u64)> = seen.into_iter().collect();
    often.sort_by_key(|&(plate, count)| (std::cmp::Reverse(count), plate));
    let often = often.into_iter().take(2).map(|(plate, _)| plate.to_owned());
    often.chain(["0NONE01", "0NONE02", "0NONE03"].map(str::to_owned)).collect()
}

fn generated(sensed: &life::Sensed) -> Event {
    let event = Event::new(sensed.at, sensed.stream, sensed.device, sensed.to_line());
    match &sensed.body {
        life::Body::Wifi { mac, ssid, .. } => event.identifying(&[mac, ssid.as_deref().unwrap_or_default()]),
        life::Body::Plate { plate, .. } => event.identifying(&[plate]),
        _ => event,
    }
}

fn day() -> TimeBin {
    #[expect(clippy::unwrap_used, reason = "a day divides a day")]
    TimeBin::new(Span::days(1)).unwrap()
}

/// Cuts one day into chunks, empty ones included: time passes for everybody.
fn chunked(start: Timestamp, mut events: Vec<Event>) -> Vec<Chunk> {
    events.sort_by_key(|event| event.at);
    let count = Span::days(1).as_seconds() / CHUNK.as_seconds();
    let mut events = events.into_iter().peekable();
    (1..=count)
        .map(|number| {
            let end = start + Span::seconds(CHUNK.as_seconds() * number);
            let mut batches: BTreeMap<(&'static str, String), Vec<Event>> = BTreeMap::new();
            while let Some(event) = events.next_if(|event| event.at < end) {
                batches.entry((event.stream, event.device.clone())).or_default().push(event);
            }
            Chunk { end, batches }
        })
        .collect()
}
