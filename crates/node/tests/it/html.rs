//! A small checker of pages: what a browser would silently repair is an error here.

use std::collections::BTreeSet;

/// What every answer lets a browser do: nothing runs, nothing comes from elsewhere, nothing goes elsewhere, nobody frames it.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

const VOID: [&str; 5] = ["meta", "link", "br", "img", "input"];

/// What a page holds that a test looks at.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) hrefs: Vec<String>,
    pub(crate) ids: BTreeSet<String>,
    pub(crate) headings: Vec<u8>,
    pub(crate) landmarks: Vec<String>,
    /// Fields that need a label, and the fields that have one.
    fields: Vec<String>,
    labelled: BTreeSet<String>,
}

/// Reads an English page and panics at the first thing that is wrong with it.
#[track_caller]
pub(crate) fn check(html: &str) -> Page {
    check_in("en", html)
}

/// Reads a page in a language and panics at the first thing that is wrong with it.
#[track_caller]
pub(crate) fn check_in(lang: &str, html: &str) -> Page {
    assert!(html.starts_with(&format!("<!doctype html>\n<html lang=\"{lang}\">")));
    let (mut page, mut open) = (Page::default(), Vec::new());
    let mut rest = html.strip_prefix("<!doctype html>").unwrap();
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>').expect("an unfinished tag");
        let tag = &rest[start + 1..end];
        assert!(!rest[..start].contains('>'), "an unescaped > before <{tag}>");
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "</{name}> closes something else");
            continue;
        }
        let name = tag.split_whitespace().next().expect("a nameless tag");
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()), "<{tag}>");
        assert!(!["script", "style", "iframe", "img", "object"].contains(&name), "<{name}> has no place here");
        attributes(&mut page, name, &tag[name.len()..]);
        form(&mut page, name, tag);
        note(&mut page, name);
        if !VOID.contains(&name) {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    assert_eq!(page.headings.iter().filter(|level| **level == 1).count(), 1, "one first heading");
    assert_eq!(page.headings.first(), Some(&1));
    for pair in page.headings.windows(2) {
        assert!(pair[1] <= pair[0] + 1, "a heading is skipped: {:?}", page.headings);
    }
    for landmark in ["header", "nav", "main", "footer"] {
        assert_eq!(page.landmarks.iter().filter(|name| *name == landmark).count(), 1, "{landmark}");
    }
    for field in &page.fields {
        assert!(page.labelled.contains(field), "the field {field} has no label");
    }
    page
}

/// Forms are sent to this node alone, and every field that is seen has a label.
fn form(page: &mut Page, name: &str, tag: &str) {
    let value = |attribute: &str| {
        let (_, rest) = tag.split_once(&format!(" {attribute}=\""))?;
        rest.split('"').next().map(str::to_owned)
    };
    match name {
        "form" => {
            assert!(matches!(value("method").as_deref(), Some("get" | "post")), "<{tag}>");
            assert!(value("action").is_some_and(|to| to.starts_with('/') && !to.starts_with("//")), "<{tag}>");
        }
        "button" => assert!(value("formaction").is_none_or(|to| to.starts_with('/') && !to.starts_with("//"))),
        "input" if value("type").as_deref() == Some("hidden") => {}
        "input" | "select" | "textarea" => page.fields.push(value("id").expect("a field without an id")),
        "label" => {
            page.labelled.insert(value("for").expect("a label for nothing"));
        }
        _ => {}
    }
}

fn note(page: &mut Page, name: &str) {
    if let Some(level) = name.strip_prefix('h').and_then(|level| level.parse().ok()) {
        page.headings.push(level);
    }
    if ["header", "nav", "main", "footer"].contains(&name) {
        page.landmarks.push(name.to_owned());
    }
}

fn attributes(page: &mut Page, tag: &str, text: &str) {
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let name_end = rest.find(|sign: char| sign == '=' || sign.is_whitespace()).unwrap_or(rest.len());
        let name = &rest[..name_end];
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "attribute {name} of <{tag}>");
        assert!(!name.starts_with("on") && name != "style", "attribute {name} of <{tag}>");
        rest = &rest[name_end..];
        let Some(quoted) = rest.strip_prefix("=\"") else {
            rest = rest.trim_start();
            continue;
        };
        let end = quoted.find('"').expect("an unfinished attribute");
        let value = &quoted[..end];
        rest = quoted[end + 1..].trim_start();
        match name {
            "id" => assert!(page.ids.insert(value.to_owned()), "the id {value} is there twice"),
            "href" => {
                let web = value.starts_with('/') || value.starts_with('#') || value.starts_with("https://");
                assert!(web, "a link to {value}");
                page.hrefs.push(value.replace("&amp;", "&").replace("&#38;", "&"));
            }
            _ => {}
        }
    }
}
