//! A deployment and an agreement through their whole lives by forms alone; then the log is verified and read anew.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use flow::City;
use model::{Seq, Span};
use register::audit::audit;
use testkit::SeededBytes;
use tower::ServiceExt;

use super::propose::{SQUARE, drafted};
use super::{DOCUMENT, done, office};
use crate::city::World;
use crate::html::check_in;

const PAGES: [&str; 6] = [
    "/deployments/square",
    "/deployments/pollution",
    "/organisations/mobility",
    "/log/entries",
    "/api/v1/register",
    "/grants/environment-counts/odrl.json",
];

/// Reads pages of a city, whichever process has it open.
async fn read(city: &Arc<City>) -> Vec<String> {
    let router = node::router(Arc::clone(city), None);
    let mut texts = Vec::new();
    for page in PAGES {
        let request = Request::get(page).header("host", "teststadt.example").header("accept", "text/html");
        let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 200, "{page}");
        let bytes = axum::body::to_bytes(answer.into_body(), 1 << 24).await.unwrap();
        texts.push(String::from_utf8(bytes.to_vec()).unwrap());
    }
    texts
}

/// A deployment from its proposal to its end.
async fn deployment_lives(world: &World) {
    let mut mobility = office(world, "mobility").await;
    let draft = drafted(&mut mobility, SQUARE).await;
    assert_eq!(mobility.post("/office", &draft, &[("go", "do")]).await.status, 303);
    let square = "/office/deployments/square";
    let mut privacy = office(world, "privacy-office").await;
    let assessed = [
        ("outcome", "acceptable"),
        ("summary", "Small, and named."),
        ("document", DOCUMENT),
        ("review-by", "2027-10-01"),
    ];
    done(world, &mut privacy, &format!("{square}/assess"), &assessed).await;
    let notice = [("other-kind", "notice"), ("summary", "Told on the square."), ("on", "2026-11-24")];
    done(world, &mut mobility, &format!("{square}/evidence"), &notice).await;
    let mut council = office(world, "council").await;
    done(
        world,
        &mut council,
        &format!("{square}/approve"),
        &[("until", "2027-06-01"), ("reason", "The council voted.")],
    )
    .await;
    done(world, &mut mobility, &format!("{square}/publish"), &[]).await;
    done(world, &mut mobility, &format!("{square}/activate"), &[]).await;
    done(world, &mut council, &format!("{square}/suspend"), &[("reason", "A complaint.")]).await;
    done(world, &mut mobility, &format!("{square}/activate"), &[]).await;
    done(world, &mut council, &format!("{square}/end"), &[("reason", "The square is rebuilt.")]).await;
    let page = mobility.get(square).await;
    assert!(page.text().contains("Nothing: it has ended for good."), "{}", page.text());
}

/// Agreements: one under which something is handed over and that is withdrawn, and one that stays.
async fn agreements_live(world: &World) {
    let agreed = [
        ("view", "air/measurements"),
        ("recipient", "mobility"),
        ("purpose", "air-quality"),
        ("until", "2027-04-01"),
        ("duty", "delete-on-expiry"),
    ];
    let (mut environment, mut mobility) = (office(world, "environment").await, office(world, "mobility").await);
    done(world, &mut environment, "/office/grants/new", &agreed).await;
    let line = "{\"time\":\"2026-11-24T08:00:00Z\",\"no2\":20}\n";
    assert_eq!(world.post("token-of-air-1", "/api/v1/observations", "application/x-ndjson", line).await.status, 200);
    world.clock.advance(Span::minutes(20));
    let seen = mobility.get("/grants/mobility-measurements").await;
    assert!(seen.status == 200 && seen.text().contains("no2 20"), "{}", seen.text());
    let records = world.city.register().disclosure_records(Seq(0), 10).unwrap();
    assert_eq!(records.iter().map(|record| record.grant.as_str()).collect::<Vec<_>>(), ["mobility-measurements"]);
    let why = [("reason", "No longer needed.")];
    done(world, &mut environment, "/office/grants/mobility-measurements/withdraw", &why).await;
    assert_eq!(mobility.get("/grants/mobility-measurements").await.status, 404, "nothing leaves any more");

    // One that stays, for the pages.
    let stays = [
        ("view", "wifi-counts/counts"),
        ("recipient", "environment"),
        ("purpose", "traffic-management"),
        ("until", "2027-04-01"),
        ("duty", "no-reidentification"),
    ];
    done(world, &mut mobility, "/office/grants/new", &stays).await;
}

#[tokio::test]
async fn a_deployment_and_an_agreement_live_by_forms_alone_and_the_log_says_the_same() {
    let world = World::new();
    deployment_lives(&world).await;
    agreements_live(&world).await;
    world.told().await;
    let audited = audit(&register::audit::FolderSource::new(world.city.register().log_folder()), None, None).unwrap();
    assert_eq!(audited.state, *world.city.register().state(), "the log folds to what the pages are drawn from");
    let before = read(&world.city).await;
    let World { city, clock, router, folder } = world;
    let root = city.root().to_owned();
    drop((city, router));
    let opened = City::open(&root, clock, Arc::new(SeededBytes::new(8))).unwrap();
    assert_eq!(read(&Arc::new(opened)).await, before, "replayed, every page is the same");
    drop(folder);
}

#[tokio::test]
async fn what_a_deployment_observed_is_gone_after_its_end_and_its_page_proves_it() {
    let world = World::new();
    let line = "{\"time\":\"2026-11-24T08:00:00Z\",\"mac\":\"a4:11:3c:00:00:01\"}\n";
    assert_eq!(world.post("token-of-wifi-1", "/api/v1/observations", "application/x-ndjson", line).await.status, 200);
    assert!(!world.browse("/deployments/wifi").await.text().contains("What is left of it"), "it runs");
    let mut council = office(&world, "council").await;
    done(&world, &mut council, "/office/deployments/wifi/end", &[("reason", "The square is rebuilt.")]).await;
    world.told().await;
    let page = world.browse("/deployments/wifi").await;
    for part in [
        "What is left of it",
        "The last of it goes on 26 November 2026.",
        "Everything from before 23 November 2026",
        "1 made, 0 destroyed.",
    ] {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
    world.clock.advance(Span::days(2));
    world.told().await;
    let mut council = office(&world, "council").await;
    let pages = [
        world.browse("/deployments/wifi").await,
        world.browse("/de/deployments/wifi").await,
        council.get("/office/deployments/wifi").await,
    ];
    let says =
        ["All that it observed is gone, and so is every key.", "Alles, was erfasst wurde, ist gelöscht", "All that it"];
    for ((page, says), lang) in pages.iter().zip(says).zip(["en", "de", "en"]) {
        check_in(lang, page.text());
        assert!(page.text().contains(says), "{says}\n{}", page.text());
    }
    // Each act that the page names says so, and there is a receipt for it.
    let text = pages[0].text().split_once("id=\"is-left\"").unwrap().1.split_once("</section>").unwrap().0;
    let named = |before: &str| -> Vec<String> {
        text.split(before).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    let (entries, receipts) = (named("href=\"/log/entries/"), named("href=\"/log/proof/"));
    assert_eq!((entries.len(), receipts.len()), (3, 2), "{text}");
    for (entry, says) in entries.iter().zip(["observations-deleted/1", "key-destroyed/1", "deployment-ended/1"]) {
        let page = world.browse(&format!("/log/entries/{entry}")).await;
        assert!(page.text().contains(&format!("<code>{says}</code>")), "{says}\n{}", page.text());
    }
    for receipt in receipts {
        assert_eq!(world.get(&format!("/log/proof/{receipt}")).await.status, 200);
    }
    let stored = world.city.lake().scan(
        &"wifi-counts".parse().unwrap(),
        model::Window { start: model::Timestamp::UNIX_EPOCH, end: model::Timestamp::MAX },
    );
    assert!(stored.unwrap().is_empty(), "and so it is");
    let audited = audit(&register::audit::FolderSource::new(world.city.register().log_folder()), None, None).unwrap();
    let record = &audited.state.deployments[&"wifi".parse().unwrap()];
    assert!(
        register::left::Left::of(&audited.state, record).unwrap().gone(),
        "whoever reads the log alone finds the same"
    );
}

#[tokio::test]
async fn under_the_whole_core_the_office_names_each_paper_that_is_missing_and_offers_its_kind() {
    let world = World::new();
    world.submit(crate::pages::under_the_core(&world, |_| ())).unwrap();
    let mut council = office(&world, "council").await;
    done(&world, &mut council, "/office/deployments/wifi/suspend", &[("reason", "Until its papers are there.")]).await;
    let mut mobility = office(&world, "mobility").await;
    let page = mobility.get("/office/deployments/wifi").await;
    let again = page.text().split("<article class=\"card\">").find(|card| card.contains("wifi/activate\"")).unwrap();
    for part in ["Not as things stand:", "href=\"/policies#global-core/", "requirement <code>core-"] {
        assert!(again.contains(part), "{part}\n{again}");
    }
    let form = council.get("/office/deployments/wifi/evidence").await;
    for kind in ["public-hearing", "notice", "sign-installed", "annual-report", "objection-decision"] {
        assert!(form.text().contains(&format!("<option value=\"{kind}\">")), "{kind}");
    }
    let city = council.get("/office/city").await;
    assert!(city.text().contains("What is owed"), "{}", city.text());
}
