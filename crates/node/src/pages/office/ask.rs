//! Forms as data: their fields, what was typed into them, and what is wrong with each.
//!
//! What was sent is text until a form reads it, and stands in the fields again as it was typed. Nothing here decides anything.

use std::fmt;
use std::fmt::Display;
use std::str::FromStr;

use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use model::Timestamp;

use crate::problem::{Kind, Problem};
use crate::words;

/// The most values of one form.
const VALUES_MAX: usize = 1_000;
/// The longest line, in characters.
pub(super) const LINE_CHARS_MAX: usize = 400;
/// The longest text, in characters: what the register takes.
pub(super) const TEXT_CHARS_MAX: usize = 4_000;

/// A form as axum reads it.
pub(super) type Read = Result<Form<Vec<(String, String)>>, FormRejection>;

/// What a form sent. Some of it is not public yet, so that no debug text has it.
#[derive(Clone, Default)]
pub(super) struct Sent(Vec<(String, String)>);

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sent({} values)", self.0.len())
    }
}

impl Sent {
    /// What came, line ends as they are everywhere else.
    ///
    /// # Errors
    /// It cannot be read, or has too many values.
    pub(super) fn read(read: Read) -> Result<Self, Problem> {
        let values = read?.0;
        if values.len() > VALUES_MAX {
            return Err(Problem::new(Kind::TooLarge).detail("what was sent is too long for this form"));
        }
        Ok(Self(values.into_iter().map(|(name, value)| (name, value.replace("\r\n", "\n"))).collect()))
    }

    /// Values that no form sent: what lies in a draft.
    pub(super) const fn of(values: Vec<(String, String)>) -> Self {
        Self(values)
    }

    /// A value; empty if there is none.
    pub(super) fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// A value without the spaces around it; none if nothing else is there.
    pub(super) fn filled(&self, name: &str) -> Option<&str> {
        Some(self.one(name).trim()).filter(|value| !value.is_empty())
    }

    /// Every value of a name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether nothing was sent yet.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What goes along when the form is sent again: all but what every form carries anew.
    pub(super) fn along(&self) -> Vec<(String, String)> {
        self.0.iter().filter(|(name, _)| !matches!(name.as_str(), "form" | "go" | "id")).cloned().collect()
    }
}

/// How a field is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Input {
    /// A line of text.
    Line,
    /// Some lines of text.
    Text,
    /// A text that is run: many lines, whose ends and spaces count.
    Code,
    /// What goes along unseen.
    Hidden,
    /// A day.
    Day,
    /// One of several.
    One(Vec<Choice>),
    /// Any of several.
    Any(Vec<Choice>),
}

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) text: String,
    pub(super) chosen: bool,
}

impl Choice {
    /// Something that can be chosen, under a name.
    pub(super) fn new(value: impl Display, text: impl Into<String>) -> Self {
        Self { value: value.to_string(), text: text.into(), chosen: false }
    }
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: String,
    pub(super) required: bool,
    pub(super) input: Input,
    pub(super) value: String,
    /// What is wrong with it.
    pub(super) wrong: Option<String>,
}

impl Field {
    fn new(name: &'static str, label: &'static str, input: Input, value: String) -> Self {
        Self { name, label, hint: String::new(), required: true, input, value, wrong: None }
    }

    /// A line.
    pub(super) fn line(name: &'static str, label: &'static str, sent: &Sent) -> Self {
        Self::new(name, label, Input::Line, sent.one(name).to_owned())
    }

    /// Some lines.
    pub(super) fn text(name: &'static str, label: &'static str, sent: &Sent) -> Self {
        Self::new(name, label, Input::Text, sent.one(name).to_owned())
    }

    /// A text that is run; before anything was sent, the one that is there.
    pub(super) fn code(name: &'static str, label: &'static str, sent: &Sent, there: &str) -> Self {
        let value = if sent.is_empty() { there } else { sent.one(name) };
        Self::new(name, label, Input::Code, value.to_owned())
    }

    /// What goes along unseen, and is the same for whoever opens the form now.
    pub(super) fn hidden(name: &'static str, value: String) -> Self {
        Self::new(name, "", Input::Hidden, value)
    }

    /// A day; before anything was sent, the one that is proposed.
    pub(super) fn day(name: &'static str, label: &'static str, sent: &Sent, proposed: Option<Timestamp>) -> Self {
        let proposed = proposed.filter(|_| sent.is_empty()).map(Timestamp::date);
        let value = proposed.unwrap_or_else(|| sent.one(name).to_owned());
        Self::new(name, label, Input::Day, value)
    }

    /// One of several.
    pub(super) fn one(name: &'static str, label: &'static str, sent: &Sent, mut choices: Vec<Choice>) -> Self {
        let value = sent.one(name).to_owned();
        for choice in &mut choices {
            choice.chosen = choice.value == value;
        }
        Self::new(name, label, Input::One(choices), value)
    }

    /// Any of several.
    pub(super) fn any(name: &'static str, label: &'static str, sent: &Sent, mut choices: Vec<Choice>) -> Self {
        for choice in &mut choices {
            choice.chosen = sent.all(name).any(|value| value == choice.value);
        }
        Self { required: false, ..Self::new(name, label, Input::Any(choices), String::new()) }
    }

    /// Says more about it.
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    /// It may stay empty.
    pub(super) fn optional(self) -> Self {
        Self { required: false, ..self }
    }

    /// What was filled in, in words; empty if nothing was.
    pub(super) fn filled(&self) -> String {
        match &self.input {
            Input::Line | Input::Text => self.value.clone(),
            // What is long is told by what differs, and what is unseen stays so.
            Input::Code | Input::Hidden => String::new(),
            Input::Day => day(&self.value).map_or_else(|_| self.value.clone(), words::day),
            Input::One(choices) | Input::Any(choices) => {
                let chosen = choices.iter().filter(|choice| choice.chosen).map(|choice| choice.text.clone());
                chosen.collect::<Vec<_>>().join("; ")
            }
        }
    }
}

/// Something wrong in a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) field: &'static str,
    pub(super) words: String,
}

/// What is wrong in a form, collected while it is read, so that somebody hears of all of it at once.
#[derive(Debug, Default)]
pub(super) struct Faults(pub(super) Vec<Fault>);

impl Faults {
    /// Notes that something is wrong.
    pub(super) fn note(&mut self, field: &'static str, words: impl Display) {
        self.0.push(Fault { field, words: words::capital(&words.to_string()) });
    }

    /// A value that must be there.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&mut self, sent: &Sent, field: &'static str) -> Option<T> {
        let Some(text) = sent.filled(field) else {
            self.note(field, "this has to be filled in");
            return None;
        };
        text.parse().map_err(|error: T::Err| self.note(field, error)).ok()
    }

    /// A day that must be there.
    pub(super) fn day(&mut self, sent: &Sent, field: &'static str) -> Option<Timestamp> {
        let Some(text) = sent.filled(field) else {
            self.note(field, "this needs a day");
            return None;
        };
        day(text).map_err(|words| self.note(field, words)).ok()
    }

    /// A day that may be missing.
    pub(super) fn day_if_any(&mut self, sent: &Sent, field: &'static str) -> Option<Timestamp> {
        sent.filled(field).and_then(|text| day(text).map_err(|words| self.note(field, words)).ok())
    }

    /// An instant: a day that must be there, and a time of day in UTC; the begin of the day if none is said.
    pub(super) fn moment(&mut self, sent: &Sent, on: &'static str, at: &'static str) -> Option<Timestamp> {
        let begin = self.day(sent, on);
        let Some(clock) = sent.filled(at) else { return begin };
        let is_clock = clock.len() == 5 && clock.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
        let read = format!("{}T{clock}:00Z", begin?.date()).parse().ok().filter(|_| is_clock);
        if read.is_none() {
            self.note(at, "this is not a time of day; write it as hours and minutes, for instance 14:30");
        }
        read
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, sent: &Sent, field: &'static str) -> Option<String> {
        let text = sent.filled(field).map(str::to_owned);
        if text.is_none() {
            self.note(field, "this has to be filled in");
        }
        text
    }

    /// What was read, if nothing was wrong.
    pub(super) fn settle<T>(self, read: Option<T>) -> Result<T, Vec<Fault>> {
        match read {
            Some(read) if self.0.is_empty() => Ok(read),
            _ => Err(self.0),
        }
    }
}

/// The begin of a day in UTC, as forms write days.
fn day(text: &str) -> Result<Timestamp, &'static str> {
    let is_day = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let read = format!("{text}T00:00:00Z").parse();
    read.ok().filter(|_| is_day).ok_or("this is not a day; write it as year-month-day, for instance 2027-05-01")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_a_day_and_nothing_else() {
        assert_eq!(day("2027-05-01"), Ok("2027-05-01T00:00:00Z".parse().unwrap()));
        for bad in ["", "2027-13-01", "2027-02-30", "01.05.2027", "2027-05-01T08:00:00Z", "2027-05-0x", "١٠٢٧-٠٥"]
        {
            assert!(day(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_moment_is_a_day_and_a_time_of_day() {
        let moment = |day: &str, clock: &str| {
            let sent = Sent::of(vec![("on".to_owned(), day.to_owned()), ("at".to_owned(), clock.to_owned())]);
            let mut faults = Faults::default();
            let read = faults.moment(&sent, "on", "at");
            faults.settle(read).map_err(|said| said.iter().map(|fault| fault.field).collect::<Vec<_>>())
        };
        assert_eq!(moment("2027-05-01", "14:30"), Ok("2027-05-01T14:30:00Z".parse().unwrap()));
        assert_eq!(moment("2027-05-01", " "), Ok("2027-05-01T00:00:00Z".parse().unwrap()));
        for bad in ["24:00", "2 pm", "1:30", "14:30:00", "aa:bb"] {
            assert_eq!(moment("2027-05-01", bad), Err(vec!["at"]), "{bad}");
        }
        assert_eq!(moment("soon", "14:30"), Err(vec!["on"]));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once_and_nothing_sent_is_in_debug() {
        let sent = Sent::of(vec![("until".to_owned(), "soon".to_owned()), ("form".to_owned(), "secret".to_owned())]);
        let mut faults = Faults::default();
        let (until, text) = (faults.day(&sent, "until"), faults.text(&sent, "summary"));
        let said = faults.settle(until.zip(text)).unwrap_err();
        assert_eq!(said.iter().map(|fault| fault.field).collect::<Vec<_>>(), ["until", "summary"]);
        assert_eq!(format!("{sent:?}"), "Sent(2 values)");
        assert_eq!(sent.along(), [("until".to_owned(), "soon".to_owned())]);
    }
}
