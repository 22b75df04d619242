//! Orders: nothing but keyed tags comes near the journal.

use model::{Order, Span};

use super::City;
use crate::decide::Misfit;
use crate::{Command, Refusal, Submission, SubmitError};

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
