//! A question answered in a process of its own, that ends with its limits and can open no file, address or device.
//!
//! What an engine allocates beside its counted memory, how long a planner thinks and how deep it recurses cannot be bounded
//! from inside. So the process is: the kernel refuses it memory, processor time and every new file descriptor, and whoever asked
//! kills it when the time is over. It is asked step by step: which tables the question names, which columns an answer from such
//! tables would have, and then, with the tables themselves, for the answer.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};

use crate::desk::{outlined, over};
use crate::stack::STACK_BYTES;
use crate::table::Loaded;
use crate::{Answer, Limits, Question, SqlError, Table, TableName, frame};

/// How much longer than its own limit a process may take to say that the time is over.
const GRACE: Duration = Duration::from_secs(2);
/// Memory beside what the engine counts, in bytes: the binary's own, its stacks, copies while an answer is made.
const BESIDE_BYTES: u64 = 512 << 20;
/// The exit status of an engine that panicked.
const PANICKED: i32 = 70;
/// What the kernel sends for too much processor time, and what an allocation ends with that it refused.
const SIGNALS_TIME: [i32; 1] = [24];
const SIGNALS_MEMORY: [i32; 3] = [6, 9, 11];

/// What is asked first.
#[derive(Debug, Serialize, Deserialize)]
struct Opening {
    sql: String,
    limits: Limits,
}

/// What is asked then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Told {
    /// Which columns an answer from the tables that follow would have.
    Shape,
    /// The answer.
    Answer,
}

/// A question in a process of its own. The process ends with it.
#[derive(Debug)]
pub struct Apart {
    child: Child,
    to: ChildStdin,
    heard: Receiver<io::Result<Vec<u8>>>,
    limits: Limits,
    tables: BTreeSet<TableName>,
}

impl Apart {
    /// Asks a question; `program` runs [`attend`]. Nothing is answered yet.
    ///
    /// # Errors
    /// The process cannot be started, or the question is none that is answered.
    pub fn ask(mut program: Command, sql: &str, limits: Limits) -> Result<Self, SqlError> {
        let unusable = |error: io::Error| SqlError::Process(error.to_string());
        // It inherits neither words, nor variables, nor the folder.
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).env_clear().current_dir("/");
        let mut child = program.spawn().map_err(unusable)?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (to, mut from) = pipes.ok_or_else(|| SqlError::Process("it has no pipes".to_owned()))?;
        let (say, heard) = channel();
        std::thread::spawn(move || {
            loop {
                let read = frame::read(&mut from);
                let last = read.is_err();
                if say.send(read).is_err() || last {
                    break;
                }
            }
        });
        let mut apart = Self { child, to, heard, limits, tables: BTreeSet::new() };
        let opening = Opening { sql: sql.to_owned(), limits };
        apart.say(&serde_json::to_vec(&opening).map_err(|_| SqlError::Engine)?)?;
        let reply = apart.hear()?;
        let named: Result<BTreeSet<TableName>, SqlError> =
            serde_json::from_slice(&reply).map_err(|_| SqlError::Engine)?;
        apart.tables = named?;
        Ok(apart)
    }

    /// The tables that the question names: what has to be disclosed before it can be answered.
    #[must_use]
    pub const fn tables(&self) -> &BTreeSet<TableName> {
        &self.tables
    }

    /// The columns of an answer from such tables, without a row. Nothing is computed: tables without rows do, so that a question
    /// that does not fit them is known before anything is disclosed for it.
    ///
    /// # Errors
    /// The question does not fit its tables.
    pub fn shape(&mut self, tables: impl IntoIterator<Item = Table>) -> Result<Answer, SqlError> {
        self.told(Told::Shape, tables)
    }

    /// Answers from these tables. A long one may come in parts, one after the other: no more than a part of it is held here
    /// while it is handed over.
    ///
    /// # Errors
    /// Why it is not answered.
    pub fn answer(mut self, tables: impl IntoIterator<Item = Table>) -> Result<Answer, SqlError> {
        self.told(Told::Answer, tables)
    }

    fn told(&mut self, told: Told, tables: impl IntoIterator<Item = Table>) -> Result<Answer, SqlError> {
        self.say(&serde_json::to_vec(&told).map_err(|_| SqlError::Engine)?)?;
        for table in tables {
            for message in Loaded::of(&table)?.written()? {
                self.say(&message)?;
            }
        }
        self.say(&[])?;
        let reply = self.hear()?;
        match reply.split_first() {
            Some((0, arrow)) => Answer::from_arrow(arrow),
            Some((1, error)) => Err(serde_json::from_slice(error).unwrap_or(SqlError::Engine)),
            _ => Err(SqlError::Engine),
        }
    }

    fn say(&mut self, bytes: &[u8]) -> Result<(), SqlError> {
        match frame::write(&mut self.to, bytes) {
            Ok(()) => Ok(()),
            Err(_) => Err(self.ended()),
        }
    }

    fn hear(&mut self) -> Result<Vec<u8>, SqlError> {
        match self.heard.recv_timeout(self.limits.time.saturating_add(GRACE)) {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => Err(self.ended()),
            Err(RecvTimeoutError::Timeout) => Err(self.late()),
        }
    }

    const fn late(&self) -> SqlError {
        SqlError::Time { seconds: self.limits.time.as_secs() }
    }

    /// Why it ended before it answered.
    fn ended(&mut self) -> SqlError {
        let Ok(status) = self.child.wait() else { return SqlError::Engine };
        match (status.signal(), status.code()) {
            (Some(signal), _) if SIGNALS_TIME.contains(&signal) => self.late(),
            (Some(signal), _) if SIGNALS_MEMORY.contains(&signal) => {
                SqlError::Memory { bytes: self.limits.memory_bytes }
            }
            (_, Some(PANICKED)) => SqlError::Engine,
            _ => SqlError::Process(format!("it ended with {status}")),
        }
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The other side: answers one question from standard input on standard output, confined from before it hears it.
///
/// # Errors
/// It cannot be confined, or nobody listens any more.
pub fn attend(mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    // What a panic would print may hold values, and nothing that comes after one is trusted.
    std::panic::set_hook(Box::new(|_| std::process::exit(PANICKED)));
    limit(Resource::Nofile, 0)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Core, 0)?;
    let opening = frame::read(&mut input)?;
    let Opening { sql, limits } = serde_json::from_slice(&opening)?;
    limit(Resource::Data, limits.memory_bytes.saturating_mul(2).saturating_add(BESIDE_BYTES + STACK_BYTES as u64))?;
    limit(Resource::Cpu, limits.time.saturating_add(GRACE).as_secs().saturating_add(1))?;
    let question = Question::parse(&sql);
    frame::write(&mut output, &serde_json::to_vec(&question.as_ref().map(Question::tables))?)?;
    let Ok(question) = question else { return Ok(()) };
    loop {
        // Whoever asked may not be given the tables; then nothing more is said.
        let Ok(told) = frame::read(&mut input) else { return Ok(()) };
        let told = serde_json::from_slice(&told)?;
        let tables = loaded(&mut input)?;
        let answered = match told {
            Told::Shape => outlined(question.clone(), tables, &limits),
            Told::Answer => over(question.clone(), tables, &limits),
        };
        let reply = match answered.and_then(|answer| answer.to_arrow()) {
            Ok(arrow) => [&[0], arrow.as_slice()].concat(),
            Err(error) => [&[1], serde_json::to_vec(&error)?.as_slice()].concat(),
        };
        frame::write(&mut output, &reply)?;
        if told == Told::Answer {
            return Ok(());
        }
    }
}

/// The tables of a question, part by part, up to an empty message.
fn loaded(input: &mut impl Read) -> io::Result<Vec<Loaded>> {
    let mut tables = Vec::new();
    let mut name = frame::read(input)?;
    while !name.is_empty() {
        let table = Loaded::read(&name, &frame::read(input)?).map_err(io::Error::other)?;
        table.push_onto(&mut tables);
        name = frame::read(input)?;
    }
    Ok(tables)
}

/// Sets a limit that cannot be raised again, unless there is a narrower one.
fn limit(resource: Resource, most: u64) -> io::Result<()> {
    let now = rustix::process::getrlimit(resource);
    let most = now.maximum.map_or(most, |maximum| maximum.min(most));
    Ok(setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?)
}
