//! Sending what is released to where its recipient wants it, signed, again and again until it arrives.
//!
//! Each event is a disclosure like one that is watched: decided anew and recorded before it leaves, and decided anew before
//! every further try. An address leads to the open internet and nowhere else, unless whoever started the node allowed it:
//! nobody reaches into the city's own network through here.

mod delivery;
mod outside;
mod signature;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use flow::City;
use flow::hooks::{HookName, Hooks};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use delivery::Delivery;
use outside::Outside;

pub use signature::secret;
pub use web::{Allowed, AllowedError};

/// What the first second try waits for; the pauses after it are multiples.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most hooks that are looked after at once.
const AT_ONCE: usize = 8;

/// The webhooks of a city, for as long as its node runs.
pub struct Webhooks {
    city: Arc<City>,
    hooks: Hooks,
    outside: Arc<Outside>,
    patience: Duration,
}

impl Webhooks {
    /// The webhooks in a city's folder, which may reach the open internet and what is allowed besides.
    #[must_use]
    pub fn new(city: Arc<City>, allowed: Vec<Allowed>) -> Self {
        let hooks = Hooks::of(city.root());
        Self { city, hooks, outside: Arc::new(Outside::new(allowed)), patience: PATIENCE }
    }

    /// The same, with another pause before the first second try.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Looks after every hook, those that come and go meanwhile too. Ends when it is dropped.
    pub async fn run(self) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let mut running: BTreeMap<HookName, Ends> = BTreeMap::new();
        loop {
            let hooks = self.hooks.clone();
            let names = tokio::task::spawn_blocking(move || hooks.names()).await;
            // A folder that cannot be read now is read again; what runs goes on.
            if let Ok(Ok(names)) = names {
                running.retain(|_, task| !task.0.is_finished());
                for name in names {
                    running.entry(name).or_insert_with_key(|name| self.begun(name.clone(), Arc::clone(&places)));
                }
            }
            tokio::time::sleep(self.patience).await;
        }
    }

    fn begun(&self, name: HookName, places: Arc<Semaphore>) -> Ends {
        let (city, outside) = (Arc::clone(&self.city), Arc::clone(&self.outside));
        let delivery = Delivery::new(city, self.hooks.clone(), outside, name, self.patience);
        Ends(tokio::spawn(kept(delivery, places)))
    }
}

/// A task that ends with whoever holds it.
struct Ends(JoinHandle<()>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Looks after one hook until it is gone.
async fn kept(mut delivery: Delivery, places: Arc<Semaphore>) {
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let turn = move || {
            let _place = place;
            let pause = delivery.turn();
            (delivery, pause)
        };
        match tokio::task::spawn_blocking(turn).await {
            Ok((left, Some(pause))) => {
                delivery = left;
                tokio::time::sleep(pause).await;
            }
            Ok((_, None)) | Err(_) => return,
        }
    }
}
