//! The solver as a program of its own: found, started, asked with a limit, replaced when it dies. Several at once, one a thread.
//!
//! Nothing here knows what is being proved. A question without an answer is `Unsure`, never a yes.

use std::ffi::{OsStr, OsString};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cedar_policy_symcc::err::{Error as SymccError, SolverError};
use cedar_policy_symcc::solver::{Decision, LocalSolver, Solver as _};
use cedar_policy_symcc::term::Term;
use cedar_policy_symcc::{CedarSymCompiler, Env, SmtLibScript as _, WellFormedAsserts};
use tokio::process::Command;
use tokio::runtime::{Builder, Runtime};
use tokio::time::error::Elapsed;

use super::{ProofError, Unsure};

/// The stack of a thread that compiles policies: a thousand permits make a deep term.
const STACK_BYTES: usize = 256 * 1024 * 1024;
/// How much longer than its own limit a solver may take before it is ended.
const GRACE: Duration = Duration::from_secs(5);
/// How long a solver may take to say that it is there.
const HELLO: Duration = Duration::from_secs(20);

/// Which program, how many at once, how long a question may take.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) program: OsString,
    pub(crate) workers: usize,
    pub(crate) limit: Duration,
    /// How long a whole proof may take.
    pub(crate) whole: Option<Duration>,
    /// When the proof that was begun has to end.
    until: Option<Instant>,
}

#[expect(clippy::disallowed_methods, reason = "a proof measures how long it takes; what it says does not depend on it")]
fn now() -> Instant {
    Instant::now()
}

impl Settings {
    /// The program that the environment names, or `cvc5`; one a core; a minute a question.
    pub(crate) fn found() -> Self {
        let program = std::env::var_os("CVC5").filter(|program| !program.is_empty());
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            program: program.unwrap_or_else(|| "cvc5".into()),
            workers,
            limit: Duration::from_secs(60),
            whole: None,
            until: None,
        }
    }

    /// The same for one proof that begins now.
    pub(crate) fn begun(&self) -> Self {
        Self { until: self.whole.and_then(|whole| now().checked_add(whole)), ..self.clone() }
    }

    /// How long the proof may still take; none if it has no limit.
    fn left(&self) -> Option<Duration> {
        self.until.map(|until| until.saturating_duration_since(now()))
    }

    /// Whether there is a solver and it answers.
    pub(crate) fn hello(&self) -> Result<(), ProofError> {
        let mut solver = Solver::new(self)?;
        solver.hello()
    }

    /// Does every job, as many at once as there are workers, and hands the answers back in order.
    pub(crate) fn run<J: Sync, R: Send>(
        &self,
        jobs: &[J],
        work: impl Fn(&J, &mut Solver<'_>) -> R + Sync,
    ) -> Result<Vec<R>, ProofError> {
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(jobs.len()));
        let worker = || -> Result<(), ProofError> {
            let mut solver = Solver::new(self)?;
            while let Some((number, job)) = take(jobs, &next) {
                let answer = work(job, &mut solver);
                done.lock().map_err(|_| ProofError::Worker)?.push((number, answer));
            }
            solver.end();
            Ok(())
        };
        std::thread::scope(|scope| {
            let start = |_| {
                let builder = std::thread::Builder::new().name("proof".to_owned()).stack_size(STACK_BYTES);
                builder.spawn_scoped(scope, worker).map_err(|_| ProofError::Worker)
            };
            let threads: Vec<_> = (0..self.workers.clamp(1, jobs.len().max(1))).map(start).collect();
            threads.into_iter().try_for_each(|thread| thread?.join().map_err(|_| ProofError::Worker)?)
        })?;
        let mut done = done.into_inner().map_err(|_| ProofError::Worker)?;
        done.sort_by_key(|(number, _)| *number);
        if done.len() == jobs.len() {
            Ok(done.into_iter().map(|(_, answer)| answer).collect())
        } else {
            Err(ProofError::Worker)
        }
    }
}

fn take<'j, J>(jobs: &'j [J], next: &AtomicUsize) -> Option<(usize, &'j J)> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    jobs.get(number).map(|job| (number, job))
}

/// One solver, started when it is first needed.
pub(crate) struct Solver<'a> {
    settings: &'a Settings,
    runtime: Runtime,
    compiler: Option<CedarSymCompiler<LocalSolver>>,
    asked: usize,
}

impl<'a> Solver<'a> {
    fn new(settings: &'a Settings) -> Result<Self, ProofError> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|_| ProofError::Worker)?;
        Ok(Self { settings, runtime, compiler: None, asked: 0 })
    }

    /// How often the program was asked; what folds without it does not count.
    pub(crate) const fn asked(&self) -> usize {
        self.asked
    }

    fn start(&self, limit: Duration) -> Result<CedarSymCompiler<LocalSolver>, Box<SymccError>> {
        let _inside = self.runtime.enter();
        let mut command = Command::new(&self.settings.program);
        // `--tlimit` would be the life of the process; `--tlimit-per` is the limit of one question.
        command.args(["--lang", "smt"]).arg(format!("--tlimit-per={}", limit.as_millis().max(1)));
        command.kill_on_drop(true);
        let solver = LocalSolver::from_command(&mut command).map_err(|error| Box::new(error.into()))?;
        CedarSymCompiler::new(solver).map_err(Box::new)
    }

    fn hello(&mut self) -> Result<(), ProofError> {
        let mut compiler = self.start(HELLO).map_err(|error| no_solver(&self.settings.program, &error))?;
        let answer = self.within(HELLO, greet(compiler.solver_mut()));
        let said = match answer {
            Ok(Ok((Decision::Sat, Decision::Unsat))) => {
                self.compiler = Some(compiler);
                self.end();
                return Ok(());
            }
            Ok(Ok(_)) => "it answers nonsense".to_owned(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it does not answer".to_owned(),
        };
        Err(ProofError::Solver { program: self.settings.program.to_string_lossy().into_owned(), message: said })
    }

    /// Whether nothing satisfies the assertions: what was asked holds for every request and every store of entities.
    pub(crate) fn holds(&mut self, asserts: &WellFormedAsserts<'_>) -> Result<bool, Unsure> {
        if is_false(asserts) {
            return Ok(true);
        }
        let mut compiler = self.compiler()?;
        let answer = self.within(self.settings.limit + GRACE, compiler.check_unsat(asserts));
        self.settle(compiler, answer)
    }

    /// Something that satisfies the assertions, or that there is nothing.
    pub(crate) fn example(&mut self, asserts: &WellFormedAsserts<'_>) -> Result<Option<Env>, Unsure> {
        if is_false(asserts) {
            return Ok(None);
        }
        let mut compiler = self.compiler()?;
        let answer = self.within(self.settings.limit + GRACE, compiler.check_sat(asserts));
        self.settle(compiler, answer)
    }

    /// Why nothing more is asked: the proof as a whole has taken as long as it may.
    pub(crate) fn late(&self) -> Option<Unsure> {
        let whole = self.settings.whole.filter(|_| self.settings.left() == Some(Duration::ZERO))?;
        Some(Unsure::Late(whole))
    }

    /// Waits for something, but not for ever.
    fn within<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Result<T, Elapsed> {
        let limit = self.settings.left().map_or(limit, |left| left.min(limit));
        self.runtime.block_on(async { tokio::time::timeout(limit, work).await })
    }

    fn compiler(&mut self) -> Result<CedarSymCompiler<LocalSolver>, Unsure> {
        if let Some(why) = self.late() {
            return Err(why);
        }
        self.asked += 1;
        match self.compiler.take() {
            Some(compiler) => Ok(compiler),
            None => self.start(self.settings.limit).map_err(|error| Unsure::Solver(error.to_string())),
        }
    }

    /// Keeps a solver that answered; one that did not is ended with its process, and the next question starts another.
    fn settle<T>(
        &mut self,
        compiler: CedarSymCompiler<LocalSolver>,
        answer: Result<Result<T, SymccError>, Elapsed>,
    ) -> Result<T, Unsure> {
        let limit = self.settings.limit;
        let outcome = match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(SymccError::SolverUnknown)) => Err(Unsure::Undecided(limit)),
            Ok(Err(error)) => Err(unsure(&error)),
            Err(_) => Err(self.late().unwrap_or(Unsure::Undecided(limit))),
        };
        self.compiler = Some(compiler);
        if !matches!(outcome, Ok(_) | Err(Unsure::Unsupported(_) | Unsure::Model(_))) {
            self.end();
        }
        outcome
    }

    /// Ends the process and waits for it, so that none is left behind.
    fn end(&mut self) {
        if let Some(mut compiler) = self.compiler.take() {
            // One that has ended already is as good as ended.
            let _ended = self.runtime.block_on(compiler.solver_mut().clean_up());
        }
    }
}

/// Two questions whose answers are known: whether nothing can be true, and whether `false` can.
async fn greet(solver: &mut LocalSolver) -> Result<(Decision, Decision), SolverError> {
    let nothing = solver.check_sat().await?;
    solver.smtlib_input().reset().await?;
    solver.smtlib_input().set_logic("ALL").await?;
    solver.smtlib_input().assert("false").await?;
    Ok((nothing, solver.check_sat().await?))
}

/// Whether the assertions folded to nothing while they were compiled.
fn is_false(asserts: &WellFormedAsserts<'_>) -> bool {
    asserts.asserts().iter().any(|assert| *assert == Term::from(false))
}

fn no_solver(program: &OsStr, error: &SymccError) -> ProofError {
    let program = program.to_string_lossy().into_owned();
    match error {
        SymccError::SolverError(SolverError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            ProofError::NoSolver { program }
        }
        SymccError::SolverError(SolverError::Io(error)) => ProofError::Solver { program, message: error.to_string() },
        error => ProofError::Solver { program, message: error.to_string() },
    }
}

/// What an error of the symbolic compiler means for a question.
pub(crate) fn unsure(error: &SymccError) -> Unsure {
    match error {
        SymccError::SolverUnknown => Unsure::Solver("it answers `unknown`".to_owned()),
        SymccError::SolverError(error) => Unsure::Solver(error.to_string()),
        SymccError::EncodeError(error) => Unsure::Solver(error.to_string()),
        SymccError::DecodeModel(_) | SymccError::ConcretizeError(_) | SymccError::ModelInvalid { .. } => {
            Unsure::Model(error.to_string())
        }
        error => Unsure::Unsupported(error.to_string()),
    }
}
