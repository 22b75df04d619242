//! The names of the vocabulary: English ones stand in the model, German ones here, code by code.
//!
//! A test holds the tables complete, so that no name falls back to another language.

use model::{Category, Purpose, Technology};

use crate::lang::Lang;

/// What is sensed, by code.
const CATEGORIES: [(&str, &str); 24] = [
    ("personal", "Daten über Personen"),
    ("device-identifier", "Kennung eines Geräts, das jemand bei sich hat"),
    ("mac-address", "MAC-Adresse eines Telefons oder Laptops"),
    ("network-name", "Name eines Netzes, das ein Gerät sucht"),
    ("vehicle-identifier", "Kennung eines Fahrzeugs"),
    ("number-plate", "Kennzeichen eines Fahrzeugs"),
    ("face-image", "Bild eines Gesichts"),
    ("person-location", "Ort einer Person oder ihres Geräts"),
    ("signal-strength", "Stärke des Signals eines Geräts"),
    ("device-trait", "Merkmal eines Geräts, zum Beispiel ob seine Adresse zufällig ist"),
    ("list-match", "Eintrag einer Anordnung, auf den ein Fahrzeug oder Gerät passt"),
    ("crowd", "Wie viele Menschen da sind"),
    ("people-count", "Anzahl der Menschen"),
    ("crowd-density", "Menschen je Quadratmeter"),
    ("traffic", "Wie sich Fahrzeuge bewegen, ohne dass eines erkannt wird"),
    ("vehicle-count", "Anzahl der Fahrzeuge"),
    ("vehicle-speed", "Mittlere Geschwindigkeit der Fahrzeuge"),
    ("vehicle-class", "Art des Fahrzeugs"),
    ("environment", "Zustand der Umwelt"),
    ("air-quality", "Menge eines Schadstoffs in der Luft"),
    ("weather", "Temperatur, Regen, Wind"),
    ("noise-level", "Lautstärke"),
    ("water-level", "Höhe eines Flusses oder Kanals"),
    ("device-health", "Zustand des Sensors selbst"),
];

/// What for, by code.
const PURPOSES: [(&str, &str); 19] = [
    ("mobility", "Verkehr"),
    ("traffic-management", "Verkehr lenken"),
    ("public-transport-planning", "Busse und Bahnen planen"),
    ("street-design", "Straßen gestalten"),
    ("environmental-protection", "Umwelt schützen"),
    ("air-quality", "Luft überwachen"),
    ("noise-abatement", "Lärm mindern"),
    ("safety", "Sicherheit"),
    ("crime-investigation", "Eine Straftat auf Anordnung aufklären"),
    ("disaster-response", "Bei Katastrophen helfen"),
    ("crowd-safety", "Menschenmengen schützen"),
    ("knowledge", "Wissen"),
    ("official-statistics", "Amtliche Statistik"),
    ("scientific-research", "Wissenschaftliche Forschung"),
    ("public-information", "Die Öffentlichkeit informieren"),
    ("commercial", "Handel und Gewerbe"),
    ("advertising", "Werbung"),
    ("operations", "Betrieb der Sensoren"),
    ("maintenance", "Sensoren warten"),
];

/// With what, by code.
const TECHNOLOGIES: [(&str, &str); 14] = [
    ("radio", "Funkempfänger"),
    ("wifi-counter", "WLAN-Zähler"),
    ("bluetooth-counter", "Bluetooth-Zähler"),
    ("camera", "Kamera"),
    ("number-plate-reader", "Kennzeichenleser"),
    ("counting-camera", "Kamera, die nur zählt"),
    ("road-sensor", "Sensor in der Fahrbahn"),
    ("induction-loop", "Induktionsschleife"),
    ("environment-sensor", "Umweltsensor"),
    ("air-quality-station", "Luftmessstation"),
    ("sound-level-meter", "Schallpegelmesser"),
    ("river-gauge", "Flusspegel"),
    ("weather-station", "Wetterstation"),
    ("infrared-counter", "Infrarot-Personenzähler"),
];

/// The German name of a code; the tables have every one.
fn german(table: &[(&'static str, &'static str)], code: &str) -> &'static str {
    table.iter().find(|(known, _)| *known == code).map_or("", |(_, name)| name)
}

impl Lang {
    /// What kind of data it is.
    pub(crate) fn category(self, category: Category) -> &'static str {
        match self {
            Self::En => category.name(),
            Self::De => german(&CATEGORIES, category.code()),
        }
    }

    /// What data is for.
    pub(crate) fn purpose(self, purpose: Purpose) -> &'static str {
        match self {
            Self::En => purpose.name(),
            Self::De => german(&PURPOSES, purpose.code()),
        }
    }

    /// What senses.
    pub(crate) fn technology(self, technology: Technology) -> &'static str {
        match self {
            Self::En => technology.name(),
            Self::De => german(&TECHNOLOGIES, technology.code()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_german_name_and_no_other_code_has_one() {
        for lang in Lang::ALL {
            assert!(Category::all().all(|category| !lang.category(category).is_empty()));
            assert!(Purpose::all().all(|purpose| !lang.purpose(purpose).is_empty()));
            assert!(Technology::all().all(|technology| !lang.technology(technology).is_empty()));
        }
        assert_eq!(Category::all().count(), CATEGORIES.len());
        assert_eq!(Purpose::all().count(), PURPOSES.len());
        assert_eq!(Technology::all().count(), TECHNOLOGIES.len());
    }

    #[test]
    fn no_german_name_is_the_english_one() {
        assert!(Category::all().all(|category| Lang::De.category(category) != category.name()));
        assert!(Purpose::all().all(|purpose| Lang::De.purpose(purpose) != purpose.name()));
        assert!(Technology::all().all(|technology| Lang::De.technology(technology) != technology.name()));
    }
}
