//! What was handed over, batch by batch: grouped by the facts that norms see, and asked once for each.
//!
//! A plan is compiled for a grant when something in the register changed, as the node itself does, and then held against each batch.
//! Two facts are in no public log: how old the data were, and whether a senior party authorised it. What depends on them stays open.

use std::collections::BTreeMap;

use model::act::{Disclosed, DisclosuresBatched};
use model::{GrantId, GrantRecord, Span, Timestamp, What};
use norms::{DiscloseFast, DiscloseQuestion, GrantPlan};
use register::{Rules, State, circumstances};
use serde::Serialize;

/// What became of disclosures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Given {
    /// How many would have been allowed.
    pub allowed: u64,
    /// How many would have been refused.
    pub refused: u64,
    /// How many depend on what no public log tells.
    pub open: u64,
    /// How many times norms were asked for them.
    pub asked: u64,
    /// Those that would have been refused, by grant; under no name those that no grant covers.
    pub by_grant: BTreeMap<String, u64>,
}

/// Plans for what was handed over.
#[derive(Default)]
pub(super) struct Gives {
    given: Given,
    plans: BTreeMap<GrantId, GrantPlan>,
}

/// What a public log allows to be said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Allowed,
    Refused,
    Open,
}

impl Gives {
    /// Forgets the plans if an act may have changed what they were compiled from.
    pub(super) fn moved_on(&mut self, what: &What) {
        let changes_nothing = matches!(
            what,
            What::DisclosuresBatched(_) | What::KeyCreated(_) | What::KeyDestroyed(_) | What::ObservationsDeleted(_)
        );
        if !changes_nothing {
            self.plans.clear();
        }
    }

    /// Takes a batch, over the register as it was before it.
    pub(super) fn take(&mut self, batch: &DisclosuresBatched, state: &State, rules: Option<&Rules>) {
        for total in &batch.totals {
            let (said, grant) = match rules {
                Some(rules) => self.said(total, batch, state, rules),
                None => (Said::Refused, None),
            };
            let count = total.disclosures;
            match said {
                Said::Allowed => self.given.allowed = self.given.allowed.saturating_add(count),
                Said::Open => self.given.open = self.given.open.saturating_add(count),
                Said::Refused => {
                    self.given.refused = self.given.refused.saturating_add(count);
                    let name = grant.map(|grant| grant.to_string()).unwrap_or_default();
                    let sum = self.given.by_grant.entry(name).or_insert(0);
                    *sum = sum.saturating_add(count);
                }
            }
        }
    }

    /// The best of what its grants say.
    fn said(
        &mut self,
        total: &Disclosed,
        batch: &DisclosuresBatched,
        state: &State,
        rules: &Rules,
    ) -> (Said, Option<GrantId>) {
        let covers = |record: &&std::sync::Arc<GrantRecord>| {
            let grant = &record.grant;
            grant.recipient == total.recipient
                && grant.purpose == total.purpose
                && grant.stream == total.stream
                && grant.view == total.view
                // One that ended before the batch began gave nothing of it.
                && record.ended.is_none_or(|ended| ended > batch.window.start)
        };
        let (mut best, mut which) = (Said::Refused, None);
        for record in state.grants.values().filter(covers) {
            let Some(said) = self.of_grant(record, batch, state, rules) else { continue };
            which.get_or_insert_with(|| record.grant.id.clone());
            match (said, best) {
                (Said::Allowed, _) => return (Said::Allowed, None),
                (Said::Open, _) => best = Said::Open,
                (Said::Refused, _) => {}
            }
        }
        (best, which)
    }

    fn of_grant(
        &mut self,
        record: &GrantRecord,
        batch: &DisclosuresBatched,
        state: &State,
        rules: &Rules,
    ) -> Option<Said> {
        let id = &record.grant.id;
        if !self.plans.contains_key(id) {
            let plan = compiled(record, state, rules, batch.window.start)?;
            self.given.asked += 1;
            self.plans.insert(id.clone(), plan);
        }
        let plan = self.plans.get(id)?;
        // Something was disclosed in each window, at one end of it or in between.
        let last = Timestamp::from_millis(batch.window.end.millis() - 1).max(batch.window.start);
        let since = state.marks.steps.get(state.streams.get(&record.grant.stream)?);
        let begun = since.and_then(|steps| steps.activated.first()).map_or(batch.window.start, |mark| mark.at);
        let fast = |now: Timestamp, best: bool| DiscloseFast {
            now,
            oldest: if best { Span::ZERO } else { now.since(begun) },
            senior_authorisation: best,
        };
        let instants = [batch.window.start, last];
        Some(if instants.iter().all(|now| plan.allows(&fast(*now, false))) {
            Said::Allowed
        } else if instants.iter().any(|now| plan.allows(&fast(*now, true))) {
            Said::Open
        } else {
            Said::Refused
        })
    }

    pub(super) fn finish(self) -> Given {
        self.given
    }
}

/// The decision about a grant, compiled; none if what it names is not in the register.
fn compiled(record: &GrantRecord, state: &State, rules: &Rules, now: Timestamp) -> Option<GrantPlan> {
    let grant = &record.grant;
    let (deployment, stream) = state.stream(&grant.stream)?;
    let around = circumstances::of_deployment(state, deployment, now);
    let question = DiscloseQuestion {
        recipient: &state.parties.get(&grant.recipient)?.party,
        grant: Some(record),
        view: state.views.get(&(grant.stream.clone(), grant.view.clone()))?,
        record: deployment,
        stream,
        order: grant.order.as_ref().and_then(|id| state.orders.get(id)).map(|record| &record.order),
        purpose: grant.purpose,
        founder: state.founder(),
        around: &around,
    };
    Some(rules.bundle.plan_disclose(&question))
}
