//! An expression's text as tokens, each with its place. It allocates only names and texts.

use chrono::NaiveDate;

use super::{EXPRESSION_BYTES_MAX, ExpressionError, ExpressionProblem};
use crate::instrument::name::cut;

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A word, or words joined by dots: `people`, `deployment.tier`.
    Name(String),
    Number(i64),
    Text(String),
    Date(NaiveDate),
    /// One of `( ) [ ] , + - == != < <= > >=`.
    Sign(&'static str),
}

impl Token {
    /// In words, for errors.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Name(name) => format!("`{}`", cut(name)),
            Self::Number(number) => format!("`{number}`"),
            Self::Text(_) => "a text".to_owned(),
            Self::Date(date) => format!("`{date}`"),
            Self::Sign(sign) => format!("`{sign}`"),
        }
    }
}

/// Longer signs stand before those that they begin with.
const SIGNS: [&str; 13] = ["==", "!=", "<=", ">=", "<", ">", "(", ")", "[", "]", ",", "+", "-"];

/// The tokens of a text, each with the byte at which it begins.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, ExpressionError> {
    if text.len() > EXPRESSION_BYTES_MAX {
        return Err(ExpressionError { at: 0, problem: ExpressionProblem::TooLong });
    }
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let at = text.len() - rest.len();
        let Some(first) = rest.chars().next() else { return Ok(found) };
        let wrong = |problem| ExpressionError { at, problem };
        let (token, behind) = if first == '"' {
            text_token(rest).ok_or_else(|| wrong(ExpressionProblem::OpenText))?
        } else if first.is_ascii_digit() {
            number_token(rest).map_err(wrong)?
        } else if first.is_ascii_lowercase() {
            let end = rest.find(|c: char| !is_of_name(c) && c != '.').unwrap_or(rest.len());
            let (name, behind) = rest.split_at(end);
            (Token::Name(name.to_owned()), behind)
        } else {
            let sign = SIGNS.into_iter().find_map(|sign| Some((sign, rest.strip_prefix(sign)?)));
            let (sign, behind) =
                sign.ok_or_else(|| wrong(ExpressionProblem::Character(cut(first.encode_utf8(&mut [0; 4])))))?;
            (Token::Sign(sign), behind)
        };
        found.push((at, token));
        rest = behind;
    }
}

const fn is_of_name(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

/// A text has no escapes: what is compared are codes.
fn text_token(rest: &str) -> Option<(Token, &str)> {
    let (inside, behind) = rest.strip_prefix('"')?.split_once('"')?;
    Some((Token::Text(inside.to_owned()), behind))
}

fn number_token(rest: &str) -> Result<(Token, &str), ExpressionProblem> {
    let end = rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len());
    let (word, behind) = rest.split_at(end);
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = word.parse().map_err(|_| ExpressionProblem::Number)?;
        return Ok((Token::Number(number), behind));
    }
    let date = NaiveDate::parse_from_str(word, "%Y-%m-%d").ok().filter(|date| date.to_string() == word);
    let date = date.ok_or_else(|| ExpressionProblem::Date(cut(word)))?;
    Ok((Token::Date(date), behind))
}
