//! Which facts there are: path, type, and for codes the vocabulary they come from.

use std::collections::BTreeSet;

use model::{Category, LegalBasis, PartyKind, Purpose, Technology, Tier, Treatment};

/// The type of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactType {
    /// Whether something is so; the value that an unknown one counts as.
    Bool {
        /// The strict side.
        strict: bool,
    },
    /// A whole number.
    Number,
    /// A text in words.
    Words,
    /// A code of a vocabulary, or an id.
    Code(Vocabulary),
    /// Codes of a vocabulary, or ids.
    Codes(Vocabulary),
    /// A day.
    Date,
}

/// Where a code comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vocabulary {
    /// Ids of the city: any.
    Ids,
    /// Categories of data.
    Categories,
    /// Purposes, branches included.
    Purposes,
    /// Technologies.
    Technologies,
    /// Tiers of risk.
    Tiers,
    /// Kinds of parties.
    Parties,
    /// Grounds in law.
    LegalBases,
    /// `nobody`, `indirectly`, `directly`.
    Identifies,
    /// What happens to a property at collection.
    Treatments,
}

impl Vocabulary {
    /// All codes, where they are known.
    pub(crate) fn codes(self) -> Option<BTreeSet<String>> {
        let some = |codes: &[&str]| Some(codes.iter().map(|code| (*code).to_owned()).collect());
        match self {
            Self::Ids => None,
            Self::Categories => Some(Category::all().map(|code| code.code().to_owned()).collect()),
            Self::Purposes => Some(Purpose::all().map(|code| code.code().to_owned()).collect()),
            Self::Technologies => Some(Technology::all().map(|code| code.code().to_owned()).collect()),
            Self::Tiers => some(&Tier::ALL.map(Tier::code)),
            Self::Parties => some(
                &[
                    PartyKind::CityDepartment,
                    PartyKind::Officer,
                    PartyKind::LawEnforcement,
                    PartyKind::EmergencyService,
                    PartyKind::Vendor,
                    PartyKind::Researcher,
                    PartyKind::Company,
                    PartyKind::Public,
                ]
                .map(PartyKind::code),
            ),
            Self::LegalBases => some(
                &[
                    LegalBasis::NotPersonal,
                    LegalBasis::Consent,
                    LegalBasis::LegalObligation,
                    LegalBasis::PublicTask,
                    LegalBasis::VitalInterest,
                    LegalBasis::LawEnforcement,
                ]
                .map(LegalBasis::code),
            ),
            Self::Identifies => some(&["nobody", "indirectly", "directly"]),
            Self::Treatments => some(&Treatment::CODES),
        }
    }
}

const STRICT_YES: FactType = FactType::Bool { strict: true };
const STRICT_NO: FactType = FactType::Bool { strict: false };

/// The facts of a deployment.
static FACTS: &[(&str, FactType)] = &[
    ("deployment.id", FactType::Code(Vocabulary::Ids)),
    ("deployment.title", FactType::Words),
    ("deployment.description", FactType::Words),
    ("deployment.accountable", FactType::Code(Vocabulary::Ids)),
    ("deployment.accountable-name", FactType::Words),
    ("deployment.accountable-kind", FactType::Code(Vocabulary::Parties)),
    ("deployment.place-name", FactType::Words),
    ("deployment.technology", FactType::Code(Vocabulary::Technologies)),
    ("deployment.technology-name", FactType::Words),
    ("deployment.technology-kinds", FactType::Codes(Vocabulary::Technologies)),
    ("deployment.purposes", FactType::Codes(Vocabulary::Purposes)),
    ("deployment.purpose-names", FactType::Words),
    ("deployment.purpose-kinds", FactType::Codes(Vocabulary::Purposes)),
    ("deployment.categories", FactType::Codes(Vocabulary::Categories)),
    ("deployment.category-names", FactType::Words),
    ("deployment.category-kinds", FactType::Codes(Vocabulary::Categories)),
    ("deployment.identifies", FactType::Code(Vocabulary::Identifies)),
    ("deployment.personal", STRICT_YES),
    ("deployment.tier", FactType::Code(Vocabulary::Tiers)),
    ("deployment.legal-basis", FactType::Code(Vocabulary::LegalBases)),
    ("deployment.has-privacy-statement", STRICT_NO),
    ("deployment.starts", FactType::Date),
    ("deployment.ends", FactType::Date),
    ("deployment.days", FactType::Number),
    ("deployment.retention-hours", FactType::Number),
    ("deployment.retention-words", FactType::Words),
    ("deployment.pseudonym-hours", FactType::Number),
    ("deployment.keeps-raw-identifiers", STRICT_YES),
    ("deployment.matches-list", STRICT_YES),
    ("deployment.streams", FactType::Codes(Vocabulary::Ids)),
    ("deployment.recipients", FactType::Codes(Vocabulary::Ids)),
    ("deployment.shared", STRICT_YES),
    ("deployment.shared-with-police", STRICT_YES),
    ("deployment.shared-with-companies", STRICT_YES),
    ("deployment.shared-openly", STRICT_YES),
];

/// The facts of each stream.
static STREAM: &[(&str, FactType)] = &[
    ("categories", FactType::Codes(Vocabulary::Categories)),
    ("category-names", FactType::Words),
    ("category-kinds", FactType::Codes(Vocabulary::Categories)),
    ("treatments", FactType::Codes(Vocabulary::Treatments)),
    ("identifies", FactType::Code(Vocabulary::Identifies)),
    ("personal", STRICT_YES),
    ("retention-hours", FactType::Number),
    ("retention-words", FactType::Words),
    ("pseudonym-hours", FactType::Number),
];

/// The facts of each recipient.
static RECIPIENT: &[(&str, FactType)] = &[
    ("name", FactType::Words),
    ("kind", FactType::Code(Vocabulary::Parties)),
    ("purposes", FactType::Codes(Vocabulary::Purposes)),
    ("purpose-names", FactType::Words),
    ("streams", FactType::Codes(Vocabulary::Ids)),
    ("until", FactType::Date),
    ("under-order", STRICT_NO),
];

/// The type of a fact of a deployment.
pub(crate) fn of_deployment(path: &str) -> Option<FactType> {
    find(FACTS, path)
}

/// The facts of each row of a set that has rows.
fn rows(over: &str) -> Option<&'static [(&'static str, FactType)]> {
    match over {
        "deployment.streams" => Some(STREAM),
        "deployment.recipients" => Some(RECIPIENT),
        _ => None,
    }
}

/// Whether a fact is a set whose members are rows with facts of their own.
pub(crate) fn has_rows(path: &str) -> bool {
    rows(path).is_some()
}

/// The type of a fact of each row of a set.
pub(crate) fn of_row(over: &str, name: &str) -> Option<FactType> {
    find(rows(over)?, name)
}

/// The names of the facts of each row of a set, for errors.
pub(crate) fn row_names(over: &str) -> String {
    rows(over).unwrap_or_default().iter().map(|(name, _)| format!("row.{name}")).collect::<Vec<_>>().join(", ")
}

fn find(table: &[(&str, FactType)], path: &str) -> Option<FactType> {
    table.iter().find(|(known, _)| *known == path).map(|(_, kind)| *kind)
}

/// Every path with its type; those of rows as `deployment.streams.<id>.<name>`.
pub fn known_facts() -> impl Iterator<Item = (String, FactType)> {
    let plain = FACTS.iter().map(|(path, kind)| ((*path).to_owned(), *kind));
    let of_rows = ["deployment.streams", "deployment.recipients"].into_iter().flat_map(|over| {
        rows(over).unwrap_or_default().iter().map(move |(name, kind)| (format!("{over}.<id>.{name}"), *kind))
    });
    plain.chain(of_rows)
}
