//! A hub that is served looks at the logs that it mirrors by itself, on a thread of its own.
//!
//! Pages never wait for a look, and one that fails is told and made again later. Somebody who looks by hand in the same folder meanwhile
//! is waited for, never the other way round. When the hub stops, a look stops with it; what was checked by then is kept.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use hub::Hub;
use hub::guarded::guarded;
use hub::looking::{LastLook, LookError, Rested, look, named};
use hub::mirror::{Doors, Limits, Mirror};
use model::{Clock, Span, Timestamp};

use crate::args::hub::Serve;
use crate::commands::serve::complain;
use crate::system::SystemClock;

/// The longest that nobody asks whether a look is due: somebody may have looked by hand, or taken up the first city.
const ASKED_EVERY: Duration = Duration::from_secs(60);
/// How long a look that failed is left alone, at most.
const AGAIN_AFTER: Span = Span::minutes(15);
/// Over which part of the time between two looks one is spread, for how long at most, and the longest rest before one log.
const SPREAD: u32 = 48;
const SPREAD_MAX: Duration = Duration::from_secs(1_800);
const REST_MAX: Duration = Duration::from_secs(1);

/// As long as this lives, the hub looks.
pub(super) struct Looking {
    _going_on: Sender<()>,
}

/// How a hub looks.
struct Looker {
    hub: Arc<Hub>,
    mirrors: PathBuf,
    doors: Doors,
    every: Span,
    limits: Limits,
    clock: Arc<dyn Clock>,
    /// Is closed when the hub stops.
    stop: Mutex<Receiver<()>>,
}

impl Looking {
    /// Begins to look, if that is wanted.
    pub(super) fn begin(args: &Serve, hub: Arc<Hub>) -> anyhow::Result<Option<Self>> {
        let Some(every) = args.look_every.0 else { return Ok(None) };
        let (going_on, stop) = channel();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let doors = Doors::new(args.allow.clone(), Arc::clone(&clock));
        let limits = Limits { threads: usize::from(args.look_threads), bytes_max: args.mirrors_bytes };
        let mirrors = hub.mirrors();
        let looker = Looker { hub, mirrors, doors, every, limits, clock, stop: Mutex::new(stop) };
        thread::Builder::new().name("look".to_owned()).spawn(move || looker.run())?;
        Ok(Some(Self { _going_on: going_on }))
    }
}

impl Looker {
    fn run(&self) {
        let mut not_before = None;
        loop {
            let wait = self.wait(not_before);
            if !wait.is_zero() {
                if !self.goes_on(wait.min(ASKED_EVERY)) {
                    return;
                }
                continue;
            }
            not_before = self.looked();
        }
    }

    /// Looks once and tells what came of it; gives when the next try is not to be before, if this one failed.
    fn looked(&self) -> Option<Timestamp> {
        // A mistake in the software that one log brings to light must not end all looks.
        let looked = guarded(|| self.look());
        let why = match looked {
            Ok(Ok(look)) => {
                complain(&look.in_words());
                self.try_drafts();
                return None;
            }
            // Whoever looks now writes down when it was.
            Ok(Err(LookError::Busy)) => return Some(self.clock.now() + Span::minutes(1)),
            Ok(Err(error)) => error.to_string(),
            Err(mistake) => mistake.to_string(),
        };
        let again = self.every.min(AGAIN_AFTER);
        complain(&format!("the mirrored logs were not looked at, which is tried again in {again}: {why}"));
        Some(self.clock.now() + again)
    }

    /// Tries drafts on the logs of cities that consented, as they are kept now, and tells what came of it if something did.
    fn try_drafts(&self) {
        match self.hub.try_drafts() {
            Ok(round) if round.is_quiet() => {}
            Ok(round) => complain(&round.in_words()),
            Err(error) => complain(&format!("no draft was tried on a log, which the next look does again: {error}")),
        }
    }

    /// How long it is until a look is due; nothing if it is.
    fn wait(&self, not_before: Option<Timestamp>) -> Duration {
        let (now, last) = (self.clock.now(), LastLook::noted(&self.mirrors));
        if !self.mirrors.join("mirror.db").exists() && named(&self.hub.state()).next().is_none() {
            return ASKED_EVERY;
        }
        // A look that lies ahead was noted by a clock that went wrong: it holds nobody up.
        let due = last.filter(|last| last.began <= now).map(|last| last.began + self.every);
        let due = due.max(not_before).unwrap_or(now);
        Duration::from_millis(u64::try_from(due.millis() - now.millis()).unwrap_or(0))
    }

    fn look(&self) -> Result<LastLook, LookError> {
        let cities = Mirror::open(&self.mirrors)?.count()?;
        let spread = Duration::from_secs(u64::from(self.every.as_seconds() / SPREAD)).min(SPREAD_MAX);
        let rest = spread.checked_div(u32::try_from(cities).unwrap_or(u32::MAX)).unwrap_or_default().min(REST_MAX);
        let resting = || _ = self.goes_on(rest);
        let ways = Rested::new(&self.doors, &resting);
        look(&self.mirrors, &self.hub.state(), &ways, self.limits, self.clock.as_ref())
    }

    /// Waits; whether the hub still runs then.
    fn goes_on(&self, wait: Duration) -> bool {
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        stop.recv_timeout(wait) == Err(RecvTimeoutError::Timeout)
    }
}
