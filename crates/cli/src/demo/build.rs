//! Building the demo city: founded, declared by a manifest like any other, its papers filed, its devices and parties given
//! tokens.
//!
//! All of it happens in the weeks before the first observation, each statement on its day.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, ensure};
use flow::city::credential;
use flow::{City, Created};
use model::{DeviceId, Digest, PartyId, Span, Timestamp};
use register::{Command, Submission};

use super::clock::PlayedClock;
use super::feed::Feed;
use super::life;
use super::papers::{self, Papers};
use crate::commands::apply::apply_one;
use crate::commands::fresh_token;
use crate::founding::founding;
use crate::manifest::{DeviceItem, Manifest};
use crate::output::Output;
use crate::system::SystemEntropy;

/// The city's name.
pub(super) const NAME: &str = "Demo City";
const FOUNDER: &str = "city";
const ORIGIN: &str = "demo.ordinance.example/log";
/// The manifest, with dates in braces.
const MANIFEST: &str = include_str!("city.toml");
/// How far the played clock may jump, in days: a century. For a clock on the wall it is much less.
const CLOCK_AHEAD_DAYS: u32 = 36_525;
/// How long the city's approvals outlast the data.
const AFTER: Span = Span::days(180);
/// How many days before the data the city is founded: long enough for a hearing that is announced two weeks before.
const FOUNDED_DAYS_BEFORE: u32 = 60;
/// The most days that the data may span. What the core asks for once a year is not played.
const PLAYED_DAYS_MAX: u32 = 360;
/// When offices open: statements are filed then.
const MORNING: Span = Span::hours(9);

/// A demo city, ready to be played.
pub(super) struct Built {
    pub(super) city: Arc<City>,
    pub(super) devices: BTreeMap<String, String>,
    pub(super) parties: BTreeMap<&'static str, String>,
    pub(super) starts: Timestamp,
    pub(super) lapses: Timestamp,
    pub(super) hot_list: Vec<String>,
    /// Where the documents behind its papers lie.
    pub(super) documents: PathBuf,
}

/// When the city is founded.
pub(super) fn founded(feed: &Feed) -> Timestamp {
    feed.starts() - Span::days(FOUNDED_DAYS_BEFORE)
}

/// Builds the city in a folder and says what was decided.
pub(super) fn city(dir: &Path, feed: &Feed, clock: Arc<PlayedClock>, output: &Output) -> anyhow::Result<Built> {
    ensure!(
        feed.ends() - Span::days(PLAYED_DAYS_MAX) <= feed.starts(),
        "the data spans more than {PLAYED_DAYS_MAX} days, and approvals have to be looked at again before; play less at once"
    );
    let created = Created { founding: founding(NAME, FOUNDER.parse()?)?, origin: ORIGIN.to_owned() };
    let city = Arc::new(City::create(dir, created, Arc::clone(&clock) as _, Arc::new(SystemEntropy))?);
    // The clock follows the data, and recordings may lie years apart.
    city.register().let_clock_be_ahead(Span::days(CLOCK_AHEAD_DAYS));
    let lapses = feed.starts() + Span::hours(12);
    let mut manifest = Manifest::parse(&filled(feed, lapses)).context("the demo's manifest")?;
    manifest.device = devices(feed.ends() + AFTER)?;
    manifest.evidence.extend(papers::of_devices(&manifest.device, feed.starts() - Span::days(2))?);
    let documents = dir.join("documents");
    papers::write(&documents, &mut manifest)?;
    output.say(&format!("{NAME} is founded. What its parties ask for, and what the norms say:\n"));
    declare(&city, &clock, manifest, output)?;
    output.say(&format!("  What was filed lies in `{}`; its fingerprints are in the log.", documents.display()));
    clock.advance_to(feed.starts());
    let devices = life::devices().into_iter().map(|(device, _, deployment, _)| device_token(&city, device, deployment));
    let devices = devices.collect::<anyhow::Result<_>>()?;
    let parties = ["mobility", "police", "environment", "emergency", "advertiser"];
    let parties = parties.into_iter().map(|party| party_token(&city, party)).collect::<anyhow::Result<_>>()?;
    city.tick()?;
    Ok(Built { city, devices, parties, starts: feed.starts(), lapses, hot_list: feed.hot_list.clone(), documents })
}

/// Does what the manifest declares, each statement on its day, and tells it; of the many statements only what they are about.
fn declare(city: &City, clock: &PlayedClock, manifest: Manifest, output: &Output) -> anyhow::Result<()> {
    let mut papers = Papers::default();
    for job in manifest.jobs() {
        let paper = papers::filed(&job).cloned();
        if let Some(paper) = &paper {
            clock.advance_to(paper.on);
        }
        let done = apply_one(city, job)?;
        ensure!(done.refused.is_none(), "the demo's own manifest was refused: {}", done.in_words());
        if let Some(paper) = paper {
            papers.add(paper);
            continue;
        }
        papers.told().iter().for_each(|line| output.say(&format!("  {line}")));
        output.say(&format!("  {}", done.in_words()));
    }
    Ok(())
}

/// The manifest with its dates.
fn filled(feed: &Feed, lapses: Timestamp) -> String {
    let after = feed.ends() + AFTER;
    let days = (1..FOUNDED_DAYS_BEFORE)
        .map(|days| (format!("{{{days}-days-before}}"), (feed.starts() - Span::days(days) + MORNING).to_string()));
    let list: Vec<String> = feed.hot_list.iter().map(|plate| format!("\"{plate}\"")).collect();
    let braces = [
        ("{founder}", FOUNDER.to_owned()),
        ("{starts}", feed.starts().to_string()),
        ("{ends}", (after + Span::days(30)).to_string()),
        ("{approved-until}", after.to_string()),
        ("{order-until}", (feed.ends() + Span::days(60)).to_string()),
        ("{review-by}", after.to_string()),
        ("{lapses}", lapses.to_string()),
        // Set when the documents are written.
        ("{document}", Digest::new([0; 32]).to_string()),
        ("\"{hot-list}\"", list.join(", ")),
        ("\"{entries}\"", list.len().to_string()),
    ];
    let braces = braces.into_iter().map(|(brace, value)| (brace.to_owned(), value));
    braces.chain(days).fold(MANIFEST.to_owned(), |text, (brace, value)| text.replace(&brace, &value))
}

/// The devices, as manifest items; who answers for the deployment registers them.
fn devices(support_until: Timestamp) -> anyhow::Result<Vec<DeviceItem>> {
    let item = |(device, stream, deployment, position): (&str, &str, &str, [f64; 2])| {
        let device = serde_json::json!({
            "id": device, "stream": stream, "deployment": deployment, "position": position, "support_until": support_until
        });
        Ok(DeviceItem { by: accountable(deployment)?, device: serde_json::from_value(device)? })
    };
    life::devices().into_iter().map(item).collect()
}

fn accountable(deployment: &str) -> anyhow::Result<PartyId> {
    Ok(match deployment {
        "plate-search" => "police",
        "pollution" | "noise-pilot" => "environment",
        "disaster" => "emergency",
        _ => "mobility",
    }
    .parse()?)
}

fn device_token(city: &City, device: &str, deployment: &str) -> anyhow::Result<(String, String)> {
    let token = fresh_token(&SystemEntropy)?;
    let command = Command::SetDeviceCredential { device: DeviceId::new(device)?, credential: Some(credential(&token)) };
    city.register().submit(Submission { by: accountable(deployment)?, reason: None, command })?;
    Ok((device.to_owned(), token))
}

fn party_token(city: &City, party: &'static str) -> anyhow::Result<(&'static str, String)> {
    let token = fresh_token(&SystemEntropy)?;
    let command = Command::IssuePartyCredential { party: party.parse()?, credential: credential(&token) };
    city.register().submit(Submission { by: FOUNDER.parse()?, reason: None, command })?;
    Ok((party, token))
}
