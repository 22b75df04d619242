//! Agreements by form: what would be seen, what the norms say, what would be allowed instead, and the same as ODRL.

use serde_json::{Value, json};

use super::{done, look, looked, office, refused};
use crate::browser::{Browser, HOST};
use crate::city::World;

const NEW: &str = "/office/grants/new";
const OWN: [(&str, &str); 5] = [
    ("view", "wifi-counts/counts"),
    ("recipient", "environment"),
    ("purpose", "traffic-management"),
    ("until", "2027-04-01"),
    ("duty", "no-reidentification"),
];

fn with<'f>(name: &'f str, value: &'f str) -> Vec<(&'f str, &'f str)> {
    OWN.into_iter().map(|(known, same)| (known, if known == name { value } else { same })).collect()
}

#[tokio::test]
async fn what_would_be_seen_is_shown_over_invented_rows_by_the_real_release() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let answer = look(&mut mobility, NEW, &OWN).await;
    looked(&answer);
    for part in [
        "What would be seen",
        "Invented, to show the form: nothing here was measured.",
        "<th scope=\"col\">sensor</th><th scope=\"col\">value</th>",
        // Thirteen distinct devices were invented, and ten are the minimum.
        "<td>wifi-1</td><td>13</td>",
    ] {
        assert!(answer.text().contains(part), "{part}\n{}", answer.text());
    }
    let mut environment = office(&world, "environment").await;
    let open =
        [("view", "air/measurements"), ("recipient", "mobility"), ("purpose", "air-quality"), ("until", "2027-04-01")];
    let answer = look(&mut environment, NEW, &open).await;
    looked(&answer);
    assert!(
        answer.text().contains("<th scope=\"col\">no2</th>") && answer.text().contains("<td>air-1</td><td>20</td>"),
        "{}",
        answer.text()
    );
    assert_eq!(
        world.city.register().disclosure_records(model::Seq(0), 10).unwrap(),
        [],
        "nothing was disclosed for it"
    );
}

#[tokio::test]
async fn who_may_agree_is_for_the_norms_to_say() {
    let world = World::new();
    for (party, status) in
        [("mobility", 200), ("council", 403), ("city", 403), ("environment", 403), ("police", 403), ("advertiser", 403)]
    {
        let mut browser = office(&world, party).await;
        assert_eq!(browser.get(NEW).await.status, 200);
        assert_eq!(look(&mut browser, NEW, &OWN).await.status, status, "{party}");
    }
}

#[tokio::test]
async fn a_refusal_stands_at_its_field_and_names_the_views_that_would_be_allowed() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    for (field, value, status, said) in [
        ("purpose", "advertising", 403, "Data is given only for a purpose that the deployment declared."),
        ("duty", "delete-on-expiry", 403, "has promised not to single anybody out"),
        ("until", "2029-01-01", 403, "A grant does not outlast the deployment"),
        ("until", "2026-01-01", 403, "A grant does not outlast the deployment"),
        ("until", "x", 422, "This is not a day"),
    ] {
        let fields = with(field, value);
        let text = refused(&world, &mut mobility, NEW, &fields, status).await;
        let (_, at) = text.split_once(&format!("id=\"wrong-{field}\">")).unwrap_or_else(|| panic!("{field}\n{text}"));
        assert!(at.split("</p>").next().unwrap().contains(said), "{field}\n{text}");
    }
    // A view with an identifier is not for police without an order; the same over another view of the stream may be.
    let mut police = office(&world, "police").await;
    let hits = json!({ "id": "hits", "version": 1, "stream": "plate-hits", "title": "Every match", "exposure": { "as": "records", "fields": ["plate"] },
        "identifiers": "raw", "minimum": 0, "bound": 1, "noise": "none", "delay": "0s", "depth": "30d" });
    world.submit(json!({ "by": "police", "command": { "do": "declare-view", "with": hits } })).unwrap();
    let fields = [
        ("view", "plate-hits/hits"),
        ("recipient", "police"),
        ("purpose", "crime-investigation"),
        ("until", "2026-12-20"),
        ("duty", "no-reidentification"),
        ("duty", "human-verification"),
    ];
    let text = refused(&world, &mut police, NEW, &fields, 403).await;
    assert!(text.contains("id=\"wrong-order\""), "{text}");
    let ordered = [&fields[..], &[("order", "order-17")]].concat();
    looked(&look(&mut police, NEW, &ordered).await);
}

#[tokio::test]
async fn the_views_that_would_be_allowed_in_place_of_a_refused_one_are_named() {
    let world = World::new();
    // The fine view was declared under norms that allowed it; those in force now do not.
    let mut core = testkit::core();
    let strict = core.cedar.clone();
    core.cedar = strict.replace("resource.minimum >= 10", "resource.minimum >= 2");
    let adopt = |core: &model::PolicyLayer| {
        let text = json!({ "layers": [core], "permits": norms::city_permits_default(), "permits_owner": "city" });
        world.adopt(&json!(text));
    };
    adopt(&core);
    let fine = json!({ "id": "fine", "version": 1, "stream": "wifi-counts", "title": "How many, however few",
        "exposure": { "as": "windows", "bin": "15m", "space": { "by": "sensor" }, "measure": { "of": "distinct", "property": "mac" } },
        "identifiers": "none", "minimum": 5, "bound": 4, "noise": "none", "delay": "0s", "depth": "400d" });
    world.submit(json!({ "by": "mobility", "command": { "do": "declare-view", "with": fine } })).unwrap();
    core.cedar = strict;
    adopt(&core);
    let mut mobility = office(&world, "mobility").await;
    let text = refused(&world, &mut mobility, NEW, &with("view", "wifi-counts/fine"), 403).await;
    for part in [
        "id=\"wrong-view\">A number about people stands for at least ten of them.",
        "Allowed would be the same with one of these:",
        "The view “How many phones were near” of the same stream",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[tokio::test]
async fn an_agreement_is_made_shown_to_whom_it_concerns_and_withdrawn_with_a_reason() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let judged =
        [&OWN[..], &[("personal", "no"), ("argument", "Nothing to <join> it with."), ("reason", "For the air")]]
            .concat();
    let page = done(&world, &mut mobility, NEW, &judged).await;
    for part in [
        "How many phones were near",
        "It is not about people there: Nothing to &#60;join&#62; it with.",
        "Environment department",
    ] {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
    let address = "/office/grants/environment-counts/withdraw";
    for (party, status) in [("environment", 200), ("council", 200), ("city", 200), ("police", 404), ("advertiser", 404)]
    {
        let mut browser = office(&world, party).await;
        assert_eq!(browser.get("/office/grants/environment-counts").await.status, status, "{party}");
        assert_eq!(look(&mut browser, address, &[("reason", "Enough")]).await.status, status, "{party}");
    }
    refused(&world, &mut mobility, address, &[("reason", "")], 422).await;
    let page = done(&world, &mut mobility, address, &[("reason", "Enough")]).await;
    assert!(page.text().contains("ended on 24 November 2026"), "{}", page.text());
}

/// What is wrong with an agreement in the terms of ODRL's information model.
fn wrong(document: &Value) -> Vec<&'static str> {
    let is_iri = |value: &Value| value.as_str().is_some_and(|text| text.starts_with("https://"));
    let rules: Vec<&Value> = document["permission"].as_array().into_iter().flatten().collect();
    let constraints: Vec<&Value> = rules.iter().flat_map(|rule| rule["constraint"].as_array()).flatten().collect();
    let about = |operand: &str| constraints.iter().any(|constraint| constraint["leftOperand"] == operand);
    let duties = || rules.iter().flat_map(|rule| rule["duty"].as_array()).flatten();
    let checks = [
        ("context", document["@context"] == "http://www.w3.org/ns/odrl.jsonld"),
        ("type", document["@type"] == "Agreement"),
        ("uid", is_iri(&document["uid"])),
        ("a rule", !rules.is_empty()),
        ("target", rules.iter().all(|rule| is_iri(&rule["target"]))),
        ("action", rules.iter().all(|rule| rule["action"] == "use")),
        ("assigner", rules.iter().all(|rule| is_iri(&rule["assigner"]))),
        ("assignee", rules.iter().all(|rule| is_iri(&rule["assignee"]))),
        ("constraints", constraints.iter().all(|one| one["operator"].is_string() && !one["rightOperand"].is_null())),
        ("until", about("dateTime")),
        ("purpose", about("purpose")),
        ("duties", duties().all(|duty| duty["action"].is_string() || is_iri(&duty["action"]["@id"]))),
    ];
    checks.into_iter().filter(|(_, holds)| !holds).map(|(name, _)| name).collect()
}

#[tokio::test]
async fn an_agreement_is_odrl_with_public_facts_alone() {
    let world = World::new();
    let answer = world.get("/grants/own/odrl.json").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/ld+json"));
    let document = answer.json();
    assert_eq!(wrong(&document), Vec::<&str>::new(), "{document}");
    let rule = &document["permission"][0];
    assert_eq!(rule["assignee"], "https://teststadt.example/organisations/mobility");
    assert_eq!(rule["constraint"][0]["rightOperand"]["@value"], "2027-05-01T00:00:00Z");
    assert_eq!(rule["constraint"][1]["rightOperand"]["@id"], "https://teststadt.example/purposes/traffic-management");
    assert_eq!(rule["duty"][0]["action"]["rdfs:label"], "Never to try to find out who somebody is");
    // A control: each part that is left out is missed.
    for (part, missed) in [("uid", "uid"), ("@type", "type"), ("permission", "a rule")] {
        let mut less = document.clone();
        less.as_object_mut().unwrap().remove(part);
        assert!(wrong(&less).contains(&missed), "{part}");
    }
    world.get("/grants/none/odrl.json").await.problem(404);
    world.get("/grants/..%2F/odrl.json").await.problem(404);
    let mut browser = Browser::new(&world);
    let hosted = browser.get("/grants/air-open/odrl.json").await.json();
    assert_eq!(hosted["uid"], format!("https://{HOST}/grants/air-open/odrl.json"));
}
