//! Inquiries of residents: what the log says of them, the clocks that run on them, and that replaying needs no word of theirs.

use model::inquiry::InquiryKind;
use model::{DutyId, Fields, Sealed, Span, Subject};

use super::clocks::with;
use super::{City, replayed};
use crate::{Inquiry, InquiryError};

fn inquiry(kind: InquiryKind, about: Subject) -> Inquiry {
    let words = Some("What does it record?".to_owned());
    Inquiry { kind, about, fields: Fields([("words".to_owned(), words)].into()) }
}

fn deployment() -> Subject {
    Subject::Deployment { id: "congestion".parse().unwrap() }
}

#[test]
fn an_inquiry_is_in_the_log_as_a_statement_and_its_words_beside_it_until_they_are_erased() {
    let city = City::declared();
    let id = city.register.receive(&inquiry(InquiryKind::Objection, deployment())).unwrap();
    let state = city.register.state();
    let filed = &state.evidence[&id];
    assert_eq!((filed.evidence.kind.as_str(), filed.evidence.summary.as_str()), ("objection", "A resident objected."));
    assert_eq!(state.history[&"congestion".parse().unwrap()].last(), Some(&(state.size - 1)));
    let act = city.register.entries(state.size - 1, 1).unwrap().remove(0);
    assert!(!String::from_utf8(act.bytes).unwrap().contains("record"), "no word of it");
    let withdraw = format!(r#"{{"do":"withdraw-evidence","with":{{"evidence":"{id}"}}}}"#);
    let refused = city.register.submit(City::submission("city", Some("no"), &withdraw)).unwrap_err();
    assert!(refused.to_string().contains("nobody withdraws"), "{refused}");
    let Some(Sealed::Present(fields)) = city.register.inquiry(&id).unwrap() else { panic!("it can be read") };
    assert_eq!(fields.0["words"].as_deref(), Some("What does it record?"));
    assert_eq!((fields.0.len(), &fields.0["contact-mail"]), (3, &None), "what was left empty is sealed, too");
    assert_eq!(replayed(&city.register), *state);
    let erase = format!(r#"{{"do":"erase-payload","with":{{"entry":{}}}}}"#, state.inquiries[&id].entry);
    city.register.submit(City::submission("city", Some("asked for"), &erase)).unwrap();
    assert_eq!(city.register.inquiry(&id).unwrap(), Some(Sealed::Erased));
    assert_eq!(city.register.inquiry(&"none".parse().unwrap()).unwrap(), None);
    assert_eq!(replayed(&city.register), *city.register.state());
}

#[test]
fn an_inquiry_about_nothing_or_without_words_is_not_taken() {
    let city = City::declared();
    let size = city.register.state().size;
    let none = Subject::Deployment { id: "none".parse().unwrap() };
    let device = Subject::Device { id: "s1".parse().unwrap() };
    for about in [none, device] {
        let refused = city.register.receive(&inquiry(InquiryKind::Question, about));
        assert!(matches!(refused, Err(InquiryError::Unknown)), "{refused:?}");
    }
    let mut silent = inquiry(InquiryKind::Question, Subject::City);
    silent.fields = Fields::default();
    assert!(matches!(city.register.receive(&silent), Err(InquiryError::Words)));
    silent.fields.0.extend([("words".to_owned(), Some("Hello?".to_owned())), ("phone".to_owned(), None)]);
    assert!(matches!(city.register.receive(&silent), Err(InquiryError::Seal(_))), "a field that is not known");
    assert_eq!(city.register.state().size, size);
}

#[test]
fn an_objection_that_nobody_decides_is_overdue_after_a_month_and_one_that_is_decided_is_not() {
    let city = with(&[(
        "objection-decided",
        "about = \"deployment\"\nfrom = \"evidence/objection\"\nwithin = \"1mo\"\n\
         done_by = \"evidence/objection-decision\"\nsilence = \"escalate\"",
    )]);
    let duty: DutyId = "objection-decided".parse().unwrap();
    let (first, second) = (
        city.register.receive(&inquiry(InquiryKind::Objection, deployment())).unwrap(),
        city.register.receive(&inquiry(InquiryKind::Objection, deployment())).unwrap(),
    );
    city.register.receive(&inquiry(InquiryKind::Question, deployment())).unwrap();
    let decided = format!(
        r#"{{"do":"file-evidence","with":{{"id":"d1","about":{{"what":"deployment","id":"congestion"}},
        "kind":"objection-decision","on":"{}","signed_by":"city","summary":"Refused.","answers":"{first}"}}}}"#,
        city.clock_now()
    );
    city.register.submit(City::submission("city", None, &decided)).unwrap();
    let runs = city.register.rules().unwrap().clocks.runs(&city.register.state(), &deployment(), city.clock_now());
    assert_eq!(runs.len(), 2, "one clock for each objection and none for the question");
    assert_eq!(runs.iter().filter(|(_, run)| run.key.trigger.as_ref() == Some(&second)).count(), 1);
    city.clock.advance(Span::days(32));
    city.register.tick().unwrap();
    let state = city.register.state();
    let lapsed: Vec<_> = state.open_lapses(&deployment()).map(|lapse| lapse.what.run.trigger.clone()).collect();
    assert_eq!(lapsed, [Some(second)], "and the first was decided in time");
    assert!(state.overdue(&deployment()).contains(&duty));
    assert_eq!(replayed(&city.register), *state);
}
