//! A stack: packs with everything they stand on, widest first, in one order whoever asks.

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
        order(tops, |reference| self.get(reference))
    }

    /// The stack of one pack that need not be in the library itself.
    ///
    /// # Errors
    /// As [`Library::stack`].
    pub fn stack_of(&self, pack: &Arc<Pack>) -> Result<Vec<Arc<Pack>>, Vec<Diagnostic>> {
        let top = &pack.manifest.reference;
        order(&[top], |reference| if reference == top { Some(pack) } else { self.get(reference) })
    }

    /// Checks a pack beside everything it stands on: that it resolves.
    ///
    /// # Errors
    /// Names that are nowhere, parameters that are looser, and whatever else keeps it from being resolved.
    pub fn check(&self, pack: &Arc<Pack>) -> Result<(), Vec<Diagnostic>> {
        crate::resolve::resolve(&self.stack_of(pack)?, None).map(|_| ())
    }
}

/// The packs named and all below them, in the order of layers: by width, then by how much lies below, then by name.
pub(crate) fn order<'p>(
    tops: &[&Reference],
    find: impl Fn(&Reference) -> Option<&'p Arc<Pack>>,
) -> Result<Vec<Arc<Pack>>, Vec<Diagnostic>> {
    let find: &dyn Fn(&Reference) -> Option<&'p Arc<Pack>> = &find;
    let mut climb = Climb { find, depth: BTreeMap::new(), path: Vec::new(), problems: Problems::default() };
    for top in tops {
        match find(top) {
            Some(pack) => drop(climb.depth_of(pack)),
            None => climb.problems.push(missing(&top.to_string(), top)),
        }
    }
    let mut stack: Vec<(usize, &Arc<Pack>)> =
        climb.depth.iter().filter_map(|(reference, depth)| Some(((*depth)?, find(reference)?))).collect();
    stack.sort_by_key(|(depth, pack)| {
        let manifest = &pack.manifest;
        (manifest.layer, *depth, manifest.id.clone(), manifest.reference.clone())
    });
    climb.problems.or(stack.into_iter().map(|(_, pack)| pack.clone()).collect())
}

fn missing(file: &str, reference: &Reference) -> Diagnostic {
    let what = format!("the pack `{reference}` is not at hand");
    Diagnostic::of_file(file, "missing-base", what, "name a pack that is there, or give its folder")
}

struct Climb<'f, 'p> {
    find: &'f dyn Fn(&Reference) -> Option<&'p Arc<Pack>>,
    /// Once climbed; `None` where something is wrong below.
    depth: BTreeMap<Reference, Option<usize>>,
    path: Vec<Reference>,
    problems: Problems,
}

impl Climb<'_, '_> {
    /// How many packs lie below this one on the longest way down. Recursion is bounded by [`STACK_MAX`].
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
        let mut depth = Some(0);
        for base in &pack.manifest.based_on {
            let below = match (self.find)(base) {
                Some(below) => self.depth_of(below),
                None => {
                    let problem = missing(MANIFEST, base).at_line(pack.lines.based_on.max(1));
                    self.problems.push(problem.within(&pack.manifest.id));
                    None
                }
            };
            depth = depth.zip(below).map(|(depth, below)| depth.max(below + 1));
        }
        self.path.pop();
        self.depth.insert(reference.clone(), depth);
        depth
    }

    fn wrong(&mut self, pack: &Pack, code: &'static str, what: String, help: &str) {
        let problem = Diagnostic::of_file(MANIFEST, code, what, help).at_line(pack.lines.based_on.max(1));
        self.problems.push(problem.within(&pack.manifest.id));
    }
}
