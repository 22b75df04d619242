//! What somebody may ask for, object to or complain of, by the ground in law and by whether the data is about people.
//!
//! It says which rights the law gives and which form asks for each; whether one is granted is for whoever answers to decide.

use model::inquiry::InquiryKind;
use model::{Deployment, Identifies, LegalBasis};

use crate::lang::Lang;

/// Something that somebody may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Right {
    /// In a sentence or two.
    pub(crate) says: &'static str,
    /// The kind that its form takes, and what the link to it says; none where the city is not who is asked.
    pub(crate) form: Option<(&'static str, &'static str)>,
}

impl Right {
    const fn by(kind: InquiryKind, label: &'static str, says: &'static str) -> Self {
        Self { says, form: Some((kind.code(), label)) }
    }
}

/// The rights of somebody whom a deployment may sense.
pub(crate) fn rights(lang: Lang, deployment: &Deployment) -> Vec<Right> {
    let streams = &deployment.streams;
    let reads = streams.iter().map(model::Stream::identifies).max().unwrap_or(Identifies::Nobody);
    let keeps = streams.iter().any(|stream| stream.raw_identifiers().next().is_some() || stream.order().is_some());
    let ask =
        lang.of("You may ask anything about it. You need no reason.", "Sie dürfen alles dazu fragen, ohne Grund.");
    let mut rights = vec![Right::by(InquiryKind::Question, lang.of("Ask a question", "Eine Frage stellen"), ask)];
    let object = lang.of("Object", "Widersprechen");
    if reads == Identifies::Nobody {
        rights.push(Right::by(
            InquiryKind::Objection,
            object,
            lang.of(
                "It senses nobody, so that there is no data about you. You may object to it all the same.",
                "Es gibt hier keine Daten über Sie, weil niemand erfasst wird. Widersprechen dürfen Sie trotzdem.",
            ),
        ));
        rights.push(Right::by(
            InquiryKind::Correction,
            lang.of("Report an error", "Einen Fehler melden"),
            lang.of(
                "If you think that it senses people after all, say so.",
                "Wenn Sie glauben, dass doch Menschen erfasst werden, melden Sie es.",
            ),
        ));
        return rights;
    }
    let basis = deployment.legal_basis;
    rights.push(Right::by(InquiryKind::Objection, object, objecting(lang, basis)));
    let own = lang.of("Ask for your own data", "Nach den eigenen Daten fragen");
    rights.push(Right::by(InquiryKind::OwnData, own, own_data(lang, basis, keeps)));
    rights.push(Right { says: complaining(lang, basis), form: None });
    rights
}

/// What objecting does under a ground in law.
const fn objecting(lang: Lang, basis: LegalBasis) -> &'static str {
    match basis {
        LegalBasis::Consent => lang.of(
            "It rests on your consent. You may take that back at any time (GDPR, article 7(3)).",
            "Der Einsatz beruht auf Ihrer Einwilligung. Sie können sie jederzeit widerrufen (DSGVO, Artikel 7 Absatz 3).",
        ),
        LegalBasis::LegalObligation | LegalBasis::VitalInterest => lang.of(
            "The law gives no right to stop this by an objection, because it is a duty or protects lives. You may object all the \
             same; the city has to decide and say why.",
            "Das Gesetz gibt hier kein Recht, den Einsatz durch einen Widerspruch zu beenden, weil er eine Pflicht ist oder Leben \
             schützt. Sie können trotzdem widersprechen; die Stadt muss entscheiden und sagen, warum.",
        ),
        LegalBasis::LawEnforcement => lang.of(
            "The law for police and justice holds here, and knows no right to object. You may object all the same; an answer says \
             what that law allows.",
            "Hier gilt das Recht für Polizei und Justiz, das keinen Widerspruch kennt. Sie können trotzdem widersprechen; die \
             Antwort sagt, was dieses Recht erlaubt.",
        ),
        // Where no ground is named for data about people, the widest right is told.
        LegalBasis::PublicTask | LegalBasis::NotPersonal => lang.of(
            "You may object for reasons of your own situation (GDPR, article 21). The city has to decide and say why.",
            "Sie dürfen aus Gründen Ihrer eigenen Lage widersprechen (DSGVO, Artikel 21). Die Stadt muss entscheiden und sagen, \
             warum.",
        ),
    }
}

/// What asking for one's own data gives: more where what is stored says whose it is.
const fn own_data(lang: Lang, basis: LegalBasis, keeps: bool) -> &'static str {
    match (basis, keeps) {
        (LegalBasis::LawEnforcement, _) => lang.of(
            "You may ask for data about you, to see it, put it right or have it deleted (Directive (EU) 2016/680, articles 14 \
             and 16). That law may limit the answer.",
            "Sie dürfen nach Daten über Sie fragen, um sie zu sehen, zu berichtigen oder löschen zu lassen (Richtlinie (EU) \
             2016/680, Artikel 14 und 16). Dieses Recht kann die Antwort einschränken.",
        ),
        (_, true) => lang.of(
            "You may ask for data about you, to see it, put it right or have it deleted (GDPR, articles 15 to 17).",
            "Sie dürfen nach Daten über Sie fragen, um sie zu sehen, zu berichtigen oder löschen zu lassen (DSGVO, Artikel 15 bis \
             17).",
        ),
        (_, false) => lang.of(
            "You may ask for data about you (GDPR, articles 15 to 17). What is stored does not say whose it is, so that the city \
             often cannot find yours (article 11).",
            "Sie dürfen nach Daten über Sie fragen (DSGVO, Artikel 15 bis 17). Was gespeichert ist, sagt nicht, wem es gehört. \
             Deshalb kann die Stadt Ihre Daten oft nicht finden (Artikel 11).",
        ),
    }
}

/// Where to complain.
const fn complaining(lang: Lang, basis: LegalBasis) -> &'static str {
    match basis {
        LegalBasis::LawEnforcement => lang.of(
            "You may complain to the data protection authority, without asking here first (Directive (EU) 2016/680, article 52).",
            "Sie dürfen sich bei der Datenschutzbehörde beschweren, ohne vorher hier zu fragen (Richtlinie (EU) 2016/680, Artikel \
             52).",
        ),
        _ => lang.of(
            "You may complain to the data protection authority, without asking here first (GDPR, article 77).",
            "Sie dürfen sich bei der Datenschutzbehörde beschweren, ohne vorher hier zu fragen (DSGVO, Artikel 77).",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(category: &str, treatment: &str, basis: &str) -> Vec<(Option<&'static str>, &'static str)> {
        let text = format!(
            r#"{{"id":"d","title":"t","description":"d","accountable":"mobility","place":"centre","technology":"wifi-counter",
            "purposes":["traffic-management"],"legal_basis":"{basis}","starts":"2026-01-01T00:00:00Z",
            "ends":"2027-01-01T00:00:00Z","streams":[{{"id":"s","retention":"24h","time":{{"do":"keep"}},"properties":{{
            "p":{{"category":"{category}","value":"text","treatment":{treatment}}}}}}}]}}"#
        );
        let deployment = serde_json::from_str(&text).unwrap();
        rights(Lang::En, &deployment).into_iter().map(|right| (right.form.map(|form| form.0), right.says)).collect()
    }

    #[test]
    fn what_is_about_nobody_gives_nobody_data_of_their_own() {
        let kinds: Vec<_> = told("air-quality", r#"{"do":"keep"}"#, "not-personal").iter().map(|told| told.0).collect();
        assert_eq!(kinds, [Some("question"), Some("objection"), Some("correction")]);
    }

    #[test]
    fn the_ground_in_law_says_what_objecting_does() {
        for (basis, object, complain) in [
            ("public-task", "article 21", "article 77"),
            ("consent", "article 7(3)", "article 77"),
            ("legal-obligation", "no right to stop this", "article 77"),
            ("vital-interest", "no right to stop this", "article 77"),
            ("law-enforcement", "knows no right to object", "article 52"),
            // A ground that does not fit the data takes no right away.
            ("not-personal", "article 21", "article 77"),
        ] {
            let told = told("mac-address", r#"{"do":"pseudonymise","epoch":"24h"}"#, basis);
            let kinds: Vec<_> = told.iter().map(|told| told.0).collect();
            assert_eq!(kinds, [Some("question"), Some("objection"), Some("own-data"), None], "{basis}");
            assert!(told[1].1.contains(object) && told[3].1.contains(complain), "{basis}: {told:?}");
        }
    }

    #[test]
    fn what_is_stored_as_it_came_can_be_asked_for_and_what_is_not_often_cannot_be_found() {
        let own = |treatment| told("mac-address", treatment, "public-task")[2].1;
        assert!(!own(r#"{"do":"keep"}"#).contains("article 11"));
        assert!(own(r#"{"do":"drop"}"#).contains("often cannot find yours (article 11)"));
        assert!(!own(r#"{"do":"match","order":"o"}"#).contains("article 11"));
    }
}
