//! An assessment as OSCAL assessment results.

use anyhow::Context;
use register::assess::{Case, CityAssessment, Finding, Status};
use standards::oscal::results::{Assessed, Found, export};

use super::words::subject;

/// The document.
pub(super) fn results(assessment: &CityAssessment) -> anyhow::Result<serde_json::Value> {
    let found: Vec<Found> = assessment.findings.iter().map(found).collect();
    found.first().context("the standard has no requirement, and OSCAL has no results without a finding")?;
    let assessed = Assessed {
        city: assessment.city.clone(),
        origin: assessment.origin.clone(),
        size: assessment.size,
        at: assessment.at,
        notice: assessment.notice.clone(),
    };
    Ok(export(&assessed, &found))
}

fn found(finding: &Finding) -> Found {
    let (met, words, entries) = match &finding.status {
        Status::Met { entries } => (Some(true), "Met.".to_owned(), entries.clone()),
        Status::AttestedUntil { until: Some(until), entries } => {
            (Some(true), format!("Attested, at the earliest until {until}."), entries.clone())
        }
        Status::AttestedUntil { until: None, entries } => {
            (Some(true), "Attested, without an end.".to_owned(), entries.clone())
        }
        Status::NotMet { total, cases } => (Some(false), not_met(*total, cases), entries_of(cases)),
        Status::NotApplicable { why } => (None, format!("Not applicable: {why}."), Vec::new()),
        Status::TextOnly { why } => (None, format!("Not assessed by software: {why}"), Vec::new()),
    };
    Found { requirement: finding.requirement.to_string(), title: finding.title.clone(), met, words, entries }
}

fn not_met(total: u64, cases: &[Case]) -> String {
    let told: Vec<String> = cases.iter().map(|case| format!("{}: {}", subject(&case.subject), case.why)).collect();
    format!("Not met in {total} cases. {}", told.join(" "))
}

fn entries_of(cases: &[Case]) -> Vec<u64> {
    let entries: std::collections::BTreeSet<u64> = cases.iter().flat_map(|case| case.entries.iter().copied()).collect();
    entries.into_iter().collect()
}
