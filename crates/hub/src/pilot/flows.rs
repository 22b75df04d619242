//! Flows under a draft: what collects and what may be disclosed, looked at whenever the register changes for it.
//!
//! Only what flowed under the policies of its time is asked about: that a stopped stream takes nothing is no finding.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use model::{
    DeploymentId, DeploymentRecord, GrantId, GrantRecord, PartyId, Purpose, Span, State as Stage, StreamId, Timestamp,
    View, ViewId, ViewVersion,
};
use norms::{
    Bundle, Circumstances, CollectFast, CollectQuestion, Decision, DiscloseFast, DiscloseLimits, DiscloseQuestion,
    GrantPlan, Ground,
};
use register::decide::offers_below;
use register::{State, circumstances};

use super::report::{FLOWS_MAX, Flow, Kind, Stop};
use super::silences::Ceased;

/// The register before and after a draft, at an instant.
pub(super) struct Now<'a> {
    /// The entry that was folded last.
    pub(super) entry: u64,
    pub(super) at: Timestamp,
    /// As it was, and what decided.
    pub(super) was: (&'a State, &'a Arc<Bundle>),
    /// The same with the draft in force.
    pub(super) with: (&'a State, &'a Arc<Bundle>),
}

/// What a disclosure is summed under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Terms {
    pub(super) recipient: PartyId,
    pub(super) purpose: Purpose,
    pub(super) stream: StreamId,
    pub(super) view: ViewId,
}

/// A stretch of time in which a grant's plan was the same.
pub(super) struct Stretch {
    pub(super) from: Timestamp,
    /// When the next began; none yet for the last.
    pub(super) to: Option<Timestamp>,
    pub(super) version: ViewVersion,
    pub(super) depth: Span,
    pub(super) in_force: bool,
    pub(super) plan: GrantPlan,
}

/// A grant, and what became of it under the draft.
pub(super) struct Granted {
    pub(super) terms: Terms,
    pub(super) stretches: Vec<Stretch>,
    track: Track,
}

impl Granted {
    /// Whether less would be allowed where this is not.
    pub(super) fn has_offers(&self) -> bool {
        !self.track.instead.is_empty()
    }
}

/// What has been found of streams and grants so far.
#[derive(Default)]
pub(super) struct Flows {
    streams: BTreeMap<StreamId, Track>,
    pub(super) grants: BTreeMap<GrantId, Granted>,
    /// Grants that have not ended, by the deployment that they are of.
    of_deployment: BTreeMap<DeploymentId, Vec<GrantId>>,
    /// How many stretches are kept.
    stretches: usize,
    /// Whether only the last stretch of a grant is asked about.
    only_last: bool,
}

/// How something flows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Standing {
    /// It did not flow.
    #[default]
    Still,
    /// It flowed, and would have.
    Flows,
    /// It flowed, and whether it would have depends on what is not known.
    Open,
    /// It flowed, and would not have.
    Stopped,
}

#[derive(Default)]
struct Track {
    /// Since when it stands so; none before it was looked at.
    since: Option<Timestamp>,
    standing: Standing,
    flowed: u64,
    stopped: u64,
    open: bool,
    /// Whether norms stopped it at some time.
    by_norms: bool,
    first: Option<Stop>,
    instead: Vec<String>,
}

impl Track {
    /// Notes how it stands from an instant on.
    fn turn(&mut self, at: Timestamp, to: Standing) {
        let passed = self.since.map_or(0, |since| u64::try_from(at.millis() - since.millis()).unwrap_or(0));
        match self.standing {
            Standing::Still => {}
            Standing::Flows | Standing::Open => self.flowed += passed,
            Standing::Stopped => {
                self.flowed += passed;
                self.stopped += passed;
            }
        }
        self.open |= to == Standing::Open;
        (self.since, self.standing) = (Some(at), to);
    }

    /// Notes that it stops, and why, if it does for the first time.
    fn stop(&mut self, now: &Now<'_>, why: &dyn fmt::Display) {
        self.first.get_or_insert_with(|| Stop { entry: now.entry, at: now.at, why: why.to_string() });
    }

    /// The same because of norms; whether these stop it for the first time.
    fn stop_by_norms(&mut self, now: &Now<'_>, why: &dyn fmt::Display) -> bool {
        self.stop(now, why);
        !std::mem::replace(&mut self.by_norms, true)
    }
}

/// Something that a draft stops for the first time, and the norms against it.
pub(super) type Stopped = (DeploymentId, Vec<Ground>);

impl Flows {
    /// At the city, where each record is asked of the plan of its time: what was before is never asked about.
    pub(super) fn of_records() -> Self {
        Self { only_last: true, ..Self::default() }
    }

    /// How many things a look at a deployment looks at: itself, its streams, and its grants.
    pub(super) fn things(&self, state: &State, id: &DeploymentId) -> u64 {
        let streams = state.deployments.get(id).map_or(0, |record| record.deployment.streams.len());
        let grants = self.of_deployment.get(id).map_or(0, Vec::len);
        1 + streams as u64 + grants as u64
    }

    /// How many stretches are kept.
    pub(super) const fn kept(&self) -> usize {
        self.stretches
    }

    pub(super) fn granted(&mut self, deployment: &DeploymentId, grant: &GrantId) {
        self.of_deployment.entry(deployment.clone()).or_default().push(grant.clone());
    }

    /// Looks at everything that belongs to a deployment, which may stand still under the draft because of silence. Gives what norms stop
    /// for the first time.
    pub(super) fn look(&mut self, now: &Now<'_>, id: &DeploymentId, ceased: Option<&Ceased>) -> Vec<Stopped> {
        let mut stopped = Vec::new();
        let (was, with) = (Side::of(now.was, id, now.at, None), Side::of(now.with, id, now.at, ceased));
        let (Some(was), Some(with)) = (was, with) else { return stopped };
        for stream in &was.record.deployment.streams {
            let track = self.streams.entry(stream.id.clone()).or_default();
            let standing = match (was.collects(&stream.id, now.at), with.collects(&stream.id, now.at), ceased) {
                (Some(Decision::Allowed(_)), _, Some(ceased)) => {
                    track.stop(now, ceased);
                    Standing::Stopped
                }
                (Some(Decision::Allowed(_)), Some(Decision::Refused(why)), None) => {
                    if track.stop_by_norms(now, &why) {
                        stopped.push((id.clone(), why.grounds));
                    }
                    Standing::Stopped
                }
                (Some(Decision::Allowed(_)), Some(Decision::Allowed(_)), None) => Standing::Flows,
                _ => Standing::Still,
            };
            track.turn(now.at, standing);
        }
        let grants = self.of_deployment.get(id).map(Vec::as_slice).unwrap_or_default();
        for grant in grants {
            let before = self.grants.get(grant).map_or(0, |granted| granted.stretches.len());
            stopped.extend(look_at_grant(&mut self.grants, now, (&was, &with), grant));
            let Some(Granted { stretches, .. }) = self.grants.get_mut(grant) else { continue };
            if self.only_last {
                stretches.drain(..stretches.len().saturating_sub(1));
            }
            self.stretches = (self.stretches + stretches.len()).saturating_sub(before);
        }
        // What has ended does not begin again: it was looked at for the last time.
        let goes_on = |grant: &GrantId| now.was.0.grants.get(grant).is_some_and(|record| record.ended.is_none());
        if let Some(grants) = self.of_deployment.get_mut(id) {
            grants.retain(goes_on);
        }
        stopped
    }

    /// The last stretch of a grant.
    pub(super) fn plan_of(&self, grant: &GrantId) -> Option<&Stretch> {
        self.grants.get(grant)?.stretches.last()
    }

    /// Forgets what was over before an instant.
    pub(super) fn forget_before(&mut self, at: Timestamp) {
        for granted in self.grants.values_mut() {
            granted.stretches.retain(|stretch| stretch.to.is_none_or(|to| at <= to));
        }
        self.stretches = self.grants.values().map(|granted| granted.stretches.len()).sum();
    }

    /// What was found of streams, and of grants, by an instant.
    pub(super) fn finish(self, at: Timestamp) -> (Kind, Kind) {
        let streams = self.streams.into_iter().map(|(id, track)| (id.to_string(), None, track));
        let grants = self
            .grants
            .into_iter()
            .map(|(id, granted)| (id.to_string(), Some(granted.terms.recipient.to_string()), granted.track));
        (kind(streams, at), kind(grants, at))
    }
}

fn kind(tracks: impl Iterator<Item = (String, Option<String>, Track)>, at: Timestamp) -> Kind {
    const MINUTE: u64 = 60_000;
    let mut kind = Kind::default();
    for (name, to, mut track) in tracks {
        let standing = track.standing;
        track.turn(at, standing);
        let flowed = track.flowed > 0 || standing != Standing::Still || track.first.is_some();
        kind.flowed += u64::from(flowed);
        let Some(first) = track.first else {
            kind.unknown += u64::from(track.open);
            continue;
        };
        kind.stopped += 1;
        if kind.stops.len() < FLOWS_MAX {
            let (minutes, of_minutes) = (track.stopped / MINUTE, track.flowed / MINUTE);
            let at_the_end = standing == Standing::Stopped;
            kind.stops.push(Flow { name, to, first, minutes, of_minutes, at_the_end, instead: track.instead });
        }
    }
    kind
}

/// One deployment in one of both registers.
struct Side<'a> {
    state: &'a State,
    bundle: &'a Arc<Bundle>,
    record: Cow<'a, DeploymentRecord>,
    around: Circumstances,
}

impl<'a> Side<'a> {
    /// A deployment as it stands, or suspended where silence about it would have stopped it.
    fn of(
        (state, bundle): (&'a State, &'a Arc<Bundle>),
        id: &DeploymentId,
        at: Timestamp,
        ceased: Option<&Ceased>,
    ) -> Option<Self> {
        let record = state.deployments.get(id)?;
        let runs = matches!(record.standing.state, Stage::Published | Stage::Active);
        let mut record = Cow::Borrowed(&**record);
        if ceased.is_some() && runs {
            record.to_mut().standing.state = Stage::Suspended;
        }
        let around = circumstances::of_deployment(state, &record, at);
        Some(Self { state, bundle, record, around })
    }

    /// What the policies say of a stream that is running; none if it is not.
    fn collects(&self, stream: &StreamId, at: Timestamp) -> Option<Decision> {
        let Self { state, bundle, record, around } = self;
        if record.standing.state != Stage::Active || at < record.deployment.starts {
            return None;
        }
        let stream = record.deployment.stream(stream)?;
        let question = CollectQuestion {
            record,
            stream,
            order: stream.order().and_then(|id| state.orders.get(id)).map(|record| &record.order),
            accountable: &state.parties.get(&record.deployment.accountable)?.party,
            founder: state.founder(),
            around,
        };
        Some(bundle.decide_collect(&question, &CollectFast { now: at }))
    }

    /// Asks about the disclosure of a view under a grant.
    fn disclosure<'b>(&'b self, granted: &'b GrantRecord, view: &'b View) -> Option<DiscloseQuestion<'b>> {
        let (state, grant) = (self.state, &granted.grant);
        Some(DiscloseQuestion {
            recipient: &state.parties.get(&grant.recipient)?.party,
            grant: Some(granted),
            view,
            record: &self.record,
            stream: self.record.deployment.stream(&grant.stream)?,
            order: grant.order.as_ref().and_then(|id| state.orders.get(id)).map(|record| &record.order),
            purpose: grant.purpose,
            founder: state.founder(),
            around: &self.around,
        })
    }

    fn view(&self, granted: &GrantRecord) -> Option<&'a Arc<View>> {
        self.state.views.get(&(granted.grant.stream.clone(), granted.grant.view.clone()))
    }

    /// The plan of a grant, the view that it is of, and the grant.
    fn plan(&self, id: &GrantId) -> Option<(GrantPlan, &'a View, &'a GrantRecord)> {
        let granted = self.state.grants.get(id)?;
        let view = self.view(granted)?;
        Some((self.bundle.plan_disclose(&self.disclosure(granted, view)?), view, granted))
    }
}

fn look_at_grant(
    grants: &mut BTreeMap<GrantId, Granted>,
    now: &Now<'_>,
    (was, with): (&Side<'_>, &Side<'_>),
    id: &GrantId,
) -> Option<Stopped> {
    let ((before, ..), (plan, view, record)) = (was.plan(id)?, with.plan(id)?);
    let grant = &record.grant;
    let terms = || Terms {
        recipient: grant.recipient.clone(),
        purpose: grant.purpose,
        stream: grant.stream.clone(),
        view: grant.view.clone(),
    };
    let granted = grants.entry(id.clone()).or_insert_with(|| Granted {
        terms: terms(),
        stretches: Vec::new(),
        track: Track::default(),
    });
    let in_force = record.in_force(now.at);
    let limits = DiscloseLimits { from: now.at, to: now.at, oldest_max: view.depth.0 };
    let flowed = in_force && !matches!(before.settled(&limits), Some(Decision::Refused(_)));
    let (standing, why) = match (flowed, plan.settled(&limits)) {
        (false, _) => (Standing::Still, None),
        (true, Some(Decision::Allowed(_))) => (Standing::Flows, None),
        (true, Some(Decision::Refused(why))) => (Standing::Stopped, Some(why)),
        (true, None) => (Standing::Open, None),
    };
    let is_first = why.as_ref().is_some_and(|why| granted.track.stop_by_norms(now, why));
    granted.track.turn(now.at, standing);
    if let Some(last) = granted.stretches.last_mut() {
        last.to = Some(now.at);
    }
    let (version, depth) = (view.version, view.depth.0);
    granted.stretches.push(Stretch { from: now.at, to: None, version, depth, in_force, plan });
    if !is_first {
        return None;
    }
    granted.track.instead = instead(with, record, view, now.at);
    why.map(|why| (with.record.deployment.id.clone(), why.grounds))
}

/// Views in place of a grant's that tell less, and that the draft lets be declared and disclosed, in words.
fn instead(side: &Side<'_>, granted: &GrantRecord, view: &View, at: Timestamp) -> Vec<String> {
    let fast = DiscloseFast { now: at, oldest: Span::ZERO, senior_authorisation: false };
    let is_disclosed = |view: &View| {
        let question = side.disclosure(granted, view);
        question.is_some_and(|question| side.bundle.decide_disclose(&question, &fast).is_allowed())
    };
    let offers = offers_below(side.state, side.bundle, view, at, is_disclosed);
    offers.iter().filter(|offer| !offer.instead.is_empty()).map(|offer| offer.instead.join(", ")).collect()
}
