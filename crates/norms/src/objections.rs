//! Objections: every norm that stands against something, each by itself.
//!
//! A decision says no as soon as one norm does. Whoever assesses a city asks each norm: which stand against it, which do
//! not, and which have no say. Permits are not asked here.

use model::Timestamp;

use crate::bundle::{Bundle, erring};
use crate::decision::{Refusal, RefusalKind};
use crate::drawers::{Drawer, Norms};
use crate::facts::{
    ActQuestion, CollectFast, CollectQuestion, DiscloseFast, DiscloseQuestion, Gathered, StandQuestion, Unaskable,
};

/// What norms say of one question.
pub struct Objections<'b> {
    /// All that were asked.
    pub norms: &'b Norms,
    /// Those that stand against it.
    pub against: Vec<Objection>,
}

/// One norm that stands against something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Objection {
    /// Its place in [`Norms::grounds`].
    pub place: usize,
    /// It could not be evaluated, which counts as no.
    pub erred: bool,
}

impl Bundle {
    /// What norms say of an act; none if no norm is about such acts.
    #[must_use]
    pub fn object_to_act(&self, question: &ActQuestion<'_>, now: Timestamp) -> Option<Objections<'_>> {
        self.object(question.key(), question.gathered(now))
    }

    /// What norms say of a collection.
    #[must_use]
    pub fn object_to_collect(&self, question: &CollectQuestion<'_>, fast: &CollectFast) -> Option<Objections<'_>> {
        self.object(CollectQuestion::KEY, question.gathered(fast.context()))
    }

    /// What norms say of a disclosure.
    #[must_use]
    pub fn object_to_disclose(&self, question: &DiscloseQuestion<'_>, fast: &DiscloseFast) -> Option<Objections<'_>> {
        let key = (question.action(), DiscloseQuestion::KIND);
        self.object((&key.0, key.1), Ok(question.gathered(fast.context())))
    }

    /// What norms say of something that stands in the register.
    #[must_use]
    pub fn object_to_stand(&self, question: &StandQuestion<'_>, now: Timestamp) -> Option<Objections<'_>> {
        self.object(question.key(), question.gathered(now))
    }

    /// The norms that shut out what stands so: those that say `@on_failure("suspend")` and are against it. One that errs is.
    #[must_use]
    pub fn shut_out(&self, question: &StandQuestion<'_>, now: Timestamp) -> Option<Refusal> {
        let said = self.object_to_stand(question, now)?;
        let against = said.against.iter().filter_map(|objection| said.norms.grounds().get(objection.place));
        let grounds: Vec<_> = against.filter(|ground| self.suspends(&ground.policy.0)).cloned().collect();
        if grounds.is_empty() { None } else { Some(Refusal { kind: RefusalKind::Forbidden, grounds }) }
    }

    fn object(&self, key: (&str, &str), known: Result<Gathered, Unaskable>) -> Option<Objections<'_>> {
        let Drawer { norms, sight, .. } = self.drawer(key)?;
        if norms.grounds().is_empty() {
            return None;
        }
        let asked = |known: Gathered| self.ask(&known.case(sight).ok()?, known.context, &norms.forbids);
        let against = match known.ok().and_then(asked) {
            Some(response) => {
                let place = |policy: &str, erred| Some(Objection { place: norms.place(policy)?, erred });
                let forbidding = response.diagnostics().reason().filter_map(|id| place(id.as_ref(), false));
                let broken = erring(&response).into_iter().filter_map(|id| place(&id, true));
                let mut against: Vec<Objection> = forbidding.chain(broken).collect();
                against.sort_unstable();
                against
            }
            // What cannot even be put counts as no, to each norm.
            None => (0..norms.grounds().len()).map(|place| Objection { place, erred: true }).collect(),
        };
        Some(Objections { norms, against })
    }
}
