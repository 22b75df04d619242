//! A draft: layers as they would be adopted, put over the policies that a city had.

use model::policy::PolicyText;
use model::{LayerKind, PolicyLayer};

/// Why something is no draft.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// It has no layer.
    #[error("a draft has one layer at least")]
    Empty,
}

/// Layers that are tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft(Vec<PolicyLayer>);

impl Draft {
    /// A draft of layers, their parameters filled in.
    ///
    /// # Errors
    /// There is none.
    pub fn new(layers: Vec<PolicyLayer>) -> Result<Self, DraftError> {
        if layers.is_empty() { Err(DraftError::Empty) } else { Ok(Self(layers)) }
    }

    /// The policies of a city with the draft put in: a layer takes the place of the one of its kind and name, or comes
    /// behind the last that is as wide. The city's own permits stay.
    #[must_use]
    pub fn over(&self, text: &PolicyText) -> PolicyText {
        let mut layers = text.layers.clone();
        for draft in &self.0 {
            let same = |layer: &&mut PolicyLayer| layer.kind == draft.kind && layer.name == draft.name;
            match layers.iter_mut().find(same) {
                Some(layer) => layer.clone_from(draft),
                None => {
                    let behind = layers.iter().filter(|layer| width(layer.kind) <= width(draft.kind)).count();
                    layers.insert(behind, draft.clone());
                }
            }
        }
        PolicyText { layers, ..text.clone() }
    }

    /// The names of its layers.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|layer| layer.name.clone()).collect()
    }
}

/// How narrow a layer is; the widest comes first.
const fn width(kind: LayerKind) -> u8 {
    match kind {
        LayerKind::Global => 0,
        LayerKind::Supranational => 1,
        LayerKind::National => 2,
        LayerKind::Regional => 3,
        LayerKind::City => 4,
    }
}
