//! The machine's clocks and randomness: the only place that reads them.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use model::entropy::NoEntropy;
use model::{Clock, Entropy, Timestamp};
use rustix::time::{ClockId, clock_gettime};

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "time is a parameter everywhere else; here it comes from")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The operating system's random bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "randomness is a parameter everywhere else; here it comes from")]
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy> {
        getrandom::fill(buffer).map_err(|_| NoEntropy)
    }
}

/// How long something took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Took {
    /// By the clock on the wall: with every wait for the disk.
    pub(crate) wall: Duration,
    /// In time of processors, of all threads of this process together.
    pub(crate) cpu: Duration,
}

/// Takes the time that something takes. Nothing that a city decides depends on it.
#[expect(clippy::disallowed_methods, reason = "to measure is the one use of a clock that nobody can be handed")]
pub(crate) fn timed<T>(something: impl FnOnce() -> T) -> (T, Took) {
    let (wall, cpu) = (Instant::now(), cpu_time());
    let done = something();
    (done, Took { wall: wall.elapsed(), cpu: cpu_time().saturating_sub(cpu) })
}

fn cpu_time() -> Duration {
    duration(ClockId::ProcessCPUTime)
}

/// What the calling thread has used of a processor so far.
pub(crate) fn thread_time() -> Duration {
    duration(ClockId::ThreadCPUTime)
}

/// The most memory that this process has held at once, in bytes; none where the system does not tell.
pub(crate) fn memory_peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

fn duration(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec), u64::try_from(time.tv_nsec));
    Duration::from_secs(seconds.unwrap_or(0)) + Duration::from_nanos(nanoseconds.unwrap_or(0))
}
