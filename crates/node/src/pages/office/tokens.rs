//! Sensors and tokens: entering a sensor, issuing, renewing and taking back what it or a party is known by.
//!
//! A token is made when it is issued, shown once on the page that answers, and kept nowhere: the register holds its hash. Who may
//! issue one is for the register and the norms to say.

pub(super) mod sheet;

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::{Device, DeviceId, PartyId, Point};
use register::{Command, State as Register};

use super::ask::{Choice, Fault, Faults, Field, Sent};
use super::deed::{self, Deed, Token};
use super::opened::Opened;
use super::{Done, Reach, reader};
use crate::jobs::Lane;
use crate::lang::Lang;
use crate::pages::signed::{private, to_sign_in};
use crate::pages::{Link, Site};
use crate::problem::{Kind, Problem};
use crate::router::Node;

/// The most sensors of the page.
const SHOWN_MAX: usize = 500;

#[derive(Template)]
#[template(path = "office_tokens.html")]
struct Page {
    site: Site,
    party: String,
    form: String,
    done: Option<(String, Option<Link>)>,
    devices: Vec<Sensor>,
    more: usize,
    parties: Vec<Bearer>,
}

/// A sensor in a line.
struct Sensor {
    id: String,
    deployment: String,
    has_token: bool,
}

/// A party that may have a token.
struct Bearer {
    page: Link,
    has_token: bool,
}

/// `GET /office/tokens`
pub(crate) async fn all(
    State(node): State<Node>,
    headers: HeaderMap,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (state, done) = (node.city.register().state(), done?.0.done);
    let (city, at, by) = (Arc::clone(&node.city), Arc::clone(&state), signed.party.id.clone());
    let done = node.jobs.run(Lane::Token, move || deed::told(&city, &at, &by, done.as_deref())).await?;
    let reach = Reach::of(&state, &signed.party);
    let mut devices = state.devices.values().filter(|device| own(&reach, device));
    let shown = devices.by_ref().take(SHOWN_MAX).map(|device| Sensor {
        id: device.id.to_string(),
        deployment: Link::deployment(Lang::En, &state, &device.deployment).map(|link| link.text).unwrap_or_default(),
        has_token: device.credential.is_some(),
    });
    let devices_shown = shown.collect();
    let parties = state.parties.values().filter(|record| bears(&reach, &record.party.id));
    let parties = parties.map(|record| Bearer {
        page: Link { href: format!("/office/tokens/parties/{}", record.party.id), text: record.party.name.clone() },
        has_token: record.credential.is_some(),
    });
    let page = Page {
        site: Site::of(&state),
        party: signed.party.name.clone(),
        form: signed.id.form(),
        done,
        devices: devices_shown,
        more: devices.count(),
        parties: parties.collect(),
    };
    private(StatusCode::OK, &page)
}

/// Whether a party sees a sensor here: it concerns it through its deployment.
fn own(reach: &Reach<'_>, device: &Device) -> bool {
    reach.state.deployments.get(&device.deployment).is_some_and(|record| reach.deployment(record))
}

/// Whose tokens a party sees here: its own, and the founder everybody's.
fn bears(reach: &Reach<'_>, party: &PartyId) -> bool {
    reach.party.id == *party || reach.state.founder() == Some(&reach.party.id)
}

fn page() -> Link {
    Link { href: "/office/tokens".to_owned(), text: "Sensors and tokens".to_owned() }
}

/// `/office/tokens/devices/new`
pub(crate) async fn enter(form: Opened) -> Result<Response, Problem> {
    let deed = entering(&form.reach(), &form.sent);
    form.go(deed).await
}

fn entering(reach: &Reach<'_>, sent: &Sent) -> Deed {
    let streams = reach.state.streams.iter().filter_map(|(stream, id)| {
        let record = reach.state.deployments.get(id).filter(|record| reach.deployment(record))?;
        Some(Choice::new(stream, format!("{stream} ({})", record.deployment.title)))
    });
    let fields = vec![
        Field::line("device", "Short name", sent).hint("a to z, 0 to 9 and -. It is public and stays for ever."),
        Field::one("stream", "Which stream it feeds", sent, streams.collect()),
        Field::line("longitude", "Degrees east", sent).hint("For instance 16.6068."),
        Field::line("latitude", "Degrees north", sent).hint("For instance 49.1951."),
        Field::day("support-until", "Its maker mends its software until", sent, None).optional(),
        Field::text("reason", "Why it is entered", sent).optional(),
    ];
    let lead =
        "Where a sensor stands is public. It can send nothing before it has a token, which is issued in a second step.";
    Deed {
        fields,
        command: entered(reach.state, sent),
        ..Deed::new("Enter a sensor", lead, "/office/tokens/devices/new".to_owned(), page())
    }
}

fn entered(state: &Register, sent: &Sent) -> Result<Command, Vec<Fault>> {
    let mut faults = Faults::default();
    let id = faults.parsed::<DeviceId>(sent, "device");
    let stream = faults.parsed::<model::StreamId>(sent, "stream");
    let deployment = stream.as_ref().and_then(|stream| state.streams.get(stream)).cloned();
    if stream.is_some() && deployment.is_none() {
        faults.note("stream", "there is no such stream");
    }
    let longitude = faults.parsed::<f64>(sent, "longitude");
    let latitude = faults.parsed::<f64>(sent, "latitude");
    let position = longitude.zip(latitude).and_then(|(longitude, latitude)| {
        Point::new(longitude, latitude).map_err(|error| faults.note("longitude", error)).ok()
    });
    let support_until = faults.day_if_any(sent, "support-until");
    let read = (|| {
        let (id, deployment, stream, position) = (id?, deployment?, stream?, position?);
        Some(Command::RegisterDevice(Device { id, deployment, stream, position, credential: None, support_until }))
    })();
    faults.settle(read)
}

/// `/office/tokens/devices/{id}/{what}`
pub(crate) async fn set_device(form: Opened<(String, String)>) -> Result<Response, Problem> {
    let deed = setting(&form.node, &form.reach(), &form.about, &form.sent)?;
    form.go(deed).await
}

/// A new token for a sensor, or none any more.
fn setting(node: &Node, reach: &Reach<'_>, path: &(String, String), sent: &Sent) -> Result<Deed, Problem> {
    let none = || Problem::new(Kind::NotFound).detail("no sensor of this name concerns the party that is signed in");
    let id: DeviceId = path.0.parse().map_err(|_| none())?;
    let device = reach.state.devices.get(&id).filter(|device| own(reach, device)).ok_or_else(none)?;
    let address = format!("/office/tokens/devices/{id}/{}", path.1);
    let fields = vec![Field::text("reason", "Why", sent).optional()];
    match path.1.as_str() {
        "token" => {
            let (token, credential) = Token::fresh(&node.city)?;
            let lead = if device.credential.is_some() {
                "Its present token ends at that moment: until the sensor has the new one, nothing is taken from it."
            } else {
                "The token is shown once, when it was issued. Have the sensor’s settings at hand."
            };
            let command = Command::SetDeviceCredential { device: id.clone(), credential: Some(credential) };
            let deed = Deed::new(format!("Issue a token to the sensor “{id}”"), lead, address, page());
            Ok(Deed { fields, command: Ok(command), token: Some(token), ..deed })
        }
        "lock" => {
            let command = Command::SetDeviceCredential { device: id.clone(), credential: None };
            let lead = "Nothing is taken from it any more, until it gets a new token.";
            let deed = Deed::new(format!("Lock the sensor “{id}” out"), lead, address, page());
            Ok(Deed { fields, command: Ok(command), ..deed })
        }
        _ => Err(none()),
    }
}

/// `/office/tokens/parties/{id}`
pub(crate) async fn issue(form: Opened<String>) -> Result<Response, Problem> {
    let deed = issuing(&form.node, &form.reach(), &form.about, &form.sent)?;
    form.go(deed).await
}

/// A new token for a party.
fn issuing(node: &Node, reach: &Reach<'_>, id: &str, sent: &Sent) -> Result<Deed, Problem> {
    let none = || Problem::new(Kind::NotFound).detail("the party that is signed in has no token of this name to issue");
    let id: PartyId = id.parse().map_err(|_| none())?;
    let record = reach.state.parties.get(&id).filter(|_| bears(reach, &id)).ok_or_else(none)?;
    let (token, credential) = Token::fresh(&node.city)?;
    let lead = if reach.party.id == id {
        "Your present token ends at that moment, and so does whatever is signed in with it, this page included."
    } else {
        "Its present token ends at that moment, and so does whatever is signed in with it."
    };
    let title = format!("Issue a token to {}", record.party.name);
    let deed = Deed::new(title, lead, format!("/office/tokens/parties/{id}"), page());
    let command = Command::IssuePartyCredential { party: id, credential };
    let fields = vec![Field::text("reason", "Why", sent).optional()];
    Ok(Deed { fields, command: Ok(command), token: Some(token), ..deed })
}
