//! `ordinance serve`: the city's node, and the clock that ticks for it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use flow::City;
use lake::Options;
use node::{Allowed, Webhooks};
use tokio::net::TcpListener;

use crate::args::Serve;
use crate::output::Output;
use crate::system::{SystemClock, SystemEntropy};

pub(crate) fn run(args: &Serve, output: &Output) -> anyhow::Result<()> {
    let options = Options { segment_bytes_max: args.segment_bytes };
    let city = Arc::new(City::open_with(&args.dir, Arc::new(SystemClock), Arc::new(SystemEntropy), options)?);
    city.tick()?;
    let name = city.register().state().city.as_ref().map(|city| city.name.clone()).unwrap_or_default();
    let tick = Duration::from_secs(args.tick);
    let allowed = args.webhooks_allow.clone();
    run_node(Arc::clone(&city), args.listen, tick, allowed, stop_signal(), |address| {
        output.result(
            &serde_json::json!({ "city": name, "register": format!("http://{address}/") }),
            &format!("{name} is up.\nThe public register: http://{address}/\nStop with Ctrl-C."),
        )
    })?;
    city.tick()?;
    Ok(())
}

/// Serves a city until a future ends, ticking as often as asked, with its webhooks, which may reach what is allowed. `up`
/// hears the address.
pub(crate) fn run_node(
    city: Arc<City>,
    listen: SocketAddr,
    tick: Duration,
    allowed: Vec<Allowed>,
    until: impl Future<Output = ()> + Send + 'static,
    up: impl FnOnce(SocketAddr) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
        up(listener.local_addr()?)?;
        let ticker = tokio::spawn(keep_ticking(Arc::clone(&city), tick));
        let webhooks = tokio::spawn(Webhooks::new(Arc::clone(&city), allowed).run());
        node::serve(city, listener, until).await?;
        webhooks.abort();
        ticker.abort();
        Ok(())
    })
}

/// Ticks for as long as the node runs. A tick that fails says so and is tried again: nothing opens meanwhile.
async fn keep_ticking(city: Arc<City>, every: Duration) {
    let mut interval = tokio::time::interval(every);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        let city = Arc::clone(&city);
        let ticked = tokio::task::spawn_blocking(move || city.tick()).await;
        if let Ok(Err(error)) = ticked {
            drop(std::io::Write::write_all(
                &mut std::io::stderr(),
                format!("ordinance: a tick failed: {error}\n").as_bytes(),
            ));
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
