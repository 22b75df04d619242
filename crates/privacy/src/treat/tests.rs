//! Each treatment, each refusal, and a search for what must not be left.

use std::sync::Arc;

use model::{Epoch, EpochLength, Point, Span, Stream};
use proptest::prelude::*;

use super::*;
use crate::hotlist::HotListKey;
use crate::keys::EpochKey;
use crate::opt_out::OptOut;

const ADDRESS: &str = "88:78:73:8d:98:75";
const PLATE: &str = "4B7 1234";

/// A stream with properties as `name: (category, value, treatment)`.
fn stream(time: &str, properties: &[(&str, &str, &str, &str)]) -> Stream {
    let property = |(name, category, value, treatment): &(&str, &str, &str, &str)| {
        format!(r#""{name}":{{"category":"{category}","value":"{value}","treatment":{{"do":{treatment}}}}}"#)
    };
    let properties: Vec<String> = properties.iter().map(property).collect();
    let json = format!(r#"{{"id":"s","time":{time},"retention":"24h","properties":{{{}}}}}"#, properties.join(","));
    serde_json::from_str(&json).unwrap()
}

const KEEP: &str = r#"{"do":"keep"}"#;
const MINUTE: &str = r#"{"do":"bin","bin":"1m"}"#;

/// Every treatment at once, but match.
fn all() -> Stream {
    stream(
        MINUTE,
        &[
            ("band", "signal-strength", "number", r#""band","width":5"#),
            ("cell", "device-health", "point", r#""cell","resolution":9"#),
            ("kept", "device-health", "text", r#""keep""#),
            ("level", "signal-strength", "integer", r#""band","width":10"#),
            ("mac", "mac-address", "text", r#""pseudonymise","epoch":"24h""#),
            ("ok", "device-health", "boolean", r#""keep""#),
            ("ssid", "network-name", "text", r#""drop""#),
        ],
    )
}

fn at() -> Timestamp {
    "2026-06-01T12:00:42.5Z".parse().unwrap()
}

fn keys() -> EpochKeys {
    let mut keys = EpochKeys::new(&"s".parse().unwrap());
    let length = EpochLength::new(Span::hours(24)).unwrap();
    keys.insert(Epoch(length.window(at())), Arc::new(EpochKey::new([7; 32])));
    keys
}

fn devices() -> Vec<DeviceId> {
    ["a", "b"].map(|id| id.parse().unwrap()).to_vec()
}

fn values() -> Vec<RawValue<'static>> {
    vec![
        RawValue::Number(-71.5),
        RawValue::Point(Point::new(16.6068, 49.1951).unwrap()),
        RawValue::Text("fine".into()),
        RawValue::Integer(-71),
        RawValue::Text(ADDRESS.into()),
        RawValue::Boolean(true),
        RawValue::Text("the network of a home".into()),
    ]
}

fn raw<'a>(values: &'a [RawValue<'a>]) -> RawObservation<'a> {
    RawObservation { at: at(), device: 1, values }
}

fn treated(stream: &Stream, values: &[RawValue<'_>]) -> Result<Columns, TreatError> {
    let (recipe, keys) = (Recipe::compile(stream, &|_| None).unwrap(), keys());
    let mut treating = Treating::new(&recipe, &keys, None, devices());
    treating.push(&raw(values))?;
    Ok(treating.finish().get().clone())
}

fn name(name: &str) -> PropertyName {
    name.parse().unwrap()
}

#[test]
fn each_value_goes_through_its_treatment() {
    let columns = treated(&all(), &values()).unwrap();
    let held = cell(Point::new(16.6068, 49.1951).unwrap(), 9.try_into().unwrap()).unwrap();
    assert_eq!(columns.time(0).to_string(), "2026-06-01T12:00:00Z");
    assert_eq!(columns.device(0).map(DeviceId::as_str), Some("b"));
    let names: Vec<&str> = columns.properties().iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["band", "cell", "kept", "level", "mac", "ok"], "what is dropped has no column");
    assert_eq!(columns.column(&name("band")), Some(&Column::Number(vec![Some(-75.0)])));
    assert_eq!(columns.column(&name("level")), Some(&Column::Integer(vec![Some(-80)])));
    assert_eq!(columns.column(&name("cell")), Some(&Column::Cell(vec![Some(held.0)])));
    assert_eq!(columns.column(&name("kept")), Some(&Column::Text([Some("fine")].into_iter().collect())));
    assert_eq!(columns.column(&name("ok")), Some(&Column::Boolean(vec![Some(true)])));
    let Some(Column::Tag(tags)) = columns.column(&name("mac")) else { panic!("a tag") };
    assert!(tags[0].is_some());
    assert_eq!(columns.scalar(&name("mac"), 0), None, "a tag is never handed over");
}

#[test]
fn what_was_not_sent_stays_unknown() {
    let nothing = treated(&all(), &[]).unwrap();
    assert_eq!(nothing.len(), 1);
    for (name, column) in nothing.properties() {
        let mut empty = column.clone();
        empty.truncate(0);
        empty.push_nothing();
        assert_eq!(column, &empty, "{name}");
    }
}

#[test]
fn a_wrong_value_is_refused_by_name_and_the_batch_stays_as_it_was() {
    let (stream, keys) = (all(), keys());
    let recipe = Recipe::compile(&stream, &|_| None).unwrap();
    let mut treating = Treating::new(&recipe, &keys, None, devices());
    treating.push(&raw(&values())).unwrap();
    let long = "x".repeat(TEXT_BYTES_MAX + 1);
    let cases = [
        (0, RawValue::Text("secret".into()), TreatError::Kind(name("band"))),
        (0, RawValue::Number(f64::NAN), TreatError::NotFinite(name("band"))),
        (0, RawValue::Number(f64::INFINITY), TreatError::NotFinite(name("band"))),
        (1, RawValue::Integer(3), TreatError::Kind(name("cell"))),
        (2, RawValue::Boolean(true), TreatError::Kind(name("kept"))),
        (2, RawValue::Text(long.as_str().into()), TreatError::TooLong(name("kept"))),
        (3, RawValue::Number(1.0), TreatError::Kind(name("level"))),
        (4, RawValue::Integer(3), TreatError::Kind(name("mac"))),
        (4, RawValue::Text(long.as_str().into()), TreatError::TooLong(name("mac"))),
        (5, RawValue::Text("true".into()), TreatError::Kind(name("ok"))),
    ];
    for (place, value, error) in cases {
        let mut wrong = values();
        wrong[place] = value;
        assert_eq!(treating.push(&raw(&wrong)), Err(error));
    }
    let elsewhere = RawObservation { device: 2, ..raw(&[]) };
    assert_eq!(treating.push(&elsewhere), Err(TreatError::Device));
    treating.push(&raw(&values())).unwrap();
    let columns = treating.finish();
    assert_eq!(columns.get().len(), 2);
    assert_eq!(columns.get().select(&[0]), columns.get().select(&[1]));
    assert_eq!(columns.get().select(&[0]), treated(&stream, &values()).unwrap());
}

#[test]
fn without_the_epochs_key_nothing_is_taken() {
    let stream = all();
    let (recipe, none) = (Recipe::compile(&stream, &|_| None).unwrap(), EpochKeys::new(&stream.id));
    let values = values();
    let mut treating = Treating::new(&recipe, &none, None, devices());
    assert_eq!(treating.push(&raw(&values)), Err(TreatError::NoKey(name("mac"))));
    let keys = keys();
    let mut treating = Treating::new(&recipe, &keys, None, devices());
    treating.push(&raw(&values)).unwrap();
    let tomorrow = RawObservation { at: at() + Span::hours(24), ..raw(&values) };
    assert_eq!(treating.push(&tomorrow), Err(TreatError::NoKey(name("mac"))), "though the address is remembered");
    assert_eq!(treating.finish().get().len(), 1);
}

#[test]
fn what_matches_nothing_leaves_no_trace_and_a_hit_leaves_its_entry() {
    let stream = stream(
        KEEP,
        &[("lane", "device-health", "text", r#""keep""#), ("plate", "number-plate", "text", r#""match","order":"o""#)],
    );
    let (recipe, keys) = (Recipe::compile(&stream, &|_| None).unwrap(), EpochKeys::new(&stream.id));
    let list = HotList::build(&HotListKey::new([1; 32]), &"o".parse().unwrap(), &["x1".to_owned(), PLATE.to_owned()]);
    let mut treating = Treating::new(&recipe, &keys, Some(&list), devices());
    let seen = |plate: &'static str| [RawValue::Text("left".into()), RawValue::Text(plate.into())];
    assert_eq!(treating.push(&raw(&seen("9Z9 9999"))), Ok(Fate::NoTrace));
    assert_eq!(treating.push(&raw(&[RawValue::Text("left".into())])), Ok(Fate::NoTrace), "no plate, no match");
    assert_eq!(treating.push(&raw(&seen("4b7-1234"))), Ok(Fate::Kept));
    assert_eq!(treating.push(&raw(&seen(""))), Ok(Fate::NoTrace));
    let columns = treating.finish();
    assert_eq!(columns.get().len(), 1);
    assert_eq!(columns.get().column(&name("plate")), Some(&Column::Entry(vec![Some(1)])));
    let mut unlisted = Treating::new(&recipe, &keys, None, devices());
    assert_eq!(unlisted.push(&raw(&seen("9Z9 9999"))), Err(TreatError::NoList(name("plate"))));
}

#[test]
fn counting_merges_what_is_otherwise_equal() {
    let stream = stream(
        MINUTE,
        &[("class", "vehicle-class", "text", r#""keep""#), ("plate", "number-plate", "text", r#""count""#)],
    );
    let (recipe, keys) = (Recipe::compile(&stream, &|_| None).unwrap(), EpochKeys::new(&stream.id));
    let mut treating = Treating::new(&recipe, &keys, None, devices());
    let seen = [("car", 0, 0), ("bus", 0, 0), ("car", 0, 10), ("car", 1, 10), ("car", 0, 60), ("car", 0, 17)];
    for (number, (class, device, seconds)) in seen.into_iter().enumerate() {
        let values = [RawValue::Text(class.into()), RawValue::Text(format!("PLATE{number}").into())];
        treating.push(&RawObservation { at: at() + Span::seconds(seconds), device, values: &values }).unwrap();
    }
    let columns = treating.finish();
    assert_eq!(columns.get().counts(), [3, 1, 1, 1]);
    assert_eq!(columns.get().column(&name("plate")), None);
}

/// Ways in which a value could stand in bytes.
fn spellings(value: &str) -> Vec<Vec<u8>> {
    let bare: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut spellings = vec![value.as_bytes().to_vec(), bare.to_lowercase().into(), bare.to_uppercase().into()];
    spellings.push(value.encode_utf16().flat_map(u16::to_le_bytes).collect());
    let binary: Option<Vec<u8>> =
        (0..bare.len() / 2).map(|at| u8::from_str_radix(&bare[2 * at..2 * at + 2], 16).ok()).collect();
    if let Some(binary) = binary {
        spellings.push(binary.iter().rev().copied().collect());
        spellings.push(binary);
    }
    spellings
}

fn holds(bytes: &[u8], value: &str) -> bool {
    spellings(value).iter().any(|spelling| bytes.windows(spelling.len()).any(|window| window == spelling))
}

#[test]
fn no_raw_value_is_in_the_bytes_in_debug_or_in_an_error() {
    let stream = all();
    let columns = treated(&stream, &values()).unwrap();
    let mut bytes = Vec::new();
    columns.encode(&mut bytes);
    let shown = format!("{columns:?} {:?} {:?} {:?}", columns.properties(), values(), raw(&values()));
    for secret in [ADDRESS, "the network of a home"] {
        assert!(!holds(&bytes, secret), "stored");
        assert!(!holds(shown.as_bytes(), secret), "shown");
    }
    for value in ["fine", "-71", "16.6068", "49.1951"] {
        assert!(!shown.contains(value), "{value} is shown");
    }
    assert!(holds(&bytes, "fine"), "the search finds what is kept");
    let mut wrong = values();
    wrong[5] = RawValue::Text(ADDRESS.into());
    let error = treated(&stream, &wrong).unwrap_err();
    assert!(!holds(format!("{error} {error:?}").as_bytes(), ADDRESS));
}

#[test]
fn a_tag_is_one_for_a_device_within_a_stream_property_and_epoch() {
    let columns = |spelling: &'static str| {
        let mut values = values();
        values[4] = RawValue::Text(spelling.into());
        treated(&all(), &values).unwrap()
    };
    assert_eq!(columns(ADDRESS), columns("8878738D9875"));
    assert_ne!(columns(ADDRESS), columns("88:78:73:8d:98:76"));
}

fn town(id: &model::PlaceId) -> Option<model::Geometry> {
    let ring = match id.as_str() {
        "west" => "[[16,49],[16.5,49],[16.5,50],[16,50],[16,49]]",
        "east" => "[[16.5,49],[17,49],[17,50],[16.5,50],[16.5,49]]",
        _ => return None,
    };
    serde_json::from_str(&format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#)).ok()
}

#[test]
fn a_position_becomes_its_district_and_nothing_else_of_it_is_left() {
    let stream = stream(KEEP, &[("spot", "person-location", "point", r#""district","of":["west","east"]"#)]);
    let (recipe, keys) = (Recipe::compile(&stream, &town).unwrap(), EpochKeys::new(&stream.id));
    let mut treating = Treating::new(&recipe, &keys, None, devices());
    for longitude in [16.25, 16.5, 16.75, 18.0] {
        treating.push(&raw(&[RawValue::Point(Point::new(longitude, 49.5).unwrap())])).unwrap();
    }
    treating.push(&raw(&[])).unwrap();
    assert_eq!(treating.push(&raw(&[RawValue::Text("west".into())])), Err(TreatError::Kind(name("spot"))));
    let columns = treating.finish().get().clone();
    let expected = [Some("west"), Some("east"), Some("east"), Some("outside"), None].into_iter().collect();
    assert_eq!(columns.column(&name("spot")), Some(&Column::Text(expected)));
    let mut bytes = Vec::new();
    columns.encode(&mut bytes);
    let position = 16.25_f64.to_le_bytes();
    assert!(!bytes.windows(8).any(|window| window == position));
}

#[test]
fn who_opted_out_is_dropped_whole_and_what_is_wrong_is_said_first() {
    let recipe = Recipe::compile(&all(), &|_| None).unwrap();
    let mut list = OptOut::new([4; 32]);
    list.add(&recipe.slots()[recipe.slot("mac").unwrap()], "88-78-73-8D-98-75").unwrap();
    let keys = keys();
    let mut treating = Treating::new(&recipe, &keys, None, devices()).leaving_out(Some(&list));
    let mut other = values();
    other[4] = RawValue::Text("88:78:73:8d:98:76".into());
    assert_eq!(treating.push(&raw(&values())), Ok(Fate::NoTrace));
    assert_eq!(treating.push(&raw(&other)), Ok(Fate::Kept));
    assert_eq!(treating.push(&raw(&values())), Ok(Fate::NoTrace));
    let mut wrong = values();
    wrong[5] = RawValue::Integer(1);
    assert_eq!(treating.push(&raw(&wrong)), Err(TreatError::Kind(name("ok"))), "as of anybody else");
    assert_eq!(treating.push(&raw(&[])), Ok(Fate::Kept), "who is not told cannot be left out");
    let columns = treating.finish().get().clone();
    assert_eq!((columns.len(), columns.select(&[0])), (2, treated(&all(), &other).unwrap()));
    for (_, column) in columns.properties() {
        let mut shorter = column.clone();
        shorter.truncate(2);
        assert_eq!(&shorter, column, "nothing is left in any column");
    }
}

#[test]
fn without_the_keys_of_a_memory_nothing_is_worked_out_in_it() {
    let stream = stream(MINUTE, &[("mac", "mac-address", "text", r#""tally""#)]);
    let (recipe, keys) = (Recipe::compile(&stream, &|_| None).unwrap(), keys());
    let mut treating = Treating::new(&recipe, &keys, None, devices());
    assert_eq!(treating.push(&raw(&[RawValue::Text(ADDRESS.into())])), Err(TreatError::NoKey(name("mac"))));
    assert_eq!(treating.push(&raw(&[RawValue::Integer(1)])), Err(TreatError::Kind(name("mac"))));
    assert!(treating.finish().get().is_empty(), "and nothing of it is stored");
}

proptest! {
    #[test]
    fn what_is_clamped_lies_between_the_ends_and_tells_nothing_beyond_them(
        integer in any::<i64>(), number in -1e12..1e12_f64, lowest in -50_i32..50, span in 1_i32..200, width in 1_u32..90
    ) {
        let highest = lowest + span;
        let bare = format!(r#""clamp","lowest":{lowest},"highest":{highest}"#);
        let wide = format!(r#"{bare},"width":{width}"#);
        let stream = stream(KEEP, &[
            ("a", "people-count", "integer", &bare), ("b", "people-count", "integer", &wide),
            ("c", "people-count", "number", &bare), ("d", "people-count", "number", &wide),
        ]);
        let of = |integer: i64, number: f64| {
            let values = [RawValue::Integer(integer), RawValue::Integer(integer), RawValue::Number(number), RawValue::Number(number)];
            let columns = treated(&stream, &values).unwrap();
            let Some(Column::Integer(a)) = columns.column(&name("a")) else { panic!("an integer") };
            let Some(Column::Integer(b)) = columns.column(&name("b")) else { panic!("an integer") };
            let Some(Column::Number(c)) = columns.column(&name("c")) else { panic!("a number") };
            let Some(Column::Number(d)) = columns.column(&name("d")) else { panic!("a number") };
            (a[0].unwrap(), b[0].unwrap(), c[0].unwrap(), d[0].unwrap())
        };
        let (a, b, c, d) = of(integer, number);
        let (low, high) = (i64::from(lowest), i64::from(highest));
        prop_assert_eq!(a, integer.max(low).min(high));
        prop_assert!(b >= low && b <= a && a - b < i64::from(width) && (b - low) % i64::from(width) == 0);
        prop_assert_eq!(c, number.max(f64::from(lowest)).min(f64::from(highest)));
        prop_assert!(d >= f64::from(lowest) && d <= c && c - d < f64::from(width));
        // Whatever is beyond an end is one and the same.
        let (far, farther) = (of(high + 1, f64::from(highest) + 0.5), of(i64::MAX, 1e300));
        prop_assert_eq!(far, farther);
        prop_assert_eq!(of(low - 1, f64::from(lowest) - 0.5), of(i64::MIN, -1e300));
    }

    #[test]
    fn what_is_dropped_changes_nothing(one in ".{0,20}", other in ".{0,20}") {
        let with = |ssid: String| {
            let mut values = values();
            values[6] = RawValue::Text(ssid.into());
            treated(&all(), &values).unwrap()
        };
        prop_assert_eq!(with(one), with(other));
    }

    #[test]
    fn a_band_is_the_lower_edge_and_holds_its_value(integer in any::<i64>(), number in -1e12..1e12_f64) {
        let mut values = values();
        (values[0], values[3]) = (RawValue::Number(number), RawValue::Integer(integer));
        let columns = treated(&all(), &values).unwrap();
        let Some(Column::Integer(integers)) = columns.column(&name("level")) else { panic!("an integer") };
        let edge = integers[0].unwrap();
        prop_assert!(edge <= integer && i128::from(integer) - i128::from(edge) < 10);
        prop_assert!(edge % 10 == 0 || edge == i64::MIN);
        let Some(Column::Number(numbers)) = columns.column(&name("band")) else { panic!("a number") };
        let edge = numbers[0].unwrap();
        prop_assert!(edge <= number && number - edge < 5.0 && edge % 5.0 == 0.0);
    }

    #[test]
    fn counting_loses_no_observation(rows in proptest::collection::vec((0_u32..3, 0_u32..2, 0_u32..200), 0..40)) {
        let stream = stream(MINUTE, &[("lane", "device-health", "integer", r#""keep""#), ("plate", "number-plate", "text", r#""count""#)]);
        let (recipe, keys) = (Recipe::compile(&stream, &|_| None).unwrap(), EpochKeys::new(&stream.id));
        let mut treating = Treating::new(&recipe, &keys, None, devices());
        for &(lane, device, seconds) in &rows {
            let values = [RawValue::Integer(lane.into()), RawValue::Text("X".into())];
            treating.push(&RawObservation { at: at() + Span::seconds(seconds), device, values: &values }).unwrap();
        }
        let merged = treating.finish().get().clone();
        prop_assert_eq!(merged.counts().iter().sum::<u32>() as usize, rows.len());
        let keys: std::collections::BTreeSet<_> =
            (0..merged.len()).map(|row| (merged.times()[row], merged.device_numbers()[row], format!("{:?}", merged.scalar(&name("lane"), row)))).collect();
        prop_assert_eq!(keys.len(), merged.len(), "no two rows are equal");
    }
}
