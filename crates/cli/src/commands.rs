//! The subcommands, one module each, and what they share.

pub(crate) mod account;
pub(crate) mod adopt;
pub(crate) mod apply;
pub(crate) mod assess;
pub(crate) mod basemap;
pub(crate) mod bench;
pub(crate) mod clock;
pub(crate) mod export;
pub(crate) mod framework;
pub(crate) mod hub;
pub(crate) mod hub_mirror;
pub(crate) mod ingest;
pub(crate) mod init;
pub(crate) mod instrument;
pub(crate) mod log;
pub(crate) mod man;
pub(crate) mod office;
pub(crate) mod opt_out;
pub(crate) mod pilot;
pub(crate) mod query;
pub(crate) mod schedule;
pub(crate) mod serve;
pub(crate) mod sheet;
pub(crate) mod sql;
pub(crate) mod token;
pub(crate) mod utility;
pub(crate) mod verify;
pub(crate) mod watch;
pub(crate) mod webhook;

use std::path::Path;
use std::sync::Arc;

use flow::City;
use model::Entropy;
use register::audit::{Audit, FolderSource, audit};

use crate::client::{AddressSource, Client, is_address};
use crate::output::Status;
use crate::system::{SystemClock, SystemEntropy};

/// Most characters of others' words in one line.
pub(crate) const WORDS_CHARS_MAX: usize = 1_000;

/// Opens a city's folder with the machine's clock.
pub(crate) fn open(dir: &Path) -> anyhow::Result<City> {
    Ok(City::open(dir, Arc::new(SystemClock), Arc::new(SystemEntropy))?)
}

/// A city's public log, at its folder or its address, verified to its last hash. A running node keeps nobody out of it.
pub(crate) fn public_log(city: &str, key: Option<&str>) -> anyhow::Result<Audit> {
    let audited = if is_address(city) {
        audit(&AddressSource(Client::new(city)), key, None)
    } else {
        audit(&FolderSource::new(&Path::new(city).join("log")), key, None)
    };
    audited.map_err(|error| Status::bad_input(format!("the log of `{city}` cannot be read: {error}")).into())
}

/// A fresh token, for whoever bears it.
pub(crate) fn fresh_token(entropy: &dyn Entropy) -> anyhow::Result<String> {
    Ok(flow::city::fresh_token(entropy)?)
}
