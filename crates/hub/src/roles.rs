//! Who may do what: one table of roles and actions, and nothing beside it that lets anybody do anything.

use crate::act::{EndorsementSet, What};
use crate::command::Command;
use crate::member::Role::{self, Editor, Member, Secretariat};

/// What somebody does, as the table knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Admit members, end memberships, name their logs.
    KeepMembers,
    /// Name people, set their roles, issue their tokens.
    KeepPeople,
    /// Open a draft.
    OpenDraft,
    /// Propose an amendment, or take one's own back.
    Propose,
    /// Argue, endorse personally, make statements and answer them.
    TakePart,
    /// Endorse in the name of one's organisation.
    SpeakForMember,
    /// Announce workshops and file their minutes.
    KeepWorkshops,
    /// Freeze a draft, decide its amendments, make a version.
    Edit,
    /// Release, withdraw and correct versions.
    Release,
    /// Publish the rules of moderation; hide, restore and erase.
    Moderate,
    /// Let a draft be tried on the public log of one's own city, or no longer.
    KeepPilots,
    /// File cases of one's own city, say what became of them, take them back.
    KeepCases,
}

/// The table. Whatever does not stand here is refused.
pub const TABLE: [(Action, &[Role]); 12] = [
    (Action::KeepMembers, &[Secretariat]),
    (Action::KeepPeople, &[Secretariat]),
    (Action::OpenDraft, &[Secretariat, Editor]),
    (Action::Propose, &[Secretariat, Editor, Member]),
    (Action::TakePart, &[Secretariat, Editor, Member]),
    (Action::SpeakForMember, &[Secretariat, Editor, Member]),
    (Action::KeepWorkshops, &[Secretariat, Editor]),
    (Action::Edit, &[Editor]),
    (Action::Release, &[Secretariat]),
    (Action::Moderate, &[Secretariat]),
    (Action::KeepPilots, &[Secretariat, Editor, Member]),
    (Action::KeepCases, &[Secretariat, Editor, Member]),
];

/// Whether a role may do something.
#[must_use]
pub fn may(role: Role, action: Action) -> bool {
    TABLE.iter().any(|(known, roles)| *known == action && roles.contains(&role))
}

/// What an act did. A log whose acts the table does not let be done does not hold.
#[must_use]
pub const fn action_of(what: &What) -> Action {
    match what {
        What::HubFounded(_)
        | What::MembersAdmitted(_)
        | What::MembershipEnded(_)
        | What::MemberLogNamedFirst(_)
        | What::MemberLogNamed(_) => Action::KeepMembers,
        What::PersonNamedFirst(_)
        | What::PersonNamed(_)
        | What::RoleSet(_)
        | What::CredentialIssuedFirst(_)
        | What::CredentialIssued(_) => Action::KeepPeople,
        What::DraftOpened(_) | What::DraftBegun(_) => Action::OpenDraft,
        What::AmendmentProposedFirst(_) | What::AmendmentProposed(_) | What::AmendmentWithdrawn(_) => Action::Propose,
        What::EndorsementSet(EndorsementSet { for_member: true, .. }) => Action::SpeakForMember,
        What::ArgumentMade(_) | What::EndorsementSet(_) | What::StatementMade(_) | What::StatementAnswered(_) => {
            Action::TakePart
        }
        What::WorkshopAnnounced(_) | What::MinutesFiled(_) => Action::KeepWorkshops,
        What::ConsolidationBegun(_) | What::AmendmentDecided(_) | What::DraftConsolidated(_) => Action::Edit,
        What::VersionReleased(_) | What::VersionWithdrawn(_) | What::VersionCorrected(_) => Action::Release,
        What::PilotAgreed(_) | What::PilotEnded(_) => Action::KeepPilots,
        What::CaseFiledFirst(_)
        | What::CaseFiled(_)
        | What::CaseContinued(_)
        | What::CaseWithdrawnFirst(_)
        | What::CaseWithdrawn(_) => Action::KeepCases,
        What::ModerationPolicyPublished(_) | What::Hidden(_) | What::Restored(_) | What::PayloadErased(_) => {
            Action::Moderate
        }
    }
}

/// What a command does.
#[must_use]
pub const fn action(command: &Command) -> Action {
    match command {
        Command::AdmitMembers { .. } | Command::EndMembership { .. } | Command::NameLog { .. } => Action::KeepMembers,
        Command::NamePerson { .. } | Command::SetRole { .. } | Command::IssueCredential { .. } => Action::KeepPeople,
        Command::OpenDraft { .. } | Command::BeginDraft { .. } => Action::OpenDraft,
        Command::Propose { .. } | Command::WithdrawAmendment { .. } => Action::Propose,
        Command::Endorse { for_member: true, .. } => Action::SpeakForMember,
        Command::Argue { .. } | Command::Endorse { .. } | Command::State { .. } | Command::Answer { .. } => {
            Action::TakePart
        }
        Command::AnnounceWorkshop { .. } | Command::FileMinutes { .. } => Action::KeepWorkshops,
        Command::BeginConsolidation { .. } | Command::DecideAmendment { .. } | Command::Consolidate { .. } => {
            Action::Edit
        }
        Command::Release { .. } | Command::WithdrawVersion { .. } | Command::CorrectVersion { .. } => Action::Release,
        Command::AgreeToPilot { .. } | Command::EndPilot { .. } => Action::KeepPilots,
        Command::FileCase { .. } | Command::ContinueCase { .. } | Command::WithdrawCase { .. } => Action::KeepCases,
        Command::PublishModerationPolicy { .. }
        | Command::Hide { .. }
        | Command::Restore { .. }
        | Command::Erase { .. } => Action::Moderate,
    }
}
