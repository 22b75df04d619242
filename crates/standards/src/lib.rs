//! Standards and profiles as data: requirements, parameters, duties, instruments, tests; packs and how they are layered.
//!
//! A pack is read once, checked as a whole and never changed. This room knows what a norm's text says it executes, but not
//! Cedar: `norms` decides, proves and tests. It does no IO but reading a folder it is given, and reads no clock.

pub mod applies;
pub mod carried;
pub mod coverage;
pub mod diagnostic;
pub mod duty;
pub mod instrument;
pub mod library;
pub mod located;
pub mod oscal;
pub mod pack;
pub mod parameter;
pub mod requirement;
pub mod resolve;
pub mod scaffold;
#[cfg(test)]
mod testing;
pub mod trust;
pub mod words;
pub mod write;

pub use applies::{About, Applies};
pub use carried::{built_in_as, can_be, carries};
pub use coverage::Coverage;
pub use diagnostic::Diagnostic;
pub use library::{Library, built_in};
pub use located::Located;
pub use pack::{Files, Manifest, Pack, PackKind, Reference};
pub use parameter::{Parameter, ParameterId, Stricter, Value};
pub use requirement::{Kind, OnFailure, Requirement, Source, Status, Sure};
pub use resolve::{Resolved, resolve};
pub use scaffold::new_pack;
pub use trust::{Trust, TrustError};
pub use words::{Rendered, WordsError};
pub use write::{WriteError, write_imported};
