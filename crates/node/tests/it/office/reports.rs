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
    world.tick().await;
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
        (1, "; data: each record of concentration of a pollutant in air"),
        (
            1,
            "Its ground: None is needed: there is no data about people; the agreement “air-open” from 24 November 2026 to 1 May 2027",
        ),
        (1, "in its recipient’s hands it is about nobody: Nobody could join"),
        (1, "may have “Every measurement” for this purpose"),
        (8, "Stream air: concentration of a pollutant in air, sensed by 1 sensor of the kind “Air-quality station”"),
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

/// What a PDF says, page by page: the texts that it shows, in order.
fn shown(pdf: &[u8]) -> String {
    let (mut all, mut text, mut inside, mut escaped) = (Vec::new(), String::new(), false, false);
    for byte in pdf {
        match (inside, escaped, byte) {
            (false, _, b'(') => inside = true,
            (false, ..) => {}
            (true, false, b'\\') => escaped = true,
            (true, false, b')') => {
                inside = false;
                all.push(std::mem::take(&mut text));
            }
            (true, ..) => {
                escaped = false;
                text.push(char::from(*byte));
            }
        }
    }
    all.join(" ")
}

#[tokio::test]
async fn the_record_of_processing_says_of_what_is_about_people_what_the_register_knows_and_nothing_else() {
    let world = World::new();
    let transfer = json!({ "id": "transfer", "about": { "what": "deployment", "id": "wifi" }, "kind": "transfer",
        "on": "2026-11-24T00:00:00Z", "signed_by": "mobility", "summary": "Nothing leaves the country." });
    world.submit(json!({ "by": "mobility", "command": { "do": "file-evidence", "with": transfer } })).unwrap();
    world.city.register().publish().unwrap();
    let mut council = office(&world, "council").await;
    let page = council.get("/office/reports/processing").await;
    for part in [
        "<dt>Controller</dt><dd>Mobility department</dd>",
        "<dt>Purposes</dt><dd>Managing traffic</dd>",
        "<dt>Legal basis</dt><dd>A task in the public interest",
        "Mobility department, for managing traffic: “How many phones were near”, until 1 May 2027",
        "Nothing leaves the country. (Mobility department, 24 November 2026)",
        "wifi-counts: 24 hours",
        "Becomes a tag under a key",
        "Nothing is stated about it in the register.",
        "The risks are small &#38; named.",
    ] {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
    assert!(
        page.text().contains(&escaped(HOSTILE)) && !page.text().contains("Air quality</a></h2>"),
        "nothing about nobody"
    );
    let csv = council.get("/office/reports/processing.csv").await;
    assert!(
        csv.text().starts_with("part,what,value\r\nlog,origin,teststadt.example/log\r\nlog,acts,"),
        "{}",
        csv.text()
    );
    assert!(csv.text().contains("How busy is the old town?,Controller,Mobility department\r\n"));
    let mut environment = office(&world, "environment").await;
    let own = environment.get("/office/reports/processing").await;
    assert!(own.text().contains("Nothing in the register belongs here.") && !own.text().contains("How busy"));
}

#[tokio::test]
async fn an_extract_is_of_a_moment_or_of_one_deployment_with_every_act_behind_it() {
    let world = World::new();
    let mut council = office(&world, "council").await;
    let page = council.get("/office/reports/extract").await;
    for part in [
        "How busy is the old town?",
        "Air quality",
        "Search for listed number plates",
        "<dt>Sensors</dt><dd>wifi-1</dd>",
    ] {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
    assert!(!page.text().contains("station-wifi"), "what is only proposed is not in force");
    world.clock.advance(Span::days(2));
    let end = json!({ "do": "end", "with": { "deployment": "pollution" } });
    world.submit(json!({ "by": "environment", "reason": "It is over.", "command": end })).unwrap();
    world.city.register().publish().unwrap();
    let now = council.get("/office/reports/extract").await;
    assert_eq!(now.header("location"), "/sign-in", "a session does not last for days");
    let mut council = office(&world, "council").await;
    assert!(!council.get("/office/reports/extract").await.text().contains("Air quality"));
    let then = council.get("/office/reports/extract?on=2026-11-24").await;
    assert!(then.text().contains("Air quality") && then.text().contains("24 November 2026"), "{}", then.text());
    let before = council.get("/office/reports/extract?on=2026-11-01").await;
    assert!(before.status == 200 && !before.text().contains("How busy"), "before the city was");
    let file = council.get("/office/reports/extract?deployment=pollution").await;
    for part in
        ["was proposed", "ended for good", "Why: It is over.", "The sensor “air-1” was entered", "The risks are small"]
    {
        assert!(file.text().contains(part), "{part}\n{}", file.text());
    }
    for bad in ["on=2027-13-01", "on=2099-01-01", "on=x", "more=1"] {
        assert_eq!(council.get(&format!("/office/reports/extract?{bad}")).await.status, 400, "{bad}");
    }
    let mut environment = office(&world, "environment").await;
    for form in ["", ".csv", ".pdf"] {
        let of = |id: &str| format!("/office/reports/extract{form}?deployment={id}");
        assert_eq!(environment.get(&of("pollution")).await.status, 200);
        assert_eq!(environment.get(&of("wifi")).await.status, 404, "that is somebody else's");
    }
    let all = council.get("/office/reports").await;
    assert!(all.status == 200 && all.text().contains("<option value=\"wifi\">How busy is the old town?</option>"));
}

#[tokio::test]
async fn each_report_is_a_pdf_with_tags_that_says_what_the_page_says_and_from_which_log() {
    let world = World::new();
    let mut council = office(&world, "council").await;
    world.city.register().publish().unwrap();
    let size = size(&world);
    for (address, part) in [
        ("/office/reports/annual.pdf?year=2026", "How it was used"),
        ("/office/reports/processing.pdf", "Security measures"),
        ("/office/reports/extract.pdf", "Agreements in force"),
        ("/office/reports/extract.pdf?deployment=wifi", "How busy is the old town?"),
    ] {
        let pdf = council.get(address).await;
        assert_eq!((pdf.status.as_u16(), pdf.header("content-type")), (200, "application/pdf"), "{address}");
        assert!(pdf.header("content-disposition").ends_with(".pdf\"") && pdf.header("cache-control") == "no-store");
        let raw = String::from_utf8_lossy(&pdf.bytes).into_owned();
        assert!(raw.starts_with("%PDF-") && raw.trim_end().ends_with("%%EOF"), "{address}");
        for tag in ["/StructTreeRoot", "/Marked true", "/S /H1", "/S /TH", "/Scope /Row", "/Artifact", "/Lang"] {
            assert!(raw.contains(tag), "{address} has no {tag}");
        }
        let said = shown(&pdf.bytes);
        assert!(said.contains(part), "{part}: {said}");
        // On each page stand its number and the log.
        let feet = said.matches(&format!("Drawn from the log teststadt.example/log of {size} acts, root ")).count();
        assert!(feet >= 1 && said.contains(&format!("page {feet} of {feet}")), "{address}: {feet} {said}");
    }
    let mut stranger = Browser::new(&world);
    for page in ["", "/annual.pdf", "/processing", "/processing.pdf", "/extract", "/extract.csv"] {
        assert_eq!(stranger.get(&format!("/office/reports{page}")).await.header("location"), "/sign-in", "{page}");
    }
}

#[tokio::test]
async fn a_report_says_on_which_ground_data_went_what_became_of_requests_and_what_the_city_as_a_whole_did() {
    let world = World::new();
    let ask = |about: &'static str, kind: &'static str| {
        crate::inquiries::ask(&world, about, kind, "Why?", ("", "y@example.org"))
    };
    for (about, kind) in [("wifi", "objection"), ("wifi", "own-data"), ("", "question")] {
        crate::inquiries::asked(&ask(about, kind).await);
    }
    let stated = json!({ "id": "plan", "about": { "what": "city" }, "kind": "cost-statement", "on": "2026-11-24T00:00:00Z",
        "signed_by": "city", "summary": "Two million a year." });
    world.submit(json!({ "by": "city", "command": { "do": "file-evidence", "with": stated } })).unwrap();
    crate::inquiries::estimated(&world, "2026-09", 15, 13);
    crate::inquiries::estimated(&world, "2026-10", 13, 13);
    world.clock.advance(Span::days(12));
    drop(world.city.tick());
    world.city.register().publish().unwrap();
    let mut council = office(&world, "council").await;
    let page = council.get("/office/reports/annual?year=2026").await;
    let told = under(page.text(), "wifi");
    assert!(
        told[2].contains(
            "Objections: 1 received, 0 answered in time, 0 late, 1 waiting, 0 of these overdue; median – days"
        ),
        "{}",
        told[2]
    );
    assert!(!told[2].contains("own data:"), "{}", told[2]);
    assert!(told[5].contains("Requests about own data: 1 received, 0 answered in time"), "{}", told[5]);
    let roughly = "Stream wifi-counts: how many observations came is not told, since they are about people; roughly, about 20,000 \
        were taken and fewer than about 10,000 refused, told of 2 months";
    assert!(told[0].contains(roughly), "{}", told[0]);
    assert!(
        told[8].contains("Stream wifi-counts: ") && told[8].contains("sensed by 1 sensor of the kind “Wi-Fi counter”"),
        "{}",
        told[8]
    );
    let whole = page.text().split("<article").find(|part| part.contains("The city as a whole")).unwrap();
    let whole: Vec<&str> = whole.split("<h3>").skip(1).collect();
    assert_eq!(whole.len(), HEADINGS.len());
    for (heading, part) in [
        (0, "4 deployments, 3 of them in force now"),
        (2, "Questions: 1 received"),
        (6, "Two million a year."),
        (7, "New policies came into force"),
        (8, "3 sensors"),
    ] {
        assert!(whole[heading].contains(part), "{part}\n{}", whole[heading]);
    }
    let csv = council.get("/office/reports/annual.csv?year=2026").await;
    assert!(
        csv.text().contains("\r\n,The city as a whole,") && csv.text().contains("Two million a year."),
        "{}",
        csv.text()
    );
    let pdf = shown(&council.get("/office/reports/annual.pdf?year=2026").await.bytes);
    assert!(pdf.contains("The city as a whole How it was used 4 deployments, 3 of them in force now"), "{pdf}");
    let mut police = office(&world, "police").await;
    let own = police.get("/office/reports/annual?year=2026").await;
    assert!(!own.text().contains("The city as a whole"), "that is for the city’s own");
}

#[tokio::test]
async fn what_went_under_an_order_is_told_with_its_order_and_never_with_its_rows() {
    let world = World::new();
    let hits = json!({ "id": "hits", "version": 1, "stream": "plate-hits", "title": "Hits", "exposure": { "as": "records", "fields": ["plate"] },
        "identifiers": "raw", "minimum": 0, "bound": 1, "noise": "none", "delay": "0s", "depth": "30d" });
    let declared = world.submit(json!({ "by": "police", "command": { "do": "declare-view", "with": hits } }));
    declared.unwrap();
    let grant = json!({ "id": "hits", "recipient": "police", "stream": "plate-hits", "view": "hits", "purpose": "crime-investigation",
        "until": "2026-12-20T00:00:00Z", "duties": ["human-verification", "no-reidentification"], "order": "order-17",
        "judged": { "personal": true, "argument": "It names cars." } });
    world.submit(json!({ "by": "police", "command": { "do": "agree-grant", "with": grant } })).unwrap();
    world.get_as("token-of-police", "/api/v1/released?stream=plate-hits&purpose=crime-investigation").await;
    drop(world.city.tick());
    world.city.register().publish().unwrap();
    let mut council = office(&world, "council").await;
    let page = council.get("/office/reports/annual").await;
    let shared = under(page.text(), "plates")[1].to_owned();
    for part in [
        "“Hits”, 1 time; how many rows is not told",
        "; the order “order-17” of “Judge, district court”, until 1 January 2027",
        "it is about people: It names cars; promised: ",
    ] {
        assert!(shared.contains(part), "{part}\n{shared}");
    }
}

#[tokio::test]
async fn a_report_names_the_agreements_of_its_own_year_as_the_ground_and_no_other() {
    let world = World::new();
    let year = async |disclosed: bool| {
        if disclosed {
            assert_eq!(world.get("/grants/air-open").await.status, 200);
        }
        drop(world.city.tick());
        world.city.register().publish().unwrap();
    };
    year(true).await;
    let withdraw = json!({ "do": "withdraw-grant", "with": { "grant": "air-open" } });
    world.submit(json!({ "by": "environment", "reason": "It is agreed anew.", "command": withdraw })).unwrap();
    world.clock.set("2027-01-10T08:00:00Z".parse().unwrap());
    let grant = json!({ "id": "air-anew", "recipient": "public", "stream": "air", "view": "measurements",
        "purpose": "air-quality", "until": "2027-05-01T00:00:00Z", "duties": ["no-reidentification"] });
    world.submit(json!({ "by": "environment", "command": { "do": "agree-grant", "with": grant } })).unwrap();
    assert_eq!(world.get("/grants/air-anew").await.status, 200);
    year(false).await;
    let mut environment = office(&world, "environment").await;
    for (of, ground, other) in [("2026", "air-open", "air-anew"), ("2027", "air-anew", "air-open")] {
        let page = environment.get(&format!("/office/reports/annual?year={of}")).await;
        let shared = under(page.text(), "pollution")[1].to_owned();
        let named = |grant: &str| {
            shared.contains(&format!(
                "Its ground: None is needed: there is no data about people; the agreement “{grant}”"
            ))
        };
        assert!(named(ground) && !named(other), "{of}: {shared}");
    }
}
