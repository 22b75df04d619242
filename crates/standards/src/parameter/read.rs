//! Parameters and values from TOML.

use std::collections::BTreeSet;

use toml::de::DeValue;

use super::{AgeTier, Needs, Parameter, ParameterId, Silence, Stricter, Value, parse_span};
use crate::diagnostic::Problems;
use crate::pack::fields::{Fields, Item};

/// Most members of a set, and most steps by age.
const MEMBERS_MAX: usize = 256;
/// Most bytes of a set's member.
const MEMBER_BYTES_MAX: usize = 128;

const STRICTER: [(&str, Stricter); 4] = [
    ("higher", Stricter::Higher),
    ("lower", Stricter::Lower),
    ("smaller", Stricter::Smaller),
    ("larger", Stricter::Larger),
];
const KINDS: [(&str, &str); 5] =
    [("count", "count"), ("span", "span"), ("set", "set"), ("silence", "silence"), ("tiers", "tiers")];

/// The name of a parameter, which is also a variable of texts.
pub(crate) fn id(name: &str) -> Result<ParameterId, String> {
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return Err("a parameter begins with a letter, because texts name it `{ $parameter }`".to_owned());
    }
    ParameterId::new(name).map_err(|error| error.to_string())
}

/// Reads `[parameters.<id>]`.
pub(crate) fn parameter(name: &str, item: &Item<'_, '_>, problems: &mut Problems) -> Option<Parameter> {
    let mut fields = item.fields("a parameter", problems)?;
    let id = id(name).map_err(|what| problems.push(item.problem("bad-id", what, "rename it"))).ok();
    let kind = fields.need("kind", problems).and_then(|item| item.one_of(&KINDS, problems));
    let stricter_item = fields.get("stricter");
    let stricter = stricter_item.as_ref().and_then(|item| item.one_of(&STRICTER, problems));
    let value_item = fields.need("value", problems);
    let value = value_item.as_ref().and_then(|item| value(item, problems));
    fields.finish(problems);
    let (value, value_item, kind) = (value?, value_item?, kind?);
    // An empty list is a set or no steps by age.
    let value = match value {
        Value::Set(members) if kind == "tiers" && members.is_empty() => Value::Tiers(Vec::new()),
        other => other,
    };
    if value.kind() != kind {
        let what = format!("the value is a {}, but `kind` says {kind}", value.kind());
        problems.push(value_item.problem("wrong-kind", what, "write a value of that kind, or name the other kind"));
        return None;
    }
    if !value.fits(stricter) {
        let help = match kind {
            "count" | "span" => "say `stricter = \"higher\"` or `\"lower\"`",
            "set" => "say `stricter = \"smaller\"` or `\"larger\"`",
            _ => "leave `stricter` out; this kind has its own order",
        };
        let what = format!("`stricter` does not fit a {kind}");
        problems.push(stricter_item.as_ref().unwrap_or(item).problem("bad-stricter", what, help));
        return None;
    }
    Some(Parameter { id: id?, value, stricter })
}

/// Reads a value; what it is shows in how it is written.
pub(crate) fn value(item: &Item<'_, '_>, problems: &mut Problems) -> Option<Value> {
    match item.value() {
        DeValue::Integer(_) => item.count(problems).map(Value::Count),
        DeValue::Array(list) if list.len() > MEMBERS_MAX => {
            let what = format!("{} members, the limit is {MEMBERS_MAX}", list.len());
            problems.push(item.problem("too-long", what, "name a branch of the vocabulary instead of its leaves"));
            None
        }
        DeValue::Array(list) if list.iter().any(|member| member.get_ref().is_table()) => tiers(item, problems),
        DeValue::Array(_) => set(item, problems),
        _ => {
            let text = item.text(problems)?;
            if let Some(silence) = Silence::ALL.into_iter().find(|silence| silence.code() == text) {
                return Some(Value::Silence(silence));
            }
            span(item, problems).map(Value::Span)
        }
    }
}

/// Reads a span.
pub(crate) fn span(item: &Item<'_, '_>, problems: &mut Problems) -> Option<model::Span> {
    let text = item.text(problems)?;
    let help = "write 90s, 15m, 24h, 30d, 4w or 5y";
    parse_span(text).map_err(|error| problems.push(item.problem("bad-value", error.to_string(), help))).ok()
}

fn set(item: &Item<'_, '_>, problems: &mut Problems) -> Option<Value> {
    let items = item.items(problems);
    let mut members = BTreeSet::new();
    let mut whole = true;
    for item in &items {
        let member = item.short_text(MEMBER_BYTES_MAX, problems);
        let Some(member) = member.filter(|member| !member.chars().any(char::is_control)) else {
            problems.push(item.problem("bad-value", "a member of a set is a short text on one line", "write a code"));
            whole = false;
            continue;
        };
        if !members.insert(member) {
            problems.push(item.problem("twice", "the set has this member twice", "leave one out"));
        }
    }
    whole.then_some(Value::Set(members))
}

fn tiers(item: &Item<'_, '_>, problems: &mut Problems) -> Option<Value> {
    let words = Needs::ALL.map(|needs| (needs.code(), needs));
    let mut tiers: Vec<AgeTier> = Vec::new();
    for item in item.items(problems) {
        let mut fields = item.fields("a step by age", problems)?;
        let after = fields.need("after", problems).and_then(|item| span(&item, problems));
        let needs = fields.need("needs", problems).and_then(|item| item.one_of(&words, problems));
        fields.finish(problems);
        let tier = AgeTier { after: after?, needs: needs? };
        let rises = tiers.last().is_none_or(|last| last.after < tier.after && last.needs < tier.needs);
        if !rises || tier.needs == Needs::Anyone {
            let what = "each step by age begins later and needs more than the one before";
            problems.push(item.problem("bad-value", what, "sort the steps, and leave out those that change nothing"));
            return None;
        }
        tiers.push(tier);
    }
    Some(Value::Tiers(tiers))
}

/// Reads every parameter of a requirement.
pub(crate) fn parameters(fields: &Fields<'_, '_>, problems: &mut Problems) -> Vec<(Parameter, usize)> {
    let place = fields.place;
    let read = |(name, offset, item): (&str, usize, Item<'_, '_>)| {
        parameter(name, &item, problems).map(|parameter| (parameter, place.line(offset)))
    };
    fields.each().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use model::Span;

    use super::*;
    use crate::pack::fields::Place;

    fn read(text: &str) -> Result<Vec<Parameter>, Vec<&'static str>> {
        let mut problems = Problems::default();
        let place = Place::file("a.toml", text);
        let table = place.parse(&mut problems).unwrap();
        let fields = Fields::new(place, &table, "parameters");
        let parameters = parameters(&fields, &mut problems).into_iter().map(|(parameter, _)| parameter).collect();
        problems.or(parameters).map_err(|found| found.into_iter().map(|problem| problem.code).collect())
    }

    #[test]
    fn each_kind_reads_as_it_is_written() {
        let text = r#"
            a = { value = 10, kind = "count", stricter = "higher" }
            b = { value = "4w", kind = "span", stricter = "lower" }
            c = { value = ["y", "x"], kind = "set", stricter = "smaller" }
            d = { value = "cease", kind = "silence" }
            e = { value = [{ after = "90d", needs = "senior" }, { after = "1y", needs = "nobody" }], kind = "tiers" }
            f = { value = [], kind = "tiers" }
        "#;
        let shown: Vec<_> = read(text).unwrap().into_iter().map(|parameter| parameter.value.to_string()).collect();
        let expected = ["10", "28d", "[`x`, `y`]", "cease", "[senior after 90d, nobody after 365d]", "[]"];
        assert_eq!(shown, expected);
        let span = read("a = { value = '5y', kind = 'span', stricter = 'lower' }").unwrap();
        assert_eq!(span.first().map(|parameter| parameter.value.clone()), Some(Value::Span(Span::days(1_825))));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let cases = [
            ("a = { value = 10, kind = 'span', stricter = 'lower' }", "wrong-kind"),
            ("a = { value = 10, kind = 'count' }", "bad-stricter"),
            ("a = { value = 10, kind = 'count', stricter = 'smaller' }", "bad-stricter"),
            ("a = { value = 'cease', kind = 'silence', stricter = 'lower' }", "bad-stricter"),
            ("a = { value = -1, kind = 'count', stricter = 'lower' }", "wrong-type"),
            ("a = { value = 1.5, kind = 'count', stricter = 'lower' }", "wrong-type"),
            ("a = { value = '10 days', kind = 'span', stricter = 'lower' }", "bad-value"),
            ("a = { value = ['x', 'x'], kind = 'set', stricter = 'smaller' }", "twice"),
            (
                "a = { value = [{ after = '2d', needs = 'judge' }, { after = '3d', needs = 'senior' }], kind = 'tiers' }",
                "bad-value",
            ),
            ("a = { value = 10, kind = 'count', stricter = 'lower', unit = 'people' }", "unknown-key"),
            ("1a = { value = 10, kind = 'count', stricter = 'lower' }", "bad-id"),
            ("a = 10", "wrong-type"),
        ];
        for (text, code) in cases {
            assert_eq!(read(text).err(), Some(vec![code]), "{text}");
        }
        // Several at once.
        assert_eq!(read("a = 1\nb = {}").err(), Some(vec!["wrong-type", "missing-key", "missing-key"]));
    }
}
