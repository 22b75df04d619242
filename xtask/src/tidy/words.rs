//! Nothing half done and nothing invisible in the source.

use super::Tree;

/// Words that promise work instead of doing it. Written apart, so that this file does not find itself.
const PROMISES: [&str; 5] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("to", "do!"),
    concat!("unimpl", "emented!"),
];
/// A test that does not run.
const IGNORED: &str = concat!("#[", "ignore");

/// Lines with promises, ignored tests, tabs or trailing spaces.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, text) in tree.rust() {
        for (number, line) in (1..).zip(text.split('\n')) {
            problems.extend(faults(line).map(|fault| format!("{path}:{number}: {fault}")));
        }
    }
    problems
}

fn faults(line: &str) -> impl Iterator<Item = String> {
    let promise = PROMISES.into_iter().find(|promise| holds_word(line, promise));
    let promise = promise.map(|promise| format!("`{promise}` promises; do it, or write it down where plans are kept"));
    let ignored = line.contains(IGNORED).then(|| "an ignored test; let it run, or remove it".to_owned());
    let tab = line.contains('\t').then(|| "a tab; use spaces, or \\t in a string".to_owned());
    let trailing = line.ends_with(char::is_whitespace).then(|| "white space at the end of the line".to_owned());
    [promise, ignored, tab, trailing].into_iter().flatten()
}

fn holds_word(line: &str, word: &str) -> bool {
    let joins = |neighbour: Option<char>| neighbour.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|after| after.chars().next());
        !joins(before) && (word.ends_with('!') || !joins(after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(line: &str) -> usize {
        check(&Tree::of(&[("a.rs", &format!("//! A.\n{line}\n"))])).len()
    }

    #[test]
    fn each_fault_is_found() {
        for promise in PROMISES {
            assert_eq!(count(&format!("// {promise} later")), 1, "{promise}");
        }
        for line in [IGNORED, "\tlet x;", "let x; ", "let x;\r"] {
            assert_eq!(count(line), 1, "{line:?}");
        }
    }

    #[test]
    fn a_word_within_a_word_is_no_promise() {
        for line in [concat!("XX", "XX-1234"), concat!("MASTO", "DON"), concat!("A_TO", "DO_LIST")] {
            assert_eq!(count(line), 0, "{line}");
        }
        assert!(check(&Tree::of(&[("a.md", concat!("TO", "DO \n"))])).is_empty());
    }
}
