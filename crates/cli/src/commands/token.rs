//! `ordinance token`: a token for a device or a party, shown once.

use anyhow::{Context, bail};
use flow::City;
use flow::city::credential;
use model::{DeviceId, PartyId};
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
    let by = args.by.clone().or_else(|| issuer(&city, args.device.as_ref()));
    let by = by.with_context(|| format!("there is no `{whose}` here; register it first"))?;
    city.register().submit(Submission { by, reason: None, command })?;
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

/// Who issues a token if nobody is named: for a device, who answers for its deployment; for a party, the founder.
fn issuer(city: &City, device: Option<&DeviceId>) -> Option<PartyId> {
    let state = city.register().state();
    let Some(device) = device else { return state.founder().cloned() };
    let deployment = &state.devices.get(device)?.deployment;
    Some(state.deployments.get(deployment)?.deployment.accountable.clone())
}
