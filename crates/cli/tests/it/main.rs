//! The real binary, real HTTP, real files: what a city, a recipient, an attacker and a crash would do.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod accounts;
mod alliance;
mod assess;
mod basemaps;
mod browser;
mod crash;
mod demo;
mod desk_page;
mod fixture;
mod flight;
mod framework;
mod full;
mod handed;
mod hub;
mod hub_adopt;
mod hub_begin;
mod hub_mirror;
mod hub_slow;
mod hub_upgrade;
mod instruments;
mod lax;
mod no_sql;
mod oidc;
mod opt_outs;
mod pilot_cases;
mod pilots;
mod races;
mod recalls;
mod recordings;
mod refusals;
mod remote;
mod scan;
mod scanned;
mod scheduled;
mod sheets;
mod signed;
mod simulate;
mod sql;
mod tool;
mod twins;
mod utility;
mod verify;
