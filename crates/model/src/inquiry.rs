//! Inquiries: what residents ask of a city, without an account.
//!
//! That somebody asked, when, and about what, is public and starts a clock. What they wrote and who they are is sealed: the log
//! holds commitments, and the payload can be erased. The city states that it was asked, as evidence of a kind that duties count
//! from, and it is answered by evidence like any other.

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;
use crate::sealed::SealedFields;

/// What kind of inquiry it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InquiryKind {
    /// Somebody wants to know something.
    Question,
    /// Something in the register is wrong, or missing.
    Correction,
    /// Somebody objects.
    Objection,
    /// Somebody wants to see, or have deleted, what is held about them.
    OwnData,
    /// A comment on what is proposed.
    Comment,
}

impl InquiryKind {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::Question, Self::Correction, Self::Objection, Self::OwnData, Self::Comment];

    /// Its code, as in JSON and in forms.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Correction => "correction",
            Self::Objection => "objection",
            Self::OwnData => "own-data",
            Self::Comment => "comment",
        }
    }

    /// The kind with a code.
    #[must_use]
    pub fn with_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The kinds of evidence that it can be, from which duties count; the one that fits best first, and the one that always does last.
    #[must_use]
    pub const fn asked(self) -> &'static [&'static str] {
        match self {
            Self::Question | Self::Correction => &["question"],
            Self::Objection => &["objection"],
            Self::OwnData => &["rights-request", "question"],
            Self::Comment => &["comment"],
        }
    }
}

/// The kinds of evidence that answer what was asked as a kind, and that take more time for it; none for any other kind.
#[must_use]
pub fn answers_to(asked: &str) -> Option<(&'static str, &'static str)> {
    match asked {
        "question" => Some(("question-answer", "question-extension")),
        "objection" => Some(("objection-decision", "objection-extension")),
        "rights-request" => Some(("rights-answer", "rights-extension")),
        "comment" => Some(("comment-answer", "comment-extension")),
        _ => None,
    }
}

/// A city was asked something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InquiryReceived {
    /// What kind of inquiry it is.
    pub kind: InquiryKind,
    /// The city's statement that it was asked; of a kind that [`InquiryKind::asked`] names.
    pub evidence: Evidence,
    /// Commitments to `words`, `contact-name` and `contact-mail`.
    pub sealed: SealedFields,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_the_code_that_its_json_has_and_kinds_of_evidence_that_can_be_ids() {
        for kind in InquiryKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.code());
            assert_eq!(InquiryKind::with_code(kind.code()), Some(kind));
            assert!(!kind.asked().is_empty());
            for asked in kind.asked() {
                let (answer, more) = answers_to(asked).unwrap();
                for evidence in [asked, answer, more] {
                    assert!(evidence.parse::<crate::EvidenceKind>().is_ok(), "{evidence}");
                }
            }
        }
        assert_eq!((InquiryKind::with_code("nonsense"), answers_to("hearing")), (None, None));
    }
}
