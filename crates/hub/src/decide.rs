//! Command → acts, by a pure function: the state, the table of roles and the clock's instant say what may be done, and nothing else.

mod cases;
mod pilots;
mod refusal;

use std::sync::Arc;

use model::{Digest, Entropy, Fields, RequirementId, Timestamp};
use register::sealing::seal;

use crate::act::{
    Act, AmendmentDecided, AmendmentProposed, AmendmentRef, ArgumentMade, ConsolidationBegun, CredentialIssued,
    Decision, DraftConsolidated, DraftOpened, Effect, EndorsementSet, Entry, MemberLogNamed, MembershipEnded,
    MinutesFiled, Moderated, ModerationPolicyPublished, Outcome, Part, PersonNamed, RoleSet, StatementAnswered,
    StatementMade, VersionCorrected, VersionReleased, VersionWithdrawn, What, WorkshopAnnounced,
};
use crate::command::{Change, Command, Personal};
use crate::document::Document;
use crate::member::Role;
use crate::prepare::sealed_of;
use crate::roles::{action, may};
use crate::sealed::{AMENDMENT_FIELDS, PERSON_FIELDS, WORDS_FIELDS, fields};
use crate::state::{Amendment, Draft, Phase, Stage, Standing, State};
use crate::words::{DraftId, MemberId, PersonId, Reasons};

pub use refusal::Refusal;

/// The most amendments of a draft that wait at once; hidden ones do not count.
pub const WAITING_MAX: usize = 2_000;
/// The most of them that one person proposed, hidden ones included.
pub const OWN_WAITING_MAX: usize = 50;
/// The most arguments about one amendment; hidden and erased ones do not count.
pub const ARGUMENTS_MAX: usize = 400;
/// The most of them by one person, hidden and erased ones included.
pub const OWN_ARGUMENTS_MAX: usize = 20;
/// The most statements about one draft; hidden and erased ones do not count.
pub const STATEMENTS_MAX: usize = 400;
/// The most of them by one person, hidden and erased ones included.
pub const OWN_STATEMENTS_MAX: usize = 20;
/// The longest address or key of a member's log, in bytes.
const LOG_BYTES_MAX: usize = 300;

/// What documents say that a command is about, worked out before it is decided.
#[derive(Debug, Clone)]
pub enum Prepared {
    /// Nothing was needed.
    Nothing,
    /// The pack that a draft begins with.
    Pack {
        /// Its URN.
        urn: String,
        /// Its version.
        version: String,
        /// Its document.
        document: Digest,
        /// Its clauses.
        clauses: Vec<RequirementId>,
        /// What is kept if it is decided.
        files: Arc<Document>,
    },
    /// An amendment, applied and proved.
    Amendment {
        /// The document that it changes.
        document: Digest,
        /// What it changes.
        parts: Vec<Part>,
        /// What that does.
        effect: Effect,
        /// For example.
        example: String,
    },
    /// Accepted amendments, applied one after the other.
    Version {
        /// The document that they change.
        from: Digest,
        /// Which.
        amendments: Vec<Entry>,
        /// What comes of it.
        document: Digest,
        /// What is kept if it is decided.
        files: Arc<Document>,
    },
    /// A draft's newest version, signed.
    Signed {
        /// Its document.
        document: Digest,
        /// The pack's content hash.
        pack: Digest,
        /// The pack's note.
        note: String,
    },
}

impl Prepared {
    /// The document that the act will name and that is not kept yet.
    pub(crate) fn files(&self) -> Option<&Document> {
        match self {
            Self::Pack { files, .. } | Self::Version { files, .. } => Some(files),
            Self::Nothing | Self::Amendment { .. } | Self::Signed { .. } => None,
        }
    }
}

/// An act that is to be written, and what is kept beside it.
#[derive(Debug, Clone)]
pub struct Written {
    /// The act.
    pub act: Act,
    /// Its sealed payload.
    pub payload: Option<Vec<u8>>,
}

/// Who asks, when, of what.
struct Asked<'a> {
    state: &'a State,
    by: &'a PersonId,
    now: Timestamp,
    entropy: &'a dyn Entropy,
}

/// What a command does, if the table of roles and the state let it be done.
///
/// # Errors
/// Why not.
pub fn decide(
    state: &State,
    by: &PersonId,
    command: &Command,
    prepared: &Prepared,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Vec<Written>, Refusal> {
    let (_, role) = state.speaker(by).ok_or_else(|| Refusal::Nobody(by.clone()))?;
    let action = action(command);
    if !may(role, action) {
        return Err(Refusal::Role { role, action });
    }
    let asked = Asked { state, by, now, entropy };
    let written = asked.all(command, prepared)?;
    // The fold refuses it as well, so that no log holds it.
    if written.iter().any(|one| state.is_own(&one.act)) {
        return Err(Refusal::Own);
    }
    Ok(written)
}

/// Whether a person may propose another amendment to a draft. It is asked before anything is proved, too.
pub(crate) fn takes_amendment(state: &State, by: &PersonId, id: &DraftId, draft: &Draft) -> Result<(), Refusal> {
    if draft.phase != Phase::Open {
        return Err(Refusal::Frozen(id.clone()));
    }
    let (mut shown, mut own) = (0, 0);
    for entry in state.waiting(draft) {
        shown += usize::from(!state.hidden.contains_key(&entry));
        own += usize::from(state.amendments.get(&entry).is_some_and(|amendment| amendment.by == *by));
    }
    let what = "amendments that wait for a decision";
    room(what, (shown, WAITING_MAX), (own, OWN_WAITING_MAX))
}

/// Whether there is room for one more, among those that are shown and among those of one person.
const fn room(what: &'static str, shown: (usize, usize), own: (usize, usize)) -> Result<(), Refusal> {
    if shown.0 >= shown.1 {
        return Err(Refusal::TooMany(what));
    }
    if own.0 >= own.1 { Err(Refusal::TooManyOwn { what, most: own.1 }) } else { Ok(()) }
}

fn words_of(words: &str) -> Fields {
    fields([("words", Some(words.to_owned()))])
}

impl Asked<'_> {
    fn all(&self, command: &Command, prepared: &Prepared) -> Result<Vec<Written>, Refusal> {
        match command {
            Command::AdmitMembers { members, reasons } => {
                crate::import::acts(self.state, self.by, members, reasons, self.now)
            }
            Command::Propose { draft, clause, change, why } => {
                self.propose(draft, clause, change, why.as_str(), prepared).map(|one| vec![one])
            }
            Command::NamePerson { person, member, role, who, reasons } => {
                self.name_person(person, member, *role, who, reasons).map(|one| vec![one])
            }
            Command::Argue { amendment, stance, words } => {
                let known = &self.open_amendment(*amendment)?.arguments;
                let shown = known.iter().filter(|one| self.state.is_shown(one.entry)).count();
                let own = known.iter().filter(|one| one.by == *self.by).count();
                room("arguments", (shown, ARGUMENTS_MAX), (own, OWN_ARGUMENTS_MAX))?;
                let (amendment, stance) = (*amendment, *stance);
                let what = |sealed| What::ArgumentMade(ArgumentMade { amendment, stance, sealed });
                self.sealed(words_of(words.as_str()), &WORDS_FIELDS, what).map(|one| vec![one])
            }
            Command::State { draft, words } => {
                let known = &self.draft(draft)?.statements;
                let shown = known.iter().filter(|entry| self.state.is_shown(**entry)).count();
                let of = |entry: &Entry| self.state.statements.get(entry).map(|statement| &statement.by);
                let own = known.iter().filter(|entry| of(entry) == Some(self.by)).count();
                room("statements", (shown, STATEMENTS_MAX), (own, OWN_STATEMENTS_MAX))?;
                let what = |sealed| What::StatementMade(StatementMade { draft: draft.clone(), sealed });
                self.sealed(words_of(words.as_str()), &WORDS_FIELDS, what).map(|one| vec![one])
            }
            Command::AgreeToPilot { draft, reasons } => self.agree_to_pilot(draft, reasons).map(|one| vec![one]),
            Command::EndPilot { draft, reasons } => self.end_pilot(draft, reasons).map(|one| vec![one]),
            Command::FileCase { case } => self.file_case(case).map(|one| vec![one]),
            Command::ContinueCase { case, outcome, words } => {
                self.continue_case(*case, *outcome, words.as_str()).map(|one| vec![one])
            }
            Command::WithdrawCase { case, reasons } => self.withdraw_case(*case, reasons).map(|one| vec![one]),
            other => Ok(self.plain(other, prepared)?.into_iter().map(|what| self.written(what, None)).collect()),
        }
    }

    fn written(&self, what: What, payload: Option<Vec<u8>>) -> Written {
        Written { act: Act { at: self.now, by: self.by.clone(), what }, payload }
    }

    fn sealed(
        &self,
        kept: Fields,
        names: &[&str],
        what: impl FnOnce(model::SealedFields) -> What,
    ) -> Result<Written, Refusal> {
        let (sealed, payload) = seal(&kept, names, self.entropy)?;
        Ok(self.written(what(sealed), Some(payload)))
    }

    fn decision(&self, reasons: &Reasons) -> Decision {
        Decision { decider: self.by.clone(), reasons: reasons.clone() }
    }

    fn draft(&self, id: &DraftId) -> Result<&Arc<Draft>, Refusal> {
        self.state.drafts.get(id).ok_or_else(|| Refusal::Missing { what: "draft", id: id.to_string() })
    }

    fn amendment(&self, id: Entry) -> Result<&Arc<Amendment>, Refusal> {
        self.state.amendments.get(&id).ok_or_else(|| Refusal::Missing { what: "amendment", id: id.to_string() })
    }

    fn open_amendment(&self, id: Entry) -> Result<&Arc<Amendment>, Refusal> {
        let amendment = self.amendment(id)?;
        if amendment.stage == Stage::Open { Ok(amendment) } else { Err(Refusal::Closed(id)) }
    }

    fn member(&self, id: &MemberId) -> Result<(), Refusal> {
        let found = self.state.members.by_id.get(id).filter(|member| member.ended.is_none());
        found.map(drop).ok_or_else(|| Refusal::Missing { what: "member", id: id.to_string() })
    }

    fn name_person(
        &self,
        person: &PersonId,
        member: &MemberId,
        role: Role,
        who: &Personal,
        reasons: &Reasons,
    ) -> Result<Written, Refusal> {
        self.member(member)?;
        if self.state.people.by_id.contains_key(person) {
            return Err(Refusal::Already("a person of this id"));
        }
        let text = |text: &Option<crate::words::Title>| text.as_ref().map(ToString::to_string);
        let kept = fields([("name", text(&who.name)), ("mail", text(&who.mail))]);
        let (person, member, decision) = (person.clone(), member.clone(), self.decision(reasons));
        let named = |sealed| What::PersonNamed(PersonNamed { person, member, role, sealed, decision });
        self.sealed(kept, &PERSON_FIELDS, named)
    }

    fn propose(
        &self,
        draft: &DraftId,
        clause: &RequirementId,
        change: &Change,
        why: &str,
        prepared: &Prepared,
    ) -> Result<Written, Refusal> {
        let found = self.draft(draft)?;
        takes_amendment(self.state, self.by, draft, found)?;
        let Prepared::Amendment { document, parts, effect, example } = prepared else { return Err(Refusal::Moved) };
        if *document != found.document {
            return Err(Refusal::Moved);
        }
        match (&change.clause, found.clauses.contains(clause)) {
            (None, true) => {}
            (Some(_), false) if self.state.takes_clause(found, clause) => {}
            (Some(_), _) => return Err(Refusal::Number(self.state.next_clause(found))),
            (None, false) => return Err(Refusal::Moved),
        }
        let kept = sealed_of(change, why, example);
        let (draft, clause) = (draft.clone(), clause.clone());
        let (document, parts, effect) = (*document, parts.clone(), *effect);
        self.sealed(kept, &AMENDMENT_FIELDS, |sealed| {
            What::AmendmentProposed(AmendmentProposed { draft, clause, document, parts, effect, sealed })
        })
    }

    /// Whatever seals nothing.
    fn plain(&self, command: &Command, prepared: &Prepared) -> Result<Option<What>, Refusal> {
        Ok(Some(match command {
            Command::EndMembership { member, reasons } => {
                self.member(member)?;
                What::MembershipEnded(MembershipEnded { member: member.clone(), decision: self.decision(reasons) })
            }
            Command::NameLog { member, log, reasons } => {
                self.member(member)?;
                let web = ["http://", "https://"].iter().any(|begin| log.address.starts_with(begin));
                let plain =
                    log.address.bytes().all(|byte| byte.is_ascii_graphic()) && log.address.len() <= LOG_BYTES_MAX;
                if !web || !plain || log.key.len() > LOG_BYTES_MAX || log.key.parse::<tlog::Vkey>().is_err() {
                    return Err(Refusal::Log);
                }
                let decision = self.decision(reasons);
                What::MemberLogNamed(MemberLogNamed { member: member.clone(), log: log.clone(), decision })
            }
            Command::SetRole { .. } | Command::IssueCredential { .. } => return self.people(command),
            Command::WithdrawAmendment { amendment } => {
                if self.open_amendment(*amendment)?.by != *self.by {
                    return Err(Refusal::NotOwn);
                }
                What::AmendmentWithdrawn(AmendmentRef { amendment: *amendment })
            }
            Command::Endorse { amendment, for_member, endorsed } => {
                return self.endorse(*amendment, *for_member, *endorsed);
            }
            Command::Answer { statement, answer } => {
                let missing = || Refusal::Missing { what: "statement", id: statement.to_string() };
                let known = self.state.statements.get(statement).ok_or_else(missing)?;
                if self.state.hidden.contains_key(statement) || self.state.erased.contains(statement) {
                    return Err(Refusal::Hidden(*statement));
                }
                let (person, _) = self.state.speaker(self.by).ok_or_else(|| Refusal::Nobody(self.by.clone()))?;
                let missing = || Refusal::Missing { what: "member", id: person.member.to_string() };
                let kind = self.state.members.by_id.get(&person.member).ok_or_else(missing)?.listed.kind;
                if known.answers.get(self.by) == Some(&(*answer, kind)) {
                    return Ok(None);
                }
                What::StatementAnswered(StatementAnswered { statement: *statement, answer: *answer, kind })
            }
            Command::AnnounceWorkshop { draft, title, place, begins, ends } => {
                self.draft(draft)?;
                if ends <= begins {
                    return Err(Refusal::Times);
                }
                let (draft, title, place) = (draft.clone(), title.clone(), place.clone());
                What::WorkshopAnnounced(WorkshopAnnounced { draft, title, place, begins: *begins, ends: *ends })
            }
            Command::FileMinutes { workshop, minutes } => {
                if !self.state.workshops.contains_key(workshop) {
                    return Err(Refusal::Missing { what: "workshop", id: workshop.to_string() });
                }
                What::MinutesFiled(MinutesFiled { workshop: *workshop, minutes: minutes.clone() })
            }
            Command::PublishModerationPolicy { text, reasons } => {
                let (text, decision) = (text.clone(), self.decision(reasons));
                What::ModerationPolicyPublished(ModerationPolicyPublished { text, decision })
            }
            other => return self.decided(other, prepared).map(Some),
        }))
    }

    /// What people may do, and their tokens.
    fn people(&self, command: &Command) -> Result<Option<What>, Refusal> {
        Ok(Some(match command {
            Command::SetRole { person, role, reasons } => {
                let missing = || Refusal::Missing { what: "person", id: person.to_string() };
                let known = self.state.people.by_id.get(person).ok_or_else(missing)?;
                if known.role == *role {
                    return Ok(None);
                }
                What::RoleSet(RoleSet { person: person.clone(), role: *role, decision: self.decision(reasons) })
            }
            Command::IssueCredential { person, credential, reasons } => {
                let missing = || Refusal::Missing { what: "person", id: person.to_string() };
                self.state.speaker(person).ok_or_else(missing)?;
                if self.state.people.by_credential.contains_key(credential) {
                    return Err(Refusal::Already("this token"));
                }
                let (person, credential, decision) = (person.clone(), *credential, self.decision(reasons));
                What::CredentialIssued(CredentialIssued { person, credential, decision })
            }
            _ => return Err(Refusal::Moved),
        }))
    }

    fn endorse(&self, amendment: Entry, for_member: bool, endorsed: bool) -> Result<Option<What>, Refusal> {
        let known = self.open_amendment(amendment)?;
        let (person, _) = self.state.speaker(self.by).ok_or_else(|| Refusal::Nobody(self.by.clone()))?;
        let member = self.state.members.by_id.get(&person.member);
        if for_member && !member.is_some_and(|member| member.listed.kind.is_organisation()) {
            return Err(Refusal::NoOrganisation);
        }
        let stands =
            if for_member { known.organisations.contains_key(&person.member) } else { known.persons.contains(self.by) };
        let what = What::EndorsementSet(EndorsementSet { amendment, for_member, endorsed });
        Ok(Some(what).filter(|_| stands != endorsed))
    }

    /// Whatever is a decision about drafts, versions and words.
    fn decided(&self, command: &Command, prepared: &Prepared) -> Result<What, Refusal> {
        Ok(match command {
            Command::Hide { entry, reasons } => What::Hidden(self.moderated(*entry, reasons, false)?),
            Command::Restore { entry, reasons } => What::Restored(self.moderated(*entry, reasons, true)?),
            Command::Erase { entry, reasons } => {
                let taken = self.state.amendments.get(entry).is_some_and(|amendment| {
                    let accepted =
                        matches!(amendment.stage, Stage::Decided { outcome: Outcome::Accepted, version: None, .. });
                    amendment.stage == Stage::Open || accepted
                });
                if taken {
                    return Err(Refusal::Standing(
                        "an amendment that is open or on its way into a version is hidden, not erased; decide it first",
                    ));
                }
                let known = self.moderated(*entry, reasons, self.state.hidden.contains_key(entry))?;
                What::PayloadErased(known)
            }
            Command::BeginConsolidation { draft, reasons } => {
                if self.draft(draft)?.phase != Phase::Open {
                    return Err(Refusal::Frozen(draft.clone()));
                }
                What::ConsolidationBegun(ConsolidationBegun { draft: draft.clone(), decision: self.decision(reasons) })
            }
            Command::DecideAmendment { amendment, outcome, reasons } => {
                self.decidable(*amendment, *outcome)?;
                let (outcome, decision) = (*outcome, self.decision(reasons));
                What::AmendmentDecided(AmendmentDecided { amendment: *amendment, outcome, decision })
            }
            Command::OpenDraft { draft, title, reasons, .. } | Command::BeginDraft { draft, title, reasons, .. } => {
                if self.state.drafts.contains_key(draft) {
                    return Err(Refusal::Already("a draft of this id"));
                }
                let Prepared::Pack { urn, version, document, clauses, .. } = prepared.clone() else {
                    return Err(Refusal::Moved);
                };
                let (draft, title, decision) = (draft.clone(), title.clone(), self.decision(reasons));
                let opened = DraftOpened { draft, title, urn, version, document, clauses, decision };
                let begins = matches!(command, Command::BeginDraft { .. });
                if begins { What::DraftBegun(opened) } else { What::DraftOpened(opened) }
            }
            Command::Consolidate { draft, version, reasons } => self.consolidate(draft, version, reasons, prepared)?,
            Command::Release { draft, reasons } => self.release(draft, reasons, prepared)?,
            Command::WithdrawVersion { version, reasons } => {
                self.stands(*version)?;
                What::VersionWithdrawn(VersionWithdrawn { version: *version, decision: self.decision(reasons) })
            }
            Command::CorrectVersion { version, by, reasons } => {
                self.stands(*version)?;
                self.stands(*by)?;
                let urn = |id: &Entry| self.state.versions.get(id).map(|version| version.released.urn.clone());
                if by <= version || urn(by) != urn(version) {
                    return Err(Refusal::Standing("a version is corrected by a later one of the same standard"));
                }
                let decision = self.decision(reasons);
                What::VersionCorrected(VersionCorrected { version: *version, by: *by, decision })
            }
            _ => return Err(Refusal::Moved),
        })
    }

    /// Whether an amendment may be decided so: it is open, or it was accepted, is in no version yet, and is rejected after all.
    fn decidable(&self, id: Entry, outcome: Outcome) -> Result<(), Refusal> {
        let known = self.amendment(id)?;
        if !known.stage.can_become(outcome) {
            return Err(Refusal::Closed(id));
        }
        if outcome == Outcome::Rejected {
            return Ok(());
        }
        if self.state.hidden.contains_key(&id) {
            return Err(Refusal::Hidden(id));
        }
        let overlaps = |other: &Entry| {
            self.state.amendments.get(other).is_some_and(|other| {
                other.clause == known.clause && other.parts.iter().any(|part| known.parts.contains(part))
            })
        };
        match self.state.accepted(self.draft(&known.draft)?).find(overlaps) {
            Some(other) => Err(Refusal::Overlaps(other)),
            None => Ok(()),
        }
    }

    fn moderated(&self, entry: Entry, reasons: &Reasons, hidden: bool) -> Result<Moderated, Refusal> {
        if self.state.policy.is_none() {
            return Err(Refusal::NoPolicy);
        }
        if !self.state.sealed.contains_key(&entry) {
            return Err(Refusal::Missing { what: "entry with somebody's words", id: entry.to_string() });
        }
        if self.state.erased.contains(&entry) || self.state.hidden.contains_key(&entry) != hidden {
            return Err(Refusal::Already("what you ask for"));
        }
        Ok(Moderated { entry, decision: self.decision(reasons) })
    }

    fn consolidate(
        &self,
        draft: &DraftId,
        version: &str,
        reasons: &Reasons,
        prepared: &Prepared,
    ) -> Result<What, Refusal> {
        let found = self.draft(draft)?;
        if found.phase != Phase::Consolidating {
            return Err(Refusal::NotFrozen(draft.clone()));
        }
        let count = self.state.waiting(found).count();
        if count > 0 {
            return Err(Refusal::Waiting { draft: draft.clone(), count });
        }
        let (before, next) = (semver::Version::parse(&found.version), semver::Version::parse(version));
        if !matches!((before, next), (Ok(before), Ok(next)) if next > before) {
            return Err(Refusal::Version(found.version.clone()));
        }
        let Prepared::Version { from, amendments, document, .. } = prepared else { return Err(Refusal::Moved) };
        if *from != found.document || !self.state.accepted(found).eq(amendments.iter().copied()) {
            return Err(Refusal::Moved);
        }
        let (draft, version, decision) = (draft.clone(), version.to_owned(), self.decision(reasons));
        let (document, amendments) = (*document, amendments.clone());
        Ok(What::DraftConsolidated(DraftConsolidated { draft, version, document, amendments, decision }))
    }

    fn release(&self, draft: &DraftId, reasons: &Reasons, prepared: &Prepared) -> Result<What, Refusal> {
        let found = self.draft(draft)?;
        if found.phase != Phase::Open {
            return Err(Refusal::Frozen(draft.clone()));
        }
        let taken = |version: &Arc<crate::state::Version>| {
            version.released.urn == found.opened.urn && version.released.version == found.version
        };
        if self.state.versions.values().any(taken) {
            return Err(Refusal::Already("a release of this version"));
        }
        let Prepared::Signed { document, pack, note } = prepared.clone() else { return Err(Refusal::Moved) };
        if document != found.document {
            return Err(Refusal::Moved);
        }
        let (urn, version) = (found.opened.urn.clone(), found.version.clone());
        let (draft, decision) = (draft.clone(), self.decision(reasons));
        Ok(What::VersionReleased(VersionReleased { draft, urn, version, document, pack, note, decision }))
    }

    fn stands(&self, id: Entry) -> Result<(), Refusal> {
        let missing = || Refusal::Missing { what: "released version", id: id.to_string() };
        let version = self.state.versions.get(&id).ok_or_else(missing)?;
        if version.standing == Standing::Released {
            Ok(())
        } else {
            Err(Refusal::Standing("this version was withdrawn or corrected already"))
        }
    }
}
