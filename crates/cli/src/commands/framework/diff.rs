//! `ordinance framework diff`: what a change of rules newly allows and newly refuses.

use norms::proof::Side;

use super::prove::{prover, unproved};
use super::shelf::Packs;
use super::side;
use crate::args::framework::Diff;
use crate::output::{Output, Status};

pub(super) fn run(args: &Diff, packs: &mut Packs, output: &Output) -> anyhow::Result<()> {
    let (before, after) = (side::read(&args.before, packs)?, side::read(&args.after, packs)?);
    let difference = prover(&args.solver).diff(Side::from(&before), Side::from(&after)).map_err(unproved)?;
    output.result(&difference, &difference.to_string())?;
    match difference.only_stricter() {
        Some(true) => Ok(()),
        Some(false) => Err(Status::fails(format!("`{}` allows what `{}` did not", args.after, args.before)).into()),
        None => Err(Status::unknown("not everything could be compared").into()),
    }
}
