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
    #[command(subcommand)]
    Oidc(Oidc),
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

/// Let persons with an account sign in by the city's identity provider (OpenID Connect).
///
/// The provider says who somebody is; which party they speak for and in which roles stands in the account. Whoever waits with an
/// invitation is known by the e-mail address that is their login, if the provider says that it verified it, and from then on by
/// the name that the provider never gives to another. Register `https://<your node>/sign-in/back` there as the place to lead back to.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  ordinance account oidc set ./brookhaven --issuer https://id.brookhaven.example/realms/staff --client \
ordinance --name \"Brookhaven staff\" < secret.txt\n  ordinance account oidc show ./brookhaven\n  ordinance account oidc remove ./brookhaven"
)]
pub(crate) enum Oidc {
    /// Name the provider. The node reads it when it starts.
    Set(OidcSet),
    /// Show which it is.
    #[command(after_help = "Example:\n  ordinance account oidc show ./brookhaven")]
    Show(OidcDir),
    /// Forget it. The node goes on with it until it is started again.
    #[command(after_help = "Example:\n  ordinance account oidc remove ./brookhaven")]
    Remove(OidcDir),
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  ordinance account oidc set ./brookhaven --issuer https://id.brookhaven.example/realms/staff --client \
ordinance --name \"Brookhaven staff\" < secret.txt\n\nWhat it serves has to lie at the issuer's own host."
)]
pub(crate) struct OidcSet {
    /// The city's folder.
    pub(crate) dir: PathBuf,
    /// Who it is, exactly as it says it; with TLS, or on this machine.
    #[arg(long)]
    pub(crate) issuer: String,
    /// What the city is called there.
    #[arg(long)]
    pub(crate) client: String,
    /// What it is called on the page to sign in.
    #[arg(long)]
    pub(crate) name: String,
    /// The provider wants no secret. Without this, it comes on standard input, never on the command line.
    #[arg(long)]
    pub(crate) without_secret: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct OidcDir {
    /// The city's folder.
    pub(crate) dir: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct One {
    /// The city's folder. Its node may run meanwhile.
    pub(crate) dir: PathBuf,
    /// What the person signs in with.
    pub(crate) login: String,
}
