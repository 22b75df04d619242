//! Orders: nothing but keyed tags comes near the journal.

use std::collections::BTreeSet;

use model::{Digest, DisclosureRecord, Order, PolicyHash, Seq, Span, ViewVersion, Window};

use super::City;
use crate::decide::Misfit;
use crate::{Command, Fact, Refusal, Submission, SubmitError};

const TAG: &str = "0123456789abcdef0123456789abcdef";
const PLATE: &str = "4B7 1234";

fn submission(city: &City, entries: u32, list: &str) -> Submission {
    let order = Order {
        id: "order-1".parse().unwrap(),
        party: "police".parse().unwrap(),
        authority: "Judge".to_owned(),
        deployment: "congestion".parse().unwrap(),
        until: city.start + Span::days(20),
        entries,
    };
    let command = Command::IssueOrder { order, list: list.to_owned() };
    Submission { by: "police".parse().unwrap(), reason: None, command }
}

#[test]
fn a_list_of_values_is_refused_and_no_word_and_no_file_holds_one() {
    let city = City::declared();
    let police = r#"{"do":"register-party","with":{"party":{"id":"police","name":"Police","kind":"law-enforcement"}}}"#;
    city.register.submit(City::submission("city", None, police)).unwrap();
    let size = city.register.state().size;
    let shown = format!("{:?}", submission(&city, 2, PLATE));
    assert!(shown.contains("order-1") && !shown.contains(PLATE), "{shown}");
    for list in [PLATE.to_owned(), format!("{PLATE}\n4B71234"), format!("{TAG}\n{PLATE}"), TAG.to_uppercase()] {
        for error in [
            city.register.submit(submission(&city, 2, &list)).unwrap_err(),
            city.register.preview(&[submission(&city, 2, &list)]).remove(0).unwrap_err(),
        ] {
            assert!(matches!(&error, SubmitError::Refused(Refusal::Misfit(Misfit::List(order))) if order == "order-1"));
            let told = format!("{error} {error:?}");
            assert!(!told.contains(PLATE) && !told.contains("4B7") && !told.contains("ABCDEF"), "{told}");
        }
    }
    assert_eq!(city.register.state().size, size);
    for file in std::fs::read_dir(city.folder.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        assert!(!bytes.windows(PLATE.len()).any(|window| window == PLATE.as_bytes()), "{}", path.display());
    }
}

#[test]
fn an_order_says_how_many_entries_its_list_has() {
    let city = City::declared();
    let police = r#"{"do":"register-party","with":{"party":{"id":"police","name":"Police","kind":"law-enforcement"}}}"#;
    city.register.submit(City::submission("city", None, police)).unwrap();
    let two = format!("{TAG}\n{TAG}");
    let refused = city.register.submit(submission(&city, 1, &two)).unwrap_err();
    assert!(refused.to_string().contains("1 entries, but it has 2"), "{refused}");
    assert!(city.register.submit(submission(&city, 1, "")).is_err());
    assert_eq!(city.register.submit(submission(&city, 2, &two)).unwrap().entries.len(), 1);
    // Asked again, as the city's folder does when the order is there already.
    assert!(city.register.submit(submission(&city, 2, "")).unwrap().entries.is_empty());
}

/// The declared city with a search for plates that has run since its first day.
fn searching() -> City {
    let city = City::declared();
    let submit =
        |by: &str, command: &str| city.register.submit(City::submission(by, Some("As it goes."), command)).unwrap();
    submit(
        "city",
        r#"{"do":"register-party","with":{"party":{"id":"police","name":"Police","kind":"law-enforcement"}}}"#,
    );
    submit(
        "police",
        r#"{"do":"propose","with":{"id":"search","title":"Search","description":"Compares plates.","accountable":"police",
        "place":"centre","technology":"number-plate-reader","purposes":["crime-investigation"],"legal_basis":"law-enforcement",
        "privacy_statement":"https://city.example/p","starts":"2026-06-01T00:00:00Z","ends":"2028-06-01T00:00:00Z","streams":[
        {"id":"plates","time":{"do":"keep"},"retention":"30d","properties":{
            "plate":{"category":"number-plate","value":"text","treatment":{"do":"match","order":"order-1"}}}}]}}"#,
    );
    submit(
        "office",
        r#"{"do":"sign-assessment","with":{"id":"sia","deployment":"search","instrument":"i","outcome":"acceptable",
        "summary":"Fine.","signed_by":"office","document":"1111111111111111111111111111111111111111111111111111111111111111",
        "review_by":"2027-06-01T00:00:00Z"}}"#,
    );
    submit("council", r#"{"do":"approve","with":{"deployment":"search","until":"2028-06-01T00:00:00Z"}}"#);
    submit("police", r#"{"do":"publish","with":{"deployment":"search"}}"#);
    submit("police", r#"{"do":"activate","with":{"deployment":"search"}}"#);
    city
}

/// The acts of a city, as JSON.
fn acts(city: &City) -> Vec<serde_json::Value> {
    let entries = city.register.entries(0, 10_000).unwrap();
    entries.iter().map(|entry| serde_json::from_slice(&entry.bytes).unwrap()).collect()
}

#[test]
fn the_log_is_the_same_whether_somebody_was_observed_or_nobody() {
    // Fifty days, an hour at a time: how many files went in each hour.
    let lived = |files: fn(u32) -> u64| {
        let city = searching();
        for hour in 0..24 * 50 {
            city.clock.advance(Span::hours(1));
            for stream in ["plates", "wifi"] {
                let before = city.register.now() - Span::days(30);
                let stream = stream.parse().unwrap();
                city.register.record(Fact::ObservationsDeleted { stream, before, files: files(hour) }).unwrap();
            }
        }
        acts(&city)
    };
    let (nobody, somebody) = (lived(|_| 0), lived(|hour| u64::from(hour % 7 == 3)));
    assert_eq!(nobody, somebody);
    let deletions: Vec<_> = nobody.iter().filter(|act| act["what"]["kind"] == "observations-deleted/1").collect();
    assert_eq!(deletions.len(), 2 * 20, "one a day and stream, from the first day that was observed on");
    assert!(deletions.iter().all(|act| act["what"]["body"].get("files").is_none()));
    assert!(deletions.iter().all(|act| act["what"]["body"]["before"].as_str().unwrap().ends_with("T00:00:00Z")));
}

#[test]
fn of_a_stream_about_nobody_each_deletion_is_told_as_it_is() {
    let city = City::declared();
    let propose = r#"{"do":"propose","with":{"id":"air","title":"Air","description":"Air.","accountable":"city","place":"centre",
        "technology":"air-quality-station","purposes":["air-quality"],"legal_basis":"not-personal",
        "starts":"2026-06-01T00:00:00Z","ends":"2028-06-01T00:00:00Z","streams":[{"id":"no2","time":{"do":"keep"},
        "retention":"30d","properties":{"no2":{"category":"air-quality","value":"number","treatment":{"do":"keep"}}}}]}}"#;
    city.register.submit(City::submission("city", None, propose)).unwrap();
    let record = |files| {
        let fact = Fact::ObservationsDeleted { stream: "no2".parse().unwrap(), before: city.start, files };
        city.register.record(fact).unwrap().entries.len()
    };
    assert_eq!((record(0), record(3)), (0, 1));
    assert_eq!(acts(&city).last().unwrap()["what"]["body"]["files"], 3);
}

#[test]
fn the_log_does_not_tell_how_many_hits_were_handed_over() {
    let disclosed = |rows: [u64; 2]| {
        let city = searching();
        for rows in rows {
            for (stream, rows) in [("plates", rows), ("wifi", 40)] {
                let make = |seq, salt| DisclosureRecord {
                    seq,
                    at: city.start,
                    recipient: "police".parse().unwrap(),
                    purpose: "crime-investigation".parse().unwrap(),
                    grant: "g".parse().unwrap(),
                    stream: stream.parse().unwrap(),
                    view: "v".parse().unwrap(),
                    version: ViewVersion(1),
                    window: Window { start: city.start, end: city.start },
                    rows,
                    withheld: 0,
                    content: Digest::new([1; 32]),
                    because: Vec::new(),
                    under: PolicyHash(Digest::new([2; 32])),
                    salt,
                    authorised_by: None,
                };
                city.register.record_disclosure(make).unwrap();
            }
        }
        city.register.batch_disclosures().unwrap();
        let state = city.register.state();
        let told: Vec<_> = state.disclosed.values().map(|totals| (totals.disclosures, totals.rows)).collect();
        assert_eq!(told, [(2, None), (2, Some(80))], "the number of disclosures is told, the number of hits is not");
        let salts: BTreeSet<_> =
            city.register.disclosure_records(Seq(0), 10).unwrap().iter().map(|record| record.salt).collect();
        assert_eq!(salts.len(), 4, "each record has its own, so that the root cannot be guessed");
        let mut batch = acts(&city).pop().unwrap();
        assert!(batch["what"]["body"]["root"].take().is_string());
        batch
    };
    assert_eq!(disclosed([0, 0]), disclosed([1, 2]));
}

#[test]
fn a_month_is_told_once_of_each_stream_about_nobody_and_never_of_another() {
    let city = super::months::city();
    let count = |month: &str, streams: &[&str]| {
        let of = |stream: &&str| model::Counted { stream: stream.parse().unwrap(), admitted: 9, refused: [].into() };
        let streams = streams.iter().map(of).collect();
        let told = model::ObservationsCounted { month: month.parse().unwrap(), streams };
        city.register.record(Fact::ObservationsCounted(told)).map(|receipt| receipt.entries.len())
    };
    assert!(count("2026-06", &["no2"]).is_err(), "June is not over");
    city.clock.advance(Span::days(32));
    assert_eq!(count("2026-06", &["wifi", "nowhere", "barrier"]).unwrap(), 0);
    assert_eq!(count("2026-06", &["wifi", "no2", "barrier"]).unwrap(), 1);
    assert_eq!(acts(&city).last().unwrap()["what"]["body"]["streams"].as_array().unwrap().len(), 1);
    assert_eq!(count("2026-06", &["no2"]).unwrap() + count("2026-05", &["no2"]).unwrap(), 0);
    city.clock.advance(Span::days(31));
    assert_eq!(count("2026-07", &["no2"]).unwrap(), 1);
    assert_eq!(city.reopen().unwrap().state().monthly, city.register.state().monthly);
}

#[test]
fn a_log_that_counts_the_observations_of_people_does_not_fold() {
    let city = City::declared();
    city.clock.advance(Span::days(32));
    let now = city.register.now();
    let counted = model::Counted { stream: "wifi".parse().unwrap(), admitted: 9, refused: [].into() };
    let told = model::ObservationsCounted { month: "2026-06".parse().unwrap(), streams: vec![counted] };
    let mut state = crate::State::clone(&city.register.state());
    let act = state.act_of(&"city".parse().unwrap(), now, None, model::What::ObservationsCounted(told));
    let error = state.apply(&act).unwrap_err();
    assert!(matches!(error, crate::state::ApplyError::CountsPeople { .. }), "{error}");
}
