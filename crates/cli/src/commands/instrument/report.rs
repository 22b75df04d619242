//! Answers as they stand, for people and for machines: what is asked, answered and missing, scores, conclusions, signatures.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use standards::instrument::{
    Answer, AnswersError, Draft, Evaluation, Facts, Instrument, Place, Question, QuestionKind, Score, SignOff,
    Standing, evaluate, standing,
};

use crate::output::Status;

/// Everything that can be said of some answers.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) instrument: String,
    pub(super) title: String,
    version: String,
    edition: String,
    pub(super) deployment: String,
    pack: String,
    sections: Vec<Section>,
    pub(super) missing: Vec<String>,
    unfit: BTreeMap<String, String>,
    not_asked: Vec<String>,
    unknown_facts: Vec<String>,
    changed_facts: Vec<String>,
    score: Score,
    outcomes: Vec<Concluded>,
    requires: Vec<String>,
    /// The tier that follows from the answers; what is declared may ask for more.
    tier: Option<model::Tier>,
    pub(super) complete: bool,
    pub(super) fingerprint: String,
    pub(super) signed: Vec<SignOff>,
    not_counted: Vec<NotCounted>,
    pub(super) next: Option<String>,
}

#[derive(Serialize)]
struct Section {
    id: String,
    title: String,
    score: Score,
    questions: Vec<Asked>,
}

#[derive(Serialize)]
struct Asked {
    question: String,
    ask: String,
    how: String,
    answer: Option<Answer>,
}

#[derive(Serialize)]
struct Concluded {
    id: String,
    title: String,
    result: String,
    label: String,
    because: Vec<String>,
}

#[derive(Serialize)]
struct NotCounted {
    sign_off: SignOff,
    why: standards::instrument::NotCounted,
}

/// Evaluates a draft; answers of another edition are told how to come to this one.
pub(super) fn evaluated(draft: &Draft, instrument: &Instrument, facts: &Facts) -> anyhow::Result<Evaluation> {
    draft.check_questions(instrument).map_err(|error| Status::bad_input(error.to_string()))?;
    evaluate(instrument, &draft.answers, facts).map_err(|error| {
        let hint = match &error {
            AnswersError::OtherEdition { .. } => "; `ordinance instrument migrate` does it",
            _ => "",
        };
        Status::bad_input(format!("{error}{hint}")).into()
    })
}

/// The facts under which answers were given.
pub(super) fn own_facts(draft: &Draft) -> Facts {
    draft.answers.facts.iter().map(|(path, value)| (path.clone(), value.clone())).collect()
}

fn told<T: ToString>(all: impl IntoIterator<Item = T>) -> Vec<String> {
    all.into_iter().map(|one| one.to_string()).collect()
}

/// The question of a place.
fn question<'i>(instrument: &'i Instrument, place: &Place) -> Option<&'i Question> {
    let top = place.row.as_ref().map_or(&place.question, |(group, _)| group);
    let found = instrument.questions().map(|(_, question)| question).find(|question| question.id == *top)?;
    match &place.row {
        None => Some(found),
        Some(_) => found.of_rows().iter().find(|one| one.id == place.question),
    }
}

fn answer(draft: &Draft, place: &Place) -> Option<Answer> {
    let answers = &draft.answers.answers;
    let Some((group, name)) = &place.row else { return answers.get(&place.question).cloned() };
    let Some(Answer::Rows(rows)) = answers.get(group) else { return None };
    rows.iter().find(|row| row.row == *name)?.answers.get(&place.question).cloned()
}

impl Report {
    /// Reports on answers under facts, in a language.
    pub(super) fn of(draft: &Draft, instrument: &Instrument, facts: &Facts, locale: &str) -> anyhow::Result<Self> {
        let found = evaluated(draft, instrument, facts)?;
        let stands = standing(&draft.sign_offs, &draft.answers, &instrument.roles);
        let text = |key: &str| instrument.text(locale, key).unwrap_or_default().to_owned();
        Ok(Self {
            instrument: instrument.id.to_string(),
            title: text("title"),
            version: instrument.version.to_string(),
            edition: instrument.hash.to_string(),
            deployment: draft.deployment.to_string(),
            pack: draft.pack.clone(),
            sections: sections(draft, instrument, &found, &text),
            missing: told(&found.missing),
            unfit: found.invalid.iter().map(|one| (one.place.to_string(), one.why.to_string())).collect(),
            not_asked: told(&found.ignored),
            unknown_facts: told(&found.unknown_facts),
            changed_facts: told(&found.drifted),
            score: found.total,
            outcomes: concluded(&found, &text),
            requires: told(&found.requires),
            tier: found.tier,
            complete: found.complete,
            fingerprint: draft.answers.digest().to_string(),
            next: stands.next.as_ref().map(ToString::to_string),
            not_counted: not_counted(&stands),
            signed: stands.signed,
        })
    }

    /// The whole in words.
    pub(super) fn in_words(&self) -> String {
        let mut out =
            format!("{} of `{}`\n{} {} of {}\n", self.title, self.deployment, self.instrument, self.version, self.pack);
        for section in self.sections.iter().filter(|section| !section.questions.is_empty()) {
            let _ = writeln!(out, "\n{}{}", section.title, score(section.score));
            for asked in &section.questions {
                let _ = writeln!(out, "  {}  {}", asked.question, asked.ask);
                match (&asked.answer, asked.how.as_str()) {
                    (_, "") | (Some(Answer::Rows(_)), _) => {}
                    (Some(answer), _) => drop(writeln!(out, "      {}", said(answer).replace('\n', "\n      "))),
                    (None, how) => drop(writeln!(out, "      … {how}")),
                }
            }
        }
        out.push('\n');
        out.push_str(&self.result_in_words());
        out
    }

    /// What it comes to, in words: everything but questions and answers.
    pub(super) fn result_in_words(&self) -> String {
        let mut lines = Vec::new();
        if !self.complete {
            lines.push("So far, with what is missing counted as the strictest:".to_owned());
        }
        for outcome in &self.outcomes {
            lines.push(format!("{} {}", outcome.title, outcome.label));
            lines.extend(outcome.because.iter().map(|reason| format!("  - {reason}")));
        }
        if !self.requires.is_empty() {
            lines.push(format!("To be answered besides: {}.", self.requires.join(", ")));
        }
        if let Some(tier) = self.tier {
            lines.push(format!(
                "The tier of the deployment, once this is signed: {tier}, or that of what is declared if it is weightier."
            ));
        }
        if self.score.highest > 0 {
            lines.push(format!("Score in all: {} of {}.", self.score.value, self.score.highest));
        }
        let mut named = |what: &str, names: &[String]| {
            if !names.is_empty() {
                lines.push(format!("{what}: {}.", names.join(", ")));
            }
        };
        named("Missing", &self.missing);
        let unfit: Vec<String> = self.unfit.iter().map(|(place, why)| format!("{place} ({why})")).collect();
        named("Does not fit", &unfit);
        named("Not known of the deployment", &self.unknown_facts);
        named("Changed in the register since (take it anew with `migrate`)", &self.changed_facts);
        named("Answered, but not asked; counts for nothing", &self.not_asked);
        lines.push(format!("The answers are {}complete.", if self.complete { "" } else { "not " }));
        lines.extend(self.signatures_in_words());
        lines.join("\n")
    }

    fn signatures_in_words(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.signed.iter().map(|one| format!("Signed as {} by `{}` at {}.", one.role, one.party, one.at)).collect();
        for NotCounted { sign_off, why } in &self.not_counted {
            let why = match why {
                standards::instrument::NotCounted::AnswersChanged => "the answers changed since",
                standards::instrument::NotCounted::NoSuchRole => "nobody signs in this role",
                standards::instrument::NotCounted::OutOfTurn => "it was out of turn",
                standards::instrument::NotCounted::IsTheAuthor => "its party is the author",
                standards::instrument::NotCounted::Doubled => "another in the same role counts",
            };
            lines.push(format!("Open again: {} by `{}`, as {why}.", sign_off.role, sign_off.party));
        }
        match &self.next {
            Some(next) => lines.push(format!("Next to sign: {next}.")),
            None => lines.push("Everybody has signed.".to_owned()),
        }
        lines.push(format!("Fingerprint of the answers: {}", self.fingerprint));
        lines
    }
}

fn score(score: Score) -> String {
    if score.highest > 0 { format!("  (score {} of {})", score.value, score.highest) } else { String::new() }
}

/// An answer in words.
fn said(answer: &Answer) -> String {
    match answer {
        Answer::Number(number) => number.to_string(),
        Answer::Text(text) => text.clone(),
        Answer::Many(codes) => codes.iter().cloned().collect::<Vec<_>>().join(", "),
        Answer::Rows(rows) => rows.iter().map(|row| row.row.clone()).collect::<Vec<_>>().join(", "),
    }
}

fn sections(
    draft: &Draft,
    instrument: &Instrument,
    found: &Evaluation,
    text: &impl Fn(&str) -> String,
) -> Vec<Section> {
    let asked = |place: &Place| {
        let kind = question(instrument, place).map(|question| &question.kind);
        Asked {
            question: place.to_string(),
            ask: text(place.question.as_str()),
            how: kind.map(QuestionKind::in_words).unwrap_or_default(),
            answer: answer(draft, place),
        }
    };
    let mut sections = Vec::new();
    for section in &instrument.sections {
        let own = |place: &&Place| {
            let top = place.row.as_ref().map_or(&place.question, |(group, _)| group);
            section.questions.iter().any(|question| question.id == *top)
        };
        sections.push(Section {
            id: section.id.to_string(),
            title: text(section.id.as_str()),
            score: found.scores.get(&section.id).copied().unwrap_or_default(),
            questions: found.visible.iter().filter(own).map(asked).collect(),
        });
    }
    sections
}

fn concluded(found: &Evaluation, text: &impl Fn(&str) -> String) -> Vec<Concluded> {
    let one = |concluded: &standards::instrument::Concluded| {
        let id = &concluded.id;
        let because = concluded.because.iter().map(|reason| {
            let criterion = reason.criterion.as_ref().map_or("otherwise", |id| id.as_str());
            text(&format!("{id}.{criterion}"))
        });
        Concluded {
            id: id.to_string(),
            title: text(id.as_str()),
            result: concluded.result.to_string(),
            label: text(&format!("{id}.{}", concluded.result)),
            because: because.collect(),
        }
    };
    found.outcomes.iter().map(one).collect()
}

fn not_counted(standing: &Standing) -> Vec<NotCounted> {
    let all = standing.not_counted.iter();
    all.map(|(sign_off, why)| NotCounted { sign_off: sign_off.clone(), why: *why }).collect()
}
