//! What must never happen is tried: the tests that ARCHITECTURE.md names are there.

use std::collections::BTreeSet;

use super::Tree;
use super::source::functions;

/// Where the table stands.
const DOCUMENT: &str = "ARCHITECTURE.md";
/// Under which heading.
const HEADING: &str = "## What must never happen";

/// Rows that name no test, and tests that are named and not there.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let document = tree.get(DOCUMENT).unwrap_or_default();
    let Some((_, section)) = document.split_once(HEADING) else {
        return vec![format!("{DOCUMENT}: the section `{HEADING}` is missing")];
    };
    let section = section.split("\n## ").next().unwrap_or_default();
    let known: BTreeSet<String> =
        tree.rust().flat_map(|(_, text)| functions(text)).map(|function| function.name).collect();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.flat_map(|row| faults(row, &known)).collect()
}

fn faults(row: &str, known: &BTreeSet<String>) -> Vec<String> {
    let mut cells = row.trim_matches('|').split('|').map(str::trim);
    let (never, tried) = (cells.next().unwrap_or_default(), cells.next_back().unwrap_or_default());
    let named: Vec<&str> = tried.split('`').skip(1).step_by(2).collect();
    if named.is_empty() {
        return vec![format!("{DOCUMENT}: no test is named against \"{never}\"")];
    }
    let missing = named.into_iter().filter(|name| !known.contains(*name));
    missing.map(|name| format!("{DOCUMENT}: there is no test `{name}`, named against \"{never}\"")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(row: &str) -> usize {
        let document = format!(
            "# A\n\n## What must never happen, and more\n\n| a | b | c |\n|---|---|---|\n{row}\n\n## B\n| x | y | `z` |\n"
        );
        check(&Tree::of(&[(DOCUMENT, &document), ("a.rs", "//! A.\n#[test]\nfn it_is_tried() {}\n")])).len()
    }

    #[test]
    fn a_test_that_is_not_there_is_missed() {
        assert_eq!(count("| a leak | a type | a: `it_is_tried` |"), 0);
        assert_eq!(count("| a leak | `a_type` | a: `it_is_tried`, `it_is_not` and `nor_this` |"), 2);
        assert_eq!(count("| a leak | a type | somewhere |"), 1);
        assert_eq!(check(&Tree::of(&[(DOCUMENT, "# A\n")])).len(), 1, "a table that is gone is missed too");
    }
}
