//! A pack to begin with: small, whole, and good as it stands.
//!
//! It never writes over anything that is there.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

/// The longest id made of a folder's name, so that ids can be made of it.
const ID_BYTES_MAX: usize = 40;
/// The id in the template, which becomes the new pack's.
const TEMPLATE_ID: &str = "my-standard";
static TEMPLATE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/scaffold/template");

/// Why no pack is written.
#[derive(Debug, thiserror::Error)]
pub enum NewPackError {
    /// There is something in the folder.
    #[error("`{0}` is not empty; name a folder that is not there yet")]
    NotEmpty(PathBuf),
    /// The folder or a file cannot be written.
    #[error("`{path}` cannot be written: {error}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Writes a pack to begin with into a folder that is empty or not there, named after the folder; returns its files.
///
/// # Errors
/// Where something is there already, or cannot be written.
pub fn new_pack(folder: &Path) -> Result<Vec<PathBuf>, NewPackError> {
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(NewPackError::NotEmpty(folder.to_owned()));
    }
    let id = id_of(folder);
    let mut written = Vec::new();
    for file in std::iter::once(&TEMPLATE).chain(TEMPLATE.dirs()).flat_map(Dir::files) {
        let path = folder.join(file.path().to_string_lossy().replace(TEMPLATE_ID, &id));
        let text = file.contents_utf8().unwrap_or_default().replace(TEMPLATE_ID, &id);
        write(&path, &text).map_err(|error| NewPackError::Write { path: path.clone(), error })?;
        written.push(path);
    }
    Ok(written)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

/// A slug after the folder's name.
fn id_of(folder: &Path) -> String {
    let name = folder.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
    let slug: String = name.chars().map(plain).take(ID_BYTES_MAX).collect();
    let slug = slug.trim_matches('-');
    let letter = slug.starts_with(|first: char| first.is_ascii_lowercase());
    if letter { slug.to_owned() } else { format!("standard-{slug}").trim_end_matches('-').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::{Files, Pack};
    use crate::testing::shown;

    #[test]
    fn a_new_pack_is_good_as_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        for (name, id) in
            [("harbour", "harbour"), ("Our Town!", "our-town"), ("42", "standard-42"), ("---", "standard")]
        {
            let folder = folder.path().join(name);
            let files = new_pack(&folder).unwrap();
            let pack = Pack::read(&folder).unwrap_or_else(|problems| panic!("{}", shown(&problems)));
            assert_eq!((pack.manifest.id.as_str(), files.len()), (id, 8));
            let total = pack.coverage().total;
            assert_eq!((total.requirements, total.executed, total.by_check, total.by_duty), (2, 2, 1, 1));
            let words = crate::resolve(&[std::sync::Arc::new(pack)], None).unwrap();
            assert!(words.layers[0].cedar().contains("resource.openViews <= 20"));
        }
    }

    #[test]
    fn a_pack_in_the_binary_is_the_pack_on_disk() {
        let embedded = Files::embedded(&TEMPLATE).and_then(Pack::parse).unwrap();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scaffold/template");
        assert_eq!(embedded.hash, Pack::read(&folder).unwrap().hash);
        assert_eq!(embedded.texts_under("").count(), 8);
    }

    #[test]
    fn nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        assert!(matches!(new_pack(folder.path()), Err(NewPackError::NotEmpty(_))));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let file = folder.path().join("notes.txt");
        assert!(matches!(new_pack(&file), Err(NewPackError::Write { .. })));
    }
}
