//! Threads with a stack that is known: statements and plans are trees, and walking them takes stack.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::SqlError;

/// The stack of such a thread, in bytes.
pub(crate) const STACK_BYTES: usize = 64 << 20;

fn thread() -> std::thread::Builder {
    std::thread::Builder::new().stack_size(STACK_BYTES)
}

fn none() -> SqlError {
    SqlError::Process("no thread can be started".to_owned())
}

/// Works on a thread of its own and waits for it. Work that panics is an error.
pub(crate) fn work<T: Send>(work: impl FnOnce() -> Result<T, SqlError> + Send) -> Result<T, SqlError> {
    std::thread::scope(|scope| {
        let running = thread().spawn_scoped(scope, work).map_err(|_| none())?;
        running.join().unwrap_or(Err(SqlError::Engine))
    })
}

/// The same, but waits no longer than said, and says nothing then: work that never ends is left to the process, which ends it.
pub(crate) fn work_within<T: Send + 'static>(
    time: Duration,
    work: impl FnOnce() -> Result<T, SqlError> + Send + 'static,
) -> Option<Result<T, SqlError>> {
    let (say, heard) = channel();
    // Nobody may wait any more for what it says.
    if thread().spawn(move || drop(say.send(work()))).is_err() {
        return Some(Err(none()));
    }
    match heard.recv_timeout(time) {
        Ok(outcome) => Some(outcome),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => Some(Err(SqlError::Engine)),
    }
}
