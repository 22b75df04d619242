//! A hub through its front door: what each role may do, what the log folds to, what pages show, what a release proves.

#![expect(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "helpers of tests")]

mod bases;
mod benchmark;
mod benchmark_pages;
mod brought;
mod cases;
mod counted;
mod drafted;
mod evidence;
mod fold;
mod forms;
mod hostile;
#[path = "../../../node/tests/it/html.rs"]
mod html;
mod import;
mod limits;
mod logs;
mod looking;
mod mirror;
mod mirror_pages;
mod packs;
mod pages;
mod pilot_cases;
mod pilots;
mod release;
mod roles;
mod room;
mod world;
