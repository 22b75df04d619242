//! `ordinance demo`: a whole city on this machine, from sensor to recipient, and the proof of it.
//!
//! The city is built by the same commands, fed over the same HTTP and asked over the same HTTP as any other. Only its
//! clock is played: it follows the data, so that two days pass in a minute.

mod ask;
mod build;
mod checks;
pub(crate) mod clock;
mod feed;
mod life;
mod papers;
mod play;
mod recordings;
mod scan;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use flow::City;
use serde::Serialize;

use crate::args::Demo;
use crate::client::Client;
use crate::commands::serve::{Serving, Sql, run_node, stop_signal};
use crate::output::Output;

use ask::Answers;
use checks::Check;
use clock::PlayedClock;
use feed::Feed;
use play::Played;

/// The file that says that a folder holds a demo city and may be replaced.
const MARKER: &str = "demo-city.marker";
/// How often the played city's clock ticks once it stays up.
const TICK: Duration = Duration::from_secs(5);

/// What the demo showed.
#[derive(Serialize)]
struct Summary {
    city: String,
    folder: String,
    register: String,
    from: String,
    to: String,
    played: Played,
    answers: Answers,
    log: LogSummary,
    checks: Vec<Check>,
    all_held: bool,
}

#[derive(Serialize)]
struct LogSummary {
    entries: u64,
    root: String,
    key: String,
    disclosures: u64,
}

pub(crate) fn run(args: &Demo, output: &Output) -> anyhow::Result<()> {
    prepare(&args.dir)?;
    let feed = Feed::open(args)?;
    let clock = Arc::new(PlayedClock::new(build::founded(&feed)));
    let built = build::city(&args.dir, &feed, Arc::clone(&clock), output)?;
    let city = Arc::clone(&built.city);
    let node = Node::start(Arc::clone(&city), args.listen)?;
    let address = format!("http://{}", node.address);
    output.say(&format!("The node listens on {address}/\n"));
    let client = Client::new(&address);

    let played = play::play(&built, feed, &clock, &client, output)?;
    let answers = ask::ask(&built, &played, &client, output)?;
    city.tick()?;
    let audit = checks::audit(&args.dir, &city)?;
    let checks = checks::all(&built, &played, &answers, &audit)?;
    let all_held = checks.iter().all(|check| check.held);
    let summary = Summary {
        city: build::NAME.to_owned(),
        folder: args.dir.display().to_string(),
        register: format!("{address}/"),
        from: built.starts.to_string(),
        to: city.register().now().to_string(),
        log: LogSummary {
            entries: audit.log.size,
            root: audit.log.root.to_string(),
            key: audit.key.clone(),
            disclosures: audit.state.next_disclosure.0,
        },
        played,
        answers,
        checks,
        all_held,
    };
    output.result(&summary, &in_words(&summary))?;
    if args.once {
        node.stop()?;
        if all_held {
            return Ok(());
        }
        bail!("not every check held");
    }
    clock.run_on();
    output.say(&format!("\nThe city stays up. Its public register: {address}/\nStop with Ctrl-C."));
    node.join()
}

/// Makes room for the demo city: replaces an earlier one, touches nothing else.
fn prepare(dir: &Path) -> anyhow::Result<()> {
    let empty = !dir.exists() || fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none());
    if !empty {
        if !dir.join(MARKER).exists() {
            bail!("`{}` is not empty and holds no demo city; give another folder with --dir", dir.display());
        }
        fs::remove_dir_all(dir).with_context(|| format!("cannot replace `{}`", dir.display()))?;
    }
    fs::create_dir_all(dir)?;
    fs::write(dir.join(MARKER), "This folder holds a demo city and is replaced by the next demo.\n")?;
    Ok(())
}

/// The node, in a thread of its own.
struct Node {
    address: SocketAddr,
    stop: tokio::sync::oneshot::Sender<()>,
    /// While the sensors are played, the demo lets the clock tick: one that ticks by itself would come between two devices.
    tick: tokio::sync::oneshot::Sender<()>,
    thread: thread::JoinHandle<anyhow::Result<()>>,
}

impl Node {
    fn start(city: Arc<City>, listen: SocketAddr) -> anyhow::Result<Self> {
        let (up, address) = mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let (tick, begin) = tokio::sync::oneshot::channel::<()>();
        let until = async move {
            // Told to stop by the demo, or by a signal; a sender that goes away without a word keeps it up.
            let told = async {
                if stopped.await.is_err() {
                    std::future::pending::<()>().await
                }
            };
            tokio::select! { () = told => {}, () = stop_signal() => {} }
        };
        let thread = thread::spawn(move || {
            let sql = Sql::of(&city, false)?;
            let serving = Serving {
                listen,
                flight: None,
                tick: TICK,
                begin: Some(begin),
                allowed: Vec::new(),
                own_servers: Vec::new(),
                limits: node::RateLimits::DEFAULT,
            };
            run_node(city, sql, serving, until, |at| up.send(at.register).context("the demo went away"))
        });
        match address.recv() {
            Ok(address) => Ok(Self { address, stop, tick, thread }),
            Err(_) => match thread.join() {
                Ok(Err(error)) => Err(error),
                _ => bail!("the node did not start"),
            },
        }
    }

    fn stop(self) -> anyhow::Result<()> {
        // A node that has stopped already needs no telling.
        let _ = self.stop.send(());
        self.thread.join().unwrap_or_else(|_| bail!("the node stopped badly"))
    }

    fn join(self) -> anyhow::Result<()> {
        drop(self.stop);
        // A node that has stopped already has nothing to tick for.
        let _ = self.tick.send(());
        self.thread.join().unwrap_or_else(|_| bail!("the node stopped badly"))
    }
}

fn in_words(summary: &Summary) -> String {
    let mut lines = vec![format!(
        "\nThe log holds {} acts and {} disclosures; its root is {}.",
        summary.log.entries, summary.log.disclosures, summary.log.root
    )];
    for check in &summary.checks {
        lines.push(format!("  {}  {}: {}", if check.held { "held  " } else { "FAILED" }, check.name, check.detail));
    }
    let verdict = if summary.all_held { "Every check held." } else { "Not every check held." };
    lines.push(format!(
        "{verdict}\nWhat each recipient received: {0}/answers\nCheck the log yourself: ordinance verify {0}",
        summary.folder
    ));
    lines.join("\n")
}
