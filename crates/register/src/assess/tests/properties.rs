//! What never changes an assessment: the order in which evidence was filed, and how a city is cut into parts.

use std::collections::BTreeSet;

use model::RequirementId;
use proptest::prelude::*;

use super::super::finding::Newest;
use super::super::{CityAssessment, ENTRIES_MAX, Status};
use super::town::{Town, core};

/// Kinds that norms and clocks of the core ask for.
fn kinds() -> Vec<(String, &'static str)> {
    let core = core();
    let of_city =
        |one: &&standards::resolve::ResolvedRequirement| one.requirement.applies.about == standards::About::City;
    let mut kinds = Vec::new();
    for one in core.requirements.values() {
        let about = if of_city(&one) { "" } else { "deployment/congestion" };
        kinds.extend(one.requirement.evidence.iter().map(|kind| (kind.to_string(), about)));
    }
    kinds
}

/// What was found, without entries: these follow the order of the log.
fn statuses(assessment: &CityAssessment) -> Vec<(&RequirementId, String)> {
    let words = |status: &Status| match status {
        Status::NotMet { cases, .. } => {
            cases.iter().map(|case| format!("{:?} {}", case.subject, case.why)).collect::<Vec<_>>().join("\n")
        }
        Status::AttestedUntil { until, .. } => format!("{until:?}"),
        other => other.words().to_owned(),
    };
    assessment.findings.iter().map(|finding| (&finding.requirement, words(&finding.status))).collect()
}

/// Requirements of the core whose norms compare no dates with each other, and that no clock executes: more of what they ask
/// for can never be less.
fn asks_for_presence() -> BTreeSet<RequirementId> {
    let core = core();
    let (norms, duties) =
        (core.packs.iter().flat_map(|pack| &pack.norms), core.packs.iter().flat_map(|pack| &pack.duties));
    let compares: BTreeSet<_> =
        norms.clone().filter(|norm| norm.cedar.contains("Tag(")).map(|norm| norm.requirement.clone()).collect();
    let clocks: BTreeSet<_> = duties.map(|duty| duty.requirement.clone()).collect();
    norms.map(|norm| norm.requirement.clone()).filter(|id| !compares.contains(id) && !clocks.contains(id)).collect()
}

fn filed(chosen: &[(String, &str)]) -> Town {
    let mut town = Town::counting();
    town.grant("congestion", 10);
    for (kind, about) in chosen {
        town.file(kind, about, "council", None);
    }
    town
}

fn is_not_met(assessment: &CityAssessment, id: &RequirementId) -> bool {
    assessment.not_met().any(|finding| finding.requirement == *id)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_order_in_which_evidence_was_filed_is_no_matter(
        chosen in proptest::sample::subsequence(kinds(), 1..30).prop_flat_map(|chosen| (Just(chosen.clone()), Just(chosen).prop_shuffle()))
    ) {
        let (one, other) = (filed(&chosen.0), filed(&chosen.1));
        let (one, other) = (one.against(&core()), other.against(&core()));
        prop_assert_eq!(statuses(&one), statuses(&other));
    }

    #[test]
    fn independent_evidence_never_makes_a_norm_of_presence_unmet(
        chosen in proptest::sample::subsequence(kinds(), 0..30), more in proptest::sample::select(kinds()),
    ) {
        let before = filed(&chosen).against(&core());
        let after = filed(&[chosen, vec![more.clone()]].concat()).against(&core());
        for id in asks_for_presence() {
            prop_assert!(is_not_met(&before, &id) || !is_not_met(&after, &id), "{id} after {more:?}");
        }
    }
}

proptest! {
    #[test]
    fn the_newest_few_are_the_newest_few(entries in proptest::collection::vec(0_u64..40, 0..60)) {
        let mut newest = Newest::default();
        newest.add_all(entries.iter().copied());
        let all: BTreeSet<u64> = entries.into_iter().collect();
        let wanted: Vec<u64> = all.iter().rev().take(ENTRIES_MAX).rev().copied().collect();
        prop_assert_eq!(newest.into_vec(), wanted);
    }
}

#[test]
fn a_city_in_parts_is_the_city() {
    let mut town = Town::founded();
    for number in 0..super::super::DEPLOYMENTS_A_THREAD_MIN + 40 {
        town.counter(&format!("counter-{number:03}"), "office");
    }
    let assessment = town.against(&core());
    let Status::NotMet { total, cases } = super::status(&assessment, "core-84") else { panic!() };
    assert_eq!(total as usize, super::super::DEPLOYMENTS_A_THREAD_MIN + 40);
    let first: Vec<String> = cases.iter().map(|case| format!("{:?}", case.subject)).collect();
    assert!(first.is_sorted() && first[0].contains("counter-000"), "the first, in the order of the register");
}
