//! What other policies would change in a city as it stands: what flows, and who could decide what is open.
//!
//! Every stream and every agreement is compiled under both, as the data path does it, and asked at one instant. Every deployment
//! that waits for a step is asked about everybody who might take it. Nothing is changed here, and nothing is adopted.

use std::fmt;
use std::sync::Arc;

use model::{
    DeploymentId, DeploymentRecord, GrantId, GrantRecord, Party, PartyId, PartyKind, Span, State as Stage, Step,
    StreamId, Timestamp,
};
use norms::{
    ActQuestion, ActSubject, Bundle, Circumstances, CollectFast, CollectQuestion, Decision, DiscloseFast,
    DiscloseQuestion, Verb,
};

use crate::circumstances;
use crate::state::State;

/// How far ahead an approval is asked for, at most until the deployment ends.
const APPROVAL: Span = Span::days(365);

/// What other policies would change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// What flows now and would not.
    pub stops: Vec<Flow>,
    /// What does not flow now and would.
    pub starts: Vec<Flow>,
    /// The open deployments about which others could decide.
    pub decided: Vec<Decided>,
}

impl Changes {
    /// Whether nothing would change.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.stops.is_empty() && self.starts.is_empty() && self.decided.is_empty()
    }
}

/// What flows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flowing {
    /// What a stream takes.
    Stream(StreamId),
    /// What an agreement gives.
    Grant {
        /// Which.
        grant: GrantId,
        /// To whom.
        recipient: PartyId,
    },
}

impl fmt::Display for Flowing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream(stream) => write!(f, "stream `{stream}`"),
            Self::Grant { grant, recipient } => write!(f, "grant `{grant}` to `{recipient}`"),
        }
    }
}

/// A flow that would stop or start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// What flows.
    pub what: Flowing,
    /// What would stand against it, or that nothing does, in words.
    pub why: String,
}

/// A step that a deployment waits for, and who could take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Which deployment.
    pub deployment: DeploymentId,
    /// The step.
    pub step: Step,
    /// Who can take it under the policies in force.
    pub now: Vec<PartyId>,
    /// Who could take it under the others.
    pub then: Vec<PartyId>,
    /// What would stand against somebody who can take it now; empty where nothing does.
    pub why: String,
}

/// What a city would have otherwise under other policies; without policies before, nothing flows and nobody decides.
#[must_use]
pub fn changes(state: &State, now: Timestamp, before: Option<&Arc<Bundle>>, after: &Arc<Bundle>) -> Changes {
    let both = Both { state, now, before, after };
    let mut changes = Changes::default();
    for record in state.deployments.values().filter(|record| record.standing.state != Stage::Ended) {
        let around = circumstances::of_deployment(state, record, now);
        both.streams(record, &around, &mut changes);
        changes.decided.extend(both.step(record, &around));
    }
    for record in state.grants.values().filter(|record| record.in_force(now)) {
        both.grant(record, &mut changes);
    }
    changes
}

/// The policies in force and others, before one register at one instant.
struct Both<'a> {
    state: &'a State,
    now: Timestamp,
    before: Option<&'a Arc<Bundle>>,
    after: &'a Arc<Bundle>,
}

impl Both<'_> {
    /// Notes a flow if it would stop or start, by the first of several moments in which the two differ.
    fn compare(&self, what: Flowing, decide: impl Fn(&Arc<Bundle>) -> Vec<Decision>, changes: &mut Changes) {
        let (before, after) = (self.before.map(&decide), decide(self.after));
        for (at, then) in after.into_iter().enumerate() {
            let flows = before.as_ref().and_then(|all| all.get(at)).is_some_and(Decision::is_allowed);
            match (flows, then) {
                (true, Decision::Refused(refusal)) => {
                    return changes.stops.push(Flow { what, why: refusal.to_string() });
                }
                (false, Decision::Allowed(_)) => {
                    let why = "nothing stands against it any more".to_owned();
                    return changes.starts.push(Flow { what, why });
                }
                _ => {}
            }
        }
    }

    fn streams(&self, record: &DeploymentRecord, around: &Circumstances, changes: &mut Changes) {
        let Some(accountable) = self.state.parties.get(&record.deployment.accountable) else { return };
        for stream in &record.deployment.streams {
            let order = stream.order().and_then(|id| self.state.orders.get(id)).map(|record| &record.order);
            let (accountable, founder) = (&accountable.party, self.state.founder());
            let question = CollectQuestion { record, stream, order, accountable, founder, around };
            let fast = CollectFast { now: self.now };
            let decide = |bundle: &Arc<Bundle>| vec![bundle.plan_collect(&question).decide(&fast)];
            self.compare(Flowing::Stream(stream.id.clone()), decide, changes);
        }
    }

    /// An agreement is asked about for fresh rows, with a senior party's word, and for the oldest rows that its view reaches.
    fn grant(&self, record: &GrantRecord, changes: &mut Changes) {
        let (state, agreed) = (self.state, &record.grant);
        let found = || {
            let (deployment, stream) = state.stream(&agreed.stream)?;
            let view = state.views.get(&(agreed.stream.clone(), agreed.view.clone()))?;
            Some((deployment, stream, view, state.parties.get(&agreed.recipient)?))
        };
        let Some((deployment, stream, view, recipient)) = found() else { return };
        let around = &circumstances::of_deployment(state, deployment, self.now);
        let question = DiscloseQuestion {
            recipient: &recipient.party,
            grant: Some(record),
            view,
            record: deployment,
            stream,
            order: agreed.order.as_ref().and_then(|id| state.orders.get(id)).map(|record| &record.order),
            purpose: agreed.purpose,
            founder: state.founder(),
            around,
        };
        let moments = [(Span::ZERO, false), (Span::ZERO, true), (view.depth.0, true)];
        let decide = |bundle: &Arc<Bundle>| {
            let plan = bundle.plan_disclose(&question);
            let asked = moments.map(|(oldest, senior_authorisation)| {
                plan.decide(&DiscloseFast { now: self.now, oldest, senior_authorisation })
            });
            asked.into()
        };
        let what = Flowing::Grant { grant: agreed.id.clone(), recipient: agreed.recipient.clone() };
        self.compare(what, decide, changes);
    }

    /// The step that a deployment waits for, if others could take it.
    fn step(&self, record: &DeploymentRecord, around: &Circumstances) -> Option<Decided> {
        let until = (self.now + APPROVAL).min(record.deployment.ends);
        let (step, verb, subject) = match record.standing.state {
            Stage::Proposed | Stage::Assessed => (Step::Approve, Verb::Approve, ActSubject::Approval { record, until }),
            Stage::Approved => (Step::Publish, Verb::Publish, ActSubject::Deployment(record)),
            Stage::Published | Stage::Suspended => (Step::Activate, Verb::Activate, ActSubject::Deployment(record)),
            Stage::Active | Stage::Ended => return None,
        };
        let (mut can, mut could, mut why) = (Vec::new(), Vec::new(), String::new());
        for actor in self.candidates(record) {
            let question = ActQuestion { actor, verb, subject, founder: self.state.founder(), around };
            let may = self.before.is_some_and(|before| before.decide_act(&question, self.now).is_allowed());
            if may {
                can.push(actor.id.clone());
            }
            match self.after.decide_act(&question, self.now) {
                Decision::Allowed(_) => could.push(actor.id.clone()),
                Decision::Refused(refusal) if may && why.is_empty() => why = refusal.to_string(),
                Decision::Refused(_) => {}
            }
        }
        let deployment = || record.deployment.id.clone();
        (can != could).then(|| Decided { deployment: deployment(), step, now: can, then: could, why })
    }

    /// Who might take a step: officers, the founder, and those who answer for a deployment or proposed it.
    fn candidates(&self, record: &DeploymentRecord) -> impl Iterator<Item = &Party> {
        let named = [self.state.founder(), Some(&record.deployment.accountable), Some(&record.standing.proposed_by)];
        let parties = self.state.parties.values().map(|record| &record.party);
        let might = move |party: &&Party| party.kind == PartyKind::Officer || named.contains(&Some(&party.id));
        parties.filter(might).collect::<Vec<_>>().into_iter()
    }
}
