//! Why a command does nothing, in words for whoever asked. What was refused wrote nothing.

use model::RequirementId;
use model::entropy::NoEntropy;
use register::sealing::SealError;

use crate::act::Entry;
use crate::member::{ListedError, Role};
use crate::roles::{Action, may};
use crate::words::{DraftId, MemberId, PersonId};

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nobody who speaks for a member.
    #[error("`{0}` speaks for no member of this alliance")]
    Nobody(PersonId),
    /// The table of roles has no such line.
    #[error("whoever is {} may not do this; {} may", .role.code(), whoever(*.action))]
    Role {
        /// As what they asked.
        role: Role,
        /// For what.
        action: Action,
    },
    /// What it is about is not there.
    #[error("there is no {what} `{id}`")]
    Missing {
        /// What kind of thing.
        what: &'static str,
        /// Which.
        id: String,
    },
    /// It is so already, or the name is taken.
    #[error("{0} is there already")]
    Already(&'static str),
    /// A member that cannot be admitted.
    #[error("`{member}`: {error}")]
    Listed {
        /// Which.
        member: MemberId,
        /// Why.
        error: ListedError,
    },
    /// The amendment was decided or taken back.
    #[error("amendment {0} is not open any more")]
    Closed(Entry),
    /// The draft is being consolidated.
    #[error("the draft `{0}` is frozen while its amendments are decided; it is open again with its next version")]
    Frozen(DraftId),
    /// The draft is not being consolidated.
    #[error("the draft `{0}` is not frozen; begin its consolidation first")]
    NotFrozen(DraftId),
    /// Amendments wait for a decision.
    #[error("{count} amendments of `{draft}` wait for a decision; decide each first")]
    Waiting {
        /// Of which draft.
        draft: DraftId,
        /// How many.
        count: usize,
    },
    /// Too many of something.
    #[error("there are {0} already, which is as many as there may be at once")]
    TooMany(&'static str),
    /// Too many of something by one person.
    #[error("you have {most} {what} here already, which is as many as one person may have")]
    TooManyOwn {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
    /// Whoever asked has gone, or was told that it took too long.
    #[error("it took too long to be worked out; nothing was written. Try again")]
    Late,
    /// Another accepted amendment changes the same part of the clause.
    #[error(
        "amendment {0} was accepted and changes the same part of this clause; reject one of them, and propose it anew to the next version"
    )]
    Overlaps(Entry),
    /// A log that nobody could read.
    #[error("a public log has an address that begins with http:// or https:// and a key as the log itself names it")]
    Log,
    /// An editor's own amendment.
    #[error("nobody decides an amendment of their own, nor their own role; another has to")]
    Own,
    /// Somebody else's amendment.
    #[error("an amendment is taken back by whoever proposed it")]
    NotOwn,
    /// What is hidden or erased.
    #[error("the words of entry {0} are hidden or erased")]
    Hidden(Entry),
    /// A resident, where an organisation is needed.
    #[error("a resident endorses for themselves; organisations are endorsed for by those who speak for them")]
    NoOrganisation,
    /// What it was prepared on has moved on.
    #[error("the draft went on meanwhile; look at it again, nothing was written")]
    Moved,
    /// A version that is not higher, or no version.
    #[error("the next version has to be a semantic version above {0}")]
    Version(String),
    /// A version that stands no longer, or a correction that is none.
    #[error("{0}")]
    Standing(&'static str),
    /// A draft that begins with nothing, under an id that its clauses cannot be called after.
    #[error(
        "the clauses of a new standard are called after its draft: its id begins with a letter, has {max} characters at most, and is \
         not what clauses of another standard are called after",
        max = crate::prepare::BEGUN_BYTES_MAX
    )]
    Draft,
    /// A new clause under another number than the next.
    #[error("the next new clause of this draft is `{0}`; call it so, in its norms as well")]
    Number(RequirementId),
    /// There are no rules of moderation yet.
    #[error("nothing is moderated before the rules of moderation are published")]
    NoPolicy,
    /// The end before the beginning.
    #[error("a workshop ends after it begins")]
    Times,
    /// Somebody whose member governs no place, or another one.
    #[error("cases and pilots are a city’s or a government’s: people who speak for it file, continue and end them")]
    NotTheirCase,
    /// A city whose log nobody named.
    #[error("a draft is tried on a public log, and no act names that of `{0}`; the secretariat names it first")]
    NoLog(MemberId),
    /// The case was taken back.
    #[error("the case of entry {0} was taken back")]
    CaseWithdrawn(Entry),
    /// More of a case than there may be.
    #[error("a case has at most {max} entries, milestones or indicators", max = crate::case::LISTED_MAX)]
    CaseTooLong,
    /// What of a case would stand in the log for ever is not of its form.
    #[error("the case does not fit: {0}")]
    CaseMisnamed(&'static str),
    /// What was sent is no report of a pilot.
    #[error(transparent)]
    Report(#[from] crate::case::ReportError),
    /// Words could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

fn whoever(action: Action) -> String {
    let may: Vec<&str> = Role::ALL.into_iter().filter(|role| may(*role, action)).map(Role::code).collect();
    may.join(", ")
}
