//! Treatments of observations, and the release of windows: pure functions on borrowed values.
//!
//! What comes in raw leaves as a [`Treated`] batch or not at all; what is released leaves as a [`Released`] table.
//! Neither can be made anywhere else. This room does no IO and reads no clock, and none of its types shows a raw value
//! in `Debug` or in an error.

pub mod cell;
pub mod columns;
pub mod difference;
pub mod district;
pub mod exposure;
pub mod fit;
pub mod hotlist;
pub mod keys;
pub mod ledger;
pub mod magnitude;
pub mod memory;
mod mix;
pub mod noise;
pub mod opt_out;
pub mod raw;
pub mod recipe;
pub mod release;
pub mod treat;

pub use columns::{Column, Columns, Scalar};
pub use difference::{Difference, subtractable};
pub use exposure::Degree;
pub use fit::{Unfit, fits};
pub use hotlist::{HotList, HotListKey};
pub use keys::{EpochKey, EpochKeys};
pub use ledger::{Charged, Ledger, Unpaid};
pub use memory::{Memory, Sightings, Work};
pub use noise::Gaussian;
pub use opt_out::OptOut;
pub use raw::{RawObservation, RawValue};
pub use recipe::{Recipe, RecipeError, Slot};
pub use release::{ReleaseError, Released, ReleasedTable};
pub use treat::{Fate, TreatError, Treated, Treating};
