//! Just enough Rust to find functions: text is blanked, braces are matched. Not a parser.

/// A function and how many lines it has, signature and closing brace included.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: String,
    /// Its lines.
    pub(crate) lines: usize,
}

/// The functions with a body, in the order in which they end their names.
pub(crate) fn functions(source: &str) -> Vec<Function> {
    let code = blanked(source);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((begin, name, after)) = next_name(&code, at) {
        if let Some(end) = body_end(&code, after) {
            let lines = 1 + code.iter().take(end).skip(begin).filter(|&&c| c == '\n').count();
            found.push(Function { name, lines });
        }
        at = after;
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn char_at(code: &[char], at: usize) -> char {
    code.get(at).copied().unwrap_or('\0')
}

/// The next `fn` with a name: where it begins, the name, and where the name ends.
fn next_name(code: &[char], from: usize) -> Option<(usize, String, usize)> {
    let mut at = from;
    while at < code.len() {
        let whole = at.checked_sub(1).is_none_or(|before| !is_word(char_at(code, before)));
        if whole && char_at(code, at) == 'f' && char_at(code, at + 1) == 'n' && char_at(code, at + 2).is_whitespace() {
            let rest = code.iter().skip(at + 2);
            let spaces = rest.clone().take_while(|c| c.is_whitespace()).count();
            let name: String = rest.skip(spaces).take_while(|c| is_word(**c)).collect();
            if !name.is_empty() {
                let end = at + 2 + spaces + name.chars().count();
                return Some((at, name, end));
            }
        }
        at += 1;
    }
    None
}

/// Where the body ends that follows a name; none for a declaration.
fn body_end(code: &[char], from: usize) -> Option<usize> {
    let (mut braces, mut others) = (0_usize, 0_usize);
    for (at, c) in code.iter().enumerate().skip(from) {
        match c {
            '(' | '[' => others += 1,
            ')' | ']' => others = others.saturating_sub(1),
            ';' if braces == 0 && others == 0 => return None,
            '{' if others == 0 || braces > 0 => braces += 1,
            '}' if braces == 1 => return Some(at),
            '}' => braces = braces.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// The source with comments, texts and characters replaced by spaces, line for line.
fn blanked(source: &str) -> Vec<char> {
    let mut code: Vec<char> = source.chars().collect();
    let mut at = 0;
    while at < code.len() {
        let end = text_end(&code, at);
        if end == at {
            at += 1;
            continue;
        }
        for c in code.iter_mut().take(end).skip(at).filter(|c| **c != '\n') {
            *c = ' ';
        }
        at = end;
    }
    code
}

/// Where the comment, text or character ends that begins here; here if none does.
fn text_end(code: &[char], at: usize) -> usize {
    let within_word = at.checked_sub(1).is_some_and(|before| is_word(char_at(code, before)));
    match (char_at(code, at), char_at(code, at + 1)) {
        ('/', '/') => position(code, at, |c| c == '\n'),
        ('/', '*') => comment_end(code, at),
        ('"', _) => quoted_end(code, at, '"'),
        ('\'', '\\') => quoted_end(code, at, '\''),
        ('\'', _) if char_at(code, at + 2) == '\'' => at + 3,
        ('r', '#' | '"') if !within_word => raw_end(code, at + 1).unwrap_or(at),
        ('b' | 'c', 'r') if !within_word => raw_end(code, at + 2).unwrap_or(at),
        _ => at,
    }
}

fn position(code: &[char], from: usize, wanted: impl Fn(char) -> bool) -> usize {
    code.iter().skip(from).position(|&c| wanted(c)).map_or(code.len(), |steps| from + steps)
}

fn comment_end(code: &[char], from: usize) -> usize {
    let (mut at, mut depth) = (from + 2, 1);
    while at < code.len() && depth > 0 {
        match (char_at(code, at), char_at(code, at + 1)) {
            ('/', '*') => (depth, at) = (depth + 1, at + 2),
            ('*', '/') => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    at.min(code.len())
}

fn quoted_end(code: &[char], from: usize, quote: char) -> usize {
    let mut at = from + 1;
    while at < code.len() && char_at(code, at) != quote {
        at += if char_at(code, at) == '\\' { 2 } else { 1 };
    }
    (at + 1).min(code.len())
}

/// Where a raw text ends whose hashes begin here; none if it is a raw identifier.
fn raw_end(code: &[char], from: usize) -> Option<usize> {
    let hashes = code.iter().skip(from).take_while(|&&c| c == '#').count();
    if char_at(code, from + hashes) != '"' {
        return None;
    }
    let mut at = from + hashes + 1;
    while at < code.len() {
        let closing = code.iter().skip(at + 1).take(hashes).filter(|&&c| c == '#').count();
        if char_at(code, at) == '"' && closing == hashes {
            return Some(at + 1 + hashes);
        }
        at += 1;
    }
    Some(code.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(source: &str) -> Vec<(String, usize)> {
        functions(source).into_iter().map(|function| (function.name, function.lines)).collect()
    }

    fn one(source: &str, name: &str, expected: usize) {
        assert_eq!(lines(source), [(name.to_owned(), expected)], "{source}");
    }

    #[test]
    fn functions_are_measured_from_signature_to_brace() {
        one("fn a() {}", "a", 1);
        one("pub(crate) const fn a(\n    b: [u8; 4],\n) -> u8\nwhere\n    u8: Copy,\n{\n    1\n}\n", "a", 8);
        one("trait T {\n    fn declared(&self);\n    fn given(&self) {\n    }\n}", "given", 2);
        one("impl T {\n    async fn a() { if x { y(|| { z() }) } }\n}\nstruct S {\n}\n", "a", 1);
    }

    #[test]
    fn braces_in_texts_and_comments_do_not_count() {
        for inside in [
            r#""}""#,
            r"'}'",
            r#"r"}""#,
            r###"r#""}"#"###,
            r#"b"\"}""#,
            "// }",
            "/* } /* } */ } */",
            r"'\''",
            r#"br"}""#,
        ] {
            one(&format!("fn a() {{\n{inside}\n}}\n"), "a", 3);
        }
    }

    #[test]
    fn lifetimes_and_types_do_not_confuse() {
        one("fn a<'a>(b: &'a str, c: fn(u8) -> u8) -> &'a str {\n    b\n}\n", "a", 3);
        one("// fn not() {}\nconst X: &str = \"fn not() {}\";\nfn yes() {}\n", "yes", 1);
    }

    #[test]
    fn an_inner_function_is_one_too() {
        assert_eq!(lines("fn outer() {\n    fn inner() {\n    }\n}\n"), [("outer".into(), 4), ("inner".into(), 2)]);
    }
}
