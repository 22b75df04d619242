//! The policies in force, as officers read them, and the city's permits, as they are changed.
//!
//! What was written is looked at as a whole before it is adopted: its mistakes at their lines, what would stop or start, who
//! could decide about what is open, what differs word by word, and, where a solver is there, a proof. Whether a party may adopt
//! is for the norms; the layers above the city are never changed here.

mod diff;
mod effects;

use std::sync::Arc;

use askama::Template;
use axum::extract::Query;
use axum::extract::State;
use axum::extract::rejection::QueryRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::policy::PolicyText;
use norms::{TEXT_BYTES_MAX, mistakes};
use register::state::PolicyInForce;
use register::{Command, Rules, Submission};

use super::ask::{Fault, Faults, Field, Sent};
use super::deed::{self, Deed};
use super::opened::Opened;
use super::{Done, reader};
use crate::jobs::Lane;
use crate::lang::Lang;
use crate::pages::policies::{Part, parts};
use crate::pages::signed::{private, to_sign_in};
use crate::pages::{Link, Site};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;
pub(super) use diff::Side;
pub(super) use effects::Effects;

const POLICIES: &str = "/office/policies";
const PERMITS: &str = "/office/policies/permits";

#[derive(Template)]
#[template(path = "office_policies.html")]
struct Page {
    site: Site,
    party: String,
    form: String,
    done: Option<(String, Option<Link>)>,
    since: String,
    hash: String,
    parts: Vec<Part>,
}

/// `GET /office/policies`
pub(super) async fn policies(
    State(node): State<Node>,
    headers: HeaderMap,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (city, by, done) = (Arc::clone(&node.city), signed.party.id.clone(), done?.0.done);
    let (party, form) = (signed.party.name, signed.id.form());
    let job = move || {
        let state = city.register().state();
        let grounds = city.register().bundle().map(|bundle| bundle.grounds()).unwrap_or_default();
        let policy = state.policy.as_ref();
        Page {
            site: Site::of(&state),
            party,
            form,
            done: deed::told(&city, &state, &by, done.as_deref()),
            since: policy.map(|policy| words::instant(policy.since)).unwrap_or_default(),
            hash: policy.map(|policy| policy.hash.to_string()).unwrap_or_default(),
            parts: parts(Lang::En, &state, &grounds),
        }
    };
    private(StatusCode::OK, &node.jobs.run(Lane::Token, job).await?)
}

/// `/office/policies/permits`
pub(super) async fn permits(form: Opened) -> Result<Response, Problem> {
    let none = || Problem::new(Kind::NotFound).detail("no policies are in force, so there is nothing to change");
    let policy = form.state.policy.clone().ok_or_else(none)?;
    let mut deed = adopting(&policy, &form.sent);
    // What was written stands on the layers as they are here; it is adopted on no others.
    deed.seen = Some(form.state.size);
    if let (Ok(Command::AdoptPolicy(text)), false) = (&deed.command, matches!(form.sent.one("go"), "do" | "change")) {
        match looked_at(&form, &policy, text).await? {
            Ok(effects) => deed.effects = effects,
            Err(words) => deed.command = Err(vec![Fault { field: "permits", words }]),
        }
    }
    form.go(deed).await
}

/// What the changed policies would do, for whoever could adopt them: to say it takes long, and a proof takes the whole machine.
/// In words why they are none.
async fn looked_at(
    form: &Opened,
    policy: &PolicyInForce,
    adopted: &PolicyText,
) -> Result<Result<Option<Effects>, String>, Problem> {
    let (city, state, now) = (Arc::clone(&form.node.city), Arc::clone(&form.state), form.now);
    let (before, text) = (policy.text.clone(), adopted.clone());
    let is_proof = form.sent.one("go") == "prove";
    let (by, reason) = (form.signed.party.id.clone(), form.sent.filled("reason").map(str::to_owned));
    let submission = Submission { by, reason, command: Command::AdoptPolicy(text.clone()) };
    // Refused, its form says why; and what is so already does nothing.
    let (asked, read) = (Arc::clone(&city), text.clone());
    let assembled = move || {
        let rules = Rules::assemble(&read).map_err(|error| words::capital(&error.to_string()))?;
        Ok(deed::preview(&asked, submission).is_ok_and(|acts| !acts.is_empty()).then_some(rules))
    };
    let rules = match form.node.jobs.run(Lane::Token, assembled).await? {
        Ok(Some(rules)) => rules,
        Ok(None) => return Ok(Ok(None)),
        Err(words) => return Ok(Err(words)),
    };
    let effects = move || {
        let effects = Effects::of(&state, now, city.register().bundle().as_ref(), &rules.bundle);
        effects.with_words(&before.permits, &text.permits)
    };
    if !is_proof {
        return Ok(Ok(Some(form.node.jobs.run(Lane::Token, effects).await?)));
    }
    let (before, text) = (policy.text.clone(), adopted.clone());
    form.node.jobs.alone(move || Ok(Some(effects().with_proof(&before, &text)))).await
}

fn adopting(policy: &PolicyInForce, sent: &Sent) -> Deed {
    let lead = "Only what is written here is allowed, and only as far as no layer above the city forbids it. The layers stay \
                as they are.";
    let then = Link { href: POLICIES.to_owned(), text: "Policies in force".to_owned() };
    let basis = policy.hash.to_string();
    let fields = vec![
        Field::hidden("basis", basis.clone()),
        Field::code("permits", "What this city allows, in Cedar", sent, &policy.text.permits).hint(
            "Each policy has an @id and a @reason, begins with permit, and names its actions. Residents read the reasons.",
        ),
        Field::text("reason", "Why it is changed", sent).hint("Residents read it beside the act."),
    ];
    Deed {
        fields,
        command: adopted(policy, sent, &basis).map(Command::AdoptPolicy),
        ..Deed::new("Change what this city allows", lead, PERMITS.to_owned(), then)
    }
}

/// The policies as they would be: the layers in force, over what was written.
fn adopted(policy: &PolicyInForce, sent: &Sent, basis: &str) -> Result<PolicyText, Vec<Fault>> {
    let mut faults = Faults::default();
    if sent.filled("reason").is_none() {
        faults.note("reason", "this has to be filled in");
    }
    let permits = sent.one("permits");
    // Sent twice, it is so already, whatever it was written on.
    if sent.one("basis") != basis && permits != policy.text.permits {
        faults.note(
            "permits",
            "other policies were adopted since this page was opened. What you wrote still stands here; send it again to see \
             how it differs from what is in force now",
        );
    } else if permits.len() > TEXT_BYTES_MAX {
        faults.note("permits", format!("this has {} bytes, the limit is {TEXT_BYTES_MAX}", permits.len()));
    } else {
        let told: Vec<String> = mistakes(permits).iter().map(|mistake| words::capital(&mistake.to_string())).collect();
        if !told.is_empty() {
            faults.note("permits", format!("{}.", told.join(". ")));
        }
    }
    let text = PolicyText { permits: permits.to_owned(), ..policy.text.clone() };
    faults.settle(Some(text))
}
