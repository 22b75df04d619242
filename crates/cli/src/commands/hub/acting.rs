//! `ordinance hub do` and `ordinance hub token`: acts in the name of a person.

use std::fs;
use std::path::Path;

use anyhow::Context;
use hub::command::Command;
use hub::{HubError, Receipt};
use serde_json::json;

use super::open;
use crate::args::hub::{Do, Token};
use crate::client::{Client, is_address};
use crate::commands::fresh_token;
use crate::output::{Output, Refused, Status};
use crate::system::SystemEntropy;

/// The largest file of commands, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// The largest file with a token, in bytes.
const TOKEN_BYTES_MAX: u64 = 1 << 10;

pub(super) fn token(args: &Token, output: &Output) -> anyhow::Result<()> {
    let hub = open(&args.dir)?;
    let token = fresh_token(&SystemEntropy)?;
    let credential = flow::city::credential(&token);
    let command = Command::IssueCredential { person: args.person.clone(), credential, reasons: args.reasons.clone() };
    hub.submit(&args.by, &command).map_err(refused)?;
    hub.publish()?;
    let words = format!("The token of `{}`, shown once:\n  {token}", args.person);
    output.result(&json!({ "person": args.person, "token": token }), &words)
}

pub(super) fn run(args: &Do, output: &Output) -> anyhow::Result<()> {
    let text = read(&args.file, FILE_BYTES_MAX)?;
    let commands: Vec<Command> = serde_json::from_str(&text)
        .or_else(|_| serde_json::from_str(&text).map(|one| vec![one]))
        .map_err(|error| Status::bad_input(format!("`{}`: {error}", args.file.display())))?;
    let mut entries = Vec::new();
    if is_address(&args.hub) {
        let file = args.token.as_ref().context("an address needs `--token FILE`")?;
        let token = read(file, TOKEN_BYTES_MAX)?;
        let client = Client::new(&args.hub);
        for command in &commands {
            let body = serde_json::to_vec(command)?;
            let answer = client.post("/api/v1/commands", "application/json", &body, Some(token.trim()))?;
            let receipt: Receipt = serde_json::from_value(answer).context("the hub's answer")?;
            entries.extend(receipt.entries);
        }
    } else {
        let hub = open(Path::new(&args.hub))?;
        let done = commands.iter().try_for_each(|command| {
            entries.extend(hub.submit(&args.by, command)?.entries);
            Ok(())
        });
        hub.publish()?;
        done.map_err(refused)?;
    }
    let numbers: Vec<String> = entries.iter().map(u64::to_string).collect();
    let words = match numbers.as_slice() {
        [] => "It was so already.".to_owned(),
        numbers => format!("Done, by entry {}.", numbers.join(", ")),
    };
    output.result(&json!({ "entries": entries }), &words)
}

/// A refusal has an exit status of its own.
pub(super) fn refused(error: HubError) -> anyhow::Error {
    match error {
        HubError::Refused(_) | HubError::Amend(_) => {
            let message = error.to_string();
            Refused { details: json!({ "why": message }), message }.into()
        }
        other => other.into(),
    }
}

fn read(file: &Path, max: u64) -> anyhow::Result<String> {
    let named = || format!("`{}`", file.display());
    let bytes = fs::metadata(file).with_context(named)?.len();
    if bytes > max {
        return Err(Status::bad_input(format!("{} has {bytes} bytes, the limit is {max}", named())).into());
    }
    fs::read_to_string(file).with_context(named)
}
