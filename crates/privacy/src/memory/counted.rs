//! What is counted of one bin: each tag once in a cell, and in no more cells than its stream lets it.
//!
//! Knows neither keys nor bins nor what a cell is; its tags are forgotten with it, when the bin is over.

use std::collections::{BTreeMap, HashMap};

/// A sensor, and the one it was come from.
pub(super) type Cell = (u32, Option<u32>);

/// The numbers of one bin, by cell and class of duration in seconds, and who is in them.
#[derive(Default)]
pub(super) struct Counted {
    seen: HashMap<u64, Vec<Cell>>,
    entries: usize,
    numbers: BTreeMap<(Cell, Option<u32>), u32>,
}

impl Counted {
    /// Counts a tag in a cell, unless it is counted there or in so many others already: what comes first counts.
    pub(super) fn count(&mut self, tag: u64, cell: Cell, class: Option<u32>, most: usize) {
        let cells = self.seen.entry(tag).or_default();
        if cells.len() >= most || cells.contains(&cell) {
            return;
        }
        cells.push(cell);
        self.entries += 1;
        let number = self.numbers.entry((cell, class)).or_default();
        *number = number.saturating_add(1);
    }

    /// A number of distinct tags of which each may count in every cell.
    pub(super) fn set(&mut self, cell: Cell, number: usize) {
        self.numbers.insert((cell, None), u32::try_from(number).unwrap_or(u32::MAX));
    }

    /// In how many cells all tags together are counted.
    pub(super) const fn len(&self) -> usize {
        self.entries
    }

    /// Forgets who is counted: nothing more comes.
    pub(super) fn forget(&mut self) {
        self.seen = HashMap::new();
        self.entries = 0;
    }

    /// The numbers alone, in their order.
    pub(super) fn numbers(&self) -> impl Iterator<Item = (Cell, Option<u32>, u32)> {
        self.numbers.iter().map(|((cell, class), number)| (*cell, *class, *number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_counts_once_in_a_cell_and_in_the_first_cells_only() {
        let mut counted = Counted::default();
        for (tag, cell, class) in [
            (7, (0, None), Some(60)),
            (7, (0, None), Some(300)),
            (7, (1, Some(0)), None),
            (7, (2, Some(1)), None),
            (8, (0, None), Some(300)),
        ] {
            counted.count(tag, cell, class, 2);
        }
        let numbers: Vec<_> = counted.numbers().collect();
        assert_eq!(numbers, [((0, None), Some(60), 1), ((0, None), Some(300), 1), ((1, Some(0)), None, 1)]);
        assert_eq!(counted.len(), 3);
    }
}
