//! The alliance's hub: standards are co-designed, tried on recorded history, released and adopted; cities are compared.
//!
//! It reads public logs only and has no privilege that a newspaper lacks: whatever it says of a city, anyone can work out again
//! from the same files. It never imports `node`, and never asks a city for more than its log.

pub mod benchmark;
mod hashes;
pub mod mirror;
pub mod pilot;
pub mod simulate;
pub mod watch;
