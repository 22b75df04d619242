//! Plans: a decision with everything known but the moment, folded to a small closed tree.
//!
//! Partial evaluation leaves of each policy only what depends on the fast facts. What it leaves is compiled here; anything
//! that this compiler does not know makes the plan fall back to Cedar itself, never to allow.

mod settle;

use std::sync::Arc;

use cedar_policy::pst::{BinaryOp, Clause, Expr, Literal, UnaryOp, Var};
use cedar_policy::{Effect, PartialEntities, PartialEntityUid, PartialRequest};
use model::PolicyHash;

use crate::bundle::{Bundle, broken};
use crate::decision::Decision;
use crate::facts::{Case, CollectFast, DiscloseFast, Fact, FastFacts, Unaskable};
use crate::schema::schema;

pub use settle::DiscloseLimits;

/// A condition over fast facts.
#[derive(Debug, Clone, PartialEq)]
enum Truth {
    Always(bool),
    Flag(&'static str),
    Not(Box<Truth>),
    And(Box<Truth>, Box<Truth>),
    Or(Box<Truth>, Box<Truth>),
    Compare(Order, Number, Number),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Order {
    Less,
    LessEq,
    Eq,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Number {
    Fixed(i64),
    Fact(&'static str),
}

/// The fast facts that are numbers.
const NUMBERS: [&str; 2] = ["now", "oldestSeconds"];
/// The fast facts that are true or false.
const FLAGS: [&str; 1] = ["seniorAuthorisation"];

fn lookup(facts: &[(&'static str, Fact)], name: &str) -> Option<Fact> {
    facts.iter().find(|(known, _)| *known == name).map(|(_, fact)| *fact)
}

impl Number {
    fn value(self, facts: &[(&'static str, Fact)]) -> Option<i64> {
        match self {
            Self::Fixed(number) => Some(number),
            Self::Fact(name) => match lookup(facts, name)? {
                Fact::Long(number) => Some(number),
                Fact::Bool(_) => None,
            },
        }
    }
}

impl Truth {
    /// The truth for the facts of a moment; `None` if a fact is missing, which refuses.
    fn holds(&self, facts: &[(&'static str, Fact)]) -> Option<bool> {
        Some(match self {
            Self::Always(truth) => *truth,
            Self::Flag(name) => match lookup(facts, name)? {
                Fact::Bool(truth) => truth,
                Fact::Long(_) => return None,
            },
            Self::Not(inner) => !inner.holds(facts)?,
            Self::And(left, right) => left.holds(facts)? && right.holds(facts)?,
            Self::Or(left, right) => left.holds(facts)? || right.holds(facts)?,
            Self::Compare(order, left, right) => {
                let (left, right) = (left.value(facts)?, right.value(facts)?);
                match order {
                    Order::Less => left < right,
                    Order::LessEq => left <= right,
                    Order::Eq => left == right,
                }
            }
        })
    }

    fn compile(expression: &Expr) -> Option<Self> {
        match expression {
            Expr::Literal(Literal::Bool(truth)) => Some(Self::Always(*truth)),
            Expr::GetAttr { .. } => fact(expression, &FLAGS).map(Self::Flag),
            Expr::UnaryOp { op: UnaryOp::Not, expr } => Some(Self::Not(Box::new(Self::compile(expr)?))),
            Expr::BinaryOp { op: BinaryOp::And, left, right } => {
                Some(Self::And(Box::new(Self::compile(left)?), Box::new(Self::compile(right)?)))
            }
            Expr::BinaryOp { op: BinaryOp::Or, left, right } => {
                Some(Self::Or(Box::new(Self::compile(left)?), Box::new(Self::compile(right)?)))
            }
            Expr::BinaryOp { op, left, right } => {
                let (left, right) = (number(left)?, number(right)?);
                Some(match op {
                    BinaryOp::Less => Self::Compare(Order::Less, left, right),
                    BinaryOp::LessEq => Self::Compare(Order::LessEq, left, right),
                    BinaryOp::Greater => Self::Compare(Order::Less, right, left),
                    BinaryOp::GreaterEq => Self::Compare(Order::LessEq, right, left),
                    BinaryOp::Eq => Self::Compare(Order::Eq, left, right),
                    BinaryOp::NotEq => Self::Not(Box::new(Self::Compare(Order::Eq, left, right))),
                    _ => return None,
                })
            }
            _ => None,
        }
    }
}

fn number(expression: &Expr) -> Option<Number> {
    match expression {
        Expr::Literal(Literal::Long(number)) => Some(Number::Fixed(*number)),
        Expr::GetAttr { .. } => fact(expression, &NUMBERS).map(Number::Fact),
        _ => None,
    }
}

/// The fast fact that an expression reads, of those of one type: `context.now`.
fn fact(expression: &Expr, known: &[&'static str]) -> Option<&'static str> {
    let Expr::GetAttr { expr, attr } = expression else { return None };
    let Expr::Var(Var::Context) = expr.as_ref() else { return None };
    known.iter().copied().find(|name| *name == attr.as_str())
}

/// One policy, folded.
#[derive(Debug, Clone)]
struct Folded {
    id: String,
    truth: Truth,
}

/// What is left of a question: a tree, or the question itself.
enum Body {
    Tree { permits: Vec<Folded>, forbids: Vec<Folded> },
    Fallback(Box<Case>),
    Refuse,
}

/// A compiled decision.
struct Plan {
    bundle: Arc<Bundle>,
    body: Body,
}

impl Plan {
    fn compile(bundle: &Arc<Bundle>, case: Result<Case, Unaskable>) -> Self {
        let bundle = Arc::clone(bundle);
        let Ok(case) = case else { return Self { bundle, body: Body::Refuse } };
        let body = fold(&bundle, &case).unwrap_or_else(|| Body::Fallback(Box::new(case)));
        Self { bundle, body }
    }

    /// Whether the moment allows it, in the time of a few comparisons.
    fn allows(&self, facts: &[(&'static str, Fact)]) -> bool {
        match &self.body {
            Body::Tree { permits, forbids } => {
                forbids.iter().all(|policy| policy.truth.holds(facts) == Some(false))
                    && permits.iter().any(|policy| policy.truth.holds(facts) == Some(true))
            }
            Body::Fallback(case) => self.bundle.decide(case, facts.to_vec()).is_allowed(),
            Body::Refuse => false,
        }
    }

    fn decide(&self, facts: FastFacts) -> Decision {
        let (permits, forbids) = match &self.body {
            Body::Tree { permits, forbids } => (permits, forbids),
            Body::Fallback(case) => return self.bundle.decide(case, facts),
            Body::Refuse => return broken(),
        };
        let mut erring = Vec::new();
        let mut satisfied = |policies: &[Folded]| {
            let mut ids = Vec::new();
            for policy in policies {
                match policy.truth.holds(&facts) {
                    Some(true) => ids.push(policy.id.clone()),
                    Some(false) => {}
                    None => erring.push(policy.id.clone()),
                }
            }
            ids
        };
        let (forbidding, permitting) = (satisfied(forbids), satisfied(permits));
        let allowed = forbidding.is_empty() && !permitting.is_empty();
        self.bundle.decision(allowed, if forbidding.is_empty() { permitting } else { forbidding }, erring)
    }

    const fn is_folded(&self) -> bool {
        matches!(self.body, Body::Tree { .. })
    }
}

/// Partial evaluation with the context unknown, then our own compiler; `None` where either gives up.
fn fold(bundle: &Bundle, case: &Case) -> Option<Body> {
    let principal = PartialEntityUid::from_concrete(case.principal.clone());
    let resource = PartialEntityUid::from_concrete(case.resource.clone());
    let request = PartialRequest::new(principal, case.action.clone(), resource, None, schema()).ok()?;
    let entities = PartialEntities::from_concrete(case.entities.clone(), schema()).ok()?;
    let response = bundle.deciding(case).tpe(&request, &entities, schema()).ok()?;
    let (mut permits, mut forbids) = (Vec::new(), Vec::new());
    for policy in response.policies() {
        let mut truth = Truth::Always(true);
        for clause in policy.to_pst().ok()?.body().clauses() {
            let (expression, wanted) = match clause {
                Clause::When(expression) => (expression, true),
                Clause::Unless(expression) => (expression, false),
            };
            let compiled = Truth::compile(expression)?;
            let compiled = if wanted { compiled } else { Truth::Not(Box::new(compiled)) };
            truth =
                if truth == Truth::Always(true) { compiled } else { Truth::And(Box::new(truth), Box::new(compiled)) };
        }
        if truth == Truth::Always(false) {
            continue;
        }
        let folded = Folded { id: policy.id().to_string(), truth };
        match policy.effect() {
            Effect::Permit => permits.push(folded),
            Effect::Forbid => forbids.push(folded),
        }
    }
    Some(Body::Tree { permits, forbids })
}

/// Defines a plan over one kind of fast facts.
macro_rules! plan {
    ($(#[$doc:meta])* $name:ident, $fast:ty) => {
        $(#[$doc])*
        pub struct $name(Plan);

        impl $name {
            pub(crate) fn compile(bundle: &Arc<Bundle>, case: Result<Case, Unaskable>) -> Self {
                Self(Plan::compile(bundle, case))
            }

            /// Decides for a moment, with the deciding policies: what Cedar itself would say.
            #[must_use]
            pub fn decide(&self, fast: &$fast) -> Decision {
                self.0.decide(fast.context())
            }

            /// Whether the moment allows it.
            #[must_use]
            pub fn allows(&self, fast: &$fast) -> bool {
                self.0.allows(&fast.context())
            }

            /// The policies it was compiled from.
            #[must_use]
            pub fn hash(&self) -> PolicyHash {
                self.0.bundle.hash()
            }

            /// Whether it folded to a tree; if not, each decision asks Cedar.
            #[must_use]
            pub const fn is_folded(&self) -> bool {
                self.0.is_folded()
            }
        }
    };
}

plan!(/// The compiled decision whether a stream may collect.
    StreamPlan, CollectFast);
plan!(/// The compiled decision whether a grant's view may be disclosed.
    GrantPlan, DiscloseFast);
