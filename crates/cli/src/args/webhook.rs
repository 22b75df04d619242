//! The arguments of `ordinance webhook`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use flow::hooks::HookName;

/// Have what is released to a party sent to an address, signed, by the running node.
///
/// Each released window, or the new records, is a disclosure of its own: decided anew, recorded, and sent again until it
/// arrives (Standard Webhooks 1.0). Addresses and secrets lie in the city's folder, and nowhere in its log.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  ordinance webhook add ./brookhaven --name counts --as mobility --purpose traffic-management \
--stream wifi-centre --to https://mobility.example/in\n  ordinance webhook list ./brookhaven"
)]
pub(crate) enum Webhook {
    /// Add an address. The secret of its signatures is shown once.
    Add(Add),
    /// Show where what is sent, and whether it arrives.
    List(List),
    /// Send nothing more to an address.
    Remove(Remove),
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  ordinance webhook add ./brookhaven --name counts --as mobility --purpose traffic-management \
--stream wifi-centre --to https://mobility.example/in"
)]
pub(crate) struct Add {
    /// The city's folder. Its node may run meanwhile.
    pub(crate) dir: PathBuf,
    /// What to call it.
    #[arg(long)]
    pub(crate) name: HookName,
    #[command(flatten)]
    pub(crate) wanted: super::Wanted,
    /// The address: https, or http where the node was started with `--webhooks-allow` for this machine itself.
    #[arg(long)]
    pub(crate) to: String,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  ordinance webhook list ./brookhaven --json")]
pub(crate) struct List {
    /// The city's folder.
    pub(crate) dir: PathBuf,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  ordinance webhook remove ./brookhaven --name counts")]
pub(crate) struct Remove {
    /// The city's folder. Its node may run meanwhile.
    pub(crate) dir: PathBuf,
    /// Which.
    #[arg(long)]
    pub(crate) name: HookName,
}
