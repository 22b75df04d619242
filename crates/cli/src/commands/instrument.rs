//! `ordinance instrument`: questionnaires at the command line. Exit status: 0 done or complete, 1 not, 3 refused, 64 bad input.

mod answer;
mod begin;
mod file;
mod known;
mod report;
mod sign;

use crate::args::instrument::{Instrument, InstrumentCommand};
use crate::output::Output;

use super::framework::shelf::Packs;

pub(crate) fn run(args: &Instrument, output: &Output) -> anyhow::Result<()> {
    let mut packs = Packs::open(&args.shelf)?;
    match &args.command {
        InstrumentCommand::Begin(begin) => begin::begin(begin, &mut packs, output),
        InstrumentCommand::Show(show) => answer::show(show, &mut packs, output),
        InstrumentCommand::Set(set) => answer::set(set, &mut packs, output),
        InstrumentCommand::Check(check) => answer::check(check, &mut packs, output),
        InstrumentCommand::Sign(sign) => sign::run(sign, &mut packs, output),
        InstrumentCommand::Migrate(migrate) => begin::migrate(migrate, &mut packs, output),
    }
}
