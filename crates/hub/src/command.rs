//! What somebody may ask a hub for. A command is read strictly and says nothing of who sends it: that is known by the token.

use std::fmt;

use model::{Digest, LayerKind, RequirementId, Timestamp};
use serde::{Deserialize, Serialize};
use standards::parameter::Stricter;
use standards::requirement::{Kind, OnFailure};

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
    /// Open a draft on a pack of this software, or on a version that was released here and stands.
    OpenDraft { draft: DraftId, title: Title, pack: String, reasons: Reasons },
    /// Open a draft of a standard that is nowhere yet: it has no clause until an amendment brings one.
    BeginDraft { draft: DraftId, title: Title, beginning: Beginning, reasons: Reasons },
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
    /// Consent that a draft is tried on the public log of one's own city.
    AgreeToPilot { draft: DraftId, reasons: Reasons },
    /// No longer.
    EndPilot { draft: DraftId, reasons: Reasons },
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

/// What a standard says of itself that begins with nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beginning {
    /// How wide it is.
    pub layer: LayerKind,
    /// Where it is to hold, in words.
    pub jurisdiction: Title,
    /// The packs that it stands on and makes stricter, of this software or released here; none for a standard that stands by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<String>,
}

/// What an amendment changes of its clause, or brings with a new one; at least one thing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The clause is new. It needs a text, and a norm or why nothing executes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<NewClause>,
    /// The requirement's new text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Body>,
    /// A norm's new Cedar, its annotations included, or a new norm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub norm: Option<NormChange>,
    /// A parameter's new value, or a new parameter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<ParameterChange>,
    /// The `@id` of a norm that is taken out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without: Option<String>,
    /// Why no norm and no duty executes the clause. A norm that is brought takes such words out by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_only: Option<Body>,
}

/// What is said of a clause that is new, beside its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewClause {
    /// A few words.
    pub title: Title,
    /// When and how it bites.
    pub kind: Kind,
    /// What happens where it is not met.
    pub on_failure: OnFailure,
    /// The law or practice that it is drawn from, in words.
    pub source: Title,
    /// Where that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Title>,
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

/// The new value of a parameter, or a parameter that is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterChange {
    /// Its id.
    pub id: String,
    /// The value, in TOML: `12`, `"36h"`, `["a", "b"]`.
    pub value: Title,
    /// What it is, where the clause has none of this id yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<NewParameter>,
}

/// What a new parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewParameter {
    /// Of which kind its value is.
    pub kind: ParameterKind,
    /// Which direction is stricter; none for silence and steps by age, which have an order of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stricter: Option<Stricter>,
}

/// Of which kind a parameter's value is, as packs write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParameterKind {
    /// A whole number.
    Count,
    /// A length of time.
    Span,
    /// A set of codes.
    Set,
    /// What silence means.
    Silence,
    /// Access by age.
    Tiers,
}
