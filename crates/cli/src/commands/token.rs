//! `ordinance token`: a token for a device or a party, shown once.

use anyhow::bail;
use flow::city::credential;
use register::{Command, Submission};

use super::{fresh_token, open};
use crate::args::Token;
use crate::output::Output;
use crate::system::SystemEntropy;

pub(crate) fn run(args: &Token, output: &Output) -> anyhow::Result<()> {
    let city = open(&args.dir)?;
    let token = if args.revoke { None } else { Some(fresh_token(&SystemEntropy)?) };
    let hash = token.as_deref().map(credential);
    let (whose, command) = match (&args.device, &args.party, hash) {
        (Some(device), _, credential) => {
            (device.to_string(), Command::SetDeviceCredential { device: device.clone(), credential })
        }
        (None, Some(party), Some(credential)) => {
            (party.to_string(), Command::IssuePartyCredential { party: party.clone(), credential })
        }
        _ => bail!("say whose token with `--device` or `--party`"),
    };
    city.register().submit(Submission { by: args.by.clone(), reason: None, command })?;
    city.register().publish()?;
    match token {
        Some(token) => output.result(
            &serde_json::json!({ "of": whose, "token": token }),
            &format!("The token of `{whose}`, shown once:\n{token}"),
        ),
        None => output.result(
            &serde_json::json!({ "of": whose, "token": null }),
            &format!("The token of `{whose}` is taken back; it is locked out."),
        ),
    }
}
