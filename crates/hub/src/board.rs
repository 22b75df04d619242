//! The board: every benchmark over every mirrored city, worked out once for a state of the mirrors and kept in memory.
//!
//! Pages are drawn from it and never count anything themselves. It is worked out on a thread of its own, one at a time, so that
//! neither the event loop nor a reader waits for it but for the first; and never so often that a hub whose mirrors change all the time
//! does little else. It reads what is kept and asks no city.

mod names;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use model::{Digest, PartyId, Timestamp};
use tokio::sync::watch;

use crate::Hub;
use crate::benchmark::{NamedDefinition, Table, World};
use crate::mirror::{City, Country, Mirror, MirrorError, SizeClass, Standing};
use crate::watch::Said;

pub(crate) use names::Names;
pub(crate) use work::Failed;

/// How long a board is shown before the mirrors are asked whether they changed, in milliseconds.
const ASKED_AFTER_MILLIS: i64 = 5_000;
/// So many times as long as it took to work a board out, it is shown before the next one is.
const SHOWN_TIMES: i64 = 20;

/// How a mirror stands, as pages sort it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stands {
    /// The last look held.
    Held,
    /// The last look held, and there is no room for its newest entries.
    Behind,
    /// Nothing was looked at yet.
    New,
    /// It was not reached.
    Unreachable,
    /// What was shown could not be checked.
    Unproven,
    /// It contradicts itself.
    Frozen,
}

impl Stands {
    pub(crate) const ALL: [Self; 6] =
        [Self::Held, Self::Behind, Self::New, Self::Unreachable, Self::Unproven, Self::Frozen];

    /// As in addresses.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Behind => "behind",
            Self::New => "new",
            Self::Unreachable => "unreachable",
            Self::Unproven => "unproven",
            Self::Frozen => "frozen",
        }
    }

    /// In words, as what is said of a log.
    pub(crate) const fn in_words(self) -> &'static str {
        match self {
            Self::Held => "holds",
            Self::Behind => "holds, and is kept in part for want of room",
            Self::New => "was not looked at yet",
            Self::Unreachable => "was not reached",
            Self::Unproven => "could not be proved",
            Self::Frozen => "contradicts itself",
        }
    }
}

/// A mirrored city.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CityLine {
    pub(crate) id: PartyId,
    /// Its own name, where its log says one.
    pub(crate) name: Option<String>,
    pub(crate) country: Option<Country>,
    pub(crate) size_class: Option<SizeClass>,
    pub(crate) stands: Stands,
    /// How many entries are kept.
    pub(crate) entries: u64,
    /// When a look last held.
    pub(crate) checked: Option<Timestamp>,
}

impl CityLine {
    /// How a city is mirrored now.
    pub(crate) fn of(city: &City) -> Self {
        let kept = &city.kept;
        let stands = match &kept.standing {
            Standing::Sound if kept.checked.is_none() => Stands::New,
            Standing::Sound => Stands::Held,
            Standing::Behind { .. } => Stands::Behind,
            Standing::Unreachable { .. } => Stands::Unreachable,
            Standing::Unproven { .. } => Stands::Unproven,
            Standing::Frozen { .. } => Stands::Frozen,
        };
        Self {
            id: city.name.clone(),
            name: city.sheet.name.clone(),
            country: kept.profile.country,
            size_class: kept.profile.size_class,
            stands,
            entries: kept.size,
            checked: kept.checked,
        }
    }
}

/// Evidence that lies in the hub's folder.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EvidenceLine {
    pub(crate) digest: Digest,
    pub(crate) city: PartyId,
    pub(crate) noted: Timestamp,
    pub(crate) kind: &'static str,
    /// Whether it says no more than that an older head was served.
    pub(crate) rolled_back: bool,
    /// What it proves, as it was checked anew; else why it proves nothing.
    pub(crate) proves: String,
}

impl EvidenceLine {
    /// What kind of contradiction, in words.
    pub(crate) const fn kind_of(said: &Said) -> &'static str {
        match said {
            Said::TwoRoots { .. } => "two heads of one size",
            Said::NotAPrefix { .. } => "a head that does not continue an earlier one",
            Said::RolledBack { .. } => "a smaller head after a larger one",
        }
    }
}

/// One benchmark, worked out and drawn.
#[derive(Debug)]
pub(crate) struct Worked {
    pub(crate) named: NamedDefinition,
    /// The note that the hub's key signed over the definition.
    pub(crate) note: String,
    /// Its cities are in the order of [`Board::cities`].
    pub(crate) table: Table,
    pub(crate) world: World,
    /// Drawings with their tables, as fragments of a page.
    pub(crate) chart_html: String,
    pub(crate) world_html: String,
}

/// Everything that pages about other cities show, as of one state of the mirrors.
#[derive(Debug)]
pub(crate) struct Board {
    /// As of when.
    pub(crate) at: Timestamp,
    /// The mirrors that it was worked out from.
    seen: Option<i64>,
    /// How long it took.
    millis: i64,
    /// By name.
    pub(crate) cities: Vec<CityLine>,
    pub(crate) names: Names,
    /// How many of them stand in which way.
    standing: BTreeMap<Stands, usize>,
    pub(crate) worked: Vec<Worked>,
    /// The newest first.
    pub(crate) evidence: Vec<EvidenceLine>,
}

impl Board {
    /// A benchmark by its id.
    pub(crate) fn of(&self, id: &str) -> Option<&Worked> {
        self.worked.iter().find(|worked| worked.named.definition.id == id)
    }

    /// Where a city stands in the lists.
    pub(crate) fn place(&self, id: &PartyId) -> Option<usize> {
        self.cities.binary_search_by(|city| city.id.cmp(id)).ok()
    }

    /// How many stand in a way.
    pub(crate) fn standing(&self, stands: Stands) -> usize {
        self.standing.get(&stands).copied().unwrap_or(0)
    }
}

/// What there is to show.
#[derive(Debug, Clone, Default)]
struct Shown {
    board: Option<Arc<Board>>,
    /// How often it was tried.
    tries: u64,
    /// Whether the last try failed.
    failed: bool,
}

/// The board that is shown now, and who works the next one out.
pub(crate) struct Boards {
    hub: Arc<Hub>,
    shown: watch::Sender<Shown>,
    /// Whether somebody works.
    works: AtomicBool,
    /// When the mirrors were asked last whether they changed.
    asked: Mutex<Option<Timestamp>>,
    /// What is asked; kept open, because only the same connection tells what changed since.
    mirror: Mutex<Option<Mirror>>,
}

/// Somebody works for as long as this lives, however it ends.
struct Works<'a>(&'a AtomicBool);

impl Drop for Works<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Boards {
    pub(crate) fn new(hub: Arc<Hub>) -> Arc<Self> {
        let (works, shown) = (AtomicBool::new(false), watch::Sender::new(Shown::default()));
        Arc::new(Self { hub, shown, works, asked: Mutex::default(), mirror: Mutex::default() })
    }

    /// The board; waits only for the first one. If it may be out of date, the next one is begun and this one is given.
    pub(crate) async fn board(self: &Arc<Self>) -> Result<Arc<Board>, Failed> {
        let mut shown = self.shown.subscribe();
        let tries = shown.borrow().tries;
        self.begin_if_due();
        // What failed before is waited for only while somebody tries again.
        let tried = |shown: &Shown| shown.failed && (shown.tries > tries || !self.works.load(Ordering::Acquire));
        let ready = shown.wait_for(|shown| shown.board.is_some() || tried(shown)).await;
        ready.ok().and_then(|shown| shown.board.clone()).ok_or(Failed)
    }

    /// Begins to work the next board out, if the mirrors were not asked for some time and nobody works.
    pub(crate) fn begin_if_due(self: &Arc<Self>) {
        if !self.due() || self.works.swap(true, Ordering::AcqRel) {
            return;
        }
        let boards = Arc::clone(self);
        // A thread of its own, which nobody waits for when the hub stops: it only reads.
        let begun = thread::Builder::new().name("board".to_owned()).spawn(move || {
            let _works = Works(&boards.works);
            boards.work();
        });
        if begun.is_err() {
            self.works.store(false, Ordering::Release);
        }
    }

    fn due(&self) -> bool {
        let now = self.hub.now();
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let took = self.shown.borrow().board.as_ref().map_or(0, |board| board.millis);
        let wait = ASKED_AFTER_MILLIS.max(took.saturating_mul(SHOWN_TIMES));
        // A clock that was set back asks at once.
        let is_due = asked.is_none_or(|asked| !(0..wait).contains(&(now.millis() - asked.millis())));
        if is_due {
            *asked = Some(now);
        }
        is_due
    }

    /// Works the next board out if the mirrors, or the day, are others than those of the one that is shown.
    fn work(&self) {
        let before = self.shown.borrow().board.clone();
        let mut mirror = self.mirror.lock().unwrap_or_else(PoisonError::into_inner);
        let next = self.next(&mut mirror, before.as_deref());
        self.shown.send_modify(|shown| {
            shown.tries += 1;
            shown.failed = next.is_err();
            if let Ok(Some(board)) = next {
                shown.board = Some(Arc::new(board));
            }
        });
    }

    fn next(&self, mirror: &mut Option<Mirror>, before: Option<&Board>) -> Result<Option<Board>, MirrorError> {
        if mirror.is_none() {
            *mirror = Mirror::found(&self.hub.mirrors())?;
        }
        let seen = mirror.as_ref().map(Mirror::seen).transpose()?;
        let now = self.hub.now();
        if before.is_some_and(|before| before.seen == seen && before.at.date() == now.date()) {
            return Ok(None);
        }
        work::board(&self.hub, mirror.as_ref(), seen, now).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use model::Span;
    use testkit::{FakeClock, SeededBytes};

    use super::*;
    use crate::Founding;
    use crate::member::{ListedMember, MemberKind};
    use crate::mirror::Profile;

    fn hub(clock: &Arc<FakeClock>) -> (tempfile::TempDir, Arc<Hub>) {
        let folder = tempfile::tempdir().unwrap();
        let secretariat = ListedMember {
            id: "secretariat".parse().unwrap(),
            kind: MemberKind::FoundingPartner,
            name: Some("The secretariat".parse().unwrap()),
            country: None,
        };
        let founding = Founding {
            name: "The Alliance".parse().unwrap(),
            origin: "hub.example/log".to_owned(),
            secretariat,
            person: "secretariat".parse().unwrap(),
        };
        let clock = Arc::clone(clock) as Arc<dyn model::Clock>;
        let hub = Hub::create(&folder.path().join("hub"), founding, clock, Arc::new(SeededBytes::new(1))).unwrap();
        (folder, Arc::new(hub))
    }

    fn add(hub: &Hub, name: &str) {
        let key = tlog::SigningKey::generate([7; 32], "city.example/log").unwrap().vkey().to_string();
        let mut mirror = Mirror::open(&hub.mirrors()).unwrap();
        mirror.add(&name.parse().unwrap(), &key, "http://city.example", Profile::default()).unwrap();
    }

    /// Waits until nobody works.
    async fn idle(boards: &Boards) {
        while boards.works.load(Ordering::Acquire) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_who_ask_at_once_get_one_board_and_it_is_worked_out_again_only_for_another_state_or_day() {
        let clock = Arc::new(FakeClock::at("2026-11-24T08:00:00Z".parse().unwrap()));
        let (_folder, hub) = hub(&clock);
        add(&hub, "one");
        let boards = Boards::new(Arc::clone(&hub));
        let asking: Vec<_> = (0..64)
            .map(|_| {
                let boards = Arc::clone(&boards);
                tokio::spawn(async move { boards.board().await.unwrap() })
            })
            .collect();
        let mut first = None;
        for asked in asking {
            let board = asked.await.unwrap();
            assert!(Arc::ptr_eq(first.get_or_insert_with(|| Arc::clone(&board)), &board));
        }
        let first = first.unwrap();
        idle(&boards).await;
        assert_eq!((first.cities.len(), boards.shown.borrow().tries), (1, 1));
        // Nothing changed: it is asked again, and nothing is worked out.
        clock.advance(Span::minutes(1));
        boards.board().await.unwrap();
        idle(&boards).await;
        assert!(Arc::ptr_eq(&first, &boards.board().await.unwrap()));
        // Somebody else wrote into the mirrors; until the next is ready, this one is shown.
        add(&hub, "two");
        assert!(Arc::ptr_eq(&first, &boards.board().await.unwrap()), "it is not asked at every request");
        clock.advance(Span::minutes(1));
        boards.board().await.unwrap();
        idle(&boards).await;
        let second = boards.board().await.unwrap();
        assert_eq!(second.cities.len(), 2);
        // Another day counts otherwise, whatever the mirrors hold.
        clock.advance(Span::days(1));
        boards.board().await.unwrap();
        idle(&boards).await;
        assert!(!Arc::ptr_eq(&second, &boards.board().await.unwrap()));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn mirrors_that_cannot_be_read_are_told_and_are_read_once_they_can_be() {
        let clock = Arc::new(FakeClock::at("2026-11-24T08:00:00Z".parse().unwrap()));
        let (_folder, hub) = hub(&clock);
        std::fs::create_dir_all(hub.mirrors().join("mirror.db")).unwrap();
        let boards = Boards::new(Arc::clone(&hub));
        assert_eq!(boards.board().await.unwrap_err(), Failed);
        std::fs::remove_dir(hub.mirrors().join("mirror.db")).unwrap();
        idle(&boards).await;
        clock.advance(Span::minutes(1));
        assert!(boards.board().await.unwrap().cities.is_empty());
    }
}
