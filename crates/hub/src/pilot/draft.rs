//! A draft: the layers of a standard as it would be adopted, and what its norms ask to be filed.
//!
//! It is put over the policies that a city had as an adoption puts it there, by the same code: a layer of the same name takes the place of
//! the one that was in force, any other is added, and the city's own permits stay. Nothing of a city's is left out.

use std::collections::{BTreeMap, BTreeSet};

use model::policy::PolicyText;
use model::{Digest, DutyId, PolicyId, PolicyLayer};
use register::Adoption;
use sha2::{Digest as _, Sha256};
use standards::Resolved;

/// The facts of a thing that are papers filed about it.
const PAPERS: [&str; 5] = ["evidence", "independentEvidence", "cityEvidence", "assessments", "independentAssessments"];

/// A draft, ready to be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub(super) reference: String,
    pub(super) title: String,
    pub(super) digest: Digest,
    pub(super) layers: Vec<PolicyLayer>,
    /// What each norm asks to be filed.
    pub(super) papers: BTreeMap<PolicyId, BTreeSet<String>>,
}

impl Draft {
    /// A standard with all it stands on, its parameters filled in.
    #[must_use]
    pub fn of(resolved: &Resolved) -> Self {
        let mut layers = resolved.policy_layers();
        layers.retain(|layer| !layer.cedar.is_empty() || !layer.duties.is_empty());
        let narrowest = resolved.packs.last().map(|pack| &pack.manifest);
        let reference = narrowest.map(|manifest| manifest.reference.to_string()).unwrap_or_default();
        let title = narrowest.map(|manifest| manifest.title.clone()).unwrap_or_default();
        Self::of_layers(reference, title, layers)
    }

    /// Layers as they would be adopted, under the name of the draft that they are.
    #[must_use]
    pub fn of_layers(reference: String, title: String, layers: Vec<PolicyLayer>) -> Self {
        let papers = layers.iter().flat_map(papers_of).collect();
        Self { reference, title, digest: digest(&layers), layers, papers }
    }

    /// SHA-256 over everything of it that decides or counts time.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// Its name and version.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// Policies with the draft in them, as a city that adopts it has them.
    #[must_use]
    pub fn over(&self, text: &PolicyText) -> PolicyText {
        Adoption::over(text, &self.layers).text
    }

    /// Its duties, with their texts.
    pub(super) fn duties(&self) -> impl Iterator<Item = (&DutyId, &String)> {
        self.layers.iter().flat_map(|layer| &layer.duties)
    }
}

fn digest(layers: &[PolicyLayer]) -> Digest {
    let mut hasher = Sha256::new();
    let mut part = |text: &str| {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    };
    part("ordinance/draft/v1");
    for layer in layers {
        [layer.kind.code(), &layer.name, &layer.owner, &layer.cedar].into_iter().for_each(&mut part);
        for (id, duty) in &layer.duties {
            part(id.as_str());
            part(duty);
        }
    }
    Digest::new(hasher.finalize().into())
}

/// What each norm of a layer asks to be filed, as its text names it.
fn papers_of(layer: &PolicyLayer) -> Vec<(PolicyId, BTreeSet<String>)> {
    let policies = layer.cedar.split("@id(\"").skip(1);
    let named = policies.filter_map(|policy| {
        let (id, text) = policy.split_once('"')?;
        Some((PolicyId(format!("{}/{id}", layer.name)), asked_for(text)))
    });
    named.filter(|(_, papers)| !papers.is_empty()).collect()
}

/// The papers in `evidence.contains("a")`, `evidence.containsAll(["a", "b"])` and, as one of them, `containsAny`.
fn asked_for(text: &str) -> BTreeSet<String> {
    let mut papers = BTreeSet::new();
    for (at, _) in text.match_indices(".contains") {
        let (before, after) = text.split_at(at);
        let is_papers = PAPERS.iter().any(|fact| before.strip_suffix(fact).is_some_and(|rest| rest.ends_with('.')));
        let Some((how, rest)) = after.split_once('(').filter(|_| is_papers) else { continue };
        let Some((named, _)) = rest.split_once(')') else { continue };
        let mut kinds = named.split('"').skip(1).step_by(2).map(str::to_owned);
        match how {
            ".containsAny" => papers.extend(kinds.next()),
            _ => papers.extend(kinds),
        }
    }
    papers
}

#[cfg(test)]
mod tests {
    use model::LayerKind;

    use super::*;

    fn layer(name: &str, kind: LayerKind, cedar: &str) -> PolicyLayer {
        let (name, owner, cedar) = (name.to_owned(), "o".to_owned(), cedar.to_owned());
        PolicyLayer { kind, name, owner, cedar, duties: BTreeMap::new() }
    }

    #[test]
    fn a_draft_has_a_digest_of_everything_that_decides() {
        let layers = vec![layer("core", LayerKind::Global, "3"), layer("land", LayerKind::National, "4")];
        let of = |layers: &[PolicyLayer]| Draft::of_layers("d".to_owned(), "D".to_owned(), layers.to_vec()).digest();
        assert_eq!(of(&layers), of(&layers.clone()));
        assert_ne!(of(&layers), of(&layers[..1]));
    }

    #[test]
    fn what_a_norm_asks_to_be_filed_is_read_from_its_text() {
        let cedar = r#"@id("a") forbid (principal, action, resource) unless { resource.evidence.contains("notice") };
            @id("b") forbid (principal, action, resource) unless { resource.cityEvidence.containsAll(["x", "y"]) && resource.purposes.contains("z") };
            @id("c") forbid (principal, action, resource) when { resource.personal };"#;
        let draft = Draft::of_layers("d".to_owned(), "D".to_owned(), vec![layer("l", LayerKind::City, cedar)]);
        let papers: Vec<(String, Vec<&str>)> =
            draft.papers.iter().map(|(id, kinds)| (id.0.clone(), kinds.iter().map(String::as_str).collect())).collect();
        assert_eq!(papers, [("l/a".to_owned(), vec!["notice"]), ("l/b".to_owned(), vec!["x", "y"])]);
    }
}
