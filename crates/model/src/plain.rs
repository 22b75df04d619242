//! Words of others on one line: no terminal takes them for orders, and nothing in them passes for a line of ours.

/// Words on one line, not too many: what would break the line, steer a terminal or turn the direction of writing is a space.
#[must_use]
pub fn plain(words: &str, chars_max: usize) -> String {
    let is_safe = |character: char| !character.is_control() && !turns(character);
    let one_line = words.chars().map(|character| if is_safe(character) { character } else { ' ' });
    let mut short: String = one_line.take(chars_max).collect();
    if words.chars().nth(chars_max).is_some() {
        short.push('…');
    }
    short
}

/// Separators of lines and paragraphs, and marks that turn the direction of what follows.
const fn turns(character: char) -> bool {
    matches!(
        character,
        '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn words_of_others_stay_on_one_line_steer_no_terminal_and_have_an_end() {
        assert_eq!(plain("Straße, 東京 – “fine”", 100), "Straße, 東京 – “fine”");
        let hostile = "a\nb\r\nc\u{1b}[2J\u{7f}\u{9b}31m\u{85}d\u{2028}e\u{202e}f";
        assert_eq!(plain(hostile, 100), "a b  c [2J  31m d e f");
        assert_eq!((plain("abcdef", 6), plain("abcdef", 5)), ("abcdef".to_owned(), "abcde…".to_owned()));
    }
}
