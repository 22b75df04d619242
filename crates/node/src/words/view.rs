//! What a view shows, in plain words: one short sentence for each of its limits.

use model::noise::decimal;
use model::{
    Edges, EpochLength, Exposure, IdentifierExposure, Measure, PropertyName, Rho, Space, Span, Stream, Timestamp, View,
};
use privacy::Ledger;
use privacy::release::{threshold, within};

use super::data::cell;
use crate::lang::Lang;

/// The name that residents know a property by: its category's.
fn named(lang: Lang, stream: &Stream, property: &PropertyName) -> String {
    stream
        .properties
        .get(property)
        .map_or_else(|| property.to_string(), |known| lang.category(known.category).to_owned())
}

/// The names of several properties. Those of one category are named once, and told apart by what their sensors call them.
fn named_together<'p>(
    lang: Lang,
    stream: &Stream,
    properties: impl IntoIterator<Item = &'p PropertyName>,
) -> Vec<String> {
    let mut names: Vec<(String, Vec<String>)> = Vec::new();
    for property in properties {
        let name = named(lang, stream, property);
        match names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, same)) => same.push(property.to_string()),
            None => names.push((name, vec![property.to_string()])),
        }
    }
    let told = |(name, same): (String, Vec<String>)| {
        let name = lang.quoted(&name);
        if same.len() > 1 { format!("{name} ({})", lang.list(&same)) } else { name }
    };
    names.into_iter().map(told).collect()
}

/// What can be seen through a view, sentence by sentence.
pub(crate) fn view(lang: Lang, view: &View, stream: &Stream) -> Vec<String> {
    let mut sentences = match &view.exposure {
        Exposure::Records { fields } => {
            let names = named_together(lang, stream, fields);
            let seen = if names.is_empty() {
                String::new()
            } else {
                format!("{}{}", lang.of(", and ", " und "), lang.list(&names))
            };
            let each = lang
                .of("Each record by itself: when, at which sensor", "Jeder Messwert einzeln: wann, an welchem Sensor");
            vec![format!("{each}{seen}.")]
        }
        Exposure::Windows { bin, space, measure } => windows(lang, view, stream, (bin.span(), space, measure)),
    };
    sentences.extend(bound(lang, view));
    sentences.extend(noise(lang, view, stream));
    sentences.push(identifiers(lang, view.identifiers).to_owned());
    sentences.push(reach(lang, view));
    sentences
}

/// One number for each stretch of time, where, and of what.
fn windows(lang: Lang, view: &View, stream: &Stream, (bin, space, measure): (Span, &Space, &Measure)) -> Vec<String> {
    let place = match space {
        Space::Stream => lang.of("for all sensors together", "für alle Sensoren zusammen").to_owned(),
        Space::Cell { resolution } => format!("{} {}", lang.of("for each", "für jedes"), cell(lang, *resolution)),
        Space::District { .. } => lang.of("for each district", "für jeden Bezirk").to_owned(),
        Space::Sensor => lang.of("for each sensor", "für jeden Sensor").to_owned(),
        Space::Pair => lang
            .of("for each way from one sensor to another", "für jeden Weg von einem Sensor zu einem anderen")
            .to_owned(),
    };
    let (every, minimum) = (lang.every(bin), lang.number(view.minimum.0.into()));
    let (measure, unit) = measured(lang, measure, stream);
    let (number, held_back) = match lang {
        Lang::En => (
            format!("One number {place} and {every}: {measure}."),
            format!("A number that stands for fewer than {minimum} {unit} is held back."),
        ),
        Lang::De => (
            format!("Eine Zahl {place}, {every}: {measure}."),
            format!("Eine Zahl, die für weniger als {minimum} {unit} steht, wird zurückgehalten."),
        ),
    };
    if view.minimum.0 > 1 { vec![number, held_back] } else { vec![number] }
}

/// In how many numbers of the same time one device counts.
fn bound(lang: Lang, view: &View) -> Option<String> {
    let (
        Exposure::Windows { space: Space::Cell { .. } | Space::District { .. } | Space::Sensor | Space::Pair, .. },
        Some(cells),
    ) = (&view.exposure, view.bound.0)
    else {
        return None;
    };
    Some(match (lang, cells) {
        (Lang::En, 1) => {
            "One device counts in at most one number of the same time, also if it was at more places.".to_owned()
        }
        (Lang::En, _) => {
            format!("One device counts in at most {cells} numbers of the same time, also if it was at more places.")
        }
        (Lang::De, 1) => {
            "Ein Gerät zählt zur selben Zeit in höchstens einer Zahl, auch wenn es an mehr Orten war.".to_owned()
        }
        (Lang::De, _) => {
            format!("Ein Gerät zählt zur selben Zeit in höchstens {cells} Zahlen, auch wenn es an mehr Orten war.")
        }
    })
}

fn measured(lang: Lang, measure: &Measure, stream: &Stream) -> (String, &'static str) {
    let name = |property: &PropertyName| lang.quoted(&named(lang, stream, property));
    let tags = lang.of("different tags", "verschiedene Kürzel");
    match measure {
        Measure::Observations => {
            let told = lang.of("how many observations there were", "wie viele Beobachtungen es waren");
            (told.to_owned(), counted(lang, None))
        }
        Measure::Distinct { property } if stream.works_in_memory() => {
            let told = lang.of("how many different ones there were", "wie viele verschiedene Kennungen es waren");
            (format!("{told} ({})", name(property)), lang.of("different ones", "verschiedene Kennungen"))
        }
        Measure::Distinct { property } => {
            let told = lang.of("how many different tags there were", "wie viele verschiedene Kürzel es waren");
            (format!("{told} ({})", name(property)), tags)
        }
        Measure::Running { property } => {
            let told = lang.of(
                "how many different tags there were since the life of their key began",
                "wie viele verschiedene Kürzel es waren, seit ihr Schlüssel gilt",
            );
            (format!("{told} ({})", name(property)), tags)
        }
        Measure::Histogram { property, number, edges } => {
            let (unit, number, classes) = (counted(lang, property.as_ref()), name(number), classes(lang, edges));
            let told = match lang {
                Lang::En => format!("how many {unit} there were in each class of {number} ({classes})"),
                Lang::De => format!("wie viele {unit} es in jeder Stufe von {number} waren ({classes})"),
            };
            (told, unit)
        }
        Measure::Quantile { property, number, edges, percent } => {
            let (unit, number, classes) = (counted(lang, property.as_ref()), name(number), classes(lang, edges));
            let percent = percent.get();
            let told = match lang {
                Lang::En => format!("below which of some limits of {number} {percent} of 100 {unit} lay ({classes})"),
                Lang::De => {
                    format!(
                        "unter welcher von einigen Grenzen von {number} {percent} von 100 lagen, gezählt als {unit} ({classes})"
                    )
                }
            };
            (told, unit)
        }
        Measure::ClampedMean { number, clamp, .. } => {
            let (number, lowest, highest) = (name(number), clamp.lowest(), clamp.highest());
            let told = match lang {
                Lang::En => {
                    format!(
                        "the mean of {number}, of which nothing counts as less than {lowest} or more than {highest}"
                    )
                }
                Lang::De => format!(
                    "der Mittelwert von {number}; nichts zählt als weniger als {lowest} oder mehr als {highest}"
                ),
            };
            (told, tags)
        }
        Measure::Mean { property } => {
            (format!("{} {}", lang.of("the mean of", "der Mittelwert von"), name(property)), counted(lang, None))
        }
    }
}

/// What is counted: tags, or observations.
const fn counted(lang: Lang, property: Option<&PropertyName>) -> &'static str {
    if property.is_some() {
        lang.of("different tags", "verschiedene Kürzel")
    } else {
        lang.of("observations", "Beobachtungen")
    }
}

/// Classes by their edges.
fn classes(lang: Lang, edges: &Edges) -> String {
    let edges: Vec<String> = edges.as_slice().iter().map(|edge| lang.decimal(&edge.to_string())).collect();
    format!("{} {}", lang.of("limits at", "Grenzen bei"), lang.list(&edges))
}

/// How far off the numbers are, and why.
fn noise(lang: Lang, view: &View, stream: &Stream) -> Option<String> {
    view.noise.rho()?;
    let off = within(view, stream).map_or_else(String::new, |within| match lang {
        Lang::En => format!(", nineteen of twenty by at most {within}; what is too small is held back after that"),
        Lang::De => {
            format!(", neunzehn von zwanzig um höchstens {within}; was zu klein ist, wird danach zurückgehalten")
        }
    });
    let ways = threshold(view, stream).map_or_else(String::new, |least| match lang {
        Lang::En => format!(
            " A way is shown from {least} on, so that none is there because of one device alone, but for a chance of one in a million."
        ),
        Lang::De => format!(
            " Ein Weg wird ab {least} gezeigt. So steht keiner nur wegen eines einzigen Geräts da, außer mit einer Wahrscheinlichkeit \
             von eins zu einer Million."
        ),
    });
    Some(match lang {
        Lang::En => {
            format!("Chance moves each number, so that nobody can tell whether one device was there{off}.{ways}")
        }
        Lang::De => format!(
            "Der Zufall verschiebt jede Zahl, damit niemand erkennen kann, ob ein bestimmtes Gerät da war{off}.{ways}"
        ),
    })
}

/// What all releases of a stream together may tell of one unit, and how much of that is used.
pub(crate) fn budget(lang: Lang, budget: Rho, epoch: EpochLength, since: Timestamp, ledger: &Ledger) -> String {
    let (budget, used) = (lang.decimal(&budget.to_string()), lang.decimal(&decimal(ledger.spent(since)).to_string()));
    let (epoch, since, unpaid) = (epoch.span(), lang.instant(since), ledger.unpaid());
    match lang {
        Lang::En => format!(
            "All numbers that are released of it, to whomever, may together cost one device a loss of privacy of {budget} in \
             {} (ρ of zero-concentrated differential privacy). {used} of it is used since {since}{}. A device that comes back after that, \
             or under another address, is another one, and may lose as much again; so it does where other sensors hear it.",
            lang.span(epoch),
            match unpaid {
                0 => String::new(),
                unpaid => {
                    let windows = lang.count(unpaid, ("window", "windows"), ("", ""));
                    format!("; {windows} were left out so far, because it was used up")
                }
            }
        ),
        Lang::De => format!(
            "Alle Zahlen, die davon an irgendjemanden gehen, dürfen ein einzelnes Gerät zusammen in {} höchstens {budget} an \
             Privatheit kosten (das ρ der „zero-concentrated differential privacy“). Davon sind seit {since} {used} verbraucht{}. Ein \
             Gerät, das danach oder unter einer anderen Adresse wiederkommt, gilt als ein anderes und kann noch einmal so viel \
             verlieren; ebenso, wenn andere Sensoren es hören.",
            lang.span_after(epoch),
            match unpaid {
                0 => String::new(),
                1 => "; 1 Zeitschritt wurde bisher ausgelassen, weil nichts mehr übrig war".to_owned(),
                unpaid => {
                    let unpaid = lang.number(unpaid);
                    format!("; {unpaid} Zeitschritte wurden bisher ausgelassen, weil nichts mehr übrig war")
                }
            }
        ),
    }
}

const fn identifiers(lang: Lang, exposure: IdentifierExposure) -> &'static str {
    match exposure {
        IdentifierExposure::None => lang.of("It does not say who was there.", "Sie sagt nicht, wer da war."),
        IdentifierExposure::Rotating => lang.of(
            "It shows tags. The key behind them is destroyed, and then nobody can join them.",
            "Sie zeigt Kürzel. Ihr Schlüssel wird vernichtet, und dann kann niemand sie mehr einander zuordnen.",
        ),
        IdentifierExposure::Stable => lang.of(
            "It shows tags that stay the same, so that the same device can be followed.",
            "Sie zeigt Kürzel, die gleich bleiben. So lässt sich dasselbe Gerät verfolgen.",
        ),
        IdentifierExposure::Raw => lang
            .of("It identifies people, devices or vehicles.", "Sie macht Personen, Geräte oder Fahrzeuge erkennbar."),
    }
}

fn reach(lang: Lang, view: &View) -> String {
    let (delay, depth) = (view.delay.0, view.depth.0);
    match lang {
        Lang::En => {
            let back = format!("It reaches back {} at most", lang.span(depth));
            if delay == Span::ZERO {
                format!("{back} and holds nothing back.")
            } else {
                format!("{back} and holds back the last {}.", super::every(delay))
            }
        }
        Lang::De => {
            let back = format!("Sie reicht höchstens {} zurück", lang.span(depth));
            if delay == Span::ZERO {
                format!("{back} und hält nichts zurück.")
            } else {
                format!("{back} und zeigt nichts, was jünger ist als {}.", lang.span(delay))
            }
        }
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
            view(Lang::En, &counts, &stream()),
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
        let said = budget(
            Lang::En,
            "0.5".parse().unwrap(),
            day,
            Timestamp::UNIX_EPOCH,
            &serde_json::from_str(ledger).unwrap(),
        );
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
            super::view(Lang::En, view, &stream())
                .iter()
                .any(|sentence| sentence.contains("nineteen of twenty by at most 10;"))
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
        let words = view(Lang::En, &mean, &stream());
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
        assert_eq!(named_together(Lang::En, &stream(), [&level]), ["“Height of a river or drain”"]);
        assert_eq!(
            named_together(Lang::En, &stream(), [&level, &level]),
            ["“Height of a river or drain” (level and level)"]
        );
    }

    #[test]
    fn records_name_their_fields_and_raw_is_called_by_its_name() {
        let records = a_view(r#"{"as":"records","fields":["level"]}"#, "raw", 0, "0s");
        let words = view(Lang::En, &records, &stream());
        assert_eq!(
            words.first().map(String::as_str),
            Some("Each record by itself: when, at which sensor, and “Height of a river or drain”.")
        );
        assert!(words.iter().any(|sentence| sentence.contains("identifies people")));
    }
}
