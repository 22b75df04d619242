//! `ordinance serve`: the city's node, and the clock that ticks for it.

mod hubs;
#[cfg(feature = "sql")]
#[path = "serve/with_sql.rs"]
mod sql;
#[cfg(not(feature = "sql"))]
#[path = "serve/without_sql.rs"]
mod sql;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use flow::City;
use lake::Options;
use node::{Allowed, RateLimits, Webhooks};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::args::Serve;
use crate::output::Output;
use crate::system::{SystemClock, SystemEntropy};

pub(crate) use sql::Sql;

use hubs::Asking;

pub(crate) fn run(args: &Serve, output: &Output) -> anyhow::Result<()> {
    let options = Options { segment_bytes_max: args.segment_bytes };
    let city = Arc::new(City::open_with(&args.dir, Arc::new(SystemClock), Arc::new(SystemEntropy), options)?);
    let sql = Sql::of(&city, args.flight.is_some())?;
    city.tick()?;
    let _asking = Asking::begin(args, &city)?;
    let name = city.register().state().city.as_ref().map(|city| city.name.clone()).unwrap_or_default();
    let serving = Serving {
        listen: args.listen,
        flight: args.flight,
        tick: Duration::from_secs(args.tick),
        begin: None,
        allowed: args.webhooks_allow.clone(),
        own_servers: args.behind.clone(),
        limits: RateLimits { token: args.token_requests, address: args.address_requests },
    };
    run_node(Arc::clone(&city), sql, serving, stop_signal(), |up| {
        let (register, flight) = (format!("http://{}/", up.register), up.flight.map(|at| format!("grpc://{at}")));
        let spoken = flight.as_ref().map_or_else(String::new, |at| format!("\nFlight SQL, with a token: {at}"));
        output.result(
            &serde_json::json!({ "city": name, "register": register, "flight": flight }),
            &format!("{name} is up.\nThe public register: {register}{spoken}\nStop with Ctrl-C."),
        )
    })?;
    city.tick()?;
    Ok(())
}

/// Where and how a city is served.
pub(crate) struct Serving {
    pub(crate) listen: SocketAddr,
    /// Where Flight SQL is spoken, if it is.
    pub(crate) flight: Option<SocketAddr>,
    pub(crate) tick: Duration,
    /// Until when no clock ticks, because somebody else lets it: until told, or at once.
    pub(crate) begin: Option<oneshot::Receiver<()>>,
    /// What webhooks may reach.
    pub(crate) allowed: Vec<Allowed>,
    /// The city's own web servers on other machines, through which everybody comes.
    pub(crate) own_servers: Vec<IpAddr>,
    /// How much the API answers in a minute.
    pub(crate) limits: RateLimits,
}

/// Where a node is up.
pub(crate) struct Up {
    pub(crate) register: SocketAddr,
    pub(crate) flight: Option<SocketAddr>,
}

/// Serves a city until a future ends, ticking as often as asked, with its webhooks, which may reach what is allowed. `up`
/// hears the addresses.
pub(crate) fn run_node(
    city: Arc<City>,
    sql: Sql,
    serving: Serving,
    until: impl Future<Output = ()> + Send + 'static,
    up: impl FnOnce(Up) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let bound = async |at| TcpListener::bind(at).await.with_context(|| format!("cannot listen on {at}"));
        let listener = bound(serving.listen).await?;
        let flight = match serving.flight {
            Some(at) => Some(bound(at).await?),
            None => None,
        };
        let spoken = flight.as_ref().map(TcpListener::local_addr).transpose()?;
        up(Up { register: listener.local_addr()?, flight: spoken })?;
        let ticker = tokio::spawn(keep_ticking(Arc::clone(&city), serving.tick, serving.begin));
        let webhooks = tokio::spawn(Webhooks::new(Arc::clone(&city), serving.allowed).run());
        let (stop, stopped) = oneshot::channel();
        let flights = tokio::spawn(sql.clone().speak(flight, stopped));
        node::serve_within(city, sql.desk(), serving.limits, listener, &serving.own_servers, until).await?;
        drop(stop);
        flights.await?;
        webhooks.abort();
        ticker.abort();
        Ok(())
    })
}

/// Says what went wrong while the node goes on.
pub(crate) fn complain(error: &dyn std::fmt::Display) {
    drop(std::io::Write::write_all(&mut std::io::stderr(), format!("ordinance: {error}\n").as_bytes()));
}

/// Ticks for as long as the node runs. A tick that fails says so and is tried again: nothing opens meanwhile.
async fn keep_ticking(city: Arc<City>, every: Duration, begin: Option<oneshot::Receiver<()>>) {
    if let Some(begin) = begin
        && begin.await.is_err()
    {
        return;
    }
    let mut interval = tokio::time::interval(every);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        let city = Arc::clone(&city);
        let ticked = tokio::task::spawn_blocking(move || city.tick()).await;
        if let Ok(Err(error)) = ticked {
            complain(&format!("a tick failed: {error}"));
        }
    }
}

/// Ends when the process is interrupted or told to terminate.
pub(crate) async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
            return;
        }
    }
    drop(interrupt.await);
}
