//! One question: a text of bounded length and depth that is one statement which reads, and the tables it names.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{
    self, Expr, ObjectName, ObjectNamePart, Query, Select, SetExpr, TableFactor, Visit, Visitor,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use crate::desk::CATALOG;
use crate::stack::work;
use crate::{SqlError, TableName};

/// The longest question, in bytes.
pub const SQL_BYTES_MAX: usize = 32 << 10;
/// The most words and signs of a question: chains of operators are as deep as they are long.
pub const TOKENS_MAX: usize = 4_000;
/// The deepest brackets within each other, and the deepest queries.
pub const NESTING_MAX: usize = 24;
/// The deepest WITH within WITH: planners walk each again for every one around it.
const WITH_NESTING_MAX: usize = 4;
/// The most tables that one question names: each is a disclosure.
pub const TABLES_MAX: usize = 16;
/// Functions in place of a table that make numbers and read nothing.
const TABLE_FUNCTIONS: [&str; 2] = ["generate_series", "range"];

/// One statement that reads. Nothing is known yet of who asks, and nothing was read.
#[derive(Debug, Clone)]
pub struct Question {
    statement: Statement,
    tables: BTreeSet<TableName>,
}

impl Question {
    /// Reads a question.
    ///
    /// # Errors
    /// It is too long or too deep, is not one statement, does something else than read, or names something that is no table.
    pub fn parse(sql: &str) -> Result<Self, SqlError> {
        work(|| Self::read(sql))
    }

    fn read(sql: &str) -> Result<Self, SqlError> {
        let statement = statement(tokens(sql)?)?;
        let Statement::Statement(inner) = &statement else { return Err(SqlError::NotAQuestion) };
        if !matches!(**inner, ast::Statement::Query(_)) {
            return Err(SqlError::NotAQuestion);
        }
        let mut reading = Reading::default();
        match inner.visit(&mut reading) {
            ControlFlow::Break(error) => Err(error),
            ControlFlow::Continue(()) => Ok(Self { statement, tables: reading.tables }),
        }
    }

    /// The tables that it names.
    pub const fn tables(&self) -> &BTreeSet<TableName> {
        &self.tables
    }

    pub(crate) fn into_statement(self) -> Statement {
        self.statement
    }
}

/// The words and signs of a text, not too many and not too deep.
fn tokens(sql: &str) -> Result<Vec<TokenWithSpan>, SqlError> {
    if sql.len() > SQL_BYTES_MAX {
        return Err(SqlError::TooLong { bytes: sql.len(), max: SQL_BYTES_MAX });
    }
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location();
    let tokens = tokens.map_err(|error| SqlError::syntax(&error.to_string()))?;
    let said = tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_)));
    let (mut depth, mut count) = (0_usize, 0_usize);
    for token in said {
        count += 1;
        match token.token {
            Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > NESTING_MAX {
            return Err(SqlError::TooDeep { max: NESTING_MAX });
        }
    }
    if count > TOKENS_MAX {
        return Err(SqlError::TooManyWords { max: TOKENS_MAX });
    }
    Ok(tokens)
}

fn statement(tokens: Vec<TokenWithSpan>) -> Result<Statement, SqlError> {
    let failed = |error: datafusion::error::DataFusionError| SqlError::syntax(&error.strip_backtrace());
    let mut parser = DFParserBuilder::new(tokens).with_dialect(&GenericDialect {}).build().map_err(failed)?;
    let mut statements = parser.parse_statements().map_err(failed)?;
    match (statements.pop_front(), statements.len()) {
        (Some(statement), 0) => Ok(statement),
        (None, _) => Err(SqlError::NotOne(0)),
        (Some(_), more) => Err(SqlError::NotOne(more + 1)),
    }
}

/// Walks a statement; breaks at what is not answered.
#[derive(Default)]
struct Reading {
    tables: BTreeSet<TableName>,
    statements: usize,
    queries: usize,
    withs: usize,
}

impl Reading {
    fn named(&mut self, schema: &str, table: &str) -> ControlFlow<SqlError> {
        self.tables.insert(TableName::new(schema, table));
        if self.tables.len() > TABLES_MAX {
            return ControlFlow::Break(SqlError::TooManyTables { max: TABLES_MAX });
        }
        ControlFlow::Continue(())
    }
}

fn stop<T>(part: &str) -> ControlFlow<SqlError, T> {
    ControlFlow::Break(SqlError::Part(part.to_owned()))
}

impl Visitor for Reading {
    type Break = SqlError;

    fn pre_visit_statement(&mut self, _: &ast::Statement) -> ControlFlow<SqlError> {
        self.statements += 1;
        // A statement within the question would write.
        if self.statements > 1 { ControlFlow::Break(SqlError::NotAQuestion) } else { ControlFlow::Continue(()) }
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<SqlError> {
        self.queries += 1;
        self.withs += usize::from(query.with.is_some());
        if self.queries > NESTING_MAX || self.withs > WITH_NESTING_MAX {
            return ControlFlow::Break(SqlError::TooDeep { max: WITH_NESTING_MAX.max(NESTING_MAX) });
        }
        if !query.locks.is_empty() {
            return stop("FOR UPDATE");
        }
        if query.settings.is_some() || query.format_clause.is_some() {
            return stop("SETTINGS or FORMAT");
        }
        match *query.body {
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                ControlFlow::Break(SqlError::NotAQuestion)
            }
            SetExpr::Table(_) => stop("TABLE"),
            _ => ControlFlow::Continue(()),
        }
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<SqlError> {
        self.queries -= 1;
        self.withs -= usize::from(query.with.is_some());
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<SqlError> {
        if select.into.is_some() { stop("SELECT … INTO") } else { ControlFlow::Continue(()) }
    }

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<SqlError> {
        let parts: Option<Vec<String>> = name.0.iter().map(part).collect();
        match parts.as_deref() {
            // What WITH names, or nothing at all: the planner knows which.
            Some([_]) => ControlFlow::Continue(()),
            // Programs that list tables by catalog write it before them.
            Some([catalog, schema, table]) if catalog == CATALOG => self.named(schema, table),
            Some([schema, table]) => self.named(schema, table),
            _ => ControlFlow::Break(SqlError::Name(crate::error::plain(&name.to_string()))),
        }
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<SqlError> {
        match factor {
            TableFactor::Table { args: None, .. }
            | TableFactor::Derived { .. }
            | TableFactor::NestedJoin { .. }
            | TableFactor::UNNEST { .. } => ControlFlow::Continue(()),
            TableFactor::Table { name, .. } | TableFactor::Function { name, .. } if makes_numbers(name) => {
                ControlFlow::Continue(())
            }
            _ => stop("a function or construct in place of a table"),
        }
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<SqlError> {
        // `@name` and `@@name` stand for settings of the engine.
        match expression {
            Expr::Identifier(name) if name.value.starts_with('@') && name.quote_style.is_none() => stop("a variable"),
            Expr::CompoundIdentifier(names)
                if names.first().is_some_and(|name| name.value.starts_with('@') && name.quote_style.is_none()) =>
            {
                stop("a variable")
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

/// A part of a name as the engine reads it: in small letters, unless in quotation marks.
fn part(part: &ObjectNamePart) -> Option<String> {
    let name = part.as_ident()?;
    Some(if name.quote_style.is_some() { name.value.clone() } else { name.value.to_ascii_lowercase() })
}

fn makes_numbers(name: &ObjectName) -> bool {
    matches!(name.0.as_slice(), [only] if part(only).is_some_and(|name| TABLE_FUNCTIONS.contains(&&*name)))
}
