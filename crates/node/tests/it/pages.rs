//! The public register: every page that can be reached, and what the pages say.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::city::{HOSTILE, World};
use crate::html::{POLICY, Page, check};

#[tokio::test]
async fn every_page_that_can_be_reached_is_sound() {
    let world = World::new();
    let (mut seen, mut pages): (BTreeSet<String>, BTreeMap<String, Page>) = Default::default();
    let mut waiting = vec!["/".to_owned()];
    while let Some(path) = waiting.pop() {
        let address = path.split('#').next().unwrap().to_owned();
        // German pages are read by a test of their own.
        let elsewhere = address.starts_with("https://") || address.starts_with("/de/");
        if address.is_empty() || elsewhere || !seen.insert(address.clone()) {
            continue;
        }
        let answer = world.browse(&address).await;
        assert_eq!(answer.status, 200, "{address}");
        if answer.header("content-type").starts_with("text/html") {
            let page = check(answer.text());
            waiting.extend(page.hrefs.clone());
            pages.insert(address, page);
        }
    }
    for path in [
        "/deployments/wifi",
        "/deployments/plates",
        "/places/centre",
        "/purposes/air-quality",
        "/policies",
        "/about",
        "/near",
        "/search",
        "/changes",
        "/technologies/camera",
        "/organisations/council",
        "/data",
    ] {
        assert!(pages.contains_key(path), "{path} is linked from nowhere");
    }
    assert!(pages.keys().filter(|path| path.starts_with("/log/entries/")).count() > 20);
    // Links into a page lead somewhere in it.
    for (address, page) in &pages {
        for (path, fragment) in page.hrefs.iter().filter_map(|href| href.split_once('#')) {
            let target = if path.is_empty() { address.as_str() } else { path };
            assert!(pages[target].ids.contains(fragment), "{address} links to {target}#{fragment}");
        }
    }
}

#[tokio::test]
async fn hostile_texts_are_shown_and_do_nothing() {
    let world = World::new();
    for path in [
        "/",
        "/deployments/station-wifi",
        "/places/station",
        "/log/entries",
        "/near",
        "/search?q=script",
        "/changes",
        "/organisations/advertiser",
    ] {
        let answer = world.browse(path).await;
        check(answer.text());
        assert!(
            answer.text().contains("&#60;script&#62;alert(") || answer.text().contains("&lt;script&gt;alert("),
            "{path}"
        );
        assert!(!answer.text().contains(HOSTILE), "{path}");
    }
    // An address that is not one of the web is shown and leads nowhere.
    let page = world.browse("/deployments/pollution").await;
    assert!(page.text().contains("javascript:alert(1)") && !page.text().contains("href=\"javascript:"));
}

#[tokio::test]
async fn the_first_page_tells_who_may_collect() {
    let world = World::new();
    let text = world.browse("/").await.text().to_owned();
    assert_eq!(text.matches("May collect").count(), 3);
    assert_eq!(text.matches("Collects nothing: only proposed").count(), 1);
    for part in [
        "Teststadt",
        "Old town",
        "Wi-Fi counter",
        "Reads what identifies people, does not keep it",
        "24 hours at most",
        "Mobility department",
    ] {
        assert!(text.contains(part), "{part}");
    }
}

#[tokio::test]
async fn a_deployment_says_what_becomes_of_the_data_and_what_leaves() {
    let world = World::new();
    let text = world.browse("/deployments/wifi").await.text().to_owned();
    for part in [
        "Becomes a tag under a key that is used for 24 hours and destroyed 5 minutes after",
        "Is read and forgotten at once",
        "fewer than 10 different tags",
        "Mobility department",
        "Managing traffic",
        "Clerk to the council on 24 November 2026, until 1 June 2027",
        "A task in the public interest",
        "The risks are small &#38; named.",
        "https://teststadt.example/privacy",
        "ordinance verify",
        "/log/entries/",
        "Never to try to find out who somebody is",
        "It is about people in the recipient’s hands: Nobody could join &#60;them&#62; with anything.",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let plates = world.browse("/deployments/plates").await.text().to_owned();
    for part in ["the order “order-17”", "Judge, district court", "2 entries", "Nothing. Nobody has an agreement"] {
        assert!(plates.contains(part), "{part}");
    }
    assert!(!plates.contains("AB12CDE"));
}

#[tokio::test]
async fn what_is_stopped_says_so_and_why() {
    let world = World::new();
    let suspend = json!({ "do": "suspend", "with": { "deployment": "wifi" } });
    world.submit(json!({ "by": "mobility", "reason": "the receivers are <replaced>", "command": suspend })).unwrap();
    let text = world.browse("/deployments/wifi").await.text().to_owned();
    assert!(text.contains("Collects nothing: stopped") && text.contains("the receivers are &#60;replaced&#62;"));
    // A lapse needs nobody: the page knows before the act is made.
    world.clock.set("2027-06-02T00:00:00Z".parse().unwrap());
    let text = world.browse("/deployments/pollution").await.text().to_owned();
    assert!(text.contains("Collects nothing: not in force"), "{text}");
}

#[tokio::test]
async fn what_the_policies_refuse_does_not_look_open() {
    let world = World::new();
    // The city tightens its own limits: receivers of phones may not collect at all.
    let layer = json!({ "kind": "city", "name": "own", "owner": "Teststadt", "cedar":
        "@id(\"no-phones\") @requirement(\"own-1\") @reason(\"Phones are left alone here.\")\n\
         forbid (principal, action == Action::\"collect\", resource) when { resource.personal };" });
    let mut text = serde_json::to_value(&world.city.register().state().policy.as_ref().unwrap().text).unwrap();
    text["layers"].as_array_mut().unwrap().push(layer);
    world.adopt(&json!(text));
    let page = world.browse("/deployments/wifi").await.text().to_owned();
    assert!(page.contains("Collects nothing: the policies forbid it"), "{page}");
    assert!(page.contains("None of this is taken now. Phones are left alone here."));
    assert!(world.browse("/policies").await.text().contains("This city’s own limits"));
    assert!(world.browse("/deployments/pollution").await.text().contains("May collect"));
}

#[tokio::test]
async fn an_act_shows_its_reasons_and_its_place_in_the_log() {
    let world = World::new();
    let approval = world
        .city
        .register()
        .entries(0, 100)
        .unwrap()
        .into_iter()
        .find(|entry| String::from_utf8_lossy(&entry.bytes).contains("deployment-approved/1"));
    let index = approval.unwrap().index;
    let text = world.browse(&format!("/log/entries/{index}")).await.text().to_owned();
    for part in [
        "was approved until 1 June 2027",
        "Clerk to the council",
        "/policies#permits/officers-decide",
        "Officers assess and approve deployments",
        "href=\"/deployments/",
        "deployment-approved/1",
        "/log/proof/",
    ] {
        assert!(text.contains(part), "{part}");
    }
}

#[tokio::test]
async fn what_has_left_is_counted_once_it_is_in_the_log() {
    let world = World::new();
    assert!(world.browse("/deployments/pollution").await.text().contains("Nothing has left yet"));
    assert_eq!(world.get("/api/v1/released?stream=air&purpose=air-quality").await.status, 200);
    world.city.tick().unwrap();
    let text = world.browse("/deployments/pollution").await.text().to_owned();
    assert!(text.contains("Everybody</strong>, for watching air quality: 1 time, no rows in all"), "{text}");
}

#[tokio::test]
async fn a_person_who_errs_gets_a_page_and_a_program_a_document() {
    let world = World::new();
    let page = world.browse("/deployments/none").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (404, "text/html; charset=utf-8"));
    check(page.text());
    assert!(page.text().contains("there is no such deployment"));
    world.get("/deployments/none").await.problem(404);
    let machine = world.browse("/api/v1/deployments/none").await;
    assert_eq!(machine.header("content-type"), "application/problem+json");
    for path in
        ["/purposes/safety", "/places/None", "/problems/none", "/log/entries/007", "/log/entries/99999", "/nowhere"]
    {
        world.get(path).await.problem(404);
    }
    world.get("/deployments/%ff").await.problem(404);
    world.get("/log/entries?before=x").await.problem(400);
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_guard_a_browser() {
    let world = World::new();
    for path in ["/", "/nowhere", "/log/checkpoint", "/api/v1/register", "/style.css"] {
        let answer = world.browse(path).await;
        assert_eq!(answer.header("content-security-policy"), POLICY, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("set-cookie"), "");
    }
    let head = world.ask(Request::head("/").body(Body::empty()).unwrap()).await;
    assert_eq!((head.status.as_u16(), head.bytes.len()), (200, 0));
    let style = world.get("/style.css").await;
    assert!(style.header("cache-control").contains("immutable"));
}

#[tokio::test]
async fn an_empty_city_has_pages_too() {
    let world = World::founded();
    for path in [
        "/",
        "/places",
        "/purposes",
        "/policies",
        "/about",
        "/log/entries",
        "/problems",
        "/near",
        "/search?q=air",
        "/changes",
        "/technologies",
        "/organisations",
    ] {
        let answer = world.browse(path).await;
        assert_eq!(answer.status, 200, "{path}");
        check(answer.text());
    }
    assert!(world.browse("/").await.text().contains("Nothing has been entered yet"));
}

/// The policies of a world, with the core that this software carries as its global layer, changed somehow.
pub(crate) fn under_the_core(world: &World, change: impl Fn(&mut model::PolicyLayer)) -> serde_json::Value {
    let library = standards::built_in().unwrap();
    let stack = library.stack_of(library.find("global-core").unwrap()).unwrap();
    let mut layers = standards::resolve(&stack, None).unwrap().policy_layers();
    layers.iter_mut().for_each(change);
    let text = world.city.register().state().policy.as_ref().unwrap().text.clone();
    json!({ "by": "city", "reason": "the core", "command": { "do": "adopt-from", "with":
        { "policies": model::PolicyText { layers, ..text }, "unreleased": "for tests" } } })
}

#[tokio::test]
async fn a_requirement_is_told_where_the_layer_in_force_is_what_this_software_carries() {
    const SOURCE: &str = "Amsterdam by-law (APV) 2.25a(2)";
    let world = World::new();
    assert!(!world.browse("/policies").await.text().contains(SOURCE), "a layer of another name is not known");
    world.submit(under_the_core(&world, |_| ())).unwrap();
    let text = world.browse("/policies").await.text().to_owned();
    assert!(text.contains(SOURCE) && text.contains("Requirement core-81"), "{text}");
    // Most norms say what their requirement says: it stands there as a norm and in the Cedar of it, and not a third time.
    assert_eq!(text.matches("A number about people stands for at least 10 of them").count(), 2, "{text}");
    // Of a layer that somebody changed, this software's words may no longer be true.
    world.submit(under_the_core(&world, |layer| layer.cedar.push_str("// ours\n"))).unwrap();
    let text = world.browse("/policies").await.text().to_owned();
    assert!(text.contains("Requirement core-81") && !text.contains(SOURCE), "{text}");
}

#[tokio::test]
async fn what_was_stated_is_shown_with_whose_word_it_is() {
    let world = World::new();
    let file = |id: &str, about: serde_json::Value, by: &str| {
        let evidence = json!({ "id": id, "about": about, "kind": "notice", "on": "2026-11-20T09:00:00Z", "signed_by": by,
            "summary": format!("It hangs in the <hall>: {id}."), "document": "ab".repeat(32) });
        world.submit(json!({ "by": by, "command": { "do": "file-evidence", "with": evidence } })).unwrap();
    };
    file("told", json!({ "what": "deployment", "id": "wifi" }), "mobility");
    file("city-wide", json!({ "what": "city" }), "council");
    let wifi = world.browse("/deployments/wifi").await.text().to_owned();
    let shown = &wifi[wifi.find("What was stated about it").unwrap()..wifi.find("The acts behind this page").unwrap()];
    for part in ["hall&#62;: told.", "Mobility department, 20 November 2026", "<code>notice</code>", "abababab"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("city-wide"));
    let about = world.browse("/about").await.text().to_owned();
    assert!(
        about.contains("hall&#62;: city-wide.") && about.contains("Clerk to the council, 20 November 2026"),
        "{about}"
    );
    // What was withdrawn is in the log alone.
    let withdraw = json!({ "do": "withdraw-evidence", "with": { "evidence": "told" } });
    world.submit(json!({ "by": "mobility", "reason": "it fell down", "command": withdraw })).unwrap();
    assert!(!world.browse("/deployments/wifi").await.text().contains("What was stated about it"));
}

#[tokio::test]
async fn what_was_stated_anew_is_told_word_by_word() {
    let world = World::new();
    assert!(!world.browse("/deployments/wifi").await.text().contains("What changed, word by word"), "nothing did");
    let approve = json!({ "do": "approve", "with": { "deployment": "wifi", "until": "2027-07-01T00:00:00Z" } });
    world.submit(json!({ "by": "council", "reason": "Still useful.", "command": approve })).unwrap();
    for (id, summary) in [("first", "Forty residents came."), ("second", "Fifty <b>residents</b> came.")] {
        let file = json!({ "id": id, "about": { "what": "deployment", "id": "wifi" }, "kind": "hearing",
            "on": "2026-11-24T00:00:00Z", "signed_by": "mobility", "summary": summary });
        world.submit(json!({ "by": "mobility", "command": { "do": "file-evidence", "with": file } })).unwrap();
    }
    world.city.register().publish().unwrap();
    let page = world.browse("/deployments/wifi").await;
    check(page.text());
    for part in [
        "<strong>The approval</strong>",
        "Approved until 1 <del><span class=\"note\">(taken out:)</span> June</del> <ins><span class=\"note\">(put in:)</span> July</ins>  2027.",
        "<strong>What was stated as “hearing”</strong>",
        "<ins><span class=\"note\">(put in:)</span> &#60;b&#62;residents&#60;/b&#62;</ins>",
    ] {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
}

#[tokio::test]
async fn a_deployments_page_says_which_rights_there_are_and_leads_to_the_form_of_each() {
    let world = World::new();
    for (id, has, has_not) in [
        ("wifi", "GDPR, article 21", "2016/680"),
        ("plates", "Directive (EU) 2016/680, articles 14", "GDPR, article 21"),
        ("pollution", "there is no data about you", "kind=own-data"),
    ] {
        let page = world.browse(&format!("/deployments/{id}")).await;
        let (_, rights) = page.text().split_once("<h2 id=\"rights\">Your rights</h2>").unwrap();
        let rights = rights.split("</section>").next().unwrap();
        assert!(rights.contains(has) && !rights.contains(has_not), "{id}: {rights}");
        let german = world.browse(&format!("/de/deployments/{id}")).await;
        assert!(german.text().contains("<h2 id=\"rights\">Ihre Rechte</h2>"), "{}", german.text());
        // Each link leads to the form of its kind, chosen already.
        let forms: Vec<&str> = rights.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(forms.len() >= 3, "{rights}");
        for form in forms {
            let form = form.replace("&amp;", "&");
            let kind = form.split_once("&kind=").unwrap().1;
            let asked = world.browse(&form).await;
            assert_eq!(asked.status, 200, "{form}");
            assert!(
                asked.text().contains(&format!("value=\"{kind}\" required aria-describedby=\"hint-{kind}\" checked"))
            );
        }
    }
}

#[tokio::test]
async fn the_page_of_policies_says_where_each_layer_comes_from_in_both_languages() {
    let world = World::new();
    let mut text = world.city.register().state().policy.as_ref().unwrap().text.clone();
    let library = standards::built_in().unwrap();
    let stack = library.stack_of(library.find("eu-data-protection").unwrap()).unwrap();
    // The profile alone: with the core as well they would be too long.
    text.layers.extend(standards::resolve(&stack, None).unwrap().policy_layers().pop());
    let own = json!({ "kind": "city", "name": "own", "owner": "Teststadt", "cedar":
        "@id(\"no-phones\") @requirement(\"own-1\") @reason(\"Phones are left alone here.\")\n\
         forbid (principal, action == Action::\"collect\", resource) when { resource.personal };" });
    text.layers.push(serde_json::from_value(own).unwrap());
    text.layers.sort_by_key(|layer| layer.kind);
    let command = json!({ "do": "adopt-policy", "with": text });
    world.submit(json!({ "by": "city", "reason": "The council of <May>.", "command": command })).unwrap();
    let english = world.browse("/policies").await.text().to_owned();
    for words in [
        "Released by no alliance, and in force all the same. Why: <span",
        "for tests",
        "Carried by the city’s software: urn:",
        "Written by this city for itself. Why:",
        "The council of &#60;May&#62;.",
    ] {
        assert!(english.contains(words), "{words}: {english}");
    }
    let german = world.browse("/de/policies").await.text().to_owned();
    for words in [
        "Von keinem Bündnis freigegeben und dennoch in Kraft. Warum:",
        "In der Software der Stadt enthalten: urn:",
        "Von dieser Stadt für sich selbst",
    ] {
        assert!(german.contains(words), "{words}: {german}");
    }
    // What was released, and what nobody named, have their words, too.
    let mut text = world.city.register().state().policy.as_ref().unwrap().text.clone();
    text.layers.retain(|layer| layer.name != "own");
    let source = json!({ "from": "released", "origin": "hub.example/log", "key": "hub.example/log+8b7c+AA", "entry": 1057, "digest": "11".repeat(32) });
    let released = [("test-core".to_owned(), serde_json::from_value(source).unwrap())].into();
    let command = register::Command::AdoptFrom(register::Adopting { released, ..register::Adopting::of(text) });
    let by = "city".parse().unwrap();
    world.city.register().submit(register::Submission { by, reason: Some("x".to_owned()), command }).unwrap();
    let page = world.browse("/policies").await.text().to_owned();
    assert!(page.contains("Released by an alliance: entry 1,057 of the public log hub.example/log."), "{page}");
}
