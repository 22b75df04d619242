//! Documents that a newcomer looks for are there and not empty.

use super::Tree;

const DOCUMENTS: [&str; 6] =
    ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE-APACHE", "LICENSE-MIT"];

/// Documents that are missing.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let missing = |path: &&str| tree.get(path).is_none_or(|text| text.trim().is_empty());
    DOCUMENTS.into_iter().filter(missing).map(|path| format!("{path}: is missing or empty; write it")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_or_missing_document_is_found() {
        let mut files = DOCUMENTS.map(|path| (path, "words"));
        assert_eq!(check(&Tree::of(&files)), Vec::<String>::new());
        files[0].1 = "\n";
        assert_eq!(check(&Tree::of(&files[..5])).len(), 2);
    }
}
