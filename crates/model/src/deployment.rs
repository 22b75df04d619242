//! Deployments: declared uses of a technology at a place, and the states they pass through.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::assessment::Assessment;
use crate::id::{DeploymentId, PartyId, PlaceId, StreamId};
use crate::stream::Stream;
use crate::tier::Tier;
use crate::time::Timestamp;
use crate::vocab::{Purpose, Technology};

/// The ground in law for processing, where the data is about people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LegalBasis {
    /// No data about people.
    NotPersonal,
    /// Consent of each person (GDPR 6(1)(a)).
    Consent,
    /// A legal obligation (GDPR 6(1)(c)).
    LegalObligation,
    /// A task in the public interest (GDPR 6(1)(e)).
    PublicTask,
    /// Vital interests (GDPR 6(1)(d)).
    VitalInterest,
    /// Police and justice under their own law.
    LawEnforcement,
}

impl LegalBasis {
    /// The code, as in acts and in Cedar.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotPersonal => "not-personal",
            Self::Consent => "consent",
            Self::LegalObligation => "legal-obligation",
            Self::PublicTask => "public-task",
            Self::VitalInterest => "vital-interest",
            Self::LawEnforcement => "law-enforcement",
        }
    }

    /// The DPV 2.3 term for the same ground, where there is one.
    #[must_use]
    pub const fn dpv(self) -> Option<&'static str> {
        match self {
            Self::NotPersonal | Self::LawEnforcement => None,
            Self::Consent => Some("Consent"),
            Self::LegalObligation => Some("LegalObligation"),
            Self::PublicTask => Some("PublicInterest"),
            Self::VitalInterest => Some("VitalInterest"),
        }
    }
}

/// An accountable party's declared use of a technology at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// Its name for residents.
    pub title: String,
    /// What it does and why, in plain words.
    pub description: String,
    /// Who answers for it.
    pub accountable: PartyId,
    /// Where it stands.
    pub place: PlaceId,
    /// Whether it moves about within that place, as a car or a drone does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mobile: bool,
    /// What senses.
    pub technology: Technology,
    /// What for.
    pub purposes: BTreeSet<Purpose>,
    /// What flows.
    pub streams: Vec<Stream>,
    /// The ground in law.
    pub legal_basis: LegalBasis,
    /// Where residents read the privacy statement; needed where data is about people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy_statement: Option<String>,
    /// First instant from which it may sense.
    pub starts: Timestamp,
    /// The end date that every deployment must have.
    pub ends: Timestamp,
}

impl Deployment {
    /// One of its streams.
    #[must_use]
    pub fn stream(&self, id: &StreamId) -> Option<&Stream> {
        self.streams.iter().find(|stream| &stream.id == id)
    }
}

/// Where a deployment stands on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Declared; nothing may be collected.
    Proposed,
    /// An assessment is signed.
    Assessed,
    /// Approved until a date.
    Approved,
    /// Residents can read of it.
    Published,
    /// May collect.
    Active,
    /// Stopped for a time.
    Suspended,
    /// Over for good.
    Ended,
}

impl State {
    /// The code, as in acts and in Cedar.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Assessed => "assessed",
            Self::Approved => "approved",
            Self::Published => "published",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Ended => "ended",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// What moves a deployment from one state to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// An assessment is signed; another may follow while nothing is approved.
    Assess,
    /// It is approved until a date. Approving again renews.
    Approve,
    /// It is published in the register.
    Publish,
    /// It begins, or begins again, to collect.
    Activate,
    /// It is stopped, by decision or because an approval lapsed.
    Suspend,
    /// It ends for good.
    End,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 6] = [Self::Assess, Self::Approve, Self::Publish, Self::Activate, Self::Suspend, Self::End];

    /// The word for it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Assess => "assess",
            Self::Approve => "approve",
            Self::Publish => "publish",
            Self::Activate => "activate",
            Self::Suspend => "suspend",
            Self::End => "end",
        }
    }
}

/// A step that does not lead on from a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a deployment that is {from} cannot take the step `{}`", step.code())]
pub struct IllegalStep {
    /// Where it stands.
    pub from: State,
    /// What was tried.
    pub step: Step,
}

impl State {
    /// The state after a step: the whole of the transition table.
    ///
    /// # Errors
    /// The step does not lead on from here.
    pub const fn after(self, step: Step) -> Result<Self, IllegalStep> {
        use State::{Active, Approved, Assessed, Ended, Proposed, Published, Suspended};
        Ok(match (self, step) {
            (Proposed | Assessed, Step::Assess) => Assessed,
            (Assessed, Step::Approve) => Approved,
            // Approving what was approved before renews it and moves nothing.
            (Approved | Published | Active | Suspended, Step::Approve) => self,
            (Approved, Step::Publish) => Published,
            (Published | Suspended, Step::Activate) => Active,
            (Active | Published, Step::Suspend) => Suspended,
            (Proposed | Assessed | Approved | Published | Active | Suspended, Step::End) => Ended,
            (from, step) => return Err(IllegalStep { from, step }),
        })
    }
}

/// An approval in force until a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Who approved.
    pub by: PartyId,
    /// When.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// Where a deployment stands and how it came there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// Its state.
    pub state: State,
    /// Who proposed it.
    pub proposed_by: PartyId,
    /// When it was proposed.
    pub proposed_at: Timestamp,
    /// Its assessments, oldest first.
    pub assessments: Vec<Assessment>,
    /// Its approval, the latest.
    pub approval: Option<Approval>,
    /// When it was published.
    pub published_at: Option<Timestamp>,
    /// When it last became active.
    pub active_since: Option<Timestamp>,
    /// Why it is suspended or ended, in words.
    pub stopped_because: Option<String>,
    /// Whether it ended because what was proposed was refused: by another than asked for it, or by a silence that refuses.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
}

impl Standing {
    /// Where a deployment stands that a party has just proposed.
    #[must_use]
    pub const fn proposed(by: PartyId, at: Timestamp) -> Self {
        Self {
            state: State::Proposed,
            proposed_by: by,
            proposed_at: at,
            assessments: Vec::new(),
            approval: None,
            published_at: None,
            active_since: None,
            stopped_because: None,
            refused: false,
        }
    }

    /// The strictest tier that answers found, of each instrument by the newest that name one.
    #[must_use]
    pub fn found(&self) -> Option<Tier> {
        let named = self.assessments.iter().filter_map(|one| Some((&one.instrument, one.tier?)));
        named.collect::<BTreeMap<_, _>>().into_values().max()
    }
}

/// A deployment as declared, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeploymentRecord {
    /// What was declared.
    pub deployment: Deployment,
    /// Where it stands.
    pub standing: Standing,
}

impl DeploymentRecord {
    /// How much attention it needs: the stricter of what is declared, and of what answers about it found. An answer adds to what
    /// is declared and never takes from it.
    #[must_use]
    pub fn tier(&self) -> Tier {
        Tier::of(&self.deployment).max(self.standing.found().unwrap_or(Tier::FileAndGo))
    }

    /// Whether it may collect at an instant: active, approved and within its dates. The register says no
    /// more; the norms still have to agree.
    #[must_use]
    pub fn in_force(&self, now: Timestamp) -> bool {
        let approved = self.standing.approval.as_ref().is_some_and(|approval| now < approval.until);
        self.standing.state == State::Active && approved && self.deployment.starts <= now && now < self.deployment.ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [State; 7] = [
        State::Proposed,
        State::Assessed,
        State::Approved,
        State::Published,
        State::Active,
        State::Suspended,
        State::Ended,
    ];

    #[test]
    fn nothing_becomes_active_without_assessment_approval_and_publication() {
        // Walk the whole table backwards: the only ways into Active, and into what leads there.
        let into = |to: State| -> Vec<(State, Step)> {
            let mut found = Vec::new();
            for from in STATES {
                for step in Step::ALL {
                    if from != to && from.after(step) == Ok(to) {
                        found.push((from, step));
                    }
                }
            }
            found
        };
        assert_eq!(into(State::Active), [(State::Published, Step::Activate), (State::Suspended, Step::Activate)]);
        assert_eq!(into(State::Suspended), [(State::Published, Step::Suspend), (State::Active, Step::Suspend)]);
        assert_eq!(into(State::Published), [(State::Approved, Step::Publish)]);
        assert_eq!(into(State::Approved), [(State::Assessed, Step::Approve)]);
        assert_eq!(into(State::Assessed), [(State::Proposed, Step::Assess)]);
        assert_eq!(into(State::Proposed), []);
    }

    #[test]
    fn what_has_ended_stays_ended() {
        for step in Step::ALL {
            assert_eq!(State::Ended.after(step), Err(IllegalStep { from: State::Ended, step }));
        }
    }

    const WIFI: &str = r#"{"deployment":{"id":"d","title":"t","description":"d","accountable":"city","place":"p",
        "technology":"wifi-counter","purposes":["traffic-management"],"legal_basis":"public-task","starts":"2026-01-01T00:00:00Z",
        "ends":"2027-01-01T00:00:00Z","streams":[{"id":"s","time":{"do":"keep"},"retention":"1h","properties":{"mac":
        {"category":"mac-address","value":"text","treatment":{"do":"pseudonymise","epoch":"EPOCH"}}}}]},
        "standing":{"state":"proposed","proposed_by":"city","proposed_at":"2026-01-01T00:00:00Z","assessments":[],"approval":null,
        "published_at":null,"active_since":null,"stopped_because":null}}"#;

    fn record(epoch: &str, found: &[(u8, Option<Tier>)]) -> DeploymentRecord {
        let mut record: DeploymentRecord = serde_json::from_str(&WIFI.replace("EPOCH", epoch)).unwrap();
        for (instrument, tier) in found {
            let text = format!(
                r#"{{"id":"a","deployment":"d","instrument":"i-{instrument}","outcome":"acceptable","summary":"s","signed_by":"city",
                "document":"{}","review_by":"2027-01-01T00:00:00Z"}}"#,
                "11".repeat(32)
            );
            let read: Assessment = serde_json::from_str(&text).unwrap();
            record.standing.assessments.push(Assessment { tier: *tier, ..read });
        }
        record
    }

    #[test]
    fn of_each_instrument_the_newest_tier_counts_and_one_that_names_none_takes_nothing_back() {
        let (full, light, least) = (Some(Tier::Full), Some(Tier::Light), Some(Tier::FileAndGo));
        for (epoch, found, tier) in [
            ("24h", &[][..], Tier::Light),
            ("24h", &[(1, full)], Tier::Full),
            ("24h", &[(1, full), (1, light)], Tier::Light),
            ("24h", &[(1, full), (1, None)], Tier::Full),
            ("24h", &[(1, full), (2, light)], Tier::Full),
            ("24h", &[(1, least), (2, least)], Tier::Light),
            ("48h", &[(1, least), (2, light)], Tier::Full),
        ] {
            assert_eq!(record(epoch, found).tier(), tier, "{epoch} {found:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_answers_bring_a_deployment_below_what_it_declares_and_more_careful_ones_never_lower_it(
            lasting: bool,
            found in proptest::collection::vec((0_u8..3, 0_usize..4, 0_usize..4), 0..6),
        ) {
            let epoch = if lasting { "48h" } else { "24h" };
            let tier = |at: usize| at.checked_sub(1).and_then(|at| Tier::ALL.get(at).copied());
            let less: Vec<_> = found.iter().map(|(of, one, other)| (*of, tier(*one.min(other)))).collect();
            let more: Vec<_> = found.iter().map(|(of, one, other)| (*of, tier(*one.max(other)))).collect();
            let (less, more) = (record(epoch, &less), record(epoch, &more));
            proptest::prop_assert!(less.tier() >= Tier::of(&less.deployment));
            let named = found.iter().all(|(_, one, other)| (*one == 0) == (*other == 0));
            proptest::prop_assert!(!named || less.tier() <= more.tier());
        }
    }
}
