//! What happens to each piece of data before anything is stored, in plain words.

use model::{H3Resolution, Property, Stream, TimeTreatment, Treatment};

use crate::lang::Lang;

/// Mean length of a cell's side in metres for each H3 resolution, rounded
/// (<https://h3geo.org/docs/core-library/restable>).
const CELL_SIDES_METRES: [f64; 16] = [
    1_281_000.0,
    483_000.0,
    183_000.0,
    69_000.0,
    26_000.0,
    9_900.0,
    3_700.0,
    1_400.0,
    530.0,
    200.0,
    76.0,
    29.0,
    11.0,
    4.0,
    1.5,
    0.6,
];

/// How large a cell is: `hexagon with sides of about 200 m`; in German what stands after *Sechseck*.
pub(super) fn cell(lang: Lang, resolution: H3Resolution) -> String {
    let metres = CELL_SIDES_METRES.get(usize::from(resolution.level())).copied().unwrap_or(0.0);
    let (length, unit) = if metres >= 1_000.0 { (metres / 1_000.0, "km") } else { (metres, "m") };
    let length = lang.decimal(&length.to_string());
    match lang {
        Lang::En => format!("hexagon with sides of about {length} {unit}"),
        Lang::De => format!("Sechseck mit Seiten von etwa {length} {unit}"),
    }
}

/// What happens to a property at collection: a sentence about what was read.
pub(crate) fn treatment(lang: Lang, property: &Property) -> String {
    match lang {
        Lang::En => treatment_en(property),
        Lang::De => treatment_de(property),
    }
}

fn unit(property: &Property) -> String {
    property.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default()
}

fn treatment_en(property: &Property) -> String {
    let lang = Lang::En;
    match &property.treatment {
        Treatment::Keep => "Is kept as it was measured.".to_owned(),
        Treatment::Drop => "Is read and forgotten at once. It never reaches a disk.".to_owned(),
        Treatment::Pseudonymise { epoch } => format!(
            "Becomes a tag under a key that is used for {} and destroyed {} after. Tags of two keys cannot be joined, by anybody.",
            lang.span(epoch.span()),
            lang.span(epoch.span().min(flow::keys::GRACE))
        ),
        Treatment::Cell { resolution } => {
            format!("Becomes the {} that it lies in. The exact position is forgotten.", cell(lang, *resolution))
        }
        Treatment::Band { width } => {
            format!("Is rounded down to steps of {width}{}. The exact number is forgotten.", unit(property))
        }
        Treatment::Clamp { lowest, highest, width } => clamped(lang, property, *lowest, *highest, *width),
        Treatment::District { of } => format!(
            "Becomes the district that it lies in, one of {}, or “outside”. The exact position is forgotten.",
            of.ids().iter().map(|id| format!("“{id}”")).collect::<Vec<_>>().join(", ")
        ),
        Treatment::Tally { .. } => {
            "Is counted in memory, and never stored. Only how many different ones there were at a sensor is \
             kept, once a step of time is over."
                .to_owned()
        }
        Treatment::Journey { within, .. } => format!(
            "Is remembered in memory for {} at most, and never stored. If the same is seen at another sensor meanwhile, only \
             from where to where, in which step of time it arrived and roughly how long it took is kept, and not whose journey \
             it was. What is seen once leaves nothing.",
            lang.span(*within)
        ),
        Treatment::Dwell { within, .. } => format!(
            "Is remembered in memory until it was not seen for {}, a day at most, and never stored. Only at which sensor, in \
             which step of time and roughly how long it stayed is kept, and not who it was.",
            lang.span(*within)
        ),
        Treatment::Match { order } => format!(
            "Is compared in memory with the list of the order “{order}”. If it is not on the list, nothing is kept at all. \
             If it is, only the number of the list’s entry is kept."
        ),
        Treatment::Count => "Is forgotten. Only how many observations were otherwise the same is kept.".to_owned(),
    }
}

fn treatment_de(property: &Property) -> String {
    let lang = Lang::De;
    match &property.treatment {
        Treatment::Keep => "Bleibt, wie es gemessen wurde.".to_owned(),
        Treatment::Drop => "Wird gelesen und sofort vergessen. Es kommt nie auf eine Festplatte.".to_owned(),
        Treatment::Pseudonymise { epoch } => format!(
            "Wird zu einem Kürzel. Der Schlüssel dafür gilt {} und wird {} später vernichtet. Kürzel aus zwei Schlüsseln kann \
             niemand einander zuordnen.",
            lang.span(epoch.span()),
            lang.span(epoch.span().min(flow::keys::GRACE))
        ),
        Treatment::Cell { resolution } => {
            format!("Wird zu dem {}, in dem es liegt. Der genaue Ort wird vergessen.", cell(lang, *resolution))
        }
        Treatment::Band { width } => {
            format!("Wird in Schritten von {width}{} abgerundet. Die genaue Zahl wird vergessen.", unit(property))
        }
        Treatment::Clamp { lowest, highest, width } => clamped(lang, property, *lowest, *highest, *width),
        Treatment::District { of } => format!(
            "Wird zu dem Bezirk, in dem es liegt: einem von {}, oder „außerhalb“. Der genaue Ort wird vergessen.",
            of.ids().iter().map(|id| lang.quoted(id.as_str())).collect::<Vec<_>>().join(", ")
        ),
        Treatment::Tally { .. } => {
            "Wird im Arbeitsspeicher gezählt und nie gespeichert. Es bleibt nur, wie viele verschiedene es an einem Sensor waren, \
             sobald ein Zeitschritt vorbei ist."
                .to_owned()
        }
        Treatment::Journey { within, .. } => format!(
            "Bleibt höchstens {} im Arbeitsspeicher und wird nie gespeichert. Wird dasselbe in dieser Zeit an einem anderen Sensor \
             gesehen, bleibt nur: von wo nach wo, in welchem Zeitschritt es ankam und ungefähr wie lange es dauerte. Wessen \
             Weg es war, bleibt nicht. Was nur einmal gesehen wird, hinterlässt nichts.",
            lang.span(*within)
        ),
        Treatment::Dwell { within, .. } => format!(
            "Bleibt im Arbeitsspeicher, bis es {} lang nicht gesehen wurde, höchstens einen Tag, und wird nie gespeichert. Es \
             bleibt nur, an welchem Sensor, in welchem Zeitschritt und ungefähr wie lange es da war. Wer es war, bleibt nicht.",
            lang.span(*within)
        ),
        Treatment::Match { order } => format!(
            "Wird im Arbeitsspeicher mit der Liste der Anordnung „{order}“ verglichen. Steht es nicht auf der Liste, bleibt gar \
             nichts. Steht es darauf, bleibt nur die Nummer des Eintrags in der Liste."
        ),
        Treatment::Count => "Wird vergessen. Es bleibt nur, wie viele Beobachtungen sonst gleich waren.".to_owned(),
    }
}

/// What top and bottom coding leaves of a number.
fn clamped(lang: Lang, property: &Property, lowest: i32, highest: i32, width: Option<u32>) -> String {
    let unit = unit(property);
    let (low, high) = (format!("{lowest}{unit}"), format!("{highest}{unit}"));
    match (lang, width) {
        (Lang::En, None) => format!(
            "What is below {low} is kept as {low}, what is above {high} as {high}. What is between is kept as it was measured."
        ),
        (Lang::En, Some(width)) => format!(
            "What is below {low} is kept as {low}, what is above {high} as {high}, and all of it is rounded down to steps of \
             {width}{unit} from there. The exact number is forgotten."
        ),
        (Lang::De, None) => format!(
            "Was unter {low} liegt, bleibt als {low}, was über {high} liegt, als {high}. Was dazwischen liegt, bleibt, wie es \
             gemessen wurde."
        ),
        (Lang::De, Some(width)) => format!(
            "Was unter {low} liegt, bleibt als {low}, was über {high} liegt, als {high}. Alles wird von dort an in Schritten von \
             {width}{unit} abgerundet. Die genaue Zahl wird vergessen."
        ),
    }
}

/// What of a property is never kept; none if everything is.
pub(crate) fn never_kept(lang: Lang, property: &Property) -> Option<String> {
    let name = lang.category(property.category);
    let but = match &property.treatment {
        Treatment::Keep => return None,
        Treatment::Drop | Treatment::Count => return Some(name.to_owned()),
        Treatment::Pseudonymise { .. } => lang.of(
            "only the tag is kept, and its key does not last",
            "Nur das Kürzel bleibt, und sein Schlüssel wird vernichtet",
        ),
        Treatment::Cell { .. } | Treatment::District { .. } => lang.of("the exact position", "der genaue Ort"),
        Treatment::Band { .. } | Treatment::Clamp { width: Some(_), .. } => {
            lang.of("the exact number", "die genaue Zahl")
        }
        Treatment::Clamp { width: None, .. } => {
            lang.of("how far beyond the ends a number lies", "wie weit eine Zahl über die Grenzen hinausgeht")
        }
        Treatment::Tally { .. } | Treatment::Journey { .. } | Treatment::Dwell { .. } => lang.of(
            "not even a tag is kept, only numbers of many or few",
            "Nicht einmal ein Kürzel bleibt, nur Zahlen über viele oder wenige",
        ),
        Treatment::Match { .. } => lang.of(
            "of nobody who is not on the order’s list, and never the value itself",
            "von niemandem, der nicht auf der Liste der Anordnung steht, und nie der Wert selbst",
        ),
    };
    Some(format!("{name}: {but}"))
}

/// How somebody can be left out of a stream, if it tells anybody apart and is not under an order.
pub(crate) fn left_out(lang: Lang, stream: &Stream) -> Option<&'static str> {
    let tells_apart = stream.pseudonyms().next().is_some() || stream.works_in_memory();
    (tells_apart && stream.order().is_none()).then_some(lang.of(
        "Ask to be left out. The city then puts a tag of your device or vehicle on a list, and forgets what is seen of it before \
         anything is stored. A device that makes up a new address each time cannot be known by it.",
        "Bitten Sie darum, nicht gezählt zu werden. Die Stadt setzt dann ein Kürzel Ihres Geräts oder Fahrzeugs auf eine Liste und \
         vergisst, was davon gesehen wird, bevor etwas gespeichert wird. Ein Gerät, das sich jedes Mal eine neue Adresse ausdenkt, \
         ist daran nicht zu erkennen.",
    ))
}

/// What happens to the time of an observation: a sentence about it.
pub(crate) fn time_treatment(lang: Lang, time: TimeTreatment) -> String {
    match (lang, time) {
        (Lang::En, TimeTreatment::Keep) => "Is kept exactly.".to_owned(),
        (Lang::De, TimeTreatment::Keep) => "Bleibt genau.".to_owned(),
        (Lang::En, TimeTreatment::Bin { bin }) => format!("Is rounded down to steps of {}.", lang.span(bin.span())),
        (Lang::De, TimeTreatment::Bin { bin }) => {
            format!("Wird in Schritten von {} abgerundet.", lang.span_after(bin.span()))
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{EpochLength, Span, ValueKind};

    use super::*;

    fn property(category: &str, treatment: Treatment, unit: Option<&str>) -> Property {
        Property {
            category: category.parse().unwrap(),
            value: ValueKind::Text,
            treatment,
            unit: unit.map(str::to_owned),
        }
    }

    fn read(treatment: &str) -> Treatment {
        serde_json::from_str(treatment).unwrap()
    }

    #[test]
    fn a_pseudonym_says_when_its_key_goes() {
        let epoch = EpochLength::new(Span::hours(24)).unwrap();
        let mac = property("mac-address", Treatment::Pseudonymise { epoch }, None);
        let words = treatment(Lang::En, &mac);
        assert!(
            words.starts_with("Becomes a tag under a key that is used for 24 hours and destroyed 5 minutes after."),
            "{words}"
        );
        assert!(never_kept(Lang::En, &mac).unwrap().starts_with("MAC address of a phone or laptop"));
    }

    #[test]
    fn who_can_be_told_apart_can_be_left_out_but_not_of_an_order() {
        let stream = |treatments: &[&str]| -> Stream {
            let property = |(number, treatment): (usize, &&str)| {
                format!(r#""p{number}":{{"category":"number-plate","value":"text","treatment":{treatment}}}"#)
            };
            let properties: Vec<String> = treatments.iter().enumerate().map(property).collect();
            let time = r#"{"do":"bin","bin":"15m"}"#;
            let json =
                format!(r#"{{"id":"s","time":{time},"retention":"1h","properties":{{{}}}}}"#, properties.join(","));
            serde_json::from_str(&json).unwrap()
        };
        let tag = r#"{"do":"pseudonymise","epoch":"24h"}"#;
        for (treatments, can) in [
            (&[tag][..], true),
            (&[r#"{"do":"tally"}"#], true),
            (&[r#"{"do":"drop"}"#], false),
            (&[r#"{"do":"match","order":"o"}"#, tag], false),
        ] {
            assert_eq!(left_out(Lang::En, &stream(treatments)).is_some(), can, "{treatments:?}");
        }
    }

    #[test]
    fn every_treatment_but_keep_never_keeps_something() {
        let resolution = H3Resolution::try_from(9).unwrap();
        let order = "order-17".parse().unwrap();
        let cases = [
            (Treatment::Drop, "forgotten at once"),
            (Treatment::Cell { resolution }, "hexagon with sides of about 200 m"),
            (Treatment::Band { width: 5 }, "steps of 5 dBm"),
            (
                read(r#"{"do":"clamp","lowest":-90,"highest":-30}"#),
                "What is below -90 dBm is kept as -90 dBm, what is above",
            ),
            (read(r#"{"do":"clamp","lowest":-90,"highest":-30,"width":10}"#), "rounded down to steps of 10 dBm"),
            (read(r#"{"do":"district","of":["old-town","harbour"]}"#), "one of “old-town”, “harbour”, or “outside”"),
            (read(r#"{"do":"tally"}"#), "never stored"),
            (read(r#"{"do":"journey","within":"2h","classes":["5m"]}"#), "remembered in memory for 2 hours at most"),
            (read(r#"{"do":"dwell","within":"10m","classes":["5m"]}"#), "not seen for 10 minutes"),
            (Treatment::Match { order }, "the order “order-17”"),
            (Treatment::Count, "how many observations"),
        ];
        for (treated, part) in cases {
            let property = property("signal-strength", treated, Some("dBm"));
            assert!(treatment(Lang::En, &property).contains(part), "{}", treatment(Lang::En, &property));
            assert!(never_kept(Lang::En, &property).is_some());
        }
        assert_eq!(never_kept(Lang::En, &property("air-quality", Treatment::Keep, None)), None);
    }

    #[test]
    fn large_cells_are_told_in_kilometres() {
        assert_eq!(cell(Lang::En, H3Resolution::try_from(7).unwrap()), "hexagon with sides of about 1.4 km");
        assert_eq!(cell(Lang::En, H3Resolution::try_from(15).unwrap()), "hexagon with sides of about 0.6 m");
    }
}
