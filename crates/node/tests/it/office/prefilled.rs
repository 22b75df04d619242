//! What instruments are filled in with: each field that a pack fills from the register, or from another instrument, has what was
//! declared of this deployment.

use std::collections::BTreeSet;

use serde_json::json;
use standards::instrument::Instrument;

use super::office;
use crate::browser::Browser;
use crate::city::World;

const LIST: &str = "/office/deployments/bridge/assessments";
const DESCRIPTION: &str = "Counts phones on the iron bridge, to plan night buses over it, and compares plates with the list of one order \
                           of the district court.";

/// A city under the core, with a deployment of which everything can be told from everything else.
fn world() -> World {
    let world = World::new();
    let place =
        json!({ "id": "bridge", "name": "Iron bridge", "geometry": { "type": "Point", "coordinates": [16.6, 49.2] } });
    let trams = json!({ "party": { "id": "trams", "name": "Trams and buses", "kind": "city-department" } });
    let bridge = json!({ "id": "bridge", "title": "Who crosses the bridge at night?", "description": DESCRIPTION, "accountable": "trams",
        "place": "bridge", "technology": "bluetooth-counter", "purposes": ["public-transport-planning", "crime-investigation"],
        "legal_basis": "legal-obligation", "privacy_statement": "https://teststadt.example/bridge",
        "starts": "2026-12-15T00:00:00Z", "ends": "2027-11-15T00:00:00Z",
        "streams": [
            { "id": "bridge-phones", "retention": "20h", "time": { "do": "bin", "bin": "1m" }, "properties": {
                "mac": { "category": "mac-address", "value": "text", "treatment": { "do": "pseudonymise", "epoch": "24h" } },
                "ssid": { "category": "network-name", "value": "text", "treatment": { "do": "drop" } } } },
            { "id": "bridge-plates", "retention": "6d", "time": { "do": "keep" }, "properties": {
                "plate": { "category": "number-plate", "value": "text", "treatment": { "do": "match", "order": "order-9" } } } }] });
    for (by, verb, with) in
        [("city", "register-place", place), ("city", "register-party", trams), ("trams", "propose", bridge)]
    {
        world.submit(json!({ "by": by, "command": { "do": verb, "with": with } })).unwrap();
    }
    let order = json!({ "id": "order-9", "party": "police", "authority": "Judge, district court", "deployment": "bridge",
        "until": "2027-06-01T00:00:00Z", "entries": 1 });
    let order = serde_json::from_value(order).unwrap();
    world.city.issue_order(&"police".parse().unwrap(), order, &["AB12CDE".to_owned()]).unwrap();
    let phones = json!({ "id": "numbers", "version": 1, "stream": "bridge-phones", "title": "How many phones",
        "exposure": { "as": "windows", "bin": "15m", "space": { "by": "sensor" }, "measure": { "of": "distinct", "property": "mac" } },
        "identifiers": "none", "minimum": 10, "bound": 4, "noise": "none", "delay": "0s", "depth": "400d" });
    let hits = json!({ "id": "hits", "version": 1, "stream": "bridge-plates", "title": "Each hit",
        "exposure": { "as": "records", "fields": ["plate"] }, "identifiers": "raw", "minimum": 0, "bound": null, "noise": "none",
        "delay": "0s", "depth": "6d" });
    let to_company = json!({ "id": "to-company", "recipient": "advertiser", "stream": "bridge-phones", "view": "numbers",
        "purpose": "public-transport-planning", "until": "2027-05-01T00:00:00Z", "duties": ["no-reidentification"] });
    let to_police = json!({ "id": "to-police", "recipient": "police", "stream": "bridge-plates", "view": "hits",
        "purpose": "crime-investigation", "until": "2027-05-01T00:00:00Z", "order": "order-9",
        "duties": ["no-reidentification", "human-verification"] });
    for (verb, with) in
        [("declare-view", phones), ("declare-view", hits), ("agree-grant", to_company), ("agree-grant", to_police)]
    {
        world.submit(json!({ "by": "trams", "command": { "do": verb, "with": with } })).unwrap();
    }
    world.submit(crate::pages::under_the_core(&world, |_| ())).unwrap();
    world
}

/// What stands in a field of a form, whatever kind it is of; none where it is not asked.
fn value(html: &str, name: &str) -> Option<String> {
    let (_, html) = html.split_once("class=\"office-form answers\"").unwrap();
    let at = html.find(&format!(" name=\"{name}\""))?;
    let element = &html[html[..at].rfind('<').unwrap() + 1..];
    let until = |end: &str| element.split_once(end).unwrap().0;
    let within = |tag: &str, name: &str| Some(tag.split_once(&format!(" {name}=\""))?.1.split('"').next()?.to_owned());
    let found = if element.starts_with("textarea ") {
        Some(until("</textarea>").split_once('>').unwrap().1.trim().to_owned())
    } else if element.starts_with("select ") {
        let chosen = until("</select>").split("<option").find(|option| option.contains(" selected>"));
        Some(chosen.and_then(|option| within(option, "value")).unwrap_or_default())
    } else {
        within(until(">"), "value")
    };
    found.map(|found| super::plain(&found))
}

/// A text of several names, whatever their order.
fn names(text: &str) -> BTreeSet<&str> {
    text.split("; ").collect()
}

/// An instrument that is begun, and its section with what stands in each of some fields.
async fn has(browser: &mut Browser<'_>, instrument: &Instrument, fields: &[(&str, &str, &str)]) {
    for (section, field, expected) in fields {
        let page = browser.get(&format!("{LIST}/{}/{section}", instrument.id)).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let found = value(page.text(), field);
        let found =
            found.unwrap_or_else(|| panic!("{}: {field} is not asked in {section}: {}", instrument.id, page.text()));
        assert_eq!(names(&found), names(expected), "{}: {field}", instrument.id);
    }
    // There is no field that a pack fills in and that is not looked at here.
    let looked: BTreeSet<&str> = fields.iter().map(|(_, field, _)| field.rsplit('/').next().unwrap()).collect();
    let filled = instrument.all_questions().filter(|question| question.prefill.is_some());
    assert_eq!(looked, filled.map(|question| question.id.as_str()).collect(), "{}", instrument.id);
}

async fn begin(browser: &mut Browser<'_>, instrument: &Instrument) {
    let page = format!("{LIST}/{}", instrument.id);
    let begun = browser.post(&page, &page, &[("go", "begin"), ("revision", "0")]).await;
    assert_eq!(begun.status, 303, "{}", begun.text());
}

const PURPOSES: &str = "Planning public transport; Investigating a crime under an order";
const CATEGORIES: &str = "MAC address of a phone or laptop; Network name that a device looks for; Number plate";

const PRE_SCAN: [(&str, &str, &str); 9] = [
    ("what", "description", DESCRIPTION),
    ("what", "purposes", PURPOSES),
    ("what", "technology", "Bluetooth counter"),
    ("people", "observed", "yes"),
    ("people", "told-apart", "directly"),
    ("risk", "matching", "yes"),
    ("sharing", "shared", "yes"),
    ("sharing", "police", "yes"),
    ("sharing", "companies", "yes"),
];

const PRIVACY_IMPACT: [(&str, &str, &str); 14] = [
    ("what", "description", DESCRIPTION),
    ("what", "purposes", PURPOSES),
    ("what", "accountable", "Trams and buses"),
    ("what", "place", "Iron bridge"),
    ("what", "data", CATEGORIES),
    ("what", "vulnerable", "yes"),
    (
        "what",
        "streams/bridge-phones/stream-data",
        "MAC address of a phone or laptop; Network name that a device looks for",
    ),
    ("what", "streams/bridge-phones/stream-kept", "20 hours"),
    ("what", "streams/bridge-plates/stream-data", "Number plate"),
    ("what", "streams/bridge-plates/stream-kept", "6 days"),
    ("what", "recipients/advertiser/recipient-purposes", "Planning public transport"),
    ("what", "recipients/police/recipient-purposes", "Investigating a crime under an order"),
    ("what", "recipients/police/recipient-order", "yes"),
    ("need", "legal-basis", "legal-obligation"),
];

const SURVEILLANCE_IMPACT: [(&str, &str, &str); 9] = [
    ("what", "description", DESCRIPTION),
    ("what", "technology", "Bluetooth counter"),
    ("what", "purposes", PURPOSES),
    ("where", "place", "Iron bridge"),
    ("data", "collected", CATEGORIES),
    ("data", "kept", "6 days"),
    ("data", "recipients/advertiser/recipient-data", "Planning public transport"),
    ("data", "recipients/police/recipient-data", "Investigating a crime under an order"),
    ("data", "police", "yes"),
];

const SOCIAL: [(&str, &str, &str); 2] = [("who", "description", DESCRIPTION), ("who", "unequal", "no")];

#[tokio::test]
async fn every_field_that_an_instrument_fills_in_has_what_was_declared_of_the_deployment() {
    let world = world();
    let library = standards::built_in().unwrap();
    let core = library.find("global-core").unwrap();
    let of = |id: &str| core.instrument(id).unwrap();
    let mut trams = office(&world, "trams").await;
    begin(&mut trams, of("pre-scan")).await;
    has(&mut trams, of("pre-scan"), &PRE_SCAN).await;
    // What is asked about people there is not asked again elsewhere.
    for (section, answers) in
        [("risk", &[("vulnerable", "yes"), ("matching", "yes")][..]), ("fairness", &[("unequal", "no")])]
    {
        let address = format!("{LIST}/pre-scan/{section}");
        let page = trams.get(&address).await;
        let revision = value(page.text(), "revision").unwrap();
        let fields = [answers, &[("revision", revision.as_str()), ("go", "keep")]].concat();
        let kept = trams.post("/office", &address, &fields).await;
        assert_eq!(kept.status, 303, "{section}: {}", kept.text());
    }
    for (id, fields) in [
        ("privacy-impact", &PRIVACY_IMPACT[..]),
        ("surveillance-impact", &SURVEILLANCE_IMPACT),
        ("social-accessibility", &SOCIAL),
    ] {
        begin(&mut trams, of(id)).await;
        has(&mut trams, of(id), fields).await;
    }
    // Whether police act under an order is asked of police alone.
    let page = trams.get(&format!("{LIST}/privacy-impact/what")).await;
    assert_eq!(value(page.text(), "recipients/advertiser/recipient-order"), None);
    assert_eq!(core.instruments.len(), 4, "each instrument of the core is looked at");
}
