//! The sheet: the requirements of a standard that bind now, laid out for counting.
//!
//! It knows which requirement each norm and each clock executes, and whom each concerns. It looks at no city.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::NaiveDate;
use model::{EvidenceKind, RequirementId, Timestamp};
use norms::{Bundle, Norms};
use standards::duty::{Duty, Subject as Concerned};
use standards::requirement::{Kind, Requirement};
use standards::{About, Resolved};

/// The requirements that bind, by place.
pub(super) struct Sheet<'a> {
    lines: Vec<Line<'a>>,
    places: BTreeMap<&'a RequirementId, usize>,
    duties: Vec<(usize, Duty)>,
    /// The requirements behind the norms of each question.
    behind: Vec<OnceLock<Vec<Option<usize>>>>,
}

/// One requirement.
struct Line<'a> {
    requirement: &'a Requirement,
    binds: bool,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(resolved: &'a Resolved, bundle: &Bundle, now: Timestamp) -> Self {
        let today = day(now);
        let binds = |one: &standards::resolve::ResolvedRequirement| {
            one.requirement.text_only.is_none() && one.enforcement.holds_on(today)
        };
        let requirements = resolved.requirements.values();
        let lines = requirements.map(|one| Line { requirement: &one.requirement, binds: binds(one) }).collect();
        let places: BTreeMap<_, _> = resolved.requirements.keys().zip(0..).collect();
        let behind = (0..bundle.questions()).map(|_| OnceLock::new()).collect();
        let mut sheet = Self { lines, places, duties: Vec::new(), behind };
        for duty in resolved.layers.iter().flat_map(|layer| &layer.duties) {
            let place = sheet.place(&duty.requirement).filter(|place| sheet.binds(*place));
            sheet.duties.extend(place.map(|place| (place, duty.clone())));
        }
        sheet
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The place of a requirement; the places follow its id.
    pub(super) fn place(&self, requirement: &RequirementId) -> Option<usize> {
        self.places.get(requirement).copied()
    }

    /// Whether a requirement binds now and something executes it.
    pub(super) fn binds(&self, place: usize) -> bool {
        self.lines.get(place).is_some_and(|line| line.binds)
    }

    /// Kinds of evidence that show a requirement.
    pub(super) fn evidence(&self, place: usize) -> &'a [EvidenceKind] {
        self.lines.get(place).map_or(&[], |line| &line.requirement.evidence)
    }

    /// Whether a requirement is met by somebody's word.
    pub(super) fn is_attested(&self, place: usize) -> bool {
        self.lines.get(place).is_some_and(|line| line.requirement.kind == Kind::Attest)
    }

    /// The requirements that concern something, by place.
    pub(super) fn concerned(&self, who: &Concerned) -> Vec<bool> {
        self.lines.iter().map(|line| line.binds && who.is_concerned(&line.requirement.applies)).collect()
    }

    /// The clocks that run for something.
    pub(super) fn duties<'s>(&'s self, who: &'s Concerned) -> impl Iterator<Item = (usize, &'s Duty)> {
        let concerned = self.duties.iter().filter(|(_, duty)| who.is_concerned(&duty.applies));
        concerned.map(|(place, duty)| (*place, duty))
    }

    /// The requirements behind norms, in their order; none where the standard has no such requirement.
    pub(super) fn behind(&self, norms: &Norms) -> &[Option<usize>] {
        let find = || {
            let grounds = norms.grounds().iter();
            grounds.map(|ground| ground.requirement.as_ref().and_then(|id| self.place(id))).collect()
        };
        self.behind.get(norms.number()).map_or(&[], |known| known.get_or_init(find))
    }
}

/// The day of an instant, in UTC.
pub(super) fn day(at: Timestamp) -> NaiveDate {
    at.date().parse().unwrap_or_default()
}

/// A deployment's facts, for what is about each of its devices.
pub(super) fn of_device(deployment: &Concerned) -> Concerned {
    Concerned { about: About::Device, ..deployment.clone() }
}
