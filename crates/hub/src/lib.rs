//! The alliance's hub: standards are co-designed, tried on recorded history, released and adopted; cities are compared.
//!
//! It reads public logs only and has no privilege that a newspaper lacks: whatever it says of a city, anyone can work out again
//! from the same files. It never imports `node`, and never asks a city for more than its log. What it does itself are acts in a log
//! of its own, and every page is drawn from what they fold to.

pub mod act;
pub mod agree;
pub mod amend;
pub mod audit;
mod bases;
pub mod benchmark;
mod board;
pub mod case;
pub mod command;
pub mod decide;
pub mod document;
pub mod drafted;
pub mod effect;
mod folder;
pub mod guarded;
mod hashes;
mod http;
mod hub;
pub mod import;
pub mod land;
pub mod looking;
pub mod member;
pub mod mirror;
pub mod pilot;
pub mod prepare;
pub mod release;
pub mod roles;
pub mod say;
pub mod sealed;
mod shelf;
pub mod simulate;
pub mod state;
pub mod trying;
pub mod watch;
pub mod words;

pub use folder::{Folder, FolderError};
pub use http::{routes, serve};
pub use hub::{Founding, Hub, HubError, Receipt};
pub use state::State;
