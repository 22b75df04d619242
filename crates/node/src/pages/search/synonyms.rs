//! What people call what the register calls by other names, in English and in German. Our own, few; each row is one thing, in folded
//! letters, so that a word of one language finds what is written in the other.

/// Each row: words and phrases that are sought together.
const ROWS: [&[&str]; 14] = [
    &["camera", "cameras", "video", "cctv", "surveillance", "kamera", "kameras", "videokamera", "uberwachung"],
    &[
        "number plate",
        "license plate",
        "licence plate",
        "plate",
        "plates",
        "anpr",
        "alpr",
        "number plate reader",
        "kennzeichen",
        "nummernschild",
        "autokennzeichen",
        "kennzeichenleser",
    ],
    &[
        "phone",
        "phones",
        "mobile phone",
        "smartphone",
        "wifi",
        "wi fi",
        "wlan",
        "bluetooth",
        "mac address",
        "handy",
        "handys",
        "telefon",
        "smartphones",
        "mac adresse",
    ],
    &[
        "smell",
        "air",
        "air quality",
        "pollution",
        "exhaust",
        "smog",
        "dust",
        "no2",
        "luft",
        "luftqualitat",
        "abgase",
        "feinstaub",
        "gestank",
    ],
    &["noise", "sound", "loudness", "microphone", "loud", "larm", "schall", "lautstarke", "mikrofon", "laut"],
    &["flood", "river", "water", "drain", "gauge", "hochwasser", "fluss", "wasser", "pegel", "flusspegel"],
    &["weather", "rain", "wind", "temperature", "heat", "wetter", "regen", "temperatur", "hitze"],
    &[
        "traffic",
        "car",
        "cars",
        "vehicle",
        "vehicles",
        "road",
        "street",
        "verkehr",
        "auto",
        "autos",
        "fahrzeug",
        "fahrzeuge",
        "strasse",
    ],
    &["bus", "tram", "public transport", "transit", "busse", "bahn", "bahnen", "strassenbahn", "nahverkehr"],
    &[
        "people",
        "person",
        "pedestrian",
        "pedestrians",
        "passers by",
        "crowd",
        "crowds",
        "footfall",
        "menschen",
        "personen",
        "passanten",
        "fussganger",
        "menschenmenge",
    ],
    &["face", "faces", "facial recognition", "face recognition", "gesicht", "gesichter", "gesichtserkennung"],
    &["police", "crime", "investigation", "law enforcement", "polizei", "straftat", "verbrechen"],
    &["research", "science", "university", "study", "forschung", "wissenschaft", "universitat", "studie"],
    &["advertising", "adverts", "ads", "marketing", "commerce", "werbung", "reklame"],
];

/// What is sought for a term: the term itself first.
pub(super) fn with(term: &str) -> Vec<&str> {
    let others = ROWS.iter().filter(|row| row.contains(&term)).flat_map(|row| row.iter().copied());
    std::iter::once(term).chain(others.filter(|other| *other != term)).collect()
}

/// Cuts a folded question into terms: a phrase that stands in the table is one, every other word is one by itself.
pub(in crate::pages) fn terms(question: &str) -> Vec<String> {
    let words: Vec<&str> = question.split(' ').filter(|word| !word.is_empty()).collect();
    let (mut terms, mut at) = (Vec::new(), 0);
    while let Some(rest) = words.get(at..).filter(|rest| !rest.is_empty()) {
        let taken = phrase(rest).unwrap_or(1);
        terms.push(rest.iter().take(taken).copied().collect::<Vec<_>>().join(" "));
        at += taken;
    }
    terms
}

/// How many of the words are the longest phrase of the table that they begin with.
fn phrase(words: &[&str]) -> Option<usize> {
    let begins = |phrase: &&str| {
        let count = phrase.split(' ').count();
        (count > 1 && phrase.split(' ').eq(words.iter().take(count).copied())).then_some(count)
    };
    ROWS.iter().flat_map(|row| row.iter()).filter_map(begins).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_folded_and_no_word_stands_in_two() {
        let mut all: Vec<&str> = ROWS.iter().flat_map(|row| row.iter().copied()).collect();
        assert!(all.iter().all(|word| super::super::fold::fold(word) == **word));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn phrases_stay_together() {
        assert_eq!(terms("license plate station"), ["license plate", "station"]);
        assert_eq!(terms("number plate reader"), ["number plate reader"]);
        assert_eq!(terms(""), Vec::<String>::new());
        assert_eq!(with("anpr").first(), Some(&"anpr"));
        assert!(with("anpr").contains(&"number plate") && with("wlan").contains(&"phone"));
        assert_eq!(with("oboe"), ["oboe"]);
    }
}
