//! No tracked text names a folder of somebody's machine.

use super::Tree;

/// Beginnings of paths that exist on one machine only. Written apart, so that this file does not find itself.
const PLACES: [&str; 5] =
    [concat!("/", "work/"), concat!("/", "root/"), concat!("/", "home/"), concat!("/", "Users/"), concat!("C:", "\\")];

/// Lines that name an absolute path of a machine.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, text) in &tree.files {
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(place) = PLACES.into_iter().find(|place| names(line, place)) {
                problems
                    .push(format!("{path}:{number}: names `{place}…`, which no other machine has; say it relatively"));
            }
        }
    }
    problems
}

/// Whether a line holds a place as the beginning of a path, not in the middle of a relative one or of an address.
fn names(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|before| before.is_alphanumeric() || matches!(before, '_' | '-' | '.' | '}' | '*'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_machine_is_found_wherever_it_stands() {
        for place in PLACES {
            for line in
                [format!("see {place}x"), format!("\"{place}x\""), format!("{place}x"), format!("file://{place}")]
            {
                assert_eq!(check(&Tree::of(&[("a.md", &format!("one\n{line}\n"))])).len(), 1, "{line}");
            }
        }
    }

    #[test]
    fn relative_paths_and_addresses_are_none_of_our_business() {
        for place in ["home", "work", "root"] {
            for line in [format!("../{place}/x"), format!("https://example.org/{place}/x"), format!("src/{place}/")] {
                assert_eq!(check(&Tree::of(&[("a.md", &line)])), Vec::<String>::new(), "{line}");
            }
        }
    }
}
