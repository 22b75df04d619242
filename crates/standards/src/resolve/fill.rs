//! A norm's text with its parameters filled in: compact, without comments, its names and reason in front.

use std::collections::BTreeMap;

use model::time::SECONDS_PER_DAY;

use crate::pack::lexer::{Token, TokenKind, quote};
use crate::pack::{NormText, Use};
use crate::parameter::{ParameterId, Value};

/// What stands for an empty set, which Cedar cannot type: a member that nothing has.
const NOTHING: &str = "[\"(nothing)\"]";

/// The norm as Cedar reads it.
pub(super) fn fill(
    norm: &NormText,
    values: &BTreeMap<ParameterId, Value>,
    reason: &str,
    condition: Option<&str>,
) -> Result<String, String> {
    let tokens = norm.tokens();
    let [body @ .., end] = skip_annotations(&tokens, &norm.cedar) else { return Err("the norm is empty".to_owned()) };
    if end.text(&norm.cedar) != ";" {
        return Err("the norm does not end".to_owned());
    }
    let mut out =
        format!("@id({})\n@requirement({})\n@reason({})\n", quote(&norm.id), quote(&norm.requirement.0), quote(reason));
    let (mut depth, mut before) = (0_usize, None);
    for token in body {
        let text = token.text(&norm.cedar);
        out.push_str(between(before, token, text, depth));
        match token.kind {
            TokenKind::Parameter => out.push_str(&parameter(text, values)?),
            _ => out.push_str(text),
        }
        match text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = Some(token.kind);
    }
    if let Some(condition) = condition {
        out.push_str(&format!("\nwhen {{ {condition} }}"));
    }
    out.push_str(";\n");
    Ok(out)
}

/// What stands before a token: a line break before a clause, a space where there was one or two words would run together.
fn between(before: Option<TokenKind>, token: &Token, text: &str, depth: usize) -> &'static str {
    let word = |kind| matches!(kind, TokenKind::Word | TokenKind::Parameter);
    match before {
        None => "",
        Some(_) if depth == 0 && matches!(text, "when" | "unless") => "\n",
        Some(_) if token.spaced => " ",
        Some(before) if word(before) && word(token.kind) => " ",
        Some(_) => "",
    }
}

/// The tokens after `@name("…")`, however many stand there.
fn skip_annotations<'t>(mut tokens: &'t [Token], source: &str) -> &'t [Token] {
    while let [at, _, _, _, _, rest @ ..] = tokens {
        if at.text(source) != "@" {
            break;
        }
        tokens = rest;
    }
    tokens
}

fn parameter(text: &str, values: &BTreeMap<ParameterId, Value>) -> Result<String, String> {
    let named = Use::parse(text)?;
    let value = values.get(&named.parameter).ok_or_else(|| format!("there is no {named}"))?;
    let seconds = |seconds: u32| i64::from(if named.form.days { seconds / SECONDS_PER_DAY } else { seconds });
    let misfit = || format!("{named} does not fit a {}", value.kind());
    match (value, named.form.needs, named.form.days) {
        (Value::Count(count), None, false) => Ok(count.to_string()),
        (Value::Span(span), None, _) => Ok(seconds(span.as_seconds()).to_string()),
        (Value::Set(members), None, false) if members.is_empty() => Ok(NOTHING.to_owned()),
        (Value::Set(members), None, false) => {
            Ok(format!("[{}]", members.iter().map(|member| quote(member)).collect::<Vec<_>>().join(", ")))
        }
        (Value::Silence(silence), None, false) => Ok(quote(silence.code())),
        (Value::Tiers(_), Some(needs), _) => {
            let from = value.needed_from(needs).map_or(i64::MAX, |span| seconds(span.as_seconds()));
            Ok(from.to_string())
        }
        _ => Err(misfit()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use model::{RequirementId, Span};

    use super::*;
    use crate::parameter::{AgeTier, Needs, Silence};

    fn norm(cedar: &str) -> NormText {
        NormText {
            id: "a".to_owned(),
            requirement: RequirementId("core-01".to_owned()),
            reason: None,
            cedar: cedar.to_owned(),
            file: "norms/a.cedar".to_owned(),
            line: 1,
        }
    }

    fn values() -> BTreeMap<ParameterId, Value> {
        let set =
            |members: &[&str]| Value::Set(members.iter().map(|member| (*member).to_owned()).collect::<BTreeSet<_>>());
        let tiers = Value::Tiers(vec![AgeTier { after: Span::days(90), needs: Needs::Judge }]);
        let list = [
            ("n", Value::Count(10)),
            ("span", Value::Span(Span::hours(36))),
            ("set", set(&["b", "a\"; permit"])),
            ("none", set(&[])),
            ("silence", Value::Silence(Silence::Cease)),
            ("age", tiers),
        ];
        list.into_iter().map(|(name, value)| (ParameterId::new(name).unwrap(), value)).collect()
    }

    fn body(cedar: &str) -> String {
        let filled = fill(&norm(cedar), &values(), "R", None).unwrap();
        filled.strip_prefix("@id(\"a\")\n@requirement(\"core-01\")\n@reason(\"R\")\n").unwrap().to_owned()
    }

    #[test]
    fn every_form_is_filled_and_texts_cannot_break_out() {
        assert_eq!(body("forbid(p)unless{x>=${n}};"), "forbid(p)\nunless{x>=10};\n");
        assert_eq!(body("forbid (p) when { ${span} ${span.days} };"), "forbid (p)\nwhen { 129600 1 };\n");
        assert_eq!(body("forbid (${set});"), "forbid ([\"a\\\"; permit\", \"b\"]);\n");
        assert_eq!(body("forbid (${none});"), "forbid ([\"(nothing)\"]);\n");
        assert_eq!(body("forbid (${silence});"), "forbid (\"cease\");\n");
        let ages = "7776000 90 7776000 9223372036854775807";
        assert_eq!(
            body("forbid (${age.judge} ${age.judge.days} ${age.senior} ${age.nobody});"),
            format!("forbid ({ages});\n")
        );
        // Two words never run together.
        assert_eq!(body("forbid (in${n}${n}or);"), "forbid (in 10 10 or);\n");
        for bad in ["${x}", "${n.days}", "${set.days}", "${age}", "${age.days}", "${span.judge}"] {
            assert!(fill(&norm(&format!("forbid ({bad});")), &values(), "R", None).is_err(), "{bad}");
        }
    }

    #[test]
    fn comments_and_old_annotations_go_and_dates_come() {
        let cedar = "@id(\"a\") // x\n@requirement(\"core-01\")\n@reason(\"old\")\nforbid (\n  principal, // ; }\n  action)\n\n  unless { a };";
        let filled = fill(&norm(cedar), &values(), "It's \"so\"\n", Some("context.now >= 5")).unwrap();
        let expected = "@id(\"a\")\n@requirement(\"core-01\")\n@reason(\"It's \\\"so\\\"\\n\")\n\
                        forbid ( principal, action)\nunless { a }\nwhen { context.now >= 5 };\n";
        assert_eq!(filled, expected);
    }
}
