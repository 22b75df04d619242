//! A look at generated logs over HTTP: they are handed out by this process on an address of this machine, and looked at through the same
//! door as any city's.

use std::sync::Arc;
use std::thread;

use anyhow::Context;
use hub::mirror::{City, Doors, Reach};
use hub::simulate::{Generated, Make, Spent, served};
use model::Clock;
use tlog::audit::LogSource;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::system::thread_time;

/// The way to each city below one address.
struct Below {
    doors: Doors,
    address: String,
}

impl Reach for Below {
    fn reach(&self, city: &City) -> Box<dyn LogSource> {
        Box::new(self.doors.to(&format!("{}/{}", self.address, city.name)))
    }
}

/// Does something with a way to the cities over HTTP; what making their logs takes is added to what is spent.
pub(super) fn over_http<T>(
    cities: Generated,
    spent: &Arc<Spent>,
    clock: Arc<dyn Clock>,
    done: impl FnOnce(&dyn Reach) -> T,
) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).context("cannot listen on this machine")?;
    let at = listener.local_addr()?;
    let spent = Arc::clone(spent);
    let make: Arc<Make> = Arc::new(move |number| {
        let before = thread_time();
        let log = cities.log(number).ok();
        let took = thread_time().saturating_sub(before);
        spent.add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        log
    });
    let allowed = at.ip().to_string().parse()?;
    let ways = Below { doors: Doors::new(vec![allowed], clock), address: format!("http://{at}") };
    let (stop, stopped) = oneshot::channel::<()>();
    thread::scope(|scope| {
        let serving = scope.spawn(|| runtime.block_on(served(listener, make, stopped)));
        let done = done(&ways);
        drop(stop);
        serving.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok(done)
    })
}
