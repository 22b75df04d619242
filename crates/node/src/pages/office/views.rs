//! Declaring a view by a form: how much of a stream can be seen at most, by whomever it is agreed with.
//!
//! Where the norms refuse, the register says which views that tell less would be allowed, and the page repeats it.

use std::sync::Arc;

use axum::response::Response;
use model::{Span, StreamId, View, ViewId};
use register::{Command, State as Register};
use serde_json::{Map, Value, json};

use super::ask::{Choice, Fault, Faults, Field, Sent};
use super::deed::Deed;
use super::grants::sample::Sample;
use super::opened::Opened;
use super::{Reach, deployment};
use crate::jobs::Lane;
use crate::pages::Link;
use crate::problem::Problem;
use crate::words;

const NEW: &str = "/office/views/new";
/// The widths of windows that can be chosen.
const BINS: [&str; 6] = ["1m", "5m", "15m", "1h", "3h", "1d"];
/// The resolutions of H3 that can be chosen, from fine to coarse.
const CELLS: [u8; 5] = [10, 9, 8, 7, 6];
/// What is shown: the code, and what it is called.
const SHAPES: [(&str, &str); 8] = [
    ("records", "Each record by itself, with the properties named below"),
    ("observations", "How many observations there were"),
    ("distinct", "How many different ones there were (unit below)"),
    ("running", "How many different ones there were so far (unit below)"),
    ("mean", "The mean of a number (number below)"),
    ("clamped-mean", "The mean of a number between limits, each unit once (unit, number, and edges: the two limits)"),
    ("histogram", "How many in each class of a number (number, edges, and perhaps a unit)"),
    ("quantile", "A quantile of a number (number, edges, percent, and perhaps a unit)"),
];
const IDENTIFIERS: [(&str, &str); 4] = [
    ("none", "Nothing about who was there"),
    ("rotating", "Tags whose key is destroyed"),
    ("stable", "Tags that stay the same"),
    ("raw", "Identifiers as they came, or matches of an order"),
];

/// `/office/views/new`
pub(crate) async fn declare(form: Opened) -> Result<Response, Problem> {
    let (mut deed, view) = declaring(&form.reach(), &form.sent);
    if let Some(view) = view {
        let (city, state, now) = (Arc::clone(&form.node.city), Arc::clone(&form.state), form.now);
        deed.sample = form.node.jobs.run(Lane::Token, move || Sample::of_view(&city, &state, &view, now)).await?;
    }
    form.go(deed).await
}

/// The deed of declaring, and the view if it could be read.
fn declaring(reach: &Reach<'_>, sent: &Sent) -> (Deed, Option<View>) {
    let lead =
        "A view says how much of a stream can be seen. It gives nobody anything; an agreement does, over one view.";
    let then = Link { href: "/office/grants".to_owned(), text: "Agreements".to_owned() };
    let read = view(reach.state, sent);
    let of = read.as_ref().ok().and_then(|view| reach.state.stream(&view.stream));
    let deed = Deed {
        fields: fields(reach, sent),
        made: of.map(|(record, _)| deployment::page_of(&record.deployment).href),
        ..Deed::new("Declare how much of a stream can be seen", lead, NEW.to_owned(), then)
    };
    let view = read.as_ref().ok().cloned();
    (Deed { command: read.map(Command::DeclareView), ..deed }, view)
}

fn fields(reach: &Reach<'_>, sent: &Sent) -> Vec<Field> {
    let own = reach.state.streams.iter().filter_map(|(stream, id)| {
        let record = reach.state.deployments.get(id).filter(|record| reach.deployment(record))?;
        Some(Choice::new(stream, format!("{stream} ({})", record.deployment.title)))
    });
    let of = |choices: &[(&str, &str)]| choices.iter().map(|(code, name)| Choice::new(code, *name)).collect::<Vec<_>>();
    let bins = BINS.map(|bin| Choice::new(bin, words::capital(&every(bin))));
    let cells = CELLS.map(|level| Choice::new(format!("cell-{level}"), format!("Each H3 cell of resolution {level}")));
    let spaces = [
        ("stream", "The whole stream together"),
        ("sensor", "Each sensor"),
        ("pair", "Each way from sensor to sensor"),
        ("district", "Each of some places (districts below)"),
    ];
    vec![
        Field::one("stream", "Of which stream", sent, own.collect()),
        Field::line("name", "Its short name", sent)
            .hint("a to z, 0 to 9 and -. Under one that is there already, a next version is declared."),
        Field::line("title", "In words for residents: what can be seen", sent),
        Field::one("shape", "What is shown", sent, of(&SHAPES)),
        Field::line("properties", "Properties of single records", sent).optional().hint("Their names, with spaces."),
        Field::one("bin", "Width of a window", sent, bins.into())
            .optional()
            .hint("For numbers, not for single records."),
        Field::one("space", "One number for", sent, of(&spaces).into_iter().chain(cells).collect()).optional(),
        Field::line("districts", "Districts", sent)
            .optional()
            .hint("The short names of places, with spaces. Where they overlap the first one counts."),
        Field::line("unit", "Unit", sent).optional().hint("The property whose values are told apart."),
        Field::line("number", "Number", sent).optional().hint("The property that is measured."),
        Field::line("edges", "Edges or limits", sent)
            .optional()
            .hint("Whole numbers, with spaces, each higher than the one before."),
        Field::line("percent", "Percent", sent).optional().hint("Of a quantile: 50 for the median."),
        Field::one("identifiers", "About who was there", sent, of(&IDENTIFIERS)),
        Field::line("minimum", "The fewest behind a number", sent).hint("0 where nobody is counted."),
        Field::line("bound", "In how many numbers of a window one unit counts", sent)
            .optional()
            .hint("Unbounded if nothing is said."),
        Field::line("noise", "Noise: ρ of a window", sent)
            .optional()
            .hint("For instance 0.02; exact if nothing is said."),
        Field::line("delay", "Holds back", sent).hint("A number and s, m, h or d: 0s, 15m."),
        Field::line("depth", "Reaches back", sent).hint("A number and s, m, h or d: 400d."),
        Field::text("reason", "Why it is declared", sent).optional().hint("Residents read it beside the act."),
    ]
}

fn every(bin: &str) -> String {
    bin.parse::<Span>().map_or_else(|_| bin.to_owned(), words::span)
}

fn view(state: &Register, sent: &Sent) -> Result<View, Vec<Fault>> {
    let mut faults = Faults::default();
    let stream = faults.parsed::<StreamId>(sent, "stream");
    let id = faults.parsed::<ViewId>(sent, "name");
    let title = faults.text(sent, "title");
    let exposure = exposure(sent, &mut faults);
    if !IDENTIFIERS.iter().any(|(code, _)| *code == sent.one("identifiers")) {
        faults.note("identifiers", "choose one of these");
    }
    let minimum = faults.parsed::<u32>(sent, "minimum");
    let bound = sent.filled("bound").and_then(|_| faults.parsed::<u32>(sent, "bound"));
    let noise = match sent.filled("noise").and_then(|_| faults.parsed::<model::Rho>(sent, "noise")) {
        Some(rho) => json!({ "gaussian": { "rho": rho } }),
        None => "none".into(),
    };
    let (delay, depth) = (faults.parsed::<Span>(sent, "delay"), faults.parsed::<Span>(sent, "depth"));
    let read = (|| {
        let (stream, id) = (stream?, id?);
        let before = state.views.get(&(stream.clone(), id.clone())).map_or(0, |view| view.version.0);
        let view = json!({ "id": id, "version": before.saturating_add(1), "stream": stream, "title": title?, "exposure": exposure?,
            "identifiers": sent.one("identifiers"), "minimum": minimum?, "bound": bound, "noise": noise, "delay": delay?, "depth": depth? });
        let read: View = serde_json::from_value(view).ok()?;
        // What is so already is no new version.
        let known = state.views.get(&(read.stream.clone(), read.id.clone()));
        let same = known.filter(|known| View { version: known.version, ..read.clone() } == ***known);
        Some(same.map_or(read, |known| known.as_ref().clone()))
    })();
    if read.is_none() && faults.0.is_empty() {
        faults.note("shape", "this does not go together with what stands below; each choice says what it needs");
    }
    faults.settle(read)
}

/// How the stream is shown, as acts have it.
fn exposure(sent: &Sent, faults: &mut Faults) -> Option<Value> {
    let shape = sent.one("shape").trim();
    if !SHAPES.iter().any(|(code, _)| *code == shape) {
        faults.note("shape", "choose what is shown");
        return None;
    }
    let parts = |name: &str| -> Vec<String> {
        sent.one(name).split([' ', ',']).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    if shape == "records" {
        return Some(json!({ "as": "records", "fields": parts("properties") }));
    }
    for (name, words) in [("bin", "choose the width of a window"), ("space", "choose what one number is for")] {
        if sent.filled(name).is_none() {
            faults.note(name, words);
        }
    }
    let mut measure = Map::from_iter([("of".to_owned(), Value::from(shape))]);
    let mut put = |name: &str, value: Option<Value>| drop(value.map(|value| measure.insert(name.to_owned(), value)));
    let text = |name: &str| sent.filled(name).map(Value::from);
    let edges: Vec<Value> =
        parts("edges").into_iter().map(|part| part.parse::<i64>().map_or(Value::from(part), Value::from)).collect();
    match shape {
        "distinct" | "running" => put("property", text("unit")),
        "mean" => put("property", text("number")),
        "clamped-mean" => {
            put("property", text("unit"));
            put("number", text("number"));
            put("clamp", Some(edges.into()));
        }
        "histogram" | "quantile" => {
            put("property", text("unit"));
            put("number", text("number"));
            put("edges", Some(edges.into()));
            put(
                "percent",
                sent.filled("percent")
                    .filter(|_| shape == "quantile")
                    .map(|text| text.parse::<u8>().map_or(Value::Null, Value::from)),
            );
        }
        _ => {}
    }
    let space = match sent.one("space").trim().strip_prefix("cell-") {
        Some(level) => json!({ "by": "cell", "resolution": level.parse::<u8>().ok() }),
        None if sent.one("space").trim() == "district" => {
            if sent.filled("districts").is_none() {
                faults.note("districts", "name the places by which it counts");
            }
            json!({ "by": "district", "of": parts("districts") })
        }
        None => json!({ "by": sent.one("space").trim() }),
    };
    Some(json!({ "as": "windows", "bin": sent.one("bin").trim(), "space": space, "measure": measure }))
}
