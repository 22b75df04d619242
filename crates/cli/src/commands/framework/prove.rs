//! `ordinance framework prove`: is a city at least as strict as a standard?

use std::time::Duration;

use norms::proof::{ProofError, Prover, Report, Side, Verdict};

use super::shelf::{Packs, standard};
use super::side::{self, Read};
use crate::args::framework::{Prove, Solver};
use crate::output::{Output, Status};

/// A prover as the command line asks for it.
pub(super) fn prover(solver: &Solver) -> Prover {
    let prover = Prover::found().limit(Duration::from_secs(solver.limit));
    match solver.workers {
        Some(workers) => prover.workers(usize::from(workers)),
        None => prover,
    }
}

/// What could not be proved: unknown where there is no solver or it fails, bad input where a norm can err.
pub(super) fn unproved(error: ProofError) -> Status {
    match error {
        ProofError::NormsErr(_) => Status::bad_input(error.to_string()),
        ProofError::NoSolver { .. } | ProofError::Solver { .. } | ProofError::Worker => {
            Status::unknown(error.to_string())
        }
    }
}

pub(super) fn run(args: &Prove, packs: &mut Packs, output: &Output) -> anyhow::Result<()> {
    let against = packs.find(&args.against)?;
    let resolved = packs.resolve(&against)?;
    let standard = standard(&resolved)?;
    let city: Read = side::read(&args.city, packs)?;
    let report = prover(&args.solver).prove(Side::from(&city), &standard).map_err(unproved)?;
    output.result(&report, &in_words(&report, &args.city, &against.manifest.reference.to_string()))?;
    match report.verdict {
        Verdict::Equal | Verdict::Stricter | Verdict::AtLeastAsStrict => Ok(()),
        Verdict::Vacuous => Err(Status::fails("it permits nothing at all, which is no conformance").into()),
        Verdict::Fails => Err(Status::fails("it allows what the standard forbids").into()),
        Verdict::Unknown => Err(Status::unknown("not everything could be proved").into()),
    }
}

fn in_words(report: &Report, city: &str, standard: &str) -> String {
    let verdict = match report.verdict {
        Verdict::Equal => format!("`{city}` allows exactly what {standard} leaves open."),
        Verdict::Stricter => format!("`{city}` is stricter than {standard}: it allows nothing that a norm forbids."),
        Verdict::AtLeastAsStrict => {
            format!("`{city}` is at least as strict as {standard}; whether equal is not known.")
        }
        Verdict::Vacuous => format!("`{city}` permits nothing at all."),
        Verdict::Fails => format!("`{city}` is not as strict as {standard}:"),
        Verdict::Unknown => format!("Whether `{city}` is as strict as {standard} is not known."),
    };
    let mut lines = vec![verdict];
    for (violation, actions) in report.violations() {
        lines.push(format!("\n{} ({})\n  {}", violation.norm.policy, actions.join(", "), violation.story));
    }
    let silent: Vec<&str> = report.silent().map(|action| action.action.as_str()).collect();
    if !silent.is_empty() {
        lines.push(format!("\nPermits nothing in: {}.", silent.join(", ")));
    }
    lines.push(format!("{} actions looked at, the solver asked {} times.", report.actions.len(), report.asked));
    lines.join("\n")
}
