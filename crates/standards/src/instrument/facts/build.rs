//! The facts of one deployment, from what is declared of it, of its place, of parties and of grants.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Category, Deployment, Grant, Identifies, Party, PartyId, PartyKind, Place, Purpose, Span, Stream, Technology, Tier,
    Treatment,
};

use super::{FactValue, Facts};

/// What is declared, as far as it is known. What is not given leaves its facts unknown.
#[derive(Debug, Clone, Copy)]
pub struct Declared<'d> {
    /// The deployment.
    pub deployment: &'d Deployment,
    /// Its place.
    pub place: Option<&'d Place>,
    /// Parties by id; at least the accountable one and the recipients.
    pub parties: &'d BTreeMap<PartyId, Party>,
    /// The grants in force or asked for. Those of other deployments' streams are not looked at.
    pub grants: &'d [Grant],
}

fn text(text: impl Into<String>) -> FactValue {
    FactValue::Text(text.into())
}

fn set<T: Into<String>>(codes: impl IntoIterator<Item = T>) -> FactValue {
    FactValue::Set(codes.into_iter().map(Into::into).collect())
}

fn joined<'n>(names: impl IntoIterator<Item = &'n str>) -> FactValue {
    text(names.into_iter().collect::<Vec<_>>().join("; "))
}

/// Hours, rounded up: a limit that is passed by a minute is passed.
fn hours(span: Span) -> FactValue {
    FactValue::Number(i64::from(span.as_seconds().div_ceil(3_600)))
}

const fn identifies(identifies: Identifies) -> &'static str {
    match identifies {
        Identifies::Nobody => "nobody",
        Identifies::Indirectly => "indirectly",
        Identifies::Directly => "directly",
    }
}

/// A code and all those above it in its tree.
macro_rules! with_above {
    ($codes:expr) => {{
        let mut found = BTreeSet::new();
        for code in $codes {
            let mut at = Some(code);
            while let Some(here) = at {
                found.insert(here.code());
                at = here.parent();
            }
        }
        found
    }};
}

impl Facts {
    /// The facts of a deployment.
    #[must_use]
    pub fn of(declared: &Declared<'_>) -> Self {
        let mut facts = Self::default();
        facts.declare(declared.deployment);
        if let Some(place) = declared.place {
            facts.insert("deployment.place-name", text(&*place.name));
        }
        if let Some(party) = declared.parties.get(&declared.deployment.accountable) {
            facts.insert("deployment.accountable-name", text(&*party.name));
            facts.insert("deployment.accountable-kind", text(party.kind.code()));
        }
        for stream in &declared.deployment.streams {
            facts.stream(stream);
        }
        facts.recipients(declared);
        facts
    }

    fn declare(&mut self, deployment: &Deployment) {
        let mut put = |name: &str, value| self.insert(format!("deployment.{name}"), value);
        let streams = &deployment.streams;
        let categories: BTreeSet<Category> =
            streams.iter().flat_map(|stream| stream.properties.values()).map(|property| property.category).collect();
        let strongest = streams.iter().map(Stream::identifies).max().unwrap_or(Identifies::Nobody);
        let retention = streams.iter().map(|stream| stream.retention.0).max().unwrap_or(Span::ZERO);
        let remembered = streams.iter().map(Stream::remembered).max().unwrap_or(Span::ZERO);
        let lists = |stream: &Stream| {
            stream.properties.values().any(|property| matches!(property.treatment, Treatment::Match { .. }))
        };
        let technology: Technology = deployment.technology;
        put("id", text(deployment.id.as_str()));
        put("title", text(&*deployment.title));
        put("description", text(&*deployment.description));
        put("accountable", text(deployment.accountable.as_str()));
        put("technology", text(technology.code()));
        put("technology-name", text(technology.name()));
        put("technology-kinds", set(with_above!([technology])));
        put("purposes", set(deployment.purposes.iter().map(|purpose| purpose.code())));
        put("purpose-names", joined(deployment.purposes.iter().map(|purpose| purpose.name())));
        put("purpose-kinds", set(with_above!(deployment.purposes.iter().copied())));
        put("categories", set(categories.iter().map(|category| category.code())));
        put("category-names", joined(categories.iter().map(|category| category.name())));
        put("category-kinds", set(with_above!(categories.iter().copied())));
        put("identifies", text(identifies(strongest)));
        put("personal", FactValue::Bool(strongest != Identifies::Nobody));
        put("tier", text(Tier::of(deployment).code()));
        put("legal-basis", text(deployment.legal_basis.code()));
        put("has-privacy-statement", FactValue::Bool(deployment.privacy_statement.is_some()));
        put("starts", text(deployment.starts.date()));
        put("ends", text(deployment.ends.date()));
        put(
            "days",
            FactValue::Number(i64::from(deployment.ends.since(deployment.starts).as_seconds().div_ceil(86_400))),
        );
        put("retention-hours", hours(retention));
        put("retention-words", text(retention.in_words()));
        put("pseudonym-hours", hours(remembered));
        put("keeps-raw-identifiers", FactValue::Bool(streams.iter().any(|s| s.raw_identifiers().next().is_some())));
        put("matches-list", FactValue::Bool(streams.iter().any(lists)));
        put("streams", set(streams.iter().map(|stream| stream.id.as_str())));
    }

    fn stream(&mut self, stream: &Stream) {
        let mut put = |name: &str, value| self.insert(format!("deployment.streams.{}.{name}", stream.id), value);
        let properties = stream.properties.values();
        let categories: BTreeSet<Category> = properties.clone().map(|property| property.category).collect();
        put("categories", set(categories.iter().map(|category| category.code())));
        put("category-names", joined(categories.iter().map(|category| category.name())));
        put("category-kinds", set(with_above!(categories.iter().copied())));
        put("treatments", set(properties.map(|property| property.treatment.code())));
        put("identifies", text(identifies(stream.identifies())));
        put("personal", FactValue::Bool(stream.identifies() != Identifies::Nobody));
        put("retention-hours", hours(stream.retention.0));
        put("retention-words", text(stream.retention.0.in_words()));
        put("pseudonym-hours", hours(stream.remembered()));
    }

    fn recipients(&mut self, declared: &Declared<'_>) {
        let own = |grant: &&Grant| declared.deployment.stream(&grant.stream).is_some();
        let mut by_recipient: BTreeMap<&PartyId, Vec<&Grant>> = BTreeMap::new();
        for grant in declared.grants.iter().filter(own) {
            by_recipient.entry(&grant.recipient).or_default().push(grant);
        }
        let kind = |id: &PartyId| declared.parties.get(id).map(|party| party.kind);
        // Somebody of whom nothing is known may be anybody.
        let any = |wanted: &[PartyKind]| {
            FactValue::Bool(by_recipient.keys().any(|id| kind(id).is_none_or(|kind| wanted.contains(&kind))))
        };
        self.insert("deployment.shared", FactValue::Bool(!by_recipient.is_empty()));
        self.insert("deployment.shared-with-police", any(&[PartyKind::LawEnforcement]));
        self.insert("deployment.shared-with-companies", any(&[PartyKind::Company, PartyKind::Vendor]));
        self.insert("deployment.shared-openly", any(&[PartyKind::Public]));
        self.insert("deployment.recipients", set(by_recipient.keys().map(|id| id.as_str())));
        for (id, grants) in by_recipient {
            let mut put = |name: &str, value| self.insert(format!("deployment.recipients.{id}.{name}"), value);
            if let Some(party) = declared.parties.get(id) {
                put("name", text(&*party.name));
                put("kind", text(party.kind.code()));
            }
            let purposes: BTreeSet<Purpose> = grants.iter().map(|grant| grant.purpose).collect();
            put("purposes", set(purposes.iter().map(|purpose| purpose.code())));
            put("purpose-names", joined(purposes.iter().map(|purpose| purpose.name())));
            put("streams", set(grants.iter().map(|grant| grant.stream.as_str())));
            if let Some(until) = grants.iter().map(|grant| grant.until).max() {
                put("until", text(until.date()));
            }
            put("under-order", FactValue::Bool(grants.iter().all(|grant| grant.order.is_some())));
        }
    }
}
