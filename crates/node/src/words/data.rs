//! What happens to each piece of data before anything is stored, in plain words.

use model::{H3Resolution, Property, TimeTreatment, Treatment};

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
        Treatment::Match { order } => format!(
            "Is compared in memory with the list of the order “{order}”. If it is not on the list, nothing is kept at all. \
             If it is, only the number of the list’s entry is kept."
        ),
        Treatment::Count => "Is forgotten. Only how many observations were otherwise the same is kept.".to_owned(),
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
        Treatment::Band { .. } => Some(format!("{name}: the exact number")),
        Treatment::Match { .. } => {
            Some(format!("{name}: of nobody who is not on the order’s list, and never the value itself"))
        }
    }
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
    fn every_treatment_but_keep_never_keeps_something() {
        let resolution = H3Resolution::try_from(9).unwrap();
        let order = "order-17".parse().unwrap();
        let cases = [
            (Treatment::Drop, "forgotten at once"),
            (Treatment::Cell { resolution }, "hexagon with sides of about 200 m"),
            (Treatment::Band { width: 5 }, "steps of 5 dBm"),
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
