//! Whether a layer that a city adopts is what a pack says, so that whoever reads a log can tell whose words are in force.
//!
//! Norms are compared letter for letter: what a narrower pack tightens stands in its own layer. A duty takes its values from the
//! whole stack, and is the pack's as long as each of them is the pack's or a stricter one.

use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

use model::{DutyId, PolicyLayer};

use crate::duty::{Declared, Duty, Period, Term, from_text, to_text};
use crate::library::built_in;
use crate::pack::{Pack, Reference};
use crate::parameter::{Parameter, ParameterId, Relation, Stricter, Value, meet};
use crate::resolve::{Resolved, ResolvedLayer, alone, resolve};

/// The pack of this software that a layer is, if it is one.
#[must_use]
pub fn built_in_as(layer: &PolicyLayer) -> Option<&'static Reference> {
    static STACKS: OnceLock<Vec<Resolved>> = OnceLock::new();
    let stacks = STACKS.get_or_init(|| {
        let library = built_in().unwrap_or_default();
        let stacks = library.packs().filter_map(|pack| resolve(&library.stack_of(pack).ok()?, None).ok());
        stacks.collect()
    });
    stacks.iter().find_map(|resolved| carries(resolved, layer))
}

/// The pack of a stack that a layer is, if it is one.
#[must_use]
pub fn carries<'a>(resolved: &'a Resolved, layer: &PolicyLayer) -> Option<&'a Reference> {
    let of = resolved.layers.iter().find(|of| of.kind == layer.kind && of.name == layer.name)?;
    let same = of.owner == layer.owner && of.cedar() == layer.cedar && duties(resolved, of, layer);
    same.then_some(&of.pack)
}

/// Whether a layer can be what a pack adds to a stack, where what the pack stands on is not at hand: of what needs no base, nothing
/// differs. Whether it is, nobody can say then.
#[must_use]
pub fn can_be(pack: &Arc<Pack>, layer: &PolicyLayer) -> bool {
    let manifest = &pack.manifest;
    let same = manifest.layer == layer.kind && manifest.id == layer.name && manifest.owner == layer.owner;
    let declared = |id: &DutyId| pack.duties.iter().any(|duty| duty.id == *id);
    same && layer.duties.keys().all(declared) && alone(pack).iter().all(|norm| layer.cedar.contains(norm.as_str()))
}

/// Whether all duties of a layer are there, each as it is or stricter, and no other.
fn duties(resolved: &Resolved, of: &ResolvedLayer, layer: &PolicyLayer) -> bool {
    let pack = resolved.packs.iter().find(|pack| pack.manifest.reference == of.pack);
    let Some(pack) = pack.filter(|_| of.duties.len() == layer.duties.len()) else { return false };
    of.duties.iter().all(|duty| {
        let Some(text) = layer.duties.get(&duty.id) else { return false };
        let declared = pack.duties.iter().find(|declared| declared.id == duty.id);
        *text == to_text(duty) || declared.is_some_and(|declared| is_stricter(resolved, declared, duty, text))
    })
}

/// Whether a text is a duty whose parameters alone read otherwise, and none of them laxer.
fn is_stricter(resolved: &Resolved, declared: &Declared, duty: &Duty, text: &str) -> bool {
    let Ok(adopted) = from_text("a duty in force", text) else { return false };
    let parameter = |id: &ParameterId| {
        let mut all = resolved.requirements.values();
        all.find_map(|required| required.requirement.parameters.get(id))
    };
    let kept = |term: &Term<Period>, before: Period, now: Period| {
        before == now || term.parameter().and_then(parameter).is_some_and(|parameter| no_laxer(parameter, before, now))
    };
    let lengths = kept(&declared.within, duty.within, adopted.within)
        && match (&declared.every, duty.every, adopted.every) {
            (Some(term), Some(before), Some(now)) => kept(term, before, now),
            (_, before, now) => before == now,
        }
        && match (&declared.extension, &duty.extension, &adopted.extension) {
            (Some(term), Some(before), Some(now)) => kept(&term.by, before.by, now.by),
            (_, before, now) => before == now,
        };
    let (before, now) = (Value::Silence(duty.silence), Value::Silence(adopted.silence));
    let silence = before == now
        || declared.silence.parameter().is_some()
            && meet(&before, &now, None).is_ok_and(|met| met.relation == Relation::SecondStricter);
    let mut otherwise_same = Duty { within: duty.within, every: duty.every, silence: duty.silence, ..adopted.clone() };
    if let (Some(extension), Some(before)) = (&mut otherwise_same.extension, &duty.extension) {
        extension.by = before.by;
    }
    lengths && silence && to_text(&otherwise_same) == to_text(duty)
}

/// Whether a length is as strict as another, in the parameter's own direction. What cannot be compared exactly is not.
fn no_laxer(parameter: &Parameter, before: Period, now: Period) -> bool {
    let how = (now.exactly_compares(before), parameter.stricter);
    matches!(
        how,
        (Some(Ordering::Equal), _)
            | (Some(Ordering::Less), Some(Stricter::Lower))
            | (Some(Ordering::Greater), Some(Stricter::Higher))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Source;

    /// The layers that a city stands under with a pack of this software.
    fn adopted(name: &str) -> Vec<PolicyLayer> {
        let library = built_in().unwrap();
        resolve(&library.stack_of(library.find(name).unwrap()).unwrap(), None).unwrap().policy_layers()
    }

    #[test]
    fn every_layer_of_every_pack_is_known_as_it_is_adopted_under_whatever_profile() {
        let library = built_in().unwrap();
        let packs: Vec<Arc<_>> = library.packs().map(Arc::clone).collect();
        let mut seen = 0;
        for pack in packs {
            for layer in adopted(&pack.manifest.id) {
                let known = built_in_as(&layer).unwrap_or_else(|| panic!("{}", layer.name));
                assert_eq!(library.get(known).unwrap().manifest.id, layer.name);
                seen += 1;
            }
        }
        assert!(seen > 12, "{seen}");
    }

    #[test]
    fn a_letter_another_owner_kind_or_name_or_a_duty_less_more_or_laxer_is_another_layer() {
        let core = adopted("global-core").remove(0);
        assert!(built_in_as(&core).is_some());
        let altered = |alter: &dyn Fn(&mut PolicyLayer)| {
            let mut layer = core.clone();
            alter(&mut layer);
            assert_ne!(layer, core);
            assert_eq!(built_in_as(&layer), None, "{layer:?}");
        };
        altered(&|layer| layer.cedar.push(' '));
        altered(&|layer| layer.owner.push('x'));
        altered(&|layer| layer.name.push('x'));
        altered(&|layer| layer.kind = model::LayerKind::City);
        altered(&|layer| drop(layer.duties.pop_first()));
        altered(&|layer| {
            let text = layer.duties.values().next().unwrap().clone();
            layer.duties.insert("one-more".parse().unwrap(), text);
        });
        let mut tried = 0;
        for (id, text) in &core.duties {
            let duty = from_text("x", text).unwrap();
            let longer = Duty { within: "900y".parse().unwrap_or(duty.within), ..duty.clone() };
            let other = Duty { done_by: duty.from.clone(), each: !duty.each, ..duty.clone() };
            for changed in [longer, other].map(|duty| to_text(&duty)).into_iter().filter(|changed| changed != text) {
                altered(&|layer| drop(layer.duties.insert(id.clone(), changed.clone())));
                tried += 1;
            }
            altered(&|layer| drop(layer.duties.insert(id.clone(), "nothing".to_owned())));
        }
        assert!(tried > core.duties.len(), "{tried}");
    }

    #[test]
    fn without_its_base_a_pack_still_tells_apart_what_needs_none() {
        let library = built_in().unwrap();
        let mut fixed = 0;
        for pack in library.packs() {
            let layer = adopted(&pack.manifest.id).pop().unwrap();
            assert!(can_be(pack, &layer), "{}", layer.name);
            let altered = |alter: &dyn Fn(&mut PolicyLayer)| {
                let mut layer = layer.clone();
                alter(&mut layer);
                assert!(!can_be(pack, &layer), "{layer:?}");
            };
            altered(&|layer| layer.owner.push('x'));
            altered(&|layer| layer.name.push('x'));
            altered(&|layer| drop(layer.duties.insert("one-more".parse().unwrap(), "nothing".to_owned())));
            for norm in alone(pack) {
                fixed += 1;
                altered(&|layer| layer.cedar = layer.cedar.replace(&norm, ""));
            }
        }
        assert!(fixed > 20, "{fixed}");
    }

    #[test]
    fn a_duty_that_a_narrower_pack_made_stricter_is_still_the_wider_packs_and_a_laxer_one_is_not() {
        // Ten days by a parameter of which the higher value is the stricter.
        let duty = Source::duty("report", "base-01").replace("12mo", "${minimum-count}");
        let pack = Source::standard("base").with("duties/all.toml", &duty).pack();
        let resolved = resolve(&[Arc::new(pack)], None).unwrap();
        let layer = resolved.policy_layers().remove(0);
        let with = |from: &str, to: &str| {
            let mut layer = layer.clone();
            let duty = layer.duties.values_mut().next().unwrap();
            assert!(duty.contains(from), "{duty}");
            *duty = duty.replace(from, to);
            carries(&resolved, &layer).is_some()
        };
        assert!(with("10d", "10d") && with("10d", "11d") && with("10d", "20d"));
        assert!(!with("10d", "9d"), "laxer");
        assert!(!with("10d", "1mo"), "who knows");
        // What is no parameter stays as it is.
        assert!(!with("escalate", "cease") && !with("evidence/report", "evidence/other"));
    }
}
