//! Tokens: nobody comes by another's, and nobody becomes two.

use model::Digest;

use super::City;
use crate::{Refusal, SubmitError};

fn digest(byte: u8) -> Digest {
    Digest::new([byte; 32])
}

fn refused(city: &City, by: &str, command: &str) -> Refusal {
    match city.register.submit(City::submission(by, None, command)) {
        Err(SubmitError::Refused(refusal)) => refusal,
        other => panic!("{by}: {command}: {other:?}"),
    }
}

fn entries(city: &City, by: &str, command: &str) -> usize {
    city.register.submit(City::submission(by, None, command)).unwrap().entries.len()
}

fn party_token(party: &str, byte: u8) -> String {
    format!(r#"{{"do":"issue-party-credential","with":{{"party":"{party}","credential":"{}"}}}}"#, digest(byte))
}

fn device_token(device: &str, byte: u8) -> String {
    format!(r#"{{"do":"set-device-credential","with":{{"device":"{device}","credential":"{}"}}}}"#, digest(byte))
}

fn party(id: &str, kind: &str) -> String {
    format!(r#"{{"do":"register-party","with":{{"party":{{"id":"{id}","name":"{id}","kind":"{kind}"}}}}}}"#)
}

/// The declared city with a department, a vendor and a company that answer for nothing.
fn with_strangers() -> City {
    let city = City::declared();
    for (id, kind) in [("roads", "city-department"), ("installer", "vendor"), ("boards", "company")] {
        entries(&city, "city", &party(id, kind));
    }
    city
}

#[test]
fn no_department_issues_itself_the_token_of_an_officer_or_of_anybody_else() {
    let city = with_strangers();
    let size = city.register.state().size;
    for (by, whose) in
        [("roads", "office"), ("roads", "council"), ("roads", "city"), ("office", "council"), ("council", "installer")]
    {
        let refusal = refused(&city, by, &party_token(whose, 1));
        assert!(matches!(refusal, Refusal::NotTheIssuer { .. }), "{refusal}");
        let words = refusal.to_string();
        assert!(words.contains(&format!("party `{whose}`")) && words.contains("`city`"), "{words}");
    }
    assert_eq!(city.register.state().size, size);
    assert_eq!(city.register.state().party_with(&digest(1)), None);
    // The founder gives it, and the bearer changes it.
    assert_eq!(entries(&city, "city", &party_token("office", 1)), 1);
    assert_eq!(entries(&city, "office", &party_token("office", 2)), 1);
    assert_eq!(entries(&city, "office", &party_token("office", 2)), 0, "it is so already");
    let state = city.register.state();
    assert_eq!(state.party_with(&digest(2)).map(|party| party.id.as_str()), Some("office"));
    assert_eq!(state.party_with(&digest(1)), None, "the earlier one is no more");
}

#[test]
fn a_devices_token_is_set_by_who_answers_for_it_or_by_the_founder() {
    let city = with_strangers();
    let propose = r#"{"do":"propose","with":{"id":"river","title":"River","description":"Levels.","accountable":"roads",
        "place":"centre","technology":"river-gauge","purposes":["disaster-response"],"legal_basis":"not-personal",
        "starts":"2026-06-01T00:00:00Z","ends":"2028-06-01T00:00:00Z","streams":[{"id":"level","time":{"do":"keep"},
        "retention":"30d","properties":{"cm":{"category":"water-level","value":"number","treatment":{"do":"keep"}}}}]}}"#;
    entries(&city, "roads", propose);
    let device = |id: &str, credential: &str| {
        format!(
            r#"{{"do":"register-device","with":{{"id":"{id}","deployment":"river","stream":"level","position":[16.6,49.2]{credential}}}}}"#
        )
    };
    entries(&city, "roads", &device("gauge", ""));
    for by in ["installer", "council"] {
        assert!(matches!(refused(&city, by, &device_token("gauge", 1)), Refusal::NotTheIssuer { .. }), "{by}");
    }
    // A device that is entered with a token comes by it no more easily.
    let with_token = device("gauge-2", &format!(r#","credential":"{}""#, digest(1)));
    assert!(matches!(refused(&city, "installer", &with_token), Refusal::NotTheIssuer { .. }));
    assert_eq!(entries(&city, "roads", &device_token("gauge", 1)), 1);
    assert_eq!(entries(&city, "city", &device_token("gauge", 2)), 1);
    assert_eq!(entries(&city, "roads", &with_token), 1);
    // Another deployment's devices are not its own.
    assert!(matches!(refused(&city, "roads", &device_token("s1", 3)), Refusal::NotTheIssuer { .. }));
}

#[test]
fn one_token_has_one_bearer() {
    let city = with_strangers();
    entries(&city, "city", &party_token("office", 1));
    entries(&city, "city", &device_token("s1", 2));
    let device = format!(
        r#"{{"do":"register-device","with":{{"id":"s2","deployment":"congestion","stream":"wifi","position":[16.6,49.2],"credential":"{}"}}}}"#,
        digest(1)
    );
    for command in [party_token("council", 1), party_token("council", 2), device_token("s1", 1), device] {
        let refusal = refused(&city, "city", &command);
        assert!(matches!(refusal, Refusal::TokenInUse), "{command}: {refusal}");
    }
    // One that was replaced is free, and nobody is recognised by it.
    entries(&city, "city", &device_token("s1", 3));
    assert_eq!(city.register.state().device_with(&digest(2)), None);
    assert_eq!(entries(&city, "city", &party_token("council", 2)), 1);
}

#[test]
fn officers_are_entered_by_the_founder_alone() {
    let city = with_strangers();
    for by in ["roads", "office", "council"] {
        let refusal = refused(&city, by, &party("second-office", "officer"));
        assert!(matches!(refusal, Refusal::OnlyTheFounder { .. }), "{refusal}");
        assert!(refusal.to_string().contains("`city`"), "{refusal}");
    }
    assert_eq!(entries(&city, "roads", &party("lender", "company")), 1, "others are still entered by departments");
    assert_eq!(entries(&city, "city", &party("second-office", "officer")), 1);
}

#[test]
fn every_token_that_counts_is_found_and_none_that_was_replaced_or_taken_back() {
    let city = with_strangers();
    let lock_out = r#"{"do":"set-device-credential","with":{"device":"s1","credential":null}}"#.to_owned();
    let steps =
        [party_token("office", 1), device_token("s1", 2), party_token("office", 3), device_token("s1", 4), lock_out];
    for step in &steps {
        entries(&city, "city", step);
        let state = city.register.state();
        for digest in (0..6).map(digest) {
            let by_party = state.parties.values().find(|record| record.credential == Some(digest));
            let by_device = state.devices.values().find(|device| device.credential == Some(digest));
            assert_eq!(state.party_with(&digest), by_party.map(|record| &record.party), "{step}");
            assert_eq!(state.device_with(&digest), by_device.map(AsRef::as_ref), "{step}");
            assert_eq!(state.is_borne(&digest), by_party.is_some() || by_device.is_some(), "{step}");
        }
    }
    assert_eq!(*city.reopen().unwrap().state(), *city.register.state());
}

#[test]
fn a_list_is_not_done_where_what_it_concerns_has_changed_since_it_was_looked_at() {
    let city = with_strangers();
    let submission = |by: &str, command: &str| City::submission(by, None, command);
    let list = [submission("city", &device_token("s1", 1))];
    let seen = city.register.state().size;
    // Something that does not concern it changes nothing for it.
    entries(&city, "city", &party("lender", "company"));
    assert_eq!(city.register.submit_together_if(&list, Some(seen)).unwrap()[0].entries.len(), 1);
    let (list, seen) = ([submission("city", &device_token("s1", 2))], city.register.state().size);
    entries(&city, "city", &device_token("s1", 3));
    let size = city.register.state().size;
    let failed = city.register.submit_together_if(&list, Some(seen)).unwrap_err();
    assert!(matches!(failed.error, SubmitError::Changed { by, .. } if by + 1 == size), "{failed}");
    assert_eq!(city.register.state().size, size);
    assert!(city.register.state().device_with(&digest(3)).is_some(), "the token that somebody has got meanwhile stays");
    // Its own acts are no change to a list.
    let list = [submission("city", &device_token("s1", 4)), submission("city", &device_token("s1", 5))];
    assert_eq!(city.register.submit_together_if(&list, Some(size)).unwrap().len(), 2);
}
