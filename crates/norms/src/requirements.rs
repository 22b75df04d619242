//! The requirements that the global core executes: id, text and where each comes from. Our own words, never presented as
//! the Alliance's text. Illustrative, not legal advice.

/// One requirement of the global core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement {
    /// Its id, as norms name it.
    pub id: &'static str,
    /// What is required, in plain words.
    pub text: &'static str,
    /// The law or practice it is drawn from.
    pub source: &'static str,
}

/// The requirements of the global core, by id.
pub static REQUIREMENTS: &[Requirement] = &[
    Requirement {
        id: "core-01",
        text: "A deployment is approved only after an assessment signed by a party that neither proposed it nor answers for it.",
        source: "GDPR 35(1), (2); a proposer does not assess itself (ours)",
    },
    Requirement {
        id: "core-02",
        text: "Whoever proposed a deployment or answers for it cannot approve it.",
        source: "separation of duties (ours)",
    },
    Requirement {
        id: "core-03",
        text: "Whoever proposed a deployment or answers for it cannot sign its assessment.",
        source: "separation of duties (ours)",
    },
    Requirement {
        id: "core-04",
        text: "An approval lasts at most five years.",
        source: "French CSI: permits of five years",
    },
    Requirement {
        id: "core-05",
        text: "An approval does not outlast the deployment's end date.",
        source: "Amsterdam APV 2.25a: notification names an end date",
    },
    Requirement {
        id: "core-06",
        text: "Where the assessment leaves a high risk, an authority is consulted before anything is approved.",
        source: "GDPR 36",
    },
    Requirement {
        id: "core-07",
        text: "What the assessment found unacceptable is not approved.",
        source: "GDPR 35(7)",
    },
    Requirement {
        id: "core-08",
        text: "Only a deployment with an approval in force is published.",
        source: "SMC 14.18.020 (Seattle): approval before use",
    },
    Requirement {
        id: "core-09",
        text: "Only a published deployment with an approval in force, before its end date, may begin to collect.",
        source: "SMC 14.18.020 (Seattle); Sebastopol SMC 8.80.030",
    },
    Requirement {
        id: "core-10",
        text: "A deployment has an end date at most five years after it starts.",
        source: "Amsterdam APV 2.25a; the ceiling is ours",
    },
    Requirement {
        id: "core-11",
        text: "Data about people is collected only on a ground in law.",
        source: "GDPR 6; Amsterdam iot-api validators",
    },
    Requirement {
        id: "core-12",
        text: "Where data is about people, residents can read a privacy statement.",
        source: "GDPR 12-13; Amsterdam iot-api validators",
    },
    Requirement {
        id: "core-13",
        text: "Images of faces are not collected in public places.",
        source: "AI Act 5(1)(h); the general ban is ours",
    },
    Requirement {
        id: "core-14",
        text: "No stream keeps an identifier of a person, device or vehicle as it came.",
        source: "GDPR 5(1)(c), 25",
    },
    Requirement {
        id: "core-15",
        text: "A pseudonym's key lives at most 24 hours.",
        source: "CNIL 2018/2020, counting by phone signals, second regime",
    },
    Requirement {
        id: "core-16",
        text: "Treated data about people is kept at most 30 days.",
        source: "Gemeentewet 151c: four weeks; CSI L252-5: one month",
    },
    Requirement {
        id: "core-17",
        text: "Only a deployment that is active, approved and within its dates collects.",
        source: "SMC 14.18.020 (Seattle); silence means cease",
    },
    Requirement {
        id: "core-18",
        text: "Identifiers are compared with a list only under a named order in force.",
        source: "StPO 163g(1), (3)",
    },
    Requirement {
        id: "core-19",
        text: "Nothing about people is collected before an independent assessment.",
        source: "GDPR 35(1), (3)(c)",
    },
    Requirement {
        id: "core-20",
        text: "A view tells who was there only under a named order.",
        source: "StPO 163g; NASPLE",
    },
    Requirement {
        id: "core-21",
        text: "A number about people stands for at least ten of them.",
        source: "Mobility Data Specification: counts under 10 withheld",
    },
    Requirement {
        id: "core-22",
        text: "Numbers about people are for a quarter of an hour or longer.",
        source: "practice of Louisville, Austin: 15 minutes",
    },
    Requirement {
        id: "core-23",
        text: "Cells that people are counted in are no finer than H3 resolution 9.",
        source: "practice of cities: cells of about 0.1 km²",
    },
    Requirement {
        id: "core-24",
        text: "Single records about people are shown only under a named order.",
        source: "TfL FOI-2501-1819: raw depersonalised rows stay unreleased",
    },
    Requirement {
        id: "core-25",
        text: "Everybody may have only what tells of nobody, or numbers of at least ten.",
        source: "NYC IoT guideline 1.4",
    },
    Requirement {
        id: "core-26",
        text: "Data about people in public places is never given for advertising.",
        source: "purpose limitation, GDPR 5(1)(b); TfL's lesson",
    },
    Requirement {
        id: "core-27",
        text: "Data is given only for a purpose that the deployment declared.",
        source: "GDPR 5(1)(b)",
    },
    Requirement {
        id: "core-28",
        text: "Police have data about people only under an order in force.",
        source: "EDPB 3/2019 chapter 4; StPO 163g",
    },
    Requirement {
        id: "core-29",
        text: "Police have promised that a person checks each hit before acting on it.",
        source: "StPO 163g(2): a hit is verified by a person",
    },
    Requirement {
        id: "core-30",
        text: "Whoever has data derived from people has promised not to single anybody out.",
        source: "EDPB 01/2025: pseudonymised data stays personal",
    },
    Requirement {
        id: "core-31",
        text: "A grant does not outlast the deployment it draws on.",
        source: "agreement ends with its source (ours)",
    },
    Requirement {
        id: "core-32",
        text: "Data is given only under a grant in force.",
        source: "NYC 14-188(h): named recipients, no wildcard",
    },
    Requirement { id: "core-33", text: "Data is given only for the purpose that was agreed.", source: "GDPR 5(1)(b)" },
    Requirement {
        id: "core-34",
        text: "What tells who was there more than 90 days ago needs a senior officer's authorisation.",
        source: "NASPLE: after 90 days senior authorisation",
    },
    Requirement {
        id: "core-35",
        text: "Of a deployment that is not active, nothing about people leaves.",
        source: "Sebastopol SMC 8.80.060.D: use and sharing stop",
    },
    Requirement {
        id: "core-36",
        text: "Only a party itself, the city's founder or, for a device, whoever answers for its deployment gives out a token.",
        source: "separation of duties (ours): whoever has a party's token signs as that party",
    },
    Requirement {
        id: "core-37",
        text: "Only the city's founder enters an officer.",
        source: "separation of duties (ours): who decides is not chosen by who proposes",
    },
    Requirement {
        id: "core-38",
        text: "Only the city's founder or an officer puts policies in force.",
        source: "separation of duties (ours)",
    },
];

/// A requirement by its id.
#[must_use]
pub fn requirement(id: &str) -> Option<&'static Requirement> {
    REQUIREMENTS.iter().find(|requirement| requirement.id == id)
}
