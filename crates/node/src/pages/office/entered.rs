//! What everything else names: places, parties and classes of deployments, entered and changed by forms.
//!
//! A place may be drawn anew and a class renewed; a party stays as it was entered. Who may is for the norms to say.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::{
    ClassApproval, ClassId, Fields, Geometry, Party, PartyId, PartyKind, Place, PlaceId, Purpose, Span, Technology,
    Tier, Timestamp,
};
use register::sealing::CONTACT_FIELDS;
use register::{Command, State as Register};
use serde_json::{Value, json};

use super::ask::{Choice, Fault, Faults, Field, Sent};
use super::deed::{self, Deed};
use super::opened::Opened;
use super::{Done, reader};
use crate::jobs::Lane;
use crate::lang::Lang;
use crate::pages::signed::{private, to_sign_in};
use crate::pages::{Link, Site};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;

const ENTERED: &str = "/office/entered";
/// The most lines of each kind on the page.
const SHOWN_MAX: usize = 500;
/// How far ahead the end of a class's approval is proposed.
const PROPOSED: Span = Span::days(365);
const KINDS: [PartyKind; 8] = [
    PartyKind::CityDepartment,
    PartyKind::Officer,
    PartyKind::LawEnforcement,
    PartyKind::EmergencyService,
    PartyKind::Vendor,
    PartyKind::Researcher,
    PartyKind::Company,
    PartyKind::Public,
];
const TIERS: [(Tier, &str); 3] = [
    (Tier::FileAndGo, "Nothing observed is about people"),
    (Tier::Light, "People are told apart for a day at most"),
    (Tier::Full, "Any, faces and lists of an order included"),
];

#[derive(Template)]
#[template(path = "office_entered.html")]
struct Page {
    site: Site,
    party: String,
    form: String,
    done: Option<(String, Option<Link>)>,
    places: Vec<Link>,
    parties: Vec<(Link, &'static str)>,
    classes: Vec<(Link, String)>,
}

/// `GET /office/entered`
pub(super) async fn entered(
    State(node): State<Node>,
    headers: HeaderMap,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = reader(&node, &headers) else { return to_sign_in() };
    let (state, done) = (node.city.register().state(), done?.0.done);
    let (city, at, by) = (Arc::clone(&node.city), Arc::clone(&state), signed.party.id.clone());
    let done = node.jobs.run(Lane::Token, move || deed::told(&city, &at, &by, done.as_deref())).await?;
    let places = state.places.values().take(SHOWN_MAX);
    let parties = state.parties.values().take(SHOWN_MAX).map(|record| {
        let link = Link { href: format!("/organisations/{}", record.party.id), text: record.party.name.clone() };
        (link, words::party_kind(Lang::En, record.party.kind))
    });
    let classes = state.classes.values().take(SHOWN_MAX).map(|record| {
        let class = &record.approval;
        let link = Link { href: format!("{ENTERED}/classes/{}", class.id), text: format!("“{}”", class.id) };
        (link, format!("{}, until {}", class.technology.name(), words::day(class.until)))
    });
    let page = Page {
        site: Site::of(&state),
        party: signed.party.name.clone(),
        form: signed.id.form(),
        done,
        places: places
            .map(|place| Link { href: format!("{ENTERED}/places/{}", place.id), text: place.name.clone() })
            .collect(),
        parties: parties.collect(),
        classes: classes.collect(),
    };
    private(StatusCode::OK, &page)
}

fn then() -> Link {
    Link { href: ENTERED.to_owned(), text: "Places, parties and classes".to_owned() }
}

/// A short name that is chosen, or that of what is changed.
fn named<T: std::str::FromStr<Err: std::fmt::Display> + Clone>(
    known: Option<&T>,
    sent: &Sent,
    field: &'static str,
    faults: &mut Faults,
) -> Option<T> {
    known.cloned().or_else(|| faults.parsed::<T>(sent, field))
}

/// `/office/entered/places/{id}`: a new place, or one that is there.
pub(super) async fn place(form: Opened<String>) -> Result<Response, Problem> {
    let known = known(&form.about, |id: &PlaceId| form.state.places.get(id).cloned())?;
    let deed = placing(&form.state, known.as_deref(), &form.sent);
    form.go(deed).await
}

/// What a form is about: something that is there, or something new.
fn known<I: std::str::FromStr, T>(about: &str, find: impl Fn(&I) -> Option<T>) -> Result<Option<T>, Problem> {
    if about == "new" {
        return Ok(None);
    }
    let found = about.parse().ok().and_then(|id| find(&id));
    found.map(Some).ok_or_else(|| Problem::new(Kind::NotFound).detail("nothing of this name is in the register"))
}

fn placing(state: &Register, known: Option<&Place>, sent: &Sent) -> Deed {
    let before = known.map(|place| {
        Sent::of(vec![
            ("name".to_owned(), place.name.clone()),
            ("within".to_owned(), place.within.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("outline".to_owned(), outline(&place.geometry)),
        ])
    });
    let filled = before.as_ref().filter(|_| sent.is_empty()).unwrap_or(sent);
    let others = state.places.values().filter(|place| known.is_none_or(|known| known.id != place.id));
    let others = others.map(|place| Choice::new(&place.id, place.name.clone())).collect();
    let mut fields = Vec::new();
    if known.is_none() {
        fields.push(short_name("place", sent));
    }
    fields.extend([
        Field::line("name", "Its name for residents", filled),
        Field::one("within", "Which larger place it lies in", filled, others).optional(),
        Field::text("outline", "Where it is", filled).hint(
            "One position a line: degrees east, a space, degrees north. One line is a point, three and more are an outline. \
             Or the geometry as GeoJSON, of at most 4,000 characters; `ordinance apply` takes longer ones.",
        ),
        Field::text("reason", "Why", sent).optional(),
    ]);
    let mut faults = Faults::default();
    let id = named(known.map(|place| &place.id), sent, "place", &mut faults);
    let name = faults.text(sent, "name");
    let within = sent.filled("within").and_then(|_| faults.parsed::<PlaceId>(sent, "within"));
    let geometry = drawn(sent, &mut faults);
    let read = (|| Some(Place { id: id?, name: name?, within, geometry: geometry? }))();
    let (title, part) = match known {
        Some(place) => (format!("Change the place “{}”", place.name), place.id.to_string()),
        None => ("Enter a place".to_owned(), "new".to_owned()),
    };
    let lead = "A place is public and stays for ever. One by which a view counts keeps its outline.";
    Deed {
        fields,
        command: faults.settle(read).map(Command::RegisterPlace),
        ..Deed::new(title, lead, format!("{ENTERED}/places/{part}"), then())
    }
}

fn short_name(field: &'static str, sent: &Sent) -> Field {
    Field::line(field, "Short name", sent).hint("a to z, 0 to 9 and -. It is public and stays for ever.")
}

/// A shape as the form has it: positions line by line, where it has no holes.
fn outline(geometry: &Geometry) -> String {
    let line = |point: &model::Point| format!("{} {}", point.longitude(), point.latitude());
    match geometry {
        Geometry::Point(point) => line(point),
        Geometry::Polygon(rings) => match rings.rings() {
            [outer] => {
                let corners = outer.split_last().map_or(outer.as_slice(), |(_, corners)| corners);
                corners.iter().map(line).collect::<Vec<_>>().join("\n")
            }
            _ => serde_json::to_string(geometry).unwrap_or_default(),
        },
    }
}

fn drawn(sent: &Sent, faults: &mut Faults) -> Option<Geometry> {
    let text = faults.text(sent, "outline")?;
    let read = shape(&text).and_then(|shape| serde_json::from_value(shape).map_err(|error| error.to_string()));
    read.map_err(|why| faults.note("outline", why)).ok()
}

/// The GeoJSON of what was typed.
fn shape(text: &str) -> Result<Value, String> {
    if text.starts_with('{') {
        return serde_json::from_str(text).map_err(|_| "this is not GeoJSON".to_owned());
    }
    let mut positions = Vec::new();
    for (number, line) in text.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
        let numbers: Result<Vec<f64>, _> =
            line.split([' ', ',', ';']).filter(|part| !part.is_empty()).map(str::parse).collect();
        match numbers.as_deref() {
            Ok([east, north]) => positions.push(json!([east, north])),
            _ => return Err(format!("line {} is no position; write for instance 16.6068 49.1951", number + 1)),
        }
    }
    match positions.as_slice() {
        [one] => Ok(json!({ "type": "Point", "coordinates": one })),
        [first, _, _, ..] => {
            let closed = [positions.as_slice(), std::slice::from_ref(first)].concat();
            Ok(json!({ "type": "Polygon", "coordinates": [closed] }))
        }
        _ => Err("an outline needs three positions or more".to_owned()),
    }
}

/// `/office/entered/parties/new`
pub(super) async fn party(form: Opened) -> Result<Response, Problem> {
    let deed = registering(&form.sent);
    form.go(deed).await
}

fn registering(sent: &Sent) -> Deed {
    let kinds = KINDS.map(|kind| Choice::new(kind.code(), words::capital(words::party_kind(Lang::En, kind))));
    let fields = vec![
        short_name("party", sent),
        Field::line("name", "Its public name", sent).hint("Of a person the office, not the name."),
        Field::one("kind", "What it is", sent, kinds.into()),
        Field::line("contact-name", "Whom to ask for", sent).optional().hint("Sealed, as the next two are."),
        Field::line("contact-mail", "Mail", sent).optional(),
        Field::line("contact-phone", "Telephone", sent).optional(),
        Field::text("reason", "Why it is entered", sent).optional(),
    ];
    let mut faults = Faults::default();
    let (id, name) = (faults.parsed::<PartyId>(sent, "party"), faults.text(sent, "name"));
    let kind = KINDS.into_iter().find(|kind| kind.code() == sent.one("kind").trim());
    if kind.is_none() {
        faults.note("kind", "choose what it is");
    }
    let contact = CONTACT_FIELDS.map(|name| (name.to_owned(), sent.filled(name).map(str::to_owned)));
    let read = (|| Some(Party { id: id?, name: name?, kind: kind? }))();
    let command = faults.settle(read).map(|party| Command::RegisterParty { party, contact: Fields(contact.into()) });
    let lead = "Name and kind are public and stay as they are; norms tell parties apart by their kind. It signs in with a token, \
                which is issued in a second step.";
    Deed { fields, command, ..Deed::new("Enter a party", lead, format!("{ENTERED}/parties/new"), then()) }
}

/// `/office/entered/classes/{id}`: a new class, or one whose approval is renewed.
pub(super) async fn class(form: Opened<String>) -> Result<Response, Problem> {
    let find = |id: &ClassId| form.state.classes.get(id).map(|record| record.approval.clone());
    let known = known(&form.about, find)?;
    let deed = approving(known.as_ref(), &form.sent, form.now);
    form.go(deed).await
}

fn approving(known: Option<&ClassApproval>, sent: &Sent, now: Timestamp) -> Deed {
    let mut fields = Vec::new();
    if known.is_none() {
        let technologies = Technology::all().map(|one| Choice::new(one.code(), one.name())).collect();
        let purposes = Purpose::all().filter(|purpose| purpose.code().parse::<Purpose>().is_ok());
        fields.extend([
            short_name("class", sent),
            Field::one("technology", "What may sense, or anything below it", sent, technologies),
            Field::any(
                "purpose",
                "What for, and nothing else",
                sent,
                purposes.map(|purpose| Choice::new(purpose.code(), purpose.name())).collect(),
            ),
            Field::one(
                "tier",
                "The weightiest that is inside",
                sent,
                TIERS.map(|(tier, words)| Choice::new(tier.code(), words)).into(),
            ),
        ]);
    }
    fields.extend([
        Field::day("until", "Until", sent, Some(now + PROPOSED)),
        Field::text("reason", "Why", sent).hint("Residents read it beside the act."),
    ]);
    let mut faults = Faults::default();
    let until = faults.day(sent, "until");
    let read = match known {
        Some(known) => until.map(|until| ClassApproval { until, ..known.clone() }),
        None => begun(sent, until, &mut faults),
    };
    let (title, part) = match known {
        Some(class) => (format!("Renew the approval of the class “{}”", class.id), class.id.to_string()),
        None => ("Approve a class of deployments".to_owned(), "new".to_owned()),
    };
    let lead = "Each deployment that stays within it counts as approved, until the day. What it covers never changes.";
    Deed {
        fields,
        command: faults.settle(read).map(Command::ApproveClass),
        ..Deed::new(title, lead, format!("{ENTERED}/classes/{part}"), then())
    }
}

fn begun(sent: &Sent, until: Option<Timestamp>, faults: &mut Faults) -> Option<ClassApproval> {
    let (id, technology) = (faults.parsed::<ClassId>(sent, "class"), faults.parsed::<Technology>(sent, "technology"));
    let purposes: Result<_, Fault> = sent
        .all("purpose")
        .map(|code| code.parse::<Purpose>().map_err(|error| Fault { field: "purpose", words: error.to_string() }))
        .collect();
    let purposes = purposes.map_err(|fault| faults.note(fault.field, fault.words)).ok();
    let tier = TIERS.into_iter().map(|(tier, _)| tier).find(|tier| tier.code() == sent.one("tier").trim());
    if tier.is_none() {
        faults.note("tier", "choose the weightiest that is inside");
    }
    Some(ClassApproval { id: id?, technology: technology?, purposes: purposes?, tier: tier?, until: until? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_a_point_or_an_outline_and_are_written_as_they_were_read() {
        let read = |text: &str| -> Result<Geometry, String> {
            serde_json::from_value(shape(text)?).map_err(|error| error.to_string())
        };
        for text in ["16.6 49.2", "16.6 49.2\n16.7 49.2\n16.7 49.3"] {
            assert_eq!(outline(&read(text).unwrap()), text);
        }
        assert_eq!(read("16.6, 49.2"), read(r#"{"type":"Point","coordinates":[16.6,49.2]}"#));
        let holes = r#"{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]],[[1,1],[2,1],[2,2],[1,1]]]}"#;
        assert_eq!(read(&outline(&read(holes).unwrap())), read(holes));
        for bad in ["16.6", "a b", "1 2\n3 4", "1 2 3", "{", "200 10", "{\"type\":\"Line\"}"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
