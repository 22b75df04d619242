//! Coverage: what executes each requirement of a pack, counted.
//!
//! It counts what the pack's texts say, and never more: what only instruments or people do is text only here.

use std::collections::BTreeMap;

use model::RequirementId;
use serde::Serialize;

use crate::pack::{Pack, Reference};
use crate::requirement::{Kind, Status};
use crate::resolve::Enforcement;

/// The action of the fourth question: may this stand in the register?
const STAND: &str = "stand";

/// What executes one requirement.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Execution {
    /// Norms that refuse an act, a collection or a disclosure.
    pub norms: Vec<String>,
    /// Norms of the register alone: they show it as not met, and stop nothing.
    pub checks: Vec<String>,
    /// Duties.
    pub duties: Vec<String>,
    /// Whether somebody attests it, and a norm asks for that evidence.
    pub attested: bool,
}

impl Execution {
    /// Whether anything executes it.
    #[must_use]
    pub const fn executes(&self) -> bool {
        !(self.norms.is_empty() && self.checks.is_empty() && self.duties.is_empty())
    }
}

/// One requirement with what executes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Row {
    /// Which.
    pub requirement: RequirementId,
    /// Its title.
    pub title: String,
    /// When and how it bites.
    pub kind: Kind,
    /// Where its source stands.
    pub status: Status,
    /// When its norms decide.
    pub enforcement: Enforcement,
    /// What executes it.
    #[serde(flatten)]
    pub execution: Execution,
    /// Why nothing does, where nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_only: Option<String>,
}

/// Counts over some requirements. One that is executed in several ways is counted under each, and once under `executed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Counts {
    /// All of them.
    pub requirements: usize,
    /// Those that anything executes.
    pub executed: usize,
    /// By norms that refuse something.
    pub by_norm: usize,
    /// By checks of the register.
    pub by_check: usize,
    /// By duties.
    pub by_duty: usize,
    /// By an attestation that a norm asks for.
    pub by_attestation: usize,
    /// Those that are text only.
    pub text_only: usize,
    /// Those never enforced: proposals and what was overturned.
    pub not_enforced: usize,
}

/// The coverage of one pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Coverage {
    /// Which pack.
    pub pack: Reference,
    /// Over all of it.
    pub total: Counts,
    /// Over each kind of requirement.
    pub by_kind: BTreeMap<Kind, Counts>,
    /// Over each model policy; under an empty id those that belong to none.
    pub by_policy: BTreeMap<String, Counts>,
    /// Norms of the pack.
    pub norms: usize,
    /// Duties of the pack.
    pub duties: usize,
    /// Each requirement.
    pub rows: Vec<Row>,
}

impl Pack {
    /// What executes a requirement, of its own norms and duties.
    #[must_use]
    pub fn execution(&self, requirement: &RequirementId) -> Execution {
        let mut execution = Execution::default();
        let attest = self.requirements.get(requirement).is_some_and(|one| one.kind == Kind::Attest);
        for norm in self.norms.iter().filter(|norm| norm.requirement == *requirement) {
            let actions = norm.actions();
            let only_stands = !actions.is_empty() && actions.iter().all(|action| action == STAND);
            let list = if only_stands { &mut execution.checks } else { &mut execution.norms };
            list.push(norm.id.clone());
            execution.attested |= attest && norm.asks_for_evidence();
        }
        let duties = self.duties.iter().filter(|duty| duty.requirement == *requirement);
        execution.duties = duties.map(|duty| duty.id.as_str().to_owned()).collect();
        execution
    }

    /// The coverage of the pack.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let mut coverage = Coverage {
            pack: self.manifest.reference.clone(),
            total: Counts::default(),
            by_kind: BTreeMap::new(),
            by_policy: BTreeMap::new(),
            norms: self.norms.len(),
            duties: self.duties.len(),
            rows: Vec::new(),
        };
        for (id, requirement) in &self.requirements {
            let row = Row {
                requirement: id.clone(),
                title: requirement.title.clone(),
                kind: requirement.kind,
                status: requirement.status,
                enforcement: Enforcement::of(requirement),
                execution: self.execution(id),
                text_only: requirement.text_only.clone(),
            };
            coverage.total.add(&row);
            coverage.by_kind.entry(row.kind).or_default().add(&row);
            let policy = requirement.policy.clone().unwrap_or_default();
            coverage.by_policy.entry(policy).or_default().add(&row);
            coverage.rows.push(row);
        }
        coverage
    }
}

impl Counts {
    fn add(&mut self, row: &Row) {
        let execution = &row.execution;
        self.requirements += 1;
        self.executed += usize::from(execution.executes());
        self.by_norm += usize::from(!execution.norms.is_empty());
        self.by_check += usize::from(!execution.checks.is_empty());
        self.by_duty += usize::from(!execution.duties.is_empty());
        self.by_attestation += usize::from(execution.attested);
        self.text_only += usize::from(!execution.executes());
        self.not_enforced += usize::from(row.enforcement == Enforcement::Never);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Source;

    #[test]
    fn each_way_of_executing_is_counted_and_text_only_is_said() {
        let attest = Source::requirement("core-02", "Signed.").replace("\"release\"", "\"attest\"");
        let stand = "@id(\"signed\")\n@requirement(\"core-02\")\nforbid (principal, action == Action::\"stand\", resource)\n\
                     unless { resource.evidence.contains(\"signature\") };\n";
        let duty = Source::duty("report", "core-01");
        let pack = Source::standard("core")
            .with("requirements/core-02.md", &attest)
            .with("requirements/core-03.md", &Source::text_only("core-03"))
            .and("norms/all.cedar", stand)
            .with("duties/all.toml", &duty)
            .pack();
        let coverage = pack.coverage();
        let total = coverage.total;
        assert_eq!((total.requirements, total.executed, total.text_only), (3, 2, 1));
        assert_eq!((total.by_norm, total.by_check, total.by_duty, total.by_attestation), (1, 1, 1, 1));
        assert_eq!(coverage.by_kind.get(&Kind::Attest).map(|counts| counts.by_check), Some(1));
        assert_eq!(coverage.by_kind.values().map(|counts| counts.requirements).sum::<usize>(), 3);
        let reason = coverage.rows.iter().find_map(|row| row.text_only.as_deref());
        assert_eq!(reason, Some("nobody can measure it"));
        let json = serde_json::to_value(&coverage).unwrap();
        assert_eq!(json.pointer("/by-kind/attest/executed"), Some(&1.into()));
        assert_eq!(json.pointer("/rows/1/checks/0"), Some(&"signed".into()));
    }

    #[test]
    fn a_norm_that_also_refuses_is_no_mere_check() {
        let both = "@id(\"both\")\n@requirement(\"core-01\")\nforbid (principal, action in [Action::\"stand\", Action::\"approve\"], resource);\n";
        let pack = Source::standard("core").and("norms/all.cedar", both).pack();
        assert_eq!(pack.execution(&RequirementId("core-01".to_owned())).norms, ["minimum-count", "both"]);
    }
}
