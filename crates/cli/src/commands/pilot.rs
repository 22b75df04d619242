//! `ordinance pilot`: a draft tried on recorded history. Exit status: 0 done, 1 failed, 64 bad input.

mod kept;
mod run;
mod shadow;

use super::framework::shelf::Packs;
use crate::args::pilot::{Pilot, PilotCommand};
use crate::output::Output;

pub(crate) fn run(args: &Pilot, output: &Output) -> anyhow::Result<()> {
    let mut packs = Packs::open(&args.shelf)?;
    match &args.command {
        PilotCommand::Run(run) => run::run(run, &mut packs, output),
        PilotCommand::Begin(begin) => shadow::begin(begin, &mut packs, output),
        PilotCommand::Look(look) => shadow::look(look, output),
        PilotCommand::End(end) => shadow::end(end, output),
    }
}
