//! An assessment in words: counts by policy first, then what is not met, what is attested, and the benchmark.

use std::collections::BTreeMap;

use model::Subject;
use register::assess::benchmark::{Answer, Measure};
use register::assess::{Case, CityAssessment, Finding, Status};
use standards::Resolved;

/// Everything, for people.
pub(super) fn of(assessment: &CityAssessment, differs: &[String], resolved: &Resolved) -> String {
    let mut lines = vec![format!(
        "{} (`{}`, {} entries) against {}, at {}.",
        assessment.city, assessment.origin, assessment.size, assessment.against, assessment.at
    )];
    lines.push("Illustrative, not legal advice.".to_owned());
    lines.extend(differing(differs));
    lines.push(String::new());
    lines.extend(table(assessment, resolved));
    for (heading, words) in [("Not met", "not met"), ("Attested", "attested"), ("Not applicable", "not applicable")] {
        let of_status = |finding: &&Finding| finding.status.words() == words;
        let told: Vec<String> = assessment.findings.iter().filter(of_status).flat_map(finding).collect();
        if !told.is_empty() {
            lines.push(format!("\n{heading}"));
            lines.extend(told);
        }
    }
    lines.push("\nThe Alliance's benchmark, counted from the log".to_owned());
    lines.extend(assessment.benchmark.iter().flat_map(answer));
    lines.join("\n")
}

fn differing(differs: &[String]) -> Option<String> {
    let names: Vec<String> = differs.iter().map(|name| format!("`{name}`")).collect();
    let layers = match differs.len() {
        0 => return None,
        1 => "the layer",
        _ => "the layers",
    };
    let names = names.join(", ");
    Some(format!("Note: this city has {layers} {names} not in force, or with another text than this standard's."))
}

/// Counts by model policy.
fn table(assessment: &CityAssessment, resolved: &Resolved) -> Vec<String> {
    let policies = resolved.packs.iter().flat_map(|pack| &pack.manifest.policies);
    let titles: BTreeMap<&str, &str> = policies.map(|policy| (policy.id.as_str(), policy.title.as_str())).collect();
    let title = |id: &str| match id {
        "" => "(no policy)".to_owned(),
        id => titles.get(id).map_or_else(|| id.to_owned(), |title| (*title).to_owned()),
    };
    let counts = assessment.by_policy();
    let width = counts.keys().map(|id| title(id).chars().count()).max().unwrap_or(0).max("in all".len());
    let row = |name: &str, cells: [String; 5]| {
        let cells: Vec<String> =
            cells.iter().zip(Status::WORDS).map(|(cell, word)| format!("{cell:>0$}", word.len())).collect();
        format!("  {name:<width$}  {}", cells.join("  "))
    };
    let mut lines = vec![row("policy", Status::WORDS.map(str::to_owned))];
    let mut all = [0; 5];
    for (id, statuses) in &counts {
        let cells = Status::WORDS.map(|word| statuses.get(word).copied().unwrap_or(0));
        all.iter_mut().zip(cells).for_each(|(sum, cell)| *sum += cell);
        lines.push(row(&title(id), cells.map(|cell| if cell == 0 { "·".to_owned() } else { cell.to_string() })));
    }
    lines.push(row("in all", all.map(|sum: usize| sum.to_string())));
    lines
}

fn finding(finding: &Finding) -> Vec<String> {
    let head = format!("  {}  {}", finding.requirement, finding.title);
    match &finding.status {
        Status::NotMet { total, cases } => {
            let mut lines = vec![head];
            lines.extend(reasons(cases));
            let listed = cases.len() as u64;
            lines.extend((*total > listed).then(|| format!("    and {} more", total - listed)));
            lines
        }
        Status::AttestedUntil { until, entries: shown } => {
            let until = until.map_or_else(|| "without an end".to_owned(), |until| format!("until {until}"));
            vec![format!("{head}: {until}{}", entries(shown))]
        }
        Status::NotApplicable { why } => vec![format!("{head}: {why}")],
        Status::Met { .. } | Status::TextOnly { .. } => vec![head],
    }
}

/// Each reason once, with everything that it is one for.
fn reasons(cases: &[Case]) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, first) in cases.iter().enumerate() {
        if cases.iter().take(at).any(|earlier| earlier.why == first.why) {
            continue;
        }
        lines.push(format!("    {}", first.why));
        let same = cases.iter().filter(|case| case.why == first.why);
        lines.extend(same.map(|case| format!("      {}{}", subject(&case.subject), entries(&case.entries))));
    }
    lines
}

fn answer(answer: &Answer) -> [String; 1] {
    let measure = match answer.measure {
        Measure::Share { numerator, denominator, share: Some(share) } => {
            format!("{numerator} of {denominator} ({:.0} %)", share * 100.0)
        }
        Measure::Share { share: None, .. } => "nothing to count".to_owned(),
        Measure::Days { days: Some(1), of } => format!("1 day (over {of})"),
        Measure::Days { days: Some(days), of } => format!("{days} days (over {of})"),
        Measure::Days { days: None, .. } => "nothing to count".to_owned(),
    };
    [format!("  {:<15} {measure}{}\n    {}", answer.id, entries(&answer.entries), answer.question)]
}

/// A subject in words.
pub(super) fn subject(subject: &Subject) -> String {
    match subject {
        Subject::City => "the city".to_owned(),
        Subject::Deployment { id } => format!("deployment `{id}`"),
        Subject::Device { id } => format!("device `{id}`"),
    }
}

fn entries(entries: &[u64]) -> String {
    let listed = entries.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    match entries.len() {
        0 => String::new(),
        1 => format!(" [entry {listed}]"),
        _ => format!(" [entries {listed}]"),
    }
}
