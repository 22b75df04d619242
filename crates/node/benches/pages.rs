//! How long a register of 10,000 deployments takes to answer 1,000 requests a second on one core.
//!
//! `cargo bench -p node --bench pages`. The city lies on a disk and is served by a process of its own, which may use one core
//! alone (`taskset`); the requests come from the others, which this process keeps to, over 16 connections, each at its own moment
//! whether or not the one before was answered in time: what a request waits for its turn counts. The mix is that of residents: half
//! of them look at a deployment, the others at lists, places, searches, what is near, and the register as data. In the same run and
//! at the same rate: the style sheet, which is the same for everybody and costs nothing but the way through the server.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures by the machine's clock")]
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot start has nothing to say")]

mod pages {
    pub(crate) mod city;
    pub(crate) mod load;
}

use std::env;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::Path;
use std::process::{self, Child, Command, Stdio};
use std::sync::Arc;
use std::thread;

use flow::City;
use model::{Clock, Timestamp};
use pages::city::{DEPLOYMENTS, PLACES, Still, build};
use pages::load::{Load, Taken};
use testkit::SeededBytes;

/// Requests a second, in all.
const RATE: u32 = 1_000;
/// How long each side is asked.
const SECONDS: u32 = 20;
/// The most that one in a hundred requests may take longer than, in milliseconds.
const AIM_MS: f64 = 10.0;
/// Where the city is told to the process that serves it.
const FOLDER: &str = "ORDINANCE_BENCH_CITY";

fn main() {
    if let Ok(folder) = env::var(FOLDER) {
        serve(Path::new(&folder));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let city = folder.path().join("city");
    let entries = build(&city);
    println!("{DEPLOYMENTS} deployments at {PLACES} places, {entries} entries of the log");
    step_aside();
    let (mut served, address, pinned) = started(&city);
    println!("served by {}", if pinned { "one core" } else { "every core: `taskset` is not installed" });
    let load = Load { address, rate: RATE, seconds: SECONDS };
    // What is worked out once is worked out before.
    drop(Load { seconds: 3, ..load }.run(mixed));
    let baseline = load.run(|_| "/style.css".to_owned());
    let taken = load.run(mixed);
    served.kill().unwrap();
    served.wait().unwrap();
    print("the style sheet", &baseline);
    print("the mix", &taken);
    for (kind, taken) in taken.by_kind() {
        print(&format!("  {kind}"), &taken);
    }
    println!("the mix / the style sheet: {:.1} of its median", taken.quantile(0.5) / baseline.quantile(0.5));
    let p99 = taken.quantile(0.99);
    println!("p99 {p99:.2} ms, {} the aim of {AIM_MS:.0} ms", if p99 <= AIM_MS { "within" } else { "beyond" });
}

fn print(name: &str, taken: &Taken) {
    println!(
        "{name:<28} {:>6} answers  p50 {:>8.2} ms  p90 {:>8.2} ms  p99 {:>8.2} ms  most {:>8.2} ms  {:>7.1} kB each",
        taken.count(),
        taken.quantile(0.5),
        taken.quantile(0.9),
        taken.quantile(0.99),
        taken.quantile(1.0),
        taken.kilobytes(),
    );
}

/// What residents look at.
fn mixed(number: u32) -> String {
    let mixed = number.wrapping_mul(2_654_435_761) >> 8;
    let (deployment, place) = (mixed % u32::try_from(DEPLOYMENTS).unwrap(), mixed % u32::try_from(PLACES).unwrap());
    match number % 20 {
        0 => "/".to_owned(),
        1 => format!("/places/site-{place}"),
        2 => "/places".to_owned(),
        3 => format!(
            "/near?lat={:.4}&lon={:.4}",
            49.1 + f64::from(mixed % 2_000) / 10_000.0,
            16.5 + f64::from(mixed % 3_000) / 10_000.0
        ),
        4 => format!("/search?q={}", ["cctv", "air", "traffic+counter", "wifi", "square"][(mixed % 5) as usize]),
        5 => "/purposes".to_owned(),
        6 => "/purposes/air-quality".to_owned(),
        7 => "/technologies/wifi-counter".to_owned(),
        8 => format!("/organisations/department-{}", mixed % 40),
        9 => format!("/api/v1/deployments/d-{deployment}"),
        10 => format!("/deployments/d-{deployment}/sign.svg"),
        11 => "/changes".to_owned(),
        12 => "/numbers".to_owned(),
        _ => format!("/deployments/d-{deployment}"),
    }
}

/// Leaves the first core to the process that serves, if there are others.
fn step_aside() {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let mut command = Command::new("taskset");
    command.args(["-cp", &format!("1-{}", cores - 1), &process::id().to_string()]).stdout(Stdio::null());
    if cores == 1 || !command.status().is_ok_and(|status| status.success()) {
        println!("the requests come from every core, that of the server included");
    }
}

/// Starts the process that serves, on one core if that can be had.
fn started(city: &Path) -> (Child, SocketAddr, bool) {
    let own = env::current_exe().unwrap();
    let pinned = Command::new("taskset").arg("-V").stdout(Stdio::null()).status().is_ok_and(|status| status.success());
    let mut command = if pinned { Command::new("taskset") } else { Command::new(&own) };
    if pinned {
        command.args(["-c", "0"]).arg(&own);
    }
    let mut child = command.env(FOLDER, city).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim().parse().unwrap(), pinned)
}

/// Serves the city until it is killed.
fn serve(folder: &Path) {
    let now: Timestamp = pages::city::now();
    let clock: Arc<dyn Clock> = Arc::new(Still(now));
    let city = Arc::new(City::open(folder, clock, Arc::new(SeededBytes::new(7))).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap());
        node::serve(city, None, listener, std::future::pending::<()>()).await.unwrap();
    });
}
