//! The desk of a node in a binary with SQL: asked at by its page and over Flight SQL.

use std::sync::Arc;

use flow::City;
use tokio::net::TcpListener;
use tokio::sync::oneshot::Receiver;

use crate::desk::CityDesk;

/// The desk of a city.
#[derive(Clone)]
pub(crate) struct Sql(Arc<CityDesk>);

impl Sql {
    /// The desk of a city, at which Flight SQL may be spoken.
    #[expect(clippy::unnecessary_wraps, reason = "a binary without SQL fails here")]
    pub(crate) fn of(city: &Arc<City>, _: bool) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(CityDesk::of(Arc::clone(city)))))
    }

    /// The desk of the node's page.
    #[expect(clippy::unnecessary_wraps, reason = "a binary without SQL has none")]
    pub(super) fn desk(&self) -> Option<Arc<dyn node::Desk>> {
        Some(Arc::clone(&self.0) as Arc<dyn node::Desk>)
    }

    /// Speaks Flight SQL where it is wanted, until told to stop.
    pub(super) async fn speak(self, listener: Option<TcpListener>, stopped: Receiver<()>) {
        let Some(listener) = listener else { return };
        let until = async { drop(stopped.await) };
        if let Err(error) = analytics::flight::serve(self.0, listener, until).await {
            super::complain(&error);
        }
    }
}
