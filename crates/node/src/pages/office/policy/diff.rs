//! What differs between two texts: the lines around it, and in changed lines the words.
//!
//! The longest common part is looked for, within a limit; above it a whole block counts as changed. Nothing here knows Cedar.

/// The most pairs of parts that are compared.
const PAIRS_MAX: usize = 4_000_000;
/// How many unchanged lines stand around what changed.
const AROUND: usize = 2;

/// In which of two texts a part stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pages::office) enum Side {
    Both,
    Old,
    New,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pages::office) struct Piece {
    pub(in crate::pages::office) side: Side,
    pub(in crate::pages::office) text: String,
}

/// What changed in one place, with the lines around it.
pub(in crate::pages::office) type Hunk = Vec<Piece>;

/// The places in which two texts differ, in order; none where they are the same.
pub(super) fn hunks(old: &str, new: &str) -> Vec<Hunk> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let lines = compared(&old, &new);
    let changed = |at: usize| lines.get(at).is_some_and(|(side, _)| *side != Side::Both);
    let near = |at: usize| (at.saturating_sub(AROUND)..=at + AROUND).any(changed);
    let (mut hunks, mut open): (Vec<Hunk>, Vec<(Side, &str)>) = (Vec::new(), Vec::new());
    for (at, line) in lines.iter().enumerate() {
        if near(at) {
            open.push(*line);
        } else if !open.is_empty() {
            hunks.push(within(&std::mem::take(&mut open)));
        }
    }
    if !open.is_empty() {
        hunks.push(within(&open));
    }
    hunks
}

/// A hunk in which changed lines are compared word by word.
fn within(lines: &[(Side, &str)]) -> Hunk {
    let mut pieces = Vec::new();
    for block in lines.chunk_by(|one, other| (one.0 == Side::Both) == (other.0 == Side::Both)) {
        let of = |wanted: Side| {
            let text = block.iter().filter(|(side, _)| *side == wanted).map(|(_, line)| *line);
            text.collect::<String>()
        };
        let (both, old, new) = (of(Side::Both), of(Side::Old), of(Side::New));
        if both.is_empty() {
            let parts = compared(&words(&old), &words(&new));
            parts.into_iter().for_each(|(side, text)| push(&mut pieces, side, text));
        } else {
            push(&mut pieces, Side::Both, &both);
        }
    }
    pieces
}

fn push(pieces: &mut Hunk, side: Side, text: &str) {
    match pieces.last_mut() {
        Some(last) if last.side == side => last.text.push_str(text),
        _ => pieces.push(Piece { side, text: text.to_owned() }),
    }
}

/// A text in words, and what stands between them.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut rest, is_word) = (text, |sign: char| sign.is_alphanumeric() || sign == '_');
    while let Some(first) = rest.chars().next() {
        let end =
            if is_word(first) { rest.find(|sign| !is_word(sign)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after;
    }
    words
}

/// Both sequences as one: what they share, what only the old one has, what only the new one has.
fn compared<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<(Side, &'t str)> {
    let begin = old.iter().zip(new).take_while(|(one, other)| one == other).count();
    let (old_rest, new_rest) = (old.get(begin..).unwrap_or_default(), new.get(begin..).unwrap_or_default());
    let end = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(one, other)| one == other).count();
    let (old_mid, old_end) = old_rest.split_at(old_rest.len() - end);
    let (new_mid, _) = new_rest.split_at(new_rest.len() - end);
    let both = |part: &[&'t str]| part.iter().map(|text| (Side::Both, *text)).collect::<Vec<_>>();
    let mut all = both(old.get(..begin).unwrap_or_default());
    all.extend(middle(old_mid, new_mid));
    all.extend(both(old_end));
    all
}

/// The same of what is left between a common begin and a common end.
fn middle<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<(Side, &'t str)> {
    let width = new.len() + 1;
    if old.len().saturating_mul(new.len()) > PAIRS_MAX {
        let old = old.iter().map(|text| (Side::Old, *text));
        return old.chain(new.iter().map(|text| (Side::New, *text))).collect();
    }
    // How long the longest common part is from here on, for each pair of places, filled from the end.
    let mut longest = vec![0_u32; (old.len() + 1) * width];
    let at = |longest: &[u32], i: usize, j: usize| longest.get(i * width + j).copied().unwrap_or(0);
    for (i, left) in old.iter().enumerate().rev() {
        for (j, right) in new.iter().enumerate().rev() {
            let best = if left == right {
                at(&longest, i + 1, j + 1) + 1
            } else {
                at(&longest, i + 1, j).max(at(&longest, i, j + 1))
            };
            if let Some(place) = longest.get_mut(i * width + j) {
                *place = best;
            }
        }
    }
    let (mut i, mut j, mut all) = (0, 0, Vec::new());
    loop {
        match (old.get(i), new.get(j)) {
            (Some(left), Some(right)) if left == right => {
                all.push((Side::Both, *left));
                (i, j) = (i + 1, j + 1);
            }
            (Some(left), right) if right.is_none() || at(&longest, i + 1, j) >= at(&longest, i, j + 1) => {
                all.push((Side::Old, *left));
                i += 1;
            }
            (_, Some(right)) => {
                all.push((Side::New, *right));
                j += 1;
            }
            (_, None) => return all,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hunk with its signs: `[-gone-]`, `{+come+}`.
    fn told(old: &str, new: &str) -> Vec<String> {
        let piece = |piece: &Piece| match piece.side {
            Side::Both => piece.text.clone(),
            Side::Old => format!("[-{}-]", piece.text),
            Side::New => format!("{{+{}+}}", piece.text),
        };
        hunks(old, new).iter().map(|hunk| hunk.iter().map(piece).collect()).collect()
    }

    #[test]
    fn what_changed_is_told_by_word_with_the_lines_around_it() {
        let old = "a\nb\nc\npermit officers to go;\nd\ne\nf\n";
        assert_eq!(told(old, old), [""; 0]);
        assert_eq!(told(old, &old.replace("go", "stay")), ["b\nc\npermit officers to [-go-]{+stay+};\nd\ne\n"]);
        assert_eq!(told(old, &old.replace("a\n", "").replace("f\n", "g\n")), ["[-a\n-]b\nc\n", "d\ne\n[-f-]{+g+}\n"]);
        assert_eq!(told("", "x y\n"), ["{+x y\n+}"]);
        assert_eq!(told("x\n", ""), ["[-x\n-]"]);
    }

    #[test]
    fn both_texts_are_had_back_from_what_was_told() {
        let texts = ["", "a", "a\n", "a b c\nd\n", "d\na b\nc\n", "ä ö\n\n\nü", "a b c\nd\nx\ny\nz\nw\nq\n"];
        for old in texts {
            for new in texts {
                let (left, right): (Vec<&str>, Vec<&str>) = (words(old), words(new));
                let all = compared(&left, &right);
                let of =
                    |out: Side| all.iter().filter(|(side, _)| *side != out).map(|(_, text)| *text).collect::<String>();
                assert_eq!((of(Side::New), of(Side::Old)), (old.to_owned(), new.to_owned()));
            }
        }
    }

    #[test]
    fn what_is_too_long_to_compare_is_a_block() {
        let (old, new) = ("a-b-".repeat(2_000), "c+d+".repeat(2_000));
        assert_eq!(
            hunks(&old, &new),
            [vec![Piece { side: Side::Old, text: old.clone() }, Piece { side: Side::New, text: new.clone() },]]
        );
    }
}
