//! What a view shows, in plain words: one short sentence for each of its limits.

use model::noise::decimal;
use model::{
    Edges, EpochLength, Exposure, IdentifierExposure, Measure, PropertyName, Rho, Space, Span, Stream, Timestamp, View,
};
use privacy::Ledger;
use privacy::release::{threshold, within};

use super::data::cell;
use super::{count, every, instant, list, span};

/// The name that residents know a property by: its category's, beginning small.
fn named(stream: &Stream, property: &PropertyName) -> String {
    stream.properties.get(property).map_or_else(|| property.to_string(), |known| known.category.name().to_owned())
}

/// The names of several properties. Those of one category are named once, and told apart by what their sensors call them.
fn named_together<'p>(stream: &Stream, properties: impl IntoIterator<Item = &'p PropertyName>) -> Vec<String> {
    let mut names: Vec<(String, Vec<String>)> = Vec::new();
    for property in properties {
        let name = named(stream, property);
        match names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, same)) => same.push(property.to_string()),
            None => names.push((name, vec![property.to_string()])),
        }
    }
    let told = |(name, same): (String, Vec<String>)| {
        if same.len() > 1 { format!("“{name}” ({})", list(&same)) } else { format!("“{name}”") }
    };
    names.into_iter().map(told).collect()
}

/// What can be seen through a view, sentence by sentence.
pub(crate) fn view(view: &View, stream: &Stream) -> Vec<String> {
    let mut sentences = match &view.exposure {
        Exposure::Records { fields } => {
            let names = named_together(stream, fields);
            let seen = if names.is_empty() { String::new() } else { format!(", and {}", list(&names)) };
            vec![format!("Each record by itself: when, at which sensor{seen}.")]
        }
        Exposure::Windows { bin, space, measure } => {
            let place = match space {
                Space::Stream => "for all sensors together".to_owned(),
                Space::Cell { resolution } => format!("for each {}", cell(*resolution)),
                Space::District { .. } => "for each district".to_owned(),
                Space::Sensor => "for each sensor".to_owned(),
                Space::Pair => "for each way from one sensor to another".to_owned(),
            };
            let (measure, unit) = measured(measure, stream);
            let mut told = vec![format!("One number {place} and every {}: {measure}.", every(bin.span()))];
            if view.minimum.0 > 1 {
                told.push(format!("A number that stands for fewer than {} {unit} is held back.", view.minimum.0));
            }
            told
        }
    };
    if let (
        Exposure::Windows { space: Space::Cell { .. } | Space::District { .. } | Space::Sensor | Space::Pair, .. },
        Some(cells),
    ) = (&view.exposure, view.bound.0)
    {
        let places = if cells == 1 { "one number".to_owned() } else { format!("{cells} numbers") };
        sentences
            .push(format!("One device counts in at most {places} of the same time, also if it was at more places."));
    }
    sentences.extend(noise(view, stream));
    sentences.push(identifiers(view.identifiers, &view.exposure).to_owned());
    sentences.push(reach(view));
    sentences
}

fn measured(measure: &Measure, stream: &Stream) -> (String, &'static str) {
    match measure {
        Measure::Observations => ("how many observations there were".to_owned(), "observations"),
        Measure::Distinct { property } if stream.works_in_memory() => {
            (format!("how many different ones there were (“{}”)", named(stream, property)), "different ones")
        }
        Measure::Distinct { property } => {
            (format!("how many different tags there were (“{}”)", named(stream, property)), "different tags")
        }
        Measure::Running { property } => (
            format!(
                "how many different tags there were since the life of their key began (“{}”)",
                named(stream, property)
            ),
            "different tags",
        ),
        Measure::Histogram { property, number, edges } => {
            let unit = counted(property.as_ref());
            (
                format!("how many {unit} there were in each class of “{}” ({})", named(stream, number), classes(edges)),
                unit,
            )
        }
        Measure::Quantile { property, number, edges, percent } => {
            let unit = counted(property.as_ref());
            let (number, percent) = (named(stream, number), percent.get());
            (format!("below which of some limits of “{number}” {percent} of 100 {unit} lay ({})", classes(edges)), unit)
        }
        Measure::ClampedMean { number, clamp, .. } => {
            let (number, lowest, highest) = (named(stream, number), clamp.lowest(), clamp.highest());
            (
                format!("the mean of “{number}”, of which nothing counts as less than {lowest} or more than {highest}"),
                "different tags",
            )
        }
        Measure::Mean { property } => (format!("the mean of “{}”", named(stream, property)), "observations"),
    }
}

/// What is counted: tags, or observations.
const fn counted(property: Option<&PropertyName>) -> &'static str {
    if property.is_some() { "different tags" } else { "observations" }
}

/// Classes by their edges.
fn classes(edges: &Edges) -> String {
    let edges: Vec<String> = edges.as_slice().iter().map(ToString::to_string).collect();
    format!("limits at {}", list(&edges))
}

/// How far off the numbers are, and why.
fn noise(view: &View, stream: &Stream) -> Option<String> {
    view.noise.rho()?;
    let off = within(view, stream).map_or_else(String::new, |within| {
        format!(", nineteen of twenty by at most {within}; what is too small is held back after that")
    });
    let ways = threshold(view, stream).map_or_else(String::new, |least| {
        format!(" A way is shown from {least} on, so that none is there because of one device alone, but for a chance of one in a million.")
    });
    Some(format!("Chance moves each number, so that nobody can tell whether one device was there{off}.{ways}"))
}

/// What all releases of a stream together may tell of one unit, and how much of that is used.
pub(crate) fn budget(budget: Rho, epoch: EpochLength, since: Timestamp, ledger: &Ledger) -> String {
    format!(
        "All numbers that are released of it, to whomever, may together cost one device a loss of privacy of {budget} in \
         {} (ρ of zero-concentrated differential privacy). {} of it is used since {}{}. A device that comes back after that, \
         or under another address, is another one, and may lose as much again; so it does where other sensors hear it.",
        span(epoch.span()),
        decimal(ledger.spent(since)),
        instant(since),
        match ledger.unpaid() {
            0 => String::new(),
            unpaid => format!("; {} were left out so far, because it was used up", count(unpaid, "window", "windows")),
        }
    )
}

const fn identifiers(exposure: IdentifierExposure, shape: &Exposure) -> &'static str {
    match (exposure, shape) {
        (IdentifierExposure::None, _) => "It does not say who was there.",
        (IdentifierExposure::Rotating, _) => {
            "It shows tags. The key behind them is destroyed, and then nobody can join them."
        }
        (IdentifierExposure::Stable, _) => "It shows tags that stay the same, so that the same device can be followed.",
        (IdentifierExposure::Raw, _) => "It identifies people, devices or vehicles.",
    }
}

fn reach(view: &View) -> String {
    let (delay, depth) = (view.delay.0, view.depth.0);
    let back = format!("It reaches back {} at most", span(depth));
    if delay == Span::ZERO {
        format!("{back} and holds nothing back.")
    } else {
        format!("{back} and holds back the last {}.", every(delay))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Stream {
        serde_json::from_str(
            r#"{"id":"wifi","retention":"24h","time":{"do":"keep"},"properties":{
                "mac":{"category":"mac-address","value":"text","treatment":{"do":"pseudonymise","epoch":"24h"}},
                "level":{"category":"water-level","value":"number","treatment":{"do":"keep"}}}}"#,
        )
        .unwrap()
    }

    fn a_view(exposure: &str, identifiers: &str, minimum: u32, delay: &str) -> View {
        let text = format!(
            r#"{{"id":"v","version":1,"stream":"wifi","title":"t","exposure":{exposure},"identifiers":"{identifiers}",
                "minimum":{minimum},"bound":null,"noise":"none","delay":"{delay}","depth":"400d"}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn counts_say_their_minimum() {
        let counts = a_view(
            r#"{"as":"windows","bin":"15m","space":{"by":"sensor"},"measure":{"of":"distinct","property":"mac"}}"#,
            "none",
            10,
            "0s",
        );
        assert_eq!(
            view(&counts, &stream()),
            [
                "One number for each sensor and every 15 minutes: how many different tags there were (“MAC address of a \
                 phone or laptop”).",
                "A number that stands for fewer than 10 different tags is held back.",
                "It does not say who was there.",
                "It reaches back 400 days at most and holds nothing back.",
            ]
        );
    }

    #[test]
    fn a_budget_says_what_is_left_of_it() {
        let day = EpochLength::new(Span::hours(24)).unwrap();
        let ledger = r#"{"spent":{"1970-01-01T00:00:00Z":120000},"through":{},"unpaid":2}"#;
        let said = budget("0.5".parse().unwrap(), day, Timestamp::UNIX_EPOCH, &serde_json::from_str(ledger).unwrap());
        assert!(said.contains("2 windows were left out"), "{said}");
        assert!(
            said.contains("a loss of privacy of 0.5 in 1 day") || said.contains("a loss of privacy of 0.5 in 24 hours"),
            "{said}"
        );
        assert!(said.contains("0.12 of it is used since"), "{said}");
    }

    #[test]
    fn noise_says_how_far_off_it_is() {
        let windows =
            r#"{"as":"windows","bin":"15m","space":{"by":"sensor"},"measure":{"of":"distinct","property":"mac"}}"#;
        let exact = a_view(windows, "none", 10, "0s");
        let rho = "0.02".parse().unwrap();
        let noisy = View { noise: model::Noise::Gaussian { rho }, bound: model::Bound(Some(1)), ..exact.clone() };
        let said = |view: &View| {
            super::view(view, &stream()).iter().any(|sentence| sentence.contains("nineteen of twenty by at most 10;"))
        };
        assert!(said(&noisy) && !said(&exact));
    }

    #[test]
    fn a_mean_without_a_minimum_promises_none() {
        let mean = a_view(
            r#"{"as":"windows","bin":"1h","space":{"by":"stream"},"measure":{"of":"mean","property":"level"}}"#,
            "none",
            0,
            "1h",
        );
        let words = view(&mean, &stream());
        assert_eq!(words.len(), 3);
        assert_eq!(
            words.first().map(String::as_str),
            Some("One number for all sensors together and every hour: the mean of “Height of a river or drain”.")
        );
        assert_eq!(
            words.last().map(String::as_str),
            Some("It reaches back 400 days at most and holds back the last hour.")
        );
    }

    #[test]
    fn what_is_of_one_category_is_named_once_and_told_apart() {
        let level: PropertyName = "level".parse().unwrap();
        assert_eq!(named_together(&stream(), [&level]), ["“Height of a river or drain”"]);
        assert_eq!(named_together(&stream(), [&level, &level]), ["“Height of a river or drain” (level and level)"]);
    }

    #[test]
    fn records_name_their_fields_and_raw_is_called_by_its_name() {
        let records = a_view(r#"{"as":"records","fields":["level"]}"#, "raw", 0, "0s");
        let words = view(&records, &stream());
        assert_eq!(
            words.first().map(String::as_str),
            Some("Each record by itself: when, at which sensor, and “Height of a river or drain”.")
        );
        assert!(words.iter().any(|sentence| sentence.contains("identifies people")));
    }
}
