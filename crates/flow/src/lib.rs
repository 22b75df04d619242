//! The one pipeline: ingest, admit, treat, store, release, disclose.
//!
//! Policy is compiled into plans when the register changes; records run through plans. No plan, no flow. Nothing that a
//! plan drops or pseudonymises reaches a disk, a log line, a counter's label or an error. Permission is a type: an
//! [`Admitted`](admit::Admitted) stream, a `privacy::Treated` batch, a [`Disclosed`] answer can
//! only be made here by the step that decides.

pub mod admit;
pub mod answers;
pub mod basemap;
pub mod city;
pub mod counters;
pub mod disclose;
pub mod drafts;
pub mod exports;
pub mod folder;
pub mod hooks;
pub mod ingest;
pub mod keys;
pub mod live;
mod memories;
mod months;
pub mod opt_outs;
mod orders;
mod plans;
pub mod questions;
pub mod recalls;
mod release;
pub mod sheet;
mod tick;

pub use city::{City, CityError, Created};
pub use disclose::{Answer, Asked, Cell, DiscloseError, Disclosed, Row};
pub use ingest::{FileFormat, IngestError, Ingested};
pub use live::{Live, Watch};
pub use opt_outs::{OptOutError, OptOuts};
pub use sheet::{Format, Sheet};
pub use tick::{Step, TickFailed, Ticked};

#[cfg(test)]
mod tests;
