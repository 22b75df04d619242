//! `ordinance framework show PACK --instrument ID`: a questionnaire as people read it, and what follows from its answers.

use std::fmt::Write as _;

use serde_json::{Value, json};
use standards::Pack;
use standards::instrument::{
    Expression, Instrument, Options, Outcome, OutcomeResult, Prefill, Question, QuestionKind, Section,
};

use crate::output::{Output, Status};

pub(super) fn show(pack: &Pack, id: &str, locale: &str, output: &Output) -> anyhow::Result<()> {
    let instrument = pack.instrument(id).ok_or_else(|| {
        let ids: Vec<&str> = pack.instruments.iter().map(|one| one.id.as_str()).collect();
        let there = if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
        Status::bad_input(format!("`{}` has no instrument `{id}`; it has {there}", pack.manifest.id))
    })?;
    let shown = Shown { instrument, locale };
    output.result(&shown.document(), &shown.in_words())
}

/// An instrument in a language.
struct Shown<'i> {
    instrument: &'i Instrument,
    locale: &'i str,
}

impl Shown<'_> {
    fn text(&self, key: &str) -> &str {
        self.instrument.text(self.locale, key).unwrap_or_default()
    }

    fn in_words(&self) -> String {
        let one = self.instrument;
        let roles: Vec<&str> = one.roles.iter().map(|role| role.as_str()).collect();
        let mut out = format!("{}\n{} {}\n\n{}\n", self.text("title"), one.urn, one.version, self.text("intro"));
        let _ = writeln!(out, "\nSigned in this order: {}. Edition {}.", roles.join(", "), one.hash);
        if let Some(kind) = &one.evidence {
            let _ = writeln!(out, "Filed as evidence `{kind}`, too.");
        }
        for section in &one.sections {
            let _ = writeln!(out, "\n{}{}", self.text(section.id.as_str()), when(section.when.as_ref()));
            for question in &section.questions {
                self.question(&mut out, "  ", question);
            }
        }
        for outcome in &one.outcomes {
            let _ = writeln!(out, "\n{}", self.text(outcome.id.as_str()));
            for result in outcome.all_results() {
                let requires: Vec<&str> = result.requires.iter().map(|id| id.as_str()).collect();
                let besides =
                    if requires.is_empty() { String::new() } else { format!(" (requires {})", requires.join(", ")) };
                let tier = result.tier.map_or_else(String::new, |tier| format!(" (tier {tier} at least)"));
                let _ = writeln!(out, "  {}{besides}{tier}", self.text(&format!("{}.{}", outcome.id, result.id)));
                for criterion in outcome.criteria.iter().filter(|criterion| criterion.result == result.id) {
                    let because = self.text(&format!("{}.{}", outcome.id, criterion.id));
                    let _ = writeln!(out, "    - {because}  [{}]", criterion.when.as_str().trim());
                }
            }
        }
        out.trim_end().to_owned()
    }

    fn question(&self, out: &mut String, before: &str, question: &Question) {
        let id = question.id.as_str();
        let _ = writeln!(out, "{before}{id}  {}{}", self.text(id), when(question.when.as_ref()));
        let how = question.kind.in_words();
        if !how.is_empty() {
            let _ = writeln!(out, "{before}    {how}{}", filled(question));
        }
        if let QuestionKind::Choice { options: Options::Listed(options), .. } = &question.kind {
            for option in options {
                let score = if option.score == 0 { String::new() } else { format!(" (score {})", option.score) };
                let _ =
                    writeln!(out, "{before}      {}: {}{score}", option.id, self.text(&format!("{id}.{}", option.id)));
            }
        }
        for one in question.of_rows() {
            self.question(out, &format!("{before}    "), one);
        }
    }

    fn document(&self) -> Value {
        let one = self.instrument;
        let sections: Vec<Value> = one.sections.iter().map(|section| self.section(section)).collect();
        let outcomes: Vec<Value> = one.outcomes.iter().map(|outcome| self.outcome(outcome)).collect();
        json!({
            "id": one.id, "urn": one.urn, "version": one.version.to_string(), "title": self.text("title"),
            "edition": one.hash, "roles": one.roles, "evidence": one.evidence, "sections": sections, "outcomes": outcomes,
        })
    }

    fn section(&self, section: &Section) -> Value {
        let questions: Vec<Value> = section.questions.iter().map(|question| self.asked(question)).collect();
        let when = section.when.as_ref().map(Expression::as_str);
        json!({ "id": section.id, "title": self.text(section.id.as_str()), "when": when, "questions": questions })
    }

    fn outcome(&self, outcome: &Outcome) -> Value {
        let result = |result: &OutcomeResult| {
            let label = self.text(&format!("{}.{}", outcome.id, result.id));
            json!({ "id": result.id, "label": label, "requires": result.requires, "tier": result.tier })
        };
        let results: Vec<Value> = outcome.all_results().map(result).collect();
        json!({ "id": outcome.id, "title": self.text(outcome.id.as_str()), "results": results })
    }

    fn asked(&self, question: &Question) -> Value {
        let id = question.id.as_str();
        let rows: Vec<Value> = question.of_rows().iter().map(|one| self.asked(one)).collect();
        json!({
            "id": id, "ask": self.text(id), "help": self.text(&format!("{id}.help")), "how": question.kind.in_words(),
            "when": question.when.as_ref().map(Expression::as_str), "required": question.required, "rows": rows,
        })
    }
}

fn when(condition: Option<&Expression>) -> String {
    condition.map_or_else(String::new, |when| format!("  [asked when {}]", when.as_str().trim()))
}

/// Where an answer is filled in from.
fn filled(question: &Question) -> String {
    match &question.prefill {
        Some(Prefill::Fact(path)) => format!("; filled in from {path}"),
        Some(Prefill::RowFact(name)) => format!("; filled in from row.{name}"),
        Some(Prefill::Answer { instrument, question }) => format!("; filled in from {instrument}/{question}"),
        None if question.required => String::new(),
        None => "; may be left out".to_owned(),
    }
}
