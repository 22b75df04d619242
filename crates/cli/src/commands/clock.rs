//! `ordinance clock`: confirm a clock that a city does not believe.

use super::open;
use crate::args::Clock;
use crate::output::Output;

pub(crate) fn run(args: &Clock, output: &Output) -> anyhow::Result<()> {
    let city = open(&args.dir)?;
    let receipt = city.register().confirm_clock(args.is, &args.reason)?;
    city.register().publish()?;
    output.result(
        &serde_json::json!({ "entries": receipt.entries }),
        "The clock is confirmed, and the log says so. What has fallen due meanwhile happens now, at the next tick.",
    )
}
