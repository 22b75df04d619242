//! Forms with files, as browsers send them (RFC 7578): where in the body each part lies. Nothing is copied.

use std::ops::Range;

/// The most parts of a form.
const PARTS_MAX: usize = 16;
/// The longest boundary, in bytes (RFC 2046).
const BOUNDARY_BYTES_MAX: usize = 70;

/// The parts of a form, by name; none if it is not one.
pub(super) fn parts(content_type: &str, body: &[u8]) -> Option<Vec<(String, Range<usize>)>> {
    let boundary = parameter(content_type, "boundary")?;
    if boundary.is_empty() || boundary.len() > BOUNDARY_BYTES_MAX {
        return None;
    }
    let delimiter = format!("\r\n--{boundary}");
    let delimiter = delimiter.as_bytes();
    // The first one has no line before it.
    let first = delimiter.get(2..)?;
    let mut at = if body.starts_with(first) { first.len() } else { find(body, delimiter, 0)? + delimiter.len() };
    let mut found = Vec::new();
    while !body.get(at..)?.starts_with(b"--") {
        let head = at + 2;
        if body.get(at..head)? != b"\r\n" || found.len() == PARTS_MAX {
            return None;
        }
        let content = find(body, b"\r\n\r\n", at)? + 4;
        let head = std::str::from_utf8(body.get(head..content)?).ok()?;
        let end = find(body, delimiter, content - 2)?;
        let own = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
        // An empty part begins where the delimiter does.
        found.push((parameter(own, "name")?, content.min(end.max(content))..end.max(content)));
        at = end + delimiter.len();
    }
    Some(found)
}

/// Where something begins.
fn find(body: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let first = wanted.first()?;
    let mut at = from;
    loop {
        at += body.get(at..)?.iter().position(|byte| byte == first)?;
        if body.get(at..)?.starts_with(wanted) {
            return Some(at);
        }
        at += 1;
    }
}

/// A parameter of a header's line, with or without quotes.
fn parameter(line: &str, name: &str) -> Option<String> {
    let mut all = line.split(';').skip(1).filter_map(|part| part.trim().split_once('='));
    let (_, value) = all.find(|(known, _)| known.trim().eq_ignore_ascii_case(name))?;
    Some(value.trim().trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "multipart/form-data; boundary=\"x y\"";

    #[test]
    fn a_form_is_read_as_browsers_send_it_and_nothing_else_is() {
        let body = b"--x y\r\nContent-Disposition: form-data; name=\"form\"\r\n\r\nabc\r\n--x y\r\ncontent-disposition: form-data; \
            name=\"file\"; filename=\"a; b.csv\"\r\nContent-Type: text/csv\r\n\r\nid\r\n--x\r\n\r\n--x y\r\nContent-Disposition: \
            form-data; name=\"table\"\r\n\r\n\r\n--x y--\r\n";
        let found = parts(KIND, body).unwrap_or_default();
        let told: Vec<_> = found.iter().map(|(name, range)| (name.as_str(), &body[range.clone()])).collect();
        assert_eq!(told, [("form", &b"abc"[..]), ("file", b"id\r\n--x\r\n"), ("table", b"")]);
        for end in 0..body.len() - 4 {
            assert!(parts(KIND, &body[..end]).is_none(), "cut at {end}");
        }
        for kind in ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=z"] {
            assert!(parts(kind, body).is_none(), "{kind}");
        }
    }
}
