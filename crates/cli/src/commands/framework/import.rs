//! `ordinance framework import`: a pack out of somebody's OSCAL, with a list of what was left behind.

use std::fs;
use std::path::Path;

use serde_json::json;
use standards::oscal::import::{self, ImportError, Imported};
use standards::oscal::{DOCUMENT_BYTES_MAX, resolve};

use crate::args::framework::Import;
use crate::output::{Output, Status};

pub(super) fn run(args: &Import, output: &Output) -> anyhow::Result<()> {
    let bytes = read(&args.file).map_err(|error| Status::bad_input(format!("`{}`: {error}", args.file.display())))?;
    let mut imported = imported(&args.file, &bytes).map_err(|error| Status::bad_input(error.to_string()))?;
    imported.losses.sort();
    let files = standards::write_imported(&args.to, &args.id, &imported)
        .map_err(|error| Status::bad_input(error.to_string()))?;
    let mut words = vec![format!(
        "{} requirements in `{}`; nothing executes them until somebody writes norms or duties.",
        imported.requirements.len(),
        args.to.display()
    )];
    words.push(format!("{} things were left behind:", imported.losses.len()));
    words.extend(imported.losses.iter().map(|loss| format!("  {}: {}", loss.path, loss.why)));
    let document = json!({ "requirements": imported.requirements.len(), "files": files, "losses": imported.losses });
    output.result(&document, &words.join("\n"))
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let length = fs::metadata(file)?.len();
    if length > DOCUMENT_BYTES_MAX as u64 {
        return Err(std::io::Error::other(format!("it has {length} bytes, the limit is {DOCUMENT_BYTES_MAX}")));
    }
    fs::read(file)
}

/// A catalogue, or a profile with what it imports from beside it.
fn imported(file: &Path, bytes: &[u8]) -> Result<Imported, ImportError> {
    match import::catalog(bytes) {
        Err(ImportError::Kind(_)) => {}
        other => return other,
    }
    let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    // Only plain names beside the file: a document of somebody else's opens nothing elsewhere.
    let beside = |href: &str| {
        let plain = !href.is_empty() && !href.starts_with('.') && !href.contains(['/', '\\', ':']);
        let path = file.with_file_name(href);
        plain.then(|| read(&path).ok()).flatten()
    };
    let (catalog, losses) = resolve::profile(bytes, &name, &beside)?;
    let mut imported = import::requirements(&catalog)?;
    imported.losses.extend(losses);
    Ok(imported)
}
