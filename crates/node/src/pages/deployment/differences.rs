//! What changed when something was stated anew: a word diff of each act against the one before it about the same thing.
//!
//! Of the same thing are two approvals, two versions of a view, two assessments by one instrument, two statements of one kind. Words
//! that went and words that came are told as such, in words too, for those who hear the page.

use std::collections::BTreeMap;

use model::{Act, What};
use register::State;
use similar::{ChangeTag, TextDiff};

use crate::lang::Lang;
use crate::words;

/// The most changes that are told; the newest.
const TOLD_MAX: usize = 40;
/// The longest text that is compared, in characters: what the register takes.
const TEXT_CHARS_MAX: usize = 4_000;

/// A change, word by word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) index: u64,
    pub(super) when: String,
    /// What changed.
    pub(super) what: String,
    pub(super) pieces: Vec<Piece>,
}

/// Words that stay, went or came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) kind: Kind,
    pub(super) text: String,
}

/// What became of some words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Same,
    Gone,
    Come,
}

impl Piece {
    pub(super) fn is_gone(&self) -> bool {
        self.kind == Kind::Gone
    }
    pub(super) fn has_come(&self) -> bool {
        self.kind == Kind::Come
    }
}

/// What was stated of which thing, act by act.
#[derive(Debug, Default)]
pub(super) struct Differences {
    stated: BTreeMap<String, String>,
    changes: Vec<Changed>,
}

impl Differences {
    /// Notes an act. Acts are noted oldest first.
    pub(super) fn note(&mut self, lang: Lang, index: u64, act: &Act, state: &State) {
        let Some((key, what, text)) = stated(lang, &act.what, state) else { return };
        let text: String = text.chars().take(TEXT_CHARS_MAX).collect();
        let Some(before) = self.stated.insert(key, text.clone()) else { return };
        if before != text {
            let pieces = pieces(&before, &text);
            self.changes.push(Changed { index, when: lang.instant(act.at), what, pieces });
        }
    }

    /// The changes, newest first.
    pub(super) fn told(mut self) -> Vec<Changed> {
        self.changes.reverse();
        self.changes.truncate(TOLD_MAX);
        self.changes
    }
}

/// The thing that an act states something about, what it is called, and what is stated; none if nothing is that could change.
fn stated(lang: Lang, what: &What, state: &State) -> Option<(String, String, String)> {
    match what {
        What::DeploymentApproved(approved) => {
            let until = lang.of("Approved until", "Genehmigt bis");
            let text = format!("{until} {}.", lang.day(approved.until));
            Some(("approval".to_owned(), lang.of("The approval", "Die Genehmigung").to_owned(), text))
        }
        What::AssessmentSigned(one) => {
            let (outcome, again) =
                (words::outcome(lang, one.outcome), lang.of("Looked at again by", "Wieder geprüft bis"));
            let text = format!("{outcome}. {} {again} {}.", one.summary, lang.day(one.review_by));
            let called = lang.of("The assessment", "Die Bewertung");
            Some((format!("assessment {}", one.instrument), format!("{called} “{}”", one.instrument), text))
        }
        What::ViewDeclared(view) => {
            let (_, stream) = state.stream(&view.stream)?;
            let text = format!("{}. {}", view.title, words::view(lang, view, stream).join(" "));
            let called = lang.of("The view", "Die Sicht");
            Some((format!("view {} {}", view.stream, view.id), format!("{called} “{}”", view.id), text))
        }
        What::EvidenceFiled(one) => {
            let called = lang.of("What was stated as", "Was erklärt wurde als");
            Some((format!("evidence {}", one.kind), format!("{called} “{}”", one.kind), one.summary.clone()))
        }
        _ => None,
    }
}

/// The words of two texts, next to each other where they are the same.
fn pieces(before: &str, after: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for change in TextDiff::from_words(before, after).iter_all_changes() {
        let kind = match change.tag() {
            ChangeTag::Equal => Kind::Same,
            ChangeTag::Delete => Kind::Gone,
            ChangeTag::Insert => Kind::Come,
        };
        let text = change.value();
        match pieces.last_mut() {
            Some(last) if last.kind == kind => last.text.push_str(text),
            _ => pieces.push(Piece { kind, text: text.to_owned() }),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_stay_go_and_come_make_both_texts_again() {
        let told = pieces("Approved until 1 June 2027.", "Approved until 1 July 2027.");
        let texts: Vec<(Kind, &str)> = told.iter().map(|piece| (piece.kind, piece.text.as_str())).collect();
        assert_eq!(
            texts,
            [(Kind::Same, "Approved until 1 "), (Kind::Gone, "June"), (Kind::Come, "July"), (Kind::Same, " 2027."),]
        );
        for (before, after) in [("", "a"), ("a b", ""), ("ä <b> c", "ä <c> d e"), ("a\nb", "a\nc")] {
            let told = pieces(before, after);
            let side = |gone: Kind| {
                let own = told.iter().filter(|piece| piece.kind != gone).map(|piece| piece.text.as_str());
                own.collect::<String>()
            };
            assert_eq!((side(Kind::Come).as_str(), side(Kind::Gone).as_str()), (before, after));
        }
    }
}
