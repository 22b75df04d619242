//! Adopting policies: what no city may leave out, and what only its founder may take away.
//!
//! The policies of a city decide about their own successors, so that one careless permit could open everything. What stands
//! here holds whatever they say.

use model::act::PolicyAdoptedFrom;
use model::policy::PolicyText;
use model::{DutyId, LayerKind, PolicyLayer, What};
use norms::{ActSubject, Bundle, Verb};

use super::{Desk, Draft, Refusal, fit};
use crate::rules::Rules;
use crate::sources::{Missing, Said, same_name, sources};

impl From<Missing> for Refusal {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Reason => Self::NoReason,
            Missing::TooLong(layer) => Self::LongReason { layer },
            Missing::Release(layer) => Self::Unreleased { layer },
        }
    }
}

impl Desk<'_> {
    /// Puts policies in force.
    pub(super) fn adopt(&self, text: &PolicyText, said: Said<'_>) -> Result<Vec<Draft>, Refusal> {
        let rules = assemble(text)?;
        let hash = rules.hash();
        let policy = self.state.policy.as_deref();
        let sources = sources(text, policy, said);
        let in_force = policy.filter(|policy| policy.hash == hash);
        if in_force.is_some_and(|policy| sources.as_ref().is_ok_and(|sources| *sources == policy.sources)) {
            return Ok(Vec::new());
        }
        distinct(text)?;
        self.keeps_layers(&rules.bundle, text)?;
        self.keeps_duties(text)?;
        let sources = sources?;
        let what = What::PolicyAdoptedFrom(PolicyAdoptedFrom { hash, text: text.clone(), sources });
        self.unless(false, Verb::AdoptPolicy, ActSubject::Policy, what)
    }

    /// Once a global layer is in force, no layer is dropped but by the founder, who says why.
    fn keeps_layers(&self, bundle: &Bundle, text: &PolicyText) -> Result<(), Refusal> {
        let Some(before) = self.state.policy.as_ref().map(|policy| &policy.text) else { return Ok(()) };
        if !before.layers.iter().any(|layer| layer.kind == LayerKind::Global) {
            return Ok(());
        }
        let stays = |old: &&PolicyLayer| {
            let same = |new: &PolicyLayer| new.kind == old.kind && new.name == old.name;
            text.layers.iter().any(same) && (says_something(bundle, old) || says_nothing_either(old))
        };
        let Some(dropped) = before.layers.iter().find(|old| !stays(old)) else { return Ok(()) };
        match self.state.founder() {
            Some(founder) if founder == &self.actor.id => self.needs_reason(),
            founder => Err(Refusal::DropsLayer {
                layer: dropped.name.clone(),
                founder: founder.map(ToString::to_string).unwrap_or_default(),
            }),
        }
    }

    /// A duty in force is dropped as a layer is: by the founder, who says why. One that reads otherwise is another, and
    /// counts from its own adoption; so its text is not changed by anybody else either.
    fn keeps_duties(&self, text: &PolicyText) -> Result<(), Refusal> {
        let stays = |id: &DutyId| {
            let after = text.layers.iter().find_map(|layer| layer.duties.get(id));
            after.is_some() && after == self.state.duty_text(id)
        };
        let Some(dropped) = self.state.duties_since().keys().find(|id| !stays(id)) else { return Ok(()) };
        match self.state.founder() {
            Some(founder) if founder == &self.actor.id => self.needs_reason(),
            founder => Err(Refusal::DropsDuty {
                duty: dropped.to_string(),
                founder: founder.map(ToString::to_string).unwrap_or_default(),
            }),
        }
    }
}

/// Policies that a city may stand under: they assemble, and a global layer with norms is among them.
///
/// # Errors
/// They do not assemble, or no global layer says anything.
pub(crate) fn assemble(text: &PolicyText) -> Result<Rules, Refusal> {
    let rules = Rules::assemble(text)?;
    let global = rules.bundle.grounds().iter().any(|ground| ground.layer == Some(LayerKind::Global));
    if global { Ok(rules) } else { Err(Refusal::NoGlobalLayer) }
}

/// Sources and kept layers go by the layer's name, so each name is there once. What is in force stays, whatever it was adopted as.
pub(crate) fn distinct(text: &PolicyText) -> Result<(), Refusal> {
    same_name(text).map_or(Ok(()), |layer| Err(Refusal::TwoLayers { layer: layer.to_owned() }))
}

/// Why what nobody released is adopted, where it is said, is text that residents can read.
pub(crate) fn worded(unreleased: Option<&str>) -> Result<(), Refusal> {
    unreleased.map_or(Ok(()), |words| Ok(fit::text("the reason for adopting what was not released", words)?))
}

/// Whether a layer has norms in a bundle: an emptied layer is a dropped one.
fn says_something(bundle: &Bundle, layer: &PolicyLayer) -> bool {
    let of_layer = |policy: &str| policy.strip_prefix(layer.name.as_str()).is_some_and(|rest| rest.starts_with('/'));
    bundle.grounds().iter().any(|ground| ground.layer == Some(layer.kind) && of_layer(&ground.policy.0))
}

/// Whether a layer in force had no norms to begin with. Its duties are looked at one by one.
fn says_nothing_either(layer: &PolicyLayer) -> bool {
    !layer.cedar.contains("forbid")
}
