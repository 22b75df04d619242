//! Requests for agreements: asked for, answered with something else, agreed, withdrawn; and by nobody whom it does not concern.

use serde_json::json;

use super::{done, escaped, look, looked, office, refused, size};
use crate::browser::Browser;
use crate::city::{HOSTILE, World};

const NEW: &str = "/office/requests/new";
const WISH: [(&str, &str); 4] = [
    ("view", "wifi-counts/counts"),
    ("purpose", "traffic-management"),
    ("until", "2027-04-01"),
    ("summary", "We study how <people> walk."),
];
/// The request that [`WISH`] makes, by the university.
const REQUEST: &str = "/office/requests/request-university-counts";

/// A city with a university, and a second view of the stream that is asked for.
fn world() -> World {
    let world = World::new();
    let party = json!({ "id": "university", "name": "University", "kind": "researcher" });
    let coarse = json!({ "id": "coarse", "version": 1, "stream": "wifi-counts", "title": "How many phones, if many",
        "exposure": { "as": "windows", "bin": "15m", "space": { "by": "sensor" }, "measure": { "of": "distinct", "property": "mac" } },
        "identifiers": "none", "minimum": 20, "bound": 4, "noise": "none", "delay": "0s", "depth": "400d" });
    for (by, command) in [
        ("city", json!({ "do": "register-party", "with": { "party": party } })),
        ("mobility", json!({ "do": "declare-view", "with": coarse })),
    ] {
        world.submit(json!({ "by": by, "command": command })).unwrap();
    }
    world
}

/// The fields of a form as a page has them, filled in, and some of them anew.
fn filled(html: &str, anew: &[(&str, &str)]) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!("{name}=\""))?;
        Some(super::plain(rest.split('"').next()?))
    };
    let mut fields = Vec::new();
    let mut select = None;
    for tag in html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
        if tag.starts_with("select ") {
            select = attribute(tag, "name");
        } else if tag.starts_with("option ") && tag.ends_with(" selected") {
            fields.push((select.clone().unwrap(), attribute(tag, "value").unwrap()));
        } else if let (true, Some(name), Some(value)) =
            (tag.starts_with("input "), attribute(tag, " name"), attribute(tag, "value"))
        {
            fields.push((name, value));
        }
    }
    fields.retain(|(name, _)| name != "form" && anew.iter().all(|(other, _)| name != other));
    fields.extend(anew.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    fields
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[tokio::test]
async fn a_request_is_answered_with_an_offer_that_is_taken_up_agreed_and_withdrawn() {
    let world = world();
    let mut university = office(&world, "university").await;
    let mut mobility = office(&world, "mobility").await;
    // It is asked for, with a look at exactly what would be seen.
    let form = university.get(NEW).await;
    assert!(form.text().contains("value=\"wifi-counts/counts\""), "{}", form.text());
    let seen = look(&mut university, NEW, &WISH).await;
    looked(&seen);
    assert!(seen.text().contains("Invented, to show the form"), "{}", seen.text());
    let page = done(&world, &mut university, NEW, &WISH).await;
    for part in [
        "It waits for Mobility department, since 24 November 2026.",
        "how &#60;people&#62; walk",
        "Take the request back",
    ] {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
    let waits = mobility.get("/office").await;
    assert!(waits.text().contains("University asks to see something"), "{}", waits.text());
    assert!(waits.text().contains(&format!("href=\"{REQUEST}\"")), "{}", waits.text());
    // The form of the agreement is filled in with it.
    let own = mobility.get(REQUEST).await;
    let agree = "/office/grants/new?request=request-university-counts";
    assert!(own.text().contains(&format!("href=\"{agree}\"")), "{}", own.text());
    let fields = filled(mobility.get(agree).await.text(), &[]);
    for field in [
        ("view", "wifi-counts/counts"),
        ("recipient", "university"),
        ("purpose", "traffic-management"),
        ("until", "2027-04-01"),
    ] {
        assert!(borrowed(&fields).contains(&field), "{field:?} {fields:?}");
    }
    // Something else is offered; it waits for whoever asked.
    let offer = format!("{REQUEST}/offer");
    let fields =
        filled(mobility.get(&offer).await.text(), &[("view", "wifi-counts/coarse"), ("summary", "Only if many.")]);
    done(&world, &mut mobility, &offer, &borrowed(&fields)).await;
    let waits = university.get("/office").await;
    assert!(waits.text().contains("Mobility department offers something else"), "{}", waits.text());
    assert!(!mobility.get("/office").await.text().contains("University asks"), "it waits for the other one now");
    let page = university.get(REQUEST).await;
    assert!(page.text().contains("Offered: “How many phones, if many”, for"), "{}", page.text());
    // It is taken up by another request.
    let take = "/office/requests/new?offer=offer-request-university-counts";
    assert!(page.text().contains(&format!("href=\"{take}\"")), "{}", page.text());
    let fields = filled(university.get(take).await.text(), &[("summary", "That is enough.")]);
    done(&world, &mut university, NEW, &borrowed(&fields)).await;
    assert!(university.get(REQUEST).await.text().contains("University asked for what was offered."));
    assert!(mobility.get("/office").await.text().contains("University asks to see something"));
    // Agreeing closes it.
    let agree = "/office/grants/new?request=request-university-coarse";
    let fields = filled(mobility.get(agree).await.text(), &[("duty", "no-reidentification")]);
    done(&world, &mut mobility, "/office/grants/new", &borrowed(&fields)).await;
    assert!(!mobility.get("/office").await.text().contains("University asks"));
    let page = university.get("/office/requests/request-university-coarse").await;
    assert!(page.text().contains("It was agreed on 24 November 2026."), "{}", page.text());
    assert!(page.text().contains("href=\"/office/grants/university-coarse\""), "{}", page.text());
    done(&world, &mut mobility, "/office/grants/university-coarse/withdraw", &[("reason", "Enough")]).await;
    let page = university.get("/office/requests/request-university-coarse").await;
    assert!(page.text().contains("It ended on 24 November 2026."), "{}", page.text());
    the_log_tells_it(&world).await;
}

async fn the_log_tells_it(world: &World) {
    world.city.register().publish().unwrap();
    let mut browser = Browser::new(world);
    let last = size(world) - 1;
    let mut told = String::new();
    for index in last - 4..=last {
        told.push_str(browser.get(&format!("/log/entries/{index}")).await.text());
    }
    for part in [
        "“grant-request”",
        "“grant-offer”",
        "The view wifi-counts/coarse for traffic-management: Only if many.",
        "Enough",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    let verified = world.city.register().state();
    assert_eq!(verified.evidence.values().filter(|one| one.evidence.kind.as_str().starts_with("grant-")).count(), 3);
}

#[tokio::test]
async fn a_refusal_says_why_and_what_is_taken_back_waits_for_nobody() {
    let world = world();
    let mut university = office(&world, "university").await;
    let mut mobility = office(&world, "mobility").await;
    done(&world, &mut university, NEW, &WISH).await;
    done(&world, &mut university, NEW, &WISH).await;
    let refuse = format!("{REQUEST}/refuse");
    let text = refused(&world, &mut mobility, &refuse, &[("summary", "")], 422).await;
    assert!(text.contains("id=\"wrong-summary\""), "{text}");
    let page = done(&world, &mut mobility, &refuse, &[("summary", "Too <fine> for that.")]).await;
    assert!(page.text().contains("It was refused on 24 November 2026."), "{}", page.text());
    let page = university.get(REQUEST).await;
    assert!(page.text().contains("Too &#60;fine&#62; for that."), "{}", page.text());
    // It is over: nobody offers, refuses or takes back any more.
    for over in ["offer", "refuse"] {
        assert_eq!(mobility.get(&format!("{REQUEST}/{over}")).await.status, 404, "{over}");
    }
    assert!(!page.text().contains("Take the request back"), "{}", page.text());
    let withdraw = "/office/evidence/request-university-counts-2/withdraw";
    let page = done(&world, &mut university, withdraw, &[("reason", "No longer needed")]).await;
    assert!(page.text().contains("It was taken back: No longer needed"), "{}", page.text());
    assert!(!mobility.get("/office").await.text().contains("University asks"));
    assert!(university.get("/office").await.text().contains("Nothing waits."));
}

#[tokio::test]
async fn a_request_is_seen_and_answered_by_nobody_whom_it_does_not_concern() {
    let world = world();
    let mut university = office(&world, "university").await;
    done(&world, &mut university, NEW, &WISH).await;
    // Asking opens nothing of the deployment.
    for page in
        ["/office/deployments/wifi", "/office/deployments/wifi/evidence", "/office/reports/extract?deployment=wifi"]
    {
        assert_eq!(university.get(page).await.status, 404, "{page}");
    }
    assert!(!university.get("/office/deployments").await.text().contains("How busy"));
    for (party, sees, answers) in [
        ("university", 200, 404),
        ("mobility", 200, 200),
        ("council", 200, 404),
        ("city", 200, 404),
        ("environment", 404, 404),
        ("police", 404, 404),
        ("advertiser", 404, 404),
    ] {
        let mut browser = office(&world, party).await;
        assert_eq!(browser.get(REQUEST).await.status, sees, "{party}");
        assert_eq!(browser.get("/office/requests").await.text().contains(REQUEST), sees == 200, "{party}");
        for answer in ["offer", "refuse"] {
            let address = format!("{REQUEST}/{answer}");
            assert_eq!(browser.get(&address).await.status, answers, "{party} {answer}");
            let fields = [&WISH[..3], &[("summary", "No.")]].concat();
            assert_eq!(look(&mut browser, &address, &fields).await.status, answers, "{party} {answer}");
        }
        let begun = browser.get("/office/grants/new?request=request-university-counts").await;
        assert_eq!(begun.status, sees, "{party}");
    }
    // An offer is taken up by whom it was made to, and what is one's own is not asked for.
    let mut mobility = office(&world, "mobility").await;
    done(&world, &mut mobility, &format!("{REQUEST}/offer"), &WISH).await;
    for (party, status) in [("university", 200), ("mobility", 404), ("council", 404), ("advertiser", 404)] {
        let mut browser = office(&world, party).await;
        let begun = browser.get("/office/requests/new?offer=offer-request-university-counts").await;
        assert_eq!(begun.status, status, "{party}");
    }
    let own = look(&mut mobility, NEW, &WISH).await;
    assert_eq!(own.status, 422, "{}", own.text());
    assert!(own.text().contains("id=\"wrong-view\">You answer for this yourself"), "{}", own.text());
    assert_eq!(university.get("/office/requests/new?offer=none").await.status, 404);
    assert_eq!(university.get("/office/requests/new?other=none").await.status, 400);
    let mut stranger = Browser::new(&world);
    for page in ["/office/requests", NEW, REQUEST] {
        assert_eq!(stranger.get(page).await.header("location"), "/sign-in", "{page}");
    }
}

#[tokio::test]
async fn no_text_of_a_request_or_an_answer_becomes_part_of_a_page() {
    let world = world();
    let mut mobility = office(&world, "mobility").await;
    let mut advertiser = office(&world, "advertiser").await;
    let fields = [&WISH[..3], &[("summary", HOSTILE)]].concat();
    done(&world, &mut advertiser, NEW, &fields).await;
    let request = "/office/requests/request-advertiser-counts";
    done(&world, &mut mobility, &format!("{request}/offer"), &fields).await;
    done(&world, &mut mobility, &format!("{request}/refuse"), &[("summary", HOSTILE)]).await;
    for page in [
        request,
        "/office/requests",
        "/office",
        "/office/deployments/wifi",
        "/deployments/wifi",
        "/de/deployments/wifi",
    ] {
        let answer = mobility.get(page).await;
        assert!(answer.status == 200 && !answer.text().contains(HOSTILE), "{page}");
    }
    assert!(!advertiser.get(request).await.text().contains(HOSTILE));
    let page = mobility.get(request).await;
    assert_eq!(
        page.text().matches(&escaped(HOSTILE)).count(),
        4,
        "who asks and why, the offer, the refusal: {}",
        page.text()
    );
    // A statement of the kind that says nothing of a view is shown as it is.
    let plain = json!({ "id": "plain", "about": { "what": "deployment", "id": "wifi" }, "kind": "grant-request", "on": "2026-11-24T00:00:00Z",
        "signed_by": "advertiser", "summary": HOSTILE });
    world.submit(json!({ "by": "advertiser", "command": { "do": "file-evidence", "with": plain } })).unwrap();
    let page = mobility.get("/office/requests/plain").await;
    assert!(page.text().contains(&escaped(HOSTILE)) && !page.text().contains(HOSTILE), "{}", page.text());
    let form = mobility.get("/office/grants/new?request=plain").await;
    assert!(form.text().contains("<option value=\"advertiser\" selected>"), "{}", form.text());
}
