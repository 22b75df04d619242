//! Facts: from the model's words to Cedar's entities and requests.
//!
//! Slow facts (who, what, under which grant) are attributes of principal and resource; only what changes from one moment
//! to the next stands in the context, so that a plan can be compiled with everything else known. Each attribute is always
//! there: a norm never errors for want of one.

use std::collections::{HashMap, HashSet};

use cedar_policy::{Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};
use model::{
    Assessment, Category, ClassApproval, Deployment, DeploymentRecord, Device, Evidence, Exposure, Grant, GrantRecord,
    Order, Party, PartyId, Place, Purpose, Space, Span, Stream, Timestamp, Treatment, View,
};

use crate::schema::{purpose_action, schema};

/// What a party wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Enter a party or its token.
    RegisterParty,
    /// Enter a place.
    RegisterPlace,
    /// Enter a device or its token.
    RegisterDevice,
    /// Put policies in force.
    AdoptPolicy,
    /// Declare a deployment.
    Propose,
    /// Sign an assessment.
    Assess,
    /// Approve a deployment.
    Approve,
    /// Publish a deployment.
    Publish,
    /// Let a deployment collect.
    Activate,
    /// Stop a deployment for a time.
    Suspend,
    /// End a deployment.
    End,
    /// Enter an order.
    IssueOrder,
    /// Declare a view.
    DeclareView,
    /// Put a grant in force.
    AgreeGrant,
    /// Withdraw a grant.
    WithdrawGrant,
    /// Destroy a sealed payload.
    ErasePayload,
    /// File a statement.
    FileEvidence,
    /// Withdraw a statement.
    WithdrawEvidence,
    /// Approve a class of deployments.
    ApproveClass,
}

impl Verb {
    const fn action(self) -> &'static str {
        match self {
            Self::RegisterParty => "register-party",
            Self::RegisterPlace => "register-place",
            Self::RegisterDevice => "register-device",
            Self::AdoptPolicy => "adopt-policy",
            Self::Propose => "propose",
            Self::Assess => "assess",
            Self::Approve => "approve",
            Self::Publish => "publish",
            Self::Activate => "activate",
            Self::Suspend => "suspend",
            Self::End => "end",
            Self::IssueOrder => "issue-order",
            Self::DeclareView => "declare-view",
            Self::AgreeGrant => "agree-grant",
            Self::WithdrawGrant => "withdraw-grant",
            Self::ErasePayload => "erase-payload",
            Self::FileEvidence => "file-evidence",
            Self::WithdrawEvidence => "withdraw-evidence",
            Self::ApproveClass => "approve-class",
        }
    }
}

/// What it is to be done to.
#[derive(Debug, Clone, Copy)]
pub enum ActSubject<'a> {
    /// A party.
    Party(&'a Party),
    /// A place.
    Place(&'a Place),
    /// A device.
    Device(&'a Device),
    /// Policies.
    Policy,
    /// A deployment that is being proposed.
    Proposal(&'a Deployment),
    /// A deployment as it stands.
    Deployment(&'a DeploymentRecord),
    /// A deployment that is being assessed.
    Assessment {
        /// As it stands.
        record: &'a DeploymentRecord,
        /// What is signed.
        assessment: &'a Assessment,
    },
    /// A deployment that is being approved.
    Approval {
        /// As it stands.
        record: &'a DeploymentRecord,
        /// Until when.
        until: Timestamp,
    },
    /// An order.
    Order(&'a Order),
    /// A view.
    View {
        /// The view.
        view: &'a View,
        /// The deployment behind it.
        record: &'a DeploymentRecord,
        /// The stream it shows.
        stream: &'a Stream,
    },
    /// A grant that is being agreed.
    Grant {
        /// The grant.
        grant: &'a Grant,
        /// The view it gives.
        view: &'a View,
        /// The deployment behind it.
        record: &'a DeploymentRecord,
        /// The stream it shows.
        stream: &'a Stream,
        /// Who gets it.
        recipient: &'a Party,
        /// The order it rests on.
        order: Option<&'a Order>,
    },
    /// A grant that is being withdrawn.
    GrantRecord(&'a GrantRecord),
    /// A sealed payload.
    Payload,
    /// A statement that is being filed or withdrawn.
    Evidence {
        /// The statement.
        evidence: &'a Evidence,
        /// The deployment that it is about, or to whose devices the device belongs; none for the city.
        record: Option<&'a DeploymentRecord>,
    },
    /// A class of deployments.
    Class(&'a ClassApproval),
}

/// May this party do this?
#[derive(Debug, Clone, Copy)]
pub struct ActQuestion<'a> {
    /// Who.
    pub actor: &'a Party,
    /// What.
    pub verb: Verb,
    /// To what.
    pub subject: ActSubject<'a>,
}

/// May this stream collect?
#[derive(Debug, Clone, Copy)]
pub struct CollectQuestion<'a> {
    /// The deployment.
    pub record: &'a DeploymentRecord,
    /// Its stream.
    pub stream: &'a Stream,
    /// The order that a match-or-drop property names.
    pub order: Option<&'a Order>,
}

/// May this party have this view for this purpose?
#[derive(Debug, Clone, Copy)]
pub struct DiscloseQuestion<'a> {
    /// Who.
    pub recipient: &'a Party,
    /// Under which grant; none if there is none.
    pub grant: Option<&'a GrantRecord>,
    /// Which view.
    pub view: &'a View,
    /// The deployment behind it.
    pub record: &'a DeploymentRecord,
    /// The stream it shows.
    pub stream: &'a Stream,
    /// The order that the grant rests on.
    pub order: Option<&'a Order>,
    /// What for.
    pub purpose: Purpose,
}

/// What changes from one collection to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CollectFast {
    /// The present instant.
    pub now: Timestamp,
}

/// What changes from one disclosure to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiscloseFast {
    /// The present instant.
    pub now: Timestamp,
    /// The age of the oldest row asked for.
    pub oldest: Span,
    /// Whether a senior officer authorised it.
    pub senior_authorisation: bool,
}

/// One fact of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fact {
    Long(i64),
    Bool(bool),
}

pub(crate) type FastFacts = Vec<(&'static str, Fact)>;

/// Whole seconds since 1970.
const fn seconds(at: Timestamp) -> i64 {
    at.millis().div_euclid(1_000)
}

impl CollectFast {
    pub(crate) fn context(self) -> FastFacts {
        vec![("now", Fact::Long(seconds(self.now)))]
    }
}

impl DiscloseFast {
    pub(crate) fn context(self) -> FastFacts {
        vec![
            ("now", Fact::Long(seconds(self.now))),
            ("oldestSeconds", Fact::Long(i64::from(self.oldest.as_seconds()))),
            ("seniorAuthorisation", Fact::Bool(self.senior_authorisation)),
        ]
    }
}

/// A question in Cedar's terms, all but its context.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) principal: EntityUid,
    pub(crate) action: EntityUid,
    pub(crate) resource: EntityUid,
    pub(crate) entities: Entities,
}

/// A question that could not be put in Cedar's terms; it counts as refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unaskable;

impl<E: std::error::Error> From<E> for Unaskable {
    fn from(_: E) -> Self {
        Self
    }
}

pub(crate) fn context(facts: FastFacts) -> Result<Context, Unaskable> {
    let expression = |fact| match fact {
        Fact::Long(number) => RestrictedExpression::new_long(number),
        Fact::Bool(truth) => RestrictedExpression::new_bool(truth),
    };
    Ok(Context::from_pairs(facts.into_iter().map(|(name, fact)| (name.to_owned(), expression(fact))))?)
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, Unaskable> {
    Ok(EntityUid::from_type_name_and_id(kind.parse::<EntityTypeName>()?, EntityId::new(id)))
}

/// Attributes being gathered for one entity.
#[derive(Default)]
struct Attributes(HashMap<String, RestrictedExpression>);

impl Attributes {
    fn text(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), RestrictedExpression::new_string(value.to_owned()));
        self
    }
    fn truth(mut self, name: &str, value: bool) -> Self {
        self.0.insert(name.to_owned(), RestrictedExpression::new_bool(value));
        self
    }
    fn long(mut self, name: &str, value: i64) -> Self {
        self.0.insert(name.to_owned(), RestrictedExpression::new_long(value));
        self
    }
    fn texts<'t>(mut self, name: &str, values: impl Iterator<Item = &'t str>) -> Self {
        let values = values.map(|value| RestrictedExpression::new_string(value.to_owned()));
        self.0.insert(name.to_owned(), RestrictedExpression::new_set(values));
        self
    }
    fn party(mut self, name: &str, party: &PartyId) -> Result<Self, Unaskable> {
        self.0.insert(name.to_owned(), RestrictedExpression::new_entity_uid(uid("Party", party.as_str())?));
        Ok(self)
    }
}

/// Puts a question together: the asking party, the action, the resource, and the parties it names.
fn case(actor: &Party, action: &str, kind: &str, id: &str, attributes: Attributes) -> Result<Case, Unaskable> {
    let (principal, resource) = (uid("Party", actor.id.as_str())?, uid(kind, id)?);
    let who = Attributes::default().text("kind", actor.kind.code());
    let entities = [
        Entity::new(principal.clone(), who.0, HashSet::new())?,
        Entity::new(resource.clone(), attributes.0, HashSet::new())?,
    ];
    let entities = Entities::from_entities(entities, Some(schema()))?;
    Ok(Case { principal, action: uid("Action", action)?, resource, entities })
}

impl ActQuestion<'_> {
    pub(crate) fn case(&self, now: Timestamp) -> Result<(Case, FastFacts), Unaskable> {
        let mut fast = vec![("now", Fact::Long(seconds(now)))];
        let thing = |id: &str| ("Thing", id.to_owned(), Attributes::default());
        let (kind, id, attributes) = match self.subject {
            ActSubject::Party(party) => thing(party.id.as_str()),
            ActSubject::Place(place) => thing(place.id.as_str()),
            ActSubject::Device(device) => thing(device.id.as_str()),
            ActSubject::Order(order) => thing(order.id.as_str()),
            ActSubject::Policy => thing("policy"),
            ActSubject::Payload => thing("payload"),
            ActSubject::Evidence { evidence, .. } => thing(evidence.id.as_str()),
            ActSubject::Class(class) => thing(class.id.as_str()),
            ActSubject::GrantRecord(record) => thing(record.grant.id.as_str()),
            ActSubject::Proposal(deployment) => {
                ("Deployment", deployment.id.to_string(), proposal(deployment, &self.actor.id)?)
            }
            ActSubject::Deployment(record) | ActSubject::Assessment { record, .. } => {
                ("Deployment", record.deployment.id.to_string(), standing(record)?)
            }
            ActSubject::Approval { record, until } => {
                let days = i64::from(until.since(now).as_seconds().div_ceil(model::time::SECONDS_PER_DAY));
                fast.extend([("until", Fact::Long(seconds(until))), ("spanDays", Fact::Long(days))]);
                ("Deployment", record.deployment.id.to_string(), standing(record)?)
            }
            ActSubject::View { view, record, stream } => ("View", view.id.to_string(), shown(view, record, stream)?),
            ActSubject::Grant { grant, view, record, stream, recipient, order } => {
                let record_of = GrantRecord { grant: grant.clone(), since: now, ended: None };
                let share =
                    Share { recipient, grant: Some(&record_of), view, record, stream, order, purpose: grant.purpose };
                ("Share", grant.id.to_string(), share.attributes()?)
            }
        };
        Ok((case(self.actor, self.verb.action(), kind, &id, attributes)?, fast))
    }
}

impl CollectQuestion<'_> {
    pub(crate) fn case(&self) -> Result<Case, Unaskable> {
        let (deployment, stream) = (&self.record.deployment, self.stream);
        let attributes = Attributes::default()
            .text("state", self.record.standing.state.code())
            .party("accountable", &deployment.accountable)?
            .long("starts", seconds(deployment.starts))
            .long("ends", seconds(deployment.ends))
            .truth("assessedByOther", assessed_by_other(self.record))
            .long("approvedUntil", approved_until(self.record))
            .truth("matches", stream.order().is_some())
            .long("orderUntil", self.order.map_or(0, |order| seconds(order.until)));
        let attributes = collected(attributes, std::slice::from_ref(stream));
        // The accountable party collects; its kind is no fact that a collection may rest on, so it is left neutral.
        let actor =
            Party { id: deployment.accountable.clone(), name: String::new(), kind: model::PartyKind::CityDepartment };
        case(&actor, "collect", "Stream", stream.id.as_str(), attributes)
    }
}

impl DiscloseQuestion<'_> {
    pub(crate) fn case(&self) -> Result<Case, Unaskable> {
        let share = Share {
            recipient: self.recipient,
            grant: self.grant,
            view: self.view,
            record: self.record,
            stream: self.stream,
            order: self.order,
            purpose: self.purpose,
        };
        let id = format!("{}/{}", self.stream.id, self.view.id);
        case(self.recipient, &purpose_action(self.purpose), "Share", &id, share.attributes()?)
    }
}

/// What streams collect, at their worst.
fn collected(attributes: Attributes, streams: &[Stream]) -> Attributes {
    let personal = |stream: &&Stream| is_personal(stream);
    let worst = |span: fn(&Stream) -> i64| streams.iter().map(span).max().unwrap_or(0);
    let keeps =
        streams.iter().filter(personal).map(|stream| i64::from(stream.retention.0.as_seconds())).max().unwrap_or(0);
    let biometric = |stream: &Stream| {
        stream.properties.values().any(|p| is_biometric(p.category) && p.treatment != Treatment::Drop)
    };
    attributes
        .truth("personal", streams.iter().any(is_personal))
        .truth("biometric", streams.iter().any(biometric))
        .truth("rawIdentifiers", streams.iter().any(|stream| stream.raw_identifiers().next().is_some()))
        .long(
            "longestEpochSeconds",
            worst(|stream| stream.longest_epoch().map_or(0, |epoch| i64::from(epoch.span().as_seconds()))),
        )
        .long("keepsPersonalSeconds", keeps)
}

/// Whether a stream observes people, whatever its treatments leave of it.
fn is_personal(stream: &Stream) -> bool {
    stream.identifies() > model::Identifies::Nobody
}

fn is_biometric(category: Category) -> bool {
    category.code() == "face-image"
}

fn proposal(deployment: &Deployment, proposer: &PartyId) -> Result<Attributes, Unaskable> {
    let days = deployment.ends.since(deployment.starts).as_seconds().div_ceil(model::time::SECONDS_PER_DAY);
    let attributes = Attributes::default()
        .text("state", "new")
        .party("accountable", &deployment.accountable)?
        .party("proposer", proposer)?
        .text("legalBasis", deployment.legal_basis.code())
        .truth("privacyStatement", deployment.privacy_statement.as_ref().is_some_and(|url| is_address(url)))
        .long("lifetimeDays", i64::from(days))
        .long("starts", seconds(deployment.starts))
        .long("ends", seconds(deployment.ends))
        .truth("assessedByOther", false)
        .text("outcome", "none")
        .long("approvedUntil", 0);
    Ok(collected(attributes, &deployment.streams))
}

fn is_address(url: &str) -> bool {
    url.strip_prefix("https://").is_some_and(|rest| rest.contains('.'))
}

fn standing(record: &DeploymentRecord) -> Result<Attributes, Unaskable> {
    let outcome = record.standing.assessments.last().map_or("none", |assessment| assessment.outcome.code());
    Ok(proposal(&record.deployment, &record.standing.proposed_by)?
        .text("state", record.standing.state.code())
        .truth("assessedByOther", assessed_by_other(record))
        .text("outcome", outcome)
        .long("approvedUntil", approved_until(record)))
}

/// Whether the newest assessment was signed by a party that neither proposed nor answers for the deployment.
fn assessed_by_other(record: &DeploymentRecord) -> bool {
    let signer = record.standing.assessments.last().map(|assessment| &assessment.signed_by);
    signer.is_some_and(|signer| *signer != record.standing.proposed_by && *signer != record.deployment.accountable)
}

fn approved_until(record: &DeploymentRecord) -> i64 {
    record.standing.approval.as_ref().map_or(0, |approval| seconds(approval.until))
}

/// What a view shows.
fn shown(view: &View, record: &DeploymentRecord, stream: &Stream) -> Result<Attributes, Unaskable> {
    let (records, bin, cell) = match &view.exposure {
        Exposure::Records { .. } => (true, 0, None),
        Exposure::Windows { bin, space: Space::Cell { resolution }, .. } => {
            (false, bin.span().as_seconds(), Some(resolution))
        }
        Exposure::Windows { bin, .. } => (false, bin.span().as_seconds(), None),
    };
    Ok(Attributes::default()
        .party("accountable", &record.deployment.accountable)?
        .truth("personal", is_personal(stream))
        .truth("records", records)
        .long("identifiers", view.identifiers.rank())
        .long("minimum", i64::from(view.minimum.0))
        .long("binSeconds", i64::from(bin))
        .truth("byCell", cell.is_some())
        .long("cellResolution", cell.map_or(0, |resolution| i64::from(resolution.level())))
        .truth("underOrder", stream.order().is_some()))
}

/// A view as one recipient has it, or would have it.
struct Share<'a> {
    recipient: &'a Party,
    grant: Option<&'a GrantRecord>,
    view: &'a View,
    record: &'a DeploymentRecord,
    stream: &'a Stream,
    order: Option<&'a Order>,
    purpose: Purpose,
}

impl Share<'_> {
    fn attributes(&self) -> Result<Attributes, Unaskable> {
        let fits = |grant: &&GrantRecord| {
            grant.grant.recipient == self.recipient.id
                && grant.grant.stream == self.stream.id
                && grant.grant.view == self.view.id
        };
        let grant = self.grant.filter(fits);
        let order = self.order.filter(|order| {
            order.deployment == self.record.deployment.id
                && order.party == self.recipient.id
                && self.stream.order() == Some(&order.id)
        });
        let duties = grant.into_iter().flat_map(|grant| grant.grant.duties.iter().map(|duty| duty.code()));
        Ok(shown(self.view, self.record, self.stream)?
            .text("recipientKind", self.recipient.kind.code())
            .text("purpose", self.purpose.code())
            .truth("granted", grant.is_some())
            .text("grantPurpose", grant.map_or("", |grant| grant.grant.purpose.code()))
            .long("grantSince", grant.map_or(0, |grant| seconds(grant.since)))
            .long("grantUntil", grant.map_or(0, |grant| seconds(grant.grant.until)))
            .truth("grantEnded", grant.is_some_and(|grant| grant.ended.is_some()))
            .texts("duties", duties)
            .long("orderUntil", order.map_or(0, |order| seconds(order.until)))
            .text("deploymentState", self.record.standing.state.code())
            .texts("deploymentPurposes", self.record.deployment.purposes.iter().map(|purpose| purpose.code()))
            .long("deploymentEnds", seconds(self.record.deployment.ends)))
    }
}
