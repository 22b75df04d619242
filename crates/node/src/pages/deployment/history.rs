//! The acts behind a deployment: its decisions one by one, its upkeep in numbers.
//!
//! Keys come and go and data is deleted every day, so that the few acts which somebody decided would drown in a plain
//! list. The beginning and the newest part of a long history are read, and the page says what was not.

use model::{Act, What};
use register::State;

use super::differences::{Changed, Differences};
use crate::lang::Lang;
use crate::log::Log;
use crate::pages::entries::ActLine;
use crate::problem::Problem;

/// How much of the beginning is read: the way from the proposal to the first activation, and its sensors.
const FIRST_READ: usize = 200;
/// How much of the newest part is read.
const LAST_READ: usize = 1_000;

/// What became of a deployment, act by act.
#[derive(Debug, Default)]
pub(super) struct History {
    /// What somebody decided, or what fell due; newest first.
    pub(super) decisions: Vec<ActLine>,
    pub(super) keys_made: u64,
    pub(super) keys_destroyed: u64,
    pub(super) deletions: u64,
    /// The newest deletion.
    pub(super) last_deletion: Option<ActLine>,
    /// Acts between the beginning and the newest part, which this page does not tell.
    pub(super) unread: usize,
    /// What changed where something was stated anew, newest first.
    pub(super) changed: Vec<Changed>,
}

impl History {
    /// Reads it from the log's public files.
    pub(super) fn read(log: &Log, lang: Lang, state: &State, indexes: &[u64]) -> Result<Self, Problem> {
        let (indexes, unread) = newest_first(indexes);
        let size = log.head()?.1.size;
        let published: Vec<u64> = indexes.into_iter().filter(|index| *index < size).collect();
        let acts = log.acts(&published, size)?;
        let mut history = Self { unread, ..Self::default() };
        let mut differences = Differences::default();
        let read = published.into_iter().zip(&acts);
        for (at, (index, act)) in read.clone().rev().enumerate() {
            if at == FIRST_READ && unread > 0 {
                differences.forget();
            }
            differences.note(lang, index, act, state);
        }
        read.for_each(|(index, act)| history.add(lang, index, act, state));
        history.changed = differences.told();
        Ok(history)
    }

    /// How many acts are not told, in words.
    pub(super) fn unread_words(&self, lang: Lang) -> String {
        lang.count(self.unread as u64, ("act", "acts"), ("Vorgang", "Vorgänge"))
    }

    /// How many keys were made, in words.
    pub(super) fn keys_words(&self, lang: Lang) -> String {
        lang.count(self.keys_made, ("key", "keys"), ("Schlüssel", "Schlüssel"))
    }

    /// How often data was deleted, in words.
    pub(super) fn deletions_words(&self, lang: Lang) -> String {
        lang.count(self.deletions, ("time", "times"), ("Mal", "Mal"))
    }

    fn add(&mut self, lang: Lang, index: u64, act: &Act, state: &State) {
        match &act.what {
            What::KeyCreated(_) => self.keys_made += 1,
            What::KeyDestroyed(_) => self.keys_destroyed += 1,
            What::ObservationsDeleted(_) => {
                self.deletions += 1;
                self.last_deletion.get_or_insert_with(|| ActLine::of(lang, index, act, state));
            }
            _ => self.decisions.push(ActLine::of(lang, index, act, state)),
        }
    }
}

/// The indexes to read, newest first, and how many are left out between the beginning and the newest part.
fn newest_first(indexes: &[u64]) -> (Vec<u64>, usize) {
    let unread = indexes.len().saturating_sub(FIRST_READ + LAST_READ);
    let skipped = FIRST_READ..FIRST_READ + unread;
    let read = indexes.iter().enumerate().filter(|(at, _)| !skipped.contains(at)).map(|(_, index)| *index);
    let mut read: Vec<u64> = read.collect();
    read.reverse();
    (read, unread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_history_is_read_at_both_ends() {
        let short: Vec<u64> = (0..10).collect();
        assert_eq!(newest_first(&short), ((0..10).rev().collect(), 0));
        let long: Vec<u64> = (0..5_000).collect();
        let (read, unread) = newest_first(&long);
        assert_eq!((read.len(), unread), (FIRST_READ + LAST_READ, 3_800));
        assert_eq!((read.first(), read.last()), (Some(&4_999), Some(&0)));
        assert!(read.contains(&199) && !read.contains(&200) && !read.contains(&3_999) && read.contains(&4_000));
    }

    #[test]
    fn one_is_told_as_one_and_several_as_several() {
        let words = |many: u64| {
            let unread = usize::try_from(many).unwrap();
            let history = History { unread, keys_made: many, deletions: many, ..History::default() };
            Lang::ALL.map(|lang| [history.unread_words(lang), history.keys_words(lang), history.deletions_words(lang)])
        };
        assert_eq!(words(1), [["1 act", "1 key", "1 time"], ["1 Vorgang", "1 Schlüssel", "1 Mal"]]);
        assert_eq!(
            words(1_200),
            [["1,200 acts", "1,200 keys", "1,200 times"], ["1.200 Vorgänge", "1.200 Schlüssel", "1.200 Mal"]]
        );
    }
}
