//! A city that is served asks the hubs that it adopted from, by itself, whether what they released still stands.
//!
//! On a thread of its own: no page and no tick waits for it. What stands no longer is noted for the office and told; nothing that is in
//! force changes by it. A hub is asked at the address that whoever adopted gave, and nowhere else.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use flow::City;
use flow::recalls::Recalls;
use model::{Clock as _, Span, Timestamp, plain};

use super::complain;
use crate::args::Serve;
use crate::args::framework::HUB_PATIENCE;
use crate::commands::WORDS_CHARS_MAX;
use crate::commands::adopt::{Ways, hear};
use crate::system::SystemClock;

/// The longest that nobody looks whether it is time to ask: policies may have come into force, or somebody has asked by hand.
const LOOKED_EVERY: Duration = Duration::from_secs(20);
/// How soon it is asked again where something could not be asked, at the latest.
const AGAIN_AFTER: Span = Span::minutes(15);

/// As long as this lives, the city asks.
pub(super) struct Asking {
    _going_on: Sender<()>,
}

impl Asking {
    /// Begins to ask, if that is wanted.
    pub(super) fn begin(args: &Serve, city: Arc<City>) -> anyhow::Result<Option<Self>> {
        let Some(every) = args.ask_hubs_every.0 else { return Ok(None) };
        let (going_on, stop) = channel();
        let asker = Asker { city, dir: args.dir.clone(), every, stop, told: Vec::new(), next: None };
        thread::Builder::new().name("hubs".to_owned()).spawn(move || asker.run())?;
        Ok(Some(Self { _going_on: going_on }))
    }
}

/// How a city asks.
struct Asker {
    city: Arc<City>,
    dir: PathBuf,
    every: Span,
    /// Is closed when the city stops.
    stop: Receiver<()>,
    /// What was told last: the same is not told each time.
    told: Vec<String>,
    /// When it is asked again, and under which policies it was asked last.
    next: Option<(Timestamp, String)>,
}

impl Asker {
    fn run(mut self) {
        loop {
            if self.is_due() {
                self.ask();
            }
            if self.stop.recv_timeout(LOOKED_EVERY) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }

    /// Whether it is time: since it was asked last, or because other policies are in force than then.
    fn is_due(&self) -> bool {
        let Some(policies) = self.policies() else { return false };
        let now = SystemClock.now();
        if let Some((next, under)) = &self.next {
            return *next <= now || *under != policies;
        }
        // What cannot be read is asked for again; what was noted ahead of now was noted by a clock that went wrong.
        let noted = Recalls::noted(&self.dir).ok().flatten().filter(|noted| noted.at <= now);
        noted.is_none_or(|noted| noted.at + self.every <= now || noted.policies != policies)
    }

    /// The hash of the policies in force.
    fn policies(&self) -> Option<String> {
        self.city.register().state().policy.as_ref().map(|policy| policy.hash.to_string())
    }

    fn ask(&mut self) {
        let state = self.city.register().state();
        let (told, is_whole) =
            match hear(&self.dir, Ways { hub: None, patience: HUB_PATIENCE }, state.policy.as_deref()) {
                Ok(heard) => (heard.failures, heard.is_whole),
                Err(error) => (vec![format!("the hubs were not asked: {error:#}")], false),
            };
        let again = if is_whole { self.every } else { self.every.min(AGAIN_AFTER) };
        let policies = state.policy.as_ref().map(|policy| policy.hash.to_string()).unwrap_or_default();
        self.next = Some((SystemClock.now() + again, policies));
        for words in told.iter().filter(|words| !self.told.contains(words)) {
            complain(&plain(words, WORDS_CHARS_MAX));
        }
        self.told = told;
    }
}
