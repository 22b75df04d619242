//! `ordinance sql`: a question in SQL over released tables, each of them disclosed as `query` discloses it.

#[cfg(feature = "sql")]
mod asked;
#[cfg(feature = "sql")]
mod brought;

#[cfg(feature = "sql")]
pub(crate) use asked::{desk, run};

/// Says how to get what was left out of this binary.
#[cfg(not(feature = "sql"))]
pub(crate) fn run(_: &crate::args::sql::Sql, _: &crate::output::Output) -> anyhow::Result<()> {
    anyhow::bail!("this `ordinance` was built without SQL; build it with: cargo build --release --features sql")
}
