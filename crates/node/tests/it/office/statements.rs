//! Statements filed and withdrawn by each party.

use serde_json::json;

use super::{DOCUMENT, done, look, looked, office, refused, size};
use crate::city::World;

const NOTICE: [(&str, &str); 3] = [("other-kind", "notice"), ("summary", "A sign was put up."), ("on", "2026-11-20")];

#[tokio::test]
async fn each_party_states_what_concerns_it_in_its_own_name() {
    let world = World::new();
    let address = "/office/deployments/wifi/evidence";
    for (party, status) in
        [("mobility", 200), ("council", 200), ("city", 200), ("environment", 404), ("police", 404), ("advertiser", 404)]
    {
        let mut browser = office(&world, party).await;
        assert_eq!(browser.get(address).await.status, status, "{party}");
        let answer = look(&mut browser, address, &NOTICE).await;
        assert_eq!(answer.status, status, "{party}: {}", answer.text());
        if status == 200 {
            looked(&answer);
        }
    }
    let mut mobility = office(&world, "mobility").await;
    let fields = [&NOTICE[..], &[("until", "2027-01-01"), ("document", DOCUMENT), ("about", "wifi-1")]].concat();
    let page = done(&world, &mut mobility, address, &fields).await;
    for part in ["A sign was put up.", "of the sensor “wifi-1”", "href=\"/office/evidence/notice-wifi/withdraw\""] {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
    let state = world.city.register().state();
    let filed = serde_json::to_value(&state.evidence.values().next().unwrap().evidence).unwrap();
    assert_eq!(
        filed,
        json!({ "id": "notice-wifi", "about": { "what": "device", "id": "wifi-1" }, "kind": "notice", "on": "2026-11-20T00:00:00Z",
            "until": "2027-01-01T00:00:00Z", "signed_by": "mobility", "summary": "A sign was put up.", "document": DOCUMENT })
    );
    // Another of the same kind is another statement, and may answer one that is there.
    done(&world, &mut mobility, address, &NOTICE).await;
    let answer = [&NOTICE[..], &[("answers", "notice-wifi-2")]].concat();
    done(&world, &mut mobility, address, &answer).await;
    assert_eq!(world.city.register().state().evidence.len(), 3);
}

#[tokio::test]
async fn what_does_not_fit_is_said_at_its_field() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let address = "/office/deployments/wifi/evidence";
    for (field, value, status) in [
        ("on", "2027-01-01", 422),
        ("on", "yesterday", 422),
        ("until", "2026-01-01", 422),
        ("summary", "", 422),
        ("other-kind", "No Kind", 422),
        ("document", "abc", 422),
        ("answers", "none-of-these", 422),
        ("about", "air-1", 422),
    ] {
        let mut fields: Vec<(&str, &str)> = NOTICE.iter().copied().filter(|(name, _)| *name != field).collect();
        fields.push((field, value));
        // What is chosen from a list and is not in it cannot stand there again.
        let chosen = ["answers", "about"].contains(&field);
        let text = if chosen {
            let answer = look(&mut mobility, address, &fields).await;
            assert_eq!(answer.status, status, "{field}");
            answer.text().to_owned()
        } else {
            refused(&world, &mut mobility, address, &fields, status).await
        };
        assert!(text.contains(&format!("id=\"wrong-{field}\"")), "{field}: {text}");
    }
    let text = refused(&world, &mut mobility, address, &[], 422).await;
    for field in ["kind", "summary", "on"] {
        assert!(text.contains(&format!("id=\"wrong-{field}\"")), "all of it at once: {field}");
    }
}

#[tokio::test]
async fn a_statement_is_withdrawn_by_whoever_signed_it_or_an_officer_and_with_a_reason() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    done(&world, &mut mobility, "/office/deployments/wifi/evidence", &NOTICE).await;
    done(&world, &mut mobility, "/office/deployments/wifi/evidence", &NOTICE).await;
    let address = "/office/evidence/notice-wifi/withdraw";
    for party in ["environment", "police", "advertiser"] {
        let mut browser = office(&world, party).await;
        assert_eq!(look(&mut browser, address, &[("reason", "No")]).await.status, 404, "{party}");
    }
    let mut city = office(&world, "city").await;
    refused(&world, &mut city, address, &[("reason", "Not ours to say")], 422).await;
    let text = refused(&world, &mut mobility, address, &[("reason", "")], 422).await;
    assert!(text.contains("id=\"wrong-reason\""), "{text}");
    let page = done(&world, &mut mobility, address, &[("reason", "The sign is gone")]).await;
    assert!(page.text().contains("it stands no longer"), "{}", page.text());
    let mut council = office(&world, "council").await;
    done(&world, &mut council, "/office/evidence/notice-wifi-2/withdraw", &[("reason", "It was not true")]).await;
}

#[tokio::test]
async fn departments_and_officers_state_about_the_city_and_others_find_no_such_page() {
    let world = World::new();
    for (party, status) in [("mobility", 200), ("council", 200), ("city", 200), ("police", 404), ("advertiser", 404)] {
        let mut browser = office(&world, party).await;
        assert_eq!(browser.get("/office/city").await.status, status, "{party}");
        assert_eq!(browser.get("/office/city/evidence").await.status, status, "{party}");
        assert_eq!(look(&mut browser, "/office/city/evidence", &NOTICE).await.status, status, "{party}");
    }
    let mut council = office(&world, "council").await;
    let page = done(&world, &mut council, "/office/city/evidence", &NOTICE).await;
    assert!(
        page.text().contains("stated about the whole city") && page.text().contains("notice-city"),
        "{}",
        page.text()
    );
    let before = size(&world);
    assert_eq!(council.get("/office/evidence/notice-city/withdraw").await.status, 200);
    assert_eq!(size(&world), before);
}

#[tokio::test]
async fn a_supplier_sees_and_states_what_is_its_own_alone() {
    let world = World::new();
    let supplier = json!({ "id": "supplier", "name": "Sensors Ltd", "kind": "vendor" });
    let device = json!({ "id": "wifi-7", "stream": "wifi-counts", "deployment": "wifi", "position": [16.6, 49.2] });
    let mut browser = {
        let command = json!({ "do": "register-party", "with": { "party": supplier } });
        world.submit(json!({ "by": "city", "command": command })).unwrap();
        office(&world, "supplier").await
    };
    assert_eq!(browser.get("/office/deployments/wifi").await.status, 404, "nothing of it is its own yet");
    assert_eq!(look(&mut browser, "/office/deployments/wifi/evidence", &NOTICE).await.status, 404);
    world.submit(json!({ "by": "supplier", "command": { "do": "register-device", "with": device } })).unwrap();
    let all = browser.get("/office/deployments").await;
    assert!(all.text().contains("How busy is the old town?") && !all.text().contains("Air quality"), "{}", all.text());
    let page = done(
        &world,
        &mut browser,
        "/office/deployments/wifi/evidence",
        &[&NOTICE[..], &[("about", "wifi-7")]].concat(),
    )
    .await;
    assert!(page.text().contains("Sensors Ltd, on 20 November 2026"), "{}", page.text());
    for (address, status) in [
        ("/office/deployments/wifi/publish", 200),
        ("/office/deployments/wifi/suspend", 403),
        ("/office/deployments/wifi/end", 403),
        ("/office/tokens/devices/wifi-7/token", 403),
        ("/office/deployments/pollution/evidence", 404),
        ("/office/deployments/pollution/suspend", 404),
        ("/office/tokens/devices/air-1/token", 404),
        ("/office/tokens/parties/mobility", 404),
        ("/office/city/evidence", 404),
        ("/office/grants/own/withdraw", 404),
    ] {
        let answer = look(&mut browser, address, &[("reason", "To see"), NOTICE[0], NOTICE[1], NOTICE[2]]).await;
        assert_eq!(answer.status, status, "{address}: {}", answer.text());
    }
    let mut mobility = office(&world, "mobility").await;
    let file = [("other-kind", "notice"), ("summary", "Another’s word."), ("on", "2026-11-20")];
    done(&world, &mut mobility, "/office/deployments/wifi/evidence", &file).await;
    let answer = look(&mut browser, "/office/evidence/notice-wifi-2/withdraw", &[("reason", "Not mine")]).await;
    assert_eq!(answer.status, 404, "what another party stated is not its own");
    done(&world, &mut browser, "/office/evidence/notice-wifi/withdraw", &[("reason", "It fell down")]).await;
}
