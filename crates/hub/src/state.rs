//! What a hub's log folds to: members, drafts, amendments, versions. There is no second truth; every page is drawn from this.
//!
//! A state is copied for each commit, so whatever is many hangs behind an [`Arc`] and is copied only where it changes.

mod apply;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use model::{Digest, RequirementId, Timestamp};

use crate::act::{
    Answer, CaseFiled, Decision, DraftOpened, Effect, Entry, HubFounded, ModerationPolicyPublished, Outcome, Part,
    Stance, VersionReleased, WorkshopAnnounced,
};
use crate::case::CaseOutcome;
use crate::member::{ListedMember, MemberKind, PublicLog, Role};
use crate::words::{Body, DraftId, MemberId, PersonId, Title};

pub use apply::ApplyError;

/// A hub, as its first entries leave it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// How many entries it folds.
    pub size: u64,
    /// When the last of them happened.
    pub last_at: Option<Timestamp>,
    /// The founding; none for an empty log.
    pub founded: Option<Arc<HubFounded>>,
    /// Everybody who is or was a member.
    pub members: Arc<Members>,
    /// Everybody who speaks for one.
    pub people: Arc<People>,
    /// Drafts of standards.
    pub drafts: BTreeMap<DraftId, Arc<Draft>>,
    /// Amendments, by their entries.
    pub amendments: BTreeMap<Entry, Arc<Amendment>>,
    /// Statements, by their entries.
    pub statements: BTreeMap<Entry, Arc<Statement>>,
    /// Workshops, by their entries.
    pub workshops: BTreeMap<Entry, Arc<Workshop>>,
    /// Released versions, by their entries.
    pub versions: BTreeMap<Entry, Arc<Version>>,
    /// On whose logs each draft may be tried, or might.
    pub pilots: BTreeMap<DraftId, Arc<BTreeMap<MemberId, Arc<Consent>>>>,
    /// Cases of good practice, by their entries.
    pub cases: Arc<BTreeMap<Entry, Arc<Case>>>,
    /// The rules of moderation, and the entry that published them.
    pub policy: Option<(Entry, Arc<ModerationPolicyPublished>)>,
    /// What was moderated, in order.
    pub moderation: Arc<Vec<ModerationLine>>,
    /// What is hidden now, and by which entry.
    pub hidden: BTreeMap<Entry, Entry>,
    /// Whose payloads were destroyed.
    pub erased: BTreeSet<Entry>,
    /// Entries with a payload, and whose words they are.
    pub sealed: Arc<BTreeMap<Entry, PersonId>>,
    /// The amendments that somebody took part in, the statements that they made, and the cases that they filed or continued.
    pub took_part: BTreeMap<PersonId, Arc<BTreeSet<Entry>>>,
    /// Every decision, in order.
    pub decisions: Arc<Vec<Decided>>,
    /// Whether a kind of act that once went without reasons was written with them. None goes without from then on.
    pub reasoned: bool,
}

/// All members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Members {
    /// By id.
    pub by_id: BTreeMap<MemberId, Arc<Member>>,
    /// The same by kind, so that a page of one kind looks at no other.
    pub by_kind: BTreeMap<MemberKind, BTreeSet<MemberId>>,
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// As it was admitted.
    pub listed: ListedMember,
    /// When.
    pub since: Timestamp,
    /// The entry that ended it, if one did.
    pub ended: Option<Entry>,
    /// Where it publishes its log.
    pub log: Option<PublicLog>,
}

/// All people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People {
    /// By id.
    pub by_id: BTreeMap<PersonId, Arc<Person>>,
    /// The same by the hash of their token.
    pub by_credential: HashMap<Digest, PersonId>,
    /// Who speaks for a member.
    pub of_member: BTreeMap<MemberId, Vec<PersonId>>,
}

/// A person who speaks for a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// For which.
    pub member: MemberId,
    /// As what; none if no longer.
    pub role: Option<Role>,
    /// The entry whose payload holds their name; none for the first, who is called by an office.
    pub entry: Option<Entry>,
    credential: Option<Digest>,
}

/// A city's consent that a draft is tried on its public log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// The entry that gave it.
    pub entry: Entry,
    /// When.
    pub at: Timestamp,
    /// By whom, and why.
    pub decision: Decision,
    /// The entry that ended it, if one did.
    pub ended: Option<Entry>,
}

/// Where a draft stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It takes amendments.
    Open,
    /// It takes none; those there are, are decided.
    Consolidating,
}

/// A draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// As it was opened.
    pub opened: Arc<DraftOpened>,
    /// The entry that opened it.
    pub entry: Entry,
    /// Where it stands.
    pub phase: Phase,
    /// Its present version and the document with it.
    pub version: String,
    /// The document with the pack's files.
    pub document: Digest,
    /// Its clauses.
    pub clauses: BTreeSet<RequirementId>,
    /// Its amendments.
    pub amendments: Vec<Entry>,
    /// Its statements.
    pub statements: Vec<Entry>,
    /// Its versions, beginning with that of the opening: entry, version, document.
    pub versions: Vec<(Entry, String, Digest)>,
}

/// Where an amendment stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// It waits for a decision.
    Open,
    /// It was taken back.
    Withdrawn,
    /// It was decided.
    Decided {
        /// How.
        outcome: Outcome,
        /// By whom, and why.
        decision: Decision,
        /// The entry.
        entry: Entry,
        /// The entry of the version that it is part of.
        version: Option<Entry>,
    },
}

impl Stage {
    /// Whether it can be decided so: what was accepted and is in no version yet can still be rejected, as long as it stands in the way
    /// of one.
    #[must_use]
    pub fn can_become(&self, next: Outcome) -> bool {
        match self {
            Self::Open => true,
            Self::Decided { outcome: Outcome::Accepted, version: None, .. } => next == Outcome::Rejected,
            _ => false,
        }
    }
}

/// An amendment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// Of which draft.
    pub draft: DraftId,
    /// To which clause.
    pub clause: RequirementId,
    /// The document that it changes.
    pub document: Digest,
    /// What it changes.
    pub parts: Vec<Part>,
    /// What that does.
    pub effect: Effect,
    /// Who proposed it.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// Where it stands.
    pub stage: Stage,
    /// Arguments: entry, who, when, for or against.
    pub arguments: Vec<Argument>,
    /// Organisations that endorse it, with the person who said so.
    pub organisations: BTreeMap<MemberId, PersonId>,
    /// People who endorse it for themselves.
    pub persons: BTreeSet<PersonId>,
    /// What became of it, newest last.
    pub lines: Vec<Line>,
}

/// An argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// Its entry.
    pub entry: Entry,
    /// Whose.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// For or against.
    pub stance: Stance,
}

/// What happened to something, for its feed and for those who took part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The entry.
    pub entry: Entry,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: PersonId,
    /// The amendment.
    pub amendment: Entry,
    /// What.
    pub what: LineKind,
}

/// What kind of thing happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineKind {
    /// It was proposed.
    Proposed,
    /// Somebody argued.
    Argued(Stance),
    /// It was taken back.
    Withdrawn,
    /// It was decided.
    Decided(Outcome, Decision),
    /// It is part of a version.
    InVersion(String),
    /// Something was hidden, shown again or erased.
    Moderated(ModerationKind),
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// About which draft.
    pub draft: DraftId,
    /// Whose.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// The latest answer of each person, and the kind of member they spoke for.
    pub answers: BTreeMap<PersonId, (Answer, MemberKind)>,
    /// How many answers of each kind of member: agree, disagree, pass.
    pub tally: BTreeMap<MemberKind, Tally>,
}

/// How many answered what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Agree.
    pub agree: u32,
    /// Disagree.
    pub disagree: u32,
    /// Pass.
    pub pass: u32,
}

/// A workshop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workshop {
    /// As it was announced last.
    pub announced: WorkshopAnnounced,
    /// Its minutes, and the entry that filed them.
    pub minutes: Option<(Entry, Body)>,
}

/// Where a released version stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Cities may adopt it.
    Released,
    /// It was withdrawn.
    Withdrawn {
        /// By which entry.
        entry: Entry,
        /// By whom, and why.
        decision: Decision,
    },
    /// Another takes its place.
    Corrected {
        /// By which entry.
        entry: Entry,
        /// Which.
        by: Entry,
        /// By whom, and why.
        decision: Decision,
    },
}

/// A released version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// As it was released.
    pub released: Arc<VersionReleased>,
    /// When.
    pub at: Timestamp,
    /// Where it stands.
    pub standing: Standing,
}

/// A case of good practice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// As it was filed.
    pub filed: Arc<CaseFiled>,
    /// Whether its figures say of how much they are not known; those of the first kind of act did not.
    pub whole: bool,
    /// By whom.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// How it stands now.
    pub outcome: CaseOutcome,
    /// What became of it, newest last.
    pub lines: Vec<CaseLine>,
    /// The entry that took it back, when and by whom, if one did.
    pub withdrawn: Option<(Entry, Timestamp, PersonId)>,
}

/// That something became of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseLine {
    /// The entry with the words.
    pub entry: Entry,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: PersonId,
    /// How it stood from then on.
    pub outcome: CaseOutcome,
}

/// What a moderator did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModerationKind {
    /// Hid it.
    Hidden,
    /// Showed it again.
    Restored,
    /// Destroyed it.
    Erased,
}

/// A line of the log of moderation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModerationLine {
    /// The entry that did it.
    pub entry: Entry,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: ModerationKind,
    /// To the words of which entry.
    pub of: Entry,
    /// By whom, and why.
    pub decision: Decision,
}

/// A decision, for the list of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The entry.
    pub entry: Entry,
    /// When.
    pub at: Timestamp,
    /// What was decided, in words.
    pub what: String,
    /// By whom, and why.
    pub decision: Decision,
}

impl State {
    /// The person with a token, by its hash, as long as they speak for a member.
    #[must_use]
    pub fn person_with(&self, credential: &Digest) -> Option<(&PersonId, &Person, Role)> {
        let (id, _) = self.people.by_id.get_key_value(self.people.by_credential.get(credential)?)?;
        let (person, role) = self.speaker(id)?;
        Some((id, person, role))
    }

    /// A person who speaks for a member that still is one, and their role.
    #[must_use]
    pub fn speaker(&self, id: &PersonId) -> Option<(&Person, Role)> {
        let person = self.people.by_id.get(id)?;
        let member = self.members.by_id.get(&person.member)?;
        let role = person.role.filter(|_| member.ended.is_none())?;
        Some((person, role))
    }

    /// The public name of a member.
    #[must_use]
    pub fn member_name(&self, id: &MemberId) -> String {
        let named = self.members.by_id.get(id).and_then(|member| member.listed.name.as_ref());
        named.map_or_else(|| format!("resident {id}"), Title::to_string)
    }

    /// What an entry decided, if it decided something.
    #[must_use]
    pub fn decided_by(&self, entry: Entry) -> Option<&Decided> {
        let at = self.decisions.binary_search_by_key(&entry, |decided| decided.entry).ok()?;
        self.decisions.get(at)
    }

    /// Whether the words of an entry may be shown: they are neither hidden nor erased.
    #[must_use]
    pub fn is_shown(&self, entry: Entry) -> bool {
        !self.hidden.contains_key(&entry) && !self.erased.contains(&entry)
    }

    /// The log's name.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.founded.as_ref().map_or("", |founded| founded.origin.as_str())
    }

    /// Every document that the log names.
    #[must_use]
    pub fn documents(&self) -> BTreeSet<Digest> {
        let drafts = self.drafts.values().flat_map(|draft| draft.versions.iter().map(|(_, _, document)| *document));
        drafts.chain(self.versions.values().map(|version| version.released.document)).collect()
    }
}
