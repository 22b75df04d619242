//! From a command to acts, or to a refusal. Reads the state it is given, changes nothing.
//!
//! Three questions, in this order: does what it names exist and fit, does the step lead on from where the thing stands,
//! and do the norms allow it. Asking for what already is so gives no act.

mod again;
mod credentials;
mod emergency;
mod evidence;
mod fit;
mod offers;
mod policies;

use model::act::{DeploymentApproved, DeploymentRef, GrantRef, OrderIssued, PartyRegistered, PayloadErased};
use model::policy::LayerSources;
use model::{
    Act, Assessment, Deployment, DeploymentId, DeploymentRecord, Device, DutyId, Entropy, Fields, Grant, IllegalStep,
    Order, Party, PolicyId, RequirementId, Silence, State as Stage, Step, Subject, Timestamp, View, What,
};
use norms::{ActQuestion, ActSubject, Bundle, Circumstances, Decision, Verb};

use crate::circumstances;
use crate::command::{Adopting, Command, Submission};
use crate::rules::RulesError;
use crate::sealing::{CONTACT_FIELDS, ORDER_FIELDS, SealError, seal};
use crate::sources::{REASON_CHARS_MAX, Said};
use crate::state::State;

pub use again::ask_again;
pub use evidence::{answers_for, answers_for_all};
pub use fit::Misfit;
pub use offers::{Offer, offers_below};
pub(crate) use policies::{assemble, distinct, worded};

/// An act to be committed, with the payload that hangs beside it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The act.
    pub act: Act,
    /// What is sealed and erasable.
    pub payload: Option<Vec<u8>>,
}

impl Draft {
    /// An act without a payload.
    #[must_use]
    pub const fn plain(act: Act) -> Self {
        Self { act, payload: None }
    }
}

/// Offers in words, one after the other.
fn alternatives(offers: &[Offer]) -> String {
    let offers: Vec<String> = offers.iter().map(|offer| offer.instead.join(", ")).collect();
    offers.join("; or with ")
}

/// Why a command makes no act.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    /// No policies are in force, so nothing is allowed.
    #[error("no policies are in force, so nothing is allowed; adopt policies first")]
    NoPolicies,
    /// Something named does not exist.
    #[error("there is no {kind} `{id}`; register it first")]
    Unknown {
        /// `party`, `place` …
        kind: &'static str,
        /// The id.
        id: String,
    },
    /// The id is taken by something else.
    #[error("the {kind} `{id}` exists already and is not the same; choose another id")]
    Exists {
        /// `party`, `deployment` …
        kind: &'static str,
        /// The id.
        id: String,
    },
    /// The deployment stands elsewhere.
    #[error(transparent)]
    Step(#[from] IllegalStep),
    /// The parts do not fit together.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// The norms do not allow it.
    #[error(transparent)]
    Norm(#[from] norms::Refusal),
    /// A view is refused, and others that tell less are allowed.
    #[error("{why}. Allowed would be the same with {}", alternatives(offers))]
    View {
        /// Why it is refused.
        why: Box<Refusal>,
        /// What would be allowed: one at least.
        offers: Vec<Offer>,
    },
    /// The command needs a reason.
    #[error("this needs a reason, in words that residents will read")]
    NoReason,
    /// A token is issued by others.
    #[error("the token of {whose} is issued only by {who}")]
    NotTheIssuer {
        /// Whose token it would be: `party …` or `device …`.
        whose: String,
        /// Who may issue it.
        who: String,
    },
    /// A party or device bears this token already.
    #[error("a party or device bears this token already; make a new one, at random")]
    TokenInUse,
    /// Only the party that founded the city may do this.
    #[error("only `{founder}`, which founded the city, may {what}")]
    OnlyTheFounder {
        /// What was tried.
        what: &'static str,
        /// The founder.
        founder: String,
    },
    /// Confidential fields could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The policies do not assemble.
    #[error("these policies cannot be adopted: {0}")]
    Policy(String),
    /// No global layer stands above the city.
    #[error("these policies have no layer of kind `global` with norms in it; every city stands under one")]
    NoGlobalLayer,
    /// A layer is somebody else's, and no release of it was shown.
    #[error(
        "nobody has shown that the layer `{layer}` was released by a hub, and this software does not carry it; adopt its release, or \
         say why it is adopted unreleased"
    )]
    Unreleased {
        /// Its name.
        layer: String,
    },
    /// The reason that would stand with a layer is too long.
    #[error(
        "the reason stands in the act with each layer that it is for, `{layer}` among them, and may have {REASON_CHARS_MAX} characters; \
         say it in fewer, and what is longer in a document beside the log"
    )]
    LongReason {
        /// The layer.
        layer: String,
    },
    /// Two layers have one name.
    #[error(
        "two layers have the name `{layer}`; give one of them another, because it says whose norms and whose source are meant"
    )]
    TwoLayers {
        /// Their name.
        layer: String,
    },
    /// A layer in force would be gone.
    #[error(
        "the layer `{layer}` is in force and would be dropped; only `{founder}`, which founded the city, may drop one, and says why"
    )]
    DropsLayer {
        /// Its name.
        layer: String,
        /// Who may drop it.
        founder: String,
    },
    /// A duty in force would be gone, or read otherwise.
    #[error(
        "the duty `{duty}` is in force and would be dropped or changed; only `{founder}`, which founded the city, may do that, and says why"
    )]
    DropsDuty {
        /// Its name.
        duty: String,
        /// Who may drop it.
        founder: String,
    },
    /// A duty is overdue whose silence means that what runs stops.
    #[error("`{duty}` ({requirement}) is overdue since {since}, and its silence means that nothing runs; do it first")]
    Overdue {
        /// Which duty.
        duty: DutyId,
        /// The requirement that it executes.
        requirement: RequirementId,
        /// Since when.
        since: Timestamp,
    },
}

impl From<RulesError> for Refusal {
    fn from(error: RulesError) -> Self {
        Self::Policy(error.to_string())
    }
}

/// Everything a decision looks at.
struct Desk<'a> {
    state: &'a State,
    bundle: &'a Bundle,
    actor: &'a Party,
    reason: Option<&'a str>,
    now: Timestamp,
    entropy: &'a dyn Entropy,
}

/// Decides one command.
///
/// # Errors
/// A [`Refusal`] that says what stands against it.
pub fn decide(
    state: &State,
    bundle: Option<&Bundle>,
    submission: &Submission,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Vec<Draft>, Refusal> {
    let actor = &known(state.parties.get(&submission.by), "party", &submission.by)?.party;
    let bundle = bundle.ok_or(Refusal::NoPolicies)?;
    let reason = submission.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    let desk = Desk { state, bundle, actor, reason, now, entropy };
    match &submission.command {
        Command::RegisterParty { party, contact } => desk.register_party(party, contact),
        Command::IssuePartyCredential { party, credential } => desk.issue_credential(party, *credential),
        Command::RegisterPlace(place) => {
            if let Some(within) = &place.within {
                known(state.places.get(within), "place", within)?;
            }
            let same = state.places.get(&place.id).is_some_and(|known| known.as_ref() == place);
            fit::redrawn(state, place)?;
            desk.unless(same, Verb::RegisterPlace, ActSubject::Place(place), What::PlaceRegistered(place.clone()))
        }
        Command::AdoptPolicy(text) => {
            let none = LayerSources::new();
            desk.adopt(text, Said { released: &none, kept: &none, unreleased: None, reason })
        }
        Command::AdoptFrom(Adopting { policies, unreleased, released, kept }) => {
            worded(unreleased.as_deref())?;
            desk.adopt(policies, Said { released, kept, unreleased: unreleased.as_deref(), reason })
        }
        Command::Propose(deployment) => desk.propose(deployment),
        Command::SignAssessment(assessment) => desk.sign(assessment),
        Command::Approve { deployment, until } => desk.approve(deployment, *until),
        Command::Publish { deployment } => desk.publish(deployment),
        Command::Activate { deployment } => desk.activate(deployment),
        Command::Suspend { deployment } => desk.stop(deployment, Step::Suspend),
        Command::End { deployment } => desk.stop(deployment, Step::End),
        Command::RegisterDevice(device) => desk.register_device(device),
        Command::SetDeviceCredential { device, credential } => desk.set_credential(device, *credential),
        Command::IssueOrder { order, list } => desk.issue(order, list),
        Command::DeclareView(view) => desk.declare(view),
        Command::AgreeGrant(grant) => desk.agree(grant),
        Command::WithdrawGrant { grant } => desk.withdraw(grant),
        Command::ErasePayload { entry } => desk.erase(*entry),
        Command::FileEvidence(evidence) => desk.file(evidence),
        Command::ReportIncident { incident, details } => desk.report(incident, details),
        Command::WithdrawEvidence { evidence } => desk.withdraw_evidence(evidence),
        Command::ApproveClass(class) => desk.approve_class(class),
    }
}

fn known<'a, T>(found: Option<&'a T>, kind: &'static str, id: &impl AsRef<str>) -> Result<&'a T, Refusal> {
    found.ok_or_else(|| Refusal::Unknown { kind, id: id.as_ref().to_owned() })
}

fn taken(kind: &'static str, id: &impl AsRef<str>) -> Refusal {
    Refusal::Exists { kind, id: id.as_ref().to_owned() }
}

impl Desk<'_> {
    /// Asks the norms.
    fn allowed(&self, verb: Verb, subject: ActSubject<'_>) -> Result<Vec<PolicyId>, Refusal> {
        let around = self.around(subject);
        let founder = self.state.founder();
        let question = ActQuestion { actor: self.actor, verb, subject, founder, around: &around };
        match self.bundle.decide_act(&question, self.now) {
            Decision::Allowed(grounds) => Ok(grounds.policies),
            Decision::Refused(refusal) => Err(refusal.into()),
        }
    }

    /// What the register knows of a subject besides itself.
    fn around(&self, subject: ActSubject<'_>) -> Circumstances {
        match subject {
            ActSubject::Proposal(deployment) => circumstances::of_proposal(self.state, deployment, self.now),
            ActSubject::Deployment(record)
            | ActSubject::Assessment { record, .. }
            | ActSubject::Approval { record, .. }
            | ActSubject::View { record, .. }
            | ActSubject::Grant { record, .. } => circumstances::of_deployment(self.state, record, self.now),
            ActSubject::Device { device, .. } => circumstances::of_device(self.state, device, self.now),
            _ => Circumstances::default(),
        }
    }

    fn draft(&self, because: Vec<PolicyId>, what: What) -> Draft {
        Draft::plain(Act {
            at: self.now,
            by: self.actor.id.clone(),
            under: Some(self.bundle.hash()),
            because,
            reason: self.reason.map(str::to_owned),
            what,
        })
    }

    /// The usual case: nothing if it is so already, else one act if the norms allow it.
    fn unless(&self, same: bool, verb: Verb, subject: ActSubject<'_>, what: What) -> Result<Vec<Draft>, Refusal> {
        if same {
            return Ok(Vec::new());
        }
        let because = self.allowed(verb, subject)?;
        Ok(vec![self.draft(because, what)])
    }

    fn needs_reason(&self) -> Result<(), Refusal> {
        self.reason.map(drop).ok_or(Refusal::NoReason)
    }

    fn deployment(&self, id: &DeploymentId) -> Result<&DeploymentRecord, Refusal> {
        known(self.state.deployments.get(id), "deployment", id).map(AsRef::as_ref)
    }

    fn register_party(&self, party: &Party, contact: &Fields) -> Result<Vec<Draft>, Refusal> {
        fit::text("the party's name", &party.name)?;
        if let Some(record) = self.state.parties.get(&party.id) {
            return if &record.party == party { Ok(Vec::new()) } else { Err(taken("party", &party.id)) };
        }
        self.may_register(party.kind)?;
        let because = self.allowed(Verb::RegisterParty, ActSubject::Party(party))?;
        let (sealed, payload) = seal(contact, &CONTACT_FIELDS, self.entropy)?;
        let registered = PartyRegistered { party: party.clone(), contact: sealed };
        let draft = self.draft(because, What::PartyRegistered(registered));
        Ok(vec![Draft { payload: Some(payload), ..draft }])
    }

    fn propose(&self, deployment: &Deployment) -> Result<Vec<Draft>, Refusal> {
        known(self.state.parties.get(&deployment.accountable), "party", &deployment.accountable)?;
        known(self.state.places.get(&deployment.place), "place", &deployment.place)?;
        fit::deployment(deployment, &self.state.places)?;
        if let Some(record) = self.state.deployments.get(&deployment.id) {
            return if &record.deployment == deployment {
                Ok(Vec::new())
            } else {
                Err(taken("deployment", &deployment.id))
            };
        }
        if let Some(stream) = deployment.streams.iter().find(|stream| self.state.streams.contains_key(&stream.id)) {
            return Err(taken("stream", &stream.id));
        }
        let what = What::DeploymentProposed(deployment.clone());
        self.unless(false, Verb::Propose, ActSubject::Proposal(deployment), what)
    }

    fn sign(&self, assessment: &Assessment) -> Result<Vec<Draft>, Refusal> {
        let record = self.deployment(&assessment.deployment)?;
        fit::assessment(assessment, self.now)?;
        for sign_off in &assessment.sign_offs {
            known(self.state.parties.get(&sign_off.party), "party", &sign_off.party)?;
        }
        if record.standing.assessments.contains(assessment) {
            return Ok(Vec::new());
        }
        if record.standing.assessments.iter().any(|other| other.id == assessment.id) {
            return Err(taken("assessment", &assessment.id));
        }
        record.standing.state.after(Step::Assess)?;
        if assessment.signed_by != self.actor.id {
            return Err(Misfit::NotTheSigner(assessment.signed_by.to_string()).into());
        }
        self.signed_off(assessment)?;
        fit::tier(record, assessment)?;
        let act = if assessment.tier.is_some() { What::AssessmentTiered } else { What::AssessmentSigned };
        let what = act(assessment.clone());
        self.unless(false, Verb::Assess, ActSubject::Assessment { record, assessment }, what)
    }

    fn approve(&self, id: &DeploymentId, until: Timestamp) -> Result<Vec<Draft>, Refusal> {
        let record = self.deployment(id)?;
        record.standing.state.after(Step::Approve)?;
        let same = record.standing.approval.as_ref().is_some_and(|approval| approval.until == until);
        if !same {
            self.within_emergency(id, until)?;
            self.needs_reason()?;
        }
        let what = What::DeploymentApproved(DeploymentApproved { deployment: id.clone(), until });
        self.unless(same, Verb::Approve, ActSubject::Approval { record, until }, what)
    }

    fn publish(&self, id: &DeploymentId) -> Result<Vec<Draft>, Refusal> {
        let record = self.deployment(id)?;
        if record.standing.published_at.is_some() {
            return Ok(Vec::new());
        }
        record.standing.state.after(Step::Publish)?;
        let what = What::DeploymentPublished(DeploymentRef { deployment: id.clone() });
        self.unless(false, Verb::Publish, ActSubject::Deployment(record), what)
    }

    fn activate(&self, id: &DeploymentId) -> Result<Vec<Draft>, Refusal> {
        let record = self.deployment(id)?;
        if record.standing.state == Stage::Active {
            return Ok(Vec::new());
        }
        record.standing.state.after(Step::Activate)?;
        self.nothing_ceases(id)?;
        let what = What::DeploymentActivated(DeploymentRef { deployment: id.clone() });
        self.unless(false, Verb::Activate, ActSubject::Deployment(record), what)
    }

    /// What silence has stopped, or would stop, does not begin before the duty is done.
    fn nothing_ceases(&self, id: &DeploymentId) -> Result<(), Refusal> {
        let subjects = [Subject::Deployment { id: id.clone() }, Subject::City];
        let mut lapses = subjects.iter().flat_map(|subject| self.state.open_lapses(subject));
        lapses.find(|lapse| lapse.what.silence == Silence::Cease).map_or(Ok(()), |lapse| {
            let (duty, requirement) = (lapse.what.duty.clone(), lapse.what.requirement.clone());
            Err(Refusal::Overdue { duty, requirement, since: lapse.what.due })
        })
    }

    fn stop(&self, id: &DeploymentId, step: Step) -> Result<Vec<Draft>, Refusal> {
        let record = self.deployment(id)?;
        let deployment = DeploymentRef { deployment: id.clone() };
        let (verb, target, what) = match step {
            Step::End => (Verb::End, Stage::Ended, What::DeploymentEnded(deployment)),
            _ => (Verb::Suspend, Stage::Suspended, What::DeploymentSuspended(deployment)),
        };
        if record.standing.state == target {
            return Ok(Vec::new());
        }
        self.needs_reason()?;
        record.standing.state.after(step)?;
        self.unless(false, verb, ActSubject::Deployment(record), what)
    }

    fn register_device(&self, device: &Device) -> Result<Vec<Draft>, Refusal> {
        let record = self.deployment(&device.deployment)?;
        known(record.deployment.stream(&device.stream), "stream of that deployment", &device.stream)?;
        if let Some(known) = self.state.devices.get(&device.id) {
            // The token changes over time and has a command of its own.
            let same = Device { credential: device.credential, ..Device::clone(known) } == *device;
            return if same { Ok(Vec::new()) } else { Err(taken("device", &device.id)) };
        }
        self.registers_credential(device, &record.deployment.accountable)?;
        let what = What::DeviceRegistered(device.clone());
        let within_place = circumstances::is_within_place(self.state, device, record);
        let subject = ActSubject::Device { device, record, within_place };
        self.unless(false, Verb::RegisterDevice, subject, what)
    }

    fn issue(&self, order: &Order, list: &str) -> Result<Vec<Draft>, Refusal> {
        self.deployment(&order.deployment)?;
        known(self.state.parties.get(&order.party), "party", &order.party)?;
        fit::text("the order's authority", &order.authority)?;
        if let Some(record) = self.state.orders.get(&order.id) {
            return if &record.order == order { Ok(Vec::new()) } else { Err(taken("order", &order.id)) };
        }
        fit::list(order, list)?;
        let because = self.allowed(Verb::IssueOrder, ActSubject::Order(order))?;
        let fields = Fields([("list".to_owned(), Some(list.to_owned()))].into());
        let (list, payload) = seal(&fields, &ORDER_FIELDS, self.entropy)?;
        let draft = self.draft(because, What::OrderIssued(OrderIssued { order: order.clone(), list }));
        Ok(vec![Draft { payload: Some(payload), ..draft }])
    }

    /// Declares a view; if it is refused, says which views that tell less would not be.
    fn declare(&self, view: &View) -> Result<Vec<Draft>, Refusal> {
        let why = match self.declare_as_it_is(view) {
            Err(
                why @ (Refusal::Norm(_)
                | Refusal::Misfit(Misfit::View(_) | Misfit::Subtractable { .. } | Misfit::Budget { .. })),
            ) => why,
            decided => return decided,
        };
        let Some((_, stream)) = self.state.stream(&view.stream) else { return Err(why) };
        let offers = offers::offers(view, stream, |view| self.declare_as_it_is(view).is_ok());
        Err(if offers.is_empty() { why } else { Refusal::View { why: Box::new(why), offers } })
    }

    fn declare_as_it_is(&self, view: &View) -> Result<Vec<Draft>, Refusal> {
        let (record, stream) = self
            .state
            .stream(&view.stream)
            .ok_or_else(|| Refusal::Unknown { kind: "stream", id: view.stream.to_string() })?;
        fit::view(view, stream, self.state.views_of(&view.stream), &self.state.places)?;
        if let Some(known) = self.state.views.get(&(view.stream.clone(), view.id.clone())) {
            if known.as_ref() == view {
                return Ok(Vec::new());
            }
            fit::newer(known, view)?;
        }
        let what = What::ViewDeclared(view.clone());
        self.unless(false, Verb::DeclareView, ActSubject::View { view, record, stream }, what)
    }

    fn agree(&self, grant: &Grant) -> Result<Vec<Draft>, Refusal> {
        let state = self.state;
        let recipient = &known(state.parties.get(&grant.recipient), "party", &grant.recipient)?.party;
        let view = known(state.views.get(&(grant.stream.clone(), grant.view.clone())), "view", &grant.view)?;
        let (record, stream) = state
            .stream(&grant.stream)
            .ok_or_else(|| Refusal::Unknown { kind: "stream", id: grant.stream.to_string() })?;
        let order = grant.order.as_ref().map(|id| known(state.orders.get(id), "order", id)).transpose()?;
        if let Some(known) = state.grants.get(&grant.id) {
            return if &known.grant == grant { Ok(Vec::new()) } else { Err(taken("grant", &grant.id)) };
        }
        if let Some(judged) = &grant.judged {
            fit::text("the argument whether it is about people", &judged.argument)?;
        }
        let order = order.map(|record| &record.order);
        let over = |view: &View| {
            let subject = ActSubject::Grant { grant, view, record, stream, recipient, order };
            self.unless(false, Verb::AgreeGrant, subject, What::GrantAgreed(grant.clone()))
        };
        let why = match over(view) {
            Err(why @ Refusal::Norm(_)) => why,
            decided => return decided,
        };
        // What could be agreed over a view that tells less, if one were declared.
        let offers = offers::offers(view, stream, |view| over(view).is_ok());
        Err(if offers.is_empty() { why } else { Refusal::View { why: Box::new(why), offers } })
    }

    fn withdraw(&self, id: &model::GrantId) -> Result<Vec<Draft>, Refusal> {
        let record = known(self.state.grants.get(id), "grant", id)?;
        if record.ended.is_some() {
            return Ok(Vec::new());
        }
        self.needs_reason()?;
        let what = What::GrantWithdrawn(GrantRef { grant: id.clone() });
        self.unless(false, Verb::WithdrawGrant, ActSubject::GrantRecord(record), what)
    }

    /// What a resident wrote is not everybody's to erase, and neither is what is known of an incident.
    fn may_erase(&self, entry: u64) -> Result<(), Refusal> {
        let independent = self.actor.kind == model::PartyKind::Officer || self.state.founder() == Some(&self.actor.id);
        if !independent && self.state.incidents.values().any(|record| record.entry == entry) {
            return Err(Misfit::NotTheirIncident.into());
        }
        let Some((id, _)) = self.state.inquiries.iter().find(|(_, record)| record.entry == entry) else {
            return Ok(());
        };
        let Some(asked) = self.state.evidence.get(id) else { return Ok(()) };
        let may = independent || (self.state.is_answered(id) && self.answers_for(&asked.evidence.about));
        if may { Ok(()) } else { Err(Misfit::NotTheirsToErase.into()) }
    }

    fn erase(&self, entry: u64) -> Result<Vec<Draft>, Refusal> {
        if self.state.erased.contains(&entry) {
            return Ok(Vec::new());
        }
        self.needs_reason()?;
        if entry >= self.state.size {
            return Err(Refusal::Unknown { kind: "entry", id: entry.to_string() });
        }
        self.may_erase(entry)?;
        let what = What::PayloadErased(PayloadErased { entry });
        self.unless(false, Verb::ErasePayload, ActSubject::Payload, what)
    }
}
