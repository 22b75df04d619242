//! Words for codes and attributes of the schema, for stories. What is not known here is told by its own name.

use model::{Purpose, Span, Timestamp};

use super::domain::{Unit, unit};
use crate::schema::purpose_action;

/// Words for attributes whose own name would not be understood.
const ATTRIBUTES: [(&str, &str); 36] = [
    ("approvedUntil", "approved until"),
    ("assessedByOther", "assessed by a party that does not answer for it"),
    ("binSeconds", "length of the time that a number is for"),
    ("biometric", "shows faces"),
    ("boundCells", "numbers of one time that a device counts in, at most; 0 for any"),
    ("byCell", "counted by cells of a map"),
    ("cellResolution", "resolution of the cells"),
    ("dailyLossMicro", "what all releases may cost a device in a day, in millionths of \u{3c1}"),
    ("deploymentEnds", "the deployment ends"),
    ("deploymentPurposes", "purposes declared by the deployment"),
    ("deploymentState", "state of the deployment"),
    ("duties", "promises of the recipient"),
    ("grain", "what each number is for, in space"),
    ("grantEnded", "the grant was ended"),
    ("grantPurpose", "purpose of the grant"),
    ("grantSince", "granted since"),
    ("grantUntil", "granted until"),
    ("granted", "there is a grant"),
    ("identifiers", "tells who was there, from 0 (no) to 3 (as it came)"),
    ("judged", "it is said whether it is about people in the recipient's hands"),
    ("keepsPersonalSeconds", "data about people is kept for"),
    ("legalBasis", "ground in law"),
    ("lifetimeDays", "lifetime"),
    ("longestEpochSeconds", "life of a pseudonym's key"),
    ("matches", "compares with a list"),
    ("minimum", "people behind a number, at least"),
    ("noised", "numbers have noise"),
    ("oldestSeconds", "age of the oldest row"),
    ("orderUntil", "order in force until"),
    ("outcome", "outcome of the assessment"),
    ("personal", "about people"),
    ("rawIdentifiers", "keeps identifiers as they came"),
    ("records", "single records"),
    ("seniorAuthorisation", "authorised by a senior officer"),
    ("spanDays", "length of the approval"),
    ("underOrder", "under a named order"),
];

/// An attribute in words.
pub(super) fn attribute(name: &str) -> String {
    match ATTRIBUTES.binary_search_by_key(&name, |(known, _)| known) {
        Ok(found) => ATTRIBUTES.get(found).map_or_else(String::new, |(_, words)| (*words).to_owned()),
        Err(_) => camel(name.strip_suffix("Seconds").or(name.strip_suffix("Days")).unwrap_or(name)),
    }
}

/// `keepsPersonal` as `keeps personal`.
fn camel(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

/// The tag `notice..starts` in words.
pub(super) fn tag(tag: &str) -> String {
    match tag.split_once("..") {
        Some((from, to)) => format!("days from `{from}` to `{to}`"),
        None => format!("days, `{tag}`"),
    }
}

/// A number in the unit that its name says.
pub(super) fn number(name: &str, number: i64) -> String {
    match (unit(name), u32::try_from(number)) {
        (Unit::Instant, _) if number == 0 => "none".to_owned(),
        (Unit::Instant, _) if number > 0 => Timestamp::from_millis(number.saturating_mul(1_000)).to_string(),
        (Unit::Seconds, Ok(0)) => "0 seconds".to_owned(),
        (Unit::Seconds, Ok(seconds)) => Span::seconds(seconds).in_words(),
        (Unit::Days, _) if number == 1 => "1 day".to_owned(),
        (Unit::Days, _) => format!("{number} days"),
        _ => number.to_string(),
    }
}

/// A code, or that there is none.
pub(super) fn code(text: &str) -> String {
    if text.is_empty() { "none".to_owned() } else { format!("`{}`", text.escape_debug()) }
}

/// A kind of party, with its article.
pub(super) fn party(kind: &str) -> String {
    match kind {
        "city-department" => "a city department",
        "officer" => "an officer of the city",
        "law-enforcement" => "a police force",
        "emergency-service" => "an emergency service",
        "vendor" => "a vendor",
        "researcher" => "a research body",
        "company" => "a company",
        "public" => "anybody",
        "" => "a party of no kind",
        other => return format!("a party of the kind `{}`", other.escape_debug()),
    }
    .to_owned()
}

/// Who could do what: the first sentence of a story.
pub(super) fn subject(action: &str, resource: &str, who: &str, modal: &str) -> String {
    let purpose = Purpose::all().find(|purpose| purpose_action(*purpose) == action);
    let thing = article(&camel(resource));
    let body = match (action, purpose) {
        (_, Some(purpose)) => format!("{who} {modal} have data for the purpose `{}`", purpose.code()),
        ("collect", _) => format!("{} {modal} collect", article("stream")),
        ("stand", _) => {
            format!("{thing} {} in the register as it is", if modal == "could" { "could stand" } else { "is to stand" })
        }
        (act, _) => match act.split_once('-') {
            Some((verb, object)) => format!("{who} {modal} {verb} {}", article(&object.replace('-', " "))),
            None => format!("{who} {modal} {act} {thing}"),
        },
    };
    let mut letters = body.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn article(noun: &str) -> String {
    // No articles before what is not counted.
    if ["evidence", "policy"].contains(&noun) {
        return noun.to_owned();
    }
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

/// `a, b and c`.
pub(super) fn and(words: &[String]) -> String {
    match words {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_other_name_is_split() {
        assert!(ATTRIBUTES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(attribute("minimum"), "people behind a number, at least");
        assert_eq!(attribute("placeHasArea"), "place has area");
        assert_eq!(attribute("delaySeconds"), "delay");
    }

    #[test]
    fn numbers_are_told_in_their_unit() {
        assert_eq!(number("now", 1_767_225_600), "2026-01-01T00:00:00Z");
        assert_eq!(number("grantUntil", 0), "none");
        assert_eq!(number("binSeconds", 900), "15 minutes");
        assert_eq!(number("binSeconds", 0), "0 seconds");
        assert_eq!(number("spanDays", 1), "1 day");
        assert_eq!(number("minimum", -3), "-3");
    }

    #[test]
    fn the_first_sentence_says_who_could_do_what() {
        assert_eq!(
            subject("approve", "Deployment", &party("officer"), "could"),
            "An officer of the city could approve a deployment."
        );
        assert_eq!(subject("agree-grant", "Share", &party("company"), "could"), "A company could agree a grant.");
        assert_eq!(
            subject("for:advertising", "Share", &party("company"), "could"),
            "A company could have data for the purpose `advertising`."
        );
        assert_eq!(subject("collect", "Stream", &party("company"), "could"), "A stream could collect.");
        assert_eq!(subject("stand", "City", "", "could"), "A city could stand in the register as it is.");
        assert_eq!(
            subject("file-evidence", "Filing", &party("x"), "could"),
            "A party of the kind `x` could file evidence."
        );
        assert_eq!(tag("notice..starts"), "days from `notice` to `starts`");
    }
}
