//! Counting: one definition over one city's sheet, as of an instant.

use std::collections::BTreeMap;

use model::inquiry::answers_to;
use model::time::SECONDS_PER_DAY;
use model::{EvidenceId, EvidenceKind, RequirementId, Span, State as Stage, StreamId, Subject, Timestamp, ViewId};
use serde::Serialize;

use super::definition::{Condition, Measure, Things};
use super::sheet::{Sheet, Site, Statement};

/// What was counted. Those of several cities add up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "counted")]
pub enum Counted {
    /// So many of so many.
    Share {
        /// Those for which it is so.
        numerator: u64,
        /// All.
        denominator: u64,
    },
    /// How often something took so many days.
    Days {
        /// By days.
        days: BTreeMap<u32, u64>,
    },
    /// How many for each purpose.
    Purposes {
        /// By purpose.
        purposes: BTreeMap<String, u64>,
    },
}

impl Counted {
    /// How many things were counted.
    #[must_use]
    pub fn sample(&self) -> u64 {
        match self {
            Self::Share { denominator, .. } => *denominator,
            Self::Days { days } => days.values().sum(),
            Self::Purposes { purposes } => purposes.values().fold(0, |sum, one| sum.saturating_add(*one)),
        }
    }

    /// Adds what was counted elsewhere by the same definition.
    pub fn add(&mut self, other: &Self) {
        let join = |own: &mut u64, more: u64| *own = own.saturating_add(more);
        match (self, other) {
            (Self::Share { numerator, denominator }, Self::Share { numerator: some, denominator: all }) => {
                join(numerator, *some);
                join(denominator, *all);
            }
            (Self::Days { days }, Self::Days { days: more }) => {
                more.iter().for_each(|(day, number)| join(days.entry(*day).or_insert(0), *number));
            }
            (Self::Purposes { purposes }, Self::Purposes { purposes: more }) => {
                more.iter().for_each(|(purpose, number)| join(purposes.entry(purpose.clone()).or_insert(0), *number));
            }
            // Of another definition: there is nothing to add.
            _ => {}
        }
    }
}

/// Counts.
#[must_use]
pub fn count(measure: &Measure, sheet: &Sheet, now: Timestamp) -> Counted {
    let counting = Counting { sheet, now };
    match measure {
        Measure::Share { of, that } => counting.share(*of, that),
        Measure::DaysToDecision { .. } => counting.days(),
        Measure::ByPurpose { .. } => {
            let purposes = sheet.purposes.iter().map(|(purpose, number)| (purpose.to_string(), *number)).collect();
            Counted::Purposes { purposes }
        }
    }
}

struct Counting<'a> {
    sheet: &'a Sheet,
    now: Timestamp,
}

impl<'a> Counting<'a> {
    fn share(&self, of: Things, that: &Condition) -> Counted {
        let counted: (u64, u64) = match that {
            Condition::DecidedBefore => tally(self.people().filter_map(decided_before)),
            Condition::ReviewOverdue => tally(self.assessed().map(|review_by| review_by <= self.now)),
            Condition::Stated { kind } if of == Things::City => tally([self.stated(&Subject::City, kind)].into_iter()),
            Condition::Stated { kind } => {
                let active = self.sheet.sites.iter().filter(|(_, site)| site.state == Stage::Active);
                tally(active.map(|(id, _)| self.stated(&Subject::Deployment { id: id.clone() }, kind)))
            }
            Condition::Supported => tally(self.supported()),
            Condition::Open => tally(self.views().into_values()),
            Condition::AnsweredWithin { days } => tally(self.answered(Span::days(*days)).into_iter()),
            Condition::InForce { of } => tally(of.iter().map(|RequirementId(id)| self.sheet.requirements.contains(id))),
        };
        Counted::Share { numerator: counted.0, denominator: counted.1 }
    }

    fn people(&self) -> impl Iterator<Item = &'a Site> {
        self.sheet.sites.values().filter(|site| site.people)
    }

    /// The review dates of those that were assessed and have not ended.
    fn assessed(&self) -> impl Iterator<Item = Timestamp> {
        self.people().filter(|site| site.state != Stage::Ended).filter_map(|site| site.review_by)
    }

    fn stated(&self, about: &Subject, kind: &EvidenceKind) -> bool {
        let mut statements = self.sheet.statements.values();
        statements.any(|one| one.about == *about && one.kind == *kind && one.stands(self.now))
    }

    fn supported(&self) -> impl Iterator<Item = bool> {
        let is_active = |id| self.sheet.sites.get(id).is_some_and(|site: &Site| site.state == Stage::Active);
        let devices = self.sheet.sensors.values().filter(move |device| is_active(&device.deployment));
        devices.map(|device| device.support_until.is_some_and(|until| until > self.now))
    }

    /// The views that anybody may have, and whether everybody may.
    fn views(&self) -> BTreeMap<(&'a StreamId, &'a ViewId), bool> {
        let mut views = BTreeMap::new();
        for share in self.sheet.shares.values() {
            if !share.ended && share.since <= self.now && self.now < share.until {
                let open = self.sheet.public.contains(&share.recipient);
                *views.entry((&share.stream, &share.view)).or_insert(false) |= open;
            }
        }
        views
    }

    /// Whether each inquiry was answered in time; one that is neither answered nor due is left out.
    fn answered(&self, within: Span) -> Vec<bool> {
        let mut answers: BTreeMap<&EvidenceId, Vec<&Statement>> = BTreeMap::new();
        for answer in self.sheet.statements.values().filter(|one| !one.ended) {
            if let Some(asked) = &answer.answers {
                answers.entry(asked).or_default().push(answer);
            }
        }
        let in_time = |(id, asked): (&EvidenceId, &Statement)| {
            let kind = answers_to(asked.kind.as_str()).map(|(answer, _)| answer);
            let answers = answers.get(id).into_iter().flatten();
            let answers = answers.filter(|one| Some(one.kind.as_str()) == kind && one.about == asked.about);
            let first = answers.map(|one| one.filed).min();
            match first {
                Some(first) if first <= asked.filed + within => Some(true),
                _ if asked.filed + within <= self.now => Some(false),
                _ => None,
            }
        };
        self.sheet.statements.iter().filter(|(_, one)| one.inquiry).filter_map(in_time).collect()
    }

    fn days(&self) -> Counted {
        let mut days = BTreeMap::new();
        for site in self.people() {
            let Some((_, approved)) = site.approved else { continue };
            *days.entry(approved.since(site.proposed).as_seconds() / SECONDS_PER_DAY).or_insert(0) += 1;
        }
        Counted::Days { days }
    }
}

/// Whether it was assessed by another party, and approved, before it was first let collect; none if it never was.
fn decided_before(site: &Site) -> Option<bool> {
    let begun = site.begun?;
    let before = |entry: Option<u64>| entry.is_some_and(|entry| entry < begun);
    Some(before(site.assessed) && before(site.approved.map(|(entry, _)| entry)))
}

fn tally(each: impl Iterator<Item = bool>) -> (u64, u64) {
    each.fold((0, 0), |(some, all), counts| (some + u64::from(counts), all + 1))
}
