//! Generated logs over HTTP on this machine: what a network's protocol costs a look, its distance and its TLS apart.
//!
//! Each answer closes its connection, because 200,000 cities are as many machines, and no connection to one serves another.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tlog::audit::LogSource;
use tokio::net::TcpListener;

use super::log::GeneratedLog;
use super::ways::number_of;

/// How many logs are kept at hand: a look asks for several files of one after the other.
const LOGS_MAX: usize = 64;

/// Makes the log of a city by its number; none where there is no such city.
pub type Make = dyn Fn(u64) -> Option<GeneratedLog> + Send + Sync;

/// Logs by the numbers of their cities, newest last.
type Made = VecDeque<(u64, Arc<GeneratedLog>)>;

/// What every request gets.
#[derive(Clone)]
struct Served {
    make: Arc<Make>,
    made: Arc<Mutex<Made>>,
}

impl Served {
    fn log(&self, number: u64) -> Option<Arc<GeneratedLog>> {
        let known = |made: &Made| made.iter().find(|(at, _)| *at == number).map(|(_, log)| Arc::clone(log));
        if let Some(log) = known(&self.made.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Some(log);
        }
        let log = Arc::new((self.make)(number)?);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.push_back((number, Arc::clone(&log)));
        if made.len() > LOGS_MAX {
            made.pop_front();
        }
        Some(log)
    }
}

/// Serves the logs at `/CITY/log/…` until it is told to stop.
///
/// # Errors
/// The listener fails.
pub async fn served(listener: TcpListener, make: Arc<Make>, stop: impl Future) -> std::io::Result<()> {
    let routes = Router::new().route("/{city}/log/{*path}", get(file));
    let routes = routes.with_state(Served { make, made: Arc::default() });
    web::serve(routes, listener, &[], stop, || ()).await
}

async fn file(State(served): State<Served>, Path((city, path)): Path<(String, String)>) -> Response {
    let found = tokio::task::spawn_blocking(move || served.log(number_of(&city)?)?.get(&path).ok()).await;
    let closes = [(header::CONNECTION, HeaderValue::from_static("close"))];
    match found {
        Ok(Some(bytes)) => (closes, bytes).into_response(),
        Ok(None) => (StatusCode::NOT_FOUND, closes).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, closes).into_response(),
    }
}
