//! What is worked out in memory, held against an independent count of the same sightings.

use model::Stream;
use proptest::prelude::*;

use super::*;
use crate::raw::{RawObservation, RawValue};
use crate::recipe::Recipe;
use crate::treat::Treating;

const SENSORS: [&str; 3] = ["cam-a", "cam-b", "cam-c"];

fn stream(treatment: &str, bin: &str) -> Stream {
    let json = format!(
        r#"{{"id":"plates","time":{{"do":"bin","bin":"{bin}"}},"retention":"1d","properties":{{
        "plate":{{"category":"number-plate","value":"text","treatment":{treatment}}}}}}}"#
    );
    serde_json::from_str(&json).unwrap()
}

fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(noon().millis() + seconds * 1_000)
}

/// A memory that heard everything since the day before.
fn memory(recipe: &Recipe) -> Memory {
    let mut memory = Memory::new(recipe.work().unwrap(), EpochKey::new([5; 32]), at(-100_000));
    memory.advance(noon());
    memory
}

/// One batch: (seconds after noon, sensor, plate).
fn sightings(recipe: &Recipe, memory: &Memory, seen: &[(i64, u32, u32)], newest: i64) -> Sightings {
    let devices = SENSORS.map(|id| id.parse().unwrap()).to_vec();
    let none = crate::EpochKeys::new(&"plates".parse().unwrap());
    let mut treating = Treating::new(recipe, &none, None, devices).for_memory(memory.keys(at(newest)));
    for &(seconds, sensor, plate) in seen {
        let values = [RawValue::Text(format!("AB{plate:04}").into())];
        treating.push(&RawObservation { at: at(seconds), device: sensor, values: &values }).unwrap();
    }
    treating.sightings()
}

/// A row in the words of a test: bin, sensor, from, class, number.
type Line = (i64, String, Option<String>, Option<i64>, i64);

fn lines(columns: &Columns) -> Vec<Line> {
    let integer = |name: &str, row: usize| match columns.column(&name.parse().unwrap()) {
        Some(Column::Integer(values)) => values[row],
        _ => None,
    };
    let from = |row: usize| match columns.column(&FROM.parse().unwrap()) {
        Some(Column::Text(texts)) => texts.get(row).map(str::to_owned),
        _ => None,
    };
    let line = |row: usize| {
        let number = integer("plate", row).unwrap_or_else(|| i64::from(columns.count(row)));
        let bin = (columns.time(row).millis() - noon().millis()) / 1_000;
        (bin, columns.device(row).unwrap().to_string(), from(row), integer(DURATION, row), number)
    };
    let mut lines: Vec<Line> = (0..columns.len()).map(line).collect();
    lines.sort();
    lines
}

/// Everything through one memory, in batches, with the clock going on between them; each row is stored once.
fn played(recipe: &Recipe, batches: &[Vec<(i64, u32, u32)>], clock: &[i64]) -> (Vec<Line>, u64) {
    let mut memory = memory(recipe);
    let (mut all, mut late) = (Vec::new(), 0);
    for (batch, &now) in batches.iter().zip(clock) {
        late += memory.take(&sightings(recipe, &memory, batch, 200_000)).unwrap();
        memory.advance(at(now));
        all.extend(lines(memory.ready().get()));
        memory.stored();
    }
    memory.advance(at(400_000));
    all.extend(lines(memory.ready().get()));
    memory.stored();
    assert!(memory.is_empty() && memory.ready().get().is_empty(), "nothing is left in memory");
    all.sort();
    (all, late)
}

const BIN: i64 = 900;
const WITHIN: i64 = 600;

/// Something that happened: its bin, whose it was, when it was known, its sensor, where it came from, its class.
type Happened = (i64, u32, i64, u32, Option<u32>, Option<i64>);

/// Each plate once in each cell of a bin, in the first cells only.
fn grouped(mut rows: Vec<Happened>, most: usize) -> Vec<Line> {
    rows.sort_unstable();
    let mut numbers: BTreeMap<_, i64> = BTreeMap::new();
    for of_plate in rows.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let mut cells = Vec::new();
        for &(bin, _, _, sensor, from, class) in of_plate {
            if !cells.contains(&(sensor, from)) && cells.len() < most {
                cells.push((sensor, from));
                *numbers.entry((bin, sensor, from, class)).or_default() += 1;
            }
        }
    }
    let name = |sensor: u32| SENSORS[sensor as usize].to_owned();
    let line =
        |((bin, sensor, from, class), number): (_, i64)| (bin, name(sensor), Option::map(from, name), class, number);
    let mut lines: Vec<Line> = numbers.into_iter().map(line).collect();
    lines.sort();
    lines
}

fn class(seconds: i64) -> i64 {
    [300, 60].into_iter().find(|edge| seconds >= *edge).unwrap_or(0)
}

/// Each plate's sightings, in their order, worked out one plate at a time.
fn by_plate(seen: &[(i64, u32, u32)]) -> BTreeMap<u32, Vec<(i64, u32)>> {
    let mut plates: BTreeMap<u32, Vec<(i64, u32)>> = BTreeMap::new();
    seen.iter().for_each(|&(seconds, sensor, plate)| plates.entry(plate).or_default().push((seconds, sensor)));
    for sightings in plates.values_mut() {
        sightings.sort_unstable();
        sightings.dedup();
    }
    plates
}

fn journeys_of(seen: &[(i64, u32, u32)], most: usize) -> Vec<Line> {
    let plates = by_plate(seen);
    let pairs = plates.iter().flat_map(|(plate, sightings)| sightings.windows(2).map(move |pair| (*plate, pair)));
    let journey = |(plate, pair): (u32, &[(i64, u32)])| {
        let ((left, from), (arrived, to)) = (pair[0], pair[1]);
        let moved = from != to && arrived - left <= WITHIN;
        moved.then(|| (bin_of(arrived), plate, arrived, to, Some(from), Some(class(arrived - left))))
    };
    grouped(pairs.filter_map(journey).collect(), most)
}

fn bin_of(seconds: i64) -> i64 {
    seconds - seconds.rem_euclid(BIN)
}

fn stays_of(seen: &[(i64, u32, u32)], most: usize) -> Vec<Line> {
    let mut stays = Vec::new();
    for (plate, sightings) in by_plate(seen) {
        for sensor in 0..3 {
            let times: Vec<i64> = sightings.iter().filter(|seen| seen.1 == sensor).map(|seen| seen.0).collect();
            let gaps = (1..times.len()).filter(|&place| times[place] - times[place - 1] > WITHIN);
            let starts: Vec<usize> = std::iter::once(0).chain(gaps).collect();
            for (number, &start) in starts.iter().enumerate().filter(|_| !times.is_empty()) {
                let end = starts.get(number + 1).copied().unwrap_or(times.len()) - 1;
                let last = times[end];
                stays.push((bin_of(last), plate, last + WITHIN, sensor, None, Some(class(last - times[start]))));
            }
        }
    }
    grouped(stays, most)
}

fn tally_of(seen: &[(i64, u32, u32)]) -> Vec<Line> {
    grouped(seen.iter().map(|&(at, sensor, plate)| (bin_of(at), plate, at, sensor, None, None)).collect(), 3)
}

const JOURNEY: &str = r#"{"do":"journey","within":"10m","classes":["1m","5m"]}"#;
const DWELL: &str = r#"{"do":"dwell","within":"10m","classes":["1m","5m"]}"#;
const TALLY: &str = r#"{"do":"tally"}"#;

/// The same, in one cell of a bin.
fn once(treatment: &str) -> String {
    treatment.replacen('}', r#","most":1}"#, 1)
}

fn seen() -> impl Strategy<Value = Vec<(i64, u32, u32)>> {
    prop::collection::vec((0_i64..7_200, 0_u32..3, 0_u32..12), 0..200)
}

proptest! {
    #[test]
    fn what_is_worked_out_is_what_an_independent_count_gives_however_it_arrives(
        seen in seen(), cuts in prop::collection::vec(0_usize..200, 0..6), shuffled in any::<prop::sample::Index>()
    ) {
        for (treatment, expected) in [
            (JOURNEY.to_owned(), journeys_of(&seen, usize::MAX)), (DWELL.to_owned(), stays_of(&seen, usize::MAX)),
            (TALLY.to_owned(), tally_of(&seen)), (once(JOURNEY), journeys_of(&seen, 1)), (once(DWELL), stays_of(&seen, 1)),
        ] {
            let recipe = Recipe::compile(&stream(&treatment, "15m"), &|_| None).unwrap();
            // At once, in any order, with the clock standing still.
            let mut rotated = seen.clone();
            if !rotated.is_empty() {
                let by = shuffled.index(rotated.len());
                rotated.rotate_left(by);
            }
            prop_assert_eq!(played(&recipe, &[rotated], &[0]).0, expected.clone());
            // As it happens, in batches, with the clock going on behind each.
            let mut ordered = seen.clone();
            ordered.sort_unstable();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (ordered.len() + 1)).collect();
            cuts.extend([0, ordered.len()]);
            cuts.sort_unstable();
            let batches: Vec<_> = cuts.windows(2).map(|pair| ordered[pair[0]..pair[1]].to_vec()).collect();
            let clock: Vec<i64> = cuts[1..].iter().map(|&cut| ordered.get(cut).map_or(7_200, |next| next.0)).collect();
            let (lines, late) = played(&recipe, &batches, &clock);
            prop_assert_eq!((lines, late), (expected, 0));
        }
    }
}

proptest! {
    #[test]
    fn where_a_tally_counts_once_everybody_is_at_one_sensor_whoever_else_is_there(seen in seen()) {
        let recipe = Recipe::compile(&stream(&once(TALLY), "15m"), &|_| None).unwrap();
        let sums = |lines: &[Line]| {
            let mut sums: BTreeMap<i64, i64> = BTreeMap::new();
            lines.iter().for_each(|line| *sums.entry(line.0).or_default() += line.4);
            sums
        };
        let (all, _) = played(&recipe, std::slice::from_ref(&seen), &[0]);
        let plates: BTreeSet<(i64, u32)> = seen.iter().map(|&(at, _, plate)| (bin_of(at), plate)).collect();
        let mut expected: BTreeMap<i64, i64> = BTreeMap::new();
        plates.iter().for_each(|(bin, _)| *expected.entry(*bin).or_default() += 1);
        prop_assert_eq!(sums(&all), expected);
        // One plate less changes one number of each bin that it was in, by one.
        let without: Vec<_> = seen.into_iter().filter(|row| row.2 != 3).collect();
        let (less, _) = played(&recipe, &[without], &[0]);
        let number = |lines: &[Line], of: &Line| {
            lines.iter().find(|line| (line.0, &line.1) == (of.0, &of.1)).map_or(0, |line| line.4)
        };
        for bin in plates.iter().map(|(bin, _)| *bin).collect::<BTreeSet<_>>() {
            let moved: i64 = all.iter().filter(|line| line.0 == bin).map(|line| line.4 - number(&less, line)).sum();
            prop_assert_eq!(moved, i64::from(plates.contains(&(bin, 3))));
            prop_assert!(all.iter().filter(|line| line.0 == bin).all(|line| line.4 - number(&less, line) >= 0));
        }
    }
}

#[test]
fn a_plate_that_is_seen_once_leaves_nothing_and_is_forgotten() {
    let recipe = Recipe::compile(&stream(JOURNEY, "15m"), &|_| None).unwrap();
    let mut memory = memory(&recipe);
    memory.take(&sightings(&recipe, &memory, &[(10, 0, 1), (20, 1, 2), (30, 1, 3), (50, 2, 3)], 100)).unwrap();
    assert_eq!(memory.len(), 4);
    memory.advance(at(51));
    assert_eq!(memory.len(), 4, "where each of three was last seen, and who has counted in this bin");
    memory.advance(at(651));
    assert_eq!(memory.len(), 1);
    memory.advance(at(900));
    assert!(memory.is_empty(), "the bin is over");
    assert_eq!(lines(memory.ready().get()), [(0, "cam-c".to_owned(), Some("cam-b".to_owned()), Some(0), 1)]);
    let mut bytes = Vec::new();
    memory.ready().get().encode(&mut bytes);
    let shown = format!("{memory:?} {:?} {:?}", memory.ready(), sightings(&recipe, &memory, &[(901, 0, 1)], 999));
    for plate in ["AB0001", "AB0002", "AB0003"] {
        assert!(!bytes.windows(6).any(|part| part == plate.as_bytes()) && !shown.contains(plate));
    }
}

#[test]
fn origin_and_destination_alone_have_no_duration() {
    let recipe = Recipe::compile(&stream(r#"{"do":"journey","within":"10m","classes":[]}"#, "15m"), &|_| None).unwrap();
    let (lines, _) = played(&recipe, &[vec![(10, 0, 1), (20, 1, 1), (500, 0, 2), (620, 1, 2)]], &[0]);
    assert_eq!(lines, [(0, "cam-b".to_owned(), Some("cam-a".to_owned()), None, 2)]);
}

#[test]
fn a_bin_that_was_not_heard_whole_is_a_gap() {
    for (treatment, first) in [(TALLY, 900), (JOURNEY, 900), (DWELL, 900)] {
        let recipe = Recipe::compile(&stream(treatment, "15m"), &|_| None).unwrap();
        // The process began a minute after noon: the tally misses one minute, journeys and stays their beginnings.
        let mut memory = Memory::new(recipe.work().unwrap(), EpochKey::new([5; 32]), at(60));
        let seen: Vec<(i64, u32, u32)> =
            (0..60).flat_map(|minute| [(60 + 60 * minute, 0, 1), (75 + 60 * minute, 1, 1)]).collect();
        memory.take(&sightings(&recipe, &memory, &seen, 5_000)).unwrap();
        memory.advance(at(20_000));
        let lines = lines(memory.ready().get());
        assert!(lines.iter().all(|line| line.0 >= first), "{treatment}: {lines:?}");
        assert_eq!(lines.is_empty(), treatment == DWELL, "who was there from the start is in no class");
    }
}

#[test]
fn what_never_leaves_is_remembered_for_a_day_and_not_longer() {
    let recipe = Recipe::compile(&stream(DWELL, "1h"), &|_| None).unwrap();
    let seen: Vec<(i64, u32, u32)> = (0..40 * 12).map(|step| (step * 300, 0, 1)).collect();
    let (lines, _) = played(&recipe, &[seen], &[0]);
    let bins: Vec<(i64, Option<i64>)> = lines.iter().map(|line| (line.0, line.3)).collect();
    assert_eq!(bins, [(23 * 3_600, Some(300)), (39 * 3_600, Some(300))]);
}

#[test]
fn what_comes_late_is_said_to_be_late_and_counts_in_no_number() {
    for treatment in [TALLY, JOURNEY, DWELL] {
        let recipe = Recipe::compile(&stream(treatment, "15m"), &|_| None).unwrap();
        let mut memory = memory(&recipe);
        let early = sightings(&recipe, &memory, &[(10, 0, 1), (20, 1, 1)], 2_000);
        memory.advance(at(1_800));
        assert_eq!(memory.take(&early), Ok(2), "tagged before, late all the same");
        let after = sightings(&recipe, &memory, &[(10, 0, 1), (20, 1, 1)], 2_000);
        assert_eq!(memory.take(&after), Ok(2));
        memory.advance(at(40_000));
        assert!(memory.ready().get().is_empty());
    }
}

#[test]
fn what_is_full_takes_nothing_of_a_batch_and_says_nothing_of_who_is_in_it() {
    let recipe = Recipe::compile(&stream(TALLY, "15m"), &|_| None).unwrap();
    let mut memory = memory(&recipe);
    let one = sightings(&recipe, &memory, &[(10, 0, 1)], 100);
    let many = Sightings { seen: vec![one.seen[0]; SIGHTINGS_MAX], devices: one.devices.clone(), late: 0 };
    assert_eq!(memory.take(&many), Ok(0));
    assert_eq!(memory.take(&one), Err(Full), "though it is in the set already");
    assert_eq!(memory.len(), SIGHTINGS_MAX);
}

#[test]
fn the_key_of_a_bin_is_the_same_for_every_batch_and_another_for_every_bin() {
    let recipe = Recipe::compile(&stream(TALLY, "15m"), &|_| None).unwrap();
    let mut memory = memory(&recipe);
    let tags = |memory: &Memory| -> Vec<(i64, u64)> {
        let seen = [(1_000, 0, 1), (1_900, 0, 1), (2_800, 0, 1)];
        let sightings = sightings(&recipe, memory, &seen, 3_000);
        sightings.seen.iter().map(|one| (one.at.millis(), one.tag.unwrap())).collect()
    };
    let before = tags(&memory);
    let distinct: BTreeSet<u64> = before.iter().map(|row| row.1).collect();
    assert_eq!(distinct.len(), 3, "one plate in three bins is three plates");
    memory.advance(at(950));
    assert_eq!(tags(&memory), before);
    memory.advance(at(1_850));
    assert_eq!(tags(&memory), before[1..], "of a bin that is over nothing can be tagged any more");
}

#[test]
fn a_set_that_was_seized_after_its_bin_recognises_nobody() {
    let recipe = Recipe::compile(&stream(TALLY, "15m"), &|_| None).unwrap();
    let mut memory = memory(&recipe);
    let there: Vec<(i64, u32, u32)> = (0..200).map(|plate| (10, 0, plate)).collect();
    let tagged = |memory: &Memory, seconds: i64| -> HashSet<u64> {
        let known: Vec<(i64, u32, u32)> = (0..200).map(|plate| (seconds, 0, plate)).collect();
        sightings(&recipe, memory, &known, 8_000).seen.iter().filter_map(|one| one.tag).collect()
    };
    memory.take(&sightings(&recipe, &memory, &there, 8_000)).unwrap();
    let Held::Tally { sets, .. } = &memory.held else { panic!("a tally") };
    let set = sets[&(noon(), 0)].clone();
    assert_eq!(set, tagged(&memory, 10), "with the key of its bin everybody is recognised");
    memory.advance(at(900));
    // All keys that there are from now on, for as far as a batch may reach.
    assert!(tagged(&memory, 10).is_empty(), "of the bin itself there is no key");
    for bin in 1..9 {
        assert!(set.is_disjoint(&tagged(&memory, bin * 900 + 10)));
    }
}

#[test]
fn what_is_worked_out_has_no_name_that_its_numbers_have() {
    for name in [FROM, DURATION] {
        let text =
            serde_json::to_string(&stream(JOURNEY, "15m")).unwrap().replace("\"plate\":", &format!("\"{name}\":"));
        let error = Recipe::compile(&serde_json::from_str(&text).unwrap(), &|_| None).unwrap_err();
        assert!(matches!(error, crate::RecipeError::Reserved { .. }), "{error}");
    }
}
