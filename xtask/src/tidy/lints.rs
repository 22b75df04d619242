//! Every package takes the workspace's lints, and these forbid unsafe code.

use super::Tree;

/// Manifests without the workspace's lints.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let packages = tree.files.iter().filter(|(path, _)| is_package(path));
    let mut problems: Vec<String> = packages
        .filter(|(_, text)| !section(text, "[lints]").any(|line| line == "workspace = true"))
        .map(|(path, _)| format!("{path}: lacks `[lints]` with `workspace = true`; add it"))
        .collect();
    let root = tree.get("Cargo.toml").unwrap_or_default();
    if !section(root, "[workspace.lints.rust]").any(|line| line == r#"unsafe_code = "forbid""#) {
        problems.push("Cargo.toml: `[workspace.lints.rust]` must say `unsafe_code = \"forbid\"`".to_owned());
    }
    problems
}

fn is_package(path: &str) -> bool {
    path == "xtask/Cargo.toml" || path.starts_with("crates/") && path.ends_with("/Cargo.toml")
}

/// The lines of a section of a manifest.
fn section<'t>(text: &'t str, heading: &str) -> impl Iterator<Item = &'t str> {
    let lines = text.lines().map(str::trim).skip_while(move |line| *line != heading);
    lines.skip(1).take_while(|line| !line.starts_with('['))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: (&str, &str) = ("Cargo.toml", "[workspace.lints.rust]\nunsafe_code = \"forbid\"\n");

    #[test]
    fn a_package_without_the_lints_is_found() {
        let good = [ROOT, ("crates/a/Cargo.toml", "[package]\n[lints]\nworkspace = true\n[dependencies]\n")];
        assert_eq!(check(&Tree::of(&good)), Vec::<String>::new());
        for text in ["[package]\n", "[lints]\n[dependencies]\nworkspace = true\n", "[lints]\n# workspace = true\n"] {
            assert_eq!(check(&Tree::of(&[ROOT, ("crates/a/Cargo.toml", text)])).len(), 1, "{text}");
        }
    }

    #[test]
    fn a_workspace_that_allows_unsafe_code_is_found() {
        assert_eq!(check(&Tree::of(&[("Cargo.toml", "[workspace.lints.rust]\nunsafe_code = \"warn\"\n")])).len(), 1);
    }
}
