//! Drafts tried by hand on the kept logs of cities that consented, beside a hub that may be served meanwhile.

use hub::document::Documents;
use hub::trying::{Limits, Trying};

use super::mirrors::alliance;
use super::mirrors_of;
use crate::args::hub_mirror::Pilots;
use crate::output::{Output, Status};
use crate::system::SystemClock;

pub(super) fn run(args: &Pilots, output: &Output) -> anyhow::Result<()> {
    let alliance = alliance(&args.dir)?;
    let library =
        standards::built_in().map_err(|_| Status::fails("the packs of this software do not hold together"))?;
    let (mirrors, documents) = (mirrors_of(&args.dir), Documents::new(&args.dir.join("documents")));
    let trying = Trying {
        mirrors: &mirrors,
        alliance: &alliance,
        documents: &documents,
        library: &library,
        clock: &SystemClock,
        limits: Limits::default(),
    };
    let round = trying.round(args.draft.as_ref(), args.again)?;
    output.result(&round, &round.in_words())?;
    match round.without.len() {
        0 => Ok(()),
        some => Err(Status::fails(format!("{some} of them have no report")).into()),
    }
}
