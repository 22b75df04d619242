//! What other policies would do, for a page: what flows, who decides, which words differ, and what a solver proves of it.
//!
//! The register compares and the norms prove; here it is only told. What was not proved is said to be not proved.

use std::sync::Arc;
use std::time::Duration;

use model::policy::PolicyText;
use model::{PartyId, Timestamp};
use norms::Bundle;
use norms::proof::{City, Difference, Heading, ProofError, Prover, Report, Source, Standard, Verdict};
use register::State as Register;
use register::changes::{Decided, Flow, Flowing, changes};

use super::diff::{Hunk, hunks};
use crate::lang::Lang;
use crate::pages::{Link, party_name};
use crate::words;

/// The longest that one question of a proof may take.
const QUESTION: Duration = Duration::from_secs(5);
/// The most lines of each kind.
const LINES_MAX: usize = 100;

/// What other policies would do.
pub(in crate::pages::office) struct Effects {
    pub(in crate::pages::office) stops: Vec<Line>,
    pub(in crate::pages::office) starts: Vec<Line>,
    pub(in crate::pages::office) decides: Vec<Line>,
    /// How many lines are not shown.
    pub(in crate::pages::office) more: usize,
    pub(in crate::pages::office) hunks: Vec<Hunk>,
    pub(in crate::pages::office) proof: Option<Proof>,
}

/// Something that would be otherwise.
pub(in crate::pages::office) struct Line {
    pub(in crate::pages::office) about: Link,
    pub(in crate::pages::office) words: String,
}

/// What a solver found.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::pages::office) struct Proof {
    pub(in crate::pages::office) sentences: Vec<String>,
    /// What would be newly allowed, each with an example.
    pub(in crate::pages::office) allowed: Vec<(String, String)>,
    /// What would be newly refused, each with an example.
    pub(in crate::pages::office) refused: Vec<(String, String)>,
}

impl Effects {
    /// What flows and who decides, under policies and under others.
    pub(super) fn of(state: &Register, now: Timestamp, before: Option<&Arc<Bundle>>, after: &Arc<Bundle>) -> Self {
        let changes = changes(state, now, before, after);
        let all = changes.stops.len() + changes.starts.len() + changes.decided.len();
        let flows = |flows: Vec<Flow>| flows.into_iter().take(LINES_MAX).map(|flow| flowing(state, flow)).collect();
        let decides: Vec<Line> = changes.decided.into_iter().take(LINES_MAX).map(|one| decided(state, one)).collect();
        let (stops, starts): (Vec<Line>, Vec<Line>) = (flows(changes.stops), flows(changes.starts));
        let more = all - stops.len() - starts.len() - decides.len();
        Self { stops, starts, decides, more, hunks: Vec::new(), proof: None }
    }

    /// Also which words differ.
    pub(super) fn with_words(self, before: &str, after: &str) -> Self {
        Self { hunks: hunks(before, after), ..self }
    }

    /// Also what a solver proves of it.
    pub(super) fn with_proof(self, before: &PolicyText, after: &PolicyText) -> Self {
        Self { proof: Some(proved(before, after)), ..self }
    }

    /// What there is, each under its heading.
    pub(in crate::pages::office) fn groups(&self) -> [(&'static str, &[Line]); 3] {
        [("Would stop", &self.stops), ("Would start", &self.starts), ("Others would decide", &self.decides)]
    }

    /// Whether no flow and no decision would be another.
    pub(in crate::pages::office) const fn is_quiet(&self) -> bool {
        self.stops.is_empty() && self.starts.is_empty() && self.decides.is_empty()
    }
}

impl Proof {
    /// What would be another decision, each under its heading.
    pub(in crate::pages::office) fn groups(&self) -> [(&'static str, &[(String, String)]); 2] {
        [("Newly allowed", &self.allowed), ("Newly refused", &self.refused)]
    }
}

fn flowing(state: &Register, flow: Flow) -> Line {
    let words = format!("{}.", words::capital(&flow.why));
    let about = match &flow.what {
        Flowing::Stream(stream) => {
            let of = state.streams.get(stream).and_then(|id| Link::deployment(Lang::En, state, id));
            let (href, of) = of.map_or_else(|| ("/".to_owned(), String::new()), |link| (link.href, link.text));
            Link { href, text: format!("What “{of}” collects in its stream “{stream}”") }
        }
        Flowing::Grant { grant, recipient } => Link {
            href: format!("/office/grants/{grant}"),
            text: format!("What {} has under the agreement “{grant}”", party_name(state, recipient)),
        },
    };
    Line { about, words }
}

fn decided(state: &Register, one: Decided) -> Line {
    let names = |parties: &[PartyId]| match parties {
        [] => "nobody".to_owned(),
        parties => words::list(&parties.iter().map(|id| party_name(state, id)).collect::<Vec<_>>()),
    };
    let title =
        state.deployments.get(&one.deployment).map(|record| record.deployment.title.clone()).unwrap_or_default();
    let step = words::capital(one.step.code());
    let why = if one.why.is_empty() { String::new() } else { format!(" {}.", words::capital(&one.why)) };
    Line {
        about: Link { href: format!("/office/deployments/{}", one.deployment), text: format!("{step} “{title}”") },
        words: format!("Now {}; then {}.{why}", names(&one.now), names(&one.then)),
    }
}

/// Proves that the policies stay under their layers, and says what they newly allow and refuse.
fn proved(before: &PolicyText, after: &PolicyText) -> Proof {
    told(before, after).unwrap_or_else(|why| {
        let sentences = vec![format!("Nothing was proved: {why}.")];
        Proof { sentences, allowed: Vec::new(), refused: Vec::new() }
    })
}

fn told(before: &PolicyText, after: &PolicyText) -> Result<Proof, String> {
    let layer = |layer: &model::PolicyLayer| Source { name: layer.name.clone(), cedar: layer.cedar.clone() };
    let sources: Vec<Source> = after.layers.iter().map(layer).collect();
    let standard = Standard::read(&sources).map_err(|error| error.to_string())?;
    let (before, after) = (City::of(before), City::of(after));
    let (before, after) = (before.map_err(|error| error.to_string())?, after.map_err(|error| error.to_string())?);
    let prover = Prover::found().limit(QUESTION);
    let report = prover.prove(&after, &standard).map_err(|error| no_proof(&error))?;
    let difference = prover.diff(&before, &after).map_err(|error| no_proof(&error))?;
    Ok(in_words(&report, &difference))
}

/// Why there is no proof; where the solver lies is nobody's business.
fn no_proof(error: &ProofError) -> String {
    match error {
        ProofError::NoSolver { .. } => {
            "this city’s machine has no solver. Whoever keeps it can install cvc5".to_owned()
        }
        ProofError::Solver { .. } | ProofError::Worker => "the solver of this city’s machine does not work".to_owned(),
        ProofError::NormsErr(_) => error.to_string(),
    }
}

fn in_words(report: &Report, difference: &Difference) -> Proof {
    let mut sentences = vec![
        match report.verdict {
            Verdict::Equal | Verdict::Stricter | Verdict::AtLeastAsStrict => {
                "Proved: whatever is asked, nothing that this would allow is forbidden by a layer above the city."
            }
            Verdict::Vacuous => "Proved: this would allow nothing at all.",
            Verdict::Fails => "Not so: something would be allowed that a layer above the city forbids.",
            Verdict::Unknown => {
                "Not known: the solver found no answer in time whether this stays under the layers above."
            }
        }
        .to_owned(),
    ];
    sentences.extend(report.violations().iter().map(|(violation, _)| violation.story.to_string()));
    let silent: Vec<String> = report.silent().map(|action| format!("“{}”", action.action)).collect();
    if !silent.is_empty() && report.verdict != Verdict::Vacuous {
        sentences.push(format!("Nothing would ever be allowed in: {}.", words::list(&silent)));
    }
    let (mut allowed, mut refused) = (Vec::new(), Vec::new());
    for change in &difference.changes {
        for (heading, told) in [(&change.newly_allowed, &mut allowed), (&change.newly_refused, &mut refused)] {
            match heading {
                Heading::Nothing => {}
                Heading::Something { example } => told.push((change.action.clone(), example.to_string())),
                Heading::Unknown { why } => told.push((change.action.clone(), format!("Not known: {why}."))),
            }
        }
    }
    if difference.changes.is_empty() {
        sentences.push("Proved: it allows exactly what is allowed now, in other words.".to_owned());
    }
    Proof { sentences, allowed, refused }
}
