//! `kill -9` at random instants of ingest, acts, disclosure, release, flushing and starting: nothing acknowledged is lost,
//! nothing torn is read, the log only grows, the disclosures have no gap, and no epoch gets a second key.

mod books;
mod hammer;

use std::time::{Duration, Instant};

use crate::tool::{City, Node, Running, ordinance, wait};
use books::Books;
use hammer::{Hammer, hammer};

/// How often the node is killed at least: a machine with much else to do acknowledges less between two kills, and then as many more
/// follow as it takes until enough was acknowledged to show anything.
const KILLS: u64 = 200;
/// How often at most.
const KILLS_MAX: u64 = 400;
/// The longest that the whole test may take, on two cores.
const MINUTES_MAX: u64 = 4;
/// How old the city is before its node is first killed: a window closes a minute after its end, and releases are among what
/// is interrupted.
const AGE: Duration = Duration::from_secs(85);
/// A segment is full after a few batches, so that turning segments into Parquet is among what is interrupted.
const SERVE: [&str; 2] = ["--segment-bytes", "3000"];

/// Numbers of a seed (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 31)) % limit
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how long the test takes is part of what it says")]
fn nothing_acknowledged_is_lost_by_kill_9() {
    let begun = Instant::now();
    let city = City::new();
    wait(AGE);
    let mut random = Random(42);
    let mut books = Books::open(&city);
    let work = Hammer::new(&city);
    let mut while_starting = 0;
    for kill in 0..KILLS_MAX {
        if kill >= KILLS && books.are_full() {
            break;
        }
        match if kill < KILLS { kill % 10 } else { 0 } {
            // Killed while it recovers, releases what closed meanwhile, publishes: before anybody can ask it anything.
            3 | 6 | 9 => {
                kill_while_starting(&city, Duration::from_micros(random.below(150_000)));
                while_starting += 1;
            }
            // Long enough for a tick, which releases, batches, publishes, beside everything else.
            0 => hammer(
                &work,
                &mut start(&city),
                Duration::from_micros(990_000 + random.below(150_000)),
                &mut books,
                kill,
            ),
            _ => {
                hammer(&work, &mut start(&city), Duration::from_micros(1_000 + random.below(110_000)), &mut books, kill)
            }
        }
        books.check_log(&city);
        if kill % 20 == 19 {
            books.check_lake(&city);
        }
    }
    drop(start(&city));
    books.check_log(&city);
    books.check_lake(&city);
    assert!(books.are_full(), "too little was acknowledged to show anything: {:?}", books.counts());
    books.were_counted(while_starting);
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(MINUTES_MAX * 60) || crate::tool::busy(), "it took {took:?}");
}

fn start(city: &City) -> Node {
    Node::try_start_with(city, &SERVE).unwrap_or_else(|error| panic!("the node did not start again: {error}"))
}

fn kill_while_starting(city: &City, patience: Duration) {
    let mut serve = ordinance();
    serve.args(["serve", &city.arg(), "--listen", "127.0.0.1:0", "--tick", "1"]).args(SERVE);
    let mut node = Running::start(&mut serve);
    wait(patience);
    node.signal("-9");
    node.end();
    let words = node.stderr.text();
    assert!(words.is_empty(), "it did not die of the signal: {words}");
}
