//! The hub over HTTP: pages for people, the log and its documents for anybody, an API for those with a token.
//!
//! Pages need no JavaScript and load nothing from elsewhere. What is asked for blocks on a thread of its own, and never more of it at
//! once than the machine can carry.

mod api;
mod forms;
mod jobs;
mod log;
mod pages;
mod problem;
mod router;
mod sessions;

use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::Hub;
use crate::board::Boards;

/// Serves a hub until `shutdown` ends, then lets running requests end.
///
/// # Errors
/// The listener's address cannot be told: it was closed already.
pub async fn serve(hub: Arc<Hub>, listener: TcpListener, shutdown: impl Future) -> io::Result<()> {
    let boards = Boards::new(Arc::clone(&hub));
    // Whoever comes first need not wait for the first count.
    boards.begin_if_due();
    web::serve(router::routes(hub, boards), listener, &[], shutdown, || ()).await
}

/// The hub's routes, for tests that need no connection.
pub fn routes(hub: Arc<Hub>) -> axum::Router {
    let boards = Boards::new(Arc::clone(&hub));
    router::routes(hub, boards)
}
