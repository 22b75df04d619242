//! Refusals in words, at the field that causes them where that can be known.
//!
//! The register says why. Which field it is about follows from the kind of refusal; of a norm, from the facts that its text
//! names: the last one that the form has a field for. This module never decides.

use model::policy::PolicyText;
use norms::RefusalKind;
use register::decide::Misfit;
use register::{Refusal, State as Register, SubmitError};

use super::ask::Field;
use crate::pages::policies::anchor;
use crate::problem::Problem;
use crate::words;

/// Which fields state which facts of the norms.
const FACTS: [(&str, &[&str]); 34] = [
    ("context.until", &["until"]),
    ("context.spanDays", &["until"]),
    ("resource.grantUntil", &["until"]),
    ("resource.grantDays", &["until"]),
    ("resource.legalBasis", &["legal-basis"]),
    ("resource.privacyStatement", &["privacy-statement"]),
    ("resource.lifetimeDays", &["ends"]),
    ("resource.keepsPersonalSeconds", &["retention"]),
    ("resource.keepsSeconds", &["retention"]),
    ("resource.timeBinSeconds", &["time"]),
    ("resource.longestEpochSeconds", &["setting"]),
    ("resource.rawIdentifiers", &["treatment"]),
    ("resource.biometric", &["category"]),
    ("resource.categories", &["category"]),
    ("resource.mobile", &["mobile"]),
    ("resource.placeHasArea", &["place"]),
    ("resource.purposes", &["purpose"]),
    ("resource.purpose", &["purpose"]),
    ("resource.recipientKind", &["recipient"]),
    ("resource.duties", &["duty"]),
    ("resource.orderUntil", &["order"]),
    ("resource.judged", &["personal"]),
    ("resource.minimum", &["minimum", "view"]),
    ("resource.identifiers", &["identifiers", "view"]),
    ("resource.records", &["shape", "view"]),
    ("resource.countsPeople", &["shape", "view"]),
    ("resource.binSeconds", &["bin", "view"]),
    ("resource.cellResolution", &["space", "view"]),
    ("resource.noised", &["noise", "view"]),
    ("resource.delaySeconds", &["delay", "view"]),
    ("resource.depthSeconds", &["depth", "view"]),
    ("resource.withinPlace", &["longitude"]),
    ("resource.supportUntil", &["support-until"]),
    ("resource.kind", &["kind"]),
];

/// A refusal, for a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: u16,
    /// What stands against it, in one sentence.
    pub(super) sentence: String,
    /// The norms that forbid it.
    pub(super) grounds: Vec<Ground>,
    /// What would be allowed instead.
    pub(super) offers: Vec<String>,
}

/// A norm that stands against something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ground {
    pub(super) reason: String,
    pub(super) norm: String,
    /// Where its text stands.
    pub(super) href: String,
    pub(super) requirement: Option<String>,
}

impl Refused {
    /// What the register said; each field that it is about says so, too.
    pub(super) fn of(error: SubmitError, state: &Register, fields: &mut [Field]) -> Self {
        let refusal = match &error {
            SubmitError::Refused(refusal) => Some(refusal),
            _ => None,
        };
        let (grounds, offers) = refusal.map(|refusal| (of_refusal(refusal), offers(refusal))).unwrap_or_default();
        if let Some(refusal) = refusal {
            mark(refusal, state, fields);
        }
        let permitted_by_none =
            matches!(refusal, Some(Refusal::Norm(norm)) if norm.kind == RefusalKind::NothingPermits);
        let problem = Problem::from(error);
        let sentence = if permitted_by_none {
            "No rule of this city allows you to do this. The policies in force say who may.".to_owned()
        } else if grounds.is_empty() {
            format!("{}.", words::capital(problem.detail_text()))
        } else {
            "The policies in force do not allow it.".to_owned()
        };
        Self { status: problem.status(), sentence, grounds, offers }
    }
}

fn of_refusal(refusal: &Refusal) -> Vec<Ground> {
    match refusal {
        Refusal::Norm(norm) => grounds(&norm.grounds),
        Refusal::View { why, .. } => of_refusal(why),
        _ => Vec::new(),
    }
}

/// Norms that stand against something, for a page.
pub(super) fn grounds(norms: &[norms::Ground]) -> Vec<Ground> {
    let ground = |ground: &norms::Ground| Ground {
        reason: ground.reason.clone(),
        norm: ground.policy.0.clone(),
        href: format!("/policies#{}", anchor(&ground.policy.0)),
        requirement: ground.requirement.as_ref().map(|id| id.0.clone()),
    };
    norms.iter().map(ground).collect()
}

fn offers(refusal: &Refusal) -> Vec<String> {
    let Refusal::View { offers, .. } = refusal else { return Vec::new() };
    offers.iter().map(|offer| words::capital(&offer.instead.join(", "))).collect()
}

/// Says it at the fields that it is about.
fn mark(refusal: &Refusal, state: &Register, fields: &mut [Field]) {
    match refusal {
        Refusal::Norm(norm) => {
            for ground in &norm.grounds {
                let cause = state.policy.as_ref().and_then(|policy| norm_text(&policy.text, &ground.policy.0));
                let name = cause.and_then(|text| last_fact(text, fields));
                name.into_iter().for_each(|name| say(fields, &[name], &ground.reason));
            }
        }
        Refusal::View { why, .. } => mark(why, state, fields),
        other => say(fields, plain(other), &words::capital(&other.to_string())),
    }
}

/// Says it at the field of one of several names. Where there are several fields of a name, it is not known which it is.
fn say(fields: &mut [Field], names: &[&str], words: &str) {
    for name in names {
        let mut own = fields.iter_mut().filter(|field| field.name == *name);
        if let (Some(field), None) = (own.next(), own.next()) {
            field.wrong = Some(match field.wrong.take() {
                Some(before) => format!("{before} {words}"),
                None => words.to_owned(),
            });
            return;
        }
    }
}

/// The fields that a refusal is about which is no norm's.
fn plain(refusal: &Refusal) -> &'static [&'static str] {
    match refusal {
        Refusal::NoReason => &["reason"],
        Refusal::Exists { kind: "stream", .. } => &["stream"],
        Refusal::Exists { .. } => &["device", "deployment"],
        Refusal::Unknown { kind: "place", .. } => &["place"],
        Refusal::Unknown { kind: "view", .. } => &["view"],
        Refusal::Unknown { kind: "order", .. } => &["order"],
        Refusal::Unknown { kind: "device", .. } => &["devices"],
        Refusal::Unknown { kind: "evidence", .. } => &["answers"],
        Refusal::Unknown { kind: "party", .. } => &["recipient", "accountable"],
        Refusal::Misfit(misfit) => match misfit {
            Misfit::Text(what) if what.ends_with("title") => &["title"],
            Misfit::Text(what) if what.ends_with("description") => &["description"],
            Misfit::Text(what) if what.ends_with("summary") => &["summary"],
            Misfit::Text(_) => &["argument"],
            Misfit::Dates => &["ends"],
            Misfit::Treatment(_) | Misfit::Orders(_) => &["treatment"],
            Misfit::Unit(_) => &["budget"],
            Misfit::Property { .. } => &["number", "unit"],
            Misfit::View(_) | Misfit::Subtractable { .. } => &["shape"],
            Misfit::Budget { .. } => &["noise"],
            Misfit::NotYet { .. } => &["on"],
            Misfit::Over { .. } => &["until"],
            Misfit::Incident(_) => &["about"],
            _ => &[],
        },
        _ => &[],
    }
}

/// The text of one norm among the policies in force.
fn norm_text<'t>(text: &'t PolicyText, policy: &str) -> Option<&'t str> {
    let (layer, id) = policy.split_once('/')?;
    let cedar = text.layers.iter().find(|text| text.name == layer)?.cedar.as_str();
    let (_, rest) = cedar.split_once(&format!("@id(\"{id}\")"))?;
    Some(rest.split("@id(").next().unwrap_or(rest))
}

/// The field of the last fact that a norm names among those that a form has fields for.
fn last_fact(text: &str, fields: &[Field]) -> Option<&'static str> {
    let has = |names: &[&str]| fields.iter().map(|field| field.name).find(|name| names.contains(name));
    let known = FACTS.iter().filter_map(|(fact, names)| Some((at(text, fact)?, has(names)?)));
    known.max_by_key(|(at, _)| *at).map(|(_, name)| name)
}

/// Where a fact is named last; not where another begins with its name.
fn at(text: &str, fact: &str) -> Option<usize> {
    let next = |at: usize| text.get(at + fact.len()..).and_then(|rest| rest.chars().next());
    text.rmatch_indices(fact).map(|(at, _)| at).find(|at| next(*at).is_none_or(|next| !next.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::super::ask::Sent;
    use super::*;

    #[test]
    fn a_norm_is_said_at_the_field_of_the_last_fact_that_it_names() {
        let policy = PolicyText {
            layers: vec![testkit::core()],
            permits: String::new(),
            permits_owner: "city".parse().unwrap(),
        };
        let fields: Vec<Field> =
            ["until", "legal-basis", "privacy-statement", "purpose", "duty", "recipient", "view", "order"]
                .into_iter()
                .map(|name| Field::line(name, name, &Sent::default()))
                .collect();
        for (norm, field) in [
            ("approval-expires", Some("until")),
            ("approval-within-lifetime", Some("until")),
            ("legal-basis", Some("legal-basis")),
            ("privacy-statement", Some("privacy-statement")),
            ("declared-purpose", Some("purpose")),
            ("human-verification", Some("duty")),
            ("no-reidentification", Some("duty")),
            ("police-under-order", Some("order")),
            ("minimum-count", Some("view")),
            ("grant-within-lifetime", Some("until")),
            ("independent-approval", None),
        ] {
            let text = norm_text(&policy, &format!("test-core/{norm}")).expect("it is in force");
            assert_eq!(last_fact(text, &fields), field, "{norm}");
        }
        assert!(norm_text(&policy, "test-core/none").is_none());
    }
}
