//! Text on a sign: how wide it is, where its lines break, and as which bytes a PDF writes it.
//!
//! Signs are set in Helvetica, which every reader of PDF has, and in fonts of the same widths elsewhere, so nothing is embedded.

use super::super::search::fold::plain;

/// Widths of Helvetica from the space to the tilde, in thousandths of the size.
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];
/// How much wider bold letters are, at most a line through.
const BOLD: f32 = 1.12;

/// The characters of WinAnsi between 0x80 and 0x9F; a space where there is none.
const HIGH: &str = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ";

/// How wide a letter is, in thousandths of the size; what is not known counts as wide.
fn width_of(letter: char) -> u16 {
    let known = |letter: char| WIDTHS.get((u32::from(letter) as usize).checked_sub(32)?).copied();
    let lower = || letter.to_lowercase().next().and_then(plain);
    known(letter).unwrap_or_else(|| match (letter, lower()) {
        ('“' | '”' | '„', _) => 333,
        ('‘' | '’' | '‚', _) => 222,
        ('–' | '§', _) => 556,
        (_, Some(plain)) => plain.chars().map(|one| known(one.to_ascii_uppercase()).unwrap_or(1_000)).sum(),
        _ => 1_000,
    })
}

/// How wide a text is at a size, in points.
pub(super) fn width(text: &str, size: f32, bold: bool) -> f32 {
    let thousandths: f32 = text.chars().map(|letter| f32::from(width_of(letter))).sum();
    thousandths / 1_000.0 * size * if bold { BOLD } else { 1.0 }
}

/// Breaks a text into lines that fit, at spaces where there are any. What does not fit into so many lines ends with `…`.
pub(crate) fn lines(text: &str, size: f32, bold: bool, room: f32, most: usize) -> Vec<String> {
    let fits = |line: &str| width(line, size, bold) <= room;
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if fits(&longer) {
            *line = longer;
        } else if fits(word) {
            lines.push(word.to_owned());
        } else {
            break_word(&mut lines, word, &fits);
        }
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            while !last.is_empty() && !fits(&format!("{last}…")) {
                last.pop();
            }
            last.push('…');
        }
    }
    lines
}

/// Breaks a word that is longer than a line, such as an address: after a sign that parts it, where the line has one.
fn break_word(lines: &mut Vec<String>, word: &str, fits: &impl Fn(&str) -> bool) {
    let mut line = String::new();
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    for letter in word.chars() {
        if !line.is_empty() && !fits(&format!("{line}{letter}")) {
            let parted = line.rfind(['/', '-', '.']).map_or(line.len(), |at| at + 1);
            let rest = line.split_off(parted);
            lines.push(std::mem::replace(&mut line, rest));
        }
        line.push(letter);
    }
    lines.push(line);
}

/// A text in the encoding of a PDF's own fonts. A letter that is not in it loses its mark, or becomes a question mark.
pub(crate) fn win_ansi(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for letter in text.chars() {
        if let Some(byte) = byte_of(letter) {
            bytes.push(byte);
            continue;
        }
        let lower = letter.to_lowercase().next().unwrap_or(letter);
        match plain(lower) {
            Some(plain) if plain.is_ascii() && lower != letter => bytes.extend(plain.to_ascii_uppercase().bytes()),
            Some(plain) if plain.is_ascii() => bytes.extend(plain.bytes()),
            _ => bytes.push(b'?'),
        }
    }
    bytes
}

fn byte_of(letter: char) -> Option<u8> {
    match u32::from(letter) {
        code @ (0x20..=0x7e | 0xa0..=0xff) => u8::try_from(code).ok(),
        _ => {
            let at = HIGH.chars().position(|high| high == letter && high != ' ')?;
            u8::try_from(0x80 + at).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_of_a_pdf_holds_what_western_europe_writes_and_the_rest_loses_its_marks() {
        assert_eq!(HIGH.chars().count(), 32);
        for (text, expected) in [
            ("Fußgänger", b"Fu\xdfg\xe4nger".as_slice()),
            ("„a“ – €5…", b"\x84a\x93 \x96 \x805\x85"),
            ("Řehořova ž", b"Rehorova \x9e"),
            ("Київ", b"????"),
            ("a\u{1}b", b"a?b"),
        ] {
            assert_eq!(win_ansi(text), expected, "{text}");
        }
    }

    #[test]
    fn lines_fit_and_say_where_they_were_cut() {
        let text =
            "Becomes a tag under a key that is destroyed every day https://register.example/deployments/a-long-name";
        let all = lines(text, 9.0, false, 120.0, 99);
        assert!(all.iter().all(|line| width(line, 9.0, false) <= 120.0), "{all:?}");
        assert_eq!(all.concat().replace(' ', ""), text.replace(' ', ""));
        let cut = lines(text, 9.0, false, 120.0, 2);
        assert!(cut.len() == 2 && cut[1].ends_with('…') && width(&cut[1], 9.0, false) <= 120.0, "{cut:?}");
        assert_eq!(lines("short", 9.0, true, 120.0, 2), ["short"]);
    }

    #[test]
    fn a_text_is_as_wide_as_the_font_makes_it() {
        // As the metrics of the font have it: A 667, space 278, i 222.
        assert!((width("A i", 10.0, false) - 11.67).abs() < 0.001);
        assert!((width("Äi", 10.0, false) - 8.89).abs() < 0.001);
    }
}
