//! What is wrong with policies by themselves: norms that can err, norms that do nothing, permits that can never apply.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use cedar_policy::{Effect, Policy, PolicyId as CedarId, RequestEnv};
use model::PolicyId;
use serde::Serialize;

use super::domain::passes_entity;
use super::query::{Part, allows_something, may_err};
use super::reads::Path;
use super::sides::{Cited, City, Clause, Side, Standard};
use super::solver::Solver;
use super::story::Story;
use super::{ProofError, Prover, Unsure, errs};

/// Something about one policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "finding", rename_all = "kebab-case")]
pub enum Finding {
    /// It can err. A norm that errs forbids nothing; a permit or forbid of a city that errs refuses everything.
    CanErr {
        /// Which.
        policy: Cited,
        /// When.
        story: Box<Story>,
    },
    /// It looks at a fact of an entity that another names. A running city decides with who asks and what it is about, and no
    /// other entity, so it would err there.
    ReachesTooFar {
        /// Which.
        policy: Cited,
        /// The fact.
        fact: String,
    },
    /// A forbid that never forbids anything, whatever the facts.
    NeverForbids {
        /// Which.
        policy: Cited,
    },
    /// A permit whose own condition is never met.
    NeverPermits {
        /// Which.
        policy: Cited,
    },
    /// A permit that forbids overrule wherever it applies.
    Overruled {
        /// Which.
        policy: Cited,
    },
    /// Not known.
    Unknown {
        /// Which.
        policy: Cited,
        /// Why.
        why: Unsure,
    },
}

impl Finding {
    /// The policy that it is about.
    #[must_use]
    pub const fn policy(&self) -> &PolicyId {
        let (Self::CanErr { policy, .. }
        | Self::ReachesTooFar { policy, .. }
        | Self::NeverForbids { policy }
        | Self::NeverPermits { policy }
        | Self::Overruled { policy }
        | Self::Unknown { policy, .. }) = self;
        &policy.policy
    }
}

impl Prover {
    /// What is wrong with a standard's norms by themselves: that one can err, or does nothing.
    ///
    /// # Errors
    /// No solver.
    pub fn check_standard(&self, standard: &Standard) -> Result<Vec<Finding>, ProofError> {
        self.check(Side::from(standard))
    }

    /// What is wrong with a city's policies by themselves: that one can err, a forbid does nothing, a permit can never apply.
    ///
    /// # Errors
    /// No solver.
    pub fn check_city(&self, city: &City) -> Result<Vec<Finding>, ProofError> {
        self.check(Side::from(city))
    }

    fn check(&self, side: Side<'_>) -> Result<Vec<Finding>, ProofError> {
        self.settings.hello()?;
        let environments = self.environments(&[side]);
        let permits = if side.is_ceiling { &[] } else { side.permits };
        let mut clauses: Vec<&Clause> = permits.iter().chain(side.forbids).collect();
        if !self.only.is_empty() {
            clauses.retain(|clause| environments.iter().any(|env| clause.concerns(env)));
        }
        let alive = Alive::new(&clauses);
        let checking = Checking { side, environments: &environments, alive: &alive };
        let findings = self.settings.run(&clauses, |clause, solver| checking.clause(solver, clause))?;
        Ok(findings.into_iter().flatten().collect())
    }
}

/// Permits that an example has shown to be used; one example may show several.
struct Alive<'a>(BTreeMap<&'a str, AtomicBool>);

impl<'a> Alive<'a> {
    fn new(clauses: &[&'a Clause]) -> Self {
        Self(clauses.iter().map(|clause| (clause.cited.policy.0.as_str(), AtomicBool::new(false))).collect())
    }

    fn is(&self, clause: &Clause) -> bool {
        self.0.get(clause.cited.policy.0.as_str()).is_some_and(|alive| alive.load(Ordering::Relaxed))
    }

    fn mark(&self, clause: &Clause) {
        if let Some(alive) = self.0.get(clause.cited.policy.0.as_str()) {
            alive.store(true, Ordering::Relaxed);
        }
    }
}

struct Checking<'a> {
    side: Side<'a>,
    environments: &'a [RequestEnv],
    alive: &'a Alive<'a>,
}

impl Checking<'_> {
    fn clause(&self, solver: &mut Solver<'_>, clause: &Clause) -> Vec<Finding> {
        let policy = || clause.cited.clone();
        let mut findings: Vec<Finding> = Vec::new();
        if let Some(path) = clause.reads.iter().find(|path| self.is_far(clause, path)) {
            findings.push(Finding::ReachesTooFar { policy: policy(), fact: path.cedar() });
        }
        for env in self.concerned(clause) {
            match may_err(solver, clause, env) {
                Ok(None) => continue,
                Ok(Some(question)) => {
                    let story = Box::new(errs(&question, clause));
                    findings.push(Finding::CanErr { policy: policy(), story });
                }
                Err(why) => findings.push(Finding::Unknown { policy: policy(), why }),
            }
            break;
        }
        let idle = if clause.policy.effect() == Effect::Permit {
            self.permit(solver, clause)
        } else {
            self.matters(solver, clause, &[])
                .map(|matters| (!matters).then(|| Finding::NeverForbids { policy: policy() }))
        };
        findings.extend(idle.unwrap_or_else(|why| Some(Finding::Unknown { policy: policy(), why })));
        findings
    }

    /// Whether a permit is of use: under the forbids, and if not, by itself.
    fn permit(&self, solver: &mut Solver<'_>, clause: &Clause) -> Result<Option<Finding>, Unsure> {
        if self.alive.is(clause) || self.matters(solver, clause, self.side.forbids)? {
            return Ok(None);
        }
        let policy = clause.cited.clone();
        let by_itself = self.matters(solver, clause, &[])?;
        Ok(Some(if by_itself { Finding::Overruled { policy } } else { Finding::NeverPermits { policy } }))
    }

    fn concerned(&self, clause: &Clause) -> impl Iterator<Item = &RequestEnv> {
        self.environments.iter().filter(|env| clause.concerns(env))
    }

    /// Whether a fact lies behind an entity that an attribute names.
    fn is_far(&self, clause: &Clause, path: &Path) -> bool {
        self.concerned(clause).any(|env| passes_entity(env, path))
    }

    /// Whether there is a request that satisfies the clause and none of the forbids.
    fn matters(&self, solver: &mut Solver<'_>, clause: &Clause, forbids: &[Clause]) -> Result<bool, Unsure> {
        let open = opened(clause)?;
        let mut unsure = None;
        for env in self.concerned(clause) {
            let side = Side { permits: std::slice::from_ref(&open), forbids, is_ceiling: false };
            match allows_something(solver, &Part::of(side, env)) {
                Ok(Some(question)) => {
                    if !forbids.is_empty() {
                        Part::of(self.side, env).hear(&question).by.iter().for_each(|used| self.alive.mark(used));
                    }
                    return Ok(true);
                }
                Ok(None) => {}
                Err(why) => unsure = Some(why),
            }
        }
        unsure.map_or(Ok(false), Err)
    }
}

/// The clause as a permit: it allows exactly what it is about.
fn opened(clause: &Clause) -> Result<Clause, Unsure> {
    if clause.policy.effect() == Effect::Permit {
        return Ok(clause.clone());
    }
    let bad = |message: String| Unsure::Unsupported(message);
    let mut json = clause.policy.to_json().map_err(|error| bad(error.to_string()))?;
    if let Some(effect) = json.get_mut("effect") {
        *effect = "permit".into();
    }
    let id = CedarId::new(&clause.cited.policy.0);
    let policy = Policy::from_json(Some(id), json).map_err(|error| bad(error.to_string()))?;
    Ok(Clause { policy, ..clause.clone() })
}
