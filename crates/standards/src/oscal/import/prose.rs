//! Prose of OSCAL as a text pattern of ours, and as Markdown.

use super::super::document::Part;
use super::params;

/// How deep a statement's items are read.
const DEPTH_MAX: usize = 32;

/// A statement with its items, as a pattern: insertions of parameters become variables, braces are escaped.
pub(super) fn pattern(part: &Part) -> String {
    let markdown = markdown(part);
    let mut pattern = String::new();
    let mut rest = markdown.as_str();
    while let Some((before, after)) = rest.split_once("{{") {
        escape(before, &mut pattern);
        let Some((inside, behind)) = after.split_once("}}") else {
            escape("{{", &mut pattern);
            rest = after;
            continue;
        };
        let inserted = inside.trim().strip_prefix("insert:").and_then(|inside| inside.trim().strip_prefix("param,"));
        match inserted.and_then(|name| params::id(name.trim())) {
            Some(id) => pattern += &format!("{{ ${id} }}"),
            None => escape(&format!("{{{{{inside}}}}}"), &mut pattern),
        }
        rest = behind;
    }
    escape(rest, &mut pattern);
    // A pattern goes on over lines only where they are indented.
    pattern.trim().replace('\n', " ")
}

/// Braces mean something in a pattern: as themselves they stand in quotation marks.
fn escape(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '{' => out.push_str("{\"{\"}"),
            '}' => out.push_str("{\"}\"}"),
            other => out.push(other),
        }
    }
}

/// A part's prose and that of the parts in it, with their labels.
pub(super) fn markdown(part: &Part) -> String {
    let mut out = String::new();
    write(part, 0, &mut out);
    out.trim().to_owned()
}

fn write(part: &Part, depth: usize, out: &mut String) {
    if depth > DEPTH_MAX {
        return;
    }
    let label = part.props.iter().find(|property| property.name == "label").map(|property| property.value.as_str());
    if let Some(prose) = &part.prose {
        if let Some(label) = label {
            out.push_str(label);
            out.push(' ');
        }
        out.push_str(prose);
        out.push('\n');
    }
    part.parts.iter().for_each(|inner| write(inner, depth + 1, out));
}
