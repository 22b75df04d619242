//! Building the demo city: founded, declared by a manifest like any other, its devices and parties given tokens.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use flow::city::credential;
use flow::{City, Created};
use model::policy::PolicyText;
use model::{DeviceId, Digest, Party, PartyId, PartyKind, Span, Timestamp};
use norms::Bundle;
use register::{Command, Founding, Submission};

use super::clock::PlayedClock;
use super::feed::Feed;
use super::life;
use crate::commands::apply::apply;
use crate::commands::fresh_token;
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

/// A demo city, ready to be played.
pub(super) struct Built {
    pub(super) city: Arc<City>,
    pub(super) devices: BTreeMap<String, String>,
    pub(super) parties: BTreeMap<&'static str, String>,
    pub(super) starts: Timestamp,
    pub(super) lapses: Timestamp,
    pub(super) hot_list: Vec<String>,
}

/// Builds the city in a folder and says what was decided.
pub(super) fn city(dir: &Path, feed: &Feed, clock: Arc<PlayedClock>, output: &Output) -> anyhow::Result<Built> {
    let founding = Founding {
        name: NAME.to_owned(),
        founder: Party { id: FOUNDER.parse()?, name: NAME.to_owned(), kind: PartyKind::CityDepartment },
        policies: PolicyText {
            layers: vec![Bundle::global_core()],
            permits: norms::city_permits_default().to_owned(),
            permits_owner: FOUNDER.parse()?,
        },
    };
    let created = Created { founding, origin: ORIGIN.to_owned() };
    let city = Arc::new(City::create(dir, created, clock, Arc::new(SystemEntropy))?);
    // The clock follows the data, and recordings may lie years apart.
    city.register().let_clock_be_ahead(Span::days(CLOCK_AHEAD_DAYS));
    let lapses = feed.starts() + Span::hours(12);
    let text = filled(feed, lapses);
    let mut manifest = Manifest::parse(&text).context("the demo's manifest")?;
    manifest.device = devices()?;
    output.say(&format!("{NAME} is founded. What its parties ask for, and what the norms say:\n"));
    for done in apply(&city, manifest.jobs())? {
        output.say(&format!("  {}", done.in_words()));
        ensure!(done.refused.is_none(), "the demo's own manifest was refused: {}", done.in_words());
    }
    let devices = life::devices().into_iter().map(|(device, _, deployment, _)| device_token(&city, device, deployment));
    let devices = devices.collect::<anyhow::Result<_>>()?;
    let parties = ["mobility", "police", "environment", "emergency", "advertiser"];
    let parties = parties.into_iter().map(|party| party_token(&city, party)).collect::<anyhow::Result<_>>()?;
    city.tick()?;
    Ok(Built { city, devices, parties, starts: feed.starts(), lapses, hot_list: feed.hot_list.clone() })
}

/// The manifest with its dates.
fn filled(feed: &Feed, lapses: Timestamp) -> String {
    let after = feed.ends() + AFTER;
    let list: Vec<String> = feed.hot_list.iter().map(|plate| format!("\"{plate}\"")).collect();
    [
        ("{founder}", FOUNDER.to_owned()),
        ("{starts}", feed.starts().to_string()),
        ("{ends}", (after + Span::days(30)).to_string()),
        ("{approved-until}", after.to_string()),
        ("{order-until}", (feed.ends() + Span::days(60)).to_string()),
        ("{review-by}", after.to_string()),
        ("{lapses}", lapses.to_string()),
        ("{document}", Digest::new([0x11; 32]).to_string()),
        ("\"{hot-list}\"", list.join(", ")),
        ("\"{entries}\"", list.len().to_string()),
    ]
    .iter()
    .fold(MANIFEST.to_owned(), |text, (brace, value)| text.replace(brace, value))
}

/// The devices, as manifest items; who answers for the deployment registers them.
fn devices() -> anyhow::Result<Vec<DeviceItem>> {
    let item = |(device, stream, deployment, position): (&str, &str, &str, [f64; 2])| {
        let device =
            serde_json::json!({ "id": device, "stream": stream, "deployment": deployment, "position": position });
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
