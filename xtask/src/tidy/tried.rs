//! What must never happen, and every attack that is known, is tried: the tests that the documents name are there.

use std::collections::BTreeSet;

use super::Tree;
use super::source::functions;

/// Where the tables stand, and under which headings.
const TABLES: [(&str, &str); 2] =
    [("ARCHITECTURE.md", "## What must never happen"), ("docs/attacks.md", "## The attacks")];

/// Rows that name no test, and tests that are named and not there.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let known: BTreeSet<String> =
        tree.rust().flat_map(|(_, text)| functions(text)).map(|function| function.name).collect();
    TABLES.into_iter().flat_map(|(document, heading)| faults_of(tree, document, heading, &known)).collect()
}

fn faults_of(tree: &Tree, document: &str, heading: &str, known: &BTreeSet<String>) -> Vec<String> {
    let text = tree.get(document).unwrap_or_default();
    let Some((_, section)) = text.split_once(heading) else {
        return vec![format!("{document}: the section `{heading}` is missing")];
    };
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.flat_map(|row| faults(document, row, known)).collect()
}

fn faults(document: &str, row: &str, known: &BTreeSet<String>) -> Vec<String> {
    let mut cells = row.trim_matches('|').split('|').map(str::trim);
    let (never, tried) = (cells.next().unwrap_or_default(), cells.next_back().unwrap_or_default());
    let named: Vec<&str> = tried.split('`').skip(1).step_by(2).collect();
    if named.is_empty() {
        return vec![format!("{document}: no test is named against \"{never}\"")];
    }
    let missing = named.into_iter().filter(|name| !known.contains(*name));
    missing.map(|name| format!("{document}: there is no test `{name}`, named against \"{never}\"")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(row: &str) -> usize {
        let document = |heading: &str| {
            format!("# A\n\n{heading}, and more\n\n| a | b | c |\n|---|---|---|\n{row}\n\n## B\n| x | y | `z` |\n")
        };
        let documents = TABLES.map(|(name, heading)| (name, document(heading)));
        let mut files: Vec<(&str, &str)> = documents.iter().map(|(name, text)| (*name, text.as_str())).collect();
        files.push(("a.rs", "//! A.\n#[test]\nfn it_is_tried() {}\n"));
        check(&Tree::of(&files)).len()
    }

    #[test]
    fn a_test_that_is_not_there_is_missed_in_either_document() {
        assert_eq!(count("| a leak | a type | a: `it_is_tried` |"), 0);
        assert_eq!(count("| a leak | `a_type` | a: `it_is_tried`, `it_is_not` and `nor_this` |"), 4);
        assert_eq!(count("| a leak | a type | somewhere |"), 2);
        assert_eq!(check(&Tree::of(&[("ARCHITECTURE.md", "# A\n")])).len(), 2, "a table that is gone is missed too");
    }
}
