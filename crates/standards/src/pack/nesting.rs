//! How deep a TOML text nests, found from its tokens alone.
//!
//! It exists so that no reader or destructor is ever sent down a well: what nests too deeply is refused before it is
//! parsed. The tokens are those of the parser itself, so that nothing hides in a string that the parser sees otherwise.

use toml_parser::Source;
use toml_parser::lexer::TokenKind;

/// The deepest brackets and the longest dotted key.
pub(crate) const NESTING_MAX: usize = 12;

/// `Err` with the offset at which the text nests deeper than [`NESTING_MAX`].
pub(crate) fn check(text: &str) -> Result<(), usize> {
    let (mut depth, mut dots) = (0_usize, 0_usize);
    for token in Source::new(text).lex() {
        match token.kind() {
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => (depth, dots) = (depth + 1, 0),
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                (depth, dots) = (depth.saturating_sub(1), 0)
            }
            TokenKind::Dot => dots += 1,
            TokenKind::Equals | TokenKind::Comma | TokenKind::Newline => dots = 0,
            _ => {}
        }
        if depth > NESTING_MAX || dots > NESTING_MAX {
            return Err(token.span().start());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_passes() {
        let brackets = "[".repeat(40);
        let text = format!(
            "a.b.c = [[1.5, {{ x = \"{brackets}\" }}], ['{brackets}'], \"\"\"{brackets}\n\"\"\"] # {brackets}\n"
        );
        assert_eq!(check(&text), Ok(()));
    }

    #[test]
    fn wells_are_refused_where_they_begin() {
        assert_eq!(check(&format!("a = {}", "[".repeat(100_000))), Err(4 + NESTING_MAX));
        assert!(check(&format!("a = {}1{}", "{a=".repeat(40), "}".repeat(40))).is_err());
        assert!(check(&format!("[{}a]", "a.".repeat(40))).is_err());
        let brackets = "[".repeat(40);
        for hidden in
            [format!("a = 'x\nb = {brackets}"), format!("a = # x\r {brackets}"), format!("\"\"\"a\"\"\"\" {brackets}")]
        {
            assert!(check(&hidden).is_err(), "{hidden}");
        }
    }
}
