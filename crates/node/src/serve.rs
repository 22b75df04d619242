//! Listening for a city: whoever watches is told when it stops.

use std::io;
use std::net::IpAddr;
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
    serve_within(city, desk, RateLimits::DEFAULT, listener, &[], shutdown).await
}

/// The same, with other limits of the API, and with the addresses of one's own web servers, through which everybody comes.
///
/// # Errors
/// The listener's address cannot be told: it was closed already.
pub async fn serve_within(
    city: Arc<City>,
    desk: Option<Arc<dyn Desk>>,
    limits: RateLimits,
    listener: TcpListener,
    own_servers: &[IpAddr],
    shutdown: impl Future,
) -> io::Result<()> {
    let node = Node::of(city, desk, limits);
    let watchers = Arc::clone(&node.watchers);
    web::serve(routes(node), listener, own_servers, shutdown, || watchers.close()).await
}
