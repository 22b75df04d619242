//! Generated cities: a year of acts that follow one another, from a seed, to measure a hub with as many as the alliance has.
//!
//! They are no model of any city, and no number about them says anything about one. Their logs are as real as any: signed, in
//! tiles, and such that the register folds them. Nothing is written, and no clock is read.

mod acts;
mod log;
mod served;
mod ways;

pub use acts::Scale;
pub use log::GeneratedLog;
pub use served::{Make, served};
pub use ways::{Generated, Spent};
