//! What a proof found: for each action whether it is equal, stricter, broken or unknown, and what that makes of the whole.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use model::PolicyId;
use serde::{Serialize, Serializer};

use super::sides::Cited;
use super::story::Story;

/// Why something is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsure {
    /// The limit was reached.
    #[error("the solver found no answer within {} s; raise the limit", .0.as_secs_f32())]
    Undecided(Duration),
    /// The proof as a whole reached its limit before this was answered.
    #[error("the proof as a whole took {} s, which is as long as it may take", .0.as_secs_f32())]
    Late(Duration),
    /// The solver died or spoke in tongues.
    #[error("the solver failed: {0}")]
    Solver(String),
    /// What the solver answered is no request of this schema.
    #[error("the solver's example cannot be read: {0}")]
    Model(String),
    /// A policy uses what cannot be proved about.
    #[error("a policy uses what cannot be proved about: {0}")]
    Unsupported(String),
    /// The example did not hold.
    #[error("the solver's example does not hold when the policies themselves decide it")]
    Spurious,
    /// The example holds only because a policy errs, which refuses everything.
    #[error("{} can err; guard tags with `hasTag` and keep arithmetic out", listed(.0))]
    Errs(Vec<PolicyId>),
}

impl Serialize for Unsure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn listed(policies: &[PolicyId]) -> String {
    policies.iter().map(|policy| format!("`{policy}`")).collect::<Vec<_>>().join(", ")
}

/// One norm of the standard that the left side breaks in one action.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Violation {
    /// The norm.
    pub norm: Cited,
    /// A request that the left side allows although the norm forbids it.
    pub story: Story,
}

/// How the left side stands to the standard.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Relation {
    /// It allows exactly what the standard leaves open.
    Equal,
    /// It allows nothing that the standard forbids, and not everything that the standard leaves open.
    Stricter {
        /// What the standard leaves open and the left side refuses.
        example: Box<Story>,
    },
    /// It allows nothing that the standard forbids; whether it is equal is not known.
    AtLeastAsStrict {
        /// Why that is not known.
        why: Unsure,
    },
    /// It allows something that the standard forbids.
    Fails {
        /// The norms that it breaks, each with an example.
        violations: Vec<Violation>,
        /// Why there may be more of them, if not all could be found.
        #[serde(skip_serializing_if = "Option::is_none")]
        more: Option<Unsure>,
    },
    /// Not known.
    Unknown {
        /// Why.
        why: Unsure,
    },
}

/// Whether the left side allows anything in an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "permits", rename_all = "kebab-case")]
pub enum Permits {
    /// Something; an example was decided by Cedar itself.
    Something,
    /// Nothing at all, whatever the facts: what is "as strict" here says nothing.
    Nothing,
    /// Not known.
    Unknown {
        /// Why.
        why: Unsure,
    },
}

/// One action, between one kind of party and one kind of thing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ActionReport {
    /// The action: `approve`, `collect`, `for:traffic-management`.
    pub action: String,
    /// What it is done to: `Deployment`, `Share`.
    pub resource: String,
    /// How the left side stands to the standard.
    pub relation: Relation,
    /// Whether it allows anything.
    pub permits: Permits,
}

/// The whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Equal in every action.
    Equal,
    /// At least as strict in every action, and stricter in one.
    Stricter,
    /// At least as strict in every action; whether equal is not known.
    AtLeastAsStrict,
    /// At least as strict, but only because nothing is permitted at all. That is not conformance.
    Vacuous,
    /// Something is allowed that the standard forbids.
    Fails,
    /// Not known.
    Unknown,
}

impl Verdict {
    /// Whether the left side is at least as strict and permits something; `None` if that is not known.
    #[must_use]
    pub const fn holds(self) -> Option<bool> {
        match self {
            Self::Equal | Self::Stricter | Self::AtLeastAsStrict => Some(true),
            Self::Vacuous | Self::Fails => Some(false),
            Self::Unknown => None,
        }
    }
}

/// What a proof found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The whole.
    pub verdict: Verdict,
    /// Every action of the schema, in order.
    pub actions: Vec<ActionReport>,
    /// How often the solver was asked; what needed no solver is not counted.
    pub asked: usize,
}

impl Report {
    pub(crate) fn new(actions: Vec<ActionReport>, asked: usize) -> Self {
        Self { verdict: verdict(&actions), actions, asked }
    }

    /// The actions in which nothing is permitted, whatever the facts.
    pub fn silent(&self) -> impl Iterator<Item = &ActionReport> {
        self.actions.iter().filter(|action| action.permits == Permits::Nothing)
    }

    /// The norms that are broken, each with the actions in which it is and one story.
    #[must_use]
    pub fn violations(&self) -> Vec<(&Violation, Vec<&str>)> {
        let mut broken: BTreeMap<&str, (&Violation, Vec<&str>)> = BTreeMap::new();
        for action in &self.actions {
            let Relation::Fails { violations, .. } = &action.relation else { continue };
            for violation in violations {
                let (_, actions) = broken.entry(&violation.norm.policy.0).or_insert_with(|| (violation, Vec::new()));
                actions.push(&action.action);
            }
        }
        broken.into_values().collect()
    }
}

fn verdict(actions: &[ActionReport]) -> Verdict {
    let any = |test: fn(&Relation) -> bool| actions.iter().any(|action| test(&action.relation));
    if any(|relation| matches!(relation, Relation::Fails { .. })) {
        return Verdict::Fails;
    }
    if any(|relation| matches!(relation, Relation::Unknown { .. })) {
        return Verdict::Unknown;
    }
    if !actions.iter().any(|action| action.permits == Permits::Something) {
        let known = actions.iter().all(|action| action.permits == Permits::Nothing);
        return if known { Verdict::Vacuous } else { Verdict::Unknown };
    }
    if any(|relation| matches!(relation, Relation::Stricter { .. })) {
        Verdict::Stricter
    } else if any(|relation| matches!(relation, Relation::AtLeastAsStrict { .. })) {
        Verdict::AtLeastAsStrict
    } else {
        Verdict::Equal
    }
}

impl fmt::Display for Report {
    /// The whole in plain sentences: the verdict, each broken norm with its story, what is not known, what is never permitted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.verdict {
            Verdict::Equal => "Equal: it allows exactly what the standard leaves open.",
            Verdict::Stricter => "Stricter: it allows nothing that the standard forbids, and less than it leaves open.",
            Verdict::AtLeastAsStrict => "At least as strict: it allows nothing that the standard forbids.",
            Verdict::Vacuous => "It permits nothing at all, so there is nothing that conforms.",
            Verdict::Fails => "It fails: it allows something that the standard forbids.",
            Verdict::Unknown => "Not known.",
        })?;
        for (violation, actions) in self.violations() {
            write!(f, "\n\n{} ({})\n{}", violation.norm.policy, actions.join(", "), violation.story)?;
        }
        for action in &self.actions {
            let why = match (&action.relation, &action.permits) {
                (Relation::Unknown { why } | Relation::AtLeastAsStrict { why }, _)
                | (Relation::Fails { more: Some(why), .. }, _)
                | (_, Permits::Unknown { why }) => why,
                _ => continue,
            };
            write!(f, "\n\nnot known in `{}` on {}: {why}", action.action, action.resource)?;
        }
        let silent: Vec<&str> = self.silent().map(|action| action.action.as_str()).collect();
        if !silent.is_empty() && self.verdict != Verdict::Vacuous {
            write!(f, "\n\nnothing is ever permitted in: {}", silent.join(", "))?;
        }
        Ok(())
    }
}
