//! Listening for a city: whoever watches is told when it stops.

use std::io;
use std::sync::Arc;

use flow::City;
use tokio::net::TcpListener;

use crate::desk::Desk;
use crate::rate::RateLimits;
use crate::router::{Node, routes};

/// Serves a city, with the desk that answers questions in SQL if there is one, until `shutdown` ends, then lets running requests end.
///
/// # Errors
/// The listener's address cannot be told: it was closed already.
pub async fn serve(
    city: Arc<City>,
    desk: Option<Arc<dyn Desk>>,
    listener: TcpListener,
    shutdown: impl Future,
) -> io::Result<()> {
    serve_within(city, desk, RateLimits::DEFAULT, listener, shutdown).await
}

/// The same, with other limits of the API.
///
/// # Errors
/// The listener's address cannot be told: it was closed already.
pub async fn serve_within(
    city: Arc<City>,
    desk: Option<Arc<dyn Desk>>,
    limits: RateLimits,
    listener: TcpListener,
    shutdown: impl Future,
) -> io::Result<()> {
    let node = Node::of(city, desk, limits);
    let watchers = Arc::clone(&node.watchers);
    web::serve(routes(node), listener, shutdown, || watchers.close()).await
}
