//! The city's months as a table for programs: what came, was refused, left and was withheld, all of it from the log.

use std::fmt::Write as _;

use model::RefusedFor;
use model::estimated::{FLOOR_TOLD, one_figure};
use register::State as Register;
use register::state::Came;

/// The columns before the reasons of refusals, and those behind.
const BEFORE: &str = "month,streams_counted,admitted,refused";
const BEHIND: &str = "disclosures,disclosures_under_order,rows,withheld,streams_estimated,admitted_about,refused_about";

/// One row a month, oldest first. A cell is empty where the log does not tell: of streams about people what came, of disclosures
/// under an order how many rows there were. What is told roughly stands in columns of its own, to one figure.
pub(super) fn written(state: &Register) -> String {
    let mut text = BEFORE.to_owned();
    RefusedFor::ALL.iter().for_each(|reason| _ = write!(text, ",refused_{}", reason.code()));
    _ = write!(text, ",{BEHIND}\r\n");
    for (month, sums) in &state.monthly {
        let came = |of: &dyn Fn(&Came) -> u64| sums.came.as_ref().map(of);
        let reason = |reason: RefusedFor| came(&|came| came.refused.get(&reason).copied().unwrap_or(0));
        let told = |number: u64| Some(number).filter(|_| sums.kept_back < sums.disclosures || sums.disclosures == 0);
        let before = [came(&|came| came.streams), came(&|came| came.admitted), came(&Came::refused_in_all)];
        let behind = [Some(sums.disclosures), Some(sums.kept_back), told(sums.rows), told(sums.withheld)];
        text += &month.to_string();
        for number in before.into_iter().chain(RefusedFor::ALL.map(reason)).chain(behind) {
            text.push(',');
            text += &number.map(|number| number.to_string()).unwrap_or_default();
        }
        let about =
            sums.about.map(|about| format!("{},{},{}", about.streams, rough(about.admitted), rough(about.refused)));
        text.push(',');
        text += about.as_deref().unwrap_or(",,");
        text += "\r\n";
    }
    text
}

/// What an approximate counter says; at its floor it may have been nobody or thousands.
fn rough(estimate: u64) -> String {
    if estimate == 0 { format!("<{FLOOR_TOLD}") } else { one_figure(estimate).to_string() }
}
