//! Reading what others serve, without that a mistake in reading it ends everything.
//!
//! A mistake in the software (a panic) ends the process, because what it holds may be wrong from then on; whoever runs it starts it again,
//! and it goes on from what is on the disk. A log of somebody else that brings a mistake to light could so end a hub, or a city that asks
//! its hub, each time that it is read. What only reads such a log, and keeps nothing before it is done, is guarded here: its mistake is an
//! error of that one log. It hides nothing: what went wrong is told where every panic is.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// In how many guards the thread is.
    static GUARDS: Cell<u32> = const { Cell::new(0) };
}

/// A mistake in the software, which something that was read brought to light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a mistake in the software, which is told beside this; please report it")]
pub struct Mistake;

/// Reads something. The closure must leave nothing half done that anybody goes on with: it reads, or writes in one transaction.
///
/// # Errors
/// It panicked.
pub fn guarded<T>(read: impl FnOnce() -> T) -> Result<T, Mistake> {
    GUARDS.set(GUARDS.get() + 1);
    let read = catch_unwind(AssertUnwindSafe(read));
    GUARDS.set(GUARDS.get() - 1);
    read.map_err(|_| Mistake)
}

/// Whether a panic of this thread would be caught by a guard, so that the process may go on.
#[must_use]
pub fn is_guarded() -> bool {
    GUARDS.get() > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_an_error_of_what_was_read_and_the_guard_ends_with_it() {
        assert!(!is_guarded());
        assert_eq!(guarded(|| guarded(is_guarded)), Ok(Ok(true)));
        let inner = || guarded(|| [0_u8; 0].first().map_or_else(|| unreachable!("a test"), |byte| *byte));
        assert_eq!(guarded(|| (inner(), is_guarded())), Ok((Err(Mistake), true)));
        assert!(!is_guarded());
        let elsewhere = std::thread::spawn(is_guarded).join();
        assert!(guarded(|| matches!(elsewhere, Ok(false))) == Ok(true), "a guard is of its thread alone");
    }
}
