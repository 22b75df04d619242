//! Files and functions stay short enough to be read. What is too long is written down in a ratchet that only tightens.

use std::collections::BTreeMap;
use std::fmt;

use super::Tree;
use super::source::functions;

/// The most lines of a Rust file.
pub(crate) const FILE_LINES_MAX: usize = 800;
/// The most lines of a function.
pub(crate) const FUNCTION_LINES_MAX: usize = 70;
/// Where exceptions stand: `<lines> <path>` or `<lines> <path> fn <name>`.
const RATCHET: &str = "xtask/ratchet.txt";

/// What is too long and not written down, and what is written down with another length than it has.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let (allowed, mut problems) = match parse(tree.get(RATCHET).unwrap_or_default()) {
        Ok(allowed) => (allowed, Vec::new()),
        Err(problem) => return vec![problem],
    };
    let long = too_long(tree);
    for (item, &lines) in &long {
        let limit = if item.contains(" fn ") { FUNCTION_LINES_MAX } else { FILE_LINES_MAX };
        match allowed.get(item) {
            None => problems.push(format!("{item}: {lines} lines, the limit is {limit}; split it")),
            Some(&entry) if lines > entry => {
                problems.push(format!("{item}: grew to {lines} lines, {RATCHET} says {entry}; split it"));
            }
            Some(&entry) if lines < entry => {
                problems.push(format!("{item}: has only {lines} lines now; lower its entry of {entry} in {RATCHET}"));
            }
            Some(_) => {}
        }
    }
    let gone = allowed.keys().filter(|item| !long.contains_key(*item));
    problems.extend(gone.map(|item| format!("{item}: is not too long any more; remove its entry from {RATCHET}")));
    problems
}

/// Everything over its limit, and its lines. Of functions of one name in one file, the longest counts.
fn too_long(tree: &Tree) -> BTreeMap<String, usize> {
    let mut long = BTreeMap::new();
    for (path, text) in tree.rust() {
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX {
            long.insert(path.to_owned(), lines);
        }
        for function in functions(text).into_iter().filter(|function| function.lines > FUNCTION_LINES_MAX) {
            let longest = long.entry(format!("{path} fn {}", function.name)).or_default();
            *longest = function.lines.max(*longest);
        }
    }
    long
}

/// Reads the ratchet; lines with `#` are words for the reader.
fn parse(text: &str) -> Result<BTreeMap<String, usize>, String> {
    let mut allowed = BTreeMap::new();
    let lines = (1..).zip(text.lines().map(str::trim));
    for (number, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let entry = line.split_once(' ').and_then(|(lines, item)| Some((item.trim(), lines.parse().ok()?)));
        let (item, lines) = entry.ok_or_else(|| format!("{RATCHET}:{number}: is not `<lines> <path> [fn <name>]`"))?;
        if allowed.insert(item.to_owned(), lines).is_some() {
            return Err(format!("{RATCHET}:{number}: `{item}` stands there twice"));
        }
    }
    Ok(allowed)
}

/// The lengths of the tree in numbers. They are told, not judged.
pub(crate) struct Census {
    files: Vec<usize>,
    functions: Vec<usize>,
}

impl Census {
    /// Measures a tree.
    pub(crate) fn of(tree: &Tree) -> Self {
        let mut files: Vec<usize> = tree.rust().map(|(_, text)| text.lines().count()).collect();
        let mut functions: Vec<usize> =
            tree.rust().flat_map(|(_, text)| functions(text)).map(|function| function.lines).collect();
        files.sort_unstable();
        functions.sort_unstable();
        Self { files, functions }
    }
}

/// The value below which so many per cent of sorted values lie.
fn percentile(sorted: &[usize], percent: usize) -> usize {
    let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(rank).copied().unwrap_or_default()
}

impl fmt::Display for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, sorted) in [("files", &self.files), ("functions", &self.functions)] {
            let (median, p90, longest) = (percentile(sorted, 50), percentile(sorted, 90), percentile(sorted, 100));
            writeln!(f, "{}: {} of median {median}, p90 {p90}, longest {longest} lines", what, sorted.len())?;
        }
        let long = self.functions.iter().filter(|&&lines| lines > FUNCTION_LINES_MAX).count();
        let tenths = long * 1000 / self.functions.len().max(1);
        write!(f, "functions over {FUNCTION_LINES_MAX} lines: {long} ({}.{} %)", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long_fn(lines: usize) -> String {
        format!("//! Long.\nfn long() {{\n{}}}\n", "    step();\n".repeat(lines - 2))
    }

    fn checked(source: &str, ratchet: &str) -> Vec<String> {
        check(&Tree::of(&[("a.rs", source), (RATCHET, ratchet)]))
    }

    #[test]
    fn what_is_too_long_is_found() {
        assert!(checked(&long_fn(FUNCTION_LINES_MAX), "").is_empty());
        assert_eq!(checked(&long_fn(FUNCTION_LINES_MAX + 1), "").len(), 1);
        assert!(checked(&"// x\n".repeat(FILE_LINES_MAX), "").is_empty());
        assert_eq!(checked(&"// x\n".repeat(FILE_LINES_MAX + 1), "").len(), 1);
    }

    #[test]
    fn the_ratchet_only_tightens() {
        let source = long_fn(80);
        assert!(checked(&source, "# why\n80 a.rs fn long\n").is_empty());
        for (ratchet, words) in
            [("79 a.rs fn long", "grew"), ("81 a.rs fn long", "lower"), ("80 b.rs fn long", "remove")]
        {
            let problems = checked(&source, ratchet);
            assert!(problems.iter().any(|problem| problem.contains(words)), "{ratchet}: {problems:?}");
        }
        assert_eq!(checked(&long_fn(70), "80 a.rs fn long").len(), 1);
    }

    #[test]
    fn a_ratchet_that_cannot_be_read_is_a_problem() {
        for ratchet in ["a.rs", "many a.rs", "801 a.rs\n802 a.rs"] {
            assert_eq!(checked("//! A.\n", ratchet).len(), 1, "{ratchet}");
        }
    }

    #[test]
    fn the_census_counts() {
        assert_eq!(percentile(&[], 50), 0);
        assert_eq!(percentile(&[1, 2, 3, 4], 50), 2);
        let words = Census::of(&Tree::of(&[("a.rs", &long_fn(80))])).to_string();
        assert!(words.contains("functions over 70 lines: 1 (100.0 %)"), "{words}");
    }
}
