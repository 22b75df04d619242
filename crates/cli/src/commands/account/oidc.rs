//! `ordinance account oidc`: the city's identity provider. The secret comes on standard input and is never shown.

use std::io::{self, Read};

use anyhow::{Context, bail};
use node::oidc::Settings;
use serde_json::json;

use super::accounts;
use crate::args::account::{Oidc, OidcDir, OidcSet};
use crate::output::Output;

/// The longest secret, in bytes.
const SECRET_BYTES_MAX: u64 = 1 << 10;

pub(super) fn run(args: &Oidc, output: &Output) -> anyhow::Result<()> {
    match args {
        Oidc::Set(args) => set(args, output),
        Oidc::Show(args) => show(args, output),
        Oidc::Remove(args) => remove(args, output),
    }
}

fn set(args: &OidcSet, output: &Output) -> anyhow::Result<()> {
    accounts(&args.dir)?;
    let client_secret = if args.without_secret { None } else { Some(secret()?) };
    let (issuer, client_id, name) = (args.issuer.clone(), args.client.clone(), args.name.clone());
    let kept = Settings { issuer, client_id, client_secret, name }.keep(&args.dir)?;
    let words = format!("Persons with an account sign in by `{}` once the node was started again.", kept.issuer);
    output.result(&told(&kept), &words)
}

fn secret() -> anyhow::Result<String> {
    let mut text = String::new();
    io::stdin().lock().take(SECRET_BYTES_MAX).read_to_string(&mut text).context("the secret cannot be read")?;
    let secret = text.trim();
    if secret.is_empty() {
        bail!("there is no secret on standard input; `--without-secret` if the provider wants none");
    }
    Ok(secret.to_owned())
}

fn told(settings: &Settings) -> serde_json::Value {
    json!({ "issuer": settings.issuer, "client": settings.client_id, "name": settings.name,
        "has_secret": settings.client_secret.is_some() })
}

fn show(args: &OidcDir, output: &Output) -> anyhow::Result<()> {
    accounts(&args.dir)?;
    match Settings::of(&args.dir)? {
        Some(settings) => {
            let (name, issuer, client) = (&settings.name, &settings.issuer, &settings.client_id);
            output.result(&told(&settings), &format!("{name}: `{issuer}`, where the city is `{client}`."))
        }
        None => output.result(&json!(null), "This city has no identity provider."),
    }
}

fn remove(args: &OidcDir, output: &Output) -> anyhow::Result<()> {
    accounts(&args.dir)?;
    Settings::forget(&args.dir)?;
    output.result(
        &json!(null),
        "The identity provider is forgotten; a node that runs goes on with it until it is started again.",
    )
}
