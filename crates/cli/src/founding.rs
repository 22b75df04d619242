//! What a city begins under: the whole global core that this software carries, its norms and its duties, and permits to
//! change.
//!
//! Whatever is stricter, a profile for instance, is adopted afterwards by an act. Nothing here can leave a norm out. What a hub released
//! takes the place of the carried core where `init` is told so; that is verified in `commands::adopt`.

use model::policy::PolicyText;
use model::{Party, PartyId, PartyKind, PolicyLayer};
use register::{Adopting, Founding};
use standards::Resolved;

use crate::commands::framework::shelf::Packs;

/// The pack that every city begins under.
const CORE: &str = "global-core";

/// A city of a name, founded by its own party.
pub(crate) fn founding(name: &str, founder: PartyId) -> anyhow::Result<Founding> {
    let packs = Packs::built_in()?;
    let adopting = Adopting::of(carried(&packs, CORE, founder.clone())?);
    Ok(under(adopting, None, name, founder))
}

/// A city of a name under policies, founded by its own party.
pub(crate) fn under(adopting: Adopting, reason: Option<String>, name: &str, founder: PartyId) -> Founding {
    let founder = Party { id: founder, name: name.to_owned(), kind: PartyKind::CityDepartment };
    Founding { name: name.to_owned(), founder, adopting, reason }
}

/// A pack that is carried and all it stands on, as a city adopts it.
fn carried(packs: &Packs, pack: &str, permits_owner: PartyId) -> anyhow::Result<PolicyText> {
    Ok(policies(layers(&packs.resolve(&packs.shelved(pack)?)?), permits_owner))
}

/// Layers above permits to begin with.
pub(crate) fn policies(layers: Vec<PolicyLayer>, permits_owner: PartyId) -> PolicyText {
    PolicyText { layers, permits: norms::city_permits_default().to_owned(), permits_owner }
}

/// The layers of a stack that say something.
pub(crate) fn layers(resolved: &Resolved) -> Vec<PolicyLayer> {
    let mut layers = resolved.policy_layers();
    layers.retain(|layer| !layer.cedar.is_empty() || !layer.duties.is_empty());
    layers
}

#[cfg(test)]
mod tests {
    use model::act::{ACT_BYTES_MAX, PolicyAdopted};
    use model::{Act, Timestamp, What};
    use norms::Bundle;

    use super::*;

    #[test]
    fn a_city_begins_under_every_norm_and_duty_of_the_core() {
        let founding = founding("Brookhaven", "city".parse().unwrap()).unwrap();
        let [core] = founding.adopting.policies.layers.as_slice() else { panic!("one layer") };
        let packs = Packs::built_in().unwrap();
        let pack = packs.shelved(CORE).unwrap();
        assert_eq!(core.cedar.matches("\nforbid (").count(), pack.norms.len());
        assert_eq!(core.duties.len(), pack.duties.len());
        assert!(pack.norms.len() > 90 && pack.duties.len() > 10);
        // What is in force is the core as it is published, parameters filled in.
        assert_eq!(core.name, CORE);
        assert!(!core.cedar.contains("${"), "every parameter has its value");
    }

    #[test]
    fn whatever_pack_a_city_adopts_its_act_fits_into_the_log() {
        let packs = Packs::built_in().unwrap();
        let mut adopted = 0;
        for pack in packs.all() {
            let text = carried(&packs, &pack.manifest.id, "city".parse().unwrap()).unwrap();
            let hash = Bundle::assemble(&text).unwrap().hash();
            let what = What::PolicyAdopted(PolicyAdopted { hash, text });
            let (at, by) = (Timestamp::UNIX_EPOCH, "city".parse().unwrap());
            let act = Act { at, by, under: Some(hash), because: Vec::new(), reason: None, what };
            let bytes = act.to_bytes().unwrap_or_else(|error| panic!("{}: {error}", pack.manifest.id));
            // Room is left for grounds and a reason.
            assert!(bytes.len() + 4_096 < ACT_BYTES_MAX, "{}: {} bytes", pack.manifest.id, bytes.len());
            adopted += 1;
        }
        assert!(adopted >= 8, "{adopted}");
    }
}
