//! `ordinance export`: released rows as a file, with what must be known about them beside it.
//!
//! The file is looked for before anything is asked, because asking is a disclosure. It appears whole or not at all.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use flow::{Answer, Format, Sheet};
use model::{Device, DeviceId, Point, Stream, View};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::query::{at_address, at_folder};
use crate::args::{Asks, Export, FileFormat};
use crate::client::{Client, is_address};
use crate::output::{Output, Status};

impl From<FileFormat> for Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::Csv => Self::Csv,
            FileFormat::Geojson => Self::GeoJson,
            FileFormat::Parquet => Self::Parquet,
            FileFormat::Sqlite => Self::Sqlite,
        }
    }
}

pub(crate) fn run(args: &Export, output: &Output) -> anyhow::Result<()> {
    let place = Place::at(&args.out, args.force)?;
    let (answer, sheet) = if is_address(&args.asks.city) {
        from_address(&args.asks)?
    } else {
        let (city, disclosed) = at_folder(&args.asks)?;
        (disclosed.get().clone(), city.sheet(disclosed.get())?)
    };
    let written = sheet.write(args.format.into())?;
    let about = place.keep(&written, sheet.about())?;
    let document = json!({ "file": args.out, "about": about, "bytes": written.len(), "rows": answer.rows.len(),
        "withheld": answer.withheld, "disclosure": answer.record.seq });
    let words = format!(
        "{}: {} rows; {} cells withheld. Disclosure {} under grant `{}`; its receipt and all that must be known about the rows \
         is in {}.",
        args.out.display(),
        answer.rows.len(),
        answer.withheld,
        answer.record.seq.0,
        answer.record.grant,
        about.display()
    );
    output.result(&document, &words)
}

/// An answer of a node, drawn up with the node's register.
fn from_address(asks: &Asks) -> anyhow::Result<(Answer, Sheet)> {
    let answer: Answer = serde_json::from_value(at_address(asks)?).context("the node's answer cannot be read")?;
    let register = Client::new(&asks.city).get("/api/v1/register", &[], None)?;
    let record = &answer.record;
    let all = |list: &str| register.get(list).and_then(Value::as_array).into_iter().flatten();
    let view = all("views").filter(|view| view.get("stream").and_then(Value::as_str) == Some(record.stream.as_str()));
    let mut view = view.filter(|view| view.get("id").and_then(Value::as_str) == Some(record.view.as_str()));
    let streams = all("deployments").filter_map(|record| record.pointer("/deployment/streams")?.as_array()).flatten();
    let mut stream = streams.filter(|stream| stream.get("id").and_then(Value::as_str) == Some(record.stream.as_str()));
    let (Some(view), Some(stream)) = (view.next(), stream.next()) else {
        bail!("the node's register does not have the view `{}` of `{}` any more", record.view, record.stream);
    };
    let view: View = serde_json::from_value(view.clone()).context("the node's register cannot be read")?;
    let stream: Stream = serde_json::from_value(stream.clone()).context("the node's register cannot be read")?;
    let devices = all("devices").map(|device| serde_json::from_value::<Device>(device.clone()));
    let mut sensors: BTreeMap<DeviceId, Point> = BTreeMap::new();
    for device in devices {
        let device = device.context("the node's register cannot be read")?;
        if device.stream == record.stream {
            sensors.insert(device.id, device.position);
        }
    }
    let sheet = Sheet::of(&answer, &view, &stream, &sensors)?;
    Ok((answer, sheet))
}

/// Where the file goes, and what lies beside it meanwhile and afterwards.
struct Place {
    file: PathBuf,
    about: PathBuf,
    beside: PathBuf,
}

impl Place {
    /// Finds out whether a file can be put there, before anything is asked.
    fn at(file: &Path, force: bool) -> anyhow::Result<Self> {
        let refused = |words: String| anyhow::Error::from(Status::bad_input(words));
        let Some(name) = file.file_name() else {
            return Err(refused(format!("`{}` is no name of a file", file.display())));
        };
        let named = |end: &str| {
            let mut named: OsString = name.to_owned();
            named.push(end);
            file.with_file_name(named)
        };
        let place = Self { file: file.to_owned(), about: named(".about.json"), beside: named(".new") };
        if file.is_dir() {
            return Err(refused(format!("`{}` is a folder; name a file in it", file.display())));
        }
        if let Some(there) = [&place.file, &place.about].into_iter().find(|path| !force && path.exists()) {
            return Err(refused(format!("`{}` is there already; name another file, or give --force", there.display())));
        }
        let tried = File::create(&place.beside).and_then(|_| fs::remove_file(&place.beside));
        tried.map_err(|error| refused(format!("`{}` cannot be written: {error}", file.display())))?;
        Ok(place)
    }

    /// Puts both files there; gives the name of the second. It comes first: no rows lie there without their receipt.
    fn keep(self, written: &[u8], about: &Value) -> anyhow::Result<PathBuf> {
        let mut about = about.clone();
        let digest: String = Sha256::digest(written).iter().map(|byte| format!("{byte:02x}")).collect();
        about["file"] = json!({ "name": self.file.file_name().map(|name| name.to_string_lossy()), "sha256": digest });
        self.put(&self.about, format!("{about:#}\n").as_bytes())?;
        self.put(&self.file, written)?;
        Ok(self.about)
    }

    fn put(&self, path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
        let put = || -> std::io::Result<()> {
            let mut file = File::create(&self.beside)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&self.beside, path)
        };
        put().map_err(|error| {
            // What is half written is no use to anybody; if it cannot go either, the error says which file it is about.
            drop(fs::remove_file(&self.beside));
            anyhow::anyhow!("`{}` could not be written, and the disclosure was recorded: {error}", path.display())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_stays_unless_forced_and_nothing_half_written_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("counts.csv");
        let first = Place::at(&file, false).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "looking leaves nothing");
        first.keep(b"a\r\n", &json!({ "rows": 0 })).unwrap();
        let about: Value =
            serde_json::from_slice(&fs::read(folder.path().join("counts.csv.about.json")).unwrap()).unwrap();
        assert_eq!((&about["rows"], &about["file"]["name"]), (&0.into(), &"counts.csv".into()));
        assert_eq!(about["file"]["sha256"].as_str().unwrap().len(), 64);
        let error = Place::at(&file, false).err().unwrap().to_string();
        assert!(error.contains("there already"), "{error}");
        Place::at(&file, true).unwrap().keep(b"b\r\n", &json!({})).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"b\r\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        for bad in [folder.path().to_owned(), folder.path().join("none/counts.csv"), PathBuf::from("..")] {
            assert!(Place::at(&bad, true).is_err(), "{}", bad.display());
        }
    }
}
