//! `ordinance verify --since`: the last signed head that held, kept in a file, and evidence where a log no longer continues it.
//!
//! Whoever runs it needs no leave and no hub. The file is written only after the whole log was verified up to the head that is put
//! there; one that does not hold leaves it as it was.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use hub::mirror::NOTE_BYTES_MAX;
use hub::watch::{Evidence, EvidenceFile, since};
use journal::files::{Readers, put};
use model::{Clock as _, PartyId};
use serde_json::json;
use tlog::Vkey;
use tlog::audit::{AuditReport, LogSource, SourceError};
use tlog::checkpoint::{CHECKPOINT_PATH, parse_unverified};

use crate::args::Verify;
use crate::output::Status;
use crate::system::SystemClock;

/// A log, and the head that it served last: the one that an audit was about.
pub(super) struct Heard<'a> {
    source: &'a dyn LogSource,
    head: RefCell<Vec<u8>>,
}

impl<'a> Heard<'a> {
    pub(super) fn new(source: &'a dyn LogSource) -> Self {
        Self { source, head: RefCell::default() }
    }

    fn noted(&self, path: &str, bytes: Vec<u8>) -> Vec<u8> {
        if path == CHECKPOINT_PATH {
            self.head.borrow_mut().clone_from(&bytes);
        }
        bytes
    }
}

impl LogSource for Heard<'_> {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        Ok(self.noted(path, self.source.get(path)?))
    }

    fn get_limited(&self, path: &str, limit: usize) -> Result<Vec<u8>, SourceError> {
        Ok(self.noted(path, self.source.get_limited(path, limit)?))
    }
}

/// What is kept of a log between two checks of it.
pub(super) struct Since<'a> {
    file: &'a Path,
    key: &'a str,
    known: Option<String>,
}

impl<'a> Since<'a> {
    /// What was asked for; none if nothing is to be kept.
    pub(super) fn of(args: &'a Verify) -> anyhow::Result<Option<Self>> {
        let (Some(file), Some(key)) = (args.since.as_deref(), args.key.as_deref()) else { return Ok(None) };
        let known = read(file).with_context(|| format!("`{}`", file.display()))?;
        Ok(Some(Self { file, key, known }))
    }

    /// The head that the log must continue; none at the first check.
    pub(super) fn known(&self) -> Option<String> {
        self.known.clone()
    }

    /// Keeps the head of a log that held, and says so in words.
    pub(super) fn keep(&self, heard: &Heard<'_>, log: &AuditReport) -> anyhow::Result<String> {
        let note = String::from_utf8(heard.head.take())?;
        // What was read to its end, and nothing that was published meanwhile.
        if !parse_unverified(&note).is_ok_and(|head| head.size == log.size && head.root == log.root) {
            bail!("the log holds, and went on meanwhile; nothing was kept, check it again");
        }
        let name = self.file.display();
        // What is kept has to be one that the next check reads, and that evidence has room for.
        if note.len() > NOTE_BYTES_MAX {
            let bytes = note.len();
            bail!(
                "the log holds; its head has {bytes} bytes, the limit is {NOTE_BYTES_MAX}, so that `{name}` was left as it was"
            );
        }
        put(self.file, note.as_bytes(), Readers::Everybody).with_context(|| format!("`{name}`"))?;
        Ok(format!("  its head of {} entries is kept in `{name}`: the next check holds the log against it", log.size))
    }

    /// What did not hold, and, where two heads prove it of whoever signs, the evidence in a file.
    pub(super) fn accuse(&self, heard: &Heard<'_>, error: anyhow::Error) -> anyhow::Error {
        let bytes = heard.head.borrow().len();
        match self.evidence(heard.source) {
            // Nobody may hide a fork by a head that no evidence has room for.
            Ok(None) if self.known.is_some() && bytes > NOTE_BYTES_MAX => {
                let name = self.file.display();
                error.context(format!(
                    "the head that is served has {bytes} bytes, the limit is {NOTE_BYTES_MAX}: it is too large to be kept as evidence, \
                     and was not held against the one in `{name}`; keep a copy of the log’s `{CHECKPOINT_PATH}` yourself"
                ))
            }
            Ok(None) => error,
            Ok(Some(told)) => told,
            Err(failed) => failed.context(format!("{error:#}; there is evidence, and it could not be written")),
        }
    }

    fn evidence(&self, source: &dyn LogSource) -> anyhow::Result<Option<anyhow::Error>> {
        let Some(known) = &self.known else { return Ok(None) };
        let city = named(&self.key.parse()?)?;
        // Where nothing is proved against anybody, what did not hold says more.
        let Ok(Some(evidence)) = since(source, &city, self.key, known, SystemClock.now()) else { return Ok(None) };
        let proves = evidence.check(Some(self.key))?;
        let path = self.written(&evidence)?;
        let (name, key) = (path.display(), self.key);
        let words = format!(
            "the log does not continue the head in `{}`: {}. Anyone checks it with\n  ordinance hub evidence check {name} --key {key}",
            self.file.display(),
            proves.in_words()
        );
        let details = json!({ "proves": proves, "evidence": name.to_string() });
        Ok(Some(Status::fails(words).with(details).into()))
    }

    /// Where the evidence is. What is there already is not written a second time.
    fn written(&self, evidence: &Evidence) -> anyhow::Result<PathBuf> {
        let mut folder = self.file.as_os_str().to_owned();
        folder.push(".evidence");
        let folder = PathBuf::from(folder);
        fs::create_dir_all(&folder)?;
        let there = EvidenceFile::all(&folder)?.into_iter().find(|file| file.evidence.said == evidence.said);
        let digest = match there {
            Some(file) => file.digest,
            None => EvidenceFile::write(&folder, evidence)?,
        };
        Ok(folder.join(format!("{digest}.json")))
    }
}

fn read(file: &Path) -> anyhow::Result<Option<String>> {
    let opened = match File::open(file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut text = String::new();
    opened.take(NOTE_BYTES_MAX as u64 + 1).read_to_string(&mut text)?;
    if text.len() > NOTE_BYTES_MAX {
        bail!("it has more than {NOTE_BYTES_MAX} bytes, so that it is no head")
    }
    Ok(Some(text))
}

/// A name for the log of a key: the letters and digits of its origin.
fn named(key: &Vkey) -> anyhow::Result<PartyId> {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let origin: String = key.name().chars().map(plain).take(48).collect();
    Ok(format!("log-{origin}").parse()?)
}
