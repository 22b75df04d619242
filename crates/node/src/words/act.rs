//! One line in plain words for every kind of act.

mod english;
mod german;

use model::inquiry::InquiryKind;
use model::{DeploymentId, Timestamp, What};
use register::State;

use crate::lang::Lang;

/// What an act did at an instant, in one line. Names stand as they stand in the register now; an id stands where there is none.
pub(crate) fn act(lang: Lang, what: &What, at: Timestamp, state: &State) -> String {
    match lang {
        Lang::En => english::act(what, at, state),
        Lang::De => german::act(what, at, state),
    }
}

/// The first day of a deployment, if that was still to come at an instant.
fn first_day(state: &State, id: &DeploymentId, at: Timestamp) -> Option<Timestamp> {
    state.deployments.get(id).map(|record| record.deployment.starts).filter(|starts| at < *starts)
}

/// Whether the end of a deployment was the refusal of what was proposed.
fn is_refused(state: &State, id: &DeploymentId) -> bool {
    state.deployments.get(id).is_some_and(|record| record.standing.refused)
}

/// What a resident asked, in one line. The log has its own English words for it, which are `said`.
pub(crate) fn inquiry(lang: Lang, kind: InquiryKind, said: &str) -> String {
    match lang {
        Lang::En => said.to_owned(),
        Lang::De => format!("{}.", german::asked(kind)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(json: &str) -> String {
        act(Lang::En, &serde_json::from_str(json).unwrap(), Timestamp::UNIX_EPOCH, &State::default())
    }

    #[test]
    fn acts_read_like_news() {
        for (json, expected) in [
            (
                r#"{"kind":"deployment-published/1","body":{"deployment":"wifi"}}"#,
                "“wifi” was published in this register",
            ),
            (
                r#"{"kind":"deployment-approved/1","body":{"deployment":"wifi","until":"2027-05-01T00:00:00Z"}}"#,
                "“wifi” was approved until 1 May 2027",
            ),
            (r#"{"kind":"payload-erased/1","body":{"entry":7}}"#, "The confidential part of act 7 was destroyed"),
            (
                r#"{"kind":"device-credential-set/1","body":{"device":"d-1","credential":null}}"#,
                "The sensor “d-1” was locked out",
            ),
            (
                r#"{"kind":"observations-deleted/1","body":{"stream":"wifi","before":"2026-11-24T00:00:00Z"}}"#,
                "Everything that “wifi” observed before 24 November 2026, 00:00 UTC was deleted",
            ),
        ] {
            assert_eq!(words(json), expected);
        }
    }

    #[test]
    fn statements_and_classes_say_whose_they_are_and_how_far_they_go() {
        for (json, expected) in [
            (
                r#"{"kind":"evidence-filed/1","body":{"id":"h","about":{"what":"deployment","id":"wifi"},"kind":"hearing",
                    "on":"2026-05-01T00:00:00Z","signed_by":"council","summary":"Forty residents came."}}"#,
                "council stated about “wifi” (“hearing”): Forty residents came.",
            ),
            (
                r#"{"kind":"evidence-filed/1","body":{"id":"p","about":{"what":"city"},"kind":"security-plan",
                    "on":"2026-05-01T00:00:00Z","signed_by":"city","summary":"It is written."}}"#,
                "city stated about the whole city (“security-plan”): It is written.",
            ),
            (r#"{"kind":"evidence-withdrawn/1","body":{"evidence":"h"}}"#, "The statement “h” was withdrawn"),
            (r#"{"kind":"evidence-lapsed/1","body":{"evidence":"h"}}"#, "The statement “h” came to its end"),
            (
                r#"{"kind":"class-approved/1","body":{"id":"c","technology":"wifi-counter","purposes":["street-design",
                    "traffic-management"],"tier":"light","until":"2028-06-01T00:00:00Z"}}"#,
                "The class “c” was approved until 1 June 2028: Wi-Fi counter, for designing streets and managing traffic, as \
                 long as nobody can be told apart for longer than a day",
            ),
            (
                r#"{"kind":"clock-confirmed/1","body":{"after":"2026-06-01T00:00:00Z"}}"#,
                "The city’s clock was confirmed, long after the last act on 1 June 2026",
            ),
        ] {
            assert_eq!(words(json), expected);
        }
    }

    #[test]
    fn a_batch_tells_of_no_hit() {
        let total = |stream: &str, rows: &str| {
            format!(
                r#"{{"recipient":"r","purpose":"traffic-management","stream":"{stream}","view":"v","version":1,"disclosures":1{rows}}}"#
            )
        };
        let batch = |totals: &[String]| {
            words(&format!(
                r#"{{"kind":"disclosures-batched/1","body":{{"first":0,"last":{},"window":{{"start":"2026-06-01T00:00:00Z",
                "end":"2026-06-01T00:00:01Z"}},"root":"{}","totals":[{}]}}}}"#,
                totals.len() - 1,
                "11".repeat(32),
                totals.join(",")
            ))
        };
        let (hits, counts) = (total("plates", ""), total("wifi", r#","rows":96,"withheld":4"#));
        assert_eq!(batch(std::slice::from_ref(&hits)), "1 disclosure went into the log");
        assert_eq!(batch(std::slice::from_ref(&counts)), "1 disclosure went into the log, with 96 rows in all");
        assert_eq!(
            batch(&[hits, counts]),
            "2 disclosures went into the log, with 96 rows in all beside those under an order"
        );
    }

    #[test]
    fn a_grant_names_who_what_for_and_until() {
        let json = r#"{"kind":"grant-agreed/1","body":{"id":"g","recipient":"mobility","stream":"wifi","view":"counts",
            "purpose":"traffic-management","until":"2027-05-01T00:00:00Z"}}"#;
        assert_eq!(words(json), "mobility may have “counts” for this purpose: managing traffic, until 1 May 2027");
    }

    #[test]
    fn every_act_has_german_words_of_its_own() {
        let acts = include_str!("../../../model/tests/it/acts.jsonl").lines();
        let mut told = 0;
        for line in acts.filter(|line| !line.trim().is_empty()) {
            let act: serde_json::Value = serde_json::from_str(line).unwrap();
            let Ok(what) = serde_json::from_value::<What>(act["what"].clone()) else { panic!("{line}") };
            let [english, german] =
                [Lang::En, Lang::De].map(|lang| super::act(lang, &what, Timestamp::UNIX_EPOCH, &State::default()));
            assert!(english != german && !german.contains(what.kind()), "{german}");
            told += 1;
        }
        assert!(told >= What::KINDS.len());
    }

    #[test]
    fn german_acts_have_their_own_forms_for_one_and_many() {
        let words = |json: &str| {
            super::act(Lang::De, &serde_json::from_str(json).unwrap(), Timestamp::UNIX_EPOCH, &State::default())
        };
        for (json, expected) in [
            (
                r#"{"kind":"deployment-approved/1","body":{"deployment":"wifi","until":"2027-05-01T00:00:00Z"}}"#,
                "„wifi“ wurde bis zum 1. Mai 2027 genehmigt",
            ),
            (
                r#"{"kind":"class-approved/1","body":{"id":"c","technology":"wifi-counter","purposes":["street-design",
                    "traffic-management"],"tier":"light","until":"2028-06-01T00:00:00Z"}}"#,
                "Die Klasse „c“ wurde bis zum 1. Juni 2028 genehmigt: WLAN-Zähler, Zwecke „Straßen gestalten“ und „Verkehr lenken“, \
                 solange niemand länger als einen Tag unterscheidbar ist",
            ),
            (
                r#"{"kind":"grant-agreed/1","body":{"id":"g","recipient":"mobility","stream":"wifi","view":"counts",
                    "purpose":"traffic-management","until":"2027-05-01T00:00:00Z"}}"#,
                "„mobility“ darf „counts“ bis zum 1. Mai 2027 haben, zu diesem Zweck: Verkehr lenken",
            ),
        ] {
            assert_eq!(words(json), expected);
        }
    }
}
