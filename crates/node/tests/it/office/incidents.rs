//! Incidents: reported, followed by who was told and what was learnt, closed; and what residents read of them.

use serde_json::json;

use super::forms::CORPUS;
use super::{done, escaped, look, looked, office, refused, size};
use crate::city::{HOSTILE, World};

const NEW: &str = "/office/incidents/new";
const SECRET: &str = "The default password was still set on wifi-1";

/// A world with a duty that counts from a breach.
fn world() -> World {
    let world = World::new();
    let mut core = testkit::core();
    let duty = "[[duty]]\nid = \"breach-notice\"\nrequirement = \"core-50\"\nfrom = \"evidence/breach\"\nwithin = \"3d\"\n\
                done_by = \"evidence/breach-notified\"\nsilence = \"escalate\"\n";
    core.duties.insert("breach-notice".parse().unwrap(), duty.to_owned());
    let text = json!({ "layers": [core], "permits": norms::city_permits_default(), "permits_owner": "city" });
    world.adopt(&json!(text));
    world
}

const BREACH: [(&str, &str); 10] = [
    ("about", "of/wifi"),
    ("kind", "breach"),
    ("severity", "serious"),
    ("on", "2026-11-24"),
    ("at", "06:30"),
    ("happened", "2026-11-20"),
    ("devices", "wifi-1"),
    ("data", "mac-address"),
    ("summary", "Somebody read tags of the old town."),
    ("details", SECRET),
];

#[tokio::test]
async fn an_incident_is_reported_told_learnt_from_and_closed_and_residents_read_all_but_what_is_sealed() {
    let world = world();
    let mut mobility = office(&world, "mobility").await;
    let page = done(&world, &mut mobility, NEW, &BREACH).await;
    for part in [
        "A breach of data",
        "24 November 2026, 06:30 UTC",
        "20 November 2026",
        "“wifi-1”",
        "Serious: somebody may be harmed",
        "To be stated by 27 November 2026, 08:00 UTC: those concerned were told (“breach-notice”, core-50)",
        SECRET,
        "State: those concerned were told (core-50)",
    ] {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
    let public = world.browse("/incidents").await;
    assert!(public.text().contains("Somebody read tags of the old town.") && !public.text().contains(SECRET));
    for page in ["/deployments/wifi", "/log/entries", "/changes", "/api/v1/register"] {
        assert!(!world.browse(page).await.text().contains(SECRET), "{page}");
    }
    let entry = world.browse(&format!("/log/entries/{}", size(&world) - 1)).await;
    assert!(entry.text().contains("incident-reported/1") && !entry.text().contains(SECRET), "{}", entry.text());
    assert!(mobility.get("/office").await.text().contains("“breach-notice” (core-50)"), "it is in the list of tasks");
    let told =
        [("on", "2026-11-24"), ("at", "08:00"), ("told", "The data protection authority"), ("summary", "By its form.")];
    let page = done(&world, &mut mobility, "/office/incidents/breach-wifi/breach-notified", &told).await;
    assert!(page.text().contains("Told: The data protection authority. By its form."), "{}", page.text());
    assert!(
        page.text().contains("Stated in time, on 24 November 2026, 08:00 UTC: those concerned were told"),
        "{}",
        page.text()
    );
    let update = [("on", "2026-11-24"), ("summary", "Tags of two days.")];
    done(&world, &mut mobility, "/office/incidents/breach-wifi/incident-update", &update).await;
    let closed = [("on", "2026-11-24"), ("summary", "Every sensor has a password of its own.")];
    done(&world, &mut mobility, "/office/incidents/breach-wifi/incident-closed", &closed).await;
    let public = world.browse("/incidents").await;
    for part in ["Over since 24 November 2026", "What became known", "Tags of two days.", "It is over"] {
        assert!(public.text().contains(part), "{part}\n{}", public.text());
    }
    assert!(public.text().contains("<article class=\"card\" id=\"incident-breach-wifi\">"), "{}", public.text());
    let listed = async || world.browse("/incidents.jsonld").await.json()["schema:itemListElement"][0].clone();
    assert!(listed().await["@id"].as_str().unwrap().ends_with("/incidents#incident-breach-wifi"));
    assert!(listed().await.get("schema:eventStatus").is_none());
    let withdraw = json!({ "do": "withdraw-evidence", "with": { "evidence": "breach-wifi" } });
    world.submit(json!({ "by": "council", "reason": "It was another city's.", "command": withdraw })).unwrap();
    assert_eq!(listed().await["schema:eventStatus"]["@id"], "schema:EventCancelled");
}

#[tokio::test]
async fn what_is_sealed_is_read_by_those_alone_who_answer_for_it() {
    let world = world();
    let mut mobility = office(&world, "mobility").await;
    done(&world, &mut mobility, NEW, &BREACH).await;
    for (party, status, reads) in
        [("council", 200, true), ("city", 200, true), ("environment", 404, false), ("police", 404, false)]
    {
        let mut browser = office(&world, party).await;
        let page = browser.get("/office/incidents/breach-wifi").await;
        assert_eq!((page.status.as_u16(), page.text().contains(SECRET)), (status, reads), "{party}");
        let all = browser.get("/office/incidents").await;
        assert_eq!(all.text().contains("Somebody read tags"), reads, "{party}: {}", all.text());
        let update = [("on", "2026-11-24"), ("summary", "I was here.")];
        let answer = look(&mut browser, "/office/incidents/breach-wifi/incident-update", &update).await;
        assert_eq!(answer.status, status, "{party}");
    }
    // Whoever runs a sensor there sees that it happened, and not what is sealed.
    let supplier = json!({ "party": { "id": "supplier", "name": "Sensors Ltd", "kind": "vendor" } });
    world.submit(json!({ "by": "city", "command": { "do": "register-party", "with": supplier } })).unwrap();
    let device = json!({ "id": "wifi-7", "stream": "wifi-counts", "deployment": "wifi", "position": [16.6, 49.2] });
    world.submit(json!({ "by": "supplier", "command": { "do": "register-device", "with": device } })).unwrap();
    let page = office(&world, "supplier").await.get("/office/incidents/breach-wifi").await;
    assert!(page.status == 200 && !page.text().contains(SECRET), "{}", page.text());
    let entry = world.city.register().state().incidents.values().next().unwrap().entry;
    let erase = json!({ "by": "council", "reason": "it is mended", "command": { "do": "erase-payload", "with": { "entry": entry } } });
    world.submit(erase).unwrap();
    let page = mobility.get("/office/incidents/breach-wifi").await;
    assert!(page.text().contains("It was erased.") && !page.text().contains(SECRET), "{}", page.text());
}

#[tokio::test]
async fn what_does_not_fit_is_said_at_its_field() {
    let world = world();
    let mut mobility = office(&world, "mobility").await;
    for (field, value) in [
        ("on", "2027-01-01"),
        ("on", "yesterday"),
        ("at", "2 pm"),
        ("happened", "2026-11-25"),
        ("devices", "wifi-9"),
        ("devices", "No Sensor"),
        ("summary", ""),
    ] {
        let mut fields: Vec<(&str, &str)> = BREACH.iter().copied().filter(|(name, _)| *name != field).collect();
        fields.push((field, value));
        let text = refused(&world, &mut mobility, NEW, &fields, 422).await;
        assert!(text.contains(&format!("id=\"wrong-{field}\"")), "{field}={value}: {text}");
    }
    for (field, value) in [("about", "of/pollution"), ("kind", "hearing"), ("severity", "grave"), ("data", "nothing")] {
        let mut fields: Vec<(&str, &str)> = BREACH.iter().copied().filter(|(name, _)| *name != field).collect();
        fields.push((field, value));
        let answer = look(&mut mobility, NEW, &fields).await;
        assert_eq!(answer.status, 422, "{field}");
        assert!(answer.text().contains("id=\"wrong-"), "{field}: {}", answer.text());
    }
    let mut city = office(&world, "city").await;
    let about_city: Vec<(&str, &str)> =
        BREACH.iter().map(|(name, value)| (*name, if *name == "about" { "city" } else { *value })).collect();
    let text = refused(&world, &mut city, NEW, &about_city, 422).await;
    assert!(text.contains("report it once for each"), "{text}");
}

#[tokio::test]
async fn an_overdue_clock_is_public_and_a_report_by_mistake_is_withdrawn_in_public() {
    let world = world();
    let mut mobility = office(&world, "mobility").await;
    done(&world, &mut mobility, NEW, &BREACH).await;
    world.clock.advance(model::Span::days(4));
    world.city.register().tick().unwrap();
    let public = world.browse("/incidents").await;
    assert!(public.text().contains("Overdue since 27 November 2026, 08:00 UTC"), "{}", public.text());
    let mut mobility = office(&world, "mobility").await;
    let withdraw = "/office/evidence/breach-wifi/withdraw";
    // Whoever reported it is not who makes its clocks void.
    let why = [("reason", "It was a test of ours")];
    let text = refused(&world, &mut mobility, withdraw, &why, 422).await;
    assert!(text.contains("withdrawn by an officer or the founder alone"), "{text}");
    let page = mobility.get("/office/incidents/breach-wifi").await;
    assert!(!page.text().contains("Withdraw the report"), "{}", page.text());
    let mut council = office(&world, "council").await;
    assert!(council.get("/office/incidents/breach-wifi").await.text().contains("Withdraw the report"));
    done(&world, &mut council, withdraw, &why).await;
    let public = world.browse("/incidents").await;
    assert!(
        public.text().contains("The report was withdrawn on 28 November 2026: <span>It was a test of ours</span>"),
        "{}",
        public.text()
    );
    let german = world.browse("/de/incidents").await;
    crate::html::check_in("de", german.text());
    let told = "Die Meldung wurde am 28. November 2026 zurückgezogen: <span lang=\"en\">It was a test of ours</span>.";
    assert!(german.text().contains(told), "{}", german.text());
    assert!(german.text().contains("Ernst: Jemand kann zu Schaden kommen"), "{}", german.text());
}

#[tokio::test]
async fn no_text_of_any_incident_becomes_part_of_a_page() {
    let world = world();
    let mut mobility = office(&world, "mobility").await;
    for text in CORPUS {
        let fields: Vec<(&str, &str)> = BREACH
            .iter()
            .map(|(name, value)| (*name, if ["summary", "details"].contains(name) { text } else { *value }))
            .collect();
        let page = done(&world, &mut mobility, NEW, &fields).await;
        let shown = page.text().matches(&escaped(text)).count();
        assert!(shown >= 2 && !page.text().contains(text), "what happened, and what is sealed: {}", page.text());
        for page in ["/incidents", "/de/incidents", "/office/incidents", "/log/entries"] {
            let page = mobility.get(page).await;
            assert!(!page.text().contains(text) && page.text().contains(&escaped(text)), "{}", page.text());
        }
    }
}

#[tokio::test]
async fn no_hostile_word_of_an_incident_becomes_part_of_a_page() {
    let world = world();
    let mut mobility = office(&world, "mobility").await;
    let fields: Vec<(&str, &str)> = BREACH
        .iter()
        .map(|(name, value)| (*name, if ["summary", "details"].contains(name) { HOSTILE } else { *value }))
        .collect();
    done(&world, &mut mobility, NEW, &fields).await;
    let told = [("on", "2026-11-24"), ("told", HOSTILE), ("summary", HOSTILE)];
    looked(&look(&mut mobility, "/office/incidents/breach-wifi/breach-notified", &told).await);
    done(&world, &mut mobility, "/office/incidents/breach-wifi/breach-notified", &told).await;
    for page in ["/office/incidents", "/office/incidents/breach-wifi"] {
        let page = mobility.get(page).await;
        assert!(!page.text().contains(HOSTILE) && page.text().contains(&escaped(HOSTILE)), "{}", page.text());
    }
    let public = world.browse("/incidents").await;
    crate::html::check(public.text());
    assert!(!public.text().contains(HOSTILE) && public.text().contains(&escaped(HOSTILE)));
}

/// The profile of the European Union, as it is shipped: its clocks.
const PROFILE: &str = include_str!("../../../../standards/packs/eu-data-protection/duties/eu-data-protection.toml");

/// A world under the profile's own clock for telling the authority.
fn under_the_profile() -> World {
    let world = World::new();
    let duty = PROFILE.split("[[duty]]").find(|duty| duty.contains("\"authority-told\"")).unwrap();
    assert!(duty.contains("within = \"3d\""), "72 hours: {duty}");
    let mut core = testkit::core();
    core.duties.insert("authority-told".parse().unwrap(), format!("[[duty]]{duty}"));
    let text = json!({ "layers": [core], "permits": norms::city_permits_default(), "permits_owner": "city" });
    world.adopt(&json!(text));
    world
}

#[tokio::test]
async fn the_profiles_72_hours_run_from_the_report_and_say_what_is_left_and_when_they_end_from_the_notice() {
    let world = under_the_profile();
    let mut mobility = office(&world, "mobility").await;
    done(&world, &mut mobility, NEW, &BREACH).await;
    let told = |hours: &str| {
        format!(
            "To be stated by 27 November 2026, 08:00 UTC: the authority was told (“authority-told”, eu-10); {hours} left. Counted from \
             when it was noticed: by 27 November 2026, 06:30 UTC"
        )
    };
    let public = async |part: &str| {
        let page = world.browse("/incidents").await;
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    };
    public(&told("3 days")).await;
    world.clock.advance(model::Span::hours(2));
    public(&told("70 hours")).await;
    let german = world.browse("/de/incidents").await;
    let part = "; noch 70 Stunden. Gezählt von dem Zeitpunkt an, zu dem es bemerkt wurde: bis zum 27. November 2026";
    assert!(german.text().contains(part), "{}", german.text());
    world.clock.advance(model::Span::minutes(69 * 60 + 30));
    public(&told("30 minutes")).await;
    world.clock.advance(model::Span::seconds(30 * 60 - 1));
    world.city.register().tick().unwrap();
    public("less than a minute left").await;
    world.clock.advance(model::Span::seconds(2));
    world.city.register().tick().unwrap();
    public("Overdue since 27 November 2026, 08:00 UTC: the authority was told").await;
    // A date that is only claimed makes nothing good: it was told when the log says so.
    world.clock.advance(model::Span::hours(2));
    let told = json!({ "id": "told", "about": { "what": "deployment", "id": "wifi" }, "kind": "authority-notified",
        "on": "2026-11-25T10:00:00Z", "signed_by": "mobility", "answers": "breach-wifi",
        "summary": "Told: The data protection authority. By its form." });
    world.submit(json!({ "by": "mobility", "command": { "do": "file-evidence", "with": told } })).unwrap();
    world.city.register().tick().unwrap();
    public("Stated late, on 27 November 2026, 10:00 UTC, and was due by 27 November 2026, 08:00 UTC: the authority was told").await;
    public("Told: The data protection authority. By its form.").await;
}

#[tokio::test]
async fn residents_read_who_was_told_when_what_was_learnt_and_what_happened_in_one_place() {
    let world = under_the_profile();
    let mut mobility = office(&world, "mobility").await;
    let page = done(&world, &mut mobility, NEW, &BREACH).await;
    for part in ["State: the authority was told (eu-10)", "State: what was learnt, and what changes"] {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
    let of = |kind: &str| format!("/office/incidents/breach-wifi/{kind}");
    let told =
        [("on", "2026-11-24"), ("at", "07:30"), ("told", "The data protection authority"), ("summary", "By its form.")];
    done(&world, &mut mobility, &of("authority-notified"), &told).await;
    let learnt = [("on", "2026-11-24"), ("at", "08:00"), ("summary", "Passwords are set before a sensor is hung up.")];
    done(&world, &mut mobility, &of("incident-review"), &learnt).await;
    for (path, parts) in [
        (
            "/incidents",
            [
                "Somebody read tags of the old town.",
                "<dt>The authority was told</dt><dd><p class=\"typed\">Told: The data protection authority. By its form.</p>",
                "24 November 2026, 07:30 UTC",
                "<dt>What was learnt, and what changes</dt><dd><p class=\"typed\">Passwords are set before a sensor is hung up.</p>",
                "Stated in time, on 24 November 2026, 08:00 UTC: the authority was told",
            ],
        ),
        (
            "/de/incidents",
            [
                "Somebody read tags of the old town.",
                "<dt>Die Aufsichtsbehörde wurde benachrichtigt</dt>",
                "24. November 2026, 07:30 Uhr (UTC)",
                "<dt>Was daraus gelernt wurde und was sich ändert</dt>",
                "Rechtzeitig erklärt, am 24. November 2026, 08:00 Uhr (UTC)",
            ],
        ),
    ] {
        let page = world.browse(path).await;
        let card = page.text().split("<article").find(|card| card.contains("incident-breach-wifi")).unwrap();
        parts.iter().for_each(|part| assert!(card.contains(part), "{path}: {part}\n{card}"));
        assert!(!card.contains(SECRET));
    }
}

#[tokio::test]
async fn the_clock_of_a_breach_is_called_by_the_words_of_the_profile_that_the_city_adopted() {
    let world = World::new();
    let library = standards::built_in().unwrap();
    let profile = library.find("eu-data-protection").unwrap();
    let resolved = standards::resolve(&library.stack_of(profile).unwrap(), None).unwrap();
    let mut text = world.city.register().state().policy.as_ref().unwrap().text.clone();
    // The profile alone: with the core as well they would be too long.
    text.layers.extend(resolved.policy_layers().pop());
    world.adopt(&serde_json::to_value(&text).unwrap());
    let mut mobility = office(&world, "mobility").await;
    let reported = world.now();
    let page = done(&world, &mut mobility, NEW, &BREACH).await;
    let due = reported + model::Span::hours(72);
    assert_eq!(due.to_string(), "2026-11-27T08:00:00Z", "seventy-two hours from the report");
    let requirement = model::RequirementId("eu-10".to_owned());
    let titles = ["en", "de"].map(|locale| resolved.words(&requirement, locale).unwrap().title);
    assert!(titles[0] == "The authority is told of a breach" && titles[1] != titles[0], "{titles:?}");
    let english = format!(
        "To be stated by 27 November 2026, 08:00 UTC: the authority was told ({}: “authority-told”, eu-10)",
        titles[0]
    );
    let german = format!(
        "Zu erklären bis zum 27. November 2026, 08:00 Uhr (UTC): Die Aufsichtsbehörde wurde benachrichtigt ({}: \
         „authority-told“, eu-10)",
        titles[1]
    );
    let public = [world.browse("/incidents").await, world.browse("/de/incidents").await];
    let list = mobility.get("/office/incidents").await;
    for (text, words) in
        [(page.text(), &english), (list.text(), &english), (public[0].text(), &english), (public[1].text(), &german)]
    {
        assert!(text.contains(words.as_str()), "{words}\n{text}");
    }
    // The same title stands where the office lists what waits.
    let tasks = mobility.get("/office").await;
    let named = format!("{} (“authority-told”, eu-10)", titles[0]);
    assert!(tasks.text().contains(&named), "{}", tasks.text());
}
