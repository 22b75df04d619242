//! Releases on made-up rows, and the laws that every release keeps.

mod measures;
mod worked;

use proptest::prelude::*;

use model::Measure;

use super::*;
use crate::columns::Column;

const MINUTE: i64 = 60_000;

fn stream() -> Stream {
    let json = r#"{"id":"wifi","time":{"do":"keep"},"retention":"24h","properties":{
        "mac":{"category":"mac-address","value":"text","treatment":{"do":"pseudonymise","epoch":"24h"}},
        "level":{"category":"water-level","value":"number","treatment":{"do":"keep"}}}}"#;
    serde_json::from_str(json).unwrap()
}

/// A stream about nobody, which may be measured in any way.
fn river() -> Stream {
    let json = r#"{"id":"wifi","time":{"do":"keep"},"retention":"24h","properties":{
        "level":{"category":"water-level","value":"number","treatment":{"do":"keep"}}}}"#;
    serde_json::from_str(json).unwrap()
}

fn view(measure: &str, minimum: u32, bound: Option<u32>) -> View {
    let bound = bound.map_or("null".to_owned(), |bound| bound.to_string());
    let json = format!(
        r#"{{"id":"counts","version":1,"stream":"wifi","title":"t","exposure":{{"as":"windows","bin":"15m","space":{{"by":"sensor"}},
        "measure":{measure}}},"identifiers":"none","minimum":{minimum},"bound":{bound},"noise":"none","delay":"0s","depth":"1d"}}"#
    );
    serde_json::from_str(&json).unwrap()
}

fn sensors() -> Vec<Sensor> {
    let sensor = |id: &str| Sensor::at(id.parse().unwrap(), Point::new(16.6, 49.2).unwrap());
    vec![sensor("a"), sensor("b"), sensor("c")]
}

/// Rows of (sensor number, tag, level); sensor 3 is not registered.
fn rows(rows: &[(u32, Option<u64>, f64)]) -> Columns {
    Columns::from_parts(
        ["a", "b", "c", "ghost"].map(|id| id.parse().unwrap()).to_vec(),
        rows.iter().map(|_| 5 * MINUTE).collect(),
        rows.iter().map(|row| row.0).collect(),
        vec![1; rows.len()],
        vec![
            ("level".parse().unwrap(), Column::Number(rows.iter().map(|row| Some(row.2)).collect())),
            ("mac".parse().unwrap(), Column::Tag(rows.iter().map(|row| row.1).collect())),
        ],
    )
    .unwrap()
}

fn window() -> Window {
    Window { start: model::Timestamp::from_millis(0), end: model::Timestamp::from_millis(15 * MINUTE) }
}

fn released(view: &View, observed: &[(u32, Option<u64>, f64)]) -> ReleasedTable {
    let Exposure::Windows { measure, .. } = &view.exposure else { unreachable!() };
    let stream = if matches!(measure, Measure::Distinct { .. }) { stream() } else { river() };
    release(view, &stream, window(), &sensors(), &[rows(observed)], None).unwrap().get().clone()
}

const DISTINCT: &str = r#"{"of":"distinct","property":"mac"}"#;

#[test]
fn few_and_none_look_alike() {
    let mut observed: Vec<_> = (0..10).map(|tag| (0, Some(tag), 0.0)).collect();
    observed.extend((0..9).map(|tag| (1, Some(tag), 0.0)));
    let table = released(&view(DISTINCT, 10, None), &observed);
    assert_eq!(table.rows, [ReleasedRow { cell: CellKey::Sensor("a".parse().unwrap()), class: None, value: 10 }]);
    assert_eq!(table.withheld, 2, "nine at b and nobody at c");
}

#[test]
fn an_unregistered_sensor_counts_nowhere() {
    let observed: Vec<_> = (0..20).map(|tag| (3, Some(tag), 0.0)).collect();
    let table = released(&view(DISTINCT, 10, None), &observed);
    assert_eq!((table.rows.len(), table.withheld), (0, 3));
}

#[test]
fn a_mean_is_in_thousandths_and_rounded_down() {
    let table = released(
        &view(r#"{"of":"mean","property":"level"}"#, 0, None),
        &[(0, None, 1.0), (0, None, 1.0), (0, None, 0.0)],
    );
    assert_eq!(table.rows[0].value, 666);
    assert_eq!(table.withheld, 2);
}

#[test]
fn a_mean_is_the_same_in_any_order_and_a_thousandth_is_not_lost() {
    let mean = |numbers: &[f64]| {
        let observed: Vec<_> = numbers.iter().map(|&number| (0, None, number)).collect();
        released(&view(r#"{"of":"mean","property":"level"}"#, 0, None), &observed).rows[0].value
    };
    assert_eq!(mean(&[1.001]), 1_001);
    assert_eq!(mean(&[0.1, 0.2, 1e9, -1e9]), mean(&[1e9, 0.1, -1e9, 0.2]));
    assert_eq!(mean(&[-0.0005]), -1, "down, not towards nought");
    assert_eq!(mean(&[-0.001, -0.001]), -1);
}

#[test]
fn a_mean_counts_numbers_and_not_rows_without_one() {
    let mut columns = rows(&[(0, None, 3.0), (0, None, 3.0)]);
    columns.properties[0].1 = Column::Number(vec![Some(3.0), None]);
    let mean = view(r#"{"of":"mean","property":"level"}"#, 2, None);
    let table = release(&mean, &river(), window(), &sensors(), &[columns], None).unwrap();
    assert_eq!((table.get().rows.len(), table.get().withheld), (0, 3));
}

#[test]
fn observations_add_up_the_counts_of_merged_rows() {
    let mut columns = rows(&[(0, None, 0.0), (0, None, 0.0), (1, None, 0.0)]);
    columns.counts = vec![4, 6, 9];
    let table =
        release(&view(r#"{"of":"observations"}"#, 10, None), &river(), window(), &sensors(), &[columns], None).unwrap();
    assert_eq!(table.get().rows, [ReleasedRow { cell: CellKey::Sensor("a".parse().unwrap()), class: None, value: 10 }]);
    assert_eq!(table.get().withheld, 2);
}

#[test]
fn rows_outside_the_window_count_nowhere() {
    let mut columns = rows(&[(0, Some(1), 0.0), (0, Some(2), 0.0), (0, Some(3), 0.0)]);
    columns.times = vec![-1, 15 * MINUTE, 15 * MINUTE - 1];
    let table = release(&view(DISTINCT, 1, None), &stream(), window(), &sensors(), &[columns], None).unwrap();
    assert_eq!(table.get().rows[0].value, 1);
}

#[test]
fn cells_and_the_whole_stream_are_grids_too() {
    let observed: Vec<_> = (0..12).map(|tag| (u32::try_from(tag % 3).unwrap(), Some(tag), 0.0)).collect();
    let resolution = 9.try_into().unwrap();
    let held = String::from(cell(Point::new(16.6, 49.2).unwrap(), resolution).unwrap());
    for (space, json) in
        [(Space::Stream, r#""stream""#.to_owned()), (Space::Cell { resolution }, format!(r#"{{"cell":"{held}"}}"#))]
    {
        let mut view = view(DISTINCT, 10, None);
        let Exposure::Windows { space: old, .. } = &mut view.exposure else { unreachable!() };
        *old = space;
        let table = released(&view, &observed);
        assert_eq!((table.rows.len(), table.rows[0].value, table.withheld), (1, 12, 0));
        assert_eq!(serde_json::to_string(&table.rows[0].cell).unwrap(), json);
    }
}

#[test]
fn a_district_counts_each_of_its_people_once_and_what_lies_in_none_is_outside() {
    let square = |west: f64| {
        let ring = [[west, 49.0], [west + 1.0, 49.0], [west + 1.0, 50.0], [west, 50.0], [west, 49.0]];
        serde_json::from_value(serde_json::json!({ "type": "Polygon", "coordinates": [ring] })).unwrap()
    };
    let at = |id: &str, longitude| Sensor::at(id.parse().unwrap(), Point::new(longitude, 49.5).unwrap());
    let sensors = vec![at("a", 16.2), at("b", 16.8), at("c", 19.0)];
    let mut by_district = view(DISTINCT, 10, None);
    let Exposure::Windows { space, .. } = &mut by_district.exposure else { unreachable!() };
    *space = serde_json::from_str(r#"{"by":"district","of":["west","east"]}"#).unwrap();
    let outline = |id: &PlaceId| match id.as_str() {
        "west" => Some(square(16.0)),
        "east" => Some(square(17.0)),
        _ => None,
    };
    let placed_at = placed(&by_district, sensors.clone(), &outline).unwrap();
    // Eight at a and eight at b, of whom four were at both: twelve in the west. Ten outside; nobody can be in the east.
    let mut observed: Vec<_> = (0..8).map(|tag| (0, Some(tag), 0.0)).collect();
    observed.extend((4..12).map(|tag| (1, Some(tag), 0.0)).chain((20..30).map(|tag| (2, Some(tag), 0.0))));
    let table = release(&by_district, &stream(), window(), &placed_at, &[rows(&observed)], None).unwrap().get().clone();
    let row = |name: &str, value| ReleasedRow { cell: CellKey::District(name.parse().unwrap()), class: None, value };
    assert_eq!((table.rows.as_slice(), table.withheld), ([row("outside", 10), row("west", 12)].as_slice(), 0));
    assert_eq!(serde_json::to_string(&table.rows[1].cell).unwrap(), r#"{"district":"west"}"#);
    // Sensors that were not placed count nowhere, and a place without an outline places none.
    let unplaced = release(&by_district, &stream(), window(), &sensors, &[rows(&observed)], None).unwrap();
    assert!(unplaced.get().rows.is_empty());
    let error = placed(&by_district, sensors, &|id| outline(id).filter(|_| id.as_str() == "west")).unwrap_err();
    assert!(matches!(error, ReleaseError::District { place, .. } if place.as_str() == "east"));
}

#[test]
fn the_json_of_a_table_is_as_documented() {
    let table = released(&view(DISTINCT, 2, None), &[(0, Some(1), 0.0), (0, Some(2), 0.0)]);
    let json = r#"{"stream":"wifi","view":"counts","version":1,"window":{"start":"1970-01-01T00:00:00Z","end":"1970-01-01T00:15:00Z"},"minimum":2,"rows":[{"cell":{"sensor":"a"},"value":2}],"withheld":2}"#;
    assert_eq!(serde_json::to_string(&table).unwrap(), json);
    assert_eq!(serde_json::from_str::<ReleasedTable>(json).unwrap(), table);
}

#[test]
fn a_property_that_is_not_there_or_has_another_form_releases_nothing() {
    for measure in [
        r#"{"of":"distinct","property":"level"}"#,
        r#"{"of":"distinct","property":"nowhere"}"#,
        r#"{"of":"mean","property":"mac"}"#,
        r#"{"of":"mean","property":"nowhere"}"#,
    ] {
        let result =
            release(&view(measure, 0, None), &river(), window(), &sensors(), &[rows(&[(0, Some(1), 0.0)])], None);
        assert!(matches!(result, Err(ReleaseError::Property { .. })), "{measure}");
    }
}

#[test]
fn of_people_nothing_but_distinct_people_is_released() {
    for measure in [r#"{"of":"observations"}"#, r#"{"of":"mean","property":"level"}"#] {
        // One phone, heard twenty times.
        let observed = rows(&[(0, Some(1), 0.0); 20]);
        let result = release(&view(measure, 10, None), &stream(), window(), &sensors(), &[observed], None);
        assert!(matches!(result, Err(ReleaseError::Unfit(Unfit::NotPeople { .. }))), "{measure}");
    }
}

#[test]
fn a_view_of_records_has_no_windows() {
    let records = View { exposure: Exposure::Records { fields: BTreeSet::new() }, ..view(DISTINCT, 0, None) };
    assert!(matches!(release(&records, &stream(), window(), &sensors(), &[], None), Err(ReleaseError::NoWindows(_))));
}

proptest! {
    #[test]
    fn no_number_is_below_the_minimum_and_order_does_not_matter(
        observed in proptest::collection::vec((0_u32..3, proptest::option::of(0_u64..30), 0.0..1.0), 0..80),
        minimum in 0_u32..12,
        bound in proptest::option::of(1_u32..3),
    ) {
        let view = view(DISTINCT, minimum, bound);
        let table = released(&view, &observed);
        prop_assert!(table.rows.iter().all(|row| row.value >= i64::from(minimum.max(1))));
        prop_assert_eq!(table.rows.len() as u64 + table.withheld, 3);
        let mut reversed = observed.clone();
        reversed.reverse();
        prop_assert_eq!(&released(&view, &reversed), &table);
    }

    #[test]
    fn one_unit_changes_at_most_its_bound_of_cells_by_one(
        // Few tags, so that some cells are seen by one unit alone.
        observed in proptest::collection::vec((0_u32..3, (0_u64..5).prop_map(Some), 0.0..1.0), 0..12),
        bound in 1_u32..4,
        tag in 0_u64..5,
    ) {
        let view = view(DISTINCT, 0, Some(bound));
        let value = |table: &ReleasedTable, id: &str| {
            let key = CellKey::Sensor(id.parse().unwrap());
            table.rows.iter().find(|row| row.cell == key).map_or(0, |row| row.value)
        };
        let with = released(&view, &observed);
        let without: Vec<_> = observed.into_iter().filter(|row| row.1 != Some(tag)).collect();
        let without = released(&view, &without);
        let changes: Vec<i64> = ["a", "b", "c"].iter().map(|id| (value(&with, id) - value(&without, id)).abs()).collect();
        prop_assert!(changes.iter().all(|&change| change <= 1));
        prop_assert!(changes.iter().sum::<i64>() <= i64::from(bound));
    }
}

/// A stream with a budget, and a view of it with noise.
fn budgeted() -> Stream {
    Stream { budget: Some("0.5".parse().unwrap()), ..stream() }
}

fn noised(minimum: u32, cells: u32, rho: &str) -> View {
    View { noise: Noise::Gaussian { rho: rho.parse().unwrap() }, ..view(DISTINCT, minimum, Some(cells)) }
}

fn paid_for(view: &View, stream: &Stream) -> Charged {
    crate::Ledger::default().charge(view, stream, window()).unwrap()
}

#[test]
fn every_cell_has_noise_and_the_minimum_is_held_against_the_noisy_number() {
    let random = testkit::SeededBytes::new(1);
    let (stream, open, ten) = (budgeted(), noised(0, 1, "0.02"), noised(10, 1, "0.02"));
    let observed: Vec<_> = (0..12).map(|tag| (0, Some(tag), 0.0)).collect();
    let table = |view: &View| {
        let paid = Some((paid_for(view, &stream), &random as &dyn Entropy));
        release(view, &stream, window(), &sensors(), &[rows(&observed)], paid).unwrap().get().clone()
    };
    let tables: Vec<ReleasedTable> = (0..400).map(|_| table(&open)).collect();
    let numbers = |at: usize| tables.iter().filter_map(move |table| Some(table.rows.get(at)?.value));
    let mean = |at| numbers(at).sum::<i64>() as f64 / 400.0;
    // A deviation of 5 each, so that means of 400 lie within 5 / 20 of the truth, nearly always within four times that.
    assert!((mean(0) - 12.0).abs() < 1.0, "{}", mean(0));
    assert!(mean(1).abs() < 1.0, "nobody was at b, and it has noise around nought: {}", mean(1));
    assert!(
        numbers(1).any(|value| value < 0) && tables.iter().all(|table| table.rows.len() == 3 && table.withheld == 0)
    );
    let withheld: Vec<ReleasedTable> = (0..400).map(|_| table(&ten)).collect();
    assert!(withheld.iter().flat_map(|table| &table.rows).all(|row| row.value >= 10));
    let shown =
        withheld.iter().filter(|table| table.rows.iter().any(|row| row.cell == CellKey::Sensor("a".parse().unwrap())));
    let share = shown.count();
    assert!((200..360).contains(&share), "12 with a deviation of 5 is at least 10 in about two of three: {share}");
    assert!(withheld.iter().all(|table| table.withheld == 3 - table.rows.len() as u64));
}

#[test]
fn a_window_with_noise_is_released_only_for_what_was_charged_for_it() {
    let random = testkit::SeededBytes::new(1);
    let (stream, view) = (budgeted(), noised(0, 1, "0.02"));
    let release = |paid: Option<Charged>| {
        release(&view, &stream, window(), &sensors(), &[], paid.map(|charged| (charged, &random as &dyn Entropy)))
    };
    assert!(release(Some(paid_for(&view, &stream))).is_ok());
    for paid in [None, Some(paid_for(&noised(0, 1, "0.01"), &stream))] {
        assert_eq!(release(paid), Err(ReleaseError::Unpaid("counts".parse().unwrap())));
    }
}

#[test]
fn a_table_with_noise_says_how_wide_it_is() {
    let random = testkit::SeededBytes::new(7);
    let (stream, view) = (budgeted(), noised(1000, 1, "0.02"));
    let paid = Some((paid_for(&view, &stream), &random as &dyn Entropy));
    let table = release(&view, &stream, window(), &sensors(), &[], paid).unwrap();
    let json = r#"{"stream":"wifi","view":"counts","version":1,"window":{"start":"1970-01-01T00:00:00Z","end":"1970-01-01T00:15:00Z"},"minimum":1000,"rows":[],"withheld":3,"noise":{"gaussian":{"rho":"0.02"}},"within":10}"#;
    assert_eq!(serde_json::to_string(table.get()).unwrap(), json);
    assert_eq!(&serde_json::from_str::<ReleasedTable>(json).unwrap(), table.get());
}
