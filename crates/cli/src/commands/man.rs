//! `ordinance man`: the manual pages, from the same declarations as the help texts.

use std::path::PathBuf;

use anyhow::Context;
use clap::CommandFactory;

use crate::args::{Args, Man};
use crate::output::Output;

pub(crate) fn run(args: &Man, output: &Output) -> anyhow::Result<()> {
    let failed = || format!("cannot write manual pages to `{}`", args.dir.display());
    std::fs::create_dir_all(&args.dir).with_context(failed)?;
    // What a `help` below each command says, its page says.
    let mut command = Args::command().disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    write(&command, args, &mut pages).with_context(failed)?;
    let folder = args.dir.display();
    let words = format!("{} manual pages in `{folder}`; read one with: man -l {folder}/ordinance.1", pages.len());
    output.result(&serde_json::json!({ "folder": args.dir, "pages": pages }), &words)
}

/// Writes the page of a command and of those below it.
fn write(command: &clap::Command, args: &Man, pages: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write(below, args, pages)?;
    }
    pages.push(clap_mangen::Man::new(command.clone()).generate_to(&args.dir)?);
    Ok(())
}
