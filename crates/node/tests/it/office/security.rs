//! Security: who answers for it, when its plan is due, and which sensors have something against them or are shut out.

use model::policy::PolicyText;
use serde_json::json;

use super::office;
use crate::city::World;

/// A city under the core that the software carries.
pub(super) fn under_the_core() -> World {
    let world = World::founded();
    let library = standards::built_in().unwrap();
    let core = library.find("global-core").unwrap();
    let resolved = standards::resolve(&library.stack_of(core).unwrap(), None).unwrap();
    let text = PolicyText {
        layers: resolved.policy_layers(),
        permits: norms::city_permits_default().to_owned(),
        permits_owner: "city".parse().unwrap(),
    };
    let command = json!({ "do": "adopt-policy", "with": text });
    world.submit(json!({ "by": "city", "reason": "the council decided", "command": command })).unwrap();
    world
}

#[tokio::test]
async fn who_answers_and_when_the_plan_is_due_is_read_from_the_standard_and_from_statements() {
    let world = under_the_core();
    let mut city = office(&world, "city").await;
    let page = city.get("/office/security").await;
    for part in [
        "Somebody answers for security",
        "core-47",
        "Nobody stated it.",
        "The security plan is reviewed",
        "Due next by",
    ] {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
    for (id, kind, summary) in [
        ("named", "cyber-officer-named", "The head of the data office answers."),
        ("review", "cyber-plan-review", "Looked at by the mayor."),
    ] {
        let file = json!({ "id": id, "about": { "what": "city" }, "kind": kind, "on": "2026-11-20T00:00:00Z",
            "until": "2027-05-01T00:00:00Z", "signed_by": "city", "summary": summary });
        world.submit(json!({ "by": "city", "command": { "do": "file-evidence", "with": file } })).unwrap();
    }
    let page = city.get("/office/security").await;
    for part in
        ["The head of the data office answers.", "until 1 May 2027", "Looked at by the mayor.", "on 20 November 2026"]
    {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
    world.clock.set("2027-06-01T00:00:00Z".parse().unwrap());
    world.city.register().tick().unwrap();
    let mut city = office(&world, "city").await;
    let page = city.get("/office/security").await;
    assert!(page.text().contains("Stands no longer: The head of the data office answers."), "{}", page.text());
}

const NORM: &str = r#"
@id("supported-device")
@requirement("own-01")
@reason("Nothing is taken from a sensor that nobody mends.")
@on_failure("suspend")
forbid (principal, action == Action::"stand", resource is Device)
unless { resource.supportUntil > context.now };
"#;

fn with_layer(cedar: &str) -> World {
    let world = World::new();
    let own = json!({ "kind": "city", "name": "own", "owner": "Teststadt", "cedar": cedar });
    let text =
        json!({ "layers": [testkit::core(), own], "permits": norms::city_permits_default(), "permits_owner": "city" });
    world.adopt(&json!(text));
    let device = json!({ "id": "wifi-9", "stream": "wifi-counts", "deployment": "wifi", "position": [16.6, 49.2],
        "support_until": "2027-01-01T00:00:00Z", "credential": flow::city::credential("token-of-wifi-9") });
    world.submit(json!({ "by": "mobility", "command": { "do": "register-device", "with": device } })).unwrap();
    world
}

/// A batch of one observation.
const LINE: &str = "{\"time\":\"2026-11-24T07:59:30Z\",\"mac\":\"aa:bb:cc:dd:ee:ff\",\"ssid\":\"x\"}\n";

async fn send(world: &World, token: &str, line: &str) -> u16 {
    world.post(token, "/api/v1/observations", "application/x-ndjson", line.to_owned()).await.status.as_u16()
}

#[tokio::test]
async fn a_sensor_past_its_support_is_shown_and_shut_out_where_a_norm_says_so() {
    let world = with_layer(NORM);
    let mut mobility = office(&world, "mobility").await;
    let page = mobility.get("/office/security").await;
    for part in ["<strong>wifi-1</strong>", "Nobody said how long its maker mends it", "It is shut out", "own-01"] {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
    assert!(!page.text().contains("<strong>wifi-9</strong>"), "nothing stands against it yet");
    assert_eq!(send(&world, "token-of-wifi-1", LINE).await, 403, "no date is no promise");
    assert_eq!(send(&world, "token-of-wifi-9", LINE).await, 200);
    world.clock.set("2027-01-02T00:00:00Z".parse().unwrap());
    let mut mobility = office(&world, "mobility").await;
    let page = mobility.get("/office/security").await;
    assert!(page.text().contains("Its maker mends it no more since 1 January 2027"), "{}", page.text());
    let late = LINE.replace("2026-11-24T07:59:30Z", "2027-01-01T23:59:30Z");
    let refused = world.post("token-of-wifi-9", "/api/v1/observations", "application/x-ndjson", late).await;
    let problem = refused.problem(403);
    assert!(problem["detail"].as_str().unwrap().contains("nobody mends"), "{problem}");
    assert!(mobility.get("/office").await.text().contains("The maker’s support of the sensor “wifi-9” ended"));
}

#[tokio::test]
async fn a_norm_that_only_shows_shuts_nobody_out() {
    let world = with_layer(&NORM.replace("@on_failure(\"suspend\")\n", ""));
    let mut mobility = office(&world, "mobility").await;
    let page = mobility.get("/office/security").await;
    assert!(
        page.text().contains("<strong>wifi-1</strong>") && !page.text().contains("It is shut out"),
        "{}",
        page.text()
    );
    assert_eq!(send(&world, "token-of-wifi-1", LINE).await, 200);
    world.clock.set("2026-12-01T00:00:00Z".parse().unwrap());
    let mut mobility = office(&world, "mobility").await;
    let tasks = mobility.get("/office").await;
    assert!(tasks.text().contains("The maker’s support of the sensor “wifi-9” ends"), "{}", tasks.text());
    for (party, status) in [("council", 200), ("environment", 200), ("police", 404), ("advertiser", 404)] {
        let mut browser = office(&world, party).await;
        let page = browser.get("/office/security").await;
        assert_eq!(page.status, status, "{party}");
        assert_eq!(page.text().contains("wifi-1"), party == "council", "{party}");
    }
}
