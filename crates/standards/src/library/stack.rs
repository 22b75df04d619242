//! A stack: a pack with everything it stands on, widest first, in one order whoever asks.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Library;
use crate::diagnostic::{Diagnostic, Problems};
use crate::pack::files::MANIFEST;
use crate::pack::{Pack, Reference};

/// Most packs of one stack.
pub(crate) const STACK_MAX: usize = 64;

impl Library {
    /// The packs named and everything they stand on, widest first.
    ///
    /// # Errors
    /// A pack that is missing, or a profile that stands on itself by way of others.
    pub fn stack(&self, tops: &[&Reference]) -> Result<Vec<Arc<Pack>>, Vec<Diagnostic>> {
        let mut climb =
            Climb { library: self, depth: BTreeMap::new(), path: Vec::new(), problems: Problems::default() };
        for top in tops {
            match self.get(top) {
                Some(pack) => drop(climb.depth_of(pack)),
                None => climb.problems.push(missing(top)),
            }
        }
        let mut stack: Vec<(usize, Arc<Pack>)> = climb
            .depth
            .iter()
            .filter_map(|(reference, depth)| Some(((*depth)?, self.get(reference)?.clone())))
            .collect();
        stack.sort_by(|(a, left), (b, right)| {
            let key = |depth: &usize, pack: &Pack| (pack.manifest.layer, *depth, pack.manifest.id.clone());
            key(a, left).cmp(&key(b, right))
        });
        climb.problems.or(stack.into_iter().map(|(_, pack)| pack).collect())
    }

    /// The stack of one pack that need not be in the library itself.
    ///
    /// # Errors
    /// As [`Library::stack`].
    pub fn stack_of(&self, pack: &Arc<Pack>) -> Result<Vec<Arc<Pack>>, Vec<Diagnostic>> {
        let mut with = self.clone();
        let shelved = super::Shelved { pack: pack.clone(), trust: crate::trust::Trust::Unsigned };
        with.packs.insert(pack.manifest.reference.clone(), shelved);
        with.stack(&[&pack.manifest.reference])
    }

    /// Checks a pack beside everything it stands on.
    ///
    /// # Errors
    /// Names that are nowhere, parameters that are looser, and whatever else keeps it from being resolved.
    pub fn check(&self, pack: &Arc<Pack>) -> Result<(), Vec<Diagnostic>> {
        self.stack_of(pack).map(|_| ())
    }
}

fn missing(reference: &Reference) -> Diagnostic {
    let what = format!("the pack `{reference}` is not at hand");
    Diagnostic::of_file(MANIFEST, "missing-base", what, "name a pack that is there, or give its folder")
}

struct Climb<'l> {
    library: &'l Library,
    /// Once climbed; `None` where something is wrong below.
    depth: BTreeMap<Reference, Option<usize>>,
    path: Vec<Reference>,
    problems: Problems,
}

impl Climb<'_> {
    /// How many packs lie below this one on the longest way down. Depth is bounded by [`STACK_MAX`].
    fn depth_of(&mut self, pack: &Pack) -> Option<usize> {
        let reference = &pack.manifest.reference;
        if let Some(depth) = self.depth.get(reference) {
            return *depth;
        }
        if let Some(from) = self.path.iter().position(|one| one == reference) {
            let round: Vec<String> = self.path.iter().skip(from).chain([reference]).map(ToString::to_string).collect();
            let what = format!("these profiles stand on each other: {}", round.join(" → "));
            self.wrong(pack, "cyclic-profile", what, "let one of them stand on something else");
            return None;
        }
        if self.path.len() >= STACK_MAX || self.depth.len() >= STACK_MAX {
            self.wrong(pack, "stack-too-high", format!("more than {STACK_MAX} packs"), "join some of them");
            return None;
        }
        self.path.push(reference.clone());
        let mut depth = 0;
        let mut whole = true;
        for base in &pack.manifest.based_on {
            let Some(below) = self.library.get(base).cloned() else {
                self.problems.push(missing(base).at_line(pack.lines.based_on.max(1)));
                whole = false;
                continue;
            };
            match self.depth_of(&below) {
                Some(below) => depth = depth.max(below + 1),
                None => whole = false,
            }
        }
        self.path.pop();
        let depth = whole.then_some(depth);
        self.depth.insert(reference.clone(), depth);
        depth
    }

    fn wrong(&mut self, pack: &Pack, code: &'static str, what: String, help: &str) {
        self.problems.push(Diagnostic::of_file(MANIFEST, code, what, help).at_line(pack.lines.based_on.max(1)));
    }
}
