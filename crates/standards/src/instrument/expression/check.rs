//! Names and types of an expression, checked once when an instrument is loaded. What passes always has a value.

use std::collections::{BTreeMap, BTreeSet};

use super::parser::{Kind, Syntax};
use super::{ExpressionError, ExpressionProblem, Node, Order, Over};
use crate::instrument::facts::known;
use crate::instrument::facts::{FactType, Vocabulary};
use crate::instrument::name::{QuestionId, cut};

/// The codes that a text can be, where they are known.
pub(crate) type Codes = Option<BTreeSet<String>>;

/// The type of an expression or of a question's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Type {
    Bool,
    Number,
    Text(Codes),
    Set(Codes),
    Date,
}

impl Type {
    const fn in_words(&self) -> &'static str {
        match self {
            Self::Bool => "a yes or no",
            Self::Number => "a number",
            Self::Text(_) => "a text or one choice",
            Self::Set(_) => "a list of choices",
            Self::Date => "a date",
        }
    }
}

impl From<FactType> for Type {
    fn from(fact: FactType) -> Self {
        match fact {
            FactType::Bool { .. } => Self::Bool,
            FactType::Number => Self::Number,
            FactType::Words => Self::Text(None),
            FactType::Code(vocabulary) => Self::Text(vocabulary.codes()),
            FactType::Codes(vocabulary) => Self::Set(vocabulary.codes()),
            FactType::Date => Self::Date,
        }
    }
}

/// The questions of a group that can be spoken of, and the facts of its rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct GroupScope {
    /// The set of facts that it has a row for each member of.
    pub(crate) over: Option<String>,
    /// Its questions so far.
    pub(crate) questions: BTreeMap<QuestionId, Type>,
}

/// What can be spoken of at a place of an instrument.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// Questions before it.
    pub(crate) questions: BTreeMap<QuestionId, Type>,
    /// Groups before it.
    pub(crate) groups: BTreeMap<QuestionId, GroupScope>,
    /// Sections, questions and groups before it that have a score.
    pub(crate) scored: BTreeSet<String>,
}

/// [`Names`], seen from within a row or from outside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'n> {
    /// What can be spoken of.
    pub(crate) names: &'n Names,
    /// The group in one of whose rows this stands.
    pub(crate) row: Option<&'n GroupScope>,
}

type Typed = Result<(Node, Type), ExpressionError>;

impl Scope<'_> {
    /// Checks something that must be true or false.
    pub(super) fn condition(&self, syntax: &Syntax) -> Result<Node, ExpressionError> {
        match self.typed(syntax)? {
            (node, Type::Bool) => Ok(node),
            (_, found) => Err(wanted(syntax, "a yes or no", &found)),
        }
    }

    fn typed(&self, syntax: &Syntax) -> Typed {
        let conditions = |parts: &[Syntax]| parts.iter().map(|part| self.condition(part)).collect::<Result<_, _>>();
        Ok(match &syntax.kind {
            Kind::Bool(value) => (Node::Bool(*value), Type::Bool),
            Kind::Number(value) => (Node::Number(*value), Type::Number),
            Kind::Text(text) => (Node::Text(text.clone()), Type::Text(None)),
            Kind::Date(date) => (Node::Date(*date), Type::Date),
            Kind::List(texts) => (Node::Set(texts.iter().map(|(_, text)| text.clone()).collect()), Type::Set(None)),
            Kind::Name(name) => return self.named(syntax, name),
            Kind::Call(function, arguments) => return self.call(syntax, function, arguments),
            Kind::Not(inner) => (Node::Not(Box::new(self.condition(inner)?)), Type::Bool),
            Kind::And(parts) => (Node::And(conditions(parts)?), Type::Bool),
            Kind::Or(parts) => (Node::Or(conditions(parts)?), Type::Bool),
            Kind::Compare(order, left, right) => (self.compare(*order, left, right)?, Type::Bool),
            Kind::In(left, right) => (self.member(left, right)?, Type::Bool),
            Kind::Sum(parts) => {
                let part = |(minus, part): &(bool, Syntax)| Ok((*minus, self.number(part)?));
                (Node::Sum(parts.iter().map(part).collect::<Result<_, ExpressionError>>()?), Type::Number)
            }
        })
    }

    fn number(&self, syntax: &Syntax) -> Result<Node, ExpressionError> {
        match self.typed(syntax)? {
            (node, Type::Number) => Ok(node),
            (_, found) => Err(wanted(syntax, "a number", &found)),
        }
    }

    fn named(&self, syntax: &Syntax, name: &str) -> Typed {
        if name == "row" {
            self.row.ok_or_else(|| wrong(syntax, ExpressionProblem::NoRow))?;
            return Ok((Node::RowKey, Type::Text(None)));
        }
        if let Some(fact) = name.strip_prefix("row.") {
            let over =
                self.row.ok_or_else(|| wrong(syntax, ExpressionProblem::NoRow))?.over.as_deref().unwrap_or_default();
            let unknown = || ExpressionProblem::Fact { path: cut(name), known: known::row_names(over) };
            let kind = known::of_row(over, fact).ok_or_else(|| wrong(syntax, unknown()))?;
            return Ok((Node::RowFact(fact.to_owned()), kind.into()));
        }
        if name.contains('.') {
            let names = || known::known_facts().map(|(path, _)| path).filter(|path| !path.contains('<'));
            let known = || names().collect::<Vec<_>>().join(", ");
            let unknown = || ExpressionProblem::Fact { path: cut(name), known: known() };
            let kind = known::of_deployment(name).ok_or_else(|| wrong(syntax, unknown()))?;
            return Ok((Node::Fact(name.to_owned()), kind.into()));
        }
        let (id, kind) = self.question(syntax, name)?;
        Ok((Node::Question(id), kind))
    }

    fn question(&self, syntax: &Syntax, name: &str) -> Result<(QuestionId, Type), ExpressionError> {
        let of_row = self.row.and_then(|row| row.questions.get_key_value(name));
        if let Some((id, kind)) = of_row.or_else(|| self.names.questions.get_key_value(name)) {
            return Ok((id.clone(), kind.clone()));
        }
        let group = self.names.groups.iter().find(|(_, group)| group.questions.contains_key(name));
        Err(wrong(
            syntax,
            match group {
                Some((group, _)) => ExpressionProblem::OfRows { question: name.to_owned(), group: group.to_string() },
                None => ExpressionProblem::Question(cut(name)),
            },
        ))
    }

    fn compare(&self, order: Order, left: &Syntax, right: &Syntax) -> Result<Node, ExpressionError> {
        let ((left_node, left_type), (right_node, right_type)) = (self.typed(left)?, self.typed(right)?);
        let ordered = !matches!(order, Order::Equal | Order::Other);
        match (&left_type, &right_type) {
            (Type::Number, Type::Number) | (Type::Date, Type::Date) => {}
            (Type::Bool, Type::Bool) | (Type::Set(_), Type::Set(_)) if !ordered => {}
            (Type::Text(left_codes), Type::Text(right_codes)) if !ordered => {
                possible(right, &right_node, left_codes)?;
                possible(left, &left_node, right_codes)?;
            }
            _ => {
                let (left, right_words) = (left_type.in_words(), right_type.in_words());
                return Err(wrong(right, ExpressionProblem::Compare { left, right: right_words }));
            }
        }
        Ok(Node::Compare(order, Box::new(left_node), Box::new(right_node)))
    }

    fn member(&self, left: &Syntax, right: &Syntax) -> Result<Node, ExpressionError> {
        let ((left_node, left_type), (right_node, right_type)) = (self.typed(left)?, self.typed(right)?);
        let Type::Text(left_codes) = left_type else { return Err(wanted(left, "a text or one choice", &left_type)) };
        let Type::Set(right_codes) = right_type else { return Err(wanted(right, "a list of choices", &right_type)) };
        possible(left, &left_node, &right_codes)?;
        possible(right, &right_node, &left_codes)?;
        Ok(Node::In(Box::new(left_node), Box::new(right_node)))
    }

    fn call(&self, syntax: &Syntax, function: &str, arguments: &[Syntax]) -> Typed {
        match (function, arguments) {
            ("answered", [question]) => Ok((Node::Answered(self.asked(question)?), Type::Bool)),
            ("unknown", [question]) => Ok((Node::Unknown(self.asked(question)?), Type::Bool)),
            ("answered" | "unknown", _) => Err(wrong(syntax, ExpressionProblem::Arguments("name one question"))),
            ("score", of) => Ok((Node::Score(self.scored(syntax, of)?), Type::Number)),
            ("percent", of) => Ok((Node::Percent(self.scored(syntax, of)?), Type::Number)),
            ("count", [one]) => self.count(one),
            ("count", [group, condition]) => Ok((self.rows("count", Over::Count, group, condition)?, Type::Number)),
            ("any", [group, condition]) => Ok((self.rows("any", Over::Any, group, condition)?, Type::Bool)),
            ("all", [group, condition]) => Ok((self.rows("all", Over::All, group, condition)?, Type::Bool)),
            ("count", _) => {
                Err(wrong(syntax, ExpressionProblem::Arguments("count a list of choices, or the rows of a group")))
            }
            ("any" | "all", _) => {
                Err(wrong(syntax, ExpressionProblem::Arguments("name a group and a condition on its rows")))
            }
            _ => Err(wrong(syntax, ExpressionProblem::Function(cut(function)))),
        }
    }

    fn asked(&self, syntax: &Syntax) -> Result<QuestionId, ExpressionError> {
        let Kind::Name(name) = &syntax.kind else {
            return Err(wrong(syntax, ExpressionProblem::Arguments("name one question")));
        };
        Ok(self.question(syntax, name)?.0)
    }

    fn scored(&self, syntax: &Syntax, of: &[Syntax]) -> Result<Option<String>, ExpressionError> {
        match of {
            [] => Ok(None),
            [Syntax { kind: Kind::Name(name), .. }] if self.names.scored.contains(name) => Ok(Some(name.clone())),
            [one @ Syntax { kind: Kind::Name(name), .. }] => Err(wrong(one, ExpressionProblem::Score(cut(name)))),
            _ => Err(wrong(syntax, ExpressionProblem::Arguments("name one section or question, or nothing"))),
        }
    }

    fn count(&self, one: &Syntax) -> Typed {
        if let Kind::Name(name) = &one.kind
            && self.names.groups.contains_key(name.as_str())
        {
            let always = Syntax { at: one.at, kind: Kind::Bool(true) };
            return Ok((self.rows("count", Over::Count, one, &always)?, Type::Number));
        }
        match self.typed(one)? {
            (node, Type::Set(_)) => Ok((Node::Size(Box::new(node)), Type::Number)),
            (_, found) => Err(wanted(one, "a list of choices", &found)),
        }
    }

    fn rows(
        &self,
        word: &'static str,
        over: Over,
        group: &Syntax,
        condition: &Syntax,
    ) -> Result<Node, ExpressionError> {
        if self.row.is_some() {
            return Err(wrong(group, ExpressionProblem::Nested(word)));
        }
        let known = match &group.kind {
            Kind::Name(name) => self.names.groups.get_key_value(name.as_str()),
            _ => None,
        };
        let (id, rows) = known.ok_or_else(|| wrong(group, ExpressionProblem::Arguments("name a group before this")))?;
        let within = Scope { names: self.names, row: Some(rows) };
        Ok(Node::Rows(over, id.clone(), Box::new(within.condition(condition)?)))
    }
}

fn wrong(syntax: &Syntax, problem: ExpressionProblem) -> ExpressionError {
    ExpressionError { at: syntax.at, problem }
}

fn wanted(syntax: &Syntax, wanted: &'static str, found: &Type) -> ExpressionError {
    wrong(syntax, ExpressionProblem::Type { wanted, found: found.in_words() })
}

/// Codes that are written out must be among those that can be.
fn possible(syntax: &Syntax, node: &Node, codes: &Codes) -> Result<(), ExpressionError> {
    let Some(codes) = codes else { return Ok(()) };
    let written: Vec<&String> = match node {
        Node::Text(text) => vec![text],
        Node::Set(texts) => texts.iter().collect(),
        _ => Vec::new(),
    };
    match written.into_iter().find(|code| !codes.contains(*code)) {
        None => Ok(()),
        Some(code) => {
            let possible = codes.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            Err(wrong(syntax, ExpressionProblem::Code { code: cut(code), possible }))
        }
    }
}

/// What a fact's codes may be, for choices that take them.
pub(crate) const fn vocabulary(fact: FactType) -> Option<Vocabulary> {
    match fact {
        FactType::Code(vocabulary) | FactType::Codes(vocabulary) => Some(vocabulary),
        _ => None,
    }
}
