//! The things that rows hold, kind by kind.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Category, Deployment, DeploymentId, Device, DeviceId, Geometry, LegalBasis, Party, PartyId, PartyKind, Place,
    PlaceId, Point, Property, PropertyName, Purpose, Retention, Rho, Span, Stream, StreamId, TimeTreatment, ValueKind,
};
use register::State;
use serde_json::json;

use super::{Desk, Fault, Line, Sheet};
use crate::treatment;

/// The words for what a party is.
pub(crate) const PARTY_KINDS: [&str; 8] =
    ["city-department", "officer", "law-enforcement", "emergency-service", "vendor", "researcher", "company", "public"];
/// The words for grounds in law.
pub(crate) const BASES: [&str; 6] =
    ["not-personal", "consent", "legal-obligation", "public-task", "vital-interest", "law-enforcement"];
/// The words for types of values.
pub(crate) const TYPES: [&str; 5] = ["text", "integer", "number", "boolean", "point"];

pub(super) fn party(line: &mut Line<'_>) -> Option<Party> {
    let (id, name) = (line.parsed(ID), line.text("name"));
    let kind = line.code::<PartyKind>("kind", &PARTY_KINDS);
    Some(Party { id: id?, name: name?, kind: kind? })
}

const ID: &str = "id";

pub(super) fn place(line: &mut Line<'_>, state: &State) -> Option<Place> {
    let (id, name) = (line.parsed::<PlaceId>(ID), line.text("name"));
    let within = line.parsed_if_any::<PlaceId>("within");
    let known = id.as_ref().and_then(|id| state.places.get(id)).map(|place| &place.geometry);
    let geometry = geometry(line, known);
    Some(Place { id: id?, name: name?, within, geometry: geometry? })
}

fn geometry(line: &mut Line<'_>, known: Option<&Geometry>) -> Option<Geometry> {
    let is_point = line.is_filled("longitude") || line.is_filled("latitude");
    match line.text_if_any("outline") {
        Some(_) if is_point => {
            line.fault("outline", "a place is a point or an area; leave one of them empty");
            None
        }
        Some(text) => outline(&text).map_err(|words| line.fault("outline", words)).ok(),
        None if is_point => point(line).map(Geometry::Point),
        None if known.is_some() => known.cloned(),
        None => {
            line.fault("longitude", "a new place needs longitude and latitude, or an outline");
            None
        }
    }
}

fn point(line: &mut Line<'_>) -> Option<Point> {
    for (column, other) in [("longitude", "latitude"), ("latitude", "longitude")] {
        if line.is_filled(column) && !line.is_filled(other) {
            line.fault(other, "longitude and latitude go together");
        }
    }
    let (longitude, latitude) = (line.degrees("longitude"), line.degrees("latitude"));
    Point::new(longitude?, latitude?).map_err(|error| line.fault("longitude", error)).ok()
}

/// An area as `16.60 49.19, 16.61 49.19, …`, a semicolon before each hole.
fn outline(text: &str) -> Result<Geometry, String> {
    let corner = |text: &str| {
        let mut numbers = text.split_whitespace().map(str::parse::<f64>);
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(longitude)), Some(Ok(latitude)), None) => {
                Point::new(longitude, latitude).map_err(|error| error.to_string())
            }
            _ => Err(format!("`{}` is not longitude and latitude with a space between", text.trim())),
        }
    };
    let ring = |text: &str| text.split(',').map(corner).collect::<Result<Vec<_>, _>>();
    let rings = text.split(';').map(ring).collect::<Result<Vec<_>, _>>()?;
    rings.try_into().map(Geometry::Polygon).map_err(|error: model::geo::GeoError| error.to_string())
}

/// The streams that a file declares, by deployment, and the first row of each deployment.
#[derive(Default)]
pub(super) struct Declared {
    streams: BTreeMap<DeploymentId, Vec<Stream>>,
    rows: BTreeMap<DeploymentId, (String, u32)>,
    /// Deployments whose streams could not be read.
    broken: BTreeSet<DeploymentId>,
    /// Deployments that a row of their own names.
    named: BTreeSet<DeploymentId>,
}

/// Reads the properties of all streams.
pub(super) fn streams(desk: &mut Desk<'_>, sheets: &[&Sheet<'_>]) -> Declared {
    let mut declared = Declared::default();
    let mut parts: BTreeMap<(DeploymentId, StreamId), Part> = BTreeMap::new();
    let mut order = Vec::new();
    for (sheet, row) in sheets.iter().flat_map(|sheet| sheet.rows.iter().map(move |row| (*sheet, row))) {
        let before = desk.out.faults.len();
        let mut line = Line::of(sheet, row, &mut desk.out);
        let of = (line.parsed::<DeploymentId>("deployment"), line.parsed::<StreamId>("stream"));
        let (whole, property) = (whole(&mut line), property(&mut line));
        let (Some(deployment), Some(stream)) = of else { continue };
        declared.rows.entry(deployment.clone()).or_insert_with(|| (sheet.name.clone(), row.number));
        let part = parts.entry((deployment.clone(), stream.clone())).or_insert_with(|| {
            order.push((deployment.clone(), stream.clone()));
            Part { first: row.number, ..Part::default() }
        });
        part.merge(&mut line, whole, property);
        if desk.out.faults.len() > before {
            declared.broken.insert(deployment);
        } else {
            desk.streams.insert(stream, deployment);
        }
    }
    for (deployment, stream) in order {
        let Some(part) = parts.remove(&(deployment.clone(), stream.clone())) else { continue };
        let row = part.first;
        match part.stream(stream) {
            Ok(stream) => declared.streams.entry(deployment).or_default().push(stream),
            Err(column) => {
                let sheet = declared.rows.get(&deployment).map(|(sheet, _)| sheet.clone()).unwrap_or_default();
                let words = "one row of each stream has to say this".to_owned();
                desk.out.faults.push(Fault { sheet, row, column: Some(column.to_owned()), words });
                declared.broken.insert(deployment);
            }
        }
    }
    declared
}

/// What the rows of a stream say of it.
#[derive(Default)]
struct Part {
    first: u32,
    whole: Whole,
    properties: BTreeMap<PropertyName, Property>,
}

/// What is said of a stream as a whole.
#[derive(Default, Clone, Copy, PartialEq)]
struct Whole {
    retention: Option<Span>,
    time: Option<TimeTreatment>,
    budget: Option<Rho>,
}

impl Part {
    fn merge(&mut self, line: &mut Line<'_>, whole: Whole, property: Option<(PropertyName, Property)>) {
        fn one<T: PartialEq>(known: &mut Option<T>, said: Option<T>) -> bool {
            let other = said.is_some() && known.is_some() && *known != said;
            *known = known.take().or(said);
            !other
        }
        for (column, same) in [
            ("retention", one(&mut self.whole.retention, whole.retention)),
            ("time", one(&mut self.whole.time, whole.time)),
            ("budget", one(&mut self.whole.budget, whole.budget)),
        ] {
            if !same {
                line.fault(column, format!("row {} of this stream says something else", self.first));
            }
        }
        if let Some((name, property)) = property
            && self.properties.insert(name, property).is_some()
        {
            line.fault("property", "this stream has a property of this name already");
        }
    }

    /// The stream; or the column that no row says.
    fn stream(self, id: StreamId) -> Result<Stream, &'static str> {
        let retention = Retention(self.whole.retention.ok_or("retention")?);
        let time = self.whole.time.ok_or("time")?;
        Ok(Stream { id, time, properties: self.properties, retention, budget: self.whole.budget })
    }
}

fn whole(line: &mut Line<'_>) -> Whole {
    let retention = line.parsed_if_any("retention");
    let time = line.text_if_any("time").and_then(|text| {
        let value = if text == "keep" { json!({ "do": "keep" }) } else { json!({ "do": "bin", "bin": text }) };
        serde_json::from_value(value).map_err(|_| line.fault("time", "write keep, or a bin such as 15m")).ok()
    });
    Whole { retention, time, budget: line.parsed_if_any("budget") }
}

fn property(line: &mut Line<'_>) -> Option<(PropertyName, Property)> {
    let (name, category) = (line.parsed::<PropertyName>("property"), line.parsed::<Category>("category"));
    let value = line.code::<ValueKind>("value", &TYPES);
    let unit = line.text_if_any("unit");
    let (code, setting) = (line.text("treatment"), line.text_if_any("setting").unwrap_or_default());
    let known = code.filter(|code| {
        let known = treatment::TREATMENTS.iter().any(|(known, _)| known == code);
        if !known {
            let all: Vec<&str> = treatment::TREATMENTS.iter().map(|(code, _)| *code).collect();
            line.fault("treatment", format!("this is none of: {}", all.join(", ")));
        }
        known
    });
    let treatment = known.and_then(|code| {
        let read = treatment::read(&code, &setting);
        if read.is_none() {
            line.fault("setting", format!("this does not fit to `{code}`; the sheet Values says what it takes"));
        }
        read
    });
    Some((name?, Property { category: category?, value: value?, treatment: treatment?, unit }))
}

pub(super) fn deployment(line: &mut Line<'_>, state: &State, declared: &mut Declared) -> Option<Deployment> {
    let id = line.parsed::<DeploymentId>(ID);
    let (title, description) = (line.text("title"), line.text("description"));
    let (accountable, place) = (line.parsed("accountable"), line.parsed("place"));
    let (mobile, technology) = (line.truth("mobile"), line.parsed("technology"));
    let purposes = purposes(line);
    let legal_basis = line.code::<LegalBasis>("legal-basis", &BASES);
    let privacy_statement = line.text_if_any("privacy-statement");
    let (starts, ends) = (line.day("starts"), line.day("ends"));
    let id = id?;
    declared.named.insert(id.clone());
    let streams = match (declared.streams.get(&id), state.deployments.get(&id)) {
        _ if declared.broken.contains(&id) => {
            line.fault(ID, "something is wrong with its rows in the sheet properties");
            return None;
        }
        (Some(streams), _) => streams.clone(),
        (None, Some(known)) => known.deployment.streams.clone(),
        (None, None) => {
            line.fault(ID, "no row of the sheet properties says what flows; a deployment has one stream at least");
            return None;
        }
    };
    Some(Deployment {
        id,
        title: title?,
        description: description?,
        accountable: accountable?,
        place: place?,
        mobile,
        technology: technology?,
        purposes: purposes?,
        streams,
        legal_basis: legal_basis?,
        privacy_statement,
        starts: starts?,
        ends: ends?,
    })
}

fn purposes(line: &mut Line<'_>) -> Option<BTreeSet<Purpose>> {
    let text = line.text("purposes")?;
    let mut found = BTreeSet::new();
    for code in text.split([';', ',', '\n']).map(str::trim).filter(|code| !code.is_empty()) {
        match code.parse() {
            Ok(purpose) => drop(found.insert(purpose)),
            Err(error) => line.fault("purposes", error),
        }
    }
    Some(found)
}

/// Properties of deployments that no row of the file declares: nothing is done with them, so they must be as they are.
pub(super) fn left_over(desk: &mut Desk<'_>, declared: Declared) {
    for (id, streams) in declared.streams {
        let same = desk.state.deployments.get(&id).is_some_and(|known| known.deployment.streams == streams);
        if declared.named.contains(&id) || declared.broken.contains(&id) || same {
            continue;
        }
        if let Some((sheet, row)) = declared.rows.get(&id).cloned() {
            let words = format!("no row of the sheet deployments declares `{id}`");
            desk.out.faults.push(Fault { sheet, row, column: Some("deployment".to_owned()), words });
        }
    }
}

pub(super) fn device(
    line: &mut Line<'_>,
    state: &State,
    streams: &BTreeMap<StreamId, DeploymentId>,
    by: &PartyId,
) -> Option<Device> {
    let (id, stream) = (line.parsed::<DeviceId>(ID), line.parsed::<StreamId>("stream"));
    let deployment = stream.as_ref().and_then(|stream| state.streams.get(stream).or_else(|| streams.get(stream)));
    if stream.is_some() && deployment.is_none() {
        line.fault("stream", "there is no such stream, neither in the register nor in this file");
    }
    let position = position(line, state);
    let support_until = line.day_if_any("support-until");
    let entered = id.as_ref().and_then(|id| state.marks.devices.get(id)).map(|mark| &mark.by);
    if let Some(operator) = line.parsed_if_any::<PartyId>("operator") {
        match entered {
            Some(entered) if *entered != operator => {
                line.fault("operator", format!("`{entered}` entered it, and that stays so"));
            }
            None if operator != *by => {
                line.fault("operator", format!("`{by}` sends this file and enters its own sensors alone"));
            }
            _ => {}
        }
    }
    let (deployment, stream) = (deployment?.clone(), stream?);
    Some(Device { id: id?, deployment, stream, position: position?, credential: None, support_until })
}

/// Where a sensor stands: at a position, or at a place that is a point.
fn position(line: &mut Line<'_>, state: &State) -> Option<Point> {
    if line.is_filled("longitude") || line.is_filled("latitude") {
        return point(line);
    }
    let Some(place) = line.parsed_if_any::<PlaceId>("place") else {
        line.fault("longitude", "a sensor needs longitude and latitude, or a place that is a point");
        return None;
    };
    match state.places.get(&place).map(|place| &place.geometry) {
        Some(Geometry::Point(point)) => Some(*point),
        Some(Geometry::Polygon(_)) => {
            line.fault("place", "this place is an area; say where in it with longitude and latitude");
            None
        }
        None => {
            line.fault("place", format!("there is no place `{place}` in the register"));
            None
        }
    }
}
