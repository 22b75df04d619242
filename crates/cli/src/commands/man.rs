//! `ordinance man`: the manual pages, from the same declarations as the help texts.

use anyhow::Context;
use clap::CommandFactory;

use crate::args::{Args, Man};

pub(crate) fn run(args: &Man) -> anyhow::Result<()> {
    std::fs::create_dir_all(&args.dir)?;
    clap_mangen::generate_to(Args::command(), &args.dir)
        .with_context(|| format!("cannot write manual pages to `{}`", args.dir.display()))
}
