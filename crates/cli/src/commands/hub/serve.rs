//! `ordinance hub serve`: the hub's pages and log, and the clock that publishes for it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;

use super::looking::Looking;
use super::open;
use crate::args::hub::Serve;
use crate::commands::serve::{complain, stop_signal};
use crate::output::Output;

pub(super) fn run(args: &Serve, output: &Output) -> anyhow::Result<()> {
    let hub = Arc::new(open(&args.dir)?);
    let name = hub.state().founded.as_ref().map(|founded| founded.name.to_string()).unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let bound = TcpListener::bind(args.listen).await;
        let listener = bound.with_context(|| format!("cannot listen on {}", args.listen))?;
        let address = format!("http://{}/", listener.local_addr()?);
        let words = format!("{name} is up.\nThe hub: {address}\nStop with Ctrl-C.");
        output.result(&serde_json::json!({ "hub": name, "address": address }), &words)?;
        let looking = Looking::begin(args, Arc::clone(&hub))?;
        let ticker = tokio::spawn(keep_publishing(Arc::clone(&hub), Duration::from_secs(args.tick)));
        hub::serve(Arc::clone(&hub), listener, stop_signal()).await?;
        ticker.abort();
        drop(looking);
        anyhow::Ok(())
    })?;
    hub.publish()?;
    Ok(())
}

/// Publishes for as long as the hub runs. What fails says so and is tried again: nothing is answered from what is not published.
async fn keep_publishing(hub: Arc<hub::Hub>, every: Duration) {
    let mut interval = tokio::time::interval(every);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        let hub = Arc::clone(&hub);
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || hub.publish()).await {
            complain(&format!("the log was not published: {error}"));
        }
    }
}
