//! What one question may use.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What one question may use before it is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Memory for sorting, joining and grouping, and for the answer, in bytes.
    pub memory_bytes: u64,
    /// Time for the whole of it.
    pub time: Duration,
    /// The most rows of the answer.
    pub rows: usize,
    /// The most bytes of the answer.
    pub answer_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_bytes: 256 << 20, time: Duration::from_secs(30), rows: 100_000, answer_bytes: 256 << 20 }
    }
}
