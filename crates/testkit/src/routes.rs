//! The addresses that a server's source routes, for tests that hold every one of them against something.

use std::fs;
use std::io;
use std::path::Path;

/// An address, and how it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// As the router has it, parts that vary in braces.
    pub address: String,
    /// Whether it is read.
    pub get: bool,
    /// Whether something is sent to it.
    pub post: bool,
}

/// Every address that the source below a folder routes: each `.route("/…"`, with what stands up to the next, or to the end of the
/// statement. `form(` is both a page and what it sends.
///
/// # Errors
/// A file cannot be read.
pub fn routed(folder: &Path) -> io::Result<Vec<Route>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.append(&mut routed(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.extend(fs::read_to_string(&path)?.split(".route(").skip(1).filter_map(Route::read));
        }
    }
    Ok(found)
}

impl Route {
    fn read(text: &str) -> Option<Self> {
        let (address, rest) = text.trim_start().strip_prefix('"')?.split_once('"')?;
        let methods = rest.split(';').next().unwrap_or_default();
        let form = methods.contains(" form(");
        let route = Self {
            address: address.to_owned(),
            get: form || methods.contains("get("),
            post: form || methods.contains("post("),
        };
        address.starts_with('/').then_some(route)
    }
}
