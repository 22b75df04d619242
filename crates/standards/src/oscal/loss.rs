//! What an import could not carry over, each with the place where it stood.

use serde::Serialize;

use super::document::{Link, Property, Rest};

/// One thing left behind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Loss {
    /// Where it stood, as a JSON pointer-like path: `catalog/groups/ac/controls/ac-1/params/ac-1_prm_1/select`.
    pub path: String,
    /// Why it was left.
    pub why: String,
}

/// Gathers losses under a path.
#[derive(Debug, Default)]
pub(super) struct Losses(Vec<Loss>);

impl Losses {
    pub(super) fn add(&mut self, path: &str, why: &str) {
        self.0.push(Loss { path: path.to_owned(), why: why.to_owned() });
    }

    /// Everything that a type does not know.
    pub(super) fn rest(&mut self, path: &str, rest: &Rest) {
        for key in rest.keys() {
            self.add(&format!("{path}/{key}"), "a requirement has no place for it");
        }
    }

    /// Properties that were not read.
    pub(super) fn props<'a>(&mut self, path: &str, props: impl Iterator<Item = &'a Property>) {
        for property in props {
            self.add(&format!("{path}/props/{}", property.name), "a property of another vocabulary");
            self.rest(&format!("{path}/props/{}", property.name), &property.rest);
        }
    }

    /// Links that were not read.
    pub(super) fn links<'a>(&mut self, path: &str, links: impl Iterator<Item = &'a Link>) {
        for link in links {
            let rel = link.rel.as_deref().unwrap_or("none");
            self.add(&format!("{path}/links/{}", link.href), &format!("a link with the relation `{rel}`"));
        }
    }

    /// In order, without repetition.
    pub(super) fn done(mut self) -> Vec<Loss> {
        self.0.sort();
        self.0.dedup();
        self.0
    }
}
