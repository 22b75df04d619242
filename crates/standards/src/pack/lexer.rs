//! The tokens of Cedar, as far as a norm's text has to be cut and filled: texts, comments, brackets, parameters.
//!
//! It exists because this room must not know Cedar, yet must never mistake a bracket in a text for one of the language.

use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A word or a number.
    Word,
    /// A text in quotes, quotes included.
    Text,
    /// `${…}`.
    Parameter,
    /// Any other single character.
    Sign,
}

/// One token, and whether anything stood before it that means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) range: Range<usize>,
    pub(crate) spaced: bool,
}

impl Token {
    pub(crate) fn text<'t>(&self, source: &'t str) -> &'t str {
        source.get(self.range.clone()).unwrap_or_default()
    }
}

/// Where and why a text is not made of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LexError {
    pub(crate) offset: usize,
    pub(crate) what: &'static str,
}

/// Cuts a text into its tokens.
pub(crate) fn lex(source: &str) -> Result<Vec<Token>, LexError> {
    let bytes = source.as_bytes();
    let mut tokens = Vec::new();
    let (mut at, mut spaced) = (0, false);
    while let Some(byte) = bytes.get(at).copied() {
        let rest = bytes.get(at..).unwrap_or_default();
        if byte.is_ascii_whitespace() {
            (at, spaced) = (at + 1, true);
            continue;
        }
        if rest.starts_with(b"//") {
            at += rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
            spaced = true;
            continue;
        }
        let (kind, length) = token(rest).map_err(|what| LexError { offset: at, what })?;
        tokens.push(Token { kind, range: at..at + length, spaced });
        (at, spaced) = (at + length, false);
    }
    Ok(tokens)
}

/// The kind and length of the token that `rest` begins with.
fn token(rest: &[u8]) -> Result<(TokenKind, usize), &'static str> {
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    match rest.first() {
        Some(b'"') => text_length(rest).map(|length| (TokenKind::Text, length)).ok_or("a text in quotes does not end"),
        Some(b'$') => {
            let inner = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
            let name = rest.iter().skip(2).take_while(|byte| inner(byte)).count();
            let whole = rest.get(1) == Some(&b'{') && name > 0 && rest.get(2 + name) == Some(&b'}');
            if whole { Ok((TokenKind::Parameter, name + 3)) } else { Err("a parameter is written `${its-name}`") }
        }
        Some(byte) if word(byte) => Ok((TokenKind::Word, rest.iter().take_while(|byte| word(byte)).count())),
        Some(byte) if byte.is_ascii_graphic() => Ok((TokenKind::Sign, 1)),
        _ => Err("this character can stand only in a text in quotes or in a comment"),
    }
}

fn text_length(rest: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match rest.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// What a text in quotes says; `None` where an escape is none of Cedar's.
pub(crate) fn unquote(quoted: &str) -> Option<String> {
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        out.push(match characters.next()? {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '0' => '\0',
            same @ ('\\' | '"' | '\'') => same,
            'x' => {
                let digits: String = characters.by_ref().take(2).collect();
                char::from_u32(u32::from_str_radix(&digits, 16).ok().filter(|code| *code < 0x80)?)?
            }
            'u' => {
                let rest = characters.as_str().strip_prefix('{')?;
                let (digits, after) = rest.split_once('}').filter(|(digits, _)| digits.len() <= 6)?;
                characters = after.chars();
                char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
            }
            _ => return None,
        });
    }
    Some(out)
}

/// A text in quotes as Cedar reads it back.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other if other.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(other))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_comments_and_parameters_are_told_apart() {
        let source = "a // \"b; {\n\"c // ; \\\"{\" ${d.days}>=-5;";
        let tokens = lex(source).unwrap();
        let texts: Vec<_> = tokens.iter().map(|token| token.text(source)).collect();
        assert_eq!(texts, ["a", "\"c // ; \\\"{\"", "${d.days}", ">", "=", "-", "5", ";"]);
        assert_eq!(
            tokens.iter().map(|token| token.spaced).collect::<Vec<_>>(),
            [false, true, true, false, false, false, false, false]
        );
        for (bad, offset) in [("a \"b", 2), ("\"\\\"", 0), ("$", 0), ("${}", 0), ("x ${a", 2), ("ä", 0), ("\u{0}", 0)]
        {
            assert_eq!(lex(bad).map_err(|error| error.offset), Err(offset), "{bad:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_quoted_is_one_token_and_reads_back(text in "\\PC*|(.|\n|\r|\t|\"|\\\\)*") {
            let quoted = quote(&text);
            proptest::prop_assert_eq!(lex(&quoted).map(|tokens| tokens.len()), Ok(1));
            proptest::prop_assert_eq!(unquote(&quoted), Some(text));
        }

        #[test]
        fn any_text_is_cut_without_panic(text in "[\"\\\\{}()$;/a-c\n@é]*") {
            let _ = lex(&text);
            let _ = unquote(&text);
        }
    }
}
