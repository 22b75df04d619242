//! A refusal of a norm as a problem of RFC 9457: it carries the norm and the requirement as the pack in force has them, and every
//! address in it answers.

use serde_json::{Value, json};

use crate::city::{Answer, World};
use crate::html::{check, check_in};

/// The core as this software carries it, with its parameters filled in: what is adopted, letter for letter.
fn core() -> String {
    let library = standards::built_in().unwrap();
    let stack = library.stack_of(library.find("global-core").unwrap()).unwrap();
    let layers = standards::resolve(&stack, None).unwrap().policy_layers();
    layers.into_iter().find(|layer| layer.name == "global-core").unwrap().cedar
}

/// What the text of a norm says of itself.
#[track_caller]
fn annotated(cedar: &str, norm: &str, name: &str) -> String {
    let (_, own) = cedar.split_once(&format!("@id(\"{norm}\")")).unwrap_or_else(|| panic!("no norm {norm}"));
    let own = own.split("@id(").next().unwrap();
    let (_, rest) = own.split_once(&format!("@{name}(\"")).unwrap_or_else(|| panic!("{norm} has no {name}: {own}"));
    rest.split_once("\")").unwrap().0.to_owned()
}

/// A proposal that would keep tags of phones for two months.
fn long() -> String {
    let with = json!({ "id": "long", "title": "Phones of two months", "description": "Keeps a tag of each phone.",
        "accountable": "mobility", "place": "centre", "technology": "wifi-counter", "purposes": ["traffic-management"],
        "legal_basis": "public-task", "privacy_statement": "https://teststadt.example/privacy",
        "starts": "2026-12-01T00:00:00Z", "ends": "2027-11-01T00:00:00Z",
        "streams": [{ "id": "long", "retention": "60d", "time": { "do": "bin", "bin": "1m" }, "properties": {
            "mac": { "category": "mac-address", "value": "text", "treatment": { "do": "pseudonymise", "epoch": "24h" } } } }] });
    json!({ "by": "mobility", "command": { "do": "propose", "with": with } }).to_string()
}

/// The same question at each door behind which norms decide: an act, a disclosure, an observation.
async fn refused(world: &World) -> [(&'static str, &'static str, Answer); 3] {
    let line = "{\"time\":\"2026-11-24T07:58:00Z\",\"mac\":\"aa:bb:cc:dd:ee:ff\"}\n";
    let question = "/api/v1/released?stream=wifi-counts&purpose=advertising";
    let observations = "/api/v1/observations";
    [
        (
            "short-retention",
            "core-16",
            world.post("token-of-mobility", "/api/v1/commands", "application/json", long()).await,
        ),
        ("not-for-advertising", "core-26", world.get_as("token-of-advertiser", question).await),
        ("in-force", "core-17", world.post("token-of-wifi-2", observations, "application/x-ndjson", line).await),
    ]
}

#[tokio::test]
async fn a_problem_names_the_norm_that_refused_and_its_requirement_as_the_pack_has_them_and_leads_to_pages() {
    let world = World::new();
    world.submit(crate::pages::under_the_core(&world, |_| ())).unwrap();
    let (core, policies) = (core(), world.browse("/policies").await);
    let policies = check(policies.text());
    for (norm, requirement, answer) in refused(&world).await {
        let problem = answer.problem(403);
        assert_eq!(problem["refusal"], "forbidden", "{problem}");
        let policy = format!("global-core/{norm}");
        let grounds = problem["grounds"].as_array().unwrap();
        let ground = grounds.iter().find(|ground| ground["policy"] == policy.as_str());
        let ground = ground.unwrap_or_else(|| panic!("{norm} did not refuse: {problem}"));
        assert_eq!(annotated(&core, norm, "requirement"), requirement, "the pack says of {norm} which it executes");
        let expected: Value = json!({ "policy": policy, "requirement": requirement, "layer": "global",
            "reason": annotated(&core, norm, "reason"), "address": format!("/policies#{policy}") });
        assert_eq!(*ground, expected);
        // The sentence says it to people, and nobody has to look anything up.
        assert!(problem["detail"].as_str().unwrap().contains(&annotated(&core, norm, "reason")), "{problem}");
        for ground in grounds {
            let (path, anchor) = ground["address"].as_str().unwrap().split_once('#').unwrap();
            assert!(path == "/policies" && policies.ids.contains(anchor), "{ground}");
        }
        let (kind, title) = (problem["type"].as_str().unwrap(), problem["title"].as_str().unwrap());
        assert_eq!(kind, "/problems/forbidden");
        for (lang, root, title) in [("en", "", title), ("de", "/de", "Das ist nicht erlaubt")] {
            let page = world.browse(&format!("{root}{kind}")).await;
            assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
            check_in(lang, page.text());
            assert!(page.text().contains(&format!("<h1>{title}</h1>")), "{title}: {}", page.text());
        }
    }
}
