//! What the register knows of a thing besides the thing itself: evidence in force, duties overdue, moments.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use model::{DutyId, EvidenceKind, PartyKind, Timestamp};

/// What is known of a deployment, a device or the city besides itself. Nothing known is the strictest: evidence is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// Kinds of evidence in force about it.
    pub evidence: BTreeSet<EvidenceKind>,
    /// Those of them that a party signed which neither proposed nor answers for it.
    pub independent_evidence: BTreeSet<EvidenceKind>,
    /// Kinds of evidence in force about the city as a whole.
    pub city_evidence: BTreeSet<EvidenceKind>,
    /// Duties about it, or about the city, whose time was over and that have not been done since.
    pub overdue: BTreeSet<DutyId>,
    /// Duties whose time was over and whose silence lets the file go on.
    pub silences: BTreeSet<DutyId>,
    /// When things happened: kinds of evidence with the newest date in force, and `proposed`, `assessed`, `approved`,
    /// `published`, `activated`, `starts`, `ends`, `founded`.
    pub moments: BTreeMap<String, Timestamp>,
    /// What kind of party answers for it.
    pub accountable_kind: Option<PartyKind>,
    /// Whether an approval in force of a class covers it.
    pub class_approved: bool,
    /// Whether its place is an area and not a point.
    pub place_has_area: bool,
}

impl Circumstances {
    /// Nothing known.
    #[must_use]
    pub fn unknown() -> &'static Self {
        static UNKNOWN: OnceLock<Circumstances> = OnceLock::new();
        UNKNOWN.get_or_init(Self::default)
    }
}
