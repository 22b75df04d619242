//! A pack's tests of its norms: facts and a question in, the decision and the norms that forbid it out.
//!
//! A case is decided by every norm it is given, under the permit-all of a proof, so that `allowed` means that no norm stands
//! against it. A norm that errs fails its case. Tests of duties are not for this room and are passed over.

mod facts;

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Policy, PolicySet, RequestEnv};
use model::PolicyId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::proof::{Question, Standard};

/// How many bases may stand on one another.
pub const LIKES_MAX: usize = 16;

/// What is wrong with a test or its base.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// A test is for neither a norm nor a duty.
    #[error("test {number} names neither a `norm` nor a `duty`")]
    Neither {
        /// Which in its file, from one.
        number: usize,
    },
    /// A test of a norm cannot be read.
    #[error("the test `{test}` cannot be read: {message}")]
    Test {
        /// Its name, or its number.
        test: String,
        /// What is wrong.
        message: String,
    },
    /// Two bases, or two tests, have one name.
    #[error("`{0}` is there twice")]
    Twice(String),
    /// There is no such base.
    #[error("there is no base of facts `{0}`")]
    NoBase(String),
    /// Bases stand on one another in a circle, or too deep.
    #[error("the base `{0}` is like another more than {LIKES_MAX} times over, or like itself")]
    TooAlike(String),
    /// A base says of nothing of what kind it is.
    #[error("the base `{0}` has no `kind`, and is like none that has one")]
    NoKind(String),
    /// There is no such action.
    #[error("there is no action `{0}`")]
    NoAction(String),
    /// The action is not done to such a thing.
    #[error("`{action}` is not done to a {kind}, but to: {}", known.join(", "))]
    NotApplicable {
        /// The action.
        action: String,
        /// The kind of the base.
        kind: String,
        /// What it is done to.
        known: Vec<String>,
    },
    /// A fact that the schema does not know.
    #[error("`{fact}` is no fact of the schema; there are: {}", known.join(", "))]
    NoFact {
        /// Which, as `resource.minimum`.
        fact: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A fact has a value of another kind.
    #[error("`{fact}` must be {wanted}")]
    Value {
        /// Which.
        fact: String,
        /// What it must be.
        wanted: String,
    },
    /// A fact has no neutral value and must be given.
    #[error("`{0}` must be given; it has no neutral value")]
    Missing(String),
    /// The facts do not fit together.
    #[error("the facts do not fit the schema: {0}")]
    Unfit(String),
}

/// `tests/facts.toml`: bases of facts by name.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactsFile {
    /// The bases.
    #[serde(default)]
    pub base: BTreeMap<String, Base>,
}

/// A base of facts. What neither it nor the base that it is like gives has its neutral value: `false`, `0`, `""`, no
/// members, the party `nobody`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// The base that it differs from.
    pub like: Option<String>,
    /// What the question is about: `Deployment`, `Stream`, `View`, `Share` …
    pub kind: Option<String>,
    /// Facts of the asking party, and its `id`: `asker` unless given.
    #[serde(default)]
    pub principal: Map<String, Value>,
    /// Facts of the moment.
    #[serde(default)]
    pub context: Map<String, Value>,
    /// Facts of what it is about.
    #[serde(default)]
    pub resource: Map<String, Value>,
    /// Its tags: whole days from one moment to another. What is not given is not known.
    #[serde(default)]
    pub tags: Map<String, Value>,
}

/// A file of tests, of norms and of duties.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestFile {
    /// Each as it stands.
    #[serde(default)]
    pub test: Vec<Map<String, Value>>,
}

impl TestFile {
    /// The tests of norms in it. Those of duties are left to the room that knows duties.
    ///
    /// # Errors
    /// A test that is for neither, or cannot be read.
    pub fn of_norms(&self) -> Result<Vec<NormTest>, CaseError> {
        let mut tests = Vec::new();
        for (number, test) in self.test.iter().enumerate() {
            let number = number + 1;
            match (test.contains_key("norm"), test.contains_key("duty")) {
                (false, true) => continue,
                (false, false) => return Err(CaseError::Neither { number }),
                (true, _) => {}
            }
            let name = test.get("name").and_then(Value::as_str).map_or_else(|| number.to_string(), str::to_owned);
            let read = serde_json::from_value(Value::Object(test.clone()));
            tests.push(read.map_err(|error| CaseError::Test { test: name, message: error.to_string() })?);
        }
        Ok(tests)
    }
}

/// What a case is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Well within what the norm allows.
    Allowed,
    /// Well within what it forbids.
    Refused,
    /// Where the one turns into the other.
    Boundary,
}

/// What is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// No norm stands against it.
    Allowed,
    /// A norm does.
    Refused,
}

/// A test of a norm.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormTest {
    /// Its name.
    pub name: String,
    /// The norm under test: `minimum-count`, or `<pack>/minimum-count`.
    pub norm: String,
    /// What the case is for.
    pub case: Side,
    /// Its base of facts.
    pub base: String,
    /// The action that is asked for.
    pub action: String,
    /// Facts that differ from the base: `"resource.minimum" = 9`, `"tags.notice..starts" = 9`.
    #[serde(default)]
    pub set: Map<String, Value>,
    /// The decision.
    pub expect: Expected,
    /// Exactly the norms that forbid it.
    #[serde(default)]
    pub by: Vec<String>,
}

/// Why a case failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It could not be put.
    Case(CaseError),
    /// There is no such norm.
    NoNorm(PolicyId),
    /// It says two things that cannot both be.
    Contradiction(&'static str),
    /// Norms erred.
    Errs(Vec<PolicyId>),
    /// Other norms forbid it than expected.
    Decided {
        /// Those that were expected.
        expected: BTreeSet<PolicyId>,
        /// Those that do.
        found: BTreeSet<PolicyId>,
    },
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        fn listed<'p>(norms: impl IntoIterator<Item = &'p PolicyId>) -> String {
            let norms: Vec<String> = norms.into_iter().map(|norm| format!("`{norm}`")).collect();
            if norms.is_empty() { "no norm".to_owned() } else { norms.join(", ") }
        }
        match self {
            Self::Case(error) => error.fmt(f),
            Self::NoNorm(norm) => write!(f, "there is no norm `{norm}`"),
            Self::Contradiction(what) => f.write_str(what),
            Self::Errs(norms) => write!(f, "{} cannot be evaluated for these facts", listed(norms)),
            Self::Decided { expected, found } => {
                write!(f, "forbidden by {}, expected was {}", listed(found), listed(expected))
            }
        }
    }
}

/// One test and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The test.
    pub test: String,
    /// The norm under test.
    pub norm: PolicyId,
    /// What the case is for.
    pub case: Side,
    /// Why it failed, if it did.
    pub fault: Option<Fault>,
}

/// How many cases of each side passed for a norm. A case counts only if its action is one that the norm is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Within what it allows.
    pub allowed: usize,
    /// Within what it forbids.
    pub refused: usize,
    /// Where one turns into the other.
    pub boundary: usize,
}

impl Tally {
    /// The sides that no case is for.
    #[must_use]
    pub fn missing(&self) -> Vec<Side> {
        [(Side::Allowed, self.allowed), (Side::Refused, self.refused), (Side::Boundary, self.boundary)]
            .into_iter()
            .filter_map(|(side, count)| (count == 0).then_some(side))
            .collect()
    }
}

/// What came of all tests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// Each test, in order.
    pub outcomes: Vec<Outcome>,
    /// For each norm of the pack, how many cases passed.
    pub tallies: BTreeMap<PolicyId, Tally>,
}

impl Run {
    /// The tests that failed.
    pub fn failures(&self) -> impl Iterator<Item = (&Outcome, &Fault)> {
        self.outcomes.iter().filter_map(|outcome| outcome.fault.as_ref().map(|fault| (outcome, fault)))
    }

    /// The norms of the pack that lack a case: allowed, refused or boundary.
    pub fn untested(&self) -> impl Iterator<Item = (&PolicyId, Vec<Side>)> {
        self.tallies.iter().map(|(norm, tally)| (norm, tally.missing())).filter(|(_, missing)| !missing.is_empty())
    }
}

/// The tests of one pack, ready to run against norms.
#[derive(Debug, Clone)]
pub struct Cases {
    pack: String,
    bases: BTreeMap<String, Base>,
    tests: Vec<NormTest>,
}

/// A test with its question put.
pub(crate) struct Put<'a> {
    pub(crate) test: &'a NormTest,
    pub(crate) question: Question,
    env: RequestEnv,
}

impl Cases {
    /// The tests of a pack over its bases and those of the packs that it stands on.
    ///
    /// # Errors
    /// Two bases or two tests of one name.
    pub fn new(
        pack: &str,
        facts: impl IntoIterator<Item = FactsFile>,
        tests: impl IntoIterator<Item = NormTest>,
    ) -> Result<Self, CaseError> {
        let mut bases = BTreeMap::new();
        for (name, base) in facts.into_iter().flat_map(|file| file.base) {
            if bases.insert(name.clone(), base).is_some() {
                return Err(CaseError::Twice(name));
            }
        }
        let (tests, mut names): (Vec<NormTest>, _) = (tests.into_iter().collect(), BTreeSet::new());
        if let Some(test) = tests.iter().find(|test| !names.insert(test.name.clone())) {
            return Err(CaseError::Twice(test.name.clone()));
        }
        Ok(Self { pack: pack.to_owned(), bases, tests })
    }

    /// The pack whose tests they are.
    #[must_use]
    pub fn pack(&self) -> &str {
        &self.pack
    }

    /// Runs every test: decided by all norms of the standard, with those of the pack named `<pack>/<norm>`.
    #[must_use]
    pub fn run(&self, standard: &Standard) -> Run {
        let mut run = Run::default();
        let policies = standard.under_permit_all();
        for norm in standard.norms().filter(|norm| self.is_own(&norm.policy)) {
            run.tallies.insert(norm.policy.clone(), Tally::default());
        }
        for test in &self.tests {
            let norm = self.full(&test.norm);
            let outcome = self.put(test).map_err(Fault::Case).and_then(|put| {
                self.check(&put, standard, policies)?;
                Ok(standard.concerns(&norm, &put.env))
            });
            if let (Ok(true), Some(tally)) = (&outcome, run.tallies.get_mut(&norm)) {
                match test.case {
                    Side::Allowed => tally.allowed += 1,
                    Side::Refused => tally.refused += 1,
                    Side::Boundary => tally.boundary += 1,
                }
            }
            run.outcomes.push(Outcome { test: test.name.clone(), norm, case: test.case, fault: outcome.err() });
        }
        run
    }

    /// Whether a norm belongs to the pack.
    pub(crate) fn is_own(&self, norm: &PolicyId) -> bool {
        norm.0.strip_prefix(&self.pack).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The whole name of a norm that a test names.
    fn full(&self, norm: &str) -> PolicyId {
        PolicyId(if norm.contains('/') { norm.to_owned() } else { format!("{}/{norm}", self.pack) })
    }

    /// The questions of all tests.
    pub(crate) fn questions(&self) -> Result<Vec<Put<'_>>, CaseError> {
        self.tests.iter().map(|test| self.put(test)).collect()
    }

    fn put<'a>(&'a self, test: &'a NormTest) -> Result<Put<'a>, CaseError> {
        let (question, env) = facts::question(&self.bases, test)?;
        Ok(Put { test, question, env })
    }

    fn check(&self, put: &Put<'_>, standard: &Standard, policies: &PolicySet) -> Result<(), Fault> {
        let test = put.test;
        let norm = self.full(&test.norm);
        let expected: BTreeSet<PolicyId> = test.by.iter().map(|norm| self.full(norm)).collect();
        for name in expected.iter().chain([&norm]) {
            if !standard.norms().any(|norm| norm.policy == *name) {
                return Err(Fault::NoNorm(name.clone()));
            }
        }
        if let Some(what) = contradiction(test, &norm, &expected) {
            return Err(Fault::Contradiction(what));
        }
        let said = put.question.ask(policies);
        if !said.erring.is_empty() {
            return Err(Fault::Errs(said.erring.into_iter().map(PolicyId).collect()));
        }
        let found: BTreeSet<PolicyId> =
            if said.allowed { BTreeSet::new() } else { said.by.into_iter().map(PolicyId).collect() };
        if found == expected { Ok(()) } else { Err(Fault::Decided { expected, found }) }
    }
}

/// What a test says that cannot be.
fn contradiction(test: &NormTest, norm: &PolicyId, by: &BTreeSet<PolicyId>) -> Option<&'static str> {
    match (test.expect, test.case) {
        (Expected::Allowed, _) if !by.is_empty() => {
            Some("it is expected to be allowed and yet to be forbidden by norms")
        }
        (Expected::Refused, _) if by.is_empty() => Some("it is expected to be refused; `by` must say by which norms"),
        (Expected::Allowed, Side::Refused) => Some("its case is `refused`, and it is expected to be allowed"),
        (Expected::Refused, Side::Allowed) if by.contains(norm) => {
            Some("its case is `allowed`, and the norm under test is expected to forbid it")
        }
        (Expected::Refused, Side::Refused) if !by.contains(norm) => {
            Some("its case is `refused`, and the norm under test is not among those that are expected to forbid it")
        }
        _ => None,
    }
}

/// Whether a single norm forbids what a question asks, or errs; the permit-all of a proof stands beside it.
pub(crate) fn forbids(question: &Question, norm: &Policy, ceiling: &Policy) -> bool {
    let Ok(set) = PolicySet::from_policies([ceiling.clone(), norm.clone()]) else { return true };
    !question.ask(&set).allowed
}

#[cfg(test)]
pub(crate) mod tests;
