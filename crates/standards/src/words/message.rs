//! One message of Fluent: checked before it is ever rendered.
//!
//! It exists because the language can do more than a requirement may: call functions, refer to other messages, nest
//! without end. Here a message holds text, variables and selects on counts, and nothing else.

use std::collections::BTreeSet;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Message as Tree, Pattern, PatternElement};
use fluent_syntax::parser;

/// Most brackets of a message: how deep a parser could be sent.
const BRACKETS_MAX: usize = 128;
/// Most bytes of a message.
const MESSAGE_BYTES_MAX: usize = 8 * 1024;
/// The attribute that holds a requirement's title.
const TITLE: &str = "title";

/// What a pattern asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Shape {
    /// Its variables.
    pub(crate) variables: BTreeSet<String>,
    /// Those that it selects by.
    pub(crate) selected: BTreeSet<String>,
}

/// A message that parses and holds only what it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// Its key.
    pub(crate) key: String,
    /// The whole of it, in Fluent.
    pub(crate) source: String,
    /// Its line in the file.
    pub(crate) line: usize,
    /// What its value asks for, if it has one.
    pub(crate) value: Option<Shape>,
    /// What its `.title` asks for, if it has one.
    pub(crate) title: Option<Shape>,
}

/// What is wrong with a message, and how many lines below its first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadMessage {
    pub(crate) lines_below: usize,
    pub(crate) what: String,
}

impl Message {
    /// The text of a requirement as a message.
    pub(crate) fn of_text(text: &str) -> Result<Self, BadMessage> {
        let indented: Vec<&str> = text.trim().lines().collect();
        Self::parse(&format!("text = {}\n", indented.join("\n    ")), 0)
    }

    /// Checks a message.
    pub(crate) fn parse(source: &str, line: usize) -> Result<Self, BadMessage> {
        let bad = |lines_below, what: &str| BadMessage { lines_below, what: what.to_owned() };
        let brackets = source.bytes().filter(|byte| matches!(byte, b'{' | b'(')).count();
        if brackets > BRACKETS_MAX || source.len() > MESSAGE_BYTES_MAX {
            return Err(bad(0, "the pattern is too long, or has too many brackets"));
        }
        let tree = parser::parse_runtime(source).map_err(|(_, errors)| {
            let Some(error) = errors.first() else { return bad(0, "not Fluent") };
            let before = source.as_bytes().get(..error.pos.start).unwrap_or_default();
            let lines = before.iter().filter(|byte| **byte == b'\n').count();
            bad(lines.min(source.lines().count().saturating_sub(1)), &format!("not Fluent: {error}"))
        })?;
        let [Entry::Message(message)] = tree.body.as_slice() else {
            return Err(bad(0, "this is not one message `key = text`"));
        };
        let value = message.value.as_ref().map(shape).transpose().map_err(|what| bad(0, what))?;
        let mut title = None;
        for attribute in &message.attributes {
            if attribute.id.name != TITLE || title.is_some() {
                return Err(bad(0, "the only attribute is `.title`, once"));
            }
            title = Some(shape(&attribute.value).map_err(|what| bad(0, what))?);
        }
        let key = message.id.name.to_owned();
        Ok(Self { key, source: source.to_owned(), line, value, title })
    }

    /// Does something with the tree of the message.
    pub(crate) fn with_tree<T>(&self, then: impl FnOnce(&Tree<&str>) -> T) -> Option<T> {
        let tree = parser::parse_runtime(self.source.as_str()).ok()?;
        let [Entry::Message(message)] = tree.body.as_slice() else { return None };
        Some(then(message))
    }
}

fn shape(pattern: &Pattern<&str>) -> Result<Shape, &'static str> {
    let mut shape = Shape::default();
    walk(pattern, &mut shape)?;
    Ok(shape)
}

fn walk(pattern: &Pattern<&str>, shape: &mut Shape) -> Result<(), &'static str> {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            placeable(expression, shape)?;
        }
    }
    Ok(())
}

fn placeable(expression: &Expression<&str>, shape: &mut Shape) -> Result<(), &'static str> {
    match expression {
        Expression::Inline(inline) => self::inline(inline, shape),
        Expression::Select { selector: InlineExpression::VariableReference { id }, variants } => {
            shape.variables.insert(id.name.to_owned());
            shape.selected.insert(id.name.to_owned());
            variants.iter().try_for_each(|variant| walk(&variant.value, shape))
        }
        Expression::Select { .. } => Err("a text selects by a parameter `{ $name -> … }` only"),
    }
}

fn inline(inline: &InlineExpression<&str>, shape: &mut Shape) -> Result<(), &'static str> {
    match inline {
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => Ok(()),
        InlineExpression::VariableReference { id } => {
            shape.variables.insert(id.name.to_owned());
            Ok(())
        }
        InlineExpression::Placeable { expression } => placeable(expression, shape),
        _ => Err("a text names parameters `{ $name }` only; no functions, messages or terms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_selects_are_seen() {
        let text = "A number stands for { $n ->\n    [one] one\n   *[other] { $n }\n}\nof { $who }.";
        let message = Message::of_text(text).unwrap();
        let shape = message.value.unwrap();
        assert_eq!(shape.variables.into_iter().collect::<Vec<_>>(), ["n", "who"]);
        assert_eq!(shape.selected.into_iter().collect::<Vec<_>>(), ["n"]);
    }

    #[test]
    fn what_a_text_may_not_do_is_refused() {
        for bad in [
            "{ $n",
            "}",
            "{ NUMBER($n) }",
            "{ other }",
            "{ -term }",
            "{ $n -> [one] x }",
            "{ 5 -> *[a] x }",
            "",
            "{ $n ->\n [one] a\n}",
        ] {
            assert!(Message::of_text(bad).is_err(), "{bad:?}");
        }
        assert!(Message::of_text(&"{".repeat(4_000)).is_err());
        assert!(Message::of_text(&format!("{}$n{}", "{".repeat(100), "}".repeat(100))).is_ok());
        assert!(Message::parse("a = x\nb = y\n", 1).is_err() && Message::parse("# only a comment\n", 1).is_err());
        assert!(Message::parse("a = x\n    .style = y\n", 1).is_err());
        // A text cannot smuggle in a second message, whatever stands at the beginning of its lines.
        assert!(Message::of_text("x\nb = y").unwrap().value.is_some());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "([{}()$a-cé\n .\\[\\]*=>\"\\\\-])*") {
            let _ = Message::of_text(&text);
            let _ = Message::parse(&text, 1);
        }
    }
}
