//! The node from outside: a small city behind the router, asked as browsers, devices and parties ask.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod api;
mod city;
mod exports;
mod grants;
mod html;
mod limits;
mod live;
mod log;
mod open;
mod pages;
mod webhooks;
