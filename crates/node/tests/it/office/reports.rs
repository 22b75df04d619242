//! The annual report: nine headings, counted from the log, of what concerns whoever asks.

use model::Span;
use serde_json::json;

use super::{escaped, office, size};
use crate::browser::Browser;
use crate::city::{HOSTILE, World};

const HEADINGS: [&str; 9] = [
    "How it was used",
    "With whom data was shared, how often and on which ground",
    "Complaints, questions and what was answered",
    "Audits, violations and what was done about them",
    "How well it did what it was for",
    "Requests about people’s own data, and answers",
    "What it cost, and who paid",
    "Changes of the policies",
    "What the hardware stands on",
];

/// What stands under each heading of a deployment.
fn under<'t>(page: &'t str, deployment: &str) -> Vec<&'t str> {
    let part =
        page.split("<article").find(|part| part.contains(&format!("deployments/{deployment}\""))).expect(deployment);
    part.split("<h3>").skip(1).collect()
}

#[tokio::test]
async fn a_year_is_told_under_nine_headings_from_the_log_alone() {
    let world = World::new();
    for (kind, summary) in [("objection", "A neighbour objected."), ("cost-statement", HOSTILE), ("notice", "=SUM(A1)")]
    {
        let file = json!({ "id": format!("of-{kind}"), "about": { "what": "deployment", "id": "pollution" }, "kind": kind,
            "on": "2026-11-24T00:00:00Z", "signed_by": "environment", "summary": summary });
        world.submit(json!({ "by": "environment", "command": { "do": "file-evidence", "with": file } })).unwrap();
    }
    let line = "{\"time\":\"2026-11-24T08:00:00Z\",\"no2\":20}\n";
    assert_eq!(world.post("token-of-air-1", "/api/v1/observations", "application/x-ndjson", line).await.status, 200);
    world.clock.advance(Span::minutes(20));
    for _ in 0..2 {
        assert_eq!(world.get("/grants/air-open").await.status, 200);
    }
    let city = world.city.clone();
    tokio::task::spawn_blocking(move || city.tick().map(drop)).await.unwrap().unwrap();
    let mut environment = office(&world, "environment").await;
    world.city.register().publish().unwrap();
    let before = size(&world);
    let page = environment.get("/office/reports/annual").await;
    let told = under(page.text(), "pollution");
    let found: Vec<&str> = told.iter().map(|part| part.split('<').next().unwrap()).collect();
    assert_eq!(found, HEADINGS);
    for (heading, part) in [
        (0, "“Air quality” was allowed to collect from now on"),
        (1, "Everybody, for watching air quality: “Every measurement”, 2 times, 2 rows in all"),
        (1, "may have “Every measurement” for this purpose"),
        (2, "A neighbour objected."),
        (3, "The log has nothing about this from 2026."),
        (6, &escaped(HOSTILE)),
        (7, "New policies came into force"),
        (8, "1 sensor at Teststadt"),
        (8, "The sensor “air-1” was entered"),
    ] {
        assert!(told[heading].contains(part), "{part}\n{}", told[heading]);
    }
    assert!(!page.text().contains("How busy is the old town?"), "that is another department's");
    let csv = environment.get("/office/reports/annual.csv?year=2026").await;
    assert!(csv.header("content-type").starts_with("text/csv") && csv.header("cache-control") == "no-store");
    assert!(
        csv.text().starts_with("deployment,title,heading,what,when,entry\r\npollution,Air quality,How it was used,")
    );
    assert!(!csv.text().contains(",=SUM"), "no spreadsheet runs what somebody stated");
    assert_eq!(size(&world), before, "a report is no act");
}

#[tokio::test]
async fn another_year_has_nothing_a_year_that_is_none_is_refused_and_a_stranger_signs_in_first() {
    let world = World::new();
    let mut council = office(&world, "council").await;
    let page = council.get("/office/reports/annual?year=2025").await;
    assert!(page.status == 200 && page.text().contains("The log has nothing about this from 2025."), "{}", page.text());
    assert!(!page.text().contains("was allowed to collect"));
    for deployment in ["wifi", "pollution", "plates", "station-wifi"] {
        assert_eq!(under(page.text(), deployment).len(), HEADINGS.len(), "an officer has all of them");
    }
    for bad in ["9999", "x", "-1", "2026&more=1"] {
        assert_eq!(council.get(&format!("/office/reports/annual?year={bad}")).await.status, 400, "{bad}");
    }
    let mut stranger = Browser::new(&world);
    for page in ["/office/reports/annual", "/office/reports/annual.csv"] {
        assert_eq!(stranger.get(page).await.header("location"), "/sign-in");
    }
}
