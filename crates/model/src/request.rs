//! Requests for agreements: a party asks to be let see something; whoever answers for it offers something else, refuses, or agrees.
//!
//! Each is a statement like any other, in words that everybody can read; an agreement is an act of its own. Nothing here decides.

use crate::id::{StreamId, ViewId};
use crate::vocab::Purpose;

/// The kind of statement by which a party asks for an agreement.
pub const GRANT_REQUEST: &str = "grant-request";
/// The kind of statement that answers a request with another view, purpose or end.
pub const GRANT_OFFER: &str = "grant-offer";
/// The kind of statement that refuses a request.
pub const GRANT_REFUSAL: &str = "grant-refusal";

/// What is asked for or offered: one view, for one purpose. Until when, the statement says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The stream that it is a view of.
    pub stream: StreamId,
    /// The view.
    pub view: ViewId,
    /// What for.
    pub purpose: Purpose,
}

impl Wish {
    /// The summary of a statement that asks for it or offers it, and says why.
    #[must_use]
    pub fn summary(&self, why: &str) -> String {
        format!("The view {}/{} for {}: {why}", self.stream, self.view, self.purpose.code())
    }

    /// What a summary asks for or offers, and why; none if it was not written as [`Wish::summary`] writes.
    #[must_use]
    pub fn read(summary: &str) -> Option<(Self, &str)> {
        let (asked, why) = summary.strip_prefix("The view ")?.split_once(": ")?;
        let (view, purpose) = asked.split_once(" for ")?;
        let (stream, view) = view.split_once('/')?;
        let wish = Self { stream: stream.parse().ok()?, view: view.parse().ok()?, purpose: purpose.parse().ok()? };
        Some((wish, why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read_as_it_was_written_and_nothing_else_is_read() {
        let wish = Wish {
            stream: "wifi-counts".parse().unwrap(),
            view: "counts".parse().unwrap(),
            purpose: "traffic-management".parse().unwrap(),
        };
        let why = "We plan: for buses/trams for all.";
        let summary = wish.summary(why);
        assert_eq!(summary, format!("The view wifi-counts/counts for traffic-management: {why}"));
        assert_eq!(Wish::read(&summary), Some((wish, why)));
        for other in [
            "",
            "The view wifi-counts/counts for traffic-management",
            "The view wifi-counts/counts for nothing: why",
            "The view counts for traffic-management: why",
            "The view a b/counts for traffic-management: why",
            "We would like the view wifi-counts/counts for traffic-management: why",
        ] {
            assert_eq!(Wish::read(other), None, "{other}");
        }
        for kind in [GRANT_REQUEST, GRANT_OFFER, GRANT_REFUSAL] {
            assert!(kind.parse::<crate::EvidenceKind>().is_ok(), "{kind}");
        }
    }
}
