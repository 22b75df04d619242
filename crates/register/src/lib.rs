//! The register: commands → norms → acts → journal → fold.
//!
//! A command is decided by a pure function; what it may do becomes acts; acts are committed in one transaction and
//! folded into an immutable [`State`]. There is no second truth: pages, plans and answers are all drawn from the fold.
//! This room never reads an observation, and never decides by anything but the norms and the table of steps.

pub mod adoption;
pub mod assess;
pub mod audit;
pub mod changes;
pub mod circumstances;
pub mod clocks;
pub mod command;
pub mod decide;
pub mod devices;
pub mod duties;
pub mod foreseen;
pub mod left;
pub mod publish;
pub mod ran;
pub mod register;
pub mod rules;
pub mod sealing;
pub mod signing;
pub mod sources;
pub mod state;

pub use adoption::Adoption;
pub use clocks::{Clocks, ClocksError};
pub use command::{Adopting, Command, Submission};
pub use decide::Refusal;
pub use register::{
    Fact, Founding, Inquiry, InquiryError, NotTogether, OpenError, Receipt, Register, Store, SubmitError,
};
pub use rules::{Rules, RulesError};
pub use state::State;

#[cfg(test)]
mod tests;
