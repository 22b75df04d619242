//! `ordinance webhook`: where recipients want what is released sent. The files are read by the running node.

use std::path::Path;

use flow::hooks::{Hook, HookError, HookName, Hooks, Progress};
use serde_json::{Value, json};
use ureq::http::Uri;

use crate::args::webhook::{Add, List, Remove, Webhook};
use crate::output::{Output, Status};
use crate::system::SystemEntropy;

pub(crate) fn run(args: &Webhook, output: &Output) -> anyhow::Result<()> {
    match args {
        Webhook::Add(add) => added(add, output),
        Webhook::List(list) => listed(list, output),
        Webhook::Remove(remove) => removed(remove, output),
    }
}

/// The webhooks of a city that is there.
fn hooks(dir: &Path) -> anyhow::Result<Hooks> {
    if dir.join("journal.db").exists() {
        return Ok(Hooks::of(dir));
    }
    Err(Status::bad_input(format!("`{}` holds no city", dir.display())).into())
}

fn added(args: &Add, output: &Output) -> anyhow::Result<()> {
    let hooks = hooks(&args.dir)?;
    let host = host(&args.to)?;
    let hook = Hook {
        name: args.name.clone(),
        recipient: args.wanted.party.clone(),
        purpose: args.wanted.purpose,
        stream: args.wanted.stream.clone(),
        view: args.wanted.view.clone(),
        address: args.to.clone(),
        secret: node::secret(&SystemEntropy)?,
    };
    hooks.add(&hook).map_err(bad_input)?;
    let words = format!(
        "What is released to `{}` of `{}` goes to {host} from now on, as long as its grant stands.\nThe secret of the signatures, \
         shown once: {}",
        hook.recipient, hook.stream, hook.secret
    );
    output.result(&json!({ "name": hook.name, "to": host, "secret": hook.secret }), &words)
}

fn listed(args: &List, output: &Output) -> anyhow::Result<()> {
    let hooks = hooks(&args.dir)?;
    let (mut all, mut lines) = (Vec::new(), Vec::new());
    for name in hooks.names()? {
        let Some(hook) = hooks.get(&name)? else { continue };
        let progress = hooks.progress(&name)?;
        lines.push(line(&name, &hook, &progress));
        let host = host(&hook.address).unwrap_or_default();
        all.push(json!({ "name": name, "recipient": hook.recipient, "purpose": hook.purpose, "stream": hook.stream,
            "view": hook.view, "to": host, "progress": progress }));
    }
    let words = if lines.is_empty() { "Nothing is sent anywhere.".to_owned() } else { lines.join("\n") };
    output.result(&Value::Array(all), &words)
}

fn line(name: &HookName, hook: &Hook, progress: &Progress) -> String {
    let stands = match (&progress.failing, &progress.through) {
        (Some(failing), _) => format!("fails since {}, {} tries: {}", failing.since, failing.tries, failing.why),
        (None, Some(through)) => format!("{} arrived, everything up to {through}", progress.arrived),
        (None, None) => "not looked after yet; is the node running?".to_owned(),
    };
    let host = host(&hook.address).unwrap_or_default();
    format!("{name}: `{}` of `{}` to {host}; {stands}", hook.recipient, hook.stream)
}

fn removed(args: &Remove, output: &Output) -> anyhow::Result<()> {
    hooks(&args.dir)?.remove(&args.name).map_err(bad_input)?;
    output.result(&json!({ "removed": args.name }), &format!("Nothing more is sent to `{}`.", args.name))
}

fn bad_input(error: HookError) -> anyhow::Error {
    match error {
        HookError::Folder(_) => error.into(),
        _ => Status::bad_input(error.to_string()).into(),
    }
}

/// The part of an address that may be shown: what comes after it may be a secret.
fn host(address: &str) -> anyhow::Result<String> {
    let refused = || Status::bad_input("the address is not one of the web, such as https://mobility.example/in");
    let uri: Uri = address.parse().map_err(|_| refused())?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(refused().into()) };
    if !["https", "http"].contains(&scheme) {
        return Err(refused().into());
    }
    if authority.as_str().contains('@') {
        return Err(Status::bad_input("leave the password out of the address; the signature proves whose it is").into());
    }
    Ok(format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_an_address_ends_with_its_host() {
        assert_eq!(host("https://mobility.example:8443/in/7f3a?key=1").unwrap(), "https://mobility.example:8443");
        for bad in [
            "",
            "mobility.example/in",
            "ftp://mobility.example/",
            "https://a:b@mobility.example/",
            "file:///etc/passwd",
        ] {
            let error = host(bad).unwrap_err().to_string();
            assert!(!error.contains("a:b") && !error.contains("passwd"), "{error}");
        }
    }
}
