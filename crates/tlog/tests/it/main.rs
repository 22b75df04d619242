//! Tests of the room from outside: against another implementation, against altered logs, against arbitrary bytes.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod audit;
mod differential;
mod fuzz;
