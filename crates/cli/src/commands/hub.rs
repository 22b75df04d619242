//! `ordinance hub`: the alliance's hub, one module a subcommand.

mod acting;
mod init;
mod land;
mod looking;
mod members;
mod serve;
mod verify;

use std::path::Path;
use std::sync::Arc;

use hub::Hub;

use crate::args::hub::{Hub as Asked, Members};
use crate::output::Output;
use crate::system::{SystemClock, SystemEntropy};

pub(crate) fn run(asked: &Asked, output: &Output) -> anyhow::Result<()> {
    match asked {
        Asked::Init(args) => init::run(args, output),
        Asked::Serve(args) => serve::run(args, output),
        Asked::Token(args) => acting::token(args, output),
        Asked::Do(args) => acting::run(args, output),
        Asked::Members(Members::Import(args)) => members::import(args, output),
        Asked::Land(args) => land::run(args, output),
        Asked::Public(public) => super::hub_mirror::run(public, output),
    }
}

pub(crate) use verify::verify;

/// Opens a hub's folder with the machine's clock.
fn open(dir: &Path) -> anyhow::Result<Hub> {
    Ok(Hub::open(dir, Arc::new(SystemClock), Arc::new(SystemEntropy))?)
}
