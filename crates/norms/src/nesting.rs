//! How deep and how long a policy may be, looked at before it is parsed: a parser that is led too deep ends the whole process.
//!
//! It reads brackets and operators, texts and comments, and knows nothing else of Cedar; what is well-formed is not its business.

/// How many brackets may stand open at once.
pub(crate) const DEPTH_MAX: usize = 48;
/// How many operators one policy may have: each makes its expression one level deeper.
pub(crate) const OPERATORS_MAX: usize = 1_000;

/// What is too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TooMuch {
    /// Brackets within brackets.
    #[error("line {0}: more than {DEPTH_MAX} brackets are open at once")]
    Deep(usize),
    /// Operators.
    #[error("line {0}: a policy has more than {OPERATORS_MAX} operators; write several policies")]
    Long(usize),
}

impl TooMuch {
    /// In which line, from 1.
    pub(crate) const fn line(self) -> usize {
        let (Self::Deep(line) | Self::Long(line)) = self;
        line
    }
}

/// Looks a text over.
pub(crate) fn check(text: &str) -> Result<(), TooMuch> {
    let (mut depth, mut operators, mut line) = (0_usize, 0_usize, 1_usize);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\n' => line += 1,
            '"' => line += skip_text(&mut letters),
            '/' if letters.peek() == Some(&'/') => while letters.next_if(|letter| *letter != '\n').is_some() {},
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ';' => operators = 0,
            // A comma parts the members of a set; those lie beside each other and count a little.
            '&' | '|' | '.' | '+' | '-' | '*' | '!' | '<' | '>' | '=' | '?' => operators += 1,
            'i' if letters.peek() == Some(&'f') => operators += 1,
            _ => {}
        }
        if depth > DEPTH_MAX {
            return Err(TooMuch::Deep(line));
        }
        // `&&` and `>=` are two letters each.
        if operators > OPERATORS_MAX * 2 {
            return Err(TooMuch::Long(line));
        }
    }
    Ok(())
}

/// Goes past a text in quotes, and counts its lines.
fn skip_text(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> usize {
    let mut lines = 0;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                letters.next();
            }
            '\n' => lines += 1,
            '"' => break,
            _ => {}
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_deep_or_too_long_is_found_with_its_line() {
        assert_eq!(check(&format!("\n{}", "(".repeat(DEPTH_MAX + 1))), Err(TooMuch::Deep(2)));
        assert_eq!(check(&"()".repeat(10_000)), Ok(()));
        assert_eq!(check(&"a && ".repeat(OPERATORS_MAX + 1)), Err(TooMuch::Long(1)));
        assert_eq!(check(&"a && b;".repeat(10_000)), Ok(()));
        assert_eq!(check(&"!".repeat(OPERATORS_MAX * 2 + 1)), Err(TooMuch::Long(1)));
        // Texts and comments hold anything, and end where they end.
        assert_eq!(
            check(&format!("\"{}\\\"{}\" // {}\n()", "(".repeat(99), "&".repeat(9_999), "[".repeat(99))),
            Ok(())
        );
        assert_eq!(check(&format!("\"a\" {}", "(".repeat(DEPTH_MAX + 1))), Err(TooMuch::Deep(1)));
    }

    #[test]
    fn what_is_let_through_can_be_parsed_printed_and_dropped() {
        let deep = format!("{}true{}", "(".repeat(DEPTH_MAX - 1), ")".repeat(DEPTH_MAX - 1));
        let long = vec!["context.now > 0"; OPERATORS_MAX / 3].join(" && ");
        let dots = format!("context.now{}", ".now".repeat(OPERATORS_MAX));
        let ifs = "if context.now > 0 then true else ".repeat(200) + "true";
        let set = format!("[{}].contains(context.now)", vec!["1"; 20_000].join(", "));
        for body in [deep, long, dots, ifs, set] {
            let text = format!("permit (principal, action, resource) when {{ {body} }};");
            assert_eq!(check(&text), Ok(()));
            // Some are refused by Cedar itself; none may end the process.
            if let Ok(policies) = text.parse::<cedar_policy::PolicySet>() {
                for policy in policies.policies() {
                    assert!(policy.to_json().unwrap().to_string().len() > 100);
                }
            }
        }
    }
}
