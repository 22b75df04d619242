//! The node's own numbers and health. Counts of requests' worth, never a value of an observation, and nothing from which
//! the hits of a match-or-drop stream could be told. Of a stream about people nothing is said that depends on who was there:
//! how many observations came is an exact number of every second, which no minimum and no noise has gone over.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use flow::Step;
use flow::counters::{StreamCounts, TickCounts};
use model::StreamId;
use register::register::CLOCK_BEHIND_MAX_MILLIS;

use crate::jobs::Lane;
use crate::problem::{Kind, Problem};
use crate::router::Node;

/// The text format of Prometheus.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// One number of every stream: name, help, and where it stands.
type Metric = (&'static str, &'static str, fn(&StreamCounts) -> u64);

/// What sensors brought: told of streams about nobody alone. A batch that was refused came when somebody walked by, too.
const OBSERVED_METRICS: [Metric; 4] = [
    ("ordinance_observations_admitted_total", "Observations admitted since the start.", |counts| counts.admitted),
    (
        "ordinance_observations_late_total",
        "Observations that came after their window was released, since the city began.",
        |counts| counts.late,
    ),
    ("ordinance_batches_refused_total", "Batches of observations refused since the start.", |counts| counts.refused),
    ("ordinance_windows_released_total", "Windows released since the start.", |counts| counts.windows),
];

/// What was asked and refused.
const STREAM_METRICS: [Metric; 2] = [
    ("ordinance_disclosures_total", "Disclosures made since the start.", |counts| counts.disclosures),
    ("ordinance_disclosures_refused_total", "Disclosures refused since the start.", |counts| {
        counts.disclosures_refused
    }),
];

/// Whether the city can do its work.
#[utoipa::path(
    get, path = "/healthz", tag = "node",
    responses(
        (status = 200, description = "It can", body = String, content_type = "text/plain"),
        (status = 503, description = "The city cannot do it now", body = crate::api::openapi::ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn health(State(node): State<Node>) -> Result<impl IntoResponse, Problem> {
    let (state, now) = (node.city.register().state(), node.city.register().now());
    let unwell = |detail: String| Problem::new(Kind::Unavailable).detail(detail);
    if node.city.register().bundle().is_none() {
        return Err(unwell("no policies are in force, so nothing is decided".to_owned()));
    }
    if let Some(last) = state.last_at.filter(|last| last.millis() - now.millis() > CLOCK_BEHIND_MAX_MILLIS) {
        return Err(unwell(format!("the clock says {now}, but the last act happened at {last}; nothing is written")));
    }
    let (log, city) = (node.log.clone(), Arc::clone(&node.city));
    let overdue = node.jobs.run(Lane::Open, move || log.checkpoint().map(|_| city.overdue_keys())).await??;
    match overdue {
        Ok(0) => {}
        Ok(keys) => {
            let what = "pseudonym keys are past their time and still there; see what the node says of its ticks";
            return Err(unwell(format!("{keys} {what}")));
        }
        Err(_) => return Err(unwell("the folder of pseudonym keys cannot be read".to_owned())),
    }
    Ok(([(header::CACHE_CONTROL, "no-store"), (header::CONTENT_TYPE, "text/plain; charset=utf-8")], "ok\n"))
}

/// Counters, as Prometheus reads them.
#[utoipa::path(
    get, path = "/metrics", tag = "node",
    responses(
        (status = 200, description = "Counters", body = String, content_type = "text/plain"),
        (status = 503, description = "The city cannot do it now", body = crate::api::openapi::ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn metrics(State(node): State<Node>) -> Result<impl IntoResponse, Problem> {
    let city = Arc::clone(&node.city);
    // A folder that cannot be read is no zero: the number is left out, and the city is unwell.
    let overdue = node.jobs.run(Lane::Open, move || city.overdue_keys()).await?.ok();
    let state = node.city.register().state();
    let counts = node.city.counters().snapshot();
    let mut text = String::new();
    for (name, help, value) in [
        ("ordinance_log_entries", "Entries of the log, published or not.", state.size),
        ("ordinance_deployments", "Deployments in the register.", state.deployments.len() as u64),
        ("ordinance_live_connections", "Connections that watch what is released.", node.watchers.count() as u64),
        ("ordinance_disclosures_batched", "Disclosures that the log holds in batches.", state.next_disclosure.0),
    ] {
        head(&mut text, name, help, "gauge");
        line(&mut text, &format!("{name} {value}"));
    }
    if let Some(overdue) = overdue {
        let name = "ordinance_keys_overdue";
        head(&mut text, name, "Pseudonym keys that are past their time and still there.", "gauge");
        line(&mut text, &format!("{name} {overdue}"));
    }
    ticks(&mut text, &node.city.ticks());
    let may_be = |stream: &StreamId| state.stream(stream).is_some_and(|(_, stream)| stream.may_be_counted());
    let metrics = OBSERVED_METRICS.iter().map(|metric| (metric, true));
    for ((name, help, value), observed) in metrics.chain(STREAM_METRICS.iter().map(|metric| (metric, false))) {
        head(&mut text, name, help, "counter");
        for (stream, counts) in counts.iter().filter(|(stream, _)| !observed || may_be(stream)) {
            line(&mut text, &format!("{name}{{stream=\"{stream}\"}} {}", value(counts)));
        }
    }
    Ok(([(header::CACHE_CONTROL, "no-store"), (header::CONTENT_TYPE, PROMETHEUS)], text))
}

/// How the ticks went: what lapses, deletes, destroys and releases.
fn ticks(text: &mut String, ticks: &TickCounts) {
    for (name, help, kind, value) in [
        ("ordinance_ticks_total", "Ticks that did everything.", "counter", ticks.done),
        ("ordinance_ticks_failed_total", "Ticks of which a step failed.", "counter", ticks.failed),
        ("ordinance_ticks_failing", "How many of the latest ticks failed in a row.", "gauge", ticks.failing),
    ] {
        head(text, name, help, kind);
        line(text, &format!("{name} {value}"));
    }
    let name = "ordinance_tick_step_failures_total";
    head(text, name, "Failures of a tick's steps.", "counter");
    for step in Step::ALL {
        let failures = ticks.steps.get(&step).copied().unwrap_or(0);
        line(text, &format!("{name}{{step=\"{}\"}} {failures}", step.code()));
    }
}

fn head(text: &mut String, name: &str, help: &str, kind: &str) {
    line(text, &format!("# HELP {name} {help}"));
    line(text, &format!("# TYPE {name} {kind}"));
}

fn line(text: &mut String, words: &str) {
    text.push_str(words);
    text.push('\n');
}
