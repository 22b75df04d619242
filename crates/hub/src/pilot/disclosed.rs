//! Disclosures under a draft: at the city record by record, from a public log by what its batches sum up.
//!
//! A record is not put to the norms but to the plan that they gave for its grant in its time, which says the same in the time of a few
//! comparisons. Of a batch it is known under which terms and between which instants, and not more: where the answer depends on
//! more, it is counted as not known.

use std::collections::BTreeMap;

use model::act::DisclosuresBatched;
use model::{DisclosureRecord, PartyId};
use norms::{Decision, DiscloseFast, DiscloseLimits};

use super::flows::{Flows, Granted, Terms};
use super::report::{Counts, Disclosure};

/// Everybody, as a party.
const PUBLIC: &str = "public";

/// What has been found of disclosures so far.
#[derive(Default)]
pub(super) struct Disclosed(BTreeMap<Terms, Found>);

#[derive(Default)]
struct Found {
    counts: Counts,
    why: Option<String>,
}

impl Found {
    fn refused(&mut self, number: u64, is_changed: bool, why: &dyn std::fmt::Display) {
        if is_changed {
            self.counts.changed += number;
        } else {
            self.counts.refused += number;
        }
        self.why.get_or_insert_with(|| why.to_string());
    }
}

impl Disclosed {
    /// Asks the plan of a record's grant about the record.
    pub(super) fn record(&mut self, record: &DisclosureRecord, flows: &Flows) {
        let terms = Terms {
            recipient: record.recipient.clone(),
            purpose: record.purpose,
            stream: record.stream.clone(),
            view: record.view.clone(),
        };
        let found = self.0.entry(terms).or_default();
        let Some(stretch) = flows.plan_of(&record.grant) else { return found.counts.unknown += 1 };
        let fast = DiscloseFast {
            now: record.at,
            oldest: record.at.since(record.window.start),
            senior_authorisation: record.authorised_by.is_some(),
        };
        if stretch.plan.allows(&fast) {
            found.counts.allowed += 1;
            return;
        }
        let is_changed = flows.grants.get(&record.grant).is_some_and(Granted::has_offers);
        match stretch.plan.decide(&fast) {
            Decision::Refused(why) => found.refused(1, is_changed, &why),
            // The plan says one thing in two ways: a defect, which is not counted as leave.
            Decision::Allowed(_) => found.counts.unknown += 1,
        }
    }

    /// Asks about everything that a batch sums up.
    pub(super) fn batch(&mut self, batch: &DisclosuresBatched, flows: &Flows) {
        for total in &batch.totals {
            let terms = Terms {
                recipient: total.recipient.clone(),
                purpose: total.purpose,
                stream: total.stream.clone(),
                view: total.view.clone(),
            };
            let is_under = |granted: &&Granted| {
                let to = &granted.terms;
                let same = (&to.purpose, &to.stream, &to.view) == (&terms.purpose, &terms.stream, &terms.view);
                same && (to.recipient == terms.recipient || is_public(&to.recipient))
            };
            let mut verdicts = Vec::new();
            for granted in flows.grants.values().filter(is_under) {
                let stretches = granted.stretches.iter().filter(|one| one.in_force && one.version == total.version);
                for stretch in stretches {
                    let from = stretch.from.max(batch.window.start);
                    let to = stretch.to.map_or(batch.window.end, |to| to.min(batch.window.end));
                    if from <= to {
                        let limits = DiscloseLimits { from, to, oldest_max: stretch.depth };
                        verdicts.push((stretch.plan.settled(&limits), granted.has_offers()));
                    }
                }
            }
            let found = self.0.entry(terms).or_default();
            let all_allowed = verdicts.iter().all(|(said, _)| matches!(said, Some(Decision::Allowed(_))));
            let all_refused = verdicts.iter().all(|(said, _)| matches!(said, Some(Decision::Refused(_))));
            match verdicts.first() {
                Some((Some(Decision::Refused(why)), is_changed)) if all_refused => {
                    found.refused(total.disclosures, *is_changed, why);
                }
                Some(_) if all_allowed => found.counts.allowed += total.disclosures,
                _ => found.counts.unknown += total.disclosures,
            }
        }
    }

    pub(super) fn finish(self) -> Vec<Disclosure> {
        let line = |(terms, found): (Terms, Found)| Disclosure {
            recipient: terms.recipient.to_string(),
            purpose: terms.purpose.code().to_owned(),
            stream: terms.stream.to_string(),
            view: terms.view.to_string(),
            total: found.counts.total(),
            counts: Some(found.counts),
            why: found.why,
        };
        self.0.into_iter().map(line).collect()
    }
}

fn is_public(party: &PartyId) -> bool {
    party.as_str() == PUBLIC
}
