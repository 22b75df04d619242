//! The arguments of `ordinance account`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use model::PartyId;
use node::accounts::Role;

/// Persons who speak for a party: the first administrator, and whoever is locked out.
///
/// An account is a person's, with a login, a password and roles; what it does is the act of its party. Accounts lie in the
/// city's folder, never in its log. Everything else about them is done on pages, by administrators of the party at
/// `/accounts`; a running node takes a change at once.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  ordinance account add ./brookhaven --party mobility --login vera@brookhaven.example --name \
\"Vera Nowak\" --role administrator\n  ordinance account list ./brookhaven\n  ordinance account reset ./brookhaven vera@brookhaven.example"
)]
pub(crate) enum Account {
    /// Invite a person. Prints a link, good once, for three days.
    Add(Add),
    /// Show who has an account.
    List(List),
    /// Lock an account; whatever is signed in with it ends.
    #[command(after_help = "Example:\n  ordinance account disable ./brookhaven vera@brookhaven.example")]
    Disable(One),
    /// Unlock an account, also one with too many wrong codes.
    #[command(after_help = "Example:\n  ordinance account enable ./brookhaven vera@brookhaven.example")]
    Enable(One),
    /// Let somebody begin anew: password and second factor go, and a link is printed, good once, for three days.
    #[command(after_help = "Example:\n  ordinance account reset ./brookhaven vera@brookhaven.example")]
    Reset(One),
    /// Destroy name, login, password and second factor for good. What was done stays, under a number.
    #[command(after_help = "Example:\n  ordinance account erase ./brookhaven vera@brookhaven.example")]
    Erase(One),
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  ordinance account add ./brookhaven --party mobility --login vera@brookhaven.example --name \
\"Vera Nowak\" --role administrator\n\nRoles: administrator (accounts and tokens), approver, drafter, reader, inbox (answers residents)."
)]
pub(crate) struct Add {
    /// The city's folder. Its node may run meanwhile.
    pub(crate) dir: PathBuf,
    /// The party that the person speaks for; it is in the register already.
    #[arg(long)]
    pub(crate) party: PartyId,
    /// What the person signs in with; best an e-mail address.
    #[arg(long)]
    pub(crate) login: String,
    /// The person's name.
    #[arg(long)]
    pub(crate) name: String,
    /// What the person may do; several if given several times.
    #[arg(long = "role", required = true)]
    pub(crate) roles: Vec<Role>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  ordinance account list ./brookhaven --party mobility --json")]
pub(crate) struct List {
    /// The city's folder.
    pub(crate) dir: PathBuf,
    /// Only those of this party.
    #[arg(long)]
    pub(crate) party: Option<PartyId>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct One {
    /// The city's folder. Its node may run meanwhile.
    pub(crate) dir: PathBuf,
    /// What the person signs in with.
    pub(crate) login: String,
}
