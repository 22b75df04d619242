//! Signs: what stands on them, in two languages, sizes and forms, and where their code leads.

use std::path::Path;
use std::process::Command;

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::json;

use crate::city::World;
use crate::xml;

/// A deployment's sign as SVG, checked.
async fn svg(world: &World, address: &str) -> String {
    let answer = world.get(address).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "image/svg+xml"), "{address}");
    assert_eq!((answer.header("cache-control"), answer.header("vary")), ("no-cache", "host"));
    let names = xml::check(answer.text());
    assert_eq!(names.first().map(String::as_str), Some("svg"));
    answer.text().to_owned()
}

#[tokio::test]
async fn a_sign_says_what_the_register_says_and_its_colour_says_it_again() {
    let world = World::new();
    let wifi = svg(&world, "/deployments/wifi/sign.svg").await;
    for part in [
        "Does not keep who you are",
        "fill=\"#a0d4f6\"",
        "How busy is the old town?",
        ">Wi-Fi counter</text>",
        ">Managing traffic</text>",
        ">Mobility department, Teststadt</text>",
        ">Tags whose key is destroyed</text>",
        ">At most 24 hours</text>",
        "https://teststadt.example/deployments/wifi",
        "24 November 2026",
    ] {
        assert!(wifi.contains(part), "{part}: {wifi}");
    }
    assert!(!wifi.contains("Collects nothing"));
    let plates = svg(&world, "/deployments/plates/sign.svg").await;
    assert!(plates.contains("Identifies people") && plates.contains("fill=\"#ffdd33\""), "{plates}");
    assert!(plates.contains("Only matches with the list of an order"));
    let air = svg(&world, "/deployments/pollution/sign.svg").await;
    assert!(air.contains("No data about people") && air.contains(">Everybody</text>"), "{air}");
    assert!(!air.contains("#ffdd33") && !air.contains("#a0d4f6"));
}

#[tokio::test]
async fn a_sign_of_what_may_not_collect_says_so() {
    let world = World::new();
    let proposed = svg(&world, "/deployments/station-wifi/sign.svg").await;
    assert!(proposed.contains("Collects nothing: only proposed</text>"), "{proposed}");
    let suspend = json!({ "do": "suspend", "with": { "deployment": "wifi" } });
    world.submit(json!({ "by": "mobility", "reason": "roadworks", "command": suspend })).unwrap();
    assert!(svg(&world, "/deployments/wifi/sign.svg").await.contains("Collects nothing: stopped</text>"));
    let german = svg(&world, "/deployments/wifi/sign.svg?lang=de").await;
    assert!(german.contains("Erfasst nichts: angehalten</text>"), "{german}");
}

#[tokio::test]
async fn a_sign_follows_the_treatment_that_is_in_force_and_the_views() {
    let world = World::new();
    let recipients = |text: &str| text.contains(">Mobility department</text>");
    assert!(recipients(&svg(&world, "/deployments/wifi/sign.svg").await));
    let withdraw = json!({ "do": "withdraw-grant", "with": { "grant": "own" } });
    world.submit(json!({ "by": "mobility", "reason": "not needed", "command": withdraw })).unwrap();
    let text = svg(&world, "/deployments/wifi/sign.svg").await;
    assert!(!recipients(&text) && text.contains(">Nobody</text>"), "{text}");
}

#[tokio::test]
async fn a_sign_is_german_where_it_is_asked_for() {
    let world = World::new();
    let text = svg(&world, "/deployments/wifi/sign.svg?lang=de&size=a4").await;
    for part in [
        "Behält nicht, wer Sie sind",
        "WLAN-Zähler",
        "Verkehr lenken",
        "Höchstens 24 Stunden",
        "24. November 2026",
        "https://teststadt.example/de/deployments/wifi",
        "width=\"210mm\"",
        "xml:lang=\"de\"",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for bad in ["lang=fr", "size=a3", "colour=red"] {
        world.get(&format!("/deployments/wifi/sign.svg?{bad}")).await.problem(400);
        world.get(&format!("/deployments/wifi/sign.pdf?{bad}")).await.problem(400);
    }
    world.get("/deployments/none/sign.svg").await.problem(404);
    world.get("/deployments/none/sign.pdf").await.problem(404);
}

/// What the code on a sign says to whoever points a camera at it: drawn at three points a square, and found again.
fn read_as_a_phone_does(sign: &str) -> String {
    let path = sign.rsplit_once("d=\"M").unwrap().1.split_once('"').unwrap().0;
    let dark: Vec<[usize; 3]> = path
        .split('M')
        .map(|stretch| {
            let (x, rest) = stretch.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let (length, back) = rest.split_once("v1h-").unwrap();
            assert_eq!(back, format!("{length}z"));
            [x, y, length].map(|number| number.parse().unwrap())
        })
        .collect();
    let side = dark.iter().map(|[x, _, length]| x + length).max().unwrap() + 4;
    let is_dark =
        |x: usize, y: usize| dark.iter().any(|[from, line, length]| *line == y && (*from..from + length).contains(&x));
    let mut picture =
        rqrr::PreparedImage::prepare_from_greyscale(
            side * 3,
            side * 3,
            |x, y| {
                if is_dark(x / 3, y / 3) { 0 } else { 255 }
            },
        );
    let grids = picture.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1
}

#[tokio::test]
async fn the_code_holds_the_address_at_which_the_sign_was_asked_for_and_no_other() {
    let world = World::new();
    let ask = |host: &'static str| {
        let request = Request::get("/deployments/wifi/sign.svg").header(header::HOST, host);
        world.ask(request.body(Body::empty()).unwrap())
    };
    for (host, address) in [
        ("Register.Example:8443", "https://register.example:8443/deployments/wifi"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080/deployments/wifi"),
    ] {
        let answer = ask(host).await;
        assert_eq!(read_as_a_phone_does(answer.text()), address, "{host}");
    }
    for bad in ["evil.example/x", "a b", "user@evil.example", "\"><script>"] {
        ask(bad).await.problem(400);
    }
}

#[tokio::test]
async fn a_sign_is_a_pdf_of_one_page_with_the_same_words() {
    let world = World::new();
    for (query, media_box) in [("", "[0 0 297.64 419.53]"), ("?size=a4&lang=de", "[0 0 595.28 841.89]")] {
        let answer = world.get(&format!("/deployments/wifi/sign.pdf{query}")).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/pdf"));
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        assert!(text.starts_with("%PDF-1.") && text.trim_end().ends_with("%%EOF"));
        assert!(text.contains(media_box), "{query}: {text}");
        assert_eq!(text.matches("/Type /Page\n").count(), 1);
        for part in ["/BaseFont /Helvetica\n", "/WinAnsiEncoding", "(How busy is the old town?)", "wifi)"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        for active in ["/JavaScript", "/JS", "/OpenAction", "/Launch", "/URI", "/EmbeddedFile"] {
            assert!(!text.contains(active), "{active}");
        }
        assert!(answer.bytes.len() < 60_000, "{}", answer.bytes.len());
    }
    // „WLAN-Zähler“ as WinAnsi writes it, in hexadecimal.
    let german = world.get("/deployments/wifi/sign.pdf?lang=de").await;
    let text = String::from_utf8_lossy(&german.bytes).into_owned();
    assert!(text.contains("<574C414E2D5AE4686C6572>"), "{text}");
}

#[tokio::test]
async fn hostile_texts_stay_texts_on_a_sign() {
    let world = World::new();
    let text = svg(&world, "/deployments/station-wifi/sign.svg").await;
    assert!(text.contains("&#60;script&#62;") || text.contains("&lt;script&gt;"), "{text}");
    let pdf = world.get("/deployments/station-wifi/sign.pdf").await;
    assert_eq!(pdf.status, 200);
}

/// Draws a paper as a printer does, in shades of grey at some dots an inch: width, height, and a byte for each dot.
fn printed(pdf: &Path, dots: &str) -> Option<(usize, usize, Vec<u8>)> {
    let drawn = Command::new("pdftoppm").args(["-r", dots, "-gray"]).arg(pdf).output().ok()?;
    assert!(drawn.status.success(), "{}", String::from_utf8_lossy(&drawn.stderr));
    assert!(drawn.stderr.is_empty(), "the paper has faults: {}", String::from_utf8_lossy(&drawn.stderr));
    let mut rest = drawn.stdout.as_slice();
    let mut head = Vec::new();
    while head.len() < 4 {
        let end = rest.iter().position(u8::is_ascii_whitespace).unwrap();
        head.push(std::str::from_utf8(&rest[..end]).unwrap().to_owned());
        rest = &rest[end + 1..];
    }
    let size = [&head[1], &head[2]].map(|number| number.parse::<usize>().unwrap());
    assert_eq!((head[0].as_str(), head[3].as_str(), rest.len()), ("P5", "255", size[0] * size[1]), "one page in grey");
    Some((size[0], size[1], rest.to_vec()))
}

/// The texts of all codes of squares in a picture.
fn codes((width, height, dots): &(usize, usize, Vec<u8>)) -> Vec<String> {
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(*width, *height, |x, y| dots[y * width + x]);
    picture.detect_grids().iter().map(|grid| grid.decode().unwrap().1).collect()
}

#[tokio::test]
#[expect(clippy::print_stderr, reason = "a skipped test says so by name")]
async fn a_printed_sign_is_read_back_with_its_words_and_its_code() {
    if Command::new("pdftoppm").arg("-v").output().is_err() {
        return eprintln!("skipped: printed signs: pdftoppm is not installed (Debian: apt-get install poppler-utils)");
    }
    let world = World::new();
    let paper = world.folder.path().join("sign.pdf");
    for (deployment, words, owner) in [
        ("wifi", "How busy is the old town?", "Mobility department"),
        ("plates", "Search for listed number plates", "City police"),
    ] {
        for (size, width_mm, height_mm) in [("a6", 105.0, 148.0), ("a4", 210.0, 297.0)] {
            for (lang, root, day) in [("en", "", "24 November 2026"), ("de", "/de", "24. November 2026")] {
                let what = format!("{deployment} {size} {lang}");
                let answer = world.get(&format!("/deployments/{deployment}/sign.pdf?size={size}&lang={lang}")).await;
                std::fs::write(&paper, &answer.bytes).unwrap();
                // Printed well, and as coarsely as a fax machine's finer grain.
                for dots in ["300", "200"] {
                    let picture = printed(&paper, dots).unwrap();
                    let inch = dots.parse::<f64>().unwrap() / 25.4;
                    for (own, mm) in [(picture.0, width_mm), (picture.1, height_mm)] {
                        assert!((own as f64 - mm * inch).abs() < 3.0, "{what}: {own} dots for {mm} mm");
                    }
                    let address = format!("https://teststadt.example{root}/deployments/{deployment}");
                    assert_eq!(codes(&picture), [address], "{what} at {dots}");
                    let dark = picture.2.iter().filter(|dot| **dot < 128).count();
                    assert!(dark > picture.2.len() / 100, "{what}: nothing is printed");
                }
                let read = Command::new("pdftotext").args(["-layout", "-enc", "UTF-8"]).arg(&paper).arg("-").output();
                let text = String::from_utf8(read.unwrap().stdout).unwrap();
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                for part in [words, owner, day] {
                    assert!(text.contains(part), "{what} does not say {part}: {text}");
                }
            }
        }
    }
    // The reader finds no code where there is none.
    let blank = vec![255; 400 * 400];
    assert!(codes(&(400, 400, blank)).is_empty());
}

/// A city that permits views that tell who was there: its core without the norms against them.
fn permissive() -> World {
    let world = World::new();
    let mut core = testkit::core();
    let against = ["core-20", "core-24"].map(|id| format!("@requirement(\"{id}\")"));
    let norms: Vec<&str> = core.cedar.split("\n\n").collect();
    let stays = |norm: &&str| !against.iter().any(|requirement| norm.contains(requirement.as_str()));
    let left: Vec<&str> = norms.iter().copied().filter(stays).collect();
    assert_eq!(norms.len() - left.len(), 4, "the norms of these requirements are there to be left out");
    core.cedar = left.join("\n\n");
    let text = json!({ "layers": [core], "permits": norms::city_permits_default(), "permits_owner": "city" });
    world.adopt(&text);
    world
}

/// What a sign says at a glance: as picture and as paper in the same words, in their colour and in no other. And the picture.
async fn glance(world: &World, deployment: &str) -> (&'static str, String) {
    let text = svg(world, &format!("/deployments/{deployment}/sign.svg")).await;
    let paper = world.get(&format!("/deployments/{deployment}/sign.pdf")).await;
    let paper = String::from_utf8_lossy(&paper.bytes).into_owned();
    let bands = [
        ("Identifies people", "fill=\"#ffdd33\"", "1 0.8666667 0.2 rg"),
        ("Does not keep who you are", "fill=\"#a0d4f6\"", "0.627451 0.83137256 0.9647059 rg"),
    ];
    let says = |(words, colour, ink): &(&str, &str, &str)| {
        let shown = [text.contains(words), text.contains(colour), paper.contains(words), paper.contains(ink)];
        assert!(shown == [true; 4] || shown == [false; 4], "{words}: {shown:?}\n{text}");
        shown == [true; 4]
    };
    let found: Vec<&str> = bands.iter().filter(|band| says(band)).map(|band| band.0).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    (bands.into_iter().find(|band| band.0 == found[0]).unwrap().0, text)
}

#[tokio::test]
async fn a_sign_changes_with_the_view_and_the_treatment_that_are_enforced_as_picture_and_as_paper() {
    let world = permissive();
    // Deployments that differ in what becomes of one property.
    let of = |id: &str, category: &str, treatment: serde_json::Value| {
        json!({ "id": id, "title": "Phones", "description": "Counts phones.", "accountable": "mobility", "place": "centre",
            "technology": "wifi-counter", "purposes": ["traffic-management"], "legal_basis": "public-task",
            "privacy_statement": "https://teststadt.example/privacy", "starts": "2026-11-01T00:00:00Z", "ends": "2027-11-01T00:00:00Z",
            "streams": [{ "id": format!("{id}-stream"), "retention": "24h", "time": { "do": "bin", "bin": "1m" }, "properties": {
                "mac": { "category": category, "value": "text", "treatment": treatment } } }] })
    };
    let tagged = json!({ "do": "pseudonymise", "epoch": "24h" });
    let matched = json!({ "do": "match", "order": "order-17" });
    for (id, category, treatment, at_a_glance, kept) in [
        ("tags", "mac-address", tagged, "Does not keep who you are", ">Tags whose key is destroyed</text>"),
        ("sought", "mac-address", matched, "Identifies people", ">Only matches with the list of an order</text>"),
        // Whether the city or the sensor compares, a match tells who it was.
        ("hits", "list-match", json!({ "do": "keep" }), "Identifies people", ">Data about people, as it came</text>"),
        (
            "traits",
            "device-trait",
            json!({ "do": "keep" }),
            "Does not keep who you are",
            ">Data about people, as it came</text>",
        ),
    ] {
        let command = json!({ "do": "propose", "with": of(id, category, treatment) });
        world.submit(json!({ "by": "mobility", "command": command })).unwrap();
        let (says, text) = glance(&world, id).await;
        assert_eq!(says, at_a_glance, "{id}");
        assert!(text.contains(kept), "{id}: {text}");
    }
    // One view in four versions, each in the place of the one before: what the newest shows is what stands on the sign.
    let nobody = |text: &str| text.contains(">Nobody</text>");
    assert!(nobody(&glance(&world, "tags").await.1), "nobody has an agreement yet");
    let counts = json!({ "as": "windows", "bin": "15m", "space": { "by": "sensor" }, "measure": { "of": "distinct", "property": "mac" } });
    let records = json!({ "as": "records", "fields": ["mac"] });
    for (version, exposure, identifiers, minimum, at_a_glance) in [
        (1, &counts, "none", 10, "Does not keep who you are"),
        (2, &records, "stable", 0, "Identifies people"),
        (3, &records, "rotating", 0, "Does not keep who you are"),
        (4, &records, "raw", 0, "Identifies people"),
    ] {
        let view = json!({ "id": "shown", "version": version, "stream": "tags-stream", "title": "What is shown", "exposure": exposure,
            "identifiers": identifiers, "minimum": minimum, "bound": null, "noise": "none", "delay": "0s", "depth": "1d" });
        world.submit(json!({ "by": "mobility", "command": { "do": "declare-view", "with": view } })).unwrap();
        if version == 1 {
            assert!(nobody(&glance(&world, "tags").await.1), "a view that nobody may have shows nobody anything");
            let grant = json!({ "id": "shown", "recipient": "environment", "stream": "tags-stream", "view": "shown",
                "purpose": "traffic-management", "until": "2027-05-01T00:00:00Z", "duties": ["no-reidentification"] });
            world.submit(json!({ "by": "mobility", "command": { "do": "agree-grant", "with": grant } })).unwrap();
        }
        let (says, text) = glance(&world, "tags").await;
        assert_eq!(says, at_a_glance, "version {version}");
        assert!(text.contains(">Environment department</text>") && !nobody(&text), "{text}");
    }
    // What nobody may see any more makes no sign yellow.
    let withdraw = json!({ "do": "withdraw-grant", "with": { "grant": "shown" } });
    world.submit(json!({ "by": "mobility", "reason": "not needed", "command": withdraw })).unwrap();
    let (says, text) = glance(&world, "tags").await;
    assert!(says == "Does not keep who you are" && nobody(&text), "{text}");
}
