//! Evidence and classes: who says what, how long it stands, and that the clock ends it once.

use model::{Span, Subject, Tier, Timestamp};

use super::{City, replayed};
use crate::decide::Misfit;
use crate::duties::next_due;
use crate::{Refusal, SubmitError};

fn evidence(id: &str, about: &str, signed_by: &str, more: &str) -> String {
    format!(
        r#"{{"do":"file-evidence","with":{{"id":"{id}","about":{about},"kind":"hearing","on":"2026-05-01T18:00:00Z",
        "signed_by":"{signed_by}","summary":"Forty residents came."{more}}}}}"#
    )
}

const CITY: &str = r#"{"what":"city"}"#;
const DEPLOYMENT: &str = r#"{"what":"deployment","id":"congestion"}"#;
const DEVICE: &str = r#"{"what":"device","id":"s1"}"#;

fn ask(city: &City, by: &str, reason: Option<&str>, command: &str) -> Result<usize, Refusal> {
    match city.register.submit(City::submission(by, reason, command)) {
        Ok(receipt) => Ok(receipt.entries.len()),
        Err(SubmitError::Refused(refusal)) => Err(refusal),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_statement_is_filed_by_its_signer_and_stands_in_the_history_of_what_it_is_about() {
    let city = City::declared();
    let size = city.register.state().size;
    for (id, about) in [("e1", CITY), ("e2", DEPLOYMENT), ("e3", DEVICE)] {
        let command = evidence(id, about, "council", "");
        assert_eq!(ask(&city, "council", None, &command).unwrap(), 1);
        assert_eq!(ask(&city, "council", None, &command).unwrap(), 0, "it is there already");
    }
    let state = city.register.state();
    let history = &state.history[&"congestion".parse().unwrap()];
    assert_eq!(history[history.len() - 2..], [size + 1, size + 2], "of the deployment and of its device");
    let of_city: Vec<_> = state.evidence_about(&Subject::City).map(|record| record.evidence.id.to_string()).collect();
    assert_eq!(of_city, ["e1"]);
    assert!(state.evidence.values().all(|record| record.in_force(city.start) && record.filed_at == city.start));
    let answer = evidence("e4", CITY, "city", r#","answers":"e1""#);
    assert_eq!(ask(&city, "city", None, &answer).unwrap(), 1);
    assert_eq!(replayed(&city.register), *city.register.state());
}

#[test]
fn a_statement_that_cannot_be_is_refused_in_words() {
    let city = City::declared();
    ask(&city, "council", None, &evidence("e1", CITY, "council", "")).unwrap();
    let company = r#"{"do":"register-party","with":{"party":{"id":"boards","name":"x","kind":"company"}}}"#;
    ask(&city, "city", None, company).unwrap();
    let size = city.register.state().size;
    let late = evidence("e2", CITY, "council", "").replace("2026-05-01", "2026-06-02");
    for (by, command, words) in [
        ("city", evidence("e2", CITY, "council", ""), "only `council` can sign this"),
        ("council", evidence("e1", DEPLOYMENT, "council", ""), "`e1` exists already"),
        ("council", evidence("e2", r#"{"what":"deployment","id":"none"}"#, "council", ""), "no deployment `none`"),
        ("council", evidence("e2", r#"{"what":"device","id":"none"}"#, "council", ""), "no device `none`"),
        ("council", evidence("e2", CITY, "council", r#","answers":"none""#), "no evidence `none`"),
        ("council", evidence("e2", CITY, "council", r#","until":"2026-06-01T00:00:00Z""#), "over before it begins"),
        ("council", late, "yet to come"),
        ("council", evidence("e2", CITY, "council", "").replace("Forty residents came.", " "), "1 to 4000 characters"),
        ("boards", evidence("e2", CITY, "boards", ""), "no rule of this city allows it"),
    ] {
        let refused = ask(&city, by, None, &command).unwrap_err().to_string();
        assert!(refused.contains(words), "{command}: {refused}");
    }
    assert_eq!(city.register.state().size, size);
}

#[test]
fn a_statement_is_withdrawn_by_its_signer_or_an_officer_with_a_reason() {
    let city = City::declared();
    let department = r#"{"do":"register-party","with":{"party":{"id":"roads","name":"x","kind":"city-department"}}}"#;
    ask(&city, "city", None, department).unwrap();
    for id in ["e1", "e2"] {
        ask(&city, "city", None, &evidence(id, DEPLOYMENT, "city", "")).unwrap();
    }
    let withdraw = |id: &str| format!(r#"{{"do":"withdraw-evidence","with":{{"evidence":"{id}"}}}}"#);
    assert!(matches!(ask(&city, "city", None, &withdraw("e1")), Err(Refusal::NoReason)));
    let refused = ask(&city, "roads", Some("it is in the way"), &withdraw("e1")).unwrap_err();
    assert!(matches!(&refused, Refusal::Misfit(Misfit::NotTheirs(signer)) if signer == "city"), "{refused}");
    assert!(matches!(ask(&city, "city", Some("x"), &withdraw("none")), Err(Refusal::Unknown { .. })));
    assert_eq!(ask(&city, "city", Some("the list was wrong"), &withdraw("e1")).unwrap(), 1);
    assert_eq!(ask(&city, "council", Some("nobody came"), &withdraw("e2")).unwrap(), 1);
    assert_eq!(ask(&city, "council", Some("nobody came"), &withdraw("e2")).unwrap(), 0);
    let state = city.register.state();
    let record = &state.evidence[&"e1".parse().unwrap()];
    assert_eq!(record.withdrawn_because.as_deref(), Some("the list was wrong"));
    assert!(!record.in_force(city.start));
    assert_eq!(replayed(&city.register), *state);
}

#[test]
fn the_clock_ends_a_statement_once_and_its_signer_answers_for_the_lapse() {
    let city = City::declared();
    let until: Timestamp = city.start + Span::days(10);
    ask(&city, "council", None, &evidence("e1", DEVICE, "council", &format!(r#","until":"{until}""#))).unwrap();
    ask(&city, "council", None, &evidence("e2", DEVICE, "council", "")).unwrap();
    let clocks = &city.register.rules().unwrap().clocks;
    assert_eq!(next_due(&city.register.state(), clocks, city.start), Some(until));
    city.clock.set(until - Span::seconds(1));
    assert_eq!(city.register.tick().unwrap(), 0);
    city.clock.set(until);
    assert!(
        !city.register.state().evidence[&"e1".parse().unwrap()].in_force(until),
        "even before the clock has ticked"
    );
    assert_eq!((city.register.tick().unwrap(), city.register.tick().unwrap()), (1, 0));
    let entry = city.register.entries(city.register.state().size - 1, 1).unwrap().remove(0);
    let act = model::Act::from_bytes(&entry.bytes).unwrap();
    assert_eq!((act.what.kind(), act.by.as_str(), act.at), ("evidence-lapsed/1", "council", until));
    assert!(act.reason.unwrap().contains(&until.to_string()));
    let state = city.register.state();
    assert_eq!(state.evidence[&"e1".parse().unwrap()].ended, Some(until));
    assert_eq!(state.evidence[&"e1".parse().unwrap()].withdrawn_because, None);
    assert!(state.evidence[&"e2".parse().unwrap()].in_force(until));
    assert_eq!(state.history[&"congestion".parse().unwrap()].last(), Some(&entry.index));
    // What is over can be neither withdrawn nor end again.
    let withdraw = r#"{"do":"withdraw-evidence","with":{"evidence":"e1"}}"#;
    assert_eq!(ask(&city, "council", Some("x"), withdraw).unwrap(), 0);
    let mut state = model::Act::from_bytes(&entry.bytes).map(|act| (act, replayed(&city.register))).unwrap();
    assert!(state.1.apply(&state.0).is_err());
}

#[test]
fn a_class_is_approved_by_officers_renewed_and_never_widened() {
    let city = City::declared();
    let class = |purposes: &str, until: &str| {
        format!(
            r#"{{"do":"approve-class","with":{{"id":"counters","technology":"radio","purposes":{purposes},"tier":"light",
            "until":"{until}"}}}}"#
        )
    };
    let why = Some("seen on site");
    let (narrow, wide) = (r#"["traffic-management"]"#, r#"["traffic-management","street-design"]"#);
    let refused = ask(&city, "city", why, &class(narrow, "2027-06-01T00:00:00Z")).unwrap_err();
    assert!(matches!(refused, Refusal::Norm(_)), "{refused}");
    assert!(matches!(ask(&city, "council", why, &class("[]", "2027-06-01T00:00:00Z")), Err(Refusal::Misfit(_))));
    assert!(matches!(
        ask(&city, "council", why, &class(narrow, "2026-06-01T00:00:00Z")),
        Err(Refusal::Misfit(Misfit::Over { .. }))
    ));
    let unsaid = ask(&city, "council", None, &class(narrow, "2027-06-01T00:00:00Z"));
    assert!(matches!(unsaid, Err(Refusal::NoReason)), "{unsaid:?}");
    assert_eq!(ask(&city, "council", why, &class(narrow, "2027-06-01T00:00:00Z")).unwrap(), 1);
    assert_eq!(ask(&city, "council", why, &class(narrow, "2027-06-01T00:00:00Z")).unwrap(), 0);
    assert_eq!(ask(&city, "office", why, &class(narrow, "2028-06-01T00:00:00Z")).unwrap(), 1, "renewed");
    assert!(matches!(ask(&city, "office", why, &class(wide, "2028-06-01T00:00:00Z")), Err(Refusal::Exists { .. })));
    let state = city.register.state();
    let record = &state.deployments[&"congestion".parse().unwrap()];
    let class_of = |tier, at| state.class_of(&record.deployment, tier, at);
    let found = class_of(record.tier(), city.start).unwrap();
    assert_eq!((found.by.as_str(), found.since), ("office", city.start));
    assert!(class_of(record.tier(), "2028-06-01T00:00:00Z".parse().unwrap()).is_none(), "it is over then");
    assert_eq!(replayed(&city.register), *state);
}

#[test]
fn a_tier_is_taken_with_the_edition_that_it_was_found_by_and_is_an_act_of_its_own_version() {
    let city = City::declared();
    ask(&city, "city", None, AIR).unwrap();
    let sign = |more: &str| {
        let command = format!(
            r#"{{"do":"sign-assessment","with":{{"id":"scan","deployment":"air","instrument":"pre-scan","outcome":"acceptable",
            "summary":"Fine.","signed_by":"office","document":"{0}","review_by":"2027-06-01T00:00:00Z"{more}}}}}"#,
            "11".repeat(32)
        );
        ask(&city, "office", None, &command)
    };
    let refused = sign(r#","tier":"full""#).unwrap_err();
    assert!(matches!(refused, Refusal::Misfit(Misfit::TierUnfounded)), "{refused}");
    assert!(refused.to_string().contains("`instrument_hash`"), "{refused}");
    let edition = format!(r#","instrument_hash":"{}""#, "22".repeat(32));
    let refused = sign(&format!(r#"{edition},"tier":"full""#)).unwrap_err();
    assert!(matches!(refused, Refusal::Misfit(Misfit::TierUnsigned)), "{refused}");
    let role =
        |role: &str| format!(r#""sign_offs":[{{"role":"{role}","party":"office","at":"2026-06-01T00:00:00Z"}}]"#);
    assert_eq!(sign(&format!(r#"{edition},"tier":"full",{}"#, role("privacy-officer"))).unwrap(), 1);
    // Whoever signed as less takes nothing back; in the same role it may, and to lift it any role does.
    let again = |more: String| {
        let command = format!(
            r#"{{"do":"sign-assessment","with":{{"id":"again","deployment":"air","instrument":"pre-scan","outcome":"acceptable",
            "summary":"Fine.","signed_by":"office","document":"{0}","review_by":"2027-06-01T00:00:00Z"{edition},{more}}}}}"#,
            "33".repeat(32)
        );
        let mut previewed = city.register.preview(&[City::submission("office", None, &command)]);
        match previewed.remove(0) {
            Ok(acts) => Ok(acts.len()),
            Err(SubmitError::Refused(refusal)) => Err(refusal),
            Err(other) => panic!("{other}"),
        }
    };
    let refused = again(format!(r#""tier":"light",{}"#, role("author"))).unwrap_err();
    assert!(matches!(refused, Refusal::Misfit(Misfit::TierLowered { .. })), "{refused}");
    assert!(refused.to_string().contains("`privacy-officer`"), "{refused}");
    assert_eq!(again(format!(r#""tier":"light",{}"#, role("privacy-officer"))).unwrap(), 1);
    assert_eq!(again(format!(r#""tier":"full",{}"#, role("author"))).unwrap(), 1);
    let state = city.register.state();
    let record = &state.deployments[&"air".parse().unwrap()];
    assert_eq!((Tier::of(&record.deployment), record.tier()), (Tier::FileAndGo, Tier::Full));
    assert_eq!(replayed(&city.register), *state);
    let last = city.register.entries(state.size - 1, 1).unwrap().remove(0);
    assert!(String::from_utf8_lossy(&last.bytes).contains("assessment-signed/2"));
}

/// A deployment about nobody, as it is proposed.
const AIR: &str = r#"{"do":"propose","with":{"id":"air","title":"Air","description":"Air.","accountable":"city","place":"centre",
        "technology":"air-quality-station","purposes":["air-quality"],"legal_basis":"not-personal",
        "starts":"2026-06-01T00:00:00Z","ends":"2028-06-01T00:00:00Z","streams":[{"id":"no2","time":{"do":"keep"},
        "retention":"30d","properties":{"no2":{"category":"air-quality","value":"number","treatment":{"do":"keep"}}}}]}}"#;

#[test]
fn sign_offs_are_the_word_of_known_parties_themselves_and_in_the_past() {
    let city = City::declared();
    ask(&city, "city", None, AIR).unwrap();
    let sign = |sign_off: &str| {
        let command = format!(
            r#"{{"do":"sign-assessment","with":{{"id":"scan","deployment":"air","instrument":"pre-scan-1","outcome":"acceptable",
            "summary":"Fine.","signed_by":"office","document":"{0}","review_by":"2027-06-01T00:00:00Z","instrument_hash":"{0}",
            "requires":["privacy-impact-1"],"sign_offs":[{sign_off}]}}}}"#,
            "11".repeat(32)
        );
        ask(&city, "office", None, &command)
    };
    for (sign_off, words) in [
        (r#"{"role":"author","party":"nobody","at":"2026-05-01T00:00:00Z"}"#, "no party `nobody`"),
        (r#"{"role":"author","party":"city","at":"2026-06-02T00:00:00Z"}"#, "yet to come"),
        (r#"{"role":" ","party":"city","at":"2026-05-01T00:00:00Z"}"#, "1 to 64 characters"),
    ] {
        let refused = sign(sign_off).unwrap_err().to_string();
        assert!(refused.contains(words), "{refused}");
    }
    let many = vec![r#"{"role":"author","party":"city","at":"2026-05-01T00:00:00Z"}"#; 33].join(",");
    assert!(sign(&many).unwrap_err().to_string().contains("at most 32"));
    // Whose word it is has said so itself: in this role, at this time, for this very document.
    let author = r#"{"role":"author","party":"city","at":"2026-05-01T00:00:00Z"}"#;
    let own = |id: &str, by: &str, role: &str, at: &str, document: &str| {
        let command = format!(
            r#"{{"do":"file-evidence","with":{{"id":"{id}","about":{{"what":"deployment","id":"air"}},"kind":"sign-off-{role}",
            "on":"{at}","signed_by":"{by}","summary":"Signed.","document":"{}"}}}}"#,
            document.repeat(32)
        );
        assert_eq!(ask(&city, by, None, &command).unwrap(), 1);
    };
    let day = "2026-05-01T00:00:00Z";
    for (id, by, role, at, document) in [
        ("s1", "city", "author", day, "22"),
        ("s2", "city", "approver", day, "11"),
        ("s3", "council", "author", day, "11"),
        ("s4", "city", "author", "2026-05-02T00:00:00Z", "11"),
    ] {
        own(id, by, role, at, document);
        assert!(sign(author).unwrap_err().to_string().contains("`city` did not sign these answers off as `author`"));
    }
    own("s5", "city", "author", day, "11");
    let withdraw = r#"{"do":"withdraw-evidence","with":{"evidence":"s5"}}"#;
    ask(&city, "city", Some("signed too early"), withdraw).unwrap();
    assert!(sign(author).is_err(), "it was taken back");
    own("s6", "city", "author", day, "11");
    assert_eq!(sign(author).unwrap(), 1);
    assert_eq!(replayed(&city.register), *city.register.state());
}

#[test]
fn signatures_are_those_of_parties_that_answer_for_a_deployment_and_of_no_paper() {
    let city = City::declared();
    let roads = r#"{"do":"register-party","with":{"party":{"id":"roads","name":"Roads","kind":"city-department"}}}"#;
    ask(&city, "city", None, roads).unwrap();
    ask(&city, "city", None, AIR).unwrap();
    let about = r#"{"what":"deployment","id":"air"}"#;
    let document = "11".repeat(32);
    let own = |by: &str, role: &str, at: &str| {
        let command = format!(
            r#"{{"do":"file-evidence","with":{{"id":"{by}-{role}","about":{about},"kind":"sign-off-{role}","on":"{at}",
            "signed_by":"{by}","summary":"Signed.","document":"{document}"}}}}"#
        );
        assert_eq!(ask(&city, by, None, &command).unwrap(), 1);
    };
    // However early somebody says that it was who has nothing to do with the deployment, it takes nobody's turn.
    own("roads", "author", "2026-04-01T00:00:00Z");
    own("council", "author", "2026-05-01T00:00:00Z");
    own("city", "approver", "2026-05-02T00:00:00Z");
    let counted = || {
        let roles = ["author", "approver"].map(|role| role.parse().unwrap());
        let (document, state) = (model::Digest::new([0x11; 32]), city.register.state());
        let signed = crate::signing::signed(&state, &"air".parse().unwrap(), &roles, document, city.register.now());
        signed.into_iter().map(|one| format!("{} as {}", one.party, one.role)).collect::<Vec<_>>()
    };
    let before = counted();
    assert_eq!(before, ["council as author", "city as approver"]);
    // What a paper says of others is its signer's word, and nobody's signature.
    let paper = format!(
        r#"{{"do":"sign-assessment","with":{{"id":"paper","deployment":"air","instrument":"paper","outcome":"acceptable",
        "summary":"Fine.","signed_by":"office","document":"{document}","review_by":"2027-06-01T00:00:00Z",
        "sign_offs":[{{"role":"approver","party":"council","at":"2026-05-01T00:00:00Z"}}]}}}}"#
    );
    assert_eq!(ask(&city, "office", None, &paper).unwrap(), 1);
    assert_eq!(counted(), before);
}

#[test]
fn a_request_is_answered_by_whoever_gives_and_an_offer_is_taken_up_by_whom_it_was_made_to() {
    let city = City::declared();
    for (id, kind) in [("boards", "company"), ("roads", "city-department")] {
        let party =
            format!(r#"{{"do":"register-party","with":{{"party":{{"id":"{id}","name":"x","kind":"{kind}"}}}}}}"#);
        ask(&city, "city", None, &party).unwrap();
    }
    let stated = |id: &str, kind: &str, about: &str, by: &str, answers: &str| {
        let answers = if answers.is_empty() { String::new() } else { format!(r#","answers":"{answers}""#) };
        evidence(id, about, by, &answers).replace(r#""kind":"hearing""#, &format!(r#""kind":"{kind}""#))
    };
    let refused = |by: &str, command: &str| ask(&city, by, None, command).unwrap_err().to_string();
    // A company asks, and states nothing else.
    let about_city = refused("boards", &stated("r", "grant-request", CITY, "boards", ""));
    assert!(about_city.contains("is about a deployment"), "{about_city}");
    assert_eq!(ask(&city, "boards", None, &stated("r", "grant-request", DEPLOYMENT, "boards", "")).unwrap(), 1);
    let other = refused("boards", &stated("h", "hearing", DEPLOYMENT, "boards", ""));
    assert!(other.contains("no rule of this city allows it"), "{other}");
    for kind in ["grant-offer", "grant-refusal"] {
        for (by, answers, about, words) in [
            ("city", "", DEPLOYMENT, "says in `answers` which request it answers"),
            ("city", "r", CITY, "does not answer `r`"),
            ("council", "r", DEPLOYMENT, "is answered by that party alone"),
            ("roads", "r", DEPLOYMENT, "is answered by that party alone"),
            ("boards", "r", DEPLOYMENT, "is answered by that party alone"),
        ] {
            let said = refused(by, &stated("a", kind, about, by, answers));
            assert!(said.contains(words), "{kind} {by}: {said}");
        }
    }
    assert_eq!(ask(&city, "city", None, &stated("o", "grant-offer", DEPLOYMENT, "city", "r")).unwrap(), 1);
    let on_offer = refused("city", &stated("o2", "grant-offer", DEPLOYMENT, "city", "o"));
    assert!(on_offer.contains("does not answer `o`"), "{on_offer}");
    // An offer is taken up by whom it was made to, and a request takes up nothing else.
    for (by, answers) in [("roads", "o"), ("boards", "r")] {
        let said = refused(by, &stated("t", "grant-request", DEPLOYMENT, by, answers));
        assert!(said.contains("this does not answer"), "{by}: {said}");
    }
    assert_eq!(ask(&city, "boards", None, &stated("t", "grant-request", DEPLOYMENT, "boards", "o")).unwrap(), 1);
    assert_eq!(ask(&city, "city", None, &stated("n", "grant-refusal", DEPLOYMENT, "city", "t")).unwrap(), 1);
    let withdraw = r#"{"do":"withdraw-evidence","with":{"evidence":"t"}}"#;
    let others = ask(&city, "roads", Some("no"), withdraw).unwrap_err().to_string();
    assert!(others.contains("boards"), "{others}");
    assert_eq!(ask(&city, "boards", Some("no need"), withdraw).unwrap(), 1);
    assert_eq!(replayed(&city.register), *city.register.state());
}
