//! The binary `ordinance`: command line, configuration, composition; nothing else.
//!
//! Every subcommand is a function in `commands/`. Exit status: 0 done, 1 failed, 2 wrong usage, 3 refused by a norm.

mod args;
mod client;
mod commands;
mod declared;
mod demo;
#[cfg(feature = "sql")]
mod desk;
mod founding;
mod manifest;
mod output;
mod recorded;
mod system;

use std::process::ExitCode;
use std::{panic, process};

use clap::Parser;
use hub::guarded::is_guarded;

use crate::args::{Args, Command};
use crate::output::Output;

/// A mistake in the software ends the process, whichever thread makes it: what is held in memory may be wrong from then on, and what is on
/// the disk is not. Only where nothing but another's log was read does the process go on ([`hub::guarded`]).
fn mistakes_end_the_process() {
    let told = panic::take_hook();
    panic::set_hook(Box::new(move |mistake| {
        told(mistake);
        if !is_guarded() {
            process::abort();
        }
    }));
}

fn main() -> ExitCode {
    mistakes_end_the_process();
    let args = Args::parse();
    let output = Output::new(args.json);
    let done = match args.command {
        Command::Init(init) => commands::init::run(&init, &output),
        Command::Serve(serve) => commands::serve::run(&serve, &output),
        Command::Apply(apply) => commands::apply::run(&apply, &output),
        Command::Token(token) => commands::token::run(&token, &output),
        Command::Account(account) => commands::account::run(&account, &output),
        Command::Clock(clock) => commands::clock::run(&clock, &output),
        Command::Ingest(ingest) => commands::ingest::run(&ingest, &output),
        Command::Export(export) => commands::export::run(&export, &output),
        Command::Watch(watch) => commands::watch::run(&watch, &output),
        Command::Webhook(webhook) => commands::webhook::run(&webhook, &output),
        Command::Schedule(schedule) => commands::schedule::run(&schedule, &output),
        Command::Sheet(sheet) => commands::sheet::run(&sheet, &output),
        Command::Query(query) => commands::query::run(&query, &output),
        Command::OptOut(opt_out) => commands::opt_out::run(&opt_out, &output),
        Command::BaseMap(basemap) => commands::basemap::run(&basemap, &output),
        Command::Sql(sql) => commands::sql::run(&sql, &output),
        #[cfg(feature = "sql")]
        Command::SqlDesk => commands::sql::desk(),
        Command::Verify(verify) => commands::verify::run(&verify, &output),
        Command::Log(log) => commands::log::run(&log, &output),
        Command::Hub(hub) => commands::hub::run(&hub, &output),
        Command::Demo(demo) => demo::run(&demo, &output),
        Command::Adopt(adopt) => commands::adopt::run(&adopt, &output),
        Command::Assess(assess) => commands::assess::run(&assess, &output),
        Command::Framework(framework) => commands::framework::run(&framework, &output),
        Command::Instrument(instrument) => commands::instrument::run(&instrument, &output),
        Command::Pilot(pilot) => commands::pilot::run(&pilot, &output),
        Command::Bench(bench) => commands::bench::run(&bench, &output),
        Command::Utility(utility) => commands::utility::run(&utility, &output),
        Command::Man(man) => commands::man::run(&man, &output),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => output.fail(&error),
    }
}
