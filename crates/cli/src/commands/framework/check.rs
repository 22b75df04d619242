//! `ordinance framework check`: whatever is wrong with a pack, by file and line.

use norms::proof::{Finding, Prover};
use serde::Serialize;

use super::list::vouched;
use super::prove::unproved;
use super::shelf::{Packs, standard};
use crate::args::framework::Check;
use crate::output::{Output, Status};

#[derive(Serialize)]
struct Checked {
    pack: String,
    hash: String,
    vouched_for_by: String,
    coverage: standards::coverage::Counts,
    instruments: usize,
    /// Absent where the solver was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Vec<Finding>>,
}

/// A finding in a line.
fn in_words(finding: &Finding) -> String {
    let policy = finding.policy();
    match finding {
        Finding::CanErr { story, .. } => format!("`{policy}` can err, and a norm that errs forbids nothing: {story}"),
        Finding::ReachesTooFar { fact, .. } => {
            format!("`{policy}` looks at `{fact}`, which is not there when a city decides")
        }
        Finding::NeverForbids { .. } => format!("`{policy}` never forbids anything"),
        Finding::NeverPermits { .. } => format!("`{policy}` never permits anything"),
        Finding::Overruled { .. } => format!("`{policy}` is overruled wherever it permits"),
        Finding::Unknown { why, .. } => format!("`{policy}`: not known, {why}"),
    }
}

pub(super) fn run(args: &Check, packs: &mut Packs, output: &Output) -> anyhow::Result<()> {
    let pack = packs.find(&args.pack)?;
    if args.signed {
        packs.require_trust(&pack)?;
    }
    let resolved = packs.resolve(&pack)?;
    // Reading the norms validates them against the schema; a profile may have none of its own.
    let standard = standard(&resolved)?;
    let findings = if args.prove {
        let found = Prover::found().check_standard(&standard).map_err(unproved)?;
        let own = format!("{}/", pack.manifest.id);
        Some(found.into_iter().filter(|finding| finding.policy().0.starts_with(&own)).collect::<Vec<_>>())
    } else {
        None
    };
    let checked = Checked {
        pack: pack.manifest.reference.to_string(),
        hash: pack.hash.to_string(),
        vouched_for_by: vouched(&packs.trust(&pack)),
        coverage: pack.coverage().total,
        instruments: pack.instruments.len(),
        findings,
    };
    let lines: Vec<String> = checked.findings.iter().flatten().map(in_words).collect();
    let words = format!(
        "{} is well formed: {} requirements, {} of them executed; instruments: {}. Vouched for by {}.\n{}",
        checked.pack,
        checked.coverage.requirements,
        checked.coverage.executed,
        checked.instruments,
        checked.vouched_for_by,
        lines.join("\n")
    );
    output.result(&checked, words.trim_end())?;
    let unknown = checked.findings.iter().flatten().any(|finding| matches!(finding, Finding::Unknown { .. }));
    match (lines.len(), unknown) {
        (0, _) => Ok(()),
        (_, true) => Err(Status::unknown("the solver could not answer everything; raise its limit").into()),
        (count, false) => Err(Status::fails(format!("{count} findings")).into()),
    }
}
