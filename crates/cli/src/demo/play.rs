//! Playing the sensors: each device sends its batches to the node over HTTP, and the clock follows.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use model::{Span, Timestamp};
use serde::Serialize;

use super::build::Built;
use super::clock::PlayedClock;
use super::feed::{Chunk, Event, Feed};
use crate::client::Client;
use crate::output::Output;

/// How far the clock goes past a chunk, so that its windows close.
const PAST: Span = Span::seconds(60);

/// A quarter of an hour: the bin of the demo's view of phones.
pub(super) const QUARTER: Span = Span::minutes(15);

/// Distinct addresses by the beginning of the quarter and the receiver.
pub(super) type Near = BTreeMap<Timestamp, BTreeMap<String, HashSet<String>>>;

/// Sightings by address.
pub(super) type Heard = HashMap<String, Vec<(Timestamp, String)>>;

/// What was played. Its identifiers are in no `Debug` text.
#[derive(Default, Serialize)]
pub(super) struct Played {
    /// By stream.
    pub(super) streams: BTreeMap<String, StreamPlayed>,
    /// Rows of recordings that could not be read.
    pub(super) unreadable: u64,
    /// How many plates on the list passed.
    pub(super) hits: usize,
    /// When each of them passed.
    #[serde(skip)]
    pub(super) hits_at: Vec<Timestamp>,
    /// Windows released while playing.
    pub(super) windows: usize,
    /// Pseudonym keys destroyed while playing.
    pub(super) keys_destroyed: usize,
    /// Files of observations deleted while playing.
    pub(super) files_deleted: u64,
    /// Which phones the node admitted, by quarter of an hour and receiver of the stream `wifi-centre`.
    #[serde(skip)]
    pub(super) near: Near,
    /// What was heard by the receivers of the stream `ways-centre`: by address, when and by which.
    #[serde(skip)]
    pub(super) heard: Heard,
    /// Every identifier that was sent: none of them may ever be written.
    #[serde(skip)]
    pub(super) identifying: HashSet<String>,
}

/// What was played of one stream.
#[derive(Debug, Default, Serialize)]
pub(super) struct StreamPlayed {
    /// Observations sent.
    pub(super) sent: u64,
    /// Observations the node admitted.
    pub(super) admitted: u64,
    /// Observations the node refused.
    pub(super) refused: u64,
    /// The first refusal's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first_refusal: Option<String>,
    /// When the first refusal was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refused_from: Option<Timestamp>,
}

impl Played {
    /// Lets the city do what is due.
    fn tick(&mut self, built: &Built) -> anyhow::Result<()> {
        let ticked = built.city.tick()?;
        self.windows += ticked.windows;
        self.keys_destroyed += ticked.keys;
        self.files_deleted += ticked.deleted;
        Ok(())
    }
}

/// Plays everything.
pub(super) fn play(
    built: &Built,
    feed: Feed,
    clock: &PlayedClock,
    client: &Client,
    output: &Output,
) -> anyhow::Result<Played> {
    let mut played = Played { unreadable: feed.unreadable, ..Played::default() };
    let days = feed.days();
    let bar = bar(output, days * 96);
    let (mut day, mut end) = (String::new(), Timestamp::UNIX_EPOCH);
    for chunk in feed.chunks() {
        let date = Timestamp::from_millis(chunk.end.millis() - 1).date();
        if date != day {
            bar.suspend(|| told(output, &day, &played));
            day = date;
        }
        // Everything of a chunk is sent at its last instant: late enough to be past, early enough for its keys.
        clock.advance_to(Timestamp::from_millis(chunk.end.millis() - 1));
        send(built, &chunk, client, &mut played)?;
        end = chunk.end;
        clock.advance_to(end + PAST);
        played.tick(built)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    // The last day's keys outlive it by minutes.
    clock.advance_to(end + flow::keys::GRACE);
    played.tick(built)?;
    told(output, &day, &played);
    Ok(played)
}

fn send(built: &Built, chunk: &Chunk, client: &Client, played: &mut Played) -> anyhow::Result<()> {
    for ((stream, device), events) in &chunk.batches {
        let token = built.devices.get(device).with_context(|| format!("the demo has no device `{device}`"))?;
        let counts = played.streams.entry((*stream).to_owned()).or_default();
        counts.sent += events.len() as u64;
        match client.post("/api/v1/observations", "application/x-ndjson", &lines(events), Some(token)) {
            Ok(answer) => {
                counts.admitted += answer.get("admitted").and_then(serde_json::Value::as_u64).unwrap_or(0);
                match *stream {
                    "wifi-centre" => events.iter().for_each(|event| note(&mut played.near, event)),
                    "ways-centre" => events.iter().for_each(|event| heard(&mut played.heard, event)),
                    _ => {}
                }
            }
            Err(error) => {
                counts.refused += events.len() as u64;
                counts.first_refusal.get_or_insert_with(|| format!("{error:#}"));
                counts.refused_from.get_or_insert(chunk.end);
            }
        }
        let on_list = |event: &&Event| event.identifying.iter().any(|plate| built.hot_list.contains(plate));
        if *stream == "plates" {
            played.hits_at.extend(events.iter().filter(on_list).map(|event| event.at));
            played.hits = played.hits_at.len();
        }
        played.identifying.extend(events.iter().flat_map(|event| event.identifying.iter().cloned()));
    }
    Ok(())
}

/// A probe's first identifier is its address.
fn note(near: &mut Near, event: &Event) {
    let Some(address) = event.identifying.first() else { return };
    let from = Timestamp::from_millis(event.at.millis() - event.at.millis().rem_euclid(QUARTER.millis()));
    let receivers = near.entry(from).or_default();
    receivers.entry(event.device.clone()).or_default().insert(address.to_ascii_lowercase());
}

fn heard(all: &mut Heard, event: &Event) {
    if let Some(address) = event.identifying.first() {
        all.entry(address.to_ascii_lowercase()).or_default().push((event.at, event.device.clone()));
    }
}

fn lines(events: &[Event]) -> Vec<u8> {
    let mut body = Vec::new();
    for event in events {
        body.extend_from_slice(event.line.as_bytes());
        body.push(b'\n');
    }
    body
}

fn bar(output: &Output, chunks: u64) -> ProgressBar {
    if output.json() || !std::io::IsTerminal::is_terminal(&std::io::stderr()) {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(chunks);
    match ProgressStyle::with_template("  playing {bar:40} {percent}%") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Tells what happened up to the end of a day.
fn told(output: &Output, day: &str, played: &Played) {
    if day.is_empty() {
        return;
    }
    let mut words = format!("\n{day}, in all so far:");
    for (stream, counts) in &played.streams {
        let _ = write!(
            words,
            "\n  {stream:<14} {:>8} sent, {:>8} admitted, {:>6} refused",
            counts.sent, counts.admitted, counts.refused
        );
        if let Some(refusal) = &counts.first_refusal {
            let _ = write!(words, "\n  {:<14} because: {refusal}", "");
        }
    }
    let _ = write!(
        words,
        "\n  {} windows released, {} pseudonym keys destroyed, {} files past their retention deleted",
        played.windows, played.keys_destroyed, played.files_deleted
    );
    output.say(&words);
}
