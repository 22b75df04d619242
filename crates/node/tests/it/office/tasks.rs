//! What waits: for whom, by when, and for nobody else.

use model::Span;
use serde_json::json;

use super::{office, size};
use crate::browser::Browser;
use crate::city::{HOSTILE, World};

/// Places of texts in a page, in their order.
#[track_caller]
fn in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let (_, after) =
            rest.split_once(part).unwrap_or_else(|| panic!("{part} is not there, or not in its place\n{text}"));
        rest = after;
    }
}

#[tokio::test]
async fn what_lapses_next_comes_first_and_says_for_how_long_it_waits() {
    let world = World::new();
    let file = json!({ "id": "n", "about": { "what": "deployment", "id": "wifi" }, "kind": "notice", "on": "2026-11-24T00:00:00Z",
        "until": "2027-01-10T00:00:00Z", "signed_by": "mobility", "summary": "Told." });
    world.submit(json!({ "by": "mobility", "command": { "do": "file-evidence", "with": file } })).unwrap();
    world.clock.set("2026-12-24T09:00:00Z".parse().unwrap());
    let mut council = office(&world, "council").await;
    let page = council.get("/office").await;
    in_order(
        page.text(),
        &[
            "Everything in the city that waits for somebody.",
            "For Clerk to the council</h2>",
            "Proposed, and neither assessed nor refused",
            "for 30 days, since 24 November 2026",
            "For others</h2>",
            "The order “order-17” ends",
            "by 1 January 2027, in 7 days",
            "The statement “notice” ends",
            "by 10 January 2027",
        ],
    );
    assert!(!page.text().contains("Its approval ends"), "that is more than ninety days ahead");
    world.clock.set("2027-03-10T09:00:00Z".parse().unwrap());
    let mut council = office(&world, "council").await;
    let page = council.get("/office").await;
    let own = ["For Clerk to the council</h2>", "Its approval ends", "by 1 June 2027"];
    in_order(page.text(), &[&own[..], &["For others</h2>", "An agreement ends", "by 1 May 2027, in 51 days"]].concat());
    let mut mobility = office(&world, "mobility").await;
    let page = mobility.get("/office").await;
    in_order(
        page.text(),
        &["For Mobility department</h2>", "An agreement ends", "For others</h2>", "Its approval ends"],
    );
}

#[tokio::test]
async fn what_is_stopped_and_what_is_begun_says_for_how_long_it_waits() {
    let world = World::new();
    let suspend = json!({ "do": "suspend", "with": { "deployment": "wifi" } });
    world.submit(json!({ "by": "mobility", "reason": "Too loud", "command": suspend })).unwrap();
    let mut mobility = office(&world, "mobility").await;
    super::propose::drafted_with(&mut mobility, "about", "title", "Air at the <square>").await;
    world.clock.advance(Span::days(3));
    let mut mobility = office(&world, "mobility").await;
    let page = mobility.get("/office").await;
    for what in ["Stopped for a time: Too loud", "A proposal is begun, and not sent"] {
        in_order(page.text(), &[what, "for Mobility department", "for 3 days, since 24 November 2026", "</li>"]);
    }
    assert!(page.text().contains("\">Air at the &#60;square&#62;</a>"), "{}", page.text());
    // What a party keeps for itself waits for nobody else.
    for party in ["council", "city", "environment"] {
        let mut other = office(&world, party).await;
        assert!(!other.get("/office").await.text().contains("A proposal is begun"), "{party}");
    }
}

#[tokio::test]
async fn each_state_waits_for_its_next_step() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let assessment = json!({ "id": "pia", "deployment": "station-wifi", "instrument": "privacy-impact-1", "outcome": "acceptable",
        "summary": "Small.", "signed_by": "privacy-office", "document": "11".repeat(32), "review_by": "2027-10-01T00:00:00Z" });
    let of = json!({ "deployment": "station-wifi" });
    let until = json!({ "deployment": "station-wifi", "until": "2027-06-01T00:00:00Z" });
    for (waits, by, reason, command) in [
        (
            "Proposed, and neither assessed nor refused",
            "privacy-office",
            None,
            json!({ "do": "sign-assessment", "with": assessment }),
        ),
        (
            "Assessed, and neither approved nor refused",
            "council",
            Some("It is useful"),
            json!({ "do": "approve", "with": until }),
        ),
        ("Approved, and not published", "mobility", None, json!({ "do": "publish", "with": of })),
        ("Published, and not switched on", "mobility", None, json!({ "do": "activate", "with": of })),
        ("", "mobility", Some("Too loud"), json!({ "do": "suspend", "with": of })),
        ("Stopped for a time: Too loud", "mobility", Some("Over"), json!({ "do": "end", "with": of })),
    ] {
        let page = mobility.get("/office").await;
        let named =
            ["assessed nor refused", "approved nor refused", "not published", "not switched on", "Stopped for a time"];
        let shown: Vec<&str> = named.into_iter().filter(|name| page.text().contains(name)).collect();
        assert_eq!(shown.len(), usize::from(!waits.is_empty()), "{shown:?}");
        assert!(page.text().contains(waits), "{waits}\n{}", page.text());
        world.submit(json!({ "by": by, "reason": reason, "command": command })).unwrap();
    }
    assert!(mobility.get("/office").await.text().contains("Nothing waits."));
}

#[tokio::test]
async fn a_party_sees_what_concerns_it_and_nothing_else() {
    let world = World::new();
    world.clock.set("2027-03-10T09:00:00Z".parse().unwrap());
    let title = super::escaped(HOSTILE);
    for (party, wifi, plates, station) in [
        ("council", true, true, true),
        ("city", true, true, true),
        ("mobility", true, false, true),
        ("police", false, true, false),
    ] {
        let mut browser = office(&world, party).await;
        let page = browser.get("/office").await;
        assert!(!page.text().contains(HOSTILE));
        for (part, seen) in
            [("How busy is the old town?", wifi), ("Search for listed number plates", plates), (&title, station)]
        {
            // The hostile title is also the name of a party, so that its link is looked for.
            let link = format!("\">{part}</a>");
            assert_eq!(page.text().contains(&link), seen, "{party} {part}\n{}", page.text());
        }
    }
    let mut advertiser = office(&world, "advertiser").await;
    let page = advertiser.get("/office").await;
    assert!(page.text().contains("Nothing waits.") && !page.text().contains("How busy"), "{}", page.text());
    for page in ["/office/deployments", "/office/grants", "/office/tokens"] {
        let page = advertiser.get(page).await;
        assert!(
            page.status == 200 && !page.text().contains("How busy") && !page.text().contains("wifi-1"),
            "{}",
            page.text()
        );
    }
    let mut stranger = Browser::new(&world);
    for page in ["/office", "/office/deployments", "/office/deployments/wifi", "/office/grants/own", "/office/tokens"] {
        assert_eq!(stranger.get(page).await.header("location"), "/sign-in", "{page}");
    }
}

#[tokio::test]
async fn duties_in_force_say_what_is_owed_and_what_lapsed() {
    let world = World::new();
    let mut core = testkit::core();
    let duty = "[[duty]]\nid = \"yearly-report\"\nrequirement = \"core-99\"\nfrom = \"activated\"\nwithin = \"30d\"\n\
                done_by = \"evidence/annual-report\"\nsilence = \"escalate\"\n";
    core.duties.insert("yearly-report".parse().unwrap(), duty.to_owned());
    let text = json!({ "layers": [core], "permits": norms::city_permits_default(), "permits_owner": "city" });
    world.adopt(&json!(text));
    let of = json!({ "deployment": "wifi" });
    for (reason, step) in [(Some("A pause"), "suspend"), (None, "activate")] {
        world.submit(json!({ "by": "mobility", "reason": reason, "command": { "do": step, "with": of } })).unwrap();
    }
    let mut mobility = office(&world, "mobility").await;
    let page = mobility.get("/office").await;
    assert!(page.text().contains("“yearly-report” (core-99): “annual-report” is filed"), "{}", page.text());
    assert!(page.text().contains("by 24 December 2026, in 30 days"), "{}", page.text());
    assert!(mobility.get("/office/deployments/wifi").await.text().contains("By 24 December 2026: “yearly-report”"));
    let form = mobility.get("/office/deployments/wifi/evidence").await;
    assert!(form.text().contains("<option value=\"annual-report\">"), "the kinds that duties ask for can be chosen");
    world.clock.advance(Span::days(40));
    world.city.register().tick().unwrap();
    let mut mobility = office(&world, "mobility").await;
    let before = size(&world);
    let page = mobility.get("/office").await;
    in_order(
        page.text(),
        &["“yearly-report” (core-99) was to be done by", "Late: was due on 24 December 2026, 10 days ago"],
    );
    assert!(mobility.get("/office/deployments/wifi").await.text().contains("What is overdue"));
    assert_eq!(size(&world), before);
}

#[tokio::test]
async fn what_silence_refused_waits_for_nobody_any_more() {
    let world = World::new();
    let mut core = testkit::core();
    let duty = "[[duty]]\nid = \"decide\"\nrequirement = \"core-98\"\nfrom = \"proposed\"\nwithin = \"30d\"\n\
                done_by = \"approved\"\nsilence = \"refuse\"\n";
    core.duties.insert("decide".parse().unwrap(), duty.to_owned());
    let text = json!({ "layers": [core], "permits": norms::city_permits_default(), "permits_owner": "city" });
    world.adopt(&json!(text));
    let proposed = json!({ "id": "late", "title": "Nobody decides", "description": "Measures air.", "accountable": "environment", "place": "centre",
        "technology": "air-quality-station", "purposes": ["air-quality"], "legal_basis": "not-personal",
        "starts": "2026-11-01T00:00:00Z", "ends": "2028-11-01T00:00:00Z", "streams": [{ "id": "late", "retention": "24h", "time": { "do": "keep" },
        "properties": { "no2": { "category": "air-quality", "value": "number", "treatment": { "do": "keep" } } } }] });
    world.submit(json!({ "by": "environment", "command": { "do": "propose", "with": proposed } })).unwrap();
    let mut environment = office(&world, "environment").await;
    let waits = environment.get("/office").await;
    in_order(
        waits.text(),
        &[
            "“decide” (core-98): it is approved. If not, what was asked is refused",
            "Proposed, and neither assessed nor refused",
        ],
    );
    world.clock.advance(Span::days(40));
    world.city.register().tick().unwrap();
    let mut environment = office(&world, "environment").await;
    assert!(!environment.get("/office").await.text().contains("Nobody decides"));
    assert!(environment.get("/office/deployments/late").await.text().contains("Collects nothing: refused"));
}

#[tokio::test]
async fn a_duty_is_called_by_the_words_of_its_standard_with_its_codes_behind_them() {
    let world = super::security::under_the_core();
    let named = "The security plan is reviewed (“cyber-plan-review”, core-48)";
    let mut city = office(&world, "city").await;
    let page = city.get("/office").await;
    assert!(page.text().contains(&format!("{named}: “cyber-plan-review” is filed")), "{}", page.text());
    // The clock is not believed further than that at once.
    for _ in 0..2 {
        world.clock.advance(Span::days(190));
        world.city.register().tick().unwrap();
    }
    let mut city = office(&world, "city").await;
    for page in ["/office", "/office/city"] {
        let page = city.get(page).await;
        assert!(page.text().contains(&format!("{named} was to be done by")), "{}", page.text());
    }
}

#[tokio::test]
async fn a_citys_own_clock_of_publication_runs_from_the_approval_and_ends_with_the_publication() {
    // Where it is told: in the list of tasks, on the deployment's page in the office, and to residents.
    const PAGES: [&str; 3] = ["/office", "/office/deployments/station-wifi", "/deployments/station-wifi"];
    let world = World::new();
    let duty = "[[duty]]\nid = \"published-soon\"\nrequirement = \"own-01\"\nfrom = \"approved\"\nwithin = \"14d\"\n\
                done_by = \"published\"\nsilence = \"escalate\"\n";
    let own = json!({ "kind": "city", "name": "own", "owner": "Teststadt", "cedar": "", "duties": { "published-soon": duty } });
    let text =
        json!({ "layers": [testkit::core(), own], "permits": norms::city_permits_default(), "permits_owner": "city" });
    world.adopt(&text);
    let named = async |world: &World| {
        let mut mobility = office(world, "mobility").await;
        let mut found = Vec::new();
        for page in PAGES {
            let page = mobility.get(page).await;
            found.push(page.text().contains("“published-soon” (own-01)").then(|| page.text().to_owned()));
        }
        found
    };
    let waits = |page: &Option<String>, parts: &[&str]| in_order(page.as_deref().unwrap(), parts);
    assert!(named(&world).await.iter().all(Option::is_none), "nothing is approved since the city adopted it");
    let assessment = json!({ "id": "pia", "deployment": "station-wifi", "instrument": "privacy-impact-1", "outcome": "acceptable",
        "summary": "Small.", "signed_by": "privacy-office", "document": "11".repeat(32), "review_by": "2027-10-01T00:00:00Z" });
    let until = json!({ "deployment": "station-wifi", "until": "2027-06-01T00:00:00Z" });
    world.clock.set("2026-11-26T10:00:00Z".parse().unwrap());
    for (by, reason, command) in [
        ("privacy-office", None, json!({ "do": "sign-assessment", "with": assessment })),
        ("council", Some("It is useful"), json!({ "do": "approve", "with": until })),
    ] {
        world.submit(json!({ "by": by, "reason": reason, "command": command })).unwrap();
    }
    // Fourteen days from the approval, and not from the proposal or the adoption.
    let [tasks, own, public] = named(&world).await.try_into().unwrap();
    let owed = "“published-soon” (own-01): it is published. If not, it is named overdue here until it is done";
    waits(&tasks, &[owed, "by 10 December 2026, in 14 days", "</li>"]);
    waits(&own, &["By 10 December 2026: “published-soon” (own-01)"]);
    assert!(public.is_none(), "what is in time is no news for residents");
    world.clock.set("2026-12-12T10:00:00Z".parse().unwrap());
    world.city.register().tick().unwrap();
    let [tasks, own, public] = named(&world).await.try_into().unwrap();
    let late = "“published-soon” (own-01) was to be done by 10 December 2026";
    waits(&tasks, &[late, "Late: was due on 10 December 2026, 2 days ago"]);
    waits(&own, &["What is overdue", late]);
    waits(&public, &["What is overdue", late]);
    let publish = json!({ "do": "publish", "with": { "deployment": "station-wifi" } });
    world.submit(json!({ "by": "mobility", "command": publish })).unwrap();
    world.city.register().tick().unwrap();
    let [tasks, own, public] = named(&world).await.try_into().unwrap();
    assert!(tasks.is_none() && public.is_none(), "it is published, and waits no longer: {tasks:?} {public:?}");
    assert!(own.is_none_or(|page| !page.contains("was to be done by")));
}
