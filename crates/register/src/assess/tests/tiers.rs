//! What a pre-scan found beyond what is declared: the norms ask for it, duties are owed for it, and no class takes it in.

use model::{Span, Tier};
use norms::{ActQuestion, ActSubject, Verb};
use serde_json::json;

use super::super::Status;
use super::town::{Town, bundle, cases, core};
use crate::circumstances::of_deployment;

/// A counter of phones, declared in the light tier, with a signed pre-scan that finds a tier; in what version of the act it says so.
fn scanned(tier: Option<Tier>) -> Town {
    let mut town = Town::founded();
    town.propose("congestion");
    let mut scan = json!({
        "id": "scan", "deployment": "congestion", "instrument": "pre-scan", "outcome": "acceptable", "summary": "Fine.",
        "signed_by": "office", "document": "11".repeat(32), "review_by": town.now + Span::days(300),
        "instrument_hash": "22".repeat(32),
    });
    if let Some(tier) = tier {
        scan["tier"] = json!(tier);
    }
    town.act("office", if tier.is_some() { "assessment-signed/2" } else { "assessment-signed/1" }, scan);
    town
}

/// The norms against an approval by the council.
fn against(town: &Town) -> Vec<String> {
    let record = &town.state.deployments[&"congestion".parse().unwrap()];
    let council = &town.state.parties[&"council".parse().unwrap()].party;
    let until = town.now + Span::days(30);
    let around = of_deployment(&town.state, record, town.now);
    let question = ActQuestion {
        actor: council,
        verb: Verb::Approve,
        subject: ActSubject::Approval { record, until },
        founder: town.state.founder(),
        around: &around,
    };
    let bundle = bundle(&core());
    let found = bundle.object_to_act(&question, town.now);
    let named = found.iter().flat_map(|said| {
        said.against.iter().filter_map(|one| Some(said.norms.grounds().get(one.place)?.policy.to_string()))
    });
    named.collect()
}

#[test]
fn a_light_deployment_whose_signed_pre_scan_says_full_is_asked_for_what_the_full_tier_is_asked_for() {
    let norm = |town: &Town, name: &str| against(town).iter().any(|one| one.ends_with(name));
    let declared = against(&scanned(None));
    assert!(!norm(&scanned(None), "full-privacy-impact"), "{declared:?}");
    for tier in [Tier::FileAndGo, Tier::Light] {
        assert_eq!(
            against(&scanned(Some(tier))),
            declared,
            "{tier}: what is found below what is declared changes nothing"
        );
    }
    let mut town = scanned(Some(Tier::Full));
    for name in ["full-privacy-impact", "privacy-officer-signs", "public-hearing"] {
        assert!(norm(&town, name), "{name}: {:?}", against(&town));
    }
    town.assess("congestion", "office");
    assert!(
        !norm(&town, "full-privacy-impact") && norm(&town, "public-hearing"),
        "what is filed stands in nobody's way"
    );
}

#[test]
fn a_city_is_assessed_by_what_pre_scans_found_and_owes_the_duties_of_that_tier() {
    let status = |tier: Tier, requirement: &str| {
        let mut town = scanned(Some(tier));
        town.act(
            "council",
            "deployment-approved/1",
            json!({"deployment": "congestion", "until": town.now + Span::days(700)}),
        );
        for step in ["deployment-published/1", "deployment-activated/1"] {
            town.act("city", step, json!({"deployment": "congestion"}));
        }
        town.now = town.now + Span::days(400);
        town.status(requirement)
    };
    for requirement in ["core-41", "core-100", "core-66"] {
        assert!(matches!(status(Tier::Light, requirement), Status::NotApplicable { .. }), "{requirement}");
        assert!(!cases(&status(Tier::Full, requirement)).is_empty(), "{requirement}");
    }
}

#[test]
fn what_a_pre_scan_lifts_above_a_class_is_not_covered_by_it() {
    let covered = |tier| {
        let mut town = scanned(tier);
        let class = json!({"id": "counters", "technology": "radio", "purposes": ["traffic-management"], "tier": "light",
            "until": town.now + Span::days(300)});
        town.act("council", "class-approved/1", class);
        let record = &town.state.deployments[&"congestion".parse().unwrap()];
        of_deployment(&town.state, record, town.now).class_approved
    };
    assert!(covered(None) && covered(Some(Tier::FileAndGo)) && covered(Some(Tier::Light)));
    assert!(!covered(Some(Tier::Full)));
}

#[test]
fn an_act_of_the_first_version_finds_no_tier_and_is_kept_as_it_was() {
    let town = scanned(None);
    let record = &town.state.deployments[&"congestion".parse().unwrap()];
    assert_eq!((record.tier(), record.standing.found()), (Tier::of(&record.deployment), None));
    assert!(!serde_json::to_string(&record.standing).unwrap().contains("tier"), "its state is written as it was");
}
