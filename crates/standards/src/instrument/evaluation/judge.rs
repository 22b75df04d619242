//! Whether an answer fits its question, what its value is, and what it scores.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::Unfit;
use crate::instrument::answers::Answer;
use crate::instrument::expression::Held;
use crate::instrument::facts::Facts;
use crate::instrument::score::Score;
use crate::instrument::{Options, QuestionKind};

/// What an answer is worth: its value, and whether it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) held: Held,
    pub(crate) unknown: bool,
}

impl QuestionKind {
    /// Judges an answer. Groups are judged row by row.
    pub(crate) fn judge(&self, answer: &Answer, facts: &Facts) -> Result<Judged, Unfit> {
        let known = |held| Ok(Judged { held, unknown: false });
        match (self, answer) {
            (Self::Text { least, most }, Answer::Text(text)) => {
                let has = text.trim().chars().count();
                if !(*least..=*most).contains(&has) {
                    return Err(Unfit::Length { has, least: *least, most: *most });
                }
                known(Held::Text(text.clone()))
            }
            (Self::Choice { many: false, options }, Answer::Text(code)) => {
                if options.has(code, facts) {
                    known(Held::Text(code.clone()))
                } else {
                    Err(Unfit::Option)
                }
            }
            (Self::Choice { many: true, options }, Answer::Many(codes)) => {
                let all = codes.iter().all(|code| options.has(code, facts));
                if all { known(Held::Set(codes.clone())) } else { Err(Unfit::Option) }
            }
            (Self::YesNo { strict, .. }, Answer::Text(text)) => match text.as_str() {
                "yes" => known(Held::Bool(true)),
                "no" => known(Held::Bool(false)),
                "unknown" => Ok(Judged { held: Held::Bool(*strict), unknown: true }),
                _ => Err(Unfit::Option),
            },
            (Self::Number { least, most, .. }, Answer::Number(number)) => {
                if (*least..=*most).contains(number) {
                    known(Held::Number(*number))
                } else {
                    Err(Unfit::Range { least: *least, most: *most })
                }
            }
            (Self::Date, Answer::Text(text)) => {
                let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|date| date.to_string() == *text);
                known(Held::Date(date.ok_or(Unfit::Type("not a date such as 2027-11-01"))?))
            }
            _ => Err(Unfit::Type("of another type than the question")),
        }
    }

    /// The value while it is asked and not answered: the strictest, where there is one.
    pub(crate) fn unanswered(&self) -> Held {
        match self {
            Self::YesNo { strict, .. } => Held::Bool(*strict),
            Self::Choice { many: true, .. } => Held::Set(BTreeSet::new()),
            Self::Group(_) => Held::Rows(Vec::new()),
            _ => Held::Missing,
        }
    }

    /// The value while it is not asked: the opposite of the strict one, as it concerns nobody.
    pub(crate) fn hidden(&self) -> Held {
        match self {
            Self::YesNo { strict, .. } => Held::Bool(!strict),
            other => other.unanswered(),
        }
    }

    /// Whether its answers score.
    pub(crate) fn scores(&self) -> bool {
        match self {
            Self::YesNo { yes, no, .. } => (*yes, *no) != (0, 0),
            Self::Choice { options: Options::Listed(options), .. } => options.iter().any(|option| option.score != 0),
            _ => false,
        }
    }

    /// What a fitting answer scores; where there is none, or it is not known, the highest that any would.
    pub(crate) fn weigh(&self, judged: Option<&Judged>) -> Score {
        let highest = self.highest();
        let value = match (self, judged) {
            (Self::YesNo { yes, no, .. }, Some(Judged { held: Held::Bool(value), unknown: false })) => {
                if *value {
                    *yes
                } else {
                    *no
                }
            }
            (Self::Choice { options: Options::Listed(options), .. }, Some(Judged { held, .. })) => {
                let chosen = |code: &str| match held {
                    Held::Text(text) => text == code,
                    Held::Set(set) => set.contains(code),
                    _ => false,
                };
                let scores = options.iter().filter(|option| chosen(option.id.as_str())).map(|option| option.score);
                scores.fold(0, i64::saturating_add)
            }
            _ => highest,
        };
        Score { value, highest }
    }

    fn highest(&self) -> i64 {
        match self {
            Self::YesNo { yes, no, .. } => *yes.max(no),
            Self::Choice { many, options: Options::Listed(options) } => {
                let scores = options.iter().map(|option| option.score);
                if *many {
                    scores.map(|score| score.max(0)).fold(0, i64::saturating_add)
                } else {
                    scores.max().unwrap_or(0)
                }
            }
            _ => 0,
        }
    }
}

impl Options {
    /// Whether a code is one of them.
    pub(crate) fn has(&self, code: &str, facts: &Facts) -> bool {
        match self {
            Self::Listed(options) => options.iter().any(|option| option.id.as_str() == code),
            Self::Fact(path) => facts.set(path).is_some_and(|set| set.contains(code)),
        }
    }
}
