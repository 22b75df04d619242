//! Letters as a search takes them: small, without accents. Only letters that have a plain one under them change.

/// Letters with marks, after the plain ones that stand for them.
const PLAIN: [(&str, &str); 30] = [
    ("a", "àáâãäåāăąǎ"),
    ("ae", "æ"),
    ("c", "çćĉċč"),
    ("d", "ďđð"),
    ("e", "èéêëēĕėęě"),
    ("g", "ĝğġģ"),
    ("h", "ĥħ"),
    ("i", "ìíîïĩīĭįı"),
    ("j", "ĵ"),
    ("k", "ķ"),
    ("l", "ĺļľŀł"),
    ("n", "ñńņňŋ"),
    ("o", "òóôõöøōŏőǒ"),
    ("oe", "œ"),
    ("r", "ŕŗř"),
    ("s", "śŝşšșſ"),
    ("ss", "ß"),
    ("t", "ţťŧț"),
    ("th", "þ"),
    ("u", "ùúûüũūŭůűųǔ"),
    ("w", "ŵẁẃẅ"),
    ("y", "ýÿŷỳ"),
    ("z", "źżž"),
    // Other alphabets, where a mark is often left out.
    ("ε", "έ"),
    ("α", "ά"),
    ("ο", "ό"),
    ("ι", "ίϊΐ"),
    ("υ", "ύϋΰ"),
    ("η", "ή"),
    ("е", "ё"),
];

/// The plain letters for a small one; none if it is plain already.
pub(crate) fn plain(letter: char) -> Option<&'static str> {
    if letter.is_ascii() {
        return None;
    }
    PLAIN.iter().find(|(_, marked)| marked.contains(letter)).map(|(plain, _)| *plain)
}

/// A text as a search takes it: words of small, plain letters and digits, one space between them and none around.
pub(in crate::pages) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() {
            folded.push(letter.to_ascii_lowercase());
        } else {
            letter.to_lowercase().for_each(|letter| add(&mut folded, letter));
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Adds a small letter.
fn add(folded: &mut String, letter: char) {
    match plain(letter) {
        Some(plain) => folded.push_str(plain),
        // A mark that stands by itself belongs to the letter before it.
        None if ('\u{300}'..='\u{36f}').contains(&letter) => {}
        None if letter.is_alphanumeric() => folded.push(letter),
        None if folded.ends_with(' ') || folded.is_empty() => {}
        None => folded.push(' '),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_signs_make_no_difference() {
        for (text, expected) in [
            ("Žižkov, Náměstí  Míru!", "zizkov namesti miru"),
            ("FUSSGÄNGERZONE", "fussgangerzone"),
            ("Fußgängerzone", "fussgangerzone"),
            ("Wi-Fi", "wi fi"),
            ("e\u{301}te\u{301}", "ete"),
            ("İstanbul", "istanbul"),
            ("…", ""),
        ] {
            assert_eq!(fold(text), expected);
        }
    }
}
