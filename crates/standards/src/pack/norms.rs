//! Norms: a file of Cedar cut into its policies, each with its names. What they mean is for `norms` to say.

use model::{DutyId, RequirementId};

use super::lexer::{self, Token, TokenKind};
use crate::diagnostic::{Diagnostic, Problems, shown};
use crate::pack::NormText;

/// The deepest brackets of a norm.
const DEPTH_MAX: usize = 32;
/// Most bytes of one norm.
const NORM_BYTES_MAX: usize = 8 * 1024;
/// Annotations that a norm may have.
const ANNOTATIONS: [&str; 3] = ["id", "requirement", "reason"];

/// Cuts one file into its norms.
pub(crate) fn split(file: &str, source: &str, problems: &mut Problems) -> Vec<NormText> {
    let cutter = Cutter { file, source };
    let tokens = match lexer::lex(source) {
        Ok(tokens) => tokens,
        Err(error) => {
            problems.push(cutter.problem(error.offset, "not-cedar", error.what, "see https://docs.cedarpolicy.com"));
            return Vec::new();
        }
    };
    cutter.policies(&tokens, problems).into_iter().filter_map(|tokens| cutter.norm(tokens, problems)).collect()
}

/// Annotations by name, as they read.
type Annotations<'t> = Vec<(&'t str, String)>;

#[derive(Clone, Copy)]
struct Cutter<'t> {
    file: &'t str,
    source: &'t str,
}

impl<'t> Cutter<'t> {
    fn line(&self, offset: usize) -> usize {
        self.source.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
    }

    fn problem(&self, offset: usize, code: &'static str, what: impl Into<String>, help: &str) -> Diagnostic {
        Diagnostic::of_file(self.file, code, what, help).at_line(self.line(offset))
    }

    /// The tokens of each policy, its `;` included.
    fn policies<'a>(&self, tokens: &'a [Token], problems: &mut Problems) -> Vec<&'a [Token]> {
        let (mut policies, mut open, mut start) = (Vec::new(), Vec::new(), 0);
        for (at, token) in tokens.iter().enumerate() {
            let sign = if token.kind == TokenKind::Sign { token.text(self.source) } else { "" };
            let closed = match sign {
                "(" | "[" | "{" => {
                    open.push(sign);
                    true
                }
                ")" => open.pop() == Some("("),
                "]" => open.pop() == Some("["),
                "}" => open.pop() == Some("{"),
                _ => true,
            };
            if !closed || open.len() > DEPTH_MAX {
                let (code, what) = if closed {
                    ("deep-nesting", format!("brackets are nested deeper than {DEPTH_MAX}"))
                } else {
                    ("not-cedar", format!("`{sign}` closes nothing"))
                };
                problems.push(self.problem(token.range.start, code, what, "look for a bracket before it"));
                return policies;
            }
            if sign == ";" && open.is_empty() {
                policies.extend(tokens.get(start..=at));
                start = at + 1;
            }
        }
        if let Some(first) = tokens.get(start) {
            problems.push(self.problem(first.range.start, "not-cedar", "this norm does not end", "end it with `;`"));
        }
        policies
    }

    fn norm(&self, tokens: &[Token], problems: &mut Problems) -> Option<NormText> {
        let (first, last) = (tokens.first()?, tokens.last()?);
        let range = first.range.start..last.range.end;
        if range.len() > NORM_BYTES_MAX {
            let what = format!("the norm has {} bytes, the limit is {NORM_BYTES_MAX}", range.len());
            problems.push(self.problem(range.start, "too-long", what, "split it into several norms"));
            return None;
        }
        let (said, rest) = self.annotations(tokens, problems)?;
        let effect = rest.first().map_or("", |token| token.text(self.source));
        if effect != "forbid" {
            let what = format!("a norm begins with `forbid`, not `{}`", shown(effect));
            let help = "layers never permit: write `forbid (…) unless { … };`";
            problems.push(self.problem(range.start, "not-a-forbid", what, help));
            return None;
        }
        let hidden =
            tokens.iter().find(|token| token.kind == TokenKind::Text && token.text(self.source).contains("${"));
        if let Some(hidden) = hidden {
            let what = "a parameter inside a text in quotes is never filled";
            problems.push(self.problem(hidden.range.start, "parameter-in-text", what, "write it outside the quotes"));
        }
        let get = |name: &str| said.iter().find(|(known, _)| *known == name).map(|(_, text)| text.clone());
        let id = self.named(&range, "id", get("id"), problems);
        let requirement = self.named(&range, "requirement", get("requirement"), problems);
        let cedar = self.source.get(range.clone()).unwrap_or_default().to_owned();
        let (file, line) = (self.file.to_owned(), self.line(range.start));
        Some(NormText { id: id?, requirement: RequirementId(requirement?), reason: get("reason"), cedar, file, line })
    }

    /// A slug in an annotation that has to be there.
    fn named(
        &self,
        range: &std::ops::Range<usize>,
        annotation: &str,
        text: Option<String>,
        problems: &mut Problems,
    ) -> Option<String> {
        let (code, what) = match text {
            Some(text) if DutyId::new(&text).is_ok() => return Some(text),
            Some(text) => ("bad-id", format!("`@{annotation}(\"{}\")` is not a slug", shown(&text))),
            None if annotation == "requirement" => {
                ("norm-without-requirement", "the norm names no requirement".to_owned())
            }
            None => ("norm-without-id", "the norm has no id".to_owned()),
        };
        let help = format!("write `@{annotation}(\"…\")` before it, of a-z, 0-9 and -");
        problems.push(self.problem(range.start, code, what, &help));
        None
    }

    /// The annotations a policy begins with, and the tokens after them.
    fn annotations<'a>(
        &self,
        mut tokens: &'a [Token],
        problems: &mut Problems,
    ) -> Option<(Annotations<'t>, &'a [Token])> {
        let mut said = Annotations::new();
        while let [at, rest @ ..] = tokens {
            if at.text(self.source) != "@" {
                break;
            }
            let read = match rest {
                [name, open, text, close, after @ ..]
                    if open.text(self.source) == "("
                        && close.text(self.source) == ")"
                        && text.kind == TokenKind::Text =>
                {
                    tokens = after;
                    lexer::unquote(text.text(self.source)).map(|text| (name.text(self.source), text))
                }
                _ => None,
            };
            let known =
                read.filter(|(name, _)| ANNOTATIONS.contains(name) && said.iter().all(|(other, _)| other != name));
            let Some(known) = known else {
                let what = "this annotation is not one of a norm, or stands twice";
                let help = "a norm has `@id(\"…\")`, `@requirement(\"…\")` and perhaps `@reason(\"…\")`, each once";
                problems.push(self.problem(at.range.start, "bad-annotation", what, help));
                return None;
            };
            said.push(known);
        }
        Some((said, tokens))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
// A comment; with @id("no") { and "
@id("a") @requirement("core-01")
@reason("So it is; \"} // really\"")
forbid (principal, action == Action::"x;", resource) // ; }
unless { resource.n >= ${n} && ["}"].contains("{") };

@id("b")
@requirement("core-02")
forbid (principal, action, resource);
"#;

    fn codes(source: &str) -> Vec<&'static str> {
        let mut problems = Problems::default();
        let norms = split("norms/a.cedar", source, &mut problems);
        assert!(!problems.is_empty(), "{norms:?}");
        problems.into_sorted().into_iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn a_file_is_cut_where_cedar_would_cut_it() {
        let mut problems = Problems::default();
        let norms = split("norms/a.cedar", GOOD, &mut problems);
        assert!(problems.is_empty());
        let [a, b] = norms.as_slice() else { panic!("{norms:?}") };
        assert_eq!((a.id.as_str(), a.requirement.0.as_str(), a.line), ("a", "core-01", 3));
        assert_eq!(a.reason.as_deref(), Some("So it is; \"} // really\""));
        assert!(a.cedar.starts_with("@id(\"a\")") && a.cedar.ends_with("};"));
        assert_eq!((b.id.as_str(), b.line, b.reason.as_deref()), ("b", 8, None));
    }

    #[test]
    fn what_is_no_norm_is_named_with_its_line() {
        let named = "@id(\"a\") @requirement(\"core-01\") ";
        let cases = [
            ("@id(\"a\") forbid (principal, action, resource);".to_owned(), "norm-without-requirement"),
            ("@requirement(\"a\") forbid (principal, action, resource);".to_owned(), "norm-without-id"),
            ("@id(\"A b\") @requirement(\"a\") forbid (p, a, r);".to_owned(), "bad-id"),
            (format!("{named}permit (principal, action, resource);"), "not-a-forbid"),
            (format!("{named};"), "not-a-forbid"),
            (format!("{named}forbid (principal, action, resource)"), "not-cedar"),
            (format!("{named}forbid (principal, action, resource]);"), "not-cedar"),
            (format!("{named}forbid (principal) when {{ \"${{n}}\" }};"), "parameter-in-text"),
            (format!("{named}@id(\"b\") forbid (principal);"), "bad-annotation"),
            (format!("{named}@severity(\"b\") forbid (principal);"), "bad-annotation"),
            (format!("{named}@reason forbid (principal);"), "bad-annotation"),
            (format!("{named}forbid {};", "(".repeat(100_000)), "deep-nesting"),
            (format!("{named}forbid ({});", "a".repeat(10_000)), "too-long"),
            ("\"".to_owned(), "not-cedar"),
        ];
        for (source, code) in cases {
            assert_eq!(codes(&source), [code], "{}", source.chars().take(120).collect::<String>());
        }
    }
}
