//! Writes a draft: every question that is asked above its answer, and how to answer it where an answer is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::Draft;
use crate::instrument::answers::{Answer, Row};
use crate::instrument::evaluation::{Place, evaluate};
use crate::instrument::facts::{FactValue, Facts};
use crate::instrument::name::QuestionId;
use crate::instrument::{Group, Instrument, Options, Question, QuestionKind};

/// A text as a TOML value.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list(codes: &BTreeSet<String>) -> String {
    format!("[{}]", codes.iter().map(|code| quoted(code)).collect::<Vec<_>>().join(", "))
}

/// Words as comments.
fn comment(out: &mut String, words: &str) {
    for line in words.lines() {
        // A control character has no place in a comment.
        let line: String = line.chars().filter(|c| !c.is_control()).collect();
        out.push_str(format!("# {line}").trim_end());
        out.push('\n');
    }
}

impl QuestionKind {
    /// How it is answered, in a few words.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Statement => String::new(),
            Self::Text { least, most } => format!("a text of {least} to {most} characters"),
            Self::Choice { many, options } => {
                let how = if *many { "any of" } else { "one of" };
                match options {
                    Options::Listed(options) => {
                        let ids: Vec<&str> = options.iter().map(|option| option.id.as_str()).collect();
                        format!("{how} {}", ids.join(", "))
                    }
                    Options::Fact(path) => format!("{how} what the register has under {path}"),
                }
            }
            Self::YesNo { .. } => "yes, no or unknown".to_owned(),
            Self::Number { least, most, unit } => {
                let unit = unit.as_ref().map_or_else(String::new, |unit| format!(" {unit}"));
                format!("a whole number from {least} to {most}{unit}")
            }
            Self::Date => "a day such as 2027-11-01".to_owned(),
            Self::Group(Group { over: Some(_), row, .. }) => format!("a row for each {row} of the register"),
            Self::Group(Group { row, least, most, .. }) => format!("{least} to {most} rows, each a {row} with a name"),
        }
    }
}

/// What is asked, by the row in which it is.
struct Asked(BTreeSet<Place>);

impl Asked {
    fn has(&self, row: Option<(&QuestionId, &str)>, question: &QuestionId) -> bool {
        let row = row.map(|(group, row)| (group.clone(), row.to_owned()));
        self.0.contains(&Place { row, question: question.clone() })
    }
}

impl Draft {
    /// The draft as TOML. Nothing of it is left out, whether it is asked or not.
    #[must_use]
    pub fn to_toml(&self, instrument: &Instrument) -> String {
        let facts: Facts = self.answers.facts.iter().map(|(path, value)| (path.clone(), value.clone())).collect();
        let visible = evaluate(instrument, &self.answers, &facts).map(|found| found.visible).unwrap_or_default();
        let asked = Asked(visible.into_iter().collect());
        let mut out = String::new();
        self.head(&mut out, instrument);
        self.singles(&mut out, instrument, &asked);
        self.groups(&mut out, instrument, &asked);
        self.facts(&mut out);
        self.signatures(&mut out);
        out
    }

    fn head(&self, out: &mut String, instrument: &Instrument) {
        comment(out, &instrument.title);
        comment(out, &instrument.intro);
        out.push_str("#\n");
        comment(out, "Answer here or with `ordinance instrument set`. Comments are written anew by each command.");
        let head = [
            ("deployment", self.deployment.as_str()),
            ("pack", &self.pack),
            ("instrument", self.instrument.as_str()),
            ("urn", &self.answers.instrument),
            ("edition", &self.answers.instrument_hash.to_string()),
        ];
        for (key, value) in head {
            out.push_str(&format!("{key} = {}\n", quoted(value)));
        }
        out.push_str("\n[answers]\n");
    }

    /// What is no group, in the order in which it is asked; then what is answered and not asked.
    fn singles(&self, out: &mut String, instrument: &Instrument, asked: &Asked) {
        let rows = |answer: &Answer| matches!(answer, Answer::Rows(rows) if !rows.is_empty());
        let mut rest: BTreeMap<&QuestionId, &Answer> =
            self.answers.answers.iter().filter(|(_, answer)| !rows(answer)).collect();
        for (_, group) in instrument.questions().filter(|(_, question)| !question.of_rows().is_empty()) {
            if let Some(none) = rest.remove(&group.id) {
                out.push_str(&format!("{} = {}\n", group.id, value(none)));
            }
        }
        for section in &instrument.sections {
            let own = |question: &&Question| asked.has(None, &question.id) && question.of_rows().is_empty();
            let mut questions = section.questions.iter().filter(own).peekable();
            if questions.peek().is_some() {
                out.push('\n');
                comment(out, &format!("---- {} ----", section.title));
                comment(out, &section.intro);
            }
            for question in questions {
                one(out, "", question, rest.remove(&question.id));
            }
        }
        if !rest.is_empty() {
            out.push_str("\n# ---- Not asked now; counts for nothing ----\n");
        }
        for (id, answer) in rest {
            out.push_str(&format!("{id} = {}\n", value(answer)));
        }
    }

    fn groups(&self, out: &mut String, instrument: &Instrument, asked: &Asked) {
        let mut rest: BTreeMap<&QuestionId, &Vec<Row>> = BTreeMap::new();
        for (id, answer) in &self.answers.answers {
            if let Answer::Rows(rows) = answer
                && !rows.is_empty()
            {
                rest.insert(id, rows);
            }
        }
        for (_, question) in instrument.questions() {
            let QuestionKind::Group(group) = &question.kind else { continue };
            let rows = rest.remove(&question.id);
            let none = rows.is_none() && self.answers.answers.contains_key(&question.id);
            if none || (rows.is_none() && !asked.has(None, &question.id)) {
                continue;
            }
            out.push('\n');
            comment(out, &question.ask);
            comment(out, &question.help);
            comment(out, &question.kind.in_words());
            match rows {
                Some(rows) => rows.iter().for_each(|row| self::row(out, question, group, row, asked)),
                None => template(out, question, group),
            }
        }
        for (id, rows) in rest {
            for row in rows {
                out.push_str(&format!("\n[[answers.{id}]]\nrow = {}\n", quoted(&row.row)));
                strange(out, &row.answers.iter().collect());
            }
        }
    }

    fn facts(&self, out: &mut String) {
        out.push_str("\n# What the register said when this was answered; `migrate` takes it anew.\n[facts]\n");
        for (path, fact) in &self.answers.facts {
            let fact = match fact {
                FactValue::Bool(value) => value.to_string(),
                FactValue::Number(value) => value.to_string(),
                FactValue::Text(text) => quoted(text),
                FactValue::Set(codes) => list(codes),
            };
            out.push_str(&format!("{} = {fact}\n", quoted_key(path)));
        }
    }

    fn signatures(&self, out: &mut String) {
        for sign_off in &self.sign_offs {
            out.push_str(&format!(
                "\n[[sign-off]]\nrole = \"{}\"\nparty = \"{}\"\nat = \"{}\"\nanswers = \"{}\"\n",
                sign_off.role, sign_off.party, sign_off.at, sign_off.answers
            ));
        }
    }
}

/// A key in quotes, on one line.
fn quoted_key(key: &str) -> String {
    let mut out = String::from("\"");
    for c in key.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => drop(write!(out, "\\U{:08X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn value(answer: &Answer) -> String {
    match answer {
        Answer::Number(number) => number.to_string(),
        Answer::Text(text) => quoted(text),
        Answer::Many(codes) => list(codes),
        Answer::Rows(rows) => format!("[{}]", rows.iter().map(inline).collect::<Vec<_>>().join(", ")),
    }
}

/// A row on one line. Rows of groups are written as tables; this is for those that stand where none belongs.
fn inline(row: &Row) -> String {
    let answers: Vec<String> = row.answers.iter().map(|(id, answer)| format!("{id} = {}", value(answer))).collect();
    format!("{{ row = {}, answers = {{ {} }} }}", quoted(&row.row), answers.join(", "))
}

/// A question with its answer, or how to give one.
fn one(out: &mut String, before: &str, question: &Question, answer: Option<&Answer>) {
    out.push('\n');
    comment(out, &question.ask);
    if matches!(question.kind, QuestionKind::Statement) {
        return;
    }
    comment(out, &question.help);
    match answer {
        Some(answer) => out.push_str(&format!("{before}{} = {}\n", question.id, value(answer))),
        None => {
            let need = if question.required { "" } else { "; may be left out" };
            comment(out, &format!("{before}{} = … {}{need}", question.id, question.kind.in_words()));
            if let QuestionKind::Choice { options: Options::Listed(options), .. } = &question.kind {
                options.iter().for_each(|option| comment(out, &format!("    {}: {}", option.id, option.label)));
            }
        }
    }
}

/// How the first row of a group is added.
fn template(out: &mut String, question: &Question, group: &Group) {
    comment(out, &format!("[[answers.{}]]\nrow = \"a-name\"", question.id));
    for one in &group.questions {
        comment(out, &format!("answers.{} = … {}", one.id, one.kind.in_words()));
    }
}

fn row(out: &mut String, question: &Question, group: &Group, row: &Row, asked: &Asked) {
    out.push_str(&format!("\n[[answers.{}]]\nrow = {}\n", question.id, quoted(&row.row)));
    let mut rest: BTreeMap<&QuestionId, &Answer> = row.answers.iter().collect();
    for one in &group.questions {
        if asked.has(Some((&question.id, &row.row)), &one.id) {
            self::one(out, "answers.", one, rest.remove(&one.id));
        }
    }
    strange(out, &rest);
}

/// What is answered in a row and not asked there.
fn strange(out: &mut String, answers: &BTreeMap<&QuestionId, &Answer>) {
    if !answers.is_empty() {
        out.push_str("\n# Not asked here now; counts for nothing:\n");
    }
    for (id, answer) in answers {
        out.push_str(&format!("answers.{id} = {}\n", value(answer)));
    }
}
