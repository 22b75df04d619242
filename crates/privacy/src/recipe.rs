//! A recipe: a stream's treatments, compiled once, looked up by slot.

use model::{EpochLength, H3Resolution, PropertyName, Stream, StreamId, TimeTreatment, Treatment, ValueKind};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    Keep,
    Forget,
    Tag(EpochLength),
    Cell(H3Resolution),
    Band(u32),
    Match,
}

/// One property in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Its name.
    pub name: PropertyName,
    /// The kind of value it takes.
    pub kind: ValueKind,
    pub(crate) action: Action,
    pub(crate) canon: Canon,
}

/// A stream's treatments, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    slots: Vec<Slot>,
    pub(crate) time: TimeTreatment,
    /// Whether some property is only counted, so that equal observations of a batch become one.
    pub(crate) merges: bool,
}

impl Recipe {
    /// Compiles a stream's treatments.
    ///
    /// # Errors
    /// A treatment does not fit its property, or an identifier would be kept.
    pub fn compile(stream: &Stream) -> Result<Self, RecipeError> {
        let mut slots = Vec::with_capacity(stream.properties.len());
        for (name, property) in &stream.properties {
            if RESERVED.contains(&name.as_str()) {
                return Err(RecipeError::Reserved { stream: stream.id.clone(), property: name.clone() });
            }
            let keeps = matches!(property.treatment, Treatment::Keep | Treatment::Band { .. } | Treatment::Cell { .. });
            if property.category.is_identifier() && keeps {
                let category = property.category.code();
                return Err(RecipeError::RawIdentifier { stream: stream.id.clone(), property: name.clone(), category });
            }
            let action = action(&property.treatment, property.value).map_err(|needs| RecipeError::Kind {
                stream: stream.id.clone(),
                property: name.clone(),
                treatment: property.treatment.code(),
                needs,
            })?;
            let canon = match property.category.code() {
                "mac-address" => Canon::Address,
                "number-plate" => Canon::Plate,
                _ => Canon::Text,
            };
            // A match compares with a list that is spelled as plates are.
            let canon = if action == Action::Match { Canon::Plate } else { canon };
            slots.push(Slot { name: name.clone(), kind: property.value, action, canon });
        }
        let merges = stream.properties.values().any(|property| property.treatment == Treatment::Count);
        Ok(Self { slots, time: stream.time, merges })
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

fn action(treatment: &Treatment, kind: ValueKind) -> Result<Action, &'static str> {
    match (treatment, kind) {
        (Treatment::Drop | Treatment::Count, _) => Ok(Action::Forget),
        (Treatment::Keep, ValueKind::Point) => Err("a text, number or truth; a position becomes a cell"),
        (Treatment::Keep, _) => Ok(Action::Keep),
        (Treatment::Pseudonymise { epoch }, ValueKind::Text) => Ok(Action::Tag(*epoch)),
        (Treatment::Cell { resolution }, ValueKind::Point) => Ok(Action::Cell(*resolution)),
        (Treatment::Band { width: width @ 1.. }, ValueKind::Integer | ValueKind::Number) => Ok(Action::Band(*width)),
        (Treatment::Match { .. }, ValueKind::Text) => Ok(Action::Match),
        (Treatment::Pseudonymise { .. } | Treatment::Match { .. }, _) => Err("a text"),
        (Treatment::Cell { .. }, _) => Err("a point"),
        (Treatment::Band { .. }, _) => Err("a number and a width above zero"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(properties: &str) -> Stream {
        let json = format!(r#"{{"id":"s","time":{{"do":"keep"}},"retention":"1h","properties":{{{properties}}}}}"#);
        serde_json::from_str(&json).unwrap()
    }

    fn compile(category: &str, value: &str, treatment: &str) -> Result<Recipe, RecipeError> {
        let property = format!(r#""p":{{"category":"{category}","value":"{value}","treatment":{{"do":{treatment}}}}}"#);
        Recipe::compile(&stream(&property))
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
        for treatment in [r#""keep""#, r#""band","width":5"#, r#""cell","resolution":9"#] {
            for kind in ["text", "integer", "point"] {
                let refused = compile("mac-address", kind, treatment);
                assert!(matches!(refused, Err(RecipeError::RawIdentifier { .. })), "{treatment} of {kind}");
            }
        }
        assert!(compile("mac-address", "text", r#""drop""#).is_ok());
    }

    #[test]
    fn a_slot_is_found_by_its_name_alone() {
        let keep = |name: &str| {
            format!(r#""{name}":{{"category":"device-health","value":"text","treatment":{{"do":"keep"}}}}"#)
        };
        let recipe = Recipe::compile(&stream(&["b", "a", "C"].map(keep).join(","))).unwrap();
        for (place, slot) in recipe.slots().iter().enumerate() {
            assert_eq!(recipe.slot(slot.name.as_str()), Some(place));
        }
        assert_eq!((recipe.slots().len(), recipe.slot("c"), recipe.slot("")), (3, None, None));
        assert!(matches!(Recipe::compile(&stream(&keep("time"))), Err(RecipeError::Reserved { .. })));
    }
}
