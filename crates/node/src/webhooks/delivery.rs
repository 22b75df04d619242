//! One hook: what is due to it, one event after the other, each until it arrives.

use std::sync::Arc;
use std::time::Duration;

use flow::hooks::{Failing, Hook, HookName, Hooks, Progress};
use flow::{Asked, City, DiscloseError, Live, Watch};
use model::Timestamp;
use serde_json::json;

use super::outside::Outside;
use super::signature::signed;

/// The pauses before further tries, as multiples of the first; the last goes on for ever.
const PAUSES: [u32; 6] = [1, 6, 24, 120, 360, 720];

/// An event under way.
struct Message {
    id: String,
    body: Vec<u8>,
    /// Up to where everything arrived once this has.
    through: Timestamp,
}

/// One hook and how far it has come.
pub(super) struct Delivery {
    city: Arc<City>,
    hooks: Hooks,
    outside: Arc<Outside>,
    name: HookName,
    patience: Duration,
    /// As it was read; another one begins anew.
    hook: Option<Hook>,
    watch: Option<Watch>,
    message: Option<Message>,
    tries: usize,
}

impl Delivery {
    pub(super) const fn new(
        city: Arc<City>,
        hooks: Hooks,
        outside: Arc<Outside>,
        name: HookName,
        patience: Duration,
    ) -> Self {
        Self { city, hooks, outside, name, patience, hook: None, watch: None, message: None, tries: 0 }
    }

    /// Does what is to be done now, and says how long to wait; nothing if the hook is gone.
    pub(super) fn turn(&mut self) -> Option<Duration> {
        let hook = match self.hooks.get(&self.name) {
            Ok(Some(hook)) => hook,
            Ok(None) => return None,
            // Somebody is at it; it is read again.
            Err(_) => return Some(self.patience),
        };
        if self.hook.as_ref() != Some(&hook) {
            (self.watch, self.message, self.tries) = (None, None, 0);
            self.hook = Some(hook.clone());
        }
        let outcome = match self.message.take() {
            Some(message) => self.sent(&hook, message),
            None => self.next(&hook),
        };
        Some(match outcome {
            Ok(pause) => pause,
            Err(why) => self.failed(why),
        })
    }

    /// Looks for what comes next. It is sent at the next turn, which is now.
    fn next(&mut self, hook: &Hook) -> Result<Duration, String> {
        let mut watch = match self.watch.take() {
            Some(watch) => watch,
            None => self.begun(hook)?,
        };
        let next = self.city.next_live(&mut watch).map_err(|error| words(&error))?;
        let pause = match next {
            None => self.patience / 5,
            Some(Live::Passed(window)) => {
                self.arrived(window.end, 0)?;
                Duration::ZERO
            }
            Some(Live::Released(disclosed)) => {
                let answer = disclosed.get();
                let body = json!({ "type": "released", "timestamp": answer.record.at, "data": answer });
                self.message = Some(Message {
                    // The same for the same stretch of time, so that whoever gets it twice can tell.
                    id: format!("{}.{}", hook.name, watch.through().millis()),
                    body: body.to_string().into_bytes(),
                    through: watch.through(),
                });
                Duration::ZERO
            }
        };
        self.watch = Some(watch);
        Ok(pause)
    }

    /// Begins where everything had arrived, or now.
    fn begun(&self, hook: &Hook) -> Result<Watch, String> {
        let progress = self.hooks.progress(&hook.name).map_err(|error| error.to_string())?;
        let watch = self.city.watch(&asked(hook), progress.through).map_err(|error| words(&error))?;
        if progress.through.is_none() {
            self.arrived(watch.through(), 0)?;
        }
        Ok(watch)
    }

    /// Sends a message, if it still may leave.
    fn sent(&mut self, hook: &Hook, message: Message) -> Result<Duration, String> {
        // What was recorded and may not leave any more does not: if it may again, it is recorded again.
        self.city.may(&asked(hook)).map_err(|error| {
            self.watch = None;
            words(&error)
        })?;
        let seconds = self.city.register().now().millis() / 1_000;
        let Some(signature) = signed(&hook.secret, &message.id, seconds, &message.body) else {
            return Err("the secret of this webhook cannot be read; remove it and add it anew".to_owned());
        };
        let headers = [
            ("webhook-id", message.id.clone()),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", signature),
        ];
        if let Err(why) = self.outside.send(&hook.address, &headers, &message.body) {
            self.message = Some(message);
            return Err(why);
        }
        self.tries = 0;
        self.arrived(message.through, 1)?;
        Ok(Duration::ZERO)
    }

    fn arrived(&self, through: Timestamp, events: u64) -> Result<(), String> {
        let known = self.hooks.progress(&self.name).map_err(|error| error.to_string())?;
        let progress = Progress { through: Some(through), arrived: known.arrived + events, failing: None };
        self.hooks.keep(&self.name, &progress).map_err(|error| error.to_string())
    }

    /// Notes why, and says when to try again.
    fn failed(&mut self, why: String) -> Duration {
        let pause = PAUSES.get(self.tries).or(PAUSES.last()).copied().unwrap_or(1);
        self.tries += 1;
        if let Ok(known) = self.hooks.progress(&self.name) {
            let before = known.failing.map(|failing| (failing.since, failing.tries));
            let (since, tries) = before.unwrap_or((self.city.register().now(), 0));
            let progress = Progress { failing: Some(Failing { since, tries: tries + 1, why }), ..known };
            // Only for whoever looks how it goes; the next try notes it anew.
            drop(self.hooks.keep(&self.name, &progress));
        }
        self.patience * pause
    }
}

fn asked(hook: &Hook) -> Asked {
    Asked {
        recipient: hook.recipient.clone(),
        purpose: hook.purpose,
        stream: hook.stream.clone(),
        view: hook.view.clone(),
        from: None,
        to: None,
        authorised_by: None,
    }
}

/// Why nothing may leave, in the norm's words.
fn words(error: &DiscloseError) -> String {
    error.to_string()
}
