//! What a city hands out of its own replay: sums, and no sum that tells of few.
//!
//! How many disclosures of each kind there were is in the public log. What a replay at the city adds is how they divide, and that
//! follows from when each was, how far back it reached and who stood behind it. Where a part is small, the whole division is left out,
//! because the rest and the sum would give it away; and a stream under an order has no line among the disclosures. That there is such a
//! stream, and what would stop it, is in the public log and so in the rest of the report.

use std::collections::BTreeSet;

use register::State;

use super::report::{Counts, Disclosure, Report};

/// The fewest disclosures of a part that is told.
pub const MINIMUM: u64 = 10;

/// The report as it may leave the city. A minimum below [`MINIMUM`] counts as that.
#[must_use]
pub fn for_the_public(mut report: Report, state: &State, minimum: u64) -> Report {
    let minimum = minimum.max(MINIMUM);
    if !report.seen.inside {
        return report;
    }
    let under_order = |line: &Disclosure| line.stream.parse().is_ok_and(|stream| state.keeps_rows_back(&stream));
    let before = report.disclosures.len();
    report.disclosures.retain(|line| !under_order(line));
    let unnamed = before - report.disclosures.len();
    let mut withheld = 0_u64;
    for line in &mut report.disclosures {
        if line.counts.is_some_and(|counts| is_small(&counts, minimum)) {
            (line.counts, line.why) = (None, None);
            withheld += 1;
        }
    }
    let streams: BTreeSet<&str> = report.disclosures.iter().map(|line| line.stream.as_str()).collect();
    report.limits.push(format!(
        "This is what the city hands out: of {withheld} of {} lines of disclosures on {} streams it is withheld how they divide, \
         because a part is below {minimum}; {unnamed} lines under an order are left out.",
        report.disclosures.len(),
        streams.len(),
    ));
    report
}

/// Whether a part that is there is below the minimum. One part alone tells nothing that its sum does not.
fn is_small(counts: &Counts, minimum: u64) -> bool {
    let parts = [counts.allowed, counts.changed, counts.refused, counts.unknown];
    parts.iter().any(|part| (1..minimum).contains(part))
}
