//! What somebody may ask a hub for. A command is read strictly and says nothing of who sends it: that is known by the token.

use std::fmt;

use model::{Digest, RequirementId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::act::{Answer, Entry, Outcome, Stance};
use crate::case::{CaseOutcome, Filing};
use crate::member::{ListedMember, PublicLog, Role};
use crate::words::{Body, DraftId, MemberId, PersonId, Reasons, Saying, Title};

/// One thing that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is the one of the act of that name, documented there")]
pub enum Command {
    /// Admit members.
    AdmitMembers { members: Vec<ListedMember>, reasons: Reasons },
    /// End a membership.
    EndMembership { member: MemberId, reasons: Reasons },
    /// Name a member's public log.
    NameLog { member: MemberId, log: PublicLog, reasons: Reasons },
    /// Let a person speak for a member.
    NamePerson { person: PersonId, member: MemberId, role: Role, who: Personal, reasons: Reasons },
    /// Change a person's role, or end it.
    SetRole { person: PersonId, role: Option<Role>, reasons: Reasons },
    /// Give a person a token, by its hash.
    IssueCredential { person: PersonId, credential: Digest, reasons: Reasons },
    /// Open a draft on a pack of this software or one that was put beside the log.
    OpenDraft { draft: DraftId, title: Title, pack: String, reasons: Reasons },
    /// Propose an amendment.
    Propose { draft: DraftId, clause: RequirementId, change: Change, why: Body },
    /// Take one's own amendment back.
    WithdrawAmendment { amendment: Entry },
    /// Argue for or against an amendment.
    Argue { amendment: Entry, stance: Stance, words: Body },
    /// Endorse an amendment, or no longer.
    Endorse { amendment: Entry, for_member: bool, endorsed: bool },
    /// Make a statement.
    State { draft: DraftId, words: Saying },
    /// Answer a statement.
    Answer { statement: Entry, answer: Answer },
    /// Announce a workshop.
    AnnounceWorkshop { draft: DraftId, title: Title, place: Title, begins: Timestamp, ends: Timestamp },
    /// File a workshop's minutes.
    FileMinutes { workshop: Entry, minutes: Body },
    /// Publish the rules of moderation.
    PublishModerationPolicy { text: Body, reasons: Reasons },
    /// Hide what somebody wrote.
    Hide { entry: Entry, reasons: Reasons },
    /// Show it again.
    Restore { entry: Entry, reasons: Reasons },
    /// Destroy it.
    Erase { entry: Entry, reasons: Reasons },
    /// Freeze a draft.
    BeginConsolidation { draft: DraftId, reasons: Reasons },
    /// Decide an amendment.
    DecideAmendment { amendment: Entry, outcome: Outcome, reasons: Reasons },
    /// Make a version of what was accepted.
    Consolidate { draft: DraftId, version: String, reasons: Reasons },
    /// Release a draft's newest version.
    Release { draft: DraftId, reasons: Reasons },
    /// Withdraw a released version.
    WithdrawVersion { version: Entry, reasons: Reasons },
    /// Correct a released version by a later one.
    CorrectVersion { version: Entry, by: Entry, reasons: Reasons },
    /// File a case of one's own city.
    FileCase { case: Box<Filing> },
    /// Say what became of it.
    ContinueCase { case: Entry, outcome: CaseOutcome, words: Body },
    /// Take it back.
    WithdrawCase { case: Entry, reasons: Reasons },
}

/// Who a person is. Sealed, and in no word of the software.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Personal {
    /// Their name.
    pub name: Option<Title>,
    /// Where they are reached.
    pub mail: Option<Title>,
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Personal(…)")
    }
}

/// What an amendment changes of its clause; at least one thing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The requirement's new text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Body>,
    /// A norm's new Cedar, its annotations included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub norm: Option<NormChange>,
    /// A parameter's new value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<ParameterChange>,
}

/// The new Cedar of a norm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormChange {
    /// Its `@id`.
    pub id: String,
    /// The whole policy.
    pub cedar: Body,
}

/// The new value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterChange {
    /// Its id.
    pub id: String,
    /// The value, in TOML: `12`, `"36h"`, `["a", "b"]`.
    pub value: Title,
}
