//! Values of a duty that may stand for a parameter: `"30d"`, or `"${notice-days}"` until the packs are layered.
//!
//! The parameter's value in force is asked for by a closure, so that a duty follows a profile that made it stricter.

use std::fmt;
use std::str::FromStr;

use model::{IdError, ParameterId, Span};
use serde::Deserialize;

use super::period::{Period, PeriodError, Unit, cut};
use crate::parameter::{Silence, Value};

/// What is wrong with a value that may be a parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TermError {
    /// Not a period.
    #[error("{0}, nor a parameter such as ${{notice-days}}, ${{epoch.days}} or ${{review-months}}mo")]
    Period(#[from] PeriodError),
    /// Not what silence may mean.
    #[error(
        "`{0}` is not what silence may mean: cease, refuse, escalate or proceed, or a parameter such as ${{silence}}"
    )]
    Silence(String),
    /// The parameter's name is not a slug.
    #[error(transparent)]
    Parameter(#[from] IdError),
    /// Something stands behind the parameter that means nothing there.
    #[error("`{0}` behind a parameter means nothing; write ${{name}}, ${{name.days}}, or ${{name}} and d, w, mo or y")]
    Suffix(String),
}

/// Why a parameter cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// Nothing declares it.
    #[error("no pack declares the parameter `{0}`; declare it with a requirement, or write the value itself")]
    Unknown(ParameterId),
    /// Its kind does not fit.
    #[error("the parameter `{parameter}` cannot be {wanted}; {instead}")]
    Kind {
        /// Which.
        parameter: ParameterId,
        /// What it should be here.
        wanted: &'static str,
        /// What to do.
        instead: &'static str,
    },
    /// The value is not one that a period may have.
    #[error("the parameter `{parameter}`: {error}")]
    Period {
        /// Which.
        parameter: ParameterId,
        /// Why.
        error: PeriodError,
    },
    /// A time that must be longer than nothing would be zero.
    #[error("`{0}` would be no time at all, and the clock would never stand still; make it a day or more")]
    Zero(&'static str),
}

/// A value, or the parameter that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term<T> {
    /// The value itself.
    Fixed(T),
    /// A parameter.
    Parameter {
        /// Its name.
        name: ParameterId,
        /// How it is read.
        read: Read,
    },
}

/// How a parameter is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// `${name}`: as it is; a count means days.
    Plain,
    /// `${name.days}`: a span in days, rounded down.
    Days,
    /// `${name}mo`: a count of this unit.
    Of(Unit),
}

impl<T> Term<T> {
    /// The parameter it stands for, if it does.
    #[must_use]
    pub const fn parameter(&self) -> Option<&ParameterId> {
        match self {
            Self::Fixed(_) => None,
            Self::Parameter { name, .. } => Some(name),
        }
    }

    /// Reads `${name}`, `${name.days}` or `${name}mo`; none where the text is no parameter at all.
    fn read_parameter(text: &str) -> Option<Result<Self, TermError>> {
        let (inside, behind) = text.strip_prefix("${")?.split_once('}')?;
        let (name, days) = inside.strip_suffix(".days").map_or((inside, false), |name| (name, true));
        let suffix = || TermError::Suffix(cut(behind));
        let read = match (days, behind) {
            (false, "") => Ok(Read::Plain),
            (true, "") => Ok(Read::Days),
            (false, "d") => Ok(Read::Of(Unit::Day)),
            (false, "w") => Ok(Read::Of(Unit::Week)),
            (false, "mo") => Ok(Read::Of(Unit::Month)),
            (false, "y") => Ok(Read::Of(Unit::Year)),
            _ => Err(suffix()),
        };
        Some(read.and_then(|read| Ok(Self::Parameter { name: ParameterId::new(name)?, read })))
    }
}

impl FromStr for Term<Period> {
    type Err = TermError;
    fn from_str(text: &str) -> Result<Self, TermError> {
        Self::read_parameter(text).unwrap_or_else(|| Ok(Self::Fixed(text.parse()?)))
    }
}

impl FromStr for Term<Silence> {
    type Err = TermError;
    fn from_str(text: &str) -> Result<Self, TermError> {
        Self::read_parameter(text).unwrap_or_else(|| {
            let words = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(text);
            Silence::deserialize(words).map(Self::Fixed).map_err(|_| TermError::Silence(cut(text)))
        })
    }
}

impl Term<Period> {
    /// The period, with the value in force of the parameter that it may stand for.
    ///
    /// # Errors
    /// The parameter is unknown or is not a time.
    pub fn resolve(&self, lookup: impl Fn(&ParameterId) -> Option<Value>) -> Result<Period, Unresolved> {
        let (name, read) = match self {
            Self::Fixed(period) => return Ok(*period),
            Self::Parameter { name, read } => (name, *read),
        };
        let value = lookup(name).ok_or_else(|| Unresolved::Unknown(name.clone()))?;
        let kind = |wanted, instead| Unresolved::Kind { parameter: name.clone(), wanted, instead };
        let (count, unit) = match (value, read) {
            (Value::Count(count), Read::Plain) => (count, Unit::Day),
            (Value::Count(count), Read::Of(unit)) => (count, unit),
            (Value::Count(_), Read::Days) => return Err(kind("a span in days", "it is a count: write ${name} alone")),
            (Value::Span(span), Read::Days) => (days(span), Unit::Day),
            (Value::Span(span), Read::Plain) if Span::days(u32::try_from(days(span)).unwrap_or(u32::MAX)) == span => {
                (days(span), Unit::Day)
            }
            (Value::Span(_), Read::Plain) => {
                return Err(kind("a period", "it is not of whole days: round it down with ${name.days}"));
            }
            (Value::Span(_), Read::Of(_)) => return Err(kind("a count", "it is a span: write ${name} alone")),
            _ => return Err(kind("a period", "name a count or a span")),
        };
        let bad = |error| Unresolved::Period { parameter: name.clone(), error };
        let count = u32::try_from(count).map_err(|_| bad(PeriodError::Form(count.to_string())))?;
        Period::new(count, unit).map_err(bad)
    }
}

fn days(span: Span) -> i64 {
    i64::from(span.as_seconds() / model::time::SECONDS_PER_DAY)
}

impl Term<Silence> {
    /// What silence means, with the value in force of the parameter that it may stand for.
    ///
    /// # Errors
    /// The parameter is unknown or does not say what silence means.
    pub fn resolve(&self, lookup: impl Fn(&ParameterId) -> Option<Value>) -> Result<Silence, Unresolved> {
        let name = match self {
            Self::Fixed(silence) => return Ok(*silence),
            Self::Parameter { name, .. } => name,
        };
        match lookup(name).ok_or_else(|| Unresolved::Unknown(name.clone()))? {
            Value::Silence(silence) => Ok(silence),
            _ => Err(Unresolved::Kind {
                parameter: name.clone(),
                wanted: "what silence means",
                instead: "name a parameter of the kind `silence`",
            }),
        }
    }
}

impl<T: fmt::Display> fmt::Display for Term<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(value) => value.fmt(f),
            Self::Parameter { name, read: Read::Plain } => write!(f, "${{{name}}}"),
            Self::Parameter { name, read: Read::Days } => write!(f, "${{{name}.days}}"),
            Self::Parameter { name, read: Read::Of(unit) } => write!(f, "${{{name}}}{}", unit.code()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_force(name: &ParameterId) -> Option<Value> {
        match name.as_str() {
            "notice-days" => Some(Value::Count(5)),
            "months" => Some(Value::Count(18)),
            "below" => Some(Value::Count(-1)),
            "kept" => Some(Value::Span(Span::days(30))),
            "epoch" => Some(Value::Span(Span::hours(36))),
            "quiet" => Some(Value::Silence(Silence::Proceed)),
            _ => None,
        }
    }

    #[test]
    fn a_parameter_is_read_as_it_is_written() {
        for (text, period) in [
            ("30d", "30d"),
            ("${notice-days}", "5d"),
            ("${notice-days}w", "5w"),
            ("${months}mo", "18mo"),
            ("${kept}", "30d"),
            ("${epoch.days}", "1d"),
        ] {
            let term: Term<Period> = text.parse().unwrap();
            assert_eq!(term.to_string(), text);
            assert_eq!(term.resolve(in_force).map(|p| p.to_string()).as_deref(), Ok(period), "{text}");
        }
        let silence: Term<Silence> = "${quiet}".parse().unwrap();
        assert_eq!(silence.resolve(in_force), Ok(Silence::Proceed));
        assert_eq!("cease".parse::<Term<Silence>>().unwrap().resolve(in_force), Ok(Silence::Cease));
    }

    #[test]
    fn what_cannot_be_a_time_is_not_guessed() {
        for text in ["${epoch}", "${quiet}", "${gone}", "${below}", "${notice-days.days}", "${kept}mo"] {
            let term: Term<Period> = text.parse().unwrap();
            assert!(term.resolve(in_force).is_err(), "{text}");
        }
        for text in ["${}", "${a b}", "${a}s", "${a.days}d", "${a", "$a", "{a}", "30"] {
            assert!(text.parse::<Term<Period>>().is_err(), "{text}");
        }
        assert!("${notice-days}".parse::<Term<Silence>>().unwrap().resolve(in_force).is_err());
        assert!("stop".parse::<Term<Silence>>().is_err());
    }
}
