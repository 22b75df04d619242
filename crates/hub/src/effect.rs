//! What an amendment does to decisions: looser, stricter, incomparable or the same, by proof, with an example in words.
//!
//! Only the norms that differ are compared, as ceilings over everything that the schema allows. Each is decided alone, so *looser*
//! means that these norms let something pass; whether another norm still stops it is a question to the whole pack. Duties run on
//! clocks, and no solver is asked about them.

use std::collections::BTreeMap;
use std::time::Duration;

use norms::proof::{Difference, Heading, Prover, Source, Standard};
use standards::Resolved;

use crate::act::Effect;

/// How long one question to the solver may take.
const QUESTION_TIME_MAX: Duration = Duration::from_secs(3);
/// How long all of them together may take: well below what a request may.
const PROOF_TIME_MAX: Duration = Duration::from_secs(20);
/// A norm that forbids nothing, on both sides: a side with no other norm is still a side.
const NOTHING: &str = "@id(\"nothing\") @requirement(\"none\") forbid (principal, action, resource) unless { true };";
/// The longest example, in characters.
const EXAMPLE_CHARS_MAX: usize = 6_000;

/// An effect, and an example or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What it does.
    pub effect: Effect,
    /// For example, or why it was not proved.
    pub words: String,
}

impl Shown {
    fn not_proved(words: impl Into<String>) -> Self {
        Self { effect: Effect::NotProved, words: words.into() }
    }
}

/// The prover of amendments: one solver at a time, and a limit for each question and for all of them.
#[must_use]
pub fn prover() -> Prover {
    Prover::found().workers(1).limit(QUESTION_TIME_MAX).within(PROOF_TIME_MAX)
}

/// Compares a pack, over all that it stands on, with what an amendment makes of it.
#[must_use]
pub fn compare(prover: &Prover, before: &Resolved, after: &Resolved) -> Shown {
    let (was, is) = (norms_of(before), norms_of(after));
    let differ = |one: &BTreeMap<String, String>, other: &BTreeMap<String, String>| {
        let changed = one.iter().filter(|(name, cedar)| other.get(*name) != Some(*cedar));
        changed.map(|(_, cedar)| cedar.clone()).collect::<Vec<_>>()
    };
    let (was, is) = (differ(&was, &is), differ(&is, &was));
    if was.is_empty() && is.is_empty() {
        let clocks =
            |resolved: &Resolved| resolved.policy_layers().into_iter().map(|layer| layer.duties).collect::<Vec<_>>();
        return if clocks(before) == clocks(after) {
            Shown { effect: Effect::WordsAlone, words: String::new() }
        } else {
            Shown::not_proved("It changes a duty, which runs on a clock; no solver is asked about clocks.")
        };
    }
    let (was, is) = match (side("before", &was), side("after", &is)) {
        (Ok(was), Ok(is)) => (was, is),
        (Err(why), _) | (_, Err(why)) => return Shown::not_proved(why),
    };
    match prover.diff(&was, &is) {
        Ok(difference) => judged(&difference),
        Err(error) => Shown::not_proved(error.to_string()),
    }
}

fn norms_of(resolved: &Resolved) -> BTreeMap<String, String> {
    let named = resolved.layers.iter().flat_map(|layer| layer.norms.iter().map(move |norm| (layer, norm)));
    // What a norm says for its refusal is no part of what it decides.
    let decides =
        |cedar: &str| cedar.lines().filter(|line| !line.starts_with("@reason(")).collect::<Vec<_>>().join("\n");
    named.map(|(layer, norm)| (format!("{}/{}", layer.name, norm.id), decides(&norm.cedar))).collect()
}

fn side(name: &str, norms: &[String]) -> Result<Standard, String> {
    let cedar = norms.iter().map(String::as_str).chain([NOTHING]).collect::<Vec<_>>().join("\n");
    Standard::read(&[Source { name: name.to_owned(), cedar }]).map_err(|error| error.to_string())
}

fn judged(difference: &Difference) -> Shown {
    let (mut allowed, mut refused, mut unknown, mut words) = (false, false, false, Vec::new());
    for change in &difference.changes {
        let both = [(&change.newly_allowed, "Newly allowed"), (&change.newly_refused, "Newly refused")];
        for (at, (heading, title)) in both.into_iter().enumerate() {
            match heading {
                Heading::Nothing => {}
                Heading::Unknown { why } => {
                    unknown = true;
                    words.push(format!("{}: not known, {why}", change.action));
                }
                Heading::Something { example } => {
                    let seen = if at == 0 { &mut allowed } else { &mut refused };
                    if !std::mem::replace(seen, true) {
                        words.push(format!("{title}, for example ({}): {example}", change.action));
                    }
                }
            }
        }
    }
    let effect = match (allowed, refused, unknown) {
        // Both were found, so that nothing unknown could change it.
        (true, true, _) => Effect::Incomparable,
        (_, _, true) => Effect::NotProved,
        (true, false, false) => Effect::Looser,
        (false, true, false) => Effect::Stricter,
        (false, false, false) => Effect::Same,
    };
    Shown { effect, words: words.join("\n\n").chars().take(EXAMPLE_CHARS_MAX).collect() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::RequirementId;

    use super::*;
    use crate::amend::amended;
    use crate::command::{Change, NormChange, ParameterChange};
    use crate::document::resolved;

    fn shown(prover: &Prover, change: &Change) -> Shown {
        let library = standards::built_in().unwrap();
        let core = library.find("global-core").unwrap();
        let (_, after) = amended(core, &RequirementId("core-04".to_owned()), change).unwrap();
        let (before, after) = (resolved(&library, core).unwrap(), resolved(&library, &Arc::new(after)).unwrap());
        compare(prover, &before, &after)
    }

    fn validity(value: &str) -> Change {
        let parameter =
            ParameterChange { id: "approval-validity".to_owned(), value: value.parse().unwrap(), new: None };
        Change { parameter: Some(parameter), ..Change::default() }
    }

    fn norm(condition: &str) -> Change {
        let cedar = format!(
            "@id(\"approval-expires\")\n@requirement(\"core-04\")\nforbid (principal, action == Action::\"approve\", resource)\n\
             unless {{ {condition} }};"
        );
        let norm = NormChange { id: "approval-expires".to_owned(), cedar: cedar.parse().unwrap() };
        Change { norm: Some(norm), ..Change::default() }
    }

    #[test]
    #[expect(clippy::print_stdout, reason = "what was not there is named")]
    fn every_effect_is_proved_where_there_is_a_solver_and_its_lack_is_said_where_there_is_none() {
        let text = Change { text: Some("Other words.".parse().unwrap()), ..Change::default() };
        let none = Prover::found().program("no-such-solver");
        assert_eq!(shown(&none, &text).effect, Effect::WordsAlone);
        let unproved = shown(&none, &validity("\"365d\""));
        assert!(unproved.effect == Effect::NotProved && unproved.words.contains("no solver"), "{unproved:?}");
        let prover = Prover::found().workers(2);
        if shown(&prover, &validity("\"365d\"")).words.contains("no solver") {
            return println!("skipped: there is no solver");
        }
        let effect = |change: &Change| shown(&prover, change);
        let stricter = effect(&validity("\"365d\""));
        assert!(stricter.effect == Effect::Stricter && stricter.words.contains("Newly refused"), "{stricter:?}");
        assert_eq!(effect(&validity("\"3650d\"")).effect, Effect::Looser);
        assert_eq!(effect(&norm("1826 >= context.spanDays")).effect, Effect::Same);
        let both = effect(&norm("context.spanDays <= 1000 || context.spanDays == 4000"));
        assert_eq!(both.effect, Effect::Incomparable, "{both:?}");
    }

    /// A solver that greets as one does and then answers nothing, for as long as it is let.
    #[cfg(unix)]
    fn silent(folder: &std::path::Path) -> std::path::PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let program = folder.join("silent");
        let script = "#!/bin/sh\nif [ -e \"$0.greeted\" ]; then while read -r line; do :; done; fi\n: > \"$0.greeted\"\nsaid=sat\n\
            while read -r line; do case \"$line\" in *check-sat*) echo $said; said=unsat;; esac; done\n";
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        program
    }

    #[cfg(unix)]
    #[test]
    fn a_proof_ends_by_its_limit_whatever_the_solver_does_and_says_that_it_did() {
        let folder = tempfile::tempdir().unwrap();
        // Each question alone would be waited for longer than this test may take, and there are dozens of them.
        let patient = Prover::found().program(silent(folder.path())).workers(1).limit(Duration::from_secs(3_600));
        let stopped = shown(&patient.within(Duration::from_secs(2)), &validity("\"365d\""));
        assert_eq!(stopped.effect, Effect::NotProved);
        assert!(stopped.words.contains("not known, the proof as a whole took 2 s"), "{stopped:?}");
    }
}
