//! The values of parameters going down a stack: each layer's own, never looser than those above it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Problems};
use crate::pack::files::MANIFEST;
use crate::pack::{Pack, Reference};
use crate::parameter::{Met, Mismatch, Parameter, ParameterId, Relation, Value, meet};

/// What a profile did to a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tightening {
    /// Which parameter.
    pub parameter: ParameterId,
    /// Which profile.
    pub pack: Reference,
    /// What was in force above it.
    pub from: Value,
    /// What it sets.
    pub set: Value,
    /// What is in force from it on down: as strict as both.
    pub to: Value,
    /// How `from` and `set` stand to each other.
    pub relation: Relation,
    /// Whether this leaves nothing allowed.
    pub nothing_allowed: bool,
}

/// All values of a stack, layer by layer.
pub(super) struct Ladder<'p> {
    declared: BTreeMap<&'p ParameterId, &'p Parameter>,
    /// The values in force in each layer.
    pub(super) values: Vec<BTreeMap<ParameterId, Value>>,
    /// The parameters that each layer changed.
    pub(super) changed: Vec<BTreeSet<ParameterId>>,
    pub(super) tightenings: Vec<Tightening>,
}

impl<'p> Ladder<'p> {
    /// Climbs down a stack that is in order. `below` holds, for each pack, the positions of what it stands on.
    pub(super) fn build(stack: &'p [Arc<Pack>], below: &[BTreeSet<usize>], problems: &mut Problems) -> Self {
        let mut ladder =
            Self { declared: BTreeMap::new(), values: Vec::new(), changed: Vec::new(), tightenings: Vec::new() };
        let mut owner: BTreeMap<&ParameterId, usize> = BTreeMap::new();
        for (at, pack) in stack.iter().enumerate() {
            let mut values = ladder.values.last().cloned().unwrap_or_default();
            for one in pack.requirements.values() {
                for (id, parameter) in &one.parameters {
                    values.insert(id.clone(), parameter.value.clone());
                    ladder.declared.insert(id, parameter);
                    owner.insert(id, at);
                }
            }
            let bases = below.get(at).cloned().unwrap_or_default();
            let mut changed = BTreeSet::new();
            for (id, set) in &pack.manifest.set {
                let known = owner.get(id).filter(|owner| bases.contains(owner));
                let Some(declared) = known.and_then(|_| ladder.declared.get(id)).copied() else {
                    problems.push(wrong(pack, id, "unknown-parameter", format!("nothing below declares `{id}`")));
                    continue;
                };
                let above = ladder.base_value(id, declared, stack, &bases);
                if let Some(problem) = looser(pack, id, declared, &above, set) {
                    problems.push(problem);
                    continue;
                }
                let from = values.get(id).cloned().unwrap_or_else(|| declared.value.clone());
                let Ok(met) = meet(&from, set, declared.stricter) else { continue };
                if met.value != from {
                    changed.insert(id.clone());
                }
                values.insert(id.clone(), met.value.clone());
                ladder.tightenings.push(tightening(pack, id, declared, (from, set.clone()), met));
            }
            ladder.values.push(values);
            ladder.changed.push(changed);
        }
        ladder
    }

    /// The value that a pack's bases together leave, whoever else stands in the stack.
    fn base_value(
        &self,
        id: &ParameterId,
        declared: &Parameter,
        stack: &[Arc<Pack>],
        bases: &BTreeSet<usize>,
    ) -> Value {
        let sets = bases.iter().filter_map(|base| stack.get(*base)?.manifest.set.get(id));
        let join = |value: Value, set: &Value| {
            meet(&value, set, declared.stricter).map_or_else(|_| value.clone(), |met| met.value)
        };
        sets.fold(declared.value.clone(), join)
    }
}

fn tightening(
    pack: &Pack,
    id: &ParameterId,
    parameter: &Parameter,
    (from, set): (Value, Value),
    met: Met,
) -> Tightening {
    Tightening {
        parameter: id.clone(),
        pack: pack.manifest.reference.clone(),
        from,
        set,
        nothing_allowed: met.nothing_allowed(parameter.stricter),
        relation: met.relation,
        to: met.value,
    }
}

/// Whether `set` is of the right kind and not looser than what stands above.
fn looser(pack: &Pack, id: &ParameterId, parameter: &Parameter, above: &Value, set: &Value) -> Option<Diagnostic> {
    match meet(above, set, parameter.stricter) {
        Err(mismatch) => Some(wrong(pack, id, "wrong-kind", mismatch_of(id, &mismatch))),
        Ok(met) if met.relation == Relation::FirstStricter => {
            let what = format!("`{id}` would become looser: {set} where what it stands on says {above}");
            Some(wrong(pack, id, "looser-parameter", what))
        }
        Ok(_) => None,
    }
}

fn mismatch_of(id: &ParameterId, mismatch: &Mismatch) -> String {
    format!("`{id}`: {mismatch}")
}

fn wrong(pack: &Pack, id: &ParameterId, code: &'static str, what: String) -> Diagnostic {
    let line = pack.lines.set.get(id).copied().unwrap_or(1);
    let help = "a profile sets parameters of what it stands on, to the same or a stricter value";
    Diagnostic::of_file(MANIFEST, code, what, help).at_line(line).within(&pack.manifest.id)
}
