//! Standards and profiles as data: requirements, parameters, duties, instruments, tests; packs and how they are layered.
//!
//! A pack is read once, checked as a whole and never changed. This room knows what a norm's text says it executes, but not
//! Cedar: `norms` decides, proves and tests. It does no IO but reading a folder it is given, and reads no clock.

pub mod applies;
pub mod pack;
pub mod parameter;
pub mod requirement;

pub use applies::{About, Applies};
pub use pack::{Manifest, Pack, PackKind, Reference};
pub use parameter::{Parameter, ParameterId, Stricter, Value};
pub use requirement::{Kind, OnFailure, Requirement, Source, Status, Sure};
