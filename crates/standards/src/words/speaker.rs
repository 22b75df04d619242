//! Renders messages in one language, with values in words.

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use model::{Span, time::SECONDS_PER_DAY};
use unic_langid::LanguageIdentifier;

use super::message::Message;
use crate::parameter::{AgeTier, Needs, Value};

const EN: &str = include_str!("units/en.ftl");
const DE: &str = include_str!("units/de.ftl");
const FR: &str = include_str!("units/fr.ftl");
const NL: &str = include_str!("units/nl.ftl");
const SECONDS_PER_YEAR: u32 = 365 * SECONDS_PER_DAY;
/// Units in which a text may ask for a span: `{ $retention-days }`.
pub(crate) const UNITS: [(&str, u32); 4] =
    [("-minutes", 60), ("-hours", 3_600), ("-days", SECONDS_PER_DAY), ("-years", SECONDS_PER_YEAR)];

/// One language's plurals and words.
pub(crate) struct Speaker {
    bundle: FluentBundle<FluentResource>,
}

impl Speaker {
    /// A speaker of a language. Words of spans are there for English, German, French and Dutch; elsewhere symbols stand.
    pub(crate) fn new(locale: &str) -> Self {
        let tag: LanguageIdentifier = locale.parse().unwrap_or_default();
        let words = match tag.language.as_str() {
            "en" => EN,
            "de" => DE,
            "fr" => FR,
            "nl" => NL,
            _ => "",
        };
        let mut bundle = FluentBundle::new(vec![tag]);
        bundle.set_use_isolating(false);
        let resource = FluentResource::try_new(words.to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
        Self { bundle }
    }

    /// The value of a message, or its title, on one line.
    pub(crate) fn say<'v>(
        &self,
        message: &Message,
        title: bool,
        value: impl Fn(&str) -> Option<&'v Value>,
    ) -> Result<String, String> {
        let shape = if title { message.title.as_ref() } else { message.value.as_ref() };
        let shape = shape.ok_or_else(|| format!("`{}` has no such text", message.key))?;
        let mut arguments = FluentArgs::new();
        for variable in &shape.variables {
            arguments.set(variable.clone(), self.argument(variable, &value)?);
        }
        let mut errors = Vec::new();
        let said = message.with_tree(|tree| {
            let pattern = if title { tree.attributes.first().map(|title| &title.value) } else { tree.value.as_ref() };
            pattern.map(|pattern| self.bundle.format_pattern(pattern, Some(&arguments), &mut errors).into_owned())
        });
        match (said.flatten(), errors.first()) {
            (Some(text), None) => Ok(text.split_whitespace().collect::<Vec<_>>().join(" ")),
            (_, Some(error)) => Err(format!("`{}` does not render: {error}", message.key)),
            (None, None) => Err(format!("`{}` does not render", message.key)),
        }
    }

    fn argument<'v>(
        &self,
        variable: &str,
        value: &impl Fn(&str) -> Option<&'v Value>,
    ) -> Result<FluentValue<'static>, String> {
        if let Some(value) = value(variable) {
            return Ok(match value {
                Value::Count(count) => FluentValue::from(*count),
                other => FluentValue::from(self.in_words(other)),
            });
        }
        let (unit, span) = UNITS
            .iter()
            .find_map(|(ending, seconds)| Some((*seconds, value(variable.strip_suffix(ending)?)?)))
            .ok_or_else(|| format!("there is no parameter `{variable}`"))?;
        match span {
            Value::Span(span) if span.as_seconds() % unit == 0 => Ok(FluentValue::from(span.as_seconds() / unit)),
            Value::Span(span) => Err(format!("`{variable}` is not a whole number, the span is {span}")),
            other => Err(format!("`{variable}` is asked for, but the parameter is a {}", other.kind())),
        }
    }

    /// A value in the words of the language.
    pub(crate) fn in_words(&self, value: &Value) -> String {
        match value {
            Value::Count(count) => count.to_string(),
            Value::Span(span) => self.span(*span),
            Value::Set(members) => self.list(members.iter().cloned().collect()),
            Value::Silence(silence) => self.word(silence.code(), &[]).unwrap_or_else(|| silence.code().to_owned()),
            Value::Tiers(tiers) => self.list(tiers.iter().map(|tier| self.tier(tier)).collect()),
        }
    }

    fn tier(&self, tier: &AgeTier) -> String {
        let age = self.span(tier.after);
        let needs = if tier.needs == Needs::Anyone {
            None
        } else {
            self.word(tier.needs.code(), &[("age", age.clone().into())])
        };
        needs.unwrap_or_else(|| format!("> {age}: {}", tier.needs.code()))
    }

    fn list(&self, mut parts: Vec<String>) -> String {
        let Some(last) = parts.pop() else {
            return self.word("none", &[]).unwrap_or_else(|| "∅".to_owned());
        };
        if parts.is_empty() {
            return last;
        }
        let first = parts.join(", ");
        let both = self.word("two", &[("first", first.clone().into()), ("last", last.clone().into())]);
        both.unwrap_or_else(|| format!("{first}, {last}"))
    }

    fn span(&self, span: Span) -> String {
        let seconds = span.as_seconds();
        let (unit, symbol, each) = match seconds {
            0 => return self.word("no-time", &[]).unwrap_or_else(|| "0 s".to_owned()),
            s if s % SECONDS_PER_YEAR == 0 => ("years", "a", SECONDS_PER_YEAR),
            s if s % SECONDS_PER_DAY == 0 && s > SECONDS_PER_DAY => ("days", "d", SECONDS_PER_DAY),
            s if s % 3_600 == 0 => ("hours", "h", 3_600),
            s if s % 60 == 0 => ("minutes", "min", 60),
            _ => ("seconds", "s", 1),
        };
        let count = seconds / each;
        self.word(unit, &[("n", count.into())]).unwrap_or_else(|| format!("{count} {symbol}"))
    }

    /// One of the language's own words.
    fn word(&self, key: &str, values: &[(&'static str, FluentValue<'static>)]) -> Option<String> {
        let message = self.bundle.get_message(key)?;
        let arguments: FluentArgs<'_> = values.iter().cloned().collect();
        let mut errors = Vec::new();
        let said = self.bundle.format_pattern(message.value()?, Some(&arguments), &mut errors);
        errors.is_empty().then(|| said.into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::parameter::Silence;
    use super::*;

    #[test]
    fn spans_have_words_and_plurals() {
        let cases = [
            (Span::hours(24), "24 hours", "24 Stunden", "24 heures", "24 uur", "24 h"),
            (Span::hours(1), "1 hour", "1 Stunde", "1 heure", "1 uur", "1 h"),
            (Span::days(30), "30 days", "30 Tage", "30 jours", "30 dagen", "30 d"),
            (Span::days(365), "1 year", "1 Jahr", "1 an", "1 jaar", "1 a"),
            (Span::minutes(5), "5 minutes", "5 Minuten", "5 minutes", "5 minuten", "5 min"),
            (Span::seconds(61), "61 seconds", "61 Sekunden", "61 secondes", "61 seconden", "61 s"),
            (Span::ZERO, "no time", "keine Zeit", "aucune durée", "geen tijd", "0 s"),
        ];
        for (span, en, de, fr, nl, fi) in cases {
            let said = ["en", "de-AT", "fr", "nl", "fi"].map(|locale| Speaker::new(locale).span(span));
            assert_eq!(said, [en, de, fr, nl, fi]);
        }
    }

    #[test]
    fn every_language_has_every_word() {
        let keys = |text: &str| -> Vec<String> {
            let keys = text.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key.to_owned());
            keys.filter(|key| !key.starts_with(' ')).collect()
        };
        for other in [DE, FR, NL] {
            assert_eq!(keys(EN), keys(other));
        }
        for locale in ["en", "de", "fr", "nl"] {
            let speaker = Speaker::new(locale);
            assert!(Silence::ALL.iter().all(|silence| speaker.word(silence.code(), &[]).is_some()), "{locale}");
            let tiers = Needs::ALL.map(|needs| speaker.tier(&AgeTier { after: Span::days(90), needs }));
            assert!(tiers.iter().skip(1).all(|tier| tier.contains("90") && !tier.contains('>')), "{tiers:?}");
        }
        let set = Value::Set(["a", "b", "c"].map(str::to_owned).into());
        assert_eq!(Speaker::new("en").in_words(&set), "a, b and c");
    }

    #[test]
    fn a_span_is_said_in_a_unit_only_where_it_is_whole() {
        let message =
            Message::of_text("after { $keep-days ->\n    [one] one day\n   *[other] { $keep-days } days\n}").unwrap();
        let say = |span| {
            let value = Value::Span(span);
            Speaker::new("en").say(&message, false, |name| (name == "keep").then_some(&value))
        };
        assert_eq!(say(Span::days(1)).as_deref(), Ok("after one day"));
        assert_eq!(say(Span::days(28)).as_deref(), Ok("after 28 days"));
        assert!(say(Span::hours(36)).is_err());
    }
}
