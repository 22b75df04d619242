//! What becomes of the layers in force when a standard is adopted: one answer for whoever adopts it and for whoever tries it before.
//!
//! A layer of the same kind and name gives way to the one adopted, any other is added below what is as wide, and all others stay. Nothing
//! is left out but what is named. Whether any of it may be done is for `decide` to say, and nothing is written here.

use model::PolicyLayer;
use model::policy::PolicyText;

/// Policies with a standard in them, and what becomes of each layer, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// The policies as they would be. The city's own permits are as they were.
    pub text: PolicyText,
    /// Layers that read otherwise than before.
    pub replaced: Vec<String>,
    /// Layers that were not in force.
    pub added: Vec<String>,
    /// Layers that stay as they are, whether or not the standard holds them.
    pub kept: Vec<String>,
    /// Layers that are left out because that was asked for.
    pub dropped: Vec<String>,
}

/// Why a layer is not left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DropError {
    /// It is not in force.
    #[error("no layer `{0}` is in force, so that none is dropped")]
    NotInForce(String),
    /// It is part of what is adopted.
    #[error("the layer `{0}` is part of what is adopted, and is not dropped by it")]
    Adopted(String),
}

impl Adoption {
    /// Puts the layers of a standard over policies.
    #[must_use]
    pub fn over(before: &PolicyText, standard: &[PolicyLayer]) -> Self {
        let mut layers = before.layers.clone();
        let mut added = Vec::new();
        for new in standard {
            if let Some(old) = layers.iter_mut().find(|old| is_same(old, new)) {
                *old = new.clone();
            } else {
                let wider = layers.iter().rposition(|old| old.kind <= new.kind);
                layers.insert(wider.map_or(0, |at| at + 1), new.clone());
                added.push(new.name.clone());
            }
        }
        let (kept, replaced): (Vec<_>, Vec<_>) = before.layers.iter().partition(|old| layers.contains(old));
        let names = |layers: Vec<&PolicyLayer>| layers.into_iter().map(|layer| layer.name.clone()).collect();
        let (replaced, kept) = (names(replaced), names(kept));
        Self { text: PolicyText { layers, ..before.clone() }, replaced, added, kept, dropped: Vec::new() }
    }

    /// The same without layers that were in force and that the standard does not hold.
    ///
    /// # Errors
    /// One of them is not in force, or is part of the standard.
    pub fn without(mut self, names: &[String], standard: &[PolicyLayer]) -> Result<Self, DropError> {
        for name in names {
            if standard.iter().any(|layer| layer.name == *name) {
                return Err(DropError::Adopted(name.clone()));
            }
            if !self.kept.contains(name) {
                return Err(DropError::NotInForce(name.clone()));
            }
            self.text.layers.retain(|layer| layer.name != *name);
            self.kept.retain(|kept| kept != name);
            self.dropped.push(name.clone());
        }
        Ok(self)
    }
}

/// Whether one layer takes the place of the other.
fn is_same(old: &PolicyLayer, new: &PolicyLayer) -> bool {
    old.kind == new.kind && old.name == new.name
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use model::LayerKind;

    use super::*;

    fn layer(name: &str, kind: LayerKind, cedar: &str) -> PolicyLayer {
        let (name, owner, cedar) = (name.to_owned(), "o".to_owned(), cedar.to_owned());
        PolicyLayer { kind, name, owner, cedar, duties: BTreeMap::new() }
    }

    fn in_force() -> PolicyText {
        let layers = vec![
            layer("core", LayerKind::Global, "1"),
            layer("union", LayerKind::Supranational, "2"),
            layer("town", LayerKind::City, "3"),
        ];
        PolicyText { layers, permits: "p".to_owned(), permits_owner: "city".parse().unwrap() }
    }

    fn read(text: &PolicyText) -> Vec<(&str, &str)> {
        text.layers.iter().map(|layer| (layer.name.as_str(), layer.cedar.as_str())).collect()
    }

    #[test]
    fn a_layer_takes_the_place_of_its_older_version_or_stands_below_wider_ones_and_all_others_stay() {
        let standard = [
            layer("core", LayerKind::Global, "4"),
            layer("land", LayerKind::National, "5"),
            layer("union", LayerKind::Supranational, "2"),
        ];
        let adoption = Adoption::over(&in_force(), &standard);
        assert_eq!(read(&adoption.text), [("core", "4"), ("union", "2"), ("land", "5"), ("town", "3")]);
        assert_eq!((&adoption.replaced[..], &adoption.added[..]), (&["core".to_owned()][..], &["land".to_owned()][..]));
        assert_eq!(adoption.kept, ["union", "town"]);
        assert_eq!((adoption.text.permits.as_str(), adoption.dropped.len()), ("p", 0));
        let again = Adoption::over(&adoption.text, &standard);
        assert_eq!(again.text, adoption.text, "twice is once");
        assert!(again.replaced.is_empty() && again.added.is_empty() && again.kept.len() == 4);
    }

    #[test]
    fn a_layer_is_left_out_where_it_is_named_and_in_force_and_not_what_is_adopted() {
        let standard = [layer("core", LayerKind::Global, "4")];
        let over = || Adoption::over(&in_force(), &standard);
        let without = over().without(&["town".to_owned()], &standard).unwrap();
        assert_eq!(read(&without.text), [("core", "4"), ("union", "2")]);
        assert_eq!((&without.kept[..], &without.dropped[..]), (&["union".to_owned()][..], &["town".to_owned()][..]));
        let refused = |name: &str| over().without(&[name.to_owned()], &standard).unwrap_err();
        assert_eq!(refused("core"), DropError::Adopted("core".to_owned()));
        assert_eq!(refused("no-such"), DropError::NotInForce("no-such".to_owned()));
    }
}
