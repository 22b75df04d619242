//! The words from outside: the exact bytes of every kind of act, and that nothing is read for half of what it says.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod acts;
mod tagged;
