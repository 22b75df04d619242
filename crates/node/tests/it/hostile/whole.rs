//! Whether every form was tried: those that the templates draw, and those that the routes take.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::judge::without_fillings;
use super::page::{Button, Form, forms, read};

/// Stands for whatever is filled into a template.
const FILLED: &str = "\u{1}";

/// A form as a template draws it.
pub(super) struct Drawn {
    pub(super) template: String,
    form: Form,
}

impl Drawn {
    /// What tells it from others, in words.
    pub(super) fn name(&self) -> String {
        let words: Vec<String> =
            self.form.buttons.iter().map(|button| button.words.trim().replace(FILLED, "…")).collect();
        format!("{}: {} “{}”", self.template, self.form.action.replace(FILLED, "…"), words.join("”, “"))
    }

    /// How much of a form on a page is literally what this draws; none if it draws another.
    fn likeness(&self, form: &Form) -> Option<usize> {
        let own = &self.form;
        let same = own.get == form.get && own.class == form.class && own.multipart == form.multipart;
        let mut alike = like(&own.action, &form.action).filter(|_| same)?;
        for button in &form.buttons {
            alike += own.buttons.iter().filter_map(|drawn| pressed(drawn, button)).max()?;
        }
        for field in &form.fields {
            alike += own.fields.iter().filter_map(|drawn| like(&drawn.name, &field.name)).max()?;
        }
        Some(alike)
    }
}

fn pressed(drawn: &Button, button: &Button) -> Option<usize> {
    // What stands behind the first filling may be one of several, as in “row” and “rows”.
    let drawn_words = drawn.words.trim();
    let begin = drawn_words.find(FILLED).map_or(drawn_words, |at| &drawn_words[..at + FILLED.len()]);
    let words = like(begin, button.words.trim())?;
    Some(like(&drawn.name, &button.name)? + like(&drawn.value, &button.value)? + words)
}

/// How many signs of a text are literally those of a pattern; none if it does not fit.
fn like(pattern: &str, text: &str) -> Option<usize> {
    let Some((before, after)) = pattern.split_once(FILLED) else { return (pattern == text).then_some(text.len()) };
    let rest = text.strip_prefix(before)?;
    let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    ends.filter_map(|at| like(after, &rest[at..])).max().map(|alike| alike + before.len())
}

/// A template with those that it includes.
fn included(folder: &Path, name: &str) -> String {
    let mut text = fs::read_to_string(folder.join(name)).unwrap();
    while let Some((before, rest)) = text.split_once("{% include \"") {
        let (other, after) = rest.split_once("\" %}").unwrap();
        text = format!("{before}{}{after}", included(folder, other));
    }
    text
}

/// Every form that the templates draw, once where several include it.
pub(super) fn drawn() -> Vec<Drawn> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut all = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let template = entry.unwrap().file_name().into_string().unwrap();
        let alone = fs::read_to_string(folder.join(&template)).unwrap();
        if alone.contains("<form") {
            let text = without_fillings(&included(&folder, &template), FILLED);
            let own = forms("", &read(&text));
            // What it includes is counted there.
            let begins = alone.matches("<form").count();
            let of_others = own.len() - begins;
            let own = own.into_iter().skip(of_others);
            all.extend(own.map(|form| Drawn { template: template.clone(), form }));
        }
    }
    all
}

/// The forms that the templates draw and that none of these is.
pub(super) fn missing(drawn: &[Drawn], tried: &[&Form]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    for form in tried {
        let best = drawn.iter().enumerate().filter_map(|(at, drawn)| Some((drawn.likeness(form)?, at))).max();
        let (_, at) = best.unwrap_or_else(|| panic!("no template draws {form:?}"));
        seen.insert(at);
    }
    let unseen = drawn.iter().enumerate().filter(|(at, _)| !seen.contains(at));
    unseen.map(|(_, drawn)| drawn.name()).collect()
}

/// The routes that take a form and that none of these addresses is.
pub(super) fn unsent<'a>(addresses: impl Iterator<Item = &'a str>) -> Vec<String> {
    let routes = testkit::routed(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let posts: Vec<&str> = routes.iter().filter(|route| route.post).map(|route| route.address.as_str()).collect();
    assert!(posts.len() > 35, "{posts:?}");
    let fits = |pattern: &str, address: &str| {
        let (parts, own): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), address.split('/').collect());
        parts.len() == own.len() && parts.iter().zip(own).all(|(part, own)| part.starts_with('{') || *part == own)
    };
    let exact = |pattern: &&&str| pattern.split('/').filter(|part| !part.starts_with('{')).count();
    let sent: BTreeSet<&str> = addresses
        .filter_map(|address| {
            let plain = address.strip_prefix("/de").filter(|rest| rest.starts_with('/')).unwrap_or(address);
            posts.iter().filter(|pattern| fits(pattern, plain)).max_by_key(exact).copied()
        })
        .collect();
    posts.iter().filter(|route| !sent.contains(*route)).map(|route| (*route).to_owned()).collect()
}
