//! Benchmarks: questions whose answers are counted from public logs, by definitions that anyone can read and count again.
//!
//! A definition is a file with a version, and is named by its digest. What is counted comes from a [`Sheet`], the fold of one city's
//! log, which grows act by act; whether it is folded from a mirror or from the log itself makes no difference. No rank is given
//! without its interval, and whoever is missing is counted as missing. Nothing here asks a city, or reads more than its log.

mod chart;
mod count;
mod definition;
mod figure;
mod sheet;
mod stat;
mod table;
mod world;

pub use chart::{Bar, Chart, ChartRow};
pub(crate) use chart::{interval_told, told};
pub use count::{Counted, count};
pub use definition::{Better, Condition, Definition, DefinitionError, Measure, NamedDefinition, Things};
pub use figure::{Figure, Missing};
pub use sheet::{SHEET_BYTES_MAX, Sheet, Stopped, THINGS_MAX};
pub use stat::{Interval, median_interval, share_interval};
pub use table::{CityRank, Group, Table, Tally, of_sheet};
pub use world::{Dot, World};
