//! What stands in the register, as rows that are read again as they were written.

use model::{DeploymentRecord, Device, Geometry, Party, Place, Property, Span, Stream, TimeTreatment};
use register::State;

use crate::CELL_BYTES_MAX;
use crate::cell::Value;
use crate::kind::Kind;
use crate::treatment;

/// How much of the register is drawn: the deployments for which this says yes, and their sensors. Parties and places are everybody's.
pub type Extent<'a> = &'a dyn Fn(&DeploymentRecord) -> bool;

/// The rows of a kind, below their headings.
#[must_use]
pub fn drawn(kind: Kind, state: &State, of: Extent<'_>) -> Vec<Vec<Value>> {
    let records = || state.deployments.values().filter(|record| of(record));
    match kind {
        Kind::Parties => state.parties.values().map(|record| party(&record.party)).collect(),
        Kind::Places => state.places.values().map(|one| place(one)).collect(),
        Kind::Deployments => records().map(|record| deployment(record)).collect(),
        Kind::Properties => records().flat_map(|record| properties(record)).collect(),
        Kind::Devices => {
            let concerned = |device: &&std::sync::Arc<Device>| {
                state.deployments.get(&device.deployment).is_some_and(|record| of(record))
            };
            state.devices.values().filter(concerned).map(|one| device(state, one)).collect()
        }
    }
}

fn text(text: impl ToString) -> Value {
    Value::text(&text.to_string())
}

fn party(party: &Party) -> Vec<Value> {
    vec![text(&party.id), text(&party.name), text(party.kind.code())]
}

fn place(place: &Place) -> Vec<Value> {
    let (longitude, latitude, outline) = match &place.geometry {
        Geometry::Point(point) => (Value::Number(point.longitude()), Value::Number(point.latitude()), Value::Empty),
        Geometry::Polygon(rings) => {
            let corner = |point: &model::Point| format!("{} {}", point.longitude(), point.latitude());
            let ring = |ring: &Vec<model::Point>| ring.iter().map(corner).collect::<Vec<_>>().join(", ");
            let whole = rings.rings().iter().map(ring).collect::<Vec<_>>().join("; ");
            // What no cell holds stays as it is where the row is read again.
            (Value::Empty, Value::Empty, if whole.len() <= CELL_BYTES_MAX / 4 { text(whole) } else { Value::Empty })
        }
    };
    let within = place.within.as_ref().map(text).unwrap_or_default();
    vec![text(&place.id), text(&place.name), within, longitude, latitude, outline]
}

fn deployment(record: &DeploymentRecord) -> Vec<Value> {
    let one = &record.deployment;
    let purposes: Vec<&str> = one.purposes.iter().map(|purpose| purpose.code()).collect();
    vec![
        text(&one.id),
        text(&one.title),
        text(&one.description),
        text(&one.accountable),
        text(&one.place),
        if one.mobile { text("yes") } else { Value::Empty },
        text(one.technology.code()),
        text(purposes.join("; ")),
        text(one.legal_basis.code()),
        one.privacy_statement.as_ref().map(text).unwrap_or_default(),
        Value::Instant(one.starts),
        Value::Instant(one.ends),
    ]
}

fn properties(record: &DeploymentRecord) -> Vec<Vec<Value>> {
    let rows = |stream: &Stream| {
        let whole = [
            text(stream.retention.0),
            match stream.time {
                TimeTreatment::Keep => text("keep"),
                TimeTreatment::Bin { bin } => text(Span::to_string(&bin.span())),
            },
            stream.budget.map(text).unwrap_or_default(),
        ];
        let row = |(at, (name, property)): (usize, (&model::PropertyName, &Property))| {
            let kind = serde_json::to_value(property.value).ok();
            let [retention, time, budget] = if at == 0 { whole.clone() } else { <[Value; 3]>::default() };
            vec![
                text(&record.deployment.id),
                text(&stream.id),
                retention,
                time,
                budget,
                text(name),
                text(property.category.code()),
                text(kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default()),
                property.unit.as_ref().map(text).unwrap_or_default(),
                text(property.treatment.code()),
                text(treatment::setting(&property.treatment)),
            ]
        };
        stream.properties.iter().enumerate().map(row).collect::<Vec<_>>()
    };
    record.deployment.streams.iter().flat_map(rows).collect()
}

fn device(state: &State, device: &Device) -> Vec<Value> {
    vec![
        text(&device.id),
        text(&device.stream),
        Value::Number(device.position.longitude()),
        Value::Number(device.position.latitude()),
        Value::Empty,
        device.support_until.map(Value::Instant).unwrap_or_default(),
        state.marks.devices.get(&device.id).map(|mark| text(&mark.by)).unwrap_or_default(),
    ]
}
