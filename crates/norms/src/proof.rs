//! Proofs over policies: is a city at least as strict as a standard, for every request that its schema allows?
//!
//! Cedar's symbolic compiler turns both sides into formulas, a solver (cvc5, a program of its own) looks for a request that one
//! side allows and the other refuses. A standard is a *ceiling*: everything, but for what its norms forbid. What a solver
//! finds is decided again by Cedar itself before it is told; what it does not find within its limit is unknown, never proved.
//!
//! A proof speaks of policies, not of a city's conduct, and of requests within the domain that the code holds (see `domain`).
//! Cedar skips a policy that errs, and proofs speak of Cedar; Ordinance refuses then, so a city is never laxer than proved. A
//! norm that can err would make the ceiling too high and is refused. Nothing here decides a request of a running city.

mod diff;
mod domain;
mod lint;
mod query;
mod question;
mod reads;
mod relations;
mod report;
mod sides;
mod solver;
mod story;
mod words;

use std::ffi::OsString;
use std::time::Duration;

use cedar_policy::RequestEnv;
use model::PolicyId;

pub use diff::{Change, Difference, Heading};
pub use lint::Finding;
pub use question::{Question, QuestionError};
pub use relations::{Pair, Within};
pub use report::{ActionReport, Permits, Relation, Report, Unsure, Verdict, Violation};
pub use sides::{Cited, City, SIDE_BYTES_MAX, SIDE_POLICIES_MAX, Side, SideError, Source, Standard};
pub use story::{Story, Told};

use query::{Expect, Part, allows_something, implies, may_err};
use sides::Clause;
use solver::{Settings, Solver};
use story::{Frame, tell};

pub(crate) use domain::environments;
#[cfg(test)]
pub(crate) use domain::{Trust, domain, everything};

/// Why nothing was proved at all.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// There is no solver.
    #[error(
        "there is no solver `{program}`; get cvc5 (Debian: `apt-get install cvc5`; elsewhere its program from https://cvc5.github.io, \
         or `pip install cvc5==1.3.1` with the project's docs/cvc5-shim.py) and name it in CVC5 if it is not in PATH"
    )]
    NoSolver {
        /// What was looked for.
        program: String,
    },
    /// The program is no solver, or a broken one.
    #[error("the solver `{program}` does not work: {message}")]
    Solver {
        /// Which program.
        program: String,
        /// What it said.
        message: String,
    },
    /// A thread could not be started or ended badly.
    #[error("a thread of the proof could not be started or ended badly; try with fewer workers")]
    Worker,
    /// Norms that can err.
    #[error("{}", erring(.0))]
    NormsErr(Vec<(PolicyId, Box<Story>)>),
}

/// The action of the question whether something may stand in the register.
const STAND: &str = "stand";

fn erring(norms: &[(PolicyId, Box<Story>)]) -> String {
    let one = |(norm, story): &(PolicyId, Box<Story>)| {
        format!("`{norm}` can err, and a norm that errs forbids nothing: {story}")
    };
    let norms: Vec<String> = norms.iter().map(one).collect();
    format!("{}; guard tags with `hasTag` and keep arithmetic out", norms.join("; "))
}

/// Proves things with a solver. Its functions block until they are done.
#[derive(Debug, Clone)]
pub struct Prover {
    settings: Settings,
    /// The actions to look at, in tests that need no others; all if there are none.
    only: Vec<String>,
}

impl Prover {
    /// With the solver that `$CVC5` names, or else `cvc5` in the path; as many at once as there are cores; a minute a question.
    #[must_use]
    pub fn found() -> Self {
        Self { settings: Settings::found(), only: Vec::new() }
    }

    /// With this program as solver.
    #[must_use]
    pub fn program(mut self, program: impl Into<OsString>) -> Self {
        self.settings.program = program.into();
        self
    }

    /// With so many solvers at once.
    #[must_use]
    pub const fn workers(mut self, workers: usize) -> Self {
        self.settings.workers = workers;
        self
    }

    /// With this limit for one question.
    #[must_use]
    pub const fn limit(mut self, limit: Duration) -> Self {
        self.settings.limit = limit;
        self
    }

    /// With this limit for a whole proof, from its first question on; none unless it is given. What is not answered then is unknown.
    #[must_use]
    pub const fn within(mut self, limit: Duration) -> Self {
        self.settings.whole = Some(limit);
        self
    }

    /// Whether a city, or a standard, is at least as strict as a standard, over every action of the schema.
    ///
    /// # Errors
    /// No solver, or a norm of the standard that can err.
    pub fn prove<'a>(&self, left: impl Into<Side<'a>>, standard: &'a Standard) -> Result<Report, ProofError> {
        let settings = self.settings.begun();
        settings.hello()?;
        let (left, right) = (left.into(), Side::from(standard));
        let environments = self.environments(&[left]);
        let answers = settings.run(&environments, |env, solver| {
            let before = solver.asked();
            let answer = examine(solver, env, left, right);
            (answer, solver.asked() - before)
        })?;
        let asked = answers.iter().map(|(_, asked)| asked).sum();
        let (mut actions, mut broken) = (Vec::new(), Vec::new());
        for (answer, _) in answers {
            match answer {
                Ok(action) => actions.push(action),
                Err(more) => broken.extend(more),
            }
        }
        if broken.is_empty() {
            return Ok(Report::new(actions, asked));
        }
        broken.sort_by(|(one, _), (other, _)| one.cmp(other));
        broken.dedup_by(|(one, _), (other, _)| one == other);
        Err(ProofError::NormsErr(broken))
    }

    /// The environments that are looked at. No city permits anything to stand in its register, as that is asked without
    /// permits; so where a side is a city, nothing could be said of it there.
    fn environments(&self, sides: &[Side<'_>]) -> Vec<RequestEnv> {
        let standards = sides.iter().all(|side| side.is_ceiling);
        let is_wanted = |env: &RequestEnv| {
            let action = env.action().id().unescaped();
            (standards || action != STAND) && (self.only.is_empty() || self.only.iter().any(|only| only == action))
        };
        environments().into_iter().filter(is_wanted).collect()
    }
}

/// Norms that err, each with an example.
type Erring = Vec<(PolicyId, Box<Story>)>;

/// Everything about one environment.
fn examine(solver: &mut Solver<'_>, env: &RequestEnv, left: Side<'_>, right: Side<'_>) -> Result<ActionReport, Erring> {
    let (left, right) = (Part::of(left, env), Part::of(right, env));
    let report = |relation, permits| ActionReport {
        action: env.action().id().unescaped().to_owned(),
        resource: env.resource().to_string(),
        relation,
        permits,
    };
    let sound = never_err(solver, &right)?;
    let (relation, seen) = match sound {
        Ok(()) => relate(solver, &left, &right),
        Err(why) => (Relation::Unknown { why }, false),
    };
    let permits = match (seen, left.permits.is_empty()) {
        (true, _) => Permits::Something,
        (_, true) => Permits::Nothing,
        _ => match allows_something(solver, &left) {
            Ok(Some(_)) => Permits::Something,
            Ok(None) => Permits::Nothing,
            Err(why) => Permits::Unknown { why },
        },
    };
    Ok(report(relation, permits))
}

/// That no norm of a ceiling can err; the outer error names those that can.
fn never_err(solver: &mut Solver<'_>, ceiling: &Part<'_>) -> Result<Result<(), Unsure>, Erring> {
    let (mut broken, mut unsure) = (Vec::new(), Ok(()));
    for norm in &ceiling.forbids {
        match may_err(solver, norm, ceiling.env) {
            Ok(None) => {}
            Ok(Some(question)) => broken.push((norm.cited.policy.clone(), Box::new(errs(&question, norm)))),
            Err(why) => unsure = Err(why),
        }
    }
    if broken.is_empty() { Ok(unsure) } else { Err(broken) }
}

/// The story of a policy that errs.
fn errs(question: &Question, clause: &Clause) -> Story {
    tell(Frame::Errs, question, &[], &[clause], &[])
}

/// How two parts stand to each other, and whether an example showed that the left allows something.
fn relate(solver: &mut Solver<'_>, left: &Part<'_>, right: &Part<'_>) -> (Relation, bool) {
    match implies(solver, left, right, Expect::Holds) {
        Ok(None) => {}
        Ok(Some(first)) => {
            let (violations, more) = violations(solver, left, right, first);
            return (Relation::Fails { violations, more }, true);
        }
        Err(why) => return (Relation::Unknown { why }, false),
    }
    let relation = match implies(solver, right, left, Expect::Fails) {
        Ok(None) => Relation::Equal,
        Ok(Some(question)) => {
            let refused = left.hear(&question);
            let story = tell(Frame::Room, &question, &right.hear(&question).by, &refused.by, &left.permits);
            Relation::Stricter { example: Box::new(story) }
        }
        Err(why) => Relation::AtLeastAsStrict { why },
    };
    (relation, false)
}

/// Which norms are broken: those of the first example, then those of an example that breaks none of these, until there is none.
fn violations(
    solver: &mut Solver<'_>,
    left: &Part<'_>,
    right: &Part<'_>,
    first: Question,
) -> (Vec<Violation>, Option<Unsure>) {
    let (mut found, mut more) = (Vec::new(), None);
    let mut open = right.clone();
    let mut next = Ok(Some(first));
    loop {
        let question = match next {
            Ok(Some(question)) => question,
            Ok(None) => break,
            Err(why) => {
                more = Some(why);
                break;
            }
        };
        let broken = open.hear(&question).by;
        if broken.is_empty() {
            // Cedar refused it a moment ago; without a norm to name there is nothing more to be found this way.
            more = Some(Unsure::Spurious);
            break;
        }
        for norm in &broken {
            found.push(violation(solver, left, right, norm, &broken, &question));
        }
        open = open.under(open.forbids.iter().copied().filter(|norm| !holds(&broken, norm)).collect());
        next = implies(solver, left, &open, Expect::Holds);
    }
    found.sort_by(|one, other| one.norm.policy.cmp(&other.norm.policy));
    (found, more)
}

fn holds(clauses: &[&Clause], clause: &Clause) -> bool {
    clauses.iter().any(|other| other.cited.policy == clause.cited.policy)
}

/// The story of one norm, if there is one in which no other norm is broken.
fn violation(
    solver: &mut Solver<'_>,
    left: &Part<'_>,
    right: &Part<'_>,
    norm: &Clause,
    broken: &[&Clause],
    question: &Question,
) -> Violation {
    let alone = if broken.len() > 1 { alone(solver, left, right, norm) } else { None };
    let question = alone.as_ref().unwrap_or(question);
    let story = tell(Frame::Violation, question, &left.hear(question).by, &[norm], &[]);
    Violation { norm: norm.cited.clone(), story }
}

/// A request that the left allows and that breaks this norm and no other.
fn alone(solver: &mut Solver<'_>, left: &Part<'_>, right: &Part<'_>, norm: &Clause) -> Option<Question> {
    let others = right.forbids.iter().copied().filter(|other| other.cited.policy != norm.cited.policy);
    let left = left.under(left.forbids.iter().copied().chain(others).collect());
    let ceiling =
        right.under(right.forbids.iter().copied().filter(|other| other.cited.policy == norm.cited.policy).collect());
    implies(solver, &left, &ceiling, Expect::Fails).ok().flatten()
}

#[cfg(test)]
mod tests;
