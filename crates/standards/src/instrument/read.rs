//! Reads `instruments/*.toml`. Every id, condition and reference is checked here, with its line, so that answering an
//! instrument can never fail for a fault of its author.

mod problem;
mod question;
mod raw;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::str::FromStr;

use model::{Digest, InstrumentId, Tier};
use sha2::{Digest as _, Sha256};
use toml::Spanned;

pub use problem::InstrumentProblem;

use self::problem::{BYTES_MAX, QUESTIONS_MAX};
use super::expression::{Expression, ExpressionError, GroupScope, Names, Scope};
use super::labels::Labels;
use super::name::{OptionId, Role, SectionId};
use super::{Criterion, Instrument, Outcome, OutcomeResult, Section};
use crate::located::{Located, Page};

/// The outcome whose results are those of an assessment.
pub(crate) const CONCLUSION: &str = "conclusion";

/// Reads an instrument.
///
/// # Errors
/// Everything that is wrong in it, each with its line.
pub fn read_instrument(file: &str, text: &str) -> Result<Instrument, Vec<Located<InstrumentProblem>>> {
    let page = Page { file, text };
    if text.len() > BYTES_MAX {
        return Err(vec![page.at(&(0..0), InstrumentProblem::TooLarge)]);
    }
    let raw: raw::Instrument = page.toml(InstrumentProblem::Shape).map_err(|problem| vec![problem])?;
    let mut reader = Reader { page, problems: Vec::new(), names: Names::default(), lines: BTreeMap::new() };
    let instrument = reader.instrument(raw);
    match instrument {
        Some(instrument) if reader.problems.is_empty() => Ok(instrument),
        _ => Err(reader.problems),
    }
}

/// The hash of an edition: of its text, whole.
fn hash(text: &str) -> Digest {
    Digest::new(Sha256::new().chain_update("ordinance/instrument/v1\n").chain_update(text).finalize().into())
}

struct Reader<'t> {
    page: Page<'t>,
    problems: Vec<Located<InstrumentProblem>>,
    names: Names,
    lines: BTreeMap<String, usize>,
}

impl Reader<'_> {
    fn complain<T>(&mut self, place: &Spanned<T>, problem: impl Into<InstrumentProblem>) {
        let problem = self.page.at(&place.span(), problem.into());
        self.problems.push(problem);
    }

    fn parsed<T: FromStr<Err: Into<InstrumentProblem> + Display>>(&mut self, text: &Spanned<String>) -> Option<T> {
        text.get_ref().parse().map_err(|error: T::Err| self.complain(text, error)).ok()
    }

    /// An id of the instrument's own, unique in it.
    fn own<T: FromStr<Err: Into<InstrumentProblem> + Display>>(&mut self, id: &Spanned<String>) -> Option<T> {
        let line = self.page.at(&id.span(), ()).line;
        if matches!(id.get_ref().as_str(), "title" | "intro") {
            self.complain(id, InstrumentProblem::Reserved(id.get_ref().clone()));
        } else if self.lines.insert(id.get_ref().clone(), line).is_some() {
            self.complain(id, InstrumentProblem::Twice(id.get_ref().clone()));
        }
        if id.get_ref().starts_with(|first: char| first.is_ascii_digit()) {
            self.complain(id, InstrumentProblem::Digit);
        }
        self.parsed(id)
    }

    /// A condition, over what stands before it; `row` is the group in which it stands. A faulty one is told and read as
    /// none, so that what comes after it is not blamed.
    fn condition(&mut self, text: Option<&Spanned<String>>, row: Option<&GroupScope>) -> Option<Expression> {
        let text = text?;
        let condition = Expression::condition(text.get_ref(), &Scope { names: &self.names, row });
        condition.map_err(|error| self.complain_within(text, error)).ok()
    }

    /// A condition over several lines is wrong on one of them.
    fn complain_within(&mut self, text: &Spanned<String>, error: ExpressionError) {
        let before = text.get_ref().get(..error.at).unwrap_or_default().matches('\n').count();
        let opened = self.page.text.get(text.span().start..).unwrap_or_default();
        let opened = opened.trim_start_matches(['\'', '"']).trim_start_matches('\r').starts_with('\n');
        let mut problem = self.page.at(&text.span(), InstrumentProblem::Expression(error));
        problem.line += before + usize::from(opened);
        self.problems.push(problem);
    }

    fn words(&mut self, text: &Spanned<String>) -> Option<String> {
        let words = text.get_ref().trim();
        if words.is_empty() || words.len() > problem::WORDS_BYTES_MAX {
            self.complain(text, InstrumentProblem::Words);
            return None;
        }
        Some(words.to_owned())
    }

    fn perhaps(&mut self, text: Option<&Spanned<String>>) -> Option<String> {
        text.map_or_else(|| Some(String::new()), |text| self.words(text))
    }

    fn instrument(&mut self, raw: raw::Instrument) -> Option<Instrument> {
        let id = self.parsed::<InstrumentId>(&raw.id);
        let version = self.parsed(&raw.version);
        let (title, intro) = (self.words(&raw.title), self.words(&raw.intro));
        if !raw.urn.get_ref().starts_with("urn:") || raw.urn.get_ref().contains(char::is_whitespace) {
            self.complain(&raw.urn, InstrumentProblem::Urn);
        }
        let roles = self.roles(&raw.roles);
        let evidence = raw.evidence.as_ref().and_then(|kind| self.parsed(kind));
        let count: usize = raw.section.iter().map(raw::Section::count).sum();
        if count == 0 || count > QUESTIONS_MAX {
            self.complain(&raw.id, InstrumentProblem::Count);
            return None;
        }
        let sections: Vec<Option<Section>> = raw.section.iter().map(|section| self.section(section)).collect();
        let outcomes: Vec<Option<Outcome>> = raw.outcome.iter().map(|outcome| self.outcome(outcome)).collect();
        let mut instrument = Instrument {
            id: id?,
            urn: raw.urn.into_inner(),
            version: version?,
            title: title?,
            intro: intro?,
            locale: raw.locale,
            roles: roles?,
            evidence,
            sections: sections.into_iter().collect::<Option<_>>()?,
            outcomes: outcomes.into_iter().collect::<Option<_>>()?,
            labels: Labels::default(),
            hash: hash(self.page.text),
            file: self.page.file.to_owned(),
            lines: std::mem::take(&mut self.lines),
        };
        instrument.labels = self.labels(&raw.labels, &instrument);
        Some(instrument)
    }

    fn roles(&mut self, raw: &Spanned<Vec<String>>) -> Option<Vec<Role>> {
        let roles: Result<Vec<Role>, _> = raw.get_ref().iter().map(|role| role.parse()).collect();
        let roles = roles.map_err(|error: super::NameError| self.complain(raw, error)).ok()?;
        let distinct: BTreeSet<&Role> = roles.iter().collect();
        if roles.first().is_none_or(|role| role.as_str() != "author") || distinct.len() != roles.len() {
            self.complain(raw, InstrumentProblem::Roles);
        }
        Some(roles)
    }

    fn section(&mut self, raw: &raw::Section) -> Option<Section> {
        let id = self.own::<SectionId>(&raw.id);
        let (title, intro) = (self.words(&raw.title), self.perhaps(raw.intro.as_ref()));
        let when = self.condition(raw.when.as_ref(), None);
        let read: Vec<_> = raw.question.iter().map(|question| self.question(question)).collect();
        self.names.scored.insert(raw.id.get_ref().clone());
        let questions = read.into_iter().collect::<Option<Vec<_>>>();
        Some(Section { id: id?, title: title?, intro: intro?, when, questions: questions? })
    }

    fn outcome(&mut self, raw: &raw::Outcome) -> Option<Outcome> {
        let id = self.own(&raw.id);
        let (title, otherwise_because) = (self.words(&raw.title), self.words(&raw.otherwise));
        let results: Vec<_> = raw.results.get_ref().iter().map(|result| self.result(result)).collect();
        let codes: Vec<&str> = raw.results.get_ref().iter().map(|result| result.id.get_ref().as_str()).collect();
        let conclusions = ["unacceptable", "residual-high", "acceptable"];
        if let Some(result) = raw.results.get_ref().iter().find(|result| result.id.get_ref() == "otherwise") {
            self.complain(&result.id, InstrumentProblem::Reserved("otherwise".to_owned()));
        }
        let mut own: BTreeSet<&str> = codes.iter().copied().collect();
        if codes.len() < 2 || own.len() != codes.len() {
            self.complain(&raw.results, InstrumentProblem::Results);
        } else if raw.id.get_ref() == CONCLUSION && codes != conclusions {
            self.complain(&raw.results, InstrumentProblem::Conclusion);
        }
        let mut criteria = Vec::new();
        for criterion in &raw.criterion {
            if criterion.id.get_ref() == "otherwise" || !own.insert(criterion.id.get_ref()) {
                self.complain(&criterion.id, InstrumentProblem::Twice(criterion.id.get_ref().clone()));
            }
            criteria.push(self.criterion(criterion, &codes));
        }
        if raw.criterion.is_empty() {
            self.complain(&raw.id, InstrumentProblem::NoCriterion);
        }
        let mut results = results.into_iter().collect::<Option<Vec<_>>>()?;
        let tiers: Vec<Option<Tier>> = results.iter().map(|result| result.tier).collect();
        // In this order, all with a tier and those from the weightiest, or all without.
        if !tiers.is_sorted_by(|one, next| one >= next && one.is_some() == next.is_some()) {
            self.complain(&raw.results, InstrumentProblem::Tiers);
        }
        let otherwise = results.pop()?;
        Some(Outcome {
            id: id?,
            title: title?,
            results,
            criteria: criteria.into_iter().collect::<Option<_>>()?,
            otherwise,
            otherwise_because: otherwise_because?,
        })
    }

    fn result(&mut self, raw: &raw::Result) -> Option<OutcomeResult> {
        let (id, label) = (self.parsed(&raw.id), self.words(&raw.label));
        let requires = raw.requires.iter().map(|id| self.parsed::<InstrumentId>(id)).collect::<Option<_>>();
        let tier = match &raw.tier {
            None => Some(None),
            Some(text) => {
                let known = Tier::ALL.into_iter().find(|tier| tier.code() == text.get_ref());
                if known.is_none() {
                    self.complain(text, InstrumentProblem::Tier);
                }
                known.map(Some)
            }
        };
        Some(OutcomeResult { id: id?, label: label?, requires: requires?, tier: tier? })
    }

    fn criterion(&mut self, raw: &raw::Criterion, results: &[&str]) -> Option<Criterion> {
        let (id, because) = (self.parsed(&raw.id), self.words(&raw.because));
        let result = self.parsed::<OptionId>(&raw.result);
        // The last result is what remains; a criterion for it could only hide a stricter one.
        let stricter = results.split_last().map_or(&[][..], |(_, stricter)| stricter);
        if result.as_ref().is_some_and(|result| !stricter.contains(&result.as_str())) {
            self.complain(&raw.result, InstrumentProblem::CriterionResult);
        }
        let when = self.condition(Some(&raw.when), None);
        Some(Criterion { id: id?, result: result?, when: when?, because: because? })
    }

    fn labels(&mut self, raw: &raw::Labels, instrument: &Instrument) -> Labels {
        let known = instrument.texts();
        let mut labels = BTreeMap::new();
        for (locale, texts) in raw {
            let mut translated = BTreeMap::new();
            for (key, text) in texts {
                if !known.contains_key(key) {
                    self.complain(text, InstrumentProblem::Label(key.clone()));
                }
                if let Some(words) = self.words(text) {
                    translated.insert(key.clone(), words);
                }
            }
            labels.insert(locale.clone(), translated);
        }
        Labels(labels)
    }
}
