//! Emergencies: what an officer states when something cannot wait, how long it may last, and what has to follow.
//!
//! An emergency is a statement like any other, about one deployment and with an end. What it opens, if anything, is for norms to say; that
//! somebody looks at it afterwards is for a duty.

use crate::time::Span;

/// The kind of statement that states an emergency.
pub const EMERGENCY: &str = "emergency";
/// The kind of statement that says afterwards whether it was one, and what became of it.
pub const EMERGENCY_REVIEW: &str = "emergency-review";
/// The longest that an emergency lasts from the instant at which it is stated.
pub const EMERGENCY_MAX: Span = Span::hours(72);
