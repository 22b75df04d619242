//! The one writer under failure: commits of unknown outcome, a second writer, queues longer than a pool.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use journal::{DisclosureLedger, Journal, SqliteJournal};
use model::PolicyLayer;
use model::act::{DeploymentRef, PolicyAdoptedFrom};
use model::policy::PolicyText;

use super::*;
use crate::audit::{FolderSource, audit};
use crate::tests::city::City;

/// What goes wrong at the next appends and settlings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The append is done and reported as failed.
    FailsAfterCommit,
    /// The append is not done and reported as of unknown outcome.
    FailsBeforeCommit,
    /// The truth cannot be read.
    Unreadable,
}

/// A journal whose next steps fail as planned.
struct Faulty {
    journal: SqliteJournal,
    plan: Arc<Mutex<VecDeque<Fault>>>,
    appends: Arc<AtomicUsize>,
}

impl Faulty {
    fn next(&self, fault: impl Fn(Fault) -> bool) -> Option<Fault> {
        let mut plan = self.plan.lock().unwrap();
        if plan.front().is_some_and(|front| fault(*front)) { plan.pop_front() } else { None }
    }
}

fn unsure() -> JournalError {
    JournalError::Unsure(Box::new(JournalError::Full))
}

impl Journal for Faulty {
    fn head(&self) -> Head {
        self.journal.head()
    }
    fn settle(&mut self) -> Result<Head, JournalError> {
        match self.next(|fault| fault == Fault::Unreadable) {
            Some(_) => Err(JournalError::Io(std::io::ErrorKind::TimedOut.into())),
            None => self.journal.settle(),
        }
    }
    fn append(&mut self, expected: &Head, batch: &[NewEntry]) -> Result<Head, JournalError> {
        self.appends.fetch_add(1, Ordering::SeqCst);
        match self.next(|fault| fault != Fault::Unreadable) {
            Some(Fault::FailsAfterCommit) => {
                self.journal.append(expected, batch)?;
                Err(unsure())
            }
            Some(_) => Err(unsure()),
            None => self.journal.append(expected, batch),
        }
    }
    fn read(&self, from: u64, limit: usize) -> Result<Vec<Entry>, JournalError> {
        self.journal.read(from, limit)
    }
    fn payload(&self, index: u64) -> Result<Payload, JournalError> {
        self.journal.payload(index)
    }
    fn erase(&mut self, index: u64) -> Result<(), JournalError> {
        self.journal.erase(index)
    }
}

impl DisclosureLedger for Faulty {
    fn next_seq(&self) -> u64 {
        self.journal.next_seq()
    }
    fn record(&mut self, expected: u64, records: &[Vec<u8>]) -> Result<u64, JournalError> {
        self.journal.record(expected, records)
    }
    fn records(&self, from: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, JournalError> {
        self.journal.records(from, limit)
    }
}

struct Flawed {
    city: City,
    plan: Arc<Mutex<VecDeque<Fault>>>,
    appends: Arc<AtomicUsize>,
}

impl Flawed {
    fn new() -> Self {
        let (plan, appends) = (Arc::default(), Arc::default());
        let (of_store, counted) = (Arc::clone(&plan), Arc::clone(&appends));
        let city = City::over(|journal| Box::new(Faulty { journal, plan: of_store, appends: counted }));
        Self { city, plan, appends }
    }

    fn goes_wrong(&self, faults: &[Fault]) {
        self.plan.lock().unwrap().extend(faults);
    }
}

fn place(id: &str) -> Submission {
    let command = format!(
        r#"{{"do":"register-place","with":{{"id":"{id}","name":"x","geometry":{{"type":"Point","coordinates":[1,2]}}}}}}"#
    );
    City::submission("city", None, &command)
}

/// The state is the fold of the journal, the published log is the journal, and the city opens again.
#[track_caller]
fn holds_together(city: &City) {
    let register = &city.register;
    let (mut state, mut edge) = (State::default(), RightEdge::new());
    for entry in register.entries(0, 10_000).unwrap() {
        state.apply(&Act::from_bytes(&entry.bytes).unwrap()).unwrap();
        edge.push(leaf_hash(&entry.bytes));
    }
    assert_eq!(state, *register.state());
    register.publish().unwrap();
    let source = FolderSource::new(register.log_folder());
    let audited = audit(&source, None, None).unwrap();
    assert_eq!((audited.log.size, audited.log.root), (edge.size(), edge.root()));
    assert_eq!(*city.reopen().unwrap().state(), state);
}

#[test]
fn a_commit_that_happened_although_it_failed_is_known_to_have_happened() {
    let flawed = Flawed::new();
    let register = &flawed.city.register;
    let size = register.state().size;
    flawed.goes_wrong(&[Fault::FailsAfterCommit]);
    assert_eq!(register.submit(place("a")).unwrap().entries, [size]);
    flawed.goes_wrong(&[Fault::FailsBeforeCommit]);
    let refused = register.submit(place("b")).unwrap_err();
    assert!(matches!(&refused, SubmitError::Journal(error) if matches!(**error, JournalError::Full)), "{refused}");
    assert!(!register.state().places.contains_key(&"b".parse().unwrap()));
    register.submit(place("c")).unwrap();
    assert_eq!(register.state().size, size + 2);
    holds_together(&flawed.city);
}

#[test]
fn while_it_is_open_whether_a_commit_happened_nothing_is_decided() {
    let flawed = Flawed::new();
    let register = &flawed.city.register;
    let size = register.state().size;
    // The commit happens, fails, and the truth cannot be read for a while.
    flawed.goes_wrong(&[Fault::FailsAfterCommit, Fault::Unreadable, Fault::Unreadable, Fault::Unreadable]);
    let suspend = City::submission("city", Some("test"), r#"{"do":"suspend","with":{"deployment":"congestion"}}"#);
    let first = register.submit(suspend.clone()).unwrap_err();
    assert!(first.to_string().contains("open whether it was written"), "{first}");
    let appends = flawed.appends.load(Ordering::SeqCst);
    assert!(matches!(register.submit(place("a")), Err(SubmitError::Journal(_))));
    assert!(matches!(register.tick(), Err(SubmitError::Journal(_))));
    assert_eq!(flawed.appends.load(Ordering::SeqCst), appends, "nothing was tried");
    // Now it can: the act is in the log, so it is in the state, and asking again makes none.
    assert!(register.submit(suspend).unwrap().entries.is_empty());
    assert_eq!(register.state().size, size + 1);
    register.submit(place("a")).unwrap();
    holds_together(&flawed.city);
}

/// Appends bytes behind a running register's back.
fn behind_its_back(journal: &Path, bytes: Vec<u8>) {
    let mut journal = SqliteJournal::open(journal).unwrap();
    let head = journal.head();
    journal.append(&head, &[NewEntry { bytes, payload: None }]).unwrap();
}

#[test]
fn what_another_process_wrote_is_followed_before_anything_is_decided() {
    let city = City::declared();
    let register = &city.register;
    let size = register.state().size;
    let deployment = "congestion".parse().unwrap();
    let suspended = Act {
        at: city.start,
        by: "city".parse().unwrap(),
        under: None,
        because: Vec::new(),
        reason: Some("elsewhere".to_owned()),
        what: What::DeploymentSuspended(DeploymentRef { deployment }),
    };
    behind_its_back(&city.journal_path(), suspended.to_bytes().unwrap());
    let suspend = || City::submission("city", Some("here"), r#"{"do":"suspend","with":{"deployment":"congestion"}}"#);
    assert!(
        matches!(register.submit(suspend()), Err(SubmitError::Journal(error)) if matches!(*error, JournalError::Conflict { .. }))
    );
    // The second, third and fourth try are decided on what is there now.
    for _ in 0..3 {
        assert!(register.submit(suspend()).unwrap().entries.is_empty(), "it is suspended already");
    }
    assert_eq!(register.submit(place("a")).unwrap().entries, [size + 1]);
    let standing = &register.state().deployments[&"congestion".parse().unwrap()].standing;
    assert_eq!(standing.stopped_because.as_deref(), Some("elsewhere"));
    holds_together(&city);
}

#[test]
fn a_journal_that_cannot_be_followed_is_written_to_no_more() {
    let city = City::declared();
    let register = &city.register;
    register.publish().unwrap();
    let checkpoint = register.publish().unwrap();
    behind_its_back(&city.journal_path(), b"not an act".to_vec());
    assert!(matches!(register.submit(place("a")), Err(SubmitError::Journal(_))));
    for _ in 0..3 {
        let refused = register.submit(place("a")).unwrap_err();
        assert!(matches!(refused, SubmitError::Behind(_)), "{refused}");
        assert!(refused.to_string().contains("start it again"), "{refused}");
        assert!(matches!(register.tick(), Err(SubmitError::Behind(_))));
        assert!(matches!(register.publish(), Err(PublishError::Behind(_))));
    }
    assert_eq!(SqliteJournal::open(&city.journal_path()).unwrap().head().size, register.state().size + 1);
    assert_eq!(std::fs::read_to_string(register.log_folder().join("checkpoint")).unwrap(), checkpoint);
}

#[test]
fn a_publication_that_failed_on_the_disk_is_done_by_the_next_one_without_new_acts() {
    let city = City::declared();
    let register = &city.register;
    let before = register.publish().unwrap();
    // Where the first full tile should go, something else is in the way.
    let in_the_way = register.log_folder().join("tile/0/000");
    std::fs::create_dir_all(in_the_way.join("x")).unwrap();
    for number in 0..300 {
        register.submit(place(&format!("p{number}"))).unwrap();
    }
    let failed = register.publish().unwrap_err();
    assert!(failed.to_string().contains("tile/0/000"), "{failed}");
    register.submit(place("one-more")).unwrap();
    assert!(register.publish().is_err());
    assert_eq!(std::fs::read_to_string(register.log_folder().join("checkpoint")).unwrap(), before);
    std::fs::remove_dir_all(&in_the_way).unwrap();
    assert_ne!(register.publish().unwrap(), before);
    holds_together(&city);
}

#[test]
fn a_queue_longer_than_a_pool_is_answered_to_the_last() {
    let city = City::declared();
    let register = &city.register;
    let size = register.state().size;
    let waiting = POOL_MAX * 2 + 50;
    let answers: Vec<_> = (0..waiting)
        .map(|number| {
            let (reply, answer) = sync_channel(1);
            lock(&register.queue).push(Pending { submission: place(&format!("p{number}")), seen: None, reply });
            answer
        })
        .collect();
    // Only the last one comes to the writer: it carries all the others, a pool at a time.
    let last = answers.last().unwrap();
    assert_eq!(register.wait(last).unwrap().entries, [size + waiting as u64 - 1]);
    for answer in &answers[..waiting - 1] {
        assert_eq!(answer.try_recv().unwrap().unwrap().entries.len(), 1);
    }
    assert_eq!(register.state().size, size + waiting as u64);
    holds_together(&city);
}

#[test]
fn more_submissions_at_once_than_a_pool_takes_are_all_answered() {
    let city = City::declared();
    let (register, size) = (&city.register, city.register.state().size);
    let many = POOL_MAX * 2 + 50;
    std::thread::scope(|scope| {
        // Nobody gets to the writer before all wait.
        let writer = lock(&register.writer);
        let submit =
            |number| move || register.submit(place(&format!("p{number}"))).map(|receipt| receipt.entries.len());
        let threads: Vec<_> = (0..many).map(|number| scope.spawn(submit(number))).collect();
        while lock(&register.queue).len() < many {
            std::thread::yield_now();
        }
        drop(writer);
        for thread in threads {
            assert_eq!(thread.join().unwrap().unwrap(), 1);
        }
    });
    assert_eq!(register.state().size, size + many as u64);
    holds_together(&city);
}

/// The policies that a city stands under, and a layer of its own under which no place is registered any more.
fn without_places(city: &City) -> (Submission, PolicyText) {
    let mut text = city.register.state().policy.as_ref().unwrap().text.clone();
    let cedar = "@id(\"no-more-places\")\n@requirement(\"own-01\")\n@reason(\"There are enough.\")\n\
        forbid (principal, action == Action::\"register-place\", resource) unless { resource has \"nothing\" };";
    let layer = PolicyLayer {
        kind: model::LayerKind::City,
        name: "own".to_owned(),
        owner: "City".to_owned(),
        cedar: cedar.to_owned(),
        duties: std::collections::BTreeMap::new(),
    };
    text.layers.push(layer);
    let (by, reason) = ("city".parse().unwrap(), Some("the council".to_owned()));
    (Submission { by, reason, command: Command::AdoptPolicy(text.clone()) }, text)
}

/// What decides is the whole text of the newest adoption in the journal, and nothing else.
#[track_caller]
fn decides_by_its_journal(city: &City) -> PolicyText {
    let entries = city.register.entries(0, 10_000).unwrap();
    let acts = entries.iter().map(|entry| Act::from_bytes(&entry.bytes).unwrap());
    let mut newest = acts.rev().filter_map(|act| act.what.adopts().map(|(hash, text)| (hash, text.clone())));
    let (hash, text) = newest.next().unwrap();
    let written = Bundle::assemble(&text).unwrap().hash();
    assert_eq!((written, city.register.bundle().unwrap().hash()), (hash, hash));
    text
}

#[test]
fn policies_decide_nothing_before_the_act_that_holds_them_whole_is_in_the_journal() {
    let flawed = Flawed::new();
    let (city, register) = (&flawed.city, &flawed.city.register);
    let before = decides_by_its_journal(city);
    let (adopt, after) = without_places(city);
    // What is asked at once, and answered by one commit.
    let together = |submissions: [Submission; 2]| {
        let answers = submissions.map(|submission| {
            let (reply, answer) = sync_channel(1);
            lock(&register.queue).push(Pending { submission, seen: None, reply });
            answer
        });
        let mut writer = lock(&register.writer);
        register.commit_pool(&mut writer, register.next_pool());
        answers.map(|answer| answer.try_recv().unwrap())
    };
    // The act was not written: neither an act nor a refusal comes of what it would have put in force.
    let size = register.state().size;
    flawed.goes_wrong(&[Fault::FailsBeforeCommit]);
    for answer in together([adopt.clone(), place("a")]) {
        assert!(matches!(&answer, Err(SubmitError::Journal(_))), "{answer:?}");
    }
    assert_eq!((decides_by_its_journal(city), register.state().size), (before.clone(), size));
    register.submit(place("a")).unwrap();
    // It was, although that was told as a failure: then it decides, from the same commit on.
    flawed.goes_wrong(&[Fault::FailsAfterCommit]);
    let [adopted, refused] = together([adopt, place("b")]);
    assert_eq!(adopted.unwrap().entries, [size + 1]);
    assert!(matches!(refused, Err(SubmitError::Refused(Refusal::Norm(_)))), "{refused:?}");
    assert_eq!(decides_by_its_journal(city), after);
    assert!(matches!(register.submit(place("c")), Err(SubmitError::Refused(Refusal::Norm(_)))));
    holds_together(city);
    // What another process adopted decides once it is read from the journal, whole.
    let (at, by) = (city.start, "city".parse().unwrap());
    let hash = Bundle::assemble(&before).unwrap().hash();
    let sources = register.state().policy.as_ref().unwrap().sources.clone();
    let sources = sources.into_iter().filter(|(name, _)| name != "own").collect();
    let what = What::PolicyAdoptedFrom(PolicyAdoptedFrom { hash, text: before.clone(), sources });
    let act = Act { at, by, under: None, because: Vec::new(), reason: None, what };
    behind_its_back(&city.journal_path(), act.to_bytes().unwrap());
    let party = r#"{"do":"register-party","with":{"party":{"id":"roads","name":"Roads","kind":"officer"}}}"#;
    let first = register.submit(City::submission("city", None, party));
    assert!(matches!(first, Err(SubmitError::Journal(_))), "it was decided on what is not the journal's: {first:?}");
    register.tick().unwrap();
    assert_eq!(decides_by_its_journal(city), before);
    register.submit(place("c")).unwrap();
}
