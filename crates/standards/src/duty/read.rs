//! Reads `duties/*.toml`: clocks and limits on keeping. What cannot be read, or could never run, is refused with its
//! line; every fault of a file is told at once, and nothing is read half.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use model::{DutyId, EvidenceKind, Moment, ParameterId, RequirementId, Timestamp};

use super::keep::{Data, DeclaredKeep, Keep, KeepSide};
use super::period::{MonthDay, Period};
use super::term::Term;
use super::{Declared, Duty, Extension, InForce};
use crate::applies::{self, About, Applies};
use crate::diagnostic::{Diagnostic, Problems};
use crate::pack::fields::{Fields, Item, Place};
use crate::pack::manifest::slug;
use crate::parameter::Silence;

/// The largest file of duties, in bytes; that of any file of a pack.
pub const DUTY_FILE_BYTES_MAX: usize = 256 * 1024;
/// The most duties, and the most limits, of one file.
pub const DUTIES_MAX: usize = 500;
/// The longest words of a duty, in bytes.
pub const WORDS_BYTES_MAX: usize = 8 * 1024;
/// The most times that one clock may be extended.
const EXTENSIONS_MAX: i64 = 10;
/// The most days of the year that one duty may fall on.
const DAYS_MAX: usize = 12;

const MOMENT: &str = "write one of these, or evidence/<kind>";
const PERIOD: &str = "write a length such as 30d, 6w, 12mo or 5y, or a parameter";
const SILENCE: &str = "write one of these, or a parameter of the kind `silence`";

/// What one file of duties says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DutyFile {
    /// Its clocks.
    pub duties: Vec<Declared>,
    /// Its limits on keeping.
    pub keeps: Vec<DeclaredKeep>,
    /// The line of each, by its id, for whoever checks them against the rest of the pack.
    pub lines: BTreeMap<String, usize>,
    /// The parameters that it names, each with its line.
    pub named: Vec<(ParameterId, usize)>,
}

/// Reads a file of duties.
///
/// # Errors
/// Everything that is wrong in it, each with its line.
pub fn read_duties(file: &str, text: &str) -> Result<DutyFile, Vec<Diagnostic>> {
    let mut problems = Problems::default();
    let read = read(file, text, &mut problems);
    problems.or(read)
}

/// What can be read of a file, and its problems beside those of other files.
pub(crate) fn read(file: &str, text: &str, problems: &mut Problems) -> DutyFile {
    read_as(file, text, false, problems)
}

/// What can be read of the text of an adopted duty, which says by itself when it is in force.
pub(super) fn read_adopted(file: &str, text: &str, problems: &mut Problems) -> DutyFile {
    read_as(file, text, true, problems)
}

fn read_as(file: &str, text: &str, adopted: bool, problems: &mut Problems) -> DutyFile {
    let mut reader = Reader { read: DutyFile::default(), adopted, problems };
    if text.len() > DUTY_FILE_BYTES_MAX {
        let what = format!("a file of duties has {DUTY_FILE_BYTES_MAX} bytes at most");
        reader.problems.push(Diagnostic::of_file(file, "file-too-large", what, "split it"));
        return reader.read;
    }
    let place = Place::file(file, text);
    let Some(table) = place.parse(reader.problems) else { return reader.read };
    let mut fields = Fields::new(place, &table, "a file of duties");
    for item in reader.items(&mut fields, "duty") {
        let duty = reader.duty(&item);
        reader.read.duties.extend(duty);
    }
    for item in reader.items(&mut fields, "keep") {
        let keep = reader.keep(&item);
        reader.read.keeps.extend(keep);
    }
    fields.finish(reader.problems);
    reader.read
}

struct Reader<'p> {
    read: DutyFile,
    /// Whether a duty says by itself when it is in force.
    adopted: bool,
    problems: &'p mut Problems,
}

impl Reader<'_> {
    fn items<'t, 'd>(&mut self, fields: &mut Fields<'t, 'd>, key: &'static str) -> Vec<Item<'t, 'd>> {
        let Some(list) = fields.get(key) else { return Vec::new() };
        let items = list.items(self.problems);
        if items.len() > DUTIES_MAX {
            let what = format!("{} tables `[[{key}]]`, the limit is {DUTIES_MAX}", items.len());
            self.problems.push(list.problem("too-many", what, "split the file"));
            return Vec::new();
        }
        items
    }

    fn complain<T>(
        &mut self,
        item: &Item<'_, '_>,
        code: &'static str,
        what: impl Into<String>,
        help: &str,
    ) -> Option<T> {
        self.problems.push(item.problem(code, what, help));
        None
    }

    fn need<T>(
        &mut self,
        fields: &mut Fields<'_, '_>,
        key: &'static str,
        read: impl FnOnce(&mut Self, &Item<'_, '_>) -> Option<T>,
    ) -> Option<T> {
        let item = fields.need(key, self.problems)?;
        read(self, &item)
    }

    /// What may be left away: none where it is wrong, some of none where it is not there.
    #[expect(clippy::option_option, reason = "a fault and an absence are told apart, and the fault is told already")]
    fn may<T>(
        &mut self,
        fields: &mut Fields<'_, '_>,
        key: &'static str,
        read: impl FnOnce(&mut Self, &Item<'_, '_>) -> Option<T>,
    ) -> Option<Option<T>> {
        fields.get(key).map_or(Some(None), |item| read(self, &item).map(Some))
    }

    /// An id, and the line on which it stands.
    fn id(&mut self, item: &Item<'_, '_>) -> Option<String> {
        let id = slug(item, self.problems)?;
        if self.read.lines.insert(id.clone(), item.line()).is_some() {
            let what = format!("`{id}` is there twice");
            return self.complain(item, "duplicate-id", what, "rename one");
        }
        Some(id)
    }

    fn requirement(&mut self, item: &Item<'_, '_>) -> Option<RequirementId> {
        slug(item, self.problems).map(RequirementId)
    }

    fn moment(&mut self, item: &Item<'_, '_>) -> Option<Moment> {
        item.parsed("unknown-moment", MOMENT, self.problems)
    }

    fn evidence(&mut self, item: &Item<'_, '_>) -> Option<EvidenceKind> {
        item.parsed("bad-id", "name a kind of evidence, of a-z, 0-9 and -", self.problems)
    }

    /// A value or a parameter.
    fn term<T>(&mut self, item: &Item<'_, '_>, code: &'static str, help: &str) -> Option<Term<T>>
    where
        Term<T>: FromStr<Err: Display>,
    {
        let term: Term<T> = item.parsed(code, help, self.problems)?;
        self.read.named.extend(term.parameter().map(|name| (name.clone(), item.line())));
        Some(term)
    }

    fn period(&mut self, item: &Item<'_, '_>) -> Option<Term<Period>> {
        self.term(item, "bad-period", PERIOD)
    }

    fn silence(&mut self, item: &Item<'_, '_>) -> Option<Term<Silence>> {
        self.term(item, "unknown-silence", SILENCE)
    }

    /// A length that must be longer than nothing, as far as can be told before parameters are filled in.
    fn step(&mut self, item: &Item<'_, '_>) -> Option<Term<Period>> {
        let term = self.period(item)?;
        if matches!(&term, Term::Fixed(period) if period.is_zero()) {
            let what = "this is no time at all, and the clock would never stand still";
            return self.complain(item, "no-time", what, "make it a day or more");
        }
        Some(term)
    }

    /// All parts are read before any is missed, so that each fault is told.
    fn duty(&mut self, item: &Item<'_, '_>) -> Option<Declared> {
        let mut fields = item.fields("a duty", self.problems)?;
        let id = self.need(&mut fields, "id", Self::id);
        let requirement = self.need(&mut fields, "requirement", Self::requirement);
        let from = self.need(&mut fields, "from", Self::moment);
        let each = self.may(&mut fields, "each", |reader, item| item.flag(reader.problems));
        let within = self.need(&mut fields, "within", Self::period);
        let every = self.may(&mut fields, "every", Self::step);
        let on = self.may(&mut fields, "on", Self::days);
        let done_by = self.need(&mut fields, "done_by", Self::moment);
        let silence = self.need(&mut fields, "silence", Self::silence);
        let words = self.may(&mut fields, "words", Self::words);
        let extension = self.may(&mut fields, "extension", |reader, item| reader.extension(item, done_by.as_ref()));
        let applies = self.applies(&mut fields, from.as_ref(), done_by.as_ref());
        let in_force = self.in_force(&mut fields);
        fields.finish(self.problems);
        let (id, from, done_by) = (DutyId::new(&id?).ok()?, from?, done_by?);
        Some(Duty {
            id,
            requirement: requirement?,
            applies: applies?,
            each: each?.unwrap_or_else(|| Declared::each_unless_said(&from, &done_by)),
            within: within?,
            every: every?,
            on: on?.unwrap_or_default(),
            silence: silence?,
            extension: extension?,
            words: words?,
            in_force: in_force?,
            from,
            done_by,
        })
    }

    fn days(&mut self, item: &Item<'_, '_>) -> Option<Vec<MonthDay>> {
        let read = |item: &Item<'_, '_>, problems: &mut Problems| {
            item.parsed("bad-day", "write a day of the year such as \"11-01\"", problems)
        };
        if item.value().as_array().is_none() {
            return read(item, self.problems).map(|day| vec![day]);
        }
        let items = item.items(self.problems);
        if items.is_empty() || items.len() > DAYS_MAX {
            let what = format!("`on` has {} days of the year; it has 1 to {DAYS_MAX}", items.len());
            return self.complain(item, "out-of-bounds", what, "name some, or leave `on` out");
        }
        // Each is read before any is missed.
        let days: Vec<_> = items.iter().map(|item| read(item, self.problems)).collect();
        days.into_iter().collect()
    }

    fn in_force(&mut self, fields: &mut Fields<'_, '_>) -> Option<InForce> {
        if !self.adopted {
            return Some(InForce::default());
        }
        let instant = |reader: &mut Self, item: &Item<'_, '_>| {
            item.parsed::<Timestamp>("bad-time", "write a time such as 2027-11-01T00:00:00Z", reader.problems)
        };
        let from = self.may(fields, "in_force_from", instant);
        let to = self.may(fields, "in_force_to", instant);
        Some(InForce { from: from?, to: to? })
    }

    fn words(&mut self, item: &Item<'_, '_>) -> Option<String> {
        let words = item.short_text(WORDS_BYTES_MAX, self.problems)?;
        if words.contains("${") {
            let what = "a parameter inside the words of a duty is never filled";
            return self.complain(
                item,
                "parameter-in-text",
                what,
                "leave the words out: the requirement's text stands",
            );
        }
        Some(words)
    }

    fn extension(&mut self, item: &Item<'_, '_>, done_by: Option<&Moment>) -> Option<Extension<Term<Period>>> {
        let mut fields = item.fields("[duty.extension]", self.problems)?;
        let by = self.need(&mut fields, "by", Self::step);
        let evidence = self.need(&mut fields, "evidence", |reader, item| {
            let evidence = reader.evidence(item)?;
            if done_by.is_some_and(|done_by| done_by.is_evidence(&evidence)) {
                let what = "what extends the clock cannot also stop it";
                return reader.complain(item, "stops-too", what, "name another kind of evidence");
            }
            Some(evidence)
        });
        let most = self.need(&mut fields, "most", |reader, item| {
            let most = item.count(reader.problems)?;
            if !(1..=EXTENSIONS_MAX).contains(&most) {
                let what = format!("a clock may be extended 1 to {EXTENSIONS_MAX} times");
                return reader.complain(item, "out-of-bounds", what, "write one of these, or leave the extension out");
            }
            u32::try_from(most).ok()
        });
        fields.finish(self.problems);
        Some(Extension { by: by?, evidence: evidence?, most: most? })
    }

    fn applies(
        &mut self,
        fields: &mut Fields<'_, '_>,
        from: Option<&Moment>,
        done_by: Option<&Moment>,
    ) -> Option<Applies> {
        let about = self.may(fields, "about", Self::about)?.unwrap_or_default();
        let applies = self.may(fields, "applies", |reader, item| {
            if about == About::City {
                let what = "a duty of the city as a whole has no `applies`: tiers and data are those of deployments";
                return reader.complain(item, "city-applies", what, "take it out");
            }
            if item.fields("[duty.applies]", reader.problems)?.get("about").is_some() {
                let what = "`about` stands under `applies`";
                return reader.complain(item, "about-twice", what, "write it beside the id of the duty");
            }
            applies::read(item, reader.problems)
        });
        if about == About::City {
            for (key, moment, what) in [("from", from, "never start"), ("done_by", done_by, "never stop")] {
                let Some(moment) = moment.filter(|moment| moment.is_of_deployment_only()) else { continue };
                let Some(item) = fields.get(key) else { continue };
                let what = format!("`{moment}` never happens to the city as a whole, so that this clock would {what}");
                self.problems.push(item.problem("never-happens", what, "name another moment"));
            }
        }
        Some(Applies { about, ..applies?.unwrap_or_default() })
    }

    fn about(&mut self, item: &Item<'_, '_>) -> Option<About> {
        let words = [("deployment", About::Deployment), ("city", About::City), ("device", About::Device)];
        let about = item.one_of(&words, self.problems)?;
        if about == About::Device {
            let what = "a duty is about a `deployment` or the `city`";
            return self.complain(
                item,
                "about-device",
                what,
                "write it about the deployment that the device belongs to",
            );
        }
        Some(about)
    }

    fn keep(&mut self, item: &Item<'_, '_>) -> Option<DeclaredKeep> {
        let mut fields = item.fields("a `[[keep]]`", self.problems)?;
        let id = self.need(&mut fields, "id", Self::id);
        let requirement = self.need(&mut fields, "requirement", Self::requirement);
        let data = self.need(&mut fields, "data", |reader, item| {
            item.parsed::<Data>("unknown-data", "name a category of data, or record-<name>", reader.problems)
        });
        let least = fields.get("at_least");
        let most = fields.get("at_most");
        let bound = match (&least, &most) {
            (Some(item), None) => self.period(item).map(|period| (KeepSide::AtLeast, period)),
            (None, Some(item)) => self.period(item).map(|period| (KeepSide::AtMost, period)),
            _ => {
                let what = "a `[[keep]]` has either `at_least` or `at_most`";
                self.complain(item, "bad-keep", what, "write one `[[keep]]` for each side")
            }
        };
        fields.finish(self.problems);
        let (id, requirement, data, (side, period)) = (id?, requirement?, data?, bound?);
        Some(Keep { id, requirement, data, side, period })
    }
}
