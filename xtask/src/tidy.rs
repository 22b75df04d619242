//! The rules of the house as checks: each takes the tree and gives the places that break its rule.

mod documents;
mod headers;
pub(crate) mod lengths;
mod lints;
mod machine_paths;
mod source;
mod tree;
mod tried;
mod walls;
mod words;

pub(crate) use tree::Tree;

/// Everything that is untidy, in words: which file, what is wrong, what to do.
pub(crate) fn problems(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let mut problems = walls::check(tree)?;
    let checks = [
        lengths::check,
        headers::check,
        words::check,
        lints::check,
        machine_paths::check,
        documents::check,
        tried::check,
    ];
    for check in checks {
        problems.extend(check(tree));
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_is_tidy() {
        let tree = Tree::read(crate::root().unwrap()).unwrap();
        let problems = problems(&tree).unwrap();
        assert!(problems.is_empty(), "{} untidy places:\n{}", problems.len(), problems.join("\n"));
    }
}
