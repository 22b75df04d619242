//! `ordinance log show`: acts in words.

use std::path::Path;

use model::Act;
use register::audit::FolderSource;
use serde_json::Value;
use tlog::audit::{LogSource, read_entry};
use tlog::checkpoint::{CHECKPOINT_PATH, parse_unverified};

use crate::args::Log;
use crate::client::{AddressSource, Client, is_address};
use crate::output::Output;

pub(crate) fn run(log: &Log, output: &Output) -> anyhow::Result<()> {
    let Log::Show(args) = log;
    let source: Box<dyn LogSource> = if is_address(&args.city) {
        Box::new(AddressSource(Client::new(&args.city)))
    } else {
        Box::new(FolderSource::new(&Path::new(&args.city).join("log")))
    };
    let checkpoint = String::from_utf8(source.get(CHECKPOINT_PATH)?)?;
    let size = parse_unverified(&checkpoint)?.size;
    let (mut words, mut documents) = (Vec::new(), Vec::new());
    for index in args.from..size.min(args.from.saturating_add(args.limit)) {
        let bytes = read_entry(&source.as_ref(), index, size)?;
        let act = Act::from_bytes(&bytes)?;
        words.push(in_words(index, &act));
        documents.push(serde_json::json!({ "entry": index, "act": serde_json::from_slice::<Value>(&bytes)? }));
    }
    output.result(&documents, &words.join("\n"))
}

fn in_words(index: u64, act: &Act) -> String {
    let reason = act.reason.as_deref().map(|reason| format!(" because {reason}")).unwrap_or_default();
    let because: Vec<String> = act.because.iter().map(ToString::to_string).collect();
    let because = if because.is_empty() { String::new() } else { format!(" [{}]", because.join(", ")) };
    format!("{index:>6}  {}  {:<14} {}{reason}{because}", act.at, act.by.to_string(), act.what.kind())
}
