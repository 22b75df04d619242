//! The node from outside: a small city behind the router, asked as browsers, devices and parties ask.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod accounts;
mod addresses;
mod api;
mod api_rules;
mod asked;
mod browser;
mod city;
mod deployment;
mod exports;
mod feeds;
mod files;
mod grants;
mod hostile;
mod html;
mod inquiries;
mod languages;
mod limits;
mod linked;
mod live;
mod log;
mod long;
mod models;
mod near;
mod office;
mod open;
mod pages;
mod paths;
mod plain;
mod rates;
mod refusals;
mod search;
mod signed;
mod signs;
mod webhooks;
mod xml;
