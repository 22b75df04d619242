//! `ordinance verify ADDRESS --deployment ID`: what a node serves about a deployment as data, held against the log that it publishes.
//!
//! The deployment is drawn anew here, from the acts alone. What the node serves has no part in that: it is compared with it, and the
//! first difference is named. A node that went on meanwhile is read again, and what only a clock decides is told as such: neither is
//! taken for a lie.

use std::thread;
use std::time::Duration;

use model::{Clock as _, DeploymentId, plain};
use node::deployment_as_data;
use register::audit::Audit;
use serde::Serialize;
use serde_json::Value;

use crate::args::Verify;
use crate::client::{Client, is_address};
use crate::output::Status;
use crate::system::SystemClock;

/// How often a log that goes on meanwhile is read, and how long it is waited in between: acts are published some time after they are
/// served.
const READINGS_MAX: usize = 5;
const PAUSE: Duration = Duration::from_secs(2);
/// The most characters that are shown of either side of a difference.
const SIDE_CHARS_MAX: usize = 200;
/// What a clock decides besides the log.
const BY_CLOCK: &str = "in_force";

/// A deployment that is to be checked, and where it is served.
pub(super) struct Page<'a> {
    node: Client,
    id: &'a DeploymentId,
}

/// A deployment of which is served what the log gives.
#[derive(Serialize)]
pub(super) struct Same {
    deployment: DeploymentId,
    /// How many acts are behind it.
    acts: usize,
}

impl<'a> Page<'a> {
    /// What was asked for; none if nothing is to be checked.
    pub(super) fn of(args: &'a Verify) -> anyhow::Result<Option<Self>> {
        let Some(id) = &args.deployment else { return Ok(None) };
        if !is_address(&args.city) {
            let why =
                "it is at an address that something is served: name that of the node with `--deployment`, not a folder";
            return Err(Status::bad_input(why).into());
        }
        Ok(Some(Self { node: Client::new(&args.city), id }))
    }

    /// An audit of the log that was served from, with what somebody saw who looked on, and that what is served is the same.
    ///
    /// # Errors
    /// The log does not hold, something else is served, or it cannot be told: because the city goes on all the time, or by which clock.
    pub(super) fn held<O>(&self, audit: impl Fn() -> anyhow::Result<(Audit, O)>) -> anyhow::Result<((Audit, O), Same)> {
        let mut apart = (0, 0);
        for reading in 0..READINGS_MAX {
            if reading > 0 {
                thread::park_timeout(PAUSE);
            }
            let (audit, seen) = audit()?;
            let drawn = self.drawn(&audit)?;
            // Whatever it is that the node answers with, this is no refusal of a norm.
            let served = self.node.find(&format!("/api/v1/deployments/{}", self.id));
            let served = served.map_err(|error| Status::fails(format!("{}: {error:#}", self.not_had())))?;
            let (drawn, served) = match (drawn, served) {
                (drawn, Some(served)) => (drawn, served),
                (Some(_), None) => {
                    return Err(Status::fails(format!("the log has `{}`, {}", self.id, self.not_had())).into());
                }
                (None, None) => return Err(Status::fails(format!("neither log nor node has `{}`", self.id)).into()),
            };
            let Some(basis) = served["basis"].as_u64() else {
                return Err(self.fails("it does not say from which acts it is drawn"));
            };
            apart = (basis, audit.state.size);
            if basis != audit.state.size {
                continue;
            }
            let Some(drawn) = drawn else { return Err(self.fails("the log does not know that deployment")) };
            self.same(drawn, served)?;
            let acts = audit.state.history.get(self.id).map_or(0, |acts| acts.len());
            return Ok(((audit, seen), Same { deployment: self.id.clone(), acts }));
        }
        let (served, log) = apart;
        Err(Status::unknown(format!(
            "what is served is drawn from the first {served} acts, and the log that is served has {log}, after {READINGS_MAX} readings; check \
             it again when less happens"
        ))
        .into())
    }

    /// The deployment as the log gives it. It is read from text as what is served is, so that numbers are the same if their digits are.
    fn drawn(&self, audit: &Audit) -> anyhow::Result<Option<Value>> {
        let drawn = deployment_as_data(&audit.state, self.id, SystemClock.now());
        let text = drawn.map(|drawn| serde_json::to_string(&drawn)).transpose()?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
    }

    fn same(&self, mut drawn: Value, mut served: Value) -> anyhow::Result<()> {
        let taken = |from: &mut Value| from.as_object_mut().and_then(|fields| fields.remove(BY_CLOCK));
        let clocks = (taken(&mut drawn), taken(&mut served));
        if let Some(difference) = difference("", &drawn, &served) {
            return Err(self.fails(&difference));
        }
        let by_clock = told(&format!("/{BY_CLOCK}"), clocks.0.as_ref(), clocks.1.as_ref());
        match clocks {
            (Some(Value::Bool(one)), Some(Value::Bool(other))) if one == other => Ok(()),
            (Some(_), Some(Value::Bool(_))) => Err(Status::unknown(format!(
                "about `{}` is served what the log gives, but {by_clock}, by this machine's clock ({}); if that is right, it is not what the \
                 log gives",
                self.id,
                SystemClock.now()
            ))
            .into()),
            _ => Err(self.fails(&by_clock)),
        }
    }

    fn not_had(&self) -> String {
        format!("what is served about `{}` is not to be had", self.id)
    }

    fn fails(&self, why: &str) -> anyhow::Error {
        Status::fails(format!("what is served about `{}` is not what the log gives: {why}", self.id)).into()
    }
}

impl Same {
    pub(super) fn in_words(&self) -> String {
        format!("  about `{}` is served what the log gives, from {} acts about it", self.deployment, self.acts)
    }
}

/// The first place where two documents differ, as a JSON pointer (RFC 6901), and what stands there on either side.
fn difference(at: &str, drawn: &Value, served: &Value) -> Option<String> {
    match (drawn, served) {
        (Value::Object(one), Value::Object(other)) => {
            let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
            let mut each = names.map(|name| {
                let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                match (one.get(name), other.get(name)) {
                    (Some(one), Some(other)) => difference(&at, one, other),
                    (one, other) => Some(told(&at, one, other)),
                }
            });
            each.find_map(|found| found)
        }
        (Value::Array(one), Value::Array(other)) => {
            let mut each = (0..one.len().max(other.len())).map(|place| {
                let at = format!("{at}/{place}");
                match (one.get(place), other.get(place)) {
                    (Some(one), Some(other)) => difference(&at, one, other),
                    (one, other) => Some(told(&at, one, other)),
                }
            });
            each.find_map(|found| found)
        }
        (one, other) => (one != other).then(|| told(at, Some(one), Some(other))),
    }
}

/// What a node serves is another's words.
fn told(at: &str, drawn: Option<&Value>, served: Option<&Value>) -> String {
    let side =
        |side: Option<&Value>| side.map_or("nothing".to_owned(), |value| plain(&value.to_string(), SIDE_CHARS_MAX));
    format!("at `{}` the log gives {}, the node {}", plain(at, SIDE_CHARS_MAX), side(drawn), side(served))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::difference;

    #[test]
    fn the_first_difference_is_named_by_its_place_and_anything_else_than_the_same_is_one() {
        let drawn = json!({ "a/b": [1, { "c": 1.50 }], "d": null });
        let said = |served: serde_json::Value| difference("", &drawn, &served);
        assert_eq!(said(json!({ "d": null, "a/b": [1, { "c": 1.5 }] })), None, "the order of names says nothing");
        for (served, at) in [
            (json!({ "a/b": [1, { "c": 1.5 }] }), "at `/d` the log gives null, the node nothing"),
            (json!({ "a/b": [1, { "c": 2 }], "d": null }), "at `/a~1b/1/c` the log gives 1.5, the node 2"),
            (json!({ "a/b": [1], "d": null }), "at `/a~1b/1` the log gives {\"c\":1.5}, the node nothing"),
            (json!({ "a/b": [1, { "c": 1.5 }, 3], "d": null }), "at `/a~1b/2` the log gives nothing, the node 3"),
            (json!({ "a/b": [1, { "c": 1.5 }], "d": null, "e": 1 }), "at `/e` the log gives nothing, the node 1"),
            (json!([]), "the node []"),
        ] {
            let told = said(served).unwrap();
            assert!(told.contains(at), "{told}");
        }
        let steers = said(json!("\u{1b}[2J")).unwrap();
        assert!(
            !steers.chars().any(char::is_control) && said(json!("x".repeat(9_000))).unwrap().len() < 600,
            "{steers}"
        );
    }
}
