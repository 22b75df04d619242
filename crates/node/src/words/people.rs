//! Where a deployment stands, whom its data tells about, and what people have agreed on.

use model::deployment::DeploymentRecord;
use model::{Deployment, Duty, Identifies, LegalBasis, Outcome, PartyKind, State, Tier, Timestamp};

use crate::lang::Lang;

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
pub(crate) fn badge(lang: Lang, record: &DeploymentRecord, now: Timestamp) -> Badge {
    let until = record
        .standing
        .approval
        .as_ref()
        .map_or(record.deployment.ends, |approval| approval.until.min(record.deployment.ends));
    let day = lang.day(until);
    let (class, label, sentence) = match record.standing.state {
        State::Proposed | State::Assessed | State::Approved | State::Published => {
            let (label, sentence) = not_yet(lang, record.standing.state, &day);
            ("wait", label, sentence)
        }
        State::Active if record.in_force(now) => (
            "on",
            lang.of("May collect", "Darf erfassen"),
            match lang {
                Lang::En => format!("It may collect until {day} at the latest."),
                Lang::De => format!("Der Einsatz darf spätestens bis zum {day} Daten erfassen."),
            },
        ),
        State::Active if now < record.deployment.starts => {
            let starts = lang.day(record.deployment.starts);
            let sentence = match lang {
                Lang::En => format!("It may begin on {starts}."),
                Lang::De => format!("Der Einsatz darf am {starts} beginnen."),
            };
            ("wait", lang.of("Collects nothing: not begun", "Erfasst nichts: noch nicht begonnen"), sentence)
        }
        State::Active => (
            "off",
            lang.of("Collects nothing: not in force", "Erfasst nichts: nicht in Kraft"),
            match lang {
                Lang::En => format!("Its permission ended on {day}, so nothing is taken from it."),
                Lang::De => format!("Die Erlaubnis endete am {day}. Deshalb werden keine Daten angenommen."),
            },
        ),
        State::Suspended | State::Ended => {
            let (label, sentence) = stopped(lang, record);
            ("off", label, sentence)
        }
    };
    Badge { class, label, sentence }
}

/// What is still missing: label and sentence.
fn not_yet(lang: Lang, state: State, until: &str) -> (&'static str, String) {
    match state {
        State::Proposed => (
            lang.of("Collects nothing: only proposed", "Erfasst nichts: nur vorgeschlagen"),
            lang.of(
                "Somebody has asked for this. Nobody has assessed or approved it.",
                "Jemand hat das beantragt. Noch niemand hat es geprüft oder genehmigt.",
            )
            .to_owned(),
        ),
        State::Assessed => (
            lang.of("Collects nothing: not approved", "Erfasst nichts: nicht genehmigt"),
            lang.of(
                "Its risks have been assessed. Nobody has approved it.",
                "Die Risiken sind geprüft. Noch niemand hat den Einsatz genehmigt.",
            )
            .to_owned(),
        ),
        State::Approved => (
            lang.of("Collects nothing: not published", "Erfasst nichts: nicht veröffentlicht"),
            match lang {
                Lang::En => format!("It is approved until {until}, and has not been published or switched on."),
                Lang::De => format!(
                    "Der Einsatz ist bis zum {until} genehmigt, aber noch nicht veröffentlicht und nicht eingeschaltet."
                ),
            },
        ),
        _ => (
            lang.of("Collects nothing: not switched on", "Erfasst nichts: nicht eingeschaltet"),
            match lang {
                Lang::En => format!("It is approved until {until} and published, and has not been switched on."),
                Lang::De => format!(
                    "Der Einsatz ist bis zum {until} genehmigt und veröffentlicht, aber noch nicht eingeschaltet."
                ),
            },
        ),
    }
}

/// Why it does not go on: label and sentence. The reason is told in the words of whoever gave it.
fn stopped(lang: Lang, record: &DeploymentRecord) -> (&'static str, String) {
    let (label, said) = if record.standing.refused {
        (
            lang.of("Collects nothing: refused", "Erfasst nichts: abgelehnt"),
            lang.of("It was refused, and never approved", "Der Einsatz wurde abgelehnt und nie genehmigt"),
        )
    } else if record.standing.state == State::Ended {
        (
            lang.of("Collects nothing: ended", "Erfasst nichts: beendet"),
            lang.of("It has ended for good", "Der Einsatz ist endgültig beendet"),
        )
    } else {
        (
            lang.of("Collects nothing: stopped", "Erfasst nichts: angehalten"),
            lang.of("It is stopped", "Der Einsatz ist angehalten"),
        )
    };
    let sentence = match (lang, record.standing.stopped_because.as_deref()) {
        (_, None) => format!("{said}."),
        (Lang::En, Some(reason)) => format!("{said}: {}", ended(reason)),
        (Lang::De, Some(reason)) => {
            format!("{said}. Der Grund: {}.", lang.quoted(reason.trim_end().trim_end_matches('.')))
        }
    };
    (label, sentence)
}

/// A text as it came, with a full stop if it has no end of its own.
fn ended(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?', '…']) { text.to_owned() } else { format!("{text}.") }
}

/// A deployment that the register has in force and the policies forbid all the same.
pub(crate) fn forbidden(lang: Lang) -> Badge {
    Badge {
        class: "off",
        label: lang.of("Collects nothing: the policies forbid it", "Erfasst nichts: die Regeln verbieten es"),
        sentence: lang
            .of(
                "It is approved, and the policies in force refuse its data all the same. Below stands why.",
                "Der Einsatz ist genehmigt, aber die geltenden Regeln lehnen seine Daten ab. Weiter unten steht, warum.",
            )
            .to_owned(),
    }
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
pub(crate) fn people(lang: Lang, deployment: &Deployment) -> People {
    let reads = deployment.streams.iter().map(model::Stream::identifies).max().unwrap_or(Identifies::Nobody);
    let keeps = deployment.streams.iter().any(|stream| stream.raw_identifiers().next().is_some());
    let orders = deployment.streams.iter().any(|stream| stream.order().is_some());
    match reads {
        Identifies::Nobody => People {
            short: lang.of("No data about people", "Keine Daten über Personen"),
            sentence: lang.of("Nothing in this data is about a person.", "Nichts in diesen Daten betrifft eine Person."),
        },
        Identifies::Indirectly => People {
            short: lang.of("Could single people out", "Könnte einzelne Personen erkennbar machen"),
            sentence: lang.of(
                "The data names nobody. Together with other data, or in a small group, it could single somebody out.",
                "Die Daten nennen niemanden. Zusammen mit anderen Daten oder in einer kleinen Gruppe könnten sie eine Person \
                 erkennbar machen.",
            ),
        },
        Identifies::Directly if keeps => People {
            short: lang.of("Keeps what identifies people", "Speichert, was Personen erkennbar macht"),
            sentence: lang.of(
                "The data identifies people, their devices or their vehicles, and it is stored as it came.",
                "Die Daten machen Personen, ihre Geräte oder ihre Fahrzeuge erkennbar. Sie werden gespeichert, wie sie kamen.",
            ),
        },
        Identifies::Directly if orders => People {
            short: lang.of(
                "Reads what identifies people, keeps only matches",
                "Liest, was Personen erkennbar macht, und behält nur Treffer",
            ),
            sentence: lang.of(
                "The sensor reads what identifies people, their devices or their vehicles. Only what is on the list of a named order leaves a trace.",
                "Der Sensor liest, was Personen, ihre Geräte oder ihre Fahrzeuge erkennbar macht. Nur was auf der Liste einer \
                 benannten Anordnung steht, hinterlässt eine Spur.",
            ),
        },
        Identifies::Directly => People {
            short: lang.of(
                "Reads what identifies people, does not keep it",
                "Liest, was Personen erkennbar macht, und behält es nicht",
            ),
            sentence: lang.of(
                "The sensor reads what identifies people, their devices or their vehicles. It is changed or forgotten before anything is stored.",
                "Der Sensor liest, was Personen, ihre Geräte oder ihre Fahrzeuge erkennbar macht. Das wird verändert oder \
                 vergessen, bevor etwas gespeichert wird.",
            ),
        },
    }
}

/// A ground in law.
pub(crate) const fn legal_basis(lang: Lang, basis: LegalBasis) -> &'static str {
    match basis {
        LegalBasis::NotPersonal => lang
            .of("None is needed: there is no data about people", "Keine ist nötig: Es gibt keine Daten über Personen"),
        LegalBasis::Consent => lang.of(
            "Consent of each person (GDPR, article 6(1)(a))",
            "Die Einwilligung jeder Person (DSGVO, Artikel 6 Absatz 1 Buchstabe a)",
        ),
        LegalBasis::LegalObligation => lang.of(
            "A duty that a law puts on the city (GDPR, article 6(1)(c))",
            "Eine Pflicht der Stadt nach einem Gesetz (DSGVO, Artikel 6 Absatz 1 Buchstabe c)",
        ),
        LegalBasis::PublicTask => lang.of(
            "A task in the public interest (GDPR, article 6(1)(e))",
            "Eine Aufgabe im öffentlichen Interesse (DSGVO, Artikel 6 Absatz 1 Buchstabe e)",
        ),
        LegalBasis::VitalInterest => lang.of(
            "Protecting somebody’s life (GDPR, article 6(1)(d))",
            "Der Schutz eines Lebens (DSGVO, Artikel 6 Absatz 1 Buchstabe d)",
        ),
        LegalBasis::LawEnforcement => lang.of("The law for police and justice", "Das Recht für Polizei und Justiz"),
    }
}

/// In which role somebody signed an assessment. An instrument names its roles itself, so that others are shown as they are.
pub(crate) fn role(lang: Lang, role: &str) -> String {
    match role {
        "author" => lang.of("as its author", "als Verfasser").to_owned(),
        "privacy-officer" => lang.of("as privacy officer", "als Stelle für Datenschutz").to_owned(),
        "accessibility-officer" => lang.of("as accessibility officer", "als Stelle für Barrierefreiheit").to_owned(),
        "approver" => lang.of("as the one who approves it", "als genehmigende Stelle").to_owned(),
        other => match lang {
            Lang::En => format!("as {other}"),
            Lang::De => format!("als {}", lang.quoted(other)),
        },
    }
}

/// What an assessment concluded.
pub(crate) const fn outcome(lang: Lang, outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Acceptable => lang.of(
            "The risks are acceptable with the measures taken",
            "Die Risiken sind mit den getroffenen Maßnahmen vertretbar",
        ),
        Outcome::ResidualHigh => lang.of(
            "A high risk remains, so the supervisory authority must be asked",
            "Ein hohes Risiko bleibt, deshalb muss die Aufsichtsbehörde gefragt werden",
        ),
        Outcome::Unacceptable => lang.of("It must not be done", "Es darf nicht gemacht werden"),
    }
}

/// How much care a deployment needs.
pub(crate) const fn tier(lang: Lang, tier: Tier) -> &'static str {
    match tier {
        Tier::FileAndGo => lang.of(
            "It is about nobody; it is filed, and goes",
            "Es betrifft niemanden; es wird angemeldet, und es geht los",
        ),
        Tier::Light => lang.of("Some care (the tier “light”)", "Etwas Sorgfalt (die Stufe „light“)"),
        Tier::Full => lang.of("All care (the tier “full”)", "Volle Sorgfalt (die Stufe „full“)"),
    }
}

/// What a recipient promised: the end of a sentence that begins with *promised*.
pub(crate) const fn duty(lang: Lang, duty: Duty) -> &'static str {
    match duty {
        Duty::NoReidentification => {
            lang.of("never to try to find out who somebody is", "nie zu versuchen herauszufinden, wer jemand ist")
        }
        Duty::DeleteOnExpiry => {
            lang.of("to delete everything when the agreement ends", "alles zu löschen, wenn die Vereinbarung endet")
        }
        Duty::NoOnwardTransfer => lang.of("not to pass it on", "die Daten nicht weiterzugeben"),
        Duty::HumanVerification => lang.of(
            "to have a person check every match before acting on it",
            "jeden Treffer von einem Menschen prüfen zu lassen, bevor etwas daraus folgt",
        ),
    }
}

/// What a party is in the city.
pub(crate) const fn party_kind(lang: Lang, kind: PartyKind) -> &'static str {
    match kind {
        PartyKind::CityDepartment => lang.of("city department", "Amt der Stadt"),
        PartyKind::Officer => lang.of("officer of the city", "beauftragte Stelle der Stadt"),
        PartyKind::LawEnforcement => lang.of("police or prosecution", "Polizei oder Staatsanwaltschaft"),
        PartyKind::EmergencyService => lang.of("emergency service", "Rettungsdienst"),
        PartyKind::Vendor => lang.of("supplier", "Lieferant"),
        PartyKind::Researcher => lang.of("research body", "Forschungseinrichtung"),
        PartyKind::Company => lang.of("company", "Unternehmen"),
        PartyKind::Public => lang.of("everybody", "alle"),
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
        let active = badge(Lang::En, &record("active", Some("2027-01-01T00:00:00Z"), past), now);
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
            let badge = badge(Lang::En, &record(state, until, starts), now);
            assert!(badge.class != "on" && badge.label.starts_with("Collects nothing"), "{state}: {badge:?}");
        }
    }

    #[test]
    fn a_stop_says_why() {
        let stopped = badge(Lang::En, &record("suspended", None, NOW), NOW.parse().unwrap());
        assert_eq!(stopped.sentence, "It is stopped: a reason.");
        let mut refused = record("ended", None, NOW);
        refused.standing.refused = true;
        let told = [Lang::En, Lang::De].map(|lang| badge(lang, &refused, NOW.parse().unwrap()));
        assert_eq!(told[0].label, "Collects nothing: refused");
        assert_eq!(told[0].sentence, "It was refused, and never approved: a reason.");
        assert_eq!(told[1].label, "Erfasst nichts: abgelehnt");
        assert_eq!(told[1].sentence, "Der Einsatz wurde abgelehnt und nie genehmigt. Der Grund: „a reason“.");
    }

    fn with_property(category: &str, treatment: &str) -> Deployment {
        let stream = format!(
            r#"{{"id":"s","retention":"1h","time":{{"do":"keep"}},"properties":{{"p":{{"category":"{category}","value":"text","treatment":{treatment}}}}}}}"#
        );
        Deployment { streams: vec![serde_json::from_str(&stream).unwrap()], ..record("active", None, NOW).deployment }
    }

    #[test]
    fn people_are_told_what_is_read_and_what_stays() {
        let short = |category, treatment| people(Lang::En, &with_property(category, treatment)).short;
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
