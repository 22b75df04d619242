//! The fold of co-design: amendments, arguments, endorsements, statements, decisions and versions of a draft.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::RequirementId;

use super::Applied;
use crate::act::{
    Act, AmendmentDecided, AmendmentProposed, Answer, ArgumentMade, DraftConsolidated, EndorsementSet, Entry, Outcome,
    Part, StatementAnswered, StatementMade,
};
use crate::state::{Amendment, Argument, Draft, Line, LineKind, Phase, Stage, State, Statement, Tally};

impl State {
    pub(super) fn propose(&mut self, entry: Entry, act: &Act, proposed: &AmendmentProposed) -> Applied {
        let draft = self.drafts.get(&proposed.draft).ok_or("no such draft")?;
        if draft.phase != Phase::Open || draft.document != proposed.document {
            return Err("the draft is frozen, or another version by now");
        }
        let fits = match proposed.parts.contains(&Part::Clause) {
            true => self.takes_clause(draft, &proposed.clause),
            false => draft.clauses.contains(&proposed.clause),
        };
        if !fits || proposed.parts.is_empty() {
            return Err("it changes nothing of this draft");
        }
        self.draft_mut(&proposed.draft)?.amendments.push(entry);
        let amendment = Amendment {
            draft: proposed.draft.clone(),
            clause: proposed.clause.clone(),
            document: proposed.document,
            parts: proposed.parts.clone(),
            effect: proposed.effect,
            by: act.by.clone(),
            at: act.at,
            stage: Stage::Open,
            arguments: Vec::new(),
            organisations: BTreeMap::new(),
            persons: BTreeSet::new(),
            lines: Vec::new(),
        };
        self.amendments.insert(entry, Arc::new(amendment));
        self.take_part(act, entry);
        self.line(entry, act, entry, LineKind::Proposed)
    }

    /// Whoever took part in an amendment, made a statement or spoke for a case hears what becomes of it.
    pub(super) fn take_part(&mut self, act: &Act, of: Entry) {
        Arc::make_mut(self.took_part.entry(act.by.clone()).or_default()).insert(of);
    }

    /// Tells an amendment's feed what happened.
    pub(super) fn line(&mut self, entry: Entry, act: &Act, amendment: Entry, what: LineKind) -> Applied {
        let changed = self.amendments.get_mut(&amendment).map(Arc::make_mut).ok_or("no such amendment")?;
        changed.lines.push(Line { entry, at: act.at, by: act.by.clone(), amendment, what });
        Ok(())
    }

    fn open_amendment(&mut self, id: Entry) -> Result<&mut Amendment, &'static str> {
        let amendment = self.amendments.get_mut(&id).map(Arc::make_mut).ok_or("no such amendment")?;
        if amendment.stage == Stage::Open { Ok(amendment) } else { Err("the amendment is not open any more") }
    }

    pub(super) fn close(&mut self, entry: Entry, act: &Act, id: Entry, stage: Stage, what: LineKind) -> Applied {
        self.open_amendment(id)?.stage = stage;
        self.line(entry, act, id, what)
    }

    pub(super) fn argue(&mut self, entry: Entry, act: &Act, made: &ArgumentMade) -> Applied {
        let amendment = self.open_amendment(made.amendment)?;
        amendment.arguments.push(Argument { entry, by: act.by.clone(), at: act.at, stance: made.stance });
        self.take_part(act, made.amendment);
        self.line(entry, act, made.amendment, LineKind::Argued(made.stance))
    }

    pub(super) fn endorse(&mut self, act: &Act, set: &EndorsementSet) -> Applied {
        let member = self.people.by_id.get(&act.by).map(|person| person.member.clone()).ok_or("no such person")?;
        let amendment = self.open_amendment(set.amendment)?;
        match (set.for_member, set.endorsed) {
            (true, true) => drop(amendment.organisations.insert(member, act.by.clone())),
            (true, false) => drop(amendment.organisations.remove(&member)),
            (false, true) => drop(amendment.persons.insert(act.by.clone())),
            (false, false) => drop(amendment.persons.remove(&act.by)),
        }
        self.take_part(act, set.amendment);
        Ok(())
    }

    pub(super) fn state(&mut self, entry: Entry, act: &Act, made: &StatementMade) -> Applied {
        self.draft_mut(&made.draft)?.statements.push(entry);
        let (draft, by, at) = (made.draft.clone(), act.by.clone(), act.at);
        let statement = Statement { draft, by, at, answers: BTreeMap::new(), tally: BTreeMap::new() };
        self.statements.insert(entry, Arc::new(statement));
        self.take_part(act, entry);
        Ok(())
    }

    pub(super) fn answer(&mut self, act: &Act, answered: &StatementAnswered) -> Applied {
        let statement = self.statements.get_mut(&answered.statement).map(Arc::make_mut).ok_or("no such statement")?;
        let before = statement.answers.insert(act.by.clone(), (answered.answer, answered.kind));
        if let Some((answer, kind)) = before {
            let counted = statement.tally.entry(kind).or_default().of(answer);
            *counted = counted.saturating_sub(1);
        }
        *statement.tally.entry(answered.kind).or_default().of(answered.answer) += 1;
        statement.tally.retain(|_, tally| *tally != Tally::default());
        Ok(())
    }

    /// The amendment that an entry is, or argues about.
    pub(super) fn amendment_of(&self, of: Entry) -> Option<Entry> {
        if self.amendments.contains_key(&of) {
            return Some(of);
        }
        let argues = |amendment: &Amendment| amendment.arguments.iter().any(|argument| argument.entry == of);
        self.amendments.iter().find(|(_, amendment)| argues(amendment)).map(|(entry, _)| *entry)
    }

    pub(super) fn decide_amendment(&mut self, entry: Entry, act: &Act, decided: &AmendmentDecided) -> Applied {
        let (outcome, decision) = (decided.outcome, decided.decision.clone());
        let what = LineKind::Decided(outcome, decision.clone());
        let stage = Stage::Decided { outcome, decision, entry, version: None };
        let known = self.amendments.get_mut(&decided.amendment).map(Arc::make_mut).ok_or("no such amendment")?;
        if !known.stage.can_become(outcome) {
            return Err("the amendment is not open any more");
        }
        known.stage = stage;
        self.line(entry, act, decided.amendment, what)
    }

    pub(super) fn consolidate(&mut self, entry: Entry, act: &Act, made: &DraftConsolidated) -> Applied {
        let draft = self.drafts.get(&made.draft).ok_or("no such draft")?;
        if draft.phase != Phase::Consolidating || self.waiting(draft).next().is_some() {
            return Err("the draft is not frozen, or an amendment waits for a decision");
        }
        if !self.accepted(draft).eq(made.amendments.iter().copied()) {
            return Err("its amendments are not those that were accepted");
        }
        let mut brought = BTreeSet::new();
        let draft = self.draft_mut(&made.draft)?;
        (draft.phase, draft.document) = (Phase::Open, made.document);
        draft.version.clone_from(&made.version);
        draft.versions.push((entry, made.version.clone(), made.document));
        for &id in &made.amendments {
            let amendment = self.amendments.get_mut(&id).map(Arc::make_mut).ok_or("no such amendment")?;
            if amendment.parts.contains(&Part::Clause) {
                brought.insert(amendment.clause.clone());
            }
            if let Stage::Decided { version, .. } = &mut amendment.stage {
                *version = Some(entry);
            }
            self.line(entry, act, id, LineKind::InVersion(made.version.clone()))?;
        }
        self.draft_mut(&made.draft)?.clauses.append(&mut brought);
        Ok(())
    }

    /// The id that the next new clause of a draft gets: one above every number that a clause of it has or was proposed under.
    #[must_use]
    pub fn next_clause(&self, draft: &Draft) -> RequirementId {
        let prefix = prefix_of(draft);
        let last = self.clauses_of(draft).filter_map(|clause| number_of(prefix, clause)).max().unwrap_or(0);
        RequirementId(format!("{prefix}-{:02}", last.saturating_add(1)))
    }

    /// Whether a new clause of a draft may have an id: the draft's own word and the next number, so that nothing else gets into the log by
    /// it, and nobody uses up numbers.
    #[must_use]
    pub fn takes_clause(&self, draft: &Draft, clause: &RequirementId) -> bool {
        *clause == self.next_clause(draft)
    }

    fn clauses_of<'a>(&'a self, draft: &'a Draft) -> impl Iterator<Item = &'a RequirementId> {
        let proposed = draft.amendments.iter().filter_map(|id| self.amendments.get(id));
        draft.clauses.iter().chain(proposed.map(|amendment| &amendment.clause))
    }

    /// The amendments of a draft that wait for a decision.
    pub fn waiting<'a>(&'a self, draft: &'a Draft) -> impl Iterator<Item = Entry> + 'a {
        let open = |id: &Entry| self.amendments.get(id).is_some_and(|amendment| amendment.stage == Stage::Open);
        draft.amendments.iter().copied().filter(open)
    }

    /// The amendments of a draft that were accepted and are in no version yet.
    pub fn accepted<'a>(&'a self, draft: &'a Draft) -> impl Iterator<Item = Entry> + 'a {
        let taken = |id: &Entry| {
            let stage = self.amendments.get(id).map(|amendment| &amendment.stage);
            matches!(stage, Some(Stage::Decided { outcome: Outcome::Accepted, version: None, .. }))
        };
        draft.amendments.iter().copied().filter(taken)
    }
}

/// The word that the ids of a draft's clauses begin with.
fn prefix_of(draft: &Draft) -> &str {
    let known = draft.clauses.first().and_then(|clause| clause.0.rsplit_once('-'));
    known.map_or_else(|| draft.opened.draft.as_str(), |(prefix, _)| prefix)
}

/// The number of a clause under a word; none if it is called otherwise.
fn number_of(prefix: &str, clause: &RequirementId) -> Option<u32> {
    clause.0.strip_prefix(prefix)?.strip_prefix('-')?.parse().ok()
}

impl Tally {
    const fn of(&mut self, answer: Answer) -> &mut u32 {
        match answer {
            Answer::Agree => &mut self.agree,
            Answer::Disagree => &mut self.disagree,
            Answer::Pass => &mut self.pass,
        }
    }
}
