//! What one agreement gives: the numbers of now against those of the week before, by place and by day, drawn and as tables.
//!
//! Whoever reads the page is handed released rows, so that each time it is a disclosure to the agreement's recipient, with a
//! number: to everybody, or to the party that is signed in. For whomever else there is no such page. The drawings repeat the
//! tables and need neither a script nor sight.

mod chart;
mod map;
mod trend;

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow::disclose::PUBLIC;
use flow::{Answer, Asked, Row};
use model::{Exposure, Grant, GrantId, Measure, PartyId, Space, Span, Timestamp, View};

use super::signed::{elsewhere, private, signed};
use super::{Link, Site};
use crate::accounts::roles::Action;
use crate::api::open;
use crate::jobs::Lane;
use crate::lang::{Here, Lang};
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;
use chart::{Chart, Combined, DAYS_BEFORE, WINDOWS};
use map::Map;
use trend::Trend;

/// How far back the page of a view of single records looks.
const RECORDS_BACK: Span = Span::hours(24);
/// The most records that the page shows.
const RECORDS_SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "grant.html")]
struct Page {
    site: Site,
    title: String,
    deployment: Option<Link>,
    purpose: Link,
    shows: Vec<String>,
    until: String,
    /// The party that is signed in, and what its forms carry; none if everybody may have this.
    own: Option<Own>,
    open: String,
    number: String,
    withheld: Option<String>,
    combined: Option<&'static str>,
    chart: Option<Chart>,
    trend: Option<Trend>,
    map: Option<Map>,
    records: Vec<Shown>,
    more: usize,
}

/// Whose page it is, if it is not everybody's.
struct Own {
    party: String,
    form: String,
}

/// One record, in words.
struct Shown {
    when: String,
    sensor: String,
    values: String,
}

/// `GET /grants/{id}`: for agreements with everybody, and for the party that is signed in its own.
pub(crate) async fn grant(
    State(node): State<Node>,
    here: Here,
    method: Method,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let (state, now) = (node.city.register().state(), node.city.register().now());
    // The same for an agreement that is not there, is over, or is somebody else's.
    let none = || {
        Problem::new(Kind::NotFound).detail(
            "no agreement of this name that is in force is with everybody, or with the party that is signed in here; whoever \
             else it is with signs in first",
        )
    };
    let id: GrantId = id?.0.parse().map_err(|_| none())?;
    let lang = here.lang;
    let signed = signed(&node, &headers).filter(|signed| signed.may(Action::Ask));
    let own = |recipient: &PartyId| signed.as_ref().filter(|signed| signed.party.id == *recipient);
    let record = state
        .grants
        .get(&id)
        .filter(|record| record.grant.recipient.as_str() == PUBLIC || own(&record.grant.recipient).is_some());
    let grant = record.filter(|record| record.in_force(now)).map(|record| &record.grant).ok_or_else(none)?;
    let view = state.views.get(&(grant.stream.clone(), grant.view.clone())).ok_or_else(none)?;
    let (deployment, stream) = state.stream(&grant.stream).ok_or_else(none)?;
    // What a party alone may have is in English alone, as are its other pages.
    if lang != Lang::En && grant.recipient.as_str() != PUBLIC {
        return elsewhere(&format!("/grants/{id}"));
    }
    // To look whether it is there is no disclosure.
    if method == Method::HEAD {
        return Ok([(header::CONTENT_TYPE, "text/html; charset=utf-8")].into_response());
    }
    let asked = asked(grant, view, now);
    let city = Arc::clone(&node.city);
    let own = own(&grant.recipient).map(|signed| Own { party: signed.party.name.clone(), form: signed.id.form() });
    let lane = if own.is_some() { Lane::Token } else { Lane::Open };
    let answer = node.jobs.run(lane, move || city.disclose(&asked)).await??;
    let answer = answer.get();
    let (records, more) = records(lang, answer);
    let (combined, bin) = (combined(view), view.bin());
    let sensors = state.devices_of(&grant.stream).map(|device| (device.id.clone(), device.position)).collect();
    let drawable = bin.zip(combined);
    let page = Page {
        site: if own.is_some() { Site::of(&state) } else { Site::at(&state, &here) },
        title: view.title.clone(),
        deployment: Link::deployment(lang, &state, &deployment.deployment.id),
        purpose: Link::purpose(lang, grant.purpose),
        shows: words::view(lang, view, stream),
        until: lang.day(grant.until),
        own,
        open: open::path(&grant.stream, &grant.view),
        number: lang.number(answer.record.seq.0),
        withheld: (answer.withheld > 0).then(|| lang.count(answer.withheld, ("number", "numbers"), ("Zahl", "Zahlen"))),
        combined: combined.map(|combined| combined.words(lang, view)),
        chart: drawable.and_then(|(bin, combined)| Chart::of(lang, &answer.rows, bin, combined)),
        trend: drawable.and_then(|(bin, combined)| {
            Trend::of(lang, &chart::numbers(&answer.rows, combined), answer.record.window, bin, combined)
        }),
        map: combined.and_then(|combined| Map::of(lang, &answer.rows, combined, &sensors)),
        records,
        more,
    };
    private(StatusCode::OK, &page)
}

/// What is handed over: everything that the page shows.
fn asked(grant: &Grant, view: &View, now: Timestamp) -> Asked {
    Asked {
        recipient: grant.recipient.clone(),
        purpose: grant.purpose,
        stream: grant.stream.clone(),
        view: Some(grant.view.clone()),
        from: Some(now - view.delay.0 - reach(view)),
        to: None,
        authorised_by: None,
    }
}

/// How far back is asked: the windows shown, and the days before that they are held against.
fn reach(view: &View) -> Span {
    view.bin().map_or(RECORDS_BACK, |bin| {
        Span::seconds(
            bin.span().as_seconds().saturating_mul(WINDOWS + 1).saturating_add(Span::days(DAYS_BEFORE).as_seconds()),
        )
    })
}

/// How the numbers of one window become one.
fn combined(view: &View) -> Option<Combined> {
    match &view.exposure {
        Exposure::Windows { measure: Measure::Mean { .. } | Measure::ClampedMean { .. }, .. } => Some(Combined::Mean),
        Exposure::Windows { measure: Measure::Quantile { .. }, .. } => Some(Combined::Average),
        Exposure::Windows { measure: Measure::Running { .. }, .. } => Some(Combined::SoFar),
        Exposure::Windows { .. } => Some(Combined::Sum),
        Exposure::Records { .. } => None,
    }
}

impl Combined {
    /// What one number of the chart is.
    const fn words(self, lang: Lang, view: &View) -> &'static str {
        match (self, &view.exposure) {
            (Self::Mean | Self::Average, _) => lang.of(
                "Each number is the mean over all places that have one.",
                "Jede Zahl ist der Mittelwert aller Orte, die eine haben.",
            ),
            (Self::Sum | Self::SoFar, Exposure::Windows { space: Space::Stream, .. }) => {
                lang.of("Each number is for all places together.", "Jede Zahl gilt für alle Orte zusammen.")
            }
            (Self::Sum | Self::SoFar, _) => lang.of(
                "Each number is the sum over all places that have one; what was at two places counts at both, and what was held \
                 back does not count.",
                "Jede Zahl ist die Summe aller Orte, die eine haben. Was an zwei Orten war, zählt an beiden; was zurückgehalten \
                 wurde, zählt nicht.",
            ),
        }
    }
}

/// The newest single records, and how many more there are.
fn records(lang: Lang, answer: &Answer) -> (Vec<Shown>, usize) {
    let single = |row: &Row| match row {
        Row::Record { time, sensor, fields, .. } => {
            let values: Vec<String> = fields.iter().map(|(name, value)| format!("{name} {value}")).collect();
            Some(Shown { when: lang.instant(*time), sensor: sensor.to_string(), values: values.join(", ") })
        }
        Row::Released { .. } => None,
    };
    let mut newest = answer.rows.iter().rev().filter_map(single);
    let shown: Vec<Shown> = newest.by_ref().take(RECORDS_SHOWN).collect();
    (shown, newest.count())
}
