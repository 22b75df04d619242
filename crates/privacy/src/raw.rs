//! Raw values: what a device sent, borrowed from its bytes, on the way to their treatment.
//!
//! They can be neither shown nor serialised, so that they can end nowhere but in [`crate::Treating`].

use std::borrow::Cow;
use std::fmt;

use model::{Point, Timestamp};

/// One value as it came.
#[derive(Clone, PartialEq)]
pub enum RawValue<'a> {
    /// Nothing was sent.
    Absent,
    /// Text.
    Text(Cow<'a, str>),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// A position.
    Point(Point),
}

impl fmt::Debug for RawValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "absent",
            _ => "(raw)",
        })
    }
}

/// One observation as it came: values in the order of the recipe's slots.
pub struct RawObservation<'a> {
    /// When it was observed.
    pub at: Timestamp,
    /// Which of the batch's devices sent it.
    pub device: u32,
    /// One value for each slot.
    pub values: &'a [RawValue<'a>],
}

impl fmt::Debug for RawObservation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawObservation({})", self.at)
    }
}
