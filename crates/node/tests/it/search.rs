//! Finding things: by words, by technology, by organisation, and by what changed.

use serde_json::json;

use crate::city::World;
use crate::html::check;

/// The deployments of the list, in order.
fn found(text: &str) -> Vec<&str> {
    text.split("<h3><a href=\"/deployments/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

async fn ask(world: &World, question: &str) -> String {
    let answer = world.browse(&format!("/search?q={question}")).await;
    assert_eq!(answer.status, 200, "{question}");
    check(answer.text());
    answer.text().to_owned()
}

#[tokio::test]
async fn every_hit_says_why_it_was_found() {
    let world = World::new();
    for (question, expected, why) in [
        ("busy", vec!["wifi"], "“busy” is in its title (“How busy is the old town?”)"),
        ("cctv", vec!["plates"], "“cctv” is sought as “camera”, too, which is in what senses (“Camera”)"),
        ("ANPR", vec!["plates"], "“anpr” is sought as “number plate”, too, which is in its title"),
        ("licence+plate", vec!["plates"], "“licence plate” is sought as “number plate”, too"),
        ("smell", vec!["pollution"], "“smell” is sought as “air”, too, which is in its title (“Air quality”)"),
        ("bluetooth+old", vec!["wifi", "station-wifi"], "“old” is in its title"),
        ("police", vec!["plates"], "“police” is in who answers for it"),
        ("breathe", vec!["pollution"], "“breathe” is in its description"),
        ("QU%C3%81LITY", vec!["pollution"], "“quality” is in its title"),
        ("mobility+traffic", vec!["station-wifi", "wifi"], "“traffic” is in what it is for"),
    ] {
        let text = ask(&world, question).await;
        let mut hits = found(&text);
        hits.sort_unstable();
        let mut expected = expected;
        expected.sort_unstable();
        assert_eq!(hits, expected, "{question}");
        assert!(text.contains(why), "{question}: {text}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_an_empty_question_asks_nothing() {
    let world = World::new();
    assert!(ask(&world, "submarine").await.contains("Nothing in the register has all of these words."));
    // A word is found at its beginning, not inside another.
    assert!(found(&ask(&world, "usy").await).is_empty());
    // Every term has to be there.
    assert!(found(&ask(&world, "busy+submarine").await).is_empty());
    for empty in ["", "++", "%21%21", "%22%3E%3Cscript%3Ealert(1)%3C/script%3E&x"] {
        let answer = world.browse(&format!("/search?q={empty}")).await;
        check(answer.text());
        assert!(found(answer.text()).is_empty() && !answer.text().contains("<script"), "{empty}");
    }
    let long = "x".repeat(5_000);
    assert!(ask(&world, &long).await.len() < 8_000);
}

#[tokio::test]
async fn pages_of_that_name_are_named_too() {
    let text = ask(&World::new(), "town").await;
    assert!(text.contains("Pages of this name") && text.contains("<a href=\"/places/centre\">Old town</a>"), "{text}");
    let text = ask(&World::new(), "privacy").await;
    assert!(text.contains("<a href=\"/organisations/privacy-office\">Privacy officer</a>"), "{text}");
}

#[tokio::test]
async fn a_technology_shows_where_it_and_its_kinds_are_used() {
    let world = World::new();
    let all = world.browse("/technologies").await;
    check(all.text());
    assert!(
        all.text().contains("<a href=\"/technologies/radio\">Radio receiver</a><span>2 uses</span>"),
        "{}",
        all.text()
    );
    let radio = world.browse("/technologies/radio").await;
    check(radio.text());
    assert_eq!(found(radio.text()), ["wifi", "station-wifi"]);
    let loops = world.browse("/technologies/induction-loop").await;
    assert!(loops.text().contains("Nowhere. No sensor of this kind may collect anything."));
    world.get("/technologies/telepathy").await.problem(404);
}

#[tokio::test]
async fn an_organisation_shows_what_it_answers_for_what_it_approved_and_what_it_gets() {
    let world = World::new();
    let mobility = world.browse("/organisations/mobility").await;
    check(mobility.text());
    assert_eq!(found(mobility.text()), ["wifi", "station-wifi"]);
    assert!(mobility.text().contains("How many phones were near"), "{}", mobility.text());
    let council = world.browse("/organisations/council").await;
    check(council.text());
    assert!(council.text().contains("What it approved") && council.text().contains("/deployments/plates"));
    assert!(council.text().contains("It has no agreement to see any data."));
    check(world.browse("/organisations").await.text());
    check(world.browse("/organisations/advertiser").await.text());
    world.get("/organisations/nobody").await.problem(404);
}

#[tokio::test]
async fn changes_are_told_newest_first_on_pages_that_hold_each_of_them_once() {
    let world = World::new();
    let suspend = json!({ "do": "suspend", "with": { "deployment": "wifi" } });
    world.submit(json!({ "by": "mobility", "reason": "roadworks", "command": suspend })).unwrap();
    for device in 100..130 {
        let device = json!({ "id": format!("wifi-{device}"), "stream": "wifi-counts", "deployment": "wifi", "position": [16.6, 49.2] });
        world.submit(json!({ "by": "mobility", "command": { "do": "register-device", "with": device } })).unwrap();
    }
    let end = json!({ "do": "end", "with": { "deployment": "wifi" } });
    world.submit(json!({ "by": "mobility", "reason": "done", "command": end })).unwrap();
    world.city.register().publish().unwrap();
    let (mut address, mut indexes, mut pages) = ("/changes".to_owned(), Vec::new(), 0);
    loop {
        let answer = world.browse(&address).await;
        check(answer.text());
        let text = answer.text().to_owned();
        if pages == 0 {
            let newest = text.split("<ol").nth(1).unwrap().split("</li>").next().unwrap();
            assert!(newest.contains("<strong>Ended.</strong>") && newest.contains("ended for good"), "{newest}");
        }
        indexes.extend(
            text.split(".</strong> <a href=\"/log/entries/")
                .skip(1)
                .map(|rest| rest.split('"').next().unwrap().parse::<u64>().unwrap()),
        );
        pages += 1;
        // The head names this very page in each language; the way on stands below the list.
        let below = text.split("<ul class=\"pages\">").nth(1).unwrap();
        match below.split("/changes?before=").nth(1) {
            Some(rest) => address = format!("/changes?before={}", rest.split('"').next().unwrap()),
            None => break,
        }
    }
    assert!(pages == 2 && indexes.windows(2).all(|pair| pair[0] > pair[1]), "{pages}: {indexes:?}");
    // Four proposals, three ways to activation (four acts each), six sensors and thirty, two views, two grants, an order, two ends.
    assert_eq!(indexes.len(), 4 + 12 + 3 + 30 + 2 + 2 + 1 + 2);
    world.get("/changes?before=x").await.problem(400);
}
