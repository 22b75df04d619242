//! `ordinance account`: persons who speak for a party, where no page can help: the first administrator, and whoever is locked out.

mod oidc;

use std::path::Path;

use anyhow::{Context, bail};
use journal::accounts::Standing;
use model::Clock;
use node::accounts::{Accounts, INVITE_MAX, Link, Newcomer, Roles};
use serde_json::json;

use super::public_log;
use crate::args::account::{Account, Add, List, One};
use crate::output::Output;
use crate::system::{SystemClock, SystemEntropy};

pub(crate) fn run(args: &Account, output: &Output) -> anyhow::Result<()> {
    match args {
        Account::Oidc(args) => oidc::run(args, output),
        Account::Add(args) => add(args, output),
        Account::List(args) => list(args, output),
        Account::Disable(one) => {
            changed(one, output, "is locked", |accounts, id| accounts.set_disabled(id, true, None).map(drop))
        }
        Account::Enable(one) => {
            changed(one, output, "is unlocked", |accounts, id| accounts.set_disabled(id, false, None).map(drop))
        }
        Account::Erase(one) => changed(one, output, "is erased", |accounts, id| accounts.erase(id, None)),
        Account::Reset(one) => reset(one, output),
    }
}

/// The accounts of a folder that holds a city.
fn accounts(dir: &Path) -> anyhow::Result<Accounts> {
    if !dir.join("journal.db").exists() {
        bail!("`{}` holds no city", dir.display());
    }
    Ok(Accounts::of(dir))
}

fn add(args: &Add, output: &Output) -> anyhow::Result<()> {
    let accounts = accounts(&args.dir)?;
    // The public log says which parties there are, whether or not a node is running.
    let state = public_log(&args.dir.display().to_string(), None)?.state;
    state.parties.get(&args.party).with_context(|| format!("there is no party `{}` in the register", args.party))?;
    let (roles, now) = (Roles::of(args.roles.iter().copied()), SystemClock.now());
    let who = Newcomer { party: &args.party, login: &args.login, name: &args.name, roles: &roles };
    let (id, link) = accounts.invite(who, None, &SystemEntropy, now)?;
    linked(id, &link, &format!("Account {id} of `{}` waits for its person.", args.party), output)
}

fn linked(id: u64, link: &Link, words: &str, output: &Output) -> anyhow::Result<()> {
    let path = link.path();
    output.result(
        &json!({ "account": id, "path": path, "seconds": INVITE_MAX.as_seconds() }),
        &format!(
            "{words}\nHand over this link, shown once and good once, for three days; the address of your node stands before it:\n{path}"
        ),
    )
}

fn list(args: &List, output: &Output) -> anyhow::Result<()> {
    let all = accounts(&args.dir)?.all(args.party.as_ref())?;
    let stands = |standing: Standing| match standing {
        Standing::Invited => "invited",
        Standing::Active => "in use",
        Standing::Disabled => "locked",
        Standing::Erased => "erased",
    };
    let documents: Vec<_> = all
        .iter()
        .map(|account| {
            json!({ "account": account.id, "party": account.party, "login": account.login, "name": account.name,
                "roles": account.roles, "stands": stands(account.standing), "second_factor": account.second.is_some() })
        })
        .collect();
    let lines: Vec<String> = all
        .iter()
        .map(|account| {
            let second = if account.second.is_some() { "second factor" } else { "no second factor" };
            let (login, party, roles) = (&account.login, &account.party, &account.roles);
            format!("{}  {login}  {party}  {roles}  {}, {second}", account.id, stands(account.standing))
        })
        .collect();
    let words = if lines.is_empty() { "Nobody has an account.".to_owned() } else { lines.join("\n") };
    output.result(&json!(documents), &words)
}

fn found(one: &One) -> anyhow::Result<(Accounts, u64)> {
    let accounts = accounts(&one.dir)?;
    let account = accounts.by_login(&one.login)?.with_context(|| format!("nobody signs in as `{}`", one.login))?;
    Ok((accounts, account.id))
}

fn changed(
    one: &One,
    output: &Output,
    words: &str,
    change: impl FnOnce(&Accounts, u64) -> Result<(), node::accounts::AccountError>,
) -> anyhow::Result<()> {
    let (accounts, id) = found(one)?;
    change(&accounts, id)?;
    output.result(&json!({ "account": id, "done": words }), &format!("Account {id} {words}."))
}

fn reset(one: &One, output: &Output) -> anyhow::Result<()> {
    let (accounts, id) = found(one)?;
    let link = accounts.reset(id, None, &SystemEntropy, SystemClock.now())?;
    linked(id, &link, &format!("Account {id} begins anew."), output)
}
