//! Every Rust file begins by saying what it is for.

use super::Tree;

/// Rust files that do not begin with `//!` and a word.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let says = |text: &str| text.lines().next().and_then(|line| line.strip_prefix("//!")).is_some_and(not_blank);
    let silent = tree.rust().filter(|(_, text)| !says(text));
    silent.map(|(path, _)| format!("{path}: begin it with `//!` and a sentence on what it is for")).collect()
}

fn not_blank(words: &str) -> bool {
    !words.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_does_not_introduce_itself_is_found() {
        let good = [("a.rs", "//! What it does.\n"), ("b.md", "# No code\n")];
        assert_eq!(check(&Tree::of(&good)), Vec::<String>::new());
        let bad = [("a.rs", "// No.\n"), ("b.rs", ""), ("c.rs", "//!\n"), ("build.rs", "fn main() {}\n//! Late.\n")];
        assert_eq!(check(&Tree::of(&bad)).len(), 4);
    }
}
