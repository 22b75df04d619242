//! Rules: the policies in force, ready to decide and to count time. Norms and clocks are adopted together or not at all.

use std::sync::Arc;

use model::policy::PolicyText;
use model::{Act, PolicyHash};
use norms::{Bundle, BundleError};

use crate::clocks::{Clocks, ClocksError};

/// Why policies cannot be in force.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RulesError {
    /// Their norms or permits do not assemble.
    #[error(transparent)]
    Norms(#[from] BundleError),
    /// Their duties cannot run.
    #[error(transparent)]
    Clocks(#[from] ClocksError),
}

/// The policies in force.
#[derive(Clone)]
pub struct Rules {
    /// What decides.
    pub bundle: Arc<Bundle>,
    /// What counts time.
    pub clocks: Arc<Clocks>,
}

impl Rules {
    /// Checks policies and makes them ready.
    ///
    /// # Errors
    /// A norm, a permit or a duty is wrong.
    pub fn assemble(text: &PolicyText) -> Result<Self, RulesError> {
        let (bundle, clocks) = (Bundle::assemble(text)?, Clocks::read(text)?);
        Ok(Self { bundle: Arc::new(bundle), clocks: Arc::new(clocks) })
    }

    /// The hash of everything that decides.
    #[must_use]
    pub fn hash(&self) -> PolicyHash {
        self.bundle.hash()
    }

    /// The rules after acts: others if they adopt policies. These were assembled when they were decided, so a failure here
    /// cannot be; it closes everything all the same.
    pub(crate) fn after(acts: &[Act], before: Option<Self>) -> Option<Self> {
        let newest = acts.iter().rev().find_map(|act| act.what.adopts());
        newest.map(|(_, text)| text).map_or(before, |text| Self::assemble(text).ok())
    }
}
