//! Reads `duties/*.toml`: clocks and limits on keeping. What cannot be read, or could never run, is refused with its
//! line; nothing is read half.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use model::{DutyId, EvidenceKind, IdError, RequirementId};
use serde::Deserialize;
use toml::Spanned;

use super::keep::{Data, DataError, Keep, KeepSide};
use super::moment::{Moment, MomentError};
use super::period::{MonthDay, Period, PeriodError, cut};
use super::term::{Term, TermError};
use super::{Declared, Duty, Extension};
use crate::applies::{About, Applies};
use crate::located::{Located, Page};

/// The largest file of duties, in bytes; that of any file of a pack.
pub const DUTY_FILE_BYTES_MAX: usize = 256 * 1024;
/// The most duties, and the most limits, of one file.
pub const DUTIES_MAX: usize = 500;
/// The most times that one clock may be extended.
const EXTENSIONS_MAX: u32 = 10;
/// The most days of the year that one duty may fall on.
const DAYS_MAX: usize = 12;
/// The longest words of a duty, in bytes.
const WORDS_BYTES_MAX: usize = 2_000;

/// What is wrong in a file of duties.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DutyProblem {
    /// Not TOML, a field that is unknown, missing or of the wrong type.
    #[error("{0}")]
    Shape(String),
    /// Too large.
    #[error("a file of duties has {DUTY_FILE_BYTES_MAX} bytes and {DUTIES_MAX} duties or limits at most; split it")]
    TooLarge,
    /// An id is not one.
    #[error(transparent)]
    Id(#[from] IdError),
    /// Two of one id.
    #[error("`{0}` stands here twice; give one of them another id")]
    Twice(String),
    /// A requirement's id is not a slug.
    #[error("`{0}` is not the id of a requirement; allowed are a-z, 0-9 and -")]
    Requirement(String),
    /// A moment is unknown.
    #[error(transparent)]
    Moment(#[from] MomentError),
    /// A length or silence is neither a value nor a parameter.
    #[error(transparent)]
    Term(#[from] TermError),
    /// A day of the year is not one.
    #[error(transparent)]
    Day(#[from] PeriodError),
    /// What is kept is unknown.
    #[error(transparent)]
    Data(#[from] DataError),
    /// It would never happen.
    #[error("`{moment}` never happens to {about}, so that this clock would {what}; name another moment")]
    NeverHappens {
        /// The moment.
        moment: Moment,
        /// `the city as a whole`.
        about: &'static str,
        /// `never start` or `never stop`.
        what: &'static str,
    },
    /// About devices.
    #[error("a duty is about a `deployment` or the `city`; write it about the deployment that the device belongs to")]
    AboutDevice,
    /// `about` within `applies`.
    #[error("write `about` beside the id of the duty, not under `applies`")]
    AboutTwice,
    /// Conditions on the city.
    #[error("a duty of the city as a whole has no `applies`: tiers and data are those of deployments; remove it")]
    CityApplies,
    /// A number is out of bounds.
    #[error("{0}")]
    Bounds(&'static str),
}

/// What one file of duties says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DutyFile {
    /// Its clocks.
    pub duties: Vec<Declared>,
    /// Its limits on keeping.
    pub keeps: Vec<Keep<Term<Period>>>,
    /// The line of each, by its id, for whoever checks them against the rest of the pack.
    pub lines: BTreeMap<String, usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    duty: Vec<RawDuty>,
    #[serde(default)]
    keep: Vec<RawKeep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDuty {
    id: Spanned<String>,
    requirement: Spanned<String>,
    #[serde(default)]
    about: Option<Spanned<About>>,
    from: Spanned<String>,
    #[serde(default)]
    each: Option<bool>,
    within: Spanned<String>,
    #[serde(default)]
    every: Option<Spanned<String>>,
    #[serde(default)]
    on: Option<Spanned<OneOrMany>>,
    done_by: Spanned<String>,
    silence: Spanned<String>,
    #[serde(default)]
    words: Option<Spanned<String>>,
    #[serde(default)]
    extension: Option<RawExtension>,
    #[serde(default)]
    applies: Option<Spanned<Applies>>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a day of the year such as \"11-01\", or a list of them")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExtension {
    by: Spanned<String>,
    evidence: Spanned<String>,
    most: Spanned<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKeep {
    id: Spanned<String>,
    requirement: Spanned<String>,
    data: Spanned<String>,
    #[serde(default)]
    at_least: Option<Spanned<String>>,
    #[serde(default)]
    at_most: Option<Spanned<String>>,
}

/// Whether a text is a slug, as all ids are.
pub(crate) fn is_slug(text: &str) -> bool {
    EvidenceKind::new(text).is_ok()
}

/// Reads a file of duties.
///
/// # Errors
/// Everything that is wrong in it, each with its line.
pub fn read_duties(file: &str, text: &str) -> Result<DutyFile, Vec<Located<DutyProblem>>> {
    let page = Page { file, text };
    if text.len() > DUTY_FILE_BYTES_MAX {
        return Err(vec![page.at(&(0..0), DutyProblem::TooLarge)]);
    }
    let raw: RawFile = page.toml(DutyProblem::Shape).map_err(|problem| vec![problem])?;
    if raw.duty.len().max(raw.keep.len()) > DUTIES_MAX {
        return Err(vec![page.at(&(0..0), DutyProblem::TooLarge)]);
    }
    let mut reader = Reader { page, read: DutyFile::default(), problems: Vec::new() };
    for duty in &raw.duty {
        reader.name(&duty.id);
        let found = reader.duty(duty);
        reader.read.duties.extend(found);
    }
    for keep in &raw.keep {
        reader.name(&keep.id);
        let found = reader.keep(keep);
        reader.read.keeps.extend(found);
    }
    if reader.problems.is_empty() { Ok(reader.read) } else { Err(reader.problems) }
}

struct Reader<'t> {
    page: Page<'t>,
    read: DutyFile,
    problems: Vec<Located<DutyProblem>>,
}

impl Reader<'_> {
    fn complain<T>(&mut self, place: &Spanned<T>, problem: impl Into<DutyProblem>) {
        let problem = self.page.of(place, problem.into());
        self.problems.push(problem);
    }

    /// Writes down where an id stands.
    fn name(&mut self, id: &Spanned<String>) {
        let line = self.page.of(id, ()).line;
        if self.read.lines.insert(id.get_ref().clone(), line).is_some() {
            self.complain(id, DutyProblem::Twice(cut(id.get_ref())));
        }
    }

    fn parsed<T: FromStr<Err: Into<DutyProblem> + Display>>(&mut self, text: &Spanned<String>) -> Option<T> {
        text.get_ref().parse().map_err(|error: T::Err| self.complain(text, error)).ok()
    }

    fn requirement(&mut self, id: &Spanned<String>) -> Option<RequirementId> {
        if !is_slug(id.get_ref()) {
            self.complain(id, DutyProblem::Requirement(cut(id.get_ref())));
            return None;
        }
        Some(RequirementId(id.get_ref().clone()))
    }

    /// A length that must be longer than nothing, as far as can be told before parameters are filled in.
    fn step(&mut self, text: &Spanned<String>) -> Option<Term<Period>> {
        let term: Term<Period> = self.parsed(text)?;
        if matches!(&term, Term::Fixed(period) if period.is_zero()) {
            self.complain(
                text,
                DutyProblem::Bounds("this must be a day or more, or the clock would never stand still"),
            );
        }
        Some(term)
    }

    /// All parts are read before any is missed, so that each fault is told.
    fn duty(&mut self, raw: &RawDuty) -> Option<Declared> {
        let id = self.parsed::<DutyId>(&raw.id);
        let requirement = self.requirement(&raw.requirement);
        let (from, done_by) = (self.parsed::<Moment>(&raw.from), self.parsed::<Moment>(&raw.done_by));
        let (within, silence) = (self.parsed(&raw.within), self.parsed(&raw.silence));
        let every = raw.every.as_ref().map(|every| self.step(every));
        let on = self.days(raw.on.as_ref());
        let extension = raw.extension.as_ref().map(|extension| self.extension(extension, done_by.as_ref()));
        let applies = self.applies(raw, from.as_ref(), done_by.as_ref());
        let words = raw.words.as_ref().map(Spanned::get_ref).cloned();
        if let Some(long) = raw.words.as_ref().filter(|words| words.get_ref().len() > WORDS_BYTES_MAX) {
            self.complain(long, DutyProblem::Bounds("the words of a duty have 2000 bytes at most"));
        }
        let (from, done_by) = (from?, done_by?);
        Some(Duty {
            id: id?,
            requirement: requirement?,
            applies: applies?,
            each: raw.each.unwrap_or(matches!(from, Moment::Evidence(_)) || from == done_by),
            within: within?,
            every: every.map_or(Some(None), |every| every.map(Some))?,
            on: on?,
            silence: silence?,
            extension: extension.map_or(Some(None), |extension| extension.map(Some))?,
            words,
            from,
            done_by,
        })
    }

    fn days(&mut self, on: Option<&Spanned<OneOrMany>>) -> Option<Vec<MonthDay>> {
        let Some(on) = on else { return Some(Vec::new()) };
        let texts = match on.get_ref() {
            OneOrMany::One(text) => std::slice::from_ref(text),
            OneOrMany::Many(texts) => texts.as_slice(),
        };
        if texts.is_empty() || texts.len() > DAYS_MAX {
            self.complain(on, DutyProblem::Bounds("name 1 to 12 days of the year, or leave `on` away"));
        }
        let days = texts.iter().map(|text| text.parse()).collect::<Result<_, _>>();
        days.map_err(|error: PeriodError| self.complain(on, error)).ok()
    }

    fn extension(&mut self, raw: &RawExtension, done_by: Option<&Moment>) -> Option<Extension<Term<Period>>> {
        let (by, evidence) = (self.step(&raw.by), self.parsed::<EvidenceKind>(&raw.evidence));
        let most = *raw.most.get_ref();
        if !(1..=EXTENSIONS_MAX).contains(&most) {
            self.complain(&raw.most, DutyProblem::Bounds("a clock may be extended 1 to 10 times"));
        }
        let evidence = evidence?;
        if done_by.is_some_and(|done_by| done_by.is_evidence(&evidence)) {
            self.complain(
                &raw.evidence,
                DutyProblem::Bounds("what extends the clock cannot also stop it; name another kind"),
            );
        }
        Some(Extension { by: by?, evidence, most })
    }

    fn applies(&mut self, raw: &RawDuty, from: Option<&Moment>, done_by: Option<&Moment>) -> Option<Applies> {
        let about = raw.about.as_ref().map_or(About::Deployment, |about| *about.get_ref());
        let mut applies = raw.applies.as_ref().map(Spanned::get_ref).cloned().unwrap_or_default();
        if let Some(place) = raw.applies.as_ref().filter(|applies| applies.get_ref().about != About::Deployment) {
            self.complain(place, DutyProblem::AboutTwice);
        } else if let (Some(place), About::City) = (raw.applies.as_ref(), about) {
            self.complain(place, DutyProblem::CityApplies);
        }
        match (&raw.about, about) {
            (Some(place), About::Device) => self.complain(place, DutyProblem::AboutDevice),
            (_, About::City) => {
                for (place, moment, what) in [(&raw.from, from, "never start"), (&raw.done_by, done_by, "never stop")] {
                    if let Some(moment) = moment.filter(|moment| moment.is_of_deployment_only()).cloned() {
                        let about = "the city as a whole";
                        self.complain(place, DutyProblem::NeverHappens { moment, about, what });
                    }
                }
            }
            _ => {}
        }
        applies.about = about;
        Some(applies)
    }

    fn keep(&mut self, raw: &RawKeep) -> Option<Keep<Term<Period>>> {
        if !is_slug(raw.id.get_ref()) {
            self.complain(&raw.id, DutyProblem::Bounds("the id of a limit is made of a-z, 0-9 and -"));
        }
        let (requirement, data) = (self.requirement(&raw.requirement), self.parsed::<Data>(&raw.data));
        let (side, text) = match (&raw.at_least, &raw.at_most) {
            (Some(text), None) => (KeepSide::AtLeast, text),
            (None, Some(text)) => (KeepSide::AtMost, text),
            _ => {
                self.complain(&raw.id, DutyProblem::Bounds("say either `at_least` or `at_most`; both are two limits"));
                return None;
            }
        };
        let period = self.parsed(text);
        Some(Keep { id: raw.id.get_ref().clone(), requirement: requirement?, data: data?, side, period: period? })
    }
}
