//! The nine headings of an annual report, where more is told than single acts: to whom data went, for what, in which view and on which
//! ground; what became of complaints and of requests about own data; what senses, where its data comes from. All of it from the log.

use std::collections::BTreeMap;

use flow::City;
use model::inquiry::InquiryKind;
use model::{
    Act, Deployment, DeploymentId, EvidenceId, Exposure, Grant, GrantRecord, Identifies, Stream, Subject, Timestamp,
    View, What,
};
use register::State as Register;
use register::state::DisclosedKey;

use super::Told;
use crate::lang::Lang;
use crate::pages::answered::{self, Answered};
use crate::pages::party_name;
use crate::pages::runs::Runs;
use crate::words;

/// What left a deployment, by recipient, purpose and view, as batches in the log count it, with the ground of each.
pub(super) fn disclosed(
    state: &Register,
    of: &DeploymentId,
    acts: &[(u64, Act)],
    (from, to): (Timestamp, Timestamp),
) -> Vec<Told> {
    let mut counted: BTreeMap<DisclosedKey, (u64, Option<u64>)> = BTreeMap::new();
    let batches = acts
        .iter()
        .filter_map(|(_, act)| if let What::DisclosuresBatched(batch) = &act.what { Some(batch) } else { None });
    for total in batches.flat_map(|batch| &batch.totals).filter(|total| state.streams.get(&total.stream) == Some(of)) {
        let (times, rows) = counted.entry(DisclosedKey::from(total)).or_insert((0, Some(0)));
        *times = times.saturating_add(total.disclosures);
        *rows = rows.zip(total.rows).map(|(one, other)| one.saturating_add(other));
    }
    let mut told = Vec::new();
    for (key, (times, rows)) in counted {
        let view = state.views.get(&(key.stream.clone(), key.view.clone()));
        let rows = rows.map_or_else(
            || "; how many rows is not told".to_owned(),
            |rows| format!(", {} rows in all", words::number(rows)),
        );
        told.push(Told::plain(format!(
            "{}, for {}: “{}”, {}{rows}{}",
            party_name(state, &key.recipient),
            words::small(key.purpose.name()),
            view.map_or_else(|| key.view.to_string(), |view| view.title.clone()),
            words::count(times, "time", "times"),
            view.and_then(|view| types(state, view)).map(|types| format!("; data: {types}")).unwrap_or_default(),
        )));
        told.extend(grounds(state, &key, (from, to)));
    }
    told
}

/// What kinds of data a view shows.
fn types(state: &Register, view: &View) -> Option<String> {
    let (_, stream) = state.stream(&view.stream)?;
    let named: Vec<_> = match &view.exposure {
        Exposure::Records { fields } => fields.iter().collect(),
        Exposure::Windows { measure, .. } => measure.unit().into_iter().chain(measure.number()).collect(),
    };
    let names = named.into_iter().filter_map(|name| stream.properties.get(name));
    let mut names: Vec<String> = names.map(|property| words::small(property.category.name())).collect();
    names.sort_unstable();
    names.dedup();
    let kind = if matches!(view.exposure, Exposure::Windows { .. }) { "numbers of" } else { "each record of" };
    (!names.is_empty()).then(|| format!("{kind} {}", words::list(&names)))
}

/// On which ground it left: what the deployment stands on in law, and each agreement that covered it and was in force in that time,
/// with whom it names and why.
fn grounds(state: &Register, key: &DisclosedKey, (from, to): (Timestamp, Timestamp)) -> Vec<Told> {
    let law = state.stream(&key.stream).map(|(record, _)| words::legal_basis(Lang::En, record.deployment.legal_basis));
    let covers =
        |grant: &Grant| grant.recipient == key.recipient && grant.purpose == key.purpose && grant.view == key.view;
    let in_force = |record: &GrantRecord| record.since < to && record.ended.unwrap_or(record.grant.until) > from;
    let covering = state.grants_of(&key.stream).filter(|record| covers(&record.grant) && in_force(record));
    let mut told: Vec<Told> = covering.map(|record| ground(state, record, law)).collect();
    if told.is_empty() {
        let law = law.unwrap_or("none that stands in the register");
        told.push(Told::plain(format!("Its ground: {law}; no agreement in the register covers it")));
    }
    told
}

fn ground(state: &Register, record: &GrantRecord, law: Option<&str>) -> Told {
    let grant = &record.grant;
    let mut words = format!("Its ground: {}; the agreement “{}”", law.unwrap_or("not stated"), grant.id);
    let end = record.ended.unwrap_or(grant.until);
    words += &format!(" from {} to {}", words::day(record.since), words::day(end));
    if let Some(order) = grant.order.as_ref().and_then(|id| state.orders.get(id)) {
        words += &format!(
            "; the order “{}” of “{}”, until {}",
            order.order.id,
            order.order.authority,
            words::day(order.order.until)
        );
    }
    if let Some(judged) = &grant.judged {
        let personal = if judged.personal { "is about people" } else { "is about nobody" };
        words += &format!("; in its recipient’s hands it {personal}: {}", judged.argument.trim().trim_end_matches('.'));
    }
    let promised: Vec<String> = grant.duties.iter().map(|duty| words::duty(Lang::En, *duty).to_owned()).collect();
    if !promised.is_empty() {
        words += &format!("; promised: {}", words::list(&promised));
    }
    match state.marks.grants.get(&grant.id) {
        Some(mark) => Told { words, when: words::day(mark.at), entry: Some(mark.entry) },
        None => Told::plain(words),
    }
}

/// What became of what residents asked about something in a stretch of time: complaints and questions, and requests about own data.
pub(super) fn asked(
    city: &City,
    state: &Register,
    about: &Subject,
    from: Timestamp,
    to: Timestamp,
) -> (Vec<Told>, Vec<Told>) {
    let received =
        |id: &&EvidenceId| state.inquiries.get(*id).is_some_and(|record| from <= record.at && record.at < to);
    let inquiries = state.evidence_of.get(about).into_iter().flat_map(|ids| ids.iter()).filter(received);
    let runs = Runs::about(city, state, std::iter::once(about), city.register().now());
    let kinds = answered::by_kind(state, &runs, inquiries);
    let told = |of: bool| {
        let kinds = kinds.iter().filter(|(kind, _)| (**kind == InquiryKind::OwnData) == of);
        kinds.map(|(kind, counted)| Told::plain(sum(*kind, counted))).collect()
    };
    (told(false), told(true))
}

fn sum(kind: InquiryKind, counted: &Answered) -> String {
    format!(
        "{}: {} received, {} answered in time, {} late, {} waiting, {} of these overdue; median {} days",
        answered::kind(Lang::En, kind),
        counted.received,
        counted.in_time,
        counted.late,
        counted.waiting,
        counted.overdue,
        counted.median_days(Lang::En)
    )
}

/// What was observed in a year: of streams that may be counted how much came and was refused, of the others an order of magnitude.
pub(super) fn observed(deployment: &Deployment, acts: &[(u64, Act)]) -> Vec<Told> {
    let told = |stream: &Stream| {
        if !stream.may_be_counted() {
            return Some(roughly(stream, acts));
        }
        let months = acts.iter().filter_map(|(_, act)| match &act.what {
            What::ObservationsCounted(told) => told.streams.iter().find(|counted| counted.stream == stream.id),
            _ => None,
        });
        let sum = |(months, admitted, refused): (u64, u64, u64), counted: &model::Counted| {
            let more = counted.refused.values().copied().fold(0, u64::saturating_add);
            (months + 1, admitted.saturating_add(counted.admitted), refused.saturating_add(more))
        };
        let (months, admitted, refused) = months.fold((0, 0, 0), sum);
        (months > 0).then(|| {
            Told::plain(format!(
                "Stream {}: {} taken and {} refused, told of {}",
                stream.id,
                words::count(admitted, "observation", "observations"),
                words::number(refused),
                words::count(months, "month", "months")
            ))
        })
    };
    deployment.streams.iter().filter_map(told).collect()
}

/// What was observed in a year of a stream of which no number is told.
fn roughly(stream: &Stream, acts: &[(u64, Act)]) -> Told {
    let months = acts.iter().filter_map(|(_, act)| match &act.what {
        What::ObservationsEstimated(told) => told.streams.iter().find(|estimated| estimated.stream == stream.id),
        _ => None,
    });
    let sum = |(months, admitted, refused): (u64, u64, u64), estimated: &model::Estimated| {
        let (more, more_refused) = (estimated.admitted.estimate(), estimated.refused.estimate());
        (months + 1, admitted.saturating_add(more), refused.saturating_add(more_refused))
    };
    let (months, admitted, refused) = months.fold((0, 0, 0), sum);
    let why = if stream.identifies() == Identifies::Nobody { "count people or vehicles" } else { "are about people" };
    let told = if months == 0 {
        "roughly it is told of no month yet".to_owned()
    } else {
        format!(
            "roughly, {} were taken and {} refused, told of {}",
            Lang::En.about(admitted),
            Lang::En.about(refused),
            words::count(months, "month", "months")
        )
    };
    Told::plain(format!("Stream {}: how many observations came is not told, since they {why}; {told}", stream.id))
}

/// What the hardware stands on, and where its data comes from: each stream with its sensors, and what they sense.
pub(super) fn stands(state: &Register, deployment: &Deployment) -> Vec<Told> {
    let place =
        state.places.get(&deployment.place).map_or_else(|| deployment.place.to_string(), |place| place.name.clone());
    let sensors = deployment.streams.iter().flat_map(|stream| state.devices_of(&stream.id)).count();
    let moves = if deployment.mobile { ", moving about" } else { "" };
    let mut told =
        vec![Told::plain(format!("{} at {place}{moves}", words::count(sensors as u64, "sensor", "sensors")))];
    for stream in &deployment.streams {
        let sources = state.devices_of(&stream.id).count();
        let senses: Vec<String> =
            stream.properties.values().map(|property| words::small(property.category.name())).collect();
        let order = stream.order().map(|order| format!(", compared with the list of the order “{order}”"));
        told.push(Told::plain(format!(
            "Stream {}: {}, sensed by {} of the kind “{}”{}",
            stream.id,
            if senses.is_empty() { "nothing".to_owned() } else { words::list(&senses) },
            words::count(sources as u64, "sensor", "sensors"),
            deployment.technology.name(),
            order.unwrap_or_default()
        )));
    }
    told
}
