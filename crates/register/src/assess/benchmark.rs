//! The Alliance's benchmark of 2021, asked of a log instead of a questionnaire.
//!
//! Five policies, one question after the other, each with what was counted. The published study had survey answers; whoever
//! has the log counts again. "Before the first observation" is told by the log as before the deployment was first let
//! collect: nothing can have been observed earlier. What no log tells is not asked.

use std::collections::BTreeSet;

use model::{DeploymentRecord, EvidenceRecord, PartyKind, Span, State as Stage, Subject, Tier, Timestamp};
use serde::Serialize;

use super::finding::Newest;
use crate::state::{Mark, State, Steps};

/// How old an assessment of open data may be.
const OPEN_DATA_AGE_MAX: Span = Span::days(365);
/// How long the owners of conduits have to answer a notice of street works.
const CONDUIT_ANSWER_MAX: Span = Span::days(30);

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Answer {
    /// `pia-before`, `cyb-officer` …
    pub id: &'static str,
    /// The model policy it asks about.
    pub policy: &'static str,
    /// The question in words.
    pub question: &'static str,
    /// What was counted.
    #[serde(flatten)]
    pub measure: Measure,
    /// Entries that show it, the newest.
    pub entries: Vec<u64>,
}

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "measure")]
pub enum Measure {
    /// So many of so many.
    Share {
        /// Those for which it is so.
        numerator: u64,
        /// All.
        denominator: u64,
        /// The one over the other; none where there is nothing to count.
        share: Option<f64>,
    },
    /// Days.
    Days {
        /// How many; none where there is nothing to count.
        days: Option<u64>,
        /// Over how many things.
        of: u64,
    },
}

impl Measure {
    #[expect(clippy::cast_precision_loss, reason = "a city has fewer things than 2^52")]
    fn share(numerator: u64, denominator: u64) -> Self {
        let share = (denominator > 0).then(|| numerator as f64 / denominator as f64);
        Self::Share { numerator, denominator, share }
    }
}

/// Answers every question.
#[must_use]
pub fn answers(state: &State, now: Timestamp) -> Vec<Answer> {
    let asked = Asked { state, now };
    vec![
        asked.policy_stands("acc-policy", "ict-accessibility", ACC_POLICY, "accessible-procurement-policy"),
        asked.live("acc-applied", "ict-accessibility", ACC_APPLIED, "accessibility-report"),
        asked.before(),
        asked.decided(),
        asked.reviewed(),
        asked.policy_stands("cyb-officer", "cyber-accountability", CYB_OFFICER, "cyber-officer-named"),
        asked.since("cyb-review", "cyber-accountability", CYB_REVIEW, "cyber-plan-review"),
        asked.supported(),
        asked.policy_stands("dig-policy", "dig-once", DIG_POLICY, "dig-once-policy"),
        asked.conduits(),
        asked.policy_stands("odp-licence", "open-data", ODP_LICENCE, "open-licence"),
        asked.policy_stands("odp-catalogue", "open-data", ODP_CATALOGUE, "open-data-catalogue"),
        asked.open_data_assessed(),
        asked.integrated(),
    ]
}

const ACC_POLICY: &str = "Does a policy on buying accessible technology stand?";
const ACC_APPLIED: &str = "Of the active deployments, how many have an accessibility report in force?";
const PIA_BEFORE: &str = "Of the deployments about people that ever began to collect, how many had an assessment signed by \
                          another party, and an approval, before they were first let collect?";
const PIA_DAYS: &str = "Of the deployments about people that were approved, how many days passed from proposal to first \
                        approval (median)?";
const PIA_REVIEW: &str = "Of the assessed deployments about people that have not ended, how many have an assessment older than \
                          its review date?";
const CYB_OFFICER: &str = "Does the naming of a person who answers for cyber security stand?";
const CYB_REVIEW: &str = "How many days ago did the leadership last review the cyber plan?";
const CYB_SUPPORTED: &str = "Of the devices of active deployments, how many are within their stated support?";
const DIG_POLICY: &str = "Does a dig-once policy stand?";
const DIG_ANSWERED: &str =
    "Of the notices of street works, how many were answered with an offer of conduits within 30 days?";
const ODP_LICENCE: &str = "Does an open licence stand?";
const ODP_CATALOGUE: &str = "Does a catalogue of open data stand?";
const ODP_ASSESSED: &str = "Was the open data assessed in the last 365 days?";
const ODP_INTEGRATED: &str = "Of the views open to everybody, from how many has the city's own store already answered?";

struct Asked<'a> {
    state: &'a State,
    now: Timestamp,
}

impl<'a> Asked<'a> {
    /// Statements about a thing of a kind.
    fn stated(&self, about: &Subject, kind: &'a str) -> impl Iterator<Item = &'a EvidenceRecord> {
        self.state.evidence_about(about).filter(move |record| record.evidence.kind.as_str() == kind)
    }

    fn entry_of(&self, record: &EvidenceRecord) -> Option<u64> {
        self.state.marks.evidence.get(&record.evidence.id).map(|mark| mark.entry)
    }

    /// Whether a statement about the city stands: one of one, or none of one.
    fn policy_stands(
        &self,
        id: &'static str,
        policy: &'static str,
        question: &'static str,
        kind: &'static str,
    ) -> Answer {
        let in_force: Vec<_> = self.stated(&Subject::City, kind).filter(|record| record.in_force(self.now)).collect();
        let mut entries = Newest::default();
        entries.add_all(in_force.iter().filter_map(|record| self.entry_of(record)));
        let measure = Measure::share(u64::from(!in_force.is_empty()), 1);
        Answer { id, policy, question, measure, entries: entries.into_vec() }
    }

    /// How many active deployments have a statement of a kind.
    fn live(&self, id: &'static str, policy: &'static str, question: &'static str, kind: &'static str) -> Answer {
        let mut count = Count::default();
        for record in self.active() {
            let about = Subject::Deployment { id: record.deployment.id.clone() };
            let stands = self.stated(&about, kind).find(|record| record.in_force(self.now));
            count.add(stands.is_some(), stands.and_then(|record| self.entry_of(record)));
        }
        count.answer(id, policy, question)
    }

    /// Days since a statement about the city was last true.
    fn since(&self, id: &'static str, policy: &'static str, question: &'static str, kind: &'static str) -> Answer {
        let stands = self.stated(&Subject::City, kind).filter(|record| record.in_force(self.now));
        let newest = stands.max_by_key(|record| record.evidence.on);
        let days = newest.map(|record| whole_days(record.evidence.on, self.now));
        let measure = Measure::Days { days, of: u64::from(newest.is_some()) };
        let entries = newest.and_then(|record| self.entry_of(record)).into_iter().collect();
        Answer { id, policy, question, measure, entries }
    }

    /// Deployments that observe people, with their steps.
    fn about_people(&self) -> impl Iterator<Item = (&'a DeploymentRecord, &'a Steps)> {
        let people = self.state.deployments.values().filter(|record| Tier::of(&record.deployment) != Tier::FileAndGo);
        people.filter_map(|record| Some((record.as_ref(), self.state.marks.steps.get(&record.deployment.id)?.as_ref())))
    }

    fn active(&self) -> impl Iterator<Item = &'a DeploymentRecord> {
        self.state.deployments.values().map(AsRef::as_ref).filter(|record| record.standing.state == Stage::Active)
    }

    /// The 17 per cent of the study.
    fn before(&self) -> Answer {
        let mut count = Count::default();
        for (record, steps) in self.about_people() {
            let Some(begun) = steps.activated.first() else { continue };
            let earlier = |mark: &&Mark| mark.entry < begun.entry;
            let (proposer, accountable) = (&record.standing.proposed_by, &record.deployment.accountable);
            let signed = record.standing.assessments.iter().zip(&steps.assessed).find(|(assessment, mark)| {
                let signer = &assessment.signed_by;
                signer != proposer && signer != accountable && earlier(mark)
            });
            let approved = steps.approved.iter().find(earlier);
            count.add(signed.is_some() && approved.is_some(), Some(begun.entry));
        }
        count.answer("pia-before", "privacy-impact-assessment", PIA_BEFORE)
    }

    fn decided(&self) -> Answer {
        let mut entries = Newest::default();
        let mut days: Vec<u64> = Vec::new();
        for (_, steps) in self.about_people() {
            let Some(approved) = steps.approved.first() else { continue };
            days.push(whole_days(steps.proposed.at, approved.at));
            entries.add(approved.entry);
        }
        days.sort_unstable();
        // The lower of the two in the middle.
        let median = days.get(days.len().saturating_sub(1) / 2).copied();
        let measure = Measure::Days { days: median, of: days.len() as u64 };
        let (id, policy) = ("pia-days", "privacy-impact-assessment");
        Answer { id, policy, question: PIA_DAYS, measure, entries: entries.into_vec() }
    }

    fn reviewed(&self) -> Answer {
        let mut count = Count::default();
        for (record, steps) in self.about_people().filter(|(record, _)| record.standing.state != Stage::Ended) {
            let Some(newest) = record.standing.assessments.last() else { continue };
            count.add(newest.review_by <= self.now, steps.assessed.last().map(|mark| mark.entry));
        }
        count.answer("pia-review", "privacy-impact-assessment", PIA_REVIEW)
    }

    fn supported(&self) -> Answer {
        let active: BTreeSet<_> = self.active().map(|record| &record.deployment.id).collect();
        let mut count = Count::default();
        for device in self.state.devices.values().filter(|device| active.contains(&device.deployment)) {
            let entry = self.state.marks.devices.get(&device.id).map(|mark| mark.entry);
            count.add(device.support_until.is_some_and(|until| until > self.now), entry);
        }
        count.answer("cyb-supported", "cyber-accountability", CYB_SUPPORTED)
    }

    fn conduits(&self) -> Answer {
        let answered = |notice: &EvidenceRecord| {
            let mut answers = self.stated(&Subject::City, "conduit-answer");
            answers.find(|answer| {
                answer.evidence.answers.as_ref() == Some(&notice.evidence.id)
                    && answer.filed_at <= notice.filed_at + CONDUIT_ANSWER_MAX
            })
        };
        let mut count = Count::default();
        for notice in self.stated(&Subject::City, "street-works-notice") {
            let answer = answered(notice);
            count.add(answer.is_some(), answer.and_then(|answer| self.entry_of(answer)));
        }
        count.answer("dig-answered", "dig-once", DIG_ANSWERED)
    }

    fn open_data_assessed(&self) -> Answer {
        let recent = self
            .stated(&Subject::City, "open-data-assessment")
            .find(|record| record.in_force(self.now) && record.evidence.on + OPEN_DATA_AGE_MAX >= self.now);
        let mut count = Count::default();
        count.add(recent.is_some(), recent.and_then(|record| self.entry_of(record)));
        count.answer("odp-assessed", "open-data", ODP_ASSESSED)
    }

    fn integrated(&self) -> Answer {
        let public = |grant: &&model::GrantRecord| {
            let recipient = self.state.parties.get(&grant.grant.recipient);
            grant.in_force(self.now) && recipient.is_some_and(|record| record.party.kind == PartyKind::Public)
        };
        let grants: Vec<_> = self.state.grants.values().map(AsRef::as_ref).filter(public).collect();
        let answered: BTreeSet<_> =
            self.state.disclosed.keys().map(|key| (&key.recipient, &key.stream, &key.view)).collect();
        let views: BTreeSet<_> =
            grants.iter().map(|record| (&record.grant.recipient, &record.grant.stream, &record.grant.view)).collect();
        let mut count = Count::default();
        for view in &views {
            count.add(answered.contains(view), None);
        }
        count
            .shown
            .add_all(grants.iter().filter_map(|record| Some(self.state.marks.grants.get(&record.grant.id)?.entry)));
        count.answer("odp-integrated", "open-data", ODP_INTEGRATED)
    }
}

/// Some of some, and the entries behind those that count.
#[derive(Default)]
struct Count {
    numerator: u64,
    denominator: u64,
    shown: Newest,
}

impl Count {
    fn add(&mut self, counts: bool, entry: Option<u64>) {
        self.denominator += 1;
        self.numerator += u64::from(counts);
        self.shown.add_all(entry);
    }

    fn answer(self, id: &'static str, policy: &'static str, question: &'static str) -> Answer {
        let measure = Measure::share(self.numerator, self.denominator);
        Answer { id, policy, question, measure, entries: self.shown.into_vec() }
    }
}

fn whole_days(from: Timestamp, to: Timestamp) -> u64 {
    u64::from(to.since(from).as_seconds() / model::time::SECONDS_PER_DAY)
}
