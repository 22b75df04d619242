//! Assessments on pages: begun, answered section by section, remarked on, signed by each party itself, and filed.

use axum::http::Method;
use serde_json::json;
use standards::instrument::{Instrument, Options, Question, QuestionKind};

use super::forms::CORPUS;
use super::security::under_the_core;
use super::{done, escaped, office, size};
use crate::browser::Browser;
use crate::city::{Answer, HOSTILE, World};

const PAGE: &str = "/office/deployments/wifi/assessments/pre-scan";
/// A text that every question for one takes.
const TEXT: &str = "It counts how many phones there are, and tells nobody apart for longer than a day.";

/// A city under the core, with a deployment that is proposed.
pub(crate) fn world() -> World {
    let world = under_the_core();
    for (id, name, kind) in [
        ("mobility", "Mobility department", "city-department"),
        ("privacy-office", "Privacy officer", "officer"),
        ("council", "Clerk to the council", "officer"),
        ("police", "City police", "law-enforcement"),
        ("supplier", "Sensors Ltd", "vendor"),
    ] {
        let party = json!({ "party": { "id": id, "name": name, "kind": kind } });
        world.submit(json!({ "by": "city", "command": { "do": "register-party", "with": party } })).unwrap();
    }
    let place =
        json!({ "id": "centre", "name": "Old town", "geometry": { "type": "Point", "coordinates": [16.6, 49.2] } });
    world.submit(json!({ "by": "city", "command": { "do": "register-place", "with": place } })).unwrap();
    let wifi = json!({ "id": "wifi", "title": "How busy is the old town?", "description": "Counts phones in the old town, to plan buses.",
        "accountable": "mobility", "place": "centre", "technology": "wifi-counter", "purposes": ["traffic-management"],
        "legal_basis": "public-task", "privacy_statement": "https://teststadt.example/privacy",
        "starts": "2026-12-01T00:00:00Z", "ends": "2027-11-01T00:00:00Z",
        "streams": [{ "id": "wifi-counts", "retention": "24h", "time": { "do": "bin", "bin": "1m" }, "properties": {
            "mac": { "category": "mac-address", "value": "text", "treatment": { "do": "pseudonymise", "epoch": "24h" } } } }] });
    world.submit(json!({ "by": "mobility", "command": { "do": "propose", "with": wifi } })).unwrap();
    world
}

fn pre_scan() -> Instrument {
    let library = standards::built_in().unwrap();
    library.find("global-core").unwrap().instrument("pre-scan").unwrap().clone()
}

/// Something that a question takes.
fn fitting(question: &Question) -> String {
    match &question.kind {
        QuestionKind::Text { .. } => TEXT.to_owned(),
        QuestionKind::YesNo { .. } => "no".to_owned(),
        QuestionKind::Number { least, .. } => least.to_string(),
        QuestionKind::Date => "2027-05-01".to_owned(),
        QuestionKind::Choice { options: Options::Listed(options), .. } => options[0].id.to_string(),
        _ => String::new(),
    }
}

/// The fields of a section's form with something that fits in each that is empty; a row first, where there is none yet.
pub(crate) fn fitting_form(html: &str) -> Vec<(String, String)> {
    let form = html.split("<form ").find(|form| form.contains("value=\"keep\"")).unwrap();
    let value = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        Some(super::plain(rest.split('"').next()?))
    };
    let (mut fields, mut select): (Vec<(String, String)>, _) = (Vec::new(), None::<(String, Vec<String>, bool)>);
    for piece in form.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap();
        let (kind, name) = (tag.split(' ').next().unwrap(), value(tag, "name"));
        match (kind, name) {
            ("select", Some(name)) => select = Some((name, Vec::new(), false)),
            ("option", _) => {
                let (_, options, chosen) = select.as_mut().unwrap();
                let own = value(tag, "value").unwrap();
                if tag.ends_with(" selected") {
                    (*options, *chosen) = (vec![own], true);
                } else if !*chosen {
                    options.push(own);
                }
            }
            ("/select", _) => {
                let (name, options, _) = select.take().unwrap();
                let fits = options
                    .iter()
                    .find(|option| *option == "no")
                    .or_else(|| options.iter().find(|one| !one.is_empty()));
                fields.extend(fits.map(|fits| (name, fits.clone())));
            }
            ("textarea", Some(name)) => {
                let typed = super::plain(text.trim());
                fields.push((name, if typed.is_empty() { TEXT.to_owned() } else { typed }));
            }
            ("input", Some(name)) if name.starts_with("row/") => {
                let group = format!("name=\"{}/", name.trim_start_matches("row/"));
                if !html.contains(&group) {
                    fields.extend([(name, "one".to_owned()), ("go".to_owned(), "row".to_owned())]);
                }
            }
            ("input", Some(name)) if name != "form" => {
                let typed = value(tag, "value").unwrap_or_default();
                let fits = match value(tag, "type").as_deref() {
                    Some("date") => "2027-05-01",
                    _ => "1",
                };
                let ticked = !tag.contains("checkbox")
                    || tag.ends_with(" checked")
                    || !fields.iter().any(|(known, _)| *known == name);
                if ticked {
                    fields.push((name, if typed.is_empty() { fits.to_owned() } else { typed }));
                }
            }
            _ => {}
        }
    }
    if !fields.iter().any(|(name, _)| name == "go") {
        fields.push(("go".to_owned(), "keep".to_owned()));
    }
    fields
}

async fn send(browser: &mut Browser<'_>, address: &str, fields: &[(&str, &str)]) -> Answer {
    browser.post("/office", address, fields).await
}

/// Under which revision the answers are.
async fn revision(browser: &mut Browser<'_>) -> String {
    let page = browser.get(PAGE).await;
    let (_, rest) = page.text().split_once("name=\"revision\" value=\"").map_or(("", "0\""), |found| found);
    rest.split('"').next().unwrap().to_owned()
}

async fn section_revision(browser: &mut Browser<'_>, section: &str) -> String {
    let page = browser.get(&format!("{PAGE}/{section}")).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let (_, rest) = page.text().split_once("name=\"revision\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Answers one section with what fits, but for one question.
async fn answer(browser: &mut Browser<'_>, section: &str, but: Option<(&str, &str)>) -> Answer {
    let instrument = pre_scan();
    let found = instrument.sections.iter().find(|one| one.id.as_str() == section).unwrap();
    let mut fields: Vec<(String, String)> =
        found.questions.iter().map(|question| (question.id.to_string(), fitting(question))).collect();
    if let Some((name, value)) = but {
        fields.retain(|(other, _)| other != name);
        fields.push((name.to_owned(), value.to_owned()));
    }
    fields.push(("revision".to_owned(), section_revision(browser, section).await));
    fields.push(("go".to_owned(), "keep".to_owned()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    send(browser, &format!("{PAGE}/{section}"), &fields).await
}

async fn begin(browser: &mut Browser<'_>) {
    let begun = revision(browser).await;
    let answer = send(browser, PAGE, &[("go", "begin"), ("revision", begun.as_str())]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
}

#[tokio::test]
async fn an_assessment_is_answered_remarked_on_signed_by_each_and_filed_by_the_last() {
    let world = world();
    let mut mobility = office(&world, "mobility").await;
    let all = mobility.get("/office/deployments/wifi/assessments").await;
    assert!(all.text().contains("Pre-scan") && all.text().contains("Not begun."), "{}", all.text());
    begin(&mut mobility).await;
    let page = mobility.get(PAGE).await;
    assert!(page.text().contains("Counts phones in the old town, to plan buses."), "it is filled in: {}", page.text());
    assert!(page.text().contains("Not answered yet.") && !page.text().contains("/sign\""), "{}", page.text());
    // What is asked depends on what was answered, so that a second round finds what the first opened.
    for _ in 0..2 {
        for section in pre_scan().sections {
            let answer = answer(&mut mobility, section.id.as_str(), None).await;
            assert_eq!(answer.status, 303, "{}: {}", section.id, answer.text());
        }
    }
    let page = mobility.get(PAGE).await;
    assert!(
        page.text().contains("Every question is answered.") && page.text().contains("Sign as the author"),
        "{}",
        page.text()
    );
    let mut officer = office(&world, "privacy-office").await;
    let remark = [("go", "remark"), ("question", "description"), ("text", "Say for how long.")];
    assert_eq!(send(&mut officer, PAGE, &remark).await.status, 303);
    let page = mobility.get(&format!("{PAGE}/what")).await;
    assert!(page.text().contains("Say for how long."), "it stands at its question: {}", page.text());
    assert_eq!(send(&mut mobility, PAGE, &[("go", "settle"), ("remark", "0")]).await.status, 303);
    let page = officer.get(PAGE).await;
    assert!(page.text().contains("Settled, says Mobility department"), "{}", page.text());
    let before = size(&world);
    let answers = fingerprint(&mut mobility).await;
    done(&world, &mut mobility, &format!("{PAGE}/sign"), &[("answers", answers.as_str()), ("role", "author")]).await;
    assert_eq!(size(&world), before + 1, "a signature is an act of its party");
    // Nobody signs twice, and nobody signs what was changed since.
    let again = super::look(&mut mobility, &format!("{PAGE}/sign"), &[("answers", answers.as_str())]).await;
    assert!(again.status == 409 && again.text().contains("has signed these answers already"), "{}", again.text());
    let stale = "22".repeat(32);
    let own = ("role", "privacy-officer");
    let stale = super::look(&mut officer, &format!("{PAGE}/sign"), &[("answers", &stale), own]).await;
    assert!(stale.status == 422 && stale.text().contains("read them again"), "{}", stale.text());
    // Whoever opened the page when another role was next does not sign in that of now unseen.
    let turn = [("answers", answers.as_str()), ("role", "author")];
    let turn = super::look(&mut officer, &format!("{PAGE}/sign"), &turn).await;
    assert!(turn.status == 422 && turn.text().contains("another role is next"), "{}", turn.text());
    let fields = [
        ("answers", fingerprint(&mut officer).await),
        ("role", "privacy-officer".to_owned()),
        ("summary", "Small, and looked at by two.".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = done(&world, &mut officer, &format!("{PAGE}/sign"), &fields).await;
    assert!(page.text().contains("Everybody has signed."), "{}", page.text());
    let state = world.city.register().state();
    let assessments = &state.deployments[&"wifi".parse().unwrap()].standing.assessments;
    assert_eq!((assessments.len(), assessments[0].sign_offs.len()), (1, 2));
    assert_eq!(
        (assessments[0].instrument.as_str(), assessments[0].summary.as_str()),
        ("pre-scan", "Small, and looked at by two.")
    );
    assert_eq!(assessments[0].instrument_hash, Some(pre_scan().hash));
    // Nothing of the answers but their fingerprint is public.
    for page in ["/deployments/wifi", "/api/v1/register", "/log/entries"] {
        assert!(!world.browse(page).await.text().contains(TEXT), "{page}");
    }
}

/// The fingerprint of the answers as the page of signing has it.
async fn fingerprint(browser: &mut Browser<'_>) -> String {
    let page = browser.get(&format!("{PAGE}/sign")).await;
    let (_, rest) = page.text().split_once("name=\"answers\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_begun_waits_for_whoever_signs_next_and_says_how_many_remarks_are_open() {
    let world = world();
    let mut mobility = office(&world, "mobility").await;
    let waits = async |browser: &mut Browser<'_>| {
        let page = browser.get("/office").await;
        page.text().split("<li><strong>").find(|task| task.contains("Pre-scan")).map(str::to_owned)
    };
    assert_eq!(waits(&mut mobility).await, None);
    begin(&mut mobility).await;
    let task = waits(&mut mobility).await.unwrap();
    assert!(task.starts_with("“Pre-scan” is begun, and not signed by the author</strong>"), "{task}");
    assert!(task.contains(&format!("href=\"{PAGE}\"")) && task.contains("for the author"), "{task}");
    let mut officer = office(&world, "privacy-office").await;
    for (text, told) in
        [("Say for how long.", "; 1 remark is open</strong>"), ("And why.", "; 2 remarks are open</strong>")]
    {
        let remark = [("go", "remark"), ("question", "description"), ("text", text)];
        assert_eq!(send(&mut officer, PAGE, &remark).await.status, 303);
        let task = waits(&mut mobility).await.unwrap();
        assert!(task.contains(told) && task.contains("since 24 November 2026"), "{task}");
    }
    for remark in ["0", "1"] {
        assert_eq!(send(&mut mobility, PAGE, &[("go", "settle"), ("remark", remark)]).await.status, 303);
    }
    for _ in 0..2 {
        for section in pre_scan().sections {
            answer(&mut mobility, section.id.as_str(), None).await;
        }
    }
    let answers = fingerprint(&mut mobility).await;
    done(&world, &mut mobility, &format!("{PAGE}/sign"), &[("answers", answers.as_str()), ("role", "author")]).await;
    // Now it is an officer's.
    let page = officer.get("/office").await;
    let own = page.text().split("For others</h2>").next().unwrap();
    assert!(own.contains("“Pre-scan” is begun, and not signed by the privacy officer</strong>"), "{}", page.text());
    let page = mobility.get("/office").await;
    let others = page.text().split("For others</h2>").nth(1).unwrap();
    assert!(others.contains("not signed by the privacy officer</strong>"), "{}", page.text());
    let fields = [("answers", answers.as_str()), ("role", "privacy-officer"), ("summary", "Small.")];
    done(&world, &mut officer, &format!("{PAGE}/sign"), &fields).await;
    assert_eq!((waits(&mut officer).await, waits(&mut mobility).await), (None, None));
    // Whom it does not concern hears of nothing, and what cannot be read is said.
    let mut police = office(&world, "police").await;
    assert_eq!(waits(&mut police).await, None);
    std::fs::write(world.city.root().join("assessments/wifi_pre-scan.json"), "{").unwrap();
    let task = waits(&mut mobility).await.unwrap();
    assert!(task.contains("cannot be read now"), "{task}");
}

#[tokio::test]
async fn what_does_not_fit_is_said_at_its_question_and_the_rest_is_kept() {
    let world = world();
    let mut mobility = office(&world, "mobility").await;
    begin(&mut mobility).await;
    let page = answer(&mut mobility, "what", Some(("description", "short"))).await;
    assert_eq!(page.status, 422, "{}", page.text());
    assert!(
        page.text().contains("The answer has 5 characters") && page.text().contains(">\nshort</textarea>"),
        "{}",
        page.text()
    );
    let overview = mobility.get(PAGE).await;
    assert!(overview.text().contains(TEXT), "the others are kept: {}", overview.text());
    // Somebody else was quicker: it is said, nothing is lost, and keeping it again works.
    let seen = section_revision(&mut mobility, "what").await;
    let mut council = office(&world, "council").await;
    assert_eq!(answer(&mut council, "what", None).await.status, 303);
    let words = "Something that two people write at the same time.";
    let fields = [("description", words), ("revision", seen.as_str()), ("go", "keep")];
    let late = send(&mut mobility, &format!("{PAGE}/what"), &fields).await;
    assert!(late.status == 422 && late.text().contains("Somebody else changed these answers"), "{}", late.text());
    assert!(late.text().contains(words), "{}", late.text());
    assert!(!mobility.get(PAGE).await.text().contains(words));
    for (fields, status) in [
        (vec![("go", "remark"), ("question", "description"), ("text", " ")], 422),
        (vec![("go", "remark"), ("question", "no-such"), ("text", "x")], 422),
        (vec![("go", "settle"), ("remark", "7")], 404),
        (vec![("go", "everything")], 404),
    ] {
        assert_eq!(send(&mut mobility, PAGE, &fields).await.status, status, "{fields:?}");
    }
}

#[tokio::test]
async fn only_those_who_answer_for_a_deployment_read_answer_and_sign() {
    let world = world();
    let device = json!({ "id": "wifi-7", "stream": "wifi-counts", "deployment": "wifi", "position": [16.6, 49.2] });
    let entered = json!({ "by": "supplier", "command": { "do": "register-device", "with": device } });
    world.submit(entered).unwrap();
    let mut mobility = office(&world, "mobility").await;
    begin(&mut mobility).await;
    for (party, status) in [("police", 404), ("supplier", 404), ("council", 200), ("city", 200)] {
        let mut browser = office(&world, party).await;
        for page in ["/office/deployments/wifi/assessments", PAGE, &format!("{PAGE}/what"), &format!("{PAGE}/sign")] {
            assert_eq!(browser.get(page).await.status, status, "{party} {page}");
        }
        if status == 404 {
            let remark = [("go", "remark"), ("question", "description"), ("text", "x")];
            assert_eq!(send(&mut browser, PAGE, &remark).await.status, 404, "{party}");
        }
    }
    for page in [format!("{PAGE}/nowhere"), PAGE.replace("pre-scan", "none"), PAGE.replace("/wifi/", "/none/")] {
        assert_eq!(mobility.get(&page).await.status, 404, "{page}");
    }
    let mut council = office(&world, "council").await;
    let other = council.form("/office").await;
    for address in [PAGE.to_owned(), format!("{PAGE}/what")] {
        let body = [("form", other.as_str()), ("go", "remark"), ("question", "description"), ("text", "x")];
        let answer = mobility.send(Method::POST, &address, Some(&body), Some("same-origin")).await;
        assert_eq!(answer.status, 403, "{address}: a form is of its own session");
    }
}

#[tokio::test]
async fn no_hostile_answer_or_remark_becomes_part_of_a_page() {
    let world = world();
    let mut mobility = office(&world, "mobility").await;
    begin(&mut mobility).await;
    for text in CORPUS {
        // The shortest is padded to what the question takes.
        let long = format!("{text} and a few words more, so that it is long enough to be an answer.");
        assert_eq!(answer(&mut mobility, "what", Some(("description", &long))).await.status, 303);
        let remark = [("go", "remark"), ("question", "description"), ("text", text)];
        assert_eq!(send(&mut mobility, PAGE, &remark).await.status, 303);
        for page in [PAGE.to_owned(), format!("{PAGE}/what")] {
            let page = mobility.get(&page).await;
            let shown = page.text().matches(&escaped(text)).count();
            assert!(!page.text().contains(text) && shown >= 2, "{text}: {}", page.text());
        }
        assert!(!mobility.get("/office").await.text().contains(text));
    }
    let odd = [(HOSTILE, HOSTILE), ("go", HOSTILE), ("question", HOSTILE), ("revision", HOSTILE), ("remark", HOSTILE)];
    for address in [PAGE.to_owned(), format!("{PAGE}/what"), format!("{PAGE}/sign")] {
        let answer = send(&mut mobility, &address, &odd).await;
        assert!(answer.status != 500 && !answer.text().contains(HOSTILE), "{address}: {}", answer.text());
    }
}

#[tokio::test]
async fn whoever_begins_an_assessment_that_comes_too_late_is_told_so() {
    const LATE: &str = "This deployment is approved, and an assessment is signed before that";
    let world = World::new();
    world.submit(crate::pages::under_the_core(&world, |_| ())).unwrap();
    let mut mobility = office(&world, "mobility").await;
    for (id, late) in [("wifi", true), ("station-wifi", false)] {
        let list = format!("/office/deployments/{id}/assessments");
        let page = format!("{list}/privacy-impact");
        assert_eq!(mobility.get(&list).await.text().contains(LATE), late, "{list}");
        assert_eq!(mobility.get(&page).await.text().contains(LATE), late, "{page}");
        let begun = mobility.post(&page, &page, &[("go", "begin"), ("revision", "0")]).await;
        assert_eq!(begun.status, 303, "answers can be kept all the same");
        for page in [page.clone(), format!("{page}/sign")] {
            assert_eq!(mobility.get(&page).await.text().contains(LATE), late, "{page}");
        }
    }
    let end = json!({ "do": "end", "with": { "deployment": "station-wifi" } });
    world.submit(json!({ "by": "mobility", "reason": "Not needed.", "command": end })).unwrap();
    let list = mobility.get("/office/deployments/station-wifi/assessments").await;
    assert!(list.text().contains("This deployment is over"), "{}", list.text());
}
