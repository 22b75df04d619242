//! A small checker of XML: well-formed, nothing that runs, nothing that is loaded.

/// Reads a document and panics at the first thing that is wrong with it. Gives the names of its elements, in order.
#[track_caller]
pub(crate) fn check(xml: &str) -> Vec<String> {
    let mut rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"utf-8\"?>").unwrap_or(xml);
    let (mut names, mut open) = (Vec::new(), Vec::new());
    assert!(xml.chars().all(|letter| !letter.is_control() || letter == '\n'), "a character that XML cannot hold");
    while let Some(start) = rest.find('<') {
        let (before, after) = rest.split_at(start);
        text(before);
        let end = after.find('>').expect("an unfinished tag");
        let tag = &after[1..end];
        rest = &after[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "</{name}> closes something else");
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap();
        assert!(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase()), "<{tag}>");
        assert!(!["script", "style", "image", "a", "use"].contains(&name), "<{name}> has no place here");
        assert!(!tag.contains(" on") && !tag.contains("javascript:"), "<{tag}>");
        assert_eq!(tag.matches('"').count() % 2, 0, "<{tag}>");
        tag.split('"').skip(1).step_by(2).for_each(text);
        names.push(name.to_owned());
        if !tag.ends_with('/') {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    assert!(rest.trim().is_empty());
    names
}

/// No sign that had to be escaped, and only references that XML itself knows.
#[track_caller]
fn text(text: &str) {
    assert!(!text.contains(['<', '>']), "{text}");
    for reference in text.split('&').skip(1) {
        let name = reference.split_once(';').map(|(name, _)| name);
        let known =
            name.is_some_and(|name| name.starts_with('#') || ["amp", "lt", "gt", "quot", "apos"].contains(&name));
        assert!(known, "&{reference}");
    }
}

/// The text of the first element of a name, as it stands there.
#[track_caller]
pub(crate) fn first<'x>(xml: &'x str, name: &str) -> &'x str {
    let (_, rest) = xml.split_once(&format!("<{name}")).unwrap_or_else(|| panic!("no <{name}>"));
    let (_, rest) = rest.split_once('>').unwrap();
    rest.split_once(&format!("</{name}>")).unwrap().0
}
