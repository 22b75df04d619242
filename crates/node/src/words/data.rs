//! What happens to each piece of data before anything is stored, in plain words.

use model::{H3Resolution, Property, Stream, TimeTreatment, Treatment};

use super::span;

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

/// How large a cell is: `hexagon with sides of about 200 m`.
pub(super) fn cell(resolution: H3Resolution) -> String {
    let metres = CELL_SIDES_METRES.get(usize::from(resolution.level())).copied().unwrap_or(0.0);
    if metres >= 1_000.0 {
        format!("hexagon with sides of about {} km", metres / 1_000.0)
    } else {
        format!("hexagon with sides of about {metres} m")
    }
}

/// What happens to a property at collection: a sentence about what was read.
pub(crate) fn treatment(property: &Property) -> String {
    match &property.treatment {
        Treatment::Keep => "Is kept as it was measured.".to_owned(),
        Treatment::Drop => "Is read and forgotten at once. It never reaches a disk.".to_owned(),
        Treatment::Pseudonymise { epoch } => format!(
            "Becomes a tag under a key that is used for {} and destroyed {} after. Tags of two keys cannot be joined, by anybody.",
            span(epoch.span()),
            span(epoch.span().min(flow::keys::GRACE))
        ),
        Treatment::Cell { resolution } => {
            format!("Becomes the {} that it lies in. The exact position is forgotten.", cell(*resolution))
        }
        Treatment::Band { width } => {
            let unit = property.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
            format!("Is rounded down to steps of {width}{unit}. The exact number is forgotten.")
        }
        Treatment::Clamp { lowest, highest, width } => clamped(property, *lowest, *highest, *width),
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
            span(*within)
        ),
        Treatment::Dwell { within, .. } => format!(
            "Is remembered in memory until it was not seen for {}, a day at most, and never stored. Only at which sensor, in \
             which step of time and roughly how long it stayed is kept, and not who it was.",
            span(*within)
        ),
        Treatment::Match { order } => format!(
            "Is compared in memory with the list of the order “{order}”. If it is not on the list, nothing is kept at all. \
             If it is, only the number of the list’s entry is kept."
        ),
        Treatment::Count => "Is forgotten. Only how many observations were otherwise the same is kept.".to_owned(),
    }
}

/// What top and bottom coding leaves of a number.
fn clamped(property: &Property, lowest: i32, highest: i32, width: Option<u32>) -> String {
    let unit = property.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
    let ends = format!(
        "What is below {lowest}{unit} is kept as {lowest}{unit}, what is above {highest}{unit} as {highest}{unit}"
    );
    match width {
        None => format!("{ends}. What is between is kept as it was measured."),
        Some(width) => {
            format!(
                "{ends}, and all of it is rounded down to steps of {width}{unit} from there. The exact number is forgotten."
            )
        }
    }
}

/// What of a property is never kept; none if everything is.
pub(crate) fn never_kept(property: &Property) -> Option<String> {
    let name = property.category.name();
    match &property.treatment {
        Treatment::Keep => None,
        Treatment::Drop | Treatment::Count => Some(name.to_owned()),
        Treatment::Pseudonymise { .. } => Some(format!("{name}: only the tag is kept, and its key does not last")),
        Treatment::Cell { .. } => Some(format!("{name}: the exact position")),
        Treatment::District { .. } => Some(format!("{name}: the exact position")),
        Treatment::Band { .. } => Some(format!("{name}: the exact number")),
        Treatment::Clamp { width: None, .. } => Some(format!("{name}: how far beyond the ends a number lies")),
        Treatment::Clamp { width: Some(_), .. } => Some(format!("{name}: the exact number")),
        Treatment::Tally { .. } | Treatment::Journey { .. } | Treatment::Dwell { .. } => {
            Some(format!("{name}: not even a tag is kept, only numbers of many or few"))
        }
        Treatment::Match { .. } => {
            Some(format!("{name}: of nobody who is not on the order’s list, and never the value itself"))
        }
    }
}

/// How somebody can be left out of a stream, if it tells anybody apart and is not under an order.
pub(crate) fn left_out(stream: &Stream) -> Option<&'static str> {
    let tells_apart = stream.pseudonyms().next().is_some() || stream.works_in_memory();
    (tells_apart && stream.order().is_none()).then_some(
        "Ask to be left out. The city then puts a tag of your device or vehicle on a list, and forgets what is seen of it before \
         anything is stored. A device that makes up a new address each time cannot be known by it.",
    )
}

/// What happens to the time of an observation: a sentence about it.
pub(crate) fn time_treatment(time: TimeTreatment) -> String {
    match time {
        TimeTreatment::Keep => "Is kept exactly.".to_owned(),
        TimeTreatment::Bin { bin } => format!("Is rounded down to steps of {}.", span(bin.span())),
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
        let words = treatment(&mac);
        assert!(
            words.starts_with("Becomes a tag under a key that is used for 24 hours and destroyed 5 minutes after."),
            "{words}"
        );
        assert!(never_kept(&mac).unwrap().starts_with("MAC address of a phone or laptop"));
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
            assert_eq!(left_out(&stream(treatments)).is_some(), can, "{treatments:?}");
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
            assert!(treatment(&property).contains(part), "{}", treatment(&property));
            assert!(never_kept(&property).is_some());
        }
        assert_eq!(never_kept(&property("air-quality", Treatment::Keep, None)), None);
    }

    #[test]
    fn large_cells_are_told_in_kilometres() {
        assert_eq!(cell(H3Resolution::try_from(7).unwrap()), "hexagon with sides of about 1.4 km");
        assert_eq!(cell(H3Resolution::try_from(15).unwrap()), "hexagon with sides of about 0.6 m");
    }
}
