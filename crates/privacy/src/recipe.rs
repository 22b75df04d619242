//! A recipe: a stream's treatments, compiled once, looked up by slot.

use std::sync::Arc;

use model::treatment::REMEMBERED_MAX;
use model::{
    EpochLength, Geometry, H3Resolution, PlaceId, Property, PropertyName, Span, Stream, StreamId, TimeTreatment,
    Treatment, ValueKind,
};

use crate::district::Areas;
use crate::memory::{DURATION, FROM, Work};

/// Property names that the envelope of an observation uses.
pub const RESERVED: [&str; 5] = ["time", "device", "id", "type", "dateObserved"];

/// Why a stream's treatments do not fit its properties.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecipeError {
    /// A treatment needs another kind of value.
    #[error("property `{property}` of stream `{stream}`: `{treatment}` needs {needs}")]
    Kind {
        /// The stream.
        stream: StreamId,
        /// The property.
        property: PropertyName,
        /// The treatment.
        treatment: &'static str,
        /// The kind of value it needs.
        needs: &'static str,
    },
    /// An identifier would be stored as it came.
    #[error(
        "property `{property}` of stream `{stream}` is an identifier ({category}) and must not be kept as it comes"
    )]
    RawIdentifier {
        /// The stream.
        stream: StreamId,
        /// The property.
        property: PropertyName,
        /// Its category.
        category: &'static str,
    },
    /// A place that positions fall into is not registered, or has no area.
    #[error(
        "property `{property}` of stream `{stream}` falls into districts of which `{place}` is not registered or is a point; \
         register its outline as a polygon first"
    )]
    District {
        /// The stream.
        stream: StreamId,
        /// The property.
        property: PropertyName,
        /// The place.
        place: PlaceId,
    },
    /// What is worked out in memory stands beside something that is stored, or in a stream without bins of time.
    #[error(
        "property `{property}` of stream `{stream}` is worked into numbers in memory, so that nothing else of an observation \
         may be stored: drop every other property, and let the time be a bin, in which the numbers are stored"
    )]
    NotAlone {
        /// The stream.
        stream: StreamId,
        /// The property.
        property: PropertyName,
    },
    /// A name that the envelope uses.
    #[error(
        "property `{property}` of stream `{stream}` has a name that observations use for themselves; choose another"
    )]
    Reserved {
        /// The stream.
        stream: StreamId,
        /// The property.
        property: PropertyName,
    },
}

/// How an identifier is spelled canonically.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Canon {
    /// Hexadecimal without separators, lower case.
    Address,
    /// Letters and digits, upper case.
    Plate,
    /// As it is, trimmed.
    Text,
}

/// What happens to a slot's value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    Keep,
    Forget,
    Tag(EpochLength),
    Cell(H3Resolution),
    Band(u32),
    Clamp(Clamp),
    District(Arc<Areas>),
    /// Tagged for the stream's [`Work`] in memory; no column holds anything of it.
    Sight,
    Match,
}

/// Top and bottom coding: what lies beyond is put to the ends, and perhaps into classes from the lowest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clamp {
    lowest: i32,
    highest: i32,
    width: Option<u32>,
}

impl Clamp {
    /// A whole number between the ends, at the lower edge of its class if there are classes.
    pub(crate) fn integer(self, number: i64) -> i64 {
        let (lowest, highest) = (i64::from(self.lowest), i64::from(self.highest));
        let held = number.clamp(lowest, highest);
        self.width.map_or(held, |width| held - (held - lowest).rem_euclid(i64::from(width)))
    }

    /// A finite number, likewise.
    pub(crate) fn number(self, number: f64) -> f64 {
        let (lowest, highest) = (f64::from(self.lowest), f64::from(self.highest));
        // Adding zero makes one zero of two, which would tell where a number came from.
        let held = number.clamp(lowest, highest) + 0.0;
        self.width.map_or(held, |width| lowest + ((held - lowest) / f64::from(width)).floor() * f64::from(width))
    }
}

/// One property in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    /// Its name.
    pub name: PropertyName,
    /// The kind of value it takes.
    pub kind: ValueKind,
    pub(crate) action: Action,
    pub(crate) canon: Canon,
}

/// A stream's treatments, compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    slots: Vec<Slot>,
    pub(crate) time: TimeTreatment,
    /// Whether some property is only counted, so that equal observations of a batch become one.
    pub(crate) merges: bool,
    work: Option<Work>,
}

impl Recipe {
    /// Compiles a stream's treatments; `places` gives the outlines of registered places.
    ///
    /// # Errors
    /// A treatment does not fit its property, or an identifier would be kept.
    pub fn compile(stream: &Stream, places: &dyn Fn(&PlaceId) -> Option<Geometry>) -> Result<Self, RecipeError> {
        let mut slots = Vec::with_capacity(stream.properties.len());
        for (name, property) in &stream.properties {
            if RESERVED.contains(&name.as_str()) {
                return Err(RecipeError::Reserved { stream: stream.id.clone(), property: name.clone() });
            }
            let (stream_id, property_name) = (|| stream.id.clone(), || name.clone());
            if property.category.is_identifier() && keeps(&property.treatment) {
                let category = property.category.code();
                return Err(RecipeError::RawIdentifier { stream: stream_id(), property: property_name(), category });
            }
            let action = match &property.treatment {
                Treatment::District { of } if property.value == ValueKind::Point => {
                    let district =
                        |place| RecipeError::District { stream: stream_id(), property: property_name(), place };
                    Action::District(Arc::new(Areas::of(of, places).map_err(district)?))
                }
                treatment => action(treatment, property.value).map_err(|needs| RecipeError::Kind {
                    stream: stream_id(),
                    property: property_name(),
                    treatment: treatment.code(),
                    needs,
                })?,
            };
            let canon = canon_of(property, &action);
            slots.push(Slot { name: name.clone(), kind: property.value, action, canon });
        }
        let merges = stream.properties.values().any(|property| property.treatment == Treatment::Count);
        Ok(Self { slots, time: stream.time, merges, work: work(stream)? })
    }

    /// What is worked out in memory, if that is what the stream is for; then nothing of a single observation is stored.
    #[must_use]
    pub const fn work(&self) -> Option<&Work> {
        self.work.as_ref()
    }

    /// The properties in their places.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The place of a property.
    #[must_use]
    pub fn slot(&self, name: &str) -> Option<usize> {
        // In the order of their names, as a stream has them.
        self.slots.binary_search_by(|slot| slot.name.as_str().cmp(name)).ok()
    }
}

/// Whether something of the value itself is stored.
const fn keeps(treatment: &Treatment) -> bool {
    matches!(
        treatment,
        Treatment::Keep
            | Treatment::Band { .. }
            | Treatment::Clamp { .. }
            | Treatment::Cell { .. }
            | Treatment::District { .. }
    )
}

fn canon_of(property: &Property, action: &Action) -> Canon {
    match property.category.code() {
        // A match compares with a list that is spelled as plates are.
        _ if *action == Action::Match => Canon::Plate,
        "mac-address" => Canon::Address,
        "number-plate" => Canon::Plate,
        _ => Canon::Text,
    }
}

/// The one property of a stream that is worked out in memory, if there is one.
fn work(stream: &Stream) -> Result<Option<Work>, RecipeError> {
    let Some((name, _)) = stream.worked() else { return Ok(None) };
    if [FROM, DURATION].contains(&name.as_str()) {
        return Err(RecipeError::Reserved { stream: stream.id.clone(), property: name.clone() });
    }
    let not_alone = || RecipeError::NotAlone { stream: stream.id.clone(), property: name.clone() };
    let mut others = stream.properties.iter().filter(|(other, _)| *other != name);
    if others.any(|(_, other)| other.treatment != Treatment::Drop) {
        return Err(not_alone());
    }
    Work::of(stream).map(Some).ok_or_else(not_alone)
}

fn action(treatment: &Treatment, kind: ValueKind) -> Result<Action, &'static str> {
    match (treatment, kind) {
        (Treatment::Drop | Treatment::Count, _) => Ok(Action::Forget),
        (Treatment::Keep, ValueKind::Point) => Err("a text, number or truth; a position becomes a cell"),
        (Treatment::Keep, _) => Ok(Action::Keep),
        (Treatment::Pseudonymise { epoch }, ValueKind::Text) => Ok(Action::Tag(*epoch)),
        (Treatment::Cell { resolution }, ValueKind::Point) => Ok(Action::Cell(*resolution)),
        (Treatment::Band { width: width @ 1.. }, ValueKind::Integer | ValueKind::Number) => Ok(Action::Band(*width)),
        (Treatment::Clamp { lowest, highest, width }, ValueKind::Integer | ValueKind::Number)
            if lowest < highest && *width != Some(0) =>
        {
            Ok(Action::Clamp(Clamp { lowest: *lowest, highest: *highest, width: *width }))
        }
        (Treatment::Clamp { .. }, _) => Err("a number, a lowest below the highest, and a width above zero if any"),
        (Treatment::Tally { .. }, ValueKind::Text) => Ok(Action::Sight),
        (Treatment::Journey { within, .. }, ValueKind::Text) if remembered(*within) => Ok(Action::Sight),
        (Treatment::Dwell { within, classes, .. }, ValueKind::Text)
            if remembered(*within) && !classes.edges().is_empty() =>
        {
            Ok(Action::Sight)
        }
        (Treatment::Tally { .. }, _) => Err("a text"),
        (Treatment::Journey { .. }, _) => Err("a text, and a time within which to arrive, of a day at most"),
        (Treatment::Dwell { .. }, _) => {
            Err("a text, one class at least, and a time after which it has gone, of a day at most")
        }
        (Treatment::Match { .. }, ValueKind::Text) => Ok(Action::Match),
        (Treatment::Pseudonymise { .. } | Treatment::Match { .. }, _) => Err("a text"),
        (Treatment::Cell { .. } | Treatment::District { .. }, _) => Err("a point"),
        (Treatment::Band { .. }, _) => Err("a number and a width above zero"),
    }
}

fn remembered(within: Span) -> bool {
    (Span::seconds(1)..=REMEMBERED_MAX).contains(&within)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(properties: &str) -> Stream {
        let bin = r#"{"do":"bin","bin":"15m"}"#;
        let json = format!(r#"{{"id":"s","time":{bin},"retention":"1h","properties":{{{properties}}}}}"#);
        serde_json::from_str(&json).unwrap()
    }

    fn compile(category: &str, value: &str, treatment: &str) -> Result<Recipe, RecipeError> {
        let property = format!(r#""p":{{"category":"{category}","value":"{value}","treatment":{{"do":{treatment}}}}}"#);
        Recipe::compile(&stream(&property), &place)
    }

    /// The one place that there is, and one that is a point.
    fn place(id: &PlaceId) -> Option<Geometry> {
        serde_json::from_str(match id.as_str() {
            "old-town" => r#"{"type":"Polygon","coordinates":[[[16,49],[17,49],[17,50],[16,49]]]}"#,
            "column" => r#"{"type":"Point","coordinates":[16,49]}"#,
            _ => return None,
        })
        .ok()
    }

    #[test]
    fn each_treatment_takes_the_kinds_it_can_treat_and_no_others() {
        let kinds = ["text", "integer", "number", "boolean", "point"];
        for (treatment, takes) in [
            (r#""keep""#, &kinds[..4]),
            (r#""drop""#, &kinds[..]),
            (r#""count""#, &kinds[..]),
            (r#""pseudonymise","epoch":"24h""#, &["text"]),
            (r#""cell","resolution":9"#, &["point"]),
            (r#""band","width":5"#, &["integer", "number"]),
            (r#""band","width":0"#, &[]),
            (r#""clamp","lowest":0,"highest":130"#, &["integer", "number"]),
            (r#""clamp","lowest":-5,"highest":130,"width":10"#, &["integer", "number"]),
            (r#""clamp","lowest":0,"highest":130,"width":0"#, &[]),
            (r#""clamp","lowest":130,"highest":130"#, &[]),
            (r#""district","of":["old-town"]"#, &["point"]),
            (r#""tally""#, &["text"]),
            (r#""journey","within":"1h","classes":["5m"]"#, &["text"]),
            (r#""journey","within":"24h","classes":[]"#, &["text"]),
            (r#""journey","within":"0s","classes":[]"#, &[]),
            (r#""journey","within":"25h","classes":[]"#, &[]),
            (r#""dwell","within":"10m","classes":["5m"]"#, &["text"]),
            (r#""dwell","within":"10m","classes":[]"#, &[]),
            (r#""match","order":"o""#, &["text"]),
        ] {
            for kind in kinds {
                let compiled = compile("device-health", kind, treatment);
                assert_eq!(compiled.is_ok(), takes.contains(&kind), "{treatment} of {kind}: {compiled:?}");
            }
        }
    }

    #[test]
    fn an_identifier_is_never_kept_in_any_form() {
        for treatment in [
            r#""keep""#,
            r#""band","width":5"#,
            r#""clamp","lowest":0,"highest":9"#,
            r#""cell","resolution":9"#,
            r#""district","of":["old-town"]"#,
        ] {
            for kind in ["text", "integer", "point"] {
                let refused = compile("mac-address", kind, treatment);
                assert!(matches!(refused, Err(RecipeError::RawIdentifier { .. })), "{treatment} of {kind}");
            }
        }
        assert!(compile("mac-address", "text", r#""drop""#).is_ok());
    }

    #[test]
    fn a_district_is_a_registered_area() {
        for other in ["nowhere", "column"] {
            let treatment = format!(r#""district","of":["old-town","{other}"]"#);
            let refused = compile("device-health", "point", &treatment).unwrap_err();
            assert!(matches!(refused, RecipeError::District { ref place, .. } if place.as_str() == other), "{refused}");
        }
    }

    #[test]
    fn what_is_worked_out_in_memory_stands_alone_and_in_bins() {
        let mac = |treatment: &str, other: &str| {
            let other =
                format!(r#""r":{{"category":"signal-strength","value":"integer","treatment":{{"do":"{other}"}}}}"#);
            format!(r#""mac":{{"category":"mac-address","value":"text","treatment":{{"do":{treatment}}}}},{other}"#)
        };
        for treatment in
            [r#""tally""#, r#""journey","within":"1h","classes":[]"#, r#""dwell","within":"1h","classes":["5m"]"#]
        {
            let alone = stream(&mac(treatment, "drop"));
            assert!(Recipe::compile(&alone, &place).unwrap().work().is_some());
            let exact = Stream { time: TimeTreatment::Keep, ..alone };
            assert!(matches!(Recipe::compile(&exact, &place), Err(RecipeError::NotAlone { .. })));
            for other in ["keep", "count"] {
                let beside = Recipe::compile(&stream(&mac(treatment, other)), &place);
                assert!(matches!(beside, Err(RecipeError::NotAlone { .. })), "{treatment} beside {other}");
            }
        }
    }

    #[test]
    fn a_slot_is_found_by_its_name_alone() {
        let keep = |name: &str| {
            format!(r#""{name}":{{"category":"device-health","value":"text","treatment":{{"do":"keep"}}}}"#)
        };
        let recipe = Recipe::compile(&stream(&["b", "a", "C"].map(keep).join(",")), &place).unwrap();
        for (place, slot) in recipe.slots().iter().enumerate() {
            assert_eq!(recipe.slot(slot.name.as_str()), Some(place));
        }
        assert_eq!((recipe.slots().len(), recipe.slot("c"), recipe.slot("")), (3, None, None));
        assert!(matches!(Recipe::compile(&stream(&keep("time")), &place), Err(RecipeError::Reserved { .. })));
    }
}
