//! Tokens as a tree, by recursive descent with a limit on its depth. Names are not looked up here.

use chrono::NaiveDate;

use super::lexer::{Token, tokens};
use super::{EXPRESSION_DEPTH_MAX, ExpressionError, ExpressionProblem, Order};

/// A part of an expression and the byte at which it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Syntax {
    pub(super) at: usize,
    pub(super) kind: Kind,
}

/// What a part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Bool(bool),
    Number(i64),
    Text(String),
    Date(NaiveDate),
    List(Vec<(usize, String)>),
    Name(String),
    Call(String, Vec<Syntax>),
    Not(Box<Syntax>),
    And(Vec<Syntax>),
    Or(Vec<Syntax>),
    Compare(Order, Box<Syntax>, Box<Syntax>),
    In(Box<Syntax>, Box<Syntax>),
    Sum(Vec<(bool, Syntax)>),
}

/// Parses a whole text.
pub(super) fn parse(text: &str) -> Result<Syntax, ExpressionError> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, end: text.len(), depth: 0 };
    let parsed = parser.any()?;
    match parser.tokens.first() {
        None => Ok(parsed),
        Some(_) => Err(parser.expected("`and`, `or` or the end")),
    }
}

struct Parser<'t> {
    tokens: &'t [(usize, Token)],
    end: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn at(&self) -> usize {
        self.tokens.first().map_or(self.end, |(at, _)| *at)
    }

    fn expected(&self, wanted: &'static str) -> ExpressionError {
        let found = self.tokens.first().map_or_else(|| "the end".to_owned(), |(_, token)| token.in_words());
        ExpressionError { at: self.at(), problem: ExpressionProblem::Expected { wanted, found } }
    }

    fn next(&mut self) -> Option<&'t Token> {
        let ((_, token), rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(token)
    }

    fn word(&mut self, word: &str) -> bool {
        let is = matches!(self.tokens.first(), Some((_, Token::Name(name))) if name == word);
        if is {
            self.next();
        }
        is
    }

    fn sign(&mut self, sign: &str) -> bool {
        let is = matches!(self.tokens.first(), Some((_, Token::Sign(found))) if *found == sign);
        if is {
            self.next();
        }
        is
    }

    fn must(&mut self, sign: &str, wanted: &'static str) -> Result<(), ExpressionError> {
        if self.sign(sign) { Ok(()) } else { Err(self.expected(wanted)) }
    }

    /// One step deeper; what is parsed there may not go on for ever.
    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, ExpressionError>) -> Result<T, ExpressionError> {
        if self.depth >= EXPRESSION_DEPTH_MAX {
            return Err(ExpressionError { at: self.at(), problem: ExpressionProblem::TooDeep });
        }
        self.depth += 1;
        let parsed = parse(self)?;
        self.depth -= 1;
        Ok(parsed)
    }

    fn any(&mut self) -> Result<Syntax, ExpressionError> {
        self.joined("or", Kind::Or, Self::all)
    }

    fn all(&mut self) -> Result<Syntax, ExpressionError> {
        self.joined("and", Kind::And, Self::not)
    }

    fn joined(
        &mut self,
        word: &str,
        kind: fn(Vec<Syntax>) -> Kind,
        part: fn(&mut Self) -> Result<Syntax, ExpressionError>,
    ) -> Result<Syntax, ExpressionError> {
        let at = self.at();
        let first = part(self)?;
        let mut parts = vec![first];
        while self.word(word) {
            parts.push(part(self)?);
        }
        Ok(if parts.len() > 1 { Syntax { at, kind: kind(parts) } } else { parts.remove(0) })
    }

    fn not(&mut self) -> Result<Syntax, ExpressionError> {
        let at = self.at();
        if self.word("not") {
            let inner = self.deeper(Self::not)?;
            return Ok(Syntax { at, kind: Kind::Not(Box::new(inner)) });
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Syntax, ExpressionError> {
        let at = self.at();
        let left = self.sum()?;
        if self.word("in") {
            let right = self.sum()?;
            return Ok(Syntax { at, kind: Kind::In(Box::new(left), Box::new(right)) });
        }
        let orders = [
            ("==", Order::Equal),
            ("!=", Order::Other),
            ("<", Order::Less),
            ("<=", Order::AtMost),
            (">", Order::More),
            (">=", Order::AtLeast),
        ];
        let found = orders.into_iter().find(|(sign, _)| self.sign(sign));
        let Some((_, order)) = found else { return Ok(left) };
        let right = self.sum()?;
        Ok(Syntax { at, kind: Kind::Compare(order, Box::new(left), Box::new(right)) })
    }

    fn sum(&mut self) -> Result<Syntax, ExpressionError> {
        let at = self.at();
        let first = self.single()?;
        let mut parts = vec![(false, first)];
        loop {
            let minus = self.sign("-");
            if !minus && !self.sign("+") {
                break;
            }
            parts.push((minus, self.single()?));
        }
        Ok(if parts.len() > 1 { Syntax { at, kind: Kind::Sum(parts) } } else { parts.remove(0).1 })
    }

    fn single(&mut self) -> Result<Syntax, ExpressionError> {
        const WANTED: &str = "a question, a fact, a value, a function or `(`";
        let at = self.at();
        let Some((_, token)) = self.tokens.first() else { return Err(self.expected(WANTED)) };
        let kind = match token {
            Token::Sign("(") => {
                self.next();
                let inner = self.deeper(Self::any)?;
                self.must(")", "`)`")?;
                return Ok(inner);
            }
            Token::Sign("[") => {
                self.next();
                self.list()?
            }
            Token::Sign(_) => return Err(self.expected(WANTED)),
            Token::Name(name) if matches!(name.as_str(), "and" | "or" | "not" | "in") => {
                return Err(self.expected(WANTED));
            }
            Token::Name(name) => {
                self.next();
                match name.as_str() {
                    "true" | "yes" => Kind::Bool(true),
                    "false" | "no" => Kind::Bool(false),
                    _ if self.sign("(") => Kind::Call(name.clone(), self.arguments()?),
                    _ => Kind::Name(name.clone()),
                }
            }
            Token::Number(number) => self.literal(Kind::Number(*number)),
            Token::Text(text) => self.literal(Kind::Text(text.clone())),
            Token::Date(date) => self.literal(Kind::Date(*date)),
        };
        Ok(Syntax { at, kind })
    }

    fn literal(&mut self, kind: Kind) -> Kind {
        self.next();
        kind
    }

    fn list(&mut self) -> Result<Kind, ExpressionError> {
        let mut texts = Vec::new();
        while !self.sign("]") {
            if !texts.is_empty() {
                self.must(",", "`,` or `]`")?;
            }
            let at = self.at();
            match self.tokens.first() {
                Some((_, Token::Text(text))) => texts.push((at, text.clone())),
                _ => return Err(self.expected("a text in \"\"")),
            }
            self.next();
        }
        Ok(Kind::List(texts))
    }

    fn arguments(&mut self) -> Result<Vec<Syntax>, ExpressionError> {
        let mut arguments = Vec::new();
        while !self.sign(")") {
            if !arguments.is_empty() {
                self.must(",", "`,` or `)`")?;
            }
            arguments.push(self.deeper(Self::any)?);
        }
        Ok(arguments)
    }
}
