//! What was worked out, against looking at everything.

use std::collections::BTreeSet;

use model::{Act, PlaceId, Point};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::lang::Lang;
use crate::pages::near::distance;
use crate::pages::places::lies_in;
use crate::pages::search::{hits, synonyms};
use crate::words;

const AT: &str = "2026-06-01T00:00:00Z";
const TITLES: [&str; 5] =
    ["Air at the market", "Counting of cars", "Number plates", "Zähler am Markt", "Wi-Fi counter"];
const NAMES: [&str; 4] = ["Old Market", "North", "Market hall", "Žižkov"];

fn act(by: &str, kind: &str, body: serde_json::Value) -> Act {
    serde_json::from_value(json!({"at": AT, "by": by, "what": {"kind": kind, "body": body}})).unwrap()
}

/// What a deployment of an invented city is: title, place, whether it moves, whether it has a sensor, its days.
type Drawn = (usize, usize, bool, bool, u32);

fn city(drawn: &[Drawn]) -> Arc<State> {
    let mut state = State::default();
    let founder = json!({"id": "city", "name": "City", "kind": "city-department"});
    let mut acts = vec![act(
        "city",
        "city-founded/1",
        json!({"name": "City", "origin": "a.example/log", "founder": founder, "log_key": "k"}),
    )];
    for (number, name) in NAMES.iter().enumerate() {
        let east = 16.0 + f64::from(u32::try_from(number).unwrap());
        let mut place = json!({"id": format!("p-{number}"), "name": name, "geometry": {"type": "Point", "coordinates": [east, 49.2]}});
        if number > 1 {
            place["within"] = json!(format!("p-{}", number - 2));
        }
        acts.push(act("city", "place-registered/1", place));
    }
    for (number, (title, place, mobile, sensor, days)) in drawn.iter().enumerate() {
        let no2 = json!({"category": "air-quality", "value": "number", "treatment": {"do": "keep"}});
        let starts: Timestamp = AT.parse().unwrap();
        acts.push(act("city", "deployment-proposed/1", json!({
            "id": format!("d-{number}"), "title": TITLES[*title], "description": "d", "accountable": "city",
            "place": format!("p-{place}"), "technology": "air-quality-station", "purposes": ["air-quality"], "mobile": mobile,
            "legal_basis": "not-personal", "starts": starts, "ends": starts + model::Span::days(*days + 1),
            "streams": [{"id": format!("s-{number}"), "time": {"do": "keep"}, "retention": "48h", "properties": {"no2": no2}}],
        })));
        if *sensor {
            let east = 16.0 + f64::from(u32::try_from(number).unwrap()) / 7.0;
            acts.push(act(
                "city",
                "device-registered/1",
                json!({
                    "id": format!("v-{number}"), "deployment": format!("d-{number}"), "stream": format!("s-{number}"),
                    "position": [east, 49.2],
                }),
            ));
        }
    }
    acts.iter().for_each(|act| state.apply(act).unwrap());
    Arc::new(state)
}

fn index_of(state: &Arc<State>, now: Timestamp) -> Index {
    Index { state: Arc::clone(state), now, facts: Arc::new(Facts::of(state, now)) }
}

fn cities() -> impl Strategy<Value = Vec<Drawn>> {
    prop::collection::vec((0..5_usize, 0..4_usize, any::<bool>(), any::<bool>(), 0..9_u32), 0..12)
}

proptest! {
    #[test]
    fn lists_hold_what_looking_at_everything_would_find(drawn in cities()) {
        let (state, now): (_, Timestamp) = (city(&drawn), AT.parse().unwrap());
        let index = index_of(&state, now);
        for id in state.places.keys() {
            let ids = |ats: &[At]| ats.iter().map(|at| index.record(*at).unwrap().deployment.id.clone()).collect::<BTreeSet<_>>();
            let here = index.facts.places.get(id).map(|ats| ids(ats)).unwrap_or_default();
            let all = state.deployments.values().filter(|record| lies_in(&state, &record.deployment.place, id));
            prop_assert_eq!(here, all.map(|record| record.deployment.id.clone()).collect::<BTreeSet<_>>());
        }
        prop_assert_eq!(index.facts.by_place.iter().copied().collect::<BTreeSet<At>>().len(), drawn.len());
    }

    #[test]
    fn the_nearest_are_those_of_all_distances(drawn in cities(), east in 15.0..20.0, most in 0..14_usize) {
        let state = city(&drawn);
        let index = index_of(&state, AT.parse().unwrap());
        let from = Point::new(east, 49.3).unwrap();
        let metres = |record: &DeploymentRecord| {
            let sensors = state.devices.values().filter(|device| device.deployment == record.deployment.id);
            let sensor = sensors.map(|device| distance::between(from, device.position)).fold(f64::INFINITY, f64::min);
            let place = distance::to_shape(from, &state.places[&record.deployment.place].geometry);
            if record.deployment.mobile || sensor.is_infinite() { place } else { sensor }
        };
        let mut all: Vec<f64> = state.deployments.values().map(|record| metres(record)).collect();
        all.sort_by(f64::total_cmp);
        all.truncate(most);
        let found = index.facts.spots.nearest(&state, from, most);
        prop_assert_eq!(found.iter().map(|far| far.metres.unwrap()).collect::<Vec<_>>(), all);
    }

    #[test]
    fn a_search_finds_what_every_deployment_says_of_itself(drawn in cities(), question in "(air|mark|numb|number pl|zah|zizkov|city|cctv| ){1,3}") {
        let state = city(&drawn);
        let index = index_of(&state, AT.parse().unwrap());
        let terms = synonyms::terms(&crate::pages::search::fold::fold(&question));
        prop_assume!(!terms.is_empty());
        let recipients = hits::recipients(&state);
        let hits = hits::Hits::of(&index.facts, &terms, usize::MAX);
        prop_assert_eq!(hits.count, hits.best.len());
        // Whoever wants fewer gets the first of them.
        let fewer = hits::Hits::of(&index.facts, &terms, 3);
        prop_assert_eq!((fewer.count, &fewer.best[..]), (hits.count, &hits.best[..hits.count.min(3)]));
        let found: BTreeSet<At> = hits.best.into_iter().collect();
        let why = |at: &At| hits::why(Lang::En, &state, index.record(*at).unwrap(), &recipients, &terms).is_some();
        let all: BTreeSet<At> = (0..u32::try_from(drawn.len()).unwrap()).filter(why).collect();
        prop_assert_eq!(found, all);
    }

    #[test]
    fn what_is_carried_to_another_time_is_what_would_be_worked_out_there(drawn in cities(), hours in 0..300_u32) {
        let (state, now): (_, Timestamp) = (city(&drawn), AT.parse().unwrap());
        let later = now + model::Span::hours(hours);
        let Some(carried) = index_of(&state, now).carried(&state, later) else { return Ok(()) };
        let classes = |index: &Index| {
            let badges = index.facts.order.iter().map(|record| (record.deployment.id.clone(), words::badge(Lang::En, record, later).class));
            badges.collect::<Vec<_>>()
        };
        prop_assert_eq!(classes(&carried), classes(&index_of(&state, later)));
    }
}

#[test]
fn an_act_about_something_else_leaves_it_and_one_about_a_deployment_does_not() {
    let (state, now): (_, Timestamp) = (city(&[(0, 0, false, true, 5), (1, 1, false, false, 5)]), AT.parse().unwrap());
    let index = index_of(&state, now);
    let after = |kind: &str, body| {
        let mut next = State::clone(&state);
        next.apply(&act("city", kind, body)).unwrap();
        Arc::new(next)
    };
    let deleted = after("observations-deleted/1", json!({"stream": "s-0", "before": AT, "files": 1}));
    assert!(Arc::ptr_eq(&index.carried(&deleted, now).unwrap().facts, &index.facts));
    let place = json!({"id": "new", "name": "New", "geometry": {"type": "Point", "coordinates": [16.0, 49.0]}});
    assert!(index.carried(&after("place-registered/1", place), now).is_none());
    assert!(index.carried(&state, now - model::Span::hours(1)).is_none(), "a clock that was set back begins anew");
    assert!(index.carried(&state, index_until(&index)).is_none());
    assert!(state.places.contains_key(&"p-0".parse::<PlaceId>().unwrap()));
}

/// When the first of the two deployments ends.
fn index_until(index: &Index) -> Timestamp {
    index.state.deployments.values().map(|record| record.deployment.ends).min().unwrap()
}

#[test]
fn an_index_is_worked_out_once_for_all_who_wait_for_it_and_no_older_one_takes_its_place() {
    let (older, newer) = (city(&[(0, 0, false, true, 3)]), city(&[(0, 0, false, true, 3), (1, 1, false, true, 5)]));
    let now: Timestamp = AT.parse().unwrap();
    let indexes = Arc::new(Indexes::default());
    let ask = |state: &Arc<State>| {
        let (indexes, state) = (Arc::clone(&indexes), Arc::clone(state));
        std::thread::spawn(move || indexes.made(state, now).facts)
    };
    let asked: Vec<_> = (0..8).map(|_| ask(&newer)).collect();
    let made: Vec<_> = asked.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(made.iter().all(|facts| Arc::ptr_eq(facts, &made[0])));
    // Whoever still holds an older state of the register is answered from that, and the newest stays.
    assert_eq!(ask(&older).join().unwrap().order.len(), 1);
    let kept = indexes.newest(&newer, now).unwrap();
    assert!(Arc::ptr_eq(&kept.facts, &made[0]) && indexes.newest(&older, now).is_none());
    // A clock that was set back: it is worked out once more, and not for each page.
    let before: Timestamp = "2026-05-01T00:00:00Z".parse().unwrap();
    let again = indexes.made(Arc::clone(&newer), before).facts;
    assert!(Arc::ptr_eq(&indexes.made(Arc::clone(&newer), before).facts, &again));
}
