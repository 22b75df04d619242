//! A city that is served asks the hubs that it adopted from, by itself, whether what they released still stands.
//!
//! On a thread of its own: no page and no tick waits for it, and it keeps no city open. What stands no longer is noted for the office and
//! told; nothing that is in force changes by it. A hub is asked at the address that whoever adopted gave, and is led nowhere else.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use flow::City;
use flow::recalls::Recalls;
use model::{Clock as _, Span, Timestamp};
use register::state::PolicyInForce;

use super::complain;
use crate::args::Serve;
use crate::args::framework::HUB_PATIENCE;
use crate::commands::adopt::{Ways, hear};
use crate::system::SystemClock;

/// How often it is looked whether it is time to ask: policies may have come into force, or somebody has asked by hand.
const LOOKED_EVERY: Duration = Duration::from_secs(20);
/// How soon it is asked again where a hub did not answer, at the earliest; twice as late each time that it still does not.
const AGAIN_AFTER: Span = Span::minutes(15);
const DOUBLED_MAX: u32 = 10;

/// As long as this lives, the city asks.
pub(super) struct Asking {
    _going_on: Sender<()>,
}

impl Asking {
    /// Begins to ask, if that is wanted.
    pub(super) fn begin(args: &Serve, city: &Arc<City>) -> anyhow::Result<Option<Self>> {
        let Some(every) = args.ask_hubs_every.0 else { return Ok(None) };
        let (going_on, stop) = channel();
        let asker = Asker {
            city: Arc::downgrade(city),
            dir: args.dir.clone(),
            every,
            told: Vec::new(),
            asked: None,
            silent: 0,
        };
        thread::Builder::new().name("hubs".to_owned()).spawn(move || asker.run(&stop))?;
        Ok(Some(Self { _going_on: going_on }))
    }
}

/// When hubs were asked, under which policies, and how soon they are asked again.
struct Asked {
    at: Timestamp,
    policies: String,
    again: Span,
}

/// How a city asks.
struct Asker {
    city: Weak<City>,
    dir: PathBuf,
    every: Span,
    /// What was told last: the same is not told each time.
    told: Vec<String>,
    asked: Option<Asked>,
    /// How often a hub did not answer, one time after the other.
    silent: u32,
}

impl Asker {
    /// Until the city stops, which closes the channel.
    fn run(mut self, stop: &Receiver<()>) {
        loop {
            if let Some(policy) = self.policy()
                && self.is_due(&policy.hash.to_string())
            {
                self.ask(&policy);
            }
            if stop.recv_timeout(LOOKED_EVERY) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }

    /// The policies in force.
    fn policy(&self) -> Option<Arc<PolicyInForce>> {
        self.city.upgrade()?.register().state().policy.clone()
    }

    /// Whether it is time: since it was asked last, by this process or by hand, or because other policies are in force than then.
    fn is_due(&self, policies: &str) -> bool {
        let now = SystemClock.now();
        // What cannot be read is asked for again. What lies ahead was noted by a clock that went wrong, and holds nobody up.
        let noted = Recalls::noted(&self.dir).ok().flatten();
        let noted = noted.map(|noted| (noted.at, noted.policies, if noted.whole { self.every } else { self.soon() }));
        let own = self.asked.as_ref().map(|asked| (asked.at, asked.policies.clone(), asked.again));
        let last = [noted, own].into_iter().flatten().filter(|(at, ..)| *at <= now).max_by_key(|(at, ..)| *at);
        last.is_none_or(|(at, under, again)| at + again <= now || under != policies)
    }

    /// How soon it is asked again where a hub did not answer.
    fn soon(&self) -> Span {
        let seconds = AGAIN_AFTER.as_seconds().saturating_mul(1 << self.silent.min(DOUBLED_MAX));
        Span::seconds(seconds).min(self.every)
    }

    fn ask(&mut self, policy: &PolicyInForce) {
        let ways = Ways { hub: None, patience: HUB_PATIENCE, in_force_alone: true };
        let (told, is_whole) = match hear(&self.dir, ways, Some(policy)) {
            Ok(heard) => (heard.failures, heard.is_whole),
            Err(error) => (vec![format!("the hubs were not asked: {error:#}")], false),
        };
        let again = if is_whole { self.every } else { self.soon() };
        self.silent = if is_whole { 0 } else { self.silent.saturating_add(1) };
        self.asked = Some(Asked { at: SystemClock.now(), policies: policy.hash.to_string(), again });
        for words in told.iter().filter(|words| !self.told.contains(words)) {
            complain(words);
        }
        self.told = told;
    }
}
