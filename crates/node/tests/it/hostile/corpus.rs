//! What would break out of a page, a drawing, a table or a header that did not escape.

/// Stands for the marker of the field that a text is put into.
pub(super) const MARK: &str = "zqz";

/// The texts; each holds the marker.
pub(super) const CORPUS: [&str; 20] = [
    "<img src=x onerror=alert('zqz')>",
    "</title><script>alert(\"zqz\")</script>",
    "\"><svg onload=alert(`zqz`)>",
    "' autofocus onfocus='alert(`zqz`)",
    "\" autofocus onfocus=\"alert(`zqz`)",
    "zqz onmouseover=alert(1) ",
    "javascript:alert('zqz')//",
    " \tjava\tscript:alert('zqz')",
    "data:text/html,<script>alert('zqz')</script>",
    "</textarea><script>alert('zqz')</script>",
    "--><script>alert('zqz')</script><!--",
    "]]></desc></svg><svg><script>alert('zqz')</script>",
    "{{ 7*7 }}{% raw %}${7*7}<%= 7*7 %>#{7*7}zqz",
    "zqz\0<\0script>alert(1)</script>",
    "\u{202e}zqz\u{2066}<b>\u{feff}",
    "&lt;img src=x onerror=alert('zqz')&gt;&#60;b&#62;&amp;lt;",
    "=cmd|'/C calc'!A0&zqz",
    "@SUM(1+1)*zqz",
    "zqz\r\nSet-Cookie: zqz=1\r\n\r\n<script>alert('zqz')</script>",
    "//zqz.example/\\zqz",
];

/// A text as it is put into a field.
pub(super) fn marked(text: &str, field: usize) -> String {
    text.replace(MARK, &marker(field))
}

/// What is looked for where the text of a field may be.
pub(super) fn marker(field: usize) -> String {
    format!("{MARK}{field}x")
}

/// The corpus as few texts: what counts by how it begins is apart from the rest, which is one.
pub(super) fn apart() -> Vec<String> {
    let (rest, begin): (Vec<&str>, Vec<&str>) =
        CORPUS.iter().partition(|text| text.starts_with(['<', '"', '\'', '&', '{', ']', '-']));
    let mut all: Vec<String> = begin.into_iter().map(str::to_owned).collect();
    all.push(rest.join(" "));
    assert!(all.len() > 8 && all.iter().map(String::len).sum::<usize>() > CORPUS.concat().len(), "nothing is left out");
    all
}

/// As much of the corpus as a field takes, in one: what begins it differs by field, because where a text begins counts.
pub(super) fn together(field: usize, most: usize) -> String {
    let begin = field * 7;
    let all = (begin..begin + CORPUS.len()).map(|at| CORPUS[at % CORPUS.len()]);
    let mut text = String::new();
    for next in all.filter(|text| !text.chars().any(char::is_control)) {
        let next = marked(next, field);
        if text.chars().count() + next.chars().count() < most {
            text.push_str(&next);
            text.push(' ');
        }
    }
    text.trim_end().to_owned()
}

/// What must stand nowhere as it was sent: each text as far as its marker, if there is something in it that has to be escaped.
pub(super) fn raw() -> Vec<&'static str> {
    let begun = CORPUS.iter().map(|text| text.split_inclusive(MARK).next().unwrap());
    begun.filter(|text| text.contains(['<', '>', '"', '\'', '\0'])).collect()
}
