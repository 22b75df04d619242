//! The Cedar schema, layers of norms, decisions with reasons, plans, and proofs. The only room that knows Cedar.
//!
//! A norm is a `forbid … unless`; a city's own policies are permits; enforced are the permits under every layer's forbids.
//! A decision counts only if it allows and no policy errored. Nothing here remembers anything: facts come in, a decision
//! goes out.

mod bundle;
pub mod cases;
mod decision;
mod drawers;
mod facts;
mod mistakes;
pub mod mutate;
mod nesting;
mod objections;
mod plan;
pub mod proof;
mod schema;
mod shape;

pub use bundle::{Bundle, BundleError, TEXT_BYTES_MAX, city_permits_default};
pub use decision::{Decision, Ground, Grounds, Refusal, RefusalKind};
pub use drawers::Norms;
pub use facts::{
    ActQuestion, ActSubject, Circumstances, CityFacts, CollectFast, CollectQuestion, DiscloseFast, DiscloseQuestion,
    StandQuestion, StandSubject, Verb,
};
pub use mistakes::{Mistake, mistakes};
pub use objections::{Objection, Objections};
pub use plan::{DiscloseLimits, GrantPlan, StreamPlan};
pub use schema::schema_text;

#[cfg(test)]
mod tests;
