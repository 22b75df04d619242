//! Adversaries against treatments and releases, through the front door of the room.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod audit;
mod fixture;
mod mechanisms;
mod membership;
mod oracle;
mod pseudonyms;
mod repeated;
mod sketches;
mod tags;
