//! Listening: connections, their limits, and a stop that lets requests end.
//!
//! A connection that dawdles over its headers, or over taking its answer, is closed, one with too many or too large headers is
//! refused, and there are never more at once than the limit says; whoever comes then waits in the system's own queue.

use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

use crate::Peer;
use crate::pace::Paced;

/// The most connections at once.
const CONNECTIONS_MAX: usize = 1_024;
/// The most header fields of one request.
const HEADERS_MAX: usize = 64;
/// The most bytes that a connection buffers, and so the largest head of a request.
const BUFFER_BYTES_MAX: usize = 64 << 10;
/// The longest that a connection may take to send the head of a request.
const HEADER_TIME_MAX: Duration = Duration::from_secs(10);
/// The longest that running requests may take once they were told to stop.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(10);
/// How long to wait when the system has no more connections to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves routes, perhaps behind web servers of one's own on other machines, until `shutdown` ends; then `closing` is told, so that answers without an end come to one, and running requests may
/// end.
///
/// # Errors
/// The listener's address cannot be told: it was closed already.
pub async fn serve(
    routes: Router,
    listener: TcpListener,
    own_servers: &[IpAddr],
    shutdown: impl Future,
    closing: impl FnOnce(),
) -> io::Result<()> {
    listener.local_addr()?;
    let (graceful, places) = (GracefulShutdown::new(), Arc::new(Semaphore::new(CONNECTIONS_MAX)));
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME_MAX)
        .max_headers(HEADERS_MAX)
        .max_buf_size(BUFFER_BYTES_MAX);
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, peer, place) = tokio::select! {
            accepted = accept(&listener, &places, own_servers) => accepted,
            _ = &mut shutdown => break,
        };
        let known = routes.clone().map_request(move |mut request: hyper::Request<_>| {
            request.extensions_mut().insert(peer);
            request
        });
        let connection =
            graceful.watch(server.serve_connection(TokioIo::new(Paced::new(stream)), TowerToHyperService::new(known)));
        tokio::spawn(async move {
            // A connection that broke has nobody left to tell.
            drop(connection.await);
            drop(place);
        });
    }
    drop(listener);
    closing();
    // Whoever has not ended by then is cut off.
    drop(tokio::time::timeout(DRAIN_TIME_MAX, graceful.shutdown()).await);
    Ok(())
}

/// The next connection that there is a place for.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    own_servers: &[IpAddr],
) -> (TcpStream, Peer, Option<OwnedSemaphorePermit>) {
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                // Only a matter of speed: answers leave at once.
                drop(stream.set_nodelay(true));
                return (stream, Peer::of(address.ip(), own_servers), place);
            }
            // One broken connection, or no more file descriptors: neither ends the server.
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}
