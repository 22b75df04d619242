//! Chores of the house: `cargo run -p xtask -- tidy` holds the tree against its own rules.
//!
//! The same checks run as a test, so that `cargo test --workspace` fails when the house is untidy.
#![expect(clippy::print_stdout, reason = "a chore tells whoever started it what it found")]

mod tidy;

use std::path::Path;

use anyhow::{Context, bail};

use crate::tidy::{Tree, lengths, problems};

fn main() -> anyhow::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("tidy") => tidy(root()?),
        Some(other) => bail!("there is no chore `{other}`; known is: tidy"),
        None => bail!("name a chore: cargo run -p xtask -- tidy"),
    }
}

/// The folder of the workspace.
fn root() -> anyhow::Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in no folder")
}

fn tidy(root: &Path) -> anyhow::Result<()> {
    let tree = Tree::read(root)?;
    println!("{}", lengths::Census::of(&tree));
    let problems = problems(&tree)?;
    for problem in &problems {
        println!("{problem}");
    }
    if problems.is_empty() {
        println!("tidy: nothing to complain of");
        return Ok(());
    }
    bail!("{} untidy places", problems.len());
}
