//! A hub in a folder of its own, with a person of each role.

use std::sync::Arc;

use hub::command::{Change, Command, ParameterChange, Personal};
use hub::member::{ListedMember, MemberKind, Role};
use hub::words::{MemberId, PersonId};
use hub::{Founding, Hub, HubError};
use model::{RequirementId, Span, Timestamp};
use tempfile::TempDir;
use testkit::{FakeClock, SeededBytes};

/// A hub and its clock.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) hub: Arc<Hub>,
    pub(crate) clock: Arc<FakeClock>,
}

pub(crate) fn person(text: &str) -> PersonId {
    text.parse().unwrap()
}

pub(crate) fn listed(id: &str, kind: MemberKind) -> ListedMember {
    let name = kind.is_organisation().then(|| format!("The {id}").parse().unwrap());
    ListedMember { id: id.parse().unwrap(), kind, name, country: Some("NL".parse().unwrap()) }
}

pub(crate) fn personal(name: &str) -> Personal {
    Personal { name: Some(name.parse().unwrap()), mail: None }
}

pub(crate) fn reasons() -> hub::words::Reasons {
    "because it was agreed".parse().unwrap()
}

pub(crate) fn clause() -> RequirementId {
    RequirementId("core-04".to_owned())
}

pub(crate) fn text_change(text: &str) -> Change {
    Change { text: Some(text.parse().unwrap()), ..Change::default() }
}

/// A change that executes.
pub(crate) fn value_change(value: &str) -> Change {
    let parameter = ParameterChange { id: "approval-validity".to_owned(), value: value.parse().unwrap(), new: None };
    Change { parameter: Some(parameter), ..Change::default() }
}

/// Gives somebody a token.
pub(crate) fn credited(world: &World, who: &str, token: &str) {
    let credential =
        model::Digest::new(sha2::Digest::finalize(sha2::Digest::chain_update(sha2::Sha256::default(), token)).into());
    world.by("secretariat", Command::IssueCredential { person: person(who), credential, reasons: reasons() });
}

impl World {
    /// A hub with a secretariat alone.
    pub(crate) fn bare() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        let clock = Arc::new(FakeClock::at(now));
        let founding = Founding {
            name: "The Alliance".parse().unwrap(),
            origin: "hub.example/log".to_owned(),
            secretariat: listed("secretariat", MemberKind::FoundingPartner),
            person: person("secretariat"),
        };
        let hub =
            Hub::create(&folder.path().join("hub"), founding, clock.clone(), Arc::new(SeededBytes::new(1))).unwrap();
        Self { folder, hub: Arc::new(hub), clock }
    }

    /// With a city, a resident and a company, people of each role, and a draft of the core.
    pub(crate) fn new() -> Self {
        let world = Self::bare();
        let members = vec![
            listed("city-a", MemberKind::City),
            listed("city-b", MemberKind::City),
            listed("acme", MemberKind::Company),
            listed("resident-1", MemberKind::Resident),
        ];
        world.by("secretariat", Command::AdmitMembers { members, reasons: reasons() });
        for (id, member, role) in [
            ("editor", "city-a", Role::Editor),
            ("member", "city-b", Role::Member),
            ("observer", "acme", Role::Observer),
            ("neighbour", "resident-1", Role::Member),
        ] {
            let member: MemberId = member.parse().unwrap();
            world.by(
                "secretariat",
                Command::NamePerson { person: person(id), member, role, who: personal("A. Name"), reasons: reasons() },
            );
        }
        let (draft, title) = ("core".parse().unwrap(), "The core".parse().unwrap());
        let pack = "global-core".to_owned();
        world.by("editor", Command::OpenDraft { draft, title, pack, reasons: reasons() });
        world
    }

    pub(crate) fn dir(&self) -> std::path::PathBuf {
        self.folder.path().join("hub")
    }

    pub(crate) fn ask(&self, by: &str, command: &Command) -> Result<Vec<u64>, HubError> {
        self.clock.advance(Span::seconds(1));
        self.hub.submit(&person(by), command).map(|receipt| receipt.entries)
    }

    /// Does what must be done, and gives its one entry.
    #[track_caller]
    pub(crate) fn by(&self, by: &str, command: Command) -> u64 {
        let done = self.ask(by, &command);
        let entries = done.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        *entries.first().unwrap_or_else(|| panic!("{command:?} made no entry"))
    }

    /// An amendment of the text of a clause.
    #[track_caller]
    pub(crate) fn amend(&self, by: &str, change: Change) -> u64 {
        let why = "It is clearer.".parse().unwrap();
        self.by(by, Command::Propose { draft: "core".parse().unwrap(), clause: clause(), change, why })
    }
}
