//! Limits, health, numbers, and a real socket.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use model::Span;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::city::World;

#[tokio::test]
async fn a_method_that_does_not_fit_is_a_problem_with_the_ones_that_do() {
    let world = World::founded();
    for (method, path, allow) in [
        ("DELETE", "/", "GET,HEAD"),
        ("POST", "/log/checkpoint", "GET,HEAD"),
        ("PUT", "/api/v1/commands", "POST"),
        ("GET", "/api/v1/observations", "POST"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = world.ask(request).await;
        assert_eq!(answer.problem(405)["type"], "/problems/method-not-allowed");
        assert_eq!(answer.header("allow"), allow, "{path}");
    }
}

#[tokio::test]
async fn a_clock_that_went_back_makes_the_city_unwell() {
    let world = World::founded();
    assert_eq!(world.get("/healthz").await.text(), "ok\n");
    world.clock.set("2026-11-24T07:00:00Z".parse().unwrap());
    let answer = world.get("/healthz").await;
    assert!(answer.problem(503)["detail"].as_str().unwrap().contains("the clock says"));
    assert_eq!(answer.header("retry-after"), "2");
}

#[tokio::test]
async fn a_key_past_its_time_makes_the_city_unwell_until_it_is_destroyed() {
    let world = World::new();
    let line = "{\"time\":\"2026-11-24T07:59:00Z\",\"mac\":\"a4:11:3c:00:00:01\"}\n";
    assert_eq!(world.post("token-of-wifi-1", "/api/v1/observations", "application/x-ndjson", line).await.status, 200);
    world.clock.set("2026-11-25T00:09:59Z".parse().unwrap());
    assert_eq!(world.get("/healthz").await.status, 200, "the next tick may still come in time");
    world.clock.set("2026-11-25T00:10:00Z".parse().unwrap());
    let problem = world.get("/healthz").await.problem(503);
    assert!(problem["detail"].as_str().unwrap().starts_with("1 pseudonym keys are past their time"), "{problem}");
    let metrics = world.get("/metrics").await.text().to_owned();
    assert!(
        metrics.contains("ordinance_keys_overdue 1\n") && metrics.contains("ordinance_ticks_total 0\n"),
        "{metrics}"
    );
    // A tick that fails in part destroys it all the same, and the failure is counted by its step.
    let mark = world.city.root().join("lake/released/wifi-counts/counts/v1/through");
    std::fs::create_dir_all(mark.parent().unwrap()).unwrap();
    std::fs::write(&mark, "never").unwrap();
    world.city.tick().unwrap_err();
    assert_eq!(world.get("/healthz").await.text(), "ok\n");
    let metrics = world.get("/metrics").await.text().to_owned();
    for line in [
        "ordinance_keys_overdue 0\n",
        "ordinance_ticks_failed_total 1\n",
        "ordinance_ticks_failing 1\n",
        "ordinance_tick_step_failures_total{step=\"releases\"} 1\n",
    ] {
        assert!(metrics.contains(line), "{line}{metrics}");
    }
    std::fs::remove_file(&mark).unwrap();
    world.city.tick().unwrap();
    let metrics = world.get("/metrics").await.text().to_owned();
    assert!(
        metrics.contains("ordinance_ticks_failing 0\n") && metrics.contains("ordinance_ticks_total 1\n"),
        "{metrics}"
    );
}

#[tokio::test]
async fn numbers_hold_no_value_and_no_hit() {
    let world = World::new();
    let line = "{\"time\":\"2026-11-24T07:59:00Z\",\"no2\":4711}\n";
    assert_eq!(world.post("token-of-air-1", "/api/v1/observations", "application/x-ndjson", line).await.status, 200);
    let probe = "{\"time\":\"2026-11-24T07:59:00Z\",\"mac\":\"a4:11:3c:00:00:01\"}\n";
    assert_eq!(world.post("token-of-wifi-1", "/api/v1/observations", "application/x-ndjson", probe).await.status, 200);
    world.clock.advance(Span::minutes(1));
    let answer = world.get("/metrics").await;
    let text = answer.text();
    assert!(text.contains("ordinance_observations_admitted_total{stream=\"air\"} 1\n"), "{text}");
    assert!(text.contains(&format!("ordinance_log_entries {}\n", world.city.register().state().size)));
    // How many phones were near this second is told nobody, not even by a counter.
    let about_people = ["wifi-counts", "plates"].map(|stream| format!("{{stream=\"{stream}\"}}"));
    for line in text.lines().filter(|line| about_people.iter().any(|stream| line.contains(stream))) {
        let observed = ["admitted", "late", "windows", "batches"].iter().any(|word| line.contains(word));
        assert!(!observed, "{line}");
    }
    assert!(text.contains("ordinance_batches_refused_total{stream=\"air\"} 0\n"), "{text}");
    assert!(text.contains("ordinance_disclosures_total{stream=\"wifi-counts\"} 0\n"), "{text}");
    assert!(!text.contains("4711") && !text.contains("hit") && !text.contains("kept") && !text.contains("order"));
    // Every line is a comment or a name with a number.
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("ordinance_") && value.parse::<u64>().is_ok(), "{line}");
    }
    assert!(world.now() > "2026-11-24T08:00:30Z".parse().unwrap());
}

/// Sends bytes to a served city and reads what comes until it closes.
async fn talk(address: std::net::SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the connection stayed open");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn it_serves_until_it_is_told_to_stop() {
    let world = World::founded();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(node::serve(world.city.clone(), None, listener, stopped));
    let close = "connection: close\r\n\r\n";
    let answer = talk(address, format!("GET /healthz HTTP/1.1\r\nhost: evil.example\r\n{close}").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("ok\n") && !answer.contains("evil"), "{answer}");
    let many = "x-more: 1\r\n".repeat(65);
    let answer = talk(address, format!("GET / HTTP/1.1\r\nhost: a\r\n{many}\r\n").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    // A connection that is open and idle does not keep the node from stopping.
    let _idle = TcpStream::connect(address).await.unwrap();
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(20), served).await;
    assert!(matches!(ended, Ok(Ok(Ok(())))));
    assert!(TcpStream::connect(address).await.is_err());
}
