//! `ordinance framework`: standards and profiles at the command line. Exit status: 0 holds, 1 fails, 2 unknown, 64 bad input.

mod check;
mod diff;
mod export;
mod import;
mod instrument;
mod list;
mod prove;
mod related;
pub(crate) mod shelf;
mod show;
mod side;
mod sign;
mod test;

use crate::args::framework::{Framework, FrameworkCommand};
use crate::output::Output;
use shelf::Packs;

pub(crate) fn run(args: &Framework, output: &Output) -> anyhow::Result<()> {
    if let FrameworkCommand::New(new) = &args.command {
        return sign::begin(new, output);
    }
    let mut packs = Packs::open(&args.shelf)?;
    match &args.command {
        FrameworkCommand::List(_) => list::run(&packs, output),
        FrameworkCommand::Show(show) => show::run(show, &mut packs, output),
        FrameworkCommand::Check(check) => check::run(check, &mut packs, output),
        FrameworkCommand::Test(test) => test::run(test, &mut packs, output),
        FrameworkCommand::Diff(diff) => diff::run(diff, &mut packs, output),
        FrameworkCommand::Prove(prove) => prove::run(prove, &mut packs, output),
        FrameworkCommand::Export(export) => export::run(export, &mut packs, output),
        FrameworkCommand::Import(import) => import::run(import, output),
        FrameworkCommand::New(new) => sign::begin(new, output),
        FrameworkCommand::Sign(sign) => sign::sign(sign, output),
    }
}
