//! The workspace as cargo sees it: packages and what their manifests ask for.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};
use serde_json::Value;

/// A package of the workspace.
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// What its manifest asks for.
    pub(crate) dependencies: Vec<Dependency>,
}

impl Package {
    /// Its manifest, for people.
    pub(crate) fn manifest(&self) -> String {
        if self.name == "xtask" { "xtask/Cargo.toml".to_owned() } else { format!("crates/{}/Cargo.toml", self.name) }
    }
}

/// One line of a manifest.
pub(crate) struct Dependency {
    /// The package asked for, whatever the manifest calls it.
    pub(crate) name: String,
    /// Whether only tests have it.
    pub(crate) dev: bool,
}

/// Asks cargo for the packages of a workspace.
pub(crate) fn packages(root: &Path) -> anyhow::Result<Vec<Package>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["metadata", "--no-deps", "--format-version", "1", "--offline"];
    let output = Command::new(cargo).current_dir(root).args(arguments).output().context("cargo does not start")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    parse(&output.stdout)
}

fn parse(json: &[u8]) -> anyhow::Result<Vec<Package>> {
    let metadata: Value = serde_json::from_slice(json).context("cargo metadata is no JSON")?;
    array(&metadata, "packages")?.iter().map(package).collect()
}

fn package(value: &Value) -> anyhow::Result<Package> {
    let dependencies = array(value, "dependencies")?.iter().map(dependency).collect::<anyhow::Result<_>>()?;
    Ok(Package { name: name(value)?, dependencies })
}

fn dependency(value: &Value) -> anyhow::Result<Dependency> {
    Ok(Dependency { name: name(value)?, dev: value.get("kind").and_then(Value::as_str) == Some("dev") })
}

fn array<'v>(value: &'v Value, key: &str) -> anyhow::Result<&'v Vec<Value>> {
    value.get(key).and_then(Value::as_array).with_context(|| format!("cargo metadata lacks `{key}`"))
}

fn name(value: &Value) -> anyhow::Result<String> {
    value.get("name").and_then(Value::as_str).map(str::to_owned).context("cargo metadata lacks a name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_dependencies_are_told_apart() {
        let json = br#"{"packages":[{"name":"a","dependencies":[
            {"name":"b","kind":null},{"name":"c","kind":"dev"},{"name":"d","kind":"build","rename":"e"}]}]}"#;
        let packages = parse(json).unwrap();
        let kinds: Vec<_> = packages[0].dependencies.iter().map(|d| (d.name.as_str(), d.dev)).collect();
        assert_eq!(kinds, [("b", false), ("c", true), ("d", false)]);
        assert!(parse(b"{}").is_err());
    }
}
