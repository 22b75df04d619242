//! Statements made by a grammar: questions over tables that are there and that are not, every function of the engine, and
//! whatever else a parser knows. Nothing but the tables that were handed over is ever read, and no file is touched.
//!
//! A run of the tests makes some of them. `ORDINANCE_SQL_STATEMENTS=100000 cargo test -p analytics grammar` makes as many as
//! it says; the statements are the same every time.

mod writer;

use std::collections::BTreeMap;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use rustix::fs::inotify;

use super::*;
use writer::Writer;

/// How many statements are made unless somebody asks for more.
const STATEMENTS: u64 = 5_000;
/// A word that stands in every file of the canary's folder.
const SECRET: &str = "canary-77d0c0de";

/// Files that are really there, and a watch on them that hears of every look.
struct Canary {
    folder: tempfile::TempDir,
    watch: std::os::fd::OwnedFd,
}

impl Canary {
    fn new() -> Self {
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
        let folder = tempfile::tempdir_in(std::fs::canonicalize(target).unwrap()).unwrap();
        for name in ["canary.csv", "canary.json", "canary.parquet", "canary.arrow", "canary.avro", "canary"] {
            std::fs::write(folder.path().join(name), format!("secret\n{SECRET}\n")).unwrap();
        }
        let watch = inotify::init(inotify::CreateFlags::NONBLOCK).unwrap();
        let looks = inotify::WatchFlags::OPEN | inotify::WatchFlags::ACCESS | inotify::WatchFlags::CREATE;
        inotify::add_watch(&watch, folder.path(), looks).unwrap();
        Self { folder, watch }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("canary.csv")
    }

    /// Every look since it was asked last: at which file, or at the folder itself.
    fn looks(&self) -> Vec<String> {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(&self.watch, &mut buffer);
        let heard =
            std::iter::from_fn(|| reader.next().ok().map(|look| format!("{:?} {:?}", look.events(), look.file_name())));
        heard.collect()
    }
}

/// What became of the statements, so that a fuzz that only ever hears "no" is seen.
#[derive(Debug, Default)]
struct Tally(BTreeMap<&'static str, u64>);

impl Tally {
    fn count(&mut self, outcome: &Result<Answer, SqlError>) {
        let name = match outcome {
            Ok(_) => "answered",
            Err(SqlError::Syntax(_)) => "no SQL",
            Err(SqlError::NotAQuestion | SqlError::NotOne(_) | SqlError::Part(_)) => "no question",
            Err(SqlError::Plan(_) | SqlError::Name(_)) => "does not fit",
            Err(SqlError::Value) => "no value",
            Err(SqlError::Memory { .. } | SqlError::Time { .. } | SqlError::Rows { .. }) => "too much",
            Err(SqlError::Engine) => "engine failed",
            Err(_) => "too long or deep",
        };
        *self.0.entry(name).or_default() += 1;
    }
}

/// Asks one statement and holds the outcome against what must never be.
fn tried(writer: &mut Writer, handed: &[Table]) -> Result<Answer, SqlError> {
    let limits = Limits { memory_bytes: 32 << 20, time: Duration::from_secs(5), rows: 10_000, ..Limits::default() };
    let statement = writer.statement();
    let question = Question::parse(&statement.text);
    let outcome = match question {
        Ok(question) => {
            assert!(!statement.writes, "this is no question: {}", statement.text);
            let known = |name: &TableName| handed.iter().any(|table| table.name == *name);
            let strangers: Vec<String> =
                question.tables().iter().filter(|name| !known(name)).map(ToString::to_string).collect();
            let outcome = answer(question.clone(), handed.to_vec(), &limits);
            if let Ok(answer) = &outcome {
                let promised = shape(question, handed.iter().map(Table::without_rows).collect(), &limits);
                let kept = promised.is_ok_and(|promised| promised.is_empty() && answer.fits(&promised));
                assert!(kept, "the answer has other columns than without rows: {}", statement.text);
            }
            assert!(outcome.is_err() || strangers.is_empty(), "{strangers:?} were read: {}", statement.text);
            outcome
        }
        Err(error) => Err(error),
    };
    match &outcome {
        Ok(answer) => {
            let text = answer.csv().unwrap_or_default();
            assert!(!text.contains(SECRET), "a file came out: {}", statement.text);
        }
        Err(error) => {
            let words = error.to_string();
            assert!(!words.contains(SECRET) && !words.contains(MARK), "{words}: {}", statement.text);
        }
    }
    outcome
}

#[test]
fn a_look_at_a_file_is_heard() {
    let canary = Canary::new();
    std::fs::read(canary.path()).unwrap();
    assert!(canary.looks().iter().any(|look| look.contains("canary.csv")), "the file is named");
    std::fs::read_dir(canary.folder.path()).unwrap().count();
    assert!(!canary.looks().is_empty(), "a listing is heard, too");
}

#[test]
fn nothing_but_the_tables_handed_over_is_ever_read_whatever_the_statement() {
    let statements = std::env::var("ORDINANCE_SQL_STATEMENTS").ok();
    let statements = statements.map_or(STATEMENTS, |number| number.parse().unwrap());
    let tally = Mutex::new(Tally::default());
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let tally = &tally;
            scope.spawn(move || {
                let (handed, canary) = (tables(), Canary::new());
                for seed in (worker..statements).step_by(usize::try_from(workers).unwrap()) {
                    let writer = || Writer::new(seed, &canary.path());
                    let outcome = tried(&mut writer(), &handed);
                    tally.lock().unwrap().count(&outcome);
                    // Somebody else on this machine may list folders; a statement that looks does so each time.
                    let again = || {
                        drop(tried(&mut writer(), &handed));
                        canary.looks()
                    };
                    let looks = canary.looks();
                    let always = !looks.is_empty() && (0..3).all(|_| !again().is_empty());
                    assert!(!always, "{looks:?}: {}", writer().statement().text);
                }
            });
        }
    });
    let tally = tally.into_inner().unwrap();
    let share = |name: &str| tally.0.get(name).copied().unwrap_or_default() * 100 / statements;
    assert!(
        share("answered") >= 5 && share("no question") >= 5,
        "the grammar reaches the engine and the door: {tally:?}"
    );
}
