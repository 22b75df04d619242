//! `ordinance verify ADDRESS --deployment ID`: what a node says of a deployment, held against the log that it publishes.
//!
//! The deployment is drawn anew here, from the acts alone. What the node serves has no part in that: it is compared with it, and the
//! first difference is named. A node that went on meanwhile is read again; it is never taken for one that lies, nor the other way.

use model::{Clock as _, DeploymentId, plain};
use node::deployment_as_data;
use register::audit::Audit;
use serde::Serialize;
use serde_json::Value;

use crate::args::Verify;
use crate::client::{Client, is_address};
use crate::output::Status;
use crate::system::SystemClock;

/// How often a log that goes on meanwhile is read.
const READINGS_MAX: usize = 5;
/// The most characters that are shown of either side of a difference.
const SIDE_CHARS_MAX: usize = 200;

/// A deployment whose page is to be checked, and where it is served.
pub(super) struct Page<'a> {
    node: Client,
    id: &'a DeploymentId,
}

/// A page that says what the log gives.
#[derive(Serialize)]
pub(super) struct Same {
    deployment: DeploymentId,
    /// How many acts are behind it.
    acts: usize,
}

impl<'a> Page<'a> {
    /// What was asked for; none if no page is to be checked.
    pub(super) fn of(args: &'a Verify) -> anyhow::Result<Option<Self>> {
        let Some(id) = &args.deployment else { return Ok(None) };
        if !is_address(&args.city) {
            let why = "a page is served at an address: name that of the node with `--deployment`, not a folder";
            return Err(Status::bad_input(why).into());
        }
        Ok(Some(Self { node: Client::new(&args.city), id }))
    }

    /// An audit of the log that the page was drawn from, and that the page says the same.
    ///
    /// # Errors
    /// The log does not hold, the page says something else, or it cannot be told because the city goes on all the time.
    pub(super) fn held(&self, audit: impl Fn() -> anyhow::Result<Audit>) -> anyhow::Result<(Audit, Same)> {
        let mut apart = (0, 0);
        for _ in 0..READINGS_MAX {
            let audit = audit()?;
            let served = self.node.get(&format!("/api/v1/deployments/{}", self.id), &[], None);
            // Both are read from text, so that numbers are the same if their digits are.
            let drawn = deployment_as_data(&audit.state, self.id, SystemClock.now());
            let drawn: Option<Value> = match drawn.map(|drawn| serde_json::to_string(&drawn)).transpose()? {
                Some(text) => Some(serde_json::from_str(&text)?),
                None => None,
            };
            let served = match (&drawn, served) {
                (_, Ok(served)) => served,
                (Some(_), Err(error)) => {
                    return Err(error.context(format!("the log has `{}`, and its page is not to be had", self.id)));
                }
                (None, Err(error)) => return Err(error.context(format!("the log has no `{}` either", self.id))),
            };
            let Some(basis) = served["basis"].as_u64() else {
                return Err(self.fails("it does not say from which acts it is drawn"));
            };
            apart = (basis, audit.state.size);
            if basis != audit.state.size {
                continue;
            }
            let Some(drawn) = drawn else { return Err(self.fails("it is of a deployment that the log does not know")) };
            if let Some(difference) = difference("", &drawn, &served) {
                return Err(self.fails(&difference));
            }
            let acts = audit.state.history.get(self.id).map_or(0, |acts| acts.len());
            return Ok((audit, Same { deployment: self.id.clone(), acts }));
        }
        let (page, log) = apart;
        Err(Status::unknown(format!(
            "the page is drawn from the first {page} acts, and the log that is served has {log}, after {READINGS_MAX} readings; check it \
             again when less happens"
        ))
        .into())
    }

    fn fails(&self, why: &str) -> anyhow::Error {
        Status::fails(format!("the page of `{}` does not say what the log gives: {why}", self.id)).into()
    }
}

impl Same {
    pub(super) fn in_words(&self) -> String {
        format!("  the page of `{}` says what the log gives, from {} acts about it", self.deployment, self.acts)
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
    format!("at `{}` the log gives {}, the page {}", plain(at, SIDE_CHARS_MAX), side(drawn), side(served))
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
            (json!({ "a/b": [1, { "c": 1.5 }] }), "at `/d` the log gives null, the page nothing"),
            (json!({ "a/b": [1, { "c": 2 }], "d": null }), "at `/a~1b/1/c` the log gives 1.5, the page 2"),
            (json!({ "a/b": [1], "d": null }), "at `/a~1b/1` the log gives {\"c\":1.5}, the page nothing"),
            (json!({ "a/b": [1, { "c": 1.5 }, 3], "d": null }), "at `/a~1b/2` the log gives nothing, the page 3"),
            (json!({ "a/b": [1, { "c": 1.5 }], "d": null, "e": 1 }), "at `/e` the log gives nothing, the page 1"),
            (json!([]), "the page []"),
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
