//! The fold: one act after the other. What cannot follow its past is an error, never a skip.

mod cases;
mod co_design;
mod pilots;

use std::collections::BTreeSet;
use std::sync::Arc;

use model::Digest;

use super::{
    Decided, Draft, LineKind, Member, ModerationKind, ModerationLine, Person, Phase, Stage, Standing, State, Version,
    Workshop,
};
use crate::act::{
    Act, CredentialIssued, CredentialIssuedFirst, Decision, DraftOpened, Entry, HubFounded, MemberLogNamed,
    MemberLogNamedFirst, MembershipEnded, Moderated, PersonNamed, PersonNamedFirst, What,
};
use crate::member::{ListedMember, Role};
use crate::roles::{action_of, may};
use crate::words::{DraftId, MemberId, PersonId};

/// An act that cannot follow its past.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {entry}, `{kind}`, cannot follow what stands before it: {why}")]
pub struct ApplyError {
    /// Its index.
    pub entry: Entry,
    /// Its kind.
    pub kind: &'static str,
    /// Why.
    pub why: &'static str,
}

/// Whether an act followed, or why not.
pub(super) type Applied = Result<(), &'static str>;

impl State {
    /// Folds the next act in.
    ///
    /// # Errors
    /// It cannot follow its past; the state is not to be used any more then.
    pub fn apply(&mut self, act: &Act) -> Result<(), ApplyError> {
        let entry = self.size;
        let applied = self.follow(entry, act);
        applied.map_err(|why| ApplyError { entry, kind: act.what.kind(), why })?;
        if crate::sealed::commitments(&act.what).is_some() {
            let whose = match &act.what {
                What::PersonNamedFirst(PersonNamedFirst { person, .. })
                | What::PersonNamed(PersonNamed { person, .. }) => person.clone(),
                _ => act.by.clone(),
            };
            Arc::make_mut(&mut self.sealed).insert(entry, whose);
        }
        self.size += 1;
        self.last_at = Some(act.at);
        Ok(())
    }

    fn follow(&mut self, entry: Entry, act: &Act) -> Applied {
        if self.last_at.is_some_and(|last| act.at < last) {
            return Err("it happened before the entry before it");
        }
        if (entry == 0) != matches!(act.what, What::HubFounded(_)) {
            return Err("a log begins with a founding, and has one");
        }
        if entry > 0 {
            let (_, role) = self.speaker(&act.by).ok_or("whoever did it speaks for no member")?;
            if !may(role, action_of(&act.what)) {
                return Err("whoever did it has a role that may not");
            }
        }
        if self.is_own(act) {
            return Err("nobody decides an amendment of their own, nor their own role or membership");
        }
        let decision = decision_of(&act.what);
        if decision.is_some_and(|decision| decision.decider != act.by) {
            return Err("the decider is not whose act it is");
        }
        match reasons_of(&act.what) {
            Some(Reasons::None) if self.reasoned => {
                return Err("decisions like it were written with reasons before it, so it needs them");
            }
            Some(Reasons::Given) => self.reasoned = true,
            Some(Reasons::None) | None => {}
        }
        self.what(entry, act)?;
        if let Some((decision, what)) = decision.zip(crate::say::decided(&act.what)) {
            let decided = Decided { entry, at: act.at, what, decision: decision.clone() };
            Arc::make_mut(&mut self.decisions).push(decided);
        }
        Ok(())
    }

    /// Whether somebody decides about themselves: their own amendment, role or membership.
    pub(crate) fn is_own(&self, act: &Act) -> bool {
        match &act.what {
            What::AmendmentDecided(decided) => {
                self.amendments.get(&decided.amendment).is_some_and(|amendment| amendment.by == act.by)
            }
            What::RoleSet(set) => set.person == act.by,
            What::MembershipEnded(ended) => {
                self.people.by_id.get(&act.by).is_some_and(|person| person.member == ended.member)
            }
            _ => false,
        }
    }

    fn what(&mut self, entry: Entry, act: &Act) -> Applied {
        match &act.what {
            What::HubFounded(founded) => self.found(act, founded),
            What::MembersAdmitted(admitted) => admitted.members.iter().try_for_each(|one| self.admit(act, one)),
            What::MembershipEnded(ended) => self.end_membership(entry, ended),
            What::MemberLogNamedFirst(MemberLogNamedFirst { member, log })
            | What::MemberLogNamed(MemberLogNamed { member, log, .. }) => {
                self.member_mut(member)?.log = Some(log.clone());
                Ok(())
            }
            What::PersonNamedFirst(_)
            | What::PersonNamed(_)
            | What::RoleSet(_)
            | What::CredentialIssuedFirst(_)
            | What::CredentialIssued(_) => self.person(entry, &act.what),
            What::DraftOpened(opened) if opened.clauses.is_empty() => Err("a draft has clauses, each once"),
            What::DraftOpened(opened) | What::DraftBegun(opened) => self.open_draft(entry, opened),
            What::AmendmentProposedFirst(proposed) => self.propose(entry, act, &proposed.clone().read_again()),
            What::AmendmentProposed(proposed) => self.propose(entry, act, proposed),
            What::AmendmentWithdrawn(which) => {
                if self.amendments.get(&which.amendment).is_some_and(|amendment| amendment.by != act.by) {
                    return Err("an amendment is taken back by whoever proposed it");
                }
                self.close(entry, act, which.amendment, Stage::Withdrawn, LineKind::Withdrawn)
            }
            What::ArgumentMade(made) => self.argue(entry, act, made),
            What::EndorsementSet(set) => self.endorse(act, set),
            What::StatementMade(made) => self.state(entry, act, made),
            What::StatementAnswered(answered) => self.answer(act, answered),
            What::WorkshopAnnounced(announced) => {
                self.draft_mut(&announced.draft)?;
                self.workshops.insert(entry, Arc::new(Workshop { announced: announced.clone(), minutes: None }));
                Ok(())
            }
            What::MinutesFiled(filed) => {
                let workshop = self.workshops.get_mut(&filed.workshop).ok_or("no such workshop")?;
                Arc::make_mut(workshop).minutes = Some((entry, filed.minutes.clone()));
                Ok(())
            }
            What::ModerationPolicyPublished(policy) => {
                self.policy = Some((entry, Arc::new(policy.clone())));
                Ok(())
            }
            What::CaseFiledFirst(_)
            | What::CaseFiled(_)
            | What::CaseContinued(_)
            | What::CaseWithdrawnFirst(_)
            | What::CaseWithdrawn(_) => self.case(entry, act),
            What::PilotAgreed(agreed) => self.agree_to_pilot(entry, act, agreed),
            What::PilotEnded(ended) => self.end_pilot(entry, act, ended),
            What::Hidden(moderated) => self.moderate(entry, act, moderated, ModerationKind::Hidden),
            What::Restored(moderated) => self.moderate(entry, act, moderated, ModerationKind::Restored),
            What::PayloadErased(moderated) => self.moderate(entry, act, moderated, ModerationKind::Erased),
            What::ConsolidationBegun(begun) => {
                let phase = &mut self.draft_mut(&begun.draft)?.phase;
                let was = std::mem::replace(phase, Phase::Consolidating);
                if was == Phase::Open { Ok(()) } else { Err("the draft is frozen already") }
            }
            What::AmendmentDecided(decided) => self.decide_amendment(entry, act, decided),
            What::DraftConsolidated(made) => self.consolidate(entry, act, made),
            What::VersionReleased(_) | What::VersionWithdrawn(_) | What::VersionCorrected(_) => {
                self.version(entry, act)
            }
        }
    }

    fn person(&mut self, entry: Entry, what: &What) -> Applied {
        match what {
            What::PersonNamedFirst(PersonNamedFirst { person, member, role, .. })
            | What::PersonNamed(PersonNamed { person, member, role, .. }) => {
                self.name_person(entry, person, member, *role)
            }
            What::RoleSet(set) => {
                let person = Arc::make_mut(&mut self.people).by_id.get_mut(&set.person).ok_or("no such person")?;
                Arc::make_mut(person).role = set.role;
                Ok(())
            }
            What::CredentialIssuedFirst(CredentialIssuedFirst { person, credential })
            | What::CredentialIssued(CredentialIssued { person, credential, .. }) => {
                self.credential(person, *credential)
            }
            _ => Err("it is about nobody"),
        }
    }

    fn found(&mut self, act: &Act, founded: &HubFounded) -> Applied {
        if act.by != founded.person {
            return Err("a hub is founded by its first person");
        }
        self.founded = Some(Arc::new(founded.clone()));
        self.admit(act, &founded.secretariat)?;
        let (member, role) = (founded.secretariat.id.clone(), Some(Role::Secretariat));
        self.insert_person(founded.person.clone(), Person { member, role, entry: None, credential: None })
    }

    fn admit(&mut self, act: &Act, listed: &ListedMember) -> Applied {
        listed.check().map_err(|_| "an organisation has no name, or a resident has one")?;
        let members = Arc::make_mut(&mut self.members);
        if members.by_id.get(&listed.id).is_some_and(|known| known.ended.is_none()) {
            return Err("it is a member already");
        }
        members.by_kind.entry(listed.kind).or_default().insert(listed.id.clone());
        let member = Member { listed: listed.clone(), since: act.at, ended: None, log: None };
        let before = members.by_id.insert(listed.id.clone(), Arc::new(member));
        // Whoever comes back as something else is listed as that alone.
        if let Some(before) = before.filter(|before| before.listed.kind != listed.kind) {
            members.by_kind.entry(before.listed.kind).or_default().remove(&listed.id);
        }
        Ok(())
    }

    fn end_membership(&mut self, entry: Entry, ended: &MembershipEnded) -> Applied {
        if self.member_mut(&ended.member)?.ended.replace(entry).is_some() {
            return Err("its membership is over already");
        }
        self.end_consents(&ended.member, entry, |_| true);
        Ok(())
    }

    fn insert_person(&mut self, id: PersonId, person: Person) -> Applied {
        let people = Arc::make_mut(&mut self.people);
        people.of_member.entry(person.member.clone()).or_default().push(id.clone());
        if people.by_id.insert(id, Arc::new(person)).is_some() { Err("there is such a person already") } else { Ok(()) }
    }

    fn name_person(&mut self, entry: Entry, person: &PersonId, member: &MemberId, role: Role) -> Applied {
        if self.members.by_id.get(member).is_none_or(|member| member.ended.is_some()) {
            return Err("no such member");
        }
        let (member, role) = (member.clone(), Some(role));
        self.insert_person(person.clone(), Person { member, role, entry: Some(entry), credential: None })
    }

    fn credential(&mut self, id: &PersonId, credential: Digest) -> Applied {
        let people = Arc::make_mut(&mut self.people);
        if people.by_credential.contains_key(&credential) {
            return Err("this token is somebody's already");
        }
        let person = people.by_id.get_mut(id).ok_or("no such person")?;
        if let Some(before) = Arc::make_mut(person).credential.replace(credential) {
            people.by_credential.remove(&before);
        }
        people.by_credential.insert(credential, id.clone());
        Ok(())
    }

    fn open_draft(&mut self, entry: Entry, opened: &DraftOpened) -> Applied {
        if self.drafts.contains_key(&opened.draft) {
            return Err("there is such a draft already");
        }
        let clauses: BTreeSet<_> = opened.clauses.iter().cloned().collect();
        if clauses.len() != opened.clauses.len() {
            return Err("a draft has each of its clauses once");
        }
        let draft = Draft {
            entry,
            phase: Phase::Open,
            version: opened.version.clone(),
            document: opened.document,
            clauses,
            amendments: Vec::new(),
            statements: Vec::new(),
            versions: vec![(entry, opened.version.clone(), opened.document)],
            opened: Arc::new(opened.clone()),
        };
        self.drafts.insert(opened.draft.clone(), Arc::new(draft));
        Ok(())
    }

    fn member_mut(&mut self, id: &MemberId) -> Result<&mut Member, &'static str> {
        Arc::make_mut(&mut self.members).by_id.get_mut(id).map(Arc::make_mut).ok_or("no such member")
    }

    fn draft_mut(&mut self, id: &DraftId) -> Result<&mut Draft, &'static str> {
        self.drafts.get_mut(id).map(Arc::make_mut).ok_or("no such draft")
    }

    fn moderate(&mut self, entry: Entry, act: &Act, moderated: &Moderated, kind: ModerationKind) -> Applied {
        let of = moderated.entry;
        if !self.sealed.contains_key(&of) || self.erased.contains(&of) {
            return Err("there are no words to moderate");
        }
        let fits = match kind {
            ModerationKind::Hidden => self.hidden.insert(of, entry).is_none(),
            ModerationKind::Restored => self.hidden.remove(&of).is_some(),
            ModerationKind::Erased => self.erased.insert(of),
        };
        if !fits {
            return Err("it is so already");
        }
        let line = ModerationLine { entry, at: act.at, kind, of, decision: moderated.decision.clone() };
        Arc::make_mut(&mut self.moderation).push(line);
        match self.amendment_of(of) {
            Some(amendment) => self.line(entry, act, amendment, LineKind::Moderated(kind)),
            None => Ok(()),
        }
    }

    fn version(&mut self, entry: Entry, act: &Act) -> Applied {
        let (of, standing) = match &act.what {
            What::VersionReleased(released) => {
                let draft = self.drafts.get(&released.draft).ok_or("no such draft")?;
                if draft.document != released.document || self.released(&released.document).is_some() {
                    return Err("it is not the draft's newest version, or was released already");
                }
                let released = Arc::new(released.clone());
                let version = Version { released, at: act.at, standing: Standing::Released };
                self.versions.insert(entry, Arc::new(version));
                return Ok(());
            }
            What::VersionWithdrawn(withdrawn) => {
                (withdrawn.version, Standing::Withdrawn { entry, decision: withdrawn.decision.clone() })
            }
            What::VersionCorrected(corrected) => {
                let (id, by) = (corrected.version, corrected.by);
                let later = self.versions.get(&by).ok_or("no such version")?;
                let is_same = self.versions.get(&id).is_some_and(|one| one.released.urn == later.released.urn);
                if !is_same || by <= id || later.standing != Standing::Released {
                    return Err("a version is corrected by a later one of the same standard");
                }
                (id, Standing::Corrected { entry, by, decision: corrected.decision.clone() })
            }
            _ => return Err("it is about no version"),
        };
        let version = self.versions.get_mut(&of).map(Arc::make_mut).ok_or("no such version")?;
        let was = std::mem::replace(&mut version.standing, standing);
        if was == Standing::Released { Ok(()) } else { Err("the version stands no longer") }
    }

    /// The entry that released a document, if one did.
    #[must_use]
    pub fn released(&self, document: &Digest) -> Option<Entry> {
        let found = self.versions.iter().find(|(_, version)| version.released.document == *document);
        found.map(|(entry, _)| *entry)
    }
}

/// Whether an act of a kind that was first written without reasons has them.
enum Reasons {
    None,
    Given,
}

/// Whether it has reasons, where there is a version of its kind that has none.
const fn reasons_of(what: &What) -> Option<Reasons> {
    match what {
        What::MemberLogNamedFirst(_)
        | What::PersonNamedFirst(_)
        | What::CredentialIssuedFirst(_)
        | What::CaseWithdrawnFirst(_) => Some(Reasons::None),
        What::MemberLogNamed(_) | What::PersonNamed(_) | What::CredentialIssued(_) | What::CaseWithdrawn(_) => {
            Some(Reasons::Given)
        }
        _ => None,
    }
}

/// The decision in an act, where it is one.
const fn decision_of(what: &What) -> Option<&Decision> {
    match what {
        What::MembersAdmitted(admitted) => Some(&admitted.decision),
        What::MembershipEnded(ended) => Some(&ended.decision),
        What::MemberLogNamed(named) => Some(&named.decision),
        What::PersonNamed(named) => Some(&named.decision),
        What::RoleSet(set) => Some(&set.decision),
        What::CredentialIssued(issued) => Some(&issued.decision),
        What::CaseWithdrawn(withdrawn) => Some(&withdrawn.decision),
        What::PilotAgreed(consent) | What::PilotEnded(consent) => Some(&consent.decision),
        What::DraftOpened(opened) | What::DraftBegun(opened) => Some(&opened.decision),
        What::ModerationPolicyPublished(policy) => Some(&policy.decision),
        What::Hidden(moderated) | What::Restored(moderated) | What::PayloadErased(moderated) => {
            Some(&moderated.decision)
        }
        What::ConsolidationBegun(begun) => Some(&begun.decision),
        What::AmendmentDecided(decided) => Some(&decided.decision),
        What::DraftConsolidated(made) => Some(&made.decision),
        What::VersionReleased(released) => Some(&released.decision),
        What::VersionWithdrawn(withdrawn) => Some(&withdrawn.decision),
        What::VersionCorrected(corrected) => Some(&corrected.decision),
        _ => None,
    }
}
