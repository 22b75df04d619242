//! The sheets that are read, and their columns: what stands in each, whether it has to, and an example.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Who acts.
    Parties,
    /// Where.
    Places,
    /// What senses, and what for.
    Deployments,
    /// What flows of a deployment, a row for each property of a stream.
    Properties,
    /// The sensors.
    Devices,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub name: &'static str,
    /// Whether there has to be one.
    pub required: bool,
    /// What stands in it.
    pub about: &'static str,
    /// For instance.
    pub example: &'static str,
}

const fn must(name: &'static str, about: &'static str, example: &'static str) -> Column {
    Column { name, required: true, about, example }
}

const fn may(name: &'static str, about: &'static str, example: &'static str) -> Column {
    Column { name, required: false, about, example }
}

const SHORT_NAME: &str = "Short name: a to z, 0 to 9 and -. It is public and stays for ever.";
const PARTIES: [Column; 3] = [
    must("id", SHORT_NAME, "mobility"),
    must("name", "Public name; for a person, a role.", "Mobility department"),
    must("kind", "What it is: see Values.", "city-department"),
];
const PLACES: [Column; 6] = [
    must("id", SHORT_NAME, "old-town"),
    must("name", "Name, as residents know it.", "Old town"),
    may("within", "Short name of the place that holds it.", "brookhaven"),
    may("longitude", "Degrees east, for a point.", "16.6068"),
    may("latitude", "Degrees north, for a point.", "49.1951"),
    may(
        "outline",
        "For an area: longitude and latitude of each corner with a space, a comma between corners, the last as the first; a \
         semicolon before a hole. Of a place that is registered, nothing here leaves its shape as it is.",
        "16.60 49.19, 16.61 49.19, 16.61 49.20, 16.60 49.19",
    ),
];
const DEPLOYMENTS: [Column; 12] = [
    must("id", SHORT_NAME, "congestion"),
    must("title", "Name for residents.", "How busy is the old town?"),
    must("description", "What it does and why, in plain words.", "Counts phones near five crossings."),
    must("accountable", "Short name of the party that answers for it.", "mobility"),
    must("place", "Short name of the place.", "old-town"),
    may("mobile", "yes if it moves about within that place.", "no"),
    must("technology", "What senses: see Values.", "wifi-counter"),
    must("purposes", "What for: see Values; several with a semicolon.", "traffic-management; street-design"),
    must("legal-basis", "Ground in law: see Values.", "public-task"),
    may(
        "privacy-statement",
        "Address of the privacy statement; needed where data is about people.",
        "https://brookhaven.example/privacy",
    ),
    must("starts", "First day, in UTC.", "2027-01-01"),
    must("ends", "The day on which it ends for good, in UTC.", "2028-01-01"),
];
const PROPERTIES: [Column; 11] = [
    must("deployment", "Short name of the deployment.", "congestion"),
    must("stream", "Short name of the stream; unique in the city.", "wifi-centre"),
    may("retention", "How long it is kept: a number and s, m, h or d. Once for each stream.", "24h"),
    may("time", "keep, or the bin that the time falls into. Once for each stream.", "15m"),
    may("budget", "What all releases may cost together (ρ), for numbers with noise. Once for each stream.", "1.0"),
    must("property", "Name, as the sensor sends it.", "mac"),
    must("category", "What kind of data it is: see Values.", "mac-address"),
    must("value", "Type of its value: see Values.", "text"),
    may("unit", "Unit, for people.", "dBm"),
    must("treatment", "What becomes of it before anything is stored: see Values.", "pseudonymise"),
    may("setting", "Setting of that: see Values.", "24h"),
];
const DEVICES: [Column; 7] = [
    must("id", SHORT_NAME, "sniffer-1"),
    must("stream", "Short name of the stream that it feeds.", "wifi-centre"),
    may("longitude", "Degrees east.", "16.6068"),
    may("latitude", "Degrees north.", "49.1951"),
    may("place", "In place of both: short name of a place that is a point.", "crossing-3"),
    may("support-until", "The day until which its maker mends its software.", "2030-06-01"),
    may("operator", "Short name of the party that enters it: whoever sends the file.", "mobility"),
];

impl Kind {
    /// Every kind, in the order in which they build on one another.
    pub const ALL: [Self; 5] = [Self::Parties, Self::Places, Self::Deployments, Self::Properties, Self::Devices];

    /// The name of its sheet.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Parties => "parties",
            Self::Places => "places",
            Self::Deployments => "deployments",
            Self::Properties => "properties",
            Self::Devices => "devices",
        }
    }

    /// The kind of a name, however it is spelled.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = heading(name);
        Self::ALL.into_iter().find(|kind| kind.code() == name)
    }

    /// Its columns, in order.
    #[must_use]
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Parties => &PARTIES,
            Self::Places => &PLACES,
            Self::Deployments => &DEPLOYMENTS,
            Self::Properties => &PROPERTIES,
            Self::Devices => &DEVICES,
        }
    }

    /// The headings of its columns, in order.
    #[must_use]
    pub fn headings(self) -> Vec<&'static str> {
        self.columns().iter().map(|column| column.name).collect()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// A heading as it is compared: small letters, one hyphen for whatever else stands between words.
pub(crate) fn heading(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|sign: char| !sign.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_is_known_however_it_is_spelled() {
        for text in ["support-until", " Support until ", "SUPPORT_UNTIL", "support  until:"] {
            assert_eq!(heading(text), "support-until", "{text}");
        }
        assert_eq!(Kind::named("Devices "), Some(Kind::Devices));
        assert_eq!(Kind::named("Sheet1"), None);
        for kind in Kind::ALL {
            assert!(kind.columns().iter().all(|column| heading(column.name) == column.name), "{kind}");
        }
    }
}
