//! Adversaries against treatments, through the front door of the room.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod pseudonyms;
mod sketches;
mod tags;
