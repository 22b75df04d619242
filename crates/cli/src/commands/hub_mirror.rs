//! The commands of `ordinance hub` that read public logs: mirrors, evidence, benchmarks, and their measure.

mod benchmark;
mod mirrors;
mod pilots;
mod recount;
mod simulate;

use std::path::{Path, PathBuf};

use crate::args::hub_mirror::HubPublic;
use crate::output::Output;

pub(crate) fn run(args: &HubPublic, output: &Output) -> anyhow::Result<()> {
    match args {
        HubPublic::Mirror(mirror) => mirrors::add(mirror, output),
        HubPublic::Look(look) => mirrors::look(look, output),
        HubPublic::Cities(cities) => mirrors::list(cities, output),
        HubPublic::Resume(resume) => mirrors::resume(resume, output),
        HubPublic::History(history) => mirrors::history(history, output),
        HubPublic::Evidence(evidence) => mirrors::evidence(evidence, output),
        HubPublic::Definitions(definitions) => benchmark::definitions(definitions, output),
        HubPublic::Benchmark(benchmark) => benchmark::run(benchmark, output),
        HubPublic::Pilots(pilots) => pilots::run(pilots, output),
        HubPublic::Simulate(simulate) => simulate::run(simulate, output),
    }
}

/// Where a hub's mirrors are.
fn mirrors_of(dir: &Path) -> PathBuf {
    dir.join("mirror")
}
