//! What becomes of a property, as people write it: a word, and its setting in one line.

use model::Treatment;
use serde_json::{Map, Value};

/// Treatments: the code, what it does, and what its setting is.
pub const TREATMENTS: [(&str, &str); 12] = [
    ("keep", "Stored as it came"),
    ("drop", "Read and forgotten"),
    ("pseudonymise", "Becomes a tag, whose key is destroyed (setting: how long a key lives, for instance 24h)"),
    ("count", "Forgotten; equal observations become one with a count"),
    ("tally", "Distinct values are counted in memory"),
    ("cell", "A position becomes the cell that holds it (setting: the H3 resolution, for instance 9)"),
    ("district", "A position becomes a registered place (setting: the places’ short names, with spaces)"),
    ("band", "A number becomes its class (setting: the width of a class, for instance 10)"),
    ("clamp", "A number is held between limits (setting: lowest, highest and perhaps a width, for instance 0 130 10)"),
    (
        "journey",
        "From sensor to sensor, in memory (setting: within which time, then edges of classes, for instance 1h 5m 15m)",
    ),
    (
        "dwell",
        "How long it stays, in memory (setting: after which time it has gone, then edges, for instance 10m 5m 15m)",
    ),
    ("match", "Compared with an order’s list; what is not on it leaves no trace (setting: the order’s short name)"),
];
/// What a setting begins the bound with that says in how many cells a value counts.
const MOST: &str = "most=";

/// A treatment from its word and its setting; none if they do not fit. The word is one of [`TREATMENTS`] or there is none.
#[must_use]
pub fn read(code: &str, setting: &str) -> Option<Treatment> {
    let mut parts: Vec<&str> = setting.split([' ', ',', '\n']).filter(|part| !part.is_empty()).collect();
    let number = |text: &str| text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from);
    let mut members = Map::from_iter([("do".to_owned(), code.into())]);
    let mut set = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
    if let Some(most) = parts.last().and_then(|part| part.strip_prefix(MOST)) {
        set("most", number(most));
        parts.pop();
    }
    let whole = parts.join(" ");
    match code {
        "pseudonymise" => set("epoch", whole.into()),
        "cell" => set("resolution", number(&whole)),
        "band" => set("width", number(&whole)),
        "match" => set("order", whole.into()),
        "district" => set("of", parts.into()),
        "clamp" => {
            for (name, part) in ["lowest", "highest", "width"].into_iter().zip(&parts) {
                set(name, number(part));
            }
        }
        "journey" | "dwell" => {
            let mut parts = parts.into_iter();
            set("within", parts.next().unwrap_or_default().into());
            set("classes", parts.collect::<Vec<_>>().into());
        }
        _ => {}
    }
    serde_json::from_value(members.into()).ok()
}

/// The setting of a treatment, as [`read`] reads it.
#[must_use]
pub fn setting(treatment: &Treatment) -> String {
    let durations = |within: &model::Span, classes: &model::DurationEdges| {
        let edges = classes.edges().iter().map(ToString::to_string);
        std::iter::once(within.to_string()).chain(edges).collect::<Vec<_>>().join(" ")
    };
    let own = match treatment {
        Treatment::Keep | Treatment::Drop | Treatment::Count | Treatment::Tally { .. } => String::new(),
        Treatment::Pseudonymise { epoch } => epoch.span().to_string(),
        Treatment::Cell { resolution } => resolution.level().to_string(),
        Treatment::Band { width } => width.to_string(),
        Treatment::Clamp { lowest, highest, width } => {
            let width = width.map(|width| format!(" {width}")).unwrap_or_default();
            format!("{lowest} {highest}{width}")
        }
        Treatment::District { of } => of.ids().iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        Treatment::Journey { within, classes, .. } | Treatment::Dwell { within, classes, .. } => {
            durations(within, classes)
        }
        Treatment::Match { order } => order.to_string(),
    };
    let most = treatment.most().map(|most| format!(" {MOST}{most}")).unwrap_or_default();
    format!("{own}{most}").trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_treatment_is_read_with_its_setting_and_written_as_it_was_read() {
        for (code, text, json) in [
            ("keep", "", r#"{"do":"keep"}"#),
            ("drop", "", r#"{"do":"drop"}"#),
            ("count", "", r#"{"do":"count"}"#),
            ("tally", "", r#"{"do":"tally"}"#),
            ("tally", "most=3", r#"{"do":"tally","most":3}"#),
            ("pseudonymise", "1d", r#"{"do":"pseudonymise","epoch":"1d"}"#),
            ("cell", "9", r#"{"do":"cell","resolution":9}"#),
            ("band", "10", r#"{"do":"band","width":10}"#),
            ("clamp", "0 130", r#"{"do":"clamp","lowest":0,"highest":130}"#),
            ("clamp", "-5 130 10", r#"{"do":"clamp","lowest":-5,"highest":130,"width":10}"#),
            ("district", "old-town docks", r#"{"do":"district","of":["old-town","docks"]}"#),
            ("journey", "1h 5m 15m", r#"{"do":"journey","within":"1h","classes":["5m","15m"]}"#),
            ("dwell", "10m 5m most=2", r#"{"do":"dwell","within":"10m","classes":["5m"],"most":2}"#),
            ("match", "order-17", r#"{"do":"match","order":"order-17"}"#),
        ] {
            let treatment = read(code, text);
            assert_eq!(serde_json::to_string(&treatment).ok().as_deref(), Some(json), "{code} {text}");
            assert_eq!(treatment.as_ref().map(setting).as_deref(), Some(text));
            assert_eq!(treatment.as_ref().map(Treatment::code), Some(code));
        }
        for (code, text) in [("cell", "x"), ("clamp", "5"), ("keep", "most=3"), ("pseudonymise", ""), ("none", "")] {
            assert_eq!(read(code, text), None, "{code} {text}");
        }
        assert!(TREATMENTS.iter().all(|(code, _)| Treatment::CODES.contains(code)));
    }
}
