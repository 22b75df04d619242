//! What counting a request against its quota costs.
//!
//! `cargo bench -p node --bench limit`. The same router answers the same small request of the API, without a network between: once as a
//! stranger with an address, once with a party's token, and once as somebody whom nothing tells apart, who is not counted. Rounds of
//! the three follow one another, so that what else the machine does meets all of them; the middle round of each counts.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures by the machine's clock")]
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot start has nothing to say")]

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use flow::{City, Created};
use model::policy::PolicyText;
use model::{Party, PartyKind};
use node::RateLimits;
use register::{Adopting, Founding, Submission};
use testkit::{FakeClock, SeededBytes};
use tower::ServiceExt;
use web::Peer;

/// Requests of one round.
const REQUESTS: u32 = 5_000;
/// Rounds of each kind.
const ROUNDS: usize = 21;
/// Addresses that strangers ask from, in turn.
const ADDRESSES: u32 = 10_000;
const TOKEN: &str = "token-of-city";

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let router =
        node::router_within(city(folder.path()), None, RateLimits { token: NonZeroU32::MAX, address: NonZeroU32::MAX });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let own = Peer(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let stranger = |number: u32| Peer(IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + number % ADDRESSES)));
    let mut took: [Vec<f64>; 3] = Default::default();
    for round in 0..=ROUNDS {
        let ran = [
            runtime.block_on(asked(&router, |_| own, None)),
            runtime.block_on(asked(&router, stranger, None)),
            runtime.block_on(asked(&router, |_| own, Some(TOKEN))),
        ];
        // The first round warms up.
        if round > 0 {
            took.iter_mut().zip(ran).for_each(|(took, ran)| took.push(ran));
        }
    }
    let [uncounted, address, token] = took.map(middle);
    println!("GET /api/v1/acts?limit=1 through the router, {REQUESTS} times, the middle of {ROUNDS} rounds:");
    println!("  not counted           {uncounted:8.2} µs each");
    for (name, micros) in [("counted by address", address), ("counted by token", token)] {
        println!("  {name:<20}  {micros:8.2} µs each, {:.3} of that", micros / uncounted);
    }
}

/// Microseconds that a request took on average.
async fn asked(router: &Router, peer: impl Fn(u32) -> Peer, token: Option<&str>) -> f64 {
    let began = Instant::now();
    for number in 0..REQUESTS {
        let mut request = Request::get("/api/v1/acts?limit=1").header("host", "city.example");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.extension(peer(number)).body(Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    began.elapsed().as_secs_f64() * 1e6 / f64::from(REQUESTS)
}

fn middle(mut took: Vec<f64>) -> f64 {
    took.sort_by(f64::total_cmp);
    took[took.len() / 2]
}

/// A city with nothing in it but a party that has a token.
fn city(folder: &std::path::Path) -> Arc<City> {
    let clock = Arc::new(FakeClock::at("2026-11-24T08:00:00Z".parse().unwrap()));
    let founder = Party { id: "city".parse().unwrap(), name: "City".to_owned(), kind: PartyKind::CityDepartment };
    let policies = PolicyText {
        layers: vec![testkit::core()],
        permits: norms::city_permits_default().to_owned(),
        permits_owner: founder.id.clone(),
    };
    let founding = Founding {
        name: "City".to_owned(),
        founder,
        adopting: Adopting::unreleased(policies, "for tests".to_owned()),
        reason: None,
    };
    let created = Created { founding, origin: "city.example/log".to_owned() };
    let city = City::create(&folder.join("city"), created, clock, Arc::new(SeededBytes::new(7))).unwrap();
    let command = register::Command::IssuePartyCredential {
        party: "city".parse().unwrap(),
        credential: flow::city::credential(TOKEN),
    };
    city.register().submit(Submission { by: "city".parse().unwrap(), reason: None, command }).unwrap();
    city.register().publish().unwrap();
    Arc::new(city)
}
