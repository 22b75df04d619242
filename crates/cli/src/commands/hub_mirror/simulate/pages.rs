//! How long a hub's pages take with all of its members: the hub is served on this machine, and every page that can be reached is asked
//! for by one reader, again and again.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use hub::Hub;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use ureq::Agent;

use crate::system::timed;

/// The most pages that are asked for. What is nearest to the first page comes first.
const PAGES_MAX: usize = 200;
/// How often each of them is asked for, after it was found.
const ROUNDS: usize = 10;
/// The largest page that is read, in bytes.
const PAGE_BYTES_MAX: u64 = 4 << 20;
/// The longest wait for a page.
const PAGE_TIME_MAX: Duration = Duration::from_secs(60);
/// A page that is worked out of all cities, and says so for as long as it is not.
const OF_ALL_CITIES: &str = "/benchmarks";
/// How often it is asked for, once a second, until it is there: half an hour.
const TRIES_MAX: usize = 1_800;

/// How the pages answered.
#[derive(Debug, Serialize)]
pub(super) struct Answered {
    /// How many pages.
    pub(super) pages: usize,
    /// How often they were asked for.
    pub(super) requests: usize,
    /// Half of the answers took no longer, in milliseconds.
    pub(super) p50_milliseconds: f64,
    /// Of a hundred answers 99 took no longer, in milliseconds.
    pub(super) p99_milliseconds: f64,
    /// The slowest page, and how long it took.
    pub(super) slowest: String,
    /// In milliseconds.
    pub(super) slowest_milliseconds: f64,
}

/// Serves a hub and asks for its pages.
pub(super) fn answered(hub: Hub) -> anyhow::Result<Answered> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).context("cannot listen on this machine")?;
    let address = format!("http://{}", listener.local_addr()?);
    let (stop, stopped) = oneshot::channel::<()>();
    thread::scope(|scope| {
        let serving = scope.spawn(|| runtime.block_on(hub::serve(Arc::new(hub), listener, stopped)));
        let read = read(&address);
        drop(stop);
        serving.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        read
    })
}

fn read(address: &str) -> anyhow::Result<Answered> {
    let config = Agent::config_builder().timeout_global(Some(PAGE_TIME_MAX)).http_status_as_error(false);
    let agent: Agent = config.build().into();
    counted(&agent, address)?;
    let pages = reached(&agent, address)?;
    let mut took = Vec::with_capacity(pages.len() * ROUNDS);
    for _ in 0..ROUNDS {
        for page in &pages {
            let (answer, time) = timed(|| ask(&agent, address, page));
            if answer?.is_none() {
                bail!("`{page}` answered otherwise the second time");
            }
            took.push((time.wall, page));
        }
    }
    took.sort_unstable();
    let of_hundred = |share: usize| took.get((took.len() * share).div_ceil(100).saturating_sub(1));
    let (Some(half), Some(most), Some(last)) = (of_hundred(50), of_hundred(99), took.last()) else {
        bail!("the hub has no page");
    };
    let millis = |time: Duration| time.as_secs_f64() * 1_000.0;
    Ok(Answered {
        pages: pages.len(),
        requests: took.len(),
        p50_milliseconds: millis(half.0),
        p99_milliseconds: millis(most.0),
        slowest: last.1.clone(),
        slowest_milliseconds: millis(last.0),
    })
}

/// Waits until the hub has counted over its mirrors, as it does once after it was started: the pages of what it found are among those
/// that are measured.
#[expect(clippy::disallowed_methods, reason = "one reader waits, in a process that does nothing else")]
fn counted(agent: &Agent, address: &str) -> anyhow::Result<()> {
    for _ in 0..TRIES_MAX {
        if ask(agent, address, OF_ALL_CITIES)?.is_some() {
            return Ok(());
        }
        thread::sleep(Duration::from_secs(1));
    }
    bail!("`{OF_ALL_CITIES}` was not there after {TRIES_MAX} tries")
}

/// Every page that links lead to from the first one, breadth first.
fn reached(agent: &Agent, address: &str) -> anyhow::Result<Vec<String>> {
    let (mut seen, mut waiting) = (BTreeSet::from(["/".to_owned()]), VecDeque::from(["/".to_owned()]));
    let mut pages = Vec::new();
    while let Some(next) = waiting.pop_front().filter(|_| pages.len() < PAGES_MAX) {
        let Some(page) = ask(agent, address, &next)? else { continue };
        pages.push(next);
        for link in links(&page) {
            if seen.insert(link.clone()) {
                waiting.push_back(link);
            }
        }
    }
    Ok(pages)
}

/// A page; none if it is something else, such as a feed, or not for everybody.
fn ask(agent: &Agent, address: &str, path: &str) -> anyhow::Result<Option<String>> {
    let answer = agent.get(format!("{address}{path}")).header("accept", "text/html").call();
    let mut answer = answer.with_context(|| format!("`{path}`"))?;
    let is_html = answer.headers().get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_html || answer.status().as_u16() != 200 {
        // A list of every city is a file of many megabytes, and no page.
        return Ok(None);
    }
    let text = answer.body_mut().with_config().limit(PAGE_BYTES_MAX).read_to_string();
    text.map(Some).with_context(|| format!("`{path}`"))
}

/// The addresses within the hub that a page links to.
fn links(page: &str) -> Vec<String> {
    let quoted = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let own = quoted.filter(|link| link.starts_with('/') && !link.starts_with("//"));
    own.map(|link| link.split('#').next().unwrap_or_default().replace("&amp;", "&")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_within_the_hub_are_followed_and_no_others() {
        let page = r##"<a href="/members?kind=city&amp;after=a#top">x</a> <a href="https://else.example/">y</a>
            <a href="//else.example/">z</a> <a href="#main">m</a> <a href="/">home</a>"##;
        assert_eq!(links(page), ["/members?kind=city&after=a", "/"]);
    }
}
