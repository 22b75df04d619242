//! What is wrong with an observation, told by place and kind and never by a word of what was sent.
//!
//! A JSON reader's own errors quote what they did not expect, and a device's own names for properties may be values. So a
//! fault is made of this software's words and the register's names alone; the reader's error is asked for nothing but its
//! kind and its position.

use std::fmt;

use model::PropertyName;
use privacy::Recipe;
use serde::de::Error;
use serde_json::error::Category;

/// What is wrong with an observation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Fault {
    /// It cannot be parsed.
    #[error("it is not JSON, or not to its end")]
    NotJson,
    /// It is JSON of another kind.
    #[error("it is not {0}")]
    Kind(&'static str),
    /// It has a member that is no property of the stream. How it was called is not said: that may be a value.
    #[error(
        "it has a property that is not declared for this stream; declared are: {declared}. Declare it in the deployment or \
         do not send it"
    )]
    Undeclared {
        /// The names that are declared.
        declared: String,
    },
    /// A declared property does not hold what it should.
    #[error("property `{property}`: {problem}")]
    Property {
        /// Which.
        property: PropertyName,
        /// What would be right, or what is wrong.
        problem: &'static str,
    },
    /// Something around the properties is wrong.
    #[error("{0}")]
    Envelope(&'static str),
}

impl Fault {
    /// A name that the stream does not declare.
    pub(super) fn undeclared(recipe: &Recipe) -> Self {
        let names: Vec<String> = recipe.slots().iter().map(|slot| format!("`{}`", slot.name)).collect();
        Self::Undeclared { declared: names.join(", ") }
    }
}

/// Where in an observation a fault is. Numbers alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The number of the member of the object that was read last, from 1; none before the first.
    pub member: Option<u32>,
    /// The line within the observation, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(member) = self.member {
            write!(f, "property number {member}, ")?;
        }
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A fault and its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault} ({place})")]
pub struct Unreadable {
    /// What is wrong.
    pub fault: Fault,
    /// Where.
    pub place: Place,
}

/// What a reader notes while it reads, so that nothing has to travel through the JSON reader's errors.
#[derive(Debug, Default)]
pub(super) struct Notes {
    fault: Option<Fault>,
    /// What is wrong with the value that is being read, if more is known than what was expected.
    problem: Option<&'static str>,
    member: u32,
}

impl Notes {
    /// Another member of the object begins.
    pub(super) const fn member(&mut self) {
        self.member = self.member.saturating_add(1);
    }

    /// Notes a fault; what comes back only ends the reading.
    pub(super) fn fault<E: Error>(&mut self, fault: Fault) -> E {
        self.fault = Some(fault);
        E::custom("a fault was noted")
    }

    /// Notes what is wrong with a value.
    pub(super) fn problem<E: Error>(&mut self, problem: &'static str) -> E {
        self.problem = Some(problem);
        E::custom("a problem was noted")
    }

    /// A property's value could not be read: what was noted of it, or what was expected.
    pub(super) fn property<E: Error>(&mut self, property: &PropertyName, expected: &'static str) -> E {
        let problem = self.problem.unwrap_or(expected);
        self.fault(Fault::Property { property: property.clone(), problem })
    }

    /// What is told of a reader's error.
    pub(super) fn told(self, error: &serde_json::Error, expected: &'static str) -> Unreadable {
        let fault = match error.classify() {
            Category::Data => self.fault.unwrap_or(Fault::Kind(expected)),
            Category::Syntax | Category::Eof | Category::Io => Fault::NotJson,
        };
        let member = (self.member > 0).then_some(self.member);
        Unreadable { fault, place: Place { member, line: error.line(), column: error.column() } }
    }
}
