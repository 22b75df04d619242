//! A city's HTTP: what devices send, what parties ask, what residents read, and the log for everybody.
//!
//! Everything shown is drawn from the register's fold or from the log's public files. This room never decides: it asks
//! `register` and `flow`, and says what they said. It never puts a value of an observation, a token or a confidential
//! field into an error, a header or a number. Nothing needs JavaScript, and what residents read sets no cookie.

pub mod accounts;
mod address;
mod api;
mod asking;
mod auth;
pub mod desk;
mod doors;
mod gate;
mod guard;
mod jobs;
mod lang;
mod log;
mod metrics;
pub mod oidc;
mod pages;
mod problem;
mod rate;
mod router;
mod serve;
mod sessions;
mod watchers;
mod webhooks;
mod words;

pub use api::register::deployment_as_data;
pub use desk::Desk;
pub use rate::RateLimits;
pub use router::{router, router_within};
pub use serve::{serve, serve_within};
pub use webhooks::{Allowed, AllowedError, Webhooks, secret};
