//! Plans: what each stream may take and each grant may have, compiled when the register or the policies change.
//!
//! The data path asks for the plans once a batch and compares one number. What did not change is not compiled again.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use model::{
    DeploymentId, DeploymentRecord, GrantId, GrantRecord, Place, PlaceId, PolicyHash, Stream, StreamId, Timestamp, View,
};
use norms::{Bundle, Circumstances, CollectQuestion, DiscloseQuestion, GrantPlan, StreamPlan};
use privacy::{HotList, OptOut, Recipe};
use register::state::OrderRecord;
use register::{Register, State, circumstances};

use crate::opt_outs::{OptOuts, Stamp};
use crate::orders::{OrderError, Orders};

/// Everything a stream's records run through.
pub(crate) struct StreamReady {
    pub(crate) record: Arc<DeploymentRecord>,
    pub(crate) stream: Stream,
    pub(crate) recipe: Recipe,
    pub(crate) plan: StreamPlan,
    /// What a match-or-drop property is compared with; the reason in words if there is an order and no usable list.
    pub(crate) list: Option<Result<HotList, String>>,
    /// Who is left out; the reason in words if there is a list that cannot be used.
    pub(crate) opt_out: Option<Result<OptOut, String>>,
    /// The state of that list's file.
    stamp: Stamp,
    /// The places that its positions fall into.
    places: Vec<Arc<Place>>,
    order: Option<Arc<OrderRecord>>,
    around: Arc<Circumstances>,
}

/// Everything a grant's disclosures run through.
pub(crate) struct GrantReady {
    pub(crate) grant: Arc<GrantRecord>,
    pub(crate) view: Arc<View>,
    pub(crate) plan: GrantPlan,
    record: Arc<DeploymentRecord>,
    order: Option<Arc<OrderRecord>>,
    around: Arc<Circumstances>,
}

/// All plans at one size of the log.
#[derive(Default)]
pub(crate) struct Plans {
    basis: u64,
    policy: Option<PolicyHash>,
    streams: BTreeMap<StreamId, Arc<StreamReady>>,
    grants: BTreeMap<GrantId, Arc<GrantReady>>,
}

impl Plans {
    pub(crate) fn stream(&self, id: &StreamId) -> Option<&Arc<StreamReady>> {
        self.streams.get(id)
    }
    pub(crate) fn grants(&self) -> impl Iterator<Item = &Arc<GrantReady>> {
        self.grants.values()
    }
}

/// The current plans, compiled again when the register moved on.
pub(crate) struct Planner {
    plans: ArcSwap<Plans>,
    opt_outs: OptOuts,
}

/// Where plans come from.
struct Sources<'a> {
    register: &'a Register,
    orders: &'a Orders,
    opt_outs: &'a OptOuts,
}

impl Planner {
    pub(crate) fn new(opt_outs: OptOuts) -> Self {
        Self { plans: ArcSwap::default(), opt_outs }
    }

    /// The plans for a stream's next batch: as the register is now, and as the list of those who opted out is now.
    pub(crate) fn current_for(&self, stream: &StreamId, register: &Register, orders: &Orders) -> Arc<Plans> {
        let plans = self.current(register, orders);
        if plans.stream(stream).is_none_or(|ready| ready.stamp == self.opt_outs.stamp(stream)) {
            return plans;
        }
        self.compiled(&plans, &register.state(), register, orders)
    }

    /// The plans for the register as it is now.
    pub(crate) fn current(&self, register: &Register, orders: &Orders) -> Arc<Plans> {
        let state = register.state();
        let plans = self.plans.load_full();
        if plans.basis == state.size {
            return plans;
        }
        self.compiled(&plans, &state, register, orders)
    }

    /// Drops from memory every list that must not be compared with any more, and reads again what could not be read,
    /// whether or not the register moved on. Those who hold older plans have them until their batch ends.
    pub(crate) fn renew_lists(&self, register: &Register, orders: &Orders) {
        let (state, now) = (register.state(), register.now());
        let plans = self.plans.load_full();
        let in_force = |ready: &StreamReady| ready.order.as_ref().is_some_and(|record| record.order.until > now);
        let stale = |ready: &&Arc<StreamReady>| {
            let list = ready.gone(&state, orders, now).is_some() || (!ready.usable() && in_force(ready));
            list || ready.opted_out_anew(&self.opt_outs)
        };
        if plans.streams.values().any(|ready| stale(&ready)) {
            self.compiled(&plans, &state, register, orders);
        }
    }

    fn compiled(&self, before: &Plans, state: &State, register: &Register, orders: &Orders) -> Arc<Plans> {
        let sources = Sources { register, orders, opt_outs: &self.opt_outs };
        let compiled = Arc::new(compile(before, state, &sources));
        self.plans.store(Arc::clone(&compiled));
        compiled
    }
}

fn compile(before: &Plans, state: &State, sources: &Sources<'_>) -> Plans {
    let (register, orders) = (sources.register, sources.orders);
    let policy = state.policy.as_ref().map(|policy| policy.hash);
    // Without policies, or with others than the log's, there are no plans, and so there is no flow.
    let Some(bundle) = register.bundle().filter(|bundle| Some(bundle.hash()) == policy) else {
        return Plans { basis: state.size, ..Plans::default() };
    };
    let same_policy = before.policy == policy;
    let now = register.now();
    let (mut streams, mut known) = (BTreeMap::new(), BTreeMap::new());
    for (id, record) in &state.deployments {
        let around = Arc::new(circumstances::of_deployment(state, record, now));
        known.insert(id.clone(), Arc::clone(&around));
        for stream in &record.deployment.streams {
            let order = stream.order().and_then(|id| state.orders.get(id));
            let kept = before.streams.get(&stream.id).filter(|ready| {
                same_policy
                    && Arc::ptr_eq(&ready.record, record)
                    && same(ready.order.as_ref(), order)
                    && ready.around == around
                    && ready.usable()
                    && ready.gone(state, orders, now).is_none()
                    && !ready.opted_out_anew(sources.opt_outs)
                    && ready.places.iter().all(|place| same(state.places.get(&place.id), Some(place)))
            });
            let ready = kept.cloned().or_else(|| ready_stream(&bundle, state, record, stream, &around, sources));
            streams.extend(ready.map(|ready| (stream.id.clone(), ready)));
        }
    }
    let mut grants = BTreeMap::new();
    for (id, grant) in &state.grants {
        let Some(parts) = GrantParts::of(state, grant, &known) else { continue };
        let kept = before.grants.get(id).filter(|ready| same_policy && ready.is_of(grant, &parts));
        let ready = kept.cloned().unwrap_or_else(|| ready_grant(&bundle, state, grant, &parts));
        grants.insert(id.clone(), ready);
    }
    Plans { basis: state.size, policy, streams, grants }
}

fn same<T>(a: Option<&Arc<T>>, b: Option<&Arc<T>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (None, None) => true,
        _ => false,
    }
}

impl StreamReady {
    fn usable(&self) -> bool {
        !matches!(self.list, Some(Err(_)))
    }

    /// Whether the list of those who opted out is another one than this, or could not be read.
    fn opted_out_anew(&self, opt_outs: &OptOuts) -> bool {
        matches!(self.opt_out, Some(Err(_))) || self.stamp != opt_outs.stamp(&self.stream.id)
    }

    /// Why the list that this one holds must not be compared with any more, if it holds one.
    pub(crate) fn gone(&self, state: &State, orders: &Orders, now: Timestamp) -> Option<OrderError> {
        let (Some(Ok(_)), Some(order)) = (&self.list, &self.order) else { return None };
        orders.gone(state, order, now)
    }
}

fn ready_stream(
    bundle: &Arc<Bundle>,
    state: &State,
    record: &Arc<DeploymentRecord>,
    stream: &Stream,
    around: &Arc<Circumstances>,
    sources: &Sources<'_>,
) -> Option<Arc<StreamReady>> {
    let order = stream.order().and_then(|id| state.orders.get(id));
    let question = CollectQuestion {
        record,
        stream,
        order: order.map(|record| &record.order),
        // Nobody answers for it, so it takes nothing.
        accountable: &state.parties.get(&record.deployment.accountable)?.party,
        founder: state.founder(),
        around,
    };
    let list = stream.order().map(|id| match order {
        Some(record) => sources.orders.list(sources.register, record).map_err(|error| error.to_string()),
        None => Err(format!("the order `{id}` was not issued; nothing is compared and nothing is taken")),
    });
    // Before the file is read: what changes meanwhile is another state.
    let stamp = sources.opt_outs.stamp(&stream.id);
    let opt_out = sources.opt_outs.list(&stream.id).map_err(|error| error.to_string()).transpose();
    let outline = |id: &PlaceId| state.places.get(id).map(|place| place.geometry.clone());
    Some(Arc::new(StreamReady {
        record: Arc::clone(record),
        stream: stream.clone(),
        // A stream that was proposed has compiled before; one that does not compile has no plan and takes nothing.
        recipe: Recipe::compile(stream, &outline).ok()?,
        opt_out,
        stamp,
        places: stream.districts().filter_map(|id| state.places.get(id)).cloned().collect(),
        plan: bundle.plan_collect(&question),
        list,
        order: order.cloned(),
        around: Arc::clone(around),
    }))
}

struct GrantParts {
    view: Arc<View>,
    record: Arc<DeploymentRecord>,
    order: Option<Arc<OrderRecord>>,
    recipient: Arc<register::state::PartyRecord>,
    stream: Stream,
    around: Arc<Circumstances>,
}

impl GrantParts {
    fn of(state: &State, grant: &GrantRecord, known: &BTreeMap<DeploymentId, Arc<Circumstances>>) -> Option<Self> {
        let grant = &grant.grant;
        let record = state.deployments.get(state.streams.get(&grant.stream)?)?;
        Some(Self {
            view: state.views.get(&(grant.stream.clone(), grant.view.clone()))?.clone(),
            stream: record.deployment.stream(&grant.stream)?.clone(),
            record: Arc::clone(record),
            around: Arc::clone(known.get(&record.deployment.id)?),
            order: grant.order.as_ref().and_then(|id| state.orders.get(id)).cloned(),
            recipient: state.parties.get(&grant.recipient)?.clone(),
        })
    }
}

impl GrantReady {
    fn is_of(&self, grant: &Arc<GrantRecord>, parts: &GrantParts) -> bool {
        Arc::ptr_eq(&self.grant, grant)
            && Arc::ptr_eq(&self.view, &parts.view)
            && Arc::ptr_eq(&self.record, &parts.record)
            && same(self.order.as_ref(), parts.order.as_ref())
            && self.around == parts.around
    }
}

fn ready_grant(bundle: &Arc<Bundle>, state: &State, grant: &Arc<GrantRecord>, parts: &GrantParts) -> Arc<GrantReady> {
    let question = DiscloseQuestion {
        recipient: &parts.recipient.party,
        grant: Some(grant),
        view: &parts.view,
        record: &parts.record,
        stream: &parts.stream,
        order: parts.order.as_ref().map(|record| &record.order),
        purpose: grant.grant.purpose,
        founder: state.founder(),
        around: &parts.around,
    };
    Arc::new(GrantReady {
        grant: Arc::clone(grant),
        view: Arc::clone(&parts.view),
        plan: bundle.plan_disclose(&question),
        record: Arc::clone(&parts.record),
        order: parts.order.clone(),
        around: Arc::clone(&parts.around),
    })
}
