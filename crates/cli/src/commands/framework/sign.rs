//! `ordinance framework new` and `sign`: a pack begun, a pack vouched for.

use anyhow::Context;
use serde_json::json;
use standards::Pack;
use tlog::SigningKey;

use super::shelf::problems;
use crate::args::framework::{New, Sign};
use crate::output::{Output, Status};

pub(super) fn begin(args: &New, output: &Output) -> anyhow::Result<()> {
    let files = standards::new_pack(&args.dir).map_err(|error| Status::bad_input(error.to_string()))?;
    let written: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let words = format!(
        "{}\n\nNext: `ordinance framework check {dir}`, then `ordinance framework test {dir}`.",
        written.join("\n"),
        dir = args.dir.display()
    );
    output.result(&json!({ "files": written }), &words)
}

pub(super) fn sign(args: &Sign, output: &Output) -> anyhow::Result<()> {
    let name = format!("`{}`", args.dir.display());
    let pack = Pack::read(&args.dir).map_err(|found| problems(&name, &found))?;
    let text = std::fs::read_to_string(&args.key)
        .map_err(|error| Status::bad_input(format!("the key file `{}` cannot be read: {error}", args.key.display())))?;
    // What is wrong with a key is said without the key.
    let key = SigningKey::parse(text.trim()).map_err(|_| Status::bad_input("the key file holds no signing key"))?;
    let note = standards::trust::sign(&pack, &key)?;
    let file = args.dir.join("pack.note");
    std::fs::write(&file, &note).with_context(|| format!("cannot write `{}`", file.display()))?;
    let document =
        json!({ "pack": pack.manifest.reference.to_string(), "hash": pack.hash, "key": key.vkey().to_string() });
    output.result(&document, &format!("{} is signed by {}.", pack.manifest.reference, key.vkey()))
}
