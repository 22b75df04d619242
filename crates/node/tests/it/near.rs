//! What is near: measured, told, drawn, and never kept.

use serde_json::json;

use crate::city::World;
use crate::html::check;

/// The world, with a park of its own outline and a sensor some way to the north.
fn with_a_park() -> World {
    let world = World::new();
    let outline = json!([[[16.70, 49.20], [16.71, 49.20], [16.71, 49.21], [16.70, 49.21], [16.70, 49.20]]]);
    let park = json!({ "id": "park", "name": "Park", "geometry": { "type": "Polygon", "coordinates": outline } });
    world.submit(json!({ "by": "city", "command": { "do": "register-place", "with": park } })).unwrap();
    let device = json!({ "id": "wifi-9", "stream": "wifi-counts", "deployment": "wifi", "position": [16.6, 49.23] });
    world.submit(json!({ "by": "mobility", "command": { "do": "register-device", "with": device } })).unwrap();
    world
}

/// The titles of the list, in order.
fn titles(text: &str) -> Vec<&str> {
    text.split("<h3><a href=\"/deployments/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn the_list_begins_with_what_is_nearest_and_says_how_far_it_is() {
    let world = with_a_park();
    // Half a kilometre north of everything but the second receiver of the old town.
    let answer = world.browse("/near?lat=49.2045&lon=16.6").await;
    check(answer.text());
    assert_eq!(answer.status, 200);
    let text = answer.text();
    assert!(text.contains("About 500 m away: the nearest of its sensors."), "{text}");
    assert!(text.contains("About 500 m away: its place. No sensor of it is entered yet."), "{text}");
    // By the northern receiver, the old town's counter comes first, by its nearest sensor.
    let answer = world.browse("/near?lat=49%2C2299&lon=16.6").await;
    assert_eq!(titles(answer.text()).first(), Some(&"wifi"));
    assert!(answer.text().contains("About 10 m away: the nearest of its sensors."), "{}", answer.text());
    for part in
        ["Managing traffic", "Reads what identifies people", "24 hours at most", "Mobility department", "May collect"]
    {
        assert!(answer.text().contains(part), "{part}");
    }
}

#[tokio::test]
async fn a_place_stands_for_its_middle_and_nothing_for_everything() {
    let world = with_a_park();
    let park = world.browse("/near?place=park").await;
    check(park.text());
    assert!(
        park.text().contains("the middle of “Park”") && park.text().contains("About 7.6 km away"),
        "{}",
        park.text()
    );
    assert!(park.text().contains("<option value=\"park\" selected>Park</option>"));
    for address in ["/near", "/near?place=&lat=&lon="] {
        let all = world.browse(address).await;
        check(all.text());
        assert_eq!(titles(all.text()).len(), 4, "{address}");
        assert!(all.text().contains("Everything in the register") && !all.text().contains(" away: "));
    }
}

#[tokio::test]
async fn a_bad_number_is_told_beside_its_field_and_the_list_is_there_all_the_same() {
    let world = World::new();
    for (query, field, sentence) in [
        ("lat=north&lon=16.6", "lat", "This is not a latitude."),
        ("lat=49.2&lon=181", "lon", "This is not a longitude."),
        ("lat=49.2", "lon", "The longitude is missing."),
        ("lat=NaN&lon=16.6", "lat", "This is not a latitude."),
        ("place=nowhere", "place", "There is no such place in the register."),
        ("lat=%22%3E%3Cscript%3E&lon=1", "lat", "This is not a latitude."),
    ] {
        let answer = world.browse(&format!("/near?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        check(answer.text());
        assert!(answer.text().contains(&format!("id=\"{field}-wrong\">{sentence}")), "{query}: {}", answer.text());
        assert!(
            answer.text().contains(&format!("aria-invalid=\"true\" aria-describedby=\"{field}-wrong\"")),
            "{query}"
        );
        assert_eq!(titles(answer.text()).len(), 4, "{query}");
    }
    world.get("/near?street=1").await.problem(400);
}

#[tokio::test]
async fn the_drawing_holds_what_the_list_holds_and_says_so_in_words() {
    let world = with_a_park();
    let text = world.browse("/near?lat=49.2&lon=16.6").await.text().to_owned();
    assert_eq!(text.matches("<circle class=\"sensor\"").count(), 4);
    assert_eq!(text.matches("<path class=\"here\"").count(), 1);
    assert!(text.contains("A drawing of 3 places and 4 sensors, with a cross"), "{text}");
    assert!(!text.contains("class=\"base\"") && !text.contains("Streets, water"), "the city has no base map");
    // Nobody deployed anything in the park, so it is not drawn.
    assert!(!text.contains("<path class=\"area\""));
    assert!(!World::founded().browse("/near").await.text().contains("<svg"));
}

#[tokio::test]
async fn where_somebody_stood_and_what_they_sought_is_in_no_file_and_no_number() {
    let world = World::new();
    let traces = ["1717171717", "6262626262", "zanzibar"];
    for address in
        ["/near?lat=49.1717171717&lon=16.6262626262", "/near?lat=1717171717&lon=6262626262", "/search?q=zanzibar"]
    {
        let answer = world.browse(address).await;
        assert!(
            traces.iter().any(|trace| answer.text().contains(trace)),
            "{address}: the form forgot what was filled in"
        );
    }
    world.city.tick().unwrap();
    let metrics = world.get("/metrics").await;
    assert!(metrics.status == 200 && traces.iter().all(|trace| !metrics.text().contains(trace)));
    let (mut folders, mut files) = (vec![world.folder.path().to_owned()], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let bytes = std::fs::read(&path).unwrap();
            let holds = |trace: &str| bytes.windows(trace.len()).any(|part| part == trace.as_bytes());
            assert!(traces.iter().all(|trace| !holds(trace)), "{}", path.display());
        }
    }
    // The scan would find something: the city's own name is there.
    assert!(files > 5);
}
