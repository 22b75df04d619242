//! A node in a binary without SQL: its page says so, and Flight SQL is not begun.

use std::sync::Arc;

use flow::City;
use tokio::net::TcpListener;
use tokio::sync::oneshot::Receiver;

/// No desk.
#[derive(Clone)]
pub(crate) struct Sql;

impl Sql {
    /// No desk; whoever wants Flight SQL is told how to have it.
    pub(crate) fn of(_: &Arc<City>, flight: bool) -> anyhow::Result<Self> {
        anyhow::ensure!(
            !flight,
            "this `ordinance` was built without SQL, so that it speaks no Flight SQL; leave out --flight, or build it with: \
             cargo build --release --features sql"
        );
        Ok(Self)
    }

    /// None.
    pub(super) fn desk(&self) -> Option<Arc<dyn node::Desk>> {
        None
    }

    /// Nothing is spoken.
    pub(super) async fn speak(self, _: Option<TcpListener>, stopped: Receiver<()>) {
        drop(stopped.await);
    }
}
