//! The page of one deployment, part by part: what is never kept, what has really left, and the assessment with its next review.

use model::{Seq, Span};
use serde_json::{Value, json};

use crate::city::{Answer, World};

/// What stands under a heading of a page.
#[track_caller]
fn section<'h>(html: &'h str, id: &str) -> &'h str {
    let begins = format!("<section aria-labelledby=\"{id}\">");
    let (_, rest) = html.split_once(&begins).unwrap_or_else(|| panic!("there is no {id}: {html}"));
    let within = rest.split_once("</section>").unwrap().0;
    assert!(within.contains(&format!("<h2 id=\"{id}\">")), "{within}");
    within
}

/// The items of a list.
fn items(html: &str) -> Vec<&str> {
    html.split("<li>").skip(1).map(|rest| rest.split("</li>").next().unwrap()).collect()
}

/// A fact of a list of facts.
fn fact<'h>(html: &'h str, name: &str) -> Option<&'h str> {
    let (_, rest) = html.split_once(&format!("<dt>{name}</dt><dd>"))?;
    Some(rest.split_once("</dd>").unwrap().0)
}

/// A deployment whose properties are treated in every way that takes something away, and one that is kept.
fn treated() -> Value {
    json!({ "id": "traces", "title": "Traces", "description": "Everything at once.", "accountable": "mobility", "place": "centre",
        "technology": "wifi-counter", "purposes": ["traffic-management"], "legal_basis": "public-task",
        "privacy_statement": "https://teststadt.example/privacy", "starts": "2026-12-01T00:00:00Z", "ends": "2027-11-01T00:00:00Z",
        "streams": [
            { "id": "phones", "retention": "24h", "time": { "do": "bin", "bin": "1m" }, "properties": {
                "mac": { "category": "mac-address", "value": "text", "treatment": { "do": "pseudonymise", "epoch": "24h" } },
                "ssid": { "category": "network-name", "value": "text", "treatment": { "do": "drop" } },
                "at": { "category": "person-location", "value": "point", "treatment": { "do": "cell", "resolution": 9 } },
                "strength": { "category": "signal-strength", "value": "integer", "treatment": { "do": "band", "width": 5 } },
                "no2": { "category": "air-quality", "value": "number", "treatment": { "do": "keep" } } } },
            { "id": "cars", "retention": "24h", "time": { "do": "bin", "bin": "15m" }, "properties": {
                "plate": { "category": "number-plate", "value": "text", "treatment": { "do": "tally" } } } }] })
}

#[tokio::test]
async fn what_is_never_kept_is_what_the_treatments_of_its_streams_take_away_and_nothing_else() {
    let world = World::new();
    world.submit(json!({ "by": "mobility", "command": { "do": "propose", "with": treated() } })).unwrap();
    for (root, mut expected) in [
        (
            "",
            [
                "MAC address of a phone or laptop: only the tag is kept, and its key does not last",
                "Network name that a device looks for",
                "Position of a person or their device: the exact position",
                "Strength of a device&#39;s signal: the exact number",
                "Number plate: not even a tag is kept, only numbers of many or few",
            ],
        ),
        (
            "/de",
            [
                "MAC-Adresse eines Telefons oder Laptops: Nur das Kürzel bleibt, und sein Schlüssel wird vernichtet",
                "Name eines Netzes, das ein Gerät sucht",
                "Ort einer Person oder ihres Geräts: der genaue Ort",
                "Stärke des Signals eines Geräts: die genaue Zahl",
                "Kennzeichen eines Fahrzeugs: Nicht einmal ein Kürzel bleibt, nur Zahlen über viele oder wenige",
            ],
        ),
    ] {
        let page = world.browse(&format!("{root}/deployments/traces")).await;
        let mut never = items(section(page.text(), "never"));
        never.sort_unstable();
        expected.sort_unstable();
        assert_eq!(never, expected, "{root}");
    }
    // Where everything is kept, that is said, and no list promises otherwise.
    let air = world.browse("/deployments/pollution").await;
    let never = section(air.text(), "never");
    assert!(never.contains("Everything that is measured is kept for its time.") && items(never).is_empty(), "{never}");
}

/// A world in which air was measured twice, and which shows it in two views, for two purposes, to two recipients.
async fn shared() -> World {
    let world = World::new();
    let hours = json!({ "id": "hours", "version": 1, "stream": "air", "title": "The mean of each hour",
        "exposure": { "as": "windows", "bin": "1h", "space": { "by": "stream" }, "measure": { "of": "mean", "property": "no2" } },
        "identifiers": "none", "minimum": 0, "bound": null, "noise": "none", "delay": "0s", "depth": "400d" });
    let grant = json!({ "id": "air-mobility", "recipient": "mobility", "stream": "air", "view": "hours", "purpose": "public-information",
        "until": "2027-05-01T00:00:00Z", "duties": ["no-reidentification"] });
    for (verb, with) in [("declare-view", hours), ("agree-grant", grant)] {
        world.submit(json!({ "by": "environment", "command": { "do": verb, "with": with } })).unwrap();
    }
    let lines = "{\"time\":\"2026-11-24T07:58:00Z\",\"no2\":12}\n{\"time\":\"2026-11-24T07:59:00Z\",\"no2\":13}\n";
    let sent = world.post("token-of-air-1", "/api/v1/observations", "application/x-ndjson", lines).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    world.clock.advance(Span::hours(2));
    world.tick().await;
    world
}

/// Asks so many times, and gives how many rows left in all and how many were held back, as the answers say.
async fn asked(world: &World, token: Option<&str>, query: &str, times: usize) -> (usize, u64) {
    let address = format!("/api/v1/released?{query}");
    let (mut rows, mut withheld) = (0, 0);
    for _ in 0..times {
        let answer: Answer = match token {
            Some(token) => world.get_as(token, &address).await,
            None => world.get(&address).await,
        };
        assert_eq!(answer.status, 200, "{}", answer.text());
        rows += answer.json()["rows"].as_array().unwrap().len();
        withheld += answer.json()["withheld"].as_u64().unwrap();
    }
    (rows, withheld)
}

#[tokio::test]
async fn what_has_left_is_as_many_times_as_it_was_disclosed_by_recipient_purpose_and_view() {
    let world = shared().await;
    let left = async |path: &str| section(world.browse(path).await.text(), "left").to_owned();
    let (air, phones) = ("/deployments/pollution", "/deployments/wifi");
    for path in [air, phones] {
        assert!(left(path).await.contains("Nothing has left yet"), "{path}");
    }
    let open = asked(&world, None, "stream=air&purpose=air-quality", 3).await;
    let hours = asked(&world, Some("token-of-mobility"), "stream=air&purpose=public-information", 2).await;
    asked(&world, Some("token-of-mobility"), "stream=wifi-counts&purpose=traffic-management", 5).await;
    assert_eq!(open, (3 * 2, 0), "two measurements each time");
    // The mean of their hour; every other hour since the deployment began, to nine in the morning, has nothing to tell.
    assert_eq!(hours, (2, 2 * (23 * 24 + 9 - 1)));
    // It is counted from the log, and the log hears of it with the next tick.
    assert!(left(air).await.contains("Nothing has left yet"));
    world.tick().await;
    let told = left(air).await;
    let lines = [
        "<strong>Everybody</strong>, for watching air quality: 3 times, 6 rows in all, 0 held back. \
         <span class=\"note\">Every measurement.</span>",
        "<strong>Mobility department</strong>, for informing the public: 2 times, 2 rows in all, 1,120 held back. \
         <span class=\"note\">The mean of each hour.</span>",
    ];
    let mut found = items(&told);
    found.sort_unstable();
    assert_eq!(found, lines);
    // What left of another deployment is told there.
    let other = left(phones).await;
    let found = items(&other);
    let line = "<strong>Mobility department</strong>, for managing traffic: 5 times, no rows in all";
    assert!(found.len() == 1 && found[0].starts_with(line), "{other}");
    assert!(found[0].contains("How many phones were near."), "{other}");
    let records = world.city.register().disclosure_records(Seq(0), 100).unwrap();
    assert_eq!(records.len(), 3 + 2 + 5, "as many as the city has receipts of");
    // One more is one more, in each language.
    asked(&world, None, "stream=air&purpose=air-quality", 1).await;
    world.tick().await;
    assert!(left(air).await.contains("for watching air quality: 4 times, 8 rows in all"));
    let german = left("/de/deployments/pollution").await;
    for part in ["4 Mal, Zeilen insgesamt: 8, zurückgehalten: 0", "2 Mal, Zeilen insgesamt: 2, zurückgehalten: 1.120"]
    {
        assert!(german.contains(part), "{part}: {german}");
    }
}

#[tokio::test]
async fn the_assessment_says_its_outcome_and_its_next_review_stands_with_the_other_dates() {
    let world = World::new();
    let page = async |path: &str| world.browse(path).await.text().to_owned();
    let station = page("/deployments/station-wifi").await;
    assert!(section(&station, "assessment").contains("Nobody has assessed it yet."));
    assert_eq!(fact(section(&station, "glance"), "Next review"), None, "nobody has said when");
    let sign_by = |instrument: &str, id: &str, outcome: &str, review_by: &str| {
        let assessment = json!({ "id": id, "deployment": "station-wifi", "instrument": instrument, "outcome": outcome,
            "summary": format!("Found by {id}."), "signed_by": "privacy-office", "document": "22".repeat(32), "review_by": review_by });
        let command = json!({ "do": "sign-assessment", "with": assessment });
        world.submit(json!({ "by": "privacy-office", "command": command })).unwrap();
    };
    let sign = |id: &str, outcome: &str, review_by: &str| sign_by("privacy-impact-1", id, outcome, review_by);
    sign("first", "residual-high", "2027-03-15T00:00:00Z");
    let station = page("/deployments/station-wifi").await;
    let assessed = section(&station, "assessment");
    assert_eq!(fact(assessed, "Outcome"), Some("A high risk remains, so the supervisory authority must be asked"));
    assert_eq!(fact(assessed, "Looked at again"), Some("By 15 March 2027"));
    assert_eq!(fact(section(&station, "glance"), "Next review"), Some("By 15 March 2027"));
    // What was found since stands first, and its date is the next.
    sign("second", "unacceptable", "2027-02-05T00:00:00Z");
    let station = page("/deployments/station-wifi").await;
    let assessed = section(&station, "assessment");
    let (newer, older) = assessed.split_once("Found by first.").unwrap();
    assert_eq!(fact(newer, "Outcome"), Some("It must not be done"));
    assert!(fact(older, "Outcome").unwrap().starts_with("A high risk remains"), "{older}");
    assert_eq!(fact(section(&station, "glance"), "Next review"), Some("By 5 February 2027"));
    // What another instrument found is looked at again by a day of its own, and the first of them all is the next.
    sign_by("accessibility-1", "third", "acceptable", "2028-03-01T00:00:00Z");
    let glance = page("/deployments/station-wifi").await;
    assert_eq!(fact(section(&glance, "glance"), "Next review"), Some("By 5 February 2027"));
    sign("fourth", "acceptable", "2028-04-01T00:00:00Z");
    let glance = page("/deployments/station-wifi").await;
    assert_eq!(fact(section(&glance, "glance"), "Next review"), Some("By 1 March 2028"));
    let end = json!({ "do": "end", "with": { "deployment": "station-wifi" } });
    world.submit(json!({ "by": "council", "reason": "It is not needed.", "command": end })).unwrap();
    let glance = page("/deployments/station-wifi").await;
    assert_eq!(fact(section(&glance, "glance"), "Next review"), None, "what is over is not looked at again");
    let wifi = page("/deployments/wifi").await;
    let outcome = fact(section(&wifi, "assessment"), "Outcome");
    assert_eq!(outcome, Some("The risks are acceptable with the measures taken"));
    let german = page("/de/deployments/wifi").await;
    let assessed = section(&german, "assessment");
    assert_eq!(fact(assessed, "Ergebnis"), Some("Die Risiken sind mit den getroffenen Maßnahmen vertretbar"));
    for part in [assessed, section(&german, "glance")] {
        assert_eq!(fact(part, "Nächste Prüfung"), Some("Bis zum 1. Oktober 2027"), "{part}");
    }
}
