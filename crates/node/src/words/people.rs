//! Where a deployment stands, whom its data tells about, and what people have agreed on.

use model::deployment::DeploymentRecord;
use model::{Deployment, Duty, Identifies, LegalBasis, Outcome, PartyKind, State, Timestamp};

use super::day;

/// Where a deployment stands, for a glance and for a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Badge {
    /// `on`, `wait` or `off`: decoration only, the label says the same.
    pub(crate) class: &'static str,
    /// A few words.
    pub(crate) label: &'static str,
    /// A sentence.
    pub(crate) sentence: String,
}

/// Where a deployment stands at an instant.
pub(crate) fn badge(record: &DeploymentRecord, now: Timestamp) -> Badge {
    let standing = &record.standing;
    let because = standing.stopped_because.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let until = standing
        .approval
        .as_ref()
        .map_or(record.deployment.ends, |approval| approval.until.min(record.deployment.ends));
    let (class, label, sentence) = match standing.state {
        State::Proposed => (
            "wait",
            "Collects nothing: only proposed",
            "Somebody has asked for this. Nobody has assessed or approved it.".to_owned(),
        ),
        State::Assessed => (
            "wait",
            "Collects nothing: not approved",
            "Its risks have been assessed. Nobody has approved it.".to_owned(),
        ),
        State::Approved => (
            "wait",
            "Collects nothing: not published",
            format!("It is approved until {}, and has not been published or switched on.", day(until)),
        ),
        State::Published => (
            "wait",
            "Collects nothing: not switched on",
            format!("It is approved until {} and published, and has not been switched on.", day(until)),
        ),
        State::Active if record.in_force(now) => {
            ("on", "May collect", format!("It may collect until {} at the latest.", day(until)))
        }
        State::Active if now < record.deployment.starts => {
            ("wait", "Collects nothing: not begun", format!("It may begin on {}.", day(record.deployment.starts)))
        }
        State::Active => (
            "off",
            "Collects nothing: not in force",
            format!("Its permission ended on {}, so nothing is taken from it.", day(until)),
        ),
        State::Suspended => ("off", "Collects nothing: stopped", format!("It is stopped{because}.")),
        State::Ended => ("off", "Collects nothing: ended", format!("It has ended for good{because}.")),
    };
    Badge { class, label, sentence }
}

/// Whom a deployment's data tells about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct People {
    /// For a glance.
    pub(crate) short: &'static str,
    /// A sentence.
    pub(crate) sentence: &'static str,
}

/// Whom a deployment's data tells about: what is read, and what of it stays.
pub(crate) fn people(deployment: &Deployment) -> People {
    let reads = deployment.streams.iter().map(model::Stream::identifies).max().unwrap_or(Identifies::Nobody);
    let keeps = deployment.streams.iter().any(|stream| stream.raw_identifiers().next().is_some());
    let orders = deployment.streams.iter().any(|stream| stream.order().is_some());
    match reads {
        Identifies::Nobody => {
            People { short: "No data about people", sentence: "Nothing in this data is about a person." }
        }
        Identifies::Indirectly => People {
            short: "Could single people out",
            sentence: "The data names nobody. Together with other data, or in a small group, it could single somebody out.",
        },
        Identifies::Directly if keeps => People {
            short: "Keeps what identifies people",
            sentence: "The data identifies people, their devices or their vehicles, and it is stored as it came.",
        },
        Identifies::Directly if orders => People {
            short: "Reads what identifies people, keeps only matches",
            sentence: "The sensor reads what identifies people, their devices or their vehicles. Only what is on the list of a named order leaves a trace.",
        },
        Identifies::Directly => People {
            short: "Reads what identifies people, does not keep it",
            sentence: "The sensor reads what identifies people, their devices or their vehicles. It is changed or forgotten before anything is stored.",
        },
    }
}

/// A ground in law.
pub(crate) const fn legal_basis(basis: LegalBasis) -> &'static str {
    match basis {
        LegalBasis::NotPersonal => "None is needed: there is no data about people",
        LegalBasis::Consent => "Consent of each person (GDPR, article 6(1)(a))",
        LegalBasis::LegalObligation => "A duty that a law puts on the city (GDPR, article 6(1)(c))",
        LegalBasis::PublicTask => "A task in the public interest (GDPR, article 6(1)(e))",
        LegalBasis::VitalInterest => "Protecting somebody’s life (GDPR, article 6(1)(d))",
        LegalBasis::LawEnforcement => "The law for police and justice",
    }
}

/// In which role somebody signed an assessment. An instrument names its roles itself, so that others are shown as they are.
pub(crate) fn role(role: &str) -> String {
    match role {
        "author" => "as its author".to_owned(),
        "privacy-officer" => "as privacy officer".to_owned(),
        "accessibility-officer" => "as accessibility officer".to_owned(),
        "approver" => "as the one who approves it".to_owned(),
        other => format!("as {other}"),
    }
}

/// What an assessment concluded.
pub(crate) const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Acceptable => "The risks are acceptable with the measures taken",
        Outcome::ResidualHigh => "A high risk remains, so the supervisory authority must be asked",
        Outcome::Unacceptable => "It must not be done",
    }
}

/// What a recipient promised: the end of a sentence that begins with *promised*.
pub(crate) const fn duty(duty: Duty) -> &'static str {
    match duty {
        Duty::NoReidentification => "never to try to find out who somebody is",
        Duty::DeleteOnExpiry => "to delete everything when the agreement ends",
        Duty::NoOnwardTransfer => "not to pass it on",
        Duty::HumanVerification => "to have a person check every match before acting on it",
    }
}

/// What a party is in the city.
pub(crate) const fn party_kind(kind: PartyKind) -> &'static str {
    match kind {
        PartyKind::CityDepartment => "city department",
        PartyKind::Officer => "officer of the city",
        PartyKind::LawEnforcement => "police or prosecution",
        PartyKind::EmergencyService => "emergency service",
        PartyKind::Vendor => "supplier",
        PartyKind::Researcher => "research body",
        PartyKind::Company => "company",
        PartyKind::Public => "everybody",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-24T08:00:00Z";

    fn record(state: &str, until: Option<&str>, starts: &str) -> DeploymentRecord {
        let approval = until.map_or("null".to_owned(), |until| {
            format!(r#"{{"by":"council","at":"2026-01-01T00:00:00Z","until":"{until}"}}"#)
        });
        let text = format!(
            r#"{{"deployment":{{"id":"d","title":"t","description":"d","accountable":"mobility","place":"centre",
            "technology":"wifi-counter","purposes":["traffic-management"],"streams":[],"legal_basis":"public-task",
            "starts":"{starts}","ends":"2027-11-24T00:00:00Z"}},
            "standing":{{"state":"{state}","proposed_by":"mobility","proposed_at":"2026-01-01T00:00:00Z","assessments":[],
            "approval":{approval},"published_at":null,"active_since":null,"stopped_because":"a reason"}}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn only_what_is_in_force_may_collect() {
        let now = NOW.parse().unwrap();
        let past = "2026-02-01T00:00:00Z";
        let active = badge(&record("active", Some("2027-01-01T00:00:00Z"), past), now);
        assert_eq!((active.class, active.label), ("on", "May collect"));
        assert_eq!(active.sentence, "It may collect until 1 January 2027 at the latest.");
        for (state, until, starts) in [
            ("proposed", None, past),
            ("assessed", None, past),
            ("approved", Some("2027-01-01T00:00:00Z"), past),
            ("published", Some("2027-01-01T00:00:00Z"), past),
            ("active", Some("2026-11-01T00:00:00Z"), past),
            ("active", Some("2027-01-01T00:00:00Z"), "2026-12-01T00:00:00Z"),
            ("active", None, past),
            ("suspended", Some("2027-01-01T00:00:00Z"), past),
            ("ended", Some("2027-01-01T00:00:00Z"), past),
        ] {
            let badge = badge(&record(state, until, starts), now);
            assert!(badge.class != "on" && badge.label.starts_with("Collects nothing"), "{state}: {badge:?}");
        }
    }

    #[test]
    fn a_stop_says_why() {
        let stopped = badge(&record("suspended", None, NOW), NOW.parse().unwrap());
        assert_eq!(stopped.sentence, "It is stopped: a reason.");
    }

    fn with_property(category: &str, treatment: &str) -> Deployment {
        let stream = format!(
            r#"{{"id":"s","retention":"1h","time":{{"do":"keep"}},"properties":{{"p":{{"category":"{category}","value":"text","treatment":{treatment}}}}}}}"#
        );
        Deployment { streams: vec![serde_json::from_str(&stream).unwrap()], ..record("active", None, NOW).deployment }
    }

    #[test]
    fn people_are_told_what_is_read_and_what_stays() {
        let short = |category, treatment| people(&with_property(category, treatment)).short;
        assert_eq!(short("air-quality", r#"{"do":"keep"}"#), "No data about people");
        assert_eq!(short("signal-strength", r#"{"do":"keep"}"#), "Could single people out");
        assert_eq!(short("mac-address", r#"{"do":"keep"}"#), "Keeps what identifies people");
        assert_eq!(
            short("mac-address", r#"{"do":"pseudonymise","epoch":"24h"}"#),
            "Reads what identifies people, does not keep it"
        );
        assert_eq!(
            short("number-plate", r#"{"do":"match","order":"o"}"#),
            "Reads what identifies people, keeps only matches"
        );
    }
}
