//! What changed when something was stated anew: a word diff of each act against the one before it about the same thing.
//!
//! Of the same thing are two approvals, two versions of a view, two assessments by one instrument, two statements of one kind about
//! one thing. Words that went and words that came are told as such, in words too, for those who hear the page.

use std::collections::{BTreeMap, VecDeque};

use model::{Act, Evidence, Subject, What};
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
    changes: VecDeque<Restated>,
}

/// Something that was stated anew, not yet compared: only what is told is.
#[derive(Debug)]
struct Restated {
    index: u64,
    when: String,
    what: String,
    before: String,
    after: String,
}

impl Differences {
    /// Notes an act. Acts are noted oldest first.
    pub(super) fn note(&mut self, lang: Lang, index: u64, act: &Act, state: &State) {
        let Some((key, what, text)) = stated(lang, &act.what, state) else { return };
        let text: String = text.chars().take(TEXT_CHARS_MAX).collect();
        let Some(before) = self.stated.insert(key, text.clone()) else { return };
        if before != text {
            self.changes.push_front(Restated { index, when: lang.instant(act.at), what, before, after: text });
            self.changes.truncate(TOLD_MAX);
        }
    }

    /// Forgets what was stated: acts that follow are not read, and what comes after them changed from something unknown.
    pub(super) fn forget(&mut self) {
        self.stated.clear();
    }

    /// The changes, newest first.
    pub(super) fn told(self) -> Vec<Changed> {
        let told = |one: Restated| Changed {
            index: one.index,
            when: one.when,
            what: one.what,
            pieces: pieces(&one.before, &one.after),
        };
        self.changes.into_iter().map(told).collect()
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
        What::AssessmentSigned(one) | What::AssessmentTiered(one) => {
            let (outcome, again) =
                (words::outcome(lang, one.outcome), lang.of("Looked at again by", "Wieder geprüft bis"));
            let text = format!("{outcome}. {} {again} {}.", one.summary, lang.day(one.review_by));
            let called = lang.of("The assessment", "Die Prüfung");
            let id = lang.quoted(one.instrument.as_str());
            Some((format!("assessment {}", one.instrument), format!("{called} {id}"), text))
        }
        What::ViewDeclared(view) => {
            let (_, stream) = state.stream(&view.stream)?;
            let text = format!("{}. {}", view.title, words::view(lang, view, stream).join(" "));
            let called = lang.of("The view", "Die Ansicht");
            let id = lang.quoted(view.id.as_str());
            Some((format!("view {} {}", view.stream, view.id), format!("{called} {id}"), text))
        }
        What::EvidenceFiled(one) => {
            let called = lang.of("What was stated as", "Was erklärt wurde als");
            let kind = lang.quoted(one.kind.as_str());
            Some((repeated(one)?, format!("{called} {kind}"), one.summary.clone()))
        }
        _ => None,
    }
}

/// As what a statement is made anew: of its kind, about the same thing. What answers something is a word of its own, and so is what
/// reports an incident.
fn repeated(one: &Evidence) -> Option<String> {
    let about = match &one.about {
        Subject::City => "city".to_owned(),
        Subject::Deployment { id } => format!("deployment {id}"),
        Subject::Device { id } => format!("device {id}"),
    };
    let is_own = one.answers.is_some() || one.is_incident();
    (!is_own).then(|| format!("evidence {} {about}", one.kind))
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
    use serde_json::json;

    use super::*;

    /// What changed when statements were made one after the other, each about something, as an answer or not; a `None` is a gap.
    fn changed(statements: &[Option<(&str, Option<&str>, &str)>]) -> Vec<(u64, usize)> {
        let mut differences = Differences::default();
        for (index, statement) in (0..).zip(statements) {
            let Some((about, answers, summary)) = statement else {
                differences.forget();
                continue;
            };
            let body = json!({ "id": format!("e{index}"), "about": { "what": "device", "id": about }, "kind": "calibration",
                "on": "2026-05-01T00:00:00Z", "signed_by": "city", "summary": summary, "answers": answers });
            let act = json!({ "at": "2026-06-01T00:00:00Z", "by": "city", "what": { "kind": "evidence-filed/1", "body": body } });
            let act: Act = serde_json::from_value(act).unwrap();
            differences.note(Lang::En, index, &act, &State::default());
        }
        differences.told().into_iter().map(|one| (one.index, one.pieces.len())).collect()
    }

    #[test]
    fn a_statement_changes_what_was_stated_of_the_same_thing_and_answers_change_nothing() {
        let (one, other) = (Some(("a", None, "Good.")), Some(("a", None, "Bad.")));
        assert_eq!(changed(&[one, other]), [(1, 2)]);
        assert_eq!(changed(&[one, one]), []);
        assert_eq!(changed(&[one, Some(("b", None, "Bad."))]), [], "of another sensor");
        assert_eq!(changed(&[one, Some(("a", Some("e0"), "Bad."))]), [], "an answer");
        assert_eq!(changed(&[one, None, other]), [], "nobody knows what was between");
        assert_eq!(changed(&[one, None, other, one]), [(3, 2)]);
        let many: Vec<_> = (0..100).map(|at| if at % 2 == 0 { one } else { other }).collect();
        let told = changed(&many);
        assert_eq!((told.len(), told[0].0), (TOLD_MAX, 99));
    }

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
