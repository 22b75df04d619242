//! How long pages about many cities take: benchmarks, the map, mirrors, searches among them.
//!
//! `cargo bench -p hub --bench pages`. Twenty thousand generated cities with a year of logs are mirrored (another number:
//! `ORDINANCE_BENCH_CITIES=200000`), the board is worked out once, and then two hundred pages a second are asked for that differ in
//! benchmark, page, search and city, each at its own moment whether or not the one before was answered: waiting for a turn counts.
//! Time ends with the last byte, without a network. The baseline of the same run is the style sheet, which costs nothing but the way
//! through the routes.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures by the machine's clock")]
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot start has nothing to say")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use hub::member::{ListedMember, MemberKind};
use hub::mirror::{Mirror, refresh};
use hub::simulate::Generated;
use hub::{Founding, Hub};
use model::{Clock, Timestamp};
use testkit::{FakeClock, SeededBytes};
use tower::ServiceExt as _;

const CITIES: u64 = 20_000;
/// How many pages are asked for in all, and how long after each other, in milliseconds.
const TIMES: u64 = 4_000;
const EVERY_MS: u64 = 5;
/// The longest that one in a hundred may take, in milliseconds.
const AIM_MS: f64 = 20.0;
const BENCHMARKS: [&str; 4] = ["review-overdue", "days-to-decision", "assessment-before-observation", "open-views"];

/// The clock of this machine.
struct Machine;

impl Clock for Machine {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
    }
}

fn main() {
    let cities = std::env::var("ORDINANCE_BENCH_CITIES").ok().and_then(|text| text.parse().ok()).unwrap_or(CITIES);
    let folder = tempfile::tempdir().unwrap();
    let hub = begun(&folder.path().join("hub"));
    mirrored(&hub.mirrors(), cities);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let app = hub::routes(hub);
    let begun = Instant::now();
    // A hub that counts for the first time says so after some seconds, and is asked again.
    while runtime.block_on(ask(&app, "/benchmarks")) != StatusCode::OK {}
    println!("the first board of {cities} cities: {:.2} s", begun.elapsed().as_secs_f64());
    let sheet = |_| ("the style sheet", web::address().to_owned());
    print(&runtime.block_on(asked(&app, sheet)));
    let taken = runtime.block_on(asked(&app, move |number| page(number, cities)));
    print(&taken);
    let mut all: Vec<Duration> = taken.into_values().flatten().collect();
    all.sort();
    let p99 = quantile(&all, 99);
    let word = if p99 <= AIM_MS { "within" } else { "beyond" };
    println!("all pages: p99 {p99:.2} ms, {word} the aim of {AIM_MS:.0} ms");
}

fn begun(root: &Path) -> Arc<Hub> {
    let secretariat = ListedMember {
        id: "secretariat".parse().unwrap(),
        kind: MemberKind::FoundingPartner,
        name: Some("The secretariat".parse().unwrap()),
        country: None,
    };
    let (name, origin) = ("The Alliance".parse().unwrap(), "hub.example/log".to_owned());
    let founding = Founding { name, origin, secretariat, person: "secretariat".parse().unwrap() };
    Arc::new(Hub::create(root, founding, Arc::new(Machine), Arc::new(SeededBytes::new(1))).unwrap())
}

fn mirrored(folder: &Path, cities: u64) {
    let mut mirror = Mirror::open(folder).unwrap();
    let mut number = 0;
    while number < cities {
        let until = cities.min(number + 2_000);
        mirror.add_all(&(number..until).map(|number| Generated::entry(number).unwrap()).collect::<Vec<_>>()).unwrap();
        number = until;
    }
    let text = serde_json::json!({ "layers": [testkit::core()], "permits": norms::city_permits_default(), "permits_owner": "city" });
    let policy = serde_json::json!({ "hash": "1".repeat(64), "text": text }).to_string();
    let ways = Generated::new("2026-01-01T00:00:00Z".parse().unwrap(), policy, 364);
    let looked = refresh(folder, &ways, 2, &FakeClock::at(ways.now())).unwrap();
    println!("{} cities with {} entries are mirrored", looked.cities, looked.entries);
}

/// One of the pages that people look at, and its kind.
fn page(number: u64, cities: u64) -> (&'static str, String) {
    let mixed = number.wrapping_mul(2_654_435_761) >> 8;
    let benchmark = BENCHMARKS.iter().cycle().nth((mixed % 97) as usize).unwrap();
    let page = 1 + mixed % cities.div_ceil(50);
    match number % 8 {
        0 => ("the list of benchmarks", "/benchmarks".to_owned()),
        1 => ("a page of a benchmark", format!("/benchmarks/{benchmark}?page={page}")),
        2 => ("a search in a benchmark", format!("/benchmarks/{benchmark}?q={}", mixed % 1_000)),
        3 => ("a search that all fit", format!("/benchmarks/{benchmark}?q=city&country=XB&size=small")),
        4 => ("the map", format!("/map?benchmark={benchmark}")),
        5 => ("a page of mirrors", format!("/mirrors?page={page}")),
        6 => ("mirrors that hold", "/mirrors?standing=held&q=9".to_owned()),
        _ => ("a mirror", format!("/mirrors/city-{:06}", mixed % cities)),
    }
}

async fn ask(app: &Router, path: &str) -> StatusCode {
    let request = Request::get(path).header("accept", "text/html").body(Body::empty()).unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    drop(to_bytes(response.into_body(), 64 << 20).await.unwrap());
    status
}

/// What each kind of page took, one asked for after the other and none waited for.
async fn asked(app: &Router, page: impl Fn(u64) -> (&'static str, String)) -> BTreeMap<&'static str, Vec<Duration>> {
    let begin = tokio::time::Instant::now();
    let mut asking = Vec::new();
    for number in 0..TIMES {
        let due = begin + Duration::from_millis(number * EVERY_MS);
        let ((kind, path), app) = (page(number), app.clone());
        asking.push(tokio::spawn(async move {
            tokio::time::sleep_until(due).await;
            let status = ask(&app, &path).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            (kind, due.elapsed())
        }));
    }
    let mut all: BTreeMap<&'static str, Vec<Duration>> = BTreeMap::new();
    for asking in asking {
        let (kind, took) = asking.await.unwrap();
        all.entry(kind).or_default().push(took);
    }
    all.values_mut().for_each(|taken| taken.sort());
    all
}

/// The time below which so many in a hundred lie, in milliseconds.
fn quantile(sorted: &[Duration], hundredths: usize) -> f64 {
    let at = (sorted.len() * hundredths / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(0.0, |took| took.as_secs_f64() * 1_000.0)
}

fn print(taken: &BTreeMap<&'static str, Vec<Duration>>) {
    for (kind, taken) in taken {
        println!(
            "{kind:<28} {:>6} answers  p50 {:>7.2} ms  p99 {:>7.2} ms",
            taken.len(),
            quantile(taken, 50),
            quantile(taken, 99)
        );
    }
}
