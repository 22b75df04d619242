//! A pilot that this hub worked out, filed as a case by form: found by search, and its evidence leads to the report for as long as that is
//! the report of the case.

use axum::http::{StatusCode, header};
use hub::case::PilotFound;
use hub::command::Command;
use hub::pilot::live::Figure;
use tower::ServiceExt;

use crate::cases::form_value;
use crate::html;
use crate::pages::{asked, get, mark, posted, signed_in, sound, text};
use crate::pilots::{TOKEN, agree, city, core, end, kept, looked, outside_of, world};
use crate::world::World;

/// What a page's field holds, as it was escaped.
fn field(page: &str, id: &str) -> String {
    let (_, rest) = page.split_once(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no field {id}: {page}"));
    let rest = rest.split_once('>').unwrap().1;
    rest.split_once("</textarea>")
        .unwrap()
        .0
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#38;", "&")
}

/// Files the hub's own pilot of the first city as a case, with plain forms; gives where the case is.
async fn filed(world: &World) -> String {
    let app = hub::routes(world.hub.clone());
    let send = async |request| app.clone().oneshot(request).await.unwrap();
    let cookie = signed_in(&app, TOKEN).await;
    let page = text(send(asked("/cases/new?pilot=core", &cookie)).await).await;
    html::check(&page);
    let (form, report) = (mark(&page), field(&page, "report"));
    let typed = format!(
        "form={form}&step=file&report={}&title=A+year+of+counting&problem=Nobody+knew.&standard=urn%3Aordinance%3Astandard%3Aglobal-core\
         &version=0.1.0&outcome=running&what=We+tried+it.&contact=The+privacy+office&entries=7&milestones=&indicators=",
        form_value(&report)
    );
    let filed = send(posted("/cases/new", &cookie, &typed)).await;
    assert_eq!(filed.status(), StatusCode::SEE_OTHER);
    filed.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_case_of_the_hubs_own_pilot_is_found_by_search_and_leads_to_its_report_while_that_is_the_same() {
    let world = world();
    world.by("mayor-0", agree());
    world.hub.try_drafts().unwrap();
    let at = filed(&world).await;
    // It is found by its words, by its standard and by whose it is, and by nothing else.
    for (sought, is_found) in [("YEAR+of", true), ("global-core", true), ("city-000000", true), ("weather", false)] {
        let list = sound(&world, &format!("/cases?q={sought}")).await;
        assert_eq!(list.contains(&format!("href=\"{at}\"")), is_found, "{sought}: {list}");
        assert_eq!(list.contains("with a report of a pilot"), is_found, "{sought}: {list}");
    }
    // What it counts is what anybody works out from the city's log.
    let report = outside_of(&world, 0, 200);
    let found = PilotFound::of(&serde_json::to_value(&report).unwrap()).unwrap();
    let page = sound(&world, &at).await;
    for shown in [found.report.to_string(), found.root.to_string(), format!("{} entries of", report.seen.size)] {
        assert!(page.contains(&shown), "{shown}: {page}");
    }
    let refused = Figure::ActsRefused.of(&report).in_words();
    assert!(
        page.contains(&format!("<th scope=\"row\">acts-refused</th><td class=\"number\">{refused}</td>")),
        "{page}"
    );
    // Its evidence leads to the report, and the report's file is the very one.
    let link = "/drafts/core/pilots/city-000000";
    assert!(page.contains(&format!("<a href=\"{link}\">")), "{page}");
    sound(&world, link).await;
    let file = text(get(&world, &format!("{link}/report.json")).await).await;
    assert_eq!(Some(&file), kept(&world, 0).as_ref());
    assert_eq!(PilotFound::read(&file).unwrap(), found);
    let leads = async || sound(&world, &at).await.contains(link);
    // Another history has another report, and the case says of its own what it said.
    looked(&world, 205);
    world.hub.try_drafts().unwrap();
    assert!(!leads().await, "the report that is kept now is another");
    assert!(sound(&world, &at).await.contains(&found.report.to_string()));
    assert!(sound(&world, "/cases?q=year").await.contains(&at));
    // Whoever takes the consent back takes the report away, and not the case.
    world.by("mayor-0", end());
    assert_eq!(get(&world, link).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(get(&world, &at).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_report_of_another_part_of_the_history_is_not_said_to_be_the_one_that_the_hub_keeps() {
    let world = world();
    world.by("mayor-0", agree());
    world.hub.try_drafts().unwrap();
    // The same log, draft and size, but nothing is said to have stopped: somebody altered it.
    let mut report = serde_json::to_value(outside_of(&world, 0, 200)).unwrap();
    assert_ne!(report["grants"]["stopped"], 0);
    report["grants"]["stopped"] = 0.into();
    let mut filing = crate::cases::filing("Another one");
    filing.report = Some(report);
    let case = world.by("mayor-0", Command::FileCase { case: Box::new(filing) });
    let page = sound(&world, &format!("/cases/{case}")).await;
    assert!(page.contains("A report of a pilot.") && !page.contains("/drafts/core/pilots/"), "{page}");
    assert!(world.hub.state().may_be_tried(&core(), &city(0)));
}
