//! The hub through its front door.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod benchmark;
mod evidence;
mod hostile;
mod mirror;
mod pilot;
mod logs;
