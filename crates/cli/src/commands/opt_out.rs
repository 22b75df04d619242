//! `ordinance opt-out`: who asked not to be counted. Identifiers come on standard input and go no further than memory.

use std::io;

use anyhow::Context;
use flow::opt_outs::{Change, property};
use flow::{OptOutError, OptOuts};
use model::PlaceId;
use privacy::Recipe;

use super::public_log;
use crate::args::{OptOut, OptOutList};
use crate::output::Output;
use crate::system::SystemEntropy;

pub(crate) fn run(opt_out: &OptOut, output: &Output) -> anyhow::Result<()> {
    match opt_out {
        OptOut::Add(list) => changed(list, Change::Add, output),
        OptOut::Remove(list) => changed(list, Change::Remove, output),
        OptOut::Count(list) => counted(list, output),
    }
}

fn changed(args: &OptOutList, change: Change, output: &Output) -> anyhow::Result<()> {
    let lists = OptOuts::of_city(&args.dir)?;
    // The public log says what the stream is, whether or not a node is running.
    let state = public_log(&args.dir.display().to_string(), None)?.state;
    let (_, stream) = state.stream(&args.stream).with_context(|| unknown(args))?;
    let outline = |id: &PlaceId| state.places.get(id).map(|place| place.geometry.clone());
    let recipe = Recipe::compile(stream, &outline)?;
    let slot = property(stream, &recipe, args.property.as_ref())?;
    let done = lists.change(&args.stream, slot, &SystemEntropy, change, &mut io::stdin().lock())?;
    let (what, listed) = (if change == Change::Add { "added" } else { "removed" }, done.listed);
    output.result(
        &serde_json::json!({ "stream": args.stream, what: done.changed, "listed": listed }),
        &format!("{} {what}; {listed} on the list of stream `{}`.", done.changed, args.stream),
    )
}

fn counted(args: &OptOutList, output: &Output) -> anyhow::Result<()> {
    let lists = OptOuts::of_city(&args.dir)?;
    let state = public_log(&args.dir.display().to_string(), None)?.state;
    state.stream(&args.stream).with_context(|| unknown(args))?;
    let listed = lists.list(&args.stream).map(|list| list.map_or(0, |list| list.len()));
    let listed = listed.map_err(|error: OptOutError| anyhow::Error::from(error))?;
    output.result(
        &serde_json::json!({ "stream": args.stream, "listed": listed }),
        &format!("{listed} on the list of stream `{}`.", args.stream),
    )
}

fn unknown(args: &OptOutList) -> String {
    format!("there is no stream `{}` in the register", args.stream)
}
