//! Signatures under answers: who signed which answers, in which order, and what opens them again.
//!
//! A signature stands for one set of answers, by their digest. Whatever changes in them, every signature under the old
//! ones counts for nothing.

use model::{Digest, PartyId, Timestamp};
use serde::{Deserialize, Serialize};

use super::answers::Answers;
use super::evaluation::Evaluation;
use super::name::Role;

/// A signature under answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignOff {
    /// As what.
    pub role: Role,
    /// By whom.
    pub party: PartyId,
    /// When.
    pub at: Timestamp,
    /// Under which answers.
    pub answers: Digest,
}

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotCounted {
    /// The answers have changed since.
    AnswersChanged,
    /// Nobody signs in this role.
    NoSuchRole,
    /// It was given before somebody who signs earlier had signed.
    OutOfTurn,
    /// Its party is the author of the answers.
    IsTheAuthor,
    /// Another signature in the same role counts.
    Doubled,
}

/// Where the signatures under answers stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The signatures that count, in the order of roles.
    pub signed: Vec<SignOff>,
    /// Those that do not, with the reason.
    pub not_counted: Vec<(SignOff, NotCounted)>,
    /// Whose turn it is; none once everybody has signed.
    pub next: Option<Role>,
}

impl Standing {
    /// Whether everybody has signed these answers.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.next.is_none() && !self.signed.is_empty()
    }

    /// The author of the answers, if they are signed.
    #[must_use]
    pub fn author(&self) -> Option<&PartyId> {
        self.signed.first().map(|author| &author.party)
    }

    /// The signatures that a change of the answers opened again.
    pub fn reopened(&self) -> impl Iterator<Item = &SignOff> {
        let changed = |(_, why): &&(SignOff, NotCounted)| *why == NotCounted::AnswersChanged;
        self.not_counted.iter().filter(changed).map(|(sign_off, _)| sign_off)
    }
}

/// Why somebody may not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// Something is missing, unfit, unknown or out of date.
    #[error(
        "the answers are not complete: {missing} missing, {invalid} unfit, {unknown} facts unknown, {drifted} facts changed since"
    )]
    Incomplete {
        /// Questions without an answer.
        missing: usize,
        /// Answers that do not fit.
        invalid: usize,
        /// Facts that are not known.
        unknown: usize,
        /// Facts that changed.
        drifted: usize,
    },
    /// Not their turn.
    #[error("it is the turn of `{0}` to sign")]
    Turn(Role),
    /// Everybody has signed.
    #[error("everybody has signed these answers")]
    Done,
    /// Whoever wrote the answers.
    #[error("`{party}` wrote these answers; somebody else signs as `{role}`")]
    IsTheAuthor {
        /// Who.
        party: PartyId,
        /// As what.
        role: Role,
    },
}

/// Where signatures stand under the present answers. Of two that count in one role, the earlier does.
#[must_use]
pub fn standing(sign_offs: &[SignOff], answers: &Answers, roles: &[Role]) -> Standing {
    let digest = answers.digest();
    let mut standing = Standing { signed: Vec::new(), not_counted: Vec::new(), next: None };
    let mut open: Vec<&SignOff> = Vec::new();
    for sign_off in sign_offs {
        let why = if !roles.contains(&sign_off.role) {
            NotCounted::NoSuchRole
        } else if sign_off.answers != digest {
            NotCounted::AnswersChanged
        } else {
            open.push(sign_off);
            continue;
        };
        standing.not_counted.push((sign_off.clone(), why));
    }
    open.sort_by_key(|sign_off| sign_off.at);
    for role in roles {
        if standing.next.is_none() {
            match open.iter().position(|sign_off| sign_off.role == *role && standing.takes(sign_off).is_none()) {
                Some(at) => standing.signed.push(open.remove(at).clone()),
                None => standing.next = Some(role.clone()),
            }
        }
    }
    for sign_off in open {
        let doubled = standing.signed.iter().any(|signed| signed.role == sign_off.role);
        let why = if doubled { NotCounted::Doubled } else { standing.takes(sign_off).unwrap_or(NotCounted::OutOfTurn) };
        standing.not_counted.push((sign_off.clone(), why));
    }
    standing
}

impl Standing {
    /// Why a signature does not follow those that count.
    fn takes(&self, sign_off: &SignOff) -> Option<NotCounted> {
        if self.author() == Some(&sign_off.party) {
            return Some(NotCounted::IsTheAuthor);
        }
        self.signed.last().filter(|last| sign_off.at < last.at).map(|_| NotCounted::OutOfTurn)
    }
}

/// Whether a party may sign in a role now.
///
/// # Errors
/// The answers are not complete, it is somebody else's turn, or the party is the author and the role another.
pub fn may_sign(evaluation: &Evaluation, standing: &Standing, role: &Role, party: &PartyId) -> Result<(), SignError> {
    if !evaluation.complete {
        return Err(SignError::Incomplete {
            missing: evaluation.missing.len(),
            invalid: evaluation.invalid.len(),
            unknown: evaluation.unknown_facts.len(),
            drifted: evaluation.drifted.len(),
        });
    }
    match &standing.next {
        None => Err(SignError::Done),
        Some(next) if next != role => Err(SignError::Turn(next.clone())),
        Some(_) if standing.author() == Some(party) => {
            Err(SignError::IsTheAuthor { party: party.clone(), role: role.clone() })
        }
        Some(_) => Ok(()),
    }
}
